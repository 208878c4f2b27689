"""Stock: received, adjusted and counted; levels are the sum of the ledger and never negative."""
import uuid

import pytest

import support


def variant_of(product):
    return product["variants"][0]["id"]


def move(client, product, kind, quantity, **fields):
    return client.post("/v1/stock/movements", key=True, body={
        "variant_id": variant_of(product), "kind": kind, "quantity": quantity, **fields})


def level(client, product):
    answer = client.get(f"/v1/stock/{variant_of(product)}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def figures(document):
    return document["on_hand"], document["reserved"], document["available"]


@pytest.fixture(scope="module")
def stock_keeper(make_user):
    return make_user("stock")


@pytest.fixture(scope="module")
def buyer():
    return support.register()


@pytest.fixture
def empty(make_product):
    return make_product(stock=0)


def test_what_is_received_is_there_to_sell(stock_keeper, empty, anyone):
    answer = move(stock_keeper, empty, "receive", 12)
    assert answer.status_code == 201
    assert answer.json() == {"variant_id": variant_of(empty), "sku": empty["variants"][0]["sku"],
                             "name": empty["name"], "on_hand": 12, "reserved": 0, "available": 12}
    move(stock_keeper, empty, "receive", 3)
    assert figures(level(stock_keeper, empty)) == (15, 0, 15)
    seen = anyone.get(f"/v1/products/{empty['id']}").json()
    assert (seen["in_stock"], seen["variants"][0]["available"]) == (True, 15)


def test_an_adjustment_goes_either_way(stock_keeper, empty):
    move(stock_keeper, empty, "receive", 10)
    assert figures(move(stock_keeper, empty, "adjust", -4).json()) == (6, 0, 6)
    assert figures(move(stock_keeper, empty, "adjust", 1).json()) == (7, 0, 7)


def test_a_count_says_how_much_there_is(stock_keeper, empty):
    move(stock_keeper, empty, "receive", 10)
    assert figures(move(stock_keeper, empty, "count", 8).json()) == (8, 0, 8)
    assert figures(move(stock_keeper, empty, "count", 11).json()) == (11, 0, 11)
    changes = [m["on_hand"] for m in level(stock_keeper, empty)["movements"]]
    assert changes == [3, -2, 10]


def test_a_count_that_finds_what_was_expected_is_written_down(stock_keeper, empty):
    move(stock_keeper, empty, "receive", 5)
    move(stock_keeper, empty, "count", 5)
    last = level(stock_keeper, empty)["movements"][0]
    assert (last["kind"], last["on_hand"]) == ("count", 0)


def test_the_first_movement_may_be_a_count(stock_keeper, empty):
    assert figures(move(stock_keeper, empty, "count", 4).json()) == (4, 0, 4)


def test_a_variant_that_never_had_stock_has_an_empty_level(stock_keeper, empty):
    document = level(stock_keeper, empty)
    assert figures(document) == (0, 0, 0)
    assert document["movements"] == []


def test_stock_does_not_go_below_zero(stock_keeper, empty):
    support.assert_problem(move(stock_keeper, empty, "adjust", -1), 409, "insufficient_stock",
                           "/quantity")
    move(stock_keeper, empty, "receive", 3)
    problem = support.assert_problem(move(stock_keeper, empty, "adjust", -4), 409,
                                     "insufficient_stock", "/quantity")
    assert problem["available"] == 3
    assert figures(level(stock_keeper, empty)) == (3, 0, 3)


def test_stock_does_not_go_below_what_is_promised(stock_keeper, buyer, empty, place_order):
    move(stock_keeper, empty, "receive", 5)
    place_order(buyer, empty, 3)
    for kind, quantity in (("adjust", -3), ("count", 2)):
        problem = support.assert_problem(move(stock_keeper, empty, kind, quantity), 409,
                                         "insufficient_stock", "/quantity")
        assert problem["available"] == 2
    assert figures(move(stock_keeper, empty, "count", 3).json()) == (3, 3, 0)


def test_the_last_piece_takes_the_product_out_of_stock(stock_keeper, buyer, anyone, empty,
                                                       place_order):
    def in_stock():
        return anyone.get(f"/v1/products/{empty['id']}").json()["in_stock"]
    assert not in_stock()
    move(stock_keeper, empty, "receive", 1)
    assert in_stock()
    order = place_order(buyer, empty)
    assert not in_stock()
    buyer.post(f"/v1/orders/{order['id']}/cancel")
    assert in_stock()


def test_more_than_a_level_can_hold_is_refused(stock_keeper, empty):
    move(stock_keeper, empty, "receive", 1)
    support.rows("INSERT INTO sales.stock_movements (variant_id, kind, on_hand, reserved)"
                 f" VALUES ('{variant_of(empty)}', 'receive', 999999000, 0)")
    support.assert_problem(move(stock_keeper, empty, "receive", 1000), 422, "out_of_range",
                           "/quantity")
    assert figures(move(stock_keeper, empty, "receive", 999).json())[0] == 1_000_000_000


@pytest.mark.parametrize("change, pointer, code", [
    ({"kind": "receive", "quantity": 0}, "/quantity", "too_small"),
    ({"kind": "receive", "quantity": -5}, "/quantity", "too_small"),
    ({"kind": "count", "quantity": -1}, "/quantity", "too_small"),
    ({"kind": "adjust", "quantity": 0}, "/quantity", "out_of_range"),
    ({"quantity": 1_000_001}, "/quantity", "too_large"),
    ({"kind": "adjust", "quantity": -1_000_001}, "/quantity", "too_small"),
    ({"quantity": 1.5}, "/quantity", "not_integer"),
    ({"quantity": "1"}, "/quantity", "not_integer"),
    ({"kind": "reserve"}, "/kind", "not_choice"),
    ({"kind": "commit"}, "/kind", "not_choice"),
    ({"variant_id": "7"}, "/variant_id", "not_uuid"),
    ({"variant_id": str(uuid.UUID(int=7))}, "/variant_id", "unknown_variant"),
    ({"reason": "x" * 501}, "/reason", "too_long"),
    ({"order_id": str(uuid.UUID(int=7))}, "/order_id", "unknown_field"),
])
def test_a_movement_that_makes_no_sense_is_refused(stock_keeper, empty, change, pointer, code):
    body = {"variant_id": variant_of(empty), "kind": "receive", "quantity": 1, **change}
    answer = stock_keeper.post("/v1/stock/movements", body, key=True)
    problem = support.assert_problem(answer, 422)
    assert (pointer, code) in [(e["pointer"], e["code"]) for e in problem["errors"]]
    assert level(stock_keeper, empty)["movements"] == []


def test_movements_tell_who_what_and_why_newest_first(stock_keeper, buyer, empty, place_order):
    move(stock_keeper, empty, "receive", 5, reason="Nota 123")
    order = place_order(buyer, empty, 2)
    buyer.post(f"/v1/orders/{order['id']}/cancel")
    release, reserve, receive = level(stock_keeper, empty)["movements"]
    assert (receive["kind"], receive["on_hand"], receive["reserved"]) == ("receive", 5, 0)
    assert (receive["actor"], receive["reason"]) == (stock_keeper.id, "Nota 123")
    assert receive["order_id"] is None
    assert (reserve["kind"], reserve["on_hand"], reserve["reserved"]) == ("reserve", 0, 2)
    assert (reserve["actor"], reserve["order_id"]) == (buyer.id, order["id"])
    assert (release["kind"], release["on_hand"], release["reserved"]) == ("release", 0, -2)
    assert receive["created_at"] <= reserve["created_at"] <= release["created_at"]


def test_level_and_ledger_agree_after_a_life_of_orders(stock_keeper, admin, buyer, empty,
                                                       place_order, pay):
    move(stock_keeper, empty, "receive", 20)
    sold, dropped, late, undone = (place_order(buyer, empty, n) for n in (1, 2, 3, 4))
    open_order = place_order(buyer, empty, 5)
    pay(buyer, sold)
    buyer.post(f"/v1/orders/{dropped['id']}/cancel")
    support.expire_now(late)
    pay(buyer, undone)
    admin.post(f"/v1/orders/{undone['id']}/cancel")
    move(stock_keeper, empty, "count", 18)
    document = level(stock_keeper, empty)
    assert figures(document) == (18, 5, 13)
    assert sum(m["on_hand"] for m in document["movements"]) == 18
    assert sum(m["reserved"] for m in document["movements"]) == 5
    buyer.post(f"/v1/orders/{open_order['id']}/cancel")
    assert figures(level(stock_keeper, empty)) == (18, 0, 18)


def all_levels(client, query):
    found, cursor = [], ""
    while cursor is not None:
        answer = client.get(f"/v1/stock?limit=100{query}{cursor and '&cursor=' + cursor}")
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found += page["data"]
        cursor = page["next_cursor"]
    return found


def test_levels_are_listed_each_once(stock_keeper, make_product):
    made = {variant_of(make_product(stock=2)) for _ in range(3)}
    listed = [document["variant_id"] for document in all_levels(stock_keeper, "")]
    assert made <= set(listed)
    assert len(listed) == len(set(listed))


def test_a_page_of_levels_goes_on_where_the_last_one_ended(stock_keeper, make_product):
    for _ in range(3):
        make_product(stock=1)
    first = stock_keeper.get("/v1/stock?limit=2").json()
    second = stock_keeper.get(f"/v1/stock?limit=2&cursor={first['next_cursor']}").json()
    ids = [document["variant_id"] for document in first["data"] + second["data"]]
    assert len(first["data"]) == 2 and ids == sorted(ids) and len(set(ids)) == len(ids)


def test_low_stock_is_what_has_few_pieces_available(stock_keeper, buyer, make_product,
                                                    place_order):
    gone, low, plenty = (make_product(stock=n) for n in (2, 9, 9))
    place_order(buyer, gone, 2)
    place_order(buyer, low, 7)
    for most, expected in ((0, {variant_of(gone)}), (2, {variant_of(gone), variant_of(low)})):
        found = all_levels(stock_keeper, f"&max_available={most}")
        assert all(document["available"] <= most for document in found)
        ids = {document["variant_id"] for document in found}
        assert ids & {variant_of(p) for p in (gone, low, plenty)} == expected


@pytest.mark.parametrize("query, pointer", [
    ("max_available=-1", "max_available"), ("max_available=few", "max_available"),
    ("limit=0", "limit"), ("cursor=zzz", "cursor"), ("low=1", "low"),
])
def test_a_list_that_makes_no_sense_is_refused(stock_keeper, query, pointer):
    support.assert_problem(stock_keeper.get(f"/v1/stock?{query}"), 422, None, pointer)


@pytest.mark.parametrize("variant", [str(uuid.UUID(int=7)), "7"])
def test_the_level_of_no_variant_is_not_found(stock_keeper, variant):
    support.assert_problem(stock_keeper.get(f"/v1/stock/{variant}"), 404, "not_found")


def test_only_who_may_sees_and_moves_stock(anyone, buyer, make_user, product):
    agent = make_user("support")
    for path in ("/v1/stock", f"/v1/stock/{variant_of(product)}"):
        support.assert_problem(anyone.get(path), 401, "unauthorized")
        support.assert_problem(buyer.get(path), 403, "forbidden")
        support.assert_problem(agent.get(path), 403, "forbidden")
    support.assert_problem(move(anyone, product, "receive", 1), 401, "unauthorized")
    support.assert_problem(move(buyer, product, "receive", 1), 403, "forbidden")
