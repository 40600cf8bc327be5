"""JSON operations for one's own ways to sign in and second factors. Only the person asks for them, and what changes how
somebody gets in needs an access key that can do everything."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal

import msgspec
from litestar import Response

from api.accounts import factor_letters
from api.accounts.email import MINUTES
from api.accounts.factors import new_key
from api.accounts.sessions import SignedIn
from api.accounts.totp import address_of, as_text
from api.http.commands import idempotency_key
from api.http.operations import Asking, Operation, as_json, bearer
from api.http.problems import ProblemType
from api.http.ways_in import AskedAddress, LetterAsked, ask_for_letter
from api.locales import chosen_locale
from domain.messages import msg
from domain.refusals import Forbidden, NotFound

NOT_THEIRS: Final = msg("Only the person can see and change how they sign in.")


class OwnWay(msgspec.Struct, frozen=True, kw_only=True):
    """A way to sign in: nine ``words``, or an ``email`` address."""

    id: str
    kind: Literal["words", "email"]
    added_at: datetime


class OwnWays(msgspec.Struct, frozen=True, kw_only=True):
    """The ways to sign in of one account, the oldest first, beside access keys."""

    items: tuple[OwnWay, ...]


class LetterCode(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The code of a letter, with what was returned when it was asked for."""

    asked: str
    code: str


class OwnSecondFactor(msgspec.Struct, frozen=True, kw_only=True):
    """A second factor: a ``passkey``, or an app that shows codes (``totp``)."""

    id: str
    kind: Literal["passkey", "totp"]
    added_at: datetime
    last_used_at: datetime | None


class OwnSecondFactors(msgspec.Struct, frozen=True, kw_only=True):
    """The second factors of one account, the oldest first, and how many recovery codes are left."""

    items: tuple[OwnSecondFactor, ...]
    codes_left: int


class NewApp(msgspec.Struct, frozen=True, kw_only=True):
    """What an app needs to show codes. Nothing is stored before `key` comes back with a code of it."""

    key: str
    secret: str
    address: str


class AppShown(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The `key` that was returned with an app's secret, and a code that the app shows now."""

    key: str
    code: str


class RecoveryCodes(msgspec.Struct, frozen=True, kw_only=True):
    """New recovery codes; the earlier ones no longer work. They are returned only once, and to the same request with the same
    idempotency key within thirty days."""

    codes: tuple[str, ...]


def _own(asking: Asking) -> SignedIn:
    if asking.path["person"] != asking.who:
        raise Forbidden(NOT_THEIRS)
    return SignedIn.with_token(asking.who, bearer(asking.request) or "")


async def _ways(asking: Asking) -> Response[bytes]:
    _own(asking)
    return await _ways_of(asking)


async def _ways_of(asking: Asking) -> Response[bytes]:
    found = await asking.wiring.ways_in.all(asking.who)
    return as_json(
        OwnWays(items=tuple([OwnWay(id=each.way, kind=each.kind, added_at=each.added_at) for each in found]))
    )


async def _ask(asking: Asking) -> Response[bytes]:
    signed_in = _own(asking)
    wanted = await asking.body(AskedAddress)
    locale = chosen_locale(wanted.language)
    address = await ask_for_letter(asking, wanted.email)
    asked = await asking.wiring.email.ask(address, locale=locale, signed_in=signed_in)
    return as_json(LetterAsked(asked=asked, minutes=MINUTES))


async def _add_address(asking: Asking) -> Response[bytes]:
    signed_in = _own(asking)
    given = await asking.body(LetterCode)
    answered = await asking.wiring.email.by_code(given.asked, given.code, signed_in)
    if answered.person != asking.who:
        raise NotFound(msg("This letter was asked for to sign in, and not to add an address."))
    await asking.wiring.email.add(signed_in, answered, locale=asking.locale)
    return await _ways_of(asking)


async def _remove_way(asking: Asking) -> Response[bytes]:
    signed_in = _own(asking)
    way = asking.path["way"]
    kinds = {each.way: each.kind for each in await asking.wiring.ways_in.all(asking.who)}
    if way not in kinds:
        raise NotFound
    if kinds[way] == "email":
        await asking.wiring.email.remove(signed_in, way, locale=asking.locale)
    else:
        await asking.wiring.ways_in.remove(signed_in, way)
    return await _ways_of(asking)


async def _factors(asking: Asking) -> Response[bytes]:
    _own(asking)
    return await _factors_of(asking)


async def _factors_of(asking: Asking) -> Response[bytes]:
    found = await asking.wiring.factors.all(asking.who)
    return as_json(
        msgspec.convert(
            {
                "items": [
                    {
                        "id": each.factor,
                        "kind": each.kind,
                        "added_at": each.added_at,
                        "last_used_at": each.last_used_at,
                    }
                    for each in found
                ],
                "codes_left": await asking.wiring.factors.codes_left(asking.who),
            },
            OwnSecondFactors,
        )
    )


async def _begin_app(asking: Asking) -> Response[bytes]:
    signed_in, key = _own(asking), new_key()
    secret = asking.wiring.factors.secret_for(signed_in, key)
    site = asking.request.headers.get("host", "") or "Overwinter"
    return as_json(NewApp(key=key, secret=as_text(secret), address=address_of(secret, site)))


async def _add_app(asking: Asking) -> Response[bytes]:
    signed_in = _own(asking)
    shown = await asking.body(AppShown)
    await asking.wiring.factors.add_app(signed_in, key=shown.key, code=shown.code)
    await asking.wiring.email.tell(asking.who, factor_letters.added())
    return await _factors_of(asking)


async def _remove_factor(asking: Asking) -> Response[bytes]:
    signed_in = _own(asking)
    factor = asking.path["factor"]
    if all(each.factor != factor for each in await asking.wiring.factors.all(asking.who)):
        raise NotFound
    await asking.wiring.factors.remove(signed_in, factor)
    await asking.wiring.email.tell(asking.who, factor_letters.removed())
    return await _factors_of(asking)


async def _make_codes(asking: Asking) -> Response[bytes]:
    signed_in = _own(asking)
    key = idempotency_key(asking.request) or new_key()
    codes = await asking.wiring.factors.make_codes(signed_in, key=f"codes {key}")
    await asking.wiring.email.tell(asking.who, factor_letters.codes_made())
    return as_json(RecoveryCodes(codes=codes), status=201)


_CHANGING: Final = (ProblemType.REFUSED, ProblemType.INVALID, ProblemType.CONTENDED)

OPERATIONS: Final = (
    Operation(
        name="way_in.list",
        method="GET",
        path="/api/persons/{person}/ways-in",
        summary="List how you sign in",
        handle=_ways,
        answer=OwnWays,
        tag="persons",
    ),
    Operation(
        name="way_in.ask_for_address",
        method="POST",
        path="/api/persons/{person}/ways-in/letters",
        summary="Have a letter sent to an address, to sign in with it from now on",
        description="Its code is sent to the next address. A former address is replaced, and told.",
        handle=_ask,
        body=AskedAddress,
        answer=LetterAsked,
        tag="persons",
        problems=(*_CHANGING, ProblemType.TOO_MANY),
        grave=True,
    ),
    Operation(
        name="way_in.add_address",
        method="POST",
        path="/api/persons/{person}/ways-in/address",
        summary="Add the address whose letter you got",
        description="Nine words are made on the page “Your access” only: they are for a person to write down, and are to be in no program, "
        "file or log.",
        handle=_add_address,
        body=LetterCode,
        answer=OwnWays,
        tag="persons",
        problems=_CHANGING,
        grave=True,
    ),
    Operation(
        name="way_in.remove",
        method="POST",
        path="/api/persons/{person}/ways-in/{way}/remove",
        summary="Remove a way to sign in, and end the sessions that were begun by it",
        handle=_remove_way,
        answer=OwnWays,
        tag="persons",
        problems=_CHANGING,
        grave=True,
    ),
    Operation(
        name="factor.list",
        method="GET",
        path="/api/persons/{person}/factors",
        summary="List your second factors",
        handle=_factors,
        answer=OwnSecondFactors,
        tag="persons",
    ),
    Operation(
        name="factor.begin_app",
        method="POST",
        path="/api/persons/{person}/factors/begin-app",
        summary="Get a secret for an app that shows codes",
        handle=_begin_app,
        answer=NewApp,
        tag="persons",
        grave=True,
    ),
    Operation(
        name="factor.add_app",
        method="POST",
        path="/api/persons/{person}/factors/app",
        summary="Add an app that shows codes, in place of an earlier one, by a code that it shows",
        description="Make recovery codes then. Passkeys are added on the page “Your second factors” only, because only a browser has them.",
        handle=_add_app,
        body=AppShown,
        answer=OwnSecondFactors,
        tag="persons",
        problems=_CHANGING,
        grave=True,
    ),
    Operation(
        name="factor.remove",
        method="POST",
        path="/api/persons/{person}/factors/{factor}/remove",
        summary="Remove a second factor; removing the last one also deletes the recovery codes",
        handle=_remove_factor,
        answer=OwnSecondFactors,
        tag="persons",
        problems=_CHANGING,
        grave=True,
    ),
    Operation(
        name="factor.make_codes",
        method="POST",
        path="/api/persons/{person}/recovery-codes",
        summary="Make recovery codes in place of earlier ones",
        handle=_make_codes,
        answer=RecoveryCodes,
        status=201,
        tag="persons",
        problems=(*_CHANGING, ProblemType.KEY_REUSED),
        takes_key=True,
        grave=True,
    ),
)
