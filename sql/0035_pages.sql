-- Pages of the list, however many products fit. Three ways lead to a page: to walk along the order
-- and leave out what does not fit, which is short where much fits; to gather all that fits and sort
-- it, which is short where little does; and between them, to gather what fits of the next stretch of
-- the order, of which two indexes know it. Which one it is no statistics tell ("aço inox" is no
-- chance meeting of two words), so the first steps of the walk do.

CREATE FUNCTION products.page_by(p_sort text, p_query tsquery, p_min bigint, p_max bigint, p_bounds jsonpath,
                                 p_value text, p_id uuid, p_limit int)
RETURNS TABLE (value text, product_id uuid)
LANGUAGE plpgsql VOLATILE ROWS 25 AS $$
DECLARE
    sample CONSTANT int := 500;
    along   text := ltrim(p_sort, '-');
    descend boolean := p_sort LIKE '-%';
    ordered text := replace(format('ORDER BY %I ~, product_id ~', along), '~', CASE WHEN descend THEN 'DESC' ELSE 'ASC' END);
    fits    text := concat_ws(' AND ', 'true', CASE WHEN p_query IS NOT NULL THEN 'search @@ $1' END,
                              CASE WHEN p_min IS NOT NULL THEN 'price >= $2' END,
                              CASE WHEN p_max IS NOT NULL THEN 'price <= $3' END,
                              CASE WHEN p_bounds IS NOT NULL THEN 'attributes @@ $4' END);
    kind    text := (SELECT format_type(atttypid, NULL) FROM pg_attribute
                      WHERE attrelid = 'products.listing'::regclass AND attname = along);
    beyond  text := CASE WHEN p_value IS NULL THEN 'true'
                         ELSE format('(%I, product_id) %s ($5::%s, $6)', along, CASE WHEN descend THEN '<' ELSE '>' END, kind) END;
    page    text := format('SELECT array_agg(to_json(v)#>>''{}''), array_agg(product_id)
                              FROM (SELECT product_id, %1$I AS v FROM ~ %2$s LIMIT $7) AS page', along, ordered);
    walk    text := replace(page, '~', format('(SELECT * FROM products.listing WHERE %s %s LIMIT $8) AS steps WHERE %s',
                                              beyond, ordered, fits));
    gather  text := format('WITH found AS MATERIALIZED (SELECT product_id, %I FROM products.listing
                                                         WHERE %s AND %s AND ~) ', along, beyond, fits)
                    || replace(page, '~', 'found');
    total   float8 := (SELECT greatest(reltuples, 1) FROM pg_class WHERE oid = 'products.listing'::regclass);
    share   float8; -- of all, that fits
    plan    json;
    steps   int;
    stretch text;   -- the sort value at its end
    vals    text[];
    ids     uuid[];
BEGIN
    EXECUTE walk INTO vals, ids USING p_query, p_min, p_max, p_bounds, p_value, p_id, p_limit,
            CASE WHEN fits = 'true' THEN p_limit ELSE sample END;
    IF fits <> 'true' AND coalesce(cardinality(ids), 0) < p_limit THEN
        -- The newest may all be of another kind, hence what the statistics say, too (EXPLAIN wants a
        -- function that is VOLATILE).
        EXECUTE 'EXPLAIN (FORMAT JSON) SELECT FROM products.listing WHERE ' || fits INTO plan
          USING p_query, p_min, p_max, p_bounds;
        share := greatest(coalesce(cardinality(ids), 0)::float8 / sample, (plan->0->'Plan'->>'Plan Rows')::float8 / total);
        -- A step of the walk costs about twice what a row costs that is gathered.
        IF share * share * total > 2 * p_limit THEN
            EXECUTE walk INTO vals, ids USING p_query, p_min, p_max, p_bounds, p_value, p_id, p_limit,
                    (share * total / 2)::bigint;
        ELSIF share * total > 20 * p_limit THEN
            FOREACH steps IN ARRAY ARRAY[4 * p_limit / share, 32 * p_limit / share]::int[] LOOP
                EXECUTE format('SELECT %1$I::text AS v FROM products.listing WHERE %2$s %3$s OFFSET $8 LIMIT 1', along, beyond, ordered)
                   INTO stretch USING p_query, p_min, p_max, p_bounds, p_value, p_id, p_limit, steps;
                EXIT WHEN stretch IS NULL;
                EXECUTE replace(gather, '~', format('%I %s %L::%s', along, CASE WHEN descend THEN '>=' ELSE '<=' END, stretch, kind))
                   INTO vals, ids USING p_query, p_min, p_max, p_bounds, p_value, p_id, p_limit;
                EXIT WHEN cardinality(ids) = p_limit;
            END LOOP;
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

-- A word that some product has is found as it stands, and no longer where it begins another: of a
-- common word all these had to be put together.
CREATE FUNCTION products.wanted(p_text text) RETURNS tsquery
LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN products.unfinished(p_text) THEN products.search_query(p_text)
                ELSE websearch_to_tsquery('shared.portuguese', p_text) END
$$;
COMMENT ON FUNCTION products.wanted(text) IS 'What a list is asked for as a full-text query; a last word that no product has is the beginning of one.';

CREATE OR REPLACE FUNCTION products.asked(p jsonb, OUT words tsquery, OUT filters tsquery, OUT corrected text)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    typed text := trim(p->>'q');
BEGIN
    filters := products.filter_query(p);
    IF typed IS NULL OR typed = '' THEN
        RETURN;
    END IF;
    words := products.wanted(typed);
    corrected := products.corrected(typed);
    -- As typed, too: a word may be so new that it was not learned yet.
    IF corrected IS NOT NULL THEN
        words := words || products.wanted(corrected);
    END IF;
    words := products.with_synonyms(words) || products.lexeme(lower(typed));
END
$$;

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

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA products FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA products TO vendas_products;
