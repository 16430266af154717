"""The key ``w``: why an alert paged somebody, or nobody."""

from __future__ import annotations

import pytest
from support.desk import desk
from support.pictures import all_fine, incident

from amt_console.console.screens.why import WhyScreen
from amt_console.model.why import AlertWhy
from amt_console.operations.protocol import OperationError
from widgets.fact_lines import FactLines

pytestmark = pytest.mark.slow


def shown(screen: WhyScreen, section: str) -> list[str]:
    return [text.rstrip() for text in screen.query_one(f"#{section}", FactLines).plain_lines]


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_w_shows_what_was_seen_decided_and_sent(size: tuple[int, int]) -> None:
    async with desk(incident(), size=size) as console:
        await console.press("w")
        screen = console.app.screen
        assert isinstance(screen, WhyScreen)
        assert "WHY" in shown(screen, "why-head")[0]
        decided = " ".join(line.strip() for line in shown(screen, "decided"))
        assert "held: monitoring-db, which it needs, is being re-checked" in decided
        assert "escalated: level 2" in decided
        sent = " ".join(line.strip() for line in shown(screen, "sent"))
        assert "ops-slack: delivered" in sent
        assert "Ada by pager: queued" in sent
        assert "serverError: got 503" in sent
        await console.press("escape")
        assert not isinstance(console.app.screen, WhyScreen)


async def test_w_without_an_alert_says_what_to_do() -> None:
    async with desk(all_fine()) as console:
        await console.press("w")
        assert console.messages == ["There is no alert to explain."]


async def test_w_tells_begin_and_runbook_and_in_the_past_nothing_later() -> None:
    async with desk(incident(), size=(120, 40)) as console:
        await console.press("w")
        screen = console.app.screen
        assert isinstance(screen, WhyScreen)
        head = " ".join(shown(screen, "why-head"))
        assert "began 11:57, 3 min ago" in head
        assert "runbook: https://wiki.example/runbooks/backend" in head
        await console.press("escape", "left_square_bracket", "w")
        screen = console.app.screen
        assert isinstance(screen, WhyScreen)
        assert "escalated" not in " ".join(shown(screen, "decided"))


async def test_what_cannot_be_read_says_so_in_its_place() -> None:
    async with desk(incident(), size=(120, 40)) as console:
        console.operations.why = _lost  # type: ignore[method-assign]
        await console.press("w")
        screen = console.app.screen
        assert isinstance(screen, WhyScreen)
        assert "cannot be read: the disk is gone" in " ".join(shown(screen, "why-head"))


def _lost(alert_id: int) -> AlertWhy:
    raise OperationError("the disk is gone")
