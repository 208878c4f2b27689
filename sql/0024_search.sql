-- Search. Each product that is for sale has one row in products.listing: its sort values, and one
-- text-search vector that holds words and filters alike, so that whatever is asked for is one query
-- on one index:
--     word        a stem from anywhere: name, brand, categories, description, SKU, GTIN
--     t:word      from name, brand or categories
--     n:word      from the name; SKUs and GTINs are here, too
--     c:ID b:BRAND a:NAME=VALUE s:yes s:no    category, brand, attribute, in stock
-- No word has a colon, so nothing that is typed is taken for a filter.

CREATE EXTENSION IF NOT EXISTS fuzzystrmatch SCHEMA shared;

ALTER TABLE products.products DROP COLUMN search;
DROP INDEX products.products_newest_idx, products.products_name_idx;

CREATE TABLE products.listing (
    product_id  uuid CONSTRAINT listing_pkey PRIMARY KEY
                CONSTRAINT listing_product_fkey REFERENCES products.products ON DELETE CASCADE,
    search      tsvector NOT NULL,
    price       bigint NOT NULL,
    name        text NOT NULL,
    created_at  timestamptz NOT NULL,
    popularity  int NOT NULL DEFAULT 0,
    in_stock    boolean NOT NULL,
    brand       text,
    category_ids uuid[] NOT NULL,
    attributes  jsonb NOT NULL
);
CREATE INDEX listing_search_idx ON products.listing USING gin (search) WITH (fastupdate = off);
CREATE INDEX listing_price_idx ON products.listing (price, product_id);
CREATE INDEX listing_name_idx ON products.listing (name, product_id);
CREATE INDEX listing_newest_idx ON products.listing (created_at, product_id);
CREATE INDEX listing_popularity_idx ON products.listing (popularity, product_id);
-- Of words and filters the common ones have to be known as such, or a search takes the wrong way.
ALTER TABLE products.listing ALTER COLUMN search SET STATISTICS 1000;
COMMENT ON TABLE products.listing IS 'What lists and searches look at: a row per product that is for sale. Made by products.refresh() alone.';
COMMENT ON COLUMN products.listing.product_id IS 'the product';
COMMENT ON COLUMN products.listing.search IS 'words and filters, see the head of this file';
COMMENT ON COLUMN products.listing.price IS 'the cheapest variant''s at this moment, minor units';
COMMENT ON COLUMN products.listing.name IS 'the name without accents and case';
COMMENT ON COLUMN products.listing.created_at IS 'when the product was made';
COMMENT ON COLUMN products.listing.popularity IS 'pieces sold in 90 days, as Sales last said';
COMMENT ON COLUMN products.listing.in_stock IS 'whether any variant is';
COMMENT ON COLUMN products.listing.brand IS 'brand, to be counted';
COMMENT ON COLUMN products.listing.category_ids IS 'its own categories, to be counted';
COMMENT ON COLUMN products.listing.attributes IS 'its attributes, to be counted';

CREATE TABLE products.words (
    word text CONSTRAINT words_pkey PRIMARY KEY,
    seen bigint NOT NULL
);
CREATE INDEX words_similar_idx ON products.words USING gin (word shared.gin_trgm_ops);
CREATE INDEX words_prefix_idx ON products.words (word text_pattern_ops, seen);
COMMENT ON TABLE products.words IS 'Words of names, brands and descriptions, without accents and case: what a typing error may have meant.';
COMMENT ON COLUMN products.words.word IS 'the word';
COMMENT ON COLUMN products.words.seen IS 'how often it was met; the more, the likelier it is meant';

CREATE TABLE products.unlearned (
    product_id uuid CONSTRAINT unlearned_pkey PRIMARY KEY
);
COMMENT ON TABLE products.unlearned IS 'Products whose words are still to be learned.';
COMMENT ON COLUMN products.unlearned.product_id IS 'the product';

CREATE TABLE products.stale (
    product_id uuid CONSTRAINT stale_pkey PRIMARY KEY
);
COMMENT ON TABLE products.stale IS 'Products that a job is to refresh: of many at once, such as all in a category that was renamed.';
COMMENT ON COLUMN products.stale.product_id IS 'the product';

CREATE TABLE products.synonyms (
    word       text CONSTRAINT synonyms_pkey PRIMARY KEY
               CONSTRAINT synonyms_word_length CHECK (length(word) BETWEEN 1 AND 60),
    synonyms   text[] NOT NULL CONSTRAINT synonyms_synonyms_number CHECK (cardinality(synonyms) BETWEEN 1 AND 20),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE products.synonyms IS 'Who asks for a word is shown what has one of these, too.';
COMMENT ON COLUMN products.synonyms.word IS 'what people type: a word or several';
COMMENT ON COLUMN products.synonyms.synonyms IS 'what else it is called';
COMMENT ON COLUMN products.synonyms.updated_at IS 'when last changed';

-- Vectors and queries ------------------------------------------------------------------------

-- Both are written with each lexeme in quotes: 'caf':1,3 'torr':2 and 'caf' & !'torr':*
CREATE FUNCTION products.put_before(p_prefix text, p_lexemes text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT regexp_replace(p_lexemes, $re$'((?:[^']|'')*)'$re$, '''' || p_prefix || '\1''', 'g')
$$;
COMMENT ON FUNCTION products.put_before(text, text) IS 'A vector or a query, as text, with a prefix before each lexeme.';

CREATE FUNCTION products.in_space(p_space text, p_query tsquery) RETURNS tsquery
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT products.put_before(p_space, p_query::text)::tsquery
$$;
COMMENT ON FUNCTION products.in_space(text, tsquery) IS 'The same query on the lexemes of a space, n: or t:.';

CREATE FUNCTION products.lexeme(p_text text) RETURNS tsquery
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT ('''' || replace(replace(p_text, '\', '\\'), '''', '''''') || '''')::tsquery
$$;
COMMENT ON FUNCTION products.lexeme(text) IS 'A query for this one lexeme as it is.';

CREATE FUNCTION products.attribute_lexeme(p_name text, p_value text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT left('a:' || p_name || '=' || p_value, 200)
$$;
COMMENT ON FUNCTION products.attribute_lexeme(text, text) IS 'The lexeme of an attribute''s value.';

CREATE VIEW products.listing_rows AS
SELECT p.id, p.status = 'active' AS active,
       products.put_before('n:', (v.named || codes)::text)::tsvector
       || products.put_before('t:', v.titled::text)::tsvector
       || v.titled || to_tsvector('shared.portuguese', p.description) || codes || filters AS search,
       variants.price, shared.fold(p.name) AS name, p.created_at, p.in_stock, p.brand,
       categories.ids AS category_ids, p.attributes
  FROM products.products p
 CROSS JOIN LATERAL (
       SELECT min(products.price_now(coalesce(v.price, p.price), p.promotional_price,
                                     p.promotion_starts_at, p.promotion_ends_at)) AS price,
              array_to_tsvector(array_remove(array_agg(DISTINCT lower(v.sku)) || array_agg(DISTINCT v.gtin), NULL)) AS codes
         FROM products.variants v WHERE v.product_id = p.id) AS variants
 CROSS JOIN LATERAL (
       SELECT coalesce(array_agg(c.id ORDER BY c.id), '{}') AS ids,
              coalesce(string_agg(c.name, ' ' ORDER BY c.id), '') AS names,
              coalesce(array_agg('c:' || c.id), '{}') AS lexemes
         FROM products.product_categories pc JOIN products.categories c ON c.id = pc.category_id
        WHERE pc.product_id = p.id) AS categories
 CROSS JOIN LATERAL (
       SELECT to_tsvector('shared.portuguese', p.name) AS named,
              to_tsvector('shared.portuguese', p.name || ' . ' || coalesce(p.brand, '') || ' . ' || categories.names) AS titled) AS v
 CROSS JOIN LATERAL (
       SELECT array_to_tsvector(array_remove(
                  categories.lexemes || ('b:' || shared.fold(p.brand))
                  || CASE WHEN p.in_stock THEN 's:yes' ELSE 's:no' END
                  || ARRAY(SELECT products.attribute_lexeme(key, value) FROM jsonb_each_text(p.attributes)),
                  NULL)) AS filters) AS f;
COMMENT ON VIEW products.listing_rows IS 'What products.listing is made of.';

CREATE FUNCTION products.refresh(p_products uuid[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    -- One at a time per product, in one order: the last to come sees what all others did.
    PERFORM FROM products.products WHERE id = ANY (p_products) ORDER BY id FOR NO KEY UPDATE;
    INSERT INTO products.documents AS d (product_id, slug, type, active, version, valid_until, variant_ids, document)
    SELECT v.id, v.slug, v.type, v.status = 'active', v.version, v.valid_until, v.variant_ids,
           products.open_document(v.document)
      FROM products.product_documents v WHERE v.id = ANY (p_products)
    ON CONFLICT ON CONSTRAINT documents_pkey DO UPDATE
       SET slug = excluded.slug, type = excluded.type, active = excluded.active, version = excluded.version,
           valid_until = excluded.valid_until, variant_ids = excluded.variant_ids, document = excluded.document;
    INSERT INTO products.listing AS l (product_id, search, price, name, created_at, in_stock, brand, category_ids, attributes)
    SELECT r.id, r.search, r.price, r.name, r.created_at, r.in_stock, r.brand, r.category_ids, r.attributes
      FROM products.listing_rows r WHERE r.id = ANY (p_products) AND r.active
    ON CONFLICT ON CONSTRAINT listing_pkey DO UPDATE
       SET search = excluded.search, price = excluded.price, name = excluded.name, in_stock = excluded.in_stock,
           brand = excluded.brand, category_ids = excluded.category_ids, attributes = excluded.attributes
     WHERE (l.search, l.price, l.name, l.in_stock, l.brand, l.category_ids, l.attributes)
           IS DISTINCT FROM (excluded.search, excluded.price, excluded.name, excluded.in_stock, excluded.brand,
                             excluded.category_ids, excluded.attributes);
    DELETE FROM products.listing l USING products.products p
     WHERE l.product_id = ANY (p_products) AND p.id = l.product_id AND p.status <> 'active';
    INSERT INTO products.unlearned SELECT unnest(p_products) ON CONFLICT DO NOTHING;
END
$$;

COMMENT ON FUNCTION products.refresh(uuid[]) IS
    'Makes anew what is derived of these products. Every function that changes a product, its variants, categories or pictures ends with it.';

CREATE VIEW products.integrity AS
SELECT 'document' AS broken, p.id
  FROM products.product_documents p LEFT JOIN products.documents d ON d.product_id = p.id
 WHERE d.document IS DISTINCT FROM products.open_document(p.document)
   AND (d.product_id IS NULL OR d.valid_until IS NULL OR d.valid_until > now())
UNION ALL
SELECT 'no variant', p.id FROM products.products p
 WHERE NOT EXISTS (SELECT FROM products.variants v WHERE v.product_id = p.id)
UNION ALL
SELECT 'several variants', p.id FROM products.products p
 WHERE p.type <> 'variations'
   AND (SELECT count(*) FROM products.variants v WHERE v.product_id = p.id) > 1
UNION ALL
SELECT 'listing', r.id
  FROM products.listing_rows r
  LEFT JOIN products.listing l ON l.product_id = r.id
  LEFT JOIN products.documents d ON d.product_id = r.id
 WHERE CASE WHEN r.active THEN l.product_id IS NULL OR l.search <> r.search OR l.name <> r.name
                               OR (l.price <> r.price AND (d.valid_until IS NULL OR d.valid_until > now()))
            ELSE l.product_id IS NOT NULL END
   AND NOT EXISTS (SELECT FROM products.stale s WHERE s.product_id = r.id)
UNION ALL
SELECT * FROM products.category_integrity;
COMMENT ON VIEW products.integrity IS 'Broken promises of the catalogue; empty.';

-- What is asked for --------------------------------------------------------------------------

CREATE FUNCTION products.is_known(p_word text) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM products.words WHERE word LIKE p_word || '%')
$$;
COMMENT ON FUNCTION products.is_known(text) IS 'Whether some product has this word of a-z, or one that begins so.';

CREATE FUNCTION products.nearest_word(p_word text) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT w.word FROM products.words w
     WHERE w.word OPERATOR(shared.%) p_word
       AND shared.levenshtein_less_equal(w.word, p_word, 2) <= CASE WHEN length(p_word) < 6 THEN 1 ELSE 2 END
     ORDER BY shared.levenshtein_less_equal(w.word, p_word, 2), w.seen DESC, w.word LIMIT 1
$$;
COMMENT ON FUNCTION products.nearest_word(text) IS
    'What somebody who typed this may have meant: at most one letter wrong in a word of up to five, two in a longer one. Null: no idea.';

CREATE FUNCTION products.corrected(p_text text) RETURNS text
LANGUAGE plpgsql STABLE AS $$
DECLARE
    part   text;
    meant  text;
    result text;
BEGIN
    FOR part IN SELECT DISTINCT w FROM regexp_split_to_table(shared.fold(p_text), '[^a-z0-9]+') AS w
                 WHERE w ~ '^[a-z]{4,40}$' LIMIT 8 LOOP
        IF NOT products.is_known(part) THEN
            meant := products.nearest_word(part);
            IF meant IS NOT NULL THEN
                result := regexp_replace(coalesce(result, shared.fold(p_text)), '\m' || part || '\M', meant, 'g');
            END IF;
        END IF;
    END LOOP;
    RETURN result;
END
$$;
COMMENT ON FUNCTION products.corrected(text) IS
    'What was probably meant by what was typed, where it has words that no product has. Null: as it stands.';

CREATE FUNCTION products.with_synonyms(p_query tsquery) RETURNS tsquery
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN ts_rewrite(p_query, $q$
        SELECT plainto_tsquery('shared.portuguese', s.word),
               plainto_tsquery('shared.portuguese', s.word) || (
                   SELECT string_agg('(' || plainto_tsquery('shared.portuguese', other)::text || ')', ' | ')
                     FROM unnest(s.synonyms) AS other
                    WHERE numnode(plainto_tsquery('shared.portuguese', other)) > 0)::tsquery
          FROM products.synonyms s
         WHERE numnode(plainto_tsquery('shared.portuguese', s.word)) > 0$q$);
END
$$;
COMMENT ON FUNCTION products.with_synonyms(tsquery) IS 'A query that is content with what its words are also called.';

CREATE FUNCTION products.any_of(p_lexemes text[]) RETURNS tsquery
LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(string_agg(products.lexeme(l)::text, ' | '), '''none:''')::tsquery FROM unnest(p_lexemes) AS l
$$;
COMMENT ON FUNCTION products.any_of(text[]) IS 'A query for one of these lexemes; of none it finds nothing.';

CREATE FUNCTION products.filter_query(p jsonb) RETURNS tsquery
LANGUAGE plpgsql STABLE AS $$
DECLARE
    result tsquery;
    part   tsquery;
BEGIN
    FOR part IN
        SELECT products.any_of(ARRAY(SELECT 'c:' || id FROM products.categories_within(p->>'category') AS id))
         WHERE p ? 'category'
        UNION ALL
        SELECT products.any_of(ARRAY(SELECT 'b:' || shared.fold(b) FROM jsonb_array_elements_text(p->'brand') AS b))
         WHERE p ? 'brand'
        UNION ALL
        SELECT products.lexeme(CASE WHEN (p->>'in_stock')::boolean THEN 's:yes' ELSE 's:no' END) WHERE p ? 'in_stock'
        UNION ALL
        SELECT products.any_of(ARRAY(SELECT products.attribute_lexeme(substr(key, 6), v)
                                       FROM jsonb_array_elements_text(value) AS v))
          FROM jsonb_each(p) WHERE key LIKE 'attr.%' LOOP
        result := coalesce(result && part, part);
    END LOOP;
    RETURN result;
END
$$;
COMMENT ON FUNCTION products.filter_query(jsonb) IS 'What the filters of a list ask for, its query string as JSON; null: for everything.';

CREATE FUNCTION products.asked(p jsonb, OUT words tsquery, OUT filters tsquery, OUT corrected text)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    typed text := trim(p->>'q');
BEGIN
    filters := products.filter_query(p);
    IF typed IS NULL OR typed = '' THEN
        RETURN;
    END IF;
    words := products.search_query(typed);
    corrected := products.corrected(typed);
    -- As typed, too: a word may be so new that it was not learned yet.
    IF corrected IS NOT NULL THEN
        words := words || products.search_query(corrected);
    END IF;
    words := products.with_synonyms(words) || products.lexeme(lower(typed));
END
$$;
COMMENT ON FUNCTION products.asked(jsonb) IS
    'What the query string of a list, as JSON, asks for: words, filters, and what else the words were taken for. Null: there is none.';

-- Ranks: where all words stand in the name, then in name, brand and categories, then anywhere.
CREATE FUNCTION products.ranked(p_words tsquery, p_rank int) RETURNS tsquery
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE p_rank
           WHEN 2 THEN p_words && products.in_space('n:', p_words)
           WHEN 1 THEN p_words && products.in_space('t:', p_words) && !!products.in_space('n:', p_words)
           ELSE p_words && !!products.in_space('n:', p_words) && !!products.in_space('t:', p_words) END
$$;
COMMENT ON FUNCTION products.ranked(tsquery, int) IS 'The query of one rank: 2 for the name, 1 for name, brand and categories, 0 for elsewhere. Each product has one rank.';

CREATE FUNCTION products.both(p_one tsquery, p_other tsquery) RETURNS tsquery
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN p_one IS NULL THEN p_other WHEN p_other IS NULL THEN p_one ELSE p_one && p_other END
$$;
COMMENT ON FUNCTION products.both(tsquery, tsquery) IS 'One query of two, either of which may be null.';

CREATE FUNCTION products.facets(p_query tsquery, p_min bigint, p_max bigint, p_limit int) RETURNS json
LANGUAGE sql STABLE AS $$
    WITH RECURSIVE found AS MATERIALIZED (
        SELECT product_id, price, in_stock, brand, category_ids, attributes FROM products.listing
         WHERE (p_query IS NULL OR search @@ p_query)
           AND (p_min IS NULL OR price >= p_min) AND (p_max IS NULL OR price <= p_max)
         LIMIT p_limit + 1),
    above (category_id, above_id) AS (
        SELECT id, id FROM products.categories
        UNION ALL
        SELECT a.category_id, c.parent_id FROM above a JOIN products.categories c ON c.id = a.above_id
         WHERE c.parent_id IS NOT NULL),
    counted AS (
        SELECT a.above_id AS id, count(DISTINCT f.product_id) AS n
          FROM found f CROSS JOIN unnest(f.category_ids) AS own (id) JOIN above a ON a.category_id = own.id
         GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 50),
    attribute_values AS (
        SELECT key AS name, value, count(*) AS n, row_number() OVER (PARTITION BY key ORDER BY count(*) DESC, value) AS place
          FROM found f CROSS JOIN jsonb_each_text(f.attributes)
          JOIN products.attributes d ON d.name = key AND d.filterable
         GROUP BY 1, 2)
    SELECT json_build_object(
        'complete', (SELECT count(*) <= p_limit FROM found),
        'price', (SELECT json_build_object('min', min(price), 'max', max(price)) FROM found),
        'in_stock', (SELECT json_build_object('true', count(*) FILTER (WHERE in_stock),
                                              'false', count(*) FILTER (WHERE NOT in_stock)) FROM found),
        'brands', (SELECT coalesce(json_agg(json_build_object('value', value, 'count', n) ORDER BY n DESC, value), '[]')
                     FROM (SELECT min(brand) AS value, count(*) AS n FROM found WHERE brand IS NOT NULL
                            GROUP BY shared.fold(brand) ORDER BY 2 DESC, 1 LIMIT 30) AS b),
        'categories', (SELECT coalesce(json_agg(json_build_object('id', c.id, 'parent_id', c.parent_id, 'slug', c.slug,
                                                                  'name', c.name, 'count', n.n) ORDER BY n.n DESC, c.name), '[]')
                         FROM counted n JOIN products.categories c ON c.id = n.id),
        'attributes', (SELECT coalesce(json_agg(json_build_object('name', name, 'values', vals) ORDER BY name), '[]')
                         FROM (SELECT name, json_agg(json_build_object('value', value, 'count', n) ORDER BY n DESC, value) AS vals
                                 FROM attribute_values WHERE place <= 20 GROUP BY name LIMIT 30) AS a))
$$;
COMMENT ON FUNCTION products.facets(tsquery, bigint, bigint, int) IS
    'What there is among the products that fit, with counts. Of more than p_limit it counts that many and says that it is not complete: there are at least so many.';

CREATE FUNCTION products.suggest(p_text text) RETURNS json
LANGUAGE plpgsql STABLE AS $$
DECLARE
    typed  text := shared.fold(trim(p_text));
    last   text := (regexp_match(typed, '([a-z0-9]+)$'))[1];
    before text := left(typed, length(typed) - length(coalesce(last, '')));
    words  tsquery := products.in_space('n:', products.search_query(typed));
BEGIN
    RETURN json_build_object(
        'words', (SELECT coalesce(json_agg(before || w.word ORDER BY w.seen DESC, w.word), '[]')
                    FROM (SELECT word, seen FROM products.words
                           WHERE last IS NOT NULL AND word LIKE last || '%' ORDER BY seen DESC, word LIMIT 5) AS w),
        'categories', (SELECT coalesce(json_agg(json_build_object('id', c.id, 'slug', c.slug, 'name', c.name) ORDER BY c.name), '[]')
                         FROM (SELECT id, slug, name FROM products.categories
                                WHERE to_tsvector('shared.portuguese', name) @@ products.search_query(typed)
                                ORDER BY name LIMIT 3) AS c),
        'products', (SELECT coalesce(json_agg(json_build_object('id', p.id, 'slug', p.slug, 'name', p.name,
                                                                'price', f.price, 'currency', p.currency) ORDER BY f.n), '[]')
                       FROM (SELECT product_id, price, row_number() OVER () AS n FROM (
                                 SELECT product_id, price FROM products.listing
                                  WHERE numnode(words) > 0 AND search @@ words
                                  ORDER BY popularity DESC, product_id DESC LIMIT 5) AS best) AS f
                       JOIN products.products p ON p.id = f.product_id));
END
$$;
COMMENT ON FUNCTION products.suggest(text) IS 'What somebody who is typing this may be looking for: words, categories, products.';

-- Upkeep (jobs/relist) -----------------------------------------------------------------------

CREATE FUNCTION products.category_renamed() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO products.stale SELECT product_id FROM products.product_categories WHERE category_id = NEW.id
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION products.category_renamed() IS 'Products are found by the names of their categories.';
CREATE TRIGGER categories_renamed AFTER UPDATE OF name ON products.categories FOR EACH ROW
    WHEN (OLD.name <> NEW.name) EXECUTE FUNCTION products.category_renamed();

CREATE INDEX documents_valid_until_idx ON products.documents (valid_until) WHERE valid_until IS NOT NULL;

CREATE FUNCTION products.relist(p_limit int) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
    due uuid[];
BEGIN
    WITH taken AS (DELETE FROM products.stale WHERE product_id IN (
                       SELECT product_id FROM products.stale LIMIT p_limit FOR UPDATE SKIP LOCKED) RETURNING product_id)
    SELECT array_agg(product_id) INTO due FROM (
        SELECT product_id FROM taken
        UNION
        (SELECT product_id FROM products.documents WHERE valid_until <= now() LIMIT p_limit)) AS d;
    IF due IS NULL THEN
        RETURN 0;
    END IF;
    PERFORM products.refresh(due);
    RETURN cardinality(due);
END
$$;
COMMENT ON FUNCTION products.relist(int) IS 'Refreshes what is stale, or has a promotion that began or ended; how many. 0: nothing is left.';

CREATE FUNCTION products.learn(p_limit int) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
    taken uuid[];
BEGIN
    WITH gone AS (DELETE FROM products.unlearned WHERE product_id IN (
                      SELECT product_id FROM products.unlearned LIMIT p_limit FOR UPDATE SKIP LOCKED) RETURNING product_id)
    SELECT array_agg(product_id) INTO taken FROM gone;
    IF taken IS NULL THEN
        RETURN 0;
    END IF;
    -- Words in one order, lest two that learn at once wait for each other.
    INSERT INTO products.words AS w (word, seen)
    SELECT word, count(*)
      FROM products.listing l JOIN products.products p ON p.id = l.product_id
     CROSS JOIN LATERAL regexp_split_to_table(
               l.name || ' ' || shared.fold(coalesce(p.brand, '') || ' ' || p.description), '[^a-z]+') AS word
     WHERE l.product_id = ANY (taken) AND length(word) BETWEEN 3 AND 40
     GROUP BY word ORDER BY word
    ON CONFLICT ON CONSTRAINT words_pkey DO UPDATE SET seen = w.seen + excluded.seen;
    RETURN cardinality(taken);
END
$$;
COMMENT ON FUNCTION products.learn(int) IS 'Learns the words of products that changed; of how many. 0: nothing is left.';

CREATE FUNCTION sales.popularity() RETURNS TABLE (product_id uuid, pieces int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT i.product_id, least(sum(i.quantity), 1000000000)::int
      FROM sales.orders o JOIN sales.order_items i ON i.order_id = o.id
     WHERE o.paid_at > now() - interval '90 days' AND o.status NOT IN ('canceled', 'refunded')
     GROUP BY i.product_id
$$;
COMMENT ON FUNCTION sales.popularity() IS 'Published to Products: pieces sold of each product in 90 days.';
REVOKE ALL ON FUNCTION sales.popularity() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sales.popularity() TO vendas_products;

CREATE FUNCTION products.take_popularity() RETURNS int
LANGUAGE sql AS $$
    WITH sold AS MATERIALIZED (SELECT product_id, pieces FROM sales.popularity()),
    changed AS (
        UPDATE products.listing l SET popularity = coalesce(s.pieces, 0)
          FROM products.listing o LEFT JOIN sold s ON s.product_id = o.product_id
         WHERE o.product_id = l.product_id AND o.popularity <> coalesce(s.pieces, 0) RETURNING 1)
    SELECT count(*)::int FROM changed
$$;
COMMENT ON FUNCTION products.take_popularity() IS 'Takes over from Sales what sold how well; of how many products that changed.';

CREATE FUNCTION products.set_synonyms(p_act jsonb, p_word text, p_synonyms text[]) RETURNS json
LANGUAGE plpgsql AS $$
DECLARE
    before text[];
    made   products.synonyms;
BEGIN
    SELECT synonyms INTO before FROM products.synonyms WHERE word = p_word FOR UPDATE;
    IF p_synonyms IS NULL THEN
        DELETE FROM products.synonyms WHERE word = p_word;
        IF NOT FOUND THEN
            PERFORM shared.fail(404, 'not_found');
        END IF;
    ELSE
        INSERT INTO products.synonyms (word, synonyms) VALUES (p_word, p_synonyms)
        ON CONFLICT ON CONSTRAINT synonyms_pkey DO UPDATE SET synonyms = excluded.synonyms, updated_at = now()
        RETURNING * INTO made;
    END IF;
    PERFORM registry.audit_act(p_act, 'synonyms.changed', NULL, to_jsonb(before), to_jsonb(p_synonyms));
    RETURN json_build_object('word', p_word, 'synonyms', p_synonyms, 'updated_at', shared.rfc3339(made.updated_at));
END
$$;
COMMENT ON FUNCTION products.set_synonyms(jsonb, text, text[]) IS 'Sets what a word is also called, or with null forgets it, and the audit of it.';

SELECT products.refresh(ARRAY(SELECT id FROM products.products));

GRANT SELECT, INSERT, UPDATE, DELETE ON products.listing, products.words, products.unlearned, products.stale, products.synonyms
   TO vendas_products;
GRANT SELECT ON products.listing_rows, products.integrity TO vendas_products;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA products FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA products TO vendas_products;

SELECT registry.classify(t, 'neither', columns, NULL, NULL) FROM (VALUES
    ('products.listing', 'product_id search price name created_at popularity in_stock brand category_ids attributes'),
    ('products.words', 'word seen'),
    ('products.unlearned', 'product_id'),
    ('products.stale', 'product_id'),
    ('products.synonyms', 'word synonyms updated_at')
) AS register (t, columns);
DELETE FROM registry.column_register WHERE schema_name = 'products' AND table_name = 'products' AND column_name = 'search';
