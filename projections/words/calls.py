"""Facts of a call, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, assert_never

from domain.calls.awards import award_range
from domain.calls.facts import (
    CallAwardReleased,
    CallAwardsConfirmed,
    CallCancelled,
    CallChanged,
    CallDiscarded,
    CallDraftChanged,
    CallDrafted,
    CallFact,
    CallFormChanged,
    CallFormPrepared,
    CallPublished,
    CallRoundOpened,
    CallRubricChanged,
    CallRubricPrepared,
    CallScreeningSet,
    CallStagesChanged,
)
from domain.labels import reason
from domain.messages import Message, msg
from domain.stages import Blindness, Stage
from domain.values import Money
from projections.words.sentences import FactInWords, SentenceContext

_BLIND: Final = msg("The jury does not see who applied.")
_BLINDNESS: Final[Mapping[Blindness, Message]] = {
    "open": msg("The jury sees who applied."),
    "single": _BLIND,
    "double": _BLIND,
}


def call_words(fact: CallFact, context: SentenceContext) -> FactInWords:
    """A fact of a call; the amounts of a change are in `context.currency`."""
    actor, about = context.actor, context.about
    match fact:
        case CallDrafted():
            return FactInWords(
                msg("{actor} drafted the call {about}.", actor=actor, about=about)
                if fact.copied_from is None
                else msg(
                    "{actor} drafted the call {about} as a copy of an earlier one.", actor=actor, about=about
                ),
                changed=(*_gives(fact, fact.currency), *_judged(fact.stages), *_fast_track(fact)),
            )
        case CallDraftChanged():
            return FactInWords(
                msg("{actor} changed the draft of the call {about}.", actor=actor, about=about),
                changed=(*_gives(fact, fact.currency), *_fast_track(fact)),
            )
        case CallStagesChanged():
            return FactInWords(
                msg("{actor} changed the stages of the call {about}.", actor=actor, about=about),
                changed=_judged(fact.stages),
            )
        case CallFormPrepared():
            return FactInWords(msg("{actor} worked on a form of the call {about}.", actor=actor, about=about))
        case CallRubricPrepared():
            return FactInWords(
                msg("{actor} worked on the criteria of the call {about}.", actor=actor, about=about)
            )
        case CallDiscarded():
            return FactInWords(
                msg("{actor} discarded the draft of the call {about}.", actor=actor, about=about)
            )
        case CallPublished():
            return FactInWords(msg("{actor} published the call {about}.", actor=actor, about=about))
        case CallChanged():
            return FactInWords(
                msg("{actor} changed the call {about}.", actor=actor, about=about),
                changed=_gives(fact, context.currency),
            )
        case CallFormChanged():
            return FactInWords(
                msg(
                    "{actor} changed the form of the call {about}; applications keep the version that they answered.",
                    actor=actor,
                    about=about,
                ),
                changed=(msg("The form is now version {version}", version=fact.form.version),),
            )
        case CallRubricChanged():
            return FactInWords(
                msg(
                    "{actor} changed the criteria of the call {about}; reviews keep the version "
                    "that they were scored by.",
                    actor=actor,
                    about=about,
                ),
                changed=(msg("The criteria are now version {version}", version=fact.rubric.version),),
            )
        case CallAwardsConfirmed():
            return FactInWords(
                msg(
                    "{amount} of the budget of the call {about} was awarded.",
                    amount=Money.of(fact.amount, context.currency),
                    about=about,
                )
            )
        case CallAwardReleased():
            return FactInWords(
                msg(
                    "{amount} is back in the budget of the call {about}.",
                    amount=Money.of(fact.amount, context.currency),
                    about=about,
                )
            )
        case CallCancelled():
            return FactInWords(
                msg("{actor} cancelled the call {about}.", actor=actor, about=about), reason(fact.reason)
            )
        case CallScreeningSet():
            return FactInWords(
                msg(
                    "{actor} required a screening of payees before payments of the call {about}.",
                    actor=actor,
                    about=about,
                )
                if fact.required
                else msg(
                    "{actor} no longer requires a screening of payees before payments of the call {about}.",
                    actor=actor,
                    about=about,
                )
            )
        case CallRoundOpened():
            return FactInWords(msg("{actor} opened a round of the call {about}.", actor=actor, about=about))
        case _:
            assert_never(fact)


def _judged(stages: Sequence[Stage]) -> tuple[Message, ...]:
    """The number of reviews that each stage needs, and what its jury sees; one sentence for all stages if it is the same."""
    if len(stages) == 1:
        reviews = [msg("Reviews of each application: {count}", count=stages[0].quorum)]
    else:
        reviews = [
            msg(
                "Reviews of each application in the stage “{stage}”: {count}",
                stage=_named(stage, number),
                count=stage.quorum,
            )
            for number, stage in enumerate(stages, 1)
        ]
    if len({_BLINDNESS[stage.blindness] for stage in stages}) == 1:
        return *reviews, _BLINDNESS[stages[0].blindness]
    return *reviews, *[_seen_in(stage, number) for number, stage in enumerate(stages, 1)]


def _seen_in(stage: Stage, number: int) -> Message:
    named = _named(stage, number)
    if stage.blind:
        return msg("In the stage “{stage}”, the jury does not see who applied.", stage=named)
    return msg("In the stage “{stage}”, the jury sees who applied.", stage=named)


def _named(stage: Stage, number: int) -> Mapping[str, str] | str:
    """A stage's title; its number if a draft has none yet."""
    return stage.title or str(number)


def _fast_track(fact: CallDrafted | CallDraftChanged) -> tuple[Message, ...]:
    if fact.fast_track_up_to is None:
        return ()
    return (msg("Fast track: up to {amount}", amount=Money.of(fact.fast_track_up_to, fact.currency)),)


def _gives(fact: CallDrafted | CallDraftChanged | CallChanged, currency: str) -> tuple[Message, ...]:
    """The amounts; none of a draft that lacks them."""
    if not (fact.budget and fact.maximum_award):
        return ()
    return (
        msg("Budget: {budget}", budget=Money.of(fact.budget, currency)),
        msg(
            "Awards: {range}",
            range=award_range(Money.of(fact.minimum_award, currency), Money.of(fact.maximum_award, currency)),
        ),
    )
