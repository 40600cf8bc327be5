"""The README says what is true."""

from pathlib import Path

from api.run.settings import as_markdown

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")


def test_the_table_of_settings_is_the_programs_own() -> None:
    """Every setting stands in it, with its default and meaning."""
    assert as_markdown().strip() in README
