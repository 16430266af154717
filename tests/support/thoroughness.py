"""How much a test tries: enough to notice a fault in each run, and more on request."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

USUAL = "usual"
THOROUGH = "thorough"
"""The profile of ``pytest --hypothesis-profile=thorough``."""

# Hypothesis gives each example 200 ms, which a busy machine can take for any.
settings.register_profile(USUAL, parent=settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile(THOROUGH, parent=settings.get_profile(USUAL))
settings.load_profile(USUAL)


def times(usual: int, thorough: int) -> int:
    """How many examples, or repetitions, of what takes more than two seconds otherwise."""
    return thorough if settings.get_current_profile_name() == THOROUGH else usual
