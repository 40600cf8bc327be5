"""A state that several kinds of things share under one word looks the same for all of them."""

from __future__ import annotations

from collections import defaultdict

from api.locales import Locale
from api.pages.chips import KINDS, Chips


def test_one_word_for_a_state_has_one_look() -> None:
    chips = Chips(Locale("en"))
    looks: defaultdict[str, set[str]] = defaultdict(set)
    for kind, statuses in KINDS.items():
        for status in statuses:
            looks[chips.label(kind, status.value)].add(chips.status(kind, status.value))
    assert {word: drawn for word, drawn in looks.items() if len(drawn) > 1} == {}
