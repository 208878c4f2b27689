-- Reports, the figures: what was sold and what went back, counted once by day and by what people ask for, so
-- that a year's report reads some thousand rows however many orders there are.
--
--     orders, payments, parcels  --triggers-->  rollup_queue  --roll_up()-->  facts, rollups
--
-- A fact is what reports know of one order, or of money that went back: a function of the tables of orders and
-- payments alone. The rollups are sums of facts. roll_up() takes the facts of an order anew whenever it has
-- changed and adds the difference, so neither order nor number of changes matters; rebuild_rollups() begins
-- with nothing and comes to the same. The queue is written in the transaction of the change, like the outbox:
-- it is this service's own, as subscribers hear of a refund by the status it leads to, and reports need each.
--
-- An order counts on the day it was paid, and money that goes back on the day it went: what was reported once
-- stays as it was. Days and hours are those of the shop's time zone.

-- What a piece cost the shop when it was sold ------------------------------------------------

ALTER TABLE sales.order_items
    ADD COLUMN cost bigint CONSTRAINT order_items_cost_not_negative CHECK (cost >= 0);
COMMENT ON COLUMN sales.order_items.cost IS 'what a piece cost the shop when it was ordered, minor units; null: not known';

CREATE FUNCTION products.cost_of(p_variant uuid) RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    RETURN (SELECT coalesce(v.cost, p.cost)
              FROM products.variants v JOIN products.products p ON p.id = v.product_id WHERE v.id = p_variant);
END
$$;
COMMENT ON FUNCTION products.cost_of(uuid) IS 'Published to Sales: what a piece costs the shop today, minor units; null: not known.';

CREATE FUNCTION sales.note_cost() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    NEW.cost := products.cost_of(NEW.variant_id);
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION sales.note_cost() IS 'Writes down what a piece costs the shop in the moment in which it is ordered.';
CREATE TRIGGER order_items_cost BEFORE INSERT ON sales.order_items
    FOR EACH ROW WHEN (NEW.cost IS NULL) EXECUTE FUNCTION sales.note_cost();

-- What has to be counted ---------------------------------------------------------------------

CREATE TABLE sales.rollup_queue (
    id       bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT rollup_queue_pkey PRIMARY KEY,
    order_id uuid NOT NULL
);
COMMENT ON TABLE sales.rollup_queue IS 'Orders of which something has changed that reports count; an order may stand here several times.';
COMMENT ON COLUMN sales.rollup_queue.id IS 'rises';
COMMENT ON COLUMN sales.rollup_queue.order_id IS 'the order';

CREATE FUNCTION sales.queue_order() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    INSERT INTO sales.rollup_queue (order_id) VALUES (NEW.id);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION sales.queue_order() IS 'Has an order counted anew.';
CREATE TRIGGER orders_queue_new AFTER INSERT ON sales.orders
    FOR EACH ROW EXECUTE FUNCTION sales.queue_order();
CREATE TRIGGER orders_queue_changed AFTER UPDATE OF status, paid_at ON sales.orders FOR EACH ROW
    WHEN (NEW.status <> OLD.status OR NEW.paid_at IS DISTINCT FROM OLD.paid_at) EXECUTE FUNCTION sales.queue_order();

CREATE FUNCTION sales.queue_parcel() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    INSERT INTO sales.rollup_queue (order_id) VALUES (NEW.order_id);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION sales.queue_parcel() IS 'Has the order of a parcel counted anew.';
CREATE TRIGGER shipments_queue AFTER INSERT ON sales.shipments
    FOR EACH ROW EXECUTE FUNCTION sales.queue_parcel();

CREATE FUNCTION sales.queue_money() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    INSERT INTO sales.rollup_queue (order_id) SELECT order_id FROM sales.payments WHERE id = NEW.payment_id;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION sales.queue_money() IS 'Has the order counted anew that money came for, or went back of.';
CREATE TRIGGER money_entries_queue AFTER INSERT ON sales.money_entries
    FOR EACH ROW WHEN (NEW.account IN ('sales', 'refunds')) EXECUTE FUNCTION sales.queue_money();

-- Facts --------------------------------------------------------------------------------------

CREATE TABLE sales.order_facts (
    order_id     uuid CONSTRAINT order_facts_pkey PRIMARY KEY,
    user_id      uuid NOT NULL,
    state        char(2) NOT NULL,
    gateway      text NOT NULL,
    coupons      text[] NOT NULL,
    placed_day   date NOT NULL,
    paid_at      timestamptz,
    paid_day     date,
    paid_hour    int,
    is_first     boolean NOT NULL,
    is_canceled  boolean NOT NULL,
    is_expired   boolean NOT NULL,
    shipped_day  date,
    ship_seconds bigint,
    units        bigint NOT NULL,
    gross        bigint NOT NULL,
    discount     bigint NOT NULL,
    freight      bigint NOT NULL,
    tax          bigint NOT NULL,
    cost         bigint NOT NULL,
    costed       bigint NOT NULL
);
CREATE INDEX order_facts_day_idx ON sales.order_facts (paid_day);
CREATE INDEX order_facts_user_idx ON sales.order_facts (user_id, paid_day);
COMMENT ON TABLE sales.order_facts IS 'What reports know of an order: it counts on the day it was paid. Made by sales.facts_of() alone.';
COMMENT ON COLUMN sales.order_facts.order_id IS 'the order';
COMMENT ON COLUMN sales.order_facts.user_id IS 'who bought';
COMMENT ON COLUMN sales.order_facts.state IS 'UF of destination';
COMMENT ON COLUMN sales.order_facts.gateway IS 'by which most of the money came; - where there was nothing to pay, or nothing is paid';
COMMENT ON COLUMN sales.order_facts.coupons IS 'codes of the coupons used';
COMMENT ON COLUMN sales.order_facts.placed_day IS 'when ordered';
COMMENT ON COLUMN sales.order_facts.paid_at IS 'when paid; null: it has not been';
COMMENT ON COLUMN sales.order_facts.paid_day IS 'that day';
COMMENT ON COLUMN sales.order_facts.paid_hour IS 'hour of that day, 0 to 23';
COMMENT ON COLUMN sales.order_facts.is_first IS 'whether it was the first that its customer paid';
COMMENT ON COLUMN sales.order_facts.is_canceled IS 'whether it is canceled by now';
COMMENT ON COLUMN sales.order_facts.is_expired IS 'whether it has expired';
COMMENT ON COLUMN sales.order_facts.shipped_day IS 'when its first parcel left; null: none has';
COMMENT ON COLUMN sales.order_facts.ship_seconds IS 'from payment to the first parcel';
COMMENT ON COLUMN sales.order_facts.units IS 'pieces';
COMMENT ON COLUMN sales.order_facts.gross IS 'goods at their prices, minor units';
COMMENT ON COLUMN sales.order_facts.discount IS 'minor units';
COMMENT ON COLUMN sales.order_facts.freight IS 'minor units';
COMMENT ON COLUMN sales.order_facts.tax IS 'taxes added to the prices, minor units';
COMMENT ON COLUMN sales.order_facts.cost IS 'what the goods cost of which that is known, minor units';
COMMENT ON COLUMN sales.order_facts.costed IS 'revenue of these goods, minor units';

CREATE TABLE sales.refund_facts (
    posting  bigint CONSTRAINT refund_facts_pkey PRIMARY KEY,
    order_id uuid NOT NULL,
    user_id  uuid NOT NULL,
    state    char(2) NOT NULL,
    gateway  text NOT NULL,
    coupons  text[] NOT NULL,
    day      date NOT NULL,
    hour     int NOT NULL,
    total    bigint NOT NULL,
    before   bigint NOT NULL,
    refunded bigint NOT NULL
);
CREATE INDEX refund_facts_order_idx ON sales.refund_facts (order_id);
CREATE INDEX refund_facts_day_idx ON sales.refund_facts (day);
COMMENT ON TABLE sales.refund_facts IS 'Money of a paid order that went back, on the day it went. What was paid beyond an order''s total and went back is no refund of the sale. Made by sales.refund_facts_of() alone.';
COMMENT ON COLUMN sales.refund_facts.posting IS 'by which the books have it (money_entries)';
COMMENT ON COLUMN sales.refund_facts.order_id IS 'the order';
COMMENT ON COLUMN sales.refund_facts.user_id IS 'who bought';
COMMENT ON COLUMN sales.refund_facts.state IS 'UF of destination';
COMMENT ON COLUMN sales.refund_facts.gateway IS 'that of the order';
COMMENT ON COLUMN sales.refund_facts.coupons IS 'those of the order';
COMMENT ON COLUMN sales.refund_facts.day IS 'when';
COMMENT ON COLUMN sales.refund_facts.hour IS 'hour of that day';
COMMENT ON COLUMN sales.refund_facts.total IS 'the order''s total, minor units';
COMMENT ON COLUMN sales.refund_facts.before IS 'what had gone back of it before, minor units';
COMMENT ON COLUMN sales.refund_facts.refunded IS 'what went back; below zero: what a bank sent back to us';

CREATE FUNCTION sales.facts_of(p_orders uuid[], p_zone text) RETURNS SETOF sales.order_facts
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
    SELECT o.id, o.user_id, o.state, coalesce(paid.gateway, '-'),
           ARRAY(SELECT c->>'code' FROM jsonb_array_elements(coalesce(o.rules->'coupons', '[]')) AS c ORDER BY 1),
           (o.created_at AT TIME ZONE p_zone)::date, o.paid_at, (o.paid_at AT TIME ZONE p_zone)::date,
           extract(hour FROM o.paid_at AT TIME ZONE p_zone)::int,
           o.paid_at IS NOT NULL AND NOT EXISTS (
               SELECT FROM sales.orders e WHERE e.user_id = o.user_id AND (e.paid_at, e.id) < (o.paid_at, o.id)),
           o.status = 'canceled', o.status = 'expired',
           (sent.at AT TIME ZONE p_zone)::date, greatest(extract(epoch FROM sent.at - o.paid_at), 0)::bigint,
           i.units, o.items_total, o.discount, o.freight, o.tax, i.cost, i.costed
      FROM sales.orders o
     CROSS JOIN LATERAL (
           SELECT coalesce(sum(l.quantity), 0)::bigint AS units,
                  coalesce(sum(l.quantity * l.cost), 0)::bigint AS cost,
                  coalesce(sum(l.quantity * l.unit_price - l.discount) FILTER (WHERE l.cost IS NOT NULL), 0)::bigint
                      AS costed
             FROM sales.order_items l WHERE l.order_id = o.id) AS i
      LEFT JOIN LATERAL (
           SELECT p.gateway FROM sales.payments p WHERE p.order_id = o.id AND p.received_at IS NOT NULL
            ORDER BY p.received DESC, p.id LIMIT 1) AS paid ON true
      LEFT JOIN LATERAL (
           SELECT min(h.at) AS at FROM sales.shipments s
             JOIN sales.order_history h ON h.order_id = s.order_id AND h.version = s.version
            WHERE s.order_id = o.id AND o.paid_at IS NOT NULL) AS sent ON true
     WHERE o.id = ANY (p_orders)
$$;
COMMENT ON FUNCTION sales.facts_of(uuid[], text) IS 'What these orders are to reports, computed from the orders themselves.';

CREATE FUNCTION sales.refund_facts_of(p_orders uuid[], p_zone text) RETURNS SETOF sales.refund_facts
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
    WITH back AS (
        SELECT e.posting, p.order_id, e.at,
               sum(e.amount) OVER (PARTITION BY p.order_id ORDER BY e.posting) AS after, e.amount
          FROM sales.payments p JOIN sales.money_entries e ON e.payment_id = p.id AND e.account = 'refunds'
         WHERE p.order_id = ANY (p_orders)),
    counted AS (
        SELECT b.posting, b.order_id, o.user_id, o.state, o.total, b.at AT TIME ZONE p_zone AS at,
               least(greatest(b.after - b.amount - excess.amount, 0), o.total)::bigint AS before,
               least(greatest(b.after - excess.amount, 0), o.total)::bigint AS after
          FROM back b JOIN sales.orders o ON o.id = b.order_id
         CROSS JOIN LATERAL (SELECT greatest(sum(p.received) - o.total, 0) AS amount
                               FROM sales.payments p WHERE p.order_id = o.id) AS excess
         WHERE o.paid_at IS NOT NULL)
    SELECT c.posting, c.order_id, c.user_id, c.state, f.gateway, f.coupons, c.at::date, extract(hour FROM c.at)::int,
           c.total, c.before, c.after - c.before
      FROM counted c JOIN sales.facts_of(ARRAY(SELECT order_id FROM counted), p_zone) f ON f.order_id = c.order_id
     WHERE c.after <> c.before
$$;
COMMENT ON FUNCTION sales.refund_facts_of(uuid[], text) IS 'What went back of these orders, as reports count it, computed from the books.';

-- What a fact is in figures ------------------------------------------------------------------
-- Shared by the rollups and by reports of which the filters fit none of them.

CREATE TYPE sales.figures AS (
    day date, hour int, state text, gateway text, coupons text[], user_id uuid, product_id uuid, variant_id uuid,
    placed bigint, converted bigint, canceled bigint, expired bigint, shipped bigint, ship_seconds bigint,
    orders bigint, product_orders bigint, firsts bigint, units bigint, gross bigint, discount bigint, freight bigint,
    tax bigint, cost bigint, costed bigint, refunded bigint, refunds bigint);
COMMENT ON TYPE sales.figures IS 'What is counted, and where: amounts in minor units; product_orders: orders, once for each product in them.';

CREATE FUNCTION sales.count_order(f sales.order_facts) RETURNS SETOF sales.figures
LANGUAGE sql IMMUTABLE AS $$
    SELECT v.day, v.hour, f.state::text, f.gateway, f.coupons, f.user_id, NULL::uuid, NULL::uuid,
           v.placed, v.placed * (f.paid_at IS NOT NULL)::int, v.placed * f.is_canceled::int, v.placed * f.is_expired::int,
           v.shipped, v.ship_seconds,
           v.sold, v.sold, CASE WHEN f.is_first THEN v.sold ELSE 0 END, v.sold * f.units, v.sold * f.gross,
           v.sold * f.discount, v.sold * f.freight, v.sold * f.tax, v.sold * f.cost, v.sold * f.costed, 0::bigint, 0::bigint
      FROM (VALUES (f.placed_day, NULL::int, 1::bigint, 0::bigint, 0::bigint, 0::bigint),
                   (f.paid_day, f.paid_hour, 0, 0, 0, 1),
                   (f.shipped_day, NULL, 0, 1, f.ship_seconds, 0)) AS v (day, hour, placed, shipped, ship_seconds, sold)
     WHERE v.day IS NOT NULL
$$;
COMMENT ON FUNCTION sales.count_order(sales.order_facts) IS 'An order in figures, each on its day.';

CREATE FUNCTION sales.count_refund(f sales.refund_facts) RETURNS SETOF sales.figures
LANGUAGE sql IMMUTABLE AS $$
    SELECT f.day, f.hour, f.state::text, f.gateway, f.coupons, f.user_id, NULL::uuid, NULL::uuid,
           0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint,
           0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, f.refunded,
           CASE WHEN f.refunded > 0 THEN 1 ELSE -1 END::bigint
$$;
COMMENT ON FUNCTION sales.count_refund(sales.refund_facts) IS 'What went back, in figures.';

CREATE FUNCTION sales.count_lines(f sales.order_facts) RETURNS SETOF sales.figures
LANGUAGE sql STABLE AS $$
    SELECT f.paid_day, f.paid_hour, f.state::text, f.gateway, f.coupons, f.user_id, i.product_id, i.variant_id,
           0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint,
           CASE row_number() OVER (PARTITION BY i.variant_id ORDER BY i.position) WHEN 1 THEN 1 ELSE 0 END::bigint,
           CASE row_number() OVER (PARTITION BY i.product_id ORDER BY i.position) WHEN 1 THEN 1 ELSE 0 END::bigint,
           0::bigint, i.quantity::bigint, i.quantity * i.unit_price, i.discount, 0::bigint, i.tax,
           coalesce(i.quantity * i.cost, 0),
           CASE WHEN i.cost IS NULL THEN 0 ELSE i.quantity * i.unit_price - i.discount END, 0::bigint, 0::bigint
      FROM sales.order_items i WHERE i.order_id = f.order_id AND f.paid_day IS NOT NULL
$$;
COMMENT ON FUNCTION sales.count_lines(sales.order_facts) IS 'A paid order''s lines in figures; freight belongs to none of them.';

CREATE FUNCTION sales.count_refund_lines(f sales.refund_facts) RETURNS SETOF sales.figures
LANGUAGE sql STABLE AS $$
    SELECT f.day, f.hour, f.state::text, f.gateway, f.coupons, f.user_id, i.product_id, i.variant_id,
           0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint,
           0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint,
           (div((f.before + f.refunded) * i.upto, f.total) - div((f.before + f.refunded) * (i.upto - i.total), f.total)
            - div(f.before * i.upto, f.total) + div(f.before * (i.upto - i.total), f.total))::bigint, 0::bigint
      FROM (SELECT l.product_id, l.variant_id, l.total,
                   sum(l.total) OVER (ORDER BY l.position) AS upto
              FROM sales.order_items l WHERE l.order_id = f.order_id) AS i
$$;
COMMENT ON FUNCTION sales.count_refund_lines(sales.refund_facts) IS
    'What went back, shared among the lines of the order by what they came to; the rest is the freight''s. When all has gone back each has its own amount back, to the last centavo.';

-- Rollups ------------------------------------------------------------------------------------

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

GRANT SELECT ON sales.rollup_queue, sales.order_facts, sales.refund_facts, sales.rollup_orders,
    sales.rollup_order_months, sales.rollup_hours,
    sales.rollup_coupons, sales.rollup_customers, sales.rollup_variants, sales.rollup_variant_months,
    sales.rollup_state TO vendas_sales;
REVOKE ALL ON FUNCTION products.cost_of(uuid), sales.note_cost(), sales.queue_order(), sales.queue_parcel(),
    sales.queue_money(), sales.facts_of(uuid[], text), sales.refund_facts_of(uuid[], text),
    sales.count_order(sales.order_facts), sales.count_refund(sales.refund_facts),
    sales.count_lines(sales.order_facts), sales.count_refund_lines(sales.refund_facts), sales.rollups(),
    sales.rollup_sums(text[]), sales.total(bigint), sales.summed(text, text, text), sales.summed_up(text),
    sales.add_facts(sales.order_facts[], sales.order_facts[], sales.refund_facts[], sales.refund_facts[]),
    sales.count_orders(uuid[], text), sales.every_order(int), sales.rebuild_rollups(text), sales.roll_up(text, int),
    sales.fact_differences(text), sales.rollup_differences(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION products.cost_of(uuid), sales.count_order(sales.order_facts),
    sales.count_refund(sales.refund_facts), sales.count_lines(sales.order_facts),
    sales.count_refund_lines(sales.refund_facts), sales.total(bigint), sales.rebuild_rollups(text),
    sales.roll_up(text, int), sales.rollup_differences(text) TO vendas_sales;

SELECT registry.classify(t, 'neither', columns, NULL, NULL) FROM (VALUES
    ('sales.order_items', 'cost'),
    ('sales.rollup_queue', 'id order_id'),
    ('sales.order_facts', 'order_id user_id gateway coupons placed_day paid_at paid_day paid_hour is_first '
        || 'is_canceled is_expired shipped_day ship_seconds units gross discount freight tax cost costed'),
    ('sales.refund_facts', 'posting order_id user_id gateway coupons day hour total before refunded'),
    ('sales.rollup_orders', 'day state gateway orders product_orders firsts units gross discount freight tax cost costed '
        || 'refunded placed converted canceled expired shipped ship_seconds refunds'),
    ('sales.rollup_order_months', 'month state gateway orders product_orders firsts units gross discount freight tax cost costed '
        || 'refunded placed converted canceled expired shipped ship_seconds refunds'),
    ('sales.rollup_hours', 'day hour orders product_orders firsts units gross discount freight tax cost costed refunded'),
    ('sales.rollup_coupons', 'day coupon orders product_orders firsts units gross discount freight tax cost costed refunded'),
    ('sales.rollup_customers', 'month user_id orders product_orders firsts units gross discount freight tax cost costed refunded'),
    ('sales.rollup_variants', 'day variant_id product_id orders product_orders firsts units gross discount freight tax cost costed refunded'),
    ('sales.rollup_variant_months', 'month variant_id product_id orders product_orders firsts units gross discount freight tax cost costed refunded'),
    ('sales.rollup_state', 'one zone rebuilt_at')
) AS register (t, columns);
-- Where a customer lives stands in the order, and so in what is counted of it.
SELECT registry.classify(t, 'personal', 'state', 'user_id', 'tax law, with the order')
  FROM unnest(ARRAY['sales.order_facts', 'sales.refund_facts']) AS t;
