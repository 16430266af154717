"""Moving, filtering, sorting, opening, helping, leaving."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from support.desk import Desk, desk
from support.pictures import NOW, alert, all_fine, incident

from amt_console.console.cards.sheet import Sheet
from amt_console.console.palette import (
    AlertsProvider,
    ConsoleProvider,
    KeysProvider,
    ServicesProvider,
    ThemesProvider,
    TimesProvider,
)
from amt_console.console.screens.overview import AWAY_SECONDS, OverviewScreen
from amt_console.console.themes.own import CYCLE
from amt_console.model import AlertState, AlertType, KeptAnswer, PresentPerson, ProbeNow, ServiceState
from widgets.chart import Chart
from widgets.fact_lines import FactLines
from widgets.title_bar import TitleBar

pytestmark = pytest.mark.slow


async def test_the_filter_works_while_typing_and_escape_clears_it() -> None:
    async with desk(incident()) as console:
        await console.press("slash")
        assert console.prompt.question == "Filter alerts:"
        await console.press("escape", "tab", "slash", *"plans")
        assert console.prompt.question == "Filter services:"
        services = console.screen.services
        assert services.model.keys == ("api-plans",)
        await console.press("enter")
        assert services.model.keys == ("api-plans",)
        assert "/plans" in services.plain_lines[0]
        await console.press("escape")
        assert len(services.model.keys) == 8


async def test_sorting_by_key_shows_an_arrow_and_keeps_the_selection() -> None:
    async with desk(incident()) as console:
        services = console.screen.services
        console.screen.set_focus(services)
        services.select("web-app")
        await console.press("s")
        assert services.model.keys[0] == "backend-api"
        assert "state↑" in services.plain_lines[0]
        await console.press("s")
        assert "state↓" in services.plain_lines[0]
        await console.press("s", "s", "s")
        assert "FOR↑" in services.plain_lines[0]
        await console.press("s", "s")
        assert services.model.sort_column == "response"
        assert "RESP↑" in services.plain_lines[0]
        await console.press("s")
        assert "RESP↓" in services.plain_lines[0]
        assert services.model.keys[0] == "api-chat-analytics"
        assert services.model.selected == "web-app"


async def test_moving_and_panes() -> None:
    async with desk(incident()) as console:
        services, alerts = console.screen.services, console.screen.alerts
        assert alerts.has_focus, "with open alerts the keys begin there"
        await console.press("j")
        assert alerts.model.selected == "7"
        await console.press("tab")
        assert services.has_focus
        await console.press("j", "j")
        assert services.model.selected == "web-app"
        await console.press("G")
        assert services.model.selected == "monitoring-db"
        await console.press("g", "k")
        assert services.model.selected == "backend-api"
        await console.press("h")
        assert alerts.has_focus
        await console.press("tab")
        assert services.has_focus


async def test_the_keys_are_moved_once_and_never_behind_the_persons_back() -> None:
    async with desk(all_fine()) as console:
        assert console.screen.services.has_focus
        await console.show(incident())
        assert console.screen.services.has_focus


async def test_the_first_alert_after_a_quiet_time_is_selected_if_nobody_is_there() -> None:
    async with desk(all_fine()) as console:
        services, alerts = console.screen.services, console.screen.alerts
        await console.press("j", "j")
        assert services.model.selected is not None
        console.clock.advance(AWAY_SECONDS)
        await console.show(all_fine())
        assert services.has_focus
        first, *others = incident().alerts
        await console.show(replace(incident(), alerts=tuple(others)))
        assert alerts.has_focus
        await console.show(incident())
        assert alerts.model.selected == str(first.id), "until somebody comes it is the worst one"
        await console.press("a")
        assert first.subject in console.prompt.question
        await console.press("escape", "tab", "j")
        place = services.model.selected
        await console.show(replace(incident(), alerts=incident().alerts[1:]))
        await console.show(incident())
        assert services.has_focus
        assert services.model.selected == place


async def test_the_first_alert_takes_the_place_of_nobody_who_moves() -> None:
    async with desk(all_fine()) as console:
        services = console.screen.services
        console.clock.advance(2 * AWAY_SECONDS)
        await console.press("j", "j")
        place = services.model.selected
        console.clock.advance(AWAY_SECONDS / 2)
        await console.show(incident())
        assert services.has_focus
        assert services.model.selected == place
        console.clock.advance(AWAY_SECONDS)
        await console.show(replace(incident(), alerts=incident().alerts[1:]))
        assert services.has_focus, "it came while somebody was there"


async def test_a_long_event_is_wrapped_and_not_cut() -> None:
    words = " ".join(f"word{number}" for number in range(30))
    first, *others = incident().alerts
    async with desk(replace(incident(), alerts=(replace(first, message=words), *others)), size=(60, 16)) as console:
        await console.press("enter", "z")
        lines = console.app.screen.query_one(Sheet).plain_lines
        assert words in " ".join(" ".join(lines).split())
        assert all(len(line) <= 60 for line in lines)


async def test_a_hundred_services_scroll_with_the_cursor() -> None:
    async with desk(all_fine(services=100)) as console:
        services = console.screen.services
        await console.press("G")
        assert any("tenant-091" in line for line in services.plain_lines)
        await console.press("pageup")
        assert services.model.selected in services.model.keys
        assert any(str(services.model.selected) in line for line in services.plain_lines)


async def test_enter_opens_what_is_selected_and_escape_comes_back() -> None:
    async with desk(incident()) as console:
        await console.press("tab", "enter")
        text = console.text()
        assert "RECENT PROBES" in text
        assert "connect_refused" in text
        assert "first byte" in text
        await console.press("plus")
        assert ("service", "backend-api", 24, None) in console.operations.calls
        await console.press("a", "enter")
        assert console.acknowledged()[0][0] == 7
        await console.press("escape")
        assert isinstance(console.app.screen, OverviewScreen)


async def test_the_alert_screen_shows_its_timeline_and_follows_changes() -> None:
    async with desk(incident()) as console:
        await console.press("enter")
        text = console.text()
        assert "unack" in text
        for empty in ("Value", "Threshold", "Escalation"):
            assert empty not in text
        assert "STORY" in text
        assert "first bad observation" in text
        assert "nobody has it" in text
        await console.press("a", *"mine", "enter")
        assert "acknowledged by me" in console.text()
        assert "mine" in console.text()


async def test_help_lists_the_keys_that_work_here() -> None:
    async with desk(incident()) as console:
        await console.press("question_mark")
        text = console.text()
        assert "EVERYWHERE" in text
        assert "LISTS" in text
        assert "CHARTS" not in text
        await console.press("escape")
        await console.press("tab", "enter", "question_mark")
        assert "CHARTS" in console.text()
        assert "LISTS" not in console.text()


async def test_the_monitor_asks_before_it_quits_and_a_guest_does_not() -> None:
    async with desk(all_fine()) as console:
        await console.press("q")
        assert console.app.is_running
        await console.press("q")
        assert console.app.is_running
        assert not console.prompt.is_open, "any other key stays"
        await console.press("q", "y")
        assert console.app._exit
    async with desk(all_fine(), monitor=False) as console:
        await console.press("q")
        assert console.app._exit


async def test_colours_change_and_the_picture_stays() -> None:
    async with desk(incident()) as console:
        first = console.screen.query_one(TitleBar).look
        await console.press("ctrl+t")
        assert console.app.theme == "amt-light"
        assert console.screen.query_one(TitleBar).look != first
        await console.press(*["ctrl+t"] * (len(CYCLE) - 1))
        assert console.screen.query_one(TitleBar).look == first


async def test_a_service_that_went_away_does_not_break_its_screen() -> None:
    async with desk(incident()) as console:
        await console.press("tab", "enter")
        left = tuple(view for view in incident().services if view.name != "backend-api")
        await console.show(replace(incident(), services=left))
        await console.press("r", "escape")
        assert all(view.state is not ServiceState.DOWN or view.name != "backend-api" for view in left)
        assert isinstance(console.app.screen, OverviewScreen)


def _palette_names(console: Desk, provider: type[ConsoleProvider], typed: str = "") -> set[str]:
    return {each.words for each in provider(console.app.screen).entries(typed)}


async def test_the_palette_offers_what_the_keys_do() -> None:
    async with desk(incident()) as console:
        names = _palette_names(console, KeysProvider)
        assert {"Ack  (a)", "Probe  (r)", "Export  (e)", "Quit  (q)", "Alerts  (3)"} <= names
        await console.press("colon", *"probe", "enter")
        assert ("act", ProbeNow()) in console.operations.calls
        await console.press("ctrl+p", *"quit", "enter")
        assert console.app.is_running, "the monitor asks, whichever way it is told to quit"


async def test_the_palette_of_a_read_only_console_offers_no_action() -> None:
    async with desk(incident(), read_only=True) as console:
        names = _palette_names(console, KeysProvider)
        assert "Export  (e)" in names
        assert not {"Ack  (a)", "Unack  (u)", "Note  (n)", "Probe  (r)"} & names


async def test_the_palette_finds_services_alerts_moments_and_themes() -> None:
    async with desk(incident()) as console:
        assert "api-chat-analytics  SLOW" in _palette_names(console, ServicesProvider)
        assert "#7 CRITICAL backend-api" in _palette_names(console, AlertsProvider)
        assert "Theme amt-light" in _palette_names(console, ThemesProvider)
        assert "Go to 11:30" in _palette_names(console, TimesProvider, "11:30")
        await console.press("ctrl+p", *"backend-api", "down", "enter")
        assert not isinstance(console.app.screen, OverviewScreen)
        await console.press("escape", "colon", *"11:30", "down", "enter")
        assert console.app.at is not None
        next(TimesProvider(console.app.screen).entries("now")).run()
        assert console.app.at is None, "now is no moment of the past"


async def test_number_keys_open_the_screens_and_each_keeps_its_selection() -> None:
    async with desk(incident()) as console:
        await console.press("2", "j", "j")
        assert console.app.place == "2 SERVICES"
        assert console.app.screen.selection().service is not None
        chosen = console.app.screen.selection()
        await console.press("enter", "3")
        assert console.app.place == "3 ALERTS"
        await console.press("2")
        assert console.app.screen.selection() == chosen
        await console.press("escape", "escape")
        assert isinstance(console.app.screen, OverviewScreen)
        assert console.app.place == "1 OVERVIEW"


async def test_the_title_names_the_overview_as_soon_as_it_is_back() -> None:
    async with desk(incident()) as console:
        await console.press("3", "1")
        title = console.screen.query_one(TitleBar)
        assert "1 OVERVIEW" in title.plain_lines[0]


async def test_who_is_looking_stands_in_the_title_and_in_full_behind_a_key() -> None:
    people = (
        PresentPerson("ann", NOW - timedelta(minutes=12), "pid 41", may_monitor=True),
        PresentPerson("ben-laptop", NOW - timedelta(hours=30), "192.0.2.7"),
    )
    long = "The disk of the database is nearly full, and expired data is being deleted; make room soon, please."
    picture = replace(incident(), presence=people, notices=(long,))
    for size in ((80, 24), (120, 40), (200, 60)):
        async with desk(picture, size=size) as console:
            assert "2 looking" in console.screen.query_one(TitleBar).plain_lines[0]
            await console.press("m")
            shown = " ".join(console.text().split())
            assert "ann since 11:48 (for 12 min) pid 41" in shown
            assert "ben-laptop since 2026-01-04 06:00 (for 1 d) 192.0.2.7" in shown
            assert long in shown
            await console.press("m", "escape")
            assert isinstance(console.app.screen, OverviewScreen)
            await console.show(replace(picture, presence=people[:1]))
            assert "looking" not in console.screen.query_one(TitleBar).plain_lines[0], "that is you"


async def test_the_alert_shows_what_the_service_answered_and_how_its_error_changed() -> None:
    async with desk(incident(), size=(100, 60)) as console:
        detail = console.operations.alert(7)
        kinds = ("stale", "fresh") * 5
        dull = tuple(
            replace(detail.events[-1], kind=kind, seq=3 + at, at=NOW + timedelta(seconds=at))
            for at, kind in enumerate(kinds)
        )
        told = {"old_error": "connection refused", "new_error": "got 500, expected 2xx"}
        changed = replace(detail.events[-1], kind="error_changed", seq=20, detail=told)
        body = KeptAnswer(NOW, "could not connect to server\n  db-primary.internal port 5432")
        kept = replace(detail, alert=replace(detail.alert, answer=body), events=(*detail.events, *dull, changed))
        console.operations.alert = lambda alert_id, at=None: kept  # type: ignore[method-assign, misc, assignment]
        await console.press("enter")
        text = " ".join(console.text().split())
        assert "BODY" in text
        assert "db-primary.internal port 5432" in text
        assert "another error connection refused → got 500, expected 2xx" in text
        assert "5 times without fresh data" in text
        assert "fresh data again" not in text


async def test_a_service_that_failed_all_the_time_has_its_failures_in_the_chart() -> None:
    async with desk(incident(), size=(120, 40)) as console:
        found = console.operations.service("backend-api", hours=1)
        nothing = tuple(None for _ in found.mean_ms)
        series = {"mean_ms": nothing, "p50_ms": nothing, "p95_ms": nothing, "p99_ms": nothing}
        failed = replace(found, **series, uptime=tuple(0.0 for _ in found.uptime))
        console.operations.service = lambda name, hours=1.0, at=None, most_buckets=300: failed  # type: ignore[method-assign, misc, assignment]
        await console.press("tab", "enter")
        lines = console.app.screen.query_one(Chart).plain_lines
        assert "no answer in this window" in lines[0]
        assert lines[1].count("✖") > 40
        assert "nothing was measured" not in " ".join(lines)


async def test_the_service_opens_on_the_range_that_contains_the_beginning_of_its_incident() -> None:
    first, *others = incident().alerts
    for began, hours in ((0.5, 1), (3, 24), (26, 168), (900, 720)):
        old = replace(first, opened_at=NOW - timedelta(hours=began))
        async with desk(replace(incident(), alerts=(old, *others))) as console:
            await console.press("tab", "enter")
            assert {call[2] for call in console.operations.calls if call[0] == "service"} == {hours}
    async with desk(incident()) as console:
        await console.press("tab", "enter")
        assert ("service", "backend-api", 1, None) in console.operations.calls


async def test_the_alert_shows_its_subjects_chart_over_the_incident_with_its_failures() -> None:
    first, *others = incident().alerts
    for size in ((120, 40), (200, 60)):
        async with desk(incident(), size=size) as console:
            await console.press("enter")
            text = console.text()
            assert "LAST HOUR" in text
            assert "mean, backend-api" in text
            assert "✖" in text.partition("mean, backend-api")[2]
            assert "░" in text, "the outage is shaded"
            assert text.count("began") == 2, "in the strip and in the chart"
            assert ("service", "backend-api", 1, None) in console.operations.calls
        old = replace(first, opened_at=NOW - timedelta(hours=3))
        async with desk(replace(incident(), alerts=(old, *others)), size=size) as console:
            await console.press("enter")
            (hours,) = {call[2] for call in console.operations.calls if call[0] == "service"}
            assert hours == 3 + 10 / 60, "the incident, and ten minutes before it"
            assert "08:50 to now" in console.text()
            assert "LAST HOUR" not in console.text()


async def test_the_chart_of_an_ended_alert_ends_some_minutes_after_it() -> None:
    ended = alert(
        7,
        "backend-api",
        state=AlertState.RESOLVED,
        opened_at=NOW - timedelta(hours=5),
        resolved_at=NOW - timedelta(hours=2),
    )
    async with desk(replace(all_fine(), recently_resolved=(ended,)), size=(120, 40)) as console:
        await console.press("h", "enter")
        at = [call[3] for call in console.operations.calls if call[0] == "service"][-1]
        assert at == NOW - timedelta(hours=2) + timedelta(minutes=5)
        assert "06:50 to 10:05" in console.text()


async def test_an_alert_of_the_host_has_its_metric_instead_of_a_service() -> None:
    first, *others = incident().alerts
    host = replace(first, subject="cpu", alert_type=AlertType.CPU_USAGE, message="cpu is at 95.1 %", threshold=80.0)
    async with desk(replace(incident(), alerts=(host, *others)), size=(120, 40)) as console:
        await console.press("enter")
        text = console.text()
        assert "limit 80 %" in text
        assert "cpu usage" in text, "the chart"
        assert "BODY" not in text
        assert not any(call[0] == "service" for call in console.operations.calls)


async def test_the_help_is_wrapped_on_a_narrow_terminal() -> None:
    async with desk(incident(), size=(60, 20)) as console:
        await console.press("question_mark")
        text = " ".join(" ".join(each.plain_lines) for each in console.app.screen.query(FactLines))
        assert "…" not in text
        assert "What is broken, since when, and who has it." in " ".join(text.split())
