-- What the application's role needs beyond the append, so that the whole program can run under it.

-- Keeps a subject's key from being deleted while the caller's transaction runs: the subject, or null if there is no key.
-- To lock a row one needs the right to change it, and no key is ever changed by the application's role.
CREATE FUNCTION vault.hold(p_subject text) RETURNS text
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT k.subject FROM vault.keys k WHERE k.subject = p_subject FOR KEY SHARE
$$;
REVOKE ALL ON FUNCTION vault.hold FROM PUBLIC;

-- Lets an existing role work with the history. To be called by the owner, which is whoever migrates.
CREATE OR REPLACE PROCEDURE history.allow(p_role text) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA history, vault, migrations TO %I', p_role);
    EXECUTE format(
        'GRANT SELECT ON history.installation, history.facts, history.indexes, history.claims, history.commands, '
        'history.due_dates, vault.keys, migrations.applied TO %I', p_role);
    -- A due date that was dealt with, or cannot be, is struck out of the queue; it is no part of the history.
    EXECUTE format('GRANT DELETE ON history.due_dates TO %I', p_role);
    EXECUTE format('GRANT EXECUTE ON FUNCTION history.append, vault.hold TO %I', p_role);
END;
$$;
