"""The console's keymap: what is refused, and with which words."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from amt_console.config.sections.program import ConsoleSettings


def settings(**keymap: str) -> ConsoleSettings:
    return ConsoleSettings.model_validate({"keymap": keymap})


@pytest.mark.parametrize(
    "keymap",
    [
        {"acknowledge": "f2"},
        {"acknowledge": "a, f2"},
        {"acknowledge": "r", "probe": "a"},
        {"help": "h", "previous_pane": "left", "back": "escape,left"},
        {"quit": "ctrl+q", "copy": "?", "help": "f1"},
        {"longer": "v"},
    ],
    ids=str,
)
def test_keys_can_be_given_and_swapped(keymap: dict[str, str]) -> None:
    assert settings(**keymap).keymap == keymap


@pytest.mark.parametrize(
    ("keymap", "words"),
    [
        ({"acknowlege": "f2"}, "`acknowlege` is nothing that has a key"),
        ({"acknowledge": "f13"}, "`f13` is no key"),
        ({"acknowledge": "page_up"}, "`page_up` is no key"),
        ({"acknowledge": ""}, "at least 1 character"),
        ({"acknowledge": "a,,b"}, "`` is no key"),
        ({"acknowledge": "ctrl+m"}, "terminals cannot tell `ctrl+m` from `enter`"),
        ({"acknowledge": "r"}, "`r` would mean both `acknowledge` and `probe`"),
        ({"sort": "p"}, "`p` would mean both `pause` and `sort`"),
        ({"longer": "k"}, "`k` would mean both `up` and `longer`"),
        ({"copy": "?"}, "`question_mark` would mean both `copy` and `help`"),
    ],
    ids=str,
)
def test_nonsense_is_refused_in_words(keymap: dict[str, str], words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        settings(**keymap)
    assert words in str(caught.value)
