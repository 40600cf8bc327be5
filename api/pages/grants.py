"""Pages of grants: one's own, a call's, and a single one with its payee, instalments and reports."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from api.drafts.sharing import REPORT
from api.pages import report_drafts
from api.pages.applications import actors_in, if_shown
from api.pages.calls import BLANK_ROWS, roles_in
from api.pages.grant_acts import ACTS, INSTALMENT_ACTS, REPORT_ACTS
from api.pages.named_parties import names_of_parties
from api.pages.organisations import names_among
from api.pages.own_grants import WHERE, state_words, to_do_words
from api.pages.page import Page, PageContent, offers_of
from api.pages.report_drafts import DraftedReport
from api.pages.trying import Offer
from api.pages.visits import FormShown, Visit
from domain.dossiers import payment_record_ends
from domain.grants import bank_accounts
from domain.labels import SCREENING_RESULTS
from domain.messages import in_context, msg
from domain.values import Money, Role
from projections import calls, following, funds, grants, timeline

PAYEES: Final = {
    "recipient": in_context("payee", "the recipient"),
    "fiscal_host": in_context("payee", "a fiscal host"),
    "other": in_context("payee", "somebody else"),
}
"""The kinds of payees, by the codes of `SetGrantPayee.kind`."""
_RECIPIENTS: Final = (
    "grant.accept",
    "grant.decline",
    "grant.set_payee",
    "grant.submit_report",
    "grant.accept_amendment",
    "grant.decline_amendment",
    "instalment.request",
)
"""What only the recipient does."""
_OF_RECIPIENT: Final = msg("Only the recipient can do this.")


async def _mine(visit: Visit) -> PageContent:
    found = await grants.mine(visit.wiring.reader, visit.person, cursor=visit.query.get("cursor"))
    names = await names_among(visit, (each.recipient for each in found.items))
    known = await calls.named_in_list(visit.wiring.reader, visit.person, [each.call for each in found.items])
    return PageContent(
        "grants.html",
        {
            "grants": found,
            "call": None,
            "organisations": names,
            "zones": {call: each.time_zone for call, each in known.items()},
            "titles": {call: each.title for call, each in known.items()},
            "to_do": {
                each.id: [(WHERE[task.kind], to_do_words(each, task)) for task in each.to_do]
                for each in found.items
            },
        },
    )


async def _of_call(visit: Visit) -> PageContent:
    reader = visit.wiring.reader
    call = await calls.one(reader, visit.person, visit.path["call"])
    found = await grants.of_call(reader, visit.person, call.id, cursor=visit.query.get("cursor"))
    return PageContent(
        "grants.html",
        {
            "grants": found,
            "call": call,
            "organisations": await names_of_parties(visit, (each.recipient for each in found.items)),
            "zones": {call.id: call.time_zone},
            "titles": {},
            "to_do": {},
        },
        initiative=call.initiative,
    )


async def _one(visit: Visit) -> PageContent:
    reader, grant = visit.wiring.reader, visit.path["grant"]
    shown = await grants.one(reader, visit.person, grant)
    trial = visit.trial()
    offers = await offers_of(visit, trial, ACTS, shown)
    steps = {
        each.number: await offers_of(visit, trial, INSTALMENT_ACTS, (shown, each))
        for each in shown.instalments
    }
    answers = {
        each.number: await offers_of(visit, trial, REPORT_ACTS, (shown, each)) for each in shown.reports
    }
    reports = next((each for each in offers if each.do == REPORT and each.may), None)
    reporting = visit.form(REPORT, seen=shown.version) if reports else None
    planning = visit.form("grant.schedule", seen=shown.version)
    amending = visit.form("grant.propose_amendment", seen=shown.version)
    call = await calls.one(reader, visit.person, shown.call)
    # The recipient is paid by the initiative; where it has the money from is told to those who follow it.
    inside = shown.seen_as is not Role.APPLICANT
    fund = await if_shown(funds.one(reader, visit.person, shown.fund)) if inside else None
    followed = await if_shown(following.of_fund(reader, visit.person, shown.fund)) if fund else None
    tried = [*offers, *_all(steps), *_all(answers)]
    turns = await grants.turns(reader, visit.who, [grant], now=visit.wiring.clock())
    story = await if_shown(timeline.of_grant(reader, visit.person, grant, cursor=visit.query.get("cursor")))
    return PageContent(
        "grant.html",
        {
            "grant": shown,
            "fund": fund,
            "followed": [each for each in followed.items if each.grant == grant] if followed else [],
            "call": call,
            "recipient_name": (await names_of_parties(visit, (shown.recipient,))).get(shown.recipient or "")
            if inside
            else None,
            "organisation": (await names_among(visit, (shown.recipient,))).get(shown.recipient or ""),
            "roles": await roles_in(visit, call.initiative, call.id),
            "may": {offer.do: offer for offer in offers},
            "steps": {number: {offer.do: offer for offer in found} for number, found in steps.items()},
            "answers": {number: {offer.do: offer for offer in found} for number, found in answers.items()},
            "offers": _named(tried) if inside else tried,
            "turns": turns.get(grant, {}),
            "reporting": reporting,
            "report_saved": DraftedReport(call.time_zone).saved(reporting.draft)
            if reporting and reporting.draft
            else None,
            "others": report_drafts.other_version(visit),
            "unsent_report": visit.drafts.get(REPORT) if reporting is None else None,
            "planning": planning,
            "rows": _rows(planning),
            "amending": amending,
            "amending_rows": _rows(amending),
            "unscheduled": _some(shown.unscheduled),
            "proposed_left": _some(shown.proposed.unscheduled if shown.proposed else None),
            "today": visit.wiring.clock().date().isoformat(),
            "to_do": [(WHERE[each.kind], to_do_words(shown, each)) for each in shown.to_do],
            "state": state_words(shown) if shown.seen_as is Role.APPLICANT else None,
            "payees": PAYEES,
            "kept_until": payment_record_ends(visit.wiring.clock()),
            "country_names": visit.locale.countries,
            "countries": sorted(
                (
                    (code, name)
                    for code, name in visit.locale.countries.items()
                    if code in bank_accounts.countries()
                ),
                key=lambda country: visit.locale.in_alphabet(country[1]),
            ),
            "screening_results": SCREENING_RESULTS,
            "screening_choices": [
                (code, visit.locale.say(words)) for code, words in SCREENING_RESULTS.items()
            ],
            "story": story,
            "actors": actors_in(story, Role.FINANCE),
        },
        script=reporting is not None,
        initiative=call.initiative,
    )


def _all(found: dict[int, list[Offer]]) -> list[Offer]:
    return [offer for offers in found.values() for offer in offers]


def _named(offers: list[Offer]) -> list[Offer]:
    """The offers for those who are not the recipient, with who does what nobody else can do."""
    return [
        replace(each, not_yours=_OF_RECIPIENT)
        if each.do in _RECIPIENTS and not each.may and each.why_not is None and each.not_yours is None
        else each
        for each in offers
    ]


def _some(amount: Money | None) -> Money | None:
    """An amount, unless it is zero."""
    return amount if amount is not None and amount.amount.strip("0.") else None


def _rows(form: FormShown) -> range:
    typed = form.returned.typed.rows("instalments") if form.returned else 0
    asked = form.returned is not None and bool(form.returned.typed.own("lines"))
    return range(max(BLANK_ROWS, typed + (BLANK_ROWS if asked else 0)))


PAGES = (
    Page(path="/grants", show=_mine),
    Page(path="/calls/{call}/grants", show=_of_call),
    Page(
        path="/grants/{grant}",
        show=_one,
        drafts=report_drafts.DRAFTS,
        acts=(*ACTS, *INSTALMENT_ACTS, *REPORT_ACTS),
    ),
)
