"""What is wrong with a page's HTML: by the standard's rules of parsing, and by those of what may stand in what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from xml.etree.ElementTree import Element

from tinyhtml5.parser import HTMLParser

_SCRIPTING: Final = {"script", "template"}
_CHILDREN: Final = {
    "ul": {"li"},
    "ol": {"li"},
    "dl": {"dt", "dd", "div"},
    "table": {"caption", "colgroup", "thead", "tbody", "tfoot"},
    "thead": {"tr"},
    "tbody": {"tr"},
    "tr": {"th", "td"},
    "select": {"option", "optgroup"},
}
"""What alone may be a child of these."""
_PHRASES: Final = {
    *(
        "p",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "button",
        "label",
        "span",
        "strong",
        "small",
        "bdi",
        "code",
        "time",
        "dt",
    ),
}
"""Elements in which only text and parts of a sentence stand (of a `dt`, more is allowed, and not used here)."""
_BLOCKS: Final = {
    *(
        "p",
        "div",
        "ul",
        "ol",
        "dl",
        "table",
        "form",
        "section",
        "article",
        "aside",
        "nav",
        "header",
        "footer",
        "main",
    ),
    *("h1", "h2", "h3", "h4", "h5", "h6", "fieldset", "details", "li", "dt", "dd"),
}
_INTERACTIVE: Final = {"a", "button", "input", "select", "textarea", "label", "summary", "details"}


def faults_of(page: str) -> list[str]:
    """Each fault in a few words, with the place of those that the parser met."""
    parser = HTMLParser(namespace_html_elements=False)
    root = parser.parse(page)
    met = [f"line {line}: {code} {names}" for (line, _), code, names in parser.errors]
    return [*met, *_misplaced(root)]


def _misplaced(root: Element) -> Iterator[str]:
    for element in root.iter():
        allowed = _CHILDREN.get(str(element.tag))
        for child in element:
            if allowed is not None and child.tag not in allowed | _SCRIPTING and isinstance(child.tag, str):
                yield f"{child.tag} in {element.tag}"
        if element.tag in _PHRASES:
            yield from (
                f"{each.tag} within {element.tag}"
                for each in element.iter()
                if each is not element and each.tag in _BLOCKS
            )
        if element.tag in ("a", "button"):
            yield from (
                f"{each.tag} within {element.tag}"
                for each in element.iter()
                if each is not element and each.tag in _INTERACTIVE
            )
