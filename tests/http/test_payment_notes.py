"""What people note down when they have seen to a payment: it may speak of the buyer, so it is sealed, shown
to staff alone and, if he asks, to him, and goes with him."""
import pytest

import paying
import support
from support import assert_problem


@pytest.fixture
def order(customer, product, place_order):
    return place_order(customer, product)


@pytest.fixture
def task(customer, order, begin_payment, admin):
    """Something about a payment that needs a person."""
    payment = begin_payment(customer, order)
    support.rows(f"SELECT sales.open_task('uncertain', '{payment['id']}', '{{}}')")
    found, = paying.tasks(admin, payment)
    return found


def close(client, task, note):
    return client.post(f"/v1/payment-tasks/{task['id']}/close", {"note": note})


def row_of(task):
    return support.rows(f"SELECT t.*::text FROM sales.payment_tasks t WHERE id = '{task['id']}'")[0][0]


def put_in_clear(task, note):
    """As tasks were closed before notes were sealed."""
    support.rows("UPDATE sales.payment_tasks SET closed_at = coalesce(closed_at, now()), note = NULL,"
                 f" note_in_clear = '{note}' WHERE id = '{task['id']}'")


def shown(admin, task):
    found, = [t for t in paying.tasks(admin, {"id": task["payment_id"]}) if t["id"] == task["id"]]
    return found["note"]


def test_a_note_is_sealed_and_shown(admin, task):
    note = support.unique("devolvido a Ana")
    answer = close(admin, task, note)
    assert (answer.status_code, answer.json()["note"]) == (200, note)
    assert shown(admin, task) == note
    assert note not in row_of(task) and note.encode().hex() not in row_of(task)


def test_a_path_in_capitals_seals_for_the_same_task(admin, task):
    assert close(admin, {"id": task["id"].upper()}, "visto").json()["note"] == "visto"
    assert shown(admin, task) == "visto"


def test_a_task_is_closed_without_a_note(admin, task):
    answer = admin.post(f"/v1/payment-tasks/{task['id']}/close")
    assert (answer.status_code, answer.json()["note"]) == (200, None)


def test_the_longest_note_has_room_whatever_it_is_written_in(admin, customer, order, begin_payment):
    payment = begin_payment(customer, order)
    for sign in ("x", "€", "😀", '"', "\\"):
        support.rows(f"SELECT sales.open_task('uncertain', '{payment['id']}', '{{}}')")
        task, = [t for t in paying.tasks(admin, payment) if not t["closed_at"]]
        note = "." + sign * 498 + "."
        assert close(admin, task, note).json()["note"] == note


def test_a_note_from_before_is_shown_and_then_sealed(admin, task):
    note = support.unique('Pix de "Zé" \\\\ ok')
    put_in_clear(task, note)
    assert shown(admin, task) == note
    assert_problem(close(admin, task, "outra vez"), 409, "task_closed")
    job = support.vendas("job", "rotate-keys")
    assert job.returncode == 0 and "sales.payment_tasks.note: " in job.stdout, job.stdout + job.stderr
    assert shown(admin, task) == note
    assert support.value(f"SELECT note_in_clear FROM sales.payment_tasks WHERE id = '{task['id']}'") == ""
    assert note not in row_of(task)


def test_text_is_never_kept_as_if_it_were_sealed(task):
    """A program from before notes were sealed sends one."""
    with pytest.raises(AssertionError, match="payment_tasks_note_sealed"):
        support.rows(f"SELECT sales.close_task('{{}}', '{task['id']}', 'devolvido por Pix a Ana Lima, banco 260')")


@pytest.mark.parametrize("in_clear", [False, True])
def test_the_buyer_s_export_holds_the_note_and_erasure_ends_it(admin, customer, order, task, in_clear):
    note = support.unique("ligou")
    close(admin, task, note)
    if in_clear:
        put_in_clear(task, note)
    export = customer.get("/v1/users/me/export").json()
    assert [(n["order_id"], n["note"]) for n in export["sales"]["notes"]] == [(order["id"], note)]
    customer.post(f"/v1/orders/{order['id']}/cancel")
    answer = customer.delete("/v1/users/me", json={"password": customer.password})
    assert answer.status_code == 204, answer.text
    assert shown(admin, task) is None
    assert note not in row_of(task)


def test_what_was_erased_meanwhile_is_not_sealed_again(admin, task):
    put_in_clear(task, "ligou")
    sealed = "\\x" + "00" * 40
    rows = f'[{{"id": "{task["id"]}", "old": null, "new": "{sealed}"}}]'.replace("\\", "\\\\")
    support.rows(f"UPDATE sales.payment_tasks SET note_in_clear = NULL WHERE id = '{task['id']}'")
    assert support.value(f"SELECT sales.reseal('payment_tasks.note', '{rows}')") == "0"
    assert shown(admin, task) is None


def test_buyers_are_not_shown_what_is_noted(admin, customer, order, task):
    note = support.unique("desconfiado")
    close(admin, task, note)
    for path in (f"/v1/orders/{order['id']}", f"/v1/orders/{order['id']}/payments"):
        assert note not in customer.get(path).text
    assert_problem(customer.get(f"/v1/payment-tasks?payment={task['payment_id']}"), 403, "forbidden")
