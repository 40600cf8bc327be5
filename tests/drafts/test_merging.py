"""Two versions of a draft: what each device wrote alone is kept, and where both wrote, both are shown."""

from api.drafts.merging import merge


def test_what_only_one_device_wrote_is_in_the_form() -> None:
    merged = merge({"title": "Songs", "answers.idea": ""}, {"title": "", "answers.idea": "Three concerts"})
    assert merged.typed == {"title": "Songs", "answers.idea": "Three concerts"}
    assert merged.others == {}


def test_where_both_wrote_this_device_s_words_are_in_the_form_and_the_others_beside_it() -> None:
    merged = merge({"title": "Songs"}, {"title": "Songs of home"})
    assert merged.typed == {"title": "Songs"}
    assert merged.others == {"title": "Songs of home"}


def test_the_same_words_are_no_difference() -> None:
    assert merge({"title": "Songs"}, {"title": "Songs"}).others == {}


def test_rows_of_two_tables_are_never_mixed() -> None:
    here = {"answers.costs[0].item": "Hall", "answers.costs[0].amount": ""}
    there = {"answers.costs[0].item": "Paper", "answers.costs[0].amount": "20"}
    merged = merge(here, there)
    assert merged.typed == here
    assert merged.others == there


def test_a_table_that_is_empty_here_comes_from_the_other_device() -> None:
    here = {"answers.costs[0].item": "", "answers.costs[0].amount": " "}
    there = {"answers.costs[0].item": "Paper", "answers.costs[0].amount": "20"}
    assert merge(here, there).typed == there
