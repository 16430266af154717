"""The title bar: overall state, counts, monitor, age of the data; below it a banner if needed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.style import Style
from textual.strip import Strip

from amt_console.model import MonitorState, ServiceState, Severity, Snapshot
from amt_console.text import STATE_WORDS, duration, following, near_moment, soon_moment
from widgets.cells import Runs, crop, fit, runs_width
from widgets.line_view import LineView
from widgets.look import PLAIN_LOOK, Look

PERSON_WIDTH = 20
"""Cells for the name of the person on call."""
SILENT_SECONDS = 10.0
"""Data is old if it is older than this and than twice the shortest interval."""


@dataclass(frozen=True, slots=True)
class TitleState:
    """What the title bar shows beside the snapshot."""

    now: datetime
    place: str = ""
    """The screen, such as ``2 SERVICES``."""
    live_key: str = "0"
    """Ends a view of the past."""
    speed: int = 0
    """At which the past is played; 0 while it stands."""
    attached_to: str | None = None
    """The monitor, if it is another process."""
    read_only: bool = False
    paused_at: datetime | None = None
    resume_key: str = "p"
    new_alerts: int = 0
    """Alerts that opened since the view was frozen, or the present left."""
    trouble: str | None = None
    """Why no newer snapshot could be read."""
    notices: tuple[str, ...] = ()
    """Notices, most important first."""
    just_begun: bool = False
    """Whether the console was just opened: then lasting notices are shown too."""
    faults: tuple[str, ...] = ()
    """The monitor's current faults, also while the view is frozen."""


def on_call_words(snapshot: Snapshot, look: Look) -> tuple[str, ...]:
    """Who is on call in the first rota, in words of decreasing length; empty without a rota."""
    if not snapshot.on_call:
        return ()
    first, now = snapshot.on_call[0], snapshot.at or snapshot.generated_at
    if first.person is None:
        return ("nobody is on call", "nobody on call")
    short = f"on call: {crop(first.person, PERSON_WIDTH, look.ellipsis)}"
    if first.until is None:
        return (short,)
    return (f"{short} until {soon_moment(first.until, now, look.zone)}", short)


def snapshot_facts(snapshot: Snapshot) -> list[str]:
    """What is open and which services are not up, the most important first."""
    counts = Counter(service.state for service in snapshot.services)
    bad = [
        f"{counts[state]} {STATE_WORDS[state].lower()}"
        for state in (ServiceState.DOWN, ServiceState.DEGRADED, ServiceState.UNKNOWN, ServiceState.MAINTENANCE)
        if counts[state]
    ]
    total = len(snapshot.services)
    up = counts[ServiceState.UP]
    unknown = all(service.last_checked is None for service in snapshot.services)
    if unknown and snapshot.at is not None:
        facts = ["nothing was measured"]
    elif not total:
        facts = ["no services measured yet"]
    elif unknown:
        facts = [f"waiting for the first results of {total} services"]
    elif not bad:
        facts = [f"all {total} services up"]
    else:
        facts = [*bad, f"{up} of {total} up"]
    firing = [alert for alert in snapshot.alerts if alert.is_confirmed]
    alone = sum(alert.needs_somebody for alert in firing)
    followers = sum(alert.follows_from is not None for alert in firing)
    infos = sum(alert.severity is Severity.INFO for alert in firing)
    taken = sum(alert.acknowledged_by is not None for alert in firing if alert.severity is not Severity.INFO)
    if followers:
        facts.insert(1, following(followers))
    if alone:
        facts.insert(0, f"{alone} unacknowledged")
    elif taken:
        facts.insert(0, f"{taken} alerts, all acknowledged" if taken > 1 else "1 alert, acknowledged")
    elif infos:
        facts.append(f"{infos} for information")
    return facts


class TitleBar(LineView):
    """One line, and a second one for a banner."""

    def __init__(self, *, look: Look = PLAIN_LOOK, id: str | None = None) -> None:  # noqa: A002
        super().__init__(look=look, id=id)
        self._snapshot: Snapshot | None = None
        self._state: TitleState | None = None

    def show(self, snapshot: Snapshot | None, state: TitleState) -> None:
        """Show a snapshot."""
        self._snapshot, self._state = snapshot, state
        self.rebuild()

    @property
    def height_now(self) -> int:
        """1, or 2 with a banner."""
        return 1 + bool(self._banner())

    def build(self, width: int, height: int | None) -> Sequence[Strip]:
        """The state line, then the banner."""
        lines = [self._first(width)]
        banner = self._banner()
        if banner:
            fill = banner[-1][1]
            lines.append(Strip(fit(banner, width, ellipsis=self.look.ellipsis, fill=fill), width))
        return lines

    def _first(self, width: int) -> Strip:
        palette = self.look.palette
        if self._snapshot is None or self._state is None:
            runs = [(" AMT CONSOLE ", palette.badge_unknown), ("  starting ", palette.bar)]
            return Strip(fit(runs, width, fill=palette.bar), width)
        badge = self.look.overall(self._snapshot.overall)
        facts, dot = snapshot_facts(self._snapshot), self.look.dot
        past = self._snapshot.at is not None
        on_call = () if past else on_call_words(self._snapshot, self.look)
        place = self._state.place
        named, short = [badge, *self._named(place)], [badge, *self._named(place.partition(" ")[0])]
        # Who looks stands on the monitor's screen as well: it goes before the name of this screen does.
        choices = []
        for head, looking in ((named, True),) if past else ((named, True), (named, False), (short, True)):
            needed = runs_width([*head, (dot.join((*facts[:2], *on_call[-1:])), palette.bar)]) + 4
            right = self._monitor(self._snapshot, self._state, width - needed, looking=looking)
            room = width - runs_width(head) - runs_width(right) - 3
            shown = self._fitting(facts, on_call, room)
            lacks = (len(shown[0]) > room, bool(on_call) and shown[-1] not in on_call)
            choices.append((lacks, head, right, shown))
        # The first of those that lack least: with the name of the screen if everything important has room beside it.
        _, head, right, shown = min(choices, key=lambda choice: choice[0])
        left = [*head, (f"  {dot.join(shown)}", palette.bar)]
        if past and runs_width(left) + runs_width(right) > width:
            left = [badge, *self._named(place)]  # in the past nothing is to be done: where one is comes first
        left_width = max(0, width - runs_width(right))
        segments = fit(left, left_width, ellipsis=self.look.ellipsis, fill=palette.bar)
        return Strip([*segments, *fit(right, width - left_width, fill=palette.bar)], width)

    def _named(self, place: str) -> Runs:
        return [(f" {place}", self.look.palette.bar + Style(bold=True))] if place else []

    def _fitting(self, facts: list[str], on_call: Sequence[str], room: int) -> list[str]:
        """As many facts as there is room for, and who is on call: the tables below do not say that."""
        choices = [[*facts[:count], words] for count in range(len(facts), 0, -1) for words in on_call]
        choices += [facts[:count] for count in range(len(facts), 1, -1)]
        palette, dot = self.look.palette, self.look.dot
        fitting = (choice for choice in choices if runs_width([(dot.join(choice), palette.bar)]) <= room)
        return next(fitting, facts[:1])

    def _monitor(self, snapshot: Snapshot, state: TitleState, room: int, *, looking: bool) -> Runs:
        palette, look = self.look.palette, self.look
        if snapshot.at is not None:
            return [(f" PAST {look.local(snapshot.at):%Y-%m-%d %H:%M %Z} ", palette.badge_warning)]
        monitor = snapshot.monitor
        seen = self.look.ago_words(monitor.last_cycle_at, state.now)
        data = "data now" if seen == "just now" else f"data {seen.removesuffix(' ago')} old"
        if state.faults and monitor.state is not MonitorState.STOPPED:
            data = "no data" if monitor.last_cycle_at is None else data
            return [(f" {look.glyph('✖', 'X')} not storing{look.dot}{data} ", palette.badge_critical)]
        if monitor.last_cycle_at is None:
            if monitor.state is MonitorState.RUNNING:
                return [("monitor starting ", palette.bar)]
            return [(" NO MONITOR RUNS ", palette.badge_critical)]
        if monitor.state is MonitorState.STOPPED:
            return [
                (
                    f" MONITOR STOPPED, DATA {self.look.age_words(monitor.last_cycle_at, state.now)} OLD ",
                    palette.badge_critical,
                )
            ]
        if monitor.state is MonitorState.SILENT or self._old(snapshot, state):
            return [
                (
                    f" MONITOR SILENT FOR {self.look.age_words(monitor.last_cycle_at, state.now)} ",
                    palette.badge_critical,
                )
            ]
        dot = (look.glyph("●", "*"), palette.ok + Style(bgcolor=palette.bar.bgcolor))
        seen_by = f"{len(snapshot.presence)} looking" if looking and len(snapshot.presence) > 1 else ""
        who = look.dot.join(part for part in ("read-only" if state.read_only else "", seen_by) if part)
        whose = f"attached: {state.attached_to}" if state.attached_to else "monitoring"
        short = "attached" if state.attached_to and not who else ""
        wordings = [(whose, who, data), (whose.partition(" on ")[0], who, data), (short, who, data)]
        texts = [f" {look.dot.join(part for part in parts if part)} " for parts in wordings]
        fitting = (text for text in texts if len(text) + 1 <= room)
        return [dot, (next(fitting, texts[-1]), palette.bar)]

    def _old(self, snapshot: Snapshot, state: TitleState) -> bool:
        if snapshot.monitor.last_cycle_at is None or state.paused_at is not None:
            return False
        shortest = min((service.interval for service in snapshot.services), default=SILENT_SECONDS)
        seconds = (state.now - snapshot.monitor.last_cycle_at).total_seconds()
        return seconds > max(SILENT_SECONDS, 2 * shortest)

    def _banner(self) -> Runs:
        state, snapshot, palette = self._state, self._snapshot, self.look.palette
        if state is None:
            return ()
        if state.trouble:
            return [(f" No fresh data: {state.trouble}", palette.badge_critical)]
        if state.paused_at is not None:
            seconds = (state.now - state.paused_at).total_seconds()
            frozen = duration(seconds // 5 * 5) if seconds >= 5 else "just now"
            tail = f"monitoring continues{self.look.dot}{state.resume_key} resumes"
            words = self.look.dot.join((frozen, _new_alerts(state.new_alerts), tail))
            return [(f" PAUSED {words}", palette.badge_warning)]
        if snapshot is not None and snapshot.at is not None:
            ago = f", {self.look.age_words(snapshot.at, state.now)} ago" if snapshot.at < state.now else ""
            mark = "simulated data" if snapshot.simulated_until and snapshot.at <= snapshot.simulated_until else ""
            played = f"playing at {state.speed}x" if state.speed else ""
            back = f"{state.live_key} is now"
            facts = (
                *state.faults,
                _new_alerts(state.new_alerts) if state.new_alerts else "",
                f"as it was at {self.look.local(snapshot.at):%H:%M:%S}{ago}",
                "actions are off",
                played,
                back,
                mark,
            )
            return [(f" {self.look.dot.join(fact for fact in facts if fact)}", palette.badge_warning)]
        faults = self.look.dot.join(state.faults)
        marks = self.look.dot.join(self._marks(snapshot, state))
        return [
            *([(f" {faults} ", palette.badge_critical)] if faults else []),
            *([(f" {marks}", palette.muted)] if marks else []),
        ]

    def _marks(self, snapshot: Snapshot | None, state: TitleState) -> list[str]:
        """Notices, most important first."""
        marks = list(state.notices)
        if state.just_begun and snapshot is not None and snapshot.simulated_until is not None:
            until = near_moment(snapshot.simulated_until, state.now, self.look.zone)
            marks.insert(0, f"history up to {until} is simulated")
        if state.just_begun and state.read_only:
            marks.insert(0, "read-only: actions are off")
        return marks


def _new_alerts(count: int) -> str:
    return f"{count} new alert{'s' if count != 1 else ''}"
