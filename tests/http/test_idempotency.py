"""Idempotency-Key: a POST that is sent again is carried out once and answered the same."""
import concurrent.futures
import contextlib

import pytest

import paying
import support


def order_body(product, quantity=1):
    return {"items": [{"variant_id": product["variants"][0]["id"], "quantity": quantity}],
            "shipping_address": support.ADDRESS}


def place(client, body, key):
    return client.post("/v1/orders", body, key=key)


def receive(client, product, quantity, key):
    return client.post("/v1/stock/movements", key=key, body={
        "variant_id": product["variants"][0]["id"], "kind": "receive", "quantity": quantity})


def orders_of(client):
    return int(support.value(f"SELECT count(*) FROM sales.orders WHERE user_id = '{client.id}'"))


def on_hand(admin, product):
    return admin.get(f"/v1/stock/{product['variants'][0]['id']}").json()["on_hand"]


def assert_replays(first, again):
    assert again.status_code == first.status_code == 201, again.text
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers.get("Location") == first.headers.get("Location")
    assert again.content == first.content


@contextlib.contextmanager
def broken_service():
    """Placing an order fails within the database."""
    support.rows("REVOKE INSERT ON sales.order_history FROM vendas_sales")
    try:
        yield
    finally:
        support.rows("GRANT INSERT ON sales.order_history TO vendas_sales")


def test_the_same_request_with_its_key_is_answered_again(customer, product):
    key, body = support.unique(), order_body(product)
    assert_replays(place(customer, body, key), place(customer, body, key))
    assert orders_of(customer) == 1


def test_without_the_same_key_it_is_another_order(customer, product):
    body = order_body(product)
    first, second = place(customer, body, True), place(customer, body, True)
    assert first.json()["id"] != second.json()["id"]
    assert "Idempotent-Replayed" not in second.headers


@pytest.mark.parametrize("key, code", [
    (None, "idempotency_key_required"),
    ("", "idempotency_key_required"),
    ("x" * 256, "idempotency_key_invalid"),
    ("chavé".encode("latin-1"), "idempotency_key_invalid"),
    ("tab\tinside", "idempotency_key_invalid"),
])
def test_a_missing_or_malformed_key_is_refused(customer, admin, product, key, code):
    support.assert_problem(place(customer, order_body(product), key), 400, code)
    support.assert_problem(receive(admin, product, 1, key), 400, code)
    assert orders_of(customer) == 0


def test_a_key_may_be_as_long_as_the_contract_says(customer, product):
    key = (support.unique() + "~!'\"\\" * 100)[:255]
    body = order_body(product)
    assert_replays(place(customer, body, key), place(customer, body, key))


def test_the_key_with_another_body_is_refused(customer, product):
    key = support.unique()
    place(customer, order_body(product, 1), key)
    support.assert_problem(place(customer, order_body(product, 2), key), 422,
                           "idempotency_key_reused")
    assert orders_of(customer) == 1


def test_the_key_on_another_resource_is_refused(customer, product):
    key = support.unique()
    order = place(customer, order_body(product), key).json()
    answer = customer.post(f"/v1/orders/{order['id']}/payments", key=key, body={
        "gateway": "manual", "method": "bank_transfer"})
    support.assert_problem(answer, 422, "idempotency_key_reused")


def test_keys_of_two_callers_never_meet(customer, product):
    other, key = support.register(), support.unique()
    body = order_body(product)
    first, second = place(customer, body, key), place(other, body, key)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["customer"]["id"] == customer.id
    assert second.json()["customer"]["id"] == other.id


def test_while_the_first_is_running_the_second_is_told_so(admin, product):
    key, variant = support.unique(), product["variants"][0]["id"]
    before = on_hand(admin, product)
    again = support.Client(admin.email, admin.password)
    assert again.token
    lock = f"SELECT FROM sales.stock_slots WHERE variant_id = '{variant}' FOR UPDATE"
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        with support.open_transaction(lock):
            first = pool.submit(receive, admin, product, 7, key)
            support.wait_for_locks()
            running = receive(again, product, 7, key)
            support.assert_problem(running, 409, "idempotency_key_in_use")
        assert first.result().status_code == 201
    assert_replays(first.result(), receive(admin, product, 7, key))
    assert on_hand(admin, product) == before + 7


def test_a_refused_validation_is_not_kept(customer, product):
    key = support.unique()
    wrong = order_body(product)
    wrong["items"][0]["quantity"] = 0
    support.assert_problem(place(customer, wrong, key), 422, "validation_failed")
    assert place(customer, order_body(product), key).status_code == 201


def test_a_refusal_for_lack_of_stock_is_not_kept(customer, admin, make_product):
    product, key = make_product(stock=1), support.unique()
    body = order_body(product, 2)
    support.assert_problem(place(customer, body, key), 409, "insufficient_stock")
    receive(admin, product, 1, True)
    answer = place(customer, body, key)
    assert answer.status_code == 201
    assert "Idempotent-Replayed" not in answer.headers


def test_a_failure_of_the_server_is_not_kept(customer, product):
    key, body = support.unique(), order_body(product)
    with broken_service():
        support.assert_problem(place(customer, body, key), 500, "internal_error")
    assert orders_of(customer) == 0
    answer = place(customer, body, key)
    assert answer.status_code == 201
    assert "Idempotent-Replayed" not in answer.headers


def test_a_replay_is_given_though_the_product_was_archived(customer, admin, product):
    key, body = support.unique(), order_body(product)
    first = place(customer, body, key)
    admin.patch(f"/v1/products/{product['id']}", {"status": "archived"})
    support.assert_problem(place(customer, body, True), 422, None, "/items/0/variant_id")
    assert_replays(first, place(customer, body, key))
    support.assert_problem(place(customer, order_body(product, 2), key), 422,
                           "idempotency_key_reused")


def test_a_replay_is_given_though_the_stock_is_gone(customer, make_product):
    product, key = make_product(stock=1), support.unique()
    body = order_body(product)
    first = place(customer, body, key)
    support.assert_problem(place(customer, body, True), 409, "insufficient_stock")
    assert_replays(first, place(customer, body, key))


def test_a_replay_tells_the_order_as_it_was_first_answered(customer, product):
    key, body = support.unique(), order_body(product)
    first = place(customer, body, key)
    customer.post(f"/v1/orders/{first.json()['id']}/cancel")
    assert_replays(first, place(customer, body, key))


def test_a_payment_is_begun_once_and_answered_again(customer, product, place_order):
    order, key = place_order(customer, product), support.unique()
    path, body = f"/v1/orders/{order['id']}/payments", {"gateway": "manual",
                                                        "method": "bank_transfer"}
    first = customer.post(path, body, key=key)
    assert_replays(first, customer.post(path, body, key=key))
    support.assert_problem(customer.post(path, body, key=True), 409, "payment_exists")
    assert len(customer.get(path).json()["data"]) == 1
    customer.post(f"/v1/orders/{order['id']}/cancel")
    assert_replays(first, customer.post(path, body, key=key))


def test_a_payment_without_a_key_is_refused(customer, product, place_order):
    order = place_order(customer, product)
    answer = customer.post(f"/v1/orders/{order['id']}/payments", {
        "gateway": "manual", "method": "bank_transfer"})
    support.assert_problem(answer, 400, "idempotency_key_required")


def test_money_goes_back_once_and_is_answered_again(admin, customer, product, place_order, pay):
    payment, key = pay(customer, place_order(customer, product)), support.unique()
    path, body = f"/v1/payments/{payment['id']}/refunds", {"amount": 100, "reason": "riscado"}
    first = admin.post(path, body, key=key)
    assert_replays(first, admin.post(path, body, key=key))
    support.assert_problem(admin.post(path, {**body, "amount": 101}, key=key), 422,
                           "idempotency_key_reused")
    support.assert_problem(admin.post(path, body), 400, "idempotency_key_required")
    assert admin.post(f"/v1/refunds/{first.json()['id']}/confirm").status_code == 200
    assert_replays(first, admin.post(path, body, key=key))
    assert len(admin.get(path).json()["data"]) == 1


def test_a_refusal_to_give_back_is_not_kept(admin, customer, product, place_order, begin_payment):
    payment, key = begin_payment(customer, place_order(customer, product)), support.unique()
    path = f"/v1/payments/{payment['id']}/refunds"
    support.assert_problem(admin.post(path, {}, key=key), 409, "payment_not_captured")
    assert admin.post(f"/v1/payments/{payment['id']}/confirm").status_code == 200
    answer = admin.post(path, {}, key=key)
    assert answer.status_code == 201 and "Idempotent-Replayed" not in answer.headers


def test_what_a_gateway_was_asked_for_is_answered_again(standin, admin, customer, product, place_order):
    order, begun, refunded = place_order(customer, product), support.unique(), support.unique()
    first = paying.begin(customer, order, "stripe", "card", key=begun)
    paying.pay(standin, first.json())
    assert_replays(first, paying.begin(customer, order, "stripe", "card", key=begun))
    path = f"/v1/payments/{first.json()['id']}/refunds"
    first = admin.post(path, {"amount": 100}, key=refunded)
    assert_replays(first, admin.post(path, {"amount": 100}, key=refunded))
    assert [len(standin.asked("stripe", what)) for what in ("create", "refund")] == [1, 1]


def test_a_stock_movement_is_made_once_and_answered_again(admin, product):
    key, before = support.unique(), on_hand(admin, product)
    first = receive(admin, product, 5, key)
    assert_replays(first, receive(admin, product, 5, key))
    support.assert_problem(receive(admin, product, 6, key), 422, "idempotency_key_reused")
    assert on_hand(admin, product) == before + 5


def age(key, hours):
    support.rows("UPDATE sales.idempotency_keys"
                 f" SET created_at = now() - interval '{hours} hours' WHERE key = '{key}'")


def kept(key):
    return support.value(f"SELECT count(*) FROM sales.idempotency_keys WHERE key = '{key}'") == "1"


def test_an_answer_is_kept_for_24_hours_and_no_longer(customer, product):
    old, young, body = support.unique(), support.unique(), order_body(product)
    first, second = place(customer, body, old), place(customer, body, young)
    age(old, 24.01)
    age(young, 23.9)
    job = support.vendas("job", "expire")
    assert job.returncode == 0, job.stderr
    assert not kept(old) and kept(young)
    assert_replays(second, place(customer, body, young))
    again = place(customer, body, old)
    assert again.status_code == 201
    assert again.json()["id"] != first.json()["id"]


def test_an_old_answer_is_not_given_though_no_job_removed_it(customer, product):
    key, body = support.unique(), order_body(product)
    first = place(customer, body, key)
    age(key, 24.01)
    second = place(customer, body, key)
    assert "Idempotent-Replayed" not in second.headers
    assert second.json()["id"] != first.json()["id"]
    assert_replays(second, place(customer, body, key))


def test_twenty_at_once_with_one_key_make_one_order(customer, product):
    key, body, token = support.unique(), order_body(product), customer.token
    clients = [support.Client() for _ in range(20)]

    def send(client):
        return client.post("/v1/orders", body, headers={
            "Authorization": f"Bearer {token}", "Idempotency-Key": key})
    answers = support.at_once(*[lambda client=client: send(client) for client in clients])
    assert orders_of(customer) == 1
    placed = [answer for answer in answers if answer.status_code == 201]
    assert len({answer.content for answer in placed}) == 1
    assert sum("Idempotent-Replayed" not in answer.headers for answer in placed) == 1
    for answer in answers:
        if answer not in placed:
            support.assert_problem(answer, 409, "idempotency_key_in_use")
