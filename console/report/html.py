"""The page of a report: one HTML file that needs nothing else, on screen and on paper."""

from __future__ import annotations

from collections.abc import Mapping

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from console.cli import DISCLAIMER
from console.report.material import Material
from console.report.page import page_of


def render(material: Material, svgs: Mapping[str, str], program_version: str) -> str:
    """Return the page.

    Args:
        material: What happened.
        svgs: The figures, by the names of `console/report/figure.py`.
        program_version: Whose report it is.
    """
    environment = Environment(
        loader=PackageLoader("console.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    figures = {name: Markup(svg) for name, svg in svgs.items()}  # noqa: S704 - drawn here; texts in it are escaped
    return environment.get_template("report.html.j2").render(
        page=page_of(material, program_version), figures=figures, disclaimer=DISCLAIMER
    )
