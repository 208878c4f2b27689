-- Categories that move, merge and leave a sign at their old address, and the counts of their products.

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

CREATE FUNCTION products.categories_within(p_category text) RETURNS SETOF uuid
LANGUAGE sql STABLE AS $$
    SELECT below
      FROM products.categories c CROSS JOIN LATERAL products.categories_below(c.id) AS below
     WHERE c.id = products.category_at(p_category) OR c.id::text = lower(p_category)
$$;
COMMENT ON FUNCTION products.categories_within(text) IS
    'A category, named by its id or an address that it has or had, and all those below it.';

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

-- What is shown ------------------------------------------------------------------------------

CREATE VIEW products.category_tree AS
SELECT c.id, c.parent_id, c.slug, c.position, c.name,
       coalesce(n.products, 0) AS products, coalesce(n.products_total, 0) AS products_total
  FROM products.categories c
  LEFT JOIN (SELECT category_id, sum(products) AS products, sum(products_total) AS products_total
               FROM products.category_counts GROUP BY category_id) AS n ON n.category_id = c.id;
COMMENT ON VIEW products.category_tree IS 'Categories and how many products for sale stand in them.';

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

CREATE FUNCTION products.edit_category(p_act jsonb, p_id uuid, p jsonb, p_version int) RETURNS void
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
END
$$;
COMMENT ON FUNCTION products.edit_category(jsonb, uuid, jsonb, int) IS
    'Changes the members that the body has, and the audit of it.';

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

CREATE FUNCTION products.merge_category(p_act jsonb, p_id uuid, p_into uuid, p_pointer text, p_version int) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    batch    uuid[] := ARRAY(SELECT product_id FROM products.product_categories WHERE category_id = p_id
                              ORDER BY product_id LIMIT 1000);
    present  products.categories;
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
        RETURN false;
    END IF;
    UPDATE products.categories SET parent_id = p_into, version = version + 1, updated_at = now()
     WHERE parent_id = p_id;
    UPDATE products.old_category_slugs SET category_id = p_into WHERE category_id = p_id;
    DELETE FROM products.categories WHERE id = p_id;
    INSERT INTO products.old_category_slugs VALUES (present.slug, p_into);
    PERFORM registry.audit_act(p_act, 'category.merged', p_id,
                               jsonb_build_object('name', present.name, 'slug', present.slug),
                               jsonb_build_object('into', p_into));
    RETURN true;
END
$$;
COMMENT ON FUNCTION products.merge_category(jsonb, uuid, uuid, text, int) IS
    'Moves what stands in a category to another one, a thousand products at a call, and returns false until it was the last; then its children move, too, its addresses lead there, it is gone, and this is audited. p_pointer: the field that names the other category.';

GRANT SELECT, INSERT, UPDATE, DELETE ON products.old_category_slugs, products.category_counts TO vendas_products;
GRANT SELECT ON products.category_tree TO vendas_products;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA products FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA products TO vendas_products;

SELECT registry.classify(t, 'neither', columns, NULL, NULL) FROM (VALUES
    ('products.categories', 'version updated_at'),
    ('products.old_category_slugs', 'slug category_id'),
    ('products.category_counts', 'category_id products products_total')
) AS register (t, columns);
