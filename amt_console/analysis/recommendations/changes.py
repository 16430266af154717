"""Exact configuration changes as TOML; each one alone is a valid configuration."""

from __future__ import annotations

import math

from amt_console.analysis.alert_noise import RuleRecord
from amt_console.analysis.facts import AnalysisLimits
from amt_console.analysis.percentiles import percentile
from amt_console.model import AlertType

LEAST_KEPT_DAYS = 7
LONGEST_RECHECK_S = 60.0
_THRESHOLDS = {
    AlertType.CPU_USAGE: ("cpu_usage_percent", 1.0, 98.0),
    AlertType.MEMORY_USAGE: ("memory_usage_percent", 1.0, 98.0),
}
"""Key, step and highest sensible value of the host's limits."""


def shorter_retention(limits: AnalysisLimits) -> str | None:
    """Keep single results for half as long; ``None`` if they are kept for a week or less."""
    days = limits.results_kept_s / 86_400
    half = max(LEAST_KEPT_DAYS, math.floor(days / 2)) if math.isfinite(days) else 30
    if half >= days:
        return None
    return f'[retention]\nmonitoring_logs = "{half}d"\n\n[retention.rollups]\nminute = "{half}d"\n'


def shorter_interval(limits: AnalysisLimits) -> str | None:
    """Check twice as often; ``None`` where that would be more than every ten seconds."""
    half = math.floor(limits.check_interval / 2)
    return None if half < 10 else f"check_interval = {half}\n"


def earlier_reminder(limits: AnalysisLimits) -> str | None:
    """Remind of alerts that nobody takes after half an hour; ``None`` if that is so already."""
    return None if 0 < limits.reminder_s <= 1800 else '[notify]\nreminder = "30m"\n'


def raised_response_limit(p99_ms: float, limits: AnalysisLimits) -> str | None:
    """A warning limit over the 99th percentile, for a service that is always slower than the present one."""
    raised = _up(1.1 * p99_ms, 100.0)
    lines = ["[alert_thresholds]", f"response_time_warning_ms = {raised:g}"]
    if raised > limits.response_time_ms:
        lines.insert(1, f"response_time_ms = {raised * 2:g}")
    return "\n".join(lines) + "\n"


def quieter_rule(record: RuleRecord, limits: AnalysisLimits) -> tuple[str, str] | None:
    """A change that ends most of a rule's noise, and what it would have ended; ``None`` where no key does."""
    if record.alert_type is AlertType.SERVICE_DOWN:
        return _more_rechecks(record, limits)
    if not record.peaks:
        return None
    peak = percentile(record.peaks, 80) or 0.0
    if record.alert_type in _THRESHOLDS:
        key, step, most = _THRESHOLDS[record.alert_type]
        raised = min(most, _up(peak, step))
    elif record.alert_type is AlertType.RESPONSE_TIME and record.threshold == limits.response_time_warning_ms:
        key, raised = "response_time_warning_ms", min(limits.response_time_ms, _up(peak, 100.0))
    elif record.alert_type is AlertType.ERROR_RATE and record.threshold == limits.error_rate_warning_percent:
        key, raised = "error_rate_warning_percent", min(limits.error_rate_percent, _up(peak, 0.5))
    else:
        return None
    ended = sum(value <= raised for value in record.peaks)
    if record.threshold is None or raised <= record.threshold or not ended:
        return None
    told = f"{ended} of the {record.fired} alerts had a value of at most {raised:g}"
    return f"[alert_thresholds]\n{key} = {raised:g}\n", told


def _more_rechecks(record: RuleRecord, limits: AnalysisLimits) -> tuple[str, str] | None:
    """Re-checks that reach beyond the usual length of the failures."""
    if record.median_s is None or record.median_s > LONGEST_RECHECK_S:
        return None
    last = max(5, math.ceil(record.median_s / 2))
    delays = [2, max(3, last // 2), last]
    if sum(delays) <= sum(limits.recheck):
        return None
    told = f"half of them were over within {record.median_s:.0f} s; the re-checks would take {sum(delays)} s"
    return f"recheck = {delays}\n", told


def _up(value: float, step: float) -> float:
    return math.ceil(value / step + 1e-9) * step
