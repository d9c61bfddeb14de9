"""The dialect that a command line names."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from drivers.dialects import Dialect


def dialect_of(name: str) -> Dialect:
    """Give the dialect called `name`.

    Raises:
        UserError: there is none; says which there are.
    """
    from console.errors import UserError
    from drivers.dialects.catalogue import DIALECTS, dialect_named
    from scenarios.faults import did_you_mean

    if name not in DIALECTS:
        raise UserError(f"there is no dialect {name!r}; {did_you_mean(name, sorted(DIALECTS))}")
    return dialect_named(name)
