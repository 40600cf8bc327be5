"""What is kept of a party: each dossier, what it belongs to, and until when the law asks for it."""

from __future__ import annotations

from datetime import datetime

import msgspec

from domain import access
from domain.dossiers import DOSSIER
from domain.indexes import dossiers_of
from domain.initiatives import INSTALLATION, INSTALLATION_ID
from domain.messages import msg
from domain.persons import PERSON
from domain.refusals import Forbidden
from projections.fresh import Fresh
from projections.reader import Reader, allow


class DossierShown(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of one party for one purpose. `about` is the application or the grant that it belongs to. A legal `duty`
    keeps it until `kept_until`, and then it is erased; without one it goes when its party is erased. Once it is `erased`,
    nobody can read it."""

    id: str
    initiative: str
    purpose: str
    about: str
    duty: str | None
    kept_until: datetime | None
    erased: bool


class Dossiers(msgspec.Struct, frozen=True, kw_only=True):
    """All that is kept of oneself besides name and address, sorted by random ids."""

    items: tuple[DossierShown, ...]


class KeptRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a person for a legal `duty`, also after they are erased, and until when."""

    dossier: str
    initiative: str
    purpose: str
    duty: str
    until: datetime


class KeptDossiers(msgspec.Struct, frozen=True, kw_only=True):
    """All that is kept of a person for a legal duty, sorted by random ids: what they are to be told when they are erased."""

    items: tuple[KeptRecord, ...]


async def mine(reader: Reader, viewer: str | None) -> Dossiers:
    """What is kept of oneself; raises `Forbidden` for nobody."""
    if viewer is None:
        raise Forbidden(msg("Sign in first."))
    return Dossiers(items=await of_party(reader, viewer))


async def kept_after_erasure(reader: Reader, viewer: str | None, person: str) -> KeptDossiers:
    """What stays of a person when they are erased, for an administrator of the installation, who tells them. It names no
    application: whoever administers does not learn who applied to what. Raises `Forbidden` or
    `NotFound`."""
    allow(access.installation_administrator(viewer or "", await reader.the(INSTALLATION, INSTALLATION_ID)))
    await reader.the(PERSON, person)
    return KeptDossiers(
        items=tuple(
            [
                KeptRecord(
                    dossier=each.id,
                    initiative=each.initiative,
                    purpose=each.purpose,
                    duty=each.duty,
                    until=each.kept_until,
                )
                for each in await of_party(reader, person)
                if each.duty is not None and each.kept_until is not None and not each.erased
            ]
        )
    )


async def of_party(reader: Fresh, party: str) -> tuple[DossierShown, ...]:
    """All dossiers of a party, sorted by their random ids. The caller has asked access."""
    ids = await reader.index_entries(dossiers_of(party))
    loaded = await reader.readable(*((DOSSIER, each) for each in ids)) if ids else {}
    return tuple(
        [
            DossierShown(
                id=each,
                initiative=state.initiative,
                purpose=state.purpose,
                about=state.about,
                duty=state.duty,
                kept_until=state.kept_until,
                erased=state.erased,
            )
            for each in sorted(loaded)
            for state in (loaded[each].state,)
        ]
    )
