"""What `overwinter verify` says of all that lies beside the facts: tables that follow from them, and ways in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from api.accounts.founded import REASONS, Unfounded, unfounded
from history.derived_tables import FAULTS, ClaimKeys, Progress, TablesVerified, verify_tables


@dataclass(frozen=True, slots=True)
class Beside:
    """What was found in the tables beside the facts, and among the ways in."""

    tables: TablesVerified
    ways_in: tuple[Unfounded, ...]

    @property
    def found(self) -> int:
        """How many faults there are."""
        return self.tables.found + len(self.ways_in)

    def as_json(self) -> dict[str, Any]:  # Any: JSON
        """What was found, for scripts."""
        return {
            "tables": {
                "found": self.tables.found,
                "wrong": [mismatch._asdict() for mismatch in self.tables.wrong],
            },
            "ways_in": [way._asdict() for way in self.ways_in],
        }

    def lines(self) -> list[str]:
        """What was found, one line for each fault that is named."""
        lines = []
        for table, row, fault, position in self.tables.wrong:
            where = "" if position is None else f"position {position}: "
            schema = "vault" if table == "keys" else "history"
            lines.append(f"{where}{schema}.{table}, {row}: {fault}: {FAULTS[fault]}")
        return [*lines, *(f"{way.kind} {way.id}: {REASONS[way.reason]}" for way in self.ways_in)]

    def sentence(self) -> str | None:
        """What is to be said in the end; None if all is well."""
        if not self.found:
            return None
        many = "1 fault" if self.found == 1 else f"{self.found} faults"
        return (
            f"What lies beside the history is not what its facts make: {many}. `overwinter tokens revoke` ends a token "
            "that nobody should have, with its sessions; a wrong row of a table is for whoever owns the database."
        )


def recheck_beside(url: str, progress: Progress, *, keys: ClaimKeys | None = None) -> Beside:
    """Recompute the tables, with `keys` the names of claims too, and look at every way in. Raises
    psycopg.OperationalError without a database."""
    return Beside(verify_tables(url, progress, keys=keys), tuple(unfounded(url)))
