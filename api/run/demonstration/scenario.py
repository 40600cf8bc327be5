"""A scenario as its files describe it: people, initiatives with their funds, and calls with their applications.

Days are counted from the day of the first start: -300 is three hundred days before it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec

Act = dict[str, Any]
"""One act: `day`, perhaps `at` (a time of day), `who`, `does`, and the fields of that command. `Any`: those of TOML."""

Texts = dict[str, str]
"""One text in several languages."""


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of a scenario's files. An unknown key is an error that names it."""


class Entrance(_Part, frozen=True, kw_only=True):
    """That everybody can enter the demonstration as this person: under which of the scenario's `groups` the person is
    listed, their `part` there, and what one `finds`."""

    group: str = ""
    part: Texts = {}
    finds: Texts = {}


class PersonTold(_Part, frozen=True, kw_only=True):
    """A person. They are registered on `day`, or some days before they first apply; the others when the history begins.
    On the day `erased`, if there is one, they had their data erased."""

    name: str
    language: str = "en"
    day: int | None = None
    erased: int | None = None
    enter: Entrance | None = None


class OrganisationTold(_Part, frozen=True, kw_only=True):
    """An organisation, registered by `by`, with everybody else who `joined` it, and perhaps the day on which it was
    `closed`."""

    name: str
    by: str
    day: int
    joined: tuple[str, ...] = ()
    closed: int | None = None


class PledgeTold(_Part, frozen=True, kw_only=True):
    """A pledge to a fund, `by` a funder or by the `name` of somebody without an account, and the days on which money of it
    `arrived`, with the amounts."""

    by: str | None = None
    name: str | None = None
    day: int
    amount: str
    restriction: str | None = None
    arrived: tuple[tuple[int, str], ...] = ()


class FundTold(_Part, frozen=True, kw_only=True):
    """A fund, in one currency."""

    name: str
    currency: str
    day: int
    pledges: tuple[PledgeTold, ...]
    basis: str = "received"


class InitiativeTold(_Part, frozen=True, kw_only=True):
    """An initiative: its `profile` as the command describes it, the `roles` with those who hold them (the first of each
    acts where nobody else is named), its funds by the names that calls use, and the `day` and the `roles` of
    invitations that nobody has answered yet."""

    name: str
    day: int
    roles: dict[str, tuple[str, ...]]
    profile: dict[str, Any] = {}
    funds: dict[str, FundTold] = {}
    invited: tuple[Act, ...] = ()


class Judging(_Part, frozen=True, kw_only=True):
    """When a round, or a single application to a rolling call, was judged; as far as it has come.

    Applications are `examined` (found eligible, unless they say otherwise), the jurors `asked`, the `panel` opened; the
    chair has `decided`; the panel was `closed` and `confirmed`; the results were `announced`, or are planned to be at a
    time (`announces`)."""

    examined: int | None = None
    asked: int | None = None
    jurors: tuple[str, ...] | None = None
    panel: int | None = None
    decided: int | None = None
    closed: int | None = None
    confirmed: int | None = None
    announces: str | None = None
    announced: int | None = None


class RoundTold(Judging, frozen=True, kw_only=True):
    """A round of a stage: the day on which it opened and the time at which it closed."""

    stage: str
    opened: int
    closes: str
    acts: tuple[Act, ...] = ()


class ReviewTold(_Part, frozen=True, kw_only=True):
    """A juror's review: `scores` in the order of the criteria, `jury` and `applicant` are the comments to each. Without
    scores the juror has only said on `day` that there is no conflict. `conflict` is the reason for one."""

    juror: str
    day: int
    scores: tuple[int | None, ...] = ()
    jury: str | None = None
    applicant: str | None = None
    conflict: str | None = None
    instead: str | None = None


class EntryTold(Judging, frozen=True, kw_only=True):
    """What was submitted in one stage, and what became of it there. `acts` are what happened before it was judged: changed,
    returned, resubmitted, withdrawn, found ineligible. `note` is what the chair noted about it in the panel."""

    day: int
    answers: dict[str, Any]
    stage: str | None = None
    at: str | None = None
    acts: tuple[Act, ...] = ()
    reviews: tuple[ReviewTold, ...] = ()
    note: str | None = None
    outcome: Act | None = None


class MessageTold(_Part, frozen=True, kw_only=True, rename={"side": "from"}):
    """A message to the other side, from the `applicant` or the `staff`; or, from `notes`, a note of the staff for
    themselves."""

    day: int
    side: Literal["applicant", "staff", "notes"]
    text: str
    at: str | None = None


class ApplicationTold(_Part, frozen=True, kw_only=True):
    """An application: what was submitted in each stage, the `life` of its grant, and the `messages` about it. An application
    `entered_for` somebody without an account was entered by `by`, who is of the staff."""

    name: str
    by: str
    title: str
    requested: str
    entries: tuple[EntryTold, ...]
    organisation: str | None = None
    eligibility: dict[str, bool] | None = None
    entered_for: str | None = None
    life: tuple[Act, ...] = ()
    messages: tuple[MessageTold, ...] = ()


class DraftTold(_Part, frozen=True, kw_only=True):
    """A draft that an artist has not submitted."""

    by: str
    day: int
    typed: dict[str, str]


class CallTold(_Part, frozen=True, kw_only=True):
    """A call: its fund by name, the `call` as the command drafts it, days, rounds, applications and drafts."""

    initiative: str
    fund: str
    drafted: int
    call: dict[str, Any]
    published: int | None = None
    officer: str | None = None
    chair: str | None = None
    jurors: tuple[str, ...] | None = None
    acts: tuple[Act, ...] = ()
    rounds: tuple[RoundTold, ...] = ()
    applications: tuple[ApplicationTold, ...] = ()
    drafts: tuple[DraftTold, ...] = ()


class Scenario(_Part, frozen=True, kw_only=True):
    """A whole scenario. `days` is how many days before its first start the history begins; `groups` are the headings under
    which people are listed at the entrance."""

    days: int
    time_zone: str
    groups: dict[str, Texts] = {}
    people: dict[str, PersonTold]
    organisations: dict[str, OrganisationTold] = {}
    initiatives: Mapping[str, InitiativeTold] = {}
    calls: Mapping[str, CallTold] = {}


def read_scenario(folder: Path) -> Scenario:
    """The scenario in a folder: `scenario.toml`, `initiatives/*.toml` and `calls/*.toml`, named after their files. Raises
    ValueError, which names the file, if one of them cannot be read."""
    return msgspec.structs.replace(
        _read(folder / "scenario.toml", Scenario),
        initiatives={
            file.stem: _read(file, InitiativeTold) for file in sorted((folder / "initiatives").glob("*.toml"))
        },
        calls={file.stem: _read(file, CallTold) for file in sorted((folder / "calls").glob("*.toml"))},
    )


_Told = TypeVar("_Told")


def _read(file: Path, kind: type[_Told]) -> _Told:
    try:
        return msgspec.convert(tomllib.loads(file.read_text("utf-8")), kind)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ValueError(f"{file.name}: {error}") from error
