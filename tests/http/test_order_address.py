"""An order that waits for payment is sent elsewhere, at the cost that was agreed."""
import pytest

import support
from support import ADDRESS, assert_problem
from test_shipments import copies, read

NEAR = {"recipient": "Bia Reis", "postal_code": "04538-133", "street": "Avenida Brigadeiro Faria Lima",
        "number": "3477", "complement": "torre B", "district": "Itaim Bibi", "city": "São Paulo",
        "state": "SP"}
FAR = {**NEAR, "postal_code": "69005-010", "street": "Avenida Eduardo Ribeiro", "number": "10",
       "district": "Centro", "city": "Manaus", "state": "AM"}


@pytest.fixture(scope="module")
def goods(make_product):
    return make_product(stock=10_000, price=1990, weight_g=300)


@pytest.fixture
def order(customer, goods, place_order):
    return place_order(customer, goods, 2)


def change(client, order, tag=None, **body):
    return client.patch(f"/v1/orders/{order['id']}", body,
                        headers={"If-Match": tag} if tag else {})


def test_a_buyer_corrects_where_it_goes(customer, order):
    answer = change(customer, order, shipping_address=NEAR, reason="mudei de casa")
    assert answer.status_code == 200, answer.text
    changed = answer.json()
    assert changed["shipping_address"] == {**NEAR, "postal_code": "04538133"}
    for member in ("totals", "taxes", "freight", "items", "status", "expires_at"):
        assert changed[member] == order[member]
    step = changed["history"][-1]
    assert (step["event"], step["from"], step["to"], step["actor"], step["reason"]) == (
        "address_changed", "pending", "pending", customer.id, "mudei de casa")
    assert read(customer, order) == changed


def test_it_goes_to_an_address_that_the_buyer_keeps(customer, order):
    kept = customer.post("/v1/users/me/addresses", NEAR).json()
    answer = change(customer, order, address_id=kept["id"])
    assert answer.json()["shipping_address"]["street"] == NEAR["street"]


def test_staff_send_it_to_an_address_of_the_buyer_and_none_of_their_own(
        admin, customer, make_user, order):
    clerk = make_user("support")
    mine = clerk.post("/v1/users/me/addresses", NEAR).json()
    theirs = customer.post("/v1/users/me/addresses", NEAR).json()
    problem = assert_problem(change(clerk, order, address_id=mine["id"]), 422, None, "/address_id")
    assert problem["errors"][0]["code"] == "unknown_address"
    assert change(clerk, order, address_id=theirs["id"]).status_code == 200
    rows = admin.get("/v1/audit", params={"subject": order["id"]}).json()["data"]
    assert [(row["action"], row["actor"]) for row in rows] == [("order.address_changed", clerk.id)]
    assert NEAR["street"] not in str(rows)


def test_the_new_address_is_sealed(customer, order):
    change(customer, order, shipping_address=NEAR)
    row = support.value(f"SELECT o.*::text FROM sales.orders o WHERE id = '{order['id']}'")
    assert NEAR["street"] not in row and NEAR["street"].encode().hex() not in row


def test_an_address_that_would_cost_something_else_is_refused_with_what(customer, order):
    problem = assert_problem(change(customer, order, shipping_address=FAR), 409,
                             "address_changes_total")
    quote = customer.post("/v1/quotes", {
        "items": [{"variant_id": i["variant_id"], "quantity": i["quantity"]} for i in order["items"]],
        "postal_code": FAR["postal_code"], "freight_service": order["freight"]["service"]}).json()
    assert problem["changed"] == {
        name: {"old": order["totals"][name], "new": quote["totals"][name]}
        for name in ("freight", "total")}
    assert read(customer, order) == order


def test_an_address_in_another_state_at_the_same_cost_is_taken(customer, goods, place_order):
    """RJ and MG have the same freight; their estimated taxes, within the price, are not the same."""
    rio = {**NEAR, "postal_code": "20040-002", "city": "Rio de Janeiro", "state": "RJ"}
    minas = {**NEAR, "postal_code": "30130-010", "city": "Belo Horizonte", "state": "MG"}
    order = place_order(customer, goods, 2, shipping_address=rio)
    changed = change(customer, order, shipping_address=minas).json()
    assert changed["totals"] == order["totals"]
    assert changed["taxes"] == place_order(customer, goods, 2, shipping_address=minas)["taxes"]
    assert support.value(f"SELECT state FROM sales.orders WHERE id = '{order['id']}'") == "MG"


def test_another_postal_code_of_the_same_state_may_cost_something_else(admin, customer, order):
    made = admin.post("/v1/freight-rules", {
        "service": order["freight"]["service"], "name": "Balsa", "cep_from": "04538000",
        "cep_to": "04538999", "base": order["totals"]["freight"] + 1, "days": 9})
    assert made.status_code == 201, made.text
    try:
        problem = assert_problem(change(customer, order, shipping_address=NEAR), 409,
                                 "address_changes_total")
        assert problem["changed"]["freight"] == {
            "old": order["totals"]["freight"], "new": order["totals"]["freight"] + 1}
    finally:
        assert admin.delete(made.headers["Location"]).status_code == 204


def test_a_coupon_that_has_ended_meanwhile_still_counts(admin, customer, goods, place_order):
    coupon = admin.post("/v1/coupons", {"code": support.unique("MUDA").upper(),
                                        "kind": "percent", "value": 1000}).json()
    rio = {**NEAR, "postal_code": "20040-002", "city": "Rio de Janeiro", "state": "RJ"}
    order = place_order(customer, goods, 3, shipping_address=rio, coupons=[coupon["code"]])
    assert order["totals"]["discount"] > 0
    assert admin.delete(f"/v1/coupons/{coupon['id']}").status_code == 204
    answer = change(customer, order, shipping_address={
        **rio, "postal_code": "30130-010", "city": "Belo Horizonte", "state": "MG"})
    assert (answer.status_code, answer.json()["totals"]) == (200, order["totals"])
    rules = admin.get(f"/v1/orders/{order['id']}/rules").json()
    assert [c["code"] for c in rules["coupons"]] == [coupon["code"]]
    assert {t["state"] for t in rules["taxes"]} <= {"MG", None}


def test_a_coupon_that_is_for_other_goods_meanwhile_still_counts(
        admin, customer, make_product, place_order):
    category = admin.post("/v1/categories", {"name": support.unique("Copos")}).json()["id"]
    cup = make_product(category_ids=[category])
    coupon = admin.post("/v1/coupons", {"code": support.unique("MUDA").upper(), "kind": "percent",
                                        "value": 1000, "category_ids": [category]}).json()
    rio = {**NEAR, "postal_code": "20040-002", "city": "Rio de Janeiro", "state": "RJ"}
    order = place_order(customer, cup, 3, shipping_address=rio, coupons=[coupon["code"]])
    assert order["totals"]["discount"] > 0
    assert admin.patch(f"/v1/products/{cup['id']}", {"category_ids": []}).status_code == 200
    answer = change(customer, order, shipping_address={
        **rio, "postal_code": "30130-010", "city": "Belo Horizonte", "state": "MG"})
    assert (answer.status_code, answer.json()["totals"]) == (200, order["totals"])


def test_prices_that_rose_meanwhile_do_not_matter(admin, customer, make_product, place_order):
    product = make_product(price=1990)
    rio = {**NEAR, "postal_code": "20040-002", "city": "Rio de Janeiro", "state": "RJ"}
    order = place_order(customer, product, shipping_address=rio)
    assert admin.patch(f"/v1/products/{product['id']}", {"price": 990000}).status_code == 200
    answer = change(customer, order, shipping_address={
        **rio, "postal_code": "30130-010", "city": "Belo Horizonte", "state": "MG"})
    assert (answer.status_code, answer.json()["totals"]) == (200, order["totals"])


def test_a_rule_that_changed_meanwhile_does_not_keep_the_number_from_being_corrected(
        customer, order):
    support.rows("INSERT INTO sales.tax_rules (code, state, rate_bp, included, valid_from)"
                 " VALUES ('LATER', 'SP', 5000, false, '2020-01-01')")
    try:
        answer = change(customer, order, shipping_address={**ADDRESS, "number": "1001"})
        assert (answer.status_code, answer.json()["totals"]) == (200, order["totals"])
    finally:
        support.rows("DELETE FROM sales.tax_rules WHERE code = 'LATER'")


@pytest.mark.parametrize("status", ["paid", "canceled", "expired"])
def test_only_what_waits_for_payment_is_sent_elsewhere(customer, order, pay, status):
    if status == "paid":
        pay(customer, order)
    elif status == "canceled":
        customer.post(f"/v1/orders/{order['id']}/cancel")
    else:
        support.expire_now(order)
    before = read(customer, order)
    problem = assert_problem(change(customer, order, shipping_address=NEAR), 409,
                             "order_not_pending")
    assert problem["current_status"] == status
    assert read(customer, order) == before


def test_a_stranger_does_not_learn_that_the_order_exists(make_user, order):
    for other in (support.register(), make_user("customer")):
        assert_problem(change(other, order, shipping_address=NEAR), 404, "not_found")


def test_a_lost_update_is_refused(customer, order):
    tag = customer.get(f"/v1/orders/{order['id']}").headers["ETag"]
    answer = change(customer, order, tag, shipping_address=NEAR)
    assert answer.status_code == 200 and answer.headers["ETag"] != tag
    assert_problem(change(customer, order, tag, shipping_address=ADDRESS), 412, "lost_update")
    assert change(customer, order, answer.headers["ETag"],
                  shipping_address=ADDRESS).status_code == 200


@pytest.mark.parametrize("body, pointer, code", [
    ({}, "/shipping_address", "required"),
    ({"shipping_address": NEAR, "address_id": "019a0c5e-7d3a-7b1c-8f2e-3c4d5e6f7a8b"},
     "/address_id", "not_both"),
    ({"shipping_address": {**NEAR, "state": "RJ"}}, "/shipping_address/postal_code",
     "postal_code_state"),
    ({"shipping_address": {**NEAR, "street": ""}}, "/shipping_address/street", "required"),
    ({"freight_service": "express"}, "/freight_service", "unknown_field"),
])
def test_an_address_that_makes_no_sense_changes_nothing(customer, order, body, pointer, code):
    problem = assert_problem(change(customer, order, **body), 422, "validation_failed", pointer)
    assert code in [error["code"] for error in problem["errors"]]
    assert read(customer, order) == order


def test_of_paying_and_moving_at_once_no_paid_order_moves(
        admin, customer, goods, place_order, begin_payment):
    for _ in range(8):
        order = place_order(customer, goods)
        payment = begin_payment(customer, order)
        buyer, clerk = copies(customer, 1)[0], copies(admin, 1)[0]
        moved, confirmed = support.at_once(
            lambda: change(buyer, order, shipping_address=NEAR),
            lambda: clerk.post(f"/v1/payments/{payment['id']}/confirm"))
        assert confirmed.status_code == 200
        events = [step["event"] for step in read(customer, order)["history"]]
        if moved.status_code == 200:
            assert events == ["status", "address_changed", "status"]
        else:
            assert assert_problem(moved, 409, "order_not_pending")["current_status"] == "paid"
            assert events == ["status", "status"]


def test_of_two_who_move_it_with_the_same_tag_one_does(customer, order):
    tag = customer.get(f"/v1/orders/{order['id']}").headers["ETag"]
    answers = support.at_once(*[
        lambda buyer=buyer: change(buyer, order, tag, shipping_address=NEAR)
        for buyer in copies(customer, 4)])
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412]
