-- Stock by what people call it: levels say which SKU and which name they are of. Selling ahead in files
-- and events: how a variant is sold ahead is in imports and exports, and an order whose last piece has come
-- is ready to be sent, which its history and the outbox tell. And rates of taxes for every state.

-- Names --------------------------------------------------------------------------------------

CREATE FUNCTION products.full_name(p_name text, p_options text[], p_values jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    IF p_options = '{}' THEN
        RETURN p_name;
    END IF;
    RETURN p_name || coalesce((SELECT ' (' || string_agg(p_values->>o.name, ', ' ORDER BY o.n) || ')'
                                 FROM unnest(p_options) WITH ORDINALITY AS o (name, n)), '');
END
$$;
COMMENT ON FUNCTION products.full_name(text, text[], jsonb) IS
    'What a variant is called in orders, carts and stock: its product''s name with its values of the options, in their order.';

CREATE OR REPLACE FUNCTION products.for_sale(p_variants uuid[])
RETURNS TABLE (variant_id uuid, product_id uuid, sku text, name text, unit_price bigint,
               currency text, digital boolean, weight_g int, width_mm int, height_mm int, length_mm int,
               ncm text, cost bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT v.id, p.id, v.sku, products.full_name(p.name, p.options, v.options),
           products.price_now(coalesce(v.price, p.price), p.promotional_price,
                              p.promotion_starts_at, p.promotion_ends_at),
           p.currency::text, p.type = 'digital', coalesce(v.weight_g, p.weight_g, 0),
           p.width_mm, p.height_mm, p.length_mm, p.ncm::text, coalesce(v.cost, p.cost)
      FROM products.variants v JOIN products.products p ON p.id = v.product_id
     WHERE v.id = ANY (p_variants) AND p.status = 'active';
END
$$;

CREATE FUNCTION products.named(p_variants uuid[]) RETURNS TABLE (variant_id uuid, sku text, name text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT v.id, v.sku, products.full_name(p.name, p.options, v.options)
      FROM products.variants v JOIN products.products p ON p.id = v.product_id WHERE v.id = ANY (p_variants);
END
$$;
COMMENT ON FUNCTION products.named(uuid[]) IS
    'Published to Sales: what these variants are called, those that are not for sale as well.';

CREATE FUNCTION products.stocked_variant(p_sku text) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT v.id FROM products.variants v WHERE v.sku = p_sku AND products.has_variant(v.id)
$$;
COMMENT ON FUNCTION products.stocked_variant(text) IS
    'Published to Sales: the variant with stock of its own that has this SKU, for sale or not; null: there is none.';

-- Levels -------------------------------------------------------------------------------------

CREATE FUNCTION sales.level_documents(p_variants uuid[]) RETURNS TABLE (variant_id uuid, document json)
LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT wanted.id, json_build_object(
               'variant_id', wanted.id, 'sku', called.sku, 'name', called.name,
               'on_hand', coalesce(l.on_hand, 0), 'reserved', coalesce(l.reserved, 0),
               'available', coalesce(l.on_hand - l.reserved, 0))
      FROM unnest(p_variants) AS wanted (id)
      LEFT JOIN products.named(p_variants) AS called ON called.variant_id = wanted.id
      LEFT JOIN LATERAL (SELECT * FROM sales.stock_levels s WHERE s.variant_id = wanted.id) AS l ON true;
END
$$;
COMMENT ON FUNCTION sales.level_documents(uuid[]) IS
    'Levels as the API shows them; without SKU and name of a variant that is gone.';

CREATE OR REPLACE FUNCTION sales.level_json(p_variant uuid) RETURNS json
LANGUAGE sql STABLE AS $$
    SELECT document FROM sales.level_documents(ARRAY[p_variant])
$$;

CREATE FUNCTION sales.level_of_sku(p_sku text) RETURNS TABLE (variant_id uuid, on_hand int, reserved int)
LANGUAGE sql STABLE AS $$
    SELECT v.id, coalesce(l.on_hand, 0), coalesce(l.reserved, 0)
      FROM products.stocked_variant(p_sku) AS v (id)
      LEFT JOIN LATERAL (SELECT * FROM sales.stock_levels s WHERE s.variant_id = v.id) AS l ON true
     WHERE v.id IS NOT NULL
$$;
COMMENT ON FUNCTION sales.level_of_sku(text) IS 'A row of sales.stock_levels by SKU, also where nothing of it has ever been there.';

-- Selling ahead in files -------------------------------------------------------------------------

CREATE OR REPLACE VIEW products.sheet_products AS
SELECT p.id, p.slug, p.type, p.status, jsonb_build_object(
    'slug', p.slug, 'type', p.type, 'status', p.status, 'name', p.name, 'description', p.description,
    'brand', p.brand, 'ncm', p.ncm, 'price', p.price, 'promotional_price', p.promotional_price,
    'promotion_starts_at', shared.rfc3339(p.promotion_starts_at),
    'promotion_ends_at', shared.rfc3339(p.promotion_ends_at), 'cost', p.cost, 'weight_g', p.weight_g,
    'width_mm', p.width_mm, 'height_mm', p.height_mm, 'length_mm', p.length_mm,
    'attributes', p.attributes, 'options', to_jsonb(p.options),
    'seo_title', p.seo_title, 'seo_description', p.seo_description,
    'images', (SELECT coalesce(jsonb_agg(i->'url' ORDER BY n), '[]')
                 FROM jsonb_array_elements(p.images) WITH ORDINALITY AS image (i, n)),
    'categories', (SELECT coalesce(jsonb_agg(path ORDER BY path), '[]')
                     FROM products.product_categories pc,
                          to_jsonb(products.category_path(pc.category_id)) AS path
                    WHERE pc.product_id = p.id),
    'parts', (SELECT coalesce(jsonb_agg(jsonb_build_object('sku', part.sku, 'quantity', b.quantity)
                                        ORDER BY b.position, b.part_id), '[]')
                FROM products.variants v
                JOIN products.bundle_parts b ON b.bundle_id = v.id
                JOIN products.variants part ON part.id = b.part_id
               WHERE v.product_id = p.id),
    'variants', (SELECT jsonb_agg(jsonb_build_object(
                            'sku', v.sku, 'gtin', v.gtin, 'price', v.price, 'cost', v.cost,
                            'weight_g', v.weight_g, 'sell_ahead', v.sell_ahead, 'options', v.options)
                                  ORDER BY v.position, v.id)
                   FROM products.variants v WHERE v.product_id = p.id)) AS body
  FROM products.products p;

CREATE OR REPLACE FUNCTION products.sheet_column(p_pointer text) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN p_pointer ~ '^/attributes/' THEN 'attr:' || replace(replace(substr(p_pointer, 13), '~1', '/'), '~0', '~')
        WHEN p_pointer ~ '^/variants/options/' THEN 'option:' || replace(replace(substr(p_pointer, 19), '~1', '/'), '~0', '~')
        WHEN p_pointer ~ '^/(category_ids|parts|images|options)(/|$)' THEN
            replace(split_part(p_pointer, '/', 2), 'category_ids', 'categories')
        WHEN p_pointer ~ '^/variants/sell_ahead(/|$)' THEN 'sell_ahead'
        WHEN p_pointer IN ('/variants/price', '/variants/cost', '/variants/weight_g') THEN 'variant_' || split_part(p_pointer, '/', 3)
        ELSE nullif(substring(p_pointer FROM '[^/]*$'), '') END
$$;

CREATE OR REPLACE FUNCTION products.edit_variant(p_act jsonb, p_product uuid, p_variant uuid, p jsonb) RETURNS uuid
LANGUAGE plpgsql AS $$
DECLARE
    present products.products := products.touch(p_product);
    before  jsonb := products.own_variant(p_product, p_variant);
BEGIN
    -- What has no stock of its own is not sold ahead either, whichever way it is asked for.
    PERFORM products.type_faults(present.type, shared.members(p, '{"sell_ahead": 0}'));
    PERFORM products.update_variant(p_variant, p);
    IF p ? 'gtin' AND present.type <> 'variations' THEN
        UPDATE products.products t SET
            locked_fields = ARRAY(SELECT unnest(t.locked_fields) UNION SELECT 'gtin' ORDER BY 1),
            provenance = t.provenance || products.set_by('person', '{gtin}')
         WHERE t.id = p_product;
    END IF;
    PERFORM products.refresh(products.and_bundles(p_product));
    PERFORM registry.audit_act(p_act, 'variant.changed', p_variant, shared.members(before, p), p);
    RETURN p_variant;
END
$$;

-- Orders that are ready --------------------------------------------------------------------------
-- sales.serve() notes at the lines of orders that all of them has come. It holds stock, and whoever changes
-- an order locks it before its stock: so what follows for the order is written a moment later, by the job
-- "webhooks", in a transaction of its own (sales.tell_ready).

ALTER TABLE sales.order_ahead
    ADD COLUMN place   bigint,
    ADD COLUMN arrived boolean NOT NULL DEFAULT false,
    ADD COLUMN told    boolean NOT NULL DEFAULT false;
UPDATE sales.order_ahead a SET place = l.place
  FROM (SELECT variant_id, order_id, position, row_number() OVER (ORDER BY order_id, position) AS place
          FROM sales.order_ahead) AS l
 WHERE (l.variant_id, l.order_id, l.position) = (a.variant_id, a.order_id, a.position);
ALTER TABLE sales.order_ahead ALTER COLUMN place SET NOT NULL,
    ALTER COLUMN place ADD GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME sales.order_ahead_places);
SELECT setval('sales.order_ahead_places', (SELECT coalesce(max(place), 0) + 1 FROM sales.order_ahead), false);
CREATE UNIQUE INDEX order_ahead_place_unique ON sales.order_ahead (variant_id, place);
CREATE INDEX order_ahead_waiting_idx ON sales.order_ahead (variant_id, place) WHERE NOT arrived;
CREATE INDEX order_ahead_untold_idx ON sales.order_ahead (order_id) WHERE arrived AND NOT told;
COMMENT ON COLUMN sales.order_ahead.order_id IS 'the order';
COMMENT ON COLUMN sales.order_ahead.place IS
    'in the queue: who came first is served first. It is given under the lock of the stock, so that nobody gets one before somebody who was served';
COMMENT ON COLUMN sales.order_ahead.arrived IS 'that all of it has come';
COMMENT ON COLUMN sales.order_ahead.told IS 'that it was told that all of the order has come, or that there was no use in it any more';

CREATE OR REPLACE FUNCTION sales.promise_ahead(p_order uuid, p_unit uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    -- All of it anew with each slot that something was taken from: the lines keep their sequence.
    DELETE FROM sales.order_ahead WHERE order_id = p_order AND variant_id = p_unit;
    -- The first lines have what is at hand.
    INSERT INTO sales.order_ahead (variant_id, order_id, position, each, pieces)
    SELECT p_unit, p_order, l.position, l.each, least(l.wanted, l.upto - (l.total - l.ahead))
      FROM (SELECT i.position, d.pieces AS each, i.quantity * d.pieces AS wanted,
                   sum(i.quantity * d.pieces) OVER (ORDER BY i.position) AS upto,
                   sum(i.quantity * d.pieces) OVER () AS total,
                   (SELECT sum(r.quantity) FROM sales.reservations r
                     WHERE r.order_id = p_order AND r.variant_id = p_unit AND r.location = 'expected') AS ahead
              FROM sales.order_items i
              JOIN products.draws_on(ARRAY(SELECT variant_id FROM sales.order_items WHERE order_id = p_order)) d
                   USING (variant_id)
             WHERE i.order_id = p_order AND d.unit_id = p_unit) AS l
     WHERE l.upto > l.total - l.ahead ORDER BY l.position;
    UPDATE sales.order_items i
       SET ahead = greatest(i.ahead, (a.pieces + a.each - 1) / a.each),
           expected_on = greatest(i.expected_on, current_date, h.due, current_date + h.days)
      FROM sales.order_ahead a JOIN sales.ahead h ON h.variant_id = a.variant_id
     WHERE a.order_id = p_order AND a.variant_id = p_unit AND i.order_id = p_order AND i.position = a.position;
END
$$;

CREATE OR REPLACE FUNCTION sales.yet_to_come(p_order uuid, p_position int) RETURNS int
LANGUAGE plpgsql STABLE AS $$
BEGIN
    -- Of all that was sold ahead the last pieces are those that have not come. As many rows as pieces
    -- wait are enough to see who is behind.
    RETURN (SELECT coalesce(max((least(a.pieces, greatest(0, o.owed - (
                                     SELECT coalesce(sum(l.pieces), 0)
                                       FROM (SELECT later.pieces FROM sales.order_ahead later
                                              WHERE later.variant_id = a.variant_id AND later.place > a.place
                                              LIMIT o.owed) AS l)))
                                 + a.each - 1) / a.each), 0)
              FROM sales.order_ahead a CROSS JOIN LATERAL (SELECT sales.owed(a.variant_id) AS owed OFFSET 0) AS o
             WHERE a.order_id = p_order AND a.position = p_position AND NOT a.arrived);
END
$$;

CREATE FUNCTION sales.note_arrivals(p_variant uuid) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    owed int := sales.owed(p_variant);
BEGIN
    UPDATE sales.order_ahead a SET arrived = true
      FROM (SELECT w.place, sum(w.pieces) OVER (ORDER BY w.place DESC) - w.pieces AS behind
              FROM sales.order_ahead w WHERE w.variant_id = p_variant AND NOT w.arrived) AS w
     WHERE a.variant_id = p_variant AND a.place = w.place AND w.behind >= owed;
END
$$;
COMMENT ON FUNCTION sales.note_arrivals(uuid) IS
    'Notes down of which lines of orders all pieces of a held variant have come: of those behind which as many wait as have not.';

CREATE OR REPLACE FUNCTION sales.serve(p_variants uuid[], p_actor uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    h    sales.ahead;
    owed int;
    part record;
    room int;
BEGIN
    FOR h IN SELECT * FROM sales.ahead WHERE variant_id = ANY (p_variants) ORDER BY variant_id LOOP
        owed := sales.owed(h.variant_id);
        IF owed > 0 THEN
            FOR part IN SELECT s.location, least(owed - s.before, s.free)::int AS pieces
                          FROM (SELECT l.location, sum(l.on_hand - l.reserved) AS free,
                                       sum(sum(l.on_hand - l.reserved)) OVER (ORDER BY p.position, l.location)
                                           - sum(l.on_hand - l.reserved) AS before
                                  FROM sales.stock_slots l JOIN sales.locations p ON p.code = l.location
                                 WHERE l.variant_id = h.variant_id AND l.location <> 'expected'
                                 GROUP BY l.location, p.position) AS s
                         WHERE s.free > 0 AND s.before < owed LOOP
                PERFORM sales.carry(h.variant_id, part.location, 'expected', part.pieces, p_actor);
                h.shelf := part.location;
            END LOOP;
        ELSIF owed < 0 THEN
            PERFORM sales.carry(h.variant_id, 'expected', h.shelf, -owed, p_actor);
        END IF;
        PERFORM sales.note_arrivals(h.variant_id);
        owed := sales.owed(h.variant_id);
        room := greatest(owed, CASE WHEN h.due IS NULL THEN h.pieces ELSE h.pieces - h.arrived END, 0);
        IF room <> h.allowed THEN
            INSERT INTO sales.stock_movements (variant_id, location, kind, on_hand, reserved, actor)
            VALUES (h.variant_id, 'expected', 'allow', room - h.allowed, 0, p_actor);
        END IF;
        UPDATE sales.ahead SET allowed = room, shelf = h.shelf
         WHERE variant_id = h.variant_id AND (allowed, shelf) IS DISTINCT FROM (room, h.shelf);
    END LOOP;
END
$$;

ALTER TABLE sales.order_history
    DROP CONSTRAINT order_history_event_known,
    ADD CONSTRAINT order_history_event_known CHECK (event IN (
        'status', 'address_changed', 'goods_shipped', 'goods_delivered', 'goods_returned', 'ready'));

CREATE FUNCTION sales.tell_ready() RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    o record;
BEGIN
    SELECT p.id, p.status INTO o FROM sales.orders p
     WHERE p.id IN (SELECT a.order_id FROM sales.order_ahead a WHERE a.arrived AND NOT a.told)
       AND NOT EXISTS (SELECT FROM sales.order_ahead w WHERE w.order_id = p.id AND NOT w.arrived)
       AND p.status <> 'pending' LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF o.id IS NULL THEN
        RETURN false;
    END IF;
    UPDATE sales.order_ahead SET told = true WHERE order_id = o.id;
    IF EXISTS (SELECT FROM sales.order_transitions t WHERE t.from_status = o.status AND t.to_status = 'shipped') THEN
        PERFORM sales.log_event(o.id, 'ready', NULL, NULL);
    END IF;
    RETURN true;
END
$$;
COMMENT ON FUNCTION sales.tell_ready() IS
    'Writes into the history of an order that the last of it has come and that it can be sent, once it is paid for as well; of one that has left by then, nothing. False: there is none.';

-- What had come before there was anybody to note it down.
SELECT sales.note_arrivals(variant_id) FROM sales.ahead;

CREATE FUNCTION sales.is_off(p_order uuid, p_status text) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT p_status IN ('canceled', 'expired')
        OR p_status = 'refunded' AND NOT EXISTS (SELECT FROM sales.shipments WHERE order_id = p_order)
$$;
COMMENT ON FUNCTION sales.is_off(uuid, text) IS 'Whether an order that stands so gets nothing, and has left nothing but its lines.';

CREATE OR REPLACE VIEW sales.ahead_integrity AS
SELECT 'what may be sold ahead differs from what is allowed' AS problem, h.variant_id AS id
  FROM sales.ahead h
 WHERE h.allowed <> greatest(sales.owed(h.variant_id), 0,
                             CASE WHEN h.due IS NULL THEN h.pieces ELSE h.pieces - h.arrived END)
    OR h.allowed <> (SELECT coalesce(sum(m.on_hand), 0) FROM sales.stock_movements m
                      WHERE m.variant_id = h.variant_id AND m.kind = 'allow')
UNION ALL
SELECT 'somebody waits for what nobody ordered, or for what is at hand', h.variant_id
  FROM sales.ahead h
 WHERE sales.owed(h.variant_id) < 0
    OR sales.owed(h.variant_id) > (SELECT coalesce(sum(a.pieces), 0) FROM sales.order_ahead a
                                    WHERE a.variant_id = h.variant_id)
    OR sales.owed(h.variant_id) > 0
       AND (SELECT a.available FROM sales.availability a WHERE a.variant_id = h.variant_id) > 0
UNION ALL
SELECT 'expected without being allowed', s.variant_id
  FROM sales.stock_slots s
 WHERE s.location = 'expected' AND NOT EXISTS (SELECT FROM sales.ahead h WHERE h.variant_id = s.variant_id)
UNION ALL
SELECT 'sold ahead differs from the ledger of the order', coalesce(a.order_id, m.order_id)
  FROM (SELECT order_id, variant_id, sum(pieces) AS pieces FROM sales.order_ahead GROUP BY 1, 2) AS a
  FULL JOIN (SELECT l.order_id, l.variant_id,
                    sum(l.reserved) FILTER (WHERE NOT sales.is_off(o.id, o.status)) AS pieces
               FROM sales.stock_movements l JOIN sales.orders o ON o.id = l.order_id
              WHERE l.location = 'expected' AND l.kind = 'reserve' GROUP BY 1, 2) AS m USING (order_id, variant_id)
 WHERE coalesce(a.pieces, 0) <> coalesce(m.pieces, 0)
UNION ALL
SELECT 'more of a line sold ahead than noted', i.order_id
  FROM sales.order_items i JOIN sales.orders o ON o.id = i.order_id
 WHERE NOT sales.is_off(o.id, o.status)
   AND i.ahead <> (SELECT coalesce(max((a.pieces + a.each - 1) / a.each), 0) FROM sales.order_ahead a
                    WHERE a.order_id = i.order_id AND a.position = i.position)
UNION ALL
SELECT 'noted as come, or not, and it is otherwise', w.order_id
  FROM (SELECT a.order_id, a.variant_id, a.arrived,
               sum(a.pieces) OVER (PARTITION BY a.variant_id ORDER BY a.place DESC) - a.pieces AS behind
          FROM sales.order_ahead a) AS w
 WHERE w.arrived <> (w.behind >= sales.owed(w.variant_id));

-- Taxes --------------------------------------------------------------------------------------
-- Estimates, each with the law that it was taken from, for whoever checks them: docs/taxes.md. Where a shop
-- has entered a rate of its own, or changed ours, that stays as it is.

CREATE FUNCTION pg_temp.enter_rate(p_state text, p_rate_bp int, p_since date, p_source text) RETURNS void
LANGUAGE sql AS $$
    -- The state's own rate and, of sales from other states, what is left of it there (DIFAL, EC 87/2015).
    INSERT INTO sales.tax_rules (code, state, less_code, rate_bp, included, valid_from, source)
    SELECT t.code, p_state, t.less_code, p_rate_bp, true, p_since, t.law || p_source
      FROM (VALUES ('ICMS', NULL, ''), ('DIFAL', 'ICMS', 'EC 87/2015; ')) AS t (code, less_code, law)
     WHERE NOT EXISTS (SELECT FROM sales.tax_rules r
                        WHERE r.code = t.code AND r.state = p_state AND r.origins IS NULL AND r.ncm IS NULL
                          AND r.category_id IS NULL AND (r.valid_to IS NULL OR r.valid_to > p_since))
$$;
SELECT pg_temp.enter_rate(state, rate_bp, since, source) FROM (VALUES
    ('PB', 2000, date '2024-01-01', 'Lei 12.788/2023 (PB)'),
    ('PE', 2050, date '2024-01-01', 'Lei 18.305/2023 (PE)'),
    ('PI', 2250, date '2025-04-01', 'Lei 8.558/2024 (PI): Lei 4.257/1989, art. 23, I, c'),
    ('PR', 1950, date '2024-03-18', 'Lei 21.850/2023 (PR): Lei 11.580/1996, art. 14, VIII; Decreto 5.143/2024'),
    ('RJ', 2000, date '2024-03-20', 'Lei 10.253/2023 (RJ)'),
    ('RN', 2000, date '2025-03-20', 'Decreto 34.284 (RN)'),
    ('RO', 1950, date '2024-01-12', 'Lei 5.634/2023 (RO); Decreto 29.048/2024: RICMS, art. 12, I, e'),
    ('RR', 2000, date '2023-03-30', 'Lei 1.767/2022 (RR): Lei 59/1993, art. 32, I, d'),
    ('RS', 1700, date '2022-01-01', 'Lei 15.576/2020 (RS), which raised it to 17.5 % until 2021 alone'),
    ('SC', 1700, date '1997-01-01', 'Lei 10.297/1996 (SC), art. 19, I'),
    ('SE', 1900, date '2023-05-01', 'Lei 9.176/2023 (SE); Decreto 295/2023'),
    ('SP', 1800, date '2001-01-01', 'Lei 6.374/1989 (SP), art. 34, I; Decreto 45.490/2000: RICMS, art. 52, I'),
    ('TO', 2000, date '2023-04-01', 'Medida Provisória 33/2022 (TO)')
) AS rates (state, rate_bp, since, source);

-- Two of those of 2025 are others by now.
UPDATE sales.tax_rules r SET valid_to = n.since, updated_at = now(), version = r.version + 1
  FROM (VALUES ('AL', date '2026-04-01'), ('MA', date '2025-02-23')) AS n (state, since)
 WHERE r.state = n.state AND r.code IN ('ICMS', 'DIFAL') AND r.source LIKE '%rolmyjun%' AND r.version = 1
   AND r.valid_to IS NULL;
SELECT pg_temp.enter_rate('AL', 2050, date '2026-04-01', 'Lei 9.776/2025 (AL): Lei 5.900/1996, art. 17, I, b'),
       pg_temp.enter_rate('MA', 2300, date '2025-02-23', 'Lei 12.426/2024 (MA)');

-- The laws of others, which a list of rates has told until now.
UPDATE sales.tax_rules r
   SET source = CASE r.code WHEN 'DIFAL' THEN 'EC 87/2015; ' ELSE '' END || n.law, updated_at = now(),
       version = r.version + 1
  FROM (VALUES ('AC', 'Lei Complementar 422/2022 (AC)'), ('AM', 'Lei Complementar 242/2022 (AM)'),
               ('BA', 'Lei 14.629/2023 (BA)'), ('CE', 'Lei 18.305/2023 (CE)'), ('DF', 'Lei 7.326/2023 (DF)'),
               ('GO', 'Lei 22.460/2023 (GO)'), ('PA', 'Lei 9.755/2022 (PA)')) AS n (state, law)
 WHERE r.state = n.state AND r.code IN ('ICMS', 'DIFAL') AND r.source LIKE '%rolmyjun%' AND r.version = 1;

-- What these two states levy on top for their funds against poverty (ADCT, art. 82), on nearly everything.
-- Others levy it on some goods alone, which a shop that sells them enters by NCM.
INSERT INTO sales.tax_rules (code, state, rate_bp, included, valid_from, source)
SELECT 'FCP', f.state, f.rate_bp, true, date '2024-01-01', f.source
  FROM (VALUES ('RJ', 200, 'Lei Complementar 210/2023 (RJ), art. 2, I: not on the basic basket, school material and medicines that it names'),
               ('SE', 100, 'Lei 9.177/2023 (SE): Lei 4.731/2002, art. 2-A; Decreto 354/2023')) AS f (state, rate_bp, source)
 WHERE NOT EXISTS (SELECT FROM sales.tax_rules r WHERE r.code = 'FCP' AND r.state = f.state);

-- Rights -------------------------------------------------------------------------------------

REVOKE ALL ON FUNCTION products.full_name(text, text[], jsonb), products.named(uuid[]),
    products.stocked_variant(text), sales.level_documents(uuid[]), sales.level_of_sku(text),
    sales.note_arrivals(uuid), sales.tell_ready(), sales.is_off(uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION products.full_name(text, text[], jsonb), products.named(uuid[]),
    products.stocked_variant(text) TO vendas_products;
GRANT EXECUTE ON FUNCTION products.named(uuid[]), products.stocked_variant(text), sales.level_documents(uuid[]),
    sales.level_of_sku(text), sales.tell_ready(), sales.is_off(uuid, text) TO vendas_sales;

SELECT registry.classify('sales.order_ahead', 'neither', 'place arrived told', NULL, NULL);
