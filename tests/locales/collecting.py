"""``python -m tests.locales.collecting`` (``make messages``): collect all messages of the code and the templates into the
catalogues. Translations of messages that are gone are dropped, new ones are added without a translation."""

from __future__ import annotations

import ast
import functools
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from api.locales import LANGUAGES
from api.locales.catalogues import DOMAIN, FOLDER

ROOT: Final = Path(__file__).parents[2]
PACKAGES: Final = ("domain", "history", "projections", "api")
TEMPLATES: Final = ROOT / "api" / "pages" / "templates"

_STRING: Final = r'"((?:[^"\\]|\\.)*)"'
_IN_TEMPLATE: Final = re.compile(
    rf"(?<![\w.])(?P<name>_|h_|n_|p_)\(\s*{_STRING}(?:\s*,\s*{_STRING}(?=\s*[,)]))?", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Found:
    """A message and where it was found. `plural` and `context` as in `domain.messages.Message`."""

    template: str
    place: tuple[str, int]
    plural: str | None = None
    context: str | None = None


class NotALiteral(Exception):
    """A message is made of something else than a plain literal, so that nobody can translate it."""


def in_python(source: str, path: str) -> Iterator[Found]:
    """The messages of a Python file: the literals given to `msg`, `counted` and `in_context`."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        wanted = {"msg": 1, "counted": 2, "in_context": 2}.get(name, 0)
        if not wanted:
            continue
        texts = [
            each.value for each in node.args if isinstance(each, ast.Constant) and isinstance(each.value, str)
        ]
        if len(texts) != wanted or len(node.args) != wanted:
            raise NotALiteral(f"{path}, line {node.lineno}: {name} takes {wanted} plain literal(s)")
        place = (path, node.lineno)
        match name:
            case "msg":
                yield Found(texts[0], place)
            case "counted":
                yield Found(texts[0], place, plural=texts[1])
            case _:
                yield Found(texts[1], place, context=texts[0])


def in_template(source: str, path: str) -> Iterator[Found]:
    """The messages of a template: the literals given to `_`, `h_`, `n_` and `p_`."""
    for found in _IN_TEMPLATE.finditer(source):
        first, second = (
            None if each is None else ast.literal_eval(f'"""{each}"""') for each in found.groups()[1:]
        )
        place = (path, source.count("\n", 0, found.start()) + 1)
        match found["name"]:
            case "n_":
                yield Found(first, place, plural=second)
            case "p_":
                yield Found(second, place, context=first)
            case _:
                yield Found(first, place)


@functools.cache
def all_messages() -> tuple[Found, ...]:
    """Every message of the program, file by file."""
    found: list[Found] = []
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            found += in_python(file.read_text(), str(file.relative_to(ROOT)))
    for file in sorted(TEMPLATES.glob("*.html")):
        found += in_template(file.read_text(), str(file.relative_to(ROOT)))
    return tuple(found)


def collected() -> Catalog:
    """All messages, without translations."""
    catalog = Catalog(domain=DOMAIN, charset="utf-8")
    for each in all_messages():
        # No line numbers: they would change with every edit of a file.
        catalog.add(
            each.template if each.plural is None else (each.template, each.plural),
            locations=[(each.place[0], None)],
            context=each.context,
            flags=(),
        )
    return catalog


def known(language: str) -> Catalog:
    """The catalogue of a language as it is stored; an empty one if there is none yet."""
    path = FOLDER / f"{language}.po"
    if not path.exists():
        return Catalog(locale=language, domain=DOMAIN, charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=language, domain=DOMAIN)


def main() -> None:
    """Bring all catalogues up to date."""
    template = collected()
    for language in LANGUAGES:
        if language == "en":
            continue
        catalog = known(language)
        catalog.update(template, no_fuzzy_matching=True)
        catalog.obsolete.clear()
        catalog.fuzzy = False
        with (FOLDER / f"{language}.po").open("wb") as file:
            # Without the header, whose dates would differ each time.
            write_po(file, catalog, width=110, omit_header=True, sort_by_file=True, include_lineno=False)
        missing = [each for each in catalog if each.id and not all(texts_of(each.string))]
        sys.stdout.write(f"{language}: {len(catalog)} messages, {len(missing)} without a translation\n")


def texts_of(string: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    """The one or several texts of a translation; one that is empty where there is none."""
    if string is None:
        return ("",)
    return (string,) if isinstance(string, str) else tuple(string)


if __name__ == "__main__":
    main()
