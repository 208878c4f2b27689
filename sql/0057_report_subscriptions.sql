-- Report pages by mail: who of the staff is sent which page, and letters that need a right when they are sent.
--
-- A letter with pictures waits in the registry's outbox like any other, whole and sealed. It is not made when
-- it is sent, as the job "deliver" is Registry's and may not read sales; and staff are few, so that some
-- hundred kilobytes for each subscriber are there for seconds, or as long as the mail server is away. What it
-- does not hold is the address: that is looked up when it is sent, with whether its reader may still read it.

-- Letters to those who may --------------------------------------------------------------------

ALTER TABLE registry.outbox
    ADD COLUMN permission text CONSTRAINT outbox_permission_fkey REFERENCES registry.permissions
               CONSTRAINT outbox_permission_somebodys CHECK (permission IS NULL OR user_id IS NOT NULL),
    DROP CONSTRAINT outbox_payload_length,
    ADD CONSTRAINT outbox_payload_length CHECK (length(payload) BETWEEN 32 AND 4194304);
COMMENT ON COLUMN registry.outbox.payload IS 'sealed JSON: address, subject and text, or a document with pictures; it may hold a token';
COMMENT ON COLUMN registry.outbox.permission IS 'what its reader must be allowed when it is sent, to the address that he has then; null: nothing, and the letter has its address';

CREATE FUNCTION registry.user_may(p_user uuid, p_permission text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT EXISTS (SELECT FROM registry.users u JOIN registry.role_permissions p ON p.role = u.role
                    WHERE u.id = p_user AND u.erased_at IS NULL AND p.permission = p_permission)
$$;
COMMENT ON FUNCTION registry.user_may(uuid, text) IS
    'Published to Sales: whether there is such a user, not erased, and may do that at this moment.';

CREATE FUNCTION registry.post_staff_letter(p_id uuid, p_kind text, p_payload bytea, p_user uuid, p_permission text,
                                           p_expires timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
    INSERT INTO registry.outbox (id, kind, payload, user_id, permission, expires_at)
    VALUES (p_id, p_kind, p_payload, p_user, p_permission, p_expires)
$$;
COMMENT ON FUNCTION registry.post_staff_letter(uuid, text, bytea, uuid, text, timestamptz) IS
    'Published to Sales: puts a letter without an address into the outbox, which goes to a user as long as he has a permission.';

CREATE FUNCTION registry.withdraw_letter(p_id uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
    DELETE FROM registry.outbox WHERE id = p_id AND permission IS NOT NULL
$$;
COMMENT ON FUNCTION registry.withdraw_letter(uuid) IS
    'Published to Sales: takes a letter of registry.post_staff_letter() back, if it has not gone.';

DROP FUNCTION registry.claim_letter(int);
CREATE FUNCTION registry.claim_letter(p_seconds int, OUT id uuid, OUT kind text, OUT payload bytea,
                                      OUT created_at timestamptz, OUT attempt int, OUT address text)
RETURNS SETOF record LANGUAGE sql AS $$
    UPDATE registry.outbox o
       SET attempts = o.attempts + 1, next_attempt_at = now() + make_interval(secs => p_seconds)
     WHERE o.id = (SELECT w.id FROM registry.outbox w
                    WHERE w.next_attempt_at <= now() AND w.expires_at > now()
                      AND (w.permission IS NULL OR registry.user_may(w.user_id, w.permission))
                    ORDER BY w.next_attempt_at
                      FOR UPDATE SKIP LOCKED LIMIT 1)
    RETURNING o.id, o.kind, o.payload, o.created_at, o.attempts,
              CASE WHEN o.permission IS NOT NULL
                   THEN (SELECT u.email FROM registry.users u WHERE u.id = o.user_id) END
$$;
COMMENT ON FUNCTION registry.claim_letter(int) IS
    'The letter that has waited longest, which nobody else is given for so many seconds, and where it goes unless it says that itself; no row when none is due. One at a time, so that a job that is killed holds up no other letter.';

CREATE OR REPLACE FUNCTION registry.forget_letters() RETURNS bigint
LANGUAGE sql AS $$
    WITH gone AS (
        DELETE FROM registry.outbox
         WHERE expires_at <= now()
            OR permission IS NOT NULL AND NOT registry.user_may(user_id, permission)
        RETURNING id)
    SELECT count(*) FROM gone
$$;
COMMENT ON FUNCTION registry.forget_letters() IS
    'Gives up the letters that are too old, and those whose readers may not read them any more; how many.';

-- Subscriptions -------------------------------------------------------------------------------

CREATE FUNCTION sales.report_period(p_page text, p_at timestamptz, p_zone text, p_hour int,
                                    OUT from_day date, OUT to_day date)
LANGUAGE sql STABLE AS $$
    SELECT (over - ('1 ' || unit)::interval)::date, over::date
      FROM (SELECT unit, date_trunc(unit, (p_at AT TIME ZONE p_zone) - make_interval(hours => p_hour)) AS over
              FROM (SELECT CASE p_page WHEN 'daily' THEN 'day' WHEN 'weekly' THEN 'week'
                                       WHEN 'monthly' THEN 'month' END) AS u (unit)) AS t
$$;
COMMENT ON FUNCTION sales.report_period(text, timestamptz, text, int) IS
    'The last day, week (from Monday) or month that is over at a time: its days, of the time zone, and the one after them. It counts as over some hours after its end, so that its page comes in the morning.';

CREATE TABLE sales.report_subscriptions (
    id         uuid CONSTRAINT report_subscriptions_pkey PRIMARY KEY DEFAULT shared.uuid7(),
    user_id    uuid NOT NULL,
    page       text NOT NULL CONSTRAINT report_subscriptions_page_known CHECK (page IN ('daily', 'weekly', 'monthly')),
    language   text NOT NULL CONSTRAINT report_subscriptions_language_known CHECK (language IN ('pt-BR', 'en')),
    mailed_to  date NOT NULL,
    mailed_at  timestamptz,
    letter     uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    version    int NOT NULL DEFAULT 1,
    CONSTRAINT report_subscriptions_page_unique UNIQUE (user_id, page)
);
CREATE INDEX report_subscriptions_newest_idx ON sales.report_subscriptions (created_at DESC, id DESC);
CREATE INDEX report_subscriptions_due_idx ON sales.report_subscriptions (page, mailed_to);
COMMENT ON TABLE sales.report_subscriptions IS 'Who is sent which report page by mail. A row goes when its user unsubscribes or is erased; one whose user may not read reports any more is passed over.';
COMMENT ON COLUMN sales.report_subscriptions.id IS 'UUIDv7';
COMMENT ON COLUMN sales.report_subscriptions.user_id IS 'whose, a user of Registry, which alone knows the address';
COMMENT ON COLUMN sales.report_subscriptions.page IS 'daily, weekly or monthly';
COMMENT ON COLUMN sales.report_subscriptions.language IS 'in which it is written';
COMMENT ON COLUMN sales.report_subscriptions.mailed_to IS 'up to which day (which is not in it) pages were written, or were over when this began: none before it is written any more';
COMMENT ON COLUMN sales.report_subscriptions.mailed_at IS 'when the last one was written; null: none yet';
COMMENT ON COLUMN sales.report_subscriptions.letter IS 'that letter, which may wait in the outbox yet';
COMMENT ON COLUMN sales.report_subscriptions.created_at IS 'when subscribed';
COMMENT ON COLUMN sales.report_subscriptions.updated_at IS 'when last changed';
COMMENT ON COLUMN sales.report_subscriptions.version IS 'rises with each change; the ETag';

CREATE VIEW sales.report_subscription_documents AS
SELECT s.id, s.user_id, s.version, s.created_at, json_build_object(
    'id', s.id, 'user_id', s.user_id, 'page', s.page, 'language', s.language,
    'mailed_at', shared.rfc3339(s.mailed_at), 'created_at', shared.rfc3339(s.created_at),
    'updated_at', shared.rfc3339(s.updated_at)) AS document
  FROM sales.report_subscriptions s;
COMMENT ON VIEW sales.report_subscription_documents IS 'Subscriptions as the API shows them.';

CREATE FUNCTION sales.audit_subscription(p_act jsonb, p_action text, p_user uuid, p_before jsonb, p_after jsonb)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF (p_act->>'actor')::uuid <> p_user THEN
        PERFORM registry.audit_act(p_act, 'report_subscription.' || p_action, p_user, p_before, p_after);
    END IF;
END
$$;
COMMENT ON FUNCTION sales.audit_subscription(jsonb, text, uuid, jsonb, jsonb) IS
    'Writes down what somebody does to another one''s subscriptions.';

CREATE FUNCTION sales.subscribe(p_act jsonb, p_id uuid, p_user uuid, p_page text, p_language text, p_zone text,
                                p_hour int) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF registry.hold_customer(p_user) IS NULL OR NOT registry.user_may(p_user, 'reports:read') THEN
        PERFORM shared.fail(422, 'not_a_reader', '{"pointer": "/user_id"}');
    END IF;
    INSERT INTO sales.report_subscriptions (id, user_id, page, language, mailed_to)
    SELECT p_id, p_user, p_page, coalesce(p_language, (registry.customer_for_letter(p_user)).language), p.to_day
      FROM sales.report_period(p_page, now(), p_zone, p_hour) AS p;
    PERFORM sales.audit_subscription(p_act, 'created', p_user, NULL, jsonb_build_object('page', p_page));
END
$$;
COMMENT ON FUNCTION sales.subscribe(jsonb, uuid, uuid, text, text, text, int) IS
    'Subscribes a user, who must be one that may read reports, from the next page on; without a language in his own.';

CREATE FUNCTION sales.hold_subscription(p_id uuid, p_owner uuid) RETURNS sales.report_subscriptions
LANGUAGE plpgsql AS $$
DECLARE
    present sales.report_subscriptions;
BEGIN
    SELECT * INTO present FROM sales.report_subscriptions
     WHERE id = p_id AND user_id = coalesce(p_owner, user_id) FOR NO KEY UPDATE;
    IF present.id IS NULL THEN
        PERFORM shared.fail(404, 'not_found');
    END IF;
    RETURN present;
END
$$;
COMMENT ON FUNCTION sales.hold_subscription(uuid, uuid) IS
    'A subscription, locked; or refuses, as there is none, or none of that user. p_owner null: anybody''s.';

CREATE FUNCTION sales.change_subscription(p_act jsonb, p_id uuid, p_owner uuid, p_language text, p_version int)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    present sales.report_subscriptions := sales.hold_subscription(p_id, p_owner);
BEGIN
    IF p_version > 0 AND p_version <> present.version THEN
        PERFORM shared.fail(412, 'lost_update');
    END IF;
    UPDATE sales.report_subscriptions
       SET language = coalesce(p_language, language), version = version + 1, updated_at = now()
     WHERE id = p_id;
    PERFORM sales.audit_subscription(
        p_act, 'changed', present.user_id, jsonb_build_object('page', present.page, 'language', present.language),
        jsonb_build_object('page', present.page, 'language', coalesce(p_language, present.language)));
END
$$;
COMMENT ON FUNCTION sales.change_subscription(jsonb, uuid, uuid, text, int) IS
    'Changes the language, where it is not null. p_version 0: whatever the present version is.';

CREATE FUNCTION sales.unsubscribe(p_act jsonb, p_id uuid, p_owner uuid) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    present sales.report_subscriptions := sales.hold_subscription(p_id, p_owner);
BEGIN
    DELETE FROM sales.report_subscriptions WHERE id = p_id;
    PERFORM registry.withdraw_letter(present.letter);
    PERFORM sales.audit_subscription(p_act, 'deleted', present.user_id, jsonb_build_object('page', present.page), NULL);
END
$$;
COMMENT ON FUNCTION sales.unsubscribe(jsonb, uuid, uuid) IS 'Ends a subscription; a letter that still waits is not sent.';

CREATE FUNCTION sales.unsubscribe_by_link(p_id uuid) RETURNS void
LANGUAGE sql AS $$
    WITH gone AS (DELETE FROM sales.report_subscriptions WHERE id = p_id RETURNING letter)
    SELECT registry.withdraw_letter(letter) FROM gone
$$;
COMMENT ON FUNCTION sales.unsubscribe_by_link(uuid) IS 'The same for whoever has the link of a letter; where there is none any more it does nothing.';

-- Mailing -------------------------------------------------------------------------------------

CREATE FUNCTION sales.due_subscriptions(p_page text, p_language text, p_to date, OUT id uuid)
RETURNS SETOF uuid LANGUAGE sql STABLE AS $$
    SELECT s.id FROM sales.report_subscriptions s
     WHERE s.page = p_page AND s.language = p_language AND s.mailed_to < p_to
       AND registry.user_may(s.user_id, 'reports:read')
     ORDER BY s.id
$$;
COMMENT ON FUNCTION sales.due_subscriptions(text, text, date) IS
    'Subscriptions of a page in a language for which the one that ends before a day was not written yet.';

CREATE FUNCTION sales.all_counted(p_zone text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    newest bigint := (SELECT max(id) FROM sales.rollup_queue);
BEGIN
    -- Waits for whoever is at it.
    PERFORM pg_advisory_xact_lock(hashtext('sales.roll_up'));
    PERFORM sales.roll_up(p_zone, 2000);
    RETURN NOT EXISTS (SELECT FROM sales.rollup_queue WHERE id <= newest);
END
$$;
COMMENT ON FUNCTION sales.all_counted(text) IS
    'Whether reports have counted all that has changed up to now; counts what little has not been. A letter is written once, and must not have less than the page will.';

CREATE FUNCTION sales.mail_report(p_id uuid, p_to date, p_letter uuid, p_payload bytea, p_seconds int) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    present sales.report_subscriptions;
BEGIN
    SELECT * INTO present FROM sales.report_subscriptions WHERE id = p_id AND mailed_to < p_to FOR NO KEY UPDATE;
    IF present.id IS NULL THEN
        RETURN false;
    END IF;
    UPDATE sales.report_subscriptions SET mailed_to = p_to, mailed_at = now(), letter = p_letter WHERE id = p_id;
    PERFORM registry.withdraw_letter(present.letter);
    PERFORM registry.post_staff_letter(p_letter, 'report', p_payload, present.user_id, 'reports:read',
                                       now() + make_interval(secs => p_seconds));
    RETURN true;
END
$$;
COMMENT ON FUNCTION sales.mail_report(uuid, date, uuid, bytea, int) IS
    'Posts the letter of a period, once, in the place of one before it that still waits; false: that of this period was written before, or nobody wants it any more.';

-- What is a person's --------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION sales.erase_customer(p_user uuid, p_snapshots jsonb) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
    DELETE FROM sales.idempotency_keys WHERE caller = p_user;
    DELETE FROM sales.report_subscriptions WHERE user_id = p_user;
    DELETE FROM sales.order_notes n USING sales.orders o WHERE o.id = n.order_id AND o.user_id = p_user;
    DELETE FROM sales.carts WHERE user_id = p_user;
    UPDATE sales.gateway_events e SET raw = NULL
      FROM sales.payments p JOIN sales.orders o ON o.id = p.order_id
     WHERE e.payment_id = p.id AND o.user_id = p_user;
    UPDATE sales.payment_tasks t SET note = NULL, note_in_clear = NULL
      FROM sales.payments p JOIN sales.orders o ON o.id = p.order_id
     WHERE t.payment_id = p.id AND o.user_id = p_user;
    UPDATE sales.payments p SET next_action = NULL
      FROM sales.orders o WHERE o.id = p.order_id AND o.user_id = p_user;
    UPDATE sales.orders o
       SET customer = (SELECT s.value::bytea FROM jsonb_each_text(p_snapshots) AS s WHERE s.key = o.id::text)
     WHERE o.user_id = p_user AND o.customer IS NOT NULL
$$;

CREATE OR REPLACE FUNCTION sales.export_customer(p_user uuid) RETURNS json
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT json_build_object(
        'orders', (SELECT coalesce(json_agg(d.document ORDER BY d.created_at DESC, d.id DESC), '[]')
                     FROM sales.order_documents d WHERE d.user_id = p_user),
        'payments', (SELECT coalesce(json_agg(d.document::jsonb - 'fee' - 'net' ORDER BY d.id DESC), '[]')
                       FROM sales.payment_documents d WHERE d.user_id = p_user),
        'notes', (SELECT coalesce(json_agg(json_build_object(
                             'order_id', n.order_id, 'at', shared.rfc3339(n.at), 'note', n.note)
                             ORDER BY n.at DESC, n.id DESC), '[]')
                    FROM (SELECT n.id, n.order_id, n.at, shared.sealed('sales.order_notes.note', n.id, n.note) AS note
                            FROM sales.order_notes n
                          UNION ALL
                          SELECT t.id, p.order_id, t.closed_at, sales.note_of(t)
                            FROM sales.payment_tasks t JOIN sales.payments p ON p.id = t.payment_id
                           WHERE num_nonnulls(t.note, t.note_in_clear) > 0) AS n
                    JOIN sales.orders o ON o.id = n.order_id
                   WHERE o.user_id = p_user),
        'cart', (SELECT coalesce(json_agg(json_build_object(
                            'variant_id', c.variant_id, 'name', c.name, 'quantity', c.quantity,
                            'added_at', shared.rfc3339(c.added_at)) ORDER BY c.added_at, c.variant_id), '[]')
                   FROM sales.cart_items c WHERE c.user_id = p_user),
        'report_subscriptions', (SELECT coalesce(json_agg(s.document ORDER BY s.created_at DESC, s.id DESC), '[]')
                                   FROM sales.report_subscription_documents s WHERE s.user_id = p_user))
$$;

SELECT registry.classify(t, class, columns, whose, NULL) FROM (VALUES
    ('registry.outbox', 'neither', 'permission', NULL),
    ('sales.report_subscriptions', 'neither', 'id user_id mailed_to mailed_at letter created_at updated_at version', NULL),
    ('sales.report_subscriptions', 'personal', 'page language', 'user_id')
) AS register (t, class, columns, whose);

-- Rights --------------------------------------------------------------------------------------

GRANT SELECT, INSERT, UPDATE, DELETE ON sales.report_subscriptions TO vendas_sales;
GRANT SELECT ON sales.report_subscription_documents TO vendas_sales;
REVOKE ALL ON FUNCTION registry.user_may(uuid, text), registry.claim_letter(int), registry.withdraw_letter(uuid),
    registry.post_staff_letter(uuid, text, bytea, uuid, text, timestamptz),
    sales.report_period(text, timestamptz, text, int),
    sales.audit_subscription(jsonb, text, uuid, jsonb, jsonb),
    sales.subscribe(jsonb, uuid, uuid, text, text, text, int), sales.hold_subscription(uuid, uuid),
    sales.change_subscription(jsonb, uuid, uuid, text, int), sales.unsubscribe(jsonb, uuid, uuid),
    sales.unsubscribe_by_link(uuid), sales.due_subscriptions(text, text, date),
    sales.all_counted(text), sales.mail_report(uuid, date, uuid, bytea, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION registry.user_may(uuid, text), registry.claim_letter(int) TO vendas_registry;
GRANT EXECUTE ON FUNCTION registry.user_may(uuid, text), registry.withdraw_letter(uuid),
    registry.post_staff_letter(uuid, text, bytea, uuid, text, timestamptz),
    sales.report_period(text, timestamptz, text, int),
    sales.audit_subscription(jsonb, text, uuid, jsonb, jsonb),
    sales.subscribe(jsonb, uuid, uuid, text, text, text, int), sales.hold_subscription(uuid, uuid),
    sales.change_subscription(jsonb, uuid, uuid, text, int), sales.unsubscribe(jsonb, uuid, uuid),
    sales.unsubscribe_by_link(uuid), sales.due_subscriptions(text, text, date),
    sales.all_counted(text), sales.mail_report(uuid, date, uuid, bytea, int) TO vendas_sales;
