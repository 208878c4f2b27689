"""Reports on stock and the key figures of stock, on ledgers that are small enough to add up by hand.
Each test has products of its own; its rows are found among those of the whole shop."""
import csv
import io

import openpyxl
import pytest

import support
from stock_ledger import (
    ZONE, day, figures, receive, report, row_of, sell, sell_by_week, sku_of, variant_of, write)

KINDS = ["level", "value", "low", "dead", "ageing", "reorder", "forecast"]


# Levels and what they are worth


def test_a_level_is_what_lies_there_is_promised_and_is_free(admin, customer, make_product,
                                                            place_order):
    product = make_product(stock=10)
    place_order(customer, product, 3)
    found = report(admin, "level")
    assert row_of(found, product) == {
        "sku": sku_of(product), "name": product["name"], "on_hand": 10, "reserved": 3,
        "available": 7, "sold_ahead": 0}
    assert found["kind"] == "level"
    for name in ("on_hand", "reserved", "available", "sold_ahead"):
        assert found["totals"][name] == sum(row[name] for row in found["rows"])


def test_what_never_came_has_a_level_too(admin, make_product):
    product = make_product(stock=0)
    assert figures(report(admin, "level"), product) == {
        "on_hand": 0, "reserved": 0, "available": 0, "sold_ahead": 0}


def test_what_is_sold_ahead_is_told_apart(admin, customer, make_product, place_order):
    product = make_product(stock=2, sell_ahead={"pieces": 5, "days": 10})
    place_order(customer, product, 6)
    assert figures(report(admin, "level"), product) == {
        "on_hand": 2, "reserved": 2, "available": 0, "sold_ahead": 4}


def test_a_location_has_what_lies_there(admin, make_product):
    code = support.unique("loja")
    support.ok(admin.put(f"/v1/stock/locations/{code}", {"name": "Loja"}), 201)
    here, elsewhere = make_product(stock=4), make_product(stock=4)
    receive(here, day(1), 3, code)
    found = report(admin, "level", location=code)
    assert [row["sku"] for row in found["rows"]] == [sku_of(here)]
    assert figures(found, here) == {"on_hand": 3, "reserved": 0, "available": 3, "sold_ahead": None}
    assert found["location"] == code
    assert found["totals"] == {"on_hand": 3, "reserved": 0, "available": 3}
    assert row_of(report(admin, "level", location="main"), elsewhere)["on_hand"] == 4
    assert report(admin, "value", location=code)["totals"]["price_value"] == 3 * 1990


def test_the_value_is_at_todays_cost_and_price(admin, make_product):
    before = report(admin, "value")["totals"]
    costed, uncosted = make_product(stock=4, price=1000, cost=600), make_product(stock=3, price=500)
    found = report(admin, "value")
    assert figures(found, costed) == {
        "on_hand": 4, "cost": 600, "cost_value": 2400, "price": 1000, "price_value": 4000,
        "uncosted": 0, "uncosted_value": 0}
    assert figures(found, uncosted) == {
        "on_hand": 3, "cost": None, "cost_value": None, "price": 500, "price_value": 1500,
        "uncosted": 3, "uncosted_value": 1500}
    more = {"on_hand": 7, "cost_value": 2400, "price_value": 5500, "uncosted": 3,
            "uncosted_value": 1500}
    assert found["totals"] == {name: before[name] + more[name] for name in more}


def test_the_dearest_stock_comes_first(admin, make_product):
    for cost in (300, 900):
        make_product(stock=2, cost=cost)
    values = [row["cost_value"] for row in report(admin, "value")["rows"]]
    known = [value for value in values if value is not None]
    assert values[:len(known)] == sorted(known, reverse=True)


def test_a_variant_s_cost_goes_before_its_product_s(admin, make_product):
    product = make_product(stock=2, cost=600)
    path = f"/v1/products/{product['id']}/variants/{variant_of(product)}"
    support.ok(admin.patch(path, {"cost": 700}))
    assert row_of(report(admin, "value"), product)["cost_value"] == 1400


# What is low, and what lies too long


def test_low_is_what_is_below_its_level(admin, make_product):
    few, enough, never = make_product(stock=4), make_product(stock=5), make_product(stock=1)
    support.ok(admin.patch(f"/v1/stock/{variant_of(never)}", {"low_below": 0}))
    found = report(admin, "low")
    assert figures(found, few) == {
        "available": 4, "low_below": 5, "sold_28_days": 0, "days_left": None, "runs_out_on": None}
    assert row_of(found, enough) is None and row_of(found, never) is None


def test_low_is_what_runs_out_before_more_can_come(admin, make_product):
    product = make_product(stock=0)
    receive(product, day(60), 100)
    sell(product, day(40), 30)
    sell(product, day(20), 40)
    sell(product, day(2), 16)
    # 56 in 28 days are 2 a day, and 14 last for 7.
    assert figures(report(admin, "low", lead_days=8), product) == {
        "available": 14, "low_below": 5, "sold_28_days": 56, "days_left": 7,
        "runs_out_on": str(day(-7))}
    assert row_of(report(admin, "low", lead_days=7), product) is None


def test_what_is_not_for_sale_is_not_low(admin, make_product):
    product = make_product(stock=1)
    support.ok(admin.patch(f"/v1/products/{product['id']}", {"status": "archived"}))
    assert row_of(report(admin, "low"), product) is None


def test_dead_is_what_nobody_has_bought_for_long(admin, make_product):
    dead, sold, never = (make_product(stock=0, cost=250) for _ in range(3))
    for product in (dead, sold, never):
        receive(product, day(200), 10)
    sell(dead, day(120), 4)
    sell(sold, day(120), 4)
    sell(sold, day(89), 1)
    found = report(admin, "dead")
    assert found["days"] == 90
    assert figures(found, dead) == {
        "on_hand": 6, "last_sold_on": str(day(120)), "unsold_since": str(day(120)), "days": 120,
        "cost": 250, "cost_value": 1500}
    assert figures(found, never) == {
        "on_hand": 10, "last_sold_on": None, "unsold_since": str(day(200)), "days": 200,
        "cost": 250, "cost_value": 2500}
    assert row_of(found, sold) is None
    assert row_of(report(admin, "dead", days=89), sold)["days"] == 89
    assert row_of(report(admin, "dead", days=121), dead) is None
    assert found["totals"]["cost_value"] == sum(row["cost_value"] or 0 for row in found["rows"])


def test_what_came_after_all_was_sold_is_not_dead(admin, make_product):
    product = make_product(stock=0)
    receive(product, day(300), 5)
    sell(product, day(200), 5)
    receive(product, day(30), 5)
    assert row_of(report(admin, "dead"), product) is None
    assert row_of(report(admin, "dead", days=30), product)["unsold_since"] == str(day(30))


def test_the_oldest_leave_first(admin, make_product):
    product = make_product(stock=0, cost=100)
    for ago, pieces in ((400, 10), (100, 10), (61, 5), (31, 3), (30, 2)):
        receive(product, day(ago), pieces)
    sell(product, day(10), 12)
    # 10 of the first are gone, and 2 of the second.
    assert figures(report(admin, "ageing"), product) == {
        "on_hand": 18, "pieces_0_30": 2, "pieces_31_60": 3, "pieces_61_90": 5, "pieces_91_180": 8,
        "pieces_over_180": 0, "value_0_30": 200, "value_31_60": 300, "value_61_90": 500,
        "value_91_180": 800, "value_over_180": 0, "cost_value": 1800}


def test_ages_of_a_shelf_outlive_a_transfer_and_a_count(admin, make_product):
    code = support.unique("loja")
    support.ok(admin.put(f"/v1/stock/locations/{code}", {"name": "Loja"}), 201)
    product = make_product(stock=0)
    receive(product, day(200), 10)
    write(product, day(20), ("transfer", -6, 0, "main"), ("transfer", 6, 0, code))
    write(product, day(10), ("count", -1, 0, "main"))
    write(product, day(5), ("adjust", 2, 0, code))
    row = row_of(report(admin, "ageing"), product)
    assert (row["on_hand"], row["pieces_0_30"], row["pieces_over_180"]) == (11, 2, 9)
    assert row["cost_value"] is None


def test_ages_add_up_to_what_is_on_hand(admin, make_product):
    make_product(stock=5)
    found = report(admin, "ageing")
    for row in [*found["rows"], found["totals"]]:
        assert row["on_hand"] == sum(row[name] for name in row if name.startswith("pieces_"))
    levels = {row["sku"]: row["on_hand"] for row in report(admin, "level")["rows"]
              if row["on_hand"]}
    assert {row["sku"]: row["on_hand"] for row in found["rows"]} == levels


# Key figures


def key_figure(call, *products):
    variants = ", ".join(f"'{variant_of(product)}'" for product in products)
    found = support.value(f"SELECT sales.{call.replace('OF', f'ARRAY[{variants}]::uuid[]')}")
    return int(found) if found else None


def test_stock_turns_and_lasts(make_product):
    product, dearer = make_product(stock=0, cost=100), make_product(stock=0, cost=1000)
    for each in (product, dearer):
        receive(each, day(30), 20)
    sell(product, day(5), 10)
    sell(product, day(20), 1)
    sell(product, day(0), 1)
    span = f"'{day(10)}', '{day(0)}', 'BRL', '{ZONE}', OF"
    # 10 of 10 days at 1.00; 19 pieces before, 9 after: 10 * 365 / 10 / 14.
    assert key_figure(f"stock_turns({span})", product) == 2607
    assert key_figure(f"stock_days_left({span})", product) == 900
    # 20 pieces at 10.00 lay beside them: 3650 / ((219 + 209) / 2) of the same.
    assert key_figure(f"stock_turns({span})", product, dearer) == 171
    assert key_figure(f"stock_days_left({span})", product, dearer) == 20900
    assert key_figure(f"stock_turns({span})", dearer) == 0
    assert key_figure(f"stock_days_left({span})", dearer) is None
    assert key_figure(f"stock_turns({span})", make_product(stock=0)) is None


def test_the_out_of_stock_are_a_share_of_what_is_for_sale(admin, make_product):
    products = [make_product(stock=stock) for stock in (0, 1, 1, 0)]
    assert key_figure("out_of_stock_rate(OF)", *products[:3]) == 3333
    support.ok(admin.patch(f"/v1/products/{products[3]['id']}", {"status": "archived"}))
    assert key_figure("out_of_stock_rate(OF)", *products) == 3333
    assert key_figure("out_of_stock_rate(OF)", products[3]) is None


def test_time_out_of_stock_is_that_without_a_piece(make_product):
    product, full, new = (make_product(stock=0) for _ in range(3))
    receive(product, day(30), 5)
    sell(product, day(4), 5)
    receive(full, day(30), 5)
    receive(new, day(2), 1)
    span = f"'{day(8)}', '{day(0)}', '{ZONE}', OF"
    # Since noon, 3.5 of 8 days; of two 3.5 of 16; the third has been there for 1.5 days.
    assert key_figure(f"out_of_stock_time({span})", product) == 4375
    assert key_figure(f"out_of_stock_time({span})", product, full) == 2188
    assert key_figure(f"out_of_stock_time({span})", product, full, new) == 2000
    assert key_figure(f"out_of_stock_time('{day(60)}', '{day(40)}', '{ZONE}', OF)", product) is None


def test_what_is_promised_is_out_of_stock(make_product):
    product = make_product(stock=0)
    receive(product, day(9), 2)
    write(product, day(6), ("reserve", 0, 2, "main"))
    write(product, day(4), ("release", 0, -2, "main"))
    assert key_figure(f"out_of_stock_time('{day(8)}', '{day(0)}', '{ZONE}', OF)", product) == 2500


# Answers


@pytest.mark.parametrize("kind", KINDS)
def test_each_report_is_a_table_too(admin, make_product, kind):
    product = make_product(stock=0, cost=100)
    sell_by_week(product, 93, [7] * 19)
    query = {"kind": kind, **({"days": 7} if kind == "dead" else {})}
    sheet = admin.get("/v1/reports/stock", params={**query, "format": "csv"},
                      headers={"Accept-Language": "pt-BR"})
    assert sheet.status_code == 200, sheet.text
    assert sheet.headers["Content-Type"].startswith("text/csv")
    assert f'filename="stock_{kind}.csv"' in sheet.headers["Content-Disposition"]
    head, *rows = csv.reader(io.StringIO(sheet.content.decode("utf-8-sig")), delimiter=";")
    assert head[:2] == ["SKU", "Nome"] and "" not in head
    assert any(row[0] == sku_of(product) for row in rows)
    book = admin.get("/v1/reports/stock", params={**query, "format": "xlsx"})
    sheet = openpyxl.load_workbook(io.BytesIO(book.content)).worksheets[0]
    assert [cell.value for cell in sheet[1]][:2] == ["SKU", "Name"]
    assert len(sheet[1]) == len(head)


@pytest.mark.parametrize("query, pointer, code", [
    ("kind=weather", "kind", "not_choice"),
    ("kind=level&days=3", "days", "unknown_parameter"),
    ("kind=dead&location=main", "location", "unknown_parameter"),
    ("kind=level&location=nowhere", "location", "unknown_location"),
    ("kind=value&location=expected", "location", "unknown_location"),
    ("location=", "location", "required"),
    ("kind=dead&days=0", "days", "too_small"),
    ("kind=dead&days=x", "days", "not_integer"),
    ("kind=low&lead_days=366", "lead_days", "too_large"),
    ("kind=reorder&cover_days=0", "cover_days", "too_small"),
    ("kind=forecast&weeks=53", "weeks", "too_large"),
    ("kind=forecast&sku=" + "a" * 65, "sku", "too_long"),
    ("kind=level&format=pdf", "format", "not_choice"),
    ("kind=level&low_below=3", "low_below", "unknown_parameter"),
])
def test_what_makes_no_sense_is_refused(admin, query, pointer, code):
    problem = support.assert_problem(admin.get(f"/v1/reports/stock?{query}"), 422,
                                     "validation_failed")
    assert (pointer, code) in [(e["pointer"], e["code"]) for e in problem["errors"]]


def test_only_who_may_reads_reports(anyone, customer, make_user):
    path = "/v1/reports/stock?kind=level"
    support.assert_problem(anyone.get(path), 401, "unauthorized")
    for client in (customer, make_user("support"), make_user("stock")):
        support.assert_problem(client.get(path), 403, "forbidden")
    assert make_user("manager").get(path).status_code == 200
