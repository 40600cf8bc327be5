"""A second reader of the history's format, written from docs/history-format.md alone.

It shares no code with `history`: standard library and AES only. It recomputes every leaf from the rows, follows the
chain of each stream, counts positions and versions, and opens boxes with keys unwrapped by itself.
"""

import hmac
import json
from base64 import b64decode, b64encode
from hashlib import sha256

from cryptography.hazmat.primitives.ciphers.aead import AESGCM


class Broken(Exception):
    """The history is not what the format says; names the position."""


def framed(*parts):
    return b"".join(len(part).to_bytes(8, "big") + part for part in parts)


def unhex(text):
    """The bytes of lower-case hex; no other way of writing them counts."""
    found = bytes.fromhex(text)
    if found.hex() != text:
        raise ValueError("not lower-case hex")
    return found


def canonical(value):
    """RFC 8785 for what occurs here; raises on floats."""
    if isinstance(value, float):
        raise TypeError("a float")
    if isinstance(value, dict):
        inner = (
            json.dumps(k, ensure_ascii=False).encode() + b":" + canonical(value[k]) for k in sorted(value)
        )
        return b"{" + b",".join(inner) + b"}"
    if isinstance(value, list):
        return b"[" + b",".join(canonical(item) for item in value) + b"]"
    return json.dumps(value, ensure_ascii=False).encode()


def fields_of(document):
    """The public fields of a parsed document by name, each as its canonical bytes."""
    found = {}
    for part in ("envelope", "fact"):
        for name, value in document[part].items():
            if "/" in name:
                raise ValueError("a name with a slash, which would pass for a member of a member")
            if isinstance(value, dict) and value:
                for key, inner in value.items():
                    found[f"{part}/{name}/{key}"] = canonical(inner)
            else:
                found[f"{part}/{name}"] = canonical(value)
    return found


def digest_of(salt, name, value):
    return sha256(framed(b"overwinter/field/1", salt, name.encode(), value)).digest()


def leaf_of(stored):
    """The leaf hash of a document's bytes, which must be canonical."""
    document = json.loads(stored)
    if canonical(document) != bytes(stored):
        raise ValueError("not canonical")
    if set(document) != {"envelope", "fact", "sealed", "seed"} or document["envelope"]["format"] != 1:
        raise ValueError("not of format 1")
    seed = unhex(document["seed"])
    digests = {}
    for name, value in fields_of(document).items():
        salt = hmac.digest(seed, framed(b"overwinter/field-salt/1", name.encode()), "sha256")
        digests[name] = digest_of(salt, name, value)
    for name, sealed in document["sealed"].items():
        if f"fact/{name}" in digests:
            raise ValueError("a field twice")
        if set(sealed) != {"box", "digest", "subject"}:
            raise ValueError("not a sealed field")
        if sealed["subject"] not in document["fact"].values():
            raise ValueError("sealed for somebody whom the fact does not name")
        digests[f"fact/{name}"] = unhex(sealed["digest"])
    entry_salt = hmac.digest(seed, framed(b"overwinter/entry-salt/1"), "sha256")
    entry = framed(b"overwinter/entry/1", entry_salt) + len(digests).to_bytes(8, "big")
    for name in sorted(digests, key=str.encode):
        entry += framed(name.encode()) + digests[name]
    return sha256(b"\x00" + sha256(entry).digest()).digest()


def open_sealed(document, name, key):
    """The salt and the JSON of a personal field, checked against its commitment."""
    envelope, sealed = document["envelope"], document["sealed"][name]
    place = (envelope["history"], envelope["topic"], envelope["stream"], str(envelope["version"]))
    place += (sealed["subject"], name)
    box = b64decode(sealed["box"], validate=True)
    if b64encode(box).decode() != sealed["box"]:
        raise ValueError("not the canonical base64: its last letter has stray bits")
    associated = framed(b"overwinter/sealed/1", *(part.encode() for part in place))
    plain = AESGCM(key).decrypt(box[:12], box[12:], associated)
    salt, length = plain[:32], int.from_bytes(plain[32:36], "big")
    value = plain[36 : 36 + length]
    if digest_of(salt, f"fact/{name}", value).hex() != sealed["digest"]:
        raise ValueError("the plaintext is not the one committed to")
    return salt, value


def unwrap(wrapping_key, history, subject, epoch, wrapped):
    associated = framed(b"overwinter/wrapped-key/1", history.encode(), subject.encode(), str(epoch).encode())
    return AESGCM(wrapping_key).decrypt(wrapped[:12], wrapped[12:], associated)


def check(rows, keys):
    """Check rows (position, stream, version, topic, document, leaf) in order of position; returns fields opened.

    `keys` are the subjects' keys. Raises `Broken` at the first row that is not as the format says.
    """
    heads, opened = {}, 0
    for expected, (position, stream, version, topic, stored, leaf) in enumerate(rows, start=1):
        try:
            document = json.loads(stored)
            envelope = document["envelope"]
            previous = heads.get(stream)
            assert position == expected, "a gap"
            assert leaf_of(stored) == bytes(leaf), "another leaf"
            assert (envelope["stream"], envelope["version"], envelope["topic"]) == (stream, version, topic)
            assert version == (1 if previous is None else previous[0] + 1), "a version is missing"
            assert envelope["previous"] == (None if previous is None else previous[1]), "the chain is broken"
            assert (envelope["stream_salt"] is None) == (version > 1), "the stream's salt"
            for name, sealed in document["sealed"].items():
                if sealed["subject"] in keys:
                    open_sealed(document, name, keys[sealed["subject"]])
                    opened += 1
        except Exception as problem:
            raise Broken(f"position {position}: {problem}") from problem
        heads[stream] = (version, bytes(leaf).hex())
    return opened


def subjects(stored):
    """The data subjects of a document."""
    return {sealed["subject"] for sealed in json.loads(stored)["sealed"].values()}
