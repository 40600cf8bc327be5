"""The story of one call, told by what everybody does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from playwright.sync_api import Browser

from tests.walk.applying import (
    Applied,
    a_friend_writes_in_the_draft,
    the_artist_answers,
    the_artist_changes_their_address,
    the_artist_finds_the_call_and_registers,
    the_artist_keeps_a_draft,
    the_artist_submits,
    the_call_is_for_the_artist,
    the_deadline_passes,
    the_officer_finds_eligible,
    the_officer_returns_an_application,
    the_session_ends_while_the_artist_writes,
)
from tests.walk.corresponding import they_write_to_each_other
from tests.walk.installation import Installation
from tests.walk.judging import (
    a_juror_steps_back,
    the_jury_judges,
    the_officer_asks_another_juror,
    the_officer_asks_the_jury,
    the_panel_decides,
)
from tests.walk.markers import ADDRESSES, NAMES, WRITTEN
from tests.walk.paying import (
    a_second_person_confirms_the_bank_details,
    an_instalment_is_paid,
    the_artist_accepts,
    the_artist_reports,
    the_funder_reads,
    the_officer_completes_the_grant,
    the_officer_offers_the_grant,
    the_officer_schedules,
)
from tests.walk.people import Human, Journal
from tests.walk.setting_up import (
    the_founder_describes_the_initiative,
    the_founder_invites,
    the_fund_is_filled,
    the_officer_opens_the_call,
    the_officer_writes_a_call,
    the_operator_sets_up_the_site,
)


@dataclass(frozen=True)
class WholeCall:
    """What came of it: the people by role, what was noted on the way, and the paths of the pages."""

    people: Mapping[str, Human]
    journal: Journal
    initiative: str
    call: str
    awarded: Applied
    declined: Applied
    grant: str
    stepped_back: Human


def a_whole_call(browser: Browser, house: Installation, *, language: str, scripts: bool) -> WholeCall:
    """From the first start to the last payment, at browsers in one language, with or without scripts."""
    journal = Journal()
    people = {
        role: Human.at(
            browser, house, journal, name, address=ADDRESSES.get(role, ""), language=language, scripts=scripts
        )
        for role, name in NAMES.items()
    }
    founder, officer, chair = people["founder"], people["officer"], people["chair"]
    finance, approver, funder = people["finance"], people["approver"], people["funder"]
    artist, second_artist = people["artist"], people["second artist"]
    jurors = [people["juror"], people["second juror"], chair]

    the_operator_sets_up_the_site(founder)
    initiative = the_founder_describes_the_initiative(founder)
    invited = ("officer", "juror", "second juror", "chair", "finance", "approver", "funder")
    the_founder_invites(founder, initiative, {role: people[role] for role in invited})
    the_fund_is_filled(officer, finance, initiative, funder)
    call = the_officer_writes_a_call(officer, initiative)
    closes = the_officer_opens_the_call(officer, call)

    the_artist_finds_the_call_and_registers(artist, call)
    the_call_is_for_the_artist(artist)
    the_artist_keeps_a_draft(artist, call, WRITTEN["title"])
    a_friend_writes_in_the_draft(artist, people["friend"], call)
    awarded = the_artist_submits(artist, WRITTEN["idea"])

    the_artist_finds_the_call_and_registers(second_artist, call)
    the_call_is_for_the_artist(second_artist)
    the_session_ends_while_the_artist_writes(second_artist, WRITTEN["second title"])
    declined = the_artist_submits(second_artist, WRITTEN["second idea"])
    they_write_to_each_other(officer, awarded)

    round_ = the_deadline_passes(officer, call, closes)
    the_officer_returns_an_application(officer, declined)
    the_artist_answers(declined)
    the_officer_finds_eligible(officer, call, 2)

    the_officer_asks_the_jury(officer, call, round_)
    stepped_back = a_juror_steps_back(jurors)
    the_officer_asks_another_juror(officer, [awarded, declined])
    the_jury_judges(jurors)
    the_panel_decides(chair, officer, f"{round_}/ranking", awarded, declined)

    grant = the_officer_offers_the_grant(officer, awarded)
    the_artist_accepts(artist, grant)
    a_second_person_confirms_the_bank_details(finance, grant)
    the_officer_schedules(officer, grant)
    an_instalment_is_paid(1, grant, artist, finance, approver)
    the_artist_reports(artist, officer, grant)
    an_instalment_is_paid(2, grant, artist, finance, approver)
    the_officer_completes_the_grant(officer, grant)
    the_artist_changes_their_address(artist)
    the_funder_reads(funder, initiative, call)
    house.all_written()
    return WholeCall(people, journal, initiative, call, awarded, declined, grant, stepped_back)
