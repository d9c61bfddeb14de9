"""The program's version, as reports and traces name it."""

from __future__ import annotations


def version() -> str:
    """Return the version of the installed package."""
    from importlib.metadata import version as installed_version

    return installed_version("ambupump")
