"""Whole lives of alerts, word by word: each message, decision and event of the planner, and when.

``PYTHONPATH=tests:. python tests/alerts/policy/test_transcripts.py`` writes them anew: read what changed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, time, timedelta
from pathlib import Path

import pytest
from support.alerting import SUBJECT, two_tier_rule
from support.planning import ADA, GRACE, Paged, policies

from amt_console.alerts import Limits, Planner, Signal, Step, Verdict, limit, retire
from amt_console.alerts.rules.rule import Direction
from amt_console.clock import FakeClock
from amt_console.model import (
    Acknowledge,
    AlertAction,
    AlertState,
    AlertType,
    Claim,
    Close,
    Episode,
    Handoff,
    Paging,
    Severity,
    Snooze,
    Unacknowledge,
    Undo,
)
from amt_console.model.policy import (
    EscalationPolicy,
    Level,
    MaintenanceWindow,
    NotifyTimes,
    Person,
    Policies,
    Recurrence,
    Silence,
)

MINUTE, HOUR = 60.0, 3600.0
FILE = Path(__file__).with_name("transcripts.txt")
"""Of each life its lines: the minute, and what happened."""


class Transcript(Paged):
    """Writes down what is planned, at its time since the beginning."""

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)  # type: ignore[arg-type]
        self.began = self.clock.now()
        self.lines: list[str] = []

    def act(self, action: AlertAction, actor: str = "ada") -> Step:
        """Each action at a time of its own: those of one instant are taken back together."""
        self.clock.advance(15)
        return super().act(action, actor)

    def after(self, moment: datetime | None) -> str:
        """Minutes since the beginning."""
        return "never" if moment is None else f"{(moment - self.began).total_seconds() / 60:.1f}"

    def _keep(self, plan, done: Step) -> None:  # type: ignore[no-untyped-def]
        sent, decided = len(self.outbox), len(self.decisions)
        kept = {number: len(events) for number, events in self.events.items()}
        super()._keep(plan, done)
        at = self.after(self.clock.now())
        for event in self.events[self.now.id or 0][kept.get(self.now.id or 0, 0) :]:
            self.lines.append(f"{at} EVENT {event.kind}: {event.message}")
        for decision in self.decisions[decided:]:
            detail = f" [{decision.detail}]" if decision.detail else ""
            self.lines.append(f"{at} {decision.stage.value} {decision.outcome.value}: {decision.reason}{detail}")
        for entry in self.outbox[sent:]:
            assert entry.notice is not None
            notice = entry.notice
            facts = [f"alert {notice.alert_id}", f"level {notice.level}", f"until {self.after(entry.expires_at)}"]
            facts += [f"not before {self.after(entry.not_before)}"] if entry.not_before else []
            facts += [f"{notice.followers} follow"] if notice.followers else []
            facts += [f"group {notice.group}"] if notice.group else []
            self.lines.append(
                f"{at} MESSAGE {entry.kind.value} to {entry.receiver} by {entry.channel}: {entry.reason} "
                f"({', '.join(facts)})"
            )


def cause(clock: FakeClock, number: int | None = 99, state: AlertState = AlertState.FIRING) -> Episode:
    return Episode(
        rule_id="service_down",
        subject="db",
        alert_type=AlertType.DATABASE,
        severity=Severity.CRITICAL,
        message="db is down",
        state=state,
        opened_at=clock.now(),
        id=number,
    )


def handled() -> Transcript:
    key = Transcript(policies(groups={SUBJECT: "shop"}))
    key.fire()
    key.wait(12 * MINUTE, every=MINUTE)
    key.act(Acknowledge(1, for_=HOUR, note="on it"))
    key.wait(62 * MINUTE, every=MINUTE)
    key.act(Snooze(1, for_=600.0))
    key.wait(11 * MINUTE, every=MINUTE)
    key.act(Claim(1), actor="grace")
    key.act(Handoff(1, "Ada"), actor="grace")
    key.act(Undo(1), actor="grace")
    key.act(Snooze(1, for_=600.0, note="after lunch"))
    key.act(Unacknowledge(1), actor="grace")
    key.act(Undo(1), actor="grace")
    key.wait(21 * MINUTE, every=MINUTE)
    key.act(Snooze(1, until_recovery=True))
    key.recover()
    return key


def short_acknowledgements() -> Transcript:
    key = Transcript()
    key.fire()
    for seconds in (1200.0, 1260.0):
        key.act(Acknowledge(1, for_=seconds))
        key.wait(22 * MINUTE, every=MINUTE)
    return key


def extended_and_restored() -> Transcript:
    """Each acknowledgement has a reminder of its own."""
    key = Transcript(policies(escalations=(EscalationPolicy("both", (Level(0.0, ("ops", "mail")),)),)))
    key.fire()
    key.act(Acknowledge(1, for_=HOUR))
    key.wait(51 * MINUTE, every=MINUTE)
    key.act(Unacknowledge(1))
    key.act(Acknowledge(1, for_=HOUR))
    key.wait(51 * MINUTE, every=MINUTE)
    key.act(Snooze(1, for_=60.0))
    key.act(Undo(1))
    key.act(Unacknowledge(1))
    key.act(Undo(1))
    key.wait(MINUTE)
    return key


def without_an_end() -> Transcript:
    key = Transcript()
    key.fire()
    key.act(Acknowledge(1))
    key.episode = replace(key.now, acknowledged_until=None)
    key.wait(24 * HOUR, every=HOUR)
    return key


def not_confirmed() -> Transcript:
    key = Transcript(rule=two_tier_rule(fail=3, recover=1))
    key.feed(Verdict.CRITICAL)
    key.wait(30 * MINUTE, every=MINUTE)
    return key


def informational() -> Transcript:
    info = Limits(info=limit(Signal.RESPONSE_TIME, Direction.ABOVE, 1.0))
    key = Transcript(rule=replace(two_tier_rule(fail=1), limits=info))
    key.feed(Verdict.INFO)
    key.wait(30 * MINUTE, every=MINUTE)
    return key


def recovering() -> Transcript:
    key = Transcript(rule=two_tier_rule(fail=1, recover=2))
    key.fire()
    key.recover()
    key.wait(30 * MINUTE, every=MINUTE)
    return key


def worse_and_worse() -> Transcript:
    key = Transcript(rule=two_tier_rule(fail=1, recover=1))
    key.feed(Verdict.WARNING)
    key.act(Snooze(1, for_=HOUR))
    key.fire()
    key.feed(Verdict.WARNING)
    key.feed(Verdict.WARNING)
    key.recover()
    return key


def quiet_hours() -> Transcript:
    clock = FakeClock()
    hours = Recurrence(start=time(clock.now().hour, 0), duration=2 * HOUR)
    key = Transcript(policies(quiet_hours=hours, times=NotifyTimes(reminder=1800.0)), clock=clock)
    key.feed(Verdict.WARNING)
    key.wait(2.1 * HOUR, every=10 * MINUTE)
    key.recover()
    return key


def reminders() -> Transcript:
    levels = (Level(0.0, ("ops",)), Level(600.0, ("person:Ada",)))
    key = Transcript(policies(escalations=(EscalationPolicy("two", levels),), times=NotifyTimes(reminder=1800.0)))
    key.fire()
    key.wait(75 * MINUTE, every=10 * MINUTE)
    return key


def rounds() -> Transcript:
    levels = (Level(0.0, ("ops",)), Level(600.0, ("person:Ada",)))
    key = Transcript(
        policies(escalations=(EscalationPolicy("twice", levels, repeat=2),), times=NotifyTimes(reminder=0))
    )
    key.fire()
    key.wait(60 * MINUTE, every=5 * MINUTE)
    return key


def dependency() -> Transcript:
    key = Transcript(policies(depends_on={SUBJECT: ("db",)}, intervals={SUBJECT: 10.0, "db": 10.0}))
    key.others = [cause(key.clock, None, AlertState.PENDING)]
    key.fire()
    key.others = [cause(key.clock, None)]
    key.wait(20)
    key.others = [cause(key.clock)]
    key.wait(20)
    key.others = []
    key.wait(60, every=5.0)
    return key


def cause_of_others() -> Transcript:
    key = Transcript(
        policies(depends_on={"web": (SUBJECT,), "app": (SUBJECT,)}),
        rule=replace(two_tier_rule(fail=1), id="service_down"),
    )
    key.rule = replace(key.rule, alert_type=AlertType.SERVICE_DOWN)
    web = replace(cause(key.clock, None), subject="web", alert_type=AlertType.SERVICE_DOWN)
    key.others = [web, replace(web, subject="app", id=7), replace(web, subject="alone", id=8)]
    key.fire()
    return key


def silences_and_work() -> Transcript:
    clock = FakeClock()
    now = clock.now()
    silences = (
        Silence("short", now + timedelta(minutes=5), id="3", services=(SUBJECT,)),
        Silence("planned", now + timedelta(minutes=20), id="7", created_by="ada", services=(SUBJECT,)),
    )
    work = (MaintenanceWindow("move", (SUBJECT,), starts_at=now, ends_at=now + timedelta(minutes=10)),)
    late = (Level(300.0, ("ops",)), Level(900.0, ("person:Ada",)))
    key = Transcript(
        policies(silences=silences, maintenance=work, escalations=(EscalationPolicy("late", late),)), clock=clock
    )
    key.fire()
    key.wait(40 * MINUTE, every=5 * MINUTE)
    return key


def flapping() -> Transcript:
    key = Transcript()
    for _ in range(4):
        key.fire()
        key.recover()
    key.fire()
    key.wait(40 * MINUTE, every=5 * MINUTE)
    return key


def a_flapping_warning() -> Transcript:
    key = Transcript(policies(intervals={SUBJECT: 120.0}))
    key.every = 120.0
    for _ in range(4):
        key.feed(Verdict.WARNING)
        key.recover()
    key.feed(Verdict.WARNING)
    key.wait(34 * MINUTE, every=2 * MINUTE)
    return key


def back_to_its_owner() -> Transcript:
    people = {"Ada": replace(ADA, channels=("pager", "gone")), "Grace": GRACE}
    key = Transcript(policies(people=people))
    key.fire()
    key.act(Acknowledge(1))
    key.recover()
    key.clock.advance(60)
    key.fire()
    key.wait(11 * MINUTE, every=MINUTE)
    return key


def back_to_an_owner_with_much_time() -> Transcript:
    key = Transcript(policies(times=NotifyTimes(reopen_answer=HOUR)))
    key.fire()
    key.act(Acknowledge(1))
    key.recover()
    key.fire()
    key.wait(59 * MINUTE, every=MINUTE)
    assert key.now.paging.returning is None
    return key


def back_to_an_owner_without_a_channel() -> Transcript:
    key = Transcript(policies(people={"Ada": Person("Ada", accounts=("ada",))}))
    key.fire()
    key.act(Acknowledge(1))
    key.recover()
    key.fire()
    return key


def closed() -> Transcript:
    key = Transcript()
    key.fire()
    key.act(Close(1, note="known"), actor="grace")
    return key


def retired() -> Transcript:
    key = Transcript()
    key.fire()
    key.save(retire(key.now, at=key.clock.instant()))
    return key


def in_shadow() -> Transcript:
    key = Transcript()
    key.shadow = frozenset((key.rule.id,))
    key.fire()
    key.recover()
    return key


def about_a_channel() -> Transcript:
    key = Transcript(policies(escalations=(EscalationPolicy("ops", (Level(0.0, ("ops", "pager")),)),)))
    key.subject = "ops"
    key.rule = replace(key.rule, alert_type=AlertType.NOTIFY)
    key.fire()
    return key


def other_policies_meanwhile() -> Transcript:
    """A channel that is taken out of the configuration is not told of the end."""
    key = Transcript()
    key.fire()
    key.wait(11 * MINUTE, every=MINUTE)
    channels = dict(key.policies.channels)
    del channels["ops"]
    key.policies = replace(key.policies, channels=channels)
    key.act(Acknowledge(1))
    key.policies = replace(key.policies, channels={"pager": replace(channels["pager"], send_resolved=False)})
    key.recover()
    return key


def looked_at_after_the_end() -> Transcript:
    key = Transcript()
    key.fire()
    key.act(Acknowledge(1, for_=HOUR))
    key.wait(2 * HOUR, every=2 * HOUR)
    return key


def strangers() -> Transcript:
    """People of whom the configuration knows nothing."""
    key = Transcript()
    key.fire()
    key.act(Acknowledge(1), actor="carol")
    key.act(Claim(1), actor="ada")
    key.act(Claim(1), actor="dave")
    return key


def settles_once() -> Transcript:
    key = Transcript(policies(depends_on={SUBJECT: ("db",)}))
    key.others = [cause(key.clock, state=AlertState.PENDING)]
    key.fire()
    key.others = []
    key.wait(5, every=5)
    key.others = [cause(key.clock, state=AlertState.PENDING)]
    key.policies = replace(key.policies, escalations=(EscalationPolicy("now", (Level(0.0, ("ops",)),) * 2),))
    key.wait(5, every=5)
    return key


def settles_after_a_while() -> Transcript:
    key = Transcript(policies(depends_on={SUBJECT: ("db",)}))
    key.every = 0
    key.others = [cause(key.clock, state=AlertState.PENDING)]
    key.fire()
    key.wait(30, every=5)
    return key


def needs_no_verdict_later() -> Transcript:
    key = Transcript(policies(depends_on={SUBJECT: ("db",)}))
    key.fire()
    key.others = [cause(key.clock, state=AlertState.PENDING)]
    key.wait(5, every=5)
    return key


def held_before_the_first_level(minutes: float) -> Transcript:
    clock = FakeClock()
    planned = Silence("planned", clock.now() + timedelta(minutes=minutes), id="7", services=(SUBJECT,))
    levels = (Level(900.0, ("ops",)), Level(1800.0, ("person:Ada",)))
    key = Transcript(policies(silences=(planned,), escalations=(EscalationPolicy("late", levels),)), clock=clock)
    key.every = 0
    key.fire()
    key.wait(60 * MINUTE, every=5 * MINUTE)
    return key


def held_for_less_than_the_first_level() -> Transcript:
    return held_before_the_first_level(10)


def held_for_as_long_as_the_first_level() -> Transcript:
    return held_before_the_first_level(15)


def held_for_more_than_the_first_level() -> Transcript:
    return held_before_the_first_level(20)


def without_a_channel() -> Transcript:
    clock = FakeClock()
    planned = Silence("planned", clock.now() + timedelta(minutes=10), id="7", services=(SUBJECT,))
    key = Transcript(Policies(silences=(planned,)), clock=clock)
    key.fire()
    key.wait(30 * MINUTE, every=5 * MINUTE)
    return key


def known_since_before() -> Transcript:
    """An alert that fired before anything was planned about it."""
    key = Transcript()
    key.fire()
    key.episode = replace(key.now, paging=Paging(), escalation_level=0)
    key.wait(12 * MINUTE, every=MINUTE)
    return key


def only_the_last_level_reaches_somebody() -> Transcript:
    levels = (Level(0.0, ("person:Nobody",)), Level(600.0, ("person:Ada",)))
    key = Transcript(policies(escalations=(EscalationPolicy("thin", levels),)))
    key.fire()
    return key


def reminders_between_levels() -> Transcript:
    levels = (Level(1800.0, ("ops",)), Level(10 * HOUR, ("person:Ada",)))
    key = Transcript(policies(escalations=(EscalationPolicy("slow", levels),), times=NotifyTimes(reminder=600.0)))
    key.fire()
    key.wait(45 * MINUTE, every=5 * MINUTE)
    key.act(Acknowledge(1))
    key.wait(30 * MINUTE, every=5 * MINUTE)
    key.act(Unacknowledge(1))
    return key


LIVES = (
    handled,
    short_acknowledgements,
    extended_and_restored,
    without_an_end,
    not_confirmed,
    informational,
    recovering,
    worse_and_worse,
    quiet_hours,
    reminders,
    rounds,
    dependency,
    cause_of_others,
    silences_and_work,
    flapping,
    a_flapping_warning,
    back_to_its_owner,
    back_to_an_owner_with_much_time,
    back_to_an_owner_without_a_channel,
    closed,
    retired,
    in_shadow,
    about_a_channel,
    other_policies_meanwhile,
    looked_at_after_the_end,
    strangers,
    settles_once,
    settles_after_a_while,
    needs_no_verdict_later,
    held_for_less_than_the_first_level,
    held_for_as_long_as_the_first_level,
    held_for_more_than_the_first_level,
    without_a_channel,
    known_since_before,
    only_the_last_level_reaches_somebody,
    reminders_between_levels,
)


def written() -> dict[str, list[str]]:
    """The transcripts of the file by life."""
    parts = FILE.read_text(encoding="utf-8").split("## ")[1:]
    return {(lines := part.strip().splitlines())[0]: lines[1:] for part in parts}


@pytest.mark.parametrize("life", LIVES, ids=lambda life: life.__name__)
def test_a_life_goes_as_it_is_written(life: Callable[[], Transcript]) -> None:
    assert life().lines == written()[life.__name__]


def test_a_decision_alone_is_stored_too() -> None:
    key = Paged()
    key.fire()
    key.act(Snooze(1, for_=HOUR))
    plan = Planner(key.policies, [key.now], key.clock.instant()).plan(key.now, key.events[1][-1:])
    assert (plan.episode, plan.events, plan.outbox) == (key.now, (), ())
    assert [decision.reason[:15] for decision in plan.decisions] == ["snoozed by ada "]
    assert plan.changed


def test_what_fired_and_became_critical_between_two_looks_has_fired() -> None:
    key = Paged()
    key.fire()
    events = [replace(key.events[1][-1], kind=kind) for kind in ("fired", "severity")]
    fresh = replace(key.now, paging=Paging(), escalation_level=0)
    plan = Planner(key.policies, [fresh], key.clock.instant()).plan(fresh, events)
    assert [entry.kind.value for entry in plan.outbox] == ["fired"]


if __name__ == "__main__":
    FILE.write_text("\n\n".join("\n".join((f"## {life.__name__}", *life().lines)) for life in LIVES) + "\n", "utf-8")
