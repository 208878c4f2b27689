-- Sales: no order tells in clear where it goes or how its buyer is reached. What people are shown is
-- opened by the program (lib/seal); the state stays in clear, as freight, taxes and reports go by it.

DROP FUNCTION registry.customer_for_order(uuid);
CREATE FUNCTION registry.customer_for_order(p_user uuid, OUT name text, OUT email text, OUT phone bytea,
                                            OUT document bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT u.name, u.email, u.phone, u.document FROM registry.users u WHERE u.id = p_user
$$;
COMMENT ON FUNCTION registry.customer_for_order(uuid) IS
    'Published to Sales: who is buying; telephone and document as sealed for registry.users of this user. Nulls when there is no such user.';
REVOKE ALL ON FUNCTION registry.customer_for_order(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION registry.customer_for_order(uuid) TO vendas_sales;

ALTER TABLE sales.orders
    ALTER COLUMN shipping_address DROP NOT NULL,
    ADD COLUMN address  bytea CONSTRAINT orders_address_length CHECK (length(address) BETWEEN 33 AND 8192),
    ADD COLUMN customer bytea CONSTRAINT orders_customer_length CHECK (length(customer) BETWEEN 33 AND 8192),
    ADD CONSTRAINT orders_address_once CHECK ((address IS NULL) <> (shipping_address IS NULL));
COMMENT ON COLUMN sales.orders.address IS 'where it goes, as JSON; sealed';
COMMENT ON COLUMN sales.orders.customer IS 'who bought, at that time: id, name, email, phone and document as JSON; sealed; null where only the name was kept';
COMMENT ON COLUMN sales.orders.shipping_address IS 'where it goes, in clear, until the job rotate-keys seals it into address: of orders from before there was that';

CREATE OR REPLACE VIEW sales.order_documents AS
SELECT o.id, o.user_id, o.status, o.created_at, o.version, json_build_object(
    'id', o.id, 'number', o.number, 'status', o.status, 'currency', o.currency,
    'customer', coalesce(shared.sealed('sales.orders.customer', o.id, o.customer),
                         json_build_object('id', o.user_id, 'name', o.customer_name, 'email', NULL,
                                           'phone', NULL, 'document', NULL)),
    'items', (SELECT json_agg(json_build_object(
                  'variant_id', i.variant_id, 'product_id', i.product_id, 'sku', i.sku,
                  'name', i.name, 'quantity', i.quantity, 'unit_price', i.unit_price,
                  'discount', i.discount, 'tax', i.tax, 'total', i.total) ORDER BY i.position)
                FROM sales.order_items i WHERE i.order_id = o.id),
    'totals', json_build_object('items', o.items_total, 'discount', o.discount,
                                'freight', o.freight, 'tax', o.tax, 'total', o.total),
    'taxes', o.tax_lines,
    'freight', json_build_object('service', o.freight_service, 'days', o.freight_days),
    'shipping_address', coalesce(shared.sealed('sales.orders.address', o.id, o.address),
                                 o.shipping_address::json),
    'history', (SELECT json_agg(json_build_object(
                    'at', shared.rfc3339(h.at), 'actor', h.actor, 'from', h.from_status,
                    'to', h.to_status, 'reason', h.reason) ORDER BY h.version)
                  FROM sales.order_history h WHERE h.order_id = o.id),
    'created_at', shared.rfc3339(o.created_at), 'updated_at', shared.rfc3339(o.updated_at),
    'expires_at', CASE WHEN o.status = 'pending' THEN shared.rfc3339(o.expires_at) END) AS document
  FROM sales.orders o;

DROP FUNCTION sales.place_order(uuid, text, bytea, jsonb, interval);
CREATE FUNCTION sales.place_order(p_caller uuid, p_key text, p_request bytea, p_order jsonb, p_hold interval,
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
    SELECT name INTO buyer FROM registry.customer_for_order(p_caller);
    IF buyer IS NULL THEN
        PERFORM shared.fail(401, 'unauthorized');
    END IF;
    INSERT INTO sales.orders (id, user_id, customer_name, currency, items_total, discount, freight, tax,
                              total, tax_lines, freight_service, freight_days, address, customer, state,
                              expires_at)
    SELECT p_id, p_caller, buyer, o.currency, o.items_total, o.discount, o.freight, o.tax, o.total,
           o.tax_lines, o.freight_service, o.freight_days, p_address, p_customer, p_state, now() + p_hold
      FROM jsonb_populate_record(NULL::sales.orders, p_order) AS o;
    INSERT INTO sales.order_items (order_id, position, variant_id, product_id, sku, name, quantity,
                                   unit_price, discount, tax, total)
    SELECT p_id, i.position, i.variant_id, i.product_id, i.sku, i.name, i.quantity,
           i.unit_price, i.discount, i.tax, i.total
      FROM jsonb_populate_recordset(NULL::sales.order_items, p_order->'items') AS i;
    PERFORM sales.reserve(p_id, p_caller);
    INSERT INTO sales.order_history (order_id, version, actor, to_status)
    VALUES (p_id, 1, p_caller, 'pending');
    SELECT document INTO answer FROM sales.order_documents WHERE id = p_id;
    PERFORM sales.keep_answer(p_caller, p_key, p_request, answer);
END
$$;
COMMENT ON FUNCTION sales.place_order(uuid, text, bytea, jsonb, interval, uuid, text, bytea, bytea) IS
    'Stores a priced order, reserves its stock and keeps the answer under the key, with what is sealed in it as it is: all or nothing. p_address and p_customer are sealed for the order p_id.';
REVOKE ALL ON FUNCTION sales.place_order(uuid, text, bytea, jsonb, interval, uuid, text, bytea, bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sales.place_order(uuid, text, bytea, jsonb, interval, uuid, text, bytea, bytea)
    TO vendas_sales;
