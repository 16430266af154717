"""A one-line question at the bottom of the screen: enter confirms, also an empty answer; escape cancels.

The app passes keys to it directly, not by the focus: the focus moves too late for keys that already wait.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from amt_console.model import MAX_NOTE_CHARS
from widgets.cells import clean, crop

Warn = Callable[[str], None]
Answered = Callable[[str], Awaitable[None] | None]
"""Takes the answer; what it returns to be awaited ends before the next key."""
MOST_LINES = 6
"""Of a question for one key."""


class Prompt(Horizontal):
    """Hidden until opened; passes the answer to the caller.

    It is invisible rather than not displayed: widgets count their order among those that are, and with one more or
    less the whole screen would be painted.
    """

    DEFAULT_CSS = """
    Prompt { height: 1; visibility: hidden; }
    Prompt.-open { visibility: visible; }
    Prompt Static { width: auto; max-width: 60%; height: 1; padding: 0 1; }
    Prompt Input { width: 1fr; height: 1; border: none; padding: 0; }
    Prompt Input:focus { border: none; }
    Prompt #hint { color: $text-muted; max-width: 60%; text-wrap: nowrap; text-overflow: ellipsis; }
    Prompt.-confirm { height: auto; max-height: 6; }
    Prompt.-confirm Static { width: 1fr; max-width: 100%; height: auto; max-height: 6; }
    Prompt.-confirm Input { display: none; }
    """
    _EDITING: ClassVar[dict[str, str]] = {
        key: binding.action
        for binding in Input.BINDINGS
        if isinstance(binding, Binding) and binding.action != "submit"
        for key in binding.key.split(",")
    }

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._on_answer: Answered | None = None
        self._on_change: Callable[[str], None] | None = None
        self._on_cancel: Callable[[], None] | None = None
        self._focused_before: Widget | None = None
        self._open = False

    def compose(self) -> ComposeResult:
        """The question, the field, and what is told of its text."""
        yield Static("", markup=False, id="question")
        field = Input(max_length=MAX_NOTE_CHARS, select_on_focus=False)
        field.cursor_blink = False
        yield field
        yield Static("", markup=False, id="hint")

    @property
    def is_open(self) -> bool:
        """Whether it is open."""
        return self._open

    @property
    def question(self) -> str:
        """The question."""
        return str(self.query_one("#question", Static).content)

    @property
    def text(self) -> str:
        """The text in the field."""
        return self._field.value

    def ask(
        self,
        question: str,
        on_answer: Answered,
        *,
        answer: str = "",
        placeholder: str = "",
        on_change: Callable[[str], None] | None = None,
        on_cancel: Callable[[], None] | None = None,
    ) -> None:
        """Open with a question.

        Args:
            question: Shown before the field.
            on_answer: Called with the text on enter, also when it is empty.
            answer: What stands in the field at first.
            placeholder: Shown in the field while it is empty.
            on_change: Called with the text at every change.
            on_cancel: Called on escape and ctrl+c.
        """
        self._on_change = None
        field = self._field
        field.placeholder = placeholder
        field.value = one_line(answer)
        field.cursor_position = len(field.value)
        self._on_answer, self._on_change, self._on_cancel = on_answer, on_change, on_cancel
        self.remove_class("-confirm")
        self._show(question, max(10, self.app.size.width * 3 // 5 - 2))
        self.screen.set_focus(field)

    def confirm(self, question: str, on_yes: Callable[[], Awaitable[None] | None]) -> None:
        """Open with a question for one key: ``y`` and enter are yes, anything else is no. It may take some lines."""
        self._on_answer, self._on_change, self._on_cancel = lambda _: on_yes(), None, None
        self._field.value = ""
        self.add_class("-confirm")
        self._show(question, MOST_LINES * max(10, self.app.size.width - 2))
        self._lift_messages(MOST_LINES)
        self.screen.set_focus(None)

    def hint(self, words: str) -> None:
        """Tell something of the text, right of the field; empty for nothing."""
        self.query_one("#hint", Static).update(Content(clean(words)))

    async def press(self, key: str, character: str | None, *, pasted: bool, warn: Warn) -> None:
        """Handle a key while open.

        Args:
            key: Its name.
            character: What it prints.
            pasted: It is part of a pasted text: it neither confirms nor cancels.
            warn: Told why a key does nothing.
        """
        if self.has_class("-confirm"):
            await _ended(self._close(answered=not pasted and key in ("y", "enter")))
        elif pasted:
            if key in ("enter", "ctrl+j", "tab"):
                self._insert(" ", warn)
            if key == "enter":
                warn("A pasted line end does not confirm: press enter.")
        elif key == "enter":
            await _ended(self._close(answered=True))
        elif key in ("escape", "ctrl+c"):
            self._close(answered=False)
        elif character is not None and character.isprintable():
            self._insert(character, warn)
        elif key in self._EDITING:
            await self.app.run_action(self._EDITING[key], self._field)
            self._changed()

    def paste(self, text: str, warn: Warn) -> None:
        """Insert a pasted text as one line without control characters; it never confirms."""
        if self.has_class("-confirm"):
            self._close(answered=False)
        else:
            self._insert(one_line(text.rstrip()), warn)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Ignore Textual's message: ``press`` calls ``on_change`` itself."""
        event.stop()

    def on_paste(self, event: events.Paste) -> None:
        """Ignore Textual's message: the app calls ``paste``."""
        event.prevent_default()

    @property
    def _field(self) -> Input:
        return self.query_one(Input)

    def _insert(self, text: str, warn: Warn) -> None:
        field = self._field
        room = MAX_NOTE_CHARS - len(field.value) + len(field.selected_text)
        if len(text) > room:
            warn(f"There is room for {MAX_NOTE_CHARS:,} characters: the last {len(text) - room:,} were left out.")
        field.replace(text[: max(0, room)], *sorted(field.selection))
        self._changed()

    def _changed(self) -> None:
        if self._on_change is not None:
            self._on_change(self._field.value)

    def _show(self, question: str, width: int) -> None:
        if not self._open:
            self._focused_before = self.screen.focused
        self._open = True
        self.query_one("#question", Static).update(Content(crop(clean(question), width)))
        self.hint("")
        self.add_class("-open")

    def _lift_messages(self, lines: int | None) -> None:
        """Keep messages so many lines above the bottom: none may hide what a question asks. ``None``: as usual."""
        for rack in self.screen.query_children("ToastRack"):
            if lines is None:
                rack.styles.clear_rule("margin")
            else:
                rack.styles.margin = (0, 0, lines, 0)

    def _close(self, *, answered: bool) -> Awaitable[None] | None:
        on_answer, on_cancel = self._on_answer, self._on_cancel
        self._on_answer = self._on_change = self._on_cancel = None
        self._open = False
        self.remove_class("-open")
        self._lift_messages(None)
        before, self._focused_before = self._focused_before, None
        self.screen.set_focus(before if before is not None and before.focusable else None)
        if answered and on_answer is not None:
            return on_answer(self._field.value.strip())
        if not answered and on_cancel is not None:
            on_cancel()
        return None


async def _ended(work: Awaitable[None] | None) -> None:
    if inspect.isawaitable(work):
        await work


def one_line(text: str) -> str:
    """Text from elsewhere as one line: line ends and tabs become blanks, control characters are dropped."""
    spaced = "".join(" " if char.isspace() else char for char in text.replace("\r\n", "\n"))
    return "".join(char for char in spaced if char.isprintable())
