"""Appearance: styles by meaning, glyphs with ASCII alternatives, moments in a time zone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from rich.style import Style
from textual.color import Color

from amt_console.model import Overall, ServiceState, Severity
from amt_console.text import (
    MISSING,
    SEVERITY_WORDS,
    STATE_WORDS,
    age,
    duration,
    severity_glyph,
    state_glyph,
)
from widgets import ages
from widgets.cells import Run

OVERALL_WORDS: dict[Overall, str] = {
    Overall.OK: "OK",
    Overall.WARNING: "WARNING",
    Overall.CRITICAL: "CRITICAL",
    Overall.UNKNOWN: "UNKNOWN",
}


@dataclass(frozen=True, slots=True)
class Palette:
    """A style for each meaning, built from the variables of the theme."""

    text: Style
    strong: Style
    muted: Style
    faint: Style
    """Rules, scales and empty parts of bars."""
    accent: Style
    trend: Style
    """Sparklines and bars: less prominent than a state."""
    ok: Style
    warning: Style
    critical: Style
    warning_mark: Style
    """For the glyph and the word of a warning; its other text has ``warning``."""
    critical_mark: Style
    info: Style
    outage: Style
    """The shade of an outage in a chart; its background lies below what the chart draws there."""
    heading: Style
    heading_focus: Style
    cursor: Style
    """The selected row in the focused pane, on top of the row's own colours."""
    cursor_blur: Style
    badge_ok: Style
    badge_warning: Style
    badge_critical: Style
    badge_unknown: Style
    key: Style
    bar: Style
    """Background of the title and key bars."""

    @classmethod
    def from_variables(cls, variables: Mapping[str, str], *, ansi: bool = False) -> Palette:
        """Take the colours of a Textual theme.

        Args:
            variables: ``App.theme_variables``.
            ansi: The theme uses the terminal's own 16 colours, so backgrounds cannot be mixed.
        """

        def style(foreground: str | None, background: str | None = None, bold: bool | None = None) -> Style:
            return Style(
                color=Color.parse(variables[foreground]).rich_color if foreground else None,
                bgcolor=Color.parse(variables[background]).rich_color if background else None,
                bold=bold,
            )

        if ansi:
            return cls._from_ansi()
        return cls(
            text=style("foreground"),
            strong=style("foreground", bold=True),
            muted=style("muted"),
            faint=style("faint"),
            accent=style("accent"),
            trend=style("secondary"),
            ok=style("success"),
            warning=style("warning"),
            critical=style("error", bold=True),
            warning_mark=style("warning"),
            critical_mark=style("error", bold=True),
            info=style("primary"),
            outage=style("outage", "outage-background"),
            heading=style("heading", "heading-background", bold=True),
            heading_focus=style("heading-focus", "heading-focus-background", bold=True),
            cursor=style(None, "cursor-background", bold=True),
            cursor_blur=style(None, "cursor-blur-background"),
            badge_ok=style("badge-foreground", "badge-ok", bold=True),
            badge_warning=style("badge-foreground", "badge-warning", bold=True),
            badge_critical=style("badge-critical-foreground", "badge-critical", bold=True),
            badge_unknown=style("badge-foreground", "badge-unknown", bold=True),
            key=style("accent", bold=True),
            bar=style("foreground", "bar-background"),
        )

    @classmethod
    def _from_ansi(cls) -> Palette:
        """Styles on the terminal's own colours. Its background may be dark or light, so colours set background and text
        together.
        """
        plain, bold, reverse = Style(), Style(bold=True), Style(reverse=True)
        good, bad = Style(color="black", bgcolor="green"), Style(color="black", bgcolor="yellow")
        worst = Style(color="bright_white", bgcolor="red", bold=True)
        return cls(
            text=plain,
            strong=bold,
            muted=plain,
            faint=plain,
            accent=bold,
            trend=plain,
            ok=plain,
            warning=bold,
            critical=bold,
            warning_mark=bad,
            critical_mark=worst,
            info=plain,
            outage=plain,
            heading=Style(bold=True, underline=True),
            heading_focus=Style(bold=True, reverse=True),
            cursor=reverse,
            cursor_blur=Style(underline=True),
            badge_ok=good,
            badge_warning=bad,
            badge_critical=worst,
            badge_unknown=Style(bold=True, reverse=True),
            key=bold,
            bar=plain,
        )


@dataclass(frozen=True, slots=True)
class Look:
    """A palette with the alphabet and the time zone; every widget draws with one."""

    palette: Palette
    ascii_only: bool = False
    zone: tzinfo | None = UTC
    """``None`` is the host's."""
    age_step: int = 1
    """Seconds by which ages below a minute change at least."""

    def local(self, moment: datetime) -> datetime:
        """A moment in the displayed time zone."""
        return moment.astimezone(self.zone)

    def age(self, then: datetime | None, now: datetime) -> str:
        """``text.age`` in steps."""
        return age(then, now, self.age_step)

    def coarse_age(self, then: datetime | None, now: datetime) -> str:
        """``ages.coarse_age`` in steps."""
        return ages.coarse_age(then, now, max(ages.STEP, self.age_step))

    def age_words(self, then: datetime | None, now: datetime) -> str:
        """``ages.age_words`` in steps."""
        return ages.age_words(then, now, self.age_step)

    def ago_words(self, then: datetime | None, now: datetime) -> str:
        """``ages.ago_words`` in steps."""
        return ages.ago_words(then, now, max(ages.STEP, self.age_step))

    def in_steps(self, seconds: float) -> float:
        """What goes on so long, down to a whole step."""
        return seconds - seconds % self.age_step

    def lasting(self, seconds: float) -> str:
        """``text.duration`` in steps, for what goes on."""
        return duration(self.in_steps(seconds))

    @property
    def ellipsis(self) -> str:
        """The end of a cut text."""
        return "~" if self.ascii_only else "…"

    @property
    def missing(self) -> str:
        """The sign for a missing value."""
        return "-" if self.ascii_only else MISSING

    @property
    def dot(self) -> str:
        """The separator of facts on a line."""
        return " | " if self.ascii_only else " · "

    def value(self, text: str) -> str:
        """A formatted value; a missing one with the dash of the alphabet."""
        return self.missing if text == MISSING else text

    def glyph(self, fancy: str, plain: str) -> str:
        """The Unicode or the ASCII glyph."""
        return plain if self.ascii_only else fancy

    def state_style(self, state: ServiceState) -> Style:
        """Colour of a service's state."""
        palette = self.palette
        return {
            ServiceState.UP: palette.ok,
            ServiceState.DEGRADED: palette.warning,
            ServiceState.DOWN: palette.critical,
            ServiceState.UNKNOWN: palette.muted,
            ServiceState.MAINTENANCE: palette.info,
        }[state]

    def state(self, state: ServiceState) -> Run:
        """Glyph and word in the colour of the state."""
        marks = {
            ServiceState.DEGRADED: self.palette.warning_mark,
            ServiceState.DOWN: self.palette.critical_mark,
        }
        style = marks.get(state, self.state_style(state))
        return f"{state_glyph(state, ascii_only=self.ascii_only)} {STATE_WORDS[state]}", style

    def severity_style(self, severity: Severity) -> Style:
        """Colour of a severity."""
        palette = self.palette
        return {
            Severity.CRITICAL: palette.critical,
            Severity.WARNING: palette.warning,
            Severity.INFO: palette.info,
        }[severity]

    def severity(self, severity: Severity) -> Run:
        """Glyph and word in the colour of the severity."""
        marks = {Severity.WARNING: self.palette.warning_mark, Severity.CRITICAL: self.palette.critical_mark}
        glyph = severity_glyph(severity, ascii_only=self.ascii_only)
        return f"{glyph} {SEVERITY_WORDS[severity]}", marks.get(severity, self.severity_style(severity))

    def overall(self, overall: Overall) -> Run:
        """Glyph and word on the background of the worst state."""
        palette = self.palette
        glyphs, style = {
            Overall.OK: (("●", "+"), palette.badge_ok),
            Overall.WARNING: (("▲", "!"), palette.badge_warning),
            Overall.CRITICAL: (("✖", "X"), palette.badge_critical),
            Overall.UNKNOWN: (("○", "?"), palette.badge_unknown),
        }[overall]
        return f" {self.glyph(*glyphs)} {OVERALL_WORDS[overall]} ", style


PLAIN_LOOK = Look(Palette.from_variables({}, ansi=True))
"""The terminal's own colours, the default of all widgets."""
