"""What in an applicant's texts tells a blind jury who they are."""

import pytest

from domain.identifying import Clue, clues_in

NAMES = ("Mira Okladnikova", "Studio Zwei")


@pytest.mark.parametrize(
    "text",
    [
        "A film by Mira Okladnikova",
        "MIRA made it",
        "A film by Okladnikovs",
        "The rooms of Studio",
    ],
)
def test_a_name_is_found_in_any_case_and_with_another_ending(text: str) -> None:
    assert clues_in(text, NAMES) == (Clue.NAME,)


def test_russian_cases_are_found() -> None:
    assert clues_in("Песни Окладниковой", ("Мира Окладникова",)) == (Clue.NAME,)


@pytest.mark.parametrize("text", ["A film about a mirror", "Two studies", "Okra", ""])
def test_other_words_are_not(text: str) -> None:
    assert clues_in(text, ("Mira Okladnikova", "Al")) == ()


@pytest.mark.parametrize(
    ("text", "clue"),
    [
        ("Write to someone@example.org", Clue.ADDRESS),
        ("See https://example.org/film", Clue.LINK),
        ("See www.example.org", Clue.LINK),
        ("I am @a_film on all networks", Clue.ACCOUNT),
        ("Call +49 30 901820", Clue.NUMBER),
    ],
)
def test_addresses_links_accounts_and_numbers_are_found(text: str, clue: Clue) -> None:
    assert clues_in(text, ()) == (clue,)
