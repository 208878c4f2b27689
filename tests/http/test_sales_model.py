"""Orders, stock, coupons, carts and money beside a model of them: whatever is done by several buyers and the
staff, in whatever order, the shop answers what the model says and looks as it does."""
import pytest

import support
from sales_model import Model
from sales_money import Money
from sales_walk import SEED, STEPS, UNITS, Walk, ahead_of, rules
from totals import Shop


@pytest.fixture(scope="module")
def places(admin):
    """Three locations, in which nothing but the models' goods lies."""
    codes = [support.unique("modelo") for _ in range(3)]
    for code in codes:
        assert admin.put(f"/v1/stock/locations/{code}", {"name": code}).status_code == 201
    return codes


@pytest.fixture(scope="module")
def registered():
    return [support.register() for _ in range(3)]


@pytest.fixture
def buyers(registered):
    """With nothing in their carts."""
    for buyer in registered:
        assert buyer.put("/v1/carts/current", {"items": []}).status_code == 200
    return registered


@pytest.fixture
def shop(admin, make_product):
    there = Shop(admin, make_product, rules())
    yield there
    there.close()


def every(client, path, **query):
    """All there is in a list, page by page."""
    found, cursor = [], {}
    while cursor is not None:
        page = client.get(path, params={"limit": 100, **query, **cursor}).json()
        found += page["data"]
        cursor = {"cursor": page["next_cursor"]} if page["next_cursor"] else None
    return found


def compare_ledger(walk):
    told = {}
    for unit in UNITS:
        for row in every(walk.staff, f"/v1/stock/{walk.shop.variants[unit]}/movements"):
            entry = told.setdefault((unit, row["location"], row["kind"], row["order_id"]), [0, 0])
            entry[0] += row["on_hand"]
            entry[1] += row["reserved"]
    assert told == walk.model.ledger


def compare_lists(walk):
    for number, buyer in enumerate(walk.buyers):
        own = {name: order for name, order in walk.model.orders.items() if order.buyer == number}
        for status in {order.status for order in own.values()}:
            told = every(buyer, "/v1/orders", status=status, variant_id=walk.shop.variants[0])
            assert {o["id"] for o in told} == {
                name for name, order in own.items() if order.status == status and 0 in order.sold}


def compare_events(walk):
    listed = ", ".join(f"'{name}'" for name in walk.model.orders)
    told = support.rows("SELECT object_id, string_agg(type, ' ' ORDER BY id) FROM sales.events"
                        f" WHERE object_id IN ({listed}) GROUP BY object_id")
    assert dict(told) == {name: " ".join(f"order.{event}" for event in order.events)
                          for name, order in walk.model.orders.items()}


def compare_money(walk):
    """By payment: what has come and gone, and what the books have of it."""
    listed = ", ".join(f"'{name}'" for name in walk.model.orders)
    told = support.rows(f"""
        SELECT p.order_id, sum(p.received), sum(p.refunded), coalesce(sum(b.sales), 0), coalesce(sum(b.refunds), 0)
          FROM sales.payments p
          LEFT JOIN LATERAL (SELECT -sum(amount) FILTER (WHERE account = 'sales') AS sales,
                                    sum(amount) FILTER (WHERE account = 'refunds') AS refunds
                               FROM sales.money_entries WHERE payment_id = p.id) AS b ON true
         WHERE p.order_id IN ({listed}) GROUP BY 1""")
    assert {name: tuple(map(int, amounts)) for name, *amounts in told} == {
        name: (order.totals["total"] * order.was_paid(), order.back) * 2
        for name, order in walk.model.orders.items() if order.payment or order.given_up}


def compare_products(walk):
    for good, product in enumerate(walk.shop.products):
        shown, left = walk.staff.get(f"/v1/products/{product}").json(), walk.model.left(good)
        assert (shown["variants"][0]["available"], shown["in_stock"]) == (left, left != 0)
        assert ahead_of(shown["variants"][0]) == walk.model.later(good)


class Sequence(Money, Walk):
    """Compares stock and coupons every few steps, and the whole in the end."""

    OPERATIONS = {**Walk.OPERATIONS, **Money.OPERATIONS}

    def step(self, number, name):
        super().step(number, name)
        if number % 10 == 0:
            self.compare_stock()
            self.compare_coupons()

    def compare_all(self):
        self.compare_stock()
        self.compare_coupons()
        for name in self.model.orders:
            self.compare_order(name)
        for buyer in range(len(self.buyers)):
            self.compare_cart(buyer)
        for compare in (compare_ledger, compare_lists, compare_events, compare_money, compare_products):
            compare(self)


@pytest.mark.parametrize("seed", [1, 2, SEED])
def test_the_shop_is_what_its_model_says_after_every_step(admin, shop, places, buyers, seed):
    units = sorted(UNITS, key=lambda unit: shop.variants[unit])
    for place in places:
        assert admin.put(f"/v1/stock/locations/{place}", {"name": place}).status_code == 200
    walk = Sequence(seed, shop, Model(shop.rules, units, dict.fromkeys(places, 0)), admin, buyers)
    for _ in range(6):
        walk.receive()
    walk.run(STEPS)
    walk.compare_all()
    assert support.rows("SELECT * FROM sales.integrity") == []
    assert support.rows("SELECT * FROM products.stock_integrity") == []
