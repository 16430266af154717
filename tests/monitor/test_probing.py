"""One probe: the deadline that a collector cannot overrun, and the figures in an answer."""

from __future__ import annotations

import asyncio

import pytest

from amt_console.clock import FakeClock, SystemClock
from amt_console.model import (
    BusinessFigures,
    Database,
    ErrorClass,
    Figure,
    FigureKind,
    FigureSource,
    FigureSources,
    ProbeResult,
    Service,
    ServiceState,
)
from amt_console.monitor import probing
from amt_console.monitor.probing import FigureReader, Prober, within_interval, worth_a_recheck

REVENUE = Service(
    name="revenue", url="http://127.0.0.1:1/", interval=60.0, figures=FigureKind.REVENUE, down_above_ms=3000.0
)


class Endless:
    """A collector that never comes back."""

    def __init__(self) -> None:
        self.closed = False

    async def probe(self, target: object, *, attempt: int = 1) -> ProbeResult:
        await asyncio.Event().wait()
        raise AssertionError("unreachable")

    async def aclose(self) -> None:
        self.closed = True


async def test_a_collector_that_overruns_its_deadline_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probing, "DEADLINE_GRACE", 0.01)
    endless = Endless()
    prober = Prober(http=endless, database=endless, clock=SystemClock())
    service = Service(name="web", url="http://127.0.0.1:1/", interval=1.0, timeout=0.01)
    database = Database(name="db", url="sqlite://", interval=1.0, timeout=0.01)
    for target in (service, database):
        result = await asyncio.wait_for(prober.probe(target, attempt=2), 60)
        assert (result.state, result.error_class) == (ServiceState.UNKNOWN, ErrorClass.LOCAL_ERROR)
        assert (result.service, result.attempt, result.interval) == (target.name, 2, 1.0)
    await prober.aclose()
    assert endless.closed


async def test_a_cancelled_probe_is_cancelled() -> None:
    endless = Endless()
    probe = asyncio.create_task(Prober(http=endless, database=endless, clock=SystemClock()).probe(REVENUE))
    await asyncio.sleep(0)
    probe.cancel()
    with pytest.raises(asyncio.CancelledError):
        await probe


def test_a_deadline_always_ends_before_the_next_slot() -> None:
    assert within_interval(REVENUE) is REVENUE
    short = within_interval(Service(name="web", url="http://127.0.0.1:1/", interval=5.0, timeout=10.0))
    assert short.timeout == 4.5


def answer(body: bytes | None, state: ServiceState = ServiceState.UP, response_time_ms: float = 5.0) -> ProbeResult:
    return ProbeResult(
        service="revenue",
        timestamp=FakeClock().now(),
        state=state,
        interval=60.0,
        response_time_ms=response_time_ms,
        body=body,
    )


@pytest.mark.parametrize(
    ("state", "milliseconds", "expected"),
    [
        (ServiceState.UP, 5.0, False),
        (ServiceState.DEGRADED, 2999.0, False),
        (ServiceState.DEGRADED, 3001.0, True),
        (ServiceState.DOWN, 5.0, True),
        (ServiceState.UNKNOWN, 5.0, False),
    ],
)
def test_what_people_are_called_for_is_confirmed_within_seconds(
    state: ServiceState, milliseconds: float, expected: bool
) -> None:
    assert worth_a_recheck(REVENUE, answer(None, state, milliseconds)) is expected


async def test_unchanged_figures_are_stored_once_per_interval_and_changed_ones_at_once() -> None:
    clock = FakeClock()
    reader = FigureReader(
        clock=clock, sources=FigureSources(by_kind={FigureKind.REVENUE: {"mrr": FigureSource("mrr")}})
    )
    first = await reader.read(REVENUE, answer(b'{"mrr": 10}'))
    assert first is not None
    assert first.figures["mrr"].value == 10.0
    clock.advance(5)
    assert await reader.read(REVENUE, answer(b'{"mrr": 10}')) is None
    assert await reader.read(REVENUE, answer(b'{"mrr": 11}')) is not None
    clock.advance(59)
    assert await reader.read(REVENUE, answer(b'{"mrr": 11}')) is not None


async def test_a_figure_is_held_against_what_it_was_before_until_it_is_read_otherwise() -> None:
    before = BusinessFigures(FigureKind.REVENUE, FakeClock().now(), {"churn_rate": Figure(2.75, unit="percent")})
    reader = FigureReader(clock=FakeClock(), sources=FigureSources(), known=[before])
    for body in (b'{"churn_rate": 0.0275}', b'{"churn_rate": 0.0280}'):
        read = await reader.read(REVENUE, answer(body))
        assert read is not None
        assert "after 2.75" in (read.figures["churn_rate"].suspect or "")
    fraction = FigureSource(unit="fraction")
    reader.configure(FigureSources(by_kind={FigureKind.REVENUE: {"churn_rate": fraction}}))
    read = await reader.read(REVENUE, answer(b'{"churn_rate": 0.0275}'))
    assert read is not None
    assert read.figures["churn_rate"] == Figure(2.75, unit="percent")


async def test_failed_probes_and_other_services_have_no_figures() -> None:
    reader = FigureReader(clock=FakeClock(), sources=FigureSources())
    assert await reader.read(REVENUE, answer(b"{}", ServiceState.DOWN)) is None
    assert await reader.read(REVENUE, answer(None)) is None
    plain = Service(name="web", url="http://127.0.0.1:1/")
    assert await reader.read(plain, answer(b"{}")) is None
    assert await reader.read(Database(name="db", url="sqlite://"), answer(b"{}")) is None
