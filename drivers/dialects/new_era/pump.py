"""The pump's side: answers as a pump of the family would, with a `PumpDevice` behind it.

This file is the link: framing, address, Safe mode with its watchdog, and alarms with the way in which they
are said and taken notice of. What the words do stands in `words.py`, what runs in `runner.py`.
"""

from __future__ import annotations

from math import inf
from typing import Final

from drivers.dialects.new_era.frames import (
    BadPacket,
    Packet,
    Reply,
    Request,
    RequestReader,
    reply_bytes,
    requests_of,
)
from drivers.dialects.new_era.runner import SILENT_MODES, USUAL, Habits, Runner
from drivers.dialects.new_era.tables import (
    BAUDS,
    INTER_BYTE_S,
    LARGEST_ADDRESS,
    LONGEST_TIMEOUT_S,
    NE_1000,
    AlarmLetter,
    Error,
    Model,
    whole_number_of,
)
from drivers.dialects.new_era.words import WORDS
from pump.commands import Access, LinkLost, LinkRestored
from pump.port import PumpDevice

LINK_WORDS: Final = frozenset({"SAF", "ADR"})


class NewEraPump:
    """One pump on the line, deaf to what is for other addresses.

    Args:
        device: What moves.
        address_no: 0 to 99, until `*ADR` gives another.
        model: What it calls itself, and its pusher's speeds.
        habits: What the sources leave open.
        powered_up: Whether it has just been switched on: then `A?R` waits.
        timers: Whether wall time counts.
    """

    def __init__(
        self,
        device: PumpDevice,
        *,
        address_no: int = 0,
        model: Model = NE_1000,
        habits: Habits = USUAL,
        powered_up: bool = True,
        timers: bool = True,
    ) -> None:
        self.address_no = address_no
        self.baud = model.baud
        self.runner = Runner(device, model, habits)
        self._habits = habits
        self._timers = timers
        self._reader = RequestReader()
        self._timeout_s = 0
        self._heard_s = inf
        self._last_byte_s = -inf
        self._alarms: list[AlarmLetter] = [AlarmLetter.RESET] if powered_up else []
        self._was_silent = False

    @property
    def is_safe(self) -> bool:
        """Whether Safe mode is on."""
        return self._timeout_s > 0

    # The seam

    def receive(self, data: bytes, wall_s: float) -> bytes:
        """Take in what arrived; returns the answers."""
        said = self.wake(wall_s) + self.on_change(wall_s)
        if self._was_silent:
            self._reader.give_up()
            return said
        self._last_byte_s = wall_s
        for heard in self._reader.feed(data):
            requests = requests_of(heard.data)
            if isinstance(heard, BadPacket):
                said += self._complain(requests)
                continue
            if isinstance(heard, Packet) and any(each.address_no == self.address_no for each in requests):
                self._heard_s = wall_s
            for request in requests:
                said += self._answer(request, wall_s, alone=len(requests) == 1)
        return said

    def next_deadline_s(self) -> float:
        """When half a packet is dropped, or the watchdog runs out; inf if neither."""
        if not self._timers:
            return inf
        drop_s = self._last_byte_s + INTER_BYTE_S if self._reader.waits else inf
        return min(drop_s, self._watchdog_s)

    def wake(self, wall_s: float) -> bytes:
        """Drop half a packet, and stop for a host that has been silent for too long."""
        if not self._timers:
            return b""
        if self._reader.waits and wall_s >= self._last_byte_s + INTER_BYTE_S:
            self._reader.give_up()
        if wall_s < self._watchdog_s:
            return b""
        self._heard_s = inf
        if self.runner.is_running:
            self.runner.stop()
        self.runner.do(LinkLost(access=Access.SUPPLIER))
        self.runner.raised.append(AlarmLetter.TIMEOUT)
        return self._say_alarms()

    def on_change(self, wall_s: float) -> bytes:
        """Follow the device, and say in Safe mode what alarm it came to."""
        mode = self.runner.mode
        if mode in SILENT_MODES:
            self._was_silent = True
            return b""
        if self._was_silent:
            return self.restart(wall_s)
        self.runner.follow(mode)
        if AlarmLetter.STALL in self._alarms and not self.runner.is_halted:
            self._alarms.remove(AlarmLetter.STALL)  # somebody took notice at the front panel
        return self._say_alarms()

    def restart(self, wall_s: float) -> bytes:  # noqa: ARG002  (the timer begins with the first packet)
        """Come back from power-off: all settings and the mode are kept, the timer waits, `A?R` stands."""
        self._was_silent = self.runner.mode in SILENT_MODES
        self._reader.give_up()
        self._heard_s = inf
        self._alarms.clear()
        self.runner.forget_position()
        self.runner.raised[:] = [AlarmLetter.RESET]
        return self._say_alarms()

    # Answering

    @property
    def _watchdog_s(self) -> float:
        return self._heard_s + self._timeout_s if self.is_safe else inf

    def _answer(self, request: Request, wall_s: float, *, alone: bool) -> bytes:
        """Do what is asked; a burst for several pumps is done and not answered."""
        word, argument = _taken_apart(request.command)
        if request.address_no != self.address_no and not (request.address_no is None and word == "ADR"):
            return b""
        was_safe = self.is_safe
        if self._alarms:
            reply = self._answer_alarm(word, argument, wall_s)
        else:
            data = self._carry_out(word, argument, wall_s)
            reply = Reply(address_no=self.address_no, prompt=self.runner.prompt, data=data)
        in_old_mode = word == "SAF" and not self._habits.saf_answers_in_new_mode
        said = reply_bytes(reply, safe=was_safe if in_old_mode else self.is_safe) if alone else b""
        return said + self._say_alarms()

    def _answer_alarm(self, word: str | None, argument: str, wall_s: float) -> Reply:
        """Say the alarm. A command that means something takes notice of it by that, and is not done."""
        letter = self._alarms[0]
        if word == "SAF" and self._habits.saf_works_under_alarm:
            self._carry_out(word, argument, wall_s)
        if word is not None:
            self._alarms.remove(letter)
            self._take_notice(letter)
        return Reply(address_no=self.address_no, alarm=letter)

    def _carry_out(self, word: str | None, argument: str, wall_s: float) -> str:
        match word:
            case None:
                return Error.UNKNOWN
            case "SAF":
                return self._change_mode(argument, wall_s)
            case "ADR":
                return self._change_address(argument)
            case _:
                return WORDS[word](self.runner, argument)

    def _complain(self, requests: tuple[Request, ...]) -> bytes:
        """Say that a packet came damaged, if what stands for its address is this pump's."""
        if len(requests) != 1 or requests[0].address_no != self.address_no:
            return b""
        reply = Reply(address_no=self.address_no, prompt=self.runner.prompt, data=Error.BAD_PACKET)
        return reply_bytes(reply, safe=self.is_safe)

    # Alarms

    def _say_alarms(self) -> bytes:
        """Take in new alarms. In Safe mode each is said once unasked, and nobody has taken notice by that."""
        said = b""
        for letter in self.runner.raised:
            if letter not in self._alarms:
                self._alarms.append(letter)
                if self.is_safe and not self._was_silent:
                    said += reply_bytes(Reply(address_no=self.address_no, alarm=letter), safe=True)
        self.runner.raised.clear()
        return said

    def _take_notice(self, letter: AlarmLetter) -> None:
        if letter is AlarmLetter.STALL:
            self.runner.take_notice_of_halt()
        elif letter is AlarmLetter.TIMEOUT:
            self.runner.do(LinkRestored(access=Access.SUPPLIER))

    # The link's own words

    def _change_mode(self, argument: str, wall_s: float) -> str:
        """`SAF`: the time-out of Safe mode in seconds; 0 is Basic mode."""
        if not argument:
            return f"{self._timeout_s}"
        timeout_s = whole_number_of(argument)
        if timeout_s is None:
            return Error.UNKNOWN
        if not 0 <= timeout_s <= LONGEST_TIMEOUT_S:
            return Error.OUT_OF_RANGE
        self._timeout_s = timeout_s
        self._reader.safe = timeout_s > 0
        self._heard_s = wall_s
        return ""

    def _change_address(self, argument: str) -> str:
        """`*ADR`: the address, and with `B` the baud rate."""
        if not argument:
            return f"{self.address_no:02d}"
        where, _, baud_text = argument.partition("B")
        address_no = whole_number_of(where)
        baud = whole_number_of(baud_text) if baud_text else self.baud
        if address_no is None or baud is None:
            return Error.UNKNOWN
        if not 0 <= address_no <= LARGEST_ADDRESS or baud not in BAUDS:
            return Error.OUT_OF_RANGE
        if baud != self.baud:
            self._heard_s = inf  # another baud rate suspends the timer
        self.address_no, self.baud = address_no, baud
        return ""


def _taken_apart(command: str) -> tuple[str | None, str]:
    """Give the word that a command begins with, and what follows it; None: it begins with none."""
    for word in (command[:3], command[:2], command[:0]):
        if (word or not command) and (word in WORDS or word in LINK_WORDS):
            return word, command[len(word) :]
    return None, ""
