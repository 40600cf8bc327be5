"""The second part of `overwinter verify`: tables derived from the facts, and tokens, sessions and claims."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from api.accounts.founded import REASONS, Unfounded, unfounded
from history.derived_tables import FAULTS, TablesVerified, UniqueNameKeys, verify_tables
from history.progress import Progress


@dataclass(frozen=True, slots=True)
class Beside:
    """The findings in derived tables, and among tokens, sessions and claims."""

    tables: TablesVerified
    access: tuple[Unfounded, ...]

    @property
    def found(self) -> int:
        """The number of faults."""
        return self.tables.found + len(self.access)

    def as_json(self) -> dict[str, Any]:  # Any: JSON
        """The findings, for scripts."""
        return {
            "tables": {
                "found": self.tables.found,
                "wrong": [mismatch._asdict() for mismatch in self.tables.wrong],
            },
            "access": [each._asdict() for each in self.access],
        }

    def lines(self) -> list[str]:
        """The findings, one line for each."""
        lines = []
        for table, row, fault, position in self.tables.wrong:
            where = "" if position is None else f"position {position}: "
            schema = "vault" if table == "keys" else "history"
            lines.append(f"{where}{schema}.{table}, {row}: {fault}: {FAULTS[fault]}")
        return [*lines, *(f"{each.kind} {each.id}: {REASONS[each.reason]}" for each in self.access)]

    def sentence(self) -> str | None:
        """The closing sentence; None if there are no findings."""
        if not self.found:
            return None
        many = "1 fault" if self.found == 1 else f"{self.found} faults"
        return (
            f"Tables beside the history do not match its facts: {many}. `overwinter tokens revoke` ends a token that nobody "
            "should have, and its sessions; wrong rows of tables must be corrected by the owner of the database."
        )


def recheck_beside(url: str, progress: Progress, *, keys: UniqueNameKeys | None = None) -> Beside:
    """Recompute the derived tables (with `keys`, the unique names too), and check every token, session and claim. Raises
    psycopg.OperationalError if the database cannot be reached."""
    return Beside(verify_tables(url, progress, keys=keys), tuple(unfounded(url)))
