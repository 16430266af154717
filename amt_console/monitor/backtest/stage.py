"""The alerts of some subjects while history passes: the monitor's evaluator and ledger, without a database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from amt_console.alerts.backtest.outcome import Fired
from amt_console.clock import Instant
from amt_console.model import Episode
from amt_console.monitor.buffer import Item
from amt_console.monitor.evaluation import Evaluator
from amt_console.monitor.ledger import Key, Ledger, key_of
from amt_console.monitor.signals import RuleWindow

_BOOT = "history"


def past_instant(at: datetime) -> Instant:
    """A recorded moment on all three hands of the clock."""
    seconds = at.timestamp()
    return Instant(wall=at, monotonic=seconds, boottime=seconds, boot_id=_BOOT)


class BacktestStage:
    """Steps episodes as the monitor does, and notes those that fire."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.fired: list[Fired] = []
        """Alerts that fired, by when they ended or, at last, still fire."""
        self._evaluator = evaluator
        self._ledger = Ledger(())
        self._firing: dict[Key, Fired] = {}

    @property
    def busy(self) -> bool:
        """Whether an alert is open."""
        return self._ledger.has_any_open

    def newest(self, rule: str, subject: str) -> Episode | None:
        """The newest episode of a key."""
        return self._ledger.newest((rule, subject))

    def see(self, items: Sequence[Item], windows: Sequence[RuleWindow] = ()) -> None:
        """Evaluate items, then windows."""
        self._evaluator.evaluate(self._ledger, items, windows)
        self._note()

    def resume(self, seconds: float, at: datetime) -> None:
        """Hold every open alert over a recorded gap that ends at ``at``."""
        if self.busy:
            self._evaluator.resume(self._ledger, seconds=seconds, at=past_instant(at))
            self._note()

    def finish(self) -> list[Fired]:
        """All alerts that fired; those that still fire have no end."""
        return [*self.fired, *self._firing.values()]

    def _note(self) -> None:
        if not self._ledger.changes:
            return
        for change in self._ledger.changes:
            episode, key = change.episode, key_of(change.episode)
            if episode.fired_at is None:
                continue
            known = self._firing.get(key)
            if known is None:
                known = self._firing[key] = Fired(
                    episode.rule_id, episode.subject, episode.fired_at, None, episode.severity, episode
                )
            elif episode.severity.rank > known.severity.rank:
                known = self._firing[key] = replace(known, severity=episode.severity)
            if not episode.open:
                self.fired.append(replace(known, end=episode.resolved_at))
                del self._firing[key]
        self._ledger = Ledger(self._ledger.all())
