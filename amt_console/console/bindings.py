"""The keys of the console. Key line, help screen and documentation are made from this table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.binding import Binding
from textual.keys import format_key

from amt_console.keys import USUAL_KEYS

_KEY_NAMES = {
    "question_mark": "?",
    "slash": "/",
    "plus": "+",
    "minus": "-",
    "up": "up",
    "down": "down",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "home": "Home",
    "end": "End",
    "escape": "esc",
    "enter": "enter",
    "tab": "tab",
    "shift+tab": "shift+tab",
    "left": "left",
    "right": "right",
    **{f"f{number}": f"F{number}" for number in range(1, 13)},
}


_USUAL = {name: keys for names in USUAL_KEYS.values() for name, keys in names.items()}


def _key(name: str, action: str, label: str, help: str, *, show: bool = False) -> Binding:  # noqa: A002
    return Binding(_USUAL[name], action, label, tooltip=help, id=name, show=show)


APP_KEYS: Sequence[Binding] = (
    _key(
        "acknowledge",
        "acknowledge",
        "ack",
        "Acknowledge the selected alert, or the alert of the selected service; without a selection the worst "
        "unacknowledged one. Asks for a note; enter confirms, also without one.",
        show=True,
    ),
    _key("unacknowledge", "unacknowledge", "unack", "End the acknowledgement and the snooze of the selected alert."),
    _key("claim", "claim", "claim", "Take the selected alert over from whoever has it; your own lasts longer."),
    _key("snooze", "snooze", "snooze", "No messages on the selected alert for a while, or until it recovers."),
    _key("hand_off", "hand_off", "hand off", "Give the selected alert to somebody else."),
    _key("note", "add_note", "note", "Write a note on the selected alert, whoever has it."),
    _key(
        "silence",
        "silence",
        "silence",
        "No messages on the selected service, or on the subject of the selected alert. Asks how long and why.",
    ),
    _key("close", "close", "close", "Close the selected alert, and rate it; one that has ended is rated only."),
    _key("undo", "undo", "undo", "Take back the last action of this console, within 10 s."),
    _key("why", "why", "why", "Why the selected alert paged somebody, or nobody.", show=True),
    _key(
        "probe",
        "probe_now",
        "probe",
        "Probe the selected service now; without a selection all.",
        show=True,
    ),
    _key(
        "pause",
        "toggle_pause",
        "pause",
        "Freeze the view, or resume it. Monitoring continues; actions apply to the current state.",
        show=True,
    ),
    _key(
        "export",
        "export",
        "export",
        "Write what the screen shows: reports of its window, or its list as CSV, JSON or Markdown. Escape cancels.",
        show=True,
    ),
    _key(
        "monitor",
        "monitor",
        "monitor",
        "The monitor, who is present and since when, and all notices in full.",
        show=True,
    ),
    _key("muted", "muted", "silences", "Silences and planned work, with author, age and end; ends one."),
    _key("theme", "next_theme", "theme", "Next colours: dark, light, the terminal's own."),
    _key("copy", "copy_row", "copy", "Copy the selected row as text through the terminal (OSC 52)."),
    _key(
        "quit",
        "leave",
        "quit",
        "Quit. The monitor asks first: y or enter quits, any other key stays.",
        show=True,
    ),
    _key(
        "quit_leaving_picture",
        "leave(True)",
        "quit, leave the picture",
        "Quit, and leave a copy of the screen on the terminal.",
    ),
    _key(
        "suspend",
        "suspend_process",
        "suspend",
        "Suspend to the shell; fg resumes. Stops the whole process: if it is the monitor, nothing is probed meanwhile.",
    ),
    _key("help", "help", "help", "This page.", show=True),
)
ACTION_KEYS = frozenset(
    {
        "acknowledge",
        "unacknowledge",
        "claim",
        "snooze",
        "hand_off",
        "note",
        "silence",
        "close",
        "undo",
        "end_muted",
        "plan_work",
        "probe",
    }
)
"""Keys that change something; not offered in read-only sessions and in the past."""
OVERVIEW_KEYS: Sequence[Binding] = (
    _key(
        "open",
        "open_row",
        "detail",
        "Open the selected alert or service; without a selection the first one.",
        show=True,
    ),
    _key(
        "filter",
        "filter",
        "filter",
        "Show only rows of the focused pane that contain a text; a leading ! inverts. Escape clears it.",
        show=True,
    ),
    _key("clear", "clear", "clear", "Clear the filter, then the selection."),
    _key("up", "move(-1)", "up", "Previous row."),
    _key("down", "move(1)", "down", "Next row."),
    _key("page_up", "page(-1)", "page up", "One screenful up."),
    _key("page_down", "page(1)", "page down", "One screenful down."),
    _key("first", "jump(False)", "first", "First row."),
    _key("last", "jump(True)", "last", "Last row."),
    _key("next_pane", "pane(1)", "next pane", "Next pane."),
    _key("previous_pane", "pane(-1)", "previous pane", "Previous pane."),
    _key("sort", "sort", "sort", "Order by the next column, first one way, then the other; at last as given."),
)
DETAIL_KEYS: Sequence[Binding] = (
    _key("back", "back", "back", "Back to the overview.", show=True),
    _key("scroll_up", "scroll(-1)", "up", "One line up."),
    _key("scroll_down", "scroll(1)", "down", "One line down."),
    _key("scroll_page_up", "scroll_page(-1)", "page up", "One screenful up."),
    _key("scroll_page_down", "scroll_page(1)", "page down", "One screenful down."),
    _key("top", "jump(False)", "top", "To the top."),
    _key("bottom", "jump(True)", "bottom", "To the bottom."),
)
SERVICE_KEYS: Sequence[Binding] = (
    _key("longer", "range(1)", "longer", "Longer time range: 1 h, 6 h, 24 h, 7 d.", show=True),
    _key("shorter", "range(-1)", "shorter", "Shorter time range."),
)
MUTED_KEYS: Sequence[Binding] = (
    _key("end_muted", "end_muted", "end", "End the selected silence or work. Asks first.", show=True),
    _key("plan_work", "plan_work", "new work", "Plan work on a service or group: how long, and its name.", show=True),
)
HELP_KEYS: Sequence[Binding] = (
    _key("close_help", "dismiss_help", "close", "Close this page.", show=True),
    *DETAIL_KEYS[1:],
)
ALL_KEYS: Sequence[tuple[str, Sequence[Binding]]] = (
    ("Everywhere", APP_KEYS),
    ("Overview", OVERVIEW_KEYS),
    ("Details", DETAIL_KEYS),
    ("Service detail", SERVICE_KEYS),
    ("Silences and maintenance", MUTED_KEYS),
    ("Help", HELP_KEYS[:1]),
)
"""All keys by screen, in the order of the documentation."""
PROMPT_KEYS: frozenset[str] = frozenset(
    {"acknowledge", "claim", "close", "export", "filter", "hand_off", "note", "plan_work", "silence", "snooze"}
)
"""Keys that open a prompt for a text. If it does not open, the text typed ahead for it must not run as keys."""
FOOTER_ORDER: Sequence[str] = (
    "back",
    "acknowledge",
    "unacknowledge",
    "claim",
    "snooze",
    "note",
    "silence",
    "end_muted",
    "plan_work",
    "open",
    "filter",
    "longer",
    "probe",
    "pause",
    "export",
    "quit",
    "why",
    "monitor",
    "help",
)
"""The keys of the key line, most important first; the last one always stays."""


def key_names(keys: str | Iterable[str]) -> str:
    """Key names for display: ``?``, ``PgUp``, ``ctrl+z``."""
    names = keys.split(",") if isinstance(keys, str) else keys
    return " ".join(
        _KEY_NAMES.get(name) or (name if len(name) == 1 or "+" in name else format_key(name)) for name in names
    )
