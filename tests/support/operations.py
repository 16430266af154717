"""A store with a little history, and the use cases on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from support.stores import lay_out

from amt_console.clock import FakeClock
from amt_console.config import Settings
from amt_console.model import (
    AlertEvent,
    AlertState,
    AlertType,
    Criticality,
    Episode,
    EpisodeChange,
    HostSample,
    ProbeResult,
    Service,
    ServiceState,
    Severity,
)
from amt_console.operations.actor import Actor
from amt_console.operations.local import LocalOperations
from amt_console.store import Store, record

API = Service(
    name="backend-api", url="http://u:secret@127.0.0.1:5000/api/health", criticality=Criticality.CRITICAL, interval=15
)
WEB = Service(name="web-app", url="http://127.0.0.1:5173/", interval=60)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def store_url(tmp_path: Path) -> str:
    lay_out(tmp_path / "monitoring.db")
    return f"sqlite:///{tmp_path / 'monitoring.db'}"


@pytest.fixture
def store(store_url: str, clock: FakeClock) -> Iterator[Store]:
    with Store.open(store_url, clock=clock) as opened:
        yield opened


@pytest.fixture
def operations(store: Store, store_url: str, clock: FakeClock) -> LocalOperations:
    return LocalOperations(
        store=store,
        store_url=store_url,
        settings=Settings(),
        targets=(API, WEB),
        clock=clock,
        actor=Actor(name="ann", uid=1000),
        request_probe=lambda _name: None,
    )


def probe(
    service: Service, at: datetime, state: ServiceState = ServiceState.UP, ms: float | None = 20.0
) -> ProbeResult:
    return ProbeResult(
        service=service.name,
        timestamp=at,
        state=state,
        interval=service.interval,
        response_time_ms=ms if state is not ServiceState.DOWN else None,
        error=None if state is ServiceState.UP else "connection refused by 127.0.0.1:5000",
    )


@pytest.fixture
def feed(store: Store, clock: FakeClock) -> Callable[..., None]:
    """Store one result of each named service now, with a heartbeat."""

    def write(**states: ServiceState) -> None:
        now = clock.now()
        with store.transaction() as writes:
            writes.add_results(
                [
                    probe(service, now, states.get(service.name.replace("-", "_"), ServiceState.UP))
                    for service in (API, WEB)
                ]
            )
            writes.add_host_sample(HostSample(timestamp=now, cpu_usage=12.0, memory_usage=40.0, disk_usage=50.0))
            writes.sign_of_life(host="here", pid=1, started_at=now - timedelta(minutes=5), at=now)

    return write


def episode(
    at: datetime, *, subject: str = "backend-api", severity: Severity = Severity.CRITICAL, **changes: object
) -> Episode:
    values: dict[str, object] = {
        "rule_id": f"service_down/{subject}",
        "subject": subject,
        "alert_type": AlertType.SERVICE_DOWN,
        "severity": severity,
        "message": f"{subject} is down",
        "state": AlertState.FIRING,
        "opened_at": at,
        "fired_at": at,
        **changes,
    }
    return Episode(**values)  # type: ignore[arg-type]


@pytest.fixture
def fire(store: Store, clock: FakeClock) -> Callable[..., int]:
    """Store a firing episode and return its id."""

    def write(**changes: object) -> int:
        new = episode(clock.now(), **changes)
        event = AlertEvent(kind="fired", at=clock.now(), state=new.state, severity=new.severity, message=new.message)
        with store.transaction(durable=True) as writes:
            saved = record(writes, EpisodeChange(new, (event,)))
        assert saved.id is not None
        return saved.id

    return write
