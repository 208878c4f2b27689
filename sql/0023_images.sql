-- Pictures of products. A picture is its bytes: it is known by their SHA-256, and kept once however
-- often it is uploaded. What is shown of it are renditions, made by the job images. Where the bytes
-- lie, lib/store knows; here is which there are. A picture has its row before its bytes are put there
-- and until they are gone, so that none lies there unknown.

CREATE TABLE products.pictures (
    sha256          text CONSTRAINT pictures_pkey PRIMARY KEY
                    CONSTRAINT pictures_sha256_format CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    kind            text NOT NULL CONSTRAINT pictures_kind_known CHECK (kind IN ('jpeg', 'png', 'webp', 'gif', 'avif')),
    bytes           bigint NOT NULL CONSTRAINT pictures_bytes_range CHECK (bytes > 0),
    width           int NOT NULL CONSTRAINT pictures_width_range CHECK (width > 0),
    height          int NOT NULL CONSTRAINT pictures_height_range CHECK (height > 0),
    state           text NOT NULL DEFAULT 'arriving' CONSTRAINT pictures_state_known
                    CHECK (state IN ('arriving', 'pending', 'ready', 'refused', 'leaving')),
    reason          text,
    widths          int[] NOT NULL DEFAULT '{}',
    attempts        int NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    unused_since    timestamptz DEFAULT now(),
    created_at      timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pictures_reason_told CHECK ((state = 'refused') = (reason IS NOT NULL)),
    CONSTRAINT pictures_widths_made CHECK (state <> 'ready' OR cardinality(widths) > 0)
);
CREATE INDEX pictures_pending_idx ON products.pictures (next_attempt_at) WHERE state = 'pending';
CREATE INDEX pictures_unused_idx ON products.pictures (unused_since) WHERE unused_since IS NOT NULL;
COMMENT ON TABLE products.pictures IS 'Pictures by their content.';
COMMENT ON COLUMN products.pictures.sha256 IS 'SHA-256 of the bytes as they were uploaded';
COMMENT ON COLUMN products.pictures.kind IS 'what the bytes are';
COMMENT ON COLUMN products.pictures.bytes IS 'how many they are';
COMMENT ON COLUMN products.pictures.width IS 'pixels, as the header tells; upright when it is ready';
COMMENT ON COLUMN products.pictures.height IS 'pixels';
COMMENT ON COLUMN products.pictures.state IS 'arriving: its bytes are being put into the store; pending: the job is to make its renditions; leaving: its bytes are being deleted';
COMMENT ON COLUMN products.pictures.reason IS 'why it was refused, a code of lib/messages';
COMMENT ON COLUMN products.pictures.widths IS 'of its renditions, rising';
COMMENT ON COLUMN products.pictures.attempts IS 'how often the job has begun with it';
COMMENT ON COLUMN products.pictures.next_attempt_at IS 'when a job may take it, or take it over';
COMMENT ON COLUMN products.pictures.unused_since IS 'since when no product has it; null: one has';
COMMENT ON COLUMN products.pictures.created_at IS 'when it first came';

CREATE TABLE products.product_images (
    id         uuid CONSTRAINT product_images_pkey PRIMARY KEY DEFAULT shared.uuid7(),
    product_id uuid NOT NULL CONSTRAINT product_images_product_fkey REFERENCES products.products ON DELETE CASCADE,
    variant_id uuid CONSTRAINT product_images_variant_fkey REFERENCES products.variants ON DELETE CASCADE,
    picture    text NOT NULL CONSTRAINT product_images_picture_fkey REFERENCES products.pictures,
    alt        text NOT NULL DEFAULT '' CONSTRAINT product_images_alt_length CHECK (length(alt) <= 500),
    position   int NOT NULL CONSTRAINT product_images_position_range CHECK (position BETWEEN 0 AND 1000000)
);
CREATE INDEX product_images_product_idx ON products.product_images (product_id, position, id);
CREATE INDEX product_images_variant_idx ON products.product_images (variant_id);
CREATE INDEX product_images_picture_idx ON products.product_images (picture);
COMMENT ON TABLE products.product_images IS 'Pictures that products are shown with.';
COMMENT ON COLUMN products.product_images.id IS 'UUIDv7';
COMMENT ON COLUMN products.product_images.product_id IS 'whose it is';
COMMENT ON COLUMN products.product_images.variant_id IS 'the one variant that it shows; null: any';
COMMENT ON COLUMN products.product_images.picture IS 'what it shows';
COMMENT ON COLUMN products.product_images.alt IS 'what it shows, for those who can''t see it; may be empty';
COMMENT ON COLUMN products.product_images.position IS 'order within the product';

-- What is shown ------------------------------------------------------------------------------

CREATE FUNCTION products.sizes_document(p_picture text, p_widths int[]) RETURNS json
LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(json_agg(json_build_object(
               'width', w, 'webp', '/images/' || p_picture || '/' || w || '.webp',
               'jpg', '/images/' || p_picture || '/' || w || '.jpg') ORDER BY w), '[]')
      FROM unnest(p_widths) AS w
$$;
COMMENT ON FUNCTION products.sizes_document(text, int[]) IS 'A picture''s renditions and where they are.';

CREATE FUNCTION products.picture_url(p_picture text, p_widths int[]) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
    SELECT '/images/' || p_picture || '/' || p_widths[cardinality(p_widths)] || '.jpg'
$$;
COMMENT ON FUNCTION products.picture_url(text, int[]) IS 'Where the largest of a picture''s renditions is; null where there is none.';

CREATE OR REPLACE FUNCTION products.images_document(p_product uuid) RETURNS json
LANGUAGE sql STABLE AS $$
    SELECT coalesce(json_agg(i.document ORDER BY i.own DESC, i.position, i.id), '[]') FROM (
        SELECT true AS own, m.position::bigint, m.id, json_build_object(
                   'id', m.id, 'url', products.picture_url(p.sha256, p.widths), 'alt', m.alt,
                   'variant_id', m.variant_id, 'sizes', products.sizes_document(p.sha256, p.widths)) AS document
          FROM products.product_images m JOIN products.pictures p ON p.sha256 = m.picture
         WHERE m.product_id = p_product AND p.state = 'ready'
         UNION ALL
        SELECT false, c.n, NULL, json_build_object(
                   'id', NULL, 'url', c.value->>'url', 'alt', coalesce(c.value->>'alt', ''),
                   'variant_id', NULL, 'sizes', '[]'::json)
          FROM products.products p, jsonb_array_elements(p.images) WITH ORDINALITY AS c (value, n)
         WHERE p.id = p_product) AS i
$$;
COMMENT ON FUNCTION products.images_document(uuid) IS
    'The pictures of a product, as its document shows them: its own that are ready, then those on other sites.';

CREATE VIEW products.staff_images AS
SELECT m.product_id, m.id, m.position, p.sha256,
       json_build_object(
           'id', m.id, 'url', products.picture_url(p.sha256, ready.widths), 'alt', m.alt,
           'variant_id', m.variant_id, 'position', m.position, 'state', p.state, 'reason', p.reason,
           'kind', p.kind, 'width', p.width, 'height', p.height, 'bytes', p.bytes,
           'sizes', products.sizes_document(p.sha256, ready.widths)) AS document
  FROM products.product_images m JOIN products.pictures p ON p.sha256 = m.picture
 CROSS JOIN LATERAL (SELECT CASE WHEN p.state = 'ready' THEN p.widths ELSE '{}' END AS widths) AS ready;
COMMENT ON VIEW products.staff_images IS 'Pictures of products as those see them who see to them, ready or not.';

-- Arriving -----------------------------------------------------------------------------------

CREATE FUNCTION products.check_image_variant(p_product uuid, p_variant uuid) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF p_variant IS NOT NULL AND NOT EXISTS (
        SELECT FROM products.variants WHERE id = p_variant AND product_id = p_product) THEN
        PERFORM shared.fail(422, 'not_its_variant', '{"pointer": "/variant_id"}');
    END IF;
END
$$;
COMMENT ON FUNCTION products.check_image_variant(uuid, uuid) IS 'Refuses a variant that is not the product''s.';

CREATE FUNCTION products.begin_picture(p_product uuid, p_variant uuid, p_sha256 text, p_kind text, p_bytes bigint,
                                       p_width int, p_height int) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    present text;
BEGIN
    IF NOT EXISTS (SELECT FROM products.products WHERE id = p_product) THEN
        PERFORM shared.fail(404, 'not_found');
    END IF;
    PERFORM products.check_image_variant(p_product, p_variant);
    INSERT INTO products.pictures AS p (sha256, kind, bytes, width, height)
    VALUES (p_sha256, p_kind, p_bytes, p_width, p_height)
    ON CONFLICT ON CONSTRAINT pictures_pkey DO UPDATE
       SET unused_since = CASE WHEN p.unused_since IS NOT NULL THEN now() END
    RETURNING state INTO present;
    IF present = 'leaving' THEN
        PERFORM shared.fail(503, 'busy');
    END IF;
    RETURN present IN ('arriving', 'refused'); -- what was refused may have lost its bytes
END
$$;
COMMENT ON FUNCTION products.begin_picture(uuid, uuid, text, text, bigint, int, int) IS
    'Announces a picture for a product; whether its bytes have to be put into the store before it can be added.';

CREATE FUNCTION products.add_image(p_act jsonb, p_product uuid, p_sha256 text, p_variant uuid, p_alt text,
                                   p_position int, OUT id uuid, OUT made boolean)
LANGUAGE plpgsql AS $$
DECLARE
    present bigint;
BEGIN
    PERFORM FROM products.products p WHERE p.id = p_product FOR UPDATE;
    SELECT m.id INTO id FROM products.product_images m
     WHERE m.product_id = p_product AND m.picture = p_sha256 AND m.variant_id IS NOT DISTINCT FROM p_variant;
    made := id IS NULL;
    -- Who sends it again has it tried again.
    UPDATE products.pictures p
       SET unused_since = NULL,
           attempts = CASE WHEN p.state IN ('arriving', 'refused') THEN 0 ELSE p.attempts END,
           next_attempt_at = CASE WHEN p.state IN ('arriving', 'refused') THEN now() ELSE p.next_attempt_at END,
           state = CASE WHEN p.state IN ('arriving', 'refused') THEN 'pending' ELSE p.state END,
           reason = NULL
     WHERE p.sha256 = p_sha256 AND p.state <> 'leaving';
    IF NOT found THEN
        PERFORM shared.fail(503, 'busy');
    END IF;
    IF NOT made THEN
        RETURN;
    END IF;
    PERFORM products.touch(p_product);
    PERFORM products.check_image_variant(p_product, p_variant);
    SELECT count(*) INTO present FROM products.product_images m WHERE m.product_id = p_product;
    IF present >= 50 THEN
        PERFORM shared.fail(409, 'too_many_images');
    END IF;
    id := shared.uuid7();
    INSERT INTO products.product_images (id, product_id, variant_id, picture, alt, position)
    VALUES (id, p_product, p_variant, p_sha256, coalesce(p_alt, ''), coalesce(p_position, (
        SELECT least(max(m.position) + 1, 1000000) FROM products.product_images m WHERE m.product_id = p_product), 0));
    PERFORM products.refresh(ARRAY[p_product]);
    PERFORM registry.audit_act(p_act, 'image.added', id, NULL, jsonb_build_object(
        'product_id', p_product, 'picture', p_sha256, 'variant_id', p_variant, 'alt', p_alt));
END
$$;
COMMENT ON FUNCTION products.add_image(jsonb, uuid, text, uuid, text, int) IS
    'Adds a picture whose bytes are in the store to a product, and the audit of it. The same one for the same variant is there once.';

-- Changing -----------------------------------------------------------------------------------

CREATE FUNCTION products.own_image(p_product uuid, p_image uuid) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    present jsonb;
BEGIN
    SELECT to_jsonb(m) INTO present FROM products.product_images m
     WHERE m.id = p_image AND m.product_id = p_product FOR UPDATE;
    IF present IS NULL THEN
        PERFORM shared.fail(404, 'not_found');
    END IF;
    RETURN present;
END
$$;
COMMENT ON FUNCTION products.own_image(uuid, uuid) IS 'A product''s picture, locked.';

CREATE FUNCTION products.edit_image(p_act jsonb, p_product uuid, p_image uuid, p jsonb) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    before jsonb;
BEGIN
    PERFORM products.touch(p_product);
    before := products.own_image(p_product, p_image);
    PERFORM products.check_image_variant(p_product, (p->>'variant_id')::uuid);
    UPDATE products.product_images m SET
        alt = CASE WHEN p ? 'alt' THEN coalesce(p->>'alt', '') ELSE m.alt END,
        position = CASE WHEN p ? 'position' THEN (p->>'position')::int ELSE m.position END,
        variant_id = CASE WHEN p ? 'variant_id' THEN (p->>'variant_id')::uuid ELSE m.variant_id END
     WHERE m.id = p_image;
    PERFORM products.refresh(ARRAY[p_product]);
    PERFORM registry.audit_act(p_act, 'image.changed', p_image, shared.members(before, p), p);
END
$$;
COMMENT ON FUNCTION products.edit_image(jsonb, uuid, uuid, jsonb) IS 'Changes how a picture is shown, and the audit of it.';

CREATE FUNCTION products.delete_image(p_act jsonb, p_product uuid, p_image uuid) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    before jsonb;
BEGIN
    PERFORM products.touch(p_product);
    before := products.own_image(p_product, p_image);
    DELETE FROM products.product_images WHERE id = p_image;
    PERFORM products.refresh(ARRAY[p_product]);
    PERFORM registry.audit_act(p_act, 'image.deleted', p_image, before, NULL);
END
$$;
COMMENT ON FUNCTION products.delete_image(jsonb, uuid, uuid) IS 'Takes a picture from a product, and the audit of it.';

CREATE FUNCTION products.images_left() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    -- Who adds one of these to another product is waited for, and then seen.
    PERFORM FROM products.pictures p WHERE p.sha256 IN (SELECT picture FROM gone) ORDER BY p.sha256 FOR UPDATE;
    UPDATE products.pictures p SET unused_since = now()
     WHERE p.sha256 IN (SELECT picture FROM gone) AND p.unused_since IS NULL
       AND NOT EXISTS (SELECT FROM products.product_images m WHERE m.picture = p.sha256);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION products.images_left() IS 'Notes since when no product has a picture any more.';
CREATE TRIGGER product_images_leave AFTER DELETE ON products.product_images
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION products.images_left();

-- The job ------------------------------------------------------------------------------------

CREATE FUNCTION products.claim_picture(p_seconds int, OUT sha256 text, OUT kind text, OUT attempt int)
RETURNS SETOF record LANGUAGE sql AS $$
    UPDATE products.pictures p
       SET attempts = p.attempts + 1, next_attempt_at = now() + make_interval(secs => p_seconds)
     WHERE p.sha256 = (SELECT w.sha256 FROM products.pictures w
                        WHERE w.state = 'pending' AND w.next_attempt_at <= now()
                        ORDER BY w.next_attempt_at
                          FOR UPDATE SKIP LOCKED LIMIT 1)
    RETURNING p.sha256, p.kind, p.attempts
$$;
COMMENT ON FUNCTION products.claim_picture(int) IS
    'The picture that has waited longest, which nobody else is given for so many seconds; no row when none is due.';

CREATE FUNCTION products.announce_renditions(p_sha256 text, p_attempt int, p_width int, p_height int, p_widths int[])
RETURNS boolean LANGUAGE sql AS $$
    UPDATE products.pictures SET width = p_width, height = p_height, widths = ARRAY(SELECT unnest(p_widths) ORDER BY 1)
     WHERE sha256 = p_sha256 AND attempts = p_attempt AND state = 'pending'
    RETURNING true
$$;
COMMENT ON FUNCTION products.announce_renditions(text, int, int, int, int[]) IS
    'A picture''s renditions are about to be put into the store, unless another job has it by now (null).';

CREATE FUNCTION products.finish_picture(p_sha256 text, p_attempt int) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    -- Products before pictures, as everywhere.
    PERFORM FROM products.products p
      WHERE p.id IN (SELECT m.product_id FROM products.product_images m WHERE m.picture = p_sha256)
      ORDER BY p.id FOR NO KEY UPDATE;
    UPDATE products.pictures SET state = 'ready'
     WHERE sha256 = p_sha256 AND attempts = p_attempt AND state = 'pending';
    PERFORM products.refresh(ARRAY(
        SELECT DISTINCT m.product_id FROM products.product_images m WHERE m.picture = p_sha256));
END
$$;
COMMENT ON FUNCTION products.finish_picture(text, int) IS 'A picture''s renditions are in the store: its products show it.';

CREATE FUNCTION products.refuse_picture(p_sha256 text, p_attempt int, p_reason text) RETURNS void
LANGUAGE sql AS $$
    UPDATE products.pictures SET state = 'refused', reason = p_reason
     WHERE sha256 = p_sha256 AND attempts = p_attempt AND state = 'pending'
$$;
COMMENT ON FUNCTION products.refuse_picture(text, int, text) IS 'A picture can''t be shown, and why.';

CREATE FUNCTION products.retry_picture(p_sha256 text, p_attempt int) RETURNS void
LANGUAGE sql AS $$
    UPDATE products.pictures
       SET next_attempt_at = now() + interval '5 seconds' * 2 ^ least(p_attempt - 1, 6) * (0.5 + random() / 2)
     WHERE sha256 = p_sha256 AND attempts = p_attempt AND state = 'pending'
$$;
COMMENT ON FUNCTION products.retry_picture(text, int) IS 'Lets a picture wait for its next attempt, the longer the more there were.';

CREATE FUNCTION products.claim_orphan(p_seconds int, p_days int, OUT sha256 text, OUT widths int[])
RETURNS SETOF record LANGUAGE sql AS $$
    UPDATE products.pictures p
       SET state = 'leaving', reason = NULL, next_attempt_at = now() + make_interval(secs => p_seconds)
     WHERE p.sha256 = (SELECT w.sha256 FROM products.pictures w
                        WHERE w.unused_since <= now() - make_interval(days => p_days)
                          AND (w.state NOT IN ('pending', 'leaving') OR w.next_attempt_at <= now())
                          AND NOT EXISTS (SELECT FROM products.product_images m WHERE m.picture = w.sha256)
                        ORDER BY w.unused_since
                          FOR UPDATE SKIP LOCKED LIMIT 1)
    RETURNING p.sha256, p.widths
$$;
COMMENT ON FUNCTION products.claim_orphan(int, int) IS
    'A picture that no product has had for so many days, and none can have from now on: its bytes are to be deleted.';

CREATE FUNCTION products.forget_picture(p_sha256 text) RETURNS void
LANGUAGE sql AS $$
    DELETE FROM products.pictures WHERE sha256 = p_sha256 AND state = 'leaving'
$$;
COMMENT ON FUNCTION products.forget_picture(text) IS 'The bytes of a picture are gone.';

GRANT SELECT, INSERT, UPDATE, DELETE ON products.pictures, products.product_images TO vendas_products;
GRANT SELECT ON products.staff_images TO vendas_products;
REVOKE ALL ON FUNCTION products.sizes_document(text, int[]), products.picture_url(text, int[]),
    products.check_image_variant(uuid, uuid), products.begin_picture(uuid, uuid, text, text, bigint, int, int),
    products.add_image(jsonb, uuid, text, uuid, text, int), products.own_image(uuid, uuid),
    products.edit_image(jsonb, uuid, uuid, jsonb), products.delete_image(jsonb, uuid, uuid), products.images_left(),
    products.claim_picture(int), products.announce_renditions(text, int, int, int, int[]), products.finish_picture(text, int),
    products.refuse_picture(text, int, text), products.retry_picture(text, int),
    products.claim_orphan(int, int), products.forget_picture(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION products.sizes_document(text, int[]), products.picture_url(text, int[]),
    products.check_image_variant(uuid, uuid), products.begin_picture(uuid, uuid, text, text, bigint, int, int),
    products.add_image(jsonb, uuid, text, uuid, text, int), products.own_image(uuid, uuid),
    products.edit_image(jsonb, uuid, uuid, jsonb), products.delete_image(jsonb, uuid, uuid), products.images_left(),
    products.claim_picture(int), products.announce_renditions(text, int, int, int, int[]), products.finish_picture(text, int),
    products.refuse_picture(text, int, text), products.retry_picture(text, int),
    products.claim_orphan(int, int), products.forget_picture(text) TO vendas_products;

SELECT registry.classify(t, 'neither', columns, NULL, NULL) FROM (VALUES
    ('products.pictures', 'sha256 kind bytes width height state reason widths attempts next_attempt_at unused_since created_at'),
    ('products.product_images', 'id product_id variant_id picture alt position')
) AS register (t, columns);
