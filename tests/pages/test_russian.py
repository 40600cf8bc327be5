"""A submission with every kind of question goes through two stages in Russian, in real browsers without scripts: from the
question whom the call is for to the award, as the artist, the staff and the jury see it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from playwright.sync_api import Browser, sync_playwright

from domain.forms import QuestionKind
from domain.values import Money
from tests.pages.browsing import Walk
from tests.pages.conftest import Stage
from tests.pages.russian import LETTER, Reader, not_russian, reader, ru, russian_house

pytestmark = [pytest.mark.long, pytest.mark.timeout(400)]

TITLE = "Двенадцать кухонь"
SUBMIT = "application-submit"
NEXT = "application-continue"


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """The system's Chromium, for this module alone."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


class Way:
    """The way of one application, and what was read on it."""

    def __init__(self, browser: Browser, stage: Stage) -> None:
        self.stage = stage
        self.walk = Walk()
        self.read = self.walk.read
        self.seen: list[tuple[str, str, str]] = []
        self.people = {
            role: reader(browser, stage, self.walk, role, self.seen)
            for role in ("artist", "officer", "juror", "chair")
        }
        self.typed: dict[str, str] = {}
        self.kept: dict[str, str] = {}
        self.application = ""
        self.handle = ""
        self.reviews: set[str] = set()
        call = stage.speaking("officer").get(f"/api/calls/{stage.call}")
        self.others = (f"/initiatives/{call['initiative']}/members", f"/funds/{call['fund']}", "/me/access")
        """Pages of the staff that have nothing to do with this application."""

    @property
    def artist(self) -> Reader:
        """Who applies."""
        return self.people["artist"]

    @property
    def officer(self) -> Reader:
        """Who runs the call."""
        return self.people["officer"]

    def apply(self) -> None:
        """Find the call; hear whom it is for; send the form with mistakes in it; mend those alone, and submit."""
        artist = self.artist
        artist.go("/")
        artist.go("/calls")
        artist.go(f"/calls/{self.stage.call}")
        artist.open(ru("Apply"))
        whom_for = {"Вы живёте в изгнании?": ru("No")}
        self.read["not for them"] = artist.press(ru("Go on to the form"), SUBMIT, **whom_for)
        artist.press(ru("Go on to the form"), SUBMIT, **{"Вы живёте в изгнании?": ru("Yes")})
        artist.tick("Море", "Дом")
        self.typed = {
            ru("Title"): TITLE,
            f"{ru('Amount you ask for')} (EUR)": "1 200,00",
            "Как вас зовут?": "Зимородок Кедровый Лесной Дальний",
            "Ваш замысел": "Двенадцать песен\nо кухнях, в которых нас ещё ждут.",
            "Область": "Музыка",
            "Вы уже подавали заявку?": ru("No"),
            "Сколько месяцев нужно?": "36",
            "Когда вы начнёте?": "2027-03-01",
            "Сколько дадут другие?": "1.250",
            "Где посмотреть ваши работы?": "https://кухни",
            ru("Line {number}: what for", number=1): "Студия",
            ru("Line {number}: amount", number=1): "700",
            ru("Line {number}: what for", number=2): "Печать",
            ru("Line {number}: amount", number=2): "400",
            "Что делает этот человек?": "Поёт",
            "Сколько лет вместе?": "0",
        }
        self.read["wrong"] = artist.press(ru("Submit the application"), SUBMIT, wrong=True, **self.typed)
        self.kept = artist.typed(*self.typed, "Море", "Снег", "Дом", "Я согласна с условиями.")
        artist.tick("Я согласна с условиями.")
        mended = {
            "Как вас зовут?": "Зимородок Кедровый",
            "Ваш замысел": "Двенадцать песен\nо кухнях.",
            "Сколько месяцев нужно?": "12",
            "Сколько дадут другие?": "1250,50",
            "Где посмотреть ваши работы?": "https://example.org/кухни",
            ru("Line {number}: amount", number=2): "500",
            "Сколько лет вместе?": "5",
        }
        self.read["submitted"] = artist.press(ru("Submit the application"), SUBMIT, **mended)
        self.application = artist.path
        self.handle = self.stage.speaking("artist").get(f"/api{self.application}")["handle"]

    def read_around(self, *roles: str) -> None:
        """Everybody opens what they have to do with this application, as it is now."""
        call, round = f"/calls/{self.stage.call}", f"/rounds/{self.stage.round}"
        for role in roles:
            person = self.people[role]
            pages = {
                "artist": ("/me", "/applications", self.application, "/grants"),
                "officer": (
                    "/me", call, f"{call}/applications", self.application, f"{round}/reviews", f"{call}/timeline",
                    f"{call}/grants",
                ),
                "juror": ("/me", "/reviews", call, f"{round}/reviews"),
                "chair": ("/me", "/reviews", call, f"{round}/reviews"),
            }[role]  # fmt: skip
            for page in pages:
                person.go(page)

    def reviewed(self, **points: str) -> None:
        """The deadline passes; it is found eligible; a juror is asked, declares no conflict and scores."""
        self.stage.pass_deadline()
        officer, juror = self.officer, self.people["juror"]
        officer.go(self.application)
        officer.press(ru("Mark as eligible"))
        officer.go(self.application)
        officer.press(ru("Ask this juror"), "review-assign", wrong=True)
        officer.press(ru("Ask this juror"), "review-assign", **{ru("Juror"): "Эксперт Четвёртый"})
        self.read_around("officer", "juror")
        juror.go("/reviews")
        links = juror.page.locator("main a[href^='/reviews/']:not([download])").evaluate_all(
            "all => all.map(each => each.getAttribute('href'))"
        )
        (review,) = set(links) - self.reviews
        self.reviews.add(review)
        self.read["before declaring"] = juror.go(review)
        self.read["to the juror"] = juror.press(ru("No conflict that I know of"))
        self.read["unscored"] = juror.press(ru("Submit the review"), "review-submit", wrong=True)
        self.read["reviewed"] = juror.press(
            ru("Submit the review"), "review-submit",
            **points, **{ru("Comment for the applicant"): "Спасибо за песни.", ru("Comment for the jury"): "Сильно."},
        )  # fmt: skip

    def decided(self, wrong: dict[str, str], **outcome: str) -> None:
        """The panel opens on the ranking; the chair corrects an outcome; another person confirms; the results are announced."""
        ranking, form = (
            f"/rounds/{self.stage.round}/ranking",
            f"panel-set_outcome-{self.application.rsplit('/', 1)[1]}",
        )
        officer, chair = self.officer, self.people["chair"]
        officer.go(ranking)
        officer.press(ru("Yes, open the panel"), "panel-open")
        chair.go(ranking)
        self.read["no outcome"] = chair.press(ru("Save the outcome"), form, wrong=True)
        if wrong:
            self.read["wrong outcome"] = chair.press(ru("Save the outcome"), form, wrong=True, **wrong)
        chair.press(ru("Save the outcome"), form, **outcome)
        self.people["juror"].go(ranking)
        chair.press(ru("Close the panel"))
        officer.go(ranking)
        officer.press(ru("Yes, confirm it"), "panel-confirm")
        officer.go(ranking)
        officer.press(ru("Announce now"), "panel-announce")
        self.read_around("artist", "officer", "juror", "chair")

    def next_stage(self) -> None:
        """The staff open the next stage, and the artist answers its form."""
        call, artist = f"/calls/{self.stage.call}", self.artist
        self.read["invited"] = artist.go(self.application)
        self.officer.go(call)
        wrong = {ru("Deadline"): "2020-01-01T12:00"}
        self.officer.press(ru("Open the round"), "round-open", wrong=True, **wrong)
        closes = (datetime.now(UTC) + timedelta(days=60)).strftime("%Y-%m-%dT12:00")
        self.officer.press(ru("Open the round"), "round-open", **{ru("Deadline"): closes})
        self.stage.round = self.stage.speaking("officer").get(f"/api{call}")["rounds"][-1]["id"]
        artist.go(self.application)
        artist.open(ru("Answer the next stage"))
        self.read["next stage"] = artist.press(ru("Add lines"), NEXT)
        self.read["continued"] = artist.press(ru("Submit for the next stage"), NEXT, **{
            "План работы": "По кухне в месяц.",
            ru("Line {number}: what for", number=1): "Студия",
            ru("Line {number}: amount", number=1): "1 200,00",
        })  # fmt: skip

    def granted(self) -> None:
        """The grant is offered; the artist reads all that happened."""
        self.officer.go(self.application)
        self.officer.press(
            ru("Offer {amount}", amount=Money.of(100_000, "EUR")),
            "grant-offer",
            **{ru("Answer until"): "2100-01-01T12:00"},
        )
        self.artist.go(self.officer.path)
        self.read_around("artist")
        call = f"/calls/{self.stage.call}"
        for page in (*self.others, f"{call}/stages/letter", f"{call}/stages/project"):
            self.officer.go(page)
        self.read["at the end"] = self.artist.go(self.application)
        self.read["the whole way"] = self.officer.go(f"{call}/timeline")


@pytest.fixture(scope="module")
def way(browser: Browser) -> Iterator[Way]:
    """Walk the whole way, in a house of its own, whose clock is set behind two deadlines."""
    with russian_house() as stage:
        way = Way(browser, stage)
        way.apply()
        way.reviewed(**{"Художественная сила": "9", "Нужность": ru("No basis to judge")})
        way.decided({}, **{ru("Outcome"): ru("Invite to the next stage")})
        way.next_stage()
        way.reviewed(Мастерство="8")
        way.decided(
            {ru("Outcome"): ru("Award"), f"{ru('Amount of the award')} (EUR)": "9000"},
            **{f"{ru('Amount of the award')} (EUR)": "1000", ru("Reason"): "За качество проекта"},
        )
        way.granted()
        yield way
        for person in way.people.values():
            person.page.context.close()


def test_the_letter_asks_with_every_kind_of_question() -> None:
    assert {each["kind"] for each in LETTER["form"]["questions"]} == set(get_args(QuestionKind))


def test_no_english_is_on_any_page(way: Way) -> None:
    """Neither a word nor a code, for nobody, also in what is folded up; only the applicant's handle is made of letters."""
    faults = {
        (role, re.sub("-[0-9a-f]{32}", "", path), text)
        for role, path, page in way.seen
        for text in not_russian(page, frozenset({way.handle}))
    }
    assert sorted(faults) == []
    assert len(way.seen) > 80


def eur(amount: str) -> str:
    """A sum as Russian pages show it, with blanks that do not break."""
    return f"{amount} EUR".replace(" ", "\N{NO-BREAK SPACE}")


def lines(text: str, after: str, before: str) -> list[str]:
    """The lines of a page between two others."""
    found = [line.strip() for line in text.splitlines() if line.strip()]
    start = found.index(after) + 1
    return found[start : found.index(before, start)]


def test_whom_the_call_is_not_for_is_said_at_once(way: Way) -> None:
    assert "Этот конкурс для тех, кто живёт в изгнании." in way.read["not for them"]
    assert "Как вас зовут?" not in way.read["not for them"]


def test_each_mistake_is_named_in_russian_with_its_question(way: Way) -> None:
    assert lines(way.read["wrong"], "Пока не подано; ваш черновик сохранён. Пожалуйста, исправьте:", "Зимние мастерские") == [
        "Как вас зовут? Не больше 3 слов, а здесь 4.",
        "Ваш замысел: Не больше 6 слов, а здесь 9.",
        "Сколько месяцев нужно? Напишите целое число от 1 до 24, а указано: 36.",
        "Сколько дадут другие? Это 1250,00 или 1,25? Напишите сумму с дробной частью из 2 знаков, например 1250,00.",
        "Где посмотреть ваши работы? Напишите полный адрес страницы, например https://example.org/my-work.",
        f"Расходы: Сумма строк — {eur('1 100,00')}, а вы запрашиваете {eur('1 200,00')}.",
        "С кем вы работаете?, пункт 1: Сколько лет вместе? Напишите целое число не меньше 1.",
        "Я согласна с условиями. Подать заявку можно, только если вы с этим согласны.",
    ]  # fmt: skip


def test_nothing_that_was_typed_is_lost_by_a_mistake(way: Way) -> None:
    """Nor what was chosen or ticked."""
    ticked = {"Море": "true", "Снег": "false", "Дом": "true", "Я согласна с условиями.": "false"}
    assert way.kept == way.typed | ticked


def test_every_kind_of_answer_is_shown_as_russian_writes_it(way: Way) -> None:
    """On the receipt, and in the next stage."""
    answers = [
        "Как вас зовут?", "Зимородок Кедровый",
        "Ваш замысел", "Двенадцать песен", "о кухнях.",
        "Область", "Музыка",
        "Темы", "Море", "Дом",
        "Вы уже подавали заявку?", "Нет",
        "Сколько месяцев нужно?", "12",
        "Когда вы начнёте?", "1 марта 2027",
        "Сколько дадут другие?", eur("1 250,50"),
        "Где посмотреть ваши работы?", "https://example.org/кухни",
        "Расходы", "Строки бюджета", "На что\tСумма",
        f"Студия\t{eur('700,00')}", f"Печать\t{eur('500,00')}",
        "С кем вы работаете?", "Что делает этот человек?", "Поёт", "Сколько лет вместе?", "5",
        "Я согласна с условиями.", "Согласие дано",
    ]  # fmt: skip
    assert lines(way.read["submitted"], "Ответы", "Хронология") == answers
    for page in ("continued", "at the end"):
        read = lines(way.read[page], "Ответы", "Комментарии жюри")
        assert read == [
            "План работы", "По кухне в месяц.", "Смета", "Строки бюджета", "На что\tСумма",
            f"Студия\t{eur('1 200,00')}",
            "Ответы предыдущего этапа: Письмо", *answers,
        ]  # fmt: skip


def test_the_juror_reads_both_stages_without_a_name(way: Way) -> None:
    assert "Двенадцать кухонь" not in way.read["before declaring"]
    read = way.read["to the juror"]
    assert "По кухне в месяц." in read
    assert lines(read, "Ответы предыдущего этапа: Письмо", "Область") == [
        "Как вас зовут?", "В этом конкурсе эксперты не видят этот ответ.",
        "Ваш замысел", "Двенадцать песен", "о кухнях.",
    ]  # fmt: skip
    pages = [page for role, _, page in way.seen if role in ("juror", "chair")]
    assert not [page for page in pages if "Зимородок" in page or "Художница" in page]
    assert "Мастерство: Выберите балл или «Нет оснований для оценки»." in way.read["unscored"]


def test_an_outcome_that_was_not_chosen_is_asked_for_in_words(way: Way) -> None:
    assert "Решение: Выберите один из предложенных вариантов." in way.read["no outcome"]


def test_the_artist_reads_the_whole_way_in_russian(way: Way) -> None:
    """In the order in which it was decided, and who acted without a name."""
    thousand, asked = eur("1 000,00"), eur("1 200,00")
    page = way.read["at the end"]
    told = lines(
        page[page.rindex("Хронология") :], "Хронология", "Статус"
    )  # the heading, after the link to it
    assert [line for line in told if line.endswith(".")] == [
        "Сначала более ранние события. Время местное: Берлин.",
        f"Заявитель подаёт заявку «Двенадцать кухонь» и просит {asked}.",
        "Координатор 1 признаёт, что заявка «Двенадцать кухонь» соответствует условиям.",
        "Координатор 1 приглашает заявку «Двенадцать кухонь» на следующий этап.",
        f"Заявитель отвечает на вопросы следующего этапа по заявке «Двенадцать кухонь» и просит {asked}.",
        "Координатор 1 признаёт, что заявка «Двенадцать кухонь» соответствует условиям.",
        f"Координатор 1 объявляет о гранте {thousand} по заявке «Двенадцать кухонь». Причина: за качество проекта.",
        f"Координатор 1 предлагает грант {thousand} по заявке «Двенадцать кухонь». Ответа ждут до: 1 января 2100, 12:00 (местное время: Берлин).",
        f"Координатор 1 резервирует {thousand} для гранта по заявке «Двенадцать кухонь».",
    ]  # fmt: skip
    assert "Приглашена на следующий этап" in way.read["invited"]
    assert "Грант присуждён" in way.read["at the end"]


def test_the_officer_reads_who_did_what_in_both_stages(way: Way) -> None:
    told = way.read["the whole way"]
    for step in (
        "Рецензий на каждую заявку на этапе «Письмо»: 1",
        "Координатор 1 открывает приём заявок на этап «Письмо».",
        "Эксперт А подаёт рецензию на заявку «Двенадцать кухонь».",
        "Председатель жюри 1 вносит решение: пригласить заявку «Двенадцать кухонь» на следующий этап.",
        "Координатор 1 открывает приём заявок на этап «Проект».",
        "Координатор 1 утверждает решения жюри по итогам приёма на этап «Проект».",
    ):
        assert step in told, step


def test_no_browser_complained(way: Way) -> None:
    """But for noting that a form came back."""
    noted = re.compile(r"Failed to load resource: the server responded with a status of 4(09|22) ")
    assert [complaint for complaint in way.walk.complaints if not noted.match(complaint)] == []
