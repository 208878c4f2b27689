-- Registry, who may do what: roles and permissions as people change them, service accounts, and the
-- audit of privileged acts. What people do with their privileges in other services is written here,
-- too, through one published function.
--
-- An "act" (jsonb, made by lib/audit) says who does something on whose behalf: {"id" of its audit
-- row, "actor", "scope", "origin", "request"}. Null stands for the operator's command line.

-- Permissions --------------------------------------------------------------------------------

ALTER TABLE registry.permissions RENAME COLUMN description TO description_en;
ALTER TABLE registry.permissions ADD COLUMN description_pt text;
INSERT INTO registry.permissions (name, description_en) VALUES
    ('accounts:write', 'make and change service accounts and their secrets'),
    ('audit:read', 'see who did what with their privileges'),
    ('customers:read', 'see what selling takes of a customer: name, contact and delivery address');
UPDATE registry.permissions SET description_pt = said.text
  FROM (VALUES
        ('accounts:write', 'criar e alterar contas de serviço e os seus segredos'),
        ('audit:read', 'ver quem fez o quê com os seus privilégios'),
        ('catalog:read', 'ver as fontes e as coletas'),
        ('catalog:write', 'alterar as fontes e iniciar coletas'),
        ('customers:read', 'ver de um cliente o que a venda exige: nome, contato e endereço de entrega'),
        ('orders:read', 'ver todos os pedidos'),
        ('orders:write', 'alterar qualquer pedido: cancelar, enviar, entregar'),
        ('payments:confirm', 'confirmar que um pagamento manual chegou'),
        ('payments:read', 'ver todos os pagamentos'),
        ('payments:refund', 'devolver dinheiro'),
        ('products:ingest', 'enviar produtos coletados'),
        ('products:write', 'criar e alterar produtos e categorias'),
        ('reports:read', 'ver relatórios, números e gráficos'),
        ('roles:assign', 'dar papéis aos usuários'),
        ('roles:write', 'alterar o que os papéis permitem'),
        ('sales:configure', 'alterar cupons e regras de frete e de impostos'),
        ('stock:read', 'ver o estoque e os seus movimentos'),
        ('stock:write', 'receber, ajustar e contar o estoque'),
        ('users:read', 'ver todos os usuários'),
        ('users:write', 'alterar qualquer usuário'),
        ('webhooks:write', 'alterar os avisos enviados a outros sistemas')) AS said (permission, text)
 WHERE name = said.permission;
ALTER TABLE registry.permissions ALTER COLUMN description_pt SET NOT NULL;
COMMENT ON COLUMN registry.permissions.description_en IS 'what it allows, for people, in English';
COMMENT ON COLUMN registry.permissions.description_pt IS 'the same in Portuguese';

-- Roles --------------------------------------------------------------------------------------

ALTER TABLE registry.roles
    ADD COLUMN built_in boolean NOT NULL DEFAULT false,
    ADD COLUMN version int NOT NULL DEFAULT 1;
COMMENT ON COLUMN registry.roles.built_in IS 'whether the programs count on it, so that it can''t go';
COMMENT ON COLUMN registry.roles.version IS 'rises with each change; the ETag of the resource';

UPDATE registry.roles SET built_in = true WHERE name IN ('admin', 'customer');
INSERT INTO registry.role_permissions (role, permission) VALUES
    ('admin', 'accounts:write'), ('admin', 'audit:read'), ('admin', 'customers:read'),
    ('manager', 'audit:read'), ('manager', 'customers:read'),
    ('support', 'customers:read');
-- The collector is a service account now, and signs in as one.
UPDATE registry.users SET role = 'customer', version = version + 1, updated_at = now()
 WHERE role = 'collector';
DELETE FROM registry.roles WHERE name = 'collector';

CREATE VIEW registry.role_documents AS
SELECT r.name, r.version, json_build_object(
    'name', r.name, 'description', r.description, 'built_in', r.built_in,
    'permissions', (SELECT coalesce(json_agg(p.permission ORDER BY p.permission), '[]')
                      FROM registry.role_permissions p WHERE p.role = r.name)) AS document
  FROM registry.roles r;
COMMENT ON VIEW registry.role_documents IS 'Roles as the API shows them.';

-- Service accounts ---------------------------------------------------------------------------

CREATE TABLE registry.service_accounts (
    id          uuid CONSTRAINT service_accounts_pkey PRIMARY KEY DEFAULT shared.uuid7(),
    name        text NOT NULL CONSTRAINT service_accounts_name_length CHECK (length(name) BETWEEN 1 AND 100),
    scopes      text[] NOT NULL CONSTRAINT service_accounts_scopes_given CHECK (cardinality(scopes) > 0),
    created_by  uuid,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    disabled_at timestamptz,
    version     int NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX service_accounts_name_unique ON registry.service_accounts (lower(name))
    WHERE disabled_at IS NULL;
CREATE INDEX service_accounts_newest_idx ON registry.service_accounts (created_at DESC, id DESC);
COMMENT ON TABLE registry.service_accounts IS 'Programs that call the API in their own name, such as the collector or an ERP.';
COMMENT ON COLUMN registry.service_accounts.id IS 'UUIDv7; the client_id, and sub and sid of its access tokens';
COMMENT ON COLUMN registry.service_accounts.name IS 'name for people; unique among those not disabled';
COMMENT ON COLUMN registry.service_accounts.scopes IS 'the permissions it has';
COMMENT ON COLUMN registry.service_accounts.created_by IS 'who made it; null: the operator';
COMMENT ON COLUMN registry.service_accounts.created_at IS 'when made';
COMMENT ON COLUMN registry.service_accounts.updated_at IS 'when last changed';
COMMENT ON COLUMN registry.service_accounts.disabled_at IS 'when disabled, which is for ever; its id stays in what it did';
COMMENT ON COLUMN registry.service_accounts.version IS 'rises with each change; the ETag of the resource';

CREATE TABLE registry.service_account_secrets (
    id           uuid CONSTRAINT service_account_secrets_pkey PRIMARY KEY DEFAULT shared.uuid7(),
    account_id   uuid NOT NULL CONSTRAINT service_account_secrets_account_fkey
                 REFERENCES registry.service_accounts,
    hash         bytea NOT NULL CONSTRAINT service_account_secrets_hash_unique UNIQUE
                 CONSTRAINT service_account_secrets_hash_sha256 CHECK (length(hash) = 32),
    created_at   timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz,
    last_used_at timestamptz
);
CREATE INDEX service_account_secrets_account_idx ON registry.service_account_secrets (account_id);
COMMENT ON TABLE registry.service_account_secrets IS 'What service accounts sign in with, kept as hashes: two of one account hold while it changes from one to the other.';
COMMENT ON COLUMN registry.service_account_secrets.id IS 'UUIDv7';
COMMENT ON COLUMN registry.service_account_secrets.account_id IS 'whose it is';
COMMENT ON COLUMN registry.service_account_secrets.hash IS 'SHA-256 of the secret, which has 256 random bits and so needs no salt';
COMMENT ON COLUMN registry.service_account_secrets.created_at IS 'when given out';
COMMENT ON COLUMN registry.service_account_secrets.expires_at IS 'no use after this time; null: the present one';
COMMENT ON COLUMN registry.service_account_secrets.last_used_at IS 'when last used, to the hour';

CREATE VIEW registry.service_account_documents AS
SELECT a.id, a.created_at, a.version, json_build_object(
    'id', a.id, 'name', a.name, 'scopes', a.scopes, 'created_by', a.created_by,
    'created_at', shared.rfc3339(a.created_at), 'updated_at', shared.rfc3339(a.updated_at),
    'disabled_at', shared.rfc3339(a.disabled_at),
    'secrets', (SELECT coalesce(json_agg(json_build_object(
                    'id', s.id, 'created_at', shared.rfc3339(s.created_at),
                    'expires_at', shared.rfc3339(s.expires_at),
                    'last_used_at', shared.rfc3339(s.last_used_at)) ORDER BY s.id), '[]')
                  FROM registry.service_account_secrets s
                 WHERE s.account_id = a.id AND (s.expires_at IS NULL OR s.expires_at > now()))) AS document
  FROM registry.service_accounts a;
COMMENT ON VIEW registry.service_account_documents IS 'Service accounts as the API shows them, with the secrets that hold.';

-- Audit --------------------------------------------------------------------------------------

ALTER TABLE registry.audit
    DROP COLUMN id,
    ADD COLUMN id uuid CONSTRAINT audit_pkey PRIMARY KEY DEFAULT shared.uuid7(),
    ADD COLUMN before jsonb,
    ADD COLUMN after jsonb,
    ADD COLUMN origin bytea,
    ADD COLUMN request text;
UPDATE registry.audit SET
    before = CASE WHEN detail ? 'before' THEN jsonb_build_object('role', detail->'before') END,
    after = CASE WHEN detail ? 'after' THEN jsonb_build_object('role', detail->'after') ELSE detail END;
ALTER TABLE registry.audit DROP COLUMN detail;
CREATE INDEX audit_newest_idx ON registry.audit (at DESC, id DESC);
CREATE INDEX audit_actor_idx ON registry.audit (actor, at DESC, id DESC);
CREATE INDEX audit_subject_idx ON registry.audit (subject, at DESC, id DESC);
COMMENT ON TABLE registry.audit IS 'What people and programs did with their privileges; append-only.';
COMMENT ON COLUMN registry.audit.id IS 'UUIDv7';
COMMENT ON COLUMN registry.audit.actor IS 'who did it, a user or a service account; null for the operator''s command line';
COMMENT ON COLUMN registry.audit.subject IS 'to whom or what; null for a role, which before and after name';
COMMENT ON COLUMN registry.audit.before IS 'what was changed, as it was; of personal data the names alone';
COMMENT ON COLUMN registry.audit.after IS 'the same as it became';
COMMENT ON COLUMN registry.audit.origin IS 'sealed: the address it was asked from; null where no request did it';
COMMENT ON COLUMN registry.audit.request IS 'X-Request-Id of the request, as logs have it';

CREATE FUNCTION registry.refuse_audit_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'registry.audit is append-only' USING ERRCODE = 'insufficient_privilege';
END
$$;
COMMENT ON FUNCTION registry.refuse_audit_change() IS 'Keeps what was written as it is, from its owner, too.';
-- A new data key may seal origin anew; nothing else ever changes.
CREATE TRIGGER audit_append_only
    BEFORE DELETE OR TRUNCATE OR UPDATE OF id, at, actor, action, subject, before, after, request
    ON registry.audit FOR EACH STATEMENT EXECUTE FUNCTION registry.refuse_audit_change();

CREATE VIEW registry.audit_documents AS
SELECT a.id, a.at, a.actor, a.action, a.subject, json_build_object(
    'id', a.id, 'at', shared.rfc3339(a.at), 'actor', a.actor, 'action', a.action,
    'subject', a.subject, 'before', a.before, 'after', a.after,
    'origin', shared.sealed('registry.audit.origin', a.id, a.origin),
    'request', a.request) AS document
  FROM registry.audit a;
COMMENT ON VIEW registry.audit_documents IS 'Audit rows as the API shows them.';

CREATE FUNCTION registry.audit_write(p_id uuid, p_actor uuid, p_action text, p_subject uuid,
                                     p_before jsonb, p_after jsonb, p_origin bytea, p_request text)
RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
    INSERT INTO registry.audit (id, actor, action, subject, before, after, origin, request)
    VALUES (coalesce(p_id, shared.uuid7()), p_actor, p_action, p_subject, p_before, p_after,
            p_origin, p_request)
$$;
COMMENT ON FUNCTION registry.audit_write(uuid, uuid, text, uuid, jsonb, jsonb, bytea, text) IS
    'Published to all: writes an audit row, in the transaction of what it tells about. p_id is the row that p_origin was sealed for.';

CREATE FUNCTION registry.audit_act(p_act jsonb, p_action text, p_subject uuid, p_before jsonb,
                                   p_after jsonb) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT registry.audit_write((p_act->>'id')::uuid, (p_act->>'actor')::uuid, p_action, p_subject,
                                p_before, p_after, (p_act->>'origin')::bytea, p_act->>'request')
$$;
COMMENT ON FUNCTION registry.audit_act(jsonb, text, uuid, jsonb, jsonb) IS
    'Published to all: the same for an act. An act has one row.';

-- What may be given --------------------------------------------------------------------------

CREATE FUNCTION registry.lock_roles() RETURNS void
LANGUAGE sql AS $$
    SELECT pg_advisory_xact_lock(hashtext('registry.assign_role'))
$$;
COMMENT ON FUNCTION registry.lock_roles() IS
    'Held by whoever changes what anybody may do, before any row is locked: admins are counted, and roles compared, one change at a time.';

CREATE FUNCTION registry.permissions_held(p_actor uuid) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT registry.permissions_of(u.role) FROM registry.users u WHERE u.id = p_actor),
                    (SELECT array_to_string(a.scopes, ' ') FROM registry.service_accounts a
                      WHERE a.id = p_actor AND a.disabled_at IS NULL), '')
$$;
COMMENT ON FUNCTION registry.permissions_held(uuid) IS 'What a user or a service account may do at this moment, as a scope.';

CREATE FUNCTION registry.refuse_more(p_act jsonb, p_permissions text[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    more text[];
BEGIN
    IF p_act IS NULL THEN
        RETURN; -- the operator
    END IF;
    -- What the token says and what holds now: who was demoted a moment ago has a token that still
    -- says more, and must not keep it by giving it away.
    SELECT array_agg(DISTINCT wanted ORDER BY wanted) INTO more FROM unnest(p_permissions) AS wanted
     WHERE wanted <> ALL (string_to_array(coalesce(p_act->>'scope', ''), ' '))
        OR wanted <> ALL (string_to_array(registry.permissions_held((p_act->>'actor')::uuid), ' '));
    IF more IS NOT NULL THEN
        PERFORM shared.fail(403, 'grants_more', jsonb_build_object('permissions', to_jsonb(more)));
    END IF;
END
$$;
COMMENT ON FUNCTION registry.refuse_more(jsonb, text[]) IS 'Nobody gives, or takes from others, what he has not himself.';

CREATE FUNCTION registry.refuse_unknown(p_field text, p_permissions text[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    at int;
BEGIN
    SELECT ordinality - 1 INTO at FROM unnest(p_permissions) WITH ORDINALITY AS wanted (name, ordinality)
     WHERE NOT EXISTS (SELECT FROM registry.permissions p WHERE p.name = wanted.name)
     ORDER BY ordinality LIMIT 1;
    IF at IS NOT NULL THEN
        PERFORM shared.fail(422, 'unknown_permission', jsonb_build_object(
            'pointer', '/' || p_field || '/' || at));
    END IF;
END
$$;
COMMENT ON FUNCTION registry.refuse_unknown(text, text[]) IS 'Refuses a list with a permission that there is not; p_field is the list''s name in the body.';

CREATE FUNCTION registry.permission_list(p_role text) RETURNS text[]
LANGUAGE sql STABLE AS $$
    SELECT ARRAY (SELECT permission FROM registry.role_permissions WHERE role = p_role ORDER BY permission)
$$;
COMMENT ON FUNCTION registry.permission_list(text) IS 'A role''s permissions as a list.';

CREATE FUNCTION registry.is_last_admin(p_user uuid) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM registry.lock_roles();
    RETURN EXISTS (SELECT FROM registry.users WHERE id = p_user AND role = 'admin')
       AND (SELECT count(*) FROM registry.users WHERE role = 'admin') = 1;
END
$$;
COMMENT ON FUNCTION registry.is_last_admin(uuid) IS
    'Whether the shop would be left without an admin; so it stays until the transaction ends. To be asked before any row is locked.';

-- Changing roles -----------------------------------------------------------------------------

CREATE FUNCTION registry.put_role(p_act jsonb, p_name text, p_description text, p_permissions text[],
                                  p_version int, OUT created boolean)
LANGUAGE plpgsql AS $$
DECLARE
    present registry.roles;
    had     text[];
    before  jsonb;
BEGIN
    PERFORM registry.lock_roles();
    PERFORM registry.refuse_unknown('permissions', p_permissions);
    SELECT * INTO present FROM registry.roles WHERE name = p_name FOR UPDATE;
    created := present.name IS NULL;
    had := registry.permission_list(p_name);
    IF created AND p_name !~ '^[a-z][a-z0-9_-]{1,39}$' THEN
        PERFORM shared.fail(422, 'not_role_name', '{"pointer": "/name"}');
    END IF;
    PERFORM registry.refuse_more(p_act, had || p_permissions);
    IF p_version > 0 AND p_version IS DISTINCT FROM present.version THEN
        PERFORM shared.fail(412, 'lost_update');
    ELSIF p_name = 'admin' AND NOT p_permissions @> had THEN
        PERFORM shared.fail(409, 'admin_has_all');
    END IF;
    IF NOT created THEN
        before := jsonb_build_object('name', p_name, 'description', present.description,
                                     'permissions', to_jsonb(had));
    END IF;
    INSERT INTO registry.roles (name, description) VALUES (p_name, p_description)
    ON CONFLICT ON CONSTRAINT roles_pkey
    DO UPDATE SET description = excluded.description, version = roles.version + 1;
    DELETE FROM registry.role_permissions WHERE role = p_name;
    INSERT INTO registry.role_permissions (role, permission)
    SELECT DISTINCT p_name, wanted FROM unnest(p_permissions) AS wanted;
    PERFORM registry.audit_act(
        p_act, CASE WHEN created THEN 'role.created' ELSE 'role.changed' END, NULL, before,
        jsonb_build_object('name', p_name, 'description', p_description,
                           'permissions', to_jsonb(registry.permission_list(p_name))));
END
$$;
COMMENT ON FUNCTION registry.put_role(jsonb, text, text, text[], int) IS
    'Makes a role, or replaces what it says and allows. p_version 0: whatever the present version is.';

CREATE FUNCTION registry.delete_role(p_act jsonb, p_name text, p_version int) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    present registry.roles;
    had     text[];
    holders bigint;
BEGIN
    PERFORM registry.lock_roles();
    SELECT * INTO present FROM registry.roles WHERE name = p_name FOR UPDATE;
    IF present.name IS NULL THEN
        PERFORM shared.fail(404, 'not_found');
    END IF;
    had := registry.permission_list(p_name);
    PERFORM registry.refuse_more(p_act, had);
    SELECT count(*) INTO holders FROM registry.users WHERE role = p_name;
    IF p_version > 0 AND p_version <> present.version THEN
        PERFORM shared.fail(412, 'lost_update');
    ELSIF present.built_in THEN
        PERFORM shared.fail(409, 'role_built_in');
    ELSIF holders > 0 THEN
        PERFORM shared.fail(409, 'role_in_use', jsonb_build_object('users', holders));
    END IF;
    DELETE FROM registry.roles WHERE name = p_name;
    PERFORM registry.audit_act(p_act, 'role.deleted', NULL, jsonb_build_object(
        'name', p_name, 'description', present.description, 'permissions', to_jsonb(had)), NULL);
END
$$;
COMMENT ON FUNCTION registry.delete_role(jsonb, text, int) IS 'Removes a role that no user has. p_version 0: whatever the present version is.';

DROP FUNCTION registry.assign_role(uuid, text, uuid);
CREATE FUNCTION registry.assign_role(p_act jsonb, p_user uuid, p_role text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    before text;
BEGIN
    PERFORM registry.lock_roles();
    IF NOT EXISTS (SELECT FROM registry.roles WHERE name = p_role) THEN
        PERFORM shared.fail(422, 'unknown_role', '{"pointer": "/role"}');
    END IF;
    SELECT role INTO before FROM registry.users WHERE id = p_user FOR UPDATE;
    IF before IS NULL THEN
        PERFORM shared.fail(404, 'not_found');
    END IF;
    PERFORM registry.refuse_more(p_act, registry.permission_list(before) || registry.permission_list(p_role));
    IF p_role <> 'admin' AND registry.is_last_admin(p_user) THEN
        PERFORM shared.fail(409, 'last_admin');
    END IF;
    UPDATE registry.users SET role = p_role, version = version + 1, updated_at = now() WHERE id = p_user;
    PERFORM registry.audit_act(p_act, 'role.assigned', p_user, jsonb_build_object('role', before),
                               jsonb_build_object('role', p_role));
END
$$;
COMMENT ON FUNCTION registry.assign_role(jsonb, uuid, text) IS 'Gives a user another role. The last admin stays one.';

-- Changing service accounts ------------------------------------------------------------------

CREATE FUNCTION registry.create_service_account(p_act jsonb, p_name text, p_scopes text[], p_hash bytea)
RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    account uuid := shared.uuid7();
    wanted  text[] := ARRAY (SELECT DISTINCT s FROM unnest(p_scopes) AS s ORDER BY s);
BEGIN
    PERFORM registry.lock_roles();
    PERFORM registry.refuse_unknown('scopes', p_scopes);
    PERFORM registry.refuse_more(p_act, p_scopes);
    INSERT INTO registry.service_accounts (id, name, scopes, created_by)
    VALUES (account, p_name, wanted, (p_act->>'actor')::uuid);
    INSERT INTO registry.service_account_secrets (account_id, hash) VALUES (account, p_hash);
    PERFORM registry.audit_act(p_act, 'service_account.created', account, NULL,
                               jsonb_build_object('name', p_name, 'scopes', to_jsonb(wanted)));
    RETURN account;
END
$$;
COMMENT ON FUNCTION registry.create_service_account(jsonb, text, text[], bytea) IS 'A new service account with its first secret.';

CREATE FUNCTION registry.hold_service_account(p_act jsonb, p_id uuid) RETURNS registry.service_accounts
LANGUAGE plpgsql AS $$
DECLARE
    account registry.service_accounts;
BEGIN
    PERFORM registry.lock_roles();
    SELECT * INTO account FROM registry.service_accounts WHERE id = p_id FOR UPDATE;
    IF account.id IS NULL THEN
        PERFORM shared.fail(404, 'not_found');
    ELSIF account.disabled_at IS NOT NULL THEN
        PERFORM shared.fail(409, 'account_disabled');
    END IF;
    PERFORM registry.refuse_more(p_act, account.scopes);
    RETURN account;
END
$$;
COMMENT ON FUNCTION registry.hold_service_account(jsonb, uuid) IS 'The account, locked, for one who may change it.';

CREATE FUNCTION registry.change_service_account(p_act jsonb, p_id uuid, p_name text, p_scopes text[],
                                                p_version int) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    account registry.service_accounts := registry.hold_service_account(p_act, p_id);
    wanted  text[] := ARRAY (SELECT DISTINCT s FROM unnest(coalesce(p_scopes, account.scopes)) AS s ORDER BY s);
BEGIN
    PERFORM registry.refuse_unknown('scopes', p_scopes);
    PERFORM registry.refuse_more(p_act, p_scopes);
    IF p_version > 0 AND p_version <> account.version THEN
        PERFORM shared.fail(412, 'lost_update');
    END IF;
    UPDATE registry.service_accounts
       SET name = coalesce(p_name, name), scopes = wanted, version = version + 1, updated_at = now()
     WHERE id = p_id;
    PERFORM registry.audit_act(
        p_act, 'service_account.changed', p_id,
        jsonb_build_object('name', account.name, 'scopes', to_jsonb(account.scopes)),
        jsonb_build_object('name', coalesce(p_name, account.name), 'scopes', to_jsonb(wanted)));
END
$$;
COMMENT ON FUNCTION registry.change_service_account(jsonb, uuid, text, text[], int) IS
    'Changes what is not null. p_version 0: whatever the present version is.';

CREATE FUNCTION registry.disable_service_account(p_act jsonb, p_id uuid) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM registry.service_accounts WHERE id = p_id AND disabled_at IS NOT NULL) THEN
        RETURN;
    END IF;
    PERFORM registry.hold_service_account(p_act, p_id);
    UPDATE registry.service_accounts SET disabled_at = now(), updated_at = now(), version = version + 1
     WHERE id = p_id;
    DELETE FROM registry.service_account_secrets WHERE account_id = p_id;
    PERFORM registry.audit_act(p_act, 'service_account.disabled', p_id, NULL, NULL);
END
$$;
COMMENT ON FUNCTION registry.disable_service_account(jsonb, uuid) IS 'Ends an account and its secrets for ever; once more does nothing.';

CREATE FUNCTION registry.rotate_secret(p_act jsonb, p_id uuid, p_hash bytea, p_seconds int) RETURNS uuid
LANGUAGE plpgsql AS $$
DECLARE
    secret uuid := shared.uuid7();
BEGIN
    PERFORM registry.hold_service_account(p_act, p_id);
    DELETE FROM registry.service_account_secrets WHERE account_id = p_id AND expires_at <= now();
    -- least() passes over nulls: one that runs out sooner still does.
    UPDATE registry.service_account_secrets
       SET expires_at = least(expires_at, now() + make_interval(secs => p_seconds))
     WHERE account_id = p_id;
    INSERT INTO registry.service_account_secrets (id, account_id, hash) VALUES (secret, p_id, p_hash);
    PERFORM registry.audit_act(p_act, 'service_account.secret_added', p_id, NULL, jsonb_build_object(
        'secret', secret, 'old_expires_in', p_seconds));
    RETURN secret;
END
$$;
COMMENT ON FUNCTION registry.rotate_secret(jsonb, uuid, bytea, int) IS 'A further secret; those before it hold for p_seconds more.';

CREATE FUNCTION registry.delete_secret(p_act jsonb, p_id uuid, p_secret uuid) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM registry.hold_service_account(p_act, p_id);
    DELETE FROM registry.service_account_secrets WHERE account_id = p_id AND id = p_secret;
    IF NOT FOUND THEN
        PERFORM shared.fail(404, 'not_found');
    END IF;
    PERFORM registry.audit_act(p_act, 'service_account.secret_deleted', p_id, jsonb_build_object(
        'secret', p_secret), NULL);
END
$$;
COMMENT ON FUNCTION registry.delete_secret(jsonb, uuid, uuid) IS 'Ends a secret at once.';

CREATE FUNCTION registry.save_service_account(p_name text, p_scopes text[], p_hash bytea) RETURNS uuid
LANGUAGE plpgsql AS $$
DECLARE
    account uuid;
BEGIN
    SELECT id INTO account FROM registry.service_accounts
     WHERE lower(name) = lower(p_name) AND disabled_at IS NULL;
    IF account IS NULL THEN
        RETURN registry.create_service_account(NULL, p_name, p_scopes, p_hash);
    END IF;
    PERFORM registry.change_service_account(NULL, account, NULL, p_scopes, 0);
    PERFORM registry.rotate_secret(NULL, account, p_hash, 0);
    RETURN account;
END
$$;
COMMENT ON FUNCTION registry.save_service_account(text, text[], bytea) IS
    'For the operator: makes an account, or gives the one of that name these permissions and this secret alone.';

CREATE FUNCTION registry.client_scope(p_client uuid, p_hash bytea) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    secret registry.service_account_secrets;
BEGIN
    SELECT * INTO secret FROM registry.service_account_secrets
     WHERE hash = p_hash AND account_id = p_client AND (expires_at IS NULL OR expires_at > now());
    -- To the hour: a program that asks for a token each minute need not write each minute.
    IF secret.last_used_at IS NULL OR secret.last_used_at < now() - interval '1 hour' THEN
        UPDATE registry.service_account_secrets SET last_used_at = now() WHERE id = secret.id;
    END IF;
    RETURN (SELECT array_to_string(scopes, ' ') FROM registry.service_accounts
             WHERE id = secret.account_id AND disabled_at IS NULL);
END
$$;
COMMENT ON FUNCTION registry.client_scope(uuid, bytea) IS 'What the service account with this secret may do; null: there is none.';

-- Rights -------------------------------------------------------------------------------------

REVOKE INSERT ON registry.audit FROM vendas_registry;
GRANT USAGE ON SCHEMA registry TO vendas_products, vendas_catalog;
GRANT SELECT ON registry.role_documents, registry.audit_documents, registry.service_accounts,
    registry.service_account_secrets, registry.service_account_documents TO vendas_registry;
GRANT INSERT, UPDATE, DELETE ON registry.roles TO vendas_registry;
GRANT INSERT, DELETE ON registry.role_permissions TO vendas_registry;
GRANT INSERT, UPDATE ON registry.service_accounts TO vendas_registry;
GRANT INSERT, UPDATE, DELETE ON registry.service_account_secrets TO vendas_registry;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA registry FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA registry TO vendas_registry;
GRANT EXECUTE ON FUNCTION
    registry.audit_write(uuid, uuid, text, uuid, jsonb, jsonb, bytea, text),
    registry.audit_act(jsonb, text, uuid, jsonb, jsonb)
    TO vendas_products, vendas_sales, vendas_catalog;
