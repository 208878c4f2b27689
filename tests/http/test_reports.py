"""Sales reports: what counts as sold, in which period of the shop's time, by what."""
import datetime

import pytest

import support

PERIODS = ["day", "week", "month"]
GOODS = ["product", "variant", "category"]
GROUPS = [*PERIODS, *GOODS, "hour", "customer", "state", "region", "gateway"]
FIGURES = ["orders", "units", "revenue", "freight", "tax", "total"]
POSTAL_CODES = {"SP": "01310-100", "RS": "90010-000", "AM": "69005-010"}


def report(client, start, end, group="day"):
    answer = client.get(f"/v1/reports/sales?from={start}&to={end}&group_by={group}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def pay_at(order, moment):
    """As if the order had been paid at that moment, a literal of SQL's."""
    support.rows(f"UPDATE sales.orders SET paid_at = '{moment}' WHERE id = '{order['id']}'")


@pytest.fixture(scope="module")
def buyers():
    return [support.register("Ana Lima"), support.register("Bruno Reis")]


@pytest.fixture(scope="module")
def products(make_product):
    return [make_product(stock=1000, price=1990), make_product(stock=1000, price=550)]


@pytest.fixture(scope="module")
def sell(admin, pay):
    """sell(buyer, moment, (product, quantity)..., state="SP"): an order paid at that moment."""
    def make(buyer, moment, *lines, state="SP"):
        answer = buyer.post("/v1/orders", key=True, body={
            "items": [{"variant_id": product["variants"][0]["id"], "quantity": quantity}
                      for product, quantity in lines],
            "shipping_address": {**support.ADDRESS, "state": state,
                                 "postal_code": POSTAL_CODES[state]}})
        assert answer.status_code == 201, answer.text
        pay(buyer, answer.json())
        pay_at(answer.json(), moment)
        return answer.json()
    return make


@pytest.fixture(scope="module")
def march(buyers, products, sell):
    """Sales of March 2021, in which this shop had no others: [(day, buyer, state, order)]."""
    ana, bruno = buyers
    mug, plate = products
    sales = [
        ("2021-03-01", ana, "SP", [(mug, 2)]),
        ("2021-03-01", bruno, "RS", [(mug, 1), (plate, 4)]),
        ("2021-03-07", ana, "AM", [(plate, 1), (plate, 2)]),
        ("2021-03-08", ana, "SP", [(plate, 10)]),
        ("2021-03-31", bruno, "RS", [(mug, 20)]),
    ]
    support.rows("INSERT INTO sales.tax_rules (code, state, rate_bp, included, valid_from)"
                 " VALUES ('MARCH', 'RS', 777, false, '2020-01-01')")
    try:
        return [(day, buyer, state, sell(buyer, f"{day} 12:00-03", *lines, state=state))
                for day, buyer, state, lines in sales]
    finally:
        support.rows("DELETE FROM sales.tax_rules WHERE code = 'MARCH'")


def summed(orders):
    """The figures of these orders, added up here."""
    return {
        "orders": len(orders),
        "units": sum(item["quantity"] for order in orders for item in order["items"]),
        "revenue": sum(order["totals"]["items"] for order in orders),
        **{part: sum(order["totals"][part] for order in orders)
           for part in ("freight", "tax", "total")},
    }


def figures(row):
    return {name: row[name] for name in FIGURES}


def test_totals_are_those_of_the_orders(admin, march):
    found = report(admin, "2021-03-01", "2021-04-01")
    assert (found["from"], found["to"]) == ("2021-03-01", "2021-04-01")
    assert (found["group_by"], found["currency"]) == ("day", "BRL")
    assert figures(found["totals"]) == summed([order for *_, order in march])
    assert found["totals"]["tax"] > 0


@pytest.mark.parametrize("group", GROUPS)
def test_totals_do_not_depend_on_the_grouping(admin, march, group):
    assert (figures(report(admin, "2021-03-01", "2021-04-01", group)["totals"])
            == summed([order for *_, order in march]))


@pytest.mark.parametrize("group", [group for group in GROUPS if group not in GOODS])
def test_rows_add_up_to_the_totals(admin, march, group):
    found = report(admin, "2021-03-01", "2021-04-01", group)
    for name in FIGURES:
        assert sum(row[name] for row in found["rows"]) == found["totals"][name], name


def test_rows_of_products_add_up_but_for_what_belongs_to_whole_orders(admin, march):
    found = report(admin, "2021-03-01", "2021-04-01", "product")
    for name in ("units", "revenue", "tax"):
        assert sum(row[name] for row in found["rows"]) == found["totals"][name], name
    assert all(row["freight"] == 0 for row in found["rows"])
    goods = found["totals"]["total"] - found["totals"]["freight"]
    assert sum(row["total"] for row in found["rows"]) == goods


@pytest.mark.parametrize("group, key_of", [
    ("state", lambda day, buyer, state: state),
    ("region", lambda day, buyer, state: {"SP": "SE", "RS": "S", "AM": "N"}[state]),
    ("hour", lambda day, buyer, state: f"{datetime.date.fromisoformat(day).isoweekday()}-12"),
    ("customer", lambda day, buyer, state: buyer.id),
    ("gateway", lambda day, buyer, state: "manual"),
    ("day", lambda day, buyer, state: day),
    ("month", lambda day, buyer, state: day[:7]),
])
def test_each_row_is_the_sum_of_its_orders(admin, march, group, key_of):
    expected = {}
    for day, buyer, state, order in march:
        expected.setdefault(key_of(day, buyer, state), []).append(order)
    found = report(admin, "2021-03-01", "2021-04-01", group)["rows"]
    sold = {row["key"]: figures(row) for row in found if row["orders"]}
    assert sold == {key: summed(orders) for key, orders in expected.items()}


def test_a_product_s_row_counts_its_orders_once(admin, march, products):
    rows = {row["key"]: row for row in report(admin, "2021-03-01", "2021-04-01",
                                              "product")["rows"]}
    mug, plate = (rows[product["id"]] for product in products)
    assert (mug["orders"], mug["units"], mug["revenue"]) == (3, 23, 23 * 1990)
    assert (plate["orders"], plate["units"], plate["revenue"]) == (3, 17, 17 * 550)
    assert mug["label"] == products[0]["name"]


@pytest.mark.parametrize("group", ["product", "state", "region", "customer"])
def test_the_best_comes_first(admin, march, group):
    revenue = [row["revenue"] for row in report(admin, "2021-03-01", "2021-04-01",
                                                group)["rows"]]
    assert len(revenue) > 1 and revenue == sorted(revenue, reverse=True)


def test_customers_are_labelled_by_name(admin, march):
    rows = report(admin, "2021-03-01", "2021-04-01", "customer")["rows"]
    assert {row["label"] for row in rows} == {"Ana Lima", "Bruno Reis"}


def test_days_on_which_nothing_was_sold_are_told_too(admin, march):
    rows = report(admin, "2021-03-01", "2021-04-01")["rows"]
    first = datetime.date(2021, 3, 1)
    assert [row["key"] for row in rows] == [
        str(first + datetime.timedelta(days=n)) for n in range(31)]
    assert (rows[1]["label"], figures(rows[1])) == ("02/03/2021", dict.fromkeys(FIGURES, 0))


def test_weeks_begin_on_monday(admin, march):
    rows = report(admin, "2021-03-01", "2021-03-15", "week")["rows"]
    assert [(row["key"], row["orders"]) for row in rows] == [("2021-03-01", 3),
                                                             ("2021-03-08", 1)]


def test_a_week_cut_by_the_period_counts_what_lies_within(admin, march):
    rows = report(admin, "2021-03-05", "2021-03-08", "week")["rows"]
    assert [(row["key"], row["orders"]) for row in rows] == [("2021-03-01", 1)]


def test_months_are_told_as_months(admin, march):
    rows = report(admin, "2021-02-15", "2021-04-15", "month")["rows"]
    assert [(row["key"], row["label"], row["orders"]) for row in rows] == [
        ("2021-02", "02/2021", 0), ("2021-03", "03/2021", 5), ("2021-04", "04/2021", 0)]


def test_the_first_day_is_within_and_the_last_is_not(admin, march):
    assert report(admin, "2021-03-07", "2021-03-08")["totals"]["orders"] == 1
    assert report(admin, "2021-03-02", "2021-03-07")["totals"]["orders"] == 0
    assert report(admin, "2021-03-31", "2021-04-01")["totals"]["orders"] == 1


def test_a_day_is_the_shop_s_not_the_server_s(admin, buyers, products, sell):
    """São Paulo lies three hours behind UTC: its midnight is 03:00 there."""
    order = sell(buyers[0], "2021-06-10T02:59:59.999Z", (products[0], 1))

    def days():
        rows = report(admin, "2021-06-08", "2021-06-12")["rows"]
        return [row["key"] for row in rows if row["orders"]]
    assert days() == ["2021-06-09"]
    pay_at(order, "2021-06-10T03:00:00Z")
    assert days() == ["2021-06-10"]
    assert report(admin, "2021-06-10", "2021-06-11")["totals"]["orders"] == 1
    assert report(admin, "2021-06-09", "2021-06-10")["totals"]["orders"] == 0


def test_summer_time_of_former_years_is_known(admin, buyers, products, sell):
    """In January 2019 São Paulo was two hours behind UTC."""
    sell(buyers[0], "2019-01-10T02:30:00Z", (products[0], 1))
    rows = report(admin, "2019-01-09", "2019-01-11")["rows"]
    assert [row["orders"] for row in rows] == [0, 1]


def test_what_is_not_paid_is_not_sold(admin, customer, product, place_order):
    before = admin.get("/v1/reports/sales").json()["totals"]
    place_order(customer, product)
    assert admin.get("/v1/reports/sales").json()["totals"] == before


def test_what_was_canceled_after_payment_stays_sold_and_counts_as_refunded(admin, buyers, products,
                                                                           sell):
    orders = [sell(buyers[0], "2021-07-01 12:00-03", (products[0], 1)) for _ in range(2)]
    today = admin.get("/v1/reports/sales?group_by=month").json()["totals"]["refunded"]
    assert admin.post(f"/v1/orders/{orders[0]['id']}/cancel").status_code == 200
    for task in admin.get("/v1/payment-tasks?status=open").json()["data"]:
        if task["kind"] == "refund_by_person" and task["order_id"] == orders[0]["id"]:
            support.ok(admin.post(f"/v1/refunds/{task['details']['refund_id']}/confirm"))
    for group in GROUPS:
        found = report(admin, "2021-07-01", "2021-07-02", group)
        assert figures(found["totals"]) == summed(orders)
    now = admin.get("/v1/reports/sales?group_by=month").json()["totals"]["refunded"]
    assert now - today == orders[0]["totals"]["total"]


def test_shipped_and_delivered_orders_stay_sold(admin, buyers, products, sell):
    order = sell(buyers[0], "2021-08-01 12:00-03", (products[0], 1))
    for verb in ("ship", "deliver"):
        assert admin.post(f"/v1/orders/{order['id']}/{verb}").status_code == 200
        assert figures(report(admin, "2021-08-01", "2021-08-02")["totals"]) == summed([order])


def test_a_period_in_which_nothing_was_sold_is_empty_but_whole(admin):
    for group in (*GOODS, "hour", "state", "region", "customer", "gateway", "coupon"):
        found = report(admin, "1999-01-01", "1999-02-01", group)
        assert found["rows"] == []
        assert figures(found["totals"]) == dict.fromkeys(FIGURES, 0)
    assert len(report(admin, "1999-01-01", "1999-02-01")["rows"]) == 31


def test_without_a_period_it_is_the_last_thirty_days_with_today(admin):
    found = admin.get("/v1/reports/sales").json()
    start, end = (datetime.date.fromisoformat(found[name]) for name in ("from", "to"))
    assert end - start == datetime.timedelta(days=30)
    today = support.value("SELECT (now() AT TIME ZONE 'America/Sao_Paulo')::date")
    assert str(end - datetime.timedelta(days=1)) == today
    assert found["group_by"] == "day"


def test_one_end_alone_gives_thirty_days(admin):
    found = admin.get("/v1/reports/sales?to=2021-03-31").json()
    assert (found["from"], found["to"]) == ("2021-03-01", "2021-03-31")


@pytest.mark.parametrize("query, pointer, code", [
    ("from=2021-03-02&to=2021-03-01", "to", "period_reversed"),
    ("from=2021-03-01&to=2021-03-01", "to", "period_reversed"),
    ("from=2001-01-01&to=2021-03-01", "to", "period_too_long"),
    ("from=2021-02-30", "from", "not_date"),
    ("from=2021-3-1", "from", "not_date"),
    ("from=yesterday", "from", "not_date"),
    ("from=2021-03-01T00:00:00Z", "from", "not_date"),
    ("to=0001-01-01", "to", "period_reversed"),
    ("from=9999-12-31", "to", "period_reversed"),
    ("group_by=weather", "group_by", "not_choice"),
    ("group_by=", "group_by", "not_choice"),
    ("group=day", "group", "unknown_parameter"),
])
def test_a_period_that_makes_no_sense_is_refused(admin, query, pointer, code):
    problem = support.assert_problem(admin.get(f"/v1/reports/sales?{query}"), 422,
                                     "validation_failed")
    assert (pointer, code) in [(e["pointer"], e["code"]) for e in problem["errors"]]


@pytest.mark.parametrize("query", ["to=0001-01-02", "from=9999-12-01&to=9999-12-31"])
def test_the_ends_of_the_calendar_are_periods_like_any_other(admin, query):
    answer = admin.get(f"/v1/reports/sales?{query}")
    assert answer.status_code == 200, answer.text
    assert answer.json()["totals"]["orders"] == 0


@pytest.mark.parametrize("query, pointer, code", [
    ("compare=last", "compare", "not_choice"), ("state=XX", "state", "not_state"),
    ("region=B", "region", "not_choice"), ("product=x", "product", "not_uuid"),
    ("limit=0", "limit", "too_small"),
])
def test_a_filter_that_makes_no_sense_is_refused(admin, query, pointer, code):
    problem = support.assert_problem(admin.get(f"/v1/reports/sales?{query}"), 422,
                                     "validation_failed")
    assert [(e["pointer"], e["code"]) for e in problem["errors"]] == [(pointer, code)]


def holds(filters, day, buyer, state, order):
    """Whether a sale of March has what is asked for; of its lines, which."""
    wanted = {"state": state, "customer": buyer.id, "gateway": "manual",
              "region": {"SP": "SE", "RS": "S", "AM": "N"}[state]}
    return all(wanted[name] == value for name, value in filters.items() if name in wanted)


@pytest.mark.parametrize("group", [*PERIODS, "state", "customer", "product", "hour"])
@pytest.mark.parametrize("names", [("state",), ("region", "gateway"), ("customer",), ("product",),
                                   ("product", "state"), ("customer", "product", "gateway")],
                         ids="+".join)
def test_filters_combine(admin, march, buyers, products, names, group):
    values = {"state": "RS", "region": "SE", "gateway": "manual", "customer": buyers[1].id,
              "product": products[1]["id"]}
    filters = {name: values[name] for name in names}
    found = admin.get("/v1/reports/sales?from=2021-03-01&to=2021-04-01&group_by=" + group + "".join(
        f"&{name}={value}" for name, value in filters.items())).json()
    assert found["filters"] == filters
    lines = [(order["id"], item) for sale in march if holds(filters, *sale) for order in sale[3:]
             for item in order["items"] if filters.get("product", item["product_id"]) == item["product_id"]]
    for part in (found["totals"], {name: sum(row[name] for row in found["rows"])
                                   for name in ("units", "revenue")}):
        assert part["units"] == sum(item["quantity"] for _, item in lines)
        assert part["revenue"] == sum(item["quantity"] * item["unit_price"] for _, item in lines)
    assert found["totals"]["orders"] == len({order for order, _ in lines})


def test_a_row_stands_beside_what_was_before(admin, march, buyers, products, sell):
    earlier = sell(buyers[0], "2021-02-05 12:00-03", (products[0], 1), state="RS")
    for group, key in (("month", "2021-03"), ("state", "RS"), ("region", "S")):
        row = next(row for row in admin.get(
            f"/v1/reports/sales?from=2021-03-01&to=2021-04-01&group_by={group}&compare=previous")
            .json()["rows"] if row["key"] == key)
        was = earlier["totals"]["total"]
        assert (row["orders_before"], row["total_before"]) == (1, was)
        assert row["change"] == round((row["total"] - was) * 10000 / was)
    year = admin.get("/v1/reports/sales?from=2022-03-01&to=2022-04-01&group_by=day&compare=year").json()
    assert [row["total_before"] for row in year["rows"]] == [
        row["total"] for row in report(admin, "2021-03-01", "2021-04-01")["rows"]]
    assert all(row["change"] is None for row in year["rows"] if not row["total_before"])
    assert report(admin, "2021-03-01", "2021-04-01", "state")["rows"][0]["total_before"] is None


def test_a_category_has_what_stands_below_it(admin, buyers, make_product, sell):
    above, below = (support.ok(admin.post("/v1/categories", {"name": support.unique("C")}), 201)
                    for _ in range(2))
    support.ok(admin.patch(f"/v1/categories/{below['id']}", {"parent_id": above["id"]}))
    product = make_product(stock=10, price=700, category_ids=[below["id"]])
    sell(buyers[0], "2021-11-05 12:00-03", (product, 2))
    found = report(admin, "2021-11-01", "2021-12-01", "category")
    assert {row["key"]: (row["label"], row["units"]) for row in found["rows"]} == {
        above["id"]: (above["name"], 2), below["id"]: (below["name"], 2)}
    filtered = admin.get("/v1/reports/sales?from=2021-11-01&to=2021-12-01&group_by=product"
                         f"&category={above['id']}").json()
    assert [(row["key"], row["units"]) for row in filtered["rows"]] == [(product["id"], 2)]


def test_a_coupon_has_its_orders(admin, buyers, products, pay):
    code = support.unique("CUPOM").upper().replace("-", "")
    support.ok(admin.post("/v1/coupons", {"code": code, "kind": "percent", "value": 1000}), 201)
    order = support.ok(buyers[0].post("/v1/orders", key=True, body={
        "items": [{"variant_id": products[0]["variants"][0]["id"], "quantity": 1}],
        "shipping_address": support.ADDRESS, "coupons": [code]}), 201)
    pay(buyers[0], order)
    pay_at(order, "2021-12-05 12:00-03")
    row, = report(admin, "2021-12-01", "2022-01-01", "coupon")["rows"]
    assert (row["key"], row["orders"], row["discount"]) == (code, 1, 199)
    assert admin.get(f"/v1/reports/sales?from=2021-12-01&to=2022-01-01&coupon={code}"
                     ).json()["totals"]["revenue"] == 1990 - 199


def test_a_limit_cuts_rows_and_not_totals(admin, march):
    found = admin.get("/v1/reports/sales?from=2021-03-01&to=2021-04-01&group_by=state&limit=1").json()
    assert len(found["rows"]) == 1 and found["totals"]["orders"] == 5


def test_only_who_may_reads_reports(anyone, customer, make_user):
    others = [customer, make_user("support"), make_user("stock")]
    manager = make_user("manager")
    for path in ("/v1/reports/sales", "/v1/reports/kpis", "/v1/charts/sales.png"):
        support.assert_problem(anyone.get(path), 401, "unauthorized")
        for client in others:
            support.assert_problem(client.get(path), 403, "forbidden")
        assert manager.get(path).status_code == 200
