-- Grants an existing role what it needs to create, use and end tokens, claims and sessions, also in tables of later
-- migrations. Called by the owner, the role that migrates.
CREATE PROCEDURE accounts.allow(p_role text) LANGUAGE plpgsql AS $$
DECLARE
    v_owner name := (SELECT pg_get_userbyid(n.nspowner) FROM pg_namespace n WHERE n.nspname = 'accounts');
    v_rights text := 'SELECT, INSERT, UPDATE, DELETE';
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA accounts TO %I', p_role);
    EXECUTE format('GRANT %s ON ALL TABLES IN SCHEMA accounts TO %I', v_rights, p_role);
    EXECUTE format(
        'ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA accounts GRANT %s ON TABLES TO %I', v_owner, v_rights, p_role);
END;
$$;
REVOKE ALL ON PROCEDURE accounts.allow FROM PUBLIC;
