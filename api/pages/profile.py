"""One's own profile: how one is called and reached, and who must never read one's applications."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from api.inputs.submitted import Plain, SubmittedForm, nested
from api.pages.initiatives import LANGUAGES_WRITTEN, as_name
from api.pages.page import Page, PageAction, PageContent, RunOne
from api.pages.visits import Visit
from domain.messages import msg
from domain.values import Channel
from projections import profiles


async def _show(visit: Visit) -> PageContent:
    profile = await profiles.mine(visit.wiring.reader, visit.person)
    known = sorted({*LANGUAGES_WRITTEN, *profile.languages})
    return PageContent(
        "profile.html",
        {
            "profile": profile,
            "kept_away": "",
            "known": [(as_name(code), code) for code in known],
            "start": {
                "name": profile.name or "",
                "language": profile.language,
                "time_zone": profile.time_zone or "",
                "contact": profile.contact or "",
                **{f"languages.{as_name(code)}": "yes" for code in profile.languages},
            },
        },
        labels={
            "name": msg("What should we call you?"),
            "language": msg("In which language should we write to you?"),
            "languages": msg("Languages that you read"),
            "time_zone": msg("Time zone"),
            "contact": msg("How people reach you"),
            "named": msg("E-mail address or personal code"),
        },
    )


async def _changed(visit: Visit, form: SubmittedForm) -> Plain:
    plain: dict[str, Any] = nested(form.typed())  # Any: whatever was sent
    ticked = plain.get("languages")
    code_of = {as_name(code): code for code in LANGUAGES_WRITTEN}
    return {
        **plain,
        "languages": [code_of.get(name, name) for name in ticked] if isinstance(ticked, dict) else [],
        "person": visit.who,
    }


async def _allowed(visit: Visit, form: SubmittedForm) -> Plain:
    return {**nested(form.typed()), "person": visit.who}


async def _exclude(visit: Visit, form: SubmittedForm, _run: RunOne) -> PageContent:
    await visit.wiring.excluded_readers.exclude(
        visit.who, form.fields.get("named", ""), channel=Channel.PAGE, key=form.own("key")
    )
    shown = await _show(visit)
    return replace(shown, context={**shown.context, "kept_away": form.fields.get("named", "").strip()})


PAGES = (
    Page(
        path="/me/profile",
        show=_show,
        acts=(
            PageAction(command="person.change_profile", done=msg("Your profile is saved."), filled=_changed),
            PageAction(
                command="person.allow_reader",
                done=msg("This person is no longer kept from your applications."),
                filled=_allowed,
            ),
        ),
        runs=_exclude,
    ),
)
