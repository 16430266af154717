"""Messages in an outbox, and channels that remember what they were given."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from support.stores import START

from amt_console.clock import Clock
from amt_console.model import AlertState, AlertType, Episode, EpisodeChange, Severity
from amt_console.model.notifications import Message, Notice, NoticeKind, OutboxEntry, QueuedMessage
from amt_console.model.states import ChannelType
from amt_console.notify.grouping import GroupTimes
from amt_console.notify.limits import Rate
from amt_console.notify.retry import RetryTimes
from amt_console.notify.settings import DeliverySettings
from amt_console.store import Store, record

AT_ONCE = DeliverySettings(
    groups=GroupTimes(0, 0, 0), retry=RetryTimes(0.01, 0.05), hourly_cap=0, rate=Rate(1e6, 1_000_000)
)
"""Nothing waits for others, and nothing is limited."""


async def until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait for something, and look less often the longer it takes."""
    pause = 0.01
    async with asyncio.timeout(seconds):
        while not condition():  # other threads and databases tell nobody
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, 0.1)


class FakeChannel:
    """Remembers its messages; ``answer`` may raise or wait first."""

    def __init__(
        self,
        name: str = "ops",
        *,
        groups: bool = True,
        kind: ChannelType = ChannelType.WEBHOOK,
        answer: Callable[[Message], Awaitable[None]] | None = None,
    ) -> None:
        self.name = name
        self.type = kind
        self.groups = groups
        self.answer = answer
        self.sent: list[Message] = []
        """Accepted ones."""
        self.tries: list[Message] = []
        self.closed = False

    async def send(self, message: Message) -> None:
        self.tries.append(message)
        if self.answer is not None:
            await self.answer(message)
        self.sent.append(message)

    async def aclose(self) -> None:
        self.closed = True

    async def until(self, count: int, seconds: float = 10.0) -> list[Message]:
        """Wait until so many messages were accepted."""
        await until(lambda: len(self.sent) >= count, seconds)
        return self.sent


def notice(episode: Episode) -> Notice:
    """What a message says of an alert."""
    return Notice(
        alert_id=episode.id or 0,
        version=episode.version,
        alert_type=episode.alert_type,
        severity=episode.severity,
        subject=episode.subject,
        message=episode.message,
        state=episode.state,
        opened_at=episode.opened_at,
        resolved_at=episode.resolved_at,
    )


def alert(subject: str = "api", severity: Severity = Severity.CRITICAL, *, clock: Clock, **more: Any) -> Episode:
    """A firing alert."""
    values: dict[str, Any] = {
        "rule_id": "service_down",
        "alert_type": AlertType.SERVICE_DOWN,
        "message": f"{subject} is down",
        "state": AlertState.FIRING,
        "opened_at": clock.now(),
    }
    return Episode(subject=subject, severity=severity, **(values | more))


def tell(
    store: Store,
    episode: Episode,
    kind: NoticeKind = NoticeKind.FIRED,
    *,
    clock: Clock,
    channels: Sequence[str] = ("ops",),
    **more: Any,
) -> Episode:
    """Store an alert with a message about it on each channel; returns it as it is stored."""
    if kind is NoticeKind.RESOLVED:
        episode = replace(episode, state=AlertState.RESOLVED, resolved_at=clock.now())
    entries = tuple(
        OutboxEntry(name, name, kind, f"it has {kind}", clock.now(), notice(episode), **more) for name in channels
    )
    with store.transaction(durable=True) as writes:
        return record(writes, EpisodeChange(episode, outbox=entries))


def queued(number: int, kind: NoticeKind = NoticeKind.FIRED, seconds: float = 0, **more: Any) -> QueuedMessage:
    """A row that waits since some seconds after ``START``."""
    at: datetime = START + timedelta(seconds=seconds)
    values: dict[str, Any] = {
        "channel": "ops",
        "receiver": "ops",
        "created_at": at,
        "due_at": at,
        "next_at": at,
        "alert_id": number,
        "severity": Severity.CRITICAL,
        "subject": "api",
        "alert_type": AlertType.SERVICE_DOWN,
    }
    return QueuedMessage(id=number, kind=kind, **(values | more))
