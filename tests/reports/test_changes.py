"""Changes of figures have one baseline: the means of the window and of the previous one."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

from support import report_samples as samples
from support.stores import laid_out

from amt_console.clock import FakeClock
from amt_console.config import load_config
from amt_console.model import BusinessFigures, Figure, FigureKind
from amt_console.reports.build import build, layout
from amt_console.reports.export import report_data
from amt_console.reports.files import plan
from amt_console.reports.gathering.data import ReportData
from amt_console.reports.page import Table
from amt_console.reports.pages.overview import overview_page
from amt_console.reports.pages.revenue import revenue_page
from amt_console.reports.view import build_view
from amt_console.store import Store

NOW = samples.NOW
SETTINGS = load_config(cwd=Path("/nonexistent"), env={}).settings


def stored(tmp_path: Path, values: list[float]) -> ReportData:
    """The last day of a figure that was read once an hour, its newest value last."""
    with Store.open(laid_out(tmp_path / "monitoring.db"), clock=FakeClock(NOW)) as store:
        with store.transaction() as writes:
            for hours, value in enumerate(reversed(values)):
                at = NOW - timedelta(hours=hours, minutes=1)
                for kind, name in ((FigureKind.OVERVIEW, "total_users"), (FigureKind.REVENUE, "mrr")):
                    writes.add_figures(BusinessFigures(kind, at, {name: Figure(value)}))
        return report_data(store, (), SETTINGS, FakeClock(NOW), hours=24, zone="UTC")


def test_the_card_the_chart_the_table_and_the_document_tell_one_change(tmp_path: Path) -> None:
    data = stored(tmp_path, [1000.0] * 24 + [1010.0] * 12 + [1030.0] * 12)
    view = build_view(data)
    page = overview_page(view)
    card = next(card for card in page.cards if card.label == "Total users")
    chart = next(chart for chart in page.charts() if chart.id == "total-users")
    table = next(table for table in page.tables() if table.id == "all-figures")
    assert card.value == "1,030"
    assert (card.change, card.word) == ("▲ 2.0 % on average", "better")
    assert chart.title == "Total users rose by 2.0 %"
    assert chart.subtitle == "Mean against the 24 h before; lowest 1,010, highest 1,030"
    assert dict(page.meta)["Compared with"] == "the 24 h before"
    assert isinstance(table, Table)
    assert "▲ 2.0 %" in [cell.text for row in table.rows for cell in row]
    made = dict(build(data, plan(["overview"], ["json"]), progress=lambda *_: None))
    figure = json.loads(made["overview_dashboard.json"])["figures"]["overview"]["total_users"]
    assert figure == {"unit": "count", "value": 1030, "mean": 1020, "previous_mean": 1000, "change_percent": 2.0}
    assert revenue_page(view).verdict.sentence.startswith(
        "Monthly recurring revenue is 1,030, on average up 2.0 % against the 24 h before."
    )


def test_a_window_of_which_little_was_read_is_no_baseline(tmp_path: Path) -> None:
    view = build_view(stored(tmp_path, [1000.0] * 5 + [1100.0] * 24))
    page = overview_page(view)
    card = next(card for card in page.cards if card.label == "Total users")
    chart = next(chart for chart in page.charts() if chart.id == "total-users")
    assert (card.change, card.word) == ("too little read before to compare", "")
    assert chart.title == "Total users stayed at 1,100"


def test_where_nothing_has_a_baseline_the_header_says_so_once(tmp_path: Path) -> None:
    view = build_view(stored(tmp_path, [1000.0] * 24))
    page = layout(view, "overview")
    assert dict(page.meta)["Compared with"] == "nothing: too little data of the 24 h before"
    assert {card.change for card in page.cards} == {""}
    fired = next(card for card in layout(view, "performance").cards if card.label == "Alerts fired")
    assert fired.change == ""
    quality = next(table for table in layout(view, "executive").tables() if table.title == "How good it was")
    assert [heading.text for heading in quality.headings] == ["Measure", "Unit", "Period"]
    titles = [section.title for section in layout(view, "executive").sections]
    assert titles == ["What happened", "Measures", "Recommendations"]


def test_a_stretch_that_was_read_more_often_has_no_more_weight(tmp_path: Path) -> None:
    with Store.open(laid_out(tmp_path / "monitoring.db"), clock=FakeClock(NOW)) as store:
        with store.transaction() as writes:
            minutes = [*range(1, 60), *range(61, 48 * 60, 60)]
            for minute in sorted(minutes, reverse=True):
                users = 1200.0 if minute <= 12 * 60 else 1000.0
                at = NOW - timedelta(minutes=minute)
                writes.add_figures(BusinessFigures(FigureKind.OVERVIEW, at, {"total_users": Figure(users)}))
        data = report_data(store, (), SETTINGS, FakeClock(NOW), hours=24, zone="UTC")
    assert data.means[FigureKind.OVERVIEW, "total_users"] == 1100.0
    assert data.means_before[FigureKind.OVERVIEW, "total_users"] == 1000.0


def test_an_absurd_reading_is_shown_and_counts_in_no_mean(tmp_path: Path) -> None:
    data = stored(tmp_path, [1000.0] * 47 + [1.7e308])
    assert data.means[FigureKind.REVENUE, "mrr"] == 1000.0
    assert build_view(data).number(FigureKind.REVENUE, "mrr") == 1.7e308
    assert dict(build(data, plan(["overview", "revenue"], ["json"]), progress=lambda *_: None))
