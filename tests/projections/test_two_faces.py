"""A decision about who may see what cannot rest on rows, which a replica that lags may have answered: the reader's two
faces are kept apart, and the source of every query is looked through."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import projections
from projections.fresh import Fresh
from projections.reader import check_shown

FILES = sorted(Path(projections.__path__[0]).rglob("*.py"))
FRESH = {name for name in vars(Fresh) if not name.startswith("_")}
"""The ways by which what happened a moment ago is read."""


def functions(path: Path) -> Iterator[ast.AsyncFunctionDef | ast.FunctionDef]:
    """Every function of a file."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef):
            yield node


def method(node: ast.AST) -> str | None:
    """The name of the method that is called, if it is one."""
    return node.func.attr if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else None


def names_in(node: ast.AST) -> Iterator[str]:
    """The names from which an expression has its value. What only says which of something fresh is meant is left out:
    the key in `loaded[row["grant"]].state`, and the arguments of a fresh reading."""
    if isinstance(node, ast.Subscript):
        yield from names_in(node.value)
    elif method(node) in FRESH:
        return
    elif method(node) == "rows":
        yield "<rows>"
    elif isinstance(node, ast.Name):
        yield node.id
    else:
        for child in ast.iter_child_nodes(node):
            yield from names_in(child)


def from_rows(function: ast.AsyncFunctionDef | ast.FunctionDef) -> set[str]:
    """The names in a function whose values come from rows."""
    found = {"<rows>"}
    for argument in (*function.args.args, *function.args.kwonlyargs):
        if argument.annotation is not None and re.search(r"\bRow\b", ast.unparse(argument.annotation)):
            found.add(argument.arg)
    before: set[str] = set()
    while before != found:
        before = set(found)
        for node in ast.walk(function):
            match node:
                case ast.Assign(targets=targets, value=value):
                    pass
                case (
                    ast.AnnAssign(target=target, value=ast.expr() as value)
                    | ast.NamedExpr(target=target, value=value)
                ):
                    targets = [target]
                case ast.For(target=target, iter=value) | ast.comprehension(target=target, iter=value):
                    targets = [target]
                case ast.Lambda(args=arguments):
                    found.update(argument.arg for argument in arguments.args if argument.arg == "row")
                    continue
                case _:
                    continue
            if found.intersection(names_in(value)):
                found.update(name for each in targets for name in names_in(each))
    return found


def decided_by_rows(function: ast.AsyncFunctionDef | ast.FunctionDef) -> list[str]:
    """The predicates that a function asks about something from rows."""
    rows = from_rows(function)
    return [
        ast.unparse(node)
        for node in ast.walk(function)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "access"
        for argument in (*node.args, *(keyword.value for keyword in node.keywords))
        if rows.intersection(names_in(argument))
    ]


def parsed(text: str) -> ast.AsyncFunctionDef:
    """The function that a text defines."""
    (function,) = ast.parse(text).body
    assert isinstance(function, ast.AsyncFunctionDef)
    return function


LOOKED_UP = (
    ("lists", "access.sees_waiting_places(actor, "),
    ("pages", "access.sees_screening(asked.viewer, "),
    ("panel_notes", "access.sees_panel_notes(actor, "),
    ("funded", "access.sees_payments(Actor(viewer or ''), house.within(row['call']))"),
)
"""The list of a call looks the viewer's conflicts up in the indexes of the primary, for all its rows at once; who applied
never changes. Nor does the setting of the payee that a screening was of, the application that a note of a panel is about, or
the id of a call: the grant, the application and the roles are read from the primary."""


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_predicate_is_asked_about_a_value_from_rows(path: Path) -> None:
    found = [each for function in functions(path) for each in decided_by_rows(function)]
    expected = tuple(each for stem, each in LOOKED_UP if stem == path.stem)
    assert [each for each in found if not each.startswith(expected or "-")] == []


def test_a_predicate_that_is_asked_about_rows_is_found() -> None:
    """However the value got there."""
    for line in (
        "access.sees_recipient(who, house, state, conflicts=[row['conflict'] for row in rows])",
        "[access.recipient(row['recipient'], grant) for row in rows]",
        "access.sees_payee(who, house, state, conflicts=conflicts)",
        "access.recipient(found['recipient'], loaded[found['grant']].state)",
    ):
        text = (
            "async def query(reader, who):\n"
            "    rows = await reader.rows('SELECT')\n"
            "    conflicts = tuple(row['application'] for row in rows)\n"
            "    found = rows[0]\n"
            "    loaded = await reader.load(*((GRANT, row['grant']) for row in rows))\n"
            f"    {line}\n"
        )
        assert decided_by_rows(parsed(text)) != [], line
        fresh = text.replace(line, "access.recipient(who, loaded[found['grant']].state)")
        assert decided_by_rows(parsed(fresh)) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_verdicts_are_made_by_access_alone(path: Path) -> None:
    """What unlocks a recipient, a payee or a text is a verdict, so no value of a row can stand in for one."""
    made = [
        node
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("Allowed", "Denied")
    ]
    assert made == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_rows_to_be_shown_are_of_read_models_and_facts(path: Path) -> None:
    """Every text that is asked for them, before anybody asks."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if method(node) == "rows" and isinstance(node.args[0], ast.Constant):  # type: ignore[attr-defined]
            check_shown(node.args[0].value)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT entry FROM history.indexes",
        'SELECT entry FROM "history"."indexes"',
        "SELECT 1 FROM read.grants g, LATERAL (SELECT FROM HISTORY . indexes) AS c",
        "SELECT wrapped FROM vault.keys",
        "SELECT person FROM accounts.tokens",
    ],
)
def test_a_question_for_more_is_stopped(query: str) -> None:
    """With a replica or without one."""
    with pytest.raises(AssertionError, match="rows to be shown are of read models and facts"):
        check_shown(query)


def test_the_face_for_access_has_no_way_to_a_replica() -> None:
    assert {
        "load",
        "readable",
        "the",
        "with_initiative",
        "with_initiative_seen_by",
        "index_entries",
        "index_entries_of_all",
        "conflicts_in_call",
        "conflicts_in_rounds",
        "avoiding",
        "avoided_everywhere",
        "primary_rows",
        "actor",
        "seen_by",
        "applied_by",
        "is_unattended",
        "follow",
    } == FRESH
