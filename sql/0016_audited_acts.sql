-- What staff and programs do to orders and products, written into the registry's audit in the same
-- transaction. An "act" is what lib/audit makes of a request: see 0011.

CREATE FUNCTION shared.members(p_all jsonb, p_like jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(jsonb_object_agg(key, value), '{}') FROM jsonb_each(p_all) WHERE p_like ? key
$$;
COMMENT ON FUNCTION shared.members(jsonb, jsonb) IS 'Those members of an object that another one has, too.';

-- Products -----------------------------------------------------------------------------------

CREATE FUNCTION products.edit_product(p_act jsonb, p_id uuid, p jsonb, p_version int) RETURNS uuid
LANGUAGE plpgsql AS $$
DECLARE
    before jsonb;
BEGIN
    SELECT to_jsonb(t) || jsonb_build_object('category_ids', ARRAY (
               SELECT c.category_id FROM products.product_categories c
                WHERE c.product_id = p_id ORDER BY c.category_id))
      INTO before FROM products.products t WHERE t.id = p_id FOR UPDATE;
    PERFORM products.update_product(p_id, p, p_version);
    PERFORM registry.audit_act(p_act, 'product.changed', p_id, shared.members(before, p), p);
    RETURN p_id;
END
$$;
COMMENT ON FUNCTION products.edit_product(jsonb, uuid, jsonb, int) IS 'products.update_product by a person or a program, and the audit of it.';

-- Orders -------------------------------------------------------------------------------------

CREATE FUNCTION sales.audit_order(p_act jsonb, p_order uuid) RETURNS void
LANGUAGE sql AS $$
    SELECT registry.audit_act(p_act, 'order.' || h.to_status, p_order,
                              jsonb_build_object('status', h.from_status),
                              jsonb_build_object('status', h.to_status))
      FROM sales.order_history h WHERE h.order_id = p_order ORDER BY h.version DESC LIMIT 1
$$;
COMMENT ON FUNCTION sales.audit_order(jsonb, uuid) IS 'Audits the change of an order that was made just now.';

CREATE FUNCTION sales.move_order(p_act jsonb, p_order uuid, p_to text, p_reason text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM sales.change_order(p_order, p_to, (p_act->>'actor')::uuid, p_reason);
    PERFORM sales.audit_order(p_act, p_order);
END
$$;
COMMENT ON FUNCTION sales.move_order(jsonb, uuid, text, text) IS 'sales.change_order by staff, and the audit of it.';

DROP FUNCTION sales.cancel_order(uuid, uuid, boolean, text);
CREATE FUNCTION sales.cancel_order(p_act jsonb, p_order uuid, p_staff boolean, p_reason text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    actor uuid := p_act->>'actor';
    o     sales.orders;
BEGIN
    SELECT * INTO o FROM sales.orders WHERE id = p_order FOR UPDATE;
    IF o.id IS NULL OR (o.user_id <> actor AND NOT p_staff) THEN
        PERFORM shared.fail(404, 'not_found');
    ELSIF o.status = 'paid' AND NOT p_staff THEN
        PERFORM shared.fail(409, 'illegal_transition', jsonb_build_object(
            'current_status', o.status, 'wanted_status', 'canceled', 'legal', '[]'::jsonb));
    END IF;
    PERFORM sales.change_order(p_order, 'canceled', actor, p_reason);
    IF p_staff THEN
        PERFORM sales.audit_order(p_act, p_order);
    END IF;
END
$$;
COMMENT ON FUNCTION sales.cancel_order(jsonb, uuid, boolean, text) IS 'Buyers cancel their own while it is unpaid, staff any that may be canceled, which is audited.';

CREATE FUNCTION sales.confirm_payment(p_act jsonb, p_payment uuid, p_reason text) RETURNS json
LANGUAGE plpgsql AS $$
DECLARE
    before text;
    answer json;
BEGIN
    SELECT status INTO before FROM sales.payments WHERE id = p_payment;
    answer := sales.capture_payment(p_payment, (p_act->>'actor')::uuid, p_reason);
    PERFORM registry.audit_act(
        p_act, 'payment.confirmed', p_payment, jsonb_build_object('status', before),
        jsonb_build_object('status', answer->'status', 'order_id', answer->'order_id',
                           'amount', answer->'amount', 'currency', answer->'currency'));
    RETURN answer;
END
$$;
COMMENT ON FUNCTION sales.confirm_payment(jsonb, uuid, text) IS 'sales.capture_payment by a person who saw the money arrive, and the audit of it.';

REVOKE ALL ON FUNCTION products.edit_product(jsonb, uuid, jsonb, int), sales.audit_order(jsonb, uuid),
    sales.move_order(jsonb, uuid, text, text), sales.cancel_order(jsonb, uuid, boolean, text),
    sales.confirm_payment(jsonb, uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION products.edit_product(jsonb, uuid, jsonb, int) TO vendas_products;
GRANT EXECUTE ON FUNCTION sales.audit_order(jsonb, uuid), sales.move_order(jsonb, uuid, text, text),
    sales.cancel_order(jsonb, uuid, boolean, text), sales.confirm_payment(jsonb, uuid, text)
    TO vendas_sales;
