"""How a request that failed is answered in another language: its sentences change, its names do not."""

from __future__ import annotations

import json

from api.app import operations
from api.http.failing import problem_of
from api.http.openapi import described_as_json
from api.http.problems import ProblemType
from api.locales import Locale
from domain.limits import outside
from domain.refusals import Invalid

RUSSIAN = Locale("ru")


def test_the_code_of_a_problem_stays_and_its_sentences_are_translated() -> None:
    problem = problem_of(Invalid.field("quorum", outside(21, 1, 20)))
    english, russian = problem.document(), problem.document(RUSSIAN)
    assert (english.code, english.type, english.status) == (russian.code, russian.type, russian.status)
    assert (english.code, english.title) == ("invalid", "Some fields need correcting")
    assert russian.title == "Нужно исправить некоторые поля"
    assert russian.detail == "Напишите целое число от 1 до 20, а указано: 21."
    assert russian.errors is not None
    assert [(each.field, each.detail) for each in russian.errors] == [("quorum", russian.detail)]


def test_the_description_of_the_api_names_every_code() -> None:
    document = json.loads(described_as_json(operations()))
    code = document["components"]["schemas"]["ProblemDocument"]["properties"]["code"]
    assert sorted(code["enum"]) == sorted(kind.code for kind in ProblemType)
