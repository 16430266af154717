"""A PostgreSQL server that neither answers nor closes its connections, under real monitors."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import make_url
from support.fair_time import fair_time
from support.platform import Platform, serving
from support.programs import ServerPlace, end, holder_pid, until
from support.stalling_proxy import Stall, StallingProxy, stalling_proxy
from support.stores import new_schema, server_url

from amt_console.clock import SystemClock
from amt_console.model import ProbeResult, ServiceState
from amt_console.store import Store

__all__ = ["new_schema", "server_url"]
pytestmark = [pytest.mark.pty, pytest.mark.postgres]
BACK_WITHIN = 40.0
"""Seconds after which results are stored again: a deadline of 10 s, the server's own for the abandoned transaction, and
what a busy machine needs."""
ENDS_WITHIN = 10.0


@pytest.fixture
def platform() -> Iterator[Platform]:
    with serving() as made:
        yield made


@pytest.fixture
def proxy(server_url: str) -> Iterator[StallingProxy]:
    server = make_url(server_url)
    with stalling_proxy(server.host or "127.0.0.1", server.port or 5432) as made:
        yield made


@pytest.fixture
def place(tmp_path: Path, server_url: str, proxy: StallingProxy, platform: Platform) -> ServerPlace:
    """Processes that reach the server through the proxy only."""
    through = make_url(server_url).set(host="127.0.0.1", port=proxy.port).render_as_string(hide_password=False)
    return ServerPlace(tmp_path, through, shop=platform.url, wiki=platform.url)


def logged(place: ServerPlace) -> str:
    return "".join(log.read_text("utf-8") for log in place.home.glob("log-*"))


@pytest.fixture
def direct(server_url: str) -> Iterator[Store]:
    """The database, straight on the server."""
    with Store.open(server_url, clock=SystemClock(), read_only=True) as store:
        yield store


def stored(store: Store, service: str) -> list[ProbeResult]:
    with store.read() as reads:
        now = SystemClock().now()
        return reads.services.results(
            service=service, start=now - timedelta(hours=1), end=now, limit=999, newest_first=False
        )


def times(store: Store, service: str) -> list[datetime]:
    return [each.timestamp for each in stored(store, service)]


def states(store: Store, service: str) -> list[ServiceState]:
    return [each.state for each in stored(store, service)]


def lost(store: Store, platform: Platform) -> int:
    """Probes that were answered and are not stored."""
    return platform.asked["/"] - len(times(store, "shop")) - len(times(store, "wiki"))


@pytest.mark.parametrize("kind", Stall)
def test_a_monitor_whose_connections_stall_says_so_goes_on_and_loses_no_result(
    place: ServerPlace, server_url: str, direct: Store, proxy: StallingProxy, platform: Platform, kind: Stall
) -> None:
    monitor = place.start("monitor")
    try:
        until(lambda: holder_pid(server_url) == monitor.pid)
        until(lambda: len(times(direct, "shop")) >= 2)
        proxy.stall(kind)
        stalled_at = SystemClock().now()
        until(lambda: times(direct, "shop")[-1] > stalled_at, BACK_WITHIN)
        assert "does not answer" in logged(place)
        assert holder_pid(server_url) == monitor.pid, "the lease was renewed in time"
        later = times(direct, "shop")[-1] + timedelta(seconds=3)
        until(lambda: times(direct, "shop")[-1] > later)
        until(lambda: states(direct, "monitoring-db")[-1] is ServiceState.UP, BACK_WITHIN)
        monitor.terminate()
        assert monitor.wait(15) == 0
        assert lost(direct, platform) <= 2, "but for one of each service that was under way at the end"
    finally:
        end(monitor)


@pytest.mark.parametrize(("kind", "new"), [(Stall.SWALLOWED, False), (Stall.DROPPED, True)], ids=["old ones", "all"])
def test_a_monitor_ends_although_its_connections_stall(
    place: ServerPlace, server_url: str, direct: Store, proxy: StallingProxy, platform: Platform, kind: Stall, new: bool
) -> None:
    monitor = place.start("monitor")
    try:
        until(lambda: holder_pid(server_url) == monitor.pid)
        until(lambda: len(times(direct, "shop")) >= 2)
        proxy.stall(kind, new=new)
        time.sleep(1.5)  # until the writer waits for the server
        monitor.send_signal(signal.SIGTERM)
        begun = fair_time()
        monitor.wait(30)
        assert fair_time() - begun < ENDS_WITHIN
        told = "of its results could not be stored" in logged(place)
        assert monitor.returncode == (74 if told else 0)
        assert told or lost(direct, platform) <= 2
        assert "Traceback" not in logged(place)
    finally:
        end(monitor)


def test_a_monitor_beside_another_one_takes_over_although_its_connections_stalled(
    place: ServerPlace, server_url: str, direct: Store, proxy: StallingProxy, platform: Platform, tmp_path: Path
) -> None:
    with beside_another(place, server_url, platform, tmp_path) as (first, second):
        proxy.stall(Stall.SWALLOWED)
        first.kill()
        until(lambda: holder_pid(server_url) == second.pid, BACK_WITHIN)
        moment = SystemClock().now()
        until(
            lambda: all(max(times(direct, each), default=moment) > moment for each in ("shop", "wiki")),
            BACK_WITHIN,
        )
        end(second)
        assert second.returncode == 0


def test_a_monitor_beside_another_one_ends_although_its_connections_stall(
    place: ServerPlace, server_url: str, proxy: StallingProxy, platform: Platform, tmp_path: Path
) -> None:
    with beside_another(place, server_url, platform, tmp_path) as (_, second):
        proxy.stall(Stall.SWALLOWED, new=True)
        time.sleep(1.5)  # until it waits for the server
        begun = fair_time()
        second.send_signal(signal.SIGTERM)
        second.wait(30)
        assert fair_time() - begun < ENDS_WITHIN
        assert "Traceback" not in logged(place)


@contextmanager
def beside_another(
    place: ServerPlace, url: str, platform: Platform, folder: Path
) -> Iterator[tuple[subprocess.Popen[str], subprocess.Popen[str]]]:
    """A monitor that evaluates, straight on the server, and one that shares the probing with it, through the proxy."""
    direct = ServerPlace(folder / "direct", url, shop=platform.url, wiki=platform.url)
    first, second = direct.start("monitor"), None
    try:
        until(lambda: holder_pid(url) == first.pid)
        second = place.start("monitor")
        until(lambda: "shares its probing" in logged(place))
        yield first, second
    finally:
        for process in (first, second):
            if process is not None:
                end(process)
