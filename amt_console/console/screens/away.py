"""What happened while the person was away: fired, done by others, still open, ending, undelivered, not measured."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from textual.containers import Container, Vertical
from textual.widget import Widget

from amt_console.console.actions import Selection
from amt_console.console.cards.loading import Answer
from amt_console.console.exporting import Export, ListExport
from amt_console.console.screens.detail import DetailBody, DetailScreen
from amt_console.console.screens.seen import sections_of
from amt_console.model import AlertState, AlertView, Snapshot
from amt_console.model.queries import AwayQuery
from amt_console.model.queries.away import Away
from amt_console.text import duration, follows_words, near_moment, reason_of, safe_text, short_moment
from widgets.ages import age_words
from widgets.cells import Runs
from widgets.fact_lines import FactLines
from widgets.look import Look


class AwayScreen(DetailScreen):
    """Opened with its key from every screen."""

    def __init__(self) -> None:
        super().__init__()

    def body(self) -> Iterable[Widget]:
        """The head and the lists."""
        look = self.look
        self._away = Answer[Away](self.host, self, self._draw)
        with DetailBody(id="detail"):
            yield FactLines("WHILE YOU WERE AWAY", look=look, id="head", wrap_at=0)
            yield FactLines("STILL OPEN", look=look, id="open", wrap_at=2)
            with Container(id="columns"):
                with Vertical(id="left"):
                    yield FactLines("FIRED AND OVER", look=look, id="fired", wrap_at=2)
                    yield FactLines("UNDELIVERED", look=look, id="undelivered", wrap_at=2)
                with Vertical(id="right"):
                    yield FactLines("DONE BY OTHERS", look=look, id="acted", wrap_at=2)
                    yield FactLines("SILENCES THAT END", look=look, id="ending", wrap_at=2)
                    yield FactLines("NOT MEASURED", look=look, id="gaps", wrap_at=2)

    def selection(self) -> Selection:
        """Nothing can be selected."""
        return Selection(reason="There is nothing to act on here.")

    def exported(self) -> Export:
        """The lines; ``export handover`` writes the whole report."""
        return ListExport("what happened meanwhile", "away", {}, sections=sections_of(self))

    def load(self) -> None:
        """Ask since when, and what happened."""
        operations = self.host.operations
        if operations is not None:
            query = AwayQuery(at=self.host.at)
            self._away.ask(lambda: operations.ask(query))

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Draw the ages."""
        self._draw()

    def relook(self) -> None:
        """Draw again with other colours."""
        super().relook()
        self._draw()

    def _draw(self) -> None:
        away, failure, look = self._away.value, self._away.failure, self.look
        head = self.query_one("#head", FactLines)
        if failure:
            head.show([[(f"cannot be read: {failure}", look.palette.critical)]])
        if away is None:
            return
        if not failure:
            head.show([head_runs(away, look)])
        now = self.now
        self._section("#open", alert_lines(away.still_open, now, look), always=True)
        opened = {each.id for each in away.still_open}
        over = [each for each in away.fired if each.id not in opened]
        self._section("#fired", alert_lines(over, now, look), always=True)
        self._section("#acted", acted_lines(away, look), always=True)
        self._section("#undelivered", undelivered_lines(away, look))
        self._section("#ending", ending_lines(away, look))
        self._section("#gaps", gap_lines(away, look))

    def _section(self, name: str, lines: Sequence[Runs], *, always: bool = False) -> None:
        """Show a section that has lines; one that is always there says that it has none."""
        section = self.query_one(name, FactLines)
        section.display = bool(lines) or always
        section.show(lines or [[("none", self.look.palette.ok)]], note=str(len(lines)) if lines else "")


def head_runs(away: Away, look: Look) -> Runs:
    """Since when, and until when the shift runs."""
    palette = look.palette
    if away.since is None:
        words = "You have not looked before: this is your shift so far."
    else:
        since = near_moment(away.since, away.until, look.zone)
        words = f"Since you last looked: {since}, {age_words(away.since, away.until)} ago."
    ends = "" if away.shift_ends is None else f" Your shift ends {near_moment(away.shift_ends, away.until, look.zone)}."
    return [(words, palette.text), (ends, palette.muted)]


def alert_lines(alerts: Sequence[AlertView], now: datetime, look: Look) -> list[Runs]:
    """A line for each alert: severity, age, subject, why, who has it or from what it follows."""
    palette = look.palette
    subjects = {each.id: each.subject for each in alerts}
    lines: list[Runs] = []
    for each in alerts:
        over = each.state is AlertState.RESOLVED
        word, style = look.severity(each.severity)
        who = "nobody has it" if each.follows_from is None else follows_words(each.follows_from, subjects)
        who = f"{each.acknowledged_by} has it" if each.acknowledged_by else who
        lines.append(
            [
                (f"{word:<10} ", palette.muted if over else style),
                (f"{short_moment(each.opened_at, now, look.zone)}  ", palette.muted),
                (f"{each.subject}  ", palette.text if over else palette.strong),
                (reason_of(each.message, each.subject), palette.muted if over else palette.text),
                (f"  {'over' if over else who}", palette.ok if over else palette.accent),
            ]
        )
    return lines


def acted_lines(away: Away, look: Look) -> list[Runs]:
    """A line for each thing that somebody else did."""
    palette = look.palette
    return [
        [
            (f"{short_moment(each.at, away.until, look.zone)}  ", palette.muted),
            (safe_text(each.actor, 40), palette.accent),
            (f" {safe_text(each.action, 60)} {safe_text(each.subject, 80)}", palette.text),
            (f"  {safe_text(each.detail)}" if each.detail else "", palette.muted),
        ]
        for each in away.acted
    ]


def undelivered_lines(away: Away, look: Look) -> list[Runs]:
    """A line for each message that did not arrive."""
    palette = look.palette
    return [
        [
            (f"{short_moment(each.created_at, away.until, look.zone)}  ", palette.muted),
            (f"{each.state.value} ", palette.critical),
            (f"{safe_text(each.subject or each.kind.value, 80)} to {safe_text(each.receiver, 60)}", palette.text),
            (f"  {safe_text(each.attempts[-1].error or '')}" if each.attempts else "", palette.muted),
        ]
        for each in away.undelivered
    ]


def ending_lines(away: Away, look: Look) -> list[Runs]:
    """A line for each silence that ends."""
    palette = look.palette
    return [
        [
            (f"{short_moment(each.ends_at, away.until, look.zone)}  ", palette.warning),
            (safe_text(each.what, 80), palette.text),
            (f"  {safe_text(each.reason)}", palette.muted),
        ]
        for each in away.silences_ending
    ]


def gap_lines(away: Away, look: Look) -> list[Runs]:
    """A line for each time without measurements."""
    palette = look.palette
    return [
        [
            (f"{short_moment(each.started_at, away.until, look.zone)}  ", palette.muted),
            (duration((each.ended_at - each.started_at).total_seconds()), palette.warning),
            (f"  {each.reason.value}", palette.muted),
        ]
        for each in away.gaps
    ]
