"""Maps the reasons in the vectors to the messages of the two readers."""

from __future__ import annotations

import re
from typing import Final

_REASONS: Final = (
    (r"not the canonical form", "not in its one canonical form", "canonical"),
    (r"no JSON: .*surrogates not allowed", "lone surrogate", "surrogate"),
    (r"no JSON: .*(can't decode byte|byte 0x)", "not UTF-8", "utf-8"),
    (r"no JSON: maximum recursion", "nested too deep", "depth"),
    (r"no JSON: ", "not JSON", "json"),
    (r"a name twice", "same name twice", "name twice"),
    (r"not an integer", "not an integer", "not an integer"),
    (r"an integer too large", "integer is too large", "large integer"),
    (r"nested too deep", "nested too deep", "depth"),
    (r"a name with a character above", "character above", "name above U+FFFF"),
    (r"not of format 2", "not of format 2", "format"),
    (
        r"not the members envelope, fact",
        "The document does not have exactly its members",
        "members envelope fact format history sealed seed topic",
    ),
    (
        r"not the members acting",
        "The envelope does not have exactly its members",
        "members acting actor decided_at how place",
    ),
    (
        r"not the members handle",
        "The part acting does not have exactly its members",
        "members handle role scope",
    ),
    (
        r"not the members cause",
        "The part how does not have exactly its members",
        "members cause channel command",
    ),
    (
        r"not the members initiative",
        "The part place does not have exactly its members",
        "members initiative previous stream version",
    ),
    (r"not the members box", "A sealed field does not have exactly its members", "members box digest of"),
    (r"the public members are no object", "public members are not an object", "members"),
    (r"the sealed fields are no object", "sealed fields are not an object", "members"),
    (r"not 32 bytes in", "has to be 32 bytes in lower-case hex", "hex 32"),
    (r"not 16 bytes in", "has to be 16 bytes in lower-case hex", "hex 16"),
    (r"topic$", "The topic is not a topic", "topic"),
    (r"sealed: public too", "once public and once sealed|sealed for nobody", "public too, or no subject"),
    (r"a member in two ways", "sealed in two ways", "a member in two ways"),
    (r"a slash in a public", "has a slash", "slash in a public name"),
    (r"a key$", "The key of a mapping", "key"),
    (r"a member's name", "name of a member is not a word", "member's name"),
    (r"not the canonical base64", "one canonical form of base64", "canonical base64"),
    (r"no base64", "not base64", "base64"),
    (r"no size of a box", "size of one", "size of a box"),
    (r"a fact of the history in another", "another stream than the history's own", "stream of the history"),
    (r"not the fields of this topic", "exactly the fields of its topic", "fields of the topic"),
    (r"size$", "size of a declared restore", "size of a restore"),
    (r"an origin of another", "origin is not one of this history", "origin"),
    (r"the number of restores", "number of restores", "restores"),
    (r"stream or version", "stream or the version", "stream or version"),
    (r"initiative$", "initiative is not a stream id", "initiative"),
    (r"a first fact with one before", "first fact names a previous fact", "previous and version"),
    (r"not the form of a time", "one of the two allowed forms", "time form"),
    (r"no such time", "no such time", "no such time"),
    (r"handle$", "handle is not one, or it has no scope", "handle"),
    (r"role or scope", "role is not a word", "role or scope"),
    (r"the role is system exactly", "role is system exactly", "system"),
    (r"channel$", "channel is not one", "channel"),
    (r"actor$", "actor is neither", "actor"),
    (r"a handle of the system", "system has no handle", "handle of the system"),
    (r"not the value that was", "another value than the one that was committed to", "not committed to"),
    (r"length or padding", "length or the padding", "length or padding"),
    (r"a larger box than", "larger than its value needs", "larger box"),
    (r"an object that should have", "object that should have been split", "should have been split"),
    (r"the box does not open", "box does not open", "box does not open"),
    (r"the box was destroyed", "box was destroyed", "destroyed"),
    (r"another leaf", "", "another leaf"),
    (r"not a wrapped key of this epoch", "not a wrapped key of this epoch", "wrapped key"),
    (r"the wrapped key does not open", "does not open", "wrapped key does not open"),
    (r"`previous` is not the leaf", "", "previous"),
    (r"a version is missing", "", "version missing or twice"),
    (r"a stream does not begin", "", "first fact is missing"),
    (r"another initiative", "", "initiative changes"),
)


def sentence(refused_with: str) -> str:
    """A pattern for the strict reader's message about a vector with this reason."""
    return next(ours for theirs, ours, _ in _REASONS if re.match(theirs, refused_with))


def code(refused_with: str) -> str:
    """The second reader's code for a vector with this reason."""
    return next(second for theirs, _, second in _REASONS if re.match(theirs, refused_with))
