"""Base of all screens: title bar, body, prompt, key line, and a message on a terminal that is too small."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import ClassVar, TypeVar, cast

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.css.query import NoMatches
from textual.reactive import Reactive
from textual.widget import Widget
from textual.widgets import Static

from amt_console.console.actions import Selection
from amt_console.console.bindings import ACTION_KEYS, FOOTER_ORDER, OPEN_ALERT_KEYS, SCREENS_HINT, key_names
from amt_console.console.exporting import Export
from amt_console.console.host import ScreenHost
from amt_console.console.layout import MIN_HEIGHT, MIN_WIDTH, too_small
from amt_console.console.places import PLACES
from amt_console.console.screens.painting import PaintedOnce
from amt_console.model import Snapshot
from widgets.below import OnStyle
from widgets.key_footer import KeyFooter, KeyHint
from widgets.line_view import LineView
from widgets.live_table import LiveTable
from widgets.look import Look
from widgets.prompt import Prompt
from widgets.title_bar import TitleBar

ResultT = TypeVar("ResultT")
KEEP_LINES_SECONDS = 60.0
"""A screen that is left more often keeps its lines: with them it returns in half the time."""
_log = logging.getLogger(__name__)


class ConsoleScreen(PaintedOnce, inherit_bindings=False):
    """Base of the overview and the detail screens."""

    BINDINGS: ClassVar[Sequence[BindingType]] = []  # type: ignore[assignment]
    AUTO_FOCUS = ""
    ALSO_OFFERED: ClassVar[frozenset[str]] = frozenset()
    """Keys that this screen adds to the key line."""
    focused: Reactive[Widget | None] = Reactive(None, repaint=False)
    """As in Textual, but without a repaint: the panes draw the focus themselves."""

    @property
    def host(self) -> ScreenHost:
        """The app, by the protocol that screens know."""
        return cast(ScreenHost, self.app)

    @property
    def keys_wait(self) -> bool:
        """Whether a key waits for its answer."""
        return self.host.keys_wait

    @property
    def look(self) -> Look:
        """Colours and alphabet."""
        return self.host.look

    @property
    def now(self) -> datetime:
        """The reference moment of ages."""
        return self.host.view.now_of(self.host.clock.now())

    _refused: frozenset[str] = frozenset()
    """The keys that the key line has left out."""
    _fault = ""
    """Why it could not be drawn the last time."""
    _emptied_at = float("-inf")
    _moment: datetime | None = None
    """The moment that it was told of last."""

    def body(self) -> Iterable[Widget]:
        """The widgets between the title bar and the key line."""
        raise NotImplementedError

    def selection(self) -> Selection:
        """The alert or service that keys act on."""
        raise NotImplementedError

    def marked(self) -> tuple[int, ...]:
        """The marked alerts."""
        return ()

    def clear_marks(self) -> None:
        """Take all marks away."""

    def selected(self) -> Selection:
        """What keys act on: the selection with the marks."""
        return replace(self.selection(), marked=self.marked())

    def exported(self) -> Export:
        """What the export key writes."""
        raise NotImplementedError

    def row_summary(self) -> str | None:
        """The selected row as a line of text."""
        return None

    def row_document(self) -> object | None:
        """The selected row as a JSON document."""
        return None

    def without_use(self) -> frozenset[str]:
        """Keys of this screen that would do nothing now; key line and help leave them out."""
        return frozenset()

    def refused_keys(self) -> frozenset[str]:
        """All keys that would do nothing now: in the past and without the right to act, and those of this screen."""
        view, refused = self.host.view, self.without_use()
        if not view.can_act:
            refused |= ACTION_KEYS
        elif view.live is not None and not view.live.alerts:
            refused |= OPEN_ALERT_KEYS
        return refused | {"live"} if self.host.at is None else refused

    def follow_moment(self) -> None:
        """Go to the displayed moment, if the screen was at another one."""
        if self.is_mounted and self._moment != self.host.at:
            self._moment = self.host.at
            self.moment_changed()

    def moment_changed(self) -> None:
        """Load what the screen shows beside the snapshot, for another moment."""

    def zoom(self) -> None:
        """Give the focused pane the whole screen, or take it back."""
        self.app.notify("There are no panes here.", markup=False)

    def mark(self) -> None:
        """Mark the selected row for the next action."""
        self.app.notify("There is nothing to mark here.", markup=False)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Draw a snapshot into the body."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        """The title bar, the body, the prompt and the key line."""
        look = self.look
        yield TitleBar(look=look, id="title")
        yield from self.body()
        yield Prompt(id="prompt")
        yield KeyFooter(look=look, id="keys")
        yield Static(id="too-small")

    def redraw(self) -> None:
        """Draw the current view; only differences are painted."""
        if not self.is_mounted:
            return
        host = self.host
        snapshot = host.view.shown
        title = self.query_one(TitleBar)
        state = host.view.title_state(
            host.clock.now(),
            host.clock.monotonic(),
            place=host.place,
            resume_key=host.key_of("pause"),
            live_key=host.key_of("live"),
            speed=host.speed,
        )
        title.show(snapshot, state)
        if title.styles.height is None or title.styles.height.value != title.height_now:
            title.styles.height = title.height_now
        if snapshot is not None:
            self._show(snapshot)
        if self.refused_keys() != self._refused:
            self.refresh_keys()

    def _show(self, snapshot: Snapshot) -> None:
        """Draw a snapshot. A screen that fails says so and keeps what it has drawn; the keys and the others go on."""
        try:
            self.show_snapshot(snapshot)
        except NoMatches:
            raise
        except Exception as error:
            fault = type(error).__name__
            if fault != self._fault:
                _log.exception("%s cannot be drawn", type(self).__name__)
                self.app.notify(f"This screen cannot be drawn ({fault}): see the log.", severity="error", markup=False)
            self._fault = fault
        else:
            self._fault = ""

    def relook(self) -> None:
        """Redraw everything with the app's current colours."""
        look = self.look
        for widget in self.query(Widget):
            if isinstance(widget, (LineView, LiveTable)):
                widget.set_look(look)

    def refresh_keys(self) -> None:
        """Update the key line."""
        self._refused = self.refused_keys()
        by_id: dict[str | None, Binding] = {}
        for active in self.active_bindings.values():
            if active.binding.show or active.binding.id in self.ALSO_OFFERED:
                by_id.setdefault(active.binding.id, active.binding)
        hints = []
        hidden = self._refused if self.host.at is None else self._refused | {"pause"}
        for name in FOOTER_ORDER:
            if name == SCREENS_HINT:
                first, last = self.host.key_of(PLACES[0].name), self.host.key_of(PLACES[-1].name)
                hints.append(KeyHint(f"{first}-{last}", "screens", "app.command_palette"))
            binding = by_id.get(name)
            if binding is not None and name not in hidden:
                action = binding.action.partition("(")[0]
                namespace = "app" if hasattr(self.app, f"action_{action}") else "screen"
                key = key_names(binding.key)
                hints.append(KeyHint(key, binding.description, f"{namespace}.{binding.action}"))
        self.query_one(KeyFooter).show(hints)

    def show_progress(self, text: str) -> None:
        """Show progress in the key line."""
        self.query_one(KeyFooter).note(text)

    def on_mount(self) -> None:
        """Draw for the first time."""
        self._moment = self.host.at
        self._show_size(self.size.width, self.size.height)
        self.refresh_keys()
        self.show_progress(self.host.progress)
        self.redraw()

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        """Redraw: the view may have changed while another screen was on top."""
        self.refresh_keys()
        self.follow_moment()
        self.redraw()

    def on_screen_suspend(self) -> None:
        """Let go of drawn lines at most once a minute: Textual keeps with each all that was ever cut from it."""
        now = self.host.clock.monotonic()
        if now - self._emptied_at >= KEEP_LINES_SECONDS:
            self._emptied_at = now
            for widget in self.walk_children(Widget):
                widget._styles_cache.clear()
                if isinstance(widget, OnStyle):
                    widget.let_go()

    def on_resize(self, event: events.Resize) -> None:
        """Show the message for small terminals if needed."""
        self._show_size(event.size.width, event.size.height)
        self.redraw()

    def _show_size(self, width: int, height: int) -> None:
        small = too_small(width, height)
        self.set_class(small, "-too-small")
        if small:
            leave = self.host.key_of("quit")
            words = f"amt-console needs {MIN_WIDTH}x{MIN_HEIGHT}; this terminal has {width}x{height}. {leave} quits."
            self.query_one("#too-small", Static).update(Content(words))
