"""What runs: the phase table on a device, phase after phase.

Motion, volumes and stalls are the device's. Here stands what the maker's electronics add to them: which phase
is the present one, whether it is paused or over, and how much was dispensed each way.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from drivers.dialects.new_era.phases import Phase, PhaseTable
from drivers.dialects.new_era.tables import (
    LAST_PHASE,
    NO_TARGET_ML,
    RUNNING_PROMPTS,
    AlarmLetter,
    Error,
    Model,
    Prompt,
    is_within,
)
from pump.commands import (
    Access,
    Acknowledge,
    CancelProgram,
    Command,
    ConfirmProgram,
    NewBag,
    Prime,
    ProgramChange,
    Start,
    Stop,
)
from pump.port import PumpDevice

PURGE_ML: Final = 9999.0
"""A purge lasts until `STP`; the device stops it at the cap of its profile."""

HALTED_MODES: Final = frozenset({"halted", "fault"})
SILENT_MODES: Final = frozenset({"off", "self_test"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """What the sources leave open, each as a choice; the defaults are what the strictest client needs.

    Attributes:
        saf_answers_in_new_mode: Whether the reply to `SAF` is framed in the mode that it asks for.
        saf_works_under_alarm: Whether `SAF` switches the mode even where an alarm is the answer.
        stop_when_stopped_is_refused: Whether `STP` to a pump that is stopped already is `?NA`.
        stall_keeps_position: Whether a stalled phase is paused rather than ended.
    """

    saf_answers_in_new_mode: bool = True
    saf_works_under_alarm: bool = True
    stop_when_stopped_is_refused: bool = False
    stall_keeps_position: bool = True


USUAL: Final = Habits()


class Runner:
    """Runs a phase table on `device`.

    Attributes:
        table: Syringe, units and phases.
        switches: Settings that are kept and answered, and have nothing behind them here.
        raised: Alarms since somebody last looked, oldest first; whoever looks takes them away.
        phase_number: The phase that runs or is paused; None: none.
        is_paused: Whether it is paused.
    """

    def __init__(self, device: PumpDevice, model: Model, habits: Habits) -> None:
        self.model = model
        self.habits = habits
        self.table = PhaseTable()
        self.switches = dict.fromkeys(("AL", "LN", "PF", "BP", "LOC"), "0") | {"TRG": "FT"}
        self.raised: list[AlarmLetter] = []
        self.phase_number: int | None = None
        self.is_paused = False
        self._device = device
        self._was_halted = False
        self._banked_ml = {False: Decimal(0), True: Decimal(0)}

    # The device

    def do(self, command: Command) -> bool:
        """Have the device do something; returns whether it did."""
        return self._device.apply(command).accepted

    @property
    def mode(self) -> str:
        """What the device is doing."""
        return self._device.status().mode

    @property
    def is_halted(self) -> bool:
        """Whether an alarm of the device keeps it from moving."""
        return self.mode in HALTED_MODES

    @property
    def is_running(self) -> bool:
        """Whether the motor turns."""
        return self.prompt in RUNNING_PROMPTS

    @property
    def prompt(self) -> Prompt:
        """What the pump says it is doing."""
        match self.mode:
            case "running" | "kvo":
                return Prompt.WITHDRAWING if self._device.program().withdraws else Prompt.INFUSING
            case "priming":
                return Prompt.PURGING
            case _:
                return Prompt.PAUSED if self.is_paused else Prompt.STOPPED

    def follow(self, mode: str) -> None:
        """See what has become of the device since: halted, stopped or started by a hand, at its target."""
        halted = mode in HALTED_MODES
        if halted and not self._was_halted:
            if not self.habits.stall_keeps_position:
                self.phase_number = None
            self.is_paused = self.phase_number is not None
            self.raised.append(AlarmLetter.STALL)
        self._was_halted = halted
        if mode == "running":
            self.is_paused = False
        elif mode == "stopped" and self.phase_number is not None:
            self.is_paused = True
        elif mode == "complete" and self.phase_number is not None and not self.is_paused:
            self._go_on(self.phase_number + 1)

    def take_notice_of_halt(self) -> None:
        """Acknowledge the device's alarms, each as it is signalled, until it may move again."""
        for _ in self._device.status().alarms:
            if not self.is_halted:
                break
            self.do(Acknowledge(access=Access.SUPPLIER))

    def forget_position(self) -> None:
        """Give up the phase that was begun."""
        self.phase_number, self.is_paused = None, False

    # Moving

    def start(self, number: int) -> Error | None:
        """Run the table from phase `number`; returns why its first rate cannot be run."""
        self.forget_position()
        while number <= LAST_PHASE:
            phase = self.table.phases[number]
            match phase.function:
                case "STP":
                    return None
                case "CLD":
                    self.clear(withdraws=False)
                    self.clear(withdraws=True)
                case "RAT":
                    error = self._load(phase)
                    if error is None and not self.do(Start(access=Access.SUPPLIER)):
                        error = Error.NOT_APPLICABLE
                    self.phase_number = number if error is None else None
                    return error
            number += 1
        self.raised.append(AlarmLetter.PHASE)
        return None

    def resume(self) -> Error | None:
        """Go on with the phase that is paused."""
        if not self.do(Start(access=Access.SUPPLIER)):
            return Error.NOT_APPLICABLE
        self.is_paused = False
        return None

    def stop(self) -> None:
        """Stop; a phase that was running is paused, a purge is over."""
        self.is_paused = self.phase_number is not None
        self.do(Stop(access=Access.SUPPLIER))

    def purge(self) -> Error | None:
        """Run fast until somebody stops it. Only in the direction of infusing."""
        self.forget_position()
        purge = Prime(volume_ml=PURGE_ML, disconnected_confirmed=True, access=Access.SUPPLIER)
        return None if self.do(purge) else Error.NOT_APPLICABLE

    def turn_round(self, phase: Phase, *, withdraws: bool) -> Error | None:
        """Turn the running `phase` round."""
        number = self.phase_number
        if number is None or self.table.phases[number] is not phase:
            return Error.NOT_APPLICABLE
        phase.withdraws = withdraws
        self.do(Stop(access=Access.SUPPLIER))
        return self.start(number)

    def change_rate(self, rate_ml_h: Decimal) -> Error | None:
        """Let what runs go on at another rate."""
        change = ProgramChange(rate_ml_h=float(rate_ml_h), access=Access.SUPPLIER)
        return None if self._program(change) else Error.OUT_OF_RANGE

    def is_possible(self, rate_ml_h: Decimal) -> bool:
        """Tell whether the pusher can go so fast, and so slowly, with the syringe that is in."""
        return is_within(rate_ml_h, self.model.rates_ml_h(self.table.diameter_mm))

    def _go_on(self, number: int) -> None:
        if self.start(number) is not None:
            self.raised.append(AlarmLetter.PROGRAM)

    def _load(self, phase: Phase) -> Error | None:
        """Key `phase` into the device, its counters anew; returns why it cannot be."""
        if not self.is_possible(phase.rate_ml_h):
            return Error.OUT_OF_RANGE
        volume_ml = self.table.volume_ml(phase)
        self._banked_ml[self._device.program().withdraws] += self._given_ml
        if not self.do(NewBag(access=Access.SUPPLIER)):
            self._banked_ml[self._device.program().withdraws] -= self._given_ml
            return Error.NOT_APPLICABLE
        change = ProgramChange(
            rate_ml_h=float(phase.rate_ml_h),
            vtbi_ml=float(volume_ml) if volume_ml else NO_TARGET_ML,
            withdraws=phase.withdraws,
            access=Access.SUPPLIER,
        )
        return None if self._program(change) else Error.OUT_OF_RANGE

    def _program(self, change: ProgramChange) -> bool:
        done = self.do(change) and self.do(ConfirmProgram(soft_override=True, access=Access.SUPPLIER))
        if not done:
            self.do(CancelProgram(access=Access.SUPPLIER))
        return done

    # What was dispensed

    def dispensed_ml(self, *, withdraws: bool) -> Decimal:
        """How much was dispensed one way since that was cleared."""
        now = withdraws == self._device.program().withdraws
        return self._banked_ml[withdraws] + (self._given_ml if now else 0)

    def clear(self, *, withdraws: bool) -> None:
        """Let the count of one way begin anew."""
        self._banked_ml[withdraws] -= self.dispensed_ml(withdraws=withdraws)

    @property
    def _given_ml(self) -> Decimal:
        """What the device has moved since its own counter was cleared."""
        return Decimal(repr(self._device.status().given_ml or 0.0))
