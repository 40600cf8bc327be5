"""Where the specifications of initiatives, calls, rounds, applications, reviews and panels take place: invented people,
one initiative, one call with one round, and the facts that bring each into its states."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from domain.applications.facts import (
    ApplicationFoundEligible,
    ApplicationFoundIneligible,
    ApplicationSubmitted,
    ApplicationWithdrawn,
)
from domain.calls.facts import CallDrafted, CallPublished
from domain.deciding import Fact
from domain.dossiers import DossierOpened
from domain.forms import BudgetLine, Criterion, Form, Question, Rubric
from domain.indexes import applications_by, applications_of, entries_of
from domain.initiatives.facts import (
    INSTALLATION_ID,
    AdministratorAppointed,
    InitiativeFounded,
    InstallationOpened,
    MemberAdded,
)
from domain.persons.facts import PersonRegistered
from domain.readings import ReadingKind, ReadingRecorded, reading_of
from domain.reviews.facts import (
    ReviewAssigned,
    ReviewCleared,
    ReviewConflictDeclared,
    ReviewExpired,
    ReviewReplaced,
    ReviewSubmitted,
)
from domain.rounds.facts import RoundClosed, RoundDecided, RoundOpened, RoundPutToPanel, RoundQuorumLowered
from domain.stages import Blindness, Stage, StageDraft
from domain.values import Money, Role, stream_id
from tests.driving import World, person

KEEPER: Final = person(1)
"""Administers the installation."""
ADMINISTRATOR: Final = person(2)
"""Administers the initiative."""
OFFICER: Final = person(3)
CHAIR: Final = person(4)
JUROR: Final = person(5)
SECOND_JUROR: Final = person(6)
THIRD_JUROR: Final = person(7)
FINANCE: Final = person(8)
APPROVER: Final = person(9)
FUNDER: Final = person(10)
ARTIST: Final = person(11)
OTHER_ARTIST: Final = person(12)
STRANGER: Final = person(13)
JUDGING_OFFICER: Final = person(14)
"""Holds the roles of officer, juror and chair."""

MEMBERS: Final[dict[str, tuple[Role, ...]]] = {
    OFFICER: (Role.OFFICER,),
    CHAIR: (Role.CHAIR,),
    JUROR: (Role.JUROR,),
    SECOND_JUROR: (Role.JUROR,),
    THIRD_JUROR: (Role.JUROR,),
    FINANCE: (Role.FINANCE,),
    APPROVER: (Role.APPROVER,),
    FUNDER: (Role.FUNDER,),
    JUDGING_OFFICER: (Role.OFFICER, Role.JUROR, Role.CHAIR),
}
EVERYBODY: Final = (KEEPER, ADMINISTRATOR, *MEMBERS, ARTIST, OTHER_ARTIST, STRANGER)


def numbered(kind: str, number: int) -> str:
    """The id of an invented stream; of one kind they sort by their numbers."""
    return stream_id(kind, number.to_bytes(16, "big"))


INITIATIVE: Final = numbered("initiative", 1)
FUND: Final = numbered("fund", 1)
CALL: Final = numbered("call", 1)
ROUND: Final = numbered("round", 1)
PANEL: Final = numbered("panel", 1)
APPLICATION: Final = numbered("application", 1)
OTHER_APPLICATION: Final = numbered("application", 2)
REVIEW: Final = numbered("review", 1)

STAGE: Final = "main"

CLOSES: Final = datetime(2026, 3, 31, 21, 59, tzinfo=UTC)
"""The deadline, 23:59 in Berlin, where summer time has begun."""
GRACE: Final = timedelta(minutes=15)
AFTER: Final = CLOSES + timedelta(days=1)
"""A time after the deadline, when jurors read."""

FORM: Final = Form(
    questions=(
        Question(id="work", kind="long_text", label={"en": "What will you make?"}, max_words=5),
        Question(id="budget", kind="budget", label={"en": "What does it cost?"}, required=False),
        Question(
            id="home", kind="text", label={"en": "Where are you from?"}, required=False, identifying=True
        ),
    )
)
RUBRIC: Final = Rubric(
    criteria=(
        Criterion(id="art", label={"en": "Art"}, scale=10, weight=2),
        Criterion(id="need", label={"en": "Need"}, scale=5, weight=1),
    )
)


def euros(amount: str) -> Money:
    """An amount in EUR, as it is written at the edges."""
    return Money(amount=amount, currency="EUR")


def dossier_of(about: str) -> str:
    """The dossier of an invented application or grant."""
    return f"dossier-{about.partition('-')[2]}"


def dossier_opened(application: str = APPLICATION, applicant: str = ARTIST) -> DossierOpened:
    """The dossier of an application was opened."""
    return DossierOpened(
        dossier=dossier_of(application),
        party=applicant,
        initiative=INITIATIVE,
        purpose="application",
        about=application,
    )


def initiative() -> tuple[Fact, ...]:
    """The initiative with its members."""
    founded = InitiativeFounded(initiative=INITIATIVE, name="Invented Initiative", founder=ADMINISTRATOR)
    return founded, *(
        MemberAdded(initiative=INITIATIVE, person=who, roles=held) for who, held in MEMBERS.items()
    )


def registered(who: str) -> PersonRegistered:
    """An invented person became known."""
    return PersonRegistered(person=who, name="Invented Person", email=None, language="en")


def stage(*, quorum: int = 2, blindness: Blindness = "double") -> Stage:
    """The only stage of the call."""
    return Stage(id=STAGE, form=FORM, rubric=RUBRIC, quorum=quorum, blindness=blindness)


def as_drafted(stage: Stage) -> StageDraft:
    """A stage as the staff draft it."""
    return StageDraft(**{name: getattr(stage, name) for name in StageDraft.__struct_fields__})


def drafted(
    *,
    quorum: int = 2,
    budget: int = 100_000,
    blindness: Blindness = "double",
    grace_minutes: int = 15,
    fast_track_up_to: int | None = None,
) -> CallDrafted:
    """A call that was written; awards are from 100.00 to 800.00 EUR."""
    return CallDrafted(
        call=CALL,
        initiative=INITIATIVE,
        fund=FUND,
        title={"en": "Invented Call"},
        summary={"en": "For invented work."},
        stages=(stage(quorum=quorum, blindness=blindness),),
        currency="EUR",
        budget=budget,
        minimum_award=10_000,
        maximum_award=80_000,
        time_zone="Europe/Berlin",
        grace_minutes=grace_minutes,
        eligibility=(),
        applications_per_applicant="several",
        intake="deadline",
        decide_within_days=None,
        takes_until=None,
        fast_track_up_to=fast_track_up_to,
    )


def opened(*, grace_minutes: int = 15) -> RoundOpened:
    """The round takes in applications."""
    return RoundOpened(
        round=ROUND,
        initiative=INITIATIVE,
        call=CALL,
        stage=STAGE,
        closes_at=CLOSES,
        closes_local="2026-03-31 23:59",
        time_zone="Europe/Berlin",
        grace_minutes=grace_minutes,
        rolling=False,
        last=True,
    )


def closed(*applications: str) -> RoundClosed:
    """The round closed."""
    return RoundClosed(round=ROUND, applications=applications or (APPLICATION,))


def put_to_panel() -> RoundPutToPanel:
    """The round went to its panel."""
    return RoundPutToPanel(round=ROUND, panel=PANEL, reviews={})


def decided() -> RoundDecided:
    """The round was decided."""
    return RoundDecided(round=ROUND, panel=PANEL)


def submitted(application: str = APPLICATION, applicant: str = ARTIST) -> ApplicationSubmitted:
    """An application for 500.00 EUR."""
    return ApplicationSubmitted(
        application=application,
        initiative=INITIATIVE,
        call=CALL,
        round=ROUND,
        applicant=applicant,
        dossier=dossier_of(application),
        stage=STAGE,
        decide_by=None,
        form_version=1,
        requested=50_000,
        currency="EUR",
        title="Invented Work",
        answers={
            "work": "A song about snow",
            "budget": (BudgetLine(item="Studio", amount="500.00"),),
            "home": None,
        },
    )


def found_eligible(application: str = APPLICATION) -> ApplicationFoundEligible:
    """An application meets the call's conditions."""
    return ApplicationFoundEligible(application=application, round=ROUND)


def found_ineligible(application: str = APPLICATION) -> ApplicationFoundIneligible:
    """An application does not meet the call's conditions."""
    return ApplicationFoundIneligible(
        application=application,
        round=ROUND,
        dossier=dossier_of(application),
        reason="outside_scope",
        explanation=None,
    )


def withdrawn(application: str = APPLICATION) -> ApplicationWithdrawn:
    """An application was taken back."""
    return ApplicationWithdrawn(
        application=application, dossier=dossier_of(application), reason="safety", explanation=None
    )


def assigned(juror: str = JUROR, *, review: str = REVIEW, application: str = APPLICATION) -> ReviewAssigned:
    """A juror was asked to judge."""
    return ReviewAssigned(
        review=review, initiative=INITIATIVE, call=CALL, round=ROUND, application=application, juror=juror
    )


def cleared(juror: str = JUROR, *, review: str = REVIEW) -> ReviewCleared:
    """The juror has no conflict."""
    return ReviewCleared(review=review, juror=juror)


def conflict_declared(
    juror: str = JUROR,
    *,
    review: str = REVIEW,
    application: str = APPLICATION,
    after_submitting: bool = False,
) -> ReviewConflictDeclared:
    """The juror stepped back."""
    return ReviewConflictDeclared(
        review=review,
        application=application,
        round=ROUND,
        juror=juror,
        after_submitting=after_submitting,
        reason="friendship",
        explanation=None,
    )


def expired(*, review: str = REVIEW) -> ReviewExpired:
    """The panel opened before the juror submitted."""
    return ReviewExpired(review=review)


def quorum_lowered(quorum: int, application: str = APPLICATION) -> RoundQuorumLowered:
    """The chair lowered an application's quorum."""
    return RoundQuorumLowered(
        round=ROUND, application=application, quorum=quorum, reason="conflicts_of_interest"
    )


def replaced(*, review: str = REVIEW, replacement: str) -> ReviewReplaced:
    """Another juror was asked instead."""
    return ReviewReplaced(review=review, replacement=replacement)


def judged(
    juror: str = JUROR,
    *,
    art: int | None = 8,
    need: int | None = 3,
    review: str = REVIEW,
    application: str = APPLICATION,
) -> ReviewSubmitted:
    """The juror's points, without comments."""
    return ReviewSubmitted(
        review=review,
        juror=juror,
        dossier=dossier_of(application),
        rubric_version=1,
        scores={"art": art, "need": need},
        comment_jury=None,
        comment_applicant=None,
    )


def has_read(who: str, *kinds: ReadingKind, of: str | None = None) -> tuple[ReadingRecorded, ...]:
    """Somebody read these kinds of things of the round; scores `of` one application, or of all."""
    return tuple(
        ReadingRecorded(
            reading=reading_of(who, ROUND),
            viewer=who,
            initiative=INITIATIVE,
            call=CALL,
            round=ROUND,
            kind=kind,
            application=of,
        )
        for kind in kinds
    )


def peopled() -> World:
    """An open installation where everybody is registered, and the initiative with its members."""
    world = World()
    world.given(
        INSTALLATION_ID, InstallationOpened(demonstration=False), AdministratorAppointed(person=KEEPER)
    )
    for who in EVERYBODY:
        world.given(who, registered(who))
    world.given(INITIATIVE, *initiative())
    for fact in initiative():
        for index, entry in entries_of(fact, KEEPER):
            world.indexes.setdefault(index, set()).add(entry)
    return world


def calling(
    *, quorum: int = 2, budget: int = 100_000, blindness: Blindness = "double", grace_minutes: int = 15
) -> World:
    """Besides, a published call with an open round."""
    world = peopled()
    call = drafted(quorum=quorum, budget=budget, blindness=blindness, grace_minutes=grace_minutes)
    world.given(CALL, call, CallPublished(call=CALL))
    world.given(ROUND, opened(grace_minutes=grace_minutes))
    return world


def receive(world: World, application: str, applicant: str, *facts: Fact) -> None:
    """Let an application have been submitted, and what came after it."""
    world.given(dossier_of(application), dossier_opened(application, applicant))
    world.given(application, submitted(application, applicant), *facts)
    world.indexes.setdefault(applications_of(ROUND), set()).add(application)
    world.indexes.setdefault(applications_by(applicant, ROUND), set()).add(application)


def reviewing(*, quorum: int = 2, budget: int = 100_000, blindness: Blindness = "double") -> World:
    """A closed round with one eligible application of the artist, which the officer has read."""
    world = calling(quorum=quorum, budget=budget, blindness=blindness)
    receive(world, APPLICATION, ARTIST, found_eligible())
    world.given(reading_of(OFFICER, ROUND), *has_read(OFFICER, "applicants", "answers"))
    world.given(ROUND, closed(APPLICATION))
    return world


def review(world: World, review: str, application: str, juror: str, *facts: Fact) -> None:
    """Let a juror have been asked to judge, and what came after it."""
    world.given(review, assigned(juror, review=review, application=application), *facts)
    for index, entry in entries_of(assigned(juror, review=review, application=application), OFFICER):
        world.indexes.setdefault(index, set()).add(entry)
