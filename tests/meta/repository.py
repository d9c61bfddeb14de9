"""Where things are in the repository, for the tests that read it."""

from __future__ import annotations

import subprocess
import tomllib
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]

NOT_SHIPPED: Final = frozenset({"tests", "bench", "docs"})
"""Top folders that may hold Python and are no part of the product."""


def settings() -> dict[str, Any]:
    """The content of pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def packages() -> list[str]:
    """The product's packages, as the wheel lists them."""
    names: list[str] = settings()["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    return names


def python_files(*places: str) -> list[Path]:
    """Every Python file in the given folders (or files) of the repository, in order."""
    found: list[Path] = []
    for place in places:
        path = ROOT / place
        found += [path] if path.is_file() else path.rglob("*.py")
    return sorted(found)


def package_files(package: str) -> list[Path]:
    """Every file of a package that is not a cache, data included."""
    return sorted(
        path
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc"
    )


def tracked_files() -> list[Path]:
    """Every file that git tracks; all files outside the ignored folders where there is no git."""
    git = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if git.returncode == 0:
        named = [ROOT / name for name in git.stdout.split("\0") if name]
    else:
        ignored = {line.strip("/") for line in (ROOT / ".gitignore").read_text(encoding="utf-8").split()}
        named = [path for path in ROOT.rglob("*") if not {".git", *ignored} & {*path.relative_to(ROOT).parts}]
    return sorted(path for path in named if path.is_file())


def shown(path: Path) -> str:
    """A path as messages name it: relative to the repository."""
    return path.relative_to(ROOT).as_posix()
