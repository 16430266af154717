"""A Prometheus Alertmanager: alerts are posted as they fire, again and again, and once more when they end."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from amt_console.clock import Clock
from amt_console.model.notifications import Message, Notice, NoticeKind
from amt_console.model.states import AlertState, ChannelType, Severity
from amt_console.notify.channels.alert_body import alert_of, labels_of, text_alert
from amt_console.notify.channels.answers import at
from amt_console.notify.channels.channel import DeliveryError, FailureReason
from amt_console.notify.channels.receiver import HttpReceiver
from amt_console.notify.templates.content import single

PATH = "/api/v2/alerts"
RESEND_SECONDS = 60.0
LIVES_RESENDS = 4
"""An alert that is not sent again for so many intervals ends by itself: this monitor is dead."""
RESEND_ENDED_SECONDS = 300.0
TEST_SECONDS = 60.0
_SENT = ("labels", "annotations", "startsAt", "generatorURL")


class AlertmanagerChannel:
    """Posts alerts; Alertmanager groups, silences and routes them itself.

    Attributes:
        resend_seconds: A firing alert is to be sent again this often.
        resend_ended_seconds: For so long after its end, too: Alertmanager may have been restarting.
    """

    type = ChannelType.ALERTMANAGER
    groups = False
    resend_seconds = RESEND_SECONDS
    resend_ended_seconds = RESEND_ENDED_SECONDS

    def __init__(
        self,
        name: str,
        receiver: HttpReceiver,
        clock: Clock,
        *,
        instance: str,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self._receiver = receiver
        self._clock = clock
        self._instance = instance
        self._headers = dict(headers or {})

    async def send(self, message: Message) -> None:
        """Post the alerts of a message as they are. Raises DeliveryError."""
        alerts = [alert for notice in message.notices for alert in self._alerts(single(message, notice), notice)]
        if message.kind is NoticeKind.TEST:
            now = self._clock.now()
            test = text_alert(message, self._instance)
            alerts = [_sent({**test, "startsAt": at(now)}, at(now + timedelta(seconds=TEST_SECONDS)))]
        if not alerts:
            raise DeliveryError(
                FailureReason.UNSUPPORTED,
                f"Alertmanager takes alerts only: send each {message.kind} to another channel",
            )
        await self._receiver.post_json(alerts, self._headers)

    async def aclose(self) -> None:
        """Close kept connections."""
        await self._receiver.aclose()

    def _alerts(self, message: Message, notice: Notice) -> list[dict[str, Any]]:
        alert = alert_of(message, notice, self._instance)
        now = self._clock.now()
        if notice.state is AlertState.RESOLVED:
            return [_sent(alert, at(min(notice.resolved_at or now, now)))]
        firing = _sent(alert, at(now + timedelta(seconds=self.resend_seconds * LIVES_RESENDS)))
        if message.kind is not NoticeKind.SEVERITY:
            return [firing]
        # The severity is a label, so the alert of before is another one to Alertmanager.
        former = [each for each in Severity if each is not notice.severity]
        labels = labels_of(notice, self._instance)
        return [firing, *(_sent({**alert, "labels": {**labels, "severity": str(each)}}, at(now)) for each in former)]


def _sent(alert: Mapping[str, Any], ends: str) -> dict[str, Any]:
    return {**{name: alert[name] for name in _SENT}, "endsAt": ends}
