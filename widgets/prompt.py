"""A one-line question at the bottom of the screen: enter confirms, also when empty; escape cancels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from widgets.cells import clean, crop

MAX_NOTE = 500
"""Longest answer in characters."""


class Prompt(Horizontal):
    """Hidden until it is asked something; hands the answer to whoever asked."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+c", "cancel", "cancel", show=False),
        Binding("tab,shift+tab", "stay", "", show=False),
    ]
    DEFAULT_CSS = """
    Prompt { height: 1; display: none; }
    Prompt.-open { display: block; }
    Prompt Static { width: auto; max-width: 60%; height: 1; padding: 0 1; }
    Prompt Input { width: 1fr; height: 1; border: none; padding: 0; }
    Prompt Input:focus { border: none; }
    """

    @dataclass
    class Closed(Message):
        """The prompt was answered or cancelled, and is hidden again."""

        prompt: Prompt

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._on_answer: Callable[[str], None] | None = None
        self._on_change: Callable[[str], None] | None = None
        self._on_cancel: Callable[[], None] | None = None

    def compose(self) -> ComposeResult:
        """The question and the field."""
        yield Static("", markup=False)
        field = Input(max_length=MAX_NOTE, select_on_focus=False)
        field.cursor_blink = False
        yield field

    @property
    def is_open(self) -> bool:
        """Whether it waits for an answer."""
        return self.has_class("-open")

    @property
    def question(self) -> str:
        """What is asked."""
        return str(self.query_one(Static).content)

    def ask(
        self,
        question: str,
        on_answer: Callable[[str], None],
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
        self._on_answer, self._on_change, self._on_cancel = on_answer, None, on_cancel
        self.query_one(Static).update(Content(crop(clean(question), max(10, self.app.size.width * 3 // 5 - 2))))
        field = self.query_one(Input)
        field.placeholder = placeholder
        field.value = answer
        field.cursor_position = len(answer)
        self._on_change = on_change
        self.add_class("-open")
        field.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Tell whoever wants to follow the typing."""
        event.stop()
        if self._on_change is not None and self.is_open:
            self._on_change(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Hand over the answer."""
        event.stop()
        on_answer = self._on_answer
        self._close()
        if on_answer is not None:
            on_answer(event.value.strip())

    def action_cancel(self) -> None:
        """Close without an answer."""
        on_cancel = self._on_cancel
        self._close()
        if on_cancel is not None:
            on_cancel()

    def action_stay(self) -> None:
        """The focus does not leave an open prompt."""

    def _close(self) -> None:
        self._on_answer = self._on_change = self._on_cancel = None
        self.remove_class("-open")
        self.post_message(self.Closed(self))
