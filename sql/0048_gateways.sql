-- Sales, payments at gateways: what they tell of them, what is still to be asked of them, money that goes
-- back, and disputes.
--
-- What a gateway tells, in answers, in notifications or when it is asked again, is learnt as facts
-- (lib/sales/gateway.h says which there are). Each fact only ever says more: amounts grow, what is closed
-- or has failed stays so. So learning is the same whatever order facts come in and however often, and what
-- a payment's status is follows from what is known of it: money that has come counts more than that none
-- will.
--
-- What has to be asked of a gateway stands in the payment (step) before it is asked, and under a key by
-- which it may be asked again. Who asks has a lease on it (due_at); where he is killed, or hears nothing,
-- the job "reconcile" asks when the lease has run out.

-- Payments -----------------------------------------------------------------------------------

ALTER TABLE sales.payments
    ADD COLUMN merchant    text NOT NULL DEFAULT '' CONSTRAINT payments_merchant_length CHECK (length(merchant) <= 40),
    ADD COLUMN live        boolean,
    ADD COLUMN refundable  boolean NOT NULL DEFAULT false,
    ADD COLUMN ref         text CONSTRAINT payments_ref_length CHECK (length(ref) BETWEEN 1 AND 255),
    ADD COLUMN capture_ref text CONSTRAINT payments_capture_ref_length CHECK (length(capture_ref) BETWEEN 1 AND 255),
    ADD COLUMN authorized  boolean NOT NULL DEFAULT false,
    ADD COLUMN received    bigint NOT NULL DEFAULT 0 CONSTRAINT payments_received_positive CHECK (received >= 0),
    ADD COLUMN received_at timestamptz,
    ADD COLUMN fee         bigint CONSTRAINT payments_fee_positive CHECK (fee >= 0),
    ADD COLUMN refunded    bigint NOT NULL DEFAULT 0 CONSTRAINT payments_refunded_positive CHECK (refunded >= 0),
    ADD COLUMN closed      text CONSTRAINT payments_closed_known CHECK (closed IN ('failed', 'canceled')),
    ADD COLUMN problem     text CONSTRAINT payments_problem_length CHECK (length(problem) <= 200),
    ADD COLUMN expires_at  timestamptz,
    ADD COLUMN step        text CONSTRAINT payments_step_known CHECK (step IN ('begin', 'read', 'capture', 'cancel')),
    ADD COLUMN due_at      timestamptz,
    ADD COLUMN tries       int NOT NULL DEFAULT 0,
    ADD COLUMN request_key text,
    ADD COLUMN request     bytea,
    ADD CONSTRAINT payments_received_known CHECK (received = 0 OR received_at IS NOT NULL),
    ADD CONSTRAINT payments_step_due CHECK ((step IS NULL) = (due_at IS NULL)),
    ADD CONSTRAINT payments_request_whole CHECK ((request_key IS NULL) = (request IS NULL));
COMMENT ON TABLE sales.payments IS 'Attempts to pay for orders; an order has at most one that is open.';
COMMENT ON COLUMN sales.payments.merchant IS 'the shop''s account at the gateway; empty where it has none';
COMMENT ON COLUMN sales.payments.live IS 'whether it is real money; null where no gateway tells';
COMMENT ON COLUMN sales.payments.refundable IS 'whether the gateway gives money of this method back; else a person has to';
COMMENT ON COLUMN sales.payments.ref IS 'the gateway''s id of it';
COMMENT ON COLUMN sales.payments.capture_ref IS 'its id of the money that came in';
COMMENT ON COLUMN sales.payments.authorized IS 'whether the money was set aside for us';
COMMENT ON COLUMN sales.payments.received IS 'what has come in, minor units';
COMMENT ON COLUMN sales.payments.received_at IS 'when, by the gateway''s clock';
COMMENT ON COLUMN sales.payments.fee IS 'what the gateway keeps of it, minor units; null: not told yet';
COMMENT ON COLUMN sales.payments.refunded IS 'what has gone back, the sum of its refunds that succeeded, minor units';
COMMENT ON COLUMN sales.payments.closed IS 'why no money will come any more; it may have come all the same';
COMMENT ON COLUMN sales.payments.problem IS 'why the last try failed, the gateway''s own word';
COMMENT ON COLUMN sales.payments.expires_at IS 'until when the buyer can pay so; null: the gateway did not say';
COMMENT ON COLUMN sales.payments.step IS 'what is to be asked of the gateway next; null: nothing';
COMMENT ON COLUMN sales.payments.due_at IS 'when; in the meantime somebody may be asking';
COMMENT ON COLUMN sales.payments.tries IS 'how often the step was tried in vain';
COMMENT ON COLUMN sales.payments.request_key IS 'the buyer''s Idempotency-Key, until there is an answer to keep under it';
COMMENT ON COLUMN sales.payments.request IS 'the fingerprint of what he asked under it';

UPDATE sales.payments SET received = amount, received_at = updated_at
 WHERE status IN ('captured', 'refunded', 'partially_refunded');
UPDATE sales.payments SET closed = status WHERE status IN ('failed', 'canceled');

CREATE FUNCTION sales.payment_status(p_received_at timestamptz, p_received bigint, p_refunded bigint, p_closed text,
                                     p_authorized boolean) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN p_received_at IS NULL AND p_closed IS NOT NULL THEN p_closed
                WHEN p_received_at IS NULL AND p_authorized THEN 'authorized'
                WHEN p_received_at IS NULL THEN 'pending'
                WHEN p_refunded = 0 THEN 'captured'
                WHEN p_refunded < p_received THEN 'partially_refunded'
                ELSE 'refunded' END
$$;
COMMENT ON FUNCTION sales.payment_status(timestamptz, bigint, bigint, text, boolean) IS
    'A payment''s status, by what is known of it.';
ALTER TABLE sales.payments ADD CONSTRAINT payments_status_follows
    CHECK (status = sales.payment_status(received_at, received, refunded, closed, authorized));

DROP INDEX sales.payments_one_open;
CREATE UNIQUE INDEX payments_one_open ON sales.payments (order_id) WHERE status IN ('pending', 'authorized');
CREATE UNIQUE INDEX payments_ref_unique ON sales.payments (gateway, merchant, ref);
CREATE INDEX payments_capture_ref_idx ON sales.payments (gateway, capture_ref) WHERE capture_ref IS NOT NULL;
CREATE INDEX payments_due_idx ON sales.payments (due_at) WHERE step IS NOT NULL;
CREATE INDEX payments_received_idx ON sales.payments (received_at) WHERE received_at IS NOT NULL;

-- Refunds and disputes -----------------------------------------------------------------------

CREATE TABLE sales.refunds (
    id         uuid CONSTRAINT refunds_pkey PRIMARY KEY DEFAULT shared.uuid7(),
    payment_id uuid NOT NULL CONSTRAINT refunds_payment_fkey REFERENCES sales.payments,
    amount     bigint NOT NULL CONSTRAINT refunds_amount_positive CHECK (amount > 0),
    status     text NOT NULL CONSTRAINT refunds_status_known
               CHECK (status IN ('by_person', 'pending', 'succeeded', 'failed')),
    reason     text CONSTRAINT refunds_reason_length CHECK (length(reason) <= 500),
    actor      uuid,
    ref        text CONSTRAINT refunds_ref_length CHECK (length(ref) BETWEEN 1 AND 255),
    problem    text CONSTRAINT refunds_problem_length CHECK (length(problem) <= 200),
    due_at     timestamptz,
    tries      int NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT refunds_ref_unique UNIQUE (payment_id, ref)
);
CREATE INDEX refunds_due_idx ON sales.refunds (due_at) WHERE due_at IS NOT NULL;
COMMENT ON TABLE sales.refunds IS 'Money of a payment that goes back to the buyer.';
COMMENT ON COLUMN sales.refunds.id IS 'UUIDv7; also the key under which the gateway is asked';
COMMENT ON COLUMN sales.refunds.payment_id IS 'the payment';
COMMENT ON COLUMN sales.refunds.amount IS 'minor units';
COMMENT ON COLUMN sales.refunds.status IS 'where it stands; by_person: somebody has to send the money and say so';
COMMENT ON COLUMN sales.refunds.reason IS 'why, as staff or the shop itself put it';
COMMENT ON COLUMN sales.refunds.actor IS 'who wanted it; null: the shop itself, or somebody at the gateway';
COMMENT ON COLUMN sales.refunds.ref IS 'the gateway''s id of it';
COMMENT ON COLUMN sales.refunds.problem IS 'why it failed, the gateway''s own word';
COMMENT ON COLUMN sales.refunds.due_at IS 'when the gateway is to be asked; null: nothing is to be asked';
COMMENT ON COLUMN sales.refunds.tries IS 'how often it was asked in vain';
COMMENT ON COLUMN sales.refunds.created_at IS 'when it was wanted';
COMMENT ON COLUMN sales.refunds.updated_at IS 'when last changed';

CREATE TABLE sales.disputes (
    id         uuid CONSTRAINT disputes_pkey PRIMARY KEY DEFAULT shared.uuid7(),
    payment_id uuid NOT NULL CONSTRAINT disputes_payment_fkey REFERENCES sales.payments,
    ref        text NOT NULL CONSTRAINT disputes_ref_length CHECK (length(ref) BETWEEN 1 AND 255),
    amount     bigint NOT NULL DEFAULT 0 CONSTRAINT disputes_amount_positive CHECK (amount >= 0),
    fee        bigint NOT NULL DEFAULT 0 CONSTRAINT disputes_fee_positive CHECK (fee >= 0),
    withdrawn  bigint NOT NULL DEFAULT 0 CONSTRAINT disputes_withdrawn_positive CHECK (withdrawn >= 0),
    reinstated bigint NOT NULL DEFAULT 0 CONSTRAINT disputes_reinstated_positive CHECK (reinstated >= 0),
    reason     text CONSTRAINT disputes_reason_length CHECK (length(reason) <= 200),
    status     text NOT NULL DEFAULT 'open' CONSTRAINT disputes_status_known CHECK (status IN ('open', 'won', 'lost')),
    due_at     timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT disputes_ref_unique UNIQUE (payment_id, ref)
);
COMMENT ON TABLE sales.disputes IS 'Payments that their buyers have disputed with their banks or the gateway.';
COMMENT ON COLUMN sales.disputes.id IS 'UUIDv7';
COMMENT ON COLUMN sales.disputes.payment_id IS 'the payment';
COMMENT ON COLUMN sales.disputes.ref IS 'the gateway''s id of it';
COMMENT ON COLUMN sales.disputes.amount IS 'what is disputed, minor units';
COMMENT ON COLUMN sales.disputes.fee IS 'what the gateway takes for it, minor units';
COMMENT ON COLUMN sales.disputes.withdrawn IS 'what was taken from us for it, minor units';
COMMENT ON COLUMN sales.disputes.reinstated IS 'what of that was given back, minor units';
COMMENT ON COLUMN sales.disputes.reason IS 'why, the gateway''s own word';
COMMENT ON COLUMN sales.disputes.status IS 'open, or how it ended for the shop';
COMMENT ON COLUMN sales.disputes.due_at IS 'until when the shop can answer at the gateway';
COMMENT ON COLUMN sales.disputes.created_at IS 'when we heard of it';
COMMENT ON COLUMN sales.disputes.updated_at IS 'when last changed';

CREATE FUNCTION sales.refuse_disputed() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM sales.disputes d JOIN sales.payments p ON p.id = d.payment_id
                WHERE p.order_id = NEW.order_id AND d.status = 'open') THEN
        PERFORM shared.fail(409, 'order_disputed');
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION sales.refuse_disputed() IS 'No parcel leaves while the money for it is disputed.';
CREATE TRIGGER shipments_undisputed BEFORE INSERT ON sales.shipments
    FOR EACH ROW EXECUTE FUNCTION sales.refuse_disputed();

-- What a person has to see to ------------------------------------------------------------------

CREATE TABLE sales.payment_tasks (
    id         uuid CONSTRAINT payment_tasks_pkey PRIMARY KEY DEFAULT shared.uuid7(),
    kind       text NOT NULL CONSTRAINT payment_tasks_kind_known CHECK (kind IN (
                   'late_payment', 'underpaid', 'overpaid', 'refund_by_person', 'refund_failed', 'dispute',
                   'uncertain', 'capture_failed', 'wrong_mode', 'difference')),
    payment_id uuid CONSTRAINT payment_tasks_payment_fkey REFERENCES sales.payments,
    details    jsonb NOT NULL DEFAULT '{}',
    opened_at  timestamptz NOT NULL DEFAULT now(),
    told_at    timestamptz,
    closed_at  timestamptz,
    closed_by  uuid,
    note       text CONSTRAINT payment_tasks_note_length CHECK (length(note) <= 500)
);
CREATE UNIQUE INDEX payment_tasks_once ON sales.payment_tasks (kind, payment_id, details) WHERE closed_at IS NULL;
CREATE INDEX payment_tasks_opened_idx ON sales.payment_tasks (opened_at DESC, id DESC);
CREATE INDEX payment_tasks_untold_idx ON sales.payment_tasks (opened_at) WHERE told_at IS NULL;
COMMENT ON TABLE sales.payment_tasks IS 'What about money a person has to know or to see to; nothing of it is ever swallowed.';
COMMENT ON COLUMN sales.payment_tasks.id IS 'UUIDv7';
COMMENT ON COLUMN sales.payment_tasks.kind IS 'what it is; docs/payments.md says what is to be done';
COMMENT ON COLUMN sales.payment_tasks.payment_id IS 'the payment it is about; null: of none';
COMMENT ON COLUMN sales.payment_tasks.details IS 'amounts and ids, without anything personal';
COMMENT ON COLUMN sales.payment_tasks.opened_at IS 'when';
COMMENT ON COLUMN sales.payment_tasks.told_at IS 'when people were written to';
COMMENT ON COLUMN sales.payment_tasks.closed_at IS 'when it was seen to';
COMMENT ON COLUMN sales.payment_tasks.closed_by IS 'by whom; null: it settled itself';
COMMENT ON COLUMN sales.payment_tasks.note IS 'what he noted down';

CREATE FUNCTION sales.open_task(p_kind text, p_payment uuid, p_details jsonb) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO sales.payment_tasks (kind, payment_id, details) VALUES (p_kind, p_payment, p_details)
    ON CONFLICT DO NOTHING
$$;
COMMENT ON FUNCTION sales.open_task(text, uuid, jsonb) IS 'Puts something before people, unless it already is.';

-- Orders -------------------------------------------------------------------------------------

ALTER TABLE sales.order_history DROP CONSTRAINT order_history_event_known,
    ADD CONSTRAINT order_history_event_known CHECK (event IN (
        'status', 'address_changed', 'ready', 'goods_shipped', 'goods_delivered', 'goods_returned',
        'money_returned'));

-- What nobody took, or what was lost on its way, may be paid back; and who pays late may get the goods.
INSERT INTO sales.order_transitions VALUES ('shipped', 'refunded'), ('expired', 'paid');

CREATE FUNCTION sales.close_payments(p_order uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    UPDATE sales.payments
       SET closed = 'canceled', status = 'canceled', next_action = NULL, updated_at = now(), tries = 0,
           step = CASE WHEN step IS NOT NULL THEN 'cancel' END,
           due_at = CASE WHEN step IS NOT NULL THEN now() END
     WHERE order_id = p_order AND status IN ('pending', 'authorized');
END
$$;
COMMENT ON FUNCTION sales.close_payments(uuid) IS
    'Nobody waits for the open payment of an order any more; its gateway is to be told.';

CREATE OR REPLACE FUNCTION sales.change_order(p_order uuid, p_to text, p_actor uuid, p_reason text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    present text;
    made    int;
    left_us boolean;
BEGIN
    SELECT status INTO present FROM sales.orders WHERE id = p_order FOR UPDATE;
    IF present IS NULL THEN
        PERFORM shared.fail(404, 'not_found');
    END IF;
    PERFORM sales.require_transition(present, p_to);
    left_us := present <> 'pending' AND EXISTS (SELECT FROM sales.shipments WHERE order_id = p_order);
    IF p_to = 'canceled' AND left_us THEN
        -- What has left is not on the shelf again by being canceled.
        PERFORM shared.fail(409, 'partly_shipped', jsonb_build_object('current_status', present));
    END IF;
    UPDATE sales.orders SET status = p_to, updated_at = now(), version = version + 1,
           paid_at = CASE WHEN p_to = 'paid' THEN now() ELSE paid_at END
     WHERE id = p_order RETURNING version INTO made;
    INSERT INTO sales.order_history (order_id, version, actor, from_status, to_status, reason)
    VALUES (p_order, made, p_actor, present, p_to, p_reason);
    IF present = 'pending' THEN
        PERFORM sales.settle(p_order, p_to = 'paid', p_actor);
        PERFORM sales.close_payments(p_order);
    ELSIF present = 'expired' THEN
        PERFORM sales.use_coupons(id, user_id, rules->'coupons') FROM sales.orders WHERE id = p_order;
        PERFORM sales.reserve(p_order, p_actor);
        PERFORM sales.settle(p_order, true, p_actor);
    ELSIF p_to = 'canceled' OR (p_to = 'refunded' AND NOT left_us) THEN
        PERFORM sales.give_back(p_order, p_actor);
    END IF;
    IF p_to IN ('canceled', 'expired') THEN
        PERFORM sales.follow_money(p_order, 'refund', p_actor, p_reason);
    END IF;
END
$$;

-- What follows from money ----------------------------------------------------------------------

CREATE FUNCTION sales.promised_back(p_payment uuid) RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT coalesce(sum(amount), 0)::bigint FROM sales.refunds
             WHERE payment_id = p_payment AND status IN ('pending', 'by_person'));
END
$$;
COMMENT ON FUNCTION sales.promised_back(uuid) IS 'What of a payment is to go back and has not gone yet, minor units.';

CREATE FUNCTION sales.add_refund(p_payment uuid, p_amount bigint, p_reason text, p_actor uuid, p_lease interval)
RETURNS uuid
LANGUAGE plpgsql AS $$
DECLARE
    p    sales.payments;
    made uuid := shared.uuid7();
BEGIN
    SELECT * INTO p FROM sales.payments WHERE id = p_payment;
    INSERT INTO sales.refunds (id, payment_id, amount, status, reason, actor, due_at)
    VALUES (made, p_payment, p_amount, CASE WHEN p.refundable THEN 'pending' ELSE 'by_person' END, p_reason, p_actor,
            CASE WHEN p.refundable THEN now() + p_lease END);
    IF NOT p.refundable THEN
        PERFORM sales.open_task('refund_by_person', p_payment, jsonb_build_object('refund_id', made, 'amount', p_amount));
    END IF;
    RETURN made;
END
$$;
COMMENT ON FUNCTION sales.add_refund(uuid, bigint, text, uuid, interval) IS
    'Promises money of a payment back. The gateway is asked for it when the lease has run out, if nobody has by then; what it does not give back itself is put before a person.';

CREATE FUNCTION sales.return_excess(p_order uuid, p_excess bigint, p_reason text, p_actor uuid) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    part record;
    rest bigint := p_excess;
BEGIN
    -- Whole payments, the last first: which of two the buyer did not mean.
    FOR part IN SELECT p.id, p.received - p.refunded - sales.promised_back(p.id) AS held
                  FROM sales.payments p WHERE p.order_id = p_order AND p.received_at IS NOT NULL
                 ORDER BY p.received_at DESC, p.id DESC LOOP
        IF part.held BETWEEN 1 AND rest THEN
            PERFORM sales.add_refund(part.id, part.held, p_reason, p_actor, interval '0');
            PERFORM sales.open_task('late_payment', part.id, jsonb_build_object('returned', part.held));
            rest := rest - part.held;
        END IF;
    END LOOP;
    RETURN rest;
END
$$;
COMMENT ON FUNCTION sales.return_excess(uuid, bigint, text, uuid) IS
    'Promises whole payments of an order back that come to no more than so much, and tells people; what is left.';

CREATE FUNCTION sales.revive_order(p_order uuid, p_actor uuid) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    -- What was sold ahead has been promised to who comes next.
    IF EXISTS (SELECT FROM sales.stock_movements WHERE order_id = p_order AND location = 'expected') THEN
        RETURN false;
    END IF;
    PERFORM sales.change_order(p_order, 'paid', p_actor, 'paid_late');
    RETURN true;
EXCEPTION WHEN SQLSTATE 'VE409' OR SQLSTATE 'VE422' THEN
    RETURN false;
END
$$;
COMMENT ON FUNCTION sales.revive_order(uuid, uuid) IS
    'An order that had expired is paid after all; false, and nothing done, where its goods or its coupons have gone to others.';

CREATE FUNCTION sales.follow_money(p_order uuid, p_late text, p_actor uuid, p_reason text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    o     sales.orders;
    got   bigint;
    back  bigint;
    held  bigint; -- which nobody was promised
    owner uuid;
    whole text;
    paid_by_one boolean; -- though some of it may have gone back, of which we heard first
BEGIN
    SELECT * INTO o FROM sales.orders WHERE id = p_order;
    SELECT sum(p.received), sum(p.refunded), sum(p.received - p.refunded - sales.promised_back(p.id)),
           (array_agg(p.id ORDER BY p.received_at DESC, p.id DESC))[1], bool_or(p.received >= o.total)
      INTO got, back, held, owner, paid_by_one
      FROM sales.payments p WHERE p.order_id = p_order AND p.received_at IS NOT NULL;
    IF owner IS NULL THEN
        RETURN;
    END IF;
    IF o.status = 'pending' AND (held >= o.total OR paid_by_one) THEN
        PERFORM sales.change_order(p_order, 'paid', p_actor, p_reason);
    ELSIF o.status = 'pending' AND held > 0 THEN
        PERFORM sales.open_task('underpaid', owner, jsonb_build_object('received', held, 'total', o.total));
    ELSIF o.status = 'expired' AND held >= o.total AND p_late = 'revive' AND sales.revive_order(p_order, p_actor) THEN
        PERFORM sales.open_task('late_payment', owner, jsonb_build_object('revived', held));
    ELSIF o.status IN ('expired', 'canceled') THEN
        PERFORM sales.return_excess(p_order, held, 'order_' || o.status, p_actor);
    END IF;
    SELECT * INTO o FROM sales.orders WHERE id = p_order;
    IF o.paid_at IS NULL OR o.status = 'canceled' THEN
        RETURN;
    END IF;
    IF held > o.total AND sales.return_excess(p_order, held - o.total, 'paid_twice', p_actor) > 0 THEN
        PERFORM sales.open_task('overpaid', owner, jsonb_build_object('received', held, 'total', o.total));
    END IF;
    whole := CASE WHEN back >= got THEN 'refunded' WHEN got - back < o.total THEN 'partially_refunded' END;
    IF back > 0 AND o.status <> whole AND EXISTS (SELECT FROM sales.order_transitions
                                                   WHERE from_status = o.status AND to_status = whole) THEN
        PERFORM sales.change_order(p_order, whole, p_actor, p_reason);
    END IF;
END
$$;
COMMENT ON FUNCTION sales.follow_money(uuid, text, uuid, text) IS
    'Brings a locked order to where its money is: paid, revived or paid back. p_late: revive or refund what is paid after it has expired.';

-- Learning -----------------------------------------------------------------------------------

CREATE FUNCTION sales.learn_refunds(p_payment uuid, p_refunds jsonb) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    told  jsonb;
    known sales.refunds;
    ranks text[] := ARRAY['by_person', 'pending', 'succeeded', 'failed'];
BEGIN
    FOR told IN SELECT value FROM jsonb_array_elements(p_refunds) LOOP
        SELECT * INTO known FROM sales.refunds
         WHERE payment_id = p_payment AND (ref = told->>'ref' OR id = (told->>'id')::uuid)
         ORDER BY ref = told->>'ref' DESC NULLS LAST LIMIT 1;
        IF known.id IS NULL THEN
            INSERT INTO sales.refunds (id, payment_id, amount, status, reason, ref)
            VALUES (shared.uuid7(), p_payment, (told->>'amount')::bigint, told->>'status', told->>'reason', told->>'ref');
        ELSE
            UPDATE sales.refunds
               SET ref = coalesce(ref, told->>'ref'), updated_at = now(),
                   problem = CASE told->>'status' WHEN 'failed' THEN told->>'reason' ELSE problem END,
                   status = ranks[greatest(array_position(ranks, status), array_position(ranks, told->>'status'))],
                   due_at = CASE WHEN told->>'status' = 'pending' AND status = 'pending'
                                 THEN greatest(due_at, now() + interval '1 hour') END
             WHERE id = known.id;
        END IF;
    END LOOP;
    INSERT INTO sales.payment_tasks (kind, payment_id, details)
    SELECT 'refund_failed', p_payment, jsonb_build_object('refund_id', r.id, 'amount', r.amount)
      FROM sales.refunds r WHERE r.payment_id = p_payment AND r.status = 'failed'
       AND NOT EXISTS (SELECT FROM sales.payment_tasks t WHERE t.kind = 'refund_failed'
                          AND t.payment_id = p_payment AND t.details->>'refund_id' = r.id::text);
    RETURN (SELECT coalesce(sum(amount), 0) FROM sales.refunds WHERE payment_id = p_payment AND status = 'succeeded');
END
$$;
COMMENT ON FUNCTION sales.learn_refunds(uuid, jsonb) IS
    'Learns of refunds, those that somebody made at the gateway too; what has gone back by now. A bank may send back what had succeeded: failed is final.';

CREATE FUNCTION sales.learn_disputes(p_payment uuid, p_disputes jsonb) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    told jsonb;
BEGIN
    FOR told IN SELECT value FROM jsonb_array_elements(p_disputes) LOOP
        INSERT INTO sales.disputes AS d (payment_id, ref, amount, fee, withdrawn, reinstated, reason, status, due_at)
        VALUES (p_payment, told->>'ref', coalesce((told->>'amount')::bigint, 0), coalesce((told->>'fee')::bigint, 0),
                coalesce((told->>'withdrawn')::bigint, 0), coalesce((told->>'reinstated')::bigint, 0),
                told->>'reason', coalesce(told->>'status', 'open'), to_timestamp((told->>'due_at')::bigint))
        ON CONFLICT ON CONSTRAINT disputes_ref_unique DO UPDATE
           SET amount = greatest(d.amount, excluded.amount), fee = greatest(d.fee, excluded.fee),
               withdrawn = greatest(d.withdrawn, excluded.withdrawn),
               reinstated = greatest(d.reinstated, excluded.reinstated),
               reason = coalesce(d.reason, excluded.reason), due_at = coalesce(excluded.due_at, d.due_at),
               status = CASE d.status WHEN 'open' THEN excluded.status ELSE d.status END, updated_at = now();
        -- Once for each, however often it is told.
        IF NOT EXISTS (SELECT FROM sales.payment_tasks WHERE kind = 'dispute' AND payment_id = p_payment
                          AND details->>'ref' = told->>'ref') THEN
            PERFORM sales.open_task('dispute', p_payment, jsonb_build_object('ref', told->>'ref'));
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION sales.learn_disputes(uuid, jsonb) IS 'Learns of disputes, and puts each before people once.';

CREATE FUNCTION sales.next_step(p sales.payments, f jsonb, p_aside boolean) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN p.gateway = 'manual' OR (p.ref IS NULL AND p.step IS NULL) THEN NULL
                WHEN p.received_at IS NULL AND p.step = 'cancel' THEN CASE WHEN f->>'closed' IS NULL THEN 'cancel' END
                WHEN p.received_at IS NULL AND p.closed IS NOT NULL THEN NULL
                WHEN p.ref IS NULL THEN p.step
                WHEN p.received_at IS NULL AND p.step = 'capture' AND p_aside THEN 'capture'
                WHEN p.received_at IS NULL AND (f->>'approved')::boolean AND NOT p.authorized
                     AND (p.problem IS NULL OR (f->>'look')::boolean) THEN 'capture'
                WHEN p.received_at IS NULL AND p.step = 'capture' AND NOT p.authorized THEN 'capture'
                WHEN p.received_at IS NULL OR p.fee IS NULL OR (f->>'look')::boolean THEN 'read' END
$$;
COMMENT ON FUNCTION sales.next_step(sales.payments, jsonb, boolean) IS
    'What is to be asked of the gateway after these facts were learnt: what was wanted and has not happened; to capture what the buyer has approved, but not again what was refused unless he has anew; else how it stands, as long as there is something to wait for. p_aside: whether its money was set aside before: to capture is then what staff wants.';

CREATE FUNCTION sales.learn(p_payment uuid, f jsonb, p_late text, p_actor uuid, p_reason text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    p       sales.payments;
    learnt  sales.payments;
BEGIN
    PERFORM FROM sales.orders o WHERE o.id = (SELECT order_id FROM sales.payments WHERE id = p_payment) FOR UPDATE;
    SELECT * INTO p FROM sales.payments WHERE id = p_payment FOR UPDATE;
    IF (f->>'live')::boolean <> p.live THEN
        PERFORM sales.open_task('wrong_mode', p_payment, jsonb_build_object('live', f->'live'));
        RETURN;
    END IF;
    IF f ? 'disputes' THEN
        PERFORM sales.learn_disputes(p_payment, f->'disputes');
    END IF;
    learnt := p;
    learnt.ref := coalesce(p.ref, f->>'ref');
    learnt.capture_ref := coalesce(p.capture_ref, f->>'capture_ref');
    learnt.authorized := p.authorized OR coalesce((f->>'authorized')::boolean, false);
    learnt.received := greatest(p.received, (f->>'captured')::bigint);
    IF f->>'captured' IS NOT NULL THEN
        learnt.received_at := least(p.received_at, coalesce(to_timestamp((f->>'captured_at')::bigint), now()));
    END IF;
    learnt.fee := greatest(p.fee, (f->>'fee')::bigint);
    learnt.refunded := CASE WHEN f ? 'refunds' THEN sales.learn_refunds(p_payment, f->'refunds') ELSE p.refunded END;
    learnt.closed := least(p.closed, f->>'closed'); -- "canceled" before "failed": one of both, whichever came first
    -- Whether it has begun is no question any more once it has an id there.
    learnt.problem := CASE WHEN learnt.received_at IS NULL THEN coalesce(left(f->>'problem', 200),
                               CASE WHEN learnt.ref IS NULL OR p.problem <> 'uncertain' THEN p.problem END) END;
    learnt.expires_at := coalesce(to_timestamp((f->>'expires_at')::bigint), p.expires_at);
    learnt.status := sales.payment_status(learnt.received_at, learnt.received, learnt.refunded, learnt.closed,
                                          learnt.authorized);
    learnt.next_action := CASE WHEN learnt.status = 'pending' THEN coalesce(f->'next_action', p.next_action) END;
    learnt.step := sales.next_step(learnt, f, p.authorized);
    IF learnt.step IS NULL THEN
        learnt.due_at := NULL;
    ELSIF learnt.step IS DISTINCT FROM p.step OR (f->>'look')::boolean THEN
        learnt.tries := 0;
        learnt.due_at := now() + CASE WHEN learnt.step = 'read' AND (f->>'look')::boolean IS NOT TRUE
                                      THEN interval '1 minute' ELSE interval '0' END;
    END IF;
    IF learnt IS DISTINCT FROM p THEN
        UPDATE sales.payments
           SET (ref, capture_ref, authorized, received, received_at, fee, refunded, closed, problem, expires_at, status,
                next_action, step, due_at, tries, updated_at) =
               (learnt.ref, learnt.capture_ref, learnt.authorized, learnt.received, learnt.received_at, learnt.fee,
                learnt.refunded, learnt.closed, learnt.problem, learnt.expires_at, learnt.status, learnt.next_action,
                learnt.step, learnt.due_at, learnt.tries, now())
         WHERE id = p_payment;
    END IF;
    IF learnt.status = 'authorized' AND p.status <> 'authorized' THEN
        -- Cards keep money aside for seven days (https://docs.stripe.com/payments/place-a-hold-on-a-payment-method).
        UPDATE sales.orders SET expires_at = greatest(expires_at, now() + interval '7 days'), updated_at = now(),
               version = version + 1 WHERE id = p.order_id AND status = 'pending';
    END IF;
    IF learnt.refunded > p.refunded THEN
        PERFORM sales.log_event(p.order_id, 'money_returned', p_actor, p_reason);
    END IF;
    IF learnt.received_at IS NOT NULL
       AND (learnt.received, learnt.refunded) IS DISTINCT FROM (p.received, p.refunded)
       OR p.received_at IS NULL AND learnt.received_at IS NOT NULL THEN
        PERFORM sales.follow_money(p.order_id, p_late, p_actor, p_reason);
    END IF;
END
$$;
COMMENT ON FUNCTION sales.learn(uuid, jsonb, text, uuid, text) IS
    'Learns what a gateway, or a person, tells of a payment, and what follows from it; the same in whatever order and however often. Facts of the other kind of money are not believed.';

-- Rights -------------------------------------------------------------------------------------

-- What is known of money changes by the functions above alone.
REVOKE INSERT, UPDATE ON sales.payments FROM vendas_sales;
REVOKE UPDATE (status, next_action, updated_at) ON sales.payments FROM vendas_sales;
GRANT SELECT ON sales.refunds, sales.disputes, sales.payment_tasks TO vendas_sales;
REVOKE ALL ON FUNCTION sales.payment_status(timestamptz, bigint, bigint, text, boolean), sales.refuse_disputed(),
    sales.open_task(text, uuid, jsonb), sales.close_payments(uuid), sales.promised_back(uuid),
    sales.add_refund(uuid, bigint, text, uuid, interval), sales.return_excess(uuid, bigint, text, uuid),
    sales.revive_order(uuid, uuid), sales.follow_money(uuid, text, uuid, text),
    sales.learn_refunds(uuid, jsonb), sales.learn_disputes(uuid, jsonb), sales.next_step(sales.payments, jsonb, boolean),
    sales.learn(uuid, jsonb, text, uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sales.close_payments(uuid), sales.follow_money(uuid, text, uuid, text) TO vendas_sales;

SELECT registry.classify(t, 'neither', columns, NULL, NULL) FROM (VALUES
    ('sales.payments', 'merchant live refundable ref capture_ref authorized received received_at fee refunded closed '
        || 'problem expires_at step due_at tries request_key request'),
    ('sales.refunds', 'id payment_id amount status actor ref problem due_at tries created_at updated_at'),
    ('sales.disputes', 'id payment_id ref amount fee withdrawn reinstated reason status due_at created_at updated_at'),
    ('sales.payment_tasks', 'id kind payment_id details opened_at told_at closed_at closed_by note')
) AS register (t, columns);
SELECT registry.classify('sales.refunds', 'personal', 'reason',
           '(SELECT o.user_id FROM sales.payments p JOIN sales.orders o ON o.id = p.order_id WHERE p.id = payment_id)',
           'part of the order');
