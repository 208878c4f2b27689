-- Pages of the list, however many products fit. Two ways lead to a page: to walk along the order
-- and leave out what does not fit, which is short where much fits; or to gather all that fits and
-- sort it, which is short where little does. Which one it is no statistics tell ("aço inox" is no
-- chance meeting of two words), so the first steps of the walk do.

CREATE INDEX listing_sold_idx ON products.listing USING gin (search) WITH (fastupdate = off) WHERE popularity > 0;

CREATE FUNCTION products.page_by(p_sort text, p_query tsquery, p_min bigint, p_max bigint, p_bounds jsonpath,
                                 p_value text, p_id uuid, p_limit int)
RETURNS TABLE (value text, product_id uuid)
LANGUAGE plpgsql VOLATILE ROWS 25 AS $$
DECLARE
    sample CONSTANT int := 500;
    along   text := ltrim(p_sort, '-');
    descend boolean := p_sort LIKE '-%';
    fits    text := concat_ws(' AND ', CASE WHEN p_query IS NOT NULL THEN 'search @@ $1' END,
                              CASE WHEN p_min IS NOT NULL THEN 'price >= $2' END,
                              CASE WHEN p_max IS NOT NULL THEN 'price <= $3' END,
                              CASE WHEN p_bounds IS NOT NULL THEN 'attributes @@ $4' END);
    beyond  text := CASE WHEN p_value IS NULL THEN 'true'
                         ELSE format('(%I, product_id) %s ($5::%s, $6)', along, CASE WHEN descend THEN '<' ELSE '>' END,
                                     (SELECT format_type(atttypid, NULL) FROM pg_attribute
                                       WHERE attrelid = 'products.listing'::regclass AND attname = along)) END;
    ordered text := replace(format('ORDER BY %I ~, product_id ~', along), '~', CASE WHEN descend THEN 'DESC' ELSE 'ASC' END);
    filter  text := coalesce(nullif(fits, ''), 'true');
    walk    text := format('WITH page AS (SELECT product_id, %1$I AS v FROM
                                (SELECT * FROM products.listing WHERE %2$s %3$s LIMIT $8) AS steps WHERE %4$s %3$s LIMIT $7)
                            SELECT array_agg(to_json(v)#>>''{}''), array_agg(product_id) FROM page',
                           along, beyond, ordered, filter);
    gather  text := format('WITH found AS MATERIALIZED (SELECT product_id, %1$I FROM products.listing
                                                         WHERE %2$s AND %4$s AND ~),
                                page AS (SELECT product_id, %1$I AS v FROM found %3$s LIMIT $7)
                            SELECT array_agg(to_json(v)#>>''{}''), array_agg(product_id) FROM page',
                           along, beyond, ordered, filter);
    total   float8 := (SELECT reltuples FROM pg_class WHERE oid = 'products.listing'::regclass);
    share   float8; -- of all, that fits
    plan    json;
    vals    text[];
    ids     uuid[];
BEGIN
    EXECUTE walk INTO vals, ids USING p_query, p_min, p_max, p_bounds, p_value, p_id, p_limit,
            CASE WHEN fits = '' THEN p_limit ELSE sample END;
    share := coalesce(cardinality(ids), 0)::float8 / sample;
    IF coalesce(cardinality(ids), 0) < p_limit AND fits <> '' THEN
        -- The newest may all be of another kind, hence what the statistics say, too (EXPLAIN wants a
        -- function that is VOLATILE).
        EXECUTE 'EXPLAIN (FORMAT JSON) SELECT FROM products.listing WHERE ' || fits INTO plan
          USING p_query, p_min, p_max, p_bounds;
        share := greatest(share, (plan->0->'Plan'->>'Plan Rows')::float8 / greatest(total, 1));
        -- A step of the walk costs about twice what a row costs that is gathered.
        IF share * share * total > 2 * p_limit THEN
            EXECUTE walk INTO vals, ids USING p_query, p_min, p_max, p_bounds, p_value, p_id, p_limit,
                    (share * total / 2)::bigint;
        END IF;
        -- Of what sells there is little, and it comes first.
        IF coalesce(cardinality(ids), 0) < p_limit AND p_sort = '-popularity' AND coalesce(p_value::int > 0, true) THEN
            EXECUTE replace(gather, '~', 'popularity > 0') INTO vals, ids
              USING p_query, p_min, p_max, p_bounds, p_value, p_id, p_limit;
        END IF;
        IF coalesce(cardinality(ids), 0) < p_limit THEN
            EXECUTE replace(gather, '~', 'true') INTO vals, ids
              USING p_query, p_min, p_max, p_bounds, p_value, p_id, p_limit;
        END IF;
    END IF;
    RETURN QUERY SELECT * FROM unnest(vals, ids);
END
$$;
COMMENT ON FUNCTION products.page_by(text, tsquery, bigint, bigint, jsonpath, text, uuid, int) IS
    'The next products that fit, in an order of products.listing (price, -price, -created_at, name, -popularity) after a sort value and id; null: from the start.';

-- A value by relevance is the rank in its upper half, then how well the product sells. A rank is
-- looked at only when the ones before it do not fill the page.
CREATE FUNCTION products.page(p_sort text, p_words tsquery, p_filters tsquery, p_min bigint, p_max bigint, p_bounds jsonpath,
                              p_value text, p_id uuid, p_limit int)
RETURNS TABLE (value text, product_id uuid)
LANGUAGE plpgsql VOLATILE ROWS 25 AS $$
DECLARE
    begun   bigint;
    missing int := p_limit;
    found   int;
BEGIN
    IF p_sort <> 'relevance' THEN
        RETURN QUERY SELECT * FROM products.page_by(p_sort, products.both(p_words, p_filters), p_min, p_max, p_bounds,
                                                    p_value, p_id, p_limit);
        RETURN;
    END IF;
    begun := p_value;
    FOR rank IN REVERSE coalesce(begun >> 32, 2)::int .. 0 LOOP
        RETURN QUERY
        SELECT (rank::bigint << 32 | p.value::bigint)::text, p.product_id
          FROM products.page_by('-popularity', products.both(products.ranked(p_words, rank), p_filters), p_min, p_max, p_bounds,
                                CASE WHEN rank = begun >> 32 THEN (begun & 4294967295)::text END,
                                CASE WHEN rank = begun >> 32 THEN p_id END, missing) AS p;
        GET DIAGNOSTICS found = ROW_COUNT;
        missing := missing - found;
        EXIT WHEN missing = 0;
    END LOOP;
END
$$;
COMMENT ON FUNCTION products.page(text, tsquery, tsquery, bigint, bigint, jsonpath, text, uuid, int) IS
    'The next products that fit, in any order. By relevance come those that have all words in their names, then in name, brand and categories, then anywhere, the better sold first.';

-- Counts are made of what was grouped before: there are thousands of products, and few brands.
CREATE OR REPLACE FUNCTION products.facets(p_query tsquery, p_min bigint, p_max bigint, p_bounds jsonpath, p_limit int) RETURNS json
LANGUAGE sql STABLE AS $$
    WITH RECURSIVE found AS MATERIALIZED (
        SELECT price, in_stock, brand, category_ids, attributes FROM products.listing
         WHERE (p_query IS NULL OR search @@ p_query)
           AND (p_min IS NULL OR price >= p_min) AND (p_max IS NULL OR price <= p_max)
           AND (p_bounds IS NULL OR attributes @@ p_bounds)
         LIMIT p_limit + 1),
    above (category_id, above_id) AS (
        SELECT id, id FROM products.categories
        UNION ALL
        SELECT a.category_id, c.parent_id FROM above a JOIN products.categories c ON c.id = a.above_id
         WHERE c.parent_id IS NOT NULL),
    places AS (SELECT category_ids, count(*) AS n FROM found GROUP BY 1),
    counted AS (
        SELECT id, sum(n) AS n
          FROM (SELECT DISTINCT p.category_ids, a.above_id AS id, p.n
                  FROM places p CROSS JOIN unnest(p.category_ids) AS own (id) JOIN above a ON a.category_id = own.id) AS once
         GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 50),
    brands AS (
        SELECT min(brand) AS value, sum(n) AS n
          FROM (SELECT brand, count(*) AS n FROM found WHERE brand IS NOT NULL GROUP BY 1) AS b
         GROUP BY shared.fold(brand) ORDER BY 2 DESC, 1 LIMIT 30),
    written AS (SELECT key, value, count(*) AS n FROM found CROSS JOIN jsonb_each_text(attributes) GROUP BY 1, 2),
    attribute_values AS (
        SELECT w.key AS name, t.number, coalesce(t.number::text, w.value) AS value, sum(w.n) AS n
          FROM written w JOIN products.attributes d ON d.name = w.key AND d.filterable
         CROSS JOIN LATERAL (SELECT CASE d.type WHEN 'number' THEN trim_scale(w.value::numeric) END AS number) AS t
         GROUP BY 1, 2, 3),
    placed AS (
        SELECT *, row_number() OVER (PARTITION BY name ORDER BY n DESC, value) AS place,
               count(*) OVER (PARTITION BY name) AS number_of_values
          FROM attribute_values)
    SELECT json_build_object(
        'complete', (SELECT count(*) <= p_limit FROM found),
        'price', (SELECT json_build_object('min', min(price), 'max', max(price)) FROM found),
        'in_stock', (SELECT json_build_object('true', count(*) FILTER (WHERE in_stock),
                                              'false', count(*) FILTER (WHERE NOT in_stock)) FROM found),
        'brands', (SELECT coalesce(json_agg(json_build_object('value', value, 'count', n) ORDER BY n DESC, value), '[]') FROM brands),
        'categories', (SELECT coalesce(json_agg(json_build_object('id', c.id, 'parent_id', c.parent_id, 'slug', c.slug,
                                                                  'name', c.name, 'count', n.n) ORDER BY n.n DESC, c.name), '[]')
                         FROM counted n JOIN products.categories c ON c.id = n.id),
        'attributes', (SELECT coalesce(json_agg(facet ORDER BY name), '[]') FROM (
            SELECT name, products.attribute_facet(
                       name, min(number), max(number),
                       json_agg(json_build_object('value', value, 'count', n) ORDER BY n DESC, value)
                           FILTER (WHERE place <= 20 AND (number IS NULL OR number_of_values <= 20))) AS facet
              FROM placed GROUP BY name ORDER BY name LIMIT 30) AS a))
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA products FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA products TO vendas_products;
