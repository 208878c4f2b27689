-- Registry: who people are, how they sign in, what they may do.

CREATE SCHEMA registry;
COMMENT ON SCHEMA registry IS 'Service Registry: users, sessions, roles and permissions.';

CREATE TABLE registry.permissions (
    name        text CONSTRAINT permissions_pkey PRIMARY KEY
                CONSTRAINT permissions_name_format CHECK (name ~ '^[a-z]+:[a-z]+$'),
    description text NOT NULL
);
COMMENT ON TABLE registry.permissions IS 'What can be allowed. The route tables of the programs name these.';
COMMENT ON COLUMN registry.permissions.name IS 'service-wide name, such as orders:read';
COMMENT ON COLUMN registry.permissions.description IS 'what it allows, for people';

CREATE TABLE registry.roles (
    name        text CONSTRAINT roles_pkey PRIMARY KEY
                CONSTRAINT roles_name_format CHECK (name ~ '^[a-z][a-z0-9_-]{1,39}$'),
    description text NOT NULL
);
COMMENT ON TABLE registry.roles IS 'Named sets of permissions. A user has one.';
COMMENT ON COLUMN registry.roles.name IS 'name as the API uses it';
COMMENT ON COLUMN registry.roles.description IS 'who it is for';

CREATE TABLE registry.role_permissions (
    role       text NOT NULL CONSTRAINT role_permissions_role_fkey
               REFERENCES registry.roles ON UPDATE CASCADE ON DELETE CASCADE,
    permission text NOT NULL CONSTRAINT role_permissions_permission_fkey
               REFERENCES registry.permissions,
    CONSTRAINT role_permissions_pkey PRIMARY KEY (role, permission)
);
COMMENT ON TABLE registry.role_permissions IS 'Which role allows what.';
COMMENT ON COLUMN registry.role_permissions.role IS 'the role';
COMMENT ON COLUMN registry.role_permissions.permission IS 'what it allows';

CREATE TABLE registry.users (
    id            uuid CONSTRAINT users_pkey PRIMARY KEY DEFAULT shared.uuid7(),
    name          text NOT NULL CONSTRAINT users_name_length CHECK (length(name) BETWEEN 1 AND 120),
    email         text NOT NULL CONSTRAINT users_email_length CHECK (length(email) BETWEEN 3 AND 254),
    password_hash text NOT NULL CONSTRAINT users_password_argon2id CHECK (password_hash LIKE '$argon2id$%'),
    role          text NOT NULL DEFAULT 'customer' CONSTRAINT users_role_fkey
                  REFERENCES registry.roles ON UPDATE CASCADE,
    version       int NOT NULL DEFAULT 1,
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX users_email_unique ON registry.users (lower(email));
CREATE INDEX users_newest_idx ON registry.users (created_at DESC, id DESC);
COMMENT ON TABLE registry.users IS 'People and service accounts that can sign in.';
COMMENT ON COLUMN registry.users.id IS 'UUIDv7';
COMMENT ON COLUMN registry.users.name IS 'full name, as the person writes it';
COMMENT ON COLUMN registry.users.email IS 'address as given; unique without regard to case';
COMMENT ON COLUMN registry.users.password_hash IS 'Argon2id in its encoded form, parameters included';
COMMENT ON COLUMN registry.users.role IS 'what the user may do';
COMMENT ON COLUMN registry.users.version IS 'rises with each change; the ETag of the resource';
COMMENT ON COLUMN registry.users.created_at IS 'when registered';
COMMENT ON COLUMN registry.users.updated_at IS 'when last changed';

CREATE TABLE registry.sessions (
    id         uuid CONSTRAINT sessions_pkey PRIMARY KEY DEFAULT shared.uuid7(),
    user_id    uuid NOT NULL CONSTRAINT sessions_user_fkey REFERENCES registry.users ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    ended_at   timestamptz
);
CREATE INDEX sessions_user_idx ON registry.sessions (user_id) WHERE ended_at IS NULL;
COMMENT ON TABLE registry.sessions IS 'One sign-in and the family of refresh tokens that goes on from it.';
COMMENT ON COLUMN registry.sessions.id IS 'UUIDv7; the sid claim of its access tokens';
COMMENT ON COLUMN registry.sessions.user_id IS 'who signed in';
COMMENT ON COLUMN registry.sessions.created_at IS 'when signed in';
COMMENT ON COLUMN registry.sessions.expires_at IS 'no refresh after this time';
COMMENT ON COLUMN registry.sessions.ended_at IS 'when signed out, or ended because an old token was used again';

CREATE TABLE registry.refresh_tokens (
    hash       bytea CONSTRAINT refresh_tokens_pkey PRIMARY KEY
               CONSTRAINT refresh_tokens_sha256 CHECK (length(hash) = 32),
    session_id uuid NOT NULL CONSTRAINT refresh_tokens_session_fkey
               REFERENCES registry.sessions ON DELETE CASCADE,
    issued_at  timestamptz NOT NULL DEFAULT now(),
    used_at    timestamptz
);
CREATE INDEX refresh_tokens_session_idx ON registry.refresh_tokens (session_id);
COMMENT ON TABLE registry.refresh_tokens IS 'Single-use refresh tokens, kept as hashes.';
COMMENT ON COLUMN registry.refresh_tokens.hash IS 'SHA-256 of the token';
COMMENT ON COLUMN registry.refresh_tokens.session_id IS 'the family it belongs to';
COMMENT ON COLUMN registry.refresh_tokens.issued_at IS 'when given out';
COMMENT ON COLUMN registry.refresh_tokens.used_at IS 'when exchanged; a second use ends the family';

CREATE TABLE registry.audit (
    id      bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT audit_pkey PRIMARY KEY,
    at      timestamptz NOT NULL DEFAULT now(),
    actor   uuid,
    action  text NOT NULL,
    subject uuid,
    detail  jsonb NOT NULL DEFAULT '{}'
);
COMMENT ON TABLE registry.audit IS 'Privileged changes; append-only.';
COMMENT ON COLUMN registry.audit.id IS 'order of writing';
COMMENT ON COLUMN registry.audit.at IS 'when';
COMMENT ON COLUMN registry.audit.actor IS 'who did it; null for the operator''s command line';
COMMENT ON COLUMN registry.audit.action IS 'what was done, such as role.assigned';
COMMENT ON COLUMN registry.audit.subject IS 'to whom';
COMMENT ON COLUMN registry.audit.detail IS 'before and after, without secrets';

CREATE VIEW registry.user_documents AS
SELECT u.id, u.email, u.name, u.version, u.created_at,
       json_build_object(
           'id', u.id, 'name', u.name, 'email', u.email, 'role', u.role,
           'created_at', shared.rfc3339(u.created_at),
           'updated_at', shared.rfc3339(u.updated_at)) AS document
  FROM registry.users u;
COMMENT ON VIEW registry.user_documents IS 'Users as the API shows them.';

CREATE FUNCTION registry.permissions_of(role_name text) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT coalesce(string_agg(permission, ' ' ORDER BY permission), '')
      FROM registry.role_permissions WHERE role = role_name
$$;
COMMENT ON FUNCTION registry.permissions_of(text) IS 'A role''s permissions as a token''s scope claim (RFC 8693 section 4.2).';

CREATE FUNCTION registry.open_session(p_user uuid, p_hash bytea, p_days int) RETURNS uuid
LANGUAGE sql AS $$
    WITH opened AS (
        INSERT INTO registry.sessions (user_id, expires_at)
        VALUES (p_user, now() + make_interval(days => p_days)) RETURNING id)
    INSERT INTO registry.refresh_tokens (hash, session_id)
    SELECT p_hash, id FROM opened RETURNING session_id
$$;
COMMENT ON FUNCTION registry.open_session(uuid, bytea, int) IS 'Starts a session with its first refresh token.';

CREATE FUNCTION registry.refresh_session(p_old bytea, p_new bytea,
    OUT session_id uuid, OUT user_id uuid, OUT role text, OUT scope text)
LANGUAGE plpgsql AS $$
DECLARE
    token registry.refresh_tokens;
BEGIN
    SELECT * INTO token FROM registry.refresh_tokens t WHERE t.hash = p_old FOR UPDATE;
    IF token.used_at IS NOT NULL THEN
        -- Somebody holds a copy: neither the thief nor the owner goes on with this family.
        UPDATE registry.sessions s SET ended_at = coalesce(s.ended_at, now()) WHERE s.id = token.session_id;
        RETURN;
    END IF;
    SELECT s.id, u.id, u.role, registry.permissions_of(u.role)
      INTO session_id, user_id, role, scope
      FROM registry.sessions s JOIN registry.users u ON u.id = s.user_id
     WHERE s.id = token.session_id AND s.ended_at IS NULL AND s.expires_at > now();
    IF session_id IS NULL THEN
        RETURN;
    END IF;
    UPDATE registry.refresh_tokens t SET used_at = now() WHERE t.hash = p_old;
    INSERT INTO registry.refresh_tokens (hash, session_id) VALUES (p_new, refresh_session.session_id);
END
$$;
COMMENT ON FUNCTION registry.refresh_session(bytea, bytea) IS
    'Exchanges a refresh token for the next one. All nulls: unknown, expired, ended, or used before (which ends the session).';

CREATE FUNCTION registry.assign_role(p_user uuid, p_role text, p_actor uuid) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    before text;
BEGIN
    IF NOT EXISTS (SELECT FROM registry.roles WHERE name = p_role) THEN
        PERFORM shared.fail(422, 'unknown_role', '{"pointer": "/role"}');
    END IF;
    -- Admins are counted under one lock, so that two of them can't demote each other at once.
    PERFORM pg_advisory_xact_lock(hashtext('registry.assign_role'));
    SELECT role INTO before FROM registry.users WHERE id = p_user FOR UPDATE;
    IF before IS NULL THEN
        PERFORM shared.fail(404, 'not_found');
    END IF;
    IF before = 'admin' AND p_role <> 'admin'
       AND (SELECT count(*) FROM registry.users WHERE role = 'admin') = 1 THEN
        PERFORM shared.fail(409, 'last_admin');
    END IF;
    UPDATE registry.users SET role = p_role, version = version + 1, updated_at = now() WHERE id = p_user;
    INSERT INTO registry.audit (actor, action, subject, detail)
    VALUES (p_actor, 'role.assigned', p_user, jsonb_build_object('before', before, 'after', p_role));
END
$$;
COMMENT ON FUNCTION registry.assign_role(uuid, text, uuid) IS 'Gives a user another role and writes the audit row. The last admin stays one.';

CREATE FUNCTION registry.customer_for_order(p_user uuid, OUT name text, OUT email text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT u.name, u.email FROM registry.users u WHERE u.id = p_user
$$;
COMMENT ON FUNCTION registry.customer_for_order(uuid) IS 'Published to Sales: who is buying. Nulls when there is no such user.';

INSERT INTO registry.permissions (name, description) VALUES
    ('users:read', 'see every user'),
    ('users:write', 'change every user'),
    ('roles:assign', 'give users a role'),
    ('roles:write', 'change what roles allow'),
    ('products:write', 'create and change products and categories'),
    ('products:ingest', 'feed collected products'),
    ('orders:read', 'see every order'),
    ('orders:write', 'change every order: cancel, ship, deliver'),
    ('payments:read', 'see every payment'),
    ('payments:confirm', 'confirm that a manual payment has arrived'),
    ('payments:refund', 'give money back'),
    ('stock:read', 'see stock and its movements'),
    ('stock:write', 'receive, adjust and count stock'),
    ('sales:configure', 'change coupons, freight and tax rules'),
    ('reports:read', 'see reports, figures and charts'),
    ('catalog:read', 'see sources and collection runs'),
    ('catalog:write', 'change sources and start runs'),
    ('webhooks:write', 'change outgoing notifications');

INSERT INTO registry.roles (name, description) VALUES
    ('admin', 'the owner: everything'),
    ('manager', 'runs the shop'),
    ('stock', 'looks after the stock room'),
    ('support', 'answers customers'),
    ('customer', 'buys'),
    ('collector', 'service account of the catalog collector');

INSERT INTO registry.role_permissions (role, permission)
SELECT 'admin', name FROM registry.permissions
UNION ALL
SELECT 'manager', name FROM registry.permissions
 WHERE name NOT IN ('roles:assign', 'roles:write', 'users:write')
UNION ALL
SELECT 'stock', unnest(ARRAY['stock:read', 'stock:write', 'orders:read', 'orders:write'])
UNION ALL
SELECT 'support', unnest(ARRAY['users:read', 'orders:read', 'orders:write', 'payments:read'])
UNION ALL
SELECT 'collector', 'products:ingest';

GRANT USAGE ON SCHEMA registry TO vendas_registry, vendas_sales;
GRANT SELECT ON ALL TABLES IN SCHEMA registry TO vendas_registry;
GRANT INSERT, UPDATE ON registry.users, registry.sessions, registry.refresh_tokens TO vendas_registry;
GRANT INSERT ON registry.audit TO vendas_registry;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA registry FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA registry TO vendas_registry;
GRANT EXECUTE ON FUNCTION registry.customer_for_order(uuid) TO vendas_sales;
