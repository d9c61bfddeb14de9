"""What the commands that serve a line share about what happens on it: reading, telling, serving."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from console.errors import UserError
from console.places import Address, Place, opened, tell
from console.words import moment, plain

if TYPE_CHECKING:
    from drivers.emulator import LineEnd
    from drivers.faults.end import FaultyEnd
    from drivers.faults.frames import Frames
    from drivers.faults.line import Struck
    from drivers.faults.script import Rule, Script
    from drivers.paced_end import PacedEnd
    from sim.world.setup import Step

WAYS: Final = {"to_pump": "request", "from_pump": "reply", "both": "both"}
"""The ways of a step, in a script's words."""

FRAME_FAULTS: Final = {
    "link_drop": "drop",
    "link_repeat": "duplicate",
    "link_corrupt": "flip",
    "link_truncate": "truncate",
    "link_delay": "delay",
}
"""The verbs of the line that are done to so many frames, and the faults that they are."""

LASTING_FAULTS: Final = {"link_silence": "silence", "link_disconnect": "disconnect"}
"""The verbs that last."""


def script_of(text: str, seed: int | None) -> Script:
    """Read faults as given on the command line: the faults themselves, or the name of a file with them.

    Raises:
        UserError: the file cannot be read, or what is asked for cannot be had.
    """
    from drivers.faults.script import FaultScriptError, parse_script
    from scenarios.faults import ScenarioError
    from scenarios.files import text_of

    path = Path(text)
    try:
        script = parse_script(text_of(path, text, "fault script") if _is_file(path) else text)
    except (FaultScriptError, ScenarioError) as error:
        raise UserError(str(error)) from error
    return script if seed is None else replace(script, seed=seed)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # too long for a name, or with a zero in it: no name then
        return False


def rule_of(step: Step, speed_frac: float = 1.0) -> Rule:
    """Give the fault that a step with a verb of the line asks for; it begins when it is added.

    How long an outage lasts is the scenario's time, of which `speed_frac` seconds pass in one of the wall's;
    how late a frame comes is the line's, which is the wall's.
    """
    from drivers.faults.script import parse_rule

    given = dict(step.params)
    if step.verb in LASTING_FAULTS:
        name = LASTING_FAULTS[step.verb]
        length_s = float(given["for_s"]) / speed_frac
        return replace(parse_rule(name), text=f"{name} for {plain(length_s, 6)} s", length_s=length_s)
    way = WAYS[str(given.get("direction", "both"))]
    count = int(given.get("frames_count", 1))
    rule = parse_rule(f"{FRAME_FAULTS[step.verb]} {way} {f'1-{count}' if count > 1 else 'once'}")
    if step.verb != "link_delay":
        return rule
    late_s = float(given["delay_s"])
    return replace(rule, text=f"{rule} by {plain(late_s, 6)} s", length_s=late_s)


def wire_of(end: FaultyEnd, speed_frac: float) -> Callable[[Step], str]:
    """Give what lets a scenario's faults of the line happen at `end`, and tells of them."""

    def disturb(step: Step) -> str:
        rule = rule_of(step, speed_frac)
        tell(f"{moment(step.at_s)} of the pump's time: {rule}")
        end.add(rule)
        return str(rule)

    return disturb


def teller(begun_s: float) -> Callable[[Struck], None]:
    """Give what tells people of each fault as it happens, by the time since `begun_s`."""

    def told(struck: Struck) -> None:
        which = f", {struck.way} {struck.rule.unit} {struck.number}" if struck.number else ""
        tell(f"{struck.at_s - begun_s:.3f} s: {struck.rule}{which}")

    return told


async def serve_with_faults(
    inner: LineEnd,
    place: Place,
    script: Script,
    frames: Frames,
    stack: AsyncExitStack,
    *,
    power: Callable[[bool], None] | None = None,
    pace_baud: int | None = None,
) -> tuple[str, FaultyEnd]:
    """Serve `inner` at `place` behind a line on which `script` happens; gives what a client opens.

    Args:
        inner: What answers.
        place: Where.
        script: What happens on the line.
        frames: What is known of the dialect's frames.
        stack: Ends it.
        power: Takes the pump's power and gives it back; None: nobody here can.
        pace_baud: Bytes take as long as at so many bits per second; None: no time at all.

    Raises:
        UserError: the place or a fault cannot be had.
    """
    import asyncio

    from drivers.faults.end import FaultyEnd
    from drivers.faults.plug import Plug
    from drivers.faults.script import FaultScriptError
    from drivers.paced_end import pace_of

    if pace_baud is not None:
        frames = frames.on_a_line(pace_of(inner.line, pace_baud).piece_s)
    plug: Plug[str] = await stack.enter_async_context(Plug(told=tell, errors=(OSError, UserError)))
    begun_s = asyncio.get_running_loop().time()
    try:
        end = FaultyEnd(inner, script, frames, socket=plug, power=power, noted=teller(begun_s))
    except FaultScriptError as error:
        raise UserError(str(error)) from error
    stack.callback(end.close)
    outer = end if pace_baud is None else paced(end, pace_baud, stack)
    places = [place]
    url = await plug.serve(lambda: opened(places[0], outer))
    places[0] = _found_again(place, url)
    return url, end


def paced(inner: LineEnd, baud: int, stack: AsyncExitStack) -> PacedEnd:
    """Let the bytes before `inner` take as long as at `baud`, until `stack` ends."""
    from drivers.paced_end import PacedEnd

    end = PacedEnd(inner, baud)
    stack.callback(end.close)
    return end


def _found_again(place: Place, url: str) -> Place:
    """The place with the port number that it got, so that it comes back where it was."""
    if place.pty is not None:
        return place
    port_no = int(url.rpartition(":")[2])
    return replace(place, tcp=_numbered(place.tcp, port_no), rfc2217=_numbered(place.rfc2217, port_no))


def _numbered(address: Address | None, port_no: int) -> Address | None:
    return None if address is None else address._replace(port_no=port_no)
