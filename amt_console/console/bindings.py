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
    "colon": ":",
    "full_stop": ".",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "left_curly_bracket": "{",
    "right_curly_bracket": "}",
    "space": "space",
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


SCREEN_KEYS: Sequence[Binding] = (
    _key("overview", "place('overview')", "overview", "What is broken, since when, and who has it."),
    _key("services", "place('services')", "services", "All services and databases."),
    _key("alerts", "place('alerts')", "alerts", "Open and past alerts, and what is silenced."),
    _key("resources", "place('resources')", "resources", "The host: processor, memory, disks, network."),
    _key("business", "place('business')", "business", "Revenue, chatbot and users."),
    _key("incidents", "place('incidents')", "incidents", "Past incidents: how long, and who handled them how fast."),
    _key("activity", "place('activity')", "activity", "Who did what, messages and their fate, the monitor's health."),
    _key("palette", "command_palette", "palette", "Find a service, an alert, a time, a theme or a command by name."),
)
TIME_KEYS: Sequence[Binding] = (
    _key("step_back", "time('step_back')", "a minute back", "Show the console as it was a minute earlier."),
    _key("step_forward", "time('step_forward')", "a minute on", "A minute later, up to now."),
    _key(
        "previous_change",
        "time('previous_change')",
        "previous change",
        "To the change of a service or an alert before.",
    ),
    _key("next_change", "time('next_change')", "next change", "To the next change."),
    _key("go_to", "time('go_to')", "go to", "Ask for a moment: 14:30, -2h, yesterday 09:00."),
    _key("before_alert", "time('before_alert')", "before it", "Five minutes before the selected alert began."),
    _key("live", "time('live')", "live", "Back to now.", show=True),
)
APP_KEYS: Sequence[Binding] = (
    _key(
        "acknowledge",
        "act('acknowledge')",
        "ack",
        "Acknowledge the selected alert, or the alert of the selected service; without a selection the worst "
        "unacknowledged one. Asks for a note; enter confirms, also without one.",
        show=True,
    ),
    _key(
        "unacknowledge",
        "act('unacknowledge')",
        "unack",
        "End the acknowledgement and the snooze of the selected alert.",
    ),
    _key("claim", "act('claim')", "claim", "Take the selected alert over from whoever has it; your own lasts longer."),
    _key("snooze", "act('snooze')", "snooze", "No messages on the selected alert for a while, or until it recovers."),
    _key("hand_off", "act('hand_off')", "hand off", "Give the selected alert to somebody else."),
    _key("note", "act('note')", "note", "Write a note on the selected alert, whoever has it."),
    _key(
        "silence",
        "act('silence')",
        "silence",
        "No messages on the selected service, or on the subject of the selected alert. Asks how long and why.",
    ),
    _key("close", "act('close')", "close", "Close the selected alert, and rate it; one that has ended is rated only."),
    _key("undo", "act('undo')", "undo", "Take back the last action of this console, within 10 s."),
    _key("why", "page('why')", "why", "Why the selected alert paged somebody, or nobody.", show=True),
    _key(
        "probe",
        "act('probe')",
        "probe",
        "Probe the selected service now; without a selection all.",
        show=True,
    ),
    _key(
        "pause",
        "toggle_pause",
        "pause",
        "Freeze the view, or resume it. Monitoring continues; actions apply to the current state. In the past: stop "
        "playing.",
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
        "page('monitor')",
        "monitor",
        "The monitor, who is present and since when, and all notices in full.",
        show=True,
    ),
    _key("muted", "page('muted')", "silences", "Silences and planned work, with author, age and end; ends one."),
    _key("away", "page('away')", "away", "What happened since you last looked, or in your shift."),
    _key("theme", "next_theme", "theme", "Next colours; the palette shows all of them."),
    _key("utc", "toggle_utc", "UTC", "Times in UTC, or back in your zone."),
    _key("copy", "copy_row", "copy", "Copy the selected row as text through the terminal (OSC 52)."),
    _key("copy_json", "copy_row(True)", "copy JSON", "Copy the selected row as JSON."),
    _key("runbook", "runbook", "runbook", "Copy the address of the runbook, and show it."),
    _key("zoom", "zoom", "zoom", "Give the focused pane, or the marked chart, the whole screen, or take it back."),
    _key(
        "mark", "mark", "mark", "Mark the selected row for the next action; in the past play, faster with each press."
    ),
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
    _key("help", "page('help')", "help", "This page.", show=True),
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
        "save_output",
        "probe",
    }
)
"""Keys that change something; not offered in read-only sessions and in the past."""
OPEN_ALERT_KEYS = frozenset({"acknowledge", "unacknowledge", "claim", "snooze", "hand_off"})
"""Keys that act on an open alert alone."""
LIST_KEYS: Sequence[Binding] = (
    _key(
        "open",
        "open_row",
        "detail",
        "Open the selected alert or service; without a selection the first one, or the alert named above the keys.",
        show=True,
    ),
    _key(
        "filter",
        "filter",
        "filter",
        "Show only rows of the focused pane that contain a text; a leading ! inverts. Escape clears it.",
        show=True,
    ),
    _key(
        "clear",
        "clear",
        "clear",
        "Clear the filter, then the marks, then the zoom, then the selection; then back to the overview.",
    ),
    _key("up", "move(-1)", "up", "Previous row."),
    _key("down", "move(1)", "down", "Next row."),
    _key("page_up", "page(-1)", "page up", "One screenful up."),
    _key("page_down", "page(1)", "page down", "One screenful down."),
    _key("first", "jump(False)", "first", "First row."),
    _key("last", "jump(True)", "last", "Last row."),
    _key("next_pane", "pane(1)", "next pane", "Next pane, or next tab."),
    _key("previous_pane", "pane(-1)", "previous pane", "Previous pane, or previous tab."),
    _key("sort", "sort", "sort", "Order by the next column, first one way, then the other; at last as given."),
)
DETAIL_KEYS: Sequence[Binding] = (
    _key("back", "back", "back", "Back to the previous screen.", show=True),
    _key("scroll_up", "scroll(-1)", "up", "One line up; on the resources the chart before."),
    _key("scroll_down", "scroll(1)", "down", "One line down; on the resources the next chart."),
    _key("scroll_page_up", "scroll_page(-1)", "page up", "One screenful up."),
    _key("scroll_page_down", "scroll_page(1)", "page down", "One screenful down."),
    _key("top", "jump(False)", "top", "To the top."),
    _key("bottom", "jump(True)", "bottom", "To the bottom."),
)
LINK_KEYS: Sequence[Binding] = (
    _key(
        "open_link",
        "open_link",
        "open",
        "Open what is marked: an alert of the service; the service, the cause or a follower of the alert; a chart.",
        show=True,
    ),
    _key("next_link", "next_link", "next", "Mark the next one."),
)
CHART_KEYS: Sequence[Binding] = (
    _key(
        "longer",
        "range(1)",
        "longer",
        "Longer time range; the shortest and the longest one depend on the screen.",
        show=True,
    ),
    _key("shorter", "range(-1)", "shorter", "Shorter time range."),
)
MUTED_KEYS: Sequence[Binding] = (
    _key("end_muted", "end_muted", "end", "End the selected silence or work. Asks first.", show=True),
    _key("plan_work", "plan_work", "new work", "Plan work on a service or group: how long, and its name.", show=True),
)
OUTPUT_KEYS: Sequence[Binding] = (
    _key("stop_command", "stop_command", "stop", "End the command and what it started.", show=True),
    _key(
        "save_output",
        "save_output",
        "save as note",
        "Save the beginning of the output as a note on the alert.",
        show=True,
    ),
)
HELP_KEYS: Sequence[Binding] = (
    _key("close_help", "dismiss_help", "close", "Close this page.", show=True),
    *DETAIL_KEYS[1:],
)
ALL_KEYS: Sequence[tuple[str, Sequence[Binding]]] = (
    ("Screens", SCREEN_KEYS),
    ("Everywhere", APP_KEYS),
    ("Time", TIME_KEYS),
    ("Lists", LIST_KEYS),
    ("Details", DETAIL_KEYS),
    ("Links", LINK_KEYS),
    ("Charts", CHART_KEYS),
    ("Silences and maintenance", MUTED_KEYS),
    ("Output of a command", OUTPUT_KEYS),
    ("Help", HELP_KEYS[:1]),
)
"""All keys by screen, in the order of the documentation."""
PROMPT_KEYS: frozenset[str] = frozenset(
    {"acknowledge", "claim", "close", "export", "filter", "go_to", "hand_off", "note", "plan_work", "silence", "snooze"}
)
"""Keys that open a prompt for a text. If it does not open, the text typed ahead for it must not run as keys."""
SCREENS_HINT = "1-7"
"""Stands in the key line for the keys of all screens."""
FOOTER_ORDER: Sequence[str] = (
    "live",
    "back",
    "acknowledge",
    "unacknowledge",
    "claim",
    "snooze",
    "note",
    "silence",
    "end_muted",
    "plan_work",
    "stop_command",
    "save_output",
    "open",
    "open_link",
    SCREENS_HINT,
    "filter",
    "longer",
    "probe",
    "quit",
    "pause",
    "export",
    "why",
    "monitor",
    "help",
)
"""The keys of the key line, most important first; the last one always stays."""


OWN_COMMAND = "own_command."
"""How the ids of the keys of own commands begin."""


def opens_prompt(name: str | None) -> bool:
    """Whether a key may open a prompt for a text."""
    return name in PROMPT_KEYS or (name or "").startswith(OWN_COMMAND)


def key_names(keys: str | Iterable[str]) -> str:
    """Key names for display: ``?``, ``PgUp``, ``ctrl+z``."""
    names = keys.split(",") if isinstance(keys, str) else keys
    return " ".join(
        _KEY_NAMES.get(name) or (name if len(name) == 1 or "+" in name else format_key(name)) for name in names
    )
