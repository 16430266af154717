"""Who acts: the operating system's word, and the claims that came along."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from amt_console.text import safe_text

_NOBODY_LOGGED_IN = 2**32 - 1
_CLAIMS = ("SUDO_USER", "SSH_CONNECTION", "SSH_TTY")


@dataclass(frozen=True, slots=True)
class Actor:
    """A person at a keyboard."""

    name: str
    """Shown to everybody as the one who has an alert."""
    uid: int | None = None
    """The operating system's user id of this process."""
    claims: Mapping[str, str] = field(default_factory=dict)
    """Environment values that anybody could set; recorded as claims, never trusted."""
    login: str | None = None
    """Who logged in, by the kernel's login id, which survives sudo."""
    via: str | None = None
    """How the action came in: ``socket``, ``token NAME (ID)``; ``None`` for this very process."""

    def facts(self) -> dict[str, Any]:
        """What the audit table keeps beside the name."""
        return {"uid": self.uid, "login": self.login, "via": self.via, "claims": dict(self.claims)}


def login_name(pid: int | str = "self") -> str | None:
    """The user whose login a process belongs to, by the kernel's word; ``None`` where it keeps none.

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
    """The person behind this process: the login name of its real user id, never what the environment says."""
    claims = {name: safe_text(env[name], 200) for name in _CLAIMS if env.get(name)}
    uid = os.getuid()
    return Actor(name=account_name(uid), uid=uid, claims=claims, login=login_name())
