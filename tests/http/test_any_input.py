"""Anything at all, at every route: no program fails, and every refusal is a sound one."""
import json
import os
import re
import uuid
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, assume, given, settings, strategies as st

import paying
import support
from support import assert_problem
from test_gateway_events import life_of, notify

ROUTES = support.routes()
ID = "00000000-0000-7000-8000-000000000000"
NAMES = sorted({
    "name", "email", "password", "refresh_token", "role", "price", "currency", "gtin", "sku",
    "brand", "description", "promotional_price", "promotion_starts_at", "promotion_ends_at",
    "weight_g", "category_ids", "attributes", "status", "parent_id", "slug", "position", "source",
    "source_id", "url", "images", "category", "availability", "items", "variant_id", "quantity",
    "postal_code", "shipping_address", "recipient", "street", "number", "district", "city",
    "state", "freight_service", "reason", "gateway", "method", "kind", "start_urls",
    "product_url_pattern", "rate_per_second", "max_pages", "q", "limit", "cursor", "sort",
    "min_price", "max_price", "in_stock", "from", "to", "group_by", "max_available", "outcome",
    "permissions", "scopes", "client_id", "client_secret", "scope", "old_expires_in", "actor",
    "subject", "action", "amount", "merchant", "note", "payment"})
TEXTS = st.one_of(st.text(max_size=30), st.sampled_from([
    "BRL", ID, "Ana", "a@example.com", "correct horse", "2026-01-01T00:00:00Z", "0001-01-01",
    "9999-12-31", "2026-02-30", "7891000315507", "01310-100", "SP", "receive", "active", "(", "\0",
    "https://x.example/", "day", "price", "true", "-1", "5", "9" * 40, "manual", "bank_transfer", "stock:read",
    "stripe", "pix", "card"]))
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.integers(-10**40, 10**40),
    st.floats(), TEXTS)
KEYS = st.one_of(st.sampled_from(NAMES), st.text(max_size=8))
VALUES = st.one_of(SCALARS, st.lists(SCALARS, max_size=3), st.lists(
    st.tuples(KEYS, st.one_of(SCALARS, st.lists(SCALARS, max_size=2))), max_size=4).map(dict))
OBJECTS = st.lists(st.tuples(KEYS, VALUES), max_size=6).map(dict)
PARTS = st.one_of(st.sampled_from([ID, "me", "admin"]), TEXTS.map(
    lambda text: text.replace("/", "").strip(".") or "x"))
# TEST_EXAMPLES=5000 ./vendas test -k any_ looks harder.
ARBITRARY = settings(
    max_examples=int(os.environ.get("TEST_EXAMPLES", 150)), deadline=None,
    suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def owner(make_user):
    """One who may do everything, and who may be changed."""
    user = make_user("admin")
    yield user
    support.rows(f"UPDATE registry.users SET role = 'customer' WHERE id = '{user.id}'")


def filled(path, parts):
    return re.sub(r"\{\w+\}", lambda _: quote(parts.pop(), safe=""), path)


def assert_sound(answer):
    assert answer.status_code < 500, (answer.request.url, answer.request.body, answer.text)
    if answer.status_code >= 400:
        assert_problem(answer, answer.status_code)
    elif answer.content:
        answer.json()


@ARBITRARY
@given(route=st.sampled_from([r for r in ROUTES if r[0] in ("POST", "PATCH", "PUT")]),
       parts=st.lists(PARTS, min_size=4, max_size=4), body=st.one_of(OBJECTS, VALUES))
def test_any_json_is_answered_soundly(owner, route, parts, body):
    assert_sound(owner.request(
        route[0], filled(route[1], parts), data=json.dumps(body),
        headers={"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}))


ITEM = {"variant_id": ID, "quantity": 1}
SOUND = {
    "/v1/users": {"name": "Ana", "email": "UNIQUE@example.com", "password": "correct horse"},
    "/v1/service-accounts": {"name": "UNIQUE", "scopes": ["stock:read"]},
    "/v1/tokens": {"client_id": ID, "client_secret": "x", "scope": "stock:read"},
    "/v1/users/me/addresses": {**support.ADDRESS, "complement": "x", "default": True},
    "/v1/sessions": {"email": "ana@example.com", "password": "correct horse"},
    "/v1/products": {
        "name": "Caneca", "price": 1990, "currency": "BRL", "description": "", "brand": "X",
        "gtin": "GTIN", "sku": "UNIQUE", "promotional_price": 1000, "weight_g": 1,
        "promotion_starts_at": "2026-01-01T00:00:00Z", "category_ids": [], "status": "draft",
        "promotion_ends_at": "2026-01-02T00:00:00Z", "attributes": {"cor": "azul"}},
    "/v1/categories": {"name": "Casa", "parent_id": None, "slug": "UNIQUE", "position": 1},
    "/v1/quotes": {"items": [ITEM], "postal_code": "01310-100", "freight_service": "standard"},
    "/v1/orders": {"items": [ITEM], "shipping_address": support.ADDRESS},
    "/v1/stock/movements": {"variant_id": ID, "kind": "receive", "quantity": 1, "reason": "x"},
    "/v1/sources": {
        "name": "UNIQUE", "start_urls": ["https://x.example/"], "product_url_pattern": "/p/",
        "rate_per_second": 1, "max_pages": 10},
    "/v1/ingest": [{
        "source": "a", "source_id": "UNIQUE", "name": "Caneca", "price": 1, "currency": "BRL",
        "url": "https://x.example/", "images": ["https://x.example/1.jpg"], "category": "A > B",
        "attributes": {"a": 1}, "gtin": "GTIN", "description": "x", "seller": "y"}],
}


def places(body, at=()):
    """Every place in a body, as a list of names and indexes."""
    found = [at] if at else []
    members = body.items() if isinstance(body, dict) else (
        enumerate(body) if isinstance(body, list) else ())
    for name, inner in members:
        found += places(inner, at + (name,))
    return found


def put(value, document, at):
    """The document with a value in a place."""
    for name in at[:-1]:
        document = document[name]
    document[at[-1]] = value


@ARBITRARY
@given(where=st.sampled_from([(path, at) for path, body in SOUND.items() for at in places(body)]),
       value=VALUES)
def test_any_value_in_an_else_sound_body_is_answered_soundly(owner, product, where, value):
    path, at = where
    variant = product["variants"][0]["id"]
    body = json.loads(json.dumps(SOUND[path]).replace(ID, variant).replace(
        "GTIN", support.gtin13()).replace("UNIQUE", uuid.uuid4().hex))
    put(value, body, at)
    assert_sound(owner.request(
        "POST", path, data=json.dumps(body),
        headers={"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}))


NOBODYS = {"id": ID, "ref": "pi_nobodys", "amount": 1990, "method": "pix"}


@pytest.fixture(scope="module")
def begun(make_product, place_order, stand_in):
    """begun(): a payment that a gateway may tell something of."""
    buyer, product = support.register(), make_product(stock=100_000)

    def begin():
        answer = paying.begin(buyer, place_order(buyer, product), "stripe", "pix")
        assert answer.status_code == 201, answer.text
        return answer.json()
    return begin


@ARBITRARY
@given(which=st.sampled_from([(number, at) for number, event in enumerate(life_of(NOBODYS))
                              for at in places(event)]), value=VALUES)
def test_any_value_in_a_signed_notification_leaves_the_books_right(anyone, begun, which, value):
    number, at = which
    # That more went back than had come is what the check of the books is there to tell.
    assume(number not in (2, 3) or at[-1] != "amount" or not isinstance(value, (int, float)))
    payment = begun()
    for event in life_of(payment)[:number]:
        assert notify(anyone, event).status_code == 204
    event = life_of(payment)[number]
    put(value, event, at)
    assert_sound(notify(anyone, event))
    assert support.rows("SELECT problem, id FROM sales.money_integrity WHERE id IN"
                        f" ('{payment['id']}', '{payment['order_id']}')") == []


RESOURCE = {"id": "5O190127TN364715T", "status": "APPROVED", "intent": "CAPTURE", "amount": {
    "currency_code": "BRL", "value": "19.90"}, "custom_id": ID, "purchase_units": [{"custom_id": ID}],
    "links": [{"rel": "up", "href": "https://api.paypal.com/v2/payments/captures/2GG279541U471931P"}],
    "supplementary_data": {"related_ids": {"order_id": "5O190127TN364715T"}},
    "disputed_transactions": [{"seller_transaction_id": "2GG279541U471931P"}]}


@ARBITRARY
@given(kind=st.sampled_from([
    "CHECKOUT.ORDER.APPROVED", "PAYMENT.CAPTURE.COMPLETED", "PAYMENT.CAPTURE.REFUNDED",
    "PAYMENT.AUTHORIZATION.VOIDED", "CUSTOMER.DISPUTE.CREATED", "X"]),
       at=st.sampled_from([("id",), ("event_type",), *(
           ("resource", *at) for at in [*places(RESOURCE), ()])]), value=VALUES)
def test_any_value_in_a_notification_of_paypal_is_answered_soundly(anyone, stand_in, kind, at, value):
    event = {"id": f"WH-{uuid.uuid4()}", "event_type": kind, "resource": json.loads(json.dumps(RESOURCE))}
    put(value, event, at)
    body = json.dumps(event).encode()
    assert_sound(anyone.request("POST", "/v1/webhooks/paypal", data=body,
                                headers=stand_in.paypal.signature(body)))


@ARBITRARY
@given(route=st.sampled_from([r for r in ROUTES if r[0] in ("POST", "PATCH", "PUT")]),
       parts=st.lists(PARTS, min_size=4, max_size=4), body=st.binary(max_size=60),
       content_type=st.sampled_from(["application/json", "application/x-ndjson", "text/plain"]))
def test_any_bytes_are_answered_soundly(owner, route, parts, body, content_type):
    assert_sound(owner.request(
        route[0], filled(route[1], parts), data=body,
        headers={"Content-Type": content_type, "Idempotency-Key": str(uuid.uuid4())}))


QUERIES = st.lists(st.tuples(
    st.one_of(st.sampled_from(NAMES), st.text(max_size=8)),
    st.one_of(TEXTS, st.binary(max_size=12))), max_size=4)


@ARBITRARY
@given(route=st.sampled_from([r for r in ROUTES if r[0] == "GET"]),
       parts=st.lists(PARTS, min_size=4, max_size=4),
       query=st.one_of(
           QUERIES.map(lambda pairs: "&".join(f"{quote(n)}={quote(v)}" for n, v in pairs)),
           st.text("abq=&%+;?[]0123456789-", max_size=40)))
def test_any_query_is_answered_soundly(owner, route, parts, query):
    assert_sound(owner.get(f"{filled(route[1], parts)}?{query}"))
