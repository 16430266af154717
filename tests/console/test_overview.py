"""What the overview shows, at every size, with any data."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from support.answers import INCIDENT, incident_answer
from support.desk import desk
from support.pictures import NOW, alert, all_fine, empty, hostile, incident

from amt_console.console.cards.alert_card import AlertCard
from amt_console.console.screens.alert_detail import AlertDetailScreen
from amt_console.console.screens.service_detail import ServiceDetailScreen
from amt_console.model import AlertState, ServiceState, Severity, StateSpan
from amt_console.model.oncall import OnCall
from amt_console.model.queries import AlertHistoryQuery, StatesQuery
from amt_console.model.queries.states import StateHistory
from amt_console.operations.protocol import OperationError
from amt_console.text import reason_of
from widgets.last_hour import LastHour
from widgets.line_view import LineView
from widgets.live_table import LiveTable
from widgets.tables.history_table import HistoryTable
from widgets.title_bar import TitleBar

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 40), (200, 60)])
async def test_the_overview_says_what_is_broken_at_every_size(size: tuple[int, int]) -> None:
    async with desk(incident(), size=size) as console:
        text = console.text()
        for words in ("CRITICAL", "2 unacknowledged", "backend-api", "DOWN", "ann", "CPU"):
            assert words in text, words
        height = sum(1 for line in console.app.screen.query_one("#services", LiveTable).plain_lines if line.strip())
        assert height >= 5
        assert console.screen.query_one("#revenue").display is (size[1] >= 20)


async def test_at_80x24_every_service_alert_and_panel_is_in_sight() -> None:
    async with desk(incident()) as console:
        text = console.text()
        for view in incident().services:
            assert view.name in text
        assert "connection refused" in text
        for title in ("HOST", "REVENUE", "CHATBOT", "USERS"):
            assert title in text
        for region in (widget.region for widget in console.screen.query(LineView)):
            assert region.bottom <= 24


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_why_it_is_down_stands_in_its_row(size: tuple[int, int]) -> None:
    said = alert(7, "backend-api", message="backend-api is down: connection refused by 127.0.0.1:5000 (3 of 3)")
    cpu = alert(8, "cpu", severity=Severity.WARNING, message="cpu is at 96.9 %, limit 80 %")
    async with desk(replace(incident(), alerts=(said, cpu)), size=size) as console:
        first, second = console.screen.alerts.plain_lines[1:3]
        # Half of a screen of 120 cells is the preview, which has the whole reason.
        assert "connection refused by 127.0.0.1:5000" in (console.text() if size[0] == 120 else first)
        assert "is down" not in first
        assert first.count("backend-api") == 1
        assert ("at 96.9 %, limit" if size[0] == 120 else "at 96.9 %, limit 80 %") in second
        assert second.count("cpu") == 1


async def test_the_selected_row_is_told_in_full() -> None:
    long = "backend-api is down: TLS: the certificate is for old.example, not for api.example, since the last deploy"
    picture = replace(incident(), alerts=(alert(7, "backend-api", message=long), *incident().alerts[1:]))
    async with desk(picture, size=(120, 24)) as console:
        assert "a acknowledges backend-api: TLS: the certificate" in console.info()
        await console.press("down", "down", "down")
        assert "api-chat-analytics: response time 3.12 s is above 2.00 s" in console.info()
        assert "ann for 5 min: looking at the query plan" in console.info()
        await console.press("tab", "down")
        assert "backend-api: DOWN for 3 min: connection refused" in console.info()
        await console.press("escape")
        assert "a acknowledges backend-api" in console.info()
    async with desk(replace(all_fine(), notices=("one", "two"))) as console:
        assert console.info().strip() == "2 notices, shown by m"


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 40), (200, 60)])
async def test_an_owner_stands_with_age_at_every_size_and_the_note_where_there_is_room(size: tuple[int, int]) -> None:
    async with desk(incident(), size=size) as console:
        row = next(line for line in console.screen.alerts.plain_lines if "api-chat" in line)
        assert "ann 5m" in row
        assert ("looking at" in row) == (size[0] in (80, 200)), "beside a preview there are few cells"


@pytest.mark.parametrize("size", [(80, 24), (200, 60)])
@pytest.mark.parametrize("place", ["1", "3"])
async def test_a_note_of_any_length_leaves_the_reason_some_room(size: tuple[int, int], place: str) -> None:
    first, *others = incident().alerts
    saved = replace(first, note="journal: exit code 0 " + "line of the journal " * 100)
    async with desk(replace(incident(), alerts=(saved, *others)), size=size) as console:
        await console.press(place)
        row = next(line for line in console.text().splitlines() if " backend-api " in line and "3m nobody" in line)
        assert "journal:" in row
        assert "connect" in row.partition("journal:")[2]


@pytest.mark.parametrize("place", ["1", "3"])
async def test_in_few_cells_the_reason_comes_before_the_note(place: str) -> None:
    first, *others = incident().alerts
    saved = replace(first, note="looking at it, and a long story of what was tried")
    async with desk(replace(incident(), alerts=(saved, *others)), size=(60, 20)) as console:
        await console.press(place)
        row = next(line for line in console.text().splitlines() if " backend-api " in line and "3m nobody" in line)
        assert "connection" in row


async def test_in_the_history_a_long_note_leaves_the_reason_some_room() -> None:
    history = incident_answer(AlertHistoryQuery())
    first, *others = history.alerts
    saved = replace(first, note="line of the journal " * 100)
    answers = {**INCIDENT, AlertHistoryQuery: lambda query: replace(history, alerts=(saved, *others))}
    async with desk(incident(), size=(118, 40), answers=answers) as console:
        await console.press("3")
        rows = [line for line in console.app.screen.query_one(HistoryTable).plain_lines if "line of the" in line]
        assert rows
        assert all(reason_of(first.message, first.subject)[:10] in row for row in rows)


async def test_notices_make_room_after_a_while_and_stay_with_the_monitor() -> None:
    notice = "No notification channel is configured: this console is the only receiver."
    picture = replace(all_fine(), notices=(notice,), simulated_until=NOW - timedelta(hours=1))
    async with desk(picture) as console:
        title = console.screen.query_one(TitleBar)
        assert "simulated" in title.plain_lines[1]
        console.clock.advance(31)
        await console.show(picture)
        assert len(title.plain_lines) == 1
        late = replace(picture, notices=(notice, "The demo has ended."))
        await console.show(late)
        assert title.plain_lines[1].strip() == "The demo has ended."
        await console.press("m")
        text = console.text()
        assert notice in text
        assert "is simulated" in text


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 40), (200, 60)])
async def test_the_trend_is_of_half_an_hour_at_every_width(size: tuple[int, int]) -> None:
    steps = tuple([900.0] * 15 + [100.0] * 15)
    services = tuple(replace(view, sparkline=steps) for view in all_fine().services)
    async with desk(replace(all_fine(), services=services), size=size) as console:
        line = console.screen.services.plain_lines[1]
        bars = [char for char in line if char in "▁▂▃▄▅▆▇█"]
        if bars:
            assert bars[0] > bars[-1], "the beginning of the half hour is there"
            assert abs(bars.count(bars[0]) - len(bars) / 2) <= 1


async def test_a_quiet_platform_takes_one_quiet_line() -> None:
    async with desk(all_fine()) as console:
        assert console.screen.alerts.size.height == 1
        assert console.screen.alerts.plain_lines == (console.screen.alerts.plain_lines[0],)
        assert "no active alerts" in console.screen.alerts.plain_lines[0]
        assert "all 8 services up" in console.text()


async def test_uptime_with_little_coverage_is_not_shown_as_a_figure() -> None:
    async with desk(incident()) as console:
        console.screen.set_focus(console.screen.services)
        console.screen.services.select("mobile-app")
        await console.settle()
        line = next(line for line in console.screen.services.plain_lines if "mobile-app" in line)
        assert "99.9" not in line
        assert "not enough data (31 % m" in console.info()
    few = tuple(replace(view, coverage_percent_24h=31.0) for view in all_fine().services)
    async with desk(replace(all_fine(), services=few)) as console:
        assert all("not enough data" in line for line in console.screen.services.plain_lines[1:9])


async def test_a_missing_figure_is_a_dash_with_its_reason() -> None:
    async with desk(all_fine(), size=(200, 60)) as console:
        assert "Churn" in console.text()
        assert "– negative in the answer" in console.text()


async def test_the_first_start_says_that_nothing_is_known() -> None:
    async with desk(empty()) as console:
        text = console.text()
        assert "UNKNOWN" in text
        assert "waiting for the first results of 8 services" in text
        assert "no channel is configured" in text
        assert "not read yet" in text


async def test_hostile_text_stays_in_its_cells() -> None:
    async with desk(hostile(), size=(120, 40)) as console:
        for table in console.screen.query(LiveTable):
            assert all(len(line) <= 120 for line in table.plain_lines)
        for widget in console.screen.query(LineView):
            assert not set("\x1b\x00\u202e\u200b\ud800") & set("".join(widget.plain_lines))
        await console.press("a")
        assert "[/x]" not in console.prompt.question or "\x1b" not in console.prompt.question
        await console.press("escape", "enter", "enter", "escape", "tab", "down", "enter")


async def test_ascii_mode_has_no_other_character_in_its_lines() -> None:
    async with desk(incident(), size=(120, 40), ascii_only=True) as console:
        for keys in ((), ("enter", "enter"), ("escape", "question_mark")):
            if keys:
                await console.press(*keys)
            for strip in console.app.screen._compositor.render_strips():
                filtered = console.app._ascii_filter.apply(list(strip), console.app.screen.background_colors[1])
                assert "".join(segment.text for segment in filtered).isascii()


async def test_the_too_small_screen_says_what_is_needed_and_comes_back() -> None:
    async with desk(incident(), size=(50, 10)) as console:
        assert console.screen.has_class("-too-small")
        await console.resize(80, 24)
        assert not console.screen.has_class("-too-small")
        assert "backend-api" in console.text()


@pytest.mark.parametrize("screen", [(), ("enter", "enter"), ("question_mark",), ("a",)])
async def test_no_size_breaks_any_screen(screen: tuple[str, ...]) -> None:
    async with desk(incident()) as console:
        await console.press(*screen)
        for size in ((1, 1), (20, 5), (500, 200), (60, 16), (61, 200), (300, 16), (80, 24)):
            await console.pilot.resize_terminal(*size)
            await console.pilot.pause()
            assert console.app.is_running
        if screen and screen[0] != "a":
            await console.press("escape")
        assert "backend-api" in console.text()


async def test_a_monitor_that_cannot_store_is_told_of_first_and_loudly() -> None:
    fault = "The database cannot be written: the disk is full. 140 results wait in memory."
    picture = replace(all_fine(), notices=(fault, "no channel is configured", "a demo runs"), faults=(fault,))
    async with desk(picture, size=(120, 40)) as console:
        title = console.screen.query_one(TitleBar)
        first, second = title.plain_lines
        assert "✖ not storing" in first
        assert "monitoring" not in first
        assert second.startswith(f" {fault}")
        assert second.count(fault) == 1
        assert second.index("no channel") < second.index("a demo")
        segment = next(segment for segment in title.render_line(1) if "cannot be written" in segment.text)
        assert segment.style is not None
        assert segment.style.bgcolor == title.look.palette.badge_critical.bgcolor
        await console.press("p")
        assert "✖ not storing" in console.text(), "a frozen view does not hide it"
        await console.press("p")
        await console.show(replace(picture, notices=picture.notices[1:], faults=()))
        assert "not storing" not in console.text()


async def test_what_is_only_for_information_waits_for_nobody() -> None:
    info = replace(incident().alerts[0], severity=Severity.INFO, subject="monitor", message="stalled", id=77)
    async with desk(replace(all_fine(), alerts=(info,))) as console:
        assert "1 for information" in console.screen.query_one(TitleBar).plain_lines[0]
        assert "nobody" not in console.text()
        await console.press("a")
        assert console.prompt.is_open, "with nothing else it can still be taken"
    async with desk(replace(incident(), alerts=(*incident().alerts, info))) as console:
        assert "2 unacknowledged" in console.screen.query_one(TitleBar).plain_lines[0]


WEEK = OnCall("oncall", "Ada", NOW + timedelta(minutes=45))


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 40), (200, 60)])
async def test_who_is_on_call_stands_in_the_title_at_every_size(size: tuple[int, int]) -> None:
    async with desk(replace(all_fine(), on_call=(WEEK, OnCall("shop", "Grace", None))), size=size) as console:
        assert "on call: Ada" in console.screen.query_one(TitleBar).plain_lines[0]
        await console.show(replace(incident(), on_call=(WEEK,)))
        title = console.screen.query_one(TitleBar)
        assert "2 unacknowledged" in title.plain_lines[0]
        until = f" until {title.look.local(NOW + timedelta(minutes=45)):%H:%M}" if size[0] == 200 else ""
        assert f"on call: Ada{until}" in title.plain_lines[0]


async def test_that_nobody_is_on_call_is_said_and_without_a_rota_nothing() -> None:
    async with desk(replace(all_fine(), on_call=(OnCall("oncall", None, None),))) as console:
        assert "nobody on call" in console.screen.query_one(TitleBar).plain_lines[0]
        await console.show(all_fine())
        assert "on call" not in console.screen.query_one(TitleBar).plain_lines[0]


async def test_an_alert_that_comes_later_is_what_enter_opens() -> None:
    picture = incident()
    shop = replace(picture.alerts[0], subject="web-app", message="web-app is down: reset")
    async with desk(all_fine(), answers=INCIDENT) as console:
        await console.show(replace(picture, alerts=(shop,)))
        assert console.info().startswith("a acknowledges web-app")
        assert console.screen.services.has_focus, "the keys stay where they are"
        await console.press("enter")
        assert isinstance(console.app.screen, AlertDetailScreen)
        await console.press("escape")
        assert console.screen.alerts.model.selected == str(shop.id)


async def test_enter_opens_what_was_just_acknowledged_and_no_alert_that_nobody_names() -> None:
    picture = incident()
    mine = replace(picture.alerts[0], subject="web-app", acknowledged_by="ann", acknowledged_at=NOW)
    pending = alert(90, "cpu", severity=Severity.WARNING, state=AlertState.PENDING, acknowledged_by=None)
    async with desk(all_fine(), answers=INCIDENT) as console:
        await console.show(replace(picture, alerts=(mine, pending)))
        assert "acknowledges" not in console.info()
        assert console.screen.services.has_focus
        await console.press("enter")
        card = console.app.screen.query_one(AlertCard)
        assert card.alert_id == mine.id


@pytest.mark.parametrize("keys", [("j",), ("slash", *"web", "enter")], ids=str)
async def test_who_uses_the_services_opens_services(keys: tuple[str, ...]) -> None:
    async with desk(all_fine()) as console:
        await console.press(*keys)
        await console.show(incident())
        await console.press("enter")
        assert isinstance(console.app.screen, ServiceDetailScreen)
    async with desk(incident()) as console:
        await console.press("tab", "enter")
        assert isinstance(console.app.screen, ServiceDetailScreen)


async def test_every_rota_stands_on_the_monitors_screen() -> None:
    rotas = (WEEK, OnCall("shop", "Grace", None), OnCall("databases", None, NOW + timedelta(days=2)))
    async with desk(replace(all_fine(), on_call=rotas), size=(120, 40)) as console:
        await console.press("m")
        lines = [line.split() for line in console.text().splitlines()]
        assert any(line[:2] == ["shop", "Grace"] for line in lines)
        assert any(line[:3] == ["databases", "nobody", "until"] for line in lines)


async def test_one_pane_alone_is_marked_as_the_one_with_the_keys() -> None:
    async with desk(incident()) as console:
        for _ in range(3):
            looks = [table.render_line(0) for table in console.screen.query(LiveTable)]
            focus = console.screen.look.palette.heading_focus.bgcolor
            marked = [any(part.style is not None and part.style.bgcolor == focus for part in line) for line in looks]
            assert sum(marked) == 1
            await console.press("tab")


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 40), (200, 60)])
async def test_the_last_hour_stands_there_at_every_size(size: tuple[int, int]) -> None:
    async with desk(incident(), size=size, answers=INCIDENT) as console:
        line = console.screen.query_one(LastHour).plain_lines[0]
        assert line.startswith(" LAST HOUR")
        assert "DOWN for 3m" in line
    async with desk(all_fine(), size=size) as console:
        assert "well all the time" in console.screen.query_one(LastHour).plain_lines[0]


async def test_a_last_hour_that_cannot_be_read_says_so_in_its_place() -> None:
    def refuse(query: StatesQuery) -> StateHistory:
        raise OperationError("the database is busy")

    async with desk(incident(), answers={StatesQuery: refuse}) as console:
        assert "cannot be read: the database is busy" in console.screen.query_one(LastHour).plain_lines[0]
        assert "backend-api" in console.text()
        assert not console.messages, "the panel says it, not a message every ten seconds"


async def test_the_last_hour_of_the_past_ends_there() -> None:
    async with desk(incident(), answers=INCIDENT) as console:
        await console.press("left_square_bracket")
        asked = [call[1] for call in console.operations.calls if call[0] == "ask" and isinstance(call[1], StatesQuery)]
        assert asked[-1].at == NOW - timedelta(minutes=1)


def test_the_worst_state_of_all_services_over_time() -> None:
    up, down, slow = ServiceState.UP, ServiceState.DOWN, ServiceState.DEGRADED
    at = [NOW + timedelta(minutes=minute) for minute in range(5)]
    history = StateHistory(
        at[0],
        at[4],
        {
            "a": (StateSpan(at[0], at[1], up), StateSpan(at[1], at[3], down), StateSpan(at[3], at[4], up)),
            "b": (StateSpan(at[0], at[2], up), StateSpan(at[2], at[4], slow)),
        },
    )
    assert history.worst() == (
        StateSpan(at[0], at[1], up),
        StateSpan(at[1], at[3], down, "a"),
        StateSpan(at[3], at[4], slow, "b"),
    )


async def test_the_selected_row_is_copied_as_text_and_as_json() -> None:
    async with desk(incident()) as console:
        copied: list[str] = []
        console.app.copy_to_clipboard = copied.append  # type: ignore[method-assign]
        await console.press("j", "y", "Y")
        assert copied[0].startswith("CRITICAL backend-api: ")
        assert json.loads(copied[1])["subject"] == "backend-api"
        await console.press("tab", "j", "y", "Y")
        assert copied[2].startswith("backend-api DOWN")
        assert json.loads(copied[3])["name"] == "backend-api"
