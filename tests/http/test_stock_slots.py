"""Stock that is spread over slots: many buy of one product at once, each piece is sold once, and
nobody is refused while there is one left."""
import collections
import concurrent.futures
import random

import pytest

import support


def variant_of(product):
    return product["variants"][0]["id"]


def slots(product):
    """[(on hand, reserved)] of all slots, in their order."""
    return [(int(on_hand), int(reserved)) for on_hand, reserved in support.rows(
        "SELECT on_hand, reserved FROM sales.stock_slots"
        f" WHERE variant_id = '{variant_of(product)}' ORDER BY location, slot")]


def place(buyer, product, quantity=1):
    return buyer.post("/v1/orders", key=True, body={
        "items": [{"variant_id": variant_of(product), "quantity": quantity}],
        "shipping_address": support.ADDRESS})


def reserve_slowly(product, slot):
    """A transaction that holds one slot, as an order that is about to be committed does."""
    return support.open_transaction(
        f"SELECT FROM sales.stock_slots WHERE variant_id = '{variant_of(product)}'"
        f" AND slot = {slot} FOR UPDATE")


def copies(client, count):
    """The same user from so many connections."""
    token = client.token
    clients = [support.Client() for _ in range(count)]
    for copy in clients:
        copy.http.headers["Authorization"] = f"Bearer {token}"
    return clients


@pytest.fixture(scope="module")
def keeper(make_user):
    return make_user("stock")


@pytest.fixture(scope="module")
def buyer():
    return support.register()


def level(keeper, product):
    document = keeper.get(f"/v1/stock/{variant_of(product)}").json()
    return document["on_hand"], document["reserved"]


def test_little_lies_in_one_slot_and_much_in_several(make_product):
    assert slots(make_product(stock=499)) == [(499, 0)]
    assert slots(make_product(stock=1000)) == [(250, 0)] * 4
    assert [n for n, _ in slots(make_product(stock=10007))] == [626] * 15 + [617]


def test_what_comes_in_fills_the_slots_up_to_one_level(keeper, make_product, buyer):
    product = make_product(stock=1000)
    assert place(buyer, product, 100).status_code == 201
    keeper.post("/v1/stock/movements", key=True, body={
        "variant_id": variant_of(product), "kind": "receive", "quantity": 300})
    free = [on_hand - reserved for on_hand, reserved in slots(product)]
    assert sum(free) == 1200 and max(free) - min(free) <= 4
    kinds = [m["kind"] for m in keeper.get(
        f"/v1/stock/{variant_of(product)}/movements").json()["data"]]
    assert kinds == ["receive", "reserve", "receive"]  # each delivery is one row of the ledger


def test_what_goes_is_taken_from_the_last_slots_first(keeper, make_product):
    product = make_product(stock=1000)
    answer = keeper.post("/v1/stock/movements", key=True, body={
        "variant_id": variant_of(product), "kind": "count", "quantity": 260})
    assert answer.json()["on_hand"] == 260
    assert slots(product) == [(250, 0), (10, 0), (0, 0), (0, 0)]


def test_an_order_does_not_wait_for_one_of_the_same_product(buyer, make_product):
    product = make_product(stock=1000)
    with reserve_slowly(product, 0), reserve_slowly(product, 1), reserve_slowly(product, 2):
        assert place(buyer, product).status_code == 201
    assert [reserved for _, reserved in slots(product)] == [0, 0, 0, 1]


def test_an_order_that_no_slot_suffices_for_takes_from_several(keeper, buyer, make_product):
    product = make_product(stock=1000)
    order = place(buyer, product, 600)
    assert order.status_code == 201
    assert sorted(reserved for _, reserved in slots(product)) == [0, 100, 250, 250]
    assert level(keeper, product) == (1000, 600)
    answer = buyer.post(f"/v1/orders/{order.json()['id']}/cancel")
    assert answer.status_code == 200
    assert slots(product) == [(250, 0)] * 4


def test_an_order_that_takes_from_several_slots_waits_for_what_others_hold(buyer, make_product):
    product = make_product(stock=1000)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        with support.open_transaction(
                "INSERT INTO sales.stock_movements (variant_id, slot, kind, on_hand, reserved)"
                f" VALUES ('{variant_of(product)}', 2, 'adjust', -1, 0)"):
            waiting = pool.submit(place, buyer, product, 1000)
            support.wait_for_locks()
        problem = support.assert_problem(waiting.result(), 409, "insufficient_stock")
        assert problem["available"] == 999


def test_when_all_slots_are_held_an_order_waits_and_is_not_refused(buyer, make_product):
    product = make_product(stock=500)
    assert len(slots(product)) == 2
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        with reserve_slowly(product, 0), reserve_slowly(product, 1):
            waiting = pool.submit(place, buyer, product)
            support.wait_for_locks()
        assert waiting.result().status_code == 201


def test_a_slot_that_runs_dry_while_it_is_waited_for_refuses_nobody(buyer, keeper, make_product):
    """Both are held, and what the order waits for is sold before its turn comes."""
    product = make_product(stock=500)
    sell = ("INSERT INTO sales.stock_movements (variant_id, slot, kind, on_hand, reserved)"
            f" VALUES ('{variant_of(product)}', {{}}, 'adjust', -{{}}, 0)")
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        with support.open_transaction(sell.format(0, 248)):
            with support.open_transaction(sell.format(1, 248)):
                waiting = pool.submit(place, buyer, product, 4)
                support.wait_for_locks()
        assert waiting.result().status_code == 201
    assert level(keeper, product) == (4, 4)


def test_two_who_empty_two_slots_at_once_take_the_product_out_of_stock(anyone, make_product):
    """Neither sees what the other does, and still the last of them has to tell."""
    product = make_product(stock=500)
    sell = ("INSERT INTO sales.stock_movements (variant_id, slot, kind, on_hand, reserved)"
            f" VALUES ('{variant_of(product)}', {{}}, 'adjust', -250, 0)")
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        with support.open_transaction(sell.format(0)):
            other = pool.submit(support.rows, sell.format(1))
            support.wait_for_locks()
        other.result()
    assert slots(product) == [(0, 0), (0, 0)]
    assert not anyone.get(f"/v1/products/{product['id']}").json()["in_stock"]
    assert support.rows("SELECT * FROM products.stock_integrity") == []


@pytest.mark.parametrize("stock, quantities", [(60, [1]), (700, [1, 30, 90]), (1000, [7, 11, 40])])
def test_nobody_is_refused_while_pieces_remain(keeper, buyer, make_product, stock, quantities):
    product = make_product(stock=stock)
    draw = random.Random(stock)
    clients, wanted = copies(buyer, 24), []
    while sum(wanted) < 2 * stock:
        wanted.append(draw.choice(quantities))

    def buy(n):
        answer = place(clients[n % 24], product, wanted[n])
        return answer.status_code, answer.json().get("available"), wanted[n]
    with concurrent.futures.ThreadPoolExecutor(24) as pool:
        answers = list(pool.map(buy, range(len(wanted))))
    assert set(status for status, _, _ in answers) == {201, 409}
    sold = sum(quantity for status, _, quantity in answers if status == 201)
    for status, available, quantity in answers:
        assert status == 201 or available < quantity
    assert level(keeper, product) == (stock, sold)
    assert stock - sold < min(quantities)
    assert support.rows("SELECT * FROM sales.stock_integrity") == []
    assert support.rows("SELECT * FROM products.stock_integrity") == []


def test_orders_of_several_scarce_products_neither_block_nor_starve_each_other(
        keeper, buyer, make_product):
    products = [make_product(stock=n) for n in (520, 300, 40)]
    clients = copies(buyer, 16)
    draw = random.Random(7)
    carts = [[(product, draw.randint(1, 9)) for product in draw.sample(products, 2)]
             for _ in range(160)]

    def buy(n):
        return clients[n % 16].post("/v1/orders", key=True, body={
            "items": [{"variant_id": variant_of(p), "quantity": q} for p, q in carts[n]],
            "shipping_address": support.ADDRESS})
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(buy, range(len(carts))))
    assert {answer.status_code for answer in answers} == {201, 409}
    sold = collections.Counter()
    for answer in answers:
        for item in answer.json()["items"] if answer.status_code == 201 else []:
            sold[item["variant_id"]] += item["quantity"]
    for product in products:
        assert level(keeper, product)[1] == sold[variant_of(product)]


def test_a_bundle_whose_parts_run_out_in_two_slots_at_once_is_out_of_stock(
        admin, anyone, make_product):
    part = make_product(stock=502)
    kit = admin.post("/v1/products", {
        "name": support.unique("Kit"), "type": "bundle", "price": 100, "currency": "BRL",
        "parts": [{"variant_id": variant_of(part), "quantity": 3}]}).json()
    assert anyone.get(f"/v1/products/{kit['id']}").json()["in_stock"]
    sell = ("INSERT INTO sales.stock_movements (variant_id, slot, kind, on_hand, reserved)"
            f" VALUES ('{variant_of(part)}', {{}}, 'adjust', -250, 0)")
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        with support.open_transaction(sell.format(0)):
            other = pool.submit(support.rows, sell.format(1))
            support.wait_for_locks()
        other.result()
    assert slots(part) == [(1, 0), (1, 0)]
    assert not anyone.get(f"/v1/products/{kit['id']}").json()["in_stock"]
    assert anyone.get(f"/v1/products/{part['id']}").json()["in_stock"]
