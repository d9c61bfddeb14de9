"""Taking records apart for a snapshot: one level deep, which is all that the plant's flat records need."""

from __future__ import annotations

from typing import Any


def fields_of(record: Any) -> dict[str, Any]:  # noqa: ANN401  (any slotted data class)
    """The fields of a flat, slotted data class by name."""
    return {name: getattr(record, name) for name in record.__slots__}
