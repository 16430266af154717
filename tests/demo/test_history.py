from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amt_console.clock import FakeClock
from amt_console.config import Settings, targets
from amt_console.demo.history import History, HistoryReport
from amt_console.demo.past_alerts import NOTE, PERSON
from amt_console.demo.past_incidents import PastKind, plan_incidents
from amt_console.demo.past_samples import USUAL_HOST, PastSamples
from amt_console.model import (
    AlertState,
    AlertType,
    Episode,
    FigureKind,
    GapReason,
    ProbeResult,
    Resolution,
    Service,
    ServiceState,
    Severity,
)
from amt_console.store import Store

pytestmark = pytest.mark.slow

END = datetime(2026, 3, 4, 12, 0, 30, tzinfo=UTC)
OWN_DATABASE = "sqlite:////demo.db"
NAMES = [target.name for target in targets(Settings(), store_url=OWN_DATABASE)]


def history(days: float, *, seed: int = 5, end: datetime = END) -> History:
    settings = Settings()
    return History(settings=settings, targets=targets(settings, store_url=OWN_DATABASE), seed=seed, days=days, end=end)


def open_store(folder: Path, clock: FakeClock) -> Store:
    return Store.open(f"sqlite:///{folder}/demo.db", clock=clock)


@dataclass(frozen=True)
class Written:
    """A day of history in a store."""

    history: History
    store: Store
    report: HistoryReport
    told: list[tuple[str, int, int]]

    def incident(self, kind: PastKind) -> tuple[datetime, datetime]:
        found = next(incident for incident in self.history.incidents if incident.kind is kind)
        return found.start, found.end

    def results(self, service: str, start: datetime, end: datetime) -> list[ProbeResult]:
        with self.store.read() as reads:
            return reads.services.results(service=service, start=start, end=end, limit=10_000, newest_first=False)

    def episode(self, rule: str, subject: str) -> Episode:
        with self.store.read() as reads:
            found = reads.alerts.episodes(start=self.history.start, end=self.history.end, subject=subject, limit=100)
        matching = [episode for episode in found if episode.rule_id == rule]
        assert len(matching) == 1
        return matching[0]


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Written]:
    clock = FakeClock(END)
    told: list[tuple[str, int, int]] = []
    with open_store(tmp_path_factory.mktemp("day"), clock) as store:
        past = history(1)
        report = past.write(store, clock=clock, progress=lambda *progress: told.append(progress))
        yield Written(past, store, report, told)


def test_every_service_is_probed_every_minute_until_just_before_the_present(day: Written) -> None:
    for name in NAMES:
        scheduled = [result for result in day.results(name, day.history.start, END) if result.attempt == 1]
        assert len(scheduled) == 24 * 60
        assert timedelta(0) < END - scheduled[-1].timestamp < timedelta(seconds=95)
        assert {result.interval for result in scheduled} == {60.0}
    assert day.report.results >= len(NAMES) * 24 * 60
    assert day.report.host_samples == 24 * 60
    assert not day.report.skipped


def test_the_demos_own_database_has_a_past_too(day: Written) -> None:
    results = day.results("monitoring-db", day.history.start, END)
    assert len(results) == 24 * 60
    assert {result.state for result in results} == {ServiceState.UP}
    assert all(0 < (result.response_time_ms or 0) < 10 for result in results)


def test_everything_is_marked_as_simulated(day: Written) -> None:
    with day.store.read() as reads:
        simulated_until = reads.monitor.simulated_until()
        newest = reads.services.results(service=None, start=day.history.start, end=END, limit=1)[0]
        assert simulated_until == newest.timestamp
        assert all(episode.simulated for episode in reads.alerts.episodes(start=day.history.start, end=END, limit=500))
        assert {figures.simulated for figures in reads.figures.newest().values()} == {True}
        assert set(reads.figures.newest()) == set(FigureKind)


def test_the_api_outage_is_as_an_engine_would_have_written_it(day: Written) -> None:
    start, end = day.incident(PastKind.API_DOWN)
    assert end - start == timedelta(minutes=6)
    results = day.results("backend-api", start, end)
    assert {result.state for result in results} == {ServiceState.DOWN}
    assert [result.attempt for result in results] == [1, 2, 3, 1, 1, 1, 1, 1]
    assert results[-1].response_time_ms is None
    assert {result.state for result in day.results("web-app", start, end)} == {ServiceState.UP}

    episode = day.episode("service_down", "backend-api")
    assert (episode.severity, episode.state) == (Severity.CRITICAL, AlertState.RESOLVED)
    assert (episode.alert_type, episode.resolution) == (AlertType.SERVICE_DOWN, Resolution.RECOVERED)
    assert episode.opened_at == results[0].timestamp
    assert episode.fired_at == results[2].timestamp
    assert episode.resolved_at is not None
    assert end <= episode.resolved_at < end + timedelta(minutes=3)
    assert episode.id is not None
    with day.store.read() as reads:
        events = reads.alerts.events(episode.id)
    assert [event.kind for event in events] == ["opened", "fired", "acknowledged", "recovering", "resolved"]
    assert [event.seq for event in events] == [1, 2, 3, 4, 5]
    assert [event.at for event in events] == sorted(event.at for event in events)


def test_a_person_took_the_outage_with_a_note(day: Written) -> None:
    episode = day.episode("service_down", "backend-api")
    assert (episode.acknowledged_by, episode.note) == (PERSON, NOTE)
    assert episode.fired_at is not None
    assert episode.acknowledged_at == episode.fired_at + timedelta(seconds=95)


def test_what_depends_on_the_api_was_down_too(day: Written) -> None:
    for name in ("api-chat-analytics", "api-plans", "api-dashboard-overview", "api-analytics-revenue"):
        assert day.episode("service_down", name).severity is Severity.CRITICAL


def test_the_api_outage_is_not_told_a_second_time_as_an_error_rate(day: Written) -> None:
    with day.store.read() as reads:
        found = reads.alerts.episodes(start=day.history.start, end=day.history.end, limit=500)
    assert [episode for episode in found if episode.rule_id == "error_rate"] == []


def test_the_slow_chat_is_a_warning_and_never_an_outage(day: Written) -> None:
    start, end = day.incident(PastKind.SLOW_CHAT)
    assert {result.state for result in day.results("api-chat-analytics", start, end)} == {ServiceState.DEGRADED}
    episode = day.episode("response_time", "api-chat-analytics")
    assert (episode.severity, episode.state) == (Severity.WARNING, AlertState.RESOLVED)


def test_the_cpu_spike_fired(day: Written) -> None:
    start, end = day.incident(PastKind.CPU_SPIKE)
    with day.store.read() as reads:
        spike = [sample.cpu_usage for sample in reads.host.samples(start, end)]
        before = [sample.cpu_usage for sample in reads.host.samples(start - timedelta(hours=1), start)]
    assert min(usage for usage in spike if usage is not None) > 80 > max(usage or 0 for usage in before)
    assert day.episode("cpu_usage", "cpu").fired_at is not None


def test_a_single_failed_probe_was_cleared_without_firing(day: Written) -> None:
    episode = day.episode("service_down", "mobile-app")
    assert (episode.fired_at, episode.resolution) == (None, Resolution.CLEARED)


def test_nothing_is_open_at_the_end(day: Written) -> None:
    with day.store.read() as reads:
        assert reads.alerts.open() == []
        assert {status.state for status in reads.services.statuses().values()} == {ServiceState.UP}


def test_answers_take_longer_when_the_platform_is_busy(day: Written) -> None:
    def mean(hour: int) -> float:
        start = day.history.start.replace(hour=0, minute=0) + timedelta(hours=hour)
        times = [result.response_time_ms or 0 for result in day.results("web-app", start, start + timedelta(hours=1))]
        return sum(times) / len(times)

    assert mean(15) > 1.2 * mean(27)


def test_figures_are_read_like_real_answers_and_fit_together(day: Written) -> None:
    with day.store.read() as reads:
        mrr = reads.figures.history(FigureKind.REVENUE, "mrr", day.history.start, END)
        arr = reads.figures.history(FigureKind.REVENUE, "arr", day.history.start, END)
    assert len(mrr) == len(arr) >= 47
    assert all(year == pytest.approx(12 * month) for (_, month), (_, year) in zip(mrr, arr, strict=True))


def test_progress_is_told_to_the_end(day: Written) -> None:
    assert [done for _, done, _ in day.told] == [360, 720, 1080, 1440]
    assert {total for _, _, total in day.told} == {1440}


def test_a_stretch_that_has_data_is_not_written_again(day: Written) -> None:
    assert history(1).write(day.store, clock=FakeClock(END)) == HistoryReport(skipped=True)


def test_no_days_are_no_history(tmp_path: Path) -> None:
    clock = FakeClock(END)
    with open_store(tmp_path, clock) as store:
        assert history(0).write(store, clock=clock) == HistoryReport()


def test_the_same_seed_and_end_give_the_same_past(tmp_path: Path) -> None:
    def written(folder: str, seed: int) -> tuple[list[ProbeResult], list[float | None], list[datetime]]:
        (tmp_path / folder).mkdir()
        clock = FakeClock(END)
        with open_store(tmp_path / folder, clock) as store:
            past = history(0.05, seed=seed)
            past.write(store, clock=clock)
            with store.read() as reads:
                results = reads.services.results(service=None, start=past.start, end=END, limit=10_000)
                host = [sample.cpu_usage for sample in reads.host.samples(past.start, END)]
                return results, host, [figures.timestamp for figures in reads.figures.newest().values()]

    assert written("one", 3) == written("two", 3)
    assert written("three", 4) != written("one again", 3)


def test_it_can_be_stopped_and_what_was_committed_stays(tmp_path: Path) -> None:
    clock = FakeClock(END)
    told: list[int] = []
    with open_store(tmp_path, clock) as store:
        past = history(30)
        report = past.write(store, clock=clock, progress=lambda _, done, __: told.append(done), stop=lambda: bool(told))
        assert told == [360]
        with store.read() as reads:
            newest = reads.services.results(service=None, start=past.start, end=END, limit=1)[0]
    assert past.start < newest.timestamp < past.start + timedelta(hours=6)
    assert report.results >= 360 * len(NAMES)


def test_a_slow_machine_leaves_a_recorded_gap(tmp_path: Path) -> None:
    clock = FakeClock(END)
    with open_store(tmp_path, clock) as store:
        past = history(0.01)
        clock.advance(300)
        past.write(store, clock=clock)
        with store.read() as reads:
            gaps = reads.monitor.gaps(past.start, clock.now())
    assert [(gap.started_at, gap.ended_at, gap.reason) for gap in gaps] == [(past.end, clock.now(), GapReason.STOPPED)]


def test_the_past_of_the_disks_leads_to_the_present() -> None:
    services = [target for target in targets(Settings()) if isinstance(target, Service)]
    samples = PastSamples(seed=1, services=services, incidents=(), end=END)
    old, new = samples.host_sample(END - timedelta(days=7)), samples.host_sample(END)
    assert new.disk_usage == USUAL_HOST.disk_usage
    assert old.disk_usage is not None
    assert new.disk_usage is not None
    assert old.disk_usage < new.disk_usage


@given(st.integers(0, 2**31), st.integers(1, 90), st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1)))  # noqa: DTZ001
def test_incidents_lie_within_the_stretch_and_leave_its_end_alone(seed: int, days: int, naive: datetime) -> None:
    end = naive.replace(tzinfo=UTC)
    start = end - timedelta(days=days)
    incidents = plan_incidents(seed, start, end)
    assert {incident.kind for incident in incidents} == set(PastKind)
    assert all(start < incident.start < incident.end < end - timedelta(hours=2) for incident in incidents)
