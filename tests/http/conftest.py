"""Fixtures: who calls, and something to sell."""
import os
import sys

import pytest

import support

# The stand-in for the payment gateways is a program of its own, which the demo starts, too.
sys.path.append(os.path.join(os.path.dirname(__file__), "..", "gateways"))

pytest_plugins = ["dealing"]


@pytest.fixture(scope="session")
def anyone():
    return support.Client()


@pytest.fixture(scope="session")
def admin():
    client = support.Client(os.environ["VENDAS_ADMIN_EMAIL"], os.environ["VENDAS_ADMIN_PASSWORD"])
    client.id = client.get("/v1/users/me").json()["id"]
    return client


@pytest.fixture
def customer():
    return support.register()


@pytest.fixture(scope="session")
def make_user():
    """make_user(role): a new user with that role."""
    return lambda role: support.register(role=role)


@pytest.fixture(scope="session")
def make_account(admin):
    """make_account(*scopes): a new service account with these permissions, signed in when first
    needed."""
    def make(*scopes):
        answer = admin.post("/v1/service-accounts", {
            "name": support.unique("ERP"), "scopes": list(scopes)})
        assert answer.status_code == 201, answer.text
        return support.ServiceAccount(answer.json())
    return make


@pytest.fixture(scope="session")
def make_role(admin):
    """make_role(*permissions): the name of a new role."""
    def make(*permissions):
        name = support.unique("papel")
        answer = admin.put(f"/v1/roles/{name}", {
            "description": "de teste", "permissions": list(permissions)})
        assert answer.status_code == 201, answer.text
        return name
    return make


@pytest.fixture(scope="session")
def make_product(admin):
    """make_product(stock=10, **fields): a new product, as the API shows it."""
    def make(stock=10, **fields):
        body = {"name": support.unique("Caneca"), "price": 1990, "currency": "BRL",
                "weight_g": 300, **fields}
        answer = admin.post("/v1/products", body)
        assert answer.status_code == 201, answer.text
        product = answer.json()
        if stock:
            answer = admin.post("/v1/stock/movements", key=True, body={
                "variant_id": product["variants"][0]["id"], "kind": "receive",
                "quantity": stock})
            assert answer.status_code == 201, answer.text
        return product
    return make


@pytest.fixture
def product(make_product):
    return make_product()


@pytest.fixture(scope="session")
def place_order():
    """place_order(client, product, quantity=1): the order, placed."""
    def place(client, product, quantity=1, **fields):
        body = {"items": [{"variant_id": product["variants"][0]["id"], "quantity": quantity}],
                "shipping_address": support.ADDRESS, **fields}
        answer = client.post("/v1/orders", body, key=True)
        assert answer.status_code == 201, answer.text
        return answer.json()
    return place


@pytest.fixture(scope="session")
def begin_payment():
    """begin_payment(client, order): a manual payment of it, begun."""
    def begin(client, order):
        answer = client.post(f"/v1/orders/{order['id']}/payments", key=True, body={
            "gateway": "manual", "method": "bank_transfer"})
        assert answer.status_code == 201, answer.text
        return answer.json()
    return begin


@pytest.fixture(scope="session")
def pay(admin, begin_payment):
    """pay(client, order): the payment, begun and confirmed."""
    def settle(client, order):
        payment = begin_payment(client, order)
        answer = admin.post(f"/v1/payments/{payment['id']}/confirm")
        assert answer.status_code == 200, answer.text
        return answer.json()
    return settle


@pytest.fixture(scope="session", autouse=True)
def books_balance():
    """After all tests, whatever they did: no promise of Sales is broken."""
    yield
    assert support.rows("SELECT * FROM products.stock_integrity LIMIT 10") == []
    assert support.rows("SELECT * FROM sales.integrity") == []
    assert support.rows("SELECT * FROM products.integrity LIMIT 10") == []


@pytest.fixture(scope="session")
def stand_in():
    """Stripe and PayPal, where this instance has its accounts."""
    import paying
    server = paying.stand_in()
    server.check_answers()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def standin(stand_in):
    """The same, which behaves; what it was asked must have been what the contracts allow."""
    stand_in.reset()
    # What it knows no more nobody is to ask it for.
    support.rows("UPDATE sales.payments SET step = NULL, due_at = NULL WHERE step IS NOT NULL;"
                 "UPDATE sales.refunds SET due_at = NULL WHERE due_at IS NOT NULL")
    yield stand_in
    stand_in.wait()
    refused, wrong = list(stand_in.refused), list(stand_in.wrong)
    stand_in.reset()
    assert (refused, wrong) == ([], [])
