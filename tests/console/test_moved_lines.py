"""What moved together: signals that moved alike share a line, and the strongest comes first."""

from __future__ import annotations

from datetime import timedelta

from support.pictures import NOW

from amt_console.console.cards.moved_lines import moved_lines
from amt_console.model.queries.moved import MovedSignal, MovedTogether
from amt_console.operations.history.moved_alike import moved_alike
from widgets.look import PLAIN_LOOK

BEGIN = NOW - timedelta(minutes=10)
NAMES = ("chat", "search", "shop", "cart", "login", "mail", "wiki", "docs")
SERVICES = frozenset((*NAMES, "slow"))


def moved(
    subject: str, value: float, usual: float, *, signal: str = "response_time", minutes: float = 0, strength: float = 9
) -> MovedSignal:
    onset = BEGIN + timedelta(minutes=minutes)
    return MovedSignal(subject, signal, strength, onset, value, usual, f"{subject} {signal}")


def words(*signals: MovedSignal, each_apart: bool = True, every_name: bool = False) -> list[str]:
    lines = moved_lines(
        MovedTogether(signals), SERVICES, BEGIN, PLAIN_LOOK, each_apart=each_apart, every_name=every_name
    )
    return ["".join(text for text, _ in line) for line in lines]


MANY = tuple(moved(name, 300 + 10 * at, 100) for at, name in enumerate(NAMES))


def test_services_that_moved_alike_share_a_line_at_the_place_of_the_strongest() -> None:
    revenue = moved("revenue", 60, 100, signal="mrr")
    slow = moved("slow", 1200, 100)
    _, *lines = words(slow, MANY[0], revenue, *MANY[1:])
    assert lines == [
        "11:50  slow response_time",
        "11:50  response time of 8 services 3-3.7 x: chat, search, shop, cart, login, mail and 2 more",
        "11:50  revenue mrr",
    ]
    *_, last = words(*MANY, every_name=True)
    assert last.endswith("login, mail, wiki, docs")


def test_on_one_line_the_names_are_in_brackets() -> None:
    (line,) = words(*MANY[:3], moved("revenue", 60, 100, signal="mrr", minutes=5), each_apart=False)
    assert line == ("moved together: response time of 3 services 3-3.2 x (chat, search, shop), revenue mrr from 11:55")


def test_percentages_and_small_rises_have_their_own_words() -> None:
    down = [moved(name, value, 0, signal="down_time") for name, value in zip(NAMES[:3], (90, 100, 96), strict=True)]
    assert words(*down)[1:] == ["11:50  time down of 3 services 90-100 %, usually 0 %: chat, search, shop"]
    rises = [moved(name, value, 100) for name, value in zip(NAMES[:3], (120, 150, 135), strict=True)]
    assert words(*rises)[1:] == ["11:50  response time of 3 services +20 to +50 %: chat, search, shop"]


def test_what_differs_stays_apart() -> None:
    alike = MANY[:3]
    for other in (
        moved("cart", 900, 100),
        moved("cart", 30, 100),
        moved("cart", 300, 0),
        moved("cart", 300, 100, minutes=15),
        moved("cart", 300, 100, signal="down_time"),
        moved("host", 300, 100),
    ):
        assert [len(group.members) for group in moved_alike((*alike, other), SERVICES)] == [3, 1]
    assert [len(group.members) for group in moved_alike(alike[:2], SERVICES)] == [1, 1], "two are told one by one"
