"""The words of a pump: one function and one row each. `SAF` and `ADR` are the link's own, in `pump.py`.

Each is given the runner and what follows the word, without spaces and in capitals, and returns the data of
the reply. Without an argument a word asks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Final

from drivers.dialects.new_era.phases import FUNCTIONS
from drivers.dialects.new_era.runner import Runner
from drivers.dialects.new_era.tables import (
    DIAMETERS_MM,
    LAST_PHASE,
    ML_H_PER_RATE_UNIT,
    ML_PER_VOLUME_UNIT,
    Error,
    number_of,
    number_text,
    whole_number_of,
)

Word = Callable[[Runner, str], str]


def status(_runner: Runner, argument: str) -> str:
    """No word at all: the prompt is the answer."""
    return Error.UNKNOWN if argument else ""


def version(runner: Runner, argument: str) -> str:
    """`VER`: model and version."""
    return Error.UNKNOWN if argument else runner.model.version


def diameter(runner: Runner, argument: str) -> str:
    """`DIA`: the inner diameter of the syringe, in millimetres."""
    if not argument:
        return number_text(runner.table.diameter_mm)
    if runner.is_running:
        return Error.NOT_APPLICABLE
    value = number_of(argument)
    if value is None:
        return Error.UNKNOWN
    if not DIAMETERS_MM[0] <= value <= DIAMETERS_MM[1]:
        return Error.OUT_OF_RANGE
    runner.table.put_in(value)
    return ""


def phase_number(runner: Runner, argument: str) -> str:
    """`PHN`: the phase that the other words read and change."""
    if not argument:
        return f"{runner.table.edited_number}"
    if runner.is_running:
        return Error.NOT_APPLICABLE
    number = whole_number_of(argument)
    if number is None:
        return Error.UNKNOWN
    if not 1 <= number <= LAST_PHASE:
        return Error.OUT_OF_RANGE
    runner.table.edited_number = number
    return ""


def function(runner: Runner, argument: str) -> str:
    """`FUN`: what the phase does."""
    if not argument:
        return runner.table.edited.function
    if runner.is_running:
        return Error.NOT_APPLICABLE
    for known in FUNCTIONS:
        if argument == known:
            runner.table.edited.function = known
            return ""
    return Error.NOT_APPLICABLE


def rate(runner: Runner, argument: str) -> str:
    """`RAT`: the rate. While it runs a number only, in the same unit."""
    phase = runner.table.edited
    if phase.function != "RAT":
        return Error.NOT_APPLICABLE
    text = argument.removeprefix("C")
    if not text:
        return f"{number_text(phase.keyed_rate)}{phase.rate_unit}"
    unit = text[-2:] if text[-2:] in ML_H_PER_RATE_UNIT else phase.rate_unit
    value = number_of(text.removesuffix(unit))
    if value is None:
        return Error.UNKNOWN
    rate_ml_h = value * ML_H_PER_RATE_UNIT[unit]
    if not runner.is_possible(rate_ml_h):
        return Error.OUT_OF_RANGE
    if runner.is_running:
        if unit != phase.rate_unit or runner.phase_number != runner.table.edited_number:
            return Error.NOT_APPLICABLE
        if error := runner.change_rate(rate_ml_h):
            return error
    phase.keyed_rate, phase.rate_unit = value, unit
    return ""


def volume(runner: Runner, argument: str) -> str:
    """`VOL`: the target of the phase, or the unit of all volumes."""
    phase = runner.table.edited
    if phase.function != "RAT":
        return Error.NOT_APPLICABLE
    if not argument:
        return f"{number_text(phase.keyed_volume)}{runner.table.volume_unit}"
    if runner.is_running:
        return Error.NOT_APPLICABLE
    if argument in ML_PER_VOLUME_UNIT:
        runner.table.volume_unit = argument
        return ""
    value = number_of(argument)
    if value is None:
        return Error.UNKNOWN
    phase.keyed_volume = value
    return ""


def direction(runner: Runner, argument: str) -> str:
    """`DIR`: which way; `REV` the other one. A running phase without a target is turned round at once."""
    phase = runner.table.edited
    if phase.function != "RAT":
        return Error.NOT_APPLICABLE
    if not argument:
        return "WDR" if phase.withdraws else "INF"
    if argument not in ("INF", "WDR", "REV"):
        return Error.NOT_APPLICABLE if argument == "STK" else Error.UNKNOWN
    withdraws = not phase.withdraws if argument == "REV" else argument == "WDR"
    if runner.is_running:
        if phase.keyed_volume:
            return Error.NOT_APPLICABLE
        if withdraws != phase.withdraws:
            return runner.turn_round(phase, withdraws=withdraws) or ""
    phase.withdraws = withdraws
    return ""


def run(runner: Runner, argument: str) -> str:
    """`RUN`: go on where it is paused; else from phase 1, or from the one that is named."""
    number = whole_number_of(argument) if argument else 1
    if number is None:
        return Error.UNKNOWN
    if runner.is_running:
        return Error.NOT_APPLICABLE
    if runner.is_paused and not argument:
        return runner.resume() or ""
    if not 1 <= number <= LAST_PHASE:
        return Error.OUT_OF_RANGE
    return runner.start(number) or ""


def stop(runner: Runner, argument: str) -> str:
    """`STP`: pause; where it is paused, give up the position."""
    if argument:
        return Error.UNKNOWN
    if runner.is_running:
        runner.stop()
    elif runner.is_paused:
        runner.forget_position()
    elif runner.habits.stop_when_stopped_is_refused:
        return Error.NOT_APPLICABLE
    return ""


def purge(runner: Runner, argument: str) -> str:
    """`PUR`: run fast until `STP`."""
    if argument:
        return Error.UNKNOWN
    if runner.is_running or runner.is_paused or runner.table.edited.withdraws:
        return Error.NOT_APPLICABLE
    return runner.purge() or ""


def dispensed(runner: Runner, argument: str) -> str:
    """`DIS`: what was dispensed each way."""
    if argument:
        return Error.UNKNOWN
    unit = runner.table.volume_unit
    infused, withdrawn = (
        number_text(runner.dispensed_ml(withdraws=withdraws) / ML_PER_VOLUME_UNIT[unit])
        for withdraws in (False, True)
    )
    return f"I{infused}W{withdrawn}{unit}"


def clear_dispensed(runner: Runner, argument: str) -> str:
    """`CLD`: let the count of one way begin anew."""
    if argument not in ("INF", "WDR"):
        return Error.UNKNOWN
    if runner.is_running:
        return Error.NOT_APPLICABLE
    runner.clear(withdraws=argument == "WDR")
    return ""


def switch(runner: Runner, argument: str, *, word: str) -> str:
    """`AL`, `LN`, `PF`, `BP`, `LOC`: kept and answered, with nothing behind them here."""
    if not argument:
        return runner.switches[word]
    if argument not in ("0", "1"):
        return Error.UNKNOWN
    runner.switches[word] = argument
    return ""


def trigger(runner: Runner, argument: str) -> str:
    """`TRG`: what the operator's trigger does; kept and answered, there is no such input here."""
    if not argument:
        return runner.switches["TRG"]
    if len(argument) != 2 or not argument.isascii() or not argument.isalnum():
        return Error.UNKNOWN
    runner.switches["TRG"] = argument
    return ""


WORDS: Final[Mapping[str, Word]] = MappingProxyType(
    {
        "": status,
        "VER": version,
        "DIA": diameter,
        "PHN": phase_number,
        "FUN": function,
        "RAT": rate,
        "VOL": volume,
        "DIR": direction,
        "RUN": run,
        "STP": stop,
        "PUR": purge,
        "DIS": dispensed,
        "CLD": clear_dispensed,
        "TRG": trigger,
        **{word: partial(switch, word=word) for word in ("AL", "LN", "PF", "BP", "LOC")},
    }
)
"""One row a word."""
