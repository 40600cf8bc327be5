"""An id is checked for its kind before anything is looked up: what is of another kind, malformed or absent is the same
nothing to everybody, whoever that id belongs to and however active they are."""

from __future__ import annotations

import functools
import html
import re
import zlib
from collections.abc import Iterator

import httpx
import pytest

from api.app import operations
from api.http.operations import OTHER_IDS, Operation, check_kinds
from api.pages.addresses import PAGES
from api.pages.page import Page
from domain.refusals import NotFound
from domain.topics import AGGREGATES
from tests.contract.conftest import Used, access_of
from tests.journey.running import Running
from tests.pages.conftest import hidden

WITH_IDS = [each for each in operations() if set(each.parameters) - each.numbers]
PAGES_WITH_IDS = [page for page in PAGES if "{" in page.path]
ABSENT = "f" * 32
MALFORMED = (
    "xyzzy",
    "xyzzy-{absent}",
    "{kind}-",
    "{kind}-12",
    "{kind}-{upper}",
    "{kind}-{absent}f",
    "-{absent}",
)
EACH = 6
"""Of so many wrong ids, one is tried at each operation and page."""
VARYING = {"date", "content-length"}
"""Headers that may differ: the length does with the address that a page repeats."""
ALIKE_WITHIN_THE_KIND = {
    ("initiative.remove_member", "person"),
    ("fund.assign_pledge", "pledge"),
    ("call.remove_member", "person"),
    ("round.remove_juror", "person"),
    ("person.exclude_reader", "person"),
    ("person.allow_reader", "exclusion"),
    ("person.make_claim", "person"),
    ("person.withdraw_claim", "person"),
    ("person.withdraw_claim", "claim"),
    ("person.ask_recovery", "person"),
    ("person.cancel_recovery", "person"),
    ("person.confirm_recovery", "person"),
    ("token.make", "person"),
    ("token.list", "person"),
    ("token.revoke", "person"),
    ("session.list", "person"),
    ("session.end", "person"),
    ("session.end_all", "person"),
    *(
        (operation.name, "person")
        for operation in WITH_IDS
        if operation.name.startswith(("way_in.", "factor."))
    ),
}
"""Where somebody may name any person: one who is not there is answered like one who has nothing to do with it."""


def wrong_ids(kind: str, used: Used) -> Iterator[str]:
    """Ids that are none of this kind: well-formed ones of every other kind, absent and present, and malformed ones."""
    for other in AGGREGATES:
        if other != kind:
            yield from (f"{other}-{ABSENT}", *used.ids[other][:1])
    for each in MALFORMED:
        yield each.format(kind=kind, absent=ABSENT, upper=ABSENT.upper())


def some_wrong_ids(kind: str, used: Used, asked: str) -> list[str]:
    """A few of them, which depend on what is `asked`, so that all operations together are asked about all: one function knows
    every kind, as the test of it shows, and here it is enough to see that each operation calls it."""
    everything = [*wrong_ids(kind, used)]
    start = zlib.crc32(asked.encode()) % EACH
    malformed = everything[-len(MALFORMED) :]
    return [*everything[start::EACH], malformed[start % len(malformed)]]


def told(answer: httpx.Response, repeated: str) -> tuple[object, ...]:
    """All of an answer by which two could be told apart, but for the id or the address that was asked for, which it repeats."""
    text = re.sub(rf"{re.escape(repeated)}(?![\w-])", "ID", html.unescape(answer.text))
    headers = {name: value for name, value in answer.headers.items() if name not in VARYING}
    return answer.status_code, text, headers


def still_signed_in(running: Running, request: httpx.Request) -> bool:
    """Whether a request came with a token that is good still."""
    sent = request.headers.get("authorization")
    return sent is not None and running.client.get("/api/me", headers={"Authorization": sent}).is_success


def put(path: str, template: str, name: str, tried: str) -> str:
    """An address with another id in the place of this parameter."""
    found = re.fullmatch(re.sub(r"\\{([a-z_]+)\\}", r"(?P<\1>[^/]+)", re.escape(template)), path)
    assert found is not None
    return path[: found.start(name)] + tried + path[found.end(name) :]


@pytest.mark.parametrize("kind", AGGREGATES)
def test_a_wrong_id_is_known_by_its_shape(used: Used, kind: str) -> None:
    """Every one of them, before anything is looked up."""
    check_kinds({kind: f"{kind}-{ABSENT}"})
    for tried in wrong_ids(kind, used):
        with pytest.raises(NotFound):
            check_kinds({kind: tried})


@pytest.mark.parametrize("operation", WITH_IDS, ids=lambda operation: operation.name)
def test_by_json_every_wrong_id_is_the_same_nothing(
    running: Running, used: Used, operation: Operation
) -> None:
    """To whoever used the operation with success, sending what they sent then; and to the public."""
    before = len(running.rows())
    succeeded = [
        answer.request
        for found, answer in reversed(used.answers)
        if found.name == operation.name and answer.is_success and "authorization" in answer.request.headers
    ]
    # What only somebody did who was erased in the end, an officer tries.
    like = next((each for each in succeeded if still_signed_in(running, each)), succeeded[0])
    sender = like.headers["authorization"]
    if not still_signed_in(running, like):
        sender = f"Bearer {used.walked.people['officer'].token}"
    for name in sorted(set(operation.parameters) - operation.numbers):
        absent = [] if (operation.name, name) in ALIKE_WITHIN_THE_KIND else [f"{name}-{ABSENT}"]
        for signed in (True, False):
            headers = {"Content-Type": "application/json"}
            if signed:
                headers["Authorization"] = sender
            # Who has to sign in first is turned away before anything is looked at, so a few ids are enough.
            few = not signed and not operation.public
            some = some_wrong_ids(name, used, f"{operation.name} {name}")
            wrong = [*([f"fund-{ABSENT}", "xyzzy"] if few else some), *absent]
            answers = {
                tried: told(
                    running.client.request(
                        like.method,
                        put(like.url.path, operation.path, name, tried),
                        headers=headers,
                        content=like.content,
                    ),
                    tried,
                )
                for tried in wrong
            }
            first = next(iter(answers.values()))
            assert first[0] == (404 if signed or operation.public else 401)
            assert [tried for tried, answer in answers.items() if answer != first] == []
    assert len(running.rows()) == before


@pytest.mark.parametrize("page", PAGES_WITH_IDS, ids=lambda page: page.path)
@pytest.mark.parametrize("role", ["officer", None])
def test_every_page_of_a_wrong_id_is_the_same_nothing(
    running: Running, used: Used, page: Page, role: str | None
) -> None:
    """To somebody who is signed in, and to the public."""
    name, *others = re.findall(r"\{([a-z_]+)\}", page.path)
    # Whatever else the address names is found only within the first.
    path = functools.reduce(lambda path, other: path.replace(f"{{{other}}}", "main"), others, page.path)
    with httpx.Client(base_url=running.address, timeout=30) as client:
        if role is not None:
            secret = hidden(client.get("/sign-in").text, "_secret")
            sent = {"_secret": secret, "_next": "/me", "token": access_of(running)[role]["token"]}
            assert client.post("/sign-in", data=sent).status_code == 303
        # The whole address is left out, not the id alone: each page links to the visitor's own initiative.
        addresses = {
            tried: path.replace(f"{{{name}}}", tried)
            for tried in (*some_wrong_ids(name, used, page.path), f"{name}-{ABSENT}")
        }
        answers = {tried: told(client.get(address), address) for tried, address in addresses.items()}
    first = next(iter(answers.values()))
    assert first[0] == (404 if role or page.public else 303)
    assert [
        tried for tried, answer in answers.items() if _but_for_where(answer) != _but_for_where(first)
    ] == []


def _but_for_where(answer: tuple[object, ...]) -> tuple[object, ...]:
    """An answer without the address of the page to sign in on, which repeats the one that was asked for."""
    status, text, headers = answer
    assert isinstance(headers, dict)
    return status, text, {name: value for name, value in headers.items() if name != "location"}


def test_a_filter_takes_only_what_belongs_to_the_thing(running: Running, used: Used) -> None:
    """Ids in the parameters of an address, too."""
    officer = running.person(used.walked.people["officer"].token)
    path = f"/api/calls/{used.walked.ids['call']}/applications"
    assert officer.get(path, round=used.walked.ids["round"])["items"]
    answers = [
        officer.get(path, 404, round=tried) for tried in (*wrong_ids("round", used), f"round-{ABSENT}")
    ]
    assert all(answer == answers[0] for answer in answers)


@pytest.mark.parametrize("act", ["erase", "tokens"])
def test_who_is_no_administrator_cannot_try_out_who_is_there(running: Running, used: Used, act: str) -> None:
    """A person who is there and one who is not are refused alike."""
    officer = running.person(used.walked.people["officer"].token)
    answers = [
        officer.post(f"/api/persons/{tried}/{act}", 403, **({"reason": "other"} if act == "erase" else {}))
        for tried in (used.ids["person"][0], f"person-{ABSENT}")
    ]
    assert answers[0] == answers[1]


def test_a_path_s_ids_are_named_after_their_kind() -> None:
    """The check goes by the parameter's name; one of another name would find nothing, ever."""
    named = {name for each in operations() for name in set(each.parameters) - each.numbers}
    named |= {name for page in PAGES for name in re.findall(r"\{([a-z_]+)\}", page.path)}
    assert named <= {*AGGREGATES, *OTHER_IDS, "claim", "draft", "exclusion", "factor", "pledge", "way"}
