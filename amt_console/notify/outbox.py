"""The outbox as the dispatcher uses it: every call to the database runs off its loop."""

from __future__ import annotations

import asyncio
import os
import socket
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from amt_console.clock import Clock
from amt_console.model import AuditEntry
from amt_console.model.notifications import Decision, Notice, QueuedMessage
from amt_console.notify import decisions
from amt_console.notify.grouping import Batch
from amt_console.notify.messages import digest_entry
from amt_console.store import (
    ChannelResult,
    ClaimedMessage,
    DeliveryMark,
    MessageClaim,
    SentMessage,
    Store,
    claim_messages,
    mark_messages,
    newest_result,
    notices_of,
    queue_digest,
    read_messages,
    release_messages,
    sent_since,
    standing_messages,
    waiting_channels,
    waiting_messages,
)

T = TypeVar("T")
LEASE_SECONDS = 90.0
"""Longer than any attempt takes."""
_THREADS = 4
ACTOR = "amt-console"


@dataclass(frozen=True, slots=True)
class ChannelHistory:
    """What a channel did before this process began."""

    sent: tuple[SentMessage, ...] = ()
    """Deliveries of the last hour."""
    newest: ChannelResult | None = None


class Outbox:
    """Raises StoreError like the store."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._holder = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self._seen: object = None
        """The version of the queue that ``_waiting_in`` is of."""
        self._waiting_in: dict[str, int] = {}
        self._executor = ThreadPoolExecutor(_THREADS, thread_name_prefix="amt-outbox")

    @property
    def is_shared(self) -> bool:
        """Whether other processes may send as well."""
        return self._store.is_server

    async def take_over(self) -> None:
        """After the start: a file has one process, so every lease in it is of one that has died."""
        if not self._store.is_server:
            await self._off(lambda: self._release(None))

    async def channels(self) -> dict[str, int]:
        """The channels with rows that are not final, each with its newest row."""
        return await self._off(self._channels)

    def look_again(self) -> None:
        """Read the channels the next time, whether or not anything was queued: something in them was ended."""
        self._seen = None

    async def waiting(self, channel: str) -> tuple[QueuedMessage, ...]:
        """The rows of a channel that are not final."""
        return await self._off(lambda: self._waiting(channel))

    async def history(self, channel: str) -> ChannelHistory:
        """What the channel did lately."""
        return await self._off(lambda: self._history(channel))

    async def standing(self, channel: str, ended_since: datetime) -> tuple[ClaimedMessage, ...]:
        """What the channel was told of alerts that still fire or ended since then, one alert a message."""
        return await self._off(lambda: self._standing(channel, ended_since))

    async def notices(self, ids: Sequence[int]) -> dict[int, Notice]:
        """What rows say, by number."""
        return await self._off(lambda: self._notices(ids))

    async def exchange(
        self, marks: Sequence[DeliveryMark], wanted: Batch | None = None, decided: Sequence[Decision] = ()
    ) -> MessageClaim | None:
        """Note what became of messages, and why, and claim the next one, in one transaction.

        It need not survive a loss of power: then a message is sent a second time, under the same number.
        """
        return await self._off(lambda: self._exchange(marks, wanted, decided))

    async def unleased(self, wanted: Batch) -> MessageClaim | None:
        """The rows of a message that cannot be leased, because the disk is full; no other process sends them."""
        return await self._off(lambda: self._unleased(wanted))

    async def digest(self, channel: str, rows: Sequence[QueuedMessage], cap: int) -> bool:
        """Put a digest in place of rows; ``False`` if some were taken meanwhile."""
        return await self._off(lambda: self._digest(channel, rows, cap))

    async def cancel(self, mark: DeliveryMark, channel: str) -> None:
        """Cancel the rows of a channel that is configured no more, with an entry of the audit trail."""
        await self._off(lambda: self._cancel(mark, channel))

    async def release(self) -> None:
        """End the leases of this process."""
        await self._off(lambda: self._release(self._holder))

    def close(self) -> None:
        """End the threads without waiting for them."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    async def _off(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)

    def _channels(self) -> dict[str, int]:
        version = self._store.queue_version("outbox")
        if version != self._seen:
            with self._store.read() as reads:
                self._waiting_in = waiting_channels(reads)
            self._seen = version
        return self._waiting_in

    def _waiting(self, channel: str) -> tuple[QueuedMessage, ...]:
        with self._store.read() as reads:
            return waiting_messages(reads, channel)

    def _notices(self, ids: Sequence[int]) -> dict[int, Notice]:
        with self._store.read() as reads:
            return notices_of(reads, ids)

    def _history(self, channel: str) -> ChannelHistory:
        with self._store.read() as reads:
            since = self._clock.now() - timedelta(hours=1)
            return ChannelHistory(sent_since(reads, channel, since), newest_result(reads, channel))

    def _standing(self, channel: str, ended_since: datetime) -> tuple[ClaimedMessage, ...]:
        with self._store.read() as reads:
            return standing_messages(reads, channel, ended_since)

    def _exchange(
        self, marks: Sequence[DeliveryMark], wanted: Batch | None = None, decided: Sequence[Decision] = ()
    ) -> MessageClaim | None:
        with self._store.transaction() as writes:
            for mark in marks:
                mark_messages(writes, mark, holder=self._holder)
            writes.add_decisions(decided)
            if wanted is None:
                return None
            now = self._clock.now()
            claim = claim_messages(
                writes,
                [row.id for row in wanted.rows],
                holder=self._holder,
                now=now,
                until=now + timedelta(seconds=LEASE_SECONDS),
                batch=wanted.id,
            )
            if claim is not None and wanted.id is None:
                rows = [message.row for message in claim.messages]
                writes.add_decisions(decisions.grouped(rows, message=claim.batch, now=now))
            return claim

    def _unleased(self, wanted: Batch) -> MessageClaim | None:
        with self._store.read() as reads:
            return read_messages(reads, [row.id for row in wanted.rows], batch=wanted.id)

    def _digest(self, channel: str, rows: Sequence[QueuedMessage], cap: int) -> bool:
        with self._store.transaction(durable=True) as writes:
            now, ids = self._clock.now(), [row.id for row in rows]
            notices = notices_of(writes, ids)
            entry = digest_entry(channel, notices.values(), key=f"digest.{channel}.{max(ids)}", cap=cap, now=now)
            reason = f"part of a digest: the cap of {cap} messages an hour was reached"
            if not queue_digest(writes, entry, ids, now=now, reason=reason):
                return False
            writes.add_decisions(decisions.over_the_cap(rows, cap=cap, now=now))
            return True

    def _cancel(self, mark: DeliveryMark, channel: str) -> None:
        with self._store.transaction(durable=True) as writes:
            count = mark_messages(writes, mark)
            if count:
                detail = {"cancelled": count, "reason": mark.reason}
                writes.add_audit(AuditEntry(ACTOR, "cancel messages", f"channel {channel}", mark.at, detail))

    def _release(self, holder: str | None) -> None:
        with self._store.transaction() as writes:
            release_messages(writes, holder)
