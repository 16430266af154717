"""Arrival times of bytes: the kernel's receive stamps if available, else the clock at the read.

A thread that shares its interpreter with a busy screen reads late, by tens of milliseconds at worst; the packet itself
is never late. Linux stamps each packet on arrival (``SO_TIMESTAMPNS``, see socket(7)) and tells the round trip of the
handshake (``TCP_INFO``, see tcp(7)).
"""

from __future__ import annotations

import socket
import struct
import sys
import time

_LINUX = sys.platform == "linux"
_SO_TIMESTAMPNS = 35
"""Of asm-generic/socket.h; alpha, mips, parisc and sparc number differently and fall back to the clock."""
_TIMESPEC = struct.Struct("@qq")
_TCP_INFO_BYTES = 104
_TCP_ESTABLISHED = 1
_RTT_OFFSET = 68
_RETRANSMITS_OFFSET = 100
_U32 = struct.Struct("@I")
_SLACK_NS = 100_000
"""Tolerance for kernel stamps outside the possible range, because two clocks are read in turn."""
_CLOSE_READS_NS = 20_000
_OFFSET_READINGS = 8

monotonic_ns = time.monotonic_ns


class Stamps:
    """Reads sockets with the time of arrival, in nanoseconds on the monotonic clock."""

    def __init__(self) -> None:
        self.kernel = False
        self._keeper: socket.socket | None = None
        if _LINUX and struct.calcsize("P") == 8:
            self._keep_stamping()

    def _keep_stamping(self) -> None:
        """Keep one socket with stamps open: the kernel enables stamping with the first one, slowly."""
        try:
            keeper = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        except OSError:
            return
        try:
            keeper.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        except OSError:
            keeper.close()
            return
        self._keeper = keeper
        self.kernel = True

    def close(self) -> None:
        """Stop stamping."""
        if self._keeper is not None:
            self._keeper.close()
            self._keeper = None

    def prepare(self, sock: socket.socket) -> None:
        """Ask for stamps on a new socket."""
        if self.kernel:
            try:
                sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
            except OSError:
                self.kernel = False

    def read(self, sock: socket.socket, size: int, not_before: int) -> tuple[bytes, int]:
        """Read up to ``size`` bytes and when the last of them arrived, which cannot be earlier than ``not_before``.

        Raises:
            OSError: As ``recv``.
        """
        if not self.kernel:
            data = sock.recv(size)
            return data, monotonic_ns()
        data, ancillary, _flags, _address = sock.recvmsg(size, 64)
        offset, now = _wall_offset()
        for level, kind, value in ancillary:
            if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS and len(value) == _TIMESPEC.size:
                seconds, nanoseconds = _TIMESPEC.unpack(value)
                stamp = seconds * 1_000_000_000 + nanoseconds - offset
                if not_before - _SLACK_NS <= stamp <= now + _SLACK_NS:
                    return data, min(max(stamp, not_before), now)
        return data, now


def handshake_ns(sock: socket.socket) -> int | None:
    """The kernel's own measurement of the TCP handshake, 0 if it has none; ``None`` while the connection is not up."""
    if not _LINUX:
        return None
    try:
        info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO_BYTES)
    except OSError:
        return None
    if len(info) < _TCP_INFO_BYTES or info[0] != _TCP_ESTABLISHED:
        return None
    if _U32.unpack_from(info, _RETRANSMITS_OFFSET)[0]:
        return 0
    return int(_U32.unpack_from(info, _RTT_OFFSET)[0]) * 1000


def _wall_offset() -> tuple[int, int]:
    """Wall clock minus monotonic clock, and the monotonic clock.

    Both are read several times: the offset is taken where the readings lie closest together, because a thread that is
    preempted between two readings would shift every stamp by half of its pause.
    """
    offset, closest = 0, None
    for _ in range(_OFFSET_READINGS):
        before = time.monotonic_ns()
        wall = time.time_ns()
        after = time.monotonic_ns()
        if closest is None or after - before < closest:
            offset, closest = wall - (before + after) // 2, after - before
        if closest < _CLOSE_READS_NS:
            break
    return offset, after
