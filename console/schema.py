"""`ambupump schema`: the JSON Schema of scenario files, for editors."""

from __future__ import annotations

import click


@click.command("schema")
def command() -> None:
    """Print the JSON Schema of scenario files.

    An editor that knows it completes keys and marks mistakes while you type.
    """
    import json

    from scenarios.schema import json_schema

    click.echo(json.dumps(json_schema(), indent=2))
