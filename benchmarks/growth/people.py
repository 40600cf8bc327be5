"""Who a history is full of: initiatives with their members, and applicants. Pure: whoever is given the deeds records
them."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Final

import msgspec

from benchmarks.grant_life import CURRENCY, dossier_of
from benchmarks.ground import submission
from benchmarks.growth.deeds import Act, Deed
from benchmarks.prose import Prose
from domain.applications.facts import ApplicationSubmitted
from domain.dossiers import DossierOpened
from domain.forms import Answer
from domain.initiatives.facts import InitiativeFounded, MemberAdded
from domain.persons.facts import PersonRegistered
from domain.values import Money, Role, stream_id

JURORS: Final = 12
_DRAWN: Final = 64


class DrawnProse(Prose):
    """Prose that is drawn from a store of texts: quicker made, and sealed under so many keys that no stored byte tells."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self._store: dict[int, list[str]] = {}
        self._number = 0

    def text(self, size: int) -> str:
        """About `size` bytes of UTF-8."""
        store = self._store.setdefault(size, [])
        if len(store) < _DRAWN:
            store.append(super().text(size))
            return store[-1]
        self._number += 1
        return store[self._number % _DRAWN]


@dataclass(frozen=True, slots=True)
class Staff:
    """The members of one initiative."""

    initiative: str
    founder: str
    officer: str
    chair: str
    finance: str
    approvers: tuple[str, str]
    funder: str
    jurors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class People:
    """Makes people from one source of chance. `keeper` administers the installation."""

    act: Act
    keeper: str
    chance: Random
    prose: Prose = field(default_factory=lambda: DrawnProse(1))

    def new(self, kind: str) -> str:
        """The id of a new stream."""
        return stream_id(kind, self.chance.randbytes(16))

    async def _register(self, name: str) -> str:
        person = self.new("person")
        fact = PersonRegistered(person=person, name=name, email=None, language="ru")
        await self.act(
            Deed(
                actor=self.keeper,
                role=Role.ADMINISTRATOR,
                initiative=None,
                scope=None,
                facts=((person, fact),),
                registers=(person,),
            )
        )
        return person

    async def found(self) -> Staff:
        """A new initiative with its members."""
        founder, initiative = await self._register("Founder"), self.new("initiative")
        founded = InitiativeFounded(initiative=initiative, name="Grown", founder=founder)
        await self.act(
            Deed(
                actor=self.keeper,
                role=Role.ADMINISTRATOR,
                initiative=initiative,
                scope=initiative,
                facts=((initiative, founded),),
            )
        )
        return await self.join(initiative, founder)

    async def join(self, initiative: str, founder: str) -> Staff:
        """New members for an initiative, one for each role and a dozen jurors."""

        async def member(name: str, role: Role) -> str:
            person = await self._register(name)
            added = MemberAdded(initiative=initiative, person=person, roles=(role,))
            await self.act(
                Deed(
                    actor=founder,
                    role=Role.ADMINISTRATOR,
                    initiative=initiative,
                    scope=initiative,
                    facts=((initiative, added),),
                )
            )
            return person

        return Staff(
            initiative,
            founder,
            officer=await member("Officer", Role.OFFICER),
            chair=await member("Chair", Role.CHAIR),
            finance=await member("Finance", Role.FINANCE),
            approvers=(
                await member("First approver", Role.APPROVER),
                await member("Second approver", Role.APPROVER),
            ),
            funder=await member("Funder", Role.FUNDER),
            jurors=tuple([await member(f"Juror {number}", Role.JUROR) for number in range(1, JURORS + 1)]),
        )

    async def apply(self, initiative: str, call: str, round: str) -> tuple[str, str]:
        """A new person applies to an open round; the application and the person."""
        applicant, application = await self._register("Applicant"), self.new("application")
        dossier = dossier_of(application)
        opened = DossierOpened(
            dossier=dossier, party=applicant, initiative=initiative, purpose="application", about=application
        )
        asked = submission(round, self.prose)
        fact = ApplicationSubmitted(
            application=application,
            initiative=initiative,
            call=call,
            round=round,
            applicant=applicant,
            dossier=dossier,
            stage="main",
            decide_by=None,
            form_version=1,
            requested=msgspec.convert(asked["requested"], Money).minor("requested", currency=CURRENCY),
            currency=CURRENCY,
            title=asked["title"],
            answers=msgspec.convert(asked["answers"], dict[str, Answer]),
        )
        await self.act(
            Deed(
                actor=applicant,
                role=Role.APPLICANT,
                initiative=initiative,
                scope=call,
                facts=((dossier, opened), (application, fact)),
                registers=(dossier,),
            )
        )
        return application, applicant
