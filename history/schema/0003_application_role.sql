-- A role for the application that can read the history and add to it, and do nothing else to it.

-- The one way in. It runs with its owner's rights, so the application's role needs none on the tables that it writes, and
-- cannot write past the lock, the checks and the numbering either.
ALTER FUNCTION history.append SECURITY DEFINER SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION history.append FROM PUBLIC;

-- Lets an existing role work with the history. To be called by the owner, which is whoever migrates.
CREATE PROCEDURE history.allow(p_role text) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA history, vault, migrations TO %I', p_role);
    EXECUTE format(
        'GRANT SELECT ON history.installation, history.facts, history.indexes, history.claims, history.commands, '
        'history.due_dates, vault.keys, migrations.applied TO %I', p_role);
    -- A due date that was dealt with, or cannot be, is struck out of the queue; it is no part of the history.
    EXECUTE format('GRANT DELETE ON history.due_dates TO %I', p_role);
    EXECUTE format('GRANT EXECUTE ON FUNCTION history.append TO %I', p_role);
END;
$$;
REVOKE ALL ON PROCEDURE history.allow FROM PUBLIC;
