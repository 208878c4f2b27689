"""Totals: any cart by any rules comes to what a simple model of the rules says, in a quote and in
its order alike, and an order whose sum has changed says so."""
import fractions
import uuid

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

import support

# A state that no rule of taxes is for at first.
RORAIMA = {**support.ADDRESS, "postal_code": "69301-010", "state": "RR"}

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


# The model -----------------------------------------------------------------------------------

def half_up(value):
    return int(fractions.Fraction(value) + fractions.Fraction(1, 2))


def share(amount, bp):
    return half_up(fractions.Fraction(amount * bp, 10_000))


def take_off(lines, chosen, amount):
    """Cumulative rounding, by what is left of each line."""
    whole = sum(line["left"] for line in chosen)
    amount, before, given_out = min(amount, whole), 0, 0
    for line in chosen:
        before += line["left"]
        upto = amount * before // whole if whole else 0
        line["left"] -= upto - given_out
        given_out = upto
    return amount


def tax_rule(code, good):
    fitting = [t for t in TAXES if t["code"] == code
               and good.get("ncm", "").startswith(t.get("ncm", ""))]
    return max(fitting, key=lambda t: len(t.get("ncm", "")), default=None)


def taxes_of(line):
    """[(amount, whether it is added)]"""
    for code in ("A", "B", "C"):
        rule = tax_rule(code, line["good"])
        rate = rule["rate_bp"]
        if "less_code" in rule:
            rate = max(0, rate - tax_rule(rule["less_code"], line["good"])["rate_bp"])
        base = share(line["left"], rule.get("base_bp", 10_000))
        yield share(base, rate), not rule["included"]


def freight_of(rule, lines):
    paid = sum(line["left"] for line in lines)
    if paid >= rule.get("free_above", float("inf")):
        return 0
    grams = sum(line["good"]["weight_g"] * line["n"] for line in lines)
    volume = sum(-(-line["good"].get("width_mm", 0) * line["good"].get("height_mm", 0)
                   * line["good"].get("length_mm", 0) // 1000) * line["n"] for line in lines)
    if "cubic_divisor" in rule:
        grams = max(grams, -(-volume * 1000 // rule["cubic_divisor"]))
    by_weight = rule.get("per_kg", 0) * -(-grams // 1000)
    return rule["base"] + by_weight + share(paid, rule.get("value_bp", 0))


def model(cart, coupons, service):
    """The totals of a cart [(good, quantity)] with coupons and a freight rule, by their numbers."""
    lines = [{"good": GOODS[g], "n": n, "limited": g % 2 == 1, "gross": GOODS[g]["price"] * n,
              "left": GOODS[g]["price"] * n} for g, n in cart]
    discount = 0
    for kind in ("percent", "amount"):
        for coupon in (COUPONS[c] for c in sorted(coupons) if COUPONS[c]["kind"] == kind):
            chosen = [line for line in lines if line["limited"] or not coupon.get("limited")]
            amount = coupon["value"]
            if kind == "percent":
                amount = share(sum(line["gross"] for line in chosen), amount)
            discount += take_off(lines, chosen, amount)
    costs = [freight_of(rule, lines) for rule in FREIGHT]
    freight = costs[service]
    if any(COUPONS[c]["kind"] == "freight" for c in coupons):
        freight -= min(costs)
    tax = sum(amount for line in lines for amount, added in taxes_of(line) if added)
    items = sum(line["gross"] for line in lines)
    return {"items": items, "discount": discount, "freight": freight, "tax": tax,
            "total": items - discount + freight + tax}


# The shop ------------------------------------------------------------------------------------

class Shop:
    """GOODS, COUPONS, FREIGHT and TAXES, set up; what is for Roraima is the shop's alone."""

    def __init__(self, admin, make_product):
        self.admin, self.buyer, self.made = admin, support.register(), []
        category = self.post("/v1/categories", name=support.unique("Ímpares"))
        self.goods = [make_product(
            stock=1_000_000, category_ids=[category["id"]] if i % 2 else [], **good
        )["variants"][0]["id"] for i, good in enumerate(GOODS)]
        self.taken = support.rows(
            "SELECT id, states FROM sales.freight_rules WHERE 'RR' = ANY (states)")
        support.rows("UPDATE sales.freight_rules SET states = array_remove(states, 'RR')")
        code = support.unique("K")
        self.coupons = [self.post(
            "/v1/coupons", code=f"{code}-{i}", kind=coupon["kind"], value=coupon.get("value", 0),
            category_ids=[category["id"]] if coupon.get("limited") else [], stackable=True,
        )["code"] for i, coupon in enumerate(COUPONS)]
        self.services = [self.rule(
            "/v1/freight-rules", service=support.unique("f"), name="Teste", days=i, states=["RR"],
            **rule)["service"] for i, rule in enumerate(FREIGHT)]
        for rule in TAXES:
            self.rule("/v1/tax-rules", state="RR", valid_from="2020-01-01", **rule)

    def post(self, path, **body):
        answer = self.admin.post(path, body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def rule(self, path, **body):
        made = self.post(path, **body)
        self.made.append(f"{path}/{made['id']}")
        return made

    def close(self):
        for path in self.made:
            assert self.admin.delete(path).status_code == 204
        for rule, states in self.taken:
            support.rows(
                f"UPDATE sales.freight_rules SET states = '{states}' WHERE id = '{rule}'")

    def body(self, cart, coupons=(), service=0, **more):
        return {"items": [{"variant_id": self.goods[g], "quantity": n} for g, n in cart],
                "coupons": [self.coupons[c].lower() for c in coupons],
                "freight_service": self.services[service], "shipping_address": RORAIMA, **more}

    def quote(self, *wanted, **more):
        answer = self.buyer.post("/v1/quotes", self.body(*wanted, **more))
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture(scope="module")
def shop(admin, make_product):
    there = Shop(admin, make_product)
    yield there
    there.close()


carts = st.lists(st.tuples(st.integers(0, len(GOODS) - 1), st.integers(1, 60)),
                 min_size=1, max_size=8)
any_coupons = st.lists(st.integers(0, len(COUPONS) - 1), unique=True, max_size=4)
services = st.integers(0, len(FREIGHT) - 1)
often = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


def usable(cart, coupons):
    """The coupons but for those that none of the lines is for."""
    return [c for c in coupons if not COUPONS[c].get("limited") or any(g % 2 for g, _ in cart)]


# What must hold ------------------------------------------------------------------------------

@given(cart=carts, coupons=any_coupons, service=services)
@often
def test_any_cart_comes_to_what_the_rules_say_and_its_order_to_the_same(
        shop, cart, coupons, service):
    coupons = usable(cart, coupons)
    quote = shop.quote(cart, coupons, service)
    assert quote["totals"] == model(cart, coupons, service)
    order = shop.buyer.post("/v1/orders", shop.body(
        cart, coupons, service, expected_totals=quote["totals"]), key=True)
    assert order.status_code == 201, order.text
    order = order.json()
    for member in ("items", "totals", "taxes", "freight"):
        assert order[member] == quote[member], member


@given(cart=carts, coupons=any_coupons, service=services)
@often
def test_lines_add_up_to_the_total_and_nothing_is_negative(shop, cart, coupons, service):
    quote = shop.quote(cart, usable(cart, coupons), service)
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
def test_a_cart_in_parts_wins_no_more_than_rounding_allows(shop, cart, coupon):
    whole = shop.quote(cart, usable(cart, coupon))["totals"]
    parts = [shop.quote([line], usable([line], coupon))["totals"] for line in cart]
    won = sum(part["discount"] for part in parts) - whole["discount"]
    assert 2 * abs(won) <= len(cart) + 1
    saved = whole["tax"] - sum(part["tax"] for part in parts)
    # Two taxes are added to each line; a line whose share of the discount is another bears another.
    assert abs(saved) <= 2 * len(cart) if coupon else saved == 0


# What the buyer has seen ----------------------------------------------------------------------

def test_an_order_that_would_come_to_something_else_says_what_changed(shop, admin, make_product):
    product = make_product(price=1000, stock=10)
    items = [{"variant_id": product["variants"][0]["id"], "quantity": 2}]
    body = {"items": items, "shipping_address": support.ADDRESS}
    seen = shop.buyer.post("/v1/quotes", body).json()["totals"]
    assert admin.patch(f"/v1/products/{product['id']}", {"price": 1100}).status_code == 200
    answer = shop.buyer.post("/v1/orders", {**body, "expected_totals": seen}, key=True)
    problem = support.assert_problem(answer, 409, "totals_changed")
    assert problem["changed"] == {"items": {"old": 2000, "new": 2200},
                                  "total": {"old": seen["total"], "new": seen["total"] + 200}}
    assert admin.get(f"/v1/stock/{items[0]['variant_id']}").json()["reserved"] == 0
    new = shop.buyer.post("/v1/quotes", body).json()["totals"]
    answer = shop.buyer.post("/v1/orders", {**body, "expected_totals": new}, key=True)
    assert answer.status_code == 201


def test_an_order_that_was_placed_is_answered_again_whatever_it_would_come_to_now(
        shop, admin, make_product):
    product = make_product(price=1000, stock=10)
    body = {"items": [{"variant_id": product["variants"][0]["id"], "quantity": 1}],
            "shipping_address": support.ADDRESS}
    body["expected_totals"] = shop.buyer.post("/v1/quotes", body).json()["totals"]
    key = str(uuid.uuid4())
    first = shop.buyer.post("/v1/orders", body, key=key)
    assert admin.patch(f"/v1/products/{product['id']}", {"price": 1100}).status_code == 200
    again = shop.buyer.post("/v1/orders", body, key=key)
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["Idempotent-Replayed"] == "true"


def test_totals_that_were_seen_are_told_whole(shop):
    body = shop.body([(3, 1)], expected_totals={"total": 1})
    answer = shop.buyer.post("/v1/orders", body, key=True)
    support.assert_problem(answer, 422, "validation_failed", "/expected_totals/items")


def test_staff_see_the_rules_that_made_an_order_as_they_were(shop, admin):
    order = shop.buyer.post("/v1/orders", shop.body([(3, 2), (1, 1)], [0, 4], 3), key=True).json()
    rules = admin.get(f"/v1/orders/{order['id']}/rules").json()
    assert rules["freight"]["service"] == shop.services[3]
    assert (rules["freight"]["per_kg"], rules["freight"]["cubic_divisor"]) == (7, 3333)
    assert rules["freight"]["billed_g"] == 601
    assert {(t["code"], t["rate_bp"]) for t in rules["taxes"]} == {
        ("A", 1800), ("B", 325), ("B", 1001), ("C", 2050)}
    told = {c["code"]: (c["kind"], c["value"], c["discount"]) for c in rules["coupons"]}
    assert told[shop.coupons[0]] == ("percent", 1000, order["totals"]["discount"])
    assert told[shop.coupons[4]][0] == "freight"
    assert all(rule["id"] for rule in [rules["freight"], *rules["taxes"], *rules["coupons"]])
    support.assert_problem(shop.buyer.get(f"/v1/orders/{order['id']}/rules"), 403, "forbidden")
