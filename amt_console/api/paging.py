"""Lists in pages: a cursor is an opaque, signed position in one list with one set of filters."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from itsdangerous import BadData, URLSafeSerializer

from amt_console.api.problems import RequestError

USUAL_LIMIT, MOST_LIMIT = 200, 500
MAX_CURSOR_CHARS = 600
_PARTS = ("limit", "cursor")
"""Parameters of a page, not of the list."""
Item = TypeVar("Item")
Position = int | str


@dataclass(frozen=True, slots=True)
class PageRequest:
    """The wanted page of a list.

    Pages hold their place when rows are added at the beginning of the list.
    """

    limit: int
    after: Position | None
    """The key of the last item of the page before."""
    list_name: str
    """Of the list with its filters."""
    signer: URLSafeSerializer

    @classmethod
    def of(
        cls, signer: URLSafeSerializer, path: str, query: Iterable[tuple[str, str]], limit: int, cursor: str | None
    ) -> PageRequest:
        """The page that a request asks for. Raises RequestError: the cursor is not one of this list."""
        name = _list_name(path, query)
        if cursor is None:
            return cls(limit, None, name, signer)
        try:
            found = signer.loads(cursor)
        except BadData:
            raise RequestError("invalid", "cursor: it is not one that this API has given") from None
        if not isinstance(found, list) or found[0] != name:
            raise RequestError("invalid", "cursor: it belongs to another list, or to other filters")
        return cls(limit, found[1], name, signer)

    @property
    def after_number(self) -> int | None:
        """``after`` where items are known by a number. Raises RequestError."""
        if self.after is None or isinstance(self.after, int):
            return self.after
        raise RequestError("invalid", "cursor: it belongs to another list")

    def page(
        self, found: Sequence[Item], form: Callable[[Item], dict[str, Any]], key: Callable[[Item], Position]
    ) -> dict[str, Any]:
        """The document of a page; ``found`` has one item more than ``limit`` where another page follows."""
        page = found[: self.limit]
        more = len(found) > self.limit
        following = self.signer.dumps([self.list_name, key(page[-1])]) if more else None
        return {"items": [form(item) for item in page], "next": following}

    def cut(
        self, whole: Sequence[Item], form: Callable[[Item], dict[str, Any]], key: Callable[[Item], Position]
    ) -> dict[str, Any]:
        """The document of a page of a list that is known as a whole. Raises RequestError: its place is lost."""
        begin = 0
        if self.after is not None:
            begin = next((index + 1 for index, item in enumerate(whole) if key(item) == self.after), 0)
            if not begin:
                raise RequestError("invalid", "cursor: what it names is not in the list any more; begin without one")
        return self.page(whole[begin : begin + self.limit + 1], form, key)


def _list_name(path: str, query: Iterable[tuple[str, str]]) -> str:
    filters = sorted((name, value) for name, value in query if name not in _PARTS)
    return hashlib.sha256(json.dumps([path, filters]).encode()).hexdigest()[:16]
