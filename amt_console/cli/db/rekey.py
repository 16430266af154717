"""``db rekey``: encrypt everything with the current data key, or with a new one."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from amt_console.cli.audit_row import leave_row
from amt_console.cli.db.prune import PAUSE
from amt_console.cli.errors import CommandError
from amt_console.cli.exit_codes import ExitCode
from amt_console.cli.printing.output import print_json, print_line, print_wrapped
from amt_console.cli.printing.progress_line import ProgressLine, interruptible
from amt_console.cli.printing.table import PrintedColumn, print_table
from amt_console.cli.startup.context import Context, get_context

if TYPE_CHECKING:
    from amt_console.store import Keyring, Store
    from amt_console.store.encryption.key_source import KeyFile
    from amt_console.store.upkeep.rekey import Rekeyed


def rekey(
    ctx: typer.Context,
    new_key: Annotated[
        bool, typer.Option("--new-key", help="Make a new key first, where the key is data.key in the state folder.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what would be re-encrypted.")] = False,
    json_output: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Encrypt with the current data key what an older one has encrypted. The monitor may run meanwhile.

    Ctrl+c stops between two steps; the next run continues. Exit code 0 done, 65 some values cannot be decrypted.
    """
    from amt_console.store.encryption.key_source import key_file_of

    context = get_context(ctx)
    if not context.settings.encryption.enabled:
        raise CommandError("encryption is off ([encryption] enabled = false): there is nothing to do", ExitCode.USAGE)
    file = key_file_of(context.settings)
    if new_key and file is None:
        raise CommandError(
            "the data key is configured: set the new one there and the old one in [encryption] previous_keys, restart "
            "the monitor, then run 'amt-console db rekey'",
            ExitCode.USAGE,
        )
    if dry_run:
        _count(context, json_output=json_output)
        return
    with ExitStack() as stack:
        if file is not None:
            stack.enter_context(_alone(file))
        with context.open_store(read_only=False) as store:
            _refuse_unusable(store.keys)
            if file is None:
                _refuse_other_key(context, store)
        if new_key and file is not None:
            _rotate(file)
        with context.open_store(read_only=False) as store:
            found, stopped = _rekey(store)
            current = store.keys.current
    if found.done or new_key:
        detail = {
            "note": f"{found.done.total()} values encrypted with the data key {current}",
            "after": dict(found.done),
        }
        leave_row(context, "db rekey", "database", detail)
    _report(found, current, stopped=stopped, json_output=json_output)
    if stopped:
        raise typer.Exit(int(ExitCode.STOPPED))
    if found.lost:
        raise typer.Exit(int(ExitCode.BAD_DATA))


def _count(context: Context, *, json_output: bool) -> None:
    from amt_console.store.upkeep.rekey import left

    with context.open_store() as store:
        _refuse_unusable(store.keys, needs_current=False)
        counts = left(store, store.keys)
    if json_output:
        print_json({"key": store.keys.current, "left": dict(counts)})
    elif counts:
        print_table(
            ("COLUMN", PrintedColumn("VALUES", right=True)), [(name, f"{each:,}") for name, each in counts.items()]
        )
    else:
        print_line("Everything is encrypted with the current data key.")


def _alone(file: KeyFile) -> ExitStack:
    stack = ExitStack()
    try:
        file.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        stack.enter_context(file.locked())
    except BlockingIOError:
        raise CommandError("another 'db rekey' runs; wait for its end", ExitCode.BUSY) from None
    except OSError as error:
        reason = error.strerror or error
        raise CommandError(f"the folder of the data key cannot be used: {reason}", ExitCode.IO) from None
    return stack


def _refuse_unusable(keys: Keyring, *, needs_current: bool = True) -> None:
    broken = [problem for problem in keys.problems if "cannot be" in problem]
    if broken and (needs_current or keys.current is None):
        raise CommandError(f"{broken[0]} Nothing was changed.", ExitCode.BAD_CONFIG)


def _refuse_other_key(context: Context, store: Store) -> None:
    """A running monitor must know the configured key: otherwise it could not read what it still has to send."""
    from amt_console.store import lease_holder
    from amt_console.store.upkeep.writing_key import writing_key

    holder, theirs = lease_holder(context.store_url), writing_key(store)
    if holder is not None and theirs != store.keys.current:
        key = f"the data key {theirs}" if theirs else "no data key"
        raise CommandError(
            f"the running monitor (pid {holder.pid} on {holder.host}) uses {key}, not {store.keys.current}: "
            "restart it with the new key, then run 'amt-console db rekey' again",
            ExitCode.BUSY,
        )


def _rotate(file: KeyFile) -> None:
    try:
        file.rotate()
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or error
        raise CommandError(f"no new data key was made: {reason}", ExitCode.IO) from None


def _rekey(store: Store) -> tuple[Rekeyed, bool]:
    from amt_console.store.upkeep.rekey import Rekeyed, left, rekey

    total, found = left(store, store.keys).total(), Rekeyed()
    with ProgressLine("encrypted") as line, interruptible() as stop:
        for _ in rekey(store, found=found):
            line.show(found.done.total() + found.lost.total(), total, "values")
            if stop.wait(PAUSE):
                break
    return found, stop.is_set()


def _report(found: Rekeyed, current: str | None, *, stopped: bool, json_output: bool) -> None:
    lost: Counter[tuple[str, str]] = found.lost
    if json_output:
        missing = [{"column": column, "key": key, "values": count} for (column, key), count in lost.items()]
        print_json({"key": current, "encrypted": dict(found.done), "lost": missing, "stopped": stopped})
        return
    print_line(f"{found.done.total():,} values encrypted with the data key {current}.")
    for (column, key), count in lost.items():
        why = f"their data key {key} is not here" if " " not in key else f"they are {key}"
        print_wrapped(f"{count:,} values of {column} cannot be decrypted: {why}. They were left as they are.")
    if lost:
        print_wrapped("If you find that key, name it in [encryption] previous_keys and run this again.")
    if stopped:
        print_line("Stopped; run 'amt-console db rekey' again for the rest.")
