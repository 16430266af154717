"""Authenticates callers on the unix socket by peer credentials, and what all ways to authenticate share."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from urllib.parse import unquote

from amt_console.api.auth.claims import CLAIMS, claim_header
from amt_console.api.auth.identity import Peer, RoleTable
from amt_console.api.wire import BEHALF_HEADER, BEHALF_ROLE_HEADER, BEHALF_VIA_HEADER
from amt_console.clock import Clock
from amt_console.model import Role
from amt_console.operations.actor import Actor, account_name
from amt_console.operations.protocol import NotPermittedError
from amt_console.text import safe_text

if TYPE_CHECKING:
    from starlette.requests import Request

    from amt_console.api.auth.sessions import OpenSession
    from amt_console.store import AccessToken

ROLE_SECONDS = 10.0
"""Seconds that a user's groups are cached."""
MAX_USERS = 1000


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated person with a role."""

    actor: Actor
    place: str
    """The console's process or address."""
    token: AccessToken | None = None
    """The token that was shown, by itself or through a session."""
    session: OpenSession | None = None
    """The browser's session, if the caller came with its cookie."""
    own: bool = False
    """Whether the console belongs to the monitor's own user or root; only these can become the monitor."""


class Logins(Protocol):
    """Logs browsers in and out. The methods raise StoreError where the database does not answer."""

    async def log_in(self, text: str, request: Request) -> OpenSession:
        """Open a session with a token. Raises NotPermittedError, TooManyRequestsError."""
        ...

    async def session_of(self, request: Request) -> OpenSession | None:
        """The valid session of a request's cookie."""
        ...

    async def log_out(self, session: OpenSession, request: Request) -> None:
        """End a session."""
        ...

    def encrypted(self, request: Request) -> bool:
        """Whether the client speaks TLS, also with a trusted proxy."""
        ...


class Callers(Protocol):
    """Authenticates callers."""

    logins: Logins | None
    """Where browsers log in; ``None`` where nobody needs to."""

    async def recognise(self, request: Request) -> Caller:
        """Authenticate a request. Raises NotPermittedError, TooManyRequestsError."""
        ...

    async def again(self, request: Request) -> Caller:
        """The caller of a request that is still being answered, as of now. Raises NotPermittedError."""
        ...

    def charge(self, request: Request) -> None:
        """Count a request that needs no authentication. Raises TooManyRequestsError."""
        ...

    def origin(self, request: Request) -> str:
        """The origin of a request, authenticated or not: address or user id."""
        ...


class SocketCallers:
    """Authenticates by the peer of the unix socket."""

    logins: Logins | None = None

    def __init__(self, roles: RoleTable, clock: Clock) -> None:
        self.roles = roles
        self._clock = clock
        self._known: dict[tuple[int, int], tuple[str, Role | None, float]] = {}

    def use(self, roles: RoleTable) -> None:
        """Replace the roles."""
        self.roles = roles
        self._known = {}

    async def recognise(self, request: Request) -> Caller:
        """The caller, by the login name of the process's user id."""
        connection = request.scope.get("state", {}).get("connection")
        peer: Peer | None = getattr(connection, "peer", None)
        if peer is None:
            raise NotPermittedError("the system does not say who you are")
        account, role = await self._role_of(peer)
        if role is None:
            raise NotPermittedError(f"{account} has no role here: an admin adds the user or a group to [api.roles]")
        claims = claims_of(request)
        behalf = request.headers.get(BEHALF_HEADER)
        own = peer.uid in (0, self.roles.owner_uid)
        if behalf is not None and own:
            via = safe_text(unquote(request.headers.get(BEHALF_VIA_HEADER, "socket")), 200)
            actor = Actor(safe_text(unquote(behalf), 64), peer.uid, claims, via=via, role=_behalf_role(request))
            return Caller(actor, place=via)
        login: str | None = getattr(connection, "login", None)
        actor = Actor(account, peer.uid, claims, login=login, via="socket", role=role)
        return Caller(actor, place=_place(peer, claims), own=own)

    async def again(self, request: Request) -> Caller:
        """The caller, as of now."""
        return await self.recognise(request)

    def charge(self, request: Request) -> None:
        """Local users are known to the system: their requests are not limited."""

    def origin(self, request: Request) -> str:
        """The user id of the peer."""
        peer: Peer | None = getattr(request.scope.get("state", {}).get("connection"), "peer", None)
        return "socket" if peer is None else f"socket, uid {peer.uid}"

    async def _role_of(self, peer: Peer) -> tuple[str, Role | None]:
        key, roles = (peer.uid, peer.gid), self.roles
        known = self._known.get(key)
        now = self._clock.monotonic()
        if known is None or now >= known[2]:
            # Names and groups may come from a slow directory server.
            name, role = await asyncio.to_thread(lambda: (account_name(peer.uid), roles.role_of(peer)))
            if len(self._known) >= MAX_USERS:
                self._known.clear()
            known = self._known[key] = (name, role, now + ROLE_SECONDS)
        return known[0], known[1]


def _behalf_role(request: Request) -> Role:
    try:
        return Role(request.headers.get(BEHALF_ROLE_HEADER, Role.OPERATOR))
    except ValueError:
        raise NotPermittedError("the calling process names an unknown role") from None


def claims_of(request: Request) -> dict[str, str]:
    """The claims of a request."""
    found: dict[str, str] = {}
    for claim in CLAIMS:
        value = request.headers.get(claim_header(claim))
        if value:
            found[claim] = safe_text(value, 200)
    return found


def _place(peer: Peer, claims: dict[str, str]) -> str:
    address = claims.get("SSH_CONNECTION", "").split(" ")[0]
    return f"pid {peer.pid}, says ssh from {safe_text(address, 45)}" if address else f"pid {peer.pid}"
