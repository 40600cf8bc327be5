"""Of changes to an organisation's application: once the draft's owner no longer acts for it, the draft opens for nobody, and nobody
gets access to what the organisation wrote."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest

from api.drafts.drafts import Draft, DraftPlace
from api.drafts.forms import own_or_shared
from api.drafts.sharing import UNKNOWN, SharedDrafts
from api.locales import ENGLISH
from domain.applications.state import APPLICATION
from domain.refusals import Forbidden, NotFound
from tests.letters.conftest import Post, post
from tests.projections.conftest import CANARY_ANSWERS, CANARY_TITLES, DEADLINE, Season, eur
from tests.projections.test_joining import joins

__all__ = ["post"]

pytestmark = pytest.mark.anyio


@dataclass
class Left:
    """A draft whose owner, the second artist, has left the organisation. The third artist had accepted an invitation, and has not
    opened the draft yet; `secret` is that of another invitation."""

    post: Post
    season: Season
    draft: Draft
    secret: str

    @property
    def shared(self) -> SharedDrafts:
        """The drafts in which several people write."""
        return self.post.wired.shared_drafts

    async def recorded(self) -> set[str]:
        """Those of whom the application's history says that they had access to a draft."""
        application = await self.post.wired.reader.the(APPLICATION, self.draft.place.about)
        return set(application.writers)


@pytest.fixture
async def left(post: Post) -> Left:
    season = await post.season.begin()
    season.people["artist3"] = await season.office.person("Canary Artist Three")
    season.people["helper"] = await season.office.person("Canary Helper")
    season.things["organisation"] = await season.run(
        "organisation.register", season.artist1, name="Invented Collective"
    )
    application = await season.run(
        "application.submit",
        season.artist1,
        call=season.call,
        round=season.round,
        applicant=season.organisation,
        title=CANARY_TITLES[0],
        requested=eur("500.00"),
        answers={"idea": CANARY_ANSWERS[0], "born": CANARY_ANSWERS[1]},
    )
    await joins(season, season.artist2)
    place = DraftPlace(season.artist2, application, "application.change")
    draft = await post.wired.drafts.save(
        place, {"title": "Canary"}, seen=0, kept_until=DEADLINE + timedelta(days=30)
    )
    shared, secrets = post.wired.shared_drafts, []
    for _ in range(2):
        link = await shared.invite(draft, email="", note="", locale=ENGLISH)
        assert link is not None
        secrets.append(link.rpartition("/")[2])
    # As if accepting had been cut short: the history does not say yet that they write in it.
    shared._record, recording = _nothing, shared._record  # type: ignore[method-assign]
    await shared.accept(secrets[0], season.artist3)
    shared._record = recording  # type: ignore[method-assign]
    member = {"organisation": season.organisation, "person": season.artist2}
    await season.run("organisation.remove_member", season.artist1, **member)
    return Left(post, season, draft, secrets[1])


async def _nothing(*_: object) -> None:
    pass


async def test_nobody_is_invited_and_an_invitation_from_before_is_not_known(left: Left) -> None:
    with pytest.raises(Forbidden):
        await left.shared.invite(left.draft, email="", note="", locale=ENGLISH)
    for answering in (
        left.shared.find(left.secret),
        left.shared.accept(left.secret, left.season.people["helper"]),
    ):
        with pytest.raises(NotFound) as raised:
            await answering
        assert raised.value.detail == UNKNOWN
    assert await left.recorded() == set()


async def test_it_opens_neither_for_its_owner_nor_for_who_helps_and_nobody_is_recorded(left: Left) -> None:
    for person in (left.season.artist2, left.season.artist3):
        with pytest.raises(Forbidden):
            await own_or_shared(left.post.wired, left.draft.id, person)
    assert await left.recorded() == set()


async def test_who_helps_can_leave_it_and_its_owner_can_delete_it(left: Left) -> None:
    drafts = left.post.wired.drafts

    async def told(person: str) -> tuple[int, int, int]:
        found = await left.shared.sorted_for(person, await drafts.of(person))
        return len(found.open), len(found.to_leave), len(found.to_delete)

    owner, helper = left.season.artist2, left.season.artist3
    assert (await told(owner), await told(helper)) == ((0, 0, 1), (0, 1, 0))
    await joins(left.season, owner)
    assert (await told(owner), await told(helper)) == ((1, 0, 0), (1, 0, 0))
