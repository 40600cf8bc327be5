"""The ids that a command or a body names, and what is answered when one of them is not there."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import get_args

import msgspec

from domain.messages import msg
from domain.refusals import NOT_FOUND, CommandRejected, Invalid, NotFound


@cache
def _id_fields(kind: type[msgspec.Struct]) -> tuple[tuple[str, str], ...]:
    """The fields of a command or a body that hold an id, each with the kind of thing that it names."""
    found = []
    for field in msgspec.structs.fields(kind):
        options = (field.type, *get_args(field.type))
        metas = [meta for option in options for meta in getattr(option, "__metadata__", ())]
        found += [(field.name, str(meta.extra["id_of"])) for meta in metas if meta.extra]
    return tuple(found)


def named_ids(value: msgspec.Struct) -> Iterator[tuple[str, str, str]]:
    """Each id in a command or a body: the field that holds it, the kind of thing that it names, and the id."""
    for field, id_of in _id_fields(type(value)):
        if (named := getattr(value, field)) is not None:
            yield field, id_of, named


def field_of(error: NotFound, command: msgspec.Struct, in_address: frozenset[str]) -> CommandRejected:
    """What is answered when a command names something that is not there, or not for this person: which field names it, or
    the error itself, as 404, where it is what the address names. `in_address` are the fields that the address gives."""
    sent = [(field, named) for field, _, named in named_ids(command) if field not in in_address]
    in_body_alone = len(sent) == len(_id_fields(type(command)))
    for field, named in sent:
        if named == error.named or (error.named is None and in_body_alone):
            detail = msg("Nothing has this id, or you have no access to it.")
            return Invalid.field(field, detail if error.detail == NOT_FOUND else error.detail)
    return error
