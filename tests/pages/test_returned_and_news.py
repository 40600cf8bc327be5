"""What the pages say of a form that was refused, and how lines of the news that say the same are put together."""

from __future__ import annotations

from datetime import UTC, datetime

from api.inputs.submitted import SubmittedForm
from api.pages.news import NewsItem, together
from api.pages.page import PageAction
from api.pages.returned_forms import at_inputs, returned_form
from domain.messages import msg
from domain.refusals import Invalid

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
FORM = SubmittedForm({"_form": "review-submit", "_key": "k"})


def test_a_refused_form_says_that_its_draft_is_saved_only_if_it_is() -> None:
    wrong = Invalid.field("scores.a", msg("This is needed."))
    said = [returned_form(FORM, wrong, drafted=drafted).sentence for drafted in (False, True)]
    assert said == [
        msg("Nothing was saved yet. Please correct:"),
        msg("It is not submitted yet; your draft is saved. Please correct:"),
    ]


def test_the_error_of_a_field_is_shown_at_its_input() -> None:
    wrong = Invalid.field("scores.a", msg("This is needed."))
    act = PageAction(command="review.submit", done=msg("Done."), inputs=lambda field: f"{field}.amount")
    shown = at_inputs(returned_form(FORM, wrong), act)
    assert list(shown.errors) == ["scores.a.amount"]


def test_equal_lines_of_the_news_are_one_line_with_their_number() -> None:
    """Several reviews lead to the list of them; a line of its own stays as it is, and the newest stands first."""
    asked, decided = msg("You are asked to review."), msg("It is decided.")
    news = [
        NewsItem("/reviews/review-b", asked, NOON, "UTC"),
        NewsItem("/applications/application-a", decided, NOON, "UTC"),
        NewsItem("/reviews/review-a", asked, NOON, "UTC"),
    ]
    assert together(news) == [
        NewsItem("/reviews", asked, NOON, "UTC", count=2),
        NewsItem("/applications/application-a", decided, NOON, "UTC"),
    ]
    assert together(news[:2]) == news[:2]
    of_calls = [
        NewsItem(f"/applications/{call}", msg("{call} is decided.", call=call), NOON, "UTC")
        for call in ("first", "second")
    ]
    assert together(of_calls) == of_calls, "the same sentence about another call says something else"
