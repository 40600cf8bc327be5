"""JSON operations for signing in without a browser: by a letter or by nine words, with a second factor if the person has one.

They end with an access key instead of a session. What is made to be read by a person once, and to be nowhere else,
stays on the pages: nine words. So do passkeys, which only a browser has.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated, Final, Literal

import msgspec
from litestar import Response
from litestar.datastructures import Cookie

from api.accounts import factor_letters
from api.accounts.access_tokens import DEFAULT_DAYS, MOST_DAYS, TokenScope, check_asked
from api.accounts.attempts import network_of
from api.accounts.browsers import browser_from
from api.accounts.email import MINUTES, NO_LETTERS, checked
from api.accounts.nine_words import COUNT, WRONG_WORDS, typed_words
from api.http.operations import Asking, Operation, as_json
from api.http.problems import ProblemType
from api.locales import chosen_locale
from domain import limits
from domain.messages import counted, msg
from domain.refusals import Invalid, NotFound, Refused
from domain.values import Channel

NOT_BEGUN: Final = msg("Nobody is signing in with this any more. Begin again.")
Scope = Literal["read", "work", "all"]
Days = Annotated[int, limits.described(minimum=1, maximum=MOST_DAYS)]


class AskedAddress(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The address to which a letter is sent, and its language."""

    email: limits.Email
    language: str = "en"


class LetterAsked(msgspec.Struct, frozen=True, kw_only=True):
    """A letter is sent, whether the address is known or not. Send `asked` with the letter's code, within that many
    `minutes`."""

    asked: str
    minutes: int


class NewKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The access key that is made at the end: what it is for (its `label`, which must not say whose it is), how many
    `days` it works, and what it can do (its `scope`)."""

    label: str = "sign-in"
    days: Days = DEFAULT_DAYS
    scope: Scope = "all"


class LetterAnswered(NewKey, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The end of the letter's link, or the letter's code with what was returned when it was asked for."""

    link: str | None = None
    asked: str | None = None
    code: str | None = None


class NameForLetter(NewKey, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How somebody who is not registered yet wants to be called, and the language of letters to them; `ticket` comes
    from the answered letter."""

    ticket: str
    name: limits.Name
    language: str = "en"


class BroughtWords(NewKey, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nine words, in their order, with anything between them."""

    words: str


class SecondShown(NewKey, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A code of the person's app, or one of their recovery codes; `half` comes from the step before."""

    half: str
    code: str


class SignInStep(msgspec.Struct, frozen=True, kw_only=True):
    """How signing in goes on. ``done``: `token` is the person's new access key, returned only once. ``second_factor``:
    send `half` with a code, within ten minutes. ``register``: nobody is registered with this address; send `ticket`
    with a name, within an hour."""

    step: Literal["done", "second_factor", "register"]
    person: str | None = None
    token: str | None = None
    half: str | None = None
    ticket: str | None = None


async def ask_for_letter(asking: Asking, email: str) -> str:
    """Count that a letter is asked for, and check that there are letters here; returns the address. Raises `Problem`
    and `Invalid`."""
    if not asking.wiring.settings.writes_letters:
        raise NotFound(NO_LETTERS)
    address = checked(email)
    await asking.wiring.attempts.count(
        "letter",
        account=asking.wiring.email.lookup(address),
        network=network_of(asking.request, asking.wiring.settings),
    )
    return address


async def _ask(asking: Asking) -> Response[bytes]:
    wanted = await asking.body(AskedAddress)
    locale = chosen_locale(wanted.language)
    address = await ask_for_letter(asking, wanted.email)
    asked = await asking.wiring.email.ask(address, locale=locale)
    return as_json(LetterAsked(asked=asked, minutes=MINUTES))


async def _answer(asking: Asking) -> Response[bytes]:
    given = await asking.body(LetterAnswered)
    check_asked(given.label, given.days)
    email = asking.wiring.email
    if given.link is not None:
        answered = await email.by_link(given.link.strip().rpartition("/")[2], None)
    elif given.asked is not None and given.code is not None:
        answered = await email.by_code(given.asked, given.code, None)
    else:
        raise Invalid.field(
            "link", msg("Send the letter's link, or its code with what you got when you asked.")
        )
    way = await email.way_of(answered)
    if way is None:
        return as_json(SignInStep(step="register", ticket=await email.begin_registering(answered)))
    return await _begun(asking, await _begin(asking, way), given)


async def _register(asking: Asking) -> Response[bytes]:
    wanted = await asking.body(NameForLetter)
    check_asked(wanted.label, wanted.days)
    chosen_locale(wanted.language)
    way = await asking.wiring.email.register(
        wanted.ticket, name=wanted.name, language=wanted.language, channel=Channel.API
    )
    return await _begun(asking, await _begin(asking, way), wanted)


async def _by_words(asking: Asking) -> Response[bytes]:
    brought = await asking.body(BroughtWords)
    check_asked(brought.label, brought.days)
    words = typed_words(brought.words)
    if len(words) != COUNT:
        raise Invalid.field(
            "words",
            counted(
                "Type all nine words; this is {count}.",
                "Type all nine words; these are {count}.",
                count=len(words),
            ),
        )
    await asking.wiring.attempts.count(
        "words",
        account=asking.wiring.words.lookup_key(words),
        network=network_of(asking.request, asking.wiring.settings),
    )
    found = await asking.wiring.words.way_of(words)
    begun = None if found is None else await _begin(asking, found)
    if begun is None:
        raise Invalid.field("words", WRONG_WORDS)
    return await _begun(asking, begun, brought)


async def _second(asking: Asking) -> Response[bytes]:
    shown = await asking.body(SecondShown)
    check_asked(shown.label, shown.days)
    wiring = asking.wiring
    half = await wiring.sessions.half(shown.half)
    if half is None:
        raise Refused(NOT_BEGUN)
    # Two administrators may have removed the second factors meanwhile.
    await wiring.factors.follow_history(half.person)
    if await wiring.factors.all(half.person):
        await wiring.attempts.count(
            "second",
            account=sha256(half.person.encode()).digest(),
            network=network_of(asking.request, wiring.settings),
        )
        if await wiring.factors.check_code(half, shown.code):
            await wiring.email.tell(half.person, factor_letters.code_used())
    return await _begun(asking, await wiring.sessions.complete(half), shown)


async def _begin(asking: Asking, way: str) -> Cookie | None:
    return await asking.wiring.sessions.begin_by_way(way, browser=browser_from(asking.request))


async def _begun(asking: Asking, session: Cookie | None, wanted: NewKey) -> Response[bytes]:
    """Exchange a session that has begun for an access key, or ask for a second factor. The person is told as of any new
    browser."""
    wiring = asking.wiring
    if session is None or session.value is None:
        raise Refused(NOT_BEGUN)
    if session.key == wiring.sessions.half_cookie_name:
        return as_json(SignInStep(step="second_factor", half=session.value))
    signed_in = await wiring.sessions.find(session.value)
    if signed_in is None:
        raise Refused(NOT_BEGUN)
    await wiring.devices.note(signed_in, None, browser_from(asking.request))
    token = await wiring.tokens.make(
        signed_in.person,
        label=wanted.label,
        days=wanted.days,
        scope=TokenScope(wanted.scope),
        made_by=signed_in.person,
        made_in=signed_in.session,
    )
    await wiring.sessions.end(session.value)
    return as_json(SignInStep(step="done", person=signed_in.person, token=token))


_ENTERING: Final = (
    ProblemType.REFUSED,
    ProblemType.INVALID,
    ProblemType.NOT_FOUND,
    ProblemType.CONTENDED,
    ProblemType.TOO_MANY,
)

OPERATIONS: Final = (
    Operation(
        name="sign_in.ask",
        method="POST",
        path="/api/sign-in/letters",
        summary="Have a letter sent, with which somebody signs in or registers",
        description="Known and unknown addresses get the same answer. The letter has a link and a code, each for ten minutes and once.",
        handle=_ask,
        body=AskedAddress,
        answer=LetterAsked,
        public=True,
        tag="sign-in",
        problems=_ENTERING,
    ),
    Operation(
        name="sign_in.answer",
        method="POST",
        path="/api/sign-in/answers",
        summary="Answer a letter, and get an access key",
        description="With a second factor, or for somebody who is not registered, one more step follows; `step` says which.",
        handle=_answer,
        body=LetterAnswered,
        answer=SignInStep,
        public=True,
        tag="sign-in",
        problems=_ENTERING,
    ),
    Operation(
        name="sign_in.register",
        method="POST",
        path="/api/sign-in/registrations",
        summary="Register the reader of an answered letter, and get an access key",
        description="The same ticket registers once. Without an address, register on the page `/register`, which shows nine words: they are "
        "for a person to write down, and are to be in no program, file or log.",
        handle=_register,
        body=NameForLetter,
        answer=SignInStep,
        public=True,
        tag="sign-in",
        problems=_ENTERING,
    ),
    Operation(
        name="sign_in.words",
        method="POST",
        path="/api/sign-in/words",
        summary="Sign in with nine words, and get an access key",
        handle=_by_words,
        body=BroughtWords,
        answer=SignInStep,
        public=True,
        tag="sign-in",
        problems=_ENTERING,
    ),
    Operation(
        name="sign_in.second",
        method="POST",
        path="/api/sign-in/second",
        summary="Show a second factor, and get an access key",
        description="A code of an app, or a recovery code. A passkey is shown in a browser only.",
        handle=_second,
        body=SecondShown,
        answer=SignInStep,
        public=True,
        tag="sign-in",
        problems=_ENTERING,
    ),
)
