"""Totals: any cart by any rules comes to what a simple model of the rules says, in a quote and in
its order alike, and an order whose sum has changed says so."""
import uuid

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

import support
from totals import Rules, Shop

GOODS = [dict(price=0, weight_g=0), dict(price=1, weight_g=1, ncm="85166000"),
         dict(price=99, weight_g=999, width_mm=300, height_mm=200, length_mm=100),
         dict(price=1990, weight_g=300, width_mm=151, height_mm=1, length_mm=7, ncm="22021000"),
         dict(price=123_457, weight_g=12_345)]
COUPONS = [dict(kind="percent", value=1000), dict(kind="percent", value=3333, limited=True),
           dict(kind="amount", value=500), dict(kind="amount", value=10_000_000, limited=True),
           dict(kind="freight"), dict(kind="percent", value=10_000)]
FREIGHT = [dict(base=1490, per_kg=200, free_above=50_000),
           dict(base=0, per_kg=33, cubic_divisor=6000), dict(base=2500, value_bp=37),
           dict(base=900, per_kg=7, cubic_divisor=3333, value_bp=1)]
TAXES = [dict(code="A", rate_bp=1800, included=True), dict(code="B", rate_bp=325, included=False),
         dict(code="B", rate_bp=1001, included=False, ncm="85", base_bp=6667),
         dict(code="C", rate_bp=2050, included=False, less_code="B")]


@pytest.fixture(scope="module")
def buyer():
    return support.register()


@pytest.fixture(scope="module")
def shop(admin, make_product):
    coupons = [dict(coupon, stackable=True) for coupon in COUPONS]
    there = Shop(admin, make_product, Rules(GOODS, coupons, FREIGHT, TAXES), stock=1_000_000)
    yield there
    there.close()


carts = st.lists(st.tuples(st.integers(0, len(GOODS) - 1), st.integers(1, 60)),
                 min_size=1, max_size=8)
any_coupons = st.lists(st.integers(0, len(COUPONS) - 1), unique=True, max_size=4)
services = st.integers(0, len(FREIGHT) - 1)
often = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


def usable(shop, cart, coupons):
    """The coupons but for those that none of the lines is for."""
    return [c for c in coupons if any(shop.rules.is_for(c, good) for good, _ in cart)]


def check_quote_and_order(shop, buyer, cart, coupons, service):
    """A quote comes to what the model says, and the order made of it to the same."""
    quote = shop.quote(buyer, cart, coupons, service)
    assert quote["totals"] == shop.rules.totals(cart, coupons, service)
    order = buyer.post("/v1/orders", shop.body(
        cart, coupons, service, expected_totals=quote["totals"]), key=True)
    assert order.status_code == 201, order.text
    order = order.json()
    assert support.priced(order["items"]) == support.priced(quote["items"])
    for member in ("totals", "taxes", "freight"):
        assert order[member] == quote[member], member


@pytest.fixture
def changing(shop):
    """The shop, whose rules are as they were after the test."""
    yield shop
    for good, fields in enumerate(GOODS):
        shop.reprice(good, fields["price"])
    shop.change_coupon(0, limited=False, **COUPONS[0])
    shop.change_freight(0, **{"value_bp": 0, "cubic_divisor": None, **FREIGHT[0]})
    shop.change_tax(1, **{"base_bp": 10_000, **TAXES[1]})


# What must hold ------------------------------------------------------------------------------

@given(cart=carts, coupons=any_coupons, service=services)
@often
def test_any_cart_comes_to_what_the_rules_say_and_its_order_to_the_same(
        shop, buyer, cart, coupons, service):
    check_quote_and_order(shop, buyer, cart, usable(shop, cart, coupons), service)


@given(cart=carts, coupons=any_coupons, service=services, price=st.integers(0, 200_000),
       coupon=st.fixed_dictionaries({"value": st.integers(1, 10_000), "limited": st.booleans()}),
       freight=st.fixed_dictionaries({
           "base": st.integers(0, 10_000), "per_kg": st.integers(0, 2000),
           "value_bp": st.integers(0, 10_000),
           "cubic_divisor": st.none() | st.integers(1000, 20_000),
           "free_above": st.none() | st.integers(1, 100_000)}),
       tax=st.fixed_dictionaries({"rate_bp": st.integers(0, 10_000), "included": st.booleans(),
                                  "base_bp": st.integers(0, 10_000)}))
@often
def test_a_quote_and_its_order_are_the_same_by_any_rules(
        changing, buyer, cart, coupons, service, price, coupon, freight, tax):
    changing.reprice(3, price)
    changing.change_coupon(0, **coupon)
    changing.change_freight(0, **freight)
    changing.change_tax(1, **tax)
    check_quote_and_order(changing, buyer, cart, usable(changing, cart, coupons), service)


@given(cart=carts, coupons=any_coupons, service=services)
@often
def test_lines_add_up_to_the_total_and_nothing_is_negative(shop, buyer, cart, coupons, service):
    quote = shop.quote(buyer, cart, usable(shop, cart, coupons), service)
    lines, totals = quote["items"], quote["totals"]
    for line in lines:
        gross = line["quantity"] * line["unit_price"]
        assert line["total"] == gross - line["discount"] + line["tax"]
        assert 0 <= line["discount"] <= gross
        assert line["tax"] >= 0
    assert min(totals.values()) >= 0
    assert sum(line["discount"] for line in lines) == totals["discount"]
    assert sum(line["total"] for line in lines) + totals["freight"] == totals["total"]
    taken = [c["discount"] for c in quote["coupons"] if c["kind"] != "freight"]
    assert sum(taken) == totals["discount"]
    assert sum(t["amount"] for t in quote["taxes"] if not t["included"]) == totals["tax"]
    assert all(option["cost"] >= 0 for option in quote["freight_options"])


@given(cart=carts, coupon=st.sampled_from([[], [0], [1]]))
@often
def test_a_cart_in_parts_wins_no_more_than_rounding_allows(shop, buyer, cart, coupon):
    whole = shop.quote(buyer, cart, usable(shop, cart, coupon))["totals"]
    parts = [shop.quote(buyer, [line], usable(shop, [line], coupon))["totals"] for line in cart]
    won = sum(part["discount"] for part in parts) - whole["discount"]
    assert 2 * abs(won) <= len(cart) + 1
    saved = whole["tax"] - sum(part["tax"] for part in parts)
    # Two taxes are added to each line; a line whose share of the discount is another bears another.
    assert abs(saved) <= 2 * len(cart) if coupon else saved == 0


@given(lines=st.lists(st.tuples(st.integers(0, len(GOODS) - 1), st.integers(0, 60),
                                st.integers(0, 60)), min_size=1, max_size=6),
       coupon=st.sampled_from([[], [0], [1]]), service=services)
@often
def test_a_cart_split_in_two_comes_to_no_less_than_rounding_allows(
        shop, buyer, lines, coupon, service):
    """Each line's pieces here and there. Discount and freight are rounded for each of the three
    carts, two taxes for each of their lines, whose bases differ by rounding, too."""
    parts = [[(good, n[at]) for good, *n in lines if n[at]] for at in (0, 1)]
    whole = [(good, sum(n)) for good, *n in lines if sum(n)]
    carts = [cart for cart in (whole, *parts) if cart]
    sums = [shop.quote(buyer, cart, usable(shop, cart, coupon), service)["totals"]["total"]
            for cart in carts]
    if sums:
        assert 2 * (sums[0] - sum(sums[1:])) <= 3 * (2 + sum(len(cart) for cart in carts))


# What the buyer has seen ----------------------------------------------------------------------

def test_an_order_that_would_come_to_something_else_says_what_changed(buyer, admin, make_product):
    product = make_product(price=1000, stock=10)
    items = [{"variant_id": product["variants"][0]["id"], "quantity": 2}]
    body = {"items": items, "shipping_address": support.ADDRESS}
    seen = buyer.post("/v1/quotes", body).json()["totals"]
    assert admin.patch(f"/v1/products/{product['id']}", {"price": 1100}).status_code == 200
    answer = buyer.post("/v1/orders", {**body, "expected_totals": seen}, key=True)
    problem = support.assert_problem(answer, 409, "totals_changed")
    assert problem["changed"] == {"items": {"old": 2000, "new": 2200},
                                  "total": {"old": seen["total"], "new": seen["total"] + 200}}
    assert admin.get(f"/v1/stock/{items[0]['variant_id']}").json()["reserved"] == 0
    new = buyer.post("/v1/quotes", body).json()["totals"]
    answer = buyer.post("/v1/orders", {**body, "expected_totals": new}, key=True)
    assert answer.status_code == 201


def test_an_order_that_was_placed_is_answered_again_whatever_it_would_come_to_now(
        buyer, admin, make_product):
    product = make_product(price=1000, stock=10)
    body = {"items": [{"variant_id": product["variants"][0]["id"], "quantity": 1}],
            "shipping_address": support.ADDRESS}
    body["expected_totals"] = buyer.post("/v1/quotes", body).json()["totals"]
    key = str(uuid.uuid4())
    first = buyer.post("/v1/orders", body, key=key)
    assert admin.patch(f"/v1/products/{product['id']}", {"price": 1100}).status_code == 200
    again = buyer.post("/v1/orders", body, key=key)
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["Idempotent-Replayed"] == "true"


def test_totals_that_were_seen_are_told_whole(shop, buyer):
    body = shop.body([(3, 1)], expected_totals={"total": 1})
    answer = buyer.post("/v1/orders", body, key=True)
    support.assert_problem(answer, 422, "validation_failed", "/expected_totals/items")


def test_staff_see_the_rules_that_made_an_order_as_they_were(shop, buyer, admin):
    order = buyer.post("/v1/orders", shop.body([(3, 2), (1, 1)], [0, 4], 3), key=True).json()
    rules = admin.get(f"/v1/orders/{order['id']}/rules").json()
    assert rules["freight"]["service"] == shop.freight[3]["service"]
    assert (rules["freight"]["per_kg"], rules["freight"]["cubic_divisor"]) == (7, 3333)
    assert rules["freight"]["billed_g"] == 601
    assert {(t["code"], t["rate_bp"]) for t in rules["taxes"]} == {
        ("A", 1800), ("B", 325), ("B", 1001), ("C", 2050)}
    told = {c["code"]: (c["kind"], c["value"], c["discount"]) for c in rules["coupons"]}
    assert told[shop.coupons[0]["code"]] == ("percent", 1000, order["totals"]["discount"])
    assert told[shop.coupons[4]["code"]][0] == "freight"
    assert all(rule["id"] for rule in [rules["freight"], *rules["taxes"], *rules["coupons"]])
    support.assert_problem(buyer.get(f"/v1/orders/{order['id']}/rules"), 403, "forbidden")
