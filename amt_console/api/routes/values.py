"""Values of the routes for programs: moments, documents, pages."""

# No postponed annotations here: FastAPI reads them.

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Depends, Query, Request, Response
from fastapi.responses import JSONResponse

from amt_console.api.paging import MAX_CURSOR_CHARS, MOST_LIMIT, USUAL_LIMIT, PageRequest
from amt_console.api.problems import RequestError
from amt_console.api.routes.access import Serving
from amt_console.moments import FIRST_YEAR, LAST_YEAR, MomentError, parse_moment

_WRITTEN = "ISO 8601 with an offset, or `-2h`, `7d`, `14:30`, `yesterday 09:00` (UTC)"
PastMoment = Annotated[datetime | None, Query(description="A past moment with an offset; without it, now.")]
TextMoment = Annotated[str | None, Query(max_length=64, description=f"A past moment: {_WRITTEN}; without it, now.")]
Since = Annotated[str | None, Query(max_length=64, description=f"Its beginning: {_WRITTEN}.")]
Until = Annotated[str | None, Query(max_length=64, description=f"Its end: {_WRITTEN}; by default now.")]
Every = Annotated[bool, Query(alias="all", description="Include ended ones.")]


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


def text_moment(text: str | None, now: datetime, name: str = "at") -> datetime | None:
    """A moment as programs and people write it; ``None`` without one. Raises RequestError."""
    if text is None:
        return None
    try:
        written = datetime.fromisoformat(text)
    except ValueError:
        try:
            return parse_moment(text, now, zone=UTC)
        except MomentError as error:
            raise RequestError("invalid", f"{name}: {error}") from None
    return moment(written)


async def _paging(
    request: Request,
    serving: Serving,
    limit: Annotated[int, Query(ge=1, le=MOST_LIMIT, description="At most this many items.")] = USUAL_LIMIT,
    cursor: Annotated[
        str | None, Query(max_length=MAX_CURSOR_CHARS, description="`next` of the page before, with the same filters.")
    ] = None,
) -> PageRequest:
    return PageRequest.of(serving.cursors, request.url.path, request.query_params.multi_items(), limit, cursor)


Paged = Annotated[PageRequest, Depends(_paging)]
"""The wanted page of a list."""


def json_response(document: Any) -> Response:
    """A document of ``operations.json_views``."""
    return JSONResponse(document)
