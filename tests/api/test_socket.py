"""The monitor's socket: the same answers as the database, with names by peer credentials."""

from __future__ import annotations

import os
import socket
import stat
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from support.links import LINKS

from amt_console.api.auth.identity import Peer, RoleTable
from amt_console.api.client.operations import RemoteOperations
from amt_console.api.feed import ActionFeed
from amt_console.api.listeners.server import SocketServer
from amt_console.api.listeners.socket_path import listening
from amt_console.api.presence import FORGET_SECONDS, Presence
from amt_console.api.served import Served
from amt_console.clock import FakeClock, SystemClock
from amt_console.model import Acknowledge, AlertState, PresentPerson, Role, Unacknowledge
from amt_console.operations.actor import account_name
from amt_console.operations.local import LocalOperations
from amt_console.operations.protocol import ConflictError, NotFoundError, NotPermittedError, UnavailableError

pytestmark = pytest.mark.slow

Fire = Callable[..., int]
Feed = Callable[..., None]


@pytest.fixture
def presence(clock: FakeClock) -> Presence:
    return Presence(clock)


@pytest.fixture
def socket_file(tmp_path: Path) -> Path:
    return tmp_path / "monitoring.db.sock"


@pytest.fixture
def server(operations: LocalOperations, socket_file: Path, presence: Presence) -> Iterator[SocketServer]:
    running = serve(operations, socket_file, presence)
    running.start()
    yield running
    running.stop()


def serve(
    operations: LocalOperations,
    path: Path,
    presence: Presence,
    roles: RoleTable | None = None,
    group: int | None = None,
) -> SocketServer:
    clock = SystemClock()
    served = Served(
        operations, presence=presence, feed=ActionFeed(), clock=clock, database="monitoring.db", links=LINKS
    )
    return SocketServer(served, path=path, roles=roles or RoleTable(), clock=clock, group=group)


@pytest.fixture
def remote(server: SocketServer) -> Iterator[RemoteOperations]:
    client = RemoteOperations(f"unix:{server.path}", session="one", env={"SSH_CONNECTION": "192.0.2.7 1 192.0.2.8 22"})
    yield client
    client.close()


def test_the_picture_is_the_same_on_both_sides(
    remote: RemoteOperations, operations: LocalOperations, feed: Feed, fire: Fire, clock: FakeClock
) -> None:
    feed()
    alert_id = fire()
    assert remote.snapshot() == operations.snapshot()
    assert remote.alert(alert_id) == operations.alert(alert_id)
    assert remote.alerts() == operations.alerts()
    assert remote.alerts(list(AlertState), limit=5) == operations.alerts(list(AlertState), limit=5)
    assert remote.service("backend-api", hours=2) == operations.service("backend-api", hours=2)
    then = clock.now()
    clock.advance(60)
    assert remote.service("backend-api", at=then) == operations.service("backend-api", at=then)
    assert remote.alert(alert_id, at=then) == operations.alert(alert_id, at=then)
    with pytest.raises(NotFoundError, match="opened after"):
        remote.alert(alert_id, at=then - timedelta(days=1))


def test_another_process_tells_who_looks_through_it(remote: RemoteOperations, presence: Presence) -> None:
    told = (PresentPerson("ann\x1b[2J", SystemClock().now(), "192.0.2.7", may_monitor=True),)
    remote.tell_presence(told)
    (seen,) = (person for person in presence.people() if person.place == "192.0.2.7")
    assert (seen.name, seen.since, seen.may_monitor) == ("ann␛[2J", told[0].since, False)
    remote.tell_presence(())
    assert [person.place for person in presence.people()] == [f"pid {os.getpid()}, says ssh from 192.0.2.7"]


def test_what_another_process_told_is_forgotten_when_it_falls_silent(
    remote: RemoteOperations, presence: Presence, clock: FakeClock
) -> None:
    remote.tell_presence([PresentPerson("ann", SystemClock().now(), "192.0.2.7")])
    clock.advance(FORGET_SECONDS + 1)
    assert presence.people() == ()


def test_an_unchanged_picture_is_not_sent_again(remote: RemoteOperations, feed: Feed) -> None:
    feed()
    assert remote.snapshot() is remote.snapshot()


def test_a_snapshot_is_packed_for_who_unpacks_it(server: SocketServer, feed: Feed) -> None:
    feed()
    path = "/api/v1/console/snapshot"
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(server.path)), base_url="http://monitor") as client:
        plain = client.get(path, headers={"accept-encoding": "identity"})
        packed = client.get(path, headers={"accept-encoding": "gzip"})
        refused = client.get(path, headers={"accept-encoding": "gzip;q=0, *"})
    assert "content-encoding" not in plain.headers
    assert "content-encoding" not in refused.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == plain.content
    assert int(packed.headers["content-length"]) < len(plain.content) / 2


def test_an_action_carries_the_name_of_the_kernel_and_the_claims(
    remote: RemoteOperations, operations: LocalOperations, fire: Fire
) -> None:
    alert_id = fire()
    alert = remote.act(Acknowledge(alert_id, "mine"))
    assert alert.acknowledged_by == account_name(os.getuid())
    assert operations.snapshot().alerts[0].acknowledged_by == alert.acknowledged_by
    assert remote.act(Unacknowledge(alert_id)).acknowledged_by is None


def test_errors_cross_the_socket_in_words(remote: RemoteOperations, fire: Fire) -> None:
    alert_id = fire()
    with pytest.raises(NotFoundError, match="there is no alert 99"):
        remote.act(Acknowledge(99))
    with pytest.raises(ConflictError, match="changed meanwhile"):
        remote.act(Acknowledge(alert_id, expected_version=42))
    with pytest.raises(NotFoundError, match=r"no service is called '\.\./\.\./etc'"):
        remote.service("../../etc")


def test_a_viewer_may_look_but_not_act(
    operations: LocalOperations, socket_file: Path, presence: Presence, fire: Fire
) -> None:
    roles = RoleTable(members={Role.VIEWER: [account_name(os.getuid())]}, owner_uid=os.getuid() + 1)
    if os.getuid() == 0:
        assert roles.role_of(Peer(1, 0, 0)) is Role.ADMIN, "root is always admin, so the table itself is looked at"
        assert RoleTable(members={Role.VIEWER: ["daemon"]}).role_of(Peer(1, 1, 1)) is Role.VIEWER
        return
    alert_id = fire()
    server = serve(operations, socket_file, presence, roles)
    server.start()
    client = RemoteOperations(f"unix:{socket_file}")
    assert client.snapshot().alerts[0].id == alert_id
    with pytest.raises(NotPermittedError, match="role operator"):
        client.act(Acknowledge(alert_id))
    client.close()
    server.stop()


def test_roles_go_by_user_and_by_group() -> None:
    table = RoleTable(members={Role.OPERATOR: ["@daemon"], Role.VIEWER: ["nobody"]}, owner_uid=4242)
    assert table.role_of(Peer(1, 4242, 4242)) is Role.ADMIN
    assert table.role_of(Peer(1, 0, 0)) is Role.ADMIN
    assert table.role_of(Peer(1, 1, 1)) is Role.OPERATOR
    assert table.role_of(Peer(1, 65534, 65534)) is Role.VIEWER
    assert table.role_of(Peer(1, 2, 2)) is None
    assert Role.ADMIN.includes(Role.OPERATOR)
    assert not Role.VIEWER.includes(Role.OPERATOR)


def test_who_looks_is_known_until_they_leave(remote: RemoteOperations, presence: Presence, clock: FakeClock) -> None:
    remote.snapshot()
    assert [person.name for person in presence.people()] == [account_name(os.getuid())]
    clock.advance(FORGET_SECONDS + 1)
    assert presence.people() == ()
    remote.snapshot()
    remote.close()
    assert presence.people() == ()


def test_the_socket_belongs_to_its_owner_alone(server: SocketServer) -> None:
    mode = server.path.stat().st_mode
    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o600


def test_a_dead_socket_is_replaced_and_a_stopped_server_leaves_none(
    operations: LocalOperations, socket_file: Path, presence: Presence
) -> None:
    dead = socket.socket(socket.AF_UNIX)
    dead.bind(str(socket_file))
    dead.close()
    assert not listening(socket_file)
    server = serve(operations, socket_file, presence)
    server.start()
    client = RemoteOperations(f"unix:{socket_file}")
    assert listening(socket_file)
    client.check()
    server.stop()
    assert not socket_file.exists()
    with pytest.raises(UnavailableError, match="nobody listens"):
        client.check()
    client.close()


def test_a_server_that_waits_for_the_first_connection_answers_it(
    operations: LocalOperations, socket_file: Path, presence: Presence
) -> None:
    server = serve(operations, socket_file, presence)
    server.start(at_once=False)
    client = RemoteOperations(f"unix:{socket_file}")
    assert client.check().pid == os.getpid()
    client.close()
    server.stop()
    assert not socket_file.exists()


def test_a_server_to_which_nobody_connects_ends(
    operations: LocalOperations, socket_file: Path, presence: Presence
) -> None:
    server = serve(operations, socket_file, presence)
    server.start(at_once=False)
    server.stop()
    server.stop()
    assert not socket_file.exists()
    assert not [thread for thread in threading.enumerate() if thread.name == "amt-api"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/nothing", 404),
        ("DELETE", "/api/v1/snapshot", 405),
        ("GET", "/api/v1/alerts/x", 422),
        ("GET", "/api/v1/snapshot?at=never", 422),
        ("GET", "/api/v1/console/service?name=a&hours=-1", 422),
        ("POST", "/api/v1/alerts/1/note", 422),
    ],
)
def test_nonsense_is_refused(server: SocketServer, method: str, path: str, status: int) -> None:
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(server.path)), base_url="http://monitor") as client:
        assert client.request(method, path).status_code == status


def test_a_body_that_is_too_large_is_refused(server: SocketServer) -> None:
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(server.path)), base_url="http://monitor") as client:
        assert client.post("/api/v1/alerts/1/acknowledge", content=b"x" * 100_000).status_code == 413
        assert client.post("/api/v1/alerts/1/acknowledge", content=iter([b"{}"])).status_code == 411


def test_many_consoles_take_one_alert_and_one_has_it(server: SocketServer, fire: Fire) -> None:
    alert_id = fire()
    outcomes: list[str] = []

    def take() -> None:
        client = RemoteOperations(f"unix:{server.path}")
        try:
            client.act(Acknowledge(alert_id))
            outcomes.append("taken")
        except ConflictError:
            outcomes.append("refused")
        finally:
            client.close()

    threads = [threading.Thread(target=take) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["refused"] * 5 + ["taken"]
