"""What is checked of every form and address before a page looks at it."""

from __future__ import annotations

import re
from typing import Final

from api.accounts.form_secrets import same_secret
from api.http.problems import Problem, ProblemType
from api.inputs.submitted import SubmittedForm
from api.pages.page import Page
from api.pages.visits import Visit
from domain.messages import msg

_KEY: Final = re.compile(r"[!-~]{1,200}\Z", re.ASCII)
NOT_AS_SENT: Final = msg("The form did not arrive as this page sent it. Open the page again.")
NOT_OF_THIS_PAGE: Final = msg("This form cannot be sent to this page. Open the page again.")


def key_of(form: SubmittedForm) -> str:
    """The random key of a form, by which it can be sent again. Raises `Problem`."""
    key = form.own("key")
    if not _KEY.match(key):
        raise Problem(ProblemType.MALFORMED, NOT_AS_SENT)
    return key


def check_moment(page: Page, visit: Visit) -> None:
    """Raise `Problem` if the address asks for an earlier moment and the page cannot show one."""
    if "as_of" in visit.query and not page.as_of:
        raise Problem(
            ProblemType.MALFORMED,
            msg("This page can only show how things are now, not how they were at an earlier time."),
        )


def check_signed_form(visit: Visit, form: SubmittedForm) -> None:
    """Raise `Problem` unless the form was made for this session."""
    if visit.signed_in is None:
        raise Problem(
            ProblemType.UNAUTHORIZED,
            msg("Your session has expired, so nothing was saved. Sign in again; your text is kept below.")
            if visit.request.state.get("typed")
            else msg("You are not signed in, so nothing was saved."),
        )
    if not same_secret(visit.signed_in.csrf, form.own("csrf")):
        raise Problem(
            ProblemType.FORBIDDEN,
            msg("This form belongs to another session, so nothing was saved. Open the page again."),
        )
