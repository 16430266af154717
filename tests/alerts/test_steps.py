"""Certificates are told at each step, and rules watch groups, criticalities and rates."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from support.planning import Paged

from amt_console.alerts import Aggregate, Rule, Signal, Verdict, custom_rule, default_rules, judge, rules_for, step
from amt_console.clock import Instant
from amt_console.model import Acknowledge, Criticality, Service, Severity, Snooze

TLS = next(rule for rule in default_rules() if rule.id == "tls_expiry")
START = datetime(2026, 1, 1, tzinfo=UTC)


class Certificate(Paged):
    """A certificate of a service."""

    def __init__(self) -> None:
        super().__init__(rule=TLS)

    def ends_in(self, days: float) -> None:
        for _ in range(2):
            seen = judge(self.rule, self.subject, days, at=self.clock.instant(), episode=self.episode)
            self.save(step(self.episode, seen, self.rule))
            self.clock.advance(60)


def test_each_step_is_told_once_and_the_last_is_critical() -> None:
    key = Certificate()
    key.ends_in(30)
    assert key.episode is None
    told = []
    for days in (20.5, 20.4, 15.0, 13.9, 8.0, 6.9, 6.0, 2.9):
        before = len(key.outbox)
        key.ends_in(days)
        told += [(days, entry.kind.value) for entry in key.outbox[before:]]
    assert told == [(20.5, "fired"), (13.9, "severity"), (6.9, "severity"), (2.9, "severity")]
    assert key.now.severity is Severity.CRITICAL
    assert "a further limit is passed" in [entry.reason for entry in key.outbox]


def test_a_step_is_told_although_the_one_before_was_acknowledged() -> None:
    key = Certificate()
    key.ends_in(20)
    key.act(Acknowledge(1))
    key.ends_in(19)
    assert key.now.acknowledged_by == "ada"
    key.ends_in(13)
    assert key.now.acknowledged_by is None
    assert key.told[-2:] == ["step", "ack_revoked"]


def test_a_step_ends_a_snooze() -> None:
    key = Certificate()
    key.ends_in(20)
    key.act(Snooze(1, until_recovery=True))
    key.ends_in(13)
    assert (key.now.snoozed_by, key.told[-1]) == (None, "snooze_ended")
    assert key.sent()[-1] == ("severity", "ops")


@pytest.mark.parametrize(("before", "now"), [(21.0, None), (21.0, 30.0), (30.0, 14.0), (14.0, 21.0), (14.0, 14.0)])
def test_only_a_further_step_of_the_rule_is_told(before: float, now: float | None) -> None:
    """A limit may be none of the steps: the configuration was changed meanwhile."""
    key = Certificate()
    key.ends_in(20)
    key.act(Acknowledge(1))
    key.episode = replace(key.now, threshold=before)
    key.save(step(key.now, replace(key.observation(Verdict.WARNING, value=13.0), threshold=now), TLS))
    assert "step" not in key.told
    assert key.now.acknowledged_by == "ada"


def test_a_renewed_certificate_ends_the_alert() -> None:
    key = Certificate()
    key.ends_in(5)
    key.ends_in(80)
    assert not key.now.open


def service(name: str, group: str, criticality: Criticality) -> Service:
    return Service(name=name, url="http://127.0.0.1:1/", interval=15.0, group=group, criticality=criticality)


@pytest.mark.parametrize(
    ("rule", "watched"),
    [
        ({"groups": ("shop",)}, ["checkout", "cart"]),
        ({"criticality": Criticality.CRITICAL}, ["checkout", "login"]),
        ({"groups": ("shop",), "criticality": Criticality.CRITICAL}, ["checkout"]),
        ({"groups": ("shop",), "subject": "c*t"}, ["checkout", "cart"]),
        ({"groups": ("none",)}, []),
    ],
)
def test_a_rule_watches_the_targets_of_its_groups_and_criticality(rule: dict[str, object], watched: list[str]) -> None:
    made = custom_rule(name="x", signal=Signal.SERVICE_DOWN, **rule)  # type: ignore[arg-type]
    targets = (
        service("checkout", "shop", Criticality.CRITICAL),
        service("cart", "shop", Criticality.NORMAL),
        service("login", "id", Criticality.CRITICAL),
    )
    assert [each.name for each in targets if rules_for([made], each)] == watched


def test_a_rate_is_the_change_a_minute() -> None:
    points = [(START, 10.0), (START + timedelta(minutes=1), 99.0), (START + timedelta(minutes=4), 18.0)]
    assert Aggregate.RATE.over(points) == pytest.approx(2.0)
    assert Aggregate.RATE.over(points[:1]) is None
    assert Aggregate.RATE.over([points[0], points[0]]) is None
    assert Aggregate.MAX.over(points) == 99.0
    with pytest.raises(ValueError, match="times"):
        Aggregate.RATE.of([1.0, 2.0])


def test_a_rate_is_said_as_a_rate() -> None:
    rule: Rule = custom_rule(
        name="fills", signal=Signal.DISK_USAGE, above=1.0, window=600.0, aggregate=Aggregate.RATE, fail=1
    )
    at = Instant(START, 0.0, 0.0, "b")
    seen = judge(rule, "disk /", 2.14, at=at)
    assert seen.verdict is Verdict.WARNING
    assert seen.message == "disk / rises by 2.14 % a minute over 10m, limit 1 % a minute"
