"""Shipments: an order leaves in one parcel or in several, and each arrives."""
import pytest

import support
from support import assert_problem

LABEL = {"carrier": "Correios", "tracking_code": "AA123456785BR"}


def variant(product):
    return product["variants"][0]["id"]


def item(product, quantity):
    return {"variant_id": variant(product), "quantity": quantity}


def ship(client, order, *items, key=True, **fields):
    body = {**LABEL, **fields, **({"items": list(items)} if items else {})}
    return client.post(f"/v1/orders/{order['id']}/shipments", body, key=key)


def read(client, order):
    answer = client.get(f"/v1/orders/{order['id']}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def events(order):
    return [(step["event"], step["from"], step["to"]) for step in order["history"]]


@pytest.fixture(scope="module")
def buyer():
    return support.register("Bruna Souza")


@pytest.fixture(scope="module")
def mug(make_product):
    return make_product(stock=100_000)


@pytest.fixture(scope="module")
def plate(make_product):
    return make_product(stock=100_000)


@pytest.fixture(scope="module")
def packer(make_user):
    return make_user("stock")


@pytest.fixture
def paid(buyer, mug, plate, pay):
    """A paid order of five mugs, in two lines, and two plates."""
    answer = buyer.post("/v1/orders", key=True, body={
        "items": [item(mug, 3), item(plate, 2), item(mug, 2)],
        "shipping_address": support.ADDRESS})
    assert answer.status_code == 201, answer.text
    pay(buyer, answer.json())
    return answer.json()


def test_an_order_of_which_nothing_has_left_says_so(buyer, paid):
    order = read(buyer, paid)
    for member in ("shipped_items", "returned_items", "shipments", "returns"):
        assert order[member] == paid[member] == []


def test_an_order_stays_paid_while_part_of_it_is_shipped(buyer, packer, paid, mug, plate):
    answer = ship(packer, paid, item(mug, 4), reason="pratos na sexta")
    assert answer.status_code == 201, answer.text
    parcel = answer.json()
    assert parcel["items"] == [item(mug, 4)]
    assert (parcel["carrier"], parcel["tracking_code"]) == tuple(LABEL.values())
    assert parcel["delivered_at"] is None
    order = read(buyer, paid)
    assert order["status"] == "paid"
    assert order["shipped_items"] == [item(mug, 4)]
    assert order["shipments"] == [parcel]
    step = order["history"][-1]
    assert step == {"at": parcel["shipped_at"], "actor": packer.id, "event": "goods_shipped",
                    "from": "paid", "to": "paid", "reason": "pratos na sexta"}


def test_an_order_is_shipped_with_its_last_piece(buyer, packer, paid, mug, plate):
    assert ship(packer, paid, item(mug, 4)).status_code == 201
    last = ship(packer, paid, item(plate, 2), item(mug, 1))
    assert last.status_code == 201
    order = read(buyer, paid)
    assert order["status"] == "shipped"
    assert order["shipped_items"] == [item(mug, 5), item(plate, 2)]
    assert len(order["shipments"]) == 2
    assert order["shipments"][1] == last.json()
    assert events(order)[-2:] == [("goods_shipped", "paid", "paid"), ("status", "paid", "shipped")]


def test_a_parcel_without_items_holds_all_that_is_left(buyer, packer, paid, mug, plate):
    ship(packer, paid, item(mug, 4))
    parcel = ship(packer, paid).json()
    assert sorted(parcel["items"], key=str) == sorted([item(mug, 1), item(plate, 2)], key=str)
    assert read(buyer, paid)["status"] == "shipped"


def test_the_rest_of_an_order_is_shipped_without_a_word(buyer, packer, paid, mug, plate):
    ship(packer, paid, item(mug, 4))
    answer = packer.post(f"/v1/orders/{paid['id']}/ship")
    assert (answer.status_code, answer.json()["status"]) == (200, "shipped")
    rest = read(buyer, paid)["shipments"][1]
    assert (rest["carrier"], rest["tracking_code"]) == (None, None)
    assert sorted(rest["items"], key=str) == sorted([item(mug, 1), item(plate, 2)], key=str)


def test_the_rest_of_an_order_is_shipped_with_its_label(buyer, packer, paid):
    answer = packer.post(f"/v1/orders/{paid['id']}/ship", {**LABEL, "reason": "coleta"})
    assert answer.status_code == 200, answer.text
    parcel, = answer.json()["shipments"]
    assert (parcel["carrier"], parcel["tracking_code"]) == tuple(LABEL.values())
    assert answer.json()["history"][-1]["reason"] == "coleta"


def test_the_same_key_ships_once(buyer, packer, paid, mug):
    key = support.unique()
    first = ship(packer, paid, item(mug, 2), key=key)
    again = ship(packer, paid, item(mug, 2), key=key)
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["Idempotent-Replayed"] == "true"
    assert read(buyer, paid)["shipped_items"] == [item(mug, 2)]
    assert_problem(ship(packer, paid, item(mug, 1), key=key), 422, "idempotency_key_reused")
    assert_problem(ship(packer, paid, key=None), 400, "idempotency_key_required")


def test_no_more_is_shipped_than_was_sold(buyer, packer, paid, mug, plate):
    ship(packer, paid, item(mug, 4))
    before = read(buyer, paid)
    problem = assert_problem(ship(packer, paid, item(plate, 1), item(mug, 2)), 409,
                             "more_than_left", "/items/1/quantity")
    assert (problem["variant_id"], problem["available"], problem["current_status"]) == (
        variant(mug), 1, "paid")
    assert read(buyer, paid) == before


def test_lines_of_a_parcel_on_one_item_count_together(packer, paid, plate):
    assert_problem(ship(packer, paid, item(plate, 1), item(plate, 2)), 409, "more_than_left",
                   "/items/0/quantity")


def test_what_was_not_sold_is_not_shipped(packer, paid, make_product):
    assert_problem(ship(packer, paid, item(make_product(), 1)), 422, "not_in_order",
                   "/items/0/variant_id")


def test_nothing_is_shipped_before_it_is_paid(buyer, packer, mug, place_order):
    order = place_order(buyer, mug)
    problem = assert_problem(ship(packer, order, item(mug, 1)), 409, "illegal_transition")
    assert (problem["current_status"], problem["wanted_status"]) == ("pending", "shipped")


def test_an_order_of_which_part_has_left_is_not_canceled(admin, buyer, packer, paid, mug):
    ship(packer, paid, item(mug, 1))
    before = read(buyer, paid)
    level = admin.get(f"/v1/stock/{variant(mug)}").json()["on_hand"]
    problem = assert_problem(admin.post(f"/v1/orders/{paid['id']}/cancel"), 409, "partly_shipped")
    assert problem["current_status"] == "paid"
    assert read(buyer, paid) == before
    assert admin.get(f"/v1/stock/{variant(mug)}").json()["on_hand"] == level


# Delivered ------------------------------------------------------------------------------------

def deliver(client, order, parcel, body=None):
    return client.post(f"/v1/orders/{order['id']}/shipments/{parcel['id']}/deliver", body)


def test_an_order_is_delivered_with_its_last_parcel(buyer, packer, paid, mug):
    first = ship(packer, paid, item(mug, 2)).json()
    answer = deliver(packer, paid, first, {"reason": "portaria"})
    assert (answer.status_code, answer.json()["status"]) == (200, "paid")
    step = answer.json()["history"][-1]
    assert (step["event"], step["reason"]) == ("goods_delivered", "portaria")
    assert answer.json()["shipments"][0]["delivered_at"] == step["at"]
    second, third = ship(packer, paid, item(mug, 1)).json(), ship(packer, paid).json()
    assert deliver(packer, paid, third).json()["status"] == "shipped"
    order = deliver(packer, paid, second).json()
    assert order["status"] == "delivered"
    assert all(parcel["delivered_at"] for parcel in order["shipments"])
    assert events(order)[-2:] == [("goods_delivered", "shipped", "shipped"),
                                  ("status", "shipped", "delivered")]


def test_an_order_is_delivered_with_all_its_parcels_at_once(buyer, packer, paid, mug):
    ship(packer, paid, item(mug, 2))
    ship(packer, paid)
    order = packer.post(f"/v1/orders/{paid['id']}/deliver").json()
    assert order["status"] == "delivered"
    assert {parcel["delivered_at"] for parcel in order["shipments"]} == {
        order["history"][-1]["at"]}


def test_a_parcel_arrives_once(packer, paid, mug):
    parcel = ship(packer, paid, item(mug, 2)).json()
    assert deliver(packer, paid, parcel).status_code == 200
    problem = assert_problem(deliver(packer, paid, parcel), 409, "already_delivered")
    assert problem["current_status"] == "paid"


def test_a_parcel_of_another_order_is_not_found(buyer, packer, paid, mug, place_order):
    parcel = ship(packer, paid, item(mug, 2)).json()
    other = place_order(buyer, mug)
    assert_problem(deliver(packer, other, parcel), 404, "not_found")
    assert_problem(deliver(packer, paid, {"id": "7"}), 404, "not_found")


def test_buyers_do_not_ship(buyer, paid, mug):
    assert_problem(ship(buyer, paid, item(mug, 1)), 403, "forbidden")


@pytest.mark.parametrize("body, pointer, code", [
    ({}, "/carrier", "required"),
    ({"carrier": ""}, "/carrier", "required"),
    ({"carrier": "x" * 81}, "/carrier", "too_long"),
    ({"carrier": "x", "tracking_code": "a\nb"}, "/tracking_code", "control_character"),
    ({"carrier": "x", "items": []}, "/items", "too_few"),
    ({"carrier": "x", "items": [{"variant_id": "7", "quantity": 1}]}, "/items/0/variant_id",
     "not_uuid"),
    ({"carrier": "x", "items": [{"quantity": 0}]}, "/items/0/quantity", "too_small"),
    ({"carrier": "x", "when": "now"}, "/when", "unknown_field"),
])
def test_a_parcel_that_makes_no_sense_is_refused(packer, paid, body, pointer, code):
    answer = packer.post(f"/v1/orders/{paid['id']}/shipments", body, key=True)
    problem = assert_problem(answer, 422, "validation_failed", pointer)
    assert code in [error["code"] for error in problem["errors"]]


def test_a_parcel_is_written_into_the_audit(admin, packer, paid, mug):
    parcel = ship(packer, paid, item(mug, 2)).json()
    deliver(packer, paid, parcel)
    ship(packer, paid)
    rows = admin.get("/v1/audit", params={"subject": paid["id"], "actor": packer.id}).json()["data"]
    assert [row["action"] for row in rows] == [
        "order.shipped", "order.goods_delivered", "order.goods_shipped"]


# At once --------------------------------------------------------------------------------------

def copies(client, count):
    """The same user from so many connections."""
    token = client.token
    clients = [support.Client() for _ in range(count)]
    for copy in clients:
        copy.http.headers["Authorization"] = f"Bearer {token}"
    return clients


def test_many_who_ship_the_last_pieces_at_once_ship_them_once(buyer, packer, paid, mug):
    answers = support.at_once(*[
        lambda clerk=clerk: ship(clerk, paid, item(mug, 2)) for clerk in copies(packer, 8)])
    won = [answer for answer in answers if answer.status_code == 201]
    assert len(won) == 2
    for answer in answers:
        if answer not in won:
            problem = assert_problem(answer, 409, "more_than_left")
            assert (problem["available"], problem["current_status"]) == (1, "paid")
    order = read(buyer, paid)
    assert order["shipped_items"] == [item(mug, 4)]
    assert [step["event"] for step in order["history"]].count("goods_shipped") == 2


def test_of_shipping_and_canceling_at_once_one_wins_and_the_other_hears_where_it_stands(
        admin, buyer, packer, mug, place_order, pay):
    for n in range(10):
        order = place_order(buyer, mug, 2)
        pay(buyer, order)
        clerk, boss = copies(packer, 1)[0], copies(admin, 1)[0]
        part = (item(mug, 1),) if n % 2 else ()
        shipped, canceled = support.at_once(
            lambda: ship(clerk, order, *part),
            lambda: boss.post(f"/v1/orders/{order['id']}/cancel"))
        now = read(buyer, order)
        assert {shipped.status_code, canceled.status_code} in ({201, 409}, {409, 200})
        lost = shipped if shipped.status_code == 409 else canceled
        assert lost.json()["current_status"] == now["status"]
        assert bool(now["shipments"]) == (shipped.status_code == 201)


def test_of_many_who_deliver_a_parcel_one_does(buyer, packer, paid, mug):
    parcel = ship(packer, paid, item(mug, 2)).json()
    answers = support.at_once(*[
        lambda clerk=clerk: deliver(clerk, paid, parcel) for clerk in copies(packer, 6)])
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 5
    assert all(answer.json()["current_status"] == "paid" for answer in answers
               if answer.status_code == 409)
