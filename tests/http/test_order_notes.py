"""Notes: what the staff notes down about an order, for each other."""
import pytest

import support
from support import assert_problem


@pytest.fixture(scope="module")
def clerk(make_user):
    return make_user("support")


@pytest.fixture
def order(customer, product, place_order):
    return place_order(customer, product)


def add(client, order, note):
    return client.post(f"/v1/orders/{order['id']}/notes", {"note": note})


def listed(client, order, **query):
    answer = client.get(f"/v1/orders/{order['id']}/notes", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_note_is_kept_with_who_and_when(clerk, order):
    answer = add(clerk, order, "Ligou às 15 h:\nentregar na portaria “B”")
    assert answer.status_code == 201, answer.text
    note = answer.json()
    assert (note["author"], note["note"]) == (clerk.id, "Ligou às 15 h:\nentregar na portaria “B”")
    assert listed(clerk, order) == {"data": [note], "next_cursor": None}


def test_notes_are_paged_newest_first(admin, clerk, order):
    notes = [add(who, order, f"nota {n}").json() for n, who in enumerate([clerk, admin, clerk])]
    page = listed(clerk, order, limit=2)
    assert page["data"] == [notes[2], notes[1]]
    assert listed(clerk, order, limit=2, cursor=page["next_cursor"]) == {
        "data": [notes[0]], "next_cursor": None}


def test_an_order_without_notes_has_an_empty_page(clerk, order):
    assert listed(clerk, order) == {"data": [], "next_cursor": None}


def test_a_note_changes_nothing_of_the_order(customer, clerk, order):
    before = customer.get(f"/v1/orders/{order['id']}")
    add(clerk, order, "cliente difícil")
    after = customer.get(f"/v1/orders/{order['id']}")
    assert (after.json(), after.headers["ETag"]) == (before.json(), before.headers["ETag"])


def test_buyers_are_not_shown_what_is_noted(customer, clerk, order):
    add(clerk, order, "cliente difícil")
    assert_problem(customer.get(f"/v1/orders/{order['id']}/notes"), 403, "forbidden")
    assert_problem(add(customer, order, "eu?"), 403, "forbidden")
    assert "difícil" not in customer.get(f"/v1/orders/{order['id']}").text


def test_a_note_on_nothing_is_not_found(clerk):
    for order in ({"id": "00000000-0000-7000-8000-000000000000"}, {"id": "7"}):
        assert_problem(add(clerk, order, "x"), 404, "not_found")
        assert_problem(clerk.get(f"/v1/orders/{order['id']}/notes"), 404, "not_found")


def test_a_note_is_sealed(clerk, order):
    note = support.unique("segredo")
    add(clerk, order, note)
    rows = support.rows(f"SELECT n.*::text FROM sales.order_notes n WHERE order_id = '{order['id']}'")
    assert len(rows) == 1
    assert note not in str(rows) and note.encode().hex() not in str(rows)


@pytest.mark.parametrize("body, code", [
    ({}, "required"), ({"note": ""}, "required"), ({"note": " \n"}, "required"),
    ({"note": "x" * 4001}, "too_long"), ({"note": 7}, "not_text"), ({"note": "a\u0001"}, "control_character"),
])
def test_a_note_that_is_none_is_refused(clerk, order, body, code):
    answer = clerk.post(f"/v1/orders/{order['id']}/notes", body)
    problem = assert_problem(answer, 422, "validation_failed", "/note")
    assert problem["errors"][0]["code"] == code


def test_the_longest_note_has_room_whatever_it_is_written_in(clerk, order):
    for sign in ("x", "€", "😀", '"', "\n"):
        note = "." + sign * 3998 + "."
        assert add(clerk, order, note).json()["note"] == note


def test_the_buyer_s_export_holds_the_notes_and_erasure_ends_them(customer, clerk, order):
    note = support.unique("portaria")
    add(clerk, order, note)
    export = customer.get("/v1/users/me/export").json()
    assert [(n["order_id"], n["note"]) for n in export["sales"]["notes"]] == [(order["id"], note)]
    customer.post(f"/v1/orders/{order['id']}/cancel")
    answer = customer.delete("/v1/users/me", json={"password": customer.password})
    assert answer.status_code == 204, answer.text
    assert listed(clerk, order)["data"] == []
