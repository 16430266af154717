"""Which moment the console shows: now, or a past one that the person steps, jumps or plays to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from textual.timer import Timer

from amt_console.clock import Clock
from amt_console.console.actions import ActionHost
from amt_console.moments import EXAMPLES, MomentError, parse_moment

if TYPE_CHECKING:
    from amt_console.model.queries.change import Change

MINUTE = timedelta(minutes=1)
BEFORE_ALERT = timedelta(minutes=5)
SPEEDS = (1, 2, 5, 10)
"""Seconds of history per second while playing."""
_TICK_SECONDS = 1.0


class TimeHost(ActionHost, Protocol):
    """The part of the app that time travel uses."""

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
        self._show(self._moment() + minutes * MINUTE)

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
        self._host.prompt().ask("Go to:", self._typed, placeholder="14:30, -2h, yesterday 09:00; enter alone: now")

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
        elif later:
            self.live()
        else:
            self._host.tell("There is no earlier change.")

    def _typed(self, text: str) -> None:
        self._stop()
        if not text:
            self.live()
            return
        try:
            self._show(parse_moment(text, self._clock.now(), zone=self._host.zone))
        except MomentError as error:
            self._host.tell(f"{error}. Nothing was changed." if EXAMPLES not in str(error) else str(error), "warning")
            self._host.prompt().ask("Go to:", self._typed, answer=text)

    def _tick(self) -> None:
        self._timer = None
        at = self._host.view.at
        if at is None or not self._speed:
            self._speed = 0
            return
        self._show(at + timedelta(seconds=self._speed * _TICK_SECONDS))
        if self._host.view.at is None:
            self._stop()
            self._host.tell("The replay has reached now.")
        else:
            self._tick_later()

    def _tick_later(self) -> None:
        if self._timer is None:
            self._timer = self._host.set_timer(_TICK_SECONDS, self._tick)

    def _stop(self) -> None:
        self._speed = 0
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
