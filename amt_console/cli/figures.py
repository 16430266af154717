"""``figures``: what is read from the platform's answers, without a database."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from amt_console.cli.errors import CommandError
from amt_console.cli.exit_codes import ExitCode
from amt_console.cli.printing.output import ascii_only, print_json, print_line, talk
from amt_console.cli.printing.table import PrintedColumn, print_table
from amt_console.cli.startup.context import get_context
from amt_console.clock import SystemClock
from amt_console.model import DEFAULT_MAX_BODY_BYTES, Figure, FigureKind, FigureSources, Service
from amt_console.text import MISSING, public_url, safe_text

if TYPE_CHECKING:
    from amt_console.config import Settings
    from collectors.figures.reader import Reading

app = typer.Typer(
    help="The platform's figures: what is read from its answers.", no_args_is_help=True, rich_markup_mode=None
)
SECONDS = 10.0
MAX_BYTES = 8 * DEFAULT_MAX_BODY_BYTES
ANSWER_LINES = 40
LIST_ENTRIES = 2
"""So many elements of a list are shown; the others look alike."""
ENTRIES = 3
_COLUMNS = (
    PrintedColumn("FIGURE"),
    PrintedColumn("VALUE", right=True),
    PrintedColumn("UNIT", spare=1),
    PrintedColumn("PATH", spare=2),
    PrintedColumn("REMARK", text=True),
)


@dataclass(frozen=True, slots=True)
class AnswerSource:
    """Where an answer comes from."""

    name: str
    """A URL without secrets, or the path of a file."""
    kind: FigureKind | None
    """``None``: the kind of which most figures are found."""
    service: Service | None = None
    file: Path | None = None


@dataclass(frozen=True, slots=True)
class FiguresAnswer:
    """What came from a source, and what was read from it."""

    source: AnswerSource
    kind: FigureKind
    body: bytes | None
    readings: tuple[Reading, ...]
    error: str | None = None
    """Why there is no answer."""


@app.command("test", epilog="Example: amt-console figures test http://localhost:5000/api/analytics/revenue")
def show_figures(
    ctx: typer.Context,
    place: Annotated[
        str | None,
        typer.Argument(
            metavar="[URL|FILE]",
            help="An endpoint, the API's base URL, or a file with an answer ('-' for stdin). By default the configured "
            "endpoints.",
        ),
    ] = None,
    kind: Annotated[
        FigureKind | None, typer.Option("--kind", help="What the answer holds; else it is guessed.")
    ] = None,
    json_output: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show each figure with its value, where it stands and what looks wrong.

    Exit code 0, 65 where a figure looks wrong, 69 where nothing can be read.
    """
    settings = get_context(ctx).settings
    sources = list(_sources(settings, place, kind))
    if not sources:
        wanted = f"with {kind} figures" if kind else "with figures"
        raise CommandError(f"no endpoint {wanted} is configured: name a URL or a file", ExitCode.UNAVAILABLE)
    answers = asyncio.run(_answers(sources, settings.figures.sources()))
    if json_output:
        print_json([_row(answer, reading) for answer in answers for reading in answer.readings])
    else:
        for answer in answers:
            _print(answer)
    figures = [reading.figure for answer in answers for reading in answer.readings]
    wrong = sum(figure.suspect is not None for figure in figures)
    read = sum(figure.value is not None for figure in figures)
    if not json_output:
        talk(f"{read} of {len(figures)} figures read, {wrong} suspect")
    if wrong:
        raise typer.Exit(int(ExitCode.BAD_DATA))
    if not read:
        raise typer.Exit(int(ExitCode.UNAVAILABLE))


def _sources(settings: Settings, place: str | None, kind: FigureKind | None) -> Iterator[AnswerSource]:
    """The answers to look at. Raises ConfigError for a secret that cannot be resolved."""
    from amt_console.config import targets

    if place is not None and not place.startswith(("http://", "https://")):
        yield AnswerSource(place, kind, file=Path(place))
        return
    configured = [target for target in targets(settings) if isinstance(target, Service) and target.figures]
    if place is None:
        for service in configured:
            if kind in (None, service.figures):
                yield AnswerSource(public_url(service.url), service.figures, service)
        return
    known = {service.url: service for service in configured}
    for url, found in _endpoints(place, kind):
        service = known.get(url) or Service("figures", url, max_body_bytes=MAX_BYTES)
        yield AnswerSource(public_url(url), found or service.figures, service)


def _endpoints(url: str, kind: FigureKind | None) -> list[tuple[str, FigureKind | None]]:
    """The endpoint of a URL; of an API's base URL all four, or that of the kind."""
    from urllib.parse import urlsplit

    from amt_console.config.defaults import DEFAULT_SERVICES

    routes = {service.route: service.figures for service in DEFAULT_SERVICES if service.figures is not None}
    path = urlsplit(url).path.rstrip("/")
    if not path:
        base = url.rstrip("/")
        return [(base + route, found) for route, found in routes.items() if kind in (None, found)]
    guessed = next((found for route, found in routes.items() if path.endswith(route)), None)
    return [(url, kind or guessed)]


async def _answers(sources: Sequence[AnswerSource], places: FigureSources) -> list[FiguresAnswer]:
    from collectors.http.collector import HttpCollector

    collector = HttpCollector(clock=SystemClock())

    async def fetch(source: AnswerSource) -> FiguresAnswer:
        body, error = None, None
        if source.service is not None:
            kind = source.kind or FigureKind.OVERVIEW
            result = await collector.probe(replace(source.service, figures=kind, timeout=SECONDS, interval=2 * SECONDS))
            body, error = result.body, result.error
        elif source.file is not None:
            body, error = await asyncio.to_thread(_file, source.file)
        return await asyncio.to_thread(_read, source, body, error, places)

    try:
        return list(await asyncio.gather(*map(fetch, sources)))
    finally:
        await collector.aclose()


def _file(path: Path) -> tuple[bytes | None, str | None]:
    try:
        if str(path) == "-":
            return sys.stdin.buffer.read(MAX_BYTES), None
        with path.open("rb") as file:
            return file.read(MAX_BYTES), None
    except (OSError, ValueError) as error:
        return None, f"cannot be read: {error.strerror if isinstance(error, OSError) else error}"


def _read(source: AnswerSource, body: bytes | None, error: str | None, places: FigureSources) -> FiguresAnswer:
    from collectors.figures.catalogue import FIGURE_SPECS
    from collectors.figures.reader import Reading, read_answer

    if body is None:
        kind, reason = source.kind or FigureKind.OVERVIEW, safe_text(error or "no answer")
        readings = tuple(Reading(spec.name, Figure(None, reason, str(spec.unit))) for spec in FIGURE_SPECS[kind])
        return FiguresAnswer(source, kind, None, readings, reason)
    kinds = [source.kind] if source.kind is not None else list(FigureKind)
    found = {kind: read_answer(kind, body, sources=places) for kind in kinds}
    kind = max(kinds, key=lambda each: sum(reading.figure.value is not None for reading in found[each]))
    return FiguresAnswer(source, kind, body, found[kind])


def _row(answer: FiguresAnswer, reading: Reading) -> dict[str, Any]:
    figure = reading.figure
    value = figure.value
    return {
        "kind": answer.kind.value,
        "name": reading.name,
        "value": [{"label": label, "value": number} for label, number in value] if isinstance(value, tuple) else value,
        "unit": figure.unit,
        "path": reading.path,
        "missing": figure.reason if value is None else None,
        "suspect": figure.suspect,
    }


def _print(answer: FiguresAnswer) -> None:
    known = answer.source.kind or (answer.kind if answer.error is None else None)
    print_line(f"{known.upper() if known else 'ANSWER'}: {safe_text(answer.source.name)}")
    if answer.error is not None:
        print_line(f"  {answer.error}")
        print_line()
        return
    for line in _shown_answer(answer.body or b""):
        print_line(f"  {line}")
    print_line()
    rows = [
        (reading.name, _value(reading.figure), reading.figure.unit or "", reading.path or "", _remark(reading.figure))
        for reading in answer.readings
    ]
    styles = ["yellow" if reading.figure.suspect else None for reading in answer.readings]
    print_table(_COLUMNS, rows, styles=styles)
    print_line()


def _shown_answer(body: bytes) -> Iterator[str]:
    """The answer for a person: JSON laid out, with long lists cut short; anything else as it is."""
    try:
        text = json.dumps(_shortened(json.loads(body)), indent=2, ensure_ascii=ascii_only(), default=str)
    except (ValueError, RecursionError):
        text = body.decode("utf-8", "replace")
    lines = text.splitlines()
    yield from (safe_text(line, 160) for line in lines[:ANSWER_LINES])
    if len(lines) > ANSWER_LINES:
        yield f"... {len(lines) - ANSWER_LINES} more lines"


def _shortened(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _shortened(item) for key, item in value.items()}
    if isinstance(value, list):
        more = [f"... {len(value) - LIST_ENTRIES} more"] if len(value) > LIST_ENTRIES else []
        return [*map(_shortened, value[:LIST_ENTRIES]), *more]
    return value


def _value(figure: Figure) -> str:
    value = figure.value
    if value is None:
        return "-" if ascii_only() else MISSING
    if isinstance(value, tuple):
        return _entries(value)
    return f"{value:,.10g}"


def _entries(pairs: Iterable[tuple[str, float]]) -> str:
    shown = [f"{label} {number:,.10g}" for label, number in pairs]
    more = f", {len(shown) - ENTRIES} more" if len(shown) > ENTRIES else ""
    return ", ".join(shown[:ENTRIES]) + more


def _remark(figure: Figure) -> str:
    if figure.suspect is not None:
        return f"suspect: {figure.suspect}"
    return figure.reason or ""
