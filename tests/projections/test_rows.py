"""Folding in memory: what a batch says about a row, in which order ever, leaves each of its states between two positions."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from domain.calls.facts import (
    CallAwardReleased,
    CallAwardsConfirmed,
    CallCancelled,
    CallChanged,
    CallDiscarded,
    CallDraftChanged,
    CallDrafted,
    CallFormChanged,
    CallFormPrepared,
    CallPublished,
    CallRoundOpened,
    CallRubricChanged,
    CallRubricPrepared,
    CallScreeningSet,
    CallStagesChanged,
)
from domain.deciding import Fact
from domain.grants.facts import GrantFact
from projections.folding import calls, grants
from projections.placed import Placed
from projections.projection import Projection, facts_of
from projections.rows import Closing, Rows
from projections.tables import FOREVER, Table, TableRow


class StateRow(TableRow, frozen=True, kw_only=True):
    """A row of a thing that is in some state."""

    thing: str
    state: str


class PartRow(TableRow, frozen=True, kw_only=True):
    """A row of a numbered part of a thing."""

    thing: str
    number: int


STATES = Table("states", StateRow, key=("thing",))
PARTS = Table("parts", PartRow, key=("thing", "number"), group=("thing",))
LASTING = Table("lasting", StateRow, key=("thing",), versions=False)


def rows_with(*before: tuple[str, str, int]) -> Rows:
    """Rows of the things "a" and "b": those that were there before the batch, each since a position."""
    rows = Rows((STATES, PARTS, LASTING))
    rows.know(STATES, ["a", "b"], before)
    rows.know(PARTS, ["a"], [("a", 1, 3), ("a", 2, 3)])
    return rows


def put(rows: Rows, at: int, thing: str, state: str) -> None:
    rows.position = at
    rows.put(STATES, StateRow(thing=thing, state=state))


def versions(rows: Rows, table: Table[Any]) -> list[tuple[Any, ...]]:
    """What is to be written: rows with the positions between which they hold."""
    found = zip(*rows.changes[table].versions(), strict=True)
    return sorted((*msgspec.structs.astuple(row), since, until) for row, since, until in found)


def test_facts_of_one_batch_about_one_row_leave_every_state_that_it_had() -> None:
    """Without a gap, and the last one for good."""
    rows = rows_with()
    for at, state in ((10, "new"), (12, "open"), (17, "closed")):
        put(rows, at, "a", state)
    put(rows, 13, "b", "new")

    assert versions(rows, STATES) == [
        ("a", "closed", 17, FOREVER),
        ("a", "new", 10, 12),
        ("a", "open", 12, 17),
        ("b", "new", 13, FOREVER),
    ]
    assert rows.changes[STATES].closed == []


def test_the_version_of_before_ends_where_the_first_new_one_begins() -> None:
    """It is closed, not written again."""
    rows = rows_with(("a", "new", 4))
    put(rows, 10, "a", "open")
    put(rows, 12, "a", "closed")

    assert rows.changes[STATES].closed == [Closing("a", 4, 10)]
    assert versions(rows, STATES) == [("a", "closed", 12, FOREVER), ("a", "open", 10, 12)]
    assert rows.get(STATES, "a") == StateRow(thing="a", state="closed")


def test_a_row_that_stays_as_it_was_is_no_new_version() -> None:
    """Nothing is written of it."""
    rows = rows_with(("a", "open", 4))
    put(rows, 10, "a", "open")

    assert rows.changes[STATES].closed == []
    assert versions(rows, STATES) == []


def test_what_one_fact_says_of_a_row_at_last_is_its_version() -> None:
    """Nobody can ask for what was in between."""
    rows = rows_with(("a", "new", 4))
    put(rows, 10, "a", "half done")
    put(rows, 10, "a", "open")

    assert rows.changes[STATES].closed == [Closing("a", 4, 10)]
    assert versions(rows, STATES) == [("a", "open", 10, FOREVER)]


def test_the_rows_of_a_group_end_together_and_others_come_in_their_place() -> None:
    """As a grant's instalments do that are scheduled anew: also with one fewer."""
    rows = rows_with()
    rows.position = 10
    rows.clear(PARTS, "a")
    rows.put(PARTS, PartRow(thing="a", number=1))

    assert rows.changes[PARTS].closed == [Closing(("a", 1), 3, 10), Closing(("a", 2), 3, 10)]
    assert versions(rows, PARTS) == [("a", 1, 10, FOREVER)]
    assert rows.of(PARTS, "a") == [PartRow(thing="a", number=1)]


def test_a_row_without_versions_comes_and_goes() -> None:
    """What went is deleted, and what came back is there."""
    rows = rows_with()
    for thing in ("a", "b"):
        rows.put(LASTING, StateRow(thing=thing, state="there"))
    for thing in ("a", "b", "c"):
        rows.clear(LASTING, thing)
    rows.put(LASTING, StateRow(thing="b", state="there"))

    assert list(rows.changes[LASTING].cleared) == ["a", "b", "c"]
    assert versions(rows, LASTING) == [("b", "there", 0, FOREVER)]


def test_a_fold_that_looks_at_what_no_fact_concerns_is_told_so() -> None:
    """Rows that were not loaded are not taken for rows that are not there."""
    rows = rows_with()
    for look in (
        lambda: rows.get(STATES, "c"),
        lambda: put(rows, 10, "c", "new"),
        lambda: rows.of(PARTS, "c"),
        lambda: rows.clear(PARTS, "c"),
    ):
        with pytest.raises(AssertionError, match=r"No fact of this batch says that it concerns"):
            look()


def test_a_projection_handles_what_the_type_of_its_function_says() -> None:
    """And nothing is repeated beside it."""
    assert calls.PROJECTION.facts == (
        CallDrafted,
        CallDraftChanged,
        CallStagesChanged,
        CallFormPrepared,
        CallRubricPrepared,
        CallDiscarded,
        CallPublished,
        CallRoundOpened,
        CallChanged,
        CallFormChanged,
        CallRubricChanged,
        CallAwardsConfirmed,
        CallAwardReleased,
        CallCancelled,
        CallScreeningSet,
    )
    assert set(facts_of(grants.fold)) > set(facts_of(_of_a_grant))


def _of_a_grant(_rows: Rows, fact: GrantFact, _placed: Placed) -> None:
    pass


def _of_anything(_rows: Rows, fact: Fact, _placed: Placed) -> None:
    pass


def _of_nothing(_rows: Rows, fact: Any, _placed: Placed) -> None:
    pass


def _of_a_number(_rows: Rows, fact: CallDrafted | int, _placed: Placed) -> None:
    pass


@pytest.mark.parametrize("fold", [_of_anything, _of_nothing, _of_a_number])
def test_a_function_that_does_not_say_what_it_handles_is_refused_where_it_is_named(fold: Any) -> None:
    """Not when the first fact comes that it cannot handle."""
    with pytest.raises(TypeError, match="does not say which facts it handles"):
        Projection("odd", (), fold)


def test_a_table_whose_key_is_no_column_is_refused() -> None:
    """A misspelt name is found where the program starts."""
    with pytest.raises(ValueError, match=r"The key and the group of read\.odd are not all columns of it"):
        Table("odd", StateRow, key=("thinng",))
