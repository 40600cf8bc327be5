"""A whole call at an installation of its own, from the first start to the last payment, by every role, with browsers alone; and
what was written on the way lies nowhere where it must not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import sync_playwright

from tests.journey.leaking import encodings, leaks, places, plant, uproot
from tests.walk.installation import Installation, empty_installation
from tests.walk.markers import ARTISTS, JURORS_MAY_READ, MARKERS, NAMES, STEMS, WRITTEN
from tests.walk.searching import Answer, found_in, in_addresses, in_letters, json_of, pages_of
from tests.walk.whole_call import WholeCall, a_whole_call

STAFF = {"founder", "officer", "finance", "approver"}
"""Whose names a juror and a funder can read, as docs/thefts.md says: neither those of the jury nor of other funders."""
PUBLIC = {
    "the title of a call": "Winter call",
    "the name of an initiative": "Дом Зима",
    "the name of a fund": "Winter fund",
    "the restriction of a pledge": "Only books.",
    "the reference of a payment": "WALK-1",
    "why somebody stepped back": "friendship",
    "who did something, by an id": '"actor":"person-',
    "which browser somebody uses": "chrome",
}
"""What docs/thefts.md says that a dump tells without the key folder."""


def test_every_marker_is_found_by_its_stem() -> None:
    for name, marker in MARKERS.items():
        assert any(stem in marker for stem in STEMS.values()), name


VARIANTS = [
    pytest.param("ru", False, True, id="Russian, without scripts"),
    pytest.param("ru", True, True, id="Russian, with scripts", marks=pytest.mark.long),
    pytest.param("en", False, False, id="English, without scripts, encryption off", marks=pytest.mark.long),
    pytest.param("en", True, True, id="English, with scripts", marks=pytest.mark.long),
]


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("language", "scripts", "sealed"), VARIANTS)
def test_a_whole_call(
    chromium: str, subtests: pytest.Subtests, language: str, scripts: bool, sealed: bool
) -> None:
    with sync_playwright() as playwright, empty_installation(sealed=sealed) as house:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        done = a_whole_call(browser, house, language=language, scripts=scripts)
        with subtests.test("everybody reads what they may"):
            everybody_reads_what_they_may(done)
        with subtests.test("letters came, and betray nothing on the outside"):
            letters_betray_nothing(done, house)
        with subtests.test("browsers asked nobody else, and no address tells anything"):
            browsers_asked_nobody_else(done, house)
        with subtests.test("a juror and a funder can fetch nothing of it"):
            blindness_holds_everywhere(done)
        with subtests.test("nothing personal lies in clear"):
            nothing_lies_in_clear(done, house, sealed=sealed)
        browser.close()


def everybody_reads_what_they_may(done: WholeCall) -> None:
    """The juror sees a summary before the question of conflicts, and never who applied; the funder sees the payments."""
    read = done.journal.read
    assert WRITTEN["idea"] in read["review before the conflict question"] or (
        WRITTEN["answer to questions"] in read["review before the conflict question"]
    )
    assert WRITTEN["budget line"] not in read["review before the conflict question"]
    assert WRITTEN["budget line"] in read["application to a juror"]
    assert WRITTEN["where somebody lives"] not in read["application to a juror"]
    amount = {"ru": "1\u00a0500,00\u00a0EUR", "en": "1,500.00\u00a0EUR"}[done.people["funder"].language]
    assert amount in read["funded"], read["funded"]
    assert done.awarded.handle in read["funded"]
    assert amount in read["grant to the funder"]


def letters_betray_nothing(done: WholeCall, house: Installation) -> None:
    """Everybody with an address was written to; the artist of every step."""
    markers = STEMS | {"title of the call": "Зимний конкурс", "call": "Winter call", "initiative": "Дом Зима"}
    letters = house.post.letters
    assert in_letters(letters, markers) == set()
    assert len(house.post.to(done.people["artist"].address)) >= 6
    leaking = letters[0]
    subject = leaking["Subject"]
    for marker in markers.values():
        del leaking["Subject"]
        leaking["Subject"] = f"About {marker}"
        assert in_letters(letters, {"planted": marker}), marker
    del leaking["Subject"]
    leaking["Subject"] = str(subject)


def browsers_asked_nobody_else(done: WholeCall, house: Installation) -> None:
    """No request to another host, none that the pages' own policy forbids, and no marker in an address."""
    asked = [address for _, address in done.journal.requests]
    assert {urlsplit(address)[:2] for address in asked} == {urlsplit(house.address)[:2]}
    # A form came back, or a draft was not saved by itself, because the session had ended.
    came_back = re.compile(r"Failed to load resource: the server responded with a status of 4(01|09|22) ")
    assert [each for each in done.journal.complaints if not came_back.match(each)] == []
    assert sum(method == "POST" for method, _ in done.journal.requests) > 60
    words = {f"words of {each.name}": each.words for each in done.people.values() if each.words}
    markers = STEMS | words
    assert in_addresses(asked, markers) == set()
    for marker in markers.values():
        for form in ("address", "form", "UTF-8"):
            planted = f"{house.address}/?q={encodings(marker)[form].decode()}"
            assert in_addresses([planted], {"planted": marker}), planted


def blindness_holds_everywhere(done: WholeCall) -> None:
    """Every page and every answer by JSON, of a juror and of a funder, is searched; the officer's show that what is
    sought can be found."""
    identities = {
        name: marker
        for name, marker in MARKERS.items()
        if name.endswith(tuple(f"of the {each}" for each in ARTISTS))
    } | {"new address": MARKERS["new address"]}
    hidden = {
        "juror": identities | {name: text for name, text in WRITTEN.items() if name not in JURORS_MAY_READ},
        "funder": identities | WRITTEN,
    }
    shown = {"juror": ("title", "idea", "comment for the jury"), "funder": ()}
    for role, markers in hidden.items():
        person = (
            done.people[role] if done.people[role] is not done.stepped_back else done.people[f"second {role}"]
        )
        answers = [*pages_of(person, done.call, done.grant, done.awarded.path), *json_of(person)]
        assert sum(answer.status == 200 for answer in answers) > 20
        assert {name for name, _ in found_in(answers, {each: WRITTEN[each] for each in shown[role]})} == set(
            shown[role]
        )
        assert found_in(answers, markers) == set(), role
        others = {name for name, _ in found_in(answers, NAMES) if NAMES[name] != person.name}
        assert "officer" in others
        assert others <= STAFF, (role, others)
        for planted in _planted(answers[0], STEMS):
            assert found_in([planted], STEMS)
    officers = found_in(
        pages_of(done.people["officer"], done.awarded.path), {"artist": NAMES["artist"]} | WRITTEN
    )
    assert {"artist", "title", "where somebody lives", "conflict"} <= {name for name, _ in officers}


def _planted(answer: Answer, markers: Mapping[str, str]) -> list[Answer]:
    """Answers that leak: each marker in each encoding, in the body or in a header."""
    return [
        each
        for marker in markers.values()
        for text in encodings(marker).values()
        for each in (replace(answer, body=answer.body + text), replace(answer, headers={"X": text.decode()}))
    ]


def nothing_lies_in_clear(done: WholeCall, house: Installation, *, sealed: bool) -> None:
    """Neither in the dump, nor in the tables' files, the write-ahead log, the logs, or the key folder; with encryption switched
    off nearly everything does, so it is encryption that the search is about. What is planted is found in each place."""
    words = {each.name: each.words for each in done.people.values() if each.words}
    halves = {
        f"{half} words of {name}": " ".join(text.split()[part])
        for name, text in words.items()
        for half, part in (("first", slice(0, 3)), ("secret", slice(3, 9)))
    }
    assert len(halves) == 2 * 3
    markers = STEMS | halves
    found = places(house.folder, house.database)
    assert set(found) == {"dump", "tables", "WAL", "logs", "other files"}
    if not sealed:
        lying = {(name, place) for name, _, place in leaks(MARKERS, found)}
        # Old parts of the write-ahead log are gone by now.
        late, early = {"report", "payee's account"}, {"name of the artist", "title", "idea"}
        for place, sure in (("dump", late | early), ("tables", late | early), ("WAL", late)):
            assert sure <= {name for name, where in lying if where == place}, (place, lying)
        assert not [each for each in lying if each[1] == "logs"]
        return
    told = {what for what, _, place in leaks(PUBLIC, {"dump": found["dump"]})}
    assert told == set(PUBLIC), "docs/thefts.md says that a dump tells more"
    for what in ("person-", "GET /", "POST /", "127.0.0.1 "):
        assert what.encode() not in found["logs"], f"docs/thefts.md says that the logs do not tell {what}"
    lying = leaks(markers, found)
    assert lying == set(), leaks(MARKERS | halves, found)
    plant(markers, house.folder, house.database)
    planted = leaks(markers, places(house.folder, house.database))
    uproot(house.folder, house.database)
    assert planted == {
        (name, encoding, place)
        for name, text in markers.items()
        for encoding in encodings(text)
        for place in found
    }
