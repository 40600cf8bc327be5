"""An officer at a browser who writes a call by page, and an applicant who answers its form."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from api.pages.questions import KIND_NAMES
from domain.forms import AnyQuestion, Criterion, Form, Question
from tests.pages.browsing import Someone

LANGUAGE: Final = {"en": "English", "ru": "Русский"}


@dataclass
class Builder:
    """Somebody who sets up a call."""

    who: Someone
    setup: str = ""
    """The path of the page that lists the parts of the call."""
    form: str = ""
    """The path of the page of its only stage's form and criteria."""

    def begin(self, house: str, **titles: str) -> None:
        """Begin a draft from the initiative's page, with a title in one or several languages."""
        self.who.go(f"/initiatives/{house}")
        typed = {f"Title ({LANGUAGE[code]})": title for code, title in titles.items()}
        self.who.press("Begin the draft", "call-draft", **typed)
        self.setup = self.who.path
        self.form = self.setup.removesuffix("/setup") + "/stages/main"

    def part(self, link: str, button: str, **typed: str) -> None:
        """Write one of the parts."""
        self.who.go(self.setup)
        self.who.open(link)
        self.who.press(button, **typed)

    def ask(self, question: Question) -> None:
        """Add a question at the end of the form."""
        self.who.go(self.form)
        with self.who.page.expect_navigation():
            # After the last question, behind the buttons that add one to a group.
            self.who.page.get_by_role("link", name="Add a question").last.click()
        kind = str(KIND_NAMES[question.kind])
        with self.who.page.expect_navigation():
            self.who.page.locator("main").get_by_role("link", name=kind, exact=True).click()
        self._write(question)
        self.who.press("Add the question")
        assert self.who.path == self.form, self.who.text()
        for each in question.questions:
            self.who.open("Add a question to the group")
            self.who.open(str(KIND_NAMES[each.kind]))
            self._write(each)
            self.who.press("Add the question")
            assert self.who.path == self.form, self.who.text()

    def _write(self, question: AnyQuestion) -> None:
        """Fill in the page on which a question is written."""
        label = "Sentence to agree to" if question.kind == "consent" else "Question"
        typed = {f"{label} ({LANGUAGE[code]})": text for code, text in question.label.items()}
        typed |= {f"Help ({LANGUAGE[code]})": text for code, text in question.help.items()}
        typed |= {
            said: str(value)
            for said, value in (
                ("At most how many words", question.max_words),
                ("Smallest number", question.minimum),
                ("Largest number", question.maximum),
                (
                    "At least how many entries",
                    question.least_entries if isinstance(question, Question) else None,
                ),
                (
                    "At most how many entries",
                    question.most_entries if isinstance(question, Question) else None,
                ),
            )
            if value is not None
        }
        must = "Must it be agreed to?" if question.kind == "consent" else "Must it be answered?"
        typed[must] = "Yes" if question.required else "No"
        if question.identifying:
            self.who.page.get_by_label("The answer tells who applied").check()
        self._options(question)
        self.who.fill(**typed)

    def _options(self, question: AnyQuestion) -> None:
        page = self.who.page
        for number, choice in enumerate(question.choices, 1):
            for code, text in choice.label.items():
                row = page.get_by_label(f"Option {number} ({LANGUAGE[code]})", exact=True)
                if not row.count():
                    with page.expect_navigation():
                        page.get_by_role("button", name="More options").click()
                row.fill(text)

    def ask_all(self, form: Form) -> None:
        """Add all questions of a form."""
        for question in form.questions:
            self.ask(question)

    def score_by(self, criteria: Iterable[Criterion]) -> None:
        """Write the criteria."""
        for number, criterion in enumerate(criteria):
            self.who.go(f"{self.form}/criteria")
            new = self.who.page.locator("fieldset").nth(number)
            for code, text in criterion.label.items():
                new.get_by_label(f"Name ({LANGUAGE[code]})").fill(text)
            for code, text in criterion.guidance.items():
                new.get_by_label(f"Guidance for jurors ({LANGUAGE[code]})").fill(text)
            new.get_by_label("At most how many points").fill(str(criterion.scale))
            new.get_by_label("Weight").fill(str(criterion.weight))
            self.who.press("Save the criteria")
