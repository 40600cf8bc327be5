"""Folded states: a stream is only folded as its own kind."""

from typing import cast

import pytest

from domain.calls.state import CALL
from domain.initiatives.state import INITIATIVE
from domain.persons.state import PERSON
from domain.refusals import NotFound
from domain.topics import AGGREGATES
from history.states import REMEMBERED, Folded, StateCache
from history.store import History
from tests.history.conftest import Office

pytestmark = pytest.mark.anyio


def test_the_state_that_was_not_used_for_longest_is_dropped_first() -> None:
    """A stream that every command reads, such as an initiative's, stays however rarely it is written."""
    states = StateCache(cast("History", None))
    for number in range(REMEMBERED):
        states.keep(f"call-{number}", Folded(None, 1, 1, b""))
    assert states.known("call-0") is not None
    states.keep("call-new", Folded(None, 1, 1, b""))
    assert states.known("call-0") is not None
    assert states.known("call-1") is None


@pytest.mark.parametrize("afresh", [True, False])
async def test_no_stream_is_folded_as_another_kind(office: Office, afresh: bool) -> None:
    """Not even one that is remembered because its person was active."""
    administrator, initiative = await office.opened()
    assert office.runner.states.known(administrator) is not None
    for aggregate in AGGREGATES.values():
        for stream in (administrator, initiative):
            if stream.startswith(f"{aggregate.kind}-"):
                continue
            with pytest.raises(NotFound):
                await office.runner.states.read_set(bypass_cache=afresh).load(((aggregate, stream),))


@pytest.mark.parametrize("malformed", ["", "person", "person-", "person-12", "call-" + "g" * 32, "x" * 300])
async def test_a_malformed_id_names_nothing(office: Office, malformed: str) -> None:
    for aggregate in (PERSON, CALL, INITIATIVE):
        with pytest.raises(NotFound):
            await office.runner.states.read_set(bypass_cache=True).load(((aggregate, malformed),))
