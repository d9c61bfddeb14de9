"""`ambupump sounds`: what the pump's alarms and keys sound like, as WAV files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pump.signals import Pulse


@click.command("sounds")
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, metavar="DIR", help="The folder for the files."
)
def command(out: Path) -> None:
    """Write the sounds of the pump into DIR, as the trainer plays them.

    A file of an alarm holds one burst and the silence up to the next one, so that it can be repeated as it
    is. An alarm that nobody answers gets more insistent: where that is heard, it has a file of its own.
    """
    from console.output import OutputFolder
    from console.wav import samples, wav

    with OutputFolder(out) as folder:
        for name, pulses, lasts_s in files():
            folder.write(name, wav(samples(pulses, lasts_s)))
    for name in folder.names:
        click.echo(str(out / name))


def files() -> Iterator[tuple[str, tuple[Pulse, ...], float]]:
    """Give every sound there is: the name of its file, its tones, and how long the file is."""
    from console.wav import length_s
    from pump.alarm_table import Priority
    from pump.signals import DOUBLE_BEEP, KEY_BEEP, burst_period_s, pulse_train

    for priority in Priority:
        pulses = pulse_train(priority)
        period_s = burst_period_s(priority)
        yield f"alarm-{priority.value}.wav", pulses, period_s or length_s(pulses)
        escalated_s = burst_period_s(priority, escalated=True)
        if escalated_s is not None and escalated_s != period_s:
            yield f"alarm-{priority.value}-escalated.wav", pulses, escalated_s
    yield "key-beep.wav", KEY_BEEP, length_s(KEY_BEEP)
    yield "double-beep.wav", DOUBLE_BEEP, length_s(DOUBLE_BEEP)
