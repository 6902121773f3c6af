"""Practice mode: TikTok Shop with a store of each system, found by its slug."""

from __future__ import annotations

import pytest
import requests

from hub import demo
from hub.cli import main
from hub.sandbox import Practice, beginning, regions_for, slugs
from hub.sandbox.catalogue import demo_catalogue
from hub.stores import PLATFORMS
from tests.support.servers import free_port
from tests.support.world import few_products


def test_every_store_system_has_a_shop_of_its_own_on_tiktok_shop_in_its_own_market():
    regions = regions_for(slugs())
    for region in set(regions):
        wanted = [slug for slug in slugs() if PLATFORMS[slug].practice_store().region == region]
        assert regions.count(region) >= len(wanted)
    assert set(slugs()) == set(PLATFORMS)


def test_a_store_runs_once_it_is_asked_for_and_is_told_its_address():
    with Practice.start(hub_url="http://127.0.0.1:1", stores=slugs()[:1], catalogue=few_products(), senders=False) as practice:
        assert list(practice.apps) == [slugs()[0]]
        last = slugs()[-1]
        url = practice.url(last)
        assert practice.url(last) == url and set(practice.apps) == {slugs()[0], last}
        assert requests.get(f"{url}/sandbox/health", timeout=5).status_code == 200
        assert any(url in text for text in practice.settings(last).values())
        assert practice.store(last).sim.base_url.startswith(url)


def test_each_store_keeps_its_port_whichever_are_started():
    port = free_port()
    with Practice.start(hub_url="http://127.0.0.1:1", port=port, stores=slugs()[-1:], catalogue=few_products(), senders=False) as practice:
        assert practice.tiktok_url.endswith(f":{port}") and practice.url(slugs()[-1]).endswith(f":{port + len(slugs())}")


def test_where_the_platforms_are_is_written_down_for_their_owner_alone(tmp_path):
    with Practice.start(hub_url="http://127.0.0.1:1", catalogue=few_products(), senders=False) as practice:
        path = demo.keep_place(tmp_path / "data", practice)
        place = demo.read_place(tmp_path / "data")
        assert path.stat().st_mode & 0o077 == 0 and place.app_secret == practice.app_secret
        assert {slug: url for slug, (url, _) in place.stores.items()} == {slug: practice.url(slug) for slug in slugs()}
        for slug, (url, settings) in place.stores.items():
            store = PLATFORMS[slug].open(settings, "", {})
            assert store.check().ok, (slug, url)


def test_the_beginning_of_a_catalogue_has_every_kind_of_product_in_it():
    whole, part = demo_catalogue(), beginning(demo_catalogue(), 24)
    assert len(part.products) <= 24 < len(whole.products)
    assert {one.kind for one in part.products} >= {"simple", "configurable"} and part.currency == whole.currency


def test_a_practice_store_that_does_not_exist_is_named(capsys: pytest.CaptureFixture[str], tmp_path, monkeypatch):
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    assert main(["sandbox", "--stores", "nowhere"]) == 2
    assert "nowhere" in capsys.readouterr().err
