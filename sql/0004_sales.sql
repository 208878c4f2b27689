-- Sales: stock, orders and payments. Money is integer minor units (centavos).
-- Locks are taken in one order everywhere: the order's row, then stock by variant id.

CREATE SCHEMA sales;
COMMENT ON SCHEMA sales IS 'Service Sales: stock, quotes, orders, payments, reports.';
GRANT USAGE ON SCHEMA sales TO vendas_sales, vendas_products;

-- Stock --------------------------------------------------------------------------------------

CREATE TABLE sales.stock_levels (
    variant_id uuid CONSTRAINT stock_levels_pkey PRIMARY KEY,
    on_hand    int NOT NULL DEFAULT 0,
    reserved   int NOT NULL DEFAULT 0 CONSTRAINT stock_levels_reserved_not_negative CHECK (reserved >= 0),
    CONSTRAINT stock_levels_never_oversold CHECK (on_hand >= reserved)
) WITH (fillfactor = 70);
COMMENT ON TABLE sales.stock_levels IS 'What the ledger adds up to. Written by its trigger alone.';
COMMENT ON COLUMN sales.stock_levels.variant_id IS 'a variant of Products';
COMMENT ON COLUMN sales.stock_levels.on_hand IS 'pieces in the shop: the sum of the ledger';
COMMENT ON COLUMN sales.stock_levels.reserved IS 'pieces promised to unpaid orders: the sum of reservations';

CREATE TABLE sales.stock_movements (
    id         uuid CONSTRAINT stock_movements_pkey PRIMARY KEY DEFAULT shared.uuid7(),
    variant_id uuid NOT NULL,
    kind       text NOT NULL CONSTRAINT stock_movements_kind_known
               CHECK (kind IN ('receive', 'adjust', 'count', 'reserve', 'release', 'commit', 'return')),
    on_hand    int NOT NULL,
    reserved   int NOT NULL,
    order_id   uuid,
    actor      uuid,
    reason     text,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT stock_movements_kind_moves CHECK (CASE kind
        WHEN 'reserve' THEN on_hand = 0 AND reserved > 0
        WHEN 'release' THEN on_hand = 0 AND reserved < 0
        WHEN 'commit' THEN on_hand < 0 AND reserved = on_hand
        WHEN 'receive' THEN on_hand > 0 AND reserved = 0
        WHEN 'return' THEN on_hand > 0 AND reserved = 0
        ELSE reserved = 0 END)
);
CREATE INDEX stock_movements_variant_idx ON sales.stock_movements (variant_id, id);
COMMENT ON TABLE sales.stock_movements IS 'The ledger of stock; append-only.';
COMMENT ON COLUMN sales.stock_movements.id IS 'UUIDv7, so the order of writing';
COMMENT ON COLUMN sales.stock_movements.variant_id IS 'what moved';
COMMENT ON COLUMN sales.stock_movements.kind IS 'why it moved';
COMMENT ON COLUMN sales.stock_movements.on_hand IS 'change of pieces in the shop';
COMMENT ON COLUMN sales.stock_movements.reserved IS 'change of pieces promised';
COMMENT ON COLUMN sales.stock_movements.order_id IS 'the order that moved it, if one did';
COMMENT ON COLUMN sales.stock_movements.actor IS 'who; null: a job';
COMMENT ON COLUMN sales.stock_movements.reason IS 'in words';
COMMENT ON COLUMN sales.stock_movements.created_at IS 'when';

CREATE VIEW sales.availability AS
SELECT variant_id, on_hand - reserved AS available FROM sales.stock_levels;
COMMENT ON VIEW sales.availability IS
    'Published to Products: what can be sold at this moment. A view, not a function, so that it joins at the price of an index look-up.';
GRANT SELECT ON sales.availability TO vendas_products;

CREATE FUNCTION sales.apply_movement() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    after sales.stock_levels;
    available int;
BEGIN
    UPDATE sales.stock_levels SET on_hand = on_hand + NEW.on_hand, reserved = reserved + NEW.reserved
     WHERE variant_id = NEW.variant_id RETURNING * INTO after;
    IF NOT FOUND THEN
        INSERT INTO sales.stock_levels AS l (variant_id, on_hand, reserved)
        VALUES (NEW.variant_id, NEW.on_hand, NEW.reserved)
        ON CONFLICT (variant_id) DO UPDATE
           SET on_hand = l.on_hand + NEW.on_hand, reserved = l.reserved + NEW.reserved
        RETURNING * INTO after;
    END IF;
    available := after.on_hand - after.reserved;
    IF (available = 0) <> (available - NEW.on_hand + NEW.reserved = 0) THEN
        PERFORM products.set_in_stock(NEW.variant_id, available > 0);
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION sales.apply_movement() IS 'Carries a ledger row into the level, whose constraints refuse to go below zero.';
CREATE TRIGGER stock_movements_apply AFTER INSERT ON sales.stock_movements
    FOR EACH ROW EXECUTE FUNCTION sales.apply_movement();

CREATE FUNCTION sales.lock_level(p_variant uuid) RETURNS sales.stock_levels
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    level sales.stock_levels;
BEGIN
    SELECT * INTO level FROM sales.stock_levels WHERE variant_id = p_variant FOR UPDATE;
    IF NOT FOUND THEN
        -- A row that is not there can't be locked: the first to come makes it.
        INSERT INTO sales.stock_levels (variant_id) VALUES (p_variant)
        ON CONFLICT ON CONSTRAINT stock_levels_pkey DO NOTHING;
        SELECT * INTO level FROM sales.stock_levels WHERE variant_id = p_variant FOR UPDATE;
    END IF;
    RETURN level;
END
$$;
COMMENT ON FUNCTION sales.lock_level(uuid) IS
    'A variant''s level, which stays as it is for everybody else until the transaction ends. Runs as the owner: locking takes the right to change, which the service has not.';

CREATE FUNCTION sales.level_json(p_variant uuid) RETURNS json
LANGUAGE sql STABLE AS $$
    SELECT json_build_object('variant_id', p_variant, 'on_hand', coalesce(max(on_hand), 0),
                             'reserved', coalesce(max(reserved), 0),
                             'available', coalesce(max(on_hand - reserved), 0))
      FROM sales.stock_levels WHERE variant_id = p_variant
$$;
COMMENT ON FUNCTION sales.level_json(uuid) IS 'A level as the API shows it.';

-- Idempotency --------------------------------------------------------------------------------

CREATE TABLE sales.idempotency_keys (
    caller     uuid NOT NULL,
    key        text NOT NULL CONSTRAINT idempotency_keys_length CHECK (length(key) BETWEEN 1 AND 255),
    request    bytea NOT NULL,
    answer     json NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT idempotency_keys_pkey PRIMARY KEY (caller, key)
);
CREATE INDEX idempotency_keys_age_idx ON sales.idempotency_keys (created_at);
COMMENT ON TABLE sales.idempotency_keys IS 'First answers of requests that carried an Idempotency-Key, kept 24 hours.';
COMMENT ON COLUMN sales.idempotency_keys.caller IS 'the user who sent it; keys of others never meet';
COMMENT ON COLUMN sales.idempotency_keys.key IS 'the key';
COMMENT ON COLUMN sales.idempotency_keys.request IS 'SHA-256 of method, path and body';
COMMENT ON COLUMN sales.idempotency_keys.answer IS 'what was answered';
COMMENT ON COLUMN sales.idempotency_keys.created_at IS 'when first answered';

CREATE FUNCTION sales.idempotent_answer(p_caller uuid, p_key text, p_request bytea) RETURNS json
LANGUAGE plpgsql AS $$
DECLARE
    kept sales.idempotency_keys;
BEGIN
    -- The lock lives as long as the transaction: a killed worker leaves no key "still running".
    IF NOT pg_try_advisory_xact_lock(hashtextextended(p_caller || p_key, 0)) THEN
        PERFORM shared.fail(409, 'idempotency_key_in_use');
    END IF;
    SELECT * INTO kept FROM sales.idempotency_keys
     WHERE caller = p_caller AND key = p_key AND created_at > now() - interval '24 hours';
    IF kept.request <> p_request THEN
        PERFORM shared.fail(422, 'idempotency_key_reused');
    END IF;
    RETURN kept.answer;
END
$$;
COMMENT ON FUNCTION sales.idempotent_answer(uuid, text, bytea) IS
    'The answer kept for this request, or null: then do the work and keep its answer in the same transaction.';

CREATE FUNCTION sales.keep_answer(p_caller uuid, p_key text, p_request bytea, p_answer json) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO sales.idempotency_keys (caller, key, request, answer)
    VALUES (p_caller, p_key, p_request, p_answer)
    ON CONFLICT ON CONSTRAINT idempotency_keys_pkey
    DO UPDATE SET request = excluded.request, answer = excluded.answer, created_at = now()
$$;
COMMENT ON FUNCTION sales.keep_answer(uuid, text, bytea, json) IS 'Keeps an answer for 24 hours; takes the place of an older one.';

-- Freight and tax rules ----------------------------------------------------------------------

CREATE TABLE sales.freight_rules (
    id         uuid CONSTRAINT freight_rules_pkey PRIMARY KEY DEFAULT shared.uuid7(),
    service    text NOT NULL CONSTRAINT freight_rules_service_format CHECK (service ~ '^[a-z0-9_-]{1,40}$'),
    name       text NOT NULL,
    states     char(2)[] NOT NULL CONSTRAINT freight_rules_states_given CHECK (cardinality(states) > 0),
    base       bigint NOT NULL CONSTRAINT freight_rules_base_not_negative CHECK (base >= 0),
    per_kg     bigint NOT NULL CONSTRAINT freight_rules_per_kg_not_negative CHECK (per_kg >= 0),
    free_above bigint CONSTRAINT freight_rules_free_above_positive CHECK (free_above > 0),
    days       int NOT NULL CONSTRAINT freight_rules_days_range CHECK (days BETWEEN 0 AND 120)
);
COMMENT ON TABLE sales.freight_rules IS 'What carrying costs, by service and state of destination.';
COMMENT ON COLUMN sales.freight_rules.id IS 'UUIDv7';
COMMENT ON COLUMN sales.freight_rules.service IS 'name as the API uses it, such as standard';
COMMENT ON COLUMN sales.freight_rules.name IS 'name for people';
COMMENT ON COLUMN sales.freight_rules.states IS 'UFs it goes to; a state has at most one rule per service';
COMMENT ON COLUMN sales.freight_rules.base IS 'minor units per parcel';
COMMENT ON COLUMN sales.freight_rules.per_kg IS 'minor units per kilogram begun';
COMMENT ON COLUMN sales.freight_rules.free_above IS 'minor units of items from which it is free; null: never';
COMMENT ON COLUMN sales.freight_rules.days IS 'working days to the door';

CREATE TABLE sales.tax_rules (
    id         uuid CONSTRAINT tax_rules_pkey PRIMARY KEY DEFAULT shared.uuid7(),
    code       text NOT NULL,
    state      char(2) NOT NULL,
    rate_bp    int NOT NULL CONSTRAINT tax_rules_rate_range CHECK (rate_bp BETWEEN 0 AND 10000),
    included   boolean NOT NULL,
    valid_from date NOT NULL,
    valid_to   date CONSTRAINT tax_rules_period CHECK (valid_to > valid_from),
    CONSTRAINT tax_rules_unique UNIQUE (code, state, valid_from)
);
COMMENT ON TABLE sales.tax_rules IS 'Estimated taxes by state of destination and date. No rate is a constant in C.';
COMMENT ON COLUMN sales.tax_rules.id IS 'UUIDv7';
COMMENT ON COLUMN sales.tax_rules.code IS 'name of the tax, such as ICMS';
COMMENT ON COLUMN sales.tax_rules.state IS 'UF of destination';
COMMENT ON COLUMN sales.tax_rules.rate_bp IS 'rate in hundredths of a percent';
COMMENT ON COLUMN sales.tax_rules.included IS 'true: part of the price, shown only; false: added to it';
COMMENT ON COLUMN sales.tax_rules.valid_from IS 'first day; of several rules for one tax and state the latest begun counts';
COMMENT ON COLUMN sales.tax_rules.valid_to IS 'the day after the last; null: open';

-- A shop can sell on its first day; these are to be changed to its own contracts and taxes.
INSERT INTO sales.freight_rules (service, name, states, base, per_kg, free_above, days)
SELECT service, label, states, round(base * factor), round(per_kg * factor), free, ceil(days / speed)
  FROM (VALUES
        (ARRAY['SP'], 1490, 200, 19900, 3),
        (ARRAY['RJ', 'MG', 'ES'], 1990, 300, 29900, 5),
        (ARRAY['PR', 'SC', 'RS'], 2290, 350, 29900, 6),
        (ARRAY['DF', 'GO', 'MS', 'MT'], 2790, 450, 39900, 8),
        (ARRAY['AL', 'BA', 'CE', 'MA', 'PB', 'PE', 'PI', 'RN', 'SE'], 3290, 600, 49900, 10),
        (ARRAY['AC', 'AM', 'AP', 'PA', 'RO', 'RR', 'TO'], 3990, 900, 59900, 14)
       ) AS region (states, base, per_kg, free_above, days)
 CROSS JOIN LATERAL (VALUES ('standard', 'Econômico', 1.0, 1.0, free_above),
                            ('express', 'Expresso', 2.0, 2.0, NULL)
       ) AS offer (service, label, factor, speed, free);

-- Internal ICMS rates of 2025 as published at
-- https://rolmyjuncontabilidade.com.br/fiscal-e-tributario/aliquota-icms-guia-completo-com-tabela-atualizada
-- A secondary source, and other states are not in it: estimates, to be checked by an accountant.
INSERT INTO sales.tax_rules (code, state, rate_bp, included, valid_from)
SELECT 'ICMS', state, rate_bp, true, date '2025-01-01'
  FROM (VALUES ('AC', 1900), ('AL', 1900), ('AP', 1800), ('AM', 2000), ('BA', 2050), ('CE', 2000),
               ('DF', 2000), ('ES', 1700), ('GO', 1900), ('MA', 2200), ('MT', 1700), ('MS', 1700),
               ('MG', 1800), ('PA', 1900)) AS rates (state, rate_bp);

CREATE FUNCTION sales.pricing_facts(p_variants uuid[], p_state text, p_today date) RETURNS json
LANGUAGE sql STABLE AS $$
    SELECT json_build_object(
        'products', (SELECT coalesce(json_agg(f), '[]') FROM products.for_sale(p_variants) AS f),
        'freight', (SELECT coalesce(json_agg(r ORDER BY r.base, r.service), '[]')
                      FROM (SELECT service, name, base, per_kg, free_above, days
                              FROM sales.freight_rules WHERE p_state = ANY (states)) AS r),
        'taxes', (SELECT coalesce(json_agg(t ORDER BY t.code), '[]')
                    FROM (SELECT DISTINCT ON (code) code, rate_bp, included FROM sales.tax_rules
                           WHERE state = p_state AND valid_from <= p_today
                             AND (valid_to IS NULL OR p_today < valid_to)
                           ORDER BY code, valid_from DESC) AS t))
$$;
COMMENT ON FUNCTION sales.pricing_facts(uuid[], text, date) IS 'All that lib/sales/pricing needs to add up a quote or an order, in one round trip.';

-- Orders -------------------------------------------------------------------------------------

CREATE SEQUENCE sales.order_number START 1001;

CREATE TABLE sales.orders (
    id               uuid CONSTRAINT orders_pkey PRIMARY KEY DEFAULT shared.uuid7(),
    number           bigint NOT NULL DEFAULT nextval('sales.order_number') CONSTRAINT orders_number_unique UNIQUE,
    user_id          uuid NOT NULL,
    customer_name    text NOT NULL,
    status           text NOT NULL DEFAULT 'pending' CONSTRAINT orders_status_known
                     CHECK (status IN ('pending', 'paid', 'shipped', 'delivered', 'canceled', 'expired',
                                       'refunded', 'partially_refunded', 'returned')),
    currency         char(3) NOT NULL,
    items_total      bigint NOT NULL,
    discount         bigint NOT NULL DEFAULT 0,
    freight          bigint NOT NULL,
    tax              bigint NOT NULL,
    total            bigint NOT NULL,
    tax_lines        jsonb NOT NULL DEFAULT '[]',
    freight_service  text NOT NULL,
    freight_days     int NOT NULL,
    shipping_address jsonb NOT NULL,
    state            char(2) NOT NULL,
    created_at       timestamptz NOT NULL DEFAULT now(),
    updated_at       timestamptz NOT NULL DEFAULT now(),
    expires_at       timestamptz NOT NULL,
    paid_at          timestamptz,
    version          int NOT NULL DEFAULT 1,
    CONSTRAINT orders_total_adds_up CHECK (total = items_total - discount + freight + tax),
    CONSTRAINT orders_amounts_not_negative CHECK (least(items_total, discount, freight, tax, total) >= 0),
    CONSTRAINT orders_paid_has_time CHECK (status IN ('pending', 'expired', 'canceled') OR paid_at IS NOT NULL)
) WITH (fillfactor = 85);
CREATE INDEX orders_user_idx ON sales.orders (user_id, created_at DESC, id DESC);
CREATE INDEX orders_newest_idx ON sales.orders (created_at DESC, id DESC);
CREATE INDEX orders_status_idx ON sales.orders (status, created_at DESC, id DESC);
CREATE INDEX orders_expiry_idx ON sales.orders (expires_at) WHERE status = 'pending';
CREATE INDEX orders_paid_idx ON sales.orders (paid_at) WHERE paid_at IS NOT NULL;
COMMENT ON TABLE sales.orders IS 'Orders, with everything they were computed from frozen in them.';
COMMENT ON COLUMN sales.orders.id IS 'UUIDv7';
COMMENT ON COLUMN sales.orders.number IS 'number that people say; gaps are possible';
COMMENT ON COLUMN sales.orders.user_id IS 'who bought, a user of Registry';
COMMENT ON COLUMN sales.orders.customer_name IS 'the buyer''s name at that time';
COMMENT ON COLUMN sales.orders.status IS 'where it stands; see order_transitions';
COMMENT ON COLUMN sales.orders.currency IS 'ISO 4217';
COMMENT ON COLUMN sales.orders.items_total IS 'sum of quantity times unit price, minor units';
COMMENT ON COLUMN sales.orders.discount IS 'minor units';
COMMENT ON COLUMN sales.orders.freight IS 'minor units';
COMMENT ON COLUMN sales.orders.tax IS 'taxes added to the prices, minor units';
COMMENT ON COLUMN sales.orders.total IS 'what is to be paid, minor units';
COMMENT ON COLUMN sales.orders.tax_lines IS 'estimated taxes: [{code, base, rate_bp, amount, included}]';
COMMENT ON COLUMN sales.orders.freight_service IS 'service chosen';
COMMENT ON COLUMN sales.orders.freight_days IS 'working days promised';
COMMENT ON COLUMN sales.orders.shipping_address IS 'where it goes';
COMMENT ON COLUMN sales.orders.state IS 'UF of destination, for reports';
COMMENT ON COLUMN sales.orders.created_at IS 'when placed';
COMMENT ON COLUMN sales.orders.updated_at IS 'when last changed';
COMMENT ON COLUMN sales.orders.expires_at IS 'when its stock is let go if it is still unpaid';
COMMENT ON COLUMN sales.orders.paid_at IS 'when paid';
COMMENT ON COLUMN sales.orders.version IS 'rises with each change; the ETag';

CREATE TABLE sales.order_items (
    order_id   uuid NOT NULL CONSTRAINT order_items_order_fkey REFERENCES sales.orders,
    position   int NOT NULL,
    variant_id uuid NOT NULL,
    product_id uuid NOT NULL,
    sku        text NOT NULL,
    name       text NOT NULL,
    quantity   int NOT NULL CONSTRAINT order_items_quantity_range CHECK (quantity BETWEEN 1 AND 10000),
    unit_price bigint NOT NULL CONSTRAINT order_items_price_not_negative CHECK (unit_price >= 0),
    discount   bigint NOT NULL DEFAULT 0,
    tax        bigint NOT NULL DEFAULT 0,
    total      bigint NOT NULL,
    CONSTRAINT order_items_pkey PRIMARY KEY (order_id, position),
    CONSTRAINT order_items_total_adds_up CHECK (total = quantity * unit_price - discount + tax)
);
CREATE INDEX order_items_variant_idx ON sales.order_items (variant_id);
COMMENT ON TABLE sales.order_items IS 'Lines of orders, as sold.';
COMMENT ON COLUMN sales.order_items.order_id IS 'the order';
COMMENT ON COLUMN sales.order_items.position IS 'from 0, as ordered';
COMMENT ON COLUMN sales.order_items.variant_id IS 'what was sold';
COMMENT ON COLUMN sales.order_items.product_id IS 'the product it is a form of';
COMMENT ON COLUMN sales.order_items.sku IS 'its code at that time';
COMMENT ON COLUMN sales.order_items.name IS 'its name at that time';
COMMENT ON COLUMN sales.order_items.quantity IS 'pieces';
COMMENT ON COLUMN sales.order_items.unit_price IS 'minor units, at that time';
COMMENT ON COLUMN sales.order_items.discount IS 'minor units, of the line';
COMMENT ON COLUMN sales.order_items.tax IS 'taxes added to the line, minor units';
COMMENT ON COLUMN sales.order_items.total IS 'minor units, of the line';

CREATE TABLE sales.order_history (
    order_id    uuid NOT NULL CONSTRAINT order_history_order_fkey REFERENCES sales.orders,
    version     int NOT NULL,
    at          timestamptz NOT NULL DEFAULT now(),
    actor       uuid,
    from_status text,
    to_status   text NOT NULL,
    reason      text,
    CONSTRAINT order_history_pkey PRIMARY KEY (order_id, version)
);
COMMENT ON TABLE sales.order_history IS 'Every change of an order''s status; append-only.';
COMMENT ON COLUMN sales.order_history.order_id IS 'the order';
COMMENT ON COLUMN sales.order_history.version IS 'the order''s version that the change made, and so their sequence';
COMMENT ON COLUMN sales.order_history.at IS 'when';
COMMENT ON COLUMN sales.order_history.actor IS 'who; null: a job';
COMMENT ON COLUMN sales.order_history.from_status IS 'before; null: placed';
COMMENT ON COLUMN sales.order_history.to_status IS 'after';
COMMENT ON COLUMN sales.order_history.reason IS 'why, in words';

CREATE TABLE sales.order_transitions (
    from_status text NOT NULL,
    to_status   text NOT NULL,
    CONSTRAINT order_transitions_pkey PRIMARY KEY (from_status, to_status)
);
COMMENT ON TABLE sales.order_transitions IS 'The order''s state machine: the changes that are legal.';
COMMENT ON COLUMN sales.order_transitions.from_status IS 'before';
COMMENT ON COLUMN sales.order_transitions.to_status IS 'after';
INSERT INTO sales.order_transitions VALUES
    ('pending', 'paid'), ('pending', 'canceled'), ('pending', 'expired'),
    ('paid', 'shipped'), ('paid', 'canceled'), ('paid', 'refunded'), ('paid', 'partially_refunded'),
    ('partially_refunded', 'shipped'), ('partially_refunded', 'refunded'),
    ('shipped', 'delivered'), ('delivered', 'returned'), ('delivered', 'refunded'),
    ('delivered', 'partially_refunded'), ('returned', 'refunded');

CREATE TABLE sales.reservations (
    order_id   uuid NOT NULL CONSTRAINT reservations_order_fkey REFERENCES sales.orders,
    variant_id uuid NOT NULL,
    quantity   int NOT NULL CONSTRAINT reservations_quantity_positive CHECK (quantity > 0),
    CONSTRAINT reservations_pkey PRIMARY KEY (order_id, variant_id)
);
COMMENT ON TABLE sales.reservations IS 'Stock promised to unpaid orders; a row goes when it is released or committed.';
COMMENT ON COLUMN sales.reservations.order_id IS 'the order';
COMMENT ON COLUMN sales.reservations.variant_id IS 'what is promised';
COMMENT ON COLUMN sales.reservations.quantity IS 'pieces';

CREATE TABLE sales.payments (
    id          uuid CONSTRAINT payments_pkey PRIMARY KEY DEFAULT shared.uuid7(),
    order_id    uuid NOT NULL CONSTRAINT payments_order_fkey REFERENCES sales.orders,
    gateway     text NOT NULL,
    method      text NOT NULL,
    status      text NOT NULL DEFAULT 'pending' CONSTRAINT payments_status_known
                CHECK (status IN ('pending', 'authorized', 'captured', 'failed', 'canceled', 'refunded',
                                  'partially_refunded')),
    amount      bigint NOT NULL CONSTRAINT payments_amount_positive CHECK (amount >= 0),
    currency    char(3) NOT NULL,
    next_action jsonb,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX payments_order_idx ON sales.payments (order_id, id);
CREATE UNIQUE INDEX payments_one_open ON sales.payments (order_id)
    WHERE status IN ('pending', 'authorized', 'captured');
COMMENT ON TABLE sales.payments IS 'Attempts to pay for orders; an order has at most one that is open or has succeeded.';
COMMENT ON COLUMN sales.payments.id IS 'UUIDv7';
COMMENT ON COLUMN sales.payments.order_id IS 'what is paid for';
COMMENT ON COLUMN sales.payments.gateway IS 'who carries it out, such as manual';
COMMENT ON COLUMN sales.payments.method IS 'how, such as bank_transfer';
COMMENT ON COLUMN sales.payments.status IS 'where it stands';
COMMENT ON COLUMN sales.payments.amount IS 'minor units';
COMMENT ON COLUMN sales.payments.currency IS 'ISO 4217';
COMMENT ON COLUMN sales.payments.next_action IS 'what the buyer has to do';
COMMENT ON COLUMN sales.payments.created_at IS 'when begun';
COMMENT ON COLUMN sales.payments.updated_at IS 'when last changed';

CREATE VIEW sales.order_documents AS
SELECT o.id, o.user_id, o.status, o.created_at, o.version, json_build_object(
    'id', o.id, 'number', o.number, 'status', o.status, 'currency', o.currency,
    'customer', json_build_object('id', o.user_id, 'name', o.customer_name),
    'items', (SELECT json_agg(json_build_object(
                  'variant_id', i.variant_id, 'product_id', i.product_id, 'sku', i.sku,
                  'name', i.name, 'quantity', i.quantity, 'unit_price', i.unit_price,
                  'discount', i.discount, 'tax', i.tax, 'total', i.total) ORDER BY i.position)
                FROM sales.order_items i WHERE i.order_id = o.id),
    'totals', json_build_object('items', o.items_total, 'discount', o.discount,
                                'freight', o.freight, 'tax', o.tax, 'total', o.total),
    'taxes', o.tax_lines,
    'freight', json_build_object('service', o.freight_service, 'days', o.freight_days),
    'shipping_address', o.shipping_address,
    'history', (SELECT json_agg(json_build_object(
                    'at', shared.rfc3339(h.at), 'actor', h.actor, 'from', h.from_status,
                    'to', h.to_status, 'reason', h.reason) ORDER BY h.version)
                  FROM sales.order_history h WHERE h.order_id = o.id),
    'created_at', shared.rfc3339(o.created_at), 'updated_at', shared.rfc3339(o.updated_at),
    'expires_at', CASE WHEN o.status = 'pending' THEN shared.rfc3339(o.expires_at) END) AS document
  FROM sales.orders o;
COMMENT ON VIEW sales.order_documents IS 'Orders as the API shows them.';

CREATE VIEW sales.payment_documents AS
SELECT p.id, p.order_id, o.user_id, json_build_object(
    'id', p.id, 'order_id', p.order_id, 'gateway', p.gateway, 'method', p.method,
    'status', p.status, 'amount', p.amount, 'currency', p.currency, 'next_action', p.next_action,
    'created_at', shared.rfc3339(p.created_at), 'updated_at', shared.rfc3339(p.updated_at)) AS document
  FROM sales.payments p JOIN sales.orders o ON o.id = p.order_id;
COMMENT ON VIEW sales.payment_documents IS 'Payments as the API shows them.';

CREATE FUNCTION sales.reserve(p_order uuid, p_actor uuid) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    line record;
    free int;
BEGIN
    -- Lines of one order that draw on the same stock are summed before it is asked for.
    FOR line IN SELECT variant_id, sum(quantity)::int AS quantity, min(position) AS position
                  FROM sales.order_items WHERE order_id = p_order
                 GROUP BY variant_id ORDER BY variant_id LOOP
        SELECT on_hand - reserved INTO free FROM sales.lock_level(line.variant_id);
        IF free < line.quantity THEN
            PERFORM shared.fail(409, 'insufficient_stock', jsonb_build_object(
                'pointer', '/items/' || line.position || '/quantity',
                'variant_id', line.variant_id, 'available', free));
        END IF;
        INSERT INTO sales.reservations VALUES (p_order, line.variant_id, line.quantity);
        INSERT INTO sales.stock_movements (variant_id, kind, on_hand, reserved, order_id, actor)
        VALUES (line.variant_id, 'reserve', 0, line.quantity, p_order, p_actor);
    END LOOP;
END
$$;
COMMENT ON FUNCTION sales.reserve(uuid, uuid) IS 'Promises an order''s items to it, or refuses the whole.';

CREATE FUNCTION sales.settle(p_order uuid, p_sold boolean, p_actor uuid) RETURNS void
LANGUAGE sql AS $$
    WITH closed AS (DELETE FROM sales.reservations WHERE order_id = p_order RETURNING variant_id, quantity)
    INSERT INTO sales.stock_movements (variant_id, kind, on_hand, reserved, order_id, actor)
    SELECT variant_id, CASE WHEN p_sold THEN 'commit' ELSE 'release' END,
           CASE WHEN p_sold THEN -quantity ELSE 0 END, -quantity, p_order, p_actor
      FROM closed ORDER BY variant_id
$$;
COMMENT ON FUNCTION sales.settle(uuid, boolean, uuid) IS 'Ends an order''s reservations: sold, or let go.';

CREATE FUNCTION sales.give_back(p_order uuid, p_actor uuid) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO sales.stock_movements (variant_id, kind, on_hand, reserved, order_id, actor)
    SELECT variant_id, 'return', sum(quantity), 0, p_order, p_actor
      FROM sales.order_items WHERE order_id = p_order GROUP BY variant_id ORDER BY variant_id
$$;
COMMENT ON FUNCTION sales.give_back(uuid, uuid) IS 'Puts a paid order''s items back on the shelf.';

CREATE FUNCTION sales.change_order(p_order uuid, p_to text, p_actor uuid, p_reason text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    present text;
    made    int;
BEGIN
    SELECT status INTO present FROM sales.orders WHERE id = p_order FOR UPDATE;
    IF present IS NULL THEN
        PERFORM shared.fail(404, 'not_found');
    END IF;
    IF NOT EXISTS (SELECT FROM sales.order_transitions
                    WHERE from_status = present AND to_status = p_to) THEN
        PERFORM shared.fail(409, 'illegal_transition', jsonb_build_object(
            'current_status', present, 'wanted_status', p_to,
            'legal', (SELECT coalesce(jsonb_agg(to_status ORDER BY to_status), '[]')
                        FROM sales.order_transitions WHERE from_status = present)));
    END IF;
    UPDATE sales.orders SET status = p_to, updated_at = now(), version = version + 1,
           paid_at = CASE WHEN p_to = 'paid' THEN now() ELSE paid_at END
     WHERE id = p_order RETURNING version INTO made;
    INSERT INTO sales.order_history (order_id, version, actor, from_status, to_status, reason)
    VALUES (p_order, made, p_actor, present, p_to, p_reason);
    IF present = 'pending' THEN
        PERFORM sales.settle(p_order, p_to = 'paid', p_actor);
        UPDATE sales.payments SET status = 'canceled', updated_at = now()
         WHERE order_id = p_order AND p_to <> 'paid' AND status IN ('pending', 'authorized');
    ELSIF p_to = 'canceled' THEN
        PERFORM sales.give_back(p_order, p_actor);
    END IF;
END
$$;
COMMENT ON FUNCTION sales.change_order(uuid, text, uuid, text) IS
    'The one way an order changes status: along the machine, with its history row and what it does to stock and open payments.';

CREATE FUNCTION sales.cancel_order(p_order uuid, p_actor uuid, p_staff boolean, p_reason text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    o sales.orders;
BEGIN
    SELECT * INTO o FROM sales.orders WHERE id = p_order FOR UPDATE;
    IF o.id IS NULL OR (o.user_id <> p_actor AND NOT p_staff) THEN
        PERFORM shared.fail(404, 'not_found');
    ELSIF o.status = 'paid' AND NOT p_staff THEN
        PERFORM shared.fail(409, 'illegal_transition', jsonb_build_object(
            'current_status', o.status, 'wanted_status', 'canceled', 'legal', '[]'::jsonb));
    END IF;
    PERFORM sales.change_order(p_order, 'canceled', p_actor, p_reason);
END
$$;
COMMENT ON FUNCTION sales.cancel_order(uuid, uuid, boolean, text) IS 'Buyers cancel their own while it is unpaid, staff any that may be canceled.';

CREATE FUNCTION sales.place_order(p_caller uuid, p_key text, p_request bytea, p_order jsonb,
                                  p_hold interval, OUT answer json, OUT replayed boolean)
LANGUAGE plpgsql AS $$
DECLARE
    new_order uuid := shared.uuid7();
    buyer     text;
BEGIN
    answer := sales.idempotent_answer(p_caller, p_key, p_request);
    replayed := answer IS NOT NULL;
    IF replayed THEN
        RETURN;
    END IF;
    SELECT name INTO buyer FROM registry.customer_for_order(p_caller);
    IF buyer IS NULL THEN
        PERFORM shared.fail(401, 'unauthorized');
    END IF;
    INSERT INTO sales.orders (id, user_id, customer_name, currency, items_total, discount, freight, tax,
                              total, tax_lines, freight_service, freight_days, shipping_address, state,
                              expires_at)
    SELECT new_order, p_caller, buyer, o.currency, o.items_total, o.discount, o.freight, o.tax, o.total,
           o.tax_lines, o.freight_service, o.freight_days, o.shipping_address,
           o.shipping_address->>'state', now() + p_hold
      FROM jsonb_populate_record(NULL::sales.orders, p_order) AS o;
    INSERT INTO sales.order_items (order_id, position, variant_id, product_id, sku, name, quantity,
                                   unit_price, discount, tax, total)
    SELECT new_order, i.position, i.variant_id, i.product_id, i.sku, i.name, i.quantity,
           i.unit_price, i.discount, i.tax, i.total
      FROM jsonb_populate_recordset(NULL::sales.order_items, p_order->'items') AS i;
    PERFORM sales.reserve(new_order, p_caller);
    INSERT INTO sales.order_history (order_id, version, actor, to_status)
    VALUES (new_order, 1, p_caller, 'pending');
    SELECT document INTO answer FROM sales.order_documents WHERE id = new_order;
    PERFORM sales.keep_answer(p_caller, p_key, p_request, answer);
END
$$;
COMMENT ON FUNCTION sales.place_order(uuid, text, bytea, jsonb, interval) IS
    'Stores a priced order, reserves its stock and keeps the answer under the key: all or nothing.';

CREATE FUNCTION sales.begin_payment(p_caller uuid, p_key text, p_request bytea, p_order uuid,
                                    p_gateway text, p_method text, p_next_action jsonb,
                                    OUT answer json, OUT replayed boolean)
LANGUAGE plpgsql AS $$
DECLARE
    o       sales.orders;
    payment uuid := shared.uuid7();
BEGIN
    answer := sales.idempotent_answer(p_caller, p_key, p_request);
    replayed := answer IS NOT NULL;
    IF replayed THEN
        RETURN;
    END IF;
    SELECT * INTO o FROM sales.orders WHERE id = p_order FOR UPDATE;
    IF o.id IS NULL OR o.user_id <> p_caller THEN
        PERFORM shared.fail(404, 'not_found');
    ELSIF o.status <> 'pending' OR o.expires_at <= now() THEN
        PERFORM shared.fail(409, 'order_not_payable', jsonb_build_object('current_status', o.status));
    ELSIF EXISTS (SELECT FROM sales.payments WHERE order_id = p_order
                     AND status IN ('pending', 'authorized', 'captured')) THEN
        PERFORM shared.fail(409, 'payment_exists');
    END IF;
    INSERT INTO sales.payments (id, order_id, gateway, method, amount, currency, next_action)
    VALUES (payment, p_order, p_gateway, p_method, o.total, o.currency, p_next_action);
    SELECT document INTO answer FROM sales.payment_documents WHERE id = payment;
    PERFORM sales.keep_answer(p_caller, p_key, p_request, answer);
END
$$;
COMMENT ON FUNCTION sales.begin_payment(uuid, text, bytea, uuid, text, text, jsonb) IS 'Begins to pay for one''s own pending order.';

CREATE FUNCTION sales.capture_payment(p_payment uuid, p_actor uuid, p_reason text) RETURNS json
LANGUAGE plpgsql AS $$
DECLARE
    paid_order uuid;
    p          sales.payments;
BEGIN
    SELECT order_id INTO paid_order FROM sales.payments WHERE id = p_payment;
    IF paid_order IS NULL THEN
        PERFORM shared.fail(404, 'not_found');
    END IF;
    PERFORM FROM sales.orders WHERE id = paid_order FOR UPDATE;
    SELECT * INTO p FROM sales.payments WHERE id = p_payment FOR UPDATE;
    IF p.status NOT IN ('pending', 'authorized') THEN
        PERFORM shared.fail(409, 'payment_not_open', jsonb_build_object('current_status', p.status));
    END IF;
    UPDATE sales.payments SET status = 'captured', next_action = NULL, updated_at = now()
     WHERE id = p_payment;
    PERFORM sales.change_order(paid_order, 'paid', p_actor, p_reason);
    RETURN (SELECT document FROM sales.payment_documents WHERE id = p_payment);
END
$$;
COMMENT ON FUNCTION sales.capture_payment(uuid, uuid, text) IS 'The money is here: the payment is captured, the order paid, its stock committed.';

CREATE FUNCTION sales.expire_order() RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    late uuid;
BEGIN
    -- One: with several in a transaction their stock would not be locked by variant id.
    SELECT id INTO late FROM sales.orders WHERE status = 'pending' AND expires_at <= now()
     ORDER BY expires_at, id LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF FOUND THEN
        PERFORM sales.change_order(late, 'expired', NULL, 'payment_time_over');
    END IF;
    RETURN late IS NOT NULL;
END
$$;
COMMENT ON FUNCTION sales.expire_order() IS 'Lets go of the stock of the order that is unpaid for longest past its time; false: there is none.';

CREATE FUNCTION sales.forget_answers() RETURNS bigint
LANGUAGE sql AS $$
    WITH gone AS (DELETE FROM sales.idempotency_keys
                   WHERE created_at < now() - interval '24 hours' RETURNING 1)
    SELECT count(*) FROM gone
$$;
COMMENT ON FUNCTION sales.forget_answers() IS 'Removes answers older than 24 hours; returns how many.';

CREATE FUNCTION sales.move_stock(p_caller uuid, p_key text, p_request bytea, p jsonb,
                                 OUT answer json, OUT replayed boolean)
LANGUAGE plpgsql AS $$
DECLARE
    variant uuid := (p->>'variant_id')::uuid;
    level   sales.stock_levels;
    change  int := (p->>'quantity')::int;
BEGIN
    answer := sales.idempotent_answer(p_caller, p_key, p_request);
    replayed := answer IS NOT NULL;
    IF replayed THEN
        RETURN;
    END IF;
    IF NOT products.has_variant(variant) THEN
        PERFORM shared.fail(422, 'unknown_variant', '{"pointer": "/variant_id"}');
    END IF;
    level := sales.lock_level(variant);
    IF p->>'kind' = 'count' THEN
        change := change - level.on_hand;
    END IF;
    IF level.on_hand + change < level.reserved THEN
        PERFORM shared.fail(409, 'insufficient_stock', jsonb_build_object(
            'pointer', '/quantity', 'variant_id', variant,
            'available', level.on_hand - level.reserved));
    ELSIF level.on_hand + change > 1000000000 THEN
        PERFORM shared.fail(422, 'out_of_range', '{"pointer": "/quantity"}');
    END IF;
    INSERT INTO sales.stock_movements (variant_id, kind, on_hand, reserved, actor, reason)
    VALUES (variant, p->>'kind', change, 0, p_caller, p->>'reason');
    answer := sales.level_json(variant);
    PERFORM sales.keep_answer(p_caller, p_key, p_request, answer);
END
$$;
COMMENT ON FUNCTION sales.move_stock(uuid, text, bytea, jsonb) IS 'Receives, adjusts or counts stock; answers with the level after it.';

CREATE VIEW sales.integrity AS
SELECT 'stock on hand differs from the ledger' AS problem, l.variant_id AS id
  FROM sales.stock_levels l
 WHERE l.on_hand <> (SELECT coalesce(sum(m.on_hand), 0) FROM sales.stock_movements m
                      WHERE m.variant_id = l.variant_id)
UNION ALL
SELECT 'stock reserved differs from reservations', l.variant_id
  FROM sales.stock_levels l
 WHERE l.reserved <> (SELECT coalesce(sum(r.quantity), 0) FROM sales.reservations r
                       WHERE r.variant_id = l.variant_id)
UNION ALL
SELECT 'items do not add up to the order', o.id
  FROM sales.orders o
  LEFT JOIN LATERAL (SELECT sum(i.quantity * i.unit_price) AS gross, sum(i.discount) AS discount,
                            sum(i.tax) AS tax
                       FROM sales.order_items i WHERE i.order_id = o.id) AS lines ON true
 WHERE (o.items_total, o.discount, o.tax)
       IS DISTINCT FROM (lines.gross, lines.discount, lines.tax)
UNION ALL
SELECT 'money captured differs from what the order says', o.id
  FROM sales.orders o
 WHERE CASE WHEN o.paid_at IS NULL THEN 0 ELSE o.total END
       <> (SELECT coalesce(sum(p.amount), 0) FROM sales.payments p
            WHERE p.order_id = o.id AND p.status IN ('captured', 'refunded', 'partially_refunded'))
UNION ALL
SELECT 'status differs from the last history row', o.id
  FROM sales.orders o
 WHERE o.status IS DISTINCT FROM (SELECT h.to_status FROM sales.order_history h
                                   WHERE h.order_id = o.id ORDER BY h.version DESC LIMIT 1)
UNION ALL
SELECT 'reservation of an order that is not pending', r.order_id
  FROM sales.reservations r JOIN sales.orders o ON o.id = r.order_id WHERE o.status <> 'pending';
COMMENT ON VIEW sales.integrity IS 'Rows here are broken promises; there should never be one.';

GRANT SELECT ON ALL TABLES IN SCHEMA sales TO vendas_sales;
GRANT INSERT ON sales.orders, sales.order_items, sales.order_history, sales.stock_movements TO vendas_sales;
-- What an order was computed from, and what a payment is for, nobody changes afterwards.
GRANT UPDATE (status, paid_at, updated_at, version) ON sales.orders TO vendas_sales;
GRANT INSERT, UPDATE (status, next_action, updated_at) ON sales.payments TO vendas_sales;
GRANT INSERT, DELETE ON sales.reservations TO vendas_sales;
GRANT INSERT, UPDATE, DELETE ON sales.idempotency_keys TO vendas_sales;
GRANT USAGE ON SEQUENCE sales.order_number TO vendas_sales;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sales FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA sales TO vendas_sales;

-- The products service's own document shows what can be sold, so it stands after availability.
CREATE VIEW products.product_documents AS
SELECT p.id, p.slug, p.status, p.version, variants.least_available, json_build_object(
    'id', p.id, 'slug', p.slug, 'status', p.status, 'name', p.name, 'description', p.description,
    'brand', p.brand, 'gtin', p.gtin,
    'price', p.price, 'currency', p.currency, 'promotional_price', p.promotional_price,
    'current_price', products.price_now(p.price, p.promotional_price, p.promotion_starts_at,
                                        p.promotion_ends_at),
    'promotion_starts_at', shared.rfc3339(p.promotion_starts_at),
    'promotion_ends_at', shared.rfc3339(p.promotion_ends_at),
    'weight_g', p.weight_g, 'attributes', p.attributes, 'images', p.images, 'in_stock', p.in_stock,
    'category_ids', ARRAY (SELECT c.category_id FROM products.product_categories c
                            WHERE c.product_id = p.id ORDER BY c.category_id),
    'variants', variants.documents,
    'created_at', shared.rfc3339(p.created_at), 'updated_at', shared.rfc3339(p.updated_at)) AS document
  FROM products.products p
 CROSS JOIN LATERAL (
       SELECT min(v.available) AS least_available, json_agg(json_build_object(
                  'id', v.id, 'sku', v.sku, 'price', v.price,
                  'current_price', products.price_now(v.price, p.promotional_price,
                                                      p.promotion_starts_at, p.promotion_ends_at),
                  'available', v.available, 'options', v.options)) AS documents
         FROM (SELECT v.id, v.sku, coalesce(v.price, p.price) AS price, v.options,
                      coalesce(a.available, 0) AS available
                 FROM products.variants v LEFT JOIN sales.availability a ON a.variant_id = v.id
                WHERE v.product_id = p.id ORDER BY v.position, v.id) AS v) AS variants;
COMMENT ON VIEW products.product_documents IS 'Products as the API shows them; least_available is that of the variant of which there is least.';
GRANT SELECT ON products.product_documents TO vendas_products;
