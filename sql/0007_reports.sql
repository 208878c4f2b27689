-- Sales reports. Dates are those of the shop's time zone; "from" is included, "to" is not.

CREATE VIEW sales.sold_orders AS
SELECT o.id, o.paid_at, o.user_id, o.customer_name, o.state,
       o.items_total - o.discount AS revenue, o.freight, o.tax, o.total,
       (SELECT sum(i.quantity) FROM sales.order_items i WHERE i.order_id = o.id) AS units
  FROM sales.orders o
 WHERE o.paid_at IS NOT NULL AND o.status NOT IN ('canceled', 'refunded', 'returned');
COMMENT ON VIEW sales.sold_orders IS
    'What counts as sold: paid, and neither canceled, returned nor refunded since. Revenue is that of the goods, without freight and added taxes.';

CREATE TYPE sales.report_row AS (
    key text, label text, orders bigint, units bigint, revenue bigint, freight bigint, tax bigint,
    total bigint);
COMMENT ON TYPE sales.report_row IS 'A line of a sales report; amounts in minor units.';

CREATE FUNCTION sales.report_by_period(p_from date, p_to date, p_unit text, p_zone text)
RETURNS SETOF sales.report_row LANGUAGE sql STABLE AS $$
    WITH sold AS (
        SELECT date_trunc(p_unit, paid_at AT TIME ZONE p_zone)::date AS period, s.*
          FROM sales.sold_orders s
         WHERE paid_at >= p_from::timestamp AT TIME ZONE p_zone
           AND paid_at < p_to::timestamp AT TIME ZONE p_zone),
    periods AS (
        -- Periods in which nothing was sold are told too.
        SELECT generate_series(date_trunc(p_unit, p_from::timestamp), p_to::timestamp - interval '1 day',
                               ('1 ' || p_unit)::interval)::date AS period)
    SELECT to_char(period, CASE p_unit WHEN 'month' THEN 'YYYY-MM' ELSE 'YYYY-MM-DD' END),
           to_char(period, CASE p_unit WHEN 'month' THEN 'MM/YYYY' ELSE 'DD/MM/YYYY' END),
           count(s.id), coalesce(sum(s.units), 0)::bigint, coalesce(sum(s.revenue), 0)::bigint,
           coalesce(sum(s.freight), 0)::bigint, coalesce(sum(s.tax), 0)::bigint,
           coalesce(sum(s.total), 0)::bigint
      FROM periods LEFT JOIN sold s USING (period)
     GROUP BY period ORDER BY period
$$;
COMMENT ON FUNCTION sales.report_by_period(date, date, text, text) IS 'Sales by day, week (from Monday) or month.';

CREATE FUNCTION sales.report_by_order(p_from date, p_to date, p_by text, p_zone text)
RETURNS SETOF sales.report_row LANGUAGE sql STABLE AS $$
    SELECT min(key), min(label), count(*), sum(units)::bigint, sum(revenue)::bigint,
           sum(freight)::bigint, sum(tax)::bigint, sum(total)::bigint
      FROM (SELECT s.*, CASE p_by WHEN 'region' THEN s.state
                                  WHEN 'customer' THEN s.user_id::text
                                  ELSE coalesce(p.gateway, '-') END AS key,
                   CASE p_by WHEN 'region' THEN s.state
                             WHEN 'customer' THEN s.customer_name
                             ELSE coalesce(p.gateway, '-') END AS label
              FROM sales.sold_orders s
              LEFT JOIN sales.payments p ON p.order_id = s.id AND p.status = 'captured'
             WHERE paid_at >= p_from::timestamp AT TIME ZONE p_zone
               AND paid_at < p_to::timestamp AT TIME ZONE p_zone) AS sold
     GROUP BY sold.key ORDER BY sum(revenue) DESC, sold.key
$$;
COMMENT ON FUNCTION sales.report_by_order(date, date, text, text) IS 'Sales by region (UF), customer or gateway; best first.';

CREATE FUNCTION sales.report_by_product(p_from date, p_to date, p_zone text)
RETURNS SETOF sales.report_row LANGUAGE sql STABLE AS $$
    SELECT i.product_id::text, (array_agg(i.name ORDER BY s.paid_at DESC))[1],
           count(DISTINCT s.id), sum(i.quantity)::bigint,
           sum(i.quantity * i.unit_price - i.discount)::bigint, 0::bigint, sum(i.tax)::bigint,
           sum(i.total)::bigint
      FROM sales.sold_orders s JOIN sales.order_items i ON i.order_id = s.id
     WHERE s.paid_at >= p_from::timestamp AT TIME ZONE p_zone
       AND s.paid_at < p_to::timestamp AT TIME ZONE p_zone
     GROUP BY i.product_id ORDER BY 5 DESC, i.product_id
$$;
COMMENT ON FUNCTION sales.report_by_product(date, date, text) IS 'Sales by product, without freight, which belongs to whole orders; best first.';

CREATE FUNCTION sales.report(p_from date, p_to date, p_group text, p_zone text)
RETURNS SETOF sales.report_row LANGUAGE sql STABLE AS $$
    SELECT r.* FROM sales.report_by_period(p_from, p_to, p_group, p_zone) r
     WHERE p_group IN ('day', 'week', 'month')
    UNION ALL
    SELECT r.* FROM sales.report_by_product(p_from, p_to, p_zone) r WHERE p_group = 'product'
    UNION ALL
    SELECT r.* FROM sales.report_by_order(p_from, p_to, p_group, p_zone) r
     WHERE p_group IN ('region', 'customer', 'gateway')
$$;
COMMENT ON FUNCTION sales.report(date, date, text, text) IS 'A sales report by any of the groups.';

CREATE FUNCTION sales.report_json(p_from date, p_to date, p_group text, p_zone text, p_currency text)
RETURNS json LANGUAGE sql STABLE AS $$
    SELECT json_build_object(
        'from', p_from, 'to', p_to, 'group_by', p_group, 'currency', p_currency,
        'rows', coalesce(json_agg(json_build_object(
            'key', key, 'label', label, 'orders', orders, 'units', units, 'revenue', revenue,
            'freight', freight, 'tax', tax, 'total', total) ORDER BY n), '[]'),
        -- An order stands in several products' lines, so orders are counted apart.
        'totals', (SELECT json_build_object(
                       'orders', count(*), 'units', coalesce(sum(units), 0)::bigint,
                       'revenue', coalesce(sum(revenue), 0)::bigint,
                       'freight', coalesce(sum(s.freight), 0)::bigint,
                       'tax', coalesce(sum(s.tax), 0)::bigint,
                       'total', coalesce(sum(s.total), 0)::bigint)
                     FROM sales.sold_orders s
                    WHERE s.paid_at >= p_from::timestamp AT TIME ZONE p_zone
                      AND s.paid_at < p_to::timestamp AT TIME ZONE p_zone))
      FROM sales.report(p_from, p_to, p_group, p_zone)
           WITH ORDINALITY AS r (key, label, orders, units, revenue, freight, tax, total, n)
$$;
COMMENT ON FUNCTION sales.report_json(date, date, text, text, text) IS 'A sales report as the API shows it.';

CREATE FUNCTION sales.kpis(p_from date, p_to date, p_zone text,
    OUT orders bigint, OUT units bigint, OUT revenue bigint, OUT total bigint,
    OUT average_order bigint, OUT customers bigint, OUT placed bigint, OUT canceled bigint)
LANGUAGE sql STABLE AS $$
    SELECT sold.*, made.placed, made.canceled
      FROM (SELECT count(*), coalesce(sum(units), 0)::bigint, coalesce(sum(revenue), 0)::bigint,
                   coalesce(sum(total), 0)::bigint,
                   coalesce(round(sum(total) / nullif(count(*), 0)), 0)::bigint,
                   count(DISTINCT user_id)
              FROM sales.sold_orders
             WHERE paid_at >= p_from::timestamp AT TIME ZONE p_zone
               AND paid_at < p_to::timestamp AT TIME ZONE p_zone) AS sold,
           (SELECT count(*) AS placed,
                   count(*) FILTER (WHERE status IN ('canceled', 'expired')) AS canceled
              FROM sales.orders
             WHERE created_at >= p_from::timestamp AT TIME ZONE p_zone
               AND created_at < p_to::timestamp AT TIME ZONE p_zone) AS made
$$;
COMMENT ON FUNCTION sales.kpis(date, date, text) IS
    'The figures on top of a report: orders and units sold, revenue (goods), total (with freight and taxes), average total per order, buyers; orders placed, and of these canceled or expired.';

GRANT SELECT ON sales.sold_orders TO vendas_sales;
REVOKE ALL ON FUNCTION sales.report_by_period(date, date, text, text),
    sales.report_by_order(date, date, text, text), sales.report_by_product(date, date, text),
    sales.report(date, date, text, text), sales.report_json(date, date, text, text, text),
    sales.kpis(date, date, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sales.report_by_period(date, date, text, text),
    sales.report_by_order(date, date, text, text), sales.report_by_product(date, date, text),
    sales.report(date, date, text, text), sales.report_json(date, date, text, text, text),
    sales.kpis(date, date, text) TO vendas_sales;
