"""Text that goes on after a prompt did not open is no command."""

from __future__ import annotations

import pytest
from textual.events import Key

from amt_console.console.terminal.keyboard import PASTED
from amt_console.console.typed_on import TYPED_ON_SECONDS, TypedOn

REFUSED_AT = 100.0


def key(name: str, at: float) -> Key:
    event = Key(name, name if len(name) == 1 else None)
    event.time = at
    return event


def refused() -> TypedOn:
    typed_on = TypedOn()
    typed_on.refused(REFUSED_AT)
    return typed_on


def test_a_note_of_any_length_is_taken_while_it_goes_on() -> None:
    typed_on, at = refused(), REFUSED_AT
    for name in (*"on it, u and q" * 20, "backspace", "enter"):
        at += 0.9 * TYPED_ON_SECONDS
        assert typed_on.takes(key(name, at))


def test_after_a_pause_a_key_acts_and_so_do_those_that_follow() -> None:
    typed_on, at = refused(), REFUSED_AT + 1.1 * TYPED_ON_SECONDS
    assert not typed_on.takes(key("j", at))
    assert not typed_on.takes(key("j", at + 0.1))


def test_a_text_that_has_paused_is_over() -> None:
    typed_on = refused()
    assert typed_on.takes(key("o", REFUSED_AT + 0.1))
    assert not typed_on.takes(key("u", REFUSED_AT + 0.1 + 1.1 * TYPED_ON_SECONDS))


@pytest.mark.parametrize("name", ["down", "escape", "ctrl+c", "f5", "tab"])
def test_a_key_that_no_text_has_acts_at_once_and_ends_it(name: str) -> None:
    typed_on = refused()
    assert not typed_on.takes(key(name, REFUSED_AT + 0.1))
    assert not typed_on.takes(key("j", REFUSED_AT + 0.2))


def test_what_was_typed_before_the_refusal_is_taken_whatever_it_is() -> None:
    typed_on = refused()
    assert all(typed_on.takes(key(name, REFUSED_AT - 0.1)) for name in ("x", "down", "escape", "enter"))


@pytest.mark.parametrize("name", ["enter", "backspace"])
def test_a_pasted_line_end_belongs_to_the_text(name: str) -> None:
    assert refused().takes(key(PASTED + name, REFUSED_AT + 0.1))


def test_without_a_refusal_every_key_acts() -> None:
    assert not TypedOn().takes(key("j", REFUSED_AT))
