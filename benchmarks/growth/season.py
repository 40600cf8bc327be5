"""A season: a call from its fund to its last payment, deed by deed, with the facts that people's commands would record.

No rule is asked, which is what makes this fast; tests fold the facts and hold them against what a season must come to.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Final

import msgspec

from benchmarks.grant_life import AMOUNT, CURRENCY, Offer, dossier_of, life
from benchmarks.ground import COMMENT_BYTES, CRITERIA, call_body
from benchmarks.growth.deeds import Deed
from benchmarks.growth.people import People, Staff
from domain.applications.facts import (
    ApplicationAwarded,
    ApplicationDeclined,
    ApplicationFoundEligible,
    ApplicationGrantOffered,
)
from domain.calls.facts import CallDrafted, CallPublished, CallRoundOpened
from domain.deciding import Fact
from domain.dossiers import DossierKept, DossierOpened
from domain.funds import FundCommitted, FundOpened, FundPledged, FundReceived
from domain.grants import facts as grants
from domain.panels.facts import (
    PanelAnnounced,
    PanelClosed,
    PanelConfirmed,
    PanelOpened,
    PanelOutcomeSet,
    RankingPlace,
)
from domain.readings import EXAMINED, Reading, newly_read, reading_of
from domain.reviews.facts import ReviewAssigned, ReviewCleared, ReviewSubmitted
from domain.rounds.facts import RoundClosed, RoundDecided, RoundOpened, RoundPutToPanel
from domain.stages import Stage
from domain.values import SYSTEM, Role

APPLICANTS: Final = 60
AWARDS: Final = 12
QUORUM: Final = 3
SCALE: Final = 10
_CLOSES: Final = datetime(2026, 3, 31, 22, 0, tzinfo=UTC)
_KEPT_UNTIL: Final = datetime(2037, 1, 1, tzinfo=UTC)


async def season(people: People, staff: Staff) -> None:
    """One call of an initiative, from its fund to its last payment."""
    await _Season(people, staff).run()


class _Season:
    """One call on its way."""

    def __init__(self, people: People, staff: Staff) -> None:
        self._people, self._staff = people, staff
        new = people.new
        self._fund, self._call, self._round, self._panel = (
            new("fund"),
            new("call"),
            new("round"),
            new("panel"),
        )
        self._applicants: dict[str, str] = {}
        self._reviews: list[tuple[str, str]] = []
        self._points: dict[str, list[dict[str, int]]] = {}

    async def run(self) -> None:
        """From the fund to the last payment."""
        await self._open()
        applied = await asyncio.gather(
            *(self._people.apply(self._staff.initiative, self._call, self._round) for _ in range(APPLICANTS))
        )
        self._applicants = dict(sorted(applied))
        closed = RoundClosed(round=self._round, applications=tuple(self._applicants))
        await self._deed(SYSTEM, Role.SYSTEM, {self._round: closed})
        await self._judge()
        awarded = await self._decide()
        offers = [await self._offer(application) for application in awarded]
        await asyncio.gather(*(self._pay(offer) for offer in offers))

    async def _deed(
        self,
        actor: str,
        role: Role,
        facts: dict[str, Fact],
        *,
        scope: str | None = None,
        registers: tuple[str, ...] = (),
    ) -> None:
        await self._people.act(
            Deed(
                actor=actor,
                role=role,
                initiative=self._staff.initiative,
                scope=scope or self._call,
                facts=tuple(facts.items()),
                registers=registers,
            )
        )

    async def _open(self) -> None:
        staff, fund, initiative = self._staff, self._fund, self._staff.initiative
        budget, pledge = AWARDS * AMOUNT, self._people.new("pledge")
        opened = FundOpened(
            fund=fund, initiative=initiative, name="Grown fund", currency=CURRENCY, basis="received"
        )
        pledged = FundPledged(
            fund=fund, pledge=pledge, funder=staff.funder, name=None, amount=budget, restriction=None
        )
        received = FundReceived(fund=fund, pledge=pledge, amount=budget, received_on=date(2026, 3, 1))
        await self._deed(staff.officer, Role.OFFICER, {fund: opened}, scope=fund)
        await self._deed(staff.funder, Role.FUNDER, {fund: pledged}, scope=fund)
        await self._deed(staff.finance, Role.FINANCE, {fund: received}, scope=fund)
        body = call_body(fund)
        drafted = CallDrafted(
            call=self._call,
            initiative=initiative,
            fund=fund,
            title=body["title"],
            summary=body["summary"],
            stages=msgspec.convert(body["stages"], tuple[Stage, ...]),
            currency=CURRENCY,
            budget=budget,
            minimum_award=10_000,
            maximum_award=AMOUNT,
            time_zone="UTC",
            grace_minutes=0,
            eligibility=(),
            applications_per_applicant="several",
            intake="deadline",
            decide_within_days=None,
            takes_until=None,
            fast_track_up_to=None,
        )
        announced = RoundOpened(
            round=self._round,
            initiative=initiative,
            call=self._call,
            stage="main",
            closes_at=_CLOSES,
            closes_local="2026-03-31 22:00",
            time_zone="UTC",
            grace_minutes=0,
            rolling=False,
            last=True,
        )
        await self._deed(staff.officer, Role.OFFICER, {self._call: drafted})
        await self._deed(staff.officer, Role.OFFICER, {self._call: CallPublished(call=self._call)})
        noted = CallRoundOpened(call=self._call, round=self._round, stage="main")
        await self._deed(staff.officer, Role.OFFICER, {self._round: announced, self._call: noted})

    async def _judge(self) -> None:
        """Every application is found eligible and judged by as many jurors as the quorum asks for."""
        staff = self._staff
        read = newly_read(
            Reading(),
            viewer=staff.officer,
            initiative=staff.initiative,
            call=self._call,
            round=self._round,
            kinds=EXAMINED,
        )
        for fact in read:
            await self._deed(staff.officer, Role.OFFICER, {reading_of(staff.officer, self._round): fact})
        piles: dict[str, list[tuple[str, str]]] = {juror: [] for juror in staff.jurors}
        for place, application in enumerate(self._applicants):
            found = ApplicationFoundEligible(application=application, round=self._round)
            await self._deed(staff.officer, Role.OFFICER, {application: found})
            for turn in range(QUORUM):
                juror = staff.jurors[(place * QUORUM + turn) % len(staff.jurors)]
                piles[juror].append((application, self._people.new("review")))
        await asyncio.gather(
            *(
                self._assign(application, review, juror)
                for juror, pile in piles.items()
                for application, review in pile
            )
        )
        # A juror does one thing after another; the jurors work abreast.
        await asyncio.gather(*(self._read(juror, pile) for juror, pile in piles.items()))

    async def _assign(self, application: str, review: str, juror: str) -> None:
        assigned = ReviewAssigned(
            review=review,
            initiative=self._staff.initiative,
            call=self._call,
            round=self._round,
            application=application,
            juror=juror,
        )
        self._reviews.append((application, review))
        await self._deed(self._staff.officer, Role.OFFICER, {review: assigned})

    async def _read(self, juror: str, pile: list[tuple[str, str]]) -> None:
        prose, chance = self._people.prose, self._people.chance
        for application, review in pile:
            await self._deed(juror, Role.JUROR, {review: ReviewCleared(review=review, juror=juror)})
            points = {criterion: chance.randint(0, SCALE) for criterion in CRITERIA}
            self._points.setdefault(application, []).append(points)
            submitted = ReviewSubmitted(
                review=review,
                juror=juror,
                dossier=dossier_of(application),
                rubric_version=1,
                scores={**points},
                comment_jury=prose.text(COMMENT_BYTES),
                comment_applicant=prose.text(COMMENT_BYTES // 2),
            )
            await self._deed(juror, Role.JUROR, {review: submitted})

    async def _decide(self) -> list[str]:
        """The panel awards to the best; the awarded applications, the best first."""
        staff, panel = self._staff, self._panel
        ranking = ranked(self._points)
        opened = PanelOpened(
            panel=panel,
            initiative=staff.initiative,
            call=self._call,
            round=self._round,
            stage="main",
            ranking=ranking,
        )
        reviews: dict[str, tuple[str, ...]] = dict.fromkeys(self._applicants, ())
        for application, review in self._reviews:
            reviews[application] = tuple(sorted((*reviews[application], review)))
        handed = RoundPutToPanel(round=self._round, panel=panel, reviews=reviews)
        await self._deed(staff.officer, Role.OFFICER, {panel: opened, self._round: handed})
        awarded = [place.application for place in ranking[:AWARDS]]
        outcomes: dict[str, Fact] = {}
        for number, place in enumerate(ranking):
            awards = number < AWARDS
            outcome = PanelOutcomeSet(
                panel=panel,
                application=place.application,
                outcome="award" if awards else "decline",
                amount=AMOUNT if awards else None,
                currency=CURRENCY if awards else None,
                rank=None,
                reason="quality" if awards else "budget_exhausted",
                more_because=None,
                decider=staff.chair,
            )
            await self._deed(staff.chair, Role.CHAIR, {panel: outcome})
            outcomes[place.application] = (
                ApplicationAwarded(
                    application=place.application,
                    panel=panel,
                    amount=AMOUNT,
                    currency=CURRENCY,
                    reason="quality",
                )
                if awards
                else ApplicationDeclined(
                    application=place.application, panel=panel, reason="budget_exhausted"
                )
            )
        await self._deed(staff.chair, Role.CHAIR, {panel: PanelClosed(panel=panel, chair=staff.chair)})
        confirmed = PanelConfirmed(panel=panel, confirmer=staff.officer)
        await self._deed(staff.officer, Role.OFFICER, {panel: confirmed})
        announced = PanelAnnounced(panel=panel)
        decided = RoundDecided(round=self._round, panel=panel)
        await self._deed(staff.officer, Role.OFFICER, {panel: announced, self._round: decided, **outcomes})
        return awarded

    async def _offer(self, application: str) -> Offer:
        staff, grant = self._staff, self._people.new("grant")
        offer = Offer(
            grant=grant,
            initiative=staff.initiative,
            call=self._call,
            application=application,
            fund=self._fund,
            recipient=self._applicants[application],
            approvers=staff.approvers,
        )
        committed = FundCommitted(fund=self._fund, grant=grant, amount=AMOUNT)
        opened = DossierOpened(
            dossier=offer.dossier,
            party=offer.recipient,
            initiative=staff.initiative,
            purpose="payment",
            about=grant,
        )
        noted = ApplicationGrantOffered(application=application, grant=grant)
        await self._deed(
            staff.officer,
            Role.OFFICER,
            {offer.dossier: opened, grant: life(offer)[0], application: noted, self._fund: committed},
            registers=(offer.dossier,),
        )
        return offer

    async def _pay(self, offer: Offer) -> None:
        for fact in life(offer)[1:]:
            actor, role = self._who(offer, fact)
            facts = {offer.grant: fact}
            if isinstance(fact, grants.GrantInstalmentInstructed) and fact.instalment == 1:
                facts[offer.dossier] = DossierKept(
                    dossier=offer.dossier, duty="payment_records", until=_KEPT_UNTIL
                )
            await self._deed(actor, role, facts)

    def _who(self, offer: Offer, fact: Fact) -> tuple[str, Role]:
        """Who does what a grant's fact tells."""
        match fact:
            case grants.GrantInstalmentApproved():
                return fact.approver, Role.APPROVER
            case (
                grants.GrantPayeeConfirmed()
                | grants.GrantInstalmentInstructed()
                | grants.GrantInstalmentSettled()
            ):
                return self._staff.finance, Role.FINANCE
            case (
                grants.GrantInstalmentsScheduled()
                | grants.GrantReportAccepted()
                | grants.GrantReportReturned()
                | grants.GrantCompleted()
            ):
                return self._staff.officer, Role.OFFICER
            case _:
                return offer.recipient, Role.APPLICANT


def ranked(points: dict[str, list[dict[str, int]]]) -> tuple[RankingPlace, ...]:
    """The ranking that some applications' points come to; equal scores share a rank. All criteria weigh the same."""
    scores = {}
    for application, reviews in points.items():
        each = [Fraction(sum(review.values()), SCALE * len(review)) for review in reviews]
        scores[application] = sum(each, Fraction()) / len(each)
    ordered = sorted(scores, key=lambda application: (-scores[application], application))
    places: list[RankingPlace] = []
    for number, application in enumerate(ordered, 1):
        score = scores[application]
        shares = bool(places) and places[-1].score == score
        rank = places[-1].rank if shares else number
        places.append(
            RankingPlace(
                application=application,
                rank=rank,
                score=f"{score.numerator}/{score.denominator}",
                reviews=len(points[application]),
                on_few_criteria=0,
            )
        )
    return tuple(places)
