"""What the staff asked when they returned an application, and what was different in it before."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from domain.applications.facts import (
    ApplicationChanged,
    ApplicationContinued,
    ApplicationResubmitted,
    ApplicationReturned,
    ApplicationReturnLapsed,
    ApplicationSubmitted,
    ApplicationWritten,
)
from domain.forms import Answer
from domain.personal import Withheld
from domain.topics import topics_of
from domain.values import Money
from projections.reader import Reader, Reference, damaged_in, text_of


class AskedQuestions(msgspec.Struct, frozen=True, kw_only=True):
    """The questions with which an application was returned. `resubmitted_at` is when it was submitted again after them, and
    `lapsed_at` when the time to do so was over; neither is set while they wait for an answer, and if the staff decided before. `text`
    is None if it was erased, or is damaged: then it is named in `damaged`."""

    text: str | None
    asked_at: datetime
    resubmitted_at: datetime | None
    lapsed_at: datetime | None = None


class EarlierVersion(msgspec.Struct, frozen=True, kw_only=True):
    """What was different in an application before: when it was last returned and came back (`came_back_at`), or, if it never did,
    when its stage was first answered. `answers` are the earlier answers to the questions whose answers were changed since, None
    where there was none; `title` and `requested` are None if they are the same now. Damaged texts are named in `damaged` as
    ``before.answers.budget``."""

    written_at: datetime
    came_back_at: datetime | None
    title: str | None
    requested: Money | None
    answers: dict[str, Answer]


class Returns(msgspec.Struct, frozen=True, kw_only=True):
    """What the facts of an application say about its returns; `damaged` names what cannot be shown of it."""

    asked: tuple[AskedQuestions, ...] = ()
    before: EarlierVersion | None = None
    damaged: tuple[str, ...] = ()


_BEGUN = topics_of(ApplicationSubmitted, ApplicationContinued)
_CHANGED = topics_of(ApplicationChanged)
_ASKED = topics_of(ApplicationReturned)
_AGAIN = topics_of(ApplicationResubmitted)
_LAPSED = topics_of(ApplicationReturnLapsed)


async def returns_of(
    reader: Reader, application: str, position: int, *, written: int | None = None
) -> Returns:
    """The questions with which an application was returned up to a position, the first ones first. With `written`, the version of
    the fact whose answers are shown, also what was different before. The caller has checked access."""
    rows = await reader.rows(
        "SELECT version, topic FROM history.facts WHERE stream = %(application)b AND topic = ANY (%(topics)b::text[]) "
        "AND position <= %(position)b::bigint ORDER BY version",
        application=application,
        topics=[*_BEGUN, *_CHANGED, *_ASKED, *_AGAIN, *_LAPSED],
        position=position,
    )
    steps = [(int(row["version"]), str(row["topic"])) for row in rows]
    compared = None if written is None else to_compare(steps, written)
    said = [
        Reference(application, version) for version, topic in steps if topic in (*_ASKED, *_AGAIN, *_LAPSED)
    ]
    versions = () if compared is None else (compared[0], written)
    wanted = [*said, *(Reference(application, each) for each in versions if each is not None)]
    found = await reader.facts(wanted, open_boxes=True) if wanted else {}

    asked: list[AskedQuestions] = []
    texts: dict[str, object] = {}
    for reference in said:
        recorded = found[reference]
        at = recorded.envelope.decided_at
        if isinstance(recorded.fact, ApplicationReturned):
            texts[f"asked.{len(asked)}"] = recorded.fact.questions
            text = text_of(recorded.fact.questions)
            asked.append(AskedQuestions(text=text, asked_at=at, resubmitted_at=None))
        elif asked:
            ended = "lapsed_at" if isinstance(recorded.fact, ApplicationReturnLapsed) else "resubmitted_at"
            asked[-1] = msgspec.structs.replace(asked[-1], **{ended: at})
    if compared is None or written is None:
        return Returns(asked=tuple(asked), damaged=damaged_in(texts))

    first, again = compared
    then, now = found[Reference(application, first)], found[Reference(application, written)].fact
    assert isinstance(then.fact, ApplicationWritten)
    assert isinstance(now, ApplicationWritten)
    if Withheld.ERASED in (then.fact.title, now.title):
        return Returns(asked=tuple(asked), damaged=damaged_in(texts))
    title, answers = changes(then.fact, now)
    texts |= {"before.title": title, **{f"before.answers.{name}": each for name, each in answers.items()}}
    return Returns(
        asked=tuple(asked),
        before=EarlierVersion(
            written_at=then.envelope.decided_at,
            came_back_at=None if again is None else found[Reference(application, again)].envelope.decided_at,
            title=text_of(title),
            requested=None
            if then.fact.requested == now.requested
            else Money.of(then.fact.requested, then.fact.currency),
            answers={name: None if isinstance(each, Withheld) else each for name, each in answers.items()},
        ),
        damaged=damaged_in(texts),
    )


def to_compare(steps: Iterable[tuple[int, str]], written: int) -> tuple[int, int | None] | None:
    """Of the facts of an application, by version and topic: the version with which the one that was `written` is compared, and that
    with which it came back since; None if it was not changed."""
    before, standing, asked_about, again = 0, 0, 0, None
    for version, topic in steps:
        if version > written:
            break
        if topic in _BEGUN:
            before, standing, asked_about, again = version, version, 0, None
        elif topic in _ASKED:
            asked_about = standing
        elif topic in _LAPSED:
            asked_about = 0
        else:
            if topic in _AGAIN:
                before, again, asked_about = asked_about or standing, version, 0
            standing = version
    return None if before in (0, written) else (before, again)


def changes(
    then: ApplicationWritten, now: ApplicationWritten
) -> tuple[str | Withheld | None, dict[str, Answer | Withheld]]:
    """The earlier title, if it was changed, and the earlier answers to questions whose answers were."""
    answers = {
        name: then.answers.get(name)
        for name in (*now.answers, *(each for each in then.answers if each not in now.answers))
        if then.answers.get(name) != now.answers.get(name)
    }
    return then.title if then.title != now.title else None, answers
