"""What a clause of the contract needs around a pump: the port, hands, and time that passes."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Protocol

from drivers.dialects import Capability
from pump.port import PumpPort


class Deed(StrEnum):
    """What hands do, where nothing else can; the value is what a person is asked for."""

    MAKE_READY = (
        "Make the pump ready: on, programmed for an hour at least, primed, stopped, no alarm, "
        "nothing clamped, and nobody connected."
    )
    START = "Start the pump at its own keys."
    STOP = "Stop the pump at its own keys."
    ANSWER = "Answer the alarm at the pump's own keys, until it is gone."
    CLAMP_BELOW = "Clamp the line below the pump."
    OPEN_BELOW = "Open the clamp below the pump."


class Rig(Protocol):
    """A pump with everything around it."""

    @property
    def port(self) -> PumpPort:
        """The pump, connected."""
        ...

    @property
    def offers(self) -> frozenset[Capability]:
        """What can be asked of it over this link."""
        ...

    @property
    def tells_outcomes(self) -> bool:
        """Whether it comes back what became of a command, and why it was refused."""
        ...

    @property
    def volume_step_ml(self) -> float:
        """The finest volume that the link tells."""
        ...

    @property
    def watched_s(self) -> float:
        """How long it is worth to watch a running pump: simulated time costs nothing, real time does."""
        ...

    @property
    def nurse_code(self) -> str | None:
        """The code that opens the keyboard; None: nobody told, or none is needed."""
        ...

    def now_s(self) -> float:
        """The time by which the pump delivers, for pumps that tell none of their own."""
        ...

    def do(self, deed: Deed) -> None:
        """Have something done by hand, and wait until it is done."""
        ...

    def let_pass(self, span_s: float) -> None:
        """Let pump time pass."""
        ...

    def wait_until(self, holds: Callable[[], bool], limit_s: float) -> bool:
        """Let pump time pass until `holds`, at most `limit_s`; says whether it came to hold."""
        ...

    def reopen(self) -> None:
        """Let go of the link and take it up again, as a host does that was restarted."""
        ...
