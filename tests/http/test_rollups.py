"""What reports count: once, on the right day, and to the same figures however it came about."""
import random

import pytest

import support

TABLES = ("order_facts", "refund_facts", "rollup_orders", "rollup_hours", "rollup_coupons",
          "rollup_customers", "rollup_variants", "rollup_variant_months")


def report(client, query):
    answer = client.get(f"/v1/reports/sales?{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def rollup(*arguments, status=0):
    job = support.run_job("rollup", *arguments)
    assert job.returncode == status, job.stdout + job.stderr
    return job


def counted():
    """All that is counted, byte by byte."""
    return {table: support.rows(f'SELECT t::text FROM sales.{table} t ORDER BY t::text COLLATE "C"')
            for table in TABLES}


def requeue(order):
    support.rows(f"INSERT INTO sales.rollup_queue (order_id) VALUES ('{order['id']}')")


def pay_at(order, moment):
    support.rows(f"UPDATE sales.orders SET paid_at = '{moment}' WHERE id = '{order['id']}'")


def give_back(admin, order, amount):
    """Money that a person sends, and says so."""
    payment = admin.get(f"/v1/orders/{order['id']}/payments").json()["data"][0]
    refund = admin.post(f"/v1/payments/{payment['id']}/refunds", {"amount": amount}, key=True)
    assert refund.status_code == 201, refund.text
    support.ok(admin.post(f"/v1/refunds/{refund.json()['id']}/confirm"))


def date_refunds(order, *moments):
    """As if an order's refunds had gone then, in this sequence."""
    postings = support.rows(
        "SELECT e.posting FROM sales.money_entries e JOIN sales.payments p ON p.id = e.payment_id"
        f" WHERE p.order_id = '{order['id']}' AND e.account = 'refunds' ORDER BY e.posting")
    for (posting,), moment in zip(postings, moments, strict=True):
        support.rows(f"UPDATE sales.money_entries SET at = '{moment}' WHERE posting = {posting}")
    requeue(order)


@pytest.fixture(scope="module")
def goods(make_product):
    return [make_product(stock=1000, price=price) for price in (1990, 333, 70001)]


@pytest.fixture(scope="module")
def sell(pay):
    def make(buyer, moment, *lines):
        answer = buyer.post("/v1/orders", key=True, body={
            "items": [{"variant_id": product["variants"][0]["id"], "quantity": quantity}
                      for product, quantity in lines],
            "shipping_address": support.ADDRESS})
        assert answer.status_code == 201, answer.text
        pay(buyer, answer.json())
        pay_at(answer.json(), moment)
        return answer.json()
    return make


def test_a_late_refund_lands_on_its_own_day(admin, sell, goods):
    order = sell(support.register(), "2006-07-04 12:00-03", (goods[0], 2), (goods[1], 1))
    before = report(admin, "from=2006-07-01&to=2006-08-01")
    give_back(admin, order, 1000)
    date_refunds(order, "2006-09-09 23:30-03")
    assert report(admin, "from=2006-07-01&to=2006-08-01") == before
    september = report(admin, "from=2006-09-01&to=2006-10-01")
    assert [(row["key"], row["refunded"]) for row in september["rows"] if row["refunded"]] == [
        ("2006-09-09", 1000)]
    assert (september["totals"]["net"], september["totals"]["orders"]) == (-1000, 0)


def test_a_refund_is_shared_among_what_was_sold_to_the_last_centavo(admin, sell, goods):
    order = sell(support.register(), "2006-10-04 12:00-03", *[(product, 1) for product in goods])
    total, freight = order["totals"]["total"], order["totals"]["freight"]
    parts = [1, 777, 12345]
    for part in [*parts, total - sum(parts)]:
        give_back(admin, order, part)
    date_refunds(order, "2006-10-05 10:00-03", "2006-10-06 10:00-03", "2006-10-07 10:00-03",
                 "2006-10-08 10:00-03")
    rows = report(admin, "from=2006-10-01&to=2006-11-01&group_by=product")["rows"]
    assert {row["key"]: row["refunded"] for row in rows} == {
        item["product_id"]: item["total"] for item in order["items"]}
    days = report(admin, "from=2006-10-01&to=2006-11-01")
    assert [row["refunded"] for row in days["rows"] if row["refunded"]] == [
        *parts, total - sum(parts)]
    assert days["totals"]["net"] == 0
    shares = report(admin, "from=2006-10-07&to=2006-10-08&group_by=product")["rows"]
    goods_share = sum(row["refunded"] for row in shares)
    assert 0 <= 12345 - goods_share <= freight


def test_what_happens_in_any_sequence_is_counted_as_a_rebuilding_counts_it(admin, sell, goods, pay):
    chance = random.Random(20061101)
    buyers = [support.register() for _ in range(3)]
    orders = []
    for _ in range(14):
        moment = f"2006-11-{chance.randint(1, 28):02} {chance.randint(0, 23):02}:15-03"
        orders.append(sell(chance.choice(buyers), moment,
                           *[(product, chance.randint(1, 3))
                             for product in chance.sample(goods, chance.randint(1, 3))]))
        rollup() if chance.random() < 0.5 else report(admin, "from=2006-11-01&to=2006-12-01")
    for order in orders[:3]:
        give_back(admin, order, chance.randint(1, 500))
    support.ok(admin.post(f"/v1/orders/{orders[3]['id']}/cancel"))
    support.ok(admin.post(f"/v1/orders/{orders[4]['id']}/ship"))
    pay_at(orders[5], "2006-10-31 23:59-03")
    chance.shuffle(orders)
    for order in orders:
        requeue(order)
    rollup()
    kept = counted()
    assert sum(len(rows) for rows in kept.values()) > 50
    rollup("--rebuild")
    assert counted() == kept
    assert "All figures agree" in rollup("--check").stdout


def test_the_first_order_of_a_customer_is_the_one_paid_first(admin, sell, goods):
    buyer = support.register()
    later = sell(buyer, "2006-12-20 12:00-03", (goods[0], 1))
    assert report(admin, "from=2006-12-20&to=2006-12-21")["totals"]["firsts"] == 1
    sell(buyer, "2006-12-10 12:00-03", (goods[0], 1))
    assert report(admin, "from=2006-12-10&to=2006-12-11")["totals"]["firsts"] == 1
    assert report(admin, "from=2006-12-20&to=2006-12-21")["totals"]["firsts"] == 0
    assert later["id"]


def test_a_figure_that_was_tampered_with_is_found_and_made_anew(admin, sell, goods):
    sell(support.register(), "2007-01-10 12:00-03", (goods[0], 1))
    rollup()
    support.rows("UPDATE sales.rollup_orders SET gross = gross + 12 WHERE day = '2007-01-10'")
    support.rows("DELETE FROM sales.rollup_variants WHERE day = '2007-01-10'")
    told = rollup("--check", status=1).stdout
    assert "rollup_orders  2007-01-10 SP manual  gross: 2002, the orders say 1990 (12)" in told
    assert "rollup_variants  2007-01-10" in told and "(-1990)" in told
    rollup("--rebuild")
    rollup("--check")


def test_an_order_that_nobody_counted_is_found(sell, goods):
    order = sell(support.register(), "2007-02-10 12:00-03", (goods[0], 1))
    rollup()
    support.rows("BEGIN; ALTER TABLE sales.orders DISABLE TRIGGER orders_queue_changed;"
                 f"UPDATE sales.orders SET paid_at = '2007-02-11 12:00-03' WHERE id = '{order['id']}';"
                 "ALTER TABLE sales.orders ENABLE TRIGGER orders_queue_changed; COMMIT")
    told = rollup("--check", status=1).stdout
    assert f"order_facts  {order['id']}" in told
    requeue(order)
    rollup("--check")


def test_reports_at_once_count_everything_once(admin, sell, goods):
    buyer = support.register()
    orders = [sell(buyer, "2007-03-10 12:00-03", (goods[1], 1)) for _ in range(4)]
    answers = support.at_once(*[
        lambda: admin.get("/v1/reports/sales?from=2007-03-01&to=2007-04-01").status_code
        for _ in range(6)], lambda: rollup() and 200)
    assert set(answers) == {200}
    rollup()
    assert report(admin, "from=2007-03-01&to=2007-04-01")["totals"]["orders"] == len(orders)
    rollup("--check")


def test_days_of_another_time_zone_are_counted_anew(admin, sell, goods):
    sell(support.register(), "2007-04-10T02:00:00Z", (goods[0], 1))
    rollup()
    support.rows("SELECT sales.roll_up('UTC', 1)")
    assert support.value("SELECT sum(orders) FROM sales.rollup_orders WHERE day = '2007-04-10'") == "1"
    found = report(admin, "from=2007-04-09&to=2007-04-10")
    assert found["totals"]["orders"] == 1
    rollup("--check")


def test_the_job_says_how_it_is_used():
    assert "usage: rollup" in rollup("--anew", status=1).stderr
