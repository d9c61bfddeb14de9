"""`ambupump list`: the library, one line each."""

from __future__ import annotations

import click


@click.command("list")
@click.option("--tag", metavar="WORD", help="Only scenarios with this tag.")
def command(tag: str | None) -> None:
    """List the library, one scenario a line: id, then title."""
    from console.errors import UserError
    from scenarios.faults import did_you_mean
    from scenarios.loader import library

    scenarios = library()
    tags = sorted({each for scenario in scenarios for each in scenario.tags})
    if tag is not None and tag not in tags:
        raise UserError(f"no scenario has the tag {tag!r}; {did_you_mean(tag, tags)}")
    shown = [scenario for scenario in scenarios if tag is None or tag in scenario.tags]
    width_count = max((len(scenario.id) for scenario in shown), default=0)
    for scenario in shown:
        click.echo(f"{scenario.id:<{width_count}}  {scenario.title}")
