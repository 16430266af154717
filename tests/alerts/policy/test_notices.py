"""The facts that a message tells."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from amt_console.alerts.policy.notices import end_reason, notice_of
from amt_console.model import AlertEvent, AlertState, AlertType, Episode, Resolution, Severity

AT = datetime(2026, 1, 7, tzinfo=UTC)
ENDED = Episode("cpu", "cpu", AlertType.CPU_USAGE, Severity.WARNING, "cpu at 90 %", AlertState.RESOLVED, AT, id=7)
EVENT = AlertEvent("resolved", AT, AlertState.RESOLVED, Severity.WARNING, "closed", actor="ada")


def test_a_message_names_the_alert_of_which_it_tells() -> None:
    facts = {"group": None, "answer_line": None, "followers": 0}
    assert notice_of(ENDED, **facts).alert_id == 7  # type: ignore[arg-type]
    assert notice_of(replace(ENDED, id=None), **facts).alert_id == 0, "it is not stored yet"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("resolution", "events", "reason"),
    [
        (Resolution.MANUAL, (EVENT,), "closed by ada"),
        (Resolution.MANUAL, (replace(EVENT, kind="note"), replace(EVENT, actor="bob")), "closed by bob"),
        (Resolution.MANUAL, (replace(EVENT, actor=None),), "it was closed"),
        (Resolution.MANUAL, (), "it was closed"),
        (Resolution.RULE_REMOVED, (EVENT,), "its rule or target was removed"),
        (Resolution.RECOVERED, (EVENT,), "it recovered"),
    ],
)
def test_why_an_alert_ended(resolution: Resolution, events: tuple[AlertEvent, ...], reason: str) -> None:
    assert end_reason(replace(ENDED, resolution=resolution), events) == reason
