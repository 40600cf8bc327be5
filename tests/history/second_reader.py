"""A second reader of the history's format, written only from docs/history-format.md.

It shares no code with `history` and uses only the standard library and AES. It rejects what the format does not allow,
recomputes every leaf from the rows, checks the chain of each stream and the positions, and opens boxes with keys that it
unwraps itself. It rejects with the short codes in `Refusal`.
"""

import datetime as dt
import hashlib
import json
import re
from base64 import b64decode, b64encode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

PARTS = ["acting", "actor", "decided_at", "how", "place"]
MAX = 9007199254740991
WORD = "[a-z][a-z0-9_]{0,63}"
STREAM_ID = "[a-z]+(_[a-z]+)*-[0-9a-f]{32}"
FORBIDDEN_IN_KEYS = [
    (0x2F, 0x2F), (0x00, 0x1F), (0x7F, 0x9F), (0x61C, 0x61C), (0x200B, 0x200F), (0x2028, 0x202E), (0x2060, 0x206F),
    (0xFEFF, 0xFEFF),
]  # fmt: skip


class Refusal(Exception):
    """A rule of the format is broken. The text is a short code for the rule."""


class Broken(Exception):
    """The history breaks a rule of the format at a position."""


def need(condition, code):
    if not condition:
        raise Refusal(code)


# Notation


def number(value, size):
    return value.to_bytes(size, "big")


def s(text):
    encoded = text.encode("utf-8")
    return number(len(encoded), 2) + encoded


def tag(letters):
    return b"overwinter/2/" + letters.encode("ascii")


def sha(*pieces):
    return hashlib.sha256(b"".join(pieces)).digest()


def matches(pattern, value):
    return isinstance(value, str) and re.fullmatch(pattern, value, re.ASCII) is not None


def is_stream_id(value):
    return matches(STREAM_ID, value) and len(value) <= 128


def unhex(value, size):
    need(matches(f"[0-9a-f]{{{2 * size}}}", value), f"hex {size}")
    return bytes.fromhex(value)


# Canonical JSON


def write(value):
    """The canonical text of a parsed value. The standard library escapes exactly what must be escaped in strings."""
    if value is None or value is True or value is False:
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return "[" + ",".join(write(item) for item in value) + "]"
    return "{" + ",".join(f"{write(name)}:{write(value[name])}" for name in sorted(value)) + "}"


def parse(data, levels):
    """Parse canonical JSON that is nested at most `levels` deep."""
    try:
        text = bytes(data).decode("utf-8")
    except UnicodeDecodeError:
        raise Refusal("utf-8") from None
    check_depth(text, levels)

    def members(pairs):
        need(len({name for name, _ in pairs}) == len(pairs), "name twice")
        for name, _ in pairs:
            need(all(ord(c) <= 0xFFFF for c in name), "name above U+FFFF")
        return dict(pairs)

    def refuse_float(_text):
        raise Refusal("not an integer")

    def integer(digits):
        need(len(digits) <= 17 and -MAX <= int(digits) <= MAX, "large integer")
        return int(digits)

    try:
        value = json.loads(
            text,
            object_pairs_hook=members,
            parse_int=integer,
            parse_float=refuse_float,
            parse_constant=refuse_float,
        )
    except ValueError:
        raise Refusal("json") from None
    again = write(value)
    need(not any(0xD800 <= ord(c) <= 0xDFFF for c in again), "surrogate")
    need(again == text, "canonical")
    return value


def check_depth(text, levels):
    """Count brackets outside strings, so that deeply nested JSON is never parsed."""
    deep = 0
    for token in re.finditer(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', text, re.DOTALL):
        if token[0] in ("[", "{"):
            deep += 1
            need(deep <= levels, "depth")
        elif token[0] in ("]", "}"):
            deep -= 1


# The document


def exactly(value, *names):
    need(isinstance(value, dict) and sorted(value) == sorted(names), "members " + " ".join(sorted(names)))


def check_key(key):
    need(1 <= len(key.encode("utf-8", "surrogatepass")) <= 255, "key")
    for first, last in FORBIDDEN_IN_KEYS:
        need(not any(first <= ord(c) <= last for c in key), "key")


def check_time(value):
    need(matches(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z", value) and ".000000" not in value, "time form")
    digits = [int(run) for run in re.findall(r"\d+", value)]
    try:
        dt.datetime(*digits[:6], tzinfo=dt.UTC)
    except ValueError:
        raise Refusal("no such time") from None


def check_envelope(envelope):
    exactly(envelope, *PARTS)
    acting, how, place = envelope["acting"], envelope["how"], envelope["place"]
    exactly(place, "initiative", "previous", "stream", "version")
    exactly(acting, "handle", "role", "scope")
    exactly(how, "cause", "channel", "command")
    version = place["version"]
    need(is_stream_id(place["stream"]), "stream or version")
    need(isinstance(version, int) and not isinstance(version, bool), "stream or version")
    need(1 <= version <= MAX, "stream or version")
    if place["previous"] is not None:
        unhex(place["previous"], 32)
    need((place["previous"] is None) == (version == 1), "previous and version")
    need(place["initiative"] is None or is_stream_id(place["initiative"]), "initiative")
    actor = envelope["actor"]
    need(actor == "system" or is_stream_id(actor), "actor")
    check_time(envelope["decided_at"])
    need(matches(WORD, acting["role"]), "role or scope")
    need(acting["scope"] is None or is_stream_id(acting["scope"]), "role or scope")
    if acting["handle"] is not None:
        need(matches("[0-9a-z]{1,64}", acting["handle"]) and acting["scope"] is not None, "handle")
    need((acting["role"] == "system") == (actor == "system"), "system")
    need(actor != "system" or acting["handle"] is None, "handle of the system")
    need(how["channel"] in ["page", "api", "cli", "import", "system"], "channel")
    unhex(how["command"], 16)
    if how["cause"] is not None:
        unhex(how["cause"], 32)


def public_fields(fact):
    """The public fields by name, each as its canonical bytes."""
    need(isinstance(fact, dict), "members")
    found = {}
    for name, value in fact.items():
        need("/" not in name, "slash in a public name")
        need(matches(WORD, name), "member's name")
        if isinstance(value, dict) and len(value) > 0:
            for key in value:
                check_key(key)
                found[name + "/" + key] = field_value(value[key])
        else:
            found[name] = field_value(value)
    return found


def field_value(value):
    written = write(value)
    check_depth(written, 16)
    return written.encode("utf-8")


def box_sizes():
    return [128 << n for n in range(10)]


def padded(size):
    return next((bucket for bucket in box_sizes() if size <= bucket), -(-size // 65536) * 65536)


def check_box(text):
    need(isinstance(text, str), "base64")
    try:
        box = b64decode(text.encode("utf-8"), validate=True)
    except ValueError:
        raise Refusal("base64") from None
    need(b64encode(box).decode() == text, "canonical base64")
    need(len(box) > 16 and padded(len(box) - 16) == len(box) - 16, "size of a box")
    return box


def check_sealed(sealed, fact):
    need(isinstance(sealed, dict), "members")
    ways = {}
    for name, field in sealed.items():
        exactly(field, "box", "digest", "of")
        member, slash, key = name.partition("/")
        need(matches(WORD, member), "member's name")
        if slash:
            check_key(key)
        need(member not in fact, "public too, or no subject")
        of = field["of"]
        need(matches(WORD, of) and is_stream_id(fact.get(of)), "public too, or no subject")
        need(ways.setdefault(member, (slash, of)) == (slash, of), "a member in two ways")
        unhex(field["digest"], 32)
        if field["box"] is not None:
            check_box(field["box"])


def check_facts_of_the_history(document):
    topic, fact, history = document["topic"], document["fact"], document["history"]
    fields = {"history.mapped.v1": ["root"], "history.restored.v1": ["origin", "root", "size"]}.get(topic)
    if fields is None:
        return
    need(document["envelope"]["place"]["stream"] == "history-" + history, "stream of the history")
    need(document["sealed"] == {} and sorted(fact) == fields, "fields of the topic")
    need(not any(isinstance(value, dict) for value in fact.values()), "fields of the topic")
    unhex(fact["root"], 32)
    if topic == "history.restored.v1":
        check_origin(fact["origin"], history)
        size = fact["size"]
        need(isinstance(size, int) and not isinstance(size, bool) and 1 <= size <= MAX, "size of a restore")


def check_origin(origin, history):
    need(isinstance(origin, str) and len(origin) <= 255, "origin")
    need(all("!" <= c <= "~" and c != "+" for c in origin), "origin")
    address, found, rest = origin.rpartition("/" + history)
    need(found and address and (rest == "" or rest[0] == "/"), "origin")
    if rest:
        need(matches("/[1-9][0-9]*", rest) and len(rest) <= 17 and int(rest[1:]) <= MAX, "restores")


def read(stored):
    """Parse a document and check every rule."""
    need(len(stored) <= 2**26, "size of a document")
    document = parse(stored, 32)
    need(isinstance(document, dict), "format")
    number_of_format = document.get("format")
    need(number_of_format == 2 and isinstance(number_of_format, int), "format")
    exactly(document, "envelope", "fact", "format", "history", "sealed", "seed", "topic")
    unhex(document["history"], 16)
    unhex(document["seed"], 32)
    topic = document["topic"]
    need(matches(rf"({WORD}\.)+v[1-9][0-9]{{0,62}}", topic) and len(topic) <= 255, "topic")
    check_envelope(document["envelope"])
    fields = public_fields(document["fact"])
    check_sealed(document["sealed"], document["fact"])
    need(len(fields) + len(document["sealed"]) <= 65535, "number of fields")
    check_facts_of_the_history(document)
    return document


# Commitments


def steps(document):
    """Every intermediate value of a document's leaf."""
    place, history = document["envelope"]["place"], bytes.fromhex(document["history"])
    public, sealed = public_fields(document["fact"]), document["sealed"]
    absorbed = tag("xof") + bytes.fromhex(document["seed"]) + history + number(place["version"], 8)
    absorbed += place["stream"].encode()
    output = hashlib.shake_256(absorbed).digest(32 * (6 + len(public)))
    salts = [output[at : at + 32] for at in range(0, len(output), 32)]
    body_salt, part_salts, public_salts = salts[0], salts[1:6], iter(salts[6:])
    parts = [
        sha(tag("env"), s(name), salt, write(document["envelope"][name]).encode())
        for name, salt in zip(PARTS, part_salts, strict=True)
    ]
    names = sorted([*public, *sealed], key=lambda name: name.encode())
    hashed = tag("bdy") + body_salt + s(document["topic"]) + number(len(names), 2)
    fields, field_salts = {}, {}
    for name in names:
        if name in public:
            field_salts[name] = next(public_salts)
            of, fields[name] = "", sha(tag("fld"), s(name), s(""), field_salts[name], public[name])
        else:
            of, fields[name] = sealed[name]["of"], bytes.fromhex(sealed[name]["digest"])
        hashed += s(name) + s(of) + fields[name]
    body = sha(hashed)
    entry_hashed = tag("ent") + history + b"".join(parts) + body
    entry = sha(entry_hashed)
    return {
        "xof_absorbed": absorbed, "xof_output": output, "body_salt": body_salt, "part_salts": part_salts,
        "parts": parts, "field_salts": field_salts, "fields": fields, "body_hashed": hashed, "body": body,
        "entry_hashed": entry_hashed, "entry": entry, "leaf": sha(b"\x00", entry),
    }  # fmt: skip


def leaf_of(stored):
    """The leaf of a document's bytes."""
    return steps(read(stored))["leaf"]


# Sealing and keys


def open_sealed(document, name, key):
    """Open a sealed field of a document: its salt and JSON, checked against its digest."""
    place, sealed = document["envelope"]["place"], document["sealed"][name]
    need(sealed["box"] is not None, "destroyed")
    digest, subject = bytes.fromhex(sealed["digest"]), document["fact"][sealed["of"]]
    associated = tag("box") + bytes.fromhex(document["history"]) + number(place["version"], 8)
    associated += s(place["stream"]) + s(document["topic"]) + s(subject) + digest
    try:
        plain = AESGCM(key).decrypt(digest[:12], check_box(sealed["box"]), associated)
    except InvalidTag:
        raise Refusal("box does not open") from None
    salt, length = plain[:32], int.from_bytes(plain[32:36], "big")
    value, rest = plain[36 : 36 + length], plain[36 + length :]
    need(len(value) == length and not any(rest), "length or padding")
    need(padded(36 + length) == len(plain), "larger box")
    need(sha(tag("fld"), s(name), s(sealed["of"]), salt, value) == digest, "not committed to")
    parsed = parse(value, 16)
    need("/" in name or not isinstance(parsed, dict) or not parsed, "should have been split")
    return salt, value


def unwrap(wrapping_key, history, subject, epoch, wrapped):
    need(len(wrapped) == 68 and epoch >= 1 and wrapped[:8] == number(epoch, 8), "wrapped key")
    associated = tag("key") + bytes.fromhex(history) + number(epoch, 8) + s(subject)
    try:
        return AESGCM(wrapping_key).decrypt(wrapped[8:20], wrapped[20:], associated)
    except InvalidTag:
        raise Refusal("wrapped key does not open") from None


# A whole history


def follow(heads, document, leaf):
    """Check that a document follows the head of its stream, and make it the head."""
    place = document["envelope"]["place"]
    head = heads.get(place["stream"])
    if head is None:
        need(place["version"] == 1, "first fact is missing")
    else:
        need(place["version"] == head[0] + 1, "version missing or twice")
        need(place["previous"] == head[1].hex(), "previous")
        need(place["initiative"] == head[2], "initiative changes")
    heads[place["stream"]] = (place["version"], leaf, place["initiative"])


def check(rows, keys):
    """Check rows (position, stream, version, topic, document, leaf) in order of position; returns fields opened.

    `keys` are the subjects' keys. Raises `Broken` at the first row that breaks a rule.
    """
    heads, opened = {}, 0
    for expected, (position, stream, version, topic, stored, leaf) in enumerate(rows, start=1):
        try:
            need(position == expected, "gap")
            document = read(bytes(stored))
            place = document["envelope"]["place"]
            need(steps(document)["leaf"] == bytes(leaf), "another leaf")
            need((place["stream"], place["version"], document["topic"]) == (stream, version, topic), "row")
            follow(heads, document, bytes(leaf))
            for name, sealed in document["sealed"].items():
                subject = document["fact"][sealed["of"]]
                if subject in keys:
                    open_sealed(document, name, keys[subject])
                    opened += 1
        except Exception as problem:
            raise Broken(f"position {position}: {problem}") from problem
    return opened


def subjects(stored):
    """The data subjects of a document."""
    document = json.loads(bytes(stored))
    return {document["fact"][sealed["of"]] for sealed in document["sealed"].values()}
