"""What is kept of a first failure beside the answer."""

from __future__ import annotations

import asyncio
import socket
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from support.monitored import monitored
from support.operations import episode
from support.stores import START, laid_out

from amt_console.clock import FakeClock
from amt_console.config import Settings
from amt_console.model import (
    AlertState,
    DiskUsage,
    EpisodeChange,
    ErrorClass,
    HostSample,
    Phases,
    ProbeResult,
    Service,
    ServiceState,
)
from amt_console.model.evidence import Evidence, ProcessUse
from amt_console.monitor.buffer import Collected, EvidenceReading
from amt_console.monitor.recorder import Recorder
from amt_console.monitor.ruleset import build_ruleset
from amt_console.monitor.watches.evidence import EvidenceCollector, evidence_of
from amt_console.operations.evidence_facts import evidence_facts
from amt_console.store import Keyring, Store, record
from amt_console.store.encryption.keyring import DataKey
from collectors.host.processes import busiest_processes

BUSY = (ProcessUse(7, "postgres", 88.5, 12.0),)
RESULT = ProbeResult(
    service="web",
    timestamp=START,
    state=ServiceState.DOWN,
    interval=15.0,
    error_class=ErrorClass.HTTP_STATUS,
    error="got 503",
    phases=Phases(dns_ms=1.5, connect_ms=2.0),
    status_code=503,
    ip="192.0.2.1",
    http_version="HTTP/1.1",
    tls_expires_at=START + timedelta(days=3),
    details={"dns": "192.0.2.1, 192.0.2.2", "tls_version": "TLSv1.3"},
)
HOST = HostSample(
    timestamp=START,
    cpu_usage=97.0,
    memory_usage=40.0,
    disk_usage=99.0,
    disks=(DiskUsage("/", "a", "ext4", 10, 5, 50.0), DiskUsage("/data", "b", "ext4", 10, 9, 99.0)),
    load=(3.5, 2.0, 1.0),
)


class Desk:
    """A collector whose processes are read when the test says so."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.reads = 0
        self.allowed = threading.Event()
        self.readings: list[EvidenceReading] = []
        self.came = asyncio.Event()
        self.collector = EvidenceCollector(clock=self.clock, processes=self._read, host=lambda: HOST, emit=self._emit)

    def _read(self) -> tuple[ProcessUse, ...]:
        self.reads += 1
        assert self.allowed.wait(30)
        return BUSY

    def _emit(self, reading: EvidenceReading) -> None:
        self.readings.append(reading)
        self.came.set()

    async def wait_for(self, number: int) -> None:
        async with asyncio.timeout(30):
            while len(self.readings) < number:
                self.came.clear()
                await self.came.wait()


async def test_the_first_failure_of_each_service_is_kept_with_one_look_at_the_processes() -> None:
    desk = Desk()
    for name in ("web", "api", "db"):
        desk.collector.hear(replace(RESULT, service=name), has_alert=False)
    desk.allowed.set()
    await desk.wait_for(3)
    assert {reading.subject for reading in desk.readings} == {"web", "api", "db"}
    assert {reading.evidence.processes for reading in desk.readings} == {BUSY}
    assert desk.reads == 1
    desk.clock.advance(10)
    desk.collector.hear(RESULT, has_alert=False)
    await desk.wait_for(4)
    assert desk.reads == 2
    await desk.collector.aclose()


@pytest.mark.parametrize(
    ("result", "has_alert"),
    [
        (replace(RESULT, state=ServiceState.UP), False),
        (replace(RESULT, attempt=2), False),
        (replace(RESULT, state=ServiceState.UNKNOWN), False),
        (RESULT, True),
    ],
)
async def test_nothing_else_is_collected(result: ProbeResult, has_alert: bool) -> None:
    desk = Desk()
    desk.allowed.set()
    desk.collector.hear(result, has_alert=has_alert)
    await desk.collector.aclose()
    assert (desk.reads, desk.readings) == (0, [])


async def test_a_stop_does_not_wait_for_the_processes() -> None:
    desk = Desk()
    desk.collector.hear(RESULT, has_alert=False)
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        await desk.collector.aclose()
    desk.allowed.set()
    assert desk.readings == []


def test_evidence_names_what_was_seen() -> None:
    facts = dict(evidence_facts(evidence_of(RESULT, BUSY, HOST)))
    assert facts == {
        "name resolved to": "192.0.2.1, 192.0.2.2",
        "address": "192.0.2.1",
        "answer": "status 503, HTTP/1.1, TLSv1.3",
        "phases": "name 2 ms, connect 2 ms",
        "certificate": "good for 3d",
        "busiest here": "postgres (7) 88.5 % CPU, 12 % memory",
        "host": "CPU 97 %, memory 40 %, load 3.50, /data 99 % full, / 50 % full",
    }


def test_a_result_of_another_location_says_nothing_of_this_host() -> None:
    found = evidence_of(replace(RESULT, location="fra"), BUSY, HOST)
    assert (found.processes, found.cpu_percent, found.disks) == ((), None, ())
    assert found.dns == ("192.0.2.1", "192.0.2.2")


def test_the_busiest_process_is_found() -> None:
    stop = threading.Event()
    spinner = threading.Thread(target=lambda: [None for _ in iter(stop.is_set, True)])
    spinner.start()
    try:
        found = busiest_processes()
    finally:
        stop.set()
        spinner.join()
    assert 1 <= len(found) <= 5
    assert [use.cpu_percent for use in found] == sorted((use.cpu_percent for use in found), reverse=True)


def test_evidence_is_kept_encrypted_and_the_first_stays(tmp_path: Path) -> None:
    url, clock, key = laid_out(tmp_path / "e.db"), FakeClock(), DataKey.new()
    found = evidence_of(RESULT, BUSY, HOST)
    with Store.open(url, clock=clock, keys=Keyring(key)) as store:
        with store.transaction(durable=True) as writes:
            saved = record(writes, EpisodeChange(episode(clock.now()), ()))
            assert saved.id is not None
            writes.keep_evidence(saved.id, found)
            writes.keep_evidence(saved.id, replace(found, dns=()))
        with store.read() as reads:
            assert reads.alerts.evidence(saved.id) == found
            assert reads.alerts.evidence(99) is None
    with Store.open(url, clock=clock, keys=Keyring(DataKey.new())) as store, store.read() as reads:
        assert reads.alerts.evidence(saved.id) is None, "it cannot be read without its key"
    assert b"postgres" not in (tmp_path / "e.db").read_bytes()


@pytest.mark.slow
def test_an_outage_is_kept_with_its_evidence(tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        document = {"services": [{"name": "web", "url": f"http://127.0.0.1:{closed.getsockname()[1]}"}]}
        with monitored(tmp_path / "m.db", document) as watched:
            fired = watched.episode("service_down", "web", AlertState.FIRING)
            found = watched.wait(lambda reads: reads.alerts.evidence(fired.id or 0))
    assert found.address == "127.0.0.1"
    assert found.processes


def test_evidence_that_others_wrote_does_no_harm(tmp_path: Path) -> None:
    assert evidence_facts(Evidence(at=START, dns=("\x1b[2J",), address="a\nb"))[0] == ("name resolved to", "␛[2J")


def test_evidence_is_kept_with_the_outage_of_its_service_alone(tmp_path: Path) -> None:
    clock = FakeClock()
    names = ("web", "api")
    services = [Service(name=name, url="http://127.0.0.1:1/", interval=15.0) for name in names]
    rules = build_ruleset(Settings.model_validate({"web_app_url": "http://x"}), services)
    with Store.open(laid_out(tmp_path / "e.db"), clock=clock, keys=Keyring(DataKey.new())) as store:
        recorder = Recorder(store=store, ruleset=rules, clock=clock)
        down = [replace(RESULT, service=name, timestamp=clock.now()) for name in names]
        slow = replace(RESULT, service="web", timestamp=clock.now(), state=ServiceState.UP, response_time_ms=9000.0)
        recorder.write([Collected(slow, clock.instant())])
        clock.advance(1)
        recorder.write([Collected(replace(each, timestamp=clock.now()), clock.instant()) for each in down])
        recorder.write([EvidenceReading("web", evidence_of(RESULT, BUSY, HOST))])
        with store.read() as reads:
            kept = {
                (episode.alert_type.value, episode.subject): reads.alerts.evidence(episode.id or 0) is not None
                for episode in reads.alerts.open()
            }
    assert kept[("service_down", "web")]
    assert not kept[("service_down", "api")]
    assert [key for key, has in kept.items() if has] == [("service_down", "web")]
