-- The history: facts in one gap-free order, and what commands need to know across streams.

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
-- Whether a fact of this topic erases the subject of the stream that it stands in: person.erased.v1 in a person's stream, and
-- the same for every other kind of stream that has a sealing key. `domain.topics.erases` says the same.
CREATE FUNCTION history.erases(p_stream text, p_topic text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT p_topic LIKE '%.erased.v%'
        AND regexp_replace(p_topic, 'v[1-9][0-9]*$', 'v') = split_part(p_stream, '-', 1) || '.erased.v'
$$;
REVOKE ALL ON FUNCTION history.erases FROM PUBLIC;
-- Finds the erased: what is left to do for them, and whose key must not be kept.
CREATE INDEX facts_of_erasures ON history.facts (position, stream) WHERE topic LIKE '%.erased.v%';
-- Documents are mostly ciphertext: compressing them costs time and gains nothing.
ALTER TABLE history.facts ALTER COLUMN document SET STORAGE EXTERNAL;

CREATE TABLE history.indexes (
    name text COLLATE "C" NOT NULL,
    entry text COLLATE "C" NOT NULL,
    PRIMARY KEY (name, entry)
);

CREATE TABLE history.claims (
    name bytea PRIMARY KEY,
    stream text COLLATE "C" NOT NULL
);
CREATE INDEX ON history.claims (stream);

CREATE TABLE history.commands (
    principal text COLLATE "C" NOT NULL,
    key bytea NOT NULL,
    request bytea NOT NULL,
    answers text COLLATE "C" NOT NULL,
    positions bigint[] NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (principal, key)
);
-- They come in the order of their times, so the smallest kind of index is enough to find the oldest.
CREATE INDEX ON history.commands USING brin (recorded_at);

CREATE TABLE history.due_dates (
    key text COLLATE "C" PRIMARY KEY,
    -- A time that the program cannot read would keep every other due date waiting.
    at timestamptz NOT NULL CHECK (at > '0001-01-02 00:00:00+00' AND at < '9999-12-31 00:00:00+00'),
    command text NOT NULL,
    request bytea NOT NULL,
    -- The leaf of the fact that set it; what is done at this time names it as its cause.
    cause bytea NOT NULL CHECK (octet_length(cause) = 32)
);
CREATE INDEX ON history.due_dates (at);

CREATE SCHEMA vault;

CREATE TABLE vault.keys (
    subject text COLLATE "C" PRIMARY KEY,
    epoch integer NOT NULL,
    wrapped bytea NOT NULL
);

-- The present epoch: under the wrapping key of this number all keys are wrapped.
CREATE TABLE vault.epoch (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    number integer NOT NULL,
    -- The newest fact when the epoch began. Whoever was erased by a later one is still wrapped under the present wrapping
    -- key in stale pages and in copies of the database, so that another rotation is due.
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

-- The append: all of a command's facts and all that goes with them, or nothing; for a batch of commands one lock, one look
-- at what is there, one insert and one commit.
--
-- Each request is stored whole or not at all; one that is turned down takes nobody with it.
--
-- Requests are numbered from 1, and every other array says of each of its elements whose it is. Within one batch
-- no request may depend on another (the same stream, index entry, claim, key or due date): whoever makes up the batch
-- sees to that, so here all of them can be held against what is stored, in a few statements.
--
-- The lock comes first, so that every statement after it (each has a snapshot of its own) sees all that was committed
-- before: positions are 1, 2, 3, ... in commit order, and every version that was read is checked again here.
--
-- Answers the position before the batch and, for those that were turned down (several times, if there are several
-- reasons; the first counts): the request, how it ended and what stood in the way. The outcomes are repeated (the same
-- key and request), reused (the same key, another request), rotated (a new key is wrapped under an epoch that has ended;
-- the detail is the present one), conflict (a stream or an index moved on) and claimed (a name is taken). All others were appended, in the order of their numbers.
CREATE FUNCTION history.append(
    p_requests integer[], p_streams text[], p_versions integer[], p_topics text[], p_documents bytea[],
    p_leaves bytea[],
    p_read_requests integer[], p_read_streams text[], p_read_versions integer[],
    p_sealed_requests integer[], p_sealed_subjects text[],
    p_command_requests integer[], p_principals text[], p_keys bytea[], p_hashes bytea[], p_answers text[],
    p_entry_requests integer[], p_entry_names text[], p_entries text[],
    p_due_requests integer[], p_due_keys text[], p_due_at timestamptz[], p_due_commands text[], p_due_bodies bytea[],
    p_due_causes bytea[],
    p_settled_requests integer[], p_settled_keys text[],
    p_index_requests integer[], p_index_names text[], p_index_counts integer[],
    p_claim_requests integer[], p_claim_names bytea[], p_claim_streams text[],
    p_new_requests integer[], p_new_subjects text[], p_new_epochs integer[], p_new_wrapped bytea[],
    p_erased_requests integer[], p_erased_subjects text[],
    OUT before bigint, OUT turned integer[], OUT outcomes text[], OUT details text[]
) LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
-- A plan made for the arrays at hand costs more than it saves: every look-up here goes by a primary key.
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_turned integer[];
    v_outcomes text[];
    v_details text[];
    v_recorded timestamptz;
    v_epoch integer;
BEGIN
    PERFORM pg_advisory_xact_lock(7302025, 1);
    turned := '{}';
    outcomes := '{}';
    details := '{}';

    IF NOT p_command_requests || p_entry_requests || p_due_requests || p_settled_requests || p_claim_requests
            || p_new_requests || p_erased_requests <@ p_requests THEN
        RAISE EXCEPTION 'nothing is written without a fact' USING ERRCODE = 'check_violation';
    END IF;
    IF cardinality(p_erased_requests) > 0 THEN
        PERFORM FROM unnest(p_erased_requests, p_erased_subjects) AS e (request, subject)
            WHERE NOT EXISTS (
                SELECT FROM unnest(p_requests, p_streams, p_topics) AS w (request, stream, topic)
                WHERE w.request = e.request AND w.stream = e.subject AND history.erases(w.stream, w.topic));
        IF FOUND THEN
            RAISE EXCEPTION 'a key ends with the fact in its own stream that its subject was erased'
                USING ERRCODE = 'check_violation';
        END IF;
    END IF;

    IF cardinality(p_command_requests) > 0 THEN
        SELECT array_agg(w.request), array_agg(CASE WHEN c.request = w.hash THEN 'repeated' ELSE 'reused' END),
                array_agg(c.answers)
            INTO v_turned, v_outcomes, v_details
            FROM unnest(p_command_requests, p_principals, p_keys, p_hashes) AS w (request, principal, key, hash),
                LATERAL (SELECT k.request, k.answers FROM history.commands k
                    WHERE k.principal = w.principal AND k.key = w.key OFFSET 0) AS c;
        IF v_turned IS NOT NULL THEN
            turned := turned || v_turned;
            outcomes := outcomes || v_outcomes;
            details := details || v_details;
        END IF;
    END IF;

    IF cardinality(p_new_requests) > 0 THEN
        SELECT e.number INTO v_epoch FROM vault.epoch e;
        SELECT array_agg(w.request) INTO v_turned
            FROM unnest(p_new_requests, p_new_epochs) AS w (request, epoch) WHERE w.epoch <> v_epoch;
        IF v_turned IS NOT NULL THEN
            turned := turned || v_turned;
            outcomes := outcomes || array_fill('rotated'::text, ARRAY[cardinality(v_turned)]);
            details := details || array_fill(v_epoch::text, ARRAY[cardinality(v_turned)]);
        END IF;
    END IF;

    SELECT array_agg(r.request), array_agg(r.stream) INTO v_turned, v_details
        FROM unnest(p_read_requests, p_read_streams, p_read_versions) AS r (request, stream, version)
        WHERE r.version <> coalesce(
            (SELECT f.version FROM history.facts f WHERE f.stream = r.stream ORDER BY f.version DESC LIMIT 1), 0);
    IF v_turned IS NOT NULL THEN
        turned := turned || v_turned;
        outcomes := outcomes || array_fill('conflict'::text, ARRAY[cardinality(v_turned)]);
        details := details || v_details;
    END IF;

    IF cardinality(p_index_requests) > 0 THEN
        SELECT array_agg(r.request), array_agg(r.name) INTO v_turned, v_details
            FROM unnest(p_index_requests, p_index_names, p_index_counts) AS r (request, name, entries)
            WHERE r.entries <> (SELECT count(*) FROM history.indexes i WHERE i.name = r.name);
        IF v_turned IS NOT NULL THEN
            turned := turned || v_turned;
            outcomes := outcomes || array_fill('conflict'::text, ARRAY[cardinality(v_turned)]);
            details := details || v_details;
        END IF;
    END IF;

    -- A subject whose key is gone was erased while this command was decided.
    IF cardinality(p_sealed_requests) > 0 THEN
        SELECT array_agg(s.request), array_agg(s.subject) INTO v_turned, v_details
            FROM unnest(p_sealed_requests, p_sealed_subjects) AS s (request, subject)
            WHERE (SELECT k.epoch FROM vault.keys k WHERE k.subject = s.subject) IS NULL
                AND s.subject <> ALL (p_new_subjects);
        IF v_turned IS NOT NULL THEN
            turned := turned || v_turned;
            outcomes := outcomes || array_fill('conflict'::text, ARRAY[cardinality(v_turned)]);
            details := details || v_details;
        END IF;
    END IF;

    IF cardinality(p_claim_requests) > 0 THEN
        SELECT array_agg(w.request), array_agg(encode(w.name, 'hex')) INTO v_turned, v_details
            FROM unnest(p_claim_requests, p_claim_names) AS w (request, name)
            WHERE (SELECT c.stream FROM history.claims c WHERE c.name = w.name) IS NOT NULL;
        IF v_turned IS NOT NULL THEN
            turned := turned || v_turned;
            outcomes := outcomes || array_fill('claimed'::text, ARRAY[cardinality(v_turned)]);
            details := details || v_details;
        END IF;
    END IF;

    SELECT f.position, f.recorded_at INTO before, v_recorded
        FROM history.facts f ORDER BY f.position DESC LIMIT 1;
    before := coalesce(before, 0);
    v_recorded := greatest(v_recorded, clock_timestamp());

    INSERT INTO history.facts (position, stream, version, topic, document, leaf, recorded_at)
        SELECT before + row_number() OVER (ORDER BY w.number), w.stream, w.version, w.topic, w.document, w.leaf,
            v_recorded
        FROM unnest(p_requests, p_streams, p_versions, p_topics, p_documents, p_leaves)
            WITH ORDINALITY AS w (request, stream, version, topic, document, leaf, number)
        WHERE w.request <> ALL (turned);

    PERFORM FROM unnest(p_requests, p_streams, p_versions) AS w (request, stream, version)
        WHERE w.version <> 1 AND w.request <> ALL (turned)
            AND (SELECT f.version FROM history.facts f WHERE f.stream = w.stream AND f.version = w.version - 1) IS NULL;
    IF FOUND THEN
        RAISE EXCEPTION 'the facts of a stream come one after another' USING ERRCODE = 'check_violation';
    END IF;

    IF cardinality(p_new_requests) > 0 THEN
        INSERT INTO vault.keys (subject, epoch, wrapped)
            SELECT w.subject, w.epoch, w.wrapped
            FROM unnest(p_new_requests, p_new_subjects, p_new_epochs, p_new_wrapped)
                AS w (request, subject, epoch, wrapped)
            WHERE w.request <> ALL (turned);
    END IF;
    IF cardinality(p_erased_requests) > 0 THEN
        DELETE FROM vault.keys k USING unnest(p_erased_requests, p_erased_subjects) AS w (request, subject)
            WHERE k.subject = w.subject AND w.request <> ALL (turned);
        DELETE FROM history.claims c USING unnest(p_erased_requests, p_erased_subjects) AS w (request, subject)
            WHERE c.stream = w.subject AND w.request <> ALL (turned);
    END IF;
    IF cardinality(p_entry_requests) > 0 THEN
        INSERT INTO history.indexes (name, entry)
            SELECT w.name, w.entry FROM unnest(p_entry_requests, p_entry_names, p_entries) AS w (request, name, entry)
            WHERE w.request <> ALL (turned)
            ON CONFLICT DO NOTHING;
    END IF;
    IF cardinality(p_claim_requests) > 0 THEN
        INSERT INTO history.claims (name, stream)
            SELECT w.name, w.stream
            FROM unnest(p_claim_requests, p_claim_names, p_claim_streams) AS w (request, name, stream)
            WHERE w.request <> ALL (turned);
    END IF;
    IF cardinality(p_settled_requests) > 0 THEN
        DELETE FROM history.due_dates d USING unnest(p_settled_requests, p_settled_keys) AS w (request, key)
            WHERE d.key = w.key AND w.request <> ALL (turned);
    END IF;
    IF cardinality(p_due_requests) > 0 THEN
        INSERT INTO history.due_dates (key, at, command, request, cause)
            SELECT w.key, w.at, w.command, w.body, w.cause
            FROM unnest(p_due_requests, p_due_keys, p_due_at, p_due_commands, p_due_bodies, p_due_causes)
                AS w (request, key, at, command, body, cause)
            WHERE w.request <> ALL (turned)
            ON CONFLICT (key) DO UPDATE SET at = excluded.at, command = excluded.command, request = excluded.request,
                cause = excluded.cause;
    END IF;
    IF cardinality(p_command_requests) > 0 THEN
        INSERT INTO history.commands (principal, key, request, answers, positions, recorded_at)
            SELECT w.principal, w.key, w.hash, w.answers, n.positions, v_recorded
            FROM unnest(p_command_requests, p_principals, p_keys, p_hashes, p_answers)
                AS w (request, principal, key, hash, answers)
            JOIN (
                SELECT f.request, array_agg(f.position ORDER BY f.position) AS positions
                FROM (
                    SELECT r.request, before + row_number() OVER (ORDER BY r.number) AS position
                    FROM unnest(p_requests) WITH ORDINALITY AS r (request, number)
                    WHERE r.request <> ALL (turned)
                ) AS f
                GROUP BY f.request
            ) AS n ON n.request = w.request;
    END IF;
END;
$$;

-- The one way in. It runs with its owner's rights, so the application's role needs none on the tables that it writes, and
-- cannot write past the lock, the checks and the numbering either.
REVOKE ALL ON FUNCTION history.append FROM PUBLIC;

-- For how long the answer to an idempotency key is kept; `history.store.ANSWERS_KEPT_DAYS` says the same.
CREATE FUNCTION history.answers_kept() RETURNS interval LANGUAGE sql IMMUTABLE AS $$ SELECT interval '30 days' $$;

-- Forgets some of the answers that are older than that, at most p_most, and says how many. The application's role may delete
-- no others: with a younger one gone, a command that is sent again would be done again.
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

-- Keeps a subject's key from being deleted while the caller's transaction runs: the subject, or null if there is no key.
-- To lock a row one needs the right to change it, and no key is ever changed by the application's role.
CREATE FUNCTION vault.hold(p_subject text) RETURNS text
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT k.subject FROM vault.keys k WHERE k.subject = p_subject FOR KEY SHARE
$$;
REVOKE ALL ON FUNCTION vault.hold FROM PUBLIC;

-- The keys of the living. Whoever was erased can only have one after keys alone were restored from a copy. OFFSET keeps the
-- view from being written, which would happen with its owner's rights.
CREATE VIEW vault.living AS
    SELECT k.subject, k.epoch, k.wrapped FROM vault.keys k
    WHERE k.subject NOT IN (SELECT f.stream FROM history.facts f WHERE history.erases(f.stream, f.topic))
    OFFSET 0;

-- Begins the next epoch: puts the keys of all who live, each wrapped again, in the place of all that were there.
--
-- The caller holds the append's lock (a wait for it would end after the timeout below), so that no key is added meanwhile.
-- The table is truncated, so that the old wraps are gone from its files, too. For that it waits for whoever reads it, but
-- briefly, because all others wait behind: lock_not_available means that it can be tried again in a moment.
CREATE FUNCTION vault.rotate(p_epoch integer, p_subjects text[], p_wrapped bytea[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '200ms'
AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(7302025, 1);
    IF p_epoch IS DISTINCT FROM (SELECT e.number + 1 FROM vault.epoch e) THEN
        RAISE EXCEPTION 'the epochs come one after another' USING ERRCODE = 'check_violation';
    END IF;
    IF cardinality(p_subjects) <> cardinality(p_wrapped)
            OR cardinality(p_subjects) <> (SELECT count(DISTINCT w.subject) FROM unnest(p_subjects) AS w (subject))
            OR EXISTS (SELECT w.subject FROM unnest(p_subjects) AS w (subject) EXCEPT SELECT k.subject FROM vault.living k)
            OR EXISTS (SELECT k.subject FROM vault.living k EXCEPT SELECT w.subject FROM unnest(p_subjects) AS w (subject))
            THEN
        RAISE EXCEPTION 'the keys of all who live are wrapped again, once each, and no others'
            USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (SELECT FROM unnest(p_subjects, p_wrapped) AS w (subject, wrapped) JOIN vault.keys k
            ON k.subject = w.subject WHERE k.wrapped = w.wrapped OR octet_length(w.wrapped) <> octet_length(k.wrapped)) THEN
        RAISE EXCEPTION 'each key is wrapped again' USING ERRCODE = 'check_violation';
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

-- Puts the key backup over the keys of a restored database, for the owner alone. Of what is there only keys of the same
-- epoch are kept, which were made after the backup; all others could be opened by nobody, or are those of the erased.
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
    -- From position 0: if anybody was ever erased, a rotation follows.
    UPDATE vault.epoch SET number = p_epoch, began_at = clock_timestamp(), after_position = 0;
END;
$$;
REVOKE ALL ON FUNCTION vault.put_back FROM PUBLIC;

-- Lets an existing role work with the history. To be called by the owner, which is whoever migrates.
CREATE PROCEDURE history.allow(p_role text) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA history, vault, migrations TO %I', p_role);
    EXECUTE format(
        'GRANT SELECT ON history.installation, history.facts, history.indexes, history.claims, history.commands, '
        'history.due_dates, vault.keys, vault.living, vault.epoch, migrations.applied TO %I', p_role);
    -- A due date that was dealt with, or cannot be, is struck out of the queue; it is no part of the history.
    EXECUTE format('GRANT DELETE ON history.due_dates TO %I', p_role);
    EXECUTE format(
        'GRANT EXECUTE ON FUNCTION history.append, history.erases, history.forget_answers, vault.hold, vault.rotate TO %I',
        p_role);
END;
$$;
REVOKE ALL ON PROCEDURE history.allow FROM PUBLIC;
