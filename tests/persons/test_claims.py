"""Claims: an administrator makes one, and the person exchanges it once for a token that nobody else knows."""

from datetime import timedelta

import pytest

from domain.commands.persons import ErasePerson, MakeClaim, UseClaim, WithdrawClaim
from domain.deciding import Outcome
from domain.persons.facts import PersonClaimMade, PersonClaimUsed, PersonClaimWithdrawn
from domain.persons.state import PERSON, Claim
from domain.refusals import Forbidden, Invalid, NotFound, Refused
from domain.values import SYSTEM
from tests.driving import NOON, World
from tests.scene import ADMINISTRATOR, ARTIST, KEEPER, OFFICER, STRANGER, peopled

DAY = timedelta(days=1)


def with_claim(days: int = 7) -> tuple[World, str]:
    """A world in which the artist was made a claim, and the claim's id."""
    world = peopled()
    world.run(MakeClaim(person=ARTIST, days=days), KEEPER)
    return world, newest(world).id


def newest(world: World) -> Claim:
    """The artist's newest claim."""
    return world.state(PERSON, ARTIST).claims[-1]


def use(claim: str) -> UseClaim:
    return UseClaim(person=ARTIST, claim=claim)


class TestWhenAPersonHasNoClaim:
    @pytest.mark.parametrize("maker", [KEEPER, SYSTEM])
    def test_the_installation_makes_one_that_ends(self, maker: str) -> None:
        world = peopled()
        outcome = world.run(MakeClaim(person=ARTIST), maker)
        made = PersonClaimMade(
            person=ARTIST,
            claim=newest(world).id,
            made_by=maker,
            made_at=NOON,
            ends_at=NOON + 7 * DAY,
            another=False,
        )
        assert outcome == Outcome(facts={ARTIST: (made,)}, answers=ARTIST)

    @pytest.mark.parametrize("actor", [ADMINISTRATOR, OFFICER, ARTIST, STRANGER])
    def test_nobody_else_makes_one(self, actor: str) -> None:
        assert peopled().turned_down(MakeClaim(person=ARTIST), actor) == (
            Forbidden,
            "Only an administrator of this installation can do this.",
        )

    @pytest.mark.parametrize("days", [0, -1, 31, 10**9])
    def test_it_is_made_for_some_days(self, days: int) -> None:
        assert peopled().turned_down(MakeClaim(person=ARTIST, days=days), KEEPER) == (
            Invalid,
            {"days": f"A one-time key can be used for 1 to 30 days; this is {days}."},
        )

    def test_none_is_made_for_nobody_or_for_the_erased(self) -> None:
        world = peopled()
        world.run(ErasePerson(person=ARTIST, reason="safety"), KEEPER)
        assert world.turned_down(MakeClaim(person=ARTIST), KEEPER) == (
            Refused,
            "This person's data was erased.",
        )
        nobody = "person-" + "0" * 32
        assert world.turned_down(MakeClaim(person=nobody), KEEPER) == (NotFound, "There is no such person.")


class TestWhenAClaimIsOpen:
    def test_the_person_exchanges_it(self) -> None:
        world, claim = with_claim()
        outcome = world.run(use(claim), ARTIST, NOON + DAY)
        used = PersonClaimUsed(person=ARTIST, claim=claim, used_at=NOON + DAY)
        assert outcome == Outcome(facts={ARTIST: (used,)}, answers=ARTIST)

    @pytest.mark.parametrize("actor", [KEEPER, ADMINISTRATOR, STRANGER, SYSTEM])
    def test_nobody_exchanges_another_persons(self, actor: str) -> None:
        """The claim's secret stands for the person; the program acts in their name when it is brought."""
        world, claim = with_claim()
        assert world.turned_down(use(claim), actor) == (
            NotFound,
            "Not found, or you have no access.",
        )

    @pytest.mark.parametrize("actor", [KEEPER, SYSTEM, ARTIST])
    def test_it_is_withdrawn_by_its_maker_or_by_the_person(self, actor: str) -> None:
        world, claim = with_claim()
        outcome = world.run(WithdrawClaim(person=ARTIST, claim=claim), actor, NOON + DAY)
        withdrawn = PersonClaimWithdrawn(person=ARTIST, claim=claim, withdrawn_at=NOON + DAY)
        assert outcome == Outcome(facts={ARTIST: (withdrawn,)}, answers=ARTIST)
        assert world.turned_down(use(claim), ARTIST, NOON + 2 * DAY) == (
            Refused,
            "This one-time key was withdrawn on 2026-03-03 12:00 UTC; ask for a new one.",
        )

    @pytest.mark.parametrize("actor", [ADMINISTRATOR, STRANGER])
    def test_nobody_else_withdraws_it(self, actor: str) -> None:
        world, claim = with_claim()
        assert world.turned_down(WithdrawClaim(person=ARTIST, claim=claim), actor) == (
            Forbidden,
            "Only an administrator of this installation can do this.",
        )

    def test_no_second_one_is_made_beside_it(self) -> None:
        world, _ = with_claim()
        assert world.turned_down(MakeClaim(person=ARTIST), KEEPER) == (
            Refused,
            "This person has a one-time key that can be used until 2026-03-09 12:00 UTC; withdraw it first.",
        )

    def test_it_can_be_used_until_its_end_and_not_at_it(self) -> None:
        world, claim = with_claim(days=1)
        end = NOON + DAY
        for command in (use(claim), WithdrawClaim(person=ARTIST, claim=claim)):
            assert world.turned_down(command, ARTIST, end) == (
                Refused,
                "This one-time key expired on 2026-03-03 12:00 UTC; ask for a new one.",
            )
        world.run(use(claim), ARTIST, end - timedelta(microseconds=1))

    def test_another_claims_id_is_no_claim_of_this_person(self) -> None:
        world, _ = with_claim()
        assert world.turned_down(use("claim-" + "0" * 32), ARTIST) == (
            NotFound,
            "There is no such one-time key.",
        )


class TestWhenAClaimWasUsed:
    def test_it_is_not_used_again(self) -> None:
        world, claim = with_claim()
        world.run(use(claim), ARTIST, NOON + DAY)
        for command in (use(claim), WithdrawClaim(person=ARTIST, claim=claim)):
            assert world.turned_down(command, ARTIST, NOON + 2 * DAY) == (
                Refused,
                "This one-time key was used on 2026-03-03 12:00 UTC; it works only once.",
            )

    def test_the_next_one_is_told_to_be_another(self) -> None:
        world, claim = with_claim()
        world.run(use(claim), ARTIST)
        world.run(MakeClaim(person=ARTIST), KEEPER, NOON + DAY)
        assert newest(world).another

    @pytest.mark.parametrize("how", ["withdrawn", "ended"])
    def test_the_next_after_one_that_nobody_used_is_not(self, how: str) -> None:
        world, claim = with_claim()
        if how == "withdrawn":
            world.run(WithdrawClaim(person=ARTIST, claim=claim), KEEPER)
        world.run(MakeClaim(person=ARTIST), KEEPER, NOON + 8 * DAY)
        assert not newest(world).another
