"""The usual keys of the console, by the names that a keymap gives them, and what may be put in their place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

USUAL_KEYS: Mapping[str, Mapping[str, str]] = {
    "Screens": {
        "overview": "1",
        "services": "2",
        "alerts": "3",
        "resources": "4",
        "business": "5",
        "incidents": "6",
        "activity": "7",
        "palette": "colon,ctrl+p",
    },
    "Everywhere": {
        "acknowledge": "a",
        "unacknowledge": "u",
        "claim": "c",
        "snooze": "Z",
        "hand_off": "H",
        "note": "n",
        "silence": "S",
        "close": "x",
        "undo": "U",
        "why": "w",
        "probe": "r",
        "pause": "p",
        "export": "e",
        "monitor": "m",
        "muted": "M",
        "away": "W",
        "theme": "ctrl+t",
        "utc": "full_stop",
        "copy": "y",
        "copy_json": "Y",
        "runbook": "o",
        "zoom": "z",
        "mark": "space",
        "quit": "q,ctrl+c",
        "quit_leaving_picture": "Q",
        "suspend": "ctrl+z",
        "help": "question_mark,f1",
    },
    "Time": {
        "step_back": "left_square_bracket",
        "step_forward": "right_square_bracket",
        "previous_change": "left_curly_bracket",
        "next_change": "right_curly_bracket",
        "go_to": "T",
        "before_alert": "t",
        "live": "0",
    },
    "Lists": {
        "open": "enter",
        "filter": "slash",
        "clear": "escape",
        "up": "up,k",
        "down": "down,j",
        "page_up": "pageup",
        "page_down": "pagedown",
        "first": "home,g",
        "last": "end,G",
        "next_pane": "tab,right,l",
        "previous_pane": "shift+tab,left,h",
        "sort": "s",
    },
    "Details": {
        "back": "escape,left,h",
        "scroll_up": "up,k",
        "scroll_down": "down,j",
        "scroll_page_up": "pageup",
        "scroll_page_down": "pagedown",
        "top": "home,g",
        "bottom": "end,G",
    },
    "Links": {"open_link": "enter", "next_link": "tab"},
    "Charts": {"longer": "plus", "shorter": "minus"},
    "Silences and maintenance": {"end_muted": "d,delete", "plan_work": "N"},
    "Output of a command": {"stop_command": "x,ctrl+c", "save_output": "n"},
    "Help": {"close_help": "escape,question_mark,f1,q,enter"},
}
"""By where they work. Keys of one thing are separated by commas, in the words of the terminal toolkit."""
DESKTOP_NOTIFICATIONS = ("auto", "osc9", "osc777", "off")
"""How the console tells the desktop of a new critical alert."""
_TOGETHER = (
    ("Screens", "Everywhere", "Time", "Lists", "Charts", "Silences and maintenance"),
    ("Screens", "Everywhere", "Time", "Details", "Links", "Charts"),
    ("Screens", "Everywhere", "Time", "Details", "Silences and maintenance"),
    ("Details", "Output of a command"),
    ("Details", "Help"),
)
"""Places whose keys work at the same time."""
_MOVES = ("up", "down", "left", "right", "home", "end", "pageup", "pagedown")
_SIGNS = (
    *("insert", "delete", "backspace", "tab", "enter", "escape", "space"),
    *("question_mark", "slash", "comma", "plus", "minus", "colon", "full_stop"),
    *("left_square_bracket", "right_square_bracket", "left_curly_bracket", "right_curly_bracket"),
)
_NAMED = frozenset((*_MOVES, *_SIGNS, *(f"f{number}" for number in range(1, 13))))
_MODIFIERS = ("ctrl+", "shift+", "alt+")
_SIGN_NAMES = {
    "?": "question_mark",
    "/": "slash",
    ",": "comma",
    " ": "space",
    "+": "plus",
    "-": "minus",
    ":": "colon",
    ".": "full_stop",
    "[": "left_square_bracket",
    "]": "right_square_bracket",
    "{": "left_curly_bracket",
    "}": "right_curly_bracket",
}
_SAME_AS = {"ctrl+m": "enter", "ctrl+j": "enter", "ctrl+i": "tab", "ctrl+h": "backspace"}
"""Terminals send one and the same for both."""


def check_keymap(keymap: Mapping[str, str]) -> None:
    """Whether each name is one, each key exists, and no key means two things. Raises KeymapError."""
    known = [name for names in USUAL_KEYS.values() for name in names]
    for name, keys in keymap.items():
        if name not in known:
            near = _near(name, known, 0.5)
            raise KeymapError(f"`{name}` is nothing that has a key", f"did you mean `{near}`?" if near else None)
        for key in keys.split(","):
            check_key(key.strip())
    for places in _TOGETHER:
        _check_clashes(places, keymap)


def taken_keys(keymap: Mapping[str, str]) -> dict[str, str]:
    """All keys that have a meaning anywhere, in their long names, with what they do."""
    taken: dict[str, str] = {}
    for names in USUAL_KEYS.values():
        for name, usual in names.items():
            for key in keymap.get(name, usual).split(","):
                taken.setdefault(long_name(key.strip()), name)
    return taken


def check_key(key: str) -> None:
    """Whether a terminal can send this one key. Raises KeymapError."""
    if key in _SAME_AS:
        raise KeymapError(f"terminals cannot tell `{key}` from `{_SAME_AS[key]}`")
    plain = key
    for modifier in _MODIFIERS:
        plain = plain.removeprefix(modifier)
    if plain not in _NAMED and not (len(plain) == 1 and plain.isprintable() and not plain.isspace()):
        near = _near(plain, sorted(_NAMED), 0.6)
        hint = f"did you mean `{near}`?" if near else "write one character, or a name such as f2, pageup, ctrl+k"
        raise KeymapError(f"`{key}` is no key", hint)


def _near(text: str, known: Sequence[str], similarity: float) -> str | None:
    from difflib import get_close_matches

    return next(iter(get_close_matches(text, known, 1, similarity)), None)


def _check_clashes(places: Iterable[str], keymap: Mapping[str, str]) -> None:
    taken: dict[str, str] = {}
    for place in places:
        for name, usual in USUAL_KEYS[place].items():
            if place == "Details" and name == "back" and "Help" in places:
                continue  # the help page has its own way out
            for key in keymap.get(name, usual).split(","):
                other = taken.setdefault(long_name(key.strip()), name)
                if other != name:
                    raise KeymapError(
                        f"`{key.strip()}` would mean both `{other}` and `{name}`", "give one of them another key"
                    )


def long_name(key: str) -> str:
    """One name of a key that has two: ``question_mark`` for ``?``."""
    return _SIGN_NAMES.get(key, key)


class KeymapError(ValueError):
    """Keys that cannot be; ``suggestion`` says how to mend it."""

    def __init__(self, message: str, suggestion: str | None = None) -> None:
        super().__init__(message)
        self.suggestion = suggestion
