"""Everything about a service: on its own screen and beside the list, in the past, with faults and hostile text."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from support.answers import HOSTILE_ANSWERS, INCIDENT
from support.desk import Desk, desk
from support.fake_operations import FakeOperations
from support.pictures import NOW, all_fine, hostile, incident

from amt_console.console.screens.alert_detail import AlertDetailScreen
from amt_console.console.screens.service_detail import ServiceDetailScreen
from amt_console.model import AlertDetail, KeptAnswer, ServiceState
from amt_console.operations.protocol import OperationError, ServiceDetail
from widgets.chart import Chart
from widgets.fact_lines import FactLines
from widgets.line_view import LineView
from widgets.state_strip import StateStrip

pytestmark = pytest.mark.slow
SIZES = [(60, 20), (80, 24), (120, 40), (200, 60)]


def lines_of(console: Desk, name: str) -> list[str]:
    return [line.strip() for line in console.app.screen.query_one(name, FactLines).plain_lines]


def first_screenful(console: Desk) -> str:
    """What stands on the screen without scrolling."""
    screen = console.app.screen
    shown = []
    for widget in screen.query(LineView):
        for y, line in enumerate(widget.plain_lines):
            if widget.display and widget.region.height and widget.region.y + y < screen.size.height - 1:
                shown.append(line)
    return "\n".join(shown)


async def open_service(console: Desk) -> ServiceDetailScreen:
    await console.press("2", "enter")
    screen = console.app.screen
    assert isinstance(screen, ServiceDetailScreen)
    return screen


@pytest.mark.parametrize("size", SIZES)
async def test_the_first_screenful_answers_what_since_when_why_with_strip_and_chart(size: tuple[int, int]) -> None:
    async with desk(incident(), size=size) as console:
        console.operations.answers.update(INCIDENT)
        await open_service(console)
        text = first_screenful(console)
        for told in ("DOWN", "since 11:57, for 3 min", "connection refused by 127.0.0.1:5000", "nobody has it"):
            assert told in text
        assert "well until" in text
        assert "p95" in text
        screen = console.app.screen
        chart = screen.query_one("#chart", Chart)
        assert chart.region.bottom < screen.size.height + (4 if size[1] == 20 else 0), (
            "the chart stands without scrolling"
        )
        assert "░" in "\n".join(chart.plain_lines), "outages are shaded"
        assert all(len(line) <= size[0] for line in text.splitlines())


async def test_errors_alerts_and_evidence_are_listed() -> None:
    async with desk(incident(), size=(120, 40)) as console:
        console.operations.answers.update(INCIDENT)
        detail = console.operations.alert(7)
        kept = KeptAnswer(NOW - timedelta(minutes=2), 'HTTP/1.1 503\n{"error": "pool exhausted"}')
        answered = replace(detail, alert=replace(detail.alert, answer=kept))
        console.operations.alert = lambda alert_id, *, at=None: answered  # type: ignore[method-assign]
        await open_service(console)
        assert any("DOWN" in line and "HTTP 502 from /api/health" in line for line in lines_of(console, "#errors"))
        assert "pool exhausted" in " ".join(lines_of(console, "#answer"))
        assert any("#7" in line and "nobody" in line for line in lines_of(console, "#alerts-of"))


async def test_plus_and_minus_go_through_the_ranges_and_stop_at_both_ends() -> None:
    async with desk(all_fine()) as console:
        await open_service(console)
        asked = lambda: [call[2] for call in console.operations.calls if call[0] == "service"]  # noqa: E731
        assert asked() == [1]
        await console.press("minus", "minus")
        assert asked()[-1] == 0.25
        await console.press("plus", "plus", "plus", "plus", "plus")
        assert asked()[-1] == 720
        assert any("last 30 d" in line for line in lines_of(console, "#states"))


async def test_enter_opens_the_marked_alert_and_tab_marks_the_next() -> None:
    picture = incident()
    second = replace(picture.alerts[0], id=11, message="another reason")
    async with desk(replace(picture, alerts=(*picture.alerts, second))) as console:
        await open_service(console)
        assert lines_of(console, "#alerts-of")[1].startswith("▸ #7")
        await console.press("tab")
        assert lines_of(console, "#alerts-of")[2].startswith("▸ #11")
        await console.press("enter")
        assert isinstance(console.app.screen, AlertDetailScreen)
        assert console.app.screen.selection().alert_id == 11
        await console.press("escape")
        assert isinstance(console.app.screen, ServiceDetailScreen)


async def test_without_alerts_enter_says_so() -> None:
    async with desk(all_fine()) as console:
        await open_service(console)
        await console.press("enter", "tab")
        assert any("no alert in this range" in message for message in console.messages)


async def test_a_part_that_cannot_be_read_says_why_and_the_others_go_on() -> None:
    async with desk(incident()) as console:
        console.operations.answers.update(INCIDENT)
        await open_service(console)
        console.operations.alert = _refused  # type: ignore[method-assign, assignment]
        await console.press("plus")
        assert "cannot be read: no such table" in " ".join(lines_of(console, "#answer"))
        assert console.app.screen.query_one("#chart", Chart).display
        assert console.app.screen.query_one(StateStrip).display
        console.operations.service = _refused  # type: ignore[method-assign, assignment]
        await console.press("plus")
        assert "cannot be read: no such table" in lines_of(console, "#states")[1]
        assert not console.app.screen.query_one("#chart", Chart).display
        assert "connection refused" in " ".join(lines_of(console, "#head"))
        assert any("#7" in line for line in lines_of(console, "#alerts-of"))
        assert console.messages == [], "it is told in place"


def _refused(*args: Any, **more: Any) -> Any:
    raise OperationError("no such table")


async def test_a_long_range_is_painted_with_few_buckets_first_and_refreshed_with_many() -> None:
    async with desk(all_fine()) as console:
        await open_service(console)
        asked: list[tuple[float, int]] = []
        plain = console.operations.service

        def noted(name: str, *, hours: float = 24, at: Any = None, most_buckets: int = 300) -> ServiceDetail:
            asked.append((hours, most_buckets))
            return plain(name, hours=hours, at=at, most_buckets=most_buckets)

        console.operations.service = noted  # type: ignore[method-assign]
        await console.press("plus")
        assert asked == [(24, 60), (24, 750)]
        console.clock.advance(60)
        await console.show(all_fine())
        assert asked[2:] == [(24, 750)]
        await console.press("minus")
        assert asked[3:] == [(1, 750)]


async def test_phases_have_a_chart_where_they_are_known() -> None:
    async with desk(all_fine(), size=(120, 40)) as console:
        await open_service(console)
        chart = console.app.screen.query_one("#phases-chart", Chart)
        assert "first byte" in chart.plain_lines[0]
        assert chart.region.y == console.app.screen.query_one("#chart", Chart).region.y, "beside the response time"
        await console.press("plus")
        assert not chart.display, "of long ranges they are not stored"


async def test_a_moment_of_the_past_is_asked_for_everywhere() -> None:
    async with desk(incident()) as console:
        await open_service(console)
        console.operations.calls.clear()
        await console.press("left_square_bracket")
        at = NOW - timedelta(minutes=1)
        calls = console.operations.calls
        assert [call[3] for call in calls if call[0] == "service"] == [at]
        assert [call[2] for call in calls if call[0] == "alert"][-1] == at
        assert "acknowledges it" not in " ".join(lines_of(console, "#head")), "nothing can be done in the past"


async def test_it_loads_again_after_a_change_and_from_time_to_time_but_not_while_frozen() -> None:
    async with desk(all_fine()) as console:
        await open_service(console)

        def loads() -> int:
            return len([call for call in console.operations.calls if call[0] == "service"])

        before = loads()
        await console.show(all_fine())
        assert loads() == before, "a second later there is nothing new"
        console.clock.advance(10)
        await console.show(all_fine())
        assert loads() == before + 1
        await console.show(incident())
        assert loads() == before + 2, "the state changed"
        await console.press("p")
        console.clock.advance(30)
        await console.show(incident())
        assert loads() == before + 2


@pytest.mark.parametrize("size", SIZES)
async def test_hostile_text_stays_within_its_lines(size: tuple[int, int]) -> None:
    async with desk(hostile(), size=size) as console:
        console.operations.answers.update(HOSTILE_ANSWERS)
        await open_service(console)
        await console.press("G")
        for widget in console.app.screen.query(LineView):
            for line in widget.plain_lines:
                assert all(char.isprintable() for char in line)


@pytest.mark.parametrize("days", [0.5, 5, 20, -2])
async def test_a_certificate_that_ends_soon_stands_in_the_head(days: float) -> None:
    first, *others = all_fine().services
    ends = replace(first, tls_expires_at=NOW + timedelta(days=days))
    async with desk(replace(all_fine(), services=(ends, *others))) as console:
        await open_service(console)
        head = " ".join(lines_of(console, "#head"))
        assert ("certificate ended 2d ago" if days < 0 else "certificate ends in") in head


async def test_copy_as_text_and_as_json_and_the_runbook(monkeypatch: pytest.MonkeyPatch) -> None:
    first, *others = incident().services
    known = replace(first, runbook="https://wiki.example/api")
    async with desk(replace(incident(), services=(known, *others))) as console:
        copied: list[str] = []
        monkeypatch.setattr(console.app, "copy_to_clipboard", copied.append)
        await open_service(console)
        await console.press("y", "Y", "o")
        assert copied[0].startswith("backend-api DOWN")
        assert '"name": "backend-api"' in copied[1]
        assert copied[2] == "https://wiki.example/api"


async def test_a_service_that_is_gone_keeps_its_screen() -> None:
    async with desk(incident()) as console:
        await open_service(console)
        await console.show(replace(incident(), services=incident().services[1:]))
        assert "is not in the configuration" in " ".join(lines_of(console, "#head"))
        assert console.app.screen.selection().alert_id is None


def test_the_sample_has_the_states_that_the_tests_speak_of() -> None:
    assert incident().services[0].state is ServiceState.DOWN
    assert isinstance(FakeOperations(incident()).alert(7), AlertDetail)
