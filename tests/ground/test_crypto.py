"""Sealed secrets open in their own place only, and move on to a new key."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.crypto import BadKeyRing, CannotUnseal, KeyRing, key_id_of, new_key

RING = KeyRing.from_string(new_key("old"))
# Fixed, so that each test process collects the same names.
SOME_KEY = base64.b64encode(bytes(range(32))).decode()
PLACE = "connection.credentials:41"


@settings(max_examples=50)
@given(st.text(), st.text(min_size=1))
def test_what_was_sealed_comes_back_whole(secret, place):
    assert RING.unseal(RING.seal(secret, place), place) == secret


def test_the_same_secret_is_sealed_differently_each_time():
    assert RING.seal("token", PLACE) != RING.seal("token", PLACE)


@pytest.mark.parametrize("elsewhere", ["connection.credentials:42", "connection.hook_key:41", "grant.credentials:41", PLACE + " "])
def test_a_sealed_value_moved_to_another_row_or_column_does_not_open(elsewhere):
    sealed = RING.seal("token", PLACE)
    with pytest.raises(CannotUnseal):
        RING.unseal(sealed, elsewhere)


def test_an_altered_value_does_not_open_wherever_it_was_altered():
    form, key_id, encoded = RING.seal("a secret token", PLACE).split(".")
    box = base64.urlsafe_b64decode(encoded)
    for position in range(len(box)):
        altered = box[:position] + bytes([box[position] ^ 1]) + box[position + 1 :]
        with pytest.raises(CannotUnseal):
            RING.unseal(f"{form}.{key_id}.{base64.urlsafe_b64encode(altered).decode()}", PLACE)


@pytest.mark.parametrize("rubbish", ["", "clear text", "s1.old", "s1.old.###", "s1.old.AAAA", "s2.old." + "A" * 80])
def test_what_is_no_sealed_value_is_refused(rubbish):
    with pytest.raises(CannotUnseal):
        RING.unseal(rubbish, PLACE)


def test_rotation_reseals_under_the_first_key_and_the_old_key_is_then_useless():
    old, fresh = new_key("old"), new_key("fresh")
    sealed = KeyRing.from_string(old).seal("token", PLACE)
    both = KeyRing.from_string(f"{fresh},{old}")

    resealed = both.reseal(sealed, PLACE)

    assert key_id_of(resealed) == "fresh"
    assert both.reseal(resealed, PLACE) is None
    assert KeyRing.from_string(fresh).unseal(resealed, PLACE) == "token"
    with pytest.raises(CannotUnseal, match="not on the key ring"):
        KeyRing.from_string(old).unseal(resealed, PLACE)


def test_a_value_relabelled_with_another_key_id_does_not_open():
    key = new_key("a").partition(":")[2]
    twins = KeyRing.from_string(f"a:{key},b:{key}")
    sealed = twins.seal("token", PLACE)
    with pytest.raises(CannotUnseal):
        twins.unseal(sealed.replace("s1.a.", "s1.b."), PLACE)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nokey",
        "id:",
        "id:short",
        "id:" + base64.b64encode(b"x" * 16).decode(),
        "id:" + base64.b64encode(bytes(32)).decode(),
        f"a b:{SOME_KEY}",
        f"x:{SOME_KEY},x:{SOME_KEY}",
        "id:!!!!",
    ],
)
def test_a_key_ring_that_is_missing_weak_or_doubled_is_refused_without_showing_it(text):
    with pytest.raises(BadKeyRing) as refusal:
        KeyRing.from_string(text)
    assert not text.partition(":")[2] or text.partition(":")[2] not in str(refusal.value)


def test_a_key_ring_shows_its_ids_and_never_its_keys():
    entry = new_key("spring")
    assert repr(KeyRing.from_string(entry)) == "KeyRing(spring)"
