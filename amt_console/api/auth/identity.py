"""Identity of callers on the unix socket by peer credentials (``SO_PEERCRED``), and their roles."""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import socket
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from amt_console.model import Role
from amt_console.operations.actor import account_name
from amt_console.text import safe_text

if TYPE_CHECKING:
    from amt_console.config import Settings

_PEER = struct.Struct("3i")


@dataclass(frozen=True, slots=True)
class Peer:
    """The peer process of a unix socket at the time of the connection."""

    pid: int
    uid: int
    gid: int


def peer_of(connection: socket.socket) -> Peer | None:
    """The peer by the kernel's credentials; ``None`` for other sockets and on platforms without them."""
    if connection.family != socket.AF_UNIX or not hasattr(socket, "SO_PEERCRED"):
        return None
    pid, uid, gid = _PEER.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))
    return Peer(pid, uid, gid)


@dataclass(frozen=True, slots=True)
class RoleTable:
    """Roles by user name or group name (``@group``)."""

    members: Mapping[Role, Sequence[str]] = field(default_factory=dict)
    owner_uid: int = field(default_factory=os.getuid)
    """The monitor's own user; always admin, like root."""

    def role_of(self, peer: Peer) -> Role | None:
        """The highest role of a peer, or ``None``."""
        if peer.uid in (0, self.owner_uid):
            return Role.ADMIN
        names = {account_name(peer.uid), *(f"@{group}" for group in _groups_of(peer))}
        for role in reversed(Role):
            if names & set(self.members.get(role, ())):
                return role
        return None


def role_table(settings: Settings) -> RoleTable:
    """The table ``[api.roles]`` of the configuration; without it only the owner has a role."""
    roles = settings.api.roles
    return RoleTable(members={Role.VIEWER: roles.viewer, Role.OPERATOR: roles.operator, Role.ADMIN: roles.admin})


def _groups_of(peer: Peer) -> set[str]:
    found = set()
    with contextlib.suppress(KeyError):
        account = pwd.getpwuid(peer.uid)
        for gid in os.getgrouplist(account.pw_name, peer.gid):
            with contextlib.suppress(KeyError):
                found.add(grp.getgrgid(gid).gr_name)
    return found


def group_id(name: str) -> int:
    """The id of a group of the operating system. Raises OSError for one that does not exist."""
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        raise OSError(f"there is no group '{safe_text(name, 64)}' on this system") from None
