"""The card beside a list: it stays mounted for other rows, and draws only what was asked last."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from support.answers import INCIDENT
from support.desk import Desk, desk
from support.pictures import all_fine, incident

from amt_console.console.cards.alert_card import AlertCard
from amt_console.console.cards.base import Card
from amt_console.console.cards.preview import Preview
from amt_console.console.cards.service_card import ServiceCard
from amt_console.console.screens.overview import prepare_cards
from amt_console.model import Snapshot
from amt_console.operations.protocol import OperationError
from widgets.chart import Chart
from widgets.fact_lines import FactLines

pytestmark = pytest.mark.slow
WIDE = (120, 40)


class Settled:
    """A timer that has run."""

    def stop(self) -> None:
        """Nothing."""


@pytest.fixture(autouse=True)
def _settled_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def at_once(preview: Preview, delay: float, callback: Callable[[], None]) -> Settled:
        preview.call_later(callback)
        return Settled()

    monkeypatch.setattr(Preview, "set_timer", at_once)


def shown(console: Desk) -> Card:
    """The only card that is seen beside the list."""
    (card,) = (each for each in console.app.screen.query(Card) if each.display)
    return card


def facts(console: Desk, name: str) -> tuple[str, ...]:
    return console.app.screen.query_one(name, FactLines).texts


def head(console: Desk) -> str:
    """The first line of the card that is drawn."""
    card = shown(console)
    return card.sheet.plain_lines[0] if isinstance(card, AlertCard) else " ".join(facts(console, "#head"))


def text_of(card: AlertCard) -> str:
    return "\n".join(card.sheet.plain_lines)


async def test_one_card_follows_the_selection_through_the_services() -> None:
    async with desk(incident(), size=WIDE) as console:
        await console.press("2")
        card = shown(console)
        assert isinstance(card, ServiceCard)
        assert card.service == "backend-api"
        assert card.region.width > 50, "it is seen"
        assert card.query_one("#chart", Chart).display
        assert "connection refused" in head(console)
        await console.press("j", "j", "j")
        assert shown(console) is card
        assert card.service == "mobile-app"
        assert "mobile-app" in head(console)
        assert facts(console, "#alerts-of") == ("none",), "a preview opens nothing by itself"
        assert not card.query_one("#evidence").display, "nothing of the service before it stays"
        await console.press("k", "k")
        assert "backend-api" in head(console)
        assert shown(console) is card


async def test_one_card_follows_the_selection_through_the_alerts() -> None:
    async with desk(incident(), size=WIDE, answers=INCIDENT) as console:
        await console.press("3")
        card = shown(console)
        assert isinstance(card, AlertCard)
        await console.press("g")
        seen = set()
        for _ in range(3):
            alert = card.alert
            assert alert is not None
            assert alert.id == card.alert_id
            assert alert.subject in head(console)
            assert "LAST HOUR" in text_of(card) or "INCIDENT" in text_of(card)
            seen.add(alert.id)
            await console.press("j")
            assert shown(console) is card
        assert len(seen) == 3


async def test_a_card_of_another_kind_takes_the_place() -> None:
    async with desk(incident(), size=WIDE, answers=INCIDENT) as console:
        await console.press("j")
        alert = shown(console)
        assert isinstance(alert, AlertCard)
        await console.press("tab", "j")
        service = shown(console)
        assert isinstance(service, ServiceCard)
        assert service.service in head(console)
        await console.press("left")
        assert shown(console) is alert, "it stays for the next time"
        assert alert.alert is not None
        assert alert.alert.subject in head(console)
        await console.press("right")
        assert shown(console) is service


@pytest.mark.parametrize("picture", [incident, all_fine])
async def test_a_card_that_was_prepared_in_spare_time_is_hidden_until_it_is_needed(
    picture: Callable[[], Snapshot],
) -> None:
    async with desk(picture(), size=WIDE, answers=INCIDENT) as console:
        screen = console.app.screen
        first, asked = shown(console), len(console.operations.calls)
        for _ in range(2):
            prepare_cards(screen)
            await console.pilot.pause()
        assert shown(console) is first
        assert len(console.operations.calls) == asked, "nothing is read for a hidden card"
        assert sorted(type(each).__name__ for each in screen.query(Card)) == ["AlertCard", "ServiceCard"]
        console.app.relook()
        services = screen.query_one(ServiceCard)
        await console.press("escape", "tab", "j", "j")
        if isinstance(shown(console), AlertCard):
            await console.press("tab", "j")
        assert shown(console) is services
        assert services.service in head(console)
        assert services.query_one("#chart", Chart).display
        assert services.region.width > 50


async def test_no_card_is_prepared_where_none_is_shown() -> None:
    async with desk(incident(), size=(80, 24)) as console:
        prepare_cards(console.app.screen)
        await console.pilot.pause()
        assert not console.app.screen.query(Card)


class Late:
    """The first answer after ``hold`` waits."""

    def __init__(self, call: Callable[..., Any]) -> None:
        self._call = call
        self.asked: list[object] = []
        self.release = threading.Event()
        self.release.set()

    def hold(self) -> None:
        self.asked.clear()
        self.release.clear()

    def __call__(self, key: object, *arguments: Any, at: datetime | None = None, **more: Any) -> Any:
        self.asked.append(key)
        assert self.release.wait(60)
        return self._call(key, *arguments, at=at, **more)


async def until_asked(console: Desk, late: Late) -> None:
    while not late.asked:
        await console.pilot.pause()


async def test_no_answer_for_an_earlier_service_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(incident(), size=WIDE) as console:
        late = Late(console.operations.service)
        console.operations.service = late  # type: ignore[method-assign]
        await console.press("2", "g")
        before = head(console)
        assert "backend-api" in before
        drawn: list[str] = []
        draw = FactLines.show

        def noted(lines: FactLines, given: Any, *, note: str = "") -> None:
            draw(lines, given, note=note)
            if lines.id == "head" and isinstance(lines.parent, ServiceCard):
                drawn.append(lines.texts[0].split()[2])

        monkeypatch.setattr(FactLines, "show", noted)
        late.hold()
        await console.pilot.press("j")
        await until_asked(console, late)
        await console.pilot.press("j", "j", "j")
        await console.pilot.pause()
        console.app.wake()
        await console.pilot.pause()
        assert head(console) == before, "what was drawn stays until the new one is there"
        passed = late.asked[0]
        late.release.set()
        await console.settle()
        card = shown(console)
        assert isinstance(card, ServiceCard)
        assert card.service != passed
        assert set(drawn) == {card.service}
        assert len(set(late.asked)) == 2, "rows that were passed over are not loaded"


async def test_no_answer_for_an_earlier_alert_is_drawn() -> None:
    async with desk(incident(), size=WIDE, answers=INCIDENT) as console:
        late = Late(console.operations.alert)
        console.operations.alert = late  # type: ignore[method-assign]
        await console.press("3", "g")
        before, card = head(console), shown(console)
        assert isinstance(card, AlertCard)
        first = card.alert_id
        late.hold()
        await console.pilot.press("j")
        await until_asked(console, late)
        await console.pilot.press("j")
        await console.pilot.pause()
        assert head(console) == before
        assert card.alert is None, "an export takes nothing of another alert"
        late.release.set()
        await console.settle()
        assert card.alert is not None
        assert card.alert.id == card.alert_id
        assert card.alert_id not in (first, late.asked[0])
        assert card.alert.subject in head(console)


@pytest.mark.parametrize(
    ("place", "read", "other"),
    [("2", "service", lambda card: ServiceCard(card.service)), ("3", "alert", lambda card: AlertCard(card.alert_id))],
)
async def test_a_card_that_was_left_while_it_loads_is_drawn_when_it_is_selected_again(
    place: str, read: str, other: Callable[[Any], Card]
) -> None:
    async with desk(incident(), size=WIDE, answers=INCIDENT) as console:
        late = Late(getattr(console.operations, read))
        setattr(console.operations, read, late)
        await console.press(place, "g")
        before = head(console)
        late.hold()
        await console.pilot.press("j")
        await until_asked(console, late)
        card = shown(console)
        card.leave()
        late.release.set()
        await console.settle()
        await console.show(console.operations.picture)
        assert head(console) == before
        assert len(late.asked) == 1, "nobody waits for it"
        assert card.show_other(other(card))
        await console.settle()
        assert head(console) != before


async def test_a_service_that_cannot_be_read_says_so_and_keeps_nothing_of_the_one_before() -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise OperationError("the store is gone")

    async with desk(incident(), size=WIDE) as console:
        await console.press("2", "g")
        assert facts(console, "#facts")
        console.operations.service = broken  # type: ignore[method-assign]
        await console.press("j", "j")
        card = shown(console)
        assert isinstance(card, ServiceCard)
        assert card.service in head(console)
        assert "the store is gone" in " ".join(facts(console, "#states"))
        for name in ("#facts", "#probes", "#phases"):
            assert facts(console, name) == ()
        assert not card.query_one("#chart").display


async def test_without_a_selection_it_shows_the_alert_that_the_line_above_the_keys_names() -> None:
    async with desk(all_fine(), size=WIDE, answers=INCIDENT) as console:
        assert isinstance(shown(console), ServiceCard)
        await console.show(incident())
        assert console.screen.services.has_focus
        card = shown(console)
        assert isinstance(card, AlertCard)
        assert card.alert_id == incident().alerts[0].id
        await console.press("j")
        assert isinstance(shown(console), ServiceCard)


async def test_a_card_that_comes_due_while_the_console_ends_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    due: list[Callable[[], None]] = []
    monkeypatch.setattr(Preview, "set_timer", lambda preview, delay, callback: due.append(callback) or Settled())
    async with desk(incident(), answers=INCIDENT, size=WIDE) as console:
        asked: list[str] = []
        console.screen.query_one(Preview).show("another", lambda: asked.append("card"))
        with monkeypatch.context() as patch:
            patch.setattr(console.app, "_running", False)
            due[-1]()
            assert not asked
        due[-1]()
        assert asked == ["card"]
