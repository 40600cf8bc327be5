"""The notes of a panel: what those of the jury write to each other about the applications that they decide on."""

from __future__ import annotations

from typing import Final

import msgspec

from domain import access
from domain.applications.state import APPLICATION
from domain.deciding import Allowed
from domain.indexes import reviews_of
from domain.initiatives.state import INITIATIVE, Initiative
from domain.messages import msg
from domain.panels.facts import PanelNoteWritten
from domain.personal import Withheld
from domain.refusals import NotFound
from domain.reviews.facts import JUDGING
from domain.reviews.state import REVIEW, Review, concerning
from domain.rounds.state import ROUND
from domain.topics import topics_of
from history.documents import opener
from projections import readings
from projections.paging import DEFAULT_LIMIT, ResultPage, check_limit, position_of
from projections.reader import Reader, allow, damaged_in, recorded_in, text_of

NOT_RECORDED: Final = msg(
    "The panel's notes cannot be shown right now, because reading them has to be recorded first. Try again shortly."
)


class PanelNote(msgspec.Struct, frozen=True, kw_only=True):
    """A note on an application. `handle` stands for who wrote it; `own`: the viewer did. `text` is None once the
    application's texts were erased, or if it is `damaged`: the stored value is not what was committed to."""

    application: str
    handle: str | None
    own: bool
    text: str | None
    damaged: tuple[str, ...] = ()


async def of_round(
    reader: Reader,
    viewer: str | None,
    round: str,
    *,
    cursor: str | None = None,
    limit: int = DEFAULT_LIMIT,
) -> ResultPage[PanelNote]:
    """The notes of a round's panel, the oldest first, for the jury: those on applications whose scores the viewer may see.
    Raises `NotFound` or `Forbidden`."""
    who = viewer or ""
    state, actor = await reader.seen_by(viewer, ROUND, round)
    initiative: Initiative = (await reader.the(INITIATIVE, state.initiative)).within(state.call, round)
    own = await reader.applied_by(actor, round, state.call)
    allow(access.sees_ranking(who, initiative, state, own=own))
    allow(access.member(who, initiative, *JUDGING))
    if state.panel is None:
        raise NotFound
    after, count = position_of(cursor, reader.cursors), check_limit(limit)
    rows = await reader.rows(
        """
        SELECT position, topic, document FROM history.facts
        WHERE stream = %(panel)b AND topic = ANY (%(topics)b::text[]) AND position > %(after)b::bigint
        ORDER BY position LIMIT %(count)b
        """,
        panel=state.panel,
        topics=list(topics_of(PanelNoteWritten)),
        after=after,
        count=count + 1,
    )
    written = [recorded_in(row) for row in rows[:count]]
    about = sorted({_note(each.fact).application for each in written})
    ids = await reader.index_entries_of_all([reviews_of(each) for each in about])
    loaded = await reader.load(*((APPLICATION, each) for each in about), *((REVIEW, each) for each in ids))
    reviews: dict[str, Review] = concerning({each: loaded[each].state for each in ids}, round)
    shown = {
        each
        for each in about
        if isinstance(
            access.sees_panel_notes(
                actor,
                initiative,
                state,
                loaded[each].state,
                [review for review in reviews.values() if review.application == each],
                own=own,
            ),
            Allowed,
        )
    }
    # Notes speak of scores and of what applicants wrote, and only the jury reads them.
    if shown and not await readings.record(reader, who, round, "scores", "judged"):
        raise readings.NotRecorded(NOT_RECORDED)
    keys = await reader.keys(
        {_note(each.fact).dossier for each in written if _note(each.fact).application in shown}
    )
    open_with = opener(keys)
    items = []
    for row in rows[:count]:
        recorded = recorded_in(row, open_with, history=reader.history.id)
        note = _note(recorded.fact)
        if note.application not in shown:
            continue
        opened = note.text if note.dossier in keys else Withheld.ERASED
        items.append(
            PanelNote(
                application=note.application,
                handle=recorded.envelope.acting.handle,
                own=recorded.envelope.actor == who,
                text=text_of(opened),
                damaged=damaged_in({"text": opened}),
            )
        )
    return ResultPage(
        items=tuple(items),
        next=reader.cursors.token(rows[count - 1]["position"]) if len(rows) > count else None,
    )


def _note(fact: object) -> PanelNoteWritten:
    assert isinstance(fact, PanelNoteWritten)
    return fact
