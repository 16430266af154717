"""Authenticates callers over TCP: by access token, or by the session of a browser that logged in with one."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from amt_console.api.auth.callers import Caller, Logins, claims_of
from amt_console.api.auth.cookies import SAFE_METHODS, cookie_of, from_own_pages
from amt_console.api.auth.errors import TooManyRequestsError, UnknownCallerError
from amt_console.api.auth.proxies import TrustedProxies
from amt_console.api.auth.rates import RateLimit, address_key
from amt_console.model import Role
from amt_console.operations.actor import Actor
from amt_console.operations.protocol import NotPermittedError
from amt_console.text import safe_text

if TYPE_CHECKING:
    from starlette.requests import Request

    from amt_console.api.auth.sessions import OpenSession
    from amt_console.api.auth.tokens import TokenBook
    from amt_console.store import AccessToken

CSRF_HEADER = "x-csrf-token"
"""Header of changing requests of a session."""


@dataclass(frozen=True, slots=True)
class Rates:
    """How often tokens and addresses may ask; ``None`` for no limit."""

    token: RateLimit | None = None
    address: RateLimit | None = None


class TokenCallers:
    """Authenticates by the access token in the ``Authorization`` header, or by the session's cookie of a browser.

    Args:
        book: Verifies tokens.
        proxies: Trusted for the client's address.
        rates: How often a caller may ask.
    """

    def __init__(self, book: TokenBook, proxies: TrustedProxies, rates: Rates | None = None) -> None:
        self._book = book
        self._proxies = proxies
        self._rates = rates or Rates()
        self.logins: Logins | None = self

    async def recognise(self, request: Request) -> Caller:
        """The caller, by the name of the token."""
        self.charge(request)
        caller = await self.again(request)
        # Also of a refused request, the audit names the caller.
        request.state.caller = caller
        if caller.session is not None and request.method not in SAFE_METHODS:
            self._must_be_meant(request, caller.session)
        return self._counted(caller, request)

    async def again(self, request: Request) -> Caller:
        """The caller, as of now. Counts nothing: an open stream must not use up what its token may ask."""
        given = request.headers.get("authorization")
        if given is None:
            return await self._by_session(request)
        scheme, _, text = given.partition(" ")
        if scheme.lower() != "bearer" or not text:
            raise UnknownCallerError
        return await self._by_token(text, request)

    async def _by_token(self, text: str, request: Request) -> Caller:
        address = self.origin(request)
        token = self._book.remembered(text)
        if token is None:
            token = await asyncio.to_thread(self._book.recognise, text, address)
        return self._caller(token, request, safe_text(address, 64))

    async def _by_session(self, request: Request) -> Caller:
        session = await self.session_of(request)
        if session is None:
            raise UnknownCallerError
        return self._caller(session.token, request, safe_text(self.origin(request), 64), session)

    @staticmethod
    def _must_be_meant(request: Request, session: OpenSession) -> None:
        """Another site can make a browser send the cookie, but not the session's value. Raises NotPermittedError."""
        if not (from_own_pages(request) and session.confirms(request.headers.get(CSRF_HEADER, ""))):
            raise NotPermittedError(f"a change with the cookie of a session needs its CSRF value in {CSRF_HEADER}")

    async def session_of(self, request: Request) -> OpenSession | None:
        """The valid session of a request's cookie. Raises StoreError."""
        secret = cookie_of(request, secure=self.encrypted(request))
        return None if not secret else await asyncio.to_thread(self._book.sessions.find, secret)

    async def log_in(self, text: str, request: Request) -> OpenSession:
        """Open a session with a token."""
        caller = self._counted(await self._by_token(text.strip(), request), request)
        if not caller.actor.role.includes(Role.VIEWER):
            raise NotPermittedError("this token is for a machine: it opens no page")
        assert caller.token is not None
        return await asyncio.to_thread(self._book.sessions.open, caller.token, caller.actor)

    async def log_out(self, session: OpenSession, request: Request) -> None:
        """End a session."""
        caller = self._caller(session.token, request, safe_text(self.origin(request), 64), session)
        await asyncio.to_thread(self._book.sessions.end, session, caller.actor)

    def encrypted(self, request: Request) -> bool:
        """Whether the client speaks TLS, also with a trusted proxy."""
        peer = request.client.host if request.client is not None else "unknown"
        return self._proxies.encrypted(request.url.scheme, peer, request.headers.getlist("x-forwarded-proto"))

    def _counted(self, caller: Caller, request: Request) -> Caller:
        """Count a request of a token. Raises TooManyRequestsError."""
        request.state.caller, token = caller, caller.token
        if self._rates.token is not None and token is not None:
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

    def _caller(self, token: AccessToken, request: Request, address: str, session: OpenSession | None = None) -> Caller:
        try:
            role = Role(token.role)
        except ValueError:
            raise UnknownCallerError from None
        shown = "token" if session is None else "session of token"
        actor = Actor(token.name, claims=claims_of(request), via=f"{shown} {token.id} from {address}", role=role)
        return Caller(actor, place=address, token=token, session=session)
