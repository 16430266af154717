"""Every key of the console, in one place: the key line, the help screen and the documentation read it from here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.binding import Binding
from textual.keys import format_key

_KEY_NAMES = {
    "question_mark": "?",
    "slash": "/",
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
    "f1": "F1",
}


def _key(keys: str, action: str, id: str, label: str, help: str, *, show: bool = False) -> Binding:  # noqa: A002
    return Binding(keys, action, label, tooltip=help, id=id, show=show)


APP_KEYS: Sequence[Binding] = (
    _key(
        "a",
        "acknowledge",
        "alerts.ack",
        "ack",
        "Take the selected alert, or the alert of the selected service; with nothing selected the worst that nobody "
        "has. Asks for a note; enter takes it, also without one.",
        show=True,
    ),
    _key("u", "unacknowledge", "alerts.unack", "un-ack", "Give the selected alert back."),
    _key(
        "r",
        "probe_now",
        "probe.now",
        "probe",
        "Probe the selected service at once; all, if none is selected.",
        show=True,
    ),
    _key(
        "p",
        "toggle_pause",
        "view.pause",
        "pause",
        "Freeze the view, and thaw it. Monitoring goes on, and actions act on what is true now.",
        show=True,
    ),
    _key("e", "export", "reports.export", "export", "Write all reports into a folder.", show=True),
    _key(
        "m",
        "monitor",
        "monitor.show",
        "monitor",
        "The monitor, who is looking and since when, and every notice in full.",
        show=True,
    ),
    _key("t", "next_theme", "view.theme", "theme", "Next colours: dark, light, the terminal's own."),
    _key("y", "copy_row", "row.copy", "copy", "Copy the selected row as text through the terminal (OSC 52)."),
    _key(
        "q,ctrl+c",
        "leave",
        "app.quit",
        "quit",
        "Quit. If this process is the monitor, a second press confirms that nothing is probed any more.",
        show=True,
    ),
    _key(
        "ctrl+z",
        "suspend_process",
        "app.suspend",
        "suspend",
        "Back to the shell; fg returns. Stops this whole process: if it is the monitor, nothing is probed meanwhile.",
    ),
    _key("question_mark,f1", "help", "app.help", "help", "This page.", show=True),
)
OVERVIEW_KEYS: Sequence[Binding] = (
    _key(
        "enter",
        "open_row",
        "row.open",
        "detail",
        "Open the selected alert or service; with nothing selected the first one.",
        show=True,
    ),
    _key(
        "slash",
        "filter",
        "rows.filter",
        "filter",
        "Show only rows of the pane with the keys that contain a text; a leading ! shows those that do not. Escape "
        "clears it.",
        show=True,
    ),
    _key("escape", "clear", "rows.clear", "clear", "Clear the filter, then the selection."),
    _key("up,k", "move(-1)", "rows.up", "up", "Previous row."),
    _key("down,j", "move(1)", "rows.down", "down", "Next row."),
    _key("pageup", "page(-1)", "rows.page_up", "page up", "One screenful up."),
    _key("pagedown", "page(1)", "rows.page_down", "page down", "One screenful down."),
    _key("home,g", "jump(False)", "rows.first", "first", "First row."),
    _key("end,G", "jump(True)", "rows.last", "last", "Last row."),
    _key("tab,right,l", "pane(1)", "panes.next", "next pane", "Next pane."),
    _key("shift+tab,left,h", "pane(-1)", "panes.previous", "previous pane", "Previous pane."),
    _key("s", "sort", "rows.sort", "sort", "Order by the next column; after the last, the given order again."),
    _key("S", "reverse", "rows.reverse", "reverse", "Turn the order round."),
)
DETAIL_KEYS: Sequence[Binding] = (
    _key("escape,left,h", "back", "detail.back", "back", "Back to the overview.", show=True),
    _key("up,k", "scroll(-1)", "detail.up", "up", "One line up."),
    _key("down,j", "scroll(1)", "detail.down", "down", "One line down."),
    _key("pageup", "scroll_page(-1)", "detail.page_up", "page up", "One screenful up."),
    _key("pagedown,space", "scroll_page(1)", "detail.page_down", "page down", "One screenful down."),
    _key("home,g", "jump(False)", "detail.first", "top", "To the top."),
    _key("end,G", "jump(True)", "detail.last", "bottom", "To the bottom."),
)
SERVICE_KEYS: Sequence[Binding] = (
    _key("w", "next_range", "detail.range", "range", "Next time range: 1 h, 6 h, 24 h, 7 d.", show=True),
)
HELP_KEYS: Sequence[Binding] = (
    _key("escape,question_mark,f1,q,enter", "dismiss_help", "help.close", "close", "Close this page.", show=True),
    *DETAIL_KEYS[1:],
)
ALL_KEYS: Sequence[tuple[str, Sequence[Binding]]] = (
    ("Everywhere", APP_KEYS),
    ("Overview", OVERVIEW_KEYS),
    ("Details", DETAIL_KEYS),
    ("Service detail", SERVICE_KEYS),
    ("Help", HELP_KEYS[:1]),
)
"""All keys by where they work, as the documentation lists them."""
FOOTER_ORDER: Sequence[str] = (
    "detail.back",
    "alerts.ack",
    "alerts.unack",
    "row.open",
    "rows.filter",
    "detail.range",
    "probe.now",
    "view.pause",
    "reports.export",
    "app.quit",
    "monitor.show",
    "app.help",
)
"""The key line from the most important on; the last always stays."""


def key_names(keys: str | Iterable[str]) -> str:
    """Keys as people read them: ``?``, ``PgUp``, ``ctrl+z``."""
    names = keys.split(",") if isinstance(keys, str) else keys
    return " ".join(
        _KEY_NAMES.get(name) or (name if len(name) == 1 or "+" in name else format_key(name)) for name in names
    )
