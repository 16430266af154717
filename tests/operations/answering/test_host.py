"""The host over a window."""

from __future__ import annotations

from datetime import timedelta

import pytest
from support.recorded import Recorded, minutes

from amt_console.model import DiskUsage, HostSample
from amt_console.model.queries import HostQuery
from amt_console.operations.protocol import InvalidError

pytestmark = pytest.mark.slow


def test_each_metric_in_buckets_up_to_now(recorded: Recorded) -> None:
    recorded.go_on(90)
    found = recorded.ask(HostQuery(hours=1))
    assert found.end == recorded.now
    assert found.bucket_seconds == 60
    assert set(found.metrics) == {
        *("cpu_usage", "memory_usage", "disk_usage", "sent_bytes", "received_bytes", "active_connections")
    }
    memory = found.metrics["memory_usage"]
    assert memory.means == (50.0,) * 61
    assert (memory.mean, memory.high) == (50.0, 50.0)
    cpu = found.metrics["cpu_usage"]
    assert cpu.high == 28.0
    assert cpu.means == cpu.highs
    assert found.disks == ()


def test_few_buckets_first_and_many_then(recorded: Recorded) -> None:
    recorded.go_on(120)
    few, many = (recorded.ask(HostQuery(hours=24, most_buckets=most)) for most in (24, 300))
    assert (few.bucket_seconds, many.bucket_seconds) == (3600, 300)
    course = few.metrics["active_connections"]
    assert len(course.means) == 25
    assert course.means[:20] == (None,) * 20
    assert course.means[-2] == pytest.approx(32.0)
    assert course.highs[-2] == 34.0
    assert few.metrics["cpu_usage"].mean == pytest.approx(many.metrics["cpu_usage"].mean)


def test_time_without_samples_is_empty(recorded: Recorded) -> None:
    recorded.go_on(10)
    recorded.gap(20)
    recorded.go_on(10)
    means = recorded.ask(HostQuery(hours=1)).metrics["cpu_usage"].means
    assert means[-1] is not None
    assert means[-20:-11] == (None,) * 9


def test_a_disk_that_fills_within_a_day_is_told_with_the_reason(recorded: Recorded) -> None:
    with recorded.store.transaction() as writes:
        for hour in range(25 * 6):
            used = 70.0 + hour / 6
            disks = (
                DiskUsage("/data\x1b[2J", "/dev/sdb1", "ext4", 1000, round(10 * used), used),
                DiskUsage("/", "/dev/sda1", "ext4", 2000, 500, 25.0),
            )
            writes.add_host_sample(HostSample(recorded.now + timedelta(minutes=10 * hour), 1.0, 1.0, used, disks=disks))
    recorded.clock.advance(25 * 3600 - 600)
    data, root = recorded.ask(HostQuery(hours=24, disks=True)).disks
    assert data.mount == "/data␛[2J"
    assert (data.percent, data.total_bytes, data.free_bytes) == (pytest.approx(94.83, abs=0.01), 1000, 52)
    assert data.full_at is not None
    assert timedelta(hours=4) < data.full_at - recorded.now < timedelta(hours=7)
    assert "points an hour" in data.reason
    assert (root.mount, root.full_at) == ("/", None)
    assert "a full disk is foretold from 70 % on" in root.reason


def test_a_disk_that_fills_slowly_is_told_by_the_whole_window(recorded: Recorded) -> None:
    with recorded.store.transaction() as writes:
        for hour in range(24 * 20):
            used = 60.0 + hour / 24
            disks = (DiskUsage("/data", "/dev/sdb1", "ext4", 1000, round(10 * used), used),)
            writes.add_host_sample(HostSample(recorded.now + timedelta(hours=hour), 1.0, 1.0, used, disks=disks))
    recorded.clock.advance(20 * 86_400 - 3600)
    (data,) = recorded.ask(HostQuery(hours=480, disks=True)).disks
    assert data.full_at is not None
    assert timedelta(days=18) < data.full_at - recorded.now < timedelta(days=22)
    assert data.reason.startswith("80.0 % used, growing 1.00 points a day over the last")


def test_coarser_buckets_where_the_finer_ones_are_deleted(recorded: Recorded) -> None:
    from sqlalchemy import text

    recorded.go_on(30)
    with recorded.store.transaction() as writes:
        writes._connection.execute(text("DELETE FROM host_rollups WHERE resolution = 60"))
    found = recorded.ask(HostQuery(hours=1))
    assert found.bucket_seconds == 300
    assert found.metrics["memory_usage"].mean == 50.0


def test_before_the_first_sample_there_is_nothing(recorded: Recorded) -> None:
    found = recorded.ask(HostQuery(disks=True))
    assert (found.metrics, found.disks) == ({}, ())
    assert found.end - found.start >= minutes(60)


@pytest.mark.parametrize("hours", [0, -1, 1e9, float("nan")])
def test_a_window_without_a_usable_length_is_refused(recorded: Recorded, hours: float) -> None:
    with pytest.raises(InvalidError, match="window"):
        recorded.ask(HostQuery(hours=hours))
