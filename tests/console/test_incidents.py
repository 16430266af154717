"""The screens of incidents and activity, and what happened while the person was away."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from support.answers import HOSTILE_ANSWERS, INCIDENT, incident_answer
from support.desk import desk
from support.pictures import NOW, alert, all_fine, incident

from amt_console.console.greeting import greeting
from amt_console.console.screens.alert_detail import AlertDetailScreen
from amt_console.console.screens.away import AwayScreen, alert_lines
from amt_console.model.queries import ActivityQuery, AwayQuery, IncidentsQuery
from amt_console.model.queries.activity import Activity
from amt_console.model.queries.incidents import IncidentHistory
from amt_console.operations.protocol import OperationError
from amt_console.text import duration
from widgets.fact_lines import FactLines
from widgets.look import PLAIN_LOOK
from widgets.tables.audit_table import AuditTable
from widgets.tables.incident_table import IncidentTable
from widgets.tables.message_table import MessageTable

pytestmark = pytest.mark.slow
SIZES = [(60, 20), (80, 24), (120, 40), (200, 60)]


@pytest.mark.parametrize("size", SIZES)
async def test_incidents_say_how_long_who_and_how_fast(size: tuple[int, int]) -> None:
    async with desk(incident(), size=size, answers=INCIDENT) as console:
        await console.press("6")
        text = console.text()
        assert console.app.place == "6 INCIDENTS"
        for words in ("last 30 d", "incident", "MTTA", "MTTR", "BEGAN", "LASTED", "TAKEN"):
            assert words in text, words
        assert console.app.screen.query_one(IncidentTable).model.total


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_below_a_short_list_the_incidents_stand_over_time(size: tuple[int, int]) -> None:
    async with desk(incident(), size=size, answers=INCIDENT) as console:
        await console.press("6")
        await console.show(incident())
        screen = console.app.screen
        day, panes = screen.query_one("#day", FactLines), screen.query_one("#panes").region
        assert day.display
        assert day.region.bottom <= panes.bottom
        assert (panes.bottom - day.region.bottom) * panes.width < size[0] * size[1] / 3, "no third is empty"
        assert "last 30 d" in day.plain_lines[0]
        table = screen.query_one(IncidentTable)
        rows = [row for key in table.model.keys if (row := table.model.row(key)) is not None]
        for subject in {row.alert.subject for row in rows}:
            line = next(line for line in day.plain_lines if line.strip().startswith(subject))
            lasted = sum(row.lasted_seconds for row in rows if row.alert.subject == subject)
            count = sum(row.alert.subject == subject for row in rows)
            assert line.rstrip().endswith(f"{count} x {duration(lasted)}")
            assert "·" in line, "time without an incident is not called well"
        await console.press("plus")
        assert "last 90 d" in day.plain_lines[0]
        await console.press("z")
        assert not day.display
    nothing = {IncidentsQuery: lambda query: IncidentHistory(NOW - timedelta(days=30), NOW)}
    async with desk(all_fine(), size=size, answers=nothing) as console:
        await console.press("6")
        assert not console.app.screen.query_one("#day", FactLines).display


async def test_an_incident_opens_as_a_story_and_its_range_changes() -> None:
    async with desk(incident(), answers=INCIDENT) as console:
        await console.press("6", "plus")
        asked = [
            call[1] for call in console.operations.calls if call[0] == "ask" and isinstance(call[1], IncidentsQuery)
        ]
        assert [query.hours for query in asked[-2:]] == [720, 2160]
        assert "last 90 d" in console.text()
        await console.press("j", "enter")
        assert isinstance(console.app.screen, AlertDetailScreen)
        await console.press("escape", "t")
        assert console.app.at is not None, "five minutes before the incident"


async def test_incidents_that_cannot_be_read_say_so_in_their_place() -> None:
    def refuse(query: IncidentsQuery) -> None:
        raise OperationError("the database is busy")

    async with desk(incident(), answers={IncidentsQuery: refuse}) as console:
        await console.press("6")
        assert "cannot be read: the database is busy" in console.text()
        assert not console.messages


async def test_without_incidents_the_screen_says_so() -> None:
    answers = {IncidentsQuery: lambda query: IncidentHistory(NOW - timedelta(days=30), NOW)}
    async with desk(all_fine(), answers=answers) as console:
        await console.press("6")
        assert "no incident in this window" in console.text()


@pytest.mark.parametrize("size", SIZES)
async def test_activity_shows_audit_messages_people_and_the_monitor(size: tuple[int, int]) -> None:
    async with desk(incident(), size=size, answers=INCIDENT) as console:
        await console.press("7")
        text = console.text()
        for words in ("AUDIT", "MESSAGES", "WHO IS LOOKING", "MONITOR", "given up", "results"):
            assert words in text, words
        assert console.app.screen.query_one(AuditTable).model.total
        assert console.app.screen.query_one(MessageTable).model.total


async def test_a_message_opens_its_alert() -> None:
    async with desk(incident(), answers=INCIDENT) as console:
        await console.press("7", "tab", "j")
        assert console.app.screen.selection().alert_id is not None
        await console.press("enter")
        assert isinstance(console.app.screen, AlertDetailScreen)


async def test_a_viewer_reads_why_there_is_no_audit() -> None:
    def refused(query: ActivityQuery) -> Activity:
        return replace(incident_answer(query), audit=(), audit_refused="The audit needs the role admin.")

    async with desk(incident(), answers={**INCIDENT, ActivityQuery: refused}) as console:
        await console.press("7")
        assert "The audit needs the role admin." in console.text()
        assert console.app.screen.pane is console.app.screen.query_one(MessageTable)


@pytest.mark.parametrize("key", ["6", "7", "W"])
async def test_hostile_text_stays_text(key: str) -> None:
    async with desk(incident(), answers=HOSTILE_ANSWERS) as console:
        await console.press(key, "j")
        assert "\x1b" not in console.text()
        assert console.app.is_running


async def test_what_happened_meanwhile_is_one_line_at_the_start_and_a_page() -> None:
    async with desk(incident(), answers=INCIDENT, size=(120, 40)) as console:
        assert "W tells: since you looked 9 h ago 6 fired, 3 still open" in console.text()
        await console.press("W")
        assert isinstance(console.app.screen, AwayScreen)
        titles = [lines.title for lines in console.app.screen.query(FactLines) if lines.display]
        assert {"STILL OPEN", "FIRED AND OVER", "DONE BY OTHERS"} <= set(titles)
        await console.press("escape")
        assert console.app.place == "1 OVERVIEW"


def test_a_follower_that_is_still_open_names_its_cause() -> None:
    alerts = (alert(7, "db"), alert(9, "shop", follows_from=7), alert(10, "web", follows_from=7, acknowledged_by="ann"))
    told = ["".join(text for text, _ in line) for line in alert_lines(alerts, NOW, PLAIN_LOOK)]
    assert [line.rpartition("  ")[2] for line in told] == ["nobody has it", "follows db", "ann has it"]


async def test_after_a_quiet_night_nothing_is_said() -> None:
    async with desk(all_fine()) as console:
        assert "since you looked" not in console.text()
        await console.press("W")
        assert "none" in console.text()


def test_the_greeting_counts() -> None:
    away = incident_answer(AwayQuery())
    words = greeting(away, NOW, "W")
    assert f"{len(away.fired)} fired" in words
    assert greeting(replace(away, since=None), NOW + timedelta(hours=1), "W").startswith("W tells: in your shift")
    assert "1 silence ends, 1 time blind" in words
