"""What an organisation receives and is paid, and who takes no part in deciding on its money."""

from datetime import timedelta

import pytest

from domain.commands.grants.instalments import ApproveInstalment, RequestInstalment
from domain.commands.grants.offering import AcceptGrant, OfferGrant
from domain.commands.grants.payee import ConfirmGrantPayee, SetGrantPayee
from domain.commands.grants.reports import SubmitGrantReport
from domain.commands.organisations import (
    CloseOrganisation,
)
from domain.deciding import Command
from domain.grants.facts import GrantOffered, GrantPayeeConfirmed, GrantPayeeSet
from domain.refusals import Forbidden, Invalid, NotFound, Refused
from domain.values import Role
from tests.driving import NOON
from tests.organisations.scene import (
    COLLECTIVE,
    HIDDEN,
    HOST,
    PAYEE,
    begins_to_act,
    granted,
    leaves,
    paid_to_host,
    with_open_round,
)
from tests.scene import (
    APPROVER,
    ARTIST,
    CHAIR,
    FINANCE,
    OFFICER,
    OTHER_ARTIST,
    STRANGER,
    numbered,
)


class TestItsGrant:
    def test_is_offered_to_the_organisation_and_accepted_by_any_member(self) -> None:
        world = with_open_round()
        begins_to_act(world, COLLECTIVE, ARTIST, OTHER_ARTIST)
        grant = granted(world, respond=False)
        offered = world.facts(grant)[0]
        assert isinstance(offered, GrantOffered)
        assert offered.recipient == COLLECTIVE
        assert world.turned_down(AcceptGrant(grant=grant), STRANGER) == HIDDEN
        world.run(AcceptGrant(grant=grant), OTHER_ARTIST)
        world.run(SetGrantPayee(grant=grant, kind="recipient", **PAYEE), OTHER_ARTIST)
        world.run(SubmitGrantReport(grant=grant, text="Sung."), ARTIST)
        payee = world.facts(grant)[2]
        assert isinstance(payee, GrantPayeeSet)
        assert payee.party == COLLECTIVE

    def test_is_not_offered_to_one_that_was_closed(self) -> None:
        world = with_open_round()
        grant = granted(world, respond=False)
        application = world.facts(grant)[0].application  # type: ignore[attr-defined]
        world.streams.pop(grant)
        world.unique_names.clear()
        world.run(CloseOrganisation(organisation=COLLECTIVE), ARTIST)
        offer = OfferGrant(application=application, respond_by=NOON + timedelta(days=3))
        assert world.turned_down(offer, OFFICER) == (Refused, "This organisation was closed.")

    @pytest.mark.parametrize("left", [False, True])
    def test_whoever_acts_or_acted_for_it_neither_offers_nor_confirms_nor_approves(self, left: bool) -> None:
        world = with_open_round()
        begins_to_act(world, COLLECTIVE, ARTIST, FINANCE)
        grant = granted(world)
        world.run(SetGrantPayee(grant=grant, kind="recipient", **PAYEE), ARTIST)
        if left:
            leaves(world, COLLECTIVE, FINANCE)
        own = (
            Forbidden,
            "You act for the organisation that receives this grant, or did so before, so somebody else must do this.",
        )
        assert world.turned_down(ConfirmGrantPayee(grant=grant, setting=1), FINANCE) == own


class TestAFiscalHost:
    def test_is_the_party_that_is_paid(self) -> None:
        world = with_open_round()
        grant = paid_to_host(world, colleagues=())
        payee = world.facts(grant)[-1]
        assert isinstance(payee, GrantPayeeSet)
        assert (payee.kind, payee.party) == ("fiscal_host", HOST)

    def test_that_is_not_registered_here_is_named_in_words(self) -> None:
        world = with_open_round()
        grant = granted(world)
        world.run(SetGrantPayee(grant=grant, kind="fiscal_host", **PAYEE), ARTIST)
        payee = world.facts(grant)[-1]
        assert isinstance(payee, GrantPayeeSet)
        assert payee.party is None

    @pytest.mark.parametrize("left", [False, True])
    def test_is_not_confirmed_by_whoever_acts_or_acted_for_it(self, left: bool) -> None:
        world = with_open_round()
        grant = paid_to_host(world, colleagues=(FINANCE,))
        if left:
            leaves(world, HOST, FINANCE)
        assert world.turned_down(ConfirmGrantPayee(grant=grant, setting=1), FINANCE) == (
            Forbidden,
            "You act for the payee, or did so before, so somebody else must do this.",
        )

    def test_is_not_approved_by_whoever_acts_for_it(self) -> None:
        world = with_open_round()
        grant = paid_to_host(world, colleagues=(APPROVER,))
        world.given(grant, GrantPayeeConfirmed(grant=grant, setting=1, confirmer=FINANCE))
        world.run(RequestInstalment(grant=grant, instalment=1), ARTIST)
        world.run(ApproveInstalment(grant=grant, instalment=1), FINANCE)
        assert world.turned_down(ApproveInstalment(grant=grant, instalment=1), APPROVER) == (
            Forbidden,
            "You act for the payee, or did so before, so somebody else must do this.",
        )

    def test_leaves_the_grant_to_everybody_else(self) -> None:
        world = with_open_round()
        grant = paid_to_host(world, colleagues=(CHAIR,))
        world.run(ConfirmGrantPayee(grant=grant, setting=1), FINANCE)
        assert world.verdict is not None
        assert getattr(world.verdict, "role", None) is Role.FINANCE

    @pytest.mark.parametrize(
        ("kind", "host", "answer"),
        [
            (
                "fiscal_host",
                numbered("organisation", 9),
                (NotFound, "There is no such person or organisation."),
            ),
            (
                "fiscal_host",
                COLLECTIVE,
                (
                    Invalid,
                    {"host": "The recipient cannot be its own fiscal host; say that it is paid itself."},
                ),
            ),
            (
                "other",
                HOST,
                (
                    Invalid,
                    {"host": "Leave this empty, or choose a fiscal host as the payee."},
                ),
            ),
        ],
    )
    def test_has_to_be_another_party_that_is_known(self, kind: str, host: str, answer: object) -> None:
        world = with_open_round()
        begins_to_act(world, HOST, STRANGER)
        grant = granted(world)
        command: Command = SetGrantPayee(grant=grant, kind=kind, host=host, **PAYEE)  # type: ignore[arg-type]
        assert world.turned_down(command, ARTIST) == answer

    def test_that_was_closed_is_not_named(self) -> None:
        world = with_open_round()
        begins_to_act(world, HOST, STRANGER)
        world.run(CloseOrganisation(organisation=HOST), STRANGER)
        grant = granted(world)
        command = SetGrantPayee(grant=grant, kind="fiscal_host", host=HOST, **PAYEE)
        assert world.turned_down(command, ARTIST) == (Refused, "This organisation was closed.")
