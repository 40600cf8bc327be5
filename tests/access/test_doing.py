"""Every command as every person, each cell against the table; and the roles that do not meet in one act."""

import functools
from collections.abc import Mapping

import msgspec
import pytest

from domain import access
from domain.commands.register import REGISTER
from domain.deciding import Allowed, Denied
from domain.initiatives.facts import MemberAdded, MemberRemoved
from domain.initiatives.state import INITIATIVE as INITIATIVES
from domain.readings import Reading
from domain.reviews.state import Review, ReviewStatus
from domain.values import MEMBER_ROLES, Role
from tests.access.moments import NEWCOMER, WHO, Moment, fork
from tests.access.table import HIDDEN, PERSONS, ROLES, SENTENCES, TABLE
from tests.access.walk import moments
from tests.driving import World
from tests.scene import (
    ARTIST,
    CHAIR,
    FINANCE,
    FUNDER,
    INITIATIVE,
    OFFICER,
    OTHER_ARTIST,
    THIRD_JUROR,
    stage,
)

HEADING, *LINES = [line for line in TABLE.splitlines() if line.strip()]
COLUMNS = HEADING.split()
EVERYTHING = MemberAdded(initiative=INITIATIVE, person=ARTIST, roles=MEMBER_ROLES)
"""The artist gets every role of the initiative."""


def rows() -> dict[str, list[str]]:
    """The table's cells by its row's name, which may have a colon in it."""
    found: dict[str, list[str]] = {}
    for line in LINES:
        name = line[: HEADING.index(COLUMNS[0])].strip()
        assert name not in found, f"two rows for {name}"
        found[name] = line[HEADING.index(COLUMNS[0]) :].split()
    return found


ROWS = rows()
walked = functools.cache(moments)


def written(row: str) -> dict[str, Role | str]:
    """What the table says of each person: the role in which they are allowed, or what they are told."""
    outcomes: Mapping[str, Role | str] = {
        **{letter: Role(role) for letter, role in ROLES.items()},
        **SENTENCES,
        ".": HIDDEN,
    }
    return {column: outcomes[cell] for column, cell in zip(COLUMNS, ROWS[row], strict=True)}


def found(moment: Moment) -> dict[str, Role | str]:
    """What really comes of each person's trying."""
    outcomes: dict[str, Role | str] = {}
    for column, who in WHO.items():
        if column in ("no", "er"):
            outcomes[column] = moment.refused_by_the_runner(who)
        elif column == "ar+":
            outcomes[column] = moment.tried(who, EVERYTHING)
        else:
            outcomes[column] = moment.tried(who)
    return outcomes


class TestTheTable:
    def test_has_a_row_for_every_command_of_the_register_and_no_other(self) -> None:
        unlisted = set(REGISTER) - {row.partition(":")[0] for row in ROWS}
        assert not unlisted, f"add rows to TABLE in tests/access/table.py: who may do {sorted(unlisted)}"
        assert {row.partition(":")[0] for row in ROWS} == set(REGISTER)
        assert set(walked()) == set(ROWS)

    def test_has_a_column_for_everybody_and_a_cell_in_each(self) -> None:
        assert COLUMNS == list(PERSONS) == list(WHO)
        assert {row: len(cells) for row, cells in ROWS.items()} == dict.fromkeys(ROWS, len(COLUMNS))

    def test_explains_every_letter_and_needs_each(self) -> None:
        assert {cell for cells in ROWS.values() for cell in cells} == {*ROLES, *SENTENCES, "."}

    def test_allows_each_command_to_somebody_and_to_nobody_unknown(self) -> None:
        for row, cells in ROWS.items():
            assert any(cell.isupper() for cell in cells), row
            assert cells[:2] == ["e", "e"]


@pytest.mark.parametrize("row", ROWS)
def test_everybody_who_tries_a_command_is_answered_as_the_table_says(row: str) -> None:
    """One row; the answers of all persons at once."""
    assert found(walked()[row]) == written(row)


MEMBERS_ONLY = [
    (row, column)
    for row, cells in ROWS.items()
    for column, cell in zip(COLUMNS, cells, strict=True)
    if ROLES.get(cell) in MEMBER_ROLES and column not in ("ar+", "ke")
]


@pytest.mark.parametrize(("row", "column"), MEMBERS_ONLY)
def test_a_role_taken_away_a_moment_ago_is_gone(row: str, column: str) -> None:
    """Everybody whom the table allows as a member is refused, without a word, once they are none."""
    moment, who = walked()[row], WHO[column]
    world = fork(moment.world)
    world.given(INITIATIVE, MemberRemoved(initiative=INITIATIVE, person=who))
    assert Moment(world, moment.command, moment.now).tried(who) == HIDDEN


@pytest.mark.parametrize("row", [row for row, cells in ROWS.items() if cells[COLUMNS.index("st")] == "."])
def test_a_stranger_is_told_the_same_of_what_is_not_there(row: str) -> None:
    """So no id can be tried out for existence: the same command, where none of what it names ever came about."""
    moment = walked()[row]
    nothing = World()
    nothing.given(WHO["st"], *moment.world.facts(WHO["st"]))
    assert Moment(nothing, moment.command, moment.now).tried(WHO["st"]) == HIDDEN
    assert moment.tried(WHO["st"]) == HIDDEN


def at(row: str) -> Moment:
    """The moment of a row, in a world of its own."""
    moment = walked()[row]
    return Moment(fork(moment.world), moment.command, moment.now)


def holding(who: str, *roles: Role) -> MemberAdded:
    """Somebody is given these roles in place of those held before."""
    return MemberAdded(initiative=INITIATIVE, person=who, roles=roles)


class TestRolesThatDoNotMeet:
    def test_no_role_lets_anybody_approve_twice(self) -> None:
        both = holding(FINANCE, Role.FINANCE, Role.APPROVER)
        assert at("instalment.approve: second").tried(FINANCE, both) == (
            "You gave the first approval; the second must come from somebody else."
        )

    def test_one_who_holds_both_roles_approves_once_first_or_second(self) -> None:
        both = holding(NEWCOMER, Role.FINANCE, Role.APPROVER)
        assert at("instalment.approve: first").tried(NEWCOMER, both) is Role.FINANCE
        assert at("instalment.approve: second").tried(NEWCOMER, both) is Role.APPROVER

    @pytest.mark.parametrize(
        "row",
        [
            "grant.confirm_payee",
            "grant.record_screening",
            "grant.schedule",
            "grant.accept_report",
            "grant.return_report",
            "grant.suspend",
            "grant.resume",
            "grant.terminate",
            "grant.propose_amendment",
            "grant.complete",
            "instalment.approve: first",
            "instalment.approve: second",
            "instalment.instruct",
            "instalment.settle",
            "instalment.fail",
        ],
    )
    @pytest.mark.parametrize("role", [Role.OFFICER, Role.FINANCE, Role.APPROVER])
    def test_nobody_acts_as_staff_on_a_grant_of_their_own(self, row: str, role: Role) -> None:
        """The recipient with one role: the one that the act needs, or one of no use for it."""
        answer = at(row).tried(ARTIST, holding(ARTIST, role))
        assert answer == SENTENCES["g"] or answer in {SENTENCES[letter] for letter in "ofv"}
        assert not isinstance(answer, Role)

    def test_who_set_an_outcome_does_not_confirm_it_whoever_closed_the_panel(self) -> None:
        """Two chairs, one of whom is an officer too: she sets an outcome, he closes, she may not confirm."""
        setting = at("panel.set_outcome")
        setting.world.given(INITIATIVE, holding(NEWCOMER, Role.CHAIR, Role.OFFICER))
        setting.world.run(setting.command, NEWCOMER, setting.now)
        setting.world.run(setting.command, CHAIR, setting.now)
        closing, confirming = walked()["panel.close"], walked()["panel.confirm"]
        setting.world.run(closing.command, CHAIR, closing.now)
        panel = Moment(setting.world, confirming.command, confirming.now)
        assert panel.tried(NEWCOMER) == (
            "You set an outcome in this panel, so somebody else must confirm it."
        )
        assert panel.tried(NEWCOMER, holding(NEWCOMER, Role.OFFICER)) == (
            "You set an outcome in this panel, so somebody else must confirm it."
        )
        assert panel.tried(OFFICER) is Role.OFFICER

    def test_a_chair_s_conflict_is_with_one_application_and_leaves_the_others_to_them(self) -> None:
        """The one who stepped back from the first application decides on the second, and closes the panel."""
        chair = WHO["cx"]
        house = walked()["panel.set_outcome"].world.state(INITIATIVES, INITIATIVE)
        decides = functools.partial(access.decides_on, chair, house, stage(), own=(), read=Reading())
        assert decides(reviews=[Review(juror=chair, status=ReviewStatus.RECUSED)]) == Denied(
            access.CONFLICTED
        )
        assert decides(reviews=[Review(juror=chair, status=ReviewStatus.REPLACED)]) == Denied(
            access.CONFLICTED
        )
        assert decides(reviews=[Review(juror=OFFICER, status=ReviewStatus.RECUSED)]) == Allowed(Role.CHAIR)
        assert at("panel.close").tried(chair) is Role.CHAIR

    def test_a_chair_who_was_asked_about_a_conflict_and_never_answered_does_not_decide(self) -> None:
        chair = WHO["cx"]
        house = walked()["panel.set_outcome"].world.state(INITIATIVES, INITIATIVE)
        decides = functools.partial(access.decides_on, chair, house, stage(), own=(), read=Reading())
        assert decides(reviews=[Review(juror=chair, status=ReviewStatus.ASSIGNED)]) == Denied(
            access.UNDECLARED
        )
        for status in (ReviewStatus.CLEARED, ReviewStatus.SUBMITTED):
            assert decides(reviews=[Review(juror=chair, status=status)]) == Allowed(Role.CHAIR)

    def test_an_officer_who_is_the_applicant_neither_examines_it_nor_chooses_its_jurors(self) -> None:
        officer = holding(ARTIST, Role.OFFICER)
        rows = ("find_eligible", "find_ineligible")
        assert {at(f"application.{row}").tried(ARTIST, officer) for row in rows} == {SENTENCES["m"]}
        assert at("review.assign").tried(ARTIST, officer) == SENTENCES["m"]
        assert at("grant.offer").tried(ARTIST, officer) == SENTENCES["m"]

    def test_a_rival_made_officer_or_chair_afterwards_is_a_rival_still(self) -> None:
        """They withdrew or were found ineligible; the roles came after the round."""
        both = holding(OTHER_ARTIST, Role.OFFICER, Role.CHAIR)
        rows = (
            "application.find_eligible",
            "application.find_ineligible",
            "review.assign",
            "review.replace",
            "panel.open",
            "panel.set_outcome",
            "panel.close",
            "panel.return",
            "panel.confirm",
            "panel.plan_announcement",
            "panel.cancel_announcement",
            "panel.announce",
        )
        assert {row: at(row).tried(OTHER_ARTIST, both) for row in rows} == dict.fromkeys(rows, SENTENCES["r"])

    def test_a_funder_pledges_for_nobody_else(self) -> None:
        other = holding(NEWCOMER, Role.FUNDER)
        assert at("fund.pledge").tried(NEWCOMER, other) == SENTENCES["f"]
        assert at("fund.pledge").tried(FUNDER) is Role.FUNDER

    def test_no_stranger_pledges_by_naming_themself_the_funder(self) -> None:
        pledge = at("fund.pledge")
        command = msgspec.structs.replace(pledge.command, funder=WHO["st"])
        assert Moment(pledge.world, command, pledge.now).tried(WHO["st"]) == HIDDEN

    def test_idle_jurors_take_no_review_of_others(self) -> None:
        assert at("review.submit").tried(THIRD_JUROR) == SENTENCES["t"]
        assert at("review.submit").tried(THIRD_JUROR, holding(THIRD_JUROR, Role.CHAIR)) == SENTENCES["t"]
