"""Writes the simulated platform's past through the real store, marked as simulated."""

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
)
from amt_console.operations.protocol import Progress
from amt_console.store import Store, Writes
from collectors.figures.reader import read_figures

CHUNK = timedelta(hours=6)
"""What one transaction holds."""
LONGEST_SEAM = timedelta(minutes=2)
"""A longer time between the end of the past and the present is recorded as a gap."""
_MINUTE = timedelta(minutes=1)
NEWEST = timedelta(days=1)
"""The stretch before the present that is written in full detail, because charts show single values of it."""
FIGURES_EVERY = 30
"""Minutes between two readings of the figures in the newest stretch."""
OLD_FIGURES_EVERY = 60
OLD_HOST_EVERY = 5
"""Minutes between two samples of the host before the newest stretch, when nothing was wrong with it."""
_AROUND = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class HistoryReport:
    """What was written; all zero if the stretch had data already."""

    results: int = 0
    host_samples: int = 0
    figures: int = 0
    episodes: int = 0
    skipped: bool = False
    """There was data in this stretch already, so nothing was written."""


class History:
    """The past of one simulated platform, ready to be written. Deterministic for a seed, a length and an end.

    Args:
        settings: The configuration of the demo; gives limits and re-checks.
        targets: What the demo probes; all of it gets a past.
        seed: Of the simulated platform.
        days: How far the past goes back.
        end: The present, aware UTC; the last samples lie just before it.
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
        services = [target for target in targets if isinstance(target, Service)]
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
        """Write everything, a few hours to a transaction; what was committed stays when it is interrupted.

        Args:
            store: Where to.
            clock: Says how long the writing took.
            progress: Told of minutes done and to do.
            stop: Asked between transactions whether to end early.

        Raises:
            StoreError: The database refuses.
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
        """Whether the host is worth a sample a minute: lately, and when it was busy."""
        spikes = (incident for incident in self.incidents if incident.kind is PastKind.CPU_SPIKE)
        return minute >= self.end - NEWEST or any(
            spike.start - _AROUND <= minute < spike.end + _AROUND for spike in spikes
        )

    def figures(self, kind: FigureKind, at: datetime) -> BusinessFigures:
        """What the platform would have answered, read as its real answers are."""
        body = json.dumps(self._platform.answer(kind, at)).encode()
        return read_figures(kind, body, timestamp=at, simulated=True)
