"""Collects the evidence of a first failure beside the re-checks: the page never waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from amt_console.clock import Clock
from amt_console.model import DEFAULT_LOCATION, HostSample, ProbeResult, ServiceState
from amt_console.model.evidence import Evidence, ProcessUse
from amt_console.monitor.buffer import EvidenceReading
from amt_console.monitor.supervise import LOG

PROCESSES_AGE = 5.0
"""Seconds for which the list of processes serves further failures."""
_ADDRESSES = ", "


class EvidenceCollector:
    """Lives on the engine's loop; reads processes on a thread, at most one reading at a time.

    Args:
        clock: The time.
        processes: Reads the busiest processes; blocks.
        host: The newest sample of the host.
        emit: Takes a reading.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        processes: Callable[[], tuple[ProcessUse, ...]],
        host: Callable[[], HostSample | None],
        emit: Callable[[EvidenceReading], None],
    ) -> None:
        self._clock = clock
        self._read = processes
        self._host = host
        self._emit = emit
        self._reading: asyncio.Task[tuple[ProcessUse, ...]] | None = None
        self._read_at = float("-inf")
        self._running: set[asyncio.Task[None]] = set()

    def hear(self, result: ProbeResult, *, has_alert: bool) -> None:
        """Collect, if this is the first failure of a service without an alert."""
        if result.state is not ServiceState.DOWN or result.attempt != 1 or has_alert:
            return
        task = asyncio.create_task(self._collect(result), name=f"evidence {result.service}")
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def aclose(self) -> None:
        """Drop what is being collected."""
        tasks = [*self._running, *([self._reading] if self._reading is not None else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _collect(self, result: ProbeResult) -> None:
        try:
            processes = await asyncio.shield(self._processes())
        except Exception:
            LOG.exception("The processes could not be read for the evidence of %s.", result.service)
            processes = ()
        self._emit(EvidenceReading(result.service, evidence_of(result, processes, self._host())))

    def _processes(self) -> asyncio.Task[tuple[ProcessUse, ...]]:
        """The running or a recent reading, else a new one."""
        now = self._clock.monotonic()
        if self._reading is None or now - self._read_at > PROCESSES_AGE:
            self._read_at = now
            self._reading = asyncio.create_task(asyncio.to_thread(self._read), name="evidence processes")
        return self._reading


def evidence_of(result: ProbeResult, processes: tuple[ProcessUse, ...], host: HostSample | None) -> Evidence:
    """The evidence in a failing result, with the host beside it."""
    dns, tls = result.details.get("dns"), result.details.get("tls_version")
    disks = sorted(((disk.mount, disk.percent) for disk in host.disks), key=lambda disk: -disk[1]) if host else []
    here = result.location in (None, DEFAULT_LOCATION)
    return Evidence(
        at=result.timestamp,
        dns=tuple(dns.split(_ADDRESSES)) if isinstance(dns, str) else (),
        address=result.ip,
        url=result.final_url,
        status=result.status_code,
        http_version=result.http_version,
        tls_version=tls if isinstance(tls, str) else None,
        certificate_ends_at=result.tls_expires_at,
        phases=result.phases,
        # The result of another location says nothing about this host.
        processes=processes if here else (),
        cpu_percent=host.cpu_usage if host and here else None,
        memory_percent=host.memory_usage if host and here else None,
        load=tuple(host.load) if host and host.load and here else (),
        disks=tuple(disks[:3]) if here else (),
    )
