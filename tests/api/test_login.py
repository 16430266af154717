"""Browsers log in with a token: the session's cookie, its end, and what other sites cannot do with it."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from http.cookies import Morsel, SimpleCookie
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from amt_console.api.app import create_app
from amt_console.api.auth import sessions
from amt_console.api.auth.callers import SocketCallers
from amt_console.api.auth.cookies import PLAIN_NAME, SECURE_NAME, local_path
from amt_console.api.auth.identity import RoleTable
from amt_console.api.auth.proxies import TrustedProxies
from amt_console.api.auth.sessions import Sessions
from amt_console.api.auth.token_callers import CSRF_HEADER, TokenCallers
from amt_console.api.auth.tokens import FAILURES, NewToken, TokenBook
from amt_console.api.limits import RequestLimits
from amt_console.api.served import Served
from amt_console.clock import FakeClock
from amt_console.operations.actor import Actor
from amt_console.store import Store, access_token, audit_entries, login_session, revoke_token
from amt_console.store.sessions import MOST_PER_TOKEN

pytestmark = pytest.mark.slow

Make = Callable[..., NewToken]
BROWSER = {"accept": "text/html,application/xhtml+xml"}
PROXY = "10.0.0.1"


class Site:
    """The application as a browser and a program see it."""

    def __init__(self, served: Served, store: Store, clock: FakeClock) -> None:
        self.served = served
        callers = TokenCallers(TokenBook(store, clock), TrustedProxies([PROXY]))
        self.app = RequestLimits(create_app(served, callers))

    @asynccontextmanager
    async def browser(
        self, scheme: str = "http", address: str = "192.0.2.1", **headers: str
    ) -> AsyncIterator[httpx.AsyncClient]:
        transport: Any = httpx.ASGITransport(self.app, raise_app_exceptions=False, client=(address, 4711))
        sent = {**BROWSER, **{name.replace("_", "-"): value for name, value in headers.items()}}
        async with httpx.AsyncClient(transport=transport, base_url=f"{scheme}://monitor", headers=sent) as client:
            yield client


@pytest.fixture
def site(served: Served, store: Store, clock: FakeClock) -> Site:
    return Site(served, store, clock)


def cookie(answer: httpx.Response) -> Morsel[str]:
    (found,) = SimpleCookie(answer.headers["set-cookie"]).values()
    return found


def rows(store: Store, *actions: str) -> list[tuple[str, str, Any]]:
    with store.read() as reads:
        return [(e.action, e.actor, e.detail["via"]) for e in audit_entries(reads) if e.action in actions]


async def csrf_of(client: httpx.AsyncClient) -> str:
    found = re.search(r'name="csrf" value="(\w+)"', (await client.get("/logout")).text)
    assert found is not None
    return found[1]


async def test_a_browser_is_led_to_the_login_and_back_to_what_it_asked_for(site: Site, make_token: Make) -> None:
    async with site.browser() as client:
        led = await client.get("/dashboards/?hours=24&zone=Europe/Berlin")
        assert (led.status_code, led.headers["location"]) == (
            303,
            "/login?next=%2Fdashboards%2F%3Fhours%3D24%26zone%3DEurope%2FBerlin",
        )
        form = await client.get(led.headers["location"])
        assert form.status_code == 200
        assert 'name="next" value="/dashboards/?hours=24&amp;zone=Europe/Berlin"' in form.text
        assert "<script" not in form.text
        following = "/dashboards/?hours=24&zone=Europe/Berlin"
        answer = await client.post("/login", data={"token": make_token().text, "next": following})
        assert (answer.status_code, answer.headers["location"]) == (303, following)
        index = await client.get(following)
        assert index.status_code == 200
        assert 'ann-laptop: <a href="/logout">' in index.text
        assert "You are logged in" in (await client.get("/login")).text


async def test_a_program_is_told_that_it_needs_a_token(site: Site) -> None:
    async with site.browser() as client:
        answer = await client.get("/dashboards/", headers={"accept": "*/*"})
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
        assert (await client.get("/dashboards/", headers={"authorization": "Bearer amt_x"})).status_code == 401
        assert (await client.post("/dashboards/")).status_code == 405


async def test_the_cookie_is_for_this_server_alone_and_no_script(site: Site, make_token: Make) -> None:
    token = make_token(days=None).text
    async with site.browser() as client:
        plain = cookie(await client.post("/login", data={"token": token}))
        assert (plain.key, plain["secure"]) == (PLAIN_NAME, "")
    async with site.browser("https") as client:
        answer = await client.post("/login", data={"token": token})
        secure = cookie(answer)
        assert (secure.key, secure["secure"], secure["domain"]) == (SECURE_NAME, True, "")
        assert (await client.get("/dashboards/")).status_code == 200
    for each in (plain, secure):
        assert (each["httponly"], each["samesite"], each["path"], each["max-age"]) == (True, "lax", "/", "43200")
        assert token not in each.value
    async with site.browser(address=PROXY, x_forwarded_proto="https", x_forwarded_for="192.0.2.9") as client:
        assert cookie(await client.post("/login", data={"token": token})).key == SECURE_NAME
    async with site.browser(x_forwarded_proto="https") as client:
        assert cookie(await client.post("/login", data={"token": token})).key == PLAIN_NAME, "it is no proxy of ours"


async def test_a_cookie_of_plain_http_opens_nothing_over_tls(site: Site, make_token: Make) -> None:
    async with site.browser() as client:
        value = cookie(await client.post("/login", data={"token": make_token().text})).value
    async with site.browser("https") as client:
        assert (await client.get("/dashboards/", headers={"cookie": f"{PLAIN_NAME}={value}"})).status_code == 303
        assert (await client.get("/dashboards/", headers={"cookie": f"{SECURE_NAME}={value}"})).status_code == 200


@pytest.mark.parametrize("how", ["time", "token expires", "token revoked", "another secret", "empty", "long"])
async def test_a_session_ends(how: str, site: Site, make_token: Make, store: Store, clock: FakeClock) -> None:
    made = make_token(days=0.25 if how == "token expires" else 30)
    async with site.browser() as client:
        answer = await client.post("/login", data={"token": made.text})
        seconds = 6 * 3600 if how == "token expires" else 12 * 3600
        assert cookie(answer)["max-age"] == str(seconds)
        clock.advance(seconds - 1)
        assert (await client.get("/dashboards/")).status_code == 200
        if how in ("time", "token expires"):
            clock.advance(1)
        elif how == "token revoked":
            with store.transaction() as writes:
                revoke_token(writes, made.id, clock.now())
        else:
            client.cookies.clear()
            secret = {"another secret": "x" * 43, "empty": "", "long": "x" * 5000}[how]
            client.headers["cookie"] = f"{PLAIN_NAME}={secret}"
        assert (await client.get("/dashboards/")).status_code == 303
        refused = await client.get("/api/v1/snapshot", headers={"accept": "application/json"})
        assert refused.status_code == 401


async def test_login_and_logout_leave_a_row_each(site: Site, make_token: Make, store: Store) -> None:
    made = make_token()
    async with site.browser() as client:
        value = cookie(await client.post("/login", data={"token": made.text})).value
        form = await client.get("/logout")
        assert form.status_code == 200
        assert (await client.get("/dashboards/")).status_code == 200, "to open the form is no logout"
        left = await client.post("/logout", data={"csrf": await csrf_of(client)})
        assert (left.status_code, left.headers["location"]) == (303, "/login")
        assert cookie(left)["max-age"] == "0"
        assert (await client.get("/logout")).headers["location"] == "/login"
        again = {"cookie": f"{PLAIN_NAME}={value}"}
        assert (await client.get("/dashboards/", headers=again)).status_code == 303, "a copied cookie has ended, too"
    assert rows(store, "login", "logout") == [
        ("logout", "ann-laptop", f"session of token {made.id} from 192.0.2.1"),
        ("login", "ann-laptop", f"token {made.id} from 192.0.2.1"),
    ]
    with store.read() as reads:
        stored = access_token(reads, made.id)
    assert stored is not None
    assert stored.last_used_from == "192.0.2.1"


async def test_a_wrong_token_gets_the_form_again_and_is_counted(site: Site, store: Store) -> None:
    async with site.browser() as client:
        for _ in range(FAILURES):
            answer = await client.post("/login", data={"token": "amt_wrong<", "next": "/dashboards/revenue"})
            assert answer.status_code == 401
        assert 'role="alert"' in answer.text
        assert 'value="/dashboards/revenue"' in answer.text
        assert "amt_wrong" not in answer.text
        assert "set-cookie" not in answer.headers
        blocked = await client.post("/login", data={"token": "amt_wrong"})
        assert blocked.status_code == 429
        assert int(blocked.headers["retry-after"]) > 0
        assert blocked.headers["content-type"].startswith("text/html")
    assert site.served.refusals is not None
    site.served.refusals.close()
    with store.read() as reads:
        refused = [e.subject for e in audit_entries(reads) if e.action == "refused"]
    assert refused.count("POST /login") >= 3, "the first 401 and the first 429, and what followed in the same minute"


async def test_a_token_for_a_machine_opens_no_page(site: Site, make_token: Make) -> None:
    async with site.browser() as client:
        answer = await client.post("/login", data={"token": make_token("prom", "probe").text})
        assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)
        assert "for a machine" in answer.text


@pytest.mark.parametrize(
    ("headers", "own"),
    [
        ({}, True),
        ({"origin": "http://monitor"}, True),
        ({"sec-fetch-site": "same-origin", "origin": "null"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"origin": "https://evil.example"}, False),
        ({"origin": "null"}, False),
        ({"origin": "http://monitor.evil.example"}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-site", "origin": "http://other.monitor"}, False),
    ],
)
async def test_forms_of_other_sites_are_refused(
    headers: dict[str, str], own: bool, site: Site, make_token: Make, store: Store
) -> None:
    async with site.browser() as client:
        answer = await client.post("/login", data={"token": make_token("a").text}, headers=headers)
        assert answer.status_code == (303 if own else 403)
    async with site.browser() as client:
        await client.post("/login", data={"token": make_token("b", "operator").text})
        csrf = await csrf_of(client)
        action = await client.post("/api/v1/probe", json={}, headers={**headers, CSRF_HEADER: csrf})
        assert action.status_code == (202 if own else 403)
        left = await client.post("/logout", data={"csrf": csrf}, headers=headers)
        assert left.status_code == (303 if own else 403)
        assert (await client.get("/dashboards/")).status_code == (303 if own else 200)


async def test_a_change_by_cookie_needs_the_value_of_this_session(site: Site, make_token: Make, store: Store) -> None:
    async with site.browser() as client:
        await client.post("/login", data={"token": make_token("other", "admin").text})
        others = await csrf_of(client)
    async with site.browser() as client:
        await client.post("/login", data={"token": make_token("own", "admin").text})
        for wrong in (None, "", "x", others, "\xe9"):
            headers = {} if wrong is None else {CSRF_HEADER: wrong.encode("latin-1")}
            answer = await client.post("/api/v1/probe", json={}, headers=headers)  # type: ignore[arg-type]
            assert (answer.status_code, answer.json()["code"]) == (403, "not_permitted")
            left = await client.post("/logout", data={} if wrong is None else {"csrf": wrong})
            assert left.status_code in (403, 422)
        assert (await client.get("/dashboards/")).status_code == 200
        csrf = await csrf_of(client)
        assert (await client.post("/api/v1/probe", json={}, headers={CSRF_HEADER: csrf})).status_code == 202
    assert site.served.refusals is not None
    site.served.refusals.close()
    with store.read() as reads:
        refused = {(e.actor, e.subject) for e in audit_entries(reads) if e.action == "refused"}
    assert refused == {("own", "POST /api/v1/probe")}, "who it was is known"


def test_secrets_are_compared_in_constant_time(
    store: Store, clock: FakeClock, make_token: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[tuple[Any, Any]] = []

    def spy(one: Any, other: Any) -> bool:
        compared.append((one, other))
        return hmac.compare_digest(one, other)

    made = make_token()
    spied = SimpleNamespace(compare_digest=spy, new=hmac.new)
    monkeypatch.setattr(sessions, "hmac", spied)
    monkeypatch.setattr("amt_console.api.auth.tokens.hmac", spied)
    token = TokenBook(store, clock).recognise(made.text, "192.0.2.1")
    assert (made.digest, made.digest) in compared
    book = Sessions(store, clock)
    opened = book.open(token, Actor("ann"))
    compared.clear()
    assert book.find(opened.secret) is not None
    assert len(compared) == 1
    assert not opened.confirms("0" * 64)
    assert compared[-1] == (opened.csrf.encode(), b"0" * 64)


def test_what_the_index_finds_for_another_secret_opens_nothing(
    store: Store, clock: FakeClock, make_token: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = Sessions(store, clock)
    opened = book.open(TokenBook(store, clock).recognise(make_token().text, "192.0.2.1"), Actor("ann"))
    assert book.find("x") is None
    with store.read() as reads:
        stored = login_session(reads, hashlib.sha256(opened.secret.encode()).hexdigest())
    monkeypatch.setattr(sessions, "login_session", lambda *_: stored)
    assert book.find(opened.secret) is not None
    assert book.find("x") is None
    monkeypatch.setattr(sessions, "access_token", lambda *_: None)
    assert book.find(opened.secret) is None, "its token is gone"


def test_a_cookie_that_is_too_long_costs_no_look_into_the_database(
    store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[str] = []

    def look(_: Any, digest: str) -> None:
        looks.append(digest)

    monkeypatch.setattr(sessions, "login_session", look)
    for count in (sessions.MAX_SECRET_CHARS, sessions.MAX_SECRET_CHARS + 1):
        assert Sessions(store, clock).find("x" * count) is None
    assert looks == [hashlib.sha256(b"x" * sessions.MAX_SECRET_CHARS).hexdigest()]


def test_a_login_and_a_logout_outlive_a_power_cut(
    store: Store, clock: FakeClock, make_token: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = TokenBook(store, clock).recognise(make_token().text, "192.0.2.1")
    durable: list[bool] = []
    transaction = store.transaction

    def noted(**options: bool) -> Any:
        durable.append(options.get("durable", False))
        return transaction(**options)

    monkeypatch.setattr(store, "transaction", noted)
    book = Sessions(store, clock)
    book.end(book.open(token, Actor("ann")), Actor("ann"))
    assert durable == [True, True]


@pytest.mark.parametrize(
    "following",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "\\\\evil.example",
        "/a\\b",
        "javascript:alert(1)",
        "dashboards",
        "/x\r\nset-cookie: a=b",
        "/\t/evil.example",
        "/" + "x" * 1000,
        "/dashb\u00f6ard",
        "",
        None,
    ],
)
async def test_a_login_leads_to_no_other_site(following: str | None, site: Site, make_token: Make) -> None:
    assert local_path(following, "/dashboards/") == "/dashboards/"
    async with site.browser() as client:
        data = {"token": make_token().text} | ({} if following is None else {"next": following})
        assert (await client.post("/login", data=data)).headers["location"] == "/dashboards/"


def test_a_long_address_of_this_server_is_kept() -> None:
    longest = "/" + "x" * 999
    assert local_path(longest, "/dashboards/") == longest


async def test_the_sessions_of_a_token_are_bounded(site: Site, make_token: Make, clock: FakeClock) -> None:
    made, other = make_token("a"), make_token("b")
    async with site.browser() as browser:
        kept = cookie(await browser.post("/login", data={"token": other.text})).value
        values = []
        for _ in range(MOST_PER_TOKEN + 2):
            clock.advance(1)
            values.append(cookie(await browser.post("/login", data={"token": made.text})).value)
        statuses = []
        for value in (*values, kept):
            browser.cookies.clear()
            browser.cookies.set(PLAIN_NAME, value)
            statuses.append((await browser.get("/dashboards/")).status_code)
    assert statuses == [303] * 2 + [200] * (MOST_PER_TOKEN + 1)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"token=x&" * 50, "application/x-www-form-urlencoded"),
        (b"token=\xff\xfe", "application/x-www-form-urlencoded"),
        (b'{"token": "x"}', "application/json"),
        (b"", ""),
    ],
)
async def test_a_body_that_is_no_form_is_refused(body: bytes, kind: str, site: Site) -> None:
    async with site.browser() as client:
        answer = await client.post("/login", content=body, headers={"content-type": kind})
        assert answer.status_code == 422


async def test_on_the_socket_nobody_needs_to_log_in(served: Served, clock: FakeClock) -> None:
    app = create_app(served, SocketCallers(RoleTable(), clock))
    transport: Any = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://monitor") as client:
        for method, path in (("GET", "/login"), ("POST", "/login"), ("GET", "/logout"), ("POST", "/logout")):
            assert (await client.request(method, path)).status_code == 404


@pytest.mark.parametrize("path", ["/login", "/dashboards/", "/healthz", "/api/v1/snapshot", "/none", "/acknowledge/x"])
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_every_answer_has_the_headers_that_protect_it(scheme: str, path: str, site: Site) -> None:
    async with site.browser(scheme) as client:
        headers = (await client.get(path, headers={"accept": "*/*"})).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] in ("no-referrer", "same-origin")
    assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy
    assert "base-uri 'none'" in policy
    assert "script" not in policy
    assert ("strict-transport-security" in headers) is (scheme == "https")
    assert "server" not in headers


async def test_a_login_that_cannot_be_recorded_opens_nothing(
    site: Site, make_token: Make, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    from amt_console.store import StoreFull

    made = make_token()

    def full(self: Sessions, *_: Any) -> None:
        raise StoreFull("No room on the disk.")

    monkeypatch.setattr(Sessions, "open", full)
    async with site.browser() as client:
        answer = await client.post("/login", data={"token": made.text})
        assert (answer.status_code, "set-cookie" in answer.headers) == (503, False)


async def test_sessions_outlive_the_process(
    site: Site, served: Served, store: Store, clock: FakeClock, make_token: Make
) -> None:
    async with site.browser() as client:
        value = cookie(await client.post("/login", data={"token": make_token().text})).value
    clock.advance(timedelta(hours=1).total_seconds())
    async with Site(served, store, clock).browser() as client:
        assert (await client.get("/dashboards/", headers={"cookie": f"{PLAIN_NAME}={value}"})).status_code == 200
