"""The front panel: keys in (`Keypad`, of `pump/keypad.py`), and what a person sees and hears (`panel`).

`panel(core, t_s)` is pure: it looks at a pump core and gives six lines, two lamps, a sound and the icons.
Who draws them - a page, a terminal, a picture - adds nothing of their own.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import Final, Literal

from pump.alarms import Priority, Standing
from pump.delivery import DELIVERING, Mode
from pump.keypad import (
    CODE_DIGITS_COUNT,
    CONFIRM_LINE,
    FIELDS,
    FORGET_LINE,
    LEVELS,
    MENU,
    Keypad,
    Page,
    PanelView,
    draft_hard_faults,
    draft_soft_faults,
    number_range,
)
from pump.lock import LockState
from pump.program import Program
from pump.seam import BEYOND_HALF
from pump.signals import FAULT_LIGHT, LIGHTS, RUNNING_LIGHT, STOPPED_LIGHT, Light

__all__ = ["COLUMNS_COUNT", "LINES_COUNT", "Icons", "Keypad", "Panel", "PanelSound", "PanelView", "panel"]

LINES_COUNT: Final = 6
COLUMNS_COUNT: Final = 24
"""The display's size (X)."""

URGENCY: Final = {Priority.HIGH: "!!!", Priority.MEDIUM: "!!", Priority.LOW: "!"}
"""Marks of the priorities, as on other alarm displays [G]."""


@dataclass(frozen=True, slots=True)
class PanelSound:
    """The alarm sound that is on, or paused. What it consists of stands in `pump/signals.py`."""

    code: str
    priority: Priority
    escalated: bool
    paused_until_s: float | None

    @property
    def is_heard(self) -> bool:
        """Whether it sounds and is not paused."""
        return self.paused_until_s is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Icons:
    """The small signs beside the display. `waiting_count`: alarms that stand besides the one signalled."""

    lock_level: str
    keyboard: Literal["open", "locked", "backing off"]
    battery_frac: float | None
    battery: Literal["charging", "full", "in use", "low", "depleted", "missing"]
    mains: bool
    link_lost: bool
    audio_paused: bool
    soft_limit: bool
    waiting_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """What the front of the pump shows. A pump that is off shows nothing and has no icons."""

    lines: tuple[str, ...]
    status_light: Light | None = None
    alarm_light: Light | None = None
    sound: PanelSound | None = None
    icons: Icons | None = None


_DARK: Final = Panel(lines=("",) * LINES_COUNT)


def panel(core: PanelView, t_s: float) -> Panel:
    """Give what the front of the pump shows at `t_s`."""
    if core.mode is Mode.OFF:
        return _DARK
    signalled = core.alarms.signalled()
    return Panel(
        lines=_fitted((_top_line(core, signalled), *_page_lines(core, t_s, signalled))),
        status_light=_status_light(core.mode),
        alarm_light=None if signalled is None else LIGHTS[signalled.priority],
        sound=_sound(core, signalled),
        icons=_icons(core, signalled),
    )


# -------------------------------------------------------------------- lamps, sound, icons


def _status_light(mode: Mode) -> Light:
    if mode is Mode.FAULT:
        return FAULT_LIGHT
    return RUNNING_LIGHT if mode in DELIVERING else STOPPED_LIGHT


def _sound(core: PanelView, signalled: Standing | None) -> PanelSound | None:
    """Give the sound that is to be heard. A broken sounder is silent, whatever the pump wants."""
    if signalled is None or signalled.stepped_back or "tone" in core.readings.faults:
        return None
    return PanelSound(
        code=signalled.code,
        priority=signalled.priority,
        escalated=signalled.escalated,
        paused_until_s=signalled.silenced_until_s,
    )


def _icons(core: PanelView, signalled: Standing | None) -> Icons:
    readings = core.readings
    has_battery = readings.battery_present_frac > BEYOND_HALF
    standing_count = len(core.alarms.standing())
    return Icons(
        lock_level=core.lock.level.value,
        keyboard=_keyboard(core.lock),
        battery_frac=readings.battery_frac if has_battery else None,
        battery=_battery(core),
        mains=readings.mains_frac > BEYOND_HALF,
        link_lost=core.alarms.is_standing("LINK_LOST"),
        audio_paused=signalled is not None and signalled.silenced_until_s is not None,
        soft_limit=bool(core.soft_overrides),
        waiting_count=standing_count - (signalled is not None),
    )


def _keyboard(lock: LockState) -> Literal["open", "locked", "backing off"]:
    if lock.blocked_until_s is not None:
        return "backing off"
    return "open" if lock.is_unlocked else "locked"


def _battery(core: PanelView) -> Literal["charging", "full", "in use", "low", "depleted", "missing"]:
    readings = core.readings
    if readings.battery_present_frac <= BEYOND_HALF:
        return "missing"
    if readings.mains_frac > BEYOND_HALF:
        return "full" if readings.battery_frac >= 1.0 else "charging"
    if core.alarms.is_standing("BATTERY_DEPLETED"):
        return "depleted"
    return "low" if core.alarms.is_standing("BATTERY_LOW") else "in use"


# -------------------------------------------------------------------- lines


def _fitted(lines: tuple[str, ...]) -> tuple[str, ...]:
    shown = [line[:COLUMNS_COUNT] for line in lines[:LINES_COUNT]]
    return (*shown, *("",) * (LINES_COUNT - len(shown)))


def _two_sided(left: str, right: str) -> str:
    return f"{left}{right.rjust(COLUMNS_COUNT - len(left))}"


def _top_line(core: PanelView, signalled: Standing | None) -> str:
    """Say what the pump does; on a page of the menu an alarm that calls takes its place."""
    if signalled is None or signalled.stepped_back or core.keypad.page is Page.HOME:
        return _status_line(core)
    return _alarm_title(signalled)


def _status_line(core: PanelView) -> str:
    match core.mode:
        case Mode.RUNNING:
            return _two_sided("RUNNING", f"{core.program.rate_ml_h:g} mL/h")
        case Mode.KVO:
            return _two_sided("KVO", f"{min(core.program.kvo_ml_h, core.program.rate_ml_h):g} mL/h")
        case Mode.PRIMING:
            return _two_sided("PRIMING", f"{core.profile.prime_rate_ml_h:g} mL/h")
        case _:
            return "WAITING TO START" if core.waits else core.mode.value.upper().replace("_", "-")


def _page_lines(core: PanelView, t_s: float, signalled: Standing | None) -> tuple[str, ...]:  # noqa: PLR0911 - one page each
    keypad = core.keypad
    match keypad.page:
        case Page.HOME:
            return _home(core, t_s) if signalled is None else _alarm(signalled)
        case Page.INFO:
            return _info(core, t_s, keypad.cursor)
        case Page.MENU:
            return _list(tuple(item.label for item in MENU), keypad.cursor)
        case Page.LEVEL:
            return _list(tuple(level.value for level in LEVELS), keypad.cursor)
        case Page.PROGRAM:
            return _list(_program_lines(core), keypad.cursor)
        case Page.CODE:
            blank = "_" * (CODE_DIGITS_COUNT - len(keypad.digits) - 1)
            return ("Enter code", "", "*" * len(keypad.digits) + str(keypad.cursor) + blank)
        case Page.EDIT:
            field = FIELDS[keypad.field_place]
            return (field.label, "", _number(core, t_s, field.unit), "", "UP DOWN, then OK")
        case Page.NEW_BAG:
            return ("New bag: it holds", "", _number(core, t_s, "mL"), "", "OK restores all counters")
        case Page.RESERVOIR:
            return ("Reservoir holds", "", _number(core, t_s, "mL"), "", "UP DOWN, then OK")
        case Page.PRIME:
            return ("Prime", "", _number(core, t_s, "mL"), "", "UP DOWN, then OK")
        case Page.PRIME_CHECK:
            return ("Is the patient", "DISCONNECTED?", "", "Hold OK: yes, prime", "STOP: no")
        case Page.CLEAR_GIVEN:
            return (
                "Clear given volume",
                _volume_line("Given", core.counters(t_s).given_ml),
                "",
                "OK: yes",
                "STOP: no",
            )
        case Page.CONFIRM:
            return _confirm(core)


def _home(core: PanelView, t_s: float) -> tuple[str, ...]:
    counters = core.counters(t_s)
    if core.mode is Mode.PRIMING:
        return (_volume_line("Primed", counters.primed_ml), "", "Patient disconnected?", "", "STOP ends it")
    notice = ""
    if not core.draft.is_empty:
        notice = "Program not confirmed"
    elif core.soft_overrides:
        notice = "! beyond soft limit"
    left_ml = min(counters.vtbi_left_ml, counters.reservoir_ml)
    return (
        _volume_line("Given", counters.given_ml),
        _volume_line("To give", counters.vtbi_left_ml),
        _volume_line("Reservoir", counters.reservoir_ml),
        _two_sided("Lasts", _duration(left_ml / core.program.rate_ml_h)),
        notice,
    )


def _alarm(signalled: Standing) -> tuple[str, ...]:
    return (_alarm_title(signalled), *textwrap.wrap(signalled.row.help, COLUMNS_COUNT))


def _alarm_title(standing: Standing) -> str:
    return f"{URGENCY[standing.priority]} {standing.row.display}"


def _info(core: PanelView, t_s: float, page_number: int) -> tuple[str, ...]:
    match page_number:
        case 0:
            counters = core.counters(t_s)
            return (
                _volume_line("Given", counters.given_ml),
                _volume_line("To give", counters.vtbi_left_ml),
                _volume_line("Reservoir", counters.reservoir_ml),
                _volume_line("Primed", counters.primed_ml),
            )
        case 1:
            return _program_rows(core.program) + (("! beyond soft limit",) if core.soft_overrides else ())
        case 2:
            return _power_rows(core)
        case 3:
            rows = tuple(_alarm_title(each) for each in core.alarms.standing())
            return rows or ("No alarms",)
        case 4:
            settings = core.settings
            return (
                _two_sided("Lock", f"{core.lock.level} {_keyboard(core.lock)}"),
                _two_sided("Downstream", f"{settings.downstream_mmhg:g} mmHg"),
                _two_sided("Upstream", f"{settings.upstream_mmhg:g} mmHg"),
                _two_sided("Air", f"{settings.air_limits.single_ul:g} µL" if settings.detects_air else "off"),
            )
        case _:
            return ("Ambupump", *textwrap.wrap(core.profile.title, COLUMNS_COUNT), "NOT A MEDICAL DEVICE")


def _power_rows(core: PanelView) -> tuple[str, ...]:
    icons = _icons(core, None)
    charge = "" if icons.battery_frac is None else f" {100.0 * icons.battery_frac:.0f} %"
    return (
        _two_sided("External power", "yes" if icons.mains else "no"),
        _two_sided("Battery", f"{icons.battery}{charge}"),
    )


def _list(rows: tuple[str, ...], cursor: int) -> tuple[str, ...]:
    """Show the rows around the cursor, as many as fit below the status line."""
    room_count = LINES_COUNT - 1
    first = min(max(0, cursor - room_count + 1), max(0, len(rows) - room_count))
    return tuple(
        f"{'>' if place == cursor else ' '}{row}"
        for place, row in enumerate(rows[first : first + room_count], start=first)
    )


def _program_lines(core: PanelView) -> tuple[str, ...]:
    """List the programme as it would be, a star where something was keyed, and what can be done with it."""
    rows = [
        f"{field.label}{'' if getattr(core.draft, field.name) is None else '*'}: "
        f"{_shown(core, field.name) / field.per_unit:g} {field.unit}"
        for field in FIELDS
    ]
    return (*rows, *_last_lines())


def _last_lines() -> tuple[str, ...]:
    by_place = {CONFIRM_LINE: "Confirm", FORGET_LINE: "Forget keyed values"}
    return tuple(by_place[place] for place in sorted(by_place))


def _shown(core: PanelView, name: str) -> float:
    keyed = getattr(core.draft, name)
    return float(getattr(core.program, name) if keyed is None else keyed)


def _program_rows(program: Program) -> tuple[str, ...]:
    return tuple(
        _two_sided(field.label, f"{getattr(program, field.name) / field.per_unit:g} {field.unit}")
        for field in FIELDS
    )[: LINES_COUNT - 1]


def _confirm(core: PanelView) -> tuple[str, ...]:
    hard = draft_hard_faults(core)
    if hard:
        return ("Cannot be programmed:", *textwrap.wrap(hard[0], COLUMNS_COUNT))
    program = core.draft.over(core.program)
    rows = (f"{program.rate_ml_h:g} mL/h", f"VTBI {program.vtbi_ml:g} mL")
    if draft_soft_faults(core):
        return (*rows, "! beyond soft limit", "Hold OK: yes, confirm", "STOP: no")
    return (*rows, "", "OK: confirm", "STOP: no")


def _number(core: PanelView, t_s: float, unit: str) -> str:
    span = number_range(core, core.keypad)
    value = 0.0 if span is None else span.value(core.keypad.shown_count(core, t_s))
    return f"{value:g} {unit}"


def _volume_line(label: str, volume_ml: float) -> str:
    return _two_sided(label, f"{volume_ml:.2f} mL")


def _duration(left_h: float) -> str:
    """Say how long, in days and hours or hours and minutes, cut off rather than rounded up."""
    minutes_count = int(left_h * 60.0 + 1e-6)
    days_count, minutes_count = divmod(minutes_count, 24 * 60)
    hours_count, minutes_count = divmod(minutes_count, 60)
    return f"{days_count} d {hours_count} h" if days_count else f"{hours_count} h {minutes_count:02d} min"
