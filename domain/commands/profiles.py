"""Commands for a person's own profile."""

from __future__ import annotations

from typing import Annotated

from domain import access, limits, profiles
from domain.deciding import Command, CommandContext, Outcome, Plan, PlannedCommand, Registered, maybe
from domain.persons.state import PERSON
from domain.values import ExclusionId, PersonId


class ChangeProfile(Command, frozen=True, kw_only=True):
    """Change one's own profile: how one is called, the `language` of letters and pages, other `languages` that one reads, one's
    time zone, and how one can be reached. All of it is replaced, and all but the language is encrypted."""

    person: PersonId
    name: limits.Name
    language: limits.Language
    languages: Annotated[tuple[limits.Language, ...], limits.described(maxItems=limits.LANGUAGES)] = ()
    time_zone: Annotated[str, limits.described(maxLength=60)] | None = None
    contact: limits.Contact | None = None


class ExcludeReader(Command, frozen=True, kw_only=True):
    """Name somebody who must never read one's applications. The program sends this: `reader` is who it found by what was typed
    (`named`), or something that stands for nobody, so that the history does not tell either."""

    person: PersonId
    reader: str
    named: limits.Email


class AllowReader(Command, frozen=True, kw_only=True):
    """End the exclusion of somebody who must never read one's applications."""

    person: PersonId
    exclusion: ExclusionId


def _change(command: ChangeProfile, context: CommandContext) -> Plan:
    person = yield from maybe(PERSON, command.person)

    def decide() -> Outcome:
        changed = profiles.change(
            command.person,
            person,
            name=command.name,
            language=command.language,
            languages=command.languages,
            time_zone=command.time_zone,
            contact=command.contact,
        )
        return Outcome(facts={command.person: changed}, answers=command.person)

    return PlannedCommand(may=access.oneself(context.actor, command.person), initiative=None, decide=decide)


def _exclude(command: ExcludeReader, context: CommandContext) -> Plan:
    person = yield from maybe(PERSON, command.person)
    exclusion = context.new("exclusion")

    def decide() -> Outcome:
        excluded = profiles.exclude(
            command.person,
            person,
            exclusion=exclusion,
            reader=context.hide(command.reader),
            named=command.named,
        )
        return Outcome(facts={command.person: excluded}, answers=command.person)

    return PlannedCommand(may=access.oneself(context.actor, command.person), initiative=None, decide=decide)


def _allow(command: AllowReader, context: CommandContext) -> Plan:
    person = yield from maybe(PERSON, command.person)

    def decide() -> Outcome:
        allowed = profiles.allow(command.person, person, exclusion=command.exclusion)
        return Outcome(facts={command.person: allowed}, answers=command.person)

    return PlannedCommand(may=access.oneself(context.actor, command.person), initiative=None, decide=decide)


# As in `domain.commands.persons`: a person's version would tell in how many calls they act.
COMMANDS = (
    Registered("person.change_profile", ChangeProfile, _change, versioned=False),
    Registered("person.exclude_reader", ExcludeReader, _exclude, versioned=False),
    Registered("person.allow_reader", AllowReader, _allow, versioned=False),
)
