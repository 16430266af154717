"""The values of a check on the screen of its service."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from support.desk import desk
from support.fake_operations import FakeOperations
from support.pictures import all_fine

from amt_console.model import Value
from amt_console.operations.protocol import ServiceDetail, ValueHistory
from widgets.fact_lines import FactLines

pytestmark = pytest.mark.slow

HISTORY = ValueHistory("connections", (10.0, None, 90.0), 10.0, 90.0, None, Value(12.0, high=100.0))


async def test_values_are_a_block_of_their_own_where_there_are_any(monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(all_fine()) as console:
        await console.press("enter")
        assert not console.app.screen.query_one("#values", FactLines).display
    plain = FakeOperations.service

    def measured(operations: FakeOperations, *args: Any, **more: Any) -> ServiceDetail:
        return replace(plain(operations, *args, **more), values=(HISTORY,))

    monkeypatch.setattr(FakeOperations, "service", measured)
    async with desk(all_fine()) as console:
        await console.press("enter")
        block = console.app.screen.query_one("#values", FactLines)
        assert block.display
        assert block.plain_lines[0].split()[0] == "VALUES"
        assert block.plain_lines[1].split()[:4] == ["connections", "12", "of", "100"]
