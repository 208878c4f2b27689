"""The list of orders: what it is filtered by, alone and together, page by page."""
import json
import os
import re
import subprocess

import pytest

import support
from support import assert_problem

FILTERS = ("status", "created_from", "created_to", "customer_id", "customer", "product_id",
           "variant_id", "min_total", "max_total", "gateway", "ready", "q")


def variant(product):
    return product["variants"][0]["id"]


def listed(client, limit=100, **query):
    """The ids of all orders that a query finds, page by page."""
    found, cursor = [], None
    while True:
        answer = client.get("/v1/orders", params={"limit": limit, "cursor": cursor, **query})
        assert answer.status_code == 200, answer.text
        found += [order["id"] for order in answer.json()["data"]]
        cursor = answer.json()["next_cursor"]
        if cursor is None:
            return found


class Shop:
    """Two buyers with orders that differ in everything."""

    def __init__(self, make_product, place_order, pay, admin):
        mark = support.unique("z")[2:].translate(str.maketrans("0123456789", "ghijklmnop"))
        self.surname = mark.capitalize()
        self.ana = support.register(f"Ana Cecília {self.surname}")
        self.bia = support.register(f"Bia {self.surname}")
        self.mug, self.pot = make_product(stock=1000, price=1000), make_product(stock=1000, price=50000)
        self.pending = place_order(self.ana, self.mug)
        self.paid = place_order(self.ana, self.pot)
        self.canceled = place_order(self.ana, self.mug, 3)
        self.shipped = place_order(self.bia, self.mug, 2)
        self.other = place_order(self.bia, self.pot, 2)
        pay(self.ana, self.paid)
        self.ana.post(f"/v1/orders/{self.canceled['id']}/cancel")
        pay(self.bia, self.shipped)
        admin.post(f"/v1/orders/{self.shipped['id']}/ship")
        self.all = [self.other, self.shipped, self.canceled, self.paid, self.pending]

    def ids(self, *orders):
        """In the sequence of the list."""
        return [order["id"] for order in self.all if order in orders]


@pytest.fixture(scope="module")
def shop(make_product, place_order, pay, admin):
    return Shop(make_product, place_order, pay, admin)


@pytest.fixture(scope="module")
def clerk(make_user):
    return make_user("support")


def test_several_statuses_are_one_filter(shop):
    assert listed(shop.ana, status="paid") == shop.ids(shop.paid)
    assert listed(shop.ana, status=["paid", "canceled"]) == shop.ids(shop.paid, shop.canceled)
    assert listed(shop.ana, status=["delivered", "expired"]) == []


def test_a_period_has_its_beginning_and_not_its_end(shop):
    first, last = (support.value(
        f"SELECT to_json(created_at)#>>'{{}}' FROM sales.orders WHERE id = '{order['id']}'")
        for order in (shop.pending, shop.canceled))
    assert listed(shop.ana, created_from=first, created_to=last) == shop.ids(
        shop.pending, shop.paid)
    assert listed(shop.ana, created_from=last) == shop.ids(shop.canceled)
    assert listed(shop.ana, created_from=last, created_to=first) == []


def test_staff_find_the_orders_of_a_customer(shop, clerk):
    assert listed(clerk, customer_id=shop.bia.id) == shop.ids(shop.other, shop.shipped)
    for words in (f"ana {shop.surname}", f"ANA CECILIA {shop.surname.upper()}", f"cília {shop.surname}"):
        assert listed(clerk, customer=words) == shop.ids(shop.pending, shop.paid, shop.canceled)
        assert listed(clerk, q=words) == shop.ids(shop.pending, shop.paid, shop.canceled)
    assert listed(clerk, customer=shop.surname) == shop.ids(*shop.all)
    assert listed(clerk, customer=f"{shop.surname} Ana") == []


@pytest.mark.parametrize("text", ["100%", "a_a", "x\\", "'; --", "%%", "__"])
def test_signs_in_a_name_are_signs(shop, clerk, text):
    assert listed(clerk, customer=text, customer_id=shop.ana.id) == []


def test_orders_are_found_by_what_was_bought(shop, clerk):
    both = {"customer": shop.surname}
    assert listed(clerk, product_id=shop.pot["id"], **both) == shop.ids(shop.other, shop.paid)
    assert listed(clerk, variant_id=variant(shop.mug)) == shop.ids(
        shop.pending, shop.canceled, shop.shipped)
    assert listed(clerk, product_id=shop.pot["id"], variant_id=variant(shop.mug)) == []


def test_orders_are_found_by_their_value(shop, clerk):
    of_paid = shop.paid["totals"]["total"]
    query = {"customer": shop.surname}
    assert listed(clerk, min_total=of_paid, **query) == shop.ids(shop.other, shop.paid)
    assert listed(clerk, max_total=of_paid, **query) == shop.ids(
        shop.shipped, shop.canceled, shop.paid, shop.pending)
    assert listed(clerk, min_total=of_paid, max_total=of_paid, **query) == shop.ids(shop.paid)


def test_orders_are_found_by_their_gateway(shop, clerk):
    query = {"customer": shop.surname}
    assert listed(clerk, gateway="manual", **query) == shop.ids(shop.shipped, shop.paid)
    assert listed(clerk, gateway="barter", **query) == []


def test_an_order_is_found_by_its_number(shop, clerk):
    number = shop.paid["number"]
    for text in (str(number), f"#{number}"):
        assert listed(clerk, q=text) == [shop.paid["id"]]
    assert listed(clerk, q="9" * 18) == listed(clerk, q="9" * 30) == []


def test_filters_are_combined_page_by_page(shop, clerk):
    query = {"customer": shop.surname, "variant_id": variant(shop.mug), "max_total": 10**6,
             "status": ["pending", "canceled", "shipped"]}
    assert listed(clerk, limit=1, **query) == shop.ids(shop.pending, shop.canceled, shop.shipped)
    assert listed(clerk, limit=1, gateway="manual", **query) == shop.ids(shop.shipped)


def test_every_two_filters_find_what_both_find(shop, clerk):
    values = {"status": ["paid", "pending"], "created_from": "2026-01-01T00:00:00Z",
              "created_to": "2999-01-01T00:00:00-03:00", "customer_id": shop.ana.id,
              "customer": shop.surname, "product_id": shop.pot["id"],
              "variant_id": variant(shop.pot), "min_total": 2000, "max_total": 10**7,
              "gateway": "manual", "ready": "true", "q": shop.surname}
    assert values.keys() == set(FILTERS)
    alone = {name: set(listed(clerk, customer_id=shop.ana.id, **{name: value}))
             for name, value in values.items() if name != "customer_id"}
    for one in alone:
        for two in alone:
            query = {"customer_id": shop.ana.id, one: values[one], two: values[two]}
            assert set(listed(clerk, **query)) == alone[one] & alone[two], (one, two)


def test_no_filter_shows_a_buyer_what_is_another_s(shop):
    mine = set(shop.ids(shop.pending, shop.paid, shop.canceled))
    assert set(listed(shop.ana)) == mine
    for query in ({"customer_id": shop.bia.id}, {"q": str(shop.other["number"])},
                  {"customer": "Bia"}, {"variant_id": variant(shop.mug)},
                  {"product_id": shop.pot["id"]}, {"gateway": "manual"}, {"q": shop.surname},
                  {"status": ["pending", "shipped"]}):
        assert set(listed(shop.ana, **query)) <= mine, query


@pytest.mark.parametrize("query, pointer", [
    ({"status": ["paid", "lost"]}, "status"), ({"status": ["paid"] * 10}, "status"),
    ({"created_from": "yesterday"}, "created_from"), ({"customer_id": "7"}, "customer_id"),
    ({"customer": "x"}, "customer"), ({"q": "x" * 121}, "q"), ({"min_total": -1}, "min_total"),
    ({"max_total": "much"}, "max_total"), ({"gateway": "x" * 41}, "gateway"),
    ({"number": 1}, "number"),
])
def test_filters_that_make_no_sense_are_refused(clerk, query, pointer):
    assert_problem(clerk.get("/v1/orders", params=query), 422, "validation_failed", pointer)


def test_rare_orders_among_many_are_gathered_by_an_index(shop):
    """What the program asks, explained with twenty thousand orders around."""
    many = """
        INSERT INTO sales.orders (user_id, customer_name, status, currency, items_total, freight, tax,
                                  total, freight_service, freight_days, shipping_address, state,
                                  expires_at, created_at)
        SELECT gen_random_uuid(), 'Maria ' || md5(n::text), 'expired', 'BRL', 100, 0, 0, 100, 'standard', 1,
               '{}', 'SP', now(), now() - n * interval '1 minute'
          FROM generate_series(1, 20000) AS n;
        INSERT INTO sales.order_items (order_id, position, variant_id, product_id, sku, name, quantity,
                                       unit_price, total)
        SELECT id, 0, gen_random_uuid(), gen_random_uuid(), 'X', 'X', 1, 100, 100
          FROM sales.orders WHERE customer_name LIKE 'Maria %';
        ANALYZE sales.orders, sales.order_items, sales.payments"""
    conditions = {
        "o.status = ANY ('{returned,refunded}'::text[])": "orders_status_idx",
        f"o.user_id = '{shop.ana.id}'": "orders_user_idx",
        "o.total >= 100000": "orders_total_idx",
        f"shared.fold(o.customer_name) LIKE shared.fold('%{shop.surname}%')":
            "orders_customer_name_idx",
        "EXISTS (SELECT FROM sales.order_items i WHERE i.order_id = o.id"
        f" AND i.product_id = '{shop.pot['id']}')": "order_items_product_idx",
        "o.number = 1": "orders_number_unique",
        "true": "orders_newest_idx",
    }
    script = f"BEGIN; {many};" + "".join(
        f"EXPLAIN (FORMAT json) SELECT o.id FROM sales.orders o WHERE {condition}"
        " ORDER BY o.created_at DESC, o.id DESC LIMIT 21;" for condition in conditions) + "ROLLBACK;"
    result = subprocess.run(
        ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", os.environ["VENDAS_DATABASE_URL"]],
        input=script, capture_output=True, text=True, check=True)
    plans = [json.dumps(plan) for plan in re.findall(r"^\[\n.*?^\]$", result.stdout, re.M | re.S)]
    assert len(plans) == len(conditions)
    for plan, (condition, index) in zip(plans, conditions.items()):
        assert index in plan, (condition, plan)
