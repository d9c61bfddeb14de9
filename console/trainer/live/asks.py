"""What pages may ask, one row each: who may, and what it does.

Whatever comes over a socket goes through `carry_out`. What is not understood, not allowed or not possible is
refused with a line for people, and changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, Final

from console.errors import UserError
from console.trainer.kept.record import Kind, Mode, Who
from console.trainer.live.feed import Viewer
from console.trainer.live.port import DIALECTS
from console.trainer.live.run import AskRefusedError, Run
from console.trainer.live.view import Page
from pump.alarm_table import ALARM_BY_CODE
from pump.commands import Key
from scenarios.quantities import TIME, QuantityError
from sim.world.work import NURSE

MOST_CHARS: Final = 4096
"""No ask is longer."""

MOST_TEXT_CHARS: Final = 400
"""Nor is any text longer that somebody types."""

MOST_NUMBER: Final = 2**53

ANYBODYS: Final[Mapping[str, tuple[str, ...]]] = {
    "clamp": ("where",),
    "unclamp": ("where",),
    "unkink": ("where",),
    "tap": (),
    "attach_cassette": (),
    "close_door": (),
    "plug": (),
    "unplug": (),
    "change_battery": (),
    "disconnect": (),
    "reconnect": (),
    "double_clamp": (),
    "change_bag": ("reset", "new_set"),
    "reprime": ("volume", "connected"),
    "purge_bag": (),
    "flush": ("volume", "where"),
    "aspirate": ("volume", "where"),
    "move_pump": ("site_above",),
    "seal_leak": ("where",),
    "call_nurse": (),
    "go_to_hospital": (),
    "call_physician": (),
    "note": ("what", "detail"),
}
"""What any trainee can do with their hands, and what they can say of it."""

NURSES: Final[Mapping[str, tuple[str, ...]]] = {
    "check_residual": (),
    "change_set": (),
    "change_filter": (),
    "infuse_saline": ("rate", "volume"),
    "thrombolytic": (),
    "use_lumen": (),
    "swap_pump": (),
}
"""What a trainee can do besides who is a nurse."""


def within_reach(hand: str) -> Mapping[str, tuple[str, ...]]:
    """Give what a trainee can do whose hand is `hand`, and the parameters that may be said of it."""
    return {**ANYBODYS, **(NURSES if hand == NURSE else {})}


@dataclass(frozen=True, slots=True)
class Ask:
    """What a page asks, as it came."""

    name: str
    number: int
    body: Mapping[str, Any]
    viewer: Viewer

    @property
    def who(self) -> Who:
        """Who is at the page."""
        return who_is_at(self.viewer)

    def text(self, name: str, *, required: bool = True) -> str:
        """Give a text that was sent along."""
        value = self.body.get(name, "")
        if not isinstance(value, str):
            raise AskRefusedError(f"{name} is no text")
        found = " ".join(value.split())
        if required and not found:
            raise AskRefusedError(f"{name} is missing")
        if len(found) > MOST_TEXT_CHARS:
            raise AskRefusedError(f"{name} is longer than {MOST_TEXT_CHARS} characters")
        return found

    def flag(self, name: str) -> bool:
        """Give a yes or no that was sent along."""
        value = self.body.get(name)
        if not isinstance(value, bool):
            raise AskRefusedError(f"{name} is neither true nor false")
        return value

    def number_of(self, name: str) -> float:
        """Give a number that was sent along."""
        value = self.body.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
            raise AskRefusedError(f"{name} is no number")
        return float(value)

    def span_s(self, name: str) -> float:
        """Give a time with its unit that was sent along."""
        try:
            span_s = TIME.read(self.text(name))
        except QuantityError as error:
            raise AskRefusedError(f"{name}: {error}") from error
        if span_s <= 0.0:
            raise AskRefusedError(f"{name}: give a time above zero")
        return span_s

    def params(self) -> Mapping[str, Any]:
        """Give what was sent along for a verb."""
        params = self.body.get("params", {})
        if not isinstance(params, dict):
            raise AskRefusedError("params is no table of parameters")
        return params


def who_is_at(viewer: Viewer) -> Who:
    """Give who is at a page."""
    return Who.INSTRUCTOR if viewer.page is Page.INSTRUCTOR else Who.TRAINEE


Deed = Callable[[Run, Ask], None]


def _key(run: Run, ask: Ask) -> None:
    try:
        key = Key(ask.text("key"))
    except ValueError:
        raise AskRefusedError(f"there is no such key; there are {', '.join(Key)}") from None
    run.key(key, down=ask.flag("down"), finger=ask.viewer, who=ask.who)


def _do(run: Run, ask: Ask) -> None:
    verb, params = ask.text("verb"), ask.params()
    hands = within_reach(run.origin.hand)
    if verb not in hands:
        raise AskRefusedError(f"{verb[:40]} is nothing that the {run.origin.hand} does here")
    strange = set(params) - set(hands[verb])
    if strange:
        raise AskRefusedError(f"{verb} takes no {', '.join(sorted(str(each)[:40] for each in strange))}")
    run.do(verb, params, Who.TRAINEE)


def _inject(run: Run, ask: Ask) -> None:
    run.do(ask.text("verb"), ask.params(), Who.INSTRUCTOR)


def _note(run: Run, ask: Ask) -> None:
    alarm = ask.text("alarm", required=False)
    if alarm and alarm not in ALARM_BY_CODE:
        raise AskRefusedError("there is no such alarm")
    text = ask.text("text", required=not alarm)
    run.add(Kind.NOTE, ask.who, {"alarm": alarm, "text": text})


def _answer(run: Run, ask: Ask) -> None:
    run.answer(ask.text("question"), ask.text("choice"), ask.who)


def _hint(run: Run, ask: Ask) -> None:
    if run.origin.mode is not Mode.GUIDED:
        raise AskRefusedError("there are no hints in this run")
    run.hint(ask.text("task"), ask.who)


def _begin(run: Run, ask: Ask) -> None:
    _check_own_clock(run, ask)
    run.resume(ask.who)


def _wait(run: Run, ask: Ask) -> None:
    _check_own_clock(run, ask)
    if ask.text("until") == "called":
        run.wait_for_call(ask.who)
    else:
        run.skip(ask.span_s("until"), ask.who)


def _check_own_clock(run: Run, ask: Ask) -> None:
    if ask.viewer.page is Page.TRAINEE and not run.origin.alone:
        raise AskRefusedError("the instructor runs the clock")


def _finish(run: Run, ask: Ask) -> None:
    _check_own_clock(run, ask)
    run.finish(ask.who)


def _clock(run: Run, ask: Ask) -> None:
    match ask.text("what"):
        case "resume":
            run.resume(ask.who)
        case "pause":
            run.pause(ask.who)
        case "rate":
            run.set_rate(ask.number_of("rate_frac"), ask.who)
        case "next":
            run.next_event(ask.who)
        case "skip":
            run.skip(ask.span_s("span"), ask.who)
        case what:
            raise AskRefusedError(f"the clock knows no {what[:40]}")


def _mark(run: Run, ask: Ask) -> None:
    run.add(Kind.MARK, ask.who, {"text": ask.text("text")})


def _show(run: Run, ask: Ask) -> None:
    run.show(truth=ask.flag("truth"))


def _port(run: Run, ask: Ask) -> None:
    dialect = ask.text("dialect", required=False)
    if dialect and dialect not in DIALECTS:
        raise AskRefusedError(f"the pump speaks {', '.join(DIALECTS)}")
    run.open_port(dialect)


def _branch(run: Run, ask: Ask) -> None:
    run.leave(ask.number_of("at_s"))


BOTH: Final = frozenset({Page.TRAINEE, Page.INSTRUCTOR})
INSTRUCTORS: Final = frozenset({Page.INSTRUCTOR})
NOBODY: Final[frozenset[Page]] = frozenset()

ASKS: Final[Mapping[str, tuple[frozenset[Page], Deed]]] = {
    "key": (BOTH, _key),
    "do": (BOTH, _do),
    "note": (BOTH, _note),
    "answer": (BOTH, _answer),
    "hint": (BOTH, _hint),
    "begin": (BOTH, _begin),
    "wait": (BOTH, _wait),
    "finish": (BOTH, _finish),
    "clock": (INSTRUCTORS, _clock),
    "inject": (INSTRUCTORS, _inject),
    "mark": (INSTRUCTORS, _mark),
    "show": (INSTRUCTORS, _show),
    "branch": (INSTRUCTORS, _branch),
    "port": (INSTRUCTORS, _port),
}
"""By name: the pages that may ask it, and what it does."""


def carry_out(run: Run, viewer: Viewer, message: str) -> None:
    """Do what a page asks, and answer it."""
    number = 0
    try:
        ask = _read(message, viewer)
        number = ask.number
        _deed_of(ask)(run, ask)
    except (AskRefusedError, UserError) as refusal:  # what cannot be kept is said where it was asked for
        viewer.answer(type="refused", n=number, text=str(refusal))
    else:
        viewer.answer(type="done", n=number)


def _deed_of(ask: Ask) -> Deed:
    pages, deed = ASKS.get(ask.name, (NOBODY, None))
    if deed is None:
        raise AskRefusedError(f"nobody knows what {ask.name[:40]!r} is")
    if ask.viewer.page not in pages:
        raise AskRefusedError(f"{ask.name} is nothing that the {ask.viewer.page}'s page can ask for")
    return deed


def _read(message: str, viewer: Viewer) -> Ask:
    if len(message) > MOST_CHARS:
        raise AskRefusedError(f"an ask has at most {MOST_CHARS} characters")
    try:
        body = json.loads(message)
        # Half of a pair of characters can be written in JSON and nowhere else: no page could be told of it.
        json.dumps(body, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise AskRefusedError("that was no JSON") from None
    if not isinstance(body, dict):
        raise AskRefusedError("an ask is a JSON object")
    name, number = body.get("ask"), body.get("n", 0)
    if not isinstance(name, str):
        raise AskRefusedError("an ask has a name")
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < MOST_NUMBER:
        raise AskRefusedError("the number of an ask is a whole one")
    return Ask(name, number, body, viewer)
