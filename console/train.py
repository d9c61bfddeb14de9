"""`ambupump train`: the trainer, on 127.0.0.1 unless told otherwise."""

from __future__ import annotations

from pathlib import Path

import click

from console.places import LOOPBACK


@click.command("train")
@click.argument("scenario_name", metavar="[SCENARIO]", required=False)
@click.option("--lesson", metavar="NAME", help="Begin this lesson, in place of a scenario.")
@click.option(
    "--port", "port_no", type=click.IntRange(0, 65535), default=8080, show_default=True, metavar="N"
)
@click.option(
    "--host", default=LOOPBACK, show_default=True, help="Any other needs the token that is printed."
)
@click.option("--name", "names", multiple=True, metavar="NAME", help="Another name that this machine has.")
@click.option(
    "--runs", "runs_file", type=click.Path(path_type=Path), metavar="FILE", help="Where runs are kept."
)
@click.option("--open", "opens", is_flag=True, help="Open the page in a browser of this machine.")
def command(
    *,
    scenario_name: str | None,
    lesson: str | None,
    port_no: int,
    host: str,
    names: tuple[str, ...],
    runs_file: Path | None,
    opens: bool,
) -> int:
    """Serve the trainer: a live pump, an instructor's page, a projector's page, and a debrief.

    With SCENARIO, or with a lesson, a run of it is begun and its address printed. Serves until it is told to
    end. Simulated: not a medical device.
    """
    import asyncio

    from console.errors import UserError

    try:
        from console.trainer.web.server import Asked, serve
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        raise UserError(f"the trainer needs {missing}: pip install 'ambupump[trainer]'") from error
    return asyncio.run(
        serve(
            Asked(
                scenario=scenario_name or "",
                lesson=lesson or "",
                host=host,
                port_no=port_no,
                names=names,
                runs_file=runs_file,
                opens=opens,
            ),
            click.echo,
        )
    )
