"""What the reader says for each reason that the vectors state."""

from __future__ import annotations

import re
from typing import Final

_SENTENCES: Final = (
    (r"not the canonical form", "not in its one canonical form"),
    (r"no JSON: .*surrogates not allowed", "lone surrogate"),
    (r"no JSON: .*(can't decode byte|byte 0x)", "not UTF-8"),
    (r"no JSON: maximum recursion", "nested too deep"),
    (r"no JSON: ", "not JSON"),
    (r"a name twice", "same name twice"),
    (r"not an integer", "not an integer"),
    (r"an integer too large", "integer is too large"),
    (r"nested too deep", "nested too deep"),
    (r"a name with a character above", "character above"),
    (r"not of format 2", "not of format 2"),
    (r"not the members envelope, fact", "The document does not have exactly its members"),
    (r"not the members acting", "The envelope does not have exactly its members"),
    (r"not the members handle", "The part acting does not have exactly its members"),
    (r"not the members cause", "The part how does not have exactly its members"),
    (r"not the members initiative", "The part place does not have exactly its members"),
    (r"not the members box", "A sealed field does not have exactly its members"),
    (r"not 32 bytes in", "has to be 32 bytes in lower-case hex"),
    (r"not 16 bytes in", "has to be 16 bytes in lower-case hex"),
    (r"topic$", "The topic is not a topic"),
    (r"sealed: public too", "once public and once sealed|sealed for nobody"),
    (r"a member in two ways", "sealed in two ways"),
    (r"a slash in a public", "has a slash"),
    (r"a key$", "The key of a mapping"),
    (r"a member's name", "name of a member is not a word"),
    (r"not the canonical base64", "one canonical form of base64"),
    (r"no base64", "not base64"),
    (r"no size of a box", "size of one"),
    (r"a fact of the history in another", "another stream than the history's own"),
    (r"not the fields of this topic", "exactly the fields of its topic"),
    (r"size$", "size of a declared restore"),
    (r"an origin of another", "origin is not one of this history"),
    (r"the number of restores", "number of restores"),
    (r"stream or version", "stream or the version"),
    (r"initiative$", "initiative is not a stream id"),
    (r"a first fact with one before", "first fact names one before"),
    (r"not the form of a time", "one of the two forms of a time"),
    (r"no such time", "no such time"),
    (r"handle$", "handle is not one, or it has no scope"),
    (r"role or scope", "role is not a word"),
    (r"the role is system exactly", "role is system exactly"),
    (r"channel$", "channel is not one"),
    (r"actor$", "actor is neither"),
    (r"a handle of the system", "system has no handle"),
    (r"not the value that was", "another value than the one that was committed to"),
    (r"length or padding", "length or the padding"),
    (r"a larger box than", "larger than its value needs"),
    (r"an object that should have", "object that should have been split"),
    (r"the box does not open", "box does not open"),
    (r"the box was destroyed", "box was destroyed"),
)


def sentence(refused_with: str) -> str:
    """A pattern of what the reader says when it refuses a vector that states this reason."""
    return next(ours for theirs, ours in _SENTENCES if re.match(theirs, refused_with))
