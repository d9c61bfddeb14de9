"""The pump's side of the `miva` dialect.

Everything is answered at once and in one piece, because the vendor's client reads what has come within 25 ms
of silence. What is damaged is not answered. A pump that is off hears nothing.

Keys are pressed on the pump's own panel. A short press is down and up in the same instant; a longer one ends
when the pump's own clock has gone on far enough, so that it does the same at whatever speed that clock goes.
Presses that come meanwhile wait for their turn; STOP does not wait.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf
from types import MappingProxyType
from typing import Final

from drivers.dialects import PumpIdentity
from drivers.dialects.miva import history, records, tables
from drivers.dialects.miva.frames import LONGEST_TEXT_COUNT, Checksum, encode, framer
from drivers.dialects.miva.tables import ERROR, FALSE, HOLD_S, TRUE, Press
from pump.commands import Command, Key, PowerOff, PressKey, Start, Stop
from pump.delivery import DELIVERING
from pump.port import PumpDevice
from pump.program import S_PER_H
from pump.seam import BEYOND_HALF

POLL_S: Final = 0.05
"""How often it is looked, in wall time, whether a key has been down long enough by the pump's clock (X)."""

TRIGGERS: Final[Mapping[str, Command]] = MappingProxyType({"00": PowerOff(), "01": Start(), "02": Stop()})
"""What `WT` sets off [S]. It has the hand of whoever stands before the pump, and no other."""

REFUSED_UPLOAD: Final = MappingProxyType({"LI": "LI5", "LC": "LC5"})
"""Commands of a prescription have an error digit [S]; 5 is wrong state."""


@dataclass(frozen=True, slots=True)
class _Held:
    """A key that is down, and until when by the pump's clock."""

    key: Key
    until_s: float


class MivaPump:
    """A pump that speaks `miva`. Without `timers` a key is let go only when something changes or is asked."""

    def __init__(
        self,
        device: PumpDevice,
        identity: PumpIdentity,
        checksum: Checksum = Checksum.SUM,
        *,
        timers: bool = True,
    ) -> None:
        self._device = device
        self._identity = identity
        self._checksum = checksum
        self._timers = timers
        self._framer = framer(checksum)
        self._held: _Held | None = None
        self._waiting: deque[tuple[Key, Press]] = deque()
        self._look_s = inf
        self._keys_after_number = _newest_number(device)
        self._tells_sensors = False
        self._told_sensors = ""
        self._readers = self._make_readers()
        self._texts = self._make_texts()

    # ---------------------------------------------------------------- the side of a pump

    def receive(self, data: bytes, wall_s: float) -> bytes:
        """Take in what arrived; returns the answers."""
        said = bytearray()
        for text in self._framer.feed(data):
            self._go_on(wall_s)
            if self._is_on:
                said += encode(self._answer(text), self._checksum)
        self._go_on(wall_s)
        return bytes(said)

    def next_deadline_s(self) -> float:
        """When to look at the key that is down; inf when none is, or without timers."""
        return self._look_s if self._timers else inf

    def wake(self, wall_s: float) -> bytes:
        """Let a key go that has been down long enough."""
        self._go_on(wall_s)
        return b""

    def on_change(self, wall_s: float) -> bytes:
        """Let a key go that has done its work, and tell the sensors if that was asked for."""
        self._go_on(wall_s)
        if not self._tells_sensors or not self._is_on:
            return b""
        told, self._told_sensors = self._told_sensors, "S9" + self._sensors()
        return b"" if told == self._told_sensors else encode(self._told_sensors, self._checksum)

    def restart(self, wall_s: float) -> bytes:  # noqa: ARG002 - PumpSide's
        """Begin anew: no key is down any more, and the sensors are not told."""
        self._framer = framer(self._checksum)
        self._waiting.clear()
        self._tells_sensors = False
        self._let_go()
        self._look_s = inf
        return b""

    @property
    def _is_on(self) -> bool:
        return self._device.status().mode != "off"

    # ---------------------------------------------------------------- answers

    def _answer(self, text: str) -> str:
        if text[:1] in {":", "*", ""}:
            answer = self._texts.get(tables.long_form(text))
            return ERROR if answer is None else answer()[:LONGEST_TEXT_COUNT]
        command, rest = text[:2], text[2:]
        reader = self._readers.get(command)
        if reader is not None:
            return command + reader() if not rest else command + ERROR
        match command:
            case "RE":
                return self._read_record(rest)
            case "KE":
                return text if self._press(rest) else command + ERROR
            case "WT":
                action = TRIGGERS.get(rest)
                done = action is not None and self._device.apply(action).accepted
                return command if done else command + ERROR
            case "W0" if rest in {"0", "1"}:
                self._tells_sensors = rest == "1"
                self._told_sensors = ""
                return command
            case _:
                return REFUSED_UPLOAD.get(command, command + ERROR)

    def _make_readers(self) -> dict[str, Callable[[], str]]:
        """Give what answers each command of two characters that only reads."""
        return {
            "RN": self._serial,
            "RS": lambda: _plain(self._identity.software),
            "RM": lambda: "00" if self._checksum is Checksum.XOR else "01",
            "RL": lambda: "AMBUPUMP 1".ljust(20),
            "RB": lambda: f"{tables.BASE_YEAR:04X}",
            "RC": lambda: f"F{min(int(self._device.t_s), tables.LATEST_S):07X}",
            "R1": lambda: f"{tables.MOTOR_CALIBRATION:04X}",
            "RD": lambda: "".join(f"{count:04X}" for count in self._pressure_counts()),
            "R3": lambda: _hex(self._given_ml() * 10.0),
            "R7": lambda: _hex(self._battery_v() * 100.0),
            "R8": lambda: f"{tables.MOTOR_CALIBRATION:04X}{self._rotations_count():06X}",
            "R9": lambda: f"{int(history.on_s(self._device.log(), self._device.t_s)):08X}",
            "RA": lambda: f"{1000:04X}" + _hex(self._battery_v() * 100.0),
            "S9": self._sensors,
            "RI": self._log_bounds,
            "Q0": lambda: tables.MODE,
            "Q1": lambda: "1" if self._runs() else "0",
            "Q2": lambda: _hex(self._device.status().rate_ml_h * 100.0),
            "Q3": lambda: f"{self._infusion_s():08X}",
            "Q4": lambda: tables.RATE_UNIT,
            "Q5": lambda: _hex(self._given_ml() * 100.0),
            "Q6": lambda: _hex(self._vtbi_ml() * 100.0),
            "Q7": lambda: "0",
            "Q8": lambda: _hex(0.0),
            "Q9": lambda: _hex(0.0),
            "QA": lambda: _hex(0.0),
            "QC": lambda: tables.RATE_UNIT,
            "QD": lambda: _hex(self._device.program().vtbi_ml * 100.0),
            "QE": lambda: f"{self._program_s():08X}",
            "QF": lambda: tables.TIME_UNIT,
            "QG": lambda: _hex(0.0),
        }

    def _make_texts(self) -> dict[str, Callable[[], str]]:
        """Give what answers each text query, by its long form."""
        return {
            "*IDN?": self._name,
            ":SERIAL?": self._serial,
            ":INFUSION:MODE?": lambda: tables.MODE,
            ":INFUSION:RUNNING?": lambda: TRUE if self._runs() else FALSE,
            ":INFUSION:RATE?": lambda: f"{self._device.status().rate_ml_h:.2f}",
            ":INFUSION:RATE:UNIT?": lambda: tables.RATE_UNIT,
            ":INFUSION:TIME?": lambda: f"{self._infusion_s()}",
            ":INFUSION:VINF?": lambda: f"{self._given_ml():.2f}",
            ":INFUSION:VTBI?": lambda: f"{self._vtbi_ml():.2f}",
            ":INFUSION:BOLUS:RUNNING?": lambda: FALSE,
            ":INFUSION:BOLUS:RATE?": lambda: f"{0.0:.2f}",
            ":INFUSION:BOLUS:VINF?": lambda: f"{0.0:.2f}",
            ":INFUSION:BOLUS:VTBI?": lambda: f"{0.0:.2f}",
            ":PROTOCOL:RATE?": lambda: f"{self._device.program().rate_ml_h:.2f}",
            ":PROTOCOL:RATE:UNIT?": lambda: tables.RATE_UNIT,
            ":PROTOCOL:VTBI?": lambda: f"{self._device.program().vtbi_ml:.2f}",
            ":PROTOCOL:TIME?": lambda: f"{self._program_s()}",
            ":PROTOCOL:TIME:UNIT?": lambda: tables.TIME_UNIT,
            ":PROTOCOL:BOLUS:RATE?": lambda: f"{0.0:.2f}",
            ":SERVICE:TIME?": lambda: f"{self._service_s():08X}",
            ":TOTAL:TIME?": lambda: f"{int(history.on_s(self._device.log(), self._device.t_s)):08X}",
            ":KEY:LIST?": lambda: history.key_list(self._device.log(self._keys_after_number)),
            ":KEY:LIST:CLEAR": self._clear_key_list,
        }

    # ---------------------------------------------------------------- what the answers say

    def _name(self) -> str:
        who = self._identity
        return ",".join((_plain(who.maker), _plain(who.model), self._serial(), _plain(who.software)))

    def _serial(self) -> str:
        """Give the serial number in the eight characters that the wire has for it."""
        letters = "".join(each for each in self._identity.serial if each.isascii() and each.isalnum()).upper()
        return letters.zfill(8)[-8:]

    def _runs(self) -> bool:
        return self._device.status().mode in DELIVERING

    def _given_ml(self) -> float:
        return self._device.status().given_ml or 0.0

    def _vtbi_ml(self) -> float:
        """Give the volume of this infusion: what was given of it and what is left."""
        return self._given_ml() + (self._device.status().vtbi_left_ml or 0.0)

    def _infusion_s(self) -> int:
        return int(history.infusion_s(self._device.log(), self._device.t_s, since_cleared=True))

    def _service_s(self) -> int:
        return int(history.infusion_s(self._device.log(), self._device.t_s, since_cleared=False))

    def _program_s(self) -> int:
        program = self._device.program()
        return int(program.vtbi_ml / program.rate_ml_h * S_PER_H)

    def _rotations_count(self) -> int:
        return min(int(self._given_ml() / tables.ML_PER_ROTATION), 0xFFFFFF)

    def _battery_v(self) -> float:
        readings = self._device.readings()
        if readings.battery_present_frac <= BEYOND_HALF:
            return 0.0
        return tables.EMPTY_V + (tables.FULL_V - tables.EMPTY_V) * readings.battery_frac

    def _pressure_counts(self) -> tuple[int, int]:
        """Give what the sensors before and behind the pump read."""
        readings = self._device.readings()
        up, down = (
            min(max(tables.SENSOR_ZERO + round(mmhg), 0), tables.SENSOR_MAX)
            for mmhg in (readings.p_up_mmhg, readings.p_down_mmhg)
        )
        return up, down

    def _sensors(self) -> str:
        """Give the word of all sensors: two flags and ten bits, ten bits, and the battery in 10 mV."""
        up, down = self._pressure_counts()
        flags = 0x400 if self._runs() else 0
        return f"{flags | up:03X}{down:03X}{round(self._battery_v() * 100.0):03X}"

    # ---------------------------------------------------------------- the event log

    def _log_bounds(self) -> str:
        tail, head = records.bounds(self._device.log())
        return f"{tail:08X}{head:08X}"

    def _read_record(self, digits: str) -> str:
        if len(digits) != 8 or not set(digits) <= set("0123456789ABCDEF"):
            return "RE" + ERROR
        index = int(digits, 16)
        if index >= tables.RING_COUNT:
            return "RE" + ERROR
        return f"RE{digits}{records.digits_at(self._device.log(), index)}"

    # ---------------------------------------------------------------- keys

    def _press(self, digits: str) -> bool:
        """Have a key pressed; False where there is no such key, or too many wait already."""
        asked = tables.key_of(digits)
        if asked is None:
            return False
        if asked[0] is Key.STOP:
            self._waiting.clear()
            self._let_go()
        elif len(self._waiting) >= tables.PRESSES_COUNT:
            return False
        self._waiting.append(asked)
        return True

    def _go_on(self, wall_s: float) -> None:
        """Let go what was held long enough, and press what waits, as far as the pump's clock allows."""
        while self._held is None or self._device.t_s >= self._held.until_s:
            self._let_go()
            if not self._waiting:
                self._look_s = inf
                return
            key, press = self._waiting.popleft()
            self._held = _Held(key, self._device.t_s + HOLD_S[press])
            self._device.apply(PressKey(key=key, down=True))
        self._look_s = wall_s + min(self._held.until_s - self._device.t_s, POLL_S)

    def _let_go(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            self._device.apply(PressKey(key=held.key, down=False))

    def _clear_key_list(self) -> str:
        self._keys_after_number = _newest_number(self._device)
        return TRUE


def _newest_number(device: PumpDevice) -> int:
    rows = device.log()
    return rows[-1].number if rows else 0


def _hex(steps: float) -> str:
    """Write a number of steps with at least four digits."""
    return f"{max(round(steps), 0):04X}"


def _plain(text: str) -> str:
    """Give a text as a frame can carry it, without the comma that divides."""
    return "".join(each if " " <= each <= "~" and each != "," else "-" for each in text)[:40] or "-"
