"""The screen of the host: charts at every size, ranges, disks, its alerts, faults in place, the past, copy."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from support.answers import HOSTILE_ANSWERS, INCIDENT, incident_answer
from support.desk import Desk, desk
from support.pictures import HOSTILE, NOW, alert, all_fine, incident

from amt_console.console.exporting import ListExport
from amt_console.console.screens.alert_detail import AlertDetailScreen
from amt_console.console.screens.overview import OverviewScreen
from amt_console.console.screens.resources import ResourcesScreen
from amt_console.model import AlertState, AlertType, Severity, Snapshot
from amt_console.model.queries import AlertHistoryQuery, HostQuery
from amt_console.model.queries.alerts import AlertHistory
from amt_console.operations.protocol import OperationError
from widgets.chart import Chart
from widgets.fact_lines import FactLines
from widgets.line_view import LineView

pytestmark = pytest.mark.slow
SIZES = [(60, 20), (80, 24), (120, 40), (200, 60)]
CHARTS = ("cpu", "memory", "disk", "network", "connections")


def busy() -> Snapshot:
    """The processor and a disk alert."""
    cpu = alert(
        21,
        "host",
        alert_type=AlertType.CPU_USAGE,
        severity=Severity.WARNING,
        message="CPU 96 % is above 75 %",
        threshold=75,
    )
    disk = alert(
        22, "/var/lib", alert_type=AlertType.DISK_USAGE, message="91.4 % used, above 90 %", runbook="https://w/d"
    )
    return replace(incident(), alerts=(*incident().alerts, cpu, disk))


async def opened(console: Desk) -> ResourcesScreen:
    console.operations.answers.update(INCIDENT)
    await console.press("4")
    screen = console.app.screen
    assert isinstance(screen, ResourcesScreen)
    return screen


def asked(console: Desk, *, disks: bool = False) -> list[HostQuery]:
    questions = [call[1] for call in console.operations.calls if call[0] == "ask"]
    return [each for each in questions if isinstance(each, HostQuery) and each.disks is disks]


@pytest.mark.parametrize("size", SIZES)
async def test_all_figures_stand_on_the_screen_at_every_size(size: tuple[int, int]) -> None:
    async with desk(incident(), size=size) as console:
        screen = await opened(console)
        for name in CHARTS:
            chart = screen.query_one(f"#{name}", Chart)
            heading = screen.query_one(f"#{name}-over", FactLines)
            assert chart.region.height >= 4
            assert chart.region.bottom <= size[1] - 1
            drawn = "\n".join(chart.plain_lines)
            assert "┤" in drawn or "max " in drawn, f"{name} has a scale, or a sparkline with its highest value"
            assert drawn.count("│") + drawn.count("┤") >= 3 or "┤" not in drawn, f"the axis of {name} says something"
            assert any(char.isdigit() for char in heading.plain_lines[0]), f"{name} has its value in the heading"
        disks = screen.query_one("#disks", FactLines)
        assert "full in 7h" in "\n".join(disks.plain_lines)
        assert disks.region.y < size[1] - 3
        text = console.text()
        assert "37 %" in text
        assert "limit 80 %" in text
        assert all(len(line) <= size[0] for line in text.splitlines())


async def test_the_grid_fills_the_screen() -> None:
    for size, columns in (((80, 24), 2), ((120, 40), 2), ((200, 60), 3)):
        async with desk(all_fine(), size=size) as console:
            screen = await opened(console)
            charts = [screen.query_one(f"#{name}", Chart).region for name in CHARTS]
            assert len({region.x for region in charts}) == columns
            assert max(region.bottom for region in charts) >= size[1] - 2
            assert max(region.right for region in charts) >= size[0] - 1


async def test_plus_and_minus_go_through_the_ranges_few_buckets_first() -> None:
    async with desk(all_fine()) as console:
        screen = await opened(console)
        assert [(each.hours, each.most_buckets) for each in asked(console)] == [(1, 750)]
        await console.press("plus")
        assert [(each.hours, each.most_buckets) for each in asked(console)][1:] == [(24, 60), (24, 750)]
        assert "HOST  last 24 h" in screen.query_one("#host-head", FactLines).plain_lines[0]
        await console.press("plus", "plus", "plus")
        assert asked(console)[-1].hours == 720
        await console.press("minus", "minus", "minus", "minus", "minus")
        assert asked(console)[-1].hours == 0.25


async def test_a_long_range_marks_its_alerts_also_those_that_ended_long_ago() -> None:
    begin = NOW - timedelta(days=2)
    ended = alert(40, "cpu", alert_type=AlertType.CPU_USAGE, opened_at=begin, state=AlertState.RESOLVED)
    answers = {AlertHistoryQuery: lambda query: AlertHistory((ended,) if query.subject == "cpu" else ())}
    async with desk(busy(), size=(120, 40)) as console:
        screen = await opened(console)
        console.operations.answers.update(answers)
        await console.press("minus")
        now = {mark.at for mark in screen.query_one("#cpu", Chart)._plot.marks}
        assert begin not in now
        await console.press("plus", "plus", "plus")
        assert {mark.at for mark in screen.query_one("#cpu", Chart)._plot.marks} == {*now, begin}
        assert not screen.query_one("#memory", Chart)._plot.marks
        await console.press("minus", "minus")
        assert {mark.at for mark in screen.query_one("#cpu", Chart)._plot.marks} == now


async def test_it_loads_again_from_time_to_time_and_the_disks_less_often() -> None:
    async with desk(all_fine()) as console:
        await opened(console)
        assert (len(asked(console)), len(asked(console, disks=True))) == (1, 1)
        await console.show(all_fine())
        assert len(asked(console)) == 1
        console.clock.advance(10)
        await console.show(all_fine())
        assert (len(asked(console)), len(asked(console, disks=True))) == (2, 1)
        console.clock.advance(60)
        await console.show(all_fine())
        assert (len(asked(console)), len(asked(console, disks=True))) == (3, 2)
        await console.press("p")
        console.clock.advance(60)
        await console.show(all_fine())
        assert len(asked(console)) == 3


async def test_alerts_of_the_host_are_marked_opened_and_acted_on() -> None:
    async with desk(busy()) as console:
        screen = await opened(console)
        line = screen.query_one("#host-alerts", FactLines).plain_lines[0]
        assert "#21" in line
        assert "CPU 96 % is above 75 %" in line
        assert "limit 75 %" in console.text(), "the threshold of the alert"
        await console.press("tab")
        assert "#22" in screen.query_one("#host-alerts", FactLines).plain_lines[0]
        assert screen.selection().alert_id == 22
        await console.press("a", "enter")
        assert console.acknowledged()[0][0] == 22
        await console.press("enter")
        assert isinstance(console.app.screen, AlertDetailScreen)
        await console.press("escape", "t")
        assert console.app.at == NOW - timedelta(minutes=8)


def large(screen: ResourcesScreen) -> list[str]:
    """The charts that are to be seen."""
    return [name for name in CHARTS if screen.query_one(f"#{name}", Chart).region]


@pytest.mark.parametrize("size", SIZES)
async def test_a_chart_is_marked_and_takes_the_whole_screen(size: tuple[int, int]) -> None:
    async with desk(all_fine(), size=size) as console:
        screen = await opened(console)
        await console.press("down", "down", "enter")
        assert large(screen) == ["memory"]
        chart = screen.query_one("#memory", Chart).region
        assert chart.height >= size[1] - 7
        assert chart.width >= size[0] - 2
        await console.press("up")
        assert large(screen) == ["cpu"]
        await console.press("up")
        assert large(screen) == ["connections"]
        await console.press("z")
        assert large(screen) == list(CHARTS)
        await console.press("z", "escape")
        assert large(screen) == list(CHARTS)
        await console.press("escape", "escape")
        assert isinstance(console.app.screen, OverviewScreen)


async def test_a_marked_chart_has_another_heading_and_tab_returns_to_the_alerts() -> None:
    async with desk(busy()) as console:
        screen = await opened(console)
        headings = [screen.query_one(f"#{name}-over", FactLines) for name in CHARTS]
        await console.press("j")
        assert [each.marked for each in headings] == [True, False, False, False, False]
        assert screen.selection().alert_id == 21, "actions go to the marked alert as before"
        await console.press("tab")
        assert not any(each.marked for each in headings)
        await console.press("enter")
        assert isinstance(console.app.screen, AlertDetailScreen)


async def test_without_an_alert_enter_enlarges_a_chart_and_escape_goes_to_the_overview() -> None:
    async with desk(all_fine()) as console:
        screen = await opened(console)
        assert not screen.query_one("#host-alerts", FactLines).display
        await console.press("enter")
        assert large(screen) == ["cpu"]
        await console.press("escape", "escape")
        await console.press("4", "tab", "a")
        assert console.acknowledged() == []
        await console.press("escape")
        assert isinstance(console.app.screen, OverviewScreen)


async def test_the_heading_keeps_its_title_and_the_age_at_every_size() -> None:
    for size in SIZES:
        async with desk(all_fine(), size=size) as console:
            head = (await opened(console)).query_one("#host-head", FactLines).plain_lines[0]
            assert head.strip().startswith("HOST  last 1 h")
            assert "sampled" in head
            assert "NETWORK " in console.app.screen.query_one("#network-over", FactLines).plain_lines[0]


async def test_what_cannot_be_read_says_why_in_its_place() -> None:
    async with desk(incident()) as console:

        def no_disks(query: HostQuery) -> Any:
            if query.disks:
                raise OperationError("the forecast failed")
            return incident_answer(query)

        console.operations.answers[HostQuery] = no_disks
        await console.press("4")
        screen = console.app.screen
        assert "cannot be read: the forecast failed" in screen.query_one("#disks", FactLines).texts
        assert "mean ▇" in "\n".join(screen.query_one("#cpu", Chart).plain_lines)

        def nothing(query: HostQuery) -> Any:
            raise OperationError("the database is locked")

        console.operations.answers[HostQuery] = nothing
        await console.press("plus")
        assert "cannot be read: the database is locked" in screen.query_one("#host-head", FactLines).texts
        assert console.messages == []
        console.operations.answers.update(INCIDENT)
        await console.press("plus")
        assert screen.query_one("#host-head", FactLines).texts == ()


async def test_the_past_is_asked_for() -> None:
    async with desk(incident()) as console:
        await opened(console)
        await console.press("left_square_bracket")
        at = NOW - timedelta(minutes=1)
        assert asked(console)[-1].at == at
        assert asked(console, disks=True)[-1].at == at
        await console.press("0")
        assert asked(console)[-1].at is None


async def test_copy_and_export(monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(busy()) as console:
        screen = await opened(console)
        copied: list[str] = []
        monkeypatch.setattr(console.app, "copy_to_clipboard", copied.append)
        await console.press("y", "Y", "tab", "o")
        assert copied[0].startswith("host: CPU 37 %, memory 78 %")
        assert "/var/lib full in 7h" in copied[0]
        assert '"full_at": "2026-01-05T19:00:00' in copied[1]
        assert copied[2] == "https://w/d"
        exported = screen.exported()
        assert isinstance(exported, ListExport)
        assert exported.columns[0] == "at"
        assert len(exported.document) == 60
        assert exported.document[-1]["cpu_usage"] is not None


@pytest.mark.parametrize("size", SIZES)
async def test_hostile_mounts_do_not_break_the_screen(size: tuple[int, int]) -> None:
    picture = busy()
    hostile = tuple(replace(each, subject=HOSTILE, message=HOSTILE) for each in picture.alerts)
    async with desk(replace(picture, alerts=hostile), size=size) as console:
        console.operations.answers.update(HOSTILE_ANSWERS)
        await console.press("4", "plus", "tab")
        for widget in console.app.screen.query(LineView):
            for line in widget.plain_lines:
                assert all(char.isprintable() for char in line)


async def test_without_any_sample_there_are_dashes_and_reasons() -> None:
    from support.pictures import empty

    async with desk(empty()) as console:
        await console.press("4")
        text = console.text()
        assert "no sample of the host yet" in text


async def test_the_figures_follow_the_size_that_the_disks_have_taken() -> None:
    async with desk(incident(), size=(200, 60), answers=INCIDENT) as console:
        await console.press("4")
        disks, figures = (console.app.screen.query_one(name, FactLines) for name in ("#disks", "#host-figures"))
        assert figures.display
        disks.styles.height = 50
        await console.settle()
        assert not figures.display
