-- Registry, people: what is known of them, sealed; how an account begins, is entered and is
-- recovered.

CREATE FUNCTION shared.sealed(p_column text, p_row uuid, p_value bytea) RETURNS json
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN p_value IS NOT NULL THEN
        json_build_object('$sealed', json_build_array(p_column, p_row, encode(p_value, 'hex'))) END
$$;
COMMENT ON FUNCTION shared.sealed(text, uuid, bytea) IS
    'A sealed value as it stands in a document, until the program opens it (lib/seal); null for null.';
