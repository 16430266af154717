"""Few stored host rows from many quick samples."""

from __future__ import annotations

from amt_console.clock import FakeClock
from amt_console.model import HostSample, NetworkRates
from amt_console.monitor.watches.hosts import STORE_EVERY, HostAverager, average


def sample(clock: FakeClock, cpu: float | None, *, sent: float | None = None) -> HostSample:
    network = None if sent is None else NetworkRates(sent_bytes=sent, received_bytes=0.0, errors=0.0, drops=0.0)
    return HostSample(timestamp=clock.now(), cpu_usage=cpu, memory_usage=50.0, disk_usage=40.0, network=network)


def test_rates_are_averaged_and_unreadable_stays_unreadable() -> None:
    clock = FakeClock()
    mean = average([sample(clock, None), sample(clock, 10.0, sent=100.0), sample(clock, 30.0, sent=300.0)])
    assert mean.cpu_usage == 20.0
    assert mean.network is not None
    assert mean.network.sent_bytes == 200.0
    assert average([sample(clock, None)]).cpu_usage is None


def test_the_first_known_figure_is_given_at_once_and_then_one_in_ten_seconds() -> None:
    clock = FakeClock()
    averager = HostAverager()
    given: list[float] = []
    cpu: list[float | None] = []
    for second in range(0, 61, 2):
        averaged = averager.add(sample(clock, None if second == 0 else float(second)), now=clock.monotonic())
        if averaged is not None:
            given.append(second)
            cpu.append(averaged.cpu_usage)
        clock.advance(2)
    assert given == [2, 12, 22, 32, 42, 52]
    assert cpu[0] == 2.0
    assert cpu[1] == (4 + 6 + 8 + 10 + 12) / 5
    assert STORE_EVERY == 10.0


def test_a_host_without_a_cpu_figure_is_stored_all_the_same() -> None:
    clock = FakeClock()
    averager = HostAverager()
    rows = 0
    for _ in range(10):
        rows += averager.add(sample(clock, None), now=clock.monotonic()) is not None
        clock.advance(2)
    assert rows >= 2
