"""The currencies in use today, by ISO 4217, and the signs by which people write them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

# ISO 4217, list one, as of 1 January 2026, by the number of decimals. Left out are currencies that ended (ANG, BGN,
# HRK, SLL, ZWL) and codes that cannot be used for payments: precious metals, funds codes (CHE, CLF, UYI), units of
# account (XDR, XSU), the code for tests (XTS) and that for no currency (XXX).
_CODES: Final[Mapping[int, str]] = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF",
    2: """
        AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP
        CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES
        KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK
        NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB
        TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG
    """,
    3: "BHD IQD JOD KWD LYD OMR TND",
}
DECIMALS: Final[Mapping[str, int]] = {
    code: places for places, codes in _CODES.items() for code in codes.split()
}
"""Every current currency, with the number of decimals of its minor unit."""


def decimals(currency: str) -> int:
    """The number of decimals of the currency's minor unit: 2 for EUR, 0 for JPY, 3 for KWD; 2 for currencies that
    ended."""
    return DECIMALS.get(currency, 2)


# Signs of the currencies of countries to which and from which people flee. Other currencies are recognised by their
# code.
_WRITTEN: Final = {
    "€": "EUR",
    "euro": "EUR",
    "euros": "EUR",
    "евро": "EUR",
    "$": "USD ARS AUD BBD BMD BND BSD BZD CAD CLP COP CUP DOP FJD GYD HKD JMD KYD LRD MXN NAD NZD SBD SGD SRD TTD TWD UYU "
    "XCD",
    "us$": "USD",
    "a$": "AUD",
    "c$": "CAD",
    "ca$": "CAD",
    "nz$": "NZD",
    "r$": "BRL",
    "£": "GBP EGP FKP GIP LBP SDG SHP SSP SYP",
    "¥": "JPY CNY",
    "￥": "JPY CNY",
    "₽": "RUB",
    "руб": "RUB BYN",
    "руб.": "RUB BYN",
    "₴": "UAH",
    "грн": "UAH",
    "грн.": "UAH",
    "₸": "KZT",
    "₾": "GEL",
    "֏": "AMD",
    "₼": "AZN",
    "₺": "TRY",
    "₪": "ILS",
    "₹": "INR",
    "₩": "KRW KPW",
    "₫": "VND",
    "₱": "PHP",
    "₦": "NGN",
    "zł": "PLN",
    "kč": "CZK",
    "kr": "DKK ISK NOK SEK",
    "kr.": "DKK ISK NOK SEK",
    "ft": "HUF",
    "fr.": "CHF XAF XOF",
    "sfr.": "CHF",
}


def written_as(sign: str) -> frozenset[str]:
    """The currencies that a sign or a code may mean (``€``, ``eur``, ``kr``); none if it is not a sign of a
    currency."""
    if sign.upper() in DECIMALS:
        return frozenset((sign.upper(),))
    return frozenset(_WRITTEN.get(sign.lower(), "").split())
