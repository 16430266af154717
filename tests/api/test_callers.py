"""Who calls: by the peer of the unix socket, or by an access token; and which role that person has."""

from __future__ import annotations

import grp
import os
import pwd
import socket
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.requests import Request

from amt_console.api.auth import callers
from amt_console.api.auth.callers import ROLE_SECONDS, SocketCallers
from amt_console.api.auth.errors import TooManyFailuresError, UnknownCallerError
from amt_console.api.auth.identity import Peer, Role, RoleTable, group_id, peer_of, role_table
from amt_console.api.auth.proxies import TrustedProxies
from amt_console.api.auth.token_callers import TokenCallers
from amt_console.api.auth.tokens import FAILURES, NewToken, TokenBook
from amt_console.clock import FakeClock
from amt_console.config import Settings
from amt_console.operations.actor import account_name
from amt_console.operations.protocol import NotPermittedError
from amt_console.store import Store

Make = Callable[..., NewToken]
OWNER, OTHER = 4242, 1
OTHER_NAME = account_name(OTHER)
ONLY_OTHER = RoleTable(members={Role.VIEWER: [OTHER_NAME]}, owner_uid=OWNER)
BEHALF = {"amt-on-behalf": "ann%20b", "amt-on-behalf-via": "token%20x"}


def request(
    headers: Mapping[str, str] | None = None, *, client: str | None = "192.0.2.1", **connection: Any
) -> Request:
    """A request, with what is known of its connection."""
    return Request(
        {
            "type": "http",
            "headers": [(name.encode(), value.encode()) for name, value in (headers or {}).items()],
            "client": None if client is None else (client, 4711),
            "state": {"connection": SimpleNamespace(**connection)} if connection else {},
        }
    )


def from_uid(uid: int, headers: Mapping[str, str] | None = None, login: str | None = None) -> Request:
    return request(headers, peer=Peer(pid=77, uid=uid, gid=uid), login=login)


async def test_a_connection_without_a_known_peer_gets_nowhere(clock: FakeClock) -> None:
    for unknown in (request(), request(peer=None)):
        with pytest.raises(NotPermittedError, match="does not say who you are"):
            await SocketCallers(RoleTable(), clock).recognise(unknown)
        assert SocketCallers(RoleTable(), clock).origin(unknown) == "socket"


async def test_a_user_without_a_role_is_told_who_gives_one(clock: FakeClock) -> None:
    with pytest.raises(NotPermittedError, match=rf"^{OTHER_NAME} has no role here.*\[api.roles\]$"):
        await SocketCallers(RoleTable(owner_uid=OWNER), clock).recognise(from_uid(OTHER))


async def test_a_user_acts_under_the_name_of_the_operating_system(clock: FakeClock) -> None:
    headers = {"amt-claim-sudo-user": "bob", "amt-claim-ssh-connection": "192.0.2.7 1 192.0.2.8 22"}
    found = await SocketCallers(ONLY_OTHER, clock).recognise(from_uid(OTHER, headers, login="carl"))
    assert found.actor.facts() == {
        "uid": OTHER,
        "login": "carl",
        "via": "socket",
        "claims": {"SUDO_USER": "bob", "SSH_CONNECTION": "192.0.2.7 1 192.0.2.8 22"},
    }
    assert (found.actor.name, found.actor.role, found.own) == (OTHER_NAME, Role.VIEWER, False)
    assert found.place == "pid 77, says ssh from 192.0.2.7"
    assert SocketCallers(ONLY_OTHER, clock).origin(from_uid(OTHER)) == f"socket, uid {OTHER}"


@pytest.mark.parametrize("uid", [0, OWNER])
async def test_the_monitors_own_user_and_root_may_speak_for_others(uid: int, clock: FakeClock) -> None:
    found = await SocketCallers(ONLY_OTHER, clock).recognise(from_uid(uid, BEHALF))
    assert (found.actor.name, found.actor.uid, found.actor.via) == ("ann b", uid, "token x")
    assert (found.actor.role, found.place, found.own) == (Role.OPERATOR, "token x", False)
    viewer = await SocketCallers(ONLY_OTHER, clock).recognise(from_uid(uid, {**BEHALF, "amt-on-behalf-role": "viewer"}))
    assert viewer.actor.role is Role.VIEWER
    unnamed = await SocketCallers(ONLY_OTHER, clock).recognise(from_uid(uid, {"amt-on-behalf": "ann"}))
    assert (unnamed.actor.via, unnamed.place) == ("socket", "socket")
    own = await SocketCallers(ONLY_OTHER, clock).recognise(from_uid(uid))
    assert (own.actor.name, own.place, own.own) == (account_name(uid), "pid 77", True)


@pytest.mark.parametrize("role", ["", "root", "Admin", "admin,viewer"])
async def test_who_speaks_for_another_in_an_unknown_role_is_refused(role: str, clock: FakeClock) -> None:
    with pytest.raises(NotPermittedError, match="unknown role"):
        await SocketCallers(ONLY_OTHER, clock).recognise(from_uid(OWNER, {**BEHALF, "amt-on-behalf-role": role}))


async def test_another_user_speaks_for_nobody_else(clock: FakeClock) -> None:
    found = await SocketCallers(ONLY_OTHER, clock).recognise(from_uid(OTHER, BEHALF))
    assert (found.actor.name, found.actor.via, found.place) == (OTHER_NAME, "socket", "pid 77")


class CountingRoles:
    """Roles that count how often they are looked up."""

    owner_uid = OWNER

    def __init__(self) -> None:
        self.asked: list[int] = []

    def role_of(self, peer: Peer) -> Role | None:
        self.asked.append(peer.uid)
        return Role.VIEWER


async def test_a_role_is_looked_up_again_after_seconds_and_when_the_roles_change(clock: FakeClock) -> None:
    roles: Any = CountingRoles()
    socket_callers = SocketCallers(roles, clock)
    for uid in (1, 1, 2, 2):
        await socket_callers.recognise(from_uid(uid))
    assert roles.asked == [1, 2]
    clock.advance(ROLE_SECONDS - 1)
    await socket_callers.recognise(from_uid(1))
    assert roles.asked == [1, 2]
    clock.advance(1)
    await socket_callers.recognise(from_uid(1))
    assert roles.asked == [1, 2, 1]
    await socket_callers.recognise(from_uid(2))
    socket_callers.use(ONLY_OTHER)
    assert (await socket_callers.recognise(from_uid(OTHER))).actor.role is Role.VIEWER
    with pytest.raises(NotPermittedError):
        await socket_callers.recognise(from_uid(2))


async def test_the_memory_of_users_is_bounded(clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callers, "MAX_USERS", 2)
    roles: Any = CountingRoles()
    socket_callers = SocketCallers(roles, clock)
    for uid in (1, 2, 1, 2, 3, 1):
        await socket_callers.recognise(from_uid(uid))
    assert roles.asked == [1, 2, 3, 1]


@pytest.fixture
def by_token(store: Store, clock: FakeClock) -> TokenCallers:
    return TokenCallers(TokenBook(store, clock), TrustedProxies(["127.0.0.1"]))


async def test_a_token_gives_its_name_and_role(by_token: TokenCallers, make_token: Make) -> None:
    made = make_token("ann-laptop", "operator")
    headers = {"authorization": f"bearer {made.text}", "amt-claim-sudo-user": "x"}
    for _ in range(2):
        found = await by_token.recognise(request(headers))
        assert (found.actor.name, found.actor.role, found.place, found.own) == (
            "ann-laptop",
            Role.OPERATOR,
            "192.0.2.1",
            False,
        )
        assert found.actor.facts() == {
            "uid": None,
            "login": None,
            "via": f"token {made.id} from 192.0.2.1",
            "claims": {"SUDO_USER": "x"},
        }


async def test_a_token_of_a_role_that_nobody_knows_gets_nowhere(by_token: TokenCallers, make_token: Make) -> None:
    made = make_token(role="emperor")
    with pytest.raises(UnknownCallerError):
        await by_token.recognise(request({"authorization": f"Bearer {made.text}"}))


async def test_a_token_counts_only_as_a_bearer_token(by_token: TokenCallers, make_token: Make) -> None:
    text = make_token().text
    for value in (f"Basic {text}", text, f"Bearer: {text}"):
        with pytest.raises(UnknownCallerError, match="a valid access token is needed"):
            await by_token.recognise(request({"authorization": value}))


async def test_a_request_without_a_token_is_no_guess(by_token: TokenCallers) -> None:
    for value in ("Bearer", "Bearer ", ""):
        for _ in range(FAILURES + 1):
            with pytest.raises(UnknownCallerError):
                await by_token.recognise(request({"authorization": value}))
    for _ in range(FAILURES):
        with pytest.raises(UnknownCallerError):
            await by_token.recognise(request({"authorization": "Bearer x"}))
    with pytest.raises(TooManyFailuresError):
        await by_token.recognise(request({"authorization": "Bearer x"}))


def test_a_request_comes_from_its_address(by_token: TokenCallers) -> None:
    assert by_token.origin(request()) == "192.0.2.1"
    assert by_token.origin(request(client=None)) == "unknown"
    assert by_token.origin(request({"x-forwarded-for": "192.0.2.9"}, client="127.0.0.1")) == "192.0.2.9"


def test_the_peer_of_a_unix_socket_is_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = socket.socketpair(socket.AF_UNIX)
    with one, other, socket.socket(socket.AF_INET) as tcp:
        assert peer_of(one) == Peer(os.getpid(), os.getuid(), os.getgid())
        assert peer_of(tcp) is None
        monkeypatch.delattr(socket, "SO_PEERCRED")
        assert peer_of(one) is None


def test_the_owner_and_root_are_admins_and_a_stranger_is_nobody() -> None:
    table = RoleTable(owner_uid=OWNER)
    assert [table.role_of(Peer(1, uid, uid)) for uid in (0, OWNER, OTHER)] == [Role.ADMIN, Role.ADMIN, None]
    assert RoleTable().owner_uid == os.getuid()


def test_a_group_gives_its_members_a_role() -> None:
    peer = Peer(1, OTHER, pwd.getpwuid(OTHER).pw_gid)
    table = RoleTable(members={Role.OPERATOR: [f"@{grp.getgrgid(peer.gid).gr_name}"]}, owner_uid=OWNER)
    assert table.role_of(peer) is Role.OPERATOR
    assert table.role_of(Peer(1, 2**31 - 7, 2**31 - 7)) is None, "a user and a group without a name"


def test_the_roles_come_from_the_configuration() -> None:
    roles = {"viewer": ["eve"], "operator": ["@ops"], "admin": ["ann"]}
    table = role_table(Settings.model_validate({"api": {"roles": roles}}))
    assert {role.value: list(names) for role, names in table.members.items()} == roles


def test_a_group_has_a_number_unless_there_is_none() -> None:
    assert group_id("root") == 0
    with pytest.raises(OSError, match="no group 'no-such-group'"):
        group_id("no-such-group")
