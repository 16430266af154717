"""Pages as HTML: no scripts, no external resources, and a policy that forbids both."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from amt_console.reports.page import PageChart, ReportPage
from amt_console.reports.palette import chart_rules, custom_properties

_TEMPLATES = "templates"


def style_sheet() -> str:
    """The style sheet of every page, with the palette filled in."""
    dark = custom_properties(dark=True)
    return (
        f":root{{{custom_properties(dark=False)}}}"
        f"@media screen and (prefers-color-scheme:dark){{:root{{color-scheme:dark;{dark}}}{chart_rules()}}}\n"
        + _read("page.css")
    )


def security_policy(style: str) -> str:
    """The content security policy of a page with exactly this style sheet and no script."""
    digest = base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")
    return f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"


class HtmlRenderer:
    """Renders pages; loads the templates once."""

    def __init__(self) -> None:
        self._environment = Environment(
            autoescape=True,
            loader=FunctionLoader(_read),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._style = style_sheet()
        self._policy = security_policy(self._style)

    def render(self, page: ReportPage, draw: Callable[[PageChart], str]) -> str:
        """The page; ``draw`` makes the SVG of a chart that has a specification."""
        drawings: Mapping[str, Markup] = {
            chart.id: Markup(draw(chart))  # noqa: S704 - made by the renderer out of a specification of ours
            for chart in page.charts()
            if chart.spec is not None
        }
        template = self._environment.get_template("page.html.j2")
        return template.render(page=page, drawings=drawings, style=Markup(self._style), policy=self._policy)  # noqa: S704


def _read(name: str) -> str:
    return files("amt_console.reports").joinpath(_TEMPLATES, name).read_text(encoding="utf-8")
