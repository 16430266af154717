"""Parts of the toolkit that find the same for less processor time: a run of the tests starts hundreds of consoles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from typing import Any
from unittest.mock import patch

from rich.segment import Segment
from textual.cache import FIFOCache, LRUCache
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet
from textual.dom import DOMNode
from textual.strip import Strip

_parsed: dict[tuple[tuple[str, str], ...], LRUCache[Any, list[RuleSet]]] = {}
"""Rules by the variables of a theme: every app parses the same style sheets anew, for a tenth of its time."""


@dataclass(frozen=True, slots=True)
class _Rules:
    """The rules of a style sheet by what they name."""

    all: list[RuleSet]
    by_name: dict[str, list[RuleSet]]
    by_names: dict[frozenset[str], list[RuleSet]] = field(default_factory=dict)
    """Those that name one of several, in their order."""

    def naming(self, names: frozenset[str]) -> list[RuleSet]:
        """The rules that name one of these."""
        found = self.by_names.get(names)
        if found is None:
            wanted = set(chain.from_iterable(self.by_name[name] for name in names))
            found = self.by_names[names] = [rule for rule in self.all if rule in wanted]
        return found


_known: dict[tuple[RuleSet, ...], _Rules] = {}
"""The rules of all style sheets: most apps have the same."""


class LightStylesheet(Stylesheet):
    """Shares what it has parsed and sorted with others, and looks for each node at the rules that may be meant."""

    _own: _Rules | None = None
    _for: list[RuleSet] | None = None
    """What it had parsed when it looked for its own."""
    _offered: list[RuleSet] | None = None
    """While a node gets its styles: the rules that name its type, one of its classes, or its id."""

    def _parse_rules(self, *source: Any, **more: Any) -> list[RuleSet]:
        variables = tuple(sorted(self._variables.items()))
        self._parse_cache = _parsed.setdefault(variables, LRUCache(256))
        return super()._parse_rules(*source, **more)

    def set_variables(self, variables: dict[str, str]) -> None:
        self._parse_cache = LRUCache(1)
        super().set_variables(variables)

    @property
    def rules(self) -> list[RuleSet]:
        return super().rules if self._offered is None else self._offered

    @property
    def rules_map(self) -> dict[str, list[RuleSet]]:
        return self._sorted().by_name

    def _sorted(self) -> _Rules:
        rules = super().rules
        if self._own is None or self._for is not rules:
            known = _known.setdefault(tuple(rules), _Rules(rules, {}))
            if known.all is rules:
                known.by_name.update(super().rules_map)
            self._own = known
            self._for = rules
        return self._own

    def apply(self, node: DOMNode, **more: Any) -> None:
        rules, before = self._sorted(), self._offered
        self._offered = rules.naming(frozenset(rules.by_name.keys() & node._selector_names))
        try:
            super().apply(node, **more)
        finally:
            self._offered = before


_SIZES = {
    **dict.fromkeys(("_crop_cache", "_style_cache"), 16),
    **dict.fromkeys(
        ("_divide_cache", "_filter_cache", "_line_length_cache", "_crop_extend_cache", "_offsets_cache"), 4
    ),
}
"""Of the caches of a strip. To make all seven costs more than what most strips, which need none, are made for."""


def _begin(strip: Strip, segments: Iterable[Segment], cell_length: int | None = None) -> None:
    strip._segments, strip._cell_length = list(segments), cell_length
    strip._render_cache = strip._link_ids = strip._cell_count = None


def _at_first_use(strip: Strip, name: str) -> Any:
    """What Python calls for a slot that is empty."""
    if name not in _SIZES:
        raise AttributeError(name)
    cache: FIFOCache[Any, Any] = FIFOCache(_SIZES[name])
    setattr(strip, name, cache)
    return cache


# For good: strips live longer than the console that made them.
Strip.__init__ = _begin  # type: ignore[method-assign]
Strip.__getattr__ = _at_first_use  # type: ignore[attr-defined]


@contextmanager
def light_toolkit() -> Iterator[None]:
    """Apps that start get a light style sheet."""
    with (
        patch("textual.css.stylesheet.Stylesheet", LightStylesheet),
        patch("textual.app.Stylesheet", LightStylesheet),
    ):
        yield
