-- Sales, the rules that freight and taxes are computed by: where and what they hold for, and how staff
-- change them. lib/sales/freight and lib/sales/tax apply them.

-- Freight ------------------------------------------------------------------------------------

ALTER TABLE sales.freight_rules
    DROP CONSTRAINT freight_rules_states_given,
    ADD COLUMN cep_from      char(8) CONSTRAINT freight_rules_cep_from_format CHECK (cep_from ~ '^[0-9]{8}$'),
    ADD COLUMN cep_to        char(8) CONSTRAINT freight_rules_cep_to_format CHECK (cep_to ~ '^[0-9]{8}$'),
    ADD COLUMN value_bp      int NOT NULL DEFAULT 0
               CONSTRAINT freight_rules_value_bp_range CHECK (value_bp BETWEEN 0 AND 10000),
    ADD COLUMN cubic_divisor int CONSTRAINT freight_rules_cubic_divisor_range CHECK (cubic_divisor BETWEEN 1000 AND 20000),
    ADD COLUMN max_weight_g  bigint CONSTRAINT freight_rules_max_weight_g_positive CHECK (max_weight_g > 0),
    ADD COLUMN created_at    timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN updated_at    timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN version       int NOT NULL DEFAULT 1,
    ADD CONSTRAINT freight_rules_cep_to_order CHECK ((cep_from IS NULL) = (cep_to IS NULL) AND cep_from <= cep_to),
    ADD CONSTRAINT freight_rules_states_given CHECK (cardinality(states) > 0 OR cep_from IS NOT NULL);
COMMENT ON TABLE sales.freight_rules IS
    'What carrying costs, by service and destination. Of the rules of one service the narrowest place counts, in it the least max_weight_g that carries the load.';
COMMENT ON COLUMN sales.freight_rules.states IS 'UFs it goes to; {}: wherever the postal codes lie';
COMMENT ON COLUMN sales.freight_rules.cep_from IS 'first postal code it goes to; null: all of the states';
COMMENT ON COLUMN sales.freight_rules.cep_to IS 'last postal code it goes to';
COMMENT ON COLUMN sales.freight_rules.per_kg IS 'minor units per kilogram begun of the billed weight';
COMMENT ON COLUMN sales.freight_rules.value_bp IS 'ad valorem: hundredths of a percent of what the goods carried cost the buyer';
COMMENT ON COLUMN sales.freight_rules.cubic_divisor IS
    'cubic centimetres that are billed as a kilogram, if that is more than the load weighs; null: volume does not count. Carriers say it in their contracts: commonly 6000 by air and post, 3333 (300 kg per cubic metre) by road';
COMMENT ON COLUMN sales.freight_rules.max_weight_g IS 'grams of billed weight that it carries at most; null: any';
COMMENT ON COLUMN sales.freight_rules.created_at IS 'when made';
COMMENT ON COLUMN sales.freight_rules.updated_at IS 'when last changed';
COMMENT ON COLUMN sales.freight_rules.version IS 'rises with each change; the ETag of the resource';
CREATE INDEX freight_rules_newest_idx ON sales.freight_rules (created_at DESC, id DESC);

CREATE VIEW sales.freight_rule_documents AS
SELECT r.id, r.service, r.created_at, r.version, json_build_object(
    'id', r.id, 'service', r.service, 'name', r.name, 'states', r.states, 'cep_from', r.cep_from,
    'cep_to', r.cep_to, 'base', r.base, 'per_kg', r.per_kg, 'value_bp', r.value_bp,
    'cubic_divisor', r.cubic_divisor, 'max_weight_g', r.max_weight_g, 'free_above', r.free_above,
    'days', r.days, 'created_at', shared.rfc3339(r.created_at),
    'updated_at', shared.rfc3339(r.updated_at)) AS document
  FROM sales.freight_rules r;
COMMENT ON VIEW sales.freight_rule_documents IS 'Freight rules as the API shows them.';

CREATE FUNCTION sales.create_freight_rule(p_act jsonb, p jsonb) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    made uuid;
BEGIN
    INSERT INTO sales.freight_rules (service, name, states, cep_from, cep_to, base, per_kg, value_bp,
                                     cubic_divisor, max_weight_g, free_above, days)
    SELECT r.service, r.name, coalesce(r.states, '{}'), r.cep_from, r.cep_to, r.base, coalesce(r.per_kg, 0),
           coalesce(r.value_bp, 0), r.cubic_divisor, r.max_weight_g, r.free_above, r.days
      FROM jsonb_populate_record(NULL::sales.freight_rules, p) AS r
    RETURNING id INTO made;
    PERFORM registry.audit_act(p_act, 'freight_rule.created', made, NULL, p);
    RETURN made;
END
$$;
COMMENT ON FUNCTION sales.create_freight_rule(jsonb, jsonb) IS 'Makes a freight rule, and the audit of it.';

CREATE FUNCTION sales.own_freight_rule(p_id uuid, p_version int) RETURNS sales.freight_rules
LANGUAGE plpgsql AS $$
DECLARE
    present sales.freight_rules;
BEGIN
    SELECT * INTO present FROM sales.freight_rules WHERE id = p_id FOR UPDATE;
    IF present.id IS NULL THEN
        PERFORM shared.fail(404, 'not_found');
    ELSIF p_version <> present.version THEN
        PERFORM shared.fail(412, 'lost_update');
    END IF;
    RETURN present;
END
$$;
COMMENT ON FUNCTION sales.own_freight_rule(uuid, int) IS 'Locks a freight rule to be changed. p_version null: whatever it is.';

CREATE FUNCTION sales.change_freight_rule(p_act jsonb, p_id uuid, p jsonb, p_version int) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    before sales.freight_rules := sales.own_freight_rule(p_id, p_version);
    after  sales.freight_rules := jsonb_populate_record(before, p);
BEGIN
    UPDATE sales.freight_rules SET
        service = after.service, name = after.name, states = after.states, cep_from = after.cep_from,
        cep_to = after.cep_to, base = after.base, per_kg = after.per_kg, value_bp = after.value_bp,
        cubic_divisor = after.cubic_divisor, max_weight_g = after.max_weight_g,
        free_above = after.free_above, days = after.days, version = version + 1, updated_at = now()
     WHERE id = p_id;
    PERFORM registry.audit_act(p_act, 'freight_rule.changed', p_id, shared.members(to_jsonb(before), p), p);
    RETURN p_id;
END
$$;
COMMENT ON FUNCTION sales.change_freight_rule(jsonb, uuid, jsonb, int) IS 'Changes a freight rule, and the audit of it. Orders keep what they were computed from.';

CREATE FUNCTION sales.delete_freight_rule(p_act jsonb, p_id uuid, p_version int) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    gone sales.freight_rules := sales.own_freight_rule(p_id, p_version);
BEGIN
    DELETE FROM sales.freight_rules WHERE id = p_id;
    PERFORM registry.audit_act(p_act, 'freight_rule.deleted', p_id, to_jsonb(gone), NULL);
END
$$;
COMMENT ON FUNCTION sales.delete_freight_rule(jsonb, uuid, int) IS 'Deletes a freight rule, and the audit of it.';

-- Taxes --------------------------------------------------------------------------------------

ALTER TABLE sales.tax_rules
    DROP CONSTRAINT tax_rules_unique,
    ALTER COLUMN state DROP NOT NULL,
    ADD COLUMN origins     char(2)[] CONSTRAINT tax_rules_origins_given CHECK (cardinality(origins) > 0),
    ADD COLUMN ncm         text CONSTRAINT tax_rules_ncm_format CHECK (ncm ~ '^[0-9]{2,8}$'),
    ADD COLUMN category_id uuid,
    ADD COLUMN base_bp     int NOT NULL DEFAULT 10000
               CONSTRAINT tax_rules_base_bp_range CHECK (base_bp BETWEEN 0 AND 10000),
    ADD COLUMN less_code   text CONSTRAINT tax_rules_less_code_other CHECK (less_code <> code),
    ADD COLUMN source      text CONSTRAINT tax_rules_source_length CHECK (length(source) BETWEEN 1 AND 500),
    ADD COLUMN created_at  timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN updated_at  timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN version     int NOT NULL DEFAULT 1;
ALTER TABLE sales.tax_rules RENAME CONSTRAINT tax_rules_period TO tax_rules_valid_to_order;
CREATE UNIQUE INDEX tax_rules_valid_from_unique ON sales.tax_rules (
    code, valid_from, coalesce(state, ''), coalesce(origins, '{}'), coalesce(ncm, ''),
    coalesce(category_id, '00000000-0000-0000-0000-000000000000'));
CREATE INDEX tax_rules_newest_idx ON sales.tax_rules (created_at DESC, id DESC);
COMMENT ON TABLE sales.tax_rules IS
    'Estimated taxes by place, goods and date. Of several rules of one code that fit, the longest ncm counts, then that of a category, of origins, of a state, at last the one begun latest. No rate is a constant in C.';
COMMENT ON COLUMN sales.tax_rules.state IS 'UF of destination; null: any, as of federal taxes';
COMMENT ON COLUMN sales.tax_rules.origins IS 'UFs that it is sold from, against VENDAS_SHOP_STATE; null: any';
COMMENT ON COLUMN sales.tax_rules.ncm IS 'first digits, two to eight, of the NCM codes that it is for; null: any';
COMMENT ON COLUMN sales.tax_rules.category_id IS 'a category of Products that it is for, with all below; null: any';
COMMENT ON COLUMN sales.tax_rules.base_bp IS 'how much of the price it is computed on, in hundredths of a percent: less than 10000 is a reduced base';
COMMENT ON COLUMN sales.tax_rules.less_code IS
    'code of the tax whose rate on the same line is taken off this one: DIFAL is the destination''s rate less that of ICMS; null: none';
COMMENT ON COLUMN sales.tax_rules.source IS 'the law, or where the rate was read';
COMMENT ON COLUMN sales.tax_rules.created_at IS 'when made';
COMMENT ON COLUMN sales.tax_rules.updated_at IS 'when last changed';
COMMENT ON COLUMN sales.tax_rules.version IS 'rises with each change; the ETag of the resource';

UPDATE sales.tax_rules
   SET source = 'https://rolmyjuncontabilidade.com.br/fiscal-e-tributario/aliquota-icms-guia-completo-com-tabela-atualizada'
 WHERE code = 'ICMS' AND valid_from = date '2025-01-01';

-- Interstate rates of ICMS: 7 % from the South and Southeast, but not from Espírito Santo, to the North,
-- Northeast, Centre-West and Espírito Santo; 12 % between all others (Resolução do Senado 22/1989, as told by
-- https://www.alvesavelar.com.br/3210/aplicacao_das_aliquotas_interestaduais). Of imported goods they are
-- 4 % (Resolução do Senado 13/2012): a product does not say whether it is imported, so that a shop enters
-- a rule for the category or the NCM codes of its own. Within a state its own rate counts, from above.
WITH ufs (uf, poorer) AS (
    SELECT uf, uf NOT IN ('MG', 'RJ', 'SP', 'PR', 'SC', 'RS')
      FROM unnest('{AC,AL,AM,AP,BA,CE,DF,ES,GO,MA,MG,MS,MT,PA,PB,PE,PI,PR,RJ,RN,RO,RR,RS,SC,SE,SP,TO}'::char(2)[]) AS uf)
INSERT INTO sales.tax_rules (code, state, origins, rate_bp, included, valid_from, source)
SELECT 'ICMS', there.uf, array_agg(here.uf ORDER BY here.uf),
       CASE WHEN there.poorer AND NOT here.poorer THEN 700 ELSE 1200 END, true, date '1990-01-01',
       'Resolução do Senado 22/1989'
  FROM ufs AS there JOIN ufs AS here ON here.uf <> there.uf
 GROUP BY there.uf, there.poorer AND NOT here.poorer;

-- Since the constitutional amendment 87/2015 a sale to a final consumer in another state pays the
-- interstate rate where it comes from, and the rest of the destination's own rate there (DIFAL). States
-- whose own rate is not known above have none until somebody enters it.
INSERT INTO sales.tax_rules (code, state, less_code, rate_bp, included, valid_from, source)
SELECT 'DIFAL', state, 'ICMS', rate_bp, included, valid_from, 'EC 87/2015; ' || source
  FROM sales.tax_rules WHERE code = 'ICMS' AND origins IS NULL AND source LIKE 'https://rolmyjun%';

-- CBS and IBS, which take the place of ICMS until 2033 (LC 214/2025), are rules like these: state null or
-- given, and ICMS with a valid_to. None is entered here, as no rate for a sale of this shop is sourced.

CREATE VIEW sales.tax_rule_documents AS
SELECT r.id, r.code, r.state, r.created_at, r.version, json_build_object(
    'id', r.id, 'code', r.code, 'state', r.state, 'origins', r.origins, 'ncm', r.ncm,
    'category_id', r.category_id, 'rate_bp', r.rate_bp, 'base_bp', r.base_bp, 'less_code', r.less_code,
    'included', r.included, 'valid_from', r.valid_from, 'valid_to', r.valid_to, 'source', r.source,
    'created_at', shared.rfc3339(r.created_at), 'updated_at', shared.rfc3339(r.updated_at)) AS document
  FROM sales.tax_rules r;
COMMENT ON VIEW sales.tax_rule_documents IS 'Tax rules as the API shows them.';

CREATE FUNCTION sales.create_tax_rule(p_act jsonb, p jsonb) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    made uuid;
BEGIN
    INSERT INTO sales.tax_rules (code, state, origins, ncm, category_id, rate_bp, base_bp, less_code, included,
                                 valid_from, valid_to, source)
    SELECT r.code, r.state, r.origins, r.ncm, r.category_id, r.rate_bp, coalesce(r.base_bp, 10000), r.less_code,
           r.included, r.valid_from, r.valid_to, r.source
      FROM jsonb_populate_record(NULL::sales.tax_rules, p) AS r
    RETURNING id INTO made;
    PERFORM registry.audit_act(p_act, 'tax_rule.created', made, NULL, p);
    RETURN made;
END
$$;
COMMENT ON FUNCTION sales.create_tax_rule(jsonb, jsonb) IS 'Makes a tax rule, and the audit of it.';

CREATE FUNCTION sales.own_tax_rule(p_id uuid, p_version int) RETURNS sales.tax_rules
LANGUAGE plpgsql AS $$
DECLARE
    present sales.tax_rules;
BEGIN
    SELECT * INTO present FROM sales.tax_rules WHERE id = p_id FOR UPDATE;
    IF present.id IS NULL THEN
        PERFORM shared.fail(404, 'not_found');
    ELSIF p_version <> present.version THEN
        PERFORM shared.fail(412, 'lost_update');
    END IF;
    RETURN present;
END
$$;
COMMENT ON FUNCTION sales.own_tax_rule(uuid, int) IS 'Locks a tax rule to be changed. p_version null: whatever it is.';

CREATE FUNCTION sales.change_tax_rule(p_act jsonb, p_id uuid, p jsonb, p_version int) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    before sales.tax_rules := sales.own_tax_rule(p_id, p_version);
    after  sales.tax_rules := jsonb_populate_record(before, p);
BEGIN
    UPDATE sales.tax_rules SET
        state = after.state, origins = after.origins, ncm = after.ncm, category_id = after.category_id,
        rate_bp = after.rate_bp, base_bp = after.base_bp, less_code = after.less_code,
        included = after.included, valid_from = after.valid_from, valid_to = after.valid_to,
        source = after.source, version = version + 1, updated_at = now()
     WHERE id = p_id;
    PERFORM registry.audit_act(p_act, 'tax_rule.changed', p_id, shared.members(to_jsonb(before), p), p);
    RETURN p_id;
END
$$;
COMMENT ON FUNCTION sales.change_tax_rule(jsonb, uuid, jsonb, int) IS 'Changes a tax rule, and the audit of it. Orders keep what they were computed from.';

CREATE FUNCTION sales.delete_tax_rule(p_act jsonb, p_id uuid, p_version int) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    gone sales.tax_rules := sales.own_tax_rule(p_id, p_version);
BEGIN
    DELETE FROM sales.tax_rules WHERE id = p_id;
    PERFORM registry.audit_act(p_act, 'tax_rule.deleted', p_id, to_jsonb(gone), NULL);
END
$$;
COMMENT ON FUNCTION sales.delete_tax_rule(jsonb, uuid, int) IS 'Deletes a tax rule, and the audit of it.';

-- What Products tells ------------------------------------------------------------------------

CREATE FUNCTION products.categories_of(p_products uuid[]) RETURNS TABLE (product_id uuid, category_ids uuid[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    WITH RECURSIVE places (product_id, category_id) AS (
        SELECT c.product_id, c.category_id FROM products.product_categories c WHERE c.product_id = ANY (p_products)
        UNION
        SELECT p.product_id, c.parent_id FROM places p JOIN products.categories c ON c.id = p.category_id
         WHERE c.parent_id IS NOT NULL)
    SELECT p.product_id, array_agg(p.category_id) FROM places p GROUP BY p.product_id
$$;
COMMENT ON FUNCTION products.categories_of(uuid[]) IS
    'Published to Sales: the categories that products stand in, with all above them. Those that stand in none are left out.';

-- Rights -------------------------------------------------------------------------------------

GRANT SELECT ON sales.freight_rule_documents, sales.tax_rule_documents TO vendas_sales;
REVOKE ALL ON FUNCTION products.categories_of(uuid[]), sales.own_freight_rule(uuid, int), sales.own_tax_rule(uuid, int),
    sales.create_freight_rule(jsonb, jsonb), sales.change_freight_rule(jsonb, uuid, jsonb, int),
    sales.delete_freight_rule(jsonb, uuid, int), sales.create_tax_rule(jsonb, jsonb),
    sales.change_tax_rule(jsonb, uuid, jsonb, int), sales.delete_tax_rule(jsonb, uuid, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION products.categories_of(uuid[]) TO vendas_sales, vendas_products;
GRANT EXECUTE ON FUNCTION
    sales.create_freight_rule(jsonb, jsonb), sales.change_freight_rule(jsonb, uuid, jsonb, int),
    sales.delete_freight_rule(jsonb, uuid, int), sales.create_tax_rule(jsonb, jsonb),
    sales.change_tax_rule(jsonb, uuid, jsonb, int), sales.delete_tax_rule(jsonb, uuid, int) TO vendas_sales;

SELECT registry.classify(t, 'neither', columns, NULL, NULL) FROM (VALUES
    ('sales.freight_rules', 'cep_from cep_to value_bp cubic_divisor max_weight_g created_at updated_at version'),
    ('sales.tax_rules', 'origins ncm category_id base_bp less_code source created_at updated_at version')
) AS register (t, columns);
