-- Reports on stock, the forecast that says what to reorder, and the key figures of stock.
--
-- All of it is computed from the ledger at the moment it is asked for. What was sold is what the ledger
-- committed (sales.sold_pieces): pieces of variants that keep stock, so that a bundle sells its parts. Money
-- is at today's cost and price of Products; a variant whose cost nobody knows has none, and is told apart.
-- On hand is what lies on shelves: what is only expected (0044) lies nowhere. Amounts are minor units,
-- columns called decimals are hundredths, days are those of the shop's time zone.

-- What Products says -------------------------------------------------------------------------

CREATE FUNCTION products.stocked(p_variants uuid[], p_currency text)
RETURNS TABLE (variant_id uuid, sku text, name text, active boolean, price bigint, cost bigint)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 20000 SET search_path = pg_catalog AS $$
    SELECT v.id, v.sku, products.full_name(p.name, p.options, v.options), p.status = 'active',
           CASE WHEN p.currency = p_currency
                THEN products.price_now(coalesce(v.price, p.price), p.promotional_price,
                                        p.promotion_starts_at, p.promotion_ends_at) END,
           CASE WHEN p.currency = p_currency THEN coalesce(v.cost, p.cost) END
      FROM products.variants v JOIN products.products p ON p.id = v.product_id
     WHERE p.type IN ('simple', 'variations') AND (p_variants IS NULL OR v.id = ANY (p_variants))
$$;
COMMENT ON FUNCTION products.stocked(uuid[], text) IS
    'Published to Sales: the variants with stock of their own among these, null: all; what they are called, whether they are for sale, and today''s price and cost in that currency, null: it has none.';

-- The ledger read ----------------------------------------------------------------------------

-- Rows come in the order of time: this index is a few pages, and costs whoever writes next to nothing.
CREATE INDEX stock_movements_time_idx ON sales.stock_movements USING brin (created_at) WITH (pages_per_range = 32);

CREATE VIEW sales.sold_pieces AS
SELECT m.variant_id, m.created_at AS sold_at, -m.on_hand AS pieces
  FROM sales.stock_movements m
 WHERE m.kind = 'commit'
   AND NOT EXISTS (SELECT FROM sales.orders o WHERE o.id = m.order_id AND o.status = 'canceled');
COMMENT ON VIEW sales.sold_pieces IS
    'Pieces sold: those that left the stock with a payment, those sold ahead included, whose order was not canceled since; what came back later stays sold.';

CREATE VIEW sales.sold_ahead AS
SELECT h.variant_id, h.due, CASE WHEN h.due IS NOT NULL THEN greatest(h.pieces - h.arrived, 0) ELSE 0 END AS announced,
       h.allowed - coalesce((SELECT sum(s.on_hand - s.reserved) FROM sales.stock_slots s
                              WHERE s.variant_id = h.variant_id AND s.location = 'expected'), 0) AS owed
  FROM sales.ahead h;
COMMENT ON VIEW sales.sold_ahead IS
    'Of variants that are sold ahead: how many pieces somebody waits for, and how many of a pre-order are yet to come by its day.';

CREATE FUNCTION sales.stock_at(p_at timestamptz, p_variants uuid[])
RETURNS TABLE (variant_id uuid, on_hand bigint)
LANGUAGE sql STABLE AS $$
    SELECT l.variant_id, l.on_hand - coalesce(since.on_hand, 0)
      FROM sales.stock_levels l
      LEFT JOIN (SELECT m.variant_id, sum(m.on_hand) AS on_hand FROM sales.stock_movements m
                  WHERE m.created_at >= p_at AND m.location <> 'expected' GROUP BY m.variant_id) AS since
           ON since.variant_id = l.variant_id
     WHERE p_variants IS NULL OR l.variant_id = ANY (p_variants)
$$;
COMMENT ON FUNCTION sales.stock_at(timestamptz, uuid[]) IS
    'Pieces on hand at a moment: those of now less what the ledger says has changed since.';

CREATE FUNCTION sales.stock_layers()
RETURNS TABLE (variant_id uuid, came_at timestamptz, pieces bigint)
LANGUAGE sql STABLE AS $$
    -- What one transaction moves from shelf to shelf, or to those who wait, came in only as far as it stayed.
    SELECT c.variant_id, c.created_at, least(c.pieces, c.on_hand - c.later)
      FROM (SELECT m.variant_id, m.created_at, m.pieces, l.on_hand,
                   sum(m.pieces) OVER (PARTITION BY m.variant_id ORDER BY m.created_at DESC) - m.pieces AS later
              FROM (SELECT r.variant_id, r.created_at, sum(r.on_hand) AS pieces FROM sales.stock_movements r
                     WHERE r.kind IN ('receive', 'adjust', 'count', 'return', 'transfer') AND r.location <> 'expected'
                     GROUP BY r.variant_id, r.created_at HAVING sum(r.on_hand) > 0) AS m
              JOIN (SELECT s.variant_id, s.on_hand FROM sales.stock_levels s WHERE s.on_hand > 0) AS l
                   ON l.variant_id = m.variant_id) AS c
     WHERE c.later < c.on_hand
$$;
COMMENT ON FUNCTION sales.stock_layers() IS
    'Pieces on hand by when they came: the oldest are taken to leave first (FIFO), so that what lies there are those that came last; what was returned, found or counted came then.';

-- Reports ------------------------------------------------------------------------------------

CREATE FUNCTION sales.stock_report_level(p_location text)
RETURNS TABLE (sku text, name text, on_hand bigint, reserved bigint, available bigint, sold_ahead bigint)
LANGUAGE sql STABLE AS $$
    SELECT p.sku, p.name, coalesce(l.on_hand, 0), coalesce(l.reserved, 0), coalesce(l.on_hand - l.reserved, 0),
           CASE WHEN p_location IS NULL THEN coalesce(a.owed, 0) END
      FROM products.stocked(NULL, NULL) p
      LEFT JOIN (SELECT s.variant_id, sum(s.on_hand) AS on_hand, sum(s.reserved) AS reserved
                   FROM sales.stock_slots s
                  WHERE s.location <> 'expected' AND s.location = coalesce(p_location, s.location)
                  GROUP BY s.variant_id) AS l ON l.variant_id = p.variant_id
      LEFT JOIN sales.sold_ahead a ON a.variant_id = p.variant_id
     WHERE p_location IS NULL OR l.variant_id IS NOT NULL
     ORDER BY p.sku
$$;
COMMENT ON FUNCTION sales.stock_report_level(text) IS
    'How many pieces of each variant are on hand, promised to orders not paid yet, available, and sold ahead and yet to come; of a location, what lies or lay there, and nothing that is to come.';

CREATE FUNCTION sales.stock_report_value(p_location text, p_currency text)
RETURNS TABLE (sku text, name text, on_hand bigint, cost bigint, cost_value numeric, price bigint, price_value numeric,
               uncosted bigint, uncosted_value numeric)
LANGUAGE sql STABLE AS $$
    SELECT p.sku, p.name, l.on_hand, p.cost, l.on_hand::numeric * p.cost, p.price, l.on_hand::numeric * p.price,
           CASE WHEN p.cost IS NULL THEN l.on_hand ELSE 0 END,
           CASE WHEN p.cost IS NULL THEN l.on_hand::numeric * p.price ELSE 0 END
      FROM (SELECT s.variant_id, sum(s.on_hand)::bigint AS on_hand FROM sales.stock_slots s
             WHERE s.location <> 'expected' AND s.location = coalesce(p_location, s.location)
             GROUP BY s.variant_id HAVING sum(s.on_hand) > 0) AS l
      JOIN products.stocked(NULL, p_currency) p ON p.variant_id = l.variant_id
     ORDER BY l.on_hand::numeric * p.cost DESC NULLS LAST, p.sku
$$;
COMMENT ON FUNCTION sales.stock_report_value(text, text) IS
    'What is on hand at today''s cost and at today''s price, and apart, at its price, how much of it has no cost that is known; most first.';

CREATE FUNCTION sales.stock_report_low(p_low_below int, p_lead_days int, p_zone text)
RETURNS TABLE (sku text, name text, available bigint, low_below bigint, sold bigint, days_left bigint, runs_out_on date)
LANGUAGE sql STABLE AS $$
    SELECT s.sku, s.name, s.available, s.low_below, s.sold, s.available * 2800 / nullif(s.sold, 0),
           CASE WHEN s.sold > 0
                THEN (now() AT TIME ZONE p_zone)::date + least(s.available * 28 / s.sold, 100000)::int END
      FROM (SELECT p.sku, p.name, coalesce(a.available, 0)::bigint AS available,
                   coalesce(t.low_below, p_low_below)::bigint AS low_below, coalesce(d.sold, 0)::bigint AS sold
              FROM products.stocked(NULL, NULL) p
              LEFT JOIN sales.availability a ON a.variant_id = p.variant_id
              LEFT JOIN sales.low_levels t ON t.variant_id = p.variant_id
              LEFT JOIN (SELECT r.variant_id, sum(r.pieces) AS sold FROM sales.sold_pieces r
                          WHERE r.sold_at >= now() - interval '28 days' GROUP BY r.variant_id) AS d
                   ON d.variant_id = p.variant_id
             WHERE p.active) AS s
     WHERE s.available < s.low_below OR s.available * 28 < s.sold * p_lead_days
     ORDER BY s.available * 2800 / nullif(s.sold, 0) NULLS LAST, s.available, s.sku
$$;
COMMENT ON FUNCTION sales.stock_report_low(int, int, text) IS
    'Variants for sale of which less is available than their low level, or than what is sold in the lead time at the rate of the last 28 days; first what runs out first.';

CREATE FUNCTION sales.stock_report_dead(p_days int, p_currency text, p_zone text)
RETURNS TABLE (sku text, name text, on_hand bigint, sold_on date, since date, days bigint, cost bigint,
               cost_value numeric)
LANGUAGE sql STABLE AS $$
    SELECT p.sku, p.name, s.on_hand, s.sold_on, s.since, (s.today - s.since)::bigint, p.cost, s.on_hand::numeric * p.cost
      FROM (SELECT l.variant_id, l.on_hand, (d.sold_at AT TIME ZONE p_zone)::date AS sold_on,
                   (greatest(d.sold_at, l.came_at) AT TIME ZONE p_zone)::date AS since,
                   (now() AT TIME ZONE p_zone)::date AS today
              FROM (SELECT y.variant_id, sum(y.pieces)::bigint AS on_hand, min(y.came_at) AS came_at
                      FROM sales.stock_layers() y GROUP BY y.variant_id) AS l
              LEFT JOIN (SELECT r.variant_id, max(r.sold_at) AS sold_at FROM sales.sold_pieces r
                          GROUP BY r.variant_id) AS d ON d.variant_id = l.variant_id) AS s
      JOIN products.stocked(NULL, p_currency) p ON p.variant_id = s.variant_id
     WHERE s.today - s.since >= p_days
     ORDER BY s.on_hand::numeric * p.cost DESC NULLS LAST, s.since, p.sku
$$;
COMMENT ON FUNCTION sales.stock_report_dead(int, text, text) IS
    'What is on hand and of which nothing was sold for so many days, counted from its last sale or from when its oldest piece came, whichever was later; and what it cost.';

CREATE FUNCTION sales.stock_report_ageing(p_currency text, p_zone text)
RETURNS TABLE (sku text, name text, on_hand bigint,
               pieces_30 bigint, pieces_60 bigint, pieces_90 bigint, pieces_180 bigint, pieces_older bigint,
               value_30 numeric, value_60 numeric, value_90 numeric, value_180 numeric, value_older numeric,
               cost_value numeric)
LANGUAGE sql STABLE AS $$
    SELECT p.sku, p.name, a.on_hand, a.to_30, a.to_60, a.to_90, a.to_180, a.older,
           a.to_30::numeric * p.cost, a.to_60::numeric * p.cost, a.to_90::numeric * p.cost, a.to_180::numeric * p.cost, a.older::numeric * p.cost,
           a.on_hand::numeric * p.cost
      FROM (SELECT l.variant_id, sum(l.pieces)::bigint AS on_hand,
                   coalesce(sum(l.pieces) FILTER (WHERE l.days <= 30), 0)::bigint AS to_30,
                   coalesce(sum(l.pieces) FILTER (WHERE l.days BETWEEN 31 AND 60), 0)::bigint AS to_60,
                   coalesce(sum(l.pieces) FILTER (WHERE l.days BETWEEN 61 AND 90), 0)::bigint AS to_90,
                   coalesce(sum(l.pieces) FILTER (WHERE l.days BETWEEN 91 AND 180), 0)::bigint AS to_180,
                   coalesce(sum(l.pieces) FILTER (WHERE l.days > 180), 0)::bigint AS older
              FROM (SELECT y.variant_id, y.pieces,
                           (now() AT TIME ZONE p_zone)::date - (y.came_at AT TIME ZONE p_zone)::date AS days
                      FROM sales.stock_layers() y) AS l
             GROUP BY l.variant_id) AS a
      JOIN products.stocked(NULL, p_currency) p ON p.variant_id = a.variant_id
     ORDER BY a.older::numeric * p.cost DESC NULLS LAST, a.older DESC, p.sku
$$;
COMMENT ON FUNCTION sales.stock_report_ageing(text, text) IS
    'Pieces on hand, and what they cost, by how many days they lie (up to 30, 60, 90, 180, and longer), the oldest taken to leave first; first where most lies longest.';

-- The forecast -------------------------------------------------------------------------------
-- Simple exponential smoothing of whole weeks (from Monday), each divided by its season, as in Hyndman and
-- Athanasopoulos, Forecasting: Principles and Practice, 3rd edition (https://otexts.com/fpp3), sections 5.7
-- (forecast what is left without the season, then put it back) and 8.1 (smoothing, as a weighted mean):
--
--   level    = the mean of the weeks, each divided by its season; that of k weeks before the last weighs 0.8^k.
--              So the smoothing parameter is 0.2, and what counts is the last quarter.
--   season   = what was sold a year and two years before (52 and 104 weeks: the same days of the week), over
--              what it would have been had all of these 104 weeks been alike; with 5 pieces added to both, so
--              that of what sells little, where chance makes most of it, the season is close to 1 (a
--              shrinkage estimator: Miller and Williams, International Journal of Forecasting 19 (2003),
--              669-684). What has not been here for two years and eight weeks has none, and a flat forecast.
--   forecast = level * season of the week.
--   errors   = the same is done as of 8 weeks ago, with no more than was known then, and compared with the 8
--              weeks since: the mean absolute error (section 5.8), that of the naive forecast (the last week
--              known; with a season, the week a year before: section 5.2), and the error over what was sold
--              (WAPE), as errors in percent mean nothing for weeks in which nothing was sold. To have a
--              forecast of then, it takes 4 weeks before.
--
-- A variant's weeks begin with the first whole one after it first came into the ledger. Weeks in which there
-- was nothing to sell count as they were. Weeks have numbers, 1 to 112 of the past: 113 is the present one.

CREATE FUNCTION sales.smooth(p_weeks int[], p_pieces int[], p_begun int, p_origin int, p_seasonal boolean,
                             OUT level float8, OUT season float8[])
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    begun int := greatest(p_begun, p_origin - 104);
    total int := 0;
    place int;
BEGIN
    level := 0;
    season := array_fill(CASE WHEN p_seasonal THEN 5 ELSE 1 END::float8, ARRAY[52]);
    FOR i IN 1..CASE WHEN p_seasonal THEN cardinality(p_weeks) ELSE 0 END LOOP
        IF p_weeks[i] BETWEEN begun AND p_origin - 1 THEN
            place := (p_weeks[i] - p_origin + 104) % 52 + 1;
            season[place] := season[place] + p_pieces[i];
            total := total + p_pieces[i];
        END IF;
    END LOOP;
    FOR i IN 1..CASE WHEN p_seasonal THEN 52 ELSE 0 END LOOP
        season[i] := season[i] / (5 + total / 52.0::float8);
    END LOOP;
    FOR i IN 1..cardinality(p_weeks) LOOP
        IF p_weeks[i] BETWEEN begun AND p_origin - 1 THEN
            level := level + p_pieces[i] * 0.8::float8 ^ (p_origin - 1 - p_weeks[i])
                             / season[(p_weeks[i] - p_origin + 104) % 52 + 1];
        END IF;
    END LOOP;
    level := level * 0.2 / (1 - 0.8::float8 ^ (p_origin - begun));
END
$$;
COMMENT ON FUNCTION sales.smooth(int[], int[], int, int, boolean) IS
    'The level of a series (weeks in which something was sold, and how many pieces), from its first week to before p_origin, and the seasons of the 52 weeks from there on.';

CREATE FUNCTION sales.fit(p_weeks int[], p_pieces int[], p_begun int,
                          OUT level float8, OUT season float8[], OUT mae float8, OUT naive_mae float8, OUT wape float8)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    seasonal boolean := p_begun = 1;
    sold     int[] := array_fill(0, ARRAY[112]);
    fitted   record;
    missed   float8 := 0;
    naive    int := 0;
    total    int := 0;
BEGIN
    fitted := sales.smooth(p_weeks, p_pieces, p_begun, 113, seasonal);
    level := fitted.level;
    season := fitted.season;
    IF p_begun > 101 THEN
        RETURN;
    END IF;
    FOR i IN 1..cardinality(p_weeks) LOOP
        sold[p_weeks[i]] := p_pieces[i];
    END LOOP;
    fitted := sales.smooth(p_weeks, p_pieces, p_begun, 105, seasonal);
    FOR i IN 105..112 LOOP
        missed := missed + abs(sold[i] - fitted.level * fitted.season[i - 104]);
        naive := naive + abs(sold[i] - sold[CASE WHEN seasonal THEN i - 52 ELSE 104 END]);
        total := total + sold[i];
    END LOOP;
    mae := missed / 8;
    naive_mae := naive / 8.0::float8;
    wape := missed / nullif(total, 0);
END
$$;
COMMENT ON FUNCTION sales.fit(int[], int[], int) IS
    'Level and seasons of a series as of week 113, and what the same method would have been wrong by in the 8 weeks before; null where it begins too late for that.';

CREATE FUNCTION sales.forecast(p_weeks int, p_variants uuid[], p_zone text)
RETURNS TABLE (variant_id uuid, week date, units float8, level float8, season float8, history int,
               mae float8, naive_mae float8, wape float8)
LANGUAGE sql STABLE ROWS 100000 AS $$
    WITH present AS (SELECT date_trunc('week', now() AT TIME ZONE p_zone)::date AS week),
    calendar AS MATERIALIZED (
        SELECT n.week, ARRAY(SELECT (n.week - 784 + 7 * i)::timestamp AT TIME ZONE p_zone
                               FROM generate_series(0, 112) AS i ORDER BY i) AS begins
          FROM present n),
    series AS MATERIALIZED (
        SELECT w.variant_id, array_agg(w.week) AS weeks, array_agg(w.pieces) AS pieces
          FROM (SELECT r.variant_id, width_bucket(r.sold_at, (SELECT begins FROM calendar)) AS week,
                       sum(r.pieces)::int AS pieces
                  FROM sales.sold_pieces r
                 WHERE r.sold_at >= (SELECT begins[1] FROM calendar) AND r.sold_at < (SELECT begins[113] FROM calendar)
                   AND (p_variants IS NULL OR r.variant_id = ANY (p_variants))
                 GROUP BY 1, 2) AS w
         GROUP BY w.variant_id),
    fitted AS MATERIALIZED (
        SELECT s.variant_id, b.begun, f.*
          FROM series s
         CROSS JOIN LATERAL (SELECT width_bucket(m.created_at, (SELECT begins FROM calendar)) + 1 AS begun
                               FROM sales.stock_movements m WHERE m.variant_id = s.variant_id
                              ORDER BY m.id LIMIT 1) AS b
         CROSS JOIN LATERAL sales.fit(s.weeks, s.pieces, b.begun) f
         WHERE b.begun < 113)
    SELECT f.variant_id, c.week + 7 * n, f.level * f.season[n % 52 + 1], f.level,
           CASE WHEN f.begun = 1 THEN f.season[n % 52 + 1] END, 113 - f.begun, f.mae, f.naive_mae, f.wape
      FROM fitted f CROSS JOIN calendar c CROSS JOIN generate_series(0, p_weeks - 1) AS n
$$;
COMMENT ON FUNCTION sales.forecast(int, uuid[], text) IS
    'How many pieces of each of these variants, null: of all, are likely to be sold in this week and in each of the next, where any were in the last 112: the exponentially smoothed level of its weeks times the season of the week; with what the same method would have been wrong by in the last 8 weeks (sql/0058_stock_reports.sql says how).';

CREATE FUNCTION sales.stock_report_forecast(p_weeks int, p_sku text, p_zone text)
RETURNS TABLE (sku text, name text, week date, forecast bigint, level bigint, season bigint, history bigint,
               mae bigint, naive_mae bigint, wape bigint)
LANGUAGE sql STABLE AS $$
    SELECT p.sku, p.name, f.week, round(f.units * 100)::bigint, round(f.level * 100)::bigint,
           round(f.season * 10000)::bigint, f.history::bigint,
           round(f.mae * 100)::bigint, round(f.naive_mae * 100)::bigint, round(f.wape * 10000)::bigint
      FROM (SELECT CASE WHEN p_sku IS NOT NULL THEN ARRAY[products.stocked_variant(p_sku)] END AS variants
            OFFSET 0) AS asked
     CROSS JOIN LATERAL sales.forecast(p_weeks, asked.variants, p_zone) f
      JOIN products.stocked(NULL, NULL) p ON p.variant_id = f.variant_id
     WHERE p.active AND f.level > 0
     ORDER BY p.sku, f.week
$$;
COMMENT ON FUNCTION sales.stock_report_forecast(int, text, text) IS
    'The forecast of each variant for sale, or of one, that has been sold within two years, by week from this one on; the season is null where it has none.';

CREATE FUNCTION sales.stock_report_reorder(p_lead_days int, p_cover_days int, p_currency text, p_zone text)
RETURNS TABLE (sku text, name text, weekly bigint, demand bigint, mae bigint, safety bigint, available bigint,
               sold_ahead bigint, announced bigint, quantity bigint, cost bigint, order_value numeric)
LANGUAGE sql STABLE AS $$
    SELECT n.sku, n.name, n.weekly, n.demand, n.mae, n.safety, n.available, n.owed, n.announced, n.quantity, n.cost,
           n.quantity::numeric * n.cost
      FROM (SELECT s.*, ceil((s.demand + s.safety) / 100.0 + s.owed - s.available - s.announced)::bigint AS quantity
              FROM (SELECT p.sku, p.name, p.cost, coalesce(round(f.level * 100), 0)::bigint AS weekly,
                           coalesce(round(f.demand * 100), 0)::bigint AS demand,
                           round(f.mae * 100)::bigint AS mae,
                           -- 1.645 deviations are not exceeded 95 times of 100, and a deviation is 1.25 mean
                           -- absolute errors where they are normal; of what is too new to have an error it is
                           -- that of pieces sold one by one at that rate (Poisson).
                           coalesce(round(100 * 1.645 * coalesce(1.25 * f.mae, sqrt(f.level))
                                          * sqrt((p_lead_days + p_cover_days) / 7.0::float8)), 0)::bigint AS safety,
                           coalesce(a.available, 0)::bigint AS available, coalesce(h.owed, 0)::bigint AS owed,
                           CASE WHEN h.due < t.today + p_lead_days + p_cover_days THEN h.announced
                                ELSE 0 END::bigint AS announced
                      FROM products.stocked(NULL, p_currency) p
                     CROSS JOIN (SELECT (now() AT TIME ZONE p_zone)::date AS today OFFSET 0) AS t
                      LEFT JOIN (SELECT w.variant_id, max(w.level) AS level, max(w.mae) AS mae,
                                        sum(w.units * greatest(0, least(w.week + 7, d.today + p_lead_days + p_cover_days)
                                                                  - greatest(w.week, d.today)) / 7) AS demand
                                   FROM sales.forecast((p_lead_days + p_cover_days) / 7 + 2, NULL, p_zone) w
                                  CROSS JOIN (SELECT (now() AT TIME ZONE p_zone)::date AS today OFFSET 0) AS d
                                  GROUP BY w.variant_id) AS f ON f.variant_id = p.variant_id
                      LEFT JOIN sales.availability a ON a.variant_id = p.variant_id
                      LEFT JOIN sales.sold_ahead h ON h.variant_id = p.variant_id
                     WHERE p.active) AS s) AS n
     WHERE n.quantity > 0
     ORDER BY n.quantity::numeric * n.cost DESC NULLS LAST, n.sku
$$;
COMMENT ON FUNCTION sales.stock_report_reorder(int, int, text, text) IS
    'How many pieces of each variant for sale to order, rounded up: the forecast of the lead time and the days to be covered, a safety stock of 1.645 standard deviations of its error over that time, and what was sold ahead, less what is available and what is announced to come by then.';

-- Key figures --------------------------------------------------------------------------------

CREATE FUNCTION sales.sold_cost(p_from date, p_to date, p_currency text, p_zone text, p_variants uuid[])
RETURNS numeric
LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(r.pieces::numeric * p.cost), 0)
      FROM (SELECT s.variant_id, sum(s.pieces) AS pieces FROM sales.sold_pieces s
             WHERE s.sold_at >= p_from::timestamp AT TIME ZONE p_zone AND s.sold_at < p_to::timestamp AT TIME ZONE p_zone
             GROUP BY s.variant_id) AS r
      JOIN products.stocked(p_variants, p_currency) p ON p.variant_id = r.variant_id
$$;
COMMENT ON FUNCTION sales.sold_cost(date, date, text, text, uuid[]) IS
    'What the pieces of these variants, null: of all, that were sold in a period would cost today; minor units.';

CREATE FUNCTION sales.stock_cost_at(p_day date, p_currency text, p_zone text, p_variants uuid[]) RETURNS numeric
LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(l.on_hand::numeric * p.cost), 0)
      FROM sales.stock_at(p_day::timestamp AT TIME ZONE p_zone, p_variants) l
      JOIN products.stocked(p_variants, p_currency) p ON p.variant_id = l.variant_id
$$;
COMMENT ON FUNCTION sales.stock_cost_at(date, text, text, uuid[]) IS
    'What the pieces of these variants, null: of all, that were on hand when a day began would cost today; minor units.';

CREATE FUNCTION sales.stock_turns(p_from date, p_to date, p_currency text, p_zone text, p_variants uuid[] DEFAULT NULL)
RETURNS bigint
LANGUAGE sql STABLE AS $$
    SELECT round(sales.sold_cost(p_from, p_to, p_currency, p_zone, p_variants) * 365 / (p_to - p_from) * 100
                 / nullif((sales.stock_cost_at(p_from, p_currency, p_zone, p_variants)
                           + sales.stock_cost_at(p_to, p_currency, p_zone, p_variants)) / 2, 0))::bigint
$$;
COMMENT ON FUNCTION sales.stock_turns(date, date, text, text, uuid[]) IS
    'Stock turns in a year: the cost of what was sold in the period, as if it went on for 365 days, over the mean of what was on hand at its beginning and its end, at today''s cost; in hundredths, null without stock.';

CREATE FUNCTION sales.stock_days_left(p_from date, p_to date, p_currency text, p_zone text,
                                      p_variants uuid[] DEFAULT NULL)
RETURNS bigint
LANGUAGE sql STABLE AS $$
    SELECT round(sales.stock_cost_at(p_to, p_currency, p_zone, p_variants) * (p_to - p_from) * 100
                 / nullif(sales.sold_cost(p_from, p_to, p_currency, p_zone, p_variants), 0))::bigint
$$;
COMMENT ON FUNCTION sales.stock_days_left(date, date, text, text, uuid[]) IS
    'Days that the stock lasts: what was on hand at the end of the period over what was sold in it each day, both at today''s cost; in hundredths, null where nothing was sold.';

CREATE FUNCTION sales.out_of_stock_rate(p_variants uuid[] DEFAULT NULL) RETURNS bigint
LANGUAGE sql STABLE AS $$
    SELECT round(10000.0 * count(*) FILTER (WHERE coalesce(a.available, 0) <= 0) / nullif(count(*), 0))::bigint
      FROM products.stocked(p_variants, NULL) p
      LEFT JOIN sales.availability a ON a.variant_id = p.variant_id
     WHERE p.active
$$;
COMMENT ON FUNCTION sales.out_of_stock_rate(uuid[]) IS
    'The share of the variants for sale that keep stock, of these or of all, of which nothing is available at this moment; hundredths of a percent, null where there is none.';

CREATE FUNCTION sales.out_of_stock_time(p_from date, p_to date, p_zone text, p_variants uuid[] DEFAULT NULL)
RETURNS bigint
LANGUAGE sql STABLE AS $$
    WITH span AS MATERIALIZED (
        SELECT p_from::timestamp AT TIME ZONE p_zone AS begins, least(p_to::timestamp AT TIME ZONE p_zone, now()) AS ends),
    -- A variant is counted from when it first was in the ledger.
    kept AS MATERIALIZED (
        SELECT p.variant_id, greatest(f.created_at, s.begins) AS begins, s.ends
          FROM products.stocked(p_variants, NULL) p CROSS JOIN span s
         CROSS JOIN LATERAL (SELECT m.created_at FROM sales.stock_movements m
                              WHERE m.variant_id = p.variant_id ORDER BY m.id LIMIT 1) AS f
         WHERE p.active AND greatest(f.created_at, s.begins) < s.ends),
    moved AS MATERIALIZED (
        SELECT m.variant_id, m.created_at, sum(m.on_hand - m.reserved) AS change
          FROM sales.stock_movements m
         WHERE m.created_at >= (SELECT begins FROM span) AND m.location <> 'expected' GROUP BY m.variant_id, m.created_at),
    steps AS (
        SELECT k.variant_id, k.begins AS at,
               coalesce(a.available, 0) - coalesce(since.change, 0) AS change
          FROM kept k LEFT JOIN sales.availability a ON a.variant_id = k.variant_id
          LEFT JOIN (SELECT m.variant_id, sum(m.change) AS change FROM moved m GROUP BY m.variant_id) AS since
               ON since.variant_id = k.variant_id
        UNION ALL
        SELECT m.variant_id, m.created_at, m.change
          FROM moved m JOIN kept k ON k.variant_id = m.variant_id WHERE m.created_at < k.ends),
    levels AS (
        SELECT t.variant_id, t.at, sum(t.change) OVER (PARTITION BY t.variant_id ORDER BY t.at) AS available,
               lead(t.at) OVER (PARTITION BY t.variant_id ORDER BY t.at) AS until
          FROM steps t)
    SELECT round(10000 * coalesce(sum(extract(epoch FROM coalesce(l.until, k.ends) - l.at)) FILTER (WHERE l.available <= 0), 0)
                 / sum(extract(epoch FROM coalesce(l.until, k.ends) - l.at)))::bigint
      FROM levels l JOIN kept k ON k.variant_id = l.variant_id
$$;
COMMENT ON FUNCTION sales.out_of_stock_time(date, date, text, uuid[]) IS
    'The share of the time of a period, up to now, during which nothing was available of a variant for sale that keeps stock, over all of them from when each first came into the ledger; hundredths of a percent, null where there is none.';

-- Rights -------------------------------------------------------------------------------------

GRANT SELECT ON sales.sold_pieces, sales.sold_ahead TO vendas_sales;
REVOKE ALL ON FUNCTION products.stocked(uuid[], text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION products.stocked(uuid[], text) TO vendas_sales;
REVOKE ALL ON FUNCTION sales.stock_at(timestamptz, uuid[]), sales.stock_layers(), sales.stock_report_level(text),
    sales.stock_report_value(text, text), sales.stock_report_low(int, int, text),
    sales.stock_report_dead(int, text, text), sales.stock_report_ageing(text, text),
    sales.smooth(int[], int[], int, int, boolean), sales.fit(int[], int[], int),
    sales.forecast(int, uuid[], text),
    sales.stock_report_forecast(int, text, text), sales.stock_report_reorder(int, int, text, text),
    sales.sold_cost(date, date, text, text, uuid[]), sales.stock_cost_at(date, text, text, uuid[]),
    sales.stock_turns(date, date, text, text, uuid[]), sales.stock_days_left(date, date, text, text, uuid[]),
    sales.out_of_stock_rate(uuid[]), sales.out_of_stock_time(date, date, text, uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sales.stock_at(timestamptz, uuid[]), sales.stock_layers(), sales.stock_report_level(text),
    sales.stock_report_value(text, text), sales.stock_report_low(int, int, text),
    sales.stock_report_dead(int, text, text), sales.stock_report_ageing(text, text),
    sales.smooth(int[], int[], int, int, boolean), sales.fit(int[], int[], int),
    sales.forecast(int, uuid[], text),
    sales.stock_report_forecast(int, text, text), sales.stock_report_reorder(int, int, text, text),
    sales.sold_cost(date, date, text, text, uuid[]), sales.stock_cost_at(date, text, text, uuid[]),
    sales.stock_turns(date, date, text, text, uuid[]), sales.stock_days_left(date, date, text, text, uuid[]),
    sales.out_of_stock_rate(uuid[]), sales.out_of_stock_time(date, date, text, uuid[]) TO vendas_sales;
