-- The append: stores all of a command's facts and derived rows, or nothing. A batch of commands needs one lock, one round of
-- checks, one insert and one commit.
--
-- `p_batch` is a JSON document with a list of rows for each effect of an append, such as
-- {"facts": [{"request": 1, "stream": …}], "unique_names": [{"request": 1, "name": …}]}; an effect without rows is left out.
-- Each row names the request that it belongs to; requests are numbered from 1. Bytes are base64, except the documents of the
-- facts, which are large: they are in `p_documents`, in the order of the facts. history/batch.py makes both.
--
-- Each effect has its own functions: `check_…` finds the requests that cannot be stored, the other one stores the rows of
-- those that can (`p_stored`). A new effect needs a list in the document, its functions, and a call of each in history.append.

-- A request that is not stored, its outcome, and what prevented it.
CREATE TYPE history.rejected AS (request integer, outcome text, detail text);

-- facts: the facts themselves, with the request that each belongs to. Positions are given in this order.
CREATE FUNCTION history.add_facts(
    p_batch jsonb, p_documents bytea[], p_stored integer[], p_before bigint, p_recorded timestamptz
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO history.facts (position, stream, version, topic, document, leaf, recorded_at)
        SELECT p_before + row_number() OVER (ORDER BY w.number), w.stream, w.version, w.topic, w.document,
            decode(w.leaf, 'base64'), p_recorded
        FROM ROWS FROM (
            jsonb_to_recordset(p_batch->'facts')
                AS (request integer, stream text, version integer, topic text, leaf text),
            unnest(p_documents)
        ) WITH ORDINALITY AS w (request, stream, version, topic, leaf, document, number)
        WHERE w.request = ANY (p_stored);

    PERFORM FROM jsonb_to_recordset(p_batch->'facts') AS w (request integer, stream text, version integer)
        WHERE w.version <> 1 AND w.request = ANY (p_stored)
            AND (SELECT f.version FROM history.facts f WHERE f.stream = w.stream AND f.version = w.version - 1) IS NULL;
    IF FOUND THEN
        RAISE EXCEPTION 'the versions of a stream must be consecutive' USING ERRCODE = 'check_violation';
    END IF;
END;
$$;

-- read: the version that each stream must still have. Otherwise the outcome is `conflict`.
CREATE FUNCTION history.check_read(p_batch jsonb) RETURNS history.rejected[] LANGUAGE plpgsql AS $$
BEGIN
    RETURN ARRAY(
        SELECT ROW(r.request, 'conflict', r.stream)::history.rejected
        FROM jsonb_to_recordset(p_batch->'read') AS r (request integer, stream text, version integer)
        WHERE r.version <> coalesce(
            (SELECT f.version FROM history.facts f WHERE f.stream = r.stream ORDER BY f.version DESC LIMIT 1), 0));
END;
$$;

-- commands: the idempotency key of a request, and the stream that answers it. If the key was used before, the outcome is
-- `repeated` (by the same request) or `reused` (by another one); the detail is the stream that answered then.
CREATE FUNCTION history.check_commands(p_batch jsonb) RETURNS history.rejected[] LANGUAGE plpgsql AS $$
BEGIN
    RETURN ARRAY(
        SELECT ROW(w.request, CASE WHEN c.request = decode(w.hash, 'base64') THEN 'repeated' ELSE 'reused' END,
            c.answers)::history.rejected
        FROM jsonb_to_recordset(p_batch->'commands') AS w (request integer, principal text, key text, hash text),
            LATERAL (SELECT k.request, k.answers FROM history.commands k
                WHERE k.principal = w.principal AND k.key = decode(w.key, 'base64') OFFSET 0) AS c);
END;
$$;

CREATE FUNCTION history.add_commands(p_batch jsonb, p_stored integer[], p_before bigint, p_recorded timestamptz)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO history.commands (principal, key, request, answers, positions, recorded_at)
        SELECT w.principal, decode(w.key, 'base64'), decode(w.hash, 'base64'), w.answers, n.positions, p_recorded
        FROM jsonb_to_recordset(p_batch->'commands')
            AS w (request integer, principal text, key text, hash text, answers text)
        JOIN (
            SELECT s.request, array_agg(p_before + s.number ORDER BY s.number) AS positions
            FROM unnest(p_stored) WITH ORDINALITY AS s (request, number) GROUP BY s.request
        ) AS n ON n.request = w.request;
END;
$$;

-- counted: the number of entries that an index must still have. Otherwise the outcome is `conflict`.
CREATE FUNCTION history.check_counted(p_batch jsonb) RETURNS history.rejected[] LANGUAGE plpgsql AS $$
BEGIN
    RETURN ARRAY(
        SELECT ROW(r.request, 'conflict', r.name)::history.rejected
        FROM jsonb_to_recordset(p_batch->'counted') AS r (request integer, name text, entries integer)
        WHERE r.entries <> (SELECT count(*) FROM history.indexes i WHERE i.name = r.name));
END;
$$;

-- entries: added to an index, unless they exist.
CREATE FUNCTION history.add_entries(p_batch jsonb, p_stored integer[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO history.indexes (name, entry)
        SELECT w.name, w.entry
        FROM jsonb_to_recordset(p_batch->'entries') AS w (request integer, name text, entry text)
        WHERE w.request = ANY (p_stored)
        ON CONFLICT DO NOTHING;
END;
$$;

-- unique_names: the hashed names that a stream takes. If another stream holds one, the outcome is `name_taken`; the detail is the
-- name in hex.
CREATE FUNCTION history.check_unique_names(p_batch jsonb) RETURNS history.rejected[] LANGUAGE plpgsql AS $$
BEGIN
    RETURN ARRAY(
        SELECT ROW(w.request, 'name_taken', encode(decode(w.name, 'base64'), 'hex'))::history.rejected
        FROM jsonb_to_recordset(p_batch->'unique_names') AS w (request integer, name text)
        WHERE (SELECT u.stream FROM history.unique_names u WHERE u.name = decode(w.name, 'base64')) IS NOT NULL);
END;
$$;

CREATE FUNCTION history.add_unique_names(p_batch jsonb, p_stored integer[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO history.unique_names (name, stream)
        SELECT decode(w.name, 'base64'), w.stream
        FROM jsonb_to_recordset(p_batch->'unique_names') AS w (request integer, name text, stream text)
        WHERE w.request = ANY (p_stored);
END;
$$;

-- removed_due: the keys of due dates that are removed from the queue.
CREATE FUNCTION history.remove_due_dates(p_batch jsonb, p_stored integer[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM history.due_dates d
        USING jsonb_to_recordset(p_batch->'removed_due') AS w (request integer, key text)
        WHERE d.key = w.key AND w.request = ANY (p_stored);
END;
$$;

-- due: the due dates that facts set. Each replaces the one with the same key.
CREATE FUNCTION history.set_due_dates(p_batch jsonb, p_stored integer[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO history.due_dates (key, at, stream, version)
        SELECT DISTINCT ON (w.key) w.key, w.at, w.stream, w.version
        FROM jsonb_to_recordset(p_batch->'due')
            AS w (request integer, key text, at timestamptz, stream text, version integer)
        WHERE w.request = ANY (p_stored)
        ORDER BY w.key, w.version DESC -- a later fact of the same append replaces an earlier one's
        ON CONFLICT (key) DO UPDATE SET at = excluded.at, stream = excluded.stream, version = excluded.version;
END;
$$;

-- new_keys: the wrapped keys of new data subjects. If their epoch has ended, the outcome is `rotated`; the detail is the current
-- epoch.
CREATE FUNCTION history.check_new_keys(p_batch jsonb) RETURNS history.rejected[] LANGUAGE plpgsql AS $$
BEGIN
    RETURN ARRAY(
        SELECT ROW(w.request, 'rotated', e.number::text)::history.rejected
        FROM jsonb_to_recordset(p_batch->'new_keys') AS w (request integer, epoch integer), vault.epoch e
        WHERE w.epoch <> e.number);
END;
$$;

CREATE FUNCTION history.add_keys(p_batch jsonb, p_stored integer[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO vault.keys (subject, epoch, wrapped)
        SELECT w.subject, w.epoch, decode(w.wrapped, 'base64')
        FROM jsonb_to_recordset(p_batch->'new_keys')
            AS w (request integer, subject text, epoch integer, wrapped text)
        WHERE w.request = ANY (p_stored);
END;
$$;

-- sealed: the subjects under whose keys something is sealed. If a key is missing, the subject was erased while the command was
-- running, and the outcome is `conflict`.
CREATE FUNCTION history.check_sealed(p_batch jsonb) RETURNS history.rejected[] LANGUAGE plpgsql AS $$
BEGIN
    RETURN ARRAY(
        SELECT ROW(s.request, 'conflict', s.subject)::history.rejected
        FROM jsonb_to_recordset(p_batch->'sealed') AS s (request integer, subject text)
        WHERE (SELECT k.epoch FROM vault.keys k WHERE k.subject = s.subject) IS NULL
            AND s.subject NOT IN (
                SELECT n.subject FROM jsonb_to_recordset(coalesce(p_batch->'new_keys', '[]')) AS n (subject text)));
END;
$$;

-- erased: the subjects whose keys and unique names are deleted; allowed only together with the fact of the erasure.
CREATE FUNCTION history.check_erased(p_batch jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM jsonb_to_recordset(p_batch->'erased') AS e (request integer, subject text)
        WHERE NOT EXISTS (
            SELECT FROM jsonb_to_recordset(p_batch->'facts') AS f (request integer, stream text, topic text)
            WHERE f.request = e.request AND f.stream = e.subject AND history.erases(f.stream, f.topic));
    IF FOUND THEN
        RAISE EXCEPTION 'a key is only deleted together with a fact that erases its subject' USING ERRCODE = 'check_violation';
    END IF;
END;
$$;

CREATE FUNCTION history.erase(p_batch jsonb, p_stored integer[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM vault.keys k USING jsonb_to_recordset(p_batch->'erased') AS w (request integer, subject text)
        WHERE k.subject = w.subject AND w.request = ANY (p_stored);
    DELETE FROM history.unique_names u USING jsonb_to_recordset(p_batch->'erased') AS w (request integer, subject text)
        WHERE u.stream = w.subject AND w.request = ANY (p_stored);
END;
$$;

-- Each request is stored completely or not at all. A rejected request does not affect the others, and a request without a fact
-- stores nothing. Requests in one batch must not depend on each other (same stream, index entry, unique name, key or due date); the
-- caller makes sure of that, so all of them can be checked against the stored rows in a few statements.
--
-- The lock is taken first, so that every later statement (each with its own snapshot) sees everything that was committed before:
-- positions are 1, 2, 3, ... in commit order, and every version that was read is checked again here.
--
-- Returns the position before the batch and, for each rejected request, its number, outcome and detail. A request that was
-- rejected for several reasons is listed several times; the first counts. All others were appended, in order of their numbers.
CREATE FUNCTION history.append(
    p_batch jsonb, p_documents bytea[],
    OUT before bigint, OUT rejected integer[], OUT outcomes text[], OUT details text[]
) LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
-- A custom plan costs more than it saves, because every lookup uses a primary key.
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_rejected history.rejected[];
    v_stored integer[];
    v_recorded timestamptz;
BEGIN
    PERFORM pg_advisory_xact_lock(7302025, 1);

    IF p_batch ? 'erased' THEN PERFORM history.check_erased(p_batch); END IF;

    v_rejected := '{}';
    IF p_batch ? 'commands' THEN v_rejected := v_rejected || history.check_commands(p_batch); END IF;
    IF p_batch ? 'new_keys' THEN v_rejected := v_rejected || history.check_new_keys(p_batch); END IF;
    IF p_batch ? 'read' THEN v_rejected := v_rejected || history.check_read(p_batch); END IF;
    IF p_batch ? 'counted' THEN v_rejected := v_rejected || history.check_counted(p_batch); END IF;
    IF p_batch ? 'sealed' THEN v_rejected := v_rejected || history.check_sealed(p_batch); END IF;
    IF p_batch ? 'unique_names' THEN v_rejected := v_rejected || history.check_unique_names(p_batch); END IF;
    rejected := '{}';
    outcomes := '{}';
    details := '{}';
    IF v_rejected <> '{}' THEN
        SELECT array_agg(r.request), array_agg(r.outcome), array_agg(r.detail) INTO rejected, outcomes, details
            FROM unnest(v_rejected) AS r;
    END IF;
    -- The request of each fact that is stored, in the order of the facts.
    v_stored := ARRAY(
        SELECT f.request FROM jsonb_to_recordset(p_batch->'facts') AS f (request integer)
        WHERE f.request <> ALL (rejected));

    SELECT f.position, f.recorded_at INTO before, v_recorded
        FROM history.facts f ORDER BY f.position DESC LIMIT 1;
    before := coalesce(before, 0);
    v_recorded := greatest(v_recorded, clock_timestamp());

    PERFORM history.add_facts(p_batch, p_documents, v_stored, before, v_recorded);
    IF p_batch ? 'new_keys' THEN PERFORM history.add_keys(p_batch, v_stored); END IF;
    IF p_batch ? 'erased' THEN PERFORM history.erase(p_batch, v_stored); END IF;
    IF p_batch ? 'entries' THEN PERFORM history.add_entries(p_batch, v_stored); END IF;
    IF p_batch ? 'unique_names' THEN PERFORM history.add_unique_names(p_batch, v_stored); END IF;
    IF p_batch ? 'removed_due' THEN PERFORM history.remove_due_dates(p_batch, v_stored); END IF;
    IF p_batch ? 'due' THEN PERFORM history.set_due_dates(p_batch, v_stored); END IF;
    IF p_batch ? 'commands' THEN PERFORM history.add_commands(p_batch, v_stored, before, v_recorded); END IF;
END;
$$;

-- history.append is the only way to write facts. It runs with its owner's rights, so the application's role needs no rights on
-- the tables and cannot bypass the lock, the checks and the numbering.
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA history FROM PUBLIC;
