"""Alerts on channels that do not deliver, and on scheduled reports that are not made: verdicts and words."""

from __future__ import annotations

import pytest

from amt_console.alerts import Verdict
from amt_console.alerts.judging.delivery import DeliveryReading, judge_delivery
from amt_console.alerts.judging.observation import Observation
from amt_console.alerts.judging.reports import ReportReading, judge_report
from amt_console.clock import FakeClock

AT = FakeClock().instant()
MENDED = "once mended: amt-console notify drill --channel mail"


@pytest.mark.parametrize(
    ("reading", "verdict", "message"),
    [
        (DeliveryReading("mail", delivered=True, at=AT), Verdict.OK, "mail delivers messages again"),
        (
            DeliveryReading("mail", delivered=False, at=AT),
            Verdict.WARNING,
            f"mail: a message was not delivered; {MENDED}",
        ),
        (
            DeliveryReading("mail", delivered=False, at=AT, critical=True, error="refused"),
            Verdict.CRITICAL,
            f"mail: a critical page was not delivered: refused; {MENDED}",
        ),
    ],
)
def test_a_channel(reading: DeliveryReading, verdict: Verdict, message: str) -> None:
    assert judge_delivery(reading) == Observation("mail", verdict, message, AT)


@pytest.mark.parametrize(
    ("reading", "verdict", "message"),
    [
        (ReportReading("weekly", AT), Verdict.OK, "report weekly: none is missing any more"),
        (
            ReportReading("weekly", AT, "week 9: disk full"),
            Verdict.WARNING,
            "report weekly could not be made: week 9: disk full; when it is tried again: amt-console export scheduled",
        ),
    ],
)
def test_a_scheduled_report(reading: ReportReading, verdict: Verdict, message: str) -> None:
    assert judge_report(reading) == Observation("report weekly", verdict, message, AT)
