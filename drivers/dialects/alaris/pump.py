"""The pump's side of the `alaris` dialect, with the leave to control it that must be renewed.

A host that wants to act asks for leave with a code, which is the CRC of the serial number, and asks again
all the time. When it does not, the leave ends and the pump raises its alarm (`LinkLost`); it goes on
infusing. The host is heard again as soon as it asks for leave once more.

What is damaged or not known is not answered. A pump that is off hears nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from math import inf
from typing import Final

from drivers.dialects import PumpIdentity
from drivers.dialects.alaris import tables
from drivers.dialects.alaris.frames import crc, encode, framer
from drivers.dialects.alaris.tables import CONFIGURATION, CONTROL, DENIED, ENDED, GRANTED, LEASE_S
from pump.alarm_table import Priority
from pump.commands import (
    Access,
    CancelProgram,
    ClearGiven,
    Command,
    ConfirmProgram,
    LinkLost,
    LinkRestored,
    ProgramChange,
    Start,
    Stop,
)
from pump.port import PumpDevice, PumpStatus
from pump.program import S_PER_H

NUMBER: Final = re.compile(r"\d{1,6}(?:\.\d{1,3})?")


class AlarisPump:
    """A pump that speaks `alaris`.

    Args:
        device: The pump.
        identity: Who it says it is.
        access: Whose hand a remote command counts as; the pump's lock has the last word.
        lease_s: How long a leave lasts that is not renewed.
        timers: Whether leaves end by themselves.
    """

    def __init__(
        self,
        device: PumpDevice,
        identity: PumpIdentity,
        access: Access = Access.NURSE,
        *,
        lease_s: float = LEASE_S,
        timers: bool = True,
    ) -> None:
        self._device = device
        self._serial = _plain(identity.serial)
        self._access = access
        self._lease_s = lease_s
        self._timers = timers
        self._framer = framer()
        self._until_s: dict[str, float] = {}
        """Each leave that is granted, and when it ends in wall time."""
        self._lost = False
        self._readers = self._make_readers()
        self._actions = self._make_actions()

    # ---------------------------------------------------------------- the side of a pump

    def receive(self, data: bytes, wall_s: float) -> bytes:
        """Take in what arrived; returns the answers."""
        self.wake(wall_s)
        said = bytearray()
        for text in self._framer.feed(data):
            answer = self._answer(text, wall_s) if self._device.status().mode != "off" else None
            if answer is not None:
                said += encode(answer)
        return bytes(said)

    def next_deadline_s(self) -> float:
        """When the first leave ends unless it is renewed."""
        return min(self._until_s.values(), default=inf) if self._timers else inf

    def wake(self, wall_s: float) -> bytes:
        """End every leave when one has run out, and have the pump raise its alarm."""
        if self.next_deadline_s() <= wall_s:
            self._until_s.clear()
            if self._device.status().mode != "off":
                self._lost = True
                self._device.apply(LinkLost())
        return b""

    def on_change(self, wall_s: float) -> bytes:  # noqa: ARG002 - PumpSide's
        """Say nothing: this pump speaks when it is asked."""
        return b""

    def restart(self, wall_s: float) -> bytes:  # noqa: ARG002 - PumpSide's
        """Begin anew: nobody has leave to control it."""
        self._framer = framer()
        self._until_s.clear()
        self._lost = False
        return b""

    # ---------------------------------------------------------------- answers

    def _answer(self, text: str, wall_s: float) -> str | None:
        word, *fields = text.split("^")
        if word in tables.LEAVES:
            return f"{word}^{self._leave(word, fields, wall_s)}"
        reader = self._readers.get(text)
        if reader is not None:
            return "^".join((text, *reader()))
        action = self._actions.get(word)
        if action is None:
            return None
        needed, act = action
        if needed not in self._until_s or not act(fields):
            return f"{word}^{DENIED}"
        echo = self._readers.get(word)
        return word if echo is None else "^".join((word, *echo()))

    def _make_readers(self) -> dict[str, Callable[[], tuple[str, ...]]]:
        """Give the fields that answer each question."""
        return {
            "INST_SERIALNO": lambda: (self._serial,),
            "COMMS_PROTOCOL": lambda: (tables.PROTOCOL,),
            "COMMS_RESPONSE_MAX": lambda: (f"{self._lease_s * 1000.0:.0f}", "ms"),
            "INF": self._status,
            "INF_RATE": lambda: (f"{self._device.program().rate_ml_h:.2f}", "ml/h"),
            "INF_VI": lambda: (f"{self._device.status().given_ml or 0.0:.3f}", "ml"),
            "INF_VTBI": self._vtbi,
            "ALARM": lambda: (self._alarm() or tables.NO_ALARM_NAME, " ", " "),
            "REMQUERY^DEACT": lambda: ("", "", ""),
        }

    def _make_actions(self) -> dict[str, tuple[str, Callable[[list[str]], bool]]]:
        """Give what each command needs leave for, and what it does; False: it did not."""
        return {
            "INF_START": (CONTROL, lambda fields: not fields and self._do(Start(access=self._access))),
            "INF_STOP": (CONTROL, lambda fields: not fields and self._do(Stop(access=self._access))),
            "INF_RATE": (CONFIGURATION, self._set_rate),
            "INF_VTBI": (CONFIGURATION, self._set_vtbi),
            "INF_VI_CLEAR": (
                CONFIGURATION,
                lambda fields: not fields and self._do(ClearGiven(access=self._access)),
            ),
            "INF_BOLUS": (CONFIGURATION, lambda _fields: False),
        }

    def _status(self) -> tuple[str, ...]:
        """Give the thirteen fields of the status."""
        status = self._device.status()
        mode = tables.MODES.get(status.mode, tables.REST)
        rate_ml_h = status.rate_ml_h if mode in tables.FLOWING else self._device.program().rate_ml_h
        log = self._device.log()
        return (
            self._serial,
            self._alarm() or tables.NO_ALARM,
            mode,
            f"{rate_ml_h:.2f}",
            "ml/h",
            "",
            f"{status.given_ml or 0.0:.3f}",
            "ml",
            f"{self._device.readings().p_down_mmhg:.2f}",
            "mmHg",
            _time_left(status, rate_ml_h),
            "EVENT",
            str(log[-1].number if log else 0),
        )

    def _vtbi(self) -> tuple[str, ...]:
        """Give what is left to be infused, and what happens then."""
        left_ml = self._device.status().vtbi_left_ml or 0.0
        return ("ACTIV", f"{left_ml:.3f}", "ml", "KVO" if self._device.program().kvo_ml_h > 0.0 else "STOP")

    def _alarm(self) -> str | None:
        """Give the name of the most urgent alarm that stands."""
        alarms = self._device.status().alarms
        if not alarms:
            return None
        return tables.alarm_name(min(alarms, key=lambda each: Priority(each.priority).rank).code)

    # ---------------------------------------------------------------- leaves

    def _leave(self, leave: str, fields: list[str], wall_s: float) -> str:
        """Grant, renew or end a leave. A wrong code changes nothing about one that was granted."""
        match fields:
            case ["ENABLED", code] if code == crc(self._serial):
                self._until_s[leave] = wall_s + self._lease_s
                if self._lost:
                    self._lost = False
                    self._device.apply(LinkRestored())
                return GRANTED
            case ["DISABLED"]:
                self._until_s.pop(leave, None)
                return ENDED
            case _:
                return DENIED

    # ---------------------------------------------------------------- acting

    def _do(self, command: Command) -> bool:
        return self._device.apply(command).accepted

    def _set_rate(self, fields: list[str]) -> bool:
        """Key in a rate and confirm it."""
        if len(fields) != 2 or fields[1] != "ml/h" or not NUMBER.fullmatch(fields[0]):
            return False
        low, high = tables.RATES_ML_H
        if not low <= Decimal(fields[0]) <= high:
            return False
        return self._program(ProgramChange(rate_ml_h=float(fields[0]), access=self._access))

    def _set_vtbi(self, fields: list[str]) -> bool:
        """Key in a volume and confirm it; without a volume this pump does not infuse."""
        match fields:
            case ["ACTIV", volume, "ml", "STOP"] if NUMBER.fullmatch(volume):
                return self._program(ProgramChange(vtbi_ml=float(volume), access=self._access))
            case _:
                return False

    def _program(self, change: ProgramChange) -> bool:
        """Change the programme as a whole or not at all."""
        if self._do(change) and self._do(ConfirmProgram(access=self._access)):
            return True
        self._do(CancelProgram(access=self._access))
        return False


def _time_left(status: PumpStatus, rate_ml_h: float) -> str:
    left_s = (
        int((status.vtbi_left_ml or 0.0) / rate_ml_h * S_PER_H) if rate_ml_h > 0.0 else tables.LONGEST_TOLD_S
    )
    if left_s >= tables.LONGEST_TOLD_S:
        return "24+"
    minutes, seconds = divmod(left_s, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}"


def _plain(text: str) -> str:
    """Give a text as a field can carry it."""
    return "".join(each if " " <= each <= "~" and each not in "^|!" else "-" for each in text)[:40]
