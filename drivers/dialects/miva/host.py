"""The controller's side of the `miva` dialect.

Alarms are told nowhere but in the event log: which of them stand is read off the records since the infusion
was last run. What can be done is press keys, and set off stop, run and power; whoever may do that is decided
elsewhere (`read_only_by_default`).
"""

from __future__ import annotations

import re
from functools import partial
from typing import Final

from drivers.dialects import PumpIdentity, Talk
from drivers.dialects.asking import AskingHost
from drivers.dialects.miva import tables
from drivers.dialects.miva.frames import Checksum, encode, framer
from drivers.dialects.miva.records import Record, alarm_code, clears_occlusion, record_of, row_of
from drivers.dialects.miva.tables import RING_COUNT, TRUE, Press, RecordType, digits_of
from drivers.errors import LinkGarbled, WrongPeer
from pump.alarm_table import ALARM_BY_CODE
from pump.commands import Acknowledge, Command, Key, PowerOff, PressKey, Silence, Start, Stop
from pump.log import LogRow
from pump.port import AlarmView, Outcome, PumpStatus

LOOKED_BACK_COUNT: Final = 64
"""So many records are read at most to find out which alarms stand (X)."""

NOT_SAID: Final = "not_said"
"""The reason of a refusal: the pump tells none."""

_TRIGGERS: Final[dict[type[Command], str]] = {PowerOff: "WT00", Start: "WT01", Stop: "WT02"}

_PRESSES: Final[dict[Key, Press]] = {Key.RUN: Press.MID, Key.POWER: Press.LONG}
"""How long a key is pressed that does nothing when pressed shortly; all others are."""

_BEGINS_ANEW: Final = frozenset({RecordType.RUN_INFUSION, RecordType.POWER_ON})


def _reading(command: str, data: str) -> re.Pattern[str]:
    """Make what the reply to a command looks like: its two characters, and data or a refusal."""
    return re.compile(f"{command}(?:{tables.ERROR}|({data}))")


_SERIAL: Final = _reading("RN", r"[A-Z0-9]{8}")
_SOFTWARE: Final = _reading("RS", r"[A-Za-z0-9.\-]+")
_CLOCK: Final = _reading("RC", r"F[0-9A-F]{7}")
_NAME: Final = re.compile(rf"([^,?]*),([^,]*),[^,]*,[^,]*|{tables.ERROR}")
_RUNS: Final = re.compile(r"TRUE|FALSE")
_NUMBER: Final = re.compile(r"(\d+(?:\.\d*)?)")
_GIVEN: Final = _reading("Q5", r"[0-9A-F]{1,8}")
_VTBI: Final = _reading("Q6", r"[0-9A-F]{1,8}")
_BOUNDS: Final = re.compile(r"RI([0-9A-F]{8})([0-9A-F]{8})")


class MivaHost(AskingHost):
    """A controller that speaks `miva`."""

    def __init__(self, checksum: Checksum = Checksum.SUM) -> None:
        super().__init__(
            tables.NAME, tables.CAPABILITIES, framer(checksum), partial(encode, checksum=checksum)
        )
        self._standing: dict[str, Record] = {}
        self._followed: int | None = None

    def hello(self) -> Talk[PumpIdentity]:
        """Find out who is there.

        Raises:
            WrongPeer: it does not say its serial number.
        """
        serial = (yield from self._ask("RN", _SERIAL))[1]
        if serial is None:
            raise WrongPeer("it tells no serial number, as a miva pump does: choose another dialect")
        software = (yield from self._ask("RS", _SOFTWARE))[1]
        maker, model = (yield from self._ask("*IDN?", _NAME)).groups()
        self._identity = PumpIdentity(
            maker=maker or "", model=model or "", serial=serial, software=software or ""
        )
        return self._identity

    # ---------------------------------------------------------------- reading

    def status(self) -> Talk[PumpStatus]:
        """Ask how the pump is. Reservoir, lock and power are not told; a battery only in volts."""
        t_s = yield from self._clock()
        runs = (yield from self._ask(":INFUSION:RUN?", _RUNS))[0] == TRUE
        rate_ml_h = float((yield from self._ask(":INFUSION:RATE?", _NUMBER))[1])
        given = (yield from self._ask("Q5", _GIVEN))[1]
        vtbi = (yield from self._ask("Q6", _VTBI))[1]
        yield from self._follow_log(runs=runs)
        given_ml = None if given is None else int(given, 16) / 100
        return PumpStatus(
            t_s=t_s,
            mode="running" if runs else self._rest_mode(),
            rate_ml_h=rate_ml_h if runs else 0.0,
            given_ml=given_ml,
            vtbi_left_ml=None if vtbi is None or given_ml is None else int(vtbi, 16) / 100 - given_ml,
            alarms=tuple(
                AlarmView(code=code, priority=ALARM_BY_CODE[code].priority.value, state="active")
                for code in self._standing
            ),
        )

    def log(self, after_number: int) -> Talk[tuple[LogRow, ...]]:
        """Read the records whose number is above `after_number`. Numbers begin anew when the ring is full."""
        tail, head = yield from self._bounds()
        rows: list[LogRow] = []
        for number in range(max(tail, after_number + 1), head + 1):
            record = yield from self._record(number)
            if record is not None:
                rows.append(row_of(record, number))
        return tuple(rows)

    def _clock(self) -> Talk[float]:
        digits = (yield from self._ask("RC", _CLOCK))[1]
        if digits is None:
            raise WrongPeer("its clock counts no seconds: this dialect reads no wall times")
        return float(int(digits[1:], 16))

    def _bounds(self) -> Talk[tuple[int, int]]:
        """Ask for the oldest and the newest record, as numbers that rise from one to the other."""
        found = yield from self._ask("RI", _BOUNDS)
        tail, head = int(found[1], 16), int(found[2], 16)
        if max(tail, head) >= RING_COUNT:
            raise LinkGarbled(f"records {tail} to {head} of a log that has {RING_COUNT}: ask again")
        return tail, head if head >= tail else head + RING_COUNT

    def _record(self, number: int) -> Talk[Record | None]:
        index = f"{number % RING_COUNT:08X}"
        digits = (yield from self._ask(f"RE{index}", _reading(f"RE{index}", r"[0-9A-F]{32}")))[1]
        return None if digits is None else record_of(digits)

    # ---------------------------------------------------------------- alarms

    def _rest_mode(self) -> str:
        return "halted" if any(ALARM_BY_CODE[code].stops_delivery for code in self._standing) else "stopped"

    def _follow_log(self, *, runs: bool) -> Talk[None]:
        """Take in the records since the last time, or since the infusion was last run."""
        tail, head = yield from self._bounds()
        found: list[Record] = []
        first = tail if self._followed is None or self._followed > head else self._followed + 1
        for number in range(head, max(first, head - LOOKED_BACK_COUNT + 1) - 1, -1):
            record = yield from self._record(number)
            if record is None:
                continue
            found.append(record)
            if self._followed is None and record.type_code in _BEGINS_ANEW:
                break
        self._followed = head
        for record in reversed(found):
            self._note(record)
        if runs:
            self._forget_stopping()

    def _note(self, record: Record) -> None:
        code = alarm_code(record)
        if code is not None:
            self._standing[code] = record
        elif clears_occlusion(record):
            for each in ("OCCLUSION_UPSTREAM", "OCCLUSION_DOWNSTREAM"):
                self._standing.pop(each, None)
        elif record.type_code == RecordType.POWER_ON:
            self._standing.clear()
        elif record.type_code == RecordType.RUN_INFUSION:
            self._forget_stopping()

    def _forget_stopping(self) -> None:
        """A pump that runs has no alarm that keeps it from running."""
        for code in tuple(self._standing):
            if ALARM_BY_CODE[code].stops_delivery:
                del self._standing[code]

    # ---------------------------------------------------------------- acting

    def send(self, command: Command) -> Talk[Outcome]:
        """Have a key pressed, or power, run or stop set off.

        A key is pressed and let go by the pump itself: its going down is sent, its coming up is not.

        Raises:
            NotAllowed: there is no word for it.
        """
        match command:
            case PowerOff() | Start() | Stop():
                return (yield from self._act(_TRIGGERS[type(command)], "WT"))
            case Silence():
                return (yield from self._press(Key.SILENCE))
            case Acknowledge():
                return (yield from self._press(Key.OK))
            case PressKey(key=key, down=True):
                return (yield from self._press(key))
            case PressKey():
                return Outcome(accepted=True)
            case _:
                return (yield from super().send(command))

    def _press(self, key: Key) -> Talk[Outcome]:
        text = "KE" + digits_of(key, _PRESSES.get(key, Press.SHORT))
        return (yield from self._act(text, text))

    def _act(self, text: str, done: str) -> Talk[Outcome]:
        """Send what acts. That the pump echoes it says that it was taken, and no more."""
        found = yield from self._ask(text, re.compile(f"({done})|{text[:2]}{tables.ERROR}"), acts=True)
        return Outcome(accepted=True) if found[1] else Outcome(accepted=False, reason=NOT_SAID)
