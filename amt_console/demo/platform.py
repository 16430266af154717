"""The simulated platform as web applications: API, web app, mobile app, and control of incidents on each."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Awaitable, Callable
from itertools import count

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from amt_console.clock import Clock
from amt_console.demo.inbox import MOST_BYTES, DemoInbox
from amt_console.demo.incidents import DEFAULT_SECONDS, INCIDENTS, IncidentBoard, UnknownIncidentError
from amt_console.demo.pages import app_page, control_page, error_page
from amt_console.demo.rhythm import activity, noise
from amt_console.demo.simulation import SimulatedPlatform, think_seconds
from amt_console.model import FigureKind

API_ROUTES = {
    "/api/chat/analytics": FigureKind.CHATBOT,
    "/api/plans": FigureKind.PLANS,
    "/api/dashboard/overview": FigureKind.OVERVIEW,
    "/api/analytics/revenue": FigureKind.REVENUE,
}
HOOK_PATH = "/receiver/webhook"
_LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]", "::1")
_LONGEST_CONTROL_BODY = 10_000
Handler = Callable[[Request], Awaitable[Response]]


class PlatformApps:
    """The three applications over one simulation.

    Args:
        simulation: Source of the figures.
        board: The active incidents.
        clock: The time of the figures.
        inbox: The messages that arrived.
    """

    def __init__(self, simulation: SimulatedPlatform, board: IncidentBoard, clock: Clock, inbox: DemoInbox) -> None:
        self._simulation = simulation
        self._board = board
        self._clock = clock
        self._inbox = inbox
        self._started = clock.monotonic()
        self._requests = count()

    def api(self) -> Starlette:
        """``/api/health`` and the endpoints with figures."""
        routes = [Route(path, self._figures(path, kind)) for path, kind in API_ROUTES.items()]
        return self._application([Route("/api/health", self._health), *routes])

    def web(self) -> Starlette:
        """The web app's front page."""
        return self._application([Route("/", self._web_page)])

    def mobile(self) -> Starlette:
        """The mobile app's front page."""
        return self._application([Route("/", self._mobile_page)])

    def _application(self, routes: list[Route]) -> Starlette:
        control = [
            Route("/control", self._control),
            Route("/control/incidents", self._incidents),
            Route("/control/incidents/{name}", self._switch, methods=["POST"]),
            Route("/control/messages", self._messages),
            Route(HOOK_PATH, self._hook, methods=["POST"]),
        ]
        return Starlette(
            routes=[*routes, *control],
            middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=list(_LOOPBACK_NAMES))],
        )

    async def _think(self, route: str) -> None:
        seed = self._simulation.seed
        chance = noise(seed, route, next(self._requests))
        await asyncio.sleep(think_seconds(route, activity(seed, self._clock.now()), chance))

    async def _health(self, request: Request) -> Response:
        await self._think("/api/health")
        return JSONResponse({"status": "ok", "uptime_s": round(self._clock.monotonic() - self._started, 1)})

    def _figures(self, path: str, kind: FigureKind) -> Handler:
        async def answer(request: Request) -> Response:
            if kind is FigureKind.CHATBOT and self._board.running("slow-chat"):
                await asyncio.sleep(3 + 3 * noise(self._simulation.seed, "slow", next(self._requests)))
            else:
                await self._think(path)
            return JSONResponse(self._simulation.answer(kind, self._clock.now()))

        return answer

    async def _web_page(self, request: Request) -> Response:
        await self._think("/")
        if self._board.running("web-500"):
            return HTMLResponse(error_page(500), status_code=500)
        return HTMLResponse(app_page("web app", self._simulation.audience(self._clock.now())))

    async def _mobile_page(self, request: Request) -> Response:
        await self._think("/")
        return HTMLResponse(app_page("mobile app", self._simulation.audience(self._clock.now())))

    async def _control(self, request: Request) -> Response:
        return HTMLResponse(control_page())

    async def _incidents(self, request: Request) -> Response:
        return JSONResponse([self._incident(name) for name in INCIDENTS])

    def _incident(self, name: str) -> dict[str, object]:
        left = self._board.seconds_left(name)
        return {
            "name": name,
            "description": INCIDENTS[name],
            "active": left is not None,
            "seconds_left": round(left, 1) if left is not None and math.isfinite(left) else None,
        }

    async def _messages(self, request: Request) -> Response:
        return JSONResponse(self._inbox.document())

    async def _hook(self, request: Request) -> Response:
        """The receiver of the channel ``demo-hook``."""
        try:
            self._inbox.add_webhook(await _short_body(request, MOST_BYTES))
        except ValueError as error:
            return _refused(str(error), 413)
        return JSONResponse({"status": "ok"})

    async def _switch(self, request: Request) -> Response:
        """``{"active": true, "seconds": 120}``; only JSON, so that no other site's page can send it unasked."""
        name = request.path_params["name"]
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            return _refused("send the request as application/json", 415)
        try:
            active, seconds = _wish(await _short_body(request))
            if active:
                self._board.start(name, seconds)
            else:
                self._board.stop(name)
        except UnknownIncidentError as error:
            return _refused(str(error), 404)
        except ValueError as error:
            return _refused(str(error), 400)
        return JSONResponse(self._incident(name))


async def _short_body(request: Request, most: int = _LONGEST_CONTROL_BODY) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise ValueError("the request is too long")
    return body


def _wish(body: bytes) -> tuple[bool, float]:
    """``active`` and ``seconds`` of a request. Raises ValueError."""
    form = 'send {"active": true or false, "seconds": a number}'
    try:
        wish = json.loads(body)
    except (ValueError, RecursionError):
        raise ValueError(form) from None
    if not isinstance(wish, dict) or not isinstance(wish.get("active"), bool):
        raise ValueError(form)
    seconds = wish.get("seconds", DEFAULT_SECONDS)
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
        raise ValueError(form)
    return wish["active"], seconds


def _refused(reason: str, status: int) -> Response:
    return JSONResponse({"error": reason}, status_code=status)
