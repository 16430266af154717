"""Differences between two JSON documents, by path."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from amt_console.text import safe_text

_MAX_CHARS = 120
_MISSING = object()


@dataclass(frozen=True, slots=True)
class Difference:
    """One value of a file that is another one when it is computed again."""

    path: str
    """``services[0].availability.down_seconds``."""
    written: str
    """In the file, as JSON."""
    computed: str
    """From the rows, as JSON."""


def differences(written: Any, computed: Any, *, left_out: frozenset[str] = frozenset()) -> Iterator[Difference]:
    """The values that differ, in the order of the paths.

    Args:
        written: The document of the file.
        computed: The document made anew.
        left_out: Paths that are not compared, with all below them.
    """
    yield from _below("", written, computed, left_out)


def leaves(document: Any) -> int:
    """The number of values in a document."""
    if isinstance(document, Mapping):
        return sum(leaves(each) for each in document.values())
    if isinstance(document, list):
        return sum(leaves(each) for each in document)
    return 1


def _below(path: str, written: Any, computed: Any, left_out: frozenset[str]) -> Iterator[Difference]:
    if path in left_out:
        return
    if isinstance(written, Mapping) and isinstance(computed, Mapping):
        for key in sorted({*written, *computed}):
            below = f"{path}.{key}" if path else str(key)
            yield from _below(below, written.get(key, _MISSING), computed.get(key, _MISSING), left_out)
    elif _is_list(written) and _is_list(computed):
        for index in range(max(len(written), len(computed))):
            one, other = (each[index] if index < len(each) else _MISSING for each in (written, computed))
            yield from _below(f"{path}[{index}]", one, other, left_out)
    elif type(written) is not type(computed) if _is_flag(written, computed) else written != computed:
        yield Difference(safe_text(path, _MAX_CHARS), _words(written), _words(computed))


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))


def _is_flag(*values: Any) -> bool:
    """Whether one of two equal-looking values is a flag and the other a number: ``True == 1`` in Python."""
    return len({isinstance(value, bool) for value in values}) > 1


def _words(value: Any) -> str:
    if value is _MISSING:
        return "nothing"
    return safe_text(json.dumps(value, ensure_ascii=False, sort_keys=True, default=str), _MAX_CHARS)
