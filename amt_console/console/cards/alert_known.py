"""What a card knows of an alert, and how it asks for it. Blocking: call it on a thread."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from amt_console.console.cards.history import IncidentWindow, window_of
from amt_console.model import AlertDetail, AlertType, AlertView, Episode
from amt_console.model.queries import AlertHistoryQuery, HostQuery, MovedQuery, StatesQuery
from amt_console.model.queries.host import MetricCourse
from amt_console.model.queries.moved import MovedTogether
from amt_console.model.queries.states import StateHistory
from amt_console.model.why import AlertWhy
from amt_console.operations.history.moved_alike import MOST_MOVED
from amt_console.operations.protocol import NotFoundError, OperationError, Operations, ServiceDetail
from amt_console.text import safe_text

BACK_HOURS = 24.0 * 30
"""How far back an earlier alert of the same subject is looked for."""
METRICS = {
    AlertType.CPU_USAGE: "cpu_usage",
    AlertType.MEMORY_USAGE: "memory_usage",
    AlertType.DISK_USAGE: "disk_usage",
}
"""What the host's alerts are about."""
_log = logging.getLogger(__name__)
ResultT = TypeVar("ResultT")


@dataclass(frozen=True, slots=True)
class Failure:
    """Why something could not be read."""

    words: str


@dataclass(frozen=True, slots=True)
class AlertKnown:
    """Everything about one alert at a moment; ``None`` for what is not loaded yet, or does not exist."""

    now: datetime
    subject: str
    alert: AlertView | None = None
    """As the snapshot or the detail has it; ``None`` before it began."""
    kind: AlertType | None = None
    """What it is about, where that is known before it began."""
    detail: AlertDetail | Failure | None = None
    window: IncidentWindow | None = None
    """The period of strip and chart."""
    states: StateHistory | Failure | None = None
    history: ServiceDetail | Failure | None = None
    metric: MetricCourse | Failure | None = None
    """Of the host's alerts: the course of what they are about."""
    earlier: tuple[AlertView, ...] | Failure | None = None
    """Alerts of the same subject before it, newest first."""
    moved: MovedTogether | Failure | None = None
    why: AlertWhy | Failure | None = None
    """The decisions about its messages, and the messages."""

    @property
    def episode(self) -> Episode | None:
        """The episode, if it is loaded."""
        return self.detail.episode if isinstance(self.detail, AlertDetail) else None

    @property
    def metric_name(self) -> str | None:
        """Which figure of the host it is about."""
        kind = self.kind if self.alert is None else self.alert.alert_type
        return None if kind is None else METRICS.get(kind)

    @property
    def is_service(self) -> bool:
        """Whether its subject is a service, as far as is known."""
        return isinstance(self.history, ServiceDetail)


def ask_alert(operations: Operations, alert_id: int, at: datetime | None) -> AlertDetail:
    """The alert with its events; nothing of it is later than ``at``."""
    detail = operations.alert(alert_id, at=at)
    if at is None:
        return detail
    kept, evidence = detail.alert.answer, detail.evidence
    view = detail.alert if kept is None or kept.at <= at else replace(detail.alert, answer=None)
    return replace(detail, alert=view, evidence=evidence if evidence is None or evidence.at <= at else None)


def window_at(known: AlertKnown, hours: float | None) -> IncidentWindow:
    """The period of strip and chart: the incident, at least an hour; or the last hours that were asked for."""
    episode = known.episode
    if episode is None:
        return IncidentWindow(known.now - timedelta(hours=hours or 1.0), known.now, open_end=True)
    usual = window_of(episode, known.now)
    return usual if hours is None else replace(usual, start=usual.end - timedelta(hours=hours))


def ask_course(
    operations: Operations, known: AlertKnown, at: datetime | None, hours: float | None, *, service: bool
) -> AlertKnown:
    """Its subject over the time of the incident, and what happened to it before."""
    window = window_at(known, hours)
    moment = at if window.open_end else window.end
    known = replace(known, window=window)
    if service:
        query = StatesQuery(window.hours, (known.subject,), at=moment)
        known = replace(
            known,
            states=_tried(lambda: operations.ask(query)),
            history=_tried(lambda: operations.service(known.subject, hours=window.hours, at=moment)),
        )
    if (metric := known.metric_name) is not None:
        host = _tried(lambda: operations.ask(HostQuery(hours=window.hours, at=moment)))
        known = replace(known, metric=host if isinstance(host, Failure) else host.metrics.get(metric))
    if known.alert is not None:
        alert = known.alert
        found = _tried(lambda: operations.ask(AlertHistoryQuery(BACK_HOURS, known.subject, 20, at=at)))
        earlier = found if isinstance(found, Failure) else tuple(_earlier(found.alerts, alert))
        known = replace(known, earlier=earlier, why=_tried(lambda: why_at(operations, alert.id, at)))
    return known


def why_at(operations: Operations, alert_id: int, at: datetime | None) -> AlertWhy:
    """The decisions and messages that are stored, in the past up to its moment."""
    why = operations.why(alert_id)
    return why if at is None else why.as_of(at)


def ask_moved(operations: Operations, alert_id: int, at: datetime | None) -> MovedTogether | Failure:
    """What moved together with it."""
    return _tried(lambda: operations.ask(MovedQuery(alert_id, at=at, limit=MOST_MOVED)))


def _earlier(alerts: tuple[AlertView, ...], alert: AlertView) -> list[AlertView]:
    """Confirmed ones that began before it."""
    before = [
        each
        for each in alerts
        if each.id != alert.id
        and each.subject == alert.subject
        and each.opened_at < alert.opened_at
        and each.fired_at is not None
    ]
    return sorted(before, key=lambda each: each.opened_at, reverse=True)


def _tried(work: Callable[[], ResultT]) -> ResultT | Failure:
    """The result, or why there is none: a part that fails takes nothing else along."""
    try:
        return work()
    except NotFoundError as error:
        return Failure(safe_text(error))
    except Exception as error:
        if not isinstance(error, (OperationError, OSError)):
            _log.warning("a part of an alert's card could not be read", exc_info=True)
        return Failure(safe_text(error) or type(error).__name__)
