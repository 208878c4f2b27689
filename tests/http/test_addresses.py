"""Addresses: where people have things delivered."""
import uuid

import pytest

import support
from support import assert_problem

OTHER = {
    "recipient": "Zé D'Ávila", "postal_code": "59900-000", "street": "Rua 7 de Setembro",
    "number": "s/nº", "complement": "casa 2 (fundos)", "district": "Centro",
    "city": "Olho-d’Água do Borges", "state": "RN",
}


def address(**fields):
    return {**support.ADDRESS, **fields}


def add(client, **fields):
    answer = client.post("/v1/users/me/addresses", address(**fields))
    assert answer.status_code == 201, answer.text
    return answer.json()


def kept(client):
    answer = client.get("/v1/users/me/addresses")
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def defaults(client):
    return [item["id"] for item in kept(client) if item["default"]]


def path_of(item, user="me"):
    return f"/v1/users/{user}/addresses/{item['id']}"


def faults(answer):
    problem = assert_problem(answer, 422, "validation_failed")
    return {error["pointer"]: error["code"] for error in problem["errors"]}


# Keeping addresses ---------------------------------------------------------------------------

def test_an_address_is_kept_in_its_normal_form(customer):
    answer = customer.post("/v1/users/me/addresses", OTHER)
    assert answer.status_code == 201, answer.text
    item = answer.json()
    told = {name: item[name] for name in OTHER}
    assert told == {**OTHER, "postal_code": "59900000", "city": "Olho-d'Água do Borges"}
    assert item["default"] is True
    assert answer.headers["Location"] == path_of(item, customer.id)
    assert customer.get(answer.headers["Location"]).json() == item
    assert kept(customer) == [item]


def test_a_line_that_is_not_given_is_null(customer):
    assert add(customer)["complement"] is None


def test_nothing_of_an_address_but_its_state_is_in_the_database_in_clear(customer):
    item = add(customer, recipient="Fulana Inconfundível", street="Rua Inconfundível",
               complement="bloco inconfundível")
    [[row]] = support.rows(
        f"SELECT row_to_json(a) FROM registry.addresses a WHERE id = '{item['id']}'")
    assert '"state":"SP"' in row
    for told in ("nconfund", "01310", "Paulista", "Bela Vista", "São Paulo", "Lima"):
        assert told not in row
        assert told.encode().hex() not in row


def test_sealed_lines_in_another_row_do_not_open(customer):
    one, two = add(customer), add(customer, number="2")
    support.rows(f"UPDATE registry.addresses SET lines = (SELECT lines FROM registry.addresses"
                 f" WHERE id = '{one['id']}') WHERE id = '{two['id']}'")
    assert_problem(customer.get(path_of(two)), 500, "internal_error")
    support.rows(f"DELETE FROM registry.addresses WHERE id = '{two['id']}'")


@pytest.mark.parametrize("field, value, code", [
    ("postal_code", "1310100", "not_postal_code"),
    ("postal_code", "00999-999", "not_postal_code"),
    ("postal_code", "20040-020", "postal_code_state"),
    ("recipient", "  ", "required"),
    ("street", "x" * 161, "too_long"),
    ("street", "Rua\u202eX", "control_character"),
    ("district", "<b>Centro</b>", "forbidden_character"),
    ("city", "São Paulo/SP", "forbidden_character"),
    ("city", "123", "forbidden_character"),
    ("city", "--", "letter_missing"),
    ("state", "XX", "not_state"),
    ("number", 12, "not_text"),
    ("default", "yes", "not_boolean"),
    ("country", "BR", "unknown_field"),
])
def test_a_faulty_field_is_named_by_its_pointer(customer, field, value, code):
    assert faults(customer.post("/v1/users/me/addresses", address(**{field: value}))) == {
        f"/{field}": code}
    assert kept(customer) == []


@pytest.mark.parametrize("state, code", [
    ("SP", "01000-000"), ("SP", "19999-999"), ("RJ", "20000-000"), ("ES", "29999-999"),
    ("MG", "39999-999"), ("AM", "69299-999"), ("RR", "69300-000"), ("AM", "69400-000"),
    ("AC", "69900-000"), ("DF", "72799-999"), ("GO", "72800-000"), ("DF", "73000-000"),
    ("TO", "77000-000"), ("RO", "76800-000"), ("RS", "99999-999")])
def test_the_ends_of_the_ranges_belong_to_their_states(customer, state, code):
    item = add(customer, state=state, postal_code=code)
    wrong = customer.patch(path_of(item), {"state": "BA"})
    assert faults(wrong) == {"/postal_code": "postal_code_state"}


def test_twenty_addresses_are_the_most(customer):
    answers = support.at_once(*[
        lambda: support.Client().post("/v1/users/me/addresses", support.ADDRESS, headers={
            "Authorization": f"Bearer {customer.token}"}) for _ in range(24)])
    codes = [answer.status_code for answer in answers]
    assert codes.count(201) + codes.count(409) == 24
    assert len(kept(customer)) == codes.count(201) == 20
    assert_problem(customer.post("/v1/users/me/addresses", support.ADDRESS), 409,
                   "too_many_addresses")
    customer.delete(path_of(kept(customer)[0]))
    add(customer)


# The default ---------------------------------------------------------------------------------

def test_the_first_address_is_the_default_and_stays_it(customer):
    first = add(customer, default=False)
    second = add(customer)
    assert (first["default"], second["default"]) == (True, False)
    assert defaults(customer) == [first["id"]]


def test_a_new_default_takes_the_place_of_the_old(customer):
    first, second = add(customer), add(customer, default=True)
    assert defaults(customer) == [second["id"]]
    assert customer.patch(path_of(first), {"default": True}).json()["default"] is True
    assert [item["id"] for item in kept(customer)] == [first["id"], second["id"]]
    assert defaults(customer) == [first["id"]]


def test_the_default_is_taken_away_only_by_giving_it_to_another(customer):
    first, second = add(customer), add(customer)
    answer = customer.patch(path_of(first), {"default": False})
    assert_problem(answer, 422, "default_needed", "/default")
    assert customer.patch(path_of(second), {"default": False}).status_code == 200
    assert defaults(customer) == [first["id"]]


def test_the_newest_takes_the_place_of_a_default_that_goes(customer):
    first, _, third = add(customer), add(customer), add(customer)
    assert customer.delete(path_of(first)).status_code == 204
    assert defaults(customer) == [third["id"]]


def test_there_is_one_default_whoever_sets_it_at_once(customer):
    items = [add(customer, number=str(n)) for n in range(5)]
    headers = {"Authorization": f"Bearer {customer.token}"}
    answers = support.at_once(*[
        lambda item=item: support.Client().request(
            "PATCH", path_of(item), json={"default": True}, headers=headers) for item in items])
    assert {answer.status_code for answer in answers} == {200}
    assert len(defaults(customer)) == 1


# Changing ------------------------------------------------------------------------------------

def test_what_a_change_leaves_out_stays(customer):
    before = add(customer, complement="apto 12")
    answer = customer.patch(path_of(before), {"number": " 2000 ", "complement": None})
    assert answer.status_code == 200, answer.text
    after = answer.json()
    assert after == customer.get(path_of(before)).json()
    assert after.pop("updated_at") > before.pop("updated_at")
    assert after == {**before, "number": "2000", "complement": None}


def test_another_state_comes_with_its_postal_code(customer):
    item = add(customer)
    assert faults(customer.patch(path_of(item), {"state": "RJ"})) == {
        "/postal_code": "postal_code_state"}
    assert faults(customer.patch(path_of(item), {"postal_code": "20040020"})) == {
        "/postal_code": "postal_code_state"}
    moved = customer.patch(path_of(item), {
        "state": "RJ", "city": "Rio de Janeiro", "postal_code": "20040-020"}).json()
    assert (moved["state"], moved["postal_code"]) == ("RJ", "20040020")


def test_a_change_of_what_somebody_changed_meanwhile_is_refused(customer):
    item = add(customer)
    tag = customer.get(path_of(item)).headers["ETag"]
    first = customer.patch(path_of(item), {"number": "1"}, headers={"If-Match": tag})
    assert first.status_code == 200
    late = customer.patch(path_of(item), {"number": "2"}, headers={"If-Match": tag})
    assert_problem(late, 412, "lost_update")
    assert_problem(customer.delete(path_of(item), headers={"If-Match": tag}), 412, "lost_update")
    assert customer.get(path_of(item)).json()["number"] == "1"
    assert customer.delete(path_of(item), headers={
        "If-Match": first.headers["ETag"]}).status_code == 204


def test_changes_of_different_lines_at_once_are_all_kept(customer):
    item = add(customer)
    headers = {"Authorization": f"Bearer {customer.token}"}
    changes = [{"number": "7"}, {"complement": "fundos"}, {"recipient": "Rui Lima"}]
    answers = support.at_once(*[
        lambda change=change: support.Client().request(
            "PATCH", path_of(item), json=change, headers=headers) for change in changes])
    assert {answer.status_code for answer in answers} == {200}
    after = customer.get(path_of(item)).json()
    assert (after["number"], after["complement"], after["recipient"]) == ("7", "fundos", "Rui Lima")


def test_a_removed_address_is_gone(customer):
    item = add(customer)
    assert customer.delete(path_of(item)).status_code == 204
    for answer in (customer.get(path_of(item)), customer.delete(path_of(item)),
                   customer.patch(path_of(item), {"number": "1"})):
        assert_problem(answer, 404, "not_found")
    assert kept(customer) == []


# Others --------------------------------------------------------------------------------------

def test_addresses_of_others_do_not_exist_for_strangers(customer):
    other = support.register()
    item = add(other)
    for user, status in ((other.id, 404), ("me", 404), (customer.id, 404)):
        for answer in (customer.get(path_of(item, user)), customer.delete(path_of(item, user)),
                       customer.patch(path_of(item, user), {"number": "1"})):
            assert_problem(answer, status, "not_found")
    assert_problem(customer.get(f"/v1/users/{other.id}/addresses"), 404, "not_found")
    assert_problem(customer.post(f"/v1/users/{other.id}/addresses", support.ADDRESS), 404)
    assert kept(other) == [item]


def test_nobody_has_no_addresses(anyone, admin):
    assert_problem(anyone.get("/v1/users/me/addresses"), 401, "unauthorized")
    assert_problem(admin.get(f"/v1/users/{uuid.uuid4()}/addresses"), 404, "not_found")
    assert_problem(admin.post(f"/v1/users/{uuid.uuid4()}/addresses", support.ADDRESS), 404)


def test_support_reads_addresses_of_others_but_does_not_change_them(make_user, customer):
    helper, item = make_user("support"), add(customer)
    assert helper.get(path_of(item, customer.id)).json() == item
    assert helper.get(f"/v1/users/{customer.id}/addresses").json()["data"] == [item]
    assert_problem(helper.patch(path_of(item, customer.id), {"number": "1"}), 404)
    assert_problem(helper.delete(path_of(item, customer.id)), 404)
    assert kept(customer) == [item]


def test_what_staff_does_to_addresses_of_others_is_audited(admin, customer):
    mine = add(customer)
    answer = admin.post(f"/v1/users/{customer.id}/addresses", OTHER)
    assert answer.status_code == 201, answer.text
    theirs = answer.json()
    assert admin.patch(path_of(theirs, customer.id), {"number": "9"}).json()["number"] == "9"
    assert admin.delete(path_of(theirs, customer.id)).status_code == 204
    assert kept(customer) == [mine]
    before, after = f'{{"address": "{theirs["id"]}"}}', ""
    assert support.rows(
        "SELECT actor, action, before, after FROM registry.audit"
        f" WHERE subject = '{customer.id}' AND action LIKE 'address.%' ORDER BY at") == [
            [admin.id, "address.added", after, before],
            [admin.id, "address.changed", before, before],
            [admin.id, "address.removed", before, after]]


# Ordering ------------------------------------------------------------------------------------

def cart(product, **fields):
    return {"items": [{"variant_id": product["variants"][0]["id"], "quantity": 1}], **fields}


def test_an_order_goes_to_an_address_that_the_buyer_keeps(customer, product):
    item = add(customer, complement="apto 12")
    order = customer.post("/v1/orders", cart(product, address_id=item["id"].upper()), key=True)
    assert order.status_code == 201, order.text
    told = order.json()["shipping_address"]
    assert told == {name: item[name] for name in told}
    assert told["complement"] == "apto 12"
    customer.patch(path_of(item), {"number": "9"})
    customer.delete(path_of(item))
    again = customer.get(f"/v1/orders/{order.json()['id']}").json()
    assert again["shipping_address"] == told


def test_the_same_order_again_is_answered_after_its_address_has_gone(customer, product):
    item = add(customer)
    body, key = cart(product, address_id=item["id"]), str(uuid.uuid4())
    first = customer.post("/v1/orders", body, key=key)
    customer.delete(path_of(item))
    again = customer.post("/v1/orders", body, key=key)
    assert (again.status_code, again.json()) == (201, first.json())
    assert faults(customer.post("/v1/orders", body, key=True)) == {
        "/address_id": "unknown_address"}


def test_an_order_goes_to_nobody_elses_address(customer, product):
    item = add(support.register())
    for address_id in (item["id"], str(uuid.uuid4())):
        answer = customer.post("/v1/orders", cart(product, address_id=address_id), key=True)
        assert faults(answer) == {"/address_id": "unknown_address"}


def test_an_order_has_one_address(customer, product):
    item = add(customer)
    assert faults(customer.post("/v1/orders", cart(product), key=True)) == {
        "/shipping_address": "required"}
    assert faults(customer.post("/v1/orders", key=True, body=cart(
        product, address_id=item["id"], shipping_address=support.ADDRESS))) == {
            "/address_id": "not_both"}


def test_an_order_whose_postal_code_lies_in_another_state_is_refused(customer, product):
    answer = customer.post("/v1/orders", key=True, body=cart(
        product, shipping_address=address(state="RJ")))
    assert faults(answer) == {"/shipping_address/postal_code": "postal_code_state"}


def test_a_quote_for_an_address_that_the_buyer_keeps_is_that_of_its_postal_code(customer, product):
    item = add(customer)
    kept_one = customer.post("/v1/quotes", cart(product, address_id=item["id"]))
    by_code = customer.post("/v1/quotes", cart(product, postal_code=item["postal_code"]))
    assert (kept_one.status_code, kept_one.json()) == (200, by_code.json())


def test_a_quote_tells_strangers_nothing_of_an_address(anyone, customer, product):
    item = add(customer)
    body = cart(product, address_id=item["id"])
    assert_problem(anyone.post("/v1/quotes", body), 401, "unauthorized")
    assert_problem(anyone.post("/v1/quotes", body, headers={"Authorization": "Bearer x"}), 401,
                   "invalid_token")
    assert faults(support.register().post("/v1/quotes", body)) == {
        "/address_id": "unknown_address"}


def test_a_quote_whose_postal_code_lies_in_another_state_is_refused(anyone, product):
    answer = anyone.post("/v1/quotes", cart(product, shipping_address={
        "postal_code": "01310-100", "state": "RJ"}))
    assert faults(answer) == {"/shipping_address/postal_code": "postal_code_state"}
