"""Every list that can be downloaded, with its columns: one table for pages and for JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from api.lists.columns import Around, Column, day, moment, money, number, text
from api.lists.exported import UNRECORDED, ExportedList
from api.lists.words import ACCOUNTS, OUTCOMES, OWN_REVIEW_STATUSES, moved
from domain.applications.state import ApplicationStatus
from domain.grants.statuses import GrantStatus, InstalmentStatus
from domain.labels import REASONS, label, labelled
from domain.messages import At, Message, in_context, in_languages, msg
from domain.reviews.state import ReviewStatus
from domain.values import Role
from projections import (
    applications,
    funds,
    grants,
    ledger,
    members,
    own_reviews,
    panels,
    payments,
    review_progress,
    round_jury,
)
from projections.applications import ApplicationLine
from projections.funds import FundDetail, PledgeShown
from projections.grants import GrantLine
from projections.ledger import Entry, EntryLine, Ledger
from projections.members import NamedPerson, RoleEntry
from projections.paging import ResultPage
from projections.panels import RankedApplication, Ranking
from projections.review_progress import JudgedApplication, ReviewProgress
from projections.round_jury import AskedReview, RoundJury

_APPLICATION: Final = msg("Application")
_TITLE: Final = msg("Title")
_STATUS: Final = msg("Status")
_CALL: Final = msg("Call")
_REASON: Final = msg("Reason")
_ASKED_FOR: Final = msg("Asked for")
_AWARDED: Final = msg("Awarded")
_AMOUNT: Final = msg("Amount")
_ORGANISATION: Final = msg("Organisation")
_SCORE: Final = msg("Score in per cent")
_DUE: Final = msg("Reviews due")
_YES: Final = in_context("answer", "yes")

UNDECIDED: Final = (ApplicationStatus.SUBMITTED, ApplicationStatus.RETURNED, ApplicationStatus.ELIGIBLE)
"""The statuses in which an application to a rolling call waits for its decision."""


def _title(item: Any, _: Around) -> str | Message | None:
    """A title, or the words that its page shows in place of it. Any: an item with a title."""
    if item.title is not None:
        return str(item.title)
    if "title" in item.damaged:
        return msg("Damaged title")
    return msg("Erased") if getattr(item, "erased", False) else None


def _why(code: str | None) -> Message | None:
    return None if code is None else REASONS[code]


def _call(item: Any, around: Around) -> Message | None:
    return in_languages(around.calls[item.call].title) if item.call in around.calls else None


def _decide_by(item: ApplicationLine, around: Around) -> At | None:
    if item.decide_by is None or item.status not in UNDECIDED:
        return None
    return At(item.decide_by, around.zone(item.call))


def _respond_by(item: GrantLine, around: Around) -> At | None:
    return At(item.respond_by, around.zone(item.call)) if item.status == GrantStatus.OFFERED else None


_APPLICATION_STATUS: Final[Column[Any]] = text(
    _STATUS, lambda item, _: labelled(ApplicationStatus, item.status)
)

APPLICATIONS: Final = ExportedList(
    "applications",
    msg("Applications"),
    applications.of_call,
    (
        text(_APPLICATION, lambda item, _: item.handle),
        text(_TITLE, _title),
        _APPLICATION_STATUS,
        text(_REASON, lambda item, _: _why(item.reason)),
        money(_ASKED_FOR, lambda item, _: item.requested),
        money(_AWARDED, lambda item, _: item.awarded),
        moment(msg("To be decided by"), _decide_by),
    ),
)

OWN_APPLICATIONS: Final = ExportedList(
    "own-applications",
    msg("Your applications"),
    applications.mine,
    (
        text(_TITLE, _title),
        text(_ORGANISATION, lambda item, around: around.organisations.get(item.applicant or "")),
        text(_CALL, _call),
        _APPLICATION_STATUS,
        money(_ASKED_FOR, lambda item, _: item.requested),
    ),
)


def _percent(score: str | None) -> Decimal | None:
    return None if score is None else Decimal(score)


def _unrecorded(ranking: Ranking) -> Sequence[Message]:
    return (UNRECORDED,) if ranking.unrecorded else ()


def _places(ranking: Ranking) -> ResultPage[RankedApplication]:
    return ranking.places


RANKING: Final = ExportedList(
    "ranking",
    msg("Ranking"),
    panels.ranking,
    (
        number(msg("Rank"), lambda item, _: item.rank if item.score else None),
        text(_APPLICATION, lambda item, _: item.handle),
        text(_TITLE, _title),
        number(_SCORE, lambda item, _: _percent(item.score)),
        number(msg("Lowest score"), lambda item, _: _percent(item.scores[0] if item.scores else None)),
        number(msg("Highest score"), lambda item, _: _percent(item.scores[-1] if item.scores else None)),
        number(msg("Reviews"), lambda item, _: item.reviews),
        number(msg("Reviews on few criteria"), lambda item, _: item.on_few_criteria),
        number(msg("Lowered number of reviews"), lambda item, _: item.quorum),
        money(_ASKED_FOR, lambda item, _: item.requested),
        text(msg("Withdrawn"), lambda item, _: _YES if item.withdrawn else None),
        text(
            msg("Outcome"),
            lambda item, _: OUTCOMES["award" if item.moved_up else item.outcome] if item.outcome else None,
        ),
        money(msg("Award"), lambda item, _: item.amount),
        number(
            msg("Place on the waiting list"), lambda item, _: None if item.moved_up else item.waitlist_rank
        ),
        text(_REASON, lambda item, _: _why(item.reason)),
        text(msg("More than was asked for"), lambda item, _: _why(item.more_because)),
    ),
    page=_places,
    notes=_unrecorded,
)


def _judged(progress: ReviewProgress) -> ResultPage[JudgedApplication]:
    return progress.applications


PROGRESS: Final = ExportedList(
    "reviews-of-applications",
    msg("Reviews"),
    review_progress.progress,
    (
        text(_APPLICATION, lambda item, _: item.handle),
        number(msg("Submitted"), lambda item, _: item.submitted),
        number(msg("Still expected"), lambda item, _: item.owed),
        number(msg("Needed"), lambda item, _: item.needed),
        text(msg("Lowered"), lambda item, _: _YES if item.lowered else None),
    ),
    page=_judged,
)

OWN_REVIEWS: Final = ExportedList(
    "own-reviews",
    msg("Your reviews"),
    own_reviews.mine,
    (
        text(_CALL, lambda item, _: in_languages(item.call_title)),
        text(_APPLICATION, lambda item, _: item.handle),
        text(_TITLE, _title),
        text(_STATUS, lambda item, _: OWN_REVIEW_STATUSES[item.status]),
        money(_ASKED_FOR, lambda item, _: item.requested),
        number(_SCORE, lambda item, _: _percent(item.score)),
        moment(_DUE, lambda item, _: At(item.due.at, item.due.time_zone) if item.due else None),
    ),
)


def _asked(jury: RoundJury) -> ResultPage[AskedReview]:
    return jury.reviews


ASKED_REVIEWS: Final = ExportedList(
    "reviews-of-jurors",
    msg("Reviews that were asked for"),
    round_jury.of_round,
    (
        text(msg("Juror"), lambda item, _: item.juror_name),
        text(_APPLICATION, lambda item, _: item.application_name),
        text(
            _STATUS,
            lambda item, _: (
                msg("No longer expected") if item.blocked else labelled(ReviewStatus, item.status)
            ),
        ),
    ),
    page=_asked,
)

_GRANT: Final[tuple[Column[GrantLine], ...]] = (
    text(msg("Recipient"), lambda item, _: item.handle),
    text(_STATUS, lambda item, _: labelled(GrantStatus, item.status)),
    money(_AMOUNT, lambda item, _: item.amount),
    money(msg("Paid"), lambda item, _: item.settled),
    moment(msg("Answer until"), _respond_by),
)

GRANTS: Final = ExportedList("grants", msg("Grants"), grants.of_call, _GRANT)

OWN_GRANTS: Final = ExportedList(
    "own-grants",
    msg("Your grants"),
    grants.mine,
    (
        text(_CALL, _call),
        text(_ORGANISATION, lambda item, around: around.organisations.get(item.recipient or "")),
        *_GRANT[1:],
    ),
)

PAYMENTS: Final = ExportedList(
    "payments",
    msg("Payments"),
    payments.of_initiative,
    (
        day(msg("Due"), lambda item, _: item.due),
        text(msg("Recipient"), lambda item, _: item.handle),
        text(msg("Project"), _title),
        text(_CALL, lambda item, _: in_languages(item.call_title)),
        number(msg("Instalment"), lambda item, _: item.number),
        money(_AMOUNT, lambda item, _: item.amount),
        text(_STATUS, lambda item, _: labelled(InstalmentStatus, item.status)),
        text(msg("Fund"), lambda item, _: item.fund_name),
        text(msg("Who is paid"), lambda item, _: item.payee),
        text(msg("Account"), lambda item, _: item.account),
        text(msg("Bank code"), lambda item, _: item.bank_code),
        text(msg("Country of the bank"), lambda item, _: item.country),
        text(in_context("payment", "Reference"), lambda item, _: item.reference),
        day(msg("Paid on"), lambda item, _: item.settled_on),
        text(_REASON, lambda item, _: _why(item.reason)),
    ),
)


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One line of an entry of a fund's ledger, on a row of its own."""

    entry: Entry
    line: EntryLine
    first: bool


def _entries(found: Ledger) -> ResultPage[Entry]:
    return found.entries


def _lines(entry: Entry) -> Iterable[LedgerLine]:
    return [LedgerLine(entry, line, number == 0) for number, line in enumerate(entry.lines)]


LEDGER: Final = ExportedList(
    "ledger",
    msg("Ledger"),
    ledger.of_fund,
    (
        day(msg("Booked on"), lambda item, _: item.entry.booked_on),
        day(msg("Recorded on"), lambda item, _: item.entry.recorded_on),
        text(msg("What it was"), lambda item, _: moved(item.entry)),
        text(msg("Account"), lambda item, _: ACCOUNTS[item.line.account]),
        money(msg("Debit"), lambda item, _: item.line.amount if item.line.side == "debit" else None),
        money(msg("Credit"), lambda item, _: item.line.amount if item.line.side == "credit" else None),
        money(msg("Bank fee"), lambda item, _: item.entry.fee if item.first else None),
        number(
            msg("Rate"),
            lambda item, _: Decimal(item.entry.exchange.rate) if item.first and item.entry.exchange else None,
        ),
        text(
            msg("Currency of the rate"),
            lambda item, _: item.entry.exchange.currency if item.first and item.entry.exchange else None,
        ),
    ),
    page=_entries,
    rows=_lines,
)


def _pledges(fund: FundDetail) -> ResultPage[PledgeShown]:
    return ResultPage(items=fund.pledges)


def _funder(item: PledgeShown, _: Around) -> str | Message | None:
    return in_context("pledge", "Yours") if item.own else item.funder_name or item.name


PLEDGES: Final = ExportedList(
    "pledges",
    msg("Pledges"),
    funds.one,
    (
        text(msg("Funder"), _funder),
        text(msg("Public name"), lambda item, _: item.name),
        text(msg("Restriction"), lambda item, _: item.restriction),
        money(_AMOUNT, lambda item, _: item.amount),
        money(msg("Received"), lambda item, _: item.received),
    ),
    page=_pledges,
)


def _named(person: NamedPerson | None, otherwise: Message | None) -> str | Message | None:
    """A person as the page of members names them."""
    if person is None:
        return otherwise
    if person.name is not None:
        return person.name
    if "name" in person.damaged:
        return msg("Damaged name")
    if person.person is not None:
        return msg("somebody whose data was erased")
    return msg("a member who is not named here")


def _roles(roles: Sequence[Role]) -> Message | None:
    return Message("{roles}", {"roles": tuple(label(role) for role in roles)}) if roles else None


def _when(item: RoleEntry, _: Around) -> At:
    return At(item.at, "UTC")


MEMBERS: Final = ExportedList(
    "members-and-roles",
    msg("Members and their roles"),
    members.given_roles,
    (
        moment(msg("When"), _when),
        text(msg("What happened"), lambda item, _: item.what),
        text(msg("To whom"), lambda item, _: _named(item.person, None)),
        text(msg("Roles since then"), lambda item, _: _roles(item.roles)),
        text(
            msg("By whom"),
            lambda item, _: _named(
                item.by,
                msg("the person who was invited")
                if item.topic.startswith("invitation.declined.")
                else msg("the program or whoever runs the server"),
            ),
        ),
    ),
)

BY_QUERY: Final[Mapping[str, ExportedList]] = {
    "call.applications": APPLICATIONS,
    "application.list": OWN_APPLICATIONS,
    "round.ranking": RANKING,
    "round.reviews": PROGRESS,
    "round.jury": ASKED_REVIEWS,
    "review.list": OWN_REVIEWS,
    "call.grants": GRANTS,
    "grant.list": OWN_GRANTS,
    "initiative.payments": PAYMENTS,
    "fund.ledger": LEDGER,
    "fund.show": PLEDGES,
    "initiative.given_roles": MEMBERS,
}
"""The lists that questions by JSON answer as files too, by the question's name."""
