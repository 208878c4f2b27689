-- Sales: coupons, all facts that a cart is priced by in one answer, and orders that keep the rules that
-- made them. lib/sales/discount says what a coupon takes off.

-- Coupons ------------------------------------------------------------------------------------

CREATE TABLE sales.coupons (
    id                    uuid CONSTRAINT coupons_pkey PRIMARY KEY DEFAULT shared.uuid7(),
    code                  text NOT NULL CONSTRAINT coupons_code_unique UNIQUE
                          CONSTRAINT coupons_code_format CHECK (code ~ '^[A-Z0-9][A-Z0-9_-]{2,39}$'),
    description           text CONSTRAINT coupons_description_length CHECK (length(description) BETWEEN 1 AND 200),
    kind                  text NOT NULL CONSTRAINT coupons_kind_known CHECK (kind IN ('percent', 'amount', 'freight')),
    value                 bigint NOT NULL DEFAULT 0 CONSTRAINT coupons_value_range
                          CHECK (CASE kind WHEN 'percent' THEN value BETWEEN 1 AND 10000
                                           WHEN 'amount' THEN value BETWEEN 1 AND 100000000000 ELSE value = 0 END),
    minimum               bigint NOT NULL DEFAULT 0 CONSTRAINT coupons_minimum_not_negative CHECK (minimum >= 0),
    product_ids           uuid[] NOT NULL DEFAULT '{}',
    category_ids          uuid[] NOT NULL DEFAULT '{}',
    stackable             boolean NOT NULL DEFAULT false,
    max_uses              int CONSTRAINT coupons_max_uses_positive CHECK (max_uses > 0),
    max_uses_per_customer int CONSTRAINT coupons_max_uses_per_customer_positive CHECK (max_uses_per_customer > 0),
    uses                  int NOT NULL DEFAULT 0 CONSTRAINT coupons_uses_not_negative CHECK (uses >= 0),
    starts_at             timestamptz NOT NULL DEFAULT now(),
    ends_at               timestamptz,
    created_at            timestamptz NOT NULL DEFAULT now(),
    updated_at            timestamptz NOT NULL DEFAULT now(),
    version               int NOT NULL DEFAULT 1
);
CREATE INDEX coupons_newest_idx ON sales.coupons (created_at DESC, id DESC);
COMMENT ON TABLE sales.coupons IS 'What buyers write to pay less.';
COMMENT ON COLUMN sales.coupons.id IS 'UUIDv7';
COMMENT ON COLUMN sales.coupons.code IS 'what buyers write, in capitals; case does not matter to them';
COMMENT ON COLUMN sales.coupons.description IS 'what it is for, for people';
COMMENT ON COLUMN sales.coupons.kind IS 'percent of the prices, an amount, or the freight';
COMMENT ON COLUMN sales.coupons.value IS 'percent: hundredths of a percent; amount: minor units; freight: 0';
COMMENT ON COLUMN sales.coupons.minimum IS 'minor units that the items it is for must come to, before discounts';
COMMENT ON COLUMN sales.coupons.product_ids IS 'products that it is for; with category_ids {}: all';
COMMENT ON COLUMN sales.coupons.category_ids IS 'categories that it is for, with all below';
COMMENT ON COLUMN sales.coupons.stackable IS 'whether it goes with others that are';
COMMENT ON COLUMN sales.coupons.max_uses IS 'how many orders may use it; null: any number';
COMMENT ON COLUMN sales.coupons.max_uses_per_customer IS 'how many of one customer; null: any number';
COMMENT ON COLUMN sales.coupons.uses IS 'rows of coupon_uses, kept where there is a max_uses alone: see count_coupon()';
COMMENT ON COLUMN sales.coupons.starts_at IS 'valid from';
COMMENT ON COLUMN sales.coupons.ends_at IS 'valid until before this time; null: open';
COMMENT ON COLUMN sales.coupons.created_at IS 'when made';
COMMENT ON COLUMN sales.coupons.updated_at IS 'when last changed';
COMMENT ON COLUMN sales.coupons.version IS 'rises with each change; the ETag of the resource';
ALTER TABLE sales.coupons ADD CONSTRAINT coupons_ends_at_order CHECK (ends_at >= starts_at);

CREATE TABLE sales.coupon_uses (
    order_id  uuid NOT NULL CONSTRAINT coupon_uses_order_fkey REFERENCES sales.orders,
    coupon_id uuid NOT NULL CONSTRAINT coupon_uses_coupon_fkey REFERENCES sales.coupons,
    user_id   uuid NOT NULL,
    CONSTRAINT coupon_uses_pkey PRIMARY KEY (order_id, coupon_id)
);
CREATE INDEX coupon_uses_customer_idx ON sales.coupon_uses (coupon_id, user_id);
COMMENT ON TABLE sales.coupon_uses IS 'Which order used which coupon; a row goes when the order is canceled or expires.';
COMMENT ON COLUMN sales.coupon_uses.order_id IS 'the order';
COMMENT ON COLUMN sales.coupon_uses.coupon_id IS 'the coupon';
COMMENT ON COLUMN sales.coupon_uses.user_id IS 'who bought';

CREATE VIEW sales.coupon_documents AS
SELECT c.id, c.code, c.created_at, c.version, json_build_object(
    'id', c.id, 'code', c.code, 'description', c.description, 'kind', c.kind, 'value', c.value,
    'minimum', c.minimum, 'product_ids', c.product_ids, 'category_ids', c.category_ids,
    'stackable', c.stackable, 'max_uses', c.max_uses, 'max_uses_per_customer', c.max_uses_per_customer,
    'uses', (SELECT count(*) FROM sales.coupon_uses u WHERE u.coupon_id = c.id),
    'starts_at', shared.rfc3339(c.starts_at), 'ends_at', shared.rfc3339(c.ends_at),
    'created_at', shared.rfc3339(c.created_at), 'updated_at', shared.rfc3339(c.updated_at)) AS document
  FROM sales.coupons c;
COMMENT ON VIEW sales.coupon_documents IS 'Coupons as the API shows them.';

-- Staff --------------------------------------------------------------------------------------

CREATE FUNCTION sales.create_coupon(p_act jsonb, p jsonb) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    made uuid;
BEGIN
    INSERT INTO sales.coupons (code, description, kind, value, minimum, product_ids, category_ids, stackable,
                               max_uses, max_uses_per_customer, starts_at, ends_at)
    SELECT upper(c.code), c.description, c.kind, coalesce(c.value, 0), coalesce(c.minimum, 0),
           coalesce(c.product_ids, '{}'), coalesce(c.category_ids, '{}'), coalesce(c.stackable, false),
           c.max_uses, c.max_uses_per_customer, coalesce(c.starts_at, now()), c.ends_at
      FROM jsonb_populate_record(NULL::sales.coupons, p) AS c
    RETURNING id INTO made;
    PERFORM registry.audit_act(p_act, 'coupon.created', made, NULL, p);
    RETURN made;
END
$$;
COMMENT ON FUNCTION sales.create_coupon(jsonb, jsonb) IS 'Makes a coupon, and the audit of it.';

CREATE FUNCTION sales.own_coupon(p_id uuid, p_version int) RETURNS sales.coupons
LANGUAGE plpgsql AS $$
DECLARE
    present sales.coupons;
BEGIN
    SELECT * INTO present FROM sales.coupons WHERE id = p_id FOR UPDATE;
    IF present.id IS NULL THEN
        PERFORM shared.fail(404, 'not_found');
    ELSIF p_version <> present.version THEN
        PERFORM shared.fail(412, 'lost_update');
    END IF;
    RETURN present;
END
$$;
COMMENT ON FUNCTION sales.own_coupon(uuid, int) IS 'Locks a coupon to be changed: no order uses it or gives it back meanwhile. p_version null: whatever it is.';

CREATE FUNCTION sales.change_coupon(p_act jsonb, p_id uuid, p jsonb, p_version int) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    before sales.coupons := sales.own_coupon(p_id, p_version);
    after  sales.coupons := jsonb_populate_record(before, p);
BEGIN
    UPDATE sales.coupons SET
        description = after.description, value = after.value, minimum = after.minimum,
        product_ids = after.product_ids, category_ids = after.category_ids, stackable = after.stackable,
        max_uses = after.max_uses, max_uses_per_customer = after.max_uses_per_customer,
        uses = CASE WHEN after.max_uses IS NULL THEN 0
                    ELSE (SELECT count(*) FROM sales.coupon_uses WHERE coupon_id = p_id) END,
        starts_at = after.starts_at, ends_at = after.ends_at, version = version + 1, updated_at = now()
     WHERE id = p_id;
    PERFORM registry.audit_act(p_act, 'coupon.changed', p_id, shared.members(to_jsonb(before), p), p);
    RETURN p_id;
END
$$;
COMMENT ON FUNCTION sales.change_coupon(jsonb, uuid, jsonb, int) IS 'Changes a coupon, and the audit of it. Orders keep what they were given.';

CREATE FUNCTION sales.end_coupon(p_act jsonb, p_id uuid, p_version int) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    gone sales.coupons := sales.own_coupon(p_id, p_version);
BEGIN
    IF EXISTS (SELECT FROM sales.coupon_uses WHERE coupon_id = p_id) THEN
        UPDATE sales.coupons SET starts_at = least(starts_at, now()), ends_at = least(ends_at, now()),
               version = version + 1, updated_at = now()
         WHERE id = p_id;
        PERFORM registry.audit_act(p_act, 'coupon.ended', p_id, jsonb_build_object('ends_at', gone.ends_at),
                                   jsonb_build_object('ends_at', least(gone.ends_at, now())));
    ELSE
        DELETE FROM sales.coupons WHERE id = p_id;
        PERFORM registry.audit_act(p_act, 'coupon.deleted', p_id, to_jsonb(gone), NULL);
    END IF;
END
$$;
COMMENT ON FUNCTION sales.end_coupon(jsonb, uuid, int) IS 'Deletes a coupon that no order uses, ends one that some do; and the audit of it.';

-- Use ----------------------------------------------------------------------------------------

CREATE FUNCTION sales.count_coupon(p_coupon uuid, p_change int) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    LOOP
        UPDATE sales.coupons SET uses = uses + p_change
         WHERE id = p_coupon AND (p_change < 0 AND max_uses IS NOT NULL OR uses + p_change <= max_uses);
        IF FOUND THEN
            RETURN true;
        END IF;
        -- One without a bound is not counted, so that its orders need not wait for each other; held, lest it
        -- gets a bound, and is counted for it, before they are through.
        PERFORM FROM sales.coupons WHERE id = p_coupon AND max_uses IS NULL FOR SHARE;
        IF FOUND THEN
            RETURN true;
        ELSIF NOT EXISTS (SELECT FROM sales.coupons WHERE id = p_coupon AND max_uses > uses) THEN
            RETURN false;
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION sales.count_coupon(uuid, int) IS 'Counts one use more (1) or less (-1) of a coupon, whose row is held; false where it is used up or gone.';

CREATE FUNCTION sales.use_coupons(p_order uuid, p_user uuid, p_coupons jsonb) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    c    record;
    most int;
BEGIN
    FOR c IN SELECT x.id, x.position FROM jsonb_to_recordset(p_coupons) AS x (id uuid, position int) ORDER BY x.id LOOP
        IF NOT sales.count_coupon(c.id, 1) THEN
            PERFORM shared.fail(409, 'coupon_used_up', jsonb_build_object('pointer', '/coupons/' || c.position));
        END IF;
        SELECT max_uses_per_customer INTO most FROM sales.coupons WHERE id = c.id;
        IF most IS NOT NULL THEN
            -- Two orders of one customer at once: the second counts when the first is through.
            PERFORM pg_advisory_xact_lock(hashtextextended('sales.coupon_uses ' || c.id || p_user, 0));
            IF (SELECT count(*) FROM sales.coupon_uses u WHERE u.coupon_id = c.id AND u.user_id = p_user) >= most THEN
                PERFORM shared.fail(409, 'coupon_used_by_you',
                                    jsonb_build_object('pointer', '/coupons/' || c.position));
            END IF;
        END IF;
        INSERT INTO sales.coupon_uses (order_id, coupon_id, user_id) VALUES (p_order, c.id, p_user);
    END LOOP;
END
$$;
COMMENT ON FUNCTION sales.use_coupons(uuid, uuid, jsonb) IS
    'Counts the coupons of a new order, [{id, position}], or refuses it. They are locked by id, behind the order and before stock.';

CREATE FUNCTION sales.give_back_coupons() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    used uuid;
BEGIN
    FOR used IN SELECT coupon_id FROM sales.coupon_uses WHERE order_id = NEW.id ORDER BY coupon_id LOOP
        PERFORM sales.count_coupon(used, -1);
    END LOOP;
    DELETE FROM sales.coupon_uses WHERE order_id = NEW.id;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION sales.give_back_coupons() IS 'What is canceled or expires gives back the coupons that it used.';
CREATE TRIGGER orders_coupons_given_back AFTER UPDATE OF status ON sales.orders FOR EACH ROW
    WHEN (NEW.status IN ('canceled', 'expired') AND OLD.status <> NEW.status)
    EXECUTE FUNCTION sales.give_back_coupons();

-- Facts --------------------------------------------------------------------------------------

DROP FUNCTION sales.pricing_facts(uuid[], text, date);
CREATE FUNCTION sales.pricing_facts(p_variants uuid[], p_state text, p_postal_code text, p_origin text,
                                    p_today date, p_coupons jsonb, p_user uuid) RETURNS json
LANGUAGE plpgsql STABLE AS $$
BEGIN
    -- In this language, as its plan is kept: that of a function in SQL is made with each call.
    RETURN (
    WITH goods AS MATERIALIZED (SELECT * FROM products.for_sale(p_variants)),
    taxes AS MATERIALIZED (
        SELECT t.id, t.code, t.rate_bp, t.base_bp, t.less_code, t.included, t.ncm, t.category_id, t.origins, t.state,
               t.valid_from
          FROM sales.tax_rules t
         WHERE (t.state IS NULL OR t.state = p_state) AND (t.origins IS NULL OR p_origin = ANY (t.origins))
           AND t.valid_from <= p_today AND (t.valid_to IS NULL OR p_today < t.valid_to)
           AND (t.ncm IS NULL OR EXISTS (SELECT FROM goods g WHERE starts_with(g.ncm, t.ncm)))),
    coupons AS MATERIALIZED (
        SELECT c.id, c.code, c.kind, c.value, c.minimum, c.stackable, c.product_ids, c.category_ids,
               CASE WHEN now() < c.starts_at THEN 'coupon_not_begun'
                    WHEN c.ends_at <= now() THEN 'coupon_ended'
                    WHEN c.uses >= c.max_uses THEN 'coupon_used_up'
                    WHEN c.max_uses_per_customer <= (SELECT count(*) FROM sales.coupon_uses u
                                                      WHERE u.coupon_id = c.id AND u.user_id = p_user)
                    THEN 'coupon_used_by_you' END AS refusal
          FROM sales.coupons c
         WHERE c.code = ANY (ARRAY(SELECT upper(value) FROM jsonb_array_elements_text(p_coupons)))),
    -- Only asked where something depends on them.
    places AS MATERIALIZED (
        SELECT * FROM products.categories_of(CASE
            WHEN EXISTS (SELECT FROM taxes WHERE category_id IS NOT NULL)
              OR EXISTS (SELECT FROM coupons WHERE category_ids <> '{}')
            THEN ARRAY(SELECT product_id FROM goods) ELSE '{}' END))
    SELECT json_build_object(
        'products', (SELECT coalesce(json_agg(f), '[]')
                       FROM (SELECT g.*, p.category_ids FROM goods g LEFT JOIN places p USING (product_id)) AS f),
        'freight', (SELECT coalesce(json_agg(r), '[]')
                      FROM (SELECT id, service, name, base, per_kg, value_bp, cubic_divisor, max_weight_g, free_above,
                                   days
                              FROM sales.freight_rules
                             WHERE (cardinality(states) = 0 OR p_state = ANY (states))
                               AND (cep_from IS NULL OR p_postal_code BETWEEN cep_from AND cep_to)
                             ORDER BY service, cep_to::int - cep_from::int, max_weight_g, base, id) AS r),
        'taxes', (SELECT coalesce(json_agg(t), '[]')
                    FROM (SELECT * FROM taxes
                           ORDER BY code, length(ncm) DESC NULLS LAST, category_id IS NULL, origins IS NULL,
                                    state IS NULL, valid_from DESC, id DESC) AS t),
        'coupons', (SELECT coalesce(json_agg(c), '[]') FROM coupons AS c)));
END
$$;
COMMENT ON FUNCTION sales.pricing_facts(uuid[], text, text, text, date, jsonb, uuid) IS
    'All that lib/sales/pricing needs to add up a quote or an order, in one round trip; rules of freight and taxes that fit, the one that counts first. p_origin null: where it is sold from is not said; p_coupons: a list of codes; p_user null: nobody''s uses are known.';

-- Orders -------------------------------------------------------------------------------------

ALTER TABLE sales.orders ADD COLUMN rules jsonb NOT NULL DEFAULT '{}';
COMMENT ON COLUMN sales.orders.rules IS
    'the rules that made its sum, with their ids and values at that time: {freight, taxes, coupons}; {} of orders from before they were kept';

CREATE OR REPLACE FUNCTION sales.place_order(p_caller uuid, p_key text, p_request bytea, p_order jsonb, p_hold interval,
                                  p_id uuid, p_state text, p_address bytea, p_customer bytea,
                                  OUT answer json, OUT replayed boolean)
LANGUAGE plpgsql AS $$
DECLARE
    buyer text;
BEGIN
    answer := sales.idempotent_answer(p_caller, p_key, p_request);
    replayed := answer IS NOT NULL;
    IF replayed THEN
        RETURN;
    END IF;
    buyer := registry.hold_customer(p_caller);
    IF buyer IS NULL THEN
        PERFORM shared.fail(401, 'unauthorized');
    END IF;
    INSERT INTO sales.orders (id, user_id, customer_name, currency, items_total, discount, freight, tax,
                              total, tax_lines, rules, freight_service, freight_days, address, customer, state,
                              expires_at)
    SELECT p_id, p_caller, buyer, o.currency, o.items_total, o.discount, o.freight, o.tax, o.total,
           o.tax_lines, o.rules, o.freight_service, o.freight_days, p_address, p_customer, p_state, now() + p_hold
      FROM jsonb_populate_record(NULL::sales.orders, p_order) AS o;
    INSERT INTO sales.order_items (order_id, position, variant_id, product_id, sku, name, quantity,
                                   unit_price, discount, tax, total)
    SELECT p_id, i.position, i.variant_id, i.product_id, i.sku, i.name, i.quantity,
           i.unit_price, i.discount, i.tax, i.total
      FROM jsonb_populate_recordset(NULL::sales.order_items, p_order->'items') AS i;
    PERFORM sales.use_coupons(p_id, p_caller, p_order#>'{rules,coupons}');
    PERFORM sales.reserve(p_id, p_caller);
    INSERT INTO sales.order_history (order_id, version, actor, to_status)
    VALUES (p_id, 1, p_caller, 'pending');
    SELECT document INTO answer FROM sales.order_documents WHERE id = p_id;
    PERFORM sales.keep_answer(p_caller, p_key, p_request, answer);
END
$$;

CREATE FUNCTION sales.change_address(p_act jsonb, p_order uuid, p_staff boolean, p_version int, p_from bytea,
                                     p_state text, p_address bytea, p_computed jsonb, p_reason text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    o     sales.orders := sales.lock_order(p_order);
    actor uuid := p_act->>'actor';
BEGIN
    IF o.user_id <> actor AND NOT p_staff THEN
        PERFORM shared.fail(404, 'not_found');
    ELSIF p_version > 0 AND o.version <> p_version THEN
        PERFORM shared.fail(412, 'lost_update');
    ELSIF o.status <> 'pending' THEN
        PERFORM shared.fail(409, 'order_not_pending', jsonb_build_object('current_status', o.status));
    ELSIF o.address IS DISTINCT FROM p_from THEN
        PERFORM shared.fail(412, 'lost_update');
    END IF;
    UPDATE sales.orders SET address = p_address, shipping_address = NULL, state = p_state,
           tax_lines = coalesce(p_computed->'tax_lines', tax_lines), rules = coalesce(p_computed->'rules', rules)
     WHERE id = p_order;
    PERFORM sales.log_event(p_order, 'address_changed', actor, p_reason);
    IF p_staff THEN
        PERFORM sales.audit_order(p_act, p_order);
    END IF;
END
$$;
COMMENT ON FUNCTION sales.change_address(jsonb, uuid, boolean, int, bytea, text, bytea, jsonb, text) IS
    'Sends a pending order elsewhere, at the same cost: the caller has seen to that for the way from the address p_from. Buyers their own, staff any, which is audited. p_version: the one it must have, 0: any. p_computed: {tax_lines, rules} there, where they are computed anew. Runs as the owner: the service itself may not change what an order was computed from.';

-- Promises -----------------------------------------------------------------------------------

CREATE VIEW sales.totals_integrity AS
SELECT 'uses of a coupon differ from what is counted' AS problem, c.id
  FROM sales.coupons c
 WHERE c.uses <> CASE WHEN c.max_uses IS NULL THEN 0
                      ELSE (SELECT count(*) FROM sales.coupon_uses u WHERE u.coupon_id = c.id) END
UNION ALL
SELECT 'coupons used differ from those of the order', o.id
  FROM sales.orders o
  LEFT JOIN (SELECT order_id, count(*) AS n FROM sales.coupon_uses GROUP BY order_id) AS u ON u.order_id = o.id
 WHERE coalesce(u.n, 0) <> CASE WHEN o.status IN ('canceled', 'expired') THEN 0
                                ELSE coalesce(jsonb_array_length(o.rules->'coupons'), 0) END
UNION ALL
SELECT 'discount differs from that of its coupons', o.id
  FROM sales.orders o
 WHERE o.rules <> '{}'
   AND o.discount <> (SELECT coalesce(sum((c->>'discount')::bigint), 0)
                        FROM jsonb_array_elements(o.rules->'coupons') AS c WHERE c->>'kind' <> 'freight');
COMMENT ON VIEW sales.totals_integrity IS 'The part of sales.integrity about coupons and discounts.';

-- Behind whatever promises there are by now.
DO $$
BEGIN
    EXECUTE 'CREATE OR REPLACE VIEW sales.integrity AS ' || rtrim(pg_get_viewdef('sales.integrity'::regclass), ';')
            || ' UNION ALL SELECT problem, id FROM sales.totals_integrity';
END
$$;

-- Rights -------------------------------------------------------------------------------------

GRANT SELECT ON sales.coupons, sales.coupon_documents, sales.totals_integrity TO vendas_sales;
GRANT UPDATE (uses) ON sales.coupons TO vendas_sales;
GRANT SELECT, INSERT, DELETE ON sales.coupon_uses TO vendas_sales;
REVOKE ALL ON FUNCTION sales.create_coupon(jsonb, jsonb), sales.own_coupon(uuid, int),
    sales.change_coupon(jsonb, uuid, jsonb, int), sales.end_coupon(jsonb, uuid, int), sales.count_coupon(uuid, int),
    sales.use_coupons(uuid, uuid, jsonb), sales.give_back_coupons(),
    sales.pricing_facts(uuid[], text, text, text, date, jsonb, uuid),
    sales.change_address(jsonb, uuid, boolean, int, bytea, text, bytea, jsonb, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sales.create_coupon(jsonb, jsonb), sales.change_coupon(jsonb, uuid, jsonb, int),
    sales.end_coupon(jsonb, uuid, int), sales.count_coupon(uuid, int), sales.use_coupons(uuid, uuid, jsonb),
    sales.give_back_coupons(), sales.pricing_facts(uuid[], text, text, text, date, jsonb, uuid),
    sales.change_address(jsonb, uuid, boolean, int, bytea, text, bytea, jsonb, text) TO vendas_sales;

SELECT registry.classify(t, 'neither', columns, NULL, NULL) FROM (VALUES
    ('sales.coupons', 'id code description kind value minimum product_ids category_ids stackable max_uses max_uses_per_customer uses starts_at ends_at created_at updated_at version'),
    ('sales.coupon_uses', 'order_id coupon_id user_id'),
    ('sales.orders', 'rules')
) AS register (t, columns);
