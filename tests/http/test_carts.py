"""Carts: what a customer has chosen, the same on every device, at today's prices."""
import pytest

import support
from support import assert_problem, at_once

CART = "/v1/carts/current"


def line(product, quantity=1):
    return {"variant_id": product["variants"][0]["id"], "quantity": quantity}


def put(client, *lines, **options):
    answer = client.put(CART, {"items": list(lines)}, **options)
    assert answer.status_code == 200, answer.text
    return answer.json()


def contents(cart):
    return [(item["variant_id"], item["quantity"]) for item in cart["items"]]


def test_a_cart_is_empty_at_first(customer):
    cart = customer.get(CART).json()
    assert cart == {"items": [], "currency": None, "items_total": 0, "updated_at": None}


def test_a_cart_shows_what_was_put_in_and_what_it_comes_to(customer, make_product):
    mug, pot = make_product(stock=4, price=1990), make_product(stock=2, price=5000)
    put(customer, line(mug, 2), line(pot))
    cart = customer.get(CART).json()
    assert contents(cart) == [(mug["variants"][0]["id"], 2), (pot["variants"][0]["id"], 1)]
    first = cart["items"][0]
    assert (first["name"], first["sku"]) == (mug["name"], mug["variants"][0]["sku"])
    assert (first["unit_price"], first["total"], first["available"]) == (1990, 3980, 4)
    assert first["changes"] == []
    assert (cart["currency"], cart["items_total"]) == ("BRL", 8980)
    assert customer.post("/v1/quotes", {"items": [line(mug, 2), line(pot)],
                                        "postal_code": "01310-100"}).json()["totals"]["items"] == 8980


def test_a_cart_is_replaced_and_emptied(customer, make_product):
    mug, pot = make_product(), make_product()
    put(customer, line(mug, 2))
    assert contents(put(customer, line(pot, 3))) == [(pot["variants"][0]["id"], 3)]
    assert put(customer)["items"] == []


def test_lines_are_changed_one_by_one(customer, make_product):
    mug, pot, pan = make_product(), make_product(), make_product()
    put(customer, line(mug), line(pot))
    answer = customer.patch(CART, {"items": [line(mug, 5), line(pot, 0), line(pan)]})
    assert contents(answer.json()) == [(mug["variants"][0]["id"], 5), (pan["variants"][0]["id"], 1)]


def test_the_same_variant_twice_is_one_line(customer, product):
    assert contents(put(customer, line(product, 2), line(product, 3))) == [
        (product["variants"][0]["id"], 5)]
    assert contents(put(customer, line(product, 9000), line(product, 9000)))[0][1] == 10000


def test_what_changed_since_it_was_put_in_is_told(admin, customer, make_product, place_order):
    dear, cheap, gone, scarce = (make_product(stock=5, price=1000) for _ in range(4))
    put(customer, *(line(p, 2) for p in (dear, cheap, gone, scarce)))
    for product, change in ((dear, {"price": 1100}), (cheap, {"price": 900}),
                            (gone, {"status": "archived"})):
        assert admin.patch(f"/v1/products/{product['id']}", change).ok
    place_order(support.register(), scarce, 4)
    cart = customer.get(CART).json()
    assert [item["changes"] for item in cart["items"]] == [
        ["price_rose"], ["price_fell"], ["not_for_sale"], ["insufficient_stock"]]
    assert [item["unit_price"] for item in cart["items"]] == [1100, 900, None, 1000]
    assert {item["unit_price_when_added"] for item in cart["items"]} == {1000}
    assert cart["items"][2]["name"] == gone["name"]
    assert cart["items_total"] == 2 * (1100 + 900 + 1000)
    assert customer.patch(CART, {"items": [line(gone, 1)]}).status_code == 200


def test_a_bundle_has_what_its_parts_allow_and_what_is_digital_no_end(admin, customer, make_product):
    part = make_product(stock=7)
    bundle = admin.post("/v1/products", support.product_body(
        type="bundle", parts=[{**line(part), "quantity": 2}])).json()
    file = admin.post("/v1/products", support.product_body(type="digital")).json()
    cart = put(customer, line(bundle, 4), line(file, 1000))
    assert [item["available"] for item in cart["items"]] == [3, None]
    assert [item["changes"] for item in cart["items"]] == [["insufficient_stock"], []]


def test_a_guests_cart_is_taken_over_and_twice_does_no_harm(admin, customer, make_product):
    mug, pot, gone = make_product(), make_product(), make_product()
    put(customer, line(mug, 2))
    assert admin.patch(f"/v1/products/{gone['id']}", {"status": "archived"}).ok
    guest = {"items": [line(mug, 1), line(pot, 3), line(gone)]}
    for _ in range(2):
        answer = customer.post(f"{CART}/merge", guest)
        assert contents(answer.json()) == [(mug["variants"][0]["id"], 2), (pot["variants"][0]["id"], 3)]
    more = customer.post(f"{CART}/merge", {"items": [line(mug, 9)]}).json()
    assert contents(more)[0][1] == 9


def test_what_is_not_for_sale_is_refused(customer, admin, product):
    draft = admin.post("/v1/products", support.product_body(status="draft")).json()
    answer = customer.put(CART, {"items": [line(product), line(draft)]})
    assert_problem(answer, 422, "unknown_variant", "/items/1/variant_id")
    assert customer.get(CART).json()["items"] == []


def test_a_cart_is_bounded(customer, make_product):
    variants = [make_product(stock=0)["variants"][0]["id"] for _ in range(101)]
    body = [{"variant_id": variant, "quantity": 1} for variant in variants]
    assert len(put(customer, *body[:100])["items"]) == 100
    assert_problem(customer.patch(CART, {"items": body[100:]}), 409, "cart_full")
    assert_problem(customer.post(f"{CART}/merge", {"items": body[100:]}), 409, "cart_full")
    assert len(customer.get(CART).json()["items"]) == 100


def test_a_lost_update_is_refused(customer, product):
    put(customer, line(product))
    tag = {"If-Match": customer.get(CART).headers["ETag"]}
    put(customer, line(product, 2), headers=tag)
    assert_problem(customer.put(CART, {"items": []}, headers=tag), 412, "lost_update")
    assert customer.get(CART, headers={"If-None-Match": customer.get(CART).headers["ETag"]}
                        ).status_code == 304


def test_changes_at_the_same_time_are_all_kept(customer, make_product):
    products = [make_product() for _ in range(8)]
    customer.token  # signed in once, for all
    answers = at_once(*[lambda p=p: customer.patch(CART, {"items": [line(p)]}) for p in products])
    assert [answer.status_code for answer in answers] == [200] * 8
    assert {variant for variant, _ in contents(customer.get(CART).json())} == {
        p["variants"][0]["id"] for p in products}


def test_carts_of_others_are_not_seen(customer, product):
    put(customer, line(product))
    assert support.register().get(CART).json()["items"] == []
    assert_problem(support.Client().get(CART), 401, "unauthorized")


def test_a_program_has_no_cart(make_account, product):
    answer = make_account("stock:read").put(CART, {"items": [line(product)]})
    assert_problem(answer, 401, "unauthorized")


@pytest.mark.parametrize("days, left", [(89, 1), (91, 0)])
def test_an_old_cart_is_forgotten(customer, product, days, left):
    put(customer, line(product))
    support.rows(f"UPDATE sales.carts SET updated_at = now() - interval '{days} days'"
                 f" WHERE user_id = '{customer.id}'")
    assert support.run_job("expire").returncode == 0
    assert len(customer.get(CART).json()["items"]) == left


def test_a_cart_is_exported_and_erased_with_its_customer(product):
    customer = support.register()
    put(customer, line(product, 2))
    export = customer.get("/v1/users/me/export").json()
    assert contents({"items": export["sales"]["cart"]}) == [(product["variants"][0]["id"], 2)]
    assert customer.delete("/v1/users/me", json={"password": customer.password}).status_code == 204
    assert support.rows(f"SELECT FROM sales.carts WHERE user_id = '{customer.id}'") == []
