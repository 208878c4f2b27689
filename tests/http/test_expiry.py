"""Expiry: the stock of an order that is not paid in time is let go by the job."""
import concurrent.futures

import pytest

import support


def level_of(admin, product):
    level = admin.get(f"/v1/stock/{product['variants'][0]['id']}").json()
    return level["on_hand"], level["reserved"]


def let_time_pass(*orders):
    ids = ", ".join(f"'{order['id']}'" for order in orders)
    support.rows("UPDATE sales.orders SET expires_at = now() - interval '1 second'"
                 f" WHERE id IN ({ids})")


def expire():
    job = support.run_job("expire")
    assert job.returncode == 0, job.stderr


def read(client, order):
    return client.get(f"/v1/orders/{order['id']}").json()


@pytest.fixture(scope="module")
def buyer():
    return support.register()


def test_an_order_past_its_time_expires_and_its_stock_is_free(admin, buyer, make_product,
                                                              place_order):
    product = make_product(stock=3)
    order = place_order(buyer, product, 3)
    let_time_pass(order)
    expire()
    expired = read(buyer, order)
    assert expired["status"] == "expired" and expired["expires_at"] is None
    step = expired["history"][-1]
    assert (step["actor"], step["from"], step["to"], step["reason"]) == (
        None, "pending", "expired", "payment_time_over")
    assert level_of(admin, product) == (3, 0)
    place_order(support.register(), product, 3)


def test_an_order_within_its_time_is_left_alone(admin, buyer, make_product, place_order):
    product = make_product(stock=3)
    order = place_order(buyer, product)
    expire()
    assert read(buyer, order) == order
    assert level_of(admin, product) == (3, 1)


def test_an_order_is_held_for_as_long_as_the_setting_says(buyer, product, place_order):
    order = place_order(buyer, product)
    assert support.value("SELECT expires_at - created_at = interval '2 days'"
                         f" FROM sales.orders WHERE id = '{order['id']}'") == "t"


def test_no_payment_begins_once_an_order_is_past_its_time(buyer, product, place_order):
    order = place_order(buyer, product)
    let_time_pass(order)
    answer = buyer.post(f"/v1/orders/{order['id']}/payments", key=True, body={
        "gateway": "manual", "method": "bank_transfer"})
    support.assert_problem(answer, 409, "order_not_payable")


def test_a_paid_order_never_expires(admin, buyer, make_product, place_order, pay):
    product = make_product(stock=3)
    order = place_order(buyer, product)
    pay(buyer, order)
    let_time_pass(order)
    expire()
    assert read(buyer, order)["status"] == "paid"
    assert level_of(admin, product) == (2, 0)


def test_the_payment_of_an_expired_order_is_canceled_and_not_confirmed(
        admin, buyer, product, place_order, begin_payment):
    order = place_order(buyer, product)
    payment = begin_payment(buyer, order)
    let_time_pass(order)
    expire()
    assert buyer.get(f"/v1/payments/{payment['id']}").json()["status"] == "canceled"
    problem = support.assert_problem(admin.post(f"/v1/payments/{payment['id']}/confirm"), 409,
                                     "payment_not_open")
    assert problem["current_status"] == "canceled"
    assert read(buyer, order)["status"] == "expired"


def test_money_that_comes_before_the_job_sees_the_order_still_pays_it(
        admin, buyer, product, place_order, begin_payment):
    order = place_order(buyer, product)
    payment = begin_payment(buyer, order)
    let_time_pass(order)
    assert admin.post(f"/v1/payments/{payment['id']}/confirm").status_code == 200
    expire()
    assert read(buyer, order)["status"] == "paid"


def test_one_run_expires_all_that_are_late(admin, buyer, make_product, place_order):
    product = make_product(stock=100)
    orders = [place_order(buyer, product) for _ in range(60)]
    let_time_pass(*orders)
    expire()
    assert {read(buyer, order)["status"] for order in orders[::10]} == {"expired"}
    assert level_of(admin, product) == (100, 0)


def test_an_order_that_somebody_holds_is_left_for_the_next_run(admin, buyer, make_product,
                                                               place_order):
    product = make_product(stock=5)
    held, free = place_order(buyer, product), place_order(buyer, product)
    let_time_pass(held, free)
    with support.open_transaction(
            f"SELECT FROM sales.orders WHERE id = '{held['id']}' FOR UPDATE"):
        expire()
        assert read(buyer, free)["status"] == "expired"
        assert read(buyer, held)["status"] == "pending"
    expire()
    assert read(buyer, held)["status"] == "expired"
    assert level_of(admin, product) == (5, 0)


def test_expiry_holds_the_stock_of_one_order_at_a_time(buyer, make_product, place_order):
    """Else it would take stock in another order than buyers do, and deadlock with them."""
    first, second = make_product(stock=5), make_product(stock=5)
    let_time_pass(place_order(buyer, second))
    let_time_pass(place_order(buyer, first))
    variant = first["variants"][0]["id"]
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        with support.open_transaction(
                f"SELECT FROM sales.stock_slots WHERE variant_id = '{variant}' FOR UPDATE"):
            job = pool.submit(expire)
            support.wait_for_locks()
            place_order(buyer, second, 5)
        job.result()


def test_of_expiry_and_confirmation_at_once_exactly_one_wins(admin, make_product, place_order,
                                                             begin_payment):
    buyer, product = support.register(), make_product(stock=100)
    token = admin.token
    pairs = []
    for _ in range(8):
        order = place_order(buyer, product)
        pairs.append((order, begin_payment(buyer, order)))
    let_time_pass(*[order for order, _ in pairs])

    def confirm_all():
        client = support.Client()
        return [client.post(f"/v1/payments/{payment['id']}/confirm",
                            headers={"Authorization": f"Bearer {token}"}).status_code
                for _, payment in pairs[::-1]][::-1]
    confirmed, _ = support.at_once(confirm_all, expire)
    for (order, payment), answer in zip(pairs, confirmed):
        outcome = (answer, read(buyer, order)["status"],
                   buyer.get(f"/v1/payments/{payment['id']}").json()["status"])
        assert outcome in ((200, "paid", "captured"), (409, "expired", "canceled"))
    assert level_of(admin, product) == (100 - confirmed.count(200), 0)


def test_notifications_go_when_their_days_are_over_and_what_is_to_be_learnt_stays():
    days = int(support.settings()["VENDAS_EVENT_DAYS"])
    kept = {}
    for name, age, status in (("old", days + 1, "applied"), ("passed over", days + 1, "ignored"),
                              ("waiting", days + 1, "waiting"), ("new", days - 1, "applied")):
        kept[name] = support.unique("evt")
        support.rows("INSERT INTO sales.gateway_events (id, gateway, merchant, event_id, type, status,"
                     f" received_at) VALUES (gen_random_uuid(), 'stripe', 'stripe', '{kept[name]}', 'x',"
                     f" '{status}', now() - interval '{age} days')")
    expire()
    left = {row[0] for row in support.rows("SELECT event_id FROM sales.gateway_events")}
    assert {name for name, event in kept.items() if event in left} == {"waiting", "new"}
