"""Every fact has words: each topic, each reason, and no sentence that a stranger could not read."""

from __future__ import annotations

import re
from typing import get_args, get_type_hints

import msgspec
import pytest

from domain.deciding import Fact
from domain.topics import REGISTER, TOPICS
from projections.words import Told, words
from projections.words.telling import REASONS
from tests.history import golden

NEWEST = [topic.name for topic in REGISTER]
"""What is stored in an older shape is told in the words of the newest."""


def example(topic: str) -> Fact:
    """An example of a topic, the one that is stored beside the golden files."""
    fact: Fact = golden.fact_of(TOPICS[topic])
    return fact


@pytest.mark.parametrize("topic", NEWEST)
def test_every_topic_has_a_sentence(topic: str) -> None:
    """One that begins with a capital or a sum, ends with a full stop, and shows no id and no code."""
    said = words(example(topic), Told("EUR"))
    assert re.fullmatch(r"[A-Z0-9].*\.", said.what)
    text = " ".join((said.what, said.why or "", *said.changed))
    # An example's own texts, such as "Пример: time_zone", are nobody's sentence.
    assert not re.search(r"\w+-[0-9a-f]{32}|Withheld|None|_", re.sub(r"Пример: \w+", "", text)), text


@pytest.mark.parametrize("topic", NEWEST)
def test_every_reason_that_a_fact_can_give_has_words(topic: str) -> None:
    """Also those that were added to a fact after the words were written."""
    hint = get_type_hints(TOPICS[topic]).get("reason")
    codes = {code for code in _codes(hint) if isinstance(code, str)}
    assert codes <= REASONS.keys()


def _codes(hint: object) -> list[object]:
    parts = get_args(hint)
    return [hint] if not parts else [code for part in parts for code in _codes(part)]


def test_a_fact_without_words_is_noticed() -> None:
    """A new kind of stream cannot be forgotten in silence."""

    class SomethingNew(Fact, frozen=True, kw_only=True):
        pass

    with pytest.raises(AssertionError, match="SomethingNew has no words"):
        words(SomethingNew(), Told())


def test_structs_of_facts_are_told_apart() -> None:
    """No two topics of one season say the same of different things by accident of a missing case."""
    sentences = [words(example(topic), Told("EUR")).what for topic in NEWEST]
    assert len(set(sentences)) == len(sentences)
    assert all(isinstance(msgspec.to_builtins(sentence), str) for sentence in sentences)


@pytest.mark.parametrize(
    ("count", "told"),
    [
        (0, ()),
        (1, ("1 approval no longer counts because the bank details changed",)),
        (2, ("2 approvals no longer count because the bank details changed",)),
    ],
)
@pytest.mark.parametrize("topic", ["grant.payee_set.v1", "grant.instalment_failed.v1"])
def test_approvals_that_no_longer_count_are_told_with_what_ended_them(
    topic: str, count: int, told: tuple[str, ...]
) -> None:
    fact = msgspec.structs.replace(example(topic), approvals_ended=count)
    changed = words(fact, Told("EUR")).changed
    assert tuple(line for line in changed if "approval" in line) == told
