"""The embedded PostgreSQL, the roles of a database, and connecting to one."""
