"""A moment is read before it is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Event
from typing import Any

import pytest
from support.desk import Desk, desk
from support.fake_operations import FakeOperations
from support.pictures import NOW, all_fine, empty, incident

from amt_console.clock import FakeClock
from amt_console.console.actions import Selection
from amt_console.console.past.look_ahead import LookAhead
from amt_console.console.past.time_travel import AHEAD_SECONDS, MINUTE, TimeTravel
from amt_console.console.view_state import ViewState
from amt_console.model import Snapshot
from amt_console.model.queries import ChangeQuery, MovedQuery, StatesQuery
from amt_console.model.queries.change import Change
from amt_console.operations.protocol import OperationError
from widgets.look import PLAIN_LOOK

THEN = NOW - timedelta(days=3)


class Recording(FakeOperations):
    """Operations that note which moments were read."""

    def __init__(self, picture: Snapshot, **more: Any) -> None:
        super().__init__(picture, **more)
        self.moments: list[datetime | None] = []

    def snapshot(self, at: datetime | None = None) -> Snapshot:
        self.moments.append(at)
        return super().snapshot(at)

    def moved(self) -> list[tuple[int, datetime | None]]:
        """The alerts and moments of which it was asked what moved together."""
        asked = [call[1] for call in self.calls if call[0] == "ask" and isinstance(call[1], MovedQuery)]
        return [(query.alert_id, query.at) for query in asked]


class Timer:
    """One that runs when a test says so."""

    def __init__(self, seconds: float, callback: Callable[[], None]) -> None:
        self.seconds, self.callback, self.stopped = seconds, callback, False

    def stop(self) -> None:
        self.stopped = True


class Asked:
    """A prompt that a test answers."""

    is_open = True

    def __init__(self) -> None:
        self.hints: list[str] = []
        self.type: Callable[[str], None] = lambda _: None
        self.cancel: Callable[[], None] = lambda: None

    def ask(self, question: str, on_answer: Callable[[str], None], **more: Any) -> None:
        self.answer = on_answer
        self.type, self.cancel = more["on_change"], more["on_cancel"]

    def hint(self, words: str) -> None:
        self.hints.append(words)


class Host:
    """Runs timers and threads when it is told to."""

    zone = None
    look = PLAIN_LOOK
    is_running = True

    def __init__(self, operations: Recording, *, at: datetime | None = None) -> None:
        self.operations = operations
        self.view = ViewState(at=at)
        self.threads: list[Callable[[], None]] = []
        self.timers: list[Timer] = []
        self.selected = Selection()
        self.told: list[str] = []
        self.asked = Asked()

    def prompt(self) -> Asked:
        return self.asked

    def selection(self) -> Selection:
        return self.selected

    def tell(self, message: str, tone: str = "information") -> None:
        self.told.append(message)

    def on_thread(self, work: Callable[[], None], group: str) -> None:
        self.threads.append(work)

    def on_loop(self, call: Callable[[], None]) -> None:
        call()

    def job(self, work: Callable[[], Any], done: Callable[[Any], None], failed: object = None) -> None:
        done(work())

    def set_timer(self, delay: float, callback: Callable[[], None], /) -> Any:
        timer = Timer(delay, callback)
        self.timers.append(timer)
        return timer

    def show_moment(self, at: datetime | None) -> None:
        self.view.at = at

    def run(self) -> list[datetime | None]:
        """Run the threads, also those that follow; which moments were read."""
        self.operations.moments.clear()
        while self.threads:
            self.threads.pop(0)()
        return self.operations.moments

    def wait(self, seconds: float) -> None:
        """Run the timers of up to so many seconds that nobody stopped."""
        timers, self.timers = self.timers, []
        for timer in timers:
            if timer.seconds <= seconds and not timer.stopped:
                timer.callback()


def host(at: datetime | None = None, picture: Snapshot | None = None, **more: Any) -> tuple[Any, TimeTravel]:
    made = Host(Recording(picture or incident(), **more), at=at)
    return made, TimeTravel(made, FakeClock(NOW))  # type: ignore[arg-type]


def test_one_reading_at_a_time_and_of_several_the_newest() -> None:
    made, _ = host()
    ahead, found = LookAhead(made), list[datetime | None]()
    for hours in range(4):
        at = THEN + timedelta(hours=hours)
        ahead.read(lambda _, at=at: at, lambda snapshot: found.append(snapshot.at))  # type: ignore[misc]
    assert len(made.threads) == 1
    assert made.run() == [THEN, THEN + timedelta(hours=3)]
    assert found == [THEN, THEN + timedelta(hours=3)]


def test_nothing_that_waits_is_read_once_it_is_forgotten() -> None:
    made, _ = host()
    ahead = LookAhead(made)
    ahead.read(lambda _: THEN)
    ahead.read(lambda _: NOW)
    ahead.forget()
    assert made.run() == [THEN]
    ahead.read(lambda _: NOW)
    assert made.run() == [NOW]


def test_a_failure_says_nothing_and_the_next_one_is_read() -> None:
    made, _ = host()
    ahead, found = LookAhead(made), list[Snapshot]()
    made.operations.failure = OperationError("the monitor went away")
    ahead.read(lambda _: THEN, found.append)
    made.run()
    made.operations.failure = None
    assert not found
    ahead.read(lambda _: THEN, found.append)
    assert made.run() == [THEN]
    assert [each.at for each in found] == [THEN]


def test_what_moved_is_read_of_the_selected_alert_or_else_of_the_first() -> None:
    picture = incident()
    first, other = picture.alerts[0].id, picture.alerts[1].id
    made, _ = host(picture=picture)
    ahead = LookAhead(made)
    for selected, read in ((other, other), (None, first), (9_999, first)):
        made.operations.calls.clear()
        made.selected = Selection(alert_id=selected)
        ahead.read(lambda _: THEN)
        made.run()
        assert made.operations.moved() == [(read, THEN)]


def test_without_an_alert_nothing_has_moved() -> None:
    made, _ = host(picture=all_fine())
    LookAhead(made).read(lambda _: THEN)
    assert made.run() == [THEN]
    assert [call[1] for call in made.operations.calls if call[0] == "ask"] == [StatesQuery(at=THEN)]


@pytest.mark.parametrize("way", [-1, 1])
def test_after_a_step_the_next_one_is_read(way: int) -> None:
    made, time = host(at=THEN)
    time.step(way)
    made.wait(AHEAD_SECONDS)
    assert made.view.at == THEN + way * MINUTE
    assert made.run() == [THEN + 2 * way * MINUTE]


def test_a_held_key_reads_nothing_ahead() -> None:
    made, time = host(at=THEN)
    for _ in range(30):
        time.step(-1)
    made.wait(AHEAD_SECONDS / 2)
    assert made.run() == []
    assert sum(not timer.stopped for timer in made.timers) == 0, "they are gone"


def test_only_the_last_of_several_steps_is_followed() -> None:
    made, time = host(at=THEN)
    for _ in range(3):
        time.step(-1)
    made.wait(AHEAD_SECONDS)
    assert made.run() == [THEN - 4 * MINUTE]


def test_nothing_is_read_after_another_key_or_after_the_way_back_to_now() -> None:
    made, time = host(at=THEN)
    time.step(-1)
    time.live()
    made.wait(AHEAD_SECONDS)
    assert made.run() == []


def test_while_a_time_is_typed_the_replay_reads_nothing_ahead() -> None:
    made, time = host(at=THEN)
    time.play()
    time.ask()
    made.asked.type("-3d")
    made.wait(1.0)
    made.wait(AHEAD_SECONDS)
    assert made.run() == [NOW - timedelta(days=3)]
    made.asked.cancel()
    time.step(1)
    made.wait(AHEAD_SECONDS)
    assert made.run() == [THEN + timedelta(seconds=1) + 2 * MINUTE]


def test_a_console_that_ends_reads_and_plays_nothing_more() -> None:
    made, time = host(at=THEN)
    time.step(-1)
    made.is_running = False
    made.wait(AHEAD_SECONDS)
    assert made.threads == []
    made.is_running = True
    time.play()
    made.is_running = False
    made.wait(1.0)
    assert made.view.at == THEN - MINUTE


def test_while_playing_the_next_moment_is_read() -> None:
    made, time = host(at=THEN)
    time.play()
    time.play()
    made.wait(1.0)
    assert made.view.at == THEN + timedelta(seconds=2)
    made.wait(AHEAD_SECONDS)
    assert made.run() == [THEN + timedelta(seconds=4)]


@pytest.mark.parametrize("later", [False, True])
def test_after_a_change_the_next_change_is_read(later: bool) -> None:
    way = timedelta(hours=1 if later else -1)

    def change(query: ChangeQuery) -> Change:
        assert query.at is not None
        return Change(query.at + way, "web is down")

    made, time = host(at=THEN, answers={ChangeQuery: change})
    time.change(later=later)
    assert made.view.at == THEN + way
    made.wait(AHEAD_SECONDS)
    assert made.run() == [THEN + 2 * way]


def test_after_the_last_change_nothing_is_read() -> None:
    made, time = host(at=THEN, answers={ChangeQuery: lambda query: Change(None if query.at < THEN else THEN - MINUTE)})
    time.change(later=False)
    made.wait(AHEAD_SECONDS)
    assert made.run() == []


def test_what_was_typed_and_changed_again_is_not_read() -> None:
    made, time = host()
    time.ask()
    for text in ("-3d", "-3h", "-3"):
        made.asked.type(text)
    assert made.run() == [THEN], "only what was being read already"
    assert made.asked.hints[-1] == ""


def test_what_was_found_of_a_text_that_changed_is_not_told() -> None:
    made, time = host()
    time.ask()
    for text in ("-3d", "-3h"):
        made.asked.type(text)
    before = len(made.asked.hints)
    assert made.run() == [THEN, NOW - timedelta(hours=3)]
    assert len(made.asked.hints) == before + 1
    assert "unacknowledged" in made.asked.hints[-1]


class Ticking(FakeClock):
    """Time passes between two readings."""

    def now(self) -> datetime:
        self.advance(0.001)
        return super().now()


def test_now_is_not_a_moment_ago() -> None:
    made, _ = host(at=THEN)
    time = TimeTravel(made, Ticking(NOW))
    time.ask()
    made.asked.type("now")
    made.asked.answer("now")
    assert made.view.at is None


async def _typing(console: Desk, text: str) -> str:
    """What is told of a typed time."""
    await console.press("T", *text)
    return str(console.prompt.query_one("#hint").content)  # type: ignore[attr-defined]


@pytest.mark.slow
async def test_a_typed_time_says_what_it_is_and_holds_before_it_is_confirmed() -> None:
    async with desk(incident(), size=(120, 40)) as console:
        hint = await _typing(console, "-3d")
        local = console.app.local(THEN)
        assert f"{local:%Y-%m-%d %H:%M}" in hint
        assert "2 unacknowledged" in hint
        assert console.app.at is None, "nothing is shown before it is confirmed"
        console.clock.advance(20)
        await console.press("enter")
        assert console.app.at == THEN, "what was told is shown"


@pytest.mark.slow
async def test_what_has_no_room_is_cut_in_sight() -> None:
    async with desk(incident(), size=(60, 20)) as console:
        hint = await _typing(console, "-3d")
        assert "2 unacknowledged" in hint
        shown = console.prompt.query_one("#hint").render_line(0).text  # type: ignore[attr-defined]
        assert shown.rstrip().endswith("…"), shown
        assert hint.startswith(shown.rstrip()[:-1]), "cut within a word: there is no room for more"


@pytest.mark.slow
async def test_before_all_data_nothing_was_measured_and_nothing_is_waited_for() -> None:
    async with desk(empty(), size=(120, 40)) as console:
        hint = await _typing(console, "-3d")
        assert hint.endswith("nothing was measured")
        await console.press("enter")
        assert "nothing was measured" in console.text().splitlines()[0]
        assert "waiting" not in console.text()
    async with desk(replace(empty(), services=())) as console:
        assert (await _typing(console, "-3d")).endswith("nothing was measured")


@pytest.mark.slow
@pytest.mark.parametrize("text", ["now", "-0s"])
async def test_now_is_now_however_long_it_stands_in_the_prompt(text: str) -> None:
    async with desk(incident(), size=(120, 40), at=THEN) as console:
        assert await _typing(console, text) == f"{console.app.local(NOW):%H:%M}"
        console.clock.advance(20)
        await console.press("enter")
        assert console.app.at is None


@pytest.mark.slow
@pytest.mark.parametrize("text", ["-3", "1430", "+2h", "yesterday 9", "[red]x[/red]"])
async def test_what_is_no_time_yet_says_nothing(text: str) -> None:
    async with desk(incident(), size=(120, 40)) as console:
        assert await _typing(console, text) == ""
        await console.press("escape")
        assert console.messages == []


@pytest.mark.slow
async def test_a_changed_text_is_not_taken_for_what_was_told() -> None:
    async with desk(incident(), size=(120, 40)) as console:
        await _typing(console, "-3d")
        await console.press("backspace", "h", "enter")
        assert console.app.at == NOW - timedelta(hours=3)


@pytest.mark.slow
async def test_the_next_question_says_nothing_of_a_time() -> None:
    async with desk(incident(), size=(120, 40)) as console:
        await _typing(console, "-3d")
        await console.press("escape", "slash")
        assert str(console.prompt.query_one("#hint").content) == ""  # type: ignore[attr-defined]


@pytest.mark.slow
async def test_a_reading_that_ends_late_says_nothing_in_the_next_question() -> None:
    async with desk(incident(), size=(120, 40)) as console:
        read, goes_on = console.operations.snapshot, Event()

        def slowly(at: datetime | None = None) -> Snapshot:
            if at is not None:
                assert goes_on.wait(30)
            return read(at)

        console.operations.snapshot = slowly  # type: ignore[method-assign]
        await console.pilot.press("T", "-", "3", "d", "escape", "slash")
        assert console.prompt.is_open
        goes_on.set()
        await console.settle()
        assert str(console.prompt.query_one("#hint").content) == ""  # type: ignore[attr-defined]


@pytest.mark.slow
async def test_a_time_of_which_nothing_can_be_read_is_told_once_it_is_shown() -> None:
    async with desk(incident(), size=(120, 40)) as console:
        console.operations.failure = OperationError("the monitor went away")
        hint = await _typing(console, "-3d")
        assert "unacknowledged" not in hint
        assert f"{console.app.local(THEN):%H:%M}" in hint
        assert "the monitor went away" not in console.text()
        await console.press("enter")
        assert "the monitor went away" in console.text()
