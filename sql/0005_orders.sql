-- Sales, the counter: the rules that an order is priced by, orders with what was sold to whom, and
-- payments. What happens to them is in the next file.

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

GRANT SELECT ON ALL TABLES IN SCHEMA sales TO vendas_sales;
GRANT INSERT ON sales.orders, sales.order_items, sales.order_history TO vendas_sales;
-- What an order was computed from, and what a payment is for, nobody changes afterwards.
GRANT UPDATE (status, paid_at, updated_at, version) ON sales.orders TO vendas_sales;
GRANT INSERT, UPDATE (status, next_action, updated_at) ON sales.payments TO vendas_sales;
GRANT INSERT, DELETE ON sales.reservations TO vendas_sales;
GRANT USAGE ON SEQUENCE sales.order_number TO vendas_sales;
REVOKE ALL ON FUNCTION sales.pricing_facts(uuid[], text, date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sales.pricing_facts(uuid[], text, date) TO vendas_sales;
