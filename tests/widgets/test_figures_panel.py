"""The panels of the platform's figures: values, units, and what is said where a figure is missing or looks wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from amt_console.model import BusinessFigures, Figure, FigureFault, FigureKind
from widgets.business_panels import RevenuePanel
from widgets.look import PLAIN_LOOK, Look

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
SUSPECT = "0.0275 looks like a fraction, not percent"


FAULT = FigureFault("500", NOW - timedelta(minutes=25))


def drawn(
    width: int, height: int, figures: BusinessFigures | None, fault: FigureFault | None = None, look: Look = PLAIN_LOOK
) -> list[str]:
    panel = RevenuePanel(look=look)
    read = {} if figures is None else {FigureKind.REVENUE: figures}
    panel.show(read, {} if fault is None else {FigureKind.REVENUE: fault}, NOW)
    return [strip.text.rstrip() for strip in panel.build(width, height)]


def lines(width: int, height: int, **figures: Figure) -> list[str]:
    return drawn(width, height, BusinessFigures(FigureKind.REVENUE, NOW - timedelta(seconds=40), figures))


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


def test_the_age_of_the_figures_is_always_there() -> None:
    (low,) = lines(70, 1, mrr=Figure(5.0))
    assert low.startswith(" REVENUE  MRR 5")
    assert low.endswith("40 s ago")
    assert lines(70, 12, mrr=Figure(5.0))[0].endswith("40 s ago")


def test_what_was_never_read_says_why_and_since_when() -> None:
    assert drawn(70, 1, None) == [" REVENUE  – not read yet"]
    assert drawn(70, 1, None, FAULT) == [" REVENUE  cannot be read: 500 since 11:35"]
    assert drawn(70, 12, None, FAULT)[1:] == [" cannot be read: 500 since 11:35"]
    assert drawn(70, 1, None, FigureFault("no endpoint is configured")) == [" REVENUE  no endpoint is configured"]


def test_old_figures_stay_with_their_age_and_the_reason_why_there_are_no_newer_ones() -> None:
    old = BusinessFigures(FigureKind.REVENUE, NOW - timedelta(minutes=26), {"mrr": Figure(5.0)})
    (low,) = drawn(78, 1, old, FAULT)
    assert low.startswith(" REVENUE  cannot be read: 500 since 11:35")
    assert "MRR 5" in low
    assert low.endswith("26 min ago")
    tall = drawn(78, 12, old, FAULT)
    assert tall[0].endswith("26 min ago")
    assert tall[1] == " cannot be read: 500 since 11:35"
    assert any(line.split() == ["MRR", "5"] for line in tall)


def test_the_moment_is_in_the_zone_of_the_person_and_has_its_date_if_it_is_not_today() -> None:
    look = Look(PLAIN_LOOK.palette, zone=timezone(timedelta(hours=2)))
    assert drawn(70, 1, None, FAULT, look) == [" REVENUE  cannot be read: 500 since 13:35"]
    before = FigureFault("500", NOW - timedelta(days=2))
    assert drawn(70, 1, None, before, look) == [" REVENUE  cannot be read: 500 since 2026-01-03 14:00"]


def test_a_narrow_panel_has_the_whole_reason() -> None:
    fault = FigureFault("connection refused", NOW - timedelta(minutes=25))
    said = drawn(26, 8, None, fault)[1:]
    assert said == [" cannot be read:", " connection refused since", " 11:35"]


def test_a_reason_without_room_is_a_short_word_and_never_cut() -> None:
    unread = Figure(None, "the answer has no field churnRate")
    narrow = lines(48, 5, mrr=Figure(5.0), churn_rate=unread, arpu=Figure(0.5, suspect=SUSPECT))
    assert not [line for line in narrow if "…" in line]
    assert any("no data" in line for line in narrow)
    assert any("0.50?" in line for line in narrow)
    assert any(
        "the answer has no field churnRate" in line for line in lines(70, 12, mrr=Figure(5.0), churn_rate=unread)
    )


def test_a_panel_of_any_width_is_drawn_as_a_screen_passes_through_it_while_it_changes_its_size() -> None:
    for width in range(1, 30):
        for height in (1, 3, 12):
            assert all(len(line) <= width for line in lines(width, height, mrr=Figure(5.0), arr=Figure(60.0)))
