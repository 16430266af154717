"""The console's pure parts: layout, view state, announcer, keys, ASCII."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.pictures import NOW, alert, all_fine, incident

from amt_console.console.announcer import Announcer, terminal_title
from amt_console.console.bindings import ALL_KEYS, FOOTER_ORDER, SCREENS_HINT, key_names
from amt_console.console.layout import COMPACT_LINES, HOST_ONLY_BELOW, HOUR_LINES, plan_overview, too_small
from amt_console.console.screens.alert_detail import AlertDetailScreen
from amt_console.console.session import SessionFacts
from amt_console.console.terminal.output import plain
from amt_console.console.themes.own import CYCLE, first_theme, next_theme
from amt_console.console.view_state import ViewState
from amt_console.model import AlertState, Severity

DOCS = Path(__file__).resolve().parents[2] / "docs" / "console.md"


@given(st.integers(60, 300), st.integers(14, 120), st.integers(0, 60), st.integers(0, 200))
def test_the_panes_always_fit_and_none_is_lost(width: int, height: int, alerts: int, services: int) -> None:
    plan = plan_overview(width, height, alerts=alerts, services=services)
    assert plan.alerts + plan.services + plan.bottom + 2 * plan.gap + HOUR_LINES <= height
    assert plan.services >= 2
    assert plan.bottom >= (1 if height - HOUR_LINES < HOST_ONLY_BELOW else COMPACT_LINES)
    assert plan.alerts >= (2 if alerts else 1)


def test_at_80x24_all_default_services_and_three_alerts_fit() -> None:
    plan = plan_overview(80, 22, alerts=3, services=8)
    assert (plan.alerts, plan.services) >= (4, 9)
    assert plan.panels == "-lines"


def test_too_small_is_below_60x16() -> None:
    assert not too_small(60, 16)
    assert too_small(59, 16)
    assert too_small(60, 15)


def test_a_frozen_view_keeps_its_snapshot_and_counts_new_alerts() -> None:
    picture = ViewState()
    assert not picture.toggle_pause(NOW), "there is nothing to freeze yet"
    picture.read(all_fine(), SessionFacts())
    assert picture.toggle_pause(NOW)
    picture.read(incident(), SessionFacts())
    assert picture.shown == all_fine()
    assert picture.new_alerts() == 3
    assert picture.live_alert(7) is not None, "actions see what is true now"
    assert not picture.toggle_pause(NOW)
    assert picture.shown == incident()
    assert picture.new_alerts() == 0


def test_the_worst_that_nobody_has_comes_before_pending_ones() -> None:
    picture = ViewState()
    pending = alert(1, "a", state=AlertState.PENDING)
    warning = alert(2, "b", severity=Severity.WARNING)
    taken = alert(3, "c", acknowledged_by="ann")
    picture.read(replace(incident(), alerts=(taken, pending, warning)), SessionFacts())
    worst = picture.worst_unacknowledged()
    assert worst is not None
    assert worst.id == 2
    picture.read(replace(incident(), alerts=(taken,)), SessionFacts())
    assert picture.worst_unacknowledged() is None


def test_the_bell_rings_once_for_each_new_critical_alert() -> None:
    announcer = Announcer()
    assert not announcer.rings(incident(), 0.0), "what fired before the start does not ring"
    more = replace(incident(), alerts=(*incident().alerts, alert(20, "x")))
    assert announcer.rings(more, 1.0)
    assert not announcer.rings(more, 60.0)
    again = replace(more, alerts=(*more.alerts, alert(21, "y")))
    assert announcer.rings(again, 100.0)
    storm = replace(again, alerts=(*again.alerts, alert(22, "z")))
    assert not announcer.rings(storm, 101.0), "at most one ring in ten seconds"


def test_giving_an_alert_back_does_not_ring_and_warnings_never_do() -> None:
    announcer = Announcer()
    taken = tuple(replace(view, acknowledged_by="ann") for view in incident().alerts)
    announcer.rings(replace(incident(), alerts=taken), 0.0)
    assert not announcer.rings(incident(), 60.0)
    warning = alert(30, "w", severity=Severity.WARNING)
    assert not announcer.rings(replace(incident(), alerts=(*incident().alerts, warning)), 120.0)
    assert not Announcer(bell=False).rings(incident(), 0.0)


def test_the_window_title_counts_and_holds_no_upstream_text() -> None:
    assert terminal_title(None) == "amt-console"
    assert terminal_title(all_fine()) == "amt-console"
    assert terminal_title(incident()) == "(3) CRITICAL - amt-console"


def test_every_key_has_an_id_of_its_own_and_words() -> None:
    keys = [binding for _, bindings in ALL_KEYS for binding in bindings]
    ids = [binding.id for binding in keys]
    assert len(ids) == len(set(ids))
    assert all(binding.tooltip and binding.description for binding in keys)
    shown = {binding.id for binding in keys if binding.show}
    assert shown - {"close_help"} == set(FOOTER_ORDER) - AlertDetailScreen.ALSO_OFFERED - {SCREENS_HINT}


def test_no_key_means_two_things_in_one_place() -> None:
    everywhere = {key for binding in ALL_KEYS[0][1] for key in binding.key.split(",")}
    for place, bindings in ALL_KEYS[1:]:
        own = [key for binding in bindings for key in binding.key.split(",")]
        assert len(own) == len(set(own)), place
        if place not in ("Help", "Output of a command"):
            assert not everywhere & set(own), place


def test_the_documentation_lists_every_key() -> None:
    text = DOCS.read_text(encoding="utf-8")
    for place, bindings in ALL_KEYS:
        assert f"### {place}" in text
        for binding in bindings:
            keys = " ".join(f"`{name}`" for name in key_names(binding.key).split())
            assert f"| {keys} | {binding.tooltip} |" in text, binding.id


def test_the_documentation_lists_every_name_of_a_keymap() -> None:
    settings = DOCS.read_text(encoding="utf-8").partition("## Your own settings")[2].partition("\n## ")[0]
    documented = re.findall(r"`([a-z_]+)`", settings.partition("The names, in the order")[2])
    assert documented == [binding.id for _, bindings in ALL_KEYS for binding in bindings if binding.id]


def test_key_names_are_what_is_printed_on_the_keys() -> None:
    assert key_names("question_mark,f1") == "? F1"
    assert key_names("pageup") == "PgUp"
    assert key_names("ctrl+z") == "ctrl+z"
    assert key_names("S") == "S"


@pytest.mark.slow
@given(st.text())
def test_ascii_text_is_ascii(text: str) -> None:
    assert plain(text).isascii()


def test_the_theme_follows_terminal_and_person() -> None:
    known = ("amt-dark", "amt-light", "ansi-dark", "nord")
    for env, theme in (
        ({"TERM": "xterm-256color"}, "amt-dark"),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, "ansi-dark"),
        ({"TERM": "xterm-256color", "NO_COLOR": ""}, "amt-dark"),
        ({"TERM": "linux"}, "ansi-dark"),
        ({"TERM": "linux", "TEXTUAL_THEME": "nord"}, "nord"),
        ({"TERM": "xterm-256color", "TEXTUAL_THEME": "unheard of"}, "amt-dark"),
    ):
        assert first_theme(known, None, env) == theme
    for env, theme in (
        ({"TERM": "xterm-256color"}, "nord"),
        ({"TERM": "linux"}, "nord"),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, "ansi-dark"),
        ({"TERM": "xterm-256color", "TEXTUAL_THEME": "amt-light"}, "amt-light"),
    ):
        assert first_theme(known, "nord", env) == theme
    assert first_theme(known, "unheard of", {"TERM": "xterm-256color"}) == "amt-dark"
    assert [next_theme(name) for name in CYCLE] == [*CYCLE[1:], CYCLE[0]]
    assert next_theme("something else") == "amt-dark"
