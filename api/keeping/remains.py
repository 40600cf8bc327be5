"""What remains after an erasure, and why. Shown wherever somebody is erased."""

from __future__ import annotations

from typing import Final

REMAINS: Final = (
    "The facts and their digests stay, so that the history can still be verified; what was sealed in them cannot be opened.",
    "Running servers forget the person's key within 60 seconds.",
    (
        "Older copies of the database (dumps, base backups, archived write-ahead log, replicas and their backups) may contain "
        "the person's key, wrapped under a wrapping key that was destroyed. Such a copy alone reveals nothing."
    ),
    (
        "A copy of the key folder or of the key backup from before the erasure still opens the data in an older copy of the "
        "database. This program cannot reach such copies, file system snapshots, or what an SSD keeps of overwritten files: "
        "destroy them yourself."
    ),
    "What people exported, printed or remember cannot be erased.",
)
