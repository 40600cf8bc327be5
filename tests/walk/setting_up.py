"""How an initiative is founded, its people are invited, its fund is filled, and its call is written."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from tests.walk.installation import link_in
from tests.walk.markers import WRITTEN
from tests.walk.people import OWN, Human, Typed

BERLIN: Final = ZoneInfo("Europe/Berlin")
HOUSE: Final = "Дом Зима"
DAYS: Final = 20
"""For how many days the call takes applications."""
QUESTIONS: Final[tuple[tuple[str, dict[str, str | bool]], ...]] = (
    (
        "Long text",
        {
            "#label.en": "Your idea",
            "#label.ru": "Ваш замысел",
            "#help.ru": "Коротко.",
            "#max_words": "20",
            "#in_summary": True,
        },
    ),
    ("Budget", {"#label.en": "Your costs", "#label.ru": "Расходы"}),
    ("Short text", {"#label.en": "Where do you live?", "#label.ru": "Где вы живёте?", "#identifying": True}),
)
"""The questions of the form, each with its kind."""
CRITERIA: Final = (("Art", "Художественность"), ("Need", "Нужность"))


def the_operator_sets_up_the_site(founder: Human) -> None:
    """The operator sets up the site with the key that the server printed, and registers with the code of a letter."""
    founder.go("/")
    founder.follow(founder.say("Set it up"))
    founder.page.locator("#way-email").check()
    typed: Typed = {
        "#key": "owf_guessed",
        "#initiative": HOUSE,
        "#name": founder.name,
        "#language": OWN[founder.language],
        "#email": founder.address,
    }
    founder.press(founder.say("Set up the site"), "first-start", typed, wrong=True)
    founder.press(founder.say("Set up the site"), "first-start", {"#key": founder.house.key})
    code = re.search(r"\b\d{4} ?\d{4}\b", founder.letter())
    assert code
    founder.press(founder.say("Continue"), "letter", {"#code": code[0]})


def the_founder_describes_the_initiative(founder: Human) -> str:
    """The founder writes the initiative's profile in two languages; returns the path of its page."""
    founder.go("/me")
    founder.follow(HOUSE)
    house = founder.path
    founder.follow(founder.say("Change the profile"))
    founder.press(
        founder.say("Save the profile"),
        "initiative-describe",
        {
            "#about.en": "Books in exile.",
            "#about.ru": "Книги в изгнании.",
            "#privacy.en": "We keep as little as we can.",
            "#privacy.ru": "Мы храним как можно меньше.",
            "#contact": "https://example.org/contact",
            "#languages.en": True,
            "#languages.ru": True,
        },
    )
    return house


def the_founder_invites(founder: Human, house: str, guests: dict[str, Human]) -> None:
    """The founder invites everybody to their role: by a letter, or by a link if they have no address. All of them accept."""
    links: dict[str, str] = {}
    for role, guest in guests.items():
        founder.go(f"{house}/people")
        founder.follow(founder.say("Invite somebody"))
        typed = {
            "#scope": founder.say("In the whole initiative"),
            f"#roles.{role.removeprefix('second ')}": True,
            "#email": guest.address,
            "#language": OWN[guest.language],
            "#note": "" if guest.address else WRITTEN["note on an invitation"],
        }
        founder.press(founder.say("Invite"), "invitation-make", typed)
        if not guest.address:
            links[role] = founder.page.locator(".copy code").inner_text()
    for role, guest in guests.items():
        guest.go(links[role] if role in links else link_in(guest.house.letter(guest.address)))
        if guest.address:
            guest.follow(guest.say("Sign in, or register by e-mail"))
            guest.comes_by_letter()
        else:
            guest.follow(guest.say("Register without an e-mail address"))
            guest.comes_with_words()
        guest.press(guest.say("Accept"))


def the_fund_is_filled(officer: Human, finance: Human, house: str, funder: Human) -> None:
    """The officer opens a fund, and finance records what the funder pledged and what arrived."""
    officer.go(house)
    officer.press(
        officer.say("Open a fund"),
        "fund-open",
        {"#name": "Winter fund", "#currency": "EUR", "#basis": officer.say("Only money that has arrived")},
    )
    finance.go(officer.path)
    pledge = {"#funder": funder.name, "#amount.amount": "9000", "#restriction": "Only books."}
    finance.press(finance.say("Record a pledge"), "fund-pledge", pledge)
    arrived = {
        "#pledge": funder.name,
        "#amount.amount": "6000",
        "#received_on": finance.house.now().date().isoformat(),
    }
    finance.press(finance.say("Record money that arrived"), "fund-receive", arrived)


def the_officer_writes_a_call(officer: Human, house: str) -> str:
    """The officer writes a call part by part in two languages, and looks at both previews; returns the path of its page."""
    officer.go(house)
    titles = {"#title.en": "Winter call", "#title.ru": "Зимний конкурс"}
    officer.press(officer.say("Begin the draft"), "call-draft", titles)
    setup = officer.path
    call = setup.removesuffix("/setup")

    def write(part: str, button: str, form: str, typed: Typed) -> None:
        officer.go(setup)
        officer.follow(officer.say(part))
        officer.press(officer.say(button), form, typed)

    summaries = {
        "#texts.summary.en": "For writers in exile.",
        "#texts.summary.ru": "Для писателей в изгнании.",
    }
    write("Title and description", "Save this part", "call-change_draft", summaries)
    money = {
        "#money.budget.amount": "5000",
        "#money.minimum_award.amount": "100",
        "#money.maximum_award.amount": "3000",
    }
    write("Money", "Save this part", "call-change_draft", money)
    first = {
        "#eligibility[0].label.en": "Do you live in exile?",
        "#eligibility[0].label.ru": "Вы живёте в изгнании?",
        "#eligibility[0].needed": officer.say("Yes"),
        "#eligibility[0].refusal.en": "This call is for those who live in exile.",
        "#eligibility[0].refusal.ru": "Этот конкурс для тех, кто живёт в изгнании.",
    }
    write("Who can apply", "Save the questions", "call-change_draft", first)
    berlin = {"#intake.time_zone": "Berlin" if officer.language == "en" else "Берлин"}
    write("When and how often people can apply", "Save this part", "call-change_draft", berlin)
    for kind, question in QUESTIONS:
        officer.go(setup)
        officer.follow(officer.say("Form and criteria"))
        officer.follow(officer.say("Add a question"))
        officer.follow(officer.say(kind))
        officer.press(
            officer.say("Add the question"), "call-prepare_form", question | {"#required": officer.say("Yes")}
        )
    officer.go(setup)
    officer.follow(officer.say("Form and criteria"))
    officer.follow(officer.say("Write the criteria"))
    for number, (english, russian) in enumerate(CRITERIA):
        criterion = f"#rubric.criteria[{number}]"
        typed = {f"{criterion}.label.en": english, f"{criterion}.label.ru": russian}
        officer.press(officer.say("Save the criteria"), "call-prepare_rubric", typed)
    officer.go(setup)
    officer.follow(officer.say("As an applicant"))
    officer.press(officer.say("Try the answers"))
    officer.note("preview as an applicant")
    officer.go(setup)
    officer.follow(officer.say("As a juror"))
    officer.note("preview as a juror")
    officer.go(setup)
    officer.press(officer.say("Yes, publish it"), "call-publish")
    officer.note("published")
    return call


def the_officer_opens_the_call(officer: Human, call: str) -> datetime:
    """The officer opens a round of the call until six in the evening, Berlin time, some weeks later; returns that moment."""
    officer.go(call)
    day = officer.house.now().astimezone(BERLIN) + timedelta(days=DAYS)
    closes = day.replace(hour=18, minute=0, second=0, microsecond=0)
    typed = {"#closes_at": closes.replace(tzinfo=None).isoformat(timespec="minutes")}
    officer.press(officer.say("Open the round"), "round-open", typed)
    return closes
