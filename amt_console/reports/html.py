"""Pages as HTML: complete without scripts, nothing from elsewhere, and a policy that forbids all but its own script."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from amt_console.reports.live import chart_data, marks_listed, moment, pin_classes, pin_labels, tick_classes, where
from amt_console.reports.page import PageChart, ReportPage
from amt_console.reports.palette import chart_rules, custom_properties

_TEMPLATES = "templates"
_PAGE = "page.html.j2"
_LONG_CHARS = 160
"""A longer text shows some lines only, and all of them when it has the focus: a tap, or the tab key."""
_LONG = Markup(' class="long" tabindex="0"')
_SHORT = Markup("")


def style_sheet() -> str:
    """The style sheet of every page, with the palette filled in."""
    dark = custom_properties(dark=True)
    return (
        f":root{{{custom_properties(dark=False)}}}"
        f"@media screen and (prefers-color-scheme:dark){{:root{{color-scheme:dark;{dark}}}{chart_rules()}}}\n"
        + _read("page.css")
    )


def live_script() -> str:
    """The script of every page: read-outs, crosshair, zoom. Its bytes never depend on data."""
    return _read("live.js")


def security_policy(style: str, script: str) -> str:
    """The content security policy of a page with exactly this style sheet and this script."""
    return (
        f"default-src 'none'; style-src {_digest(style)}; script-src {_digest(script)}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


@cache
def _environment() -> Environment:
    """The templates; each is compiled when it is first used, once a process."""
    environment = Environment(
        autoescape=True,
        loader=FunctionLoader(_read),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        long=_long,
        pin_labels=pin_labels,
        pin_classes=pin_classes,
        tick_classes=tick_classes,
        where=where,
        moment=moment,
    )
    return environment


def load_templates() -> None:
    """Compile the templates before the first page: it takes as long as a page."""
    for name in (_PAGE, "chart.html.j2", "parts.html.j2"):
        _environment().get_template(name)


class HtmlRenderer:
    """Renders pages."""

    def __init__(self) -> None:
        self._style, self._script = style_sheet(), live_script()
        self._policy = security_policy(self._style, self._script)

    def render(self, page: ReportPage, draw: Callable[[PageChart], str]) -> str:
        """The page; ``draw`` makes the SVG of a chart that has a specification."""
        drawings: Mapping[str, Markup] = {
            chart.id: Markup(draw(chart))  # noqa: S704 - made by the renderer out of a specification of ours
            for chart in page.charts()
            if chart.spec is not None
        }
        template = _environment().get_template(_PAGE)
        return template.render(
            page=page,
            lead=page.first_chart(),
            drawings=drawings,
            marks_listed=marks_listed(page),
            data=Markup(chart_data(page)),  # noqa: S704 - no character of it ends a script element
            style=Markup(self._style),  # noqa: S704
            script=Markup(self._script),  # noqa: S704
            policy=self._policy,
        )


def _long(text: str) -> Markup:
    """The attributes of an element that holds the text."""
    return _LONG if len(text) > _LONG_CHARS else _SHORT


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _read(name: str) -> str:
    return files("amt_console.reports").joinpath(_TEMPLATES, name).read_text(encoding="utf-8")
