"""What people of the walk write, so that it can be sought wherever it must not be.

Each text contains one of two stems, of Latin and of Cyrillic letters in an order that no language has, so that all of them are
sought at once. Whoever adds a place where people write adds its text to `WRITTEN`, and types it somewhere on the walk.
"""

from __future__ import annotations

from typing import Final

LATIN: Final = "zqvxkjwqzx"
CYRILLIC: Final = "щхъыэжчцюё"
STEMS: Final = {"Latin": LATIN, "Cyrillic": CYRILLIC}

NAMES: Final = {
    "founder": f"{LATIN} founder one",
    "officer": f"{CYRILLIC} кураторка два",
    "juror": f"{LATIN} juror three",
    "second juror": f"{CYRILLIC} эксперт четыре",
    "chair": f"{CYRILLIC} председатель пять",
    "finance": f"{LATIN} finance six",
    "approver": f"{CYRILLIC} вторая семь",
    "funder": f"{LATIN} funder eight",
    "artist": f"{CYRILLIC} художница девять",
    "second artist": f"{LATIN} artist ten",
    "friend": f"{CYRILLIC} подруга одиннадцать",
}
"""Everybody's name."""
ADDRESSES: Final = {
    role: f"{LATIN}.{role.replace(' ', '.')}@example.org"
    for role in NAMES
    if role not in ("approver", "second artist", "friend")
}
"""Everybody's address, but for those who come with nine words."""
NEW_ADDRESS: Final = f"{LATIN}.changed@example.org"
"""The artist's, in the end."""

WRITTEN: Final = {
    "note on an invitation": f"{LATIN} invitation note",
    "title": f"{CYRILLIC} название рукописи",
    "second title": f"{LATIN} title manuscript",
    "idea": f"{CYRILLIC} замысел книги",
    "second idea": f"{LATIN} idea book",
    "draft": f"{CYRILLIC} черновик строка",
    "note on an invitation to a draft": f"{LATIN} draft invitation note",
    "words of a friend": f"{CYRILLIC} строка подруги",
    "kept answer": f"{LATIN} session ended",
    "budget line": f"{LATIN} budget paper",
    "where somebody lives": f"{CYRILLIC} город на реке",
    "wrong sum": f"{LATIN} wrong sum",
    "questions": f"{CYRILLIC} вопросы рассмотрения",
    "answer to questions": f"{LATIN} answer questions",
    "message of the artist": f"{LATIN} question to you",
    "message of the staff": f"{CYRILLIC} ответ на вопрос",
    "note of the staff": f"{LATIN} note for us",
    "conflict": f"{CYRILLIC} мы с ней друзья",
    "comment for the jury": f"{CYRILLIC} слово для жюри",
    "comment for the applicant": f"{LATIN} thank applicant",
    "draft of a review": f"{LATIN} review unfinished",
    "note of the panel": f"{CYRILLIC} заметка жюри",
    "payee's name": f"{CYRILLIC} получатель денег",
    "payee's account": f"{LATIN} account no 4711",
    "report": f"{CYRILLIC} отчёт о книге",
}
"""What is written in forms, by what it is."""

MARKERS: Final = {
    **{f"name of the {role}": name for role, name in NAMES.items()},
    **{f"address of the {role}": address for role, address in ADDRESSES.items()},
    "new address": NEW_ADDRESS,
    **WRITTEN,
}
"""All of them. The nine words, which the program makes, are added when they are known."""

JURORS_MAY_READ: Final = {
    "title",
    "second title",
    "idea",
    "second idea",
    "answer to questions",
    "budget line",
    "comment for the jury",
    "comment for the applicant",
    "draft of a review",
    "note of the panel",
}
"""What a juror is meant to find: the work, and what the jury writes. Names and addresses of the artists are not among it."""
ARTISTS: Final = ("artist", "second artist", "friend")
