-- Registry, mail: letters that wait to be sent. A letter is written in the transaction of what it
-- tells about, so that neither is there without the other, and sent by the job "deliver".
--
-- Each is sent at least once: a job that is killed between the mail server's taking a letter and
-- the letter's leaving the outbox has it sent again, under the same Message-ID. Two jobs at work
-- never send the same letter, as claiming it keeps it from the others for a while.

CREATE TABLE registry.outbox (
    id              uuid CONSTRAINT outbox_pkey PRIMARY KEY,
    kind            text NOT NULL CONSTRAINT outbox_kind_format CHECK (kind ~ '^[a-z][a-z_]{1,39}$'),
    user_id         uuid CONSTRAINT outbox_user_fkey REFERENCES registry.users ON DELETE CASCADE,
    payload         bytea NOT NULL CONSTRAINT outbox_payload_length
                    CHECK (length(payload) BETWEEN 32 AND 65536),
    created_at      timestamptz NOT NULL DEFAULT now(),
    expires_at      timestamptz NOT NULL
                    CONSTRAINT outbox_expires_at_later CHECK (expires_at > created_at),
    attempts        int NOT NULL DEFAULT 0 CONSTRAINT outbox_attempts_positive CHECK (attempts >= 0),
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    last_error      text CONSTRAINT outbox_last_error_plain
                    CHECK (length(last_error) <= 80 AND last_error !~ '@')
);
CREATE INDEX outbox_due_idx ON registry.outbox (next_attempt_at);
CREATE INDEX outbox_user_idx ON registry.outbox (user_id);
COMMENT ON TABLE registry.outbox IS 'Letters that wait to be sent. A row goes when its letter was sent, was refused for good, or is too old.';
COMMENT ON COLUMN registry.outbox.id IS 'UUIDv7; the letter''s Message-ID has it';
COMMENT ON COLUMN registry.outbox.kind IS 'what it tells, as in lib/letter';
COMMENT ON COLUMN registry.outbox.user_id IS 'whose account it is about, with whom it goes; null where there is none or no longer one';
COMMENT ON COLUMN registry.outbox.payload IS 'sealed JSON: address, subject and text; it may hold a token';
COMMENT ON COLUMN registry.outbox.created_at IS 'when written; the letter''s Date';
COMMENT ON COLUMN registry.outbox.expires_at IS 'from when on it is of no use to anybody, as its link has run out';
COMMENT ON COLUMN registry.outbox.attempts IS 'how often a job has begun to send it';
COMMENT ON COLUMN registry.outbox.next_attempt_at IS 'before this time no job takes it: one is at work on it, or it waits after a failure';
COMMENT ON COLUMN registry.outbox.last_error IS 'why it was not sent the last time, such as "RCPT 451"; never a server''s words, which may name the address';

CREATE FUNCTION registry.post_letter(p_id uuid, p_kind text, p_payload bytea, p_user uuid,
                                     p_expires timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
    INSERT INTO registry.outbox (id, kind, payload, user_id, expires_at)
    VALUES (p_id, p_kind, p_payload, p_user, p_expires)
$$;
COMMENT ON FUNCTION registry.post_letter(uuid, text, bytea, uuid, timestamptz) IS
    'Published to every service: puts a letter made by lib/letter into the outbox, to be sent once this transaction is committed.';

CREATE FUNCTION registry.claim_letter(p_seconds int, OUT id uuid, OUT kind text, OUT payload bytea,
                                      OUT created_at timestamptz, OUT attempt int)
RETURNS SETOF record LANGUAGE sql AS $$
    UPDATE registry.outbox o
       SET attempts = o.attempts + 1, next_attempt_at = now() + make_interval(secs => p_seconds)
     WHERE o.id = (SELECT w.id FROM registry.outbox w
                    WHERE w.next_attempt_at <= now() AND w.expires_at > now()
                    ORDER BY w.next_attempt_at
                      FOR UPDATE SKIP LOCKED LIMIT 1)
    RETURNING o.id, o.kind, o.payload, o.created_at, o.attempts
$$;
COMMENT ON FUNCTION registry.claim_letter(int) IS
    'The letter that has waited longest, which nobody else is given for so many seconds; no row when none is due. One at a time, so that a job that is killed holds up no other letter.';

CREATE FUNCTION registry.finish_letter(p_id uuid) RETURNS void
LANGUAGE sql AS $$
    DELETE FROM registry.outbox WHERE id = p_id
$$;
COMMENT ON FUNCTION registry.finish_letter(uuid) IS 'Takes a letter out that was sent, or that the address''s server refused for good.';

CREATE FUNCTION registry.retry_letter(p_id uuid, p_attempt int, p_error text) RETURNS void
LANGUAGE sql AS $$
    -- 15 seconds, doubled with each attempt up to 16 minutes, of which between half and all is
    -- waited: letters that failed together do not come back together. Whoever was too slow, and
    -- whose letter another has by now, changes nothing.
    UPDATE registry.outbox
       SET last_error = p_error,
           next_attempt_at = now()
               + interval '15 seconds' * 2 ^ least(p_attempt - 1, 6) * (0.5 + random() / 2)
     WHERE id = p_id AND attempts = p_attempt
$$;
COMMENT ON FUNCTION registry.retry_letter(uuid, int, text) IS 'Lets a letter wait for its next attempt, the longer the more there were.';

CREATE FUNCTION registry.forget_letters() RETURNS bigint
LANGUAGE sql AS $$
    WITH gone AS (DELETE FROM registry.outbox WHERE expires_at <= now() RETURNING id)
    SELECT count(*) FROM gone
$$;
COMMENT ON FUNCTION registry.forget_letters() IS 'Gives up the letters that are too old; how many.';

REVOKE ALL ON FUNCTION registry.post_letter(uuid, text, bytea, uuid, timestamptz),
    registry.claim_letter(int), registry.finish_letter(uuid),
    registry.retry_letter(uuid, int, text), registry.forget_letters() FROM PUBLIC;
GRANT SELECT, INSERT, UPDATE, DELETE ON registry.outbox TO vendas_registry;
GRANT EXECUTE ON FUNCTION registry.claim_letter(int), registry.finish_letter(uuid),
    registry.retry_letter(uuid, int, text), registry.forget_letters() TO vendas_registry;
GRANT USAGE ON SCHEMA registry TO vendas_products, vendas_catalog;
GRANT EXECUTE ON FUNCTION registry.post_letter(uuid, text, bytea, uuid, timestamptz)
    TO vendas_registry, vendas_products, vendas_sales, vendas_catalog;
