"""Returns: goods come back, whole or in part, to the shelf or not, and never more than went."""
import pytest

import support
from support import assert_problem
from test_shipments import copies, deliver, item, read, ship, variant


def take_back(client, order, *items, restock=True, reason="arrependimento", key=True):
    body = {"restock": restock, "reason": reason, **({"items": list(items)} if items else {})}
    return client.post(f"/v1/orders/{order['id']}/returns", body, key=key)


def on_hand(admin, product):
    return admin.get(f"/v1/stock/{variant(product)}").json()["on_hand"]


def movements(product, order):
    """[(kind, pieces)] of what an order moved of a product, in its sequence."""
    return [(kind, int(pieces)) for kind, pieces in support.rows(
        f"SELECT kind, on_hand FROM sales.stock_movements WHERE variant_id = '{variant(product)}'"
        f" AND order_id = '{order['id']}' AND kind <> 'reserve' ORDER BY id")]


@pytest.fixture(scope="module")
def clerk(make_user):
    return make_user("support")


@pytest.fixture
def mug(make_product):
    return make_product(stock=100)


@pytest.fixture
def bought(customer, mug, place_order, pay):
    """A paid order of five mugs."""
    order = place_order(customer, mug, 5)
    pay(customer, order)
    return order


@pytest.fixture
def delivered(admin, bought):
    for step in ("ship", "deliver"):
        assert admin.post(f"/v1/orders/{bought['id']}/{step}").status_code == 200
    return bought


def test_part_of_an_order_comes_back_to_the_shelf(admin, customer, clerk, mug, delivered):
    answer = take_back(clerk, delivered, item(mug, 2), reason="lascadas? não, só desistiu")
    assert answer.status_code == 201, answer.text
    back = answer.json()
    assert (back["items"], back["restocked"]) == ([item(mug, 2)], True)
    order = read(customer, delivered)
    assert order["status"] == "delivered"
    assert order["returned_items"] == [item(mug, 2)]
    assert order["returns"] == [back]
    step = order["history"][-1]
    assert (step["event"], step["from"], step["to"], step["actor"], step["reason"], step["at"]) == (
        "goods_returned", "delivered", "delivered", clerk.id, "lascadas? não, só desistiu",
        back["returned_at"])
    assert on_hand(admin, mug) == 97
    assert movements(mug, delivered) == [("commit", -5), ("return", 2)]


def test_what_is_broken_comes_back_but_not_to_the_shelf(admin, customer, clerk, mug, delivered):
    assert take_back(clerk, delivered, item(mug, 2), restock=False).json()["restocked"] is False
    assert read(customer, delivered)["returned_items"] == [item(mug, 2)]
    assert on_hand(admin, mug) == 95
    assert movements(mug, delivered) == [("commit", -5)]


def test_an_order_is_returned_when_all_of_it_is_back(admin, customer, clerk, mug, delivered):
    take_back(clerk, delivered, item(mug, 2), restock=False)
    answer = take_back(clerk, delivered)
    assert answer.json()["items"] == [item(mug, 3)]
    order = read(customer, delivered)
    assert order["status"] == "returned"
    assert order["returned_items"] == [item(mug, 5)]
    step = order["history"][-1]
    assert (step["event"], step["from"], step["to"]) == ("status", "delivered", "returned")
    assert on_hand(admin, mug) == 98


def test_the_money_stays_the_payments_matter(customer, clerk, delivered):
    take_back(clerk, delivered)
    payment, = customer.get(f"/v1/orders/{delivered['id']}/payments").json()["data"]
    assert payment["status"] == "captured"
    assert read(customer, delivered)["totals"] == delivered["totals"]


def test_a_parcel_that_nobody_took_comes_back_without_having_arrived(
        admin, customer, clerk, mug, bought):
    ship(admin, bought)
    assert take_back(clerk, bought, reason="destinatário ausente").status_code == 201
    order = read(customer, bought)
    assert (order["status"], order["shipments"][0]["delivered_at"]) == ("returned", None)
    assert on_hand(admin, mug) == 100
    problem = assert_problem(deliver(admin, bought, order["shipments"][0]), 409,
                             "illegal_transition")
    assert problem["current_status"] == "returned"


def test_of_an_order_that_left_in_part_only_that_comes_back(admin, customer, clerk, mug, bought):
    ship(admin, bought, item(mug, 2))
    problem = assert_problem(take_back(clerk, bought, item(mug, 3)), 409, "more_than_shipped",
                             "/items/0/quantity")
    assert (problem["available"], problem["current_status"]) == (2, "paid")
    assert take_back(clerk, bought).json()["items"] == [item(mug, 2)]
    assert read(customer, bought)["status"] == "paid"
    problem = assert_problem(take_back(clerk, bought), 409, "nothing_to_return")
    assert problem["current_status"] == "paid"
    assert ship(admin, bought).status_code == 201
    assert read(customer, bought)["status"] == "shipped"


def test_no_more_comes_back_than_went(admin, clerk, mug, delivered):
    take_back(clerk, delivered, item(mug, 3))
    problem = assert_problem(take_back(clerk, delivered, item(mug, 1), item(mug, 2)), 409,
                             "more_than_shipped", "/items/0/quantity")
    assert (problem["variant_id"], problem["available"]) == (variant(mug), 2)
    assert on_hand(admin, mug) == 98


@pytest.mark.parametrize("status", ["pending", "paid", "canceled"])
def test_of_what_never_left_nothing_comes_back(
        customer, clerk, mug, place_order, pay, status):
    order = place_order(customer, mug)
    if status == "paid":
        pay(customer, order)
    elif status == "canceled":
        customer.post(f"/v1/orders/{order['id']}/cancel")
    problem = assert_problem(take_back(clerk, order), 409, "nothing_to_return")
    assert problem["current_status"] == status


def test_what_was_not_sold_does_not_come_back(clerk, delivered, make_product):
    assert_problem(take_back(clerk, delivered, item(make_product(), 1)), 422, "not_in_order",
                   "/items/0/variant_id")


def test_an_order_comes_back_once(customer, clerk, delivered):
    take_back(clerk, delivered)
    problem = assert_problem(take_back(clerk, delivered), 409, "nothing_to_return")
    assert problem["current_status"] == "returned"
    assert len(read(customer, delivered)["returns"]) == 1


def test_the_same_key_takes_back_once(admin, clerk, mug, delivered):
    key = support.unique()
    first = take_back(clerk, delivered, item(mug, 1), key=key)
    again = take_back(clerk, delivered, item(mug, 1), key=key)
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["Idempotent-Replayed"] == "true"
    assert on_hand(admin, mug) == 96
    assert_problem(take_back(clerk, delivered, key=None), 400, "idempotency_key_required")


@pytest.mark.parametrize("body, pointer, code", [
    ({"reason": "x"}, "/restock", "required"),
    ({"restock": True}, "/reason", "required"),
    ({"restock": True, "reason": " "}, "/reason", "required"),
    ({"restock": "yes", "reason": "x"}, "/restock", "not_boolean"),
    ({"restock": True, "reason": "x", "items": []}, "/items", "too_few"),
])
def test_a_return_that_makes_no_sense_is_refused(clerk, delivered, body, pointer, code):
    answer = clerk.post(f"/v1/orders/{delivered['id']}/returns", body, key=True)
    problem = assert_problem(answer, 422, "validation_failed", pointer)
    assert code in [error["code"] for error in problem["errors"]]


def test_buyers_take_nothing_back(customer, delivered):
    assert_problem(take_back(customer, delivered), 403, "forbidden")


# Bundles --------------------------------------------------------------------------------------

@pytest.fixture
def kit(admin, make_product):
    """A bundle of two mugs and a plate: (bundle, mug, plate)."""
    mug, plate = make_product(stock=50), make_product(stock=50)
    answer = admin.post("/v1/products", {
        "name": support.unique("Kit"), "type": "bundle", "price": 5990, "currency": "BRL",
        "parts": [{"variant_id": variant(mug), "quantity": 2},
                  {"variant_id": variant(plate), "quantity": 1}]})
    assert answer.status_code == 201, answer.text
    return answer.json(), mug, plate


@pytest.fixture
def kits_delivered(admin, customer, kit, place_order, pay):
    order = place_order(customer, kit[0], 3)
    pay(customer, order)
    for step in ("ship", "deliver"):
        assert admin.post(f"/v1/orders/{order['id']}/{step}").status_code == 200
    return order


def test_a_bundle_comes_back_as_its_parts(admin, clerk, kit, kits_delivered):
    bundle, mug, plate = kit
    assert take_back(clerk, kits_delivered, item(bundle, 1)).status_code == 201
    assert (on_hand(admin, mug), on_hand(admin, plate)) == (46, 48)
    assert take_back(clerk, kits_delivered).status_code == 201
    assert (on_hand(admin, mug), on_hand(admin, plate)) == (50, 50)


def test_a_bundle_made_of_other_things_by_now_gives_back_what_it_took(
        admin, customer, clerk, kit, kits_delivered, make_product):
    bundle, mug, plate = kit
    glass = make_product(stock=50)
    answer = admin.patch(f"/v1/products/{bundle['id']}", {"parts": [
        {"variant_id": variant(mug), "quantity": 10},
        {"variant_id": variant(glass), "quantity": 1}]})
    assert answer.status_code == 200, answer.text
    assert take_back(clerk, kits_delivered, item(bundle, 1)).status_code == 201
    assert (on_hand(admin, mug), on_hand(admin, plate), on_hand(admin, glass)) == (50, 47, 50)
    assert take_back(clerk, kits_delivered).status_code == 201
    assert (on_hand(admin, mug), on_hand(admin, plate), on_hand(admin, glass)) == (50, 50, 50)
    assert read(customer, kits_delivered)["status"] == "returned"


# At once --------------------------------------------------------------------------------------

def test_many_who_take_back_the_last_pieces_at_once_do_it_once(
        admin, customer, clerk, mug, delivered):
    answers = support.at_once(*[
        lambda one=one: take_back(one, delivered, item(mug, 2)) for one in copies(clerk, 8)])
    won = [answer for answer in answers if answer.status_code == 201]
    assert len(won) == 2
    for answer in answers:
        if answer not in won:
            problem = assert_problem(answer, 409, "more_than_shipped")
            assert (problem["available"], problem["current_status"]) == (1, "delivered")
    assert on_hand(admin, mug) == 99
    assert read(customer, delivered)["returned_items"] == [item(mug, 4)]


def test_of_returning_and_delivering_at_once_one_wins(admin, customer, clerk, mug, place_order, pay):
    for _ in range(6):
        order = place_order(customer, mug, 1)
        pay(customer, order)
        parcel = ship(admin, order).json()
        one, two = copies(clerk, 2)
        back, arrived = support.at_once(lambda: take_back(one, order),
                                        lambda: deliver(two, order, parcel))
        now = read(customer, order)
        assert (back.status_code, now["status"]) == (201, "returned")
        assert arrived.status_code in (200, 409)
        if arrived.status_code == 409:
            assert arrived.json()["current_status"] == "returned"
    assert on_hand(admin, mug) == 100
