"""The labels of inputs, by the names of their fields: for the summary of errors, and for text that is returned to the
visitor."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from domain.messages import Message, msg

_FIELDS: Final[Mapping[str, Message]] = {
    "account": msg("Account"),
    "amount": msg("Amount"),
    "application": msg("Application"),
    "applicant": msg("Personal code"),
    "bank_code": msg("Bank code"),
    "budget": msg("Budget"),
    "closes_at": msg("Deadline"),
    "comment_applicant": msg("Comment for the applicant"),
    "comment_jury": msg("Comment for the jury"),
    "announce_at": msg("Announce on"),
    "condition": msg("Condition"),
    "confirm_past_due": msg("Dates in the past"),
    "country": msg("Country of the bank"),
    "due": msg("Due on"),
    "ends_on": msg("End date"),
    "exchange": msg("Exchange rate"),
    "explanation": msg("Explanation"),
    "fee": msg("Bank fee"),
    "host": msg("Code of the fiscal host"),
    "instalments": msg("Instalments"),
    "item": msg("What for"),
    "juror": msg("Juror"),
    "kind": msg("Who is paid"),
    "maximum_award": msg("Largest award"),
    "minimum_award": msg("Smallest award"),
    "name": msg("Name of the account holder"),
    "note": msg("Note"),
    "outcome": msg("Outcome"),
    "questions": msg("Questions"),
    "quorum": msg("Reviews needed"),
    "rank": msg("Place on the waiting list"),
    "reason": msg("Reason"),
    "reference": msg("Reference"),
    "requested": msg("Amount you ask for"),
    "resubmit_by": msg("Submit again until"),
    "respond_by": msg("Answer until"),
    "result": msg("Result"),
    "screened_on": msg("Screened on"),
    "settled_on": msg("Paid on"),
    "summary": msg("Description"),
    "text": msg("Report"),
    "title": msg("Title"),
    "unscheduled": msg("Left unscheduled"),
    "until": msg("Until"),
}
_SETS_OF_FIELDS: Final[Mapping[str, Message]] = {
    "answers": msg("Answer"),
    "removed": msg("Answer"),
    "scores": msg("Points"),
}
_UNKNOWN: Final = msg("In this form")
_IN_A_TABLE: Final = re.compile(r"instalments\[([0-9]+)\]\.(.+)")


def label_of(name: str) -> Message:
    """The label of an input: ``requested.amount`` is "Amount you ask for"."""
    if found := _IN_A_TABLE.match(name):
        return msg("Instalment {number}: {field}", number=int(found[1]) + 1, field=label_of(found[2]))
    beginning, _, rest = name.partition(".")
    if rest and beginning in _SETS_OF_FIELDS:
        return _SETS_OF_FIELDS[beginning]
    return _FIELDS.get(beginning, _UNKNOWN)


def given_back(typed: Mapping[str, str]) -> list[tuple[Message, str, str]]:
    """What a person typed or chose in a form that is not shown again: each value with its label and the name of its
    input. Values that the page itself had filled in are left out."""
    return [
        (label_of(name), name, value)
        for name, value in typed.items()
        if value.strip()
        and not name.endswith("currency")
        and label_of(name) != _UNKNOWN
        and "-" not in name
        and not _IS_ID.match(value)
    ]


_IS_ID: Final = re.compile(r"[a-z]+-[0-9a-f]{32}\Z")
