"""The fiscal host that a recipient names: those who confirm bank details read who that is."""

from __future__ import annotations

import pytest

from projections import grants
from tests.projections.conftest import Season
from tests.projections.test_changed_grants import granted
from tests.projections.test_tied_viewers import organisation

pytestmark = pytest.mark.anyio


async def host_shown(season: Season, who: str) -> tuple[str | None, str | None]:
    """The host and its name, as somebody is shown them."""
    season.project()
    found = await grants.one(season.reader, season.people[who], season.things["grant"])
    assert found.payee is not None
    return found.payee.host, found.payee.host_name


async def test_those_who_pay_read_which_organisation_is_the_host_and_the_recipient_what_they_typed(
    season: Season,
) -> None:
    await granted(season)
    assert await host_shown(season, "finance") == (None, None)
    host = await organisation(season, "tied")
    payee = {"grant": season.things["grant"], "name": "Canary Payee", "account": "Canary Payee 2"}
    await season.run("grant.set_payee", season.artist1, **payee, kind="fiscal_host", host=host)
    for who, shown in (
        ("finance", (host, "Winter house")),
        ("approver", (host, "Winter house")),
        ("artist1", (host, None)),
        ("officer", (None, None)),
        ("funder", (None, None)),
    ):
        assert await host_shown(season, who) == shown, who


async def test_of_a_person_who_is_the_host_only_the_code_is_shown(season: Season) -> None:
    await granted(season)
    payee = {"grant": season.things["grant"], "name": "Canary Payee", "account": "Canary Payee 2"}
    await season.run("grant.set_payee", season.artist1, **payee, kind="fiscal_host", host=season.artist2)
    assert await host_shown(season, "finance") == (season.artist2, None)
