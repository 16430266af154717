"""The progress of one probe: the time of each phase, the current stage, and the answer so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto

import httpx

from amt_console.model import ErrorClass, Phases
from amt_console.text import milliseconds
from collectors.http.answer import ReceivedAnswer
from collectors.network.fault import ProbeFault
from collectors.network.probe import in_ms

BEGINNING_BYTES = 4096


class ProbeStage(Enum):
    """What the probe is waiting for."""

    PREPARE = auto()
    NAME = auto()
    CONNECT = auto()
    TUNNEL = auto()
    TLS = auto()
    ANSWER = auto()
    HEADERS = auto()
    BODY = auto()


@dataclass(slots=True)
class Trace:
    """The running record of one probe. All times are nanoseconds on the monotonic clock, summed over redirects."""

    stage: ProbeStage = ProbeStage.PREPARE
    waiting_for: str = ""
    """The name or address that the present stage is about."""
    dns_ns: int | None = None
    connect_ns: int | None = None
    tls_ns: int | None = None
    first_byte_ns: int | None = None
    transfer_ns: int | None = None
    body_so_far: int = 0
    complete: bool = False
    """Whether the last hop's answer was read to its end, or to the size cap."""
    dns: tuple[str, ...] = ()
    """The addresses that the name resolved to."""
    ip: str | None = None
    ip_family: str | None = None
    http_version: str | None = None
    tls_version: str | None = None
    tls_expires_at: datetime | None = None
    status: int | None = None
    reason: str = ""
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""
    """Decoded."""
    beginning: bytes = b""
    """Of the body as it came over the wire, whole or not."""
    raw_bytes: int = 0
    """Body bytes as they came over the wire."""
    surplus: bool = False
    """The server sent more than the length that it had announced."""
    url: httpx.URL | None = None
    """Of the newest hop."""
    hops: int = 0
    redirect: ReceivedAnswer | None = None
    """The first answer, where it is a redirect, until httpx has taken it over."""
    verdict: ProbeFault | None = None
    """A certain fault, while its details are still being collected."""

    def begin_hop(self, url: httpx.URL) -> None:
        """Begin another request: forget the previous answer, keep its times."""
        self.hops += 1
        self.url = url
        self.stage = ProbeStage.PREPARE
        self.complete = False
        self.ip = self.ip_family = self.http_version = self.tls_version = self.tls_expires_at = self.status = None
        self.reason, self.headers, self.body, self.raw_bytes, self.body_so_far = "", [], b"", 0, 0
        self.beginning = b""
        self.surplus = False
        self.dns = ()

    def note(self, answer: ReceivedAnswer) -> None:
        """Note an answer, complete or not."""
        self.raw_bytes = len(answer.body)
        self.beginning = bytes(answer.body[:BEGINNING_BYTES])
        self.surplus = answer.surplus
        if answer.has_headers:
            self.status, self.reason, self.headers = answer.status, answer.reason, answer.headers
            self.http_version = answer.version

    def add(self, phase: str, nanoseconds: int) -> None:
        """Add to ``dns``, ``connect``, ``tls``, ``first_byte`` or ``transfer``; never less than 0."""
        name = f"{phase}_ns"
        setattr(self, name, (getattr(self, name) or 0) + max(0, nanoseconds))

    def phases(self) -> Phases:
        """The phases in milliseconds."""
        return Phases(
            dns_ms=in_ms(self.dns_ns),
            connect_ms=in_ms(self.connect_ns),
            tls_ms=in_ms(self.tls_ns),
            first_byte_ms=in_ms(self.first_byte_ns),
            transfer_ms=in_ms(self.transfer_ns),
        )

    def total_ms(self) -> float:
        """The sum of the phases in milliseconds, without the prober's own pauses."""
        parts = (self.dns_ns, self.connect_ns, self.tls_ns, self.first_byte_ns, self.transfer_ns)
        return sum(part for part in parts if part is not None) / 1e6

    def timeout_fault(self, timeout: float) -> ProbeFault:
        """The fault when the total deadline of ``timeout`` seconds passes now."""
        if self.verdict is not None:
            return self.verdict
        limit = f"within {timeout:g} s"
        where = self.waiting_for
        connected = f" (connected after {milliseconds(in_ms(self.connect_ns))})" if self.connect_ns is not None else ""
        match self.stage:
            case ProbeStage.PREPARE:
                return ProbeFault(
                    ErrorClass.LOCAL_ERROR, f"could not measure: the monitor itself was not ready {limit}"
                )
            case ProbeStage.NAME:
                return ProbeFault(ErrorClass.DNS_TIMEOUT, f"name {where} was not resolved {limit}")
            case ProbeStage.CONNECT:
                return ProbeFault(ErrorClass.CONNECT_TIMEOUT, f"no connection to {where} {limit}")
            case ProbeStage.TUNNEL:
                return ProbeFault(ErrorClass.TIMEOUT, f"the proxy opened no tunnel {limit}{connected}")
            case ProbeStage.TLS:
                return ProbeFault(ErrorClass.TIMEOUT, f"the TLS handshake did not end {limit}{connected}")
            case ProbeStage.ANSWER:
                return ProbeFault(ErrorClass.TIMEOUT, f"no answer {limit}{connected}")
            case ProbeStage.HEADERS:
                return ProbeFault(ErrorClass.TIMEOUT, f"the headers were not complete {limit}{connected}")
            case ProbeStage.BODY:
                return ProbeFault(
                    ErrorClass.TIMEOUT,
                    f"the body was not complete {limit} ({self.body_so_far} bytes so far, status {self.status})",
                )
