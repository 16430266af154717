"""The answer to an instant query of Prometheus' HTTP API, as values by the labels of their series."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from amt_console.model import MAIN_VALUE, MAX_LABEL_CHARS, MAX_VALUES, ErrorClass, Value
from amt_console.text import safe_text
from collectors.network.fault import ProbeFault

_SHOWN_CHARS = 160
_HASH_CHARS = 8


@dataclass(frozen=True, slots=True)
class QueryValues:
    """The values of one query."""

    values: dict[str, Value] = field(default_factory=dict)
    left_out: int = 0
    """Series beyond ``MAX_VALUES``."""
    not_numbers: int = 0
    """Series that are NaN or infinite at the moment."""
    warnings: tuple[str, ...] = ()


def read_answer(status: int, body: bytes, unit: str | None) -> QueryValues:
    """Read an answer.

    Args:
        status: The HTTP status.
        body: The whole body.
        unit: Of the values.

    Raises:
        ProbeFault: The query failed, or this is no Prometheus.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict) or document.get("status") not in ("success", "error"):
        raise ProbeFault(ErrorClass.HTTP_STATUS, f"status {status}, and the answer is not that of a Prometheus API")
    if document["status"] == "error" or status != 200:
        kind, said = (safe_text(str(document.get(key) or ""), _SHOWN_CHARS) for key in ("errorType", "error"))
        raise ProbeFault(ErrorClass.QUERY_FAILED, f"the query failed: {kind or status}: {said}")
    data = document.get("data")
    data = data if isinstance(data, dict) else {}
    warnings = document.get("warnings")
    noted = tuple(safe_text(str(each), _SHOWN_CHARS) for each in warnings[:3]) if isinstance(warnings, list) else ()
    return _series(data.get("resultType"), data.get("result"), unit, noted)


def _series(kind: Any, result: Any, unit: str | None, warnings: tuple[str, ...]) -> QueryValues:
    if kind == "scalar":
        pairs: list[tuple[dict[str, Any], Any]] = [({}, result)]
    elif kind == "vector" and isinstance(result, list):
        pairs = [(each.get("metric") or {}, each.get("value")) for each in result if isinstance(each, dict)]
    else:
        word = safe_text(str(kind), 40)
        raise ProbeFault(ErrorClass.QUERY_FAILED, f"the query gives a {word}; it must give one value a series")
    values: dict[str, Value] = {}
    not_numbers = left_out = 0
    for labels, point in sorted(pairs, key=lambda pair: series_label(pair[0])):
        number = _number(point)
        if number is None:
            not_numbers += 1
        elif len(values) >= MAX_VALUES:
            left_out += 1
        else:
            values[series_label(labels)] = Value(number, unit)
    return QueryValues(values, left_out, not_numbers, warnings)


def series_label(labels: Mapping[str, Any]) -> str:
    """``instance=db1:9100,job=node``, by name and without the name of the metric; what is too long ends in a hash."""
    text = ",".join(f"{name}={labels[name]}" for name in sorted(labels) if name != "__name__")
    shown = safe_text(text) if text else MAIN_VALUE
    if len(shown) > MAX_LABEL_CHARS:
        digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:_HASH_CHARS]
        shown = f"{shown[: MAX_LABEL_CHARS - _HASH_CHARS - 1]}~{digest}"
    return shown


def _number(point: Any) -> float | None:
    try:
        value = float(point[1])
    except (TypeError, ValueError, IndexError, KeyError):
        return None
    return value if math.isfinite(value) else None
