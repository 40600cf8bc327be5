"""A recipient who was erased: no money is newly sent on its way, and what is on its way can arrive."""

from __future__ import annotations

import pytest

from domain.commands.grants.instalments import (
    ApproveInstalment,
    FailInstalment,
    InstructInstalment,
    SettleInstalment,
)
from domain.commands.grants.payee import ConfirmGrantPayee
from domain.deciding import Command, Fact
from domain.grants.facts import GrantInstalmentFailed
from domain.persons.facts import PersonErased
from domain.refusals import Refused
from tests.driving import World
from tests.grants.scene import (
    APPROVER,
    ARTIST,
    FINANCE,
    GRANT,
    PAYMENTS,
    TODAY,
    accepted,
    approved,
    euros,
    instructed,
    payable,
    payee_set,
    requested,
    settled,
    world_with_grant,
)

ONE = {"grant": GRANT, "instalment": 1}
INSTRUCT = InstructInstalment(**ONE, reference="BATCH-1")
ERASED = (
    Refused,
    (
        "The recipient's data was erased, and the bank details with it. Nothing more of this grant can be confirmed, approved or paid."
    ),
)


def erased_after(*facts: Fact) -> World:
    """A grant with these facts, whose recipient was erased then."""
    world = world_with_grant(*facts)
    world.given(ARTIST, PersonErased(person=ARTIST, reason="safety", dossiers=(PAYMENTS,), kept=(PAYMENTS,)))
    return world


@pytest.mark.parametrize(
    ("facts", "command", "actor"),
    [
        ((*accepted(), payee_set()), ConfirmGrantPayee(grant=GRANT, setting=1), FINANCE),
        ((*payable(), requested()), ApproveInstalment(**ONE), FINANCE),
        ((*payable(), requested(), *approved()[:1]), ApproveInstalment(**ONE), APPROVER),
        ((*payable(), requested(), *approved()), INSTRUCT, FINANCE),
        (
            (
                *payable(),
                requested(),
                *approved(),
                instructed(),
                GrantInstalmentFailed(**ONE, reason="held_by_bank", approvals_ended=0),
            ),
            INSTRUCT,
            FINANCE,
        ),
    ],
    ids=["confirm", "first approval", "second approval", "instruct", "instruct again"],
)
def test_nothing_more_is_confirmed_approved_or_paid(
    facts: tuple[Fact, ...], command: Command, actor: str
) -> None:
    """Nobody can read any more whose account it is."""
    world_with_grant(*facts).run(command, actor)
    assert erased_after(*facts).turned_down(command, actor) == ERASED


def test_what_the_bank_was_told_before_is_settled_or_found_to_have_failed() -> None:
    """The bank may have paid; the books must be able to say so."""
    sent = (*payable(), requested(), *approved(), instructed())
    settle = SettleInstalment(**ONE, amount=euros("600.00"), settled_on=TODAY)
    assert erased_after(*sent).run(settle, FINANCE).facts == {GRANT: (settled(1, 60_000),)}
    fail = FailInstalment(**ONE, reason="held_by_bank")
    assert erased_after(*sent).run(fail, FINANCE).facts == {
        GRANT: (GrantInstalmentFailed(**ONE, reason="held_by_bank", approvals_ended=0),)
    }
