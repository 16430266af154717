"""Whether jobs report as they should.

A report that was due while the monitor could not take one is not held against the job: the next one decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from amt_console.alerts.judging.observation import Observation, Verdict
from amt_console.alerts.judging.probes import VERDICTS
from amt_console.clock import Instant
from amt_console.crontab import next_run
from amt_console.model import Gap
from amt_console.model.inbound import Heartbeat, HeartbeatRecord, HeartbeatState, HeartbeatView, Ping, PingKind
from amt_console.text import duration

MOST_RUNS = 50
"""Runs of one job that are remembered while they go on."""
CLOCK_SKEW = timedelta(seconds=10)
"""How far the clocks of two hosts may differ: a report this long before the scheduled start is that of the run."""


@dataclass(frozen=True, slots=True)
class HeartbeatStatus:
    """A job at one moment."""

    state: HeartbeatState
    message: str
    """Why, in one line."""
    due_at: datetime | None = None
    """When it must have reported next, without the grace."""
    until: datetime | None = None
    """When time alone may change it next."""


@dataclass(frozen=True, slots=True)
class HeartbeatReading:
    """A job's report, or that it is missing."""

    heartbeat: Heartbeat
    status: HeartbeatStatus
    record: HeartbeatRecord
    at: Instant
    ping: Ping | None = None
    """``None``: nothing came in, time passed."""


def take_ping(record: HeartbeatRecord, ping: Ping) -> HeartbeatRecord:
    """What is known of a job after one more report."""
    others = tuple(each for each in record.runs if each[0] != ping.run)
    if ping.kind is PingKind.START:
        started = others if ping.run is None else (*others, (ping.run, ping.at))
        return replace(record, started_at=ping.at, runs=started[-MOST_RUNS:])
    # Of a run that named itself, the start of another one says nothing.
    began = record.started_at if ping.run is None else dict(record.runs).get(ping.run)
    measured = ping.duration_ms
    if measured is None and began is not None and ping.at >= began:
        measured = (ping.at - began).total_seconds() * 1000.0
    # An older run may have died without a word: the end of a newer one stands for it.
    later = [start for _, start in others if began is not None and start > began]
    return replace(
        record,
        last_ping_at=ping.at if record.last_ping_at is None else max(ping.at, record.last_ping_at),
        started_at=max(later, default=None),
        runs=others,
        failed=ping.kind is PingKind.FAIL,
        last_exit_code=ping.exit_code,
        last_duration_ms=measured,
        last_output=ping.output,
    )


def heartbeat_status(
    heartbeat: Heartbeat, record: HeartbeatRecord, gaps: Sequence[Gap], now: datetime
) -> HeartbeatStatus:
    """A job at ``now``.

    Args:
        heartbeat: What is expected of it.
        record: What it reported.
        gaps: When reports could not be taken, oldest first.
        now: The moment.
    """
    if not record.known:
        return HeartbeatStatus(HeartbeatState.NEW, f"{heartbeat.name}: has never reported")
    grace = timedelta(seconds=heartbeat.grace)
    due = None if record.last_ping_at is None else _due(heartbeat, record.last_ping_at, gaps)
    running = _running_since(record, gaps, grace)
    state, words = _state(heartbeat, record, due, running, now)
    turns = [] if due is None else [due, due + grace]
    if running is not None:
        turns += [running + grace, running + 2 * grace]
    until = min((turn for turn in turns if turn > now), default=None)
    return HeartbeatStatus(state, f"{heartbeat.name}: {words}", due, until)


def _state(
    heartbeat: Heartbeat, record: HeartbeatRecord, due: datetime | None, running: datetime | None, now: datetime
) -> tuple[HeartbeatState, str]:
    grace = timedelta(seconds=heartbeat.grace)
    if record.failed:
        code = record.last_exit_code
        return HeartbeatState.DOWN, "reported a failure" if code is None else f"failed with exit code {code}"
    if due is not None and now >= due + grace:
        return HeartbeatState.DOWN, _missing(record, due, heartbeat.grace)
    if running is not None and now >= running + 2 * grace:
        return HeartbeatState.DOWN, f"started at {_clock(running)} and has not ended"
    if running is not None and now >= running + grace:
        return HeartbeatState.LATE, f"runs since {_clock(running)}, longer than {duration(heartbeat.grace)}"
    if running is not None:
        return HeartbeatState.UP, f"runs since {_clock(running)}"
    if due is not None and now >= due:
        return HeartbeatState.LATE, f"due since {_clock(due)}"
    return HeartbeatState.UP, "reports as expected"


def heartbeat_view(
    heartbeat: Heartbeat, record: HeartbeatRecord | None, gaps: Sequence[Gap], now: datetime
) -> HeartbeatView:
    """A job for people."""
    known = record or HeartbeatRecord(heartbeat.name)
    status = heartbeat_status(heartbeat, known, gaps, now)
    return HeartbeatView(
        name=heartbeat.name,
        state=status.state,
        group=heartbeat.group,
        last_ping_at=known.last_ping_at,
        started_at=known.started_at,
        last_exit_code=known.last_exit_code,
        last_duration_ms=known.last_duration_ms,
        next_due_at=status.due_at,
        message=status.message,
        last_output=known.last_output,
        runbook=heartbeat.runbook,
    )


def judge_heartbeat(reading: HeartbeatReading) -> Observation:
    """The observation of a reading: bad while the job is down."""
    status, heartbeat, output = reading.status, reading.heartbeat, reading.record.last_output
    if status.state is not HeartbeatState.DOWN:
        return Observation(heartbeat.name, Verdict.OK, status.message, reading.at)
    failed = reading.record.failed and output is not None
    return Observation(
        heartbeat.name,
        VERDICTS[heartbeat.severity],
        status.message,
        reading.at,
        answer=(lambda: output) if failed else None,
    )


def _due(heartbeat: Heartbeat, reported: datetime, gaps: Sequence[Gap]) -> datetime | None:
    """When the next report is due. One that may have been missed in a gap is expected anew, after the gap."""
    grace = timedelta(seconds=heartbeat.grace)
    due = _after(heartbeat, reported)
    for gap in gaps:
        if due is None:
            return None
        early = CLOCK_SKEW if heartbeat.period is None else min(grace, timedelta(seconds=heartbeat.period / 2))
        if gap.ended_at > max(due - early, reported) and gap.started_at < due + grace:
            due = _after(heartbeat, gap.ended_at)
    return due


def _after(heartbeat: Heartbeat, moment: datetime) -> datetime | None:
    if heartbeat.schedule is not None:
        return next_run(heartbeat.schedule, heartbeat.zone, moment + CLOCK_SKEW)
    return moment + timedelta(seconds=heartbeat.period or 0.0)


def _running_since(record: HeartbeatRecord, gaps: Sequence[Gap], grace: timedelta) -> datetime | None:
    """Since when it runs; ``None`` where its end may have been missed."""
    started = record.started_at
    if started is None:
        return None
    missed = any(gap.ended_at > started and gap.started_at < started + 2 * grace for gap in gaps)
    return None if missed else started


def _missing(record: HeartbeatRecord, due: datetime, grace: float) -> str:
    if record.started_at is not None and record.started_at > due - CLOCK_SKEW:
        return f"started at {_clock(record.started_at)} and has not ended"
    last = "" if record.last_ping_at is None else f" since {_clock(record.last_ping_at)}"
    return f"no report{last}; due at {_clock(due)}, grace {duration(grace)}"


def _clock(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
