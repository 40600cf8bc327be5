"""What stands beside the facts follows from them alone: index entries, unique names and due dates."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from domain.addresses import ADDRESS_TAKEN
from domain.applications.facts import (
    ApplicationCancelled,
    ApplicationContinued,
    ApplicationFoundEligible,
    ApplicationFoundIneligible,
    ApplicationInvited,
    ApplicationResubmitted,
    ApplicationReturned,
    ApplicationReturnLapsed,
    ApplicationWithdrawn,
    ApplicationWrittenWith,
)
from domain.commands.dossiers import EraseDossier
from domain.commands.grants.offering import LapseGrant
from domain.commands.rounds import CloseRound
from domain.deciding import Due, Fact
from domain.dossiers import DossierErased, DossierKept
from domain.due_dates import removed_by, set_by
from domain.grants.facts import GrantAccepted, GrantDeclined, GrantLapsed, GrantOffered
from domain.indexes import entries_of
from domain.initiatives.facts import InitiativeFounded, MemberAdded, MemberAddedToCall
from domain.invitations import InvitationMade
from domain.messages import msg
from domain.organisations import OrganisationMemberInvited
from domain.panels.facts import (
    PanelAnnounced,
    PanelAnnouncementCancelled,
    PanelAnnouncementPlanned,
    PanelAwardFreed,
    PanelOutcomeSet,
    PanelWaitingListLeft,
    PanelWaitingListMoved,
    PanelWaitingListStayed,
)
from domain.personal import Withheld
from domain.persons.facts import PersonReaderAllowed, PersonReaderExcluded, PersonRegistered
from domain.rounds.facts import (
    RoundCancelled,
    RoundClosed,
    RoundDeadlineExtended,
    RoundLateAccessGranted,
    RoundOpened,
)
from domain.topics import TOPIC_OF
from domain.unique_names import UniqueName, unique_names_of
from domain.values import Role
from tests.grants.scene import GRANT, RESPOND_BY
from tests.scene import (
    APPLICATION,
    ARTIST,
    CALL,
    CHAIR,
    CLOSES,
    FUND,
    GRACE,
    INITIATIVE,
    JUROR,
    OFFICER,
    OTHER_ARTIST,
    PANEL,
    REVIEW,
    ROUND,
    assigned,
    closed,
    conflict_declared,
    dossier_of,
    dossier_opened,
    numbered,
    opened,
    submitted,
)

OFFERED = GrantOffered(
    grant=GRANT,
    initiative=INITIATIVE,
    call=CALL,
    application=APPLICATION,
    fund=FUND,
    recipient=ARTIST,
    recipient_handle=None,
    dossier=dossier_of(GRANT),
    amount=100,
    currency="EUR",
    respond_by=RESPOND_BY,
)
OUTCOME_SET = PanelOutcomeSet(
    panel=PANEL,
    application=APPLICATION,
    outcome="decline",
    amount=None,
    currency=None,
    rank=None,
    reason="other",
    more_because=None,
    decider=CHAIR,
)

INVITED = ApplicationInvited(application=APPLICATION, panel=PANEL, call=CALL, stage="project")
CONTINUED = ApplicationContinued(
    application=APPLICATION,
    applicant=ARTIST,
    dossier=dossier_of(APPLICATION),
    call=CALL,
    round=ROUND,
    stage="project",
    form_version=1,
    requested=100,
    currency="EUR",
    title="Invented Work",
    answers={},
)
ORGANISATION = numbered("organisation", 1)

INVITATION = numbered("invitation", 1)
EXCLUDED = PersonReaderExcluded(person=ARTIST, exclusion="exclusion-1", reader="0f", named="Somebody")
ALLOWED = PersonReaderAllowed(person=ARTIST, exclusion="exclusion-1", reader="0f")
INVITATION_MADE = InvitationMade(
    invitation=INVITATION,
    initiative=INITIATIVE,
    call=None,
    round=None,
    roles=(Role.JUROR,),
    way="link",
    made_at=CLOSES,
    ends_at=CLOSES,
)

ENTRIES: list[tuple[Fact, str, tuple[tuple[str, str], ...]]] = [
    (
        ApplicationWrittenWith(application=APPLICATION, call=CALL, writers=(OTHER_ARTIST,)),
        ARTIST,
        ((f"written in {CALL} by {OTHER_ARTIST}", APPLICATION),),
    ),
    (
        OrganisationMemberInvited(organisation=ORGANISATION, person=OTHER_ARTIST),
        ARTIST,
        ((f"invitations of {OTHER_ARTIST}", ORGANISATION),),
    ),
    (
        InitiativeFounded(initiative=INITIATIVE, name="Invented", founder=ARTIST),
        ARTIST,
        ((f"initiatives of {ARTIST}", INITIATIVE),),
    ),
    (
        MemberAdded(initiative=INITIATIVE, person=ARTIST, roles=(Role.JUROR,)),
        OFFICER,
        ((f"initiatives of {ARTIST}", INITIATIVE),),
    ),
    (
        MemberAddedToCall(initiative=INITIATIVE, call=CALL, person=ARTIST, roles=(Role.JUROR,)),
        OFFICER,
        ((f"initiatives of {ARTIST}", INITIATIVE),),
    ),
    (EXCLUDED, ARTIST, (("kept from 0f", f"{ARTIST} exclusion-1"),)),
    (ALLOWED, ARTIST, (("shown again to 0f", f"{ARTIST} exclusion-1"),)),
    (INVITATION_MADE, OFFICER, ((f"invitations to {INITIATIVE}", INVITATION),)),
    (opened(), OFFICER, ((f"rounds of {CALL}", ROUND),)),
    (
        submitted(),
        ARTIST,
        (
            (f"applications of {ROUND}", APPLICATION),
            (f"applications by {ARTIST} in {ROUND}", APPLICATION),
            (f"submissions of {ARTIST}", APPLICATION),
            (f"submissions to {CALL} by {ARTIST}", APPLICATION),
        ),
    ),
    (INVITED, OFFICER, ((f"invited to project of {CALL}", APPLICATION),)),
    (
        CONTINUED,
        ARTIST,
        (
            (f"applications of {ROUND}", APPLICATION),
            (f"applications by {ARTIST} in {ROUND}", APPLICATION),
        ),
    ),
    (dossier_opened(), ARTIST, ((f"dossiers of {ARTIST}", dossier_of(APPLICATION)),)),
    (
        assigned(),
        OFFICER,
        (
            (f"reviews of {APPLICATION}", REVIEW),
            (f"reviews in {ROUND}", REVIEW),
            (f"judged by {JUROR} in {ROUND}", APPLICATION),
        ),
    ),
    (conflict_declared(), JUROR, ((f"conflicts of {JUROR} in {ROUND}", APPLICATION),)),
    (OUTCOME_SET, CHAIR, ((f"deciders of {PANEL}", CHAIR),)),
    (OFFERED, OFFICER, ((f"grants of {CALL}", GRANT),)),
]


@pytest.mark.parametrize(("fact", "actor", "entries"), ENTRIES)
def test_the_entries_of_a_fact(fact: Fact, actor: str, entries: tuple[tuple[str, str], ...]) -> None:
    """Of the fact and of whoever did it."""
    assert entries_of(fact, actor) == entries


def test_every_other_fact_makes_none() -> None:
    """What the table above does not name makes no entry, so that a fact added later is looked at here."""
    named = {type(fact) for fact, _, _ in ENTRIES}
    others = [kind for kind in TOPIC_OF if kind not in named]
    assert len(others) == len(TOPIC_OF) - len(named)
    for kind in others:
        assert entries_of(empty(kind), OFFICER) == (), kind


def empty(kind: type[Fact]) -> Fact:
    """A fact that says nothing."""
    return kind(**dict.fromkeys(kind.__struct_fields__))


@pytest.mark.parametrize(
    ("derive", "makes"),
    [
        (unique_names_of, {PersonRegistered, GrantOffered}),
        (
            set_by,
            {
                RoundOpened,
                RoundDeadlineExtended,
                RoundLateAccessGranted,
                ApplicationReturned,
                PanelAnnouncementPlanned,
                PanelAwardFreed,
                PanelWaitingListLeft,
                GrantOffered,
                DossierKept,
            },
        ),
        (
            removed_by,
            {
                RoundClosed,
                RoundCancelled,
                ApplicationCancelled,
                ApplicationResubmitted,
                ApplicationReturnLapsed,
                ApplicationFoundEligible,
                ApplicationFoundIneligible,
                ApplicationWithdrawn,
                PanelAnnouncementCancelled,
                PanelAnnounced,
                GrantAccepted,
                GrantDeclined,
                GrantLapsed,
                DossierErased,
                PanelAnnounced,
                PanelAnnouncementCancelled,
                PanelWaitingListMoved,
                PanelWaitingListStayed,
            },
        ),
    ],
)
def test_no_other_fact_takes_a_name_or_sets_or_removes_a_due_date(
    derive: Callable[[Fact], object], makes: set[type[Fact]]
) -> None:
    """A fact that is added later is looked at here."""
    assert makes < TOPIC_OF.keys()
    assert {kind for kind in TOPIC_OF if kind not in makes and derive(empty(kind))} == set()


@pytest.mark.parametrize(
    ("email", "unique_names"),
    [
        (None, ()),
        (
            "One@Example.org",
            (UniqueName("address one@example.org", ADDRESS_TAKEN),),
        ),
        (Withheld.SEALED, (UniqueName(None, ADDRESS_TAKEN),)),
        (Withheld.ERASED, (UniqueName(None, ADDRESS_TAKEN),)),
    ],
)
def test_a_person_takes_their_address(
    email: str | Withheld | None, unique_names: tuple[UniqueName, ...]
) -> None:
    """Without the key nobody can tell which, nor whether there is one."""
    fact = PersonRegistered(person=ARTIST, name="Invented Person", email=email, language="en")
    assert unique_names_of(fact) == unique_names


def test_a_grant_takes_its_application() -> None:
    """An application is offered a grant once."""
    assert unique_names_of(OFFERED) == (
        UniqueName(f"grant of {APPLICATION}", msg("This application was already offered a grant.")),
    )
    assert unique_names_of(submitted()) == ()


def test_a_round_is_due_to_close_when_deadline_and_grace_have_passed() -> None:
    """Until it is closed."""
    assert set_by(opened()) == Due(key=f"close {ROUND}", at=CLOSES + GRACE, command=CloseRound(round=ROUND))
    assert timedelta() < GRACE
    assert removed_by(closed()) == f"close {ROUND}"


@pytest.mark.parametrize(
    "answer",
    [
        GrantAccepted(grant=GRANT),
        GrantDeclined(grant=GRANT, dossier=dossier_of(GRANT), reason="other", explanation=None),
        GrantLapsed(grant=GRANT),
    ],
)
def test_an_offer_is_due_to_lapse_until_it_is_answered(answer: Fact) -> None:
    """By whichever answer, or by none."""
    due = Due(key=f"lapse {GRANT}", at=RESPOND_BY, command=LapseGrant(grant=GRANT))
    assert (set_by(OFFERED), removed_by(OFFERED)) == (due, None)
    assert (set_by(answer), removed_by(answer)) == (None, due.key)


def test_what_the_law_keeps_is_due_to_be_erased_when_it_no_longer_does() -> None:
    """A later payment moves the day; once it is erased, nothing is due."""
    dossier = dossier_of(GRANT)
    until = datetime(2037, 1, 1, tzinfo=UTC)
    kept = DossierKept(dossier=dossier, duty="payment_records", until=until)
    erase = EraseDossier(dossier=dossier, reason="retention_ended")
    assert set_by(kept) == Due(key=f"erase {dossier}", at=until, command=erase)
    erased = DossierErased(dossier=dossier, about=GRANT, reason="retention_ended")
    assert (set_by(erased), removed_by(erased)) == (None, f"erase {dossier}")


def test_a_look_at_the_waiting_list_ends_its_due_date_whether_somebody_moved_up_or_not() -> None:
    """A due date that ended without a fact would be missing in the queue, so `overwinter verify` would report it."""
    panel = "panel-" + "7" * 32
    freed = PanelAwardFreed(panel=panel, application=APPLICATION, grant=None, amount=1, freed_at=CLOSES)
    due = set_by(freed)
    assert due is not None
    for looked in (
        PanelWaitingListMoved(panel=panel, application=APPLICATION, amount=1),
        PanelWaitingListStayed(panel=panel),
    ):
        assert removed_by(looked) == due.key
