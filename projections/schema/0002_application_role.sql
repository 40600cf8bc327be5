-- Grants an existing role what it needs to query and write the read models, also in tables of later migrations. Called by
-- the owner, the role that migrates. Only the owner can rebuild, because that creates tables; they get the grants of the old.
CREATE PROCEDURE read.allow(p_role text) LANGUAGE plpgsql AS $$
DECLARE
    v_owner name := (SELECT pg_get_userbyid(n.nspowner) FROM pg_namespace n WHERE n.nspname = 'read');
    v_rights text := 'SELECT, INSERT, UPDATE, DELETE';
BEGIN
    -- Since PostgreSQL 17, analysing a table needs a right of its own. Before, the attempt only causes a warning, and
    -- autovacuum analyses the table a little later.
    IF current_setting('server_version_num')::integer >= 170000 THEN
        v_rights := v_rights || ', MAINTAIN';
    END IF;
    EXECUTE format('GRANT USAGE ON SCHEMA read TO %I', p_role);
    EXECUTE format('GRANT %s ON ALL TABLES IN SCHEMA read TO %I', v_rights, p_role);
    EXECUTE format(
        'ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA read GRANT %s ON TABLES TO %I', v_owner, v_rights, p_role);
END;
$$;
REVOKE ALL ON PROCEDURE read.allow FROM PUBLIC;
