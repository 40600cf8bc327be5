"""What all random play has in common: people who form organisations and leave them, time that passes, and what must hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import ClassVar, TypeVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from tests.money.books import KINDS, Books
from tests.play.installation import Installation
from tests.play.season import ARTISTS, ROLES, Season
from tests.play.shown import Shown
from tests.play.witness import Witness

T = TypeVar("T")

CHOICES = st.integers(0, 999)
"""Which of whatever there is to choose from."""
ANYBODY = (*ARTISTS, *ROLES)
ORGANISATIONS = 2


def one(things: Sequence[T], choice: int) -> T:
    """One of them."""
    return things[choice % len(things)]


class Play(RuleBasedStateMachine):
    """One season. `moves` are the names of what people may do next, each as often as it should come; a move gets two numbers
    that decide among whatever there is to choose. `reached` counts over all seasons how often things came about: play in
    which nothing does proves nothing. `sound` is false once something did not hold."""

    stages: ClassVar[tuple[str, ...]] = ("letter", "project")
    moves: ClassVar[tuple[str, ...]] = (
        "join_organisation",
        "leave_organisation",
        "wait",
        "look",
    )

    def __init__(self, installation: Installation, administrator: str, reached: Counter[str]) -> None:
        super().__init__()
        self.installation = installation
        installation.forget()
        self.season = Season(installation, administrator, self.stages)
        self.reached = reached
        self.sound = False
        self.witness = Witness()
        self.books = Books()

    @rule(data=st.data())
    def move(self, data: st.DataObject) -> None:
        """Somebody makes one of the moves."""
        name = data.draw(st.sampled_from(self.moves), "move")
        choice, other = data.draw(CHOICES, "choice"), data.draw(CHOICES, "other")
        getattr(self, name)(choice, other)

    # Organisations

    def register_organisation(self, choice: int, _other: int) -> None:
        """Somebody registers an organisation: an artist, or one of the staff."""
        if len(self.season.organisations) < ORGANISATIONS:
            who = one((*ARTISTS, "juror", "officer", "finance", "chair"), choice)
            made = self.season.run("organisation.register", who, name="Invented Stage")
            self.season.organisations.append(made)

    def join_organisation(self, choice: int, person: int) -> None:
        """Somebody is invited to act for an organisation, and accepts."""
        if self.season.organisations:
            organisation, who = one(self.season.organisations, choice), one(ANYBODY, person)
            fields = {"organisation": organisation, "person": self.season.people[who]}
            self.season.tried("organisation.invite", self.season.acting(organisation, choice), **fields)
            self.season.tried("organisation.join", who, organisation=organisation)

    def leave_organisation(self, choice: int, person: int) -> None:
        """Somebody stops acting for an organisation."""
        if self.season.organisations:
            organisation = one(self.season.organisations, choice)
            who = self.season.acting(organisation, person)
            self.season.tried("organisation.remove_member", who, organisation=organisation, person=who)

    # Time

    def wait(self, choice: int, _other: int) -> None:
        """Some hours pass, and what is due is done."""
        self.installation.wait(timedelta(hours=1 + choice % 72))

    def look(self, _choice: int = 0, _other: int = 0) -> None:
        """The read models are what the history folds to."""
        with self.checking():
            self.installation.project()
            Shown(self.installation, self.season.initiative).check()

    # What must hold

    @contextmanager
    def checking(self) -> Iterator[None]:
        """While something is checked that must hold."""
        self.sound = False
        yield
        self.sound = True

    @invariant()
    def every_fact_is_as_it_should_be(self) -> None:
        """Instalments never exceed a grant, commitments never a fund; nobody decides on what is theirs; a closing names just
        those that were taken in."""
        with self.checking():
            self.witness.read(self.installation)
            for position, recorded in self.installation.log:
                if position > self.books.position and recorded.stream.partition("-")[0] in KINDS:
                    self.books.enter(position, recorded)

    @invariant()
    def what_was_taken_in_is_what_is_there(self) -> None:
        """Each round closes with just those applications that it took in; each application holds what was written last."""
        with self.checking():
            for closing in self.witness.closings:
                assert set(closing.applications) == self.season.taken_in[closing.round]
            self.witness.closings.clear()
            assert self.witness.asked == self.season.asked

    def teardown(self) -> None:
        """The read models are still what the history folds to, and so is the ledger."""
        if not self.sound:
            return
        self.look()
        sums = self.installation.rows(
            "SELECT account, sum(amount)::bigint FROM read.ledger WHERE fund = %s GROUP BY account",
            self.season.fund,
        )
        ledger = {account: balance for account, balance in sums if balance}
        assert ledger == self.books.balances(self.season.fund)
        self.reached.update(self.witness.told)


def play(
    kind: Callable[[Installation, str, Counter[str]], Play],
    installation: Installation,
    *,
    seasons: int,
    steps: int,
) -> Counter[str]:
    """Play so many random seasons; returns how often things came about in all of them."""
    reached: Counter[str] = Counter()
    administrator = installation.administrator()
    run_state_machine_as_test(
        lambda: kind(installation, administrator, reached),
        settings=settings(
            max_examples=seasons,
            stateful_step_count=steps,
            deadline=None,
            derandomize=True,
            database=None,
            # A shorter game takes minutes to find, and the printed moves say what happened.
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
    return reached
