"""Ingestion: how an item finds its product, what waits for a person, what people have locked, and
what is written down of prices."""
import contextlib
import json
import os

import pytest

import support
from support import assert_problem
from test_ingest import collector, ingest, item, statuses  # noqa: F401 (a fixture)


@pytest.fixture
def brand():
    return support.unique("Marca")


def made(collector, **fields):
    result, = ingest(collector, [item(**fields)])
    assert result["status"] == "created", result
    return result["product_id"]


def other(**fields):
    """An item of a source that no other test has."""
    return item(source=support.unique("fonte"), **fields)


def outcome(collector, one):
    result, = ingest(collector, [one])
    return result["status"], result["product_id"]


def proposal_of(admin, one, state="open"):
    """The proposal of an item, wherever in the list."""
    cursor = None
    while True:
        page = admin.get("/v1/ingest/proposals", params={
            "state": state, "limit": 100, "cursor": cursor}).json()
        for proposal in page["data"]:
            if proposal["item"]["source"] == one["source"]:
                return proposal
        cursor = page["next_cursor"]
        assert cursor, "no such proposal"


# Codes ---------------------------------------------------------------------------------------

@pytest.mark.parametrize("first, second", [("0" * 2, "0"), ("0", ""), ("", "0" * 2)])
def test_a_gtin_is_one_however_many_zeros_are_before_it(collector, anyone, first, second):
    upc = upc_a()
    product = made(collector, gtin=first + upc)
    assert outcome(collector, other(gtin=second + upc)) == ("duplicate", product)
    assert anyone.get(f"/v1/products/{product}").json()["gtin"] == upc


def upc_a():
    while True:
        digits = "0" + support.gtin13()[1:12]
        total = sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(digits))
        if digits[1] != "0":
            return digits[1:] + str(-total % 10)


def test_the_same_gtin_twice_in_a_batch_is_one_product(collector):
    gtin = support.gtin13()
    first, again = item(gtin=gtin), item(gtin=gtin)
    results = ingest(collector, [first, item(), again, {**again, "price": 5}])
    assert statuses(results) == ["created", "created", "duplicate", "duplicate"]
    assert len({result["product_id"] for result in results}) == 2


def test_an_item_with_a_sku_of_the_shop_is_that_product(collector, admin):
    sku = support.unique("SKU")
    ours = admin.post("/v1/products", support.product_body(sku=sku)).json()
    assert outcome(collector, other(sku=sku)) == ("duplicate", ours["id"])


def test_a_sku_that_two_shops_use_for_different_things_does_not_link_them(collector, admin, brand):
    sku = support.unique("SKU")
    admin.post("/v1/products", support.product_body(sku=sku, brand=brand, gtin=support.gtin13()))
    assert outcome(collector, other(sku=sku, brand="Outra"))[0] == "created"
    assert outcome(collector, other(sku=sku, gtin=support.gtin13()))[0] == "created"


def test_the_gtin_counts_before_the_sku(collector, admin):
    sku, gtin = support.unique("SKU"), support.gtin13()
    admin.post("/v1/products", support.product_body(sku=sku))
    ours = admin.post("/v1/products", support.product_body(gtin=gtin)).json()
    assert outcome(collector, other(sku=sku, gtin=gtin)) == ("duplicate", ours["id"])


def with_gap(collector, first, gap, second):
    """What becomes of two items of a batch with so many between them that are refused."""
    results = ingest(collector, [first, *[{}] * gap, second])
    return results[0]["status"], results[-1]["status"]


@pytest.mark.parametrize("gap", [0, 500], ids=["in one chunk", "in two chunks"])
def test_two_items_with_a_sku_of_the_shop_are_told_the_same_in_one_chunk_and_in_two(
        collector, admin, gap):
    one, sku = item(), support.unique("SKU")
    made_it, = ingest(collector, [one])
    admin.patch(f"/v1/products/{made_it['product_id']}", {"sku": sku})
    same = other(sku=sku)
    assert with_gap(collector, same, gap, {**same, "source": support.unique("fonte")}) == (
        "duplicate", "duplicate")
    # The first one gives the product its GTIN, which the other contradicts.
    first = {**one, "sku": sku, "gtin": support.gtin13()}
    assert with_gap(collector, first, gap, other(sku=sku, gtin=support.gtin13())) == (
        "updated", "created")


@pytest.mark.parametrize("gap", [0, 500], ids=["in one chunk", "in two chunks"])
def test_two_items_that_look_alike_are_told_the_same_in_one_chunk_and_in_two(
        collector, brand, gap):
    first = other(name="Jarra Esmaltada 2 L", brand=brand)
    assert with_gap(collector, first, gap, other(name="Jarra esmaltada 2L", brand=brand)) == (
        "created", "proposed")


# Attributes ----------------------------------------------------------------------------------

def test_attributes_that_are_not_what_the_shop_defined_are_left_out_and_told(
        collector, admin, anyone):
    name = support.unique("potencia")
    support.rows("INSERT INTO products.attributes (name, label, type)"
                 f" VALUES ('{name}', 'Potência', 'number')")
    one = item(attributes={name: "muita", "cor": "azul"})
    result, = ingest(collector, [one])
    assert result["status"] == "created"
    assert [(e["pointer"], e["code"]) for e in result["errors"]] == [
        (f"/attributes/{name}", "not_number")]
    path = f"/v1/products/{result['product_id']}"
    assert anyone.get(path).json()["attributes"] == {"cor": "azul"}
    result, = ingest(collector, [{**one, "attributes": {name: 700, "cor": "azul"}}])
    assert (result["status"], result["errors"]) == ("updated", [])
    assert anyone.get(path).json()["attributes"] == {name: 700, "cor": "azul"}


# What looks alike ----------------------------------------------------------------------------

def test_an_item_that_looks_like_a_product_waits_for_a_person(collector, admin, anyone, brand):
    product = made(collector, name="Panela de Pressão Rosa 5 L", brand=brand)
    alike = other(name="Panela pressao rosa 5L", brand=brand.upper())
    assert outcome(collector, alike) == ("proposed", None)
    assert outcome(collector, alike) == ("unchanged", None)
    assert outcome(collector, {**alike, "price": 7}) == ("proposed", None)
    proposal = proposal_of(admin, alike)
    assert (proposal["state"], proposal["product_id"]) == ("open", None)
    assert (proposal["candidate"]["id"], proposal["item"]["price"]) == (product, 7)
    assert 0.6 <= proposal["score"] <= 1
    assert support.found(anyone, brand=brand) == [product]


@pytest.mark.parametrize("fields", [
    {"brand": "Outra"}, {"brand": None}, {"name": "Panela de Pressão Rosa 7 L"},
    {"name": "Tampa 5 L"}, {"attributes": {"cor": "Azul"}}, {"source": "mesma"}])
def test_what_may_be_another_thing_is_not_proposed(collector, brand, fields):
    same = {"name": "Panela de Pressão Rosa 5 L", "brand": brand}
    made(collector, **same, source="mesma", attributes={"cor": "rosa"})
    assert outcome(collector, other(**{**same, **fields}))[0] == "created" \
        if "source" not in fields else made(collector, **same, **fields)


def test_two_gtins_that_differ_are_two_products(collector, brand):
    same = {"name": "Panela de Pressão 5 L", "brand": brand}
    made(collector, **same, gtin=support.gtin13())
    assert outcome(collector, other(**same, gtin=support.gtin13()))[0] == "created"


def test_accepting_links_the_item_and_leaves_the_product_as_it_is(collector, admin, anyone, brand):
    product = made(collector, name="Garrafa Térmica 1 L", brand=brand)
    alike = other(name="Garrafa termica 1L", brand=brand, price=1)
    outcome(collector, alike)
    path = f"/v1/ingest/proposals/{proposal_of(admin, alike)['id']}"
    answer = admin.post(f"{path}/accept").json()
    assert (answer["state"], answer["product_id"]) == ("accepted", product)
    assert answer["decided_at"]
    assert outcome(collector, alike) == ("unchanged", product)
    assert outcome(collector, {**alike, "price": 2}) == ("duplicate", product)
    assert anyone.get(f"/v1/products/{product}").json()["price"] == 1990
    for verb in ("accept", "refuse"):
        assert_problem(admin.post(f"{path}/{verb}"), 409, "proposal_decided")


def test_refusing_makes_a_product_that_the_item_changes_from_then_on(
        collector, admin, anyone, brand):
    candidate = made(collector, name="Garrafa Térmica 1 L", brand=brand)
    alike = other(name="Garrafa termica 1L", brand=brand)
    outcome(collector, alike)
    answer = admin.post(f"/v1/ingest/proposals/{proposal_of(admin, alike)['id']}/refuse").json()
    assert answer["state"] == "refused" and answer["product_id"] != candidate
    assert outcome(collector, {**alike, "price": 2}) == ("updated", answer["product_id"])
    assert anyone.get(f"/v1/products/{answer['product_id']}").json()["price"] == 2


def test_one_proposal_is_decided_once_by_two_at_once(collector, admin, anyone, brand):
    made(collector, name="Garrafa Térmica 1 L", brand=brand)
    alike = other(name="Garrafa termica 1L", brand=brand)
    outcome(collector, alike)
    path = f"/v1/ingest/proposals/{proposal_of(admin, alike)['id']}"
    headers = {"Authorization": f"Bearer {admin.token}"}
    answers = support.at_once(*[lambda verb=verb: support.Client().post(
        f"{path}/{verb}", headers=headers) for verb in ("accept", "refuse", "refuse")])
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    assert len(support.found(anyone, brand=brand)) <= 2


def test_decisions_are_audited(collector, admin, brand):
    made(collector, name="Bule de Porcelana 2 L", brand=brand)
    alike = other(name="Bule de porcelana 2L", brand=brand)
    outcome(collector, alike)
    proposal = proposal_of(admin, alike)["id"]
    admin.post(f"/v1/ingest/proposals/{proposal}/accept")
    assert support.rows("SELECT action FROM registry.audit"
                        f" WHERE subject = '{proposal}'") == [["proposal.accepted"]]


def test_proposals_are_for_those_who_write_products(collector, customer, anyone):
    assert_problem(anyone.get("/v1/ingest/proposals"), 401, "unauthorized")
    for caller in (customer, collector):
        assert_problem(caller.get("/v1/ingest/proposals"), 403, "forbidden")


# What people edited --------------------------------------------------------------------------

def test_what_people_edited_is_kept_and_the_rest_follows_the_source(collector, admin, anyone):
    one = item(description="Da fonte", attributes={"cor": "azul"})
    made_it, = ingest(collector, [one])
    path = f"/v1/products/{made_it['product_id']}"
    admin.patch(path, {"name": "Nosso nome"})
    changed = {**one, "name": "Nome da fonte", "description": "Outra", "price": 5}
    assert statuses(ingest(collector, [changed])) == ["updated"]
    product = admin.get(path).json()
    assert (product["name"], product["description"], product["price"]) == ("Nosso nome", "Outra", 5)
    by = {name: entry["by"] for name, entry in product["provenance"].items()}
    assert by == {"name": "person", "description": "loja-teste", "price": "loja-teste",
                  "attributes": "loja-teste"}


def test_an_item_that_differs_in_nothing_but_what_is_locked_changes_nothing(collector, admin):
    one = item()
    made_it, = ingest(collector, [one])
    path = f"/v1/products/{made_it['product_id']}"
    admin.patch(path, {"price": 100})
    before = admin.get(path).json()
    assert statuses(ingest(collector, [{**one, "price": 200}])) == ["unchanged"]
    assert admin.get(path).json() == before


def test_a_gtin_that_people_set_on_the_variant_is_kept(collector, admin):
    one = item(gtin=support.gtin13())
    made_it, = ingest(collector, [one])
    path, ours = f"/v1/products/{made_it['product_id']}", support.gtin13()
    variant = f"{path}/variants/{admin.get(path).json()['variants'][0]['id']}"
    admin.patch(variant, {"weight_g": 200})
    assert admin.get(path).json()["locked_fields"] == []
    assert admin.patch(variant, {"gtin": ours}).status_code == 200
    changed = {**one, "gtin": support.gtin13(), "price": 5}
    assert statuses(ingest(collector, [changed])) == ["updated"]
    product = admin.get(path).json()
    assert (product["gtin"], product["price"]) == (ours, 5)
    assert product["locked_fields"] == ["gtin"]
    assert product["provenance"]["gtin"]["by"] == "person"
    admin.patch(variant, {"gtin": None})
    ingest(collector, [{**changed, "price": 6}])
    assert admin.get(path).json()["gtin"] is None


def test_locks_are_set_and_taken_away(collector, admin):
    one = item()
    made_it, = ingest(collector, [one])
    path = f"/v1/products/{made_it['product_id']}"
    answer = admin.put(f"{path}/locks", {"fields": ["price", "name", "price"]})
    assert answer.json() == {"fields": ["name", "price"]}
    assert admin.get(path).json()["locked_fields"] == ["name", "price"]
    assert statuses(ingest(collector, [{**one, "price": 200}])) == ["unchanged"]
    admin.put(f"{path}/locks", {"fields": []})
    assert statuses(ingest(collector, [{**one, "price": 300}])) == ["updated"]
    answer = admin.put(f"{path}/locks", {"fields": ["id"]})
    assert_problem(answer, 422, "validation_failed", "/fields/0")


# What prices were ----------------------------------------------------------------------------

def prices(admin, product, **query):
    answer = admin.get(f"/v1/products/{product}/prices", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_every_price_is_written_down_with_who_set_it(collector, admin):
    one = item(price=1000)
    made_it, = ingest(collector, [one])
    product = made_it["product_id"]
    ingest(collector, [{**one, "price": 900}, {**one, "price": 900, "name": "Outro"}])
    admin.patch(f"/v1/products/{product}", {"price": 800, "promotional_price": 700})
    admin.patch(f"/v1/products/{product}", {"description": "nada de preço"})
    history = prices(admin, product)["data"]
    assert [(p["price"], p["promotional_price"], p["by"]) for p in history] == [
        (800, 700, "person"), (900, None, "loja-teste"), (1000, None, "loja-teste")]
    assert all(p["variant_id"] is None and p["currency"] == "BRL" for p in history)


def test_prices_of_variants_are_written_down(admin):
    body = support.product_body(type="variations", options=["cor"], variants=[
        {"options": {"cor": "azul"}, "price": 500}, {"options": {"cor": "verde"}}])
    product = admin.post("/v1/products", body).json()
    blue, green = (variant["id"] for variant in product["variants"])
    path = f"/v1/products/{product['id']}/variants"
    admin.patch(f"{path}/{green}", {"price": 600})
    admin.patch(f"{path}/{green}", {"price": None})
    history = [(p["variant_id"], p["price"]) for p in prices(admin, product["id"])["data"]]
    assert history[:2] == [(green, None), (green, 600)]
    assert sorted(history[2:], key=str) == sorted([(blue, 500), (None, 1990)], key=str)


def test_prices_come_in_pages(collector, admin):
    one = item()
    made_it, = ingest(collector, [one])
    for price in (1, 2, 3):
        ingest(collector, [{**one, "price": price}])
    seen, cursor = [], None
    while True:
        page = prices(admin, made_it["product_id"], limit=3, cursor=cursor)
        seen += [p["price"] for p in page["data"]]
        cursor = page["next_cursor"]
        if not cursor:
            break
    assert seen == [3, 2, 1, 1990]


def peak_kib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))


def workers():
    program = f"{support.PROGRAMS}/products/ingest"
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            if os.readlink(f"/proc/{pid}/exe") == program:
                yield int(pid)


def is_sanitized():
    """Whether programs keep what they have freed, for AddressSanitizer to watch."""
    with open(f"{support.PROGRAMS}/products/ingest", "rb") as file:
        return b"__asan_init" in file.read()


@pytest.mark.skipif(is_sanitized(), reason="AddressSanitizer keeps what was freed")
def test_a_worker_does_not_grow_with_the_batch(collector):
    batch = [item(description="x" * 1000) for _ in range(10000)]
    for _ in range(6):  # whichever worker takes it has had a chunk before
        ingest(collector, batch[:500])
    before = {pid: peak_kib(pid) for pid in workers()}
    body = json.dumps(batch[:500] + [{**one, "price": 0} for one in batch[500:]])
    answer = collector.request("POST", "/v1/ingest", data=body, timeout=120,
                               headers={"Content-Type": "application/json"})
    counts = answer.json()["counts"]
    assert (counts["unchanged"], counts["rejected"]) == (500, 9500)
    grown = max(peak_kib(pid) - peak for pid, peak in before.items())
    assert before and grown < len(body) / 1024 / 2, grown


def test_prices_are_only_added_to():
    for sql in ("UPDATE products.price_history SET price = 1", "DELETE FROM products.price_history"):
        assert support.value("SELECT has_table_privilege('vendas_products', 'products.price_history', "
                             f"'{sql.split()[0]}')") == "f"


def test_the_prices_of_what_is_not_there(admin):
    assert_problem(admin.get("/v1/products/00000000-0000-7000-8000-000000000000/prices"),
                   404, "not_found")
