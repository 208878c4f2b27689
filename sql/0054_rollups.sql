-- Reports, the figures: what was sold and what went back, counted once by day and by what people ask for, so
-- that a year's report reads some thousand rows however many orders there are. The rollups are sums of facts.
-- roll_up() takes the facts of an order anew whenever it has changed and adds the difference, so neither order
-- nor number of changes matters; rebuild_rollups() begins with nothing and comes to the same.

CREATE TYPE sales.sums AS (
    orders bigint, product_orders bigint, firsts bigint, units bigint, gross bigint, discount bigint, freight bigint,
    tax bigint, cost bigint, costed bigint, refunded bigint);
COMMENT ON TYPE sales.sums IS 'What every rollup adds up; amounts in minor units.';
COMMENT ON COLUMN sales.sums.orders IS 'paid orders';
COMMENT ON COLUMN sales.sums.product_orders IS 'paid orders, once for each product in them';
COMMENT ON COLUMN sales.sums.firsts IS 'of these the first of their customers';
COMMENT ON COLUMN sales.sums.units IS 'pieces';
COMMENT ON COLUMN sales.sums.gross IS 'goods at their prices';
COMMENT ON COLUMN sales.sums.discount IS 'what coupons took off';
COMMENT ON COLUMN sales.sums.freight IS 'freight';
COMMENT ON COLUMN sales.sums.tax IS 'taxes added to the prices';
COMMENT ON COLUMN sales.sums.cost IS 'what goods cost of which that is known';
COMMENT ON COLUMN sales.sums.costed IS 'revenue of these goods';
COMMENT ON COLUMN sales.sums.refunded IS 'what went back';

-- sum() of bigint reckons in numeric.
CREATE AGGREGATE sales.total(bigint) (SFUNC = int8pl, STYPE = bigint, INITCOND = '0', COMBINEFUNC = int8pl, PARALLEL = SAFE);
COMMENT ON AGGREGATE sales.total(bigint) IS
    'The sum, 0 of nothing, in half the time and a third of the memory of sum(); an error where it is no bigint.';

CREATE TABLE sales.rollup_orders (
    day date, state text, gateway text, LIKE sales.sums INCLUDING COMMENTS,
    placed bigint, converted bigint, canceled bigint, expired bigint, shipped bigint, ship_seconds bigint, refunds bigint,
    CONSTRAINT rollup_orders_pkey PRIMARY KEY (day, state, gateway));
CREATE INDEX rollup_orders_state_idx ON sales.rollup_orders (state, day);
COMMENT ON TABLE sales.rollup_orders IS 'Orders by day, state and gateway.';
COMMENT ON COLUMN sales.rollup_orders.day IS 'day of the shop''s time zone';
COMMENT ON COLUMN sales.rollup_orders.state IS 'UF of destination';
COMMENT ON COLUMN sales.rollup_orders.gateway IS 'by which most of an order''s money came';
COMMENT ON COLUMN sales.rollup_orders.placed IS 'orders that were placed';
COMMENT ON COLUMN sales.rollup_orders.converted IS 'of these the ones that have been paid since';
COMMENT ON COLUMN sales.rollup_orders.canceled IS 'of these the ones that are canceled by now';
COMMENT ON COLUMN sales.rollup_orders.expired IS 'of these the ones that have expired';
COMMENT ON COLUMN sales.rollup_orders.shipped IS 'paid orders whose first parcel left';
COMMENT ON COLUMN sales.rollup_orders.ship_seconds IS 'of these all seconds from payment to parcel';
COMMENT ON COLUMN sales.rollup_orders.refunds IS 'how often money went back';

CREATE TABLE sales.rollup_order_months (
    month date, state text, gateway text, LIKE sales.sums INCLUDING COMMENTS,
    placed bigint, converted bigint, canceled bigint, expired bigint, shipped bigint, ship_seconds bigint, refunds bigint,
    CONSTRAINT rollup_order_months_pkey PRIMARY KEY (month, state, gateway));
COMMENT ON TABLE sales.rollup_order_months IS 'Orders by month, state and gateway.';
COMMENT ON COLUMN sales.rollup_order_months.month IS 'its first day, of the shop''s time zone';
COMMENT ON COLUMN sales.rollup_order_months.state IS 'UF of destination';
COMMENT ON COLUMN sales.rollup_order_months.gateway IS 'by which most of an order''s money came';
COMMENT ON COLUMN sales.rollup_order_months.placed IS 'orders that were placed';
COMMENT ON COLUMN sales.rollup_order_months.converted IS 'of these the ones that have been paid since';
COMMENT ON COLUMN sales.rollup_order_months.canceled IS 'of these the ones that are canceled by now';
COMMENT ON COLUMN sales.rollup_order_months.expired IS 'of these the ones that have expired';
COMMENT ON COLUMN sales.rollup_order_months.shipped IS 'paid orders whose first parcel left';
COMMENT ON COLUMN sales.rollup_order_months.ship_seconds IS 'of these all seconds from payment to parcel';
COMMENT ON COLUMN sales.rollup_order_months.refunds IS 'how often money went back';

CREATE TABLE sales.rollup_hours (
    day date, hour int, LIKE sales.sums INCLUDING COMMENTS,
    CONSTRAINT rollup_hours_pkey PRIMARY KEY (day, hour));
COMMENT ON TABLE sales.rollup_hours IS 'Orders by hour.';
COMMENT ON COLUMN sales.rollup_hours.day IS 'day of the shop''s time zone';
COMMENT ON COLUMN sales.rollup_hours.hour IS '0 to 23';

CREATE TABLE sales.rollup_coupons (
    day date, coupon text, LIKE sales.sums INCLUDING COMMENTS,
    CONSTRAINT rollup_coupons_pkey PRIMARY KEY (day, coupon));
COMMENT ON TABLE sales.rollup_coupons IS 'Orders by day and coupon; one with several coupons stands with each.';
COMMENT ON COLUMN sales.rollup_coupons.day IS 'day of the shop''s time zone';
COMMENT ON COLUMN sales.rollup_coupons.coupon IS 'its code';

CREATE TABLE sales.rollup_customers (
    month date, user_id uuid, LIKE sales.sums INCLUDING COMMENTS,
    CONSTRAINT rollup_customers_pkey PRIMARY KEY (month, user_id));
COMMENT ON TABLE sales.rollup_customers IS 'Orders by month and customer; of days tell the facts.';
COMMENT ON COLUMN sales.rollup_customers.month IS 'its first day, of the shop''s time zone';
COMMENT ON COLUMN sales.rollup_customers.user_id IS 'who bought';

CREATE TABLE sales.rollup_variants (
    day date, variant_id uuid, product_id uuid, LIKE sales.sums INCLUDING COMMENTS,
    CONSTRAINT rollup_variants_pkey PRIMARY KEY (day, variant_id, product_id));
CREATE INDEX rollup_variants_variant_idx ON sales.rollup_variants (variant_id, day);
CREATE INDEX rollup_variants_product_idx ON sales.rollup_variants (product_id, day);
COMMENT ON TABLE sales.rollup_variants IS 'Lines of orders by day and variant.';
COMMENT ON COLUMN sales.rollup_variants.day IS 'day of the shop''s time zone';
COMMENT ON COLUMN sales.rollup_variants.variant_id IS 'what was sold';
COMMENT ON COLUMN sales.rollup_variants.product_id IS 'the product it is a form of';
COMMENT ON COLUMN sales.rollup_variants.orders IS 'paid orders with the variant';

CREATE TABLE sales.rollup_variant_months (
    month date, variant_id uuid, product_id uuid, LIKE sales.sums INCLUDING COMMENTS,
    CONSTRAINT rollup_variant_months_pkey PRIMARY KEY (month, variant_id, product_id));
COMMENT ON TABLE sales.rollup_variant_months IS 'Lines of orders by month and variant.';
COMMENT ON COLUMN sales.rollup_variant_months.month IS 'its first day, of the shop''s time zone';
COMMENT ON COLUMN sales.rollup_variant_months.variant_id IS 'what was sold';
COMMENT ON COLUMN sales.rollup_variant_months.product_id IS 'the product it is a form of';
COMMENT ON COLUMN sales.rollup_variant_months.orders IS 'paid orders with the variant';

CREATE TABLE sales.rollup_state (
    one        boolean CONSTRAINT rollup_state_pkey PRIMARY KEY DEFAULT true CONSTRAINT rollup_state_one CHECK (one),
    zone       text NOT NULL,
    rebuilt_at timestamptz NOT NULL
);
COMMENT ON TABLE sales.rollup_state IS 'How the rollups were made; empty: they have to be rebuilt.';
COMMENT ON COLUMN sales.rollup_state.one IS 'there is one row';
COMMENT ON COLUMN sales.rollup_state.zone IS 'the time zone whose days they count';
COMMENT ON COLUMN sales.rollup_state.rebuilt_at IS 'when they were rebuilt';

-- Which rollup has what, in one place: its key, and as what it is taken from the figures.
CREATE FUNCTION sales.rollups(OUT name text, OUT keys text[], OUT made_of text[], OUT of_lines boolean, OUT filter text,
                              OUT more text[], OUT finer text) RETURNS SETOF record
LANGUAGE sql IMMUTABLE AS $$
    SELECT * FROM (VALUES
        ('rollup_orders', ARRAY['day', 'state', 'gateway'], ARRAY['day', 'state', 'gateway'], false, 'true',
         ARRAY['placed', 'converted', 'canceled', 'expired', 'shipped', 'ship_seconds', 'refunds'], NULL),
        ('rollup_order_months', ARRAY['month', 'state', 'gateway'],
         ARRAY['date_trunc(''month'', day)::date', 'state', 'gateway'], false, 'true',
         ARRAY['placed', 'converted', 'canceled', 'expired', 'shipped', 'ship_seconds', 'refunds'], 'rollup_orders'),
        ('rollup_hours', ARRAY['day', 'hour'], ARRAY['day', 'hour'], false, 'hour IS NOT NULL', '{}', NULL),
        ('rollup_coupons', ARRAY['day', 'coupon'], ARRAY['day', 'unnest(coupons)'], false, 'hour IS NOT NULL', '{}', NULL),
        ('rollup_customers', ARRAY['month', 'user_id'], ARRAY['date_trunc(''month'', day)::date', 'user_id'], false,
         'hour IS NOT NULL', '{}', NULL),
        ('rollup_variants', ARRAY['day', 'variant_id', 'product_id'], ARRAY['day', 'variant_id', 'product_id'], true,
         'true', '{}', NULL),
        ('rollup_variant_months', ARRAY['month', 'variant_id', 'product_id'],
         ARRAY['date_trunc(''month'', day)::date', 'variant_id', 'product_id'], true, 'true', '{}', 'rollup_variants'))
        AS r (name, keys, made_of, of_lines, filter, more, finer)
$$;
COMMENT ON FUNCTION sales.rollups() IS
    'The rollups: their keys, what of the figures each is made of, whether of lines or of orders, of which, what they count besides sales.sums, and the rollup of which it is a coarser one.';

CREATE FUNCTION sales.rollup_sums(p_more text[]) RETURNS text[]
LANGUAGE sql STABLE AS $$
    SELECT array_agg(attname::text ORDER BY attnum) || p_more
      FROM pg_attribute WHERE attrelid = 'sales.sums'::regclass AND attnum > 0
$$;
COMMENT ON FUNCTION sales.rollup_sums(text[]) IS 'The columns of sales.sums, and these.';

CREATE FUNCTION sales.summed(p_rollup text, p_orders text, p_refunds text) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT format('SELECT %s, %s FROM (SELECT x.sign, c.* FROM %s AS x CROSS JOIN LATERAL %s(x.f) AS c
                   UNION ALL SELECT x.sign, c.* FROM %s AS x CROSS JOIN LATERAL %s(x.f) AS c) AS figures
                   WHERE %s GROUP BY %s',
                  (SELECT string_agg(u.m || ' AS ' || u.k, ', ') FROM unnest(r.made_of, r.keys) AS u (m, k)),
                  (SELECT string_agg(format('sales.total(sign * %1$I) AS %1$I', s), ', ')
                     FROM unnest(sales.rollup_sums(r.more)) AS s),
                  p_orders, CASE WHEN r.of_lines THEN 'sales.count_lines' ELSE 'sales.count_order' END,
                  p_refunds, CASE WHEN r.of_lines THEN 'sales.count_refund_lines' ELSE 'sales.count_refund' END,
                  r.filter, (SELECT string_agg(n::text, ', ') FROM generate_series(1, cardinality(r.keys)) AS n))
      FROM sales.rollups() AS r WHERE r.name = p_rollup
$$;
COMMENT ON FUNCTION sales.summed(text, text, text) IS
    'The statement that makes a rollup''s rows of facts: of these two tables of SQL''s with a column f, the fact, and sign, 1 where it is added and -1 where it is taken away.';

CREATE FUNCTION sales.summed_up(p_rollup text) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN r.finer IS NULL THEN
               sales.summed(r.name, '(SELECT 1 AS sign, f FROM sales.order_facts f)',
                            '(SELECT 1 AS sign, f FROM sales.refund_facts f)')
           ELSE format('SELECT %s, %s FROM sales.%I GROUP BY %s', array_to_string(r.made_of, ', '),
                       (SELECT string_agg(format('sales.total(%1$I) AS %1$I', s), ', ')
                          FROM unnest(sales.rollup_sums(r.more)) AS s),
                       r.finer, (SELECT string_agg(n::text, ', ') FROM generate_series(1, cardinality(r.keys)) AS n)) END
      FROM sales.rollups() AS r WHERE r.name = p_rollup
$$;
COMMENT ON FUNCTION sales.summed_up(text) IS
    'The statement that makes all of a rollup''s rows: of all facts, or of the finer rollup, which is there already.';

CREATE FUNCTION sales.add_facts(p_old sales.order_facts[], p_new sales.order_facts[], p_old_refunds sales.refund_facts[],
                                p_new_refunds sales.refund_facts[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    r      record;
    sums   text[];
    zeros  tid[];
    signed text := '(SELECT -1 AS sign, f FROM unnest(%s) AS f UNION ALL SELECT 1, f FROM unnest(%s) AS f)';
BEGIN
    FOR r IN SELECT name, keys, more FROM sales.rollups() LOOP
        sums := sales.rollup_sums(r.more);
        EXECUTE format('WITH put AS (INSERT INTO sales.%1$I AS t (%2$s, %3$s)
                            SELECT * FROM (%4$s) AS d (%2$s, %3$s) WHERE %5$s ORDER BY %2$s
                            ON CONFLICT (%2$s) DO UPDATE SET %6$s RETURNING t.ctid, %7$s AS zero)
                        SELECT array_agg(ctid) FROM put WHERE zero',
                       r.name, array_to_string(r.keys, ', '), array_to_string(sums, ', '),
                       sales.summed(r.name, format(signed, '$1', '$2'), format(signed, '$3', '$4')),
                       (SELECT string_agg(format('d.%I <> 0', s), ' OR ') FROM unnest(sums) AS s),
                       (SELECT string_agg(format('%1$I = t.%1$I + excluded.%1$I', s), ', ') FROM unnest(sums) AS s),
                       (SELECT string_agg(format('t.%I = 0', s), ' AND ') FROM unnest(sums) AS s))
           INTO zeros USING p_old, p_new, p_old_refunds, p_new_refunds;
        -- What a rebuilding would not make.
        EXECUTE format('DELETE FROM sales.%I WHERE ctid = ANY ($1)', r.name) USING zeros;
    END LOOP;
END
$$;
COMMENT ON FUNCTION sales.add_facts(sales.order_facts[], sales.order_facts[], sales.refund_facts[], sales.refund_facts[]) IS
    'Puts new facts in the place of old ones in all rollups. Nobody else may be at it.';

CREATE FUNCTION sales.count_orders(p_orders uuid[], p_zone text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    ids         uuid[];
    old_orders  sales.order_facts[];
    new_orders  sales.order_facts[];
    old_refunds sales.refund_facts[];
    new_refunds sales.refund_facts[];
BEGIN
    -- Where a customer's first order turns out to be another one, that one is counted anew, too.
    ids := ARRAY(SELECT unnest(p_orders) UNION
                 SELECT f.order_id FROM sales.orders o JOIN sales.order_facts f ON f.user_id = o.user_id AND f.is_first
                  WHERE o.id = ANY (p_orders) AND (o.paid_at, o.id) < (f.paid_at, f.order_id));
    SELECT array_agg(a.f) FILTER (WHERE a.order_id IS NOT NULL), array_agg(b.f) FILTER (WHERE b.order_id IS NOT NULL)
      INTO old_orders, new_orders
      FROM (SELECT f, f.order_id FROM sales.order_facts f WHERE f.order_id = ANY (ids)) AS a
      FULL JOIN (SELECT f, f.order_id FROM sales.facts_of(ids, p_zone) AS f) AS b USING (order_id)
     WHERE a.f IS DISTINCT FROM b.f;
    SELECT array_agg(a.f) FILTER (WHERE a.posting IS NOT NULL), array_agg(b.f) FILTER (WHERE b.posting IS NOT NULL)
      INTO old_refunds, new_refunds
      FROM (SELECT f, f.posting FROM sales.refund_facts f WHERE f.order_id = ANY (ids)) AS a
      FULL JOIN (SELECT f, f.posting FROM sales.refund_facts_of(ids, p_zone) AS f) AS b USING (posting)
     WHERE a.f IS DISTINCT FROM b.f;
    DELETE FROM sales.order_facts f USING unnest(old_orders) AS o WHERE f.order_id = o.order_id;
    INSERT INTO sales.order_facts SELECT * FROM unnest(new_orders);
    DELETE FROM sales.refund_facts f USING unnest(old_refunds) AS o WHERE f.posting = o.posting;
    INSERT INTO sales.refund_facts SELECT * FROM unnest(new_refunds);
    PERFORM sales.add_facts(old_orders, new_orders, old_refunds, new_refunds);
END
$$;
COMMENT ON FUNCTION sales.count_orders(uuid[], text) IS 'Counts these orders as they stand now. Nobody else may be at it.';

CREATE FUNCTION sales.every_order(p_size int) RETURNS SETOF uuid[]
LANGUAGE sql STABLE AS $$
    SELECT array_agg(id) FROM (SELECT id, (row_number() OVER (ORDER BY id) - 1) / p_size AS part FROM sales.orders) AS o
     GROUP BY part ORDER BY part
$$;
COMMENT ON FUNCTION sales.every_order(int) IS 'All orders, so many at a time.';

CREATE FUNCTION sales.rebuild_rollups(p_zone text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog SET work_mem = '256MB' AS $$
DECLARE
    r   record;
    ids uuid[];
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('sales.roll_up'));
    TRUNCATE sales.order_facts, sales.refund_facts, sales.rollup_orders, sales.rollup_order_months, sales.rollup_hours, sales.rollup_coupons,
             sales.rollup_customers, sales.rollup_variants, sales.rollup_variant_months, sales.rollup_state;
    FOR ids IN SELECT * FROM sales.every_order(20000) LOOP
        INSERT INTO sales.order_facts SELECT * FROM sales.facts_of(ids, p_zone);
        INSERT INTO sales.refund_facts SELECT * FROM sales.refund_facts_of(ids, p_zone);
    END LOOP;
    FOR r IN SELECT name, keys, more FROM sales.rollups() LOOP
        EXECUTE format('INSERT INTO sales.%1$I (%2$s, %3$s)
                            SELECT * FROM (%4$s) AS d (%2$s, %3$s) WHERE %5$s ORDER BY %2$s', r.name,
                       array_to_string(r.keys, ', '), array_to_string(sales.rollup_sums(r.more), ', '),
                       sales.summed_up(r.name),
                       (SELECT string_agg(format('d.%I <> 0', s), ' OR ') FROM unnest(sales.rollup_sums(r.more)) AS s));
        EXECUTE format('ANALYZE sales.%I', r.name);
    END LOOP;
    ANALYZE sales.order_facts, sales.refund_facts;
    INSERT INTO sales.rollup_state (zone, rebuilt_at) VALUES (p_zone, now());
END
$$;
COMMENT ON FUNCTION sales.rebuild_rollups(text) IS
    'Makes all facts and rollups anew, for the days of this time zone. Reports wait meanwhile.';

CREATE FUNCTION sales.roll_up(p_zone text, p_limit int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    taken uuid[];
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtext('sales.roll_up')) THEN
        RETURN 0; -- another is at it
    ELSIF NOT EXISTS (SELECT FROM sales.rollup_state WHERE zone = p_zone) THEN
        PERFORM sales.rebuild_rollups(p_zone);
    END IF;
    WITH gone AS (
        DELETE FROM sales.rollup_queue
         WHERE id = ANY (ARRAY(SELECT id FROM sales.rollup_queue ORDER BY id LIMIT p_limit)) RETURNING order_id)
    SELECT array_agg(order_id) INTO taken FROM gone;
    IF taken IS NOT NULL THEN
        PERFORM sales.count_orders(ARRAY(SELECT DISTINCT unnest(taken)), p_zone);
    END IF;
    RETURN coalesce(cardinality(taken), 0);
END
$$;
COMMENT ON FUNCTION sales.roll_up(text, int) IS
    'Counts the next so many changes; how many. 0: none is left, or another is at it. Rebuilds what was made for another time zone.';

-- Comparing ----------------------------------------------------------------------------------

CREATE FUNCTION sales.fact_differences(p_zone text, OUT what text, OUT key text, OUT kept text, OUT computed text)
RETURNS SETOF record LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    ids uuid[];
BEGIN
    FOR ids IN SELECT * FROM sales.every_order(20000) LOOP
        RETURN QUERY
        SELECT 'order_facts', coalesce(a.order_id, b.order_id)::text, a.f::text, b.f::text
          FROM (SELECT f, f.order_id FROM sales.order_facts f WHERE f.order_id = ANY (ids)) AS a
          FULL JOIN (SELECT f, f.order_id FROM sales.facts_of(ids, p_zone) AS f) AS b USING (order_id)
         WHERE a.f IS DISTINCT FROM b.f
        UNION ALL
        SELECT 'refund_facts', coalesce(a.posting, b.posting)::text, a.f::text, b.f::text
          FROM (SELECT f, f.posting FROM sales.refund_facts f WHERE f.order_id = ANY (ids)) AS a
          FULL JOIN (SELECT f, f.posting FROM sales.refund_facts_of(ids, p_zone) AS f) AS b USING (posting)
         WHERE a.f IS DISTINCT FROM b.f;
    END LOOP;
    RETURN QUERY SELECT 'order_facts', f.order_id::text, f::text, NULL FROM sales.order_facts f
                  WHERE NOT EXISTS (SELECT FROM sales.orders o WHERE o.id = f.order_id);
END
$$;
COMMENT ON FUNCTION sales.fact_differences(text) IS 'Facts that differ from what the orders and books say.';

CREATE FUNCTION sales.rollup_differences(p_zone text, OUT what text, OUT key text, OUT figure text, OUT kept bigint,
                                         OUT computed bigint)
RETURNS SETOF record LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog SET work_mem = '256MB' AS $$
DECLARE
    r record;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('sales.roll_up'));
    RETURN QUERY SELECT d.what, d.key, concat(d.kept, ' / ', d.computed), NULL::bigint, NULL::bigint
                   FROM sales.fact_differences(p_zone) AS d;
    FOR r IN SELECT name, keys, more FROM sales.rollups() LOOP
        RETURN QUERY EXECUTE format(
            'SELECT %1$L, concat_ws('' '', %2$s), f.key, coalesce((a.d->>f.key)::bigint, 0), coalesce((b.d->>f.key)::bigint, 0)
               FROM (SELECT %3$s, to_jsonb(t) AS d FROM sales.%1$I AS t) AS a
               FULL JOIN (SELECT %3$s, to_jsonb(m) AS d FROM (SELECT * FROM (%4$s) AS n (%3$s, %5$s)) AS m) AS b
                         USING (%3$s)
              CROSS JOIN LATERAL jsonb_each(coalesce(a.d, b.d)) AS f (key, value)
              WHERE a.d IS DISTINCT FROM b.d AND f.key = ANY (%6$L)
                AND coalesce((a.d->>f.key)::bigint, 0) <> coalesce((b.d->>f.key)::bigint, 0)',
            r.name, (SELECT string_agg(k || '::text', ', ') FROM unnest(r.keys) AS k), array_to_string(r.keys, ', '),
            sales.summed_up(r.name), array_to_string(sales.rollup_sums(r.more), ', '), sales.rollup_sums(r.more));
    END LOOP;
    -- And past all functions above: the sums of the orders' own columns, day by day.
    RETURN QUERY
    SELECT 'orders', o.day::text, 'total', coalesce(k.total, 0), o.total
      FROM (SELECT (paid_at AT TIME ZONE p_zone)::date AS day, sum(total)::bigint AS total FROM sales.orders
             WHERE paid_at IS NOT NULL AND id NOT IN (SELECT order_id FROM sales.rollup_queue) GROUP BY 1) AS o
      LEFT JOIN (SELECT t.day, sum(t.gross - t.discount + t.freight + t.tax)::bigint AS total
                   FROM sales.rollup_orders t GROUP BY t.day) AS k ON k.day = o.day
     WHERE o.total > coalesce(k.total, 0);
END
$$;
COMMENT ON FUNCTION sales.rollup_differences(text) IS
    'Where facts differ from the orders and books, rollups from the facts, and days'' totals from the orders'' own; none where all that was queued is counted. Nothing is counted meanwhile.';

-- Rights -------------------------------------------------------------------------------------

GRANT SELECT ON sales.rollup_orders, sales.rollup_order_months, sales.rollup_hours, sales.rollup_coupons,
    sales.rollup_customers, sales.rollup_variants, sales.rollup_variant_months, sales.rollup_state TO vendas_sales;
REVOKE ALL ON FUNCTION sales.rollups(), sales.rollup_sums(text[]), sales.total(bigint), sales.summed(text, text, text),
    sales.summed_up(text),
    sales.add_facts(sales.order_facts[], sales.order_facts[], sales.refund_facts[], sales.refund_facts[]),
    sales.count_orders(uuid[], text), sales.every_order(int), sales.rebuild_rollups(text), sales.roll_up(text, int),
    sales.fact_differences(text), sales.rollup_differences(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sales.total(bigint), sales.rebuild_rollups(text), sales.roll_up(text, int),
    sales.rollup_differences(text) TO vendas_sales;

SELECT registry.classify('sales.' || t, 'neither', keys || ' orders product_orders firsts units gross discount freight '
                         || 'tax cost costed refunded' || more, NULL, NULL) FROM (VALUES
    ('rollup_orders', 'day state gateway', ' placed converted canceled expired shipped ship_seconds refunds'),
    ('rollup_order_months', 'month state gateway', ' placed converted canceled expired shipped ship_seconds refunds'),
    ('rollup_hours', 'day hour', ''),
    ('rollup_coupons', 'day coupon', ''),
    ('rollup_customers', 'month user_id', ''),
    ('rollup_variants', 'day variant_id product_id', ''),
    ('rollup_variant_months', 'month variant_id product_id', '')
) AS register (t, keys, more);
SELECT registry.classify('sales.rollup_state', 'neither', 'one zone rebuilt_at', NULL, NULL);
