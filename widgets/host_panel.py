"""The monitor's host: CPU, memory and disk on a scale from 0 to 100, network, connections, load."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.style import Style
from textual.strip import Strip

from amt_console.model import HostSample, ResourcesView, Series
from amt_console.text import byte_size, count, percent
from widgets.cells import Run, Runs, joined, line
from widgets.line_view import LineView
from widgets.look import PLAIN_LOOK, Look
from widgets.sparkline import block_rows, gauge, resample, spark_runs, stretched

_LABEL = 8
_VALUE = 8


@dataclass(frozen=True, slots=True)
class HostLimits:
    """Percentages above which a figure is coloured: the thresholds of the alerts."""

    cpu: float = 80.0
    memory: float = 85.0
    disk: float = 90.0


class HostPanel(LineView):
    """Two lines in compact form; with more room a chart for each figure."""

    def __init__(
        self,
        *,
        limits: HostLimits | None = None,
        look: Look = PLAIN_LOOK,
        id: str | None = None,  # noqa: A002
    ) -> None:
        super().__init__(look=look, id=id)
        self._limits = limits or HostLimits()
        self._resources = ResourcesView()

    def show(self, resources: ResourcesView) -> None:
        """Show a sample and the last 30 minutes."""
        if resources != self._resources:
            self._resources = resources
            self.rebuild()

    def build(self, width: int, height: int | None) -> Sequence[Strip]:
        """The lines for a size."""
        if height is None or height < 5:
            return self._compact(width)
        return self._tall(width, height)

    def _figures(self) -> list[tuple[str, float | None, Series, float]]:
        sample, resources = self._resources.sample, self._resources
        limits = self._limits
        return [
            ("CPU", sample.cpu_usage if sample else None, resources.cpu, limits.cpu),
            ("MEM", sample.memory_usage if sample else None, resources.memory, limits.memory),
            ("DISK", sample.disk_usage if sample else None, resources.disk, limits.disk),
        ]

    def _compact(self, width: int) -> list[Strip]:
        look, palette = self.look, self.look.palette
        parts: list[Runs] = []
        spark = max(4, min(24, (width - 11) // 3 - 14))
        for name, value, series, limit in self._figures():
            style = self._style(value, limit)
            bars = spark_runs(resample(series, spark), spark, look, self._bar_style(value, limit), low=0.0, high=100.0)
            parts.append([(f"{name} ", palette.muted), *bars, (f" {look.value(percent(value, 0)):>5}", style)])
        first = [(" HOST     ", palette.strong), *joined(parts, ("  ", palette.text))]
        facts = self._facts(self._resources.sample)[:3]
        second = [(" " * 10, palette.text), *joined(facts, (look.dot, palette.faint))]
        return [line(first, width, ellipsis=look.ellipsis), line(second, width, ellipsis=look.ellipsis)]

    def _tall(self, width: int, height: int) -> list[Strip]:
        look, palette = self.look, self.look.palette
        facts = self._facts(self._resources.sample)
        under = (
            [joined(facts, (look.dot, palette.faint))]
            if width >= 76
            else [
                joined(facts[:1], (look.dot, palette.faint)),
                joined(facts[1:], (look.dot, palette.faint)),
            ]
        )
        rows = max(1, min(6, (height - 1 - len(under) - (1 if height > 8 else 0)) // 3))
        lines = [line([(" HOST", palette.heading)], width, fill=palette.heading)]
        for name, value, series, limit in self._figures():
            lines.extend(self._metric(name, value, series, limit, width, rows))
        if height - len(lines) > len(under):
            lines.append(Strip.blank(width))
        lines.extend(line([(" ", palette.text), *runs], width, ellipsis=look.ellipsis) for runs in under)
        return lines[:height]

    def _metric(
        self, name: str, value: float | None, series: Series, limit: float, width: int, rows: int
    ) -> list[Strip]:
        look, palette = self.look, self.look.palette
        style = self._style(value, limit)
        label = (f" {name:<{_LABEL - 2}} ", palette.muted)
        figure = (f"{look.value(percent(value, 0)):>{_VALUE - 2}}  ", style)
        bars = max(0, width - _LABEL - _VALUE - 1)
        if rows == 1:
            half = max(0, bars - 11) if bars >= 30 else bars
            runs = spark_runs(resample(series, half), half, look, self._bar_style(value, limit), low=0.0, high=100.0)
            if half != bars:
                runs = [*gauge(value, 10, look, self._bar_style(value, limit)), (" ", palette.text), *runs]
            return [line([label, figure, *runs], width, ellipsis=look.ellipsis)]
        chart = block_rows(stretched(series, bars), bars, rows, look, lambda bar: self._bar_style(bar, limit))
        blank: Run = (" " * (_LABEL + _VALUE), palette.text)
        return [
            line([label, figure, *bar] if at == rows - 1 else [blank, *bar], width, ellipsis=look.ellipsis)
            for at, bar in enumerate(chart)
        ]

    def _facts(self, sample: HostSample | None) -> list[Runs]:
        look, palette = self.look, self.look.palette
        if sample is None:
            return [[("no sample of the host yet", palette.muted)]]
        down, up = look.glyph("↓", "in"), look.glyph("↑", "out")
        network = look.missing
        if sample.network is not None:
            network = (
                f"{down} {byte_size(sample.network.received_bytes)}/s {up} {byte_size(sample.network.sent_bytes)}/s"
            )
        load = " ".join(f"{value:.2f}" for value in sample.load) if sample.load else look.missing
        facts: list[Runs] = [
            [("net ", palette.muted), (network, palette.text)],
            [(look.value(count(sample.active_connections)), palette.text), (" connections", palette.muted)],
            [("load ", palette.muted), (load, palette.text)],
        ]
        worst = max(sample.disks, key=lambda disk: disk.percent, default=None)
        if worst is not None:
            facts.append([("disk ", palette.muted), (worst.mount, palette.text)])
        return facts

    def _style(self, value: float | None, limit: float) -> Style:
        palette = self.look.palette
        if value is None:
            return palette.muted
        return palette.warning if value > limit else palette.text

    def _bar_style(self, value: float | None, limit: float) -> Style:
        palette = self.look.palette
        return palette.warning if value is not None and value > limit else palette.trend
