from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest
from support.fair_time import fair_time

from amt_console.clock import FakeClock
from amt_console.demo.incidents import FLAP_SECONDS, INCIDENTS, IncidentBoard, UnknownIncidentError, check_name
from amt_console.demo.process import PlatformError, PlatformProcess
from amt_console.demo.server import USUAL_PORTS, ServerOptions, bind_all
from amt_console.model import FigureKind
from collectors.figures.reader import read_figures

pytestmark = pytest.mark.slow

FREE = {"api": 0, "web": 0, "mobile": 0}
DEADLINE_SECONDS = 10.0


@pytest.fixture(scope="module")
def running_platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlatformProcess]:
    log = tmp_path_factory.mktemp("platform") / "platform.log"
    with PlatformProcess(ServerOptions(seed=3, ports=FREE), log=log) as running:
        yield running


@pytest.fixture
def platform(running_platform: PlatformProcess, client: httpx.Client) -> Iterator[PlatformProcess]:
    """The platform, without incidents before and after."""
    yield running_platform
    for name in INCIDENTS:
        switch(client, running_platform, name, active=False)
    assert becomes(False, f"{running_platform.url('api')}/api/health")


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, timeout=10, limits=httpx.Limits(max_keepalive_connections=0)) as client:
        yield client


def refuses(url: str) -> bool:
    try:
        httpx.get(url, trust_env=False, timeout=5)
    except httpx.TransportError:
        return True
    return False


def becomes(wanted: bool, url: str) -> bool:
    """Whether ``url`` refuses connections (or takes them) before the deadline."""
    end = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < end:
        if refuses(url) is wanted:
            return True
    return False


def switch(client: httpx.Client, platform: PlatformProcess, name: str, **wish: object) -> httpx.Response:
    return client.post(f"{platform.control_url}/incidents/{name}", json=wish)


def test_every_route_answers(platform: PlatformProcess, client: httpx.Client) -> None:
    api = platform.url("api")
    assert client.get(f"{api}/api/health").json()["status"] == "ok"
    for path in ("/api/chat/analytics", "/api/plans", "/api/dashboard/overview", "/api/analytics/revenue"):
        answer = client.get(f"{api}{path}")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    for part in ("web", "mobile"):
        page = client.get(platform.url(part))
        assert page.status_code == 200
        assert "simulated" in page.text
    assert client.get(f"{api}/elsewhere").status_code == 404


def test_figures_come_over_http(platform: PlatformProcess, client: httpx.Client) -> None:
    body = client.get(f"{platform.url('api')}/api/analytics/revenue").content
    read = read_figures(FigureKind.REVENUE, body, timestamp=FakeClock().now())
    assert all(figure.value is not None for figure in read.figures.values())


def test_api_down_refuses_connections_ends_by_itself_and_leaves_the_others_alone(
    platform: PlatformProcess, client: httpx.Client
) -> None:
    health = f"{platform.url('api')}/api/health"
    told = switch(client, platform, "api-down", active=True, seconds=1.0).json()
    assert told["active"] is True
    assert told["seconds_left"] <= 1.0
    assert becomes(True, health)
    assert client.get(platform.url("web")).status_code == 200
    assert becomes(False, health)
    states = client.get(f"{platform.control_url}/incidents").json()
    assert [state["active"] for state in states] == [False] * len(INCIDENTS)


def test_an_incident_without_end_is_stopped_on_the_control_page(
    platform: PlatformProcess, client: httpx.Client
) -> None:
    assert switch(client, platform, "web-500", active=True, seconds=0).json()["seconds_left"] is None
    assert client.get(platform.url("web")).status_code == 500
    assert client.get(platform.url("mobile")).status_code == 200
    switch(client, platform, "web-500", active=False)
    assert client.get(platform.url("web")).status_code == 200


def test_slow_chat_takes_seconds_and_nothing_else_does(platform: PlatformProcess, client: httpx.Client) -> None:
    switch(client, platform, "slow-chat", active=True, seconds=60)
    began = fair_time()
    slow = client.get(f"{platform.url('api')}/api/chat/analytics")
    assert slow.status_code == 200
    assert slow.elapsed.total_seconds() >= 3.0
    assert fair_time() - began < 6.5
    began = fair_time()
    client.get(f"{platform.url('api')}/api/plans")
    assert fair_time() - began < 2


def test_whoever_started_the_platform_can_start_an_incident(platform: PlatformProcess) -> None:
    platform.start_incident("api-down", 60)
    assert becomes(True, f"{platform.url('api')}/api/health")
    with pytest.raises(PlatformError, match="not simulated"):
        platform.start_incident("disk-full", 60)


@pytest.mark.parametrize(
    ("name", "wish", "status", "said"),
    [
        ("disk-full", {"active": True}, 404, "not simulated"),
        ("nothing", {"active": True}, 404, "there are api-down"),
        ("api-down", {"active": 1}, 400, "active"),
        ("api-down", {}, 400, "active"),
        ("api-down", {"active": True, "seconds": "long"}, 400, "seconds"),
        ("api-down", {"active": True, "seconds": -1}, 400, "seconds"),
        ("api-down", {"active": True, "seconds": 1e9}, 400, "seconds"),
    ],
)
def test_a_wrong_wish_is_refused_with_a_reason(
    platform: PlatformProcess, client: httpx.Client, name: str, wish: dict[str, object], status: int, said: str
) -> None:
    answer = switch(client, platform, name, **wish)
    assert answer.status_code == status
    assert said in answer.json()["error"]


def test_the_control_takes_orders_from_its_own_page_only(platform: PlatformProcess, client: httpx.Client) -> None:
    url = f"{platform.control_url}/incidents/api-down"
    assert client.post(url, content='{"active": true}', headers={"content-type": "text/plain"}).status_code == 415
    assert client.post(url, json={"active": True}, headers={"host": "evil.example"}).status_code == 400
    assert client.post(url, content="[" * 50_000, headers={"content-type": "application/json"}).status_code == 400
    assert not refuses(f"{platform.url('api')}/api/health")


def test_the_control_page_has_every_incident(platform: PlatformProcess, client: httpx.Client) -> None:
    page = client.get(platform.control_url)
    assert page.headers["content-type"].startswith("text/html")
    for name in INCIDENTS:
        assert f'<tr id="{name}">' in page.text


def test_a_taken_port_that_was_asked_for_is_an_error_that_names_it(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(PlatformError, match=f"port {port} for the web is in use"):
            PlatformProcess(ServerOptions(seed=1, ports={**FREE, "web": port}), log=tmp_path / "platform.log")


def test_a_taken_usual_port_is_replaced_by_another() -> None:
    taken = None
    with contextlib.suppress(OSError):  # somebody else may have it already, which serves as well
        taken = socket.create_server(("127.0.0.1", USUAL_PORTS["mobile"]))
    try:
        bound = bind_all({"api": 0, "web": 0, "mobile": None})
        port = bound["mobile"].getsockname()[1]
        for each in bound.values():
            each.close()
    finally:
        if taken is not None:
            taken.close()
    assert port not in (0, USUAL_PORTS["mobile"])


def test_the_platform_dies_with_its_parent_even_if_that_is_killed(tmp_path: Path) -> None:
    program = f"""
import sys, time
from pathlib import Path
from amt_console.demo.process import PlatformProcess
from amt_console.demo.server import ServerOptions
ports = {{"api": 0, "web": 0, "mobile": 0}}
platform = PlatformProcess(ServerOptions(seed=1, ports=ports), log=Path({str(tmp_path / "platform.log")!r}))
print(platform.pid, flush=True)
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait()
    gone, _ = psutil.wait_procs([child], timeout=DEADLINE_SECONDS)
    assert gone == [child]


def test_stopping_is_quick_and_may_be_repeated(tmp_path: Path) -> None:
    platform = PlatformProcess(ServerOptions(seed=1, ports=FREE), log=tmp_path / "platform.log")
    start = fair_time()
    platform.stop()
    platform.stop()
    assert fair_time() - start < 3
    assert not platform.running


def test_the_board_counts_down_on_its_clock() -> None:
    clock = FakeClock()
    board = IncidentBoard(clock.monotonic)
    board.start("slow-chat", 30)
    assert board.seconds_left("slow-chat") == 30
    clock.advance(29)
    assert board.running("slow-chat")
    clock.advance(1)
    assert not board.running("slow-chat")
    assert board.api_up()


def test_flapping_is_down_and_up_in_turns() -> None:
    clock = FakeClock()
    board = IncidentBoard(clock.monotonic)
    board.start("flapping", 0)
    seen = []
    for _ in range(4):
        seen.append(board.api_up())
        clock.advance(FLAP_SECONDS)
    assert seen == [False, True, False, True]
    board.stop("flapping")
    assert board.api_up()


def test_a_wrong_name_is_told_which_are_right() -> None:
    with pytest.raises(
        UnknownIncidentError, match=r"disk-full is not simulated.*api-down, slow-chat, web-500, flapping"
    ):
        check_name("disk-full")
    with pytest.raises(UnknownIncidentError, match="no incident 'meteor'"):
        check_name("meteor")
