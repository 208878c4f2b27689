"""Ingestion: collected products are taken in once each, and every item is answered for."""
import json

import pytest

import support
from support import assert_problem


@pytest.fixture(scope="module")
def collector(make_account):
    return make_account("products:ingest")


def item(**fields):
    return {"source": "loja-teste", "source_id": support.unique("item"),
            "url": "https://loja.example/p/1", "name": support.unique("Caneca"), "price": 1990,
            "currency": "BRL", **fields}


def ingest(client, items):
    """The answer for each item; the counts have been checked against them."""
    answer = client.post("/v1/ingest", items)
    assert answer.status_code == 200, answer.text
    return checked(answer.json(), len(items))


def checked(report, n):
    results = report["results"]
    assert [result["index"] for result in results] == list(range(n))
    assert report["counts"].keys() == {
        "created", "updated", "unchanged", "duplicate", "proposed", "rejected"}
    for status, count in report["counts"].items():
        assert count == sum(result["status"] == status for result in results)
    return results


def statuses(results):
    return [result["status"] for result in results]


def send(client, text, content_type="application/x-ndjson"):
    return client.request("POST", "/v1/ingest", data=text, headers={"Content-Type": content_type})


# What becomes of an item ---------------------------------------------------------------------

def test_a_new_item_becomes_a_product_that_shoppers_see(collector, anyone):
    one = item(description="De louça.\nBranca.", brand="Ação", gtin=support.gtin13(),
               images=["https://loja.example/1.jpg", "https://loja.example/2.jpg"],
               attributes={"cor": "branca"}, sku="SKU 1", availability="in_stock", seller="Loja")
    result, = ingest(collector, [one])
    assert (result["status"], result["errors"]) == ("created", [])
    product = anyone.get(f"/v1/products/{result['product_id']}").json()
    for name in ("name", "description", "brand", "gtin", "price", "currency", "attributes"):
        assert product[name] == one[name]
    assert [image["url"] for image in product["images"]] == one["images"]
    assert product["variants"][0]["available"] == 0


def test_what_the_collector_sees_in_stock_is_not_our_stock(collector, anyone):
    result, = ingest(collector, [item(availability="in_stock")])
    assert not anyone.get(f"/v1/products/{result['product_id']}").json()["in_stock"]


def test_the_same_batch_again_changes_nothing(collector, anyone):
    batch = [item(gtin=support.gtin13()), item(category="Casa > Copa"), item(description="x")]
    first = ingest(collector, batch)
    assert statuses(first) == ["created"] * 3
    paths = [f"/v1/products/{result['product_id']}" for result in first]
    tags = [anyone.get(path).headers["ETag"] for path in paths]
    products = support.value("SELECT count(*) FROM products.products")
    second = ingest(collector, batch)
    assert statuses(second) == ["unchanged"] * 3
    assert [r["product_id"] for r in second] == [r["product_id"] for r in first]
    assert [anyone.get(path).headers["ETag"] for path in paths] == tags
    assert support.value("SELECT count(*) FROM products.products") == products


def test_the_order_of_members_is_no_change(collector):
    one = item(brand="X")
    ingest(collector, [one])
    assert statuses(ingest(collector, [dict(reversed(one.items()))])) == ["unchanged"]


def test_an_item_that_changed_changes_its_product_and_keeps_what_it_no_longer_says(
        collector, anyone):
    one = item(description="De louça.", brand="Ação")
    made, = ingest(collector, [one])
    del one["description"]
    changed, = ingest(collector, [{**one, "price": 2990, "brand": None}])
    assert (changed["status"], changed["product_id"]) == ("updated", made["product_id"])
    product = anyone.get(f"/v1/products/{made['product_id']}").json()
    assert (product["price"], product["description"], product["brand"]) == (
        2990, "De louça.", "Ação")


def test_an_item_twice_in_a_batch_is_taken_in_once(collector):
    one = item()
    results = ingest(collector, [one, one, {**one, "price": 1}])
    assert statuses(results) == ["created", "unchanged", "updated"]
    assert len({result["product_id"] for result in results}) == 1


def test_the_same_id_of_another_source_is_another_item(collector):
    one = item()
    results = ingest(collector, [one, {**one, "source": "outra-loja"}])
    assert statuses(results) == ["created", "created"]


def test_a_gtin_that_is_known_links_the_item_to_its_product(collector, admin, anyone):
    gtin = support.gtin13()
    made, = ingest(collector, [item(gtin=gtin, name="Primeira")])
    other = item(source="outra-loja", gtin=gtin, name="Segunda", price=500)
    linked, = ingest(collector, [other])
    assert (linked["status"], linked["product_id"]) == ("duplicate", made["product_id"])
    assert statuses(ingest(collector, [other])) == ["unchanged"]
    assert statuses(ingest(collector, [{**other, "price": 400}])) == ["duplicate"]
    product = anyone.get(f"/v1/products/{made['product_id']}").json()
    assert (product["name"], product["price"]) == ("Primeira", 1990)
    ours = admin.post("/v1/products", {
        "name": "Nossa", "price": 1, "currency": "BRL", "gtin": support.gtin13()}).json()
    linked, = ingest(collector, [item(gtin=ours["gtin"])])
    assert (linked["status"], linked["product_id"]) == ("duplicate", ours["id"])
    assert anyone.get(f"/v1/products/{ours['id']}").json()["name"] == "Nossa"


def test_a_gtin_of_another_product_is_not_taken_over(collector, anyone):
    gtin, one = support.gtin13(), item()
    results = ingest(collector, [item(gtin=gtin), one])
    changed, = ingest(collector, [{**one, "gtin": gtin, "price": 2000}])
    assert changed["status"] == "updated"
    product = anyone.get(f"/v1/products/{results[1]['product_id']}").json()
    assert (product["gtin"], product["price"]) == (None, 2000)


def test_a_price_below_the_shops_promotion_ends_the_promotion(collector, admin, anyone):
    one = item(price=1000)
    made, = ingest(collector, [one])
    path = f"/v1/products/{made['product_id']}"
    assert admin.patch(path, {"promotional_price": 900}).status_code == 200
    assert statuses(ingest(collector, [{**one, "price": 950}])) == ["updated"]
    assert anyone.get(path).json()["promotional_price"] == 900
    assert statuses(ingest(collector, [{**one, "price": 800}, item()])) == ["updated", "created"]
    assert anyone.get(path).json()["current_price"] == 800


def test_the_category_of_an_item_is_made_with_those_above_it(collector, anyone):
    mark = support.unique("Casa")
    results = ingest(collector, [item(category=f"{mark} > Cozinha / Facas > "),
                                 item(category=f"{mark} > Cozinha"), item(category=" > ")])
    tree = [c for c in support.tree(anyone) if c["slug"].startswith(mark.lower())]
    by_slug = {category["slug"].removeprefix(mark.lower()): category for category in tree}
    assert by_slug.keys() == {"", "-cozinha", "-cozinha-facas"}
    assert by_slug["-cozinha-facas"]["parent_id"] == by_slug["-cozinha"]["id"]
    assert by_slug["-cozinha"]["parent_id"] == by_slug[""]["id"]
    found = anyone.get("/v1/products", params={"category": mark.lower()}).json()["data"]
    assert [p["id"] for p in found] == [r["product_id"] for r in (results[1], results[0])]


# What is refused -----------------------------------------------------------------------------

@pytest.mark.parametrize("fields, pointer, code", [
    ({"name": None}, "/name", "not_null"), ({"name": " "}, "/name", "required"),
    ({"price": 0}, "/price", "too_small"), ({"price": "19,90"}, "/price", "not_integer"),
    ({"currency": "USD"}, "/currency", "other_currency"),
    ({"gtin": "7891000315508"}, "/gtin", "not_gtin"),
    ({"url": "javascript:alert(1)"}, "/url", "not_url"),
    ({"images": ["https://x.example/1.jpg", "x"]}, "/images/1", "not_url"),
    ({"availability": "maybe"}, "/availability", "not_choice"),
    ({"source": ""}, "/source", "required"), ({"source_id": 7}, "/source_id", "not_text"),
    ({"attributes": {"a": []}}, "/attributes/a", "not_text"),
    ({"stars": 5}, "/stars", "unknown_field")])
def test_a_faulty_item_is_rejected_with_the_reason_and_not_its_neighbours(
        collector, fields, pointer, code):
    results = ingest(collector, [item(), item(**fields), item()])
    assert statuses(results) == ["created", "rejected", "created"]
    assert results[1]["product_id"] is None
    assert [(e["pointer"], e["code"]) for e in results[1]["errors"]] == [(pointer, code)]
    assert results[1]["errors"][0]["detail"]


def test_every_fault_of_an_item_is_told(collector):
    result, = ingest(collector, [{"price": -1}])
    assert {e["pointer"] for e in result["errors"]} == {
        "/source", "/source_id", "/name", "/currency", "/price"}


@pytest.mark.parametrize("thing", [None, 7, "x", [], True])
def test_what_is_no_object_is_rejected(collector, thing):
    result, _ = ingest(collector, [thing, item()])
    assert (result["status"], result["errors"][0]["code"]) == ("rejected", "not_object")


def test_reasons_come_in_the_callers_language(collector):
    details = {}
    for language in ("en", "pt-BR"):
        report = collector.post("/v1/ingest", [{}], headers={"Accept-Language": language}).json()
        details[language] = report["results"][0]["errors"][0]["detail"]
    assert details == {"en": "This field is required.", "pt-BR": "Campo obrigatório."}


def test_a_batch_of_rejected_items_alone_is_answered(collector):
    assert statuses(ingest(collector, [{}, {}])) == ["rejected", "rejected"]


@pytest.mark.parametrize("body, code", [
    ([], "too_few"), ([{}] * 10001, "too_many"), ({}, "not_list"), ("x", "not_list"),
    (7, "not_list"), (False, "not_list"), (None, "not_list")])
def test_a_batch_is_a_list_of_1_to_10000_items(collector, body, code):
    answer = collector.request("POST", "/v1/ingest", data=json.dumps(body),
                               headers={"Content-Type": "application/json"})
    problem = assert_problem(answer, 422, "validation_failed", "")
    assert problem["errors"][0]["code"] == code


@pytest.mark.parametrize("content_type", [
    "text/plain", "text/csv", "application/xml", "application/jsonp", "application/json-seq",
    "application/x-ndjsonx", ""])
def test_other_content_types_are_refused(collector, content_type):
    answer = send(collector, json.dumps([item()]), content_type)
    assert_problem(answer, 415, "unsupported_media_type")


@pytest.mark.parametrize("text", [
    "[", "[{]", "[1,]", "[,1]", "[1,,2]", "[1]2", "[1", "[\"]", "{}{}", "nonsense", " ", "[1]\0"])
def test_a_list_that_breaks_off_is_refused_whole(collector, text):
    assert_problem(send(collector, text, "application/json"), 400, "invalid_json")


@pytest.mark.parametrize("thing", [b"nonsense", b'{"a": }', b'"\xff\xfe"', b"[" * 100 + b"]" * 100,
                                   b"{} {}", b"NaN", b"01", b"\x00"])
def test_what_is_no_json_in_a_list_is_rejected_by_itself(collector, thing):
    good = json.dumps(item()).encode()
    results = checked(send(collector, b"[" + good + b" , " + thing + b"\n]",
                           "application/json").json(), 2)
    assert statuses(results) == ["created", "rejected"]
    assert results[1]["errors"][0]["code"] == "not_json"


def test_brackets_and_commas_in_texts_are_texts(collector, anyone):
    name = support.unique('a "],[{ \\ b')
    result, _ = ingest(collector, [item(name=name), item()])
    assert anyone.get(f"/v1/products/{result['product_id']}").json()["name"] == name


# A line an item ------------------------------------------------------------------------------

@pytest.mark.parametrize("content_type", [
    "application/x-ndjson", "application/ndjson", "Application/X-NDJSON; charset=utf-8"])
def test_items_may_come_a_line_each(collector, content_type):
    lines = [json.dumps(item()) for _ in range(3)]
    answer = send(collector, "\n".join(lines), content_type)
    assert statuses(checked(answer.json(), 3)) == ["created"] * 3


def test_empty_lines_and_line_ends_of_windows_are_passed_over(collector):
    text = "\r\n  \n" + json.dumps(item()) + "\r\n\n" + json.dumps(item()) + "\r\n\t\n"
    assert statuses(checked(send(collector, text).json(), 2)) == ["created"] * 2


@pytest.mark.parametrize("line", [
    b"{", b"nonsense", b'{"a": }', b"{}{}", b'{"name": "\xff\xfe"}', b"[" * 100, b"null", b"\x00"])
def test_a_bad_line_rejects_itself_alone(collector, line):
    good = json.dumps(item()).encode()
    answer = send(collector, b"\n".join([good, line, json.dumps(item()).encode()]))
    assert statuses(checked(answer.json(), 3)) == ["created", "rejected", "created"]


# Together ------------------------------------------------------------------------------------

def test_two_batches_of_the_same_items_at_once_make_each_once(collector):
    batch = [item(gtin=support.gtin13(), category="Casa > Copa") for _ in range(30)]
    token = collector.token

    def post(items):
        answer = support.Client().post("/v1/ingest", items,
                                       headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200, answer.text
        return checked(answer.json(), len(items))
    one, two = support.at_once(lambda: post(batch), lambda: post(batch[::-1]))
    two.reverse()
    for first, second in zip(one, two):
        assert sorted([first["status"], second["status"]]) == ["created", "unchanged"]
        assert first["product_id"] == second["product_id"]
    names = ", ".join(f"'{one['name']}'" for one in batch)
    assert support.value(
        f"SELECT count(*) FROM products.products WHERE name IN ({names})") == "30"


def test_a_product_of_one_gtin_from_two_sources_at_once_is_one(collector):
    gtin, token = support.gtin13(), collector.token
    reports = support.at_once(*[
        lambda source=source: support.Client().post(
            "/v1/ingest", [item(gtin=gtin, source=source)],
            headers={"Authorization": f"Bearer {token}"}).json()
        for source in ("a", "b", "c")])
    results = [report["results"][0] for report in reports]
    assert sorted(statuses(results)) == ["created", "duplicate", "duplicate"]
    assert len({result["product_id"] for result in results}) == 1


# Who may -------------------------------------------------------------------------------------

def test_only_those_with_the_permission_feed_products(anyone, customer, make_user):
    assert_problem(anyone.post("/v1/ingest", [item()]), 401, "unauthorized")
    for caller in (customer, make_user("stock")):
        assert_problem(caller.post("/v1/ingest", [item()]), 403, "forbidden")


def test_the_collector_can_do_nothing_else(collector, product):
    path = f"/v1/products/{product['id']}"
    assert_problem(collector.patch(path, {"price": 1}), 403, "forbidden")
    assert_problem(collector.get("/v1/users"), 403, "forbidden")
    assert_problem(collector.get("/v1/stock"), 403, "forbidden")


def test_what_people_edited_is_not_collected_over(collector, admin):
    one = item(name="Da loja", price=1000, brand="Marca")
    made, = ingest(collector, [one])
    path = f"/v1/products/{made['product_id']}"
    admin.patch(path, {"name": "Nosso nome"})
    changed, = ingest(collector, [{**one, "name": "Outro nome", "price": 900}])
    assert changed["status"] == "updated"
    shown = admin.get(path).json()
    assert (shown["name"], shown["price"]) == ("Nosso nome", 900)
    assert shown["provenance"]["name"]["by"] == "person"
    assert shown["provenance"]["price"]["by"] == one["source"]
