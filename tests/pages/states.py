"""Calls, applications, panels and grants in every state that a page can show, made by commands, and the list of all
those pages. For pictures of them (`tests.pages.screenshots`) and for `test_axe`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from playwright.sync_api import Page

from tests.journey.running import until
from tests.pages.conftest import Stage, eur
from tests.staging import with_stage

ADMINISTRATOR: Final = "administrator"
NOBODY: Final = "nobody"


def _both(en: str, ru: str) -> dict[str, str]:
    return {"en": en, "ru": ru}


_QUESTIONS: Final = [
    {"id": "idea", "kind": "long_text", "label": _both("What will you make?", "Что вы сделаете?"), "max_words": 400,
     "help": _both("Tell it as you would tell it to a friend.", "Расскажите так, как рассказали бы другу.")},
    {"id": "costs", "kind": "budget", "label": _both("What does it cost?", "Сколько это стоит?")},
    {"id": "before", "kind": "yes_no", "label": _both("Did you apply here before?", "Вы уже подавали к нам заявку?")},
    {"id": "field", "kind": "choice", "label": _both("Field", "Область"), "required": False,
     "choices": [{"id": "music", "label": _both("Music", "Музыка")}, {"id": "books", "label": _both("Books", "Книги")}]},
    {"id": "start", "kind": "date", "label": _both("When do you begin?", "Когда вы начнёте?"), "required": False},
    {"id": "other", "kind": "money", "label": _both("What do others give?", "Сколько дают другие?"), "required": False},
    {"id": "themes", "kind": "choices", "label": _both("Themes", "Темы"), "required": False,
     "choices": [{"id": "sea", "label": _both("The sea", "Море")}, {"id": "snow", "label": _both("Snow", "Снег")},
                 {"id": "home", "label": _both("A home that is far away", "Дом, который далеко")}]},
    {"id": "months", "kind": "number", "label": _both("For how many months?", "На сколько месяцев?"), "required": False,
     "minimum": 1, "maximum": 36},
    {"id": "work", "kind": "link", "label": _both("Where can we see your work?", "Где можно увидеть ваши работы?"),
     "required": False},
    {"id": "terms", "kind": "consent", "label": _both("I agree to the terms.", "Я принимаю условия."), "required": False},
    {"id": "home", "kind": "text", "label": _both("Where do you live?", "Где вы живёте?"), "required": False,
     "identifying": True},
]  # fmt: skip
_ANSWERS: Final[dict[str, Any]] = {
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
}
_ASKED: Final = "1300.00"
_CALL: Final[dict[str, Any]] = {
    "title": _both("Concerts in small rooms", "Концерты в маленьких комнатах"),
    "summary": _both(
        "For musicians in exile who play where people live.",
        "Для музыкантов в изгнании, которые играют там, где живут люди.",
    ),
    "stages": [
        {
            "id": "main",
            "form": {"questions": _QUESTIONS},
            "rubric": {
                "criteria": [
                    {"id": "art", "label": _both("Artistic strength", "Художественная сила"), "weight": 2},
                    {"id": "need", "label": _both("Need", "Необходимость")},
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
_LETTER: Final = {
    "id": "letter",
    "title": _both("Letter", "Письмо"),
    "form": {
        "questions": [
            {"id": "work", "kind": "long_text", "label": _both("Your work so far", "Ваша работа до сих пор")}
        ]
    },
    "rubric": {"criteria": [{"id": "art", "label": _both("Artistic strength", "Художественная сила")}]},
    "quorum": 1,
}
_EXILE: Final = {
    "id": "exile",
    "label": _both("Do you live in exile?", "Вы живёте в изгнании?"),
    "refusal": _both("This call is for people in exile.", "Этот конкурс для тех, кто живёт в изгнании."),
}


@dataclass(frozen=True, slots=True)
class View:
    """A page in one state: who looks at it, where, and what they do there before it is looked at."""

    name: str
    role: str
    path: str
    then: Callable[[Page], None] | None = None


@dataclass
class EveryState:
    """A demonstration in which everything has happened. `views` are its pages."""

    stage: Stage
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    views: list[View] = field(default_factory=list)

    def post(self, role: str, path: str, /, **body: Any) -> dict[str, Any]:
        """Somebody's command by JSON."""
        stage = self.stage
        person = stage.running.person(stage.running.token if role == ADMINISTRATOR else stage.tokens[role])
        return person.post(path, **body)

    def see(self, name: str, path: str, *roles: str, then: Callable[[Page], None] | None = None) -> None:
        """List a page for each of these people."""
        self.views += [View(name, role, path, then) for role in roles]

    # Calls and applications

    def draft(self, title: tuple[str, str], **more: Any) -> str:
        """A call that is not published."""
        officer = self.stage.speaking("officer")
        house = officer.get("/api/me")["initiatives"][0]["initiative"]
        fund = officer.get(f"/api/initiatives/{house}/funds")["items"][0]["id"]
        return str(
            self.post("officer", "/api/calls", **(_CALL | {"fund": fund, "title": _both(*title)} | more))[
                "id"
            ]
        )

    def open(self, title: tuple[str, str], *, days: int = 5, **more: Any) -> tuple[str, str]:
        """A published call whose round is open for some days."""
        call = self.draft(title, **more)
        self.post("officer", f"/api/calls/{call}/publish")
        closes = (datetime.now(UTC) + timedelta(days=days)).replace(microsecond=0, tzinfo=None).isoformat()
        return call, str(self.post("officer", f"/api/calls/{call}/rounds", closes_at=closes)["id"])

    def apply(self, role: str, call: str, round: str | None, title: str, **more: Any) -> str:
        """An application."""
        body = {"title": title, "requested": eur(_ASKED), "answers": _ANSWERS} | more
        where = {"round": round} if round else {}
        return str(self.post(role, f"/api/calls/{call}/applications", **where, **body)["id"])

    def review(
        self, application: str, juror: str, *, declared: bool = True, scores: dict[str, int] | None = None
    ) -> str:
        """Somebody is asked for a review; with `scores` they submit it."""
        person = self.stage.people[juror]
        review = str(self.post("officer", f"/api/applications/{application}/reviews", juror=person)["id"])
        if declared:
            self.post(juror, f"/api/reviews/{review}/declare-no-conflict")
        if scores is not None:
            self.post(
                juror, f"/api/reviews/{review}/submit", scores=scores,
                comment_jury="Strong, and well within its budget.",
                comment_applicant="Please keep the talks after the concerts.",
            )  # fmt: skip
        return review

    def eligible(self, *applications: str) -> None:
        """The staff marks applications as eligible."""
        for each in applications:
            self.post("officer", f"/api/applications/{each}/find-eligible")

    def judged(self, *applications: str) -> None:
        """Applications are eligible, and each has a review."""
        self.eligible(*applications)
        for number, each in enumerate(applications):
            self.review(each, "juror", scores={"art": 9 - number % 5, "need": 7})

    def close_rounds(self, *rounds: str) -> None:
        """The deadline of rounds passes."""
        officer = self.stage.speaking("officer")
        last = max(datetime.fromisoformat(officer.get(f"/api/rounds/{each}")["closes_at"]) for each in rounds)
        self.now = last + timedelta(hours=1)
        self.post(ADMINISTRATOR, "/api/demo/clock", now=self.now.isoformat())
        until(lambda: all(officer.get(f"/api/rounds/{each}")["status"] == "closed" for each in rounds))

    def panel(self, round: str, outcomes: dict[str, dict[str, Any]]) -> str:
        """A panel is opened, with some outcomes set."""
        panel = str(self.post("officer", f"/api/rounds/{round}/panel")["id"])
        for application, outcome in outcomes.items():
            self.post("chair", f"/api/panels/{panel}/outcomes", application=application, **outcome)
        return panel

    # Grants

    def granted(self, role: str, application: str, *, accepted: bool = True) -> str:
        """A grant is offered and accepted."""
        soon = (self.now + timedelta(days=14)).isoformat()
        grant = str(self.post("officer", f"/api/applications/{application}/grant", respond_by=soon)["id"])
        if accepted:
            self.post(role, f"/api/grants/{grant}/accept")
        return grant

    def with_payee(self, role: str, grant: str, *, confirmed: bool = True) -> None:
        """Bank details are added."""
        self.post(
            role, f"/api/grants/{grant}/payee", kind="recipient", name="Applicant One",
            account="12345678901", bank_code="AGRIAM22", country="AM",
        )  # fmt: skip
        if confirmed:
            self.post("finance", f"/api/grants/{grant}/payee/confirm", setting=1)

    def scheduled(self, role: str, grant: str, *, confirmed: bool = True) -> None:
        """Bank details and two instalments, the second after a report."""
        self.with_payee(role, grant, confirmed=confirmed)
        day = self.now.date()
        self.post(
            "officer", f"/api/grants/{grant}/schedule",
            instalments=[
                {"amount": eur("200.00"), "due": (day + timedelta(days=9)).isoformat(), "condition": "none"},
                {"amount": eur("100.00"), "due": (day + timedelta(days=90)).isoformat(), "condition": "report"},
            ],
        )  # fmt: skip

    def paid(self, role: str, grant: str, steps: int) -> None:
        """The first instalment goes so many steps: requested, approved, approved again, sent to the bank, settled."""
        one = f"/api/grants/{grant}/instalments/1"
        day = self.now.date().isoformat()
        acts: list[tuple[str, str, dict[str, Any]]] = [
            (role, "request", {}),
            ("finance", "approve", {}),
            ("approver", "approve", {}),
            ("finance", "instruct", {"reference": "RUN-7"}),
            ("finance", "settle", {"amount": eur("200.00"), "settled_on": day, "fee": eur("3.50")}),
        ]
        for who, act, body in acts[:steps]:
            self.post(who, f"{one}/{act}", **body)


def every_state(stage: Stage) -> EveryState:
    """Bring everything about, and list the pages that show it."""
    states = EveryState(stage)
    _before_the_deadline(states)
    _after_the_deadline(states)
    _for_everybody(states)
    stage.running.caught_up()
    return states


# What is done on a page before it is looked at


def opened(page: Page) -> None:
    """Everything that is folded is opened."""
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")


def _sent(form: str, **typed: str) -> Callable[[Page], None]:
    """A form is filled in wrongly and sent, so that it comes back."""

    def send(page: Page) -> None:
        opened(page)
        place = page.locator(f"form#{form}")
        for name, value in typed.items():
            place.locator(f"[name='{name}']").fill(value)
        place.locator("p.send button, button").last.click()

    return send


def _with_mistakes(page: Page) -> None:
    """An application with mistakes in it, of every kind."""
    for name, value in {
        "title": "Ten kitchens",
        "requested.amount": "1.250",
        "answers.costs[0].item": "Travel",
        "answers.costs[0].amount": "a hundred",
        "answers.months": "99",
        "answers.work": "my page",
    }.items():
        page.locator(f"main form [name='{name}']").fill(value)
    page.locator("main form p.send button").click()


def _signed_out(page: Page) -> None:
    """The session ends while somebody writes."""
    page.locator("[name=title]").fill("Ten kitchens")
    page.locator("[name='answers.idea']").fill("Ten concerts in ten kitchens.")
    page.context.clear_cookies()
    page.locator("main form p.send button").click()


def _wrong_key(page: Page) -> None:
    page.locator("main input[type=password]").fill("ow_nothing")
    page.locator("main form button").click()


def _not_in_exile(page: Page) -> None:
    page.locator("main select").select_option("no")
    page.locator("main form p.send button").click()


def _for_everybody(states: EveryState) -> None:
    """Pages that need nothing in particular."""
    see, stage = states.see, states.stage
    see("front", "/", NOBODY)
    see("calls", "/calls", NOBODY)
    see("sign-in", "/sign-in", NOBODY)
    see("sign-in-wrong", "/sign-in", NOBODY, then=_wrong_key)
    see("claim", "/claim", NOBODY)
    see("claim-wrong", "/claim", NOBODY, then=_wrong_key)
    see("not-found", "/nowhere", NOBODY)
    see(
        "today",
        "/me",
        "officer",
        "chair",
        "juror",
        "finance",
        "approver",
        "funder",
        "applicant",
        "newcomer",
        ADMINISTRATOR,
    )
    see("ways-in", "/me/ways-in", "finance")
    see("nothing-applied", "/applications", "third juror")
    see("nothing-granted", "/grants", "newcomer")
    see("nothing-to-review", "/reviews", "newcomer")
    see("reviews", "/reviews", "juror", "third juror")
    see("applications", "/applications", "applicant")
    see("grants", "/grants", "applicant")
    see("organisations", "/organisations", "applicant", "newcomer", "third juror")
    house = stage.speaking("officer").get("/api/me")["initiatives"][0]["initiative"]
    fund = stage.speaking("officer").get(f"/api/initiatives/{house}/funds")["items"][0]["id"]
    see("members", f"/initiatives/{house}/members", "officer", ADMINISTRATOR)
    see("fund", f"/funds/{fund}", "officer", "funder")
    see("fund-timeline", f"/funds/{fund}/timeline", "funder")


def _before_the_deadline(states: EveryState) -> None:
    """Calls of every kind, and what can be applied for."""
    see, post = states.see, states.post
    draft = states.draft(
        ("A film fund", "Фонд кино"),
        stages=[_LETTER, _CALL["stages"][0] | {"title": _both("Project", "Проект")}],
    )
    see("call-draft", f"/calls/{draft}", "officer")
    cancelled, its_round = states.open(("Stages abroad", "Сцены за границей"))
    gone = states.apply("applicant", cancelled, its_round, "A stage on wheels")
    post("officer", f"/api/calls/{cancelled}/cancel", reason="funds_lost", explanation="The funder left.")
    see("call-cancelled", f"/calls/{cancelled}", NOBODY)
    see("application-cancelled", f"/applications/{gone}", "applicant")

    call, round = states.open(("Concerts in small rooms", "Концерты в маленьких комнатах"), days=40)
    see("call-open", f"/calls/{call}", NOBODY, "applicant", "officer")
    see("call-open-unfolded", f"/calls/{call}", "officer", then=opened)
    see(
        "call-extend-wrong",
        f"/calls/{call}",
        "officer",
        then=_sent(f"round-extend-{round}", closes_at="2020-01-01T10:00"),
    )
    see("form-and-criteria", f"/calls/{call}/stages/main", "officer")
    see("apply", f"/calls/{call}/apply", "newcomer")
    see("apply-wrong", f"/calls/{call}/apply", "newcomer", then=_with_mistakes)
    see("session-expired", f"/calls/{call}/apply", "newcomer", then=_signed_out)

    house = str(
        post("applicant", "/api/organisations", name="Collective Snegir", identifiers=["GB-CHC-1164883"])[
            "id"
        ]
    )
    post("applicant", f"/api/organisations/{house}/members", person=states.stage.people["newcomer"])
    see("organisation", f"/organisations/{house}", "applicant")
    see("organisation-invited", f"/organisations/{house}", "newcomer")
    theirs = states.apply("applicant", call, round, "Kitchens of the collective", applicant=house)
    see("application-of-organisation", f"/applications/{theirs}", "applicant", "officer")
    submitted = states.apply("second applicant", call, round, "Ten kitchens")
    see("application-submitted", f"/applications/{submitted}", "second applicant", "officer")
    see("application-unfolded", f"/applications/{submitted}", "second applicant", "officer", then=opened)
    see("application-change", f"/applications/{submitted}/change", "second applicant")
    returned = states.apply("second applicant", call, round, "Six stairs")
    by = (states.now + timedelta(days=20)).replace(microsecond=0, tzinfo=None).isoformat()
    post(
        "officer",
        f"/api/applications/{returned}/return",
        questions="What does the hall cost?",
        resubmit_by=by,
    )
    see("application-returned", f"/applications/{returned}", "second applicant", "officer")
    withdrawn = states.apply("second applicant", call, round, "A walk")
    post("second applicant", f"/api/applications/{withdrawn}/withdraw", reason="other")
    see("application-withdrawn", f"/applications/{withdrawn}", "second applicant", "officer")
    see("call-applications", f"/calls/{call}/applications", "officer")
    see("call-timeline", f"/calls/{call}/timeline", "officer")

    asking, _ = states.open(("Books in exile", "Книги в изгнании"), days=40, eligibility=[_EXILE])
    see("eligibility", f"/calls/{asking}/apply", "newcomer")
    see("eligibility-refused", f"/calls/{asking}/apply", "newcomer", then=_not_in_exile)

    rolling = states.draft(("Urgent help", "Срочная помощь"), intake="rolling", decide_within_days=14)
    post("officer", f"/api/calls/{rolling}/publish")
    urgent = states.apply("second applicant", rolling, None, "A new flat")
    see("call-rolling", f"/calls/{rolling}", NOBODY)
    see("apply-rolling", f"/calls/{rolling}/apply", "newcomer")
    see("application-rolling", f"/applications/{urgent}", "officer")
    see("call-applications-rolling", f"/calls/{rolling}/applications", "officer")


def _after_the_deadline(states: EveryState) -> None:
    """Rounds that are judged, decided and paid."""
    stages = [_LETTER, _CALL["stages"][0] | {"title": _both("Project", "Проект")}]
    fast = with_stage(_CALL, quorum=2) | {"maximum_award": eur("1500.00"), "fast_track_up_to": eur("1500.00")}
    reviewing = states.open(("Letters that were not sent", "Неотправленные письма"))
    in_panel = states.open(("Voices of the north", "Голоса севера"))
    closed = states.open(("Paper theatre", "Бумажный театр"))
    planned = states.open(("Small cinemas", "Малые кинотеатры"))
    decided = states.open(("Winter stages", "Зимние сцены"))
    staged = states.open(("Books of two winters", "Книги двух зим"), stages=stages)
    quick = states.open(
        ("First aid for artists", "Первая помощь художникам"),
        stages=fast["stages"],
        maximum_award=fast["maximum_award"],
        fast_track_up_to=fast["fast_track_up_to"],
    )
    artists = ("applicant", "second applicant")

    def several(number: int, where: tuple[str, str], **more: Any) -> list[str]:
        return [
            states.apply(
                artists[each % 2], *where, f"Work {each + 1}: {_TITLES[each % len(_TITLES)]}", **more
            )
            for each in range(number)
        ]

    made = {
        name: several(number, where)
        for name, number, where in (
            ("reviewing", 5, reviewing),
            ("in panel", 4, in_panel),
            ("closed", 2, closed),
            ("planned", 3, planned),
            ("decided", 15, decided),
            ("quick", 1, quick),
        )
    }
    made["staged"] = several(2, staged, answers={"work": "Twelve stories about snow."})
    states.close_rounds(
        *(round for _, round in (reviewing, in_panel, closed, planned, decided, staged, quick))
    )
    _reviewing(states, reviewing, made["reviewing"])
    _panels(states, {"in panel": in_panel, "closed": closed, "planned": planned, "quick": quick}, made)
    _stages(states, staged, made["staged"])
    _decided(states, decided, made["decided"])


_TITLES: Final = ("A quiet book", "Songs for a stairwell", "Тихая книга", "The last tram", "Письма")


def _reviewing(states: EveryState, where: tuple[str, str], made: list[str]) -> None:
    """A round in which jurors read."""
    call, round = where
    see = states.see
    read, asked, conflicted, unfit, _ = made
    states.eligible(read, asked, conflicted)
    done = states.review(read, "juror", scores={"art": 8, "need": 6})
    begun = states.review(asked, "juror")
    new = states.review(conflicted, "juror", declared=False)
    stepped_back = states.review(conflicted, "second juror", declared=False)
    states.post(
        "second juror",
        f"/api/reviews/{stepped_back}/declare-conflict",
        reason="friendship",
        explanation="We share a flat.",
    )
    states.post(
        "officer",
        f"/api/applications/{unfit}/find-ineligible",
        reason="other",
        explanation="This call is for concerts.",
    )
    see("review-new", f"/reviews/{new}", "juror")
    see("review-to-write", f"/reviews/{begun}", "juror")
    see("review-wrong", f"/reviews/{begun}", "juror", then=_sent("review-submit"))
    see("review-submitted", f"/reviews/{done}", "juror", "officer")
    see("review-recused", f"/reviews/{stepped_back}", "second juror", "officer")
    see("application-reviewed", f"/applications/{read}", "officer", "applicant")
    see("application-conflict", f"/applications/{conflicted}", "officer")
    see("application-conflict-unfolded", f"/applications/{conflicted}", "officer", then=opened)
    see("application-ineligible", f"/applications/{unfit}", "second applicant", "officer")
    see("call-applications-closed", f"/calls/{call}/applications", "officer")
    see("progress", f"/rounds/{round}/reviews", "officer", "chair")
    see("progress-unfolded", f"/rounds/{round}/reviews", "chair", then=opened)
    see("ranking-provisional", f"/rounds/{round}/ranking", "officer")
    see("call-closed", f"/calls/{call}", "officer", "juror")


_AWARD: Final[dict[str, Any]] = {"outcome": "award", "amount": eur("300.00"), "reason": "quality"}
_DECLINE: Final[dict[str, Any]] = {"outcome": "decline", "reason": "not_selected"}


def _waiting(rank: int) -> dict[str, Any]:
    return {"outcome": "waitlist", "rank": rank, "amount": eur("300.00")}


def _panels(states: EveryState, rounds: dict[str, tuple[str, str]], made: dict[str, list[str]]) -> None:
    """Panels at work, closed, confirmed, and on the fast track."""
    see = states.see
    first, second, third, _ = made["in panel"]
    states.judged(*made["in panel"])
    more = _AWARD | {"amount": eur("1500.00"), "more_because": "costs_rose"}
    states.panel(rounds["in panel"][1], {first: more, second: _waiting(1), third: _DECLINE})
    ranking = f"/rounds/{rounds['in panel'][1]}/ranking"
    see("panel", ranking, "chair", "officer", "juror")
    see("panel-unfolded", ranking, "chair", then=opened)
    see("panel-wrong", ranking, "chair", then=_sent(f"panel-set_outcome-{first}", rank="first"))

    states.judged(*made["closed"])
    panel = states.panel(rounds["closed"][1], dict.fromkeys(made["closed"], _DECLINE))
    states.post("chair", f"/api/panels/{panel}/close")
    see("panel-closed", f"/rounds/{rounds['closed'][1]}/ranking", "officer", "chair")
    see("panel-closed-unfolded", f"/rounds/{rounds['closed'][1]}/ranking", "officer", then=opened)

    states.judged(*made["planned"])
    first, second, third = made["planned"]
    panel = states.panel(rounds["planned"][1], {first: _AWARD, second: _waiting(1), third: _waiting(2)})
    states.post("chair", f"/api/panels/{panel}/close")
    states.post("officer", f"/api/panels/{panel}/confirm")
    later = (states.now + timedelta(days=3)).replace(microsecond=0, tzinfo=None).isoformat()
    states.post("officer", f"/api/panels/{panel}/announcement", announce_at=later)
    see("panel-announcing", f"/rounds/{rounds['planned'][1]}/ranking", "officer")
    see("panel-announcing-unfolded", f"/rounds/{rounds['planned'][1]}/ranking", "officer", then=opened)

    call, round = rounds["quick"]
    (only,) = made["quick"]
    states.eligible(only)
    for juror in ("juror", "second juror"):
        states.review(only, juror, scores={"art": 8, "need": 9})
    states.panel(round, {only: _AWARD | {"reason": "urgency"}})
    see("call-fast-track", f"/calls/{call}", NOBODY)
    see("panel-fast-track", f"/rounds/{round}/ranking", "officer", "chair")


def _stages(states: EveryState, where: tuple[str, str], made: list[str]) -> None:
    """A call whose second stage is open."""
    call, round = where
    see = states.see
    invited, left = made
    states.eligible(*made)
    for each in made:
        states.review(each, "juror", scores={"art": 7})
    panel = states.panel(round, {invited: {"outcome": "invite"}, left: _DECLINE})
    states.post("chair", f"/api/panels/{panel}/close")
    states.post("officer", f"/api/panels/{panel}/confirm")
    states.post("officer", f"/api/panels/{panel}/announce")
    see("call-next-stage", f"/calls/{call}", "officer")
    closes = (states.now + timedelta(days=30)).replace(microsecond=0, tzinfo=None).isoformat()
    states.post("officer", f"/api/calls/{call}/rounds", closes_at=closes)
    see("call-of-two-stages", f"/calls/{call}", "applicant", "officer")
    see("application-invited", f"/applications/{invited}", "applicant", "officer")
    see("application-continue", f"/applications/{invited}/continue", "applicant")
    see("application-left-behind", f"/applications/{left}", "second applicant")
    see("ranking-of-stage", f"/rounds/{round}/ranking", "officer")


def _decided(states: EveryState, where: tuple[str, str], made: list[str]) -> None:
    """A round with results, and grants in every state."""
    call, round = where
    see, post = states.see, states.post
    *won, waits, lost = made
    states.judged(*made)
    outcomes = dict.fromkeys(won, _AWARD) | {waits: _waiting(1), lost: _DECLINE}
    panel = states.panel(round, outcomes)
    post("chair", f"/api/panels/{panel}/close")
    post("officer", f"/api/panels/{panel}/confirm")
    post("officer", f"/api/panels/{panel}/announce")
    whose = {each: ("applicant", "second applicant")[number % 2] for number, each in enumerate(made)}
    see("application-waiting", f"/applications/{waits}", whose[waits])
    see("application-declined", f"/applications/{lost}", whose[lost])
    see("ranking-decided", f"/rounds/{round}/ranking", "officer", "funder")
    see("call-decided", f"/calls/{call}", "funder")
    see("call-applications-decided", f"/calls/{call}/applications", "officer", "funder")
    see("call-timeline-decided", f"/calls/{call}/timeline", "officer", "funder")
    see("call-grants", f"/calls/{call}/grants", "officer", "finance", "funder")
    see("application-awarded", f"/applications/{won[-1]}", whose[won[-1]], "officer", "funder")
    see("application-offer-unfolded", f"/applications/{won[-1]}", "officer", then=opened)
    grants = {
        each: states.granted(whose[each], each, accepted=number > 1) for number, each in enumerate(won[:-1])
    }
    their = [(whose[each], grant) for each, grant in grants.items()]

    def show(name: str, number: int, *roles: str, then: Callable[[Page], None] | None = None) -> None:
        owner, grant = their[number]
        see(f"grant-{name}", f"/grants/{grant}", owner, *roles, then=then)

    show("offered", 0, "officer")
    show("offered-unfolded", 0, then=opened)
    post(their[1][0], f"/api/grants/{their[1][1]}/decline", reason="other")
    show("declined", 1, "officer")
    show("accepted", 2, "officer", "finance")
    see("grant-schedule-unfolded", f"/grants/{their[2][1]}", "officer", then=opened)
    see(
        "grant-payee-wrong",
        f"/grants/{their[2][1]}",
        their[2][0],
        then=_sent("grant-set_payee", account="DE00"),
    )
    states.scheduled(*their[3], confirmed=False)
    show("payee-to-confirm", 3, "finance", "approver", "officer")
    for number, steps in ((4, 1), (5, 2), (6, 3), (7, 4), (8, 5)):
        states.scheduled(*their[number])
        states.paid(*their[number], steps)
    show("requested", 4, "finance")
    show("approved-once", 5, "approver", "finance")
    show("approved", 6, "finance")
    see("grant-approved-unfolded", f"/grants/{their[6][1]}", "finance", then=opened)
    see("grant-instructed", f"/grants/{their[7][1]}", "finance")
    see("grant-instructed-unfolded", f"/grants/{their[7][1]}", "finance", then=opened)
    owner, grant = their[8]
    post(owner, f"/api/grants/{grant}/reports", text="Two concerts were played.")
    show("report-to-read", 8, "officer", "funder")
    see("grant-report-unfolded", f"/grants/{grant}", "officer", then=opened)
    owner, grant = their[9]
    states.scheduled(owner, grant)
    ends_on = (states.now + timedelta(days=200)).date().isoformat()
    post(
        "officer", f"/api/grants/{grant}/amendments",
        amount=eur("250.00"), ends_on=ends_on, explanation="As we said on the phone.",
        instalments=[{"amount": eur("250.00"), "due": ends_on, "condition": "report"}],
    )  # fmt: skip
    show("amendment", 9, "officer")
    states.scheduled(*their[10])
    post(
        "officer",
        f"/api/grants/{their[10][1]}/suspend",
        reason="report_overdue",
        explanation="Where is the report?",
    )
    show("suspended", 10, "officer", "finance")
    states.scheduled(*their[11])
    post("officer", f"/api/grants/{their[11][1]}/terminate", reason="recipient_asked")
    show("terminated", 11, "officer", "funder")
    post("officer", f"/api/calls/{call}/screening", required=True)
    post(
        "finance", f"/api/grants/{their[4][1]}/screenings",
        setting=1, result="match_ruled_out", reference="S-7", screened_on=states.now.date().isoformat(), note="Born in another year.",
    )  # fmt: skip
    see("grant-screening-unfolded", f"/grants/{their[5][1]}", "finance", then=opened)
