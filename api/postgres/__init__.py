"""The embedded PostgreSQL, database roles, and errors of connecting."""
