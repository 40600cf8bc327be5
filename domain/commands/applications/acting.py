"""Shared parts of the plans that change only an application: for its applicant, and for staff who examine it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from domain import access, readings
from domain.applications import rules as application_rules
from domain.applications.state import Application
from domain.calls.state import Call
from domain.commands.judged import reviews_now
from domain.deciding import (
    CommandContext,
    Fact,
    Outcome,
    Part,
    Plan,
    PlannedCommand,
    index_entries,
    maybe,
    some_maybe,
    the,
)
from domain.indexes import submissions_to
from domain.initiatives.state import INITIATIVE
from domain.organisations import ORGANISATION, Organisation, check_takes_part
from domain.parties import actor_in, actor_of, is_organisation
from domain.persons.state import PERSON
from domain.readings import EXAMINED, READING, Reading, of_rivals, reading_of, with_earlier
from domain.reviews.state import Review
from domain.values import SYSTEM


def by_writer(
    application_id: str,
    application: Application,
    context: CommandContext,
    rule: Callable[[], tuple[Fact, ...]],
    *,
    next_round: str | None = None,
) -> Plan:
    """The rest of the plan of every command by which the applicant writes in an application that was submitted before; none of
    them if they have read others' applications of its rounds. `next_round` is the round to which it is about to continue."""
    party = application.applicant
    actor = yield from actor_of(context.actor)
    organisation = (yield from maybe(ORGANISATION, party)) if is_organisation(party) else None
    rounds = application.rounds if next_round is None else (*application.rounds, next_round)
    read, colleagues = yield from read_of_rivals(context.actor, party, organisation, application.call, rounds)

    def decide() -> Outcome:
        if organisation is not None:
            check_takes_part(organisation)
        written_with = application_rules.written_with(
            application_id,
            application.call,
            {party} if organisation is None else organisation.members,
            application.writers,
            context.writers,
        )
        return Outcome(facts={application_id: (*rule(), *written_with)}, answers=application_id)

    return PlannedCommand(
        may=access.writes(actor, application, read=read, colleagues=colleagues),
        initiative=application.initiative,
        scope=application.call,
        party=party,
        decide=decide,
    )


def rounds_of_rivals(
    call: Call, rounds: Collection[str], application: Application | None = None
) -> Collection[str]:
    """Those of some rounds of a call in which there are rivals of who writes in an `application`, or in the draft of a new one
    (None). In a rolling call each application is decided by itself: others' rounds hold no rivals, and that of a new one is
    still to open."""
    if not call.rolling:
        return rounds
    return () if application is None else application.rounds


def read_of_rivals(
    actor: str, party: str, organisation: Organisation | None, call: str, rounds: Collection[str]
) -> Part[tuple[Reading, tuple[Reading, ...]]]:
    """What an applicant has read of some rounds of a call besides the applications of the `party` for which they apply, and what
    each other member has if that is an organisation; nothing of these if the actor is not a member."""
    members = organisation is not None and actor in organisation.members
    others = sorted(organisation.members - {actor}) if organisation is not None and members else []
    read = yield from read_by((*(() if actor == SYSTEM else (actor,)), *others), call, rounds)
    # Few who apply have judged anything, so their own applications are looked up only then.
    if any(each.judged_of for each in read.values()):
        own = yield from index_entries(submissions_to(call, party))
        read = {person: of_rivals(each, own) for person, each in read.items()}
    return read.get(actor, Reading()), tuple([read[each] for each in others])


def read_by(people: Collection[str], call: str, rounds: Collection[str]) -> Part[dict[str, Reading]]:
    """What each of some people has read of some rounds together, in two round trips at most: a rolling call has as many rounds as
    applications. Everybody who acted in a call or read of it has a handle in it. Most applicants who submit have none yet, so nothing
    more needs to be loaded for them."""
    known = yield from some_maybe(PERSON, people)
    in_call = [each for each in people if call in known[each].handles]
    streams = {(person, each): reading_of(person, each) for person in in_call for each in rounds}
    loaded = yield from some_maybe(READING, streams.values())
    found = dict.fromkeys(people, Reading())
    for (person, _), stream in streams.items():
        found[person] = with_earlier(found[person], loaded[stream])
    return found


def by_examiner(
    application_id: str,
    application: Application,
    context: CommandContext,
    rule: Callable[[Mapping[str, Review]], tuple[Fact, ...]],
) -> Plan:
    """The rest of the plan of every command by which staff examine an application. The rule gets its reviews."""
    whole = yield from the(INITIATIVE, application.initiative)
    actor, own = yield from actor_in(context.actor, application.round, application.call)
    reviews = yield from reviews_now(application_id, application)
    read = yield from read_by_examining(application, context)
    return PlannedCommand(
        may=access.examines(
            actor, whole.within(application.call), application, own=own, reviews=reviews.values()
        ),
        initiative=application.initiative,
        scope=application.call,
        decide=lambda: Outcome(facts={application_id: rule(reviews), **read}, answers=application_id),
    )


def read_by_examining(application: Application, context: CommandContext) -> Part[dict[str, tuple[Fact, ...]]]:
    """The fact that a person who examines an application has read it, whichever way it reached them. It is recorded
    with their first finding in the round only, so that many findings at the same time do not conflict."""
    stream = reading_of(context.actor, application.round)
    facts = readings.newly_read(
        (yield from maybe(READING, stream)),
        viewer=context.actor,
        initiative=application.initiative,
        call=application.call,
        round=application.round,
        kinds=EXAMINED,
    )
    return {stream: facts} if facts else {}
