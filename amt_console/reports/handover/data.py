"""The data of a hand-over: plain, picklable, gathered from the store. All text in it is untrusted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from amt_console.alerts.policy.shift_facts import PlannedEnd, ShiftSpan
from amt_console.analysis.handling import people_of
from amt_console.model import AlertEvent, Episode
from amt_console.model.notifications import Delivery
from amt_console.model.oncall import RotaPlan
from amt_console.model.policy import Silence
from amt_console.reports.gathering.data import ReportData


@dataclass(frozen=True, slots=True)
class FiredAlert:
    """An alert of the shift with its events."""

    episode: Episode
    events: tuple[AlertEvent, ...] = ()
    follows_from: int | None = None

    @property
    def people(self) -> tuple[str, ...]:
        """Who did something about it, in order, each once."""
        return people_of(self.events)


@dataclass(frozen=True, slots=True)
class HandoverData:
    """One hand-over."""

    span: ShiftSpan
    now: datetime
    version: str
    zone: str
    fired: tuple[FiredAlert, ...] = ()
    """Fired since the shift began, oldest first."""
    more_fired: bool = False
    """Whether there were more than are listed."""
    open: tuple[FiredAlert, ...] = ()
    """Still open above info, critical ones first; without the snoozed ones."""
    snoozed: tuple[FiredAlert, ...] = ()
    silences: tuple[Silence, ...] = ()
    maintenance: tuple[PlannedEnd, ...] = ()
    undelivered: tuple[Delivery, ...] = ()
    """Given up, or still waiting though due; newest first."""
    rotas: tuple[RotaPlan, ...] = ()
    report: ReportData | None = None
    """Of the shift, for what to watch."""
