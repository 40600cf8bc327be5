"""Every fact has words: each topic, each reason, and no sentence that a stranger could not read."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import get_args, get_type_hints

import msgspec
import pytest
from babel.messages.pofile import read_po

from api.locales import LANGUAGES, Locale
from api.locales.catalogues import FOLDER
from domain.applications.facts import ApplicationReturned
from domain.calls.facts import CallDrafted
from domain.calls.state import Call
from domain.deciding import Fact
from domain.labels import REASONS
from domain.messages import Letters, msg
from domain.panels.facts import PanelAnnouncementPlanned
from domain.rounds.facts import RoundDeadlineExtended, RoundLateAccessGranted, RoundOpened
from domain.rounds.state import Round
from domain.stages import Blindness
from domain.topics import REGISTER, TOPICS
from domain.values import Role
from projections.timeline.queries import names_of_rounds
from projections.words import SentenceContext, words
from projections.words.sentences import NUMBERED, Numbers, actor_words, by_handle, by_title
from tests.history import golden
from tests.scene import stage

NEWEST = [topic.name for topic in REGISTER]
"""What is stored in an older shape is told in the words of the newest."""

TOLD = SentenceContext(
    actor=actor_words(Role.OFFICER, "known", Numbers()),
    about=by_title("Ten kitchens"),
    of_about=by_title("Ten kitchens"),
    currency="EUR",
)


def example(topic: str) -> Fact:
    """An example of a topic, the one that is stored beside the golden files."""
    fact: Fact = golden.fact_of(TOPICS[topic])
    if isinstance(
        fact,
        RoundOpened
        | RoundDeadlineExtended
        | RoundLateAccessGranted
        | ApplicationReturned
        | PanelAnnouncementPlanned,
    ):
        return msgspec.structs.replace(fact, time_zone="Europe/Berlin")
    return fact


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("topic", NEWEST)
def test_every_topic_has_a_sentence(topic: str, language: str) -> None:
    """One that begins with a capital or a sum, ends with a full stop, and shows no id and no code."""
    fact = example(topic)
    if "time_zone" in fact.__struct_fields__:
        fact = msgspec.structs.replace(fact, time_zone="Europe/Berlin")
    said, locale = words(fact, TOLD), Locale(language)
    assert re.fullmatch(r"[A-ZА-Я0-9].*\.", locale.say(said.what))
    text = " ".join(
        locale.say(each) for each in (said.what, *([said.why] if said.why else ()), *said.changed)
    )
    # An example's own texts, such as "Пример: time_zone", are nobody's sentence.
    assert not re.search(r"\w+-[0-9a-f]{32}|Withheld|None|_", re.sub(r"(?i)Пример: \w+", "", text)), text


@pytest.mark.parametrize("topic", [topic.name for topic in REGISTER if topic.audience])
def test_every_sentence_names_who_acted_or_what_it_is_about(topic: str) -> None:
    """What an application, a grant, a call, a round or a fund is told of can be followed to it; members are not named."""
    values = words(example(topic), TOLD).what.values
    by_actor = (
        "member" in topic
        or "juror" in topic
        or topic.startswith(("organisation.", "initiative.screening_set.", "initiative.described."))
    )
    assert ("actor" if by_actor else "name" if "founded" in topic else "about") in values


@pytest.mark.parametrize("topic", NEWEST)
def test_what_changed_does_not_say_the_status_again(topic: str) -> None:
    said = words(example(topic), TOLD)
    assert not [each for each in said.changed if "status" in str(each) or str(each) in str(said.what)]


@pytest.mark.parametrize("topic", NEWEST)
def test_every_reason_that_a_fact_can_give_has_words(topic: str) -> None:
    """Also those that were added to a fact after the words were written."""
    hint = get_type_hints(TOPICS[topic]).get("reason")
    codes = {code for code in _codes(hint) if isinstance(code, str)}
    assert codes <= REASONS.keys()


def _codes(hint: object) -> list[object]:
    parts = get_args(hint)
    return [hint] if not parts else [code for part in parts for code in _codes(part)]


def test_a_fact_without_words_is_noticed() -> None:
    """A new kind of stream cannot be forgotten in silence."""

    class SomethingNew(Fact, frozen=True, kw_only=True):
        pass

    with pytest.raises(AssertionError, match="SomethingNew has no words"):
        words(SomethingNew(), TOLD)


def test_facts_are_told_apart() -> None:
    """No two topics say the same of different things by accident of a missing case."""
    sentences = [str(words(example(topic), TOLD).what) for topic in NEWEST]
    assert len(set(sentences)) == len(sentences)


@pytest.mark.parametrize(
    ("count", "told"),
    [
        (0, ()),
        (1, ("1 approval no longer counts because the bank details changed",)),
        (2, ("2 approvals no longer count because the bank details changed",)),
    ],
)
@pytest.mark.parametrize("topic", ["grant.payee_set.v1", "grant.instalment_failed.v1"])
def test_approvals_that_no_longer_count_are_told_with_what_ended_them(
    topic: str, count: int, told: tuple[str, ...]
) -> None:
    fact = msgspec.structs.replace(example(topic), approvals_ended=count)
    changed = [str(line) for line in words(fact, TOLD).changed]
    assert tuple(line for line in changed if "approval" in line) == told


def test_an_officer_found_an_application_eligible() -> None:
    """By its title, or by its handle, in each language."""
    fact = example("application.found_eligible.v1")
    for about, english, russian in (
        (
            by_title("Ten kitchens"),
            "Officer 1 found “Ten kitchens” eligible.",
            "Координатор 1 признаёт, что заявка «Ten kitchens» соответствует условиям.",
        ),
        (
            by_handle("k7m2p"),
            "Officer 1 found application k7m2p eligible.",
            "Координатор 1 признаёт, что заявка k7m2p соответствует условиям.",
        ),
    ):
        what = words(fact, SentenceContext(actor=TOLD.actor, about=about, of_about=about)).what
        assert (Locale("en").say(what), Locale("ru").say(what)) == (english, russian)


def test_what_happened_in_a_round_is_a_sentence_in_russian_too() -> None:
    """The round stands in its case within the sentence, and nothing is put behind it in parentheses."""
    round = names_of_rounds("call-1", Call(stages=(stage(),)), {"round-1": Round()})["round-1"]
    assert round.of is not None
    context = replace(TOLD, about=round.said, of_about=round.of)
    said = {
        topic: Locale("ru").say(words(example(topic), context).what)
        for topic in (
            "round.opened.v1",
            "round.decided.v1",
            "panel.closed.v1",
            "panel.confirmed.v1",
            "panel.announced.v1",
            "reading.recorded.v1",
        )
    }
    assert said == {
        "round.opened.v1": "Координатор 1 открывает приём заявок.",
        "round.decided.v1": "По всем заявкам этого приёма приняты решения.",
        "panel.closed.v1": "Координатор 1 закрывает заседание жюри по итогам этого приёма.",
        "panel.confirmed.v1": "Координатор 1 утверждает решения жюри по итогам этого приёма.",
        "panel.announced.v1": "Координатор 1 объявляет всем заявителям итоги этого приёма.",
        "reading.recorded.v1": "Участник инициативы читает имена заявителей этого приёма.",
    }


def test_no_russian_sentence_has_what_it_is_about_stuck_on_behind_it() -> None:
    with (FOLDER / "ru.po").open("rb") as file:
        catalogue = read_po(file, locale="ru")
    for message in catalogue:
        forms = message.string if isinstance(message.string, tuple) else (message.string,)
        if any("projections/words" in place for place, _ in message.locations):
            assert not any("({about})" in form or ": {about}" in form for form in forms), message.id


class TestOnePersonInTwoRoles:
    """They have a number in each role, and the words say that it is the same person."""

    def test_is_said_wherever_they_act_in_the_second(self) -> None:
        numbers = Numbers([(Role.OFFICER, "a"), (Role.FINANCE, "b")])
        said = [
            Locale("en").say(actor_words(role, handle, numbers))
            for role, handle in (
                (Role.FINANCE, "a"),
                (Role.OFFICER, "a"),
                (Role.JUROR, "b"),
                (Role.JUROR, "c"),
            )
        ]
        assert said == ["Finance 2 (also Officer 1)", "Officer 1", "Juror A (also Finance 1)", "Juror B"]
        assert (
            Locale("ru").say(actor_words(Role.FINANCE, "a", numbers)) == "Бухгалтер 2 (также Координатор 1)"
        )


class TestADraftedCall:
    """What its timeline says about its stages."""

    @staticmethod
    def told(*stages: tuple[str, int, Blindness]) -> list[str]:
        """What is said of a call with these stages: title, reviews, blindness."""
        fact = example("call.drafted.v1")
        assert isinstance(fact, CallDrafted)
        drafted = [
            msgspec.structs.replace(
                fact.stages[0], title={"en": title} if title else {}, quorum=quorum, blindness=blindness
            )
            for title, quorum, blindness in stages
        ]
        said = words(msgspec.structs.replace(fact, stages=tuple(drafted), fast_track_up_to=None), TOLD)
        return [Locale("en").say(each) for each in said.changed[2:]]

    def test_the_only_stage_needs_no_name(self) -> None:
        assert self.told(("", 3, "double")) == [
            "Reviews of each application: 3",
            "The jury does not see who applied.",
        ]

    def test_several_stages_are_named_and_what_holds_for_all_is_said_once(self) -> None:
        assert self.told(("Letter", 1, "double"), ("Project", 2, "single")) == [
            "Reviews of each application in the stage “Letter”: 1",
            "Reviews of each application in the stage “Project”: 2",
            "The jury does not see who applied.",
        ]

    def test_what_differs_between_stages_is_said_of_each(self) -> None:
        assert self.told(("Letter", 1, "double"), ("Project", 2, "open"))[2:] == [
            "In the stage “Letter”, the jury does not see who applied.",
            "In the stage “Project”, the jury sees who applied.",
        ]


class TestWhoActs:
    def test_people_are_numbered_in_each_role_as_they_first_act(self) -> None:
        numbers = Numbers()
        acts = [
            ("officer", "x"),
            ("juror", "b"),
            ("officer", "y"),
            ("juror", "a"),
            ("officer", "x"),
            ("chair", "b"),
        ]
        assert [str(actor_words(*act, numbers)) for act in acts] == [
            "Officer 1", "Juror A", "Officer 2", "Juror B", "Officer 1", "Chair 1 (also Juror A)",
        ]  # fmt: skip

    def test_those_of_earlier_pages_keep_their_numbers(self) -> None:
        numbers = Numbers([("officer", "x"), ("officer", "y"), ("officer", "x")])
        assert str(actor_words("officer", "z", numbers)) == "Officer 3"
        assert str(actor_words("officer", "y", numbers)) == "Officer 2"

    @pytest.mark.parametrize("role", sorted(NUMBERED))
    def test_without_a_handle_a_member_is_a_member_and_counts_for_none(self, role: str) -> None:
        numbers = Numbers()
        assert str(actor_words(role, None, numbers)) == "A member"
        assert numbers.of(role, "first") == 1

    def test_applicants_are_not_numbered(self) -> None:
        """How many there are is not for everybody to know; what they act on tells them apart."""
        numbers = Numbers()
        assert {str(actor_words("applicant", handle, numbers)) for handle in "abc"} == {"The applicant"}
        assert str(actor_words("applicant", "a", numbers, of_grant=True)) == "The recipient"
        assert str(actor_words("system", None, numbers)) == "The program"

    def test_every_role_has_words(self) -> None:
        for role in Role:
            assert actor_words(role, "handle", Numbers()) != msg("")

    def test_letters_go_on_after_z(self) -> None:
        said = [
            str(msg("{number}", number=Letters(number))) for number in (1, 2, 26, 27, 28, 52, 53, 702, 703)
        ]
        assert said == ["A", "B", "Z", "AA", "AB", "AZ", "BA", "ZZ", "AAA"]

    @pytest.mark.parametrize(("number", "letters"), [(1, "А"), (4, "Г"), (25, "Я"), (26, "АА")])
    def test_jurors_have_letters_of_the_readers_alphabet(self, number: int, letters: str) -> None:
        """In Russian those that lists are lettered with, without those that look like a number (З, О, Ч)."""
        assert Locale("ru").say(msg("{number}", number=Letters(number))) == letters
