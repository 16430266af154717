"""Notifications of the desktop: which sequence a terminal gets, and what may stand in it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.attacks import PAYLOADS
from support.pictures import alert, incident

from amt_console.console.announcer import Announcer
from amt_console.console.terminal.desktop import MAX_CHARS, sequence_of

XTERM = {"TERM": "xterm-256color"}


def test_the_terminal_decides_which_one() -> None:
    one = [alert(1, "backend-api")]
    assert sequence_of(one, "auto", XTERM) == "\x1b]9;CRITICAL backend-api\x07"
    assert sequence_of(one, "auto", {**XTERM, "VTE_VERSION": "7600"}) == (
        "\x1b]777;notify;amt-console;CRITICAL backend-api\x07"
    )
    assert sequence_of(one, "osc777", XTERM).startswith("\x1b]777;")
    assert sequence_of([one[0], one[0], one[0]], "osc9", XTERM) == "\x1b]9;CRITICAL backend-api and 2 more\x07"


def test_tmux_and_screen_pass_it_on() -> None:
    one = [alert(1, "web")]
    assert sequence_of(one, "osc9", {**XTERM, "TMUX": "/tmp/x"}) == "\x1bPtmux;\x1b\x1b]9;CRITICAL web\x07\x1b\\"
    assert sequence_of(one, "osc9", {**XTERM, "STY": "1.pts"}) == "\x1bP\x1b]9;CRITICAL web\x07\x1b\\"


@pytest.mark.parametrize(
    ("kind", "env"), [("off", XTERM), ("osc9", {"TERM": "dumb"}), ("osc9", {}), ("auto", {"TERM": "linux"})]
)
def test_nothing_is_sent_where_it_is_off_or_unfit(kind: str, env: dict[str, str]) -> None:
    assert sequence_of([alert(1, "web")], kind, env) == ""
    assert sequence_of([], "osc9", XTERM) == ""


@pytest.mark.parametrize(
    "hostile", ["a\x07b\x1b]0;x\x07", "4;3;99", "\x9c;notify", "a\nb", "ü界" * 99, "\u202ex", "", *PAYLOADS.values()]
)
def test_a_hostile_subject_stays_short_plain_text(hostile: str) -> None:
    text = sequence_of([alert(1, hostile)], "osc9", XTERM)
    inner = text.removeprefix("\x1b]9;").removesuffix("\x07")
    assert inner.startswith("CRITICAL ")
    assert inner.isascii()
    assert inner.isprintable()
    assert ";" not in inner
    assert len(inner) <= MAX_CHARS


def test_what_comes_within_the_pause_is_told_at_its_end_if_it_still_fires() -> None:
    announcer = Announcer()
    start = incident()
    assert announcer.news(start, 0.0) == ()
    first = replace(start, alerts=(*start.alerts, alert(20, "x")))
    assert [each.id for each in announcer.news(first, 1.0)] == [20]
    more = replace(first, alerts=(*first.alerts, alert(21, "y"), alert(22, "z")))
    assert announcer.news(more, 2.0) == ()
    left = replace(more, alerts=tuple(each for each in more.alerts if each.id != 21))
    assert [each.id for each in announcer.news(left, 12.0)] == [22]
    assert announcer.news(left, 30.0) == ()
