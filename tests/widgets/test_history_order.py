"""The history of alerts: a follower stands below its cause, and only there it hangs from the line above."""

from __future__ import annotations

from dataclasses import replace

from support.answers import INCIDENT
from support.desk import desk
from support.pictures import NOW, alert, incident

from amt_console.model import AlertView
from widgets.tables.history_table import HistoryTable, below_causes


def _alert(number: int, follows: int | None = None) -> AlertView:
    return replace(alert(number, "api"), follows_from=follows)


def _ordered(*alerts: AlertView) -> tuple[list[int], set[int]]:
    rows, under = below_causes(alerts)
    return [each.id for each in rows], set(under)


def test_followers_stand_below_their_cause_newest_first() -> None:
    assert _ordered(_alert(5), _alert(4, 1), _alert(3, 1), _alert(2), _alert(1)) == ([5, 2, 1, 4, 3], {3, 4})


def test_a_follower_of_a_follower_stands_below_it() -> None:
    assert _ordered(_alert(3, 2), _alert(2, 1), _alert(1)) == ([1, 2, 3], {2, 3})


def test_a_follower_whose_cause_is_not_listed_stands_alone() -> None:
    assert _ordered(_alert(3, 1), _alert(2)) == ([3, 2], set())


def test_a_circle_is_left_as_it_came() -> None:
    assert _ordered(_alert(3, 2), _alert(2, 3), _alert(1)) == ([3, 2, 1], set())


async def test_the_line_hangs_from_its_cause_until_the_order_or_a_filter_parts_them() -> None:
    async with desk(incident(), answers=INCIDENT) as console:
        await console.press("3", "tab")
        table = console.app.screen.query_one(HistoryTable)
        rows = [alert(9, "api-plans", follows_from=7), alert(8, "web-app"), alert(7, "backend-api")]
        table.show(rows, NOW, span="7 d", more=False)
        subjects = [line.split("CRITICAL")[1].split("05 Jan")[0].strip() for line in table.plain_lines[1:4]]
        assert subjects == ["web-app", "backend-api", "└ api-plans"]
        table.set_filter("plans")
        assert "└" not in "".join(table.plain_lines)
        table.set_filter("")
        table.next_sort()
        assert "└" not in "".join(table.plain_lines)
