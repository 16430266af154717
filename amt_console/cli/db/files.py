"""``db backup`` and ``db restore``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from amt_console.cli.audit_row import leave_row
from amt_console.cli.errors import CommandError
from amt_console.cli.exit_codes import ExitCode
from amt_console.cli.printing.output import print_json, print_line, talk
from amt_console.cli.printing.progress_line import ProgressLine
from amt_console.cli.startup.context import Context, get_context
from amt_console.store_url import store_url_is_server
from amt_console.text import byte_size


def backup(
    ctx: typer.Context,
    file: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", help="A new file or a folder.  [the folder 'backups' beside the database]"),
    ] = None,
    keep: Annotated[
        int | None, typer.Option("--keep", metavar="N", min=1, help="In a folder: delete all but the N newest.")
    ] = None,
    json_output: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Back up the database while it is in use. The copy is checked before it gets its name; only you can read it."""
    from amt_console.store import backup as copy_to
    from amt_console.store.upkeep.copies import Copies, backup_into, default_folder

    context = get_context(ctx)
    url = _sqlite_url(context, "pg_dump")
    folder = default_folder(url) if file is None else file
    single = file is not None and not file.is_dir()
    if single and keep is not None:
        raise CommandError("--keep goes with a folder: name one that exists, or leave the file out", ExitCode.USAGE)
    with ProgressLine("pages copied") as line:
        if single:
            done = Copies(copy_to(url, folder, progress=line.show), ())
        else:
            done = backup_into(url, folder, now=context.clock.now(), keep=keep, progress=line.show)
    leave_row(context, "db backup", "database", {"note": str(done.made.resolve()), "removed": len(done.removed)})
    if json_output:
        size = done.made.stat().st_size
        print_json({"file": str(done.made), "bytes": size, "removed": [str(path) for path in done.removed]})
        return
    print_line(str(done.made))
    talk(f"{byte_size(done.made.stat().st_size)}, checked; {len(done.removed)} older removed")


def restore(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The backup.")],
) -> None:
    """Restore a backup. The monitor must be stopped; the previous database is kept beside the restored one."""
    from amt_console.store.upkeep.restore import restore as put_back

    context = get_context(ctx)
    url = _sqlite_url(context, "pg_restore")
    with ProgressLine("pages copied") as line:
        done = put_back(url, file, clock=context.clock, progress=line.show)
    note = {"note": f"from {file.resolve()}", "before": str(done.replaced or "none"), "after": str(done.database)}
    leave_row(context, "db restore", "database", note)
    print_line(str(done.database))
    if done.replaced is not None:
        talk(f"the database that was there lies at {done.replaced}")


def _sqlite_url(context: Context, instead: str) -> str:
    if store_url_is_server(context.store_url):
        raise CommandError(f"the database is on a PostgreSQL server: use {instead} there", ExitCode.USAGE)
    return context.store_url
