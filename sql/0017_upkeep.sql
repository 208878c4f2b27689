-- Upkeep. What is sealed gets a new key while programs serve (jobs/rotate-keys): each service lists
-- its sealed columns, shows them in batches, and puts a value sealed anew in the place of the one it
-- was made from, unless that has changed meanwhile. And Registry forgets what has served its time
-- (jobs/purge).

-- Sealed anew --------------------------------------------------------------------------------

CREATE FUNCTION registry.sealed_columns(OUT place text, OUT sealed_as text, OUT relation text, OUT field text,
                                        OUT row_id text)
RETURNS SETOF record LANGUAGE sql IMMUTABLE AS $$
    SELECT relation || '.' || field, 'registry.' || sealed_as, relation, field, row_id
      FROM (VALUES
            ('users', 'phone', 'id', 'users.phone'),
            ('users', 'document', 'id', 'users.document'),
            ('users', 'birth_date', 'id', 'users.birth_date'),
            ('registrations', 'phone', 'id', 'users.phone'),
            ('registrations', 'document', 'id', 'users.document'),
            ('registrations', 'birth_date', 'id', 'users.birth_date'),
            ('addresses', 'lines', 'id', 'addresses.lines'),
            ('sessions', 'client', 'id', 'sessions.client'),
            ('second_factors', 'secret', 'user_id', 'second_factors.secret'),
            ('outbox', 'payload', 'id', 'outbox.payload'),
            ('audit', 'origin', 'id', 'audit.origin')) AS c (relation, field, row_id, sealed_as)
$$;
COMMENT ON FUNCTION registry.sealed_columns() IS
    'Where Registry keeps what is sealed: the column as TABLE.COLUMN, what it is sealed for (lib/seal), and the column of the row''s id.';

CREATE FUNCTION registry.sealed_batch(p_place text, p_key int, p_after uuid, p_limit int,
                                      OUT id uuid, OUT value bytea, OUT plain text)
RETURNS SETOF record LANGUAGE plpgsql STABLE AS $$
DECLARE
    c record;
BEGIN
    SELECT * INTO STRICT c FROM registry.sealed_columns() s WHERE s.place = p_place;
    RETURN QUERY EXECUTE format(
        'SELECT %1$I, CASE WHEN substr(%2$I, 1, 4) <> $1 THEN %2$I END, NULL::text
           FROM registry.%3$I WHERE %1$I > $2 ORDER BY %1$I LIMIT $3', c.row_id, c.field, c.relation)
        USING int4send(p_key), p_after, p_limit;
END
$$;
COMMENT ON FUNCTION registry.sealed_batch(text, int, uuid, int) IS
    'The next rows behind an id, stale or not, so that each batch costs the same; value: what is sealed with another key than p_key. plain is always null here.';

CREATE FUNCTION registry.reseal(p_place text, p_rows jsonb) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    c    record;
    done bigint;
BEGIN
    SELECT * INTO STRICT c FROM registry.sealed_columns() s WHERE s.place = p_place;
    -- The same text under another key is as long as it was: all that can be told here of a value
    -- that may be in a row which nobody may change.
    EXECUTE format(
        'UPDATE registry.%3$I AS t SET %2$I = n.new
           FROM jsonb_to_recordset($1) AS n (id uuid, old bytea, new bytea)
          WHERE t.%1$I = n.id AND t.%2$I = n.old
            AND length(n.new) = length(n.old) AND substr(n.new, 1, 4) <> substr(n.old, 1, 4)',
        c.row_id, c.field, c.relation) USING p_rows;
    GET DIAGNOSTICS done = ROW_COUNT;
    RETURN done;
END
$$;
COMMENT ON FUNCTION registry.reseal(text, jsonb) IS
    'Puts new in the place of old, for each {id, old, new} whose row still has it; how many did.';

CREATE FUNCTION sales.sealed_columns(OUT place text, OUT sealed_as text)
RETURNS SETOF record LANGUAGE sql IMMUTABLE AS $$
    VALUES ('orders.address', 'sales.orders.address'), ('orders.customer', 'sales.orders.customer')
$$;
COMMENT ON FUNCTION sales.sealed_columns() IS
    'Where Sales keeps what is sealed: the column as TABLE.COLUMN, and what it is sealed for (lib/seal).';

CREATE FUNCTION sales.sealed_batch(p_place text, p_key int, p_after uuid, p_limit int,
                                   OUT id uuid, OUT value bytea, OUT plain text)
RETURNS SETOF record LANGUAGE sql STABLE AS $$
    SELECT o.id, CASE WHEN substr(v.sealed, 1, 4) <> int4send(p_key) THEN v.sealed END,
           CASE WHEN p_place = 'orders.address' THEN o.shipping_address::text END
      FROM sales.orders o
     CROSS JOIN LATERAL (SELECT CASE p_place WHEN 'orders.address' THEN o.address
                                             WHEN 'orders.customer' THEN o.customer END AS sealed) AS v
     WHERE o.id > p_after ORDER BY o.id LIMIT p_limit
$$;
COMMENT ON FUNCTION sales.sealed_batch(text, int, uuid, int) IS
    'The next rows behind an id, stale or not, so that each batch costs the same; value: what is sealed with another key than p_key; plain: what is still in clear.';

CREATE FUNCTION sales.reseal(p_place text, p_rows jsonb) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    done bigint;
BEGIN
    IF p_place = 'orders.address' THEN
        UPDATE sales.orders AS o SET address = n.new, shipping_address = NULL
          FROM jsonb_to_recordset(p_rows) AS n (id uuid, old bytea, new bytea)
         WHERE o.id = n.id AND o.address IS NOT DISTINCT FROM n.old
           AND (n.old IS NULL OR length(n.new) = length(n.old))
           AND substr(n.new, 1, 4) IS DISTINCT FROM substr(n.old, 1, 4);
    ELSIF p_place = 'orders.customer' THEN
        UPDATE sales.orders AS o SET customer = n.new
          FROM jsonb_to_recordset(p_rows) AS n (id uuid, old bytea, new bytea)
         WHERE o.id = n.id AND o.customer = n.old
           AND length(n.new) = length(n.old) AND substr(n.new, 1, 4) <> substr(n.old, 1, 4);
    END IF;
    GET DIAGNOSTICS done = ROW_COUNT;
    RETURN done;
END
$$;
COMMENT ON FUNCTION sales.reseal(text, jsonb) IS
    'Puts new in the place of old, for each {id, old, new} whose row still has it; how many did. Without old: what was in clear is sealed, and goes.';

CREATE FUNCTION sales.keys_of_answers() RETURNS SETOF int
LANGUAGE sql STABLE AS $$
    SELECT DISTINCT ('x' || found[1])::bit(32)::int
      FROM sales.idempotency_keys k
     CROSS JOIN LATERAL regexp_matches(k.answer::text,
           '\{"\$sealed" *: *\["[^"]*", *"[^"]*", *"([0-9a-f]{8})', 'g') AS found
$$;
COMMENT ON FUNCTION sales.keys_of_answers() IS
    'The numbers of the keys that answers kept for Idempotency-Keys are sealed with. Those are not sealed anew: they are gone in a day.';

REVOKE ALL ON FUNCTION registry.sealed_columns(), registry.sealed_batch(text, int, uuid, int),
    registry.reseal(text, jsonb), sales.sealed_columns(), sales.sealed_batch(text, int, uuid, int),
    sales.reseal(text, jsonb), sales.keys_of_answers() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION registry.sealed_columns(), registry.sealed_batch(text, int, uuid, int),
    registry.reseal(text, jsonb) TO vendas_registry;
GRANT EXECUTE ON FUNCTION sales.sealed_columns(), sales.sealed_batch(text, int, uuid, int),
    sales.reseal(text, jsonb), sales.keys_of_answers() TO vendas_sales;

-- What has served its time -------------------------------------------------------------------

CREATE INDEX mail_tokens_expiry_idx ON registry.mail_tokens (expires_at);
CREATE INDEX sessions_over_idx ON registry.sessions (least(ended_at, expires_at));

CREATE FUNCTION registry.purge(p_limit int, OUT registrations bigint, OUT mail_tokens bigint,
                               OUT attempts bigint, OUT sessions bigint, OUT secrets bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    -- What somebody has at hand just now is left for the next run: nobody waits for this.
    DELETE FROM registry.registrations WHERE id IN (
        SELECT r.id FROM registry.registrations r WHERE r.expires_at < now()
         LIMIT p_limit FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS registrations = ROW_COUNT;
    DELETE FROM registry.mail_tokens WHERE hash IN (
        SELECT t.hash FROM registry.mail_tokens t WHERE t.expires_at < now()
         LIMIT p_limit FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS mail_tokens = ROW_COUNT;
    DELETE FROM registry.attempts WHERE key IN (
        SELECT a.key FROM registry.attempts a
         WHERE a.last_at < now() - interval '90 days'
           AND coalesce(a.succeeded_at, 'epoch') < now() - interval '90 days'
         LIMIT p_limit FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS attempts = ROW_COUNT;
    DELETE FROM registry.sessions WHERE id IN (
        SELECT s.id FROM registry.sessions s
         WHERE least(s.ended_at, s.expires_at) < now() - interval '90 days'
         LIMIT p_limit FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS sessions = ROW_COUNT;
    DELETE FROM registry.service_account_secrets WHERE id IN (
        SELECT s.id FROM registry.service_account_secrets s
         WHERE s.expires_at < now() - interval '30 days'
         LIMIT p_limit FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS secrets = ROW_COUNT;
END
$$;
COMMENT ON FUNCTION registry.purge(int) IS
    'Removes what has served its time, so many rows of a kind at the most: registrations and letters'' tokens that have run out; attempts to sign in, and sessions (with their refresh tokens) that are over, after 90 days; secrets of service accounts 30 days after they ran out. How many of each.';
REVOKE ALL ON FUNCTION registry.purge(int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION registry.purge(int) TO vendas_registry;
