"""Many at once: nothing is sold twice, nothing is lost, nobody waits for each other for ever.

What is to hold in the end is also asked of the view sales.integrity, after all tests."""
import collections
import concurrent.futures

import pytest

import support


def variant_of(product):
    return product["variants"][0]["id"]


def order_body(*lines):
    return {"items": [{"variant_id": variant_of(product), "quantity": quantity}
                      for product, quantity in lines],
            "shipping_address": support.ADDRESS}


def level_of(admin, product):
    level = admin.get(f"/v1/stock/{variant_of(product)}").json()
    return level["on_hand"], level["reserved"]


def copies(client, count):
    """The same user from so many connections."""
    token = client.token
    clients = [support.Client() for _ in range(count)]
    for copy in clients:
        copy.http.headers["Authorization"] = f"Bearer {token}"
    return clients


def statuses(answers):
    return collections.Counter(answer.status_code for answer in answers)


@pytest.fixture(scope="module")
def crowd():
    """Two hundred buyers, each signed in. Registering hashes a password; they share one."""
    first = support.register("Comprador")
    emails = [f"{support.unique('multidao')}@example.com" for _ in range(199)]
    users = ", ".join(f"('{email}')" for email in emails)
    support.rows("INSERT INTO registry.users (name, email, password_hash)"
                 " SELECT u.name, new.email, u.password_hash FROM registry.users u,"
                 f" (VALUES {users}) AS new (email) WHERE u.id = '{first.id}'")
    buyers = [first] + [support.Client(email, first.password) for email in emails]
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        assert all(pool.map(lambda buyer: buyer.token, buyers))
    return buyers


def test_of_two_hundred_buyers_of_fifty_pieces_fifty_get_one(admin, crowd, make_product):
    product = make_product(stock=50)
    answers = support.at_once(*[
        lambda buyer=buyer: buyer.post("/v1/orders", order_body((product, 1)), key=True)
        for buyer in crowd])
    assert statuses(answers) == {201: 50, 409: 150}
    for answer in answers:
        if answer.status_code == 409:
            support.assert_problem(answer, 409, "insufficient_stock", "/items/0/quantity")
    buyers = {answer.json()["customer"]["id"] for answer in answers if answer.status_code == 201}
    assert len(buyers) == 50
    assert level_of(admin, product) == (50, 50)
    seen = admin.get(f"/v1/products/{product['id']}").json()
    assert (seen["in_stock"], seen["variants"][0]["available"]) == (False, 0)


def test_orders_that_take_products_in_opposite_order_do_not_block_each_other(
        admin, crowd, make_product):
    one, two = make_product(stock=100), make_product(stock=100)
    bodies = [order_body((one, 1), (two, 1)), order_body((two, 1), (one, 1))]
    answers = support.at_once(*[
        lambda buyer=buyer, n=n: buyer.post("/v1/orders", bodies[n % 2], key=True)
        for n, buyer in enumerate(crowd[:60])])
    assert statuses(answers) == {201: 60}
    assert level_of(admin, one) == level_of(admin, two) == (100, 60)


@pytest.mark.parametrize("action", ["place", "cancel", "pay", "cancel paid"])
def test_stock_is_taken_in_one_order_whatever_that_of_the_lines(
        admin, customer, make_product, place_order, begin_payment, pay, action):
    """While somebody holds the first product, who waits for it does not hold the second yet."""
    first, second = sorted((make_product(stock=9), make_product(stock=9)), key=variant_of)
    body, buyer = order_body((second, 1), (first, 1)), copies(customer, 1)[0]
    order = payment = None
    if action != "place":
        order = customer.post("/v1/orders", body, key=True).json()
    if action == "pay":
        payment = begin_payment(customer, order)
    elif action == "cancel paid":
        pay(customer, order)
    act = {
        "place": lambda: buyer.post("/v1/orders", body, key=True),
        "cancel": lambda: buyer.post(f"/v1/orders/{order['id']}/cancel"),
        "pay": lambda: admin.post(f"/v1/payments/{payment['id']}/confirm"),
        "cancel paid": lambda: admin.post(f"/v1/orders/{order['id']}/cancel"),
    }[action]
    lock = ("SELECT FROM sales.stock_slots"
            f" WHERE variant_id = '{variant_of(first)}' FOR UPDATE")
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        with support.open_transaction(lock):
            waiting = pool.submit(act)
            support.wait_for_locks()
            place_order(customer, second)
        assert waiting.result().status_code in (200, 201)


def test_no_order_takes_of_one_product_what_it_can_not_have_of_another(
        admin, crowd, make_product):
    plenty, few = make_product(stock=100), make_product(stock=7)
    bodies = [order_body((plenty, 1), (few, 1)), order_body((few, 1), (plenty, 1))]
    answers = support.at_once(*[
        lambda buyer=buyer, n=n: buyer.post("/v1/orders", bodies[n % 2], key=True)
        for n, buyer in enumerate(crowd[:40])])
    assert statuses(answers) == {201: 7, 409: 33}
    assert level_of(admin, plenty) == (100, 7)
    assert level_of(admin, few) == (7, 7)


def test_lines_of_one_order_on_the_same_stock_count_together(admin, crowd, make_product):
    product = make_product(stock=10)
    body = order_body((product, 1), (product, 2))
    answers = support.at_once(*[
        lambda buyer=buyer: buyer.post("/v1/orders", body, key=True) for buyer in crowd[:12]])
    assert statuses(answers) == {201: 3, 409: 9}
    assert level_of(admin, product) == (10, 9)


def test_of_canceling_and_paying_at_once_exactly_one_wins(
        admin, customer, make_product, place_order, begin_payment):
    product = make_product(stock=20)
    buyer, clerk = copies(customer, 1)[0], copies(admin, 1)[0]
    paid = 0
    for _ in range(10):
        order = place_order(customer, product)
        payment = begin_payment(customer, order)
        canceled, confirmed = (answer.status_code for answer in support.at_once(
            lambda: buyer.post(f"/v1/orders/{order['id']}/cancel"),
            lambda: clerk.post(f"/v1/payments/{payment['id']}/confirm")))
        outcome = (canceled, confirmed,
                   customer.get(f"/v1/orders/{order['id']}").json()["status"],
                   customer.get(f"/v1/payments/{payment['id']}").json()["status"])
        assert outcome in ((200, 409, "canceled", "canceled"), (409, 200, "paid", "captured"))
        paid += confirmed == 200
    assert level_of(admin, product) == (20 - paid, 0)


def test_an_order_canceled_by_many_at_once_gives_its_stock_back_once(
        admin, customer, make_product, place_order, pay):
    product = make_product(stock=10)
    for settle, who in ((False, customer), (True, admin)):
        order = place_order(customer, product, 4)
        if settle:
            pay(customer, order)
        answers = support.at_once(*[
            lambda client=client: client.post(f"/v1/orders/{order['id']}/cancel")
            for client in copies(who, 6)])
        assert statuses(answers) == {200: 1, 409: 5}
        assert level_of(admin, product) == (10, 0)


def test_deliveries_and_orders_at_once_add_up(admin, crowd, make_product):
    product = make_product(stock=0)

    def receive(client):
        return client.post("/v1/stock/movements", key=True, body={
            "variant_id": variant_of(product), "kind": "receive", "quantity": 1})
    keepers = copies(admin, 20)
    answers = support.at_once(
        *[lambda client=client: receive(client) for client in keepers],
        *[lambda buyer=buyer: buyer.post("/v1/orders", order_body((product, 1)), key=True)
          for buyer in crowd[:40]])
    assert statuses(answers[:20]) == {201: 20}
    placed = statuses(answers[20:])
    assert set(placed) <= {201, 409}
    assert level_of(admin, product) == (20, placed[201])
    in_stock = admin.get(f"/v1/products/{product['id']}").json()["in_stock"]
    assert in_stock == (placed[201] < 20)


def test_adjustments_at_once_never_take_more_than_there_is(admin, make_product):
    product = make_product(stock=10)
    answers = support.at_once(*[
        lambda client=client: client.post("/v1/stock/movements", key=True, body={
            "variant_id": variant_of(product), "kind": "adjust", "quantity": -3})
        for client in copies(admin, 10)])
    assert statuses(answers) == {201: 3, 409: 7}
    assert level_of(admin, product) == (1, 0)


def test_a_first_count_waits_for_the_first_delivery(admin, make_product):
    """There is no level to lock yet, and still the count has to see what has come."""
    product = make_product(stock=0)
    delivery = ("INSERT INTO sales.stock_movements (variant_id, kind, on_hand, reserved)"
                f" VALUES ('{variant_of(product)}', 'receive', 5, 0)")
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        with support.open_transaction(delivery):
            count = pool.submit(admin.post, "/v1/stock/movements", key=True, body={
                "variant_id": variant_of(product), "kind": "count", "quantity": 3})
            support.wait_for_locks()
        assert count.result().json()["on_hand"] == 3
    assert level_of(admin, product) == (3, 0)


def test_sequence_of_an_order_s_history_is_that_of_its_changes(
        admin, customer, product, place_order, begin_payment):
    """Changes that queue up for the order's row are written within the same millisecond."""
    order = place_order(customer, product)
    payment = begin_payment(customer, order)
    clerks = copies(admin, 3)

    def move_on(client, verb):
        for _ in range(1000):
            answer = client.post(f"/v1/orders/{order['id']}/{verb}")
            if answer.status_code == 200:
                return
            support.assert_problem(answer, 409, "illegal_transition")
        pytest.fail(f"could never {verb}")
    support.at_once(lambda: move_on(clerks[0], "deliver"), lambda: move_on(clerks[1], "ship"),
                    lambda: clerks[2].post(f"/v1/payments/{payment['id']}/confirm"))
    history = customer.get(f"/v1/orders/{order['id']}").json()["history"]
    assert [step["to"] for step in history] == ["pending", "paid", "shipped", "delivered"]
