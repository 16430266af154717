"""The stages between the outbox and a receiver, on a clock that only tests move."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.outbox import queued
from support.stores import START, at

from amt_console.model.notifications import NoticeKind, QueuedMessage
from amt_console.model.states import AlertType, ChannelType, Severity
from amt_console.notify.grouping import Grouped, GroupTimes, Recent, group
from amt_console.notify.limits import HOUR, HourlyCap, Rate, TokenBucket, rate_of
from amt_console.notify.retry import Backing, RetryTimes, backoff, pause_after
from amt_console.notify.settling import OWN_FAULT, UNTOLD, Settled, Tells, settle

FIRED, RESOLVED, ACKNOWLEDGED = NoticeKind.FIRED, NoticeKind.RESOLVED, NoticeKind.ACKNOWLEDGED
WARNING = Severity.WARNING
TIMES, NOTHING = GroupTimes(), Recent()


def settled(*rows: QueuedMessage, seconds: float = 0, groups: bool = True) -> Settled:
    return settle(rows, groups=groups, now=at(seconds), reminder=3600)


def grouped(
    *rows: QueuedMessage,
    seconds: float = 0,
    recent: Recent = NOTHING,
    groups: bool = True,
) -> Grouped:
    found = settled(*rows, seconds=seconds, groups=groups)
    return group(found.bundles, groups=groups, now=at(seconds), times=TIMES, recent=recent)


def ids(found: Grouped) -> list[list[int]]:
    return [[row.id for row in batch.rows] for batch in found.ready]


def of(alert: int, number: int, kind: NoticeKind = FIRED, seconds: float = 0, **more: object) -> QueuedMessage:
    return queued(number, kind, seconds, **({"alert_id": alert} | more))


class TestSettling:
    def test_pages_of_an_alert_are_told_together_and_so_is_an_end_that_comes_before_them(self) -> None:
        (bundle,) = settled(of(1, 1), of(1, 2, NoticeKind.REMINDER, 5), of(1, 3, RESOLVED, 9), seconds=9).bundles
        assert [row.id for row in bundle.rows] == [1, 2, 3]
        assert bundle.tells is Tells.ENDED

    def test_a_machine_gets_every_step_in_order(self) -> None:
        rows = (of(1, 1), of(1, 2, NoticeKind.SEVERITY), of(1, 3, ACKNOWLEDGED), of(1, 4, RESOLVED))
        for left, first in ((rows, [1, 2]), (rows[2:], [3]), (rows[3:], [4])):
            told = [replace(row, told=True) for row in left]
            (bundle,) = settled(*told, groups=False).bundles
            assert [row.id for row in bundle.rows] == first

    @pytest.mark.parametrize("groups", [True, False])
    @pytest.mark.parametrize("kind", [RESOLVED, ACKNOWLEDGED])
    def test_what_was_never_announced_is_not_declared_over(self, kind: NoticeKind, groups: bool) -> None:
        found = settled(of(1, 5, kind), groups=groups)
        assert (found.bundles, [(row.id, why) for row, why in found.cancelled]) == ((), [(5, UNTOLD)])
        assert len(settled(of(1, 5, kind, told=True), groups=groups).bundles) == 1

    def test_an_alert_about_a_channel_is_not_told_through_it(self) -> None:
        found = settled(of(1, 1, alert_type=AlertType.NOTIFY, subject="ops"), of(2, 2, alert_type=AlertType.NOTIFY))
        assert [(row.id, why) for row, why in found.cancelled] == [(1, OWN_FAULT)]
        assert [bundle.newest.id for bundle in found.bundles] == [2]

    def test_an_alert_that_another_process_sends_waits_whole(self) -> None:
        found = settled(of(1, 1, leased_until=at(60), batch=1), of(1, 2, RESOLVED), of(2, 3))
        assert [bundle.newest.id for bundle in found.bundles] == [3]
        assert found.leased_until == at(60)

    def test_a_dead_processs_message_is_repeated_as_it_was_before_anything_newer(self) -> None:
        rows = (of(1, 1, batch=2), of(2, 2, batch=2), of(1, 3, RESOLVED), of(3, 4))
        again, new = settled(*rows).bundles
        assert ([row.id for row in again.rows], again.batch) == ([1, 2], 2)
        assert [row.id for row in new.rows] == [4]

    def test_a_failed_message_is_repeated_as_it_was_unless_there_is_news_of_it(self) -> None:
        tried = [of(1, 1, batch=2, attempts=1), of(2, 2, batch=2, attempts=1)]
        (again,) = settled(*tried).bundles
        assert again.batch == 2
        fresh = {bundle.newest.id: bundle for bundle in settled(*tried, of(1, 3, RESOLVED)).bundles}
        assert {number: bundle.batch for number, bundle in fresh.items()} == {2: None, 3: None}
        assert [row.id for row in fresh[3].rows] == [1, 3]
        (kept,) = settled(*tried, of(1, 3, RESOLVED), groups=False).bundles
        assert kept.batch == 2, "a machine gets every step"

    def test_a_page_expires_after_a_day_and_a_reminder_with_the_next_one(self) -> None:
        rows = (of(1, 1), of(2, 2, NoticeKind.REMINDER), of(3, 3, expires_at=at(10)))
        assert [row.id for row in settled(*rows, seconds=3599).expired] == [3]
        assert [row.id for row in settled(*rows, seconds=3600).expired] == [2, 3]
        assert [row.id for row in settled(*rows, seconds=86_400).expired] == [1, 2, 3]

    def test_an_end_tells_of_a_page_that_would_have_expired(self) -> None:
        found = settled(of(1, 1), of(1, 2, RESOLVED, 80_000), seconds=90_000)
        assert (found.expired, [row.id for row in found.bundles[0].rows]) == ((), [1, 2])
        machine = settled(of(1, 1), of(1, 2, RESOLVED, 80_000), seconds=90_000, groups=False)
        assert [row.id for row in machine.expired] == [1]
        assert [row.id for row, _ in machine.cancelled] == [2]

    def test_an_end_does_not_come_out_at_night_when_its_page_was_held(self) -> None:
        held = of(1, 1, severity=WARNING, due_at=at(3600), next_at=at(3600))
        (bundle,) = settled(held, of(1, 2, RESOLVED, 60, severity=WARNING), seconds=60).bundles
        assert bundle.due_at == at(3600)

    def test_a_critical_page_does_not_wait_for_a_warning_that_is_held(self) -> None:
        held = of(1, 1, severity=WARNING, due_at=at(3600), next_at=at(3600))
        (bundle,) = settled(held, of(1, 2, NoticeKind.SEVERITY, 60), seconds=60).bundles
        assert (bundle.due_at, bundle.critical) == (at(60), True)

    def test_a_clock_that_was_set_back_delays_nothing(self) -> None:
        later = timedelta(days=1)
        fresh = of(1, 1, created_at=START + later, due_at=START + later, next_at=START + later)
        retried = of(2, 2, next_at=START + later, attempts=1)
        assert [bundle.due_at for bundle in settled(fresh, retried).bundles] == [START, START]
        assert ids(grouped(fresh, retried)) == [[1, 2]]


class TestGrouping:
    def test_the_first_critical_page_of_a_quiet_channel_goes_at_once_and_what_follows_waits(self) -> None:
        assert ids(grouped(of(1, 1))) == [[1]]
        after = Recent(anything=2)
        waiting = grouped(of(2, 2, seconds=2), of(3, 3, seconds=4), seconds=4, recent=after)
        assert (waiting.ready, waiting.pause) == ((), 3)
        assert ids(grouped(of(2, 2, seconds=2), of(3, 3, seconds=4), seconds=7, recent=after)) == [[2, 3]]

    def test_a_warning_waits_and_two_of_them_keep_a_distance(self) -> None:
        warning = of(1, 1, severity=WARNING)
        assert grouped(warning, seconds=10).pause == 20
        assert ids(grouped(warning, seconds=30)) == [[1]]
        soon = Recent(anything=100, calm={Tells.FIRES: 100})
        assert grouped(warning, seconds=30, recent=soon).pause == 200

    def test_pages_and_ends_and_severities_are_messages_of_their_own(self) -> None:
        rows = (
            of(1, 1),
            of(2, 2, RESOLVED, told=True),
            of(3, 3, severity=WARNING),
            of(4, 4, RESOLVED, severity=WARNING, told=True),
        )
        assert ids(grouped(*rows, seconds=400)) == [[1], [2], [3], [4]]

    def test_an_end_waits_only_a_moment_for_others(self) -> None:
        end = of(1, 2, RESOLVED, told=True)
        assert grouped(end, seconds=1).pause == 4
        assert ids(grouped(end, seconds=5, recent=Recent(anything=3))) == [[2]]

    def test_a_machine_gets_each_alert_alone_and_at_once(self) -> None:
        rows = [of(number, number, severity=WARNING) for number in (1, 2, 3)]
        assert ids(grouped(*rows, groups=False, recent=Recent(anything=0))) == [[1], [2], [3]]

    def test_texts_go_alone(self) -> None:
        rows = [queued(number, NoticeKind.HANDOVER, alert_id=None, severity=None) for number in (1, 2)]
        assert ids(grouped(*rows, recent=Recent(anything=0))) == [[1], [2]]

    def test_a_message_holds_a_hundred_alerts_at_most(self) -> None:
        found = grouped(*(of(number, number) for number in range(1, 251)))
        assert [len(batch.rows) for batch in found.ready] == [100, 100, 50]


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[QueuedMessage], bool]:
    """Rows of some alerts, each in the order in which a planner queues them, some tried before."""
    rows: list[QueuedMessage] = []
    for alert in range(1, draw(st.integers(1, 5)) + 1):
        kinds = [FIRED, *draw(st.lists(st.sampled_from([NoticeKind.REMINDER, NoticeKind.SEVERITY, ACKNOWLEDGED])))]
        kinds += [RESOLVED] if draw(st.booleans()) else []
        gone = draw(st.integers(0, len(kinds) - 1))
        tries = draw(st.integers(0, 2))
        for index, kind in enumerate(kinds[gone:]):
            seconds = draw(st.integers(0, 120))
            more = {"attempts": tries, "batch": 1000 + alert} if index == 0 and tries else {}
            severity = draw(st.sampled_from([WARNING, Severity.CRITICAL]))
            number = len(rows) + 1
            rows.append(of(alert, number, kind, seconds, told=gone > 0, severity=severity, **more))
    return rows, draw(st.booleans())


@pytest.mark.slow
@given(histories(), st.integers(0, 1000))
def test_no_row_is_lost_and_none_is_sent_before_an_earlier_one_of_its_alert(
    history: tuple[list[QueuedMessage], bool], seconds: int
) -> None:
    rows, groups = history
    waiting = list(rows)
    sent: list[int] = []
    gone: list[int] = []
    for step in range(200):
        now = at(seconds + 600 * step)
        found = settle(waiting, groups=groups, now=now, reminder=0)
        gone += [row.id for row, _ in found.cancelled] + [row.id for row in found.expired]
        ready = group(found.bundles, groups=groups, now=now, times=TIMES).ready
        numbers = [row.id for batch in ready for row in batch.rows]
        assert len(numbers) == len(set(numbers))
        for batch in ready:
            for row in batch.rows:
                earlier = [each.id for each in rows if each.alert_id == row.alert_id and each.id < row.id]
                assert set(earlier) <= {*sent, *gone, *(each.id for each in batch.rows)}
            sent += [row.id for row in batch.rows]
        waiting = [row for row in waiting if row.id not in {*sent, *gone}]
        if not waiting:
            break
    assert sorted(sent + gone) == [row.id for row in rows]


class TestLimits:
    @given(st.floats(0.1, 20), st.integers(1, 20), st.lists(st.floats(0, 10), min_size=1, max_size=60))
    def test_in_no_stretch_go_more_than_the_burst_and_the_rate(
        self, rate: float, burst: int, gaps: list[float]
    ) -> None:
        bucket, now, sent = TokenBucket(Rate(rate, burst)), 1000.0, []
        for gap in gaps:
            now += gap
            now += bucket.pause(now)
            bucket.take(now)
            sent.append(now)
        for first, start in enumerate(sent):
            for last in range(first, len(sent)):
                assert last - first + 1 <= burst + rate * (sent[last] - start) + 1e-6

    def test_slack_takes_one_a_second_and_others_five(self) -> None:
        assert (rate_of(ChannelType.SLACK).per_second, rate_of(ChannelType.EMAIL).per_second) == (1, 5)

    def test_the_cap_counts_the_last_hour(self) -> None:
        cap = HourlyCap(3, [0.0])
        cap.take(10.0)
        assert cap.pause(20.0) == 0
        cap.take(20.0)
        assert cap.pause(30.0) == HOUR - 30
        assert cap.pause(HOUR) == 0
        assert HourlyCap(0, [1.0] * 100).pause(2.0) == 0


class TestRetry:
    def test_pauses_double_up_to_the_longest_and_are_random(self) -> None:
        times = RetryTimes(1, 300)
        assert [backoff(attempt, times, lambda: 1.0) for attempt in (1, 2, 3, 9, 10, 99)] == [1, 2, 4, 256, 300, 300]
        assert backoff(9, times, lambda: 0.5) == 128
        assert backoff(9, times, lambda: 0.0) > 0

    def test_the_receivers_wish_is_respected_within_reason(self) -> None:
        times = RetryTimes(1, 300)
        assert pause_after(1, times, lambda: 1.0, 120) == 120
        assert pause_after(1, times, lambda: 1.0, 1e9) == 900
        assert pause_after(1, times, lambda: 1.0, -5) == 1

    def test_a_failing_receiver_is_left_alone_but_a_new_critical_page_tries_sooner(self) -> None:
        backing = Backing()
        backing.failed(100, 300, asked=False)
        assert (backing.pause(100, fresh=False), backing.pause(100, fresh=True)) == (300, 15)
        backing.failed(100, 300, asked=True)
        assert backing.pause(100, fresh=True) == 300
        backing.delivered()
        assert backing.pause(100, fresh=False) == 0
