"""Whom a grant is paid to: set by the recipient, confirmed by another person, and never changed unnoticed."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from domain import access
from domain.commands.grants.instalments import InstructInstalment, RequestInstalment
from domain.commands.grants.payee import ConfirmGrantPayee, SetGrantPayee
from domain.deciding import Allowed, Command, Fact, Outcome
from domain.grants.accounts import check_account
from domain.grants.facts import (
    GrantCompleted,
    GrantDeclined,
    GrantLapsed,
    GrantPayeeConfirmed,
    GrantPayeeSet,
    PayeeKind,
)
from domain.refusals import Forbidden, Invalid, NotFound, Refused
from domain.values import Role
from tests.driving import NOON
from tests.grants.scene import (
    ADMINISTRATOR,
    APPROVER,
    ARTIST,
    FINANCE,
    FUNDER,
    GRANT,
    IBAN,
    OFFICER,
    PAYMENTS,
    STRANGER,
    accepted,
    approved,
    instructed,
    kept,
    member_too,
    offered,
    payable,
    payee_confirmed,
    payee_set,
    requested,
    scheduled,
    world_with_grant,
)

NOT_FOUND = (NotFound, "Not found, or you have no access.")
SET = SetGrantPayee(grant=GRANT, kind="recipient", name="Applicant One", account=IBAN)
CONFIRM = ConfirmGrantPayee(grant=GRANT, setting=1)
INSTRUCT = InstructInstalment(grant=GRANT, instalment=1, reference="BATCH-1")
A_DAY_LATER = NOON + timedelta(hours=24)


def account(text: str) -> SetGrantPayee:
    """The artist gives an account."""
    return SetGrantPayee(grant=GRANT, kind="recipient", name="Applicant One", account=text)


class TestAnAcceptedGrant:
    @pytest.mark.parametrize("kind", ["recipient", "fiscal_host", "other"])
    def test_the_recipient_sets_a_payee_of_any_kind_who_need_not_wait(self, kind: PayeeKind) -> None:
        command = SetGrantPayee(grant=GRANT, kind=kind, name="  Invented Host  ", account=f" {IBAN} ")
        assert world_with_grant(*accepted()).run(command, ARTIST) == Outcome(
            facts={
                GRANT: (
                    GrantPayeeSet(
                        grant=GRANT,
                        dossier=PAYMENTS,
                        setting=1,
                        kind=kind,
                        party=ARTIST if kind == "recipient" else None,
                        name="Invented Host",
                        account=IBAN,
                        bank_code=None,
                        country=None,
                        payable_from=None,
                        approvals_ended=0,
                    ),
                )
            },
            answers=GRANT,
        )

    @pytest.mark.parametrize(
        ("name", "detail"),
        [
            ("   ", "This cannot be left empty."),
            ("x" * 201, "At most 200 characters; this has 201."),
            (
                "One\x00",
                "Character 4 is the control character U+0000, which cannot be stored; delete it, or type that part again.",
            ),
        ],
    )
    def test_a_payee_has_a_name_of_some_length(self, name: str, detail: str) -> None:
        command = SetGrantPayee(grant=GRANT, kind="recipient", name=name, account=IBAN)
        assert world_with_grant(*accepted()).turned_down(command, ARTIST) == (Invalid, {"name": detail})

    @pytest.mark.parametrize("actor", [ADMINISTRATOR, OFFICER, FINANCE, APPROVER, FUNDER, STRANGER])
    def test_nobody_else_says_where_the_money_goes(self, actor: str) -> None:
        assert world_with_grant(*accepted()).turned_down(SET, actor) == NOT_FOUND

    def test_there_is_no_payee_to_confirm_yet(self) -> None:
        assert world_with_grant(*accepted()).turned_down(CONFIRM, FINANCE) == (
            Refused,
            "The recipient has not added bank details yet.",
        )


class TestAnAccount:
    @pytest.mark.parametrize(
        ("written", "kept"),
        [
            ("de89 3704 0044 0532 0130 00", "DE89370400440532013000"),
            ("GB82\tWEST 1234 5698 7654 32", "GB82WEST12345698765432"),
            ("NO93 8601 1117 947", "NO9386011117947"),
            ("MT84 MALT 0110 0001 2345 MTLC AST0 01S", "MT84MALT011000012345MTLCAST001S"),
        ],
    )
    def test_an_iban_loses_its_spaces(self, written: str, kept: str) -> None:
        """The examples of the German, British, Norwegian (the shortest) and Maltese (nearly the longest) banks."""
        assert check_account(written) == kept

    @pytest.mark.parametrize(
        "written",
        [
            "DE89 3704 0044 0532 0130 01",
            "DE88 3704 0044 0532 0130 00",
            "DE89 3704 0044 0532 0103 00",
            "GB82 WEST 1234 5698 7654 23",
            "no93 8601 1117 974",
        ],
    )
    def test_an_iban_with_any_character_wrong_or_two_in_the_wrong_order_is_none(self, written: str) -> None:
        assert world_with_grant(*accepted()).turned_down(account(written), ARTIST) == (
            Invalid,
            {"account": "This IBAN has a typing error; compare it with a letter or statement from the bank."},
        )

    @pytest.mark.parametrize("text", ["1234", "021000021 / 9876 5432", "x" * 200, "Branch DE89"])
    def test_what_does_not_look_like_an_iban_is_kept_in_words(self, text: str) -> None:
        assert check_account(f" {text} ") == text

    @pytest.mark.parametrize(
        ("text", "detail"),
        [(" 123 ", "At least 4 characters."), ("x" * 201, "At most 200 characters; this has 201.")],
    )
    def test_an_account_has_a_length(self, text: str, detail: str) -> None:
        assert world_with_grant(*accepted()).turned_down(account(text), ARTIST) == (
            Invalid,
            {"account": detail},
        )


class TestAPayeeThatIsSet:
    def test_finance_confirms_it(self) -> None:
        world = world_with_grant(*accepted(), payee_set())
        assert world.run(CONFIRM, FINANCE) == Outcome(
            facts={GRANT: (GrantPayeeConfirmed(grant=GRANT, setting=1, confirmer=FINANCE),)}, answers=GRANT
        )

    @pytest.mark.parametrize("actor", [ADMINISTRATOR, OFFICER, APPROVER, FUNDER])
    def test_no_other_member_confirms_it(self, actor: str) -> None:
        world = world_with_grant(*accepted(), payee_set())
        assert world.turned_down(CONFIRM, actor) == (
            Forbidden,
            "In this initiative, only people with this role can do this: finance.",
        )

    @pytest.mark.parametrize("actor", [ARTIST, STRANGER])
    def test_nobody_from_outside_confirms_it(self, actor: str) -> None:
        assert world_with_grant(*accepted(), payee_set()).turned_down(CONFIRM, actor) == NOT_FOUND

    def test_a_recipient_who_handles_money_does_not_confirm_their_own(self) -> None:
        world = world_with_grant(*accepted(), payee_set())
        member_too(world, ARTIST)
        assert world.turned_down(CONFIRM, ARTIST) == (
            Forbidden,
            "This is your own grant, so somebody else must do this.",
        )

    def test_the_rule_itself_keeps_the_recipient_from_confirming(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Whatever access may say."""
        monkeypatch.setattr(access, "finance_on_grant", lambda *_, **__: Allowed(Role.FINANCE))
        assert world_with_grant(*accepted(), payee_set()).turned_down(CONFIRM, ARTIST) == (
            Refused,
            "The recipient cannot confirm the payee; somebody else must.",
        )

    @pytest.mark.parametrize("seen", [0, 2])
    def test_only_the_setting_that_was_seen_is_confirmed(self, seen: int) -> None:
        world = world_with_grant(*accepted(), payee_set())
        assert world.turned_down(ConfirmGrantPayee(grant=GRANT, setting=seen), FINANCE) == (
            Refused,
            "The bank details have been changed since; look at the new ones, then confirm them.",
        )

    def test_one_set_anew_meanwhile_is_not_confirmed_by_the_older_setting(self) -> None:
        world = world_with_grant(*accepted(), payee_set(), payee_set(2))
        assert world.turned_down(CONFIRM, FINANCE) == (
            Refused,
            "The bank details have been changed since; look at the new ones, then confirm them.",
        )

    def test_one_that_was_never_confirmed_is_replaced_without_a_wait(self) -> None:
        world = world_with_grant(*accepted(), payee_set())
        assert world.run(SET, ARTIST) == Outcome(facts={GRANT: (payee_set(2),)}, answers=GRANT)


class TestAConfirmedPayee:
    def test_it_is_not_confirmed_twice(self) -> None:
        world = world_with_grant(*accepted(), payee_set(), payee_confirmed())
        assert world.turned_down(CONFIRM, FINANCE) == (Refused, "This payee is already confirmed.")

    def test_in_its_place_another_waits_for_a_day(self) -> None:
        world = world_with_grant(*accepted(), payee_set(), payee_confirmed())
        assert world.run(SET, ARTIST) == Outcome(facts={GRANT: (payee_set(2, waits=True),)}, answers=GRANT)

    def test_every_later_one_waits_too_though_the_second_was_never_confirmed(self) -> None:
        """Or a thief would set the account twice and be paid at once."""
        world = world_with_grant(*accepted(), payee_set(), payee_confirmed(), payee_set(2, waits=True))
        assert world.run(SET, ARTIST) == Outcome(facts={GRANT: (payee_set(3, waits=True),)}, answers=GRANT)

    def test_the_other_is_to_be_confirmed_anew(self) -> None:
        world = world_with_grant(*accepted(), payee_set(), payee_confirmed(), payee_set(2, waits=True))
        assert world.run(ConfirmGrantPayee(grant=GRANT, setting=2), FINANCE) == Outcome(
            facts={GRANT: (payee_confirmed(2),)}, answers=GRANT
        )


def changed_then_approved() -> tuple[Fact, ...]:
    """A payee confirmed in place of another, who waits from noon, and an instalment requested and approved since."""
    return (*payable(), payee_set(2, waits=True), payee_confirmed(2), requested(), *approved())


class TestAPayeeThatWasChanged:
    @pytest.mark.parametrize("now", [NOON, A_DAY_LATER - timedelta(microseconds=1)])
    def test_for_a_day_nothing_is_paid(self, now: datetime) -> None:
        assert world_with_grant(*changed_then_approved()).turned_down(INSTRUCT, FINANCE, now) == (
            Refused,
            "The payee was changed recently; payments are possible from 2026-03-03 12:00 UTC.",
        )

    def test_after_the_day_the_bank_is_told_to_pay_the_later_one(self) -> None:
        world = world_with_grant(*changed_then_approved())
        assert world.run(INSTRUCT, FINANCE, A_DAY_LATER) == Outcome(
            facts={GRANT: (instructed(setting=2, at=A_DAY_LATER),), PAYMENTS: (kept(),)}, answers=GRANT
        )

    def test_an_unconfirmed_one_is_not_paid_however_long_it_waited(self) -> None:
        world = world_with_grant(*payable(), requested(), payee_set(2, waits=True), *approved())
        assert world.turned_down(INSTRUCT, FINANCE, A_DAY_LATER) == (
            Refused,
            "The bank details are not confirmed. They must be confirmed before a payment.",
        )

    def test_nothing_is_requested_for_an_unconfirmed_one(self) -> None:
        world = world_with_grant(*payable(), payee_set(2, waits=True))
        assert world.turned_down(RequestInstalment(grant=GRANT, instalment=1), ARTIST) == (
            Refused,
            "An instalment can be requested once the bank details are added and confirmed.",
        )


ENDS: dict[str, tuple[Fact, ...]] = {
    "offered": offered(),
    "declined": (
        *offered(),
        GrantDeclined(grant=GRANT, dossier=PAYMENTS, reason="terms", explanation=None),
    ),
    "lapsed": (*offered(), GrantLapsed(grant=GRANT)),
    "completed": (*accepted(), payee_set(), scheduled((100_000, "none")), GrantCompleted(grant=GRANT)),
}


class TestAGrantThatIsNotAccepted:
    @pytest.mark.parametrize("status", ENDS)
    @pytest.mark.parametrize(("command", "actor"), [(SET, ARTIST), (CONFIRM, FINANCE)])
    def test_its_payee_stays_as_it_is(self, status: str, command: Command, actor: str) -> None:
        assert world_with_grant(*ENDS[status]).turned_down(command, actor) == (
            Refused,
            f"This is possible only for an accepted grant; this one is {status}.",
        )
