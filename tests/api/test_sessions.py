"""Several consoles of one database: one is the monitor, the others attach and take over."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.clocks import SkippingClock
from support.fair_time import fair_time
from support.platform import Platform, serving
from support.programs import Place, holder_pid, until

from amt_console.api.client import operations as client
from amt_console.clock import Clock, SystemClock
from amt_console.config import load_config, targets
from amt_console.model import Acknowledge, AlertState, GapReason, MonitorState, Overall, ProbeNow
from amt_console.monitor.watches.commit_watch import GRACE
from amt_console.operations.json_views import snapshot_json
from amt_console.operations.protocol import UnavailableError
from amt_console.runtime import listening
from amt_console.runtime.session import LocalSession
from amt_console.runtime.site import Site, site_of
from amt_console.store import DatabaseLost, Lease, Store, audit_entries, lease_holder, take_lease

pytestmark = pytest.mark.slow

Open = Callable[..., LocalSession]


class LaterClock(SystemClock):
    """The machine's clock as it will be in two minutes."""

    def now(self) -> datetime:
        return super().now() + timedelta(minutes=2)


@pytest.fixture
def platform() -> Iterator[Platform]:
    with serving() as running:
        yield running


@pytest.fixture
def place(tmp_path: Path, platform: Platform) -> Place:
    return Place(tmp_path, web=platform.url)


@pytest.fixture
def opened(place: Place) -> Iterator[Open]:
    with ExitStack() as sessions:

        def open_session(*, clock: Clock | None = None, read_only: bool = False, **options: object) -> LocalSession:
            settings = load_config(place.config, env={}).settings
            watched = targets(settings, store_url=place.url, env={})
            site = site_of(settings, place.url, watched, clock or SystemClock(), read_only=read_only)
            session = LocalSession(site, **options)  # type: ignore[arg-type]
            return sessions.enter_context(closing(session))

        yield open_session


def firing(session: LocalSession) -> int:
    """The firing alert of the service."""
    found: list[int] = []

    def fires() -> bool:
        found[:] = [
            alert.id
            for alert in session.operations.snapshot().alerts
            if alert.subject == "web" and alert.state is AlertState.FIRING
        ]
        return bool(found)

    until(fires)
    return found[0]


def test_the_first_is_the_monitor_and_the_second_attaches(opened: Open, place: Place) -> None:
    first, second = opened(), opened()
    assert first.is_monitor
    assert first.attached_to is None
    assert not second.is_monitor
    holder = lease_holder(place.url)
    assert holder is not None
    assert second.attached_to == f"pid {holder.pid} on {holder.host}"
    until(lambda: second.operations.snapshot().services[0].last_checked is not None)
    until(lambda: second.operations.snapshot().version == first.operations.snapshot().version)
    assert [person.place for person in first.operations.snapshot().presence] == [f"pid {holder.pid}"] * 2


def test_each_console_is_in_the_audit_once_whoever_is_the_monitor(opened: Open, place: Place) -> None:
    first, second = opened(), opened()
    first.close()
    until(lambda: second.is_monitor)
    third = opened(read_only=True)
    assert not third.is_monitor
    with Store.open(place.url, clock=SystemClock(), read_only=True) as store, store.read() as reads:
        found = [(entry.action, entry.subject, entry.detail["via"]) for entry in audit_entries(reads)]
    assert found == [("opened", "console", "socket"), ("opened", "console", "socket"), ("opened", "console", None)]


def test_an_action_of_one_is_told_to_the_others_at_once(opened: Open, platform: Platform) -> None:
    platform.status = 503
    told = {name: threading.Event() for name in ("first", "third")}
    first = opened(on_change=told["first"].set)
    second = opened()
    third = opened(on_change=told["third"].set)
    alert_id = firing(third)
    third.operations.snapshot()
    until(lambda: told["third"].clear() is None and not told["third"].is_set())
    taken = second.operations.act(Acknowledge(alert_id, "mine"))
    until(told["third"].is_set, 1)
    shown = next(alert for alert in third.operations.snapshot().alerts if alert.id == alert_id)
    assert (shown.acknowledged_by, shown.note) == (taken.acknowledged_by, "mine")
    shown = next(alert for alert in first.operations.snapshot().alerts if alert.id == alert_id)
    assert shown.acknowledged_by == taken.acknowledged_by


def test_when_the_monitor_ends_the_other_takes_over_with_the_same_object(opened: Open) -> None:
    first = opened()
    changed = threading.Event()
    second = opened(on_change=changed.set)
    operations = second.operations
    version = operations.snapshot().version
    first.close()
    until(lambda: second.is_monitor, 3)
    assert second.operations is operations
    until(changed.is_set, 1)
    assert operations.snapshot().version > version
    operations.act(ProbeNow("web"))


def test_from_the_lease_on_it_is_known_that_nobody_else_can_take_over(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = opened(), opened()
    assert (first.holds_lease, second.holds_lease) == (True, False)
    begun, go_on = threading.Event(), threading.Event()
    become = Site.become_monitor

    def slowly(site: Site, *arguments: Any, **options: Any) -> Any:
        begun.set()
        assert go_on.wait(60)
        return become(site, *arguments, **options)

    monkeypatch.setattr(Site, "become_monitor", slowly)
    first.close()
    assert not first.holds_lease
    assert begun.wait(60)
    assert (second.is_monitor, second.holds_lease) == (False, True)
    go_on.set()
    until(lambda: second.is_monitor)
    assert second.holds_lease


@pytest.mark.pty
def test_after_a_kill_the_alert_goes_on_and_the_gap_is_recorded(opened: Open, place: Place, platform: Platform) -> None:
    platform.status = 503
    with place.monitor() as monitor:
        later = LaterClock()
        attached = opened(clock=later)
        assert attached.attached_to is not None
        assert attached.attached_to.startswith(f"pid {monitor.pid} ")
        alert_id = firing(attached)
        monitor.kill()
        monitor.wait()
        until(lambda: attached.is_monitor, 10)
    with Store.open(place.url, clock=later, read_only=True) as store:

        def gaps() -> list[GapReason]:
            with store.read() as reads:
                return [gap.reason for gap in reads.monitor.gaps(later.now() - timedelta(days=1), later.now())]

        until(lambda: gaps() == [GapReason.STOPPED])

        def fresh() -> bool:
            with store.read() as reads:
                return "fresh" in [event.kind for event in reads.alerts.events(alert_id)]

        until(fresh)
        with store.read() as reads:
            episode = reads.alerts.episode(alert_id)
            assert episode is not None
            assert episode.state is AlertState.FIRING
            assert [event.kind for event in reads.alerts.events(alert_id)].count("fired") == 1
            open_ones = [each for each in reads.alerts.open() if each.subject == "web"]
            assert [each.id for each in open_ones if each.rule_id == episode.rule_id] == [alert_id]
            total = reads.services.totals(start=later.now() - timedelta(hours=1), end=later.now())["web"]
    assert total.down_s < 60, "the two minutes without a monitor are unknown, not down"
    assert total.up_s == 0


def test_a_takeover_that_fails_is_told_and_tried_again(opened: Open, place: Place) -> None:
    first, second = opened(), opened()
    set_layout(place, "9999")
    first.close()
    until(lambda: any("could not take over" in notice for notice in second.notices()))
    assert "newer amt-console" in " ".join(second.notices())
    assert not second.is_monitor
    lease: list[Lease] = []
    until(lambda: lease.append(found) or True if (found := take_lease(place.url, clock=SystemClock())) else False)
    lease[0].release()
    set_layout(place, "back")
    until(lambda: second.is_monitor)
    assert not any("could not take over" in notice for notice in second.notices())


_LAYOUTS: dict[str, str] = {}


def set_layout(place: Place, wanted: str) -> None:
    """Pretend that a newer program has been here, or that it has not."""
    with closing(sqlite3.connect(place.database, timeout=10)) as connection, connection:
        (current,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        if wanted != "back":
            _LAYOUTS[str(place.database)] = current
        version = _LAYOUTS[str(place.database)] if wanted == "back" else wanted
        connection.execute("UPDATE alembic_version SET version_num = ?", (version,))


@pytest.mark.pty
def test_one_that_may_not_monitor_reads_the_database_and_then_follows_the_next_monitor(
    opened: Open, place: Place
) -> None:
    first = opened()
    follower = opened(may_monitor=False)
    first.close()
    until(lambda: _state(follower) is MonitorState.STOPPED)
    assert follower.attached_to is None
    with place.monitor() as monitor:
        until(lambda: (follower.attached_to or "").startswith(f"pid {monitor.pid} "))
        until(lambda: _state(follower) is MonitorState.RUNNING)
        assert not follower.is_monitor
        assert holder_pid(place.url) == monitor.pid


def _state(session: LocalSession) -> MonitorState | None:
    try:
        return session.operations.snapshot().monitor.state
    except UnavailableError:
        return None


def test_a_read_only_session_never_becomes_the_monitor(opened: Open, place: Place) -> None:
    first = opened()
    looking = opened(read_only=True)
    first.close()
    until(lambda: _state(looking) is MonitorState.STOPPED)
    assert not looking.is_monitor
    assert holder_pid(place.url) is None


def test_a_closed_session_says_so(opened: Open) -> None:
    session = opened()
    session.close()
    session.close()
    with pytest.raises(UnavailableError, match="closed"):
        session.operations.snapshot()


@pytest.mark.pty
def test_beside_a_suspended_monitor_the_database_is_read_and_closing_does_not_wait(
    opened: Open, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "WAIT_SECONDS", 0.3)
    with place.monitor() as monitor:
        attached = opened()
        until(lambda: attached.operations.snapshot().services[0].last_checked is not None)
        os.kill(monitor.pid, signal.SIGSTOP)
        monkeypatch.setattr(client, "TIMEOUT_SECONDS", 1.0)
        try:
            until(lambda: attached.reads_beside)
            assert attached.operations.snapshot().services[0].last_checked is not None
            assert not attached.is_monitor
            assert attached.attached_to is not None
            start = fair_time()
            attached.close()
            assert fair_time() - start < 1
        finally:
            os.kill(monitor.pid, signal.SIGCONT)


def test_a_session_whose_database_file_is_lost_says_so_and_ends_for_good(opened: Open, place: Place) -> None:
    clock, ended = SkippingClock(), threading.Event()
    errors: list[Exception] = []

    def on_end(error: Exception) -> None:
        errors.append(error)
        ended.set()

    session = opened(clock=clock, on_end=on_end)
    until(lambda: session.operations.snapshot().monitor.works)
    health = httpx.Client(transport=httpx.HTTPTransport(uds=f"{place.database}.sock"), base_url="http://monitor")
    with health:
        until(lambda: health.get("/healthz").status_code == 200)
        place.database.unlink()
        until(lambda: "was deleted" in (session.operations.snapshot().monitor.fault or ""))
        snapshot = session.operations.snapshot()
        assert snapshot.overall is Overall.UNKNOWN
        assert snapshot.faults[0] == snapshot.notices[0]
        document = snapshot_json(snapshot)["monitor"]
        assert "was deleted" in document["fault"]
        assert document["last_commit_at"] is not None
        until(lambda: (answer := health.get("/healthz")).status_code == 503 and answer.json() == {"status": "fault"})
        found = json.loads(place.run("status", "--json").stdout)
        assert "was deleted" in found["monitor"]["fault"]
        assert "FAULT: The database file" in place.run("status").stdout
        clock.skip(GRACE)
        assert ended.wait(20)
    assert isinstance(errors[0], DatabaseLost)
    assert not session.is_monitor
    assert lease_holder(place.url) is None
    assert not place.database.exists(), "it does not make a new one"
