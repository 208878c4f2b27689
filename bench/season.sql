-- What the bench's orders are drawn from: goods, and how often things happen. After shop.sql, words.sql
-- and catalogue.sql; orders.sql makes orders of it. :until is the day after the last of three years.

-- 5,000 variants, the best sold first; of one in twenty nobody knows the cost.
CREATE TABLE bench.goods AS
SELECT row_number() OVER (ORDER BY hashtextextended(v.sku, 1))::int AS rank, v.id AS variant_id, v.product_id, v.sku,
       p.name, coalesce(v.price, p.price) AS price,
       CASE WHEN hashtextextended(v.sku, 2) % 20 <> 0 THEN coalesce(v.cost, p.cost) END AS cost
  FROM products.variants v JOIN products.products p ON p.id = v.product_id
 WHERE v.sku LIKE 'B%-_' AND v.sku !~ '^BENCH'
 ORDER BY 1 LIMIT 5000;
ALTER TABLE bench.goods ADD PRIMARY KEY (rank);

-- Shares of a whole, summed up: the first of them that is more than a number from 0 to below 1 is drawn.
CREATE TABLE bench.shares (what text, place int, value text, upto float8, PRIMARY KEY (what, place));

-- Trade doubles in three years; it is best on Mondays, before Christmas and in the week of Black Friday.
INSERT INTO bench.shares
SELECT 'day', row_number() OVER (ORDER BY day), day::text, sum(weight) OVER (ORDER BY day) / sum(weight) OVER ()
  FROM (SELECT d::date AS day,
               exp(ln(2) * (d::date - date :'until') / 1096.0)
               * (ARRAY[0.85, 0.85, 0.95, 0.95, 1.1, 1.0, 0.95, 1.0, 0.95, 1.0, 1.4, 1.8])[extract(month FROM d)::int]
               * (ARRAY[1.2, 1.1, 1.05, 1.0, 0.95, 0.8, 0.9])[extract(isodow FROM d)::int]
               * CASE WHEN extract(month FROM d) = 11 AND extract(day FROM d) BETWEEN 23 AND 30 THEN 2 ELSE 1 END
               AS weight
          FROM generate_series(date :'until' - interval '3 years', date :'until' - interval '1 day', '1 day') AS d) AS days;

INSERT INTO bench.shares
SELECT 'hour', hour, (hour - 1)::text, sum(weight) OVER (ORDER BY hour)::float8 / sum(weight) OVER ()
  FROM unnest('{9,5,3,2,2,3,6,12,22,34,42,44,40,42,46,46,44,42,42,46,54,56,44,24}'::int[])
       WITH ORDINALITY AS hours (weight, hour);

-- People by state, in ten thousands: the census of 2022 (IBGE).
INSERT INTO bench.shares
SELECT 'state', place, left(pair, 2), sum(substr(pair, 4)::int) OVER (ORDER BY place)::float8 / sum(substr(pair, 4)::int) OVER ()
  FROM string_to_table('SP 4441;MG 2054;RJ 1605;BA 1414;PR 1144;RS 1088;PE 906;CE 879;PA 812;SC 761;GO 706;MA 678;PB 397;AM 394;ES 383;MT 366;RN 330;PI 327;AL 313;DF 282;MS 276;SE 221;RO 158;TO 151;AC 83;AP 73;RR 64', ';')
       WITH ORDINALITY AS states (pair, place);

CREATE FUNCTION bench.uuid7(at timestamptz, kind int, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '700' || kind || '8000'
            || lpad(to_hex(n), 12, '0'))::uuid
$$;
COMMENT ON FUNCTION bench.uuid7(timestamptz, int, bigint) IS 'As shared.uuid7() would make it then, but the same each time; kind tells apart things of one number.';
