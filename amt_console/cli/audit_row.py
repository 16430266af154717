"""The audit row of a command that changes or exports something beside an alert."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from amt_console.cli.printing.output import talk
from amt_console.cli.startup.context import Context


def exported(files: Sequence[Path]) -> dict[str, Any]:
    """The facts of an export: how many files, and where."""
    where = f" in {files[0].parent.resolve()}" if files else ""
    return {"note": f"{len(files)} {'file' if len(files) == 1 else 'files'}{where}"}


def load_early() -> None:
    """Load what ``leave_row`` needs: for a command that waits for another process before."""
    for name in ("operations.actor", "operations.audit_rows", "store.writes"):
        import_module(f"amt_console.{name}")


def leave_row(
    context: Context,
    action: str,
    subject: str,
    detail: Mapping[str, Any] | None = None,
    *,
    store_url: str | None = None,
) -> None:
    """Record what this command has done. The work is done: where no row can be added, stderr says so.

    Args:
        context: Of the command.
        action: What was done, as ``audit list`` shows it.
        subject: What it was done to.
        detail: Further facts; ``before`` and ``after`` of a change.
        store_url: The database; by default that of the command.
    """
    from amt_console.operations.actor import current_actor
    from amt_console.operations.audit_rows import add_row
    from amt_console.store import Store, StoreError, keyring_of

    url = store_url or context.store_url
    try:
        keys = keyring_of(context.settings)
        # Looked at first: to open a database for writing creates or upgrades it.
        Store.open(url, clock=context.clock, read_only=True, keys=keys).close()
        with Store.open(url, clock=context.clock, read_only=False, keys=keys) as store:
            add_row(store, context.clock, current_actor(), action, subject, detail)
    except StoreError as error:
        talk(f"This left no row in the audit: {error}")
