from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from support.rollups import rollup

from amt_console.analysis import AnalysisLimits, ServiceHistory, Window, analyse, window_of
from amt_console.analysis.latency import latency_summary
from amt_console.analysis.series import merged, regroup
from amt_console.clock import SECOND, micros
from amt_console.model import (
    AlertState,
    AlertType,
    Episode,
    Gap,
    GapReason,
    HostRollup,
    LatencyHistogram,
    Rollup,
    ServiceState,
    Severity,
)

UTC_ZONE = ZoneInfo("UTC")
END = datetime(2026, 1, 6, tzinfo=UTC)
DAY = Window(END - timedelta(days=1), END, 300)


def good(start: datetime, ms: float = 50.0, seconds: int = 300) -> Rollup:
    return rollup(start, seconds, samples=5, up=seconds, times=[ms] * 5)


def a_day(ms: float = 50.0, window: Window = DAY) -> list[Rollup]:
    return [good(start, ms) for start in window.starts()]


def host_day(values: list[float]) -> list[HostRollup]:
    return [HostRollup(micros(start), 300 * SECOND, LatencyHistogram.of(values)) for start in DAY.starts()]


def alert(began: datetime, *, took: float | None = None, ended: float | None = None, fired: float = 10) -> Episode:
    return Episode(
        rule_id="service-down",
        subject="api",
        alert_type=AlertType.SERVICE_DOWN,
        severity=Severity.CRITICAL,
        message="down",
        state=AlertState.RESOLVED if ended else AlertState.FIRING,
        opened_at=began,
        id=7,
        fired_at=began + timedelta(seconds=fired),
        acknowledged_at=began + timedelta(seconds=fired + took) if took is not None else None,
        resolved_at=began + timedelta(seconds=ended) if ended is not None else None,
    )


def test_golden_numbers_of_a_bad_day() -> None:
    began = DAY.start + timedelta(hours=10)
    buckets = [rollup(began, 300, samples=5, errors=5, down=300) if b.start == began else b for b in a_day()]
    history = ServiceHistory(
        "api",
        buckets,
        initial=ServiceState.UP,
        changes=[(began, ServiceState.DOWN, "HTTP 503"), (began + timedelta(minutes=5), ServiceState.UP, None)],
        warning_ms=2000,
    )
    found = analyse(
        DAY,
        [history],
        zone=UTC_ZONE,
        episodes=[alert(began, took=60, ended=330), alert(began, ended=30)],
        limits=AnalysisLimits(),
    )
    (service,) = found.services
    assert service.availability.availability_percent == pytest.approx(100 * 287 / 288)
    assert service.latency.error_rate_percent == pytest.approx(100 / 288)
    assert (service.latency.p50_ms, service.latency.within_limit_percent) == (50.0, 100.0)
    (incident,) = found.incidents
    assert (incident.down_s, incident.cause, incident.alert_id) == (300, "HTTP 503", 7)
    assert (found.handling.fired, found.handling.acknowledged, found.handling.mtta_s) == (2, 1, 60.0)
    assert found.handling.mttr_s == pytest.approx(180.0)
    assert found.recommendations == ()


def test_bad_figures_are_recommended_about_with_evidence_and_worst_first() -> None:
    buckets = [
        rollup(start, 300, samples=100, errors=8, up=270, down=30, times=[3000.0] * 20 + [100.0] * 72)
        for start in DAY.starts()
    ]
    host = {"cpu": host_day([88.0, 99.0]), "disk": host_day([85.0])}
    history = ServiceHistory(
        "api", buckets, initial=ServiceState.UP, warning_ms=2000, tls_expires_at=END + timedelta(days=1)
    )
    found = analyse(DAY, [history], zone=UTC_ZONE, host=host, limits=AnalysisLimits())
    rules = [advice.rule for advice in found.recommendations]
    assert rules == ["availability-below-target", "error-rate", "certificate", "slow", "host-cpu", "host-disk"]
    assert all(advice.evidence for advice in found.recommendations)
    ranks = [advice.severity.rank for advice in found.recommendations]
    assert ranks == sorted(ranks, reverse=True)


def test_a_rise_that_equal_hours_of_the_day_before_had_too_is_not_reported() -> None:
    rising = [good(b.start, 50.0 + index) for index, b in enumerate(a_day())]
    before = [replace(b, start_us=b.start_us - 86_400_000_000) for b in rising]
    same = ServiceHistory("api", rising, before, initial=ServiceState.UP)
    new = ServiceHistory("api", rising, a_day(50.0, DAY.previous()), initial=ServiceState.UP)
    assert analyse(DAY, [same], zone=UTC_ZONE, limits=AnalysisLimits()).recommendations == ()
    rules = [advice.rule for advice in analyse(DAY, [new], zone=UTC_ZONE, limits=AnalysisLimits()).recommendations]
    assert rules == ["rising-response-time"]


def test_time_without_buckets_is_unknown_in_the_states_also_without_a_recorded_gap() -> None:
    hole = (DAY.start + timedelta(hours=3), DAY.start + timedelta(hours=4))
    buckets = [b for b in a_day() if not hole[0] <= b.start < hole[1]]
    found = analyse(
        DAY, [ServiceHistory("api", buckets, initial=ServiceState.UP)], zone=UTC_ZONE, limits=AnalysisLimits()
    )
    spans = [(span.start, span.end) for span in found.services[0].spans if span.state is ServiceState.UNKNOWN]
    assert spans == [hole]
    assert found.availability.coverage_percent == pytest.approx(100 * 23 / 24)


def test_a_window_before_that_was_hardly_measured_is_not_compared_with() -> None:
    before = a_day(20.0, DAY.previous())
    hardly = ServiceHistory("api", a_day(60.0), before[:100], initial=ServiceState.UP)
    enough = ServiceHistory("api", a_day(60.0), before[:200], initial=ServiceState.UP)
    found = [analyse(DAY, [history], zone=UTC_ZONE, limits=AnalysisLimits()) for history in (hardly, enough)]
    assert found[0].services[0].hours is None
    assert [advice.rule for advice in found[1].recommendations] == ["slower-than-before"]


def test_a_service_that_was_never_measured_does_not_pull_the_others_down() -> None:
    histories = [ServiceHistory("api", a_day(), initial=ServiceState.UP), ServiceHistory("new")]
    found = analyse(DAY, histories, zone=UTC_ZONE, limits=AnalysisLimits())
    assert found.availability.coverage_percent == 100.0
    assert [advice.rule for advice in found.recommendations] == ["not-measured"]


def test_no_service_and_no_data_are_no_error() -> None:
    assert analyse(DAY, [], zone=UTC_ZONE, limits=AnalysisLimits()).availability.availability_percent is None
    found = analyse(DAY, [ServiceHistory("api")], zone=UTC_ZONE, limits=AnalysisLimits())
    assert found.services[0].latency.error_rate_percent is None
    assert [advice.subject for advice in found.recommendations] == ["monitor"]


def test_gaps_show_in_the_states() -> None:
    gap = Gap(DAY.start + timedelta(minutes=1), DAY.start + timedelta(minutes=3), GapReason.STALLED)
    found = analyse(
        DAY,
        [ServiceHistory("api", a_day(), initial=ServiceState.UP)],
        zone=UTC_ZONE,
        gaps=[gap],
        limits=AnalysisLimits(),
    )
    assert [span.state for span in found.services[0].spans] == [ServiceState.UP, ServiceState.UNKNOWN, ServiceState.UP]


def test_the_slowest_hour_is_the_zone_s() -> None:
    buckets = [good(start, 500.0 if start.hour == 13 else 50.0) for start in DAY.starts()]
    assert latency_summary(buckets, zone=ZoneInfo("UTC")).slowest_hour == (13, 500.0)
    assert latency_summary(buckets, zone=ZoneInfo("Asia/Tokyo")).slowest_hour == (22, 500.0)


@pytest.mark.parametrize(("hours", "step"), [(0.5, 60), (5, 60), (24, 300), (72, 900), (168, 3600), (720, 10800)])
def test_windows_have_steps_that_a_reader_can_make_sense_of(hours: float, step: int) -> None:
    window = window_of(END + timedelta(seconds=1234.5), hours)
    assert len(window.starts()) <= 301
    assert window.start.timestamp() % window.step == 0
    assert window.seconds >= hours * 3600
    assert window.step == step


def test_regrouping_keeps_every_sum() -> None:
    window = Window(DAY.start, DAY.end, 3600)
    grouped = regroup(a_day(), window)
    assert len(grouped) == 24
    assert sum(b.samples for b in grouped) == 288 * 5
    assert sum(b.up_s for b in grouped) == 86400
    assert merged(a_day(), DAY.start, DAY.end).histogram == LatencyHistogram.of([50.0] * 1440)


def test_a_window_needs_a_length() -> None:
    with pytest.raises(ValueError, match="above 0"):
        window_of(END, 0)


def test_the_shortest_window_has_one_step() -> None:
    assert window_of(END, 1e-300).starts() == [END - timedelta(minutes=1)]


WEEK = Window(END - timedelta(days=7), END, 3600)


def test_one_slow_afternoon_of_seven_is_no_daily_pattern() -> None:
    """The usual rhythm makes the hour slow by its own measure, and the one incident makes it slow by the limit."""

    def hour(start: datetime) -> Rollup:
        times = [50.0] * 8 + ([3000.0] if start.day == 3 else [110.0]) * 12
        return rollup(start, 3600, samples=20, up=3600, times=times if start.hour == 14 else [50.0] * 20)

    history = ServiceHistory("api", [hour(start) for start in WEEK.starts()], initial=ServiceState.UP, warning_ms=2000)
    found = analyse(WEEK, [history], zone=UTC_ZONE, limits=AnalysisLimits())
    assert found.services[0].latency.slowest_hour == (14, pytest.approx(110.0, rel=0.01))
    assert found.recommendations == ()


def test_an_hour_that_is_slow_day_after_day_is_told_with_its_usual_value() -> None:
    def hour(start: datetime) -> Rollup:
        slow = start.hour == 14 and start.day != 3
        return rollup(start, 3600, samples=20, up=3600, times=[1500.0 if slow else 50.0] * 20)

    history = ServiceHistory("api", [hour(start) for start in WEEK.starts()], initial=ServiceState.UP, warning_ms=2000)
    (advice,) = analyse(WEEK, [history], zone=UTC_ZONE, limits=AnalysisLimits()).recommendations
    assert (advice.rule, advice.evidence[1]) == ("slow-hour", "slow on 6 of 7 days")


def test_two_days_are_too_few_for_a_daily_pattern() -> None:
    def hour(start: datetime) -> Rollup:
        return rollup(start, 3600, samples=20, up=3600, times=[1500.0 if start.hour == 14 else 50.0] * 20)

    two_days = Window(WEEK.end - timedelta(days=2), WEEK.end, 3600)
    history = ServiceHistory("api", [hour(start) for start in two_days.starts()], initial=ServiceState.UP)
    found = analyse(two_days, [history], zone=UTC_ZONE, limits=AnalysisLimits())
    assert found.services[0].latency.slowest_hour_days == (2, 2)
    assert "slow-hour" not in {advice.rule for advice in found.recommendations}


def outage(name: str, began: datetime, minutes: int, error: str, **more: object) -> ServiceHistory:
    """A day of a service that was down once."""
    ended = began + timedelta(minutes=minutes)
    buckets = [
        rollup(start, 300, samples=5, errors=5, down=300)
        if began <= start < ended
        else rollup(start, 300, samples=5, up=300, times=[50.0] * 5)
        for start in DAY.starts()
    ]
    changes = [(began, ServiceState.DOWN, error), (ended, ServiceState.UP, None)]
    return ServiceHistory(name, buckets, initial=ServiceState.UP, changes=changes, warning_ms=2000, **more)  # type: ignore[arg-type]


def test_advice_is_folded_under_its_cause_and_names_the_error() -> None:
    began = DAY.start + timedelta(hours=10)
    names = [f"endpoint-{number}" for number in range(5)]
    followers = [outage(name, began + timedelta(minutes=5), 35, "HTTP 502", depends_on=("api",)) for name in names]
    histories = [outage("api", began, 40, "connection refused"), *followers]
    (advice,) = analyse(DAY, histories, zone=UTC_ZONE, limits=AnalysisLimits()).recommendations
    assert (advice.rule, advice.subject, advice.followers) == ("availability-below-target", "api", tuple(names))
    assert "error: connection refused" in advice.evidence


def test_an_outage_of_its_own_is_not_folded_under_another_one() -> None:
    began = DAY.start + timedelta(hours=10)
    own = outage("endpoint", began + timedelta(hours=3), 40, "HTTP 500", depends_on=("api",))
    found = analyse(DAY, [outage("api", began, 40, "refused"), own], zone=UTC_ZONE, limits=AnalysisLimits())
    assert [(advice.subject, advice.followers) for advice in found.recommendations] == [("api", ()), ("endpoint", ())]


def test_failures_in_an_outage_are_no_error_rate_beside_it() -> None:
    began = DAY.start + timedelta(hours=10)
    (advice,) = analyse(
        DAY, [outage("api", began, 120, "refused")], zone=UTC_ZONE, limits=AnalysisLimits()
    ).recommendations
    assert advice.rule == "availability-below-target"


def test_a_stopped_monitor_is_one_piece_of_advice_for_all_services() -> None:
    half = [good(start) for start in DAY.starts()[:150]]
    histories = [ServiceHistory(name, half, initial=ServiceState.UP) for name in ("a", "b", "c")]
    (advice,) = analyse(DAY, histories, zone=UTC_ZONE, limits=AnalysisLimits()).recommendations
    assert (advice.rule, advice.subject, advice.followers) == ("low-coverage", "monitor", ("a", "b", "c"))


def test_a_failure_that_re_checks_did_not_confirm_is_no_incident() -> None:
    began = DAY.start + timedelta(hours=10, minutes=1)
    blip = ServiceHistory(
        "api",
        [*a_day()],
        initial=ServiceState.UP,
        changes=[(began, ServiceState.DOWN, "time-out"), (began + timedelta(seconds=1), ServiceState.UP, None)],
    )
    pending = replace(alert(began, ended=1), fired_at=None)
    found = analyse(DAY, [blip], zone=UTC_ZONE, episodes=[pending], limits=AnalysisLimits())
    assert (found.incidents, found.outages, found.services[0].incidents) == ((), (), ())
    (told,) = found.services[0].blips
    assert (told.start, told.down_s, told.cause, told.alert_id) == (began, 1.0, "time-out", None)
    fired = analyse(DAY, [blip], zone=UTC_ZONE, episodes=[alert(began, ended=1)], limits=AnalysisLimits())
    assert [incident.alert_id for incident in fired.incidents] == [7]
    unwatched = analyse(DAY, [blip], zone=UTC_ZONE, limits=AnalysisLimits())
    assert len(unwatched.incidents) == 1, "without any alert about it nobody has re-checked it"


def test_a_start_on_a_step_stays_there_though_hours_are_a_float() -> None:
    since = datetime(2026, 1, 4, 10, 0, tzinfo=UTC)
    for milliseconds in (1, 3, 333, 123_457, 34_567_891):
        end = since + timedelta(hours=24, milliseconds=milliseconds)
        hours = (end + timedelta(microseconds=900) - since).total_seconds() / 3600
        assert window_of(end, hours).start == since
