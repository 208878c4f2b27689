"""Money that is set aside when the buyer pays, and taken when staff says so."""
import pytest

import paying
import support
from paying import buyer, goods, order


@pytest.fixture(scope="module", autouse=True)
def later(stand_in):
    """Each gateway in this file only sets money aside."""
    with paying.setting_aside("stripe"), paying.setting_aside("paypal"):
        yield


def set_aside(standin, buyer, order, gateway, method):
    payment = paying.begin(buyer, order, gateway, method).json()
    paying.pay(standin, payment)
    paying.settle(1)
    standin.wait()
    payment = paying.read(buyer, payment)
    assert (payment["status"], payment["received"]) == ("authorized", 0)
    return payment


def take(admin, payment):
    return admin.post(f"/v1/payments/{payment['id']}/capture")


WAYS = pytest.mark.parametrize("gateway, method", [("stripe", "card"), ("paypal", "paypal")])


@WAYS
def test_what_was_set_aside_is_taken_once(standin, admin, buyer, order, gateway, method):
    payment = set_aside(standin, buyer, order, gateway, method)
    assert paying.order_status(buyer, order) == "pending"
    support.assert_problem(take(buyer, payment), 403, "forbidden")
    answer = take(admin, payment)
    assert (answer.status_code, answer.json()["status"]) == (200, "captured"), answer.text
    assert paying.order_status(buyer, order) == "paid"
    problem = support.assert_problem(take(admin, payment), 409, "payment_not_authorized")
    assert problem["current_status"] == "captured"
    standin.wait()
    paying.settle(1)
    paying.assert_agrees(standin, admin, payment)


@WAYS
@pytest.mark.parametrize("kind", ["error_before", "error_after", "cut", "rate_limit", "bad_gateway"])
def test_a_capture_that_the_gateway_did_not_hear_is_asked_for_again(
        standin, admin, buyer, order, gateway, method, kind):
    payment = set_aside(standin, buyer, order, gateway, method)
    standin.misbehave(gateway, "capture", kind)
    assert take(admin, payment).status_code in (200, 202)
    standin.wait()
    paying.settle()
    standin.wait()
    assert paying.read(buyer, payment)["status"] == "captured"
    assert paying.order_status(buyer, order) == "paid"
    paying.assert_agrees(standin, admin, payment)


@WAYS
def test_what_was_set_aside_is_let_go_when_the_order_is(standin, buyer, order, gateway, method):
    payment = set_aside(standin, buyer, order, gateway, method)
    assert buyer.post(f"/v1/orders/{order['id']}/cancel").status_code == 200
    paying.settle(1)
    standin.wait()
    assert paying.read(buyer, payment)["status"] == "canceled"
    theirs = standin.books()[gateway][payment["ref"]]
    assert (theirs["captured"], theirs["held"]) == (0, 0), theirs


@WAYS
def test_an_order_waits_for_whoever_takes_what_was_set_aside(standin, buyer, order, gateway, method):
    set_aside(standin, buyer, order, gateway, method)
    days = support.value("SELECT extract(day FROM expires_at - now()) FROM sales.orders"
                         f" WHERE id = '{order['id']}'")
    assert days == "6"


def test_a_late_word_of_the_buyers_approval_takes_nothing(standin, buyer, order):
    standin.paypal.outbox.set_mode("held")
    payment = paying.begin(buyer, order, "paypal", "paypal").json()
    standin.paypal.approve(payment["ref"])
    answer = buyer.post(f"/v1/payments/{payment['id']}/refresh")
    assert answer.json()["status"] == "authorized", answer.text
    for kind in ("PAYMENT.AUTHORIZATION.CREATED", "CHECKOUT.ORDER.APPROVED"):
        assert standin.paypal.outbox.deliver(only=[kind]) == [(kind, 204)]
    paying.settle()
    assert paying.read(buyer, payment)["status"] == "authorized"
