"""Judge any series: the detectors combined on one scale, strictly causal."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from amt_console.analysis.anomalies.detectors import Detector, DetectorReading
from amt_console.analysis.anomalies.entropy import ALARM as ENTROPY_ALARM
from amt_console.analysis.anomalies.entropy import WINDOW, entropy_scores
from amt_console.analysis.anomalies.ewma import BAND as EWMA_ALARM
from amt_console.analysis.anomalies.ewma import ewma_readings
from amt_console.analysis.anomalies.scale import tail_score
from amt_console.analysis.anomalies.seasonal import ALARM as SEASONAL_ALARM
from amt_console.analysis.anomalies.seasonal import seasonal_readings
from amt_console.analysis.percentiles import usable

RECENT = 150
"""Values of the recent past; a number, never a share of the series, because that would look ahead."""
METHOD = (
    "the largest of robust EWMA, causal relative entropy and seasonal residual, each as -log10 of its frequency on "
    f"quiet generated series; a value counts only if it exceeds the {RECENT} before it"
)
FLAG_FROM = 3.5
"""Least flagged score: one value in three thousand of the quiet series."""
ALARMS = {
    Detector.EWMA: EWMA_ALARM,
    Detector.ENTROPY: ENTROPY_ALARM,
    Detector.SEASONAL: SEASONAL_ALARM,
}
"""Least raw scores, from the literature; below them a detector never flags."""


@dataclass(frozen=True, slots=True)
class SeriesJudgement:
    """The anomalies of a series; indices are those of the given points."""

    scores: tuple[float, ...]
    """One per point; 3 is one value in a thousand. Below 1 where the gate holds a score back, 0 without a value."""
    flagged: tuple[int, ...]
    """Indices of the anomalies, ascending."""
    why: tuple[str, ...]
    """For each of them the value, the expected band and the reason."""


def judge_series(points: Sequence[tuple[datetime, float]]) -> SeriesJudgement:
    """Judge every point by the points before it in time.

    Points may be in any order; equal times keep theirs. A value that is not finite, or absurdly large, is not judged
    and scores 0.
    """
    order = sorted(
        (index for index, (_, value) in enumerate(points) if usable(value)), key=lambda index: points[index][0]
    )
    known = [points[index] for index in order]
    values = [value for _, value in known]
    ewma, seasonal, entropy = ewma_readings(values), seasonal_readings(known), entropy_scores(values)
    found = [
        max(
            (
                0.0 if _is_usual(values[n], ewma[n], seasonal[n]) else tail_score(Detector.EWMA, ewma[n].raw),
                Detector.EWMA,
            ),
            (tail_score(Detector.ENTROPY, entropy[n]), Detector.ENTROPY),
            (tail_score(Detector.SEASONAL, seasonal[n].raw), Detector.SEASONAL),
        )
        for n in range(len(known))
    ]
    counts = passes([score for score, _ in found])
    scores = [0.0] * len(points)
    reasons: dict[int, str] = {}
    for n, (score, detector) in enumerate(found):
        scores[order[n]] = score if counts[n] else score / (1 + score)
        raw = {Detector.EWMA: ewma[n].raw, Detector.ENTROPY: entropy[n], Detector.SEASONAL: seasonal[n].raw}[detector]
        if counts[n] and score >= FLAG_FROM and raw >= ALARMS[detector]:
            band = seasonal[n] if detector is Detector.SEASONAL else ewma[n]
            reasons[order[n]] = _why(detector, values[n], raw, band)
    flagged = sorted(reasons)
    return SeriesJudgement(tuple(scores), tuple(flagged), tuple(reasons[index] for index in flagged))


def passes(scores: Sequence[float]) -> list[bool]:
    """Refractory gate: whether each score exceeds the maximum of the ``RECENT`` scores before it."""
    falling: deque[tuple[int, float]] = deque()
    found: list[bool] = []
    for index, score in enumerate(scores):
        while falling and falling[0][0] < index - RECENT:
            falling.popleft()
        found.append(not falling or score > falling[0][1])
        while falling and falling[-1][1] <= score:
            falling.pop()
        falling.append((index, score))
    return found


def _is_usual(value: float, recent: DetectorReading, hour: DetectorReading) -> bool:
    """Whether this hour of the week always leaves the recent level, and does so as usual."""
    centre = (hour.low + hour.high) / 2
    return hour.low <= value <= hour.high and not recent.low <= centre <= recent.high


def _why(detector: Detector, value: float, raw: float, band: DetectorReading) -> str:
    expected = f"value {value:.6g}, expected {band.low:.6g} to {band.high:.6g}"
    match detector:
        case Detector.EWMA:
            return f"{expected}: {raw:.1f} deviations from its recent level"
        case Detector.ENTROPY:
            return (
                f"{expected}: the last {WINDOW} values are distributed as never before "
                f"(relative entropy {raw:.1f}, limit {ENTROPY_ALARM:g})"
            )
        case Detector.SEASONAL:
            return f"{expected}: {raw:.1f} deviations from the same hour of earlier weeks"
