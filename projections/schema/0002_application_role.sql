-- Lets an existing role ask and write the read models, those of later migrations too. To be called by the owner, which
-- is whoever migrates. A rebuild, which makes new tables, stays the owner's; it gives them the rights of the old.
CREATE PROCEDURE read.allow(p_role text) LANGUAGE plpgsql AS $$
DECLARE
    v_owner name := (SELECT pg_get_userbyid(n.nspowner) FROM pg_namespace n WHERE n.nspname = 'read');
    v_rights text := 'SELECT, INSERT, UPDATE, DELETE';
BEGIN
    -- To have a table's statistics gathered is a right of its own since PostgreSQL 17. Before, the attempt is passed
    -- over with a warning, and the server's own vacuuming gathers them a little later.
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
