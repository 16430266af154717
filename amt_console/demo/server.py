"""The process of the simulated platform: ``python -m amt_console.demo.server``.

It prints its addresses as one line of JSON on stdout, and ends when its stdin closes: with its parent, however that
ends.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import socket
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from amt_console.clock import Clock, SystemClock
from amt_console.demo.inbox import DemoInbox, mail_server
from amt_console.demo.incidents import IncidentBoard
from amt_console.demo.listener import LOOPBACK, Listener, PortInUseError, bind
from amt_console.demo.platform import PlatformApps
from amt_console.demo.simulation import SimulatedPlatform

USUAL_PORTS: Mapping[str, int] = {"api": 5000, "web": 5173, "mobile": 19006}
MAIL_PORT = 2525
"""Of the mailbox, or any other if it is taken."""
_LOOK_SECONDS = 0.1
"""Seconds between updates of the API's listener by the incidents."""


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """Options of the process."""

    seed: int
    ports: Mapping[str, int | None]
    """Port by part of the platform; ``None``: the usual one, or any other if taken."""


class PlatformServer:
    """Three listeners over one simulation, and receivers of the demo's messages, in one event loop."""

    def __init__(self, options: ServerOptions, clock: Clock) -> None:
        self._board = IncidentBoard(clock.monotonic)
        self._inbox = DemoInbox(clock.now)
        apps = PlatformApps(SimulatedPlatform(options.seed), self._board, clock, self._inbox)
        sockets = bind_all(options.ports)
        self.moved = tuple(
            name
            for name, bound in sockets.items()
            if options.ports[name] is None and bound.getsockname()[1] != USUAL_PORTS[name]
        )
        """Parts whose usual port was taken."""
        self.listeners = {
            "api": Listener(apps.api(), sockets["api"]),
            "web": Listener(apps.web(), sockets["web"]),
            "mobile": Listener(apps.mobile(), sockets["mobile"]),
        }
        self._mail_socket = bind("mailbox", MAIL_PORT, exactly=False)
        self.ports = {
            **{name: listener.port for name, listener in self.listeners.items()},
            "mail": int(self._mail_socket.getsockname()[1]),
        }

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until ``stop`` is set."""
        for name in ("web", "mobile"):
            await self.listeners[name].open()
        loop = asyncio.get_running_loop()
        mail = await loop.create_server(lambda: mail_server(self._inbox), sock=self._mail_socket)
        try:
            while not stop.is_set():
                await self._follow_incidents()
                await _wait(stop, _LOOK_SECONDS)
        finally:
            mail.close()
            await asyncio.gather(*(listener.close() for listener in self.listeners.values()))

    async def _follow_incidents(self) -> None:
        api = self.listeners["api"]
        if self._board.api_up():
            await api.open()
        else:
            await api.close()


def bind_all(ports: Mapping[str, int | None]) -> dict[str, socket.socket]:
    """A listening socket for each part. Raises PortInUseError and OSError, with nothing left bound."""
    bound: dict[str, socket.socket] = {}
    try:
        for name, usual in USUAL_PORTS.items():
            wanted = ports[name]
            bound[name] = bind(name, usual if wanted is None else wanted, exactly=wanted is not None)
    except (PortInUseError, OSError):
        for each in bound.values():
            each.close()
        raise
    return bound


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return


async def _serve(options: ServerOptions) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    server = PlatformServer(options, SystemClock())
    running = asyncio.create_task(server.run(stop))
    _tell({"ports": server.ports, "moved": server.moved})
    threading.Thread(target=_stop_at_end_of_input, args=(loop, stop), daemon=True).start()
    await running


def _stop_at_end_of_input(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """The parent holds the other end of stdin: it closes when the parent closes it or dies."""
    sys.stdin.buffer.read()
    try:
        loop.call_soon_threadsafe(stop.set)
    except RuntimeError:  # the loop has ended by itself
        return


def _tell(message: Mapping[str, object]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the process; returns its exit code."""
    parser = argparse.ArgumentParser(prog="amt_console.demo.server")
    parser.add_argument("--seed", type=int, required=True)
    for name in USUAL_PORTS:
        parser.add_argument(f"--{name}-port", type=int)
    given = parser.parse_args(arguments)
    options = ServerOptions(
        seed=given.seed,
        ports={"api": given.api_port, "web": given.web_port, "mobile": given.mobile_port},
    )
    try:
        asyncio.run(_serve(options))
    except PortInUseError as error:
        _tell({"error": str(error)})
        return 1
    except (OSError, ValueError) as error:
        _tell({"error": f"the simulated platform cannot listen on {LOOPBACK}: {error}"})
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
