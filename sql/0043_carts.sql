-- Sales, carts: what a customer has chosen and not yet ordered, kept on the server so that it is the
-- same on every device. A cart promises nothing: prices and stock are looked up when it is read, and
-- each line says what has changed since it was put in.

CREATE TABLE sales.carts (
    user_id    uuid CONSTRAINT carts_pkey PRIMARY KEY,
    version    int NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX carts_age_idx ON sales.carts (updated_at);
COMMENT ON TABLE sales.carts IS 'What customers have chosen; one each at the most. Forgotten after VENDAS_CART_DAYS without a change.';
COMMENT ON COLUMN sales.carts.user_id IS 'whose, a user of Registry';
COMMENT ON COLUMN sales.carts.version IS 'rises with each change; the ETag';
COMMENT ON COLUMN sales.carts.created_at IS 'when begun';
COMMENT ON COLUMN sales.carts.updated_at IS 'when last changed';

CREATE TABLE sales.cart_items (
    user_id    uuid NOT NULL CONSTRAINT cart_items_cart_fkey REFERENCES sales.carts ON DELETE CASCADE,
    variant_id uuid NOT NULL,
    quantity   int NOT NULL CONSTRAINT cart_items_quantity_range CHECK (quantity BETWEEN 1 AND 10000),
    name       text NOT NULL,
    unit_price bigint NOT NULL,
    added_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT cart_items_pkey PRIMARY KEY (user_id, variant_id)
);
COMMENT ON TABLE sales.cart_items IS 'Lines of carts.';
COMMENT ON COLUMN sales.cart_items.user_id IS 'the cart';
COMMENT ON COLUMN sales.cart_items.variant_id IS 'what is chosen; it may be gone by now';
COMMENT ON COLUMN sales.cart_items.quantity IS 'pieces';
COMMENT ON COLUMN sales.cart_items.name IS 'its name when it was put in';
COMMENT ON COLUMN sales.cart_items.unit_price IS 'its price when it was put in, minor units';
COMMENT ON COLUMN sales.cart_items.added_at IS 'when put in; the order of the lines';

-- What is left -------------------------------------------------------------------------------

CREATE FUNCTION products.draws_on(p_variants uuid[])
RETURNS TABLE (variant_id uuid, unit_id uuid, pieces int)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
#variable_conflict use_column
BEGIN
    -- In this language, as its plan is kept: that of a function in SQL is made with each call.
    RETURN QUERY
    SELECT v.id, coalesce(b.part_id, v.id), coalesce(b.quantity, 1)
      FROM products.variants v JOIN products.products p ON p.id = v.product_id
      LEFT JOIN products.bundle_parts b ON b.bundle_id = v.id
     WHERE v.id = ANY (p_variants) AND p.type <> 'digital';
END
$$;
COMMENT ON FUNCTION products.draws_on(uuid[]) IS
    'Published to Sales: whose stock these variants draw on, as products.stock_of() tells it, for whoever only looks: nothing is locked.';

CREATE FUNCTION sales.cart_facts(p_variants uuid[], p_today date)
RETURNS TABLE (variant_id uuid, product_id uuid, sku text, name text, unit_price bigint, currency text)
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY
    SELECT f.variant_id, f.product_id, f.sku, f.name, f.unit_price, f.currency
      FROM json_to_recordset(sales.pricing_facts(p_variants, NULL, NULL, NULL, p_today, '[]', NULL)->'products') AS f
           (variant_id uuid, product_id uuid, sku text, name text, unit_price bigint, currency text);
END
$$;
COMMENT ON FUNCTION sales.cart_facts(uuid[], date) IS 'What quotes and orders go by, of these variants; none of what is not for sale.';

CREATE FUNCTION sales.cart_document(p_user uuid, p_today date, OUT document json, OUT version int)
LANGUAGE sql STABLE AS $$
    WITH chosen AS MATERIALIZED (SELECT * FROM sales.cart_items c WHERE c.user_id = p_user),
    facts AS MATERIALIZED (
        SELECT * FROM sales.cart_facts(ARRAY(SELECT c.variant_id FROM chosen c), p_today)),
    left_over AS MATERIALIZED (
        SELECT d.variant_id, greatest(min(coalesce(a.available, 0) / d.pieces), 0) AS available
          FROM products.draws_on(ARRAY(SELECT c.variant_id FROM chosen c)) AS d
         CROSS JOIN LATERAL (SELECT (SELECT s.available FROM sales.availability s
                                      WHERE s.variant_id = d.unit_id) AS available) AS a
         GROUP BY d.variant_id),
    lines AS (
        SELECT c.added_at, c.variant_id, c.quantity * f.unit_price AS total, json_build_object(
                   'variant_id', c.variant_id, 'product_id', f.product_id, 'sku', f.sku,
                   'name', coalesce(f.name, c.name), 'quantity', c.quantity,
                   'unit_price', f.unit_price, 'unit_price_when_added', c.unit_price,
                   'total', c.quantity * f.unit_price, 'available', l.available,
                   'added_at', shared.rfc3339(c.added_at),
                   'changes', array_remove(ARRAY[
                       CASE WHEN f.variant_id IS NULL THEN 'not_for_sale' END,
                       CASE WHEN f.unit_price > c.unit_price THEN 'price_rose'
                            WHEN f.unit_price < c.unit_price THEN 'price_fell' END,
                       CASE WHEN f.variant_id IS NOT NULL AND l.available < c.quantity
                            THEN 'insufficient_stock' END], NULL)) AS document
          FROM chosen c LEFT JOIN facts f ON f.variant_id = c.variant_id
          LEFT JOIN left_over l ON l.variant_id = c.variant_id)
    SELECT json_build_object(
               'items', coalesce((SELECT json_agg(l.document ORDER BY l.added_at, l.variant_id) FROM lines l), '[]'),
               'currency', (SELECT min(f.currency) FROM facts f),
               'items_total', coalesce((SELECT sum(l.total) FROM lines l), 0),
               'updated_at', (SELECT shared.rfc3339(c.updated_at) FROM sales.carts c WHERE c.user_id = p_user)),
           coalesce((SELECT c.version FROM sales.carts c WHERE c.user_id = p_user), 0)
$$;
COMMENT ON FUNCTION sales.cart_document(uuid, date) IS
    'A customer''s cart as the API shows it, at today''s prices; an empty one where there is none.';

CREATE FUNCTION sales.change_cart(p_user uuid, p_how text, p_items jsonb, p_version int, p_today date) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    present  int;
    variants uuid[] := ARRAY(SELECT (i->>'variant_id')::uuid FROM jsonb_array_elements(p_items) AS i);
    missing  int;
BEGIN
    IF registry.hold_customer(p_user) IS NULL THEN
        PERFORM shared.fail(401, 'unauthorized');
    END IF;
    INSERT INTO sales.carts (user_id) VALUES (p_user) ON CONFLICT ON CONSTRAINT carts_pkey DO NOTHING;
    SELECT version INTO present FROM sales.carts WHERE user_id = p_user FOR UPDATE;
    IF p_version NOT IN (0, present) THEN
        PERFORM shared.fail(412, 'lost_update');
    END IF;
    IF p_how = 'replace' THEN
        DELETE FROM sales.cart_items WHERE user_id = p_user AND variant_id <> ALL (variants);
    END IF;
    WITH wanted AS (
        SELECT (i->>'variant_id')::uuid AS variant_id, least(sum((i->>'quantity')::int), 10000)::int AS quantity
          FROM jsonb_array_elements(p_items) AS i GROUP BY 1),
    gone AS (
        DELETE FROM sales.cart_items c USING wanted w
         WHERE c.user_id = p_user AND c.variant_id = w.variant_id AND w.quantity = 0)
    UPDATE sales.cart_items c
       SET quantity = CASE p_how WHEN 'merge' THEN greatest(c.quantity, w.quantity) ELSE w.quantity END
      FROM wanted w
     WHERE c.user_id = p_user AND c.variant_id = w.variant_id AND w.quantity > 0;
    WITH wanted AS (
        SELECT (i->>'variant_id')::uuid AS variant_id, least(sum((i->>'quantity')::int), 10000)::int AS quantity,
               min(n) AS position
          FROM jsonb_array_elements(p_items) WITH ORDINALITY AS t (i, n) GROUP BY 1
        HAVING sum((i->>'quantity')::int) > 0),
    added AS (
        INSERT INTO sales.cart_items (user_id, variant_id, quantity, name, unit_price)
        SELECT p_user, w.variant_id, w.quantity, f.name, f.unit_price
          FROM wanted w JOIN sales.cart_facts(variants, p_today) AS f ON f.variant_id = w.variant_id
         ORDER BY w.position
        ON CONFLICT ON CONSTRAINT cart_items_pkey DO NOTHING RETURNING variant_id)
    SELECT min(w.position) - 1 INTO missing FROM wanted w
     WHERE w.variant_id NOT IN (SELECT a.variant_id FROM added a)
       AND NOT EXISTS (SELECT FROM sales.cart_items c WHERE c.user_id = p_user AND c.variant_id = w.variant_id);
    IF missing IS NOT NULL AND p_how <> 'merge' THEN
        PERFORM shared.fail(422, 'unknown_variant', jsonb_build_object('pointer', '/items/' || missing || '/variant_id'));
    ELSIF (SELECT count(*) FROM sales.cart_items WHERE user_id = p_user) > 100 THEN
        PERFORM shared.fail(409, 'cart_full');
    END IF;
    UPDATE sales.carts SET version = version + 1, updated_at = now() WHERE user_id = p_user;
END
$$;
COMMENT ON FUNCTION sales.change_cart(uuid, text, jsonb, int, date) IS
    'Changes a cart by checked items [{variant_id, quantity}]. replace: it holds exactly these; change: these have that quantity, with 0 they go; merge: of what is in both the larger quantity stays, and what is no longer for sale is left out. What is in the cart keeps the price it was put in at. p_version 0: whatever it is by now.';

CREATE FUNCTION sales.forget_carts(p_days int, p_limit int) RETURNS bigint
LANGUAGE sql AS $$
    WITH gone AS (
        DELETE FROM sales.carts WHERE user_id IN (
            SELECT c.user_id FROM sales.carts c WHERE c.updated_at < now() - make_interval(days => p_days)
             ORDER BY c.updated_at LIMIT p_limit FOR UPDATE SKIP LOCKED)
        RETURNING 1)
    SELECT count(*) FROM gone
$$;
COMMENT ON FUNCTION sales.forget_carts(int, int) IS 'Removes carts that nobody changed for so many days, so many at the most; how many.';

-- Privacy ------------------------------------------------------------------------------------

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
                   WHERE o.user_id = p_user),
        'cart', (SELECT coalesce(json_agg(json_build_object(
                            'variant_id', c.variant_id, 'name', c.name, 'quantity', c.quantity,
                            'added_at', shared.rfc3339(c.added_at)) ORDER BY c.added_at, c.variant_id), '[]')
                   FROM sales.cart_items c WHERE c.user_id = p_user))
$$;

CREATE OR REPLACE FUNCTION sales.erase_customer(p_user uuid, p_snapshots jsonb) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
    DELETE FROM sales.idempotency_keys WHERE caller = p_user;
    DELETE FROM sales.order_notes n USING sales.orders o WHERE o.id = n.order_id AND o.user_id = p_user;
    DELETE FROM sales.carts WHERE user_id = p_user;
    UPDATE sales.orders o
       SET customer = (SELECT s.value::bytea FROM jsonb_each_text(p_snapshots) AS s WHERE s.key = o.id::text)
     WHERE o.user_id = p_user AND o.customer IS NOT NULL
$$;

-- Rights -------------------------------------------------------------------------------------

GRANT SELECT, INSERT, UPDATE, DELETE ON sales.carts, sales.cart_items TO vendas_sales;
REVOKE ALL ON FUNCTION products.draws_on(uuid[]), sales.cart_facts(uuid[], date), sales.cart_document(uuid, date),
    sales.change_cart(uuid, text, jsonb, int, date), sales.forget_carts(int, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION products.draws_on(uuid[]) TO vendas_products;
GRANT EXECUTE ON FUNCTION products.draws_on(uuid[]), sales.cart_facts(uuid[], date), sales.cart_document(uuid, date),
    sales.change_cart(uuid, text, jsonb, int, date), sales.forget_carts(int, int) TO vendas_sales;

SELECT registry.classify(t, class, columns, whose, NULL) FROM (VALUES
    ('sales.carts', 'neither', 'user_id version created_at updated_at', NULL),
    ('sales.cart_items', 'neither', 'user_id name unit_price added_at', NULL),
    ('sales.cart_items', 'personal', 'variant_id quantity', 'user_id')
) AS register (t, class, columns, whose);
