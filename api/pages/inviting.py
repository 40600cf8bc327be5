"""Inviting somebody: the form, and the page after it, which shows a link only once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from api.accounts.email import check_sends
from api.accounts.invitations import Invited, NewInvitation
from api.http.problems import Problem
from api.inputs.submitted import SubmittedForm, nested
from api.locales import chosen_locale
from api.pages.own_initiatives import OwnInitiative, place_of
from api.pages.page import Page, PageContent, RunOne
from api.pages.visits import Visit
from domain.initiatives.state import INITIATIVE, Initiative
from domain.labels import DUTIES, TWO_PEOPLE
from domain.messages import msg
from domain.refusals import Invalid, NotFound, Refused
from domain.rounds.state import RoundStatus
from domain.texts import Texts
from domain.values import MEMBER_ROLES, Channel, Role
from projections import initiatives


@dataclass(frozen=True, slots=True)
class Scope:
    """What somebody can be invited to: the whole initiative, a call, or one of its rounds. `code` is its value in the form."""

    code: str
    call: Texts | None = None
    closes_at: datetime | None = None
    time_zone: str = "UTC"
    round: bool = False


async def _show(visit: Visit) -> PageContent:
    house, place = await _house(visit)
    scopes = _scopes(visit.who, house, place)
    if not scopes:
        raise NotFound
    administers = Role.ADMINISTRATOR in house.roles(visit.who)
    asked = visit.query.get("role")
    return PageContent(
        "invite.html",
        {
            "initiative": visit.path["initiative"],
            "name": house.name,
            "scopes": scopes,
            "roles": MEMBER_ROLES if administers else (),
            "by_email": visit.wiring.settings.writes_letters,
            "made": None,
            "duties": DUTIES,
            "two_people": TWO_PEOPLE,
            "start": {
                "scope": scopes[0].code,
                "language": visit.locale.language,
                "days": "14",
                **({f"roles.{asked}": "yes"} if asked in MEMBER_ROLES else {}),
            },
        },
        labels={
            "scope": msg("For what"),
            "roles": msg("Roles"),
            "email": msg("E-mail address"),
            "language": msg("Language of the letter"),
            "note": msg("Note for yourself"),
            "days": msg("Days to answer"),
        },
        initiative=visit.path["initiative"],
    )


async def scopes_of(visit: Visit) -> list[Scope]:
    """What the visitor can invite to now, the widest first."""
    house, place = await _house(visit)
    return _scopes(visit.who, house, place)


async def _house(visit: Visit) -> tuple[Initiative, OwnInitiative]:
    initiative = visit.path["initiative"]
    house: Initiative = await visit.wiring.reader.the(INITIATIVE, initiative)
    me = await initiatives.me(visit.wiring.reader, visit.person)
    own = next((each for each in me.initiatives if each.initiative == initiative), None)
    if own is None:
        raise NotFound
    return house, await place_of(visit.wiring.reader, visit.person, own)


def _scopes(who: str, house: Initiative, place: OwnInitiative) -> list[Scope]:
    """What the visitor can invite to, the widest first."""
    administers = Role.ADMINISTRATOR in house.roles(who)
    found = [Scope("initiative")] if administers else []
    for call in place.calls:
        if call.status not in ("drafted", "published"):
            continue
        if administers:
            found.append(Scope(call.id, call.title))
        if administers or Role.OFFICER in place.roles_in(call.id):
            found += [
                Scope(round.id, call.title, round.closes_at, round.time_zone, round=True)
                for round in call.rounds
                if round.status in (RoundStatus.OPEN, RoundStatus.CLOSED)
            ]
    return found


async def _make(visit: Visit, form: SubmittedForm, _run: RunOne) -> PageContent:
    asked, made = await _invited(visit, form)
    shown = await _show(visit)
    context = {
        **shown.context,
        "made": made,
        "invited": asked,
        "shown_once": made.link is not None,
        "language": form.fields.get("language", ""),
    }
    return replace(shown, context=context)


async def _invited(visit: Visit, form: SubmittedForm) -> tuple[Invited, NewInvitation]:
    plain = nested(form.typed())
    scope = str(plain.get("scope", ""))
    kind = scope.partition("-")[0]
    if kind not in ("initiative", "call", "round"):
        raise Invalid.field("scope", msg("Choose what you invite to."))
    ticked = plain.get("roles")
    chosen = set(ticked) if isinstance(ticked, dict) else set()
    roles = (Role.JUROR,) if kind == "round" else tuple([each for each in MEMBER_ROLES if each in chosen])
    email = str(plain.get("email") or "")
    check_sends(email, sends=visit.wiring.settings.writes_letters)
    locale = chosen_locale(form.fields.get("language")) if email else visit.locale
    if email:
        try:
            await visit.wiring.attempts.count("invite", account=visit.who.encode(), network=None)
        except Problem as error:
            raise Refused(error.detail) from None
    invited = Invited(
        initiative=visit.path["initiative"],
        roles=roles,
        call=scope if kind == "call" else None,
        round=scope if kind == "round" else None,
        email=email,
        note=str(plain.get("note") or ""),
        days=_days(form.fields.get("days", "")),
    )
    made = await visit.wiring.invitations.make(
        invited,
        actor=visit.who,
        channel=Channel.PAGE,
        locale=locale,
        key=form.own("key"),
    )
    return invited, made


def _days(typed: str) -> int:
    text = typed.strip()
    if not (text.isascii() and text.isdigit() and len(text) < 4):
        raise Invalid.field("days", msg("Write a whole number."))
    return int(text)


PAGES = (Page(path="/initiatives/{initiative}/invite", show=_show, tries=True, runs=_make),)
