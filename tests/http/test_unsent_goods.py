"""Orders whose money all goes back before all of them has left: what never left is on the shelf again,
once, in whatever order things happen; what has left comes back as a return, or not at all."""
import pytest

import paying
import support
from paying import buyer
from test_returns import kit, movements, on_hand, take_back
from test_selling_ahead import BACKORDER, day
from test_shipments import copies, item, read, ship, variant


@pytest.fixture
def mug(make_product):
    return make_product(stock=100)


@pytest.fixture
def bought(buyer, mug, place_order, pay):
    """A paid order of five mugs, and its payment."""
    order = place_order(buyer, mug, 5)
    return order, pay(buyer, order)


def give_back(admin, payment, amount=None):
    """Money goes back, and somebody has sent it."""
    answer = admin.post(f"/v1/payments/{payment['id']}/refunds", {"amount": amount} if amount else {}, key=True)
    assert answer.status_code == 201, answer.text
    answer = admin.post(f"/v1/refunds/{answer.json()['id']}/confirm")
    assert answer.status_code == 200, answer.text


def test_what_never_left_is_on_the_shelf_again(admin, buyer, mug, bought):
    order, payment = bought
    ship(admin, order, item(mug, 2))
    assert on_hand(admin, mug) == 95
    give_back(admin, payment)
    now = read(buyer, order)
    assert (now["status"], now["shipped_items"], now["returned_items"]) == ("refunded", [item(mug, 2)], [])
    assert on_hand(admin, mug) == 98
    assert movements(mug, order) == [("commit", -5), ("return", 3)]
    support.assert_problem(ship(admin, order), 409, "illegal_transition")


def test_money_that_goes_back_in_part_leaves_the_rest_to_be_sent(admin, buyer, mug, bought):
    order, payment = bought
    ship(admin, order, item(mug, 2))
    give_back(admin, payment, 1000)
    assert (read(buyer, order)["status"], on_hand(admin, mug)) == ("partially_refunded", 95)
    ship(admin, order, item(mug, 1))
    give_back(admin, payment)
    assert (read(buyer, order)["status"], on_hand(admin, mug)) == ("refunded", 97)


@pytest.mark.parametrize("sent", [0, 5])
def test_of_what_left_whole_or_not_at_all_it_is_as_it_was(admin, buyer, mug, bought, sent):
    order, payment = bought
    if sent:
        ship(admin, order)
    give_back(admin, payment)
    assert (read(buyer, order)["status"], on_hand(admin, mug)) == ("refunded", 100 - sent)


@pytest.mark.parametrize("restock, left", [(True, 100), (False, 98)])
@pytest.mark.parametrize("first", ["goods", "money"])
def test_goods_and_money_come_back_in_either_order(admin, buyer, mug, bought, first, restock, left):
    order, payment = bought
    ship(admin, order, item(mug, 2))
    if first == "money":
        give_back(admin, payment)
    assert take_back(admin, order, restock=restock).json()["items"] == [item(mug, 2)]
    if first == "goods":
        give_back(admin, payment)
    support.assert_problem(take_back(admin, order), 409, "nothing_to_return")
    assert (read(buyer, order)["status"], on_hand(admin, mug)) == ("refunded", left)


def test_it_comes_back_to_where_it_lay(admin, make_user, buyer, make_product, place_order, pay):
    keeper, shop = make_user("stock"), support.unique("loja")
    assert keeper.put(f"/v1/stock/locations/{shop}", {"name": "Loja", "position": 5}).ok
    cup = make_product(stock=2)
    keeper.post("/v1/stock/movements", key=True, body={
        "variant_id": variant(cup), "kind": "receive", "quantity": 2, "location": shop})
    order = place_order(buyer, cup, 4)
    payment = pay(buyer, order)
    ship(admin, order, item(cup, 1))
    give_back(admin, payment)
    places = dict(support.rows("SELECT location, sum(on_hand) FROM sales.stock_slots"
                               f" WHERE variant_id = '{variant(cup)}' GROUP BY 1"))
    assert sum(map(int, places.values())) == 3 and max(map(int, places.values())) == 2


def test_what_a_gateway_tells_twice_and_late_comes_back_once(standin, admin, buyer, mug, place_order):
    order = place_order(buyer, mug, 5)
    payment = paying.begin(buyer, order, "stripe", "card").json()
    paying.pay(standin, payment)
    ship(admin, order, item(mug, 4))
    standin.stripe.outbox.set_mode("held")
    for amount in (1000, order["totals"]["total"] - 1000):
        standin.stripe.refund_from_dashboard(payment["ref"], amount)
    standin.stripe.outbox.deliver(shuffle=True, copies=2)
    standin.wait()
    standin.stripe.outbox.set_mode("automatic")
    paying.settle()
    assert (read(buyer, order)["status"], on_hand(admin, mug)) == ("refunded", 96)
    assert movements(mug, order) == [("commit", -5), ("return", 1)]
    paying.assert_agrees(standin, admin, payment)


def test_of_a_bundle_its_parts_come_back(admin, buyer, kit, place_order, pay):
    bundle, cup, plate = kit
    order = place_order(buyer, bundle, 3)
    payment = pay(buyer, order)
    ship(admin, order, item(bundle, 1))
    give_back(admin, payment)
    assert (on_hand(admin, cup), on_hand(admin, plate)) == (48, 49)


def test_no_more_comes_back_than_a_bundle_took(admin, buyer, kit, place_order, pay):
    bundle, cup, plate = kit
    order = place_order(buyer, bundle, 3)
    payment = pay(buyer, order)
    ship(admin, order, item(bundle, 1))
    assert admin.patch(f"/v1/products/{bundle['id']}", {"parts": [
        {"variant_id": variant(cup), "quantity": 10}]}).ok
    give_back(admin, payment)
    assert (on_hand(admin, cup), on_hand(admin, plate)) == (50, 47)


def waits_for(client, order):
    return [line["ahead"]["yet_to_come"] for line in read(client, order)["items"]]


def owed(admin, product):
    return admin.get(f"/v1/stock/{variant(product)}").json()["ahead"]["owed"]


def test_what_had_not_come_is_not_waited_for(admin, buyer, make_product, place_order, pay):
    cup = make_product(stock=1, sell_ahead={"pieces": 9, "days": 10})
    first = place_order(buyer, cup, 3)
    earlier, payment = pay(buyer, first), None
    last = place_order(buyer, cup, 2)
    payment = pay(buyer, last)
    assert (owed(admin, cup), waits_for(buyer, first), waits_for(buyer, last)) == (4, [2], [2])
    ship(admin, first, item(cup, 1))
    give_back(admin, payment)
    assert (owed(admin, cup), waits_for(buyer, first), waits_for(buyer, last)) == (2, [2], [0])
    give_back(admin, earlier)
    assert (owed(admin, cup), on_hand(admin, cup), waits_for(buyer, first)) == (0, 0, [0])
    admin.post("/v1/stock/movements", key=True, body={
        "variant_id": variant(cup), "kind": "receive", "quantity": 2})
    assert on_hand(admin, cup) == 2


def test_who_waits_gets_what_another_was_not_sent(admin, buyer, make_product, place_order, pay):
    cup = make_product(stock=3, sell_ahead=BACKORDER)
    first, last = place_order(buyer, cup, 3), place_order(buyer, cup, 1)
    payment = pay(buyer, first)
    pay(buyer, last)
    ship(admin, first, item(cup, 1))
    give_back(admin, payment)
    assert (owed(admin, cup), waits_for(buyer, last), on_hand(admin, cup)) == (0, [0], 1)
    assert ship(admin, last).status_code == 201


def test_who_was_served_before_is_not_taken_for_who_waits(admin, buyer, make_product, place_order, pay):
    cup = make_product(stock=1, sell_ahead={"pieces": 9, "date": day(5)})
    orders = [place_order(buyer, cup, n) for n in (2, 3, 2)]  # of which 1, 3 and 2 are to come
    payments = [pay(buyer, order) for order in orders]
    admin.post("/v1/stock/movements", key=True, body={
        "variant_id": variant(cup), "kind": "receive", "quantity": 3})
    assert [waits_for(buyer, order) for order in orders] == [[0], [1], [2]]
    ship(admin, orders[1], item(cup, 2))
    give_back(admin, payments[1])
    assert [waits_for(buyer, order) for order in orders] == [[0], [0], [2]]
    assert owed(admin, cup) == 2


def test_of_sending_the_rest_and_giving_all_back_at_once_nothing_is_lost(admin, buyer, mug, place_order, pay):
    left = 100
    for _ in range(6):
        order = place_order(buyer, mug, 3)
        payment = pay(buyer, order)
        ship(admin, order, item(mug, 1))
        refund = admin.post(f"/v1/payments/{payment['id']}/refunds", {}, key=True).json()
        one, two = copies(admin, 2)
        parcel, back = support.at_once(lambda: ship(one, order),
                                       lambda: two.post(f"/v1/refunds/{refund['id']}/confirm"))
        assert (parcel.status_code in (201, 409), back.status_code) == (True, 200)
        left -= 3 if parcel.status_code == 201 else 1
        assert (read(buyer, order)["status"], on_hand(admin, mug)) == ("refunded", left)
