"""Gateways that misbehave: whatever goes wrong, the money comes out right. A time-out after the request
was sent is uncertain, never failed; what is asked again is asked under the same key."""
import pytest

import paying
import support
from paying import buyer, goods, order

#: Faults after which nobody can know whether the gateway has done it.
UNCERTAIN = ["error_after", "cut", "hang_after", "error_before", "hang_before"]


def misbehave(standin, gateway, operation, kind, **how):
    if kind.startswith("hang"):
        how.setdefault("seconds", 5)  # longer than the shop waits here
    standin.misbehave(gateway, operation, kind, **how)


def finish(standin, buyer, order, payment):
    """Pays it, and sees that the sale is right on both sides."""
    paying.settle(1)
    payment = paying.read(buyer, payment)
    assert payment["ref"], payment
    paying.pay(standin, payment)
    paying.settle()
    standin.wait()
    assert paying.order_status(buyer, order) == "paid"
    return payment


@pytest.mark.parametrize("gateway, method", [("stripe", "pix"), ("stripe", "card"), ("paypal", "paypal")])
@pytest.mark.parametrize("kind", [kind for kind in UNCERTAIN if "hang" not in kind])
def test_a_beginning_without_an_answer_is_uncertain_and_then_one_payment(
        standin, admin, buyer, order, gateway, method, kind):
    misbehave(standin, gateway, "create", kind)
    key = support.unique("k")
    answer = paying.begin(buyer, order, gateway, method, key=key)
    payment = answer.json()
    if answer.status_code != 201:  # else the gateway had it, and said so when it was looked for
        assert answer.status_code == 202, answer.text
        assert (payment["status"], payment["next_action"]) == ("pending", None)
    standin.wait()
    again = paying.begin(buyer, order, gateway, method, key=key)
    assert again.status_code == 201, again.text
    assert again.json()["id"] == payment["id"] and again.json()["next_action"]
    payment = finish(standin, buyer, order, payment)
    assert payment["problem"] is None
    assert len(standin.books()[gateway]) == 1
    paying.assert_agrees(standin, admin, payment)


def test_the_job_finishes_what_the_buyer_does_not_ask_again(standin, buyer, order):
    misbehave(standin, "stripe", "create", "cut")
    payment = paying.begin(buyer, order, "stripe", "pix").json()
    assert payment["next_action"] is None
    paying.settle(1)
    assert paying.read(buyer, payment)["next_action"]["type"] == "pix"
    finish(standin, buyer, order, payment)
    assert len(standin.books()["stripe"]) == 1


@pytest.mark.parametrize("kind", ["hang_after", "hang_before"])
def test_a_gateway_that_hangs_leaves_the_buyer_with_an_answer(standin, buyer, order, kind):
    misbehave(standin, "stripe", "create", kind)
    answer = paying.begin(buyer, order, "stripe", "pix", timeout=60)
    assert answer.status_code == 202
    finish(standin, buyer, order, answer.json())
    assert len(standin.books()["stripe"]) == 1


@pytest.mark.parametrize("kind", ["rate_limit"])
def test_what_was_surely_not_begun_is_told_so(standin, buyer, order, kind):
    misbehave(standin, "stripe", "create", kind)
    answer = paying.begin(buyer, order, "stripe", "pix")
    support.assert_problem(answer, 503, "gateway_away")
    assert int(answer.headers["Retry-After"]) > 0
    assert paying.begin(buyer, order, "paypal", "paypal").status_code == 201


def test_a_gateway_that_refuses_leaves_other_ways(standin, buyer, order):
    misbehave(standin, "paypal", "create", "decline")
    answer = paying.begin(buyer, order, "paypal", "paypal")
    if answer.status_code != 201:  # a creation that can be declined
        support.assert_problem(answer, 409, "payment_refused")
    else:
        buyer.post(f"/v1/payments/{answer.json()['id']}/cancel")
    assert paying.begin(buyer, order, "stripe", "pix").status_code == 201


@pytest.mark.parametrize("gateway, method", [("stripe", "card"), ("paypal", "paypal")])
@pytest.mark.parametrize("kind", ["error_after", "cut", "error_before", "rate_limit", "twice", "bad_gateway"])
def test_a_refund_without_an_answer_goes_back_once(standin, admin, buyer, order, gateway, method, kind):
    payment = finish(standin, buyer, order, paying.begin(buyer, order, gateway, method).json())
    misbehave(standin, gateway, "refund", kind)
    key = support.unique("k")
    path = f"/v1/payments/{payment['id']}/refunds"
    answer = admin.post(path, {"amount": 700}, key=key)
    assert answer.status_code == 201, answer.text
    assert admin.post(path, {"amount": 700}, key=key).json()["id"] == answer.json()["id"]
    paying.settle()
    standin.wait()
    shown = paying.read(buyer, payment)
    assert (shown["refunded"], len(shown["refunds"])) == (700, 1), shown
    paying.assert_agrees(standin, admin, payment)


@pytest.mark.parametrize("kind", ["error_after", "cut", "error_before", "bad_gateway"])
def test_a_capture_without_an_answer_takes_the_money_once(standin, admin, buyer, order, kind):
    payment = paying.begin(buyer, order, "paypal", "paypal").json()
    misbehave(standin, "paypal", "capture", kind)
    standin.paypal.approve(payment["ref"])
    standin.wait()
    paying.settle()
    standin.wait()
    assert paying.order_status(buyer, order) == "paid"
    paying.assert_agrees(standin, admin, payment)


def test_a_capture_that_is_declined_leaves_the_order_unpaid(standin, admin, buyer, order):
    payment = paying.begin(buyer, order, "paypal", "paypal").json()
    misbehave(standin, "paypal", "capture", "decline")
    standin.paypal.approve(payment["ref"])
    standin.wait()
    paying.settle(1)
    assert paying.order_status(buyer, order) == "pending"
    assert paying.read(buyer, payment)["received"] == 0


@pytest.mark.parametrize("kind", ["drop_events", "duplicate_events", "shuffle_events", "event_first"])
@pytest.mark.parametrize("gateway, method, operation", [
    ("stripe", "pix", "create"), ("paypal", "paypal", "capture"), ("stripe", "card", "refund")])
def test_events_that_go_astray_change_nothing(
        standin, admin, buyer, order, kind, gateway, method, operation):
    misbehave(standin, gateway, operation, kind)
    payment = finish(standin, buyer, order, paying.begin(buyer, order, gateway, method).json())
    if operation == "refund":
        assert admin.post(f"/v1/payments/{payment['id']}/refunds", {"amount": 500}, key=True).status_code == 201
        standin.wait()
    paying.assert_agrees(standin, admin, payment)


def test_all_notifications_lost_the_gateway_is_asked(standin, admin, buyer, order):
    standin.stripe.outbox.set_mode("dropped")
    payment = paying.begin(buyer, order, "stripe", "pix").json()
    standin.stripe.pay(payment["ref"], "pix")
    paying.settle()
    assert paying.order_status(buyer, order) == "paid"
    standin.stripe.refund_from_dashboard(payment["ref"], 300)
    standin.stripe.outbox.set_mode("automatic")
    support.rows(f"UPDATE sales.payments SET step = 'read', due_at = now() WHERE id = '{payment['id']}'")
    paying.settle()
    assert paying.read(buyer, payment)["refunded"] == 300
    paying.assert_agrees(standin, admin, payment)


def test_a_cancelation_that_the_gateway_did_not_hear_is_told_again(standin, buyer, order):
    payment = paying.begin(buyer, order, "stripe", "pix").json()
    misbehave(standin, "stripe", "cancel", "error_before")
    answer = buyer.post(f"/v1/payments/{payment['id']}/cancel")
    assert (answer.status_code, answer.json()["status"]) == (202, "canceled")
    paying.settle(1)
    assert standin.books()["stripe"][payment["ref"]]["status"] == "canceled"


def test_a_refund_that_the_bank_sends_back_is_told(standin, admin, buyer, order):
    payment = finish(standin, buyer, order, paying.begin(buyer, order, "stripe", "card").json())
    refund = admin.post(f"/v1/payments/{payment['id']}/refunds", {"amount": 500}, key=True).json()
    standin.stripe.settle_refund(refund["ref"], "failed")
    standin.wait()
    shown = paying.read(admin, payment)
    assert (shown["refunded"], shown["status"]) == (0, "captured")
    assert "refund_failed" in paying.kinds(admin, payment)
    assert sum(paying.books(payment).values()) == 0
    assert paying.books(payment).get("refunds", 0) == 0
