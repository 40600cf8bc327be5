"""The account of a payee, as it is written in a payment."""

from __future__ import annotations

import re
from typing import Final

from domain.refusals import Invalid
from domain.values import check_text, holds_unseen

_IBAN: Final = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}\Z", re.ASCII)


def check_account(account: str) -> str:
    """`account` trimmed, 4 to 200 characters. What looks like an IBAN must have the right check digits (ISO 13616-1:
    the remainder of 97 is 1), and loses its spaces. Raises `Invalid`, without the account in it."""
    text = check_text(account, "account", least=4, most=200)
    if holds_unseen(text):
        raise Invalid.field("account", "The account holds a character that cannot be seen; type it anew.")
    compact = "".join(text.split()).upper()
    if not _IBAN.match(compact):
        return text
    digits = "".join(str(int(character, 36)) for character in compact[4:] + compact[:4])
    if int(digits) % 97 != 1:
        raise Invalid.field(
            "account", "The check digits of this IBAN do not fit; compare it with the bank's letter."
        )
    return compact
