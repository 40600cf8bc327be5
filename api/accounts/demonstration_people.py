"""People of a public demonstration, as whom everybody can enter: nobody may lock the others out."""

from __future__ import annotations

from typing import Final

from api.run.demonstration import demonstration_people
from api.run.wiring import Wiring
from domain.messages import msg
from domain.refusals import Refused

NO_FACTORS: Final = msg(
    "Everybody can enter this demonstration as this person, so nobody can set up a second factor for them. Register yourself to "
    "try one."
)
_NO_REVOKING: Final = msg(
    "Everybody can enter this demonstration as this person, so their access keys stay. Register yourself to try it."
)
_NO_ERASING: Final = msg(
    "Everybody can enter this demonstration as this person, so their data stays. Register yourself to try it."
)


def is_demonstration_person(wiring: Wiring, person: str) -> bool:
    """Whether everybody can enter as this person."""
    return person in demonstration_people(wiring.settings, wiring.history.id)


def check_may_add_factor(wiring: Wiring, person: str) -> None:
    """Raise `Refused` if the others who enter as this person would be locked out by a second factor."""
    if is_demonstration_person(wiring, person):
        raise Refused(NO_FACTORS)


def check_may_revoke(wiring: Wiring, person: str) -> None:
    """Raise `Refused` if the others who enter as this person would be locked out without an access key."""
    if is_demonstration_person(wiring, person):
        raise Refused(_NO_REVOKING)


def check_may_erase(wiring: Wiring, person: str) -> None:
    """Raise `Refused` if nobody could enter as this person any more."""
    if is_demonstration_person(wiring, person):
        raise Refused(_NO_ERASING)
