"""The demo catalogue: a small shop for house and wardrobe, written and drawn for this project.

About half of its products come in sizes or colours. A few carry a flaw on purpose, so that a newcomer sees what the
hub says about it: `FLAWS` names them. Prices are pounds; every EAN has a right check digit and lies in the range
that is free for use inside a shop.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache

from hub.sandbox.pictures import picture
from hub.seed import CategoryPath, SeedCatalogue, SeedCategory, SeedImage, SeedProduct, SeedVariant

SIZES = ("S", "M", "L", "XL")
FLAWS = {
    "linen-lampshade": "missing dimensions and weight",
    "wire-tray": "title of one word, too short in most markets (not in the US and the UK)",
    "sample-swatches": "missing SKU",
    "breakfast-bundle": "bundle, which cannot be listed",
    "clearance-crate": "disabled in the store",
    "plain-postcards": "no description",
}


@dataclass(frozen=True)
class Family:
    """What products of one kind share: picture, place in the shop, weight, parcel, care."""

    shape: str
    category: CategoryPath
    weight_kg: str
    parcel_cm: tuple[str, str, str]
    brand: str
    material: str
    care: str


FAMILIES = {
    "mug": Family("mug", ("Home", "Kitchen", "Mugs"), "0.420", ("13", "11", "11"), "Tidewater Pottery", "Stoneware",
                  "Dishwasher and microwave safe. Every piece is glazed by hand, so small differences in tone are part of it."),
    "bowl": Family("bowl", ("Home", "Kitchen", "Bowls"), "0.680", ("20", "20", "10"), "Tidewater Pottery", "Stoneware",
                   "Dishwasher safe, and happy in the oven up to 220 °C. Let it cool before you rinse it."),
    "board": Family("board", ("Home", "Kitchen", "Boards"), "0.950", ("42", "24", "4"), "Alder & Oak", "Wood",
                    "Wash by hand and dry it standing up. A little food-safe oil every few weeks keeps the grain alive."),
    "candle": Family("candle", ("Home", "Candles"), "0.520", ("11", "11", "12"), "Quiet Hours", "Soy wax",
                     "Trim the wick to five millimetres before lighting and let the wax melt to the edge the first time."),
    "cushion": Family("cushion", ("Home", "Textiles", "Cushions"), "0.560", ("46", "46", "12"), "Loomfield", "Cotton",
                      "The cover has a hidden zip and washes at 30 °C. The feather-free pad is included."),
    "blanket": Family("blanket", ("Home", "Textiles", "Blankets"), "1.150", ("38", "30", "14"), "Loomfield", "Wool",
                      "Air it often, wash it rarely: cool, by hand or on the wool programme, and dry it flat."),
    "pot": Family("pot", ("Home", "Plants"), "1.240", ("19", "19", "18"), "Green Sill", "Terracotta",
                  "The pot has a drainage hole and comes with a saucer. Plant not included."),
    "lamp": Family("lamp", ("Home", "Lighting"), "1.680", ("30", "30", "46"), "Alder & Oak", "Wood",
                   "Takes one E14 bulb of up to 40 W (not included). The cord is 1.8 m long with a switch in reach."),
    "shirt": Family("shirt", ("Clothing", "Tops", "T-Shirts"), "0.200", ("28", "22", "3"), "Common Thread", "Cotton",
                    "Machine wash at 30 °C with similar colours, inside out. Cool iron, not over the print."),
    "hoodie": Family("hoodie", ("Clothing", "Tops", "Hoodies"), "0.620", ("36", "28", "7"), "Common Thread",
                     "Cotton, Polyester", "Machine wash at 30 °C and dry it on a line: the brushed inside stays soft for years."),
    "trousers": Family("trousers", ("Clothing", "Bottoms"), "0.480", ("34", "26", "5"), "Common Thread", "Cotton, Elastane",
                       "Machine wash at 30 °C. Iron on the reverse while still a little damp."),
    "socks": Family("socks", ("Clothing", "Accessories", "Socks"), "0.080", ("20", "10", "3"), "Fell & Fern", "Wool, Polyamide",
                    "Wash at 30 °C in a bag with other woollens. Do not tumble dry."),
    "cap": Family("cap", ("Clothing", "Accessories", "Caps"), "0.110", ("24", "20", "12"), "Fell & Fern", "Cotton",
                  "Sponge clean with cool water; reshape the peak while it dries."),
    "bag": Family("bag", ("Bags", "Totes"), "0.320", ("40", "36", "4"), "Harbour Works", "Canvas",
                  "Spot clean with cold water. Canvas softens with use and keeps its shape."),
    "backpack": Family("backpack", ("Bags", "Backpacks"), "0.890", ("46", "32", "12"), "Harbour Works", "Recycled polyester",
                       "Empty the pockets, sponge with mild soap and let it dry open."),
    "watch": Family("watch", ("Accessories", "Watches"), "0.180", ("10", "10", "8"), "Meridian Lane", "Stainless steel, Leather",
                    "Splash resistant. The battery lasts about two years and any watchmaker can change it."),
    "jewel": Family("jewel", ("Accessories", "Jewellery"), "0.060", ("9", "9", "3"), "Meridian Lane", "Sterling silver",
                    "Comes in a small cotton pouch. Keep it dry and wipe it with a soft cloth after wearing."),
    "notebook": Family("notebook", ("Stationery", "Notebooks"), "0.340", ("22", "16", "3"), "Paper Harbour", "Paper",
                       "The paper takes fountain pens without bleeding and opens flat from the first page."),
    "soap": Family("soap", ("Bath", "Soap"), "0.130", ("9", "7", "4"), "Quiet Hours", "Plant oils",
                   "Cold processed and cured for five weeks. Keep it on a drained dish and it lasts about a month."),
    "tin": Family("tin", ("Pantry", "Tea"), "0.210", ("9", "9", "13"), "Second Steep", "Tea leaves",
                  "Two teaspoons a pot, three to four minutes. Store cool and dry with the lid closed."),
    "bottle": Family("bottle", ("Sport", "Bottles"), "0.330", ("27", "8", "8"), "Fell & Fern", "Stainless steel",
                     "Double walled: cold for a day, hot for twelve hours. Wash by hand; the lid comes apart for cleaning."),
    "ball": Family("ball", ("Sport", "Training"), "1.050", ("26", "22", "10"), "Fell & Fern", "PVC",
                   "A hand pump and a spare plug are in the box. Inflate to the mark and let it rest a night before first use."),
}  # fmt: skip

# key · family · title · price · shades (several: colours) · "sizes" or "" · what it is · three particulars
_ROWS: tuple[tuple[str, str, str, str, str, str, str, str], ...] = (
    ("harbour-mug", "mug", "Harbour Stoneware Mug, Hand-Glazed, 350 ml", "14.50", "Blue|Cream|Sage", "",
     "A generous morning mug with a wide handle, thrown by two potters who work with their windows open to the sea.",
     "Holds 350 ml with room for milk|Unglazed foot that does not scratch the table|Handle for three fingers"),
    ("tall-latte-mug", "mug", "Tall Latte Mug with Speckled Glaze, 420 ml", "16.00", "White|Charcoal", "",
     "Tall and narrow, so that the foam stays where it belongs and the coffee stays warm to the last sip.",
     "Holds 420 ml|Speckles come from the clay itself|Fits under most espresso machines"),
    ("espresso-pair", "mug", "Pair of Espresso Cups in Ribbed Stoneware", "18.00", "Terracotta", "",
     "Two small cups for the strong kind of coffee, with ribs that keep your fingers from the heat.",
     "Two cups of 90 ml|Stack neatly|Boxed, ready to give"),
    ("camp-mug", "mug", "Enamel Camp Mug with Steel Rim, 500 ml", "12.00", "Navy|Green|Red", "",
     "Light, loud and nearly unbreakable: the mug that lives in the rucksack and still looks right at breakfast.",
     "Enamel on steel|Goes on the stove, not in the microwave|Rolled rim"),
    ("porridge-bowl", "bowl", "Deep Porridge Bowl in Reactive Glaze", "19.00", "Sky|Oat", "",
     "Deep enough for seconds and shaped so that the spoon finds the last of it.",
     "16 cm across, 7 cm deep|Glaze pools differently on each bowl|Fits the crook of an arm"),
    ("serving-bowl", "bowl", "Large Serving Bowl for Salads, Hand-Thrown", "42.00", "White", "",
     "A wide bowl for the middle of the table, heavy enough to stay put while everybody helps themselves.",
     "29 cm across|Serves six|Matte outside, glossy inside"),
    ("nesting-bowls", "bowl", "Set of Three Nesting Prep Bowls, Stoneware", "36.00", "Mint", "",
     "Three bowls that live inside one another and come out for chopping, whisking and rising dough.",
     "12, 16 and 20 cm|Pouring lip on the largest|Non-slip foot"),
    ("oak-board", "board", "Oak Chopping Board with Juice Groove", "34.00", "Oak", "",
     "A board cut from a single plank, with a groove that catches what the tomato gives away.",
     "38 × 22 cm|Handle with a hanging hole|Oiled, ready to use"),
    ("walnut-board", "board", "Walnut Serving Board for Bread and Cheese", "39.00", "Walnut", "",
     "Dark walnut with a long handle: half kitchen tool, half table centre.",
     "40 × 18 cm|Rounded edges|Each grain is its own"),
    ("pastry-board", "board", "Reversible Beech Pastry Board with Lip", "45.00", "Natural", "",
     "The lip holds it against the worktop while you knead, roll and flour the rest of the kitchen.",
     "50 × 40 cm|Two sides, two edges|Engraved ruler along one side"),
    ("sea-candle", "candle", "Sea Salt and Driftwood Soy Candle, 45 Hours", "22.00", "Sky", "",
     "Smells the way a beach does in October: salt, wood smoke far off, a little seaweed.",
     "Burns for about 45 hours|Cotton wick|Glass to keep afterwards"),
    ("fig-candle", "candle", "Fig and Cedar Scented Candle in Glass", "22.00", "Green|Burgundy", "",
     "Green fig leaves over dry cedar, warm without being sweet.",
     "Burns for about 45 hours|No dyes in the wax|Lid keeps dust off"),
    ("reading-candle", "candle", "Unscented Reading Candle with Three Wicks", "28.00", "Cream", "",
     "Three small flames and no perfume: light for a long chapter and nothing else.",
     "Burns for about 60 hours|Three cotton wicks|Soot-free when trimmed"),
    ("travel-candles", "candle", "Four Travel Candles in Tins, Seasonal Scents", "24.00", "Multi", "",
     "A scent for each season in a tin small enough for a coat pocket.",
     "Four tins of 60 g|Spring grass, summer rain, smoke, pine|Reusable tins"),
    ("stripe-cushion", "cushion", "Striped Cotton Cushion with Pad, 45 × 45 cm", "29.00", "Mustard|Navy|Terracotta", "",
     "Woven stripes, not printed ones, so that they stay as straight as the day they left the loom.",
     "45 × 45 cm|Hidden zip|Pad included"),
    ("linen-cushion", "cushion", "Stonewashed Linen Cushion Cover and Pad", "34.00", "Oat|Sage", "",
     "Linen that has been washed soft already, with the slight creases that make it look lived with.",
     "50 × 30 cm|Shell buttons|Pad included"),
    ("floor-cushion", "cushion", "Large Floor Cushion with Carry Handle", "58.00", "Teal", "",
     "A seat for the sixth guest, for the window, for the dog if you are not quick enough.",
     "65 × 65 cm|Handle on one side|Removable cover"),
    ("herringbone-throw", "blanket", "Herringbone Wool Throw, 130 × 180 cm", "79.00", "Grey|Olive|Rose", "",
     "Spun and woven in one valley from wool that would otherwise have gone to waste.",
     "130 × 180 cm|Recycled wool|Hand-knotted fringe"),
    ("baby-blanket", "blanket", "Soft Cellular Baby Blanket in Organic Cotton", "32.00", "Yellow|Mint", "",
     "Airy enough for summer naps, warm enough when doubled, washed softer every week.",
     "75 × 100 cm|Organic cotton|Satin-free edges"),
    ("picnic-rug", "blanket", "Waterproof-Backed Picnic Rug with Strap", "48.00", "Green", "",
     "Wool on the side you sit on, a dry back on the side the grass is.",
     "140 × 180 cm|Leather strap|Rolls to the size of a loaf"),
    ("sill-pot", "pot", "Windowsill Herb Pot with Saucer, Set of Three", "26.00", "Terracotta", "",
     "Three pots the right size for basil, thyme and the mint that needs keeping away from both.",
     "Three pots of 11 cm|Saucers included|Frost proof"),
    ("ridge-pot", "pot", "Ridged Plant Pot for Indoor Trees, 24 cm", "38.00", "Cream|Charcoal", "",
     "For the fig that has outgrown its corner: wide, heavy and quiet to look at.",
     "24 cm across|Drainage hole and plug|Felt pads"),
    ("hanging-pot", "pot", "Hanging Planter with Cotton Cord", "24.00", "White", "",
     "A pot that hangs level, which is rarer than it sounds.",
     "15 cm across|Cord adjusts from 60 to 90 cm|Saucer built in"),
    ("desk-lamp", "lamp", "Turned Oak Desk Lamp with Linen Shade", "68.00", "Cream", "",
     "A turned foot, a linen shade and warm light over the page instead of into your eyes.",
     "42 cm tall|Linen shade|Switch on the cord"),
    ("bedside-lamp", "lamp", "Small Bedside Lamp with Dimmer, Warm Light", "54.00", "Mustard|Sky", "",
     "Small enough for a stack of books beside it and dim enough for somebody asleep.",
     "28 cm tall|Dimmer in the cord|Shade in two colours"),
    ("pocket-tee", "shirt", "Heavyweight Pocket T-Shirt, Boxy Fit", "24.00", "White|Navy|Olive", "sizes",
     "Thick cotton that hangs straight, with a pocket that holds a pencil and not much more.",
     "240 g organic cotton|Boxy fit, short sleeves|Double-stitched neck"),
    ("striped-tee", "shirt", "Breton Striped Long-Sleeve T-Shirt", "32.00", "Navy|Red", "sizes",
     "Twenty-one stripes, as it should be, on cotton that gets better with every wash.",
     "Boat neck|Long sleeves|Pre-shrunk"),
    ("running-tee", "shirt", "Quick-Dry Running T-Shirt with Reflective Trim", "29.00", "Teal|Black", "sizes",
     "Dries while you catch your breath and shows up in headlights on the way home.",
     "Recycled polyester|Flat seams|Reflective trim front and back"),
    ("kids-tee", "shirt", "Children's T-Shirt with Tractor Patch", "16.00", "Yellow", "sizes",
     "For small farmers: a tractor that is sewn on properly and survives the sandpit.",
     "Organic cotton|Embroidered patch|Easy neck"),
    ("everyday-hoodie", "hoodie", "Everyday Hoodie in Brushed Cotton, Unisex", "49.00", "Grey|Navy|Sage", "sizes",
     "The one that everybody borrows: soft inside, plain outside, hood that stays up in wind.",
     "320 g brushed cotton|Kangaroo pocket|Ribbed cuffs"),
    ("zip-hoodie", "hoodie", "Full-Zip Hoodie with Inside Pocket", "54.00", "Charcoal|Burgundy", "sizes",
     "A metal zip that runs, a pocket inside for the keys, and cuffs that stay where you push them.",
     "Full metal zip|Inside pocket|Unisex fit"),
    ("oversize-hoodie", "hoodie", "Oversized Hoodie for Slow Mornings", "57.00", "Oat", "sizes",
     "Two sizes of comfort in one: long sleeves, deep hood, nothing to prove.",
     "Oversized cut|Drop shoulders|No drawstrings"),
    ("work-trousers", "trousers", "Tapered Work Trousers with Stretch", "62.00", "Olive|Black", "sizes",
     "Trousers that kneel, climb and cycle, and still pass at the dinner table.",
     "Stretch twill|Five pockets|Reinforced knees"),
    ("linen-trousers", "trousers", "Wide-Leg Linen Blend Summer Trousers", "58.00", "Sand|Navy", "sizes",
     "Wide, light and cool, with a waist that forgives the second helping.",
     "Linen and cotton|Elastic back waist|Deep pockets"),
    ("hiking-socks", "socks", "Cushioned Hiking Socks in Merino Wool", "16.00", "Olive|Grey", "",
     "Cushioned at heel and toe, thin at the arch, and dry long before the boots are.",
     "62 % merino wool|No toe seam|One size fits 39 to 45"),
    ("dotted-socks", "socks", "Dotted Cotton Socks, Pack of Three", "14.00", "Red", "",
     "Three pairs of dots, none of them quite the same, for people who hate matching socks.",
     "Three pairs|Combed cotton|Soft elastic"),
    ("bed-socks", "socks", "Chunky Knit Bed Socks for Cold Nights", "18.00", "Cream|Rose", "",
     "Thick, loose and slow: for the sofa, the bed and the walk to the kettle.",
     "Wool blend|Loose cuff|Hand-finished toe"),
    ("canvas-cap", "cap", "Washed Canvas Cap with Brass Buckle", "21.00", "Navy|Tan|Green", "",
     "Looks as if you had owned it for ten summers, from the first day.",
     "Washed canvas|Brass buckle|One size"),
    ("wool-cap", "cap", "Winter Cap with Ear Warmers, Wool Blend", "27.00", "Charcoal", "",
     "The ear warmers fold in, so it is two caps for the price of a walk.",
     "Wool blend|Quilted lining|Fold-in ear warmers"),
    ("market-tote", "bag", "Market Tote in Heavy Canvas with Pockets", "28.00", "Natural|Black", "",
     "Carries a week of vegetables, a laptop or a small sleeping dog.",
     "38 × 36 × 12 cm|Six outside pockets|Handles for the shoulder"),
    ("fold-tote", "bag", "Foldaway Shopper That Lives in a Pocket", "12.00", "Mustard|Teal|Pink", "",
     "Folds into its own pocket and out again at the till, every time.",
     "Carries 15 kg|Recycled ripstop|As small as a phone"),
    ("weekender", "bag", "Weekender Bag in Waxed Canvas and Leather", "129.00", "Olive", "",
     "Two nights away, one pair of good shoes, no wheels.",
     "48 × 28 × 24 cm|Waxed canvas|Leather handles and base"),
    ("roll-backpack", "backpack", "Roll-Top Backpack, 22 Litres, Waterproof", "84.00", "Black|Mustard|Teal", "",
     "Rolls down when empty and up when the shops were good, and keeps the rain out either way.",
     "18 to 22 litres|Padded laptop sleeve|Welded seams"),
    ("school-backpack", "backpack", "Children's Backpack with Name Patch", "38.00", "Red|Blue", "",
     "Light on small shoulders, with a strap across the chest and a place to write whose it is.",
     "10 litres|Chest strap|Reflective piping"),
    ("commuter-pack", "backpack", "Slim Commuter Backpack with Luggage Strap", "96.00", "Charcoal", "",
     "Thin enough for a full train, with a pocket at the back that only you can reach.",
     "16 litres|Luggage strap|Hidden back pocket"),
    ("field-watch", "watch", "Field Watch with Leather Strap, 38 mm", "118.00", "Tan|Black", "",
     "A clear dial with real numerals, hands that glow, and a strap that ages with you.",
     "38 mm case|Luminous hands|Quick-release strap"),
    ("dress-watch", "watch", "Slim Dress Watch with Mesh Bracelet", "142.00", "Silver|Gold", "",
     "Six millimetres thin, so that it disappears under a cuff until it is asked.",
     "36 mm case, 6 mm thin|Mesh bracelet|Sapphire-coated glass"),
    ("sports-watch", "watch", "Sports Watch with Silicone Strap and Timer", "89.00", "Orange", "",
     "Counts laps, eggs and parking tickets, and shrugs off rain.",
     "Countdown timer|Backlight|Silicone strap"),
    ("leaf-pendant", "jewel", "Leaf Pendant on Fine Chain, Sterling Silver", "46.00", "Silver|Gold", "",
     "A leaf cast from a real one, picked in the lane behind the workshop.",
     "Chain of 45 cm|Sterling silver or gilded|Spring clasp"),
    ("stone-pendant", "jewel", "Amber Drop Pendant with Cotton Cord", "39.00", "Amber", "",
     "A drop of amber that catches late sun and keeps it a little.",
     "Baltic amber|Adjustable cord|Each drop differs"),
    ("dot-notebook", "notebook", "Dotted Notebook A5 with Cloth Cover", "17.50", "Navy|Burgundy|Sage", "",
     "For lists, plans and drawings of cats: dots faint enough to ignore.",
     "192 numbered pages|Cloth cover|Two ribbons"),
    ("week-planner", "notebook", "Undated Weekly Planner, 54 Weeks", "21.00", "Terracotta", "",
     "Begin in any week of any year: a spread for each, with space for what you did instead.",
     "54 weeks|Notes beside each week|Elastic band"),
    ("sketchbook", "notebook", "Landscape Sketchbook, Heavy Paper", "23.00", "Black", "",
     "Heavy paper for pencil, ink and a careful wash, bound so that it lies flat on a knee.",
     "120 pages of 160 g|Landscape A5|Pocket at the back"),
    ("pocket-notebooks", "notebook", "Three Pocket Notebooks, Plain, Lined, Squared", "11.00", "Multi", "",
     "One for the coat, one for the car, one to lose.",
     "Three books of 48 pages|Stitched, not stapled|Fits a back pocket"),
    ("oat-soap", "soap", "Oat and Honey Soap Bar for Dry Skin", "7.50", "Oat", "",
     "Ground oats for the gardener's hands, honey for everybody else's.",
     "120 g bar|No palm oil|Paper wrapped"),
    ("mint-soap", "soap", "Peppermint Foot Soap with Pumice", "8.00", "Mint", "",
     "Wakes up feet at the wrong end of the day.",
     "120 g bar|Fine pumice|Peppermint oil"),
    ("soap-gift", "soap", "Gift Box of Four Botanical Soaps", "26.00", "Lavender", "",
     "Lavender, rose, oat and mint in a box that needs no wrapping.",
     "Four bars of 80 g|Cardboard box, no plastic|Seed-paper card"),
    ("breakfast-tea", "tin", "Breakfast Tea Loose Leaf in a Tin, 100 g", "9.50", "Red", "",
     "Malty, brisk and good with milk: the first cup and the last.",
     "100 g loose leaf|About 40 cups|Tin with inner lid"),
    ("garden-tea", "tin", "Garden Herb Infusion, Caffeine Free, 60 g", "8.50", "Green", "",
     "Lemon balm, mint and a few petals, dried the slow way.",
     "60 g of whole leaves|Caffeine free|Grown without sprays"),
    ("smoky-tea", "tin", "Smoky Evening Tea in a Tin, 80 g", "10.50", "Black|Copper", "",
     "Tastes of bonfires and conversations that go on too long.",
     "80 g loose leaf|Smoked over pine|Two tin designs"),
    ("steel-bottle", "bottle", "Insulated Steel Bottle with Loop Lid", "26.00", "Sage|Navy|Terracotta", "",
     "Keeps the water cold and the bag dry, and hangs from one finger.",
     "500 ml|Loop lid|Powder coated"),
    ("glass-bottle", "bottle", "Glass Bottle with Silicone Sleeve, 600 ml", "19.00", "Teal", "",
     "For people who can taste the bottle: glass inside, grip outside.",
     "600 ml borosilicate glass|Silicone sleeve|Fits cup holders"),
    ("yoga-ball", "ball", "Exercise Ball with Hand Pump, 65 cm", "24.00", "Lavender|Grey", "",
     "For backs that sit too long and stomachs that know it.",
     "65 cm|Burst resistant|Pump included"),
    ("massage-balls", "ball", "Massage Ball Pair for Desk and Travel", "13.00", "Orange", "",
     "One soft, one not: ten minutes between meetings.",
     "7 cm across|Soft and firm|Net bag"),
)  # fmt: skip


@cache
def demo_catalogue() -> SeedCatalogue:
    """The whole shop; the same values at every call."""
    products = [_product(index, *row) for index, row in enumerate(_ROWS, 1)]
    products += _flawed(len(products) + 1)
    paths: dict[CategoryPath, None] = {}
    for product in products:
        for path in product.categories:
            for depth in range(1, len(path) + 1):
                paths.setdefault(path[:depth])
    categories = tuple(SeedCategory(path) for path in paths)
    return SeedCatalogue("Harbour & Home", tuple(products), categories, "GBP", {"color": "Colour", "size": "Size"})


def _product(index: int, key: str, kind: str, title: str, price: str, shades: str, sizes: str, intro: str, facts: str) -> SeedProduct:
    family = FAMILIES[kind]
    colours = shades.split("|")
    sku = f"HH-{index:03d}"
    images = tuple(_image(key, family, shade, title) for shade in colours)
    length, width, height = (Decimal(side) for side in family.parcel_cm)
    base = SeedProduct(
        key, sku, title, _html(intro, facts.split("|"), family), Decimal(price),
        short_description=intro, special_price=_sale(index, Decimal(price)), quantity=12 + index * 7 % 60,
        weight_kg=Decimal(family.weight_kg), dimensions_cm=(length, width, height), categories=(family.category,),
        brand=family.brand, attributes={"material": family.material}, images=images, ean=_ean(index * 100),
    )  # fmt: skip
    axes = (("color",) if len(colours) > 1 else ()) + (("size",) if sizes else ())
    if not axes:
        return replace(base, attributes=base.attributes | {"colour_name": colours[0]})
    variants: list[SeedVariant] = []
    for place, shade in enumerate(colours):
        for step, size in enumerate(SIZES if sizes else ("",)):
            options = {"color": shade, "size": size}
            number = len(variants) + 1
            variants.append(
                SeedVariant(
                    "-".join(part for part in (sku, shade[:3].upper() if len(colours) > 1 else "", size) if part),
                    {axis: options[axis] for axis in axes}, base.price, (index * 5 + number * 3) % 40,
                    base.special_price, base.weight_kg + Decimal("0.02") * step if base.weight_kg else None,
                    _ean(index * 100 + number), (images[place],),
                )
            )  # fmt: skip
    return replace(base, kind="configurable", axes=axes, variants=tuple(variants), special_price=None, quantity=0, ean="")


def _sale(index: int, price: Decimal) -> Decimal | None:
    return (price * Decimal("0.85")).quantize(Decimal("0.01")) if index % 9 == 0 else None


def _image(key: str, family: Family, shade: str, title: str) -> SeedImage:
    accent = "white" if shade.lower() in ("cream", "oat", "sand") else "cream"
    return picture(f"{key}-{shade.lower()}", family.shape, shade, label=f"{title}, {shade}", accent=accent)


def _html(intro: str, facts: list[str], family: Family) -> str:
    points = "".join(f"<li>{fact}</li>" for fact in (*facts, f"Material: {family.material}"))
    maker = f"Made in small batches by {family.brand} and checked by hand before it is packed."
    return f"<p>{intro}</p><ul>{points}</ul><p>{maker}</p><p><strong>Care:</strong> {family.care}</p>"


def _ean(number: int) -> str:
    """EAN-13 in the range 29, free for use inside a shop, with its check digit."""
    digits = f"29{number:010d}"
    weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return f"{digits}{-weighted % 10}"


def _flawed(index: int) -> list[SeedProduct]:
    """Products with a flaw each; see FLAWS."""

    def plain(place: int, key: str, kind: str, title: str, price: str, intro: str) -> SeedProduct:
        made = _product(index + place, key, kind, title, price, "Natural", "", intro, "Made to last|Gift ready|Ships flat")
        return replace(made, special_price=None)

    lampshade = plain(0, "linen-lampshade", "lamp", "Linen Lampshade for Floor Lamps, 40 cm", "32.00",
                      "A plain shade in raw linen that fits the lamp you already have.")  # fmt: skip
    tray = plain(1, "wire-tray", "board", "Tray", "15.00", "A wire tray for letters, keys and what else lands by the door.")
    swatches = plain(2, "sample-swatches", "cushion", "Fabric Sample Swatches, Set of Twelve", "5.00",
                     "Twelve fabrics to hold against your wall before you decide.")  # fmt: skip
    bundle = plain(3, "breakfast-bundle", "mug", "Breakfast Bundle: Mug, Bowl and Tea in One Box", "38.00",
                   "A mug, a bowl and a tin of tea, packed together and cheaper than apart.")  # fmt: skip
    crate = plain(4, "clearance-crate", "pot", "Clearance Crate of Mixed Garden Pots", "49.00",
                  "What is left of last season, in a crate you can keep.")  # fmt: skip
    cards = plain(5, "plain-postcards", "notebook", "Plain Postcards for Drawing, Box of Fifty", "9.00", "Fifty cards.")
    return [
        replace(lampshade, weight_kg=None, dimensions_cm=None),
        tray,
        replace(swatches, sku=""),
        replace(bundle, kind="bundle", quantity=0),
        replace(crate, enabled=False),
        replace(cards, description="", short_description=""),
    ]
