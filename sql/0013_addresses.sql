-- Registry, addresses: where people have things delivered. All that tells where somebody lives is
-- sealed as one value; the state stays in clear, as freight and taxes go by it.
--
-- The functions lock the user first, so that what holds for all his addresses together (how many,
-- which is the default) holds under any concurrency. p_act: who changes somebody else's, for the
-- audit (0011), which is told which address and nothing of what it says; null for one's own.

CREATE TABLE registry.addresses (
    id         uuid CONSTRAINT addresses_pkey PRIMARY KEY,
    user_id    uuid NOT NULL CONSTRAINT addresses_user_fkey REFERENCES registry.users ON DELETE CASCADE,
    state      char(2) NOT NULL CONSTRAINT addresses_state_format CHECK (state ~ '^[A-Z]{2}$'),
    is_default boolean NOT NULL,
    lines      bytea NOT NULL CONSTRAINT addresses_lines_length CHECK (length(lines) BETWEEN 33 AND 8192),
    version    int NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX addresses_default_unique ON registry.addresses (user_id) WHERE is_default;
CREATE INDEX addresses_user_idx ON registry.addresses (user_id, created_at DESC, id DESC);
COMMENT ON TABLE registry.addresses IS 'Where people have things delivered; twenty each at the most.';
COMMENT ON COLUMN registry.addresses.id IS 'UUIDv7';
COMMENT ON COLUMN registry.addresses.user_id IS 'whose';
COMMENT ON COLUMN registry.addresses.state IS 'UF';
COMMENT ON COLUMN registry.addresses.is_default IS 'whether it is the one that is meant where none is named; one of a user''s is';
COMMENT ON COLUMN registry.addresses.lines IS 'recipient, postal_code, street, number, complement, district and city as JSON; sealed';
COMMENT ON COLUMN registry.addresses.version IS 'rises with each change; the ETag of the resource';
COMMENT ON COLUMN registry.addresses.created_at IS 'when added';
COMMENT ON COLUMN registry.addresses.updated_at IS 'when last changed';

CREATE FUNCTION registry.lock_addresses(p_user uuid) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM registry.users WHERE id = p_user FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        PERFORM shared.fail(404, 'not_found');
    END IF;
END
$$;
COMMENT ON FUNCTION registry.lock_addresses(uuid) IS 'Held by whoever changes a user''s addresses; 404 where there is no such user.';

CREATE FUNCTION registry.audit_address(p_act jsonb, p_action text, p_user uuid, p_before uuid, p_after uuid)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF p_act IS NOT NULL THEN
        PERFORM registry.audit_act(p_act, p_action, p_user,
                                   CASE WHEN p_before IS NOT NULL THEN jsonb_build_object('address', p_before) END,
                                   CASE WHEN p_after IS NOT NULL THEN jsonb_build_object('address', p_after) END);
    END IF;
END
$$;
COMMENT ON FUNCTION registry.audit_address(jsonb, text, uuid, uuid, uuid) IS 'Audits a change of somebody else''s address; of one''s own there is no act.';

CREATE FUNCTION registry.add_address(p_act jsonb, p_id uuid, p_user uuid, p_state text, p_lines bytea,
                                     p_default boolean) RETURNS SETOF registry.addresses
LANGUAGE plpgsql AS $$
DECLARE
    others bigint;
BEGIN
    PERFORM registry.lock_addresses(p_user);
    SELECT count(*) INTO others FROM registry.addresses WHERE user_id = p_user;
    IF others >= 20 THEN
        PERFORM shared.fail(409, 'too_many_addresses');
    END IF;
    IF p_default THEN
        UPDATE registry.addresses SET is_default = false WHERE user_id = p_user AND is_default;
    END IF;
    PERFORM registry.audit_address(p_act, 'address.added', p_user, NULL, p_id);
    RETURN QUERY INSERT INTO registry.addresses (id, user_id, state, is_default, lines)
                 VALUES (p_id, p_user, p_state, p_default OR others = 0, p_lines) RETURNING *;
END
$$;
COMMENT ON FUNCTION registry.add_address(jsonb, uuid, uuid, text, bytea, boolean) IS
    'Adds an address. The first becomes the default whatever is said.';

CREATE FUNCTION registry.change_address(p_act jsonb, p_id uuid, p_user uuid, p_version int, p_state text,
                                        p_lines bytea, p_default boolean) RETURNS SETOF registry.addresses
LANGUAGE plpgsql AS $$
DECLARE
    old registry.addresses;
BEGIN
    PERFORM registry.lock_addresses(p_user);
    SELECT * INTO old FROM registry.addresses WHERE id = p_id AND user_id = p_user FOR UPDATE;
    IF old.id IS NULL THEN
        PERFORM shared.fail(404, 'not_found');
    ELSIF old.version <> p_version THEN
        RETURN;
    ELSIF old.is_default AND NOT p_default THEN
        PERFORM shared.fail(422, 'default_needed', '{"pointer": "/default"}');
    END IF;
    IF p_default THEN
        UPDATE registry.addresses SET is_default = false WHERE user_id = p_user AND is_default AND id <> p_id;
    END IF;
    PERFORM registry.audit_address(p_act, 'address.changed', p_user, p_id, p_id);
    RETURN QUERY UPDATE registry.addresses
                    SET state = p_state, lines = p_lines, is_default = coalesce(p_default, is_default),
                        version = version + 1, updated_at = now()
                  WHERE id = p_id RETURNING *;
END
$$;
COMMENT ON FUNCTION registry.change_address(jsonb, uuid, uuid, int, text, bytea, boolean) IS
    'Changes an address that still has this version; no row where it has another. p_default: null leaves the default where it is; it is taken away by giving it to another.';

CREATE FUNCTION registry.remove_address(p_act jsonb, p_id uuid, p_user uuid, p_version int) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    old registry.addresses;
BEGIN
    PERFORM registry.lock_addresses(p_user);
    SELECT * INTO old FROM registry.addresses WHERE id = p_id AND user_id = p_user FOR UPDATE;
    IF old.id IS NULL THEN
        PERFORM shared.fail(404, 'not_found');
    ELSIF p_version > 0 AND old.version <> p_version THEN
        PERFORM shared.fail(412, 'lost_update');
    END IF;
    DELETE FROM registry.addresses WHERE id = p_id;
    IF old.is_default THEN
        UPDATE registry.addresses SET is_default = true
         WHERE id = (SELECT a.id FROM registry.addresses a WHERE a.user_id = p_user
                      ORDER BY a.created_at DESC, a.id DESC LIMIT 1);
    END IF;
    PERFORM registry.audit_address(p_act, 'address.removed', p_user, p_id, NULL);
END
$$;
COMMENT ON FUNCTION registry.remove_address(jsonb, uuid, uuid, int) IS
    'Removes an address, if it has this version (0: any). The newest that is left becomes the default in its place.';

CREATE FUNCTION registry.address_for_order(p_user uuid, p_address uuid, OUT state text, OUT lines bytea)
RETURNS SETOF record LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT a.state, a.lines FROM registry.addresses a WHERE a.id = p_address AND a.user_id = p_user
$$;
COMMENT ON FUNCTION registry.address_for_order(uuid, uuid) IS
    'Published to Sales: where the buyer''s own order goes; the lines as sealed for registry.addresses.lines of this address. No row for anybody else''s.';

GRANT SELECT, INSERT, DELETE, UPDATE (state, is_default, lines, version, updated_at)
    ON registry.addresses TO vendas_registry;
REVOKE ALL ON FUNCTION
    registry.lock_addresses(uuid),
    registry.audit_address(jsonb, text, uuid, uuid, uuid),
    registry.add_address(jsonb, uuid, uuid, text, bytea, boolean),
    registry.change_address(jsonb, uuid, uuid, int, text, bytea, boolean),
    registry.remove_address(jsonb, uuid, uuid, int),
    registry.address_for_order(uuid, uuid)
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    registry.lock_addresses(uuid),
    registry.audit_address(jsonb, text, uuid, uuid, uuid),
    registry.add_address(jsonb, uuid, uuid, text, bytea, boolean),
    registry.change_address(jsonb, uuid, uuid, int, text, bytea, boolean),
    registry.remove_address(jsonb, uuid, uuid, int)
    TO vendas_registry;
GRANT EXECUTE ON FUNCTION registry.address_for_order(uuid, uuid) TO vendas_sales;
