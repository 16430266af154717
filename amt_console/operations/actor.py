"""The acting person: identity from the operating system, and the caller's claims."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from amt_console.model import Role
from amt_console.text import safe_text

_NOBODY_LOGGED_IN = 2**32 - 1
_CLAIMS = ("SUDO_USER", "SSH_CONNECTION", "SSH_TTY")


@dataclass(frozen=True, slots=True)
class Actor:
    """A person at a keyboard."""

    name: str
    """Shown to everybody as an alert's owner."""
    uid: int | None = None
    """The operating system's user id of this process."""
    claims: Mapping[str, str] = field(default_factory=dict)
    """Environment values that anybody can set; recorded as claims, never trusted."""
    login: str | None = None
    """The login user, by the kernel's login id, which survives sudo."""
    via: str | None = None
    """Origin of the action: ``socket``, ``token NAME (ID)``; ``None`` for this process."""
    role: Role = Role.ADMIN
    """What the person may do; everything in a process that can write the database itself."""

    def facts(self) -> dict[str, Any]:
        """The details stored in the audit beside the name."""
        return {"uid": self.uid, "login": self.login, "via": self.via, "claims": dict(self.claims)}


def login_name(pid: int | str = "self") -> str | None:
    """The login user of a process, by the kernel's login id; ``None`` if there is none.

    It is set once at the login and stays through sudo and su.
    """
    try:
        number = int(Path(f"/proc/{pid}/loginuid").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
    if not 0 <= number < _NOBODY_LOGGED_IN:
        return None
    return account_name(number)


def account_name(uid: int) -> str:
    """The login name of a user id, or the number when it has none."""
    import pwd

    try:
        return safe_text(pwd.getpwuid(uid).pw_name, 64)
    except KeyError:
        return f"uid {uid}"


def current_actor(env: Mapping[str, str] = os.environ) -> Actor:
    """The person behind this process: the login name of its real user id, not ``SUDO_USER``: the caller sets that."""
    claims = {name: safe_text(env[name], 200) for name in _CLAIMS if env.get(name)}
    uid = os.getuid()
    return Actor(name=account_name(uid), uid=uid, claims=claims, login=login_name())
