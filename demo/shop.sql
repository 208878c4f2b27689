-- The demo shop: a household store with some 300 products, 400 customers in all states and a year
-- of orders up to this moment. "./vendas up" loads it once, as the database's owner and in one
-- transaction; :shop_url is the site that the collector collects from.
--
-- Nothing is drawn at random: every choice is a hash of what it is for, so that the shop of one
-- day is the same wherever it is loaded, and that of the next day is the same with a day more.

SET LOCAL timezone = 'America/Sao_Paulo';
SET LOCAL client_min_messages = warning;

CREATE FUNCTION pg_temp.chance(what text) RETURNS float8
LANGUAGE sql IMMUTABLE AS $$
    SELECT (hashtextextended(what, 2024) & 9007199254740991) / 9007199254740992::float8
$$;
COMMENT ON FUNCTION pg_temp.chance(text) IS 'A number from 0 up to 1, the same for the same text.';

CREATE FUNCTION pg_temp.pick(list text[], what text) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
    SELECT list[1 + floor(pg_temp.chance(what) * cardinality(list))::int]
$$;
COMMENT ON FUNCTION pg_temp.pick(text[], text) IS 'One of a list, the same for the same text.';

CREATE FUNCTION pg_temp.uuid7_at(at timestamptz, what text) RETURNS uuid
LANGUAGE sql STABLE AS $$
    SELECT (lpad(to_hex(floor(extract(epoch FROM at) * 1000)::bigint), 12, '0')
            || '7' || substr(md5(what), 1, 3) || 'a' || substr(md5(what), 4, 15))::uuid
$$;
COMMENT ON FUNCTION pg_temp.uuid7_at(timestamptz, text) IS
    'The id (UUIDv7) of something made at that time, the same for the same text.';

\ir products.sql
\ir customers.sql
\ir orders.sql
\ir stock.sql
\ir showcase.sql

SELECT products.refresh(ARRAY(SELECT id FROM products.products));

INSERT INTO catalog.sources (name, start_urls, product_url_pattern, rate_per_second, private_addresses)
VALUES ('Empório Três Pontes', ARRAY[:'shop_url' || '/produtos/', :'shop_url' || '/sitemap.xml'],
        '/(produto|reservado)/[a-z0-9-]+\.html$', 100, true);

ANALYZE registry.users, products.products, products.variants, products.product_categories,
    sales.orders, sales.order_items, sales.order_history, sales.shipments, sales.shipment_items,
    sales.payments, sales.stock_movements, sales.stock_slots;
