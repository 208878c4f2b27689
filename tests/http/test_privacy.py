"""What the law on personal data gives people: all that is held, what they agreed to, erasure."""
import json
from concurrent.futures import ThreadPoolExecutor

import pytest

import paying
import support
from support import assert_problem, letters, token_in, unique


def erase(user, password=None):
    return user.delete("/v1/users/me", json={"password": password or user.password})


# The register --------------------------------------------------------------------------------

def test_every_column_of_every_service_is_classified():
    missing = support.rows("""
        SELECT c.table_schema || '.' || c.table_name || '.' || c.column_name
          FROM information_schema.columns c
          JOIN information_schema.tables t USING (table_schema, table_name)
         WHERE t.table_type = 'BASE TABLE'
           AND c.table_schema IN ('registry', 'products', 'sales', 'catalog', 'shared')
           AND NOT EXISTS (SELECT FROM registry.column_register r
                            WHERE (r.schema_name, r.table_name, r.column_name)
                                = (c.table_schema, c.table_name, c.column_name))""")
    assert missing == [], "enter them with registry.classify()"


def test_the_register_names_no_column_that_is_gone():
    assert support.rows("""
        SELECT r.schema_name, r.table_name, r.column_name FROM registry.column_register r
         WHERE NOT EXISTS (SELECT FROM information_schema.columns c
                            WHERE (c.table_schema, c.table_name, c.column_name)
                                = (r.schema_name, r.table_name, r.column_name))""") == []


def test_what_looks_personal_is_not_called_neither():
    """Names by which columns of later migrations would betray themselves."""
    suspects = support.rows("""
        SELECT schema_name || '.' || table_name || '.' || column_name FROM registry.column_register
         WHERE class = 'neither' AND (column_name ~ '(email|phone|document|birth|address|street|ip$)'
                                      OR column_name ~ '(hash|secret|token)$')
           AND schema_name || '.' || table_name || '.' || column_name NOT IN
               ('catalog.sources.private_addresses', 'products.ingested.item_hash',
                'products.documents.document', 'products.proposals.item_hash',
                'registry.users.document_verified_at')""")
    assert suspects == []


# A life in the shop --------------------------------------------------------------------------

@pytest.fixture
def known(make_product, place_order, begin_payment, admin):
    """A customer of whom every personal column holds something: (client, {what: text})."""
    mark = unique("m")[2:]
    marks = {"name": f"Zilda {mark.translate(str.maketrans('0123456789', 'ghijklmnop'))}",
             "email": f"zilda{mark}@example.com", "phone": "+5571987651234",
             "document": "15350946056", "birth_date": "1971-03-09",
             "street": f"Rua {mark}", "recipient": f"Recebe {mark}", "agent": f"Agent/{mark}",
             "new_email": f"nova{mark}@example.com", "note": f"Prefere {mark}",
             "task": f"Ligou {mark}"}
    password = "correct horse battery"
    anyone = support.Client()
    anyone.post("/v1/users", {
        "name": marks["name"], "email": marks["email"], "password": password,
        "phone": marks["phone"], "document": marks["document"], "birth_date": marks["birth_date"],
        "consents": [{"purpose": "terms", "version": "v1"}]})
    anyone.put("/v1/email-confirmations", {
        "token": token_in(letters(marks["email"])[-1]), "password": password})
    user = support.Client(marks["email"], password)
    user.http.headers["User-Agent"] = marks["agent"]
    user.id = user.get("/v1/users/me").json()["id"]
    address = {**support.ADDRESS, "street": marks["street"], "recipient": marks["recipient"]}
    assert user.post("/v1/users/me/addresses", address).status_code == 201
    assert user.post("/v1/users/me/second-factor", {"password": password}).status_code == 201
    assert user.put("/v1/users/me/email", {
        "email": marks["new_email"], "password": password}).status_code == 202
    order = place_order(user, make_product(), shipping_address=address)
    assert admin.post(f"/v1/orders/{order['id']}/notes", {"note": marks["note"]}).ok
    payment = begin_payment(user, order)
    support.rows(f"SELECT sales.open_task('uncertain', '{payment['id']}', '{{}}')")
    task, = paying.tasks(admin, payment)
    assert admin.post(f"/v1/payment-tasks/{task['id']}/close", {"note": marks["task"]}).ok
    chosen = [{"variant_id": make_product()["variants"][0]["id"], "quantity": 3}]
    assert user.put("/v1/carts/current", {"items": chosen}).status_code == 200
    assert admin.patch(f"/v1/users/{user.id}", {"language": "pt-BR"}).status_code == 200
    support.rows("INSERT INTO sales.report_subscriptions (user_id, page, language, mailed_to)"
                 f" VALUES ('{user.id}', 'weekly', 'en', now())")
    return user, marks, order


def personal_columns():
    return support.rows("SELECT schema_name || '.' || table_name, column_name, whose, kept"
                        " FROM registry.column_register WHERE class <> 'neither'"
                        " AND whose IS NOT NULL")


def kept_of(user_id):
    """What each personal column holds of a user: {(table, column): set of texts}."""
    return {(table, column): {row[0] for row in support.rows(
                f"SELECT {column} FROM {table} WHERE {whose} = '{user_id}'"
                f" AND {column} IS NOT NULL")}
            for table, column, whose, _ in personal_columns()}


def cancel(user, order):
    assert user.post(f"/v1/orders/{order['id']}/cancel").status_code == 200


def test_an_export_holds_all_that_is_known(known):
    user, marks, order = known
    answer = user.get("/v1/users/me/export")
    assert answer.status_code == 200
    everything = answer.json()
    for name, text in marks.items():
        assert text in json.dumps(everything, ensure_ascii=False), name
    assert everything["sales"]["orders"][0]["id"] == order["id"]
    assert [consent["purpose"] for consent in everything["consents"]] == ["terms"]
    assert "$sealed" not in answer.text


def test_an_export_passes_no_personal_column_over(known):
    """Whatever is personal and in clear stands in the export as it is; what is sealed is opened in
    it, so no sealed column may be empty here and hide."""
    user, marks, _ = known
    assert support.run_job("rollup").returncode == 0
    export = user.get("/v1/users/me/export").text
    held = kept_of(user.id)
    secrets = {"password_hash", "hash", "secret", "phone_lookup", "document_lookup"}
    for (table, column), texts in held.items():
        if column in secrets or all(text.startswith("\\x") for text in texts):
            continue
        for text in texts:
            for word in [text] if not text.startswith("{") else []:
                assert word in export or json.dumps(word)[1:-1] in export, (table, column)
    filled = {place for place, texts in held.items() if texts}
    rare = {("sales.order_history", "reason"), ("registry.recovery_codes", "hash"),
            ("registry.outbox", "payload"), ("registry.audit", "origin"),
            ("sales.orders", "shipping_address"), ("sales.refund_facts", "state"),
            ("sales.payment_tasks", "note_in_clear"), ("sales.refunds", "reason"), ("sales.shipments", "carrier"),
            ("sales.shipments", "tracking_code")}
    assert {place for place in held if place not in rare} <= filled


def test_staff_exports_somebody_and_that_is_written_down(known, make_user):
    user, marks, _ = known
    helper = make_user("support")
    answer = helper.get(f"/v1/users/{user.id}/export")
    assert marks["email"] in answer.text
    assert support.value("SELECT actor FROM registry.audit WHERE action = 'user.exported'"
                         f" AND subject = '{user.id}'") == helper.id
    assert_problem(support.register().get(f"/v1/users/{user.id}/export"), 404, "not_found")


def test_an_erased_user_leaves_nothing_but_the_orders(known, admin):
    user, marks, order = known
    cancel(user, order)
    before = kept_of(user.id)
    assert erase(user).status_code == 204
    after = kept_of(user.id)
    for table, column, _, kept in personal_columns():
        if not kept:
            left = after[table, column] & before[table, column]
            assert not left, (table, column)
    dump = "".join(str(support.rows(f"SELECT t.*::text FROM {table} t")) for table in sorted(
        {table for table, _, _, kept in personal_columns() if not kept}))
    for name, text in marks.items():
        assert text not in dump, name
    answer = admin.get(f"/v1/orders/{order['id']}")
    for name, kept in (("street", True), ("name", True), ("document", True), ("email", False),
                       ("phone", False)):
        assert (marks[name] in answer.text) is kept, name
    staff_sees = admin.get(f"/v1/users/{user.id}").json()
    assert staff_sees["erased_at"] and staff_sees["email"].endswith("@erased.invalid")
    assert (staff_sees["phone"], staff_sees["document"], staff_sees["birth_date"]) == (None,) * 3
    assert token_in(letters(marks["email"])[-1]) is None


def test_nothing_comes_of_a_token_that_is_believed_for_a_minute_yet(customer, product):
    token = {"Authorization": f"Bearer {customer.token}"}
    identified = support.Client()
    assert identified.get("/v1/users/me", headers=token).status_code == 200
    assert erase(customer).status_code == 204
    tries = [("PATCH", "/v1/users/me", {"name": "Ana Volta"}),
             ("POST", "/v1/users/me/addresses", support.ADDRESS),
             ("POST", "/v1/orders", {"items": [{"variant_id": product["variants"][0]["id"],
                                                "quantity": 1}],
                                     "shipping_address": support.ADDRESS})]
    for method, path, body in tries:
        answer = identified.request(method, path, json=body,
                                    headers={**token, "Idempotency-Key": unique()})
        assert answer.status_code in (401, 404), (path, answer.text)
    assert support.rows("SELECT name FROM registry.users"
                        f" WHERE id = '{customer.id}'") == [["-"]]


def test_an_erased_user_can_not_sign_in_and_may_come_back_as_new(customer):
    assert erase(customer).status_code == 204
    anyone = support.Client()
    answer = anyone.post("/v1/sessions", {
        "email": customer.email, "password": customer.password})
    assert_problem(answer, 401, "invalid_credentials")
    anyone.post("/v1/users", {"name": "Ana Lima", "email": customer.email,
                              "password": customer.password})
    assert anyone.put("/v1/email-confirmations", {
        "token": token_in(letters(customer.email)[-1]),
        "password": customer.password}).status_code == 200
    again = support.Client(customer.email, customer.password)
    assert again.get("/v1/users/me").json()["id"] != customer.id


def test_no_order_slips_in_behind_an_erasure(customer, product):
    body = {"items": [{"variant_id": product["variants"][0]["id"], "quantity": 1}],
            "shipping_address": support.ADDRESS}
    assert customer.get("/v1/users/me").status_code == 200
    with ThreadPoolExecutor(1) as threads:
        with support.open_transaction(f"SELECT FROM registry.users WHERE id = '{customer.id}'"
                                      " FOR UPDATE; UPDATE registry.users SET erased_at = now()"
                                      f" WHERE id = '{customer.id}'"):
            order = threads.submit(customer.post, "/v1/orders", body, key=True)
            support.wait_for_locks()
        assert order.result().status_code == 401
    assert support.rows(f"SELECT FROM sales.orders WHERE user_id = '{customer.id}'") == []


# When it is refused --------------------------------------------------------------------------

def test_erasing_oneself_wants_the_password(customer):
    problem = assert_problem(erase(customer, "wrong password"), 422, "validation_failed",
                             "/password")
    assert problem["errors"][0]["code"] == "wrong_password"
    assert customer.get("/v1/users/me").status_code == 200


def test_an_open_order_keeps_the_account(customer, product, place_order, pay, admin):
    order = place_order(customer, product)
    problem = assert_problem(erase(customer), 409, "erasure_refused")
    assert problem["reasons"] == ["open_orders"]
    pay(customer, order)
    assert assert_problem(erase(customer), 409)["reasons"] == ["open_orders"]
    for step in ("ship", "deliver"):
        assert admin.post(f"/v1/orders/{order['id']}/{step}").status_code == 200
    assert erase(customer).status_code == 204


def test_money_to_be_given_back_keeps_the_account(customer, product, place_order, pay, admin):
    order = place_order(customer, product)
    pay(customer, order)
    assert admin.post(f"/v1/orders/{order['id']}/cancel").status_code == 200
    assert assert_problem(erase(customer), 409)["reasons"] == ["pending_refunds"]
    refund, = paying.refunds(admin, order)
    assert admin.post(f"/v1/refunds/{refund['id']}/confirm").status_code == 200
    assert erase(customer).status_code == 204


def give_back(admin, payment, amount):
    """A refund that a person has to send."""
    answer = admin.post(f"/v1/payments/{payment['id']}/refunds", {"amount": amount}, key=True)
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.fixture
def delivered(customer, product, place_order, pay, admin):
    """The payment of an order of the customer's that has arrived."""
    order = place_order(customer, product)
    payment = pay(customer, order)
    for step in ("ship", "deliver"):
        assert admin.post(f"/v1/orders/{order['id']}/{step}").status_code == 200
    return payment


def test_a_refund_that_is_promised_keeps_the_account_until_it_is_sent(customer, delivered, admin):
    refund = give_back(admin, delivered, 100)
    assert assert_problem(erase(customer), 409)["reasons"] == ["pending_refunds"]
    assert admin.post(f"/v1/refunds/{refund['id']}/confirm").status_code == 200
    assert customer.get(f"/v1/orders/{delivered['order_id']}").json()["status"] == "partially_refunded"
    assert erase(customer).status_code == 204


def test_a_part_that_went_back_of_what_was_not_sent_keeps_the_account(
        customer, product, place_order, pay, admin):
    payment = pay(customer, place_order(customer, product))
    refund = give_back(admin, payment, 100)
    assert admin.post(f"/v1/refunds/{refund['id']}/confirm").status_code == 200
    assert assert_problem(erase(customer), 409)["reasons"] == ["open_orders"]


def test_an_open_dispute_keeps_the_account(standin, customer, product, place_order, admin):
    order = place_order(customer, product)
    payment = paying.begin(customer, order, "stripe", "card").json()
    paying.pay(standin, payment)
    for step in ("ship", "deliver"):
        assert admin.post(f"/v1/orders/{order['id']}/{step}").status_code == 200
    dispute = standin.stripe.dispute(payment["ref"])
    standin.wait()
    assert assert_problem(erase(customer), 409)["reasons"] == ["open_disputes"]
    standin.stripe.close_dispute(dispute["id"], won=True)
    standin.wait()
    assert erase(customer).status_code == 204


def test_what_gateways_told_of_an_erased_user_is_gone(standin, customer, product, place_order):
    order = place_order(customer, product)
    payment = paying.begin(customer, order, "stripe", "pix").json()
    assert payment["next_action"]["code"]
    standin.stripe.expire(payment["ref"])
    standin.wait()
    cancel(customer, order)
    mine = f"FROM sales.gateway_events WHERE payment_id = '{payment['id']}'"
    assert int(support.value(f"SELECT count(raw) {mine}")) > 0
    assert erase(customer).status_code == 204
    assert support.value(f"SELECT count(raw) {mine}") == "0"
    assert support.value(f"SELECT count(*) {mine}") != "0"
    assert support.value("SELECT count(next_action) FROM sales.payments"
                         f" WHERE id = '{payment['id']}'") == "0"


def test_an_export_tells_what_went_back_and_why(customer, delivered, admin):
    answer = admin.post(f"/v1/payments/{delivered['id']}/refunds", key=True, body={
        "amount": 100, "reason": "chegou riscado"})
    payment, = customer.get("/v1/users/me/export").json()["sales"]["payments"]
    refund, = payment["refunds"]
    assert (refund["id"], refund["amount"], refund["reason"]) == (
        answer.json()["id"], 100, "chegou riscado")


def test_the_last_admin_stays(admin):
    others = [row[0] for row in support.rows(
        f"SELECT id FROM registry.users WHERE role = 'admin' AND id <> '{admin.id}'")]
    support.rows("UPDATE registry.users SET role = 'customer' WHERE role = 'admin'"
                 f" AND id <> '{admin.id}'")
    try:
        assert assert_problem(erase(admin), 409)["reasons"] == ["last_admin"]
    finally:
        for other in others:
            support.rows(f"UPDATE registry.users SET role = 'admin' WHERE id = '{other}'")


def test_staff_erases_somebody_who_asked_and_twice_is_as_good_as_once(admin, customer, make_user):
    assert_problem(make_user("support").delete(f"/v1/users/{customer.id}"), 404, "not_found")
    for _ in range(2):
        assert admin.delete(f"/v1/users/{customer.id}").status_code == 204
    assert support.rows("SELECT actor FROM registry.audit WHERE action = 'user.erased'"
                        f" AND subject = '{customer.id}'") == [[admin.id]]


def test_nobody_erases_who_may_do_more(admin, make_user):
    name = unique("clerk")
    assert admin.put(f"/v1/roles/{name}", {
        "description": "x", "permissions": ["users:read", "users:write"]}).status_code in (200, 201)
    clerk, manager = make_user(name), make_user("manager")
    assert_problem(clerk.get(f"/v1/users/{manager.id}/export"), 403, "grants_more")
    assert_problem(clerk.delete(f"/v1/users/{manager.id}"), 403, "grants_more")
    assert_problem(clerk.patch(f"/v1/users/{manager.id}", {"name": "X"}), 403, "grants_more")
    assert manager.post("/v1/users/me/second-factor",
                        {"password": manager.password}).status_code == 201
    assert_problem(clerk.delete(f"/v1/users/{manager.id}/second-factor"), 403, "grants_more")


# Consents ------------------------------------------------------------------------------------

def test_a_consent_is_noted_with_its_version_and_time_and_taken_back(customer):
    for granted in (True, False):
        answer = customer.post("/v1/users/me/consents", {
            "purpose": "newsletter", "version": "2026-01", "granted": granted})
        assert (answer.status_code, answer.json()["granted"]) == (201, granted)
    page = customer.get("/v1/users/me/consents", params={"limit": 1}).json()
    assert [item["granted"] for item in page["data"]] == [False]
    page = customer.get("/v1/users/me/consents", params={"cursor": page["next_cursor"]}).json()
    assert [item["granted"] for item in page["data"]] == [True]


def test_nobody_consents_for_somebody_else(admin, customer):
    answer = admin.post(f"/v1/users/{customer.id}/consents", {
        "purpose": "newsletter", "version": "1", "granted": True})
    assert_problem(answer, 404, "not_found")


def test_a_consent_is_never_changed(customer):
    customer.post("/v1/users/me/consents", {"purpose": "x", "version": "1", "granted": True})
    for change in ("UPDATE registry.consents SET granted = false", "DELETE FROM registry.consents",
                   "TRUNCATE registry.consents"):
        with pytest.raises(AssertionError, match="append-only"):
            support.rows(change)
