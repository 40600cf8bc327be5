"""An initiative as its member sees it."""

from __future__ import annotations

from dataclasses import dataclass

from domain.calls.state import CallStatus
from domain.refusals import Forbidden, NotFound
from domain.reviews.facts import JUDGING
from domain.rounds.state import RoundStatus
from domain.values import Role
from projections import funds
from projections.calls import CallLine
from projections.funds import FundLine
from projections.initiatives import OwnRoles
from projections.paging import MOST, whole
from projections.paging import ResultPage as ListPage
from projections.reader import Reader
from projections.work_waiting import calls_of, roles_in


@dataclass(frozen=True, slots=True)
class OwnInitiative:
    """An initiative as its member sees it: with its calls and, for whom they are, its funds."""

    own: OwnRoles
    calls: tuple[CallLine, ...]
    funds: tuple[FundLine, ...]

    def roles_in(self, call: str, round: str | None = None) -> frozenset[Role]:
        """All roles that the member holds in one of its calls, and in one of its rounds."""
        return roles_in(self.own, call, round)

    @property
    def judges(self) -> bool:
        """Whether the member can be asked for reviews."""
        return not self._held.isdisjoint(JUDGING)

    @property
    def has_staff_role(self) -> bool:
        """Whether the member is an officer of the initiative or of one of its calls."""
        return Role.OFFICER in self._held

    @property
    def does_grants(self) -> bool:
        """Whether the member can have something to do on a grant."""
        return not self._held.isdisjoint({Role.OFFICER, Role.FINANCE, Role.APPROVER})

    @property
    def _held(self) -> frozenset[Role]:
        return frozenset((*self.own.roles, *(role for each in self.own.calls for role in each.roles)))


async def place_of(reader: Reader, person: str | None, own: OwnRoles) -> OwnInitiative:
    """An initiative as its member sees it, with every call and fund that is theirs to see."""

    async def own_funds(cursor: str | None) -> ListPage[FundLine]:
        return await funds.of_initiative(reader, person, own.initiative, cursor=cursor, limit=MOST)

    try:
        found = await whole(own_funds)
    except (Forbidden, NotFound):
        found = ()
    its_calls = await calls_of(reader, person or "", own)
    return OwnInitiative(own, tuple(sorted(its_calls, key=_how_lively)), found)


def _how_lively(call: CallLine) -> tuple[int, float, str]:
    """The order of calls on the start page: open ones first, then those that are judged, drafts, what is decided, and what was
    cancelled; of each the one with the latest deadline first."""
    closes = max((round.closes_at.timestamp() for round in call.rounds), default=0.0)
    status = {round.status for round in call.rounds}
    if call.status == CallStatus.DRAFTED:
        rank = 2
    elif call.status != CallStatus.PUBLISHED:
        rank = 4
    elif RoundStatus.OPEN in status or not call.rounds:
        rank = 0
    else:
        rank = 1 if status & {RoundStatus.CLOSED, RoundStatus.IN_PANEL} else 3
    return rank, -closes, call.id
