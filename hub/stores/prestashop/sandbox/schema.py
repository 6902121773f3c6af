"""The resources of the practice webservice: their fields in the order in which the shop writes them.

One line a resource, one word a field: `name`, then marks: `*` one text per language, `~` not filterable, `!`
required on POST, `R` read-only, `>` the resource it points to, `:` the format it must have, `/` the longest text.
Names, order and marks are those measured on 8.2.0 (contract section 2 and 3, recorded schemas).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_FIELD = re.compile(
    r"(?P<name>[a-z_0-9]+)(?P<i18n>\*)?(?P<hidden>~)?(?:>(?P<link>[a-z_/]+))?(?P<required>!)?(?P<read_only>R)?"
    r"(?::(?P<format>\w+))?(?:/(?P<max>\d+))?")

INT_FORMATS = frozenset({"isUnsignedId", "isNullOrUnsignedId", "isInt", "isUnsignedInt", "isPositiveInt"})
_OTHER_INTS = frozenset({"position_in_category", "invoice_number", "delivery_number", "position", "level_depth",
                         "id_employee", "precision", "nb_products_recursive", "cache_default_attribute"})


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a resource."""

    name: str
    i18n: bool = False
    filterable: bool = True
    link: str = ""
    required: bool = False
    read_only: bool = False
    format: str = ""
    max_size: int = 0

    @property
    def is_number(self) -> bool:
        """Whether PrestaShop 9 writes it as a number in JSON."""
        return self.format in INT_FORMATS or self.name.startswith("id_") or self.name in _OTHER_INTS


@dataclass(frozen=True, slots=True)
class Association:
    """A list inside an entity. `fields` come after `id`; a virtual one belongs to its parent alone."""

    name: str
    node: str
    api: str = ""
    fields: tuple[str, ...] = ()
    has_id: bool = True
    computed: bool = False


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource of the webservice."""

    plural: str
    singular: str
    fields: tuple[Field, ...]
    associations: tuple[Association, ...] = ()
    forbidden: frozenset[str] = frozenset()
    title: str = ""
    by_name: dict[str, Field] = field(default_factory=dict, compare=False)

    @property
    def class_name(self) -> str:
        """The shop's name for it in messages: `Product`, `OrderDetail`."""
        return "".join(part.capitalize() for part in self.singular.split("_"))


def _resource(plural: str, singular: str, words: str, associations: tuple[Association, ...] = (),
              forbidden: tuple[str, ...] = ()) -> Resource:
    fields = []
    for word in words.split():
        found = _FIELD.fullmatch(word)
        if found is None:
            raise ValueError(f"{plural}: {word}")
        fields.append(Field(found["name"], bool(found["i18n"]), not found["hidden"], found["link"] or "",
                            bool(found["required"]), bool(found["read_only"]), found["format"] or "",
                            int(found["max"] or 0)))
    return Resource(plural, singular, tuple(fields), associations, frozenset(forbidden), plural.replace("_", " "),
                    {each.name: each for each in fields})


_OPTION_VALUES = Association("product_option_values", "product_option_value", "product_option_values")

RESOURCES: dict[str, Resource] = {each.plural: each for each in (
    _resource("products", "product", """
        id_manufacturer>manufacturers:isUnsignedId id_supplier>suppliers:isUnsignedId
        id_category_default>categories:isUnsignedId new cache_default_attribute id_default_image~>images/products
        id_default_combination~>combinations id_tax_rules_group>tax_rule_groups:isUnsignedId position_in_category~
        manufacturer_name~R quantity~R type~ id_shop_default:isUnsignedId reference:isReference/64
        supplier_reference:isReference/64 location:isString/255 width:isUnsignedFloat height:isUnsignedFloat
        depth:isUnsignedFloat weight:isUnsignedFloat quantity_discount:isBool ean13:isEan13/13 isbn:isIsbn/32
        upc:isUpc/12 mpn:isMpn/40 cache_is_pack:isBool cache_has_attachments:isBool is_virtual:isBool
        state:isUnsignedId additional_delivery_times:isUnsignedId delivery_in_stock*:isGenericName/255
        delivery_out_stock*:isGenericName/255 product_type:isGenericName on_sale:isBool online_only:isBool
        ecotax:isPrice minimal_quantity:isPositiveInt low_stock_threshold:isInt low_stock_alert:isBool price!:isPrice
        wholesale_price:isPrice unity:isString unit_price:isPrice unit_price_ratio additional_shipping_cost:isPrice
        customizable:isUnsignedInt text_fields:isUnsignedInt uploadable_files:isUnsignedInt active:isBool
        redirect_type:isString id_type_redirected:isUnsignedId available_for_order:isBool
        available_date:isDateFormat show_condition:isBool condition:isGenericName show_price:isBool indexed:isBool
        visibility:isProductVisibility advanced_stock_management:isBool date_add:isDate date_upd:isDate
        pack_stock_type:isUnsignedInt meta_description*:isGenericName/512 meta_keywords*:isGenericName/255
        meta_title*:isGenericName/255 link_rewrite*:isLinkRewrite/128 name*:isCatalogName/128
        description*:isCleanHtml/4194303 description_short*:isCleanHtml/4194303 available_now*:isGenericName/255
        available_later*:isGenericName/255""", (
        Association("categories", "category", "categories"),
        Association("images", "image", "images", computed=True),
        Association("combinations", "combination", "combinations", computed=True),
        Association("product_option_values", "product_option_value", "product_option_values", computed=True),
        Association("product_features", "product_feature", "product_features", ("id_feature_value",)),
        Association("tags", "tag", "tags"),
        Association("stock_availables", "stock_available", "stock_availables", ("id_product_attribute",),
                    computed=True),
        Association("accessories", "product", "products"),
        Association("product_bundle", "product", "products", ("id_product_attribute", "quantity")))),
    _resource("combinations", "combination", """
        id_product>products!:isUnsignedId ean13:isEan13/13 isbn:isIsbn/32 upc:isUpc/12 mpn:isMpn/40 reference/64
        supplier_reference/64 wholesale_price:isNegativePrice/27 price:isNegativePrice/20 ecotax:isPrice/20
        weight:isFloat unit_price_impact:isNegativePrice/20 minimal_quantity!:isPositiveInt low_stock_threshold:isInt
        low_stock_alert:isBool default_on:isBool available_date:isDateFormat available_now*:isGenericName/255
        available_later*:isGenericName/255""",
              (_OPTION_VALUES, Association("images", "image", "images/products"))),
    _resource("stock_availables", "stock_available", """
        id_product>products!:isUnsignedId id_product_attribute>combinations!:isUnsignedId id_shop>shops:isUnsignedId
        id_shop_group:isUnsignedId quantity!:isInt depends_on_stock!:isBool out_of_stock!:isInt
        location:isString/255""", forbidden=("POST", "DELETE")),
    _resource("orders", "order", """
        id_address_delivery>addresses!:isUnsignedId id_address_invoice>addresses!:isUnsignedId
        id_cart>carts!:isUnsignedId id_currency>currencies!:isUnsignedId id_lang>languages!:isUnsignedId
        id_customer>customers!:isUnsignedId id_carrier>carriers!:isUnsignedId current_state>order_states:isUnsignedId
        module!:isModuleName invoice_number invoice_date delivery_number delivery_date valid date_add:isDate
        date_upd:isDate shipping_number~ note/4194303 id_shop_group:isUnsignedId id_shop:isUnsignedId
        secure_key:isMd5 payment!:isGenericName recyclable:isBool gift:isBool gift_message:isCleanHtml/4194303
        mobile_theme:isBool total_discounts:isPrice total_discounts_tax_incl:isPrice
        total_discounts_tax_excl:isPrice total_paid!:isPrice total_paid_tax_incl:isPrice total_paid_tax_excl:isPrice
        total_paid_real!:isPrice total_products!:isPrice total_products_wt!:isPrice total_shipping:isPrice
        total_shipping_tax_incl:isPrice total_shipping_tax_excl:isPrice carrier_tax_rate:isFloat
        total_wrapping:isPrice total_wrapping_tax_incl:isPrice total_wrapping_tax_excl:isPrice
        round_mode:isUnsignedId round_type:isUnsignedId conversion_rate!:isFloat reference""", (
        Association("order_rows", "order_row", fields=(
            "product_id", "product_attribute_id", "product_quantity", "product_name", "product_reference",
            "product_ean13", "product_isbn", "product_upc", "product_price", "id_customization",
            "unit_price_tax_incl", "unit_price_tax_excl"), computed=True),)),
    _resource("order_details", "order_detail", """
        id_order>orders!:isUnsignedId product_id>products:isUnsignedId
        product_attribute_id>combinations:isUnsignedId product_quantity_reinjected:isUnsignedInt
        group_reduction:isFloat discount_quantity_applied:isInt download_hash:isGenericName
        download_deadline:isDateFormat id_order_invoice:isUnsignedId id_warehouse!:isUnsignedId
        id_shop!:isUnsignedId id_customization:isUnsignedId product_name!:isGenericName/4194303
        product_quantity!:isInt product_quantity_in_stock:isInt product_quantity_return:isUnsignedInt
        product_quantity_refunded:isUnsignedInt product_price!:isPrice reduction_percent:isFloat
        reduction_amount:isPrice reduction_amount_tax_incl:isPrice reduction_amount_tax_excl:isPrice
        product_quantity_discount:isFloat product_ean13:isEan13 product_isbn:isIsbn product_upc:isUpc
        product_mpn:isMpn product_reference:isReference product_supplier_reference:isReference
        product_weight:isFloat tax_computation_method:isUnsignedId id_tax_rules_group:isInt ecotax:isFloat
        ecotax_tax_rate:isFloat download_nb:isInt unit_price_tax_incl:isPrice unit_price_tax_excl:isPrice
        total_price_tax_incl:isPrice total_price_tax_excl:isPrice total_shipping_price_tax_excl:isPrice
        total_shipping_price_tax_incl:isPrice purchase_supplier_price:isPrice original_product_price:isPrice
        original_wholesale_price:isPrice total_refunded_tax_excl:isPrice total_refunded_tax_incl:isPrice""",
              (Association("taxes", "tax", "taxes"),)),
    _resource("order_histories", "order_history", """
        id_employee:isUnsignedId id_order_state>order_states!:isUnsignedId id_order>orders!:isUnsignedId
        date_add:isDate"""),
    _resource("order_carriers", "order_carrier", """
        id_order>orders!:isUnsignedId id_carrier>carriers!:isUnsignedId id_order_invoice:isUnsignedId weight:isFloat
        shipping_cost_tax_excl:isFloat shipping_cost_tax_incl:isFloat tracking_number:isTrackingNumber
        date_add:isDate"""),
    _resource("order_payments", "order_payment", """
        order_reference:isAnything/9 id_currency>currencies!:isUnsignedId amount!:isNegativePrice
        payment_method:isGenericName conversion_rate:isFloat transaction_id:isAnything/254 card_number:isAnything/254
        card_brand:isAnything/254 card_expiration:isAnything/254 card_holder:isAnything/254 date_add:isDate
        id_employee:isUnsignedId"""),
    _resource("order_invoices", "order_invoice", """
        id_order>orders!:isUnsignedId number!:isUnsignedInt delivery_number:isUnsignedInt delivery_date:isDateFormat
        total_discount_tax_excl:isPrice total_discount_tax_incl:isPrice total_paid_tax_excl:isPrice
        total_paid_tax_incl:isPrice total_products:isPrice total_products_wt:isPrice total_shipping_tax_excl:isPrice
        total_shipping_tax_incl:isPrice shipping_tax_computation_method:isUnsignedInt
        total_wrapping_tax_excl:isPrice total_wrapping_tax_incl:isPrice shop_address/1000 note/65000 date_add:isDate"""),
    _resource("order_slip", "order_slip", """
        id_customer>customers!:isUnsignedId id_order>orders!:isUnsignedId conversion_rate!:isFloat
        total_products_tax_excl!:isFloat total_products_tax_incl!:isFloat total_shipping_tax_excl!:isFloat
        total_shipping_tax_incl!:isFloat amount:isFloat shipping_cost shipping_cost_amount:isFloat partial
        date_add:isDate date_upd:isDate order_slip_type:isInt""", (
        Association("order_slip_details", "order_slip_detail", fields=(
            "id_order_detail", "product_quantity", "amount_tax_excl", "amount_tax_incl")),)),
    _resource("order_states", "order_state", """
        unremovable:isBool delivery:isBool hidden:isBool send_email:isBool module_name:isModuleName invoice:isBool
        color:isColor logable:isBool shipped:isBool paid:isBool pdf_delivery:isBool pdf_invoice:isBool deleted:isBool
        name*!:isGenericName/64 template*:isTplName/64"""),
    _resource("customers", "customer", """
        id_default_group>groups id_lang>languages:isUnsignedId newsletter_date_add ip_registration_newsletter
        last_passwd_genR secure_keyR:isMd5 deleted:isBool passwd!:isHashedPassword/255 lastname!:isCustomerName/255
        firstname!:isCustomerName/255 email!:isEmail/255 id_gender:isUnsignedId birthday:isBirthDate
        newsletter:isBool optin:isBool website:isUrl company:isGenericName siret:isGenericName ape:isApe
        outstanding_allow_amount:isFloat show_public_prices:isBool id_risk:isUnsignedInt
        max_payment_days:isUnsignedInt active:isBool note/4194303 is_guest:isBool id_shop:isUnsignedId
        id_shop_group:isUnsignedId date_add:isDate date_upd:isDate reset_password_token:isSha1/40
        reset_password_validity:isDateOrNull""", (Association("groups", "group", "groups"),)),
    _resource("addresses", "address", """
        id_customer>customers:isNullOrUnsignedId id_manufacturer:isNullOrUnsignedId
        id_supplier>suppliers:isNullOrUnsignedId id_warehouse:isNullOrUnsignedId id_country>countries!:isUnsignedId
        id_state>states:isNullOrUnsignedId alias!:isGenericName/32 company:isGenericName/255 lastname!:isName/255
        firstname!:isName/255 vat_number:isGenericName address1!:isAddress/128 address2:isAddress/128
        postcode:isPostCode/12 city!:isCityName/64 other:isMessage/4194303 phone:isPhoneNumber/32
        phone_mobile:isPhoneNumber/32 dni:isDniLite/16 deleted:isBool date_add:isDate date_upd:isDate"""),
    _resource("carts", "cart", """
        id_address_delivery>addresses:isUnsignedId id_address_invoice>addresses:isUnsignedId
        id_currency>currencies!:isUnsignedId id_customer>customers:isUnsignedId id_guest>guests:isUnsignedId
        id_lang>languages!:isUnsignedId id_shop_group:isUnsignedId id_shop:isUnsignedId id_carrier:isUnsignedId
        recyclable:isBool gift:isBool gift_message:isCleanHtml mobile_theme:isBool delivery_option secure_key/32
        allow_seperated_package:isBool date_add:isDate date_upd:isDate""", (
        Association("cart_rows", "cart_row", fields=(
            "id_product", "id_product_attribute", "id_address_delivery", "id_customization", "quantity"),
            has_id=False),)),
    _resource("carriers", "carrier", """
        deleted:isBool is_module:isBool id_tax_rules_group~>tax_rule_groups id_reference:isUnsignedId
        name!:isCarrierName/64 active!:isBool is_free:isBool url:isAbsoluteUrl shipping_handling:isBool
        shipping_external range_behavior:isBool shipping_method:isUnsignedInt max_width:isUnsignedInt
        max_height:isUnsignedInt max_depth:isUnsignedInt max_weight:isFloat grade:isUnsignedInt external_module_name
        need_range position delay*!:isGenericName/512"""),
    _resource("categories", "category", """
        id_parent>categories:isUnsignedInt level_depth nb_products_recursive~R active!:isBool
        id_shop_default:isUnsignedId is_root_category:isBool position date_add:isDate date_upd:isDate
        name*!:isCatalogName/128 link_rewrite*!:isLinkRewrite/128 description*:isCleanHtml
        additional_description*:isCleanHtml meta_title*:isGenericName/255 meta_description*:isGenericName/512
        meta_keywords*:isGenericName/255""", (
        Association("categories", "category", "categories", computed=True),
        Association("products", "product", "products", computed=True))),
    _resource("configurations", "configuration", "value name! id_shop_group id_shop date_add:isDate date_upd:isDate"),
    _resource("countries", "country", """
        id_zone>zones!:isUnsignedId id_currency:isUnsignedId call_prefix:isInt iso_code!:isLanguageIsoCode/3
        active:isBool contains_states!:isBool need_identification_number!:isBool need_zip_code:isBool zip_code_format
        display_tax_label!:isBool name*!:isGenericName/64"""),
    _resource("currencies", "currency", """
        names* name~ symbol* iso_code!:isLanguageIsoCode/3 numeric_iso_code precision:isInt
        conversion_rate!:isUnsignedFloat deleted:isBool active:isBool unofficial:isBool modified:isBool pattern*"""),
    _resource("languages", "language", """
        name!:isGenericName/32 iso_code!:isLanguageIsoCode/2 locale:isGenericName/5 language_code/5 active:isBool
        is_rtl:isBool date_format_lite!:isPhpDateFormat/32 date_format_full!:isPhpDateFormat/32"""),
    _resource("manufacturers", "manufacturer", """
        active:isBool link_rewrite~ name!:isCatalogName/64 date_add:isDate date_upd:isDate description*:isCleanHtml
        short_description*:isCleanHtml meta_title*:isGenericName/255 meta_description*:isGenericName/512
        meta_keywords*:isGenericName/255"""),
    _resource("product_features", "product_feature", "position:isInt name*!:isGenericName/128"),
    _resource("product_feature_values", "product_feature_value",
              "id_feature>product_features!:isUnsignedId custom:isBool value*!:isGenericName/255"),
    _resource("product_options", "product_option", """
        is_color_group:isBool group_type! position:isInt name*!:isGenericName/128 public_name*!:isGenericName/64""",
              (Association("product_option_values", "product_option_value", "product_option_values", computed=True),)),
    _resource("product_option_values", "product_option_value",
              "id_attribute_group>product_options!:isUnsignedId color:isColor position:isInt name*!:isGenericName/128"),
    _resource("shops", "shop", """
        id_shop_group>shop_groups!:isUnsignedId id_category>categories!:isUnsignedId active:isBool deleted:isBool
        name!:isGenericName/64 color:isColor theme_name!:isThemeName"""),
    _resource("shop_groups", "shop_group",
              "name!:isGenericName/64 color share_customer share_order share_stock active:isBool deleted:isBool"),
    _resource("shop_urls", "shop_url", """
        id_shop>shops!:isUnsignedId active:isBool main:isBool domain:isCleanHtml/255 domain_ssl:isCleanHtml/255
        physical_uri virtual_uri"""),
    _resource("specific_prices", "specific_price", """
        id_shop_group:isUnsignedId id_shop!:isUnsignedId id_cart>carts!:isUnsignedId
        id_product>products!:isUnsignedId id_product_attribute:isUnsignedId id_currency!:isUnsignedId
        id_country!:isUnsignedId id_group!:isUnsignedId id_customer!:isUnsignedId
        id_specific_price_rule:isUnsignedId price!:isNegativePrice from_quantity!:isUnsignedInt reduction!:isPrice
        reduction_tax!:isBool reduction_type!:isReductionType from!:isDateFormat to!:isDateFormat"""),
    _resource("states", "state", """
        id_zone>zones!:isUnsignedId id_country>countries!:isUnsignedId iso_code!:isStateIsoCode/7
        name!:isGenericName/32 active:isBool"""),
    _resource("tax_rule_groups", "tax_rule_group",
              "name!:isGenericName/64 active:isBool deleted:isBool date_add:isDate date_upd:isDate"),
    _resource("tax_rules", "tax_rule", """
        id_tax_rules_group>tax_rule_groups!:isUnsignedId id_state>states:isUnsignedId
        id_country>countries!:isUnsignedId zipcode_from zipcode_to id_tax>taxes:isUnsignedId behavior:isUnsignedInt
        description"""),
    _resource("taxes", "tax", "rate!:isFloat active:isBool deleted:isBool name*!:isGenericName/32"),
    _resource("zones", "zone", "name!:isGenericName/64 active:isBool"),
    _resource("groups", "group", """
        reduction:isFloat price_display_method!:isPriceDisplayMethod show_prices:isBool date_add:isDate date_upd:isDate
        name*!:isGenericName/32"""),
)}
