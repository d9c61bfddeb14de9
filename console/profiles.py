"""`ambupump profiles`: the pumps there are, and where each of a pump's figures comes from."""

from __future__ import annotations

import click


@click.command("profiles")
@click.argument("name_or_file", required=False)
def command(name_or_file: str | None) -> None:
    """List the pump profiles, or show every figure of one with its source.

    The marks say how sure a figure is: F read in the named source, S from a secondary one, D derived by
    arithmetic, G general knowledge and unverified, X a choice of this project without a source.
    """
    from console.errors import UserError
    from pump.errors import ProfileError
    from pump.profiles import load_profile, profile_names

    try:
        if name_or_file is None:
            profiles = [load_profile(name) for name in profile_names()]
            width_count = max(len(profile.name) for profile in profiles)
            for profile in profiles:
                click.echo(f"{profile.name:<{width_count}}  {profile.title}")
            return
        profile = load_profile(name_or_file)
    except ProfileError as error:
        raise UserError(str(error)) from error
    key_count = max(len(figure.key) for figure in profile.figures)
    value_count = max(len(figure.value) for figure in profile.figures)
    for figure in profile.figures:
        click.echo(
            f"{figure.key:<{key_count}}  {figure.value:<{value_count}}  {figure.certainty}  {figure.source}"
        )
