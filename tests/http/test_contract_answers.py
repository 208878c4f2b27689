"""Every answer that the contract tells of is given, and looks as it is told.

Holding answers against the contract is support.Client's work; these tests go everywhere."""
import json
import os
import re

import pytest

import contract
import shop_day_payments
import shop_day_people
import shop_day_reports
import support
import test_transfers
from pictures import fill, picture, upload
from shop_day_people import Caller
from support import ok

every_operation = pytest.mark.parametrize("operation", contract.OPERATIONS, ids=lambda o: o.id)

# What a shop day can't bring about without harm to other tests.
LEFT_OUT = {("assignRole", 409)}  # would need the only admin to resign


@pytest.fixture(scope="module")
def owner():
    return Caller(os.environ["VENDAS_ADMIN_EMAIL"], os.environ["VENDAS_ADMIN_PASSWORD"])


# Refusals that operations have in common ------------------------------------------------------

@every_operation
def test_operation_is_refused_to_those_who_may_not(anyone, customer, operation):
    path = re.sub("{.*?}", "nothing", operation.path)
    if operation.spec["x-permission"] != "anyone":
        support.assert_problem(anyone.request(operation.method, path), 401, "unauthorized")
        answer = anyone.request(operation.method, path, headers={"Authorization": "Bearer x"})
        support.assert_problem(answer, 401, "invalid_token")
    if ":" in operation.spec["x-permission"]:
        support.assert_problem(customer.request(operation.method, path), 403, "forbidden")


@pytest.mark.parametrize("operation", [o for o in contract.OPERATIONS
                                       if "404" in o.spec["responses"]], ids=lambda o: o.id)
def test_operation_on_nothing_is_not_found(owner, operation):
    path = re.sub("{.*?}", "nothing", operation.path)
    body = {"name": "Nada"} if operation.method in ("PUT", "PATCH") else None
    support.assert_problem(owner.request(operation.method, path, json=body), 404)


@pytest.mark.parametrize("operation", [o for o in contract.OPERATIONS
                                       if contract.request_schema(o)], ids=lambda o: o.id)
def test_body_that_is_none_is_refused(owner, operation):
    path = contract.filled(operation.path)

    def send(data, media="application/json"):
        return owner.request(operation.method, path, data=data, headers={"Content-Type": media})

    support.assert_problem(send('{"name": '), 400, "invalid_json")
    support.assert_problem(send("{}", "text/html"), 415, "unsupported_media_type")
    limit = "INGEST_MAX_BYTES" if operation.id == "ingestProducts" else "MAX_BODY_BYTES"
    too_large = b" " * int(support.settings()[f"VENDAS_{limit}"]) + b"{}"
    support.assert_problem(send(too_large), 413, "body_too_large")
    if operation.spec["requestBody"]["required"]:
        support.assert_problem(send(""), 400, "body_required")


@pytest.mark.parametrize("operation", filter(contract.is_foreign, contract.OPERATIONS),
                         ids=lambda o: o.id)
def test_body_that_nobody_signed_is_refused_whatever_it_is(anyone, operation):
    def send(data, media="application/json"):
        return anyone.request(operation.method, operation.path, data=data,
                              headers={"Content-Type": media})

    support.assert_problem(send(""), 400, "body_required")
    for data in ("{}", '{"name": ', "[]"):
        support.assert_problem(send(data), 400, "signature_invalid")
    support.assert_problem(send("{}", "text/html"), 400, "signature_invalid")
    too_large = b" " * int(support.settings()["VENDAS_MAX_BODY_BYTES"]) + b"{}"
    support.assert_problem(send(too_large), 413, "body_too_large")


# A shop day -----------------------------------------------------------------------------------

def shelf(owner):
    """Fills the shelf; a product of which there are five."""
    slug = support.unique("cafes")
    top = ok(owner.post("/v1/categories", {"name": "Bebidas", "slug": slug}), 201)
    ok(owner.post("/v1/categories", {"name": "Bebidas", "slug": slug}), 409)
    below = ok(owner.post("/v1/categories", {
        "name": support.unique("Café"), "parent_id": top["id"], "position": 1}), 201)
    ok(owner.get(f"/v1/categories/{slug}"))
    ok(owner.get("/v1/categories"))

    body = {"name": "Café em grãos 1 kg", "price": 5990, "currency": "BRL", "weight_g": 1050,
            "sku": support.unique("CAFE"), "gtin": support.gtin13(), "brand": "Serra Azul",
            "description": "Torra média.\nNotas de chocolate.", "promotional_price": 4990,
            "promotion_starts_at": "2026-01-01T00:00:00Z", "promotion_ends_at": None,
            "category_ids": [below["id"]], "attributes": {"torra": "média", "kg": 1, "bio": True}}
    answer = owner.post("/v1/products", body)
    product = ok(answer, 201)
    path = answer.headers["Location"]
    ok(owner.post("/v1/products", {**body, "gtin": support.gtin13()}), 409)
    other = ok(owner.post("/v1/products", {"name": "Chá", "price": 990, "currency": "BRL"}), 201)
    ok(owner.patch(f"/v1/products/{other['id']}", {"gtin": body["gtin"]}), 409)

    read = owner.get(path)
    tag = {"If-None-Match": read.headers["ETag"]}
    assert owner.get(path, headers=tag).status_code == 304
    old = {"If-Match": read.headers["ETag"]}
    ok(owner.patch(path, {"price": 6290, "brand": None}, headers=old))
    ok(owner.patch(path, {"price": 6490}, headers=old), 412)
    ok(owner.get(f"/v1/products/{product['slug']}"))
    ok(owner.get(f"/v1/products?q=cafe&category={slug}&sort=price&limit=1"))

    ok(owner.get(f"/v1/products?facets=true&category={slug}&attr.torra=média"))
    ok(owner.get("/v1/products/suggest?q=caf"))
    for public in ("/v1/products?limit=1", "/v1/products/suggest?q=caf", "/v1/categories"):
        tag = {"If-None-Match": owner.get(public).headers["ETag"]}
        assert owner.get(public, headers=tag).status_code == 304
    ok(owner.put("/v1/synonyms/rubiácea", {"synonyms": ["café"]}))
    ok(owner.get("/v1/synonyms"))
    ok(owner.delete("/v1/synonyms/rubiácea"), 204)

    variant = product["variants"][0]["id"]
    move = {"variant_id": variant, "kind": "receive", "quantity": 5, "reason": None}
    ok(owner.post("/v1/stock/movements", move, key=True), 201)
    ok(owner.post("/v1/stock/movements", key=True, body={
        **move, "kind": "adjust", "quantity": -6}), 409)
    ok(owner.get("/v1/stock?limit=1&max_available=5"))
    ok(owner.get(f"/v1/stock/{variant}"))
    ok(owner.get("/v1/stock?low=true&limit=1"))
    ok(owner.patch(f"/v1/stock/{variant}", {"low_below": 3}))
    ok(owner.get(f"/v1/stock/{variant}/movements?limit=1"))
    place = f"/v1/stock/locations/{support.unique('loja')}"
    ok(owner.put(place, {"name": "Loja", "position": 7}), 201)
    ok(owner.put(place, {"name": "Loja do centro"}))
    ok(owner.get("/v1/stock/locations"))
    moved = {"variant_id": variant, "from": "main", "to": place.rpartition("/")[2], "quantity": 2}
    ok(owner.post("/v1/stock/transfers", moved, key=True), 201)
    ok(owner.post("/v1/stock/transfers", {**moved, "quantity": 9}, key=True), 409)
    return product


def tree(owner):
    """Grows the tree, cuts it back, and says what its products are described by."""
    made = [owner.post("/v1/categories", {"name": support.unique("Louça")}) for _ in range(3)]
    top, low, other = [ok(answer, 201) for answer in made]
    path, slug = made[1].headers["Location"], support.unique("louca")
    read = owner.get(path)
    assert ok(read) == low
    assert owner.get(path, headers={"If-None-Match": read.headers["ETag"]}).status_code == 304
    old = {"If-Match": read.headers["ETag"]}
    ok(owner.patch(path, {"parent_id": top["id"], "slug": slug, "position": 2}, headers=old))
    ok(owner.patch(path, {"name": "Copos"}, headers=old), 412)
    ok(owner.patch(path, {"slug": other["slug"]}), 409)
    ok(owner.get(f"/v1/categories/{low['slug']}"), 301)
    ok(owner.delete(made[0].headers["Location"]), 409)
    ok(owner.delete(made[2].headers["Location"], headers={"If-Match": '"9-x"'}), 412)
    ok(owner.post(f"{path}/merge", {"into": other["id"]}, headers=old), 412)

    name = support.unique("capacidade")
    attribute = f"/v1/attributes/{name}"
    body = {"label": "Capacidade", "label_en": "Volume", "type": "number", "unit": "ml",
            "filterable": True, "position": 1}
    mug = ok(owner.post("/v1/products", {"name": "Caneca", "price": 1, "currency": "BRL",
                                         "attributes": {name: "350 ml"}}), 201)
    ok(owner.put(attribute, body), 409)
    ok(owner.patch(f"/v1/products/{mug['id']}", {"attributes": {name: 350}}))
    ok(owner.put(attribute, body), 201)
    ok(owner.get(f"/v1/products?facets=true&min_attr.{name}=300&max_attr.{name}=400"))
    ok(owner.get(f"/v1/products?min_attr.x{name}=300"), 422)
    read = owner.get(attribute)
    tag = {"If-None-Match": read.headers["ETag"]}
    assert owner.get(attribute, headers=tag).status_code == 304
    ok(owner.put(attribute, body))
    ok(owner.put(attribute, body, headers={"If-Match": read.headers["ETag"]}), 412)
    tag = {"If-None-Match": owner.get("/v1/attributes").headers["ETag"]}
    assert owner.get("/v1/attributes", headers=tag).status_code == 304
    asked = {"attributes": [{"name": name, "required": True}]}
    ok(owner.put(f"{path}/attributes", asked))
    ok(owner.put(f"{path}/attributes", asked, headers=old), 412)
    ok(owner.delete(attribute), 409)
    ok(owner.delete(attribute, headers={"If-Match": read.headers["ETag"]}), 412)

    ok(owner.post(f"{path}/merge", {"into": other["id"]}))
    ok(owner.delete(attribute), 204)
    ok(owner.delete(f"{made[2].headers['Location']}?move_to={top['id']}"), 204)


def kinds(owner):
    """Products with variations, a bundle of them, and one that moves and goes."""
    shirt = ok(owner.post("/v1/products", {
        "name": "Camiseta", "type": "variations", "price": 4990, "currency": "BRL", "cost": 2100,
        "ncm": "6109.10.00", "width_mm": 200, "height_mm": 30, "length_mm": 250,
        "slug": support.unique("camiseta"), "seo_title": "Camiseta", "seo_description": "De malha.",
        "options": ["tamanho"], "variants": [{"options": {"tamanho": "P"}, "cost": 2000}]}), 201)
    path = f"/v1/products/{shirt['id']}"
    small = shirt["variants"][0]
    answer = owner.post(f"{path}/variants", {
        "options": {"tamanho": "M"}, "sku": support.unique("CAM"), "gtin": support.gtin13(),
        "price": 5990, "cost": None, "weight_g": 180, "position": 1})
    large = ok(answer, 201)
    ok(owner.get(answer.headers["Location"]))
    ok(owner.get(f"{path}/variants"))
    ok(owner.post(f"{path}/variants", {"options": {"tamanho": "M"}}), 409)
    ok(owner.patch(f"{path}/variants/{large['id']}", {"price": None, "position": 2}))
    ok(owner.patch(f"{path}/variants/{small['id']}", {"sku": large["sku"]}), 409)
    bundle = ok(owner.post("/v1/products", {
        "name": "Kit", "type": "bundle", "price": 9990, "currency": "BRL",
        "parts": [{"variant_id": large["id"], "quantity": 2}]}), 201)
    ok(owner.delete(f"{path}/variants/{large['id']}"), 409)
    ok(owner.delete(path), 409)
    ok(owner.delete(f"/v1/products/{bundle['id']}", headers={"If-Match": '"9-0"'}), 412)
    ok(owner.delete(f"/v1/products/{bundle['id']}"), 204)
    ok(owner.delete(f"{path}/variants/{large['id']}"), 204)
    old = shirt["slug"]
    ok(owner.patch(path, {"slug": support.unique("camiseta"), "description": "**Nova**"}))
    ok(owner.get(f"/v1/products/{old}"), 301)
    assert owner.get(f"{path}/description").text == "<p><strong>Nova</strong></p>\n"


def pictures(owner):
    """Shows a product from all sides, and sees to its pictures."""
    product = ok(owner.post("/v1/products", support.product_body()), 201)
    path = f"/v1/products/{product['id']}/images"
    data = picture()
    image = ok(upload(owner, product, data, alt="De cima", position=1), 201)
    ok(upload(owner, product, data))
    assert support.run_job("images").returncode == 0
    for size in ok(owner.get(f"{path}/{image['id']}"))["sizes"][:1]:
        for address in (size["webp"], size["jpg"]):
            seen = owner.get(address)
            tag = {"If-None-Match": seen.headers["ETag"]}
            assert (seen.status_code, owner.get(address, headers=tag).status_code) == (200, 304)
    link = ok(owner.get(path))["data"][0]["original"]
    assert owner.get(link.removeprefix(support.URL)).content == data
    ok(owner.patch(f"{path}/{image['id']}", {"alt": None, "position": 2, "variant_id": None}))
    fill(product, data)
    ok(upload(owner, product, picture()), 409)
    ok(owner.delete(f"{path}/{image['id']}"), 204)


AMAZON = {"postal_code": "69005-010", "city": "Manaus", "state": "AM"}


def sale(owner, ana, product):
    """Sells two pieces, sends them off, and lets the next order go."""
    items = [{"variant_id": product["variants"][0]["id"], "quantity": 2}]
    ok(ana.post("/v1/quotes", {"items": items, "postal_code": "69900-000"}))  # AC taxes
    order_body = {"items": items, "shipping_address": {**support.ADDRESS, "complement": None},
                  "freight_service": "express"}
    order = ok(ana.post("/v1/orders", order_body, key="day-" + product["id"]), 201)
    replay = ana.post("/v1/orders", order_body, key="day-" + product["id"])
    assert ok(replay, 201) == order and replay.headers["Idempotent-Replayed"] == "true"
    ok(ana.post("/v1/orders", key=True, body={
        **order_body, "items": [{**items[0], "quantity": 9}]}), 409)
    path = f"/v1/orders/{order['id']}"
    tag = {"If-None-Match": ana.get(path).headers["ETag"]}
    assert ana.get(path, headers=tag).status_code == 304
    for step in ("ship", "deliver"):
        ok(owner.post(f"{path}/{step}"), 409)
    moved = {"shipping_address": {**support.ADDRESS, "number": "1001"}, "reason": "era outro número"}
    old = ana.get(path).headers["ETag"]
    ok(ana.patch(path, moved, headers={"If-Match": old}))
    ok(ana.patch(path, moved, headers={"If-Match": old}), 412)
    ok(ana.patch(path, {"shipping_address": {**support.ADDRESS, **AMAZON}}), 409)
    ok(owner.post(f"{path}/notes", {"note": "embrulho para presente"}), 201)
    assert len(ok(owner.get(f"{path}/notes?limit=1"))["data"]) == 1

    pay = {"gateway": "manual", "method": "bank_transfer"}
    payment = ok(ana.post(f"{path}/payments", pay, key=True), 201)
    ok(ana.post(f"{path}/payments", pay, key=True), 409)
    ok(ana.get(f"{path}/payments"))
    ok(owner.post(f"/v1/payments/{payment['id']}/confirm", {"reason": "extrato 12"}))
    ok(owner.post(f"/v1/payments/{payment['id']}/confirm"), 409)
    ok(ana.get(f"/v1/payments/{payment['id']}"))
    one = [{**items[0], "quantity": 1}]
    parcel = ok(owner.post(f"{path}/shipments", key=True, body={
        "carrier": "Correios", "tracking_code": "AA123456785BR", "items": one}), 201)
    ok(owner.post(f"{path}/shipments", {"carrier": "Correios", "items": items}, key=True), 409)
    ok(owner.post(f"{path}/shipments/{parcel['id']}/deliver", {"reason": "na portaria"}))
    ok(owner.post(f"{path}/shipments/{parcel['id']}/deliver"), 409)
    ok(owner.post(f"{path}/ship", {"carrier": "Correios", "reason": "coleta das 16 h"}))
    ok(owner.post(f"{path}/deliver"))
    ok(ana.post(f"{path}/cancel"), 409)
    back = {"items": one, "restock": True, "reason": "arrependimento"}
    ok(owner.post(f"{path}/returns", back, key=True), 201)
    ok(owner.post(f"{path}/returns", {**back, "items": items}, key=True), 409)
    ok(ana.get(path))
    late = ok(ana.post("/v1/orders", order_body, key=True), 201)
    ok(ana.delete("/v1/users/me", json={"password": ana.password}), 409)
    ok(ana.post(f"/v1/orders/{late['id']}/cancel", {"reason": "desisti"}))
    ok(ana.get("/v1/orders?limit=1&status=delivered&status=paid"))
    ok(owner.get(f"/v1/stock/{items[0]['variant_id']}"))


def rules(owner, ana, product):
    """Sets up what orders are computed by, and takes it back."""
    code = support.unique("DIA")
    coupon = {"code": code, "kind": "percent", "value": 1000, "max_uses": 9}
    freight = {"service": support.unique("f"), "name": "Balsa", "states": ["RR"], "base": 1,
               "days": 9}
    tax = {"code": code, "rate_bp": 90, "included": True, "valid_from": "2999-01-01"}
    for path, body, change in (("/v1/coupons", coupon, {"value": 900}),
                               ("/v1/freight-rules", freight, {"base": 2}),
                               ("/v1/tax-rules", tax, {"rate_bp": 10})):
        made = owner.post(path, body)
        ok(made, 201)
        one, old = made.headers["Location"], {"If-Match": made.headers["ETag"]}
        tag = {"If-None-Match": owner.get(one).headers["ETag"]}
        assert owner.get(one, headers=tag).status_code == 304
        ok(owner.get(f"{path}?limit=1"))
        ok(owner.patch(one, change, headers=old))
        ok(owner.patch(one, change, headers=old), 412)
        ok(owner.delete(one, headers=old), 412)
        if path == "/v1/coupons":
            ok(owner.post(path, body), 409)
            use(owner, ana, product, code)
        if path == "/v1/tax-rules":
            ok(owner.post(path, body), 409)
            other = ok(owner.post(path, {**body, "state": "RR"}), 201)
            ok(owner.patch(f"{path}/{other['id']}", {"state": None}), 409)
            ok(owner.delete(f"{path}/{other['id']}"), 204)
        ok(owner.delete(one), 204)


def use(owner, ana, product, code):
    body = {"items": [{"variant_id": product["variants"][0]["id"], "quantity": 1}],
            "coupons": [code], "shipping_address": {**support.ADDRESS, "complement": None}}
    seen = ok(ana.post("/v1/quotes", body))["totals"]
    order = ok(ana.post("/v1/orders", {**body, "expected_totals": seen}, key=True), 201)
    ok(owner.get(f"/v1/orders/{order['id']}/rules"))
    ok(ana.post(f"/v1/orders/{order['id']}/cancel"))


def carts(ana, product):
    """Fills a cart on two devices."""
    path = "/v1/carts/current"
    items = [{"variant_id": product["variants"][0]["id"], "quantity": 2}]
    empty = ana.get(path)
    assert ana.get(path, headers={"If-None-Match": empty.headers["ETag"]}).status_code == 304
    ok(ana.put(path, {"items": items}))
    old = {"If-Match": ana.get(path).headers["ETag"]}
    ok(ana.patch(path, {"items": [{**items[0], "quantity": 3}]}, headers=old))
    for answer in (ana.put(path, {"items": []}, headers=old),
                   ana.patch(path, {"items": items}, headers=old),
                   ana.post(f"{path}/merge", {"items": items}, headers=old)):
        ok(answer, 412)
    ok(ana.post(f"{path}/merge", {"items": items}))
    support.rows(f"""INSERT INTO sales.cart_items (user_id, variant_id, quantity, name, unit_price)
                     SELECT '{ana.id}', gen_random_uuid(), 1, 'x', 1 FROM generate_series(1, 101)""")
    ok(ana.patch(path, {"items": items}), 409)
    ok(ana.post(f"{path}/merge", {"items": items}), 409)
    ok(ana.put(path, {"items": []}))


def subscribers(owner):
    """Has another system told of what happens."""
    body = {"url": "https://erp.example/vendas", "event_types": ["order.*"], "description": "ERP",
            "status": "paused"}
    made = owner.post("/v1/webhooks", body)
    path = made.headers["Location"]
    ok(made, 201)
    ok(owner.get("/v1/webhooks?limit=1"))
    read = owner.get(path)
    ok(read)
    assert owner.get(path, headers={"If-None-Match": read.headers["ETag"]}).status_code == 304
    old = {"If-Match": read.headers["ETag"]}
    ok(owner.patch(path, {"event_types": ["order.paid", "stock.moved"]}, headers=old))
    ok(owner.patch(path, {"status": "active"}, headers=old), 412)
    ok(owner.post(f"{path}/secret"), 201)
    assert support.run_job("webhooks").returncode == 0
    ok(owner.post(f"{path}/replay", {"from_event": 1, "to_event": 9000}), 202)
    ok(owner.get(f"{path}/deliveries?status=pending&limit=1"))
    support.rows("""INSERT INTO sales.webhooks (id, url, event_types, secret)
                    SELECT shared.uuid7(), 'https://full.example/', '{order.paid}', decode(repeat('00', 40), 'hex')
                      FROM generate_series(1, 50)""")
    ok(owner.post("/v1/webhooks", body), 409)
    support.rows("DELETE FROM sales.webhooks WHERE url = 'https://full.example/'")
    ok(owner.delete(path), 204)


def collection(owner):
    """A source, a run of it as the collect job leaves it, and items as it sends them."""
    name = support.unique("Casa do Barista")
    body = {"name": name, "start_urls": ["https://example.com/cafes"],
            "product_url_pattern": "/produto/[0-9]+", "rate_per_second": 1, "max_pages": 10}
    source = ok(owner.post("/v1/sources", body), 201)
    ok(owner.post("/v1/sources", body), 409)
    ok(owner.get(f"/v1/sources/{source['id']}"))
    ok(owner.get("/v1/sources?limit=1"))
    run = support.value(f"SELECT catalog.begin_run('{source['id']}')")
    counts = dict.fromkeys(("pages", "found", "refused", "forbidden", "errors", "created",
                            "updated", "unchanged", "duplicate", "rejected"), 1)
    log = [{"url": f"https://example.com/{outcome}", "outcome": outcome, "detail": None}
           for outcome in ("list", "product", "refused", "forbidden", "error")]
    ended = json.dumps({"status": "failed", "reason": "no_answer", "counts": counts, "log": log})
    ok(owner.get(f"/v1/runs/{run}"))  # while it runs
    support.rows(f"SELECT catalog.end_run('{run}', '{ended}')")
    for path in (f"/v1/runs/{run}", f"/v1/runs/{run}/log?limit=2", "/v1/runs?limit=1",
                 f"/v1/sources/{source['id']}/runs"):
        ok(owner.get(path))
    item = {"source": name, "source_id": "1", "name": "Moedor", "price": 18990, "currency": "BRL",
            "category": "Casa > Cozinha", "images": ["https://example.com/1.jpg"], "sku": None}
    first = ok(owner.post("/v1/ingest", [item, {**item, "source_id": "2"}]))
    assert first["counts"]["created"] == 2
    ok(owner.get(f"/v1/products/{first['results'][0]['product_id']}"))
    lines = "\n".join([json.dumps({**item, "price": 17990}), "no json",
                       json.dumps({**item, "x": 1})])
    second = ok(owner.request("POST", "/v1/ingest", data=lines.encode(), headers={
        "Content-Type": "application/x-ndjson"}))
    assert [r["status"] for r in second["results"]] == ["updated", "rejected", "rejected"]
    path = f"/v1/products/{second['results'][0]['product_id']}"
    ok(owner.put(f"{path}/locks", {"fields": ["price", "name"]}))
    ok(owner.get(f"{path}/prices?limit=1"))
    proposals(owner, item)


def proposals(owner, item):
    """Items that look like one of another source, and what a person says of them."""
    item["brand"] = support.unique("Serra")
    ok(owner.post("/v1/ingest", [item | {"source_id": "3"}]))
    alike = [item | {"source": support.unique("loja"), "name": "Moedor!"} for _ in range(2)]
    assert ok(owner.post("/v1/ingest", alike))["counts"]["proposed"] == 2
    first, second = ok(owner.get("/v1/ingest/proposals?limit=100"))["data"][-2:]
    ok(owner.post(f"/v1/ingest/proposals/{first['id']}/accept"))
    ok(owner.post(f"/v1/ingest/proposals/{first['id']}/refuse"), 409)
    ok(owner.post(f"/v1/ingest/proposals/{second['id']}/refuse"))
    ok(owner.post(f"/v1/ingest/proposals/{second['id']}/accept"), 409)
    ok(owner.get("/v1/ingest/proposals?state=refused"))


def files(owner):
    """The catalogue goes out as a file and comes in again."""
    def send():
        return ok(owner.request("POST", "/v1/imports", data=b"slug;name;price\r\n", headers={
            "Content-Type": "text/csv"}), 202)

    def export():
        return ok(owner.post("/v1/exports", {"format": "csv", "status": "archived"}), 202)
    for path, make, part in (("/v1/imports", send, "report"), ("/v1/exports", export, "file")):
        done, canceled = make(), make()
        ok(owner.delete(f"{path}/{canceled['id']}"), 204)
        test_transfers.run_job()
        ok(owner.get(f"{path}?limit=1"))
        ok(owner.get(f"{path}/{done['id']}"))
        assert owner.get(f"{path}/{done['id']}/{part}").status_code == 200
        ok(owner.delete(f"{path}/{done['id']}"), 409)


def operation_of_the_shop(anyone):
    for path in ("/v1/health", "/v1/ready", "/.well-known/jwks.json"):
        ok(anyone.get(path))
        assert anyone.request("HEAD", path).content == b""


def test_shop_day_sees_every_answer_of_the_contract(owner, anyone, standin):
    contract.SEEN.clear()
    ana = shop_day_people.people(owner)
    shop_day_people.oneself(owner, ana)
    shop_day_people.homes(ana)
    tree(owner)
    kinds(owner)
    pictures(owner)
    product = shelf(owner)
    sale(owner, ana, product)
    shop_day_payments.payments(owner, ana, anyone, standin)
    rules(owner, ana, product)
    carts(ana, product)
    subscribers(owner)
    shop_day_reports.report_subscriptions(owner)
    ok(ana.get("/v1/users/me/export"))
    shop_day_people.privileges(owner)
    shop_day_reports.reports(owner)
    collection(owner)
    files(owner)
    operation_of_the_shop(anyone)
    told = {(o.id, int(status)) for o in contract.OPERATIONS for status in o.spec["responses"]
            if status.startswith("2") or status in ("304", "409", "412")}
    assert told - contract.SEEN == LEFT_OUT
