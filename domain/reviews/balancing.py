"""Sharing out the reviews of a round among its jury, so that everybody has about the same number."""

from __future__ import annotations

from collections.abc import Collection, Mapping


def shared_out(
    missing: Mapping[str, int], can_be_asked: Mapping[str, Collection[str]], asked: Mapping[str, int]
) -> dict[str, tuple[str, ...]]:
    """Which jurors to ask for each application.

    `missing` is how many reviews each application still lacks, `can_be_asked` who can be asked for it, and `asked` how
    many reviews each juror was asked for so far. An application for which too few jurors are left gets as many as there are.

    Applications with the least choice come first, so that a juror who alone can judge one is not spent on another. Each
    goes to those with the fewest reviews. Ties are broken by the ids, which are random, so the result is always the same.
    """
    load = dict(asked)
    found: dict[str, tuple[str, ...]] = {}
    for application in sorted(missing, key=lambda each: (len(can_be_asked[each]) - missing[each], each)):
        jurors = sorted(can_be_asked[application], key=lambda each: (load.get(each, 0), each))
        chosen = tuple(jurors[: max(0, missing[application])])
        for juror in chosen:
            load[juror] = load.get(juror, 0) + 1
        if chosen:
            found[application] = chosen
    return found
