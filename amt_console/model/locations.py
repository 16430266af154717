"""Locations: names of the places that monitors probe from, and of each location's series of a service."""

from __future__ import annotations

import re
from collections.abc import Container
from datetime import timedelta

DEFAULT_LOCATION = "default"
"""The location of a monitor that names none."""
LOCATION_PATTERN = r"^[a-z0-9][a-z0-9-]{0,31}$"
FORGOTTEN_AFTER = timedelta(days=1)
"""After this time without a result of a service, its location is no longer listed there."""
_LOCATION = re.compile(LOCATION_PATTERN)


def is_location(text: object) -> bool:
    """Whether this is a valid location name: short, of lower-case letters, digits and hyphens."""
    return isinstance(text, str) and _LOCATION.fullmatch(text) is not None


def series_name(service: str, location: str) -> str:
    """The name of one location's series, kept beside the service's own."""
    return f"{service}@{location}"


def series_of(name: str, services: Container[str]) -> tuple[str, str] | None:
    """Service and location, if ``name`` is a location's series of one of ``services``."""
    service, _, location = name.rpartition("@")
    return (service, location) if service in services and is_location(location) else None
