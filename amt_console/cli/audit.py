"""``audit``: who did what."""

from __future__ import annotations

import json
from datetime import UTC
from typing import TYPE_CHECKING, Annotated

import typer

from amt_console.cli.audit_row import leave_row
from amt_console.cli.errors import CommandError
from amt_console.cli.exit_codes import ExitCode
from amt_console.cli.printing.output import print_json, print_line
from amt_console.cli.printing.table import PrintedColumn, print_table
from amt_console.cli.startup.context import get_context
from amt_console.operations.audit_rows import EXPORT
from amt_console.text import safe_text

if TYPE_CHECKING:
    from amt_console.model import AuditEntry

app = typer.Typer(help="Read who did what, and check it.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def audit() -> None:
    """Read who did what, and check it."""


@app.command("list", epilog="Example: amt-console audit list --since 7d --json")
def list_entries(
    ctx: typer.Context,
    since: Annotated[str | None, typer.Option("--since", metavar="TIME", help="Since then, e.g. '24h'.")] = None,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, max=100_000, help="At most this many.")] = 200,
    json_output: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """What people did, newest first: who, from where, and what the caller claims about itself."""
    from amt_console.moments import parse_moment
    from amt_console.operations.history.audit_words import origin, words_of
    from amt_console.operations.record_json import audit_json
    from amt_console.store import audit_entries

    context = get_context(ctx)
    moment = parse_moment(since, context.clock.now()) if since else None
    with context.open_store() as store, store.read() as reads:
        found = audit_entries(reads, since=moment, limit=limit)
    if json_output:
        print_json([audit_json(entry) for entry in found])
        return
    if not found:
        print_line("the audit trail is empty")
        return
    print_table(
        (
            "AT",
            "WHO",
            "DID",
            "WHAT",
            PrintedColumn("HOW", spare=1),
            PrintedColumn("CLAIMS", spare=2),
            PrintedColumn("NOTE", text=True),
        ),
        [
            (
                f"{entry.at.astimezone():%Y-%m-%d %H:%M:%S}",
                entry.actor,
                entry.action,
                entry.subject,
                origin(entry),
                _claims(entry),
                safe_text(words_of(entry), 100),
            )
            for entry in found
        ],
    )


@app.command("export", epilog="Example: amt-console audit export --since 30d > audit.jsonl")
def export(
    ctx: typer.Context,
    since: Annotated[
        str | None, typer.Option("--since", metavar="TIME", help="Since then, e.g. '30d'.  [the beginning]")
    ] = None,
) -> None:
    """Write the audit trail to stdout as JSON Lines, oldest first, with every stored value and the hashes."""
    from amt_console.moments import parse_moment
    from amt_console.store.audit import all_entries

    context = get_context(ctx)
    moment = parse_moment(since, context.clock.now()) if since else None
    with context.open_store() as store, store.read() as reads:
        for entry in all_entries(reads, since=moment):
            document = {
                "id": entry.id,
                "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
                "actor": entry.actor,
                "action": entry.action,
                "subject": entry.subject,
                "detail": dict(entry.detail),
                "previous": entry.previous,
                "hash": entry.hash,
            }
            print_line(json.dumps(document))
    leave_row(context, EXPORT, "audit", {"note": f"since {since}" if since else "stdout"})


@app.command("verify", epilog="Example: amt-console audit verify --json")
def verify_chain(
    ctx: typer.Context, json_output: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False
) -> None:
    """Verify the hash chain: no row was changed, removed or moved. Exit code 65 with the first bad row if one was."""
    from amt_console.store.audit import verify

    with get_context(ctx).open_store() as store, store.read() as reads:
        found = verify(reads)
    fault = found.fault
    if json_output:
        print_json(
            {
                "ok": fault is None,
                "entries": found.rows,
                "first": found.first,
                "last": found.last,
                "head": found.head,
                "sealed": found.sealed,
                "unknown_keys": list(found.unknown_keys),
                "bad": None if fault is None else {"id": fault.id, "reason": fault.reason},
            }
        )
    elif not found.rows:
        print_line("the audit trail is empty")
    elif fault is None:
        sealed = f"{found.sealed} of them sealed"
        rows = "1 row" if found.rows == 1 else f"{found.rows} rows"
        print_line(f"{rows} verified ({found.first} to {found.last}), {sealed}; head {found.head}")
        for key_id in found.unknown_keys:
            print_line(f"Seals of the data key {key_id} cannot be checked: the key is missing.")
    if fault is not None:
        raise CommandError(f"the audit trail is broken at row {fault.id}: {fault.reason}", ExitCode.BAD_DATA)


def _claims(entry: AuditEntry) -> str:
    claims = entry.detail.get("claims")
    if not isinstance(claims, dict):
        return ""
    return " ".join(f"{safe_text(name, 40)}={safe_text(value, 100)}" for name, value in claims.items())
