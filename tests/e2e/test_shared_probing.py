"""Two monitors on one PostgreSQL database share the probing: what one has measured is never lost by the other's end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, make_url, text
from support.platform import Platform, serving
from support.programs import ServerPlace, end, holder_pid, until
from support.stalling_proxy import stalling_proxy
from support.stores import new_schema, server_url

__all__ = ["new_schema", "server_url"]
pytestmark = [pytest.mark.pty, pytest.mark.postgres]
SPAN = text("SELECT coalesce(extract(epoch FROM max(timestamp) - min(timestamp)), 0) FROM relayed_results")


@pytest.fixture
def place(tmp_path: Path, server_url: str) -> Iterator[ServerPlace]:
    with serving() as platform:
        yield ServerPlace(tmp_path, server_url, **{f"s{index}": f"{platform.url}/s{index}" for index in range(12)})


@pytest.fixture
def server(server_url: str) -> Iterator[Engine]:
    engine = create_engine(server_url)
    yield engine
    engine.dispose()


def rows(server: Engine, query: str) -> set[tuple[object, ...]]:
    with server.connect() as connection:
        return {tuple(row) for row in connection.execute(text(query))}


def test_results_that_wait_for_a_locked_database_outlive_the_monitor_that_evaluates(
    place: ServerPlace, server: Engine
) -> None:
    first, second = place.start("monitor"), None
    try:
        until(lambda: holder_pid(place.url) == first.pid)
        second = place.start("monitor")
        until(lambda: rows(server, f"SELECT 1 FROM probe_slots WHERE holder LIKE '%:{second.pid}:%'"))
        with server.connect() as lock:
            lock.execute(text("SELECT number FROM store_meta WHERE key = 'commits' FOR UPDATE"))

            def waited() -> bool:
                with server.connect() as connection:
                    return bool(connection.execute(SPAN).scalar_one() > 8)

            until(waited, 30)
            first.kill()
            first.wait(60)
            handed_in = rows(server, "SELECT service_name, timestamp FROM relayed_results")
        until(lambda: holder_pid(place.url) == second.pid, 15)
        until(lambda: handed_in <= rows(server, "SELECT service_name, timestamp FROM monitoring_logs"), 15)
        until(lambda: not rows(server, "SELECT 1 FROM relayed_results"), 15)
    finally:
        for process in (first, second):
            if process is not None:
                end(process)


def test_a_monitor_that_is_told_to_end_while_it_takes_over_ends(place: ServerPlace, server: Engine) -> None:
    first, second = place.start("monitor"), None
    try:
        until(lambda: holder_pid(place.url) == first.pid)
        second = place.start("monitor")
        until(lambda: rows(server, f"SELECT 1 FROM probe_slots WHERE holder LIKE '%:{second.pid}:%'"))
        first.terminate()
        until(lambda: holder_pid(place.url) == second.pid)
        second.terminate()
        assert second.wait(60) == 0
        assert holder_pid(place.url) is None
    finally:
        for process in (first, second):
            if process is not None:
                end(process)


def test_a_survivor_keeps_the_pace_of_both_over_a_slow_network(tmp_path: Path, server_url: str, server: Engine) -> None:
    """Each claim alone would take some 0.3 s on this network: three a second, where thirty are due."""
    address = make_url(server_url)
    with (
        serving() as platform,
        stalling_proxy(address.host or "127.0.0.1", address.port or 5432, delay=0.03) as network,
    ):
        services = {f"s{index}": f"{platform.url}/s{index}" for index in range(30)}
        paths = [f"/{name}" for name in services]
        through = address.set(host="127.0.0.1", port=network.port).render_as_string(hide_password=False)
        near = ServerPlace(tmp_path / "near", server_url, **services)
        far = ServerPlace(tmp_path / "far", through, **services)
        first, second = near.start("monitor"), None
        try:
            until(lambda: holder_pid(server_url) == first.pid)
            second = far.start("monitor")
            until(lambda: rows(server, f"SELECT 1 FROM probe_slots WHERE holder LIKE '%:{second.pid}:%'"))
            first.kill()
            until(lambda: holder_pid(server_url) == second.pid)
            wait_for_each(platform, paths, 3)
        finally:
            for process in (first, second):
                if process is not None:
                    end(process)


def wait_for_each(platform: Platform, paths: list[str], times: int) -> None:
    """Wait until each path was asked for so often from now on. One claim at a time would take half a minute for it."""
    asked = platform.asked.copy()
    until(lambda: all(platform.asked[path] - asked[path] >= times for path in paths), 25)
