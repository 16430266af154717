"""Step the history's results through the real alert rules, and store the episodes."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime, timedelta

from amt_console.alerts import (
    HOST_SUBJECTS,
    OUTAGE_RULE,
    Rule,
    Scene,
    Signal,
    Step,
    Thresholds,
    default_rules,
    handle,
    judge_error_rate,
    judge_host,
    judge_probe,
    rules_for,
    step,
)
from amt_console.clock import Instant
from amt_console.config import Settings
from amt_console.model import (
    Acknowledge,
    AlertState,
    Episode,
    EpisodeChange,
    HostSample,
    ProbeResult,
    Service,
    ServiceState,
)
from amt_console.store import Writes, record

PERSON = "dana"
NOTE = "The API's workers ran out of memory after the release; restarting them one by one."
ACKNOWLEDGED_AFTER = timedelta(seconds=95)
_ACKNOWLEDGED = (OUTAGE_RULE, "backend-api")
_BOOT = "simulated"
_PER_RESULT = (Signal.SERVICE_DOWN, Signal.RESPONSE_TIME)


def past_instant(at: datetime) -> Instant:
    """A moment of the history on consistent time bases."""
    seconds = at.timestamp()
    return Instant(wall=at, monotonic=seconds, boottime=seconds, boot_id=_BOOT)


class PastAlerts:
    """Follow the services and the host through the history, and store alerts as they change.

    Args:
        settings: The limits.
        services: The probed services.
    """

    def __init__(self, settings: Settings, services: Sequence[Service]) -> None:
        rules = default_rules(_thresholds(settings), services)
        by_service = {service.name: rules_for(rules, service) for service in services}
        self._result_rules = {
            name: tuple(rule for rule in found if rule.signal in _PER_RESULT) for name, found in by_service.items()
        }
        self._rate_rules = {
            name: tuple(rule for rule in found if rule.signal is Signal.ERROR_RATE)
            for name, found in by_service.items()
        }
        self._host_rules = tuple(rule for rule in rules if rule.signal in (Signal.CPU_USAGE, Signal.MEMORY_USAGE))
        self._newest: dict[tuple[str, str], Episode] = {}
        self._open: set[tuple[str, str]] = set()
        self._last_hour: dict[str, deque[tuple[datetime, bool]]] = {name: deque() for name in by_service}
        self._failures = dict.fromkeys(by_service, 0)
        self._outages: set[str] = set()
        self.episodes = 0
        """Number of opened episodes."""

    def see_results(self, writes: Writes, results: Sequence[ProbeResult]) -> None:
        """Judge results in order of arrival."""
        for result in results:
            name = result.service
            if result.attempt == 1:
                self._count(result)
            for rule in self._result_rules[name]:
                if result.state is ServiceState.UP and (rule.id, name) not in self._open:
                    continue
                at = past_instant(result.timestamp)
                observation = judge_probe(rule, result, at=at, episode=self._newest.get((rule.id, name)))
                if observation is not None:
                    self._apply(writes, rule, name, step(self._newest.get((rule.id, name)), observation, rule))
            if (OUTAGE_RULE, name) in self._open:
                self._outages.add(name)
                continue
            self._forget_outage(name)
            for rule in self._rate_rules[name]:
                self._judge_rate(writes, rule, name, result.timestamp)

    def see_host(self, writes: Writes, sample: HostSample) -> None:
        """Judge a sample of the host."""
        at = past_instant(sample.timestamp)
        for rule in self._host_rules:
            subject = HOST_SUBJECTS[rule.signal]
            newest = self._newest.get((rule.id, subject))
            observation = judge_host(rule, sample, at=at, episode=newest)
            self._apply(writes, rule, subject, step(newest, observation, rule))

    def handle(self, writes: Writes, now: datetime) -> None:
        """Let a person acknowledge the API's outage a while after it fired."""
        episode = self._newest.get(_ACKNOWLEDGED)
        if episode is None or episode.state is not AlertState.FIRING or episode.acknowledged_by is not None:
            return
        assert episode.fired_at is not None
        at = episode.fired_at + ACKNOWLEDGED_AFTER
        if at <= now:
            assert episode.id is not None
            taken = handle(Acknowledge(episode.id, NOTE), Scene(PERSON, past_instant(at), episode)).step
            assert taken is not None
            self._store(writes, _ACKNOWLEDGED, taken)

    def _count(self, result: ProbeResult) -> None:
        """Keep the scheduled probes of the last hour."""
        name, failed = result.service, result.state is ServiceState.DOWN
        hour = self._last_hour[name]
        hour.append((result.timestamp, failed))
        self._failures[name] += failed
        while hour[0][0] <= result.timestamp - timedelta(hours=1):
            self._failures[name] -= hour.popleft()[1]

    def _forget_outage(self, name: str) -> None:
        """An ended outage is excluded from the error rate: it had its own alert."""
        if name not in self._outages:
            return
        self._outages.discard(name)
        outage = self._newest[(OUTAGE_RULE, name)]
        if outage.fired_at is None or outage.resolved_at is None:
            return
        start, end = outage.opened_at, outage.resolved_at
        left = deque(each for each in self._last_hour[name] if not start <= each[0] <= end)
        self._last_hour[name] = left
        self._failures[name] = sum(failed for _, failed in left)

    def _judge_rate(self, writes: Writes, rule: Rule, name: str, now: datetime) -> None:
        key = (rule.id, name)
        if not self._failures[name] and key not in self._open:
            return
        newest = self._newest.get(key)
        observation = judge_error_rate(
            rule,
            name,
            samples=len(self._last_hour[name]),
            failures=self._failures[name],
            at=past_instant(now),
            episode=newest,
        )
        self._apply(writes, rule, name, step(newest, observation, rule))

    def _apply(self, writes: Writes, rule: Rule, subject: str, outcome: Step) -> None:
        if outcome.changed:
            self._store(writes, (rule.id, subject), outcome)

    def _store(self, writes: Writes, key: tuple[str, str], outcome: Step) -> None:
        assert outcome.episode is not None
        self.episodes += outcome.episode.id is None
        stored = record(writes, EpisodeChange(outcome.episode, outcome.events))
        self._newest[key] = stored
        if stored.open:
            self._open.add(key)
        else:
            self._open.discard(key)


def _thresholds(settings: Settings) -> Thresholds:
    limits = settings.alert_thresholds
    known = {field.name for field in fields(Thresholds)} & set(type(limits).model_fields)
    return Thresholds(**{name: getattr(limits, name) for name in known})
