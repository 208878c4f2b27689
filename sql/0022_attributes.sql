-- Attributes with a type, and which of them a category asks its products for.

-- Tables -------------------------------------------------------------------------------------

CREATE TABLE products.attributes (
    name       text CONSTRAINT attributes_pkey PRIMARY KEY
               CONSTRAINT attributes_name_format CHECK (length(name) BETWEEN 1 AND 60 AND name !~ '[/~[:cntrl:]]'),
    label      text NOT NULL CONSTRAINT attributes_label_length CHECK (length(label) BETWEEN 1 AND 120),
    label_en   text CONSTRAINT attributes_label_en_length CHECK (length(label_en) BETWEEN 1 AND 120),
    type       text NOT NULL CONSTRAINT attributes_type_known CHECK (type IN ('text', 'number', 'boolean', 'choice')),
    unit       text CONSTRAINT attributes_unit_length CHECK (length(unit) BETWEEN 1 AND 20),
    choices    text[] NOT NULL DEFAULT '{}'
               CONSTRAINT attributes_choices_number CHECK (cardinality(choices) <= 500),
    filterable boolean NOT NULL DEFAULT false,
    position   int NOT NULL DEFAULT 0,
    version    int NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT attributes_unit_number CHECK (unit IS NULL OR type = 'number'),
    CONSTRAINT attributes_choices_choice CHECK ((type = 'choice') = (choices <> '{}'))
);
COMMENT ON TABLE products.attributes IS 'Attributes of products whose values have a type. One that is not here may hold anything.';
COMMENT ON COLUMN products.attributes.name IS 'its name among a product''s attributes';
COMMENT ON COLUMN products.attributes.label IS 'for people, in Portuguese';
COMMENT ON COLUMN products.attributes.label_en IS 'for people, in English; null: the Portuguese one';
COMMENT ON COLUMN products.attributes.type IS 'text, number, boolean, or choice: one of the choices';
COMMENT ON COLUMN products.attributes.unit IS 'of a number, such as W';
COMMENT ON COLUMN products.attributes.choices IS 'the texts that a choice is made of, in their order';
COMMENT ON COLUMN products.attributes.filterable IS 'whether lists of products offer to filter by it';
COMMENT ON COLUMN products.attributes.position IS 'order where several are shown, then by name';
COMMENT ON COLUMN products.attributes.version IS 'rises with each change; the ETag';
COMMENT ON COLUMN products.attributes.created_at IS 'when made';
COMMENT ON COLUMN products.attributes.updated_at IS 'when last changed';

CREATE TABLE products.category_attributes (
    category_id uuid NOT NULL CONSTRAINT category_attributes_category_fkey
                REFERENCES products.categories ON DELETE CASCADE,
    attribute   text NOT NULL CONSTRAINT category_attributes_attribute_fkey REFERENCES products.attributes,
    required    boolean NOT NULL,
    CONSTRAINT category_attributes_pkey PRIMARY KEY (category_id, attribute)
);
CREATE INDEX category_attributes_attribute_idx ON products.category_attributes (attribute);
COMMENT ON TABLE products.category_attributes IS 'Which attributes a category asks its products for; those below it ask for them, too.';
COMMENT ON COLUMN products.category_attributes.category_id IS 'the category';
COMMENT ON COLUMN products.category_attributes.attribute IS 'the attribute';
COMMENT ON COLUMN products.category_attributes.required IS 'whether people can''t put a product up for sale without it';

-- Their values -------------------------------------------------------------------------------

CREATE FUNCTION products.value_fits(p_value jsonb, p_type text, p_choices text[]) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE p_type WHEN 'text' THEN jsonb_typeof(p_value) = 'string'
                       WHEN 'choice' THEN jsonb_typeof(p_value) = 'string' AND p_value#>>'{}' = ANY (p_choices)
                       ELSE jsonb_typeof(p_value) = p_type END
$$;
COMMENT ON FUNCTION products.value_fits(jsonb, text, text[]) IS 'Whether a value is of a type of products.attributes.';

CREATE FUNCTION products.attribute_faults(p_attributes jsonb) RETURNS TABLE (name text, code text, expected text)
LANGUAGE sql STABLE AS $$
    SELECT a.name, CASE a.type WHEN 'text' THEN 'not_text' WHEN 'number' THEN 'not_number'
                               WHEN 'boolean' THEN 'not_boolean' ELSE 'not_choice' END,
           array_to_string(a.choices, ', ')
      FROM jsonb_each(p_attributes) AS held (name, value)
      JOIN products.attributes a ON a.name = held.name
     WHERE NOT products.value_fits(held.value, a.type, a.choices)
$$;
COMMENT ON FUNCTION products.attribute_faults(jsonb) IS
    'Which of these attributes of a product are not what they are defined to be; expected: the choices.';

CREATE FUNCTION products.check_attributes() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    faults jsonb;
BEGIN
    IF NOT EXISTS (SELECT FROM changed WHERE attributes <> '{}') THEN
        RETURN NULL;
    END IF;
    -- Nobody changes what an attribute is meanwhile.
    PERFORM pg_advisory_xact_lock_shared(hashtext('products.attributes'));
    SELECT jsonb_agg(jsonb_build_object('pointer', '/attributes/' || fault.name, 'code', fault.code,
                                        'argument', fault.expected) ORDER BY fault.name)
      INTO faults
      FROM (SELECT f.* FROM changed c CROSS JOIN LATERAL products.attribute_faults(c.attributes) AS f
             LIMIT 100) AS fault;
    IF faults IS NOT NULL THEN
        PERFORM shared.fail(422, 'validation_failed', jsonb_build_object('errors', faults));
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION products.check_attributes() IS 'A product''s attributes are what they are defined to be.';
CREATE TRIGGER products_attributes_fit_new AFTER INSERT ON products.products
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION products.check_attributes();
CREATE TRIGGER products_attributes_fit_changed AFTER UPDATE ON products.products
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION products.check_attributes();

CREATE FUNCTION products.missing_attributes(p_product uuid) RETURNS SETOF text
LANGUAGE sql STABLE AS $$
    SELECT DISTINCT ca.attribute
      FROM products.products p
      JOIN products.product_categories pc ON pc.product_id = p.id
     CROSS JOIN LATERAL products.categories_above(pc.category_id) AS up
      JOIN products.category_attributes ca ON ca.category_id = up.id
     WHERE p.id = p_product AND ca.required AND coalesce(p.attributes->>ca.attribute, '') = ''
     ORDER BY 1
$$;
COMMENT ON FUNCTION products.missing_attributes(uuid) IS 'Attributes that a product''s categories ask for and it does not have.';

CREATE FUNCTION products.require_attributes(p_product uuid, p jsonb) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    faults jsonb;
BEGIN
    IF NOT p ?| ARRAY['status', 'attributes', 'category_ids']
       OR NOT EXISTS (SELECT FROM products.products WHERE id = p_product AND status = 'active') THEN
        RETURN;
    END IF;
    SELECT jsonb_agg(jsonb_build_object('pointer', '/attributes/' || name, 'code', 'attribute_required'))
      INTO faults FROM products.missing_attributes(p_product) AS name;
    IF faults IS NOT NULL THEN
        PERFORM shared.fail(422, 'validation_failed', jsonb_build_object('errors', faults));
    END IF;
END
$$;
COMMENT ON FUNCTION products.require_attributes(uuid, jsonb) IS
    'Refuses what a person changed of a product for sale, or put up for sale (p, the body), where its categories ask for more. What is collected is not held to it, nor is a change of something else.';

CREATE OR REPLACE FUNCTION products.edit_product(p_act jsonb, p_id uuid, p jsonb, p_version int) RETURNS uuid
LANGUAGE plpgsql AS $$
DECLARE
    before jsonb;
    fields text[] := products.person_fields(p);
BEGIN
    SELECT to_jsonb(t) || jsonb_build_object('category_ids', ARRAY (
               SELECT c.category_id FROM products.product_categories c
                WHERE c.product_id = p_id ORDER BY c.category_id))
      INTO before FROM products.products t WHERE t.id = p_id FOR UPDATE;
    UPDATE products.products t SET
        locked_fields = ARRAY(SELECT unnest(t.locked_fields) UNION SELECT unnest(fields) ORDER BY 1),
        provenance = t.provenance || products.set_by('person', fields)
     WHERE t.id = p_id;
    PERFORM products.update_product(p_id, p, p_version);
    PERFORM products.require_attributes(p_id, p);
    PERFORM registry.audit_act(p_act, 'product.changed', p_id, shared.members(before, p), p);
    RETURN p_id;
END
$$;
COMMENT ON FUNCTION products.edit_product(jsonb, uuid, jsonb, int) IS
    'products.update_product by a person or a program, and the audit of it. What is set here no collection changes any more.';

-- What is shown ------------------------------------------------------------------------------

CREATE FUNCTION products.attributes_document(p_category uuid) RETURNS json
LANGUAGE sql STABLE AS $$
    -- The nearest category that asks for one is named; those below may ask more of it, not less.
    SELECT coalesce(json_agg(json_build_object(
               'name', a.name, 'label', a.label, 'label_en', a.label_en, 'type', a.type, 'unit', a.unit,
               'choices', a.choices, 'filterable', a.filterable,
               'required', asked.required, 'category_id', asked.category_id)
               ORDER BY a.position, a.name), '[]')
      FROM (SELECT ca.attribute, bool_or(ca.required) AS required,
                   (array_agg(up.id ORDER BY up.distance))[1] AS category_id
              FROM products.categories_above(p_category) AS up
              JOIN products.category_attributes ca ON ca.category_id = up.id
             GROUP BY ca.attribute) AS asked
      JOIN products.attributes a ON a.name = asked.attribute
$$;
COMMENT ON FUNCTION products.attributes_document(uuid) IS 'Attributes that a category asks for, or one above it.';

CREATE VIEW products.category_documents AS
SELECT c.id, c.slug, c.version, json_build_object(
           'id', c.id, 'parent_id', c.parent_id, 'slug', c.slug, 'name', c.name, 'position', c.position,
           'products', t.products, 'products_total', t.products_total,
           'path', (SELECT json_agg(json_build_object('id', p.id, 'slug', p.slug, 'name', p.name)
                                    ORDER BY up.distance DESC)
                      FROM products.categories_above(c.id) AS up JOIN products.categories p ON p.id = up.id),
           'children', (SELECT coalesce(json_agg(json_build_object(
                               'id', b.id, 'slug', b.slug, 'name', b.name, 'products', b.products,
                               'products_total', b.products_total) ORDER BY b.position, b.name), '[]')
                          FROM products.category_tree b WHERE b.parent_id = c.id),
           'attributes', products.attributes_document(c.id),
           'created_at', shared.rfc3339(c.created_at), 'updated_at', shared.rfc3339(c.updated_at)) AS document
  FROM products.categories c JOIN products.category_tree t ON t.id = c.id;
COMMENT ON VIEW products.category_documents IS 'Categories as the API shows one.';

CREATE VIEW products.attribute_documents AS
SELECT a.name, a.position, a.version, json_build_object(
           'name', a.name, 'label', a.label, 'label_en', a.label_en, 'type', a.type, 'unit', a.unit,
           'choices', a.choices, 'filterable', a.filterable, 'position', a.position,
           'created_at', shared.rfc3339(a.created_at), 'updated_at', shared.rfc3339(a.updated_at)) AS document
  FROM products.attributes a;
COMMENT ON VIEW products.attribute_documents IS 'Attributes as the API shows them.';

-- Writing ------------------------------------------------------------------------------------

CREATE FUNCTION products.set_category_attributes(p_act jsonb, p_id uuid, p jsonb, p_version int) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    missing int;
    before  jsonb;
BEGIN
    PERFORM products.own_category(p_id, p_version);
    SELECT n - 1 INTO missing FROM jsonb_array_elements(p) WITH ORDINALITY AS asked (item, n)
     WHERE NOT EXISTS (SELECT FROM products.attributes a WHERE a.name = asked.item->>'name')
     ORDER BY n LIMIT 1;
    IF missing IS NOT NULL THEN
        PERFORM shared.fail(422, 'unknown_attribute', jsonb_build_object('pointer', '/attributes/' || missing || '/name'));
    END IF;
    SELECT coalesce(jsonb_agg(jsonb_build_object('name', attribute, 'required', required) ORDER BY attribute), '[]')
      INTO before FROM products.category_attributes WHERE category_id = p_id;
    DELETE FROM products.category_attributes WHERE category_id = p_id;
    INSERT INTO products.category_attributes (category_id, attribute, required)
    SELECT p_id, item->>'name', bool_or(coalesce((item->>'required')::boolean, false))
      FROM jsonb_array_elements(p) AS asked (item) GROUP BY item->>'name';
    UPDATE products.categories SET version = version + 1, updated_at = now() WHERE id = p_id;
    PERFORM registry.audit_act(p_act, 'category.changed', p_id, jsonb_build_object('attributes', before),
                               jsonb_build_object('attributes', p));
END
$$;
COMMENT ON FUNCTION products.set_category_attributes(jsonb, uuid, jsonb, int) IS
    'Has a category ask for exactly these attributes, [{name, required}], and the audit of it.';

CREATE FUNCTION products.refuse_unfit_values(p_name text, p_type text, p_choices text[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    found record;
BEGIN
    SELECT count(*) AS number, (array_agg(jsonb_build_object('product_id', id, 'value', attributes->p_name) ORDER BY id))[1] AS example
      INTO found FROM products.products
     WHERE attributes ? p_name AND NOT products.value_fits(attributes->p_name, p_type, p_choices);
    IF found.number > 0 THEN
        PERFORM shared.fail(409, 'attribute_values_unfit', jsonb_build_object(
            'products', found.number, 'example', found.example));
    END IF;
END
$$;
COMMENT ON FUNCTION products.refuse_unfit_values(text, text, text[]) IS
    'Refuses a type that does not fit what products hold, with their number and one of them.';

CREATE FUNCTION products.put_attribute(p_act jsonb, p_name text, p jsonb, p_version int) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    present products.attributes;
    listed  text[] := ARRAY(SELECT jsonb_array_elements_text(coalesce(nullif(p->'choices', 'null'), '[]')));
BEGIN
    -- Nobody gives it a value meanwhile.
    PERFORM pg_advisory_xact_lock(hashtext('products.attributes'));
    SELECT * INTO present FROM products.attributes WHERE name = p_name FOR UPDATE;
    IF p_version IS NOT NULL AND p_version IS DISTINCT FROM present.version THEN
        PERFORM shared.fail(412, 'lost_update');
    ELSIF (p->>'type', listed) IS DISTINCT FROM (present.type, present.choices) THEN
        PERFORM products.refuse_unfit_values(p_name, p->>'type', listed);
    END IF;
    INSERT INTO products.attributes (name, label, label_en, type, unit, choices, filterable, position)
    VALUES (p_name, p->>'label', p->>'label_en', p->>'type', p->>'unit', listed,
            coalesce((p->>'filterable')::boolean, false), coalesce((p->>'position')::int, 0))
    ON CONFLICT ON CONSTRAINT attributes_pkey DO UPDATE
       SET label = excluded.label, label_en = excluded.label_en, type = excluded.type, unit = excluded.unit,
           choices = excluded.choices, filterable = excluded.filterable, position = excluded.position,
           version = attributes.version + 1, updated_at = now();
    PERFORM registry.audit_act(
        p_act, CASE WHEN present.name IS NULL THEN 'attribute.created' ELSE 'attribute.changed' END, NULL,
        CASE WHEN present.name IS NOT NULL THEN shared.members(to_jsonb(present), p || '{"name": 0}') END,
        p || jsonb_build_object('name', p_name));
    RETURN present.name IS NULL;
END
$$;
COMMENT ON FUNCTION products.put_attribute(jsonb, text, jsonb, int) IS
    'Defines an attribute, or defines it anew, and the audit of it; whether it is new. p_version null: whatever the present version is.';

CREATE FUNCTION products.delete_attribute(p_act jsonb, p_name text, p_version int) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    present products.attributes;
    askers  text[];
BEGIN
    SELECT * INTO present FROM products.attributes WHERE name = p_name FOR UPDATE;
    IF present.name IS NULL THEN
        PERFORM shared.fail(404, 'not_found');
    ELSIF p_version <> present.version THEN
        PERFORM shared.fail(412, 'lost_update');
    END IF;
    askers := ARRAY(SELECT c.slug FROM products.category_attributes a JOIN products.categories c ON c.id = a.category_id
                     WHERE a.attribute = p_name ORDER BY c.slug);
    IF askers <> '{}' THEN
        PERFORM shared.fail(409, 'attribute_in_use', jsonb_build_object('categories', askers));
    END IF;
    DELETE FROM products.attributes WHERE name = p_name;
    PERFORM registry.audit_act(p_act, 'attribute.deleted', NULL, to_jsonb(present) - 'created_at' - 'updated_at', NULL);
END
$$;
COMMENT ON FUNCTION products.delete_attribute(jsonb, text, int) IS
    'Forgets the definition of an attribute that no category asks for, and the audit of it. What products hold stays, as one that nobody defined.';

-- What has to be true ------------------------------------------------------------------------

CREATE VIEW products.category_integrity AS
SELECT 'category count' AS broken, t.id
  FROM products.category_tree t
 CROSS JOIN LATERAL (
       SELECT count(DISTINCT p.id) FILTER (WHERE pc.category_id = t.id) AS products, count(DISTINCT p.id) AS total
         FROM products.product_categories pc JOIN products.products p ON p.id = pc.product_id
        WHERE p.status = 'active' AND pc.category_id IN (SELECT products.categories_below(t.id))) AS live
 WHERE t.products <> live.products OR t.products_total <> live.total
UNION ALL
SELECT 'attribute', p.id FROM products.products p
 WHERE EXISTS (SELECT FROM products.attribute_faults(p.attributes));
COMMENT ON VIEW products.category_integrity IS 'Broken promises of categories and attributes; empty.';

GRANT SELECT, INSERT, UPDATE, DELETE ON products.attributes, products.category_attributes TO vendas_products;
GRANT SELECT ON products.category_documents, products.attribute_documents, products.category_integrity
   TO vendas_products;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA products FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA products TO vendas_products;

SELECT registry.classify(t, 'neither', columns, NULL, NULL) FROM (VALUES
    ('products.attributes', 'name label label_en type unit choices filterable position version created_at updated_at'),
    ('products.category_attributes', 'category_id attribute required')
) AS register (t, columns);
