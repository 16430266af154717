"""A backtest: what the rules of a configuration would have fired on recorded history.

First the rollups of all services, day by day: uptime, burn rates, and where data is missing. Then the raw rows that can
open an alert. Then each service around these. At no time more than one day of rollups, or one service, is in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from amt_console.alerts import Direction, Signal, rules_for
from amt_console.alerts.backtest.outcome import Fired, Recorded, RuleOutcome, in_context, outcomes
from amt_console.alerts.backtest.timeline import Sums, minutes_of
from amt_console.alerts.rules.rule import INFORMATION_SIGNALS
from amt_console.clock import SECOND, micros, moment
from amt_console.model import AlertType, HostSample, ProbeResult, Service, ServiceState, Target
from amt_console.monitor.backtest.certificates import expiry_rules, replay_certificates
from amt_console.monitor.backtest.host import FigureReplay, HostReplay, replay_host
from amt_console.monitor.backtest.past_results import Stretch, results_of, stretches
from amt_console.monitor.backtest.services import ServiceReplay, Span, Trouble, spans_of
from amt_console.monitor.backtest.stage import BacktestStage
from amt_console.monitor.backtest.ticks import TickReplay, tick_rules
from amt_console.monitor.backtest.values import replay_values, watches_values
from amt_console.monitor.evaluation import Evaluator
from amt_console.monitor.ruleset import Ruleset
from amt_console.operations.protocol import Progress
from amt_console.store import Reads, Store
from amt_console.store.reads.history import Bucket

_DAY = timedelta(days=1)
_FIVE, _HOUR = 300, 3600
PAGE = 500
FIRST_PAGE = 16
"""Rows that are read at once: a few, then ever more, because most stretches are short."""
MOST_ALERTS = 100_000
WARM_UP = _DAY
"""How long before its beginning the history is judged already: an alert that fired before is none of the period."""
NOT_REPLAYED = INFORMATION_SIGNALS | frozenset(
    (Signal.MONITOR, Signal.NETWORK, Signal.NOTIFY, Signal.REPORT, Signal.HEARTBEAT, Signal.EXTERNAL)
)
"""Not stored: the monitor itself, its network, the delivery of messages. Statistics of a day fire for nobody."""


@dataclass(frozen=True, slots=True)
class BacktestReport:
    """What a backtest found."""

    since: datetime
    until: datetime
    rules: tuple[RuleOutcome, ...]
    raw_from: datetime | None
    """Single results begin here; before, they were rebuilt from changes of state. ``None``: all are single results."""


@dataclass(frozen=True, slots=True)
class Backtest:
    """What to try, and on what.

    Attributes:
        store: The history.
        ruleset: The candidate's rules.
        since: Beginning of the period.
        until: Its end.
        zone: Whose nights.
        recheck: Delays of the quick re-checks.
        skip: Leave out results that can change nothing. Without it everything is fed: slow, for tests.
    """

    store: Store
    ruleset: Ruleset
    since: datetime
    until: datetime
    zone: tzinfo
    recheck: Sequence[float] = ()
    skip: bool = True

    def run(self, progress: Progress = lambda _what, _done, _total: None) -> BacktestReport:
        """Go through the history. Raises StoreError."""
        run = _Run(self, progress)
        return run.report()


class _Run:
    """One backtest under way."""

    def __init__(self, plan: Backtest, progress: Progress) -> None:
        self._plan = plan
        self._store = plan.store
        self._ruleset = plan.ruleset
        self._evaluator = Evaluator(plan.ruleset)
        self._progress = progress
        self._start = plan.since - WARM_UP
        self._end = plan.until
        self._fired: list[Fired] = []
        self._troubles: dict[str, list[Trouble]] = {target.name: [] for target in plan.ruleset.targets}
        self._everything = set() if plan.skip else set(self._troubles)
        """Targets of which no result may be left out."""
        with self._store.read() as reads:
            raw_from = reads.history.raw_from()
            self._gaps = reads.monitor.gaps(self._start, self._end)
        self._raw_from = self._start if raw_from is None else max(self._start, min(raw_from, self._end))
        days = -(-(self._end - self._start) // _DAY)
        self._total = 2 * days + len(plan.ruleset.targets) + 1
        self._done = 0

    def report(self) -> BacktestReport:
        plan = self._plan
        self._rollups()
        self._scan()
        past = self._past()
        for target in self._ruleset.targets:
            self._service(target, past.get(target.name, []))
            self._step(f"service {target.name}")
        self._host()
        self._step("host and figures")
        policies = self._ruleset.policies
        fired = in_context(self._fired, policies.depends_on, policies.intervals)
        names = [rule.id for rule in self._ruleset.by_id.values() if rule.signal not in NOT_REPLAYED]
        return BacktestReport(
            since=plan.since,
            until=plan.until,
            rules=outcomes(
                [each for each in fired if each.start >= plan.since],
                self._recorded(),
                rules=names,
                until=plan.until,
                zone=plan.zone,
                intervals=policies.intervals,
            ),
            raw_from=self._raw_from if self._raw_from > plan.since else None,
        )

    def _step(self, what: str) -> None:
        self._done += 1
        self._progress(what, self._done, self._total)

    def _days(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        while start < self._end:
            midnight = start.replace(hour=0, minute=0, second=0, microsecond=0) + _DAY
            yield start, min(midnight, self._end)
            start = midnight

    # --- rollups --------------------------------------------------------------------------------------------------

    def _rollups(self) -> None:
        ticks: dict[str, TickReplay] = {}
        stages: list[BacktestStage] = []
        holes: dict[str, _Holes] = {}
        slow: dict[str, float] = {}
        longest = 0.0
        for target in self._ruleset.targets:
            rules = tick_rules(self._ruleset, target.name)
            longest = max(longest, *(rule.window or 0.0 for rule in rules), 0.0)
            holes[target.name] = _Holes(target.interval, self._troubles[target.name].append)
            for limit in {rule.slo.latency_ms if rule.slo else None for rule in rules} or {None}:
                # An objective with a limit of its own counts slow answers: its timeline is its own.
                chosen = [rule for rule in rules if (rule.slo.latency_ms if rule.slo else None) == limit]
                stage = BacktestStage(self._evaluator)
                stages.append(stage)
                name = target.name if limit is None else f"{target.name}\0{limit:g}"
                if limit is not None:
                    slow[name] = limit
                ticks[name] = TickReplay(target, chosen, stage, micros(self._start) // SECOND)
        for low, high in self._days(self._start - timedelta(seconds=longest)):
            with self._store.read() as reads:
                self._day_of_rollups(reads, low, high, ticks, slow, holes)
            if high > self._start:
                self._step("rollups")
        for hole in holes.values():
            hole.finish(micros(self._end) // SECOND)
        for stage in stages:
            self._fired += stage.finish()

    def _day_of_rollups(
        self,
        reads: Reads,
        low: datetime,
        high: datetime,
        ticks: dict[str, TickReplay],
        slow: dict[str, float],
        holes: dict[str, _Holes],
    ) -> None:
        limits: dict[str, list[float]] = {}
        for key, limit in slow.items():
            limits.setdefault(key.partition("\0")[0], []).append(limit)
        rounds = max((len(each) for each in limits.values()), default=0)
        for number in range(-1, rounds):
            # Without a limit first, then with each limit of a service in turn.
            chosen = {} if number < 0 else {n: each[number] for n, each in limits.items() if number < len(each)}
            buckets = list(_buckets(reads, low, high, self._end, chosen))
            bad = _minutes(reads, [each for each in buckets if not _is_good(*each)], chosen)
            for bucket, length in buckets:
                slow_ms = chosen.get(bucket.service)
                replay = ticks.get(bucket.service if slow_ms is None else f"{bucket.service}\0{slow_ms:g}")
                hole = holes.get(bucket.service)
                if hole is not None and number < 0 and bucket.start >= micros(self._start) // SECOND:
                    hole.see(bucket.start, length, bucket)
                if replay is None:
                    continue
                sums = _sums(bucket)
                minutes: tuple[Sums, ...] = ()
                if not _is_good(bucket, length):
                    known = _within(bad.get(bucket.service, {}), bucket.start, length)
                    minutes = minutes_of(sums, known, bucket.start, length)
                replay.add(bucket.start, length, sums, minutes)

    # --- single results -------------------------------------------------------------------------------------------

    def _scan(self) -> None:
        """Find the raw rows that can open an alert."""
        slow = self._limits()
        for low, high in self._days(self._raw_from):
            with self._store.read() as reads:
                for name, at, failed in reads.history.troubles(low, high, slow):
                    found = self._troubles.get(name)
                    if found is not None:
                        found.append((at, at, failed))
            self._step("results")

    def _limits(self) -> dict[str, int]:
        """The response time of each target in microseconds that can open an alert; notes those of which all count."""
        slow: dict[str, int] = {}
        for target in self._ruleset.targets:
            limits = []
            for rule in (*self._ruleset.probe_rules[target.name], *self._ruleset.window_rules[target.name]):
                if rule.signal is Signal.PLUGIN_WARNING:
                    self._everything.add(target.name)  # a warning is no trouble of a service that is slow
                    continue
                lowest = rule.limits_for(target.name).lowest
                if rule.signal is not Signal.RESPONSE_TIME or lowest is None:
                    continue
                if rule.direction is Direction.BELOW or rule.aggregate.value == "rate":
                    self._everything.add(target.name)
                limits.append(round(lowest.enter * 1000))
            if limits:
                slow[target.name] = min(limits)
        return slow

    def _past(self) -> dict[str, list[Stretch]]:
        """Stretches of one state before the raw rows begin."""
        if self._raw_from <= self._start:
            return {}
        changes: dict[str, list[tuple[datetime, ServiceState, str | None]]] = {}
        with self._store.read() as reads:
            for name, at, state, error in reads.history.changes(self._start, self._raw_from):
                changes.setdefault(name, []).append((at, state, error))
        found = {name: stretches(each, self._raw_from) for name, each in changes.items()}
        for name, known in found.items():
            bad = [each for each in known if each.state is not ServiceState.UP]
            if name in self._troubles:
                self._troubles[name] += [(at, at, True) for each in bad for at in (each.start, each.end)]
        return found

    def _service(self, target: Target, past: list[Stretch]) -> None:
        ruleset, name = self._ruleset, target.name
        if not rules_for(ruleset.rules, target):
            return
        stage = BacktestStage(self._evaluator)
        spans = spans_of(sorted(self._troubles[name]), timedelta(seconds=5 * target.interval))
        if name in self._everything:
            spans = [Span(self._start, self._end, failed=True)]
        replay = ServiceReplay(ruleset, target, stage, self._gaps)
        replay.run(lambda low, high: self._results(target, past, low, high), spans, self._start, self._end)
        self._fired += stage.finish()
        if watches_values(ruleset, name):
            self._fired += replay_values(ruleset, target, self._valued(name))
        rules = expiry_rules(ruleset, name)
        if rules and isinstance(target, Service) and target.url.startswith("https:"):
            stage = BacktestStage(self._evaluator)
            with self._store.read() as reads:
                seen = reads.history.expiries(self._raw_from, self._end, [name])
            replay_certificates(target, rules, seen, stage)
            self._fired += stage.finish()

    def _results(self, target: Target, past: list[Stretch], low: datetime, high: datetime) -> Iterator[ProbeResult]:
        if low < self._raw_from:
            yield from results_of(past, target, self._plan.recheck, low, min(high, self._raw_from))
        start, size = max(low, self._raw_from), FIRST_PAGE
        while start < high:
            with self._store.read() as reads:
                page = reads.history.results(target.name, start, high, size)
            yield from page
            if len(page) < size:
                return
            size = min(PAGE, 2 * size)
            start = page[-1].timestamp + timedelta.resolution

    def _valued(self, name: str) -> Iterator[ProbeResult]:
        start = self._raw_from
        while start < self._end:
            with self._store.read() as reads:
                page = reads.history.valued(name, start, self._end, PAGE)
            yield from page
            if len(page) < PAGE:
                return
            start = page[-1].timestamp + timedelta.resolution

    # --- the rest -------------------------------------------------------------------------------------------------

    def _host(self) -> None:
        stage = BacktestStage(self._evaluator)
        replay = HostReplay(self._ruleset, stage)
        for low, high in self._days(self._start):
            with self._store.read() as reads:
                quick = list(reads.history.host_figures(low, high))
            replay_host(replay, stage, iter(quick), self._samples, high)
        self._fired += stage.finish()
        if not self._ruleset.figure_rules and not self._ruleset.figure_window_rules:
            return
        stage = BacktestStage(self._evaluator)
        figures = FigureReplay(self._ruleset, stage)
        for low, high in self._days(self._start):
            with self._store.read() as reads:
                answers = reads.history.figures(low, high)
            for each in answers:
                figures.see(each)
        self._fired += stage.finish()

    def _samples(self, low: datetime, high: datetime) -> Iterator[HostSample]:
        start = low
        while start < high:
            with self._store.read() as reads:
                page = reads.history.host_samples(start, high, PAGE)
            yield from page
            if len(page) < PAGE:
                return
            start = page[-1].timestamp + timedelta.resolution

    def _recorded(self) -> Iterable[Recorded]:
        """What was fired in the period by rules that can be replayed."""
        with self._store.read() as reads:
            found = reads.alerts.episodes(start=self._plan.since, end=self._plan.until, limit=MOST_ALERTS)
        for each in found:
            if each.id is None or each.fired_at is None or not each.rule_id or each.alert_type in _OTHERS:
                continue
            rule = self._ruleset.by_id.get(each.rule_id)
            if rule is not None and rule.signal in NOT_REPLAYED:
                continue
            if self._plan.since <= each.fired_at < self._plan.until:
                taken = each.acknowledged_at is not None or each.acknowledged_by is not None
                yield Recorded(each.id, each.rule_id, each.subject, each.fired_at, each.resolved_at, taken)


_OTHERS = frozenset((AlertType.MONITOR, AlertType.NOTIFY, AlertType.TREND, AlertType.HEARTBEAT, AlertType.EXTERNAL))


class _Holes:
    """Finds where a service lacks data for so long that it may be told, from its buckets in order."""

    def __init__(self, interval: float, found: Callable[[Trouble], None]) -> None:
        self._interval = interval
        self._found = found
        self._end: int | None = None
        self._unknown_us = 0
        self._since = 0

    def see(self, start: int, length: int, bucket: Bucket) -> None:
        """The next bucket."""
        if self._end is not None and start > self._end:
            self._add(self._end, start, (start - self._end) * SECOND)
        unknown = length * SECOND - bucket.good_us - bucket.down_us - bucket.maintenance_us
        if unknown > 0:
            self._add(start, start + length, unknown)
        else:
            self._unknown_us = 0
        self._end = start + length

    def finish(self, end: int) -> None:
        """The history ends: the bucket of its last minutes is not stored yet."""
        if self._end is not None and end > self._end:
            self._add(self._end, end, (end - self._end) * SECOND)

    def _add(self, start: int, end: int, unknown_us: int) -> None:
        if not self._unknown_us:
            self._since = start
        self._unknown_us += unknown_us
        if self._unknown_us >= self._interval * 1.5 * SECOND - SECOND:
            around = 3 * int(self._interval)
            self._found((moment((self._since - around) * SECOND), moment((end + around) * SECOND), False))


def _buckets(
    reads: Reads, low: datetime, high: datetime, end: datetime, slow_ms: dict[str, float]
) -> Iterator[tuple[Bucket, int]]:
    """Hours with their length in seconds, and five minutes of the hour in which the history ends."""
    last = end.replace(minute=0, second=0, microsecond=0)
    for bucket in reads.history.buckets(_HOUR, low, min(high, last), slow_ms):
        yield bucket, _HOUR
    if high > last:
        for bucket in reads.history.buckets(_FIVE, max(low, last), high, slow_ms):
            yield bucket, _FIVE


def _is_good(bucket: Bucket, length: int) -> bool:
    return bucket.good_us >= length * SECOND and not bucket.errors and not bucket.slow


def _minutes(
    reads: Reads, buckets: Sequence[tuple[Bucket, int]], slow_ms: dict[str, float]
) -> dict[str, dict[int, Sums]]:
    """By service the minutes of some buckets, from rollups of five minutes where those of a minute are gone."""
    starts: dict[str, list[int]] = {}
    for bucket, length in buckets:
        starts.setdefault(bucket.service, []).extend(range(bucket.start, bucket.start + length, 60))
    found: dict[str, dict[int, Sums]] = {}
    for name, moments in starts.items():
        minutes = {each.start: _sums(each) for each in reads.history.named_buckets(60, name, moments, slow_ms)}
        if not minutes:
            fives = [at for at in moments if at % _FIVE == 0]
            for five in reads.history.named_buckets(_FIVE, name, fives, slow_ms):
                minutes |= {five.start + 60 * number: _sums(five).times(0.2) for number in range(5)}
        found[name] = minutes
    return found


def _sums(bucket: Bucket) -> Sums:
    return Sums(bucket.samples, bucket.errors, bucket.slow, bucket.good_us, bucket.down_us, bucket.maintenance_us)


def _within(minutes: dict[int, Sums], start: int, length: int) -> dict[int, Sums]:
    return {at: minutes[at] for at in range(start, start + length, 60) if at in minutes}
