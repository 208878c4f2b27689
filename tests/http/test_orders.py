"""Orders: placed, read, listed, canceled, shipped and delivered, along their state machine."""
import datetime
import uuid

import pytest

import support


def order_body(product, quantity=1, **address):
    return {"items": [{"variant_id": product["variants"][0]["id"], "quantity": quantity}],
            "shipping_address": {**support.ADDRESS, **address}}


def level_of(admin, product):
    level = admin.get(f"/v1/stock/{product['variants'][0]['id']}").json()
    return level["on_hand"], level["reserved"]


def read(client, order):
    answer = client.get(f"/v1/orders/{order['id']}")
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture(scope="module")
def buyer():
    return support.register("Bruna Souza")


@pytest.fixture(scope="module")
def goods(make_product):
    return make_product(stock=100_000, price=1990)


@pytest.fixture(scope="module")
def support_agent(make_user):
    return make_user("support")


@pytest.fixture
def order_in(admin, buyer, goods, place_order, pay):
    """order_in(status): an order that has come so far."""
    def bring(status):
        order = place_order(buyer, goods)
        if status in ("paid", "shipped", "delivered"):
            pay(buyer, order)
        if status in ("shipped", "delivered"):
            assert admin.post(f"/v1/orders/{order['id']}/ship").status_code == 200
        if status == "delivered":
            assert admin.post(f"/v1/orders/{order['id']}/deliver").status_code == 200
        if status == "canceled":
            assert buyer.post(f"/v1/orders/{order['id']}/cancel").status_code == 200
        if status == "expired":
            support.expire_now(order)
        return order
    return bring


def test_a_placed_order_holds_what_the_contract_says(buyer, goods):
    answer = buyer.post("/v1/orders", order_body(goods, 3), key=True)
    assert answer.status_code == 201
    order = answer.json()
    assert order["status"] == "pending" and order["currency"] == "BRL"
    assert order["number"] > 1000
    assert order["customer"] == {"id": buyer.id, "name": "Bruna Souza", "email": buyer.email,
                                 "phone": None, "document": None}
    assert order["items"] == [{
        "variant_id": goods["variants"][0]["id"], "product_id": goods["id"],
        "sku": goods["variants"][0]["sku"], "name": goods["name"], "quantity": 3,
        "unit_price": 1990, "discount": 0, "tax": 0, "total": 5970, "ahead": None}]
    assert order["shipping_address"] == {**support.ADDRESS, "postal_code": "01310100"}
    assert order["created_at"] < order["expires_at"]
    assert read(buyer, order) == order


def test_a_placed_order_reserves_its_stock(admin, buyer, make_product, place_order):
    product = make_product(stock=10)
    place_order(buyer, product, 4)
    assert level_of(admin, product) == (10, 4)
    seen = buyer.get(f"/v1/products/{product['id']}").json()
    assert seen["variants"][0]["available"] == 6


def test_it_is_found_where_the_answer_says(buyer, goods):
    answer = buyer.post("/v1/orders", order_body(goods), key=True)
    assert buyer.get(answer.headers["Location"]).json() == answer.json()
    payment = buyer.post(f"{answer.headers['Location']}/payments",
                         {"gateway": "manual", "method": "bank_transfer"}, key=True)
    assert buyer.get(payment.headers["Location"]).json() == payment.json()


def test_numbers_rise_with_each_order(buyer, goods, place_order):
    first, second = place_order(buyer, goods), place_order(buyer, goods)
    assert second["number"] > first["number"]


def test_a_guest_is_asked_to_sign_in_or_to_create_an_account(anyone, goods):
    answer = anyone.post("/v1/orders", order_body(goods), key=True,
                         headers={"Accept-Language": "pt-BR"})
    problem = support.assert_problem(answer, 401, "unauthorized")
    assert "crie uma" in problem["detail"]


def test_an_order_larger_than_the_stock_is_refused_whole(admin, buyer, make_product):
    plenty, few = make_product(stock=10), make_product(stock=2)
    body = order_body(plenty, 5)
    body["items"].append({"variant_id": few["variants"][0]["id"], "quantity": 3})
    problem = support.assert_problem(buyer.post("/v1/orders", body, key=True), 409,
                                     "insufficient_stock", "/items/1/quantity")
    assert problem["variant_id"] == few["variants"][0]["id"]
    assert problem["available"] == 2
    assert level_of(admin, plenty) == (10, 0)
    assert level_of(admin, few) == (2, 0)


def test_lines_of_one_variant_are_summed_before_stock_is_asked_for(buyer, make_product):
    product = make_product(stock=5)
    body = order_body(product, 3)
    body["items"] *= 2
    support.assert_problem(buyer.post("/v1/orders", body, key=True), 409, "insufficient_stock",
                           "/items/0/quantity")


def test_a_product_that_never_had_stock_can_not_be_ordered(buyer, make_product):
    problem = support.assert_problem(
        buyer.post("/v1/orders", order_body(make_product(stock=0)), key=True), 409,
        "insufficient_stock")
    assert problem["available"] == 0


def test_a_refusal_speaks_the_reader_s_language(buyer, make_product):
    product = make_product(stock=1)
    answer = buyer.post("/v1/orders", order_body(product, 2), key=True,
                        headers={"Accept-Language": "pt-BR"})
    assert "estoque" in support.assert_problem(answer, 409)["detail"]


@pytest.mark.parametrize("field, value, code", [
    ("recipient", "", "required"),
    ("recipient", None, "not_null"),
    ("recipient", "x" * 121, "too_long"),
    ("recipient", "Ana\nLima", "control_character"),
    ("postal_code", "1234", "not_postal_code"),
    ("postal_code", 1310100, "not_text"),
    ("street", "   ", "required"),
    ("street", "x" * 161, "too_long"),
    ("number", "", "required"),
    ("number", "x" * 21, "too_long"),
    ("complement", "x" * 81, "too_long"),
    ("district", "", "required"),
    ("city", "", "required"),
    ("state", "XX", "not_state"),
    ("state", "São Paulo", "not_state"),
    ("country", "BR", "unknown_field"),
])
def test_an_address_is_checked_field_by_field(buyer, goods, field, value, code):
    answer = buyer.post("/v1/orders", order_body(goods, **{field: value}), key=True)
    problem = support.assert_problem(answer, 422, "validation_failed")
    assert [(e["pointer"], e["code"]) for e in problem["errors"]] == [
        (f"/shipping_address/{field}", code)]


def test_every_missing_field_of_an_address_is_told_at_once(buyer, goods):
    body = {**order_body(goods), "shipping_address": {}}
    problem = support.assert_problem(buyer.post("/v1/orders", body, key=True), 422)
    assert {e["pointer"] for e in problem["errors"]} == {
        f"/shipping_address/{field}" for field in support.ADDRESS}


def test_an_address_is_kept_in_its_normal_form(buyer, goods):
    order = buyer.post("/v1/orders", key=True, body=order_body(
        goods, postal_code="01310-100", state="sp", complement=None, recipient="  Zoë “Z” \\  D'Ávila "
    )).json()
    assert order["shipping_address"] == {
        **support.ADDRESS, "postal_code": "01310100", "state": "SP", "complement": None,
        "recipient": "Zoë “Z” \\ D'Ávila"}


def test_an_order_stays_as_it_was_placed(admin, buyer, make_product, place_order, pay):
    product = make_product(price=1990)
    order = place_order(buyer, product, 2)
    answer = admin.patch(f"/v1/products/{product['id']}", {
        "name": "Another name", "price": 5, "weight_g": 9000, "status": "archived"})
    assert answer.status_code == 200, answer.text
    support.rows("INSERT INTO sales.tax_rules (code, state, rate_bp, included, valid_from)"
                 " VALUES ('LATER', 'SP', 5000, false, '2020-01-01')")
    try:
        assert read(buyer, order) == order
        assert pay(buyer, order)["amount"] == order["totals"]["total"]
    finally:
        support.rows("DELETE FROM sales.tax_rules WHERE code = 'LATER'")
    paid = read(buyer, order)
    for member in ("items", "totals", "taxes", "freight", "shipping_address", "number"):
        assert paid[member] == order[member]


def test_owner_and_staff_read_an_order(buyer, support_agent, goods, place_order):
    order = place_order(buyer, goods)
    assert read(buyer, order) == read(support_agent, order)


def test_a_stranger_does_not_learn_that_an_order_exists(buyer, customer, goods, place_order):
    order = place_order(buyer, goods)
    for path in ("", "/payments"):
        support.assert_problem(customer.get(f"/v1/orders/{order['id']}{path}"), 404, "not_found")
    support.assert_problem(customer.post(f"/v1/orders/{order['id']}/cancel"), 404, "not_found")
    assert read(buyer, order)["status"] == "pending"


@pytest.mark.parametrize("order_id", [str(uuid.UUID(int=1)), "7", "x' OR 1=1"])
def test_an_order_that_does_not_exist_is_not_found(admin, order_id):
    support.assert_problem(admin.get(f"/v1/orders/{order_id}"), 404, "not_found")
    for verb in ("cancel", "ship", "deliver"):
        support.assert_problem(admin.post(f"/v1/orders/{order_id}/{verb}"), 404, "not_found")


def test_an_order_that_did_not_change_is_not_sent_again(buyer, goods, place_order):
    order = place_order(buyer, goods)
    tag = buyer.get(f"/v1/orders/{order['id']}").headers["ETag"]
    again = buyer.get(f"/v1/orders/{order['id']}", headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    canceled = buyer.post(f"/v1/orders/{order['id']}/cancel")
    assert canceled.headers["ETag"] != tag
    changed = buyer.get(f"/v1/orders/{order['id']}", headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["ETag"] == canceled.headers["ETag"]


def pages(client, path):
    """All pages of a list, each a list of its items."""
    found, cursor = [], ""
    while cursor is not None:
        answer = client.get(path + (f"&cursor={cursor}" if cursor else ""))
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found.append(page["data"])
        cursor = page["next_cursor"]
    return found


def test_a_buyer_s_list_is_paged_newest_first(customer, goods, place_order):
    placed = [place_order(customer, goods) for _ in range(5)]
    found = pages(customer, "/v1/orders?limit=2")
    assert [len(page) for page in found] == [2, 2, 1]
    assert [order for page in found for order in page] == placed[::-1]


def test_a_page_does_not_shift_when_orders_come_in_between(customer, goods, place_order):
    placed = [place_order(customer, goods)["id"] for _ in range(4)]
    first = customer.get("/v1/orders?limit=2").json()
    place_order(customer, goods)
    second = customer.get(f"/v1/orders?limit=2&cursor={first['next_cursor']}").json()
    assert [order["id"] for order in first["data"] + second["data"]] == placed[::-1]


def test_orders_of_one_moment_are_each_listed_once(customer, goods, place_order):
    placed = {place_order(customer, goods)["id"] for _ in range(5)}
    support.rows("UPDATE sales.orders SET created_at = '2026-01-01T12:00:00.123456Z'"
                 f" WHERE user_id = '{customer.id}'")
    found = [order["id"] for page in pages(customer, "/v1/orders?limit=2") for order in page]
    assert len(found) == 5 and set(found) == placed


def test_a_list_is_filtered_by_status(customer, goods, place_order):
    kept, canceled = place_order(customer, goods), place_order(customer, goods)
    customer.post(f"/v1/orders/{canceled['id']}/cancel")
    for status, order in (("pending", kept), ("canceled", canceled)):
        data = customer.get(f"/v1/orders?status={status}").json()["data"]
        assert [found["id"] for found in data] == [order["id"]]
    assert customer.get("/v1/orders?status=delivered").json() == {"data": [], "next_cursor": None}


def test_buyers_list_their_own_and_staff_all(buyer, customer, support_agent, goods, place_order):
    order = place_order(buyer, goods)
    assert customer.get("/v1/orders").json()["data"] == []
    newest = support_agent.get("/v1/orders?limit=100").json()["data"]
    assert order["id"] in [found["id"] for found in newest]


@pytest.mark.parametrize("query, pointer", [
    ("status=lost", "status"), ("limit=0", "limit"), ("limit=101", "limit"),
    ("limit=x", "limit"), ("cursor=abc", "cursor"), ("page=2", "page"),
])
def test_a_list_that_makes_no_sense_is_refused(buyer, query, pointer):
    support.assert_problem(buyer.get(f"/v1/orders?{query}"), 422, "validation_failed", pointer)


def test_the_cursor_of_another_list_is_refused(admin, buyer, goods, place_order):
    place_order(buyer, goods)
    place_order(buyer, goods)
    cursor = buyer.get("/v1/orders?limit=1").json()["next_cursor"]
    support.assert_problem(admin.get(f"/v1/stock?cursor={cursor}"), 422, None, "cursor")


def test_a_buyer_cancels_while_unpaid_and_the_stock_is_free_again(
        admin, buyer, make_product, place_order):
    product = make_product(stock=3)
    order = place_order(buyer, product, 3)
    assert level_of(admin, product) == (3, 3)
    answer = buyer.post(f"/v1/orders/{order['id']}/cancel", {"reason": "Comprei errado"})
    assert answer.status_code == 200
    canceled = answer.json()
    assert canceled["status"] == "canceled" and canceled["expires_at"] is None
    assert level_of(admin, product) == (3, 0)
    step = canceled["history"][-1]
    assert (step["actor"], step["from"], step["to"], step["reason"]) == (
        buyer.id, "pending", "canceled", "Comprei errado")


def test_canceling_closes_the_open_payment(buyer, goods, place_order, begin_payment):
    order = place_order(buyer, goods)
    payment = begin_payment(buyer, order)
    buyer.post(f"/v1/orders/{order['id']}/cancel")
    assert buyer.get(f"/v1/payments/{payment['id']}").json()["status"] == "canceled"


def test_a_buyer_can_not_cancel_what_is_paid(admin, buyer, make_product, place_order, pay):
    product = make_product(stock=3)
    order = place_order(buyer, product)
    pay(buyer, order)
    problem = support.assert_problem(buyer.post(f"/v1/orders/{order['id']}/cancel"), 409,
                                     "illegal_transition")
    assert (problem["current_status"], problem["legal"]) == ("paid", [])
    assert read(buyer, order)["status"] == "paid"
    assert level_of(admin, product) == (2, 0)


def test_staff_cancel_what_is_paid_and_the_stock_returns(
        admin, buyer, support_agent, make_product, place_order, pay):
    product = make_product(stock=3)
    order = place_order(buyer, product, 2)
    pay(buyer, order)
    assert level_of(admin, product) == (1, 0)
    answer = support_agent.post(f"/v1/orders/{order['id']}/cancel", {"reason": "Fraude"})
    assert answer.status_code == 200
    assert answer.json()["status"] == "canceled"
    assert level_of(admin, product) == (3, 0)
    movements = admin.get(f"/v1/stock/{product['variants'][0]['id']}").json()["movements"]
    assert [m["kind"] for m in movements] == ["return", "commit", "reserve", "receive"]
    assert movements[0]["order_id"] == order["id"]


def test_an_order_is_shipped_and_delivered_and_tells_how(
        admin, buyer, support_agent, goods, place_order, pay):
    order = place_order(buyer, goods)
    pay(buyer, order)
    answer = support_agent.post(f"/v1/orders/{order['id']}/ship", {"reason": "BR123456789"})
    assert (answer.status_code, answer.json()["status"]) == (200, "shipped")
    answer = support_agent.post(f"/v1/orders/{order['id']}/deliver")
    assert (answer.status_code, answer.json()["status"]) == (200, "delivered")
    history = read(buyer, order)["history"]
    assert [(step["from"], step["to"], step["actor"], step["reason"]) for step in history] == [
        (None, "pending", buyer.id, None), ("pending", "paid", admin.id, None),
        ("paid", "shipped", support_agent.id, "BR123456789"),
        ("shipped", "delivered", support_agent.id, None)]
    times = [step["at"] for step in history]
    assert times == sorted(times)
    assert datetime.datetime.fromisoformat(times[0].replace("Z", "+00:00")).tzinfo is not None


LEGAL = {
    "pending": {"paid", "canceled", "expired"},
    "paid": {"shipped", "canceled", "refunded", "partially_refunded"},
    "shipped": {"delivered", "returned", "refunded"},
    "delivered": {"returned", "refunded", "partially_refunded"},
    "canceled": set(),
    "expired": {"paid"},  # when its money comes after all
}
REACHED_BY = {"ship": "shipped", "deliver": "delivered", "cancel": "canceled"}


@pytest.mark.parametrize("status, verb", [
    (status, verb) for status, legal in LEGAL.items() for verb, to in REACHED_BY.items()
    if to not in legal])
def test_an_illegal_change_is_refused_and_names_the_legal_ones(admin, order_in, status, verb):
    order = order_in(status)
    before = read(admin, order)
    assert before["status"] == status
    problem = support.assert_problem(admin.post(f"/v1/orders/{order['id']}/{verb}"), 409,
                                     "illegal_transition")
    assert problem["current_status"] == status
    assert problem["wanted_status"] == REACHED_BY[verb]
    assert set(problem["legal"]) == LEGAL[status]
    assert read(admin, order) == before


@pytest.mark.parametrize("verb", ["ship", "deliver"])
def test_buyers_do_not_move_orders_on(buyer, order_in, verb):
    order = order_in("paid")
    answer = buyer.post(f"/v1/orders/{order['id']}/{verb}")
    support.assert_problem(answer, 403, "forbidden")


@pytest.mark.parametrize("body, status, pointer", [
    ({"reason": "x" * 501}, 422, "/reason"),
    ({"reason": 7}, 422, "/reason"),
    ({"why": "x"}, 422, "/why"),
    ([], 422, None),
])
def test_a_reason_that_makes_no_sense_changes_nothing(
        buyer, goods, place_order, body, status, pointer):
    order = place_order(buyer, goods)
    answer = buyer.post(f"/v1/orders/{order['id']}/cancel", body)
    support.assert_problem(answer, status, None, pointer)
    assert read(buyer, order)["status"] == "pending"
