"""The tree of errors: what each carries, and what none may carry."""

import pytest

from hub.errors import HubError, NeedsReconnect, NotAllowed, Refused, Temporary


@pytest.mark.parametrize("kind", [Temporary, Refused, NotAllowed, NeedsReconnect])
def test_every_foreseen_error_is_a_hub_error_with_its_hint_and_context(kind):
    error = kind("The store is busy", hint="Wait a little.", status=503)
    assert isinstance(error, HubError)
    assert (str(error), error.hint, error.context) == ("The store is busy", "Wait a little.", {"status": 503})


def test_a_temporary_error_tells_how_long_to_wait():
    assert Temporary("busy", retry_after=12.5).retry_after == 12.5
    assert Temporary("busy").retry_after is None


def test_a_refusal_carries_its_problems():
    assert Refused("no", problems=["too long"]).problems == ("too long",)


@pytest.mark.parametrize("name", ["token", "app_secret", "password", "api_key", "Authorization", "cookie"])
def test_an_error_never_carries_a_secret(name):
    with pytest.raises(ValueError, match="never carries secrets"):
        HubError("no", **{name: "x"})
