"""Passkeys (WebAuthn). The browser's device must make sure that it is its owner who uses it (user verification).

A challenge is derived from the session that it was made for, so nothing has to be stored: it works in that session alone, and
for five to ten minutes.
"""

from __future__ import annotations

import time
from base64 import urlsafe_b64decode
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import msgspec

from api.run.settings import Settings
from domain.messages import msg
from domain.refusals import Invalid
from history.runner import Runner

if TYPE_CHECKING:
    from litestar import Request

_PERIOD: Final = 300
_MOST: Final = 20_000
NOT_VERIFIED: Final = msg("This passkey was not accepted. Try again, or use another second factor.")


@dataclass(frozen=True, slots=True)
class Party:
    """The site as browsers know it: the domain that passkeys belong to, and its origin."""

    domain: str
    origin: str


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey as it is stored."""

    credential: bytes
    public_key: bytes
    signs: int


def party_of(request: Request[Any, Any, Any], settings: Settings) -> Party | None:
    """The site that a request came to; None if passkeys do not work there, because its address is a number."""
    if settings.public_url is not None:
        parts = urlsplit(settings.public_url)
    else:
        parts = urlsplit(f"http://{request.headers.get('host', '')}")
        if parts.hostname != "localhost":
            return None
    host = parts.hostname or ""
    try:
        ip_address(host)
    except ValueError:
        return Party(host, f"{parts.scheme}://{parts.netloc}")
    return None


class Challenges:
    """The challenges of one installation."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def now(self, session: bytes) -> bytes:
        """The challenge for a session."""
        return self._of(session, int(time.time()) // _PERIOD)

    def good(self, session: bytes) -> tuple[bytes, bytes]:
        """The challenges of a session that are good: the present one and the one before."""
        period = int(time.time()) // _PERIOD
        return self._of(session, period), self._of(session, period - 1)

    def user(self, person: str) -> bytes:
        """The number under which an authenticator keeps a person; it tells nothing about them."""
        return self._runner.keyed("passkey-user", person.encode())

    def _of(self, session: bytes, period: int) -> bytes:
        return self._runner.keyed("passkey-challenge", session + period.to_bytes(8))


def options_to_add(party: Party, challenge: bytes, user: bytes, have: Sequence[bytes]) -> str:
    """What the page's script needs to make a passkey, as JSON. `have` are those that the person has already."""
    import webauthn
    from webauthn.helpers import structs

    options = webauthn.generate_registration_options(
        rp_id=party.domain,
        rp_name=party.domain,
        user_id=user,
        user_name=party.domain,  # it is shown by devices and kept in their clouds, so it names nobody
        challenge=challenge,
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.DISCOURAGED,
            user_verification=structs.UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[structs.PublicKeyCredentialDescriptor(id=each) for each in have],
    )
    return webauthn.options_to_json(options)


def added(party: Party, challenges: Sequence[bytes], answer: str) -> Passkey:
    """The new passkey in a browser's answer. Raises `Invalid`."""
    import webauthn

    challenge = _challenge_in(answer, challenges)
    try:
        verified = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=party.domain,
            expected_origin=party.origin,
            require_user_verification=True,
        )
    except Exception:  # noqa: BLE001 - whatever a browser can send
        raise Invalid.field("passkey", NOT_VERIFIED) from None
    return Passkey(verified.credential_id, verified.credential_public_key, verified.sign_count)


def options_to_use(party: Party, challenge: bytes, have: Sequence[bytes]) -> str:
    """What the page's script needs to use one of these passkeys, as JSON."""
    import webauthn
    from webauthn.helpers import structs

    options = webauthn.generate_authentication_options(
        rp_id=party.domain,
        challenge=challenge,
        allow_credentials=[structs.PublicKeyCredentialDescriptor(id=each) for each in have],
        user_verification=structs.UserVerificationRequirement.REQUIRED,
    )
    return webauthn.options_to_json(options)


def credential_in(answer: str) -> bytes:
    """The passkey that a browser's answer names. Raises `Invalid`."""
    try:
        named = msgspec.json.decode(answer[:_MOST])["rawId"]
        return urlsafe_b64decode(named + "=" * (-len(named) % 4))
    except (ValueError, KeyError, TypeError, msgspec.DecodeError):
        raise Invalid.field("passkey", NOT_VERIFIED) from None


def used(party: Party, challenges: Sequence[bytes], answer: str, passkey: Passkey) -> int:
    """How often a passkey has signed, if a browser's answer is its own. Raises `Invalid`."""
    import webauthn

    challenge = _challenge_in(answer, challenges)
    try:
        verified = webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=party.domain,
            expected_origin=party.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.signs,
            require_user_verification=True,
        )
    except Exception:  # noqa: BLE001 - whatever a browser can send
        raise Invalid.field("passkey", NOT_VERIFIED) from None
    return verified.new_sign_count


def _challenge_in(answer: str, challenges: Sequence[bytes]) -> bytes:
    """Which of the good challenges an answer names; the library compares it again."""
    try:
        told = msgspec.json.decode(answer[:_MOST])["response"]["clientDataJSON"]
        data = msgspec.json.decode(urlsafe_b64decode(told + "=" * (-len(told) % 4)))
        named = data["challenge"]
        given = urlsafe_b64decode(named + "=" * (-len(named) % 4))
    except (ValueError, KeyError, TypeError, msgspec.DecodeError):
        raise Invalid.field("passkey", NOT_VERIFIED) from None
    return given if given in challenges else challenges[0]
