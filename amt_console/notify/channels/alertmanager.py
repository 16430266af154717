"""A Prometheus Alertmanager: alerts are posted as they fire, again and again, and once more when they end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from amt_console.clock import Clock
from amt_console.model.notifications import Message, NoticeKind
from amt_console.model.states import AlertState, ChannelType, Severity
from amt_console.notify.channels.alert_body import alert_of, text_alert
from amt_console.notify.channels.answers import at
from amt_console.notify.channels.channel import DeliveryError, FailureReason
from amt_console.notify.channels.receiver import HttpReceiver
from amt_console.notify.templates.content import single

PATH = "/api/v2/alerts"
RESEND_SECONDS = 60.0
LIVES_RESENDS = 4
"""An alert that is not sent again for so many intervals ends by itself: this monitor is dead."""
TEST_SECONDS = 60.0
MOST_AT_ONCE = 500
"""Alerts in one request."""
_SENT = ("labels", "annotations", "startsAt", "generatorURL")


class AlertmanagerChannel:
    """Posts alerts; Alertmanager groups, silences and routes them itself."""

    type = ChannelType.ALERTMANAGER
    groups = False
    refresh_seconds: float | None = RESEND_SECONDS

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
        if message.kind is NoticeKind.TEST:
            await self._post([self._test(message)])
            return
        if not message.notices:
            words = f"Alertmanager takes alerts only: send each {message.kind} to another channel"
            raise DeliveryError(FailureReason.UNSUPPORTED, words)
        alone = [single(message, notice) for notice in message.notices]
        await self._post([alert for each in alone for alert in (self._alert(each), *self._former(each))])

    async def refresh(self, messages: Sequence[Message]) -> None:
        """Post alerts again: a firing one ends by itself after some minutes. Raises DeliveryError."""
        await self._post([self._alert(message) for message in messages])

    async def aclose(self) -> None:
        """Close kept connections."""
        await self._receiver.aclose()

    async def _post(self, alerts: Sequence[dict[str, Any]]) -> None:
        for start in range(0, len(alerts), MOST_AT_ONCE):
            await self._receiver.post_json(alerts[start : start + MOST_AT_ONCE], self._headers)

    def _alert(self, message: Message) -> dict[str, Any]:
        notice, now = message.notices[0], self._clock.now()
        alert = alert_of(message, notice, self._instance)
        if notice.state is AlertState.RESOLVED:
            return _sent(alert, at(min(notice.resolved_at or now, now)))
        return _sent(alert, at(now + timedelta(seconds=RESEND_SECONDS * LIVES_RESENDS)))

    def _former(self, message: Message) -> list[dict[str, Any]]:
        """After a change of severity, the end of the alert of before: to Alertmanager it is another one."""
        if message.kind is not NoticeKind.SEVERITY:
            return []
        notice, now = message.notices[0], self._clock.now()
        others = (replace(notice, severity=each) for each in Severity if each is not notice.severity)
        return [_sent(alert_of(message, other, self._instance), at(now)) for other in others]

    def _test(self, message: Message) -> dict[str, Any]:
        now = self._clock.now()
        alert = {**text_alert(message, self._instance), "startsAt": at(now)}
        return _sent(alert, at(now + timedelta(seconds=TEST_SECONDS)))


def _sent(alert: Mapping[str, Any], ends: str) -> dict[str, Any]:
    return {**{name: alert[name] for name in _SENT}, "endsAt": ends}
