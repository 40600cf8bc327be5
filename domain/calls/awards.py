"""How the awards of a call are described."""

from __future__ import annotations

from domain.messages import Message, msg
from domain.values import Money


def award_range(least: Money, most: Money) -> Message:
    """How much an award can be: from the least to the most, or only up to the most if there is no least."""
    if not least.amount.strip("0."):
        return msg("up to {most}", most=most)
    return msg("{least} to {most}", least=least, most=most)
