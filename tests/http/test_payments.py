"""Payments: begun by the buyer, confirmed by a person once, and what that does to the order."""
import uuid

import pytest

import support

MANUAL = {"gateway": "manual", "method": "bank_transfer"}


def begin(client, order, body=None, **options):
    return client.post(f"/v1/orders/{order['id']}/payments", body or MANUAL, key=True, **options)


def confirm(client, payment, body=None):
    return client.post(f"/v1/payments/{payment['id']}/confirm", body)


def status_of(client, order):
    return client.get(f"/v1/orders/{order['id']}").json()["status"]


@pytest.fixture(scope="module")
def buyer():
    return support.register()


@pytest.fixture(scope="module")
def goods(make_product):
    return make_product(stock=10_000)


@pytest.fixture
def order(buyer, goods, place_order):
    return place_order(buyer, goods, 2)


def test_a_payment_asks_for_the_order_s_total(buyer, order):
    answer = begin(buyer, order)
    assert answer.status_code == 201
    payment = answer.json()
    assert payment["order_id"] == order["id"]
    assert (payment["gateway"], payment["method"]) == ("manual", "bank_transfer")
    assert payment["status"] == "pending"
    assert (payment["amount"], payment["currency"]) == (order["totals"]["total"], "BRL")
    assert status_of(buyer, order) == "pending"


@pytest.mark.parametrize("language, word", [("pt-BR", "Transfira"), ("en", "Transfer"),
                                            ("", "Transfira")])
def test_the_buyer_is_told_what_to_do_in_his_language(buyer, order, language, word):
    action = begin(buyer, order, headers={"Accept-Language": language}).json()["next_action"]
    assert action["type"] == "bank_transfer"
    assert (action["amount"], action["currency"]) == (order["totals"]["total"], "BRL")
    assert action["reference"] == str(order["number"])
    assert action["instructions"].split()[0] == word
    assert "account" in action


@pytest.mark.parametrize("body, pointer, code", [
    ({"gateway": "barter", "method": "bank_transfer"}, "/gateway", "unknown_gateway"),
    ({"gateway": "manual", "method": "card"}, "/method", "not_choice"),
    ({"gateway": "manual", "method": "bank"}, "/method", "not_choice"),
    ({"gateway": "manual"}, "/method", "required"),
    ({"method": "bank_transfer"}, "/gateway", "required"),
    ({**MANUAL, "amount": 1}, "/amount", "unknown_field"),
])
def test_a_way_to_pay_that_does_not_exist_is_refused(buyer, order, body, pointer, code):
    problem = support.assert_problem(begin(buyer, order, body), 422, "validation_failed")
    assert [(e["pointer"], e["code"]) for e in problem["errors"]] == [(pointer, code)]


def test_a_second_payment_is_refused_while_one_is_open(buyer, order):
    first = begin(buyer, order).json()
    support.assert_problem(begin(buyer, order), 409, "payment_exists")
    listed = buyer.get(f"/v1/orders/{order['id']}/payments").json()
    assert listed == {"data": [first], "next_cursor": None}


def test_two_begun_at_once_leave_one(buyer, order):
    token = buyer.token
    answers = support.at_once(*[
        lambda client=support.Client(): begin(
            client, order, headers={"Authorization": f"Bearer {token}"}) for _ in range(6)])
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 5
    assert len(buyer.get(f"/v1/orders/{order['id']}/payments").json()["data"]) == 1


def test_confirming_pays_the_order_and_commits_its_stock(admin, buyer, make_product, place_order):
    product = make_product(stock=5)
    order = place_order(buyer, product, 2)
    payment = begin(buyer, order).json()
    answer = confirm(admin, payment, {"reason": "Extrato de hoje"})
    assert answer.status_code == 200
    assert answer.json()["status"] == "captured"
    assert answer.json()["next_action"] is None
    paid = buyer.get(f"/v1/orders/{order['id']}").json()
    assert paid["status"] == "paid" and paid["expires_at"] is None
    step = paid["history"][-1]
    assert (step["actor"], step["from"], step["to"], step["reason"]) == (
        admin.id, "pending", "paid", "Extrato de hoje")
    level = admin.get(f"/v1/stock/{product['variants'][0]['id']}").json()
    assert (level["on_hand"], level["reserved"]) == (3, 0)
    assert (level["movements"][0]["kind"], level["movements"][0]["on_hand"]) == ("commit", -2)


def test_a_payment_is_confirmed_once(admin, buyer, order):
    payment = begin(buyer, order).json()
    assert confirm(admin, payment).status_code == 200
    problem = support.assert_problem(confirm(admin, payment), 409, "payment_not_open")
    assert problem["current_status"] == "captured"


def test_of_confirmations_at_once_one_wins(admin, buyer, make_product, place_order):
    product = make_product(stock=5)
    order = place_order(buyer, product, 2)
    payment = begin(buyer, order).json()
    token = admin.token
    answers = support.at_once(*[
        lambda client=support.Client(): client.post(
            f"/v1/payments/{payment['id']}/confirm",
            headers={"Authorization": f"Bearer {token}"}) for _ in range(6)])
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 5
    level = admin.get(f"/v1/stock/{product['variants'][0]['id']}").json()
    assert (level["on_hand"], level["reserved"]) == (3, 0)
    history = buyer.get(f"/v1/orders/{order['id']}").json()["history"]
    assert [step["to"] for step in history] == ["pending", "paid"]


def test_only_who_may_confirms(anyone, buyer, make_user, order):
    payment = begin(buyer, order).json()
    support.assert_problem(confirm(anyone, payment), 401, "unauthorized")
    for client in (buyer, make_user("support"), make_user("stock")):
        support.assert_problem(confirm(client, payment), 403, "forbidden")
    assert status_of(buyer, order) == "pending"
    assert confirm(make_user("manager"), payment).status_code == 200


def test_a_payment_of_a_gateway_that_is_gone_is_not_confirmed_by_hand(admin, buyer, order):
    payment = begin(buyer, order).json()
    support.rows(f"UPDATE sales.payments SET gateway = 'gone' WHERE id = '{payment['id']}'")
    support.assert_problem(confirm(admin, payment), 409, "confirmation_not_manual")
    assert status_of(buyer, order) == "pending"


def test_a_canceled_order_takes_no_payment(admin, buyer, order):
    payment = begin(buyer, order).json()
    buyer.post(f"/v1/orders/{order['id']}/cancel")
    problem = support.assert_problem(begin(buyer, order), 409, "order_not_payable")
    assert problem["current_status"] == "canceled"
    support.assert_problem(confirm(admin, payment), 409, "payment_not_open")
    assert status_of(buyer, order) == "canceled"


def test_an_expired_order_takes_no_payment(admin, buyer, order):
    payment = begin(buyer, order).json()
    support.expire_now(order)
    problem = support.assert_problem(begin(buyer, order), 409, "order_not_payable")
    assert problem["current_status"] == "expired"
    problem = support.assert_problem(confirm(admin, payment), 409, "payment_not_open")
    assert problem["current_status"] == "canceled"


def test_a_paid_order_takes_no_further_payment(admin, buyer, order):
    confirm(admin, begin(buyer, order).json())
    support.assert_problem(begin(buyer, order), 409, "order_not_payable")


def test_nobody_pays_for_another_s_order(admin, customer, order):
    support.assert_problem(begin(customer, order), 404, "not_found")
    support.assert_problem(begin(admin, order), 404, "not_found")


@pytest.mark.parametrize("order_id", [str(uuid.UUID(int=7)), "7"])
def test_an_order_that_does_not_exist_takes_no_payment(buyer, order_id):
    support.assert_problem(begin(buyer, {"id": order_id}), 404, "not_found")


def test_buyer_and_who_may_read_payments(anyone, buyer, customer, make_user, order):
    payment = begin(buyer, order).json()
    agent, keeper = make_user("support"), make_user("stock")
    one, several = f"/v1/payments/{payment['id']}", f"/v1/orders/{order['id']}/payments"
    for client in (buyer, agent):
        assert client.get(one).json() == payment
        assert client.get(several).json()["data"] == [payment]
    for client in (customer, keeper):
        support.assert_problem(client.get(one), 404, "not_found")
        support.assert_problem(client.get(several), 404, "not_found")
    support.assert_problem(anyone.get(one), 401, "unauthorized")
    support.assert_problem(anyone.get(several), 401, "unauthorized")


def test_an_order_without_payments_has_an_empty_list(buyer, order):
    assert buyer.get(f"/v1/orders/{order['id']}/payments").json() == {
        "data": [], "next_cursor": None}


@pytest.mark.parametrize("payment_id", [str(uuid.UUID(int=7)), "7"])
def test_a_payment_that_does_not_exist_is_not_found(admin, payment_id):
    support.assert_problem(admin.get(f"/v1/payments/{payment_id}"), 404, "not_found")
    support.assert_problem(confirm(admin, {"id": payment_id}), 404, "not_found")


def test_a_reason_too_long_confirms_nothing(admin, buyer, order):
    payment = begin(buyer, order).json()
    answer = confirm(admin, payment, {"reason": "x" * 501})
    support.assert_problem(answer, 422, "validation_failed", "/reason")
    assert status_of(buyer, order) == "pending"
