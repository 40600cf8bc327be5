"""An initiative's page: its profile for everybody, and for its staff its calls and funds, and where they draft new ones."""

from __future__ import annotations

from typing import Any

from api.inputs.submitted import Plain, SubmittedForm, nested
from api.locales import LANGUAGES
from api.pages.call_setup_parts import own_funds
from api.pages.call_work import start_of, texts
from api.pages.calls import open_round, takes_now
from api.pages.page import Page, PageAction, PageContent
from api.pages.visits import Visit
from domain.calls.state import PUBLIC, CallStatus
from domain.initiatives.state import INITIATIVE, Initiative
from domain.messages import msg
from domain.refusals import NotFound
from domain.values import Role
from projections import calls
from projections.calls import CallLine
from projections.paging import MOST, whole
from projections.paging import ResultPage as ListPage

_DESCRIBING = frozenset({Role.OFFICER, Role.ADMINISTRATOR})


async def _show(visit: Visit) -> PageContent:
    reader, initiative = visit.wiring.reader, visit.path["initiative"]
    house: Initiative = await reader.the(INITIATIVE, initiative)
    roles = house.roles(visit.person or "")
    officer = Role.OFFICER in roles

    async def some(cursor: str | None) -> ListPage[CallLine]:
        if officer:
            return await calls.of_initiative(reader, visit.person, initiative, cursor=cursor, limit=MOST)
        return await calls.public(reader, initiative=initiative, cursor=cursor, limit=MOST)

    found = await whole(some)
    sees_funds = not roles.isdisjoint({Role.OFFICER, Role.FINANCE, Role.APPROVER})
    own = await own_funds(visit, initiative) if sees_funds else ()
    return PageContent(
        "initiative.html",
        {
            "initiative": initiative,
            "house": house,
            "officer": officer,
            "describes": not roles.isdisjoint(_DESCRIBING),
            "member": bool(roles),
            "pays": not roles.isdisjoint({Role.FINANCE, Role.APPROVER, Role.OFFICER}),
            "funder": Role.FUNDER in roles,
            "drafts": [call for call in found if call.status == CallStatus.DRAFTED],
            "published": [
                (call, open_round(visit, call), takes_now(visit, call))
                for call in sorted(found, key=lambda call: _how_open(visit, call))
                if call.status in PUBLIC
            ],
            "funds": own,
            "offered": languages_of(house),
        },
        labels={"fund": msg("Fund"), "currency": msg("Currency"), "name": msg("Name")},
        initiative=initiative,
    )


def _how_open(visit: Visit, call: CallLine) -> tuple[int, float, str]:
    """The order of an initiative's calls: open ones by their deadline, those that are open all the time, the others with the
    latest first, and cancelled ones."""
    round = open_round(visit, call)
    if call.status == CallStatus.CANCELLED:
        return 3, 0, call.id
    if round is not None:
        return 0, round.closes_at.timestamp(), call.id
    if takes_now(visit, call):
        return 1, 0, call.id
    return 2, -max((each.closes_at.timestamp() for each in call.rounds), default=0), call.id


def languages_of(house: Initiative) -> tuple[str, ...]:
    """The languages in which an initiative writes."""
    return house.languages or tuple(LANGUAGES)


async def _drafted(visit: Visit, form: SubmittedForm) -> Plain:
    """A draft with a title. What most calls have is chosen already: the clocks of whoever writes it, and one application from
    each applicant."""
    plain = nested(form.typed())
    zone = visit.me.time_zone if visit.me else None
    return {
        **plain,
        "title": texts(plain.get("title")),
        "applications_per_applicant": "one",
        "time_zone": zone or await _zone_of_calls(visit),
    }


async def _zone_of_calls(visit: Visit) -> str:
    """The time zone of a call of the initiative; UTC if it has none yet."""
    page = await calls.of_initiative(
        visit.wiring.reader, visit.person, visit.path["initiative"], cursor=None, limit=1
    )
    return next((call.time_zone for call in page.items), "UTC")


async def _profile(visit: Visit) -> PageContent:
    house: Initiative = await visit.wiring.reader.the(INITIATIVE, visit.path["initiative"])
    if house.roles(visit.who).isdisjoint(_DESCRIBING):
        raise NotFound
    offered = languages_of(house)
    start = {"name": house.name, "contact": house.contact or ""}
    return PageContent(
        "initiative_profile.html",
        {
            "initiative": house.id,
            "house": house,
            "offered": offered,
            "known": sorted({*LANGUAGES_WRITTEN, *offered}),
            "start": start
            | start_of("about", house.about)
            | start_of("privacy", house.privacy)
            | {f"languages.{as_name(code)}": "yes" for code in offered},
        },
        labels={
            "name": msg("Name"),
            "contact": msg("How people reach you"),
            "languages": msg("Languages"),
            **{f"about.{code}": msg("What you do") for code in offered},
            **{f"privacy.{code}": msg("Privacy notice") for code in offered},
        },
        initiative=house.id,
    )


LANGUAGES_WRITTEN = ("be", "de", "en", "es", "fr", "hy", "ka", "kk", "pl", "ru", "sr", "tr", "uk", "uz")
"""Languages that are offered to an initiative, and to people."""


async def _described(visit: Visit, form: SubmittedForm) -> Plain:
    house: Initiative = await visit.wiring.reader.the(INITIATIVE, visit.path["initiative"])
    plain: dict[str, Any] = nested(form.typed())  # Any: whatever was sent
    ticked = plain.get("languages")
    code_of = {as_name(code): code for code in (*LANGUAGES_WRITTEN, *languages_of(house))}
    return {
        **plain,
        "about": texts(plain.get("about")),
        "privacy": texts(plain.get("privacy")),
        "languages": [code_of.get(name, name) for name in ticked] if isinstance(ticked, dict) else [],
    }


def as_name(code: str) -> str:
    """A language's code as it can stand in the name of an input."""
    return code.lower().replace("-", "_")


PAGES = (
    Page(
        path="/initiatives/{initiative}",
        show=_show,
        public=True,
        acts=(
            PageAction(
                command="call.draft",
                done=msg("The draft is begun. Only the staff see it until you publish it."),
                filled=_drafted,
                then=lambda _, answer: f"/calls/{answer.stream}/setup",
            ),
            PageAction(
                command="fund.open",
                done=msg("The fund is open."),
                then=lambda _, answer: f"/funds/{answer.stream}",
            ),
        ),
    ),
    Page(
        path="/initiatives/{initiative}/profile",
        show=_profile,
        acts=(
            PageAction(
                command="initiative.describe",
                done=msg("The profile is saved."),
                filled=_described,
                then=lambda visit, _: f"/initiatives/{visit.path['initiative']}",
            ),
        ),
    ),
)
