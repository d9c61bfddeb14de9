"""A line with faults, without I/O and without a clock: bytes in with a time, bytes out with times.

    line.take(way, data, now_s)     bytes come from one end
    line.due(now_s)                 what has come of it by now: bytes to carry, the port going and coming back
    line.next_deadline_s()          when to look again; inf where nothing is to come

Time is the caller's, never runs back, and is counted from `begun_s`. Chance comes from a stream of each
rule's own, so that one fault more does not change the others; it is drawn per frame or byte that comes by, so
that the same bytes suffer the same, whatever else the machine does. Bytes of one way keep their order.

Memory is bounded: what is on its way may be `MOST_FLYING_BYTES`, and what comes on top of it is lost.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from math import inf
from random import Random
from typing import Final

from drivers.faults.catalogue import BOTH, TAKES_THE_PORT, Unit, Way
from drivers.faults.effects import EFFECTS, Flight, whole
from drivers.faults.frames import AS_WRITTEN, Cutter, Frames
from drivers.faults.script import FaultScriptError, Mistake, Rule, Script

MOST_FLYING_BYTES: Final = 65536
BABBLE_TICK_S: Final = 0.01
"""Babble comes in pieces so long, or a byte at a time where it is slower."""


@dataclass(frozen=True, slots=True)
class Carried:
    """Bytes arrive at the far end."""

    at_s: float
    way: Way
    data: bytes


@dataclass(frozen=True, slots=True)
class Unplugged:
    """The port disappears."""

    at_s: float


@dataclass(frozen=True, slots=True)
class Plugged:
    """The port is back, perhaps under another name."""

    at_s: float
    renamed: bool


@dataclass(frozen=True, slots=True)
class PowerCut:
    """The pump loses its power."""

    at_s: float


@dataclass(frozen=True, slots=True)
class PowerBack:
    """The pump has power again."""

    at_s: float


Happening = Carried | Unplugged | Plugged | PowerCut | PowerBack


@dataclass(frozen=True, slots=True)
class Struck:
    """A fault was done to the `number`-th frame or byte of its way; 0: it began by itself."""

    at_s: float
    rule: Rule
    way: Way
    number: int


@dataclass(slots=True)
class _Standing:
    """A rule in force."""

    rule: Rule
    chance: Random
    begun_s: float
    counts: dict[Way, int] = field(default_factory=lambda: dict.fromkeys(Way, 0))
    held: dict[Way, bytes] = field(default_factory=dict)

    def sees(self, way: Way, now_s: float) -> bool:
        """Whether what comes `way` now is counted."""
        rule = self.rule
        if rule.pick is None or way not in (rule.ways[:1] if rule.kind.lasts else rule.ways):
            return False
        return rule.from_s <= now_s - self.begun_s < rule.until_s

    def picks(self, way: Way) -> bool:
        """Count one more, and say whether it is picked."""
        self.counts[way] += 1
        return self.rule.pick is not None and self.rule.pick.hits(self.counts[way], self.chance)


@dataclass(slots=True)
class _Lane:
    """One way of the line."""

    cutter: Cutter
    last_s: float = -inf
    silent_until_s: float = -inf
    flush_s: float = inf


class FaultyLine:
    """A line on which `script` happens.

    Args:
        script: The faults.
        frames: What is known of the frames on it.
        begun_s: The caller's time at which the script begins.
        noted: Is told of everything that is done to anything.

    Raises:
        FaultScriptError: a fault cannot be had on this line, such as an alarm that no dialect makes.
    """

    def __init__(
        self,
        script: Script,
        frames: Frames = AS_WRITTEN,
        *,
        begun_s: float = 0.0,
        noted: Callable[[Struck], None] = lambda _struck: None,
    ) -> None:
        self._frames = frames
        self._seed = script.seed
        self._noted = noted
        self._lanes = {way: _Lane(Cutter(frames.cuts.get(way), frames.quiet_s)) for way in Way}
        self._standing: list[_Standing] = []
        self._timers: list[tuple[float, int, Callable[[float], None]]] = []
        self._flying: list[tuple[float, int, Happening]] = []
        self._flying_bytes_count = 0
        self._order = 0
        self._unplugged_count = 0
        self._cut_count = 0
        self._is_deaf = False
        self._late: list[bytes] = []
        for rule in script.rules:
            self.add(rule, begun_s)

    @property
    def is_plugged(self) -> bool:
        """Whether there is a port, as far as what is due has been taken."""
        return self._unplugged_count == 0

    def add(self, rule: Rule, now_s: float) -> None:
        """Let `rule` hold from now on; its times count from now.

        Raises:
            FaultScriptError: it cannot be had on this line.
        """
        if rule.kind.name == "alarm" and rule.data is None and self._frames.alarm is None:
            raise _impossible(rule, "no alarm frame is known on this line", "write it: alarm hex 02...03")
        if rule.kind.name == "misaddress" and self._frames.readdress is None:
            raise _impossible(rule, "frames on this line have no address", "leave it out")
        chance = Random(f"{self._seed}/{len(self._standing)}")
        standing = _Standing(rule, chance, now_s)
        self._standing.append(standing)
        if rule.pick is None:
            self._call_at(now_s + rule.from_s, lambda at_s: self._begin(standing, rule.ways[0], 0, at_s))

    # Time

    def next_deadline_s(self) -> float:
        """When there is something to take; inf if nothing is to come by itself."""
        timer_s = self._timers[0][0] if self._timers else inf
        return min(timer_s, self._flying[0][0]) if self._flying else timer_s

    def due(self, now_s: float) -> list[Happening]:
        """Take what has happened up to and including `now_s`, in its order."""
        self._advance(now_s)
        happened: list[Happening] = []
        while self._flying and self._flying[0][0] <= now_s:
            each = heappop(self._flying)[2]
            if isinstance(each, Carried):
                self._flying_bytes_count -= len(each.data)
            happened.append(each)
        return happened

    def _advance(self, now_s: float) -> None:
        while self._timers and self._timers[0][0] <= now_s:
            at_s, _, call = heappop(self._timers)
            call(at_s)

    def _call_at(self, at_s: float, call: Callable[[float], None]) -> None:
        if at_s < inf:
            self._order += 1
            heappush(self._timers, (at_s, self._order, call))

    def _fly(self, happening: Happening) -> None:
        self._order += 1
        heappush(self._flying, (happening.at_s, self._order, happening))

    # Bytes

    def take(self, way: Way, data: bytes, now_s: float) -> None:
        """Take in bytes from the end at which `way` begins."""
        self._advance(now_s)
        lane = self._lanes[way]
        if not self._has_way():
            return
        if not self._needs_frames(way) and not lane.cutter.waits:
            self._pass(way, data, now_s)
            return
        for part, is_frame in lane.cutter.feed(data):
            self._pass(way, part, now_s, is_frame=is_frame)
        if lane.cutter.waits:
            lane.flush_s = now_s + self._frames.quiet_s
            self._call_at(lane.flush_s, lambda at_s: self._flush(way, at_s))

    def _needs_frames(self, way: Way) -> bool:
        return any(
            each.rule.unit is Unit.FRAME and each.rule.pick is not None and way in each.rule.ways
            for each in self._standing
        )

    def _flush(self, way: Way, at_s: float) -> None:
        """Pass on the beginning of a frame that does not go on."""
        lane = self._lanes[way]
        if lane.cutter.waits and at_s >= lane.flush_s:
            part, is_frame = lane.cutter.flush()
            self._pass(way, part, at_s, is_frame=is_frame)

    def _pass(self, way: Way, part: bytes, now_s: float, *, is_frame: bool = True) -> None:
        """Let a frame, or what lies between frames, suffer every rule, and send what is left of it."""
        if not part or not self._has_way() or self._lanes[way].silent_until_s > now_s:
            return
        if way is Way.REQUEST:
            self._is_deaf = False
        elif self._is_deaf:
            return
        flight: Flight = [(0.0, part)]
        for standing in self._standing:
            if flight and standing.sees(way, now_s) and (is_frame or standing.rule.unit is Unit.BYTE):
                flight = self._suffer(standing, way, flight, now_s)
        self._send(way, flight, now_s)
        if way is Way.REQUEST:
            overdue, self._late = self._late, []
            for each in overdue:
                self._send(Way.REPLY, [(0.0, each)], max(now_s, self._lanes[way].last_s))
        self._advance(now_s)

    def _has_way(self) -> bool:
        return self._unplugged_count == 0 and self._cut_count == 0

    def _send(self, way: Way, flight: Flight, now_s: float) -> None:
        lane = self._lanes[way]
        for after_s, data in flight:
            if not data or self._flying_bytes_count + len(data) > MOST_FLYING_BYTES:
                continue
            lane.last_s = max(now_s + after_s, lane.last_s)
            self._flying_bytes_count += len(data)
            self._fly(Carried(lane.last_s, way, data))

    # Suffering

    def _suffer(self, standing: _Standing, way: Way, flight: Flight, now_s: float) -> Flight:
        if way in standing.held:
            standing.picks(way)
            return [(0.0, standing.held.pop(way) + whole(flight))]
        if standing.rule.unit is Unit.BYTE:
            return self._suffer_by_byte(standing, way, flight, now_s)
        return self._struck(standing, way, flight, now_s) if standing.picks(way) else flight

    def _suffer_by_byte(self, standing: _Standing, way: Way, flight: Flight, now_s: float) -> Flight:
        """As frames do, each byte by itself; what comes after a byte that is late is as late."""
        result: Flight = []
        spared = bytearray()
        late_s = 0.0
        for after_s, data in flight:
            for byte in data:
                if not standing.picks(way):
                    spared.append(byte)
                    continue
                result.append((after_s + late_s, bytes(spared)))
                spared.clear()
                one: Flight = [(after_s + late_s, bytes([byte]))]
                left = self._struck(standing, way, one, now_s)
                if standing.rule.kind.lasts and not left:
                    return result
                result += left
                late_s = max(late_s, left[-1][0] - after_s) if left else late_s
            result.append((after_s + late_s, bytes(spared)))
            spared.clear()
        return result

    def _struck(self, standing: _Standing, way: Way, flight: Flight, now_s: float) -> Flight:
        """Do the fault to what was picked; returns what is left of it."""
        rule = standing.rule
        number = standing.counts[way]
        if rule.kind.lasts:
            self._call_at(now_s, lambda at_s: self._begin(standing, way, number, at_s))
            return flight if rule.kind.name == "babble" else []
        self._noted(Struck(now_s, rule, way, number))
        effect = EFFECTS.get(rule.kind.name)
        if effect is not None:
            return effect(flight, rule, standing.chance)
        return self._struck_by_line(standing, way, flight, now_s)

    def _struck_by_line(self, standing: _Standing, way: Way, flight: Flight, now_s: float) -> Flight:
        """Do the faults that need to know of more than one frame."""
        rule, frames = standing.rule, self._frames
        match rule.kind.name:
            case "merge":
                standing.held[way] = whole(flight)
                self._call_at(now_s + rule.length_s, lambda at_s: self._let_go(standing, way, at_s))
                return []
            case "late":
                if sum(map(len, self._late)) < MOST_FLYING_BYTES:
                    self._late.append(whole(flight))
                return []
            case "echo":
                self._send(way.other, flight, now_s)
                return flight
            case "lose_reply":
                self._is_deaf = True
                return flight
            case "misaddress" if frames.readdress is not None:
                return [(0.0, frames.readdress(whole(flight)))]
            case "alarm" if rule.data is not None:
                return [(flight[0][0], rule.data), *flight]
            case "alarm" if frames.alarm is not None:
                return [(flight[0][0], frames.alarm(whole(flight))), *flight]
        raise NotImplementedError(rule.kind.name)

    def _let_go(self, standing: _Standing, way: Way, at_s: float) -> None:
        """Send what waited too long for a next frame."""
        if way in standing.held:
            self._send(way, [(0.0, standing.held.pop(way))], at_s)

    # What lasts

    def _begin(self, standing: _Standing, way: Way, number: int, at_s: float) -> None:
        rule = standing.rule
        ends_s = at_s + rule.length_s
        self._noted(Struck(at_s, rule, way, number))
        match rule.kind.name:
            case "silence":
                for each in rule.ways:
                    lane = self._lanes[each]
                    lane.silent_until_s = max(lane.silent_until_s, ends_s)
            case "babble":
                self._babble(standing, at_s, ends_s)
            case "power_cycle":
                self._lose_flying(at_s)
                self._cut_count += 1
                if self._cut_count == 1:
                    self._fly(PowerCut(at_s))
                self._call_at(ends_s, self._power_back)
            case name if name in TAKES_THE_PORT:
                self._lose_flying(at_s)
                self._unplugged_count += 1
                if self._unplugged_count == 1:
                    self._fly(Unplugged(at_s))
                self._call_at(ends_s, lambda then_s: self._plug(then_s, renamed=name == "replug"))

    def _lose_flying(self, at_s: float) -> None:
        """Lose what has not arrived yet."""
        for way in BOTH:
            lane = self._lanes[way]
            lane.cutter.flush()
            lane.last_s = min(lane.last_s, at_s)
        self._late.clear()
        for standing in self._standing:
            standing.held.clear()
        self._flying = [each for each in self._flying if each[0] <= at_s or not isinstance(each[2], Carried)]
        heapify(self._flying)
        self._flying_bytes_count = sum(
            len(each.data) for _, _, each in self._flying if isinstance(each, Carried)
        )

    def _plug(self, at_s: float, *, renamed: bool) -> None:
        self._unplugged_count -= 1
        if self._unplugged_count == 0:
            self._fly(Plugged(at_s, renamed))

    def _power_back(self, at_s: float) -> None:
        self._cut_count -= 1
        if self._cut_count == 0:
            self._fly(PowerBack(at_s))

    def _babble(self, standing: _Standing, at_s: float, ends_s: float) -> None:
        """Say a piece of rubbish, and come back for the next."""
        rate = standing.rule.amount_count or 1
        tick_s = max(BABBLE_TICK_S, 1.0 / rate)
        for way in standing.rule.ways:
            if self._has_way() and self._lanes[way].silent_until_s <= at_s:
                self._send(way, [(0.0, standing.chance.randbytes(round(rate * tick_s)))], at_s)
        if at_s + tick_s < ends_s:
            self._call_at(at_s + tick_s, lambda then_s: self._babble(standing, then_s, ends_s))


def _impossible(rule: Rule, what: str, remedy: str) -> FaultScriptError:
    return FaultScriptError([Mistake(1, f"{rule}: {what}", remedy)])
