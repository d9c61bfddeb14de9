"""Commands of a remote controller as steps: what comes over a wire is on record like all that is done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from enum import Enum
from types import MappingProxyType
from typing import Any, Final

from pump.commands import Access, Command, Key, LockLevel
from pump.hands import COMMAND_NAMES
from sim.world.params import StepRefusedError
from sim.world.setup import Step, Value

REMOTE: Final = "remote"
"""The verb."""

ASK: Final = "ask"
"""Its parameter that names the command; the others are the command's own fields."""

COMMANDS: Final[Mapping[str, type[Command]]] = MappingProxyType(
    {name: kind for kind, name in COMMAND_NAMES.items()}
)

ENUMS: Final = MappingProxyType({"key": Key, "level": LockLevel})
"""Fields that are words of an enumeration."""


def remote_step(command: Command) -> Step:
    """Give the step that says `command`; when it is done is for others to say."""
    given: dict[str, Value] = {ASK: COMMAND_NAMES[type(command)]}
    for field in fields(command):
        value = getattr(command, field.name)
        if field.name != "access" and value is not None:
            given[field.name] = value.value if isinstance(value, Enum) else value
    return Step(at_s=0.0, verb=REMOTE, by=command.access.value, params=tuple(sorted(given.items())))


def command_of(step: Step, hand: str) -> Command:
    """Give the command that a step says.

    Raises:
        StepRefusedError: the command has no such field, or lacks one that it needs.
    """
    given: dict[str, Any] = dict(step.params)
    name = str(given.pop(ASK))
    kind = COMMANDS[name]
    for field, enum in ENUMS.items():
        if field in given:
            given[field] = enum(given[field])
    try:
        command: Command = kind(access=Access(hand), **given)
    except TypeError:
        own = ", ".join(field.name for field in fields(kind) if field.name != "access") or "nothing"
        raise StepRefusedError(f"{name} takes {own}; given were {', '.join(given) or 'nothing'}") from None
    return command
