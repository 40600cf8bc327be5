"""Facts of a fund, its pledges and receipts, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, assert_never

from domain.funds import (
    Basis,
    FundCommitted,
    FundFact,
    FundOpened,
    FundPledgeAssigned,
    FundPledged,
    FundReceived,
    FundReleased,
)
from domain.labels import reason
from domain.messages import Message, msg
from domain.values import Money
from projections.words.sentences import FactInWords, SentenceContext, by_title

_AVAILABLE: Final[Mapping[Basis, Message]] = {
    "received": msg("Available for grants: what was received"),
    "pledged": msg("Available for grants: what was pledged"),
}


def fund_words(fact: FundFact, context: SentenceContext) -> FactInWords:
    """A fact of a fund, in `context.currency`."""
    actor, about = context.actor, context.about
    match fact:
        case FundOpened():
            return FactInWords(
                msg(
                    "{actor} opened the fund {about} in {currency}.",
                    actor=actor,
                    about=about,
                    currency=fact.currency,
                ),
                changed=(_AVAILABLE[fact.basis],),
            )
        case FundPledged():
            restriction = (
                () if fact.restriction is None else (msg("Restriction: {text}", text=fact.restriction),)
            )
            amount = Money.of(fact.amount, context.currency)
            if fact.name is not None:
                return FactInWords(
                    msg(
                        "{actor} recorded a pledge of {amount} by {name} to the fund {about}.",
                        actor=actor,
                        about=about,
                        amount=amount,
                        name=by_title(fact.name),
                    ),
                    changed=restriction,
                )
            return FactInWords(
                msg(
                    "{actor} recorded a pledge of {amount} to the fund {about}.",
                    actor=actor,
                    about=about,
                    amount=amount,
                ),
                changed=restriction,
            )
        case FundPledgeAssigned():
            return FactInWords(
                msg(
                    "{actor} assigned a pledge in the fund {about} to a member who is a funder.",
                    actor=actor,
                    about=about,
                )
            )
        case FundReceived():
            return FactInWords(
                msg(
                    "{actor} recorded that {amount} of a pledge to the fund {about} was received on {day}.",
                    actor=actor,
                    about=about,
                    amount=Money.of(fact.amount, context.currency),
                    day=fact.received_on,
                )
            )
        case FundCommitted():
            return FactInWords(
                msg(
                    "{actor} committed {amount} to the grant for {about}.",
                    actor=actor,
                    about=about,
                    amount=Money.of(fact.amount, context.currency),
                )
            )
        case FundReleased():
            return FactInWords(
                msg(
                    "{amount} that was committed to the grant for {about} is available again.",
                    about=about,
                    amount=Money.of(fact.amount, context.currency),
                ),
                reason(fact.reason),
            )
        case _:
            assert_never(fact)
