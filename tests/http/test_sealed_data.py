"""What the database tells of people to whoever has a copy of it: nothing that leads to them."""
import base64
import os
import random
import subprocess
import time

import pytest

import support
from test_failures import once
from test_registration import register, registration


def cpf():
    """A CPF that no other test has."""
    digits = [random.randrange(10) for _ in range(9)]
    for weight in (10, 11):
        rest = sum(d * (weight - i) for i, d in enumerate(digits)) * 10 % 11
        digits.append(rest % 10)
    return "".join(map(str, digits))


def phone():
    return f"+55119{random.randrange(10**7, 10**8)}"


def word(kind):
    """A text that stands nowhere else, with a letter that has more than one byte."""
    return f"{kind} é{random.randrange(16**12):012x}"


def address():
    return {**support.ADDRESS, "recipient": word("Fulana"), "street": word("Rua"),
            "complement": word("bloco")}


def lines_of(*addresses):
    return [a[name] for a in addresses for name in ("recipient", "street", "complement")]


@pytest.fixture(scope="module")
def dump():
    """dump(): all rows of the database as pg_dump writes them."""
    def make():
        return subprocess.run(["pg_dump", "--data-only", os.environ["VENDAS_DATABASE_URL"]],
                              capture_output=True, check=True, timeout=300).stdout.lower()
    return make


def forms(text):
    """The ways in which a text could stand in a dump."""
    raw = text.encode()
    yield raw
    yield raw.hex().encode()
    yield raw.hex().encode().hex().encode()
    yield text.encode("unicode_escape").replace(b"\\x", b"\\u00")  # as JSON may have it
    for shift in range(3):  # what is the same in base64, wherever the text begins in it
        yield base64.b64encode(b" " * shift + raw)[4 if shift else 0:-4]


def test_a_dump_tells_no_document_telephone_or_place_of_delivery(admin, product, dump):
    document, telephone, kept, given, unpaid = cpf(), phone(), address(), address(), address()
    waiting = registration(document=cpf(), phone=phone())
    support.Client().post("/v1/users", waiting)
    buyer = register(registration(document=document, phone=telephone))
    item = buyer.post("/v1/users/me/addresses", kept).json()
    line = {"variant_id": product["variants"][0]["id"], "quantity": 1}
    orders = [buyer.post("/v1/orders", {"items": [line], **where}, key=True) for where in (
        {"address_id": item["id"]}, {"shipping_address": given}, {"shipping_address": unpaid})]
    assert [order.status_code for order in orders] == [201] * 3
    admin.get(f"/v1/orders/{orders[0].json()['id']}")
    buyer.post(f"/v1/orders/{orders[2].json()['id']}/cancel", {"reason": "desisti"})
    text = dump()
    assert orders[0].json()["id"].encode() in text  # else nothing was looked at
    for secret in (document, telephone, telephone[3:], waiting["document"], waiting["phone"],
                   *lines_of(kept, given, unpaid)):
        for form in forms(secret):
            assert form.lower() not in text, (secret, form)


def test_an_order_tells_its_buyer_and_staff_who_bought(admin, product, make_user, place_order):
    document, telephone = cpf(), phone()
    buyer = register(registration(document=document, phone=telephone))
    order = place_order(buyer, product)
    assert order["customer"] == {"id": buyer.get("/v1/users/me").json()["id"], "name": "Ana Lima",
                                 "email": buyer.email, "phone": telephone, "document": document}
    for reader in (buyer, admin, make_user("support")):
        assert reader.get(f"/v1/orders/{order['id']}").json() == order


def test_an_order_keeps_what_was_known_of_its_buyer(product, place_order):
    buyer = register(registration(phone=phone()))
    order = place_order(buyer, product)
    assert buyer.patch("/v1/users/me", {"phone": phone(), "name": "Outra Pessoa"}).ok
    assert buyer.get(f"/v1/orders/{order['id']}").json()["customer"] == order["customer"]
    assert place_order(buyer, product)["customer"]["name"] == "Outra Pessoa"


def test_a_repeated_order_is_answered_with_what_is_sealed_in_it(customer, product):
    body = {"items": [{"variant_id": product["variants"][0]["id"], "quantity": 1}],
            "shipping_address": address()}
    key = support.unique()
    first, again = (customer.post("/v1/orders", body, key=key) for _ in range(2))
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json() == first.json()
    assert again.json()["shipping_address"]["street"] == body["shipping_address"]["street"]


def test_an_order_from_before_addresses_were_sealed_is_shown_like_any(customer, product,
                                                                     place_order):
    order = place_order(customer, product)
    support.rows("UPDATE sales.orders SET address = NULL, customer = NULL, shipping_address ="
                 f" '{{\"street\": \"Rua Antiga\", \"postal_code\": \"01310100\","
                 " \"recipient\": \"Ana\", \"number\": \"1\", \"district\": \"Sé\","
                 f" \"city\": \"São Paulo\", \"state\": \"SP\"}}' WHERE id = '{order['id']}'")
    seen = customer.get(f"/v1/orders/{order['id']}").json()
    assert seen["shipping_address"]["street"] == "Rua Antiga"
    assert seen["customer"] == {"id": customer.id, "name": "Ana Lima", "email": None,
                                "phone": None, "document": None}


def test_a_value_that_was_put_into_another_row_does_not_open(customer, product, place_order):
    mine, other = place_order(customer, product), place_order(support.register(), product)
    log = os.path.join(support.VAR, "log", "sales-orders.log")
    size = os.path.getsize(log)
    swap = ("UPDATE sales.orders SET address = (SELECT address FROM sales.orders"
            " WHERE id = '{}') WHERE id = '{}'")
    kept = support.value(f"SELECT address FROM sales.orders WHERE id = '{mine['id']}'")
    support.rows(swap.format(other["id"], mine["id"]))
    seen = once("GET", f"/v1/orders/{mine['id']}", customer.token)
    support.rows(f"UPDATE sales.orders SET address = '{kept}' WHERE id = '{mine['id']}'")
    assert seen.status_code == 200
    assert seen.json()["shipping_address"] is None
    assert seen.json()["customer"] == mine["customer"]
    time.sleep(0.5)
    with open(log, encoding="utf-8") as file:
        file.seek(size)
        told = file.read()
    assert "a sealed value does not open" in told and mine["id"] in told
    assert customer.get(f"/v1/orders/{mine['id']}").json() == mine
