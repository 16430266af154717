"""Whether jobs report as they should."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amt_console.alerts import HeartbeatReading, Verdict, heartbeat_status, heartbeat_view, judge_heartbeat, take_ping
from amt_console.alerts.judging.heartbeats import MOST_RUNS
from amt_console.clock import FakeClock
from amt_console.model import Gap, GapReason, Severity
from amt_console.model.inbound import Heartbeat, HeartbeatRecord, HeartbeatState, Ping, PingKind

T0 = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
HOURLY = Heartbeat("sync", period=3600.0, grace=600.0)
NIGHTLY = Heartbeat("backup", schedule="30 2 * * *", zone=ZoneInfo("Europe/Berlin"), grace=3600.0)


def ping(kind: PingKind = PingKind.SUCCESS, at: datetime = T0, **more: object) -> Ping:
    return Ping("sync", kind, at, **more)  # type: ignore[arg-type]


def after(*pings: Ping) -> HeartbeatRecord:
    record = HeartbeatRecord("sync")
    for each in pings:
        record = take_ping(record, each)
    return record


def at(minutes: float) -> datetime:
    return T0 + timedelta(minutes=minutes)


def gap(start: float, end: float) -> Gap:
    return Gap(at(start), at(end), GapReason.STOPPED)


def state(minutes: float, record: HeartbeatRecord, *gaps: Gap, of: Heartbeat = HOURLY) -> HeartbeatState:
    return heartbeat_status(of, record, gaps, at(minutes)).state


def test_a_job_that_never_reported_is_new_and_nothing_is_wrong() -> None:
    status = heartbeat_status(HOURLY, HeartbeatRecord("sync"), (), at(10_000))
    assert (status.state, status.due_at, status.until) == (HeartbeatState.NEW, None, None)


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [(0, "up"), (59.9, "up"), (60, "late"), (69.9, "late"), (70, "down"), (9999, "down")],
)
def test_it_is_late_when_due_and_down_after_the_grace(minutes: float, expected: str) -> None:
    assert state(minutes, after(ping())) == expected


@pytest.mark.parametrize(
    ("code", "expected", "words"),
    [(None, "down", "sync: reported a failure"), (3, "down", "sync: failed with exit code 3")],
)
def test_a_failure_is_down_at_once(code: int | None, expected: str, words: str) -> None:
    status = heartbeat_status(HOURLY, after(ping(PingKind.FAIL, exit_code=code)), (), at(0))
    assert (status.state, status.message) == (expected, words)


def test_success_after_a_failure_is_up_again() -> None:
    assert state(2, after(ping(PingKind.FAIL), ping(at=at(1)))) == HeartbeatState.UP


def test_the_start_measures_the_duration() -> None:
    record = after(ping(PingKind.START), ping(at=at(2)))
    assert (record.last_duration_ms, record.started_at) == (120_000.0, None)
    assert after(ping(PingKind.START), ping(at=at(2), duration_ms=5.0)).last_duration_ms == 5.0
    assert after(ping(PingKind.START), ping(at=at(2)), ping(at=at(3))).last_duration_ms is None


def run(name: str | None, kind: PingKind, minutes: float) -> Ping:
    return ping(kind, at(minutes), run=name)


def test_runs_that_overlap_have_durations_of_their_own() -> None:
    started = run("a", PingKind.START, 0), run("b", PingKind.START, 10)
    first = after(*started, run("a", PingKind.SUCCESS, 30))
    assert (first.last_duration_ms, first.started_at) == (30 * 60_000, at(10)), "the second one goes on"
    second = take_ping(first, run("b", PingKind.SUCCESS, 50))
    assert (second.last_duration_ms, second.started_at, second.runs) == (40 * 60_000, None, ())


def test_a_run_that_died_without_a_word_is_over_when_a_newer_one_ends() -> None:
    record = after(run("died", PingKind.START, 0), run("b", PingKind.START, 60), run("b", PingKind.FAIL, 70))
    assert (record.last_duration_ms, record.started_at) == (10 * 60_000, None)


def test_the_start_of_another_run_measures_nothing() -> None:
    started = run(None, PingKind.START, 0)
    assert after(started, run("unknown", PingKind.SUCCESS, 5)).last_duration_ms is None
    assert after(started, run(None, PingKind.SUCCESS, 5)).last_duration_ms == 5 * 60_000


def test_runs_that_never_end_fill_nothing() -> None:
    record = after(*(run(f"{number}", PingKind.START, number) for number in range(2 * MOST_RUNS)))
    assert len(record.runs) == MOST_RUNS
    assert record.runs[-1][0] == f"{2 * MOST_RUNS - 1}"


@pytest.mark.parametrize(("minutes", "expected"), [(1, "up"), (9.9, "up"), (10, "late"), (19.9, "late"), (20, "down")])
def test_a_job_that_started_and_never_ends_is_late_after_the_grace_and_down_after_twice(
    minutes: float, expected: str
) -> None:
    assert state(minutes, after(ping(PingKind.START))) == expected


def test_a_run_under_way_is_not_late_but_it_does_not_put_off_the_deadline() -> None:
    record = after(ping(), ping(PingKind.START, at(60)))
    assert state(65, record) == HeartbeatState.UP
    assert state(70, record) == HeartbeatState.DOWN
    assert "has not ended" in heartbeat_status(HOURLY, record, (), at(71)).message


def test_a_schedule_counts_from_the_run_after_the_last_report() -> None:
    told = datetime(2026, 1, 5, 1, 40, tzinfo=UTC)
    record = replace(after(ping(at=told)), name="backup")
    due = datetime(2026, 1, 6, 1, 30, tzinfo=UTC)
    for moment, expected in ((due - timedelta(seconds=1), "up"), (due, "late"), (due + timedelta(hours=1), "down")):
        status = heartbeat_status(NIGHTLY, record, (), moment)
        assert (status.state, status.due_at) == (expected, due)


def test_a_report_seconds_before_the_scheduled_start_is_that_of_the_run() -> None:
    record = after(ping(at=datetime(2026, 1, 6, 1, 29, 55, tzinfo=UTC)))
    due = heartbeat_status(NIGHTLY, record, (), datetime(2026, 1, 6, 2, tzinfo=UTC)).due_at
    assert due == datetime(2026, 1, 7, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (10, 40, "down"),  # long before it was due
        (10, 50, "down"),
        (10, 55, "up"),  # it may have reported early
        (55, 65, "up"),
        (65, 69, "up"),
        (69, 200, "up"),
        (70, 80, "down"),  # it was down before
    ],
)
def test_what_was_due_in_a_gap_is_not_held_against_the_job(start: float, end: float, expected: str) -> None:
    assert state(max(85, end), after(ping()), gap(start, end)) == expected


def test_after_a_gap_the_next_report_decides() -> None:
    record = after(ping())
    assert state(65 + 60 + 9, record, gap(55, 65)) == HeartbeatState.LATE
    assert state(65 + 60 + 10, record, gap(55, 65)) == HeartbeatState.DOWN


def test_a_run_that_may_have_ended_in_a_gap_is_not_late() -> None:
    record = after(ping(at=at(-5)), ping(PingKind.START))
    assert state(30, record, gap(5, 6)) == HeartbeatState.UP
    assert state(30, record) == HeartbeatState.DOWN


def test_a_failure_stays_one_over_a_gap() -> None:
    assert state(500, after(ping(PingKind.FAIL)), gap(1, 400)) == HeartbeatState.DOWN


GAPS = st.lists(st.tuples(st.floats(0, 300), st.floats(0.1, 60)), max_size=5)


@given(minutes=st.floats(0, 400), ranges=GAPS, grace=st.floats(1, 7200), period=st.floats(1, 7200))
def test_time_alone_changes_a_state_only_at_the_time_that_was_named(
    minutes: float, ranges: list[tuple[float, float]], grace: float, period: float
) -> None:
    """The watch sleeps until then: whatever it would miss before is a missed alert."""
    job = Heartbeat("sync", period=period, grace=grace)
    gaps = sorted((gap(start, start + length) for start, length in ranges), key=lambda each: each.started_at)
    now = at(minutes)
    record = after(ping())
    status = heartbeat_status(job, record, gaps, now)
    until = status.until or now + timedelta(days=30)
    for part in (0.3, 0.99):
        later = now + (until - now) * part
        assert heartbeat_status(job, record, gaps, later).state is status.state


@given(ranges=GAPS, minutes=st.floats(0, 400))
def test_a_gap_never_makes_it_worse(ranges: list[tuple[float, float]], minutes: float) -> None:
    order = list(HeartbeatState)
    gaps = sorted((gap(start, start + length) for start, length in ranges), key=lambda each: each.started_at)
    assert order.index(state(minutes, after(ping()), *gaps)) <= order.index(state(minutes, after(ping())))


@pytest.mark.parametrize(
    ("severity", "verdict"),
    [(Severity.CRITICAL, Verdict.CRITICAL), (Severity.WARNING, Verdict.WARNING), (Severity.INFO, Verdict.INFO)],
)
def test_down_is_bad_with_the_severity_of_the_job_and_the_output_of_the_failure(
    severity: Severity, verdict: Verdict
) -> None:
    job = replace(HOURLY, severity=severity)
    record = after(ping(PingKind.FAIL, exit_code=1, output="disk full"))
    reading = HeartbeatReading(job, heartbeat_status(job, record, (), at(0)), record, FakeClock(at(0)).instant())
    observation = judge_heartbeat(reading)
    assert (observation.subject, observation.verdict) == ("sync", verdict)
    assert observation.answer is not None
    assert observation.answer() == "disk full"


@pytest.mark.parametrize("minutes", [0, 65])
def test_up_and_late_are_good(minutes: float) -> None:
    record = after(ping(output="all well"))
    status = heartbeat_status(HOURLY, record, (), at(minutes))
    observation = judge_heartbeat(HeartbeatReading(HOURLY, status, record, FakeClock(at(minutes)).instant()))
    assert (observation.verdict, observation.answer) == (Verdict.OK, None)


def test_the_view_has_what_is_known() -> None:
    view = heartbeat_view(HOURLY, after(ping(exit_code=0, output="done")), (), at(1))
    assert (view.state, view.last_exit_code, view.last_output, view.next_due_at) == ("up", 0, "done", at(60))
    assert heartbeat_view(HOURLY, None, (), at(1)).state is HeartbeatState.NEW


def test_reports_may_come_in_another_order_than_they_were_sent() -> None:
    assert after(ping(at=at(10)), ping(at=at(5))).last_ping_at == at(10)
    assert after(ping(PingKind.START, at(5)), ping(at=at(2))).last_duration_ms is None
    assert after(ping(PingKind.START, at(5)), ping(at=at(5))).last_duration_ms == 0.0


@pytest.mark.parametrize(("minutes", "until"), [(1, 10), (10, 20), (19, 20), (20, None)])
def test_a_run_is_looked_at_after_the_grace_and_after_twice(minutes: float, until: float | None) -> None:
    status = heartbeat_status(HOURLY, after(ping(PingKind.START)), (), at(minutes))
    assert status.until == (None if until is None else at(until))


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [(-10, -5, "down"), (-10, 0, "down"), (5, 6, "up"), (19, 30, "up"), (20, 25, "down"), (25, 26, "down")],
)
def test_a_run_that_may_have_ended_in_a_gap_is_not_held_against_the_job(
    start: float, end: float, expected: str
) -> None:
    assert state(30, after(ping(PingKind.START)), gap(start, end)) == expected


@pytest.mark.parametrize(("end", "expected"), [(29, "down"), (30, "down"), (31, "late"), (39, "late")])
def test_a_long_grace_makes_a_report_early_by_half_a_period_at_most(end: float, expected: str) -> None:
    assert state(125, after(ping()), gap(10, end), of=Heartbeat("sync", period=3600.0, grace=3600.0)) == expected


def test_a_schedule_that_was_missed_in_a_long_gap_is_due_again_after_it() -> None:
    record = after(ping(at=datetime(2026, 1, 5, 1, 40, tzinfo=UTC)))
    away = Gap(datetime(2026, 1, 6, tzinfo=UTC), datetime(2026, 1, 8, 12, tzinfo=UTC), GapReason.STOPPED)
    status = heartbeat_status(NIGHTLY, record, [away], datetime(2026, 1, 8, 12, tzinfo=UTC))
    assert (status.state, status.due_at) == (HeartbeatState.UP, datetime(2026, 1, 9, 1, 30, tzinfo=UTC))


def test_a_missing_report_is_told_with_the_last_one_and_the_deadline() -> None:
    for record in (after(ping()), after(ping(), ping(PingKind.START, at(10)))):
        message = heartbeat_status(HOURLY, record, (), at(71)).message
        assert "2026-01-05 12:00 UTC" in message
        assert "due at 2026-01-05 13:00 UTC" in message
        assert "10m" in message
    begun = after(ping(), ping(PingKind.START, at(60)))
    assert (
        heartbeat_status(HOURLY, begun, (), at(71)).message == "sync: started at 2026-01-05 13:00 UTC and has not ended"
    )


@pytest.mark.parametrize(
    ("record", "minutes"),
    [(after(ping(PingKind.FAIL)), 0), (after(ping(output="all well")), 80)],
    ids=["a failure without output", "missing, with the output of the last success"],
)
def test_only_a_failure_shows_its_output(record: HeartbeatRecord, minutes: float) -> None:
    status = heartbeat_status(HOURLY, record, (), at(minutes))
    observation = judge_heartbeat(HeartbeatReading(HOURLY, status, record, FakeClock(at(minutes)).instant()))
    assert (observation.verdict, observation.answer) == (Verdict.CRITICAL, None)
