"""Which shift is handed over to whom, and what planned work ends in the coming one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from amt_console.alerts.policy.shift_facts import (
    JUST_BEGUN,
    SOON,
    USUAL_SHIFT,
    PlannedEnd,
    ShiftSpan,
    ending_maintenance,
    shift_span,
)
from amt_console.model.policy import MaintenanceWindow, Policies, Recurrence, Rota, RotaOverride

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MONDAY = datetime(2026, 1, 5, 8, tzinfo=UTC)
DAILY = Rota("oncall", ("Ada", "Grace"), DAY.total_seconds(), MONDAY)
ALWAYS = Rota("shop", ("Edsger",), DAY.total_seconds())


def of(*rotas: Rota) -> Policies:
    return Policies(rotas={rota.name: rota for rota in rotas})


def test_without_a_rota_the_usual_times_count() -> None:
    assert shift_span(Policies(), MONDAY) == ShiftSpan(MONDAY - USUAL_SHIFT, MONDAY + SOON)
    assert shift_span(Policies(), MONDAY, MONDAY - HOUR) == ShiftSpan(MONDAY - HOUR, MONDAY + SOON)


def test_before_the_first_shift_the_usual_times_count() -> None:
    assert shift_span(of(DAILY), MONDAY - HOUR) == ShiftSpan(MONDAY - HOUR - USUAL_SHIFT, MONDAY - HOUR + SOON)


def test_the_shift_that_runs_is_handed_over_to_the_next_one() -> None:
    span = shift_span(of(DAILY), MONDAY + 20 * HOUR)
    assert span == ShiftSpan(MONDAY, MONDAY + 2 * DAY, "Ada", "Grace")


def test_soon_after_a_change_the_shift_before_is_handed_over() -> None:
    span = shift_span(of(DAILY), MONDAY + DAY + JUST_BEGUN - timedelta.resolution)
    assert span == ShiftSpan(MONDAY, MONDAY + 2 * DAY, "Ada", "Grace")
    assert JUST_BEGUN == HOUR


def test_an_hour_after_a_change_the_shift_that_runs_is_handed_over() -> None:
    span = shift_span(of(DAILY), MONDAY + DAY + JUST_BEGUN)
    assert span == ShiftSpan(MONDAY + DAY, MONDAY + 3 * DAY, "Grace", "Ada")


def test_the_first_shift_has_none_before_it() -> None:
    now = MONDAY + timedelta(minutes=10)
    assert shift_span(of(DAILY), now) == ShiftSpan(now - USUAL_SHIFT, MONDAY + DAY, None, "Ada")


def test_a_given_beginning_counts_in_place_of_the_shift() -> None:
    began = MONDAY - 5 * HOUR
    assert shift_span(of(DAILY), MONDAY + 20 * HOUR, began).since == began
    assert shift_span(of(DAILY), MONDAY + DAY, began) == ShiftSpan(began, MONDAY + 2 * DAY, "Ada", "Grace")


def test_a_shift_without_an_end_is_handed_over_to_nobody_for_a_day() -> None:
    assert shift_span(of(ALWAYS), MONDAY) == ShiftSpan(MONDAY - USUAL_SHIFT, MONDAY + SOON, "Edsger", None)


def test_someone_who_stands_in_for_ever_takes_over_without_an_end() -> None:
    override = RotaOverride("Edsger", MONDAY + DAY, MONDAY + 2 * DAY)
    rota = replace(ALWAYS, people=("Ada",), overrides=(override,))
    before = shift_span(of(rota), MONDAY)
    assert before == ShiftSpan(MONDAY - USUAL_SHIFT, MONDAY + 2 * DAY, "Ada", "Edsger")
    after = shift_span(of(rota), MONDAY + 2 * DAY + timedelta(minutes=5))
    assert after == ShiftSpan(MONDAY + DAY, MONDAY + 2 * DAY + timedelta(minutes=5) + SOON, "Edsger", "Ada")


def test_the_rota_of_all_people_takes_precedence() -> None:
    assert shift_span(of(ALWAYS, DAILY), MONDAY + 20 * HOUR).leaving == "Ada"
    assert shift_span(of(ALWAYS, replace(DAILY, name="platform")), MONDAY + 20 * HOUR).leaving == "Edsger"


def test_planned_work_ends_after_now_and_up_to_the_end_of_the_shift() -> None:
    def work(name: str, ends_at: datetime | None, starts_at: datetime | None = MONDAY - HOUR) -> MaintenanceWindow:
        return MaintenanceWindow(name, ("db",), starts_at=starts_at, ends_at=ends_at)

    last, early, over, later = (
        work("last", MONDAY + DAY),
        work("early", MONDAY + HOUR, None),
        work("over", MONDAY),
        work("later", MONDAY + DAY + timedelta.resolution),
    )
    windows = (last, early, over, later, work("without end", None))
    assert ending_maintenance(Policies(maintenance=windows), MONDAY, MONDAY + DAY) == (
        PlannedEnd(early, MONDAY, MONDAY + HOUR),
        PlannedEnd(last, MONDAY - HOUR, MONDAY + DAY),
    )


def test_recurring_work_ends_each_time() -> None:
    nightly = MaintenanceWindow("backup", ("db",), recurrence=Recurrence(start=time(2, 0), duration=3600.0))
    found = ending_maintenance(Policies(maintenance=(nightly,)), MONDAY, MONDAY + 2 * DAY)
    night = MONDAY.replace(hour=2)
    assert found == (
        PlannedEnd(nightly, night + DAY, night + DAY + HOUR),
        PlannedEnd(nightly, night + 2 * DAY, night + 2 * DAY + HOUR),
    )
