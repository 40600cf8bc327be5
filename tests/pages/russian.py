"""A house whose people, call and words are all Russian, and what on its pages is not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any, Final

from playwright.sync_api import Browser

from api.locales import ENGLISH, Locale
from domain.messages import Message
from tests.journey.running import Person, Running, demonstration
from tests.pages.browsing import Someone, Walk
from tests.pages.conftest import Stage, eur

RUSSIAN: Final = Locale("ru")

PEOPLE: Final[Mapping[str, tuple[str, ...]]] = {
    "founder": (),
    "officer": ("officer",),
    "chair": ("chair",),
    "juror": ("juror",),
    "finance": ("finance",),
    "funder": ("funder",),
    "artist": (),
}
"""The people by what they do, and their roles in the house."""

NAMES: Final[Mapping[str, str]] = {
    "founder": "Основательница Первая",
    "officer": "Кураторка Вторая",
    "chair": "Председатель Третий",
    "juror": "Эксперт Четвёртый",
    "finance": "Бухгалтер Пятый",
    "funder": "Меценатка Шестая",
    "artist": "Художница Седьмая",
}

LETTER: Final[dict[str, Any]] = {  # Any: JSON
    "id": "letter",
    "title": {"ru": "Письмо"},
    "form": {
        "questions": [
            {"id": "name", "kind": "text", "label": {"ru": "Как вас зовут?"}, "max_words": 3, "identifying": True},
            {"id": "idea", "kind": "long_text", "label": {"ru": "Ваш замысел"}, "max_words": 6,
             "help": {"ru": "Коротко, своими словами."}},
            {"id": "field", "kind": "choice", "label": {"ru": "Область"},
             "choices": [{"id": "music", "label": {"ru": "Музыка"}}, {"id": "books", "label": {"ru": "Книги"}}]},
            {"id": "themes", "kind": "choices", "label": {"ru": "Темы"},
             "choices": [{"id": "sea", "label": {"ru": "Море"}}, {"id": "snow", "label": {"ru": "Снег"}},
                         {"id": "home", "label": {"ru": "Дом"}}]},
            {"id": "before", "kind": "yes_no", "label": {"ru": "Вы уже подавали заявку?"}},
            {"id": "months", "kind": "number", "label": {"ru": "Сколько месяцев нужно?"}, "minimum": 1, "maximum": 24},
            {"id": "start", "kind": "date", "label": {"ru": "Когда вы начнёте?"}},
            {"id": "others", "kind": "money", "label": {"ru": "Сколько дадут другие?"}},
            {"id": "work", "kind": "link", "label": {"ru": "Где посмотреть ваши работы?"}},
            {"id": "costs", "kind": "budget", "label": {"ru": "Расходы"}},
            {"id": "people", "kind": "group", "label": {"ru": "С кем вы работаете?"}, "questions": [
                {"id": "part", "kind": "text", "label": {"ru": "Что делает этот человек?"}},
                {"id": "years", "kind": "number", "label": {"ru": "Сколько лет вместе?"}, "minimum": 1},
            ]},
            {"id": "terms", "kind": "consent", "label": {"ru": "Я согласна с условиями."}},
        ]
    },
    "rubric": {"criteria": [{"id": "art", "label": {"ru": "Художественная сила"}},
                            {"id": "need", "label": {"ru": "Нужность"}, "weight": 2}]},
    "quorum": 1,
}  # fmt: skip
"""The first stage asks with every kind of question."""

PROJECT: Final[dict[str, Any]] = {  # Any: JSON
    "id": "project",
    "title": {"ru": "Проект"},
    "form": {
        "questions": [
            {"id": "plan", "kind": "long_text", "label": {"ru": "План работы"}},
            {"id": "costs", "kind": "budget", "label": {"ru": "Смета"}},
        ]
    },
    "rubric": {"criteria": [{"id": "craft", "label": {"ru": "Мастерство"}}]},
    "quorum": 1,
}  # fmt: skip

CALL: Final[dict[str, Any]] = {  # Any: JSON
    "title": {"ru": "Зимние мастерские"},
    "summary": {"ru": "Для художников, которые работают в изгнании."},
    "eligibility": [
        {"id": "exile", "label": {"ru": "Вы живёте в изгнании?"},
         "refusal": {"ru": "Этот конкурс для тех, кто живёт в изгнании."}}
    ],
    "stages": [LETTER, PROJECT],
    "budget": eur("9000.00"),
    "minimum_award": eur("100.00"),
    "maximum_award": eur("5000.00"),
    "time_zone": "Europe/Berlin",
}  # fmt: skip


def ru(words: str, context: str | None = None, /, **values: Any) -> str:  # Any: a message's values
    """How the Russian pages say this message."""
    message = Message(words, values, context=context)
    found = RUSSIAN.say(message)
    assert found != ENGLISH.say(message), f"not translated: {words}"
    return found


@contextmanager
def russian_house() -> Iterator[Stage]:
    """A demonstration with the house and its call, of which the first round takes in applications."""
    with demonstration() as running:
        keeper = running.person(running.token)
        people = {role: _newcomer(running, keeper, name) for role, name in NAMES.items()}
        stage = Stage(
            running,
            tokens={role: person.token for role, person in people.items()},
            people={role: person.id for role, person in people.items()},
        )
        house = keeper.post("/api/initiatives", name="Зимний дом", founder=people["founder"].id)["id"]
        for role, roles in PEOPLE.items():
            if roles:
                people["founder"].post(
                    f"/api/initiatives/{house}/members", person=people[role].id, roles=list(roles)
                )
        officer = people["officer"]
        fund = officer.post("/api/funds", initiative=house, name="Зимний фонд", currency="EUR")["id"]
        funder = people["funder"]
        funder.post(f"/api/funds/{fund}/pledges", funder=funder.id, amount=eur("9000.00"))
        shown = people["finance"].get(f"/api/funds/{fund}", position=funder.position)
        people["finance"].post(
            f"/api/funds/{fund}/receipts",
            pledge=shown["pledges"][0]["id"],
            amount=eur("9000.00"),
            received_on="2026-01-01",
        )
        stage.call = officer.post("/api/calls", fund=fund, **CALL)["id"]
        officer.post(f"/api/calls/{stage.call}/publish")
        closes = (datetime.now(UTC) + timedelta(days=20)).replace(microsecond=0, tzinfo=None).isoformat()
        stage.round = officer.post(f"/api/calls/{stage.call}/rounds", closes_at=closes)["id"]
        try:
            yield stage
        finally:
            for client in stage.clients:
                client.close()


def _newcomer(running: Running, keeper: Person, name: str) -> Person:
    """Somebody who is registered with Russian, with a token."""
    person = keeper.post("/api/persons", name=name, language="ru")["id"]
    token = keeper.post(f"/api/persons/{person}/tokens", label="house")["token"]
    return Person(running.client, token, person)


class Words(HTMLParser):
    """All that a page says to somebody who sees or hears it: also in what is folded up, in lists to choose from, and in the
    attributes that are read aloud."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.said: list[str] = []
        self._silent = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Note what an attribute says."""
        if tag in _SILENT:
            self._silent += 1
        self.said += [value for name, value in attributes if name in _SPOKEN and value]

    def handle_endtag(self, tag: str) -> None:
        """Listen again."""
        if tag in _SILENT:
            self._silent -= 1

    def handle_data(self, data: str) -> None:
        """Note a text."""
        if data.strip() and not self._silent:
            self.said.append(" ".join(data.split()))


_SPOKEN: Final = ("aria-label", "placeholder", "alt", "title", "label")
_SILENT: Final = ("style", "script")

EXPECTED: Final = {
    "Overwinter",
    "EUR",
    "UTC",
    "English",
    "Winter",
    "House",
    "Administrator",
    "house",
    "ow_",
    "owc_",
    *("Officer", "Juror", "Chair", "Finance", "Approver", "Funder", "Applicant", "One", "Two", "Three"),
    "cookie",
    "Chrome",
    "Linux",
    "CSV",
    "XLSX",
    "IP",
    *("monthly", "report"),
}
"""What is written in Latin letters in Russian too: the program's name, a currency, universal time, the other language under its
own name, names that somebody gave in English (the demonstration's own house and its administrator, the names of its
people), how keys begin, the word that Russian has for a cookie, the browser and
system of the tests, the formats of files, a network address, and the example of a name that an access key can have."""
_ADDRESS: Final = re.compile(r"https?://\S+")
_LATIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_LEFT_OVER: Final = re.compile(r"[{}<>]|\(\s*\)|\d,\d{3}(?!\s%)|\d\.\d+\s?EUR")
"""A placeholder that was not filled, markup, an empty pair of brackets, a sum as English writes it."""


def not_russian(page: str, expected: frozenset[str] = frozenset()) -> list[str]:
    """The texts of a page in which something is not Russian. `expected` are words that may stand there too, such as
    handles."""
    found = []
    for text in Words(page).said:
        plain = _ADDRESS.sub("", text)
        for each in expected:
            plain = plain.replace(each, "")  # before words are found: a handle can begin with a digit
        words = set(_LATIN.findall(plain)) - EXPECTED
        if words or _LEFT_OVER.search(_ADDRESS.sub("", text)):
            found.append(text)
    return found


@dataclass
class Reader(Someone):
    """Somebody at a Russian browser; every page that they see is kept."""

    role: str = ""
    seen: list[tuple[str, str, str]] = field(default_factory=list)
    """The pages, as (role, path, HTML), shared by all."""

    def text(self) -> str:
        """What stands on the page."""
        self.seen.append((self.role, self.path, self.page.content()))
        return super().text()

    def tick(self, *labels: str) -> None:
        """Tick boxes by their labels."""
        for label in labels:
            self.page.get_by_label(label, exact=True).check()

    def typed(self, *labels: str) -> dict[str, str]:
        """What stands in the fields of these labels; of a list, the words that are chosen."""
        return {
            label: self.page.get_by_label(label, exact=True).first.evaluate(
                "box => box.type === 'checkbox' ? String(box.checked)"
                " : box.tagName === 'SELECT' ? box.selectedOptions[0].text : box.value"
            )
            for label in labels
        }


def reader(browser: Browser, stage: Stage, walk: Walk, role: str, seen: list[tuple[str, str, str]]) -> Reader:
    """Sign in at a Russian browser without scripts."""
    context = browser.new_context(java_script_enabled=False, locale="ru-RU")
    context.set_default_timeout(10_000)
    context.on("console", lambda message: walk.complaints.append(message.text))
    visitor = Reader(context.new_page(), stage, walk, role, seen)
    visitor.page.goto(f"{stage.address}/me")
    assert visitor.path == "/sign-in"
    visitor.text()
    visitor.press(ru("Sign in with the key"), **{ru("Access key"): stage.tokens[role]})
    assert visitor.path == "/me"
    return visitor
