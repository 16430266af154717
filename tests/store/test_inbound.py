"""What comes in from outside is stored as it came, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from operator import attrgetter

import pytest
from support.stores import at

from amt_console.model import Severity
from amt_console.model.inbound import ExternalAlert, ExternalRecord, HeartbeatRecord, Ping, PingKind
from amt_console.store import Keyring, Store
from amt_console.store.encryption.keyring import DataKey
from amt_console.store.inbound import arrivals

PING = Ping("backup", PingKind.FAIL, at(1), 3, 12.5, "no space left")
ALERT = ExternalAlert(
    source="alertmanager",
    fingerprint="abc",
    firing=True,
    subject="checkout",
    severity=Severity.CRITICAL,
    message="it burns",
    started_at=at(0),
    ends_at=at(60),
    runbook="https://wiki.example/",
    answer="a = b",
)
RECORD = HeartbeatRecord("backup", at(1), None, True, 3, 12.5, "no space left")
KNOWN = ExternalRecord("external/alertmanager/abc", "checkout", True, at(0), at(1), at(60), stale=False)


@pytest.fixture(autouse=True)
def _with_a_key(store: Store) -> None:
    store.keys = Keyring(DataKey(bytes(range(32))))


def test_arrivals_come_back_as_they_came_in_order_and_leave_once(store: Store) -> None:
    with store.transaction(durable=True) as writes:
        writes.inbound.arrivals.add_pings([PING])
        writes.inbound.arrivals.add_alerts([ALERT, replace(ALERT, ends_at=None, runbook=None, answer=None)], at(2))
    with store.read() as reads:
        there, (ping, alert, bare) = reads.inbound.arrivals.after(())
        assert reads.inbound.arrivals.waiting() == 3
    assert (there, ping.ping, alert.alert, alert.received_at) == (set(), PING, ALERT, at(2))
    assert bare.alert == replace(ALERT, ends_at=None, runbook=None, answer=None)
    with store.transaction() as writes:
        writes.inbound.arrivals.remove([ping.number])
    with store.read() as reads:
        there, new = reads.inbound.arrivals.after({ping.number, alert.number})
    assert (there, [each.number for each in new]) == ({alert.number}, [bare.number])


def test_what_waits_shows_nobody_the_details_of_an_alert_or_the_output_of_a_job(store: Store) -> None:
    with store.transaction() as writes:
        writes.inbound.arrivals.add_pings([replace(PING, output="the customer Ada")])
        writes.inbound.arrivals.add_alerts([replace(ALERT, answer="the customer Ada")], at(2))
        rows = writes._connection.exec_driver_sql("SELECT * FROM arrivals").all()
    assert len(rows) == 2
    assert "Ada" not in str(rows)
    store.keys = Keyring()
    with store.read() as reads:
        ping, alert = reads.inbound.arrivals.after(())[1]
    assert (ping.ping, alert.alert) == (replace(PING, output=None), replace(ALERT, answer=None)), (
        "a lost key loses them"
    )


def test_numbers_are_never_given_again(store: Store) -> None:
    numbers = []
    for _ in range(2):
        with store.transaction() as writes:
            writes.inbound.arrivals.add_pings([PING])
            (arrival,) = writes.inbound.arrivals.after(())[1]
            writes.inbound.arrivals.remove([arrival.number])
        numbers.append(arrival.number)
    assert numbers[0] < numbers[1]


def test_no_more_are_taken_at_a_time_than_fit(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrivals, "MOST_TAKEN", 3)
    with store.transaction() as writes:
        writes.inbound.arrivals.add_pings([PING] * 5)
        first = [each.number for each in writes.inbound.arrivals.after(())[1]]
        assert len(first) == 3
        assert writes.inbound.arrivals.after(set(first)) == (set(first), [])
        writes.inbound.arrivals.remove(first[:2])
        assert len(writes.inbound.arrivals.after(set(first))[1]) == 2


def test_what_cannot_be_read_means_nothing_and_holds_up_nothing(store: Store) -> None:
    with store.transaction() as writes:
        writes.inbound.arrivals.add_pings([PING])
        writes._connection.exec_driver_sql("UPDATE arrivals SET content = '{\"heartbeat\": 5'")
        writes.inbound.arrivals.add_alerts([ALERT], at(1))
        broken, good = writes.inbound.arrivals.after(())[1]
    assert (broken.ping, broken.alert, good.alert) == (None, None, ALERT)


def test_a_webhook_is_new_once_and_forgotten_after_a_week(store: Store) -> None:
    with store.transaction(durable=True) as writes:
        assert writes.inbound.arrivals.note_webhook("msg", at(0))
        assert not writes.inbound.arrivals.note_webhook("msg", at(0) + timedelta(days=7))
        assert writes.inbound.arrivals.note_webhook("msg", at(1) + timedelta(days=7))


def test_what_is_known_replaces_what_was(store: Store) -> None:
    with store.transaction() as writes:
        writes.inbound.keep_heartbeat(replace(RECORD, failed=False, started_at=at(0)), None)
        writes.inbound.keep_heartbeat(RECORD, PING)
        writes.inbound.keep_external([replace(KNOWN, key="first"), replace(KNOWN, firing=False)])
        writes.inbound.keep_external([replace(KNOWN, firing=False), KNOWN])
    with store.read() as reads:
        assert reads.inbound.heartbeats(["backup", "other"]) == {"backup": RECORD}
        assert sorted(reads.inbound.external(), key=attrgetter("key")) == [KNOWN, replace(KNOWN, key="first")]


def test_a_past_moment_is_read_from_the_reports_of_that_time(store: Store) -> None:
    start, good = Ping("backup", PingKind.START, at(2)), Ping("backup", PingKind.SUCCESS, at(3))
    with store.transaction() as writes:
        for ping, record in ((PING, RECORD), (start, RECORD), (good, HeartbeatRecord("backup", at(3)))):
            writes.inbound.keep_heartbeat(record, ping)
    with store.read() as reads:
        then = {minute: reads.inbound.heartbeats(["backup"], at(minute)).get("backup") for minute in (0, 1, 2, 3)}
    assert then[0] is None
    assert then[1] == replace(RECORD, last_output=None)
    assert then[2] == replace(RECORD, last_output=None, started_at=at(2))
    assert then[3] == HeartbeatRecord("backup", at(3), last_duration_ms=1000.0)
