"""Look up dotted names in an answer, in any spelling: ``mrrHistory`` matches ``mrr_history``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

WRAPPERS = ("data", "result", "stats", "metrics", "summary")
"""Objects that platforms wrap their answers in; searched when a name is not at the top."""
WHOLE_LIST = "[*]"
"""The path of an answer that is a list itself."""
_SEPARATORS = str.maketrans("", "", "_- ")
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class FoundValue:
    """A value of an answer."""

    path: str
    """As JMESPath, with the platform's own spelling."""
    value: object


class Lookup:
    """Finds names in the objects of one answer: the exact name first, then one that differs in case, ``_`` or ``-``."""

    def __init__(self) -> None:
        self._names: dict[int, Mapping[str, str]] = {}

    def candidates(self, paths: Sequence[str], answer: object) -> Iterator[FoundValue]:
        """The values at each of the paths: all at the top of the answer first, then inside each wrapper."""
        yield from self._below("", answer, paths)
        for wrapper in WRAPPERS:
            inside = self.find(wrapper, answer)
            if inside is not None:
                yield from self._below(inside.path, inside.value, paths)

    def find(self, path: str, value: object) -> FoundValue | None:
        """The value at one dotted path; ``None`` for nothing or null."""
        spelled: list[str] = []
        for name in path.split("."):
            if not isinstance(value, dict):
                return None
            key = self.key(name, value)
            if key is None:
                return None
            spelled.append(key)
            value = value[key]
        return None if value is None else FoundValue(".".join(map(_quoted, spelled)), value)

    def key(self, name: str, value: Mapping[str, object]) -> str | None:
        """The platform's spelling of a name."""
        if name in value:
            return name
        names = self._names.get(id(value))
        if names is None:
            found: dict[str, str] = {}
            for key in value:
                found.setdefault(_plain(key), key)
            names = self._names[id(value)] = found
        return names.get(_plain(name))

    def _below(self, base: str, value: object, paths: Sequence[str]) -> Iterator[FoundValue]:
        for path in paths:
            if path == WHOLE_LIST:
                if isinstance(value, list):
                    yield FoundValue(base + WHOLE_LIST, value)
                continue
            found = self.find(path, value)
            if found is not None:
                yield FoundValue(f"{base}.{found.path}" if base else found.path, found.value)


@lru_cache(maxsize=4096)
def _plain(name: str) -> str:
    return name.translate(_SEPARATORS).casefold()


def _quoted(key: str) -> str:
    if _IDENTIFIER.fullmatch(key):
        return key
    escaped = key.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
