"""Past incidents of the simulated platform: chosen by the seed, spread over the history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from random import Random

AFTERNOON_HOUR = 13
QUIET_BEFORE_END = timedelta(hours=2)
"""The newest period is free of incidents, so that alerts on a fresh console are real."""


class PastKind(StrEnum):
    """The kind of an incident."""

    API_DOWN = "api-down"
    SLOW_CHAT = "slow-chat"
    WEB_500 = "web-500"
    MOBILE_BLIP = "mobile-blip"
    """One failed probe; the re-check a second later is good."""
    CPU_SPIKE = "cpu-spike"


@dataclass(frozen=True, slots=True)
class PastIncident:
    """One incident, from ``start`` until just before ``end``."""

    kind: PastKind
    start: datetime
    end: datetime


def plan_incidents(seed: int, start: datetime, end: datetime) -> tuple[PastIncident, ...]:
    """The incidents between two moments, oldest first; those that do not fit are left out."""
    chance = Random(f"{seed}:incidents")
    span = end - start

    def at(share: float) -> datetime:
        moment = start + span * (share + chance.uniform(-0.02, 0.02))
        return moment.replace(second=0, microsecond=0)

    planned = [
        _lasting(PastKind.WEB_500, at(0.13), 3),
        _lasting(PastKind.API_DOWN, at(0.35), 6),
        _lasting(PastKind.MOBILE_BLIP, at(0.48), 1),
        _slow_chat(at(0.62), start, end),
        _lasting(PastKind.CPU_SPIKE, at(0.8), 14),
    ]
    return tuple(each for each in planned if each.start > start and each.end < end - QUIET_BEFORE_END)


def _slow_chat(near: datetime, start: datetime, end: datetime) -> PastIncident:
    """An afternoon of slow answers; at another hour if no afternoon fits."""
    afternoon = near.replace(hour=AFTERNOON_HOUR, minute=20)
    fits = start < afternoon and afternoon + timedelta(hours=4) < end
    return _lasting(PastKind.SLOW_CHAT, afternoon if fits else near, 100)


def _lasting(kind: PastKind, start: datetime, minutes: float) -> PastIncident:
    return PastIncident(kind, start, start + timedelta(minutes=minutes))
