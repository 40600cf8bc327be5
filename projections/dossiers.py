"""The dossiers of a party: what each belongs to, and until when it has to be kept by law."""

from __future__ import annotations

from datetime import datetime

import msgspec

from domain import access
from domain.correspondence import CORRESPONDENCE
from domain.dossiers import DOSSIER
from domain.indexes import dossiers_of
from domain.initiatives.facts import INSTALLATION_ID
from domain.initiatives.state import INSTALLATION
from domain.messages import msg
from domain.persons.state import PERSON
from domain.refusals import Forbidden
from projections.fresh import Fresh
from projections.reader import Reader, allow


class DossierShown(msgspec.Struct, frozen=True, kw_only=True):
    """A dossier: what is kept about one party for one purpose. `about` is the application or the grant that it belongs
    to. With a legal `duty` it is kept until `kept_until`, and then erased; without one it is erased with its party.
    Once it is `erased`, nobody can read it."""

    id: str
    initiative: str
    purpose: str
    about: str
    duty: str | None
    kept_until: datetime | None
    erased: bool


class Dossiers(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is kept about oneself besides name and address, sorted by random ids."""

    items: tuple[DossierShown, ...]


class KeptRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A dossier that is kept for a legal `duty` even after the person is erased, and until when."""

    dossier: str
    initiative: str
    purpose: str
    duty: str
    until: datetime


class KeptDossiers(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is kept about a person for a legal duty, sorted by random ids: they have to be told when they are
    erased."""

    items: tuple[KeptRecord, ...]


async def mine(reader: Reader, viewer: str | None) -> Dossiers:
    """The dossiers about oneself. Raises `Forbidden` for visitors who are not signed in."""
    if viewer is None:
        raise Forbidden(msg("Sign in first."))
    return Dossiers(items=await of_party(reader, viewer))


async def kept_after_erasure(reader: Reader, viewer: str | None, person: str) -> KeptDossiers:
    """What is still kept about a person after they are erased, for an administrator of the installation, who tells
    them. It names no application, because administrators must not learn who applied to what. Raises `Forbidden` or
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
    """The dossiers of a party, sorted by their random ids, without those of which the party must not learn: the notes of the
    staff. The caller has checked access."""
    ids = await reader.index_entries(dossiers_of(party))
    loaded = await reader.readable(*((DOSSIER, each) for each in ids)) if ids else {}
    of_messages = [each.state.about for each in loaded.values() if each.state.purpose == "correspondence"]
    applications = (
        {
            each: found.state.application
            for each, found in (
                await reader.readable(*((CORRESPONDENCE, each) for each in of_messages))
            ).items()
        }
        if of_messages
        else {}
    )
    return tuple(
        [
            DossierShown(
                id=each,
                initiative=state.initiative,
                purpose=state.purpose,
                about=applications.get(state.about, state.about),
                duty=state.duty,
                kept_until=state.kept_until,
                erased=state.erased,
            )
            for each in sorted(loaded)
            for state in (loaded[each].state,)
            if state.purpose != "notes"
        ]
    )
