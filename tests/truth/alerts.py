"""What the reports must say of alerts and of how people handled them."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from truth.measured import mean, middle
from truth.moments import iso
from truth.raw import SECOND, RawAlert
from truth.services import ServicesTruth


class AlertsTruth(ServicesTruth):
    """Services and alerts."""

    @cached_property
    def alerts(self) -> list[RawAlert]:
        """Those that had begun by the window's end, by their begin."""
        return sorted((a for a in self.raw.alerts if a.events[0][1] <= self.end), key=lambda a: (a.events[0][1], a.id))

    def fired_at(self, alert: RawAlert) -> int:
        return alert.at(self.end, "fired") or 0

    def fired(self, start: int, end: int) -> list[RawAlert]:
        return [alert for alert in self.alerts if start <= self.fired_at(alert) < end]

    def handling(self, start: int, end: int) -> dict[str, Any]:
        fired = self.fired(start, end)
        taken, ended = [], []
        for alert in fired:
            began, fired_at = alert.events[0][1], alert.at(self.end, "fired") or 0
            if (at := alert.at(self.end, "acknowledged")) is not None:
                taken.append((at - fired_at) / SECOND)
            if (at := alert.at(self.end, "resolved")) is not None:
                ended.append((at - began) / SECOND)
        return {
            "fired": len(fired),
            **{level: sum(a.severity == level for a in fired) for level in ("critical", "warning", "info")},
            "acknowledged": len(taken),
            "resolved": len(ended),
            "still_open": len(fired) - len(ended),
            "mean_seconds_to_acknowledge": mean(taken),
            "median_seconds_to_acknowledge": middle(taken),
            "mean_seconds_to_resolve": mean(ended),
            "median_seconds_to_resolve": middle(ended),
        }

    def alert(self, alert: RawAlert, *, events: bool) -> dict[str, Any]:
        told: dict[str, Any] = {
            "id": alert.id,
            "severity": alert.severity,
            "subject": alert.subject,
            "escalation_level": 0,
            "value": alert.value,
            "threshold": alert.threshold,
        }
        for key, kinds in (("fired_at", ("fired",)), ("resolved_at", ("resolved", "cleared"))):
            at = alert.at(self.end, *kinds)
            told[key] = None if at is None else iso(at)
        if events:
            told["events"] = [
                {"seq": seq, "at": iso(at), "kind": kind, "state": state, "actor": actor, "value": value}
                for seq, at, kind, state, actor, value in alert.events
                if at <= self.end
            ]
        return told

    def _fired_in_window(self, alert: RawAlert) -> bool:
        ended = alert.at(self.end, "resolved", "cleared")
        fired = alert.at(self.end, "fired") is not None
        return fired and alert.events[0][1] < self.end and (ended is None or ended >= self.start)
