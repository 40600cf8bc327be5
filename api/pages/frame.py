"""The frame of every page: the initiative, the navigation, and the visitor."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Final

from domain.initiatives.state import INITIATIVE, Initiative
from domain.messages import Message, in_context, msg
from domain.refusals import CommandRejected
from domain.reviews.facts import JUDGING
from domain.values import MEMBER_ROLES, Role
from history.appends import Unavailable
from history.keyfiles import KeysUnusable
from history.unreadable import Unreadable
from projections import initiatives
from projections.initiatives import Me
from projections.reader import Reader


@dataclass(frozen=True, slots=True)
class Link:
    """A link of the navigation."""

    href: str
    words: Message


@dataclass(frozen=True, slots=True)
class Frame:
    """`house` is the name of the initiative that a page belongs to, and `house_page` the address of its own page; None for a
    page of the whole installation. `name` and `roles` are the visitor's, if they are known."""

    house: str | None = None
    house_page: str | None = None
    name: str | None = None
    roles: tuple[Role, ...] = ()
    links: tuple[Link, ...] = ()


_CALLS: Final = Link("/calls", msg("Calls"))
_TODAY: Final = Link("/me", in_context("navigation", "Today"))
_APPLICATIONS: Final = Link("/applications", in_context("navigation", "Your applications"))
_REVIEWS: Final = Link("/reviews", in_context("navigation", "Your reviews"))
_GRANTS: Final = Link("/grants", in_context("navigation", "Your grants"))

WITHOUT_PERSON: Final = Frame(links=(_CALLS,))
"""The frame for a visitor who is not signed in."""
PERHAPS_SIGNED_IN: Final = Frame(links=(_TODAY, _CALLS))
"""The frame of an error page, for which the session was not checked."""


async def known(reader: Reader, person: str) -> Me | None:
    """The person who is signed in; None if their data cannot be read: pages are shown all the same."""
    try:
        return await initiatives.me(reader, person)
    except (CommandRejected, Unreadable, KeysUnusable):
        return None


async def frame_of(reader: Reader, me: Me | None, initiative: str | None, *, signed_in: bool) -> Frame:
    """The frame of a page of an `initiative`, or of none."""
    name: str | None = None
    shown_house = initiative
    if initiative is not None:
        # A remembered state will do: names rarely change.
        remembered = reader.states.known(initiative)
        state: Initiative = remembered.state if remembered else await reader.the(INITIATIVE, initiative)
        name = state.name
    elif me is None or not me.initiatives:
        with contextlib.suppress(CommandRejected, Unreadable, Unavailable):
            only = await initiatives.the_only_one(reader)
            shown_house, name = only or (None, None)
    page = None if shown_house is None else f"/initiatives/{shown_house}"
    if not signed_in:
        return Frame(house=name, house_page=page, links=(_CALLS,))
    if me is None:
        return Frame(house=name, house_page=page, links=(_TODAY, _CALLS))
    if name is None and len(me.initiatives) == 1:
        (initiative, name) = me.initiatives[0].initiative, me.initiatives[0].name
        page = f"/initiatives/{initiative}"
    held = {
        own.initiative: {*own.roles, *(role for each in own.calls for role in each.roles)}
        for own in me.initiatives
    }
    everywhere = {role for roles in held.values() for role in roles}
    shown = everywhere if initiative is None else held.get(initiative, set())
    return Frame(
        house=name,
        house_page=page,
        name=me.name,
        roles=tuple(role for role in MEMBER_ROLES if role in shown),
        links=(
            _TODAY,
            *([_REVIEWS] if not everywhere.isdisjoint(JUDGING) else []),
            _CALLS,
            *([_APPLICATIONS, _GRANTS] if everywhere <= {Role.APPLICANT} else []),
            *(
                [Link(f"/initiatives/{initiative}/payments", in_context("navigation", "Payments"))]
                if initiative is not None
                and not held.get(initiative, set()).isdisjoint({Role.FINANCE, Role.APPROVER})
                else []
            ),
            *(
                [Link(f"/initiatives/{initiative}/funded", in_context("navigation", "What you funded"))]
                if initiative is not None and Role.FUNDER in held.get(initiative, set())
                else []
            ),
            *(
                [Link(_people(initiative, held[initiative]), in_context("navigation", "People"))]
                if initiative is not None
                and any(own.initiative == initiative and own.roles for own in me.initiatives)
                else []
            ),
        ),
    )


def _people(initiative: str, held: set[Role]) -> str:
    """Where somebody finds the people of an initiative: with their invitations, for those who see all of them."""
    shown = "members" if held.isdisjoint({Role.ADMINISTRATOR, Role.OFFICER}) else "people"
    return f"/initiatives/{initiative}/{shown}"
