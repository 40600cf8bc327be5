"""An account without an IBAN: a number and a bank code, written as the bank's country writes them. All are invented or the
banks' own examples."""

from __future__ import annotations

import pytest

from domain.commands.grants.payee import SetGrantPayee
from domain.deciding import Outcome
from domain.grants.bank_accounts import BankAccount, check_bank_account, countries
from domain.grants.facts import GrantPayeeSet
from domain.personal import personal_fields
from domain.refusals import Invalid
from tests.grants.scene import ARTIST, GRANT, PAYMENTS, accepted, world_with_grant


def wrong(account: str, bank_code: str | None, country: str | None) -> dict[str, str]:
    """What is said of each field."""
    with pytest.raises(Invalid) as refused:
        check_bank_account(account, bank_code=bank_code, country=country)
    return {error.field: str(error.detail) for error in refused.value.errors}


def test_it_is_kept_and_sealed_as_an_iban_is() -> None:
    command = SetGrantPayee(
        grant=GRANT,
        kind="recipient",
        name="Applicant One",
        account="1234 5678 901",
        bank_code="agri am 22",
        country="am",
    )
    assert world_with_grant(*accepted()).run(command, ARTIST) == Outcome(
        facts={
            GRANT: (
                GrantPayeeSet(
                    grant=GRANT,
                    dossier=PAYMENTS,
                    setting=1,
                    kind="recipient",
                    party=ARTIST,
                    name="Applicant One",
                    account="12345678901",
                    bank_code="AGRIAM22",
                    country="AM",
                    payable_from=None,
                    approvals_ended=0,
                ),
            )
        },
        answers=GRANT,
    )
    sealed = personal_fields(GrantPayeeSet)
    assert {sealed[name] for name in ("name", "account", "bank_code", "country")} == {"dossier"}


@pytest.mark.parametrize(
    ("account", "bank_code", "country", "kept"),
    [
        ("9876-543210", "111000025", "US", ("9876543210", "111000025")),
        ("12345678", "20-00-00", "GB", ("12345678", "200000")),
        ("123 456 789", "062-000", "AU", ("123456789", "062000")),
        ("0100194-00", "01-0242", "NZ", ("010019400", "010242")),
        ("1234567", "0001-00012", "CA", ("1234567", "000100012")),
        ("123456789012", "sbin0000001", "IN", ("123456789012", "SBIN0000001")),
        ("", "044525225", "RU", None),
        ("1234567890", "AGRIJPJT", "JP", ("1234567890", "AGRIJPJT")),
        ("1234567890", "AGRIUS33XXX", "US", ("1234567890", "AGRIUS33XXX")),
    ],
)
def test_each_country_has_its_own_codes_and_every_country_takes_a_bic(
    account: str, bank_code: str, country: str, kept: tuple[str, str] | None
) -> None:
    if kept is None:
        account = keyed("40817810", "00000000001", bank_code)
        kept = (account, bank_code)
    assert check_bank_account(account, bank_code=bank_code, country=country) == BankAccount(
        account=kept[0], bank_code=kept[1], country=country
    )


def keyed(before: str, after: str, bik: str) -> str:
    """The one Russian account number with these digits around its key that is right."""
    found = []
    for key in "0123456789":
        number = f"{before}{key}{after}"
        total = sum(int(d) * (7, 1, 3)[place % 3] % 10 for place, d in enumerate(bik[-3:] + number))
        if total % 10 == 0:
            found.append(number)
    (number,) = found
    return number


UNFIT = (
    "The account number and the bank code do not match, so one of them has a typing "
    "error; compare them with a letter or statement from the bank."
)


@pytest.mark.parametrize(
    ("account", "bank_code", "country", "told"),
    [
        (
            "123456",
            None,
            "ZZ",
            {"country": "Write the country of the bank as its two letters, such as US or AM."},
        ),
        (
            "123456",
            None,
            "USA",
            {"country": "Write the country of the bank as its two letters, such as US or AM."},
        ),
        ("123456", "AGRIAM22", None, {"country": "Say in which country the bank is."}),
        (
            "1234 5678 901",
            None,
            None,
            {
                "country": "Say in which country the bank is.",
                "bank_code": "Write the code of the bank, too.",
            },
        ),
        ("123456", None, "AM", {"bank_code": "Write the code of the bank, too."}),
        ("123456", "AGRIGE22", "AM", {"bank_code": "This BIC belongs to a bank in another country."}),
        (
            "123456",
            "AGRI",
            "AM",
            {
                "bank_code": (
                    "The bank code is a BIC (SWIFT code) of 8 or 11 letters and digits, such as AGRIFRPP."
                )
            },
        ),
        (
            "12\u043e4",
            "AGRIAM22",
            "AM",
            {"account": "Use only the letters A to Z and digits for the account number, 4 to 34 of them."},
        ),
        (
            "123",
            "1110000",
            "US",
            {
                "bank_code": "The bank code is a routing number of 9 digits, or a BIC.",
                "account": "An account number in this country has 4 to 17 digits.",
            },
        ),
        ("9876543210", "112000025", "US", {"account": UNFIT}),
        ("40817810100000000001", "044525225", "RU", {"account": UNFIT}),
        ("0100195-00", "010242", "NZ", {"account": UNFIT}),
    ],
)
def test_a_mistake_is_told_at_its_field(
    account: str, bank_code: str | None, country: str | None, told: dict[str, str]
) -> None:
    assert wrong(account, bank_code, country) == told


def test_without_a_country_it_is_an_iban_or_words_as_before() -> None:
    iban = "DE89 3704 0044 0532 0130 00"
    assert check_bank_account(iban, bank_code="", country=" ") == BankAccount(
        account="DE89370400440532013000"
    )
    assert list(wrong("DE88 3704 0044 0532 0130 00", None, None)) == ["account"]


@pytest.mark.parametrize(
    "written",
    ["DE89 3704 0044 0532 0130 00", "IBAN DE89 3704 0044 0532 0130 00", "iban: de89-3704-0044-0532-0130-00"],
)
@pytest.mark.parametrize(
    ("bank_code", "country"), [("AGRIAM22", "AM"), ("111000025", "US"), ("AGRIAM22", None), (None, "DE")]
)
def test_an_iban_needs_nothing_else_and_what_is_left_over_from_another_account_is_dropped(
    written: str, bank_code: str | None, country: str | None
) -> None:
    assert check_bank_account(written, bank_code=bank_code, country=country) == BankAccount(
        account="DE89370400440532013000"
    )


@pytest.mark.parametrize(
    ("bank_code", "country"), [("AGRIAM22", "AM"), ("111000025", "US"), (None, "DE"), (None, None)]
)
@pytest.mark.parametrize(
    "written",
    [
        "DE88 3704 0044 0532 0130 00",
        "IBAN DE88 3704 0044 0532 0130 00",
        "Winter Bank DE88 3704 0044 0532 0130 00",
    ],
)
def test_an_iban_with_a_typing_error_is_no_account_number_of_another_country(
    written: str, bank_code: str | None, country: str | None
) -> None:
    (said,) = wrong(written, bank_code, country).items()
    assert said[0] == "account"
    assert "IBAN" in said[1]


def test_a_number_that_begins_with_letters_is_one_where_there_are_no_ibans() -> None:
    assert check_bank_account("JP12345678901234567", bank_code="AGRIJPJT", country="JP").country == "JP"


@pytest.mark.parametrize(
    "written", ["Account 12345678", "Konto: 1234-5678", "№ 40817810099910004312", "M-Pesa 254712345678"]
)
def test_a_number_after_a_word_needs_the_bank_too(written: str) -> None:
    assert wrong(written, None, None) == {
        "account": "This reads as the number of a bank account. If it is not, say in a sentence how you can be paid.",
        "country": "Say in which country the bank is.",
        "bank_code": "Write the code of the bank, too.",
    }


@pytest.mark.parametrize(
    "written",
    ["In cash, by hand", "Cash by hand, telephone 091 234567", "M-Pesa +254 712 345678", "DE00 EXAMPLE"],
)
def test_who_has_no_account_says_in_words_how_they_can_be_paid(written: str) -> None:
    assert check_bank_account(written, bank_code="", country="") == BankAccount(account=written)


def test_all_faults_are_told_at_once() -> None:
    command = SetGrantPayee(grant=GRANT, kind="recipient", host=ARTIST, name=" ", account="123 456")
    refused, told = world_with_grant(*accepted()).turned_down(command, ARTIST)
    assert (refused, sorted(told)) == (Invalid, ["bank_code", "country", "host", "name"])


def test_the_countries_are_those_of_today() -> None:
    assert {"RU", "UA", "BY", "AM", "GE", "US", "XK"} <= countries()
    assert {"SU", "DD", "ZZ", "EU"}.isdisjoint(countries())
    assert 200 < len(countries()) < 280
