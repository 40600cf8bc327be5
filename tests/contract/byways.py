"""What the way of one grant passes by: withdrawals, refusals, failures, returns, and every question."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, timedelta

import httpx
import psutil

from tests.contract import drafts, second_factors, ways_in
from tests.journey.running import Person, Running
from tests.journey.walk import CALL, Walked, eur
from tests.staging import with_stage


def take_byways(running: Running, walked: Walked) -> None:
    """Use every operation that the walk has not."""
    administrator = running.person(running.token)
    people = {name: running.person(person.token) for name, person in walked.people.items()}
    ids = walked.ids

    def newcomer(name: str) -> Person:
        return running.newcomer(name, email=f"{name.replace(' ', '.')}@example.org", language="ru")

    _second_round(
        running, walked, administrator, people, [newcomer(f"Byway {number}") for number in range(4)]
    )
    _two_stages(running, walked, administrator, people, newcomer("Byway of stages"))

    money = f"/api/funds/{ids['fund']}"
    people["finance"].post(f"{money}/pledges", name="A foundation", amount=eur("10.00"))
    pledges = people["finance"].get(money, position=people["finance"].position)["pledges"]
    (pledge,) = [each["id"] for each in pledges if each["funder"] is None]
    people["finance"].post(f"{money}/pledges/{pledge}/assign", funder=walked.people["funder"].id)

    # The grant of the walk has ended; the second one's payment fails, and its report is returned.
    second = newcomer("Second administrator")
    administrator.post("/api/administrators", person=second.id)
    second_factors.take(running.address, administrator, second, newcomer("Losing"), ids["initiative"])
    administrator.post(
        f"/api/initiatives/{ids['initiative']}/members/{walked.people['recused juror'].id}/remove"
    )
    leaving = newcomer("Leaving")
    own = f"/api/persons/{leaving.id}/tokens"
    leaving.post(own, label="second")
    leaving.post(f"{own}/{leaving.get(own)['items'][0]['id']}/revoke")
    _end_sessions(running, leaving)
    claim = administrator.post(f"/api/persons/{leaving.id}/claims")["id"]
    leaving.post(f"/api/persons/{leaving.id}/claims/{claim}/withdraw")
    administrator.post(f"/api/persons/{leaving.id}/erase", reason="asked_by_person")

    _invitations(administrator, ids, newcomer("Invited juror"))
    ways_in.take(running)
    drafts.take(walked, people["officer"], *map(newcomer, ("Writer", "Helper", "Later helper")))
    _profile(newcomer("Person of the profile"), walked.people["artist"].id)
    _another_call(people["officer"], ids)
    _letters(people["officer"], people["artist"], ids["initiative"])
    _organisation(administrator, people["artist"], newcomer("Member"), newcomer("Erased member"))

    latest = {"position": people["officer"].position or walked.ended_at}
    for who, path in (
        ("officer", "/api/me"),
        ("artist", "/api/me/dossiers"),
        ("artist", "/api/me/read-by"),
        ("finance", "/api/me/grant-tasks"),
        ("officer", "/api/initiatives/{initiative}"),
        ("funder", "/api/initiatives/{initiative}/members"),
        ("finance", "/api/initiatives/{initiative}/funders"),
        ("officer", "/api/initiatives/{initiative}/letters"),
        ("officer", "/api/initiatives/{initiative}/calls"),
        ("finance", "/api/initiatives/{initiative}/funds"),
        ("finance", "/api/initiatives/{initiative}/accounts"),
        ("funder", "/api/funds/{fund}"),
        ("funder", "/api/funds/{fund}/ledger"),
        ("funder", "/api/funds/{fund}/payments"),
        ("funder", "/api/initiatives/{initiative}/funded"),
        ("finance", "/api/initiatives/{initiative}/payments"),
        ("funder", "/api/funds/{fund}/timeline"),
        ("funder", "/api/calls"),
        ("funder", "/api/calls/{call}"),
        ("officer", "/api/calls/{call}/applications"),
        ("officer", "/api/calls/{call}/application-counts"),
        ("finance", "/api/calls/{call}/grants"),
        ("funder", "/api/calls/{call}/timeline"),
        ("officer", "/api/rounds/{round}"),
        ("officer", "/api/rounds/{round}/jury"),
        ("officer", "/api/rounds/{round}/ranking"),
        ("artist", "/api/applications"),
        ("artist", "/api/applications/{application}"),
        ("officer", "/api/applications/{application}"),
        ("officer", "/api/applications/{application}/reviews"),
        ("artist", "/api/applications/{application}/timeline"),
        ("chair", "/api/reviews"),
        ("chair", "/api/reviews/{review}"),
        ("artist", "/api/grants"),
        ("artist", "/api/grants/{grant}"),
        ("finance", "/api/grants/{grant}"),
        ("funder", "/api/grants/{grant}/timeline"),
    ):
        people[who].get(path.format(**ids), **latest)
    found = people["officer"].post(f"/api/calls/{ids['call']}/applications/search", text="a")
    assert found["searched"] >= found["total"] >= 1
    administrator.get(f"/api/persons/{leaving.id}/kept")
    administrator.get("/api/facts?after=3&limit=2")
    administrator.get("/health/ready")
    read = running.client.get("/metrics", headers={"Authorization": f"Bearer {running.token}"})
    assert read.status_code == 200
    for path in ("/health", "/health/ready"):
        assert running.client.get(path).status_code == 200


def _letters(officer: Person, artist: Person, initiative: str) -> None:
    """A letter in the initiative's own words, and an applicant who wants none."""
    letter = {"letter": "application-decided", "language": "ru"}
    officer.post(f"/api/initiatives/{initiative}/write-letter", **letter, text="Есть решение: {call}")
    officer.post(f"/api/initiatives/{initiative}/reset-letter", **letter)
    person = artist.get("/api/me")["person"]
    artist.post(f"/api/persons/{person}/choose-letters", letters="sign_in_only", subjects="telling")


def _invitations(administrator: Person, ids: dict[str, str], invited: Person) -> None:
    """One that is accepted and left again, one that is declined, and one that is withdrawn; and a juror of one round."""
    address = f"/api/initiatives/{ids['initiative']}/invitations"
    made = [administrator.post(address, roles=["finance"], note=f"Note {number}") for number in range(3)]
    accepted, declined, _ = [{"invitation": each["link"].rpartition("/")[2]} for each in made]
    invited.post("/api/invitations/read", **accepted)
    invited.post("/api/invitations/accept", **accepted)
    invited.post(f"/api/initiatives/{ids['initiative']}/leave")
    invited.post("/api/invitations/decline", **declined)
    administrator.post(f"/api/invitations/{made[2]['id']}/withdraw")
    administrator.get(address)


def _profile(person: Person, other: str) -> None:
    """A profile, and somebody who must not read one's applications for a while."""
    own = f"/api/persons/{person.id}"
    person.post(f"{own}/profile", name="Of the profile", language="ru", languages=["ru", "ka"])
    for named in (other, "unknown@example.org"):
        person.post(f"{own}/excluded-readers", named=named)
    first, _ = person.get("/api/me/profile")["excluded"]
    person.post(f"{own}/excluded-readers/{first['id']}/remove")


def _round_juror(administrator: Person, round_: str, invited: Person) -> None:
    """Somebody is invited to judge in a round, by a letter and by a link, and removed again."""
    initiative = administrator.get(f"/api/rounds/{round_}")["initiative"]
    address = f"/api/initiatives/{initiative}/invitations"
    letter = administrator.post(
        address, roles=["juror"], round=round_, email="invited@example.org", language="ru"
    )
    again = administrator.post(f"{address}/{letter['id']}/send-again", language="ru")
    assert (again["link"], again["id"] == letter["id"]) == (None, False)
    administrator.post(f"{address}/{letter['id']}/send-again", 409)
    link = administrator.post(address, roles=["juror"], round=round_)["link"]
    invited.post("/api/invitations/accept", invitation=link.rpartition("/")[2])
    administrator.post(f"/api/rounds/{round_}/jurors/{invited.id}/remove")


def _organisation(administrator: Person, founder: Person, member: Person, other: Person) -> None:
    """One that is joined and left, and one that is closed and erased."""
    organisation = founder.post("/api/organisations", name="Invented Trust", identifiers=["GB-CHC-1164883"])[
        "id"
    ]
    address = f"/api/organisations/{organisation}"
    for each in (member, other):
        founder.post(f"{address}/members", person=each.id)
        each.post(f"{address}/join")
    founder.get("/api/organisations")
    founder.get(address)
    founder.get(f"{address}/timeline", position=founder.position)
    founder.post(f"{address}/members/{other.id}/remove")
    founder.post(f"{address}/close")
    administrator.post(f"{address}/erase", reason="asked_by_person")


@contextmanager
def due_dates_held_up(running: Running) -> Iterator[None]:
    """The process that would close a round by itself does nothing meanwhile."""
    processes = psutil.Process(running.process.pid).children(recursive=True)
    (project,) = (each for each in processes if each.cmdline()[-1:] == ["project"])
    project.suspend()
    try:
        yield
    finally:
        project.resume()


def _messages(officer: Person, applicant: Person, application: str) -> None:
    """A question, an answer and a note; the answer is read and needs none."""
    applicant.post(f"{application}/messages", text="When do you decide?")
    officer.post(f"{application}/messages", text="In May.")
    officer.post(f"{application}/notes", text="Decide in May.")
    officer.get(f"{application}/notes")
    applicant.get("/api/me/messages", position=officer.position)
    shown = applicant.get(f"{application}/messages")
    applicant.post(f"{application}/messages/settle", read_until=shown["last_at"])


def _cancelled_call(walked: Walked, officer: Person, applicant: Person, other: Person) -> None:
    """A call with more time, an application written anew, and an end without a decision."""
    call = officer.post("/api/calls", fund=walked.ids["fund"], **CALL)["id"]
    officer.post(f"/api/calls/{call}/publish")
    deadline = (walked.deadline + timedelta(days=90)).replace(tzinfo=None)
    round_ = officer.post(f"/api/calls/{call}/rounds", closes_at=deadline.isoformat())["id"]
    text = {
        "title": "Byway",
        "requested": eur("500.00"),
        "answers": {"idea": "A byway.", "costs": [{"item": "All", "amount": "500.00"}]},
    }
    application = applicant.post(f"/api/calls/{call}/applications", round=round_, **text)["id"]
    applicant.post(f"/api/applications/{application}/change", **text | {"title": "Changed"})
    by = (deadline + timedelta(days=1)).isoformat()
    _messages(officer, applicant, f"/api/applications/{application}")
    officer.post(f"/api/applications/{application}/return", questions="Which one?", resubmit_by=by)
    applicant.post(f"/api/applications/{application}/resubmit", **text)
    officer.post(
        f"/api/calls/{call}/applications/entered",
        round=round_,
        name="Entered by staff",
        language="ru",
        **text,
    )
    officer.post(f"/api/rounds/{round_}/extend", closes_at=by, reason="events")
    until = (deadline + timedelta(days=2)).isoformat()
    officer.post(f"/api/rounds/{round_}/late-access", applicant=other.id, until=until, reason="illness")
    officer.get(f"/api/rounds/{round_}/late-access")
    _round_juror(officer, round_, other)
    officer.post(
        f"/api/rounds/{round_}/reviews-due",
        due_at=(walked.deadline + timedelta(days=300)).replace(tzinfo=None).isoformat(),
    )
    officer.post(f"/api/calls/{call}/change", title={"en": "Changed"})
    question = {"id": "other", "kind": "text", "label": {"en": "Other"}}
    officer.post(f"/api/calls/{call}/form", stage="main", form={"questions": [question]})
    criterion = {"id": "other", "label": {"en": "Other"}}
    officer.post(f"/api/calls/{call}/rubric", stage="main", rubric={"criteria": [criterion]})
    officer.get(f"/api/calls/{call}/decisions-due")
    officer.post(f"/api/calls/{call}/cancel", reason="plans_changed")


def _two_stages(
    running: Running, walked: Walked, administrator: Person, people: dict[str, Person], applicant: Person
) -> None:
    """An application is invited to a second stage and answers its form."""
    officer, juror, chair = people["officer"], people["second juror"], people["chair"]
    (first,) = with_stage(CALL, quorum=1)["stages"]
    stages = [first | {"id": name, "title": {"en": name.title()}} for name in ("letter", "project")]
    call = officer.post("/api/calls", fund=walked.ids["fund"], **CALL | {"stages": stages})["id"]
    officer.post(f"/api/calls/{call}/publish")
    deadline = (walked.deadline + timedelta(days=300)).replace(tzinfo=None)
    round_ = officer.post(f"/api/calls/{call}/rounds", closes_at=deadline.isoformat())["id"]
    text = {
        "title": "Byway",
        "requested": eur("500.00"),
        "answers": {"idea": "A byway.", "costs": [{"item": "All", "amount": "500.00"}]},
    }
    application = applicant.post(f"/api/calls/{call}/applications", round=round_, **text)["id"]
    with due_dates_held_up(running):
        after = walked.deadline + timedelta(days=301)
        administrator.post("/api/demo/clock", now=after.astimezone(UTC).isoformat())
        officer.post(f"/api/rounds/{round_}/close")
    officer.post(f"/api/applications/{application}/find-eligible")
    review = officer.post(f"/api/applications/{application}/reviews", juror=walked.people["second juror"].id)[
        "id"
    ]
    juror.post(f"/api/reviews/{review}/declare-no-conflict")
    juror.post(f"/api/reviews/{review}/submit", scores={"art": 5, "need": 5})
    juror.post(f"/api/reviews/{review}/change", scores={"art": 6, "need": 5})
    panel = officer.post(f"/api/rounds/{round_}/panel")["id"]
    chair.post(f"/api/panels/{panel}/outcomes", application=application, outcome="invite")
    chair.post(f"/api/panels/{panel}/close")
    officer.post(f"/api/panels/{panel}/confirm")
    officer.post(f"/api/panels/{panel}/announce")
    later = (deadline + timedelta(days=100)).isoformat()
    officer.post(f"/api/calls/{call}/rounds", closes_at=later)
    applicant.post(f"/api/applications/{application}/continue", **text)


def _another_call(officer: Person, ids: dict[str, str]) -> None:
    """A copy of the call, written part by part; and the initiative's profile."""
    officer.post(f"/api/initiatives/{ids['initiative']}/profile", contact="https://example.org")
    officer.get(f"/api/initiatives/{ids['initiative']}/profile")
    copied = officer.post(f"/api/calls/{ids['call']}/copy", dates="next_year")["id"]
    copy = f"/api/calls/{copied}"
    officer.post(f"{copy}/change-draft", texts={"title": {"en": "Again"}, "summary": {"en": "Once more."}})
    officer.post(f"{copy}/stages", stages=[{"id": "second", "quorum": 2}])
    question = {"id": "idea", "kind": "text", "label": {"en": "Your idea"}}
    officer.post(f"{copy}/form/prepare", stage="second", form={"questions": [question]})
    criterion = {"id": "art", "label": {"en": "Art"}}
    officer.post(f"{copy}/rubric/prepare", stage="second", rubric={"criteria": [criterion]})
    officer.post(f"{copy}/discard")


def _second_round(
    running: Running,
    walked: Walked,
    administrator: Person,
    people: dict[str, Person],
    applicants: list[Person],
) -> None:
    officer, finance = people["officer"], people["finance"]
    _cancelled_call(walked, officer, applicants[1], applicants[2])
    call = officer.post("/api/calls", fund=walked.ids["fund"], **CALL)["id"]
    officer.post(f"/api/calls/{call}/publish")
    administrator.post(f"/api/calls/{call}/members", person=applicants[0].id, roles=["juror"])
    officer.get(f"/api/calls/{call}/members", position=administrator.position)
    administrator.post(f"/api/calls/{call}/members/{applicants[0].id}/remove")
    deadline = (walked.deadline + timedelta(days=100)).replace(tzinfo=None)
    round_ = officer.post(f"/api/calls/{call}/rounds", closes_at=deadline.isoformat())["id"]
    sent = {
        "round": round_,
        "title": "Byway",
        "requested": eur("500.00"),
        "answers": {"idea": "A byway.", "costs": [{"item": "All", "amount": "500.00"}]},
    }
    applications = [each.post(f"/api/calls/{call}/applications", **sent)["id"] for each in applicants]
    withdrawn, ineligible, *awarded = applications
    applicants[0].post(f"/api/applications/{withdrawn}/withdraw", reason="safety", explanation="Not here.")
    applicants[0].post(f"/api/applications/{withdrawn}/erase")
    after = walked.deadline + timedelta(days=100, hours=1)
    with due_dates_held_up(running):
        administrator.post("/api/demo/clock", now=after.astimezone(UTC).isoformat())
        officer.post(f"/api/rounds/{round_}/close")
    officer.post(f"/api/applications/{ineligible}/find-ineligible", reason="outside_scope")
    for application in awarded:
        officer.post(f"/api/applications/{application}/find-eligible")
        for juror in ("chair", "second juror", "spare juror", "recused juror"):
            review = officer.post(f"/api/applications/{application}/reviews", juror=walked.people[juror].id)[
                "id"
            ]
            if juror in ("chair", "second juror"):
                people[juror].post(f"/api/reviews/{review}/declare-no-conflict")
                people[juror].post(f"/api/reviews/{review}/submit", scores={"art": 5, "need": 5})
    # Two jurors do not answer: while they have no role, the quorum can be lowered; what they owe expires with the panel.
    members = f"/api/initiatives/{walked.ids['initiative']}/members"
    silent = [walked.people[juror].id for juror in ("spare juror", "recused juror")]
    for person in silent:
        administrator.post(f"{members}/{person}/remove")
    for application in awarded:
        people["chair"].post(
            f"/api/applications/{application}/lower-quorum", quorum=2, reason="jurors_unavailable"
        )
    for person in silent:
        administrator.post(members, person=person, roles=["juror"])
    people["chair"].get(f"/api/rounds/{round_}/reviews", position=people["chair"].position)
    panel = officer.post(f"/api/rounds/{round_}/panel")["id"]
    for application in awarded:
        people["chair"].post(
            f"/api/panels/{panel}/outcomes",
            application=application,
            outcome="award",
            reason="quality",
            amount=eur("400.00"),
        )
    people["chair"].post(f"/api/panels/{panel}/notes", application=awarded[0], text="Read the budget again.")
    people["chair"].get(f"/api/rounds/{round_}/notes", position=people["chair"].position)
    people["chair"].post(f"/api/panels/{panel}/close")
    officer.post(f"/api/panels/{panel}/return", reason="procedure")
    people["chair"].post(f"/api/panels/{panel}/close")
    officer.post(f"/api/panels/{panel}/confirm")
    later = walked.deadline + timedelta(days=150)
    officer.post(f"/api/panels/{panel}/announcement", announce_at=later.replace(tzinfo=None).isoformat())
    officer.post(f"/api/panels/{panel}/announcement/cancel")
    officer.post(f"/api/panels/{panel}/announce")
    respond_by = (walked.deadline + timedelta(days=200)).isoformat()
    declined, grant = (
        officer.post(f"/api/applications/{application}/grant", respond_by=respond_by)["id"]
        for application in awarded
    )
    applicants[2].post(f"/api/grants/{declined}/decline", reason="terms", explanation="Not on these.")
    applicants[3].post(f"/api/grants/{grant}/accept")
    applicants[3].post(f"/api/grants/{grant}/payee", kind="fiscal_host", name="A host", account="An account")
    finance.post(f"/api/grants/{grant}/payee/confirm", setting=1)
    administrator.post(f"/api/initiatives/{walked.ids['initiative']}/screening", required=True)
    officer.post(f"/api/calls/{call}/screening", required=True)
    screening = {"result": "match_ruled_out", "reference": "S-9", "note": "Another year of birth."}
    finance.post(f"/api/grants/{grant}/screenings", setting=1, screened_on="2026-01-01", **screening)
    officer.post(
        f"/api/grants/{grant}/schedule",
        instalments=[{"amount": eur("400.00"), "due": "2100-01-01", "condition": "report"}],
    )
    officer.post(f"/api/grants/{grant}/suspend", reason="under_review", explanation="A question.")
    officer.post(f"/api/grants/{grant}/resume")
    amendments = f"/api/grants/{grant}/amendments"
    officer.post(amendments, ends_on="2100-06-01", explanation="More time?")
    applicants[3].post(f"{amendments}/1/decline")
    officer.post(amendments, amount=eur("390.00"), instalments=[
        {"amount": eur("380.00"), "due": "2100-02-01", "condition": "report"}
    ], unscheduled=eur("10.00"))  # fmt: skip
    people["funder"].get(f"/api/grants/{grant}", position=officer.position)
    applicants[3].post(f"{amendments}/2/accept")
    applicants[3].post(f"/api/grants/{grant}/reports", text="Half of it.")
    officer.post(f"/api/grants/{grant}/reports/1/return", reason="incomplete", explanation="The other half?")
    applicants[3].post(f"/api/grants/{grant}/reports", text="All of it.")
    officer.post(f"/api/grants/{grant}/reports/2/accept")
    at = f"/api/grants/{grant}/instalments/1"
    applicants[3].post(f"{at}/request")
    finance.post(f"{at}/approve")
    people["approver"].post(f"{at}/approve")
    finance.post(f"{at}/instruct", reference="RUN-9")
    finance.post(f"{at}/fail", reason="returned_by_bank")
    officer.post(f"/api/grants/{grant}/terminate", reason="recipient_unreachable")


def _end_sessions(running: Running, person: Person) -> None:
    """Sign in by page twice, and end one session and then all of them."""
    for _ in range(2):
        with httpx.Client(base_url=running.address) as browser:
            (secret,) = re.findall(r'name="_secret" value="([^"]+)"', browser.get("/sign-in").text)
            browser.post("/sign-in", data={"_secret": secret, "_next": "/me", "token": person.token})
    own = f"/api/persons/{person.id}/sessions"
    person.post(f"{own}/{person.get(own)['items'][0]['id']}/end")
    assert person.post(f"{own}/end") == {"ended": 1}
