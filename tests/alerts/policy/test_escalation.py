"""Which policy applies, and which people its names resolve to."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from amt_console.alerts.policy.escalation import escalation_for, receivers_of, steps_of
from amt_console.model.alerts import Receiver
from amt_console.model.policy import (
    ChannelFacts,
    EscalationPolicy,
    Level,
    NotifyTimes,
    Person,
    Policies,
    Recurrence,
    Rota,
    RotaOverride,
)
from amt_console.model.states import ChannelType, Severity

NOON = datetime(2026, 1, 7, 12, tzinfo=UTC)
CHANNELS = {
    name: ChannelFacts(name, kind)
    for name, kind in (("mail", ChannelType.EMAIL), ("pager", ChannelType.PAGERDUTY), ("slack", ChannelType.SLACK))
}
ADA = Person("Ada", ("mail",), {Severity.CRITICAL: ("pager", "mail")})
GRACE = Person("Grace", ("slack", "disabled"))
WEEK = Rota("oncall", ("Ada", "Grace"), 7 * 86400.0, datetime(2026, 1, 5, 9, tzinfo=UTC))
SHOP = Rota("shop", ("Grace",), 86400.0)
POLICIES = Policies(channels=CHANNELS, people={"Ada": ADA, "Grace": GRACE}, rotas={"oncall": WEEK, "shop": SHOP})


def reached(*names: str, severity: Severity = Severity.WARNING, policies: Policies = POLICIES) -> list[tuple[str, str]]:
    return [(found.channel, found.name) for found in receivers_of(policies, names, severity, NOON)]


def policy(name: str, **changes: object) -> EscalationPolicy:
    return replace(EscalationPolicy(name, (Level(0.0, ("mail",)),)), **changes)  # type: ignore[arg-type]


def test_names_become_channels_and_people() -> None:
    assert reached("mail") == [("mail", "mail")]
    assert reached("person:Grace") == [("slack", "Grace")], "a channel that is not enabled is left out"
    assert reached("oncall") == [("mail", "Ada")]
    assert reached("oncall:shop") == [("slack", "Grace")]


def test_a_person_has_other_channels_for_critical_alerts() -> None:
    assert reached("oncall", severity=Severity.CRITICAL) == [("pager", "Ada"), ("mail", "Ada")]


def test_everybody_is_named_once() -> None:
    assert reached("mail", "oncall", "person:Ada", "mail") == [("mail", "mail"), ("mail", "Ada")]


@pytest.mark.parametrize("name", ["nothing", "person:Nobody", "oncall:none", "person:", "oncall:"])
def test_a_name_that_reaches_nobody_yields_nothing(name: str) -> None:
    without_default = replace(POLICIES, rotas={"shop": SHOP})
    assert receivers_of(without_default, (name,), Severity.CRITICAL, NOON) == ()


def test_a_rota_before_its_start_reaches_nobody() -> None:
    later = replace(WEEK, starts_at=datetime(2026, 2, 1, tzinfo=UTC))
    assert reached("oncall", policies=replace(POLICIES, rotas={"oncall": later})) == []


def test_an_override_changes_who_is_reached() -> None:
    taken = replace(WEEK, overrides=(RotaOverride("Grace", NOON, datetime(2026, 1, 7, 13, tzinfo=UTC)),))
    assert reached("oncall", policies=replace(POLICIES, rotas={"oncall": taken})) == [("slack", "Grace")]


def test_a_channel_named_like_the_rota_is_the_channel() -> None:
    channels = {**CHANNELS, "oncall": ChannelFacts("oncall", ChannelType.WEBHOOK)}
    found = receivers_of(replace(POLICIES, channels=channels), ("oncall",), Severity.WARNING, NOON)
    assert found == (Receiver("oncall", "oncall"),)


def test_the_first_policy_that_fits_applies() -> None:
    policies = replace(
        POLICIES,
        escalations=(
            policy("shop", group="shop", severity=Severity.CRITICAL),
            policy("critical", severity=Severity.CRITICAL),
            policy("rest"),
        ),
    )

    def name(severity: Severity, group: str | None) -> str | None:
        found = escalation_for(policies, severity, group, NOON)
        return None if found is None else found.name

    assert name(Severity.CRITICAL, "shop") == "shop"
    assert name(Severity.CRITICAL, "platform") == "critical"
    assert name(Severity.CRITICAL, None) == "critical"
    assert name(Severity.WARNING, "shop") == "rest"
    assert name(Severity.INFO, "shop") is None


def test_a_policy_of_the_night_applies_at_night() -> None:
    night = Recurrence(time(22), 8 * 3600.0, zone=ZoneInfo("Europe/Berlin"))
    policies = replace(POLICIES, escalations=(policy("night", hours=night), policy("day")))

    def name(hour: int) -> str | None:
        found = escalation_for(policies, Severity.CRITICAL, None, datetime(2026, 1, 7, hour, tzinfo=UTC))
        return None if found is None else found.name

    assert [name(hour) for hour in (4, 5, 20, 21)] == ["night", "day", "day", "night"]


def test_without_a_policy_every_channel_is_told() -> None:
    critical = escalation_for(POLICIES, Severity.CRITICAL, "shop", NOON)
    assert critical is not None
    assert [level.after for level in critical.levels] == [0.0, 600.0, 1200.0]
    assert {level.notify for level in critical.levels} == {("mail", "pager", "slack")}
    warning = escalation_for(replace(POLICIES, times=NotifyTimes(warning_after=60.0)), Severity.WARNING, None, NOON)
    assert warning is not None
    assert [level.after for level in warning.levels] == [60.0]
    assert escalation_for(POLICIES, Severity.INFO, None, NOON) is None
    assert escalation_for(Policies(), Severity.CRITICAL, None, NOON) is None, "there is no channel"


def test_where_policies_are_configured_and_none_fits_nobody_is_told() -> None:
    policies = replace(POLICIES, escalations=(policy("shop", group="shop"),))
    assert escalation_for(policies, Severity.CRITICAL, "platform", NOON) is None


@pytest.mark.parametrize(
    ("delays", "repeat", "steps"),
    [
        ((0.0,), 1, [0.0]),
        ((0.0,), 3, [0.0, 300.0, 600.0]),
        ((0.0, 600.0, 1500.0), 2, [0.0, 600.0, 1500.0, 2400.0, 3000.0, 3900.0]),
        ((60.0, 120.0), 2, [60.0, 120.0, 480.0, 540.0]),
    ],
)
def test_a_round_follows_after_the_last_pause_and_at_least_five_minutes(
    delays: tuple[float, ...], repeat: int, steps: list[float]
) -> None:
    levels = tuple(Level(delay, (f"level {delay:g}",)) for delay in delays)
    found = steps_of(EscalationPolicy("rounds", levels, repeat=repeat))
    assert [delay for delay, _ in found] == steps
    assert [names for _, names in found] == [level.notify for level in levels] * repeat
