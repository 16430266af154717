"""``db``: size, integrity and upkeep of the database."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from amt_console.cli.audit_row import leave_row
from amt_console.cli.db import copy as db_copy
from amt_console.cli.db import files as db_files
from amt_console.cli.db import prune as db_prune
from amt_console.cli.db import rekey as db_rekey
from amt_console.cli.errors import CommandError
from amt_console.cli.exit_codes import ExitCode
from amt_console.cli.printing.output import print_json, print_line, print_wrapped
from amt_console.cli.printing.progress_line import ProgressLine
from amt_console.cli.printing.table import PrintedColumn, print_table
from amt_console.cli.startup.context import get_context
from amt_console.text import byte_size, duration

if TYPE_CHECKING:
    from amt_console.store.upkeep.stats import StoreStats, TableStats

app = typer.Typer(
    help="The database: size, upgrade, retention, backup, restore, copy, check, keys.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.command("prune", epilog="Example: amt-console db prune --dry-run")(db_prune.prune)
app.command("vacuum", epilog="Example: amt-console db vacuum")(db_prune.vacuum)
app.command("copy", epilog="Example: amt-console db copy monitoring.db postgresql+psycopg://amt@db.example/amt")(
    db_copy.copy
)
app.command("backup", epilog="Example: amt-console db backup /var/backups/amt --keep 14")(db_files.backup)
app.command("restore", epilog="Example: amt-console db restore backups/monitoring-20260131T020000Z.db")(
    db_files.restore
)
app.command("rekey", epilog="Example: amt-console db rekey --new-key")(db_rekey.rekey)
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_STATS_COLUMNS = (
    PrintedColumn("TABLE"),
    PrintedColumn("ROWS", right=True),
    PrintedColumn("BYTES", right=True),
    PrintedColumn("OLDEST", spare=1),
    PrintedColumn("NEWEST", spare=3),
    PrintedColumn("KEPT FOR", right=True),
    PrintedColumn("ROWS/DAY", right=True, spare=2),
    PrintedColumn("IN 30 DAYS", right=True),
    PrintedColumn("IN 1 YEAR", right=True),
)


@app.command("stats", epilog="Example: amt-console db stats --json")
def stats(ctx: typer.Context, json_output: JsonOption = False) -> None:
    """Rows, bytes, growth, and the expected size under the current retention."""
    from amt_console.monitor.upkeep.retention_policy import retention_policy
    from amt_console.store.upkeep.stats import stats as read_stats

    context = get_context(ctx)
    with context.open_store() as store:
        found = read_stats(store, retention_policy(context.settings.retention))
    if json_output:
        print_json(_document(found))
    else:
        _show(found)


@app.command("upgrade", epilog="Example: amt-console db upgrade")
def upgrade(ctx: typer.Context) -> None:
    """Create the database, or upgrade an older one after a backup."""
    from amt_console.operations.actor import current_actor
    from amt_console.operations.audit_rows import add_row
    from amt_console.runtime.monitor_process import acquire_lease
    from amt_console.store import SchemaTooOld, StoreUnavailable

    context = get_context(ctx)
    try:
        with context.open_store() as store:
            print_line(f"{store.place} is up to date.")
            return
    except (SchemaTooOld, StoreUnavailable):
        # Older, empty or missing. Opening it for writing reports any other fault.
        lease = acquire_lease(context.store_url)
    with lease, context.open_store(read_only=False) as store:
        before = f" The database as it was: {store.upgraded_from}" if store.upgraded_from else ""
        print_line(f"{store.place} is up to date now.{before}")
        if store.upgraded_from:
            add_row(
                store, context.clock, current_actor(), "db upgrade", "database", {"before": str(store.upgraded_from)}
            )


@app.command("check", epilog="Example: amt-console db check --full")
def check(
    ctx: typer.Context,
    full: Annotated[bool, typer.Option("--full", help="Compare every index with its table, and more rollups.")] = False,
    json_output: JsonOption = False,
) -> None:
    """Check the database and compare rollups with raw rows. Exit code 0 sound, 1 rollups differ, 65 damaged."""
    from amt_console.store.upkeep.integrity import disagreements

    with get_context(ctx).open_store() as store:
        faults = store.check(full=full)
        looked, wrong = (0, []) if faults else disagreements(store, sample=500 if full else 50)
        place = store.place
    if json_output:
        hours = [
            {"service": each.service, "start": each.start.isoformat(), "stored": each.stored, "found": each.found}
            for each in wrong
        ]
        print_json({"database": place, "faults": list(faults), "hours_compared": looked, "hours_that_differ": hours})
    if faults:
        raise CommandError(
            f"{place} is damaged: {'; '.join(faults)}\nRestore a backup with: amt-console db restore FILE",
            ExitCode.BAD_DATA,
        )
    if not json_output:
        print_line(f"{place} is sound; {looked} hours of services were compared with their rows.")
        for each in wrong:
            print_line(
                f"{each.service} {each.start:%Y-%m-%d %H:%M} UTC: stored {each.stored}; its rows say {each.found}"
            )
        if wrong:
            print_line("Rebuild the rollups with: amt-console db rebuild")
    raise typer.Exit(int(ExitCode.WARNING if wrong else ExitCode.OK))


@app.command("rebuild", epilog="Example: amt-console db rebuild --since 7d")
def rebuild(
    ctx: typer.Context,
    since: Annotated[
        str | None, typer.Option("--since", metavar="TIME", help="Start: '7d', '14:00', '2026-01-31'.  [the first row]")
    ] = None,
) -> None:
    """Rebuild the rollups from the raw rows that still exist. The monitor may run meanwhile.

    Rows that other programs wrote count, too: each speaks for the configured interval of its service.
    """
    from amt_console.moments import FIRST_YEAR, parse_moment
    from amt_console.store.upkeep.integrity import rebuild_since

    context = get_context(ctx)
    start = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC) if since is None else parse_moment(since, context.clock.now())
    intervals = {target.name: target.interval for target in context.targets}
    usual = context.settings.check_interval
    with context.open_store(read_only=False) as store, ProgressLine("rebuild") as line:
        parts = 0
        for part in rebuild_since(
            store, start, clock=context.clock, interval_of=lambda name: intervals.get(name, usual)
        ):
            parts = part.total
            line.show(part.done, part.total, part.service)
    note = {"note": f"from {start:%Y-%m-%d %H:%M} UTC, {parts} steps"}
    leave_row(context, "db rebuild", "rollups", note)
    print_line(f"Rebuilt in {parts} steps.")


def _document(found: StoreStats) -> dict[str, Any]:
    return {
        "database": found.place,
        "file_bytes": found.file_bytes,
        "log_bytes": found.log_bytes,
        "free_bytes": found.free_bytes,
        "rows": found.rows,
        "bytes_per_day": round(found.bytes_per_day),
        "forecast_bytes_30_days": round(found.bytes_in(30)),
        "forecast_bytes_1_year": round(found.bytes_in(365)),
        "tables": [
            {
                "name": each.name,
                "rows": each.rows,
                "bytes": each.bytes,
                "oldest": each.oldest.isoformat() if each.oldest else None,
                "newest": each.newest.isoformat() if each.newest else None,
                "keep_seconds": each.keep.total_seconds() if each.keep else None,
                "rows_per_day": round(each.rows_per_day, 1),
                "bytes_per_day": round(each.bytes_per_day),
                "forecast_bytes_30_days": round(each.bytes_in(30)),
                "forecast_bytes_1_year": round(each.bytes_in(365)),
            }
            for each in found.tables
        ],
    }


def _show(found: StoreStats) -> None:
    print_table(_STATS_COLUMNS, [_row(each) for each in found.tables])
    print_line()
    print_wrapped(
        f"{found.place}: {byte_size(found.file_bytes)}, of which {byte_size(found.free_bytes)} are free for new rows; "
        f"write-ahead log {byte_size(found.log_bytes)}"
    )
    print_wrapped(
        f"grows by {byte_size(found.bytes_per_day)} a day before retention; "
        f"{byte_size(found.bytes_in(30))} in 30 days, {byte_size(found.bytes_in(365))} in a year"
    )


def _row(each: TableStats) -> tuple[str, ...]:
    return (
        each.name,
        f"{each.rows:,}",
        byte_size(each.bytes),
        f"{each.oldest:%Y-%m-%d %H:%M}" if each.oldest else "",
        f"{each.newest:%Y-%m-%d %H:%M}" if each.newest else "",
        duration(each.keep.total_seconds()) if each.keep else "ever",
        f"{each.rows_per_day:,.0f}",
        byte_size(each.bytes_in(30)),
        byte_size(each.bytes_in(365)),
    )
