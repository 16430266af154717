"""Gaps in the coverage of rotas and policies, reported before they matter."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from amt_console.alerts.policy.coverage import reaches_anybody, unreachable, untold
from amt_console.model.policy import (
    ChannelFacts,
    EscalationPolicy,
    Level,
    Person,
    Policies,
    Recurrence,
    Rota,
    RotaOverride,
)
from amt_console.model.states import ChannelType, Severity

NOW = datetime(2026, 1, 7, 12, tzinfo=UTC)
DAY = timedelta(days=1)
MAIL = {"mail": ChannelFacts("mail", ChannelType.EMAIL)}


def policy(*names: str, severity: Severity | None = None, hours: Recurrence | None = None) -> EscalationPolicy:
    return EscalationPolicy("p", (Level(0.0, names),), severity, hours=hours)


def test_people_whom_no_enabled_channel_reaches() -> None:
    policies = Policies(
        channels=MAIL,
        people={
            "Ada": Person("Ada", ("mail", "off")),
            "Grace": Person("Grace", ("off", "gone")),
            "Mary": Person("Mary", ("mail",), {Severity.CRITICAL: ("off",)}),
        },
    )
    assert [(item.person, item.reason) for item in unreachable(policies, NOW)] == [
        ("Grace", "no alert arrives: not enabled: off, gone"),
        ("Mary", "no critical alert arrives: not enabled: off"),
    ]


def test_an_override_of_somebody_who_left_is_told_until_it_ends() -> None:
    given = (RotaOverride("Bob", NOW, NOW + DAY), RotaOverride("Ada", NOW, NOW + DAY))
    rota = Rota("oncall", ("Ada",), 86400.0, overrides=given)
    policies = Policies(channels=MAIL, people={"Ada": Person("Ada", ("mail",))}, rotas={"oncall": rota})
    assert [item.person for item in unreachable(policies, NOW)] == ["Bob"]
    assert unreachable(policies, NOW + DAY) == ()


def test_a_policy_that_reaches_nobody() -> None:
    policies = Policies(
        channels=MAIL,
        people={"Ada": Person("Ada", ("off",)), "Grace": Person("Grace", ("off",), {Severity.CRITICAL: ("mail",)})},
        rotas={"oncall": Rota("oncall", ("Ada",), 86400.0), "shop": Rota("shop", ("Grace",), 86400.0)},
    )
    assert reaches_anybody(policies, policy("mail", "off"))
    assert not reaches_anybody(policies, policy("off", "person:Ada", "oncall"))
    assert reaches_anybody(policies, policy("oncall:shop"))
    assert not reaches_anybody(policies, policy("oncall:shop", severity=Severity.WARNING))
    given = Rota("oncall", ("Ada",), 86400.0, overrides=(RotaOverride("Grace", NOW, NOW + DAY),))
    assert reaches_anybody(replace(policies, rotas={"oncall": given}), policy("oncall"))


def test_the_first_moment_that_no_policy_covers() -> None:
    day = policy("mail", hours=Recurrence(time(9), 9 * 3600.0, zone=ZoneInfo("Europe/Berlin")))
    night = policy("mail", hours=Recurrence(time(18), 15 * 3600.0, zone=ZoneInfo("Europe/Berlin")))
    critical = policy("mail", severity=Severity.CRITICAL)

    def first(*policies: EscalationPolicy, severity: Severity = Severity.WARNING) -> datetime | None:
        return untold(Policies(channels=MAIL, escalations=policies), severity, None, NOW)

    assert first() is None, "without policies the default applies"
    assert first(day, night) is None
    assert first(day) == NOW.replace(hour=17)
    assert first(night) == NOW
    assert first(critical) == NOW
    assert first(critical, severity=Severity.CRITICAL) is None
    assert first(replace(day, group="shop")) == NOW
