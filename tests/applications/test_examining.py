"""Applications after they were submitted: examined by the staff, decided by a panel, withdrawn by the applicant alone."""

import pytest

from domain.applications.facts import (
    ApplicationAwarded,
    ApplicationDeclined,
    ApplicationFoundEligible,
    ApplicationFoundIneligible,
    ApplicationWaitlisted,
)
from domain.applications.rules import award, decline, waitlist
from domain.applications.state import Application, ApplicationStatus
from domain.commands.applications.ending import WithdrawApplication
from domain.commands.applications.examining import FindApplicationEligible, FindApplicationIneligible
from domain.deciding import Command, Fact, Outcome
from domain.initiatives.facts import MemberAdded
from domain.readings import reading_of
from domain.refusals import Forbidden, NotFound, Refused
from domain.values import SYSTEM, Role
from tests.applications.test_applications import with_application
from tests.panel_scene import panel_opened
from tests.scene import (
    APPLICATION,
    ARTIST,
    FINANCE,
    INITIATIVE,
    JUROR,
    OFFICER,
    OTHER_ARTIST,
    PANEL,
    REVIEW,
    ROUND,
    STRANGER,
    closed,
    conflict_declared,
    decided,
    dossier_of,
    found_eligible,
    found_ineligible,
    has_read,
    put_to_panel,
    review,
    withdrawn,
)


class TestWhenTheApplicationIsSubmitted:
    def test_the_applicant_withdraws_it(self) -> None:
        command = WithdrawApplication(application=APPLICATION, reason="safety", explanation="  ")
        assert with_application().run(command, ARTIST) == Outcome(
            facts={APPLICATION: (withdrawn(),)}, answers=APPLICATION
        )

    @pytest.mark.parametrize("actor", [OFFICER, OTHER_ARTIST, SYSTEM])
    def test_nobody_else_does(self, actor: str) -> None:
        command = WithdrawApplication(application=APPLICATION, reason="safety")
        assert with_application().turned_down(command, actor) == (
            NotFound,
            "Not found, or you have no access.",
        )

    def test_staff_find_it_eligible(self) -> None:
        assert with_application().run(FindApplicationEligible(application=APPLICATION), OFFICER) == Outcome(
            facts={
                APPLICATION: (ApplicationFoundEligible(application=APPLICATION, round=ROUND),),
                reading_of(OFFICER, ROUND): has_read(OFFICER, "applicants", "answers"),
            },
            answers=APPLICATION,
        )

    def test_staff_find_it_ineligible_with_the_reason(self) -> None:
        command = FindApplicationIneligible(
            application=APPLICATION, reason="incomplete", explanation=" No budget. "
        )
        found = ApplicationFoundIneligible(
            application=APPLICATION,
            round=ROUND,
            dossier=dossier_of(APPLICATION),
            reason="incomplete",
            explanation="No budget.",
        )
        assert with_application().run(command, OFFICER) == Outcome(
            facts={
                APPLICATION: (found,),
                reading_of(OFFICER, ROUND): has_read(OFFICER, "applicants", "answers"),
            },
            answers=APPLICATION,
        )

    def test_only_staff_examine_it_and_never_their_own(self) -> None:
        own = with_application()
        own.given(INITIATIVE, MemberAdded(initiative=INITIATIVE, person=ARTIST, roles=(Role.OFFICER,)))
        for command in (
            FindApplicationEligible(application=APPLICATION),
            FindApplicationIneligible(application=APPLICATION, reason="other"),
        ):
            world = with_application()
            assert world.turned_down(command, FINANCE) == (
                Forbidden,
                "In this initiative, only people with this role can do this: officer.",
            )
            assert world.turned_down(command, STRANGER)[0] is NotFound
            assert own.turned_down(command, ARTIST) == (
                Forbidden,
                "This is your own application, so somebody else must do this.",
            )


class TestWhenTheApplicationIsEligible:
    def test_the_finding_can_be_turned_until_a_juror_is_assigned(self) -> None:
        command = FindApplicationIneligible(application=APPLICATION, reason="outside_scope")
        world = with_application(found_eligible())
        world.run(command, OFFICER)
        assert world.facts(APPLICATION)[-1] == found_ineligible()
        assigned = with_application(found_eligible())
        review(assigned, REVIEW, APPLICATION, JUROR)
        assert assigned.turned_down(command, OFFICER) == (
            Refused,
            "Jurors are already assigned to this application, so the panel decides on it.",
        )

    @pytest.mark.parametrize(
        "command",
        [
            FindApplicationEligible(application=APPLICATION),
            FindApplicationIneligible(application=APPLICATION, reason="other"),
        ],
    )
    def test_nobody_examines_it_who_declared_a_conflict_with_it(self, command: Command) -> None:
        world = with_application(found_eligible())
        review(world, REVIEW, APPLICATION, OFFICER, conflict_declared(OFFICER))
        assert world.turned_down(command, OFFICER) == (
            Forbidden,
            "You declared a conflict of interest with this application.",
        )

    def test_it_is_not_found_eligible_twice(self) -> None:
        world = with_application(found_eligible())
        assert world.turned_down(FindApplicationEligible(application=APPLICATION), OFFICER) == (
            Refused,
            "Only an application that waits to be examined, or was found ineligible, can be found eligible; this one is eligible.",
        )

    def test_a_confirmed_panel_gives_it_its_outcome(self) -> None:
        eligible = Application(status=ApplicationStatus.ELIGIBLE, currency="EUR")
        assert award(APPLICATION, eligible, panel=PANEL, amount=60_000, reason="quality") == (
            ApplicationAwarded(
                application=APPLICATION, panel=PANEL, amount=60_000, currency="EUR", reason="quality"
            ),
        )
        assert waitlist(APPLICATION, eligible, panel=PANEL, rank=2) == (
            ApplicationWaitlisted(application=APPLICATION, panel=PANEL, rank=2),
        )
        assert decline(APPLICATION, eligible, panel=PANEL, reason="budget_exhausted") == (
            ApplicationDeclined(application=APPLICATION, panel=PANEL, reason="budget_exhausted"),
        )


class TestWhenTheApplicationIsIneligible:
    def test_the_finding_can_be_turned_until_the_round_goes_to_its_panel(self) -> None:
        command = FindApplicationEligible(application=APPLICATION)
        world = with_application(found_ineligible())
        world.run(command, OFFICER)
        assert world.facts(APPLICATION)[-1] == found_eligible()
        for facts in ((put_to_panel(),), (put_to_panel(), decided())):
            late = with_application(found_ineligible())
            late.given(ROUND, closed(), *facts)
            assert late.turned_down(command, OFFICER) == (
                Refused,
                "The panel of this round is already open, so no more applications can be found eligible.",
            )


class TestWhenTheApplicationIsWaitlisted:
    def test_the_applicant_still_withdraws_it(self) -> None:
        waiting = ApplicationWaitlisted(application=APPLICATION, panel=PANEL, rank=1)
        world = with_application(found_eligible(), waiting)
        world.given(PANEL, panel_opened())
        world.run(WithdrawApplication(application=APPLICATION, reason="safety"), ARTIST)
        assert world.facts(APPLICATION)[-1] == withdrawn()


AWARDED = ApplicationAwarded(application=APPLICATION, panel=PANEL, amount=1, currency="EUR", reason="quality")


DECLINED = ApplicationDeclined(application=APPLICATION, panel=PANEL, reason="other")


class TestWhenTheApplicationIsOutOrDecided:
    @pytest.mark.parametrize(
        ("facts", "status"),
        [
            ((withdrawn(),), "withdrawn"),
            ((found_ineligible(),), "ineligible"),
            ((found_eligible(), AWARDED), "awarded"),
            ((found_eligible(), DECLINED), "declined"),
        ],
    )
    def test_it_is_not_withdrawn(self, facts: tuple[Fact, ...], status: str) -> None:
        command = WithdrawApplication(application=APPLICATION, reason="other")
        assert with_application(*facts).turned_down(command, ARTIST) == (
            Refused,
            f"Only an application that is under consideration or on the waiting list can be withdrawn; this one is {status}.",
        )

    @pytest.mark.parametrize(
        ("facts", "status"),
        [
            ((withdrawn(),), "withdrawn"),
            ((found_ineligible(),), "ineligible"),
            ((found_eligible(), AWARDED), "awarded"),
        ],
    )
    def test_it_is_not_found_ineligible(self, facts: tuple[Fact, ...], status: str) -> None:
        command = FindApplicationIneligible(application=APPLICATION, reason="other")
        assert with_application(*facts).turned_down(command, OFFICER) == (
            Refused,
            f"Only a submitted or eligible application can be found ineligible; this one is {status}.",
        )

    @pytest.mark.parametrize(
        "status", [status for status in ApplicationStatus if status is not ApplicationStatus.ELIGIBLE]
    )
    def test_no_panel_decides_about_it(self, status: ApplicationStatus) -> None:
        refusal = f"^A panel decides only on eligible applications; this one is {status}\\.$"
        application = Application(status=status, currency="EUR")
        with pytest.raises(Refused, match=refusal):
            award(APPLICATION, application, panel=PANEL, amount=1, reason="quality")
        with pytest.raises(Refused, match=refusal):
            waitlist(APPLICATION, application, panel=PANEL, rank=1)
        with pytest.raises(Refused, match=refusal):
            decline(APPLICATION, application, panel=PANEL, reason="other")
