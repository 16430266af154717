"""Generated histories for the analysis: quiet ones, and ones with something planted in them."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from support.rollups import rollup

from amt_console.analysis import AnalysisLimits, PerformanceAnalysis, ServiceHistory, Window, analyse, window_of
from amt_console.clock import SECOND, micros
from amt_console.model import (
    AlertState,
    AlertType,
    Episode,
    ErrorClass,
    FigureKind,
    Gap,
    GapReason,
    HostRollup,
    LatencyHistogram,
    Resolution,
    ServiceState,
    Severity,
)

END = datetime(2026, 3, 2, 13, 17, tzinfo=UTC)
UTC_ZONE = ZoneInfo("UTC")
Shape = Callable[[datetime], float]
"""A factor at a moment; 1 changes nothing."""


def flat(_: datetime) -> float:
    """Nothing planted."""
    return 1.0


@dataclass
class History:
    """A window of a few services with a daily rhythm, noise and gaps; what is planted is given."""

    days: float = 7
    seed: int = 1
    services: Sequence[str] = ("api", "web", "shop")
    latency: dict[str, Shape] = field(default_factory=dict)
    """Factors of the response times, by service."""
    host: dict[str, Shape] = field(default_factory=dict)
    """Factors of the host's resources: ``cpu``, ``memory``, ``disk``."""
    outages: dict[str, list[tuple[datetime, float]]] = field(default_factory=dict)
    """Begin and seconds, by service."""
    figure: Shape = flat
    """Factor of the chatbot's conversations."""
    episodes: list[Episode] = field(default_factory=list)
    gaps: int = 2
    weekend: float = 1.0
    """Factor of load and response times at weekends."""

    @property
    def window(self) -> Window:
        """It ends at ``END``."""
        return window_of(END, 24 * self.days)

    def at(self, part: float) -> datetime:
        """A whole minute at a part of the window."""
        moment = self.window.start + (self.window.end - self.window.start) * part
        return moment.replace(second=0, microsecond=0)

    def analysis(self) -> PerformanceAnalysis:
        """The analysis of this history, with a quiet previous window."""
        chance = random.Random(self.seed)
        window, before = self.window, self.window.previous()
        holes = [self._hole(chance) for _ in range(self.gaps)]
        return analyse(
            window,
            [self._service(name, chance, window, before, holes) for name in self.services],
            zone=UTC_ZONE,
            host={name: self._host(name, chance, window, holes) for name in ("cpu", "memory", "disk")},
            disk_day=self._host("disk", chance, Window(END - timedelta(days=1), END, 300), ()),
            episodes=self.episodes,
            gaps=[Gap(start, end, GapReason.STOPPED) for start, end in holes],
            limits=AnalysisLimits(),
            figures={(FigureKind.CHATBOT, "conversations"): self._figure(chance)},
        )

    def _hole(self, chance: random.Random) -> tuple[datetime, datetime]:
        start = self.at(chance.uniform(0.1, 0.9))
        return start, start + timedelta(seconds=chance.uniform(0.5, 3) * self.window.step)

    def _service(
        self,
        name: str,
        chance: random.Random,
        window: Window,
        before: Window,
        holes: Sequence[tuple[datetime, datetime]],
    ) -> ServiceHistory:
        base, swing = chance.uniform(30, 200), chance.uniform(0.1, 0.5)
        shape = self.latency.get(name, flat)
        outages = [(start, start + timedelta(seconds=long)) for start, long in self.outages.get(name, ())]

        def step(start: datetime, seconds: float, factor: float) -> object:
            end = start + timedelta(seconds=seconds)
            checks = max(2, min(20, int(seconds // 60)))
            down = sum(max(0.0, (min(end, b) - max(start, a)).total_seconds()) for a, b in outages)
            failed = round(checks * down / seconds)
            level = base * factor * _rhythm(start, swing, self.weekend) * chance.lognormvariate(0, 0.03)
            times = [level * chance.lognormvariate(0, 0.2) for _ in range(checks - failed)]
            return rollup(start, seconds, samples=checks, errors=failed, up=seconds - down, down=down, times=times)

        def steps(part: Window, planted: bool) -> list[object]:
            ends = [*part.starts()[1:], part.end]
            return [
                step(start, (end - start).total_seconds(), shape(start) if planted else 1.0)
                for start, end in zip(part.starts(), ends, strict=True)
                if not any(a < end and b > start for a, b in holes)
            ]

        changes, classes = [], {}
        for start, end in outages:
            changes += [(start, ServiceState.DOWN, "refused by 10.0.0.1:80"), (end, ServiceState.UP, None)]
            classes[start] = ErrorClass.CONNECT_REFUSED
        return ServiceHistory(
            name,
            steps(window, planted=True),  # type: ignore[arg-type]
            steps(before, planted=False),  # type: ignore[arg-type]
            initial=ServiceState.UP,
            changes=changes,
            error_classes=classes,
            warning_ms=2000,
        )

    def _host(
        self, name: str, chance: random.Random, window: Window, holes: Sequence[tuple[datetime, datetime]]
    ) -> list[HostRollup]:
        base, swing = {"cpu": (30.0, 0.4), "memory": (45.0, 0.05), "disk": (55.0, 0.0)}[name]
        shape, found = self.host.get(name, flat), []
        for start in window.starts():
            level = base * shape(start) * _rhythm(start, swing, self.weekend)
            values = [min(100.0, level * chance.lognormvariate(0, 0.1 if swing else 0.0005)) for _ in range(10)]
            if any(a < start + timedelta(seconds=window.step) and b > start for a, b in holes):
                values = []
            found.append(HostRollup(micros(start), window.step * SECOND, LatencyHistogram.of(values)))
        return found

    def _figure(self, chance: random.Random) -> list[tuple[datetime, float | None]]:
        found: list[tuple[datetime, float | None]] = []
        start = self.window.start
        while start < END:
            found.append(
                (
                    start,
                    round(400 * _rhythm(start, 0.5, self.weekend) * self.figure(start) * chance.lognormvariate(0, 0.1)),
                )
            )
            start += timedelta(hours=1) if self.days > 2 else timedelta(minutes=10)
        return found


def _rhythm(moment: datetime, swing: float, weekend: float) -> float:
    """A busy day and a calm night, and calmer weekends."""
    hours = moment.hour + moment.minute / 60
    calm = weekend if swing and moment.weekday() >= 5 else 1.0
    return calm * (1 + swing * math.sin((hours - 9) / 24 * 2 * math.pi))


def short_alerts(history: History, count: int, *, seconds: float = 90, value: float = 83.0) -> list[Episode]:
    """Alerts about the CPU that nobody took and that ended by themselves."""
    found = []
    for number in range(count):
        opened = history.at((number + 1) / (count + 2))
        found.append(
            Episode(
                rule_id="cpu_usage",
                subject="host",
                alert_type=AlertType.CPU_USAGE,
                severity=Severity.WARNING,
                message="CPU is busy",
                state=AlertState.RESOLVED,
                opened_at=opened,
                id=number + 1,
                fired_at=opened + timedelta(seconds=30),
                resolved_at=opened + timedelta(seconds=seconds),
                duration_seconds=seconds,
                resolution=Resolution.RECOVERED,
                value=value,
                threshold=80.0,
            )
        )
    return found
