"""Gateways that hang, and whoever only reads: nobody waits for a gateway who does not ask for one."""
import contextlib
import os
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

import paying
import support
from paying import buyer, goods
from test_payments_command import NOTHING

AT_ONCE = 2  # seconds, which is less than a call to a gateway is given here
WORKERS = {"create": 4, "refund": 2}  # of the pools that ask, by what is asked


@pytest.fixture(scope="module", autouse=True)
def nobody_remembers():
    yield
    paying.replace_programs()


@contextlib.contextmanager
def all_waiting(standin, operation, calls):
    """Meanwhile all workers that ask Stripe for something wait for it, and as many callers for them."""
    asked, workers = len(standin.asked("stripe", operation)), WORKERS[operation]
    assert len(calls) == 2 * workers
    standin.misbehave("stripe", operation, "hang_before", times=len(calls), seconds=30)
    with ThreadPoolExecutor(len(calls)) as threads:
        answers = [threads.submit(call) for call in calls]
        until = time.monotonic() + 10
        while len(standin.asked("stripe", operation)) < asked + workers:
            assert time.monotonic() < until, [answer.done() for answer in answers]
            time.sleep(0.02)
        yield
        assert sum(not answer.done() for answer in answers) >= workers
    for answer in answers:
        assert answer.result().status_code in (201, 202), answer.result().text


@pytest.fixture(scope="module")
def paid(stand_in, buyer, goods, place_order):
    """Payments by card, made."""
    stand_in.reset()
    payments = [paying.begin(buyer, place_order(buyer, goods), "stripe", "card").json() for _ in range(4)]
    for payment in payments:
        paying.pay(stand_in, payment)
    return payments


def assert_read_at_once(client, *paths):
    for path in paths:
        for method, status in (("GET", 200), ("HEAD", 200), ("OPTIONS", 204)):
            assert client.request(method, path, timeout=AT_ONCE).status_code == status, (method, path)
    for path in (f"/v1/payments/{NOTHING}", f"/v1/payments/{NOTHING}/refunds", f"/v1/orders/{NOTHING}/payments"):
        support.assert_problem(client.get(path, timeout=AT_ONCE), 404, "not_found")


def paths_of(payment):
    return (f"/v1/orders/{payment['order_id']}/payments", f"/v1/payments/{payment['id']}",
            f"/v1/payments/{payment['id']}/refunds")


def test_while_all_who_begin_to_pay_wait_payments_are_read_at_once(standin, buyer, goods, place_order, paid):
    orders = [place_order(buyer, goods) for _ in range(2 * WORKERS["create"])]
    calls = [lambda order=order: paying.begin(buyer, order, "stripe", "pix", timeout=60) for order in orders]
    with all_waiting(standin, "create", calls):
        with pytest.raises(requests.ReadTimeout):  # nobody is left who could
            buyer.post(f"/v1/payments/{NOTHING}/refresh", timeout=0.3)
        begun = [payment for order in orders for payment in buyer.get(
            f"/v1/orders/{order['id']}/payments", timeout=AT_ONCE).json()["data"]]
        assert len(begun) >= WORKERS["create"]
        assert {(payment["status"], payment["ref"]) for payment in begun} == {("pending", None)}
        assert_read_at_once(buyer, *paths_of(begun[0]))


def test_while_all_refunds_wait_refunds_are_read_at_once(standin, admin, paid):
    calls = [lambda payment=payment: admin.post(f"/v1/payments/{payment['id']}/refunds", {"amount": 100},
                                                key=True, timeout=60) for payment in paid]
    with all_waiting(standin, "refund", calls):
        with pytest.raises(requests.ReadTimeout):
            admin.post(f"/v1/refunds/{NOTHING}/confirm", timeout=0.3)
        begun = [refund for payment in paid for refund in admin.get(
            f"/v1/payments/{payment['id']}/refunds", timeout=AT_ONCE).json()["data"]]
        assert len(begun) >= WORKERS["refund"] and {refund["status"] for refund in begun} == {"pending"}
        assert_read_at_once(admin, *paths_of(paid[0]))


def test_where_no_pool_only_reads_the_other_one_does(buyer, paid):
    """As after an update whose new pool is not there yet."""
    with contextlib.ExitStack() as undo:
        for name in ("sales-payments", "sales-refunds"):
            socket = f"{support.VAR}/run/{name}.reads.sock"
            os.rename(socket, f"{socket}.away")
            undo.callback(os.rename, f"{socket}.away", socket)
        assert_read_at_once(buyer, *paths_of(paid[0]))
