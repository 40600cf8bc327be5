"""What the calls and the applications of `EveryState` say, in English and Russian."""

from __future__ import annotations

from typing import Any, Final

from tests.pages.conftest import eur


def both(en: str, ru: str) -> dict[str, str]:
    return {"en": en, "ru": ru}


QUESTIONS: Final = [
    {"id": "idea", "kind": "long_text", "label": both("What will you make?", "Что вы сделаете?"), "max_words": 400,
     "help": both("Tell it as you would tell it to a friend.", "Расскажите так, как рассказали бы другу.")},
    {"id": "costs", "kind": "budget", "label": both("What does it cost?", "Сколько это стоит?")},
    {"id": "before", "kind": "yes_no", "label": both("Did you apply here before?", "Вы уже подавали к нам заявку?")},
    {"id": "field", "kind": "choice", "label": both("Field", "Область"), "required": False,
     "choices": [{"id": "music", "label": both("Music", "Музыка")}, {"id": "books", "label": both("Books", "Книги")}]},
    {"id": "start", "kind": "date", "label": both("When do you begin?", "Когда вы начнёте?"), "required": False},
    {"id": "other", "kind": "money", "label": both("What do others give?", "Сколько дают другие?"), "required": False},
    {"id": "themes", "kind": "choices", "label": both("Themes", "Темы"), "required": False,
     "choices": [{"id": "sea", "label": both("The sea", "Море")}, {"id": "snow", "label": both("Snow", "Снег")},
                 {"id": "home", "label": both("A home that is far away", "Дом, который далеко")}]},
    {"id": "months", "kind": "number", "label": both("For how many months?", "На сколько месяцев?"), "required": False,
     "minimum": 1, "maximum": 36},
    {"id": "work", "kind": "link", "label": both("Where can we see your work?", "Где можно увидеть ваши работы?"),
     "required": False},
    {"id": "terms", "kind": "consent", "label": both("I agree to the terms.", "Я принимаю условия."), "required": False},
    {"id": "home", "kind": "text", "label": both("Where do you live?", "Где вы живёте?"), "required": False,
     "identifying": True},
    {"id": "people", "kind": "group", "label": both("Who takes part?", "Кто участвует?"), "required": False, "most_entries": 5,
     "questions": [
        {"id": "part", "kind": "text", "label": both("What does this person do?", "Что делает этот человек?")},
        {"id": "paid", "kind": "yes_no", "label": both("Is it paid?", "Это оплачивается?"), "required": False},
        {"id": "years", "kind": "number", "label": both("For how many years?", "Сколько лет?"), "required": False},
        {"id": "lives", "kind": "text", "label": both("Where do they live?", "Где живёт этот человек?"), "required": False,
         "identifying": True},
     ]},
]  # fmt: skip
ANSWERS: Final[dict[str, Any]] = {
    "idea": "Ten concerts in ten kitchens: in each town one flat, twenty listeners, and a talk afterwards.",
    "costs": [{"item": "Travel", "amount": "200.00"}, {"item": "Instruments", "amount": "1100.00"}],
    "before": False,
    "field": "music",
    "start": "2027-02-01",
    "other": "250.00",
    "themes": ["snow", "home"],
    "months": "10",
    "work": "https://example.org/kitchens",
    "terms": True,
    "home": "Tbilisi",
    "people": {
        "entries": [{"part": "Music", "paid": True, "years": "12"}, {"part": "Books", "lives": "Tbilisi"}]
    },
}
ASKED: Final = "1300.00"
CALL: Final[dict[str, Any]] = {
    "title": both("Concerts in small rooms", "Концерты в маленьких комнатах"),
    "summary": both(
        "For musicians in exile who play where people live.",
        "Для музыкантов в изгнании, которые играют там, где живут люди.",
    ),
    "stages": [
        {
            "id": "main",
            "form": {"questions": QUESTIONS},
            "rubric": {
                "criteria": [
                    {"id": "art", "label": both("Artistic strength", "Художественная сила"), "weight": 2},
                    {"id": "need", "label": both("Need", "Необходимость")},
                ]
            },
            "quorum": 1,
        }
    ],
    "budget": eur("9000.00"),
    "minimum_award": eur("100.00"),
    "maximum_award": eur("5000.00"),
    "time_zone": "Europe/Berlin",
}
LETTER: Final = {
    "id": "letter",
    "title": both("Letter", "Письмо"),
    "form": {
        "questions": [
            {"id": "work", "kind": "long_text", "label": both("Your work so far", "Ваша работа до сих пор")}
        ]
    },
    "rubric": {"criteria": [{"id": "art", "label": both("Artistic strength", "Художественная сила")}]},
    "quorum": 1,
}
EXILE: Final = {
    "id": "exile",
    "label": both("Do you live in exile?", "Вы живёте в изгнании?"),
    "refusal": both("This call is for people in exile.", "Этот конкурс для тех, кто живёт в изгнании."),
}

AWARD: Final[dict[str, Any]] = {"outcome": "award", "amount": eur("300.00"), "reason": "quality"}
DECLINE: Final[dict[str, Any]] = {"outcome": "decline", "reason": "not_selected"}


def waiting(rank: int) -> dict[str, Any]:
    return {"outcome": "waitlist", "rank": rank, "amount": eur("300.00")}
