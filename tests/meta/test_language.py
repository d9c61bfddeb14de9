"""The project speaks of itself alone: no machine it was made on, no registry, no author's tools."""

from __future__ import annotations

import re
from typing import Final

import pytest

from tests.meta.repository import shown, tracked_files

FOREIGN: Final = (
    # Each pattern holds a one-letter class, so that this file does not match itself.
    (
        "a machine's path",
        r"/wor[k]/|/roo[t]/|/hom[e]/\w|/opt/pyp[i]|/opt/wheel[s]|/tmp/bash_job[s]|\b[A-Z]:\\User[s]",
    ),
    (
        "a package registry",
        r"pyp[i]\.org|pythonhoste[d]|npmj[s]\.|conda\.anacond[a]|--(extra-)?inde[x]-url|--find-link[s]",
    ),
    (
        "a writing machine",
        (
            r"\b(?i:chatgp[t]|claud[e]|anthropi[c]|opena[i]|copilo[t]|gemin[i]|ll[m]s?|subagen[t]s?)\b"
            r"|(?i:language mode[l]|system promp[t]|as an a[i]\b|ai assistan[t]|generated with a[i])"
        ),
    ),
)


def foreign_words(text: str) -> list[tuple[int, str, str]]:
    """Line, kind and words of what does not belong into the repository."""
    return [
        (number, kind, found.group())
        for number, line in enumerate(text.splitlines(), start=1)
        for kind, pattern in FOREIGN
        for found in re.finditer(pattern, line)
    ]


def test_no_tracked_file_speaks_of_anything_foreign() -> None:
    files = tracked_files()
    assert files
    faults = []
    for path in files:
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture
        faults += [f"{shown(path)}:{line}: {kind}: {words}" for line, kind, words in foreign_words(text)]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(
    "text",
    [
        "see /wor" + "k/notes",
        "cache in /roo" + "t/.cache",
        "/hom" + "e/anna/pump",
        "https://pyp" + "i.org/simple",
        "--inde" + "x-url https://example.org",
        "Written with Claud" + "e",
        "an LL" + "M wrote this",
        "as an A" + "I, ",
    ],
)
def test_foreign_words_are_found(text: str) -> None:
    assert len(foreign_words(f"first line\n{text}\n")) == 1


@pytest.mark.parametrize(
    "text",
    ["a recorded session", "the rework/out folder", "prompt the nurse", "all methods", "/out/", "the helper"],
)
def test_ordinary_words_are_left_alone(text: str) -> None:
    assert foreign_words(text) == []
