"""What may be done with the installation and with initiatives."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import msgspec

from domain import limits
from domain.deciding import Fact
from domain.initiatives.facts import (
    AdministratorAppointed,
    InitiativeDescribed,
    InitiativeFactorsRequired,
    InitiativeFounded,
    InitiativeScreeningSet,
    InstallationOpened,
    MemberAdded,
    MemberAddedToCall,
    MemberRemoved,
    MemberRemovedFromCall,
    MemberSecured,
)
from domain.initiatives.state import Initiative, Installation
from domain.messages import msg
from domain.refusals import Invalid, Refused
from domain.texts import Texts, check_language, check_text, check_texts
from domain.values import CALL_ROLES, MEMBER_ROLES, Role


def open_installation(installation: Installation, *, demonstration: bool) -> tuple[Fact, ...]:
    """Write the history's first fact."""
    if installation.status is not None:
        raise Refused(msg("The history of this installation has already begun."))
    return (InstallationOpened(demonstration=demonstration),)


def appoint(installation: Installation, *, person: str) -> tuple[Fact, ...]:
    """Make a registered person an administrator of the installation."""
    if person in installation.administrators:
        raise Refused(msg("This person is already an administrator."))
    return (AdministratorAppointed(person=person),)


def appoint_first(installation: Installation, *, person: str) -> tuple[Fact, ...]:
    """Make somebody the first administrator of an installation that never had one."""
    if installation.administrators:
        raise Refused(msg("This installation already has an administrator, so it cannot be set up again."))
    return (AdministratorAppointed(person=person),)


def found(initiative_id: str, *, name: str, founder: str, field: str = "name") -> tuple[Fact, ...]:
    """Found an initiative; `field` is the command's field with its name."""
    return (
        InitiativeFounded(
            initiative=initiative_id, name=check_text(name, field, most=limits.NAME), founder=founder
        ),
    )


def describe(initiative: Initiative, described: InitiativeDescribed) -> tuple[Fact, ...]:
    """Change the initiative's profile."""
    if len(described.languages) > limits.LANGUAGES:
        raise Invalid.field(
            "languages", msg("An initiative has at most {most} languages.", most=limits.LANGUAGES)
        )
    for number, language in enumerate(described.languages):
        check_language(language, f"languages[{number}]")
    if len(set(described.languages)) < len(described.languages):
        raise Invalid.field("languages", msg("A language is named twice."))
    checked = msgspec.structs.replace(
        described,
        name=check_text(described.name, "name", most=limits.NAME),
        about=_optional_texts(described.about, "about"),
        contact=None
        if described.contact is None or not described.contact.strip()
        else check_text(described.contact, "contact", most=limits.CONTACT),
        privacy=_optional_texts(described.privacy, "privacy"),
    )
    unchanged = InitiativeDescribed(
        initiative=initiative.id,
        name=initiative.name,
        about=initiative.about,
        contact=initiative.contact,
        languages=initiative.languages,
        privacy=initiative.privacy,
    )
    if checked == unchanged:
        raise Refused(msg("This changes nothing in the profile."))
    return (checked,)


def _optional_texts(texts: Texts, field: str) -> Texts:
    return check_texts(texts, field, most=limits.SUMMARY, long=True) if texts else {}


def add_member(
    initiative: Initiative,
    *,
    person: str,
    roles: Iterable[Role],
    living: Collection[str],
    secured: bool = False,
) -> tuple[Fact, ...]:
    """Give a person roles, which replace earlier ones; the last administrator cannot lose that role. `living` are the
    administrators who were not erased. `secured`: the person has a second factor."""
    asked = set(roles)
    if asked - set(MEMBER_ROLES):
        raise Invalid.field("roles", msg("A member can have these roles: {roles}.", roles=MEMBER_ROLES))
    given = tuple(role for role in MEMBER_ROLES if role in asked)
    if not given:
        raise Invalid.field("roles", msg("Give at least one role, or remove the member."))
    if Role.ADMINISTRATOR not in given:
        keep_one_administrator(living, without=person)
    if initiative.held(person) == frozenset(given):
        raise Refused(msg("This person already has exactly these roles."))
    return (
        MemberAdded(initiative=initiative.id, person=person, roles=given),
        *note_factor(initiative, person=person, secured=secured),
    )


def remove_member(initiative: Initiative, *, person: str, living: Collection[str]) -> tuple[Fact, ...]:
    """Take all roles from a person, unless they are the last administrator. `living` are the administrators who were
    not erased."""
    if not initiative.takes_part(person):
        raise Refused(msg("This person has no role here."))
    keep_one_administrator(living, without=person)
    return (MemberRemoved(initiative=initiative.id, person=person),)


def add_to_call(
    initiative: Initiative, call_id: str, *, person: str, roles: Iterable[Role], secured: bool = False
) -> tuple[Fact, ...]:
    """Give a person roles for one call, which replace earlier ones for it. `secured`: they have a second factor."""
    asked = set(roles)
    if asked - set(CALL_ROLES):
        raise Invalid.field(
            "roles", msg("For a single call, only these roles can be given: {roles}.", roles=CALL_ROLES)
        )
    given = tuple(role for role in CALL_ROLES if role in asked)
    if not given:
        raise Invalid.field("roles", msg("Give at least one role, or remove the person from the call."))
    if initiative.calls_of(person).get(call_id) == frozenset(given):
        raise Refused(msg("This person already has exactly these roles for this call."))
    return (
        MemberAddedToCall(initiative=initiative.id, call=call_id, person=person, roles=given),
        *note_factor(initiative, person=person, secured=secured),
    )


def remove_from_call(initiative: Initiative, call_id: str, *, person: str) -> tuple[Fact, ...]:
    """Take from a person the roles for one call; roles in the whole initiative stay."""
    if not initiative.calls_of(person).get(call_id):
        raise Refused(msg("This person has no role for this call only."))
    return (MemberRemovedFromCall(initiative=initiative.id, call=call_id, person=person),)


def set_screening(initiative: Initiative, *, required: bool) -> tuple[Fact, ...]:
    """Require a screening before each payment in every call, or stop requiring it."""
    check_screening_changes(initiative.screening, required)
    return (InitiativeScreeningSet(initiative=initiative.id, required=required),)


def require_factors(
    initiative: Initiative, *, required: bool, by: str, secured: Collection[str]
) -> tuple[Fact, ...]:
    """Require second factors of those who handle applications, money and roles, or stop requiring them. `by` is who does it, and
    `secured` the members who have one."""
    if initiative.factors_required is required:
        raise Refused(
            msg("Second factors are already required here.")
            if required
            else msg("Second factors are not required here.")
        )
    if required and by not in secured:
        raise Refused(
            msg("Set up a second factor for yourself first; otherwise you could do nothing here afterwards.")
        )
    return (
        InitiativeFactorsRequired(
            initiative=initiative.id,
            required=required,
            secured=tuple(sorted(secured)) if required else (),
        ),
    )


def note_factor(initiative: Initiative, *, person: str, secured: bool) -> tuple[Fact, ...]:
    """Record in an initiative that requires second factors whether a member has one; nothing if that is known."""
    if not initiative.factors_required or (person in initiative.secured) is secured:
        return ()
    return (MemberSecured(initiative=initiative.id, person=person, secured=secured),)


def check_screening_changes(required_now: bool, required: bool) -> None:
    """Raises `Refused` if this is the present setting."""
    if required_now is required:
        raise Refused(
            msg("Screening is already required here.") if required else msg("Screening is not required here.")
        )


def keep_one_administrator(living: Collection[str], *, without: str) -> None:
    """Raises `Refused` if the last administrator would lose that role."""
    if set(living) == {without}:
        raise Refused(msg("An initiative needs an administrator; name another one first."))
