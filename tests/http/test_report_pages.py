"""The pages that the job "report" writes: days, weeks and months, in both languages."""
import datetime
import glob
import html.parser
import os
import re
import threading

import pytest

import support

REPORTS = os.path.join(support.VAR, "www", "reports")
MONTH = "/reports/monthly/2023-04/"
VOID = {"meta", "link", "img", "source", "br"}


def write(*arguments):
    """Runs the job, whose finished process says how it went."""
    job = support.run_job("report", *arguments)
    assert job.returncode == 0, job.stderr
    return job


def page(client, path):
    answer = client.get(path)
    assert answer.status_code == 200, path
    answer.encoding = "utf-8"
    return answer.text


def text_of(document):
    """What people read, without the figures below the charts."""
    document = re.sub(r"<(style|title|details)\b.*?</\1>", " ", document, flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", document).split()).replace("\xa0", " ")


def reais(minor):
    whole = f"{minor // 100:,}".replace(",", ".")
    return f"R$ {whole},{minor % 100:02d}"


def pictures_of(document):
    return set(re.findall(r'(?:src|srcset)="([^" ]+)', document))


class Checker(html.parser.HTMLParser):
    """Elements that are opened and closed in their order, and attributes that stand there once."""

    def __init__(self):
        super().__init__()
        self.open, self.faults, self.seen, self.ids = [], [], set(), []

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        if len(names) != len(set(names)):
            self.faults.append(f"{tag} has an attribute twice")
        self.ids += [text for name, text in attrs if name == "id"]
        self.seen.add(tag)
        if any(name.startswith("on") for name in names):
            self.faults.append(f"{tag} runs a script")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> at {self.getpos()}")


def check(document):
    checker = Checker()
    assert document.startswith("<!doctype html>")
    checker.feed(document)
    checker.close()
    assert checker.faults == [] and checker.open == []
    assert len(checker.ids) == len(set(checker.ids))
    assert not checker.seen & {"script", "iframe", "object", "embed"}
    return checker


def sell(buyer, pay, moment, *lines):
    """An order paid, and placed, at that moment."""
    answer = buyer.post("/v1/orders", key=True, body={
        "items": [{"variant_id": product["variants"][0]["id"], "quantity": quantity}
                  for product, quantity in lines],
        "shipping_address": support.ADDRESS})
    assert answer.status_code == 201, answer.text
    order = answer.json()
    pay(buyer, order)
    support.rows(f"UPDATE sales.orders SET paid_at = '{moment}', created_at = '{moment}'"
                 f" WHERE id = '{order['id']}'")
    return order


@pytest.fixture(scope="module")
def goods(make_product):
    return {name: make_product(stock=1000, name=f"{name} {support.word()}", price=price, cost=500)
            for name, price in (("Bule", 8000), ("Chaleira", 10000), ("Xícara", 1500))}


@pytest.fixture(scope="module")
def april(admin, pay, goods):
    """March and April 2023: in April kettles sell that nobody bought in March, and pots no more."""
    buyer = support.register("Ana Lima")
    sell(buyer, pay, "2023-03-06 10:00-03", (goods["Bule"], 8))
    sell(buyer, pay, "2023-03-20 15:00-03", (goods["Xícara"], 10))
    sell(buyer, pay, "2023-04-03 10:00-03", (goods["Chaleira"], 10))
    sell(buyer, pay, "2023-04-10 10:00-03", (goods["Xícara"], 10), (goods["Bule"], 2))
    sell(buyer, pay, "2023-04-17 21:00-03", (goods["Chaleira"], 5))
    write("--month", "2023-04")
    return page(admin, MONTH)


def test_the_page_shows_the_figures_of_the_api(admin, april):
    kpis = admin.get("/v1/reports/kpis?from=2023-04-01&to=2023-05-01").json()
    now, before = kpis["kpis"], kpis["previous"]["kpis"]
    text = text_of(april)
    assert f"Vendas {reais(now['total'])} " in text
    assert f"Pedidos pagos {now['orders']} " in text
    assert f"Ticket médio {reais(now['average_order'])} " in text
    assert f"Unidades vendidas {now['units']} " in text
    assert f"Margem dos produtos {reais(now['margin'])} " in text
    change = 100 * (now["total"] - before["total"]) / before["total"]
    assert f"▲ {change:.1f}% ante o mês anterior".replace(".", ",") in text


def test_tables_show_the_lines_of_the_report(admin, april):
    for group, figure in (("product", "revenue"), ("state", "total")):
        report = admin.get("/v1/reports/sales?from=2023-04-01&to=2023-05-01"
                           f"&group_by={group}").json()
        assert len(report["rows"]) > 0
        for row in report["rows"]:
            assert reais(row[figure]) in text_of(april)
    assert "São Paulo" in text_of(april)


def test_charts_have_their_figures_beside_them(admin, april):
    report = admin.get("/v1/reports/sales?from=2023-04-01&to=2023-05-01&group_by=day").json()
    table = re.search(r"<caption>Vendas por dia</caption>(.*?)</table>", april, re.S).group(1)
    cells = re.findall(r'<th scope="row">(\d\d)/04</th><td class="number">([^<]*)', table)
    assert [(day, amount.replace("\xa0", " ")) for day, amount in cells] == [
        (row["key"][8:], reais(row["total"])) for row in report["rows"]]


def test_what_to_look_at_names_what_changed_most(april, goods):
    """All goods go to one state and are paid in one way: these say no more than the shop's sum."""
    look = re.search(r'class="card look">(.*?)</section>', april, re.S).group(1)
    sentences = [text_of(line) for line in re.findall(r"<li>(.*?)</li>", look, re.S)]
    assert sentences == [
        f"▲ As vendas de {goods['Chaleira']['name']} subiram R$ 1.500,00, de R$ 0,00 para"
        " R$ 1.500,00.",
        f"▼ As vendas de {goods['Bule']['name']} caíram R$ 480,00, de R$ 640,00 para R$ 160,00"
        " (−75,0%).",
    ]
    assert "Comparado com 01/03/2023 a 31/03/2023." in text_of(look)


def test_a_month_in_which_nothing_was_sold_is_a_whole_page(admin):
    write("--month", "1999-05")
    document = page(admin, "/reports/monthly/1999-05/")
    check(document)
    text = text_of(document)
    assert "Vendas R$ 0,00 " in text and "Nada vendido neste período." in text
    assert "Nada mudou o bastante para chamar a atenção." in text


@pytest.mark.parametrize("option, value, path, titles", [
    ("--day", "2023-04-03", "daily/2023-04-03",
     ["Vendas por hora", "Vendas por dia", "Categorias mais vendidas", "Vendas por estado"]),
    ("--week", "2023-04-05", "weekly/2023-04-03",
     ["Vendas por dia", "Quando se vende", "Categorias mais vendidas", "Vendas por estado"]),
    ("--month", "2023-04-30", "monthly/2023-04",
     ["Vendas por dia", "Vendas por mês", "Categorias mais vendidas", "Vendas por estado",
      "Pagamentos por semana", "Pedidos feitos e pagos"]),
])
def test_each_kind_of_page_has_charts_of_its_own(admin, april, option, value, path, titles):
    write(option, value)
    document = page(admin, f"/reports/{path}/")
    check(document)
    assert re.findall(r'<img [^>]*alt="([^"]+)"', document) == titles
    assert len(pictures_of(document)) == 4 * len(titles)
    for name in pictures_of(document):
        answer = admin.get(f"/reports/{path}/{name}")
        assert answer.content.startswith(b"\x89PNG"), name


def test_pictures_suit_screens_and_paper(april):
    first = re.search(r"<picture>(.*?)</picture>", april, re.S).group(1)
    media = re.findall(r'media="([^"]+)"', first)
    assert media == ["screen and (max-width: 600px) and (prefers-color-scheme: dark)",
                     "screen and (max-width: 600px)", "screen and (prefers-color-scheme: dark)"]
    assert len(pictures_of(first)) == 4
    assert all(" 2x" in text for text in re.findall(r'srcset="([^"]+)"', first))
    assert "@media print" in april


def test_pages_are_valid_and_run_nothing(admin, april):
    check(april)
    check(page(admin, "/reports/"))
    assert "http:" not in april and "https:" not in april


def test_every_word_is_in_the_catalogue_of_both_languages(admin, april):
    write("--month", "2023-04", "--lang", "en")
    english = page(admin, MONTH)
    write("--month", "2023-04")
    check(english)
    assert 'lang="en"' in english and 'lang="pt-BR"' in april
    for text, words in ((text_of(english), ["What to look at", "Sales: April 2023", "rose by"]),
                        (text_of(april), ["O que olhar", "Vendas: abril de 2023", "subiram"])):
        assert "Valor inválido" not in text and "Not a valid value" not in text
        assert "{}" not in text
        for word in words:
            assert word in text


def test_the_timer_s_run_writes_what_is_open_and_keeps_the_rest(admin, april):
    write()
    today = datetime.date.fromisoformat(
        support.value("SELECT (now() AT TIME ZONE 'America/Sao_Paulo')::date"))
    yesterday = today - datetime.timedelta(days=1)
    monday = today - datetime.timedelta(days=today.weekday())
    last_month = today.replace(day=1) - datetime.timedelta(days=1)
    index = page(admin, "/reports/")
    for path in (f"daily/{today}", f"daily/{yesterday}", f"weekly/{monday}",
                 f"weekly/{monday - datetime.timedelta(days=7)}", f"monthly/{today:%Y-%m}",
                 f"monthly/{last_month:%Y-%m}", "monthly/2023-04"):
        assert f'href="{path}/"' in index
        assert admin.get(f"/reports/{path}/").status_code == 200
    kept = re.findall(r'href="monthly/([^/]+)/"', index)
    assert kept == sorted(kept, reverse=True)
    assert "em curso" in text_of(page(admin, f"/reports/daily/{today}/"))


def test_the_index_has_what_was_sold_and_how_it_changed(admin, april):
    kpis = admin.get("/v1/reports/kpis?from=2023-04-01&to=2023-05-01").json()
    now, before = kpis["kpis"]["total"], kpis["previous"]["kpis"]["total"]
    write("--month", "2023-04")
    change = f"▲ {100 * (now - before) / before:.1f}%".replace(".", ",")
    assert f"abril de 2023 {kpis['kpis']['orders']} {reais(now)} {change}" \
        in text_of(page(admin, "/reports/"))


def test_a_reader_never_meets_a_page_without_its_pictures(admin, april, pay, goods):
    """While the job replaces the page again and again, with other figures each time."""
    buyer, wrong, done = support.register("Eva Luz"), [], threading.Event()

    def read():
        while not done.is_set():
            document = page(admin, MONTH)
            missing = [name for name in sorted(pictures_of(document))
                       if admin.get(MONTH + name).status_code != 200]
            wrong.extend(missing)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for hour in range(4):
            sell(buyer, pay, f"2023-04-24 1{hour}:00-03", (goods["Xícara"], 1 + hour))
            write("--month", "2023-04")
    finally:
        done.set()
        reader.join()
    assert wrong == []


def test_what_no_page_shows_any_more_goes(admin, pay, goods, april):
    buyer, folder = support.register("Eva Luz"), os.path.join(REPORTS, "monthly", "2023-04")
    for hour in range(3):
        sell(buyer, pay, f"2023-04-25 1{hour}:00-03", (goods["Xícara"], 1))
        write("--month", "2023-04")
    shown = pictures_of(page(admin, MONTH))
    files = {os.path.basename(path) for path in glob.glob(f"{folder}/*.png")}
    assert shown <= files and len(files) <= 2 * len(shown)
    write("--month", "2023-04")
    assert {os.path.basename(path) for path in glob.glob(f"{folder}/*.png")} == \
        pictures_of(page(admin, MONTH))


def test_a_page_that_cannot_be_written_leaves_the_old_one(admin, april):
    before = page(admin, MONTH)
    os.rename(REPORTS, f"{REPORTS}.away")
    try:
        job = support.run_job("report", "--month", "2023-04")
        assert job.returncode != 0
    finally:
        os.rename(f"{REPORTS}.away", REPORTS)
    assert page(admin, MONTH) == before


@pytest.mark.parametrize("arguments", [
    ["--day", "2023-02-30"], ["--day", "yesterday"], ["--day"], ["--month", "2023-13"],
    ["--lang", "fr"], ["--year", "2023"], ["--day", "2023-01-01", "--week", "2023-01-01"]])
def test_what_the_job_cannot_do_it_says(arguments):
    job = support.run_job("report", *arguments)
    assert job.returncode != 0 and "usage: report" in job.stderr


def test_what_people_are_called_cannot_break_a_page(admin, customer, make_product, pay):
    name = support.unique("<script>alert(1)</script> & \"Cia\"")
    product = make_product(name=name, price=99_000_000, stock=1)
    sell(customer, pay, "2023-06-05 10:00-03", (product, 1))
    write("--day", "2023-06-05")
    document = page(admin, "/reports/daily/2023-06-05/")
    check(document)
    assert "&lt;script&gt;alert(1)" in document


def test_reports_ask_a_browser_for_the_password(anyone, admin, customer, april):
    picture = MONTH + sorted(pictures_of(april))[0]
    for path in ("/reports/", MONTH):
        answer = anyone.get(path)
        support.assert_problem(answer, 401)
        assert "Basic realm=" in answer.headers["WWW-Authenticate"]
        assert anyone.get(path, auth=(admin.email, admin.password)).status_code == 200
        support.assert_problem(anyone.get(path, auth=(admin.email, "wrong")), 401)
        support.assert_problem(customer.get(path), 403)
    support.assert_problem(anyone.get(picture), 401)
    support.assert_problem(customer.get(picture), 403)


def test_a_folder_of_pages_leads_to_the_index(admin, april):
    for folder in ("daily", "weekly", "monthly"):
        answer = admin.get(f"/reports/{folder}/", allow_redirects=False)
        assert answer.status_code == 302
        assert answer.headers["Location"].endswith(f"/reports/#{folder}")
    assert admin.get(MONTH.rstrip("/"), allow_redirects=False).headers["Location"].endswith(MONTH)
