-- Reports, the facts: what reports know of one order, and of money that went back: functions of the tables of
-- orders, payments and books alone. The next file adds them up.
--
--     orders, payments, parcels  --triggers-->  rollup_queue  --roll_up()-->  facts, rollups
--
-- The queue is written in the transaction of the change, like the outbox: it is this service's own, as
-- subscribers hear of a refund by the status it leads to, and reports need each.
--
-- An order counts on the day it was paid, and money that goes back on the day it goes: what was reported once
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

-- Rights -------------------------------------------------------------------------------------

GRANT SELECT ON sales.rollup_queue, sales.order_facts, sales.refund_facts TO vendas_sales;
REVOKE ALL ON FUNCTION products.cost_of(uuid), sales.note_cost(), sales.queue_order(), sales.queue_parcel(),
    sales.queue_money(), sales.facts_of(uuid[], text), sales.refund_facts_of(uuid[], text),
    sales.count_order(sales.order_facts), sales.count_refund(sales.refund_facts),
    sales.count_lines(sales.order_facts), sales.count_refund_lines(sales.refund_facts) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION products.cost_of(uuid), sales.count_order(sales.order_facts),
    sales.count_refund(sales.refund_facts), sales.count_lines(sales.order_facts),
    sales.count_refund_lines(sales.refund_facts) TO vendas_sales;

-- Where a customer lives stands in the order, and so in what is counted of it.
SELECT registry.classify(t, class, columns, whose, kept) FROM (VALUES
    ('sales.order_items', 'neither', 'cost', NULL, NULL),
    ('sales.rollup_queue', 'neither', 'id order_id', NULL, NULL),
    ('sales.order_facts', 'neither',
     'order_id user_id gateway coupons placed_day paid_at paid_day paid_hour is_first is_canceled is_expired shipped_day '
        || 'ship_seconds units gross discount freight tax cost costed', NULL, NULL),
    ('sales.refund_facts', 'neither', 'posting order_id user_id gateway coupons day hour total before refunded', NULL, NULL),
    ('sales.order_facts', 'personal', 'state', 'user_id', 'tax law, with the order'),
    ('sales.refund_facts', 'personal', 'state', 'user_id', 'tax law, with the order')
) AS register (t, class, columns, whose, kept);
