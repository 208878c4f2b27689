-- Sales, what people do with orders: find one among millions, and note down what buyers are not shown.

-- Finding ------------------------------------------------------------------------------------

-- Lists are the newest first. Where a filter fits few orders, these gather them; where it fits many,
-- walking along orders_newest_idx is shorter: PostgreSQL knows which by the values asked for
-- (lib/sales/order_list).
CREATE INDEX orders_customer_name_idx ON sales.orders
    USING gin (shared.fold(customer_name) shared.gin_trgm_ops);
CREATE INDEX orders_total_idx ON sales.orders (total);
CREATE INDEX order_items_product_idx ON sales.order_items (product_id, order_id);
CREATE INDEX payments_gateway_idx ON sales.payments (gateway, order_id);

-- Notes --------------------------------------------------------------------------------------

CREATE TABLE sales.order_notes (
    id       uuid CONSTRAINT order_notes_pkey PRIMARY KEY,
    order_id uuid NOT NULL CONSTRAINT order_notes_order_fkey REFERENCES sales.orders,
    author   uuid NOT NULL,
    note     bytea NOT NULL CONSTRAINT order_notes_note_length CHECK (length(note) BETWEEN 33 AND 32768),
    at       timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX order_notes_order_idx ON sales.order_notes (order_id, at DESC, id DESC);
COMMENT ON TABLE sales.order_notes IS 'What the staff notes down about orders, for each other; append-only. It goes when the buyer is erased.';
COMMENT ON COLUMN sales.order_notes.id IS 'UUIDv7';
COMMENT ON COLUMN sales.order_notes.order_id IS 'the order';
COMMENT ON COLUMN sales.order_notes.author IS 'who noted it, a user of Registry';
COMMENT ON COLUMN sales.order_notes.note IS 'what was noted, as it may speak of people; sealed';
COMMENT ON COLUMN sales.order_notes.at IS 'when';

CREATE VIEW sales.note_documents AS
SELECT n.id, n.order_id, n.at, json_build_object(
    'id', n.id, 'author', n.author, 'note', shared.sealed('sales.order_notes.note', n.id, n.note),
    'at', shared.rfc3339(n.at)) AS document
  FROM sales.order_notes n;
COMMENT ON VIEW sales.note_documents IS 'Notes as the API shows them.';

CREATE FUNCTION sales.add_note(p_id uuid, p_order uuid, p_author uuid, p_note bytea) RETURNS json
LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM sales.orders WHERE id = p_order) THEN
        PERFORM shared.fail(404, 'not_found');
    END IF;
    INSERT INTO sales.order_notes (id, order_id, author, note) VALUES (p_id, p_order, p_author, p_note);
    RETURN (SELECT document FROM sales.note_documents WHERE id = p_id);
END
$$;
COMMENT ON FUNCTION sales.add_note(uuid, uuid, uuid, bytea) IS 'Notes something down about an order; p_note is sealed for the note p_id.';

-- A note speaks of the buyer, so the buyer may read it (LGPD art. 18 II), and it goes with the buyer: the
-- tax law does not ask for it.
CREATE OR REPLACE FUNCTION sales.export_customer(p_user uuid) RETURNS json
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
                      WHERE o.user_id = p_user),
        'notes', (SELECT coalesce(json_agg(json_build_object(
                             'order_id', n.order_id, 'at', shared.rfc3339(n.at),
                             'note', shared.sealed('sales.order_notes.note', n.id, n.note))
                             ORDER BY n.at DESC, n.id DESC), '[]')
                    FROM sales.order_notes n JOIN sales.orders o ON o.id = n.order_id
                   WHERE o.user_id = p_user))
$$;

CREATE OR REPLACE FUNCTION sales.erase_customer(p_user uuid, p_snapshots jsonb) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
    DELETE FROM sales.idempotency_keys WHERE caller = p_user;
    DELETE FROM sales.order_notes n USING sales.orders o WHERE o.id = n.order_id AND o.user_id = p_user;
    UPDATE sales.orders o
       SET customer = (SELECT s.value::bytea FROM jsonb_each_text(p_snapshots) AS s WHERE s.key = o.id::text)
     WHERE o.user_id = p_user AND o.customer IS NOT NULL
$$;

CREATE OR REPLACE FUNCTION sales.sealed_columns(OUT place text, OUT sealed_as text)
RETURNS SETOF record LANGUAGE sql IMMUTABLE AS $$
    VALUES ('orders.address', 'sales.orders.address'), ('orders.customer', 'sales.orders.customer'),
           ('order_notes.note', 'sales.order_notes.note')
$$;

CREATE OR REPLACE FUNCTION sales.sealed_batch(p_place text, p_key int, p_after uuid, p_limit int,
                                              OUT id uuid, OUT value bytea, OUT plain text)
RETURNS SETOF record LANGUAGE sql STABLE AS $$
    (SELECT o.id, CASE WHEN substr(v.sealed, 1, 4) <> int4send(p_key) THEN v.sealed END,
            CASE WHEN p_place = 'orders.address' THEN o.shipping_address::text END
       FROM sales.orders o
      CROSS JOIN LATERAL (SELECT CASE p_place WHEN 'orders.address' THEN o.address
                                              WHEN 'orders.customer' THEN o.customer END AS sealed) AS v
      WHERE p_place LIKE 'orders.%' AND o.id > p_after ORDER BY o.id LIMIT p_limit)
    UNION ALL
    (SELECT n.id, CASE WHEN substr(n.note, 1, 4) <> int4send(p_key) THEN n.note END, NULL
       FROM sales.order_notes n
      WHERE p_place = 'order_notes.note' AND n.id > p_after ORDER BY n.id LIMIT p_limit)
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
    ELSIF p_place = 'orders.customer' THEN
        UPDATE sales.orders AS o SET customer = n.new
          FROM jsonb_to_recordset(p_rows) AS n (id uuid, old bytea, new bytea)
         WHERE o.id = n.id AND o.customer = n.old
           AND length(n.new) = length(n.old) AND substr(n.new, 1, 4) <> substr(n.old, 1, 4);
    ELSIF p_place = 'order_notes.note' THEN
        UPDATE sales.order_notes AS t SET note = n.new
          FROM jsonb_to_recordset(p_rows) AS n (id uuid, old bytea, new bytea)
         WHERE t.id = n.id AND t.note = n.old
           AND length(n.new) = length(n.old) AND substr(n.new, 1, 4) <> substr(n.old, 1, 4);
    END IF;
    GET DIAGNOSTICS done = ROW_COUNT;
    RETURN done;
END
$$;
GRANT SELECT, INSERT ON sales.order_notes TO vendas_sales;
GRANT SELECT ON sales.note_documents TO vendas_sales;
REVOKE ALL ON FUNCTION sales.add_note(uuid, uuid, uuid, bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sales.add_note(uuid, uuid, uuid, bytea) TO vendas_sales;

SELECT registry.classify('sales.order_notes', 'neither', 'id order_id author at', NULL, NULL),
       registry.classify('sales.order_notes', 'sensitive', 'note',
                         '(SELECT o.user_id FROM sales.orders o WHERE o.id = order_id)', NULL);
