"""E-mail addresses: one each, and one person in every spelling of theirs."""

from __future__ import annotations

import pytest

from domain.addresses import address_name, check_email
from domain.refusals import Invalid


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("anna@example.org", "ANNA@Example.ORG"),
        ("анна@пример.рф", "анна@xn--e1afmkfd.xn--p1ai"),
        ("анна@пример.рф", "Анна@ПРИМЕР.РФ"),
        ("ren\u00e9@example.org", "rene\u0301@example.org"),
        ("a@caf\u00e9.example.org", "a@cafe\u0301.example.org"),
        ("\uff4110@x.org", "a10@x.org"),
        ("\uff21\uff11\uff10@\uff38.org", "a10@x.org"),
        ("\ufb01n@x.org", "FIN@x.org"),
        ("\U0001d538nn@x.org", "ann@x.org"),
    ],
)
def test_every_spelling_of_an_address_is_one_person(one: str, other: str) -> None:
    """Whoever registers first holds it; what was typed is what letters are sent to."""
    assert address_name(one) == address_name(other)
    assert (check_email(f" {one} "), check_email(other)) == (one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("anna@example.org", "anna@example.com"),
        ("anna@example.org", "аnna@example.org"),
        ("a.b@x.org", "ab@x.org"),
        ("stra\u00dfe@x.org", "strasse@x.org"),
    ],
)
def test_different_addresses_are_different_people(one: str, other: str) -> None:
    """Also those that look alike: the second begins with a Cyrillic letter."""
    assert address_name(one) != address_name(other)


@pytest.mark.parametrize(
    "address",
    [
        "a@x.org,b@y.org",
        "a@x.org; b@y.org",
        "a@x.org b@y.org",
        "mailto:a@x.org",
        "Anna <a@x.org>",
        "ann@example.org.",
        "ann@example",
        "ann@.example.org",
        "ann..b@example.org",
        "@example.org",
        "ann@",
        "ann",
        "ann@[127.0.0.1]",
        "ann@localhost",
        "an\u200bn@example.org",
        "ann\x07@example.org",
        "ann\n@example.org",
    ],
)
def test_what_is_no_address_or_more_than_one_is_refused(address: str) -> None:
    """At its field, and without the address in the sentence."""
    with pytest.raises(Invalid) as refused:
        check_email(address)
    (error,) = refused.value.errors
    assert error.field == "email"
    assert "@x" not in str(error.detail)


def test_an_address_that_was_taken_once_keeps_its_claim() -> None:
    """Though it would be refused today: the history is read for ever."""
    assert address_name("Ann@localhost") == "address ann@localhost"


@pytest.mark.parametrize("nothing", [None, "", " ", "\n"])
def test_nothing_is_no_address(nothing: str | None) -> None:
    """It may be left out."""
    assert check_email(nothing) is None


def test_the_longest_address_is_taken_and_one_more_character_is_not() -> None:
    """Both numbers are told."""
    host = ".".join(["x" * 60] * 3) + ".example.org"
    longest = f"{'a' * (254 - len(host) - 1)}@{host}"
    assert check_email(longest) == longest
    with pytest.raises(Invalid) as refused:
        check_email(f"a{longest}")
    assert str(refused.value.errors[0].detail) == "At most 254 characters; this has 255."
