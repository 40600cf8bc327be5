"""Who takes no part in deciding on an organisation's application: people who act for it, or acted for it before."""

import pytest

from domain.commands.announcing import AnnouncePanel, CancelPanelAnnouncement, PlanPanelAnnouncement
from domain.commands.applications.examining import FindApplicationEligible
from domain.commands.applications.submitting import SubmitApplication
from domain.commands.panels import OpenPanel, ReturnPanel
from domain.commands.reviews import AssignReview, DeclareConflict, DeclareNoConflict, SubmitReview
from domain.refusals import Forbidden, Refused
from domain.stages import Blindness
from tests.organisations.scene import APPLY, COLLECTIVE, LATE, begins_to_act, leaves, with_open_round
from tests.panel_scene import panel_opened
from tests.scene import (
    AFTER,
    ARTIST,
    CALL,
    JUROR,
    OFFICER,
    OTHER_ARTIST,
    PANEL,
    ROUND,
    calling,
    closed,
    euros,
    found_eligible,
)


class TestDecidingOnIt:
    @pytest.mark.parametrize("left", [False, True])
    def test_whoever_acts_or_acted_for_the_applicant_does_not_examine_it_nor_its_rivals(
        self, left: bool
    ) -> None:
        world = with_open_round()
        begins_to_act(world, COLLECTIVE, ARTIST, OFFICER)
        ours = world.run(APPLY, ARTIST).answers
        rival = SubmitApplication(
            call=CALL, round=ROUND, title="R", requested=euros("500.00"), answers={"work": "A song"}
        )
        theirs = world.run(rival, OTHER_ARTIST).answers
        if left:
            leaves(world, COLLECTIVE, OFFICER)
        assert world.turned_down(FindApplicationEligible(application=ours), OFFICER) == (
            Forbidden,
            "You act for the organisation that applied, or did so before, so somebody else must do this.",
        )
        apart = (
            Forbidden,
            "You or your organisation applied in this round, or you helped to write an application, so you cannot take part in deciding on it.",
        )
        assert world.turned_down(FindApplicationEligible(application=theirs), OFFICER) == apart
        assert world.turned_down(OpenPanel(round=ROUND), OFFICER) == apart
        world.given(PANEL, panel_opened())
        for decision in (
            ReturnPanel(panel=PANEL, reason="procedure"),
            AnnouncePanel(panel=PANEL),
            PlanPanelAnnouncement(panel=PANEL, announce_at=LATE.until),
            CancelPanelAnnouncement(panel=PANEL),
        ):
            assert world.turned_down(decision, OFFICER) == apart

    @pytest.mark.parametrize("left", [False, True])
    def test_a_juror_who_acts_or_acted_for_the_applicant_is_not_asked(self, left: bool) -> None:
        """In an open call they are told why."""
        world = calling(blindness="open")
        begins_to_act(world, COLLECTIVE, ARTIST, JUROR)
        application = world.run(APPLY, ARTIST).answers
        if left:
            leaves(world, COLLECTIVE, JUROR)
        world.given(application, found_eligible(application))
        world.given(ROUND, closed(application))
        assert world.turned_down(AssignReview(application=application, juror=JUROR), OFFICER) == (
            Refused,
            "Nobody reviews an application of their own, or one that they helped to write.",
        )

    @pytest.mark.parametrize("blindness", ["open", "double"])
    @pytest.mark.parametrize("left", [False, True])
    def test_a_juror_who_was_asked_before_they_acted_for_the_applicant_steps_back(
        self, left: bool, blindness: Blindness
    ) -> None:
        """Neither its application nor a rival's is judged by them. What they submitted before no longer counts
        (test_joining)."""
        world = calling(quorum=1, blindness=blindness)
        begins_to_act(world, COLLECTIVE, ARTIST)
        ours = world.run(APPLY, ARTIST).answers
        rival = SubmitApplication(
            call=CALL, round=ROUND, title="R", requested=euros("500.00"), answers={"work": "A song"}
        )
        theirs = world.run(rival, OTHER_ARTIST).answers
        for application in (ours, theirs):
            world.run(FindApplicationEligible(application=application), OFFICER)
        world.given(ROUND, closed(*sorted((ours, theirs))))
        first, second = (
            world.run(AssignReview(application=application, juror=JUROR), OFFICER, AFTER).answers
            for application in (ours, theirs)
        )
        world.run(DeclareNoConflict(review=first), JUROR, AFTER)
        begins_to_act(world, COLLECTIVE, ARTIST, JUROR)
        if left:
            leaves(world, COLLECTIVE, JUROR)
        refused = (
            Forbidden,
            (
                "You applied in this round, helped to write an application, or act or acted for an organisation that applied, so you cannot judge in it. "
                "Declare a conflict of interest instead."
            ),
        )
        submit = SubmitReview(review=first, scores={"art": 8, "need": 3})
        assert world.turned_down(submit, JUROR, AFTER) == refused
        assert world.turned_down(DeclareNoConflict(review=second), JUROR, AFTER) == refused
        for review in (first, second):
            world.run(DeclareConflict(review=review, reason="employment"), JUROR, AFTER)
