"""Audit: what was done with privileges is written down, stays, and tells nobody's personal data."""
import random
import re
import time

import pytest

import paying
import support
from support import assert_problem


def acts(admin, **query):
    """All rows that the query finds, newest first."""
    seen, cursor = [], None
    while cursor or not seen:
        answer = admin.get("/v1/audit", params={"limit": 100, "cursor": cursor, **query})
        assert answer.status_code == 200, answer.text
        seen += answer.json()["data"]
        cursor = answer.json()["next_cursor"]
        if cursor is None:
            break
    return seen


# Reading -------------------------------------------------------------------------------------

def test_a_row_tells_who_did_what_to_whom_from_where(admin, customer):
    answer = admin.put(f"/v1/users/{customer.id}/role", {"role": "stock"})
    row, = acts(admin, subject=customer.id, action="role.assigned")
    assert row["actor"] == admin.id
    assert (row["before"], row["after"]) == ({"role": "customer"}, {"role": "stock"})
    assert row["origin"] == "127.0.0.1"
    assert row["request"] == answer.headers["X-Request-Id"]


def test_the_address_is_sealed_in_the_database(admin, customer):
    admin.put(f"/v1/users/{customer.id}/role", {"role": "stock"})
    kept = support.value("SELECT origin FROM registry.audit WHERE action = 'role.assigned' "
                         f"AND subject = '{customer.id}'")
    assert kept.startswith("\\x") and "127.0.0.1".encode().hex() not in kept


def test_acts_are_found_by_who_whom_what_and_when(admin, make_user, customer):
    second = make_user("admin")
    admin.put(f"/v1/users/{customer.id}/role", {"role": "stock"})
    time.sleep(0.01)
    middle = support.value("SELECT to_char(now() AT TIME ZONE 'UTC', "
                           "'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')")
    time.sleep(0.01)
    second.put(f"/v1/users/{customer.id}/role", {"role": "customer"})
    both = acts(admin, subject=customer.id, action="role.assigned")
    assert [row["actor"] for row in both] == [second.id, admin.id]
    assert acts(admin, subject=customer.id, actor=second.id) == both[:1]
    assert acts(admin, subject=customer.id, action="role.assigned", to=middle) == both[1:]
    assert acts(admin, subject=customer.id, **{"from": middle}) == both[:1]
    assert acts(admin, subject=customer.id, action="role.burned") == []


def test_pages_are_whole_and_in_order(admin, customer):
    for role in ("stock", "customer") * 3:
        admin.put(f"/v1/users/{customer.id}/role", {"role": role})
    whole = acts(admin, subject=customer.id, actor=admin.id)
    assert len(whole) == 6
    pages, cursor = [], None
    for _ in range(3):
        answer = admin.get("/v1/audit", params={
            "subject": customer.id, "actor": admin.id, "limit": 2, "cursor": cursor}).json()
        pages += answer["data"]
        cursor = answer["next_cursor"]
    assert (pages, cursor) == (whole, None)
    assert [row["at"] for row in whole] == sorted((row["at"] for row in whole), reverse=True)


def test_the_audit_is_for_those_who_may_read_it(customer, make_user, make_role):
    for caller in (customer, make_user("support"), make_user(make_role("users:read"))):
        assert_problem(caller.get("/v1/audit"), 403, "forbidden")
    for caller in (make_user("manager"), make_user(make_role("audit:read"))):
        assert caller.get("/v1/audit?limit=1").status_code == 200


# What is written -----------------------------------------------------------------------------

def test_roles_that_change_are_written_down_whole(admin):
    name = support.unique("papel")
    path = f"/v1/roles/{name}"
    admin.put(path, {"description": "um", "permissions": ["stock:read"]})
    admin.put(path, {"description": "dois", "permissions": ["stock:read", "orders:read"]})
    admin.delete(path)
    one = {"name": name, "description": "um", "permissions": ["stock:read"]}
    two = {"name": name, "description": "dois", "permissions": ["orders:read", "stock:read"]}
    mine = [row for row in acts(admin, actor=admin.id) if name in str(row)]
    assert [(row["action"], row["before"], row["after"]) for row in mine] == [
        ("role.deleted", two, None), ("role.changed", one, two), ("role.created", None, one)]


def test_a_life_of_a_service_account_is_written_down(admin, make_account):
    account = make_account("stock:read")
    path = f"/v1/service-accounts/{account.id}"
    admin.patch(path, {"scopes": ["orders:read"]})
    answer = admin.post(f"{path}/secrets", {"old_expires_in": 5})
    first = admin.get(path).json()["secrets"][0]["id"]
    admin.delete(f"{path}/secrets/{first}")
    admin.delete(path)
    rows = acts(admin, subject=account.id)
    assert [row["action"] for row in rows[::-1]] == [f"service_account.{act}" for act in (
        "created", "changed", "secret_added", "secret_deleted", "disabled")]
    for secret in (account.credentials["client_secret"], answer.json()["client_secret"]):
        assert secret not in str(rows)


def test_what_is_refused_is_not_written_down(admin, make_role, customer):
    name = make_role()
    before = len(acts(admin, actor=admin.id))
    for answer in (admin.put("/v1/roles/admin", {"description": "x", "permissions": []}),
                   admin.put(f"/v1/users/{customer.id}/role", {"role": "emperor"}),
                   admin.delete("/v1/roles/customer"),
                   admin.delete(f"/v1/roles/{name}", headers={"If-Match": '"99-x"'})):
        assert answer.status_code >= 400
    assert len(acts(admin, actor=admin.id)) == before


def test_the_operators_accounts_are_written_down_without_an_actor(admin):
    email = f"{support.unique('gerente')}@example.com"
    job = support.vendas("job", "account", email, "manager", "Gil Gerente",
                         text="correct horse battery\n")
    assert job.returncode == 0, job.stderr
    user = support.value(f"SELECT id FROM registry.users WHERE email = '{email}'")
    row, = acts(admin, subject=user)
    assert (row["action"], row["actor"], row["origin"]) == ("account.saved", None, None)
    assert row["after"] == {"role": "manager"}
    assert "Gil" not in str(row) and email not in str(row)


def test_of_what_staff_change_of_a_user_only_the_names_are_told(admin, customer):
    answer = admin.patch(f"/v1/users/{customer.id}", {
        "name": "Beatriz Prado", "phone": "+5511987654321", "birth_date": "1990-02-03"})
    assert answer.status_code == 200, answer.text
    row, = acts(admin, subject=customer.id, action="user.changed")
    assert (row["actor"], row["before"]) == (admin.id, None)
    assert row["after"] == {"fields": ["birth_date", "name", "phone"]}
    kept = support.value(f"SELECT string_agg(a::text, '') FROM registry.audit a "
                         f"WHERE subject = '{customer.id}'")
    assert not any(told in kept for told in ("Beatriz", "987654321", "1990"))


def test_what_people_change_of_themselves_is_theirs(admin, customer):
    assert customer.patch("/v1/users/me", {"name": "Beatriz Prado"}).status_code == 200
    assert acts(admin, subject=customer.id, action="user.changed") == []


def test_who_takes_somebodys_second_factor_away_is_written_down(admin, customer):
    support.rows("INSERT INTO registry.second_factors (user_id, secret, confirmed_at) "
                 f"VALUES ('{customer.id}', '', now())")
    for _ in range(2):
        assert admin.delete(f"/v1/users/{customer.id}/second-factor").status_code == 204
    row, = acts(admin, subject=customer.id, action="second_factor.removed")
    assert row["actor"] == admin.id


def test_a_document_that_staff_verified_is_written_down_without_its_number(admin, customer):
    cpf = support.new_cpf()
    assert customer.patch("/v1/users/me", {"document": cpf}).status_code == 200
    answer = admin.put(f"/v1/users/{customer.id}/document-verification", {"document": cpf})
    assert answer.status_code == 200, answer.text
    row, = acts(admin, subject=customer.id, action="document.verified")
    assert (row["actor"], row["after"]) == (admin.id, None)
    assert cpf not in str(row)


def test_what_staff_do_to_the_shelf_is_written_down(admin, make_user):
    manager = make_user("manager")
    category = manager.post("/v1/categories", {"name": support.unique("Casa")}).json()["id"]
    product = manager.post("/v1/products", support.product_body(price=500)).json()
    manager.patch(f"/v1/products/{product['id']}", {"price": 700, "category_ids": [category]})
    source = manager.post("/v1/sources", {
        "name": support.unique("loja"), "start_urls": ["https://example.com/"],
        "product_url_pattern": "/p/"}).json()["id"]
    variant = product["variants"][0]["id"]
    manager.post("/v1/stock/movements", key=True, body={
        "variant_id": variant, "kind": "receive", "quantity": 3, "reason": "do fornecedor"})
    rows = acts(admin, actor=manager.id)[::-1]
    assert [(row["action"], row["subject"]) for row in rows] == [
        ("category.created", category), ("product.created", product["id"]),
        ("product.changed", product["id"]), ("source.created", source), ("stock.moved", variant)]
    assert (rows[2]["before"], rows[2]["after"]) == (
        {"price": 500, "category_ids": []}, {"price": 700, "category_ids": [category]})
    assert rows[4]["after"] == {"kind": "receive", "location": "main", "quantity": 3, "on_hand": 3}


def test_a_repeated_movement_is_written_down_once(admin, make_user, product):
    keeper, variant = make_user("stock"), product["variants"][0]["id"]
    for _ in range(2):
        answer = keeper.post("/v1/stock/movements", key="again", body={
            "variant_id": variant, "kind": "receive", "quantity": 3})
        assert answer.status_code == 201
    assert len(acts(admin, actor=keeper.id)) == 1


def test_what_staff_do_to_orders_is_written_down(
        admin, make_user, customer, product, place_order, begin_payment):
    manager = make_user("manager")
    order = place_order(customer, product)
    payment = begin_payment(customer, order)
    manager.post(f"/v1/payments/{payment['id']}/confirm", {"reason": "extrato 12"})
    manager.post(f"/v1/orders/{order['id']}/ship")
    manager.post(f"/v1/orders/{order['id']}/deliver")
    other = place_order(customer, product)
    manager.post(f"/v1/orders/{other['id']}/cancel")
    rows = acts(admin, actor=manager.id)[::-1]
    assert [(row["action"], row["subject"]) for row in rows] == [
        ("payment.confirmed", payment["id"]), ("order.shipped", order["id"]),
        ("order.delivered", order["id"]), ("order.canceled", other["id"])]
    assert rows[0]["after"] == {"status": "captured", "order_id": order["id"],
                                "amount": payment["amount"], "currency": "BRL"}
    assert (rows[1]["before"], rows[1]["after"]) == ({"status": "paid"}, {"status": "shipped"})
    assert rows[3]["before"] == {"status": "pending"}


def test_what_staff_do_about_money_is_written_down(
        admin, make_user, customer, product, place_order, begin_payment):
    manager = make_user("manager")
    order = place_order(customer, product)
    first = begin_payment(customer, order)
    assert manager.post(f"/v1/payments/{first['id']}/cancel").status_code == 200
    second = begin_payment(customer, order)
    manager.post(f"/v1/payments/{second['id']}/confirm")
    refund = manager.post(f"/v1/payments/{second['id']}/refunds", key="again", body={
        "amount": 100, "reason": "riscado"}).json()
    manager.post(f"/v1/payments/{second['id']}/refunds", {"amount": 100, "reason": "riscado"}, key="again")
    manager.post(f"/v1/refunds/{refund['id']}/confirm")
    support.rows(f"SELECT sales.open_task('overpaid', '{second['id']}', '{{}}')")
    task, = [task for task in paying.tasks(admin, second) if task["kind"] == "overpaid"]
    manager.post(f"/v1/payment-tasks/{task['id']}/close", {"note": "devolvido a Ana"})
    rows = acts(admin, actor=manager.id)[::-1]
    of_order = {"order_id": order["id"], "amount": second["amount"], "currency": "BRL"}
    assert [(row["action"], row["subject"], row["before"], row["after"]) for row in rows] == [
        ("payment.canceled", first["id"], {"status": "pending"},
         {"status": "canceled", "order_id": order["id"]}),
        ("payment.confirmed", second["id"], {"status": "pending"}, {"status": "captured", **of_order}),
        ("payment.refund", second["id"], None,
         {**of_order, "amount": 100, "refund_id": refund["id"]}),
        ("refund.confirmed", refund["id"], {"status": "by_person"},
         {"status": "succeeded", "payment_id": second["id"], "amount": 100}),
        ("payment_task.closed", task["id"], None, {"note": True})]
    assert "riscado" not in str(rows) and "Ana" not in str(rows)


def test_who_takes_what_was_set_aside_is_written_down(
        standin, admin, make_user, customer, product, place_order):
    manager, order = make_user("manager"), place_order(customer, product)
    with paying.setting_aside("stripe"):
        payment = paying.begin(customer, order, "stripe", "card").json()
        paying.pay(standin, payment)
        answer = manager.post(f"/v1/payments/{payment['id']}/capture")
        assert answer.status_code == 200, answer.text
    row, = acts(admin, actor=manager.id)
    assert (row["action"], row["subject"]) == ("payment.capture", payment["id"])
    assert (row["before"], row["after"]) == ({"status": "authorized"}, {
        "order_id": order["id"], "amount": payment["amount"], "currency": "BRL"})


def test_what_is_refused_about_money_is_not_written_down(
        admin, make_user, customer, product, place_order, begin_payment):
    manager = make_user("manager")
    payment = begin_payment(customer, place_order(customer, product))
    for path, body in (("capture", None), ("refunds", {"amount": 1})):
        answer = manager.post(f"/v1/payments/{payment['id']}/{path}", body, key=True)
        assert answer.status_code == 409, answer.text
    assert acts(admin, actor=manager.id) == []


def test_what_buyers_do_with_their_own_is_no_privilege(
        admin, customer, product, place_order, begin_payment):
    order = place_order(customer, product)
    payment = begin_payment(customer, order)
    assert customer.post(f"/v1/payments/{payment['id']}/cancel").status_code == 200
    assert customer.post(f"/v1/orders/{order['id']}/cancel").status_code == 200
    for one in (order, payment):
        assert acts(admin, actor=customer.id) == acts(admin, subject=one["id"]) == []


# How it stays --------------------------------------------------------------------------------

OWNER_REFUSED = [
    "UPDATE registry.audit SET action = 'x'", "UPDATE registry.audit SET actor = NULL",
    "UPDATE registry.audit SET at = now(), origin = NULL", "DELETE FROM registry.audit",
    "DELETE FROM registry.audit WHERE false", "TRUNCATE registry.audit"]


@pytest.mark.parametrize("statement", OWNER_REFUSED)
def test_not_even_the_owner_of_the_database_changes_what_was_written(statement):
    before = support.value("SELECT count(*) FROM registry.audit")
    with pytest.raises(AssertionError, match="append-only"):
        support.rows(statement)
    assert support.value("SELECT count(*) FROM registry.audit") == before


@pytest.mark.parametrize("service", ["registry", "products", "sales", "catalog"])
def test_a_service_writes_only_through_the_function_and_changes_nothing(service):
    from test_invariants import assert_without_right
    assert_without_right(
        "INSERT INTO registry.audit (action) VALUES ('x.y')", "UPDATE registry.audit SET at = now()",
        "DELETE FROM registry.audit", "TRUNCATE registry.audit", service=service)


def test_actions_have_names_of_one_form(admin):
    for row in acts(admin):
        assert re.fullmatch(r"[a-z_]+\.[a-z_]+", row["action"])
