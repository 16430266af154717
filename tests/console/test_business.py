"""The business screen: figures, their change, charts with outages and projections, at every size and for any answer."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from support.answers import HOSTILE_ANSWERS, INCIDENT, incident_answer
from support.desk import Desk, desk
from support.pictures import HOSTILE, NOW, all_fine, empty, hostile, incident

from amt_console.console.cards.business_plots import beside, cause_lines, figure_plot, projection_words
from amt_console.console.screens.business import BusinessScreen
from amt_console.console.screens.overview import OverviewScreen
from amt_console.console.screens.service_detail import ServiceDetailScreen
from amt_console.model import (
    BusinessFigures,
    Figure,
    FigureFault,
    FigureKind,
    FigureUnit,
    ServiceState,
    Snapshot,
    StateSpan,
)
from amt_console.model.queries import BusinessQuery
from amt_console.model.queries.base import FEW_BUCKETS, MANY_BUCKETS
from amt_console.model.queries.business import BusinessHistory, FigureCourse, ProjectedPoint, Projection
from amt_console.operations.protocol import OperationError
from widgets.bars import Bar
from widgets.breakdowns import Breakdown, Breakdowns
from widgets.chart import Chart
from widgets.figures_panel import FiguresPanel
from widgets.host_panel import HostPanel
from widgets.look import PLAIN_LOOK
from widgets.tables.figure_table import FigureTable, change_percent, change_words

pytestmark = pytest.mark.slow
SIZES = [(60, 20), (80, 24), (120, 40), (200, 60)]


def screen_of(console: Desk) -> BusinessScreen:
    screen = console.app.screen
    assert isinstance(screen, BusinessScreen)
    return screen


def queries(console: Desk) -> list[BusinessQuery]:
    calls = console.operations.calls
    return [call[1] for call in calls if call[0] == "ask" and isinstance(call[1], BusinessQuery)]


def seen(console: Desk) -> str:
    """What stands on the screen, line by line, hidden widgets left out."""
    strips = console.app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)


def without_endpoints(*, of: Collection[FigureKind] = tuple(FigureKind)) -> Snapshot:
    """Services alone, as of somebody who watches nothing else."""
    picture = all_fine()
    services = tuple(replace(each, figures=None) if each.figures in of else each for each in picture.services)
    figures = {kind: read for kind, read in picture.figures.items() if kind not in of}
    faults = dict.fromkeys(of, FigureFault("no endpoint is configured"))
    return replace(picture, services=services, figures=figures, figure_faults=faults)


@pytest.mark.parametrize("size", SIZES)
async def test_without_an_endpoint_it_says_how_to_name_one(size: tuple[int, int]) -> None:
    nothing = {BusinessQuery: lambda query: BusinessHistory(NOW - timedelta(days=30), NOW, 3600.0)}
    async with desk(without_endpoints(), size=size, answers=nothing) as console:
        await console.press("5")
        text = " ".join(seen(console).split())
        assert "no endpoint is configured" in text
        assert 'figures = "revenue"' in text
        assert "cannot be read" not in text
        assert "nothing was measured" not in text
        await console.press("tab")
        assert 'figures = "chatbot"' in " ".join(seen(console).split())


@pytest.mark.parametrize("size", [(120, 40), (200, 60)])
async def test_on_the_overview_the_host_gets_the_room_of_figures_without_an_endpoint(size: tuple[int, int]) -> None:
    async with desk(without_endpoints(), size=size) as console:
        host = console.screen.query_one(HostPanel).size.height
        assert [panel.size.height for panel in console.screen.query(FiguresPanel)] == [1, 1, 1]
        await console.show(without_endpoints(of=(FigureKind.CHATBOT,)))
        assert min(panel.size.height for panel in console.screen.query(FiguresPanel)) > 1
        assert console.screen.query_one(HostPanel).size.height < host
        await console.show(all_fine())
        assert min(panel.size.height for panel in console.screen.query(FiguresPanel)) > 1


@pytest.mark.parametrize("size", SIZES)
async def test_three_groups_with_key_figures_changes_and_a_chart(size: tuple[int, int]) -> None:
    async with desk(incident(), size=size, answers=INCIDENT) as console:
        await console.press("5")
        text = seen(console)
        assert console.app.place == "5 BUSINESS"
        for words in (
            "REVENUE",
            "CHATBOT",
            "USERS",
            "MRR",
            "48.2 K",
            "Conversations",
            "Total users",
            "↑ 6.4 %",
            "40 s",
        ):
            assert words in text, words
        assert "at the same time" in text
        assert "api-plans, backend" in text
        assert "because" not in text
        assert "░" in text, "outages are shaded"
        charts = [chart for chart in console.app.screen.query(Chart) if chart.region.height]
        assert len(charts) == (3 if size[0] == 200 else 1)
        assert all(chart.size.height >= 5 for chart in charts)
        assert all(len(line) <= size[0] for line in text.splitlines())


async def test_wide_screens_have_bars_of_all_breakdowns() -> None:
    async with desk(incident(), size=(200, 60), answers=INCIDENT) as console:
        await console.press("5")
        text = seen(console)
        for words in ("Plans", "Starter", "Topics", "Pricing", "Languages", "Ratings", "By hour", "Traffic", "organic"):
            assert words in text, words
        lines = text.splitlines()
        longest = run = 0
        for line in lines:
            run = run + 1 if not line.strip() else 0
            longest = max(longest, run)
        assert longest <= 2, "no empty band"


async def test_a_quick_picture_comes_first_then_the_fine_one_then_projections() -> None:
    async with desk(incident(), answers=INCIDENT) as console:
        await console.press("5")
        asked = [(query.hours, query.most_buckets, query.projections) for query in queries(console)]
        assert asked == [(720, FEW_BUCKETS, False), (720, MANY_BUCKETS, False), (720, MANY_BUCKETS, True)]


async def test_ranges_go_from_a_day_to_a_year() -> None:
    async with desk(incident(), answers=INCIDENT) as console:
        await console.press("5", "plus", "plus", "plus")
        assert queries(console)[-1].hours == 8760
        assert "last 1 year" in seen(console)
        await console.press(*["minus"] * 5)
        assert queries(console)[-1].hours == 24
        assert "last 24 h" in seen(console)


async def test_tab_moves_between_groups_and_rows_choose_the_chart() -> None:
    async with desk(incident(), answers=INCIDENT, size=(120, 40)) as console:
        await console.press("5", "tab")
        assert screen_of(console).table.kind is FigureKind.CHATBOT
        assert "no projection: no method beats" in seen(console)
        await console.press("j", "j", "j")
        assert "4.4 of 5" in seen(console)
        assert screen_of(console).table.chosen().name == "resolution_rate"  # type: ignore[union-attr]
        await console.press("tab", "tab")
        assert screen_of(console).table.kind is FigureKind.REVENUE
        assert "projection: in 30 d" in seen(console)


@pytest.mark.parametrize("size", SIZES)
async def test_zoom_gives_one_group_the_screen_and_tab_goes_on(size: tuple[int, int]) -> None:
    async with desk(incident(), size=size, answers=INCIDENT) as console:
        await console.press("5", "z")
        text = seen(console)
        assert "MRR" in text
        assert "CHATBOT" not in text
        await console.press("tab")
        assert "CHATBOT" in seen(console)
        assert "REVENUE" not in seen(console)
        await console.press("escape")
        assert "REVENUE" in seen(console)
        await console.press("escape")
        assert isinstance(console.app.screen, OverviewScreen)


@pytest.mark.parametrize(
    ("keys", "service"),
    [((), "api-analytics-revenue"), (("tab",), "api-chat-analytics"), (("shift+tab",), "api-dashboard-overview")],
)
async def test_enter_opens_the_service_that_delivers_the_group(keys: tuple[str, ...], service: str) -> None:
    async with desk(incident(), answers=INCIDENT) as console:
        await console.press("5", *keys)
        assert console.app.screen.selection().service == service
        await console.press("enter")
        screen = console.app.screen
        assert isinstance(screen, ServiceDetailScreen)
        assert screen.card.service == service
        await console.press("escape")
        assert isinstance(console.app.screen, BusinessScreen)


async def test_without_such_a_service_enter_says_so() -> None:
    fine = all_fine()
    picture = replace(fine, services=tuple(replace(each, figures=None) for each in fine.services))
    async with desk(picture) as console:
        await console.press("5", "enter")
        assert any("No service is read" in message for message in console.messages)


async def test_export_copy_and_json() -> None:
    async with desk(incident(), answers=INCIDENT) as console:
        await console.press("5", "e", "enter")
        assert console.operations.exports[-1] == (("revenue", "chatbot", "overview"), 720, None)
        await console.press("tab", "z", "plus", "e", "enter")
        assert console.operations.exports[-1] == (("chatbot",), 2160, None)
        screen = screen_of(console)
        assert "Conversations 12.8 K" in (screen.row_summary() or "")
        document: Any = screen.row_document()
        assert document["value"] == 12_840.0
        assert document["missing"] is None
        await console.press("y", "Y")
        assert "Sent to the terminal's clipboard." in console.messages


async def test_the_past_is_asked_for_and_shown() -> None:
    async with desk(incident(), answers=INCIDENT) as console:
        await console.press("5", "left_square_bracket")
        at = console.app.at
        assert at is not None
        assert queries(console)[-1].at == at
        await console.press("1", "left_square_bracket", "5")
        assert queries(console)[-1].at == console.app.at
        await console.press("0")
        assert queries(console)[-1].at is None


async def test_what_cannot_be_read_says_why_and_since_when_in_its_place() -> None:
    faults = {FigureKind.REVENUE: FigureFault("500", NOW - timedelta(minutes=21))}
    async with desk(replace(incident(), figure_faults=faults), answers=INCIDENT) as console:
        await console.press("5")
        text = seen(console)
        assert "cannot be read: 500 since 11:39" in text
        assert "48.2 K" in text, "the last known values stay, with their age"
        assert "negative in the answer" in text


async def test_a_history_that_cannot_be_read_leaves_the_figures() -> None:
    def refuse(query: BusinessQuery) -> None:
        raise OperationError("the database is busy")

    async with desk(incident(), answers={BusinessQuery: refuse}) as console:
        await console.press("5")
        text = seen(console)
        assert "cannot be read: the database is busy" in text
        assert "48.2 K" in text
        assert not console.messages


@pytest.mark.parametrize("size", SIZES)
async def test_the_first_start_says_that_nothing_was_read(size: tuple[int, int]) -> None:
    answers = {BusinessQuery: lambda query: BusinessHistory(NOW - timedelta(days=30), NOW, 86_400.0)}
    async with desk(empty(), size=size, answers=answers) as console:
        await console.press("5")
        assert len(queries(console)) == 1, "there is nothing to refine"
        text = seen(console)
        assert text.count("not read yet") == 3
        assert "no outage in this range" in text
        assert "nothing was measured in this window" in text
        await console.press("j", "enter", "z", "z", "y", "e", "escape")
        assert console.app.is_running


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("ascii_only", [False, True])
async def test_hostile_text_stays_text(size: tuple[int, int], ascii_only: bool) -> None:
    picture = hostile()
    long = tuple((f"{HOSTILE}{at}", 3.0 * at) for at in range(40))
    read = BusinessFigures(FigureKind.CHATBOT, NOW, {"topics": Figure(long), "hourly_distribution": Figure(long)})
    wide = BusinessFigures(FigureKind.OVERVIEW, NOW, {"top_pages": Figure((("商品ページ" * 9, 7.0), ("👩‍👩‍👧", 1.0)))})
    figures = {**picture.figures, FigureKind.CHATBOT: read, FigureKind.OVERVIEW: wide}
    faults = {FigureKind.CHATBOT: FigureFault(HOSTILE, NOW)}
    shown = replace(picture, figures=figures, figure_faults=faults)
    async with desk(shown, size=size, answers=HOSTILE_ANSWERS, ascii_only=ascii_only) as console:
        for keys in (("5",), ("j", "j"), ("tab",), ("z",), ("tab",), ("z", "plus")):
            await console.press(*keys)
            assert "\x1b" not in seen(console)
            for widget in console.app.screen.query(Breakdowns):
                assert all(strip.cell_length <= size[0] for strip in widget._lines)
        assert console.app.is_running


@pytest.mark.parametrize("value", [0.0, -5.0, 1e300, -1e300, math.nan, math.inf, None])
async def test_absurd_values_break_nothing(value: float | None) -> None:
    def absurd(query: BusinessQuery) -> BusinessHistory:
        found = incident_answer(query)
        course = FigureCourse((1.0, value, 2.0, value), FigureUnit.MONEY, "EUR", first=value, last=value)
        return replace(found, figures={kind: dict.fromkeys(names, course) for kind, names in found.figures.items()})

    picture: Snapshot = incident()
    figures = {
        kind: replace(read, figures=dict.fromkeys(read.figures, Figure(value)))
        for kind, read in picture.figures.items()
    }
    async with desk(replace(picture, figures=figures), answers={BusinessQuery: absurd}, size=(200, 60)) as console:
        await console.press("5", "j", "tab", "j")
        assert "MRR" in seen(console)


async def test_a_screen_that_stands_is_loaded_again_from_time_to_time() -> None:
    async with desk(incident(), answers=INCIDENT) as console:
        await console.press("5")
        before = len(queries(console))
        await console.show(incident())
        assert len(queries(console)) == before
        console.clock.advance(61)
        await console.show(incident())
        assert len(queries(console)) == before + 1
        assert queries(console)[-1].projections


async def test_colours_change_with_the_theme() -> None:
    async with desk(incident(), answers=INCIDENT, size=(120, 40)) as console:
        await console.press("5")
        table = console.app.screen.query_one("#revenue", FigureTable)
        before = table.look
        await console.press("ctrl+t")
        assert table.look != before


# Pure parts


def history(values: tuple[float | None, ...], *outages: tuple[int, int], projection: Projection | None = None) -> Any:
    """Days, with outages from one to another."""
    start = NOW - timedelta(days=len(values))
    spans = tuple(
        StateSpan(start + timedelta(days=one), start + timedelta(days=two), ServiceState.DOWN, "backend-api")
        for one, two in outages
    )
    known = [value for value in values if value is not None]
    course = FigureCourse(values, FigureUnit.COUNT, None, known[0], known[-1], projection)
    return course, BusinessHistory(start, NOW, 86_400.0, {FigureKind.REVENUE: {"mrr": course}}, spans)


@pytest.mark.parametrize(
    ("values", "change"),
    [
        ((100.0, 100.0, 80.0, 90.0), -20.0),
        ((100.0, 100.0, None, 90.0), -10.0),
        ((None, None, 80.0, 90.0), None),
        ((100.0, 100.0, None, None), None),
        ((0.0, 0.0, 80.0, 90.0), None),
        ((-100.0, -100.0, -80.0, -90.0), 20.0),
    ],
)
def test_the_change_of_an_outage_is_from_before_it_to_its_end(
    values: tuple[float | None, ...], change: float | None
) -> None:
    course, found = history(values, (2, 3))
    assert beside(course, found)[0].change_percent == (None if change is None else pytest.approx(change))


def test_a_cause_says_at_the_same_time_and_names_services() -> None:
    course, found = history((100.0, 100.0, 80.0, 90.0), (2, 3))
    runs = cause_lines(beside(course, found), NOW, PLAIN_LOOK)[0]
    assert "".join(text for text, _ in runs) == "░ 03 Jan 12:00, 1d: ↓ 20.0 %, at the same time backend-api down"


def test_a_projection_follows_the_past_with_its_band() -> None:
    points = tuple(ProjectedPoint(NOW + timedelta(days=day), 10.0 + day, 9.0, 12.0 + day) for day in range(1, 31))
    course, found = history(tuple(float(at) for at in range(10)), projection=Projection(points, "theta", 91.0))
    plot = figure_plot("MRR", course, found)
    assert [line.name for line in plot.lines] == ["MRR", "projection", "low", "high"]
    assert plot.end is not None
    assert NOW < plot.end <= NOW + timedelta(days=6), "at most half of the window"
    projected = plot.lines[1].values
    assert projected[:10] == (None,) * 10
    assert all(value is not None for value in projected[10:])
    assert len({len(line.values) for line in plot.lines}) == 1


def test_percentages_and_prices_are_not_added_up() -> None:
    bars = tuple(Bar(f"feature {number}", 10.0 * number) for number in range(1, 7))
    view = Breakdowns()
    view.show([Breakdown("Features", bars, shares=False, unit="%")])
    lines = [strip.text.split() for strip in view.build(40, 4)]
    assert [line[:3] for line in lines[1:3]] == [["feature", "6", "60"], ["feature", "5", "50"]]
    assert lines[3] == ["and", "4", "more", "–"]


def test_without_a_projection_its_reason_is_told() -> None:
    row: Any = None
    words = "".join(text for text, _ in projection_words(row, Projection(reason="too short"), NOW, PLAIN_LOOK))
    assert words == "no projection: too short"
    assert projection_words(row, None, NOW, PLAIN_LOOK) == ()


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (100.0, 106.0, "↑ 6.0 %"),
        (100.0, 99.0, "↓ 1.0 %"),
        (100.0, 100.0, "→ 0 %"),
        (1.0, 1e9, "↑ >999 %"),
        (-4.0, -2.0, "↑ 50.0 %"),
    ],
)
def test_changes_in_words(first: float, last: float, words: str) -> None:
    change = change_percent(first, last)
    assert change is not None
    assert change_words(change, PLAIN_LOOK) == words


@pytest.mark.parametrize(
    ("first", "last"), [(0.0, 5.0), (None, 5.0), (5.0, None), (math.nan, 1.0), (1.0, math.inf), (5e-324, 1e300)]
)
def test_a_change_that_is_no_number_is_none(first: float | None, last: float | None) -> None:
    assert change_percent(first, last) is None
