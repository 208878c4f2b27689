-- Analysis: what sells and what does not, who buys, who comes back, what is bought together, and what others
-- ask for the same things. All of it is computed from the facts and rollups when it is asked for; days are
-- those of the shop's time zone, "from" is included, "to" is not, amounts are minor units, shares and rates
-- hundredths of a percent. docs/analysis.md says what to do about each.

-- What Products tells --------------------------------------------------------------------------

CREATE FUNCTION products.on_offer() RETURNS TABLE (product_id uuid, since timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT p.id, p.created_at FROM products.products p WHERE p.status = 'active' AND p.in_stock
$$;
COMMENT ON FUNCTION products.on_offer() IS
    'Published to Sales: the products that are for sale and in stock, and since when the shop has them.';

CREATE FUNCTION products.variants_of(p_products uuid[]) RETURNS TABLE (product_id uuid, variant_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT v.product_id, v.id FROM products.variants v WHERE v.product_id = ANY (p_products)
$$;
COMMENT ON FUNCTION products.variants_of(uuid[]) IS 'Published to Sales: the variants of these products.';

-- A source's item is linked to a product, which may have several variants: this tells which it is.
ALTER TABLE products.ingested
    ADD COLUMN gtin text CONSTRAINT ingested_gtin_format CHECK (gtin ~ '^([0-9]{8}|[0-9]{12,14})$');
COMMENT ON COLUMN products.ingested.gtin IS 'as last seen there, in its shortest form; null: not told';
SELECT registry.classify('products.ingested', 'neither', 'gtin', NULL, NULL);

CREATE OR REPLACE FUNCTION products.ingest_note(p_rows products.ingest_row[]) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO products.ingested AS i (source, source_id, product_id, owner, item_hash, url, price, gtin)
    SELECT source, source_id, product_id, status = 'created', hash, item->>'url', (item->>'price')::bigint, item->>'gtin'
      FROM unnest(p_rows) WHERE status IN ('created', 'updated', 'duplicate')
    ON CONFLICT ON CONSTRAINT ingested_pkey DO UPDATE
       SET item_hash = excluded.item_hash, url = excluded.url, price = excluded.price, gtin = excluded.gtin,
           last_at = now();
    UPDATE products.ingested i SET last_at = now()
      FROM unnest(p_rows) AS r
     WHERE r.status = 'unchanged' AND i.source = r.source AND i.source_id = r.source_id
       AND i.last_at < now() - interval '1 hour';
    INSERT INTO products.proposals (source, source_id, item, item_hash, candidate_id, score)
    SELECT source, source_id, item, hash, product_id, score FROM unnest(p_rows) WHERE status = 'proposed'
    ON CONFLICT (source, source_id) WHERE state = 'open' DO UPDATE
       SET item = excluded.item, item_hash = excluded.item_hash
$$;

CREATE FUNCTION products.market_prices(p_since timestamptz)
RETURNS TABLE (variant_id uuid, gtin text, source text, price bigint, seen_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    -- What came without a GTIN is the product's only variant, where it has no more.
    SELECT v.id, v.gtin, i.source, min(i.price), max(i.last_at)
      FROM products.ingested i JOIN products.products p ON p.id = i.product_id
      JOIN products.variants v ON v.product_id = p.id
           AND v.gtin = CASE WHEN i.gtin IS NULL AND p.type <> 'variations' THEN v.gtin ELSE i.gtin END
     WHERE i.last_at >= p_since AND i.price > 0
     GROUP BY v.id, v.gtin, i.source
$$;
COMMENT ON FUNCTION products.market_prices(timestamptz) IS
    'Published to Sales: what sources asked, when they were last seen, for the variants with a GTIN that the shop has as well, those that have not been seen since then left out; the cheapest of a source that has one several times.';

-- Best and worst sellers -----------------------------------------------------------------------

CREATE FUNCTION sales.pieces_left(p_products uuid[]) RETURNS TABLE (product_id uuid, pieces bigint)
LANGUAGE sql STABLE AS $$
    WITH variants AS MATERIALIZED (SELECT * FROM products.variants_of(p_products))
    SELECT v.product_id, sum(s.available)::bigint
      FROM variants v JOIN sales.on_sale(ARRAY(SELECT variant_id FROM variants)) s ON s.variant_id = v.variant_id
     GROUP BY v.product_id
$$;
COMMENT ON FUNCTION sales.pieces_left(uuid[]) IS
    'How many pieces of these products can be sold at this moment, all variants together; those without stock, as digital ones, are left out.';

CREATE FUNCTION sales.sellers(p_from date, p_to date, p_zone text, p_order text, p_by text, p_limit int)
RETURNS TABLE (place bigint, product_id uuid, name text, units bigint, orders bigint, revenue bigint, cost bigint,
               margin bigint, margin_rate bigint, available bigint, since date)
LANGUAGE sql STABLE AS $$
    WITH offered AS MATERIALIZED (SELECT * FROM products.on_offer()),
    goods AS (
        SELECT coalesce(s.key::uuid, o.product_id) AS product_id,
               (o.since AT TIME ZONE p_zone)::date AS since, coalesce((s.sums).units, 0) AS units,
               coalesce((s.sums).product_orders, 0) AS orders, coalesce((s.sums).gross - (s.sums).discount, 0) AS revenue,
               CASE WHEN (s.sums).costed > 0 THEN (s.sums).cost END AS cost,
               CASE WHEN (s.sums).costed > 0 THEN (s.sums).costed - (s.sums).cost
                    WHEN coalesce((s.sums).units, 0) = 0 THEN 0 END AS margin,
               round(((s.sums).costed - (s.sums).cost) * 10000.0 / nullif((s.sums).costed, 0))::bigint AS margin_rate
          FROM (SELECT * FROM sales.report_sums(p_from, p_to, 'product', '{}') AS r WHERE (r.sums).units > 0) AS s
          FULL JOIN offered o ON o.product_id = s.key::uuid
         WHERE CASE p_order WHEN 'best' THEN s.key IS NOT NULL ELSE o.product_id IS NOT NULL END),
    ranked AS (
        SELECT g.*, row_number() OVER (ORDER BY CASE p_order WHEN 'best' THEN -m.measure ELSE m.measure END NULLS LAST,
                                                CASE p_order WHEN 'best' THEN -g.revenue ELSE g.revenue END,
                                                g.product_id) AS place
          FROM goods g
         CROSS JOIN LATERAL (SELECT CASE p_by WHEN 'units' THEN g.units WHEN 'margin' THEN g.margin ELSE g.revenue END)
                         AS m (measure)),
    shown AS MATERIALIZED (SELECT * FROM ranked ORDER BY place LIMIT p_limit)
    SELECT s.place, s.product_id, n.name, s.units, s.orders, s.revenue, s.cost, s.margin, s.margin_rate, l.pieces, s.since
      FROM shown s
      LEFT JOIN products.products_named(ARRAY(SELECT product_id FROM shown)) n ON n.product_id = s.product_id
      LEFT JOIN sales.pieces_left(ARRAY(SELECT product_id FROM shown)) l ON l.product_id = s.product_id
     ORDER BY s.place
$$;
COMMENT ON FUNCTION sales.sellers(date, date, text, text, text, int) IS
    'The products that sold best in a period, or, for "worst", least of all that are for sale and in stock now, also nothing; by units, revenue, or margin: revenue less cost of the pieces whose cost is known, null: of none.';

-- ABC curve ------------------------------------------------------------------------------------

CREATE FUNCTION sales.abc(p_from date, p_to date, p_a int, p_b int)
RETURNS TABLE (place bigint, product_id uuid, name text, units bigint, revenue bigint, share bigint, cumulated bigint,
               class text)
LANGUAGE sql STABLE AS $$
    WITH sold AS MATERIALIZED (
        SELECT r.key::uuid AS product_id, (r.sums).units, (r.sums).gross - (r.sums).discount AS revenue
          FROM sales.report_sums(p_from, p_to, 'product', '{}') AS r WHERE (r.sums).gross > (r.sums).discount),
    curve AS (
        SELECT s.*, row_number() OVER best AS place, sum(s.revenue) OVER best AS upto, sum(s.revenue) OVER () AS whole
          FROM sold s WINDOW best AS (ORDER BY s.revenue DESC, s.product_id ROWS UNBOUNDED PRECEDING))
    SELECT c.place, c.product_id, n.name, c.units, c.revenue, round(c.revenue * 10000.0 / c.whole)::bigint,
           round(c.upto * 10000.0 / c.whole)::bigint,
           CASE WHEN (c.upto - c.revenue) * 100 < c.whole * p_a THEN 'A'
                WHEN (c.upto - c.revenue) * 100 < c.whole * p_b THEN 'B' ELSE 'C' END
      FROM curve c
      LEFT JOIN products.products_named(ARRAY(SELECT product_id FROM sold)) n ON n.product_id = c.product_id
     ORDER BY c.place
$$;
COMMENT ON FUNCTION sales.abc(date, date, int, int) IS
    'Products of a period by revenue, each with its share of all and that of it and the better ones together: A until p_a percent are reached, the one that reaches them included, B until p_b percent, then C.';

-- Customers by how lately, how often and for how much they bought (RFM) ------------------------
-- Each of the three in fifths of those who bought, 5 the best. fm is the mean of frequency and monetary,
-- rounded up. Names in two languages are messages, segment_NAME.
--
--     recency    fm 1          fm 2          fm 3          fm 4          fm 5
--        5       recent        promising     loyal         champions     champions
--        4       recent        promising     loyal         champions     champions
--        3       sleepy        sleepy        attention     loyal         loyal
--        2       hibernating   hibernating   at_risk       at_risk       at_risk
--        1       lost          lost          at_risk       cannot_lose   cannot_lose

CREATE FUNCTION sales.segment_of(p_recency int, p_frequency int, p_monetary int) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT ('{{lost,lost,at_risk,cannot_lose,cannot_lose},
              {hibernating,hibernating,at_risk,at_risk,at_risk},
              {sleepy,sleepy,attention,loyal,loyal},
              {recent,promising,loyal,champions,champions},
              {recent,promising,loyal,champions,champions}}'::text[])[p_recency][(p_frequency + p_monetary + 1) / 2]
$$;
COMMENT ON FUNCTION sales.segment_of(int, int, int) IS 'The segment of a customer with these three scores.';

CREATE FUNCTION sales.rfm(p_day date)
RETURNS TABLE (user_id uuid, last_on date, orders bigint, net bigint, recency int, frequency int, monetary int)
LANGUAGE plpgsql STABLE ROWS 100000 SET work_mem = '64MB' SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
BEGIN
    -- Planned for its day each time, and with memory for all customers.
    RETURN QUERY
    WITH bought AS (
        SELECT f.user_id, max(f.paid_day) AS last_on, count(*) AS orders,
               sum(f.gross - f.discount + f.freight + f.tax) AS total
          FROM sales.order_facts f
         WHERE f.paid_day > p_day - interval '24 months' AND f.paid_day <= p_day GROUP BY f.user_id),
    back AS (
        SELECT r.user_id, sum(r.refunded) AS refunded
          FROM sales.refund_facts r
         WHERE r.day > p_day - interval '24 months' AND r.day <= p_day GROUP BY r.user_id),
    known AS (
        SELECT b.user_id, b.last_on, b.orders, (b.total - coalesce(r.refunded, 0))::bigint AS net
          FROM bought b LEFT JOIN back r ON r.user_id = b.user_id)
    SELECT k.user_id, k.last_on, k.orders, k.net,
           ntile(5) OVER (ORDER BY k.last_on, k.orders, k.net, k.user_id),
           ntile(5) OVER (ORDER BY k.orders, k.net, k.last_on, k.user_id),
           ntile(5) OVER (ORDER BY k.net, k.orders, k.last_on, k.user_id)
      FROM known k;
END
$$;
COMMENT ON FUNCTION sales.rfm(date) IS
    'Who paid an order in the 24 months that end with a day, with the last day and number of these orders and what was paid for them less what went back by then, and in which fifth of all of them each is, 5 the best; of equals the other two measures decide, then the id.';

CREATE FUNCTION sales.segments(p_day date)
RETURNS TABLE (segment text, customers bigint, share bigint, orders bigint, net bigint, net_share bigint, average bigint,
               days bigint)
LANGUAGE sql STABLE AS $$
    SELECT s.segment, count(*), round(count(*) * 10000.0 / sum(count(*)) OVER ())::bigint, sum(s.orders)::bigint,
           sum(s.net)::bigint, round(sum(s.net) * 10000.0 / nullif(sum(sum(s.net)) OVER (), 0))::bigint,
           round(sum(s.net) / count(*))::bigint, round(sum(p_day - s.last_on)::numeric / count(*))::bigint
      FROM (SELECT r.*, sales.segment_of(r.recency, r.frequency, r.monetary) AS segment FROM sales.rfm(p_day) r) AS s
     GROUP BY s.segment
     ORDER BY array_position('{champions,loyal,promising,recent,attention,sleepy,at_risk,cannot_lose,hibernating,lost}',
                             s.segment)
$$;
COMMENT ON FUNCTION sales.segments(date) IS
    'The segments that customers are in as of a day, the best first: how many and which share, their orders, what they brought of sales.rfm()''s net and which share, that by customer, and days since they last bought on average.';

CREATE FUNCTION sales.segment_customers(p_day date, p_segment text, p_limit int)
RETURNS TABLE (user_id uuid, name text, segment text, last_on date, days bigint, orders bigint, net bigint,
               recency int, frequency int, monetary int)
LANGUAGE sql STABLE AS $$
    WITH shown AS MATERIALIZED (
        SELECT r.*, sales.segment_of(r.recency, r.frequency, r.monetary) AS segment
          FROM sales.rfm(p_day) r
         WHERE p_segment IS NULL OR sales.segment_of(r.recency, r.frequency, r.monetary) = p_segment
         ORDER BY r.net DESC, r.user_id LIMIT p_limit)
    SELECT s.user_id, n.label, s.segment, s.last_on, (p_day - s.last_on)::bigint, s.orders, s.net, s.recency,
           s.frequency, s.monetary
      FROM shown s
      LEFT JOIN sales.report_labels('customer', ARRAY(SELECT user_id::text FROM shown)) n ON n.key = s.user_id::text
     ORDER BY s.net DESC, s.user_id
$$;
COMMENT ON FUNCTION sales.segment_customers(date, text, int) IS
    'Customers of a segment, null: of all, as of a day, who brought most first.';

-- Cohorts --------------------------------------------------------------------------------------

CREATE FUNCTION sales.cohorts(p_from date, p_to date, p_today date)
RETURNS TABLE (month date, customers bigint, again bigint[])
LANGUAGE sql STABLE AS $$
    WITH newcomers AS (
        SELECT r.user_id, r.month FROM sales.rollup_customers r
         WHERE r.firsts > 0 AND r.month >= date_trunc('month', p_from) AND r.month < p_to),
    bought AS (
        SELECT n.month, age.months, count(*) AS customers
          FROM newcomers n JOIN sales.rollup_customers r ON r.user_id = n.user_id AND r.orders > 0
         CROSS JOIN LATERAL (SELECT ((extract(year FROM r.month) - extract(year FROM n.month)) * 12
                                     + extract(month FROM r.month) - extract(month FROM n.month))::int) AS age (months)
         WHERE age.months BETWEEN 0 AND 12 AND r.month <= p_today
         GROUP BY n.month, age.months)
    SELECT m.month::date, coalesce((SELECT b.customers FROM bought b WHERE b.month = m.month AND b.months = 0), 0),
           ARRAY(SELECT CASE WHEN m.month + k * interval '1 month' <= p_today THEN coalesce(b.customers, 0) END
                   FROM generate_series(1, 12) AS k
                   LEFT JOIN bought b ON b.month = m.month AND b.months = k ORDER BY k)
      FROM generate_series(date_trunc('month', p_from::timestamp), p_to::timestamp - interval '1 day', '1 month') AS m (month)
     ORDER BY m.month
$$;
COMMENT ON FUNCTION sales.cohorts(date, date, date) IS
    'For each month that a period touches, how many customers paid their first order in it, and how many of these paid one in the first to the twelfth month after it; null: that month has not begun.';

-- Bought together ------------------------------------------------------------------------------

CREATE FUNCTION sales.bought_together(p_from date, p_to date, p_support int, p_order text, p_limit int)
RETURNS TABLE (product_id uuid, name text, other_id uuid, other_name text, orders bigint, support bigint,
               confidence bigint, confidence_back bigint, lift bigint)
LANGUAGE plpgsql STABLE SET work_mem = '64MB' SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
BEGIN
    -- A pair is in no more orders than either of its products, so only products that are in enough orders need
    -- be looked at (Agrawal and Srikant, Fast Algorithms for Mining Association Rules, 1994). What it costs is to
    -- read the lines of the period's orders once; pairs are counted by small numbers in place of ids.
    RETURN QUERY
    WITH basis AS MATERIALIZED (
        SELECT coalesce(sum(r.orders), 0) AS orders,
               greatest(ceil(coalesce(sum(r.orders), 0) * p_support / 10000.0), 2) AS least
          FROM sales.rollup_orders r WHERE r.day >= p_from AND r.day < p_to),
    frequent AS MATERIALIZED (
        SELECT r.key::uuid AS product_id, (r.sums).product_orders AS orders,
               row_number() OVER (ORDER BY (r.sums).product_orders, r.key)::int AS n
          FROM sales.report_sums(p_from, p_to, 'product', '{}') AS r, basis b
         WHERE (r.sums).product_orders >= b.least),
    baskets AS (
        SELECT array_agg(DISTINCT q.n) AS goods
          FROM sales.order_facts f JOIN sales.order_items i ON i.order_id = f.order_id
          JOIN frequent q ON q.product_id = i.product_id
         WHERE f.paid_day >= p_from AND f.paid_day < p_to AND f.units > 1
         GROUP BY f.order_id HAVING count(*) > 1),
    pairs AS (
        SELECT a.n AS one, b.n AS other, count(*) AS orders
          FROM baskets k CROSS JOIN LATERAL unnest(k.goods) AS a (n) JOIN LATERAL unnest(k.goods) AS b (n) ON a.n < b.n
         GROUP BY a.n, b.n HAVING count(*) >= (SELECT least FROM basis)),
    shown AS MATERIALIZED (
        SELECT x.product_id, y.product_id AS other_id, p.orders,
               round(p.orders * 10000.0 / b.orders)::bigint AS support,
               round(p.orders * 10000.0 / x.orders)::bigint AS confidence,
               round(p.orders * 10000.0 / y.orders)::bigint AS confidence_back,
               round(p.orders * b.orders * 100.0 / (x.orders::numeric * y.orders))::bigint AS lift,
               row_number() OVER (
                   ORDER BY CASE p_order WHEN 'lift' THEN p.orders * b.orders / (x.orders::numeric * y.orders)
                                         WHEN 'confidence' THEN p.orders::numeric / x.orders ELSE p.orders END DESC,
                            p.orders DESC, x.product_id, y.product_id) AS place
          FROM pairs p CROSS JOIN basis b JOIN frequent x ON x.n = p.one JOIN frequent y ON y.n = p.other
         ORDER BY place LIMIT p_limit)
    SELECT s.product_id, n.name, s.other_id, o.name, s.orders, s.support, s.confidence, s.confidence_back, s.lift
      FROM shown s
      LEFT JOIN products.products_named(ARRAY(SELECT product_id FROM shown)) n ON n.product_id = s.product_id
      LEFT JOIN products.products_named(ARRAY(SELECT other_id FROM shown)) o ON o.product_id = s.other_id
     ORDER BY s.place;
END
$$;
COMMENT ON FUNCTION sales.bought_together(date, date, int, text, int) IS
    'Pairs of products that stand together in at least p_support hundredths of a percent of a period''s paid orders, and in two: their share of all orders (support), of those with the first and of those with the second (confidence), and how many times more often than if neither had to do with the other (lift, hundredths). The first is the one in fewer orders. Best first by lift, confidence or orders.';

-- The market's price ---------------------------------------------------------------------------

CREATE FUNCTION sales.market(p_since timestamptz)
RETURNS TABLE (gtin text, sku text, name text, price bigint, place bigint, sources bigint, cheapest bigint,
               cheapest_source text, average bigint, difference bigint, cost bigint, margin bigint, margin_rate bigint,
               margin_cheapest bigint, seen_at timestamptz)
LANGUAGE sql STABLE AS $$
    WITH offers AS MATERIALIZED (SELECT * FROM products.market_prices(p_since)),
    ours AS (SELECT * FROM products.for_sale(ARRAY(SELECT DISTINCT variant_id FROM offers)))
    SELECT m.gtin, u.sku, u.name, u.unit_price, 1 + m.cheaper, m.sources, m.cheapest, m.cheapest_source, m.average,
           round((u.unit_price - m.cheapest) * 10000.0 / m.cheapest)::bigint, u.cost, u.unit_price - u.cost,
           round((u.unit_price - u.cost) * 10000.0 / nullif(u.unit_price, 0))::bigint, m.cheapest - u.cost, m.seen_at
      FROM ours u
      JOIN LATERAL (
           SELECT o.gtin, count(*) AS sources, count(*) FILTER (WHERE o.price < u.unit_price) AS cheaper,
                  min(o.price) AS cheapest, (array_agg(o.source ORDER BY o.price, o.source))[1] AS cheapest_source,
                  round(avg(o.price))::bigint AS average, max(o.seen_at) AS seen_at
             FROM offers o WHERE o.variant_id = u.variant_id GROUP BY o.gtin) AS m ON true
     ORDER BY (u.unit_price - m.cheapest) * 10000.0 / m.cheapest DESC, m.gtin
$$;
COMMENT ON FUNCTION sales.market(timestamptz) IS
    'For each GTIN that is for sale here and was seen elsewhere since then: our price of today, which place it takes among the sources'' (1: none is cheaper), how many sources there are, the cheapest, its source, their average, by how much ours is above the cheapest, our margin at our price and at the cheapest where the cost is known, and when one was last seen. The dearest against the market first.';

-- Rights ---------------------------------------------------------------------------------------

REVOKE ALL ON FUNCTION products.on_offer(), products.variants_of(uuid[]), products.market_prices(timestamptz),
    sales.pieces_left(uuid[]), sales.sellers(date, date, text, text, text, int), sales.abc(date, date, int, int),
    sales.segment_of(int, int, int), sales.rfm(date), sales.segments(date), sales.segment_customers(date, text, int),
    sales.cohorts(date, date, date), sales.bought_together(date, date, int, text, int),
    sales.market(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION products.on_offer(), products.variants_of(uuid[]), products.market_prices(timestamptz),
    sales.on_sale(uuid[]),
    sales.pieces_left(uuid[]), sales.sellers(date, date, text, text, text, int), sales.abc(date, date, int, int),
    sales.segment_of(int, int, int), sales.rfm(date), sales.segments(date), sales.segment_customers(date, text, int),
    sales.cohorts(date, date, date), sales.bought_together(date, date, int, text, int),
    sales.market(timestamptz) TO vendas_sales;
