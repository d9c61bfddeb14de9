"""Writing TOML: what a scenario file needs of it. Reading is the standard library's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def toml_document(tables: Mapping[str, object]) -> str:
    """Return a document of plain keys, then one `[table]` or list of `[[tables]]` for every other key."""
    plain = {key: value for key, value in tables.items() if not _is_table(value)}
    parts = [toml_lines(plain)]
    for name, table in tables.items():
        if isinstance(table, Mapping):
            parts.append(f"\n[{name}]\n{toml_lines(table)}")
        elif _is_table(table) and isinstance(table, Sequence):
            parts += [f"\n[[{name}]]\n{toml_lines(item)}" for item in table]
    return "".join(parts)


def toml_lines(table: Mapping[str, object]) -> str:
    """Return `key = value` lines."""
    return "".join(f"{key} = {toml_value(value)}\n" for key, value in table.items())


def toml_value(value: object) -> str:
    """Return one value; tables come inline."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            return '"' + "".join(_ESCAPES.get(char) or _escape(char) for char in value) + '"'
        case int() | float():
            return repr(value)
        case Mapping():
            return (
                "{ "
                + ", ".join(f"{toml_value(key)} = {toml_value(item)}" for key, item in value.items())
                + " }"
            )
        case Sequence():
            return "[" + ", ".join(toml_value(item) for item in value) + "]"
        case _:
            raise TypeError(f"TOML has no {type(value).__name__}")


def _is_table(value: object) -> bool:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return bool(value) and all(isinstance(item, Mapping) for item in value)
    return isinstance(value, Mapping)


def _escape(char: str) -> str:
    return char if char.isprintable() else f"\\U{ord(char):08x}"
