-- Registry, people: what is known of them, sealed; how an account begins, is entered and is
-- recovered.

CREATE FUNCTION shared.sealed(p_column text, p_row uuid, p_value bytea) RETURNS json
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN p_value IS NOT NULL THEN
        json_build_object('$sealed', json_build_array(p_column, p_row, encode(p_value, 'hex'))) END
$$;
COMMENT ON FUNCTION shared.sealed(text, uuid, bytea) IS
    'A sealed value as it stands in a document, until the program opens it (lib/seal); null for null.';

-- Users --------------------------------------------------------------------------------------

ALTER TABLE registry.users
    ADD COLUMN phone                bytea,
    ADD COLUMN phone_lookup         bytea,
    ADD COLUMN document             bytea,
    ADD COLUMN document_lookup      bytea,
    ADD COLUMN document_verified_at timestamptz,
    ADD COLUMN birth_date           bytea,
    ADD COLUMN language             text NOT NULL DEFAULT 'pt-BR'
               CONSTRAINT users_language_known CHECK (language IN ('pt-BR', 'en')),
    ADD CONSTRAINT users_phone_together CHECK ((phone IS NULL) = (phone_lookup IS NULL)),
    ADD CONSTRAINT users_document_together CHECK ((document IS NULL) = (document_lookup IS NULL)),
    ADD CONSTRAINT users_document_given CHECK (document_verified_at IS NULL OR document IS NOT NULL);
-- Only what somebody has seen is one person's alone: were it so for what is merely claimed, anyone
-- could take another's number first, or find out whether it is a customer's.
CREATE UNIQUE INDEX users_document_unique ON registry.users (document_lookup)
    WHERE document_verified_at IS NOT NULL;
CREATE INDEX users_document_idx ON registry.users (document_lookup) WHERE document_lookup IS NOT NULL;
CREATE INDEX users_phone_idx ON registry.users (phone_lookup) WHERE phone_lookup IS NOT NULL;
COMMENT ON COLUMN registry.users.phone IS 'telephone in E.164; sealed';
COMMENT ON COLUMN registry.users.phone_lookup IS 'keyed hash that finds it';
COMMENT ON COLUMN registry.users.document IS 'CPF or CNPJ without punctuation; sealed';
COMMENT ON COLUMN registry.users.document_lookup IS 'keyed hash that finds it; unique among the verified';
COMMENT ON COLUMN registry.users.document_verified_at IS 'when staff compared it with the document; from then on it stays';
COMMENT ON COLUMN registry.users.birth_date IS 'date of birth, YYYY-MM-DD; sealed';
COMMENT ON COLUMN registry.users.language IS 'of letters to the user';

CREATE OR REPLACE VIEW registry.user_documents AS
SELECT u.id, u.email, u.name, u.version, u.created_at,
       json_build_object(
           'id', u.id, 'name', u.name, 'email', u.email, 'role', u.role,
           'phone', shared.sealed('registry.users.phone', u.id, u.phone),
           'document', shared.sealed('registry.users.document', u.id, u.document),
           'document_verified', u.document_verified_at IS NOT NULL,
           'birth_date', shared.sealed('registry.users.birth_date', u.id, u.birth_date),
           'language', u.language,
           'created_at', shared.rfc3339(u.created_at),
           'updated_at', shared.rfc3339(u.updated_at)) AS document,
       u.phone_lookup, u.document_lookup
  FROM registry.users u;

-- Slowing down whoever guesses ---------------------------------------------------------------

CREATE TABLE registry.attempts (
    key           bytea CONSTRAINT attempts_pkey PRIMARY KEY
                  CONSTRAINT attempts_key_length CHECK (length(key) = 32),
    failures      int NOT NULL DEFAULT 0,
    last_at       timestamptz NOT NULL DEFAULT now(),
    blocked_until timestamptz NOT NULL DEFAULT 'epoch',
    succeeded_at  timestamptz
) WITH (fillfactor = 70);
CREATE INDEX attempts_last_idx ON registry.attempts (last_at);
COMMENT ON TABLE registry.attempts IS 'Failed attempts to sign in, per account, per client address and per both.';
COMMENT ON COLUMN registry.attempts.key IS 'keyed hash of what is counted; whether there is such an account does not matter';
COMMENT ON COLUMN registry.attempts.failures IS 'failures not yet forgotten';
COMMENT ON COLUMN registry.attempts.last_at IS 'when the last attempt began';
COMMENT ON COLUMN registry.attempts.blocked_until IS 'no further attempt before this time';
COMMENT ON COLUMN registry.attempts.succeeded_at IS 'last success, of an account at an address: its owner is known there';

CREATE FUNCTION registry.count_attempt(p_keys bytea[], p_free int[], p_forget int[], p_first int,
    p_longest int) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
    waits interval;
BEGIN
    INSERT INTO registry.attempts (key) SELECT k FROM unnest(p_keys) AS k ORDER BY k
        ON CONFLICT DO NOTHING;
    PERFORM FROM registry.attempts a WHERE a.key = ANY (p_keys) ORDER BY a.key FOR UPDATE;
    SELECT max(a.blocked_until) - clock_timestamp() INTO waits
      FROM registry.attempts a WHERE a.key = ANY (p_keys);
    IF waits > interval '0' THEN
        RETURN ceil(extract(epoch FROM waits));
    END IF;
    UPDATE registry.attempts a
       SET failures = n.failures, last_at = clock_timestamp(),
           blocked_until = CASE WHEN n.failures >= n.free THEN clock_timestamp() + make_interval(
               secs => least(p_longest, p_first * 2 ^ least(n.failures - n.free, 20)))
               ELSE 'epoch' END
      FROM (SELECT k.key, k.free,
                   greatest(0, o.failures - floor(extract(epoch FROM clock_timestamp() - o.last_at)
                                                  / k.forget))::int + 1 AS failures
              FROM unnest(p_keys, p_free, p_forget) AS k (key, free, forget)
              JOIN registry.attempts o USING (key)) AS n
     WHERE a.key = n.key;
    RETURN 0;
END
$$;
COMMENT ON FUNCTION registry.count_attempt(bytea[], int[], int[], int, int) IS
    'Counts an attempt under each key and returns 0, or returns the seconds to wait before one may be made. From a key''s last free one on the wait is p_first seconds and doubles with each; one is forgotten in so many seconds. Counted before anything is compared, so that many at once are many.';

CREATE FUNCTION registry.begin_attempt(p_account bytea, p_address bytea, p_both bytea,
    p_free_account int, p_free_address int, p_longest int) RETURNS int
LANGUAGE sql AS $$
    -- Where the owner has signed in before, only his own failures there count: an attacker
    -- elsewhere does not lock him out.
    SELECT registry.count_attempt(
        ARRAY[CASE WHEN EXISTS (SELECT FROM registry.attempts a WHERE a.key = p_both
                                   AND a.succeeded_at > now() - interval '90 days')
                   THEN p_both ELSE p_account END, p_address],
        ARRAY[p_free_account, p_free_address], ARRAY[p_longest, 60], 1, p_longest)
$$;
COMMENT ON FUNCTION registry.begin_attempt(bytea, bytea, bytea, int, int, int) IS
    'Counts an attempt to sign in as failed and returns 0, or the seconds to wait; succeed_attempt() takes it back.';

CREATE FUNCTION registry.succeed_attempt(p_account bytea, p_address bytea, p_both bytea) RETURNS void
LANGUAGE sql AS $$
    -- An attacker who signs in to an account of his own is still at the same address: of that
    -- only this one attempt is taken back. Locked in the order of begin_attempt().
    WITH locked AS (
        SELECT key FROM registry.attempts WHERE key IN (p_account, p_address, p_both)
         ORDER BY key FOR UPDATE),
    mine AS (
        INSERT INTO registry.attempts (key, succeeded_at)
        SELECT p_both, now() FROM (SELECT count(*) FROM locked) AS first
        ON CONFLICT (key) DO UPDATE SET failures = 0, blocked_until = 'epoch', succeeded_at = now())
    UPDATE registry.attempts
       SET failures = CASE WHEN key = p_address THEN greatest(0, failures - 1) ELSE 0 END,
           blocked_until = 'epoch'
     WHERE key IN (p_account, p_address)
$$;
COMMENT ON FUNCTION registry.succeed_attempt(bytea, bytea, bytea) IS 'Takes back what begin_attempt() counted, and remembers the account''s owner at this address.';

-- Second factor ------------------------------------------------------------------------------

CREATE TABLE registry.second_factors (
    user_id      uuid CONSTRAINT second_factors_pkey PRIMARY KEY
                 CONSTRAINT second_factors_user_fkey REFERENCES registry.users ON DELETE CASCADE,
    secret       bytea NOT NULL,
    last_step    bigint NOT NULL DEFAULT 0,
    created_at   timestamptz NOT NULL DEFAULT now(),
    confirmed_at timestamptz
);
COMMENT ON TABLE registry.second_factors IS 'Time-based one-time passwords (RFC 6238), for those who want them.';
COMMENT ON COLUMN registry.second_factors.user_id IS 'whose';
COMMENT ON COLUMN registry.second_factors.secret IS 'shared secret in base32; sealed';
COMMENT ON COLUMN registry.second_factors.last_step IS 'time step of the last code used: none is used twice';
COMMENT ON COLUMN registry.second_factors.created_at IS 'when the secret was given out';
COMMENT ON COLUMN registry.second_factors.confirmed_at IS 'when a first code proved it; not asked for before';

CREATE TABLE registry.recovery_codes (
    user_id uuid NOT NULL CONSTRAINT recovery_codes_user_fkey
            REFERENCES registry.second_factors ON DELETE CASCADE,
    hash    bytea NOT NULL CONSTRAINT recovery_codes_hash_length CHECK (length(hash) = 32),
    used_at timestamptz,
    CONSTRAINT recovery_codes_pkey PRIMARY KEY (user_id, hash)
);
COMMENT ON TABLE registry.recovery_codes IS 'Single-use codes in the place of the second factor.';
COMMENT ON COLUMN registry.recovery_codes.user_id IS 'whose';
COMMENT ON COLUMN registry.recovery_codes.hash IS 'keyed hash of the code';
COMMENT ON COLUMN registry.recovery_codes.used_at IS 'when used';

CREATE FUNCTION registry.use_second_factor(p_user uuid, p_step bigint, p_recovery bytea) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF p_step IS NOT NULL THEN
        UPDATE registry.second_factors SET last_step = p_step WHERE user_id = p_user AND last_step < p_step;
    ELSE
        UPDATE registry.recovery_codes SET used_at = now()
         WHERE user_id = p_user AND hash = p_recovery AND used_at IS NULL;
    END IF;
    IF NOT FOUND THEN
        PERFORM shared.fail(401, 'invalid_code');
    END IF;
END
$$;
COMMENT ON FUNCTION registry.use_second_factor(uuid, bigint, bytea) IS 'Uses up a code, by its time step or as a recovery code; refuses one that was used.';

CREATE FUNCTION registry.begin_second_factor(p_user uuid, p_secret bytea) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO registry.second_factors (user_id, secret) VALUES (p_user, p_secret)
    ON CONFLICT (user_id) DO UPDATE SET secret = excluded.secret, created_at = now()
     WHERE second_factors.confirmed_at IS NULL;
    IF NOT FOUND THEN
        PERFORM shared.fail(409, 'second_factor_enabled');
    END IF;
END
$$;
COMMENT ON FUNCTION registry.begin_second_factor(uuid, bytea) IS 'Keeps a secret that a first code has to prove yet.';

CREATE FUNCTION registry.set_recovery_codes(p_user uuid, p_hashes bytea[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM registry.second_factors WHERE user_id = p_user AND confirmed_at IS NOT NULL) THEN
        PERFORM shared.fail(409, 'second_factor_not_begun');
    END IF;
    DELETE FROM registry.recovery_codes WHERE user_id = p_user;
    INSERT INTO registry.recovery_codes (user_id, hash) SELECT p_user, unnest(p_hashes);
END
$$;
COMMENT ON FUNCTION registry.set_recovery_codes(uuid, bytea[]) IS 'Recovery codes in the place of those before.';

CREATE FUNCTION registry.enable_second_factor(p_user uuid, p_step bigint, p_hashes bytea[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE registry.second_factors SET confirmed_at = now(), last_step = p_step
     WHERE user_id = p_user AND confirmed_at IS NULL;
    IF NOT FOUND THEN
        PERFORM shared.fail(409, 'second_factor_enabled');
    END IF;
    PERFORM registry.set_recovery_codes(p_user, p_hashes);
END
$$;
COMMENT ON FUNCTION registry.enable_second_factor(uuid, bigint, bytea[]) IS 'Signing in asks for a code from now on.';

CREATE FUNCTION registry.disable_second_factor(p_act jsonb, p_user uuid) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM registry.second_factors WHERE user_id = p_user) THEN
        PERFORM registry.act_on_user(p_act, 'second_factor.removed', p_user, NULL);
        DELETE FROM registry.second_factors WHERE user_id = p_user;
    END IF;
END
$$;
COMMENT ON FUNCTION registry.disable_second_factor(jsonb, uuid) IS 'Signing in asks for a code no more.';

-- Sessions -----------------------------------------------------------------------------------

ALTER TABLE registry.sessions
    ADD COLUMN client       bytea,
    ADD COLUMN last_used_at timestamptz NOT NULL DEFAULT now();
COMMENT ON COLUMN registry.sessions.client IS 'address and user agent that signed in, as the owner is shown them; sealed';
COMMENT ON COLUMN registry.sessions.last_used_at IS 'when a token of it was last given out';

CREATE FUNCTION registry.account_to_enter(p_email text, p_id uuid, p_account bytea, p_address bytea,
    p_both bytea, p_free_account int, p_free_address int, p_longest int,
    OUT wait int, OUT id uuid, OUT name text, OUT email text, OUT role text, OUT scope text,
    OUT language text, OUT password_hash text, OUT secret bytea, OUT last_step bigint)
LANGUAGE plpgsql AS $$
BEGIN
    wait := registry.begin_attempt(p_account, p_address, p_both, p_free_account, p_free_address, p_longest);
    IF wait = 0 THEN
        SELECT u.id, u.name, u.email, u.role, registry.permissions_of(u.role), u.language, u.password_hash,
               f.secret, f.last_step
          INTO id, name, email, role, scope, language, password_hash, secret, last_step
          FROM registry.users u
          LEFT JOIN registry.second_factors f ON f.user_id = u.id AND f.confirmed_at IS NOT NULL
         WHERE u.id = p_id OR lower(u.email) = lower(p_email);
    END IF;
END
$$;
COMMENT ON FUNCTION registry.account_to_enter(text, uuid, bytea, bytea, bytea, int, int, int) IS
    'The account with this address or id, to compare a password with. wait: the seconds before it may be tried, and then nothing else.';

DROP FUNCTION registry.open_session(uuid, bytea, int);
CREATE FUNCTION registry.open_session(p_id uuid, p_user uuid, p_hash bytea, p_days int, p_client bytea,
    p_new_password_hash text, p_step bigint, p_recovery bytea,
    p_account bytea, p_address bytea, p_both bytea) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF p_step IS NOT NULL OR p_recovery IS NOT NULL THEN
        PERFORM registry.use_second_factor(p_user, p_step, p_recovery);
    END IF;
    PERFORM registry.succeed_attempt(p_account, p_address, p_both);
    INSERT INTO registry.sessions (id, user_id, expires_at, client)
    VALUES (p_id, p_user, now() + make_interval(days => p_days), p_client);
    INSERT INTO registry.refresh_tokens (hash, session_id) VALUES (p_hash, p_id);
    IF p_new_password_hash IS NOT NULL THEN
        UPDATE registry.users SET password_hash = p_new_password_hash WHERE id = p_user;
    END IF;
END
$$;
COMMENT ON FUNCTION registry.open_session(uuid, uuid, bytea, int, bytea, text, bigint, bytea, bytea, bytea, bytea) IS
    'Starts a session with its first refresh token, and uses up the second factor''s code. p_new_password_hash: the same password hashed anew, or null.';

CREATE OR REPLACE FUNCTION registry.refresh_session(p_old bytea, p_new bytea,
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
    UPDATE registry.sessions s SET last_used_at = now() FROM registry.users u
     WHERE s.id = token.session_id AND s.ended_at IS NULL AND s.expires_at > now() AND u.id = s.user_id
    RETURNING s.id, u.id, u.role, registry.permissions_of(u.role)
      INTO session_id, user_id, role, scope;
    IF session_id IS NULL THEN
        RETURN;
    END IF;
    UPDATE registry.refresh_tokens t SET used_at = now() WHERE t.hash = p_old;
    INSERT INTO registry.refresh_tokens (hash, session_id) VALUES (p_new, refresh_session.session_id);
END
$$;

CREATE FUNCTION registry.end_sessions(p_user uuid, p_but uuid) RETURNS void
LANGUAGE sql AS $$
    UPDATE registry.sessions SET ended_at = now()
     WHERE user_id = p_user AND ended_at IS NULL AND id IS DISTINCT FROM p_but
$$;
COMMENT ON FUNCTION registry.end_sessions(uuid, uuid) IS 'Ends a user''s sessions, all but one where it is given.';

-- Letters with a token -----------------------------------------------------------------------

CREATE TABLE registry.registrations (
    id              uuid CONSTRAINT registrations_pkey PRIMARY KEY,
    token_hash      bytea NOT NULL CONSTRAINT registrations_token_unique UNIQUE
                    CONSTRAINT registrations_token_sha256 CHECK (length(token_hash) = 32),
    name            text NOT NULL,
    email           text NOT NULL,
    password_hash   text NOT NULL,
    phone           bytea,
    phone_lookup    bytea,
    document        bytea,
    document_lookup bytea,
    birth_date      bytea,
    language        text NOT NULL,
    consents        jsonb NOT NULL DEFAULT '[]',
    created_at      timestamptz NOT NULL DEFAULT now(),
    expires_at      timestamptz NOT NULL
);
CREATE INDEX registrations_email_idx ON registry.registrations (lower(email));
CREATE INDEX registrations_expiry_idx ON registry.registrations (expires_at);
COMMENT ON TABLE registry.registrations IS 'Accounts that wait for their address to be confirmed. Several may claim one address: the letter that is answered decides.';
COMMENT ON COLUMN registry.registrations.id IS 'UUIDv7; the user''s id later on';
COMMENT ON COLUMN registry.registrations.token_hash IS 'SHA-256 of the token in the letter';
COMMENT ON COLUMN registry.registrations.name IS 'as in users';
COMMENT ON COLUMN registry.registrations.email IS 'as in users';
COMMENT ON COLUMN registry.registrations.password_hash IS 'as in users';
COMMENT ON COLUMN registry.registrations.phone IS 'as in users, sealed for it';
COMMENT ON COLUMN registry.registrations.phone_lookup IS 'as in users';
COMMENT ON COLUMN registry.registrations.document IS 'as in users, sealed for it';
COMMENT ON COLUMN registry.registrations.document_lookup IS 'as in users';
COMMENT ON COLUMN registry.registrations.birth_date IS 'as in users, sealed for it';
COMMENT ON COLUMN registry.registrations.language IS 'as in users';
COMMENT ON COLUMN registry.registrations.consents IS 'what was agreed to: [{purpose, version}]';
COMMENT ON COLUMN registry.registrations.created_at IS 'when asked for';
COMMENT ON COLUMN registry.registrations.expires_at IS 'not confirmed by then: forgotten';

CREATE TABLE registry.mail_tokens (
    hash       bytea CONSTRAINT mail_tokens_pkey PRIMARY KEY
               CONSTRAINT mail_tokens_sha256 CHECK (length(hash) = 32),
    purpose    text NOT NULL CONSTRAINT mail_tokens_purpose_known
               CHECK (purpose IN ('reset_password', 'change_email')),
    user_id    uuid NOT NULL CONSTRAINT mail_tokens_user_fkey REFERENCES registry.users ON DELETE CASCADE,
    email      text CONSTRAINT mail_tokens_email_given CHECK ((purpose = 'change_email') = (email IS NOT NULL)),
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    CONSTRAINT mail_tokens_one_unique UNIQUE (user_id, purpose)
);
COMMENT ON TABLE registry.mail_tokens IS 'What a letter allows its reader, once. A new letter replaces the one before.';
COMMENT ON COLUMN registry.mail_tokens.hash IS 'SHA-256 of the token in the letter';
COMMENT ON COLUMN registry.mail_tokens.purpose IS 'what it allows';
COMMENT ON COLUMN registry.mail_tokens.user_id IS 'whose account';
COMMENT ON COLUMN registry.mail_tokens.email IS 'the address to change to';
COMMENT ON COLUMN registry.mail_tokens.created_at IS 'when the letter was written';
COMMENT ON COLUMN registry.mail_tokens.expires_at IS 'of no use from then on';

CREATE FUNCTION registry.may_write_to(p_key bytea) RETURNS boolean
LANGUAGE sql AS $$
    -- Letters that strangers can have sent: three, then ever fewer, so that nobody's mailbox is
    -- flooded. The answer to the stranger is the same.
    SELECT registry.count_attempt(ARRAY[p_key], ARRAY[3], ARRAY[1800], 60, 3600) = 0
$$;
COMMENT ON FUNCTION registry.may_write_to(bytea) IS 'Whether one more letter may go to an address; p_key is its keyed hash.';

CREATE FUNCTION registry.register(p_person jsonb, p_token_hash bytea, p_seconds int, p_key bytea,
    p_letter uuid, p_payload bytea, p_other_letter uuid, p_other_payload bytea) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    new   registry.registrations;
    owner uuid;
BEGIN
    IF NOT registry.may_write_to(p_key) THEN
        RETURN;
    END IF;
    new := jsonb_populate_record(NULL::registry.registrations, p_person);
    SELECT id INTO owner FROM registry.users WHERE lower(email) = lower(new.email);
    IF owner IS NOT NULL THEN
        PERFORM registry.post_letter(p_other_letter, 'account_exists', p_other_payload, owner,
                                     now() + interval '3 days');
        RETURN;
    END IF;
    new.token_hash := p_token_hash;
    new.created_at := now();
    new.expires_at := now() + make_interval(secs => p_seconds);
    INSERT INTO registry.registrations VALUES (new.*);
    PERFORM registry.post_letter(p_letter, 'confirm_email', p_payload, NULL, new.expires_at);
END
$$;
COMMENT ON FUNCTION registry.register(jsonb, bytea, int, bytea, uuid, bytea, uuid, bytea) IS
    'Keeps a registration and writes to its address, or tells the owner of an account that has it. Which of them, or that too many letters were written, the caller does not learn.';

CREATE FUNCTION registry.ask_change_of_email(p_user uuid, p_email text, p_token_hash bytea, p_seconds int,
    p_key bytea, p_letter uuid, p_payload bytea, p_other_letter uuid, p_other_payload bytea,
    p_notice uuid, p_notice_payload bytea) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    until timestamptz := now() + make_interval(secs => p_seconds);
    owner uuid;
BEGIN
    IF NOT registry.may_write_to(p_key) THEN
        RETURN;
    END IF;
    PERFORM registry.post_letter(p_notice, 'email_changing', p_notice_payload, p_user, now() + interval '3 days');
    SELECT id INTO owner FROM registry.users WHERE lower(email) = lower(p_email) AND id <> p_user;
    IF owner IS NOT NULL THEN
        PERFORM registry.post_letter(p_other_letter, 'account_exists', p_other_payload, owner, until);
        RETURN;
    END IF;
    INSERT INTO registry.mail_tokens (hash, purpose, user_id, email, expires_at)
    VALUES (p_token_hash, 'change_email', p_user, p_email, until)
    ON CONFLICT (user_id, purpose) DO UPDATE
        SET hash = excluded.hash, email = excluded.email, created_at = now(), expires_at = excluded.expires_at;
    PERFORM registry.post_letter(p_letter, 'confirm_new_email', p_payload, p_user, until);
END
$$;
COMMENT ON FUNCTION registry.ask_change_of_email(uuid, text, bytea, int, bytea, uuid, bytea, uuid, bytea, uuid, bytea) IS
    'Writes to a user''s new address, and to the old one that it is going to change.';

CREATE FUNCTION registry.ask_reset(p_email text, p_token_hash bytea, p_seconds int, p_key bytea,
    p_letter uuid, p_payload bytea) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    owner uuid;
BEGIN
    IF NOT registry.may_write_to(p_key) THEN
        RETURN;
    END IF;
    SELECT id INTO owner FROM registry.users WHERE lower(email) = lower(p_email);
    IF owner IS NULL THEN
        RETURN;
    END IF;
    INSERT INTO registry.mail_tokens (hash, purpose, user_id, expires_at)
    VALUES (p_token_hash, 'reset_password', owner, now() + make_interval(secs => p_seconds))
    ON CONFLICT (user_id, purpose) DO UPDATE
        SET hash = excluded.hash, created_at = now(), expires_at = excluded.expires_at;
    PERFORM registry.post_letter(p_letter, 'reset_password', p_payload, owner,
                                 now() + make_interval(secs => p_seconds));
END
$$;
COMMENT ON FUNCTION registry.ask_reset(text, bytea, int, bytea, uuid, bytea) IS
    'Writes to the owner of an account how to choose a new password; to nobody where there is none.';

CREATE FUNCTION registry.ask_confirmation_again(p_email text, p_token_hash bytea, p_seconds int,
    p_key bytea, p_letter uuid, p_payload bytea) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    until timestamptz := now() + make_interval(secs => p_seconds);
BEGIN
    IF NOT registry.may_write_to(p_key) THEN
        RETURN;
    END IF;
    -- The last one to register; only hashes of the earlier letters' tokens are known.
    UPDATE registry.registrations SET token_hash = p_token_hash, expires_at = until
     WHERE id = (SELECT r.id FROM registry.registrations r
                  WHERE lower(r.email) = lower(p_email) AND r.expires_at > now()
                  ORDER BY r.created_at DESC LIMIT 1);
    IF FOUND THEN
        PERFORM registry.post_letter(p_letter, 'confirm_email', p_payload, NULL, until);
    END IF;
END
$$;
COMMENT ON FUNCTION registry.ask_confirmation_again(text, bytea, int, bytea, uuid, bytea) IS
    'Writes once more to the address of a registration; to nobody where there is none.';

CREATE FUNCTION registry.confirm_email(p_hash bytea, OUT user_id uuid, OUT purpose text)
LANGUAGE plpgsql AS $$
DECLARE
    new   registry.registrations;
    token registry.mail_tokens;
BEGIN
    DELETE FROM registry.registrations r WHERE r.token_hash = p_hash RETURNING * INTO new;
    IF new.id IS NOT NULL AND new.expires_at > now() THEN
        INSERT INTO registry.users (id, name, email, password_hash, phone, phone_lookup, document,
                                    document_lookup, birth_date, language)
        VALUES (new.id, new.name, new.email, new.password_hash, new.phone, new.phone_lookup, new.document,
                new.document_lookup, new.birth_date, new.language);
        DELETE FROM registry.registrations r WHERE lower(r.email) = lower(new.email);
        user_id := new.id;
        purpose := 'confirm_email';
        RETURN;
    END IF;
    DELETE FROM registry.mail_tokens t WHERE t.hash = p_hash AND t.purpose = 'change_email' RETURNING * INTO token;
    IF token.hash IS NOT NULL AND token.expires_at > now() THEN
        UPDATE registry.users u SET email = token.email, version = version + 1, updated_at = now()
         WHERE u.id = token.user_id;
        user_id := token.user_id;
        purpose := token.purpose;
    END IF;
END
$$;
COMMENT ON FUNCTION registry.confirm_email(bytea) IS
    'Makes the account, or the change of address, that a letter''s token stands for. Nulls: no such token, used, or expired.';

CREATE FUNCTION registry.change_password(p_id uuid, p_hash text, p_session uuid,
    p_letter uuid, p_payload bytea) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE registry.users SET password_hash = p_hash, version = version + 1, updated_at = now() WHERE id = p_id;
    PERFORM registry.end_sessions(p_id, p_session);
    -- What was asked for with the old password does not go on: another address least of all.
    DELETE FROM registry.mail_tokens WHERE user_id = p_id;
    PERFORM registry.post_letter(p_letter, 'password_changed', p_payload, p_id, now() + interval '3 days');
END
$$;
COMMENT ON FUNCTION registry.change_password(uuid, text, uuid, uuid, bytea) IS
    'Sets another password, ends the user''s sessions, all but p_session, and tells the user.';

CREATE FUNCTION registry.reset_password(p_hash bytea, p_password_hash text, p_letter uuid, p_payload bytea,
    p_account bytea, p_address bytea, p_both bytea) RETURNS uuid
LANGUAGE plpgsql AS $$
DECLARE
    token registry.mail_tokens;
BEGIN
    DELETE FROM registry.mail_tokens t WHERE t.hash = p_hash AND t.purpose = 'reset_password'
    RETURNING * INTO token;
    IF token.hash IS NULL OR token.expires_at <= now() THEN
        RETURN NULL;
    END IF;
    PERFORM registry.change_password(token.user_id, p_password_hash, NULL, p_letter, p_payload);
    PERFORM registry.succeed_attempt(p_account, p_address, p_both);
    RETURN token.user_id;
END
$$;
COMMENT ON FUNCTION registry.reset_password(bytea, text, uuid, bytea, bytea, bytea, bytea) IS
    'Sets the password that a letter''s token allows to set, ends all sessions, and forgets failed attempts (begin_attempt). Null: no such token, used, or expired.';

-- Changing oneself ---------------------------------------------------------------------------

CREATE FUNCTION registry.act_on_user(p_act jsonb, p_action text, p_user uuid, p_after jsonb) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF p_act IS NOT NULL THEN
        PERFORM registry.refuse_more(p_act, registry.permission_list(u.role))
           FROM registry.users u WHERE u.id = p_user;
        PERFORM registry.audit_act(p_act, p_action, p_user, NULL, p_after);
    END IF;
END
$$;
COMMENT ON FUNCTION registry.act_on_user(jsonb, text, uuid, jsonb) IS
    'Staff does something to a user: refused where the user may do what they may not, and audited. Null act: one does it to oneself.';

CREATE FUNCTION registry.change_user(p_act jsonb, p_id uuid, p_version int, p_changes jsonb, p_password_hash text,
    p_session uuid, p_letter uuid, p_payload bytea, OUT document json, OUT version int)
LANGUAGE plpgsql AS $$
DECLARE
    before  registry.users;
    changed registry.users;
BEGIN
    SELECT * INTO before FROM registry.users u WHERE u.id = p_id FOR UPDATE;
    IF before.id IS NULL OR before.erased_at IS NOT NULL THEN
        PERFORM shared.fail(404, 'not_found');
    ELSIF p_version > 0 AND before.version <> p_version THEN
        PERFORM shared.fail(412, 'lost_update');
    END IF;
    changed := jsonb_populate_record(before, p_changes);
    IF before.document_verified_at IS NOT NULL
       AND changed.document_lookup IS DISTINCT FROM before.document_lookup THEN
        PERFORM shared.fail(422, 'read_only', '{"pointer": "/document"}');
    END IF;
    PERFORM registry.act_on_user(p_act, 'user.changed', p_id, jsonb_build_object('fields', (
        SELECT jsonb_agg(k ORDER BY k) FROM jsonb_object_keys(p_changes) AS k WHERE k NOT LIKE '%\_lookup')));
    UPDATE registry.users u
       SET name = changed.name, phone = changed.phone, phone_lookup = changed.phone_lookup,
           document = changed.document, document_lookup = changed.document_lookup,
           birth_date = changed.birth_date, language = changed.language,
           version = u.version + 1, updated_at = now()
     WHERE u.id = p_id;
    IF p_password_hash IS NOT NULL THEN
        PERFORM registry.change_password(p_id, p_password_hash, p_session, p_letter, p_payload);
    END IF;
    SELECT d.document, d.version INTO document, version FROM registry.user_documents d WHERE d.id = p_id;
END
$$;
COMMENT ON FUNCTION registry.change_user(jsonb, uuid, int, jsonb, text, uuid, uuid, bytea) IS
    'Changes the columns that p_changes names, and the password where one is given; what is not for the user to change is not taken. p_version 0: whatever version it has.';

CREATE FUNCTION registry.verify_document(p_act jsonb, p_id uuid, p_lookup bytea, OUT document json, OUT version int)
LANGUAGE plpgsql AS $$
DECLARE
    held bytea;
BEGIN
    SELECT u.document_lookup INTO held FROM registry.users u WHERE u.id = p_id FOR UPDATE;
    IF NOT FOUND THEN
        PERFORM shared.fail(404, 'not_found');
    ELSIF held IS DISTINCT FROM p_lookup THEN
        PERFORM shared.fail(422, 'document_differs', '{"pointer": "/document"}');
    END IF;
    PERFORM registry.act_on_user(p_act, 'document.verified', p_id, NULL);
    UPDATE registry.users u
       SET document_verified_at = coalesce(u.document_verified_at, now()), version = u.version + 1,
           updated_at = now()
     WHERE u.id = p_id;
    SELECT d.document, d.version INTO document, version FROM registry.user_documents d WHERE d.id = p_id;
END
$$;
COMMENT ON FUNCTION registry.verify_document(jsonb, uuid, bytea) IS
    'Takes the user''s document for verified, if it is the one that staff read. One that is verified for somebody else is refused.';

GRANT SELECT ON ALL TABLES IN SCHEMA registry TO vendas_registry;
GRANT INSERT, UPDATE ON registry.attempts TO vendas_registry;
GRANT INSERT, UPDATE, DELETE ON registry.second_factors, registry.recovery_codes, registry.mail_tokens
   TO vendas_registry;
GRANT INSERT, UPDATE, DELETE ON registry.registrations TO vendas_registry;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA registry FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA registry TO vendas_registry;
