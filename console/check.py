"""`ambupump check`: is a scenario file right? Every fault of every file at once."""

from __future__ import annotations

import click


@click.command("check")
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
def command(files: tuple[str, ...]) -> int:
    """Check scenario files, or scenarios of the library by name.

    Says every fault with file, line and remedy; the exit code is 2 if there is one.
    """
    from scenarios.faults import ScenarioError
    from scenarios.loader import load

    fault_count = 0
    for file in files:
        try:
            scenario = load(file)
        except ScenarioError as error:
            click.echo(str(error), err=True)
            fault_count += len(error.faults)
        else:
            steps_count, expectations_count = len(scenario.setup.steps), len(scenario.expectations)
            click.echo(f"{file}: ok, {steps_count} steps, {expectations_count} expectations")
    return 2 if fault_count else 0
