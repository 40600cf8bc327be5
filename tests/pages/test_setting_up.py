"""A draft is written part by part; what is typed is kept, and an earlier call can be copied."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.pages.conftest import CALL, Stage, open_call, set_stage
from tests.pages.markup import faults_of
from tests.pages.test_form_and_criteria import change

SAVED = 303


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """A demonstration of these tests' own, in which funds can be opened."""
    with set_stage() as stage:
        yield stage


def house_of(stage: Stage) -> str:
    found: str = stage.speaking("officer").get("/api/me")["initiatives"][0]["initiative"]
    return found


@pytest.fixture
def draft(stage: Stage) -> str:
    """A draft that was begun by page."""
    begun = change(
        stage.visitor("officer"), f"/initiatives/{house_of(stage)}", "call-draft", **{"title.en": "A draft"}
    )
    assert begun.status_code == SAVED
    return begun.headers["location"].split("/")[2]


class TestADraft:
    def test_without_a_title_is_not_begun_and_the_rest_is_kept(self, stage: Stage) -> None:
        wrong = change(stage.visitor("officer"), f"/initiatives/{house_of(stage)}", "call-draft")
        assert wrong.status_code == 422
        assert "Write this text in at least one language." in wrong.text

    def test_is_found_on_the_pages_of_the_initiative_by_its_officers_alone(
        self, stage: Stage, draft: str
    ) -> None:
        page = f"/initiatives/{house_of(stage)}"
        assert f"/calls/{draft}/setup" in stage.visitor("officer").open(page).text
        for role in ("applicant", "juror", "finance", None):
            visitor = stage.visitor(role) if role else stage.visitor()
            shown = visitor.open(page)
            assert shown.status_code == 200
            assert draft not in shown.text

    def test_says_what_it_lacks_and_cannot_be_published(self, stage: Stage, draft: str) -> None:
        page = stage.visitor("officer").open(f"/calls/{draft}/setup").text
        assert "Ask at least one question in the form." in page
        assert "Publish the call" not in page
        missing = stage.speaking("officer").get(f"/api/calls/{draft}")["preparation"]["missing"]
        assert [each["part"] for each in missing] == ["texts", "money", "money", "form", "rubric"]

    def test_has_its_amounts_in_the_currency_of_the_fund_that_is_chosen(
        self, stage: Stage, draft: str
    ) -> None:
        officer = stage.visitor("officer")
        opened = change(
            officer,
            f"/initiatives/{house_of(stage)}",
            "fund-open",
            name="Dollars",
            currency="USD",
            basis="received",
        )
        assert opened.status_code == SAVED
        officer.open(opened.headers["location"])
        fund = opened.headers["location"].split("/")[2]
        amounts = {"fund": fund, "money.budget.amount": "5,000.00", "money.maximum_award.amount": "700"}
        assert change(officer, f"/calls/{draft}/setup/money", "call-change_draft", **amounts).is_redirect
        found = stage.speaking("officer").get(f"/api/calls/{draft}")
        assert (found["fund"], found["budget"]) == (fund, {"amount": "5000.00", "currency": "USD"})

    def test_keeps_what_was_typed_when_an_amount_is_wrong(self, stage: Stage, draft: str) -> None:
        officer = stage.visitor("officer")
        amounts = {"money.budget.amount": "500", "money.maximum_award.amount": "700"}
        wrong = change(officer, f"/calls/{draft}/setup/money", "call-change_draft", **amounts)
        assert wrong.status_code == 422
        assert 'href="#call-change_draft-money.maximum_award.amount">Largest award' in wrong.text
        assert 'value="700"' in wrong.text

    def test_becomes_a_rolling_one_and_a_deadline_call_again(self, stage: Stage, draft: str) -> None:
        officer, page = stage.visitor("officer"), f"/calls/{draft}/setup/dates"
        rolling = {
            "intake.intake": "rolling",
            "intake.decide_within_days": "14",
            "intake.takes_until": "2030-05-31T18:00",
            "intake.time_zone": "Europe/Berlin",
        }
        assert change(officer, page, "call-change_draft", **rolling).is_redirect
        found = stage.speaking("officer").get(f"/api/calls/{draft}")
        assert (found["intake"], found["decide_within_days"], found["takes_until"]) == (
            "rolling",
            14,
            "2030-05-31T16:00:00Z",
        )
        assert 'value="2030-05-31T18:00"' in officer.open(page).text
        assert change(officer, page, "call-change_draft", **{"intake.intake": "deadline"}).is_redirect
        assert stage.speaking("officer").get(f"/api/calls/{draft}")["decide_within_days"] is None

    def test_has_its_first_questions_added_moved_and_removed(self, stage: Stage, draft: str) -> None:
        officer, page = stage.visitor("officer"), f"/calls/{draft}/setup/eligibility"
        for number, words in enumerate(("Do you write?", "Do you live here?")):
            place = f"eligibility[{number}]"
            typed = {f"{place}.label.en": words, f"{place}.refusal.en": "It is not for you."}
            assert change(officer, page, "call-change_draft", **typed).is_redirect
        assert change(officer, page, "call-change_draft", move="up 1").is_redirect
        found = stage.speaking("officer").get(f"/api/calls/{draft}")["eligibility"]
        assert [(each["id"], each["label"]["en"], each["needed"]) for each in found] == [
            ("e2", "Do you live here?", "yes"),
            ("e1", "Do you write?", "yes"),
        ]
        assert change(officer, page, "call-change_draft", move="remove 0").is_redirect
        found = stage.speaking("officer").get(f"/api/calls/{draft}")["eligibility"]
        assert [each["id"] for each in found] == ["e1"]

    def test_gets_a_second_stage_and_loses_the_first(self, stage: Stage, draft: str) -> None:
        officer, page = stage.visitor("officer"), f"/calls/{draft}/setup/stages"
        first = {"stages[0].title.en": "Letter", "stages[0].deadline": "2030-05-31T18:00", "add": "yes"}
        assert change(officer, page, "call-change_stages", **first).is_redirect
        second = {"stages[1].title.en": "Project", "stages[1].blindness": "open", "stages[1].quorum": "2"}
        assert change(officer, page, "call-change_stages", **second).is_redirect
        found = stage.speaking("officer").get(f"/api/calls/{draft}")["stages"]
        assert [
            (each["title"]["en"], each["quorum"], each["blindness"], each["deadline"]) for each in found
        ] == [
            ("Letter", 2, "double", "2030-05-31T18:00:00"),
            ("Project", 2, "open", None),
        ]
        blind_later = change(officer, page, "call-change_stages", move="down 0")
        assert blind_later.status_code == 422
        assert "A blind stage cannot follow an open one" in blind_later.text
        assert change(officer, page, "call-change_stages", move="remove 0").is_redirect
        assert len(stage.speaking("officer").get(f"/api/calls/{draft}")["stages"]) == 1

    def test_is_shown_to_its_officer_while_most_of_it_is_missing(self, stage: Stage, draft: str) -> None:
        officer = stage.visitor("officer")
        change(officer, f"/calls/{draft}/setup/stages", "call-change_stages", add="yes")
        for path in (f"/calls/{draft}", f"/calls/{draft}/timeline", "/me", f"/calls/{draft}/setup"):
            assert officer.open(path).status_code == 200, path
        for stage_id in ("main", "s2"):
            for path in ("", "/preview", "/preview-review"):
                assert officer.open(f"/calls/{draft}/stages/{stage_id}{path}").status_code == 200

    def test_is_given_up(self, stage: Stage, draft: str) -> None:
        officer = stage.visitor("officer")
        assert change(officer, f"/calls/{draft}/setup", "call-discard").is_redirect
        assert "This draft was discarded." in officer.open(f"/calls/{draft}").text
        for page in (f"/initiatives/{house_of(stage)}", "/me"):
            assert draft not in officer.open(page).text

    def test_is_begun_from_the_list_of_calls(self, stage: Stage) -> None:
        link = f'href="/initiatives/{house_of(stage)}"'
        assert link in stage.visitor("officer").open("/calls").text
        assert link not in stage.visitor("juror").open("/calls").text


class TestACopy:
    def test_is_a_draft_with_the_same_form_and_its_dates_a_year_later(self, stage: Stage) -> None:
        call, _ = open_call(stage, CALL)
        officer = stage.visitor("officer")
        copied = change(officer, f"/calls/{call}", "call-copy", dates="next_year")
        assert copied.status_code == SAVED
        copy = copied.headers["location"].split("/")[2]
        assert "Nothing is missing." in officer.open(f"/calls/{copy}/setup").text
        source, found = (stage.speaking("officer").get(f"/api/calls/{each}") for each in (call, copy))
        assert found["status"] == "drafted"
        assert found["stages"][0]["form"] == source["stages"][0]["form"]
        year = int(source["rounds"][0]["closes_at"][:4])
        assert found["stages"][0]["deadline"].startswith(str(year + 1))


class TestTheProfile:
    def test_is_written_by_page_and_read_by_everybody(self, stage: Stage) -> None:
        house = house_of(stage)
        officer = stage.visitor("officer")
        page = f"/initiatives/{house}/profile"
        typed = {
            "about.en": "Books in exile.",
            "about.ru": "Книги в изгнании.",
            "privacy.en": "We keep as little as we can.",
            "contact": "https://example.org/contact",
            "languages.en": "yes",
            "languages.ru": "yes",
            "languages.uk": "yes",
        }
        assert change(officer, page, "initiative-describe", **typed).is_redirect
        officer.open(page)
        told = stage.running.client.get(f"/api/initiatives/{house}/profile").json()
        assert (told["about"], told["languages"]) == (
            {"en": "Books in exile.", "ru": "Книги в изгнании."},
            ["en", "ru", "uk"],
        )
        public = stage.visitor().open(f"/initiatives/{house}").text
        assert "Books in exile." in public
        assert "We keep as little as we can." in public
        assert 'name="title.uk"' in officer.open(f"/initiatives/{house}").text

    def test_is_changed_by_officers_and_administrators_alone(self, stage: Stage) -> None:
        page = f"/initiatives/{house_of(stage)}/profile"
        for role in ("juror", "finance", "funder", "applicant"):
            assert stage.visitor(role).open(page).status_code == 404


class TestMoney:
    def test_is_pledged_and_received_by_page(self, stage: Stage) -> None:
        opened = change(
            stage.visitor("officer"),
            f"/initiatives/{house_of(stage)}",
            "fund-open",
            name="Spring fund",
            currency="EUR",
            basis="received",
        )
        assert opened.status_code == SAVED
        page = opened.headers["location"]
        finance, funder = stage.visitor("finance"), stage.visitor("funder")
        finance.open(page)
        amount = {"amount.amount": "1 000", "amount.currency": "EUR"}
        pledged = change(finance, page, "fund-pledge", funder=stage.people["funder"], **amount)
        assert pledged.status_code == SAVED
        own = change(funder, page, "fund-pledge", restriction="Only books.", **amount)
        assert own.status_code == SAVED
        funder.open(page)
        fund = stage.speaking("finance").get(f"/api{page}")
        assert fund["pledged"] == {"amount": "2000.00", "currency": "EUR"}
        pledge = fund["pledges"][0]["id"]
        received = change(
            finance, page, "fund-receive", pledge=pledge, received_on="2026-01-31", **{"amount.amount": "250"}
        )
        assert received.status_code == SAVED
        finance.open(page)
        assert stage.speaking("finance").get(f"/api{page}")["received"]["amount"] == "250.00"
        assert "Another funder" not in finance.open(page).text
        name = next(
            each["name"]
            for each in stage.speaking("finance").get(f"/api/initiatives/{house_of(stage)}/funders")[
                "funders"
            ]
            if each["person"] == stage.people["funder"]
        )
        assert name in finance.open(page).text

    def test_is_not_recorded_by_others(self, stage: Stage) -> None:
        house = house_of(stage)
        fund = stage.speaking("officer").get(f"/api/initiatives/{house}/funds")["items"][0]["id"]
        page = stage.visitor("officer").open(f"/funds/{fund}").text
        assert "fund-pledge" not in page
        assert "fund-receive" not in page


class TestAPledgeOfSomebodyWithoutAnAccount:
    """Finance chooses on the fund's page whose pledge it is; it can be assigned to a member later."""

    @pytest.fixture
    def page(self, stage: Stage) -> str:
        """The page of a new fund."""
        typed = {"name": "Foundation fund", "currency": "EUR", "basis": "received"}
        opened = change(stage.visitor("officer"), f"/initiatives/{house_of(stage)}", "fund-open", **typed)
        return str(opened.headers["location"])

    def test_is_recorded_by_its_public_name_which_all_who_see_the_fund_read(
        self, stage: Stage, page: str
    ) -> None:
        finance = stage.visitor("finance")
        assert "A member of this initiative" in finance.open(page).text
        typed = {"whose": "outside", "funder": stage.people["funder"], "amount.amount": "70"}
        nameless = change(finance, page, "fund-pledge", **typed)
        assert nameless.status_code == 422
        assert "This cannot be left empty." in nameless.text
        assert change(finance, page, "fund-pledge", name="A Foundation", **typed).status_code == SAVED
        (pledge,) = stage.speaking("finance").get(f"/api{page}")["pledges"]
        assert (pledge["name"], pledge["funder"]) == ("A Foundation", None)
        for who in ("finance", "officer", "funder"):
            shown = stage.visitor(who).open(page).text
            assert "<bdi>A Foundation</bdi>" in shown
            assert faults_of(shown) == []
            assert "Another funder" not in shown
            assert ("Assign it to a member" in shown) == (who == "finance")
            file = stage.visitor(who).open(f"{page}/pledges.csv").text
            assert "A Foundation,A Foundation,," in file

    def test_of_a_member_has_no_name_though_one_was_typed(self, stage: Stage, page: str) -> None:
        finance = stage.visitor("finance")
        typed = {"whose": "member", "name": "A Foundation", "amount.amount": "70"}
        nobody = change(finance, page, "fund-pledge", **typed)
        assert nobody.status_code == 422
        assert "Choose the member who pledges" in nobody.text
        found = change(finance, page, "fund-pledge", funder=stage.people["funder"], **typed)
        assert found.status_code == SAVED
        finance.open(page)
        (pledge,) = stage.speaking("finance").get(f"/api{page}")["pledges"]
        assert (pledge["name"], pledge["funder"]) == (None, stage.people["funder"])

    def test_is_assigned_beside_it_once_and_is_then_what_the_funder_funded(
        self, stage: Stage, page: str
    ) -> None:
        finance, funder = stage.visitor("finance"), stage.visitor("funder")
        typed = {"whose": "outside", "name": "A Foundation", "amount.amount": "70"}
        change(finance, page, "fund-pledge", **typed)
        finance.open(page)
        (pledge,) = stage.speaking("finance").get(f"/api{page}")["pledges"]
        own = f"/initiatives/{house_of(stage)}/funded"
        assert page not in funder.open(own).text
        form = f"fund-assign_pledge-{pledge['id']}"
        assert change(finance, page, form, funder=stage.people["finance"]).status_code == 422
        assert change(finance, page, form, funder=stage.people["funder"]).status_code == SAVED
        assert form not in finance.open(page).text
        assert page in funder.open(own).text
        shown = funder.open(page).text
        assert 'Yours<br><span class="quiet small">Public name: <bdi>A Foundation</bdi></span>' in shown


class TestWhatMostCallsHave:
    def test_is_chosen_in_a_new_draft(self, stage: Stage, draft: str) -> None:
        found = stage.speaking("officer").get(f"/api/calls/{draft}")
        (only,) = found["stages"]
        assert (found["applications_per_applicant"], only["quorum"], only["form"]["title_in_summary"]) == (
            "one",
            2,
            True,
        )
        assert found["time_zone"] == "Europe/Berlin"  # that of the other calls of the initiative


class TestTheDates:
    def test_of_a_rolling_call_are_refused_and_kept_where_a_deadline_call_is_written(
        self, stage: Stage, draft: str
    ) -> None:
        typed = {"intake.takes_until": "2030-05-31T18:00", "intake.decide_within_days": "9"}
        wrong = change(stage.visitor("officer"), f"/calls/{draft}/setup/dates", "call-change_draft", **typed)
        assert wrong.status_code == 422
        assert "Write the deadline of this call with its stages" in wrong.text
        assert 'value="2030-05-31T18:00"' in wrong.text
        assert 'id="call-change_draft-intake.decide_within_days-error"' in wrong.text

    def test_that_are_planned_are_shown_in_the_list_of_parts_and_in_the_preview(
        self, stage: Stage, draft: str
    ) -> None:
        officer = stage.visitor("officer")
        preview = f"/calls/{draft}/stages/main/preview"
        assert "No date is planned yet." in officer.open(preview).text
        planned = {"stages[0].deadline": "2030-05-31T18:00"}
        assert change(officer, f"/calls/{draft}/setup/stages", "call-change_stages", **planned).is_redirect
        assert "31 May 2030" in officer.open(f"/calls/{draft}/setup").text
        shown = officer.open(preview).text
        assert "31 May 2030" in shown
        assert "No date is planned yet." not in shown

    def test_leave_the_questions_that_are_asked_first_in_the_preview(self, stage: Stage, draft: str) -> None:
        officer = stage.visitor("officer")
        typed = {"eligibility[0].label.en": "Do you write?", "eligibility[0].refusal.en": "Not for you."}
        page = f"/calls/{draft}/setup/eligibility"
        assert change(officer, page, "call-change_draft", **typed).is_redirect
        shown = officer.open(f"/calls/{draft}/stages/main/preview").text
        assert "Do you write?" in shown
        assert "Not for you." in shown


class TestAnEmptyFund:
    def test_says_who_records_a_pledge_and_stands_on_the_start_pages_of_those_who_can_fill_it(
        self, stage: Stage
    ) -> None:
        officer, house = stage.visitor("officer"), house_of(stage)
        money = {"name": "Autumn fund", "currency": "EUR", "basis": "received"}
        fund = change(officer, f"/initiatives/{house}", "fund-open", **money).headers["location"]
        assert "Finance records pledges and the money that arrives." in officer.open(fund).text
        assert "The fund Autumn fund is empty" in officer.open("/me").text
        finance = stage.visitor("finance").open("/me").text
        assert f'href="{fund}"' in finance
        assert "Record the first pledge to the fund Autumn fund" in finance


class TestTheDescription:
    def test_keeps_its_paragraphs_and_links_on_the_call_s_page(self, stage: Stage, draft: str) -> None:
        officer = stage.visitor("officer")
        texts = {"texts.summary.en": "First, see https://example.org.\n\nWe pay:\n- travel\n- <b>rent</b>"}
        assert change(officer, f"/calls/{draft}/setup/texts", "call-change_draft", **texts).is_redirect
        shown = officer.open(f"/calls/{draft}").text
        link = '<a href="https://example.org" rel="noopener noreferrer">https://example.org</a>'
        assert f"<p>First, see {link}.</p><p>We pay:</p><ul><li>travel</li>" in shown
        assert "<li>&lt;b&gt;rent&lt;/b&gt;</li>" in shown
