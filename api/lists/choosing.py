"""Whether a request by JSON asks for a list as a file: by the address, or by its ``Accept``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from litestar import Request

from api.http.operations import Parameter, bad_parameter
from api.lists.files import FORMATS
from domain.messages import msg

JSON: Final = "json"
FILE: Final = Parameter(
    "format",
    "`csv` or `xlsx`: the whole list as a file, whatever its pages are, in the language of `Accept-Language`. `Accept` "
    "can ask for the same. In CSV an apostrophe is put before texts that a spreadsheet program could run as formulas, and "
    "before those that begin with one; a last line says so.",
    {"type": "string", "enum": [JSON, *FORMATS], "maxLength": 10},
)
MEDIA_TYPES: Final = {ending: form.media_type for ending, form in FORMATS.items()}
"""The media types of files, by the end of a file's name."""
_MOST: Final = 20


def file_asked_for(request: Request[Any, Any, Any], query: Mapping[str, str]) -> str | None:
    """The end of the file's name, ``csv`` or ``xlsx``; None if JSON is asked for. Raises `Problem`."""
    wanted = query.get("format")
    if wanted is not None:
        if wanted != JSON and wanted not in FORMATS:
            raise bad_parameter("format", msg("Ask for json, csv or xlsx."))
        return None if wanted == JSON else wanted
    return _accepted(request.headers.get("accept", ""))


def _accepted(header: str) -> str | None:
    """A file, if it is the first that ``Accept`` names among what this address can answer, by weight. JSON for anything
    else."""
    answered = {media_type: ending for ending, media_type in MEDIA_TYPES.items()}
    best: tuple[float, str | None] = (0.0, None)
    for part in header.split(",")[:_MOST]:
        media_type, *parameters = (each.strip().lower() for each in part.split(";"))
        weight = _weight(parameters)
        if weight > best[0] and (media_type in answered or media_type in ("application/json", "*/*")):
            best = weight, answered.get(media_type)
    return best[1]


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return min(max(float(parameter[2:]), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0
