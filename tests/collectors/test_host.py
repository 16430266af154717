from __future__ import annotations

import os
import resource
import time
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amt_console.clock import FakeClock, SystemClock
from collectors.host.collector import HostCollector
from collectors.host.counters import TrafficReading, cpu_percent, is_loopback, network_rates
from collectors.host.disks import real_disks


@dataclass(frozen=True)
class FakeMount:
    device: str
    mountpoint: str
    fstype: str


@dataclass(frozen=True)
class FakeTraffic:
    bytes_sent: int = 0
    bytes_recv: int = 0
    errin: int = 0
    errout: int = 0
    dropin: int = 0
    dropout: int = 0


def burn(cpu_seconds: float) -> None:
    """Keep one core busy until this process has used so much more CPU time."""
    end = time.process_time() + cpu_seconds
    while time.process_time() < end:
        pass


class CpuTimes:
    """Stands in for psutil's counters, in seconds of all cores."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.user = self.idle = 1000.0
        monkeypatch.setattr(psutil, "cpu_times", lambda: self)

    def spend(self, user: float, idle: float) -> None:
        self.user += user
        self.idle += idle

    def _asdict(self) -> dict[str, float]:
        return {"user": self.user, "idle": self.idle}


def test_the_first_sample_has_a_cpu_figure_or_none_and_never_a_wrong_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    times = CpuTimes(monkeypatch)
    collector = HostCollector(clock=FakeClock())
    assert collector.sample().cpu_usage is None
    times.spend(0.01, 0.02)
    assert collector.sample().cpu_usage is None
    times.spend(0.29, 0.68)
    assert collector.sample().cpu_usage == pytest.approx(30.0)


def test_a_hasty_sample_repeats_the_cpu_figure_and_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    times = CpuTimes(monkeypatch)
    collector = HostCollector(clock=FakeClock())
    times.spend(1.0, 1.0)
    assert collector.sample().cpu_usage == pytest.approx(50.0)
    times.spend(0.05, 0.0)
    assert collector.sample().cpu_usage == pytest.approx(50.0)
    times.spend(0.05, 0.3)
    assert collector.sample().cpu_usage == pytest.approx(25.0)


@pytest.mark.slow
def test_a_collector_that_was_made_a_while_ago_has_a_cpu_figure_at_once() -> None:
    collector = HostCollector(clock=SystemClock())
    burn(0.4)
    usage = collector.sample().cpu_usage
    assert usage is not None
    assert usage > 0


@pytest.mark.slow
def test_two_collectors_do_not_disturb_each_other() -> None:
    one, other = HostCollector(clock=SystemClock()), HostCollector(clock=SystemClock())
    burn(0.4)
    assert other.sample().cpu_usage is not None
    assert one.sample().cpu_usage is not None


def test_every_figure_of_this_host_lies_within_its_bounds() -> None:
    clock = FakeClock()
    collector = HostCollector(clock=clock)
    clock.advance(10)
    sample = collector.sample()
    assert sample.timestamp == clock.now()
    assert sample.memory_usage is not None
    assert 0 < sample.memory_usage <= 100
    assert sample.memory_total_bytes == psutil.virtual_memory().total
    assert sample.network is not None
    assert min(sample.network.sent_bytes, sample.network.received_bytes, sample.network.errors) >= 0
    assert sample.load is not None
    assert sample.swap_usage is None or 0 <= sample.swap_usage <= 100
    assert sample.disk_usage == max((disk.percent for disk in sample.disks), default=None)


def test_open_connections_are_read_from_the_kernels_count(tmp_path: Path) -> None:
    net = tmp_path / "net"
    net.mkdir()
    (net / "snmp").write_text("Ip: A B\nIp: 1 2\nTcp: RtoMin CurrEstab InSegs\nTcp: 200 17 99\nUdp: X\nUdp: 0\n")
    assert HostCollector(clock=FakeClock(), proc=tmp_path).sample().active_connections == 17


def test_unreadable_connections_are_none(tmp_path: Path) -> None:
    (tmp_path / "net").mkdir()
    assert HostCollector(clock=FakeClock(), proc=tmp_path).sample().active_connections is None


def test_a_garbled_count_of_connections_is_none(tmp_path: Path) -> None:
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "snmp").write_text("Tcp: CurrEstab\nTcp: many\n")
    assert HostCollector(clock=FakeClock(), proc=tmp_path).sample().active_connections is None


def test_swap_is_the_used_part_and_none_without_swap(tmp_path: Path) -> None:
    meminfo = tmp_path / "meminfo"
    collector = HostCollector(clock=FakeClock(), proc=tmp_path)
    meminfo.write_text("MemTotal: 100 kB\nSwapTotal: 1000 kB\nSwapFree: 750 kB\n")
    assert collector.sample().swap_usage == 25.0
    meminfo.write_text("SwapTotal: 0 kB\nSwapFree: 0 kB\n")
    assert collector.sample().swap_usage is None


def test_no_file_descriptors_left_gives_missing_figures_not_an_error() -> None:
    collector = HostCollector(clock=SystemClock())
    collector.sample()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest = os.open("/dev/null", os.O_RDONLY)
    os.close(lowest)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, hard))
        sample = collector.sample()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert sample.cpu_usage is None
    assert sample.memory_usage is None
    assert sample.network is None
    assert sample.active_connections is None


def test_only_real_local_disks_count_and_each_once(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    hosts = tmp_path / "hosts"
    hosts.touch()
    mounts = [
        FakeMount("proc", "/proc", "proc"),
        FakeMount("tmpfs", "/dev/shm", "tmpfs"),
        FakeMount("overlay", "/", "overlay"),
        FakeMount("overlay", str(tmp_path), "overlay"),
        FakeMount("/dev/loop1", str(tmp_path), "squashfs"),
        FakeMount("/dev/sr0", str(tmp_path), "iso9660"),
        FakeMount("/dev/sda1", str(hosts), "ext4"),
        FakeMount("/dev/sda1", str(data / ".." / "data"), "ext4"),
        FakeMount("/dev/sda1", str(data), "ext4"),
        FakeMount("server:/export", str(tmp_path), "nfs4"),
        FakeMount("//server/share", str(tmp_path), "cifs"),
        FakeMount("user@server:", str(tmp_path), "fuse.sshfs"),
        FakeMount("/dev/sdb1", str(tmp_path / "gone"), "xfs"),
    ]
    assert [mount.mountpoint for mount in real_disks(mounts)] == ["/", str(data)]


def test_the_worst_disk_is_the_figure_and_all_are_kept() -> None:
    table = [FakeMount("/dev/a", "/", "ext4"), FakeMount("/dev/b", "/tmp", "xfs")]
    sample = HostCollector(clock=FakeClock(), mounts=lambda: table).sample()
    assert [disk.device for disk in sample.disks] == ["/dev/a", "/dev/b"]
    assert sample.disk_usage == max(disk.percent for disk in sample.disks)


def test_a_new_disk_is_seen_within_half_a_minute() -> None:
    clock = FakeClock()
    table: list[FakeMount] = []
    collector = HostCollector(clock=clock, mounts=lambda: table)
    assert collector.sample().disk_usage is None
    table.append(FakeMount("/dev/a", "/", "ext4"))
    clock.advance(31)
    assert collector.sample().disk_usage is not None


def test_traffic_is_a_rate_per_second() -> None:
    before = TrafficReading(10.0, {"eth0": FakeTraffic(1000, 2000, 1, 1, 0, 0)})
    after = TrafficReading(12.0, {"eth0": FakeTraffic(3000, 2500, 2, 2, 4, 2), "new0": FakeTraffic(10**9)})
    rates = network_rates(before, after)
    assert rates is not None
    assert (rates.sent_bytes, rates.received_bytes, rates.errors, rates.drops) == (1000.0, 250.0, 1.0, 3.0)


def test_a_counter_that_ran_backwards_gives_no_rate() -> None:
    old = FakeTraffic(1000, 1000, 1, 1, 1, 1)
    before = TrafficReading(0.0, {"eth0": old, "eth1": FakeTraffic()})
    for field in ("bytes_sent", "bytes_recv", "errin", "errout", "dropin", "dropout"):
        after = TrafficReading(1.0, {"eth0": replace(old, **{field: 0}), "eth1": FakeTraffic(5)})
        assert network_rates(before, after) is None


def test_no_common_interface_gives_no_rate_and_no_interface_at_all_gives_zero() -> None:
    assert network_rates(TrafficReading(0, {"a": FakeTraffic()}), TrafficReading(1, {"b": FakeTraffic()})) is None
    rates = network_rates(TrafficReading(0, {}), TrafficReading(1, {}))
    assert rates is not None
    assert rates.sent_bytes == 0


def test_loopback_is_known_by_its_name() -> None:
    assert [is_loopback(name) for name in ("lo", "lo0", "lowpan0", "eth0", "loop")] == [True, True, False, False, False]


times = st.fixed_dictionaries(
    {name: st.floats(0, 1e9) for name in ("user", "system", "idle", "iowait", "steal", "guest")}
)


@given(times, times)
def test_cpu_is_always_a_percentage_or_none(before: dict[str, float], after: dict[str, float]) -> None:
    percent = cpu_percent(before, after)
    assert percent is None or 0 <= percent <= 100


def test_cpu_counts_waiting_for_disks_as_idle_and_guests_once() -> None:
    zero = dict.fromkeys(("user", "system", "idle", "iowait", "guest"), 0.0)
    after = {"user": 3.0, "system": 1.0, "idle": 5.0, "iowait": 1.0, "guest": 3.0}
    assert cpu_percent(zero, after) == 40.0
    assert cpu_percent(zero, {**zero, "user": 0.01}) is None
