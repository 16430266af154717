"""The rotas over a period."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from amt_console.alerts.policy.timetable import MOST_SHIFTS, on_call_at, oncall_plan
from amt_console.model.oncall import OnCall, Shift, UncoveredTime
from amt_console.model.policy import Policies, Rota, RotaOverride

NOW = datetime(2026, 1, 7, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def test_now_next_shifts_and_gaps_of_every_rota() -> None:
    late = Rota("late", ("Ada", "Grace"), 86400.0, NOW + DAY)
    always = Rota("always", ("Mary",), 86400.0, overrides=(RotaOverride("Ada", NOW + DAY, NOW + 2 * DAY),))
    plan = oncall_plan(Policies(rotas={"late": late, "always": always}), NOW, NOW, NOW + 3 * DAY)
    first, second = plan.rotas
    assert (first.name, first.zone, first.now) == ("late", "UTC", None)
    assert first.next == Shift("late", "Ada", NOW + DAY, NOW + 2 * DAY)
    assert [shift.person for shift in first.shifts] == ["Ada", "Grace"]
    assert first.gaps == (UncoveredTime("late", NOW, NOW + DAY),)
    assert second.now == Shift("always", "Mary", None, NOW + DAY)
    assert second.next == Shift("always", "Ada", NOW + DAY, NOW + 2 * DAY)
    assert second.gaps == ()


def test_who_is_on_call_at_a_moment_or_when_somebody_will_be() -> None:
    late = Rota("late", ("Ada",), 86400.0, NOW + DAY)
    always = Rota("always", ("Mary",), 86400.0)
    nobody = Rota("nobody", (), 86400.0)
    policies = Policies(rotas={rota.name: rota for rota in (late, always, nobody)})
    assert on_call_at(policies, NOW) == (
        OnCall("late", None, NOW + DAY),
        OnCall("always", "Mary", None),
        OnCall("nobody", None, None),
    )


def test_nobody_follows_one_person_alone() -> None:
    (rota,) = oncall_plan(Policies(rotas={"a": Rota("a", ("Ada",), 86400.0)}), NOW, NOW, NOW + DAY).rotas
    assert (rota.now, rota.next) == (Shift("a", "Ada", None, None), None)


def test_of_very_short_turns_the_first_are_listed() -> None:
    rota = Rota("fast", ("Ada", "Grace"), 1.0, NOW)
    (found,) = oncall_plan(Policies(rotas={"fast": rota}), NOW, NOW, NOW + 400 * DAY).rotas
    assert len(found.shifts) == MOST_SHIFTS
    assert found.shifts[0].starts_at == NOW
