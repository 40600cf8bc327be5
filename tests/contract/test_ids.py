"""Fields that name a thing by its id: what is wrong with one is said of that field, and a 404 is the address's own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from api.http.bodies import decode
from api.http.commands import WRITES, body_type
from api.http.named_ids import field_of
from domain.commands.register import REGISTER
from domain.commands.reviews import AssignReview
from domain.refusals import Invalid, NotFound
from domain.topics import AGGREGATES
from domain.values import is_id
from tests.journey.running import Running
from tests.journey.walk import CALL, eur

NAMING = {*AGGREGATES, "pledge", "juror", "founder", "funder", "applicant", "host"}
"""What a field is called that names a thing."""


def body_ids() -> Iterator[tuple[str, str]]:
    """Every field of a body that names a thing, by the command's name."""
    for write in WRITES:
        for field in msgspec.structs.fields(body_type(write)):
            if field.name in NAMING:
                yield write.command, field.name


FIELDS = list(body_ids())


def test_these_are_all() -> None:
    """A new one is looked at before it is entered here."""
    assert FIELDS == [
        ("initiative.found", "founder"),
        ("initiative.add_member", "person"),
        ("initiative.leave", "call"),
        ("initiative.leave", "round"),
        ("installation.appoint", "person"),
        ("organisation.invite", "person"),
        ("fund.open", "initiative"),
        ("fund.pledge", "funder"),
        ("fund.assign_pledge", "funder"),
        ("fund.receive", "pledge"),
        ("call.draft", "fund"),
        ("call.copy", "fund"),
        ("call.add_member", "person"),
        ("application.submit", "round"),
        ("application.submit", "applicant"),
        ("application.enter", "round"),
        ("round.grant_late_access", "applicant"),
        ("review.assign", "juror"),
        ("review.replace", "juror"),
        ("panel.set_outcome", "application"),
        ("panel.write_note", "application"),
        ("grant.set_payee", "host"),
        ("call.change_draft", "fund"),
    ]


@pytest.mark.parametrize("name", REGISTER)
def test_a_command_says_of_which_kind_each_thing_is_that_it_names(name: str) -> None:
    """Otherwise an empty field would be looked for, and not found."""
    for field in msgspec.structs.fields(REGISTER[name].request):
        if field.name in NAMING:
            assert msgspec.json.schema(REGISTER[name].request)["$defs"][REGISTER[name].request.__name__][
                "properties"
            ][field.name] != {"type": "string"}, field.name


@pytest.mark.parametrize(("command", "field"), FIELDS)
@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("", "This cannot be left empty."),
        (" \t", "This cannot be left empty."),
        ("x", "This is not an id that fits here"),
        ("grant-" + "0" * 32, "This is not an id that fits here"),
        (7, "a text"),
    ],
)
def test_what_is_wrong_with_the_shape_of_an_id_is_said_of_its_field(
    command: str, field: str, value: object, sentence: str
) -> None:
    """Beside whatever else is wrong with the body."""
    (write,) = (write for write in WRITES if write.command == command)
    with pytest.raises(Invalid) as refused:
        decode(msgspec.json.encode({field: value}), body_type(write))
    (error,) = (error for error in refused.value.errors if error.field == field)
    assert sentence in str(error.detail)


def test_a_body_that_is_right_but_for_its_id_is_refused_for_it_alone() -> None:
    """Also where nothing else sends the reader through the body field by field."""
    (write,) = (write for write in WRITES if write.command == "review.assign")
    with pytest.raises(Invalid) as refused:
        decode(b'{"juror":""}', body_type(write))
    assert [error.field for error in refused.value.errors] == ["juror"]


class TestWhatIsNotFound:
    application, juror = "application-" + "1" * 32, "person-" + "2" * 32
    command = AssignReview(application=application, juror=juror)

    def test_is_said_of_the_field_that_names_it(self) -> None:
        found = field_of(NotFound(named=self.juror), self.command, frozenset({"application"}))
        assert isinstance(found, Invalid)
        assert [error.field for error in found.errors] == ["juror"]

    def test_is_the_address_s_own_where_the_address_names_it(self) -> None:
        for error in (NotFound(named=self.application), NotFound()):
            assert field_of(error, self.command, frozenset({"application"})) is error


def test_an_id_that_leads_nowhere_is_said_of_its_field_and_one_in_the_address_is_not_found(
    running: Running,
) -> None:
    """By JSON: whether there is no such thing or it is another's, in the same words."""
    administrator = running.person(running.token)
    me = administrator.get("/api/me")["person"]
    initiative = administrator.post("/api/initiatives", name="House of Ids")["id"]
    members = f"/api/initiatives/{initiative}/members"
    administrator.post(members, person=me, roles=["administrator", "officer", "finance"])
    fund = administrator.post("/api/funds", initiative=initiative, name="Fund", currency="EUR")["id"]
    call = administrator.post("/api/calls", fund=fund, **CALL)["id"]
    draft = administrator.post("/api/calls", fund=fund, **CALL)["id"]
    administrator.post(f"/api/calls/{call}/publish")
    stranger = administrator.post("/api/persons", name="Stranger to Ids", email=None, language="en")["id"]
    signed = running.person(administrator.post(f"/api/persons/{stranger}/tokens")["token"])

    def none(kind: str) -> str:
        return f"{kind}-{'a' * 32}"

    paid: dict[str, Any] = {"amount": eur("1.00")}
    sent: dict[str, Any] = {"title": "T", "requested": eur("1.00"), "answers": {}}
    for path, field, kind, more in (
        ("/api/initiatives", "founder", "person", {"name": "Another"}),
        (members, "person", "person", {"roles": ["juror"]}),
        ("/api/administrators", "person", "person", {}),
        ("/api/funds", "initiative", "initiative", {"name": "Fund", "currency": "EUR"}),
        (f"/api/funds/{fund}/receipts", "pledge", "pledge", {**paid, "received_on": "2026-01-15"}),
        (f"/api/funds/{fund}/pledges", "funder", "person", paid),
        ("/api/calls", "fund", "fund", CALL),
        (f"/api/calls/{call}/members", "person", "person", {"roles": ["juror"]}),
        (f"/api/calls/{call}/applications", "round", "round", sent),
    ):
        answer = administrator.post(path, 422, **{field: none(kind)}, **more)
        assert [error["field"] for error in answer["errors"]] == [field], path

    # What is there and not one's own is told apart from nothing.
    hidden = signed.post("/api/calls", 422, fund=fund, **CALL)
    assert hidden == signed.post("/api/calls", 422, fund=none("fund"), **CALL)
    for path, body in (
        (f"/api/calls/{draft}/applications", {"round": none("round"), **sent}),
        (f"/api/calls/{none('call')}/applications", {"round": none("round"), **sent}),
        (f"/api/funds/{fund}/receipts", {"pledge": none("pledge"), **paid, "received_on": "2026-01-15"}),
        (
            f"/api/funds/{none('fund')}/receipts",
            {"pledge": none("pledge"), **paid, "received_on": "2026-01-15"},
        ),
        (members, {"person": stranger, "roles": ["juror"]}),
        (members, {"person": none("person"), "roles": ["juror"]}),
    ):
        signed.post(path, 404, **body)
    assert is_id("fund", fund)
