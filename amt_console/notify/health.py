"""Which channels deliver: readings for the engine, and lines for people."""

from __future__ import annotations

from amt_console.alerts import DeliveryReading
from amt_console.clock import Clock
from amt_console.model.notifications import DeliveryState
from amt_console.notify.worker import SendOutcome
from amt_console.store import ChannelResult
from amt_console.text import safe_text

TELL_AFTER = 3
"""Failed attempts in a row that are worth a line."""


class ChannelHealth:
    """Turns the outcomes of attempts into readings: only a change is one. Used on the dispatcher's loop."""

    def __init__(self, clock: Clock) -> None:
        self.lines: tuple[str, ...] = ()
        """What is wrong with channels, for people; may be read from any thread."""
        self._clock = clock
        self._dead: dict[str, bool] = {}
        """Channels whose newest message was given up, and whether a critical page was."""
        self._known: set[str] = set()
        self._failures: dict[str, int] = {}
        self._errors: dict[str, str | None] = {}

    def remember(self, channel: str, newest: ChannelResult) -> DeliveryReading | None:
        """What the database says of a channel: another process may have sent on it, or this one has just begun."""
        dead = newest.state is DeliveryState.DEAD
        if channel in self._known and (channel in self._dead) == dead:
            return None
        return self._result(channel, dead=dead, critical=newest.critical, error=newest.error)

    def hear(self, outcome: SendOutcome) -> DeliveryReading | None:
        """An attempt has ended."""
        channel = outcome.channel
        if outcome.state is DeliveryState.QUEUED:
            self._failures[channel] = self._failures.get(channel, 0) + 1
            self._errors[channel] = outcome.error
            self._tell()
            return None
        self._failures.pop(channel, None)
        dead = outcome.state is DeliveryState.DEAD
        worse = dead and outcome.critical and not self._dead.get(channel)
        if channel in self._known and (channel in self._dead) == dead and not worse:
            self._tell()
            return None
        return self._result(channel, dead=dead, critical=outcome.critical, error=outcome.error)

    def keep(self, channels: frozenset[str]) -> None:
        """Forget all other channels."""
        for known in (self._dead, self._failures, self._errors):
            for channel in [channel for channel in known if channel not in channels]:
                del known[channel]
        self._known &= channels
        self._tell()

    def _result(self, channel: str, *, dead: bool, critical: bool, error: str | None) -> DeliveryReading:
        self._known.add(channel)
        if dead:
            critical = critical or self._dead.get(channel, False)
            self._dead[channel] = critical
            self._errors[channel] = error
        else:
            self._dead.pop(channel, None)
        self._tell()
        return DeliveryReading(channel, not dead, self._clock.instant(), dead and critical, error)

    def _tell(self) -> None:
        lines = []
        for channel in sorted(self._dead):
            what = "A critical page was not delivered" if self._dead[channel] else "A message was not delivered"
            lines.append(f"{what} on {channel}: {self._errors.get(channel) or 'no reason is known'}.")
        for channel, failures in sorted(self._failures.items()):
            if failures >= TELL_AFTER and channel not in self._dead:
                lines.append(f"Messages on {channel} wait after {failures} failed attempts: {self._errors[channel]}.")
        self.lines = tuple(safe_text(line) for line in lines)
