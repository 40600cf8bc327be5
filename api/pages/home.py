"""One's own page: one's roles, and what there is to do in each."""

from __future__ import annotations

from api.pages.news import news_for
from api.pages.own_initiatives import place_of
from api.pages.page import Page, PageAction, PageContent
from api.pages.visits import Visit
from api.pages.waiting import waiting_for
from domain.messages import msg
from projections import applications, dossiers, grants, initiatives
from projections.applications import ApplicationLine
from projections.paging import MOST, whole
from projections.paging import ResultPage as ListPage


async def _me(visit: Visit) -> PageContent:
    reader, who = visit.wiring.reader, visit.person
    me = await initiatives.me(reader, who)
    places = [await place_of(reader, who, own) for own in me.initiatives]
    kept = [each for each in (await dossiers.mine(reader, who)).items if not each.erased]

    async def own_applications(cursor: str | None) -> ListPage[ApplicationLine]:
        return await applications.mine(reader, who, cursor=cursor, limit=MOST)

    news = await news_for(visit)
    applied = await whole(own_applications)
    granted = await grants.all_mine(reader, who)
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
            # What an organisation applied for is not among what is kept about those who act for it.
            "as_applicant": bool(kept or applied or not places),
            "newcomer": not (places or kept or applied),
            "titles": {each.id: each.title for each in applied},
            "amounts": {each.id: each.amount for each in granted},
        },
    )


PAGES = (
    Page(
        path="/me",
        show=_me,
        acts=(PageAction(command="initiative.leave", done=msg("You gave up your roles.")),),
    ),
)
