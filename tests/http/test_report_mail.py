"""Report pages by mail: as people see them, once for each period, to whom may still read them."""
import datetime
import email
import email.policy
import html.parser
import io
import os
import re
import subprocess
import urllib.parse
import zoneinfo

import pytest
import requests

import mailing
import support
from mailing import Server, deliver
from support import ok
from test_report_subscriptions import PATH, at, ids, link, subscribe

JOB = os.path.join(support.PROGRAMS, "jobs", "mail-reports")
ZONE = zoneinfo.ZoneInfo("America/Sao_Paulo")
PAGES = ["daily", "weekly", "monthly"]


@pytest.fixture(autouse=True)
def nothing_waits():
    """What other tests have left in the outbox, and subscribed to."""
    support.rows("DELETE FROM sales.report_subscriptions; DELETE FROM registry.outbox")


@pytest.fixture
def server():
    with Server() as running:
        yield running


@pytest.fixture
def reader(make_user):
    return make_user("manager")


@pytest.fixture(scope="module")
def sold(admin, make_product, place_order, pay):
    """Something was sold yesterday, last week and last month, by the shop's clock."""
    buyer, goods = support.register(), make_product(stock=100, price=12345)
    for page in PAGES:
        order = place_order(buyer, goods, 2)
        pay(buyer, order)
        support.rows(f"UPDATE sales.orders SET paid_at = '{over(page)[0]} 12:00-03'"
                     f" WHERE id = '{order['id']}'")


def over(page):
    """The last day, week or month that is over: the day it begins, and the one after it."""
    today = datetime.datetime.now(ZONE).date()
    if page == "daily":
        return today - datetime.timedelta(1), today
    if page == "weekly":
        end = today - datetime.timedelta(today.weekday())
        return end - datetime.timedelta(7), end
    end = today.replace(day=1)
    return (end - datetime.timedelta(1)).replace(day=1), end


def mail_reports(hour=0):
    """A run of the job, which must go well; how many letters it wrote. The day is over at that
    hour, by default at midnight: tests run at any time."""
    before = waiting()
    job = subprocess.run([JOB], capture_output=True, text=True, timeout=120, check=False,
                         env={**support.settings(), "VENDAS_REPORT_HOUR": str(hour)})
    assert job.returncode == 0, job.stderr
    return len(waiting() - before)


def waiting():
    return {row[0] for row in support.rows("SELECT id FROM registry.outbox WHERE kind = 'report'")}


def make_due(since="2020-01-01"):
    """As if nothing had been written since."""
    support.rows(f"UPDATE sales.report_subscriptions SET mailed_to = '{since}'")


def received(server, address):
    """The report pages that an address has got."""
    messages = [email.message_from_bytes(message, policy=email.policy.default)
                for message in server.received[address]]
    return [message for message in messages if message["List-Unsubscribe"]]


def send(server, address):
    """Writes and sends all that is due; what an address got of it."""
    make_due()
    mail_reports()
    status, log = deliver(server.url)
    assert status == 0, log
    return received(server, address)


def part(message, kind):
    [found] = [p for p in message.walk() if p.get_content_type() == kind]
    return found.get_content()


class Sources(html.parser.HTMLParser):
    """What a document loads and links to, and the words it shows."""

    def __init__(self, document):
        super().__init__()
        self.images, self.links, self.loads, self.text = [], [], [], ""
        self.feed(document)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag == "img":
            self.images.append(attributes)
        elif tag == "a":
            self.links.append(attributes["href"])
        self.loads += [value for name, value in attrs if name in ("src", "srcset", "background")]
        if tag in ("link", "script", "picture", "source", "iframe", "object"):
            self.loads.append(tag)

    def handle_data(self, data):
        self.text += data


def plain(text):
    return text.replace("\xa0", " ").replace("\u202f", " ")


# What a letter is -----------------------------------------------------------------------------

@pytest.mark.parametrize("page", PAGES)
def test_a_page_arrives_as_text_and_as_html_with_its_pictures(server, reader, sold, page):
    subscription = subscribe(reader, page)
    [message] = send(server, reader.email)
    assert all(not p.defects for p in message.walk())
    assert message.get_content_type() == "multipart/alternative"
    text, related = message.iter_parts()
    assert text.get_content_type() == "text/plain"
    assert (related.get_content_type(), related.get_param("type")) == (
        "multipart/related", "text/html")
    document, *pictures = related.iter_parts()
    assert document.get_content_type() == "text/html"
    by_id = {picture["Content-ID"]: picture for picture in pictures}
    shown = Sources(document.get_content())
    assert [f"<{image['src'].removeprefix('cid:')}>" for image in shown.images] == list(by_id)
    assert pictures and shown.loads == [image["src"] for image in shown.images]
    for image in shown.images:
        picture = by_id[f"<{image['src'].removeprefix('cid:')}>"]
        assert picture.get_content_type() == "image/png"
        assert picture.get_content_disposition() == "inline"
        assert re.fullmatch(r"[\w.-]+\.png", picture.get_filename())
        width, height = size_of(picture.get_content())
        assert width == 2 * int(image["width"]) and height > 100 and image["alt"]
    assert message["To"] == reader.email
    assert message["Auto-Submitted"] == "auto-generated"
    assert ok(reader.get(at(subscription)))["mailed_at"]


def size_of(png):
    image = pytest.importorskip("PIL.Image", reason="python3-pil is not installed")
    with image.open(io.BytesIO(png)) as picture:
        picture.load()
        return picture.size


def test_every_line_of_it_is_short_ascii(server, reader, sold):
    subscribe(reader)
    send(server, reader.email)
    [raw] = server.received[reader.email]
    lines = raw.split(b"\r\n")
    assert all(b"\n" not in line and b"\r" not in line and line.isascii() for line in lines)
    assert max(len(line) for line in lines if not line.startswith(b"List-Unsubscribe:")) <= 78
    assert max(len(line) for line in lines) < 998
    assert len(raw) < 1000000


def reais(amount):
    whole, cents = divmod(amount, 100)
    return f"R$ {whole:,}".replace(",", ".") + f",{cents:02}"


@pytest.mark.parametrize("page", PAGES)
def test_its_figures_are_those_of_the_api(admin, server, reader, sold, page):
    subscribe(reader, page)
    [message] = send(server, reader.email)
    start, end = over(page)
    figures = ok(admin.get("/v1/reports/kpis", params={"from": start, "to": end}))["kpis"]
    assert figures["orders"] > 0
    for text in (part(message, "text/plain"), Sources(part(message, "text/html")).text):
        for name in ("total", "average_order"):
            assert reais(figures[name]) in plain(text), name
        assert re.search(rf"Pedidos pagos\W*{figures['orders']}\b", plain(text))


def test_it_is_in_the_subscriptions_language(server, reader, sold):
    subscribe(reader, "monthly", language="en")
    subscribe(reader, "weekly")
    messages = send(server, reader.email)
    assert sorted(str(message["Subject"])[:6] for message in messages) == [
        "Sales:", "Vendas"]
    for message in messages:
        english = str(message["Subject"]).startswith("Sales")
        document = part(message, "text/html")
        assert f'<html lang="{"en" if english else "pt-BR"}">' in document
        assert ("Unsubscribe" if english else "Cancelar a assinatura") in document


# Once for each period -------------------------------------------------------------------------

def test_nothing_comes_before_a_period_is_over(server, reader):
    for page in PAGES:
        subscribe(reader, page)
    assert mail_reports(hour=7) == 0
    make_due()
    assert mail_reports() == 3
    for page in PAGES:
        assert support.value("SELECT mailed_to FROM sales.report_subscriptions"
                             f" WHERE page = '{page}'") == str(over(page)[1])


@pytest.mark.parametrize("page", PAGES)
def test_after_a_while_down_the_last_one_comes_alone(server, reader, page):
    subscribe(reader, page)
    make_due("2020-01-01")
    assert mail_reports() == 1
    assert mail_reports() == 0


def test_the_hour_of_the_shop_is_waited_for(reader):
    subscribe(reader)
    now = datetime.datetime.now(ZONE)
    if now.hour == 23:
        pytest.skip("no hour of today is left")
    make_due(str(now.date() - datetime.timedelta(1)))
    assert mail_reports(hour=now.hour + 1) == 0
    assert mail_reports(hour=now.hour) == 1


def test_jobs_side_by_side_write_each_letter_once(server, make_user):
    readers = [make_user("manager") for _ in range(4)]
    for reader in readers:
        subscribe(reader)
    make_due()
    support.at_once(*[mail_reports] * 3)
    assert deliver(server.url)[0] == 0
    assert {reader.email: len(server.received[reader.email]) for reader in readers} == {
        reader.email: 1 for reader in readers}


def test_who_unsubscribes_and_comes_back_gets_no_page_twice(server, reader):
    subscription = subscribe(reader)
    assert len(send(server, reader.email)) == 1
    assert reader.delete(at(subscription)).status_code == 204
    subscribe(reader)
    assert mail_reports(hour=7) == 0


def test_while_the_server_is_away_a_letter_waits_and_comes_once(reader, sold):
    subscribe(reader)
    make_due()
    assert mail_reports() == 1
    port = mailing.free_port()
    assert deliver(f"smtp://127.0.0.1:{port}")[0] == 1
    [letter] = waiting()
    assert mail_reports() == 0
    mailing.let_time_pass(letter)
    with Server(port=port) as server:
        assert deliver(server.url)[0] == 0
        assert deliver(server.url) == (0, [])
        [message] = received(server, reader.email)
    assert message["Message-ID"].startswith(f"<{letter}@")
    assert waiting() == set()


def test_a_letter_that_still_waits_makes_room_for_the_next(server, reader):
    subscribe(reader)
    subscribe(reader, "weekly")
    make_due()
    assert mail_reports() == 2
    first = waiting()
    support.rows("UPDATE sales.report_subscriptions SET mailed_to = '2020-01-01'"
                 " WHERE page = 'daily'")
    assert mail_reports() == 1
    assert len(waiting()) == 2 and len(waiting() & first) == 1
    assert deliver(server.url)[0] == 0
    assert len(received(server, reader.email)) == 2


def test_a_letter_is_of_use_until_the_next_one(reader):
    for page in PAGES:
        subscribe(reader, page)
    make_due()
    mail_reports()
    days = [round(float(row[0])) for row in support.rows(
        "SELECT extract(epoch FROM expires_at - created_at) / 86400 FROM registry.outbox"
        " WHERE kind = 'report' ORDER BY 1")]
    assert days == [2, 8, 32]


# To whom may still read it --------------------------------------------------------------------

def demote(user, role="customer"):
    support.rows(f"UPDATE registry.users SET role = '{role}' WHERE id = '{user.id}'")


def test_who_may_not_read_reports_any_more_gets_none(server, reader):
    subscribe(reader)
    demote(reader)
    assert send(server, reader.email) == []
    assert waiting() == set()
    demote(reader, "manager")
    assert len(send(server, reader.email)) == 1


def test_a_role_that_loses_the_right_stops_the_letters(admin, server, make_role, make_user):
    role = make_role("reports:read")
    reader = make_user(role)
    subscribe(reader)
    ok(admin.put(f"/v1/roles/{role}", {"description": "de teste", "permissions": ["stock:read"]}))
    assert send(server, reader.email) == []


def test_a_letter_that_waits_is_not_sent_to_who_lost_the_right(server, reader):
    subscribe(reader)
    make_due()
    assert mail_reports() == 1
    demote(reader)
    assert deliver(server.url)[0] == 0
    assert received(server, reader.email) == [] and waiting() == set()


def test_a_letter_that_waits_goes_with_an_erased_account(server, reader):
    subscribe(reader)
    make_due()
    assert mail_reports() == 1
    assert reader.delete("/v1/users/me", json={"password": reader.password}).status_code == 204
    assert waiting() == set()
    assert send(server, reader.email) == []


def test_a_letter_goes_to_the_address_of_the_moment(server, reader):
    subscribe(reader)
    make_due()
    assert mail_reports() == 1
    address = f"{support.unique('nova')}@example.com"
    support.rows(f"UPDATE registry.users SET email = '{address}' WHERE id = '{reader.id}'")
    assert deliver(server.url)[0] == 0
    assert received(server, reader.email) == []
    assert received(server, address)[0]["To"] == address


def test_the_outbox_tells_neither_address_nor_figures(reader, sold):
    subscribe(reader)
    make_due()
    mail_reports()
    payload = bytes.fromhex(support.value(
        "SELECT encode(payload, 'hex') FROM registry.outbox WHERE kind = 'report'"))
    assert len(payload) > 10000
    for text in (reader.email, "Vendas", "PNG", "iVBOR", "cid:"):
        assert text.encode() not in payload


# How it ends ----------------------------------------------------------------------------------

def ways_out(message):
    """The addresses that end it: of the header, the document and the text."""
    [document] = [href for href in Sources(part(message, "text/html")).links
                  if "unsubscribe" in href]
    [text] = re.findall(r"\S+unsubscribe\S+", part(message, "text/plain"))
    return [re.fullmatch(r"<(\S+)>", message["List-Unsubscribe"])[1], document, text]


def test_each_letter_has_the_link_that_ends_it(server, reader):
    subscription = subscribe(reader)
    [message] = send(server, reader.email)
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    for way in ways_out(message):
        assert way == support.settings()["VENDAS_PUBLIC_URL"] + link(subscription)


def test_one_click_on_it_and_nothing_more_comes(server, reader):
    subscribe(reader)
    kept = subscribe(reader, "weekly")
    daily, = [m for m in send(server, reader.email)
              if "/daily/" in part(m, "text/plain")]
    parts = urllib.parse.urlsplit(ways_out(daily)[0])
    answer = requests.post(f"{support.URL}{parts.path}?{parts.query}", timeout=30,
                           data={"List-Unsubscribe": "One-Click"}, allow_redirects=False)
    assert answer.status_code == 200
    assert ids(reader) == [kept["id"]]
    assert len(send(server, reader.email)) == 3  # the weekly one a second time


@pytest.mark.parametrize("end", ["link", "api"])
def test_a_letter_that_waits_is_taken_back(anyone, server, reader, end):
    subscription = subscribe(reader)
    make_due()
    assert mail_reports() == 1
    if end == "link":
        assert anyone.request("POST", link(subscription)).status_code == 200
    else:
        assert reader.delete(at(subscription)).status_code == 204
    assert waiting() == set()
    assert deliver(server.url) == (0, [])


def test_whoever_fails_to_make_a_page_marks_nothing_as_sent(reader, sold):
    subscribe(reader)
    make_due()
    job = subprocess.run([JOB], capture_output=True, text=True, timeout=120, check=False,
                         env={**support.settings(), "VENDAS_DATABASE_URL": "postgresql:///none"})
    assert job.returncode == 1
    assert mail_reports() == 1


def test_a_private_instance_has_it_as_a_file(reader, sold):
    subscribe(reader, "monthly")
    make_due()
    mail_reports()
    [message] = support.letters(reader.email)
    assert "Content-ID" in message.as_string() and ok(reader.get(PATH))["data"][0]["mailed_at"]
