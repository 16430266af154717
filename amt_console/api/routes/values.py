"""Values of the routes for programs: moments, documents, pages."""

# No postponed annotations here: FastAPI reads them.

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Query, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from amt_console.api.problems import RequestError
from amt_console.moments import FIRST_YEAR, LAST_YEAR

PastMoment = Annotated[datetime | None, Query(description="A past moment with an offset; without it, now.")]
Every = Annotated[bool, Query(alias="all", description="Include ended ones.")]


class Page(BaseModel):
    """A part of a list."""

    items: list[dict[str, Any]]
    next: str | None
    """The ``cursor`` of the next page; ``null`` at the end."""


def moment(value: datetime) -> datetime:
    """A moment in UTC. Raises RequestError without an offset, or outside the range of databases."""
    if value.tzinfo is None:
        raise RequestError("invalid", "a moment needs an offset, such as 2026-03-01T21:00:00Z")
    # Compared without the offset first: conversion to UTC fails at both ends of the calendar.
    if not FIRST_YEAR <= value.year < LAST_YEAR:
        raise RequestError("invalid", f"a moment lies between the years {FIRST_YEAR} and {LAST_YEAR}")
    return value.astimezone(UTC)


def moment_or_now(value: datetime | None) -> datetime | None:
    """``moment`` of a parameter; ``None`` for now."""
    return None if value is None else moment(value)


def json_response(document: Any) -> Response:
    """A document of ``operations.json_views``."""
    return JSONResponse(document)


def json_page(items: Sequence[dict[str, Any]], following: str | None = None) -> Response:
    """The items of one page."""
    return JSONResponse({"items": list(items), "next": following})
