"""Rows on their way from one database to another: with values that both can hold, and summed up to be compared."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Float, Integer, Row, Table, Text

from amt_console.store.values import number

_FOREIGN = ("monitoring_logs", "alerts", "system_metrics")
"""Others may write these too, with values that only SQLite takes."""
_LARGEST_INTEGER = 2**31 - 1
_TIME = "timestamp"


@dataclass(frozen=True, slots=True)
class Checksum:
    """Over the values of rows in any order."""

    rows: int = 0
    digest: int = 0

    def plus(self, rows: Sequence[tuple[Any, ...]]) -> Checksum:
        """With further rows."""
        digest = self.digest
        for row in rows:
            digest += int.from_bytes(hashlib.blake2b(repr(row).encode("utf-8", "replace"), digest_size=8).digest())
        return Checksum(self.rows + len(rows), digest % 2**64)


class Cleaner:
    """Gives the values of one table as both databases can hold them.

    Whole numbers without fractions, texts without NUL, nothing where a number is none. Rows without a readable time are
    left out.

    Args:
        each: The table.
        gone: Numbers of alerts that are left out, and their events with them.
    """

    def __init__(self, each: Table, gone: Collection[int]) -> None:
        columns = list(enumerate(each.columns))
        foreign = columns if each.name in _FOREIGN else []
        self.left_out = 0
        """Rows so far."""
        self._gone: Collection[Any] = gone
        self._alert = next((index for index, column in columns if column.name == "alert_id"), None) if gone else None
        self._time = next((index for index, column in foreign if column.name == _TIME), None)
        self._whole = [index for index, column in foreign if isinstance(column.type, Integer)]
        self._small = {index for index, column in foreign if type(column.type) is Integer}
        self._real = [index for index, column in foreign if isinstance(column.type, Float)]
        # What others wrote is in the tables that are made of theirs, too.
        self._texts = [index for index, column in columns if isinstance(column.type, Text)]

    def clean(self, rows: Sequence[Row[tuple[Any, ...]]]) -> list[tuple[Any, ...]]:
        """The rows that are not left out."""
        if self._time is not None:
            kept = [self._cleaned(row) for row in rows if row[self._time] is not None]
        elif self._alert is not None:
            kept = [self._cleaned(row) for row in rows if row[self._alert] not in self._gone]
        elif self._texts:
            kept = [self._cleaned(row) for row in rows]
        else:
            kept = [tuple(row) for row in rows]
        self.left_out += len(rows) - len(kept)
        return kept

    def _cleaned(self, row: Row[tuple[Any, ...]]) -> tuple[Any, ...]:
        values: list[Any] = list(row)
        for index in self._whole:
            value = values[index]
            if value is not None and (type(value) is not int or abs(value) > _LARGEST_INTEGER):
                values[index] = self._whole_number(index, value)
        for index in self._real:
            if type(values[index]) is not float:
                values[index] = number(values[index])
        for index in self._texts:
            value = values[index]
            if value is not None and (type(value) is not str or "\0" in value):
                values[index] = _text(value)
        return tuple(values)

    def _whole_number(self, index: int, value: object) -> int | None:
        found = number(value)
        if found is None:
            return None
        whole = value if isinstance(value, int) else round(found)
        return None if abs(whole) > (_LARGEST_INTEGER if index in self._small else 2**63 - 1) else whole


def _text(value: object) -> str:
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    return text.replace("\0", "\u2400")
