"""``doctor``: faults of the running monitor are failures."""

from __future__ import annotations

import json
import socket
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from support.certificates import make_certificate, server_context
from support.platform import serving
from support.programs import Place, until

from amt_console.cli.doctor import clock
from amt_console.cli.doctor.check_result import CheckResult, Health
from amt_console.cli.doctor.command import examine
from amt_console.cli.doctor.storage import has_wal_reset_defect
from amt_console.cli.exit_codes import ExitCode
from amt_console.cli.startup.context import Context
from amt_console.clock import SystemClock
from amt_console.config import load_config, targets
from amt_console.model.notifications import DeliveryState, NoticeKind, OutboxEntry
from amt_console.runtime.session import LocalSession
from amt_console.runtime.site import site_of
from amt_console.store import DeliveryMark, Store, mark_messages
from amt_console.store.engines import network_disk
from amt_console.store.engines.network_disk import MountedFileSystem
from amt_console.store.upkeep.time_mender import TimeMender

pytestmark = pytest.mark.slow


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with serving() as running:
        yield Place(tmp_path, web=running.url)


def test_a_monitor_that_cannot_store_is_a_failure(place: Place) -> None:
    settings = load_config(place.config, env={}).settings
    watched = targets(settings, store_url=place.url, env={})
    session = LocalSession(site_of(settings, place.url, watched, SystemClock()))
    with closing(session), closing(sqlite3.connect(place.database, isolation_level=None, timeout=5)) as intruder:
        until(lambda: session.operations.snapshot().monitor.last_cycle_at is not None)
        assert _told(place) == []
        intruder.execute("BEGIN IMMEDIATE")
        until(lambda: "was locked by another program" in "".join(session.operations.snapshot().faults))
        # Alerts that could not be stored follow: a busy host has some of its own.
        found, *_ = _told(place)
        assert "was locked by another program" in found.message
        assert found.mend
        intruder.execute("ROLLBACK")
        until(lambda: session.operations.snapshot().faults == ())


def found_by(command: Callable[..., Any], name: str, *arguments: str) -> list[dict[str, Any]]:
    return [each for each in json.loads(command("doctor", "--json", *arguments).out) if each["name"] == name]


def test_a_database_on_a_network_disk_is_a_failure(
    command: Callable[..., Any], database: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    (fine,) = found_by(command, "file system")
    assert fine["health"] == "ok"
    table = [MountedFileSystem(Path("/"), "ext4", "disk"), MountedFileSystem(database.parent, "nfs4", "server:/home")]
    monkeypatch.setattr(network_disk, "mounts", lambda: table)
    (broken,) = found_by(command, "file system")
    assert broken["health"] == "failed"
    assert "nfs4 (server:/home at" in broken["message"]
    assert f"amt-console db copy {database}" in broken["mend"]
    refused = command("monitor", "--once")
    assert refused.code == ExitCode.UNAVAILABLE
    assert "lies on a network file system" in refused.err
    accepted = f"sqlite:///{database}?network=allowed"
    (warned,) = found_by(command, "file system", "--db", accepted)
    assert warned["health"] == "warning"
    assert command("monitor", "--once", "--db", accepted).code in (0, 1, 2)
    shown = json.loads(command("status", "--json").out)
    (own,) = [each for each in shown["services"] if each["name"] == "monitoring-db"]
    assert own["state"] == "up"


def test_rows_without_a_readable_time_are_told_of(command: Callable[..., Any], database: Path, store: Store) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute(
            "INSERT INTO monitoring_logs (timestamp, service_name, status) VALUES ('garbage', 'theirs', 'up')"
        )
        connection.commit()
    assert not TimeMender(store).step()
    told = [each for each in found_by(command, "database") if each["health"] == "warning"]
    (found,) = [each for each in told if "readable time" in each["message"]]
    assert "monitoring_logs" in found["message"]
    assert "YYYY-MM-DD HH:MM:SS" in found["mend"]


def _told(place: Place) -> list[CheckResult]:
    found = examine(Context(config=place.config, db=place.url))
    return [finding for finding in found if finding.name == "monitor" and finding.health is Health.FAILED]


@pytest.mark.parametrize(
    ("version", "defect"),
    [((3, 6, 23), False), ((3, 7, 0), True), ((3, 40, 1), True), ((3, 44, 5), True), ((3, 44, 6), False),
     ((3, 45, 0), True), ((3, 50, 6), True), ((3, 50, 7), False), ((3, 51, 2), True), ((3, 51, 3), False),
     ((3, 53, 0), False)],
)  # fmt: skip
def test_versions_of_sqlite_with_the_wal_reset_defect(version: tuple[int, int, int], defect: bool) -> None:
    assert has_wal_reset_defect(version) is defect


def configured(home: Path, **tables: object) -> str:
    path = home / "doctor.json"
    path.write_text(json.dumps(tables))
    path.chmod(0o600)
    return str(path)


def test_a_taken_port_of_the_api_is_a_failure(command: Callable[..., Any], home: Path, store: Store) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        path = configured(home, api={"enabled": True, "port": port})
        (found,) = found_by(command, "api", "--config", path)
    assert (found["health"], f"127.0.0.1 port {port}" in found["message"]) == ("failed", True)
    assert "[api] port" in found["mend"]


@pytest.mark.parametrize(("days", "health"), [(-1, "failed"), (3, "warning"), (90, "ok")])
def test_the_certificate_of_the_api(
    command: Callable[..., Any], home: Path, store: Store, days: int, health: str
) -> None:
    server_context(home, (make_certificate(ends=timedelta(days=days)),))
    tls = {"tls_certificate": str(home / "chain.pem"), "tls_key": str(home / "key.pem")}
    found = found_by(command, "api", "--config", configured(home, api={"enabled": True, **tls}))
    assert [each["health"] for each in found if "certificate" in each["message"]] == [health]


def test_a_channel_whose_newest_message_was_given_up_is_named(
    command: Callable[..., Any], home: Path, store: Store
) -> None:
    now = SystemClock().now()
    entry = OutboxEntry(
        channel="ops", receiver="ops", kind=NoticeKind.TEST, reason="r", created_at=now, text="t", dedup_key="one"
    )
    with store.transaction() as writes:
        writes.queue_once([entry])
        mark_messages(writes, DeliveryMark((1,), DeliveryState.DEAD, now, "clientError", "410 gone"))
    channel = {"name": "ops", "type": "webhook", "url": "https://hooks.example/a-hook"}
    path = configured(home, channels=[channel])
    found = found_by(command, "channels", "--config", path)
    assert [each["mend"] for each in found if "410 gone" in each["message"]] == ["amt-console notify test ops"]


@pytest.mark.parametrize(
    ("kept", "ahead", "health", "words"),
    [
        (True, (), Health.OK, "a time service keeps it"),
        (False, (0.0, 0.4), Health.OK, "it agrees with the clocks"),
        (False, (), Health.WARNING, "no time service keeps it"),
        (False, (90.0, 91.0, -3600.0), Health.WARNING, "1m 30s ahead of the clocks"),
        (None, (-7200.0,), Health.WARNING, "2h behind the clocks"),
        (None, (), Health.OK, "is unknown"),
    ],
)
def test_what_is_said_of_the_clock(kept: bool | None, ahead: tuple[float, ...], health: Health, words: str) -> None:
    found = clock.judged(kept, ahead)
    assert (found.name, found.health) == ("clock", health)
    assert words in found.message
    assert (found.mend is not None) == (health is not Health.OK)


def test_the_clock_is_compared_with_what_watched_services_say(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    more = ("http://169.254.169.254/", "http://127.0.0.1:1/", "tcp://127.0.0.1:1")
    document: list[Any] = place.document["services"]  # type: ignore[assignment]
    place.write(services=[*document, *({"name": f"service-{url[-2]}", "url": url} for url in more)])
    monkeypatch.setattr(clock, "kept_by_kernel", lambda: False)
    (alone,) = (each for each in place.ask("doctor", "--json") if each["name"] == "clock")
    assert "no watched service tells the time" in alone["message"], "those on this machine have its clock"
    monkeypatch.setattr(clock, "is_loopback", lambda host: False)
    (right,) = (each for each in place.ask("doctor", "--json") if each["name"] == "clock")
    assert (right["health"], right["mend"]) == ("ok", None)
    monkeypatch.setattr(SystemClock, "now", lambda self: datetime.now(UTC) + timedelta(hours=1))
    (ahead,) = (each for each in place.ask("doctor", "--json") if each["name"] == "clock")
    assert (ahead["health"], ahead["message"]) == ("warning", "1h ahead of the clocks of the watched services")
    assert "chrony" in ahead["mend"]


def test_a_kernel_without_the_call_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    assert clock.kept_by_kernel() in (True, False, None)
    monkeypatch.setattr(clock.ctypes, "CDLL", lambda _: object())
    assert clock.kept_by_kernel() is None
