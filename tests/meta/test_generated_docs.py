"""The generated pages are what the product's tables say today."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs.generate import FOLDER, PAGES, pages
from tests.meta.documents import blocks
from tests.meta.repository import ROOT, shown, tracked_files

REMEDY = "run `make docs`, read the difference and commit the page with the change that caused it"


@pytest.mark.parametrize("path", pages(), ids=shown)
def test_a_generated_page_is_what_the_tables_say(path: Path) -> None:
    assert path.is_file(), f"{shown(path)} is missing; {REMEDY}"
    committed = path.read_text(encoding="utf-8")
    assert committed == pages()[path](), f"{shown(path)} is not what the tables say; {REMEDY}"


def test_every_page_of_the_reference_is_generated() -> None:
    assert sorted(path.name for path in FOLDER.iterdir()) == sorted(PAGES)


def anchors(page: str) -> set[str]:
    """The anchors of a page's headings, as the sites that show Markdown make them."""
    fenced = {
        number
        for block in blocks(page)
        for number in range(block.line_no, block.line_no + len(block.text.splitlines()))
    }
    headings = [
        line.lstrip("#").strip()
        for number, line in enumerate(page.splitlines(), start=1)
        if line.startswith("#") and number not in fenced
    ]
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def link_faults(path: Path) -> list[str]:
    """Links of a page to files or headings that are not there."""
    faults = []
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        goal = (path.parent / file).resolve() if file else path
        if not goal.exists():
            faults.append(f"{shown(path)}: there is no {target}")
        elif anchor and anchor not in anchors(goal.read_text(encoding="utf-8")):
            faults.append(f"{shown(path)}: {file or 'the page'} has no heading #{anchor}")
    return faults


def test_every_link_between_pages_leads_somewhere() -> None:
    pages = [path for path in tracked_files() if path.suffix == ".md"]
    assert ROOT / "README.md" in pages
    faults = [fault for path in pages for fault in link_faults(path)]
    assert not faults, "\n".join(faults)


def test_links_that_lead_nowhere_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.meta.test_generated_docs.shown", lambda path: path.name)
    (tmp_path / "other.md").write_text("# A heading: two\n", encoding="utf-8")
    page = tmp_path / "page.md"
    page.write_text(
        "# Here\n[a](other.md) [b](other.md#a-heading-two) [c](#here) [d](https://example.org)\n"
        "[e](missing.md) [f](other.md#nothing) [g](#nowhere)\n",
        encoding="utf-8",
    )
    assert link_faults(page) == [
        "page.md: there is no missing.md",
        "page.md: other.md has no heading #nothing",
        "page.md: the page has no heading #nowhere",
    ]
