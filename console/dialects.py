"""The dialect that a command line names, and the addresses of the pumps that share a line."""

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


def at_address(dialect: Dialect, address_no: int | None) -> Dialect:
    """Give the dialect as it is spoken with the pump at `address_no`; None: with the one that is there.

    Raises:
        UserError: it has no addresses, or not that one.
    """
    from console.errors import UserError
    from drivers.dialects import AddressedDialect

    if address_no is None:
        return dialect
    if not isinstance(dialect, AddressedDialect):
        raise UserError(f"pumps that speak {dialect.name} have no addresses: leave --address out")
    if address_no not in dialect.addresses:
        raise UserError(f"there is no address {address_no}: {dialect.name} has 0 to {dialect.addresses[-1]}")
    return dialect.at(address_no)


def sharing_a_line(dialect: Dialect, count: int) -> tuple[Dialect, ...]:
    """Give the dialect as it is spoken with each of `count` pumps on one line.

    Raises:
        UserError: so many cannot share one.
    """
    from console.errors import UserError
    from drivers.dialects import AddressedDialect

    if count == 1:
        return (dialect,)
    if not isinstance(dialect, AddressedDialect):
        raise UserError(
            f"pumps that speak {dialect.name} have no addresses: one line has one, leave --pumps out"
        )
    if count > len(dialect.addresses):
        raise UserError(f"{count} pumps on one line: {dialect.name} has {len(dialect.addresses)} addresses")
    return tuple(dialect.at(address_no) for address_no in dialect.addresses[:count])
