"""Scheduled reports of a running monitor: each is made once for each of its periods, also after the monitor was down.

What was made last stands in the database. A report is made in a process of its own, put in place as a whole folder, and
noted together with its message in one transaction. After a crash between the two the folder is found and only noted.
"""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from amt_console.clock import Clock
from amt_console.text import safe_text

if TYPE_CHECKING:
    from amt_console.alerts import ReportReading
    from amt_console.config import Settings
    from amt_console.reports.jobs.job import ReportSource
    from amt_console.reports.scheduled.making import ReportMaker
    from amt_console.reports.scheduled.orders import ReportOrder
    from amt_console.reports.scheduled.schedule import Period
    from amt_console.store import ReportRun, Store

logger = logging.getLogger("amt_console.reports")
FIRST_LOOK = 2.0
"""Seconds after the start: the engine goes first."""
LOOK = 20.0
"""Seconds between two looks at the clock, at most; it may be moved."""
MOST_MISSED = 31
"""Reports that are made for times in which no monitor ran, the newest of each name."""
RETRY_FIRST, RETRY_MOST = timedelta(minutes=1), timedelta(hours=1)
GIVE_UP = 8
"""Attempts in a row after which a report that cannot be made is left out. One whose folder is the reason waits."""
CLOCK_WENT_BACK = timedelta(days=1)
"""A report that was made for a time so far ahead was made by a wrong clock."""
STOP_SECONDS = 5.0
NOT_MADE = ""
"""In place of a schedule: the report was configured no more, or switched off."""


class ScheduledReports:
    """Makes the reports of a configuration, on a thread of its own. For the process that holds the lease.

    ``look`` is one round; tests call it by itself.

    Args:
        settings: The configuration.
        store: Open and writable; stays open.
        clock: The time.
        source: Where the data comes from, for the configuration of now.
        on_queued: Called when a message was queued; must be quick.
        on_reading: Called with the outcome of each attempt, and once for each report after the start; must be quick.
        maker: Makes the reports.
    """

    def __init__(
        self,
        settings: Settings,
        store: Store,
        clock: Clock,
        source: Callable[[], ReportSource],
        *,
        on_queued: Callable[[], None] = lambda: None,
        on_reading: Callable[[ReportReading], None] = lambda _: None,
        maker: ReportMaker | None = None,
    ) -> None:
        self._settings = settings
        self._store = store
        self._clock = clock
        self._source = source
        self._on_queued = on_queued
        self._on_reading = on_reading
        self._told: dict[str, tuple[str | None, datetime | None]] = {}
        self._maker = maker
        self._unsaved: dict[str, ReportRun] = {}
        self._nothing_to_do = False
        self._changed = threading.Event()
        self._stopped = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; the first look comes a moment later."""
        self._thread = threading.Thread(target=self._run, name="amt-reports", daemon=True)
        self._thread.start()

    def reload(self, settings: Settings) -> None:
        """Use another configuration."""
        self._settings, self._nothing_to_do, self._told = settings, False, {}
        self._changed.set()

    def stop(self) -> None:
        """End; a report that is being made is given up and made at the next start."""
        self._stopped = True
        self._changed.set()
        if self._maker is not None:
            self._maker.close()
        if self._thread is not None:
            self._thread.join(STOP_SECONDS)

    def look(self) -> float:
        """Make at most one report that is due; returns the seconds until the next look. Raises StoreError."""
        if self._nothing_to_do:
            return LOOK
        from amt_console.reports.scheduled.orders import orders_of
        from amt_console.store import report_runs

        orders = orders_of(self._settings)
        with self._store.read() as reads:
            known = report_runs(reads)
        self._retire([run for name, run in known.items() if name not in {order.name for order in orders}])
        pause = LOOK
        made = False
        for order in orders:
            now = self._clock.now()
            run = self._begun(order, self._unsaved.get(order.name) or known.get(order.name), now)
            due, older = order.schedule.due_between(run.done_until, now, MOST_MISSED)
            if not due:
                pause = min(pause, (order.schedule.next(now).due_at - now).total_seconds())
            elif run.next_try_at is not None and now < run.next_try_at <= now + RETRY_MOST:
                pause = min(pause, (run.next_try_at - now).total_seconds())
            elif made:
                pause = 0.0
            else:
                if older:
                    logger.warning(
                        "report %s: more than %d were missed; older ones are left out", order.name, MOST_MISSED
                    )
                self._make(order, due[0], run)
                made, pause = True, 0.0
        self._tell(orders)
        self._nothing_to_do = not orders
        return max(0.0, pause)

    def _run(self) -> None:
        pause = FIRST_LOOK
        while True:
            if self._changed.wait(pause):
                self._changed.clear()
            if self._stopped:
                return
            try:
                pause = max(0.05, self.look())
            except Exception as error:
                # The database is busy, full or gone, and others tell so; or a bug, and it must not end all reports.
                logger.warning("scheduled reports wait: %s", safe_text(str(error)), exc_info=_is_a_bug(error))
                pause = LOOK

    def _begun(self, order: ReportOrder, run: ReportRun | None, now: datetime) -> ReportRun:
        """What is known of a report; one that is new, or has another schedule, begins now."""
        from amt_console.store import ReportRun

        if run is not None and run.schedule == order.schedule.text:
            if run.done_until <= now + CLOCK_WENT_BACK:
                return run
            begun = replace(run, done_until=now)
        elif run is None:
            begun = ReportRun(order.name, order.schedule.text, done_until=now)
        else:
            begun = replace(_calm(run), schedule=order.schedule.text, done_until=now)
        self._save([begun])
        return begun

    def _retire(self, runs: Sequence[ReportRun]) -> None:
        """What is not made at present was not missed when it is made again."""
        ended = [replace(_calm(run), schedule=NOT_MADE) for run in runs if run.schedule != NOT_MADE]
        if ended:
            self._save(ended)

    def _make(self, order: ReportOrder, period: Period, run: ReportRun) -> None:
        from amt_console.operations.protocol import OperationError, UnavailableError
        from amt_console.reports.files import PlanError
        from amt_console.reports.scheduled.making import ReportError
        from amt_console.reports.scheduled.message import report_message

        if self._maker is None:
            from amt_console.reports.scheduled.making import ReportMaker

            self._maker = ReportMaker()
            if self._stopped:
                return
        words = order.period_words(period)
        try:
            made = self._maker.make(order, period, self._source(), self._clock.now())
        except UnavailableError:
            return
        except (OperationError, PlanError) as error:
            place = isinstance(error, ReportError) and error.place_is_the_reason
            self._failed(order, period, run, str(error), for_good=not place and run.failures + 1 >= GIVE_UP)
            return
        now = self._clock.now()
        entry = None
        if order.channel is not None:
            public_url = self._settings.api.public_url
            entry = report_message(order, period, made, now=now, host=socket.gethostname(), public_url=public_url)
        # Of several monitors any may have made it.
        where = f" on {socket.gethostname()}" if self._store.is_server else ""
        place_words = f"{made.folder}{where}" + ("" if order.channel is None else f", sent on {order.channel}")
        done = replace(
            _calm(run),
            done_until=period.due_at,
            period_start=period.start,
            period_end=period.end,
            made_at=now,
            place=place_words,
        )
        from amt_console.store import save_report_run

        with self._store.transaction(durable=True) as writes:
            save_report_run(writes, done)
            if entry is not None:
                writes.queue_once([entry])
        logger.info("report %s for %s is made: %s", order.name, words, place_words)
        if entry is not None:
            self._on_queued()

    def _failed(self, order: ReportOrder, period: Period, run: ReportRun, error: str, *, for_good: bool) -> None:
        now = self._clock.now()
        words = safe_text(error)
        if for_good:
            text = f"{order.period_words(period)} was left out after {run.failures + 1} attempts: {words}"
            done = replace(run, done_until=period.due_at, failures=0, error=text, failed_at=now, next_try_at=None)
        else:
            wait = min(RETRY_MOST, RETRY_FIRST * 2 ** min(run.failures, 10))
            text = f"{order.period_words(period)}: {words}"
            done = replace(run, failures=run.failures + 1, error=text, failed_at=now, next_try_at=now + wait)
        logger.error("report %s could not be made: %s", order.name, text)
        # Counts even if it cannot be stored, on a full disk for example.
        self._unsaved[order.name] = done
        self._save([done])
        del self._unsaved[order.name]

    def _save(self, runs: Sequence[ReportRun]) -> None:
        from amt_console.store import save_report_run

        with self._store.transaction(durable=True) as writes:
            for run in runs:
                save_report_run(writes, run)

    def _tell(self, orders: Sequence[ReportOrder]) -> None:
        """Report how the newest attempts ended, each once; what was made before a crash ends its alert after it."""
        from amt_console.alerts import ReportReading
        from amt_console.store import report_runs

        with self._store.read() as reads:
            runs = report_runs(reads) | self._unsaved
        for order in orders:
            run = runs.get(order.name)
            state = (None, None) if run is None else (run.error, run.failed_at)
            if self._told.get(order.name) != state:
                self._told[order.name] = state
                self._on_reading(ReportReading(order.name, self._clock.instant(), state[0]))


def _calm(run: ReportRun) -> ReportRun:
    """Without failures."""
    return replace(run, failures=0, error=None, failed_at=None, next_try_at=None)


def _is_a_bug(error: Exception) -> bool:
    from amt_console.store import StoreError

    return not isinstance(error, StoreError)
