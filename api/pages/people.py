"""The people of an initiative and the invitations to it, for those who invite and remove them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from api.accounts.inviting_again import send_again
from api.http.problems import Problem
from api.inputs.submitted import Plain, SubmittedForm, nested
from api.locales import chosen_locale
from api.pages.inviting import scopes_of
from api.pages.page import Page, PageAction, PageContent, RunOne
from api.pages.visits import Visit
from domain import access
from domain.deciding import Allowed
from domain.initiatives.state import INITIATIVE, Initiative
from domain.labels import DUTIES, TWO_PEOPLE
from domain.messages import msg
from domain.refusals import Forbidden, NotFound, Refused
from domain.values import MEMBER_ROLES, Channel, Role
from projections import calls, initiatives
from projections.calls import CallLine
from projections.initiatives import Member


@dataclass(frozen=True, slots=True)
class Held:
    """Roles of a member that are removed together: those in the whole initiative, for one call, or for one round of it. `call`
    is None if it cannot be read."""

    roles: tuple[Role, ...]
    do: str
    of: str
    call: CallLine | None = None
    closes_at: datetime | None = None
    time_zone: str = "UTC"
    removable: bool = True


async def _show(visit: Visit) -> PageContent:
    reader, initiative = visit.wiring.reader, visit.path["initiative"]
    house: Initiative = await reader.the(INITIATIVE, initiative)
    try:
        members = (await initiatives.one(reader, visit.person, initiative)).members
    except (Forbidden, NotFound):
        members = ()  # an officer of one call alone sees only the invitations to its rounds
    listed = await visit.wiring.invitations.all(reader, visit.who, initiative, now=visit.wiring.clock())
    named = {each.call for member in members for each in member.calls}
    known = await calls.named_in_list(reader, visit.person, named)
    return PageContent(
        "people.html",
        {
            "initiative": initiative,
            "name": house.name,
            "invites": bool(await scopes_of(visit)),
            "by_email": visit.wiring.settings.writes_letters,
            "of_all": bool(house.roles(visit.who)),
            "people": [
                (each, _held(visit.who, house, each, known))
                for each in sorted(members, key=lambda each: ((each.name or "").casefold(), each.person))
            ],
            "open": [each for each in listed.items if each.status == "open"],
            "over": [each for each in listed.items if each.status != "open"],
            "ticked": lambda roles: {f"roles.{role}": "yes" for role in roles},
            "duties": DUTIES,
            "two_people": TWO_PEOPLE,
            "all_roles": MEMBER_ROLES if Role.ADMINISTRATOR in house.roles(visit.who) else (),
        },
        labels={"roles": msg("Roles"), "language": msg("Language of the letter")},
        initiative=initiative,
    )


def _held(who: str, house: Initiative, member: Member, known: Mapping[str, CallLine]) -> list[Held]:
    administers = Role.ADMINISTRATOR in house.roles(who)
    found = []
    if member.roles:
        alone = Role.ADMINISTRATOR in member.roles and len(house.administrators) == 1
        found.append(Held(member.roles, "initiative.remove_member", "", removable=administers and not alone))
    for each in member.calls:
        call = known.get(each.call)
        if each.round is None:
            found.append(Held(each.roles, "call.remove_member", each.call, call, removable=administers))
            continue
        may = access.invites(who, house, call=each.call, round=each.round)
        round = next((one for one in call.rounds if one.id == each.round), None) if call else None
        found.append(
            Held(
                each.roles,
                "round.remove_juror",
                each.round,
                call,
                closes_at=round.closes_at if round else None,
                time_zone=round.time_zone if round else "UTC",
                removable=isinstance(may, Allowed),
            )
        )
    return found


async def _given(_: Visit, form: SubmittedForm) -> Plain:
    plain = nested(form.typed())
    ticked = plain.get("roles")
    return {**plain, "roles": list(ticked) if isinstance(ticked, dict) else []}


async def _again(visit: Visit, form: SubmittedForm, _run: RunOne) -> PageContent:
    """Send the letter of an invitation once more."""
    try:
        await visit.wiring.attempts.count("invite", account=visit.who.encode(), network=None)
    except Problem as error:
        raise Refused(error.detail) from None
    await send_again(
        visit.wiring.invitations,
        visit.wiring.reader,
        form.fields.get("invitation", ""),
        initiative=visit.path["initiative"],
        actor=visit.who,
        channel=Channel.PAGE,
        locale=chosen_locale(form.fields.get("language")),
        key=form.own("key"),
        now=visit.wiring.clock(),
        sends=visit.wiring.settings.writes_letters,
    )
    shown = await _show(visit)
    return replace(shown, context={**shown.context, "notice": _SENT_AGAIN})


_SENT_AGAIN: Final = msg("The letter is on its way again. The link of the earlier letter no longer works.")


PAGES = (
    Page(
        path="/initiatives/{initiative}/people",
        show=_show,
        runs=_again,
        runs_for="invitation.send_again",
        acts=(
            PageAction(
                command="initiative.add_member",
                done=msg("The roles are changed. They count from now on."),
                filled=_given,
            ),
            PageAction(
                command="initiative.remove_member",
                done=msg("All roles of this person here are removed."),
            ),
            PageAction(command="call.remove_member", done=msg("The roles for this call are removed.")),
            PageAction(command="round.remove_juror", done=msg("This person no longer judges in the round.")),
            PageAction(command="invitation.withdraw", done=msg("The invitation is withdrawn.")),
        ),
    ),
)
