"""Every sentence that people read is a message, and every message is translated into every language of the program."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator

import pytest

from api.locales import LANGUAGES
from tests.locales.collecting import (
    PACKAGES,
    ROOT,
    NotALiteral,
    all_messages,
    collected,
    in_python,
    in_template,
    known,
    texts_of,
)

TRANSLATED = [language for language in LANGUAGES if language != "en"]
REJECTIONS = {
    "Refused",
    "Invalid",
    "Forbidden",
    "NotFound",
    "FieldError",
    "Denied",
    "Problem",
    "field",
    "bad_parameter",
}
"""What carries a sentence to somebody who is not the operator. `field` is `Invalid.field`."""
MESSAGES = {"msg", "counted", "in_context"}


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def needed(template: str | tuple[str, ...]) -> set[str]:
    return set().union(*map(placeholders, texts_of(template)))


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_catalogue_has_each_message_of_the_program_and_no_other(language: str) -> None:
    keys = {(each.template, each.context) for each in all_messages()}
    stored = {
        (each.id if isinstance(each.id, str) else each.id[0], each.context)
        for each in known(language)
        if each.id
    }
    assert stored == keys, "run `make messages`"


@pytest.mark.parametrize("language", TRANSLATED)
def test_each_message_is_translated(language: str) -> None:
    missing = [each.id for each in known(language) if each.id and not all(texts_of(each.string))]
    assert not missing
    assert not [each.id for each in known(language) if each.fuzzy and each.id]


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_has_the_placeholders_of_its_message(language: str) -> None:
    wrong = [
        each.id
        for each in known(language)
        # A form for exactly one may leave the number out; any other placeholder has to be there.
        for text in texts_of(each.string)
        if each.id and text and not needed(each.id) - {"count"} <= placeholders(text) <= needed(each.id)
    ]
    assert not wrong


def test_no_message_is_added_twice_with_another_plural() -> None:
    plurals: dict[tuple[str, str | None], str | None] = {}
    for each in all_messages():
        assert plurals.setdefault((each.template, each.context), each.plural) == each.plural


def literals_in_rejections() -> Iterator[str]:
    """Where a sentence is given as a text, not as a message."""
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text())):
                if not isinstance(node, ast.Call):
                    continue
                called = node.func
                name = (
                    called.id
                    if isinstance(called, ast.Name)
                    else called.attr
                    if isinstance(called, ast.Attribute)
                    else ""
                )
                if name not in REJECTIONS:
                    continue
                # The first text of `field` and of `FieldError` is the field's path.
                paths = 1 if name in {"field", "FieldError", "bad_parameter"} else 0
                for each in node.args[paths:]:
                    if isinstance(each, ast.JoinedStr) or (
                        isinstance(each, ast.Constant) and isinstance(each.value, str)
                    ):
                        yield f"{file.relative_to(ROOT)}:{node.lineno}"


def test_a_rejection_is_given_as_a_message() -> None:
    assert not list(literals_in_rejections())


SENTENCE = re.compile(r"[A-Z{].* .*[.?]\Z", re.DOTALL)


def sentences_beside_messages(source: str) -> Iterator[int]:
    """The lines of literals that read like a sentence and are neither a docstring nor part of a message."""
    tree = ast.parse(source)
    beside: set[int] = set()
    for node in ast.walk(tree):
        message = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MESSAGES
        if message or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            beside |= {id(each) for each in ast.walk(node)}
    for node in ast.walk(tree):
        parts = node.values if isinstance(node, ast.JoinedStr) else [node]
        if isinstance(node, ast.JoinedStr):
            beside |= {id(each) for each in parts}
        text = "".join(str(each.value) if isinstance(each, ast.Constant) else "{}" for each in parts)
        is_text = isinstance(node, ast.JoinedStr) or (
            isinstance(node, ast.Constant) and isinstance(node.value, str)
        )
        if is_text and id(node) not in beside and SENTENCE.match(text):
            yield node.lineno


def test_the_domain_has_no_sentence_that_is_not_a_message() -> None:
    """Also one that a helper returns, or that stands in a tuple or a constant. Elsewhere, types see to the rest."""
    found = {
        f"{file.relative_to(ROOT)}:{line}"
        for file in sorted((ROOT / "domain").rglob("*.py"))
        for line in sentences_beside_messages(file.read_text())
    }
    assert not found


def test_a_sentence_that_is_not_a_message_is_found_wherever_it_stands() -> None:
    code = '''
"""This is said of the module."""
A = "This is taken already."
def why(n):
    """This is said of the function."""
    return (n, f"{n} of these are taken already.")
B = msg("This is a message.")
C = "a name with a point."
'''
    assert sorted(sentences_beside_messages(code)) == [3, 6]


def test_messages_are_found_in_code_and_in_templates() -> None:
    code = 'msg("One {a}", a=1); counted("{count} b", "{count} bs", count=n); in_context("verb", "Open")'
    assert [(each.template, each.plural, each.context) for each in in_python(code, "a.py")] == [
        ("One {a}", None, None),
        ("{count} b", "{count} bs", None),
        ("Open", None, "verb"),
    ]
    template = '{{ _("One {a}", a=x) }}\n{{ n_("{count} b", "{count} bs", n) }} {{ p_("verb", "Open") }} {{ h_("<b>it</b>") }}'
    assert [(each.template, each.plural, each.context) for each in in_template(template, "a.html")] == [
        ("One {a}", None, None),
        ("{count} b", "{count} bs", None),
        ("Open", None, "verb"),
        ("<b>it</b>", None, None),
    ]
    with pytest.raises(NotALiteral):
        list(in_python('msg(f"{n} is wrong")', "a.py"))


def test_every_message_is_collected_once() -> None:
    assert len(collected()) == len({(each.template, each.context) for each in all_messages()})
