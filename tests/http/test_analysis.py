"""Analysis: who and what sells, in a year small enough to do by hand. Nothing else here was sold in
2012; every figure is computed once more in a few lines of this file."""
import collections
import csv
import datetime
import io
import itertools
import random

import pytest

import support

YEAR = "from=2012-01-01&to=2013-01-01"
REPORTS = ["sellers", "abc", "segments", "customers", "cohorts", "together", "market"]
GRID = {5: "recent promising loyal champions champions",
        4: "recent promising loyal champions champions",
        3: "sleepy sleepy attention loyal loyal",
        2: "hibernating hibernating at_risk at_risk at_risk",
        1: "lost lost at_risk cannot_lose cannot_lose"}


def report(client, path):
    return support.ok(client.get(f"/v1/reports/{path}"))


def rounded(amount, by):
    """As PostgreSQL rounds: halves away from zero."""
    sign = -1 if amount < 0 else 1
    return sign * ((2 * abs(amount) + by) // (2 * by))


class Sale:
    """A paid order: who, when, and how many of which product, by their places in the lists."""

    def __init__(self, buyer, day, goods, totals):
        self.buyer, self.day, self.goods, self.totals = buyer, day, goods, totals

    def __repr__(self):
        return f"{self.buyer} {self.day} {self.goods}"


@pytest.fixture(scope="module")
def products(make_product):
    """Six things, of the last two nobody knows the cost."""
    return [make_product(stock=500, price=price, **({"cost": cost} if cost else {}))
            for price, cost in ((19900, 12000), (9900, 4000), (4900, 5100), (2900, 900),
                                (1500, None), (700, None))]


@pytest.fixture(scope="module")
def buyers():
    return [support.register(f"Cliente {letter}") for letter in "ABCDEFGHIJKL"]


@pytest.fixture(scope="module")
def sales(pay, products, buyers):
    """The orders of 2012, drawn once, the same each time."""
    dice, made = random.Random(12), []
    for buyer, client in enumerate(buyers):
        for _ in range(1 + buyer % 4):
            day = datetime.date(2012, 1, 1) + datetime.timedelta(days=dice.randrange(366))
            goods = {n: dice.randrange(1, 4)
                     for n in dice.sample([0, 1, 1, 2, 3, 3, 3, 4], dice.randrange(1, 4))}
            order = support.ok(client.post("/v1/orders", key=True, body={
                "items": [{"variant_id": products[n]["variants"][0]["id"], "quantity": quantity}
                          for n, quantity in goods.items()],
                "shipping_address": support.ADDRESS}), 201)
            payment = pay(client, order)
            support.rows(f"UPDATE sales.orders SET paid_at = '{day} 12:00-03'"
                         f" WHERE id = '{order['id']}'")
            made.append(Sale(buyer, day, goods, order["totals"]))
            made[-1].order, made[-1].payment = order, payment
    return made


# Sellers -------------------------------------------------------------------------------------

def expected_sellers(sales, products):
    found = {}
    for n, product in enumerate(products):
        units = sum(sale.goods.get(n, 0) for sale in sales)
        revenue = units * product["price"]
        cost = units * product["cost"] if product["cost"] and units else None
        found[product["id"]] = {
            "name": product["name"], "units": units, "revenue": revenue, "cost": cost,
            "orders": sum(n in sale.goods for sale in sales),
            "margin": 0 if not units else None if cost is None else revenue - cost,
            "margin_rate": None if cost is None else rounded(
                (revenue - cost) * 10000, revenue),
            "available": 500 - units}
    return found


@pytest.mark.parametrize("by", ["units", "revenue", "margin"])
def test_the_best_sellers_come_first(admin, sales, products, by):
    found = report(admin, f"sellers?{YEAR}&by={by}")
    assert (found["order"], found["by"], found["currency"]) == ("best", by, "BRL")
    expected = {key: row for key, row in expected_sellers(sales, products).items()
                if row["units"]}
    assert len(expected) == 5
    rows = {row["product_id"]: {name: row[name] for name in expected[row["product_id"]]}
            for row in found["rows"]}
    assert rows == expected
    assert [row["place"] for row in found["rows"]] == [1, 2, 3, 4, 5]
    measures = [row[by] for row in found["rows"]]
    known = [measure for measure in measures if measure is not None]
    assert known == sorted(known, reverse=True)
    assert measures == known + [None] * (len(measures) - len(known))


def test_a_margin_below_zero_is_told_as_it_is(admin, sales, products):
    rows = report(admin, f"sellers?{YEAR}&by=margin")["rows"]
    row, = [row for row in rows if row["product_id"] == products[2]["id"]]
    assert row["margin"] == -200 * row["units"] < 0 and row["margin_rate"] == -408


def test_the_worst_sellers_are_for_sale_and_may_have_sold_nothing(admin, sales, products,
                                                                  make_product):
    gone = make_product(stock=0)
    rows = report(admin, f"sellers?{YEAR}&order=worst&limit=1000000")["rows"]
    assert [row["units"] for row in rows] == sorted(row["units"] for row in rows)
    by_id = {row["product_id"]: row for row in rows}
    assert gone["id"] not in by_id
    never = by_id[products[5]["id"]]
    assert (never["units"], never["revenue"], never["orders"], never["margin"]) == (0, 0, 0, 0)
    assert (never["available"], never["cost"], never["margin_rate"]) == (500, None, None)
    today = support.value("SELECT (now() AT TIME ZONE 'America/Sao_Paulo')::date")
    assert never["since"] == today
    expected = expected_sellers(sales, products)
    for key in expected:
        assert by_id[key]["units"] == expected[key]["units"]
    assert [row["product_id"] for row in rows][-5:] == [
        row["product_id"] for row in report(admin, f"sellers?{YEAR}")["rows"]][::-1]


def test_what_is_no_longer_for_sale_is_among_the_best_but_not_the_worst(
        admin, pay, customer, make_product, place_order):
    product = make_product()
    order = place_order(customer, product)
    pay(customer, order)
    support.rows("UPDATE sales.orders SET paid_at = '2010-03-01 12:00-03'"
                 f" WHERE id = '{order['id']}'")
    support.ok(admin.patch(f"/v1/products/{product['id']}", {"status": "archived"}))
    period = "from=2010-03-01&to=2010-03-02"
    best, = report(admin, f"sellers?{period}")["rows"]
    assert (best["product_id"], best["since"]) == (product["id"], None)
    worst = report(admin, f"sellers?{period}&order=worst&limit=1000000")["rows"]
    assert product["id"] not in {row["product_id"] for row in worst}


def test_as_many_sellers_as_asked_for(admin, sales):
    assert len(report(admin, f"sellers?{YEAR}&limit=2")["rows"]) == 2
    assert len(report(admin, "sellers?order=worst")["rows"]) <= 20


# ABC -----------------------------------------------------------------------------------------

def expected_abc(sales, products, a=80, b=95):
    revenue = {product["id"]: product["price"] * sum(sale.goods.get(n, 0) for sale in sales)
               for n, product in enumerate(products)}
    whole, upto, rows = sum(revenue.values()), 0, []
    for key in sorted(filter(revenue.get, revenue), key=lambda key: (-revenue[key], key)):
        before, upto = upto, upto + revenue[key]
        rows.append({"product_id": key, "revenue": revenue[key],
                     "share": rounded(revenue[key] * 10000, whole),
                     "cumulated": rounded(upto * 10000, whole),
                     "class": "A" if before * 100 < a * whole else
                              "B" if before * 100 < b * whole else "C"})
    return rows


@pytest.mark.parametrize("a, b", [(80, 95), (40, 60), (1, 1), (100, 100), (1, 100)])
def test_products_fall_into_classes_by_their_share(admin, sales, products, a, b):
    found = report(admin, f"abc?{YEAR}&a={a}&b={b}")
    expected = expected_abc(sales, products, a, b)
    assert [{name: row[name] for name in expected[0]} for row in found["rows"]] == expected
    assert (found["a"], found["b"]) == (a, b)
    assert found["rows"][0]["class"] == "A" and found["rows"][-1]["cumulated"] == 10000


def test_the_curve_is_that_of_the_sales_report(admin, sales):
    found = report(admin, f"abc?{YEAR}")
    assert (found["a"], found["b"]) == (80, 95)
    sold = report(admin, f"sales?{YEAR}&group_by=product")
    assert [(row["product_id"], row["name"], row["units"], row["revenue"])
            for row in found["rows"]] == [
        (row["key"], row["label"], row["units"], row["revenue"]) for row in sold["rows"]]
    assert found["totals"] == {name: sold["totals"][name] for name in ("units", "revenue")}


def test_the_second_bound_is_not_below_the_first(admin):
    support.assert_problem(admin.get("/v1/reports/abc?a=90&b=80"), 422, pointer="b")
    support.assert_problem(admin.get("/v1/reports/abc?a=90&b=80&format=csv"), 422, pointer="b")
    found = report(admin, "abc?a=99")
    assert (found["a"], found["b"]) == (99, 100)


# Segments ------------------------------------------------------------------------------------

def fifths(order):
    """Each one's fifth, from 1; where they can't be equal the first ones have one more."""
    size, rest = divmod(len(order), 5)
    sizes = [size + (n < rest) for n in range(5)]
    return dict(zip(order, [n + 1 for n in range(5) for _ in range(sizes[n])]))


def expected_customers(sales, buyers, day):
    known = collections.defaultdict(list)
    for sale in sales:
        if sale.day <= day:
            known[buyers[sale.buyer].id].append(sale)
    measures = {key: (max(sale.day for sale in bought), len(bought),
                      sum(sale.totals["total"] - getattr(sale, "refunded", 0)
                          for sale in bought)) for key, bought in known.items()}
    last, orders, net = (fifths(sorted(measures, key=lambda key: [
        measures[key][n] for n in first] + [key])) for first in ((0, 1, 2), (1, 2, 0), (2, 1, 0)))
    return {key: {"last_on": str(measures[key][0]), "days": (day - measures[key][0]).days,
                  "orders": measures[key][1], "net": measures[key][2], "recency": last[key],
                  "frequency": orders[key], "monetary": net[key],
                  "segment": GRID[last[key]].split()[(orders[key] + net[key] + 1) // 2 - 1]}
            for key in measures}


@pytest.mark.parametrize("day", ["2012-12-31", "2012-08-15", "2013-10-01"])
def test_customers_are_scored_by_fifths(admin, sales, buyers, day):
    found = report(admin, f"customers?day={day}")
    expected = expected_customers(sales, buyers, datetime.date.fromisoformat(day))
    assert len(expected) > 5
    rows = {row["customer_id"]: {name: row[name] for name in next(iter(expected.values()))}
            for row in found["rows"]}
    assert rows == expected
    net = [row["net"] for row in found["rows"]]
    assert net == sorted(net, reverse=True)
    assert (found["day"], found["segment"]) == (day, None)
    assert {row["name"] for row in found["rows"]} <= {f"Cliente {c}" for c in "ABCDEFGHIJKL"}


def test_segments_add_up_their_customers(admin, sales, buyers):
    day = datetime.date(2012, 12, 31)
    found = report(admin, f"segments?day={day}")
    segments = collections.defaultdict(list)
    for customer in expected_customers(sales, buyers, day).values():
        segments[customer["segment"]].append(customer)
    net = sum(c["net"] for list_ in segments.values() for c in list_)
    count = sum(map(len, segments.values()))
    assert len(segments) > 3
    rows = {row.pop("segment"): row for row in found["rows"]}
    assert all(row.pop("name") for row in rows.values())
    assert rows == {name: {
        "customers": len(those), "share": rounded(len(those) * 10000, count),
        "orders": sum(c["orders"] for c in those), "net": sum(c["net"] for c in those),
        "net_share": rounded(sum(c["net"] for c in those) * 10000, net),
        "average": rounded(sum(c["net"] for c in those), len(those)),
        "days": rounded(sum(c["days"] for c in those), len(those))}
        for name, those in segments.items()}
    assert found["totals"] == {"customers": count, "net": net, "average": rounded(net, count),
                               "orders": len(sales)}


def test_customers_of_a_segment(admin, sales):
    everybody = report(admin, "customers?day=2012-12-31")["rows"]
    for name in " ".join(GRID.values()).split():
        found = report(admin, f"customers?day=2012-12-31&segment={name}")
        assert found["rows"] == [row for row in everybody if row["segment"] == name]
        assert found["segment"] == name
    assert report(admin, "customers?day=2012-12-31&limit=3")["rows"] == everybody[:3]


def test_who_has_not_bought_for_24_months_is_in_no_segment(admin, sales):
    last = max(sale.day for sale in sales)
    gone = last.replace(year=last.year + 2)
    assert len(report(admin, f"customers?day={gone - datetime.timedelta(days=1)}")["rows"]) >= 1
    found = report(admin, f"segments?day={gone}")
    assert found["rows"] == []
    assert found["totals"] == {"customers": 0, "orders": 0, "net": 0}


def test_segments_are_named_in_the_language_asked_for(admin, sales):
    def names(lang, path, name):
        answer = admin.get(f"/v1/reports/{path}?day=2012-12-31",
                           headers={"Accept-Language": lang})
        return {row["segment"]: row[name] for row in support.ok(answer)["rows"]}
    pt, en = names("pt-BR", "segments", "name"), names("en", "segments", "name")
    assert pt.keys() == en.keys() and all(pt[name] != en[name] for name in pt)
    assert names("pt-BR", "customers", "segment_name") == pt
    assert names("en", "customers", "segment_name") == en


def test_what_went_back_is_not_what_a_customer_brought(admin, sales, buyers):
    """After all else about segments: it changes what they say."""
    sale = sales[-1]
    refund = support.ok(admin.post(f"/v1/payments/{sale.payment['id']}/refunds", key=True,
                                   body={"amount": 500}), 201)
    support.ok(admin.post(f"/v1/refunds/{refund['id']}/confirm"))
    support.rows("UPDATE sales.money_entries SET at = '2012-12-31 12:00-03' WHERE account = 'refunds'"
                 f" AND payment_id = '{sale.payment['id']}'")
    support.rows(f"INSERT INTO sales.rollup_queue (order_id) VALUES ('{sale.order['id']}')")
    sale.refunded = 500
    day = datetime.date(2012, 12, 31)
    buyer = buyers[sale.buyer].id
    rows = {row["customer_id"]: row for row in report(admin, f"customers?day={day}")["rows"]}
    assert rows[buyer]["net"] == expected_customers(sales, buyers, day)[buyer]["net"]
    before = report(admin, "customers?day=2012-12-30")["rows"]
    assert {row["net"] for row in before if row["customer_id"] == buyer} <= {
        rows[buyer]["net"] + 500}


# Cohorts -------------------------------------------------------------------------------------

def expected_cohorts(sales, months):
    bought = collections.defaultdict(set)
    for sale in sales:
        bought[sale.buyer].add(sale.day.year * 12 + sale.day.month - 1)
    rows = {}
    for month in range(2012 * 12, 2012 * 12 + months):
        new = [those for those in bought.values() if min(those) == month]
        rows[f"{month // 12}-{month % 12 + 1:02}"] = [len(new)] + [
            rounded(sum(month + k in those for those in new) * 10000, len(new)) if new else None
            for k in range(1, 13)]
    return rows


def test_cohorts_tell_who_comes_back(admin, sales):
    found = report(admin, f"cohorts?{YEAR}")
    rows = {row["month"]: [row["customers"]] + [row[f"month_{k}"] for k in range(1, 13)]
            for row in found["rows"]}
    assert rows == expected_cohorts(sales, 12)
    assert any(share for row in rows.values() for share in row[1:] if share)
    assert found["totals"]["customers"] == 12
    assert report(admin, "cohorts?from=2012-06-20&to=2012-07-02")["rows"] == [
        row for row in found["rows"] if row["month"] in ("2012-06", "2012-07")]


def test_the_last_line_of_cohorts_is_all_of_them(admin, sales):
    totals = report(admin, f"cohorts?{YEAR}")["totals"]
    first = {}
    for sale in sorted(sales, key=lambda sale: sale.day):
        first.setdefault(sale.buyer, sale.day)
    for k in range(1, 13):
        again = {sale.buyer for sale in sales
                 if (sale.day.year * 12 + sale.day.month)
                 - (first[sale.buyer].year * 12 + first[sale.buyer].month) == k}
        assert totals[f"month_{k}"] == rounded(len(again) * 10000, 12)


def test_months_that_have_not_begun_are_empty(admin, sales):
    found = report(admin, "cohorts")
    assert len(found["rows"]) in (12, 13)
    this, last = found["rows"][-1], found["rows"][-2]
    today = support.value("SELECT to_char(now() AT TIME ZONE 'America/Sao_Paulo', 'YYYY-MM')")
    assert this["month"] == today
    assert all(this[f"month_{k}"] is None for k in range(1, 13))
    assert last["customers"] == 0 or last["month_1"] is not None
    assert last["month_2"] is None


# Together ------------------------------------------------------------------------------------

def expected_pairs(sales, products, support_bp):
    alone, both = collections.Counter(), collections.Counter()
    for sale in sales:
        keys = sorted(products[n]["id"] for n in sale.goods)
        alone.update(keys)
        both.update(itertools.combinations(keys, 2))
    rows, n = [], len(sales)
    for pair, orders in both.items():
        if orders < 2 or orders * 10000 < support_bp * n:
            continue
        one, other = sorted(pair, key=lambda key: (alone[key], key))
        rows.append({"product_id": one, "other_id": other, "orders": orders,
                     "support": rounded(orders * 10000, n),
                     "confidence": rounded(orders * 10000, alone[one]),
                     "confidence_back": rounded(orders * 10000, alone[other]),
                     "lift": rounded(orders * n * 100, alone[one] * alone[other]) / 100})
    return rows


@pytest.mark.parametrize("support_bp", [10, 1000, 2000, 10000])
def test_pairs_are_told_with_support_confidence_and_lift(admin, sales, products, support_bp):
    found = report(admin, f"together?{YEAR}&support={support_bp}")
    rows = [{name: value for name, value in row.items() if name not in ("name", "other_name")}
            for row in found["rows"]]
    def key(row):
        return row["product_id"], row["other_id"]
    assert sorted(rows, key=key) == sorted(expected_pairs(sales, products, support_bp), key=key)
    names = {product["id"]: product["name"] for product in products}
    assert all((row["name"], row["other_name"]) == tuple(names[k] for k in key(row))
               for row in found["rows"])


@pytest.mark.parametrize("order", ["lift", "confidence", "orders"])
def test_the_best_pairs_come_first(admin, sales, order):
    rows = report(admin, f"together?{YEAR}&order={order}")["rows"]
    assert len(rows) > 3
    assert [row[order] for row in rows] == sorted((row[order] for row in rows), reverse=True)
    assert report(admin, f"together?{YEAR}&order={order}&limit=2")["rows"] == rows[:2]


# All of them ---------------------------------------------------------------------------------

@pytest.mark.parametrize("name", [name for name in REPORTS if name != "market"])
def test_a_report_is_the_same_as_a_sheet(admin, sales, name):
    query = "day=2012-12-31" if name in ("segments", "customers") else YEAR
    found = report(admin, f"{name}?{query}")
    answer = admin.get(f"/v1/reports/{name}?{query}&format=csv",
                       headers={"Accept-Language": "en"})
    assert answer.headers["Content-Type"].startswith("text/csv")
    lines = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(lines) == 1 + len(found["rows"]) + ("totals" in found)
    assert len(set(lines[0])) == len(lines[0]) == len(found["rows"][0])
    for line, row in zip(lines[1:], found["rows"]):
        for cell, value in zip(line, row.values()):
            assert value is not None or cell == ""
            if isinstance(value, str):
                assert cell.lstrip("'") == value
    answer = admin.get(f"/v1/reports/{name}?{query}&format=xlsx")
    assert answer.status_code == 200 and answer.content[:2] == b"PK"


@pytest.mark.parametrize("name", REPORTS)
def test_nothing_is_told_of_a_time_without_sales(admin, name):
    query = {"segments": "day=1999-01-01", "customers": "day=1999-01-01",
             "market": "limit=1"}.get(name, "from=1999-01-01&to=1999-03-01")
    found = report(admin, f"{name}?{query}")
    if name == "cohorts":
        assert [row["customers"] for row in found["rows"]] == [0, 0]
        assert found["totals"] == {"customers": 0}
    elif name != "market":
        assert found["rows"] == []


@pytest.mark.parametrize("query, pointer, code", [
    ("sellers?order=middling", "order", "not_choice"),
    ("sellers?by=weight", "by", "not_choice"),
    ("sellers?limit=0", "limit", "too_small"),
    ("sellers?from=2012-02-01&to=2012-01-01", "to", "period_reversed"),
    ("abc?a=0", "a", "too_small"),
    ("abc?b=101", "b", "too_large"),
    ("abc?from=yesterday", "from", "not_date"),
    ("segments?day=2012-02-30", "day", "not_date"),
    ("segments?from=2012-01-01", "from", "unknown_parameter"),
    ("customers?segment=rich", "segment", "not_choice"),
    ("cohorts?from=1990-01-01&to=2013-01-01", "to", "period_too_long"),
    ("cohorts?months=3", "months", "unknown_parameter"),
    ("together?support=0", "support", "too_small"),
    ("together?support=much", "support", "not_integer"),
    ("together?order=support", "order", "not_choice"),
    ("market?days=0", "days", "too_small"),
    ("market?format=pdf", "format", "not_choice"),
])
def test_what_makes_no_sense_is_refused(admin, query, pointer, code):
    problem = support.assert_problem(admin.get(f"/v1/reports/{query}"), 422,
                                     "validation_failed")
    assert (pointer, code) in [(e["pointer"], e["code"]) for e in problem["errors"]]


@pytest.mark.parametrize("name", REPORTS)
def test_only_who_may_reads_analysis(anyone, customer, make_user, name):
    path = f"/v1/reports/{name}"
    support.assert_problem(anyone.get(path), 401, "unauthorized")
    for client in (customer, make_user("support"), make_user("stock")):
        support.assert_problem(client.get(path), 403, "forbidden")
    assert make_user("manager").get(path).status_code == 200


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_the_ends_of_the_calendar_are_days_like_any_other(admin, day):
    assert report(admin, f"segments?day={day}")["rows"] == []
    assert report(admin, f"customers?day={day}")["rows"] == []
