"""The wheel carries all of the product and nothing else, and works in a fresh environment."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

from tests.meta.repository import ROOT, package_files, packages, settings, shown

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


def run(*arguments: str | Path, cwd: Path) -> str:
    """Run a program without this environment's Python variables; its standard output."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST_"))}
    done = subprocess.run(arguments, cwd=cwd, env=kept, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, f"{arguments}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the tree without the network."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_every_file_of_the_packages(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        shipped = {name: archive.read(name) for name in archive.namelist() if ".dist-info/" not in name}
        tops = {name.split("/")[0] for name in archive.namelist()}
    tree = {shown(path): path.read_bytes() for package in packages() for path in package_files(package)}
    assert sorted(shipped) == sorted(tree)
    assert [name for name in tree if shipped[name] != tree[name]] == []
    assert {Path(name).suffix for name in shipped} >= {".py", ".toml", ".j2", ".css", ".js", ".svg"}
    version = settings()["project"]["version"]
    assert tops == {*packages(), f"ambupump-{version}.dist-info"}


@pytest.fixture(scope="module")
def fresh(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs' folder of a fresh environment with the wheel in it, made without the network."""
    folder = tmp_path_factory.mktemp("fresh")
    venv.create(folder, symlinks=True)
    python = folder / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--python", python)
    run(*pip, "install", "--quiet", "--no-index", "--no-deps", wheel, cwd=folder)
    # The third parties come from this environment. A path that a .pth file adds is not itself searched
    # for .pth files, so that the editable install of the tree stays out of sight.
    find = "import sysconfig; print(sysconfig.get_path('purelib'))"
    place = Path(run(python, "-c", find, cwd=folder).strip())
    (place / "third_parties.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return folder / "bin"


def test_the_packages_are_found_in_the_fresh_environment(fresh: Path, tmp_path: Path) -> None:
    for package in packages():
        found = run(fresh / "python", "-c", f"import {package}; print({package}.__file__)", cwd=tmp_path)
        assert Path(found.strip()).is_relative_to(fresh.parent)


def test_the_program_lists_the_library_from_another_folder(fresh: Path, tmp_path: Path) -> None:
    listed = [line.split()[0] for line in run(fresh / "ambupump", "list", cwd=tmp_path).splitlines()]
    library = [
        tomllib.loads(path.read_text(encoding="utf-8"))["id"]
        for path in (ROOT / "scenarios" / "library").glob("*.toml")
    ]
    assert library
    assert sorted(listed) == sorted(library)
    assert list(tmp_path.iterdir()) == []


def test_the_program_replays_with_report_from_another_folder(fresh: Path, tmp_path: Path) -> None:
    run(fresh / "ambupump", "replay", "bag-24-hour-nominal", "--out", "out", cwd=tmp_path)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "figure.png",
        "report.html",
        "signals.csv",
        "trace.jsonl",
    ]


def test_the_trainer_has_its_pages_lessons_and_static_files_from_another_folder(
    fresh: Path, tmp_path: Path
) -> None:
    start = "from console.trainer.web.start import start_page; print(start_page([]))"
    page = run(fresh / "python", "-c", start, cwd=tmp_path)
    lessons = [path.stem for path in (ROOT / "console" / "trainer" / "lessons" / "library").glob("*.toml")]
    assert lessons
    assert [name for name in lessons if f'name="lesson" value="{name}"' not in page] == []
    static = "from console.trainer.pages import STATIC; print(STATIC)"
    folder = Path(run(fresh / "python", "-c", static, cwd=tmp_path).strip())
    asked_for = re.findall(r'"/static/([^"]+)"', page)
    assert asked_for
    assert [name for name in asked_for if not (folder / name).is_file()] == []
