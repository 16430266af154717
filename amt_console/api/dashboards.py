"""The dashboards and report documents that are served: made on demand, kept until the data changes."""

from __future__ import annotations

import asyncio
import hashlib
import threading
import zlib
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from amt_console.analysis import Window, window_of
from amt_console.api.problems import RequestError
from amt_console.clock import Clock
from amt_console.moments import MomentError
from amt_console.operations.actor import Actor
from amt_console.operations.audit_rows import OPENED, add_row
from amt_console.operations.protocol import UnavailableError
from amt_console.reports.dashboards.job import Dashboard, DashboardJob
from amt_console.reports.jobs.job import ReportSource
from amt_console.reports.times import (
    USUAL_HOURS,
    UnknownZoneError,
    WindowError,
    asked_window,
    shown_zone,
    zone_of,
)
from amt_console.store import Store
from amt_console.text import safe_text

KEPT_SECONDS = 60.0
"""A page is looked at again after this, also without an event: it says how fresh its data is."""
MOST_KEPT = 32
MOST_WAITING = 8
"""Pages that wait to be made; each costs a second or two of processor time."""
_GZIP = 16 + zlib.MAX_WBITS


@dataclass(frozen=True, slots=True)
class DashboardRequest:
    """What a caller asks for; times as typed."""

    name: str
    hours: float | None = None
    since: str | None = None
    until: str | None = None
    zone: str | None = None
    compare: bool = True
    document: bool = False
    """The report's JSON instead of the page."""

    @property
    def links(self) -> str:
        """The same window, zone and comparison as a query, with its ``?``."""
        given = {"hours": None if self.hours is None else f"{self.hours:g}"}
        given |= {"since": self.since, "until": self.until, "zone": self.zone}
        query = {name: value for name, value in given.items() if value is not None}
        if not self.compare:
            query["compare"] = "none"
        return f"?{urlencode(query)}" if query else ""


@dataclass(frozen=True, slots=True)
class KeptPage:
    """A page or document as it is kept."""

    packed: bytes
    """With gzip."""
    policy: str
    """The content security policy of a page."""
    etag: str
    digest: str
    """Of the data that it was made from."""

    def content(self) -> bytes:
        """The page or document itself."""
        return zlib.decompress(self.packed, _GZIP)


class Making(Protocol):
    """Makes pages: ``reports.dashboards.making.Maker``."""

    def make(self, job: DashboardJob) -> Dashboard | None:
        """Make a page, or ``None`` if its data is that of the known one. Raises OperationError."""
        ...

    def close(self) -> None:
        """End what is being made."""
        ...


@dataclass(slots=True)
class _Kept:
    page: KeptPage
    window: Window
    state: Hashable
    checked_at: float


class Dashboards:
    """Makes pages in another process, one after the other, and keeps the newest ones. Thread-safe.

    A kept page is given while nothing has happened: no state changed, no alert was touched, no figures were read, no
    new minute of measurements began. After that the data is gathered again, and drawn only if it differs.

    Args:
        store: Is asked whether something has happened.
        source: Where the data comes from; asked for each page.
        clock: The time.
        maker: Makes the pages.
    """

    def __init__(self, store: Store, source: Callable[[], ReportSource], clock: Clock, maker: Making) -> None:
        self._store = store
        self._source = source
        self._clock = clock
        self._maker = maker
        self._lock = threading.Lock()
        self._kept: OrderedDict[DashboardRequest, _Kept] = OrderedDict()
        self._making: dict[DashboardRequest, Future[KeptPage]] = {}
        self._worker = ThreadPoolExecutor(1, "amt-dashboards")

    async def page(self, request: DashboardRequest) -> KeptPage:
        """The page. Raises RequestError for an unusable request, OperationError, StoreError."""
        found = await asyncio.to_thread(self._kept_or_begun, request)
        if isinstance(found, KeptPage):
            return found
        # Others may wait for the same page when this caller leaves.
        return await asyncio.shield(asyncio.wrap_future(found))

    def note_opened(self, request: DashboardRequest, actor: Actor) -> None:
        """Add an audit row. Blocks on the database. Raises StoreError: then the page is not given."""
        window = request.links.removeprefix("?") or f"hours={USUAL_HOURS:g}"
        note = {"note": safe_text(window, 300)}
        kind = "report" if request.document else "dashboard"
        add_row(self._store, self._clock, actor, OPENED, f"{kind} {request.name}", note)

    def close(self) -> None:
        """End what is being made. Idempotent."""
        self._maker.close()
        self._worker.shutdown(wait=True, cancel_futures=True)

    def _kept_or_begun(self, request: DashboardRequest) -> KeptPage | Future[KeptPage]:
        from amt_console.reports.gathering.kept import kept_window  # loads half of the analysis

        now = self._clock.now()
        zone = self._zone(request)
        window = kept_window(_window(request, now, zone_of(zone)), self._source().settings.retention.rollups, now)
        state = self._state(now)
        with self._lock:
            kept = self._kept.get(request)
            if kept is not None and kept.state == state and self._clock.monotonic() - kept.checked_at < KEPT_SECONDS:
                self._kept.move_to_end(request)
                return kept.page
            making = self._making.get(request)
            if making is None:
                if len(self._making) >= MOST_WAITING:
                    raise UnavailableError("too many dashboards are being made: try again in a moment")
                known = kept.page if kept is not None and kept.window == window else None
                job = DashboardJob(
                    source=self._source(),
                    name=request.name,
                    window=window,
                    made_at=now,
                    zone=zone,
                    compare=request.compare,
                    links=request.links,
                    document=request.document,
                    known=None if known is None else known.digest,
                )
                making = self._making[request] = self._worker.submit(self._make, request, job, state, known)
            return making

    def _make(self, request: DashboardRequest, job: DashboardJob, state: Hashable, known: KeptPage | None) -> KeptPage:
        try:
            made = self._maker.make(job)
            page = known if made is None else _packed(made)
            assert page is not None
            with self._lock:
                self._kept[request] = _Kept(page, job.window, state, self._clock.monotonic())
                self._kept.move_to_end(request)
                while len(self._kept) > MOST_KEPT:
                    self._kept.popitem(last=False)
            return page
        finally:
            with self._lock:
                self._making.pop(request, None)

    def _zone(self, request: DashboardRequest) -> str:
        try:
            return shown_zone(request.zone, self._source().settings).key
        except UnknownZoneError as error:
            raise RequestError("invalid", f"zone: {error}") from None

    def _state(self, now: datetime) -> Hashable:
        """Differs when something has happened that a page shows."""
        with self._store.read() as reads:
            services = reads.services.statuses()
            alerts = reads.alerts.open()
            figures = reads.figures.newest(now)
            host = reads.host.sample(now)
        measured = [status.last.timestamp for status in services.values()]
        if host is not None:
            measured.append(host.timestamp)
        return (
            max((moment.replace(second=0, microsecond=0) for moment in measured), default=None),
            frozenset((name, status.state, status.since) for name, status in services.items()),
            frozenset((alert.id, alert.version) for alert in alerts),
            frozenset((kind, read.timestamp) for kind, read in figures.items()),
        )


def dashboards_of(store: Store, source: Callable[[], ReportSource], clock: Clock) -> Dashboards:
    """The dashboards of a database, made in processes of their own."""
    from amt_console.reports.dashboards.making import Maker

    return Dashboards(store, source, clock, Maker())


def _window(request: DashboardRequest, now: datetime, zone: ZoneInfo) -> Window:
    """The window of a request. Raises RequestError."""
    try:
        hours, end = asked_window(now, zone, hours=request.hours, since=request.since, until=request.until)
    except (MomentError, WindowError) as error:
        raise RequestError("invalid", str(error)) from None
    return window_of(end or now, hours)


def _packed(made: Dashboard) -> KeptPage:
    packer = zlib.compressobj(6, zlib.DEFLATED, _GZIP)
    packed = packer.compress(made.content) + packer.flush()
    # Weak: it names the page with and without gzip.
    etag = f'W/"{hashlib.sha256(made.content).hexdigest()[:32]}"'
    return KeptPage(packed, made.policy, etag, made.digest)
