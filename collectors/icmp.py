"""Probes hosts by ICMP echo: ``icmp://host``, over IPv4 and IPv6.

Linux lets the groups of ``net.ipv4.ping_group_range`` send echo requests without any privilege; where it does not, a
raw socket is tried. Without either the state is unknown: the host may be well.
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import struct
import sys
from dataclasses import dataclass
from urllib.parse import urlsplit

from amt_console.model import ErrorClass, Service
from collectors.network.address import Address, literal
from collectors.network.collector import NetworkCollector
from collectors.network.fault import ProbeFault, connect_fault
from collectors.network.probe import ProbeProgress, Waiting, find
from collectors.network.stamps import Stamps, monotonic_ns

RESEND_SECONDS = 1.0
"""A lost packet is no outage: another request is sent after this long, until the deadline."""
NOT_ALLOWED = (
    "could not measure: this machine does not let the monitor send ICMP; as root: "
    "sysctl -w net.ipv4.ping_group_range='0 2147483647'"
)
_HEADER = struct.Struct("!BBHHH")
_REQUESTS = {socket.AF_INET: (socket.IPPROTO_ICMP, 8, 0), socket.AF_INET6: (socket.IPPROTO_ICMPV6, 128, 129)}
"""By family: protocol, type of a request, type of a reply."""
_RECEIVE_ERRORS = {
    socket.AF_INET: (socket.IPPROTO_IP, getattr(socket, "IP_RECVERR", 11)),
    socket.AF_INET6: (socket.IPPROTO_IPV6, getattr(socket, "IPV6_RECVERR", 25)),
}
"""Options of Linux with which routers' answers become errors of the socket."""
_TOKEN_BYTES = 16
_READ_BYTES = 2048


class IcmpCollector(NetworkCollector):
    """Pings any number of hosts at once, on one event loop.

    The response time is name look-up and round trip. ``details["sent"]`` counts the requests of this probe.
    """

    async def _run(self, service: Service, progress: ProbeProgress) -> None:
        host = urlsplit(service.url).hostname or ""
        address = progress.on((await find(service, host, 0, self._resolver, progress))[0])
        progress.wait(Waiting.ANSWER, address.ip)
        sock = echo_socket(address)
        try:
            self._stamps.prepare(sock)
            progress.answer_ns = await _Echo(sock, address, self._stamps, progress).run()
        finally:
            sock.close()


def echo_socket(address: Address) -> socket.socket:
    """A connected socket for echo requests to ``address``.

    Raises:
        ProbeFault: This machine allows neither kind of socket, or has no route.
    """
    protocol = _REQUESTS[address.family][0]
    sock: socket.socket | None = None
    for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):
        try:
            sock = socket.socket(address.family, kind, protocol)
            break
        except PermissionError:
            continue
        except OSError as error:
            if error.errno in (errno.EPROTONOSUPPORT, errno.ESOCKTNOSUPPORT):
                continue
            raise connect_fault(error, str(address.ip), at_once=True) from None
    if sock is None:
        raise ProbeFault(ErrorClass.LOCAL_ERROR, NOT_ALLOWED)
    try:
        sock.setblocking(False)
        if sys.platform == "linux":
            level, option = _RECEIVE_ERRORS[address.family]
            sock.setsockopt(level, option, 1)
        sock.connect(address.sockaddr)
    except OSError as error:
        sock.close()
        raise connect_fault(error, str(address.ip), at_once=True) from None
    return sock


def why_not() -> str | None:
    """Why this machine cannot ping, and how to mend it; ``None`` if it can."""
    address = literal("127.0.0.1", 0)
    assert address is not None
    try:
        echo_socket(address).close()
    except ProbeFault as fault:
        return fault.message
    return None


@dataclass(slots=True)
class _Echo:
    """Requests to one address until one is answered."""

    sock: socket.socket
    address: Address
    stamps: Stamps
    progress: ProbeProgress

    async def run(self) -> int:
        """The round trip in nanoseconds. Raises ProbeFault: a router says that the host cannot be reached."""
        token = os.urandom(_TOKEN_BYTES)
        loop = asyncio.get_running_loop()
        sent: list[int] = []
        answered: asyncio.Future[int] = loop.create_future()
        loop.add_reader(self.sock.fileno(), self._read, token, sent, answered)
        try:
            while True:
                self._send(token, sent)
                self.progress.details["sent"] = len(sent)
                done, _ = await asyncio.wait((answered,), timeout=RESEND_SECONDS)
                if done:
                    return answered.result()
        finally:
            loop.remove_reader(self.sock.fileno())
            answered.cancel()

    def _send(self, token: bytes, sent: list[int]) -> None:
        _, request, _ = _REQUESTS[self.address.family]
        identifier = int.from_bytes(token[:2], "big")
        packet = _HEADER.pack(request, 0, 0, identifier, len(sent)) + token
        if self.address.family == socket.AF_INET:
            packet = _HEADER.pack(request, 0, checksum(packet), identifier, len(sent)) + token
        sent.append(monotonic_ns())
        try:
            self.sock.send(packet)
        except BlockingIOError:
            return  # the next one may find room
        except OSError as error:
            raise connect_fault(error, str(self.address.ip), at_once=len(sent) == 1) from None

    def _read(self, token: bytes, sent: list[int], answered: asyncio.Future[int]) -> None:
        if answered.done():
            return
        try:
            data, stamp = self.stamps.read(self.sock, _READ_BYTES, sent[0])
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            answered.set_exception(connect_fault(error, str(self.address.ip), at_once=False))
            return
        number = reply_number(data, self.address.family, token)
        if number is not None and number < len(sent):
            answered.set_result(max(0, stamp - sent[number]))


def reply_number(data: bytes, family: socket.AddressFamily, token: bytes) -> int | None:
    """The number of the request that a packet answers; ``None`` for anything but a reply with our token."""
    if family == socket.AF_INET and data and data[0] >> 4 == 4:
        data = data[4 * (data[0] & 15) :]  # raw sockets give the IP header as well
    if len(data) < _HEADER.size + len(token):
        return None
    kind, code, _, _, number = _HEADER.unpack_from(data)
    if kind != _REQUESTS[family][2] or code != 0 or data[_HEADER.size : _HEADER.size + len(token)] != token:
        return None
    return int(number)


def checksum(packet: bytes) -> int:
    """The Internet checksum of RFC 1071."""
    total: int = sum(struct.unpack(f"!{len(packet) // 2}H", packet))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return 0xFFFF - total
