"""The keys that personal data is sealed with: replaced while everything goes on."""
import json
import os
import subprocess
import time

import pytest

import paying
import support
from test_failures import Load, once
from test_registration import register, registration
from test_sealed_data import address, cpf, phone

FOLDER = os.path.join(support.VAR, "data-keys")

# Every column of bytea that is no hash.
SEALED = [
    ("registry.users", "phone"), ("registry.users", "document"), ("registry.users", "birth_date"),
    ("registry.registrations", "phone"), ("registry.registrations", "document"),
    ("registry.registrations", "birth_date"), ("registry.addresses", "lines"),
    ("registry.sessions", "client"), ("registry.second_factors", "secret"),
    ("registry.outbox", "payload"), ("registry.audit", "origin"), ("sales.orders", "address"),
    ("sales.orders", "customer"), ("sales.order_notes", "note"), ("sales.webhooks", "secret"),
    ("sales.gateway_events", "raw"), ("sales.payment_tasks", "note"),
]
HASHES = {"hash", "item_hash", "token_hash", "phone_lookup", "document_lookup", "key", "request"}


def rotate(*options):
    job = support.vendas("job", "rotate-keys", *options)
    assert job.returncode == 0, job.stdout + job.stderr
    return job.stdout


def numbers():
    return sorted(int(name.removesuffix(".key")) for name in os.listdir(FOLDER)
                  if name[0].isdigit() and name.endswith(".key"))


def in_use(table, column):
    """The numbers of the keys that a column's values are sealed with."""
    return {int(number, 16) for [number] in support.rows(
        f"SELECT DISTINCT encode(substr({column}, 1, 4), 'hex') FROM {table}"
        f" WHERE {column} IS NOT NULL")}


def keys_in_use():
    return set().union(*(in_use(*place) for place in SEALED))


@pytest.fixture(scope="module")
def shelf(make_product):
    return make_product(stock=100000)


@pytest.fixture(scope="module")
def person(shelf, admin, place_order, stand_in):
    """Somebody with all that can be sealed: (client, an order)."""
    client = register(registration(document=cpf(), phone=phone(), birth_date="1990-05-17"))
    client.post("/v1/users/me/addresses", address())
    support.Client().post("/v1/users", registration(document=cpf(), phone=phone(),
                                                    birth_date="1991-06-18"))
    begun = client.post("/v1/users/me/second-factor", {"password": "correct horse battery"})
    assert begun.ok, begun.text
    order = place_order(client, shelf, shipping_address=address())
    other = place_order(client, shelf)
    assert admin.post(f"/v1/orders/{other['id']}/cancel", {"reason": "teste"}).ok
    assert admin.post(f"/v1/orders/{order['id']}/notes", {"note": "prefere à tarde"}).ok
    payment = paying.begin(client, order, "stripe", "pix").json()
    paying.pay(stand_in, payment)
    assert paying.order_status(client, order) == "paid"
    support.rows(f"SELECT sales.open_task('overpaid', '{payment['id']}', '{{}}')")
    task, = paying.tasks(admin, payment)
    assert admin.post(f"/v1/payment-tasks/{task['id']}/close", {"note": "devolvido a Ana"}).ok
    return client, order


def everything(admin, client, order):
    """All that is shown of what is sealed of a person."""
    return [client.get(path).json() for path in (
        "/v1/users/me", "/v1/users/me/addresses", "/v1/sessions", f"/v1/orders/{order['id']}")
    ] + [admin.get("/v1/audit", params={"action": "order.canceled"}).json(),
         admin.get(f"/v1/orders/{order['id']}/notes").json(),
         [paying.tasks(admin, payment)
          for payment in admin.get(f"/v1/orders/{order['id']}/payments").json()["data"]]]


def test_the_columns_that_get_a_new_key_are_all_that_are_sealed():
    told = support.rows("SELECT 'registry.' || place FROM registry.sealed_columns()"
                        " UNION SELECT 'sales.' || place FROM sales.sealed_columns()")
    assert sorted(f"{table}.{column}" for table, column in SEALED) == sorted(p for [p] in told)
    found = support.rows(
        "SELECT table_schema || '.' || table_name, column_name FROM information_schema.columns"
        " JOIN information_schema.tables USING (table_schema, table_name)"
        " WHERE data_type = 'bytea' AND table_type = 'BASE TABLE'"
        " AND table_schema IN ('registry', 'products', 'sales', 'catalog')")
    assert {(t, c) for t, c in found if c not in HASHES} == set(SEALED)


def test_a_new_key_seals_everything_while_requests_run_and_no_value_changes(admin, person, shelf):
    client, order = person
    before, tag = everything(admin, client, order), client.get(
        f"/v1/orders/{order['id']}").headers["ETag"]
    token, lines = client.token, [{"variant_id": shelf["variants"][0]["id"], "quantity": 1}]

    def place():
        return once("POST", "/v1/orders", token, headers={"Idempotency-Key": support.unique()},
                    json={"items": lines, "shipping_address": address()})
    with Load(lambda: once("GET", f"/v1/orders/{order['id']}", token), 2) as reads, \
            Load(place, 2) as orders:
        rotate("--new-key")
        reads.more(), orders.more()
    assert reads.failed() == orders.failed() == []
    for answer in reads.answers:
        assert answer.json() == before[3]
    assert keys_in_use() == {numbers()[-1]}
    assert everything(admin, client, order) == before
    assert client.get(f"/v1/orders/{order['id']}").headers["ETag"] == tag
    for answer in orders.answers:
        placed = client.get(f"/v1/orders/{answer.json()['id']}").json()
        assert placed["shipping_address"] == answer.json()["shipping_address"]


def test_a_new_key_is_for_its_owner_alone():
    for name in os.listdir(FOLDER):
        assert os.stat(os.path.join(FOLDER, name)).st_mode & 0o777 == 0o600


def test_a_killed_run_is_gone_on_with_by_the_next(person):
    client, order = person
    seen = client.get(f"/v1/orders/{order['id']}").json()
    program = os.path.join(support.PROGRAMS, "jobs", "rotate-keys")
    with support.open_transaction(
            f"SELECT FROM sales.orders WHERE id = '{order['id']}' FOR UPDATE"):
        with subprocess.Popen([program, "--new-key"], env=support.settings(),
                              stdout=subprocess.DEVNULL) as job:
            support.wait_for_locks()
            job.kill()
        new = numbers()[-1]
        assert in_use("registry.addresses", "lines") == {new}
        assert new - 1 in in_use("sales.orders", "address")
        assert client.get(f"/v1/orders/{order['id']}").json() == seen
    rotate()
    assert keys_in_use() == {new}
    assert client.get(f"/v1/orders/{order['id']}").json() == seen


def test_addresses_in_clear_are_sealed(customer, shelf, place_order):
    order = place_order(customer, shelf)
    plain = {**order["shipping_address"], "street": "Rua Antiga", "complement": "a \"b\""}
    support.rows("UPDATE sales.orders SET address = NULL, shipping_address ="
                 f" '{json.dumps(plain)}' WHERE id = '{order['id']}'")
    assert "registry" not in rotate()
    assert support.rows("SELECT FROM sales.orders WHERE shipping_address IS NOT NULL") == []
    seen = once("GET", f"/v1/orders/{order['id']}", customer.token).json()
    assert seen["shipping_address"] == plain


def resealed(service, place, row, old, new):
    """How many values the database lets take the place of others."""
    return support.value(f"SELECT {service}.reseal('{place}', jsonb_build_array("
                         f"jsonb_build_object('id', '{row}', 'old', '{old}', 'new', '{new}')))")


def test_nothing_takes_the_place_of_what_changed_meanwhile(customer, shelf, place_order):
    order = place_order(customer, shelf)
    kept = support.value(f"SELECT address FROM sales.orders WHERE id = '{order['id']}'")
    other = kept[:-2] + ("00" if kept[-2:] != "00" else "01")
    new = "\\x7fffffff" + kept[10:]
    assert resealed("sales", "orders.address", order["id"], other, new) == "0"
    assert support.value(f"SELECT address FROM sales.orders WHERE id = '{order['id']}'") == kept
    assert resealed("sales", "orders.address", order["id"], kept, new) == "1"
    assert resealed("sales", "orders.address", order["id"], new, kept) == "1"


def test_an_audit_row_takes_nothing_but_its_origin_under_another_key(person):
    [[row, origin]] = support.rows(
        "SELECT id, origin FROM registry.audit WHERE origin IS NOT NULL LIMIT 1")
    under_the_same_key = origin[:-2] + ("00" if origin[-2:] != "00" else "01")
    longer = "\\x7fffffff" + origin[10:] + "00"
    for new in (under_the_same_key, longer):
        assert resealed("registry", "audit.origin", row, origin, new) == "0"


def test_a_value_that_does_not_open_is_told_and_left(customer, shelf, place_order):
    order = place_order(customer, shelf)
    [[kept]] = support.rows(f"SELECT address FROM sales.orders WHERE id = '{order['id']}'")
    spoilt = "\\x000000ff" + kept[10:]
    support.rows(f"UPDATE sales.orders SET address = '{spoilt}' WHERE id = '{order['id']}'")
    job = support.vendas("job", "rotate-keys", "--drop-old")
    now = support.value(f"SELECT address FROM sales.orders WHERE id = '{order['id']}'")
    support.rows(f"UPDATE sales.orders SET address = '{kept}' WHERE id = '{order['id']}'")
    assert job.returncode != 0
    assert "1 do not open" in job.stdout and "removed" not in job.stdout
    assert "a sealed value does not open" in job.stderr
    assert now == spoilt


def age(*names, days=2):
    for name in names:
        path = os.path.join(FOLDER, name)
        os.utime(path, (time.time() - days * 86400,) * 2)


def test_an_old_key_goes_when_it_is_asked_for_and_nothing_needs_it(customer, shelf):
    body = {"items": [{"variant_id": shelf["variants"][0]["id"], "quantity": 1}],
            "shipping_address": address()}
    key = support.unique()
    first = customer.post("/v1/orders", body, key=key)
    old = numbers()[-1]
    assert f"key {old}: answers are kept with it" in rotate("--new-key", "--drop-old")
    again = customer.post("/v1/orders", body, key=key)
    assert (again.json(), again.headers["Idempotent-Replayed"]) == (first.json(), "true")
    support.rows("UPDATE sales.idempotency_keys SET created_at = created_at - interval '25 hours'")
    assert support.vendas("job", "expire").returncode == 0
    assert f"key {old}: no row needs it" in rotate()
    assert f"key {old}: no row needs it" in rotate("--drop-old")  # replaced a moment ago
    assert old in numbers()
    age(f"{old}.key", f"{old + 1}.key")
    assert f"key {old}: removed" in rotate("--drop-old")
    assert numbers()[-1] == old + 1 and old not in numbers()
    seen = customer.get(f"/v1/orders/{first.json()['id']}").json()
    assert seen["shipping_address"] == first.json()["shipping_address"]
