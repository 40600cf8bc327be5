"""Queries for the timelines of an application, a grant, a call and a fund: who can open them, and what they show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from domain import access
from domain.calls.state import CALL, Call
from domain.funds import FUND
from domain.grants.state import GRANT
from domain.indexes import applications_of, rounds_of
from domain.messages import in_context, msg, verbatim
from domain.refusals import NotFound
from domain.rounds.state import ROUND, Round, RoundStatus
from domain.values import Role
from projections import readings
from projections.cases import case_of, judged_now
from projections.moments import AsOf, position_at
from projections.paging import DEFAULT_LIMIT
from projections.reader import Reader, allow
from projections.timeline.entries import Asked, Timeline
from projections.timeline.naming import Name
from projections.timeline.pages import page
from projections.words.sentences import by_title


async def of_application(
    reader: Reader,
    viewer: str | None,
    application: str,
    *,
    cursor: str | None = None,
    limit: int = DEFAULT_LIMIT,
    as_of: AsOf | None = None,
) -> Timeline:
    """What happened to an application, and to the grant that followed, from the beginning.

    Applicants see nothing of what the jury did, neither before the decision nor after; nor do people who acted for the
    applicant before, or declared a conflict of interest. People who judge it see nothing. Raises `NotFound` or `Forbidden`.
    """
    who = viewer or ""
    case = await case_of(reader, who, application)
    role = allow(
        access.sees_timeline(
            case.viewer,
            case.initiative,
            applicant=case.application.applicant,
            round=case.round,
            own=case.own,
        )
    )
    reviews = case.reviews.values()
    conflict = access.declared_conflict(who, reviews)
    places = access.sees_waiting_places(
        case.viewer,
        applicant=case.application.applicant,
        conflict_in_call=bool(await reader.conflicts_in_call(who, case.application.call)),
    )
    times = access.sees_times(
        case.viewer,
        case.initiative,
        applicant=case.application.applicant,
        round=case.round,
        judging=access.is_judging(who, case.round, reviews),
    )
    allow(times)
    round = case.application.round
    rounds = [*case.application.earlier, round]
    earlier = await reader.load(*((ROUND, each) for each in case.application.earlier))
    states = {**{each: loaded.state for each, loaded in earlier.items()}, round: case.round}
    if role is Role.OFFICER:
        await _record_times(reader, who, case.call, rounds)
    conflicts = (application,) if conflict else ()
    return await page(
        reader,
        Asked(
            viewer=case.viewer,
            role=role,
            thing=application,
            at=position_at(as_of, times),
            around=rounds,
            zone=case.call.time_zone,
            currency=case.application.currency,
            places=places,
            tied=(application,) if case.tied else (),
            names={
                case.application.call: _name_of_call(case.application.call, case.call),
                **names_of_rounds(case.application.call, case.call, states),
            },
            states=states,
            conflicts=conflicts,
        ),
        cursor,
        limit,
    )


async def of_grant(
    reader: Reader,
    viewer: str | None,
    grant: str,
    *,
    cursor: str | None = None,
    limit: int = DEFAULT_LIMIT,
    as_of: AsOf | None = None,
) -> Timeline:
    """What happened to a grant; raises `NotFound` or `Forbidden`."""
    state, whole, actor = await reader.with_initiative_seen_by(viewer, GRANT, grant)
    initiative = whole.within(state.call)
    role = allow(access.sees_timeline(actor, initiative, applicant=state.recipient))
    if role is not Role.APPLICANT and state.recipient in await reader.avoiding(actor.id):
        raise NotFound
    times = access.sees_times(actor, initiative, applicant=state.recipient)
    call = await reader.the(CALL, state.call)
    tied = role is not Role.APPLICANT and (
        access.is_tied_to(actor, state.recipient)
        or state.application in await reader.conflicts_in_call(actor.id, state.call)
    )
    return await page(
        reader,
        Asked(
            viewer=actor,
            role=role,
            thing=grant,
            at=position_at(as_of, times),
            zone=call.time_zone,
            currency=state.currency,
            tied=(state.application,) if tied else (),
        ),
        cursor,
        limit,
    )


async def of_call(
    reader: Reader,
    viewer: str | None,
    call: str,
    *,
    cursor: str | None = None,
    limit: int = DEFAULT_LIMIT,
    as_of: AsOf | None = None,
) -> Timeline:
    """What happened in a call: its rounds, applications, reviews, panels and grants, and readings of them.

    Funders see an application once its round is decided. Of the viewer's own applications, and of those with which they
    declared a conflict, they see what applicants see. Those that they judge or must not read are left out. Raises `NotFound` or
    `Forbidden`, and `NotRecorded` if the reading cannot be recorded.
    """
    who = viewer or ""
    state, whole, actor = await reader.with_initiative_seen_by(viewer, CALL, call)
    initiative = whole.within(call)
    role = allow(access.sees_timeline(actor, initiative))
    at = position_at(as_of, access.sees_times(actor, initiative))
    rounds = await reader.index_entries(rounds_of(call))
    loaded = await reader.load(*((ROUND, each) for each in rounds))
    states = {each: loaded[each].state for each in rounds}
    undecided = [each for each in rounds if states[each].status is not RoundStatus.DECIDED]
    own = {each: await reader.applied_by(actor, each, call) for each in rounds}
    if role is Role.OFFICER:
        await _record_times(reader, who, state, [each for each in undecided if not own[each]])
    conflicts = await reader.conflicts_in_call(who, call)
    # Rounds in which the viewer has rivals are hidden, as undecided ones are from funders.
    closed = undecided
    if role is not Role.FUNDER:
        closed = [each for each in rounds if access.hides_rivals(states[each], own[each])]
    if conflicts.avoided:
        # In a rolling call, a round is one application.
        closed += [
            each
            for each in rounds
            if states[each].rolling and not conflicts.avoided.isdisjoint(states[each].applications)
        ]
    return await page(
        reader,
        Asked(
            viewer=actor,
            role=role,
            thing=call,
            at=at,
            zone=state.time_zone,
            currency=state.currency,
            places=access.sees_waiting_places(actor, conflict_in_call=bool(conflicts)),
            only=rounds,
            rounds=closed,
            judged=await judged_now(reader, who, rounds),
            avoided=conflicts.avoided,
            tied=[*(application for each in rounds for application in own[each]), *conflicts],
            names={call: _name_of_call(call, state), **names_of_rounds(call, state, states)},
            states=states,
            conflicts=conflicts,
        ),
        cursor,
        limit,
    )


async def of_fund(
    reader: Reader,
    viewer: str | None,
    fund: str,
    *,
    cursor: str | None = None,
    limit: int = DEFAULT_LIMIT,
    as_of: AsOf | None = None,
) -> Timeline:
    """What happened to a fund and to the grants it pays, without those that do not open for the viewer; raises `NotFound` or
    `Forbidden`."""
    who = viewer or ""
    state, initiative, actor = await reader.with_initiative_seen_by(viewer, FUND, fund)
    role = allow(access.sees_timeline(actor, initiative))
    at = position_at(as_of, access.sees_times(actor, initiative))
    rows = await reader.rows(
        "SELECT name FROM read.funds WHERE fund = %(fund)b AND to_position = 9223372036854775807", fund=fund
    )
    # Before the read model has seen the fund, its timeline is empty too.
    name = rows[0]["name"] if rows else ""
    return await page(
        reader,
        Asked(
            viewer=actor,
            role=role,
            thing=fund,
            at=at,
            currency=state.currency,
            avoided=await reader.avoided_everywhere(who),
            names={fund: Name(verbatim(name), by_title(name))},
        ),
        cursor,
        limit,
    )


async def _record_times(reader: Reader, viewer: str, call: Call, rounds: Sequence[str]) -> None:
    """Record that a person is about to read when applications were submitted, which jurors of a blind call must not
    know (`access.jury_knows_arrival`). Raises `NotRecorded` if that is impossible."""
    if access.jury_knows_arrival(call) or not any(stage.blind for stage in call.stages):
        return
    for each in rounds:
        if await _received_any(reader, each) and not await readings.record(reader, viewer, each, "times"):
            raise readings.NotRecorded(
                msg(
                    "The timeline is not shown at the moment, because it has to be recorded "
                    "first that you read when applications were submitted, and nothing can be "
                    "written now. Try again shortly."
                )
            )


async def _received_any(reader: Reader, round: str) -> bool:
    found = await reader.primary_rows(
        "SELECT 1 FROM history.indexes WHERE name = %(index)b::text LIMIT 1", index=applications_of(round)
    )
    return bool(found)


def _name_of_call(call: str, state: Call) -> Name:
    return Name(msg("{title}", title=state.title), by_title(state.title), call)


def names_of_rounds(call_id: str, call: Call, rounds: Mapping[str, Round]) -> dict[str, Name]:
    """The names of a call's rounds: by their stages if the call has several. A deadline is not part of a name, because
    it can be extended."""
    if len(call.stages) == 1:
        name = in_context("in a sentence", "the round")
        of = in_context("after “of”", "the round")
        return dict.fromkeys(rounds, Name(name, name, call_id, of))
    found = {}
    for each, round in rounds.items():
        stage = call.stage(round.stage).title
        name = in_context("in a sentence", "the round of “{stage}”", stage=stage)
        of = in_context("after “of”", "the round of “{stage}”", stage=stage)
        found[each] = Name(name, name, call_id, of)
    return found
