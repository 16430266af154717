"""An alert at a glance: what its card answers at each size, in the past, with hostile text, and its keys."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from support.answers import HOSTILE_ANSWERS, INCIDENT, with_hostile_text
from support.desk import Desk, desk
from support.pictures import HOSTILE, NOW, hostile, incident

from amt_console.console.cards.alert_card import AlertCard
from amt_console.console.screens.alert_detail import AlertDetailScreen
from amt_console.console.screens.why import WhyScreen
from amt_console.model import AlertDetail, AlertType, ErrorClass, KeptAnswer, Phases
from amt_console.model.evidence import Evidence, ProcessUse
from amt_console.model.queries import MovedQuery, StatesQuery
from amt_console.operations.protocol import NotFoundError
from widgets.cells import width_of

pytestmark = pytest.mark.slow
SIZES = ((60, 16), (60, 20), (80, 24), (120, 40), (200, 60))
HEADINGS = ("WHY", "BODY", "PHASE", "LAST HOUR", "ALSO", "STORY", "RUNBOOK")


def told(detail: AlertDetail) -> AlertDetail:
    """The alert with everything that a card can show of one."""
    first, begin = detail.events[-1], detail.episode.opened_at

    def event(kind: str, seconds: int, **more: Any) -> Any:
        return replace(first, kind=kind, at=begin + timedelta(seconds=seconds), seq=seconds, **more)

    events = (
        *detail.events,
        event("error_changed", 40, detail={"old_error": "connection refused", "new_error": "got 503"}),
        event("acknowledged", 70, actor="ann", note="on it"),
        event("stale", 80),
        event("fresh", 85),
        event("note", 120, actor="ann", note="the worker is out of memory"),
    )
    evidence = Evidence(
        begin,
        dns=("127.0.0.1",),
        address="127.0.0.1:5000",
        status=503,
        phases=Phases(1.2, 8.0, None, 84.0, 3.0),
        processes=(ProcessUse(812, "python", 97.0, 41.0),),
        cpu_percent=96.0,
    )
    message = "backend-api is down: got 503, expected 2xx (3 of 3)"
    kept = KeptAnswer(begin, '{"detail": "pool exhausted"}\nTraceback\n  File "app.py"\nValueError')
    view = replace(detail.alert, answer=kept, acknowledged_by="ann", acknowledged_at=begin, note="on it")
    return replace(
        detail,
        alert=replace(view, message=message),
        episode=replace(detail.episode, message=message, error_class=ErrorClass.HTTP_STATUS),
        events=events,
        evidence=evidence,
    )


def answer_with(console: Desk, change: Any) -> None:
    real = console.operations.alert
    console.operations.answers.update(INCIDENT)
    console.operations.alert = lambda alert_id, at=None: change(real(alert_id, at=at))  # type: ignore[method-assign, misc]


def card_of(console: Desk) -> AlertCard:
    return console.app.screen.query_one(AlertCard)


def lines(console: Desk) -> tuple[str, ...]:
    return card_of(console).sheet.plain_lines


async def test_at_every_size_all_questions_are_answered_without_scrolling() -> None:
    for size in SIZES:
        async with desk(incident(), size=size) as console:
            answer_with(console, told)
            await console.press("enter")
            text = "\n".join(lines(console))
            assert [heading for heading in HEADINGS if heading not in text] == []
            if size[0] < 110:
                places = [text.index(heading) for heading in HEADINGS]
                assert places == sorted(places), "in the order of the questions"
            assert "got 503, expected 2xx (3 of 3 probes)" in text
            assert "pool exhausted" in text
            assert "an answer came with status 503" in text
            assert "DOWN for 3m · well until 11:57" in text
            assert "restarted the w" in text, "the outage before"
            assert "moved together" in text
            assert "note by ann" in text
            assert "https://wiki.example/runbooks/backend" in text
            assert "caused" not in text
            screen = console.app.screen
            assert isinstance(screen, AlertDetailScreen)
            assert screen.scroller().max_scroll_y == 0
            assert all(width_of(line) <= size[0] for line in lines(console))


async def test_what_is_cut_is_shown_by_scrolling_and_the_zoom_key_folds_it_again() -> None:
    async with desk(incident(), size=(60, 16)) as console:
        answer_with(console, told)
        await console.press("enter")
        assert "more" in "\n".join(lines(console))
        assert "ValueError" not in "\n".join(lines(console))
        await console.press("j")
        assert "ValueError" in "\n".join(lines(console))
        assert "more" not in "\n".join(lines(console))
        await console.press("G", "z")
        assert len(lines(console)) == 14
        await console.press("z", "G", "pageup", "g")
        assert "ValueError" in "\n".join(lines(console))


@pytest.mark.parametrize(("number", "words"), [(1, "1 event"), (2, "2 events")])
async def test_the_number_of_events_is_told_in_plain_words(number: int, words: str) -> None:
    async with desk(incident(), size=(60, 16)) as console:
        answer_with(console, lambda detail: replace(detail, events=detail.events[:1] * number))
        await console.press("enter")
        story = next(line for line in lines(console) if "STORY" in line)
        assert story.rstrip().endswith(words)


async def test_charts_come_from_34_lines_on() -> None:
    for height, has_chart in ((33, False), (34, True)):
        async with desk(incident(), size=(80, height)) as console:
            answer_with(console, told)
            await console.press("enter")
            assert ("mean, backend-api" in "\n".join(lines(console))) is has_chart


async def test_hostile_text_stays_within_its_lines() -> None:
    def broken(detail: AlertDetail) -> AlertDetail:
        full = told(detail)
        return replace(
            full,
            alert=with_hostile_text(full.alert),
            evidence=with_hostile_text(full.evidence),
            events=tuple(replace(each, message=HOSTILE, note=HOSTILE, actor=HOSTILE) for each in full.events),
            episode=replace(full.episode, message=HOSTILE, rule_id=HOSTILE, runbook=HOSTILE),
        )

    for size in SIZES:
        async with desk(hostile(), size=size) as console:
            answer_with(console, broken)
            console.operations.answers.update(HOSTILE_ANSWERS)
            await console.press("enter")
            for key in ("z", "tab"):
                every = lines(console)
                assert every
                assert all(line.isprintable() for line in every)
                assert all(width_of(line) == size[0] or width_of(line) == size[0] - 1 for line in every)
                assert not any("\u202e" in line or "\u200b" in line for line in every)
                await console.press(key)


async def test_a_part_that_fails_says_so_in_its_place_and_the_others_go_on() -> None:
    def fails(query: object) -> object:
        raise OSError("the disk is gone")

    async with desk(incident()) as console:
        answer_with(console, told)
        console.operations.answers[MovedQuery] = fails
        console.operations.answers[StatesQuery] = fails
        await console.press("enter")
        text = "\n".join(lines(console))
        assert "what moved together cannot be told: the disk is gone" in text
        assert "cannot be read: the disk is gone" in text
        assert "note by ann" in text


async def test_the_keys_of_an_alert() -> None:
    async with desk(incident(), size=(120, 40)) as console:
        answer_with(console, told)
        copied: list[str] = []
        console.app.copy_to_clipboard = copied.append  # type: ignore[method-assign]
        await console.press("enter", "o", "y", "Y")
        assert copied[0] == "https://wiki.example/runbooks/backend"
        assert copied[1].startswith("CRITICAL backend-api: ")
        assert json.loads(copied[2])["subject"] == "backend-api"
        await console.press("w")
        assert isinstance(console.app.screen, WhyScreen)
        await console.press("escape", "plus")
        assert "LAST 24 H" in console.text()
        for _ in range(3):
            await console.press("plus")
        assert "no longer time" in console.messages[-1]
        for _ in range(4):
            await console.press("minus")
        assert "LAST 15 MIN" in console.text()
        hours = [call[2] for call in console.operations.calls if call[0] == "service"]
        assert [each for at, each in enumerate(hours) if at == 0 or each != hours[at - 1]] == [
            1,
            24,
            168,
            720,
            168,
            24,
            1,
            0.25,
        ]


async def test_before_it_began_there_is_its_service_and_no_alert() -> None:
    async with desk(incident()) as console:
        answer_with(console, told)
        real = console.operations.alert

        def alert_at(alert_id: int, *, at: datetime | None = None) -> AlertDetail:
            if at is not None and at < NOW - timedelta(minutes=3):
                raise NotFoundError("alert 7 opened after that")
            return real(alert_id, at=at)

        console.operations.alert = alert_at  # type: ignore[method-assign]
        await console.press("enter", "t")
        assert console.app.at == NOW - timedelta(minutes=8)
        text = "\n".join(lines(console))
        assert "alert #7 had not begun" in text
        assert "began at" not in text, "nobody knew that then"
        assert "LAST HOUR" in text
        assert "RUNBOOK" not in text
        state, figures = text.index("SERVICE"), text.index("every 15 s")
        assert text.index("backend-api") < state < figures < text.index("PROBES")
        await console.press("t")
        assert console.app.at == NOW - timedelta(minutes=8), "the same moment again"
        await console.press("0")
        assert "note by ann" in "\n".join(lines(console))


async def test_the_course_before_it_began_stays_while_the_next_moment_is_read() -> None:
    async with desk(incident()) as console:
        answer_with(console, told)

        def not_yet(alert_id: int, *, at: datetime | None = None) -> AlertDetail:
            raise NotFoundError("alert 7 opened after that")

        await console.press("enter")
        console.operations.alert = not_yet  # type: ignore[method-assign]
        await console.press("t")
        card = console.app.screen.query_one(AlertCard)
        before = card.sheet.sections
        card._not_loaded(console.app.at, "alert 7 opened after that")
        assert [name for name, _ in card.sheet.sections] == [name for name, _ in before]


async def test_before_an_alert_of_the_host_began_there_is_the_course_of_its_figure() -> None:
    def of_the_host(detail: AlertDetail) -> AlertDetail:
        view = replace(detail.alert, alert_type=AlertType.CPU_USAGE, subject="host", threshold=80.0)
        episode = replace(detail.episode, alert_type=AlertType.CPU_USAGE, subject="host", threshold=80.0)
        return replace(detail, alert=view, episode=episode)

    async with desk(incident(), size=(120, 40)) as console:
        answer_with(console, of_the_host)
        real = console.operations.alert

        def alert_at(alert_id: int, *, at: datetime | None = None) -> AlertDetail:
            if at is not None:
                raise NotFoundError("alert 7 opened after that")
            return real(alert_id, at=at)

        console.operations.alert = alert_at  # type: ignore[method-assign]
        await console.press("enter")
        assert "LAST HOUR" in "\n".join(lines(console))
        assert "limit 80" in "\n".join(lines(console))
        await console.press("t")
        text = "\n".join(lines(console))
        assert "alert #7 had not begun" in text
        assert "LAST HOUR" in text
        assert "highest" in text
        assert "limit" not in text
        assert "SERVICE" not in text


async def test_the_past_shows_nothing_later_than_its_moment() -> None:
    at = NOW - timedelta(minutes=1)
    async with desk(incident(), at=at) as console:
        late = KeptAnswer(NOW, "too late")
        answer_with(console, lambda detail: replace(detail, alert=replace(detail.alert, answer=late)))
        await console.press("enter")
        asked = [call[1].at for call in console.operations.calls if call[0] == "ask" and not hasattr(call[1], "since")]
        assert set(asked) == {at}
        text = "\n".join(lines(console))
        assert "too late" not in text
        assert "acknowledges it" not in text, "nothing can be done there"
        await console.press("a")
        assert "past cannot be changed" in console.messages[-1]


async def test_what_moved_together_is_looked_for_while_the_alert_is_read() -> None:
    looked_for = threading.Event()
    async with desk(incident()) as console:
        answer_with(console, lambda detail: detail if looked_for.wait(20) else None)

        def ask_moved(query: MovedQuery) -> object:
            looked_for.set()
            return INCIDENT[MovedQuery](query)

        console.operations.answers[MovedQuery] = ask_moved
        await console.press("enter")
        assert looked_for.is_set()
        text = "\n".join(lines(console))
        assert [heading for heading in HEADINGS if heading not in text] == []


async def test_it_follows_what_others_do() -> None:
    async with desk(incident()) as console:
        console.operations.answers.update(INCIDENT)
        await console.press("enter")
        assert "nobody has it · a acknowledges it" in "\n".join(lines(console))
        first, *others = incident().alerts
        taken = replace(first, acknowledged_by="ben", acknowledged_at=NOW, version=4)
        await console.show(replace(incident(), alerts=(taken, *others)))
        assert "ben has it" in "\n".join(lines(console))
        assert "acknowledged by ben" in "\n".join(lines(console))


@pytest.mark.parametrize(
    ("kind", "value", "shown", "limit"),
    [
        (AlertType.CPU_USAGE, 95.2, "95.2 %", "80.0 %"),
        (AlertType.RESPONSE_TIME, 3100.0, "3.10 s", "80 ms"),
        (AlertType.TLS_EXPIRY, 5.0, "5 days", "80 days"),
        (AlertType.SERVICE_DOWN, 3.0, "3", "80"),
    ],
)
async def test_the_facts_tell_value_and_threshold_with_their_unit(
    kind: AlertType, value: float, shown: str, limit: str
) -> None:
    async with desk(incident(), size=(120, 40)) as console:
        answer_with(
            console,
            lambda detail: replace(
                detail, episode=replace(detail.episode, alert_type=kind, value=value, threshold=80.0)
            ),
        )
        await console.press("j", "enter")
        told_lines = [line.split() for line in lines(console)]
        assert any(line[-1 - len(shown.split()) :] == ["Value", *shown.split()] for line in told_lines)
        assert any(line[-1 - len(limit.split()) :] == ["Threshold", *limit.split()] for line in told_lines)
