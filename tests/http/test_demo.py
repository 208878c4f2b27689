"""The demo shop (demo/shop.sql), loaded into databases of its own beside the instance's."""
import os
import re
import subprocess

import pytest

import support

CLUSTER = os.environ["VENDAS_DATABASE_URL"]
ZONE = "America/Sao_Paulo"


class Database:
    def __init__(self, name):
        self.name = name
        self.url = CLUSTER.replace("/vendas?", f"/{name}?")

    def psql(self, *arguments):
        result = subprocess.run(
            ["psql", "-X", "-q", "-A", "-t", "-F", "\x1f", "-v", "ON_ERROR_STOP=1", self.url,
             *arguments], capture_output=True, text=True, check=False,
            env={**os.environ, "PGTZ": ZONE})
        assert result.returncode == 0, result.stderr
        return [line.split("\x1f") for line in result.stdout.splitlines()]

    def value(self, sql):
        return self.psql("-c", sql)[0][0]

    def column(self, sql):
        return [row[0] for row in self.psql("-c", sql)]


def superuser(sql):
    url = CLUSTER.replace("/vendas?", "/postgres?").replace("user=vendas", "user=postgres")
    subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", url, "-c", sql], check=True,
                   capture_output=True)


def drop(name):
    superuser(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def shops():
    """Two databases, the demo loaded into each by itself."""
    names = ["vendas_demo_a", "vendas_demo_b"]
    for name in names:
        drop(name)
    superuser(f"CREATE DATABASE {names[0]} OWNER vendas")
    first, second = map(Database, names)
    migrated = support.vendas("migrate", "--database-url", first.url)
    assert migrated.returncode == 0, migrated.stdout + migrated.stderr
    superuser(f"CREATE DATABASE {names[1]} OWNER vendas TEMPLATE {names[0]}")
    for shop in first, second:
        shop.psql("--single-transaction", "-v", "shop_url=http://127.0.0.1:8081",
                  "-f", os.path.join(support.ROOT, "demo", "shop.sql"))
    yield first, second
    for name in names:
        drop(name)


@pytest.fixture(scope="module")
def shop(shops):
    return shops[0]


def test_demo_keeps_every_promise(shop):
    assert shop.psql("-c", "SELECT * FROM sales.integrity") == []


def test_demo_stock_was_there_before_it_was_promised_or_sold(shop):
    assert shop.value("""
        SELECT count(*) FROM (
            SELECT sum(on_hand) OVER ledger AS on_hand, sum(reserved) OVER ledger AS reserved
              FROM sales.stock_movements
            WINDOW ledger AS (PARTITION BY variant_id ORDER BY id)) AS levels
         WHERE on_hand < reserved OR reserved < 0""") == "0"
    assert shop.value("""
        SELECT count(*) FROM products.variants v
          LEFT JOIN sales.stock_levels l ON l.variant_id = v.id
          JOIN products.products p ON p.id = v.product_id
         WHERE p.type IN ('simple', 'variations')
           AND v.in_stock <> (coalesce(l.on_hand - l.reserved, 0) > 0)""") == "0"
    assert shop.value("SELECT count(*) FROM products.products"
                      " WHERE status = 'active' AND NOT in_stock") != "0"


def test_demo_ledger_trigger_is_on_again(shop):
    assert shop.value("SELECT tgenabled FROM pg_trigger"
                      " WHERE tgname = 'stock_movements_apply'") == "O"


def test_demo_orders_have_the_price_freight_and_taxes_of_their_day(shop):
    assert shop.value("""
        SELECT count(*) FROM sales.orders o
          JOIN sales.freight_rules r ON r.service = o.freight_service AND o.state = ANY (r.states)
         CROSS JOIN LATERAL (
               SELECT (sum(i.quantity * p.weight_g) + 999) / 1000 AS kilograms
                 FROM sales.order_items i JOIN products.products p ON p.id = i.product_id
                WHERE i.order_id = o.id) AS parcel
         WHERE (o.freight, o.freight_days) IS DISTINCT FROM
               (CASE WHEN o.items_total - o.discount >= r.free_above THEN 0
                     ELSE r.base + r.per_kg * kilograms END, r.days)""") == "0"
    assert shop.value("""
        SELECT count(*) FROM sales.orders o
         WHERE jsonb_array_length(o.tax_lines) <> (
               SELECT count(*) FROM sales.tax_rules t
                WHERE t.state = o.state AND t.origins IS NULL AND t.less_code IS NULL
                  AND (o.created_at AT TIME ZONE 'America/Sao_Paulo')::date >= t.valid_from
                  AND (t.valid_to IS NULL
                       OR (o.created_at AT TIME ZONE 'America/Sao_Paulo')::date < t.valid_to))
            OR abs((o.tax_lines->0->>'amount')::numeric - (o.items_total - o.discount)
                   * (o.tax_lines->0->>'rate_bp')::numeric / 10000) > 2""") == "0"
    assert shop.value("""
        SELECT count(*) FROM sales.order_items i JOIN products.products p ON p.id = i.product_id
         WHERE i.unit_price NOT IN (p.price, coalesce(p.promotional_price, p.price))""") == "0"
    assert shop.value("SELECT count(*) FROM sales.order_items i"
                      " JOIN products.products p ON p.id = i.product_id"
                      " WHERE i.unit_price < p.price") != "0"


def test_demo_orders_were_paid_for_as_their_status_says(shop):
    assert shop.psql("-c", """
        SELECT o.status, p.status FROM sales.orders o
          LEFT JOIN sales.payments p ON p.order_id = o.id
         WHERE p.status IS DISTINCT FROM CASE o.status WHEN 'pending' THEN 'pending'
                   WHEN 'canceled' THEN 'canceled' WHEN 'expired' THEN 'canceled'
                   WHEN 'refunded' THEN o.status WHEN 'partially_refunded' THEN o.status
                   ELSE 'captured' END
           AND o.created_at < now() - interval '5 minutes'""") == []
    assert shop.value("SELECT count(*) FROM sales.payments p"
                      " JOIN sales.orders o ON o.id = p.order_id"
                      " WHERE p.amount <> o.total") == "0"
    assert {"pending", "paid", "shipped", "delivered", "canceled", "expired", "refunded",
            "partially_refunded"} == set(
        shop.column("SELECT DISTINCT status FROM sales.orders"))


def test_demo_has_what_reports_show(shop):
    """Costs, coupons, ways of paying, and money that went back on the day it went."""
    def share(condition, table):
        return float(shop.value(f"SELECT avg(({condition})::int) FROM {table}"))
    assert 0.9 < share("cost IS NOT NULL AND cost BETWEEN price / 3 AND price",
                       "products.products WHERE status = 'active'") < 1
    assert 0.03 < share("discount > 0", "sales.orders") < 0.3
    assert set(shop.column("SELECT DISTINCT gateway || ' ' || method FROM sales.payments")) == {
        "stripe pix", "stripe card", "stripe boleto", "paypal paypal", "manual bank_transfer"}
    assert 0.01 < share("refunded > 0", "sales.payments WHERE received > 0") < 0.06
    assert shop.value("SELECT count(*) FROM sales.money_entries e"
                      " JOIN sales.refunds r ON r.payment_id = e.payment_id"
                      " WHERE e.account = 'refunds' AND e.at <> r.created_at") == "0"


def test_demo_orders_went_only_legal_ways(shop):
    assert shop.value("""
        SELECT count(*) FROM sales.order_history h
         WHERE from_status IS NOT NULL AND NOT EXISTS (
               SELECT FROM sales.order_transitions t
                WHERE (t.from_status, t.to_status) = (h.from_status, h.to_status))""") == "0"
    assert shop.value("""
        SELECT count(*) FROM (
            SELECT from_status, lag(to_status) OVER (PARTITION BY order_id ORDER BY version) AS before
              FROM sales.order_history) AS steps
         WHERE from_status IS DISTINCT FROM before""") == "0"


@pytest.mark.parametrize("what", [
    "sales.orders.created_at", "sales.orders.updated_at", "sales.orders.paid_at",
    "sales.order_history.at", "sales.payments.updated_at", "sales.stock_movements.created_at",
    "registry.users.created_at", "products.products.created_at"])
def test_demo_has_nothing_from_the_future(shop, what):
    table, column = what.rsplit(".", 1)
    assert shop.value(f"SELECT max({column}) <= now() FROM {table}") == "t"


def test_demo_numbers_and_ids_rise_with_time(shop):
    assert shop.value("""
        SELECT count(*) FROM (
            SELECT number, id, lag(number) OVER w AS number_before, lag(id) OVER w AS id_before
              FROM sales.orders WINDOW w AS (ORDER BY created_at)) AS line
         WHERE number <= number_before OR id <= id_before""") == "0"
    assert shop.value("SELECT nextval('sales.order_number') > max(number)"
                      " FROM sales.orders") == "t"


def test_demo_sells_to_all_27_states_and_most_to_the_largest(shop):
    states = shop.column("SELECT state FROM sales.orders GROUP BY state ORDER BY count(*) DESC")
    assert len(states) == 27
    assert states[0] == "SP"
    assert shop.value("SELECT count(*) BETWEEN 380 AND 420 FROM registry.users"
                      " WHERE role = 'customer'") == "t"


def test_demo_has_a_year_of_orders_without_an_empty_day(shop):
    days = [int(n) for n in shop.column("""
        SELECT count(o.id)
          FROM generate_series(current_date - 365, current_date - 1, '1 day') AS day
          LEFT JOIN sales.orders o ON o.created_at >= day AND o.created_at < day + interval '1 day'
         GROUP BY day ORDER BY day""")]
    assert len(days) == 365
    assert min(days) >= 1
    assert 5000 <= sum(days) <= 7000


def test_demo_week_has_its_rhythm(shop):
    def orders(condition):
        return int(shop.value(f"SELECT count(*) FROM sales.orders WHERE {condition}"))
    saturday, tuesday = (orders(f"extract(isodow FROM created_at) = {day}") for day in (6, 2))
    assert saturday > 1.15 * tuesday
    evening, noon = "extract(hour FROM created_at) >= 19", "extract(hour FROM created_at) = 12"
    weekend = "extract(isodow FROM created_at) >= 6"
    assert orders(f"{weekend} AND {evening}") / orders(weekend) \
        > 1.5 * orders(f"NOT {weekend} AND {evening}") / orders(f"NOT {weekend}")
    assert orders(noon) > 3 * orders("extract(hour FROM created_at) BETWEEN 3 AND 5")


def test_demo_year_has_its_rhythm(shop):
    """Black Friday is the day after November's fourth Thursday; February is slow."""
    daily = dict(shop.psql("-c", "SELECT created_at::date, count(*) FROM sales.orders"
                                 " WHERE created_at < current_date GROUP BY 1"))
    average = sum(map(int, daily.values())) / len(daily)
    fridays = shop.column("""
        SELECT day::date FROM generate_series(current_date - 365, current_date - 1, '1 day') AS day
         WHERE extract(month FROM day) = 11 AND extract(isodow FROM day) = 5
           AND extract(day FROM day) BETWEEN 23 AND 29""")
    for friday in fridays:
        assert int(daily[friday]) > 2 * average
    february = [int(n) for day, n in daily.items() if day[5:7] == "02"]
    assert sum(february) / len(february) < 0.9 * average


def test_demo_products_are_found_by_their_words(shop):
    def names(words):
        return shop.column("SELECT p.name FROM products.products p"
                           "  JOIN products.listing l ON l.product_id = p.id"
                           f" WHERE l.search @@ products.search_query('{words}')")
    assert "Cafeteira italiana 6 xícaras Boa Hora" in names("cafeteira italiana")
    assert any("Panela de ferro" in name for name in names("panelas"))
    assert len(names("cafe")) >= 10
    assert 280 <= int(shop.value("SELECT count(*) FROM products.products")) <= 360
    assert shop.value("SELECT count(*) FROM products.products p WHERE NOT EXISTS ("
                      "SELECT FROM products.product_categories c"
                      " WHERE c.product_id = p.id)") == "0"


def test_demo_shows_what_a_catalogue_can_hold(shop):
    assert set(shop.column("SELECT DISTINCT type FROM products.products WHERE status = 'active'"
                           " AND in_stock")) == {"simple", "variations", "bundle", "digital"}
    assert shop.value("SELECT count(*) FROM products.products WHERE options = '{cor,tamanho}'") == "1"
    assert shop.value("SELECT count(*) FROM products.bundle_parts") == "3"
    assert shop.value("SELECT count(*) FROM products.products"
                      r" WHERE description NOT LIKE E'%\n\n%'") == "0"


def test_demo_can_paint_all_that_it_sells(shop):
    with open(os.path.join(support.ROOT, "demo", "paint", "things.txt"), encoding="utf-8") as file:
        lines = [line.split(":")[0].split("|") for line in file if not line.startswith("#")]
    kinds = tuple(f"{name} " for names in lines for name in names)
    assert [name for name in shop.column("SELECT name FROM products.products")
            if not name.startswith(kinds)] == []


def check_digit(digits):
    return str(-sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(digits)) % 10)


def test_demo_gtins_are_valid_and_most_products_have_one(shop):
    gtins = shop.column("SELECT gtin FROM products.variants WHERE gtin IS NOT NULL")
    assert [g for g in gtins if len(g) != 13 or check_digit(g[:12]) != g[12]] == []
    assert len(gtins) > 0.8 * int(shop.value("SELECT count(*) FROM products.products"))


def test_demo_prices_end_as_prices_do(shop):
    endings = set(shop.column("SELECT DISTINCT price % 100 FROM products.products"))
    assert endings == {"90", "99"}
    assert shop.value("SELECT count(*) FROM products.products WHERE products.price_now(price,"
                      " promotional_price, promotion_starts_at, promotion_ends_at) < price") != "0"


def test_nobody_can_sign_in_as_a_demo_customer(shop):
    """Neither salt nor hash of the one stored password is as long as those of real ones."""
    hashes = shop.column("SELECT DISTINCT password_hash FROM registry.users")
    assert len(hashes) == 1
    assert re.fullmatch(r"\$argon2id\$v=19\$m=\d+,t=\d+,p=\d+\$\w{8}\$\w{8}", hashes[0])


def test_demo_source_is_the_site_that_was_named(shop):
    name, urls, private = shop.psql("-c", "SELECT name, start_urls[1], private_addresses"
                                          " FROM catalog.sources")[0]
    assert (name, private) == ("Empório Três Pontes", "t")
    assert urls == "http://127.0.0.1:8081/produtos/"


def test_the_site_sells_a_product_that_the_demo_shop_knows_by_gtin(shop):
    """So that collecting shows what a duplicate is."""
    site = os.path.join(support.ROOT, "demo", "site")
    page = os.path.join(site, "produto", "cafeteira-italiana-6-xicaras.html")
    with open(page, encoding="utf-8") as file:
        gtin = re.search(r'"gtin13": "(\d+)"', file.read()).group(1)
    assert shop.column(f"SELECT p.name FROM products.products p JOIN products.variants v ON v.product_id = p.id"
                       f" WHERE v.gtin = '{gtin}'") == [
        "Cafeteira italiana 6 xícaras Boa Hora"]


@pytest.mark.parametrize("what", [
    "SELECT md5(string_agg(p::text, '|' ORDER BY id)) FROM products.products p",
    "SELECT md5(string_agg(u::text, '|' ORDER BY id)) FROM registry.users u",
    "SELECT md5(string_agg((id, number, user_id, total, created_at)::text, '|' ORDER BY id))"
    "  FROM sales.orders WHERE created_at < current_date",
    "SELECT md5(string_agg(i::text, '|' ORDER BY order_id, position)) FROM sales.order_items i"
    "  JOIN sales.orders o ON o.id = i.order_id WHERE o.created_at < current_date",
], ids=["products", "customers", "orders", "items"])
def test_demo_of_one_day_is_the_same_twice(shops, what):
    """All but today's orders, which go up to the moment of loading."""
    first, second = (shop.value(what) for shop in shops)
    assert first == second
    assert len(first) == 32
