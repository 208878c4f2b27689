-- Sales, payments: what buyers and staff ask for, and what came of asking a gateway for it.

-- Documents ----------------------------------------------------------------------------------

CREATE VIEW sales.refund_documents AS
SELECT r.id, r.payment_id, r.created_at, json_build_object(
    'id', r.id, 'payment_id', r.payment_id, 'amount', r.amount, 'currency', p.currency, 'status', r.status,
    'reason', r.reason, 'actor', r.actor, 'ref', r.ref, 'problem', r.problem,
    'created_at', shared.rfc3339(r.created_at), 'updated_at', shared.rfc3339(r.updated_at)) AS document
  FROM sales.refunds r JOIN sales.payments p ON p.id = r.payment_id;
COMMENT ON VIEW sales.refund_documents IS 'Refunds as the API shows them.';

CREATE OR REPLACE VIEW sales.payment_documents AS
SELECT p.id, p.order_id, o.user_id, json_build_object(
    'id', p.id, 'order_id', p.order_id, 'gateway', p.gateway, 'method', p.method, 'merchant', nullif(p.merchant, ''),
    'live', p.live, 'status', p.status, 'amount', p.amount, 'currency', p.currency,
    'received', p.received, 'received_at', shared.rfc3339(p.received_at), 'fee', p.fee, 'refunded', p.refunded,
    'net', CASE WHEN p.fee IS NOT NULL THEN p.received - p.fee - p.refunded - coalesce(
               (SELECT sum(d.withdrawn - d.reinstated + d.fee) FROM sales.disputes d WHERE d.payment_id = p.id), 0) END,
    'problem', p.problem, 'next_action', p.next_action, 'expires_at', shared.rfc3339(p.expires_at),
    'ref', p.ref,
    'refunds', (SELECT coalesce(json_agg(json_build_object(
                           'id', r.id, 'amount', r.amount, 'status', r.status, 'reason', r.reason,
                           'created_at', shared.rfc3339(r.created_at)) ORDER BY r.created_at, r.id), '[]')
                  FROM sales.refunds r WHERE r.payment_id = p.id),
    'disputes', (SELECT coalesce(json_agg(json_build_object(
                            'id', d.id, 'amount', d.amount, 'status', d.status, 'reason', d.reason,
                            'due_at', shared.rfc3339(d.due_at), 'created_at', shared.rfc3339(d.created_at))
                            ORDER BY d.created_at, d.id), '[]')
                   FROM sales.disputes d WHERE d.payment_id = p.id),
    'created_at', shared.rfc3339(p.created_at), 'updated_at', shared.rfc3339(p.updated_at)) AS document
  FROM sales.payments p JOIN sales.orders o ON o.id = p.order_id;

-- Members keep their order, and an answer that is kept its bytes.
CREATE FUNCTION sales.shown_to_buyer(p_payment json) RETURNS json
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT json_object_agg(m.key, CASE WHEN m.key IN ('fee', 'net') THEN 'null'::json ELSE m.value END ORDER BY m.n)
      FROM json_each(p_payment) WITH ORDINALITY AS m (key, value, n)
$$;
COMMENT ON FUNCTION sales.shown_to_buyer(json) IS
    'A payment''s document without what the gateway keeps, which is the shop''s own matter.';

CREATE VIEW sales.payments_at_gateways AS
SELECT p.id, p.gateway, p.merchant, p.method, p.ref, p.capture_ref, p.amount, p.currency, p.step, p.live,
       p.status, o.number, extract(epoch FROM p.expires_at)::bigint AS expires_at,
       coalesce(shared.sealed('sales.orders.customer', o.id, o.customer),
                json_build_object('name', o.customer_name)) AS customer,
       coalesce(shared.sealed('sales.orders.address', o.id, o.address), o.shipping_address::json) AS address
  FROM sales.payments p JOIN sales.orders o ON o.id = p.order_id;
COMMENT ON VIEW sales.payments_at_gateways IS 'Payments as far as a gateway has to know them.';

-- Asking -------------------------------------------------------------------------------------

CREATE FUNCTION sales.lease() RETURNS interval
LANGUAGE sql IMMUTABLE AS $$ SELECT interval '30 seconds' $$;
COMMENT ON FUNCTION sales.lease() IS
    'For how long who asks a gateway is left alone with it: longer than VENDAS_GATEWAY_SECONDS may be.';

DROP FUNCTION sales.begin_payment(uuid, text, bytea, uuid, text, text, jsonb, interval);
CREATE FUNCTION sales.begin_payment(p_caller uuid, p_key text, p_request bytea, p_order uuid, p_gateway text,
                                    p_method text, p_merchant text, p_live boolean, p_refundable boolean,
                                    p_hold interval, OUT answer json, OUT replayed boolean, OUT payment uuid)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    o      sales.orders;
    begun  sales.payments;
    owed   bigint;
BEGIN
    answer := sales.idempotent_answer(p_caller, p_key, p_request);
    replayed := answer IS NOT NULL;
    IF replayed THEN
        RETURN;
    END IF;
    SELECT * INTO o FROM sales.orders WHERE id = p_order FOR UPDATE;
    IF o.id IS NULL OR o.user_id <> p_caller THEN
        PERFORM shared.fail(404, 'not_found');
    ELSIF o.status <> 'pending' OR o.expires_at <= now() THEN
        PERFORM shared.fail(409, 'order_not_payable', jsonb_build_object('current_status', o.status));
    END IF;
    SELECT * INTO begun FROM sales.payments WHERE order_id = p_order AND status IN ('pending', 'authorized') FOR UPDATE;
    IF begun.request_key = p_key THEN
        -- The buyer asks again what was never answered.
        IF begun.request <> p_request THEN
            PERFORM shared.fail(422, 'idempotency_key_reused');
        ELSIF begun.step = 'begin' AND begun.due_at > now() AND begun.tries = 0 THEN
            PERFORM shared.fail(409, 'idempotency_key_in_use');
        END IF;
        UPDATE sales.payments SET due_at = now() + sales.lease(), tries = 0 WHERE id = begun.id AND step = 'begin';
        payment := begun.id;
        RETURN;
    ELSIF begun.id IS NOT NULL THEN
        PERFORM shared.fail(409, 'payment_exists', jsonb_build_object('payment_id', begun.id));
    END IF;
    SELECT o.total - coalesce(sum(p.received - p.refunded - sales.promised_back(p.id)), 0) INTO owed
      FROM sales.payments p WHERE p.order_id = p_order AND p.received_at IS NOT NULL;
    payment := shared.uuid7();
    INSERT INTO sales.payments (id, order_id, gateway, method, merchant, live, refundable, amount, currency, step, due_at,
                                expires_at, request_key, request)
    VALUES (payment, p_order, p_gateway, p_method, p_merchant, p_live, p_refundable, owed, o.currency, 'begin',
            now() + sales.lease(), now() + p_hold, p_key, p_request);
    UPDATE sales.orders SET expires_at = now() + p_hold, updated_at = now(), version = version + 1
     WHERE id = p_order;
    IF owed = 0 THEN
        PERFORM sales.learn(payment, '{"captured": 0, "fee": 0}', 'refund', p_caller, 'nothing_to_pay');
        SELECT sales.shown_to_buyer(d.document) INTO answer FROM sales.payment_documents d WHERE d.id = payment;
        PERFORM sales.keep_answer(p_caller, p_key, p_request, answer);
        payment := NULL;
    END IF;
END
$$;
COMMENT ON FUNCTION sales.begin_payment(uuid, text, bytea, uuid, text, text, text, boolean, boolean, interval) IS
    'Begins to pay what is open of one''s own pending order, which from now on holds its stock for as long as that way of paying takes. payment: for which its gateway is to be asked next; null: nothing is left to pay. Who asks again under the same key after that came to nothing goes on with the same payment.';

CREATE FUNCTION sales.cancel_payment(p_act jsonb, p_payment uuid, p_staff boolean) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    actor uuid := p_act->>'actor';
    o     sales.orders;
    p     sales.payments;
BEGIN
    SELECT * INTO o FROM sales.orders
     WHERE id = (SELECT order_id FROM sales.payments WHERE id = p_payment) FOR UPDATE;
    IF o.id IS NULL OR (o.user_id <> actor AND NOT p_staff) THEN
        PERFORM shared.fail(404, 'not_found');
    END IF;
    SELECT * INTO p FROM sales.payments WHERE id = p_payment;
    IF p.status NOT IN ('pending', 'authorized') THEN
        PERFORM shared.fail(409, 'payment_not_open', jsonb_build_object('current_status', p.status));
    ELSIF p.step = 'begin' AND p.due_at > now() AND p.tries = 0 THEN
        PERFORM shared.fail(409, 'payment_busy');
    END IF;
    PERFORM sales.close_payments(o.id);
    UPDATE sales.payments SET due_at = now() + sales.lease() WHERE id = p_payment AND step IS NOT NULL;
    IF p_staff THEN
        PERFORM registry.audit_act(p_act, 'payment.canceled', p_payment, jsonb_build_object('status', p.status),
                                   jsonb_build_object('status', 'canceled', 'order_id', o.id));
    END IF;
    RETURN (SELECT step FROM sales.payments WHERE id = p_payment);
END
$$;
COMMENT ON FUNCTION sales.cancel_payment(jsonb, uuid, boolean) IS
    'Lets go of an open payment, one''s own or as staff, so that another can begin; answers with what its gateway is to be asked, null: nothing.';

CREATE FUNCTION sales.request_capture(p_act jsonb, p_payment uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    p sales.payments;
BEGIN
    SELECT * INTO p FROM sales.payments WHERE id = p_payment FOR UPDATE;
    IF p.id IS NULL THEN
        PERFORM shared.fail(404, 'not_found');
    ELSIF p.status <> 'authorized' THEN
        PERFORM shared.fail(409, 'payment_not_authorized', jsonb_build_object('current_status', p.status));
    END IF;
    UPDATE sales.payments SET step = 'capture', due_at = now() + sales.lease(), tries = 0 WHERE id = p_payment;
    PERFORM registry.audit_act(p_act, 'payment.capture', p_payment, jsonb_build_object('status', p.status),
                               jsonb_build_object('order_id', p.order_id, 'amount', p.amount, 'currency', p.currency));
END
$$;
COMMENT ON FUNCTION sales.request_capture(jsonb, uuid) IS 'Staff wants the money that was set aside, and the audit of it; next its gateway is to be asked.';

CREATE OR REPLACE FUNCTION sales.capture_payment(p_payment uuid, p_actor uuid, p_reason text) RETURNS json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    p sales.payments;
BEGIN
    PERFORM FROM sales.orders o WHERE o.id = (SELECT order_id FROM sales.payments WHERE id = p_payment) FOR UPDATE;
    SELECT * INTO p FROM sales.payments WHERE id = p_payment FOR UPDATE;
    IF p.id IS NULL THEN
        PERFORM shared.fail(404, 'not_found');
    ELSIF p.status NOT IN ('pending', 'authorized') THEN
        PERFORM shared.fail(409, 'payment_not_open', jsonb_build_object('current_status', p.status));
    END IF;
    PERFORM sales.learn(p_payment, jsonb_build_object('captured', p.amount, 'fee', 0), 'refund', p_actor, p_reason);
    RETURN (SELECT document FROM sales.payment_documents WHERE id = p_payment);
END
$$;
COMMENT ON FUNCTION sales.capture_payment(uuid, uuid, text) IS
    'A person says that the money is here: the payment is captured, the order paid, its stock committed.';

-- Giving back --------------------------------------------------------------------------------

CREATE FUNCTION sales.request_refund(p_act jsonb, p_key text, p_request bytea, p_payment uuid, p jsonb,
                                     OUT answer json, OUT replayed boolean, OUT refund uuid)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    actor  uuid := p_act->>'actor';
    paid   sales.payments;
    held   bigint;
    amount bigint;
BEGIN
    answer := sales.idempotent_answer(actor, p_key, p_request);
    replayed := answer IS NOT NULL;
    IF replayed THEN
        RETURN;
    END IF;
    PERFORM FROM sales.orders o WHERE o.id = (SELECT order_id FROM sales.payments WHERE id = p_payment) FOR UPDATE;
    SELECT * INTO paid FROM sales.payments WHERE id = p_payment FOR UPDATE;
    IF paid.id IS NULL THEN
        PERFORM shared.fail(404, 'not_found');
    ELSIF paid.received_at IS NULL THEN
        PERFORM shared.fail(409, 'payment_not_captured', jsonb_build_object('current_status', paid.status));
    END IF;
    held := paid.received - paid.refunded - sales.promised_back(p_payment);
    amount := coalesce((p->>'amount')::bigint, held);
    IF amount > held OR held <= 0 THEN
        PERFORM shared.fail(409, 'refund_too_large', jsonb_build_object('pointer', '/amount', 'available', greatest(held, 0)));
    END IF;
    refund := sales.add_refund(p_payment, amount, p->>'reason', actor, sales.lease());
    PERFORM registry.audit_act(p_act, 'payment.refund', p_payment, NULL, jsonb_build_object(
        'refund_id', refund, 'order_id', paid.order_id, 'amount', amount, 'currency', paid.currency));
    SELECT d.document INTO answer FROM sales.refund_documents d WHERE d.id = refund;
    PERFORM sales.keep_answer(actor, p_key, p_request, answer);
    IF answer->>'status' <> 'pending' THEN
        refund := NULL;
    END IF;
END
$$;
COMMENT ON FUNCTION sales.request_refund(jsonb, text, bytea, uuid, jsonb) IS
    'Staff gives money of a payment back, all that is left where no amount is said, and the audit of it. refund: for which its gateway is to be asked next; null: nobody is.';

CREATE FUNCTION sales.confirm_refund(p_act jsonb, p_refund uuid) RETURNS json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    r     sales.refunds;
    actor uuid := p_act->>'actor';
BEGIN
    PERFORM FROM sales.orders o WHERE o.id = (SELECT p.order_id FROM sales.payments p JOIN sales.refunds f ON f.payment_id = p.id
                                               WHERE f.id = p_refund) FOR UPDATE;
    SELECT * INTO r FROM sales.refunds WHERE id = p_refund FOR UPDATE;
    IF r.id IS NULL THEN
        PERFORM shared.fail(404, 'not_found');
    ELSIF r.status <> 'by_person' THEN
        PERFORM shared.fail(409, 'refund_not_by_person', jsonb_build_object('current_status', r.status));
    END IF;
    PERFORM sales.learn(r.payment_id, jsonb_build_object('refunds', jsonb_build_array(
        jsonb_build_object('id', r.id, 'amount', r.amount, 'status', 'succeeded'))), 'refund', actor, r.reason);
    UPDATE sales.payment_tasks SET closed_at = now(), closed_by = actor
     WHERE kind = 'refund_by_person' AND details->>'refund_id' = r.id::text AND closed_at IS NULL;
    PERFORM registry.audit_act(p_act, 'refund.confirmed', p_refund, jsonb_build_object('status', r.status),
                               jsonb_build_object('status', 'succeeded', 'payment_id', r.payment_id, 'amount', r.amount));
    RETURN (SELECT document FROM sales.refund_documents WHERE id = p_refund);
END
$$;
COMMENT ON FUNCTION sales.confirm_refund(jsonb, uuid) IS 'A person has sent the money back that no gateway sends, and the audit of it.';

-- What came of asking --------------------------------------------------------------------------

CREATE FUNCTION sales.later(p_tries int, p_wait int) RETURNS timestamptz
LANGUAGE sql VOLATILE AS $$
    SELECT now() + greatest(make_interval(secs => p_wait),
                            interval '6 hours' * least(power(2, p_tries) / 2160, 1) * (0.75 + random() / 4))
$$;
COMMENT ON FUNCTION sales.later(int, int) IS
    'When to ask again after so many tries in vain: after about ten seconds, then twice as long each time, up to six hours; not before the gateway wants (seconds).';

CREATE FUNCTION sales.settle_step(p_payment uuid, p_step text, p_result text, p_facts jsonb, p_code text, p_wait int,
                                  p_late text, OUT answer json, OUT for_buyer json, OUT status text,
                                  OUT next text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    o sales.orders;
    p sales.payments;
BEGIN
    SELECT * INTO o FROM sales.orders WHERE id = (SELECT order_id FROM sales.payments WHERE id = p_payment) FOR UPDATE;
    SELECT * INTO p FROM sales.payments WHERE id = p_payment FOR UPDATE;
    IF p_result = 'refused' AND p_step = 'begin' THEN
        p_facts := coalesce(p_facts, '{}') || jsonb_build_object('closed', 'failed', 'problem', p_code);
    ELSIF p_result = 'refused' AND p_step = 'capture' THEN
        p_facts := coalesce(p_facts, '{}') || jsonb_build_object('problem', p_code);
        PERFORM sales.open_task('capture_failed', p_payment, jsonb_build_object('code', p_code));
        UPDATE sales.payments SET step = 'read' WHERE id = p_payment AND step = 'capture';
    ELSIF p_result = 'away' AND p_step = 'begin' AND p.problem IS DISTINCT FROM 'uncertain' THEN
        -- Nothing was begun; and the buyer, who is there, had better hear that he can pay in another way.
        p_facts := '{"closed": "failed", "problem": "gateway_away"}';
    ELSIF p_result = 'uncertain' AND p_step = 'begin' THEN
        UPDATE sales.payments SET problem = 'uncertain' WHERE id = p_payment;
    END IF;
    IF p_code = 'wrong_mode' THEN
        PERFORM sales.open_task('wrong_mode', p_payment, jsonb_build_object('step', p_step));
    END IF;
    PERFORM sales.learn(p_payment, coalesce(p_facts, '{}'), p_late, NULL, 'payment_captured');
    SELECT * INTO p FROM sales.payments WHERE id = p_payment FOR UPDATE;
    IF p_result = 'done' AND p_step = 'cancel' AND p.step = 'cancel' THEN
        -- There was nothing to cancel.
        UPDATE sales.payments SET step = NULL, due_at = NULL, tries = 0 WHERE id = p_payment;
    ELSIF p.step = p_step THEN
        UPDATE sales.payments SET tries = tries + 1, due_at = sales.later(tries + 1, p_wait) WHERE id = p_payment;
        IF p.tries >= 11 AND p_result <> 'done' THEN
            PERFORM sales.open_task('uncertain', p_payment, jsonb_build_object('step', p_step));
        ELSIF p.tries >= 11 AND p.received_at IS NOT NULL THEN
            -- A fee that was not told for so long never will be.
            UPDATE sales.payments SET step = NULL, due_at = NULL WHERE id = p_payment;
        END IF;
    END IF;
    SELECT d.document, sales.shown_to_buyer(d.document), d.document->>'status' INTO answer, for_buyer, status
      FROM sales.payment_documents d WHERE d.id = p_payment;
    IF p.request_key IS NOT NULL AND p.step IS DISTINCT FROM 'begin' THEN
        -- It has begun, or never will: then the same key may begin another. The key is the buyer's.
        PERFORM sales.keep_answer(o.user_id, p.request_key, p.request, for_buyer)
          WHERE p.status NOT IN ('failed', 'canceled');
        UPDATE sales.payments SET request_key = NULL, request = NULL WHERE id = p_payment;
    END IF;
    SELECT step INTO next FROM sales.payments WHERE id = p_payment AND due_at <= now();
    UPDATE sales.payments SET due_at = now() + sales.lease() WHERE id = p_payment AND next IS NOT NULL;
END
$$;
COMMENT ON FUNCTION sales.settle_step(uuid, text, text, jsonb, text, int, text) IS
    'What came of asking a gateway for a step: done, refused, away (not carried out) or uncertain (nobody knows). Answers with the payment, as its buyer may see it, too, its status, and what is to be asked at once.';

CREATE FUNCTION sales.settle_refund(p_refund uuid, p_result text, p_facts jsonb, p_code text, p_wait int, p_late text)
RETURNS json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    r sales.refunds;
BEGIN
    SELECT * INTO r FROM sales.refunds WHERE id = p_refund;
    IF p_result = 'refused' THEN
        p_facts := jsonb_build_object('look', true, 'refunds', jsonb_build_array(jsonb_build_object(
            'id', r.id, 'amount', r.amount, 'status', 'failed', 'reason', p_code)));
    END IF;
    PERFORM sales.learn(r.payment_id, coalesce(p_facts, '{}'), p_late, r.actor, r.reason);
    IF p_result IN ('away', 'uncertain') THEN
        UPDATE sales.refunds SET tries = tries + 1, due_at = sales.later(tries + 1, p_wait)
         WHERE id = p_refund AND due_at IS NOT NULL;
        IF r.tries >= 11 THEN
            PERFORM sales.open_task('uncertain', r.payment_id, jsonb_build_object('refund_id', r.id));
        END IF;
    END IF;
    RETURN (SELECT document FROM sales.refund_documents WHERE id = p_refund);
END
$$;
COMMENT ON FUNCTION sales.settle_refund(uuid, text, jsonb, text, int, text) IS
    'What came of asking a gateway to give money back, as in sales.settle_step; answers with the refund.';

CREATE FUNCTION sales.claim_step(OUT payment uuid, OUT step text, OUT refund uuid)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    UPDATE sales.payments SET due_at = now() + sales.lease()
     WHERE id = (SELECT id FROM sales.payments p WHERE p.due_at <= now() AND p.step IS NOT NULL
                  ORDER BY p.due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING id, payments.step INTO payment, step;
    IF payment IS NULL THEN
        UPDATE sales.refunds SET due_at = now() + sales.lease()
         WHERE id = (SELECT id FROM sales.refunds r WHERE r.due_at <= now()
                      ORDER BY r.due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
        RETURNING payment_id, CASE WHEN ref IS NULL THEN 'refund' ELSE 'read' END, id INTO payment, step, refund;
    END IF;
END
$$;
COMMENT ON FUNCTION sales.claim_step() IS
    'What is due to be asked of a gateway for longest, which is the caller''s for a while; nulls: nothing. How a refund stands that the gateway has, reading its payment tells.';

CREATE FUNCTION sales.close_task(p_act jsonb, p_task uuid, p_note text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    UPDATE sales.payment_tasks SET closed_at = now(), closed_by = (p_act->>'actor')::uuid, note = p_note
     WHERE id = p_task AND closed_at IS NULL;
    IF NOT FOUND AND EXISTS (SELECT FROM sales.payment_tasks WHERE id = p_task) THEN
        PERFORM shared.fail(409, 'task_closed');
    ELSIF NOT FOUND THEN
        PERFORM shared.fail(404, 'not_found');
    END IF;
    PERFORM registry.audit_act(p_act, 'payment_task.closed', p_task, NULL, jsonb_build_object('note', p_note IS NOT NULL));
END
$$;
COMMENT ON FUNCTION sales.close_task(jsonb, uuid, text) IS 'Somebody has seen to it, and the audit of it.';

CREATE VIEW sales.payment_task_documents AS
SELECT t.id, t.opened_at, t.closed_at, t.kind, t.payment_id, json_build_object(
    'id', t.id, 'kind', t.kind, 'payment_id', t.payment_id, 'order_id', p.order_id, 'order_number', o.number,
    'details', t.details, 'opened_at', shared.rfc3339(t.opened_at), 'closed_at', shared.rfc3339(t.closed_at),
    'closed_by', t.closed_by, 'note', t.note) AS document
  FROM sales.payment_tasks t
  LEFT JOIN sales.payments p ON p.id = t.payment_id
  LEFT JOIN sales.orders o ON o.id = p.order_id;
COMMENT ON VIEW sales.payment_task_documents IS 'What a person has to see to, as the API shows it.';

-- Rights -------------------------------------------------------------------------------------

GRANT SELECT ON sales.refund_documents, sales.payments_at_gateways, sales.payment_task_documents TO vendas_sales;
REVOKE ALL ON FUNCTION sales.lease(), sales.later(int, int),
    sales.begin_payment(uuid, text, bytea, uuid, text, text, text, boolean, boolean, interval),
    sales.cancel_payment(jsonb, uuid, boolean), sales.request_capture(jsonb, uuid),
    sales.request_refund(jsonb, text, bytea, uuid, jsonb), sales.confirm_refund(jsonb, uuid),
    sales.settle_step(uuid, text, text, jsonb, text, int, text),
    sales.settle_refund(uuid, text, jsonb, text, int, text), sales.claim_step(), sales.shown_to_buyer(json),
    sales.close_task(jsonb, uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    sales.begin_payment(uuid, text, bytea, uuid, text, text, text, boolean, boolean, interval),
    sales.cancel_payment(jsonb, uuid, boolean), sales.request_capture(jsonb, uuid),
    sales.request_refund(jsonb, text, bytea, uuid, jsonb), sales.confirm_refund(jsonb, uuid),
    sales.settle_step(uuid, text, text, jsonb, text, int, text),
    sales.settle_refund(uuid, text, jsonb, text, int, text), sales.claim_step(), sales.shown_to_buyer(json),
    sales.close_task(jsonb, uuid, text) TO vendas_sales;
