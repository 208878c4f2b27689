-- Products: the catalogue. Prices are integer minor units (centavos) beside a currency.

CREATE SCHEMA products;
COMMENT ON SCHEMA products IS 'Service Products: catalogue, categories, variants, search, ingestion.';

CREATE TABLE products.categories (
    id         uuid CONSTRAINT categories_pkey PRIMARY KEY DEFAULT shared.uuid7(),
    parent_id  uuid CONSTRAINT categories_parent_fkey REFERENCES products.categories
               CONSTRAINT categories_not_own_parent CHECK (parent_id <> id),
    slug       text NOT NULL CONSTRAINT categories_slug_unique UNIQUE
               CONSTRAINT categories_slug_format CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
    name       text NOT NULL CONSTRAINT categories_name_length CHECK (length(name) BETWEEN 1 AND 120),
    position   int NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX categories_parent_idx ON products.categories (parent_id);
COMMENT ON TABLE products.categories IS 'The tree that buyers browse.';
COMMENT ON COLUMN products.categories.id IS 'UUIDv7';
COMMENT ON COLUMN products.categories.parent_id IS 'the category above; null at the top';
COMMENT ON COLUMN products.categories.slug IS 'name in addresses';
COMMENT ON COLUMN products.categories.name IS 'name for people';
COMMENT ON COLUMN products.categories.position IS 'order among its siblings, then by name';
COMMENT ON COLUMN products.categories.created_at IS 'when made';

CREATE TABLE products.products (
    id          uuid CONSTRAINT products_pkey PRIMARY KEY DEFAULT shared.uuid7(),
    slug        text NOT NULL CONSTRAINT products_slug_unique UNIQUE,
    status      text NOT NULL DEFAULT 'active' CONSTRAINT products_status_known
                CHECK (status IN ('draft', 'active', 'archived')),
    name        text NOT NULL CONSTRAINT products_name_length CHECK (length(name) BETWEEN 1 AND 200),
    description text NOT NULL DEFAULT '' CONSTRAINT products_description_length
                CHECK (length(description) <= 10000),
    brand       text CONSTRAINT products_brand_length CHECK (length(brand) BETWEEN 1 AND 120),
    gtin        text CONSTRAINT products_gtin_unique UNIQUE
                CONSTRAINT products_gtin_format CHECK (gtin ~ '^([0-9]{8}|[0-9]{12,14})$'),
    price       bigint NOT NULL CONSTRAINT products_price_range CHECK (price BETWEEN 0 AND 100000000000),
    currency    char(3) NOT NULL CONSTRAINT products_currency_format CHECK (currency ~ '^[A-Z]{3}$'),
    promotional_price    bigint CONSTRAINT products_promotional_price_lower
                         CHECK (promotional_price BETWEEN 0 AND price),
    promotion_starts_at  timestamptz,
    promotion_ends_at    timestamptz,
    weight_g    int CONSTRAINT products_weight_g_range CHECK (weight_g BETWEEN 0 AND 10000000),
    attributes  jsonb NOT NULL DEFAULT '{}' CONSTRAINT products_attributes_object
                CHECK (jsonb_typeof(attributes) = 'object'),
    images      jsonb NOT NULL DEFAULT '[]' CONSTRAINT products_images_array
                CHECK (jsonb_typeof(images) = 'array'),
    in_stock    boolean NOT NULL DEFAULT false,
    search      tsvector NOT NULL GENERATED ALWAYS AS (
                    setweight(to_tsvector('shared.portuguese', name), 'A')
                    || setweight(to_tsvector('shared.portuguese', coalesce(brand, '')), 'B')
                    || setweight(to_tsvector('shared.portuguese', description), 'D')) STORED,
    version     int NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT products_promotion_ends_at_later CHECK (promotion_ends_at > promotion_starts_at)
);
CREATE INDEX products_search_idx ON products.products USING gin (search);
CREATE INDEX products_newest_idx ON products.products (created_at DESC, id DESC) WHERE status = 'active';
CREATE INDEX products_name_idx ON products.products (shared.fold(name), id) WHERE status = 'active';
COMMENT ON TABLE products.products IS 'What the shop sells. Orders and stock speak of variants.';
COMMENT ON COLUMN products.products.id IS 'UUIDv7';
COMMENT ON COLUMN products.products.slug IS 'name in addresses';
COMMENT ON COLUMN products.products.status IS 'draft: not shown; active: sold; archived: no longer sold';
COMMENT ON COLUMN products.products.name IS 'name for people';
COMMENT ON COLUMN products.products.description IS 'plain text';
COMMENT ON COLUMN products.products.brand IS 'brand';
COMMENT ON COLUMN products.products.gtin IS 'GTIN-8, 12, 13 or 14 as text; the check digit is checked before';
COMMENT ON COLUMN products.products.price IS 'minor units';
COMMENT ON COLUMN products.products.currency IS 'ISO 4217';
COMMENT ON COLUMN products.products.promotional_price IS 'minor units; replaces price within the window';
COMMENT ON COLUMN products.products.promotion_starts_at IS 'window of the promotional price; null: since ever';
COMMENT ON COLUMN products.products.promotion_ends_at IS 'end of the window, exclusive; null: for ever';
COMMENT ON COLUMN products.products.weight_g IS 'grams, for freight; null: not known';
COMMENT ON COLUMN products.products.attributes IS 'names and values, such as {"cor": "azul"}';
COMMENT ON COLUMN products.products.images IS 'pictures in their order: [{"url", "alt"}]';
COMMENT ON COLUMN products.products.in_stock IS 'whether any variant is; set by Sales when stock reaches or leaves zero';
COMMENT ON COLUMN products.products.search IS 'what the search looks in; name before brand before description';
COMMENT ON COLUMN products.products.version IS 'rises with each change by people or ingestion, not with stock; the ETag';
COMMENT ON COLUMN products.products.created_at IS 'when made';
COMMENT ON COLUMN products.products.updated_at IS 'when last changed';

CREATE TABLE products.variants (
    id         uuid CONSTRAINT variants_pkey PRIMARY KEY DEFAULT shared.uuid7(),
    product_id uuid NOT NULL CONSTRAINT variants_product_fkey REFERENCES products.products ON DELETE CASCADE,
    sku        text NOT NULL CONSTRAINT variants_sku_unique UNIQUE
               CONSTRAINT variants_sku_format CHECK (sku ~ '^[A-Za-z0-9][A-Za-z0-9._/-]{0,63}$'),
    price      bigint CONSTRAINT variants_price_range CHECK (price BETWEEN 0 AND 100000000000),
    options    jsonb NOT NULL DEFAULT '{}' CONSTRAINT variants_options_object
               CHECK (jsonb_typeof(options) = 'object'),
    in_stock   boolean NOT NULL DEFAULT false,
    position   int NOT NULL DEFAULT 0
);
CREATE INDEX variants_product_idx ON products.variants (product_id, position, id);
COMMENT ON TABLE products.variants IS 'What is ordered and kept in stock. Every product has at least one.';
COMMENT ON COLUMN products.variants.id IS 'UUIDv7';
COMMENT ON COLUMN products.variants.product_id IS 'the product it is a form of';
COMMENT ON COLUMN products.variants.sku IS 'the shop''s own code';
COMMENT ON COLUMN products.variants.price IS 'minor units; null: the product''s price';
COMMENT ON COLUMN products.variants.options IS 'what sets it apart, such as {"tamanho": "M"}';
COMMENT ON COLUMN products.variants.in_stock IS 'set by Sales when stock reaches or leaves zero';
COMMENT ON COLUMN products.variants.position IS 'order within the product';

CREATE TABLE products.product_categories (
    product_id  uuid NOT NULL CONSTRAINT product_categories_product_fkey
                REFERENCES products.products ON DELETE CASCADE,
    category_id uuid NOT NULL CONSTRAINT product_categories_category_fkey
                REFERENCES products.categories ON DELETE CASCADE,
    CONSTRAINT product_categories_pkey PRIMARY KEY (product_id, category_id)
);
CREATE INDEX product_categories_category_idx ON products.product_categories (category_id, product_id);
COMMENT ON TABLE products.product_categories IS 'Which products stand in which categories.';
COMMENT ON COLUMN products.product_categories.product_id IS 'the product';
COMMENT ON COLUMN products.product_categories.category_id IS 'the category';

CREATE TABLE products.ingested (
    source     text NOT NULL,
    source_id  text NOT NULL,
    product_id uuid NOT NULL CONSTRAINT ingested_product_fkey
               REFERENCES products.products ON DELETE CASCADE,
    owner      boolean NOT NULL,
    item_hash  bytea NOT NULL,
    url        text,
    price      bigint NOT NULL,
    first_at   timestamptz NOT NULL DEFAULT now(),
    last_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT ingested_pkey PRIMARY KEY (source, source_id)
);
CREATE INDEX ingested_product_idx ON products.ingested (product_id);
COMMENT ON TABLE products.ingested IS 'Where collected products came from, so that the same thing is never taken in twice.';
COMMENT ON COLUMN products.ingested.source IS 'name of the collection source';
COMMENT ON COLUMN products.ingested.source_id IS 'the source''s own id of the product';
COMMENT ON COLUMN products.ingested.product_id IS 'our product';
COMMENT ON COLUMN products.ingested.owner IS 'whether this source made the product and so may change it; others are only linked by GTIN';
COMMENT ON COLUMN products.ingested.item_hash IS 'SHA-256 of the item as last taken in';
COMMENT ON COLUMN products.ingested.url IS 'the page it was read from';
COMMENT ON COLUMN products.ingested.price IS 'minor units, as last seen there';
COMMENT ON COLUMN products.ingested.first_at IS 'first taken in';
COMMENT ON COLUMN products.ingested.last_at IS 'last seen';

CREATE FUNCTION products.price_now(price bigint, promotional bigint, starts timestamptz, ends timestamptz)
RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN promotional IS NOT NULL AND (starts IS NULL OR starts <= now())
                     AND (ends IS NULL OR now() < ends)
                THEN promotional ELSE price END
$$;
COMMENT ON FUNCTION products.price_now(bigint, bigint, timestamptz, timestamptz) IS 'The price in force at this moment, minor units.';

CREATE FUNCTION products.search_query(q text) RETURNS tsquery
LANGUAGE sql STABLE AS $$
    -- What was asked for, or words that begin with the last one: people search while they type.
    SELECT CASE WHEN typed IS NULL THEN asked
                ELSE asked || (websearch_to_tsquery('shared.portuguese', coalesce(typed[1], ''))
                               && to_tsquery('shared.portuguese', typed[2] || ':*')) END
      FROM (SELECT websearch_to_tsquery('shared.portuguese', q) AS asked,
                   regexp_match(q, '^([^"]*\s)?([[:alnum:]]+)$') AS typed) AS words
$$;
COMMENT ON FUNCTION products.search_query(text) IS 'A shopper''s words as a full-text query.';

CREATE FUNCTION products.free_slug(p_name text) RETURNS text
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    wanted text := shared.slug(p_name);
BEGIN
    -- Two that come at once with the same name: the second waits, then sees the first one's.
    PERFORM pg_advisory_xact_lock(hashtext('products.free_slug'), hashtext(wanted));
    IF EXISTS (SELECT FROM products.products WHERE slug = wanted) THEN
        RETURN wanted || '-' || left(md5(gen_random_uuid()::text), 6);
    END IF;
    RETURN wanted;
END
$$;
COMMENT ON FUNCTION products.free_slug(text) IS 'An address for a new product.';

CREATE FUNCTION products.set_categories(p_product uuid, p_ids jsonb) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    missing int;
BEGIN
    SELECT ordinality - 1 INTO missing
      FROM jsonb_array_elements_text(p_ids) WITH ORDINALITY AS wanted (id, ordinality)
     WHERE NOT EXISTS (SELECT FROM products.categories c WHERE c.id = wanted.id::uuid)
     ORDER BY ordinality LIMIT 1;
    IF missing IS NOT NULL THEN
        PERFORM shared.fail(422, 'unknown_category',
                            jsonb_build_object('pointer', '/category_ids/' || missing));
    END IF;
    DELETE FROM products.product_categories WHERE product_id = p_product;
    INSERT INTO products.product_categories
    SELECT DISTINCT p_product, id::uuid FROM jsonb_array_elements_text(p_ids) AS wanted (id);
END
$$;
COMMENT ON FUNCTION products.set_categories(uuid, jsonb) IS 'Puts a product into exactly these categories.';

CREATE FUNCTION products.images_of(urls jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(jsonb_agg(jsonb_build_object('url', url, 'alt', '') ORDER BY n), '[]')
      FROM jsonb_array_elements_text(urls) WITH ORDINALITY AS list (url, n)
$$;
COMMENT ON FUNCTION products.images_of(jsonb) IS 'A list of picture addresses as products keep it.';

CREATE FUNCTION products.create_product(p jsonb) RETURNS uuid
LANGUAGE plpgsql AS $$
DECLARE
    product uuid := shared.uuid7();
BEGIN
    p := jsonb_strip_nulls(p); -- in what is new, null says as little as nothing
    INSERT INTO products.products (id, slug, status, name, description, brand, gtin, price, currency,
                                   promotional_price, promotion_starts_at, promotion_ends_at,
                                   weight_g, attributes, images)
    VALUES (product, products.free_slug(p->>'name'), coalesce(p->>'status', 'active'), p->>'name',
            coalesce(p->>'description', ''), p->>'brand', p->>'gtin', (p->>'price')::bigint,
            p->>'currency', (p->>'promotional_price')::bigint,
            (p->>'promotion_starts_at')::timestamptz, (p->>'promotion_ends_at')::timestamptz,
            (p->>'weight_g')::int, coalesce(p->'attributes', '{}'),
            products.images_of(coalesce(p->'images', '[]')));
    INSERT INTO products.variants (product_id, sku)
    VALUES (product, coalesce(p->>'sku', 'P-' || upper(right(replace(product::text, '-', ''), 10))));
    IF p ? 'category_ids' THEN
        PERFORM products.set_categories(product, p->'category_ids');
    END IF;
    RETURN product;
END
$$;
COMMENT ON FUNCTION products.create_product(jsonb) IS 'A new product with its first variant, from a checked body of the API.';

CREATE FUNCTION products.update_product(p_id uuid, p jsonb, p_version int) RETURNS uuid
LANGUAGE plpgsql AS $$
DECLARE
    present int;
BEGIN
    SELECT version INTO present FROM products.products WHERE id = p_id FOR UPDATE;
    IF present IS NULL THEN
        PERFORM shared.fail(404, 'not_found');
    ELSIF p_version <> present THEN
        PERFORM shared.fail(412, 'lost_update');
    END IF;
    -- A member that is absent stays, one that is null is emptied (RFC 7396).
    UPDATE products.products t SET
        name = CASE WHEN p ? 'name' THEN p->>'name' ELSE t.name END,
        status = CASE WHEN p ? 'status' THEN p->>'status' ELSE t.status END,
        description = CASE WHEN p ? 'description' THEN coalesce(p->>'description', '') ELSE t.description END,
        brand = CASE WHEN p ? 'brand' THEN p->>'brand' ELSE t.brand END,
        gtin = CASE WHEN p ? 'gtin' THEN p->>'gtin' ELSE t.gtin END,
        price = CASE WHEN p ? 'price' THEN (p->>'price')::bigint ELSE t.price END,
        promotional_price = CASE WHEN p ? 'promotional_price'
            THEN (p->>'promotional_price')::bigint ELSE t.promotional_price END,
        promotion_starts_at = CASE WHEN p ? 'promotion_starts_at'
            THEN (p->>'promotion_starts_at')::timestamptz ELSE t.promotion_starts_at END,
        promotion_ends_at = CASE WHEN p ? 'promotion_ends_at'
            THEN (p->>'promotion_ends_at')::timestamptz ELSE t.promotion_ends_at END,
        weight_g = CASE WHEN p ? 'weight_g' THEN (p->>'weight_g')::int ELSE t.weight_g END,
        attributes = CASE WHEN p ? 'attributes'
            THEN coalesce(nullif(p->'attributes', 'null'), '{}') ELSE t.attributes END,
        images = CASE WHEN p ? 'images'
            THEN products.images_of(coalesce(nullif(p->'images', 'null'), '[]')) ELSE t.images END,
        version = t.version + 1, updated_at = now()
     WHERE t.id = p_id;
    IF p ? 'category_ids' THEN
        PERFORM products.set_categories(p_id, coalesce(nullif(p->'category_ids', 'null'), '[]'));
    END IF;
    RETURN p_id;
END
$$;
COMMENT ON FUNCTION products.update_product(uuid, jsonb, int) IS
    'Changes the members that the body has. p_version null: whatever the present version is.';

CREATE FUNCTION products.ingest_category(p_path text) RETURNS uuid
LANGUAGE plpgsql AS $$
DECLARE
    parent uuid;
    part   text;
    path   text := '';
    found_id uuid;
BEGIN
    FOREACH part IN ARRAY regexp_split_to_array(coalesce(p_path, ''), '\s*[>/]\s*') LOOP
        CONTINUE WHEN trim(part) = '';
        path := path || ' ' || part;
        INSERT INTO products.categories (parent_id, slug, name)
        VALUES (parent, shared.slug(path), left(trim(part), 120))
        ON CONFLICT ON CONSTRAINT categories_slug_unique DO NOTHING;
        SELECT id INTO found_id FROM products.categories WHERE slug = shared.slug(path);
        parent := found_id;
    END LOOP;
    RETURN parent;
END
$$;
COMMENT ON FUNCTION products.ingest_category(text) IS 'The category of a collected path such as "Casa > Cozinha", made where it is missing.';

CREATE FUNCTION products.ingest_item(p jsonb, p_hash bytea) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    seen     products.ingested;
    product  uuid;
    category uuid;
BEGIN
    SELECT * INTO seen FROM products.ingested
     WHERE source = p->>'source' AND source_id = p->>'source_id';
    IF seen.product_id IS NOT NULL THEN
        UPDATE products.ingested SET last_at = now(), item_hash = p_hash, url = p->>'url',
                                     price = (p->>'price')::bigint
         WHERE source = seen.source AND source_id = seen.source_id;
        IF seen.item_hash = p_hash THEN
            RETURN jsonb_build_object('status', 'unchanged', 'product_id', seen.product_id);
        ELSIF NOT seen.owner THEN
            RETURN jsonb_build_object('status', 'duplicate', 'product_id', seen.product_id);
        END IF;
        -- What a page no longer says is kept; a GTIN that another product has is not taken over; a
        -- promotion that is above the new price is none any more.
        PERFORM products.update_product(seen.product_id,
            p - 'sku' - 'currency' - 'category' - CASE WHEN EXISTS (
                SELECT FROM products.products t WHERE t.gtin = p->>'gtin' AND t.id <> seen.product_id)
                THEN 'gtin' ELSE '' END
            || CASE WHEN EXISTS (
                SELECT FROM products.products t
                 WHERE t.id = seen.product_id AND t.promotional_price > (p->>'price')::bigint)
                THEN '{"promotional_price": null}' ELSE '{}' END::jsonb, NULL);
        RETURN jsonb_build_object('status', 'updated', 'product_id', seen.product_id);
    END IF;

    SELECT id INTO product FROM products.products WHERE gtin = p->>'gtin';
    IF product IS NULL THEN
        category := products.ingest_category(p->>'category');
        product := products.create_product(
            (p - 'sku') || CASE WHEN category IS NULL THEN '{}'
                           ELSE jsonb_build_object('category_ids', jsonb_build_array(category)) END);
        INSERT INTO products.ingested (source, source_id, product_id, owner, item_hash, url, price)
        VALUES (p->>'source', p->>'source_id', product, true, p_hash, p->>'url', (p->>'price')::bigint);
        RETURN jsonb_build_object('status', 'created', 'product_id', product);
    END IF;
    INSERT INTO products.ingested (source, source_id, product_id, owner, item_hash, url, price)
    VALUES (p->>'source', p->>'source_id', product, false, p_hash, p->>'url', (p->>'price')::bigint);
    RETURN jsonb_build_object('status', 'duplicate', 'product_id', product);
END
$$;
COMMENT ON FUNCTION products.ingest_item(jsonb, bytea) IS 'Takes in one checked item: created, updated, unchanged or duplicate.';

CREATE FUNCTION products.ingest(p_items jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    results jsonb := '[]';
    item    jsonb;
BEGIN
    -- One batch at a time: two that bring the same product would otherwise both make it.
    PERFORM pg_advisory_xact_lock(hashtext('products.ingest'));
    FOR item IN SELECT jsonb_array_elements(p_items) LOOP
        results := results || jsonb_build_array(
            products.ingest_item(item, sha256(convert_to(item::text, 'UTF8'))));
    END LOOP;
    RETURN results;
END
$$;
COMMENT ON FUNCTION products.ingest(jsonb) IS 'Takes in a batch of checked items; a result for each, in their order. All or nothing.';

CREATE FUNCTION products.for_sale(p_variants uuid[])
RETURNS TABLE (variant_id uuid, product_id uuid, sku text, name text, unit_price bigint,
               currency text, weight_g int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT v.id, p.id, v.sku, p.name,
           products.price_now(coalesce(v.price, p.price), p.promotional_price,
                              p.promotion_starts_at, p.promotion_ends_at),
           p.currency::text, coalesce(p.weight_g, 0)
      FROM products.variants v JOIN products.products p ON p.id = v.product_id
     WHERE v.id = ANY (p_variants) AND p.status = 'active'
$$;
COMMENT ON FUNCTION products.for_sale(uuid[]) IS 'Published to Sales: the variants among these that can be bought now, with today''s price.';

CREATE FUNCTION products.set_in_stock(p_variant uuid, p_in_stock boolean) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
    WITH changed AS (
        UPDATE products.variants SET in_stock = p_in_stock
         WHERE id = p_variant AND in_stock <> p_in_stock RETURNING product_id)
    UPDATE products.products p
       SET in_stock = p_in_stock OR EXISTS (
               SELECT FROM products.variants v
                WHERE v.product_id = p.id AND v.id <> p_variant AND v.in_stock)
      FROM changed WHERE p.id = changed.product_id
$$;
COMMENT ON FUNCTION products.set_in_stock(uuid, boolean) IS 'Published to Sales: called when a variant''s stock reaches or leaves zero.';

CREATE FUNCTION products.has_variant(p_variant uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT EXISTS (SELECT FROM products.variants WHERE id = p_variant)
$$;
COMMENT ON FUNCTION products.has_variant(uuid) IS 'Published to Sales: whether there is such a variant.';

GRANT USAGE ON SCHEMA products TO vendas_products, vendas_sales;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA products TO vendas_products;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA products FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA products TO vendas_products;
GRANT EXECUTE ON FUNCTION products.for_sale(uuid[]), products.set_in_stock(uuid, boolean),
    products.has_variant(uuid) TO vendas_sales;
