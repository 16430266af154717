"""``export metrics``: single measurements as CSV or JSON Lines."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from amt_console.cli.audit_row import exported, leave_row
from amt_console.cli.errors import CommandError
from amt_console.cli.exit_codes import ExitCode
from amt_console.cli.export.options import Hours, Since, Until, Zone, window
from amt_console.cli.printing.output import print_line, talk, to_nowhere, unwritten
from amt_console.cli.printing.progress_bar import shown_progress
from amt_console.cli.startup.context import get_context
from amt_console.operations.audit_rows import EXPORT

if TYPE_CHECKING:
    from amt_console.operations.protocol import Progress

EPILOG = "Example: amt-console export metrics --format jsonl --since 7d --kind service --out - | gzip > week.jsonl.gz"


class Format(StrEnum):
    """The forms of metrics."""

    CSV = "csv"
    JSONL = "jsonl"


class KindOption(StrEnum):
    """What metrics are about."""

    SERVICE = "service"
    HOST = "host"
    FIGURE = "figure"
    ALERT = "alert"


def metrics(
    ctx: typer.Context,
    hours: Hours = None,
    since: Since = None,
    until: Until = None,
    form: Annotated[Format, typer.Option("--format", help="CSV, or one JSON object a line.")] = Format.CSV,
    kinds: Annotated[
        list[KindOption] | None,
        typer.Option(
            "--kind", metavar=f"<{'|'.join(KindOption)}>", help="Only points about this; may be repeated.  [all]"
        ),
    ] = None,
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR|FILE|-", help="Folder for metrics.csv, a file, or - for stdout.")
    ] = Path("exports"),
    zone: Zone = None,
) -> None:
    """Write every measurement of services, host, figures and alerts: time, kind, name, metric, value, unit.

    Raw rows where they exist; hourly or daily sums (metrics with :1h or :1d) where retention has deleted them. Times
    are in UTC unless --zone names another zone.
    """
    from amt_console.reports.metrics.points import PointKind
    from amt_console.reports.metrics.writing import whole_file, write_points
    from amt_console.reports.times import zone_of

    length, end = window(ctx, hours, since, until, zone, any_length=True)
    context = get_context(ctx)
    stop = context.clock.now() if end is None else end
    try:
        start = stop - timedelta(hours=length)
    except OverflowError:
        raise CommandError(f"{length:g} hours reach too far back", ExitCode.USAGE) from None
    wanted = tuple(PointKind(kind.value) for kind in kinds or KindOption)
    shown = zone_of(zone or "UTC")
    path = None if str(out) == "-" else out if out.suffix in (".csv", ".jsonl") else out / f"metrics.{form.value}"
    with context.open_store(read_only=True) as store, shown_progress(context.clock) as progress, store.read() as reads:
        from amt_console.reports.metrics.points import points

        found = points(reads, start, stop, wanted, done=_done(progress, start, stop))
        with _told(path):
            if path is None:
                written = write_points(found, form.value, shown, sys.stdout.buffer.write)
                sys.stdout.flush()
            else:
                with whole_file(path) as file:
                    written = write_points(found, form.value, shown, file.write)
    leave_row(context, EXPORT, "metrics", {"note": "stdout"} if path is None else exported([path]))
    if not written:
        local = (start.astimezone(shown), stop.astimezone(shown))
        talk(f"no data between {local[0]:%Y-%m-%d %H:%M %Z} and {local[1]:%Y-%m-%d %H:%M %Z}")
    if path is not None:
        print_line(str(path))


def _done(progress: Progress, start: datetime, end: datetime) -> Callable[[datetime, datetime], None]:
    total = max(1, round((end - start).total_seconds()))

    def tell(since: datetime, until: datetime) -> None:
        progress("metrics", min(total, round((since - start).total_seconds())), total)

    return tell


@contextmanager
def _told(path: Path | None) -> Iterator[None]:
    """What keeps the output from being written, in words; a reader that has gone is no fault."""
    try:
        yield
    except BrokenPipeError:
        to_nowhere(sys.stdout)
        raise typer.Exit from None
    except OSError as error:
        if path is None:
            raise unwritten(error) from error
        raise CommandError(f"cannot write {path}: {error.strerror or error}", ExitCode.IO) from error
