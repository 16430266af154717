"""Authentication over TCP: tokens, addresses, proxies, and the order of roles."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest

from amt_console.api.auth.errors import TooManyFailuresError, UnknownCallerError
from amt_console.api.auth.identity import Peer, RoleTable
from amt_console.api.auth.proxies import TrustedProxies
from amt_console.api.auth.tokens import CRC_CHARS, FAILURES, NewToken, TokenBook, checksum, new_token, token_id
from amt_console.api.listeners.server import TcpServer
from amt_console.api.served import Served
from amt_console.clock import FakeClock
from amt_console.model import Role
from amt_console.operations.actor import account_name
from amt_console.store import Store

Make = Callable[..., NewToken]
HELLO = "/api/v1/console/hello"


@contextmanager
def serving(served: Served, store: Store, clock: FakeClock, *trusted: str) -> Iterator[TcpServer]:
    server = TcpServer(served, host="127.0.0.1", port=0, book=TokenBook(store, clock), proxies=TrustedProxies(trusted))
    server.start()
    try:
        yield server
    finally:
        server.stop()


def ask(server: TcpServer, token: str, forwarded: str | None = None) -> int:
    headers = {"authorization": f"Bearer {token}"}
    if forwarded is not None:
        headers["x-forwarded-for"] = forwarded
    return httpx.get(f"{server.url}{HELLO}", headers=headers, trust_env=False).status_code


@pytest.mark.slow
def test_wrong_tokens_lock_out_nobody_with_a_valid_one(server: TcpServer, make_token: Make) -> None:
    for number in range(FAILURES + 5):
        assert ask(server, new_token().text) == (401 if number < FAILURES else 429)
    assert ask(server, make_token("first").text) == 200
    assert ask(server, "amt_x") == 429, "the address itself is still slowed down"
    assert ask(server, make_token("second").text) == 200


@pytest.mark.slow
def test_the_clients_of_a_trusted_proxy_are_told_apart(
    served: Served, store: Store, clock: FakeClock, make_token: Make
) -> None:
    with serving(served, store, clock, "127.0.0.1/32", "10.0.0.0/8") as server:
        guesser = "192.0.2.1, 10.1.2.3"
        assert [ask(server, "amt_x", guesser) for _ in range(FAILURES + 1)] == [401] * FAILURES + [429]
        assert ask(server, "amt_x", "192.0.2.2") == 401
        assert ask(server, "amt_x", "192.0.2.2, 192.0.2.1") == 429, "what the client writes itself does not count"
        headers = {
            "authorization": f"Bearer {make_token().text}",
            "x-forwarded-for": "192.0.2.9",
            "amt-console-session": "s",
        }
        assert httpx.get(f"{server.url}{HELLO}", headers=headers, trust_env=False).status_code == 200
        assert [person.place for person in served.presence.people()] == ["192.0.2.9"]


@pytest.mark.slow
def test_nobody_else_may_say_where_a_request_comes_from(server: TcpServer) -> None:
    answers = [ask(server, "amt_x", f"192.0.2.{number}") for number in range(FAILURES + 1)]
    assert answers[-1] == 429


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", ["192.0.2.1"], "192.0.2.1"),
        ("127.0.0.1", ["203.0.113.9, 192.0.2.1"], "192.0.2.1"),
        ("127.0.0.1", ["192.0.2.1, 10.0.0.1"], "192.0.2.1"),
        ("127.0.0.1", ["192.0.2.1", "10.0.0.1"], "192.0.2.1"),
        ("127.0.0.1", ["10.0.0.2, 10.0.0.1"], "10.0.0.2"),
        ("127.0.0.1", ["192.0.2.1, unknown"], "127.0.0.1"),
        ("127.0.0.1", ["192.0.2.1:4711"], "192.0.2.1"),
        ("127.0.0.1", ["[2001:db8::1]:4711"], "2001:db8::1"),
        ("127.0.0.1", ["::ffff:192.0.2.1"], "192.0.2.1"),
        ("::ffff:127.0.0.1", ["192.0.2.1"], "192.0.2.1"),
        ("198.51.100.1", ["192.0.2.1"], "198.51.100.1"),
        ("unknown", ["192.0.2.1"], "unknown"),
    ],
)
def test_the_right_most_address_that_is_no_proxy_counts(peer: str, forwarded: list[str], client: str) -> None:
    assert TrustedProxies(["127.0.0.1", "10.0.0.0/8"]).client(peer, forwarded) == client


def test_a_network_may_be_named_by_any_address_in_it() -> None:
    assert TrustedProxies(["10.1.2.3/8"]).trusts("10.9.9.9")


@pytest.mark.parametrize(
    ("scheme", "peer", "forwarded", "encrypted"),
    [
        ("https", "192.0.2.1", [], True),
        ("http", "127.0.0.1", ["https"], True),
        ("http", "127.0.0.1", ["http, HTTPS "], True),
        ("http", "127.0.0.1", ["http", "https"], True),
        ("http", "127.0.0.1", ["http"], False),
        ("http", "127.0.0.1", ["https, http"], False),
        ("http", "127.0.0.1", ["https", "http"], False),
        ("http", "127.0.0.1", [""], False),
        ("http", "127.0.0.1", [], False),
        ("http", "192.0.2.1", ["https"], False),
    ],
)
def test_only_a_trusted_proxy_says_that_the_client_speaks_tls(
    scheme: str, peer: str, forwarded: list[str], encrypted: bool
) -> None:
    assert TrustedProxies(["127.0.0.1"]).encrypted(scheme, peer, forwarded) is encrypted


def test_the_public_part_and_a_checksum_do_not_get_in(make_token: Make, store: Store, clock: FakeClock) -> None:
    good = make_token("good")
    forged = _with_other_secret(good)
    assert token_id(forged) == good.id, "it is formed as a token, with the public part of a valid one"
    book = TokenBook(store, clock)
    with pytest.raises(UnknownCallerError):
        book.recognise(forged, "192.0.2.1")
    assert book.recognise(good.text, "192.0.2.1").name == "good"
    with pytest.raises(UnknownCallerError):
        book.recognise(forged, "192.0.2.1")
    for _ in range(FAILURES):
        with pytest.raises((UnknownCallerError, TooManyFailuresError)):
            book.recognise(forged, "192.0.2.1")
    with pytest.raises(TooManyFailuresError):
        book.recognise(forged, "192.0.2.1")


def _with_other_secret(token: NewToken) -> str:
    """The public part of a token with the secret of another one, and a checksum that fits both."""
    secret = new_token().text.split("_")[2][:-CRC_CHARS]
    body = f"amt_{token.id}_{secret}"
    return body + checksum(body)


def test_each_role_may_what_those_below_it_may() -> None:
    assert [role.value for role in Role] == ["probe", "viewer", "operator", "admin"]
    allowed = {(one.value, other.value) for one in Role for other in Role if one.includes(other)}
    assert allowed == {
        ("probe", "probe"),
        ("viewer", "probe"),
        ("operator", "probe"),
        ("admin", "probe"),
        ("viewer", "viewer"),
        ("operator", "viewer"),
        ("operator", "operator"),
        ("admin", "viewer"),
        ("admin", "operator"),
        ("admin", "admin"),
    }


def test_of_several_roles_the_highest_counts() -> None:
    name = account_name(1)
    for roles, highest in (
        ({Role.VIEWER, Role.OPERATOR}, Role.OPERATOR),
        ({Role.VIEWER, Role.ADMIN}, Role.ADMIN),
        ({Role.OPERATOR, Role.ADMIN, Role.VIEWER}, Role.ADMIN),
    ):
        table = RoleTable(members={role: [name] for role in roles}, owner_uid=4242)
        assert table.role_of(Peer(1, 1, 1)) is highest
