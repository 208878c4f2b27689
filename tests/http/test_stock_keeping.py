"""Stock that lies in several locations; its history; what is low; how long orders hold it."""
import concurrent.futures
import datetime
import uuid

import pytest

import support


def variant_of(product):
    return product["variants"][0]["id"]


@pytest.fixture(scope="module")
def keeper(make_user):
    return make_user("stock")


@pytest.fixture(scope="module")
def buyer():
    return support.register()


@pytest.fixture(scope="module")
def shop(keeper):
    """A location that orders take from after the main one."""
    code = support.unique("loja")
    answer = keeper.put(f"/v1/stock/locations/{code}", {"name": "Loja", "position": 5})
    assert answer.status_code == 201
    return code


def move(client, product, kind, quantity, **fields):
    return client.post("/v1/stock/movements", key=True, body={
        "variant_id": variant_of(product), "kind": kind, "quantity": quantity, **fields})


def transfer(client, product, source, target, quantity, **fields):
    return client.post("/v1/stock/transfers", key=fields.pop("key", True), body={
        "variant_id": variant_of(product), "from": source, "to": target, "quantity": quantity,
        **fields})


def level(client, product):
    answer = client.get(f"/v1/stock/{variant_of(product)}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def lies(client, product):
    """{location: (on hand, reserved)}"""
    return {place["location"]: (place["on_hand"], place["reserved"])
            for place in level(client, product)["locations"]}


def movements(client, product, limit=100):
    found, cursor = [], ""
    while cursor is not None:
        answer = client.get(f"/v1/stock/{variant_of(product)}/movements?limit={limit}"
                            f"{cursor and '&cursor=' + cursor}")
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found += page["data"]
        cursor = page["next_cursor"]
    return found


# Names ----------------------------------------------------------------------------------------

def test_a_level_says_of_what_it_is(keeper, make_product, buyer):
    product = make_product(type="variations", stock=3, options=["tamanho", "cor"], variants=[
        {"sku": support.unique("CAM"), "options": {"cor": "azul", "tamanho": "P"}}])
    called = f"{product['name']} (P, azul)"
    assert (level(keeper, product)["sku"], level(keeper, product)["name"]) == (
        product["variants"][0]["sku"], called)
    placed = buyer.post("/v1/orders", key=True, body={
        "items": [{"variant_id": variant_of(product), "quantity": 1}],
        "shipping_address": support.ADDRESS}).json()
    assert placed["items"][0]["name"] == called
    assert move(keeper, product, "receive", 1).json()["name"] == called
    found = keeper.get("/v1/stock", params={"sku": product["variants"][0]["sku"]}).json()["data"]
    assert found == [{member: level(keeper, product)[member] for member in (
        "variant_id", "sku", "name", "on_hand", "reserved", "available")}]


def test_a_page_of_levels_says_of_what_they_are(keeper, admin, make_product):
    products = [make_product(stock=1, status=status) for status in ("active", "draft", "archived")]
    names = {variant_of(p): (p["variants"][0]["sku"], p["name"]) for p in products}
    found, cursor = {}, ""
    while cursor is not None:
        page = keeper.get(f"/v1/stock?limit=100{cursor and '&cursor=' + cursor}").json()
        found |= {l["variant_id"]: (l["sku"], l["name"]) for l in page["data"]}
        cursor = page["next_cursor"]
    assert {variant: found[variant] for variant in names} == names


def test_a_level_is_found_by_sku_even_where_nothing_has_been(keeper, make_product):
    product, ebook = make_product(stock=0, status="draft"), make_product(stock=0, type="digital")

    def found(sku, **filters):
        answer = keeper.get("/v1/stock", params={"sku": sku, **filters})
        assert answer.status_code == 200, answer.text
        return [(l["variant_id"], l["on_hand"]) for l in answer.json()["data"]]
    sku = product["variants"][0]["sku"]
    assert found(sku) == found(sku, low="true") == found(sku, max_available=0) == [
        (variant_of(product), 0)]
    assert found(sku, low="false") == []
    assert found(ebook["variants"][0]["sku"]) == found("NO-SUCH-SKU") == []
    move(keeper, product, "receive", 9)
    assert found(sku, low="false") == [(variant_of(product), 9)]
    assert found(sku, max_available=8) == []


# Locations ------------------------------------------------------------------------------------

def test_a_location_is_made_and_changed(keeper):
    code = support.unique("deposito")
    made = keeper.put(f"/v1/stock/locations/{code}", {"name": "Depósito"})
    assert made.status_code == 201
    assert made.json() == {"code": code, "name": "Depósito", "position": 0}
    changed = keeper.put(f"/v1/stock/locations/{code}", {"name": "Depósito 2", "position": 9})
    assert (changed.status_code, changed.json()["position"]) == (200, 9)
    listed = keeper.get("/v1/stock/locations").json()["data"]
    assert changed.json() in listed
    assert [(l["position"], l["code"]) for l in listed] == sorted(
        (l["position"], l["code"]) for l in listed)


@pytest.mark.parametrize("code", ["Loja", "loja%20um", "-loja", "x" * 41])
def test_a_location_s_code_is_part_of_an_address(keeper, code):
    answer = keeper.put(f"/v1/stock/locations/{code}", {"name": "Loja"})
    support.assert_problem(answer, 422, None, "/code")


def test_who_only_reads_stock_makes_no_location(buyer, make_account):
    reader = make_account("stock:read")
    for client in (buyer, reader):
        answer = client.put("/v1/stock/locations/x", {"name": "X"})
        support.assert_problem(answer, 403, "forbidden")


def test_what_is_received_elsewhere_can_be_sold_too(keeper, anyone, make_product, shop):
    product = make_product(stock=3)
    answer = move(keeper, product, "receive", 4, location=shop)
    assert answer.json()["available"] == 7
    assert lies(keeper, product) == {"main": (3, 0), shop: (4, 0)}
    shown = anyone.get(f"/v1/products/{product['id']}").json()["variants"][0]
    assert shown["available"] == 7


def test_a_count_is_of_one_location(keeper, make_product, shop):
    product = make_product(stock=3)
    move(keeper, product, "receive", 4, location=shop)
    assert move(keeper, product, "count", 1, location=shop).json()["on_hand"] == 4
    assert lies(keeper, product) == {"main": (3, 0), shop: (1, 0)}


def test_a_place_that_is_not_there_gets_nothing(keeper, make_product):
    product = make_product(stock=3)
    answer = move(keeper, product, "receive", 1, location="nenhum-lugar")
    support.assert_problem(answer, 422, "unknown_location", "/location")


def test_orders_take_from_the_first_location_that_suffices(keeper, buyer, make_product, shop,
                                                           place_order):
    product = make_product(stock=3)
    move(keeper, product, "receive", 9, location=shop)
    place_order(buyer, product, 2)
    assert lies(keeper, product) == {"main": (3, 2), shop: (9, 0)}
    order = place_order(buyer, product, 5)  # the main one has a piece left
    assert lies(keeper, product) == {"main": (3, 2), shop: (9, 5)}
    place_order(buyer, product, 5)  # none has five
    assert lies(keeper, product) == {"main": (3, 3), shop: (9, 9)}
    buyer.post(f"/v1/orders/{order['id']}/cancel")
    assert lies(keeper, product) == {"main": (3, 3), shop: (9, 4)}


def test_what_was_paid_and_canceled_goes_back_where_it_lay(keeper, admin, buyer, make_product,
                                                           shop, place_order, pay):
    product = make_product(stock=2)
    move(keeper, product, "receive", 2, location=shop)
    order = place_order(buyer, product, 3)
    pay(buyer, order)
    assert sum(on_hand for on_hand, _ in lies(keeper, product).values()) == 1
    admin.post(f"/v1/orders/{order['id']}/cancel")
    assert lies(keeper, product) == {"main": (2, 0), shop: (2, 0)}


# Transfers ------------------------------------------------------------------------------------

def test_a_transfer_moves_pieces_and_says_so_in_both_places(keeper, make_product, shop):
    product = make_product(stock=10)
    answer = transfer(keeper, product, "main", shop, 4, reason="vitrine")
    assert answer.status_code == 201
    assert answer.json()["available"] == 10
    assert lies(keeper, product) == {"main": (6, 0), shop: (4, 0)}
    rows = [m for m in movements(keeper, product) if m["kind"] == "transfer"]
    assert {(m["location"], m["on_hand"], m["reason"]) for m in rows} == {
        ("main", -4, "vitrine"), (shop, 4, "vitrine")}


def test_what_is_promised_is_not_carried_away(keeper, buyer, make_product, shop, place_order):
    product = make_product(stock=5)
    place_order(buyer, product, 3)
    problem = support.assert_problem(transfer(keeper, product, "main", shop, 3), 409,
                                     "insufficient_stock", "/quantity")
    assert problem["available"] == 2
    assert transfer(keeper, product, "main", shop, 2).status_code == 201
    assert lies(keeper, product) == {"main": (3, 3), shop: (2, 0)}


def test_a_transfer_that_is_sent_again_is_done_once(keeper, make_product, shop):
    product, key = make_product(stock=5), support.unique()
    first = transfer(keeper, product, "main", shop, 2, key=key)
    again = transfer(keeper, product, "main", shop, 2, key=key)
    assert again.json() == first.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert lies(keeper, product)[shop] == (2, 0)


@pytest.mark.parametrize("change, pointer, code", [
    ({"to": "main"}, "/to", "same_location"),
    ({"from": "nenhum"}, "/from", "unknown_location"),
    ({"to": "nenhum"}, "/to", "unknown_location"),
    ({"quantity": 0}, "/quantity", "too_small"),
    ({"variant_id": str(uuid.UUID(int=7))}, "/variant_id", "unknown_variant"),
])
def test_a_transfer_that_makes_no_sense_is_refused(keeper, make_product, shop, change, pointer,
                                                   code):
    body = {"variant_id": variant_of(make_product(stock=1)), "from": "main", "to": shop,
            "quantity": 1, **change}
    problem = support.assert_problem(keeper.post("/v1/stock/transfers", body, key=True), 422)
    assert (pointer, code) in [(e["pointer"], e["code"]) for e in problem["errors"]]


def test_transfers_both_ways_at_once_do_not_block_each_other(keeper, make_product, shop):
    product = make_product(stock=100)
    move(keeper, product, "receive", 100, location=shop)
    clients = [support.Client() for _ in range(8)]
    for client in clients:
        client.http.headers["Authorization"] = f"Bearer {keeper.token}"

    def carry(n):
        ways = ("main", shop) if n % 2 else (shop, "main")
        return transfer(clients[n % 8], product, *ways, 1 + n % 3).status_code
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert set(pool.map(carry, range(40))) == {201}
    assert sum(on_hand for on_hand, _ in lies(keeper, product).values()) == 200


# History --------------------------------------------------------------------------------------

def test_movements_are_told_page_by_page_each_once(keeper, make_product):
    product = make_product(stock=1)
    for n in range(4):
        move(keeper, product, "adjust", n + 1)
    every = movements(keeper, product)
    assert [m["on_hand"] for m in every] == [4, 3, 2, 1, 1]
    assert movements(keeper, product, limit=2) == every
    assert every == level(keeper, product)["movements"]


def test_what_never_moved_has_an_empty_history(keeper, make_product):
    assert movements(keeper, make_product(stock=0)) == []
    answer = keeper.get(f"/v1/stock/{uuid.UUID(int=7)}/movements")
    support.assert_problem(answer, 404, "not_found")


# What is low ----------------------------------------------------------------------------------

def listed(client, query):
    found, cursor = [], ""
    while cursor is not None:
        page = client.get(f"/v1/stock?limit=100&{query}{cursor and '&cursor=' + cursor}").json()
        found += [document["variant_id"] for document in page["data"]]
        cursor = page["next_cursor"]
    return found


def test_low_is_less_than_the_shop_s_number_or_its_own(keeper, make_product):
    few, enough = make_product(stock=4), make_product(stock=5)
    assert level(keeper, few)["low_below"] == 5
    low = listed(keeper, "low=true")
    assert variant_of(few) in low and variant_of(enough) not in low

    path = f"/v1/stock/{variant_of(enough)}"
    assert keeper.patch(path, {"low_below": 6}).json()["low_below"] == 6
    assert keeper.patch(f"/v1/stock/{variant_of(few)}", {"low_below": 0}).status_code == 200
    low, fine = listed(keeper, "low=true"), listed(keeper, "low=false")
    assert variant_of(enough) in low and variant_of(few) not in low
    assert variant_of(few) in fine and variant_of(enough) not in fine

    assert keeper.patch(path, {"low_below": None}).json()["low_below"] == 5
    assert variant_of(enough) not in listed(keeper, "low=true")


def test_a_number_of_its_own_is_only_for_what_keeps_stock(keeper, make_product):
    book = make_product(type="digital", stock=0)
    for variant in (variant_of(book), str(uuid.UUID(int=7))):
        answer = keeper.patch(f"/v1/stock/{variant}", {"low_below": 1})
        support.assert_problem(answer, 404, "not_found")


@pytest.mark.parametrize("body", [{}, {"low_below": -1}, {"low_below": "1"}, {"on_hand": 1}])
def test_a_change_that_makes_no_sense_is_refused(keeper, make_product, body):
    answer = keeper.patch(f"/v1/stock/{variant_of(make_product(stock=0))}", body)
    support.assert_problem(answer, 422, "validation_failed")


# How long orders hold it ----------------------------------------------------------------------

def test_who_begins_to_pay_has_the_time_that_this_takes(buyer, make_product, place_order,
                                                        begin_payment):
    order = place_order(buyer, make_product(stock=1))
    support.rows("UPDATE sales.orders SET expires_at = now() + interval '1 minute'"
                 f" WHERE id = '{order['id']}'")
    payment = begin_payment(buyer, order)
    held = buyer.get(f"/v1/orders/{order['id']}").json()["expires_at"]
    begun, until = map(datetime.datetime.fromisoformat,
                       (t.replace("Z", "+00:00") for t in (payment["created_at"], held)))
    minutes = int(support.settings()["VENDAS_ORDER_HOLD_MINUTES"])
    assert until - begun == datetime.timedelta(minutes=minutes)
