"""The forecast of what is sold, and what is to be ordered by it, on ledgers with a past."""
import json
import math

import pytest

import support
from stock_ledger import (
    ZONE, day, figures, monday, receive, report, row_of, sell_by_week, sku_of, variant_of)


# The forecast: what sales.fit() computes, computed here in another way


def predict(series, seasonal=False):
    """forecast(n), of the nth week from the end of a series on, and its level."""
    known = series[-104:]

    def season(n):
        pieces = sum(sold for i, sold in enumerate(known) if (i - n - 104) % 52 == 0)
        return (pieces + 5) / (sum(known) / 52 + 5) if seasonal else 1
    plain = [sold / season(i - len(known)) for i, sold in enumerate(known)]
    weights = [0.8 ** age for age in reversed(range(len(known)))]
    level = sum(w * sold for w, sold in zip(weights, plain)) / sum(weights)
    return (lambda n: level * season(n)), level


def errors(series, seasonal=False):
    """(of the method, of the naive forecast) in the last 8 weeks."""
    forecast, _ = predict(series[:-8], seasonal)
    last, naive = series[-8:], series[-60:-52] if seasonal else [series[-9]] * 8
    return (sum(abs(sold - forecast(n)) for n, sold in enumerate(last)) / 8,
            sum(abs(sold - guess) for sold, guess in zip(last, naive)) / 8)


def fit(series):
    """What the database makes of the weeks before this one."""
    begun = 113 - len(series)
    known = {begun + n: sold for n, sold in enumerate(series) if sold}
    row = support.rows(f"""
        SELECT level, array_to_json(season), mae, naive_mae, wape
          FROM sales.fit(ARRAY{list(known)}::int[], ARRAY{list(known.values())}::int[],
                         {begun})""")[0]
    return [None if cell == "" else float(cell) for cell in (row[0], *row[2:])], json.loads(row[1])


def seasonal_year(scale):
    """52 weeks with a quiet and a busy half and one week that stands out."""
    return [scale * (1 if n < 26 else 3) + (40 if n == 50 else 0) for n in range(52)]


def test_what_is_alike_goes_on_alike():
    (level, mae, naive, wape), season = fit([7] * 20)
    assert level == pytest.approx(7) and season == [1] * 52
    assert mae == pytest.approx(0) and naive == 0 and wape == pytest.approx(0)


def test_the_last_weeks_count_most():
    # Weights 0.64, 0.8 and 1 of 2.44.
    (level, *unknown), _ = fit([0, 3, 6])
    assert level == pytest.approx((3 * 0.8 + 6) / 2.44)
    assert unknown == [None, None, None]


@pytest.mark.parametrize("weeks", [4, 12, 13, 60, 104, 111])
def test_a_flat_forecast_is_a_weighted_mean(weeks):
    series = [(n * n) % 11 for n in range(weeks)]
    (level, mae, naive, wape), season = fit(series)
    assert level == pytest.approx(predict(series)[1]) and season == [1] * 52
    if weeks < 12:
        assert (mae, naive, wape) == (None, None, None)
    else:
        assert (mae, naive) == pytest.approx(errors(series))
        assert wape == pytest.approx(8 * mae / sum(series[-8:]))


def test_two_years_and_eight_weeks_give_a_season():
    series = (seasonal_year(5) * 3)[-112:]
    (level, mae, naive, _), season = fit(series)
    forecast, expected = predict(series, True)
    assert level == pytest.approx(expected)
    assert [level * s for s in season] == pytest.approx([forecast(n) for n in range(52)])
    assert sum(season) == pytest.approx(52)
    assert (mae, naive) == pytest.approx(errors(series, True))
    assert naive == 0 and mae < errors(series)[0] / 2
    # What comes next is the year's first week after its last, and the peak 50 weeks on.
    assert forecast(0) < 8 and forecast(50) > 40


def test_of_what_sells_little_the_season_is_nearly_none():
    rare = [1 if n in (3, 60, 80) else 0 for n in range(112)]
    _, season = fit(rare)
    assert 0.99 < min(season) and max(season) < 1.2


def test_what_was_not_sold_in_the_last_weeks_has_no_relative_error():
    (level, mae, naive, wape), _ = fit([5] * 20 + [0] * 8)
    assert wape is None and naive == 5 and mae == pytest.approx(5) and 0 < level < 1


def test_the_forecast_is_told_by_week(admin, make_product):
    product = make_product(stock=0)
    series = [3, 0, 4, 5, 2, 6, 3, 3, 8, 1, 4, 4, 7, 2]
    sell_by_week(product, 113 - len(series), series)
    found = report(admin, "forecast", weeks=3, sku=sku_of(product))
    forecast, level = predict(series)
    mae, naive = errors(series)
    assert found["rows"] == [{
        "sku": sku_of(product), "name": product["name"], "week": str(monday(113 + n)),
        "forecast": round(forecast(n), 2), "level": round(level, 2), "season": None, "weeks": 14,
        "error": round(mae, 2), "naive_error": round(naive, 2),
        "relative_error": round(8 * mae / sum(series[-8:]) * 10000),
    } for n in range(3)]
    everything = report(admin, "forecast")
    assert [row["week"] for row in everything["rows"] if row["sku"] == sku_of(product)] == [
        str(monday(113 + n)) for n in range(8)]


def test_the_forecast_of_years_has_a_season(admin, make_product):
    product = make_product(stock=0)
    series = (seasonal_year(1) * 3)[-112:]
    sell_by_week(product, 1, series)
    rows = report(admin, "forecast", weeks=52, sku=sku_of(product))["rows"]
    forecast, _ = predict(series, True)
    assert [row["forecast"] for row in rows] == pytest.approx(
        [forecast(n) for n in range(52)], abs=0.006)
    assert sum(row["season"] for row in rows) == pytest.approx(520000, abs=52)


def test_this_week_and_canceled_orders_are_no_history(admin, customer, make_product, place_order,
                                                      pay):
    product = make_product(stock=0)
    sell_by_week(product, 100, [5] * 13)
    support.ok(admin.post("/v1/stock/movements", key=True, body={
        "variant_id": variant_of(product), "kind": "receive", "quantity": 40}), 201)
    last_week = f"'{monday(112)} 12:00'::timestamp AT TIME ZONE '{ZONE}'"
    for canceled in (True, False):
        order = place_order(customer, product, 9)
        pay(customer, order)
        if canceled:
            support.ok(admin.post(f"/v1/orders/{order['id']}/cancel"))
            support.rows(f"UPDATE sales.stock_movements SET created_at = {last_week}"
                         f" WHERE order_id = '{order['id']}'")
    assert {row["level"] for row in report(admin, "forecast", sku=sku_of(product))["rows"]} == {5}


def test_parts_are_sold_with_their_bundle(admin, customer, make_product, place_order, pay):
    part = make_product(stock=30)
    bundle = make_product(stock=0, type="bundle",
                          parts=[{"variant_id": variant_of(part), "quantity": 4}])
    pay(customer, place_order(customer, bundle, 2))
    assert row_of(report(admin, "low", lead_days=365), part)["sold_28_days"] == 8
    assert row_of(report(admin, "level"), bundle) is None


def test_what_nobody_knows_has_no_forecast(admin, make_product):
    product = make_product(stock=5)
    assert report(admin, "forecast", sku=sku_of(product))["rows"] == []
    assert report(admin, "forecast", sku="NOBODY-HAS-THIS")["rows"] == []


# What to order


def test_what_is_likely_to_be_sold_is_to_be_ordered(admin, make_product):
    product = make_product(stock=0, cost=300)
    sell_by_week(product, 93, [7] * 20)
    # One is left, and of 7 a week, who never erred, 21 days take 21.
    found = report(admin, "reorder", lead_days=7, cover_days=14)
    assert (found["lead_days"], found["cover_days"]) == (7, 14)
    assert figures(found, product) == {
        "weekly": 7, "demand": 21, "error": 0, "safety": 0, "available": 1, "sold_ahead": 0,
        "announced": 0, "quantity": 20, "cost": 300, "order_value": 6000}
    receive(product, day(1), 20)
    assert row_of(report(admin, "reorder", lead_days=7, cover_days=14), product) is None
    assert row_of(report(admin, "reorder", lead_days=7, cover_days=15), product)["quantity"] == 1


def test_errors_ask_for_a_safety_stock(admin, make_product):
    product = make_product(stock=0)
    series = [4, 9, 3, 8, 2, 9, 5, 5, 8, 1, 4, 14, 7, 2, 6]
    sell_by_week(product, 113 - len(series), series)
    row = row_of(report(admin, "reorder", lead_days=10, cover_days=20), product)
    demand = predict(series)[1] * 30 / 7
    safety = 1.645 * 1.25 * errors(series)[0] * math.sqrt(30 / 7)
    assert row["demand"] == pytest.approx(demand, abs=0.006)
    assert row["safety"] == pytest.approx(safety, abs=0.006)
    assert row["quantity"] == math.ceil(round(row["demand"] + row["safety"], 2) - row["available"])


def test_what_is_too_new_for_an_error_varies_like_chance(admin, make_product):
    product = make_product(stock=0)
    sell_by_week(product, 109, [4] * 4)
    row = row_of(report(admin, "reorder", lead_days=7, cover_days=7), product)
    assert (row["error"], row["demand"]) == (None, 8)
    assert row["safety"] == round(1.645 * 2 * math.sqrt(2), 2)
    assert row["quantity"] == math.ceil(8 + 4.65 - 1)


def test_what_was_promised_is_ordered_and_what_comes_is_not(admin, customer, make_product,
                                                            place_order):
    waited = make_product(stock=0, sell_ahead={"pieces": 9, "days": 10})
    announced = make_product(stock=0, sell_ahead={"pieces": 9, "date": str(day(-5))})
    for product in (waited, announced):
        place_order(customer, product, 4)
    found = report(admin, "reorder", lead_days=7, cover_days=7)
    row = row_of(found, waited)
    assert (row["sold_ahead"], row["announced"], row["quantity"]) == (4, 0, 4)
    assert row_of(found, announced) is None
    # By then it has not come.
    row = row_of(report(admin, "reorder", lead_days=0, cover_days=5), announced)
    assert (row["sold_ahead"], row["announced"], row["quantity"]) == (4, 0, 4)
