"""The dialects there are, by their names on the command line. A dialect is imported when it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Final

from drivers.dialects import Dialect

DIALECTS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "alaris": ("drivers.dialects.alaris", "ALARIS"),
        "ambupump": ("drivers.dialects.ambupump", "AMBUPUMP"),
        "miva": ("drivers.dialects.miva", "MIVA"),
        "new-era": ("drivers.dialects.new_era", "NEW_ERA"),
    }
)
"""Name: the module, and what in it is the dialect."""


def dialect_named(name: str) -> Dialect:
    """Give the dialect `name`.

    Raises:
        KeyError: there is none of that name.
    """
    module, attribute = DIALECTS[name]
    dialect: Dialect = getattr(import_module(module), attribute)
    return dialect
