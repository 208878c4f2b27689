"""Charts and the report page: what was sold, for people to look at."""
import os
import re
import struct

import pytest

import support

PNG = b"\x89PNG\r\n\x1a\n"
REPORTS = os.path.join(support.VAR, "www", "reports")


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


@pytest.mark.parametrize("option", ["theme=dark", "lang=en", "group_by=week", "group_by=month",
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
    ("width=319", "width"), ("width=2401", "width"), ("height=199", "height"),
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



@pytest.fixture(scope="module")
def report(admin):
    """The report page, written anew."""
    job = support.vendas("job", "report")
    assert job.returncode == 0, job.stderr
    answer = admin.get("/reports/")
    assert answer.status_code == 200
    answer.encoding = "utf-8"
    return answer.text


def text_of(page):
    return " ".join(re.sub(r"<[^>]+>", " ", page).split()).replace("\xa0", " ")


def reais(minor):
    whole = f"{minor // 100:,}".replace(",", ".")
    return f"R$ {whole},{minor % 100:02d}"


def test_the_report_shows_the_figures_of_the_api(admin, customer, make_product, place_order):
    product = make_product(price=10_000_000)  # so that it stands among those that sell best
    sell(admin, customer, product, place_order)
    job = support.vendas("job", "report")
    assert job.returncode == 0, job.stderr
    kpis = admin.get("/v1/reports/kpis").json()
    page = admin.get("/reports/")
    page.encoding = "utf-8"
    text = text_of(page.text)
    assert f"Vendas {reais(kpis['total'])}" in text
    assert f"Ticket médio {reais(kpis['average_order'])}" in text
    assert f"Pedidos pagos {kpis['orders']:,}".replace(",", ".") in text
    assert "SP" in text and product["name"] in text


def test_the_report_has_its_pictures(admin, report):
    names = re.findall(r'(?:src|srcset)="([^"]+)"', report)
    assert len(names) == 4
    for name in names:
        assert size_of(admin.get(f"/reports/{name}").content) == (960, 420)


def test_every_word_of_the_report_is_in_the_catalogue(report):
    assert "Valor inválido" not in report and "Not a valid value" not in report
    assert "{}" not in text_of(report)


def test_what_people_are_called_cannot_break_the_report(admin, customer, make_product, place_order):
    name = support.unique("<script>alert(1)</script> & \"Cia\"")
    product = make_product(name=name, price=99_000_000, stock=1)
    sell(admin, customer, product, place_order)
    assert support.vendas("job", "report").returncode == 0
    page = admin.get("/reports/").text
    assert "<script>" not in page and "&lt;script&gt;alert(1)" in page


def test_the_report_asks_a_browser_for_the_password(anyone, admin, customer):
    answer = anyone.get("/reports/")
    support.assert_problem(answer, 401)
    assert "Basic realm=" in answer.headers["WWW-Authenticate"]
    assert anyone.get("/reports/", auth=(admin.email, admin.password)).status_code == 200
    support.assert_problem(anyone.get("/reports/", auth=(admin.email, "wrong")), 401)
    support.assert_problem(anyone.get("/reports/", auth=(customer.email, customer.password)), 403)
    support.assert_problem(customer.get("/reports/"), 403)


def test_a_report_that_cannot_be_written_leaves_the_old_one(admin, report):
    before = admin.get("/reports/").content
    os.rename(REPORTS, f"{REPORTS}.away")
    try:
        job = support.vendas("job", "report")
        assert job.returncode != 0
        assert "could not be written" in job.stderr
    finally:
        os.rename(f"{REPORTS}.away", REPORTS)
    assert admin.get("/reports/").content == before
