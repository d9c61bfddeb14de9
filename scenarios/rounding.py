"""How fine a number is where people and files see it. State is never rounded; what is printed is.

Traces, `--json` and expectations share this, so that a number copied from one of the first two into an
expectation is met by the run that printed it.
"""

from __future__ import annotations

from typing import Final

TIME_DIGITS_COUNT: Final = 6
OTHER_DIGITS_COUNT: Final = 9


def rounded(name: str, number: float) -> float:
    """Return `number` as it is printed: to 1e-6 where `name` ends in seconds, else to 1e-9."""
    digits_count = TIME_DIGITS_COUNT if name.endswith("_s") else OTHER_DIGITS_COUNT
    return round(number, digits_count) + 0.0  # -0.0 becomes 0.0
