"""Who is told of an alert, when, and why not."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta

import pytest
from support.alerting import SUBJECT, two_tier_rule
from support.planning import Paged, policies

from amt_console.alerts import Limits, Signal, Verdict, limit
from amt_console.alerts.rules.rule import Direction
from amt_console.clock import FakeClock
from amt_console.model import (
    Acknowledge,
    AlertState,
    AlertType,
    Claim,
    Close,
    Episode,
    Note,
    Severity,
    Snooze,
    Unacknowledge,
    Undo,
)
from amt_console.model.notifications import NoticeKind
from amt_console.model.policy import (
    EscalationPolicy,
    Level,
    MaintenanceWindow,
    NotifyTimes,
    Policies,
    Recurrence,
    Silence,
)

MINUTE = 60.0


def other(alert_type: AlertType, subject: str, state: AlertState, clock: FakeClock, number: int = 99) -> Episode:
    return Episode(
        rule_id="service_down",
        subject=subject,
        alert_type=alert_type,
        severity=Severity.CRITICAL,
        message=f"{subject} is down: refused",
        state=state,
        opened_at=clock.now(),
        id=number,
    )


def test_a_critical_alert_escalates_until_somebody_acknowledges() -> None:
    key = Paged()
    key.fire()
    assert key.sent() == [("fired", "ops")]
    key.wait(9 * MINUTE)
    assert key.sent() == [("fired", "ops")]
    key.wait(2 * MINUTE)
    assert key.sent() == [("fired", "ops"), ("escalated", "Ada")]
    assert key.now.escalation_level == 2
    key.act(Acknowledge(1))
    assert key.sent(since=2) == [("acknowledged", "ops"), ("acknowledged", "Ada")]
    key.wait(60 * MINUTE)
    assert len(key.outbox) == 4


def test_everybody_who_was_told_is_told_of_the_end_once() -> None:
    key = Paged()
    key.fire()
    key.wait(11 * MINUTE)
    key.recover()
    assert key.sent(since=2) == [("resolved", "ops"), ("resolved", "Ada")]
    assert key.outbox[-1].notice is not None
    assert key.outbox[-1].notice.duration_seconds == pytest.approx(670, abs=20)


def test_nobody_is_told_of_the_end_who_was_not_told_of_the_beginning() -> None:
    key = Paged(policies(silences=(silence(hours=2),)))
    key.fire()
    key.recover()
    assert key.outbox == []
    assert key.reasons()[-1].startswith("lifecycle none: it ended, and nobody was told that it fired (silence")


def test_an_alert_that_was_never_confirmed_tells_nobody() -> None:
    key = Paged(rule=two_tier_rule(fail=3))
    key.feed(Verdict.CRITICAL, Verdict.CRITICAL, Verdict.OK)
    assert key.outbox == []
    assert key.reasons() == [
        "lifecycle none: it is not confirmed yet",
        "lifecycle none: it ended before it was confirmed: nobody was told",
    ]


def test_after_a_long_pause_only_the_highest_level_is_told_once() -> None:
    key = Paged()
    key.fire()
    key.clock.advance(25 * MINUTE)
    key.look()
    key.look()
    assert key.sent() == [("fired", "ops"), ("escalated", "Grace")]


def test_a_level_that_reaches_nobody_passes_to_the_next_at_once() -> None:
    levels = (Level(0.0, ("person:Nobody",)), Level(600.0, ("person:Ada",)), Level(900.0, ("person:Grace",)))
    key = Paged(policies(escalations=(EscalationPolicy("thin", levels),)))
    key.fire()
    assert key.sent() == [("fired", "Ada")]
    assert "escalation escalated: level 1 of thin reaches nobody: the next level is told at once" in key.reasons()
    key.wait(4 * MINUTE)
    assert len(key.outbox) == 1, "the delay of the level after it counts from then"
    key.wait(2 * MINUTE)
    assert key.sent() == [("fired", "Ada"), ("escalated", "Grace")]


def test_a_policy_that_reaches_nobody_says_so() -> None:
    key = Paged(policies(escalations=(EscalationPolicy("empty", (Level(0.0, ("person:Nobody",)),)),)))
    key.fire()
    assert key.outbox == []
    assert key.reasons()[-1] == "escalation none: no level of empty reaches anybody"


def test_without_an_escalation_warnings_are_told_when_they_persist() -> None:
    key = Paged(policies(escalations=()))
    key.feed(Verdict.WARNING)
    key.wait(14 * MINUTE)
    assert key.outbox == []
    key.wait(2 * MINUTE)
    assert {entry.kind for entry in key.outbox} == {NoticeKind.FIRED}
    assert {entry.channel for entry in key.outbox} == {"ops", "pager", "mail"}


def test_an_informational_alert_is_never_sent() -> None:
    key = Paged(
        rule=replace(two_tier_rule(fail=1), limits=Limits(info=limit(Signal.RESPONSE_TIME, Direction.ABOVE, 1.0)))
    )
    key.feed(Verdict.INFO)
    key.wait(60 * MINUTE)
    assert key.outbox == []
    assert "lifecycle none: informational alerts are logged, never sent" in key.reasons()


def test_a_warning_that_becomes_critical_starts_again_although_acknowledged() -> None:
    key = Paged()
    key.feed(Verdict.WARNING)
    key.act(Acknowledge(1))
    key.fire()
    assert key.now.acknowledged_by is None
    assert key.outbox[-1].kind is NoticeKind.SEVERITY
    assert key.now.escalation_level == 1


def test_an_acknowledgement_that_ends_starts_the_escalation_again() -> None:
    key = Paged()
    key.fire()
    step = key.act(Acknowledge(1))
    assert step.episode is not None
    until = key.clock.now() + timedelta(hours=1)
    key.episode = replace(key.now, acknowledged_until=until)
    sent = len(key.outbox)
    key.wait(51 * MINUTE)
    assert key.sent(since=sent) == [("reminder", "Ada")], "the owner is reminded ten minutes before"
    key.wait(10 * MINUTE)
    assert key.now.acknowledged_by is None
    assert "ack_expired" in key.told
    assert key.sent(since=sent + 1) == [("escalated", "ops")]


def test_taking_an_acknowledgement_back_pages_again() -> None:
    key = Paged()
    key.fire()
    key.act(Acknowledge(1))
    key.act(Unacknowledge(1))
    assert key.sent()[-1] == ("escalated", "ops")


def test_an_acknowledgement_that_is_undone_pages_again() -> None:
    key = Paged()
    key.fire()
    key.wait(25 * MINUTE)
    key.act(Acknowledge(1))
    sent = len(key.outbox)
    key.act(Undo(1))
    assert key.sent(since=sent) == [("escalated", "ops")]
    assert key.outbox[-1].reason == "level 1: the escalation starts again"
    assert key.reasons()[-2] == "handling none: ada took back: acknowledged: the escalation starts again"


def test_a_snooze_that_is_undone_pages_again() -> None:
    key = Paged()
    key.fire()
    key.act(Snooze(1, for_=900.0))
    key.act(Undo(1))
    assert key.sent() == [("fired", "ops"), ("escalated", "ops")]


def test_an_owner_who_is_restored_by_undo_is_told_to_whom_the_alert_was_told() -> None:
    key = Paged()
    key.fire()
    key.act(Acknowledge(1))
    key.wait(MINUTE)
    key.act(Unacknowledge(1))
    sent = len(key.outbox)
    key.act(Undo(1))
    assert key.sent(since=sent) == [("acknowledged", "ops")]
    assert "acknowledged by ada" in key.reasons()[-2]


def test_a_claim_that_is_undone_is_told_to_both_owners() -> None:
    key = Paged()
    key.fire()
    key.act(Acknowledge(1))
    key.act(Claim(1), actor="grace")
    sent = len(key.outbox)
    key.act(Undo(1), actor="grace")
    assert key.sent(since=sent) == [("acknowledged", "ops"), ("acknowledged", "Grace"), ("acknowledged", "Ada")]


def test_a_note_that_is_undone_tells_nobody() -> None:
    key = Paged()
    key.fire()
    key.act(Note(1, note="looking"))
    key.act(Undo(1))
    assert key.sent() == [("fired", "ops")]


def test_an_alert_that_comes_back_keeps_its_owner_who_must_answer() -> None:
    key = Paged()
    key.fire()
    key.act(Acknowledge(1))
    key.recover()
    sent = len(key.outbox)
    key.clock.advance(60)
    key.fire()
    assert key.now.acknowledged_by == "ada"
    assert key.sent(since=sent) == [("fired", "Ada")]
    assert "it is back" in key.outbox[-1].reason
    key.wait(11 * MINUTE)
    assert key.now.acknowledged_by is None
    assert key.sent(since=sent + 1) == [("escalated", "ops")]


def test_what_was_closed_by_hand_comes_back_without_an_owner() -> None:
    key = Paged()
    key.fire()
    key.act(Acknowledge(1))
    key.act(Close(1))
    key.fire()
    assert key.now.acknowledged_by is None
    assert key.sent()[-1] == ("fired", "ops")


def test_reminders_keep_their_distance() -> None:
    levels = (Level(0.0, ("ops",)),)
    times = NotifyTimes(reminder=3600.0)
    key = Paged(policies(escalations=(EscalationPolicy("once", levels),), times=times))
    key.fire()
    key.wait(59 * MINUTE)
    assert key.kinds() == [NoticeKind.FIRED]
    key.wait(2 * MINUTE)
    assert key.kinds() == [NoticeKind.FIRED, NoticeKind.REMINDER]
    key.wait(58 * MINUTE)
    assert key.kinds() == [NoticeKind.FIRED, NoticeKind.REMINDER]


def silence(hours: float, clock: FakeClock | None = None) -> Silence:
    begin = (clock or FakeClock()).now()
    return Silence("planned", begin + timedelta(hours=hours), id="7", created_by="ada", services=(SUBJECT,))


@pytest.mark.parametrize("what", ["silence", "maintenance"])
def test_when_a_suppression_ends_a_firing_alert_is_announced_once(what: str) -> None:
    clock = FakeClock()
    end = clock.now() + timedelta(hours=1)
    held = (
        policies(silences=(silence(1, clock),))
        if what == "silence"
        else policies(maintenance=(MaintenanceWindow("move", (SUBJECT,), starts_at=clock.now(), ends_at=end),))
    )
    key = Paged(held, clock=clock)
    key.fire()
    key.wait(59 * MINUTE)
    assert key.outbox == []
    assert sum(line.startswith(f"{what} suppressed") for line in key.reasons()) == 1
    key.wait(2 * MINUTE)
    assert key.sent() == [("catch_up", "ops")]
    key.wait(8 * MINUTE)
    assert key.sent() == [("catch_up", "ops")]
    key.wait(2 * MINUTE)
    assert key.sent() == [("catch_up", "ops"), ("escalated", "Ada")]


def test_a_silence_begun_later_mutes_escalation_and_the_end_is_still_told() -> None:
    clock = FakeClock()
    key = Paged(clock=clock)
    key.fire()
    key.policies = policies(silences=(silence(2, clock),))
    key.wait(30 * MINUTE)
    assert key.sent() == [("fired", "ops")]
    key.recover()
    assert key.sent() == [("fired", "ops"), ("resolved", "ops")]


def test_a_follower_is_held_and_announced_when_its_cause_is_over() -> None:
    key = Paged(policies(depends_on={SUBJECT: ("db",)}, intervals={SUBJECT: 10.0, "db": 10.0}))
    key.others = [other(AlertType.DATABASE, "db", AlertState.FIRING, key.clock)]
    key.rule = two_tier_rule(fail=1, recover=1)
    key.fire()
    assert key.outbox == []
    assert key.reasons()[-1] == "inhibit suppressed: it follows from alert 99 on db"
    key.others = []
    key.wait(30)
    assert key.outbox == [], "its own probes may see that it is good again"
    key.wait(20)
    assert key.sent() == [("catch_up", "ops")]


def test_a_follower_that_recovers_after_its_cause_tells_nobody() -> None:
    key = Paged(policies(depends_on={SUBJECT: ("db",)}, intervals={SUBJECT: 10.0, "db": 10.0}))
    key.others = [other(AlertType.DATABASE, "db", AlertState.FIRING, key.clock)]
    key.fire()
    key.others = []
    key.wait(20)
    key.recover()
    assert key.outbox == []
    assert "settle held: the alert it followed from is over; its next probes decide" in key.reasons()


def test_a_page_waits_for_the_verdict_on_a_dependency_but_not_for_ever() -> None:
    key = Paged(policies(depends_on={SUBJECT: ("db",)}))
    key.others = [other(AlertType.DATABASE, "db", AlertState.PENDING, key.clock)]
    key.fire()
    assert key.outbox == []
    assert key.reasons()[-1] == "settle held: db, which it needs, is being re-checked"
    key.wait(20, every=5.0)
    assert key.sent() == [("fired", "ops")]


def test_quiet_hours_hold_a_warning_and_not_a_critical_alert() -> None:
    clock = FakeClock()
    quiet = Recurrence(start=time(clock.now().hour, 0), duration=6 * 3600.0)
    key = Paged(policies(quiet_hours=quiet), clock=clock)
    key.feed(Verdict.WARNING)
    held = key.outbox[0]
    assert held.not_before == clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(hours=6)
    assert key.reasons()[-1].startswith("quiet_hours held: quiet hours until")
    key.wait(60 * MINUTE)
    assert len(key.outbox) == 1, "no escalation of what nobody was told yet"
    key.fire()
    assert key.outbox[-1].kind is NoticeKind.SEVERITY
    assert key.outbox[-1].not_before is None


def test_a_flapping_alert_is_told_once_and_then_held() -> None:
    key = Paged()
    for _ in range(8):
        key.fire()
        key.recover()
    assert key.kinds() == [NoticeKind.FIRED, NoticeKind.RESOLVED] * 2
    assert "it flaps, 2 times in 30s: further changes are held" in key.outbox[-1].reason
    assert "flapping suppressed: it flaps: 3 times in 40s" in key.reasons()
    key.fire()
    key.wait(5 * MINUTE)
    assert key.kinds()[4:] == [NoticeKind.CATCH_UP], "it settled, and fires"


def test_an_open_alert_that_begins_to_flap_tells_whom_it_told() -> None:
    key = Paged(rule=two_tier_rule(fail=1, recover=2))
    key.fire()
    for _ in range(3):
        key.feed(Verdict.OK, Verdict.CRITICAL)
    assert key.told[-2:] == ["recovering", "relapsed"]
    assert key.sent() == [("fired", "ops"), ("flapping", "ops")]
    assert key.outbox[-1].reason == "it flaps, 2 times in 1m: further changes are held"


def test_a_critical_alert_is_not_held_for_flapping_longer_than_half_an_hour() -> None:
    key = Paged(policies(intervals={SUBJECT: 120.0}))
    key.every = 120.0
    for _ in range(3):
        key.fire()
        key.recover()
    key.fire()
    sent = len(key.outbox)
    assert key.now.paging.flapping
    key.wait(23 * MINUTE)
    assert len(key.outbox) == sent
    key.wait(4 * MINUTE)
    assert key.sent(since=sent) == [("catch_up", "ops")], "half an hour after the first page that was held"
    assert key.now.paging.flapping


def test_short_episodes_of_a_flapping_critical_alert_are_told_every_half_hour() -> None:
    key = Paged()
    for _ in range(3):
        key.fire()
        key.recover()
    sent = len(key.outbox)
    began = key.clock.now()
    while (key.clock.now() - began).total_seconds() < 65 * MINUTE:
        key.fire()
        key.recover()
    assert key.sent(since=sent) == [("fired", "ops"), ("resolved", "ops")] * 2


def test_a_rule_in_shadow_mode_counts_and_sends_nothing() -> None:
    key = Paged()
    key.shadow = frozenset((key.rule.id,))
    key.fire()
    key.wait(11 * MINUTE)
    key.recover()
    assert key.outbox == []
    assert [line for line in key.reasons() if line.startswith("shadow")] == [
        "shadow suppressed: the rule is in shadow mode; fired",
        "shadow suppressed: the rule is in shadow mode; fired",
    ]


def test_an_alert_about_a_channel_goes_through_the_others() -> None:
    key = Paged(policies(escalations=(EscalationPolicy("all", (Level(0.0, ("ops",)),)),)))
    key.subject = "ops"
    key.rule = replace(key.rule, alert_type=AlertType.NOTIFY)
    key.fire()
    assert {entry.channel for entry in key.outbox} == {"pager", "mail"}


def test_one_message_to_a_channel_is_enough() -> None:
    key = Paged(policies(escalations=(EscalationPolicy("both", (Level(0.0, ("pager", "person:Ada")),)),)))
    key.fire()
    assert key.sent() == [("fired", "pager")]


def test_looking_twice_at_one_instant_changes_nothing() -> None:
    key = Paged()
    key.fire()
    key.wait(11 * MINUTE)
    plan = key.look()
    assert plan is not None
    assert not plan.changed


def test_a_wall_clock_that_jumps_escalates_nobody() -> None:
    key = Paged()
    key.fire()
    key.clock.step_wall(3600)
    key.look()
    assert key.sent() == [("fired", "ops")]


def test_without_a_channel_the_reason_is_kept() -> None:
    key = Paged(Policies())
    key.fire()
    assert key.outbox == []
    assert key.reasons()[-1] == "escalation none: no channel is configured"


def test_an_alert_waits_for_the_verdict_on_a_dependency_once_in_its_life() -> None:
    key = Paged(policies(depends_on={SUBJECT: ("db",)}))
    key.fire()
    key.act(Acknowledge(1))
    sent = len(key.outbox)
    key.others = [other(AlertType.DATABASE, "db", AlertState.PENDING, key.clock)]
    key.act(Unacknowledge(1))
    assert key.sent(since=sent) == [("escalated", "ops")], "nothing is held, although the escalation began anew"


def test_a_silence_counts_as_having_waited_for_a_dependency() -> None:
    clock = FakeClock()
    key = Paged(policies(depends_on={SUBJECT: ("db",)}, silences=(silence(1, clock),)), clock=clock)
    key.fire()
    key.others = [other(AlertType.DATABASE, "db", AlertState.PENDING, key.clock)]
    key.wait(1, every=1.0)
    assert not [reason for reason in key.reasons() if reason.startswith("settle")]


def test_an_acknowledgement_that_ends_with_the_alert_is_not_told_to_have_expired() -> None:
    key = Paged()
    key.fire()
    key.act(Acknowledge(1, for_=60.0))
    key.clock.advance(120)
    key.recover()
    kinds = [event.kind for event in key.events[1]]
    assert kinds[-1] == "resolved"
    assert "ack_expired" not in kinds


def test_a_configured_silence_after_another_is_a_decision_of_its_own() -> None:
    clock = FakeClock()
    first = replace(silence(1, clock), id="", created_by=None)
    key = Paged(policies(silences=(first,)), clock=clock)
    key.fire()
    key.policies = policies(silences=(replace(first, reason="repair"),))
    key.wait(10)
    assert [reason.rpartition(": ")[2] for reason in key.reasons() if reason.startswith("silence")] == [
        "planned",
        "repair",
    ]
