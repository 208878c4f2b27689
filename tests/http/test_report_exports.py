"""Reports as JSON, CSV and XLSX: the same table in each, safe to open, and whole or told to be not."""
import csv
import datetime
import http.client
import io
import json
import os
import signal
import threading
import time
import urllib.parse
import zoneinfo

import openpyxl
import pytest
import requests

import support

PATH = "/v1/reports/orders"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MONEY = ("items", "discount", "freight", "tax", "total", "refunded")
TIMES = ("placed_at", "paid_at")
TEXTS = ("status", "customer", "state", "gateway", "method", "coupons")
ZONE = zoneinfo.ZoneInfo("America/Sao_Paulo")
HEADS = {
    "pt-BR": ["Número", "Feito em", "Pago em", "Situação", "Cliente", "Estado", "Meio", "Forma",
              "Unidades", "Itens", "Desconto", "Frete", "Impostos", "Total", "Devolvido", "Cupons"],
    "en": ["Number", "Placed", "Paid", "Status", "Customer", "State", "Gateway", "Method", "Units",
           "Items", "Discount", "Freight", "Taxes", "Total", "Refunded", "Coupons"],
}
# Names that people, or whoever means harm, can have; an order keeps the one of its time.
NAMES = ["=cmd|' /C calc'!A0", "Ana; \"a Lima\"\r\nde São, Paulo", "+55 11", "-2+3", "@SUM(A1)",
         "\t=1", "'=1", "'Aspas", "_x000D_ 日本", "Zé & <b>"]
MANY = 60_000


@pytest.fixture(scope="module")
def may(admin, make_product, pay):
    """Orders of May 2018, in which this shop had no others; the third is paid."""
    buyer, product = support.register(), make_product(stock=1000, price=1234567)
    found = []
    for i, name in enumerate(NAMES):
        answer = buyer.post("/v1/orders", key=True, body={
            "items": [{"variant_id": product["variants"][0]["id"], "quantity": i + 1}],
            "shipping_address": support.ADDRESS})
        assert answer.status_code == 201, answer.text
        order = answer.json()
        if i == 2:
            pay(buyer, order)
        quoted = name.replace("'", "''")
        support.rows(f"UPDATE sales.orders SET customer_name = '{quoted}',"
                     f" created_at = '2018-05-01 00:00-03'::timestamptz + interval '{i * 3} days'"
                     f" + interval '123.456 ms' WHERE id = '{order['id']}'")
        found.append(order)
    return found


@pytest.fixture(scope="module")
def many():
    """A lot of orders of the year 2003, that nothing hangs on."""
    columns = ("id, user_id, customer_name, status, currency, items_total, freight, tax, total,"
               " freight_service, freight_days, shipping_address, state, created_at, expires_at")
    support.rows(
        "ALTER TABLE sales.orders DISABLE TRIGGER USER;"
        f"INSERT INTO sales.orders ({columns}) SELECT shared.uuid7(), shared.uuid7(), 'Ana ' || n,"
        " 'canceled', 'BRL', n, 0, 0, n, 'PAC', 3, '{}', 'SP',"
        " '2003-01-01'::timestamptz + n * interval '1 second', now()"
        f" FROM generate_series(1, {MANY}) AS n;"
        "ALTER TABLE sales.orders ENABLE TRIGGER USER; ANALYZE sales.orders")
    yield {"from": "2002-12-31", "to": "2003-12-31"}
    support.rows("ALTER TABLE sales.orders DISABLE TRIGGER USER;"
                 "DELETE FROM sales.orders WHERE created_at < '2004-01-01';"
                 "ALTER TABLE sales.orders ENABLE TRIGGER USER")


def ask(client, kind, lang="pt-BR", headers=None, method="GET", **query):
    query = {"from": "2018-05-01", "to": "2018-06-01", **query}
    if kind:
        query["format"] = kind
    answer = client.request(method, PATH, params=query,
                            headers={"Accept-Language": lang, **(headers or {})})
    assert answer.status_code == 200, answer.text
    return answer


def table(answer, lang):
    text = answer.content.decode("utf-8")
    assert text[0] == "\ufeff" and text.endswith("\r\n")
    return list(csv.reader(io.StringIO(text[1:], newline=""), delimiter=";,"[lang == "en"],
                           strict=True))


def book(answer):
    return openpyxl.load_workbook(io.BytesIO(answer.content))


def shop_time(text):
    """What a clock in the shop showed, to the second."""
    moment = datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(ZONE)
    return moment.replace(tzinfo=None, microsecond=0)


def guarded(text):
    risky = text[:1] in ("=", "+", "-", "@", "\t") or text[:2] == "'="
    return "'" + text if risky else text


def csv_cell(name, value, lang):
    if value is None:
        return ""
    if name in TIMES:
        return str(shop_time(value))
    if name in MONEY:
        return f"{value // 100}{',.'[lang == 'en']}{value % 100:02}"
    return guarded(value) if name in TEXTS else str(value)


def xlsx_cell(name, value):
    if value is None:
        return None
    if name in TIMES:
        return shop_time(value)
    return value / 100 if name in MONEY else value


def last_line(request_id):
    """The worker's line in the log about a request."""
    path = os.path.join(support.VAR, "log", "sales-order_report.log")
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with open(path, encoding="utf-8") as file:
            for line in file:
                if line.startswith("{") and json.loads(line).get("request_id") == request_id:
                    found = json.loads(line)
                    if "status" in found:
                        return found
        time.sleep(0.1)
    raise AssertionError("no line in the log")


def begin(client, query):
    """A connection on which a report was asked for, its answer's head read and no more."""
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(support.URL).netloc, timeout=60)
    connection.request("GET", f"{PATH}?{urllib.parse.urlencode(query)}",
                       headers={"Authorization": f"Bearer {client.token}"})
    return connection, connection.getresponse()


# The same in each ---------------------------------------------------------------------------

def test_json_has_the_orders_as_they_were_placed(admin, may):
    found = ask(admin, "json").json()
    assert (found["from"], found["to"], found["currency"]) == ("2018-05-01", "2018-06-01", "BRL")
    assert [row["number"] for row in found["rows"]] == [order["number"] for order in may]
    assert [row["customer"] for row in found["rows"]] == NAMES
    for i, (row, order) in enumerate(zip(found["rows"], may)):
        assert row["units"] == i + 1 and row["state"] == "SP" and row["coupons"] is None
        for name in ("items", "discount", "freight", "tax", "total"):
            assert row[name] == order["totals"][name]
    paid = found["rows"][2]
    assert (paid["status"], paid["gateway"]) == ("paid", "manual") and paid["paid_at"]
    assert found["rows"][0]["placed_at"] == "2018-05-01T03:00:00.123Z"
    assert found["rows"][0]["paid_at"] is None and found["rows"][0]["gateway"] is None


def test_totals_are_the_sums_of_the_rows(admin, may):
    found = ask(admin, "json").json()
    assert found["totals"] == {name: sum(row[name] for row in found["rows"])
                               for name in ("units", *MONEY)}


@pytest.mark.parametrize("lang", ["pt-BR", "en"])
def test_csv_has_the_same_cells(admin, may, lang):
    found = ask(admin, "json").json()
    heads, *rows, totals = table(ask(admin, "csv", lang), lang)
    assert heads == HEADS[lang]
    assert rows == [[csv_cell(name, value, lang) for name, value in row.items()]
                    for row in found["rows"]]
    assert totals == ["Total", *(csv_cell(name, found["totals"].get(name), lang)
                                 for name in list(found["rows"][0])[1:])]


@pytest.mark.parametrize("lang", ["pt-BR", "en"])
def test_xlsx_has_the_same_cells(admin, may, lang):
    found = ask(admin, "json").json()
    sheet = book(ask(admin, "xlsx", lang)).active
    heads, *rows, totals = [list(row) for row in sheet.iter_rows(values_only=True)]
    assert heads == HEADS[lang]
    expected = [[xlsx_cell(name, value) for name, value in row.items()] for row in found["rows"]]
    assert [[same(cell) for cell in row] for row in rows] == expected
    assert totals == ["Total", *(xlsx_cell(name, found["totals"].get(name))
                                 for name in list(found["rows"][0])[1:])]


def same(cell):
    """openpyxl reads times to the microsecond, of which a day's fraction has not all; XML, and so
    XLSX, has no CR that stands for itself."""
    if isinstance(cell, datetime.datetime):
        return (cell + datetime.timedelta(milliseconds=500)).replace(microsecond=0)
    return cell.replace("_x000D_\n", "\r\n").replace("_x005F_", "_") if isinstance(cell, str) else cell


@pytest.mark.parametrize("lang, time_format, title", [
    ("pt-BR", "dd/mm/yyyy hh:mm:ss", "Pedidos"), ("en", "yyyy-mm-dd hh:mm:ss", "Orders")])
def test_a_workbook_is_made_for_people(admin, may, lang, time_format, title):
    sheet = book(ask(admin, "xlsx", lang)).active
    assert sheet.title == title and sheet.freeze_panes == "A2"
    assert all(cell.font.bold for cell in sheet[1])
    first = sheet[2]
    assert first[0].number_format == "General" and first[0].data_type == "n"
    assert first[1].number_format == time_format and first[1].is_date
    assert first[8].number_format == "#,##0"
    assert {cell.number_format for cell in first[9:15]} == {"#,##0.00"}
    assert {cell.data_type for cell in first[8:15]} == {"n"}
    assert all(cell.font.bold for cell in sheet[sheet.max_row] if cell.value is not None)


def test_no_name_is_taken_for_a_formula(admin, may):
    assert "f" not in {cell.data_type for row in book(ask(admin, "xlsx")).active for cell in row}
    for row in table(ask(admin, "csv"), "pt-BR")[1:-1]:
        assert row[4][0] not in "=+-@\t\r\n"


def test_an_empty_report_is_one_all_the_same(admin):
    query = {"from": "2017-05-01", "to": "2017-05-02"}
    found = ask(admin, "json", **query).json()
    assert found["rows"] == [] and found["totals"]["total"] == 0
    assert len(table(ask(admin, "csv", **query), "pt-BR")) == 2
    assert book(ask(admin, "xlsx", **query)).active.max_row == 2


# What is asked for --------------------------------------------------------------------------

@pytest.mark.parametrize("accept, media", [
    (None, "application/json"), ("*/*", "application/json"), ("text/html", "application/json"),
    ("text/csv", "text/csv; charset=utf-8"), (XLSX, XLSX),
    (f"application/json;q=0.2, {XLSX};q=0.9, text/csv;q=0.5", XLSX),
    ("text/*, application/json;q=0.5", "text/csv; charset=utf-8")])
def test_the_accept_header_chooses(admin, may, accept, media):
    answer = ask(admin, None, headers={"Accept": accept})
    assert answer.headers["Content-Type"] == media
    assert "Accept" in answer.headers["Vary"]


def test_format_goes_before_the_accept_header(admin, may):
    assert ask(admin, "json", headers={"Accept": "text/csv"}).json()["rows"]
    assert admin.get(PATH, params={"format": "pdf"}).status_code == 422


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_file_is_named_after_its_days(admin, may, kind):
    answer = ask(admin, kind)
    assert (answer.headers["Content-Disposition"]
            == f'attachment; filename="orders_2018-05-01_2018-05-31.{kind}"')


@pytest.mark.parametrize("kind", ["json", "csv", "xlsx"])
def test_head_tells_the_same_without_a_body(admin, may, kind):
    get, head = ask(admin, kind), ask(admin, kind, method="HEAD")
    assert head.content == b""
    for name in ("Content-Type", "Content-Disposition", "Cache-Control", "Vary"):
        assert head.headers.get(name) == get.headers.get(name)
    assert get.headers["Cache-Control"] == "no-store"


def test_options_tells_what_can_be_done(anyone):
    answer = anyone.request("OPTIONS", PATH)
    assert answer.status_code == 204 and answer.headers["Allow"] == "GET, HEAD, OPTIONS"


def test_filters_hold_for_rows_and_totals(admin, may):
    def numbers(**query):
        found = ask(admin, "json", **query).json()
        assert found["totals"]["total"] == sum(row["total"] for row in found["rows"])
        assert found["totals"]["units"] == sum(row["units"] for row in found["rows"])
        return [row["number"] for row in found["rows"]]
    every = [order["number"] for order in may]
    assert numbers(status="paid") == numbers(gateway="manual") == every[2:3]
    assert numbers(status=["paid", "pending"]) == numbers(state="sp") == every
    assert numbers(state="RJ") == numbers(gateway="stripe") == numbers(status="shipped") == []
    assert numbers(**{"from": "2018-05-04", "to": "2018-05-07"}) == every[1:2]


# Large ones ---------------------------------------------------------------------------------

@pytest.mark.parametrize("kind", ["json", "csv", "xlsx"])
def test_a_large_report_has_all_rows_in_their_order(admin, many, kind):
    answer = requests.get(support.URL + PATH, params={**many, "format": kind}, timeout=120,
                          headers={"Authorization": f"Bearer {admin.token}"})
    line = last_line(answer.headers["X-Request-Id"])
    assert (line["status"], line["bytes"]) == (200, len(answer.content))
    assert "cut" not in line
    if kind == "json":
        totals = [row["total"] for row in answer.json()["rows"]]
    elif kind == "csv":
        totals = [int(row[13].replace(",", "")) for row in table(answer, "pt-BR")[1:-1]]
    else:
        sheet = openpyxl.load_workbook(io.BytesIO(answer.content), read_only=True).active
        totals = [round(row[0] * 100) for row in sheet.iter_rows(
            min_row=2, max_row=MANY + 1, min_col=14, max_col=14, values_only=True)]
    assert totals == list(range(1, MANY + 1))


def readers():
    """The processes of the database that read orders for somebody."""
    return [int(row[0]) for row in support.rows(
        "SELECT DISTINCT pid FROM pg_locks JOIN pg_stat_activity USING (pid)"
        " WHERE usename = 'vendas_sales' AND relation = 'sales.orders'::regclass")]


def end_statement():
    """Takes the database away from whoever reads a report, once somebody does."""
    deadline = time.monotonic() + 20
    while not (found := readers()):
        assert time.monotonic() < deadline, "nobody reads"
        time.sleep(0.02)
    for pid in found:
        os.kill(pid, signal.SIGTERM)


@pytest.mark.parametrize("kind", ["json", "csv"])
def test_an_answer_that_breaks_off_can_not_be_taken_for_a_whole(admin, many, kind):
    connection, answer = begin(admin, {**many, "format": kind})
    assert answer.status == 200
    end_statement()
    with pytest.raises(http.client.IncompleteRead):
        answer.read()
    connection.close()
    line = last_line(answer.headers["X-Request-Id"])
    assert (line["level"], line["cut"], line["code"]) == ("error", True, "database_unavailable")
    assert ask(admin, kind, **many, status="paid").status_code == 200  # with a new connection


def test_a_workbook_that_can_not_be_made_is_a_problem(admin, many):
    killer = threading.Thread(target=end_statement)
    killer.start()
    answer = admin.get(PATH, params={**many, "format": "xlsx"}, timeout=60)
    killer.join()
    assert answer.status_code == 503, answer.headers
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Retry-After"] and "Content-Disposition" not in answer.headers


def test_nothing_is_left_of_a_client_that_goes_away(admin, many):
    for kind in ("csv", "xlsx"):
        connection, answer = begin(admin, {**many, "format": kind})
        request_id = answer.headers["X-Request-Id"]
        answer.close()
        connection.close()
        line = last_line(request_id)
        assert line["status"] == 200 and line["level"] == "info"
        if kind == "csv":
            assert line["cut"] and "code" not in line
    assert readers() == []
    folder = os.path.join(support.VAR, "transfers")
    assert not [name for name in os.listdir(folder) if name.startswith("report")]
    assert ask(admin, "json").json()["totals"]


def test_only_who_may_read_reports_gets_one(customer, anyone):
    assert customer.get(PATH).status_code == 403
    assert anyone.get(PATH).status_code == 401
    assert requests.get(support.URL + PATH + "?format=csv", timeout=30).status_code == 401
