"""Authenticates callers: by peer credentials on the socket, by access token over TCP."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from urllib.parse import unquote

from amt_console.api.auth.claims import CLAIMS, claim_header
from amt_console.api.auth.errors import TooManyRequestsError, UnknownCallerError
from amt_console.api.auth.identity import Peer, RoleTable
from amt_console.api.auth.proxies import TrustedProxies
from amt_console.api.auth.rates import RateLimit, address_key
from amt_console.api.wire import BEHALF_HEADER, BEHALF_ROLE_HEADER, BEHALF_VIA_HEADER
from amt_console.clock import Clock
from amt_console.model import Role
from amt_console.operations.actor import Actor, account_name
from amt_console.operations.protocol import NotPermittedError
from amt_console.text import safe_text

if TYPE_CHECKING:
    from starlette.requests import Request

    from amt_console.api.auth.tokens import TokenBook
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
    own: bool = False
    """Whether the console belongs to the monitor's own user or root; only these can become the monitor."""


class Callers(Protocol):
    """Authenticates callers."""

    async def recognise(self, request: Request) -> Caller:
        """Authenticate a request. Raises NotPermittedError, TooManyRequestsError."""
        ...

    def charge(self, request: Request) -> None:
        """Count a request that needs no authentication. Raises TooManyRequestsError."""
        ...

    def origin(self, request: Request) -> str:
        """The origin of a request, authenticated or not: address or user id."""
        ...


class SocketCallers:
    """Authenticates by the peer of the unix socket."""

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


@dataclass(frozen=True, slots=True)
class Rates:
    """How often tokens and addresses may ask; ``None`` for no limit."""

    token: RateLimit | None = None
    address: RateLimit | None = None


class TokenCallers:
    """Authenticates by the access token in the ``Authorization`` header.

    Args:
        book: Verifies tokens.
        proxies: Trusted for the client's address.
        rates: How often a caller may ask.
    """

    def __init__(self, book: TokenBook, proxies: TrustedProxies, rates: Rates | None = None) -> None:
        self._book = book
        self._proxies = proxies
        self._rates = rates or Rates()

    async def recognise(self, request: Request) -> Caller:
        """The caller, by the name of the token."""
        address = self.origin(request)
        self.charge(request)
        scheme, _, text = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not text:
            raise UnknownCallerError
        token = self._book.remembered(text)
        if token is None:
            token = await asyncio.to_thread(self._book.recognise, text, address)
        caller = self._caller(token, request, safe_text(address, 64))
        if self._rates.token is not None:
            seconds = self._rates.token.take(token.id)
            request.state.rate = self._rates.token, token.id
            if seconds:
                raise TooManyRequestsError(seconds, "with this token")
        return caller

    def charge(self, request: Request) -> None:
        """Count a request of an address."""
        if self._rates.address is not None:
            seconds = self._rates.address.take(address_key(self.origin(request)))
            if seconds:
                raise TooManyRequestsError(seconds, "from this address")

    def origin(self, request: Request) -> str:
        """The client's address, also behind trusted proxies."""
        peer = request.client.host if request.client is not None else "unknown"
        return self._proxies.client(peer, request.headers.getlist("x-forwarded-for"))

    def _caller(self, token: AccessToken, request: Request, address: str) -> Caller:
        try:
            role = Role(token.role)
        except ValueError:
            raise UnknownCallerError from None
        actor = Actor(token.name, claims=claims_of(request), via=f"token {token.id} from {address}", role=role)
        return Caller(actor, place=address)


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
