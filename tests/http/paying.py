"""Paying at the gateways: the stand-in that this instance's accounts are at, and what buyers, staff and
jobs do to a payment."""
import contextlib
import json
import os
import subprocess

import pytest

import support

FOLDER = os.path.join(support.VAR, "gateways")
METHODS = [("stripe", "card"), ("stripe", "pix"), ("stripe", "boleto"), ("paypal", "paypal")]


def account(name):
    with open(os.path.join(FOLDER, f"{name}.json"), encoding="utf-8") as file:
        return json.load(file)


def stand_in():
    """The stand-in, to be started."""
    import gateways  # wants what not every machine has
    url = support.settings()["VENDAS_API_URL"]
    return gateways.StandIn(
        port=int(account("stripe")["api_url"].rsplit(":", 1)[1]),
        folder=os.path.dirname(account("paypal")["ca_file"]),
        webhook_urls={name: f"{url}/v1/webhooks/{name}" for name in ("stripe", "paypal")})


def set_up(name, fields):
    """Writes an account's file, and has the programs read it."""
    with open(os.path.join(FOLDER, f"{name}.json"), "w", encoding="utf-8") as file:
        json.dump(fields, file)
    replace_programs()


def replace_programs():
    """New ones know nothing of gateways that did not answer."""
    subprocess.run([os.path.join(support.ROOT, "tools", "workers"), "start"], check=True,
                   capture_output=True, timeout=120)


@contextlib.contextmanager
def setting_aside(name):
    """Meanwhile money is only set aside at the account of that name, until staff takes it."""
    before = account(name)
    set_up(name, {**before, "capture": "manual"})
    try:
        yield
    finally:
        set_up(name, before)


def customer():
    """A customer with all that a boleto wants to know."""
    client = support.register("Ana Lima")
    answer = client.patch("/v1/users/me", {"document": support.new_cpf()})
    assert answer.status_code == 200, answer.text
    return client


@pytest.fixture(scope="module")
def buyer():
    return customer()


@pytest.fixture(scope="module")
def goods(make_product):
    return make_product(stock=100_000)


@pytest.fixture
def order(buyer, goods, place_order):
    return place_order(buyer, goods, 2)


def begin(buyer, order, gateway, method, key=True, merchant=None, **options):
    body = {"gateway": gateway, "method": method, **({"merchant": merchant} if merchant else {})}
    return buyer.post(f"/v1/orders/{order['id']}/payments", body, key=key, **options)


def pay(standin, payment):
    """The buyer does what he has to do."""
    if payment["gateway"] == "paypal":
        standin.paypal.approve(payment["ref"])
    else:
        standin.stripe.pay(payment["ref"], payment["method"])
    standin.wait()


def reconcile(*arguments):
    job = support.run_job("reconcile", *arguments)
    assert job.returncode == 0, job.stderr
    return job


def make_due():
    """Lets the time pass after which gateways are asked (again)."""
    support.rows("UPDATE sales.payments SET due_at = now() WHERE step IS NOT NULL;"
                 "UPDATE sales.refunds SET due_at = now() WHERE due_at IS NOT NULL;"
                 "UPDATE sales.gateway_events SET due_at = now() WHERE due_at IS NOT NULL")


def settle(times=3):
    """Asks the gateways until nothing is left that they would answer."""
    for _ in range(times):
        make_due()
        reconcile()


def read(client, payment):
    answer = client.get(f"/v1/payments/{payment['id']}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def refunds(client, order):
    """Those of all payments of an order."""
    payments = client.get(f"/v1/orders/{order['id']}/payments").json()["data"]
    return [refund for payment in payments for refund in payment["refunds"]]


def order_status(client, order):
    return client.get(f"/v1/orders/{order['id']}").json()["status"]


def tasks(client, payment):
    answer = client.get(f"/v1/payment-tasks?payment={payment['id']}")
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def kinds(client, payment):
    return sorted(task["kind"] for task in tasks(client, payment))


def books(payment):
    """What stands in the books about a payment, by account."""
    return {account: int(amount) for account, amount in support.rows(
        "SELECT account, sum(amount) FROM sales.money_entries"
        f" WHERE payment_id = '{payment['id']}' GROUP BY account HAVING sum(amount) <> 0")}


def assert_agrees(standin, admin, payment):
    """The shop and the gateway have the same money of a payment."""
    theirs = standin.books()[payment["gateway"]][payment["ref"]]
    ours = read(admin, payment)
    assert ours["received"] == theirs["captured"], (ours, theirs)
    assert ours["refunded"] == theirs["refunded"], (ours, theirs)
    if ours["fee"] is not None:
        assert ours["fee"] == theirs["fees"], (ours, theirs)
