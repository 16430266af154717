"""A Prometheus Alertmanager: alerts are posted as they fire, again and again, and once more when they end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
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
RESEND_ENDED_SECONDS = 300.0
TEST_SECONDS = 60.0
MOST_AT_ONCE = 500
"""Alerts in one request."""
_log = logging.getLogger("amt_console.notify")
_SENT = ("labels", "annotations", "startsAt", "generatorURL")


class AlertmanagerChannel:
    """Posts alerts; Alertmanager groups, silences and routes them itself.

    Args:
        name: As configured.
        receiver: Its API.
        clock: The time.
        instance: A label of each alert.
        headers: E.g. the login.
        resend_seconds: How often firing alerts are posted again.
    """

    type = ChannelType.ALERTMANAGER
    groups = False

    def __init__(
        self,
        name: str,
        receiver: HttpReceiver,
        clock: Clock,
        *,
        instance: str,
        headers: Mapping[str, str] | None = None,
        resend_seconds: float = RESEND_SECONDS,
    ) -> None:
        self.name = name
        self._receiver = receiver
        self._clock = clock
        self._instance = instance
        self._headers = dict(headers or {})
        self._resend_seconds = resend_seconds
        self._firing: dict[int, Message] = {}
        self._ended: dict[int, tuple[Message, float]] = {}
        """With the monotonic time until which they are posted again: Alertmanager may have been restarting."""
        self._resending: asyncio.Task[None] | None = None

    @property
    def firing(self) -> tuple[Message, ...]:
        """What it tells again."""
        return tuple(self._firing.values())

    def resume(self, messages: Iterable[Message]) -> None:
        """Tell again what was delivered earlier."""
        for message in messages:
            for notice in message.notices:
                self._firing.setdefault(notice.alert_id, single(message, notice))
        self._resend()

    async def send(self, message: Message) -> None:
        """Post the alerts of a message as they are. Raises DeliveryError."""
        if message.kind is NoticeKind.TEST:
            await self._receiver.post_json([self._test(message)], self._headers)
            return
        if not message.notices:
            words = f"Alertmanager takes alerts only: send each {message.kind} to another channel"
            raise DeliveryError(FailureReason.UNSUPPORTED, words)
        alone = [single(message, notice) for notice in message.notices]
        for each in alone:
            if _has_ended(each):
                self._firing.pop(each.notices[0].alert_id, None)
        await self._receiver.post_json(
            [alert for each in alone for alert in (self._alert(each), *self._former(each))], self._headers
        )
        for each in alone:
            self._remember(each)
        self._resend()

    async def aclose(self) -> None:
        """Tell nothing again, and close kept connections."""
        if self._resending is not None:
            self._resending.cancel()
            await asyncio.gather(self._resending, return_exceptions=True)
        await self._receiver.aclose()

    def _alert(self, message: Message) -> dict[str, Any]:
        """One alert as it is now. A firing one ends by itself unless it is posted again: this monitor may die."""
        notice, now = message.notices[0], self._clock.now()
        alert = alert_of(message, notice, self._instance)
        if _has_ended(message):
            return _sent(alert, at(min(notice.resolved_at or now, now)))
        return _sent(alert, at(now + timedelta(seconds=self._resend_seconds * LIVES_RESENDS)))

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

    def _remember(self, message: Message) -> None:
        number = message.notices[0].alert_id
        if _has_ended(message):
            self._ended[number] = (message, self._clock.monotonic() + RESEND_ENDED_SECONDS)
        else:
            self._ended.pop(number, None)
            self._firing[number] = message

    def _resend(self) -> None:
        if self._resending is None or self._resending.done():
            self._resending = asyncio.create_task(self._keep_telling())

    async def _keep_telling(self) -> None:
        while self._firing or self._ended:
            await asyncio.sleep(self._resend_seconds)
            now = self._clock.monotonic()
            self._ended = {number: each for number, each in self._ended.items() if each[1] > now}
            alerts = [self._alert(message) for message in (*self.firing, *(each for each, _ in self._ended.values()))]
            for start in range(0, len(alerts), MOST_AT_ONCE):
                try:
                    await self._receiver.post_json(alerts[start : start + MOST_AT_ONCE], self._headers)
                except DeliveryError as error:
                    _log.info("channel %s: firing alerts could not be told again: %s", self.name, error)


def _has_ended(message: Message) -> bool:
    return message.notices[0].state is AlertState.RESOLVED


def _sent(alert: Mapping[str, Any], ends: str) -> dict[str, Any]:
    return {**{name: alert[name] for name in _SENT}, "endsAt": ends}
