"""Probes one target: selects the collector, enforces the deadline, and turns every fault into a result."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from importlib import import_module
from typing import Any, Protocol

from amt_console.clock import Clock
from amt_console.model import (
    BusinessFigures,
    Database,
    ErrorClass,
    FigureKind,
    FigureSources,
    ProbeResult,
    Service,
    ServiceState,
    Target,
    TargetKind,
    kind_of,
)
from amt_console.model.evidence import ProcessUse
from amt_console.monitor.supervise import LOG
from amt_console.monitor.watches.watch import HostSampler
from amt_console.store import Store, StoreError
from amt_console.text import safe_text
from collectors.figures.reader import read_figures

DEADLINE_GRACE = 2.0
"""Seconds beyond its own deadline after which a collector's probe is cancelled."""
NEARLY = 0.8
"""Fraction of an interval after which a reading counts as the next one."""
LONGEST_TIMEOUT = 0.9
"""Largest fraction of the interval that a probe may take."""


class ServiceCollector(Protocol):
    """What the engine needs of the HTTP collector."""

    async def probe(self, service: Service, *, attempt: int = 1) -> ProbeResult:
        """Probe once."""
        ...

    async def aclose(self) -> None:
        """Release every resource."""
        ...


class DatabaseProber(Protocol):
    """What the engine needs of the database collector."""

    async def probe(self, database: Database, *, attempt: int = 1) -> ProbeResult:
        """Probe once."""
        ...

    async def aclose(self) -> None:
        """Release every resource."""
        ...


class TargetCollector(Protocol):
    """What the engine needs of any other collector of targets; it is given targets of its kind alone."""

    async def probe(self, target: Any, *, attempt: int = 1) -> ProbeResult:
        """Probe once."""
        ...

    async def aclose(self) -> None:
        """Release every resource."""
        ...


@dataclass(frozen=True, slots=True)
class Collectors:
    """Where the measurements come from: one collector of each kind."""

    http: ServiceCollector
    database: DatabaseProber
    host: HostSampler
    processes: Callable[[], tuple[ProcessUse, ...]] = tuple
    """Reads the busiest processes of the host; blocks."""
    others: Mapping[TargetKind, Callable[[], TargetCollector]] = field(default_factory=dict)
    """Make the collectors of the further kinds of targets, each when its first target is probed."""

    @classmethod
    def real(cls, clock: Clock) -> Collectors:
        """The real collectors."""
        from collectors.database.collector import DatabaseCollector
        from collectors.host.collector import HostCollector
        from collectors.host.processes import busiest_processes
        from collectors.http.collector import HttpCollector

        return cls(
            HttpCollector(clock=clock),
            DatabaseCollector(clock=clock),
            HostCollector(clock=clock),
            busiest_processes,
            {kind: partial(_made, kind, clock) for kind in _OTHERS},
        )


_OTHERS: Mapping[TargetKind, tuple[str, str]] = {
    TargetKind.TCP: ("collectors.tcp", "TcpCollector"),
    TargetKind.DNS: ("collectors.dns", "DnsCollector"),
    TargetKind.ICMP: ("collectors.icmp", "IcmpCollector"),
    TargetKind.PLUGIN: ("collectors.plugins.collector", "PluginCollector"),
    TargetKind.PROMETHEUS: ("collectors.prometheus.collector", "PrometheusCollector"),
}
"""Module and class by kind: each is imported when it is needed, because some take a tenth of a second."""


def _made(kind: TargetKind, clock: Clock) -> TargetCollector:
    module, name = _OTHERS[kind]
    made: TargetCollector = getattr(import_module(module), name)(clock=clock)
    return made


class Prober:
    """Runs probes. Never raises, except when cancelled."""

    def __init__(
        self,
        *,
        http: ServiceCollector,
        database: DatabaseProber,
        clock: Clock,
        others: Mapping[TargetKind, Callable[[], TargetCollector]] | None = None,
    ) -> None:
        self._collectors: dict[TargetKind, TargetCollector] = {TargetKind.HTTP: http, TargetKind.DATABASE: database}
        self._others = others or {}
        self._making = asyncio.Lock()
        self._clock = clock

    async def probe(self, target: Target, attempt: int = 1) -> ProbeResult:
        """Probe ``target`` once. A collector that raises or overruns its deadline gives a ``local_error``."""
        started = self._clock.now()
        target = within_interval(target)
        try:
            async with asyncio.timeout(target.timeout + DEADLINE_GRACE):
                collector = self._collectors.get(kind := kind_of(target)) or await self._make(kind)
                return await collector.probe(target, attempt=attempt)
        except TimeoutError:
            LOG.error("The probe of %s did not end at its deadline of %g s.", target.name, target.timeout)
            return local_error(target, started, attempt, "the probe did not end at its deadline")
        except Exception as error:
            LOG.exception("The collector failed on %s.", target.name)
            return local_error(target, started, attempt, f"the collector failed: {type(error).__name__}: {error}")

    async def _make(self, kind: TargetKind) -> TargetCollector:
        async with self._making:
            if kind not in self._collectors:
                self._collectors[kind] = await asyncio.to_thread(self._others[kind])
            return self._collectors[kind]

    async def aclose(self) -> None:
        """Close the collectors."""
        for collector in self._collectors.values():
            try:
                await collector.aclose()
            except Exception:
                LOG.exception("A collector could not be closed.")


def within_interval(target: Target) -> Target:
    """The target with a timeout below its interval, so that a hanging probe ends before the next one is due."""
    longest = target.interval * LONGEST_TIMEOUT
    return target if target.timeout <= longest else replace(target, timeout=longest)


def local_error(target: Target, started: datetime, attempt: int, message: str) -> ProbeResult:
    """A result for a failure of the monitor itself: unknown, not down."""
    return ProbeResult(
        service=target.name,
        timestamp=started,
        state=ServiceState.UNKNOWN,
        interval=target.interval,
        error_class=ErrorClass.LOCAL_ERROR,
        error=safe_text(message),
        attempt=attempt,
    )


def worth_a_recheck(target: Target, result: ProbeResult) -> bool:
    """Whether the result could page somebody, and so is confirmed within seconds."""
    if result.state is ServiceState.DOWN:
        return True
    limit = target.down_above_ms if isinstance(target, Service) else None
    return limit is not None and result.response_time_ms is not None and result.response_time_ms > limit


def known_figures(store: Store) -> tuple[BusinessFigures, ...]:
    """The newest stored figures of each kind: what new ones are held against; none if the store cannot be read."""
    try:
        with store.read() as reads:
            return tuple(reads.figures.newest().values())
    except StoreError as error:
        LOG.warning("The figures that were stored last cannot be read: %s", error)
        return ()


class FigureReader:
    """Reads the platform's figures from the answers of the services that have them.

    Args:
        clock: For the time between two readings.
        sources: Where the figures stand and what they are in.
        known: Earlier figures, against which new ones may look wrong.
    """

    def __init__(self, *, clock: Clock, sources: FigureSources, known: Iterable[BusinessFigures] = ()) -> None:
        self._sources = sources
        self._clock = clock
        self._last: dict[FigureKind, tuple[float, BusinessFigures]] = {}
        self._undoubted: dict[FigureKind, dict[str, float]] = {}
        for figures in known:
            self._remember(figures)

    def configure(self, sources: FigureSources) -> None:
        """Read by other places and units from now on; what was known in the old units says nothing about them."""
        if sources != self._sources:
            self._sources = sources
            self._undoubted.clear()

    async def read(self, target: Target, result: ProbeResult) -> BusinessFigures | None:
        """The figures to store: none for other services and failed probes; unchanged figures once per interval."""
        kind = target.figures if isinstance(target, Service) else None
        if kind is None or result.body is None or result.state not in (ServiceState.UP, ServiceState.DEGRADED):
            return None
        figures = await asyncio.to_thread(
            read_figures,
            kind,
            result.body,
            timestamp=result.timestamp,
            sources=self._sources,
            before=dict(self._undoubted.get(kind, {})),
        )
        self._remember(figures)
        now = self._clock.monotonic()
        stored_at, stored = self._last.get(kind, (-math.inf, None))
        unchanged = stored is not None and dict(stored.figures) == dict(figures.figures)
        if unchanged and now - stored_at < target.interval * NEARLY:
            return None
        self._last[kind] = (now, figures)
        return figures

    def _remember(self, figures: BusinessFigures) -> None:
        known = self._undoubted.setdefault(figures.kind, {})
        for name, figure in figures.figures.items():
            if isinstance(figure.value, (int, float)) and figure.value != 0 and figure.suspect is None:
                known[name] = float(figure.value)
