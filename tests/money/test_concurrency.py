"""Many at once reach for the same money, through two processes and one database; it is given out once."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from domain.funds import FundCommitted, FundReleased
from domain.grants.facts import (
    GrantAccepted,
    GrantCompleted,
    GrantDeclined,
    GrantInstalmentApproved,
    GrantInstalmentFailed,
    GrantInstalmentInstructed,
    GrantInstalmentRequested,
    GrantInstalmentSettled,
    GrantInstalmentsScheduled,
)
from tests.money.conftest import House, eur, planned, together

pytestmark = pytest.mark.anyio


class TestAFund:
    async def test_pays_for_as_many_grants_as_it_can_and_not_one_more(self, house: House) -> None:
        """Twelve offers of 100.00 on 500.00: five are made, seven refused with the same sentence."""
        round = await house.awarded(*[10_000] * 12, received=50_000)

        answers = await together(*(house.tried_offer(application) for application in round.applications))

        sentence = "The fund has 0.00 EUR available, which does not cover the grant of 100.00 EUR."
        assert Counter(answers) == {None: 5, sentence: 7}
        books = house.count()
        assert sorted(books.funds[round.fund].bound.values()) == [10_000] * 5
        assert len(books.grants) == 5
        assert len([fact for fact in house.facts(round.fund) if isinstance(fact, FundCommitted)]) == 5
        house.check_ledger()

    async def test_refuses_only_what_it_cannot_pay(self, house: House) -> None:
        """Offers of many sizes: whatever was refused exceeds what is left in the end."""
        sizes = (5_000, 12_500, 20_000, 30_000, 7_501, 100, 33_333, 18_000)
        round = await house.awarded(*sizes, received=60_000)
        sums = dict(zip(round.applications, sizes, strict=True))

        answers = await together(*(house.tried_offer(application) for application in round.applications))

        book = house.count().funds[round.fund]
        refused = [
            sums[application]
            for application, answer in zip(round.applications, answers, strict=True)
            if answer is not None
        ]
        assert sum(book.bound.values()) == sum(sizes) - sum(refused) <= 60_000
        assert refused
        assert all(size > book.available for size in refused)
        house.check_ledger()

    async def test_gives_one_grant_to_one_application_however_many_offer_it(self, house: House) -> None:
        round = await house.awarded(10_000, received=50_000)
        (application,) = round.applications

        answers = await together(
            *(house.tried_offer(application, who) for who in ("officer", "second_officer") * 3)
        )

        assert answers.count(None) == 1
        assert set(answers) == {None, "This application was already offered a grant."}
        assert list(house.count().funds[round.fund].bound.values()) == [10_000]

    async def test_takes_in_no_more_of_a_pledge_than_was_pledged(self, house: House) -> None:
        """Four times 300.00 of a pledge of 1000.00."""
        fund, pledge = await house.fund(100_000, 10_000)

        answers = await together(*(house.receive(fund, pledge, 30_000) for _ in range(4)))

        sentence = "300.00 EUR is more than the 0.00 EUR still expected from this pledge."
        assert Counter(answers) == {None: 3, sentence: 1}
        assert house.count().funds[fund].received == {pledge: 100_000}
        house.check_ledger()

    async def test_spends_money_that_comes_back_once(self, house: House) -> None:
        """One artist declines while three others' offers wait for the money: one of them gets it, or none yet."""
        round = await house.awarded(10_000, 10_000, 10_000, 10_000, received=10_000)
        (first, artist), *others = round.applications.items()
        grant = await house.offer(first)

        answers = await together(
            house.tried("grant.decline", artist, grant=grant, reason="other"),
            *(house.tried_offer(application) for application, _ in others),
        )

        assert answers[0] is None
        assert answers[1:].count(None) <= 1
        again = await together(*(house.tried_offer(application) for application, _ in others))
        assert (answers[1:] + again).count(None) == 1
        book = house.count().funds[round.fund]
        assert sorted(book.bound.values()) == [0, 10_000]
        house.check_ledger()


class TestAnOffer:
    async def test_is_accepted_or_declined_and_never_both(self, house: House) -> None:
        round = await house.awarded(10_000, received=10_000)
        ((application, artist),) = round.applications.items()
        grant = await house.offer(application)

        answers = await together(
            house.tried("grant.accept", artist, grant=grant),
            house.tried("grant.decline", artist, grant=grant, reason="other"),
        )

        last = house.facts(grant)[-1]
        if answers[0] is None:
            assert answers == [
                None,
                "Only an open offer can be accepted or declined; this grant is accepted.",
            ]
            assert isinstance(last, GrantAccepted)
        else:
            assert answers == [
                "Only an open offer can be accepted or declined; this grant is declined.",
                None,
            ]
            assert isinstance(last, GrantDeclined)
        bound = 10_000 if answers[0] is None else 0
        assert house.count().funds[round.fund].bound == {grant: bound}
        house.check_ledger()


class TestASchedule:
    async def test_is_one_of_those_written_at_once_whole(self, house: House) -> None:
        """Two legal plans and one that exceeds the grant; the last to be stored stands."""
        grant, _ = await house.payable(100_000, 100_000)
        plans = ((60_000, 40_000), (30_000, 30_000, 30_000), (60_000, 60_000))

        answers = await together(*(house.schedule(grant, 100_000, planned(*plan)) for plan in plans))

        too_much = "The instalments add up to 1200.00 EUR, which is more than the grant of 1000.00 EUR."
        assert answers == [None, None, too_much]
        written = [
            tuple(instalment.amount for instalment in fact.instalments)
            for fact in house.facts(grant)
            if isinstance(fact, GrantInstalmentsScheduled)
        ]
        assert written[0] == (100_000,)
        assert sorted(written[1:]) == sorted(plans[:2])
        assert tuple(house.count().grants[grant].plan.values()) == written[-1]

    async def test_stands_once_an_instalment_was_requested(self, house: House) -> None:
        """The artist asks for what is planned while the officer plans anew; whoever comes second sees the first."""
        grant, artist = await house.payable(100_000, 100_000)

        answers = await together(
            house.tried("instalment.request", artist, grant=grant, instalment=1),
            house.schedule(grant, 100_000, planned(50_000)),
        )

        kinds = [type(fact) for fact in house.facts(grant)[-2:]]
        if answers[1] is None:
            assert answers == [None, None]
            assert kinds == [GrantInstalmentsScheduled, GrantInstalmentRequested]
        else:
            assert answers == [
                None,
                "The schedule can no longer be changed, because an instalment was already requested.",
            ]
            assert kinds[-1] is GrantInstalmentRequested
        house.count()


class TestAnInstalment:
    @staticmethod
    def approvals(house: House, grant: str) -> list[GrantInstalmentApproved]:
        return [fact for fact in house.facts(grant) if isinstance(fact, GrantInstalmentApproved)]

    async def requested(self, house: House) -> str:
        grant, artist = await house.payable(100_000, 60_000, 40_000)
        await house.run("instalment.request", artist, grant=grant, instalment=1)
        return grant

    async def test_is_not_approved_twice_by_one_person_who_holds_both_roles(self, house: House) -> None:
        grant = await self.requested(house)

        answers = await together(
            *(house.tried("instalment.approve", "both", grant=grant, instalment=1) for _ in range(4))
        )

        again = "You gave the first approval; the second must come from somebody else."
        assert Counter(answers) == {None: 1, again: 3}
        assert [(fact.approver, fact.approval) for fact in self.approvals(house, grant)] == [
            (house.people["both"], 1)
        ]

    async def test_gets_one_first_approval_of_two_people_at_once(self, house: House) -> None:
        grant = await self.requested(house)

        answers = await together(
            *(
                house.tried("instalment.approve", who, grant=grant, instalment=1)
                for who in ("finance", "second_finance")
            )
        )

        assert Counter(answers) == {
            None: 1,
            "In this initiative, only people with this role can do this: approver.": 1,
        }
        (first,) = self.approvals(house, grant)
        winner = "finance" if answers[0] is None else "second_finance"
        assert (first.approver, first.approval) == (house.people[winner], 1)

    async def test_gets_one_second_approval_and_is_instructed_once(self, house: House) -> None:
        """Two approvers at once, then finance twice at once."""
        grant = await self.requested(house)
        await house.run("instalment.approve", "finance", grant=grant, instalment=1)

        answers = await together(
            *(
                house.tried("instalment.approve", who, grant=grant, instalment=1)
                for who in ("approver", "second_approver", "both")
            )
        )
        assert answers.count(None) == 1
        assert set(answers) == {
            None,
            "Only a requested instalment can be approved; this one is approved.",
        }
        assert [fact.approval for fact in self.approvals(house, grant)] == [1, 2]

        answers = await together(
            *(
                house.tried("instalment.instruct", who, grant=grant, instalment=1, reference=f"RUN-{number}")
                for number, who in enumerate(("finance", "second_finance"))
            )
        )
        assert Counter(answers) == {
            None: 1,
            "Only an instalment approved twice can be sent to the bank; this one is instructed.": 1,
        }
        instructed = [fact for fact in house.facts(grant) if isinstance(fact, GrantInstalmentInstructed)]
        assert [fact.reference for fact in instructed] == [f"RUN-{answers.index(None)}"]
        house.count()

    async def test_is_settled_or_failed_and_never_both(self, house: House) -> None:
        grant = await house.instructed(100_000)
        day = house.offices[0].now.date()

        answers = await together(
            house.tried(
                "instalment.settle",
                "finance",
                grant=grant,
                instalment=1,
                amount=eur(100_000),
                settled_on=day,
            ),
            house.tried(
                "instalment.fail", "second_finance", grant=grant, instalment=1, reason="held_by_bank"
            ),
        )

        last = house.facts(grant)[-1]
        if answers[0] is None:
            assert (
                answers[1]
                == "Only an instalment that was sent to the bank can be recorded as paid or failed; this one is settled."
            )
            assert isinstance(last, GrantInstalmentSettled)
        else:
            assert answers == [
                "Only an instalment that was sent to the bank can be recorded as paid or failed; this one is failed.",
                None,
            ]
            assert isinstance(last, GrantInstalmentFailed)
        house.check_ledger()

    async def test_is_settled_once_and_the_grant_completed_once(self, house: House) -> None:
        """Of a grant of 1000.00 all is planned but 1.00, which comes back to the fund a single time."""
        grant, artist = await house.payable(100_000, 99_900)
        for name, who in (
            ("instalment.request", artist),
            ("instalment.approve", "finance"),
            ("instalment.approve", "approver"),
        ):
            await house.run(name, who, grant=grant, instalment=1)
        await house.run("instalment.instruct", "finance", grant=grant, instalment=1, reference="RUN-1")
        day = house.offices[0].now.date()

        settling = await together(
            *(
                house.tried(
                    "instalment.settle",
                    who,
                    grant=grant,
                    instalment=1,
                    amount=eur(99_900),
                    settled_on=day,
                )
                for who in ("finance", "second_finance") * 2
            )
        )
        completing = await together(
            *(house.tried("grant.complete", who, grant=grant) for who in ("officer", "second_officer") * 2)
        )

        assert settling.count(None) == completing.count(None) == 1
        assert set(settling) == {
            None,
            "Only an instalment that was sent to the bank can be recorded as paid or failed; this one is settled.",
        }
        assert set(completing) == {
            None,
            "This is possible only for an accepted grant; this one is completed.",
        }
        fund = house.count().grants[grant].fund
        released = [fact.amount for fact in house.facts(fund) if isinstance(fact, FundReleased)]
        assert released == [100]
        assert isinstance(house.facts(grant)[-1], GrantCompleted)
        house.check_ledger()


async def test_the_same_request_sent_again_at_once_moves_money_once(house: House) -> None:
    """One idempotency key, six times, through both processes, as after a client's time-out."""
    grant = await house.instructed(100_000)
    day = house.offices[0].now.date()

    answers = await asyncio.gather(
        *(
            house.run(
                "instalment.settle",
                "finance",
                key="settle-1",
                grant=grant,
                instalment=1,
                amount=eur(100_000),
                settled_on=day,
            )
            for _ in range(6)
        )
    )

    assert len({(answer.stream, answer.version, answer.positions) for answer in answers}) == 1
    assert sorted(answer.repeated for answer in answers) == [False] + [True] * 5
    settled = [fact for fact in house.facts(grant) if isinstance(fact, GrantInstalmentSettled)]
    assert [fact.amount for fact in settled] == [100_000]
    house.check_ledger()


class TestAGrantThatIsStopped:
    async def test_is_ended_or_its_payment_is_sent_and_never_both(self, house: House) -> None:
        """Or money would leave that the fund has back already."""
        grant, artist = await house.payable(100_000, 100_000)
        one = {"grant": grant, "instalment": 1}
        await house.run("instalment.request", artist, **one)
        await house.run("instalment.approve", "finance", **one)
        await house.run("instalment.approve", "approver", **one)

        answers = await together(
            house.tried("instalment.instruct", "finance", **one, reference="RUN-1"),
            house.tried("grant.terminate", "officer", grant=grant, reason="other"),
        )

        assert answers.count(None) == 1
        house.count()
        house.check_ledger()

    async def test_is_lowered_once_however_many_accept_the_amendment(self, house: House) -> None:
        """What is freed can be granted once."""
        grant, artist = await house.payable(100_000, 60_000)
        await house.run("grant.propose_amendment", "officer", grant=grant, amount=eur(60_000))

        answers = await together(
            *(house.tried("grant.accept_amendment", artist, grant=grant, amendment=1) for _ in range(3))
        )

        assert answers.count(None) == 1
        released = [
            fact.amount
            for fact in house.facts(house.count().grants[grant].fund)
            if isinstance(fact, FundReleased)
        ]
        assert released == [40_000]
        house.check_ledger()
