-- What every service's schema stands on: one login role per service, ids, times, search text and
-- the one way in which SQL refuses a request.

DO $$
DECLARE
    service text;
BEGIN
    FOREACH service IN ARRAY ARRAY['registry', 'products', 'sales', 'catalog'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'vendas_' || service) THEN
            EXECUTE format('CREATE ROLE %I LOGIN', 'vendas_' || service);
        END IF;
    END LOOP;
END
$$;

REVOKE ALL ON SCHEMA public FROM PUBLIC;

CREATE SCHEMA shared;
COMMENT ON SCHEMA shared IS 'Functions that every service uses; no tables.';
GRANT USAGE ON SCHEMA shared TO vendas_registry, vendas_products, vendas_sales, vendas_catalog;

CREATE EXTENSION IF NOT EXISTS unaccent SCHEMA shared;
CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA shared;

CREATE FUNCTION shared.uuid7() RETURNS uuid
LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
    -- RFC 9562 section 5.7: 48 bits of Unix milliseconds, then random bits under version 7.
    SELECT encode(
        set_bit(set_bit(
            overlay(uuid_send(gen_random_uuid())
                    PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint)
                                      FROM 3)
                    FROM 1 FOR 6),
            52, 1), 53, 1), 'hex')::uuid
$$;
COMMENT ON FUNCTION shared.uuid7() IS 'A new id, ordered by time (UUIDv7, RFC 9562).';

CREATE FUNCTION shared.rfc3339(at timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    -- Stable, as to_char() is: declared stricter than its body it could not be inlined.
    SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
$$;
COMMENT ON FUNCTION shared.rfc3339(timestamptz) IS 'A time as the API writes it (RFC 3339, UTC).';

CREATE FUNCTION shared.fold(txt text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT lower(shared.unaccent('shared.unaccent'::regdictionary, txt))
$$;
COMMENT ON FUNCTION shared.fold(text) IS
    'Text without accents and case, for comparing and searching. Immutable as long as nobody edits the unaccent dictionary.';

CREATE FUNCTION shared.slug(txt text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT coalesce(nullif(trim(BOTH '-' FROM
               left(regexp_replace(shared.fold(txt), '[^a-z0-9]+', '-', 'g'), 80)), ''), 'item')
$$;
COMMENT ON FUNCTION shared.slug(text) IS 'Text as a part of an address: a-z, 0-9 and hyphens.';

CREATE TEXT SEARCH CONFIGURATION shared.portuguese (COPY = pg_catalog.portuguese);
ALTER TEXT SEARCH CONFIGURATION shared.portuguese
    ALTER MAPPING FOR hword, hword_part, word WITH shared.unaccent, portuguese_stem;
COMMENT ON TEXT SEARCH CONFIGURATION shared.portuguese IS
    'Portuguese stems, accents ignored, so that "cafe" finds "Café".';

CREATE FUNCTION shared.fail(status int, code text, detail jsonb DEFAULT '{}') RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'VE' || status, MESSAGE = code, DETAIL = detail::text;
END
$$;
COMMENT ON FUNCTION shared.fail(int, text, jsonb) IS
    'Refuses the request: HTTP status, problem code of lib/messages, and what to tell ("pointer" names the field; other members are told as they are).';
