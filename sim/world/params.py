"""Reading a step's parameters."""

from __future__ import annotations

from sim.world.setup import Step


class StepRefusedError(Exception):
    """The step cannot be carried out here and now; the text says why. It becomes an event."""


def number(step: Step, name: str, default: float | None = None) -> float:
    """The number `name`, in the inner unit that its name ends with.

    Raises:
        StepRefusedError: it is not there and has no default.
    """
    value = step.get(name, default)
    if value is None:
        raise StepRefusedError(f"{step.verb} needs {name}")
    return float(value)


def maybe_number(step: Step, name: str) -> float | None:
    """The number `name`, or None."""
    value = step.get(name)
    return None if value is None else float(value)


def flag(step: Step, name: str, *, default: bool) -> bool:
    """The yes or no `name`."""
    return bool(step.get(name, default))


def word(step: Step, name: str, default: str) -> str:
    """The word `name`."""
    return str(step.get(name, default))
