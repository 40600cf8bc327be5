"""Several things that a plan asks for at once go into one request."""

from __future__ import annotations

from typing import Any

import pytest

from domain.calls.state import CALL, Call
from domain.deciding import (
    Load,
    LoadBoth,
    Loaded,
    Part,
    PlanRequest,
    index_entries,
    maybe,
    some,
    the,
    together,
)
from domain.persons.state import PERSON, Person
from domain.refusals import NotFound
from domain.reviews.state import REVIEW, Review
from tests.scene import numbered

CALL_ID = numbered("call", 1)
WHO = numbered("person", 1)
REVIEWS = (numbered("review", 1), numbered("review", 2))


def driven(part: Part[Any], *answers: Any) -> tuple[list[PlanRequest], Any]:
    """What a part of a plan requests for when it is answered like this, and what it comes to."""
    requests = []
    answer: Any = None  # Any: it depends on the request
    left = list(answers)
    while True:
        try:
            requests.append(part.send(answer))
        except StopIteration as stop:
            assert not left
            return requests, stop.value
        answer = left.pop(0)


def test_streams_and_indexes_go_into_one_request() -> None:
    """Each part gets what it asked for, in the order in which it was written."""
    call, person = Call(title={"en": "Invented"}), Person()
    requests, found = driven(
        together(index_entries("one"), the(CALL, CALL_ID), index_entries("two"), maybe(PERSON, WHO)),
        ({CALL_ID: Loaded(call, 3, 3), WHO: Loaded(person, 0, 0)}, {"one": ("a",), "two": ()}),
    )
    assert requests == [LoadBoth(((CALL, CALL_ID), (PERSON, WHO)), ("one", "two"))]
    assert found == (("a",), call, (), person)


def test_a_part_that_needs_more_goes_on_by_itself() -> None:
    """Here the entries of an index are loaded; whatever is asked for at the same step goes along."""

    def reviews() -> Part[dict[str, Review]]:
        return (yield from some(REVIEW, (yield from index_entries("reviews"))))

    def two_calls() -> Part[tuple[Call, Person]]:
        return (yield from the(CALL, CALL_ID)), (yield from maybe(PERSON, WHO))

    requests, found = driven(
        together(reviews(), two_calls()),
        ({CALL_ID: Loaded(Call(), 1, 1)}, {"reviews": REVIEWS}),
        {WHO: Loaded(Person(), 0, 0), **{review: Loaded(Review(), 1, 1) for review in REVIEWS}},
    )
    assert requests == [
        LoadBoth(((CALL, CALL_ID),), ("reviews",)),
        Load((*[(REVIEW, review) for review in REVIEWS], (PERSON, WHO))),
    ]
    assert found == ({review: Review() for review in REVIEWS}, (Call(), Person()))


def test_parts_that_ask_for_several_things_themselves_go_into_the_same_request() -> None:
    call, person = Call(title={"en": "Invented"}), Person()
    requests, found = driven(
        together(
            together(index_entries("one"), the(CALL, CALL_ID)), maybe(PERSON, WHO), index_entries("two")
        ),
        ({CALL_ID: Loaded(call, 3, 3), WHO: Loaded(person, 0, 0)}, {"one": ("a",), "two": ()}),
    )
    assert requests == [LoadBoth(((CALL, CALL_ID), (PERSON, WHO)), ("one", "two"))]
    assert found == ((("a",), call), person, ())


def test_what_is_not_there_is_refused_in_the_order_of_the_parts() -> None:
    """As it would be if they were asked for one after another."""
    other = numbered("call", 2)
    absent = {CALL_ID: Loaded(Call(), 0, 0), other: Loaded(Call(), 0, 0)}
    for first, second in ((CALL_ID, other), (other, CALL_ID)):
        with pytest.raises(NotFound) as refused:
            driven(together(the(CALL, first), the(CALL, second)), absent)
        assert refused.value.named == first


def test_an_id_of_another_kind_is_refused_before_anything_is_loaded() -> None:
    """Nothing is folded as what it is not."""
    with pytest.raises(NotFound):
        driven(together(the(CALL, CALL_ID), maybe(PERSON, CALL_ID)))
