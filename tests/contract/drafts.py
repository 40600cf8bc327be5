"""Drafts by JSON: two people write one at once, its owner submits it, and another one is deleted."""

from __future__ import annotations

from datetime import timedelta

from tests.journey.running import Person, until
from tests.journey.walk import CALL, Walked


def take(walked: Walked, officer: Person, writer: Person, helper: Person, later: Person) -> None:
    """A draft that two people write at once, and that its owner submits; and one that is deleted."""
    call = officer.post("/api/calls", fund=walked.ids["fund"], **CALL)["id"]
    officer.post(f"/api/calls/{call}/publish")
    deadline = (walked.deadline + timedelta(days=400)).replace(tzinfo=None)
    officer.post(f"/api/calls/{call}/rounds", closes_at=deadline.isoformat())
    begun = {"form": "application.submit", "about": call, "fields": {"title": "Byway"}}
    writer.get(f"/api/calls/{call}", position=officer.position)
    draft = writer.post("/api/drafts", **begun)["id"]
    at = f"/api/drafts/{draft}"
    helper.get(at, 404)
    made = [writer.post(f"{at}/invitations", note=f"Note {number}")["link"] for number in range(3)]
    accepted, declined, again = [{"invitation": link.rpartition("/")[2]} for link in made]
    assert helper.post("/api/draft-invitations/read", **accepted)["call"] == call
    assert helper.post("/api/draft-invitations/accept", **accepted) == {"id": draft}
    helper.post("/api/draft-invitations/decline", **declined)
    assert helper.get(at)["fields"] == begun["fields"]
    assert [each["own"] for each in helper.get("/api/drafts")["items"]] == [False]

    # Both write at once: the later one is told what differs, and puts it together.
    fields = {
        "title": "Byway of two",
        "requested.amount": "500",
        "requested.currency": "EUR",
        "answers.idea": "A byway.",
        "answers.costs[0].item": "All",
        "answers.costs[0].amount": "500",
    }
    helper.post(at, revision=1, fields=fields)
    late = writer.post(at, 409, revision=1, fields={"title": "Byway of one"})
    assert "fields.title" in {each["field"] for each in late["errors"]}
    assert "two" not in str(late)
    read = writer.get(at)
    writer.post(at, revision=read["revision"], fields=read["fields"] | {"title": "Byway of both"})

    # What contradicts itself could be shown on no page, so it is not saved: its owner would be locked out.
    for odd in ({"title.x": "y"}, {"answers.costs": "All"}, {"colour": "red"}):
        helper.post(at, 422 if "colour" in odd else 400, revision=3, fields=fields | odd)

    helper.post(f"{at}/leave")
    helper.get(at, 404)
    (open_,) = writer.get(f"{at}/people")["invitations"]
    helper.post("/api/draft-invitations/accept", 404, **again)  # it was made before they left
    link = writer.post(f"{at}/invitations")["link"]
    helper.post("/api/draft-invitations/accept", invitation=link.rpartition("/")[2])
    for refused in ("submit", "delete"):
        helper.post(f"{at}/{refused}", 403, **({"revision": 3} if refused == "submit" else {}))
    writer.post(f"{at}/withdraw", invitation=open_["id"])
    writer.post(f"{at}/people/{helper.id}/remove")
    writer.post(f"{at}/submit", 409, revision=2)
    application = writer.post(f"{at}/submit", revision=3)["id"]
    writer.get(at, 404)
    told = officer.get(f"/api/applications/{application}/timeline", position=writer.position)["items"]
    assert [each["topic"] for each in told][-1] == "application.written_with.v1"
    changed = {"form": "application.change", "about": application, "fields": {"title": "Later"}}
    helper.post("/api/drafts", 404, **changed)
    draft = writer.post("/api/drafts", **changed)["id"]
    # The officer could be asked to judge what was received already.
    link = writer.post(f"/api/drafts/{draft}/invitations")["link"]
    officer.post("/api/draft-invitations/accept", 403, invitation=link.rpartition("/")[2])
    # Who can read the changes is known at once, for they may never be submitted.
    link = writer.post(f"/api/drafts/{draft}/invitations")["link"]
    later.post("/api/draft-invitations/accept", invitation=link.rpartition("/")[2])
    writer.post(f"/api/drafts/{draft}/delete")

    def told() -> list[str]:
        lines = officer.get(f"/api/applications/{application}/timeline")["items"]
        return [each["topic"] for each in lines]

    until(lambda: told()[-2:] == ["application.written_with.v1"] * 2)
