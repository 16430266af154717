"""Below short tables the screen of activity shows who did what, what was sent and what was measured over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from support.answers import INCIDENT, incident_answer
from support.desk import desk
from support.pictures import NOW, all_fine, incident

from amt_console.console.strips.activity_rows import activity_rows, measured_plot
from amt_console.model.notifications import Delivery
from amt_console.model.queries import ActivityQuery
from amt_console.model.queries.activity import Activity, AuditLine
from widgets.cells import Runs
from widgets.chart import Chart
from widgets.fact_lines import FactLines
from widgets.look import PLAIN_LOOK
from widgets.tables.audit_table import AuditTable

FOUND: Activity = incident_answer(ActivityQuery())


def lines(activity: Activity, *, most: int = 300, left: int = 60, width: int = 100) -> list[str]:
    return written(activity_rows(activity, most, left=left, width=width, look=PLAIN_LOOK))


def written(rows: Sequence[Runs]) -> list[str]:
    return ["".join(text for text, _ in runs).rstrip() for runs in rows]


def deeds(*minutes: float, actor: str = "ann") -> tuple[AuditLine, ...]:
    return tuple(AuditLine(at, NOW - timedelta(minutes=each), actor, "probe", "x") for at, each in enumerate(minutes))


def test_each_person_and_each_channel_has_a_strip_with_what_it_says() -> None:
    shown = lines(FOUND, left=11)
    assert [(line.split()[0], *line.rsplit("  ", 1)[1:]) for line in shown[:-1]] == [
        ("ben", "3 actions"),
        ("ann", "2 actions"),
        ("token:grafana", "1 action"),
        ("chris", "1 action"),
        ("slack", "2 messages, 1 waiting"),
        ("ops-mail", "2 messages, 1 waiting"),
        ("pager", "2 messages"),
        ("teams", "1 message, 1 given up"),
    ]
    assert "06:00" in shown[-1]


def test_a_message_that_was_given_up_or_waits_has_its_colour() -> None:
    palette = PLAIN_LOOK.palette
    only = replace(FOUND, audit=())
    found = {}
    for runs in activity_rows(only, 300, left=7, width=100, look=PLAIN_LOOK):
        bars = {style for text, style in runs[1:-1] if text.strip(" ·")}
        found[runs[0][0].strip()] = bars
    assert found["teams"] == {palette.critical}
    assert found["slack"] == {palette.trend, palette.warning}
    assert found["pager"] == {palette.trend}


def test_bars_are_as_high_as_there_were_actions() -> None:
    busy = replace(FOUND, messages=(), audit=deeds(5, 5.5, 6, 6.5, 700))
    *bars, _ = lines(busy, left=60)
    assert len(bars) == 5, "four lines and a blank one"
    assert [line.count("█") for line in bars] == [0, 1, 1, 1, 2]
    assert len(lines(replace(busy, audit=deeds(5)))) == 2, "one action needs one line"


def test_there_is_no_panel_without_rows_or_room() -> None:
    assert not lines(replace(FOUND, audit=(), messages=()))
    assert not lines(FOUND, left=10)
    assert lines(replace(FOUND, audit=()), left=7), "the audit may be refused"


def test_many_people_share_the_last_strip() -> None:
    many = tuple(row for number in range(9) for row in deeds(*range(1, 12 - number), actor=f"person{number}"))
    shown = lines(replace(FOUND, audit=many, messages=()), left=9)
    assert [line.split()[0] for line in shown[:-1]] == [*(f"person{number}" for number in range(5)), "others"]
    assert shown[5].endswith("18 actions")


def test_of_a_list_that_was_cut_the_strips_say_since_when() -> None:
    shown = lines(replace(FOUND, messages=(), audit=deeds(5, 60)), most=2)
    assert shown[0].endswith("2 actions since 11:00")


def test_the_plot_shades_the_gaps_and_marks_what_was_given_up() -> None:
    plot = measured_plot(FOUND)
    (gap,) = FOUND.health.gaps
    given_up: Delivery = next(each for each in FOUND.messages if each.id == 31)
    assert plot.outages == ((gap.started_at, gap.ended_at),)
    assert [mark.at for mark in plot.marks] == [given_up.created_at]
    assert (plot.end, plot.unit, plot.high, plot.shade) == (FOUND.end, "%", 100.0, "not measured")


@pytest.mark.slow
@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 40), (200, 60)])
async def test_no_third_of_the_screen_is_empty_with_one_action(size: tuple[int, int]) -> None:
    async with desk(all_fine(services=1), size=size) as console:
        await console.press("7")
        screen = console.app.screen
        day, tables = screen.query_one("#day", FactLines), screen.query_one("#tables").region
        last = screen.query_one("#measured") if screen.query_one("#measured").display else day
        assert day.display
        assert last.region.bottom <= tables.bottom
        assert (tables.bottom - last.region.bottom) * tables.width < size[0] * size[1] / 3
        assert "last 24 h" in day.plain_lines[0]
        await console.press("plus")
        assert "last 7 d" in day.plain_lines[0]
        await console.press("z")
        assert not day.display
        assert screen.query_one(AuditTable).region.height > size[1] // 2
        await console.press("z")
        assert day.display


@pytest.mark.slow
async def test_on_a_tall_screen_the_measured_time_has_a_chart_and_rows_come_first() -> None:
    async with desk(incident(), size=(200, 60), answers=INCIDENT) as console:
        await console.press("7")
        screen = console.app.screen
        chart = screen.query_one(Chart)
        assert chart.region.height >= 8
        assert "not measured" in "\n".join(chart.plain_lines)
        await console.resize(80, 24)
        assert not screen.query_one("#day").display
        assert not screen.query_one("#measured").display
        assert screen.query_one(AuditTable).region.height >= 6
