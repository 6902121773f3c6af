"""The catalogues that practice shops start with: the project's own, and Luma where it is at hand."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from hub.sandbox import luma
from hub.sandbox.catalogue import FLAWS, demo_catalogue
from hub.sandbox.pictures import COLOURS, SHAPES, draw
from hub.seed import SeedCatalogue, SeedProduct
from hub.stores.magento.sandbox import create_simulator

LUMA = Path(__file__).parents[3] / "shared" / "data" / "luma"


def sound(catalogue: SeedCatalogue) -> list[SeedProduct]:
    return [product for product in catalogue.products if product.key not in FLAWS]


def codes(catalogue: SeedCatalogue) -> list[str]:
    own = [product.ean for product in catalogue.products]
    return [ean for ean in own + [variant.ean for product in catalogue.products for variant in product.variants] if ean]


def test_the_demo_catalogue_is_large_and_half_of_it_has_variants():
    catalogue = demo_catalogue()
    assert len(catalogue.products) >= 60
    with_variants = [product for product in catalogue.products if product.kind == "configurable"]
    assert 0.4 <= len(with_variants) / len(catalogue.products) <= 0.6
    assert {axes for product in with_variants for axes in [product.axes]} >= {("color",), ("color", "size")}
    assert max(len(category.path) for category in catalogue.categories) == 3


def test_keys_skus_codes_and_picture_names_are_each_unique():
    catalogue = demo_catalogue()
    keys = [product.key for product in catalogue.products]
    skus = [sku for sku in catalogue.skus if sku]
    eans = codes(catalogue)
    pictures = [image.name for product in catalogue.products for image in product.images]
    for names in (keys, skus, eans, pictures):
        assert len(names) == len(set(names))


def test_every_ean_has_its_check_digit():
    assert len(codes(demo_catalogue())) > 150
    for code in codes(demo_catalogue()):
        assert len(code) == 13
        assert sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(code)) % 10 == 0


def test_sound_products_carry_all_that_a_listing_needs():
    catalogue = demo_catalogue()
    paths = {category.path for category in catalogue.categories}
    for product in sound(catalogue):
        assert 25 <= len(product.name) <= 255, product.name
        assert len(product.description) >= 300, product.name
        assert product.weight_kg and product.dimensions_cm and product.brand and product.attributes["material"]
        assert product.images and set(product.categories) <= paths
        assert all(variant.images and variant.price > 0 and set(variant.options) == set(product.axes) for variant in product.variants)


def test_the_flawed_products_have_the_flaw_that_is_said():
    by_key = {product.key: product for product in demo_catalogue().products}
    assert set(FLAWS) <= set(by_key)
    assert by_key["linen-lampshade"].dimensions_cm is None and by_key["linen-lampshade"].weight_kg is None
    assert len(by_key["wire-tray"].name) < 25
    assert by_key["sample-swatches"].sku == ""
    assert by_key["breakfast-bundle"].kind == "bundle"
    assert not by_key["clearance-crate"].enabled
    assert by_key["plain-postcards"].description == ""


@pytest.mark.parametrize("shape", sorted(SHAPES))
def test_each_picture_is_a_large_enough_jpeg_and_always_the_same(shape: str):
    data = draw(shape, COLOURS["sage"])
    image = Image.open(io.BytesIO(data))
    assert image.format == "JPEG"
    assert min(image.size) >= 600
    draw.cache_clear()
    assert draw(shape, COLOURS["sage"]) == data
    assert draw(shape, COLOURS["navy"]) != data


def test_the_practice_shop_takes_the_whole_demo_catalogue():
    app = create_simulator(catalogue=demo_catalogue())
    products = app.sim.catalogue.products.values()
    assert len(products) == len(demo_catalogue().skus)
    assert app.sim.catalogue.by_sku("Fabric Sample Swatches, Set of Twelve") is not None
    hoodie = next(product for product in products if product.name.startswith("Everyday Hoodie") and product.children)
    client = app.test_client()
    picture = client.get(f"/media/catalog/product{hoodie.pictures[0].file}")
    assert (picture.status_code, picture.mimetype) == (200, "image/jpeg")


def test_a_folder_without_the_files_is_named(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match="products.csv"):
        luma.load(tmp_path)


if LUMA.is_dir():  # the Luma files are not part of the project

    def test_luma_loads_179_products_with_1879_skus_and_a_picture_each():
        catalogue = luma.load(LUMA)
        assert len(catalogue.products) == 179
        sellable = [sku for product in catalogue.products for sku in ([v.sku for v in product.variants] or [product.sku])]
        assert len(sellable) == len(set(sellable)) == 1879
        assert all(product.images and product.images[0].data() for product in catalogue.products)
        paths = {category.path for category in catalogue.categories}
        assert all(set(product.categories) <= paths and product.categories for product in catalogue.products)
        app = create_simulator(catalogue=catalogue, access_token="t" * 32, bearer=True)
        headers = {"Authorization": f"Bearer {'t' * 32}"}
        digest = app.test_client().get("/rest/all/V1/shopbridge/digest?store=default", headers=headers).get_json()
        assert (len(digest["rows"]), digest["next"]) == (1879, None)

    def test_a_luma_product_without_its_picture_file_gets_a_drawn_one(tmp_path: Path):
        for file in LUMA.glob("*.csv"):
            (tmp_path / file.name).symlink_to(file)
        catalogue = luma.load(tmp_path)
        assert len(catalogue.products) == 179
        drawn = Image.open(io.BytesIO(catalogue.products[0].images[0].data()))
        assert min(drawn.size) >= 600
