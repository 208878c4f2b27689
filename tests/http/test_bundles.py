"""Bundles draw on the stock of their parts, and digital goods on none."""
import pytest

import support
from support import assert_problem


@pytest.fixture
def make_bundle(admin):
    """make_bundle((product, pieces)...): a bundle of the products' first variants."""
    def make(*parts, **fields):
        answer = admin.post("/v1/products", {
            "name": support.unique("Kit"), "type": "bundle", "price": 9990, "currency": "BRL",
            "parts": [{"variant_id": product["variants"][0]["id"], "quantity": pieces}
                      for product, pieces in parts], **fields})
        assert answer.status_code == 201, answer.text
        return answer.json()
    return make


def shown(client, product):
    document = client.get(f"/v1/products/{product['id']}").json()
    return document["in_stock"], document["variants"][0]["available"]


def level(admin, product):
    document = admin.get(f"/v1/stock/{product['variants'][0]['id']}").json()
    return document["on_hand"], document["reserved"]


def order_body(*lines):
    return {"items": [{"variant_id": product["variants"][0]["id"], "quantity": quantity}
                      for product, quantity in lines], "shipping_address": support.ADDRESS}


def test_there_are_as_many_bundles_as_the_scarcest_part_allows(anyone, make_product, make_bundle):
    plates, cups = make_product(stock=10), make_product(stock=7)
    kit = make_bundle((plates, 2), (cups, 3))
    assert shown(anyone, kit) == (True, 2)
    assert [(p["variant_id"], p["quantity"]) for p in kit["parts"]] == [
        (plates["variants"][0]["id"], 2), (cups["variants"][0]["id"], 3)]


def test_a_bundle_reserves_sells_and_gives_back_its_parts(
        admin, anyone, customer, make_product, make_bundle, place_order, pay):
    plates, cups = make_product(stock=10), make_product(stock=7)
    kit = make_bundle((plates, 2), (cups, 3))
    order = place_order(customer, kit, 2)
    assert (level(admin, plates), level(admin, cups)) == ((10, 4), (7, 6))
    assert shown(anyone, kit) == (False, 0)
    pay(customer, order)
    assert (level(admin, plates), level(admin, cups)) == ((6, 0), (1, 0))
    # What it is made of by then is no matter: what was taken comes back.
    admin.patch(f"/v1/products/{kit['id']}", {"parts": [
        {"variant_id": cups["variants"][0]["id"], "quantity": 1}]})
    assert admin.post(f"/v1/orders/{order['id']}/cancel").ok
    assert (level(admin, plates), level(admin, cups)) == ((10, 0), (7, 0))
    assert shown(anyone, kit) == (True, 7)


def test_a_bundle_and_its_part_in_one_order_are_added_up(customer, make_product, make_bundle):
    plates = make_product(stock=5)
    kit = make_bundle((plates, 2))
    answer = customer.post("/v1/orders", order_body((kit, 2), (plates, 2)), key=True)
    assert_problem(answer, 409, "insufficient_stock")
    assert customer.post("/v1/orders", order_body((kit, 2), (plates, 1)), key=True).status_code == 201


def test_a_bundle_is_in_stock_exactly_while_its_parts_suffice(admin, anyone, make_product, make_bundle):
    plates = make_product(stock=0)
    kit = make_bundle((plates, 3))
    for pieces, expected in ((2, (False, 0)), (3, (True, 1)), (8, (True, 2)), (2, (False, 0)), (0, (False, 0))):
        admin.post("/v1/stock/movements", key=True, body={
            "variant_id": plates["variants"][0]["id"], "kind": "count", "quantity": pieces})
        assert shown(anyone, kit) == expected


def test_bundles_and_parts_bought_at_once_are_never_oversold(admin, make_product, make_bundle):
    plates = make_product(stock=10)
    kit = make_bundle((plates, 3))
    buyers = [support.register() for _ in range(4)]
    for buyer in buyers:
        assert buyer.token
    answers = support.at_once(*[
        lambda b=b, what=what: b.post("/v1/orders", order_body((what, 1)), key=True)
        for b in buyers for what in (kit, plates)])
    taken = sum({"201": 1}.get(str(a.status_code), 0) * (3 if n % 2 == 0 else 1)
                for n, a in enumerate(answers))
    assert {a.status_code for a in answers} <= {201, 409}
    assert level(admin, plates) == (10, taken) and taken > 7


def test_bundles_are_made_of_what_keeps_stock(admin, make_product, make_bundle):
    kit, book = make_bundle((make_product(), 1)), make_product(type="digital", stock=0)
    for part in (kit, book):
        answer = admin.post("/v1/products", {
            "name": "X", "type": "bundle", "price": 1, "currency": "BRL",
            "parts": [{"variant_id": part["variants"][0]["id"], "quantity": 1}]})
        assert_problem(answer, 422, "not_a_part", "/parts/0/variant_id")


def test_stock_is_not_counted_of_what_has_none(admin, make_product, make_bundle):
    for product in (make_bundle((make_product(), 1)), make_product(type="digital", stock=0)):
        answer = admin.post("/v1/stock/movements", key=True, body={
            "variant_id": product["variants"][0]["id"], "kind": "receive", "quantity": 1})
        assert_problem(answer, 422, "no_own_stock", "/variant_id")


def test_a_part_of_a_bundle_is_not_deleted(admin, make_product, make_bundle):
    part = make_product(stock=0)
    make_bundle((part, 1))
    answer = admin.delete(f"/v1/products/{part['id']}")
    assert_problem(answer, 409, "product_in_use")
    assert answer.json()["reasons"] == ["part_of_bundle"]


def test_a_part_that_is_renamed_is_renamed_in_its_bundles(admin, anyone, make_product, make_bundle):
    part = make_product(stock=0)
    kit, sku = make_bundle((part, 1)), support.unique("SKU")
    admin.patch(f"/v1/products/{part['id']}", {"name": "Prato fundo", "sku": sku})
    shown_part, = anyone.get(f"/v1/products/{kit['id']}").json()["parts"]
    assert (shown_part["name"], shown_part["sku"]) == ("Prato fundo", sku)


def test_what_is_digital_is_always_there_and_not_carried(anyone, customer, make_product, pay):
    book = make_product(type="digital", stock=0, weight_g=900)
    assert shown(anyone, book) == (True, None)
    quote = anyone.post("/v1/quotes", {"items": order_body((book, 3))["items"],
                                       "postal_code": "01310-100"}).json()
    assert quote["totals"]["freight"] == 0 and quote["freight"] == {"service": "digital", "days": 0}
    order = customer.post("/v1/orders", order_body((book, 3)), key=True).json()
    assert order["totals"]["freight"] == 0
    assert pay(customer, order)["status"] == "captured"
    assert shown(anyone, book) == (True, None)
