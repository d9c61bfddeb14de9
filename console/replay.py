"""`ambupump replay`: run a scenario, say what came of it, and leave trace, signals, figure and report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from console.output import OutputFolder
    from console.progress import Progress
    from scenarios.loader import Scenario
    from scenarios.runner import Verdict
    from sim.world.host import Host

LIVE_SPEED_FRAC: Final = 1_000_000.0
"""Simulated seconds per second on the live host unless told: a week in less than a second."""


def _virtual(_speed_frac: float | None) -> Host:
    from sim.world.host import VirtualHost

    return VirtualHost()


def _live(speed_frac: float | None) -> Host:
    from sim.live import LiveHost

    return LiveHost(LIVE_SPEED_FRAC if speed_frac is None else speed_frac)


def _serial(_speed_frac: float | None) -> Host:
    from console.serial_host import SerialHost

    return SerialHost()


HOSTS: Final[dict[str, Callable[[float | None], Host]]] = {
    "virtual": _virtual,
    "live": _live,
    "serial": _serial,
}
"""Who decides when to advance the world: at once, with the wall clock, or by turns with a serial line."""


@click.command("replay")
@click.argument("name_or_file")
@click.option(
    "--seed", type=click.IntRange(min=0), metavar="N", help="Draw chance from N, not the file's seed."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Leave trace.jsonl, signals.csv, figure.png and report.html in DIR.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
@click.option(
    "--host",
    type=click.Choice(tuple(HOSTS)),
    default="virtual",
    show_default=True,
    help="At once, by the clock, or with the pump at the far end of a serial line.",
)
@click.option(
    "--speed",
    "speed_frac",
    type=click.FloatRange(min=0.0, min_open=True),
    metavar="X",
    help=f"With --host live: simulated seconds per second.  [default: {LIVE_SPEED_FRAC:g}]",
)
def command(
    name_or_file: str, seed: int | None, out: Path | None, as_json: bool, host: str, speed_frac: float | None
) -> int:
    """Replay a scenario of the library, or of a file.

    Prints verdict, timeline and numbers. The exit code is 0 if everything was as expected, 1 if not, and
    2 if the file is wrong. Simulated: not a medical device.
    """
    from console.errors import UserError
    from console.progress import Progress
    from scenarios.faults import ScenarioError
    from scenarios.loader import load
    from scenarios.runner import run

    if speed_frac is not None and host != "live":
        raise UserError("--speed is for --host live; add that, or take it out")
    try:
        scenario = load(name_or_file)
    except ScenarioError as error:
        raise UserError(str(error)) from error
    if seed is not None:
        scenario = scenario.with_seed(seed)
    with Progress() as progress:
        progress.stage(f"replaying {scenario.id}")
        if out is None:
            verdict = run(scenario, HOSTS[host](speed_frac))
            outputs: tuple[str, ...] = ()
        else:
            verdict, outputs = _run_and_leave(scenario, HOSTS[host](speed_frac), out, progress)
    _say(verdict, outputs, out, as_json=as_json)
    return 0 if verdict.passed else 1


def _run_and_leave(
    scenario: Scenario, host: Host, out: Path, progress: Progress
) -> tuple[Verdict, tuple[str, ...]]:
    """Run with a folder ready for the files: one that cannot be written to is said before the work."""
    from console.output import OutputFolder
    from scenarios.runner import run

    with OutputFolder(out) as folder:
        verdict = run(scenario, host)
        _leave(verdict, folder, progress)
    return verdict, folder.names


def _leave(verdict: Verdict, folder: OutputFolder, progress: Progress) -> None:
    from console.signals import sample_run, to_csv
    from console.version import version
    from scenarios.trace import trace_lines

    folder.write("trace.jsonl", "".join(trace_lines(verdict, version())))
    progress.stage("sampling signals")
    signals = sample_run(verdict.scenario.setup, verdict.result, told=progress.told)
    folder.write("signals.csv", to_csv(signals.samples))
    progress.stage("drawing the figure")
    from console.report import figure, html
    from console.report.material import Material

    material = Material(verdict.scenario, verdict.result, verdict.found, signals)
    folder.write("figure.png", figure.png(material))
    progress.stage("writing the report")
    folder.write("report.html", html.render(material, figure.svgs(material), version()))


def _say(verdict: Verdict, outputs: tuple[str, ...], out: Path | None, *, as_json: bool) -> None:
    if as_json:
        import json

        from scenarios.trace import summary

        click.echo(json.dumps(summary(verdict, outputs), indent=2))
        return
    from console.timeline import report_lines, show

    show(report_lines(verdict.scenario, verdict.result, verdict.found))
    if out is not None:
        show(["", "Written", *(f"  {out / name}" for name in outputs)])
