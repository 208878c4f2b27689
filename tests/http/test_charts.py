"""Charts: what reports tell, as pictures by name."""
import struct

import pytest

import support

PNG = b"\x89PNG\r\n\x1a\n"

# Each chart, and the size it has where nobody asks for another.
CHARTS = {"sales": (960, 420), "clock": (960, 420), "hours": (960, 420), "states": (640, 640),
          "products": (960, 420), "categories": (960, 420), "gateways": (960, 420),
          "kpi": (360, 280), "spark": (240, 48)}


def size_of(png):
    """(width, height) of a PNG, from its header."""
    assert png.startswith(PNG)
    return struct.unpack(">II", png[16:24])


def sell(admin, customer, product, place_order):
    order = place_order(customer, product)
    payment = customer.post(f"/v1/orders/{order['id']}/payments", key=True, body={
        "gateway": "manual", "method": "bank_transfer"}).json()
    assert admin.post(f"/v1/payments/{payment['id']}/confirm").status_code == 200
    return order


def test_a_chart_is_a_png_of_the_size_that_was_asked_for(admin):
    answer = admin.get("/v1/charts/sales.png")
    assert answer.headers["Content-Type"] == "image/png"
    assert size_of(answer.content) == (960, 420)
    answer = admin.get("/v1/charts/sales.png?width=640&height=300&group_by=month")
    assert size_of(answer.content) == (640, 300)


@pytest.mark.parametrize("name", CHARTS)
def test_each_chart_is_drawn_with_and_without_sales(admin, customer, product, place_order, name):
    sell(admin, customer, product, place_order)
    for period in ("", "?from=1999-01-01&to=1999-02-01"):
        answer = admin.get(f"/v1/charts/{name}.png{period}")
        assert answer.status_code == 200, answer.text
        assert size_of(answer.content) == CHARTS[name]
    twice = admin.get(f"/v1/charts/{name}.png?scale=2&theme=dark&lang=en").content
    assert size_of(twice) == tuple(2 * side for side in CHARTS[name])


@pytest.mark.parametrize("name", ["sales", "clock", "hours", "states", "products", "gateways"])
def test_a_filter_leaves_out_what_it_is_not_for(admin, customer, product, place_order, name):
    """The goods go to São Paulo, and were paid by hand."""
    sell(admin, customer, product, place_order)
    whole = admin.get(f"/v1/charts/{name}.png?product={product['id']}").content
    same = admin.get(f"/v1/charts/{name}.png?product={product['id']}&state=SP&gateway=manual")
    assert same.content == whole
    none = admin.get(f"/v1/charts/{name}.png?product={product['id']}&region=N")
    assert none.status_code == 200 and none.content != whole


@pytest.mark.parametrize("option", ["theme=dark", "lang=en", "group_by=week", "group_by=month",
                                    "compare=previous", "compare=year", "kind=line", "scale=2",
                                    "from=2026-01-01&to=2026-03-01"])
def test_each_option_changes_the_picture(admin, option):
    plain = admin.get("/v1/charts/sales.png", headers={"Accept-Language": "pt-BR"})
    changed = admin.get(f"/v1/charts/sales.png?{option}", headers={"Accept-Language": "pt-BR"})
    assert changed.status_code == 200
    assert changed.content != plain.content


def test_the_callers_language_is_that_of_the_chart(admin):
    by_header = admin.get("/v1/charts/sales.png", headers={"Accept-Language": "en"})
    by_name = admin.get("/v1/charts/sales.png?lang=en", headers={"Accept-Language": "pt-BR"})
    assert by_header.content == by_name.content


def test_a_sale_is_seen_in_the_chart(admin, customer, product, place_order):
    before = admin.get("/v1/charts/sales.png").content
    sell(admin, customer, product, place_order)
    assert admin.get("/v1/charts/sales.png").content != before


@pytest.mark.parametrize("query, pointer", [
    ("width=119", "width"), ("width=2401", "width"), ("height=39", "height"), ("scale=3", "scale"),
    ("compare=week", "compare"), ("kind=pie", "kind"), ("kpi=total", "kpi"), ("state=XX", "state"),
    ("theme=pink", "theme"), ("lang=fr", "lang"), ("group_by=product", "group_by"),
    ("from=2026-02-01&to=2026-01-01", "to"), ("from=yesterday", "from"), ("color=red", "color")])
def test_a_wrong_option_is_named(admin, query, pointer):
    support.assert_problem(admin.get(f"/v1/charts/sales.png?{query}"), 422,
                           "validation_failed", pointer)


@pytest.mark.parametrize("path", ["/v1/charts/profit.png", "/v1/charts/.png", "/v1/charts/sales",
                                  "/v1/charts/sales.pngs", "/v1/charts/sales.png/x"])
def test_a_chart_that_there_is_not_is_not_found(admin, path):
    support.assert_problem(admin.get(path), 404)


def test_charts_are_for_those_who_may_read_reports(anyone, customer, make_user):
    support.assert_problem(anyone.get("/v1/charts/sales.png"), 401)
    support.assert_problem(customer.get("/v1/charts/sales.png"), 403)
    assert make_user("manager").get("/v1/charts/sales.png").status_code == 200


def test_a_chart_of_ten_years_by_day_is_drawn(admin):
    answer = admin.get("/v1/charts/sales.png?from=2016-12-01&to=2026-12-01&width=2400")
    assert size_of(answer.content) == (2400, 420)
