"""Activity of the simulated platform: pure functions of a seed and a time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b

_HOUR = 3600.0
_WEEKDAYS = (1.0, 1.08, 1.1, 1.06, 0.96, 0.62, 0.55)
"""Activity by weekday, Monday first: people use a marketing tool on working days."""


def noise(seed: int, name: str, step: int) -> float:
    """A number in [0, 1) that depends only on its arguments, on every machine."""
    digest = blake2b(f"{seed}:{name}:{step}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def smooth_noise(seed: int, name: str, at: float, period: float) -> float:
    """Noise in [0, 1) that changes slowly: interpolated (cosine) between random numbers ``period`` seconds apart."""
    step, rest = divmod(at, period)
    left, right = noise(seed, name, int(step)), noise(seed, name, int(step) + 1)
    weight = (1 - math.cos(math.pi * rest / period)) / 2
    return left + (right - left) * weight


def hour_of_day_activity(hour: float) -> float:
    """Activity over a day, about 0.2 at night to 1.6 in the afternoon; ``hour`` is UTC, 0 to 24."""
    morning = 0.9 * math.exp(-(((hour - 10.5) / 2.6) ** 2))
    afternoon = 1.1 * math.exp(-(((hour - 15.5) / 2.8) ** 2))
    evening = 0.5 * math.exp(-(((hour - 20.5) / 2.0) ** 2))
    return 0.2 + morning + afternoon + evening


def activity(seed: int, at: datetime) -> float:
    """Activity of the platform: about 1 in a week's mean, with a daily and a weekly rhythm and some noise."""
    seconds = at.timestamp()
    hour = (seconds % 86400) / _HOUR
    weekday = at.weekday()
    today, tomorrow = _WEEKDAYS[weekday], _WEEKDAYS[(weekday + 1) % 7]
    week = today + (tomorrow - today) * max(0.0, (hour - 21) / 3)
    weather = 0.9 + 0.2 * smooth_noise(seed, "activity", seconds, 2 * _HOUR)
    return hour_of_day_activity(hour) * week * weather


def last_day_activity(at: datetime) -> float:
    """Activity of the previous 24 hours by weekday: about 1.1 after a working day, 0.6 on a Sunday evening."""
    part = (at.timestamp() % 86400) / 86400
    weekday = at.weekday()
    return _WEEKDAYS[weekday - 1] * (1 - part) + _WEEKDAYS[weekday] * part


def apportion(total: int, weights: Sequence[float]) -> list[int]:
    """Split ``total`` into whole parts in proportion to weights (largest remainder method)."""
    whole = math.fsum(weights)
    shares = [total * weight / whole for weight in weights]
    parts = [int(share) for share in shares]
    by_remainder = sorted(range(len(parts)), key=lambda index: parts[index] - shares[index])
    for index in by_remainder[: total - sum(parts)]:
        parts[index] += 1
    return parts
