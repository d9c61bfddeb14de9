"""Loading scenarios: a file, a text, or one of the library by its name.

Whatever is wrong with a file ends in one `ScenarioError` that holds every fault with its line.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

from scenarios.faults import FaultList, ScenarioError, did_you_mean
from scenarios.files import file_error, parse, text_of
from scenarios.reader import Scenario, read_document

__all__ = ["Scenario", "ScenarioError", "library", "library_names", "load", "loads"]

LIBRARY: Final = Path(__file__).parent / "library"


def load(path_or_name: str | Path) -> Scenario:
    """Return the scenario of a file, or the one of the library with that name.

    Raises:
        ScenarioError: with everything that is wrong.
    """
    path = _find(path_or_name)
    shown = str(path_or_name)
    return loads(text_of(path, shown, "scenario"), file=shown, folder=path.parent)


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
    document = parse(plain, file)
    faults = FaultList(plain)
    digest = hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()
    try:
        scenario = read_document(document, folder or Path(), digest, faults)
    except RecursionError:
        raise file_error(file, "is nested too deeply", "write tables and lists one within another") from None
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
    raise file_error(
        path_or_name,
        "is no scenario of the library, and no file",
        f"{remedy}, or give the path of a .toml file",
    )
