-- Privacy: what the law on personal data (LGPD, Lei 13.709/2018) gives people. All that is held about
-- them (art. 18 II and V), what they agreed to (art. 8), erasure (art. 18 IV and VI), and a register
-- that says of each column of every service whether it holds something personal.

-- Consents -----------------------------------------------------------------------------------

CREATE TABLE registry.consents (
    id      uuid CONSTRAINT consents_pkey PRIMARY KEY DEFAULT shared.uuid7(),
    user_id uuid NOT NULL CONSTRAINT consents_user_fkey REFERENCES registry.users,
    purpose text NOT NULL CONSTRAINT consents_purpose_length CHECK (length(purpose) BETWEEN 1 AND 60),
    version text NOT NULL CONSTRAINT consents_version_length CHECK (length(version) BETWEEN 1 AND 40),
    granted boolean NOT NULL,
    at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX consents_user_idx ON registry.consents (user_id, at DESC, id DESC);
COMMENT ON TABLE registry.consents IS 'What people agreed to and took back; append-only, as the shop has to prove it (art. 8 par. 2).';
COMMENT ON COLUMN registry.consents.id IS 'UUIDv7';
COMMENT ON COLUMN registry.consents.user_id IS 'who';
COMMENT ON COLUMN registry.consents.purpose IS 'what for, such as newsletter';
COMMENT ON COLUMN registry.consents.version IS 'version of the text that was shown';
COMMENT ON COLUMN registry.consents.granted IS 'false: taken back (art. 8 par. 5)';
COMMENT ON COLUMN registry.consents.at IS 'when';
CREATE FUNCTION registry.refuse_consent_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'consents are append-only';
END
$$;
COMMENT ON FUNCTION registry.refuse_consent_change() IS 'Consents are added and never changed, not by the owner of the database either.';
CREATE TRIGGER consents_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.consents
    FOR EACH STATEMENT EXECUTE FUNCTION registry.refuse_consent_change();

CREATE VIEW registry.consent_documents AS
SELECT c.user_id, c.at, c.id, json_build_object(
    'id', c.id, 'purpose', c.purpose, 'version', c.version, 'granted', c.granted,
    'at', shared.rfc3339(c.at)) AS document
  FROM registry.consents c;
COMMENT ON VIEW registry.consent_documents IS 'Consents as the API shows them.';

CREATE OR REPLACE FUNCTION registry.confirm_email(p_hash bytea, OUT user_id uuid, OUT purpose text)
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
        user_id := new.id;
        purpose := 'confirm_email';
        RETURN;
    END IF;
    DELETE FROM registry.mail_tokens t WHERE t.hash = p_hash AND t.purpose = 'change_email' RETURNING * INTO token;
    IF token.hash IS NOT NULL AND token.expires_at > now() THEN
        UPDATE registry.users u SET email = token.email, version = version + 1, updated_at = now()
         WHERE u.id = token.user_id;
        -- Who reads the letters of the old address has no part in the account any more.
        DELETE FROM registry.mail_tokens t WHERE t.user_id = token.user_id;
        user_id := token.user_id;
        purpose := token.purpose;
    END IF;
END
$$;

-- What Sales tells and lets go ---------------------------------------------------------------

CREATE FUNCTION sales.erasure_obstacles(p_user uuid) RETURNS text[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT array_remove(ARRAY[
        CASE WHEN EXISTS (SELECT FROM sales.orders o WHERE o.user_id = p_user
                             AND o.status IN ('pending', 'paid', 'partially_refunded', 'shipped'))
             THEN 'open_orders' END,
        CASE WHEN EXISTS (SELECT FROM sales.orders o JOIN sales.payments p ON p.order_id = o.id
                           WHERE o.user_id = p_user AND o.status IN ('canceled', 'expired', 'returned')
                             AND p.status IN ('captured', 'authorized'))
             THEN 'pending_refunds' END], NULL)
$$;
COMMENT ON FUNCTION sales.erasure_obstacles(uuid) IS
    'Published to Registry: why a customer can''t be erased yet. open_orders: not delivered, canceled or expired; pending_refunds: money of orders that are no more.';

CREATE FUNCTION sales.export_customer(p_user uuid) RETURNS json
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT json_build_object(
        'orders', (SELECT coalesce(json_agg(d.document ORDER BY d.created_at DESC, d.id DESC), '[]')
                     FROM sales.order_documents d WHERE d.user_id = p_user),
        'payments', (SELECT coalesce(json_agg(json_build_object(
                                'id', p.id, 'order_id', p.order_id, 'gateway', p.gateway,
                                'method', p.method, 'status', p.status, 'amount', p.amount,
                                'currency', p.currency, 'created_at', shared.rfc3339(p.created_at))
                                ORDER BY p.id DESC), '[]')
                       FROM sales.payments p JOIN sales.orders o ON o.id = p.order_id
                      WHERE o.user_id = p_user))
$$;
COMMENT ON FUNCTION sales.export_customer(uuid) IS 'Published to Registry: all that Sales holds about a customer.';

CREATE FUNCTION sales.customer_snapshots(p_user uuid) RETURNS TABLE (id uuid, customer bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT o.id, o.customer FROM sales.orders o WHERE o.user_id = p_user AND o.customer IS NOT NULL
$$;
COMMENT ON FUNCTION sales.customer_snapshots(uuid) IS 'Published to Registry: what a customer''s orders keep of who bought, sealed.';

CREATE FUNCTION sales.erase_customer(p_user uuid, p_snapshots jsonb) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
    DELETE FROM sales.idempotency_keys WHERE caller = p_user;
    UPDATE sales.orders o
       SET customer = (SELECT s.value::bytea FROM jsonb_each_text(p_snapshots) AS s WHERE s.key = o.id::text)
     WHERE o.user_id = p_user AND o.customer IS NOT NULL
$$;
COMMENT ON FUNCTION sales.erase_customer(uuid, jsonb) IS
    'Published to Registry: erases what Sales holds about a customer but for the orders, of which the tax law has the shop keep whom it sold to (LGPD art. 16 I; CTN art. 173, 174 and 195: five years). p_snapshots: {order: sealed} without the means to reach the buyer; an order that is not in it keeps the name alone.';

-- All that is held ---------------------------------------------------------------------------

CREATE FUNCTION registry.export_user(p_act jsonb, p_user uuid) RETURNS json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    everything json;
BEGIN
    SELECT json_build_object(
        'exported_at', shared.rfc3339(now()),
        'user', d.document,
        'addresses', (SELECT coalesce(json_agg(json_build_object(
                          'id', a.id, 'state', a.state, 'default', a.is_default,
                          'lines', shared.sealed('registry.addresses.lines', a.id, a.lines),
                          'created_at', shared.rfc3339(a.created_at)) ORDER BY a.id), '[]')
                        FROM registry.addresses a WHERE a.user_id = p_user),
        'consents', (SELECT coalesce(json_agg(c.document ORDER BY c.at, c.id), '[]')
                       FROM registry.consent_documents c WHERE c.user_id = p_user),
        'sessions', (SELECT coalesce(json_agg(json_build_object(
                         'id', s.id, 'client', shared.sealed('registry.sessions.client', s.id, s.client),
                         'created_at', shared.rfc3339(s.created_at),
                         'last_used_at', shared.rfc3339(s.last_used_at),
                         'ended_at', shared.rfc3339(s.ended_at)) ORDER BY s.id), '[]')
                       FROM registry.sessions s WHERE s.user_id = p_user),
        'second_factor', (SELECT json_build_object('enabled_at', shared.rfc3339(f.confirmed_at))
                            FROM registry.second_factors f WHERE f.user_id = p_user),
        'pending_email', (SELECT t.email FROM registry.mail_tokens t
                           WHERE t.user_id = p_user AND t.purpose = 'change_email'),
        'letters', (SELECT coalesce(json_agg(json_build_object(
                        'kind', o.kind, 'created_at', shared.rfc3339(o.created_at)) ORDER BY o.id), '[]')
                      FROM registry.outbox o WHERE o.user_id = p_user),
        'audit', (SELECT coalesce(json_agg(json_build_object(
                      'at', shared.rfc3339(l.at), 'action', l.action, 'own_act', l.actor = p_user,
                      'origin', CASE WHEN l.actor = p_user THEN
                          shared.sealed('registry.audit.origin', l.id, l.origin) END,
                      'before', l.before, 'after', l.after) ORDER BY l.at, l.id), '[]')
                    FROM registry.audit l WHERE p_user IN (l.actor, l.subject)),
        'sales', sales.export_customer(p_user))
      INTO everything
      FROM registry.user_documents d WHERE d.id = p_user;
    IF everything IS NULL THEN
        PERFORM shared.fail(404, 'not_found');
    ELSIF p_act IS NOT NULL THEN
        PERFORM registry.act_on_user(p_act, 'user.exported', p_user, NULL);
    END IF;
    RETURN everything;
END
$$;
COMMENT ON FUNCTION registry.export_user(jsonb, uuid) IS
    'All that every service holds about a user. p_act: who exports somebody else, for the audit; null for oneself.';

-- Erasure ------------------------------------------------------------------------------------

ALTER TABLE registry.users ADD COLUMN erased_at timestamptz;
COMMENT ON COLUMN registry.users.erased_at IS 'when erased: what is left is an id, for the orders and the audit';

-- A token of somebody who was just erased may be believed for a minute yet: nothing comes of it.
CREATE OR REPLACE FUNCTION registry.lock_addresses(p_user uuid) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM registry.users WHERE id = p_user AND erased_at IS NULL FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        PERFORM shared.fail(404, 'not_found');
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION registry.customer_for_order(p_user uuid, OUT name text, OUT email text, OUT phone bytea,
                                                       OUT document bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT u.name, u.email, u.phone, u.document FROM registry.users u
     WHERE u.id = p_user AND u.erased_at IS NULL
$$;

CREATE FUNCTION registry.erase_user(p_act jsonb, p_user uuid, p_snapshots jsonb, p_letter uuid,
                                    p_payload bytea) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    gone      registry.users;
    obstacles text[] := CASE WHEN registry.is_last_admin(p_user) THEN ARRAY['last_admin'] ELSE '{}' END;
BEGIN
    SELECT * INTO gone FROM registry.users u WHERE u.id = p_user FOR UPDATE;
    IF gone.id IS NULL THEN
        PERFORM shared.fail(404, 'not_found');
    ELSIF gone.erased_at IS NOT NULL THEN
        RETURN;
    END IF;
    IF p_act IS NOT NULL THEN
        PERFORM registry.refuse_more(p_act, registry.permission_list(gone.role));
    END IF;
    obstacles := obstacles || sales.erasure_obstacles(p_user);
    IF cardinality(obstacles) > 0 THEN
        PERFORM shared.fail(409, 'erasure_refused', jsonb_build_object('reasons', to_jsonb(obstacles)));
    END IF;
    DELETE FROM registry.sessions WHERE user_id = p_user;
    DELETE FROM registry.addresses WHERE user_id = p_user;
    DELETE FROM registry.second_factors WHERE user_id = p_user;
    DELETE FROM registry.mail_tokens WHERE user_id = p_user;
    DELETE FROM registry.registrations WHERE lower(email) = lower(gone.email);
    DELETE FROM registry.outbox WHERE user_id = p_user;
    PERFORM sales.erase_customer(p_user, p_snapshots);
    -- The name and address of nobody; ".invalid" is never delivered to (RFC 2606).
    UPDATE registry.users u
       SET name = '-', email = u.id || '@erased.invalid', password_hash = '$argon2id$erased',
           role = 'customer', phone = NULL, phone_lookup = NULL, document = NULL, document_lookup = NULL,
           document_verified_at = NULL, birth_date = NULL, language = 'pt-BR', erased_at = now(),
           version = u.version + 1, updated_at = now()
     WHERE u.id = p_user;
    PERFORM registry.post_letter(p_letter, 'account_deleted', p_payload, NULL, now() + interval '3 days');
    IF p_act IS NOT NULL THEN
        PERFORM registry.audit_act(p_act, 'user.erased', p_user, NULL, NULL);
    END IF;
END
$$;
COMMENT ON FUNCTION registry.erase_user(jsonb, uuid, jsonb, uuid, bytea) IS
    'Erases a user: what is left is an id without a person, and the orders that the law has the shop keep. Refused, with the reasons, while something is open. Erasing twice is as good as once. p_act: who erases somebody else; null for oneself.';

CREATE OR REPLACE VIEW registry.user_documents AS
SELECT u.id, u.email, u.name, u.version, u.created_at,
       json_build_object(
           'id', u.id, 'name', u.name, 'email', u.email, 'role', u.role,
           'phone', shared.sealed('registry.users.phone', u.id, u.phone),
           'document', shared.sealed('registry.users.document', u.id, u.document),
           'document_verified', u.document_verified_at IS NOT NULL,
           'birth_date', shared.sealed('registry.users.birth_date', u.id, u.birth_date),
           'language', u.language,
           'created_at', shared.rfc3339(u.created_at),
           'updated_at', shared.rfc3339(u.updated_at),
           'erased_at', shared.rfc3339(u.erased_at)) AS document,
       u.phone_lookup, u.document_lookup
  FROM registry.users u;

-- The register -------------------------------------------------------------------------------

CREATE TABLE registry.column_register (
    schema_name text NOT NULL,
    table_name  text NOT NULL,
    column_name text NOT NULL,
    class       text NOT NULL CONSTRAINT column_register_class_known
                CHECK (class IN ('personal', 'sensitive', 'neither')),
    whose       text,
    kept        text,
    CONSTRAINT column_register_pkey PRIMARY KEY (schema_name, table_name, column_name)
);
COMMENT ON TABLE registry.column_register IS 'Every column of every service: whether it holds something personal. A test fails where one is missing, or where export or erasure passes one over.';
COMMENT ON COLUMN registry.column_register.schema_name IS 'the service';
COMMENT ON COLUMN registry.column_register.table_name IS 'the table';
COMMENT ON COLUMN registry.column_register.column_name IS 'the column';
COMMENT ON COLUMN registry.column_register.class IS 'personal: says something of a person; sensitive: what must not be read in a dump either, and so is sealed or hashed; neither';
COMMENT ON COLUMN registry.column_register.whose IS 'SQL for the id of the user that a row is about; null where none is known';
COMMENT ON COLUMN registry.column_register.kept IS 'why erasure leaves it, or why no user can be told; null: erasure leaves nothing of it';

CREATE FUNCTION registry.classify(p_table text, p_class text, p_columns text, p_whose text, p_kept text)
RETURNS void LANGUAGE sql AS $$
    INSERT INTO registry.column_register
    SELECT split_part(p_table, '.', 1), split_part(p_table, '.', 2), name, p_class, p_whose, p_kept
      FROM unnest(string_to_array(p_columns, ' ')) AS name
    ON CONFLICT ON CONSTRAINT column_register_pkey
    DO UPDATE SET class = excluded.class, whose = excluded.whose, kept = excluded.kept
$$;
COMMENT ON FUNCTION registry.classify(text, text, text, text, text) IS 'Enters columns of a table, separated by blanks, into the register. For migrations that add columns.';

CREATE FUNCTION registry.classify_rest() RETURNS void
LANGUAGE sql AS $$
    INSERT INTO registry.column_register (schema_name, table_name, column_name, class)
    SELECT c.table_schema, c.table_name, c.column_name, 'neither'
      FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
     WHERE c.table_schema IN ('registry', 'products', 'sales', 'catalog') AND t.table_type = 'BASE TABLE'
    ON CONFLICT DO NOTHING
$$;

SELECT registry.classify(t, class, columns, whose, kept) FROM (VALUES
    ('registry.users', 'personal', 'name email', 'id', NULL),
    ('registry.users', 'sensitive', 'password_hash phone phone_lookup document document_lookup birth_date', 'id', NULL),
    ('registry.addresses', 'personal', 'state', 'user_id', NULL),
    ('registry.addresses', 'sensitive', 'lines', 'user_id', NULL),
    ('registry.sessions', 'sensitive', 'client', 'user_id', NULL),
    ('registry.refresh_tokens', 'sensitive', 'hash',
     '(SELECT s.user_id FROM registry.sessions s WHERE s.id = session_id)', NULL),
    ('registry.second_factors', 'sensitive', 'secret', 'user_id', NULL),
    ('registry.recovery_codes', 'sensitive', 'hash', 'user_id', NULL),
    ('registry.mail_tokens', 'personal', 'email', 'user_id', NULL),
    ('registry.mail_tokens', 'sensitive', 'hash', 'user_id', NULL),
    ('registry.outbox', 'sensitive', 'payload', 'user_id', NULL),
    ('registry.registrations', 'personal', 'name email consents', NULL, 'nobody''s account yet; forgotten after a day'),
    ('registry.registrations', 'sensitive', 'token_hash password_hash phone phone_lookup document document_lookup birth_date',
     NULL, 'nobody''s account yet; forgotten after a day'),
    ('registry.attempts', 'sensitive', 'key', NULL, 'a keyed hash, of which nobody can tell whose it is'),
    ('registry.audit', 'sensitive', 'origin', 'actor', 'access logs are kept for six months at least (Lei 12.965/2014 art. 15)'),
    ('registry.service_account_secrets', 'sensitive', 'hash', NULL, 'a program''s, not a person''s'),
    ('sales.orders', 'personal', 'customer_name state', 'user_id', 'tax law: five years (CTN art. 173, 174, 195)'),
    ('sales.orders', 'sensitive', 'shipping_address address', 'user_id', 'tax law: five years (CTN art. 173, 174, 195)'),
    ('sales.orders', 'sensitive', 'customer', 'user_id',
     'tax law: five years (CTN art. 173, 174, 195); e-mail and telephone go'),
    ('sales.order_history', 'personal', 'reason',
     '(SELECT o.user_id FROM sales.orders o WHERE o.id = order_id)', 'part of the order'),
    ('sales.idempotency_keys', 'personal', 'answer', 'caller', NULL)
) AS register (t, class, columns, whose, kept);
-- Everything else that there is by now was looked through and says nothing of a person. What comes
-- later has to be entered by name, with classify().
SELECT registry.classify_rest();
DROP FUNCTION registry.classify_rest();

GRANT USAGE ON SCHEMA sales TO vendas_registry;
REVOKE ALL ON FUNCTION sales.erasure_obstacles(uuid), sales.export_customer(uuid), sales.erase_customer(uuid, jsonb),
    sales.customer_snapshots(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sales.erasure_obstacles(uuid), sales.export_customer(uuid), sales.erase_customer(uuid, jsonb),
    sales.customer_snapshots(uuid)
   TO vendas_registry;
GRANT SELECT ON registry.consents, registry.consent_documents TO vendas_registry;
GRANT INSERT ON registry.consents TO vendas_registry;
REVOKE ALL ON FUNCTION registry.refuse_consent_change(), registry.export_user(jsonb, uuid), registry.erase_user(jsonb, uuid, jsonb, uuid, bytea),
    registry.classify(text, text, text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION registry.export_user(jsonb, uuid), registry.erase_user(jsonb, uuid, jsonb, uuid, bytea)
   TO vendas_registry;
