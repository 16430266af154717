"""What the screen of the host draws: a plot and a line of words per figure, the disks, the host's alerts. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from amt_console.model import AlertType, AlertView, HostSample, Snapshot
from amt_console.model.queries.host import DiskRoom, HostHistory, MetricCourse
from amt_console.text import byte_size, count, duration, percent, soon_moment
from widgets.cells import Run, Runs, joined, runs_width
from widgets.chart import ChartLine, ChartMark, Plot
from widgets.host_panel import HostLimits
from widgets.look import Look
from widgets.sparkline import gauge

HOST_ALERTS = (AlertType.CPU_USAGE, AlertType.MEMORY_USAGE, AlertType.DISK_USAGE)
SOON_SECONDS = 24 * 3600.0
"""A disk that is full within this time is urgent."""
_GAUGE = 20
_GAUGE_FROM = 58
"""Cells from which a disk has a bar."""
_FREE_FROM = 34
"""Cells from which the free room says that it is free."""
_COLUMNS = ("cpu_usage", "memory_usage", "disk_usage", "sent_bytes", "received_bytes", "active_connections")

ROW_COLUMNS = ("at", *_COLUMNS)
"""Keys of the objects that are exported."""
_LABELS = {
    "cpu_usage": "CPU",
    "memory_usage": "memory",
    "disk_usage": "fullest disk",
    "received_bytes": "in",
    "sent_bytes": "out",
    "active_connections": "connections",
}


@dataclass(frozen=True, slots=True)
class ResourceFigure:
    """One chart of the screen."""

    name: str
    title: str
    metrics: tuple[tuple[str, str], ...]
    """Names of the metrics, and of their lines."""
    unit: str
    alert: AlertType | None = None
    whole: bool = False
    """Whether the scale goes from 0 to 100."""


FIGURES = (
    ResourceFigure("cpu", "CPU", (("cpu_usage", "mean"),), "%", AlertType.CPU_USAGE, whole=True),
    ResourceFigure("memory", "MEMORY", (("memory_usage", "mean"),), "%", AlertType.MEMORY_USAGE, whole=True),
    ResourceFigure("disk", "DISK", (("disk_usage", "mean"),), "%", AlertType.DISK_USAGE),
    ResourceFigure("network", "NETWORK", (("received_bytes", "in"), ("sent_bytes", "out")), "B"),
    ResourceFigure("connections", "CONNECTIONS", (("active_connections", "mean"),), ""),
)


def host_alerts(snapshot: Snapshot) -> tuple[AlertView, ...]:
    """The alerts of the host: the open ones, worst first, then those that ended within the hour."""
    return tuple(each for each in (*snapshot.alerts, *snapshot.recently_resolved) if each.alert_type in HOST_ALERTS)


def limit_of(figure: ResourceFigure, alerts: Sequence[AlertView]) -> float | None:
    """The threshold of a figure: as an alert tells it, else the usual one."""
    if figure.alert is None:
        return None
    told = next((each.threshold for each in alerts if each.alert_type is figure.alert and each.threshold), None)
    usual = HostLimits()
    limits = {
        AlertType.CPU_USAGE: usual.cpu,
        AlertType.MEMORY_USAGE: usual.memory,
        AlertType.DISK_USAGE: usual.disk,
    }
    return limits[figure.alert] if told is None else told


def plot(
    figure: ResourceFigure, history: HostHistory, alerts: Sequence[AlertView], ended: Sequence[AlertView] = ()
) -> Plot:
    """The course of a figure with its limit, and when its alerts began. Of a single metric also the highest values.

    Args:
        figure: What is drawn.
        history: Its course.
        alerts: Of the snapshot.
        ended: Those that are no more in it: marked without a word, because there may be many.
    """
    lines: list[ChartLine] = []
    for name, label in figure.metrics:
        course = history.metrics.get(name, MetricCourse((), ()))
        lines.append(ChartLine(label, course.means))
        if len(figure.metrics) == 1 and course.highs != course.means:
            lines.append(ChartLine("peak", course.highs))
    return Plot(
        tuple(lines),
        history.start,
        history.end,
        unit=figure.unit,
        limit=limit_of(figure, alerts),
        marks=(
            *(ChartMark(each.opened_at, "alert") for each in alerts if each.alert_type is figure.alert),
            *(ChartMark(each.opened_at) for each in ended if each.alert_type is figure.alert),
        ),
        from_zero=figure.name != "disk",
        high=100.0 if figure.whole else None,
    )


def now_values(sample: HostSample | None) -> Mapping[str, float | None]:
    """The newest sample by the names of the metrics."""
    if sample is None:
        return {}
    network = sample.network
    return {
        "cpu_usage": sample.cpu_usage,
        "memory_usage": sample.memory_usage,
        "disk_usage": sample.disk_usage,
        "received_bytes": None if network is None else network.received_bytes,
        "sent_bytes": None if network is None else network.sent_bytes,
        "active_connections": sample.active_connections,
    }


def value_words(figure: ResourceFigure, value: float | None) -> str:
    """A value with its unit."""
    match figure.unit:
        case "%":
            return percent(value, 0)
        case "B":
            return "–" if value is None else f"{byte_size(value)}/s"
    return count(None if value is None else round(value))


def note(
    figure: ResourceFigure,
    history: HostHistory | None,
    sample: HostSample | None,
    limit: float | None,
    look: Look,
    *,
    width: int,
) -> str:
    """What stands at the right of a heading, as far as there is room: the newest value, the mean, the limit."""
    values = now_values(sample)
    room = width - len(figure.title) - 3
    if len(figure.metrics) > 1:
        arrows = {"in": look.glyph("↓", "in"), "out": look.glyph("↑", "out")}
        shown = [(arrows[label], look.value(value_words(figure, values.get(name)))) for name, label in figure.metrics]
        short = [(arrow, value.removesuffix("/s")) for arrow, value in shown]
        words = [gap.join(map(" ".join, each)) for each, gap in ((shown, "  "), (short, "  "), (short, " "))]
        return next((each for each in words if len(each) <= room), words[-1])
    name = figure.metrics[0][0]
    now = values.get(name)
    parts = [look.value(value_words(figure, now))]
    course = history.metrics.get(name) if history is not None else None
    if course is not None and course.mean is not None:
        parts.append(f"mean {value_words(figure, course.mean)}")
    if limit is not None:
        parts.append(f"{'above the ' if now is not None and now > limit else ''}limit {limit:g} %")
    while len(parts) > 1 and len(look.dot.join(parts)) > room:
        del parts[1]
    return look.dot.join(parts)


FIGURES_HEADING = f"{'FIGURES':<14}{'now':>12}{'mean':>12}{'peak':>12}"


def figure_lines(history: HostHistory | None, sample: HostSample | None, look: Look) -> list[Runs]:
    """A table of all figures: now, mean and highest of the range; then what the sample tells besides."""
    palette, values = look.palette, now_values(sample)
    lines: list[Runs] = []
    for figure in FIGURES:
        for name, _ in figure.metrics:
            course = history.metrics.get(name) if history is not None else None
            numbers = (values.get(name), course.mean if course else None, course.high if course else None)
            cells = "".join(f"{look.value(value_words(figure, number)):>12}" for number in numbers)
            lines.append([(f"{_LABELS[name]:<14}", palette.muted), (cells, palette.text)])
    if sample is not None and sample.network is not None:
        faults = f"{sample.network.errors:.0f} errors, {sample.network.drops:.0f} drops per second"
        lines.append([(f"{'network':<14}  ", palette.muted), (faults, palette.text)])
    return lines


def head_note(sample: HostSample | None, now: datetime, look: Look, *, width: int) -> str:
    """Load, swap, memory and the age of the newest sample, as far as there is room: the age last of all gives way."""
    if sample is None:
        return "no sample of the host yet"
    words = []
    if sample.load:
        words.append("load " + " ".join(f"{each:.2f}" for each in sample.load))
    if sample.swap_usage is not None:
        words.append(f"swap {percent(sample.swap_usage, 0)}")
    if sample.memory_total_bytes:
        words.append(f"memory {byte_size(sample.memory_total_bytes)}")
    words.append(f"sampled {look.ago_words(sample.timestamp, now)}")
    while len(words) > 1 and len(look.dot.join(words)) > width:
        del words[-2]
    return look.dot.join(words)


def full_words(disk: DiskRoom, now: datetime, look: Look) -> Run | None:
    """When a disk will be full."""
    if disk.full_at is None:
        return None
    left = (disk.full_at - now).total_seconds()
    style = look.palette.critical if left < SOON_SECONDS else look.palette.warning
    return f"full in {duration(left)}, {soon_moment(disk.full_at, now, look.zone)}", style


def disk_lines(disks: Sequence[DiskRoom], limit: float, now: datetime, width: int, look: Look) -> list[Runs]:
    """A line per disk, then when it is full and why that is known or not."""
    palette = look.palette
    if not disks:
        return [[("no disk was measured", palette.muted)]]
    lines: list[Runs] = []
    for disk in disks:
        style = palette.warning if disk.percent > limit else palette.text
        used: list[Run] = [(f"{percent(disk.percent, 0):>5}", style)]
        if width >= _GAUGE_FROM:
            used += [
                ("  ", palette.text),
                *gauge(disk.percent, _GAUGE, look, style if disk.percent > limit else palette.trend),
            ]
        free: Runs = [(byte_size(disk.free_bytes) + (" free" if width >= _FREE_FROM else ""), palette.muted)]
        full = full_words(disk, now, look)
        parts: list[Runs] = [[(disk.mount, palette.strong)], used, free]
        ahead = full is not None and runs_width(joined([*parts, [full]], ("  ", palette.text))) <= width
        lines.append(joined([*parts, *([[full]] if ahead and full is not None else [])], ("  ", palette.text)))
        if full is not None and not ahead:
            lines.append([("  ", palette.text), full])
    if disks[0].reason:
        which = f"{disks[0].mount}: " if len(disks) > 1 else ""
        lines.append([(f"{which}{disks[0].reason}", palette.muted)])
    return lines


def course_rows(history: HostHistory) -> list[dict[str, object]]:
    """The means of all buckets as objects, oldest first."""
    length = max((len(each.means) for each in history.metrics.values()), default=0)
    rows: list[dict[str, object]] = []
    for at in range(length):
        begin = history.start.timestamp() + at * history.bucket_seconds
        row: dict[str, object] = {"at": datetime.fromtimestamp(begin, tz=history.start.tzinfo).isoformat()}
        for name in _COLUMNS:
            means = history.metrics[name].means if name in history.metrics else ()
            value = means[at] if at < len(means) else None
            row[name] = None if value is None else round(value, 3)
        rows.append(row)
    return rows


def summary(sample: HostSample | None, disks: Sequence[DiskRoom], now: datetime, look: Look) -> str:
    """The host as a line of text."""
    values = now_values(sample)
    words = [
        f"{_LABELS[name]} {look.value(value_words(figure, values.get(name)))}"
        for figure in FIGURES
        for name, _ in figure.metrics
    ]
    full = next((found for disk in disks[:1] if (found := full_words(disk, now, look)) is not None), None)
    words += [f"{disks[0].mount} {full[0]}"] if full is not None else []
    return f"host: {', '.join(words)}"
