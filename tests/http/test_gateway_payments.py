"""Paying at the gateways: by card, Pix, boleto and PayPal, refunded in part, with the books at zero."""
import json

import pytest

import paying
import support
from paying import buyer, goods, order


def captured(standin, buyer, order, gateway, method):
    payment = paying.begin(buyer, order, gateway, method).json()
    paying.pay(standin, payment)
    if gateway == "paypal":
        assert buyer.post(f"/v1/payments/{payment['id']}/refresh").status_code == 200
        standin.wait()
    paying.settle(1)
    return paying.read(buyer, payment)


@pytest.mark.parametrize("gateway, method, action, members", [
    ("stripe", "card", "card", {"client_secret", "publishable_key"}),
    ("stripe", "pix", "pix", {"code", "qr_code_url", "url", "expires_at"}),
    ("stripe", "boleto", "boleto", {"line", "pdf_url", "url", "expires_at"}),
    ("paypal", "paypal", "approve", {"url"}),
])
def test_the_buyer_is_told_what_to_do(standin, buyer, order, gateway, method, action, members):
    answer = paying.begin(buyer, order, gateway, method)
    assert answer.status_code == 201, answer.text
    payment = answer.json()
    assert payment["next_action"]["type"] == action
    assert members <= payment["next_action"].keys()
    assert all(payment["next_action"][member] for member in members), payment
    assert (payment["status"], payment["live"]) == ("pending", False)
    assert (payment["amount"], payment["received"]) == (order["totals"]["total"], 0)
    assert payment["ref"] and payment["merchant"] == gateway
    assert answer.headers["Location"] == f"/v1/payments/{payment['id']}"


@pytest.mark.parametrize("gateway, method", paying.METHODS)
def test_a_sale_is_paid_refunded_in_part_and_the_books_come_to_zero(
        standin, admin, buyer, order, gateway, method):
    payment = paying.read(admin, captured(standin, buyer, order, gateway, method))
    total = order["totals"]["total"]
    assert (payment["status"], payment["received"]) == ("captured", total)
    assert payment["fee"] > 0 and payment["net"] == total - payment["fee"]
    assert payment["next_action"] is None
    assert paying.order_status(buyer, order) == "paid"
    answer = admin.post(f"/v1/payments/{payment['id']}/refunds",
                        {"amount": 1000, "reason": "Chegou riscado"}, key=True)
    assert answer.status_code == 201, answer.text
    refund = answer.json()
    if method == "boleto":
        assert refund["status"] == "by_person"
        assert "refund_by_person" in paying.kinds(admin, payment)
        refund = admin.post(f"/v1/refunds/{refund['id']}/confirm").json()
        task, = [t for t in paying.tasks(admin, payment) if t["kind"] == "refund_by_person"]
        assert task["closed_at"]
    assert refund["status"] == "succeeded"
    standin.wait()
    payment = paying.read(admin, payment)
    assert (payment["status"], payment["refunded"]) == ("partially_refunded", 1000)
    assert payment["net"] == total - payment["fee"] - 1000
    assert [(r["amount"], r["status"], r["reason"]) for r in payment["refunds"]] == [
        (1000, "succeeded", "Chegou riscado")]
    assert paying.order_status(buyer, order) == "partially_refunded"
    books = paying.books(payment)
    assert books == {"sales": -total, "fees": payment["fee"], "refunds": 1000,
                     "receivable": payment["net"]}
    assert sum(books.values()) == 0
    assert admin.get("/v1/books").json()["sum"] == 0
    if method != "boleto":  # which the gateway does not know to have gone back
        paying.assert_agrees(standin, admin, payment)


@pytest.mark.parametrize("gateway, method", paying.METHODS)
def test_the_order_is_paid_by_the_notification_alone(standin, buyer, order, gateway, method):
    payment = paying.begin(buyer, order, gateway, method).json()
    paying.pay(standin, payment)
    if gateway == "paypal":  # approved: it is for us to capture
        paying.reconcile()
        standin.wait()
    assert paying.order_status(buyer, order) == "paid"


def test_a_buyer_who_is_back_sooner_than_the_notification_asks(standin, buyer, order):
    standin.stripe.outbox.set_mode("held")
    payment = paying.begin(buyer, order, "stripe", "card").json()
    standin.stripe.pay(payment["ref"], "card")
    assert paying.read(buyer, payment)["status"] == "pending"
    answer = buyer.post(f"/v1/payments/{payment['id']}/refresh")
    assert (answer.status_code, answer.json()["status"]) == (200, "captured")
    assert paying.order_status(buyer, order) == "paid"
    standin.stripe.outbox.deliver()
    assert paying.order_status(buyer, order) == "paid"


def test_a_card_that_is_declined_may_be_tried_again(standin, buyer, order):
    payment = paying.begin(buyer, order, "stripe", "card").json()
    standin.stripe.decline(payment["ref"])
    standin.wait()
    declined = paying.read(buyer, payment)
    assert declined["status"] == "pending" and "decline" in declined["problem"]
    paying.pay(standin, payment)
    paid = paying.read(buyer, payment)
    assert (paid["status"], paid["problem"]) == ("captured", None)


@pytest.mark.parametrize("method", ["pix", "boleto"])
def test_what_was_not_paid_in_time_fails_and_another_way_can_be_taken(standin, buyer, order, method):
    payment = paying.begin(buyer, order, "stripe", method).json()
    standin.stripe.expire(payment["ref"])
    standin.wait()
    assert paying.read(buyer, payment)["status"] == "failed"
    again = paying.begin(buyer, order, "stripe", "card")
    assert again.status_code == 201, again.text


@pytest.mark.parametrize("gateway, method", paying.METHODS)
def test_a_buyer_changes_his_mind_about_how_to_pay(standin, buyer, order, gateway, method):
    first = paying.begin(buyer, order, gateway, method).json()
    problem = support.assert_problem(paying.begin(buyer, order, "stripe", "pix"), 409, "payment_exists")
    assert problem["payment_id"] == first["id"]
    answer = buyer.post(f"/v1/payments/{first['id']}/cancel")
    assert (answer.status_code, answer.json()["status"]) == (200, "canceled")
    standin.wait()
    second = paying.begin(buyer, order, "stripe", "pix").json()
    paying.pay(standin, second)
    assert paying.order_status(buyer, order) == "paid"
    assert paying.read(buyer, first)["status"] == "canceled"


def test_what_the_gateway_keeps_is_told_to_staff_alone(standin, admin, buyer, order, make_user):
    key = support.unique("k")
    payment = paying.begin(buyer, order, "stripe", "card", key=key).json()
    paying.pay(standin, payment)
    refreshed = buyer.post(f"/v1/payments/{payment['id']}/refresh").json()
    paying.settle(1)
    told = [refreshed, paying.read(buyer, payment), *buyer.get(f"/v1/orders/{order['id']}/payments").json()["data"],
            paying.begin(buyer, order, "stripe", "card", key=key).json()]
    assert [(one["fee"], one["net"]) for one in told] == [(None, None)] * 4
    export = buyer.get("/v1/users/me/export").json()
    assert [one for one in json.dumps(export).split('"') if one in ("fee", "net")] == []
    shown = paying.read(make_user("support"), payment)
    assert shown["fee"] > 0 and shown["net"] == shown["received"] - shown["fee"]
    support.assert_problem(make_user("support").get("/v1/books"), 403, "forbidden")
    assert make_user("manager").get("/v1/books").json()["sum"] == 0


def test_a_report_by_gateway_counts_each_order_once(standin, admin, buyer, order):
    def orders():
        rows = admin.get("/v1/reports/sales?group_by=gateway").json()["rows"]
        return sum(row["orders"] for row in rows if row["key"] == "stripe"), sum(r["orders"] for r in rows)
    before = orders()
    payment = captured(standin, buyer, order, "stripe", "card")
    answer = admin.post(f"/v1/payments/{payment['id']}/refunds", {"amount": 100}, key=True)
    assert answer.json()["status"] == "succeeded"
    assert orders() == (before[0] + 1, before[1] + 1)


def test_a_boleto_without_a_document_says_what_is_missing(standin, goods, place_order):
    nobody = support.register()
    answer = paying.begin(nobody, place_order(nobody, goods), "stripe", "boleto")
    problem = support.assert_problem(answer, 409, "document_required")
    assert problem["gateway_code"] == "tax_id_missing"
    assert "CPF" in problem["detail"]


def test_the_same_key_begins_one_payment(standin, buyer, order):
    key = support.unique("k")
    answers = [paying.begin(buyer, order, "stripe", "pix", key=key) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201] * 3
    assert answers[1].json() == answers[0].json() == answers[2].json()
    assert answers[2].headers["Idempotent-Replayed"] == "true"
    assert len(standin.asked("stripe", "create")) == 1
    problem = paying.begin(buyer, order, "stripe", "card", key=key)
    support.assert_problem(problem, 422, "idempotency_key_reused")


def test_expiring_lets_the_gateway_know(standin, buyer, order):
    payment = paying.begin(buyer, order, "stripe", "card").json()
    support.expire_now(order)
    assert paying.read(buyer, payment)["status"] == "canceled"
    paying.settle(1)
    assert len(standin.asked("stripe", "cancel")) == 1
    with pytest.raises(Exception):
        standin.stripe.pay(payment["ref"], "card")


def test_a_gateway_without_an_account_or_method_is_refused(standin, buyer, order):
    problem = support.assert_problem(paying.begin(buyer, order, "barter", "card"), 422, "validation_failed")
    assert problem["errors"][0]["code"] == "unknown_gateway"
    support.assert_problem(paying.begin(buyer, order, "stripe", "paypal"), 422, "validation_failed", "/method")
    answer = buyer.post(f"/v1/orders/{order['id']}/payments", key=True, body={
        "gateway": "stripe", "method": "card", "merchant": "nobody"})
    problem = support.assert_problem(answer, 422, "validation_failed", "/merchant")
    assert problem["errors"][0]["code"] == "unknown_merchant"


def test_an_order_of_nothing_is_paid_at_once(standin, admin, buyer, goods, place_order):
    code = support.unique("GRATIS").upper().replace("_", "-")
    for body in ({"code": code, "kind": "percent", "value": 10000, "stackable": True},
                 {"code": code + "F", "kind": "freight", "stackable": True}):
        answer = admin.post("/v1/coupons", body)
        assert answer.status_code == 201, answer.text
    order = place_order(buyer, goods, coupons=[code, code + "F"])
    assert order["totals"]["total"] == 0
    answer = paying.begin(buyer, order, "stripe", "pix")
    assert (answer.status_code, answer.json()["status"]) == (201, "captured")
    assert paying.order_status(buyer, order) == "paid"
    assert standin.asked("stripe") == []
