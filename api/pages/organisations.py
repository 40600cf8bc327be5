"""Pages of organisations: those of which one is a member or to which one was invited, and a single one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from api.inputs.submitted import Plain, SubmittedForm, nested
from api.pages.page import Page, PageAction, PageContent
from api.pages.visits import Visit
from domain.commands.organisations import CloseOrganisation, RemoveOrganisationMember
from domain.messages import msg
from domain.parties import is_organisation
from projections import initiatives, organisations
from projections.organisations import OrganisationShown

_LABELS = {
    "name": msg("Name"),
    "identifiers[0]": msg("Identifier"),
    "identifiers[1]": msg("Second identifier"),
    "person": msg("Personal code"),
}


async def names_among(visit: Visit, parties: Iterable[str | None]) -> dict[str, str]:
    """Of these parties the organisations for which the visitor acts, by their ids: the name of each, or "your organisation"
    where it cannot be read. So that nobody reads "you" where an organisation applied or is paid."""
    wanted = {party for party in parties if party is not None and is_organisation(party)}
    if not wanted:
        return {}
    found = await organisations.mine(visit.wiring.reader, visit.person)
    return {
        each.id: each.name or visit.locale.say(msg("your organisation"))
        for each in found.items
        if each.id in wanted and each.acts
    }


async def _mine(visit: Visit) -> PageContent:
    reader, who = visit.wiring.reader, visit.person
    found = await organisations.mine(reader, who)
    return PageContent(
        "organisations.html",
        {"organisations": found, "me": await initiatives.me(reader, who)},
        labels=_LABELS,
    )


async def _one(visit: Visit) -> PageContent:
    reader, who, organisation = visit.wiring.reader, visit.person, visit.path["organisation"]
    shown = await organisations.one(reader, who, organisation)
    trial = visit.trial()
    closing = await _CLOSE.offer(visit, trial, shown)
    removable = {
        person
        for person in (each.person for each in (*shown.members, *shown.invited))
        if person is not None and (offer := await _REMOVE.offer(visit, trial, person)) and offer.may
    }
    return PageContent(
        "organisation.html",
        {
            "organisation": shown,
            "me": await initiatives.me(reader, who),
            "removable": removable,
            "closing": closing,
            "story": (
                await organisations.of_organisation(
                    reader, who, organisation, cursor=visit.query.get("cursor")
                )
                if shown.acts
                else None
            ),
        },
        labels=_LABELS,
    )


async def _registered(_: Visit, form: SubmittedForm) -> Plain:
    """An organisation with the identifiers that were typed, without empty ones."""
    plain: Any = nested(form.typed())  # Any: see Plain
    written: Mapping[str, Any] | list[Any] = plain.get("identifiers", [])
    plain["identifiers"] = [each for each in written if isinstance(each, str) and each.strip()]
    return dict(plain)


_REMOVE: Final[PageAction[str]] = PageAction(
    command="organisation.remove_member",
    name=msg("Remove"),
    done=msg("This person no longer acts for the organisation."),
    tried=lambda visit, person: RemoveOrganisationMember(
        organisation=visit.path["organisation"], person=person
    ),
    then=lambda _visit, _answer: "/organisations",
)
"""Tried with the person who would be removed."""
_CLOSE: Final[PageAction[OrganisationShown]] = PageAction(
    command="organisation.close",
    name=msg("Close the organisation"),
    done=msg("The organisation is closed. Its grants continue."),
    tried=lambda _, organisation: CloseOrganisation(organisation=organisation.id),
)

PAGES = (
    Page(
        path="/organisations",
        show=_mine,
        acts=(
            PageAction(
                command="organisation.register",
                done=msg("The organisation is registered, and you act for it."),
                filled=_registered,
                then=lambda _, answer: f"/organisations/{answer.stream}",
            ),
            PageAction(
                command="organisation.join",
                done=msg("You act for the organisation from now on."),
                then=lambda _, answer: f"/organisations/{answer.stream}",
            ),
        ),
    ),
    Page(
        path="/organisations/{organisation}",
        show=_one,
        acts=(
            PageAction(
                command="organisation.invite",
                done=msg("The person is invited, and finds the invitation under Organisations."),
            ),
            PageAction(
                command="organisation.join",
                done=msg("You act for the organisation from now on."),
            ),
            _REMOVE,
            _CLOSE,
        ),
    ),
)
