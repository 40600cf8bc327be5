"""The jury of a round at work, for the staff who assign reviews: who was asked for what, and how far everybody is."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping

import msgspec

from domain import access
from domain.applications.state import APPLICATION, Application, ApplicationStatus
from domain.calls.state import CALL
from domain.deciding import Allowed
from domain.indexes import reviews_in
from domain.initiatives.state import INITIATIVE, Initiative
from domain.messages import Message
from domain.parties import Actor, OwnApplications
from domain.reviews.facts import JUDGING
from domain.reviews.state import OUTSTANDING, REVIEW, STEPPED_BACK, Review, ReviewStatus
from domain.rounds.state import ROUND
from domain.values import Role
from projections.blocked_reviews import blocked_among
from projections.initiatives import names_of as names_of_people
from projections.paging import ResultPage
from projections.reader import Reader, allow, damaged_in, text_of
from projections.review_summary import ReviewsDue, due_in
from projections.timeline.naming import NAMELESS, Name, names_of, titled


class JurorAtWork(msgspec.Struct, frozen=True, kw_only=True):
    """A juror or chair with the numbers of reviews in the round that they were `asked` for, have `submitted`, still owe
    (`owed`, without those that they can no longer write), and from which they `stepped_back`. `name` is None once the
    person was erased, or if it is `damaged`. `present`: they can still be asked, as they still have their role;
    `chair`: it is that of a chair."""

    person: str
    name: str | None
    chair: bool
    present: bool
    asked: int
    submitted: int
    owed: int
    stepped_back: int
    damaged: tuple[str, ...] = ()


class AskedReview(msgspec.Struct, frozen=True, kw_only=True):
    """A review that a juror was asked for. `application_name` is the title for viewers who have read it before, else the
    handle. `blocked` says why the juror can no longer write the review that they owe."""

    review: str
    application: str
    application_name: Message | None
    juror: str
    juror_name: str | None
    status: str
    blocked: Message | None = None


class ApplicationInReview(msgspec.Struct, frozen=True, kw_only=True):
    """An eligible application: its `name` (see `AskedReview`), and the numbers of reviews that were `submitted`, are still
    `owed` (without those that their jurors can no longer write), and are `needed`."""

    application: str
    name: Message | None
    submitted: int
    owed: int
    needed: int

    @property
    def missing(self) -> int:
        """How many more jurors have to be asked."""
        return max(0, self.needed - self.submitted - self.owed)


class RoundJury(msgspec.Struct, frozen=True, kw_only=True):
    """The jury of a round at work. Applications of the viewer's own, and those with which they declared a conflict of
    interest, are left out, together with their reviews; `due` is when the reviews are due, and `jurors` are sorted by their
    random ids."""

    round: str
    call: str
    due: ReviewsDue | None
    jurors: tuple[JurorAtWork, ...]
    applications: tuple[ApplicationInReview, ...]
    reviews: ResultPage[AskedReview]


async def of_round(reader: Reader, viewer: str | None, round: str) -> RoundJury:
    """Who was asked for which review of a round, and how far they are, without scores; raises `NotFound` or `Forbidden`."""
    who = viewer or ""
    state, actor = await reader.seen_by(viewer, ROUND, round)
    streams = await reader.load((CALL, state.call), (INITIATIVE, state.initiative))
    initiative: Initiative = streams[state.initiative].state.within(state.call, round)
    own = await reader.applied_by(actor, round, state.call)
    allow(access.sees_jury_at_work(who, initiative, state, own=own))
    conflicts = await reader.conflicts_in_call(who, state.call)
    hidden = {*own, *conflicts}
    written = await reader.index_entries(reviews_in(round))
    received = [each for each in state.applications if each not in hidden]
    loaded = await reader.readable(
        *((APPLICATION, each) for each in received), *((REVIEW, each) for each in written)
    )
    by_application: dict[str, dict[str, Review]] = {}
    for each in written:
        if each in loaded and (review := loaded[each].state).application in loaded:
            by_application.setdefault(review.application, {})[each] = review
    reviews = {
        each: review
        for application, its in by_application.items()
        if _shown_to(actor, initiative, loaded[application].state, its.values(), own)
        for each, review in its.items()
    }
    eligible = [
        each
        for each in received
        if each in loaded
        and loaded[each].state.round == round
        and loaded[each].state.status is ApplicationStatus.ELIGIBLE
    ]
    named = sorted({*eligible, *(review.application for review in reviews.values())})
    shown = await titled(reader, actor, Role.OFFICER, named, rounds={round: state}, conflicts=conflicts)
    names = await names_of(reader, named, shown)
    jury = [each for each in initiative.members if not initiative.roles(each).isdisjoint(JUDGING)]
    people = sorted({*jury, *(review.juror for review in reviews.values())})
    people_names = await names_of_people(reader, people)
    call = streams[state.call].state
    stage = call.stage(state.stage)
    every = {each: review for its in by_application.values() for each, review in its.items()}
    blocked = await blocked_among(reader, every, state, round, call)
    return RoundJury(
        round=round,
        call=state.call,
        due=due_in(state),
        jurors=tuple(_at_work(each, reviews, blocked, initiative, people_names.get(each)) for each in people),
        applications=tuple(
            _in_review(each, by_application.get(each, {}), blocked, state.quorum(each, stage), names)
            for each in sorted(eligible)
        ),
        reviews=ResultPage(
            items=tuple(
                AskedReview(
                    review=each,
                    application=review.application,
                    application_name=names.get(review.application, NAMELESS).shown,
                    juror=review.juror,
                    juror_name=text_of(people_names.get(review.juror)),
                    status=str(review.status),
                    blocked=blocked.get(each),
                )
                for each, review in sorted(reviews.items())
            ),
            unreadable=tuple(sorted(each for each in (*received, *written) if each not in loaded)),
        ),
    )


def _shown_to(
    actor: Actor,
    initiative: Initiative,
    application: Application,
    reviews: Iterable[Review],
    own: OwnApplications,
) -> bool:
    return isinstance(access.sees_assignments(actor, initiative, application, reviews, own=own), Allowed)


def _at_work(
    person: str,
    reviews: Mapping[str, Review],
    blocked: Container[str],
    initiative: Initiative,
    name: object,
) -> JurorAtWork:
    its = {each: review for each, review in reviews.items() if review.juror == person}
    own = [review.status for review in its.values()]
    return JurorAtWork(
        person=person,
        name=name if isinstance(name, str) else None,
        chair=Role.CHAIR in initiative.roles(person),
        present=not initiative.roles(person).isdisjoint(JUDGING),
        asked=len(own),
        submitted=sum(status is ReviewStatus.SUBMITTED for status in own),
        owed=_owed(its, blocked),
        stepped_back=sum(status in STEPPED_BACK for status in own),
        damaged=damaged_in({"name": name}),
    )


def _in_review(
    application: str,
    reviews: Mapping[str, Review],
    blocked: Container[str],
    needed: int,
    names: dict[str, Name],
) -> ApplicationInReview:
    return ApplicationInReview(
        application=application,
        name=names.get(application, NAMELESS).shown,
        submitted=sum(review.status is ReviewStatus.SUBMITTED for review in reviews.values()),
        owed=_owed(reviews, blocked),
        needed=needed,
    )


def _owed(reviews: Mapping[str, Review], blocked: Container[str]) -> int:
    return sum(review.status in OUTSTANDING and each not in blocked for each, review in reviews.items())
