"""Key figures: a month small enough to do by hand, and the statements of docs/kpis.md."""
import os
import re

import pytest

import support

FROM, TO = "2022-05-01", "2022-06-01"


def kpis(client, start=FROM, end=TO):
    answer = client.get(f"/v1/reports/kpis?from={start}&to={end}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def pay_at(order, moment):
    support.rows(f"UPDATE sales.orders SET paid_at = '{moment}' WHERE id = '{order['id']}'")


def place_at(order, moment):
    """As if it had been placed then; it is counted anew."""
    support.rows(f"UPDATE sales.orders SET created_at = '{moment}' WHERE id = '{order['id']}'")
    support.rows(f"INSERT INTO sales.rollup_queue (order_id) VALUES ('{order['id']}')")


@pytest.fixture(scope="module")
def may(admin, make_product, pay):
    """May 2022: Ana buys twice (2 pieces; 1 piece), Bruno once (3 pieces), somebody cancels, and
    somebody never pays. What a piece costs the shop is known of the first product alone."""
    known = make_product(stock=100, price=1000, cost=400)
    unknown = make_product(stock=100, price=500)
    ana, bruno, other = (support.register(name) for name in ("Ana Lima", "Bruno Reis", "Eva Luz"))

    def order(buyer, product, quantity):
        answer = buyer.post("/v1/orders", key=True, body={
            "items": [{"variant_id": product["variants"][0]["id"], "quantity": quantity}],
            "shipping_address": support.ADDRESS})
        assert answer.status_code == 201, answer.text
        return answer.json()

    orders = [order(ana, known, 2), order(ana, unknown, 1), order(bruno, known, 3)]
    for number, (buyer, made) in enumerate(zip((ana, ana, bruno), orders)):
        pay(buyer, made)
        pay_at(made, f"2022-05-1{number} 12:00-03")
        place_at(made, f"2022-05-1{number} 11:00-03")
    canceled, unpaid = order(other, known, 1), order(other, known, 1)
    support.ok(other.post(f"/v1/orders/{canceled['id']}/cancel"))
    support.expire_now(unpaid)
    for made in (canceled, unpaid):
        place_at(made, "2022-05-20 12:00-03")
    support.ok(admin.post(f"/v1/orders/{orders[0]['id']}/ship"))
    support.rows("UPDATE sales.order_history SET at = '2022-05-11 18:00-03'"
                 f" WHERE order_id = '{orders[0]['id']}' AND to_status = 'shipped'")
    place_at(orders[0], "2022-05-10 11:00-03")
    return orders


def test_a_month_done_by_hand(admin, may):
    found = kpis(admin)["kpis"]
    total = sum(order["totals"]["total"] for order in may)
    freight = sum(order["totals"]["freight"] for order in may)
    assert (found["orders"], found["units"]) == (3, 6)
    assert (found["gross"], found["discount"], found["revenue"]) == (5500, 0, 5500)
    assert (found["freight"], found["total"]) == (freight, total)
    assert (found["refunded"], found["net"]) == (0, total)
    assert (found["cost"], found["margin"]) == (5 * 400, 5 * 600)
    assert found["average_order"] == (2 * total + 3) // 6
    assert found["units_per_order"] == 200
    assert (found["new_customers"], found["returning_orders"], found["repeat_rate"]) == (2, 1, 3333)
    assert (found["placed"], found["converted"], found["conversion_rate"]) == (5, 3, 6000)
    assert (found["canceled"], found["expired"], found["cancellation_rate"]) == (1, 1, 4000)
    assert (found["shipped"], found["ship_hours"]) == (1, 3000)
    assert found["refund_rate"] == 0


def test_a_period_is_shown_beside_the_one_before_and_the_year_before(admin, may):
    june = kpis(admin, "2022-06-01", "2022-07-01")
    assert (june["previous"]["from"], june["previous"]["to"]) == (FROM, TO)
    assert june["previous"]["kpis"]["orders"] == 3
    assert june["kpis"]["orders"] == 0
    later = kpis(admin, "2023-05-01", "2023-06-01")
    assert (later["year_before"]["from"], later["year_before"]["to"]) == (FROM, TO)
    assert later["year_before"]["kpis"] == kpis(admin)["kpis"]
    week = kpis(admin, "2022-05-11", "2022-05-13")
    assert (week["previous"]["from"], week["previous"]["to"]) == ("2022-05-09", "2022-05-11")


def test_nothing_to_divide_by_is_null(admin):
    found = kpis(admin, "1999-01-01", "1999-02-01")["kpis"]
    for name in ("average_order", "units_per_order", "repeat_rate", "conversion_rate",
                 "cancellation_rate", "refund_rate", "ship_hours", "margin"):
        assert found[name] is None, name
    assert found["orders"] == found["total"] == 0


def statements():
    with open(os.path.join(support.ROOT, "docs", "kpis.md"), encoding="utf-8") as page:
        text = page.read()
    return re.findall(r"\*\*(\w+)\*\*: [^`]*?```sql\n(.*?)```", text, re.S)


@pytest.mark.parametrize("name, sql", statements(), ids=[name for name, _ in statements()])
def test_the_page_defines_what_the_api_answers(admin, may, name, sql):
    answered = kpis(admin)["kpis"][name]
    sql = sql.replace(":from", f"date '{FROM}'").replace(":to", f"date '{TO}'")
    found = support.value(f"SELECT (SELECT {name}::bigint FROM ({sql}) AS s)")
    assert found == ("" if answered is None else str(answered))


def test_every_rate_and_figure_of_the_issue_is_on_the_page():
    named = {name for name, _ in statements()}
    assert {"revenue", "orders", "average_order", "units_per_order", "new_customers",
            "returning_orders", "repeat_rate", "conversion_rate", "cancellation_rate", "refund_rate",
            "ship_hours"} <= named
