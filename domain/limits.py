"""All limits on what people write: lengths of texts, sizes of numbers, numbers of lines in tables. Forms, the
description of the API and error messages all take them from here.

The length of a text is counted in code points of its composed form (Unicode NFC), so that é is one character however it
was typed. The text itself is stored as it was typed: the history never normalises one.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec

from domain.messages import Message, msg

NAME: Final = 200
"""The name of a person, an initiative, a fund or a payee."""
TITLE: Final = 200
"""The title of a call or an application."""
LABEL: Final = 300
"""The label of a question, a choice or a criterion."""
BUDGET_ITEM: Final = 300
HELP: Final = 2_000
"""The help text of a question."""
SUMMARY: Final = 5_000
"""The description of a call."""
TEXT_ANSWER: Final = 500
LONG_ANSWER: Final = 60_000
WORDS: Final = 10_000
"""The largest word limit that a question can have."""
EXPLANATION: Final = 4_000
"""The explanation of a decision."""
RESTRICTION: Final = 2_000
"""The restriction of a pledge."""
COMMENT: Final = 10_000
"""A juror's comment on an application."""
REPORT: Final = 50_000
MESSAGE: Final = 5_000
"""A message between an applicant and the staff, or a note of the staff."""
EMAIL: Final = 254
CONTACT: Final = 300
"""How an initiative can be reached, in one line."""
LANGUAGES: Final = 20
"""The most languages of an initiative."""
ACCOUNT: Final = 200
"""A payee's account, if it is not an IBAN."""
ACCOUNT_LEAST: Final = 4
BANK_CODE: Final = 40
"""A bank code, with the separators between its letters and digits."""
REFERENCE: Final = 35
"""A payment's reference: what ISO 20022 transmits."""
SCREENING_REFERENCE: Final = 100
"""A screening's reference, from the service that made it."""
EXCLUSIONS: Final = 50
"""The most people whom somebody names who must never read their applications."""
IDENTIFIER: Final = 60
"""An organisation's identifier, with the register's code."""
IDENTIFIERS: Final = 5
ORGANISATION_MEMBERS: Final = 50
"""The most members and invited people of an organisation."""

LINK: Final = 2_000
"""The address of a web page."""
NUMBER: Final = 10**12
"""The largest number that a form can ask for."""

LETTER: Final = 4_000
LETTER_SUBJECT: Final = 150
ELIGIBILITY_QUESTIONS: Final = 20
STAGES: Final = 5
"""The most stages of a call."""
QUESTIONS: Final = 60
SECTIONS: Final = 20
"""The most sections of a form."""
CHOICES: Final = 100
CRITERIA: Final = 20
BUDGET_LINES: Final = 200
GROUP_QUESTIONS: Final = 10
"""The most questions of a repeating group."""
ENTRIES: Final = 30
"""The most entries of a repeating group."""
INSTALMENTS: Final = 12
SCALE: Final = 100
"""The most points for one criterion."""
WEIGHT: Final = 100
QUORUM: Final = 20
GRACE_MINUTES: Final = 1_440
DECIDE_WITHIN_DAYS: Final = 365
"""The longest time that a rolling call can set for a decision."""
CLAIM_DAYS: Final = 7
"""The number of days for which a claim can be used by default."""
MOST_CLAIM_DAYS: Final = 30
INVITATION_DAYS: Final = 14
"""The number of days for which an invitation can be answered by default."""
MOST_INVITATION_DAYS: Final = 60
SLUG: Final = 40
"""The id that an author gives to a question, a choice or a criterion."""
MAX_MINOR: Final = 10**15
"""The largest amount, in minor units; one amount stays below 2**53. Sums may exceed it and are written as text."""


def described(**schema: Any) -> msgspec.Meta:  # Any: JSON
    """Constraints of a field for the description of the API. The rules check them, with their own error messages."""
    return msgspec.Meta(extra_json_schema=schema)


# The types of commands' fields, from which the description of the API is made.
Name = Annotated[str, described(minLength=1, maxLength=NAME)]
Title = Annotated[str, described(minLength=1, maxLength=TITLE)]
Label = Annotated[str, described(minLength=1, maxLength=LABEL)]
BudgetItem = Annotated[str, described(minLength=1, maxLength=BUDGET_ITEM)]
Slug = Annotated[str, described(minLength=1, maxLength=SLUG)]
Help = Annotated[str, described(maxLength=HELP)]
Summary = Annotated[str, described(minLength=1, maxLength=SUMMARY)]
Explanation = Annotated[str, described(maxLength=EXPLANATION)]
Questions = Annotated[str, described(minLength=1, maxLength=EXPLANATION)]
"""The questions with which staff return an application."""
Restriction = Annotated[str, described(maxLength=RESTRICTION)]
Comment = Annotated[str, described(maxLength=COMMENT)]
Report = Annotated[str, described(minLength=1, maxLength=REPORT)]
WrittenMessage = Annotated[str, described(minLength=1, maxLength=MESSAGE)]
Contact = Annotated[str, described(maxLength=CONTACT)]
LetterText = Annotated[str, described(minLength=1, maxLength=LETTER)]
LetterSubject = Annotated[str, described(maxLength=LETTER_SUBJECT)]
Language = Annotated[str, described(minLength=2, maxLength=35)]
Email = Annotated[str, described(maxLength=EMAIL)]
Account = Annotated[str, described(minLength=ACCOUNT_LEAST, maxLength=ACCOUNT)]
BankCode = Annotated[str, described(maxLength=BANK_CODE)]
Country = Annotated[str, described(minLength=2, maxLength=2)]
Reference = Annotated[str, described(minLength=1, maxLength=REFERENCE)]
Number = Annotated[int, described(minimum=-NUMBER, maximum=NUMBER)]
ScreeningReference = Annotated[str, described(minLength=1, maxLength=SCREENING_REFERENCE)]
Identifier = Annotated[str, described(maxLength=IDENTIFIER)]
Words = Annotated[int, described(minimum=1, maximum=WORDS)]
Entries = Annotated[int, described(minimum=1, maximum=ENTRIES)]
Scale = Annotated[int, described(minimum=1, maximum=SCALE)]
Weight = Annotated[int, described(minimum=1, maximum=WEIGHT)]
Quorum = Annotated[int, described(minimum=1, maximum=QUORUM)]
Days = Annotated[int, described(minimum=1, maximum=DECIDE_WITHIN_DAYS)]
GraceMinutes = Annotated[int, described(minimum=0, maximum=GRACE_MINUTES)]


def outside(given: int, least: int, most: int) -> Message:
    """The error for a number outside its limits: ``Write a whole number from 1 to 20; this is 21.``"""
    return msg(
        "Write a whole number from {least} to {most}; this is {given}.", least=least, most=most, given=given
    )


NO_SLUG: Final = msg(
    "An id is 1 to {most} lower-case letters, digits or underscores, beginning with a letter.", most=SLUG
)
"""The error for an id, chosen by its author, that is not valid."""
DECLINED_INVITATIONS: Final = 2
"""How many invitations a person declines before an organisation cannot invite them again."""
