"""Every GraphQL document that this adapter sends, for the version that `settings.API_VERSION` names (contracts/shopify.md 13).

A document is named as its operation. Connections that hang below another are asked for with a small ``first`` and topped up,
so that no document's requested cost comes near the 1,000 points that one may have (contracts/shopify.md 2).
"""

from __future__ import annotations

import re

_PAGE = "pageInfo { hasNextPage endCursor }"
_MONEY = "shopMoney { amount currencyCode }"
_ERRORS = "userErrors { field message }"
_CODED_ERRORS = "userErrors { field message code }"

# -- products

_MEDIA = "id alt mediaContentType status ... on MediaImage { image { url } }"
_METAFIELD = "id namespace key type value"
_VARIANT = """id sku barcode title position requiresComponents selectedOptions { name value }
  inventoryItem { id requiresShipping measurement { weight { value unit } } }"""
_PRODUCT = """id title descriptionHtml vendor productType status createdAt updatedAt onlineStoreUrl isGiftCard requiresSellingPlan
  hasOnlyDefaultVariant hasVariantsThatRequiresComponents combinedListingRole category { id fullName }"""
_VARIANT_NODE = f"{_VARIANT} media(first: 1) {{ nodes {{ {_MEDIA} }} }}"
_PRODUCT_NODE = f"""{_PRODUCT}
  media(first: 8) {{ {_PAGE} nodes {{ {_MEDIA} }} }}
  metafields(first: 10) {{ {_PAGE} nodes {{ {_METAFIELD} }} }}
  variants(first: $variants) {{ {_PAGE} nodes {{ {_VARIANT_NODE} }} }}"""

PRODUCTS = f"""query Products($first: Int!, $variants: Int!, $after: String, $q: String) {{
  products(first: $first, after: $after, query: $q, sortKey: ID) {{ {_PAGE} nodes {{ {_PRODUCT_NODE} }} }}
}}"""
PRODUCT = f"query Product($id: ID!, $variants: Int!) {{ product(id: $id) {{ {_PRODUCT_NODE} }} }}"
PRODUCT_VARIANTS = f"""query ProductVariants($id: ID!, $first: Int!, $after: String) {{
  product(id: $id) {{ id variants(first: $first, after: $after) {{ {_PAGE} nodes {{ {_VARIANT_NODE} }} }} }}
}}"""
PRODUCT_MEDIA = f"""query ProductMedia($id: ID!, $first: Int!, $after: String) {{
  product(id: $id) {{ id media(first: $first, after: $after) {{ {_PAGE} nodes {{ {_MEDIA} }} }} }}
}}"""
PRODUCT_METAFIELDS = f"""query ProductMetafields($id: ID!, $first: Int!, $after: String) {{
  product(id: $id) {{ id metafields(first: $first, after: $after) {{ {_PAGE} nodes {{ {_METAFIELD} }} }} }}
}}"""
PRODUCT_OF_VARIANT = "query ProductOfVariant($id: ID!) { productVariant(id: $id) { id product { id } } }"
PRODUCTS_COUNT = "query ProductsCount($q: String) { productsCount(query: $q) { count } }"
METAFIELD_NAMES = f"""query MetafieldNames($first: Int!, $after: String) {{
  metafieldDefinitions(ownerType: PRODUCT, first: $first, after: $after) {{ {_PAGE} nodes {{ id namespace key name }} }}
}}"""

# The whole catalogue as JSON lines: five connections, two deep, which is what a bulk query may have (contracts/shopify.md 3.6).
BULK_PRODUCTS = f"""{{ products__FILTER__ {{ edges {{ node {{ {_PRODUCT}
  media {{ edges {{ node {{ {_MEDIA} }} }} }}
  metafields {{ edges {{ node {{ {_METAFIELD} }} }} }}
  variants {{ edges {{ node {{ {_VARIANT} media {{ edges {{ node {{ {_MEDIA} }} }} }} }} }} }}
}} }} }} }}"""
BULK_START = f"""mutation BulkStart($q: String!) {{
  bulkOperationRunQuery(query: $q, groupObjects: true) {{ bulkOperation {{ id status }} {_CODED_ERRORS} }}
}}"""
BULK_STATE = """query BulkState($id: ID!) {
  bulkOperation(id: $id) { id status errorCode objectCount rootObjectCount fileSize url }
}"""

# -- categories

PRODUCT_TYPES = f"query ProductTypes($first: Int!, $after: String) {{ productTypes(first: $first, after: $after) {{ {_PAGE} nodes }} }}"
CATEGORIES_IN_USE = f"""query CategoriesInUse($first: Int!, $after: String) {{
  products(first: $first, after: $after, sortKey: ID) {{ {_PAGE} nodes {{ id category {{ id name fullName parentId }} }} }}
}}"""
CATEGORY_PARENTS = """query CategoryParents($ids: [ID!]!) {
  nodes(ids: $ids) { ... on TaxonomyCategory { id name fullName parentId } }
}"""
METAFIELD_VALUES = f"""query MetafieldValues($first: Int!, $after: String, $namespace: String!, $key: String!) {{
  products(first: $first, after: $after, sortKey: ID) {{ {_PAGE} nodes {{ id metafield(namespace: $namespace, key: $key) {{ {_METAFIELD} }} }} }}
}}"""

# -- prices and stock

_PRICE = "id sku price compareAtPrice inventoryPolicy sellableOnlineQuantity"
_EVERYWHERE = f"{_PRICE} inventoryItem {{ id tracked }}"
_AT_ONE = f"""{_PRICE} inventoryItem {{ id tracked
  inventoryLevel(locationId: $location) {{ id isActive quantities(names: ["available"]) {{ name quantity }} }} }}"""


def _offers(name: str, given: str, variant: str) -> str:
    return f"""query {name}($ids: [ID!]!, $variants: Int!{given}) {{
  nodes(ids: $ids) {{ id
    ... on Product {{ status variants(first: $variants) {{ {_PAGE} nodes {{ {variant} }} }} }}
    ... on InventoryItem {{ stocked: variants(first: 5) {{ nodes {{ {variant} product {{ id status }} }} }} }} }}
}}"""


def _more_offers(name: str, given: str, variant: str) -> str:
    return f"""query {name}($id: ID!, $first: Int!, $after: String{given}) {{
  product(id: $id) {{ id status variants(first: $first, after: $after) {{ {_PAGE} nodes {{ {variant} }} }} }}
}}"""


def _digest(name: str, given: str, variant: str) -> str:
    return f"""query {name}($first: Int!, $after: String{given}) {{
  productVariants(first: $first, after: $after, sortKey: ID) {{ {_PAGE} nodes {{ {variant} updatedAt product {{ id status updatedAt }} }} }}
}}"""


_LOCATION = ", $location: ID!"
OFFERS, OFFERS_AT = _offers("Offers", "", _EVERYWHERE), _offers("OffersAt", _LOCATION, _AT_ONE)
MORE_OFFERS, MORE_OFFERS_AT = _more_offers("MoreOffers", "", _EVERYWHERE), _more_offers("MoreOffersAt", _LOCATION, _AT_ONE)
DIGEST, DIGEST_AT = _digest("Digest", "", _EVERYWHERE), _digest("DigestAt", _LOCATION, _AT_ONE)

# -- the shop

SHOP = """query Shop {
  shop { id name myshopifyDomain currencyCode ianaTimezone taxesIncluded plan { publicDisplayName partnerDevelopment } }
  currentAppInstallation { id accessScopes { handle } }
}"""
LOCATIONS = f"""query Locations($first: Int!, $after: String) {{
  locations(first: $first, after: $after) {{ {_PAGE} nodes {{ id name isActive fulfillsOnlineOrders isFulfillmentService }} }}
}}"""

# -- orders

_LINE = """id sku title quantity currentQuantity refundableQuantity unfulfilledQuantity customAttributes { key value }
  variant { id inventoryQuantity inventoryItem { id tracked } }"""
_MARKS = "id name createdAt updatedAt sourceIdentifier customAttributes { key value }"
_STATE = f"""cancelledAt closed currencyCode displayFinancialStatus displayFulfillmentStatus
  totalPriceSet {{ {_MONEY} }} totalRefundedSet {{ {_MONEY} }}"""
_ORDER = f"""{_MARKS} {_STATE}
  metafields(first: 10, namespace: "shopbridge") {{ nodes {{ id key value }} }}
  refunds(first: 30) {{ id note totalRefundedSet {{ {_MONEY} }} }}
  lineItems(first: 50) {{ {_PAGE} nodes {{ {_LINE} }} }}"""
_FULFILMENT = f"""id status createdAt trackingInfo(first: 3) {{ company number url }} location {{ id }}
  fulfillmentLineItems(first: $lines) {{ {_PAGE} nodes {{ id quantity lineItem {{ id }} }} }}"""

ORDERS_BY_KEY = f"query OrdersByKey($q: String!) {{ orders(first: 5, query: $q) {{ nodes {{ {_MARKS} }} }} }}"
ORDER = f"query Order($id: ID!) {{ order(id: $id) {{ {_ORDER} }} }}"
ORDER_LINES = f"""query OrderLines($id: ID!, $first: Int!, $after: String) {{
  order(id: $id) {{ id lineItems(first: $first, after: $after) {{ {_PAGE} nodes {{ {_LINE} }} }} }}
}}"""
ORDER_PARCELS = f"""query OrderParcels($id: ID!, $first: Int!, $lines: Int!) {{
  order(id: $id) {{ id fulfillments(first: $first) {{ {_FULFILMENT} }} }}
}}"""
PARCEL_LINES = f"""query ParcelLines($id: ID!, $first: Int!, $after: String) {{
  fulfillment(id: $id) {{ id fulfillmentLineItems(first: $first, after: $after) {{ {_PAGE} nodes {{ id quantity lineItem {{ id }} }} }} }}
}}"""
ORDERS_SINCE = f"""query OrdersSince($first: Int!, $after: String, $q: String!, $sort: OrderSortKeys!) {{
  orders(first: $first, after: $after, query: $q, sortKey: $sort) {{ {_PAGE} nodes {{ {_MARKS} {_STATE} }} }}
}}"""
ORDER_CREATE = f"""mutation OrderCreate($order: OrderCreateOrderInput!, $options: OrderCreateOptionsInput) {{
  orderCreate(order: $order, options: $options) {{ order {{ {_ORDER} }} {_CODED_ERRORS} }}
}}"""
METAFIELDS_SET = f"""mutation MetafieldsSet($metafields: [MetafieldsSetInput!]!) {{
  metafieldsSet(metafields: $metafields) {{ metafields {{ id key value }} {_CODED_ERRORS} }}
}}"""
ORDER_CLOSE = f"mutation OrderClose($id: ID!) {{ orderClose(input: {{id: $id}}) {{ order {{ id closed }} {_ERRORS} }} }}"
ORDER_CANCEL = """mutation OrderCancel($id: ID!, $reason: OrderCancelReason!, $restock: Boolean!, $note: String) {
  orderCancel(orderId: $id, reason: $reason, restock: $restock, refundMethod: {originalPaymentMethodsRefund: true}, staffNote: $note,
    notifyCustomer: false) { job { id done } orderCancelUserErrors { field message code } }
}"""
JOB = "query Job($id: ID!) { job(id: $id) { id done } }"

# -- fulfilment

_FO_LINE = "id remainingQuantity sku lineItem { id }"
_FULFILMENT_ORDER = f"""id status requestStatus supportedActions {{ action }}
  fulfillmentHolds {{ id handle reason reasonNotes heldByRequestingApp }} assignedLocation {{ name location {{ id }} }}
  lineItems(first: 30) {{ {_PAGE} nodes {{ {_FO_LINE} }} }}"""
FULFILMENT_ORDERS = f"""query FulfillmentOrders($id: ID!, $first: Int!, $after: String) {{
  order(id: $id) {{ id fulfillmentOrders(first: $first, after: $after) {{ {_PAGE} nodes {{ {_FULFILMENT_ORDER} }} }} }}
}}"""
FULFILMENT_ORDER_LINES = f"""query FulfillmentOrderLines($id: ID!, $first: Int!, $after: String) {{
  fulfillmentOrder(id: $id) {{ id lineItems(first: $first, after: $after) {{ {_PAGE} nodes {{ {_FO_LINE} }} }} }}
}}"""
SHIP = f"""mutation Ship($fulfillment: FulfillmentInput!) {{
  fulfillmentCreate(fulfillment: $fulfillment) {{ fulfillment {{ id status }} {_ERRORS} }}
}}"""
HOLD = f"""mutation Hold($id: ID!, $hold: FulfillmentOrderHoldInput!) {{
  fulfillmentOrderHold(id: $id, fulfillmentHold: $hold) {{ fulfillmentHold {{ id handle }} {_CODED_ERRORS} }}
}}"""
RELEASE = f"""mutation Release($id: ID!, $holds: [ID!]) {{
  fulfillmentOrderReleaseHold(id: $id, holdIds: $holds) {{ fulfillmentOrder {{ id status }} {_CODED_ERRORS} }}
}}"""
MOVE = f"""mutation Move($id: ID!, $location: ID!) {{
  fulfillmentOrderMove(id: $id, newLocationId: $location) {{ movedFulfillmentOrder {{ id status }} {_CODED_ERRORS} }}
}}"""

# -- refunds

REFUNDABLE = f"""query Refundable($id: ID!, $lines: [RefundLineItemInput!]) {{
  order(id: $id) {{ id transactions(first: 30) {{ id kind status gateway amountSet {{ {_MONEY} }} }}
    totalShippingPriceSet {{ {_MONEY} }} totalRefundedShippingSet {{ {_MONEY} }}
    suggestedRefund(refundLineItems: $lines) {{
      maximumRefundableSet {{ {_MONEY} }} suggestedTransactions {{ gateway kind parentTransaction {{ id }} }} }} }}
}}"""
REFUND = f"""mutation Refund($input: RefundInput!, $key: String!) {{
  refundCreate(input: $input) @idempotent(key: $key) {{ refund {{ id note totalRefundedSet {{ {_MONEY} }} }} {_ERRORS} }}
}}"""

# -- webhooks

HOOKS = f"""query Hooks($first: Int!, $after: String) {{
  webhookSubscriptions(first: $first, after: $after) {{ {_PAGE} nodes {{ id topic uri format includeFields }} }}
}}"""
HOOK_CREATE = f"""mutation HookCreate($topic: WebhookSubscriptionTopic!, $hook: WebhookSubscriptionInput!) {{
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $hook) {{ webhookSubscription {{ id topic uri }} {_ERRORS} }}
}}"""
HOOK_UPDATE = f"""mutation HookUpdate($id: ID!, $hook: WebhookSubscriptionInput!) {{
  webhookSubscriptionUpdate(id: $id, webhookSubscription: $hook) {{ webhookSubscription {{ id topic uri }} {_ERRORS} }}
}}"""
HOOK_DELETE = f"""mutation HookDelete($id: ID!) {{
  webhookSubscriptionDelete(id: $id) {{ deletedWebhookSubscriptionId {_ERRORS} }}
}}"""

_NAME = re.compile(r"^(?:query|mutation) (\w+)")


def name_of(document: str) -> str:
    """The operation's name, as the log and the crash points call it."""
    found = _NAME.match(document)
    return found[1] if found else "?"


def bulk_products(filter_: str = "") -> str:
    """The bulk query of products, narrowed by a search filter."""
    quoted = filter_.replace("\\", "\\\\").replace('"', '\\"')
    return BULK_PRODUCTS.replace("__FILTER__", f'(query: "{quoted}")' if filter_ else "")


ALL = {name_of(text): text for text in list(globals().values()) if isinstance(text, str) and _NAME.match(text)}
