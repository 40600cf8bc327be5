"""The Host that a request names: what can be one at all."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import AddressValueError, IPv6Address
from typing import Final

from domain.messages import msg

NO_HOST: Final = msg("The header Host does not name a host.")
_HOST: Final = re.compile(rb"(?:([A-Za-z0-9._-]{1,255})|\[([0-9A-Fa-f:.]{2,45})\])(?::([0-9]{0,5}))?\Z")
_MOST_PORT: Final = 65535


def names_a_host(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether a request's Host, if it has one, is one host with at most a port (RFC 9110, section 7.2). An old client,
    such as a probe by HTTP/1.0, names none."""
    named = [value for name, value in headers if name == b"host"]
    return not named or (len(named) == 1 and _is_host(named[0]))


@lru_cache(256)
def _is_host(value: bytes) -> bool:
    found = _HOST.match(value)
    if found is None:
        return False
    _, address, port = found.groups()
    if address is not None:
        try:
            IPv6Address(address.decode("ascii"))
        except AddressValueError:
            return False
    return not port or int(port) <= _MOST_PORT
