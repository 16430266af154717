"""Name look-ups in a bounded number of threads, each with its own deadline.

The system's resolver may block a thread for long. So look-ups run in daemon threads that never delay the end of the
program. Probes of one name share a running look-up, so that one dead zone cannot occupy all threads.
"""

from __future__ import annotations

import asyncio
import ipaddress
import queue
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from amt_console.model import ErrorClass
from collectors.network.address import Address
from collectors.network.fault import ProbeFault, lookup_fault
from collectors.network.stamps import monotonic_ns

LOOKUP_SECONDS = 5.0
"""Longest wait for the resolver, within the total deadline of the probe."""
MAX_THREADS = 16

GetAddrInfo = Callable[..., list[tuple[Any, ...]]]
_Key = tuple[bytes, int]


@dataclass(slots=True, eq=False)
class _Lookup:
    key: _Key
    waiters: list[tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = field(default_factory=list)
    began_ns: int | None = None
    ended_ns: int = 0
    answers: list[tuple[Any, ...]] = field(default_factory=list)
    error: BaseException | None = None


class Resolver:
    """Resolves names through the system.

    Args:
        getaddrinfo: The system's resolver.
        max_threads: Most look-ups at one time.
        timeout: Longest wait for one look-up, in seconds.
    """

    def __init__(
        self,
        *,
        getaddrinfo: GetAddrInfo = socket.getaddrinfo,
        max_threads: int = MAX_THREADS,
        timeout: float = LOOKUP_SECONDS,
    ) -> None:
        self._getaddrinfo = getaddrinfo
        self._max_threads = max_threads
        self._timeout = timeout
        self._lock = threading.Lock()
        self._jobs: queue.SimpleQueue[_Lookup | None] = queue.SimpleQueue()
        self._under_way: dict[_Key, _Lookup] = {}
        self._threads = 0
        self._idle = 0
        self._queued = 0

    async def resolve(self, host: str, port: int, family: int) -> tuple[list[Address], int]:
        """Look ``host`` up.

        Args:
            host: An ASCII name.
            port: Goes into the addresses.
            family: ``AF_UNSPEC``, ``AF_INET`` or ``AF_INET6``.

        Returns:
            The addresses in the resolver's order (at least one), and how long it took in nanoseconds.

        Raises:
            ProbeFault: No such name, no answer, or no free thread in time.
        """
        joined_ns = monotonic_ns()
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        lookup = self._join((host.encode("ascii"), family), loop, done)
        try:
            async with asyncio.timeout(self._timeout):
                await done
        except TimeoutError:
            raise self._overdue(lookup, host) from None
        finally:
            self._leave(lookup, loop, done)
        if lookup.error is not None:
            raise lookup_fault(lookup.error, host)
        addresses = [_address(entry, port) for entry in lookup.answers]
        if not addresses:
            raise ProbeFault(ErrorClass.DNS_NXDOMAIN, f"name {host} has no address")
        return addresses, lookup.ended_ns - max(joined_ns, lookup.began_ns or joined_ns)

    def close(self) -> None:
        """End the idle threads; a stuck one ends with its look-up."""
        with self._lock:
            for _ in range(self._threads):
                self._jobs.put(None)

    def _overdue(self, lookup: _Lookup, host: str) -> ProbeFault:
        if lookup.began_ns is None:
            return ProbeFault(
                ErrorClass.LOCAL_ERROR,
                f"could not measure: {self._max_threads} name look-ups are stuck, so {host} was not looked up",
            )
        return ProbeFault(ErrorClass.DNS_TIMEOUT, f"name {host} was not resolved within {self._timeout:g} s")

    def _join(self, key: _Key, loop: asyncio.AbstractEventLoop, done: asyncio.Future[None]) -> _Lookup:
        with self._lock:
            lookup = self._under_way.get(key)
            if lookup is not None:
                lookup.waiters.append((loop, done))
                return lookup
            if self._queued >= self._idle and self._threads < self._max_threads:
                self._start_thread()
            lookup = self._under_way[key] = _Lookup(key, [(loop, done)])
            self._queued += 1
        self._jobs.put(lookup)
        return lookup

    def _start_thread(self) -> None:
        try:
            threading.Thread(target=self._work, name=f"resolver-{self._threads}", daemon=True).start()
        except RuntimeError as error:
            if not self._threads:
                raise ProbeFault(ErrorClass.LOCAL_ERROR, f"could not measure: {error}") from None
        else:
            self._threads += 1

    def _leave(self, lookup: _Lookup, loop: asyncio.AbstractEventLoop, done: asyncio.Future[None]) -> None:
        with self._lock:
            if (loop, done) in lookup.waiters:
                lookup.waiters.remove((loop, done))
            if not lookup.waiters and lookup.began_ns is None and self._under_way.get(lookup.key) is lookup:
                del self._under_way[lookup.key]

    def _work(self) -> None:
        while True:
            with self._lock:
                self._idle += 1
            lookup = self._jobs.get()
            with self._lock:
                self._idle -= 1
                if lookup is None:
                    self._threads -= 1
                    return
                self._queued -= 1
                if not lookup.waiters:
                    continue
                lookup.began_ns = monotonic_ns()
            self._run(lookup)

    def _run(self, lookup: _Lookup) -> None:
        host, family = lookup.key
        flags = socket.AI_ADDRCONFIG if family == socket.AF_UNSPEC else 0
        try:
            lookup.answers = self._getaddrinfo(host, None, family, socket.SOCK_STREAM, 0, flags)
        except Exception as error:
            lookup.error = error
        lookup.ended_ns = monotonic_ns()
        with self._lock:
            if self._under_way.get(lookup.key) is lookup:
                del self._under_way[lookup.key]
            waiters = tuple(lookup.waiters)
        for loop, done in waiters:
            try:
                loop.call_soon_threadsafe(_settle, done)
            except RuntimeError:
                continue  # that loop has ended; nobody waits there any more


def _settle(done: asyncio.Future[None]) -> None:
    if not done.done():
        done.set_result(None)


def _address(entry: tuple[Any, ...], port: int) -> Address:
    sockaddr = entry[4]
    ip = ipaddress.ip_address(sockaddr[0])
    if ip.version == 4:
        return Address(ip, port, (sockaddr[0], port))
    return Address(ip, port, (sockaddr[0], port, sockaddr[2], sockaddr[3]))
