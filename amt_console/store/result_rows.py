"""Between results and their rows. Response times are kept to the microsecond; what makes no sense becomes none."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime
from itertools import islice
from typing import Any, NamedTuple

from amt_console.clock import SECOND
from amt_console.model import MAX_VALUES, ErrorClass, Phases, ProbeResult, TimedCheck, Value, is_location
from amt_console.store.rollups.buckets import Sample
from amt_console.store.rollups.samples import sample_of_row, state_of, stored_response_us
from amt_console.store.values import Row, clean, instance_of, json_object, member, moment_of, number, to_json

_PHASES = tuple(field.name for field in fields(Phases))
_METRICS = ("status_code", "final_url", "ip", "ip_family", "http_version", "body_bytes", "location")


class LogValues(NamedTuple):
    """The values of a row of ``monitoring_logs``, as the driver takes them."""

    timestamp: object
    service_name: str
    status: str
    response_time_ms: int | None
    error_message: str | None
    metrics: str
    response_us: int | None
    error_class: str | None
    attempt: int
    interval_us: int
    simulated: bool


LOG_COLUMNS = LogValues._fields


def _metrics(result: ProbeResult) -> str:
    found: dict[str, Any] = {}
    phases = result.phases
    measured = {}
    for name in _PHASES:
        value = getattr(phases, name)
        if value is not None:
            measured[name] = round(value, 3)
    if measured:
        found["phases"] = measured
    for name in _METRICS:
        value = getattr(result, name)
        if value is not None:
            found[name] = value
    if result.redirects:
        found["redirects"] = result.redirects
    if result.tls_expires_at is not None:
        found["tls_expires_at"] = result.tls_expires_at.astimezone(UTC).isoformat()
    if result.details:
        found["details"] = dict(result.details)
    if result.values:
        found["values"] = {name: _written(value) for name, value in islice(result.values.items(), MAX_VALUES)}
    return to_json(found)


def result_values(result: ProbeResult, sample: Sample, at: object, simulated: bool) -> LogValues:
    """A row of ``monitoring_logs``.

    Args:
        result: What was measured.
        sample: Its ``sample_of``.
        at: Its time as the driver stores it.
        simulated: Whether to mark it so.
    """
    response = sample.response
    return LogValues(
        at,
        result.service,
        result.state.value,
        None if response is None else min((response + 500) // 1000, 0x7FFFFFFF),
        clean(result.error),
        _metrics(result),
        response,
        None if result.error_class is None else result.error_class.value,
        sample.attempt,
        sample.interval,
        simulated,
    )


def result_of(row: Row) -> ProbeResult:
    """The result in a row of ``monitoring_logs`` or ``service_state``."""
    metrics = json_object(row["metrics"])
    phases = metrics.get("phases")
    details = metrics.get("details")
    sample = sample_of_row(row)
    location = metrics.get("location")
    return ProbeResult(
        service=row["service_name"],
        timestamp=row["timestamp"],
        state=sample.state,
        interval=sample.interval / SECOND,
        response_time_ms=None if sample.response is None else sample.response / 1000,
        error_class=member(ErrorClass, row["error_class"]),
        error=clean(row["error_message"]),
        phases=instance_of(Phases, phases) if isinstance(phases, dict) else Phases(),
        status_code=metrics.get("status_code"),
        final_url=metrics.get("final_url"),
        redirects=int(metrics.get("redirects", 0)),
        ip=metrics.get("ip"),
        ip_family=metrics.get("ip_family"),
        http_version=metrics.get("http_version"),
        tls_expires_at=moment_of(metrics.get("tls_expires_at")),
        body_bytes=metrics.get("body_bytes"),
        attempt=sample.attempt,
        location=location if is_location(location) else None,
        details=details if isinstance(details, dict) else {},
        values=_values_of(metrics.get("values")),
    )


def timed_check_of(
    timestamp: datetime, status: str, response_us: int | None, response_time_ms: object, metrics: str | None
) -> TimedCheck:
    """The times in a row of ``monitoring_logs``."""
    measured = json_object(metrics)
    phases = measured.get("phases")
    response = stored_response_us(response_us, response_time_ms)
    return TimedCheck(
        timestamp,
        state_of(status),
        None if response is None else response / 1000,
        phases if isinstance(phases, dict) else {},
        measured.get("body_bytes"),
    )


def _written(value: Value) -> list[float | str | None]:
    """A value as a list: number, unit, the plugin's own ranges, extremes; without what is empty at its end."""
    parts: list[float | str | None] = [
        value.value,
        value.unit,
        value.warning,
        value.critical,
        value.low,
        value.high,
    ]
    while parts[-1] is None:
        parts.pop()
    return parts


def _values_of(written: object) -> dict[str, Value]:
    """The values of a row; what is none, as other programs may write, is left out."""
    if not isinstance(written, dict):
        return {}
    found: dict[str, Value] = {}
    for name, parts in islice(written.items(), MAX_VALUES):
        if isinstance(parts, list) and parts and (value := number(parts[0])) is not None:
            _, unit, warning, critical, low, high = (*parts, *[None] * 6)[:6]
            found[str(name)] = Value(value, _text(unit), _text(warning), _text(critical), number(low), number(high))
    return found


def _text(part: object) -> str | None:
    return clean(part) if isinstance(part, str) else None
