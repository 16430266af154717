"""Locations: names of the places that monitors probe from, and of what each of them measures of a service."""

from __future__ import annotations

import re
from collections.abc import Container
from datetime import timedelta

DEFAULT_LOCATION = "default"
"""Where a monitor is that names no location."""
LOCATION_PATTERN = r"^[a-z0-9][a-z0-9-]{0,31}$"
FORGOTTEN_AFTER = timedelta(days=1)
"""A location that has measured nothing of a service for so long is no longer told of there."""
_LOCATION = re.compile(LOCATION_PATTERN)


def is_location(text: object) -> bool:
    """Whether this is the name of a location: short, of small letters, digits and hyphens."""
    return isinstance(text, str) and _LOCATION.fullmatch(text) is not None


def series_name(service: str, location: str) -> str:
    """Under which name the results of one location are kept beside those of the service itself."""
    return f"{service}@{location}"


def series_of(name: str, services: Container[str]) -> tuple[str, str] | None:
    """Service and location, if ``name`` is the series that a location has of one of ``services``."""
    service, _, location = name.rpartition("@")
    return (service, location) if service in services and is_location(location) else None
