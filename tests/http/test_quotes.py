"""Quotes: what a cart comes to, freight and taxes included; nothing is stored."""
import datetime
import uuid

import pytest
from hypothesis import given, settings, strategies

import support

DEAREST = 100_000_000_000
HEAVIEST = 10_000_000
POSTAL_CODES = {"SP": "01310-100", "MG": "30110-001", "RS": "90010000", "AM": "69005-010",
                "RR": "69301-010", "DF": "70040-010"}


def line(product, quantity=1):
    return {"variant_id": product["variants"][0]["id"], "quantity": quantity}


def quote_of(client, *lines, state="SP", **fields):
    answer = client.post("/v1/quotes", {
        "items": list(lines), "postal_code": POSTAL_CODES[state], **fields})
    assert answer.status_code == 200, answer.text
    return answer.json()


def literal(value):
    return "NULL" if value is None else f"'{value}'"


@pytest.fixture
def freight_rule():
    """freight_rule(states=..., ...): a rule of a new service; its name."""
    made = []

    def make(states="{SP}", base=0, per_kg=0, free_above=None, days=2):
        service = support.unique("frete")
        support.rows(
            "INSERT INTO sales.freight_rules"
            " (service, name, states, base, per_kg, free_above, days)"
            f" VALUES ('{service}', 'Teste', '{states}', {base}, {per_kg}, {literal(free_above)},"
            f" {days})")
        made.append(service)
        return service
    yield make
    for service in made:
        support.rows(f"DELETE FROM sales.freight_rules WHERE service = '{service}'")


@pytest.fixture
def tax_rule():
    """tax_rule(rate_bp, included, ...): a rule for Roraima, which has no other; its code."""
    made = []

    def make(rate_bp, included, code=None, first="2020-01-01", end=None):
        code = code or support.unique("TAX")
        support.rows(
            "INSERT INTO sales.tax_rules (code, state, rate_bp, included, valid_from, valid_to)"
            f" VALUES ('{code}', 'RR', {rate_bp}, {included}, '{first}', {literal(end)})")
        made.append(code)
        return code
    with support.untaxed("RR"):
        yield make
    for code in made:
        support.rows(f"DELETE FROM sales.tax_rules WHERE code = '{code}'")


def test_totals_are_the_sum_of_the_lines_and_the_freight(anyone, make_product):
    mug, plate = make_product(price=1990), make_product(price=333)
    quote = quote_of(anyone, line(mug, 3), line(plate, 7))
    assert [item["total"] for item in quote["items"]] == [5970, 2331]
    totals = quote["totals"]
    assert totals["items"] == 5970 + 2331
    assert totals["discount"] == totals["tax"] == 0
    assert totals["total"] == totals["items"] + totals["freight"]
    assert quote["currency"] == "BRL"


def test_a_quote_names_each_line_as_the_shop_does(anyone, product):
    item = quote_of(anyone, line(product, 2))["items"][0]
    assert item["product_id"] == product["id"]
    assert item["sku"] == product["variants"][0]["sku"]
    assert item["name"] == product["name"]
    assert (item["quantity"], item["unit_price"]) == (2, 1990)


def test_nothing_is_reserved_by_a_quote(anyone, admin, make_product):
    product = make_product(stock=3)
    quote_of(anyone, line(product, 3))
    level = admin.get(f"/v1/stock/{product['variants'][0]['id']}").json()
    assert (level["reserved"], level["available"]) == (0, 3)


def test_freight_counts_every_kilogram_begun(anyone, make_product, freight_rule):
    service = freight_rule(base=1000, per_kg=100)
    product = make_product(weight_g=500)
    costs = [quote_of(anyone, line(product, n), freight_service=service)["totals"]["freight"]
             for n in (1, 2, 3, 4, 5)]
    assert costs == [1100, 1100, 1200, 1200, 1300]


def test_the_weights_of_all_lines_are_added_before_rounding_up(anyone, make_product, freight_rule):
    service = freight_rule(base=0, per_kg=100)
    light, heavy = make_product(weight_g=400), make_product(weight_g=1600)
    quote = quote_of(anyone, line(light), line(heavy), freight_service=service)
    assert quote["totals"]["freight"] == 200


def test_a_product_of_unknown_weight_travels_at_the_base_price(anyone, make_product, freight_rule):
    service = freight_rule(base=777, per_kg=100)
    product = make_product(weight_g=None)
    assert quote_of(anyone, line(product), freight_service=service)["totals"]["freight"] == 777


def test_freight_is_free_from_the_threshold_on(anyone, make_product, freight_rule):
    service = freight_rule(base=1000, free_above=5000)
    just_under, exact = make_product(price=4999), make_product(price=5000)
    freight = [quote_of(anyone, line(p), freight_service=service)["totals"]["freight"]
               for p in (just_under, exact)]
    assert freight == [1000, 0]


def test_freight_depends_on_the_state(anyone, product):
    near, far = quote_of(anyone, line(product)), quote_of(anyone, line(product), state="AM")
    assert far["totals"]["freight"] > near["totals"]["freight"]
    assert far["freight"]["days"] > near["freight"]["days"]


def test_options_come_cheapest_first_and_the_cheapest_is_taken(anyone, product, freight_rule):
    cheap, dear = freight_rule(base=1, days=30), freight_rule(base=999_999, days=1)
    quote = quote_of(anyone, line(product))
    costs = [option["cost"] for option in quote["freight_options"]]
    assert costs == sorted(costs)
    services = [option["service"] for option in quote["freight_options"]]
    assert services[0] == cheap and services[-1] == dear
    assert quote["freight"] == {"service": cheap, "days": 30}
    assert quote["totals"]["freight"] == 1


def test_the_service_asked_for_is_taken(anyone, product, freight_rule):
    dear = freight_rule(base=999_999, days=1)
    quote = quote_of(anyone, line(product), freight_service=dear)
    assert quote["freight"]["service"] == dear
    assert quote["totals"]["freight"] == 999_999


def test_an_unknown_service_is_refused(anyone, product):
    answer = anyone.post("/v1/quotes", {
        "items": [line(product)], "postal_code": "01310-100", "freight_service": "balloon"})
    support.assert_problem(answer, 422, "validation_failed", "/freight_service")


def test_a_service_that_does_not_go_there_is_refused(anyone, product, freight_rule):
    service = freight_rule(states="{SP}")
    answer = anyone.post("/v1/quotes", {
        "items": [line(product)], "postal_code": POSTAL_CODES["AM"], "freight_service": service})
    support.assert_problem(answer, 422, "validation_failed", "/freight_service")


def test_a_postal_code_and_its_whole_address_come_to_the_same(anyone, product):
    items = [line(product, 2)]
    short = anyone.post("/v1/quotes", {"items": items, "postal_code": "01310-100"}).json()
    whole = anyone.post("/v1/quotes", {"items": items, "shipping_address": support.ADDRESS}).json()
    assert short == whole


def test_an_address_may_be_its_postal_code_alone(anyone, product):
    answer = anyone.post("/v1/quotes", {
        "items": [line(product)], "shipping_address": {"postal_code": POSTAL_CODES["RS"]}})
    assert answer.json() == quote_of(anyone, line(product), state="RS")


def test_a_quote_to_nowhere_is_refused(anyone, product):
    answer = anyone.post("/v1/quotes", {"items": [line(product)]})
    support.assert_problem(answer, 422, "validation_failed", "/postal_code")


@pytest.mark.parametrize("destination, pointer", [
    ({"postal_code": "00100-000"}, "/postal_code"),
    ({"postal_code": "123"}, "/postal_code"),
    ({"shipping_address": {"postal_code": "00100-000"}}, "/shipping_address/postal_code"),
    ({"shipping_address": {}}, "/shipping_address/postal_code"),
    ({"shipping_address": {"postal_code": "01310-100", "state": "XX"}}, "/shipping_address/state"),
])
def test_a_destination_that_does_not_exist_is_named_by_its_pointer(
        anyone, product, destination, pointer):
    answer = anyone.post("/v1/quotes", {"items": [line(product)], **destination})
    support.assert_problem(answer, 422, "validation_failed", pointer)


def test_every_unknown_variant_is_named_by_its_pointer(anyone, product):
    answer = anyone.post("/v1/quotes", {"postal_code": "01310-100", "items": [
        {"variant_id": str(uuid.uuid4()), "quantity": 1}, line(product),
        {"variant_id": str(uuid.uuid4()), "quantity": 1}]})
    problem = support.assert_problem(answer, 422, "validation_failed")
    assert [(e["pointer"], e["code"]) for e in problem["errors"]] == [
        ("/items/0/variant_id", "unknown_variant"), ("/items/2/variant_id", "unknown_variant")]


@pytest.mark.parametrize("status", ["draft", "archived"])
def test_a_product_that_is_not_on_sale_is_unknown(anyone, make_product, status):
    product = make_product(status=status)
    answer = anyone.post("/v1/quotes", {"items": [line(product)], "postal_code": "01310-100"})
    support.assert_problem(answer, 422, "validation_failed", "/items/0/variant_id")


@pytest.mark.parametrize("items, pointer", [
    ([], "/items"),
    ("all", "/items"),
    ([1], "/items/0"),
    ([{"quantity": 1}], "/items/0/variant_id"),
    ([{"variant_id": "7", "quantity": 1}], "/items/0/variant_id"),
    ([{"variant_id": str(uuid.UUID(int=7))}], "/items/0/quantity"),
    ([{"variant_id": str(uuid.UUID(int=7)), "quantity": 0}], "/items/0/quantity"),
    ([{"variant_id": str(uuid.UUID(int=7)), "quantity": -1}], "/items/0/quantity"),
    ([{"variant_id": str(uuid.UUID(int=7)), "quantity": 1.5}], "/items/0/quantity"),
    ([{"variant_id": str(uuid.UUID(int=7)), "quantity": 10001}], "/items/0/quantity"),
    ([{"variant_id": str(uuid.UUID(int=7)), "quantity": 1, "price": 1}], "/items/0/price"),
    ([{"variant_id": str(uuid.UUID(int=7)), "quantity": 1}] * 101, "/items"),
])
def test_a_cart_that_makes_no_sense_is_refused_by_pointer(anyone, items, pointer):
    answer = anyone.post("/v1/quotes", {"items": items, "postal_code": "01310-100"})
    support.assert_problem(answer, 422, "validation_failed", pointer)


def test_an_included_tax_is_told_and_not_added(anyone, make_product, tax_rule):
    code = tax_rule(1800, True)
    quote = quote_of(anyone, line(make_product(price=1000), 2), state="RR")
    assert quote["taxes"] == [{"code": code, "base": 2000, "rate_bp": 1800, "amount": 360,
                               "included": True, "estimate": True}]
    assert quote["totals"]["tax"] == 0
    assert quote["items"][0]["total"] == 2000


def test_an_added_tax_is_part_of_line_and_total(anyone, make_product, tax_rule):
    tax_rule(1000, False)
    quote = quote_of(anyone, line(make_product(price=1000), 2), state="RR")
    item, totals = quote["items"][0], quote["totals"]
    assert (item["tax"], item["total"]) == (200, 2200)
    assert (totals["items"], totals["tax"]) == (2000, 200)
    assert totals["total"] == 2200 + totals["freight"]


def test_a_tax_is_rounded_half_up_on_each_line(anyone, make_product, tax_rule):
    tax_rule(1000, False)
    under, half = make_product(price=104), make_product(price=105)
    quote = quote_of(anyone, line(under), line(half), line(half), state="RR")
    assert [item["tax"] for item in quote["items"]] == [10, 11, 11]
    assert quote["totals"]["tax"] == 32
    assert quote["taxes"][0]["amount"] == 32


def test_taxes_of_several_kinds_stand_beside_each_other(anyone, make_product, tax_rule):
    tax_rule(500, False, "TESTA")
    tax_rule(2500, True, "TESTB")
    quote = quote_of(anyone, line(make_product(price=10_000)), state="RR")
    assert [(tax["code"], tax["amount"]) for tax in quote["taxes"]] == [
        ("TESTA", 500), ("TESTB", 2500)]
    assert quote["totals"]["tax"] == 500


def test_a_tax_counts_within_its_days_only(anyone, product, tax_rule):
    tax_rule(1000, False, first="2020-01-01", end="2021-01-01")
    tax_rule(1000, False, first="2999-01-01")
    assert quote_of(anyone, line(product), state="RR")["taxes"] == []


def test_a_newer_rate_takes_the_place_of_one_left_open(anyone, make_product, tax_rule):
    code = tax_rule(1700, False, first="2020-01-01")
    tax_rule(1200, False, code, first="2024-01-01")
    quote = quote_of(anyone, line(make_product(price=10_000)), state="RR")
    assert [tax["rate_bp"] for tax in quote["taxes"]] == [1200]
    assert quote["totals"]["tax"] == 1200


def moment(**delta):
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(**delta)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize("window, price", [
    ({}, 1500),
    ({"promotion_starts_at": moment(days=-1), "promotion_ends_at": moment(days=1)}, 1500),
    ({"promotion_starts_at": moment(days=1)}, 1990),
    ({"promotion_ends_at": moment(days=-1)}, 1990),
    ({"promotion_ends_at": moment(days=1)}, 1500),
])
def test_a_promotional_price_counts_within_its_window(anyone, make_product, window, price):
    product = make_product(price=1990, promotional_price=1500, **window)
    assert quote_of(anyone, line(product))["items"][0]["unit_price"] == price


def test_two_lines_of_one_variant_stay_two_lines(anyone, make_product):
    product = make_product(price=100)
    quote = quote_of(anyone, line(product, 2), line(product, 3))
    assert [item["quantity"] for item in quote["items"]] == [2, 3]
    assert quote["totals"]["items"] == 500


def test_the_largest_cart_there_can_be_adds_up(customer, make_product, tax_rule):
    tax_rule(10_000, False)
    product = make_product(stock=1_000_000, price=DEAREST, weight_g=HEAVIEST)
    lines = [line(product, 10_000)] * 100
    quote = quote_of(customer, *lines, state="RR")
    items = DEAREST * 10_000 * 100
    assert quote["totals"]["items"] == items
    assert quote["totals"]["tax"] == items
    assert quote["totals"]["total"] == 2 * items + quote["totals"]["freight"]
    order = customer.post("/v1/orders", key=True, body={"items": lines, "shipping_address": {
        **support.ADDRESS, "postal_code": POSTAL_CODES["RR"], "state": "RR"}})
    assert order.status_code == 201, order.text
    assert order.json()["totals"] == quote["totals"]


@pytest.fixture(scope="module")
def shelf(make_product):
    return [make_product(stock=1_000_000, price=price, weight_g=weight)
            for price, weight in ((0, 0), (1, 1), (99, 999), (1990, 300), (123_457, 12_345))]


@pytest.fixture(scope="module")
def buyer():
    return support.register()


@given(cart=strategies.lists(strategies.tuples(strategies.integers(0, 4),
                                               strategies.integers(1, 50)),
                             min_size=1, max_size=8),
       state=strategies.sampled_from(sorted(POSTAL_CODES)))
@settings(max_examples=25, deadline=None)
def test_an_order_comes_to_what_its_quote_said(shelf, buyer, cart, state):
    lines = [line(shelf[which], quantity) for which, quantity in cart]
    quote = quote_of(buyer, *lines, state=state)
    answer = buyer.post("/v1/orders", key=True, body={"items": lines, "shipping_address": {
        **support.ADDRESS, "postal_code": POSTAL_CODES[state], "state": state}})
    assert answer.status_code == 201, answer.text
    order = answer.json()
    assert support.priced(order["items"]) == support.priced(quote["items"])
    assert order["totals"] == quote["totals"]
    assert order["freight"] == quote["freight"]
    assert order["taxes"] == quote["taxes"]
    totals = order["totals"]
    assert totals["items"] == sum(quantity * shelf[which]["price"] for which, quantity in cart)
    assert totals["total"] == (totals["items"] - totals["discount"] + totals["freight"]
                               + totals["tax"])
