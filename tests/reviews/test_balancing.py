"""Sharing out the reviews of a round: everybody about as many, nobody who cannot be asked, always the same result."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.reviews.balancing import shared_out

JURORS = ("ann", "bea", "cyd")


def test_everybody_gets_the_same_number_where_everybody_can_be_asked() -> None:
    missing = {f"application {number}": 2 for number in range(6)}
    found = shared_out(missing, dict.fromkeys(missing, JURORS), {})
    assert Counter(juror for jurors in found.values() for juror in jurors) == dict.fromkeys(JURORS, 4)


def test_those_who_were_asked_for_less_so_far_come_first() -> None:
    assert shared_out({"one": 1}, {"one": JURORS}, {"ann": 2, "bea": 1, "cyd": 1}) == {"one": ("bea",)}


def test_a_juror_who_alone_can_judge_an_application_is_not_spent_on_another() -> None:
    found = shared_out({"any": 1, "only ann": 1}, {"any": JURORS, "only ann": ("ann",)}, {"bea": 0})
    assert found == {"only ann": ("ann",), "any": ("bea",)}


def test_an_application_with_too_few_jurors_gets_those_there_are() -> None:
    assert shared_out({"one": 3, "two": 2}, {"one": ("ann",), "two": ()}, {}) == {"one": ("ann",)}


cases = st.dictionaries(
    st.sampled_from("ABCDEFGH"), st.tuples(st.integers(0, 3), st.sets(st.sampled_from(JURORS)))
)


@settings(max_examples=40)
@given(cases)
def test_nobody_is_asked_twice_or_against_the_rules_and_nothing_that_could_be_asked_is_missing(
    case: dict[str, tuple[int, set[str]]],
) -> None:
    missing = {each: number for each, (number, _) in case.items()}
    can = {each: jurors for each, (_, jurors) in case.items()}
    found = shared_out(missing, can, {})
    for each in case:
        asked = found.get(each, ())
        assert len(set(asked)) == len(asked) == min(missing[each], len(can[each]))
        assert set(asked) <= can[each]
    assert found == shared_out(dict(reversed(missing.items())), can, {})
