"""An organisation in its tests: a collective for which people act, that applies, is granted and paid."""

from datetime import datetime, timedelta

from domain.applications.facts import ApplicationAwarded
from domain.commands.applications.submitting import SubmitApplication
from domain.commands.grants.offering import AcceptGrant, OfferGrant
from domain.commands.grants.payee import SetGrantPayee
from domain.commands.grants.scheduling import ScheduleGrant
from domain.commands.organisations import (
    InviteToOrganisation,
    JoinOrganisation,
    RemoveOrganisationMember,
)
from domain.commands.rounds import GrantLateAccess
from domain.funds import FundOpened, FundPledged, FundReceived
from domain.grants.rules import PlannedInstalment
from domain.organisations import OrganisationRegistered
from domain.persons.facts import PersonHandleGiven, PersonJoinedOrganisation
from domain.readings import reading_of
from domain.refusals import NotFound
from tests.driving import NOON, World
from tests.scene import (
    ARTIST,
    CALL,
    FUND,
    INITIATIVE,
    OFFICER,
    ROUND,
    STRANGER,
    calling,
    euros,
    has_read,
    numbered,
)

HIDDEN = (NotFound, "Not found, or you have no access.")
COLLECTIVE = numbered("organisation", 1)
HOST = numbered("organisation", 2)
APPLY = SubmitApplication(
    call=CALL,
    round=ROUND,
    applicant=COLLECTIVE,
    title="Invented Work",
    requested=euros("500.00"),
    answers={"work": "A song about snow"},
)
LATE = GrantLateAccess(
    round=ROUND, applicant=COLLECTIVE, until=datetime.fromisoformat("2026-04-07 23:59"), reason="illness"
)


def begins_to_act(world: World, organisation: str, *people: str) -> None:
    """People act for an organisation from now on, who were asked and accepted."""
    first, *others = people
    if not world.facts(organisation):
        world.given(
            organisation,
            OrganisationRegistered(organisation=organisation, member=first, name="Invented", identifiers=()),
        )
        world.given(first, PersonJoinedOrganisation(person=first, organisation=organisation))
    for other in others:
        world.run(InviteToOrganisation(organisation=organisation, person=other), first)
        world.run(JoinOrganisation(organisation=organisation), other)


def leaves(world: World, organisation: str, person: str) -> None:
    """Somebody stops acting for an organisation."""
    world.run(RemoveOrganisationMember(organisation=organisation, person=person), person)


def with_open_round() -> World:
    """A round takes in applications; the artist acts for a collective."""
    world = calling()
    begins_to_act(world, COLLECTIVE, ARTIST)
    return world


def has_read_answers(world: World, person: str) -> None:
    """Somebody was shown what applicants of the round wrote."""
    reading = reading_of(person, ROUND)
    world.given(person, PersonHandleGiven(person=person, scope=CALL, handle="k7m2p9qrst"))
    world.given(reading, *has_read(person, "answers"))


def granted(world: World, *, respond: bool = True) -> str:
    """The collective was awarded 500.00 EUR, offered it and, if they `respond`, accepted it."""
    world.given(
        FUND,
        FundOpened(fund=FUND, initiative=INITIATIVE, name="Invented Fund", currency="EUR", basis="received"),
    )
    pledge = numbered("pledge", 1)
    world.given(
        FUND,
        FundPledged(fund=FUND, pledge=pledge, funder=STRANGER, name=None, amount=100_000, restriction=None),
        FundReceived(fund=FUND, pledge=pledge, amount=100_000, received_on=NOON.date()),
    )
    application = world.run(APPLY, ARTIST).answers
    world.given(
        application,
        ApplicationAwarded(
            application=application,
            panel=numbered("panel", 1),
            amount=50_000,
            currency="EUR",
            reason="quality",
        ),
    )
    offer = OfferGrant(application=application, respond_by=NOON + timedelta(days=3))
    grant = world.run(offer, OFFICER).answers
    if respond:
        world.run(AcceptGrant(grant=grant), ARTIST)
    return grant


PAYEE = {"name": "Invented Collective", "account": "DE89 3704 0044 0532 0130 00"}


def paid_to_host(world: World, *, colleagues: tuple[str, ...]) -> str:
    """The collective's grant is to be paid to a fiscal host, for which the colleagues act."""
    begins_to_act(world, HOST, STRANGER, *colleagues)
    grant = granted(world)
    plan = (PlannedInstalment(amount=euros("500.00"), due=NOON.date()),)
    world.run(ScheduleGrant(grant=grant, instalments=plan), OFFICER)
    world.run(SetGrantPayee(grant=grant, kind="fiscal_host", host=HOST, **PAYEE), ARTIST)
    return grant
