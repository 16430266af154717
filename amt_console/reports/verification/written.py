"""A report's file as ``export verify`` reads it: the window, the settings and the rows that it was made from."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from amt_console.analysis import AnalysisLimits, Window
from amt_console.analysis.series import STEPS
from amt_console.model import Criticality, Target, TargetKind, bare_target
from amt_console.model.slo import Slo
from amt_console.moments import FIRST_YEAR, LAST_YEAR
from amt_console.reports.documents import SCHEMA_VERSION
from amt_console.reports.times import MAX_HOURS

MAX_BYTES = 256 * 1024 * 1024
MAX_DEPTH = 64
_MOST = 1e9
"""No limit, interval or window of a configuration is above it."""
_MAX_INTEGER = 2**63 - 1
_PART_OF = {
    "executive_summary": "executive",
    "monitoring_report": "monitoring",
    "performance_analysis": "performance",
    "overview_dashboard": "overview",
    "chatbot_dashboard": "chatbot",
    "revenue_dashboard": "revenue",
}
"""By the ``report`` of a document."""
INCIDENT = "incident"
"""Another document of its own kind."""
_HOST_LIMITS = ("cpu_usage", "memory_usage", "disk_usage")


class NotDerivableError(Exception):
    """The file is no report whose numbers can be computed again; the text says why."""


@dataclass(frozen=True, slots=True)
class WrittenReport:
    """A report's document with what it says about its own making."""

    document: Mapping[str, Any]
    part: str
    window: Window
    made_at: datetime
    zone: str
    compare: bool
    limits: AnalysisLimits
    targets: tuple[Target, ...]
    slos: tuple[Slo, ...]
    digest: str
    rows: int
    probes: int
    """Raw rows of services."""
    newest_rows: Mapping[str, int] | None


@dataclass(frozen=True, slots=True)
class WrittenIncident:
    """An incident's document with what it says about its own making."""

    document: Mapping[str, Any]
    asked: int
    """The alert that was asked for."""
    made_at: datetime
    zone: str
    since: datetime
    until: datetime
    targets: tuple[Target, ...]
    limits: Mapping[str, float]
    """In percent, of the host's metrics by name."""
    results_kept_s: float
    digest: str
    rows: int
    newest_rows: Mapping[str, int] | None


def read_report(path: Path) -> WrittenReport | WrittenIncident:
    """Read a report's file. Raises NotDerivableError; OSError if it cannot be read."""
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise NotDerivableError(f"it has more than {MAX_BYTES // 1024**2} MiB: no report is so large")
    try:
        document = json.loads(content, parse_constant=_refused, parse_float=_finite, parse_int=_integer)
    except (ValueError, RecursionError) as error:
        raise NotDerivableError(f"it is not JSON: {error}") from None
    if _is_deep(document):
        raise NotDerivableError(f"it is nested more than {MAX_DEPTH} levels deep: no report is")
    if not isinstance(document, dict) or str(document.get("report")) not in (*_PART_OF, INCIDENT):
        known = ", ".join((*_PART_OF, INCIDENT))
        raise NotDerivableError(f"it is not a JSON report of this program (its 'report' is none of {known})")
    version = document.get("schema_version")
    if version != SCHEMA_VERSION:
        raise NotDerivableError(f"its schema_version is {version!r}, and this program knows {SCHEMA_VERSION}")
    try:
        if document["report"] == INCIDENT:
            return _written_incident(document)
        return _written(document, _PART_OF[document["report"]])
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise NotDerivableError(
            f"what it says about its window, inputs or settings is incomplete or wrong ({_words(error)})"
        ) from None


def _written(document: dict[str, Any], part: str) -> WrittenReport:
    window, inputs = document["window"], document["inputs"]
    settings = inputs["settings"]
    start, end = _moment(window["start"]), _moment(window["end"])
    step = int(window["step_seconds"])
    if step not in STEPS or not 0 < (end - start).total_seconds() <= MAX_HOURS * 3600 + step:
        raise ValueError("no window of a report")
    return WrittenReport(
        document=document,
        part=part,
        window=Window(start=start, end=end, step=step),
        made_at=_moment(document["generated_at"]),
        zone=str(document["time_zone"]),
        compare=settings["compare"] == "previous",
        limits=_limits(settings["limits"]),
        targets=tuple(_target(each) for each in settings["services"]),
        slos=tuple(_slo(each) for each in settings["slos"]),
        digest=str(inputs["digest"]),
        rows=int(inputs["rows"]),
        probes=int(inputs["tables"]["monitoring_logs"]),
        newest_rows=_newest(inputs["newest_rows"]),
    )


def _written_incident(document: dict[str, Any]) -> WrittenIncident:
    inputs = document["inputs"]
    settings = inputs["settings"]
    asked = document["asked_alert_id"]
    if isinstance(asked, bool) or not isinstance(asked, int):
        raise ValueError("an alert has a number")
    return WrittenIncident(
        document=document,
        asked=asked,
        made_at=_moment(document["generated_at"]),
        zone=str(document["time_zone"]),
        since=_moment(inputs["since"]),
        until=_moment(inputs["until"]),
        targets=tuple(_target(each) for each in settings["services"]),
        limits={name: _number(settings["limits"][name]) for name in _HOST_LIMITS},
        results_kept_s=_number(settings["results_kept_seconds"], most=math.inf),
        digest=str(inputs["digest"]),
        rows=int(inputs["rows"]),
        newest_rows=_newest(inputs["newest_rows"]),
    )


def _newest(written: Any) -> Mapping[str, int] | None:
    return None if written is None else {str(name): int(number) for name, number in written.items()}


def _limits(written: Mapping[str, Any]) -> AnalysisLimits:
    values: dict[str, Any] = {name: _number(value) for name, value in written.items() if name != "recheck"}
    return AnalysisLimits(**values, recheck=tuple(_number(each) for each in written["recheck"]))


def _slo(written: Mapping[str, Any]) -> Slo:
    latency = written["latency_ms"]
    return Slo(
        name=_text(written["name"]),
        services=tuple(_text(each) for each in written["services"]),
        objective=_number(written["objective"]),
        window=_number(written["window"]),
        latency_ms=None if latency is None else _number(latency),
    )


def _target(written: Mapping[str, Any]) -> Target:
    return bare_target(
        TargetKind(written["kind"]),
        {
            "name": _text(written["name"]),
            "url": _text(written["url"]),
            "group": _text(written["group"]),
            "criticality": Criticality(written["criticality"]),
            "interval": _number(written["interval_seconds"]),
            "timeout": _number(written["timeout_seconds"]),
            "degraded_above_ms": None if written["warning_ms"] is None else _number(written["warning_ms"]),
            "depends_on": tuple(_text(each) for each in written["depends_on"]),
        },
    )


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"a time without an offset: {text}")
    if not FIRST_YEAR < moment.year < LAST_YEAR:
        raise ValueError(f"a time too far away: {text}")
    return moment.astimezone(UTC)


def _number(value: Any, most: float = _MOST) -> float:
    """Raises ValueError for what is no number of a configuration."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= most:
        raise ValueError("a setting is no number from 0 to 1e9")
    return value


def _text(value: Any) -> str:
    """Raises ValueError for what is no text."""
    if not isinstance(value, str):
        raise ValueError("a setting is no text")
    return value


def _is_deep(document: Any) -> bool:
    """Whether the document has too many levels; without recursion."""
    level = [document]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for each in level
            if isinstance(each, (dict, list))
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
    return bool(level)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number


def _integer(text: str) -> int:
    number = int(text)
    if abs(number) > _MAX_INTEGER:
        raise ValueError("a number is too large")
    return number


def _refused(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON number")


def _words(error: Exception) -> str:
    return f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)
