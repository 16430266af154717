"""What the engine tells people about itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from amt_console.clock import FakeClock
from amt_console.model import AlertState, AlertType, Episode, Severity
from amt_console.monitor.notices import engine_faults, engine_notices
from amt_console.monitor.supervise import Restarts

NOW = FakeClock().now()


def notices(**more: Any) -> tuple[str, ...]:
    quiet: dict[str, Any] = {
        "now": NOW,
        "faults": (),
        "dropped": 0,
        "rejected": 0,
        "restarts": Restarts(),
        "wall_step": None,
    }
    return engine_notices(**{**quiet, **more})


def episode(index: int, severity: Severity) -> Episode:
    return Episode(
        rule_id="service_down",
        subject=f"service-{index}",
        alert_type=AlertType.SERVICE_DOWN,
        severity=severity,
        message=f"service-{index} is down",
        state=AlertState.FIRING,
        opened_at=NOW,
    )


def test_all_well_says_nothing() -> None:
    assert notices() == ()
    assert engine_faults(commit_fault=None, store_error=None, waiting=3, unsaved=()) == ()


def test_a_database_that_refuses_is_told_of_first_with_the_worst_alerts_that_only_this_process_knows() -> None:
    unsaved = [episode(0, Severity.WARNING), *(episode(index, Severity.CRITICAL) for index in range(1, 5))]
    faults = engine_faults(commit_fault=None, store_error="No room on the disk.", waiting=12, unsaved=unsaved)
    told = notices(faults=faults, dropped=3)
    assert told[:-1] == faults
    assert "No room on the disk." in told[0]
    assert "12" in told[0]
    assert told[1] == "Not stored yet: CRITICAL service-1 is down"
    assert told[4] == "Not stored yet: 2 further alerts."
    assert told[5].startswith("3 results were lost")


def test_failures_of_a_task_are_told_of_and_harmless_to_show() -> None:
    restarts = Restarts({"host": 2}, "host: OSError: \x1b[31mno\x07")
    (told,) = notices(restarts=restarts)
    assert "2 times" in told
    assert "\x1b" not in told
    assert "\x07" not in told


def test_a_moved_clock_is_told_of_for_an_hour() -> None:
    (told,) = notices(wall_step=(NOW, -7200.0))
    assert "set back by 2h" in told
    assert notices(wall_step=(NOW - timedelta(hours=1), -7200.0)) == ()


def test_refused_items_are_told_of() -> None:
    (told,) = notices(rejected=1)
    assert told == "1 result was refused by the database; the log says why."


def test_that_nothing_is_committed_is_told_of_once_with_its_cause() -> None:
    fault = "Nothing has been stored since 12:00:00 UTC. No room on the disk."
    told = engine_faults(commit_fault=fault, store_error="No room on the disk.", waiting=1, unsaved=())
    assert told == (f"{fault} 1 result waits in memory.",)
