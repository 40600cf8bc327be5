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
    status smallint NOT NULL,
    answers text COLLATE "C" NOT NULL,
    positions bigint[] NOT NULL,
    PRIMARY KEY (principal, key)
);

CREATE TABLE history.due_dates (
    key text COLLATE "C" PRIMARY KEY,
    at timestamptz NOT NULL,
    command text NOT NULL,
    request bytea NOT NULL
);
CREATE INDEX ON history.due_dates (at);

CREATE SCHEMA vault;

CREATE TABLE vault.keys (
    subject text COLLATE "C" PRIMARY KEY,
    epoch integer NOT NULL,
    wrapped bytea NOT NULL
);

CREATE FUNCTION history.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'facts are appended, never changed or deleted';
END;
$$;
CREATE TRIGGER facts_are_final BEFORE UPDATE OR DELETE OR TRUNCATE ON history.facts
    FOR EACH STATEMENT EXECUTE FUNCTION history.refuse_change();

-- One append: all of a command's facts and all that goes with them, or nothing.
--
-- The lock comes first, so that every statement after it (each has a snapshot of its own) sees all that was committed
-- before: positions are 1, 2, 3, ... in commit order, and every version that was read is checked again here.
-- It answers with an outcome: appended, repeated (the same key and request: its positions), reused (the same key,
-- another request), conflict (a stream or an index moved on), claimed (a name is taken).
CREATE FUNCTION history.append(
    p_streams text[], p_versions integer[], p_topics text[], p_documents bytea[], p_leaves bytea[],
    p_read_streams text[], p_read_versions integer[],
    p_read_indexes text[], p_read_counts integer[],
    p_index_names text[], p_index_entries text[],
    p_claim_names bytea[], p_claim_streams text[],
    p_settled text[],
    p_due_keys text[], p_due_at timestamptz[], p_due_commands text[], p_due_requests bytea[],
    p_key_subjects text[], p_key_epochs integer[], p_key_wrapped bytea[],
    p_sealed_for text[], p_erased text[],
    p_principal text, p_key bytea, p_request bytea, p_status smallint, p_answers text,
    OUT outcome text, OUT positions bigint[], OUT detail text
) LANGUAGE plpgsql AS $$
DECLARE
    v_last bigint;
    v_recorded timestamptz;
    v_request bytea;
BEGIN
    PERFORM pg_advisory_xact_lock(7302025, 1);

    IF p_key IS NOT NULL THEN
        SELECT c.request, c.positions, c.answers INTO v_request, positions, detail
            FROM history.commands c WHERE c.principal = p_principal AND c.key = p_key;
        IF FOUND THEN
            outcome := CASE WHEN v_request = p_request THEN 'repeated' ELSE 'reused' END;
            RETURN;
        END IF;
    END IF;

    SELECT r.stream INTO detail
        FROM unnest(p_read_streams, p_read_versions) AS r (stream, version)
        WHERE r.version <> coalesce(
            (SELECT f.version FROM history.facts f WHERE f.stream = r.stream ORDER BY f.version DESC LIMIT 1), 0)
        LIMIT 1;
    IF FOUND THEN
        outcome := 'conflict';
        RETURN;
    END IF;

    SELECT r.name INTO detail
        FROM unnest(p_read_indexes, p_read_counts) AS r (name, entries)
        WHERE r.entries <> (SELECT count(*) FROM history.indexes i WHERE i.name = r.name)
        LIMIT 1;
    IF FOUND THEN
        outcome := 'conflict';
        RETURN;
    END IF;

    -- A subject whose key is gone was erased while this command was decided.
    SELECT s.subject INTO detail
        FROM unnest(p_sealed_for) AS s (subject)
        WHERE NOT EXISTS (SELECT FROM vault.keys k WHERE k.subject = s.subject)
            AND NOT s.subject = ANY (p_key_subjects)
        LIMIT 1;
    IF FOUND THEN
        outcome := 'conflict';
        RETURN;
    END IF;

    SELECT encode(c.name, 'hex') INTO detail
        FROM unnest(p_claim_names) AS w (name) JOIN history.claims c ON c.name = w.name LIMIT 1;
    IF FOUND THEN
        outcome := 'claimed';
        RETURN;
    END IF;

    SELECT f.position, f.recorded_at INTO v_last, v_recorded
        FROM history.facts f ORDER BY f.position DESC LIMIT 1;
    v_last := coalesce(v_last, 0);
    v_recorded := greatest(v_recorded, clock_timestamp());

    INSERT INTO history.facts (position, stream, version, topic, document, leaf, recorded_at)
        SELECT v_last + w.number, w.stream, w.version, w.topic, w.document, w.leaf, v_recorded
        FROM unnest(p_streams, p_versions, p_topics, p_documents, p_leaves)
            WITH ORDINALITY AS w (stream, version, topic, document, leaf, number);
    INSERT INTO vault.keys (subject, epoch, wrapped)
        SELECT * FROM unnest(p_key_subjects, p_key_epochs, p_key_wrapped);
    DELETE FROM vault.keys k WHERE k.subject = ANY (p_erased);
    DELETE FROM history.claims c WHERE c.stream = ANY (p_erased);
    INSERT INTO history.indexes (name, entry) SELECT * FROM unnest(p_index_names, p_index_entries);
    INSERT INTO history.claims (name, stream) SELECT * FROM unnest(p_claim_names, p_claim_streams);
    DELETE FROM history.due_dates d WHERE d.key = ANY (p_settled);
    INSERT INTO history.due_dates (key, at, command, request)
        SELECT * FROM unnest(p_due_keys, p_due_at, p_due_commands, p_due_requests)
        ON CONFLICT (key) DO UPDATE SET at = excluded.at, command = excluded.command, request = excluded.request;

    SELECT array_agg(v_last + number ORDER BY number) INTO positions
        FROM generate_series(1, coalesce(cardinality(p_streams), 0)) AS number;
    IF p_key IS NOT NULL THEN
        INSERT INTO history.commands (principal, key, request, status, answers, positions)
            VALUES (p_principal, p_key, p_request, p_status, p_answers, positions);
    END IF;
    outcome := 'appended';
END;
$$;
