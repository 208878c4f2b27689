"""Lists and searches by a search engine, through the very programs, started with its address: it finds
what PostgreSQL finds, loses nothing, and the shop does not fail where it does. The engine is a
stand-in (engine.py)."""
import email
import json
import os
import subprocess
import time
import urllib.parse

import pytest

import engine
import support
from test_search import word

ORDERS = ("relevance", "price", "-price", "-created_at", "name", "-popularity")


class Shop:
    """The programs of the catalogue with this engine."""

    def __init__(self, url, **settings):
        self.environment = {**support.settings(), "PATH": os.environ["PATH"],
                            "VENDAS_SEARCH_URL": url, "VENDAS_SEARCH_TIMEOUT_MS": "2000", **settings}

    def ask(self, **query):
        """The list as the program itself answers it, as CGI: status, document, log."""
        done = subprocess.run(
            [support.programs()["products-products"]], capture_output=True, timeout=60, check=True,
            env={**self.environment, "REQUEST_METHOD": "GET", "PATH_INFO": "/v1/products",
                 "HTTP_ACCEPT_LANGUAGE": "en", "QUERY_STRING": urllib.parse.urlencode(
                     {key: value for key, value in query.items() if value is not None}, True)})
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        status = int(email.message_from_bytes(head)["Status"].split()[0])
        return status, json.loads(body), done.stderr.decode()

    def get(self, **query):
        status, document, log = self.ask(**query)
        assert status == 200, (document, log)
        return document

    def found(self, **query):
        return [product["id"] for product in self.get(**query)["data"]]

    def job(self, *arguments):
        return subprocess.run([os.path.join(support.PROGRAMS, "jobs", "index"), *arguments],
                              env=self.environment, capture_output=True, text=True, timeout=300,
                              check=False)

    def feed(self, *arguments):
        done = self.job(*arguments)
        assert done.returncode == 0, done.stderr


def waiting():
    """The products that the engine is still to be told of."""
    return {row[0] for row in support.rows("SELECT product_id FROM products.unindexed")}


@pytest.fixture(scope="module")
def running():
    server = engine.Engine()
    server.start()
    yield server
    server.stop()
    Shop("").feed()


@pytest.fixture
def server(running):
    running.fault = lambda method, path: None
    running.refuses, running.is_busy_for, running.authorization = set(), set(), None
    yield running
    running.fault = lambda method, path: None


@pytest.fixture
def shop(server):
    """A shop whose engine knows everything."""
    open_shop = Shop(server.url("vendas"))
    open_shop.feed()
    assert waiting() == set()
    return open_shop


@pytest.fixture(scope="module")
def shelf(admin, make_product, place_order, pay):
    """Products with one word in different places, and the words to find some of them by."""
    w, other, meant, rare = word(), word(), word(), word()
    top = admin.post("/v1/categories", {"name": support.unique("Torre")}).json()
    below = admin.post("/v1/categories", {"name": f"Café {other}", "parent_id": top["id"]}).json()
    names = {kind: support.unique(kind) for kind in ("cor", "litros", "largura")}
    for kind, of in (("cor", "text"), ("litros", "number"), ("largura", "number")):
        assert admin.put(f"/v1/attributes/{names[kind]}", {
            "label": kind, "type": of, "filterable": True}).status_code == 201
    made = [make_product(
        stock=n % 3, price=1000 + 500 * (n % 4), brand=["Ipê", "ipe", "Cedro", None][n % 4],
        name=f"{['Copo', 'Caneca térmica'][n % 2]} {w if n % 3 else ''} {n}",
        description=f"Para o café da manhã {w} {rare if n == 5 else ''}",
        category_ids=[[below["id"]], [top["id"], below["id"]], []][n % 3],
        attributes={names["cor"]: ["azul", "verde água"][n % 2], names["litros"]: n / 4,
                    names["largura"]: n, "bio": n % 2 == 0}) for n in range(24)]
    sold = support.register()
    for product in (made[7], made[8], made[8]):
        pay(sold, place_order(sold, product))
    assert admin.put(f"/v1/synonyms/{meant}", {"synonyms": [w, "nada disso"]}).ok
    for job in ("popularity", "relist"):
        assert support.run_job(job).returncode == 0
    return {"word": w, "other": other, "meant": meant, "rare": rare, "top": top["id"],
            "slug": below["slug"], "ids": [product["id"] for product in made],
            "sku": made[3]["variants"][0]["sku"], **names}


def mistyped(text):
    return text[:4] + text[5:]


QUESTIONS = {
    "words": lambda s: {"q": s["word"]},
    "words anywhere": lambda s: {"q": f"{s['word']} manhã caneca"},
    "accents and endings": lambda s: {"q": f"CANECAS TERMICAS {s['word']}"},
    "the beginning of a word": lambda s: {"q": f"copo {s['word'][:9]}"},
    "a typing error": lambda s: {"q": f"caneca {mistyped(s['word'])}"},
    "a synonym": lambda s: {"q": f"{s['meant']} copo"},
    "without a word": lambda s: {"q": f"{s['word']} -caneca"},
    "a synonym that is left out": lambda s: {"q": f"{s['word']} -{s['meant']}"},
    "a phrase": lambda s: {"q": f'"café da manhã {s["word"]}"'},
    "no such phrase": lambda s: {"q": f'"manhã café {s["word"]}"'},
    "one or the other": lambda s: {"q": f"{s['rare']} or {s['other']}"},
    "a code": lambda s: {"q": s["sku"]},
    "a category's name": lambda s: {"q": s["other"]},
    "signs": lambda s: {"q": f"({s['word']} | +copo)*~ - \\"},
    "signs alone": lambda s: {"q": "+ | - ( ) * ~"},
    "nothing": lambda s: {"q": s["word"] + "nada"},
    "a category": lambda s: {"category": s["top"]},
    "a category by its address": lambda s: {"category": s["slug"], "sort": "price"},
    "no such category": lambda s: {"category": "nao-ha"},
    "brands": lambda s: {"q": s["word"], "brand": ["IPÊ", "cedro"]},
    "stock": lambda s: {"q": s["word"], "in_stock": "true"},
    "no stock": lambda s: {"q": s["word"], "in_stock": "false"},
    "prices": lambda s: {"category": s["top"], "min_price": 1500, "max_price": 2000},
    "attributes": lambda s: {"category": s["top"], f"attr.{s['cor']}": "verde água",
                             "attr.bio": "false"},
    "numbers": lambda s: {"category": s["top"], f"attr.{s['litros']}": ["1.50", "2", "x"]},
    "bounds": lambda s: {"q": s["word"], f"min_attr.{s['litros']}": "1.25",
                         f"max_attr.{s['litros']}": "4.5", f"max_attr.{s['largura']}": "15"},
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_engine_finds_what_postgresql_finds(shop, server, anyone, shelf, question):
    query = {**QUESTIONS[question](shelf), "facets": "true", "limit": 5}
    before = server.searches()
    found = shop.get(**query)
    assert server.searches() == before + 1
    answer = anyone.get("/v1/products", params=query)
    assert found == answer.json()
    assert (found["data"] == []) == (question in ("nothing", "signs alone", "no such category",
                                                  "no such phrase",
                                                  "a synonym that is left out"))


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("by_words", [True, False])
def test_each_page_goes_on_where_either_ended(shop, server, anyone, shelf, order, by_words):
    query = {"sort": order, "limit": 5, **({"q": shelf["word"]} if by_words else
                                           {"category": shelf["top"]})}
    whole = support.found(anyone, **{**query, "limit": 100})
    assert len(whole) >= 16
    for engines_turn in (0, 1):
        seen, cursor, page, before = [], None, 0, server.searches()
        while page == 0 or cursor:
            answer = (shop.get(**query, cursor=cursor) if page % 2 == engines_turn else
                      anyone.get("/v1/products", params={**query, "cursor": cursor}).json())
            seen += [product["id"] for product in answer["data"]]
            cursor, page = answer["next_cursor"], page + 1
        assert seen == whole
        assert server.searches() - before >= page // 2


def test_price_and_stock_are_those_of_the_moment(shop, server, admin, make_product):
    shared = word()
    first, second = (make_product(stock=0, name=f"Vaso {shared}", price=price)
                     for price in (1000, 2000))
    shop.feed()
    assert shop.found(q=shared, sort="price") == [first["id"], second["id"]]
    assert admin.patch(f"/v1/products/{first['id']}", {"price": 3000}).ok
    assert [product["price"] for product in shop.get(q=shared, sort="price")["data"]] == [3000, 2000]
    shop.feed()
    assert shop.found(q=shared, sort="price") == [second["id"], first["id"]]

    assert admin.patch(f"/v1/products/{second['id']}", {"status": "archived"}).ok
    page = shop.get(q=shared, sort="price", limit=1)
    assert page["data"] == [] and page["next_cursor"]
    assert shop.found(q=shared, sort="price", limit=1, cursor=page["next_cursor"]) == [first["id"]]
    shop.feed()
    assert shop.found(q=shared, sort="price", limit=1) == [first["id"]]
    assert second["id"] not in server.indices["vendas"].documents


def test_a_category_that_moves_takes_its_products_along(shop, admin, make_product):
    above, other, below = (admin.post("/v1/categories", {"name": support.unique("Prédio")}).json()
                           for _ in range(3))
    product = make_product(stock=0, category_ids=[below["id"]])
    for parent in (above, other):
        assert admin.patch(f"/v1/categories/{below['id']}", {"parent_id": parent["id"]}).ok
        shop.feed()
        assert shop.found(category=parent["id"]) == [product["id"]]
    assert shop.found(category=above["id"]) == []


# What goes wrong with searches -----------------------------------------------------------------

def hits(*found):
    return json.dumps({"hits": {"hits": list(found)}}).encode()


FAULTS = {
    "away": None,
    "slow": engine.slow(1),
    "overloaded": engine.always(503, b'{"error": {"type": "overloaded"}, "status": 503}'),
    "no JSON": engine.always(200, b"<html>It works!</html>"),
    "broken JSON": engine.always(200, b'{"hits": {"hits": ['),
    "nothing": engine.always(200, b""),
    "other JSON": engine.always(200, b"[1, 2, 3]"),
    "no hits": engine.always(200, b'{"hits": {"total": 3}}'),
    "hits of another kind": engine.always(200, hits({"_id": "x", "sort": [1, 2]})),
    "hits without order": engine.always(200, hits({"_id": support.uuid.UUID(int=1).hex})),
    "values of another kind": engine.always(200, hits(
        {"_id": str(support.uuid.UUID(int=1)), "sort": ["a", {}, []]})),
    "a redirect": engine.always(302, b"{}"),
    "a stranger": engine.always(401, b'{"error": "no", "status": 401}'),
    "another request": engine.always(400, b'{"error": {"type": "parsing_exception"}}'),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_shop_answers_where_the_engine_does_not(shop, server, anyone, shelf, fault):
    query = {"q": shelf["word"], "sort": "price"}
    if fault == "slow":
        shop.environment["VENDAS_SEARCH_TIMEOUT_MS"] = "100"
    server.fault = FAULTS[fault]
    if fault == "away":
        server.stop()
    try:
        began = time.monotonic()
        status, document, log = shop.ask(**query)
        assert time.monotonic() - began < 5
    finally:
        if fault == "away":
            server.fault = lambda method, path: None
            server.start()
    assert status == 200 and document == anyone.get("/v1/products", params=query).json()
    assert '"error"' in log


@pytest.mark.parametrize("counts", [
    {}, {"aggregations": []}, {"aggregations": {"price": {"min": "x"}}},
    {"aggregations": {"brands": {"buckets": 7}}}])
def test_counts_that_are_none_are_not_shown(shop, server, anyone, shelf, counts):
    query = {"q": shelf["word"], "facets": "true"}
    server.fault = engine.always(200, json.dumps({"hits": {"hits": []}, **counts}).encode())
    assert shop.get(**query) == anyone.get("/v1/products", params=query).json()


# Feeding it ------------------------------------------------------------------------------------

def test_the_index_answers_only_when_it_has_all(shop, server, shelf):
    support.rows("UPDATE products.search_index SET state = 'filling'")
    before = server.searches()
    assert shop.found(q=shelf["rare"]) == [shelf["ids"][5]]
    assert server.searches() == before
    shop.feed()
    assert shop.found(q=shelf["rare"]) == [shelf["ids"][5]]
    assert server.searches() == before + 1
    # Another address is another index, which has nothing yet.
    assert Shop(server.url("outra")).found(q=shelf["rare"]) == [shelf["ids"][5]]
    assert server.searches() == before + 1


def test_nothing_is_lost_while_the_engine_is_away(shop, server, make_product):
    server.stop()
    try:
        made = make_product(stock=0)
        failed = shop.job()
        assert failed.returncode == 1 and "the search engine does not answer" in failed.stderr
        assert waiting() == {made["id"]}
    finally:
        server.start()
    for fault in (engine.always(503, b"{}", "_bulk"), engine.always(200, b"hm", "_bulk"),
                  engine.always(200, b'{"items": []}', "_bulk"),
                  engine.always(200, b'{"items": [{"index": {"_id": "x", "status": 201}}]}', "_bulk")):
        server.fault = fault
        assert shop.job().returncode == 1
        assert waiting() == {made["id"]}
    server.fault = lambda method, path: None
    shop.feed()
    assert waiting() == set() and made["id"] in server.indices["vendas"].documents


def test_what_is_refused_is_sent_again_and_holds_up_nothing(shop, server, admin, make_product):
    bad, busy, good = (make_product(stock=0)["id"] for _ in range(3))
    server.refuses, server.is_busy_for = {bad}, {busy}
    job = shop.job()
    assert job.returncode == 1 and bad in job.stderr and "not this one" in job.stderr
    assert waiting() == {bad, busy} and good in server.indices["vendas"].documents
    server.is_busy_for = set()
    shop.feed()
    assert waiting() == {bad}
    server.refuses = set()
    shop.feed()
    assert waiting() == {bad}, "it is to wait a little"
    support.rows("UPDATE products.unindexed SET not_before = now()")
    shop.feed()
    assert waiting() == set() and bad in server.indices["vendas"].documents

    server.refuses = {bad}
    assert admin.patch(f"/v1/products/{bad}", {"price": 1}).ok
    shop.feed()
    server.refuses = set()
    assert admin.patch(f"/v1/products/{bad}", {"price": 2}).ok
    shop.feed()
    assert waiting() == set(), "what changes again is sent at once"
    assert server.indices["vendas"].documents[bad]["price"] == 2


def test_what_changes_while_it_is_sent_is_sent_again(shop, server, admin, make_product):
    product = make_product(stock=0, price=1000)["id"]
    changed = []

    def change(_, path):
        if "_bulk" in path and not changed:
            changed.append(admin.patch(f"/v1/products/{product}", {"price": 1001}).ok)
    server.fault = change
    shop.feed()
    assert changed == [True] and waiting() == set()
    assert server.indices["vendas"].documents[product]["price"] == 1001


def test_an_older_version_does_not_replace_a_newer(shop, server, make_product):
    product = make_product(stock=0, price=1000)["id"]
    shop.feed()
    kept = server.indices["vendas"].documents[product]
    support.rows("INSERT INTO products.unindexed (product_id, change)"
                 f" VALUES ('{product}', {server.indices['vendas'].versions[product] - 1})")
    shop.feed()
    assert waiting() == set() and server.indices["vendas"].documents[product] is kept


def test_an_index_that_is_gone_is_made_anew(shop, server, shelf):
    del server.indices["vendas"]
    assert shop.found(q=shelf["rare"]) == [shelf["ids"][5]]
    shop.feed()
    before = server.searches()
    assert shop.found(q=shelf["rare"]) == [shelf["ids"][5]]
    assert server.searches() == before + 1


def test_an_index_is_made_anew_on_demand_and_for_another_definition(shop, server, shelf):
    for arguments in ((), ("--all",)):
        index = server.indices["vendas"]
        if not arguments:
            index.mappings["_meta"]["vendas"] = 0
        index.documents["old"] = {}
        shop.feed(*arguments)
        assert server.indices["vendas"] is not index
        assert shelf["ids"][5] in server.indices["vendas"].documents
    assert waiting() == set()


def test_an_index_of_something_else_is_left_alone(server):
    server.indices["alheio"] = engine.Index({"mappings": {"properties": {"x": {"type": "long"}}}})
    index = server.indices["alheio"]
    for arguments in ((), ("--all",)):
        job = Shop(server.url("alheio")).job(*arguments)
        assert job.returncode == 1 and "index of something else" in job.stderr
    assert server.indices["alheio"] is index


def test_the_engine_is_signed_in_to(server):
    for settings, authorization in (
            ({"VENDAS_SEARCH_USER": "loja", "VENDAS_SEARCH_PASSWORD": "seg:redo"},
             engine.basic("loja", "seg:redo")),
            ({"VENDAS_SEARCH_API_KEY": "Y2hhdmU6c2VncmVkbw=="}, "ApiKey Y2hhdmU6c2VncmVkbw==")):
        server.authorization = authorization
        shop = Shop(server.url("vendas"), **settings)
        shop.feed()
        before = server.searches()
        assert shop.get(limit=1)["data"] and server.searches() == before + 1
        server.authorization = "other"
        job = shop.job()
        assert job.returncode == 1
        status, _, log = shop.ask(limit=1)
        assert status == 200
        for secret in settings.values():
            assert secret not in job.stderr + log


def test_without_an_engine_nothing_is_noted_down(server, shop, make_product):
    Shop("").feed()
    make_product(stock=0)
    assert support.rows("SELECT * FROM products.search_index") == [] and waiting() == set()
    shop.feed()
    assert waiting() == set()
    assert len(server.indices["vendas"].documents) == int(support.value(
        "SELECT count(*) FROM products.listing"))


def test_what_changes_while_an_index_begins_is_in_it(shop, server, make_product):
    product = make_product(stock=0)["id"]
    Shop("").feed()
    with support.ThreadPoolExecutor(1) as thread:
        with support.open_transaction(
                f"UPDATE products.products SET price = 777 WHERE id = '{product}';"
                f" SELECT products.refresh(ARRAY['{product}'::uuid])"):
            feeding = thread.submit(shop.job)
            support.wait_for_locks()
        assert feeding.result().returncode == 0
    assert server.indices["vendas"].documents[product]["price"] == 777
