"""The screening of a payee: a comparison with sanctions lists, made outside the program and recorded here."""

from __future__ import annotations

from datetime import date, datetime

from domain import limits
from domain.deciding import Fact
from domain.funds import check_past
from domain.grants.facts import GrantScreened, ScreeningResult
from domain.grants.rules.standing import check_not_ended, check_not_erased
from domain.grants.state import Grant
from domain.messages import msg
from domain.parties import PartyState
from domain.refusals import Refused
from domain.texts import check_line, check_optional


def record(
    grant_id: str,
    grant: Grant,
    recipient: PartyState,
    *,
    setting: int,
    result: ScreeningResult,
    reference: str,
    screened_on: date,
    note: str | None,
    screener: str,
    now: datetime,
) -> tuple[Fact, ...]:
    """Record the screening of the payee as it was seen in `setting`. A later one replaces it."""
    check_not_ended(grant)
    check_not_erased(recipient)
    if grant.payee is None:
        raise Refused(msg("The recipient has not added bank details yet."))
    if setting != grant.payee.setting:
        raise Refused(msg("The bank details have been changed since; the new payee has to be screened."))
    check_past(screened_on, "screened_on", now)
    return (
        GrantScreened(
            grant=grant_id,
            dossier=grant.dossier,
            setting=setting,
            result=result,
            reference=check_line(reference, "reference", most=limits.SCREENING_REFERENCE),
            screened_on=screened_on,
            screener=screener,
            note=check_optional(note, "note", most=limits.EXPLANATION),
        ),
    )


def check_screened(grant: Grant, *, required: bool) -> None:
    """Raises `Refused` if the present payee may not be paid: because a screening found them on a list, or because a
    required screening is missing."""
    if grant.screened == "match":
        raise Refused(
            msg(
                "The screening found this payee on a sanctions list, so nothing can be paid. If that was a mistake, record "
                "another screening."
            )
        )
    if required and grant.screened is None:
        raise Refused(msg("This payee must be screened before a payment; record the screening first."))
