"""Reading TOML files of any kind: small, ordinary, UTF-8; or a `ScenarioError` that says why not."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any, Final

from scenarios.faults import Fault, ScenarioError, did_you_mean

MOST_BYTES: Final = 1_000_000
_AT_LINE: Final = re.compile(r"\(?at line (\d+), column (\d+)\)?|\(?at end of document\)?")


def text_of(path: Path, shown: str, kind: str) -> str:
    """Return the text of a file of some `kind`, with plain line ends. Messages call it `shown`.

    Raises:
        ScenarioError: there is no such file, or it is a folder, binary, too large or not UTF-8.
    """
    try:
        if path.is_dir():
            raise file_error(shown, "is a folder", "give the path of a .toml file in it")
        if path.exists() and not path.is_file():
            raise file_error(shown, "is no ordinary file", "give the path of a .toml file")
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        near = [each.name for each in path.parent.glob("*.toml")] if path.parent.is_dir() else []
        remedy = did_you_mean(path.name, near) if near else f"give the path of a {kind}'s .toml file"
        raise file_error(shown, "there is no such file", remedy) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise file_error(shown, f"cannot be read: {reason}", "give a file that can be read") from None
    if len(raw) > MOST_BYTES:
        raise file_error(shown, "is larger than 1 MB", f"give a {kind}: a few kilobytes of TOML")
    if b"\x00" in raw:
        raise file_error(shown, "is no text but binary, or text in UTF-16", "save it as UTF-8 text")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise file_error(shown, "is not UTF-8 text", "save it as UTF-8", line_no=line) from None
    return text.removeprefix("\ufeff").replace("\r\n", "\n")


def parse(text: str, shown: str) -> dict[str, Any]:
    """Return what the standard library makes of a TOML text.

    Raises:
        ScenarioError: it is no TOML; with the line.
    """
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise file_error(shown, "is nested too deeply", "write tables and lists one within another") from None
    except ValueError as error:  # tomllib's own error is one; so is an integer of too many digits
        message = str(error)
        place = _AT_LINE.search(message)
        line = int(place.group(1)) if place and place.group(1) else text.count("\n") + 1
        column = f" (column {place.group(2)})" if place and place.group(2) else ""
        what = _AT_LINE.sub("", message).strip() or message
        remedy = "correct the line; text and quantities stand in quotes"
        raise file_error(shown, f"this is no TOML: {what}{column}", remedy, line_no=line) from None


def file_error(shown: str, what: str, remedy: str, *, line_no: int = 1) -> ScenarioError:
    """Return the error of one fault in a file."""
    return ScenarioError(shown, (Fault(line_no, what, remedy),))
