-- Two holes of 0009 to 0015 closed: an account is made of a registration only for who knows its
-- password, and no order slips in behind an erasure.

-- The program compares the password first, and learns here only whose account it is.
DROP FUNCTION registry.confirm_email(bytea);
CREATE FUNCTION registry.confirm_email(p_hash bytea) RETURNS uuid
LANGUAGE plpgsql AS $$
DECLARE
    new   registry.registrations;
    token registry.mail_tokens;
BEGIN
    DELETE FROM registry.registrations r WHERE r.token_hash = p_hash RETURNING * INTO new;
    IF new.id IS NOT NULL AND new.expires_at > now() THEN
        INSERT INTO registry.users (id, name, email, password_hash, phone, phone_lookup, document,
                                    document_lookup, birth_date, language)
        VALUES (new.id, new.name, new.email, new.password_hash, new.phone, new.phone_lookup, new.document,
                new.document_lookup, new.birth_date, new.language);
        INSERT INTO registry.consents (user_id, purpose, version, granted, at)
        SELECT new.id, c->>'purpose', c->>'version', true, new.created_at
          FROM jsonb_array_elements(new.consents) AS c;
        DELETE FROM registry.registrations r WHERE lower(r.email) = lower(new.email);
        RETURN new.id;
    END IF;
    DELETE FROM registry.mail_tokens t WHERE t.hash = p_hash AND t.purpose = 'change_email' RETURNING * INTO token;
    IF token.hash IS NOT NULL AND token.expires_at > now() THEN
        UPDATE registry.users u SET email = token.email, version = version + 1, updated_at = now()
         WHERE u.id = token.user_id;
        -- Who reads the letters of the old address has no part in the account any more.
        DELETE FROM registry.mail_tokens t WHERE t.user_id = token.user_id;
        RETURN token.user_id;
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION registry.confirm_email(bytea) IS
    'Makes the account, or the change of address, that a letter''s token stands for; whose it is. Null: no such token, used, or expired.';
REVOKE ALL ON FUNCTION registry.confirm_email(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION registry.confirm_email(bytea) TO vendas_registry;

CREATE FUNCTION registry.hold_customer(p_user uuid) RETURNS text
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT u.name FROM registry.users u WHERE u.id = p_user AND u.erased_at IS NULL FOR KEY SHARE
$$;
COMMENT ON FUNCTION registry.hold_customer(uuid) IS
    'Published to Sales: the buyer''s name; nobody erases the buyer until the transaction ends. Null when there is no such user.';
REVOKE ALL ON FUNCTION registry.hold_customer(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION registry.hold_customer(uuid) TO vendas_sales;

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
