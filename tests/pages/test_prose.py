"""Long texts of the staff: what is typed with empty lines, lines with dashes and web addresses is shown so, and nothing else."""

from __future__ import annotations

import pytest

from api.pages.prose import linked, prose


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("One line.", "<p>One line.</p>"),
        ("First.\r\n\r\nSecond.\n \n\nThird.", "<p>First.</p><p>Second.</p><p>Third.</p>"),
        ("A line\nand the next", "<p>A line<br>and the next</p>"),
        ("We pay for:\n- travel\n – rent\nand food", "<p>We pay for:</p><ul><li>travel</li><li>rent</li></ul><p>and food</p>"),
        ("-5 degrees", "<p>-5 degrees</p>"),
        ("<b>Bold</b> & **bold**", "<p>&lt;b&gt;Bold&lt;/b&gt; &amp; **bold**</p>"),
        ("", ""),
    ],
)  # fmt: skip
def test_a_text_keeps_its_paragraphs_lines_and_lists(typed: str, shown: str) -> None:
    assert prose(typed) == shown


@pytest.mark.parametrize(
    ("typed", "address", "after"),
    [
        ("https://example.org", "https://example.org", ""),
        ("https://example.org/a?b=1&c=(d).", "https://example.org/a?b=1&amp;c=(d)", "."),
        ("https://example.org) and more", "https://example.org", ") and more"),
    ],
)
def test_an_address_is_a_link_without_what_follows_it(typed: str, address: str, after: str) -> None:
    link = f'<a href="{address}" rel="noopener noreferrer">{address}</a>'
    assert linked(f"See {typed}") == f"See {link}{after}"


@pytest.mark.parametrize(
    "typed", ["javascript:alert(1)", "https://", "data:text/html,x", 'http://"onclick="x']
)
def test_nothing_else_is_a_link(typed: str) -> None:
    assert "<a" not in linked(typed)
