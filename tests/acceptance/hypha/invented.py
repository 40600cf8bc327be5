"""Small invented forms in the shape in which Hypha exports its own, with every kind of field that the real ones have."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

Forms = list[dict[str, Any]]  # Any: JSON


def block(kind: str, label: str, **more: Any) -> dict[str, Any]:  # Any: JSON
    """One field of a form."""
    return {
        "type": kind,
        "value": {"info": None, "help_link": "", "help_text": "", "field_label": label, **more},
    }


def options(*values: str) -> list[dict[str, str]]:
    """The options of a choice."""
    return [{"id": f"invented-{value}", "type": "item", "value": value} for value in values]


def form(name: str, *fields: dict[str, Any]) -> dict[str, Any]:
    """One form."""
    return {"id": "1", "name": name, "form_fields": list(fields)}


TITLE = block("title", "Name of the work", max_length=55, help_text="<p>A <b>name</b>.</p>")
NAME = block("full_name", "Your name")
AMOUNT = block("value", "Sum", required=False)
MONTHS = block("duration", "How long?", required=None, duration_type="months")
STORY = block("rich_text", "The work", required=False, word_limit=100, default_value="")

FILES: dict[str, Forms] = {
    "funds_applicationform": [
        form("Evening part 1", TITLE, NAME, AMOUNT, STORY),
        form("Evening part 2", TITLE, NAME, AMOUNT, MONTHS, STORY, block("rich_text", "Costs", required=True)),
        form("Evening part 1 for Winter (The snow fund)", TITLE, STORY),
        form("Evening part 2 for Winter (The snow fund)", TITLE, STORY, MONTHS),
        form(
            "Archive",
            TITLE,
            NAME,
            block("email", "E-mail"),
            block("address", "Address", required=False),
            AMOUNT,
            block("category", "Genre", required=False, multi=False, category="1"),
            block("text", "In short", required=False, word_limit=50, default_value=""),
            block("radios", "Place", required=False, choices=options("Here", "There", "Здесь", "Там")),
            block("checkbox", "I agree.", required=True, default_value=False),
        ),
    ],
    "review_reviewform": [
        form(
            "Reading",
            block("visibility", "Visibility"),
            block("recommendation", "Do you recommend it?"),
            block("score", "How is the work?", required=False),
            block("comments", "Comments"),
        ),
        form("Reading for Winter (The snow fund)", block("score", "How is the letter?")),
        form(
            "Reading for Winter (The snow fund)",
            block("score", "How is the project?"),
            block("score", "How are the costs?"),
            block("char", "Anything else?", required=False, format="", default_value=""),
        ),
    ],
    "project_form": [
        form(
            "After the award",
            block("char", "A line", required=False, format="", default_value="As agreed"),
            block("checkboxes", "Several", required=False, checkboxes=options("One", "Two")),
        )
    ],
    "project_sow_form": [form("Work", block("datetime", "Begins", required=False, default_value=None))],
    "determinations_determinationform": [
        form(
            "Decision",
            block("determination", "Decision"),
            block("message", "Message"),
            block("rich_text", "Other", required=False, word_limit=1000, default_value=""),
        )
    ],
}  # fmt: skip


def export(folder: Path, files: dict[str, Forms] | None = None) -> Path:
    """The files, as Hypha exports them, in a folder; gives the folder."""
    for name, forms in (FILES if files is None else files).items():
        (folder / f"{name}.json").write_text(json.dumps(forms), "utf-8")
    return folder
