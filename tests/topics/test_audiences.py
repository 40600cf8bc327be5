"""Who reads what in a timeline: every topic and every role, against a table that is written by hand."""

from __future__ import annotations

import pytest

from domain import topics
from domain.topic import Audience, Topic
from domain.topics import TOPICS, topics_for
from domain.values import Role

TABLE = """
                                       applicant
                                       |      staff
                                       |      |      funders
    installation.opened.v1                 .      .      .
    installation.administrator_appointed.v1 .      .      .
    initiative.founded.v1                  .      x      .
    initiative.described.v1                .      x      .
    initiative.letter_written.v1           .      x      .
    initiative.letter_reset.v1             .      x      .
    initiative.member_added.v1             .      x      .
    initiative.member_removed.v1           .      x      .
    initiative.member_added_to_call.v1     .      x      .
    initiative.member_removed_from_call.v1 .      x      .
    initiative.juror_added_to_round.v1     .      x      .
    initiative.juror_removed_from_round.v1 .      x      .
    initiative.member_left.v1              .      x      .
    initiative.screening_set.v1            .      x      .
    initiative.factors_required.v1         .      x      .
    initiative.member_secured.v1           .      .      .
    invitation.made.v1                     .      .      .
    invitation.accepted.v1                 .      .      .
    invitation.declined.v1                 .      .      .
    invitation.withdrawn.v1                .      .      .
    person.registered.v1                   .      .      .
    person.handle_given.v1                 .      .      .
    person.claim_made.v1                   .      .      .
    person.claim_withdrawn.v1              .      .      .
    person.claim_used.v1                   .      .      .
    person.way_in_added.v1                 .      .      .
    person.way_in_removed.v1               .      .      .
    person.letters_chosen.v1               .      .      .
    person.factor_added.v1                 .      .      .
    person.factor_removed.v1               .      .      .
    person.recovery_asked.v1               .      .      .
    person.recovery_cancelled.v1           .      .      .
    person.recovered.v1                    .      .      .
    person.joined_organisation.v1          .      .      .
    person.left_organisation.v1            .      .      .
    person.entered_by_staff.v1             .      .      .
    person.profile_changed.v1              .      .      .
    person.reader_excluded.v1              .      .      .
    person.reader_allowed.v1               .      .      .
    person.erased.v1                       .      .      .
    organisation.registered.v1             x      .      .
    organisation.handle_given.v1           .      .      .
    organisation.member_invited.v1         x      .      .
    organisation.invitation_declined.v1    x      .      .
    organisation.member_added.v1           x      .      .
    organisation.member_removed.v1         x      .      .
    organisation.closed.v1                 x      .      .
    organisation.erased.v1                 .      .      .
    dossier.opened.v1                      .      .      .
    dossier.kept.v1                        .      .      .
    dossier.erased.v1                      x      x      x
    fund.opened.v1                         .      x      x
    fund.pledged.v1                        .      x      x
    fund.pledged.v2                        .      x      x
    fund.pledge_assigned.v1                .      x      x
    fund.received.v1                       .      x      x
    fund.committed.v1                      x      x      x
    fund.released.v1                       x      x      x
    call.drafted.v1                        .      x      x
    call.draft_changed.v1                  .      x      x
    call.stages_changed.v1                 .      x      x
    call.form_prepared.v1                  .      x      .
    call.rubric_prepared.v1                .      x      .
    call.discarded.v1                      .      x      .
    call.published.v1                      .      x      x
    call.changed.v1                        x      x      x
    call.form_changed.v1                   .      x      x
    call.rubric_changed.v1                 .      x      x
    call.awards_confirmed.v1               .      x      x
    call.award_released.v1                 .      x      x
    call.cancelled.v1                      .      x      x
    call.screening_set.v1                  .      x      x
    call.round_opened.v1                   .      .      .
    round.opened.v1                        .      x      x
    round.deadline_extended.v1             x      x      x
    round.late_access_granted.v1           .      x      .
    round.cancelled.v1                     .      x      x
    round.closed.v1                        .      x      x
    round.reviews_due_set.v1               .      x      .
    round.quorum_lowered.v1                .      x      x
    round.put_to_panel.v1                  .      x      x
    round.decided.v1                       .      x      x
    application.submitted.v1               x      x      x
    application.changed.v1                 x      x      x
    application.returned.v1                x      x      x
    application.resubmitted.v1             x      x      x
    application.invited.v1                 x      x      x
    application.continued.v1               x      x      x
    application.invitation_lapsed.v1       x      x      x
    application.return_lapsed.v1           x      x      x
    application.withdrawn.v1               x      x      x
    application.ended_by_erasure.v1        x      x      x
    application.found_eligible.v1          x      x      x
    application.found_ineligible.v1        x      x      x
    application.cancelled.v1               x      x      x
    application.awarded.v1                 x      x      x
    application.waitlisted.v1              x      x      x
    application.promoted.v1                x      x      x
    application.declined.v1                x      x      x
    application.entered_on_behalf.v1       x      x      .
    application.written_with.v1            x      x      .
    application.grant_offered.v1           .      .      .
    correspondence.message_written.v1      .      .      .
    correspondence.settled.v1              .      .      .
    correspondence.note_written.v1         .      .      .
    review.assigned.v1                     .      x      x
    review.cleared.v1                      .      x      x
    review.conflict_declared.v1            .      x      x
    review.replaced.v1                     .      x      x
    review.submitted.v1                    .      x      x
    review.changed.v1                      .      x      x
    review.expired.v1                      .      x      x
    reading.recorded.v1                    .      x      x
    panel.opened.v1                        .      x      x
    panel.outcome_set.v1                   .      x      x
    panel.outcome_ended.v1                 .      x      x
    panel.reopened.v1                      .      x      x
    panel.note_written.v1                  .      .      .
    panel.closed.v1                        .      x      x
    panel.returned.v1                      .      x      x
    panel.confirmed.v1                     .      x      x
    panel.announcement_planned.v1          .      x      x
    panel.announcement_cancelled.v1        .      x      x
    panel.announced.v1                     .      x      x
    panel.award_freed.v1                   .      x      x
    panel.waiting_list_left.v1             .      x      x
    panel.waiting_list_moved.v1            .      x      x
    panel.waiting_list_stayed.v1           .      .      .
    grant.offered.v1                       x      x      x
    grant.accepted.v1                      x      x      x
    grant.declined.v1                      x      x      x
    grant.lapsed.v1                        x      x      x
    grant.payee_set.v1                     x      x      x
    grant.payee_confirmed.v1               x      x      x
    grant.screened.v1                      .      x      x
    grant.screening_ended.v1               .      x      x
    grant.instalments_scheduled.v1         x      x      x
    grant.report_submitted.v1              x      x      x
    grant.report_accepted.v1               x      x      x
    grant.report_returned.v1               x      x      x
    grant.instalment_requested.v1          x      x      x
    grant.instalment_approved.v1           x      x      x
    grant.decisions_ended.v1               x      x      x
    grant.instalment_instructed.v1         x      x      x
    grant.instalment_instructed.v2         x      x      x
    grant.instalment_settled.v1            x      x      x
    grant.instalment_failed.v1             x      x      x
    grant.suspended.v1                     x      x      x
    grant.resumed.v1                       x      x      x
    grant.terminated.v1                    x      x      x
    grant.amendment_proposed.v1            x      x      x
    grant.amended.v1                       x      x      x
    grant.amendment_declined.v1            x      x      x
    grant.completed.v1                     x      x      x
"""
ROLES = {
    "applicant": (Role.APPLICANT,),
    "staff": (Role.OFFICER,),
    "funders": (Role.FUNDER,),
}


def written() -> dict[str, dict[str, bool]]:
    """The table: by topic and audience, whether it is read."""
    rows = [line.split() for line in TABLE.splitlines() if ".v" in line]
    return {name: dict(zip(ROLES, (mark == "x" for mark in marks), strict=True)) for name, *marks in rows}


def test_the_table_has_every_topic_and_every_audience() -> None:
    """A new topic stands in no timeline before somebody writes down who reads it."""
    missing = sorted(TOPICS.keys() - written().keys())
    assert not missing, f"add rows to TABLE in this file: who reads {missing}"
    assert written().keys() == TOPICS.keys()
    assert list(ROLES) == [str(audience) for audience in Audience]


@pytest.mark.parametrize("role", Role)
def test_each_role_reads_what_the_table_says(role: Role) -> None:
    audience = next((name for name, roles in ROLES.items() if role in roles), None)
    assert topics_for(role) == {topic for topic, read in written().items() if audience and read[audience]}


def test_an_applicant_reads_nothing_of_what_the_jury_did() -> None:
    """Whatever the table says of it."""
    assert [topic for topic in topics_for(Role.APPLICANT) if topic.startswith(("review.", "panel."))] == []


@pytest.mark.parametrize("role", Role)
def test_a_topic_that_declares_no_audience_is_for_nobody(role: Role, monkeypatch: pytest.MonkeyPatch) -> None:
    """The register fails closed, also for a role that has no audience itself."""
    invented = Topic("example.invented.v1", topics.REGISTER[0].fact)
    monkeypatch.setattr(topics, "REGISTER", (*topics.REGISTER, invented))
    assert "example.invented.v1" not in topics_for(role)
