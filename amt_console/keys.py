"""The usual keys of the console, by the names that a keymap gives them."""

from __future__ import annotations

from collections.abc import Mapping

USUAL_KEYS: Mapping[str, Mapping[str, str]] = {
    "Everywhere": {
        "acknowledge": "a",
        "give_back": "u",
        "probe": "r",
        "pause": "p",
        "export": "e",
        "monitor": "m",
        "theme": "t",
        "copy": "y",
        "quit": "q,ctrl+c",
        "suspend": "ctrl+z",
        "help": "question_mark,f1",
    },
    "Overview": {
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
        "reverse": "S",
    },
    "Details": {
        "back": "escape,left,h",
        "scroll_up": "up,k",
        "scroll_down": "down,j",
        "scroll_page_up": "pageup",
        "scroll_page_down": "pagedown,space",
        "top": "home,g",
        "bottom": "end,G",
    },
    "Service detail": {"range": "w"},
    "Help": {"close_help": "escape,question_mark,f1,q,enter"},
}
"""By where they work. Keys of one thing are separated by commas, in the words of the terminal toolkit."""
