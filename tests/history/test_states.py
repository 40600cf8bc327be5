"""Folded states: a stream is read as what it is, or not at all."""

import pytest

from domain.calls import CALL
from domain.initiatives import INITIATIVE
from domain.persons import PERSON
from domain.refusals import NotFound
from domain.topics import AGGREGATES
from tests.history.conftest import Office

pytestmark = pytest.mark.anyio


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
                await office.runner.states.reading(afresh=afresh).load(((aggregate, stream),))


@pytest.mark.parametrize("malformed", ["", "person", "person-", "person-12", "call-" + "g" * 32, "x" * 300])
async def test_a_malformed_id_names_nothing(office: Office, malformed: str) -> None:
    for aggregate in (PERSON, CALL, INITIATIVE):
        with pytest.raises(NotFound):
            await office.runner.states.reading(afresh=True).load(((aggregate, malformed),))
