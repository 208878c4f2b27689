-- Sales, what gateways notify us of. Each notification is kept as it came, sealed, and learnt from in the
-- same statement, once, however often it is sent. What can't be learnt now (the database says no) is kept
-- with what it tells, and the job "reconcile" tries again; what we do not know is kept and passed over.

CREATE TABLE sales.gateway_events (
    id          uuid CONSTRAINT gateway_events_pkey PRIMARY KEY,
    gateway     text NOT NULL,
    merchant    text NOT NULL,
    event_id    text NOT NULL CONSTRAINT gateway_events_event_id_length CHECK (length(event_id) BETWEEN 1 AND 255),
    type        text NOT NULL CONSTRAINT gateway_events_type_length CHECK (length(type) <= 255),
    payment_id  uuid,
    status      text NOT NULL CONSTRAINT gateway_events_status_known CHECK (status IN ('applied', 'ignored', 'waiting')),
    facts       jsonb,
    raw         bytea CONSTRAINT gateway_events_raw_length CHECK (length(raw) >= 33),
    error       text,
    tries       int NOT NULL DEFAULT 0,
    due_at      timestamptz,
    received_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT gateway_events_once UNIQUE (event_id, gateway, merchant)
);
CREATE INDEX gateway_events_due_idx ON sales.gateway_events (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX gateway_events_payment_idx ON sales.gateway_events (payment_id) WHERE payment_id IS NOT NULL;
CREATE INDEX gateway_events_received_idx ON sales.gateway_events (received_at);
COMMENT ON TABLE sales.gateway_events IS 'Notifications of gateways; kept for VENDAS_EVENT_DAYS.';
COMMENT ON COLUMN sales.gateway_events.id IS 'UUIDv7, ours';
COMMENT ON COLUMN sales.gateway_events.gateway IS 'who sent it';
COMMENT ON COLUMN sales.gateway_events.merchant IS 'for which of the shop''s accounts';
COMMENT ON COLUMN sales.gateway_events.event_id IS 'the gateway''s id of it';
COMMENT ON COLUMN sales.gateway_events.type IS 'the gateway''s word for what happened';
COMMENT ON COLUMN sales.gateway_events.payment_id IS 'the payment it tells of; null: none that we know';
COMMENT ON COLUMN sales.gateway_events.status IS 'learnt from; passed over; or to be tried again';
COMMENT ON COLUMN sales.gateway_events.facts IS 'what it tells, without anything personal, as long as that is to be learnt';
COMMENT ON COLUMN sales.gateway_events.raw IS 'as it came; sealed; null once its buyer''s data was erased';
COMMENT ON COLUMN sales.gateway_events.error IS 'why it could not be learnt';
COMMENT ON COLUMN sales.gateway_events.tries IS 'how often that was tried in vain';
COMMENT ON COLUMN sales.gateway_events.due_at IS 'when it is to be tried again';
COMMENT ON COLUMN sales.gateway_events.received_at IS 'when it came';

CREATE FUNCTION sales.payment_of(p_gateway text, p_merchant text, p_payment uuid, p_ref text) RETURNS uuid
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN coalesce(
        (SELECT id FROM sales.payments WHERE id = p_payment AND gateway = p_gateway),
        (SELECT id FROM sales.payments WHERE gateway = p_gateway AND merchant = p_merchant AND ref = p_ref),
        (SELECT id FROM sales.payments WHERE gateway = p_gateway AND merchant = p_merchant AND capture_ref = p_ref
          ORDER BY id LIMIT 1));
END
$$;
COMMENT ON FUNCTION sales.payment_of(text, text, uuid, text) IS
    'The payment that a gateway speaks of, by our id, whose account may have the same secret as another, or by one of its own; null: none.';

CREATE FUNCTION sales.learn_event(p_id uuid, p_late text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    e sales.gateway_events;
BEGIN
    SELECT * INTO e FROM sales.gateway_events WHERE id = p_id FOR UPDATE;
    PERFORM sales.learn(e.payment_id, e.facts, p_late, NULL, 'payment_captured');
    UPDATE sales.gateway_events SET status = 'applied', facts = NULL, due_at = NULL, error = NULL WHERE id = p_id;
    RETURN 'applied';
EXCEPTION WHEN OTHERS THEN
    -- Kept, so that nothing is lost, and told to the gateway as received.
    UPDATE sales.gateway_events
       SET status = 'waiting', error = left(SQLERRM, 500), tries = tries + 1, due_at = sales.later(tries + 1, 0)
     WHERE id = p_id;
    IF e.tries >= 11 THEN
        PERFORM sales.open_task('uncertain', e.payment_id, jsonb_build_object('event_id', e.event_id));
    END IF;
    RETURN 'waiting';
END
$$;
COMMENT ON FUNCTION sales.learn_event(uuid, text) IS 'Learns what a notification tells, or notes down why not.';

CREATE FUNCTION sales.receive_event(p_id uuid, p_gateway text, p_merchant text, p_event text, p_type text,
                                    p_payment uuid, p_ref text, p_facts jsonb, p_raw bytea, p_late text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    payment uuid := CASE WHEN p_facts IS NOT NULL THEN sales.payment_of(p_gateway, p_merchant, p_payment, p_ref) END;
BEGIN
    INSERT INTO sales.gateway_events (id, gateway, merchant, event_id, type, payment_id, status, facts, raw, due_at)
    VALUES (p_id, p_gateway, p_merchant, p_event, p_type, payment,
            CASE WHEN payment IS NULL THEN 'ignored' ELSE 'waiting' END,
            CASE WHEN payment IS NOT NULL THEN p_facts END, p_raw,
            CASE WHEN payment IS NOT NULL THEN now() END)
    ON CONFLICT ON CONSTRAINT gateway_events_once DO NOTHING;
    IF NOT FOUND THEN
        RETURN 'known';
    ELSIF payment IS NULL THEN
        RETURN 'ignored';
    END IF;
    RETURN sales.learn_event(p_id, p_late);
END
$$;
COMMENT ON FUNCTION sales.receive_event(uuid, text, text, text, text, uuid, text, jsonb, bytea, text) IS
    'Keeps a genuine notification, p_raw sealed for the event p_id, and learns from it: applied, ignored, waiting, or known where it came before.';

CREATE FUNCTION sales.retry_event(p_late text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    late uuid;
BEGIN
    SELECT id INTO late FROM sales.gateway_events WHERE due_at <= now() ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED;
    RETURN CASE WHEN late IS NOT NULL THEN sales.learn_event(late, p_late) END;
END
$$;
COMMENT ON FUNCTION sales.retry_event(text) IS 'Tries again to learn what has waited longest; null: nothing is due.';

CREATE FUNCTION sales.forget_gateway_events(p_days int, p_limit int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    gone int;
BEGIN
    DELETE FROM sales.gateway_events WHERE id IN (
        SELECT id FROM sales.gateway_events
         WHERE received_at < now() - make_interval(days => p_days) AND status <> 'waiting'
         ORDER BY received_at LIMIT p_limit);
    GET DIAGNOSTICS gone = ROW_COUNT;
    RETURN gone;
END
$$;
COMMENT ON FUNCTION sales.forget_gateway_events(int, int) IS
    'Removes notifications older than so many days, of the oldest so many at a time; how many. Gateways send again for days, not for months.';

-- What is sealed, and what is a person's ------------------------------------------------------

CREATE OR REPLACE FUNCTION sales.sealed_columns(OUT place text, OUT sealed_as text)
RETURNS SETOF record LANGUAGE sql IMMUTABLE AS $$
    SELECT c, 'sales.' || c FROM (VALUES ('orders.address'), ('orders.customer'), ('order_notes.note'),
                                         ('webhooks.secret'), ('gateway_events.raw')) AS places (c)
$$;

CREATE OR REPLACE FUNCTION sales.erase_customer(p_user uuid, p_snapshots jsonb) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
    DELETE FROM sales.idempotency_keys WHERE caller = p_user;
    DELETE FROM sales.order_notes n USING sales.orders o WHERE o.id = n.order_id AND o.user_id = p_user;
    DELETE FROM sales.carts WHERE user_id = p_user;
    UPDATE sales.gateway_events e SET raw = NULL
      FROM sales.payments p JOIN sales.orders o ON o.id = p.order_id
     WHERE e.payment_id = p.id AND o.user_id = p_user;
    UPDATE sales.payments p SET next_action = NULL
      FROM sales.orders o WHERE o.id = p.order_id AND o.user_id = p_user;
    UPDATE sales.orders o
       SET customer = (SELECT s.value::bytea FROM jsonb_each_text(p_snapshots) AS s WHERE s.key = o.id::text)
     WHERE o.user_id = p_user AND o.customer IS NOT NULL
$$;

CREATE OR REPLACE FUNCTION sales.erasure_obstacles(p_user uuid) RETURNS text[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    WITH own AS (SELECT id, status FROM sales.orders WHERE user_id = p_user),
    paid AS (SELECT p.id, p.status, p.received - p.refunded AS held, own.status AS order_status
               FROM sales.payments p JOIN own ON own.id = p.order_id)
    SELECT array_remove(ARRAY[
        CASE WHEN EXISTS (SELECT FROM own WHERE status IN ('pending', 'paid', 'shipped')
                              OR status = 'partially_refunded'
                             AND NOT EXISTS (SELECT FROM sales.order_history h
                                              WHERE h.order_id = own.id AND h.to_status = 'delivered'))
             THEN 'open_orders' END,
        CASE WHEN EXISTS (SELECT FROM paid WHERE order_status IN ('canceled', 'expired') AND held > 0
                              OR order_status IN ('canceled', 'expired', 'returned') AND status = 'authorized'
                              OR order_status = 'returned' AND status = 'captured' AND held > 0)
                  OR EXISTS (SELECT FROM sales.refunds r JOIN paid ON paid.id = r.payment_id
                              WHERE r.status IN ('pending', 'by_person'))
             THEN 'pending_refunds' END,
        CASE WHEN EXISTS (SELECT FROM sales.disputes d JOIN paid ON paid.id = d.payment_id WHERE d.status = 'open')
             THEN 'open_disputes' END], NULL)
$$;
COMMENT ON FUNCTION sales.erasure_obstacles(uuid) IS
    'Published to Registry: why a customer can''t be erased yet. open_orders: not delivered, canceled or expired; pending_refunds: money that has to go back; open_disputes: of which the end is not known.';

CREATE OR REPLACE FUNCTION sales.export_customer(p_user uuid) RETURNS json
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT json_build_object(
        'orders', (SELECT coalesce(json_agg(d.document ORDER BY d.created_at DESC, d.id DESC), '[]')
                     FROM sales.order_documents d WHERE d.user_id = p_user),
        'payments', (SELECT coalesce(json_agg(d.document::jsonb - 'fee' - 'net' ORDER BY d.id DESC), '[]')
                       FROM sales.payment_documents d WHERE d.user_id = p_user),
        'notes', (SELECT coalesce(json_agg(json_build_object(
                             'order_id', n.order_id, 'at', shared.rfc3339(n.at),
                             'note', shared.sealed('sales.order_notes.note', n.id, n.note))
                             ORDER BY n.at DESC, n.id DESC), '[]')
                    FROM sales.order_notes n JOIN sales.orders o ON o.id = n.order_id
                   WHERE o.user_id = p_user),
        'cart', (SELECT coalesce(json_agg(json_build_object(
                            'variant_id', c.variant_id, 'name', c.name, 'quantity', c.quantity,
                            'added_at', shared.rfc3339(c.added_at)) ORDER BY c.added_at, c.variant_id), '[]')
                   FROM sales.cart_items c WHERE c.user_id = p_user))
$$;

-- Rights -------------------------------------------------------------------------------------

GRANT SELECT ON sales.gateway_events TO vendas_sales;
REVOKE ALL ON FUNCTION sales.payment_of(text, text, uuid, text), sales.learn_event(uuid, text),
    sales.receive_event(uuid, text, text, text, text, uuid, text, jsonb, bytea, text),
    sales.retry_event(text), sales.forget_gateway_events(int, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sales.receive_event(uuid, text, text, text, text, uuid, text, jsonb, bytea, text),
    sales.retry_event(text), sales.forget_gateway_events(int, int) TO vendas_sales;

SELECT registry.classify('sales.gateway_events', 'neither',
           'id gateway merchant event_id type payment_id status facts error tries due_at received_at', NULL, NULL),
       registry.classify('sales.gateway_events', 'personal', 'raw', NULL,
           'a gateway''s notification, which may name the buyer; erased with the account, and after VENDAS_EVENT_DAYS');
