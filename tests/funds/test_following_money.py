"""A pledge can be followed to each payment: what arrived first is spent first."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.following_money import Arrived, PaidOut, Share, shares

FIRST, SECOND = PaidOut("grant", 1, 70), PaidOut("grant", 2, 50)


def test_a_payment_is_shared_by_two_pledges_where_the_first_is_spent() -> None:
    assert shares((Arrived("ann", 100), Arrived("bea", 100), FIRST, SECOND)) == (
        Share(FIRST, "ann", 70),
        Share(SECOND, "ann", 30),
        Share(SECOND, "bea", 20),
    )


def test_a_payment_before_any_money_is_paid_by_the_next_receipt() -> None:
    assert shares((FIRST, Arrived("ann", 100), SECOND)) == (
        Share(FIRST, "ann", 70),
        Share(SECOND, "ann", 30),
        Share(SECOND, None, 20),
    )


def test_nothing_moved_and_nothing_paid_share_nothing() -> None:
    assert shares(()) == ()
    assert shares((Arrived("ann", 10),)) == ()


moves = st.lists(
    st.one_of(
        st.builds(Arrived, st.sampled_from(("ann", "bea")), st.integers(1, 60)),
        st.builds(PaidOut, st.just("grant"), st.integers(1, 9), st.integers(1, 60)),
    ),
    max_size=12,
)


@settings(max_examples=60)
@given(moves)
def test_every_cent_of_a_payment_has_one_source_and_no_pledge_pays_more_than_arrived(
    made: list[Arrived | PaidOut],
) -> None:
    found = shares(made)
    paid = sum(move.amount for move in made if isinstance(move, PaidOut))
    arrived: Counter[str] = Counter()
    for move in made:
        if isinstance(move, Arrived):
            arrived[move.pledge] += move.amount
    assert sum(share.amount for share in found) == paid
    for pledge, most in arrived.items():
        assert sum(share.amount for share in found if share.pledge == pledge) <= most
    unpaid = sum(share.amount for share in found if share.pledge is None)
    assert unpaid == max(0, paid - sum(arrived.values()))
