-- Sales reports and key figures, from the rollups where they have what is asked for, else from the facts.
-- Dates are those of the shop's time zone; "from" is included, "to" is not.

-- What Products tells of what was sold ---------------------------------------------------------

CREATE FUNCTION products.products_named(p_products uuid[]) RETURNS TABLE (product_id uuid, name text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT p.id, p.name FROM products.products p WHERE p.id = ANY (p_products)
$$;
COMMENT ON FUNCTION products.products_named(uuid[]) IS 'Published to Sales: what these products are called, those that are not for sale as well.';

CREATE FUNCTION products.categories_named(p_categories uuid[]) RETURNS TABLE (category_id uuid, name text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT c.id, c.name FROM products.categories c WHERE c.id = ANY (p_categories)
$$;
COMMENT ON FUNCTION products.categories_named(uuid[]) IS 'Published to Sales: what these categories are called.';

CREATE FUNCTION products.products_in(p_category uuid) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    WITH RECURSIVE below (id) AS (
        SELECT p_category
        UNION
        SELECT c.id FROM below JOIN products.categories c ON c.parent_id = below.id)
    SELECT DISTINCT pc.product_id FROM below JOIN products.product_categories pc ON pc.category_id = below.id
$$;
COMMENT ON FUNCTION products.products_in(uuid) IS 'Published to Sales: the products that stand in a category or below it.';

-- The five regions of Brazil (IBGE) --------------------------------------------------------------

CREATE FUNCTION sales.region_of(p_state text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN p_state IN ('AC', 'AM', 'AP', 'PA', 'RO', 'RR', 'TO') THEN 'N'
                WHEN p_state IN ('AL', 'BA', 'CE', 'MA', 'PB', 'PE', 'PI', 'RN', 'SE') THEN 'NE'
                WHEN p_state IN ('DF', 'GO', 'MS', 'MT') THEN 'CO'
                WHEN p_state IN ('ES', 'MG', 'RJ', 'SP') THEN 'SE'
                ELSE 'S' END
$$;
COMMENT ON FUNCTION sales.region_of(text) IS 'The region of a state: N, NE, CO, SE or S (IBGE).';

-- Where the figures come from --------------------------------------------------------------------

CREATE FUNCTION sales.report_source(p_group text, p_filter jsonb) RETURNS text
LANGUAGE plpgsql STABLE AS $$
DECLARE
    asked    text[] := ARRAY(SELECT jsonb_object_keys(p_filter)) || p_group;
    goods    text[] := '{product,variant,category}';
    periods  text[] := '{all,day,week,month}';
    sums     text := array_to_string(sales.rollup_sums('{}'), ', ');
    inside   text := 'day >= $1 AND day < $2';
    -- What lies between whole months, $3 and $4.
    edges    text := 'day >= $1 AND day < $2 AND (day < $3 OR day >= $4)';
BEGIN
    IF asked <@ '{all,month,state,region,gateway}' THEN
        RETURN format('(SELECT month AS day, state, gateway, %s FROM sales.rollup_order_months
                         WHERE month >= $3 AND month < $4
                        UNION ALL
                        SELECT day, state, gateway, %1$s FROM sales.rollup_orders WHERE %s)', sums, edges);
    ELSIF asked <@ periods THEN
        RETURN format('(SELECT day, %s FROM sales.rollup_hours WHERE %s)', sums, inside);
    ELSIF asked <@ (periods || '{state,region,gateway}') THEN
        RETURN format('(SELECT day, state, gateway, %s FROM sales.rollup_orders WHERE %s)', sums, inside);
    ELSIF asked <@ '{hour}' THEN
        RETURN format('(SELECT day, hour, %s FROM sales.rollup_hours WHERE %s)', sums, inside);
    ELSIF asked <@ '{coupon}' THEN
        RETURN format('(SELECT day, ARRAY[coupon] AS coupons, %s FROM sales.rollup_coupons WHERE %s)', sums, inside);
    ELSIF asked <@ '{customer}' AND p_filter = '{}' THEN
        RETURN format('(SELECT user_id, %s FROM sales.rollup_customers WHERE month >= $3 AND month < $4
                        UNION ALL
                        SELECT user_id, %1$s FROM sales.facts_between WHERE %s)', sums, edges);
    ELSIF asked <@ goods OR asked <@ ('{all}' || goods) THEN
        RETURN format('(SELECT product_id, variant_id, %s FROM sales.rollup_variant_months
                         WHERE month >= $3 AND month < $4
                        UNION ALL
                        SELECT product_id, variant_id, %1$s FROM sales.rollup_variants WHERE %s)', sums, edges);
    ELSIF asked <@ (periods || goods) THEN
        RETURN format('(SELECT day, product_id, variant_id, %s FROM sales.rollup_variants WHERE %s)', sums, inside);
    ELSIF asked && goods THEN
        RETURN format('(SELECT * FROM sales.lines_between WHERE %s)', inside);
    END IF;
    RETURN format('(SELECT * FROM sales.facts_between WHERE %s)', inside);
END
$$;
COMMENT ON FUNCTION sales.report_source(text, jsonb) IS
    'The smallest table that has what is grouped and filtered by, as an expression of SQL''s: between $1 and $2, of which the days from $3 to $4 are whole months.';

CREATE VIEW sales.facts_between AS
-- As sales.count_order() counts a sale, but for the other days of an order, which would be three times the work.
SELECT f.paid_day AS day, f.paid_hour AS hour, f.state::text, f.gateway, f.coupons, f.user_id, 1::bigint AS orders,
       1::bigint AS product_orders, f.is_first::int::bigint AS firsts, f.units, f.gross, f.discount, f.freight, f.tax, f.cost,
       f.costed, 0::bigint AS refunded
  FROM sales.order_facts f WHERE f.paid_day IS NOT NULL
UNION ALL
SELECT f.day, c.hour, c.state, c.gateway, c.coupons, c.user_id, c.orders, c.product_orders, c.firsts, c.units, c.gross,
       c.discount, c.freight, c.tax, c.cost, c.costed, c.refunded
  FROM sales.refund_facts f CROSS JOIN LATERAL sales.count_refund(f) AS c;
COMMENT ON VIEW sales.facts_between IS 'Paid orders and refunds in figures, to be asked by day.';

CREATE VIEW sales.lines_between AS
SELECT f.paid_day AS day, c.hour, c.state, c.gateway, c.coupons, c.user_id, c.product_id, c.variant_id, c.orders,
       c.product_orders, c.firsts, c.units, c.gross, c.discount, c.freight, c.tax, c.cost, c.costed, c.refunded
  FROM sales.order_facts f CROSS JOIN LATERAL sales.count_lines(f) AS c
UNION ALL
SELECT f.day, c.hour, c.state, c.gateway, c.coupons, c.user_id, c.product_id, c.variant_id, c.orders,
       c.product_orders, c.firsts, c.units, c.gross, c.discount, c.freight, c.tax, c.cost, c.costed, c.refunded
  FROM sales.refund_facts f CROSS JOIN LATERAL sales.count_refund_lines(f) AS c;
COMMENT ON VIEW sales.lines_between IS 'Lines of paid orders and what went back of them in figures, to be asked by day.';

-- Reports ----------------------------------------------------------------------------------------

CREATE FUNCTION sales.report_keys(p_from date, p_to date, p_group text) RETURNS TABLE (n bigint, key text)
LANGUAGE sql STABLE AS $$
    SELECT row_number() OVER (ORDER BY d),
           to_char(d, CASE p_group WHEN 'month' THEN 'YYYY-MM' ELSE 'YYYY-MM-DD' END)
      FROM generate_series(date_trunc(p_group, p_from::timestamp), p_to::timestamp - interval '1 day',
                           ('1 ' || p_group)::interval) AS d
$$;
COMMENT ON FUNCTION sales.report_keys(date, date, text) IS 'The days, weeks (from Monday) or months of a period, also those in which nothing was sold.';

CREATE FUNCTION sales.report_sums(p_from date, p_to date, p_group text, p_filter jsonb)
RETURNS TABLE (key text, sums sales.sums) LANGUAGE plpgsql STABLE AS $$
DECLARE
    first_month date := date_trunc('month', p_from + interval '1 month' - interval '1 day');
    last_month  date := greatest(date_trunc('month', p_to), first_month);
    source      text := sales.report_source(p_group, p_filter);
    totals      text := (SELECT string_agg(format('sales.total(s.%1$I) AS %1$I', c), ', ')
                           FROM unnest(sales.rollup_sums('{}')) AS c);
    grouped_by  text; -- which stays what it is until all is summed up: text takes longer to group by
    filtered    text;
BEGIN
    grouped_by := CASE p_group
              WHEN 'all' THEN '''all''::text' WHEN 'week' THEN 'date_trunc(''week'', day)::date'
              WHEN 'month' THEN 'date_trunc(''month'', day)::date' WHEN 'region' THEN 'sales.region_of(state)'
              WHEN 'hour' THEN 'extract(isodow FROM day), hour' WHEN 'coupon' THEN 'used'
              WHEN 'customer' THEN 'user_id' WHEN 'product' THEN 'product_id' WHEN 'variant' THEN 'variant_id'
              WHEN 'category' THEN 'product_id' ELSE p_group END;
    SELECT coalesce(string_agg(CASE f.key
               WHEN 'state' THEN 'state = $5->>''state'''
               WHEN 'region' THEN 'sales.region_of(state) = $5->>''region'''
               WHEN 'gateway' THEN 'gateway = $5->>''gateway'''
               WHEN 'coupon' THEN 'coupons @> ARRAY[$5->>''coupon'']'
               WHEN 'customer' THEN 'user_id = ($5->>''customer'')::uuid'
               WHEN 'product' THEN 'product_id = ($5->>''product'')::uuid'
               WHEN 'variant' THEN 'variant_id = ($5->>''variant'')::uuid'
               WHEN 'category' THEN 'product_id IN (SELECT products.products_in(($5->>''category'')::uuid))' END,
               ' AND '), 'true') INTO filtered FROM jsonb_object_keys(p_filter) AS f (key);
    source := format('(SELECT %s AS key, %s FROM %s AS s %s WHERE %s GROUP BY %s)',
        CASE p_group WHEN 'hour' THEN 'extract(isodow FROM day) || ''-'' || lpad(hour::text, 2, ''0'')'
                     WHEN 'month' THEN 'to_char(date_trunc(''month'', day)::date, ''YYYY-MM'')'
                     ELSE grouped_by END,
        totals, source, CASE p_group WHEN 'coupon' THEN 'CROSS JOIN LATERAL unnest(s.coupons) AS used' ELSE '' END,
        filtered, grouped_by);
    IF p_group = 'category' THEN
        source := format('(WITH p AS MATERIALIZED %s
                           SELECT place AS key, %s FROM p AS s
                             JOIN products.categories_of(ARRAY(SELECT key FROM p)) AS c ON c.product_id = s.key
                            CROSS JOIN LATERAL unnest(c.category_ids) AS place GROUP BY 1)', source, totals);
    END IF;
    RETURN QUERY EXECUTE format('SELECT s.key::text, ROW(%s)::sales.sums FROM %s AS s',
        (SELECT string_agg(format('s.%I', c), ', ') FROM unnest(sales.rollup_sums('{}')) AS c), source)
    USING p_from, p_to, first_month, last_month, p_filter;
END
$$;
COMMENT ON FUNCTION sales.report_sums(date, date, text, jsonb) IS
    'Sums by all, day, week, month, hour (of the week, 1-00 to 7-23, from Monday), state, region, gateway, coupon, customer, product, variant or category; p_filter holds what all of it must have, by the same names. A sale with several coupons or categories stands with each.';

CREATE FUNCTION sales.report_labels(p_group text, p_keys text[]) RETURNS TABLE (key text, label text)
LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF p_group = 'product' THEN
        RETURN QUERY SELECT n.product_id::text, n.name FROM products.products_named(p_keys::uuid[]) AS n;
    ELSIF p_group = 'variant' THEN
        RETURN QUERY SELECT n.variant_id::text, n.name FROM products.named(p_keys::uuid[]) AS n;
    ELSIF p_group = 'category' THEN
        RETURN QUERY SELECT n.category_id::text, n.name FROM products.categories_named(p_keys::uuid[]) AS n;
    ELSIF p_group = 'customer' THEN
        RETURN QUERY SELECT k, (SELECT o.customer_name FROM sales.orders o WHERE o.user_id = k::uuid
                                 ORDER BY o.created_at DESC, o.id DESC LIMIT 1) FROM unnest(p_keys) AS k;
    ELSE
        RETURN QUERY SELECT k, CASE p_group WHEN 'month' THEN to_char((k || '-01')::date, 'MM/YYYY')
                                            WHEN 'day' THEN to_char(k::date, 'DD/MM/YYYY')
                                            WHEN 'week' THEN to_char(k::date, 'DD/MM/YYYY') ELSE k END
                       FROM unnest(p_keys) AS k;
    END IF;
END
$$;
COMMENT ON FUNCTION sales.report_labels(text, text[]) IS 'What the keys of a report are called.';

CREATE FUNCTION sales.period_before(p_from date, p_to date, p_compare text, OUT from_day date, OUT to_day date)
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN p_compare = 'year' THEN (p_from - interval '1 year')::date
                WHEN p_compare = 'previous' AND whole THEN (p_from - age(p_to, p_from))::date
                WHEN p_compare = 'previous' THEN p_from - (p_to - p_from) END,
           CASE WHEN p_compare = 'year' THEN (p_to - interval '1 year')::date
                WHEN p_compare = 'previous' THEN p_from END
      FROM (SELECT extract(day FROM p_from) = 1 AND extract(day FROM p_to) = 1) AS m (whole)
$$;
COMMENT ON FUNCTION sales.period_before(date, date, text) IS
    'What a period is compared with: "year", the same days a year before; "previous", as many days, or whole months, before it; else nothing.';

CREATE TYPE sales.report_line AS (
    key text, label text, orders bigint, units bigint, gross bigint, discount bigint, revenue bigint, freight bigint,
    tax bigint, total bigint, refunded bigint, net bigint, cost bigint, margin bigint, average_order bigint,
    firsts bigint, orders_before bigint, units_before bigint, revenue_before bigint, total_before bigint,
    net_before bigint, change bigint);
COMMENT ON TYPE sales.report_line IS
    'A line of a sales report; amounts in minor units. margin: revenue less cost of the goods whose cost is known, null: of none; average_order: total by orders; change: of total against the period before, hundredths of a percent.';

CREATE FUNCTION sales.report(p_from date, p_to date, p_group text, p_filter jsonb, p_compare text, p_limit int)
RETURNS SETOF sales.report_line LANGUAGE plpgsql STABLE AS $$
DECLARE
    periodic boolean := p_group IN ('day', 'week', 'month');
    -- An order with two products of a category is one order of it, and rollups can't tell.
    counted  text := CASE WHEN p_group = 'category' OR p_filter ? 'category' AND NOT p_filter ?| '{product,variant}' THEN 'none'
                          WHEN p_group = 'product' OR p_filter ? 'product' AND p_group <> 'variant' THEN 'product'
                          ELSE 'order' END;
    earlier  record;
BEGIN
    SELECT * INTO earlier FROM sales.period_before(p_from, p_to, p_compare);
    RETURN QUERY
    WITH now AS (
        SELECT coalesce(k.n, 0) AS n, coalesce(k.key, r.key) AS key, r.sums
          FROM (SELECT * FROM sales.report_keys(p_from, p_to, CASE WHEN periodic THEN p_group ELSE 'month' END) WHERE periodic
                UNION ALL SELECT 0, 'all' WHERE p_group = 'all') AS k
          FULL JOIN sales.report_sums(p_from, p_to, p_group, p_filter) AS r ON r.key = k.key),
    before AS (
        SELECT coalesce(k.n, 0) AS n, coalesce(k.key, r.key) AS key, r.sums
          FROM (SELECT * FROM sales.report_keys(earlier.from_day, earlier.to_day, CASE WHEN periodic THEN p_group ELSE 'month' END)
                 WHERE periodic) AS k
          FULL JOIN (SELECT * FROM sales.report_sums(earlier.from_day, earlier.to_day, p_group, p_filter)
                      WHERE earlier.from_day IS NOT NULL) AS r ON r.key = k.key),
    paired AS (
        SELECT n.n, n.key, n.sums AS s, b.sums AS b,
               coalesce((n.sums).gross - (n.sums).discount, 0) AS revenue
          FROM now n LEFT JOIN before b ON CASE WHEN periodic THEN b.n = n.n ELSE b.key = n.key END
         ORDER BY n.n, revenue DESC, n.key LIMIT p_limit),
    called AS (SELECT * FROM sales.report_labels(p_group, ARRAY(SELECT p.key FROM paired p))),
    figured AS (
        SELECT p.*, coalesce((p.s).gross - (p.s).discount + (p.s).freight + (p.s).tax, 0) AS total,
               CASE WHEN earlier.from_day IS NOT NULL
                    THEN coalesce((p.b).gross - (p.b).discount + (p.b).freight + (p.b).tax, 0) END AS total_before,
               CASE counted WHEN 'order' THEN coalesce((p.s).orders, 0)
                            WHEN 'product' THEN coalesce((p.s).product_orders, 0) END AS orders,
               CASE WHEN earlier.from_day IS NULL THEN NULL
                    WHEN counted = 'order' THEN coalesce((p.b).orders, 0)
                    WHEN counted = 'product' THEN coalesce((p.b).product_orders, 0) END AS orders_before
          FROM paired p)
    SELECT f.key, coalesce(c.label, f.key), f.orders, coalesce((f.s).units, 0), coalesce((f.s).gross, 0),
           coalesce((f.s).discount, 0), f.revenue, coalesce((f.s).freight, 0), coalesce((f.s).tax, 0), f.total,
           coalesce((f.s).refunded, 0), f.total - coalesce((f.s).refunded, 0),
           CASE WHEN (f.s).costed > 0 THEN (f.s).cost END, CASE WHEN (f.s).costed > 0 THEN (f.s).costed - (f.s).cost END,
           round(f.total::numeric / nullif(f.orders, 0))::bigint, coalesce((f.s).firsts, 0), f.orders_before,
           CASE WHEN earlier.from_day IS NOT NULL THEN coalesce((f.b).units, 0) END,
           CASE WHEN earlier.from_day IS NOT NULL THEN coalesce((f.b).gross - (f.b).discount, 0) END, f.total_before,
           f.total_before - CASE WHEN earlier.from_day IS NOT NULL THEN coalesce((f.b).refunded, 0) END,
           round((f.total - f.total_before) * 10000.0 / nullif(f.total_before, 0))::bigint
      FROM figured f LEFT JOIN called c ON c.key = f.key
     ORDER BY f.n, f.revenue DESC, f.key;
END
$$;
COMMENT ON FUNCTION sales.report(date, date, text, jsonb, text, int) IS
    'A sales report: periods in their sequence, all else the best first, at most so many lines; p_compare as in sales.period_before(), periods with those in the same place.';

CREATE FUNCTION sales.roll_up_some(p_zone text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM sales.roll_up(p_zone, 2000);
END
$$;
COMMENT ON FUNCTION sales.roll_up_some(text) IS 'So that a report has what was sold a moment ago; a longer queue is the job''s.';

-- Key figures ------------------------------------------------------------------------------------
-- docs/kpis.md says the same in sentences, and a test holds the two together.

CREATE TYPE sales.kpi_line AS (
    orders bigint, units bigint, gross bigint, discount bigint, revenue bigint, freight bigint, tax bigint, total bigint,
    refunded bigint, net bigint, cost bigint, margin bigint, average_order bigint, units_per_order bigint,
    new_customers bigint, returning_orders bigint, repeat_rate bigint, placed bigint, converted bigint,
    conversion_rate bigint, canceled bigint, expired bigint, cancellation_rate bigint, refund_rate bigint,
    shipped bigint, ship_hours bigint);
COMMENT ON TYPE sales.kpi_line IS
    'Key figures of a period; amounts in minor units, rates in hundredths of a percent, units_per_order and ship_hours in hundredths; null where there is nothing to divide by.';

CREATE FUNCTION sales.kpis(p_from date, p_to date) RETURNS sales.kpi_line
LANGUAGE sql STABLE AS $$
    SELECT orders, units, gross, discount, gross - discount, freight, tax, total, refunded, total - refunded,
           CASE WHEN costed > 0 THEN cost END, CASE WHEN costed > 0 THEN costed - cost END,
           round(total / nullif(orders, 0)::numeric)::bigint, round(units * 100 / nullif(orders, 0)::numeric)::bigint,
           firsts, orders - firsts, round((orders - firsts) * 10000 / nullif(orders, 0)::numeric)::bigint,
           placed, converted, round(converted * 10000 / nullif(placed, 0)::numeric)::bigint,
           canceled, expired, round((canceled + expired) * 10000 / nullif(placed, 0)::numeric)::bigint,
           round(refunded * 10000 / nullif(total, 0)::numeric)::bigint,
           shipped, round(ship_seconds / nullif(shipped * 36, 0)::numeric)::bigint
      FROM (SELECT date_trunc('month', p_from + interval '1 month' - interval '1 day')::date AS first,
                   date_trunc('month', p_to)::date AS last) AS m -- whole months, where first is before last
     CROSS JOIN LATERAL
           (SELECT sales.total(r.orders) AS orders, sales.total(r.units) AS units, sales.total(r.gross) AS
                   gross, sales.total(r.discount) AS discount, sales.total(r.freight) AS freight,
                   sales.total(r.tax) AS tax, sales.total(r.gross - r.discount + r.freight + r.tax) AS total,
                   sales.total(r.refunded) AS refunded, sales.total(r.cost) AS cost, sales.total(r.costed) AS
                   costed, sales.total(r.firsts) AS firsts, sales.total(r.placed) AS placed,
                   sales.total(r.converted) AS converted, sales.total(r.canceled) AS canceled,
                   sales.total(r.expired) AS expired, sales.total(r.shipped) AS shipped,
                   sales.total(r.ship_seconds) AS ship_seconds
              FROM (SELECT orders, units, gross, discount, freight, tax, refunded, cost, costed, firsts, placed, converted,
                           canceled, expired, shipped, ship_seconds
                      FROM sales.rollup_order_months WHERE month >= m.first AND month < m.last
                    UNION ALL
                    SELECT orders, units, gross, discount, freight, tax, refunded, cost, costed, firsts, placed, converted,
                           canceled, expired, shipped, ship_seconds
                      FROM sales.rollup_orders
                     WHERE day >= p_from AND day < least(m.first, p_to)
                    UNION ALL
                    SELECT orders, units, gross, discount, freight, tax, refunded, cost, costed, firsts, placed, converted,
                           canceled, expired, shipped, ship_seconds
                      FROM sales.rollup_orders
                     WHERE day >= greatest(m.first, m.last) AND day < p_to) AS r) AS s
$$;
COMMENT ON FUNCTION sales.kpis(date, date) IS 'Key figures of a period.';

CREATE FUNCTION sales.kpi_document(p_from date, p_to date, p_zone text, p_currency text) RETURNS json
LANGUAGE plpgsql AS $$
DECLARE
    previous record;
    year     record;
BEGIN
    PERFORM sales.roll_up_some(p_zone);
    SELECT * INTO previous FROM sales.period_before(p_from, p_to, 'previous');
    SELECT * INTO year FROM sales.period_before(p_from, p_to, 'year');
    RETURN json_build_object(
        'from', p_from, 'to', p_to, 'currency', p_currency, 'kpis', to_json(sales.kpis(p_from, p_to)),
        'previous', json_build_object('from', previous.from_day, 'to', previous.to_day,
                                      'kpis', to_json(sales.kpis(previous.from_day, previous.to_day))),
        'year_before', json_build_object('from', year.from_day, 'to', year.to_day,
                                         'kpis', to_json(sales.kpis(year.from_day, year.to_day))));
END
$$;
COMMENT ON FUNCTION sales.kpi_document(date, date, text, text) IS
    'Key figures of a period, of the one before it and of the same days a year before, as the API shows them.';

-- What these take the place of --------------------------------------------------------------------

DROP FUNCTION sales.kpis(date, date, text), sales.report_json(date, date, text, text, text),
    sales.report(date, date, text, text), sales.report_by_product(date, date, text),
    sales.report_by_order(date, date, text, text), sales.report_by_period(date, date, text, text);
DROP TYPE sales.report_row;
DROP VIEW sales.sold_orders;

-- Rights ------------------------------------------------------------------------------------------

GRANT SELECT ON sales.facts_between, sales.lines_between TO vendas_sales;
REVOKE ALL ON FUNCTION products.products_named(uuid[]), products.categories_named(uuid[]), products.products_in(uuid),
    sales.region_of(text), sales.report_source(text, jsonb), sales.report_keys(date, date, text),
    sales.report_sums(date, date, text, jsonb), sales.report_labels(text, text[]),
    sales.period_before(date, date, text), sales.report(date, date, text, jsonb, text, int), sales.roll_up_some(text),
    sales.kpis(date, date), sales.kpi_document(date, date, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION products.products_named(uuid[]), products.categories_named(uuid[]), products.products_in(uuid),
    sales.rollup_sums(text[]), sales.region_of(text), sales.report_source(text, jsonb), sales.report_keys(date, date, text),
    sales.report_sums(date, date, text, jsonb), sales.report_labels(text, text[]),
    sales.period_before(date, date, text), sales.report(date, date, text, jsonb, text, int), sales.roll_up_some(text),
    sales.kpis(date, date), sales.kpi_document(date, date, text, text) TO vendas_sales;
