"""Back-orders and pre-orders: pieces that are sold before they are there, and never more than may be."""
import concurrent.futures
import datetime
import threading

import pytest

import support

BACKORDER = {"pieces": 4, "days": 10}


def today():
    return datetime.datetime.now(datetime.timezone.utc).date()


def day(days):
    return (today() + datetime.timedelta(days)).isoformat()


def variant_of(product):
    return product["variants"][0]["id"]


@pytest.fixture(scope="module")
def keeper(make_user):
    return make_user("stock")


@pytest.fixture(scope="module")
def buyer():
    return support.register()


@pytest.fixture(scope="module")
def packer(make_account):
    return make_account("orders:read", "orders:write")


@pytest.fixture(scope="module")
def shop(keeper):
    code = support.unique("loja")
    assert keeper.put(f"/v1/stock/locations/{code}",
                      {"name": "Loja", "position": 5}).status_code == 201
    return code


def order(client, *lines):
    return client.post("/v1/orders", key=True, body={
        "items": [{"variant_id": variant_of(p), "quantity": n} for p, n in lines],
        "shipping_address": support.ADDRESS})


def move(client, product, kind, quantity, **fields):
    answer = client.post("/v1/stock/movements", key=True, body={
        "variant_id": variant_of(product), "kind": kind, "quantity": quantity, **fields})
    assert answer.status_code == 201, answer.text
    return answer.json()


def stock(client, product):
    return client.get(f"/v1/stock/{variant_of(product)}").json()


def promised(client, product):
    """(how many can still be ordered ahead, how many wait)"""
    ahead = stock(client, product)["ahead"]
    return ahead and (ahead["pieces"], ahead["owed"])


def shown(client, product):
    return client.get(f"/v1/products/{product['id']}").json()["variants"][0]


def waiting(client, order):
    """[pieces yet to come] of its lines"""
    items = client.get(f"/v1/orders/{order['id']}").json()["items"]
    return [line["ahead"] and line["ahead"]["yet_to_come"] for line in items]


def ship(client, order, *items):
    some = {"items": [{"variant_id": variant_of(p), "quantity": n} for p, n in items]} if items else {}
    return client.post(f"/v1/orders/{order['id']}/shipments", {"carrier": "Correios", **some}, key=True)


# The setting ----------------------------------------------------------------------------------

def test_nothing_is_sold_ahead_unless_the_product_says_so(keeper, anyone, buyer, make_product):
    product = make_product(stock=2)
    assert shown(anyone, product)["ahead"] is None
    assert promised(keeper, product) is None
    problem = support.assert_problem(order(buyer, (product, 3)), 409, "insufficient_stock")
    assert problem["available"] == 2


def test_a_product_sells_so_many_more_than_there_are(keeper, anyone, buyer, make_product):
    product = make_product(stock=3, sell_ahead=BACKORDER)
    assert (shown(anyone, product)["available"], shown(anyone, product)["ahead"]) == (
        3, {"kind": "backorder", "pieces": 4, "expected_on": day(10)})
    placed = order(buyer, (product, 5)).json()
    assert placed["items"][0]["ahead"] == {"pieces": 2, "yet_to_come": 2, "expected_on": day(10)}
    assert (shown(anyone, product)["available"], shown(anyone, product)["ahead"]["pieces"]) == (0, 2)
    problem = support.assert_problem(order(buyer, (product, 3)), 409, "insufficient_stock")
    assert problem["available"] == 2
    assert order(buyer, (product, 2)).status_code == 201
    assert shown(anyone, product)["ahead"] is None
    support.assert_problem(order(buyer, (product, 1)), 409, "insufficient_stock")
    assert promised(keeper, product) == (0, 4)


def test_what_is_at_hand_says_nothing_of_what_is_expected(keeper, anyone, buyer, make_product):
    product = make_product(stock=0, sell_ahead=BACKORDER)
    assert anyone.get(f"/v1/products/{product['id']}").json()["in_stock"] is False
    order(buyer, (product, 1))
    level = stock(keeper, product)
    assert (level["on_hand"], level["reserved"], level["available"]) == (0, 0, 0)
    assert "expected" not in [place["location"] for place in level["locations"]]


def test_the_setting_is_changed_and_taken_away(admin, keeper, anyone, buyer, make_product):
    product = make_product(stock=0, sell_ahead=BACKORDER)
    path = f"/v1/products/{product['id']}"
    assert product["sell_ahead"] == {variant_of(product): BACKORDER}
    assert "sell_ahead" not in anyone.get(path).json()
    order(buyer, (product, 3))

    changed = admin.patch(path, {"sell_ahead": {"pieces": 2, "date": day(30)}}).json()
    assert changed["variants"][0]["ahead"] is None  # three wait already
    assert promised(keeper, product) == (0, 3)
    admin.patch(path, {"sell_ahead": {"pieces": 9, "date": day(30)}})
    assert shown(anyone, product)["ahead"] == {
        "kind": "preorder", "pieces": 6, "expected_on": day(30)}
    assert admin.patch(path, {"sell_ahead": None}).json()["sell_ahead"] is None
    assert shown(anyone, product)["ahead"] is None
    assert promised(keeper, product) == (0, 3)
    support.assert_problem(order(buyer, (product, 1)), 409, "insufficient_stock")


def test_variants_are_sold_ahead_each_for_itself(admin, anyone, make_product):
    product = make_product(type="variations", stock=0, options=["cor"], sell_ahead=BACKORDER,
                           variants=[{"options": {"cor": "azul"}},
                                     {"options": {"cor": "verde"},
                                      "sell_ahead": {"pieces": 7, "date": day(3)}}])
    path = f"/v1/products/{product['id']}"
    assert [(v["ahead"]["kind"], v["ahead"]["pieces"]) for v in product["variants"]] == [
        ("backorder", 4), ("preorder", 7)]
    blue = f"{path}/variants/{product['variants'][0]['id']}"
    assert admin.patch(blue, {"sell_ahead": None}).json()["ahead"] is None
    listed = anyone.get(f"{path}/variants").json()["data"]
    assert [v["ahead"] and v["ahead"]["pieces"] for v in listed] == [None, 7]
    assert [v["available"] for v in listed] == [0, 0]
    assert listed == anyone.get(path).json()["variants"]


@pytest.mark.parametrize("setting", [
    {"pieces": 5}, {"days": 5}, {"pieces": 5, "days": 5, "date": "2030-01-01"}, {"pieces": 0, "days": 1},
    {"pieces": 1000001, "days": 1}, {"pieces": 1, "days": 366}, {"pieces": 1, "date": "2030-02-30"},
    {"pieces": 1, "days": None}, {"pieces": 1, "days": 1, "more": 1}, []])
def test_a_setting_that_makes_no_sense_is_refused(admin, make_product, setting):
    product = make_product(stock=0)
    for path in (f"/v1/products/{product['id']}",
                 f"/v1/products/{product['id']}/variants/{variant_of(product)}"):
        problem = support.assert_problem(admin.patch(path, {"sell_ahead": setting}), 422)
        assert problem["errors"][0]["pointer"].startswith("/sell_ahead")


def test_what_has_no_stock_of_its_own_is_not_sold_ahead(admin, make_product):
    part = make_product()
    for fields in ({"type": "digital"},
                   {"type": "bundle", "parts": [{"variant_id": variant_of(part), "quantity": 1}]}):
        answer = admin.post("/v1/products", {
            "name": support.unique("X"), "price": 1, "currency": "BRL", "sell_ahead": BACKORDER, **fields})
        support.assert_problem(answer, 422, "not_for_type", "/sell_ahead")


def test_a_product_that_was_only_to_be_sold_ahead_can_be_deleted(admin, make_product):
    product = make_product(stock=0, sell_ahead=BACKORDER)
    assert admin.delete(f"/v1/products/{product['id']}").status_code == 204


# What buyers see ------------------------------------------------------------------------------

def test_lists_and_quotes_and_carts_say_what_comes_later(anyone, make_product):
    client = support.register()
    product = make_product(stock=1, sell_ahead=BACKORDER)
    ahead = {"kind": "backorder", "pieces": 4, "expected_on": day(10)}
    found = client.get(f"/v1/products?q={product['name']}").json()["data"]
    assert [(v["available"], v["ahead"]) for p in found for v in p["variants"]
            if p["id"] == product["id"]] == [(1, ahead)]

    line = {"variant_id": variant_of(product), "quantity": 2}
    quote = anyone.post("/v1/quotes", {"items": [line], "postal_code": "01310100"}).json()
    assert (quote["items"][0]["available"], quote["items"][0]["ahead"]) == (1, ahead)

    for quantity, changes in ((5, []), (6, ["insufficient_stock"])):
        cart = client.put("/v1/carts/current", {"items": [{**line, "quantity": quantity}]})
        assert cart.status_code == 200, cart.text
        kept = cart.json()["items"][0]
        assert (kept["available"], kept["ahead"], kept["changes"]) == (1, ahead, changes)


def test_the_letter_of_an_order_tells_when_the_rest_is_expected(make_product):
    client = support.register()
    order(client, (make_product(stock=1, sell_ahead=BACKORDER), 3))
    assert support.run_job("notify").returncode == 0
    year, month, date = day(10).split("-")
    text = support.letters(client.email)[-1].get_content()
    assert f"2 x com chegada prevista para {date}/{month}/{year}" in text


def test_a_bundle_can_be_ordered_as_far_as_its_parts_come(keeper, anyone, buyer, make_product):
    plate = make_product(stock=5)
    spoon = make_product(stock=2, sell_ahead={"pieces": 5, "days": 3})
    bundle = make_product(type="bundle", stock=0, parts=[
        {"variant_id": variant_of(plate), "quantity": 1},
        {"variant_id": variant_of(spoon), "quantity": 2}])
    seen = shown(anyone, bundle)
    assert (seen["available"], seen["ahead"]) == (
        1, {"kind": "backorder", "pieces": 2, "expected_on": day(3)})
    placed = order(buyer, (bundle, 3)).json()
    assert placed["items"][0]["ahead"] == {"pieces": 2, "yet_to_come": 2, "expected_on": day(3)}
    assert promised(keeper, spoon) == (1, 4)
    support.assert_problem(order(buyer, (bundle, 1)), 409, "insufficient_stock")
    move(keeper, spoon, "receive", 3)
    assert waiting(buyer, placed) == [1]


def test_lines_that_draw_on_the_same_stock_share_what_is_at_hand(buyer, make_product):
    product = make_product(stock=3, sell_ahead=BACKORDER)
    items = [{"variant_id": variant_of(product), "quantity": 2}] * 2
    placed = buyer.post("/v1/orders", key=True, body={
        "items": items, "shipping_address": support.ADDRESS}).json()
    assert [line["ahead"] and line["ahead"]["pieces"] for line in placed["items"]] == [None, 1]


# What arrives ---------------------------------------------------------------------------------

def test_what_arrives_serves_those_who_wait_and_the_rest_is_at_hand(keeper, anyone, buyer,
                                                                    make_product):
    product = make_product(stock=0, sell_ahead=BACKORDER)
    first, second = (order(buyer, (product, 2)).json() for _ in range(2))
    assert move(keeper, product, "receive", 3)["available"] == 0
    assert (waiting(buyer, first), waiting(buyer, second)) == ([0], [1])
    assert promised(keeper, product) == (3, 1)
    assert move(keeper, product, "receive", 5)["available"] == 4
    assert waiting(buyer, second) == [0]
    assert (shown(anyone, product)["available"], shown(anyone, product)["ahead"]["pieces"]) == (4, 4)


def test_of_what_is_announced_what_has_come_is_no_longer_to_come(keeper, anyone, buyer,
                                                                 make_product):
    product = make_product(stock=0, sell_ahead={"pieces": 10, "date": day(5)})
    placed = order(buyer, (product, 3)).json()
    assert placed["items"][0]["ahead"]["expected_on"] == day(5)
    move(keeper, product, "receive", 4)
    assert (shown(anyone, product)["available"], shown(anyone, product)["ahead"]["pieces"]) == (1, 6)
    move(keeper, product, "receive", 6)
    assert (shown(anyone, product)["available"], shown(anyone, product)["ahead"]) == (7, None)


def test_what_is_counted_or_found_serves_those_who_wait(keeper, buyer, make_product, shop):
    product = make_product(stock=0, sell_ahead=BACKORDER)
    placed = order(buyer, (product, 4)).json()
    move(keeper, product, "count", 1)
    assert waiting(buyer, placed) == [3]
    move(keeper, product, "adjust", 2, location=shop)
    assert waiting(buyer, placed) == [1]
    assert stock(keeper, product)["available"] == 0
    assert promised(keeper, product) == (3, 1)


def test_what_is_expected_is_no_place_where_people_put_things(keeper, make_product):
    product = make_product(stock=2, sell_ahead=BACKORDER)
    answer = keeper.put("/v1/stock/locations/expected", {"name": "X"})
    support.assert_problem(answer, 422, "reserved_code", "/code")
    assert "expected" not in [l["code"] for l in keeper.get("/v1/stock/locations").json()["data"]]
    answer = keeper.post("/v1/stock/movements", key=True, body={
        "variant_id": variant_of(product), "kind": "receive", "quantity": 1, "location": "expected"})
    support.assert_problem(answer, 422, "unknown_location", "/location")
    for way in (("main", "expected"), ("expected", "main")):
        answer = keeper.post("/v1/stock/transfers", key=True, body={
            "variant_id": variant_of(product), "from": way[0], "to": way[1], "quantity": 1})
        support.assert_problem(answer, 422, "unknown_location")


# What is given back ---------------------------------------------------------------------------

def test_an_order_that_is_canceled_gives_its_promise_back(keeper, admin, buyer, make_product, pay):
    product = make_product(stock=1, sell_ahead=BACKORDER)
    unpaid = order(buyer, (product, 3)).json()
    paid = order(buyer, (product, 2)).json()
    pay(buyer, paid)
    assert promised(keeper, product) == (0, 4)
    buyer.post(f"/v1/orders/{unpaid['id']}/cancel")
    # The piece that was at hand is for the one who waits.
    assert (promised(keeper, product), waiting(buyer, paid)) == ((3, 1), [1])
    assert stock(keeper, product)["available"] == 0
    admin.post(f"/v1/orders/{paid['id']}/cancel")
    assert promised(keeper, product) == (4, 0)
    assert stock(keeper, product)["available"] == 1


def test_what_came_for_who_no_longer_wants_it_goes_on_the_shelf_it_came_to(keeper, buyer,
                                                                           make_product, shop):
    product = make_product(stock=0, sell_ahead=BACKORDER)
    placed = order(buyer, (product, 3)).json()
    move(keeper, product, "receive", 2, location=shop)
    buyer.post(f"/v1/orders/{placed['id']}/cancel")
    level = stock(keeper, product)
    assert [(place["location"], place["available"]) for place in level["locations"]
            if place["on_hand"]] == [(shop, 2)]
    assert promised(keeper, product) == (4, 0)
    gone = buyer.get(f"/v1/orders/{placed['id']}").json()["items"][0]["ahead"]
    assert (gone["pieces"], gone["yet_to_come"]) == (3, 0)


def test_what_is_sent_back_serves_who_waits_or_lies_on_the_shelf(keeper, packer, buyer,
                                                                 make_product, pay):
    product = make_product(stock=0, sell_ahead=BACKORDER)
    first, second = (order(buyer, (product, 1)).json() for _ in range(2))
    pay(buyer, first)
    move(keeper, product, "receive", 1)
    assert ship(packer, first).status_code == 201
    answer = packer.post(f"/v1/orders/{first['id']}/returns", key=True, body={
        "restock": True, "reason": "arrependimento"})
    assert answer.status_code == 201, answer.text
    assert (waiting(buyer, second), promised(keeper, product)) == ([0], (4, 0))
    assert stock(keeper, product)["available"] == 0
    buyer.post(f"/v1/orders/{second['id']}/cancel")
    assert stock(keeper, product)["available"] == 1


def test_a_pre_order_ends_with_its_day(keeper, anyone, buyer, make_product):
    product = make_product(stock=0, sell_ahead={"pieces": 5, "date": day(1)})
    order(buyer, (product, 2))
    support.rows(f"UPDATE sales.ahead SET due = current_date - 1 WHERE variant_id = '{variant_of(product)}'")
    support.run_job("expire")
    assert shown(anyone, product)["ahead"] is None
    assert promised(keeper, product) == (0, 2)


# Parcels --------------------------------------------------------------------------------------

def test_parcels_leave_with_what_has_arrived(keeper, packer, buyer, make_product, pay):
    product, other = make_product(stock=1, sell_ahead=BACKORDER), make_product()
    placed = order(buyer, (other, 1), (product, 3)).json()
    pay(buyer, placed)
    problem = support.assert_problem(ship(packer, placed), 409, "not_arrived")
    assert (problem["variant_id"], problem["available"]) == (variant_of(product), 1)
    problem = support.assert_problem(ship(packer, placed, (other, 1), (product, 2)), 409,
                                     "not_arrived", "/items/1/quantity")
    assert ship(packer, placed, (other, 1), (product, 1)).status_code == 201
    support.assert_problem(ship(packer, placed, (product, 1)), 409, "not_arrived")
    move(keeper, product, "receive", 1)
    assert ship(packer, placed, (product, 1)).status_code == 201
    move(keeper, product, "receive", 1)
    assert ship(packer, placed).status_code == 201
    assert buyer.get(f"/v1/orders/{placed['id']}").json()["status"] == "shipped"


def test_who_ordered_later_does_not_go_first(keeper, packer, buyer, make_product, pay):
    product = make_product(stock=0, sell_ahead=BACKORDER)
    first, second = (order(buyer, (product, 2)).json() for _ in range(2))
    for placed in (first, second):
        pay(buyer, placed)
    move(keeper, product, "receive", 2)
    support.assert_problem(ship(packer, second), 409, "not_arrived")
    assert ship(packer, first).status_code == 201


# Many at once ---------------------------------------------------------------------------------

@pytest.mark.parametrize("at_hand, ahead", [(0, 30), (7, 23), (600, 600)])
def test_many_buyers_at_once_get_all_there_is_and_may_be_and_no_more(keeper, make_product, at_hand,
                                                                    ahead):
    product = make_product(stock=at_hand, sell_ahead={"pieces": ahead, "days": 1})
    pieces = max(1, (at_hand + ahead) // 30)
    buyers = [support.register() for _ in range(6)]
    begin = threading.Barrier(len(buyers))

    def buy(client):
        begin.wait(30)
        return [order(client, (product, pieces)).status_code for _ in range(10)]
    with concurrent.futures.ThreadPoolExecutor(len(buyers)) as pool:
        answers = [status for statuses in pool.map(buy, buyers) for status in statuses]
    assert set(answers) == {201, 409}
    assert answers.count(201) == (at_hand + ahead) // pieces
    assert promised(keeper, product) == (0, ahead)
    assert stock(keeper, product)["available"] == 0
    assert support.rows("SELECT * FROM sales.ahead_integrity") == []


def test_orders_and_arrivals_at_once_leave_nobody_waiting_beside_a_full_shelf(keeper,
                                                                             make_product):
    product = make_product(stock=0, sell_ahead={"pieces": 100, "days": 1})
    buyers = [support.register() for _ in range(4)]

    def buy(client):
        for number in range(8):
            placed = order(client, (product, 2))
            assert placed.status_code == 201, placed.text
            if number % 3 == 2:
                assert client.post(f"/v1/orders/{placed.json()['id']}/cancel").status_code == 200

    def bring():
        for _ in range(12):
            move(keeper, product, "receive", 3)
    with concurrent.futures.ThreadPoolExecutor(5) as pool:
        for done in [pool.submit(bring)] + [pool.submit(buy, client) for client in buyers]:
            done.result(120)
    # 4 buyers keep 6 orders of 2 each; 36 pieces came.
    assert (promised(keeper, product), stock(keeper, product)["available"]) == ((88, 12), 0)
    assert support.rows("SELECT * FROM sales.ahead_integrity") == []
