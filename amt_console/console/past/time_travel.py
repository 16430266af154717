"""Which moment the console shows: now, or a past one that the person steps, jumps or plays to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from textual.timer import Timer

from amt_console.clock import Clock
from amt_console.console.actions import ActionHost
from amt_console.console.past.look_ahead import Find, LookAhead, LookAheadHost
from amt_console.model import Snapshot
from amt_console.moments import EXAMPLES, MomentError, past_moment
from amt_console.text import near_moment
from widgets.look import Look
from widgets.title_bar import snapshot_facts

if TYPE_CHECKING:
    from amt_console.model.queries.change import Change
    from amt_console.operations.protocol import Operations

MINUTE = timedelta(minutes=1)
BEFORE_ALERT = timedelta(minutes=5)
SPEEDS = (1, 2, 5, 10)
"""Seconds of history per second while playing."""
_TICK_SECONDS = 1.0
AHEAD_SECONDS = 0.3
"""So long after a step the next one is read: a held key passes over moments."""
_FACTS = 2
"""What is said of a moment while its time is typed."""


class TimeHost(ActionHost, LookAheadHost, Protocol):
    """The part of the app that time travel uses."""

    operations: Operations | None

    @property
    def look(self) -> Look:
        """How things are drawn."""
        ...

    @property
    def is_running(self) -> bool:
        """Whether the app is not ending: then its screens are gone before its timers."""
        ...

    def show_moment(self, at: datetime | None) -> None:
        """Show a past moment everywhere; ``None`` for now."""
        ...

    def set_timer(self, delay: float, callback: Callable[[], None], /) -> Timer:
        """Call once, on the loop."""
        ...


class TimeTravel:
    """The keys of time."""

    def __init__(self, host: TimeHost, clock: Clock) -> None:
        self._host = host
        self._clock = clock
        self._speed = 0
        self._timer: Timer | None = None
        self._asking = False
        """Whether a change is looked for; a held key asks once."""
        self._ahead = LookAhead(host)
        self._ahead_timer: Timer | None = None
        self._written: datetime | None = None
        """The moment of the text in the prompt: what is told of it while it is typed is what is shown."""

    def go(self, name: str) -> None:
        """Do what a key of ``TIME_KEYS`` means."""
        match name:
            case "step_back" | "step_forward":
                self.step(-1 if name == "step_back" else 1)
            case "previous_change" | "next_change":
                self.change(later=name == "next_change")
            case "go_to":
                self.ask()
            case "before_alert":
                self.before_alert()
            case "live":
                self.live()

    @property
    def speed(self) -> int:
        """Seconds of history per second; 0 while it stands."""
        return self._speed

    def step(self, minutes: int) -> None:
        """Some minutes on, or back."""
        self._stop()
        at = self._moment() + minutes * MINUTE
        self._show(at)
        self._look_ahead(lambda _: at + minutes * MINUTE)

    def change(self, *, later: bool) -> None:
        """To the next change, or to the previous one."""
        from amt_console.model.queries import ChangeQuery  # not for the first frame

        operations = self._host.operations
        if operations is None:
            self._host.tell("Still starting.", "warning")
            return
        at = self._host.view.at
        if later and at is None:
            self._host.tell("This is now: there is no later change yet.")
            return
        if self._asking:
            return
        self._stop()
        self._asking = True
        query = ChangeQuery(later=later, at=at or self._clock.now())

        def found(change: Change) -> None:
            self._asking = False
            self._to_change(change, at, later=later)

        def failed(_: Exception) -> None:
            self._asking = False

        self._host.job(lambda: operations.ask(query), found, failed)

    def ask(self) -> None:
        """Ask for a moment."""
        self._ask("")

    def _ask(self, answer: str) -> None:
        self._forget_written()
        self._host.prompt().ask(
            "Go to:",
            self._typed,
            answer=answer,
            placeholder="14:30, -2h, yesterday 09:00; enter alone: now",
            on_change=self._typing,
            on_cancel=self._forget_written,
        )

    def _forget_written(self) -> None:
        self._ahead.forget()
        self._written = None

    def before_alert(self) -> None:
        """Five minutes before the selected alert."""
        selection = self._host.selection()
        alert = None if selection.alert_id is None else self._host.view.known_alert(selection.alert_id)
        began = selection.began or (alert.opened_at if alert is not None else None)
        if began is None:
            self._host.tell(selection.reason or "Select an alert first.", "warning")
            return
        self._stop()
        self._show(began - BEFORE_ALERT)

    def live(self) -> None:
        """Back to now."""
        self._stop()
        if self._host.view.at is None:
            self._host.tell("This is now.")
        else:
            self._host.show_moment(None)

    def play(self) -> None:
        """Play on from the moment; again for a higher speed, and after the highest it stands."""
        if self._host.view.at is None:
            return
        at = SPEEDS.index(self._speed) + 1 if self._speed in SPEEDS else 0
        if at >= len(SPEEDS):
            self._stop()
            self._host.tell("The replay stands; the same key plays on.")
            return
        self._speed = SPEEDS[at]
        self._tick_later()

    def stand(self) -> None:
        """Stop playing."""
        playing = self._speed
        self._stop()
        self._host.tell("The replay stands." if playing else "The past stands still already.")

    def _moment(self) -> datetime:
        return self._host.view.at or self._clock.now()

    def _show(self, at: datetime) -> None:
        """Show a moment; one that is not over yet is now."""
        self._host.show_moment(None if at >= self._clock.now() else at)

    def _to_change(self, change: Change, before: datetime | None, *, later: bool) -> None:
        if self._host.view.at != before:
            return  # somewhere else meanwhile
        if change.at is not None:
            self._show(change.at)
            self._host.tell(change.what)
            self._look_ahead(_next_change(change.at, later=later))
        elif later:
            self.live()
        else:
            self._host.tell("There is no earlier change.")

    def _typing(self, text: str) -> None:
        """Read a moment as soon as its time stands in the prompt, and tell what it is and holds."""
        prompt, now = self._host.prompt(), self._clock.now()
        self._forget_written()
        try:
            at = past_moment(text.strip(), now, zone=self._host.zone)
        except MomentError:
            prompt.hint("")
            return
        when = near_moment(at or now, now, self._host.zone)
        prompt.hint(when)
        if at is None:
            return
        self._written = at

        def found(snapshot: Snapshot) -> None:
            if self._written is at and prompt.is_open:
                prompt.hint(self._host.look.dot.join((when, *snapshot_facts(snapshot)[:_FACTS])))

        self._ahead.read(lambda _: at, found)

    def _typed(self, text: str) -> None:
        self._stop()
        written, self._written = self._written, None
        if not text:
            self.live()
            return
        if written is not None:
            self._show(written)
            return
        try:
            self._host.show_moment(past_moment(text, self._clock.now(), zone=self._host.zone))
        except MomentError as error:
            self._host.tell(f"{error}. Nothing was changed." if EXAMPLES not in str(error) else str(error), "warning")
            self._ask(text)

    def _tick(self) -> None:
        self._timer = None
        at = self._host.view.at
        if at is None or not self._speed:
            self._speed = 0
            return
        passed = timedelta(seconds=self._speed * _TICK_SECONDS)
        self._show(at + passed)
        self._look_ahead(lambda _: at + 2 * passed)
        if self._host.view.at is None:
            self._stop()
            self._host.tell("The replay has reached now.")
        else:
            self._tick_later()

    def _tick_later(self) -> None:
        if self._timer is None:
            self._timer = self._later(_TICK_SECONDS, self._tick)

    def _later(self, seconds: float, call: Callable[[], None]) -> Timer:
        return self._host.set_timer(seconds, lambda: call() if self._host.is_running else None)

    def _stop(self) -> None:
        self._speed = 0
        for timer in (self._timer, self._ahead_timer):
            if timer is not None:
                timer.stop()
        self._timer = self._ahead_timer = None

    def _look_ahead(self, find: Find) -> None:
        """Read the moment that the same key would show next, unless another key comes first."""
        if self._ahead_timer is not None:
            self._ahead_timer.stop()
        at = self._host.view.at

        def read() -> None:
            self._ahead_timer = None
            if at is not None and self._host.view.at == at and self._written is None:
                self._ahead.read(find)  # not while a time is typed: what waits for that would be forgotten

        self._ahead_timer = self._later(AHEAD_SECONDS, read)


def _next_change(at: datetime, *, later: bool) -> Find:
    from amt_console.model.queries import ChangeQuery  # not for the first frame

    query = ChangeQuery(later=later, at=at)
    return lambda operations: operations.ask(query).at
