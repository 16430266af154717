"""One channel's worker: looks at its rows, runs the stages, sends, and marks. A slow receiver delays nobody else."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from amt_console.clock import Clock
from amt_console.model.notifications import DeliveryState, Message, NoticeKind, OutboxEntry, QueuedMessage
from amt_console.model.states import AlertState, Severity
from amt_console.notify import decisions
from amt_console.notify.channels.channel import Channel, DeliveryError
from amt_console.notify.direct import FLAG, DirectPage, DirectPages, direct_message
from amt_console.notify.grouping import Batch, Recent, group
from amt_console.notify.limits import HourlyCap, TokenBucket, rate_of
from amt_console.notify.messages import compose
from amt_console.notify.outbox import LEASE_SECONDS, Outbox
from amt_console.notify.refresh import Refresh
from amt_console.notify.retry import Backing, pause_after
from amt_console.notify.settings import DeliverySettings
from amt_console.notify.settling import Tells, settle
from amt_console.store import DeliveryMark, MessageClaim, SentMessage, StoreError, StoreFull
from amt_console.text import safe_text

LOG = logging.getLogger("amt_console.notify")
SEND_SECONDS = LEASE_SECONDS - 30.0
"""For one attempt, whatever the channel itself allows: it ends before the lease does."""
LOOK_EVERY = 5.0
"""Seconds between two looks at rows that others may have released."""
STORE_PAUSE = 1.0
"""Seconds before another try when the database does not answer."""
EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class SendOutcome:
    """The result of an attempt, or of a message that was given up without one."""

    channel: str
    state: DeliveryState
    """``DELIVERED``, ``QUEUED`` (tried again) or ``DEAD``."""
    critical: bool
    """Whether a critical page is among it."""
    error: str | None = None


class ChannelWorker:
    """Lives on the dispatcher's loop.

    Args:
        channel: Where to.
        outbox: The rows.
        settings: Times and limits.
        clock: The time.
        on_outcome: Called after each attempt; must be quick and must not raise.
    """

    def __init__(
        self,
        channel: Channel,
        *,
        outbox: Outbox,
        settings: DeliverySettings,
        clock: Clock,
        on_outcome: Callable[[SendOutcome], None],
    ) -> None:
        self.fault: str | None = None
        """Why nothing can be sent or noted at the moment: the database does not answer."""
        self._channel = channel
        self._retired: list[Channel] = []
        self._outbox = outbox
        self._settings = settings
        self._clock = clock
        self._on_outcome = on_outcome
        self._woken = asyncio.Event()
        self._idle = asyncio.Event()
        self._ending = False
        self._sending = False
        self._marks: list[DeliveryMark] = []
        self._bucket = TokenBucket(settings.rate or rate_of(channel.type))
        self._cap = HourlyCap(settings.hourly_cap)
        self._backing = Backing()
        self._refresh = Refresh(outbox, clock)
        self._sent_at: float | None = None
        self._calm_at: dict[Tells, float] = {}
        self._overflow = False
        self._direct = DirectPages()

    @property
    def failures(self) -> int:
        """Failed attempts in a row."""
        return self._backing.failures

    async def idle(self) -> None:
        """Return when nothing is ready to be sent."""
        await self._idle.wait()

    def seed(self, sent: Sequence[SentMessage]) -> None:
        """Continue after an earlier process: what it delivered in the last hour."""
        now, wall = self._clock.monotonic(), self._clock.now()
        times = [now - max(0.0, (wall - each.at).total_seconds()) for each in sent]
        counted = [at for at, each in zip(times, sent, strict=True) if not each.critical_page]
        self._cap = HourlyCap(self._settings.hourly_cap, counted)
        self._sent_at = max(times, default=None)

    def wake(self) -> None:
        """There may be new rows."""
        self._idle.clear()
        self._woken.set()

    def page_directly(self, entries: Sequence[OutboxEntry]) -> None:
        """Send pages that cannot be stored."""
        self._direct.add(entries)
        self.wake()

    def end(self) -> None:
        """End after what is being sent."""
        self._ending = True
        self._woken.set()

    async def use(self, channel: Channel, settings: DeliverySettings) -> None:
        """Send on this channel from the next message on; the old one is closed when it has ended what it does."""
        before, self._channel = self._channel, channel
        if settings.rate != self._settings.rate or channel.type is not before.type:
            self._bucket = TokenBucket(settings.rate or rate_of(channel.type))
        self._cap.cap = settings.hourly_cap
        self._settings = settings
        self._backing.delivered()
        if self._sending:
            self._retired.append(before)
        else:
            await _close(before)
        self.wake()

    async def run(self) -> None:
        """Work until ``end`` or cancelled."""
        while not self._ending:
            self._woken.clear()
            try:
                await self._send_directly()
                pause = await self._round()
                self.fault = None
            except StoreError as error:
                if self.fault is None:
                    LOG.warning("messages on %s wait, the database does not answer: %s", self._channel.name, error)
                self.fault, pause = safe_text(str(error)), STORE_PAUSE
            if not self._woken.is_set() and pause > 0:
                self._idle.set()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), pause)
        await self._settle_marks()

    async def aclose(self) -> None:
        """Close the channel."""
        for channel in (*self._retired, self._channel):
            await _close(channel)
        self._retired.clear()

    async def _round(self) -> float:
        """Send what is ready; returns the seconds until the next look."""
        await self._settle_marks()
        channel, settings = self._channel, self._settings
        rows = self._without_unsaved(await self._outbox.waiting(channel.name))
        now = self._clock.now()
        if candidates := self._direct.candidates(rows):
            notices = await self._outbox.notices(candidates)
            if told := self._direct.told(rows, notices):
                rows = await self._were_told(told, rows)
        settled = settle(rows, groups=channel.groups, now=now, reminder=settings.reminder)
        await self._give_up(settled.cancelled, settled.expired, now)
        grouped = group(settled.bundles, groups=channel.groups, now=now, times=settings.groups, recent=self._recent())
        pauses = [LOOK_EVERY if rows else 60.0]
        pauses += [] if grouped.pause is None else [grouped.pause]
        pauses.append(await self._refresh.tell(channel, settings.link))
        if settled.leased_until is not None:
            pauses.append((settled.leased_until - now).total_seconds())
        over: list[Batch] = []
        tried = False
        for batch in grouped.ready:
            if self._ending or (tried and self._woken.is_set()):
                return 0.0
            if self._capped(batch):
                if not self._overflow:
                    LOG.warning("the hourly cap of %d messages on %s is reached", self._cap.cap, self._channel.name)
                self._overflow = True
                over.append(batch)
                continue
            pause = self._pause(batch)
            if pause > 0:
                pauses.append(pause)
                continue
            tried = await self._attempt(batch) or tried
        await self._settle_marks()
        if tried:
            return 0.0
        if over:
            pauses.append(await self._over_the_cap(over))
        if self._marks:
            pauses.append(STORE_PAUSE)
        return max(0.0, min(pauses))

    async def _send_directly(self) -> None:
        """The only way on which a message is sent that is not stored."""
        while entries := self._direct.next(groups=self._channel.groups):
            now = self._clock.monotonic()
            if max(self._bucket.pause(now), self._backing.pause(now, fresh=True)) > 0:
                return
            self._bucket.take(now)
            error = await self._send(direct_message(entries, self._clock.now()))
            if error is None:
                self._backing.delivered()
                self._sent_at = self._clock.monotonic()
                self._direct.done(entries, sent_at=self._clock.now())
                continue
            status, text, retry, asked = _reading(error)
            LOG.error("a page on %s could not be sent directly (%s): %s", self._channel.name, status, text)
            if not retry:
                self._direct.done(entries, sent_at=None)
            else:
                attempts = self._backing.failures + 1
                pause = pause_after(attempts, self._settings.retry, random.random, asked)
                self._backing.failed(now, pause, asked=asked is not None)

    async def _were_told(self, told: Sequence[DirectPage], rows: Sequence[QueuedMessage]) -> tuple[QueuedMessage, ...]:
        """Note pages that were sent directly as delivered.

        A machine knows them under other numbers than the stored alerts have: there they are ended, and told anew.
        """
        now = self._clock.now()
        if self._channel.groups:
            reason = f"{told[0].row.reason}; {FLAG}"
            marks = [
                DeliveryMark((each.row.id,), DeliveryState.DELIVERED, each.at, "delivered", reason=reason)
                for each in told
            ]
            await self._outbox.exchange(marks)
            noted = {each.row.id for each in told}
            return tuple(row for row in await self._outbox.waiting(self._channel.name) if row.id not in noted)
        for each in told:
            if each.row.kind is NoticeKind.RESOLVED or each.notice.alert_id > 0:
                continue
            over = replace(each.notice, state=AlertState.RESOLVED, resolved_at=now)
            name = self._channel.name
            entry = OutboxEntry(name, each.row.receiver, NoticeKind.RESOLVED, "it is stored now", now, over)
            await self._send(direct_message([entry], now))
        return tuple(rows)

    def _recent(self) -> Recent:
        now = self._clock.monotonic()
        anything = None if self._sent_at is None else now - self._sent_at
        return Recent(anything, {tells: now - at for tells, at in self._calm_at.items()})

    def _capped(self, batch: Batch) -> bool:
        """Whether the hourly cap holds it: neither critical pages nor an end, which is owed to whom was paged."""
        spared = batch.critical or batch.tells is not Tells.FIRES or not self._channel.groups or batch.id is not None
        if spared:
            return False
        return self._overflow or self._cap.pause(self._clock.monotonic()) > 0

    def _pause(self, batch: Batch) -> float:
        now = self._clock.monotonic()
        fresh = batch.critical and batch.tells is Tells.FIRES and not any(row.attempts for row in batch.rows)
        return max(self._bucket.pause(now), self._backing.pause(now, fresh=fresh))

    async def _over_the_cap(self, over: Sequence[Batch]) -> float:
        """Hold messages until the hour has room for one, then put a digest in their place."""
        pause = self._cap.pause(self._clock.monotonic())
        if pause > 0:
            return pause
        self._overflow = False
        rows = [row for batch in over for row in batch.rows]
        if len({row.alert_id for row in rows}) > 1:
            await self._outbox.digest(self._channel.name, rows, self._cap.cap)
        return 0.0

    async def _attempt(self, batch: Batch) -> bool:
        """Claim and send; returns whether there was something to send."""
        claim = await self._exchange(batch)
        if claim is None:
            return False
        now = self._clock.monotonic()
        self._bucket.take(now)
        message = compose(claim, now=self._clock.now(), times=self._settings.groups, link=self._settings.link)
        self._sending = True
        try:
            error = await self._send(message)
        finally:
            self._sending = False
        self._note(claim, batch, error)
        while self._retired:
            await _close(self._retired.pop())
        return True

    async def _send(self, message: Message) -> DeliveryError | Exception | None:
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self._channel.send(message)
        except Exception as error:
            if not isinstance(error, DeliveryError | TimeoutError):
                LOG.exception("The channel %r failed.", self._channel.name)
            return error
        return None

    def _note(self, claim: MessageClaim, batch: Batch, error: Exception | None) -> None:
        """Mark the outcome with the next claim, or at the end of the round."""
        now, wall = self._clock.monotonic(), self._clock.now()
        page = any(message.row.severity is Severity.CRITICAL and message.row.kind.pages for message in claim.messages)
        if error is None:
            self._backing.delivered()
            if not (batch.critical and batch.tells is Tells.FIRES):
                self._cap.take(now)
            self._sent_at = now
            if not batch.critical:
                self._calm_at[batch.tells] = now
            self._marks.append(DeliveryMark(claim.ids, DeliveryState.DELIVERED, wall, "delivered"))
            self._on_outcome(SendOutcome(self._channel.name, DeliveryState.DELIVERED, page))
            return
        status, text, retry, asked = _reading(error)
        if not retry:
            self._marks.append(DeliveryMark(claim.ids, DeliveryState.DEAD, wall, status, text))
            LOG.error("message %d cannot be delivered on %s: %s", claim.batch, self._channel.name, text)
            self._on_outcome(SendOutcome(self._channel.name, DeliveryState.DEAD, page, text))
            return
        attempts = 1 + max(self._backing.failures, *(message.row.attempts for message in claim.messages))
        pause = pause_after(attempts, self._settings.retry, random.random, asked)
        self._backing.failed(now, pause, asked=asked is not None)
        again = wall + timedelta(seconds=pause)
        self._marks.append(DeliveryMark(claim.ids, DeliveryState.QUEUED, wall, status, text, next_at=again))
        LOG.warning(
            "message %d on %s failed and is tried again in %.1f s: %s", claim.batch, self._channel.name, pause, text
        )
        self._on_outcome(SendOutcome(self._channel.name, DeliveryState.QUEUED, page, text))

    async def _give_up(
        self, cancelled: Sequence[tuple[QueuedMessage, str]], expired: Sequence[QueuedMessage], now: datetime
    ) -> None:
        marks = [DeliveryMark((row.id,), DeliveryState.CANCELLED, now, reason=why) for row, why in cancelled]
        text = "it expired before it could be sent"
        marks += [DeliveryMark((row.id,), DeliveryState.DEAD, now, EXPIRED, text) for row in expired]
        if not marks:
            return
        await self._outbox.exchange(marks, decided=decisions.cancelled(cancelled, now=now))
        for row in expired:
            page = row.severity is Severity.CRITICAL and row.kind.pages
            self._on_outcome(
                SendOutcome(self._channel.name, DeliveryState.DEAD, page, "messages expired before they could be sent")
            )

    async def _settle_marks(self) -> None:
        if self._marks:
            await self._exchange()

    async def _exchange(self, wanted: Batch | None = None) -> MessageClaim | None:
        """Note what became of messages, and claim the next one.

        A full disk must not hold up pages: the next one is taken without a lease, and what is over is noted later.
        """
        marks, self._marks = self._marks, []
        try:
            return await self._outbox.exchange(marks, wanted)
        except BaseException as error:
            self._marks = marks + self._marks
            if self._outbox.is_shared or not isinstance(error, StoreFull):
                raise
        self._marks = [mark for mark in self._marks if mark.state is not DeliveryState.QUEUED]
        return None if wanted is None else await self._outbox.unleased(wanted)

    def _without_unsaved(self, rows: Sequence[QueuedMessage]) -> tuple[QueuedMessage, ...]:
        """Without the rows whose outcome cannot be stored yet."""
        unsaved = {number: mark.state for mark in self._marks for number in mark.ids}
        delivered = {row.alert_id for row in rows if unsaved.get(row.id) is DeliveryState.DELIVERED and row.kind.pages}
        left = (row for row in rows if row.id not in unsaved)
        return tuple(replace(row, told=True) if row.alert_id in delivered else row for row in left)


def _reading(error: Exception) -> tuple[str, str, bool, float | None]:
    """The attempt's status and text, whether to try again, and the seconds that the receiver asks for."""
    if isinstance(error, DeliveryError):
        return str(error.reason), safe_text(str(error)), error.retry, error.retry_after
    if isinstance(error, TimeoutError):
        return "timeout", f"no answer within {SEND_SECONDS:g} s", True, None
    return "internal", safe_text(f"{type(error).__name__}: {error}"), True, None


async def _close(channel: Channel) -> None:
    try:
        await channel.aclose()
    except Exception:
        LOG.exception("The channel %r could not be closed.", channel.name)
