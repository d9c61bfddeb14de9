"""What happened outside the pump core: physics and truth, in the same journal as the core's events."""

from __future__ import annotations

from dataclasses import dataclass

from pump.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantActed(Event):
    """Something was done to the plant. `detail` says what came of it."""

    action: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantRefused(Event):
    """Something could not be done to the plant: a clamp on no line, a tap on no air."""

    action: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BagDry(Event):
    """The bag gives no more liquid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InterruptionBegan(Event):
    """Drug flow at the catheter tip has been below a tenth of the order for 60 s, since `start_s`."""

    start_s: float
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InterruptionEnded(Event):
    """Drug flow has been back for 60 s: the interruption lasted from `start_s` to `end_s`."""

    start_s: float
    end_s: float
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartLimitReached(Event):
    """An interruption that began at `start_s` has reached four hours: a supervised re-start is due."""

    start_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StepNotDone(Event):
    """A scripted or injected step could not be carried out; `text` says why."""

    verb: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSkipped(Event):
    """A step that this host has nothing to do it with: a fault of a wire where there is no wire."""

    verb: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LineDisturbed(Event):
    """A step let something happen on the serial line that this host has; `detail` says what."""

    verb: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonActed(Event):
    """Somebody did or noticed something that touches neither pump nor plant."""

    who: str
    what: str
    detail: str = ""
