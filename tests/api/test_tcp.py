"""The API over TCP: access tokens, roles, limits, TLS."""

from __future__ import annotations

import json
import socket
import sqlite3
import ssl
from collections.abc import Callable
from contextlib import closing, suppress
from http.client import HTTPResponse
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from support.certificates import make_certificate
from support.certificates import server_context as written_chain
from support.platform import serving
from support.programs import until

from amt_console.api.actions import path_of
from amt_console.api.auth.tokens import FAILURES, NewToken, TokenBook, new_token, token_id
from amt_console.api.client.operations import RemoteOperations
from amt_console.api.listeners import certificate, connections
from amt_console.api.listeners.certificate import ServerCertificate
from amt_console.api.listeners.server import TcpServer
from amt_console.api.served import Served
from amt_console.clock import FakeClock, SystemClock
from amt_console.model import ACTIONS, Acknowledge, ProbeNow
from amt_console.operations.protocol import NotPermittedError, OperationError, UnavailableError
from amt_console.store import Store, access_token, audit_entries, revoke_token

pytestmark = pytest.mark.slow

Fire = Callable[..., int]
Feed = Callable[..., None]
Make = Callable[..., NewToken]


def remote(server: TcpServer, token: str | None, **more: str) -> closing[RemoteOperations]:
    return closing(RemoteOperations(server.url, token=token, env=more))


def test_a_token_opens_the_api_and_acts_under_its_name(
    server: TcpServer, make_token: Make, store: Store, fire: Fire, feed: Feed
) -> None:
    feed()
    alert_id = fire()
    token = make_token()
    with remote(server, token.text, SSH_CONNECTION="192.0.2.7 1 192.0.2.8 22") as client:
        hello = client.check()
        assert (hello.name, hello.role) == ("ann-laptop", "operator")
        assert client.snapshot().alerts[0].id == alert_id
        assert client.act(Acknowledge(alert_id, "mine")).acknowledged_by == "ann-laptop"
    with store.read() as reads:
        (entry,) = audit_entries(reads)
        used = access_token(reads, token.id)
    assert (entry.actor, entry.action) == ("ann-laptop", "acknowledge")
    assert entry.detail["via"] == f"token {token.id} from 127.0.0.1"
    assert entry.detail["claims"] == {"SSH_CONNECTION": "192.0.2.7 1 192.0.2.8 22"}
    assert used is not None
    assert used.last_used_at is not None


def test_a_viewers_token_looks_but_does_not_act(server: TcpServer, make_token: Make, fire: Fire) -> None:
    alert_id = fire()
    with remote(server, make_token(role="viewer").text) as client:
        assert client.alert(alert_id).episode.id == alert_id
        with pytest.raises(NotPermittedError, match="role operator"):
            client.act(Acknowledge(alert_id))
        with pytest.raises(NotPermittedError, match="role operator"):
            client.act(ProbeNow())


def test_every_wrong_token_gets_the_same_answer(
    server: TcpServer, make_token: Make, store: Store, clock: FakeClock
) -> None:
    expired, revoked, good = make_token("old", days=0), make_token("gone"), make_token("good")
    with store.transaction() as writes:
        revoke_token(writes, revoked.id, clock.now())
    wrong = f"{good.text[:20]}{'0' * (len(good.text) - 20)}"
    answers = set()
    for text in ("", "Basic YTpi", *(f"Bearer {each}" for each in ("x", wrong, expired.text, revoked.text, good.id))):
        headers = {"authorization": text} if text else {}
        response = httpx.get(f"{server.url}/api/v1/console/hello", headers=headers, trust_env=False)
        answers.add((response.status_code, response.content, response.headers["www-authenticate"]))
    assert len(answers) == 1
    assert answers.pop()[0] == 401
    with remote(server, None) as client, pytest.raises(NotPermittedError, match=r"no token.*AMT_TOKEN"):
        client.check()
    with remote(server, expired.text) as client, pytest.raises(NotPermittedError, match="expired"):
        client.check()


def test_guessing_is_slowed_down_and_a_known_console_goes_on(
    server: TcpServer, make_token: Make, clock: FakeClock
) -> None:
    good = make_token()
    statuses = []
    with httpx.Client(base_url=server.url, trust_env=False) as client:
        assert client.get("/api/v1/console/hello", headers={"authorization": f"Bearer {good.text}"}).status_code == 200
        for _ in range(FAILURES + 2):
            response = client.get("/api/v1/console/hello", headers={"authorization": "Bearer amt_x"})
            statuses.append(response.status_code)
        assert statuses == [401] * FAILURES + [429] * 2
        assert int(response.headers["retry-after"]) >= 1
        assert client.get("/api/v1/console/hello", headers={"authorization": f"Bearer {good.text}"}).status_code == 200
        clock.advance(60)
        assert client.get("/api/v1/console/hello", headers={"authorization": "Bearer amt_x"}).status_code == 401


def test_a_revoked_token_ends_within_seconds(
    server: TcpServer, make_token: Make, store: Store, clock: FakeClock
) -> None:
    token = make_token()
    with remote(server, token.text) as client:
        client.check()
        with store.transaction() as writes:
            revoke_token(writes, token.id, clock.now())
        clock.advance(6)
        with pytest.raises(NotPermittedError):
            client.check()


def test_the_token_itself_is_nowhere_in_the_database(make_token: Make, store: Store) -> None:
    token = make_token()
    with closing(sqlite3.connect(store.place)) as connection:
        dump = "\n".join(connection.iterdump())
    assert token.id in dump
    assert token.digest in dump
    assert token.text not in dump
    assert token.text.split("_")[2][:20] not in dump


def test_tokens_have_a_form_that_scanners_find() -> None:
    tokens = [new_token() for _ in range(200)]
    assert len({token.text for token in tokens}) == 200
    for token in tokens:
        assert token.text.startswith(f"amt_{token.id}_")
        assert token_id(token.text) == token.id
    text = tokens[0].text
    for broken in (text[:-1], text + "x", text.replace("amt_", "xyz_"), text.swapcase(), "é" * len(text), ""):
        assert token_id(broken) is None


def test_health_needs_no_token_and_follows_the_monitor(server: TcpServer, feed: Feed) -> None:
    def asked(path: str) -> tuple[int, str]:
        response = httpx.get(f"{server.url}{path}", trust_env=False)
        return response.status_code, response.json()["status"]

    assert asked("/healthz") == (503, "stopped")
    assert asked("/readyz") == (200, "ok"), "it can answer, although no monitor works"
    feed()
    until(lambda: asked("/healthz") == (200, "ok"))


def test_the_description_names_every_operation_with_words_roles_and_answers(server: TcpServer) -> None:
    document = httpx.get(f"{server.url}/openapi.json", trust_env=False).json()
    operations = {
        (method, path): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    assert {path for _, path in operations if not path.startswith("/api/v1/console/")} >= {
        "/healthz",
        "/readyz",
        "/dashboards/",
        "/dashboards/{name}",
        *(f"/api/v1/{name}" for name in ("snapshot", "services", "services/{name}", "services/{name}/history")),
        *("/ping/{key}", "/ping/{key}/{word}", "/metrics", "/api/v1/sd"),
        *(f"/api/v1/hooks/{name}" for name in ("alertmanager", "grafana", "generic")),
        *(f"/api/v1/{name}" for name in ("oncall", "oncall.ics", "oncall/shifts", "oncall/check")),
        *(
            f"/api/v1/{name}"
            for name in ("heartbeats", "host", "figures", "history", "notifications", "audit", "rules", "events")
        ),
        *(f"/api/v1/{name}" for name in ("alerts", "alerts/{alert_id}", "alerts/{alert_id}/why")),
        *(f"/api/v1{path_of(kind)}" for kind in ACTIONS.values()),
    }
    assert len({operation["operationId"] for operation in operations.values()}) == len(operations)
    for (method, path), operation in operations.items():
        assert len(operation["description"]) > 15, (method, path)
        role = operation["x-role"]
        if path == "/api/v1/hooks/generic":
            assert role == "none", "its signature is its key"
        elif path.startswith("/api/v1"):
            assert role in ("viewer", "operator", "admin")
            assert {"401", "403", "422", "503"} <= set(operation["responses"])
            assert "application/problem+json" in operation["responses"]["401"]["content"]
        else:
            assert role == ("viewer" if path.startswith(("/dashboards/", "/metrics")) else "none")
    assert operations["post", "/api/v1/probe"]["x-role"] == "operator"
    assert "Problem" in document["components"]["schemas"]
    assert document["components"]["securitySchemes"]["HTTPBearer"]["scheme"] == "bearer"


def test_tls_is_verified(served: Served, store: Store, clock: FakeClock, tmp_path: Path, make_token: Make) -> None:
    authority = make_certificate(name="an authority", authority=True)
    written_chain(tmp_path, (make_certificate(issuer=authority),))
    authority_file = tmp_path / "authority.pem"
    authority_file.write_bytes(authority.pem)
    server = TcpServer(
        served,
        host="127.0.0.1",
        port=0,
        book=TokenBook(store, clock),
        tls=ServerCertificate(str(tmp_path / "chain.pem"), str(tmp_path / "key.pem")),
    )
    server.start()
    token = make_token().text
    try:
        assert server.url.startswith("https://")
        with remote(server, token) as client, pytest.raises(UnavailableError, match=r"not trusted.*--ca-file"):
            client.check()
        with closing(RemoteOperations(server.url, token=token, ca_file=str(authority_file), env={})) as client:
            assert client.check().role == "operator"
        with closing(RemoteOperations(server.url, token=token, env={"SSL_CERT_FILE": str(authority_file)})) as client:
            assert client.check().role == "operator"
        plain = server.url.replace("https", "http")
        with closing(RemoteOperations(plain, env={})) as client, pytest.raises(OperationError):
            client.check()
    finally:
        server.stop()


def test_a_renewed_certificate_is_shown_without_a_restart(
    served: Served, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(certificate, "LOOK_SECONDS", 0.05)
    authority = make_certificate(name="an authority", authority=True)
    first, second = make_certificate(issuer=authority), make_certificate(issuer=authority)
    written_chain(tmp_path, (first,))
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    trusting = ssl.create_default_context(cadata=authority.pem.decode())
    server = TcpServer(
        served,
        host="127.0.0.1",
        port=0,
        book=TokenBook(store, SystemClock()),
        tls=ServerCertificate(str(chain), str(key)),
    )
    server.start()

    def connect() -> ssl.SSLSocket:
        return trusting.wrap_socket(socket.create_connection(server.address, 10), server_hostname="localhost")

    def shown() -> bytes | None:
        with connect() as connection:
            return connection.getpeercert(binary_form=True)

    def answers(connection: ssl.SSLSocket) -> bool:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n")
        answer = HTTPResponse(connection)
        answer.begin()
        return bool(answer.read())

    try:
        with connect() as standing:
            assert answers(standing)
            chain.write_bytes(second.pem)
            assert shown() == first.certificate.public_bytes(serialization.Encoding.DER), "the key does not fit yet"
            written_chain(tmp_path, (second,))
            until(lambda: shown() == second.certificate.public_bytes(serialization.Encoding.DER))
            assert answers(standing), "a connection that stands goes on"
            chain.unlink()
            key.unlink()
            assert shown() == second.certificate.public_bytes(serialization.Encoding.DER)
    finally:
        server.stop()


def test_a_head_that_is_too_large_is_refused(server: TcpServer) -> None:
    with socket.create_connection(server.address, 10) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nx: " + b"a" * 40_000 + b"\r\n\r\n")
        assert connection.recv(100).split()[1] in (b"400", b"431")
    with socket.create_connection(server.address, 10) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n")
        assert flood(connection, 10_000_000) < 10_000_000


def flood(connection: socket.socket, most: int) -> int:
    """Send one endless header; returns how much the other side took before it hung up."""
    sent = 0
    with suppress(OSError):
        while sent < most:
            connection.sendall(b"y: " + b"a" * 60_000)
            sent += 60_000
    return sent


def test_who_does_not_finish_the_head_is_cut_off(
    served: Served, store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.2)
    server = TcpServer(served, host="127.0.0.1", port=0, book=TokenBook(store, clock))
    server.start()
    try:
        for start in (b"", b"GET /healthz HT"):
            with socket.create_connection(server.address, 10) as connection:
                connection.sendall(start)
                with suppress(ConnectionResetError):
                    assert connection.recv(100) == b""
    finally:
        server.stop()


def test_another_program_is_told_from_the_api() -> None:
    hello = {"program": "amt-console", "version": "9.9", "name": "a", "role": "admin", "database": "d", "host": "h"}
    stranger, newer = {"program": "else", "protocol": 1}, {**hello, "protocol": 99, "pid": 1}
    with serving() as platform:
        for body in (b"{}", b"<html>", json.dumps(stranger).encode()):
            platform.bodies["/api/v1/console/hello"] = body
            assert "not an amt-console server" in trouble(platform.url, OperationError)
        platform.bodies["/api/v1/console/hello"] = json.dumps(newer).encode()
        assert "runs amt-console 9.9, this is" in trouble(platform.url, OperationError)
        platform.status = 500
        assert "not an amt-console server" in trouble(platform.url, OperationError)
    assert "nobody listens" in trouble(platform.url, UnavailableError)


def trouble(url: str, kind: type[OperationError]) -> str:
    """What a client says of an endpoint."""
    with closing(RemoteOperations(url, env={})) as client, pytest.raises(kind) as caught:
        client.check()
    return str(caught.value)
