-- A search engine that speaks the API of OpenSearch and Elasticsearch may answer lists and searches
-- (VENDAS_SEARCH_URL; docs/search.md). What it has is made of products.listing and fed to it by the job
-- "index" from products.unindexed; what is shown comes from products.shown as ever. Orders are those
-- of PostgreSQL, so that a cursor means the same to both and either goes on where the other ended.

-- What is still to be sent --------------------------------------------------------------------

CREATE TABLE products.search_index (
    one       boolean NOT NULL DEFAULT true CONSTRAINT search_index_pkey PRIMARY KEY
              CONSTRAINT search_index_one_true CHECK (one),
    url       text NOT NULL,
    state     text NOT NULL DEFAULT 'absent'
              CONSTRAINT search_index_state_known CHECK (state IN ('absent', 'empty', 'filling', 'ready')),
    filled_to uuid,
    since     timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE products.search_index IS 'The index of the search engine, where there is one: one row at the most. Without it nothing is noted down.';
COMMENT ON COLUMN products.search_index.one IS 'there is one row';
COMMENT ON COLUMN products.search_index.url IS 'where it is, as VENDAS_SEARCH_URL said';
COMMENT ON COLUMN products.search_index.state IS 'absent: it is to be made anew; empty: not all products are noted down yet; filling: they are, but not all sent; ready: it answers searches';
COMMENT ON COLUMN products.search_index.filled_to IS 'the last product that was noted down while empty';
COMMENT ON COLUMN products.search_index.since IS 'when it was made';

CREATE SEQUENCE products.changes;
CREATE TABLE products.unindexed (
    product_id uuid CONSTRAINT unindexed_pkey PRIMARY KEY,
    change     bigint NOT NULL DEFAULT nextval('products.changes'),
    attempts   int NOT NULL DEFAULT 0,
    not_before timestamptz NOT NULL DEFAULT '-infinity'
);
CREATE INDEX unindexed_change_idx ON products.unindexed (change);
COMMENT ON TABLE products.unindexed IS 'Products that the search engine is still to be told of; one stays until the engine has acknowledged that change.';
COMMENT ON COLUMN products.unindexed.product_id IS 'the product; it may be gone, which the engine is to know, too';
COMMENT ON COLUMN products.unindexed.change IS 'rises with each change; the version of the engine''s document';
COMMENT ON COLUMN products.unindexed.attempts IS 'how often the engine refused it';
COMMENT ON COLUMN products.unindexed.not_before IS 'when it is sent again';

-- Who turns the index on waits for those who are at changing products: what they change is in the
-- lists before all of them are noted down, and who changes any later sees that there is an index.
CREATE FUNCTION products.note_changed() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtext('products.search_index'));
    IF EXISTS (SELECT FROM products.search_index) THEN
        INSERT INTO products.unindexed (product_id) SELECT product_id FROM changed ORDER BY product_id
        ON CONFLICT ON CONSTRAINT unindexed_pkey DO UPDATE
           SET change = excluded.change, attempts = 0, not_before = '-infinity';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION products.note_changed() IS 'What changes in the list the search engine is to be told of.';
CREATE TRIGGER listing_note_new AFTER INSERT ON products.listing
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION products.note_changed();
CREATE TRIGGER listing_note_changed AFTER UPDATE ON products.listing
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION products.note_changed();
CREATE TRIGGER listing_note_gone AFTER DELETE ON products.listing
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION products.note_changed();

CREATE FUNCTION products.begin_index(p_url text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('products.search_index'));
    DELETE FROM products.search_index;
    DELETE FROM products.unindexed;
    INSERT INTO products.search_index (url) VALUES (p_url);
END
$$;
COMMENT ON FUNCTION products.begin_index(text) IS 'The index is to be made anew, and does not answer searches until it is filled. From now on changes are noted down.';

CREATE FUNCTION products.index_made() RETURNS void
LANGUAGE sql AS $$
    UPDATE products.search_index SET state = 'empty' WHERE state = 'absent'
$$;
COMMENT ON FUNCTION products.index_made() IS 'There is a new index, and nothing in it.';

CREATE FUNCTION products.end_index() RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM products.search_index) THEN
        PERFORM pg_advisory_xact_lock(hashtext('products.search_index'));
        DELETE FROM products.search_index;
        DELETE FROM products.unindexed;
    END IF;
END
$$;
COMMENT ON FUNCTION products.end_index() IS 'There is no search engine.';

CREATE FUNCTION products.fill_index(p_limit int) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
    after uuid;
    these uuid[];
BEGIN
    SELECT filled_to INTO after FROM products.search_index WHERE state = 'empty' FOR UPDATE;
    IF NOT FOUND THEN
        RETURN 0;
    END IF;
    these := ARRAY(SELECT product_id FROM products.listing WHERE after IS NULL OR product_id > after
                    ORDER BY product_id LIMIT p_limit);
    INSERT INTO products.unindexed (product_id) SELECT unnest(these) ON CONFLICT DO NOTHING;
    UPDATE products.search_index
       SET filled_to = coalesce(these[cardinality(these)], filled_to),
           state = CASE WHEN cardinality(these) < p_limit THEN 'filling' ELSE state END;
    RETURN cardinality(these);
END
$$;
COMMENT ON FUNCTION products.fill_index(int) IS 'Notes down the next so many of all products for a new index; how many. 0: it is done.';

CREATE FUNCTION products.index_filled() RETURNS SETOF text
LANGUAGE sql AS $$
    UPDATE products.search_index SET state = 'ready'
     WHERE state = 'filling'
       AND (SELECT count(*) FROM products.unindexed) * 100 <= (SELECT count(*) FROM products.listing)
    RETURNING url
$$;
COMMENT ON FUNCTION products.index_filled() IS
    'Lets the index answer searches once it has all but a hundredth, which the engine may have refused; a row where it does from now on.';

-- What is sent -------------------------------------------------------------------------------

CREATE FUNCTION products.index_definition() RETURNS json
LANGUAGE sql IMMUTABLE AS $$
    SELECT $json${
        "settings": {"analysis": {
            "filter": {
                "vendas_stop": {"type": "stop", "stopwords": "_portuguese_"},
                "vendas_stem": {"type": "snowball", "language": "Portuguese"}},
            "analyzer": {
                "vendas": {"type": "custom", "tokenizer": "standard",
                           "filter": ["lowercase", "asciifolding", "vendas_stop", "vendas_stem"]}}}},
        "mappings": {
            "_meta": {"vendas": 1},
            "dynamic": "strict",
            "properties": {
                "id": {"type": "keyword"},
                "name": {"type": "text", "index": false, "copy_to": ["named", "titled", "anywhere"]},
                "codes": {"type": "keyword", "copy_to": ["named", "titled", "anywhere"]},
                "brand": {"type": "text", "index": false, "copy_to": ["titled", "anywhere"]},
                "categories": {"type": "text", "index": false, "copy_to": ["titled", "anywhere"]},
                "description": {"type": "text", "index": false, "copy_to": ["anywhere"]},
                "named": {"type": "text", "analyzer": "vendas", "norms": false},
                "titled": {"type": "text", "analyzer": "vendas", "norms": false},
                "anywhere": {"type": "text", "analyzer": "vendas", "norms": false},
                "brand_name": {"type": "keyword"},
                "brand_key": {"type": "keyword"},
                "category_ids": {"type": "keyword"},
                "attributes": {"type": "nested", "properties": {
                    "name": {"type": "keyword"},
                    "value": {"type": "keyword", "ignore_above": 200},
                    "number": {"type": "double"}}},
                "price": {"type": "long"},
                "in_stock": {"type": "boolean"},
                "popularity": {"type": "integer"},
                "created_at": {"type": "long"},
                "sort_name": {"type": "keyword"}}}}$json$::json
$$;
COMMENT ON FUNCTION products.index_definition() IS
    'The index as the engine makes it. Words are read as the text search configuration shared.portuguese reads them. With another definition the number in _meta rises, and the job makes the index anew.';

CREATE VIEW products.index_documents AS
SELECT l.product_id, json_build_object(
           'id', l.product_id, 'name', p.name, 'brand', p.brand, 'description', p.description,
           'categories', ARRAY(SELECT c.name FROM products.categories c WHERE c.id = ANY (l.category_ids) ORDER BY c.id),
           'codes', (SELECT array_remove(array_agg(DISTINCT lower(v.sku)) || array_agg(DISTINCT v.gtin), NULL)
                       FROM products.variants v WHERE v.product_id = l.product_id),
           'brand_name', p.brand, 'brand_key', shared.fold(p.brand),
           'category_ids', ARRAY(SELECT DISTINCT up.id FROM unnest(l.category_ids) AS own (id)
                                  CROSS JOIN LATERAL products.categories_above(own.id) AS up ORDER BY up.id),
           'attributes', (SELECT coalesce(json_agg(CASE jsonb_typeof(value)
                                     WHEN 'number' THEN json_build_object(
                                          'name', key, 'value', trim_scale((value#>>'{}')::numeric)::text, 'number', value)
                                     ELSE json_build_object('name', key, 'value', value#>>'{}') END), '[]')
                            FROM jsonb_each(l.attributes)),
           'price', l.price, 'in_stock', l.in_stock, 'popularity', l.popularity,
           'created_at', (extract(epoch FROM l.created_at) * 1000000)::bigint, 'sort_name', l.name) AS document
  FROM products.listing l JOIN products.products p ON p.id = l.product_id;
COMMENT ON VIEW products.index_documents IS 'What the search engine has of each product that is for sale; created_at in microseconds since 1970.';

CREATE FUNCTION products.index_batch(p_limit int) RETURNS TABLE (id uuid, change bigint, action text, document text)
LANGUAGE sql STABLE AS $$
    SELECT u.product_id, u.change, json_build_object(
               CASE WHEN d.product_id IS NULL THEN 'delete' ELSE 'index' END,
               json_build_object('_id', u.product_id, 'version', u.change, 'version_type', 'external'))::text,
           d.document::text
      FROM (SELECT product_id, change FROM products.unindexed WHERE not_before <= now()
             ORDER BY change LIMIT p_limit) AS u
      LEFT JOIN products.index_documents d ON d.product_id = u.product_id
     ORDER BY u.change
$$;
COMMENT ON FUNCTION products.index_batch(int) IS
    'What has waited longest to be sent: lines of a bulk request, with no document where the product is no longer for sale.';

CREATE FUNCTION products.indexed(p_answers jsonb) RETURNS void
LANGUAGE sql AS $$
    WITH answers AS (
        SELECT (a->>'id')::uuid AS id, (a->>'change')::bigint AS change, (a->>'refused')::boolean AS refused
          FROM jsonb_array_elements(p_answers) AS a),
    done AS (
        DELETE FROM products.unindexed u USING answers a
         WHERE u.product_id = a.id AND u.change = a.change AND NOT a.refused)
    UPDATE products.unindexed u
       SET attempts = u.attempts + 1, not_before = now() + least(interval '10 seconds' * 2 ^ u.attempts, interval '1 hour')
      FROM answers a WHERE u.product_id = a.id AND u.change = a.change AND a.refused
$$;
COMMENT ON FUNCTION products.indexed(jsonb) IS
    'What the engine said of a batch, [{id, change, refused}]: what it has need not be sent again unless it has changed since; what it refused is sent later.';

-- What is asked for --------------------------------------------------------------------------

CREATE FUNCTION products.engine_text(p_text text) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
    -- "quotes" and -without mean the same to the engine as to PostgreSQL, other signs do not.
    SELECT regexp_replace(regexp_replace(translate(shared.fold(p_text), '+|*()~\', '       '),
                                         '(^|\s)-+(?=\s|$)', '\1', 'g'), '(^|\s)-+', '\1-', 'g')
$$;
COMMENT ON FUNCTION products.engine_text(text) IS 'What was typed as a simple query string of the engine.';

CREATE FUNCTION products.wanted_words(p_text text) RETURNS tsvector
LANGUAGE sql STABLE AS $$
    SELECT to_tsvector('shared.portuguese', regexp_replace(p_text, '(^|\s)-\S+', ' ', 'g'))
$$;
COMMENT ON FUNCTION products.wanted_words(text) IS 'The words of a text but those that are to be left out.';

CREATE FUNCTION products.other_names(p_text text, p_word text, p_synonyms text[]) RETURNS SETOF text
LANGUAGE sql STABLE AS $$
    SELECT trim(coalesce(string_agg(token, ' ' ORDER BY n), '') || ' ' || products.engine_text(synonym))
      FROM unnest(p_synonyms) AS synonym
      LEFT JOIN regexp_split_to_table(p_text, '\s+') WITH ORDINALITY AS tokens (token, n)
        ON token LIKE '-%' OR NOT to_tsvector('shared.portuguese', token) @@ replace(plainto_tsquery('shared.portuguese', p_word)::text, '&', '|')::tsquery
     GROUP BY synonym
$$;
COMMENT ON FUNCTION products.other_names(text, text, text[]) IS 'A text with what its word is also called in the place of that word.';

CREATE FUNCTION products.left_out(p_text text, p_word text, p_synonyms text[]) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT coalesce(string_agg('-' || shared.fold(synonym) || ' ', ''), '') || p_text
      FROM unnest(p_synonyms) AS synonym
     WHERE synonym ~ '^[[:alnum:]]+$' AND EXISTS (
           SELECT FROM regexp_split_to_table(p_text, '\s+') AS token
            WHERE token LIKE '-%'
              AND to_tsvector('shared.portuguese', token) @@ plainto_tsquery('shared.portuguese', p_word))
$$;
COMMENT ON FUNCTION products.left_out(text, text, text[]) IS 'A text that leaves out what its word is also called where it leaves out that word.';

CREATE FUNCTION products.unfinished(p_text text) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT NOT EXISTS (SELECT FROM products.words
                        WHERE word = shared.fold((regexp_match(p_text, '^(?:[^"]*\s)?([[:alnum:]]+)$'))[1]))
$$;
COMMENT ON FUNCTION products.unfinished(text) IS
    'Whether the last word of a text may be one''s beginning: no product has it as it stands. People search while they type.';

CREATE FUNCTION products.wordings(p_typed text, p_corrected text) RETURNS text[]
LANGUAGE plpgsql STABLE AS $$
DECLARE
    texts   text[];
    synonym products.synonyms;
BEGIN
    -- What stands on either side of "or" is found for itself.
    texts := ARRAY(
        SELECT DISTINCT trim(part)
          FROM unnest(ARRAY[p_typed, p_corrected]) AS given
         CROSS JOIN regexp_split_to_table(products.engine_text(given),
                                          CASE WHEN given LIKE '%"%' THEN '^$' ELSE '\mor\M' END) AS part
         WHERE trim(part) <> '');
    FOR synonym IN
        SELECT s.* FROM products.synonyms s
         WHERE to_tsvector('shared.portuguese', array_to_string(texts, ' . ')) @@ plainto_tsquery('shared.portuguese', s.word)
         ORDER BY s.word LIMIT 10 LOOP
        texts := ARRAY(SELECT products.left_out(t, synonym.word, synonym.synonyms) FROM unnest(texts) AS t);
        texts := texts || ARRAY(
            SELECT other FROM unnest(texts) AS t CROSS JOIN products.other_names(t, synonym.word, synonym.synonyms) AS other
             WHERE t NOT LIKE '%"%'
               AND products.wanted_words(t) @@ plainto_tsquery('shared.portuguese', synonym.word));
    END LOOP;
    RETURN ARRAY(SELECT w FROM (
        SELECT t AS w FROM unnest(texts[:40]) AS t
        UNION
        SELECT t || '*' FROM unnest(texts[:40]) AS t WHERE t ~ '^([^"]*\s)?[[:alnum:]]+$' AND products.unfinished(t)) AS all_of_them ORDER BY w);
END
$$;
COMMENT ON FUNCTION products.wordings(text, text) IS
    'What was typed and what else it may mean, each as a simple query string of the engine; one of them is to be found.';

CREATE FUNCTION products.engine_words(p_wordings text[], p_code text, p_field text) RETURNS json
LANGUAGE sql IMMUTABLE AS $$
    SELECT json_build_object('bool', json_build_object('minimum_should_match', 1, 'should', json_agg(clause)))
      FROM (SELECT json_build_object('simple_query_string', json_build_object(
                       'query', w, 'fields', json_build_array(p_field), 'default_operator', 'and',
                       'flags', 'NOT|PHRASE|PREFIX|WHITESPACE')) AS clause
              FROM unnest(p_wordings) AS w
            UNION ALL
            SELECT json_build_object('term', json_build_object('codes', p_code))) AS clauses
$$;
COMMENT ON FUNCTION products.engine_words(text[], text, text) IS 'A query for one of these wordings in a field, or for a code.';

CREATE FUNCTION products.engine_attribute(p_name text, p_condition json) RETURNS json
LANGUAGE sql IMMUTABLE AS $$
    SELECT json_build_object('nested', json_build_object('path', 'attributes', 'query', json_build_object(
               'bool', json_build_object('filter', json_build_array(
                   json_build_object('term', json_build_object('attributes.name', p_name)), p_condition)))))
$$;
COMMENT ON FUNCTION products.engine_attribute(text, json) IS 'A query for products of whose attributes one has this name and fits.';

CREATE FUNCTION products.engine_filters(p jsonb) RETURNS SETOF json
LANGUAGE sql STABLE AS $$
    SELECT json_build_object('terms', json_build_object('category_ids', ARRAY(
               SELECT products.category_called(p->>'category'))))
     WHERE p ? 'category'
    UNION ALL
    SELECT json_build_object('terms', json_build_object('brand_key', ARRAY(
               SELECT shared.fold(b) FROM jsonb_array_elements_text(p->'brand') AS b)))
     WHERE p ? 'brand'
    UNION ALL
    SELECT json_build_object('term', json_build_object('in_stock', p->'in_stock')) WHERE p ? 'in_stock'
    UNION ALL
    SELECT json_build_object('range', json_build_object('price', json_strip_nulls(
               json_build_object('gte', p->'min_price', 'lte', p->'max_price'))))
     WHERE p ?| ARRAY['min_price', 'max_price']
    UNION ALL
    SELECT products.engine_attribute(substr(key, 6), json_build_object('terms', json_build_object('attributes.value', ARRAY(
               SELECT coalesce(CASE WHEN a.name IS NOT NULL THEN products.number_text(v) END, v)
                 FROM jsonb_array_elements_text(value) AS v))))
      FROM jsonb_each(p) LEFT JOIN products.attributes a ON 'attr.' || a.name = key AND a.type = 'number'
     WHERE key LIKE 'attr.%'
    UNION ALL
    SELECT products.engine_attribute(name, json_build_object('range', json_build_object('attributes.number',
               json_object_agg(CASE operator WHEN '>=' THEN 'gte' ELSE 'lte' END, bound::numeric))))
      FROM products.bounded_attributes(p) GROUP BY name
$$;
COMMENT ON FUNCTION products.engine_filters(jsonb) IS 'What the filters of a list ask of the engine, its query string as JSON.';

CREATE FUNCTION products.engine_query(p jsonb, p_corrected text) RETURNS json
LANGUAGE plpgsql STABLE AS $$
DECLARE
    typed    text := trim(p->>'q');
    filters  json[] := ARRAY(SELECT products.engine_filters(p));
    wordings text[];
BEGIN
    IF coalesce(typed, '') = '' THEN
        RETURN json_build_object('bool', json_build_object('filter', filters));
    END IF;
    wordings := products.wordings(typed, p_corrected);
    -- The score is the rank: 2 for the name, 1 for name, brand and categories, 0 for elsewhere.
    RETURN json_build_object('bool', json_build_object(
        'filter', filters || products.engine_words(wordings, lower(typed), 'anywhere'),
        'minimum_should_match', 0,
        'should', (SELECT json_agg(json_build_object('constant_score', json_build_object(
                              'filter', products.engine_words(wordings, lower(typed), field), 'boost', 1)))
                     FROM unnest(ARRAY['named', 'titled']) AS field)));
END
$$;
COMMENT ON FUNCTION products.engine_query(jsonb, text) IS 'What the query string of a list asks of the engine.';

CREATE FUNCTION products.engine_order(p_order text) RETURNS json
LANGUAGE sql IMMUTABLE AS $$
    SELECT json_agg(json_build_object(field, json_build_object('order', direction)) ORDER BY place)
      FROM (VALUES ('-created_at', 1, 'created_at', 'desc'), ('-created_at', 2, 'id', 'desc'),
                   ('price', 1, 'price', 'asc'), ('price', 2, 'id', 'asc'),
                   ('-price', 1, 'price', 'desc'), ('-price', 2, 'id', 'desc'),
                   ('name', 1, 'sort_name', 'asc'), ('name', 2, 'id', 'asc'),
                   ('-popularity', 1, 'popularity', 'desc'), ('-popularity', 2, 'id', 'desc'),
                   ('relevance', 1, '_score', 'desc'), ('relevance', 2, 'popularity', 'desc'), ('relevance', 3, 'id', 'desc'))
           AS orders (name, place, field, direction)
     WHERE name = p_order
$$;
COMMENT ON FUNCTION products.engine_order(text) IS 'How the engine sorts in an order of the list.';

CREATE FUNCTION products.engine_after(p_order text, p_value text, p_id uuid) RETURNS json
LANGUAGE sql STABLE AS $$
    SELECT CASE p_order
           WHEN '-created_at' THEN json_build_array((extract(epoch FROM p_value::timestamptz) * 1000000)::bigint, p_id)
           WHEN 'relevance' THEN json_build_array(p_value::bigint >> 32, p_value::bigint & 4294967295, p_id)
           WHEN 'name' THEN json_build_array(p_value, p_id)
           ELSE json_build_array(p_value::bigint, p_id) END
$$;
COMMENT ON FUNCTION products.engine_after(text, text, uuid) IS 'Where a page goes on for the engine: the last row''s sort values.';

CREATE FUNCTION products.engine_facets_wanted() RETURNS json
LANGUAGE sql STABLE AS $$
    SELECT json_strip_nulls(json_build_object(
        'price', json '{"stats": {"field": "price"}}',
        'in_stock', json '{"terms": {"field": "in_stock"}}',
        'brands', json '{"terms": {"field": "brand_key", "size": 30},
                         "aggs": {"names": {"terms": {"field": "brand_name", "size": 1, "order": {"_key": "asc"}}}}}',
        'categories', json '{"terms": {"field": "category_ids", "size": 50}}',
        'attributes', (
            SELECT json_build_object('nested', json '{"path": "attributes"}', 'aggs', json_build_object('names', json_build_object(
                       'terms', json_build_object('field', 'attributes.name', 'size', 30, 'order', json '{"_key": "asc"}',
                                                  'include', json_agg(name ORDER BY name)),
                       'aggs', json '{"values": {"terms": {"field": "attributes.value", "size": 21}},
                                      "numbers": {"stats": {"field": "attributes.number"}}}')))
              FROM products.attributes WHERE filterable HAVING count(*) > 0)))
$$;
COMMENT ON FUNCTION products.engine_facets_wanted() IS 'What the engine is to count.';

CREATE FUNCTION products.engine_search(p_url text, p jsonb, p_corrected text, p_order text, p_value text, p_id uuid, p_limit int)
RETURNS json
LANGUAGE sql STABLE AS $$
    SELECT json_strip_nulls(json_build_object(
               'size', p_limit + 1, '_source', false, 'track_total_hits', false,
               'query', products.engine_query(p, p_corrected), 'sort', products.engine_order(p_order),
               'search_after', CASE WHEN p_value IS NOT NULL THEN products.engine_after(p_order, p_value, p_id) END,
               'aggs', CASE WHEN (p->>'facets')::boolean THEN products.engine_facets_wanted() END))
      FROM products.search_index WHERE url = p_url AND state = 'ready'
$$;
COMMENT ON FUNCTION products.engine_search(text, jsonb, text, text, text, uuid, int) IS
    'A search request for a page of a list; none while the index there is not filled.';

-- What it answered ---------------------------------------------------------------------------

CREATE FUNCTION products.engine_page(p_hits jsonb, p_order text)
RETURNS TABLE (document text, value text, id uuid, available text)
LANGUAGE sql STABLE AS $$
    SELECT s.document, CASE p_order
           WHEN '-created_at' THEN to_json(timestamptz 'epoch' + (h.sort->>0)::bigint * interval '1 microsecond')#>>'{}'
           WHEN 'relevance' THEN ((h.sort->>0)::float8::bigint << 32 | (h.sort->>1)::bigint)::text
           WHEN 'name' THEN h.sort->>0
           ELSE (h.sort->>0)::bigint::text END, h.id, s.available
      FROM (SELECT (hit->>'_id')::uuid AS id, hit->'sort' AS sort, place
              FROM jsonb_array_elements(p_hits) WITH ORDINALITY AS hits (hit, place)) AS h
      LEFT JOIN products.listing l ON l.product_id = h.id
      LEFT JOIN products.shown s ON s.id = l.product_id
     ORDER BY h.place
$$;
COMMENT ON FUNCTION products.engine_page(jsonb, text) IS
    'The products that the engine found, as they are at this moment; without a document where one is no longer for sale.';

CREATE FUNCTION products.engine_values(p_buckets jsonb) RETURNS json
LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(json_agg(json_build_object('value', coalesce(b#>'{names,buckets,0,key}', b->'key'), 'count', b->'doc_count')
                             ORDER BY b->'doc_count' DESC, coalesce(b#>>'{names,buckets,0,key}', b->>'key')), '[]')
      FROM jsonb_array_elements(p_buckets) AS b
$$;
COMMENT ON FUNCTION products.engine_values(jsonb) IS 'Values and their counts as facets tell them.';

CREATE FUNCTION products.engine_facets(p jsonb) RETURNS json
LANGUAGE sql STABLE AS $$
    SELECT json_build_object(
        'complete', true,
        'price', json_build_object('min', ((p#>>'{price,min}')::numeric)::bigint, 'max', ((p#>>'{price,max}')::numeric)::bigint),
        'in_stock', json_build_object(
            'true', coalesce(jsonb_path_query_first(p, '$.in_stock.buckets[*] ? (@.key_as_string == "true").doc_count'), '0'),
            'false', coalesce(jsonb_path_query_first(p, '$.in_stock.buckets[*] ? (@.key_as_string == "false").doc_count'), '0')),
        'brands', products.engine_values(p#>'{brands,buckets}'),
        'categories', (SELECT coalesce(json_agg(json_build_object('id', c.id, 'parent_id', c.parent_id, 'slug', c.slug,
                                                                  'name', c.name, 'count', b->'doc_count')
                                                ORDER BY b->'doc_count' DESC, c.name), '[]')
                         FROM jsonb_array_elements(p#>'{categories,buckets}') AS b
                         JOIN products.categories c ON c.id::text = b->>'key'),
        'attributes', (SELECT coalesce(json_agg(products.attribute_facet(
                                  a.name, CASE a.type WHEN 'number' THEN trim_scale((b#>>'{numbers,min}')::numeric) END,
                                  CASE a.type WHEN 'number' THEN trim_scale((b#>>'{numbers,max}')::numeric) END,
                                  CASE WHEN a.type <> 'number' OR jsonb_array_length(b#>'{values,buckets}') <= 20
                                       THEN products.engine_values(jsonb_path_query_array(b, '$.values.buckets[0 to 19]')) END)
                                  ORDER BY a.name), '[]')
                         FROM jsonb_array_elements(coalesce(p#>'{attributes,names,buckets}', '[]')) AS b
                         JOIN products.attributes a ON a.name = b->>'key'))
$$;
COMMENT ON FUNCTION products.engine_facets(jsonb) IS 'What the engine counted, as products.facets() tells it.';

GRANT SELECT, INSERT, UPDATE, DELETE ON products.search_index, products.unindexed TO vendas_products;
GRANT USAGE ON SEQUENCE products.changes TO vendas_products;
GRANT SELECT ON products.index_documents TO vendas_products;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA products FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA products TO vendas_products;

SELECT registry.classify(t, 'neither', columns, NULL, NULL) FROM (VALUES
    ('products.search_index', 'one url state filled_to since'),
    ('products.unindexed', 'product_id change attempts not_before')
) AS register (t, columns);
