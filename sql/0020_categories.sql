-- Categories that move, merge and leave a sign at their old address, the counts of their products, and
-- attributes with a type, which categories ask for.

-- Tables -------------------------------------------------------------------------------------

ALTER TABLE products.categories
    ADD COLUMN version    int NOT NULL DEFAULT 1,
    ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now();
COMMENT ON COLUMN products.categories.version IS 'rises with each change of it, not of what stands in it; the ETag';
COMMENT ON COLUMN products.categories.updated_at IS 'when last changed';

CREATE TABLE products.old_category_slugs (
    slug        text CONSTRAINT old_category_slugs_pkey PRIMARY KEY,
    category_id uuid NOT NULL CONSTRAINT old_category_slugs_category_fkey
                REFERENCES products.categories ON DELETE CASCADE
);
CREATE INDEX old_category_slugs_category_idx ON products.old_category_slugs (category_id);
COMMENT ON TABLE products.old_category_slugs IS 'Addresses that categories had before, and those of categories merged into them; whoever comes there is sent on.';
COMMENT ON COLUMN products.old_category_slugs.slug IS 'the address';
COMMENT ON COLUMN products.old_category_slugs.category_id IS 'where it leads';

CREATE TABLE products.category_counts (
    category_id    uuid NOT NULL CONSTRAINT category_counts_category_fkey
                   REFERENCES products.categories ON DELETE CASCADE,
    products       int NOT NULL,
    products_total int NOT NULL
);
CREATE INDEX category_counts_category_idx ON products.category_counts (category_id);
COMMENT ON TABLE products.category_counts IS 'How many products for sale stand in each category: the sum of its rows. Who changes something adds a row, so that nobody waits for another; products.sum_counts() makes one of them again.';
COMMENT ON COLUMN products.category_counts.category_id IS 'the category';
COMMENT ON COLUMN products.category_counts.products IS 'those in itself';
COMMENT ON COLUMN products.category_counts.products_total IS 'those in itself or anywhere below, each once';

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

-- The tree -----------------------------------------------------------------------------------

CREATE FUNCTION products.categories_above(p_id uuid) RETURNS TABLE (id uuid, distance int)
LANGUAGE sql STABLE AS $$
    WITH RECURSIVE above AS (
        SELECT c.id, c.parent_id, 0 AS distance FROM products.categories c WHERE c.id = p_id
        UNION ALL
        SELECT c.id, c.parent_id, above.distance + 1
          FROM above JOIN products.categories c ON c.id = above.parent_id)
    SELECT above.id, above.distance FROM above
$$;
COMMENT ON FUNCTION products.categories_above(uuid) IS 'A category and all those above it, and how far above.';

CREATE FUNCTION products.categories_below(p_id uuid) RETURNS SETOF uuid
LANGUAGE sql STABLE AS $$
    WITH RECURSIVE below AS (
        SELECT c.id FROM products.categories c WHERE c.id = p_id
        UNION ALL
        SELECT c.id FROM below JOIN products.categories c ON c.parent_id = below.id)
    SELECT below.id FROM below
$$;
COMMENT ON FUNCTION products.categories_below(uuid) IS 'A category and all those below it.';

CREATE FUNCTION products.category_at(p_slug text) RETURNS uuid
LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT id FROM products.categories WHERE slug = p_slug),
                    (SELECT category_id FROM products.old_category_slugs WHERE slug = p_slug))
$$;
COMMENT ON FUNCTION products.category_at(text) IS 'The category that has an address, or had it before.';

CREATE FUNCTION products.keep_category_slug() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        DELETE FROM products.old_category_slugs WHERE slug = NEW.slug AND category_id = NEW.id;
    END IF;
    IF EXISTS (SELECT FROM products.old_category_slugs WHERE slug = NEW.slug) THEN
        PERFORM shared.fail(409, 'already_exists', '{"pointer": "/slug"}');
    END IF;
    IF TG_OP = 'UPDATE' THEN
        INSERT INTO products.old_category_slugs VALUES (OLD.slug, NEW.id);
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION products.keep_category_slug() IS 'Leaves a sign at the old address, and refuses one that another category has left a sign at.';
CREATE TRIGGER categories_heed_old_slugs AFTER INSERT ON products.categories
    FOR EACH ROW EXECUTE FUNCTION products.keep_category_slug();
CREATE TRIGGER categories_keep_old_slug AFTER UPDATE OF slug ON products.categories FOR EACH ROW
    WHEN (OLD.slug <> NEW.slug) EXECUTE FUNCTION products.keep_category_slug();

CREATE OR REPLACE FUNCTION products.ingest_category(p_path text) RETURNS uuid
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
        -- What people have renamed or merged is found at its old address.
        found_id := products.category_at(shared.slug(path));
        IF found_id IS NULL THEN
            INSERT INTO products.categories (parent_id, slug, name)
            VALUES (parent, shared.slug(path), left(trim(part), 120))
            ON CONFLICT ON CONSTRAINT categories_slug_unique DO NOTHING;
            found_id := products.category_at(shared.slug(path));
        END IF;
        parent := found_id;
    END LOOP;
    RETURN parent;
END
$$;

-- Counting -----------------------------------------------------------------------------------

CREATE FUNCTION products.lock_tree(p_to_change boolean) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF p_to_change THEN
        PERFORM pg_advisory_xact_lock(hashtext('products.categories'));
    ELSE
        PERFORM pg_advisory_xact_lock_shared(hashtext('products.categories'));
    END IF;
END
$$;
COMMENT ON FUNCTION products.lock_tree(boolean) IS
    'Taken before the tree is changed, or products are counted in it, which many may do at once; until the transaction ends.';

CREATE FUNCTION products.sum_counts() RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    -- One at a time; who does not get the turn leaves it to the next.
    IF pg_try_advisory_xact_lock(hashtext('products.category_counts')) THEN
        WITH summands AS (
            DELETE FROM products.category_counts WHERE category_id IN (
                SELECT category_id FROM products.category_counts GROUP BY category_id HAVING count(*) > 1)
            RETURNING *)
        INSERT INTO products.category_counts
        SELECT category_id, sum(products), sum(products_total) FROM summands GROUP BY category_id;
    END IF;
END
$$;
COMMENT ON FUNCTION products.sum_counts() IS 'Makes one row per category of the counts. The tree has to be locked.';

CREATE FUNCTION products.count_placed(p_products uuid[], p_categories uuid[], p_sign int,
                                      p_moved uuid DEFAULT NULL, p_parent uuid DEFAULT NULL) RETURNS void
LANGUAGE sql AS $$
    -- A product counts once in each category above, so what places it there otherwise is looked at, too.
    INSERT INTO products.category_counts (category_id, products, products_total)
    WITH RECURSIVE changed AS (
        SELECT * FROM unnest(p_products, p_categories) AS pair (product_id, category_id)
    ), placed AS (
        SELECT product_id, category_id, true AS changed FROM changed
        UNION ALL
        SELECT pc.product_id, pc.category_id, false FROM products.product_categories pc
         WHERE pc.product_id IN (SELECT product_id FROM changed)
           AND (pc.product_id, pc.category_id) NOT IN (SELECT product_id, category_id FROM changed)
    ), up (start, id) AS (
        SELECT DISTINCT category_id, category_id FROM placed
        UNION ALL
        SELECT up.start, parent.id
          FROM up JOIN products.categories c ON c.id = up.id
         CROSS JOIN LATERAL (SELECT CASE WHEN c.id = p_moved THEN p_parent ELSE c.parent_id END AS id) AS parent
         WHERE parent.id IS NOT NULL)
    SELECT id, p_sign * sum(own), p_sign * count(*) FILTER (WHERE wholly)
      FROM (SELECT up.id, bool_and(p.changed) AS wholly, max((p.changed AND p.category_id = up.id)::int) AS own
              FROM placed p JOIN up ON up.start = p.category_id
             GROUP BY p.product_id, up.id) AS share
     GROUP BY id HAVING bool_or(wholly) OR sum(own) > 0
$$;
COMMENT ON FUNCTION products.count_placed(uuid[], uuid[], int, uuid, uuid) IS
    'Counts these pairs of product for sale and category, which have come (1) or gone (-1), into the categories and those above, as if p_moved stood below p_parent already. The tree has to be locked.';

CREATE FUNCTION products.count_changed_places() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    moved uuid[];
    places uuid[];
BEGIN
    SELECT array_agg(c.product_id), array_agg(c.category_id) INTO moved, places
      FROM changed c JOIN products.products p ON p.id = c.product_id WHERE p.status = 'active';
    IF moved IS NOT NULL THEN
        PERFORM products.count_placed(moved, places, CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END);
    END IF;
    PERFORM products.sum_counts();
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION products.count_changed_places() IS 'Products came into categories or left them: one or the other, as each statement is counted after all of it was done.';
CREATE TRIGGER product_categories_count_added AFTER INSERT ON products.product_categories
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION products.count_changed_places();
CREATE TRIGGER product_categories_count_removed AFTER DELETE ON products.product_categories
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION products.count_changed_places();

CREATE FUNCTION products.before_changed_places() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        RAISE EXCEPTION 'products are put into categories and taken out again: nothing counts a changed row';
    END IF;
    -- Here, as a row's foreign key locks its category afterwards, and who changes the tree locks it first.
    PERFORM products.lock_tree(false);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION products.before_changed_places() IS 'What products.count_changed_places() relies on.';
CREATE TRIGGER product_categories_before_changed BEFORE INSERT OR UPDATE OR DELETE ON products.product_categories
    FOR EACH STATEMENT EXECUTE FUNCTION products.before_changed_places();

CREATE OR REPLACE FUNCTION products.set_categories(p_product uuid, p_ids jsonb) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    missing int;
BEGIN
    PERFORM products.lock_tree(false); -- none of them is deleted meanwhile
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

CREATE FUNCTION products.count_changed_status() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    places uuid[] := ARRAY(SELECT category_id FROM products.product_categories WHERE product_id = OLD.id);
BEGIN
    PERFORM products.lock_tree(false);
    PERFORM products.count_placed(array_fill(OLD.id, ARRAY[cardinality(places)]), places,
                                  CASE OLD.status WHEN 'active' THEN -1 ELSE 1 END);
    RETURN OLD;
END
$$;
COMMENT ON FUNCTION products.count_changed_status() IS 'A product came to be for sale, or is no more.';
CREATE TRIGGER products_count_status AFTER UPDATE OF status ON products.products FOR EACH ROW
    WHEN ((OLD.status = 'active') <> (NEW.status = 'active')) EXECUTE FUNCTION products.count_changed_status();
-- Before: after it there is nothing in product_categories any more.
CREATE TRIGGER products_count_deleted BEFORE DELETE ON products.products FOR EACH ROW
    WHEN (OLD.status = 'active') EXECUTE FUNCTION products.count_changed_status();

CREATE FUNCTION products.sum_changed_counts() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM products.lock_tree(false);
    PERFORM products.sum_counts();
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION products.sum_changed_counts() IS 'products.sum_counts() once for a statement that changed many products.';
CREATE TRIGGER products_sum_counts AFTER UPDATE OF status ON products.products
    FOR EACH STATEMENT EXECUTE FUNCTION products.sum_changed_counts();

CREATE FUNCTION products.move_category() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    above  uuid := NEW.parent_id;
    moved  uuid[];
    places uuid[];
BEGIN
    PERFORM products.lock_tree(true);
    WHILE above IS NOT NULL LOOP
        IF above = NEW.id THEN
            PERFORM shared.fail(422, 'category_cycle', '{"pointer": "/parent_id"}');
        END IF;
        -- Whoever moves one of these at the same moment waits, or this one does, at any isolation level.
        SELECT parent_id INTO above FROM products.categories WHERE id = above FOR SHARE;
    END LOOP;
    -- All that stands in or below it, wherever else it stands, leaves the old place and comes to the new one.
    SELECT array_agg(pc.product_id), array_agg(pc.category_id) INTO moved, places
      FROM products.product_categories pc
     WHERE pc.product_id IN (
               SELECT p.id FROM products.product_categories m JOIN products.products p ON p.id = m.product_id
                WHERE p.status = 'active' AND m.category_id IN (SELECT products.categories_below(NEW.id)));
    PERFORM products.count_placed(moved, places, -1);
    PERFORM products.count_placed(moved, places, 1, NEW.id, NEW.parent_id);
    PERFORM products.sum_counts();
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION products.move_category() IS 'No category is below itself, whoever moves it; and the counts move with it.';
CREATE TRIGGER categories_move BEFORE UPDATE OF parent_id ON products.categories FOR EACH ROW
    WHEN (OLD.parent_id IS DISTINCT FROM NEW.parent_id) EXECUTE FUNCTION products.move_category();

SELECT products.count_placed(array_agg(pc.product_id), array_agg(pc.category_id), 1)
  FROM products.product_categories pc JOIN products.products p ON p.id = pc.product_id
 WHERE p.status = 'active';

-- Attributes ---------------------------------------------------------------------------------

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
        provenance = t.provenance || (SELECT coalesce(jsonb_object_agg(f, jsonb_build_object(
                         'by', 'person', 'at', shared.rfc3339(now()))), '{}') FROM unnest(fields) AS f)
     WHERE t.id = p_id;
    PERFORM products.update_product(p_id, p, p_version);
    PERFORM products.require_attributes(p_id, p);
    PERFORM registry.audit_act(p_act, 'product.changed', p_id, shared.members(before, p), p);
    RETURN p_id;
END
$$;

-- What is shown ------------------------------------------------------------------------------

CREATE VIEW products.category_tree AS
SELECT c.id, c.parent_id, c.slug, c.position, c.name,
       coalesce(n.products, 0) AS products, coalesce(n.products_total, 0) AS products_total
  FROM products.categories c
  LEFT JOIN (SELECT category_id, sum(products) AS products, sum(products_total) AS products_total
               FROM products.category_counts GROUP BY category_id) AS n ON n.category_id = c.id;
COMMENT ON VIEW products.category_tree IS 'Categories and how many products for sale stand in them.';

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

CREATE FUNCTION products.own_category(p_id uuid, p_version int) RETURNS products.categories
LANGUAGE plpgsql AS $$
DECLARE
    present products.categories;
BEGIN
    PERFORM products.lock_tree(true);
    SELECT * INTO present FROM products.categories WHERE id = p_id FOR UPDATE;
    IF present.id IS NULL THEN
        PERFORM shared.fail(404, 'not_found');
    ELSIF p_version <> present.version THEN
        PERFORM shared.fail(412, 'lost_update');
    END IF;
    RETURN present;
END
$$;
COMMENT ON FUNCTION products.own_category(uuid, int) IS
    'Begins a change of a category: locks it and the tree. p_version null: whatever the present version is.';

CREATE FUNCTION products.refuse_unknown_category(p_id uuid, p_pointer text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF p_id IS NOT NULL AND NOT EXISTS (SELECT FROM products.categories WHERE id = p_id) THEN
        PERFORM shared.fail(422, 'unknown_category', jsonb_build_object('pointer', p_pointer));
    END IF;
END
$$;
COMMENT ON FUNCTION products.refuse_unknown_category(uuid, text) IS 'Refuses an id that no category has; null is none.';

CREATE FUNCTION products.create_category(p_act jsonb, p jsonb) RETURNS uuid
LANGUAGE plpgsql AS $$
DECLARE
    made products.categories;
BEGIN
    PERFORM products.refuse_unknown_category((p->>'parent_id')::uuid, '/parent_id');
    INSERT INTO products.categories (parent_id, slug, name, position)
    VALUES ((p->>'parent_id')::uuid, coalesce(p->>'slug', shared.slug(p->>'name')), p->>'name',
            coalesce((p->>'position')::int, 0)) RETURNING * INTO made;
    PERFORM registry.audit_act(p_act, 'category.created', made.id, NULL, jsonb_build_object(
        'parent_id', made.parent_id, 'slug', made.slug, 'name', made.name, 'position', made.position));
    RETURN made.id;
END
$$;
COMMENT ON FUNCTION products.create_category(jsonb, jsonb) IS 'A new category, from a checked body, and the audit of it.';

CREATE FUNCTION products.edit_category(p_act jsonb, p_id uuid, p jsonb, p_version int) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    present products.categories := products.own_category(p_id, p_version);
BEGIN
    PERFORM products.refuse_unknown_category((p->>'parent_id')::uuid, '/parent_id');
    UPDATE products.categories t SET
        parent_id = CASE WHEN p ? 'parent_id' THEN (p->>'parent_id')::uuid ELSE t.parent_id END,
        slug = coalesce(p->>'slug', t.slug), name = coalesce(p->>'name', t.name),
        position = coalesce((p->>'position')::int, t.position),
        version = t.version + 1, updated_at = now()
     WHERE t.id = p_id;
    PERFORM registry.audit_act(p_act, 'category.changed', p_id, shared.members(to_jsonb(present), p), p);
    RETURN p ? 'name' OR p ? 'parent_id';
END
$$;
COMMENT ON FUNCTION products.edit_category(jsonb, uuid, jsonb, int) IS
    'Changes the members that the body has, and the audit of it; whether products.refresh_below() has to follow, as products are found by it.';

CREATE FUNCTION products.refresh_below(p_categories uuid[], p_after uuid) RETURNS uuid
LANGUAGE plpgsql AS $$
DECLARE
    batch uuid[] := ARRAY(
        SELECT DISTINCT pc.product_id FROM products.product_categories pc
         WHERE pc.category_id IN (SELECT products.categories_below(top) FROM unnest(p_categories) AS top)
           AND (p_after IS NULL OR pc.product_id > p_after)
         ORDER BY pc.product_id LIMIT 1000);
BEGIN
    PERFORM products.refresh(batch);
    RETURN batch[1000];
END
$$;
COMMENT ON FUNCTION products.refresh_below(uuid[], uuid) IS
    'Makes anew what is derived of the next thousand products in or below these categories, by id, after p_after. Returns the last one, null at the end. In steps, so that nobody waits long for a product of a large category.';

CREATE FUNCTION products.delete_category(p_act jsonb, p_id uuid, p_version int) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    present products.categories := products.own_category(p_id, p_version);
    reasons text[] := ARRAY(
        SELECT 'has_children' WHERE EXISTS (SELECT FROM products.categories WHERE parent_id = p_id)
        UNION ALL
        SELECT 'has_products' WHERE EXISTS (SELECT FROM products.product_categories WHERE category_id = p_id));
BEGIN
    IF reasons <> '{}' THEN
        PERFORM shared.fail(409, 'category_in_use', jsonb_build_object('reasons', reasons));
    END IF;
    DELETE FROM products.categories WHERE id = p_id;
    PERFORM registry.audit_act(p_act, 'category.deleted', p_id,
                               jsonb_build_object('name', present.name, 'slug', present.slug), NULL);
END
$$;
COMMENT ON FUNCTION products.delete_category(jsonb, uuid, int) IS 'Deletes a category that is empty, and the audit of it.';

CREATE FUNCTION products.merge_category(p_act jsonb, p_id uuid, p_into uuid, p_pointer text, p_version int) RETURNS uuid[]
LANGUAGE plpgsql AS $$
DECLARE
    batch    uuid[] := ARRAY(SELECT product_id FROM products.product_categories WHERE category_id = p_id
                              ORDER BY product_id LIMIT 1000);
    present  products.categories;
    children uuid[];
BEGIN
    -- Products before the tree, as everywhere.
    PERFORM FROM products.products WHERE id = ANY (batch) ORDER BY id FOR NO KEY UPDATE;
    present := products.own_category(p_id, p_version);
    PERFORM products.refuse_unknown_category(p_into, p_pointer);
    IF p_into IN (SELECT products.categories_below(p_id)) THEN
        PERFORM shared.fail(422, 'category_cycle', jsonb_build_object('pointer', p_pointer));
    END IF;
    INSERT INTO products.product_categories
    SELECT product_id, p_into FROM products.product_categories
     WHERE category_id = p_id AND product_id = ANY (batch) ON CONFLICT DO NOTHING;
    DELETE FROM products.product_categories WHERE category_id = p_id AND product_id = ANY (batch);
    -- Where a product stands is no edit of it: its version stays, so that nobody's edit is refused.
    PERFORM products.refresh(batch);
    IF EXISTS (SELECT FROM products.product_categories WHERE category_id = p_id) THEN
        RETURN NULL;
    END IF;
    WITH moved AS (
        UPDATE products.categories SET parent_id = p_into, version = version + 1, updated_at = now()
         WHERE parent_id = p_id RETURNING id)
    SELECT coalesce(array_agg(id), '{}') INTO children FROM moved;
    UPDATE products.old_category_slugs SET category_id = p_into WHERE category_id = p_id;
    DELETE FROM products.categories WHERE id = p_id;
    INSERT INTO products.old_category_slugs VALUES (present.slug, p_into);
    PERFORM registry.audit_act(p_act, 'category.merged', p_id,
                               jsonb_build_object('name', present.name, 'slug', present.slug),
                               jsonb_build_object('into', p_into));
    RETURN children;
END
$$;
COMMENT ON FUNCTION products.merge_category(jsonb, uuid, uuid, text, int) IS
    'Moves what stands in a category to another one, a thousand products at a call, and returns null until it was the last; then its children move, too, its addresses lead there, it is gone, and this is audited. Returns the children, which products.refresh_below() is for. p_pointer: the field that names the other category.';

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

CREATE OR REPLACE VIEW products.integrity AS
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
SELECT * FROM products.category_integrity;

GRANT SELECT, INSERT, UPDATE, DELETE ON products.old_category_slugs, products.category_counts,
    products.attributes, products.category_attributes TO vendas_products;
GRANT SELECT ON products.category_tree, products.category_documents, products.attribute_documents,
    products.category_integrity TO vendas_products;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA products FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA products TO vendas_products;

SELECT registry.classify(t, 'neither', columns, NULL, NULL) FROM (VALUES
    ('products.categories', 'version updated_at'),
    ('products.old_category_slugs', 'slug category_id'),
    ('products.category_counts', 'category_id products products_total'),
    ('products.attributes', 'name label label_en type unit choices filterable position version created_at updated_at'),
    ('products.category_attributes', 'category_id attribute required')
) AS register (t, columns);
