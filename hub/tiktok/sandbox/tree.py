"""The sandbox's categories, their attributes and rules: a small tree of the kind TikTok Shop has, in our own words.

Each leaf carries the names that a title may contain (for the recommendation), its product attributes, its sales
attributes and its rules. Ids are stable: they are worked out from the place in this file, so only append.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Attribute:
    """A product or sales attribute. `required_if` = (attribute name, value name) makes it required by a choice."""

    name: str
    values: tuple[str, ...] = ()
    required: bool = False
    multiple: bool = False
    custom: bool = False
    is_number: bool = False
    is_sales: bool = False
    required_if: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Category:
    """A node of the tree. `words` make the recommendation find a leaf."""

    id: str
    parent_id: str
    name: str
    is_leaf: bool
    permission: str = "AVAILABLE"
    words: tuple[str, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    certificates: tuple[tuple[str, bool], ...] = ()
    needs_size_chart: bool = False
    takes_size_chart: bool = False
    needs_dimensions: bool = True


_COLOR = Attribute("Color", ("Black", "Blue", "Brown", "Gray", "Green", "Orange", "Purple", "Red", "White", "Yellow",
                             "Beige", "Multicolor"), custom=True, is_sales=True)  # fmt: skip
_SIZE = Attribute("Size", ("XS", "S", "M", "L", "XL", "XXL", "28", "29", "30", "31", "32", "33", "34", "36", "38"),
                  custom=True, is_sales=True)  # fmt: skip
_STYLE = Attribute("Specification", (), custom=True, is_sales=True)
_CAPACITY = Attribute("Capacity", ("250 ml", "350 ml", "450 ml", "750 ml"), custom=True, is_sales=True)
_SCENT = Attribute("Scent", ("Unscented", "Lavender", "Cedar", "Citrus", "Vanilla"), custom=True, is_sales=True)

_MATERIAL = Attribute("Material", ("Cotton", "Polyester", "Wool", "Linen", "Nylon", "Spandex", "Leather", "Fleece",
                                   "Rayon", "Silk"), required=True, multiple=True, custom=True)  # fmt: skip
_PATTERN = Attribute("Pattern", ("Solid", "Striped", "Checked", "Printed", "Color-Blocked"), custom=True)
_SEASON = Attribute("Season", ("Spring", "Summer", "Autumn", "Winter", "All Seasons"), multiple=True)
_CARE = Attribute("Care Instructions", ("Machine Wash", "Hand Wash", "Dry Clean"), custom=True)
_SLEEVE = Attribute("Sleeve Length", ("Sleeveless", "Short Sleeve", "Long Sleeve"))
_FIT = Attribute("Fit", ("Slim", "Regular", "Loose"), custom=True)
_ORIGIN = Attribute("Country of Origin", ("United States", "Portugal", "Vietnam", "China", "India", "Turkey", "Other"))
_BATTERY = Attribute("Contains Batteries", ("Yes", "No"))
_BATTERY_TYPE = Attribute("Battery Type", ("Lithium", "Button Cell", "Alkaline"),
                          required_if=("Contains Batteries", "Yes"))  # fmt: skip
_WARRANTY = Attribute("Warranty Period (Months)", (), is_number=True, custom=True)
_HOME_MATERIAL = Attribute("Material", ("Ceramic", "Glass", "Wood", "Steel", "Cotton", "Linen", "Paper", "Plastic",
                                        "Stoneware", "Wax"), multiple=True, custom=True)  # fmt: skip
_OCCASION = Attribute("Occasion", ("Everyday", "Party", "Sport", "Gift"), multiple=True, custom=True)
_AGE = Attribute("Recommended Age", ("0-2 years", "3-5 years", "6-8 years", "9 years and up"), required=True)

_WEAR = (_MATERIAL, _PATTERN, _SEASON, _CARE, _FIT, _ORIGIN, _COLOR, _SIZE)
_TOP = (*_WEAR, _SLEEVE)
_BAG = (_MATERIAL, _PATTERN, _OCCASION, _ORIGIN, _COLOR, _SIZE)
_FITNESS = (_HOME_MATERIAL, _WARRANTY, _ORIGIN, _COLOR, _SIZE, _STYLE)
_HOME = (_HOME_MATERIAL, _OCCASION, _ORIGIN, _COLOR, _SIZE, _STYLE)


@dataclass(slots=True)
class _Leaf:
    words: tuple[str, ...]
    attributes: tuple[Attribute, ...] = _HOME
    permission: str = "AVAILABLE"
    certificates: tuple[tuple[str, bool], ...] = ()
    needs_size_chart: bool = False
    takes_size_chart: bool = False
    needs_dimensions: bool = True


_TREE: dict[str, dict[str, dict[str, _Leaf]]] = {
    "Womenswear & Underwear": {
        "Women's Tops": {
            "Women's T-Shirts": _Leaf(("women t-shirt", "women tee", "t-shirt", "tee", "top", "tunic"), _TOP, takes_size_chart=True),
            "Women's Hoodies & Sweatshirts": _Leaf(
                ("women hoodie", "hoodie", "sweatshirt", "pullover", "pullie", "sweater", "cardigan"), _TOP, takes_size_chart=True),
            "Women's Tanks & Camis": _Leaf(("women tank", "tank", "cami", "bra", "bras"), _TOP, takes_size_chart=True),
            "Women's Jackets & Coats": _Leaf(
                ("women jacket", "jacket", "coat", "hooded", "shell", "parka", "jackshirt",
                 "summit kit", "weather trainer"), _TOP, takes_size_chart=True),
            "Women's Blouses & Shirts": _Leaf(("women shirt", "blouse", "women blouse"), _TOP, takes_size_chart=True),
        },
        "Women's Bottoms": {
            "Women's Pants & Leggings": _Leaf(
                ("women pants", "pant", "pants", "legging", "leggings", "capri", "trousers", "tights"), _WEAR,
                takes_size_chart=True),
            "Women's Shorts": _Leaf(("women shorts", "women short", "shorts", "short"), _WEAR, takes_size_chart=True),
            "Women's Skirts": _Leaf(("skirt",), _WEAR, takes_size_chart=True),
        },
    },
    "Menswear & Underwear": {
        "Men's Tops": {
            "Men's T-Shirts": _Leaf(("men t-shirt", "men tee"), _TOP, takes_size_chart=True),
            "Men's Hoodies & Sweatshirts": _Leaf(("men hoodie", "men sweatshirt", "men pullover"), _TOP,
                                                 takes_size_chart=True),
            "Men's Tank Tops": _Leaf(("men tank",), _TOP, takes_size_chart=True),
            "Men's Jackets & Coats": _Leaf(("men jacket", "men coat", "men shell"), _TOP, takes_size_chart=True),
            "Men's Shirts": _Leaf(("men shirt", "shirt", "polo"), _TOP, takes_size_chart=True),
        },
        "Men's Bottoms": {
            "Men's Pants": _Leaf(("men pants", "men pant", "men trousers", "jeans", "sweatpant"), _WEAR,
                                 takes_size_chart=True),
            "Men's Shorts": _Leaf(("men shorts", "men short"), _WEAR, takes_size_chart=True),
        },
    },
    "Luggage & Bags": {
        "Functional Bags": {
            "Backpacks": _Leaf(("backpack", "rucksack", "daypack"), _BAG),
            "Sports & Duffel Bags": _Leaf(("duffel", "duffle", "gym bag", "yoga bag"), _BAG),
            "Shoulder & Messenger Bags": _Leaf(
                ("bag", "messenger", "shoulder bag", "shoulder pack", "tote", "sling", "pouch", "shopper"), _BAG),
        },
    },
    "Fashion Accessories": {
        "Watches": {"Wristwatches": _Leaf(("watch", "wristwatch"), (
            Attribute("Movement", ("Quartz", "Automatic", "Digital", "Smart"), custom=True),
            Attribute("Strap Material", ("Leather", "Steel", "Silicone", "Nylon"), custom=True),
            _BATTERY, _BATTERY_TYPE, _WARRANTY, _ORIGIN, _COLOR, _SIZE, _STYLE))},
        "Clothing Accessories": {
            "Hats & Caps": _Leaf(("hat", "cap", "beanie"), _WEAR),
            "Scarves & Gloves": _Leaf(("scarf", "scarves", "gloves"), _WEAR),
            "Socks": _Leaf(("sock", "socks"), _WEAR),
        },
        "Jewelry": {"Necklaces & Pendants": _Leaf(("necklace", "pendant"), _HOME, permission="INVITE_ONLY")},
    },
    "Sports & Outdoor": {
        "Fitness": {
            "Yoga Mats & Accessories": _Leaf(
                ("yoga", "yoga mat", "foam", "yoga block", "yoga brick", "roller", "companion kit"), _FITNESS),
            "Strength Training": _Leaf(("dumbbell", "kettlebell", "pushup", "push up", "grips", "weight"), _FITNESS),
            "Resistance Bands & Straps": _Leaf(("resistance band", "strength band", "tone band", "lumaflex", "yoga strap", "strap kit"), _FITNESS),
            "Exercise Balls": _Leaf(("exercise ball", "massage ball", "cardio ball", "stasis ball", "balance ball"), _FITNESS),
            "Jump Ropes": _Leaf(("jump rope", "rope"), _FITNESS),
        },
        "Sports Accessories": {"Water Bottles": _Leaf(("bottle", "flask"), (*_HOME, _CAPACITY))},
    },
    "Home Supplies": {
        "Kitchen & Tableware": {
            "Mugs & Cups": _Leaf(("mug", "cup", "tumbler", "teacup"), (*_HOME, _CAPACITY)),
            "Plates & Bowls": _Leaf(("plate", "bowl", "dish", "platter"), _HOME),
            "Kitchen Utensils": _Leaf(("spoon", "board", "apron", "kettle", "jar", "teapot", "coffee", "tray"), _HOME),
        },
        "Home Decor": {
            "Candles": _Leaf(("candle", "candles", "tealight"), (*_HOME, _SCENT)),
            "Vases & Planters": _Leaf(("vase", "planter", "pot"), _HOME),
            "Wall Art": _Leaf(("poster", "print", "frame", "wall art"), _HOME),
            "Lamps": _Leaf(("lamp", "lantern", "light"), (*_HOME, _BATTERY, _BATTERY_TYPE),
                           certificates=(("Electrical safety report", True),)),
        },
        "Home Textiles": {
            "Cushions & Throws": _Leaf(("cushion", "pillow", "throw", "blanket", "rug", "swatches"), _HOME),
            "Towels": _Leaf(("towel", "tea towel"), _HOME),
        },
    },
    "Books, Stationery & Office": {
        "Stationery": {
            "Notebooks & Journals": _Leaf(("notebook", "journal", "planner", "sketchbook"), _HOME),
            "Pens & Pencils": _Leaf(("pen", "pencil", "marker"), _HOME),
            "Cards & Stickers": _Leaf(("card", "postcard", "sticker", "paper", "calendar"), _HOME),
        },
        "Digital Media": {
            "Downloads & E-books": _Leaf(("download", "e-book", "ebook", "video download"), _HOME,
                                         permission="PROHIBITED", needs_dimensions=False),
        },
    },
    "Toys & Hobbies": {
        "Toys": {
            "Educational Toys": _Leaf(("toy", "blocks", "learning"), (_AGE, *_HOME),
                                      certificates=(("Children's product certificate", True),)),
            "Plush Toys": _Leaf(("plush", "teddy", "soft toy"), (_AGE, *_HOME),
                                certificates=(("Children's product certificate", True),)),
            "Puzzles & Games": _Leaf(("puzzle", "game", "jigsaw"), _HOME),
        },
    },
    "Beauty & Personal Care": {
        "Bath & Body": {
            "Soap": _Leaf(("soap",), (*_HOME, _SCENT), certificates=(("Ingredient list", False),)),
        },
    },
    "Kids' Fashion": {
        "Kids' Clothes": {
            "Kids' Outfits": _Leaf(("kids", "baby", "children"), (_AGE, *_WEAR), needs_size_chart=True,
                                   takes_size_chart=True,
                                   certificates=(("Children's product certificate", False),)),
        },
    },
    "Food & Beverages": {
        "Drinks": {
            "Tea & Infusions": _Leaf(("tea", "infusion"), (*_HOME,), certificates=(("Ingredient list", False),)),
        },
    },
}  # fmt: skip


@dataclass(slots=True)
class Tree:
    """All categories, their attribute ids and value ids."""

    categories: dict[str, Category] = field(default_factory=dict)
    attribute_ids: dict[str, str] = field(default_factory=dict)
    value_ids: dict[tuple[str, str], str] = field(default_factory=dict)
    certificate_ids: dict[str, str] = field(default_factory=dict)

    def attribute_id(self, attribute: Attribute) -> str:
        """The id of an attribute: one per kind and name, whatever the category."""
        key = f"{'sales' if attribute.is_sales else 'product'}:{attribute.name}"
        return self.attribute_ids.setdefault(key, str(100000 + len(self.attribute_ids)))

    def value_id(self, attribute: Attribute, value: str) -> str:
        """The id of an attribute's value."""
        key = (self.attribute_id(attribute), value)
        return self.value_ids.setdefault(key, str(1000000 + len(self.value_ids)))

    def certificate_id(self, name: str) -> str:
        """The id of a certificate kind."""
        return self.certificate_ids.setdefault(name, str(7182427311584347000 + len(self.certificate_ids)))

    def chain(self, category_id: str) -> list[Category]:
        """From the root down to this category."""
        chain: list[Category] = []
        while category_id in self.categories:
            chain.insert(0, self.categories[category_id])
            category_id = self.categories[category_id].parent_id
        return chain

    def leaves(self) -> list[Category]:
        """All leaves."""
        return [one for one in self.categories.values() if one.is_leaf]


def build() -> Tree:
    """The tree with its ids."""
    tree = Tree()
    for place, (root, groups) in enumerate(_TREE.items(), 1):
        root_id = str(600000 + place * 1000)
        tree.categories[root_id] = Category(root_id, "0", root, False)
        for group_place, (group, leaves) in enumerate(groups.items(), 1):
            group_id = str(int(root_id) + 200000 + group_place * 50)
            tree.categories[group_id] = Category(group_id, root_id, group, False)
            for leaf_place, (name, leaf) in enumerate(leaves.items(), 1):
                leaf_id = str(int(group_id) + leaf_place)
                tree.categories[leaf_id] = Category(
                    leaf_id, group_id, name, True, leaf.permission, leaf.words, leaf.attributes,
                    leaf.certificates, leaf.needs_size_chart, leaf.takes_size_chart, leaf.needs_dimensions,
                )  # fmt: skip
                for attribute in leaf.attributes:
                    tree.attribute_id(attribute)
                    for value in attribute.values:
                        tree.value_id(attribute, value)
                for certificate, _required in leaf.certificates:
                    tree.certificate_id(certificate)
    return tree
