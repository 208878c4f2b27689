"""The market's price beside ours: what sources ask for what we sell as well, by GTIN."""
import csv
import datetime
import io

import support
from test_ingest import collector, ingest, item  # noqa: F401 (a fixture)


def market(client, gtin, query=""):
    rows = support.ok(client.get(f"/v1/reports/market{query}"))["rows"]
    return next((row for row in rows if row["gtin"] == gtin), None)


def test_the_market_s_price_stands_beside_ours(admin, collector, make_product):  # noqa: F811
    gtin = support.gtin13()
    ours = make_product(price=2000, cost=1000, gtin=gtin)
    shops = [support.unique("loja") for _ in range(3)]
    prices = [(shops[0], 1800), (shops[1], 2200), (shops[2], 2500), (shops[2], 1900)]
    ingest(collector, [item(source=shop, price=price, gtin=gtin) for shop, price in prices])
    row = market(admin, gtin)
    assert row.pop("seen_at")[:10] in {str(datetime.datetime.utcnow().date() - datetime.timedelta(
        days=n)) for n in (0, 1)}
    assert row == {
        "gtin": gtin, "sku": ours["variants"][0]["sku"], "name": ours["name"], "price": 2000,
        "place": 3, "sources": 3, "cheapest": 1800, "cheapest_source": shops[0],
        "average": 1967, "difference": 1111, "cost": 1000, "margin": 1000, "margin_rate": 5000,
        "margin_cheapest": 800}


def test_we_may_be_the_cheapest_and_share_a_place(admin, collector, make_product):  # noqa: F811
    gtin = support.gtin13()
    make_product(price=1500, gtin=gtin)
    ingest(collector, [item(source=support.unique("loja"), price=price, gtin=gtin)
                       for price in (1500, 2000)])
    row = market(admin, gtin)
    assert (row["place"], row["cheapest"], row["difference"]) == (1, 1500, 0)
    assert (row["cost"], row["margin"], row["margin_rate"], row["margin_cheapest"]) == (None,) * 4


def test_variants_are_compared_with_what_has_their_number(admin, collector):  # noqa: F811
    small, large = support.gtin13(), support.gtin13()
    support.ok(admin.post("/v1/products", {
        "name": support.unique("Camiseta"), "type": "variations", "price": 5000,
        "currency": "BRL", "options": ["tamanho"], "variants": [
            {"options": {"tamanho": "P"}, "gtin": small},
            {"options": {"tamanho": "G"}, "gtin": large, "price": 6000}]}), 201)
    ingest(collector, [item(price=5500, gtin=large)])
    assert market(admin, small) is None
    assert (market(admin, large)["price"], market(admin, large)["cheapest"]) == (6000, 5500)


def test_what_was_not_seen_for_long_is_no_price(admin, collector, make_product):  # noqa: F811
    gtin, shop = support.gtin13(), support.unique("loja")
    make_product(price=2000, gtin=gtin)
    ingest(collector, [item(source=shop, price=1000, gtin=gtin)])
    support.rows(f"UPDATE products.ingested SET last_at = now() - interval '31 days'"
                 f" WHERE source = '{shop}'")
    assert market(admin, gtin) is None
    assert market(admin, gtin, "?days=60")["cheapest"] == 1000


def test_what_is_not_for_sale_is_not_compared(admin, collector, make_product):  # noqa: F811
    gtin = support.gtin13()
    ours = make_product(price=2000, gtin=gtin)
    ingest(collector, [item(price=1000, gtin=gtin)])
    assert market(admin, gtin)
    support.ok(admin.patch(f"/v1/products/{ours['id']}", {"status": "archived"}))
    assert market(admin, gtin) is None


def test_the_dearest_against_the_market_comes_first(admin, collector, make_product):  # noqa: F811
    for price in (1000, 3000):
        gtin = support.gtin13()
        make_product(price=price, gtin=gtin)
        ingest(collector, [item(price=2000, gtin=gtin)])
    rows = support.ok(admin.get("/v1/reports/market"))["rows"]
    assert len(rows) > 1
    assert [row["difference"] for row in rows] == sorted(
        (row["difference"] for row in rows), reverse=True)
    assert support.ok(admin.get("/v1/reports/market?limit=1"))["rows"] == rows[:1]


def test_the_market_goes_into_a_sheet(admin, collector, make_product):  # noqa: F811
    gtin = support.gtin13()
    make_product(price=2000, gtin=gtin)
    ingest(collector, [item(price=1000, gtin=gtin)])
    answer = admin.get("/v1/reports/market?format=csv", headers={"Accept-Language": "en"})
    heads, *lines = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    line, = [line for line in lines if line[0].lstrip("'") == gtin]
    assert dict(zip(heads, line))["Our price"] == "20.00"
    assert dict(zip(heads, line))["Above the cheapest"] == "100.00%"
