"""The rotas over a period, for people to look at."""

from __future__ import annotations

from datetime import datetime
from itertools import islice

from amt_console.alerts.policy.coverage import gaps, unreachable
from amt_console.alerts.policy.rota import next_shift, on_call, shifts_from
from amt_console.model.oncall import OnCall, OncallPlan, RotaPlan
from amt_console.model.policy import Policies, Rota

MOST_SHIFTS = 2000
"""Shifts of one rota that are listed at most, the earliest ones; turns may be as short as a second."""


def on_call_at(policies: Policies, at: datetime) -> tuple[OnCall, ...]:
    """Who is on call at a moment, rota by rota."""
    return tuple(_now(rota, at) for rota in policies.rotas.values())


def _now(rota: Rota, at: datetime) -> OnCall:
    shift = on_call(rota, at)
    if shift is not None:
        return OnCall(rota.name, shift.person, shift.ends_at)
    following = next_shift(rota, at)
    return OnCall(rota.name, None, None if following is None else following.starts_at)


def oncall_plan(policies: Policies, at: datetime, start: datetime, end: datetime) -> OncallPlan:
    """Who is on call at a moment and in ``[start, end)``, what is not covered, and who cannot be reached.

    ``policies`` contains the overrides that people added, also those that ended a while before ``start``.
    """
    rotas = tuple(_rota_plan(rota, at, start, end) for rota in policies.rotas.values())
    return OncallPlan(at, start, end, rotas, unreachable(policies, at))


def _rota_plan(rota: Rota, at: datetime, start: datetime, end: datetime) -> RotaPlan:
    return RotaPlan(
        name=rota.name,
        zone=rota.zone.key,
        shifts=tuple(islice(shifts_from(rota, start, end), MOST_SHIFTS)),
        gaps=gaps(rota, start, end),
        now=on_call(rota, at),
        next=next_shift(rota, at),
    )
