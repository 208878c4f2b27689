-- Lists are filtered by numeric attributes: from and up to a number, and by a number however it is
-- written. Lexemes find who has such an attribute at all, or a value that is written alike; a
-- jsonpath on products.listing.attributes compares the numbers themselves, and says which.

CREATE FUNCTION products.number_text(p_text text) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN p_text ~ '^-?[0-9]{1,40}([.][0-9]{1,40})?$' THEN trim_scale(p_text::numeric)::text END
$$;
COMMENT ON FUNCTION products.number_text(text) IS 'A number without what is written for nothing: 2.50 is 2.5. Null for what is none.';

CREATE FUNCTION products.bounded_attributes(p jsonb) RETURNS TABLE (key text, name text, operator text, bound text)
LANGUAGE sql IMMUTABLE AS $$
    SELECT key, substr(key, 10), CASE left(key, 3) WHEN 'min' THEN '>=' ELSE '<=' END, value#>>'{}'
      FROM jsonb_each(p) WHERE key LIKE 'min\_attr.%' OR key LIKE 'max\_attr.%'
$$;
COMMENT ON FUNCTION products.bounded_attributes(jsonb) IS 'The bounds of attributes in the query string of a list, as JSON.';

CREATE FUNCTION products.bounds(p jsonb) RETURNS jsonpath
LANGUAGE plpgsql STABLE AS $$
DECLARE
    faults jsonb;
BEGIN
    SELECT jsonb_agg(jsonb_build_object('pointer', b.key, 'code', 'not_numeric_attribute') ORDER BY b.key)
      INTO faults FROM products.bounded_attributes(p) AS b
     WHERE NOT EXISTS (SELECT FROM products.attributes a WHERE a.name = b.name AND a.type = 'number');
    IF faults IS NOT NULL THEN
        PERFORM shared.fail(422, 'validation_failed', jsonb_build_object('errors', faults));
    END IF;
    RETURN (SELECT string_agg(condition, ' && ')::jsonpath FROM (
        SELECT format('$.%s %s %s', to_json(name), operator, bound) AS condition FROM products.bounded_attributes(p)
        UNION ALL
        SELECT '(' || string_agg(format('$.%s == %s', to_json(a.name), products.number_text(v)), ' || ') || ')'
          FROM jsonb_each(p) AS asked JOIN products.attributes a ON 'attr.' || a.name = asked.key AND a.type = 'number'
         CROSS JOIN LATERAL jsonb_array_elements_text(asked.value) AS v
         WHERE products.number_text(v) IS NOT NULL GROUP BY a.name) AS conditions);
END
$$;
COMMENT ON FUNCTION products.bounds(jsonb) IS
    'What the query string of a list, as JSON, asks of numeric attributes; null: nothing. Bounds of an attribute that is none are refused.';

CREATE FUNCTION products.attribute_query(p_name text, p_values jsonb) RETURNS tsquery
LANGUAGE sql STABLE AS $$
    SELECT coalesce(string_agg(products.lexeme(products.attribute_lexeme(p_name, coalesce(number, v)))::text
                               || CASE WHEN number IS NULL THEN '' ELSE ':*' END, ' | '), '''none:''')::tsquery
      FROM jsonb_array_elements_text(p_values) AS v
      LEFT JOIN products.attributes a ON a.name = p_name AND a.type = 'number'
     CROSS JOIN LATERAL (SELECT CASE WHEN a.name IS NOT NULL THEN products.number_text(v) END AS number) AS n
$$;
COMMENT ON FUNCTION products.attribute_query(text, jsonb) IS
    'A query for one of these values of an attribute; of a number for all that begin so, which products.bounds() narrows to those that are it.';

CREATE FUNCTION products.attribute_facet(p_name text, p_min numeric, p_max numeric, p_values json) RETURNS json
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN p_min IS NULL THEN json_build_object('name', p_name, 'values', coalesce(p_values, '[]'))
                ELSE json_build_object('name', p_name, 'min', p_min, 'max', p_max, 'values', coalesce(p_values, '[]')) END
$$;
COMMENT ON FUNCTION products.attribute_facet(text, numeric, numeric, json) IS
    'What there is to filter by of an attribute: its values with counts; of a number its bounds, too, and only few values.';

CREATE OR REPLACE FUNCTION products.filter_query(p jsonb) RETURNS tsquery
LANGUAGE plpgsql STABLE AS $$
DECLARE
    result tsquery;
    part   tsquery;
BEGIN
    FOR part IN
        SELECT products.any_of(ARRAY(SELECT 'c:' || id FROM products.category_called(p->>'category') AS id))
         WHERE p ? 'category'
        UNION ALL
        SELECT products.any_of(ARRAY(SELECT 'b:' || shared.fold(b) FROM jsonb_array_elements_text(p->'brand') AS b))
         WHERE p ? 'brand'
        UNION ALL
        SELECT products.lexeme(CASE WHEN (p->>'in_stock')::boolean THEN 's:yes' ELSE 's:no' END) WHERE p ? 'in_stock'
        UNION ALL
        SELECT products.attribute_query(substr(key, 6), value) FROM jsonb_each(p) WHERE key LIKE 'attr.%'
        UNION ALL
        SELECT DISTINCT ON (name) (products.lexeme(products.attribute_lexeme(name, ''))::text || ':*')::tsquery
          FROM products.bounded_attributes(p) LOOP
        result := coalesce(result && part, part);
    END LOOP;
    RETURN result;
END
$$;

-- Counts are made of what was grouped before: there are thousands of products, and few brands.
DROP FUNCTION products.facets(tsquery, bigint, bigint, int);
CREATE FUNCTION products.facets(p_query tsquery, p_min bigint, p_max bigint, p_bounds jsonpath, p_limit int) RETURNS json
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
COMMENT ON FUNCTION products.facets(tsquery, bigint, bigint, jsonpath, int) IS
    'What there is among the products that fit, with counts. Of more than p_limit it counts that many and says that it is not complete: there are at least so many.';

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA products FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA products TO vendas_products;
