"""The reference history: many services over a month, built once and kept in the user's cache folder."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import shutil
import sqlite3
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import platformdirs

from amt_console.clock import FakeClock
from amt_console.model import AlertEvent, AlertState, AlertType, Episode, EpisodeChange, Resolution, Severity
from amt_console.store import Store, record
from amt_console.store.migrate import REVISIONS
from benchmarks.history.bulk import write_part
from benchmarks.history.fleet import DAY_MINUTES, ERROR, Fleet, host_sample

SERVICES = 100
DAYS = 30
EDITION = 2
"""Grows when the generator makes something else."""
_TOP_UP_MINUTES = 2 * DAY_MINUTES
_LONGEST_GROWTH = 3
"""A history that has grown by more than this part is made anew."""
_OPEN_ALERTS = 3
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class History:
    """A finished history."""

    path: Path
    services: int
    start_minute: int
    """Minutes since 1970."""
    end_minute: int
    built_seconds: float
    """Wall time of the build; later additions left out."""

    @property
    def url(self) -> str:
        """For the store."""
        return f"sqlite:///{self.path}"

    @property
    def start(self) -> datetime:
        """The history's beginning."""
        return _EPOCH + timedelta(minutes=self.start_minute)

    @property
    def end(self) -> datetime:
        """The history's present."""
        return _EPOCH + timedelta(minutes=self.end_minute)

    @property
    def rows(self) -> int:
        """Probe rows."""
        return self.services * (self.end_minute - self.start_minute)

    @property
    def fleet(self) -> Fleet:
        """What made it."""
        return Fleet(self.services)

    def clock(self) -> FakeClock:
        """Stands a second behind the history's end."""
        return FakeClock(self.end + timedelta(seconds=1))


def reference_history(*, services: int = SERVICES, days: int = DAYS, quick: bool = False) -> History:
    """The history of this size, from the cache if it is there and of today's layout; it ends at the present minute."""
    if quick:
        services, days = min(services, 20), min(days, 7)
    folder = platformdirs.user_cache_path("amt-console-benchmarks")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    stem = f"history-{services}x{days}-layout{REVISIONS[-1]}-edition{EDITION}"
    path, facts = folder / f"{stem}.db", folder / f"{stem}.json"
    now = int(time.time() // 60)
    with contextlib.suppress(OSError, ValueError, TypeError):
        known = json.loads(facts.read_text(encoding="utf-8"))
        found = History(**{**known, "path": path})
        late = now - found.end_minute
        aged = found.end_minute - found.start_minute - days * DAY_MINUTES
        if path.exists() and 0 <= late <= _TOP_UP_MINUTES and aged + late <= days * DAY_MINUTES // _LONGEST_GROWTH:
            return _topped_up(found, now, facts)
    return build(path, facts, services=services, days=days, end_minute=now)


def build(path: Path, facts: Path, *, services: int, days: int, end_minute: int) -> History:
    """Write a history anew."""
    begin = time.monotonic()
    print(f"building {services} services x {days} days in {path.parent} ...", file=sys.stderr, flush=True)
    unfinished = path.with_suffix(".part")
    of_other_layouts = path.parent.glob(f"history-{services}x{days}-layout*")
    for name in (*of_other_layouts, facts, *_files(path), *_files(unfinished)):
        name.unlink(missing_ok=True)
    start = end_minute - days * DAY_MINUTES
    fleet = Fleet(services)
    write_history(unfinished, fleet, start, end_minute)
    unfinished.rename(path)
    history = History(path, services, start, end_minute, round(time.monotonic() - begin, 1))
    _remember(history, facts)
    return history


def write_history(path: Path, fleet: Fleet, start_minute: int, end_minute: int) -> None:
    """Fill a new database."""
    clock = FakeClock(_EPOCH + timedelta(minutes=end_minute, seconds=1))
    Store.open(f"sqlite:///{path}", clock=clock).close()
    _write_services(path, fleet, start_minute, end_minute)
    with _unsynced(path), Store.open(f"sqlite:///{path}", clock=clock) as store:
        day = (end_minute - 1) // DAY_MINUTES * DAY_MINUTES
        names = [fleet.name(index) for index in range(fleet.count)]
        with store.transaction() as writes:
            last = _EPOCH + timedelta(minutes=max(day, start_minute))
            writes.rebuild_rollups(last, clock.now(), services=names)
        for begin in range(start_minute, end_minute, DAY_MINUTES):
            with store.transaction() as writes:
                for minute in range(begin, min(begin + DAY_MINUTES, end_minute)):
                    writes.add_host_sample(host_sample(minute))
        _write_alerts(store, fleet, start_minute, end_minute)
        with store.transaction() as writes:
            writes.sign_of_life(
                host="reference", pid=1, started_at=_EPOCH + timedelta(minutes=start_minute), at=clock.now()
            )


@contextlib.contextmanager
def _unsynced(path: Path) -> Iterator[None]:
    """A connection that makes the log anew and, closed last, empties it without waiting for the disk."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=60)
    for pragma in ("synchronous=OFF", "journal_mode=WAL"):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    yield
    connection.close()


def _write_services(path: Path, fleet: Fleet, start_minute: int, end_minute: int) -> None:
    """In two processes: while one computes, the other writes."""
    context = multiprocessing.get_context("spawn")
    turn = context.Lock()
    half = -(-fleet.count // 2)
    processes = [
        context.Process(target=write_part, args=(path, fleet, indexes, start_minute, end_minute, turn))
        for indexes in (range(half), range(half, fleet.count))
        if indexes
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        if process.exitcode:
            raise SystemExit(f"a process that writes the reference history ended with {process.exitcode}")


def _write_alerts(store: Store, fleet: Fleet, start_minute: int, end_minute: int) -> None:
    """An episode for each outage, and some that are open."""
    with store.read() as reads:
        changes = reads.services.state_changes(
            start=_EPOCH + timedelta(minutes=start_minute), end=_EPOCH + timedelta(minutes=end_minute)
        )
    begun: dict[str, datetime] = {}
    with store.transaction(durable=True) as writes:
        for change in changes:
            if change.state.value == "down":
                begun[change.service] = change.at
            elif (opened := begun.pop(change.service, None)) is not None:
                record(writes, _episode(change.service, "service_down", opened, change.at))
        for index in range(min(_OPEN_ALERTS, fleet.count)):
            opened = _EPOCH + timedelta(minutes=end_minute - 10 * (index + 1))
            record(writes, _episode(fleet.name(index), "response_time", opened, None))


def _episode(subject: str, rule: str, opened: datetime, ended: datetime | None) -> EpisodeChange:
    state = AlertState.FIRING if ended is None else AlertState.RESOLVED
    episode = Episode(
        rule_id=rule,
        subject=subject,
        alert_type=AlertType(rule),
        severity=Severity.CRITICAL,
        message=ERROR,
        state=state,
        opened_at=opened,
        fired_at=opened + timedelta(seconds=3),
        resolved_at=ended,
        resolution=None if ended is None else Resolution.RECOVERED,
    )
    moments = [("opened", opened, AlertState.PENDING), ("fired", opened + timedelta(seconds=3), AlertState.FIRING)]
    if ended is not None:
        moments.append(("resolved", ended, AlertState.RESOLVED))
    return EpisodeChange(
        episode,
        tuple(
            AlertEvent(kind=kind, at=at, state=state, severity=Severity.CRITICAL, message=ERROR)
            for kind, at, state in moments
        ),
    )


def _topped_up(history: History, now: int, facts: Path) -> History:
    """The history up to the present minute, through the store."""
    if now > history.end_minute:
        clock = FakeClock(_EPOCH + timedelta(minutes=now, seconds=1))
        with Store.open(history.url, clock=clock) as store:
            minutes = iter(history.fleet.results(history.end_minute, now))
            for begin in range(history.end_minute, now, 60):
                with store.transaction() as writes:
                    for minute in range(begin, min(begin + 60, now)):
                        writes.add_results(next(minutes))
                        writes.add_host_sample(host_sample(minute))
                    writes.sign_of_life(host="reference", pid=1, started_at=history.end, at=clock.now())
            store.checkpoint(truncate=True)
        history = History(history.path, history.services, history.start_minute, now, history.built_seconds)
        _remember(history, facts)
    return history


def _remember(history: History, facts: Path) -> None:
    facts.write_text(json.dumps({**asdict(history), "path": ""}), encoding="utf-8")


def _files(path: Path) -> tuple[Path, ...]:
    return tuple(path.with_name(path.name + suffix) for suffix in ("", "-wal", "-shm", ".lock", ".sock", ".reserve"))


@contextlib.contextmanager
def working_copy(history: History) -> Iterator[History]:
    """A copy to write on, beside the original, gone afterwards."""
    path = history.path.with_name(f"copy-{os.getpid()}-{history.path.name}")
    try:
        shutil.copyfile(history.path, path)
        path.chmod(0o600)
        yield History(path, history.services, history.start_minute, history.end_minute, history.built_seconds)
    finally:
        for name in _files(path):
            name.unlink(missing_ok=True)
