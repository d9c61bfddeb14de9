"""Loading scenarios: a file, a text, or one of the library by its name.

Whatever is wrong with a file ends in one `ScenarioError` that holds every fault with its line.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Final

from scenarios.faults import Fault, FaultList, ScenarioError, did_you_mean
from scenarios.reader import Scenario, read_document

__all__ = ["Scenario", "ScenarioError", "library", "library_names", "load", "loads"]

MOST_BYTES: Final = 1_000_000
LIBRARY: Final = Path(__file__).parent / "library"
_AT_LINE: Final = re.compile(r"\(?at line (\d+), column (\d+)\)?|\(?at end of document\)?")


def load(path_or_name: str | Path) -> Scenario:
    """Return the scenario of a file, or the one of the library with that name.

    Raises:
        ScenarioError: with everything that is wrong.
    """
    path = _find(path_or_name)
    shown = str(path_or_name)
    return loads(_text_of(path, shown), file=shown, folder=path.parent)


def loads(text: str, *, file: str = "<text>", folder: Path | None = None) -> Scenario:
    """Return the scenario of a text.

    Args:
        text: The contents of a scenario file.
        file: What messages call it.
        folder: From where profiles given by path are looked for; None: the working folder.

    Raises:
        ScenarioError: with everything that is wrong.
    """
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n")
    faults = FaultList(plain)
    try:
        document = _parse(plain, file)
        digest = hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()
        scenario = read_document(document, folder or Path(), digest, faults)
    except RecursionError:
        raise _error(
            file, "is nested too deeply for a scenario", "write tables and lists one within another"
        ) from None
    if scenario is None:
        raise ScenarioError(file, faults.faults)
    return scenario


@cache
def library() -> tuple[Scenario, ...]:
    """Return every scenario that comes with the product, by name."""
    return tuple(load(name) for name in library_names())


def library_names() -> tuple[str, ...]:
    """Return the names of the library's scenarios."""
    return tuple(sorted(file.stem for file in LIBRARY.glob("*.toml")))


def _find(path_or_name: str | Path) -> Path:
    path = Path(path_or_name)
    if isinstance(path_or_name, Path) or path.suffix == ".toml" or len(path.parts) != 1:
        return path
    if path_or_name in library_names():
        return LIBRARY / f"{path_or_name}.toml"
    if path.exists():
        return path
    remedy = did_you_mean(path_or_name, library_names())
    raise _error(
        path_or_name,
        "is no scenario of the library, and no file",
        f"{remedy}, or give the path of a .toml file",
    )


def _text_of(path: Path, shown: str) -> str:
    """Return the text of a file that is one, and small."""
    try:
        if path.is_dir():
            raise _error(shown, "is a folder", "give the path of a .toml file in it")
        if path.exists() and not path.is_file():
            raise _error(shown, "is no ordinary file", "give the path of a .toml file")
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        near = [each.name for each in path.parent.glob("*.toml")] if path.parent.is_dir() else []
        remedy = (
            did_you_mean(path.name, near)
            if near
            else "give the path of a .toml file, or a name of the library"
        )
        raise _error(shown, "there is no such file", remedy) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise _error(shown, f"cannot be read: {reason}", "give a file that can be read") from None
    if len(raw) > MOST_BYTES:
        raise _error(shown, "is larger than 1 MB", "give a scenario: a few kilobytes of TOML")
    return _decoded(raw, shown)


def _decoded(raw: bytes, shown: str) -> str:
    if b"\x00" in raw:
        raise _error(shown, "is no text but binary, or text in UTF-16", "save it as UTF-8 text")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise _error(shown, "is not UTF-8 text", "save it as UTF-8", line) from None


def _parse(text: str, file: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except ValueError as error:  # tomllib's own error is one; so is an integer of too many digits
        message = str(error)
        place = _AT_LINE.search(message)
        at_end = text.count("\n") + 1 if place else 1
        line = int(place.group(1)) if place and place.group(1) else at_end
        column = f" (column {place.group(2)})" if place and place.group(2) else ""
        what = _AT_LINE.sub("", message).strip() or message
        raise _error(
            file,
            f"this is no TOML: {what}{column}",
            "correct the line; text and quantities stand in quotes",
            line,
        ) from None


def _error(file: str | Path, what: str, remedy: str, line: int = 1) -> ScenarioError:
    return ScenarioError(str(file), (Fault(line, what, remedy),))
