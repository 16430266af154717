"""The panels of the platform's figures: values, units, and what is said where a figure is missing or looks wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from amt_console.model import BusinessFigures, Figure, FigureKind
from widgets.business_panels import RevenuePanel
from widgets.look import PLAIN_LOOK

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
SUSPECT = "0.0275 looks like a fraction, not percent"


def lines(width: int, height: int, **figures: Figure) -> list[str]:
    panel = RevenuePanel(look=PLAIN_LOOK)
    panel.show({FigureKind.REVENUE: BusinessFigures(FigureKind.REVENUE, NOW - timedelta(seconds=40), figures)}, NOW)
    return [strip.text.rstrip() for strip in panel.build(width, height)]


def test_a_suspect_value_has_a_mark_and_its_reason() -> None:
    figures = {"mrr": Figure(5.0, unit="EUR"), "churn_rate": Figure(0.0275, unit="percent", suspect=SUSPECT)}
    tall = lines(70, 12, **figures)
    (churn,) = [line for line in tall if "Churn" in line]
    assert f"0.03 %? {SUSPECT}" in churn
    (low,) = lines(70, 1, **figures)
    assert "churn 0.03 %?" in low
    assert "MRR 5?" not in low


def test_what_is_refused_because_it_looks_wrong_is_no_value() -> None:
    (churn,) = [
        line
        for line in lines(
            70, 12, mrr=Figure(5.0), churn_rate=Figure(None, "130 is above 100", "percent", "130 is more than 100")
        )
        if "Churn" in line
    ]
    assert "–? 130 is more than 100" in churn


def test_amounts_name_their_currency_where_there_is_room() -> None:
    tall = lines(70, 12, mrr=Figure(48_250.0, unit="EUR"), arr=Figure(7.5, unit="currency"))
    assert any("48.2 K EUR" in line for line in tall)
    assert any(line.split()[-2:] == ["ARR", "7.50"] for line in tall)
