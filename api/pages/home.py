"""One's own page: one's roles, and what there is to do in each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from api.pages.news import news_for
from api.pages.own_initiatives import place_of
from api.pages.page import Page, PageAction, PageContent
from api.pages.unfinished import own_drafts
from api.pages.visits import Visit
from api.pages.waiting import waiting_for
from domain.grants.state import GRANT, Grant
from domain.grants.statuses import GrantStatus
from domain.messages import msg
from projections import applications, dossiers, grants, initiatives
from projections.applications import ApplicationLine
from projections.paging import MOST, whole
from projections.paging import ResultPage as ListPage


async def _me(visit: Visit) -> PageContent:
    reader, who = visit.wiring.reader, visit.person
    me = await initiatives.me(reader, who)
    places = [await place_of(reader, who, own) for own in me.initiatives]
    kept = await _kept(visit)

    async def own_applications(cursor: str | None) -> ListPage[ApplicationLine]:
        return await applications.mine(reader, who, cursor=cursor, limit=MOST)

    news = await news_for(visit)
    applied = await whole(own_applications)
    granted = await grants.all_mine(reader, who)
    drafted = await own_drafts(visit)
    return PageContent(
        "me.html",
        {
            "me": me,
            "places": places,
            "news": news,
            "earlier_news": await news_for(visit, read=True),
            "news_until": news[0].happened_at.isoformat() if news else "",
            "waiting": await waiting_for(visit, places, applied, granted),
            "kept": kept,
            "drafted": drafted,
            # What an organisation applied for is not among what is kept about those who act for it.
            "as_applicant": bool(kept or drafted or applied or not places),
            "newcomer": not (places or kept or drafted or applied),
            "titles": {each.id: each.title for each in applied},
            "amounts": {each.id: each.amount for each in granted},
        },
    )


@dataclass(frozen=True, slots=True)
class Kept:
    """A part of what is kept about the visitor: where it is read, what it is, whether with a payee and with reports if it is of a
    grant, and until when the law asks for it."""

    purpose: str
    about: str
    payee: bool
    reports: bool
    kept_until: datetime | None


async def _kept(visit: Visit) -> list[Kept]:
    """What is kept about the visitor. Of a grant that was only offered or accepted, nothing was written yet."""
    reader = visit.wiring.reader
    found = [each for each in (await dossiers.mine(reader, visit.person)).items if not each.erased]
    loaded = await reader.readable(*((GRANT, each.about) for each in found if each.purpose == "payment"))
    states: dict[str, Grant] = {each: one.state for each, one in loaded.items()}
    return [
        Kept(
            each.purpose,
            each.about,
            payee=grant is None or grant.payee is not None,
            reports=grant is None or bool(grant.reports),
            kept_until=each.kept_until,
        )
        for each in found
        for grant in (states.get(each.about),)
        if grant is None or _has_texts(grant)
    ]


def _has_texts(grant: Grant) -> bool:
    """Whether anything may have been written about a grant."""
    begun = grant.status in (GrantStatus.OFFERED, GrantStatus.ACCEPTED)
    return not begun or grant.payee is not None or bool(grant.reports) or grant.amendments > 0


PAGES = (
    Page(
        path="/me",
        show=_me,
        acts=(PageAction(command="initiative.leave", done=msg("You gave up your roles.")),),
    ),
)
