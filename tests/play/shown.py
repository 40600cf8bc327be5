"""Whether the read models show what the history says: every stream's state is folded from its facts alone, with the domain's
own `evolve`, and compared with its rows."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from domain.applications.state import APPLICATION, Application
from domain.calls.state import CALL
from domain.deciding import Aggregate, Fact
from domain.funds import FUND, Fund
from domain.grants.state import GRANT, Grant
from domain.panels.state import PANEL, Panel
from domain.reviews.state import REVIEW
from domain.rounds.state import ROUND
from projections.folding import applications, calls, funds, grants, panels, reviews, rounds
from projections.tables import FOREVER, Table
from tests.play.installation import Installation

COMPARED: tuple[tuple[Table[Any], Aggregate[Any], frozenset[str]], ...] = (
    # A row says what the latest fact awarded, a state what was ever awarded.
    (applications.APPLICATIONS, APPLICATION, frozenset({"awarded"})),
    (calls.CALLS, CALL, frozenset()),
    (rounds.ROUNDS, ROUND, frozenset()),
    # A row of a review that nobody has written says that there are no scores.
    (reviews.REVIEWS, REVIEW, frozenset({"scores"})),
    (panels.PANELS, PANEL, frozenset()),
    # A row has the number of an amendment that waits, a state has all of it.
    (grants.GRANTS, GRANT, frozenset({"amendment"})),
    (funds.FUNDS, FUND, frozenset()),
)
"""The tables that show a stream each, with the stream's aggregate and the columns that mean something else than the state's field
of that name. Every other column that a field of the state has the name of must have its value."""


class Shown:
    """The rows of all tables, and the states folded from the facts, of one initiative."""

    def __init__(self, installation: Installation, initiative: str) -> None:
        self._installation, self._initiative = installation, initiative
        self._facts: defaultdict[str, list[Fact]] = defaultdict(list)
        installation.catch_up()
        for _, recorded in installation.log:
            if recorded.envelope.place.initiative == initiative:
                self._facts[recorded.stream].append(recorded.fact)

    def check(self) -> None:
        """Every table against the history. Raises `AssertionError`."""
        for table, aggregate, others in COMPARED:
            states = self._states(aggregate)
            rows = {table.key_of(row): row for row in self._rows(table, "initiative", self._initiative)}
            assert rows.keys() == states.keys(), f"{table.name} has other rows than there are streams"
            names = (set(table.row.__struct_fields__) & set(aggregate.empty.__struct_fields__)) - others
            for stream, state in states.items():
                row = rows[stream]
                shown_and_folded = {name: (getattr(row, name), getattr(state, name)) for name in names}
                differing = {name: each for name, each in shown_and_folded.items() if each[0] != each[1]}
                assert not differing, f"{table.name}: {differing}"
                self._check_more(stream, row, state)

    def _check_more(self, stream: str, row: Any, state: Any) -> None:
        match state:
            case Application():
                awarded = state.awarded if state.status == "awarded" else None
                assert (row.version, row.awarded) == (len(self._facts[stream]), awarded)
            case Fund():
                sums = (state.pledged, state.received, state.committed)
                assert (row.pledged, row.received, row.committed) == sums
            case Panel():
                rows = self._rows(panels.OUTCOMES, "panel", stream)
                assert {each.application: each.outcome for each in rows} == {
                    application: fact.outcome for application, fact in state.outcomes().items()
                }
            case Grant():
                self._check_grant(stream, row, state)
            case _:
                pass

    def _check_grant(self, stream: str, row: Any, state: Grant) -> None:
        payee = state.payee
        assert (row.version, row.settled) == (len(self._facts[stream]), state.settled)
        assert (row.payee_setting, row.payee_confirmed, row.payable_from) == (
            payee and payee.setting,
            bool(payee and payee.confirmed),
            payee and payee.payable_from,
        )
        assert row.amendment == (state.amendment and state.amendment.number)
        instalments = {
            each.number: (each.amount, each.due, each.condition, each.status, each.report)
            for each in self._rows(grants.INSTALMENTS, "grant", stream)
        }
        assert instalments == {
            number: (each.plan.amount, each.plan.due, each.plan.condition, each.status, each.report)
            for number, each in state.instalments.items()
        }
        reports = {each.report: each.status for each in self._rows(grants.REPORTS, "grant", stream)}
        assert reports == state.reports

    def _states(self, aggregate: Aggregate[Any]) -> dict[str, Any]:
        states: dict[str, Any] = {}
        for stream, facts in self._facts.items():
            if stream.partition("-")[0] == aggregate.kind:
                states[stream] = aggregate.empty
                for fact in facts:
                    states[stream] = aggregate.evolve(states[stream], fact)
        return states

    def _rows(self, table: Table[Any], column: str, value: str) -> list[Any]:
        columns = ", ".join(f'"{name}"' for name in table.columns)
        where = f'"{column}" = %s AND to_position = {FOREVER}'
        query = f"SELECT {columns} FROM read.{table.name} WHERE {where}"
        return table.rows(self._installation.rows(query, value))
