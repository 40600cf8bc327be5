"""Pages of grants: one's own, a call's, and a single one with its payee, instalments and reports."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Final

from api.pages.applications import actors_in, if_shown
from api.pages.calls import BLANK_ROWS, roles_in
from api.pages.forms import Plain, SubmittedForm, nested
from api.pages.named_parties import names_of_parties
from api.pages.organisations import names_among
from api.pages.page import Page, PageAction, PageContent
from api.pages.trying import Offer
from api.pages.visits import FormShown, Visit
from domain.commands.grants.amending import AcceptGrantAmendment, DeclineGrantAmendment, ProposeGrantAmendment
from domain.commands.grants.ending import CompleteGrant, TerminateGrant
from domain.commands.grants.instalments import (
    ApproveInstalment,
    FailInstalment,
    InstructInstalment,
    RequestInstalment,
    SettleInstalment,
)
from domain.commands.grants.offering import AcceptGrant, DeclineGrant
from domain.commands.grants.payee import ConfirmGrantPayee, SetGrantPayee
from domain.commands.grants.reports import AcceptGrantReport, ReturnGrantReport, SubmitGrantReport
from domain.commands.grants.scheduling import ScheduleGrant
from domain.commands.grants.suspending import ResumeGrant, SuspendGrant
from domain.commands.screening import RecordScreening
from domain.deciding import Command
from domain.grants import bank_accounts
from domain.grants.statuses import GrantStatus, InstalmentStatus, ReportStatus
from domain.labels import SCREENING_RESULTS
from domain.messages import Message, in_context, msg
from domain.values import Money, Role
from projections import calls, following, funds, grants, timeline
from projections.grants import GrantDetail, InstalmentShown

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
    known = {
        call: await calls.one(visit.wiring.reader, visit.person, call)
        for call in {each.call for each in found.items}
    }
    return PageContent(
        "grants.html",
        {
            "grants": found,
            "call": None,
            "organisations": names,
            "zones": {call: each.time_zone for call, each in known.items()},
            "titles": {call: each.title for call, each in known.items()},
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
        },
        initiative=call.initiative,
    )


async def _one(visit: Visit) -> PageContent:
    reader, grant = visit.wiring.reader, visit.path["grant"]
    shown = await grants.one(reader, visit.person, grant)
    trial = visit.trial()
    offers = [await trial.of(name, command) for name, command in _next(shown)]
    steps = {
        each.number: [await trial.of(name, command) for name, command in _steps(visit, grant, each)]
        for each in shown.instalments
    }
    answers = {
        report.number: [
            await trial.of(
                msg("Accept report {number}", number=report.number),
                AcceptGrantReport(grant=grant, report=report.number),
            ),
            await trial.of(
                msg("Return report {number}", number=report.number),
                ReturnGrantReport(grant=grant, report=report.number, reason="other"),
            ),
        ]
        for report in shown.reports
        if report.status == ReportStatus.SUBMITTED
    }
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
            "planning": planning,
            "rows": _rows(planning),
            "amending": amending,
            "amending_rows": _rows(amending),
            "unscheduled": _some(shown.unscheduled),
            "proposed_left": _some(shown.proposed.unscheduled if shown.proposed else None),
            "today": visit.wiring.clock().date().isoformat(),
            "payees": PAYEES,
            "country_names": visit.locale.countries,
            "countries": sorted(
                (
                    (code, name)
                    for code, name in visit.locale.countries.items()
                    if code in bank_accounts.countries()
                ),
                key=lambda country: country[1],
            ),
            "screening_results": SCREENING_RESULTS,
            "screening_choices": [
                (code, visit.locale.say(words)) for code, words in SCREENING_RESULTS.items()
            ],
            "story": story,
            "actors": actors_in(story, Role.FINANCE),
        },
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


def _next(grant: GrantDetail) -> list[tuple[Message, Command]]:
    """The possible next steps of a grant as a whole, whoever takes them."""
    if grant.status == GrantStatus.OFFERED:
        return [
            (msg("Accept the grant"), AcceptGrant(grant=grant.id)),
            (msg("Decline the grant"), DeclineGrant(grant=grant.id, reason="other")),
        ]
    if grant.status not in (GrantStatus.ACCEPTED, GrantStatus.SUSPENDED):
        return []
    waiting = grant.payee is not None and not grant.payee.confirmed
    setting = grant.payee.setting if grant.payee else 1
    return [
        (
            msg("Save the bank details"),
            SetGrantPayee(grant=grant.id, kind="recipient", name="-", account="-"),
        ),
        *(
            [(msg("Confirm the bank details"), ConfirmGrantPayee(grant=grant.id, setting=setting))]
            if waiting
            else []
        ),
        (
            msg("Record a screening"),
            RecordScreening(
                grant=grant.id, setting=setting, result="no_match", reference="-", screened_on=date.min
            ),
        ),
        (msg("Schedule the instalments"), ScheduleGrant(grant=grant.id, instalments=())),
        (msg("Submit a report"), SubmitGrantReport(grant=grant.id, text="-")),
        *_changes(grant),
        (msg("Complete the grant"), CompleteGrant(grant=grant.id)),
    ]


def _changes(grant: GrantDetail) -> list[tuple[Message, Command]]:
    """The commands that stop or change an accepted grant."""
    ends_on = date.max if grant.ends_on != date.max else date.min
    proposal = ProposeGrantAmendment(grant=grant.id, ends_on=ends_on, confirm_past_due=True)
    answers: list[tuple[Message, Command]] = []
    if grant.amendment is not None:
        number = grant.amendment
        answers = [
            (msg("Accept the amendment"), AcceptGrantAmendment(grant=grant.id, amendment=number)),
            (msg("Decline the amendment"), DeclineGrantAmendment(grant=grant.id, amendment=number)),
        ]
    suspended = grant.status == GrantStatus.SUSPENDED
    pause: tuple[Message, Command] = (
        (msg("Resume the grant"), ResumeGrant(grant=grant.id))
        if suspended
        else (msg("Suspend the grant"), SuspendGrant(grant=grant.id, reason="other"))
    )
    return [
        *answers,
        (msg("Propose an amendment"), proposal),
        pause,
        (msg("End the grant early"), TerminateGrant(grant=grant.id, reason="other")),
    ]


def _steps(visit: Visit, grant: str, instalment: InstalmentShown) -> list[tuple[Message, Command]]:
    """The possible next steps of an instalment, whoever takes them."""
    number = instalment.number
    match instalment.status:
        case InstalmentStatus.SCHEDULED:
            return [
                (
                    msg("Request instalment {number}", number=number),
                    RequestInstalment(grant=grant, instalment=number),
                )
            ]
        case InstalmentStatus.REQUESTED | InstalmentStatus.APPROVED_ONCE:
            return [
                (
                    msg("Approve instalment {number}", number=number),
                    ApproveInstalment(grant=grant, instalment=number),
                )
            ]
        case InstalmentStatus.APPROVED | InstalmentStatus.FAILED:
            # A failed payment needs its approvals again if the payee was changed since.
            again = instalment.status == InstalmentStatus.FAILED
            approve = ApproveInstalment(grant=grant, instalment=number)
            return [
                *([(msg("Approve instalment {number}", number=number), approve)] if again else []),
                (
                    msg("Record the payment order of instalment {number}", number=number),
                    InstructInstalment(grant=grant, instalment=number, reference="-"),
                ),
            ]
        case InstalmentStatus.INSTRUCTED:
            settle = SettleInstalment(
                grant=grant,
                instalment=number,
                amount=instalment.amount,
                settled_on=visit.wiring.clock().date(),
            )
            failed = FailInstalment(grant=grant, instalment=number, reason="other")
            return [
                (msg("Record the payment of instalment {number}", number=number), settle),
                (msg("Record instalment {number} as failed", number=number), failed),
            ]
        case _:
            return []


def _some(amount: Money | None) -> Money | None:
    """An amount, unless it is zero."""
    return amount if amount is not None and amount.amount.strip("0.") else None


def _rows(form: FormShown) -> range:
    typed = form.returned.typed.rows("instalments") if form.returned else 0
    asked = form.returned is not None and bool(form.returned.typed.own("lines"))
    return range(max(BLANK_ROWS, typed + (BLANK_ROWS if asked else 0)))


async def _payee(_: Visit, form: SubmittedForm) -> Plain:
    """A payee; a fiscal host that is not registered here has no code."""
    plain = nested(form.typed())
    if not plain.get("host"):
        plain.pop("host", None)
    return dict(plain)


PAGES = (
    Page(path="/grants", show=_mine),
    Page(path="/calls/{call}/grants", show=_of_call),
    Page(
        path="/grants/{grant}",
        show=_one,
        acts=(
            PageAction(command="grant.accept", done=msg("You accepted the grant.")),
            PageAction(command="grant.decline", done=msg("You declined the grant.")),
            PageAction(
                command="grant.set_payee",
                done=msg(
                    "The bank details are saved. A second person has to check them before anything is paid."
                ),
                filled=_payee,
            ),
            PageAction(command="grant.confirm_payee", done=msg("The bank details are confirmed.")),
            PageAction(command="grant.record_screening", done=msg("The screening is recorded.")),
            PageAction(
                command="grant.schedule",
                done=msg("The instalments are scheduled. Beside each you see who has to act next."),
            ),
            PageAction(command="grant.submit_report", done=msg("Your report is submitted.")),
            PageAction(command="grant.accept_report", done=msg("The report is accepted.")),
            PageAction(
                command="grant.return_report",
                done=msg("The report is returned to the recipient."),
            ),
            PageAction(command="grant.suspend", done=msg("The grant is suspended.")),
            PageAction(command="grant.resume", done=msg("The grant is resumed.")),
            PageAction(
                command="grant.terminate",
                done=msg("The grant has ended. What was not paid is back in the fund."),
            ),
            PageAction(
                command="grant.propose_amendment",
                done=msg("The amendment is proposed. It takes effect once the recipient accepts it."),
            ),
            PageAction(command="grant.accept_amendment", done=msg("You accepted the amendment.")),
            PageAction(command="grant.decline_amendment", done=msg("You declined the amendment.")),
            PageAction(command="grant.complete", done=msg("The grant is completed.")),
            PageAction(command="instalment.request", done=msg("The payment is requested.")),
            PageAction(
                command="instalment.approve",
                done=msg(
                    "You approved the payment. Two different people have to approve it; beside it you see whether one more is needed."
                ),
            ),
            PageAction(
                command="instalment.instruct",
                done=msg("The payment order is recorded. Nothing was sent to the bank from here."),
            ),
            PageAction(command="instalment.settle", done=msg("The payment is recorded.")),
            PageAction(command="instalment.fail", done=msg("It is recorded that the bank did not pay.")),
        ),
    ),
)
