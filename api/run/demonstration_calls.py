"""What the calls of the demonstration say."""

from __future__ import annotations

from typing import Final


def eur(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "EUR"}


RUBRIC: Final = {
    "criteria": [
        {"id": "art", "label": {"en": "Artistic strength", "ru": "Художественная сила"}, "weight": 2},
        {"id": "need", "label": {"en": "Need", "ru": "Необходимость"}},
    ]
}
BOOKS: Final = {
    "title": {"en": "Books of the winter", "ru": "Зимние книги"},
    "summary": {
        "en": "For writers and publishers in exile who need paper, print and time.",
        "ru": "Для писателей и издателей в изгнании, которым нужны бумага, печать и время.",
    },
    "stages": [
        {
            "id": "main",
            "form": {
                "questions": [
                    {
                        "id": "idea",
                        "kind": "long_text",
                        "label": {"en": "What will you make?", "ru": "Что вы сделаете?"},
                        "max_words": 400,
                    },
                    {
                        "id": "costs",
                        "kind": "budget",
                        "label": {"en": "What does it cost?", "ru": "Сколько это стоит?"},
                    },
                    {
                        "id": "home",
                        "kind": "text",
                        "label": {"en": "Where do you live now?", "ru": "Где вы живёте сейчас?"},
                        "required": False,
                        "identifying": True,
                    },
                ]
            },
            "rubric": RUBRIC,
        }
    ],
    "budget": eur("10000.00"),
    "minimum_award": eur("500.00"),
    "maximum_award": eur("5000.00"),
    "time_zone": "Europe/Berlin",
    "grace_minutes": 15,
}
CONCERTS: Final = {
    **BOOKS,
    "title": {"en": "Concerts in small rooms", "ru": "Концерты в маленьких комнатах"},
    "summary": {
        "en": "For musicians in exile who play where people live.",
        "ru": "Для музыкантов в изгнании, которые играют там, где живут люди.",
    },
    "budget": eur("12000.00"),
    "maximum_award": eur("3000.00"),
    "grace_minutes": 0,
}
