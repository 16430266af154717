"""One alert key under test: feeds observations on a fake clock and keeps what a store would keep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from amt_console.alerts import Limits, Observation, Rule, Scene, Signal, Step, Verdict, handle, limit, step
from amt_console.alerts.rules.rule import Direction
from amt_console.clock import FakeClock, SystemClock
from amt_console.model import AlertAction, AlertEvent, AlertType, Episode, ErrorClass

SUBJECT = "backend-api"


def acted(
    episode: Episode,
    action: AlertAction,
    clock: FakeClock | SystemClock,
    actor: str = "ann",
    events: Sequence[AlertEvent] = (),
) -> Step:
    """What an action changes of an episode."""
    step = handle(action, Scene(actor, clock.instant(), episode, events=tuple(events))).step
    assert step is not None
    return step


def two_tier_rule(**changes: object) -> Rule:
    """Warning above 2000, critical above 5000; three bad to fire, two good to end."""
    rule = Rule(
        "response_time",
        AlertType.RESPONSE_TIME,
        Signal.RESPONSE_TIME,
        limits=Limits(
            warning=limit(Signal.RESPONSE_TIME, Direction.ABOVE, 2000.0),
            critical=limit(Signal.RESPONSE_TIME, Direction.ABOVE, 5000.0),
        ),
    )
    return replace(rule, **changes)  # type: ignore[arg-type]


class Key:
    """The episodes of one key, stored as a store does: ids, versions and sequence numbers are given on saving."""

    def __init__(
        self, rule: Rule, *, clock: FakeClock | None = None, subject: str = SUBJECT, every: float = 10.0
    ) -> None:
        self.rule = rule
        self.clock = clock or FakeClock()
        self.subject = subject
        self.every = every
        self.episode: Episode | None = None
        self.stored: dict[int, Episode] = {}
        self.events: dict[int, list[AlertEvent]] = {}
        self.writes = 0

    @property
    def now(self) -> Episode:
        """The newest episode."""
        assert self.episode is not None
        return self.episode

    @property
    def told(self) -> list[str]:
        """The kinds of the newest episode's events."""
        return [event.kind for event in self.events[self.now.id or 0]]

    def observation(
        self,
        verdict: Verdict,
        *,
        value: float | None = None,
        message: str | None = None,
        error_class: ErrorClass | None = None,
    ) -> Observation:
        """An observation at this moment."""
        words = message or f"it is {verdict}"
        return Observation(self.subject, verdict, words, self.clock.instant(), value, error_class=error_class)

    def feed(
        self,
        *verdicts: Verdict,
        value: float | None = None,
        message: str | None = None,
        error_class: ErrorClass | None = None,
    ) -> Step:
        """Feed observations one after the other, ``every`` seconds apart; returns the last step."""
        last = Step(self.episode)
        for verdict in verdicts:
            seen = self.observation(verdict, value=value, message=message, error_class=error_class)
            last = step(self.episode, seen, self.rule)
            self.save(last)
            self.clock.advance(self.every)
        return last

    def act(self, action: AlertAction, actor: str = "ann") -> Step:
        """Apply an action to the newest episode and store it."""
        done = acted(self.now, action, self.clock, actor, self.events[self.now.id or 0])
        self.save(done)
        return done

    def save(self, done: Step) -> None:
        """Store a step, if there is anything to store."""
        if not done.changed:
            assert not done.events
            assert done.episode == self.episode
            return
        assert done.episode is not None
        self.writes += 1
        alert_id = done.episode.id or len(self.stored) + 1
        self.episode = replace(done.episode, id=alert_id, version=done.episode.version + 1)
        self.stored[alert_id] = self.episode
        kept = self.events.setdefault(alert_id, [])
        for event in done.events:
            kept.append(replace(event, seq=len(kept) + 1, alert_id=alert_id))
