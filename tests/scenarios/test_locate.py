"""Line numbers of keys: against tomllib for arbitrary documents, and by hand for one of every kind."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.locate import Path, key_lines, nearest_line

EVERY_KIND = '''\
# a comment with = and [brackets]
title = """one
[not.a.header]
key = "not a key"
""""
raw = \'\'\'
[[nor this]]\'\'\'
a.b."c.d" = 1  # dotted
list = [
  "x]", # a comment, with a comma
  { at = 1, "do" = "[y]" },
]

[bag]
fill = "110 mL"
[[step]]
at = "0 s"
[step.more]
deep = true
[[step]]
at = 1979-05-27 07:32:00
do = 'a # no comment'
'''


def test_one_of_every_kind() -> None:
    assert key_lines(EVERY_KIND) == {
        ("title",): 2,
        ("raw",): 6,
        ("a",): 8,
        ("a", "b"): 8,
        ("a", "b", "c.d"): 8,
        ("list",): 9,
        ("list", 0): 10,
        ("list", 1): 11,
        ("list", 1, "at"): 11,
        ("list", 1, "do"): 11,
        ("bag",): 14,
        ("bag", "fill"): 15,
        ("step",): 16,
        ("step", 0): 16,
        ("step", 0, "at"): 17,
        ("step", 0, "more"): 18,
        ("step", 0, "more", "deep"): 19,
        ("step", 1): 20,
        ("step", 1, "at"): 21,
        ("step", 1, "do"): 22,
    }


def test_windows_line_ends() -> None:
    assert key_lines("a = 1\r\n[b]\r\nc = 2\r\n") == {("a",): 1, ("b",): 2, ("b", "c"): 3}


def test_nearest_line_goes_up_to_what_stands_in_the_text() -> None:
    lines = key_lines("a = 1\n[bag]\nfill = 2\n")
    assert nearest_line(lines, ("bag", "air")) == 2
    assert nearest_line(lines, ("set",)) == 1


class Tables(list[dict[str, object]]):
    """A list that is to be written as an array of tables."""


# --- arbitrary documents, written by a writer that knows where it puts every key

KEYS = st.one_of(
    st.text("abcXYZ019_-", min_size=1, max_size=4),
    st.text(st.characters(codec="utf-8"), max_size=5),
)
STRINGS = st.text(st.characters(codec="utf-8"), max_size=12)
SCALARS = st.one_of(st.booleans(), st.integers(-999, 999), st.floats(allow_nan=False), STRINGS)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)
TABLES = st.recursive(
    st.dictionaries(KEYS, VALUES, max_size=4),
    lambda inner: st.dictionaries(
        KEYS, st.one_of(VALUES, inner, st.lists(inner, min_size=1, max_size=3).map(Tables)), max_size=4
    ),
    max_leaves=5,
)


def quoted(text: str) -> str:
    escaped = "".join(
        char if char.isprintable() and char not in '"\\' else f"\\U{ord(char):08x}" for char in text
    )
    return f'"{escaped}"'


def multi_line(text: str) -> str:
    escaped = "".join(
        char if char == "\n" or (char.isprintable() and char not in '"\\') else f"\\U{ord(char):08x}"
        for char in text
    )
    return f'"""\\\n  {escaped}"""'


def written(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            return multi_line(value) if "\n" in value else quoted(value)
        case list():
            return "[ # [\n" + ",\n".join(written(item) for item in value) + "\n]"
        case dict():
            return "{" + ", ".join(f"{quoted(key)} = {written(item)}" for key, item in value.items()) + "}"
        case _:
            return str(value)


def document(table: dict[str, object], above: str = "") -> str:
    plain, below = [], []
    for key, value in table.items():
        name = f"{above}{quoted(key)}"
        if isinstance(value, Tables):
            below += [f"[[{name}]]\n" + document(item, f"{name}.") for item in value]
        elif isinstance(value, dict) and len(key) % 2:
            below.append(f" [ {name} ] # ]\n" + document(value, f"{name}."))
        else:
            plain.append(f"{quoted(key)} = {written(value)} # '\n")
    return "".join(plain) + "".join(below)


def paths(value: object, above: Path = ()) -> set[Path]:
    found: set[Path] = set()
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        found |= {(*above, key)} | paths(item, (*above, key))
    return found


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(TABLES)
def test_finds_the_keys_that_tomllib_finds_and_their_lines(table: dict[str, object]) -> None:
    text = document(table)
    assert set(key_lines(text)) == paths(tomllib.loads(text))
    lines = text.split("\n")
    for path, line in key_lines(text).items():
        if isinstance(path[-1], str):
            assert quoted(path[-1]) in lines[line - 1]
