"""What remains after an erasure, and why: the program says it wherever somebody is erased."""

from __future__ import annotations

from typing import Final

REMAINS: Final = (
    "The facts and their digests stay, so that the history can still be checked; what was sealed in them cannot be opened.",
    "Running servers forget the person's key within 60 seconds.",
    (
        "Copies of the database from before (dumps, base backups, archived write-ahead log, replicas and their own backups) may "
        "hold the key, wrapped under a wrapping key that was destroyed: whoever has only such a copy can open nothing of it."
    ),
    (
        "Whoever also copied the key folder or the key backup before the erasure can still open it with that copy. Such copies, "
        "snapshots of file systems, and what an SSD keeps of overwritten files are out of this program's reach: destroy them "
        "where they are."
    ),
    "What people exported, printed or remember is out of its reach, too.",
)
