-- The history: facts in one gap-free order, and the tables that commands need across streams.

CREATE SCHEMA history;

CREATE TABLE history.installation (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    history_id text NOT NULL
);

CREATE TABLE history.facts (
    position bigint PRIMARY KEY,
    stream text COLLATE "C" NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    topic text COLLATE "C" NOT NULL,
    document bytea NOT NULL,
    leaf bytea NOT NULL CHECK (octet_length(leaf) = 32),
    recorded_at timestamptz NOT NULL,
    UNIQUE (stream, version)
);
-- Whether a fact of this topic erases the subject of its stream: person.erased.v1 in a person's stream, and the same for every
-- other kind of stream that has a sealing key. Equivalent to `domain.topics.erases`.
CREATE FUNCTION history.erases(p_stream text, p_topic text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT p_topic LIKE '%.erased.v%'
        AND regexp_replace(p_topic, 'v[1-9][0-9]*$', 'v') = split_part(p_stream, '-', 1) || '.erased.v'
$$;
REVOKE ALL ON FUNCTION history.erases FROM PUBLIC;
-- For finding erased subjects, to complete their erasure and to keep no keys of theirs.
CREATE INDEX facts_of_erasures ON history.facts (position, stream) WHERE topic LIKE '%.erased.v%';
-- Documents are mostly ciphertext, which does not compress.
ALTER TABLE history.facts ALTER COLUMN document SET STORAGE EXTERNAL;

CREATE TABLE history.indexes (
    name text COLLATE "C" NOT NULL,
    entry text COLLATE "C" NOT NULL,
    PRIMARY KEY (name, entry)
);

CREATE TABLE history.unique_names (
    name bytea PRIMARY KEY,
    stream text COLLATE "C" NOT NULL
);
CREATE INDEX ON history.unique_names (stream);

CREATE TABLE history.commands (
    principal text COLLATE "C" NOT NULL,
    key bytea NOT NULL,
    request bytea NOT NULL,
    answers text COLLATE "C" NOT NULL,
    positions bigint[] NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (principal, key)
);
-- Rows are inserted in order of time, so a small BRIN index is enough to find the oldest.
CREATE INDEX ON history.commands USING brin (recorded_at);

CREATE TABLE history.due_dates (
    key text COLLATE "C" PRIMARY KEY,
    -- The limits are those of Python: a time that the program cannot read would block every other due date.
    at timestamptz NOT NULL CHECK (at > '0001-01-02 00:00:00+00' AND at < '9999-12-31 00:00:00+00'),
    -- The fact that set the due date. The command to run is worked out from it.
    stream text COLLATE "C" NOT NULL,
    version integer NOT NULL
);
CREATE INDEX ON history.due_dates (at);

CREATE SCHEMA vault;

CREATE TABLE vault.keys (
    subject text COLLATE "C" PRIMARY KEY,
    epoch integer NOT NULL,
    wrapped bytea NOT NULL
);

-- The current epoch: all keys are wrapped under the wrapping key with this number.
CREATE TABLE vault.epoch (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    number integer NOT NULL,
    -- The newest fact when the epoch began. If a later fact erased somebody, old disk pages and copies of the database
    -- still contain their key wrapped under the current wrapping key, so another rotation is due.
    after_position bigint NOT NULL,
    began_at timestamptz NOT NULL
);
INSERT INTO vault.epoch (number, after_position, began_at) VALUES (1, 0, now());

CREATE FUNCTION history.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'facts are appended, never changed or deleted';
END;
$$;
CREATE TRIGGER facts_are_final BEFORE UPDATE OR DELETE OR TRUNCATE ON history.facts
    FOR EACH STATEMENT EXECUTE FUNCTION history.refuse_change();

-- How long the answer to an idempotency key is kept. The same value as `history.store.ANSWERS_KEPT_DAYS`.
CREATE FUNCTION history.answers_kept() RETURNS interval LANGUAGE sql IMMUTABLE AS $$ SELECT interval '30 days' $$;

-- Deletes at most p_most of the answers that are older than that, and returns how many. The application's role cannot delete
-- newer ones, because a command that is sent again would then be executed twice.
CREATE FUNCTION history.forget_answers(p_most integer) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_forgotten integer;
BEGIN
    DELETE FROM history.commands WHERE ctid IN (
        SELECT c.ctid FROM history.commands c
        WHERE c.recorded_at < clock_timestamp() - history.answers_kept() LIMIT p_most);
    GET DIAGNOSTICS v_forgotten = ROW_COUNT;
    RETURN v_forgotten;
END;
$$;
REVOKE ALL ON FUNCTION history.forget_answers FROM PUBLIC;

-- Locks a subject's key against deletion until the caller's transaction ends; returns the subject, or null if there is no key.
-- A function, because locking a row needs the right to change it, which the application's role does not have.
CREATE FUNCTION vault.hold(p_subject text) RETURNS text
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT k.subject FROM vault.keys k WHERE k.subject = p_subject FOR KEY SHARE
$$;
REVOKE ALL ON FUNCTION vault.hold FROM PUBLIC;

-- The keys of subjects that were not erased. An erased subject can only have a key after the keys alone were restored from a
-- copy. OFFSET makes the view read-only; writing through it would use its owner's rights.
CREATE VIEW vault.living AS
    SELECT k.subject, k.epoch, k.wrapped FROM vault.keys k
    WHERE k.subject NOT IN (SELECT f.stream FROM history.facts f WHERE history.erases(f.stream, f.topic))
    OFFSET 0;

-- Begins the next epoch: replaces all wrapped keys with the given ones, which must be those of all subjects in vault.living.
--
-- The caller already holds the append lock, so that no key is added meanwhile (waiting for it here would hit the timeout
-- below). The table is truncated, so that the old wrapped keys disappear from its files too. That waits for readers of the
-- table, but only briefly, because everybody else queues behind it: after lock_not_available, try again a moment later.
CREATE FUNCTION vault.rotate(p_epoch integer, p_subjects text[], p_wrapped bytea[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '200ms'
AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(7302025, 1);
    IF p_epoch IS DISTINCT FROM (SELECT e.number + 1 FROM vault.epoch e) THEN
        RAISE EXCEPTION 'the new epoch must be the next one' USING ERRCODE = 'check_violation';
    END IF;
    IF cardinality(p_subjects) <> cardinality(p_wrapped)
            OR cardinality(p_subjects) <> (SELECT count(DISTINCT w.subject) FROM unnest(p_subjects) AS w (subject))
            OR EXISTS (SELECT w.subject FROM unnest(p_subjects) AS w (subject) EXCEPT SELECT k.subject FROM vault.living k)
            OR EXISTS (SELECT k.subject FROM vault.living k EXCEPT SELECT w.subject FROM unnest(p_subjects) AS w (subject))
            THEN
        RAISE EXCEPTION 'there must be exactly one wrapped key for each subject that was not erased'
            USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (SELECT FROM unnest(p_subjects, p_wrapped) AS w (subject, wrapped) JOIN vault.keys k
            ON k.subject = w.subject WHERE k.wrapped = w.wrapped OR octet_length(w.wrapped) <> octet_length(k.wrapped)) THEN
        RAISE EXCEPTION 'each key must be wrapped again' USING ERRCODE = 'check_violation';
    END IF;
    TRUNCATE vault.keys;
    INSERT INTO vault.keys (subject, epoch, wrapped)
        SELECT w.subject, p_epoch, w.wrapped FROM unnest(p_subjects, p_wrapped) AS w (subject, wrapped)
        ORDER BY w.subject;
    UPDATE vault.epoch SET number = p_epoch, began_at = clock_timestamp(),
        after_position = coalesce((SELECT max(f.position) FROM history.facts f), 0);
END;
$$;
REVOKE ALL ON FUNCTION vault.rotate FROM PUBLIC;

-- Restores the key backup into a restored database; for the owner only. Of the present keys only those of the same epoch are
-- kept, which were created after the backup. All others cannot be opened any more, or belong to erased subjects.
CREATE FUNCTION vault.put_back(p_epoch integer, p_subjects text[], p_wrapped bytea[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_subjects text[];
    v_wrapped bytea[];
BEGIN
    PERFORM pg_advisory_xact_lock(7302025, 1);
    SELECT array_agg(p.subject), array_agg(p.wrapped) INTO v_subjects, v_wrapped
        FROM (
            SELECT w.subject, w.wrapped FROM unnest(p_subjects, p_wrapped) AS w (subject, wrapped)
            UNION ALL
            SELECT k.subject, k.wrapped FROM vault.keys k WHERE k.epoch = p_epoch
                    AND k.subject NOT IN (SELECT unnest(p_subjects))
        ) AS p;
    TRUNCATE vault.keys;
    INSERT INTO vault.keys (subject, epoch, wrapped)
        SELECT w.subject, p_epoch, w.wrapped FROM unnest(v_subjects, v_wrapped) AS w (subject, wrapped)
        WHERE w.subject NOT IN (SELECT f.stream FROM history.facts f WHERE history.erases(f.stream, f.topic))
        ORDER BY w.subject;
    -- Position 0, so that a rotation follows if anybody was ever erased.
    UPDATE vault.epoch SET number = p_epoch, began_at = clock_timestamp(), after_position = 0;
END;
$$;
REVOKE ALL ON FUNCTION vault.put_back FROM PUBLIC;

-- Grants an existing role what it needs to work with the history. Called by the owner, the role that migrates.
CREATE PROCEDURE history.allow(p_role text) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA history, vault, migrations TO %I', p_role);
    EXECUTE format(
        'GRANT SELECT ON history.installation, history.facts, history.indexes, history.unique_names, history.commands, '
        'history.due_dates, vault.keys, vault.living, vault.epoch, migrations.applied TO %I', p_role);
    -- Due dates that were handled, or cannot be, are removed from the queue. They are not part of the history.
    EXECUTE format('GRANT DELETE ON history.due_dates TO %I', p_role);
    EXECUTE format(
        'GRANT EXECUTE ON FUNCTION history.append, history.erases, history.forget_answers, vault.hold, vault.rotate TO %I',
        p_role);
END;
$$;
REVOKE ALL ON PROCEDURE history.allow FROM PUBLIC;
