"""The pages about the pump, from the tables of `pump/`."""

from __future__ import annotations

from collections.abc import Iterator

from transitions import Machine

from docs.markdown import MARKS, code, page, section, span, state_diagram, table, yes
from pump import lock, signals
from pump.alarm_table import (
    ALARMS,
    ESCALATES_AFTER_S,
    LOW_MESSAGE_S,
    QUIET_AFTER_NOTICE_S,
    AlarmRow,
    Priority,
)
from pump.alarms import LIFE_CYCLE, MAX_AUDIO_PAUSE_S, State
from pump.delivery import DELIVERING, NEXT_MODE, TRANSITIONS, Mode, Trigger
from pump.lock import ACCESS, Cell
from pump.power import SUPPLY, Supply
from pump.profiles import FIELDS, load_profile, profile_names
from pump.selftest import FAULTS, STEPS
from sim.plant.infusion import HIDDEN_FAULTS

# ---------------------------------------------------------------- alarms


def alarms() -> str:
    """Write every alarm: one table to compare them, one section for each."""
    counts = {priority: sum(row.priority is priority for row in ALARMS) for priority in Priority}
    told = ", ".join(f"{count} {priority.value}" for priority, count in counts.items())
    return page(
        "Alarms",
        "`pump/alarm_table.py`",
        f"{len(ALARMS)} alarms: {told}. The order of the rows breaks ties: at one instant, with one "
        "priority, the upper row comes first. How an alarm lives is told in "
        "[delivery-modes.md](delivery-modes.md#alarm-conditions), how it sounds in [signals.md](signals.md).",
        f"A pause of the sound lasts at most {span(MAX_AUDIO_PAUSE_S)}. An acknowledged alarm whose cause "
        f"persists sounds again after {span(QUIET_AFTER_NOTICE_S)}; what nobody answers escalates after "
        f"{span(ESCALATES_AFTER_S)}, where the profile lets alarms escalate; a low priority message "
        f"steps back to an icon after {span(LOW_MESSAGE_S)}. A debounce that a profile sets "
        "([profiles.md](profiles.md)) takes the place of the one given here.",
        MARKS,
        *(
            section(f"{priority.value.capitalize()} priority", _alarm_table(priority))
            for priority in Priority
        ),
        section("Every alarm", *(_alarm(row) for row in ALARMS)),
    )


def _alarm_table(priority: Priority) -> str:
    head = ("Code", "Stops", "Latching", "Debounce", "Sounds for", "Again after", "Ends when", "MDC", "")
    return table(
        head,
        (
            (
                f"[{code(row.code)}](#{row.code.lower()})",
                yes(when=row.stops_delivery),
                yes(when=row.latching),
                _debounce(row),
                span(row.sounds_for_s),
                span(row.repeat_s),
                row.clears.value,
                _mdc(row),
                row.certainty,
            )
            for row in ALARMS
            if row.priority is priority
        ),
    )


def _alarm(row: AlarmRow) -> str:
    return "\n\n".join(
        (
            f"### {row.code}",
            table(
                ("", ""),
                (
                    ("Raised by", row.trigger),
                    ("Cleared by", row.remedy),
                    ("Display", code(row.display)),
                    ("Help", row.help),
                    ("Source", f"{row.source} ({row.certainty})"),
                ),
            ),
        )
    )


def _debounce(row: AlarmRow) -> str:
    text = span(row.debounce_s) if row.debounce_s else ""
    if row.stopped_debounce_s is None:
        return text
    return f"{text or 'none'}; {span(row.stopped_debounce_s)} while stopped"


def _mdc(row: AlarmRow) -> str:
    number = "" if row.mdc_code is None else f"{row.mdc_code} "
    return f"{number}{code(row.mdc_name)}".strip()


# ---------------------------------------------------------------- state machines


def delivery_modes() -> str:
    """Write the four machines of the pump core: delivery, alarm conditions, keyboard, supply."""
    return page(
        "Delivery modes, and the three other machines",
        "`pump/delivery.py`, `pump/alarms.py`, `pump/lock.py` and `pump/power.py`",
        "The pump core is four small machines that `pump/core.py` couples. "
        "What stands in no row cannot happen.",
        section(
            "Delivery",
            f"The mechanism turns in {_listed(mode.value for mode in Mode if mode in DELIVERING)}. "
            "The pump is halted when and only when an alarm stands that stops delivery.",
            state_diagram(_delivery_arrows(), Mode.OFF.value),
            "From every mode but off, `power_off` leads to off and `fail` to fault; "
            "the diagram leaves them out.",
            table(
                ("Trigger", "From", "To"),
                (
                    (code(trigger.value), _listed(mode.value for mode in modes_from), mode_to.value)
                    for trigger, modes_from, mode_to in TRANSITIONS
                ),
            ),
            "Every cell of mode and trigger; an empty one is impossible.",
            table(
                ("", *(mode.value for mode in Mode)),
                (
                    (
                        code(trigger.value),
                        *(
                            NEXT_MODE[mode, trigger].value if (mode, trigger) in NEXT_MODE else ""
                            for mode in Mode
                        ),
                    )
                    for trigger in Trigger
                ),
            ),
        ),
        section(
            "Alarm conditions",
            "One of these for each alarm that stands. Latched: the cause is gone, "
            "and nobody has taken notice.",
            state_diagram(_arrows(LIFE_CYCLE), State.INACTIVE.value),
        ),
        section(
            "Keyboard",
            "What an open keyboard allows stands in [lock.md](lock.md).",
            state_diagram(_arrows(lock.KEYBOARD), lock.KeyboardState.LOCKED.value),
        ),
        section(
            "Supply",
            "One trigger, `sense`; the first row whose conditions hold decides.",
            table(("If", "Then"), _supply_rows()),
            f"The states: {_listed(supply.value for supply in Supply)}.",
        ),
    )


def _delivery_arrows() -> Iterator[tuple[str, str, str]]:
    for trigger, modes_from, mode_to in TRANSITIONS:
        if trigger not in {Trigger.POWER_OFF, Trigger.FAIL}:
            yield from ((mode.value, trigger.value, mode_to.value) for mode in modes_from)


def _arrows(machine: Machine) -> Iterator[tuple[str, str, str]]:
    """Give every transition of a machine; its conditions stand in brackets."""
    for name, event in machine.events.items():
        for transitions in event.transitions.values():
            for transition in transitions:
                yield str(transition.source), name + _conditions(transition), str(transition.dest)


def _supply_rows() -> Iterator[tuple[str, str]]:
    event = SUPPLY.events["sense"]
    for transition in event.transitions[Supply.FLAT.value]:
        yield _conditions(transition).strip(" []") or "otherwise", str(transition.dest)


def _conditions(transition: object) -> str:
    """Return the conditions of a transition in words."""
    conditions = getattr(transition, "conditions", ())
    words = [each.func.replace("_", " ") for each in conditions if each.target]
    words += [each.func.replace("has_", "no ").replace("_", " ") for each in conditions if not each.target]
    return f" [{', '.join(words)}]" if words else ""


def _listed(names: Iterator[str]) -> str:
    return ", ".join(names)


# ---------------------------------------------------------------- lock


def lock_matrix() -> str:
    """Write which hand may do what, at which level."""
    notes: list[str] = []
    rows = [
        (code(row.action), *(_lock_cell(cell, notes) for cell in (row.ll0, row.ll1, row.ll2, row.running)))
        for row in ACCESS.values()
    ]
    return page(
        "Lock",
        "`pump/lock.py`",
        "What an action needs while the pump does not deliver, at each level, and while it does. "
        "`nothing`: any hand. `code`: the nurse's code, and over a link the nurse's hand as well. "
        "`supplier code`: the supplier's likewise. `stopped`: no code helps, the pump must be stopped first. "
        "Keys and remote commands go through this one table; a key without access is ignored silently and "
        "logged.",
        MARKS,
        table(("Action", "LL0", "LL1", "LL2", "delivering"), rows),
        "\n".join(f"{number}. {note}" for number, note in enumerate(notes, start=1)),
        section(
            "Codes",
            table(
                ("", ""),
                (
                    ("The nurse's, until a pump is given another", code(lock.NURSE_CODE)),
                    ("The supplier's", code(lock.SUPPLIER_CODE)),
                    ("An unlocked keyboard that is not used locks itself after", span(lock.RELOCK_IDLE_S)),
                    ("Wrong codes in a row until codes are refused", f"{lock.CODE_TRIES_COUNT}"),
                    ("They are refused the first time for", span(lock.FIRST_BACKOFF_S)),
                    ("and twice as long each time, at most for", span(lock.LONGEST_BACKOFF_S)),
                ),
            ),
            "All of these are choices of this project (X).",
        ),
    )


def _lock_cell(each: Cell, notes: list[str]) -> str:
    text = f"{each.need.value} ({each.certainty})"
    if not each.note:
        return text
    if each.note not in notes:
        notes.append(each.note)
    return f"{text} [{notes.index(each.note) + 1}]"


# ---------------------------------------------------------------- signals


def alarm_signals() -> str:
    """Write what each priority sounds and looks like."""
    return page(
        "Alarm signals",
        "`pump/signals.py`",
        "What is heard and what flashes, as numbers. They are modelled on IEC 60601-1-8, whose tables were "
        "read in secondary sources only.",
        MARKS,
        section(
            "Sound",
            table(
                ("", *(priority.value for priority in Priority)),
                (
                    ("Melody", *(code(signals.SOUNDS[each].melody) for each in Priority)),
                    ("Tone", *(_seconds(signals.SOUNDS[each].pulse_s) for each in Priority)),
                    ("Between tones", *(_seconds(signals.SOUNDS[each].spacing_s) for each in Priority)),
                    (
                        "Rest in the melody",
                        *(_seconds(signals.SOUNDS[each].group_gap_s) for each in Priority),
                    ),
                    ("Between halves", *(_seconds(signals.SOUNDS[each].half_gap_s) for each in Priority)),
                    ("Between bursts", *(_seconds(signals.SOUNDS[each].interburst_s) for each in Priority)),
                    (
                        "Between bursts, escalated",
                        *(_seconds(signals.SOUNDS[each].escalated_interburst_s) for each in Priority),
                    ),
                    ("Certainty", *(signals.SOUNDS[each].certainty for each in Priority)),
                ),
            ),
            "A capital is the octave of C5, a small letter that of C4, a hyphen the rest. "
            f"Notes: {', '.join(f'{note} {hz:g} Hz' for note, hz in signals.NOTE_HZ.items())}. "
            f"Harmonics: {', '.join(f'{level_db:g}' for level_db in signals.HARMONICS_DB)} dB. "
            f"Rise and fall take {signals.RISE_FRAC:.0%} of a tone.",
            *(f"{each.value.capitalize()}: {signals.SOUNDS[each].source}." for each in Priority),
        ),
        section("One burst", *(_burst(priority) for priority in Priority)),
        section(
            "Light",
            table(
                ("Lamp", "Colour", "Flashes", "Lit", "Source", ""),
                (
                    (
                        name,
                        light.colour,
                        _flashes(light),
                        f"{light.duty_frac:.0%}",
                        light.source,
                        light.certainty,
                    )
                    for name, light in (
                        *((f"{each.value} priority", signals.LIGHTS[each]) for each in Priority),
                        ("delivering", signals.RUNNING_LIGHT),
                        ("on, not delivering", signals.STOPPED_LIGHT),
                        ("fault", signals.FAULT_LIGHT),
                    )
                ),
            ),
        ),
    )


def _seconds(time_s: float | None) -> str:
    return "" if time_s is None else f"{time_s:g} s"


def _flashes(light: signals.Light) -> str:
    return f"{light.flash_hz:g} Hz" if light.flash_hz else "constant"


def _burst(priority: Priority) -> str:
    pulses = signals.pulse_train(priority)
    period_s = signals.burst_period_s(priority)
    again = "once" if period_s is None else f"again every {period_s:g} s"
    tones = ", ".join(f"{pulse.start_s:g} s" for pulse in pulses)
    return f"{priority.value.capitalize()}: {len(pulses)} tones, {again}; they begin at {tones}."


# ---------------------------------------------------------------- profiles


def profiles() -> str:
    """Write every figure of every profile."""
    loaded = [load_profile(name) for name in profile_names()]
    return page(
        "Pump profiles",
        "`pump/profiles/*.toml`",
        "Every figure of every pump, with its source. None of them is a maker's pump. How to describe "
        "another one: [describe-your-own-pump.md](../howto/describe-your-own-pump.md).",
        MARKS,
        section(
            "Side by side",
            table(
                ("Figure", *(profile.name for profile in loaded)),
                (
                    (code(key), *(profile.figures[place].value for profile in loaded))
                    for place, key in enumerate(FIELDS)
                ),
            ),
        ),
        *(
            section(
                profile.name,
                f"{profile.title}.",
                table(
                    ("Figure", "Value", "Source", ""),
                    (
                        (code(figure.key), figure.value, figure.source, figure.certainty)
                        for figure in profile.figures
                    ),
                ),
            )
            for profile in loaded
        ),
    )


# ---------------------------------------------------------------- faults


def faults() -> str:
    """Write what can break in a pump, and what finds it."""
    return page(
        "Hardware faults and the self-test",
        "`pump/selftest.py` and `sim/plant/infusion.py`",
        'What the step `do = "fault"` can break, by its `kind`.',
        MARKS,
        section(
            "Faults that the pump can find",
            table(
                ("Kind", "What it is", "Self-test step", "Alarm while on", "Found after", "Source", ""),
                (
                    (
                        code(fault.name),
                        fault.text,
                        fault.step,
                        code(fault.alarm),
                        _found_after(fault.alarm, fault.found_after_s, moving=fault.only_while_moving),
                        fault.source,
                        fault.certainty,
                    )
                    for fault in FAULTS
                ),
            ),
        ),
        section(
            "Faults that no self-test finds",
            f"{_listed(code(kind) for kind in sorted(HIDDEN_FAULTS))}. They change the physics or blind a "
            "sensor; what each does stands in [physics.md](../physics.md#faults-that-no-self-test-finds).",
        ),
        section(
            "Self-test",
            f"It runs at power-on, in this order, and ends with the first step that fails; "
            f"{sum(step.duration_s for step in STEPS):g} s in all.",
            table(
                ("Step", "What", "Takes", "Alarm"),
                ((step.name, step.display, f"{step.duration_s:g} s", code(step.alarm)) for step in STEPS),
            ),
        ),
    )


def _found_after(alarm: str, after_s: float, *, moving: bool) -> str:
    if not alarm:
        return "never"
    text = span(after_s) if after_s else "at once"
    return f"{text}, while it moves" if moving else text
