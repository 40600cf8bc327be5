"""Random play with the grants that follow from a call, from the offers to their ends: declined, lapsed, terminated, completed.
Half of them go to organisations, for which some of the staff may act, and some are paid through a fiscal host."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize

from domain.applications.state import ApplicationStatus
from tests.money.books import GrantBook
from tests.money.moves import A_DAY, Attempt, Moves
from tests.play.installation import Installation
from tests.play.machine import ANYBODY, CHOICES, Play, one, play
from tests.play.season import ARTISTS


class Grants(Play):
    """The grants of one call, whose fund has not enough for all."""

    stages = ("project",)
    moves = (
        *["onward"] * 8,
        *["offer"] * 2,
        *Play.moves,
        "anything",
        "anything",
        "anybody",
        "pay_through_host",
        "amend",
        "terminate",
        "let_offers_lapse",
    )

    @initialize(members=st.tuples(CHOICES, CHOICES))
    def begin(self, members: tuple[int, int]) -> None:
        """Two artists and two organisations applied; three were awarded, and one waits."""
        for choice in range(2):
            self.register_organisation(choice, 0)
        season = self.season
        for who in ARTISTS[:2]:
            season.submit(who)
        for organisation in season.organisations:
            season.submit(season.acting(organisation), organisation)
        season.open_panel()
        season.decide([1, 2, 1, 3])
        for choice, member in enumerate(members):
            self.join_organisation(choice, member)

    def grants(self) -> list[tuple[str, GrantBook]]:
        """The grants that were offered, in the order of the offers."""
        return list(self.books.grants.items())

    def offer(self, choice: int, _other: int) -> None:
        """A grant is offered for an award, also for one that moved up from the waiting list."""
        awarded = [
            application
            for application in self.season.asked
            if self.season.status(application) is ApplicationStatus.AWARDED
        ]
        if awarded:
            self.season.offer(one(awarded, choice))

    def onward(self, choice: int, step: int) -> None:
        """A grant comes a few steps nearer to its end."""
        for number in range(4):
            if self.grants():
                grant, book = one(self.grants(), choice)
                self.attempt(self.on(grant, book, step + number).onward())
                self.every_fact_is_as_it_should_be()

    def anything(self, choice: int, what: int) -> None:
        """Somebody tries anything at all."""
        if self.grants():
            self.attempt(self.on(*one(self.grants(), choice), what).anything())

    def anybody(self, choice: int, who: int) -> None:
        """Anybody tries the next step, whosoever turn it is."""
        if self.grants():
            attempt = self.on(*one(self.grants(), choice), choice).onward()
            self.season.tried(attempt.command, one(ANYBODY, who), **attempt.fields)

    def pay_through_host(self, choice: int, host: int) -> None:
        """A fiscal host is to be paid: an organisation, or one of the people."""
        if self.grants():
            grant, book = one(self.grants(), choice)
            parties = (*self.season.organisations, *self.season.people.values())
            on = self.on(grant, book, host)
            self.attempt(on.payee(kind="fiscal_host", host=one(parties, host)))

    def amend(self, choice: int, less: int) -> None:
        """Staff propose to change a grant; the next step towards its end is the recipient's answer."""
        if self.grants():
            self.attempt(self.on(*one(self.grants(), choice), less).amend())

    def terminate(self, choice: int, often: int) -> None:
        """Staff end a grant that cannot go on."""
        if often % 2 and self.grants():
            grant, _ = one(self.grants(), choice)
            self.season.tried("grant.terminate", "second_officer", grant=grant, reason="other")

    def let_offers_lapse(self, _choice: int, _other: int) -> None:
        """A month passes without an answer."""
        self.installation.wait(30 * A_DAY)

    def on(self, grant: str, book: GrantBook, choice: int) -> Moves:
        """What there is to try with a grant."""
        acting = self.season.acting(book.recipient, choice)
        return Moves(grant, book, acting, self.season.pledge, choice, self.installation.now)

    def attempt(self, attempt: Attempt | None) -> None:
        """Somebody tries it; without an attempt, a day passes."""
        if attempt is None:
            self.installation.wait(A_DAY)
        else:
            self.season.tried(attempt.command, attempt.who, **attempt.fields)

    def teardown(self) -> None:
        """How the grants ended."""
        super().teardown()
        if self.sound:
            for book in self.books.grants.values():
                self.reached[book.step] += 1
                self.reached[f"{book.step} for {book.recipient.partition('-')[0]}"] += 1


ENDS = ("declined", "lapsed", "terminated", "completed")
REACHED = {
    *ENDS,
    "ApplicationPromoted",
    "GrantAmended",
    "GrantInstalmentFailed",
    "GrantReportAccepted",
    "OrganisationMemberAdded",
    "OrganisationMemberRemoved",
}
"""What has to come about in the seasons: play in which no grant ends proves nothing about its end."""
OF_BOTH = {f"{end} for {party}" for end in ENDS for party in ("person", "organisation")}


def test_nothing_that_people_do_with_grants_breaks_a_promise(installation: Installation) -> None:
    reached = play(Grants, installation, seasons=14, steps=50)
    # In so few seasons, chance may leave out what is rarer; the long test demands it.
    assert {name for name in ENDS if reached[name]} == {*ENDS}


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_nothing_breaks_a_promise_in_many_seasons_of_grants(installation: Installation) -> None:
    reached = play(Grants, installation, seasons=100, steps=80)
    assert {name for name in REACHED | OF_BOTH if reached[name]} == REACHED | OF_BOTH
