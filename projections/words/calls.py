"""Facts of a call, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, assert_never

from domain.calls.facts import (
    CallAwardReleased,
    CallAwardsConfirmed,
    CallCancelled,
    CallChanged,
    CallDrafted,
    CallFact,
    CallFormChanged,
    CallPublished,
    CallRoundOpened,
    CallRubricChanged,
    CallScreeningSet,
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
                msg("{actor} drafted the call {about}.", actor=actor, about=about),
                changed=(
                    *_gives(fact, fact.currency),
                    *_judged(fact.stages),
                    *(
                        ()
                        if fact.fast_track_up_to is None
                        else (
                            msg(
                                "Fast track: up to {amount}",
                                amount=Money.of(fact.fast_track_up_to, fact.currency),
                            ),
                        )
                    ),
                ),
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
                stage=stage.title,
                count=stage.quorum,
            )
            for stage in stages
        ]
    if len({_BLINDNESS[stage.blindness] for stage in stages}) == 1:
        return *reviews, _BLINDNESS[stages[0].blindness]
    return *reviews, *map(_seen_in, stages)


def _seen_in(stage: Stage) -> Message:
    if stage.blind:
        return msg("In the stage “{stage}”, the jury does not see who applied.", stage=stage.title)
    return msg("In the stage “{stage}”, the jury sees who applied.", stage=stage.title)


def _gives(fact: CallDrafted | CallChanged, currency: str) -> tuple[Message, Message]:
    return (
        msg("Budget: {budget}", budget=Money.of(fact.budget, currency)),
        msg(
            "Awards: from {least} to {most}",
            least=Money.of(fact.minimum_award, currency),
            most=Money.of(fact.maximum_award, currency),
        ),
    )
