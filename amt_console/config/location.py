"""From which location this process probes."""

from __future__ import annotations

import os
from collections.abc import Mapping

from amt_console.config.faults import ConfigError, Fault, Refused
from amt_console.config.sections.scalars import location_name
from amt_console.config.settings import Settings
from amt_console.paths import LOCATION_VARIABLE
from amt_console.text import safe_text

LOCATION_OPTION = "--location"


def location_of(
    settings: Settings, *, override: str | None = None, env: Mapping[str, str] = os.environ
) -> tuple[str, str] | None:
    """The location and where it is named: ``override``, ``$AMT_LOCATION``, the configuration; ``None`` if nowhere.

    Raises:
        ConfigError: It is no name of a location.
    """
    for place, given in ((LOCATION_OPTION, override), (LOCATION_VARIABLE, env.get(LOCATION_VARIABLE) or None)):
        if given is not None:
            try:
                return location_name(given), place
            except Refused as error:
                raise ConfigError((Fault(place, str(error), repr(safe_text(given, 80))),)) from None
    return None if settings.location is None else (settings.location, "location")
