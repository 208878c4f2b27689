"""Orders that were sold ahead become ready when the last of them has come, which is said once."""
import concurrent.futures

import support
from subscriber import listening
from test_selling_ahead import (  # noqa: F401 (fixtures)
    BACKORDER, buyer, keeper, move, order, packer, ship)


def readied(client, placed):
    """[(from, to, actor)]: when an order was said to be ready, by its history and as often by events."""
    assert support.run_job("webhooks").returncode == 0
    history = client.get(f"/v1/orders/{placed['id']}").json()["history"]
    assert support.rows("SELECT count(*) FROM sales.events WHERE type = 'order.ready'"
                        f" AND object_id = '{placed['id']}'") == [
        [str(len([change for change in history if change["event"] == "ready"]))]]
    return [(change["from"], change["to"], change["actor"]) for change in history
            if change["event"] == "ready"]


def listed(client, **query):
    return {o["id"] for o in client.get("/v1/orders", params={"limit": 100, **query}).json()["data"]}


def test_an_order_is_ready_when_the_last_of_it_has_come(keeper, buyer, make_product, pay):
    product, other = (make_product(stock=1, sell_ahead=BACKORDER) for _ in range(2))
    placed = order(buyer, (product, 3), (make_product(), 1), (other, 2)).json()
    pay(buyer, placed)
    assert placed["id"] in listed(buyer, ready="false")
    move(keeper, product, "receive", 1)
    move(keeper, other, "receive", 1)
    assert readied(buyer, placed) == []
    move(keeper, product, "receive", 1)
    assert readied(buyer, placed) == [("paid", "paid", None)]
    assert placed["id"] in listed(buyer, ready="true", status="paid")
    move(keeper, product, "receive", 5)
    assert readied(buyer, placed) == [("paid", "paid", None)]


def test_a_parcel_is_no_reason_to_say_it_twice(keeper, packer, buyer, make_product, pay):
    product = make_product(stock=1, sell_ahead=BACKORDER)
    placed = order(buyer, (product, 2)).json()
    pay(buyer, placed)
    assert ship(packer, placed, (product, 1)).status_code == 201
    assert readied(buyer, placed) == []
    move(keeper, product, "receive", 1)
    assert len(readied(buyer, placed)) == 1
    assert ship(packer, placed).status_code == 201
    assert len(readied(buyer, placed)) == 1


def test_an_order_that_nobody_has_paid_is_not_ready_before_it_is(keeper, buyer, make_product, pay):
    product = make_product(stock=0, sell_ahead=BACKORDER)
    placed, dropped = (order(buyer, (product, 1)).json() for _ in range(2))
    move(keeper, product, "receive", 2)
    assert (readied(buyer, placed), readied(buyer, dropped)) == ([], [])
    buyer.post(f"/v1/orders/{dropped['id']}/cancel")
    pay(buyer, placed)
    assert (len(readied(buyer, placed)), readied(buyer, dropped)) == (1, [])


def test_of_what_was_not_sold_ahead_nothing_is_said(keeper, buyer, make_product, pay):
    product = make_product(stock=1, sell_ahead=BACKORDER)
    placed = order(buyer, (product, 1)).json()
    pay(buyer, placed)
    move(keeper, product, "receive", 1)
    assert readied(buyer, placed) == []
    assert placed["id"] in listed(buyer, ready="true")


def test_who_gives_up_makes_room_for_who_came_later(keeper, admin, buyer, make_product, pay):
    product = make_product(stock=0, sell_ahead=BACKORDER)
    first, second, third = (order(buyer, (product, 1)).json() for _ in range(3))
    for placed in (first, second, third):
        pay(buyer, placed)
    move(keeper, product, "receive", 1)
    assert [len(readied(buyer, o)) for o in (first, second, third)] == [1, 0, 0]
    admin.post(f"/v1/orders/{first['id']}/cancel")
    assert [len(readied(buyer, o)) for o in (second, third)] == [1, 0]
    admin.post(f"/v1/orders/{third['id']}/cancel")
    assert readied(buyer, third) == []


def test_a_subscriber_is_told_that_an_order_is_ready(admin, keeper, buyer, make_product, pay):
    product = make_product(stock=0, sell_ahead=BACKORDER)
    with listening(admin, ["order.ready"]) as webhook:
        placed = order(buyer, (product, 1)).json()
        pay(buyer, placed)
        move(keeper, product, "receive", 1)
        assert support.run_job("webhooks").returncode == 0
        event, = webhook.events(placed["id"])
        assert (event["type"], event["data"]["status"]) == ("order.ready", "paid")
        assert event["version"] == max(e["version"] for e in webhook.events(placed["id"]))


def test_arrivals_at_once_make_an_order_ready_once(keeper, buyer, make_product, pay):
    products = [make_product(stock=0, sell_ahead=BACKORDER) for _ in range(4)]
    orders = [order(buyer, *((product, 1) for product in products)).json() for _ in range(3)]
    for placed in orders:
        pay(buyer, placed)
    with concurrent.futures.ThreadPoolExecutor(5) as pool:
        moves = [pool.submit(move, keeper, product, "receive", 3) for product in products]
        jobs = pool.submit(lambda: [support.run_job("webhooks") for _ in range(3)])
        for done in [*moves, jobs]:
            done.result(120)
    assert [len(readied(buyer, placed)) for placed in orders] == [1, 1, 1]
