"""Every fault of a line, one row each: what it does to which bytes, and what a correct host does about it.

The page `docs/protocols/faults.md` is written from this table. What a row *does* stands in `effects.py` and
`line.py`; how it is *asked for* in `script.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import inf
from typing import Final


class Way(StrEnum):
    """Which way bytes go."""

    REQUEST = "request"
    """From the host to the pump."""
    REPLY = "reply"
    """From the pump to the host, asked for or not."""

    @property
    def other(self) -> Way:
        """The opposite way."""
        return Way.REPLY if self is Way.REQUEST else Way.REQUEST


class Unit(StrEnum):
    """What a fault picks and counts."""

    FRAME = "frame"
    BYTE = "byte"


class Place(StrEnum):
    """Where something is put in, seen from a frame."""

    BEFORE = "before"
    INSIDE = "inside"
    AFTER = "after"


BOTH: Final = (Way.REQUEST, Way.REPLY)
PER_FRAME: Final = (Unit.FRAME,)
PER_EITHER: Final = (Unit.FRAME, Unit.BYTE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Length:
    """The length of time that a fault has: its word in a script, and what it is where none is given."""

    word: str
    default_s: float
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """The whole number that a fault has: its word, its default (None: chance decides) and its least value."""

    word: str
    default_count: int | None
    meaning: str
    least_count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultKind:
    """One fault.

    `ways` are the ways it is for where a script names none. `lasts` faults begin at a time or with a frame or
    byte, and go on for their length; the others are done to the frames and bytes they pick.
    """

    name: str
    does: str
    host: str
    ways: tuple[Way, ...] = BOTH
    one_way: bool = False
    units: tuple[Unit, ...] = PER_FRAME
    lasts: bool = False
    length: Length | None = None
    amount: Amount | None = None
    has_jitter: bool = False
    has_place: bool = False
    has_data: bool = False


_FOR: Final = Length(word="for", default_s=5.0, meaning="how long it lasts")

KINDS: Final[Mapping[str, FaultKind]] = {
    kind.name: kind
    for kind in (
        FaultKind(
            name="drop",
            does="frames or bytes get lost",
            host="Give up at its deadline; repeat a question, but nothing that changes the pump.",
            units=PER_EITHER,
        ),
        FaultKind(
            name="duplicate",
            does="frames or bytes arrive twice",
            host="Take the second answer for stale; a pump carries out a repeated command once.",
            units=PER_EITHER,
        ),
        FaultKind(
            name="flip",
            does="bits change",
            host="Refuse the frame by its checksum, and do as if nothing had come.",
            units=PER_EITHER,
            amount=Amount(word="bits", default_count=1, meaning="how many bits"),
        ),
        FaultKind(
            name="overwrite",
            does="bytes become FF, or what `hex` says",
            host="Refuse the frame by its checksum, and believe no length that it claims.",
            units=PER_EITHER,
            amount=Amount(word="bytes", default_count=1, meaning="how many bytes"),
            has_data=True,
        ),
        FaultKind(
            name="truncate",
            does="frames lose their end",
            host="Not wait for the rest beyond its deadline, and find the next frame's beginning.",
            amount=Amount(word="keep", default_count=None, meaning="how many bytes are left", least_count=0),
        ),
        FaultKind(
            name="garbage",
            does="bytes that mean nothing are put in",
            host="Skip them in a bounded buffer, count them, and find the frame among them.",
            units=PER_EITHER,
            amount=Amount(word="bytes", default_count=8, meaning="how many bytes"),
            has_place=True,
            has_data=True,
        ),
        FaultKind(
            name="split",
            does="frames come in two parts with a gap between them",
            host="Put together what comes within its deadline, and nothing that comes later.",
            length=Length(word="gap", default_s=0.6, meaning="how long nothing comes"),
            amount=Amount(word="keep", default_count=None, meaning="bytes before the gap"),
        ),
        FaultKind(
            name="merge",
            does="a frame is held until the next one, and both come at once",
            host="Take two frames out of one read, and know which of them answers.",
            length=Length(word="hold", default_s=1.0, meaning="how long it is held at most"),
        ),
        FaultKind(
            name="delay",
            does="frames or bytes come late, in their order",
            host="Wait until its deadline and no longer; what comes after it is stale.",
            units=PER_EITHER,
            length=Length(word="by", default_s=0.2, meaning="how late"),
            has_jitter=True,
        ),
        FaultKind(
            name="late",
            does="a reply comes after the next request has gone",
            host="Match replies to requests; never take the old answer for the new one.",
            ways=(Way.REPLY,),
            one_way=True,
        ),
        FaultKind(
            name="misaddress",
            does="frames carry another address, and are sound otherwise",
            host="Ignore frames that are not from the pump it asked.",
        ),
        FaultKind(
            name="echo",
            does="the host hears its own request",
            host="Never take its own words for an answer.",
            ways=(Way.REQUEST,),
            one_way=True,
        ),
        FaultKind(
            name="alarm",
            does="a sound alarm frame comes before the reply, unasked",
            host="Report it as an event, and go on waiting for the answer.",
            ways=(Way.REPLY,),
            one_way=True,
            has_data=True,
        ),
        FaultKind(
            name="lose_reply",
            does="the request takes effect, and all that is said until the next request is lost",
            host="Raise UncertainDelivery, read the state to resolve it, and never send the command again.",
            ways=(Way.REQUEST,),
            one_way=True,
        ),
        FaultKind(
            name="silence",
            does="nothing comes through",
            host="End each transaction at its deadline; the pump's watchdog raises its alarm meanwhile.",
            units=PER_EITHER,
            lasts=True,
            length=_FOR,
        ),
        FaultKind(
            name="babble",
            does="garbage comes without end, between the frames",
            host="Keep one deadline for each transaction that no byte extends, and a bounded buffer.",
            ways=(Way.REPLY,),
            lasts=True,
            length=Length(word="for", default_s=inf, meaning="how long it lasts"),
            amount=Amount(word="rate", default_count=960, meaning="bytes a second"),
        ),
        FaultKind(
            name="disconnect",
            does="the port disappears, at any frame or byte, and comes back",
            host="Say that the link is down; reconnect with back-off, identify, read the state; not resume.",
            ways=(Way.REQUEST,),
            units=PER_EITHER,
            lasts=True,
            length=_FOR,
        ),
        FaultKind(
            name="replug",
            does="the port disappears and comes back under another name",
            host="Find it again by its stable name, not by the number it had, and identify the pump.",
            ways=(Way.REQUEST,),
            units=PER_EITHER,
            lasts=True,
            length=_FOR,
        ),
        FaultKind(
            name="power_cycle",
            does="the pump loses its power, and gets it back; the port stays",
            host="Notice that the pump began anew, read its state, and leave starting to a person.",
            ways=(Way.REQUEST,),
            units=PER_EITHER,
            lasts=True,
            length=_FOR,
        ),
    )
}
"""Every fault by its name, in the order of the page."""

TAKES_THE_PORT: Final = frozenset({"disconnect", "replug"})
"""Faults during which there is no port."""

COUNTS_ONE_WAY: Final = frozenset({"disconnect", "replug", "power_cycle"})
"""Faults of the whole line: the way that a script names is the one whose frames and bytes are counted."""
