"""The stages of calls in tests, as JSON has them."""

from __future__ import annotations

from typing import Any


def with_stage(call: dict[str, Any], **changes: Any) -> dict[str, Any]:  # Any: JSON
    """The body of a call whose only stage is changed: ``with_stage(CALL, quorum=1)``."""
    (stage,) = call["stages"]
    return call | {"stages": [stage | changes]}
