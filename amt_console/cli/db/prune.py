"""``db prune`` and ``db vacuum``: delete expired rows and reclaim space."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from amt_console.cli.audit_row import leave_row
from amt_console.cli.errors import CommandError
from amt_console.cli.exit_codes import ExitCode
from amt_console.cli.printing.output import print_json, print_line
from amt_console.cli.printing.progress_line import ProgressLine, interruptible
from amt_console.cli.printing.table import PrintedColumn, print_table
from amt_console.cli.startup.context import Context, get_context
from amt_console.store_url import store_url_is_server
from amt_console.text import byte_size

if TYPE_CHECKING:
    from amt_console.store import Store

PAUSE = 0.01
"""Seconds between two steps, so that a monitor can write."""
LOG_BYTES = 4 * 1024 * 1024
STOPPED = 130


def prune(
    ctx: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what would be deleted.")] = False,
    json_output: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Delete expired rows, as the monitor does every hour. Ctrl+c stops between two steps."""
    from amt_console.monitor.upkeep.retention_policy import retention_policy
    from amt_console.store.upkeep.retention import expired

    context = get_context(ctx)
    policy = retention_policy(context.settings.retention)
    if dry_run:
        with context.open_store() as store:
            found = expired(store, policy, context.clock.now())
        if json_output:
            print_json([{"what": e.what, "before": e.before.isoformat(), "rows": e.rows} for e in found])
        else:
            rows = [(e.what, f"{e.before:%Y-%m-%d}", f"{e.rows:,}") for e in found]
            print_table(("WHAT", "OLDER THAN", PrintedColumn("ROWS TO DELETE", right=True)), rows)
        return
    with context.open_store(read_only=False) as store:
        deleted, stopped = _prune(context, store)
    if deleted:
        note = f"{sum(deleted.values())} rows deleted"
        leave_row(
            context, "db prune", "database", {"note": note, "before": deleted, "after": dict.fromkeys(deleted, 0)}
        )
    if json_output:
        print_json({"deleted": deleted, "stopped": stopped})
    else:
        if deleted:
            counts = [(what, f"{rows:,}") for what, rows in deleted.items()]
            print_table(("WHAT", PrintedColumn("ROWS DELETED", right=True)), counts)
        else:
            print_line("Nothing has expired.")
    if stopped:
        raise typer.Exit(STOPPED)


def vacuum(
    ctx: typer.Context,
    full: Annotated[bool, typer.Option("--full", help="Rewrite the whole file; only while no monitor runs.")] = False,
) -> None:
    """Return the space of deleted rows to the disk, in short steps beside a running monitor."""
    from amt_console.store.upkeep.vacuum import give_back, rewrite

    context = get_context(ctx)
    if full:
        done = rewrite(context.store_url, clock=context.clock)
        _leave_vacuum_row(context, "rewritten", done.before, done.after)
        print_line(f"{byte_size(done.before)} before, {byte_size(done.after)} now.")
        return
    if store_url_is_server(context.store_url):
        raise CommandError("PostgreSQL vacuums by itself; there is nothing to do here", ExitCode.USAGE)
    with context.open_store(read_only=False) as store, ProgressLine("vacuum") as line, interruptible() as stop:
        before = left = store.free_bytes()
        for left in give_back(store):
            line.show(before - left, before, "bytes")
            _keep_log_short(store)
            if stop.wait(PAUSE):
                break
        store.checkpoint(truncate=True)
    _leave_vacuum_row(context, "free space returned to the disk", before, left)
    print_line(f"{byte_size(before - left)} returned to the disk, {byte_size(left)} still free for new rows.")
    if left and left == before:
        print_line("This file cannot shrink in steps: stop the monitor and run 'amt-console db vacuum --full'.")
    if stop.is_set():
        raise typer.Exit(STOPPED)


def _leave_vacuum_row(context: Context, note: str, before: int, after: int) -> None:
    """``before`` and ``after`` are bytes: of the file, or free in it."""
    leave_row(context, "db vacuum", "database", {"note": note, "before": {"bytes": before}, "after": {"bytes": after}})


def _prune(context: Context, store: Store) -> tuple[dict[str, int], bool]:
    from amt_console.monitor.upkeep.retention_policy import retention_policy
    from amt_console.store.upkeep.retention import Retention

    run = Retention(store, retention_policy(context.settings.retention), clock=context.clock)
    with ProgressLine("deleted") as line, interruptible() as stop:
        while (step := run.step()) is not None:
            line.show(sum(run.deleted.values()), None, step.what)
            _keep_log_short(store)
            if stop.wait(PAUSE):
                break
    return run.deleted, stop.is_set()


def _keep_log_short(store: Store) -> None:
    if store.log_bytes() > LOG_BYTES:
        store.checkpoint()
