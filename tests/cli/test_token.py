"""``token``: shown once, listed with its last use, revoked; and what ``serve`` refuses."""

from __future__ import annotations

import json

import pytest
from cli.conftest import Command

from amt_console.cli.exit_codes import ExitCode
from amt_console.clock import SystemClock
from amt_console.store import Store, access_tokens, token_used


def test_a_token_is_shown_once_and_listed_with_its_last_use(command: Command, store: Store) -> None:
    made = command("token", "create", "prometheus", "--role", "probe", "--expires", "30d")
    text = made.out.strip()
    assert made.code == ExitCode.OK
    assert text.startswith("amt_")
    with store.read() as reads:
        (stored,) = access_tokens(reads)
    assert (stored.name, stored.role) == ("prometheus", "probe")
    assert text not in str(stored)
    with store.transaction(durable=True) as writes:
        token_used(writes, stored.id, SystemClock().now(), "192.0.2.7")
    (listed,) = json.loads(command("token", "list", "--json").out)
    assert (listed["role"], listed["state"], listed["last_used_from"]) == ("probe", "valid", "192.0.2.7")
    assert "192.0.2.7" in command("token", "list").out
    assert text not in command("token", "list").out


def test_the_rows_of_a_token_name_what_changed(command: Command, store: Store) -> None:
    assert command("token", "create", "ann", "--role", "operator", "--expires", "never").code == ExitCode.OK
    assert command("token", "revoke", "ann").code == ExitCode.OK
    revoked, created = json.loads(command("audit", "list", "--json").out)
    assert (created["action"], created["before"]) == ("token create", None)
    assert created["after"] == {"role": "operator", "expires_at": None}
    assert (revoked["action"], revoked["before"]) == ("token revoke", {"revoked_at": None})
    assert revoked["after"]["revoked_at"] is not None
    (listed,) = json.loads(command("token", "list", "--json").out)
    assert listed["state"] == "revoked"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "monitor.example"])
def test_other_hosts_are_served_over_tls_only(host: str, command: Command, store: Store) -> None:
    found = command("serve", "--host", host, "--port", "8799")
    assert (found.code, found.out) == (ExitCode.USAGE, "")
    (line,) = found.err.splitlines()
    assert "`host` is reachable from other machines" in line
    assert "`allow_plain_http`" in line
