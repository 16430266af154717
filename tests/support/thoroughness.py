"""How much a test tries: enough to notice a fault in each run, and more on request."""

from __future__ import annotations

from hypothesis import settings

THOROUGH = "thorough"
"""The profile of ``pytest --hypothesis-profile=thorough``."""

settings.register_profile(THOROUGH)


def times(usual: int, thorough: int) -> int:
    """How many examples, or repetitions, of what takes more than two seconds otherwise."""
    return thorough if settings.get_current_profile_name() == THOROUGH else usual
