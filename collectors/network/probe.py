"""One probe of a network service that is not HTTP: the deadline, the phases, and the result of every failure."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from amt_console.clock import Clock
from amt_console.model import OWN_ERRORS, ErrorClass, Phases, ProbeResult, Service, ServiceState
from amt_console.text import safe_text
from collectors.network.address import Address
from collectors.network.fault import ProbeFault
from collectors.network.resolver import Resolver
from collectors.network.stamps import monotonic_ns
from collectors.network.target_addresses import MOST_KEPT, target_addresses


class Waiting(Enum):
    """What a probe waits for when its deadline passes."""

    START = (ErrorClass.LOCAL_ERROR, "the monitor did not begin")
    NAME = (ErrorClass.DNS_TIMEOUT, "no address of {}")
    CONNECT = (ErrorClass.CONNECT_TIMEOUT, "no connection to {}")
    TLS = (ErrorClass.TIMEOUT, "connected to {}, but no TLS handshake")
    ANSWER = (ErrorClass.TIMEOUT, "no answer from {}")


@dataclass(slots=True)
class ProbeProgress:
    """How far a probe is. Durations in nanoseconds; ``None`` for a phase that was not reached."""

    stage: Waiting = Waiting.START
    waiting_for: str = ""
    dns_ns: int | None = None
    connect_ns: int | None = None
    tls_ns: int | None = None
    answer_ns: int | None = None
    address: Address | None = None
    found: tuple[Address, ...] = ()
    tls_version: str | None = None
    tls_expires_at: datetime | None = None
    details: dict[str, float | int | str | None] = field(default_factory=dict)
    answered: bool = False
    """Whether the time is that of an answer: also where it is not the expected one."""

    def wait(self, stage: Waiting, what: object) -> None:
        """Note what the probe waits for from now on."""
        self.stage, self.waiting_for = stage, str(what)

    def on(self, address: Address) -> Address:
        """Note where the probe goes."""
        self.address = address
        return address

    @property
    def total_ns(self) -> int:
        """The sum of the phases."""
        return sum(part or 0 for part in (self.dns_ns, self.connect_ns, self.tls_ns, self.answer_ns))


async def find(
    service: Service, host: str, port: int, resolver: Resolver, progress: ProbeProgress
) -> tuple[Address, ...]:
    """The addresses to go to, in order; see ``target_addresses``. Raises ProbeFault."""
    progress.wait(Waiting.NAME, host)
    addresses = await target_addresses(host, port, service.family, resolver)
    progress.dns_ns = addresses.took_ns
    progress.found = addresses.found
    return addresses.chosen


async def measured(
    service: Service, clock: Clock, attempt: int, work: Callable[[ProbeProgress], Awaitable[None]]
) -> ProbeResult:
    """Run ``work`` within the service's total deadline. Raises only when cancelled: every failure is in the result."""
    started, began = clock.now(), monotonic_ns()
    progress, fault = ProbeProgress(), None
    try:
        async with asyncio.timeout(service.timeout):
            await work(progress)
    except ProbeFault as error:
        fault = error
    except TimeoutError:
        error_class, words = progress.stage.value
        fault = ProbeFault(error_class, f"{words.format(progress.waiting_for)} within {service.timeout:g} s")
    except Exception as error:
        said = safe_text(str(error) or type(error).__name__)
        fault = ProbeFault(ErrorClass.LOCAL_ERROR, f"could not measure: {type(error).__name__}: {said}")
    address, took = progress.address, progress.total_ns
    total = took / 1e6 if fault is None or progress.answered else None
    progress.details["own_ms"] = round(max(0.0, (monotonic_ns() - began - took) / 1e6), 3)
    if fault is not None and progress.found:
        progress.details["dns"] = ", ".join(str(each.ip) for each in progress.found[:MOST_KEPT])
    if progress.tls_version is not None:
        progress.details["tls_version"] = progress.tls_version
    return ProbeResult(
        service=service.name,
        timestamp=started,
        state=probe_state(fault, total, service.degraded_above_ms),
        interval=service.interval,
        response_time_ms=total,
        error_class=None if fault is None else fault.error_class,
        error=None if fault is None else fault.message,
        phases=Phases(
            dns_ms=in_ms(progress.dns_ns),
            connect_ms=in_ms(progress.connect_ns),
            tls_ms=in_ms(progress.tls_ns),
            first_byte_ms=in_ms(progress.answer_ns),
        ),
        ip=None if address is None else str(address.ip),
        ip_family=None if address is None else f"ipv{address.ip.version}",
        tls_expires_at=progress.tls_expires_at,
        attempt=attempt,
        details=progress.details,
    )


def in_ms(nanoseconds: int | None) -> float | None:
    """Milliseconds of a phase that was reached."""
    return None if nanoseconds is None else nanoseconds / 1e6


def probe_state(fault: ProbeFault | None, total_ms: float | None, degraded_above_ms: float | None) -> ServiceState:
    """Failures of this machine are unknown, others down; slow answers are degraded."""
    if fault is not None:
        return ServiceState.UNKNOWN if fault.error_class in OWN_ERRORS else ServiceState.DOWN
    if degraded_above_ms is not None and total_ms is not None and total_ms > degraded_above_ms:
        return ServiceState.DEGRADED
    return ServiceState.UP
