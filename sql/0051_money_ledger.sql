-- Sales, the books: money by double entry. Whatever comes in, goes back or is kept by a gateway is posted by
-- triggers in the statement in which it becomes known, so that no function can forget it; each posting comes
-- to zero, and so does all of them together. Entries are only ever added.
--
--     receivable  what gateways, and the bank, hold for us        grows by what comes in
--     sales       what buyers have paid                           shrinks by it
--     fees        what gateways keep                              receivable shrinks by it
--     refunds     what went back to buyers                        receivable shrinks by it
--     disputes    what was taken from us in disputes              receivable shrinks by it

CREATE TABLE sales.money_entries (
    posting    bigint NOT NULL,
    account    text NOT NULL CONSTRAINT money_entries_account_known
               CHECK (account IN ('receivable', 'sales', 'fees', 'refunds', 'disputes')),
    payment_id uuid NOT NULL CONSTRAINT money_entries_payment_fkey REFERENCES sales.payments,
    amount     bigint NOT NULL CONSTRAINT money_entries_amount_nonzero CHECK (amount <> 0),
    at         timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT money_entries_pkey PRIMARY KEY (posting, account)
);
CREATE INDEX money_entries_payment_idx ON sales.money_entries (payment_id);
CREATE SEQUENCE sales.money_posting;
COMMENT ON TABLE sales.money_entries IS 'The books: money by double entry; append-only. All amounts of a posting come to zero.';
COMMENT ON COLUMN sales.money_entries.posting IS 'which belong together';
COMMENT ON COLUMN sales.money_entries.account IS 'where; see sql/0051_money_ledger.sql';
COMMENT ON COLUMN sales.money_entries.payment_id IS 'the payment it is about';
COMMENT ON COLUMN sales.money_entries.amount IS 'minor units; above zero: the account grows';
COMMENT ON COLUMN sales.money_entries.at IS 'when we learnt of it';

-- In PL/pgSQL, as all small functions here that triggers and others call: it keeps its plans.
CREATE FUNCTION sales.post(p_payment uuid, p_from text, p_to text, p_amount bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    made bigint;
BEGIN
    IF p_amount <> 0 THEN
        made := nextval('sales.money_posting');
        INSERT INTO sales.money_entries (posting, account, payment_id, amount)
        VALUES (made, p_to, p_payment, p_amount), (made, p_from, p_payment, -p_amount);
    END IF;
END
$$;
COMMENT ON FUNCTION sales.post(uuid, text, text, bigint) IS 'Moves so much from one account to another; back where it is below zero.';

CREATE FUNCTION sales.book_payment() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    PERFORM sales.post(NEW.id, 'sales', 'receivable',
                       NEW.received - CASE TG_OP WHEN 'UPDATE' THEN OLD.received ELSE 0 END);
    PERFORM sales.post(NEW.id, 'receivable', 'fees',
                       coalesce(NEW.fee, 0) - CASE TG_OP WHEN 'UPDATE' THEN coalesce(OLD.fee, 0) ELSE 0 END);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION sales.book_payment() IS 'Posts what came in and what of it a gateway keeps.';
CREATE TRIGGER payments_book_new AFTER INSERT ON sales.payments FOR EACH ROW
    WHEN (NEW.received <> 0 OR NEW.fee <> 0) EXECUTE FUNCTION sales.book_payment();
CREATE TRIGGER payments_book_changed AFTER UPDATE OF received, fee ON sales.payments FOR EACH ROW
    WHEN (OLD.received <> NEW.received OR OLD.fee IS DISTINCT FROM NEW.fee) EXECUTE FUNCTION sales.book_payment();

CREATE FUNCTION sales.book_refund() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    PERFORM sales.post(NEW.payment_id, 'receivable', 'refunds',
                       CASE NEW.status WHEN 'succeeded' THEN NEW.amount ELSE 0 END
                     - CASE WHEN TG_OP = 'UPDATE' AND OLD.status = 'succeeded' THEN OLD.amount ELSE 0 END);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION sales.book_refund() IS 'Posts what went back, and what came back again because a bank would not have it.';
CREATE TRIGGER refunds_book_new AFTER INSERT ON sales.refunds FOR EACH ROW
    WHEN (NEW.status = 'succeeded') EXECUTE FUNCTION sales.book_refund();
CREATE TRIGGER refunds_book_changed AFTER UPDATE OF status ON sales.refunds FOR EACH ROW
    WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION sales.book_refund();

CREATE FUNCTION sales.book_dispute() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    PERFORM sales.post(NEW.payment_id, 'receivable', 'disputes', NEW.withdrawn - NEW.reinstated
                       - CASE TG_OP WHEN 'UPDATE' THEN OLD.withdrawn - OLD.reinstated ELSE 0 END);
    PERFORM sales.post(NEW.payment_id, 'receivable', 'fees',
                       NEW.fee - CASE TG_OP WHEN 'UPDATE' THEN OLD.fee ELSE 0 END);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION sales.book_dispute() IS 'Posts what was taken from us in a dispute, given back, and its fee.';
CREATE TRIGGER disputes_book_new AFTER INSERT ON sales.disputes
    FOR EACH ROW EXECUTE FUNCTION sales.book_dispute();
CREATE TRIGGER disputes_book_changed AFTER UPDATE ON sales.disputes FOR EACH ROW
    WHEN ((OLD.withdrawn, OLD.reinstated, OLD.fee) IS DISTINCT FROM (NEW.withdrawn, NEW.reinstated, NEW.fee))
    EXECUTE FUNCTION sales.book_dispute();

SELECT sales.post(id, 'sales', 'receivable', received) FROM sales.payments WHERE received > 0 ORDER BY id;

CREATE VIEW sales.books AS
SELECT p.gateway, p.merchant, p.currency, e.account, sum(e.amount)::bigint AS amount
  FROM sales.money_entries e JOIN sales.payments p ON p.id = e.payment_id
 GROUP BY p.gateway, p.merchant, p.currency, e.account;
COMMENT ON VIEW sales.books IS 'What stands in each account of the books, by gateway; all of it comes to zero.';

-- Comparing with the gateways' own lists -------------------------------------------------------

CREATE TABLE sales.reconciliations (
    id          uuid CONSTRAINT reconciliations_pkey PRIMARY KEY DEFAULT shared.uuid7(),
    day         date NOT NULL,
    gateway     text NOT NULL,
    merchant    text NOT NULL,
    ours        bigint NOT NULL,
    theirs      bigint NOT NULL,
    differences jsonb NOT NULL,
    made_at     timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT reconciliations_once UNIQUE (day, gateway, merchant)
);
COMMENT ON TABLE sales.reconciliations IS 'Days whose money was compared with what the gateways have.';
COMMENT ON COLUMN sales.reconciliations.id IS 'UUIDv7';
COMMENT ON COLUMN sales.reconciliations.day IS 'the day, UTC, as gateways count them';
COMMENT ON COLUMN sales.reconciliations.gateway IS 'the gateway';
COMMENT ON COLUMN sales.reconciliations.merchant IS 'the shop''s account there';
COMMENT ON COLUMN sales.reconciliations.ours IS 'what came in less what went back, by our books, of what the gateway lists that day; minor units';
COMMENT ON COLUMN sales.reconciliations.theirs IS 'the same by the gateway''s list';
COMMENT ON COLUMN sales.reconciliations.differences IS '[{"ref", "kind", "ours", "theirs"}], null where one does not have it; empty when all agrees';
COMMENT ON COLUMN sales.reconciliations.made_at IS 'when it was last compared';

CREATE FUNCTION sales.our_movements(p_gateway text, p_merchant text, p_from timestamptz, p_to timestamptz, p_refs text[],
                                    OUT ref text, OUT kind text, OUT amount bigint, OUT of_day boolean)
RETURNS SETOF record LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT capture_ref, 'capture', received, received_at >= p_from AND received_at < p_to FROM sales.payments
     WHERE gateway = p_gateway AND merchant = p_merchant AND received_at IS NOT NULL AND capture_ref IS NOT NULL
       AND (capture_ref = ANY (p_refs) OR received_at >= p_from AND received_at < p_to)
    UNION ALL
    SELECT r.ref, 'refund', -r.amount, false
      FROM sales.refunds r JOIN sales.payments p ON p.id = r.payment_id
     WHERE p.gateway = p_gateway AND p.merchant = p_merchant AND r.status = 'succeeded' AND r.ref = ANY (p_refs)
    UNION ALL
    SELECT d.ref, 'dispute', d.reinstated - d.withdrawn, false
      FROM sales.disputes d JOIN sales.payments p ON p.id = d.payment_id
     WHERE p.gateway = p_gateway AND p.merchant = p_merchant AND d.ref = ANY (p_refs)
$$;
COMMENT ON FUNCTION sales.our_movements(text, text, timestamptz, timestamptz, text[]) IS
    'What we know of money that a gateway lists, and of what came in that day by its clock.';

CREATE FUNCTION sales.keep_reconciliation(p_day date, p_gateway text, p_merchant text, p_theirs jsonb) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    begun  timestamptz := p_day::timestamp AT TIME ZONE 'UTC';
    ours   bigint;
    theirs bigint;
    found  jsonb;
BEGIN
    WITH told AS (
        SELECT t.ref, t.kind, sum(t.amount)::bigint AS amount
          FROM jsonb_to_recordset(p_theirs) AS t (ref text, kind text, amount bigint) GROUP BY 1, 2),
    known AS (
        SELECT * FROM sales.our_movements(p_gateway, p_merchant, begun, begun + interval '1 day',
                                          ARRAY(SELECT t.ref FROM told t))),
    compared AS (
        SELECT coalesce(t.ref, k.ref) AS ref, coalesce(t.kind, k.kind) AS kind, k.amount AS ours, t.amount AS theirs
          FROM told t FULL JOIN known k ON k.ref = t.ref
         WHERE t.ref IS NOT NULL OR k.of_day)
    SELECT coalesce(sum(c.ours), 0), coalesce(sum(c.theirs), 0),
           coalesce(jsonb_agg(to_jsonb(c) ORDER BY c.ref) FILTER (WHERE c.ours IS DISTINCT FROM c.theirs), '[]')
      INTO ours, theirs, found FROM compared c;
    INSERT INTO sales.reconciliations (day, gateway, merchant, ours, theirs, differences)
    VALUES (p_day, p_gateway, p_merchant, ours, theirs, found)
    ON CONFLICT ON CONSTRAINT reconciliations_once DO UPDATE
       SET ours = excluded.ours, theirs = excluded.theirs, differences = excluded.differences, made_at = now();
    IF found <> '[]' THEN
        PERFORM sales.open_task('difference', NULL, jsonb_build_object(
            'day', p_day, 'gateway', p_gateway, 'merchant', p_merchant));
    END IF;
    RETURN jsonb_array_length(found);
END
$$;
COMMENT ON FUNCTION sales.keep_reconciliation(date, text, text, jsonb) IS
    'Compares a gateway''s list of a day, [{"ref", "kind", "amount"}], with ours, keeps what came of it and tells people of differences; how many.';

CREATE FUNCTION sales.uncompared_day(p_gateway text, p_merchant text) RETURNS date
LANGUAGE sql STABLE AS $$
    SELECT day FROM (SELECT (now() AT TIME ZONE 'UTC' - interval '2 hours')::date - 1 AS day) AS yesterday
     WHERE NOT EXISTS (SELECT FROM sales.reconciliations r WHERE (r.day, r.gateway, r.merchant) =
                              (yesterday.day, p_gateway, p_merchant))
$$;
COMMENT ON FUNCTION sales.uncompared_day(text, text) IS
    'Yesterday (UTC), from two hours after its end on, if it was not compared with this account''s list yet.';

CREATE FUNCTION sales.untold_tasks(OUT id uuid, OUT kind text, OUT number bigint, OUT details jsonb)
RETURNS SETOF record LANGUAGE sql STABLE AS $$
    SELECT t.id, t.kind, o.number, t.details
      FROM sales.payment_tasks t
      LEFT JOIN sales.payments p ON p.id = t.payment_id
      LEFT JOIN sales.orders o ON o.id = p.order_id
     WHERE t.told_at IS NULL ORDER BY t.opened_at LIMIT 50
$$;
COMMENT ON FUNCTION sales.untold_tasks() IS 'What people have not been written to about, the oldest first.';

CREATE FUNCTION sales.tell_tasks(p_tasks uuid[], p_letters jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    UPDATE sales.payment_tasks SET told_at = now() WHERE id = ANY (p_tasks) AND told_at IS NULL;
    -- Two jobs may have written it at once: the first one's letter goes.
    IF FOUND THEN
        PERFORM registry.post_letter((l->>'id')::uuid, 'payment_tasks', (l->>'payload')::bytea, NULL,
                                     now() + make_interval(secs => (l->>'seconds')::int))
           FROM jsonb_array_elements(p_letters) AS l;
    END IF;
END
$$;
COMMENT ON FUNCTION sales.tell_tasks(uuid[], jsonb) IS 'Posts the letters about these, [{"id", "payload", "seconds"}], once.';

CREATE VIEW sales.reconciliation_documents AS
SELECT r.id, r.day, json_build_object(
    'id', r.id, 'day', r.day, 'gateway', r.gateway, 'merchant', r.merchant, 'ours', r.ours, 'theirs', r.theirs,
    'differences', r.differences, 'made_at', shared.rfc3339(r.made_at)) AS document
  FROM sales.reconciliations r;
COMMENT ON VIEW sales.reconciliation_documents IS 'Reconciliations as the API shows them.';

-- Reports ------------------------------------------------------------------------------------

-- An order may have been paid by several payments, and one that was paid back in part was paid all the same.
CREATE OR REPLACE FUNCTION sales.report_by_order(p_from date, p_to date, p_by text, p_zone text)
RETURNS SETOF sales.report_row LANGUAGE sql STABLE AS $$
    SELECT min(key), min(label), count(*), sum(units)::bigint, sum(revenue)::bigint,
           sum(freight)::bigint, sum(tax)::bigint, sum(total)::bigint
      FROM (SELECT s.*, CASE p_by WHEN 'region' THEN s.state
                                  WHEN 'customer' THEN s.user_id::text
                                  ELSE coalesce(p.gateway, '-') END AS key,
                   CASE p_by WHEN 'region' THEN s.state
                             WHEN 'customer' THEN s.customer_name
                             ELSE coalesce(p.gateway, '-') END AS label
              FROM sales.sold_orders s
              LEFT JOIN LATERAL (SELECT m.gateway FROM sales.payments m
                                  WHERE m.order_id = s.id AND m.received_at IS NOT NULL
                                  ORDER BY m.received DESC, m.id LIMIT 1) AS p ON true
             WHERE paid_at >= p_from::timestamp AT TIME ZONE p_zone
               AND paid_at < p_to::timestamp AT TIME ZONE p_zone) AS sold
     GROUP BY sold.key ORDER BY sum(revenue) DESC, sold.key
$$;

-- Promises -----------------------------------------------------------------------------------

CREATE VIEW sales.money_integrity AS
SELECT 'order paid without money, or money without an order' AS problem, o.id
  FROM sales.orders o
  LEFT JOIN LATERAL (
       SELECT sum(p.received) AS got, sum(p.received - p.refunded - coalesce(
                  (SELECT sum(r.amount) FROM sales.refunds r
                    WHERE r.payment_id = p.id AND r.status IN ('pending', 'by_person')), 0)) AS held
         FROM sales.payments p WHERE p.order_id = o.id AND p.received_at IS NOT NULL) AS money ON true
 WHERE CASE WHEN o.paid_at IS NOT NULL THEN coalesce(money.got, -1) < o.total
            ELSE o.status = 'pending' AND money.held >= o.total END
UNION ALL
SELECT 'refunds differ from what went back', p.id
  FROM sales.payments p
 WHERE p.refunded <> (SELECT coalesce(sum(r.amount), 0) FROM sales.refunds r
                       WHERE r.payment_id = p.id AND r.status = 'succeeded')
    OR p.received_at IS NOT NULL AND p.refunded > p.received
UNION ALL
SELECT 'books differ from payments', p.id
  FROM sales.payments p
  LEFT JOIN LATERAL (
       SELECT coalesce(sum(e.amount) FILTER (WHERE e.account = 'sales'), 0) AS sales,
              coalesce(sum(e.amount) FILTER (WHERE e.account = 'refunds'), 0) AS refunds,
              coalesce(sum(e.amount) FILTER (WHERE e.account = 'fees'), 0) AS fees,
              coalesce(sum(e.amount) FILTER (WHERE e.account = 'disputes'), 0) AS disputes,
              coalesce(sum(e.amount), 0) AS zero
         FROM sales.money_entries e WHERE e.payment_id = p.id) AS books ON true
  LEFT JOIN LATERAL (
       SELECT coalesce(sum(d.withdrawn - d.reinstated), 0) AS taken, coalesce(sum(d.fee), 0) AS fee
         FROM sales.disputes d WHERE d.payment_id = p.id) AS disputed ON true
 WHERE (books.sales, books.refunds, books.fees, books.disputes, books.zero)
       IS DISTINCT FROM (-p.received, p.refunded, coalesce(p.fee, 0) + disputed.fee, disputed.taken, 0)
UNION ALL
SELECT 'a posting that does not come to zero', min(payment_id::text)::uuid
  FROM sales.money_entries GROUP BY posting HAVING sum(amount) <> 0
UNION ALL
SELECT 'money held of an order that was let go', o.id
  FROM sales.orders o
 WHERE o.status IN ('canceled', 'expired')
   AND EXISTS (SELECT FROM sales.payments p WHERE p.order_id = o.id AND p.received_at IS NOT NULL
                  AND p.received - p.refunded > coalesce((SELECT sum(r.amount) FROM sales.refunds r
                       WHERE r.payment_id = p.id AND r.status <> 'succeeded'), 0));
COMMENT ON VIEW sales.money_integrity IS 'Broken promises of money; empty. sales.integrity has them too.';

CREATE VIEW sales.orders_integrity AS
SELECT 'items do not add up to the order' AS problem, o.id
  FROM sales.orders o
  LEFT JOIN LATERAL (SELECT sum(i.quantity * i.unit_price) AS gross, sum(i.discount) AS discount,
                            sum(i.tax) AS tax
                       FROM sales.order_items i WHERE i.order_id = o.id) AS lines ON true
 WHERE (o.items_total, o.discount, o.tax)
       IS DISTINCT FROM (lines.gross, lines.discount, lines.tax)
UNION ALL
SELECT 'status differs from the last history row', o.id
  FROM sales.orders o
 WHERE o.status IS DISTINCT FROM (SELECT h.to_status FROM sales.order_history h
                                   WHERE h.order_id = o.id ORDER BY h.version DESC LIMIT 1)
UNION ALL
SELECT 'reservation of an order that is not pending', r.order_id
  FROM sales.reservations r JOIN sales.orders o ON o.id = r.order_id WHERE o.status <> 'pending';
COMMENT ON VIEW sales.orders_integrity IS 'Broken promises of orders; empty. sales.integrity has them too.';

CREATE VIEW sales.outbox_integrity AS
SELECT 'order changed without an event' AS problem, h.order_id AS id
  FROM sales.order_history h
  LEFT JOIN sales.events e ON e.object_id = h.order_id AND e.version = h.version AND e.type LIKE 'order.%'
 WHERE h.at > (SELECT min(created_at) FROM sales.events) AND e.id IS NULL
UNION ALL
SELECT 'delivery that no job will ever take', d.id
  FROM sales.deliveries d
 WHERE d.status = 'pending' AND d.next_attempt_at IS NULL
   AND NOT EXISTS (SELECT FROM sales.deliveries f
                    WHERE f.webhook_id = d.webhook_id AND f.object_id = d.object_id
                      AND f.status = 'pending' AND f.next_attempt_at IS NOT NULL);
COMMENT ON VIEW sales.outbox_integrity IS 'Broken promises of the outbox; empty. sales.integrity has them too.';

CREATE OR REPLACE VIEW sales.integrity AS
SELECT problem, id FROM sales.stock_integrity
UNION ALL
SELECT problem, id FROM sales.orders_integrity
UNION ALL
SELECT problem, id FROM sales.goods_integrity
UNION ALL
SELECT problem, id FROM sales.totals_integrity
UNION ALL
SELECT problem, id FROM sales.money_integrity
UNION ALL
SELECT problem, id FROM sales.outbox_integrity
UNION ALL
SELECT problem, id FROM sales.ahead_integrity;

-- Rights -------------------------------------------------------------------------------------

GRANT SELECT ON sales.money_entries, sales.books, sales.reconciliations, sales.reconciliation_documents,
    sales.money_integrity, sales.orders_integrity, sales.outbox_integrity TO vendas_sales;
REVOKE ALL ON FUNCTION sales.post(uuid, text, text, bigint), sales.book_payment(), sales.book_refund(),
    sales.book_dispute(), sales.our_movements(text, text, timestamptz, timestamptz, text[]),
    sales.keep_reconciliation(date, text, text, jsonb), sales.uncompared_day(text, text), sales.untold_tasks(),
    sales.tell_tasks(uuid[], jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sales.keep_reconciliation(date, text, text, jsonb), sales.uncompared_day(text, text),
    sales.untold_tasks(), sales.tell_tasks(uuid[], jsonb) TO vendas_sales;

SELECT registry.classify(t, 'neither', columns, NULL, NULL) FROM (VALUES
    ('sales.money_entries', 'posting account payment_id amount at'),
    ('sales.reconciliations', 'id day gateway merchant ours theirs differences made_at')
) AS register (t, columns);
