"""How often something fails, and how long it takes to come back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from amt_console.analysis.percentiles import mean
from amt_console.analysis.series import Window
from amt_console.analysis.trend import Trend, trend
from amt_console.analysis.uptime.availability import Availability
from amt_console.analysis.uptime.incidents import Incident

METHOD = (
    "MTBF = time up / incidents that began in the window; MTTR = mean length of the incidents that ended in it; "
    "frequency = incidents per whole day, with the Mann-Kendall test from eight whole days on"
)
LEAST_DAYS = 8


@dataclass(frozen=True, slots=True)
class Reliability:
    """Frequency and length of incidents; seconds, ``None`` without an incident to count."""

    incidents: int
    """That began in the window."""
    mtbf_s: float | None
    """Mean time between failures: time up over incidents."""
    mttr_s: float | None
    """Mean time to recovery, of the incidents that ended in the window, each from its start."""
    causes: Mapping[str, int]
    """Incidents by cause class, the most frequent first."""


NO_INCIDENTS = Reliability(0, None, None, {})


@dataclass(frozen=True, slots=True)
class Frequency:
    """Incidents per day over a window."""

    per_day: float
    days: tuple[tuple[datetime, int], ...]
    """Start of each day of the zone and the incidents that began on it; the first and the last day may be cut."""
    trend: Trend | None
    """Of the whole days; ``None`` with fewer than eight."""


def reliability(parts: Availability, incidents: Sequence[Incident]) -> Reliability:
    """The reliability of one service, or of several with their seconds added up."""
    begun = [incident for incident in incidents if not incident.began_earlier]
    ended = [incident.seconds for incident in begun if not incident.ongoing]
    causes = Counter(incident.cause_class for incident in incidents)
    return Reliability(
        incidents=len(begun),
        mtbf_s=(parts.up_s + parts.degraded_s) / len(begun) if begun else None,
        mttr_s=mean(ended),
        causes=dict(sorted(causes.items(), key=lambda pair: (-pair[1], pair[0]))),
    )


def frequency(starts: Iterable[datetime], window: Window, zone: tzinfo) -> Frequency:
    """Incidents by day of the zone, from the moments in the window at which they began."""
    begun = list(starts)
    counts: dict[datetime, int] = {}
    day = _midnight(window.start, zone)
    while day < window.end:
        counts[day] = 0
        day = _midnight(day + timedelta(hours=30), zone)
    for start in begun:
        counts[_midnight(start, zone)] += 1
    days = tuple((start.astimezone(UTC), number) for start, number in counts.items())
    whole = [(start, number) for start, number in days if start >= window.start]
    if whole and _midnight(whole[-1][0] + timedelta(hours=30), zone) > window.end:
        whole.pop()
    found = None
    if len(whole) >= LEAST_DAYS:
        first = whole[0][0]
        hours = [(start - first).total_seconds() / 3600 for start, _ in whole]
        found = trend(hours, [float(number) for _, number in whole])
    return Frequency(per_day=len(begun) / (window.seconds / 86_400), days=days, trend=found)


def _midnight(moment: datetime, zone: tzinfo) -> datetime:
    """Start of the day of the zone that holds ``moment``."""
    local = moment.astimezone(zone)
    return local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0).astimezone(UTC)
