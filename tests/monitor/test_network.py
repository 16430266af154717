"""A machine without network: one alert with followers, and the canaries."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.monitored import Monitored, monitored

from amt_console.alerts import consequences
from amt_console.clock import SystemClock
from amt_console.model import (
    NETWORK_SUBJECT,
    AlertState,
    AlertType,
    ErrorClass,
    ProbeResult,
    Service,
    ServiceState,
    Severity,
)
from amt_console.monitor.probing import Collectors
from amt_console.store import Reads
from collectors.database.collector import DatabaseCollector
from collectors.host.collector import HostCollector

pytestmark = pytest.mark.slow

NAMES = [f"s{number}" for number in range(7)]


class Network:
    """An HTTP collector whose network can be pulled out."""

    def __init__(self) -> None:
        self.clock = SystemClock()
        self.offline = False
        self.canaries_answer = False
        self.asked: list[str] = []

    async def probe(self, service: Service, *, attempt: int = 1) -> ProbeResult:
        canary = service.name.startswith("canary")
        if canary:
            self.asked.append(service.url)
        fails = not self.canaries_answer if canary else self.offline
        return ProbeResult(
            service=service.name,
            timestamp=self.clock.now(),
            state=ServiceState.DOWN if fails else ServiceState.UP,
            interval=service.interval,
            response_time_ms=None if fails else 1.0,
            error_class=ErrorClass.CONNECT_TIMEOUT if fails else None,
            error="no connection within 3 s" if fails else None,
            attempt=attempt,
        )

    async def aclose(self) -> None:
        """Nothing to release."""


def document(**more: object) -> dict[str, Any]:
    return {"services": [{"name": name, "url": f"http://{name}.example/"} for name in NAMES], **more}


def collectors(network: Network) -> Collectors:
    clock = network.clock
    return Collectors(network, DatabaseCollector(clock=clock), HostCollector(clock=clock))


def all_down(reads: Reads) -> bool:
    return {each.subject for each in reads.alerts.open() if each.state is AlertState.FIRING} >= set(NAMES)


def network_alert(monitor: Monitored, state: AlertState) -> int | None:
    return monitor.episode("network", NETWORK_SUBJECT, state).id


def test_seven_services_that_cannot_be_reached_are_one_alert(tmp_path: Path) -> None:
    network = Network()
    with monitored(tmp_path / "m.db", document(), collectors=collectors(network)) as monitor:
        monitor.wait(lambda reads: set(NAMES) <= set(reads.services.statuses()))
        network.offline = True
        cause = network_alert(monitor, AlertState.FIRING)
        monitor.wait(all_down)
        with monitor.store.read() as reads:
            alerts = reads.alerts.open()
        (offline,) = [each for each in alerts if each.id == cause]
        assert (offline.alert_type, offline.severity) == (AlertType.MONITOR, Severity.CRITICAL)
        assert "perhaps we are offline" in offline.message
        assert consequences(alerts, {}, dict.fromkeys(NAMES, 1.0)) == {
            each.id: cause for each in alerts if each.subject in NAMES
        }
        network.offline = False
        assert network_alert(monitor, AlertState.RECOVERING) == cause


def test_a_canary_that_answers_says_that_it_is_not_us(tmp_path: Path) -> None:
    network = Network()
    network.canaries_answer = True
    canaries = {"urls": ["https://one.example/", "https://two.example/"], "timeout": 1}
    with monitored(tmp_path / "m.db", document(canaries=canaries), collectors=collectors(network)) as monitor:
        monitor.wait(lambda reads: set(NAMES) <= set(reads.services.statuses()))
        assert network.asked == [], "nobody asks them while all is well"
        network.offline = True
        monitor.wait(all_down)
        monitor.wait_status(lambda _: len(network.asked) == 2)
        with monitor.store.read() as reads:
            assert NETWORK_SUBJECT not in {each.subject for each in reads.alerts.open()}


def test_when_the_canaries_fail_too_the_alert_says_so(tmp_path: Path) -> None:
    network = Network()
    canaries = {"urls": ["https://one.example/"], "timeout": 1}
    with monitored(tmp_path / "m.db", document(canaries=canaries), collectors=collectors(network)) as monitor:
        monitor.wait(lambda reads: set(NAMES) <= set(reads.services.statuses()))
        network.offline = True
        alert = monitor.episode("network", NETWORK_SUBJECT, AlertState.FIRING)
        assert "no canary answers" in alert.message
        assert network.asked == ["https://one.example/"]
