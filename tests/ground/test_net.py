"""Where the hub may connect to: decided on the address that is then used (S-09)."""

import socket
import threading
from ipaddress import ip_address

import pytest

from hub.errors import Refused, Temporary
from hub.http import Api
from hub.net import AddressBlocked, Guard, check_address, networks

# Everything an address field was ever made to swallow. None may reach this machine, its network or its cloud.
LOOPBACK = [
    "http://127.0.0.1/", "http://127.0.0.1:8080/", "https://127.1.2.3/", "http://localhost/", "http://LOCALHOST/",
    "http://localhost./", "http://[::1]/", "http://[0:0:0:0:0:0:0:1]/", "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/", "http://[::127.0.0.1]/", "http://[64:ff9b::7f00:1]/", "http://[64:ff9b::127.0.0.1]/",
    "http://[2002:7f00:1::]/", "http://[2002:7f00:0001::1]/", "http://[64:ff9b:1::7f00:1]/", "http://127.0.0.1./",
    "http://[2001:0:7f00:1::]/", "http://[2001:0:4136:e378:8000:63bf:80ff:fffe]/",
]  # fmt: skip
LOOKALIKES = [
    "http://１２７.0.0.1/",
    "http://127。0。0。1/",
    "http://①②⑦.0.0.1/",
    "http://127.0.0.1#@8.8.8.8:80/",
]
ODD_NUMBERS = [
    "http://2130706433/", "http://0x7f000001/", "http://0x7f.0x0.0x0.0x1/", "http://0177.0.0.1/", "http://0177.0.0.01/",
    "http://017700000001/", "http://127.1/", "http://127.0.1/", "http://0x7f.1/", "http://0x7F.0.0.1/", "http://0/",
    "http://127.0.0.1.0/", "http://1.2.3.4.5/", "http://00000177.1/", "http://3232235777/", "http://0xa9fea9fe/",
    "http://2852039166/", "http://169.254.43518/", "http://0251.0376.0251.0376/", "http://0xA9.0xFE.0xA9.0xFE/",
    "http://256.256.256.256/", "http://999.1.1.1/", "http://127.0.0.1e1/..0x7f", "http://0x/", "http://1/",
    "http://127.0.0.0x1/",
]  # fmt: skip
PRIVATE = [
    "http://10.0.0.1/", "http://10.255.255.255/", "http://172.16.0.1/", "http://172.31.255.254/",
    "http://192.168.0.1/", "https://192.168.1.1:8443/", "http://100.64.0.1/", "http://100.127.255.254/",
    "http://198.18.0.1/", "http://198.19.255.255/", "http://192.0.2.1/", "http://198.51.100.7/",
    "http://203.0.113.9/", "http://[fc00::1]/", "http://[fd12:3456:789a::1]/", "http://[2001:db8::1]/",
    "http://[::ffff:10.0.0.1]/", "http://[::ffff:192.168.1.1]/", "http://[64:ff9b::a00:1]/",
    "http://[2002:a00:1::]/", "http://[2002:c0a8:101::1]/", "http://[::10.0.0.1]/", "http://[::ffff:a00:1]/",
]  # fmt: skip
NEVER = [
    "http://169.254.169.254/latest/meta-data/", "http://169.254.170.2/", "http://169.254.0.1/",
    "http://[fe80::1]/", "http://[fe80::1%25eth0]/", "http://[fe80::1%eth0]/", "http://[fec0::1]/",
    "http://[fd00:ec2::254]/", "http://[fd20:ce::254]/", "http://100.100.100.200/", "http://168.63.129.16/",
    "http://192.0.0.192/", "http://0.0.0.0/", "http://0.1.2.3/", "http://[::]/", "http://[::ffff:0.0.0.0]/",
    "http://[::ffff:169.254.169.254]/", "http://[64:ff9b::a9fe:a9fe]/", "http://[2002:a9fe:a9fe::]/",
    "http://224.0.0.1/", "http://239.255.255.250/", "http://[ff02::1]/", "http://240.0.0.1/", "http://255.255.255.255/",
    "http://[::169.254.169.254]/", "http://[::ffff:a9fe:a9fe]/", "http://[100::1]/", "http://169.254.169.254./",
]  # fmt: skip
TRICKS = [
    "http://shop.example@127.0.0.1/", "http://127.0.0.1@shop.example/", "http://user:pw@8.8.8.8/", "http://@8.8.8.8/",
    "http://8.8.8.8\\@127.0.0.1/", "http://8.8.8.8\\.shop.example/", "http://8.8.8.8 /", "http://8.8.8.8\t/",
    "http://8.8.8.8\r\nHost: x/", "http://8.8.8.8\x00/", "ftp://8.8.8.8/", "file:///etc/passwd",
    "gopher://8.8.8.8:6379/_FLUSHALL", "dict://8.8.8.8:11211/", "ldap://8.8.8.8/", "javascript:alert(1)",
    "data:text/html,x", "//8.8.8.8/", "8.8.8.8", "", "http://", "http:///path", "http://8.8.8.8:0/",
    "http://8.8.8.8:22/", "http://8.8.8.8:25/", "http://8.8.8.8:6379/", "http://8.8.8.8:5432/", "http://8.8.8.8:99999/",
    "http://8.8.8.8:port/", "http://[::1/", "http://::1/", "http://[]/", "http://[v1.x]/", "http://a..b/",
    "http://-x.example/", "http://shop_.-/", "http://sho%70.example/", "http://127.0.0.1%2f@8.8.8.8/",
    "jar:http://8.8.8.8!/", "http:8.8.8.8",
    "unix:///var/run/docker.sock", "http+unix://%2Fvar%2Frun%2Fdocker.sock/",
]  # fmt: skip


def resolving(**names):
    """A look-up that knows these names only; numbers are themselves."""

    def resolve(host, port, **_options):
        answers = names.get(host.replace(".", "_"))
        if answers is None:
            return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return [(2, 1, 6, "", (answer, port)) for answer in answers]

    return resolve


@pytest.mark.parametrize("url", LOOPBACK + LOOKALIKES + ODD_NUMBERS + PRIVATE + NEVER + TRICKS)
def test_no_trick_leads_inside(url):
    with pytest.raises(AddressBlocked) as refusal:
        check_address(url)
    assert refusal.value.says and refusal.value.hint


@pytest.mark.parametrize("url", NEVER + ODD_NUMBERS + TRICKS)
def test_listing_every_network_opens_neither_metadata_nor_tricks(url):
    generous = Guard(private_networks=networks("0.0.0.0/0, ::/0"), practice=True)
    with pytest.raises(AddressBlocked):
        check_address(url, generous)


@pytest.mark.parametrize(
    "url",
    [
        "https://8.8.8.8/",
        "http://8.8.8.8:8080/shop",
        "https://[2606:4700::1111]/",
        "https://8.8.8.8:8443/a?b=c",
    ],
)
def test_public_addresses_are_allowed(url):
    target = check_address(url)
    assert target.addresses == (ip_address(target.host),)


def test_a_listed_network_is_reached_and_its_neighbour_is_not():
    guard = Guard(private_networks=networks("10.1.0.0/16, fd12::/16"))
    assert check_address("http://10.1.2.3/", guard).port == 80
    assert check_address("https://[fd12::5]/", guard).port == 443
    for outside in ("http://10.2.0.1/", "http://127.0.0.1/", "http://[fd13::5]/"):
        with pytest.raises(AddressBlocked):
            check_address(outside, guard)


def test_practice_opens_loopback_on_any_port_and_nothing_else():
    guard = Guard(practice=True, own_ports=frozenset({5432}))
    assert check_address("http://127.0.0.1:9001/", guard).port == 9001
    assert check_address("http://localhost:9001/", guard).host == "localhost"
    for outside in (
        "http://10.0.0.1/",
        "http://192.168.1.1/",
        "http://8.8.8.8:9001/",
        "http://127.0.0.1:5432/",
    ):
        with pytest.raises(AddressBlocked):
            check_address(outside, guard)


def test_the_hubs_own_services_stay_closed_inside_a_listed_network():
    guard = Guard(private_networks=networks("10.0.0.0/8"), ports=None, own_ports=frozenset({6379}))
    assert check_address("http://10.0.0.1:81/", guard).port == 81
    with pytest.raises(AddressBlocked, match="own services"):
        check_address("http://10.0.0.1:6379/", guard)


@pytest.mark.parametrize("answers", [["10.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["169.254.169.254"], ["::ffff:127.0.0.1"]])
def test_a_public_name_that_leads_inside_is_blocked_even_with_a_public_address_beside(answers):
    guard = Guard(resolve=resolving(shop_example=answers))
    with pytest.raises(AddressBlocked):
        check_address("https://shop.example/", guard)


def test_a_name_without_an_address_is_told_as_a_spelling_mistake():
    with pytest.raises(AddressBlocked, match="was not found"):
        check_address("https://shop.invalid/")


@pytest.fixture
def canary():
    """A listener on loopback that notes who came."""
    visits: list[bytes] = []
    server = socket.create_server(("127.0.0.1", 0))

    def listen():
        while True:
            try:
                peer, _ = server.accept()
            except OSError:
                return
            with peer:
                visits.append(peer.recv(4096))
                peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    threading.Thread(target=listen, daemon=True).start()
    yield server.getsockname()[1], visits
    server.shutdown(socket.SHUT_RDWR)
    server.close()


def test_a_name_that_rebinds_between_check_and_use_reaches_nobody(canary):
    port, visits = canary
    answers = iter([["8.8.8.8"], ["127.0.0.1"], ["127.0.0.1"]])

    def rebinding(host, asked_port, **_options):
        return [(2, 1, 6, "", (next(answers)[0], asked_port))]

    guard = Guard(ports=None, resolve=rebinding)
    check_address(f"http://shop.example:{port}/", guard)
    with pytest.raises(AddressBlocked):
        Api(f"http://shop.example:{port}", guard=guard).json("GET", "/")
    assert visits == []


def test_the_connection_goes_to_the_checked_address_and_keeps_the_name(canary):
    port, visits = canary
    asked: list[str] = []

    def once(host, asked_port, **_options):
        asked.append(host)
        return [(2, 1, 6, "", ("127.0.0.1", asked_port))]

    Api(f"http://shop.example:{port}", guard=Guard(practice=True, resolve=once)).json("GET", "/x")
    assert asked == ["shop.example"]
    assert f"Host: shop.example:{port}".encode() in visits[0]


@pytest.mark.parametrize("url", [url for url in LOOPBACK + ODD_NUMBERS if url.startswith("http://") and "8080" not in url])
def test_no_connection_is_made_even_when_the_form_was_gone_round(url, canary):
    port, visits = canary
    host = url.removeprefix("http://").partition("/")[0]
    with pytest.raises((Refused, Temporary)):  # blocked, or a host that does not exist
        Api(f"http://{host}:{port}", guard=Guard(ports=None)).json("GET", "/")
    assert visits == []


@pytest.mark.parametrize("text", ["10.0.0.1/8", "shop", "10.0.0.0/33"])
def test_a_network_that_is_none_is_refused(text):
    with pytest.raises(ValueError, match="."):
        networks(text)
