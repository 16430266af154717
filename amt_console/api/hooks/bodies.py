"""The bodies of hooks: Alertmanager's webhook, Grafana's, and the generic form."""

# No postponed annotations here: pydantic reads them.

import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from amt_console.api.problems import RequestError
from amt_console.model import Severity
from amt_console.model.inbound import ExternalAlert
from amt_console.moments import FIRST_YEAR, LAST_YEAR
from amt_console.redaction import redacted
from amt_console.text import safe_text

MAX_HOOK_BYTES = 1024 * 1024
"""Of a hook's body: Alertmanager sends a whole group in one."""
MOST_ALERTS = 1000
"""Alerts in one body."""
MAX_SUBJECT_CHARS = 200
MAX_MESSAGE_CHARS = 1000
MAX_DETAIL_CHARS = 2048
MAX_LABELS = 64
_EARLIEST = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)
"""Go's zero time, and whatever else means that there is no end."""
_IDENTITY = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_SUBJECT_LABELS = ("service", "instance", "job", "alertname")
_CRITICAL = frozenset(("critical", "page", "error"))
Body = TypeVar("Body", bound=BaseModel)


def _texts(value: object) -> object:
    """Labels are texts; templates of the sender may leave null."""
    if value is None:
        return {}
    if isinstance(value, Mapping):
        return {str(name): "" if text is None else str(text) for name, text in value.items()}
    return value


Texts = Annotated[dict[str, str], BeforeValidator(_texts), Field(max_length=MAX_LABELS)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)


class HookAlert(_Body):
    """One alert of Alertmanager or Grafana."""

    status: Literal["firing", "resolved"]
    labels: Texts = Field(default_factory=dict)
    annotations: Texts = Field(default_factory=dict)
    startsAt: AwareDatetime
    endsAt: AwareDatetime | None = None
    generatorURL: str | None = None
    fingerprint: str | None = None


class AlertmanagerBody(_Body):
    """Alertmanager's webhook, version 4; Grafana's has the same alerts."""

    version: str | None = None
    groupKey: str | None = None
    receiver: str | None = None
    truncatedAlerts: Annotated[int, BeforeValidator(lambda value: value or 0), Field(ge=0)] = 0
    alerts: Annotated[list[HookAlert], Field(max_length=MOST_ALERTS)]


class GenericData(_Body):
    """The alert of the generic form."""

    id: Annotated[str, Field(min_length=1, max_length=500)]
    subject: Annotated[str, Field(min_length=1, max_length=2000)]
    severity: str = "warning"
    message: Annotated[str, Field(max_length=100_000)] = ""
    runbook_url: str | None = None
    ends_at: AwareDatetime | None = None


class GenericBody(_Body):
    """The generic form."""

    type: Literal["alert.firing", "alert.resolved"]
    timestamp: AwareDatetime
    data: GenericData


def hook_alerts(source: str, body: bytes, now: datetime) -> tuple[list[ExternalAlert], list[ExternalAlert]]:
    """The alerts in the body of Alertmanager's or Grafana's webhook, each by its own status. Raises RequestError.

    Returns:
        The alerts; and one that says how many were cut off. It stands for those, and ends with the next body of the
        group that is whole.
    """
    parsed = _parse(AlertmanagerBody, body)
    return [_alert(source, each, now) for each in parsed.alerts], list(_cut_off(source, parsed, now))


def generic_alert(body: bytes, now: datetime) -> ExternalAlert:
    """The alert in a generic body. Raises RequestError."""
    parsed = _parse(GenericBody, body)
    data, firing = parsed.data, parsed.type == "alert.firing"
    subject = _line(data.subject, MAX_SUBJECT_CHARS)
    identity = _identity(data.id)
    return ExternalAlert(
        source="generic",
        fingerprint=identity,
        firing=firing,
        subject=subject,
        severity=severity_of(data.severity),
        message=_line(data.message, MAX_MESSAGE_CHARS) or subject,
        started_at=_start(parsed.timestamp, now),
        ends_at=_end(data.ends_at) if firing else None,
        runbook=safe_link(data.runbook_url),
    )


def severity_of(word: str | None) -> Severity:
    """Our severity for a sender's word."""
    text = (word or "").strip().lower()
    if text in _CRITICAL:
        return Severity.CRITICAL
    return Severity.INFO if text == "info" else Severity.WARNING


def safe_link(url: str | None) -> str | None:
    """A link that may be shown and opened; ``None`` for anything but http and https."""
    if url is None or len(url) > 2000 or not url.isprintable() or not url.isascii() or " " in url:
        return None
    try:
        parts = urlsplit(url)
        return url if parts.scheme in ("http", "https") and parts.hostname else None
    except ValueError:
        return None


def _parse(kind: type[Body], body: bytes) -> Body:
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        faults = (f"{'.'.join(map(str, fault['loc'])) or 'body'}: {fault['msg']}" for fault in error.errors()[:5])
        raise RequestError("invalid", "; ".join(faults)) from None


def _alert(source: str, alert: HookAlert, now: datetime) -> ExternalAlert:
    labels, annotations = alert.labels, alert.annotations
    name = _line(labels.get("alertname"), MAX_SUBJECT_CHARS)
    subject = next((text for key in _SUBJECT_LABELS if (text := _line(labels.get(key), MAX_SUBJECT_CHARS))), source)
    told = (annotations.get("summary"), annotations.get("description"))
    message = next((text for each in told if (text := _line(each, MAX_MESSAGE_CHARS))), name or subject)
    firing = alert.status == "firing"
    return ExternalAlert(
        source=source,
        fingerprint=_identity(alert.fingerprint or _digest(sorted(labels.items()))),
        firing=firing,
        subject=subject,
        severity=severity_of(labels.get("severity")),
        message=message,
        started_at=_start(alert.startsAt, now),
        ends_at=_end(alert.endsAt) if firing else None,
        runbook=safe_link(annotations.get("runbook_url")),
        answer=_detail(alert),
    )


def _cut_off(source: str, body: AlertmanagerBody, now: datetime) -> Iterator[ExternalAlert]:
    group = body.groupKey or body.receiver
    if not group:
        return
    count, receiver = body.truncatedAlerts, _line(body.receiver, MAX_SUBJECT_CHARS) or source
    yield ExternalAlert(
        source=source,
        fingerprint=f"cut-off-{_digest(group)[:16]}",
        firing=count > 0,
        subject=receiver,
        severity=Severity.WARNING,
        message=f"{receiver}: {count} more alerts were cut off by max_alerts" if count else "all are told",
        started_at=now,
    )


def _start(moment: datetime, now: datetime) -> datetime:
    """By a clock that is ahead, later alerts would seem older."""
    if moment.year > LAST_YEAR:
        return now
    return min(max(moment.astimezone(UTC), _EARLIEST), now) if moment.year >= FIRST_YEAR else _EARLIEST


def _end(moment: datetime | None) -> datetime | None:
    if moment is None or not FIRST_YEAR <= moment.year <= LAST_YEAR:
        return None
    return moment.astimezone(UTC)


def _identity(text: str) -> str:
    return text if _IDENTITY.fullmatch(text) else _digest(text)[:32]


def _digest(value: Any) -> str:
    return hashlib.sha256(repr(value).encode("utf-8", "replace")).hexdigest()


def _line(text: str | None, most: int) -> str:
    """One safe line without secrets."""
    return safe_text(redacted(" ".join((text or "")[: 4 * most].split())), most)


def _detail(alert: HookAlert) -> str | None:
    lines = [f"{name}: {text}" for name, text in alert.annotations.items() if name != "summary"]
    lines += [f"{name} = {text}" for name, text in alert.labels.items()]
    link = safe_link(alert.generatorURL)
    lines += [link] if link else []
    text = redacted("\n".join(line[:500] for line in lines)[: 4 * MAX_DETAIL_CHARS])
    return safe_text(text, MAX_DETAIL_CHARS, keep_newlines=True) or None
