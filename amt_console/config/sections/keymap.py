"""What may be put in the place of the console's usual keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from amt_console.config.faults import Refused
from amt_console.keys import USUAL_KEYS

_TOGETHER = (("Everywhere", "Overview"), ("Everywhere", "Details", "Service detail"), ("Details", "Help"))
"""Places whose keys work at the same time."""
_MOVES = ("up", "down", "left", "right", "home", "end", "pageup", "pagedown")
_SIGNS = ("insert", "delete", "backspace", "tab", "enter", "escape", "space", "question_mark", "slash", "comma")
_NAMED = frozenset((*_MOVES, *_SIGNS, *(f"f{number}" for number in range(1, 13))))
_MODIFIERS = ("ctrl+", "shift+", "alt+")
_SAME_AS = {"ctrl+m": "enter", "ctrl+j": "enter", "ctrl+i": "tab", "ctrl+h": "backspace"}
"""Terminals send one and the same for both."""


def check_keymap(keymap: Mapping[str, str]) -> None:
    """Whether each name is one, each key exists, and no key means two things. Raises Refused."""
    known = [name for names in USUAL_KEYS.values() for name in names]
    for name, keys in keymap.items():
        if name not in known:
            near = get_close_matches(name, known, 1, 0.5)
            raise Refused(f"`{name}` is nothing that has a key", f"did you mean `{near[0]}`?" if near else None)
        for key in keys.split(","):
            _check_key(key.strip())
    for places in _TOGETHER:
        _check_clashes(places, keymap)


def _check_key(key: str) -> None:
    if key in _SAME_AS:
        raise Refused(f"terminals cannot tell `{key}` from `{_SAME_AS[key]}`")
    plain = key
    for modifier in _MODIFIERS:
        plain = plain.removeprefix(modifier)
    if plain not in _NAMED and not (len(plain) == 1 and plain.isprintable() and not plain.isspace()):
        near = get_close_matches(plain, sorted(_NAMED), 1, 0.6)
        hint = f"did you mean `{near[0]}`?" if near else "write one character, or a name such as f2, pageup, ctrl+k"
        raise Refused(f"`{key}` is no key", hint)


def _check_clashes(places: Iterable[str], keymap: Mapping[str, str]) -> None:
    taken: dict[str, str] = {}
    for place in places:
        for name, usual in USUAL_KEYS[place].items():
            if place == "Details" and name == "back" and "Help" in places:
                continue  # the help page has its own way out
            for key in keymap.get(name, usual).split(","):
                other = taken.setdefault(_long_name(key.strip()), name)
                if other != name:
                    raise Refused(
                        f"`{key.strip()}` would mean both `{other}` and `{name}`", "give one of them another key"
                    )


def _long_name(key: str) -> str:
    return {"?": "question_mark", "/": "slash", ",": "comma", " ": "space"}.get(key, key)
