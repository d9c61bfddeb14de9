"""The figures: the same bytes for the same run, and nothing in them but what belongs into a page."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping

import matplotlib as mpl
import pytest

from console.report import figure
from console.report.figure import INK, for_page
from console.report.material import Material

PANELS = {"states", "volumes", "pressure", "air", "level", "close-ups"}


@pytest.fixture(scope="module")
def svgs(material: Material) -> Mapping[str, str]:
    return figure.svgs(material)


def test_the_picture_is_the_same_bytes_whatever_the_users_settings(material: Material) -> None:
    first = figure.png(material)
    with mpl.rc_context({"lines.linewidth": 7.0, "font.size": 20.0, "axes.grid": False}):
        assert figure.png(material) == first
        assert mpl.rcParams["lines.linewidth"] == 7.0
    assert first.startswith(b"\x89PNG\r\n")
    for chunk in (b"tEXt", b"iTXt", b"tIME"):
        assert chunk not in first


def test_every_panel_is_drawn_the_same_again(material: Material, svgs: Mapping[str, str]) -> None:
    assert set(svgs) == PANELS
    assert figure.svgs(material) == svgs


def test_panels_are_whole_and_ask_for_nothing(svgs: Mapping[str, str]) -> None:
    ids: list[str] = []
    for name, svg in svgs.items():
        root = ET.fromstring(svg)  # noqa: S314 # drawn here
        assert root.tag == "svg"
        assert "http" not in svg
        assert "<metadata" not in svg
        own = [element.attrib["id"] for element in root.iter() if "id" in element.attrib]
        assert all(each.startswith(f"{name}-") for each in own)
        pointed = re.findall(r'(?:href="|url\()#([^")]+)', svg)
        assert pointed
        assert set(pointed) <= set(own)
        ids += own
    assert len(ids) == len(set(ids))


def test_colours_are_variables_of_the_page(svgs: Mapping[str, str]) -> None:
    for svg in svgs.values():
        left = set(re.findall(r"#[0-9a-f]{6}\b", svg))
        assert not left & set(INK.values())
        assert left <= {"#000000"}  # clip paths
        assert set(re.findall(r"var\(--([a-z]+)\)", svg)) <= {*INK, "sans"}


def test_no_two_roles_have_one_colour() -> None:
    assert len(set(INK.values())) == len(INK)


def test_states_name_every_alarm_and_mode(svgs: Mapping[str, str]) -> None:
    for words in ("OCCLUSION_DOWNSTREAM", "running", "halted", "stopped", "priming", "high"):
        assert f">{words}<" in svgs["states"]


def test_fitting_into_a_page_keeps_the_drawing() -> None:
    svg = (
        '<?xml version="1.0"?>\n<!DOCTYPE svg>\n<svg xmlns:xlink="http://www.w3.org/1999/xlink" width="10pt" '
        'viewBox="0 0 10 10">\n <metadata>\n <a/>\n </metadata>\n <defs><path id="m1" d="M0 0"/></defs>\n'
        ' <use xlink:href="#m1" style="fill: #0067a5"/><g clip-path="url(#m1)"/>\n'
        " <text style=\"font: bold 10px 'DejaVu Sans', sans-serif; text-anchor: middle\">a</text>\n</svg>\n"
    )
    fitted = (
        '<svg viewBox="0 0 10 10" aria-hidden="true">\n'
        ' <defs><path id="x-m1" d="M0 0"/></defs>\n'
        ' <use href="#x-m1" style="fill: var(--blue)"/><g clip-path="url(#x-m1)"/>\n'
        ' <text style="font: bold 10px var(--sans); text-anchor: middle">a</text>\n'
        "</svg>\n"
    )
    assert for_page(svg, "x") == fitted
