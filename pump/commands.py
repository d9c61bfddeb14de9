"""All that can be asked of a pump, by a key, a wire or a scenario: one union, one road in.

Every command carries `access`, the hand it comes from. Whether that hand may do it at the
present lock level is the lock's business (`pump/lock.py`), for keys and remote commands alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class Access(StrEnum):
    """Whose hand a command comes from, in growing order of rights."""

    PATIENT = "patient"
    CAREGIVER = "caregiver"
    NURSE = "nurse"
    SUPPLIER = "supplier"


class LockLevel(StrEnum):
    """How much of the keyboard is open: LL0 everything, LL2 next to nothing."""

    LL0 = "LL0"
    LL1 = "LL1"
    LL2 = "LL2"


class Key(StrEnum):
    """The keys of the front panel."""

    POWER = "power"
    RUN = "run"
    STOP = "stop"
    UP = "up"
    DOWN = "down"
    OK = "ok"
    INFO = "info"
    SILENCE = "silence"


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerOn:
    """Switch the pump on; it tests itself before anything else."""

    access: Access = Access.PATIENT


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerOff:
    """Switch the pump off. Refused while it delivers."""

    access: Access = Access.PATIENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Begin or go on with the confirmed programme."""

    access: Access = Access.PATIENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """Stop delivery or priming. Always allowed."""

    access: Access = Access.PATIENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Prime:
    """Prime the set. Never one action alone: the hand must confirm that nobody is connected."""

    volume_ml: float
    disconnected_confirmed: bool
    access: Access = Access.NURSE


@dataclass(frozen=True, slots=True, kw_only=True)
class PressKey:
    """A key goes down or comes up: the edges, so that holding and sticking are real."""

    key: Key
    down: bool
    access: Access = Access.PATIENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Pause the sound for a while. It comes back."""

    access: Access = Access.PATIENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledge:
    """Take notice of every signalled alarm whose turn it is."""

    access: Access = Access.PATIENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlock:
    """Open the keyboard with a code; it locks again by `Lock` or after idling."""

    code: str
    access: Access = Access.NURSE


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """Set the lock level. Raising needs no code; lowering needs the keyboard unlocked."""

    level: LockLevel
    access: Access = Access.NURSE


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramChange:
    """Key in a programme: what is None stays. It waits for `ConfirmProgram`.

    `withdraws` turns the mechanism the other way, on pumps that can.
    """

    rate_ml_h: float | None = None
    vtbi_ml: float | None = None
    duration_s: float | None = None
    reservoir_ml: float | None = None
    kvo_ml_h: float | None = None
    delay_s: float | None = None
    withdraws: bool | None = None
    access: Access = Access.NURSE


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmProgram:
    """Make the keyed programme the programme. `soft_override` accepts values beyond soft limits."""

    soft_override: bool = False
    access: Access = Access.NURSE


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelProgram:
    """Forget the keyed values; the programme in force stays."""

    access: Access = Access.NURSE


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetReservoir:
    """Tell the pump what the reservoir holds now; None: what was entered last."""

    reservoir_ml: float | None = None
    access: Access = Access.PATIENT


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearGiven:
    """Set the given counter to zero and restore the VTBI."""

    access: Access = Access.NURSE


@dataclass(frozen=True, slots=True, kw_only=True)
class NewBag:
    """The nurse's key at a bag change: restores VTBI, given and reservoir together."""

    reservoir_ml: float | None = None
    access: Access = Access.NURSE


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkLost:
    """A remote controller's protocol timer ran out."""

    access: Access = Access.SUPPLIER


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRestored:
    """The remote controller is back."""

    access: Access = Access.SUPPLIER


Command = (
    PowerOn
    | PowerOff
    | Start
    | Stop
    | Prime
    | PressKey
    | Silence
    | Acknowledge
    | Unlock
    | Lock
    | ProgramChange
    | ConfirmProgram
    | CancelProgram
    | ResetReservoir
    | ClearGiven
    | NewBag
    | LinkLost
    | LinkRestored
)

CommandName = Literal[
    "power_on",
    "power_off",
    "start",
    "stop",
    "prime",
    "press_key",
    "silence",
    "acknowledge",
    "unlock",
    "lock",
    "program_change",
    "confirm_program",
    "cancel_program",
    "reset_reservoir",
    "clear_given",
    "new_bag",
    "link_lost",
    "link_restored",
]
