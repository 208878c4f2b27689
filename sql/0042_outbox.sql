-- Sales, the outbox: each change of an order, a payment, stock and a product writes an event in its own
-- transaction, by triggers on the tables, so that no function can forget it. What follows from events
-- happens later and elsewhere: the job "webhooks" sends them to subscribers, the job "notify" writes
-- letters to customers.
--
-- An event is written while the row that it tells about is locked, so that of two events of one object
-- the later one has the larger id, and whoever sees it sees the earlier one, too. Between objects ids
-- say nothing, and an event with a smaller id may appear after one with a larger one: so events are
-- marked once they were routed, instead of counted up to an id.
--
-- Events tell what changed, and nothing of the people: who has to know more reads the object.

CREATE TABLE sales.events (
    id         bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT events_pkey PRIMARY KEY,
    type       text NOT NULL
               CONSTRAINT events_type_format CHECK (type ~ '^(order|payment|stock|product)\.[a-z_]+$'),
    object_id  uuid NOT NULL,
    version    int,
    payload    json NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    routed     boolean NOT NULL DEFAULT false
);
CREATE INDEX events_unrouted_idx ON sales.events (id) WHERE NOT routed;
COMMENT ON TABLE sales.events IS 'What happened, for whoever has to be told; kept for VENDAS_EVENT_DAYS.';
COMMENT ON COLUMN sales.events.id IS 'rises with each event of an object';
COMMENT ON COLUMN sales.events.type IS 'what happened to what, such as order.paid';
COMMENT ON COLUMN sales.events.object_id IS 'the order, payment, variant or product';
COMMENT ON COLUMN sales.events.version IS 'the object''s version after it; null where it has none';
COMMENT ON COLUMN sales.events.payload IS 'what changed, without anything personal';
COMMENT ON COLUMN sales.events.created_at IS 'when';
COMMENT ON COLUMN sales.events.routed IS 'whether it was put before those who want it';

-- Writing ------------------------------------------------------------------------------------

CREATE FUNCTION sales.note_order() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO sales.events (type, object_id, version, payload)
    SELECT 'order.' || CASE WHEN NEW.event <> 'status' THEN NEW.event WHEN NEW.from_status IS NULL THEN 'placed'
                            ELSE NEW.to_status END,
           o.id, NEW.version,
           json_build_object('id', o.id, 'number', o.number, 'status', NEW.to_status,
                             'currency', o.currency, 'total', o.total)
      FROM sales.orders o WHERE o.id = NEW.order_id;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION sales.note_order() IS 'Writes what happens to an order, as its history has it, into the outbox.';
CREATE TRIGGER order_history_note AFTER INSERT ON sales.order_history
    FOR EACH ROW EXECUTE FUNCTION sales.note_order();

CREATE FUNCTION sales.note_payment() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO sales.events (type, object_id, payload)
    VALUES ('payment.' || CASE NEW.status WHEN 'pending' THEN 'begun' ELSE NEW.status END, NEW.id,
            json_build_object('id', NEW.id, 'order_id', NEW.order_id, 'gateway', NEW.gateway,
                              'method', NEW.method, 'status', NEW.status, 'amount', NEW.amount,
                              'currency', NEW.currency));
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION sales.note_payment() IS 'Writes what happens to a payment into the outbox.';
CREATE TRIGGER payments_note_begun AFTER INSERT ON sales.payments
    FOR EACH ROW EXECUTE FUNCTION sales.note_payment();
CREATE TRIGGER payments_note_changed AFTER UPDATE ON sales.payments
    FOR EACH ROW WHEN (NEW.status <> OLD.status) EXECUTE FUNCTION sales.note_payment();

CREATE FUNCTION sales.note_stock() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO sales.events (type, object_id, payload)
    SELECT 'stock.moved', m.variant_id,
           json_build_object('movement_id', m.id, 'variant_id', m.variant_id, 'kind', m.kind,
                             'location', m.location, 'on_hand', m.on_hand, 'reserved', m.reserved,
                             'order_id', m.order_id)
      FROM moved m ORDER BY m.id;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION sales.note_stock() IS 'Writes the ledger''s new rows into the outbox.';
CREATE TRIGGER stock_movements_note AFTER INSERT ON sales.stock_movements
    REFERENCING NEW TABLE AS moved FOR EACH STATEMENT EXECUTE FUNCTION sales.note_stock();

CREATE FUNCTION sales.note_products() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO sales.events (type, object_id, version, payload)
        SELECT 'product.created', n.id, n.version,
               json_build_object('id', n.id, 'slug', n.slug, 'status', n.status, 'name', n.name,
                                 'price', n.price, 'currency', n.currency, 'in_stock', n.in_stock)
          FROM new_rows n ORDER BY n.id;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO sales.events (type, object_id, version, payload)
        SELECT 'product.changed', n.id, n.version,
               json_build_object('id', n.id, 'slug', n.slug, 'status', n.status, 'name', n.name,
                                 'price', n.price, 'currency', n.currency, 'in_stock', n.in_stock)
          FROM new_rows n JOIN old_rows o ON o.id = n.id
         WHERE n.version <> o.version OR n.in_stock <> o.in_stock ORDER BY n.id;
    ELSE
        INSERT INTO sales.events (type, object_id, version, payload)
        SELECT 'product.deleted', o.id, o.version, json_build_object('id', o.id, 'slug', o.slug)
          FROM old_rows o ORDER BY o.id;
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION sales.note_products() IS
    'Writes what happens to products into the outbox: the trigger that Sales has on the table of Products, whose rows alone it is given.';
CREATE TRIGGER products_note_created AFTER INSERT ON products.products
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION sales.note_products();
CREATE TRIGGER products_note_changed AFTER UPDATE ON products.products
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION sales.note_products();
CREATE TRIGGER products_note_deleted AFTER DELETE ON products.products
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION sales.note_products();

-- Subscribers --------------------------------------------------------------------------------

CREATE TABLE sales.webhooks (
    id          uuid CONSTRAINT webhooks_pkey PRIMARY KEY,
    url         text NOT NULL CONSTRAINT webhooks_url_length CHECK (length(url) BETWEEN 8 AND 2000),
    description text CONSTRAINT webhooks_description_length CHECK (length(description) <= 200),
    event_types text[] NOT NULL
                CONSTRAINT webhooks_event_types_number CHECK (cardinality(event_types) BETWEEN 1 AND 40),
    secret      bytea NOT NULL CONSTRAINT webhooks_secret_length CHECK (length(secret) BETWEEN 33 AND 512),
    status      text NOT NULL DEFAULT 'active'
                CONSTRAINT webhooks_status_known CHECK (status IN ('active', 'paused')),
    created_by  uuid,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    version     int NOT NULL DEFAULT 1
);
COMMENT ON TABLE sales.webhooks IS 'Systems that are told of events over HTTP. Whoever changes what waits for one locks its row.';
COMMENT ON COLUMN sales.webhooks.id IS 'UUIDv7';
COMMENT ON COLUMN sales.webhooks.url IS 'where events are sent to';
COMMENT ON COLUMN sales.webhooks.description IS 'whose it is, for people';
COMMENT ON COLUMN sales.webhooks.event_types IS 'what it is told of: types, or order.* for all that begin so';
COMMENT ON COLUMN sales.webhooks.secret IS 'what events are signed with; sealed';
COMMENT ON COLUMN sales.webhooks.status IS 'active, or paused: then events wait';
COMMENT ON COLUMN sales.webhooks.created_by IS 'who made it';
COMMENT ON COLUMN sales.webhooks.created_at IS 'when made';
COMMENT ON COLUMN sales.webhooks.updated_at IS 'when last changed';
COMMENT ON COLUMN sales.webhooks.version IS 'rises with each change; the ETag';

CREATE TABLE sales.deliveries (
    id              uuid CONSTRAINT deliveries_pkey PRIMARY KEY DEFAULT shared.uuid7(),
    webhook_id      uuid NOT NULL CONSTRAINT deliveries_webhook_fkey REFERENCES sales.webhooks ON DELETE CASCADE,
    event_id        bigint NOT NULL CONSTRAINT deliveries_event_fkey REFERENCES sales.events ON DELETE CASCADE,
    object_id       uuid NOT NULL,
    status          text NOT NULL DEFAULT 'pending'
                    CONSTRAINT deliveries_status_known CHECK (status IN ('pending', 'delivered', 'dead')),
    attempts        int NOT NULL DEFAULT 0 CONSTRAINT deliveries_attempts_positive CHECK (attempts >= 0),
    queued_at       timestamptz NOT NULL DEFAULT now(),
    next_attempt_at timestamptz CONSTRAINT deliveries_next_attempt_pending
                    CHECK (status = 'pending' OR next_attempt_at IS NULL),
    last_attempt_at timestamptz,
    last_status     int,
    last_error      text CONSTRAINT deliveries_last_error_length CHECK (length(last_error) <= 200),
    CONSTRAINT deliveries_once UNIQUE (webhook_id, event_id)
);
CREATE INDEX deliveries_event_idx ON sales.deliveries (event_id);
CREATE INDEX deliveries_due_idx ON sales.deliveries (webhook_id, next_attempt_at) WHERE status = 'pending';
CREATE INDEX deliveries_object_idx ON sales.deliveries (webhook_id, object_id, event_id) WHERE status = 'pending';
CREATE INDEX deliveries_dead_idx ON sales.deliveries (webhook_id, event_id) WHERE status = 'dead';
COMMENT ON TABLE sales.deliveries IS 'Events that a subscriber is told of, or was, or could not be.';
COMMENT ON COLUMN sales.deliveries.id IS 'UUIDv7';
COMMENT ON COLUMN sales.deliveries.webhook_id IS 'who is told';
COMMENT ON COLUMN sales.deliveries.event_id IS 'of what';
COMMENT ON COLUMN sales.deliveries.object_id IS 'what the event is about';
COMMENT ON COLUMN sales.deliveries.status IS 'pending; delivered: the subscriber answered 2xx; dead: given up after three days';
COMMENT ON COLUMN sales.deliveries.attempts IS 'how often a job has begun to send it, since it was queued';
COMMENT ON COLUMN sales.deliveries.queued_at IS 'when it began to wait, at first or to be sent again';
COMMENT ON COLUMN sales.deliveries.next_attempt_at IS 'before this time no job takes it; null while an earlier event of the object waits, and once it is over';
COMMENT ON COLUMN sales.deliveries.last_attempt_at IS 'when last tried';
COMMENT ON COLUMN sales.deliveries.last_status IS 'status of HTTP that was answered last; null: no answer';
COMMENT ON COLUMN sales.deliveries.last_error IS 'why there was none';

CREATE VIEW sales.webhook_documents AS
SELECT w.id, w.created_at, w.version, json_build_object(
    'id', w.id, 'url', w.url, 'description', w.description, 'event_types', w.event_types,
    'status', w.status, 'created_by', w.created_by, 'created_at', shared.rfc3339(w.created_at),
    'updated_at', shared.rfc3339(w.updated_at)) AS document
  FROM sales.webhooks w;
COMMENT ON VIEW sales.webhook_documents IS 'Subscribers as the API shows them.';

CREATE VIEW sales.delivery_documents AS
SELECT d.id, d.webhook_id, d.event_id, d.status, json_build_object(
    'id', d.id, 'event_id', d.event_id, 'type', e.type, 'object_id', d.object_id, 'status', d.status,
    'attempts', d.attempts, 'queued_at', shared.rfc3339(d.queued_at),
    'next_attempt_at', shared.rfc3339(d.next_attempt_at),
    'last_attempt_at', shared.rfc3339(d.last_attempt_at), 'last_status', d.last_status,
    'last_error', d.last_error) AS document
  FROM sales.deliveries d JOIN sales.events e ON e.id = d.event_id;
COMMENT ON VIEW sales.delivery_documents IS 'Deliveries as the API shows them.';

CREATE FUNCTION sales.create_webhook(p_act jsonb, p_id uuid, p jsonb, p_secret bytea) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('sales.webhooks'));
    -- Each costs a look at every event, and connections of the job.
    IF (SELECT count(*) FROM sales.webhooks) >= 50 THEN
        PERFORM shared.fail(409, 'too_many_webhooks');
    END IF;
    INSERT INTO sales.webhooks (id, url, description, event_types, secret, status, created_by)
    VALUES (p_id, p->>'url', p->>'description', ARRAY(SELECT jsonb_array_elements_text(p->'event_types')),
            p_secret, coalesce(p->>'status', 'active'), (p_act->>'actor')::uuid);
    PERFORM registry.audit_act(p_act, 'webhook.created', p_id, NULL, p);
END
$$;
COMMENT ON FUNCTION sales.create_webhook(jsonb, uuid, jsonb, bytea) IS
    'A new subscriber from a checked body, told of what is routed from now on, and the audit of it. p_secret is sealed for p_id.';

CREATE FUNCTION sales.hold_webhook(p_id uuid) RETURNS sales.webhooks
LANGUAGE plpgsql AS $$
DECLARE
    present sales.webhooks;
BEGIN
    SELECT * INTO present FROM sales.webhooks WHERE id = p_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        PERFORM shared.fail(404, 'not_found');
    END IF;
    RETURN present;
END
$$;
COMMENT ON FUNCTION sales.hold_webhook(uuid) IS 'A subscriber, locked; or refuses, as there is none.';

CREATE FUNCTION sales.change_webhook(p_act jsonb, p_id uuid, p jsonb, p_version int) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    present sales.webhooks := sales.hold_webhook(p_id);
BEGIN
    IF p_version NOT IN (0, present.version) THEN
        PERFORM shared.fail(412, 'lost_update');
    END IF;
    UPDATE sales.webhooks
       SET url = coalesce(p->>'url', url), status = coalesce(p->>'status', status),
           description = CASE WHEN p ? 'description' THEN p->>'description' ELSE description END,
           event_types = CASE WHEN p ? 'event_types'
                              THEN ARRAY(SELECT jsonb_array_elements_text(p->'event_types'))
                              ELSE event_types END,
           version = version + 1, updated_at = now()
     WHERE id = p_id;
    PERFORM registry.audit_act(p_act, 'webhook.changed', p_id, shared.members(to_jsonb(present) - 'secret', p), p);
END
$$;
COMMENT ON FUNCTION sales.change_webhook(jsonb, uuid, jsonb, int) IS 'Changes a subscriber by a checked body, and the audit of it. p_version 0: whatever it is by now.';

CREATE FUNCTION sales.renew_webhook_secret(p_act jsonb, p_id uuid, p_secret bytea) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM sales.hold_webhook(p_id);
    UPDATE sales.webhooks SET secret = p_secret, version = version + 1, updated_at = now() WHERE id = p_id;
    PERFORM registry.audit_act(p_act, 'webhook.secret_renewed', p_id, NULL, NULL);
END
$$;
COMMENT ON FUNCTION sales.renew_webhook_secret(jsonb, uuid, bytea) IS 'Signs with another secret from now on, and the audit of it.';

CREATE FUNCTION sales.delete_webhook(p_act jsonb, p_id uuid) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    present sales.webhooks := sales.hold_webhook(p_id);
BEGIN
    DELETE FROM sales.webhooks WHERE id = p_id;
    PERFORM registry.audit_act(p_act, 'webhook.deleted', p_id, to_jsonb(present) - 'secret', NULL);
END
$$;
COMMENT ON FUNCTION sales.delete_webhook(jsonb, uuid) IS 'Takes a subscriber away, with what waits for it, and the audit of it.';

-- Delivering ---------------------------------------------------------------------------------
-- Of the events of one object that wait for a subscriber only the first has a time at which it is
-- sent; the next gets one when that is over. Both who queues and who settles hold the subscriber's
-- row, so that none is passed over.

CREATE FUNCTION sales.listens(p_types text[], p_type text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT p_type = ANY (p_types) OR split_part(p_type, '.', 1) || '.*' = ANY (p_types)
$$;
COMMENT ON FUNCTION sales.listens(text[], text) IS 'Whether a subscriber to these types is told of an event of that type.';

CREATE FUNCTION sales.release_deliveries(p_webhook uuid, p_objects uuid[]) RETURNS void
LANGUAGE sql AS $$
    UPDATE sales.deliveries d SET next_attempt_at = now()
      FROM unnest(p_objects) AS o (id)
     CROSS JOIN LATERAL (SELECT w.id, w.next_attempt_at FROM sales.deliveries w
                          WHERE w.webhook_id = p_webhook AND w.object_id = o.id AND w.status = 'pending'
                          ORDER BY w.event_id LIMIT 1) AS first
     WHERE d.id = first.id AND first.next_attempt_at IS NULL
$$;
COMMENT ON FUNCTION sales.release_deliveries(uuid, uuid[]) IS 'Lets the first event of each of these objects that waits for a subscriber be sent; its row is locked.';

CREATE FUNCTION sales.route_events(p_limit int) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
    taken   bigint[];
    objects uuid[];
    w       record;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtext('sales.route_events')) THEN
        RETURN 0; -- another job is at it
    END IF;
    taken := ARRAY(SELECT id FROM sales.events WHERE NOT routed ORDER BY id LIMIT p_limit);
    UPDATE sales.events SET routed = true WHERE id = ANY (taken);
    -- What was entered afterwards, as history, is no news to the buyer.
    INSERT INTO sales.letters (event_id)
    SELECT e.id FROM sales.events e
      JOIN sales.order_history h ON h.order_id = e.object_id AND h.version = e.version
     WHERE e.id = ANY (taken) AND sales.letter_of(e.type) IS NOT NULL
       AND h.at > e.created_at - interval '1 hour';
    FOR w IN SELECT id, event_types FROM sales.webhooks ORDER BY id FOR NO KEY UPDATE LOOP
        WITH queued AS (
            INSERT INTO sales.deliveries (webhook_id, event_id, object_id)
            SELECT w.id, e.id, e.object_id FROM sales.events e
             WHERE e.id = ANY (taken) AND sales.listens(w.event_types, e.type) ORDER BY e.id
            ON CONFLICT ON CONSTRAINT deliveries_once DO NOTHING RETURNING object_id)
        SELECT array_agg(DISTINCT object_id) INTO objects FROM queued;
        PERFORM sales.release_deliveries(w.id, objects);
    END LOOP;
    RETURN cardinality(taken);
END
$$;
COMMENT ON FUNCTION sales.route_events(int) IS 'Puts the next so many events before those who want them; how many. 0: none is left.';

CREATE FUNCTION sales.claim_deliveries(p_each int, p_busy uuid[], p_seconds int,
                                       OUT webhook uuid, OUT address text, OUT key bytea, OUT event bigint,
                                       OUT attempt int, OUT body text)
RETURNS SETOF record LANGUAGE plpgsql AS $$
DECLARE
    w record;
BEGIN
    FOR w IN SELECT h.id, h.url, h.secret,
                    p_each - (SELECT count(*) FROM unnest(p_busy) AS b WHERE b = h.id) AS room
               FROM sales.webhooks h WHERE h.status = 'active' ORDER BY h.id LOOP
        CONTINUE WHEN w.room <= 0;
        RETURN QUERY
        WITH due AS (
            SELECT d.id FROM sales.deliveries d
             WHERE d.webhook_id = w.id AND d.status = 'pending' AND d.next_attempt_at <= now()
             ORDER BY d.next_attempt_at LIMIT w.room FOR UPDATE SKIP LOCKED),
        claimed AS (
            UPDATE sales.deliveries d
               SET attempts = d.attempts + 1, last_attempt_at = now(),
                   next_attempt_at = now() + make_interval(secs => p_seconds)
              FROM due WHERE d.id = due.id RETURNING d.event_id, d.attempts)
        SELECT w.id, w.url, w.secret, e.id, c.attempts, json_build_object(
                   'id', e.id, 'type', e.type, 'object_id', e.object_id, 'version', e.version,
                   'created_at', shared.rfc3339(e.created_at), 'data', e.payload)::text
          FROM claimed c JOIN sales.events e ON e.id = c.event_id ORDER BY e.id;
    END LOOP;
END
$$;
COMMENT ON FUNCTION sales.claim_deliveries(int, uuid[], int) IS
    'What is to be sent now, which nobody else is given for p_seconds: of each active subscriber up to p_each, less those of it in p_busy, that are under way.';

CREATE FUNCTION sales.settle_deliveries(p jsonb) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    done uuid[];
    w    record;
BEGIN
    FOR w IN SELECT h.id FROM sales.webhooks h
              WHERE h.id IN (SELECT (r->>'webhook')::uuid FROM jsonb_array_elements(p) AS r)
              ORDER BY h.id FOR NO KEY UPDATE LOOP
        -- 10 seconds, doubled with each attempt up to four hours, of which between half and all is
        -- waited: what failed together does not come back together. Whoever was too slow, and whose
        -- delivery another has by now, changes nothing.
        WITH results AS (
            SELECT r.event, r.attempt, r.status, r.error, coalesce(r.status BETWEEN 200 AND 299, false) AS taken
              FROM jsonb_to_recordset(p) AS r (webhook uuid, event bigint, attempt int, status int, error text)
             WHERE r.webhook = w.id),
        settled AS (
            UPDATE sales.deliveries d
               SET status = CASE WHEN r.taken THEN 'delivered'
                                 WHEN d.queued_at < now() - interval '3 days' THEN 'dead' ELSE 'pending' END,
                   next_attempt_at = CASE WHEN NOT r.taken AND d.queued_at >= now() - interval '3 days' THEN
                       now() + least(interval '10 seconds' * 2 ^ least(d.attempts - 1, 11), interval '4 hours')
                               * (0.5 + random() / 2) END,
                   last_status = r.status, last_error = r.error
              FROM results r
             WHERE d.webhook_id = w.id AND d.event_id = r.event AND d.attempts = r.attempt AND d.status = 'pending'
            RETURNING d.object_id, d.status)
        SELECT array_agg(DISTINCT object_id) INTO done FROM settled WHERE status <> 'pending';
        PERFORM sales.release_deliveries(w.id, done);
    END LOOP;
END
$$;
COMMENT ON FUNCTION sales.settle_deliveries(jsonb) IS
    'What came of attempts: [{webhook, event, attempt, status, error}]; 2xx is delivered, all else is tried again, for three days.';

CREATE FUNCTION sales.replay_deliveries(p_act jsonb, p_id uuid, p jsonb) RETURNS json
LANGUAGE plpgsql AS $$
DECLARE
    w       sales.webhooks := sales.hold_webhook(p_id);
    objects uuid[];
    queued  int;
BEGIN
    WITH wanted AS (
        SELECT e.id, e.object_id FROM sales.events e
          LEFT JOIN sales.deliveries d ON d.webhook_id = p_id AND d.event_id = e.id
         WHERE e.id BETWEEN (p->>'from_event')::bigint AND coalesce((p->>'to_event')::bigint, (p->>'from_event')::bigint)
           AND e.routed AND sales.listens(w.event_types, e.type)
           AND CASE WHEN p->>'status' IS NULL THEN d.status IS DISTINCT FROM 'pending'
                    ELSE d.status = p->>'status' END
         ORDER BY e.id LIMIT 10001),
    again AS (
        INSERT INTO sales.deliveries AS d (webhook_id, event_id, object_id)
        SELECT p_id, id, object_id FROM wanted ORDER BY id
        ON CONFLICT ON CONSTRAINT deliveries_once
        DO UPDATE SET status = 'pending', attempts = 0, queued_at = now(), next_attempt_at = NULL
        RETURNING d.object_id)
    SELECT array_agg(DISTINCT object_id), count(*) INTO objects, queued FROM again;
    IF queued > 10000 THEN
        PERFORM shared.fail(422, 'too_many_events', '{"pointer": "/to_event"}');
    END IF;
    PERFORM sales.release_deliveries(p_id, objects);
    PERFORM registry.audit_act(p_act, 'webhook.replayed', p_id, NULL, p || jsonb_build_object('events', queued));
    RETURN json_build_object('events', queued);
END
$$;
COMMENT ON FUNCTION sales.replay_deliveries(jsonb, uuid, jsonb) IS
    'Sends events {from_event, to_event, status} to a subscriber again, or for the first time, and the audit of it. Without status: all that do not wait anyway.';

-- Letters ------------------------------------------------------------------------------------

CREATE TABLE sales.letters (
    event_id bigint CONSTRAINT letters_pkey PRIMARY KEY
             CONSTRAINT letters_event_fkey REFERENCES sales.events ON DELETE CASCADE
);
COMMENT ON TABLE sales.letters IS 'Events that a customer is still to be written of; a row goes with its letter into the registry''s outbox.';
COMMENT ON COLUMN sales.letters.event_id IS 'the event';

CREATE FUNCTION sales.letter_of(p_type text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE p_type WHEN 'order.placed' THEN 'order_placed' WHEN 'order.paid' THEN 'order_paid'
                       WHEN 'order.shipped' THEN 'order_shipped' WHEN 'order.goods_shipped' THEN 'order_shipped'
                       WHEN 'order.canceled' THEN 'order_canceled' WHEN 'order.expired' THEN 'order_expired' END
$$;
COMMENT ON FUNCTION sales.letter_of(text) IS 'The letter (lib/letter) that a customer gets at an event; null: none.';

CREATE FUNCTION registry.customer_for_letter(p_user uuid, OUT email text, OUT language text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT u.email, u.language FROM registry.users u WHERE u.id = p_user AND u.erased_at IS NULL
$$;
COMMENT ON FUNCTION registry.customer_for_letter(uuid) IS
    'Published to Sales: where a customer is written to, and in which language. Nulls when there is no such user.';

CREATE FUNCTION sales.next_letter(OUT event bigint, OUT kind text, OUT user_id uuid, OUT email text,
                                  OUT language text, OUT document json, OUT parcel json)
RETURNS SETOF record LANGUAGE sql AS $$
    SELECT l.event_id, sales.letter_of(e.type), d.user_id, c.email, c.language, d.document, s.document
      FROM (SELECT w.event_id FROM sales.letters w ORDER BY w.event_id LIMIT 1) AS l
      JOIN sales.events e ON e.id = l.event_id
      JOIN sales.order_documents d ON d.id = e.object_id
      LEFT JOIN sales.shipment_documents s ON s.order_id = e.object_id AND s.version = e.version
     CROSS JOIN registry.customer_for_letter(d.user_id) AS c
$$;
COMMENT ON FUNCTION sales.next_letter() IS 'The letter that has waited longest, and what it is written from: the order and, where it is about one, the parcel; email is null where the buyer is gone.';

CREATE FUNCTION sales.finish_letter(p_event bigint, p_id uuid, p_kind text, p_payload bytea, p_user uuid,
                                    p_seconds int) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM sales.letters WHERE event_id = p_event;
    -- Two jobs may have written it at once: the first one's goes.
    IF FOUND AND p_payload IS NOT NULL THEN
        PERFORM registry.post_letter(p_id, p_kind, p_payload, p_user, now() + make_interval(secs => p_seconds));
    END IF;
END
$$;
COMMENT ON FUNCTION sales.finish_letter(bigint, uuid, text, bytea, uuid, int) IS
    'Posts the letter of an event, once; without a payload there is nobody to write to.';

-- Upkeep -------------------------------------------------------------------------------------

CREATE FUNCTION sales.forget_events(p_days int, p_limit int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    old     bigint[];
    objects uuid[];
    w       record;
BEGIN
    old := ARRAY(SELECT oldest.id FROM (SELECT id, created_at FROM sales.events ORDER BY id LIMIT p_limit) AS oldest
                  WHERE oldest.created_at < now() - make_interval(days => p_days));
    -- Of a webhook that was paused for so long some may still wait: then the next of its object is first.
    FOR w IN SELECT h.id FROM sales.webhooks h
              WHERE EXISTS (SELECT FROM sales.deliveries d WHERE d.webhook_id = h.id
                               AND d.event_id = ANY (old) AND d.status = 'pending')
              ORDER BY h.id FOR NO KEY UPDATE LOOP
        WITH gone AS (
            DELETE FROM sales.deliveries d WHERE d.webhook_id = w.id AND d.event_id = ANY (old)
            RETURNING d.object_id)
        SELECT array_agg(DISTINCT object_id) INTO objects FROM gone;
        PERFORM sales.release_deliveries(w.id, objects);
    END LOOP;
    DELETE FROM sales.events WHERE id = ANY (old);
    RETURN cardinality(old);
END
$$;
COMMENT ON FUNCTION sales.forget_events(int, int) IS 'Removes events older than so many days with their deliveries, of the oldest so many; how many.';

CREATE OR REPLACE FUNCTION sales.sealed_columns(OUT place text, OUT sealed_as text)
RETURNS SETOF record LANGUAGE sql IMMUTABLE AS $$
    SELECT c, 'sales.' || c FROM (VALUES ('orders.address'), ('orders.customer'), ('order_notes.note'),
                                             ('webhooks.secret')) AS places (c)
$$;

CREATE OR REPLACE FUNCTION sales.sealed_batch(p_place text, p_key int, p_after uuid, p_limit int,
                                              OUT id uuid, OUT value bytea, OUT plain text)
RETURNS SETOF record LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM sales.sealed_columns() s WHERE s.place = p_place) THEN
        RETURN;
    END IF;
    -- Addresses of orders from before there was sealing are still in clear.
    RETURN QUERY EXECUTE format(
        'SELECT t.id, CASE WHEN substr(t.%2$I, 1, 4) <> $1 THEN t.%2$I END, %3$s
           FROM sales.%1$I t WHERE t.id > $2 ORDER BY t.id LIMIT $3',
        split_part(p_place, '.', 1), split_part(p_place, '.', 2),
        CASE p_place WHEN 'orders.address' THEN 't.shipping_address::text' ELSE 'NULL::text' END)
        USING int4send(p_key), p_after, p_limit;
END
$$;

CREATE OR REPLACE FUNCTION sales.reseal(p_place text, p_rows jsonb) RETURNS bigint
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
    ELSIF EXISTS (SELECT FROM sales.sealed_columns() s WHERE s.place = p_place) THEN
        EXECUTE format(
            'UPDATE sales.%1$I AS t SET %2$I = n.new
               FROM jsonb_to_recordset($1) AS n (id uuid, old bytea, new bytea)
              WHERE t.id = n.id AND t.%2$I = n.old
                AND length(n.new) = length(n.old) AND substr(n.new, 1, 4) <> substr(n.old, 1, 4)',
            split_part(p_place, '.', 1), split_part(p_place, '.', 2)) USING p_rows;
    ELSE
        RETURN 0;
    END IF;
    GET DIAGNOSTICS done = ROW_COUNT;
    RETURN done;
END
$$;

-- What other files promise stays as they have it.
DO $$
BEGIN
    EXECUTE 'CREATE OR REPLACE VIEW sales.integrity AS '
        || rtrim(pg_get_viewdef('sales.integrity'::regclass), '; ')
        || $promises$
UNION ALL
SELECT 'order changed without an event', h.order_id
  FROM sales.order_history h
  LEFT JOIN sales.events e ON e.object_id = h.order_id AND e.version = h.version AND e.type LIKE 'order.%'
 WHERE h.at > (SELECT min(created_at) FROM sales.events) AND e.id IS NULL
UNION ALL
SELECT 'delivery that no job will ever take', d.id
  FROM sales.deliveries d
 WHERE d.status = 'pending' AND d.next_attempt_at IS NULL
   AND NOT EXISTS (SELECT FROM sales.deliveries f
                    WHERE f.webhook_id = d.webhook_id AND f.object_id = d.object_id
                      AND f.status = 'pending' AND f.next_attempt_at IS NOT NULL)$promises$;
END
$$;

-- Rights -------------------------------------------------------------------------------------

GRANT SELECT, INSERT, UPDATE (routed) ON sales.events TO vendas_sales;
GRANT SELECT, INSERT, UPDATE, DELETE ON sales.webhooks, sales.deliveries, sales.letters TO vendas_sales;
GRANT SELECT ON sales.webhook_documents, sales.delivery_documents TO vendas_sales;
REVOKE ALL ON FUNCTION sales.note_order(), sales.note_payment(), sales.note_stock(), sales.note_products(),
    sales.create_webhook(jsonb, uuid, jsonb, bytea), sales.hold_webhook(uuid),
    sales.change_webhook(jsonb, uuid, jsonb, int), sales.renew_webhook_secret(jsonb, uuid, bytea),
    sales.delete_webhook(jsonb, uuid), sales.listens(text[], text), sales.release_deliveries(uuid, uuid[]),
    sales.route_events(int), sales.claim_deliveries(int, uuid[], int), sales.settle_deliveries(jsonb),
    sales.replay_deliveries(jsonb, uuid, jsonb), sales.letter_of(text), sales.next_letter(),
    sales.finish_letter(bigint, uuid, text, bytea, uuid, int), sales.forget_events(int, int),
    registry.customer_for_letter(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sales.create_webhook(jsonb, uuid, jsonb, bytea), sales.hold_webhook(uuid),
    sales.change_webhook(jsonb, uuid, jsonb, int), sales.renew_webhook_secret(jsonb, uuid, bytea),
    sales.delete_webhook(jsonb, uuid), sales.listens(text[], text), sales.release_deliveries(uuid, uuid[]),
    sales.route_events(int), sales.claim_deliveries(int, uuid[], int), sales.settle_deliveries(jsonb),
    sales.replay_deliveries(jsonb, uuid, jsonb), sales.letter_of(text), sales.next_letter(),
    sales.finish_letter(bigint, uuid, text, bytea, uuid, int), sales.forget_events(int, int),
    registry.customer_for_letter(uuid) TO vendas_sales;

SELECT registry.classify(t, class, columns, NULL, kept) FROM (VALUES
    ('sales.events', 'neither', 'id type object_id version payload created_at routed', NULL),
    ('sales.webhooks', 'neither',
     'id url description event_types status created_by created_at updated_at version', NULL),
    ('sales.webhooks', 'sensitive', 'secret', 'a program''s, not a person''s'),
    ('sales.deliveries', 'neither',
     'id webhook_id event_id object_id status attempts queued_at next_attempt_at last_attempt_at last_status last_error',
     NULL),
    ('sales.letters', 'neither', 'event_id', NULL)
) AS register (t, class, columns, kept);
