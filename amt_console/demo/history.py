"""Write the simulated platform's history through the real store, marked as simulated."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from amt_console.clock import Clock
from amt_console.config import Settings
from amt_console.demo.past_alerts import PastAlerts
from amt_console.demo.past_incidents import PastKind, plan_incidents
from amt_console.demo.past_samples import USUAL_HOST, PastDatabase, PastSamples
from amt_console.demo.simulation import SimulatedPlatform
from amt_console.model import (
    BusinessFigures,
    Database,
    FigureKind,
    Gap,
    GapReason,
    HostSample,
    ProbeResult,
    Service,
    Target,
    TargetKind,
    kind_of,
)
from amt_console.model.targets import FigureSources
from amt_console.operations.protocol import Progress
from amt_console.store import Store, Writes
from collectors.figures.reader import read_figures

CURRENCY = "EUR"
"""Of the simulated platform's amounts."""
DEMO_FIGURES = FigureSources(currency=CURRENCY)
CHUNK = timedelta(hours=6)
"""Time range of one transaction."""
LONGEST_SEAM = timedelta(minutes=2)
"""A longer time between the end of the history and the present is recorded as a gap."""
_MINUTE = timedelta(minutes=1)
NEWEST = timedelta(days=1)
"""The newest period is written in full detail, because charts show its raw values."""
FIGURES_EVERY = 30
"""Minutes between two readings of the figures in the newest period."""
OLD_FIGURES_EVERY = 60
OLD_HOST_EVERY = 5
"""Minutes between two samples of a healthy host before the newest period."""
_AROUND = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class HistoryReport:
    """Written rows; all zero if the period already had data."""

    results: int = 0
    host_samples: int = 0
    figures: int = 0
    episodes: int = 0
    skipped: bool = False
    """The period already had data, so nothing was written."""


class History:
    """The history of one simulated platform. Deterministic for a seed, a length and an end.

    Args:
        settings: The configuration of the demo, for limits and re-checks.
        targets: The targets of the demo; its services over HTTP and its databases get a history.
        seed: Seed of the simulated platform.
        days: Length of the history.
        end: The present, aware UTC; the last samples are just before it.
        host: The present host.
    """

    def __init__(
        self,
        *,
        settings: Settings,
        targets: Sequence[Target],
        seed: int,
        days: float,
        end: datetime,
        host: HostSample = USUAL_HOST,
    ) -> None:
        services = [target for target in targets if isinstance(target, Service) and kind_of(target) is TargetKind.HTTP]
        self.end = end.replace(second=0, microsecond=0)
        self.start = self.end - timedelta(days=days)
        self.incidents = plan_incidents(seed, self.start, self.end)
        self._platform = SimulatedPlatform(seed)
        self._alerts = PastAlerts(settings, services)
        self._samples = PastSamples(
            seed=seed,
            services=services,
            incidents=self.incidents,
            end=self.end,
            recheck=settings.recheck,
            host=host,
        )
        self._databases = [
            PastDatabase(seed=seed, name=target.name, end=self.end)
            for target in targets
            if isinstance(target, Database)
        ]
        self._results = self._host_samples = self._figures = 0

    def write(
        self,
        store: Store,
        *,
        clock: Clock,
        progress: Progress | None = None,
        stop: Callable[[], bool] = lambda: False,
    ) -> HistoryReport:
        """Write everything, a few hours per transaction; an interruption keeps what was committed.

        Args:
            store: The target.
            clock: Measures the duration.
            progress: Called with minutes done and total.
            stop: Called between transactions; true ends early.

        Raises:
            StoreError: The database refuses a write.
        """
        if self._has_data(store):
            return HistoryReport(skipped=True)
        total = int((self.end - self.start) / _MINUTE)
        begin = self.start
        while begin < self.end and not stop():
            until = min(self.end, begin + CHUNK)
            with store.transaction(simulated=True) as writes:
                self._write_chunk(writes, begin, until)
            begin = until
            if progress is not None:
                progress("writing history", int((begin - self.start) / _MINUTE), total)
        now = clock.now()
        if total and now - self.end > LONGEST_SEAM:
            with store.transaction(simulated=True) as writes:
                writes.add_gap(Gap(self.end, now, GapReason.STOPPED))
        return HistoryReport(self._results, self._host_samples, self._figures, self._alerts.episodes)

    def _has_data(self, store: Store) -> bool:
        with store.read() as reads:
            return bool(reads.services.results(service=None, start=self.start, end=self.end, limit=1))

    def _write_chunk(self, writes: Writes, begin: datetime, until: datetime) -> None:
        results: list[ProbeResult] = []
        minute = begin
        while minute < until:
            probed = self._samples.results(minute)
            results += probed
            results += (database.result(minute) for database in self._databases)
            self._alerts.see_results(writes, probed)
            self._alerts.handle(writes, minute)
            if self._is_due(minute, 1 if self._is_lively(minute) else OLD_HOST_EVERY):
                host = self._samples.host_sample(minute)
                writes.add_host_sample(host)
                self._alerts.see_host(writes, host)
                self._host_samples += 1
            self._write_figures(writes, minute)
            minute += _MINUTE
        writes.add_results(results)
        self._results += len(results)

    def _write_figures(self, writes: Writes, minute: datetime) -> None:
        if PastKind.API_DOWN in self._samples.kinds(minute):
            return
        for kind in FigureKind:
            if self._is_due(minute, FIGURES_EVERY if minute >= self.end - NEWEST else OLD_FIGURES_EVERY):
                writes.add_figures(self.figures(kind, minute))
                self._figures += 1

    def _is_due(self, minute: datetime, every: int) -> bool:
        return int((minute - self.start) / _MINUTE) % every == 0

    def _is_lively(self, minute: datetime) -> bool:
        """Whether the host gets a sample a minute: recently, and while busy."""
        spikes = (incident for incident in self.incidents if incident.kind is PastKind.CPU_SPIKE)
        return minute >= self.end - NEWEST or any(
            spike.start - _AROUND <= minute < spike.end + _AROUND for spike in spikes
        )

    def figures(self, kind: FigureKind, at: datetime) -> BusinessFigures:
        """The platform's answer at that time, read like real answers."""
        body = json.dumps(self._platform.answer(kind, at)).encode()
        return read_figures(kind, body, timestamp=at, sources=DEMO_FIGURES, simulated=True)
