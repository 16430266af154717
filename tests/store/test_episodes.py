"""Alert episodes: compare-and-set, events in order, and the past."""

from __future__ import annotations

import math
from dataclasses import fields, replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError
from support.stores import at, episode, event

from amt_console.clock import FakeClock, Instant
from amt_console.model import (
    AlertEvent,
    AlertState,
    AlertType,
    AuditEntry,
    Episode,
    EpisodeChange,
    ErrorClass,
    Paging,
    Rating,
    Receiver,
    Resolution,
    Severity,
)
from amt_console.store import Store, VersionConflict, audit_entries, record

PENDING, FIRING, RECOVERING, RESOLVED = AlertState


def save(store: Store, saved: Episode, *events: AlertEvent) -> Episode:
    with store.transaction(durable=True) as writes:
        return record(writes, EpisodeChange(saved, events))


def test_every_field_of_an_episode_comes_back(store: Store) -> None:
    instant = Instant(wall=at(1.5), monotonic=1234.5, boottime=2345.678901, boot_id="0f3c")
    whole = Episode(
        rule_id="rule",
        subject="api",
        alert_type=AlertType.RESPONSE_TIME,
        severity=Severity.WARNING,
        message="slow",
        state=RESOLVED,
        opened_at=at(0.5),
        bad_since=instant,
        ok_since=replace(instant, boottime=1.0),
        bad_count=1,
        critical_count=2,
        warning_count=3,
        ok_count=4,
        fired_at=at(2),
        resolved_at=at(3),
        resolution=Resolution.MANUAL,
        began=replace(instant, boottime=0.5),
        duration_seconds=7.5,
        error_class=ErrorClass.HTTP_STATUS,
        value=1.25,
        threshold=2.5,
        stale=True,
        stale_since=replace(instant, boottime=7.0),
        acknowledged_by="ana",
        acknowledged_at=at(2.5),
        acknowledged_until=at(90),
        snoozed_by="ben",
        snoozed_until=at(60),
        rating=Rating.NOISE,
        note="on it",
        escalation_level=2,
        paging=Paging(
            base=instant,
            told=(Receiver("pager", "Ada"), Receiver("ops", "ops")),
            last_told=replace(instant, boottime=8.0),
            held="silence: 3",
            held_since=replace(instant, boottime=9.0),
            released=replace(instant, boottime=10.0),
            settled=True,
            owner_reminded=True,
            returning="ana",
            flips=(at(1), at(2)),
            flapping=True,
        ),
        previous_episode_id=17,
        runbook="https://wiki.example/api",
        simulated=True,
    )
    defaults = {field.name: field.default for field in fields(Episode)}
    kept = {name: getattr(whole, name) for name in defaults if name not in ("id", "version")}
    assert all(value != defaults[name] for name, value in kept.items()), "each field must be worth checking"
    saved = save(store, whole)
    assert saved == replace(whole, id=saved.id, version=1)
    with store.read() as reads:
        assert saved.id is not None
        assert reads.alerts.episode(saved.id) == saved


def test_an_episode_is_changed_only_by_who_saw_its_newest_version(store: Store) -> None:
    first = save(store, episode(), event("opened", 0, PENDING))
    second = save(store, replace(first, state=FIRING, fired_at=at(10)), event("fired", 10, FIRING))
    assert (first.version, second.version) == (1, 2)
    with pytest.raises(VersionConflict, match="changed by somebody else"):
        save(store, replace(first, note="too late"), event("note", 11, FIRING))
    with store.read() as reads:
        assert second.id is not None
        assert reads.alerts.episode(second.id) == second
        assert [(each.seq, each.kind) for each in reads.alerts.events(second.id)] == [(1, "opened"), (2, "fired")]


def test_only_one_episode_of_a_rule_and_subject_is_open(store: Store) -> None:
    first = save(store, episode())
    with pytest.raises(VersionConflict, match="open already"):
        save(store, episode(seconds=5))
    save(store, episode(subject="other"))
    save(store, replace(first, state=RESOLVED, resolved_at=at(60), resolution=Resolution.RECOVERED))
    again = save(store, episode(seconds=70))
    with store.read() as reads:
        assert [each.id for each in reads.alerts.open() if each.subject == "api"] == [again.id]


def test_a_conflict_spoils_nothing_else_in_the_transaction(store: Store) -> None:
    save(store, episode())
    with store.transaction(durable=True) as writes:
        with pytest.raises(VersionConflict):
            record(writes, EpisodeChange(episode()))
        other = record(writes, EpisodeChange(episode(subject="other"), (event("opened", 0, PENDING),)))
    with store.read() as reads:
        assert other.id is not None
        assert len(reads.alerts.events(other.id)) == 1


def lifecycle(store: Store) -> Episode:
    """Opened at 0, fired at 30, acknowledged at 60, relapses, resolved at 200."""
    now = save(store, episode(message="refused"), event("opened", 0, PENDING, message="refused"))
    now = save(
        store,
        replace(now, state=FIRING, fired_at=at(30), message="refused 3 times"),
        event("fired", 30, FIRING, message="refused 3 times", value=3.0),
    )
    now = save(
        store,
        replace(now, acknowledged_by="ana", acknowledged_at=at(60), note="on it"),
        event("acknowledged", 60, FIRING, actor="ana", note="on it"),
    )
    now = save(store, replace(now, state=RECOVERING), event("recovering", 90, RECOVERING))
    now = save(
        store,
        replace(now, state=FIRING, severity=Severity.WARNING, acknowledged_by=None, acknowledged_at=None, note=None),
        event("relapsed", 100, FIRING),
        event("severity", 100, FIRING, severity=Severity.WARNING),
        event("ack_revoked", 100, FIRING, severity=Severity.WARNING),
    )
    return save(
        store,
        replace(now, state=RESOLVED, resolved_at=at(200), resolution=Resolution.RECOVERED),
        event("recovering", 150, RECOVERING, severity=Severity.WARNING),
        event("resolved", 200, RESOLVED, severity=Severity.WARNING),
    )


def test_the_past_of_an_alert_can_be_asked_for(store: Store) -> None:
    lifecycle(store)

    def then(seconds: float) -> Episode | None:
        with store.read() as reads:
            found = reads.alerts.open(at(seconds))
        return found[0] if found else None

    assert then(-1) is None
    opened = then(0)
    assert opened is not None
    assert (opened.state, opened.message, opened.fired_at) == (PENDING, "refused", None)
    fired = then(59)
    assert fired is not None
    assert (fired.state, fired.fired_at, fired.value, fired.acknowledged_by) == (FIRING, at(30), 3.0, None)
    taken = then(95)
    assert taken is not None
    assert (taken.state, taken.acknowledged_by, taken.acknowledged_at, taken.note) == (
        RECOVERING,
        "ana",
        at(60),
        "on it",
    )
    relapsed = then(120)
    assert relapsed is not None
    assert (relapsed.state, relapsed.severity, relapsed.acknowledged_by) == (FIRING, Severity.WARNING, None)
    assert then(200) is None
    with store.read() as reads:
        assert reads.alerts.open() == []


def test_episodes_of_a_window(store: Store) -> None:
    ended = lifecycle(store)
    still = save(store, episode(seconds=300), event("opened", 300, PENDING))
    other = save(store, episode(subject="db", seconds=310, alert_type=AlertType.DATABASE))
    with store.read() as reads:
        found = reads.alerts.episodes(start=at(-100), end=at(1000), limit=10)
        assert [each.id for each in found] == [other.id, still.id, ended.id]
        assert reads.alerts.episodes(start=at(201), end=at(299), limit=10) == []
        assert [each.id for each in reads.alerts.episodes(start=at(200), end=at(201), limit=10)] == [ended.id]
        assert [each.id for each in reads.alerts.episodes(start=at(0), end=at(1000), states=[PENDING], limit=10)] == [
            other.id,
            still.id,
        ]
        assert [each.id for each in reads.alerts.episodes(start=at(0), end=at(1000), subject="db", limit=10)] == [
            other.id
        ]
        assert len(reads.alerts.episodes(start=at(0), end=at(1000), limit=1)) == 1


def test_numbers_that_are_not_finite_and_hostile_texts_do_not_break_an_alert(store: Store) -> None:
    saved = save(
        store,
        episode(message="\ud800\x1b[2J", value=math.nan, threshold=math.inf, note="a\x00b"),
        event("opened", 0, PENDING, message="\ud800", value=math.nan, note="\x00"),
    )
    with store.read() as reads:
        assert saved.id is not None
        stored = reads.alerts.episode(saved.id)
        assert stored is not None
        assert (stored.value, stored.threshold) == (None, None)
        assert not set(stored.message + (stored.note or "")) & set("\x1b\x00\ud800")
        assert reads.alerts.events(saved.id)[0].value is None


def test_events_and_audit_are_never_changed(store: Store, store_url: str) -> None:
    save(store, episode(), event("opened", 0, PENDING))
    with store.transaction(durable=True) as writes:
        writes.add_audit(AuditEntry("ana", "acknowledge", "alert 1", at(1), {"note": "x", "n": math.nan}))
    engine = create_engine(store_url)
    for statement in ("UPDATE alert_events SET actor = 'eve'", "UPDATE audit SET actor = 'eve'", "DELETE FROM audit"):
        with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
            connection.execute(text(statement))
    with engine.connect() as connection:
        row = connection.execute(text("SELECT actor, action, subject, detail FROM audit")).one()
        assert tuple(row) == ("ana", "acknowledge", "alert 1", '{"note":"x","n":null}')
    engine.dispose()


def test_an_episode_its_events_and_its_audit_row_are_stored_together_or_not_at_all(store: Store) -> None:
    audit = AuditEntry("ana", "acknowledge", "alert 1", at(1))
    with store.transaction(durable=True) as writes:
        first = record(writes, EpisodeChange(episode(), (event("opened", 0, PENDING),), audit))
    assert first.id is not None
    taken = replace(first, acknowledged_by="ana")
    with store.transaction(durable=True) as writes:
        record(writes, EpisodeChange(taken, (event("acknowledged", 2, PENDING),)))
    with pytest.raises(VersionConflict), store.transaction(durable=True) as writes:
        record(writes, EpisodeChange(taken, (event("acknowledged", 3, PENDING),), audit))
    with store.read() as reads:
        assert [each.kind for each in reads.alerts.events(first.id)] == ["opened", "acknowledged"]
        assert [entry.action for entry in audit_entries(reads)] == ["acknowledge"]


def test_an_alert_is_stored_only_where_the_power_may_fail(store: Store) -> None:
    with pytest.raises(RuntimeError, match="durable"), store.transaction() as writes:
        record(writes, EpisodeChange(episode()))
    with store.read() as reads:
        assert reads.alerts.open() == []


def test_a_durable_transaction_is_on_disk_before_it_ends(store: Store) -> None:
    on_server = store.url.startswith("postgresql")
    levels = []
    for durable in (False, True):
        with store.transaction(durable=durable) as writes:
            setting = "SHOW synchronous_commit" if on_server else "PRAGMA synchronous"
            levels.append(writes._connection.exec_driver_sql(setting).scalar())
    assert levels == (["off", "on"] if on_server else [1, 2])


def test_simulated_episodes_are_marked(store: Store, clock: FakeClock) -> None:
    with store.transaction(simulated=True) as writes:
        assert record(writes, EpisodeChange(episode())).simulated
    assert clock.now() == datetime(2026, 1, 5, 12, tzinfo=UTC)


def test_events_stay_in_order_when_the_clock_is_set_back_twice(store: Store) -> None:
    first = save(store, episode(state=FIRING, fired_at=at(60)), event("opened", 0, PENDING), event("fired", 60, FIRING))
    noted = save(store, first, event("note", 3600, FIRING))
    taken = replace(noted, acknowledged_by="ann", acknowledged_at=at(1800))
    taken = save(store, taken, event("acknowledged", 1800, FIRING, actor="ann"))
    ended = save(store, replace(taken, state=RESOLVED, resolved_at=at(900)), event("resolved", 900, RESOLVED))
    assert (ended.acknowledged_at, ended.resolved_at) == (at(3600), at(3600))
    with store.read() as reads:
        events = reads.alerts.events(first.id or 0)
        assert reads.alerts.episode(first.id or 0) == ended
    assert [each.at for each in events] == [at(0), at(60), at(3600), at(3600), at(3600)]
    assert ["clock" in each.detail for each in events] == [False, False, False, True, True]
    assert "set back" in events[3].detail["clock"]
    assert f"{at(1800):%H:%M:%S}" in events[3].detail["clock"]


def test_pages_follow_each_other_also_past_rows_of_other_programs(store: Store, store_url: str) -> None:
    numbers = [save(store, episode(f"s{number}", opened_at=at(number // 3))).id or 0 for number in range(9)]
    if not store.is_server:
        engine = create_engine(store_url)
        with engine.begin() as connection:
            connection.execute(
                text("UPDATE alerts SET timestamp = timestamp || 'x' WHERE id = :id"), {"id": numbers[4]}
            )
        engine.dispose()
        numbers.pop(4)
    found: list[int] = []
    after = None
    while True:
        with store.read() as reads:
            page = reads.alerts.episodes(start=at(-1), end=at(99), limit=2, after=after)
        if not page:
            break
        found += [each.id or 0 for each in page]
        after = found[-1]
    assert found == sorted(numbers, reverse=True)
