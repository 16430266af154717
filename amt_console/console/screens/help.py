"""The help screen: the active keys of the screen below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen

from amt_console.console.bindings import ALL_KEYS, HELP_KEYS, key_names
from widgets.cells import Runs
from widgets.fact_lines import FactLines
from widgets.look import Look

_KEYS_WIDTH = 18
_SIGNS = (
    ("●", "+", "up"),
    ("▲", "!", "slow, or a warning"),
    ("✖", "X", "down, or critical"),
    ("○", "?", "unknown: could not be measured"),
    ("‖", "=", "maintenance"),
)


class HelpScreen(ModalScreen[None], inherit_bindings=False):
    """A modal screen with the keys."""

    BINDINGS: ClassVar[Sequence[BindingType]] = list(HELP_KEYS)  # type: ignore[assignment]
    AUTO_FOCUS = "#help"

    def __init__(
        self,
        active: Mapping[str, ActiveBinding],
        look: Look,
        own: Sequence[Binding] = (),
        *,
        refused: Set[str] = frozenset(),
    ) -> None:
        """Args:
        active: The keys of the screen below.
        look: Colours and alphabet.
        own: The keys of the person's own commands.
        refused: Names of keys that would do nothing now.
        """
        super().__init__()
        self._places = (*ALL_KEYS, ("Your own commands", own))
        self._active: dict[str | None, list[str]] = {}
        for key, binding in active.items():
            if binding.enabled and binding.binding.id not in refused:
                self._active.setdefault(binding.binding.id, []).append(key)
        self._look = look

    def compose(self) -> ComposeResult:
        """The keys by screen, then the signs."""
        with VerticalScroll(id="help", can_focus=True):
            for place, bindings in self._places:
                shown = [binding for binding in bindings if binding.id in self._active]
                if shown:
                    block = FactLines(place.upper(), look=self._look, wrap_at=_KEYS_WIDTH)
                    block.show(self._lines(shown))
                    yield block
            signs = FactLines("SIGNS", look=self._look, wrap_at=0)
            signs.show(self._signs())
            yield signs

    def _lines(self, bindings: Sequence[Binding]) -> list[Runs]:
        palette = self._look.palette
        lines: list[Runs] = []
        for binding in bindings:
            name = key_names(self._active[binding.id])
            lines.append([(f"{name:<{_KEYS_WIDTH}}", palette.key), (binding.tooltip, palette.text)])
        return lines

    def _signs(self) -> list[Runs]:
        palette = self._look.palette
        lines: list[Runs] = []
        for fancy, plain, words in _SIGNS:
            lines.append([(f"{self._look.glyph(fancy, plain):<4}", palette.strong), (words, palette.text)])
        words = 'UP 24H is grey when less than 90 % of the time was measured; below 50 % there is "not enough data".'
        return [*lines, [(words, palette.muted)]]

    def action_dismiss_help(self) -> None:
        """Return to the previous screen."""
        self.dismiss(None)

    def _body(self) -> VerticalScroll:
        return self.query_one("#help", VerticalScroll)

    def action_scroll(self, lines: int) -> None:
        """Scroll by lines."""
        self._body().scroll_relative(y=lines, animate=False)

    def action_scroll_page(self, pages: int) -> None:
        """Scroll by screenfuls."""
        self._body().scroll_relative(y=pages * max(1, self._body().size.height - 2), animate=False)

    def action_jump(self, last: bool) -> None:
        """Jump to the first or the last line."""
        self._body().scroll_to(y=self._body().max_scroll_y if last else 0, animate=False)
