"""One altered cent is found, wherever it was altered."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from tests.acceptance.agreement import (
    Followed,
    LedgerEntry,
    LedgerLine,
    LedgerSums,
    RawFact,
    disagreements,
    sums_of_facts,
    sums_of_ledger,
)
from tests.acceptance.giving import FileGrant

FUND = "fund-1"


def grant_of_file(number: int, awarded: int = 100_000, requested: int = 90_000) -> FileGrant:
    return FileGrant(
        number=number,
        identifier=f"invented-{number}",
        title="A title",
        description="A description.",
        currency="EUR",
        awarded=awarded,
        requested=requested,
        recipient="Applicant One",
        programme=None,
        open_call=None,
        awarded_on=date(2024, 3, 1),
        ends_on=date(2025, 3, 1),
    )


def facts_of(number: int, first: int, fund: str = FUND, stages: int = 1) -> list[RawFact]:
    """One grant's life in facts, paid in two instalments, of which one failed once. In the first of two stages another sum was
    asked for."""
    application, grant, party = f"application-{number}", f"grant-{number}", f"party-{number}"
    asked = {"application": application, "applicant": party, "requested": 90_000, "currency": "EUR"}
    first_stage = asked if stages == 1 else asked | {"requested": 80_000}
    told: list[tuple[str, dict[str, Any]]] = [
        ("application.submitted.v1", first_stage),
        *([("application.continued.v1", asked)] if stages > 1 else []),
        ("application.awarded.v1", {"application": application, "amount": 100_000, "currency": "EUR"}),
        (
            "grant.offered.v1",
            {
                "grant": grant,
                "application": application,
                "recipient": party,
                "fund": fund,
                "amount": 100_000,
                "currency": "EUR",
            },
        ),
        ("fund.committed.v1", {"fund": fund, "grant": grant, "amount": 100_000}),
        ("grant.payee_set.v1", {"grant": grant, "setting": 1, "party": party}),
        ("grant.instalment_instructed.v1", {"grant": grant, "instalment": 1, "setting": 1}),
        ("grant.instalment_settled.v1", {"grant": grant, "instalment": 1, "amount": 66_667}),
        ("grant.instalment_instructed.v1", {"grant": grant, "instalment": 2, "setting": 1}),
        ("grant.instalment_failed.v1", {"grant": grant, "instalment": 2, "reason": "other"}),
        ("grant.instalment_instructed.v1", {"grant": grant, "instalment": 2, "setting": 1}),
        ("grant.instalment_settled.v1", {"grant": grant, "instalment": 2, "amount": 33_333}),
        ("grant.completed.v1", {"grant": grant}),
    ]
    return [RawFact(first + place, topic, fields) for place, (topic, fields) in enumerate(told)]


FOLLOWED = [
    Followed(1, "application-1", "grant-1", "party-1", 1),
    Followed(2, "application-2", "grant-2", "party-2", 2),
]
FILE = {1: grant_of_file(1), 2: grant_of_file(2)}
FACTS = facts_of(1, 1) + facts_of(2, 13, stages=2)
NEXT = len(FACTS) + 1
LEDGER = {
    grant: LedgerSums(currency="EUR", committed=100_000, paid=100_000, bound=0)
    for grant in ("grant-1", "grant-2")
}


def found(
    file: dict[int, FileGrant] = FILE, facts: list[RawFact] = FACTS, ledger: dict[str, LedgerSums] = LEDGER
) -> list[str]:
    return disagreements(FOLLOWED, file, sums_of_facts(facts, {FUND}), ledger)


def test_nothing_altered_agrees() -> None:
    assert found() == []


@pytest.mark.parametrize(
    ("altered", "sentences"),
    [
        (
            {"awarded": 100_001},
            [
                "Grant 2: 1000.01 EUR awarded by the file, 1000.00 EUR by the facts.",
                "Grant 2: 1000.01 EUR offered by the file, 1000.00 EUR by the facts.",
                "Grant 2: 1000.01 EUR committed by the file, 1000.00 EUR by the facts.",
                "Grant 2: 1000.01 EUR paid by the file, 1000.00 EUR by the facts.",
                "Grant 2: 1000.01 EUR paid to its recipient by the file, 1000.00 EUR by the facts.",
                "Grant 2: 1000.01 EUR committed by the file, 1000.00 EUR by the ledger.",
                "Grant 2: 1000.01 EUR paid by the file, 1000.00 EUR by the ledger.",
            ],
        ),
        ({"requested": 89_999}, ["Grant 2: 899.99 EUR asked for by the file, 900.00 EUR by the facts."]),
    ],
)
def test_one_cent_altered_in_the_file_is_found(altered: dict[str, int], sentences: list[str]) -> None:
    assert found(file=FILE | {2: replace(FILE[2], **altered)}) == sentences


PAID = (
    "Grant {number}: 1000.00 EUR paid by the file, 1000.01 EUR by the facts.",
    "Grant {number}: 1000.00 EUR paid to its recipient by the file, 1000.01 EUR by the facts.",
)


def altered_by_a_cent(number: int, topic: str, field: str, *, time: int = 0) -> list[RawFact]:
    """All facts, but in one of a grant a sum is a cent too high: in the first one of a topic, or the next after it."""
    facts = list(FACTS)
    names = {f"application-{number}", f"grant-{number}"}
    places = [
        place
        for place, fact in enumerate(facts)
        if fact.topic == topic and names & {fact.fields.get("application"), fact.fields.get("grant")}
    ]
    fields = facts[places[time]].fields
    facts[places[time]] = replace(facts[places[time]], fields={**fields, field: fields[field] + 1})
    return facts


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize(
    ("topic", "time", "sentences"),
    [
        (
            "application.awarded.v1",
            0,
            ["Grant {number}: 1000.00 EUR awarded by the file, 1000.01 EUR by the facts."],
        ),
        (
            "grant.offered.v1",
            0,
            ["Grant {number}: 1000.00 EUR offered by the file, 1000.01 EUR by the facts."],
        ),
        (
            "fund.committed.v1",
            0,
            ["Grant {number}: 1000.00 EUR committed by the file, 1000.01 EUR by the facts."],
        ),
        ("grant.instalment_settled.v1", 0, PAID),
        ("grant.instalment_settled.v1", 1, PAID),
    ],
)
def test_one_cent_altered_in_any_fact_is_found(
    number: int, topic: str, time: int, sentences: list[str]
) -> None:
    facts = altered_by_a_cent(number, topic, "amount", time=time)
    assert found(facts=facts) == [sentence.format(number=number) for sentence in sentences]


@pytest.mark.parametrize(
    ("number", "topic"), [(1, "application.submitted.v1"), (2, "application.continued.v1")]
)
def test_one_cent_altered_in_what_was_asked_for_last_is_found(number: int, topic: str) -> None:
    assert found(facts=altered_by_a_cent(number, topic, "requested")) == [
        f"Grant {number}: 900.00 EUR asked for by the file, 900.01 EUR by the facts."
    ]


def test_what_was_asked_for_in_an_earlier_stage_does_not_count() -> None:
    assert found(facts=altered_by_a_cent(2, "application.submitted.v1", "requested")) == []


def with_fields(topic: str, **fields: Any) -> list[RawFact]:
    """All facts, but those of a topic about grant 2 say something else."""
    return [
        replace(fact, fields={**fact.fields, **fields})
        if fact.topic == topic and "2" in f"{fact.fields.get('application')} {fact.fields.get('grant')}"
        else fact
        for fact in FACTS
    ]


def test_money_that_another_party_was_paid_is_found() -> None:
    """The sums agree, but a member of the organisation was paid."""
    assert found(facts=with_fields("grant.payee_set.v1", party="person-1")) == [
        "Grant 2: 1000.00 EUR paid to its recipient by the file, 0.00 EUR by the facts."
    ]


def test_a_grant_to_another_party_than_applied_is_found() -> None:
    sentence = "Grant 2 was not applied for by the party to which it was offered."
    assert sentence in found(facts=with_fields("grant.offered.v1", recipient="person-1"))
    facts = with_fields("application.continued.v1", applicant="person-1")
    assert found(facts=facts) == [sentence]


def test_a_stage_that_was_left_out_is_found() -> None:
    facts = [replace(fact, topic="") if fact.topic == "application.continued.v1" else fact for fact in FACTS]
    assert "Grant 2 went through 1 stages, not through 2." in found(facts=facts)


@pytest.mark.parametrize(
    ("altered", "sentence"),
    [
        ({"committed": 99_999}, "Grant 1: 1000.00 EUR committed by the file, 999.99 EUR by the ledger."),
        ({"paid": 100_001}, "Grant 1: 1000.00 EUR paid by the file, 1000.01 EUR by the ledger."),
        ({"bound": 1}, "Grant 1: 0.00 EUR still bound by the file, 0.01 EUR by the ledger."),
    ],
)
def test_one_cent_altered_in_the_ledger_is_found(altered: dict[str, int], sentence: str) -> None:
    assert found(ledger=LEDGER | {"grant-1": replace(LEDGER["grant-1"], **altered)}) == [sentence]


def test_two_errors_that_cancel_out_in_the_total_are_both_found() -> None:
    ledger = {
        "grant-1": replace(LEDGER["grant-1"], paid=100_001),
        "grant-2": replace(LEDGER["grant-2"], paid=99_999),
    }
    assert len(found(ledger=ledger)) == 2


def _without(key: str) -> Callable[[dict[str, LedgerSums]], dict[str, LedgerSums]]:
    return lambda ledger: {name: sums for name, sums in ledger.items() if name != key}


def test_a_grant_that_one_road_lacks_is_found() -> None:
    assert found(ledger=_without("grant-2")(LEDGER)) == ["Grant 2 of the file is missing from the ledger."]
    assert found(facts=FACTS[:12]) == ["Grant 2 of the file is missing from the facts."]
    assert found(file={1: FILE[1]}) == ["Grant 2 of the file is missing from the file."]


def test_a_grant_of_the_file_that_never_went_through_is_found() -> None:
    assert found(file=FILE | {3: grant_of_file(3)}) == [
        "Grant 3 of the file did not go through to its last payment."
    ]


def test_a_payment_to_a_grant_that_nobody_knows_is_found() -> None:
    strange = FACTS + facts_of(7, NEXT)
    assert found(facts=strange) == ["The facts have 1 grants that are none of the file's."]


def test_grants_of_other_funds_are_others_business() -> None:
    assert found(facts=FACTS + facts_of(7, NEXT, fund="fund-2")) == []


def test_a_missing_fact_is_found_even_if_it_holds_no_sum() -> None:
    with pytest.raises(ValueError, match="gap: position 6 is followed by 7"):
        sums_of_facts(FACTS[:5] + FACTS[6:], {FUND})


def test_a_released_sum_is_no_longer_committed_and_a_grant_must_be_completed() -> None:
    released = RawFact(NEXT, "fund.released.v1", {"fund": FUND, "grant": "grant-2", "amount": 1})
    assert found(facts=[*FACTS, released]) == [
        "Grant 2: 1000.00 EUR committed by the file, 999.99 EUR by the facts."
    ]
    assert found(facts=FACTS[:-1]) == ["Grant 2 was not completed."]


# The ledger


def entry(grant: str | None, debit: str, credit: str, amount: int) -> LedgerEntry:
    return LedgerEntry(grant, (LedgerLine(debit, amount), LedgerLine(credit, -amount)))


ENTRIES = [
    entry(None, "pledges_receivable", "contributions", 200_000),
    entry(None, "cash", "pledges_receivable", 200_000),
    entry("grant-1", "grants_awarded", "grants_payable", 100_000),
    entry("grant-2", "grants_awarded", "grants_payable", 100_000),
    entry("grant-1", "grants_payable", "cash", 66_667),
    entry("grant-1", "grants_payable", "cash", 33_333),
    entry("grant-2", "grants_payable", "cash", 100_000),
]
BALANCES = {
    "pledges_receivable": 0,
    "cash": 0,
    "contributions": -200_000,
    "grants_awarded": 200_000,
    "grants_payable": 0,
}


def test_the_entries_of_a_ledger_add_up_to_what_each_grant_was_paid() -> None:
    assert sums_of_ledger("EUR", ENTRIES, BALANCES) == LEDGER


def test_what_is_not_paid_yet_is_still_bound_and_what_was_released_is_not() -> None:
    bound = sums_of_ledger("EUR", ENTRIES[:-1], BALANCES | {"cash": 100_000, "grants_payable": -100_000})
    assert bound["grant-2"] == LedgerSums(currency="EUR", committed=100_000, paid=0, bound=100_000)
    released = [*ENTRIES[:-1], entry("grant-2", "grants_payable", "grants_awarded", 100_000)]
    sums = sums_of_ledger("EUR", released, BALANCES | {"cash": 100_000, "grants_awarded": 100_000})
    assert sums["grant-2"] == LedgerSums(currency="EUR", committed=0, paid=0, bound=0)


def test_one_cent_altered_on_one_side_of_an_entry_is_found() -> None:
    altered = LedgerEntry("grant-1", (LedgerLine("grants_payable", 66_668), LedgerLine("cash", -66_667)))
    with pytest.raises(ValueError, match=r"Entry 5 of the ledger in EUR does not add up to zero\."):
        sums_of_ledger("EUR", [*ENTRIES[:4], altered, *ENTRIES[5:]], BALANCES)


def test_one_cent_altered_on_both_sides_of_an_entry_is_found_in_the_balances() -> None:
    altered = [*ENTRIES[:4], entry("grant-1", "grants_payable", "cash", 66_668), *ENTRIES[5:]]
    with pytest.raises(ValueError, match="another balance of cash"):
        sums_of_ledger("EUR", altered, BALANCES)
    shifted = BALANCES | {"cash": -1, "grants_payable": 1}
    assert found(ledger=sums_of_ledger("EUR", altered, shifted)) == [
        "Grant 1: 1000.00 EUR paid by the file, 1000.01 EUR by the ledger.",
        "Grant 1: 0.00 EUR still bound by the file, -0.01 EUR by the ledger.",
    ]


def test_an_entry_that_is_left_out_is_found_in_the_balances() -> None:
    with pytest.raises(ValueError, match="another balance"):
        sums_of_ledger("EUR", ENTRIES[:-1], BALANCES)
