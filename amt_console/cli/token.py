"""``token``: create, list and revoke access tokens of the API."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from amt_console.cli.errors import CommandError
from amt_console.cli.exit_codes import ExitCode
from amt_console.cli.printing.output import print_json, print_line, talk
from amt_console.cli.printing.table import PrintedColumn, print_table
from amt_console.cli.startup.context import Context, get_context

if TYPE_CHECKING:
    from amt_console.store import AccessToken, Writes

app = typer.Typer(
    help="Access tokens of the API over TCP. Anybody who can write the database can create them.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
LONGEST_DAYS = 3650


class TokenRole(StrEnum):
    """The role of a token."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"
    PROBE = "probe"


@app.command("create", epilog="Example: amt-console token create ann-laptop --role operator --expires 90d")
def create(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the token; the audit records actions under it.")],
    role: Annotated[TokenRole, typer.Option("--role", help="What it allows.")] = TokenRole.VIEWER,
    expires: Annotated[
        str, typer.Option("--expires", metavar="LENGTH", help="How long it is valid: '12h', '90d', or 'never'.")
    ] = "90d",
    json_output: JsonOption = False,
) -> None:
    """Create a token and print it once: only its hash is stored."""
    from amt_console.api.auth.tokens import new_token
    from amt_console.operations.actor import current_actor
    from amt_console.operations.json_views import iso
    from amt_console.store import AccessToken, access_tokens, add_token

    context = get_context(ctx)
    now = context.clock.now()
    shown = _usable_name(name)
    ends = _end(expires, now)
    made = new_token()
    actor = current_actor()
    stored = AccessToken(made.id, shown, role.value, made.digest, now, actor.name, ends)
    with context.open_store(read_only=False) as store, store.transaction(durable=True) as writes:
        if any(token.name == shown and token.valid_at(now) for token in access_tokens(writes)):
            raise CommandError(
                f"there is a valid token '{shown}' already: revoke it, or take another name", ExitCode.BUSY
            )
        add_token(writes, stored)
        after = {"role": stored.role, "expires_at": iso(stored.expires_at)}
        _audit(writes, context, "token create", stored, {"before": None, "after": after})
    if json_output:
        print_json({**_document(stored, now), "token": made.text})
        return
    print_line(made.text)
    until = f"until {ends.astimezone():%Y-%m-%d %H:%M %Z}" if ends else "until it is revoked"
    talk(f"This is the only time that it is shown. Valid {until}, role {role.value}.")
    if sys.stdout.isatty():
        talk("Use it: AMT_TOKEN=... amt-console --connect https://HOST:PORT")


@app.command("list", epilog="Example: amt-console token list --json")
def list_tokens(ctx: typer.Context, json_output: JsonOption = False) -> None:
    """List all tokens with their state."""
    from amt_console.store import access_tokens
    from amt_console.text import age

    context = get_context(ctx)
    now = context.clock.now()
    with context.open_store() as store, store.read() as reads:
        found = access_tokens(reads)
    if json_output:
        print_json([_document(token, now) for token in found])
        return
    if not found:
        print_line("no tokens")
        return
    print_table(
        (
            "ID",
            "NAME",
            "ROLE",
            "STATE",
            PrintedColumn("CREATED", spare=1),
            PrintedColumn("BY", spare=2),
            "EXPIRES",
            PrintedColumn("LAST USED", right=True),
            PrintedColumn("FROM", spare=3),
        ),
        [
            (
                token.id,
                token.name,
                token.role,
                _state(token, now),
                f"{token.created_at.astimezone():%Y-%m-%d}",
                token.created_by,
                f"{token.expires_at.astimezone():%Y-%m-%d %H:%M}" if token.expires_at else "never",
                f"{age(token.last_used_at, now)} ago" if token.last_used_at else "never",
                token.last_used_from or "",
            )
            for token in found
        ],
    )


@app.command("revoke", epilog="Example: amt-console token revoke ann-laptop")
def revoke(
    ctx: typer.Context, which: Annotated[str, typer.Argument(metavar="ID|NAME", help="As 'token list' shows it.")]
) -> None:
    """Revoke a token. Open connections end within seconds."""
    from amt_console.operations.json_views import iso
    from amt_console.store import access_tokens, end_sessions_of, revoke_token

    context = get_context(ctx)
    now = context.clock.now()
    with context.open_store(read_only=False) as store, store.transaction(durable=True) as writes:
        found = [token for token in access_tokens(writes) if which in (token.id, token.name) and not token.revoked_at]
        if not found:
            raise CommandError(f"there is no token '{which}' (amt-console token list shows them)", ExitCode.BAD_DATA)
        for token in found:
            revoke_token(writes, token.id, now)
            end_sessions_of(writes, token.id)
            change = {"before": {"revoked_at": None}, "after": {"revoked_at": iso(now)}}
            _audit(writes, context, "token revoke", token, change)
    print_line(f"revoked: {', '.join(f'{token.name} ({token.id})' for token in found)}")


def _usable_name(name: str) -> str:
    from amt_console.text import safe_text

    shown = name.strip()
    if not shown or len(shown) > 64 or safe_text(shown, 64) != shown:
        raise CommandError("a token's name has 1 to 64 printable characters", ExitCode.USAGE)
    return shown


def _end(expires: str, now: datetime) -> datetime | None:
    if expires == "never":
        return None
    from amt_console.config.faults import Refused
    from amt_console.config.sections.scalars import parse_duration

    try:
        seconds = parse_duration(expires)
    except Refused:
        seconds = 0.0
    if not 0 < seconds <= LONGEST_DAYS * 86400:
        raise CommandError(f"--expires takes '12h', '90d' (at most {LONGEST_DAYS} days) or 'never'", ExitCode.USAGE)
    return now + timedelta(seconds=seconds)


def _audit(writes: Writes, context: Context, action: str, token: AccessToken, change: dict[str, Any]) -> None:
    from amt_console.model import AuditEntry
    from amt_console.operations.actor import current_actor

    actor = current_actor()
    writes.add_audit(
        AuditEntry(
            actor=actor.name,
            action=action,
            subject=f"token {token.name} ({token.id})",
            at=context.clock.now(),
            detail={"role": token.role, **actor.facts(), **change},
        )
    )


def _document(token: AccessToken, now: datetime) -> dict[str, str | None]:
    from amt_console.operations.json_views import iso

    return {
        "id": token.id,
        "name": token.name,
        "role": token.role,
        "state": _state(token, now),
        "created_at": iso(token.created_at),
        "created_by": token.created_by,
        "expires_at": iso(token.expires_at),
        "last_used_at": iso(token.last_used_at),
        "last_used_from": token.last_used_from,
        "revoked_at": iso(token.revoked_at),
    }


def _state(token: AccessToken, now: datetime) -> str:
    if token.revoked_at is not None:
        return "revoked"
    return "valid" if token.valid_at(now) else "expired"
