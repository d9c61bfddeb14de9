"""Times and numbers as people read them. What machines read is never rounded like this."""

from __future__ import annotations

import math


def moment(t_s: float) -> str:
    """Return a time since the beginning, to the second: `6 d 21:28:00`."""
    days_count, rest_s = divmod(round(t_s), 86400)
    return f"{days_count} d {_hms(rest_s)}"


def clock(t_s: float, clock_start_s: float) -> str:
    """Return the time of day, to the second: `05:28:00`."""
    return _hms(round(t_s + clock_start_s) % 86400)


def _hms(whole_s: int) -> str:
    return f"{whole_s // 3600:02d}:{whole_s // 60 % 60:02d}:{whole_s % 60:02d}"


def span(length_s: float) -> str:
    """Return how long something lasted: `2 h 51 min 54 s`; below a minute with a tenth of a second."""
    if length_s < 59.95:
        return f"{plain(length_s, 1)} s"
    days_count, rest_s = divmod(round(length_s), 86400)
    parts = ((days_count, "d"), (rest_s // 3600, "h"), (rest_s // 60 % 60, "min"), (rest_s % 60, "s"))
    return " ".join(f"{count} {unit}" for count, unit in parts if count)


def plain(number: float, digits_count: int = 3) -> str:
    """Return a number with at most so many decimal places and no needless zeros."""
    text = f"{number:.{digits_count}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def volume(volume_ml: float) -> str:
    """Return a volume, to the microlitre."""
    return f"{plain(volume_ml)} mL"


def tiny(number: float) -> str:
    """Return a number that should be nothing by its size only: `below 1e-9`."""
    if number == 0.0:
        return "0"
    exponent = math.floor(math.log10(abs(number))) + 1
    return f"below 1e{max(exponent, -12)}"


def spaced(name: str) -> str:
    """Return a name of the program as words: `clear_given` and `ClearGiven` as `clear given`."""
    words = "".join(f" {char.lower()}" if char.isupper() else char for char in name)
    return words.replace("_", " ").strip()


def listed(count: int, singular: str, plural: str = "") -> str:
    """Return a count with its noun: `1 interruption`, `3 interruptions`."""
    return f"{count} {singular if count == 1 else plural or singular + 's'}"
