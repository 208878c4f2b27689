"""Reconciliation: days compared with the gateways' lists, people told, refunds that a person sends."""
import datetime

import pytest

import paying
import support
from paying import buyer, goods, order

TODAY = datetime.datetime.now(datetime.timezone.utc).date().isoformat()


@pytest.fixture
def paid(standin, buyer, order):
    payment = paying.begin(buyer, order, "stripe", "card").json()
    paying.pay(standin, payment)
    paying.settle(1)
    return paying.read(buyer, payment)


def compared(admin):
    support.rows("DELETE FROM sales.reconciliations")
    # What other tests have left behind is not in the list of a gateway that began anew.
    paying.reconcile("--day", TODAY)
    day, = [day for day in admin.get("/v1/reconciliations").json()["data"] if day["day"] == TODAY
            and day["merchant"] == "stripe"]
    return day


def of(day, ref):
    return [d for d in day["differences"] if d["ref"] == ref]


def test_a_day_that_agrees_has_no_difference(standin, admin, paid):
    answer = admin.post(f"/v1/payments/{paid['id']}/refunds", {"amount": 300}, key=True)
    refund = answer.json()
    paying.settle(1)
    day = compared(admin)
    assert of(day, refund["ref"]) == []
    assert of(day, support.value(f"SELECT capture_ref FROM sales.payments WHERE id = '{paid['id']}'")) == []
    assert day["theirs"] == paid["received"] - 300


def test_money_that_only_the_gateway_has_is_a_difference_and_told(standin, admin, paid):
    support.rows("UPDATE sales.payment_tasks SET closed_at = now() WHERE kind = 'difference'")
    ref = support.value(f"SELECT capture_ref FROM sales.payments WHERE id = '{paid['id']}'")
    support.rows(f"UPDATE sales.payments SET capture_ref = 'ch_lost' WHERE id = '{paid['id']}'")
    day = compared(admin)
    assert of(day, ref) == [{"ref": ref, "kind": "capture", "ours": None, "theirs": paid["received"]}]
    assert of(day, "ch_lost") == [
        {"ref": "ch_lost", "kind": "capture", "ours": paid["received"], "theirs": None}]
    open_tasks = admin.get("/v1/payment-tasks?status=open&kind=difference").json()["data"]
    assert [task["details"]["day"] for task in open_tasks
            if task["details"]["merchant"] == "stripe"] == [TODAY]
    support.rows(f"UPDATE sales.payments SET capture_ref = '{ref}' WHERE id = '{paid['id']}'")


def test_people_are_written_to_once(standin, admin, paid):
    address = support.settings()["VENDAS_ALERT_EMAILS"]
    assert address
    support.rows("UPDATE sales.payment_tasks SET told_at = now() WHERE told_at IS NULL")
    before = len(support.letters(address))
    standin.stripe.dispute(paid["ref"])
    standin.wait()
    paying.reconcile()
    paying.reconcile()
    letters = support.letters(address)[before:]
    assert len(letters) == 1
    assert "contestou" in letters[0].get_content()


def test_a_task_is_closed_once_with_a_note(standin, admin, paid):
    standin.stripe.dispute(paid["ref"])
    standin.wait()
    task, = [t for t in paying.tasks(admin, paid) if t["kind"] == "dispute"]
    assert task["order_id"] == paid["order_id"] and task["closed_at"] is None
    answer = admin.post(f"/v1/payment-tasks/{task['id']}/close", {"note": "provas enviadas"})
    assert answer.status_code == 200
    assert (answer.json()["note"], answer.json()["closed_by"]) == ("provas enviadas", admin.id)
    support.assert_problem(admin.post(f"/v1/payment-tasks/{task['id']}/close"), 409, "task_closed")
    assert task["id"] not in [t["id"] for t in admin.get("/v1/payment-tasks?status=open&limit=100").json()["data"]]


def test_a_transfer_is_given_back_by_a_person(admin, buyer, order, pay):
    payment = pay(buyer, order)
    path = f"/v1/payments/{payment['id']}/refunds"
    total = order["totals"]["total"]
    problem = support.assert_problem(admin.post(path, {"amount": total + 1}, key=True), 409, "refund_too_large")
    assert problem["available"] == total
    refund = admin.post(path, key=True, body={}).json()
    assert (refund["status"], refund["amount"]) == ("by_person", total)
    support.assert_problem(admin.post(path, {"amount": 1}, key=True), 409, "refund_too_large")
    assert paying.read(buyer, payment)["status"] == "captured"
    confirmed = admin.post(f"/v1/refunds/{refund['id']}/confirm")
    assert confirmed.json()["status"] == "succeeded"
    support.assert_problem(admin.post(f"/v1/refunds/{refund['id']}/confirm"), 409, "refund_not_by_person")
    assert paying.read(buyer, payment)["status"] == "refunded"
    assert paying.order_status(buyer, order) == "refunded"
    level = admin.get(f"/v1/stock/{order['items'][0]['variant_id']}").json()
    assert level["movements"][0]["kind"] == "return", "what was not sent is on the shelf again"
    assert buyer.get(path).json()["data"][0]["id"] == refund["id"]


def test_only_who_may_gives_money_back(admin, buyer, order, pay, make_user):
    payment = pay(buyer, order)
    path = f"/v1/payments/{payment['id']}/refunds"
    for client in (buyer, make_user("support")):
        support.assert_problem(client.post(path, {"amount": 1}, key=True), 403, "forbidden")
    support.assert_problem(support.register().get(path), 404, "not_found")
    assert make_user("manager").post(path, {"amount": 1}, key=True).status_code == 201


def test_refunds_at_once_give_back_no_more_than_there_is(admin, buyer, order, pay):
    payment = pay(buyer, order)
    half = order["totals"]["total"] // 2 + 1
    token = admin.token
    answers = support.at_once(*[
        lambda client=support.Client(): client.post(
            f"/v1/payments/{payment['id']}/refunds", {"amount": half}, key=True,
            headers={"Authorization": f"Bearer {token}"}) for _ in range(4)])
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


def test_what_is_not_paid_is_not_given_back(admin, buyer, order, begin_payment):
    payment = begin_payment(buyer, order)
    answer = admin.post(f"/v1/payments/{payment['id']}/refunds", {"amount": 1}, key=True)
    support.assert_problem(answer, 409, "payment_not_captured")
