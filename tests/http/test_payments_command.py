"""vendasctl payments: what stands of an order's money, what goes back, and what needs a person."""
import json
import re

import pytest

import contract
import paying
import support
from paying import buyer, order
from test_vendasctl import NOTHING, run


@pytest.fixture(scope="module")
def account_of(make_account):
    """account_of(*scopes): the environment of somebody who may do that."""
    def make(*scopes):
        credentials = make_account(*scopes).credentials
        return {"VENDASCTL_URL": support.URL, "VENDASCTL_CLIENT_ID": credentials["client_id"],
                "VENDASCTL_CLIENT_SECRET": credentials["client_secret"], "LC_ALL": "C.UTF-8"}
    return make


@pytest.fixture(scope="module")
def account(account_of):
    return account_of("orders:read", "payments:read", "payments:refund", "payments:confirm")


@pytest.fixture
def ctl(account):
    """ctl(*arguments): what it prints, when all is well."""
    def call(*arguments):
        result = run("payments", *arguments, **account)
        assert (result.returncode, result.stderr) == (0, ""), result
        return result.stdout
    return call


@pytest.fixture(scope="module")
def goods(make_product):
    return make_product(stock=1000, price=1990)


def cells(table):
    """The rows of a table, each a list of what stands in its columns."""
    return [re.split(r"  +", line.strip()) for line in table.splitlines()]


def reais(amount):
    return f"R${amount // 100}.{amount % 100:02}"


def of_payment(ctl, payment, *options):
    """Its tasks, as programs have them."""
    every = json.loads(ctl("tasks", "--all", "--json", *options))["data"]
    return [task for task in every if task["payment_id"] == payment["id"]]


# What stands ----------------------------------------------------------------------------------

def test_the_payments_of_an_order_are_listed(ctl, admin, buyer, order, begin_payment):
    payment = begin_payment(buyer, order)
    total = reais(order["totals"]["total"])
    for named in (order["id"], str(order["number"]), f"#{order['number']}"):
        heading, line = cells(ctl("list", named))
        assert heading == ["ID", "Gateway", "Method", "Status", "Total", "Received", "Fee",
                           "Refunded", "Net"]
        # Nobody knows yet what is kept of it, and what is left.
        assert line == [payment["id"], "manual", "bank_transfer", "pending", total, "R$0.00", "R$0.00"]
    assert admin.post(f"/v1/payments/{payment['id']}/confirm").status_code == 200
    assert cells(ctl("list", order["id"]))[1][3:] == [
        "captured", total, total, "R$0.00", "R$0.00", total]
    told = json.loads(ctl("list", order["id"], "--json"))
    assert told == admin.get(f"/v1/orders/{order['id']}/payments").json()


def test_what_a_gateway_keeps_is_shown(ctl, standin, admin, buyer, order):
    payment = paying.begin(buyer, order, "stripe", "card").json()
    paying.pay(standin, payment)
    paying.settle(1)
    payment = paying.read(admin, payment)
    assert payment["fee"] > 0
    assert cells(ctl("list", order["id"]))[1][6:] == [
        reais(payment["fee"]), "R$0.00", reais(payment["net"])]


def test_an_order_without_payments_has_none(ctl, order):
    assert len(cells(ctl("list", order["id"]))) <= 1
    assert json.loads(ctl("list", order["id"], "--json"))["data"] == []


# What goes back -------------------------------------------------------------------------------

def test_a_part_goes_back_once_under_a_key_and_then_the_rest(ctl, admin, buyer, order, pay):
    payment = pay(buyer, order)
    key = support.unique("k")
    told = [ctl("refund", payment["id"], "--amount", amount, "--reason", "riscado", "--key", key)
            for amount in ("5,00", "5.00", "5")]
    assert told == ["by_person\n"] * 3
    rest = json.loads(ctl("refund", payment["id"], "--json"))
    assert rest["amount"] == order["totals"]["total"] - 500
    refunds = admin.get(f"/v1/payments/{payment['id']}/refunds").json()["data"]
    assert [(r["amount"], r["reason"]) for r in refunds] == [(500, "riscado"), (rest["amount"], None)]


def test_a_gateway_gives_back_by_itself(ctl, standin, admin, buyer, order):
    payment = paying.begin(buyer, order, "stripe", "card").json()
    paying.pay(standin, payment)
    assert ctl("refund", payment["id"], "--amount", "7") == "succeeded\n"
    standin.wait()
    paying.assert_agrees(standin, admin, payment)
    assert paying.read(admin, payment)["refunded"] == 700


# What needs a person --------------------------------------------------------------------------

def test_tasks_are_listed_and_seen_to(ctl, account, admin, buyer, order, pay):
    payment = pay(buyer, order)
    ctl("refund", payment["id"], "--amount", "1")
    task, = of_payment(ctl, payment)
    assert (task["kind"], task["details"]["amount"]) == ("refund_by_person", 100)
    heading, *lines = cells(ctl("tasks", "--all"))
    assert heading == ["ID", "When", "Order", "Task"]
    line, = [line for line in lines if line[0] == task["id"]]
    assert line[2:] == [str(order["number"]), "A refund that a person has to send"]
    assert len(cells(ctl("tasks", "--limit", "1"))) == 2
    ctl("done", task["id"], "--reason", "Pix devolvido")
    assert of_payment(ctl, payment) == []
    closed, = of_payment(ctl, payment, "--closed")
    assert (closed["note"], closed["closed_by"]) == ("Pix devolvido", account["VENDASCTL_CLIENT_ID"])
    result = run("payments", "done", task["id"], **account)
    assert (result.returncode, result.stdout) == (1, "") and "task_closed" in result.stderr


def test_a_task_of_no_order_is_listed_too(ctl):
    support.rows("SELECT sales.open_task('difference', NULL, '{\"day\": \"2020-01-31\"}')")
    task, = [task for task in json.loads(ctl("tasks", "--all", "--json"))["data"]
             if task["details"].get("day") == "2020-01-31"]
    line, = [line for line in cells(ctl("tasks", "--all")) if line[0] == task["id"]]
    assert len(line) == 3  # and no number
    assert json.loads(ctl("done", task["id"], "--json"))["closed_at"]


def test_every_kind_of_task_has_words(ctl, admin):
    kinds = contract.RAW["components"]["schemas"]["PaymentTaskKind"]["enum"]
    mark = support.unique("t")
    for kind in kinds:
        support.rows(f"SELECT sales.open_task('{kind}', NULL, '{{\"mark\": \"{mark}\"}}')")
    rows = {line[0]: line[-1] for line in cells(ctl("tasks", "--all"))[1:]}
    tasks = [task for task in json.loads(ctl("tasks", "--all", "--json"))["data"]
             if task["details"].get("mark") == mark]
    assert sorted(task["kind"] for task in tasks) == sorted(kinds)
    words = [rows[task["id"]] for task in tasks]
    assert len(set(words)) == len(kinds) and not any("_" in word for word in words)
    for task in tasks:
        assert admin.post(f"/v1/payment-tasks/{task['id']}/close").status_code == 200


# Refusals -------------------------------------------------------------------------------------

def test_what_the_shop_refuses_is_told_with_status_1(account, buyer, order, begin_payment):
    payment = begin_payment(buyer, order)
    for arguments, code in [
            (["refund", payment["id"]], "payment_not_captured"), (["refund", NOTHING], "not_found"),
            (["done", NOTHING], "not_found"), (["list", NOTHING], "not_found"),
            (["list", "#999999999"], "#999999999"),
            (["refund", payment["id"], "--amount", "0"], "/amount"),
            (["refund", payment["id"], "--reason", "x" * 501], "/reason"),
            (["done", NOTHING, "--reason", ""], "/note")]:
        result = run("payments", *arguments, **account)
        assert (result.returncode, result.stdout) == (1, ""), (arguments, result)
        assert code in result.stderr


@pytest.mark.parametrize("arguments", [
    [], ["list"], ["list", "x"], ["list", "#"], ["eat"], ["refund"], ["refund", "1042"],
    ["refund", "x"], ["refund", NOTHING, "--amount", "1.999"], ["refund", NOTHING, "--amount", "-1"],
    ["refund", NOTHING, "--amount", ""], ["refund", NOTHING, "--closed"], ["tasks", "x"],
    ["tasks", "--limit", "0"], ["tasks", "--amount", "1"], ["done"], ["done", "x"],
    ["done", NOTHING, "--key", "k"]])
def test_wrong_use_is_told_with_status_2(account, arguments):
    result = run("payments", *arguments, **account)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr


@pytest.mark.parametrize("scope, able", [
    ("payments:refund", "refund"), ("payments:read", "tasks"), ("payments:confirm", "done")])
def test_each_command_has_its_permission(account_of, buyer, order, pay, scope, able):
    payment, who = pay(buyer, order), account_of(scope)
    for command, arguments in (("tasks", []), ("refund", [payment["id"]]), ("done", [NOTHING])):
        result = run("payments", command, *arguments, **who)
        assert ("forbidden" in result.stderr) == (command != able), (command, result)
