"""Who may see what: for each thing and each state of its round, every person's answer, written by hand. Who applied and how it
is judged is in `test_seeing_who_and_scores`."""

import functools
from collections.abc import Callable, Iterable

import msgspec
import pytest

from domain import access
from domain.applications.state import Application, ApplicationStatus
from domain.calls.state import Call, CallStatus
from domain.deciding import Allowed, Denied, Verdict
from domain.grants.state import Grant
from domain.initiatives.state import INITIATIVE as INITIATIVES
from domain.initiatives.state import Initiative
from domain.parties import Actor, OwnApplications
from domain.reviews.state import Review, ReviewStatus
from domain.rounds.state import Round, RoundStatus
from domain.values import Role
from tests.scene import (
    ADMINISTRATOR,
    APPLICATION,
    APPROVER,
    ARTIST,
    CHAIR,
    EVERYBODY,
    FINANCE,
    FUNDER,
    JUDGING_OFFICER,
    JUROR,
    KEEPER,
    OFFICER,
    OTHER_APPLICATION,
    OTHER_ARTIST,
    SECOND_JUROR,
    STRANGER,
    THIRD_JUROR,
    initiative,
    numbered,
)

NAMES = {
    KEEPER: "keeper",
    ADMINISTRATOR: "administrator",
    OFFICER: "officer",
    CHAIR: "chair",
    JUROR: "juror",
    SECOND_JUROR: "second juror",
    THIRD_JUROR: "third juror",
    FINANCE: "finance",
    APPROVER: "approver",
    FUNDER: "funder",
    ARTIST: "artist",
    OTHER_ARTIST: "other artist",
    STRANGER: "stranger",
    JUDGING_OFFICER: "judging officer",
}


def members() -> Initiative:
    state = Initiative()
    for fact in initiative():
        state = INITIATIVES.evolve(state, fact)
    return state


HOUSE = members()
STAFF = {"officer": Role.OFFICER, "judging officer": Role.OFFICER}
APPLIED = "You or your organisation applied in this round, or you helped to write an application, so others are not shown to you before it is decided."
NONE = OwnApplications()
OURS = Application(status=ApplicationStatus.ELIGIBLE, applicant=ARTIST)


def round(status: RoundStatus) -> Round:
    return Round(status=status)


OPEN, CLOSED, IN_PANEL, DECIDED, _CANCELLED = map(round, RoundStatus)


def reviews(**statuses: ReviewStatus) -> tuple[Review, ...]:
    """The reviews of the application, by the juror's name with an underscore."""
    jurors = {name: who for who, name in NAMES.items()}
    return tuple(
        Review(status=status, juror=jurors[name.replace("_", " ")], application=APPLICATION)
        for name, status in statuses.items()
    )


GOING_ON = msgspec.structs.replace(OURS, status=ApplicationStatus.INVITED, invited_to="project")


def allowed(ask: Callable[[str], Verdict], among: Iterable[str] = EVERYBODY) -> dict[str, Role]:
    """Who is allowed, in which role."""
    return {NAMES[who]: verdict.role for who in among if isinstance(verdict := ask(who), Allowed)}


def hidden(ask: Callable[[str], Verdict]) -> tuple[str, ...]:
    """From whom the very existence is kept, in the order of their names' table."""
    return tuple(
        name for who, name in NAMES.items() if isinstance(verdict := ask(who), Denied) and verdict.hidden
    )


def told(verdict: Verdict) -> str:
    """The sentence to one who is denied."""
    assert isinstance(verdict, Denied)
    return str(verdict.detail)


class TestTheApplicationsText:
    STATUSES = reviews(
        juror=ReviewStatus.ASSIGNED, second_juror=ReviewStatus.CLEARED, third_juror=ReviewStatus.RECUSED
    )

    @staticmethod
    def asking(round: Round, given: tuple[Review, ...]) -> Callable[[str], Verdict]:
        return lambda who: access.sees_application(Actor(who), HOUSE, round, OURS, given, own=())

    def test_is_the_applicants_the_staffs_and_the_cleared_jurors(self) -> None:
        staff = {"artist": Role.APPLICANT, "officer": Role.OFFICER, "judging officer": Role.OFFICER}
        assert allowed(self.asking(CLOSED, self.STATUSES)) == {**staff, "second juror": Role.JUROR}
        assert allowed(self.asking(CLOSED, ())) == staff

    @pytest.mark.parametrize("state", [IN_PANEL, DECIDED])
    def test_is_the_chairs_too_once_the_round_is_in_panel(self, state: Round) -> None:
        assert allowed(self.asking(state, self.STATUSES)) == {
            "artist": Role.APPLICANT,
            "officer": Role.OFFICER,
            "judging officer": Role.OFFICER,
            "second juror": Role.JUROR,
            "chair": Role.CHAIR,
        }

    def test_is_nobodys_who_declared_a_conflict_whatever_else_they_are(self) -> None:
        for status in (ReviewStatus.RECUSED, ReviewStatus.REPLACED):
            given = reviews(chair=status, judging_officer=status, third_juror=status)
            for who in (CHAIR, JUDGING_OFFICER, THIRD_JUROR):
                assert told(self.asking(IN_PANEL, given)(who)) == (
                    "You declared a conflict of interest with this application."
                )

    @pytest.mark.parametrize("state", [CLOSED, IN_PANEL])
    def test_is_shown_to_staff_who_judge_it_as_to_its_jurors(self, state: Round) -> None:
        asked = self.asking(state, reviews(judging_officer=ReviewStatus.ASSIGNED))
        assert told(asked(JUDGING_OFFICER)) == str(access.UNDECLARED)
        for status in (ReviewStatus.CLEARED, ReviewStatus.SUBMITTED):
            asked = self.asking(state, reviews(judging_officer=status))
            assert asked(JUDGING_OFFICER) == Allowed(Role.JUROR)
        for status in (ReviewStatus.ASSIGNED, ReviewStatus.CLEARED, ReviewStatus.SUBMITTED):
            decided = self.asking(DECIDED, reviews(judging_officer=status))
            assert decided(JUDGING_OFFICER) == Allowed(Role.OFFICER)

    def test_is_shown_as_to_a_juror_to_staff_who_were_taken_from_the_jury(self) -> None:
        """Whoever was asked to judge it does not become able to read more of it by holding one role less."""
        asked = self.asking(CLOSED, reviews(officer=ReviewStatus.CLEARED))
        assert (
            told(asked(OFFICER))
            == "In this initiative, only people with one of these roles can do this: juror, chair."
        )

    def test_waits_for_the_jurors_declaration(self) -> None:
        assert told(self.asking(CLOSED, self.STATUSES)(JUROR)) == (
            "Declare first whether you have a conflict of interest with this application."
        )

    def test_is_gone_for_a_juror_who_was_removed(self) -> None:
        removed = Initiative(
            members={who: held for who, held in HOUSE.members.items() if who != SECOND_JUROR}
        )
        verdict = access.sees_application(Actor(SECOND_JUROR), removed, CLOSED, OURS, self.STATUSES, own=())
        assert verdict == Denied(access.NOT_YOURS, hidden=True)

    def test_does_not_exist_for_others(self) -> None:
        assert hidden(self.asking(CLOSED, self.STATUSES)) == ("keeper", "other artist", "stranger")

    @pytest.mark.parametrize("state", [OPEN, CLOSED, IN_PANEL])
    def test_is_kept_from_all_who_applied_until_the_round_is_decided(self, state: Round) -> None:
        def ask(who: str) -> Verdict:
            return access.sees_application(
                Actor(who), HOUSE, state, OURS, self.STATUSES, own=OwnApplications((OTHER_APPLICATION,))
            )

        assert allowed(ask) == {"artist": Role.APPLICANT}
        assert told(ask(OFFICER)) == APPLIED
        assert hidden(ask) == hidden(self.asking(state, self.STATUSES))
        assert access.sees_application(
            Actor(OFFICER), HOUSE, DECIDED, OURS, self.STATUSES, own=OwnApplications((OTHER_APPLICATION,))
        ) == Allowed(Role.OFFICER)

    def test_an_officer_sees_their_own_as_its_applicant(self) -> None:
        own = Application(status=ApplicationStatus.ELIGIBLE, applicant=OFFICER)
        assert access.sees_application(
            Actor(OFFICER), HOUSE, CLOSED, own, (), own=OwnApplications((APPLICATION,))
        ) == Allowed(Role.APPLICANT)


class TestWhatOnlyTheStaffReadOfAnApplication:
    @staticmethod
    def readers(round: Round, given: tuple[Review, ...] = (), application: Application = OURS) -> set[str]:
        """Who of the people of the initiative reads it, if an officer acted before for the organisation that applied."""
        former = Actor(OFFICER, former=frozenset({numbered("organisation", 1)}))
        return {
            NAMES[who]
            for who in EVERYBODY
            if access.sees_as_staff(
                former if who == OFFICER else Actor(who), HOUSE, round, application, given, own=NONE
            )
        }

    @pytest.mark.parametrize("state", [OPEN, CLOSED, IN_PANEL, DECIDED])
    def test_is_for_officers_alone(self, state: Round) -> None:
        assert self.readers(state) == {"officer", "judging officer"}
        given = reviews(juror=ReviewStatus.SUBMITTED, chair=ReviewStatus.CLEARED)
        assert self.readers(state, given) == {"officer", "judging officer"}

    def test_is_for_officers_who_were_asked_to_judge_it_once_the_round_is_decided(self) -> None:
        asked = reviews(judging_officer=ReviewStatus.CLEARED)
        assert self.readers(IN_PANEL, asked) == {"officer"}
        assert self.readers(DECIDED, asked) == {"officer", "judging officer"}

    @pytest.mark.parametrize("state", [OPEN, DECIDED])
    def test_is_for_none_who_have_ties_to_it(self, state: Round) -> None:
        organisations = msgspec.structs.replace(OURS, applicant=numbered("organisation", 1))
        conflict = reviews(judging_officer=ReviewStatus.RECUSED)
        assert self.readers(state, application=organisations) == {"judging officer"}
        assert self.readers(state, conflict) == {"officer"}
        own = msgspec.structs.replace(OURS, applicant=OFFICER)
        assert self.readers(state, application=own) == {"judging officer"}


class TestTheTimeline:
    def test_of_a_call_or_a_fund_is_the_staffs_and_the_funders(self) -> None:
        assert allowed(lambda who: access.sees_timeline(Actor(who), HOUSE)) == {
            **STAFF,
            "funder": Role.FUNDER,
        }

    @pytest.mark.parametrize("state", [OPEN, CLOSED, IN_PANEL])
    def test_of_an_application_is_kept_from_funders_until_the_round_is_decided(self, state: Round) -> None:
        def ask(who: str) -> Verdict:
            return access.sees_timeline(Actor(who), HOUSE, applicant=ARTIST, round=state)

        assert allowed(ask) == {**STAFF, "artist": Role.APPLICANT}
        assert told(ask(FUNDER)) == "Funders can follow an application once its round is decided."

    def test_of_an_application_is_the_funders_once_the_round_is_decided(self) -> None:
        assert allowed(
            lambda who: access.sees_timeline(Actor(who), HOUSE, applicant=ARTIST, round=DECIDED)
        ) == {
            **STAFF,
            "funder": Role.FUNDER,
            "artist": Role.APPLICANT,
        }

    @pytest.mark.parametrize("state", [OPEN, CLOSED, IN_PANEL])
    def test_of_a_rivals_application_is_kept_from_staff_until_the_round_is_decided(
        self, state: Round
    ) -> None:
        def ask(who: str, state: Round = state) -> Verdict:
            return access.sees_timeline(
                Actor(who), HOUSE, applicant=ARTIST, round=state, own=OwnApplications((OTHER_APPLICATION,))
            )

        assert allowed(ask) == {"artist": Role.APPLICANT}
        assert told(ask(OFFICER)) == APPLIED
        assert ask(OFFICER, DECIDED) == Allowed(Role.OFFICER)

    def test_of_their_own_application_is_the_staffs_as_applicants(self) -> None:
        verdict = access.sees_timeline(Actor(OFFICER), HOUSE, applicant=OFFICER, round=CLOSED)
        assert verdict == Allowed(Role.APPLICANT)

    def test_does_not_exist_for_others(self) -> None:
        assert hidden(lambda who: access.sees_timeline(Actor(who), HOUSE)) == (
            "keeper",
            "artist",
            "other artist",
            "stranger",
        )


PAID = Grant(recipient=ARTIST, application=APPLICATION)


def conflicted(sees: Callable[..., Verdict], application: str, who: str) -> Verdict:
    """What somebody is answered about the grant who declared a conflict with an application."""
    return sees(Actor(who), HOUSE, PAID, conflicts=(application,))


class TestPayments:
    def test_are_seen_by_those_who_pay_and_those_who_gave(self) -> None:
        house = {
            "finance": Role.FINANCE,
            "approver": Role.APPROVER,
            "officer": Role.OFFICER,
            "judging officer": Role.OFFICER,
            "funder": Role.FUNDER,
        }
        assert allowed(lambda who: access.sees_payments(Actor(who), HOUSE)) == house
        assert allowed(lambda who: access.sees_payments(Actor(who), HOUSE, recipient=ARTIST)) == {
            **house,
            "artist": Role.APPLICANT,
        }
        assert hidden(lambda who: access.sees_payments(Actor(who), HOUSE, recipient=ARTIST)) == (
            "keeper",
            "other artist",
            "stranger",
        )

    def test_the_payee_is_seen_by_those_who_pay_and_the_reports_by_the_staff(self) -> None:
        both = (Role.OFFICER, Role.FINANCE, Role.FUNDER)
        house = Initiative(members={**HOUSE.members, STRANGER: frozenset(both)})

        def payee(who: str) -> Verdict:
            return access.sees_payee(Actor(who), house, PAID, conflicts=())

        def reports(who: str) -> Verdict:
            return access.sees_reports(Actor(who), house, PAID, conflicts=())

        assert allowed(payee) == {
            "finance": Role.FINANCE,
            "approver": Role.APPROVER,
            "artist": Role.APPLICANT,
            "stranger": Role.FINANCE,
        }
        assert allowed(reports) == {**STAFF, "artist": Role.APPLICANT, "stranger": Role.OFFICER}
        for ask in (payee, reports):
            assert hidden(ask) == ("keeper", "other artist")

    def test_the_recipient_is_told_to_all_but_funders(self) -> None:
        assert allowed(lambda who: access.sees_recipient(Actor(who), HOUSE, PAID, conflicts=())) == {
            **STAFF,
            "finance": Role.FINANCE,
            "approver": Role.APPROVER,
            "artist": Role.APPLICANT,
        }

    def test_whoever_declared_a_conflict_reads_neither_recipient_nor_payee_nor_reports(self) -> None:
        for sees in (access.sees_recipient, access.sees_payee, access.sees_reports):
            assert allowed(functools.partial(conflicted, sees, APPLICATION)) == {"artist": Role.APPLICANT}
            for who in (OFFICER, FINANCE, APPROVER):
                other = conflicted(sees, OTHER_APPLICATION, who)
                assert other == sees(Actor(who), HOUSE, PAID, conflicts=())
        for who in (OFFICER, FINANCE):
            assert told(conflicted(access.sees_recipient, APPLICATION, who)) == str(access.CONFLICTED)


class TestPeopleAndCalls:
    def test_members_are_seen_by_administrator_and_staff(self) -> None:
        assert allowed(lambda who: access.sees_members(who, HOUSE)) == {
            "administrator": Role.ADMINISTRATOR,
            "officer": Role.OFFICER,
            "judging officer": Role.OFFICER,
        }

    def test_funders_are_seen_by_those_who_record_what_they_give(self) -> None:
        assert allowed(lambda who: access.sees_funders(who, HOUSE)) == {
            "administrator": Role.ADMINISTRATOR,
            "officer": Role.OFFICER,
            "finance": Role.FINANCE,
            "judging officer": Role.OFFICER,
        }

    def test_given_roles_are_seen_by_every_member_and_by_nobody_else(self) -> None:
        seen = allowed(lambda who: access.sees_given_roles(who, HOUSE))
        nobody = ("keeper", "artist", "other artist", "stranger")
        assert set(seen) == set(NAMES.values()) - set(nobody)
        assert hidden(lambda who: access.sees_given_roles(who, HOUSE)) == nobody

    def test_a_published_call_is_everybodys_and_a_draft_the_staffs(self) -> None:
        published = Call(status=CallStatus.PUBLISHED)
        assert len(allowed(lambda who: access.sees_call(who, HOUSE, published))) == len(EVERYBODY)
        drafted = Call(status=CallStatus.DRAFTED)
        assert allowed(lambda who: access.sees_call(who, HOUSE, drafted)) == {
            "officer": Role.OFFICER,
            "judging officer": Role.OFFICER,
        }
        assert hidden(lambda who: access.sees_call(who, HOUSE, drafted)) == (
            "keeper",
            "artist",
            "other artist",
            "stranger",
        )


def test_places_on_the_waiting_list_are_told_but_beside_a_conflict() -> None:
    """One's own is always told."""
    for conflict in (False, True):
        for applicant in (OTHER_ARTIST, None):
            shown = access.sees_waiting_places(Actor(ARTIST), applicant=applicant, conflict_in_call=conflict)
            assert shown is not conflict
        assert access.sees_waiting_places(Actor(ARTIST), applicant=ARTIST, conflict_in_call=conflict)


def test_who_was_let_in_late_is_seen_by_the_staff_but_not_by_who_applied() -> None:
    """A juror never, nor the chair: late access tells who came late."""
    seen = allowed(lambda who: access.sees_late_access(who, HOUSE, CLOSED, own=()))
    assert set(seen.values()) == {Role.OFFICER}
    assert (
        allowed(lambda who: access.sees_late_access(who, HOUSE, CLOSED, own=OwnApplications((APPLICATION,))))
        == {}
    )


def test_who_goes_on_in_a_later_stage_sees_nothing_of_rivals_in_a_decided_round_either() -> None:
    """Their own application, in whichever round, is shown to them as to every applicant."""
    going_on = OwnApplications.of((), {OTHER_APPLICATION: GOING_ON})
    assert (going_on, going_on.competing) == ((OTHER_APPLICATION,), True)
    invited = "You or your organisation applied to this call, or you helped to write an application, and it is invited to a later stage, so "
    others, ranking = (
        f"{invited}others are not shown to you before that is decided.",
        f"{invited}this ranking is not shown to you before that is decided.",
    )
    answers = [
        access.sees_application(Actor(OFFICER), HOUSE, DECIDED, OURS, (), own=going_on),
        access.sees_reviews(Actor(OFFICER), HOUSE, DECIDED, OURS, (), own=going_on),
        access.sees_progress(OFFICER, HOUSE, DECIDED, own=going_on),
        access.sees_late_access(OFFICER, HOUSE, DECIDED, own=going_on),
        access.sees_timeline(Actor(OFFICER), HOUSE, applicant=ARTIST, round=DECIDED, own=going_on),
        access.reads_of_round(OFFICER, HOUSE, DECIDED, own=going_on),
    ]
    assert [str(answer.detail) for answer in answers if isinstance(answer, Denied)] == [others] * len(answers)
    answer = access.sees_ranking(OFFICER, HOUSE, DECIDED, own=going_on)
    assert isinstance(answer, Denied)
    assert str(answer.detail) == ranking
