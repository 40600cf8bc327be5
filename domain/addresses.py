"""E-mail addresses: checked, and compared whatever their spelling."""

from __future__ import annotations

import unicodedata
from typing import Final

from email_validator import EmailNotValidError, ValidatedEmail, validate_email

from domain import limits
from domain.messages import msg
from domain.refusals import Invalid
from domain.texts import check_line


def check_email(email: str | None) -> str | None:
    """An e-mail address as it was typed, without white space at its ends; None if it is empty. Its form is checked; no
    name server is queried. Raises `Invalid`."""
    if email is None or not email.strip():
        return None
    address = check_line(email, "email", most=limits.EMAIL)
    _parsed(address)
    return address


ADDRESS_TAKEN: Final = msg("Another registered person already uses this address.")


def address_name(email: str) -> str:
    """The unique name for an address, which is the same for all spellings of it (capitals, composed, decomposed or
    full-width letters, a domain in letters or as ``xn--``). An address that `check_email` no longer accepts is only put
    in small letters."""
    try:
        parsed = _parsed(email)
    except Invalid:
        name = _folded(email)
    else:
        # For domains, a standard of their own (UTS #46) does this.
        name = f"{_folded(parsed.local_part)}@{parsed.ascii_domain}"
    return f"address {name}"


def _folded(text: str) -> str:
    """A text in small letters, each in its compatibility form (Unicode NFKC)."""
    # The compatibility form of a small letter may be a capital, so both steps are repeated.
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).lower())


def _parsed(address: str) -> ValidatedEmail:
    try:
        return validate_email(address, check_deliverability=False)
    except EmailNotValidError:
        # The library's own error may contain the address.
        raise Invalid.field(
            "email",
            msg("This does not look like an e-mail address; write a single one, such as anna@example.org."),
        ) from None
