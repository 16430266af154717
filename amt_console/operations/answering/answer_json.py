"""JSON of the answers to questions, for the API. Its keys are the names of the fields."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from amt_console.model import AlertView
from amt_console.model.notifications import Delivery
from amt_console.model.policy import Silence
from amt_console.operations.json_views import alert_json, iso, silence_json
from amt_console.operations.notification_json import delivery_json

_SHARED: Mapping[type[Any], Callable[[Any], dict[str, Any]]] = {
    AlertView: alert_json,
    Delivery: delivery_json,
    Silence: silence_json,
}
"""What other documents hold as well looks the same in all of them."""


def answer_json(value: Any) -> Any:
    """An answer or a part of one; ``null`` for a number that is not finite."""
    if (view := _SHARED.get(type(value))) is not None:
        return view(value)
    if is_dataclass(value):
        return {field.name: answer_json(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {answer_json(key): answer_json(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [answer_json(item) for item in value]
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, Enum):
        return value.value
    return None if isinstance(value, float) and not math.isfinite(value) else value
