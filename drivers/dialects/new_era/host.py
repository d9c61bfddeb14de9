"""The host's side: asks a pump of the family.

Three traits of the protocol shape it:

- *Saying an alarm takes notice of it*, whoever asked and whatever for. So an alarm that was heard once is
  kept here as standing, and nothing is started, until `Acknowledge` is sent for it.
- *In Safe mode an alarm is said unasked as well.* The first time a letter is heard is therefore news; only
  the second is a reply, to a command that was not carried out.
- *A second `STP` gives up the position.* So the state is asked before `STP` is sent, each time.

A programme is written in one go when it is confirmed: phase 1 pumps, phase 2 stops; unit and volume,
direction, rate. What four digits cannot say exactly is refused; nothing is rounded.

A pump that knows no Safe mode is driven in Basic mode, and has no watchdog.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator
from decimal import Decimal
from math import ceil, inf
from typing import Final

from drivers.dialects import Capability, PumpIdentity, Request, Resolution, Talk, Verdict
from drivers.dialects.new_era.frames import Reply, ReplyReader, reply_of, request_bytes
from drivers.dialects.new_era.tables import (
    ALARM_CODES,
    LONGEST_TIMEOUT_S,
    ML_H_PER_RATE_UNIT,
    ML_PER_VOLUME_UNIT,
    NO_TARGET_ML,
    RUNNING_PROMPTS,
    AlarmLetter,
    Error,
    Prompt,
    exact_number,
)
from drivers.errors import LinkGarbled, NotAllowed, WrongPeer
from pump.commands import (
    Acknowledge,
    CancelProgram,
    ClearGiven,
    Command,
    ConfirmProgram,
    ProgramChange,
    Start,
    Stop,
)
from pump.errors import Reason
from pump.hands import COMMAND_NAMES
from pump.log import LogRow
from pump.panel import Panel
from pump.port import AlarmView, Outcome, PumpStatus
from pump.program import Draft, Program

CAPABILITIES: Final = frozenset(
    {
        Capability.STATUS,
        Capability.PROGRAM_READ,
        Capability.PROGRAM_WRITE,
        Capability.START,
        Capability.STOP,
        Capability.ACKNOWLEDGE,
        Capability.RESERVOIR,
        Capability.EVENTS,
        Capability.WATCHDOG,
    }
)
"""What there are words for. Of `RESERVOIR` only the clearing of what was given."""

ALARMS_COUNT: Final = len(AlarmLetter)
"""So many alarms can wait to be said before a command is carried out."""

EVENTS_COUNT: Final = 64

MODES: Final = {
    Prompt.INFUSING: "running",
    Prompt.WITHDRAWING: "running",
    Prompt.PURGING: "priming",
    Prompt.STOPPED: "stopped",
    Prompt.PAUSED: "stopped",
    Prompt.TIMED_PAUSE: "stopped",
    Prompt.WAITING: "stopped",
}

REASONS: Final[dict[str, Reason]] = {
    Error.UNKNOWN: Reason.BAD_VALUE,
    Error.OUT_OF_RANGE: Reason.HARD_LIMIT,
    Error.IGNORED: Reason.WAITING,
}

_VERSION: Final = re.compile(r"NE(\d+(?:X\d?)?)V(\d+\.\d+)")
_NUMBER: Final = r"(\d+\.?\d*|\.\d+)"
"""Real pumps always write the point, imitations do not."""

_RATE: Final = re.compile(rf"{_NUMBER}(UH|MH|UM|MM)")
_VOLUME: Final = re.compile(rf"{_NUMBER}(UL|ML)")
_DISPENSED: Final = re.compile(rf"I{_NUMBER}W{_NUMBER}(UL|ML)")


class _RefusedError(Exception):
    """The pump said no; caught where an outcome is made of it."""

    def __init__(self, reason: Reason) -> None:
        self.reason = reason
        super().__init__(reason)


class NewEraHost:
    """Asks the pump at `address_no`."""

    def __init__(self, address_no: int = 0) -> None:
        self._address_no = address_no
        self._reader = ReplyReader()
        self._timeout_s = 0
        self._awaits = False
        self._changes_mode = False
        self._foreign_count = 0
        self._unasked: set[AlarmLetter] = set()
        self._said_count = 0
        self._standing: dict[AlarmLetter, None] = {}
        self._events: deque[LogRow] = deque(maxlen=EVENTS_COUNT)
        self._row_number = 0
        self._draft = Draft()
        self._withdraws = False
        self.identity: PumpIdentity | None = None
        self.capabilities = CAPABILITIES

    @property
    def resumed(self) -> bool:
        """There are no sessions."""
        return False

    @property
    def heartbeat_s(self) -> float:
        """How often the pump wants to hear something."""
        return float(self._timeout_s) or inf

    @property
    def garbled_count(self) -> int:
        """How many bytes were no part of a whole reply of this pump, ever."""
        return self._reader.dropped_count + self._foreign_count

    # Questions

    def hello(self) -> Talk[PumpIdentity]:
        """Bring the pump to Basic mode, and ask what it is. Alarms that wait are said on the way."""
        has_safe_mode = yield from self._change_mode(0)
        if not has_safe_mode:
            # Perhaps the reply was lost, or `SAF` was taken for the beginning of a line: end that, and ask.
            yield from self._asked("")
            has_safe_mode = not (yield from self._text("SAF")).startswith(Error.UNKNOWN)
        self.capabilities = CAPABILITIES if has_safe_mode else CAPABILITIES - {Capability.WATCHDOG}
        text = yield from self._text("VER")
        found = _VERSION.fullmatch(text)
        if found is None:
            raise WrongPeer(
                f"the pump calls itself {text!r}, which is no New Era pump: choose another dialect"
            )
        model, version = found.groups()
        self._withdraws = (yield from self._text("DIR")) == "WDR"
        self.identity = PumpIdentity(
            maker="New Era", model=f"NE-{model}", serial=f"{self._address_no:02d}", software=version
        )
        return self.identity

    def status(self) -> Talk[PumpStatus]:
        """Ask for prompt, volume and, while it runs, rate. The pump has no clock."""
        reply = yield from self._asked("")
        if reply.alarm:
            reply = yield from self._asked("")
        infused_ml, withdrawn_ml = yield from self._dispensed_ml()
        runs = reply.prompt in RUNNING_PROMPTS
        if reply.prompt in (Prompt.INFUSING, Prompt.WITHDRAWING):
            self._withdraws = reply.prompt == Prompt.WITHDRAWING
        rate_ml_h = (yield from self._rate())[0] if runs else Decimal(0)
        mode = "halted" if self._standing and not runs else MODES[Prompt(reply.prompt or "S")]
        return PumpStatus(
            t_s=None,
            mode=mode,
            rate_ml_h=float(rate_ml_h),
            given_ml=float(withdrawn_ml if self._withdraws else infused_ml),
            alarms=tuple(
                AlarmView(code=ALARM_CODES[each][0], priority="high", state="latched")
                for each in self._standing
            ),
        )

    def program(self) -> Talk[Program]:
        """Ask for rate, target and direction. What the syringe holds the pump does not know: 0."""
        rate_ml_h, _ = yield from self._rate()
        volume_ml, _ = yield from self._volume()
        self._withdraws = (yield from self._text("DIR")) == "WDR"
        return Program(
            rate_ml_h=float(rate_ml_h),
            vtbi_ml=float(volume_ml) or NO_TARGET_ML,
            reservoir_ml=0.0,
            withdraws=self._withdraws,
        )

    def log(self, after_number: int) -> Talk[tuple[LogRow, ...]]:  # noqa: ARG002  (there is none)
        """Say that there is none."""
        raise NotAllowed("a New Era pump has no log")

    def panel(self) -> Talk[Panel]:
        """Say that it cannot be read."""
        raise NotAllowed("a New Era pump's front panel cannot be read over the line")

    def watch(self, interval_s: float) -> Talk[float]:
        """Go over to Safe mode with a time-out of whole seconds, 1 to 255; 0: back to Basic mode."""
        timeout_s = 0 if interval_s <= 0.0 else min(max(1, ceil(interval_s)), LONGEST_TIMEOUT_S)
        if not (yield from self._change_mode(timeout_s)):
            raise WrongPeer("the pump does not take SAF: it has no Safe mode of this kind")
        return float(timeout_s)

    def subscribe(self, *, wanted: bool, after_number: int) -> Talk[int]:  # noqa: ARG002  (one kind)
        """Nothing is to be asked for: in Safe mode the pump says its alarms by itself."""
        yield from ()
        return after_number

    def heartbeat(self) -> Talk[None]:
        """Ask for the prompt."""
        yield from self._asked("")

    def resolve(self, number: int) -> Talk[Resolution]:  # noqa: ARG002  (commands have no numbers)
        """Say that only the state can tell."""
        yield from ()
        return Resolution(Verdict.UNKNOWN)

    def goodbye(self) -> Talk[None]:
        """Leave Safe mode, and with it the watchdog."""
        if self._timeout_s:
            yield from self._change_mode(0)

    # Commands

    def send(self, command: Command) -> Talk[Outcome]:
        """Have a command carried out; a programme is kept here until it is confirmed."""
        talks: dict[type[Command], Callable[[], Talk[None]]] = {
            Start: self._start,
            Stop: self._stop,
            Acknowledge: self._acknowledge,
            ConfirmProgram: self._confirm,
            CancelProgram: self._cancel,
            ClearGiven: self._clear,
        }
        if isinstance(command, ProgramChange):
            return self._outcome(self._key(command))
        if type(command) not in talks:
            raise NotAllowed(f"a New Era pump has no word for {COMMAND_NAMES[type(command)]}")
        return self._outcome(talks[type(command)]())

    def _outcome(self, talk: Talk[None]) -> Talk[Outcome]:
        try:
            yield from talk
        except _RefusedError as refusal:
            return Outcome(accepted=False, reason=refusal.reason.value)
        return Outcome(accepted=True)

    def _start(self) -> Talk[None]:
        if self._standing:
            raise _RefusedError(Reason.ALARM)
        yield from self._done("RUN")

    def _stop(self) -> Talk[None]:
        reply = yield from self._asked("")
        if reply.prompt in RUNNING_PROMPTS:
            reply = yield from self._asked("STP", acts=True)
            # Stopped already is stopped, whatever the pump calls it.
            if reply.prompt in RUNNING_PROMPTS:
                raise _RefusedError(Reason.BAD_VALUE)

    def _acknowledge(self) -> Talk[None]:
        if not self._standing:
            yield from self._asked("")
        if not self._standing:
            raise _RefusedError(Reason.NOTHING_TO_ACKNOWLEDGE)
        for letter in self._standing.keys() & self._unasked:
            # Said unasked and not yet as a reply: the pump has not been taken notice of.
            for _ in range(ALARMS_COUNT):
                reply = yield from self._asked("")
                if reply.alarm in ("", letter):
                    break
        self._standing.clear()

    def _key(self, change: ProgramChange) -> Talk[None]:
        """Keep what is keyed. Nothing goes over the line: all of it does when it is confirmed."""
        yield from ()
        draft = self._draft.keyed(change)
        if draft.is_empty:
            raise _RefusedError(Reason.NOTHING_KEYED)
        if change.reservoir_ml is not None or change.kvo_ml_h or change.delay_s or draft.faults():
            raise _RefusedError(Reason.BAD_VALUE)
        self._draft = draft

    def _cancel(self) -> Talk[None]:
        yield from ()
        if self._draft.is_empty:
            raise _RefusedError(Reason.NOTHING_KEYED)
        self._draft = Draft()

    def _confirm(self) -> Talk[None]:
        """Write what was keyed; where the pump refuses a part, the parts before it are put back."""
        if self._draft.is_empty:
            raise _RefusedError(Reason.NOTHING_KEYED)
        if self._standing:
            raise _RefusedError(Reason.ALARM)
        yield from self._own_phases()
        before = yield from self.program()
        _, rate_unit = yield from self._rate()
        _, volume_unit = yield from self._volume()
        after = self._draft.over(before)
        words = _words(before, after, rate_unit, volume_unit)
        back = _words(after, before, rate_unit, volume_unit)
        if words is None:
            raise _RefusedError(Reason.BAD_VALUE)
        for done_count, word in enumerate(words):
            try:
                yield from self._done(word)
            except _RefusedError:
                for undone in (back or [])[:done_count]:
                    yield from self._done(undone)
                raise
        self._draft = Draft()
        self._withdraws = after.withdraws

    def _own_phases(self) -> Talk[None]:
        """Have phase 1 pump and phase 2 stop, unless it runs: there may be another's phase behind it."""
        if (yield from self._asked("")).prompt in RUNNING_PROMPTS:
            return
        reply = yield from self._asked("PHN2", acts=True)
        if reply.data == Error.UNKNOWN:
            return  # a pump without phases
        _check(reply)
        for word in ("FUNSTP", "PHN1", "FUNRAT"):
            yield from self._done(word)

    def _clear(self) -> Talk[None]:
        """Clear both counters, and let the next start begin its target anew."""
        yield from self._done("CLDINF")
        yield from self._done("CLDWDR")
        reply = yield from self._asked("")
        if reply.prompt == Prompt.PAUSED:
            yield from self._done("STP")

    # One exchange

    def _asked(self, command: str, *, acts: bool = False) -> Talk[Reply]:
        """Send one command; returns the reply, which may be an alarm: then nothing was carried out."""
        self._awaits = True
        data = request_bytes(self._address_no, command, safe=bool(self._timeout_s))
        text = yield Request(data=data, acts=acts)
        reply = reply_of(text)
        if reply is None or reply.data == Error.BAD_PACKET:
            raise LinkGarbled("the pump says that the request came damaged: ask again")
        return reply

    def _text(self, command: str) -> Talk[str]:
        """Ask for a value, as often as alarms take its place."""
        for _ in range(ALARMS_COUNT + 1):
            reply = yield from self._asked(command)
            if not reply.alarm:
                return reply.data
        raise LinkGarbled(f"the pump answers {command} with alarms only: look at it")

    def _done(self, command: str) -> Talk[None]:
        """Have a command carried out.

        Raises:
            _RefusedError: the pump did nothing.
        """
        _check((yield from self._asked(command, acts=True)))

    def _change_mode(self, timeout_s: int) -> Talk[bool]:
        """Send `SAF` in a packet, which pumps take in both modes, and again where an alarm is the answer.

        The reply may be framed in the new mode or in the old one. Returns whether the pump has taken it; to
        leave Safe mode, no reply is not yet a fault.
        """
        self._reader.safe = None
        self._changes_mode = True
        try:
            for _ in range(ALARMS_COUNT + 1):
                self._awaits = True
                data = request_bytes(self._address_no, f"SAF{timeout_s}", safe=True)
                text = yield Request(data=data, silence_tells=not timeout_s)
                reply = reply_of(text)
                if not text or (reply is not None and not reply.alarm):
                    break
            else:
                raise LinkGarbled("the pump answers SAF with alarms only: look at it")
        finally:
            self._changes_mode = False
            self._reader.safe = bool(self._timeout_s)
        is_taken = reply is not None and not reply.data
        if is_taken or not timeout_s:
            self._timeout_s = timeout_s
            self._reader.safe = timeout_s > 0
        return is_taken

    def _rate(self) -> Talk[tuple[Decimal, str]]:
        text = yield from self._text("RAT")
        number, unit = _parts(_RATE, text)
        return Decimal(number) * ML_H_PER_RATE_UNIT[unit], unit

    def _volume(self) -> Talk[tuple[Decimal, str]]:
        text = yield from self._text("VOL")
        number, unit = _parts(_VOLUME, text)
        return Decimal(number) * ML_PER_VOLUME_UNIT[unit], unit

    def _dispensed_ml(self) -> Talk[tuple[Decimal, Decimal]]:
        text = yield from self._text("DIS")
        infused, withdrawn, unit = _parts(_DISPENSED, text)
        per_unit = ML_PER_VOLUME_UNIT[unit]
        return Decimal(infused) * per_unit, Decimal(withdrawn) * per_unit

    # Bytes

    def receive(self, data: bytes) -> bytes | None:
        """Take in what arrived; returns the reply to the outstanding request once it is whole."""
        return self._sorted(self._reader.feed(data))

    def settle(self, stale: bytes) -> int:
        """Take in what came before the next request goes out; says how many bytes were of no use."""
        self._awaits = False
        before_count, news_count = self.garbled_count, self._said_count
        self._sorted(self._reader.feed(stale))
        useless = self.garbled_count > before_count or self._said_count == news_count
        return len(stale) if useless else 0

    def drop(self) -> bytes | None:
        """Give up a reply that was begun; returns the one that was hidden behind it."""
        return self._sorted(self._reader.give_up())

    def _sorted(self, replies: Iterator[Reply]) -> bytes | None:
        """Tell the reply that is waited for from alarms that are said unasked."""
        answer: bytes | None = None
        for reply in replies:
            if reply.address_no != self._address_no:
                self._foreign_count += len(reply.text)
            elif reply.alarm and self._is_unasked(AlarmLetter(reply.alarm)):
                self._said_count += 1
                self._unasked.add(AlarmLetter(reply.alarm))
                self._note(AlarmLetter(reply.alarm))
            elif self._awaits:
                self._awaits = False
                answer = reply.text
                if reply.alarm:
                    self._unasked.discard(AlarmLetter(reply.alarm))
                    self._note(AlarmLetter(reply.alarm))
                else:
                    self._unasked.clear()  # a pump that answers has no alarm left to be said
        return answer

    def _is_unasked(self, letter: AlarmLetter) -> bool:
        """Tell whether an alarm was said unasked. In Safe mode each is, the first time it is heard."""
        if not self._awaits:
            return True
        return bool(self._timeout_s) and not self._changes_mode and letter not in self._unasked

    def take_events(self) -> tuple[LogRow, ...]:
        """Give the alarms that were heard since the last call, oldest first."""
        events = tuple(self._events)
        self._events.clear()
        return events

    def _note(self, letter: AlarmLetter) -> None:
        """Keep an alarm as standing; each is written down once until somebody acknowledges it."""
        if letter not in self._standing:
            self._standing[letter] = None
            code, detail = ALARM_CODES[letter]
            self._row_number += 1
            self._events.append(LogRow(self._row_number, 0.0, "alarm_begin", code, None, detail))


def _parts(pattern: re.Pattern[str], text: str) -> tuple[str, ...]:
    found = pattern.fullmatch(text)
    if found is None:
        raise LinkGarbled(f"the pump's reply {text!r} makes no sense: ask again")
    return tuple(found.groups())


def _check(reply: Reply) -> None:
    """See whether a command was carried out.

    Raises:
        _RefusedError: the pump did nothing.
    """
    if reply.alarm:
        raise _RefusedError(Reason.ALARM)
    if reply.data == Error.NOT_APPLICABLE:
        runs = reply.prompt in RUNNING_PROMPTS
        raise _RefusedError(Reason.DELIVERING if runs else Reason.BAD_VALUE)
    if reply.data.startswith(Error.UNKNOWN):
        raise _RefusedError(
            next((why for said, why in REASONS.items() if said == reply.data), Reason.BAD_VALUE)
        )


def _words(before: Program, after: Program, rate_unit: str, volume_unit: str) -> list[str] | None:
    """Give the commands that make `after` of `before`; None: four digits cannot say it."""
    words: list[str] = []
    if after.vtbi_ml != before.vtbi_ml:
        volume_ml = Decimal(0) if after.vtbi_ml == NO_TARGET_ML else Decimal(repr(after.vtbi_ml))
        said = next(_said(volume_ml, volume_unit, ML_PER_VOLUME_UNIT), None)
        if said is None:
            return None
        words += [f"VOL{said[1]}", f"VOL{said[0]}"] if said[1] != volume_unit else [f"VOL{said[0]}"]
    if after.withdraws != before.withdraws:
        words.append("DIRWDR" if after.withdraws else "DIRINF")
    if after.rate_ml_h != before.rate_ml_h:
        said = next(_said(Decimal(repr(after.rate_ml_h)), rate_unit, ML_H_PER_RATE_UNIT), None)
        if said is None:
            return None
        number, unit = said
        # A pump that runs takes a number only, in the unit that it has.
        words.append(f"RAT{number}" if unit == rate_unit else f"RAT{number}{unit}")
    return words


def _said(value: Decimal, first_unit: str, units: dict[str, Decimal]) -> Iterator[tuple[str, str]]:
    """Give the ways to say `value` exactly, in the unit that the pump has first."""
    for unit in (first_unit, *units):
        number = exact_number(value / units[unit])
        if number is not None:
            yield number.removesuffix("."), unit
