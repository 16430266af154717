"""Asks Prometheus servers: one instant query a probe. Without an answer or a number the state is unknown, not down."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass

import httpx

from amt_console.clock import Clock
from amt_console.model import ErrorClass, ProbeResult, PrometheusQuery, ServiceState
from amt_console.text import safe_text
from collectors.network.fault import ProbeFault, connect_fault, local_fault
from collectors.network.resolver import Resolver
from collectors.network.target_addresses import target_addresses
from collectors.network.tls import TlsContexts, tls_fault
from collectors.prometheus.answer import QueryValues, read_answer

MAX_BODY_BYTES = 4 * 1024 * 1024
INLINE_BYTES = 64 * 1024
"""Larger answers are read in a thread."""
_HEADERS = {"User-Agent": "amt-console", "Accept": "application/json"}


@dataclass(frozen=True, slots=True)
class _Answer:
    series: QueryValues
    took_ms: float


class PrometheusCollector:
    """Runs queries. A series without labels is the value ``value``; others are named by their labels.

    Args:
        clock: For the time stamps and durations of the results.
        resolver: Looks names up; the system's by default.
    """

    def __init__(self, *, clock: Clock, resolver: Resolver | None = None) -> None:
        self._clock = clock
        self._resolver = resolver or Resolver()
        self._contexts = TlsContexts()

    async def probe(self, query: PrometheusQuery, *, attempt: int = 1) -> ProbeResult:
        """Ask once. Raises only when cancelled: every failure is in the result."""
        started = self._clock.now()
        fault: ProbeFault | None = None
        answer: _Answer | None = None
        try:
            async with asyncio.timeout(query.timeout):
                answer = await self._ask(query)
        except ProbeFault as error:
            fault = error
        except TimeoutError:
            fault = ProbeFault(ErrorClass.TIMEOUT, f"no whole answer of Prometheus within {query.timeout:g} s")
        except Exception as error:
            said = safe_text(str(error) or type(error).__name__)
            fault = ProbeFault(ErrorClass.LOCAL_ERROR, f"could not measure: {type(error).__name__}: {said}")
        if answer is not None and not answer.series.values:
            fault = ProbeFault(ErrorClass.CHECK_UNKNOWN, _nothing(answer.series))
        return ProbeResult(
            service=query.name,
            timestamp=started,
            state=ServiceState.UP if fault is None else ServiceState.UNKNOWN,
            interval=query.interval,
            response_time_ms=answer.took_ms if answer is not None and fault is None else None,
            error_class=None if fault is None else fault.error_class,
            error=None if fault is None else fault.message,
            attempt=attempt,
            details={} if answer is None else _details(answer.series),
            values={} if answer is None else answer.series.values,
        )

    async def aclose(self) -> None:
        """Release the shared resources."""
        self._resolver.close()

    async def _ask(self, query: PrometheusQuery) -> _Answer:
        url = httpx.URL(query.url.rstrip("/") + "/api/v1/query", params={"query": query.query})
        host = url.raw_host.decode("ascii")
        port = url.port or (443 if url.scheme == "https" else 80)
        began = self._clock.monotonic()
        refused: ProbeFault | None = None
        for address in (await target_addresses(host, port, "any", self._resolver)).chosen:
            try:
                status, body = await self._get(query, url, str(address.ip))
            except httpx.ConnectError as error:
                fault = _connect_fault(error, str(address), host)
                if fault.error_class is not ErrorClass.CONNECT_REFUSED:
                    raise fault from None
                refused = refused or fault
                continue
            took_ms = (self._clock.monotonic() - began) * 1000
            if len(body) > INLINE_BYTES:
                return _Answer(await asyncio.to_thread(read_answer, status, body, query.unit), took_ms)
            return _Answer(read_answer(status, body, query.unit), took_ms)
        assert refused is not None
        raise refused

    async def _get(self, query: PrometheusQuery, url: httpx.URL, ip: str) -> tuple[int, bytes]:
        """Send the request to one address. Raises ProbeFault, httpx.ConnectError."""
        context: ssl.SSLContext | bool = False
        if url.scheme == "https":
            context = await self._contexts.get(ca_file=query.ca_file, verify=query.verify_tls)
        request = httpx.Request(
            "GET",
            url.copy_with(host=ip),
            headers={**_HEADERS, **query.headers, "Host": url.netloc.decode("ascii")},
            extensions={"sni_hostname": url.raw_host.decode("ascii")} if url.scheme == "https" else {},
        )
        body = bytearray()
        async with httpx.AsyncClient(verify=context, trust_env=False, timeout=query.timeout) as client:
            try:
                response = await client.send(request, stream=True)
                async for piece in response.aiter_bytes():
                    body += piece
                    if len(body) > MAX_BODY_BYTES:
                        words = f"the answer is larger than {MAX_BODY_BYTES // 1024**2} MiB: aggregate in the query"
                        raise ProbeFault(ErrorClass.TOO_LARGE, words)
            except httpx.ConnectError:
                raise
            except httpx.TimeoutException:
                raise TimeoutError from None
            except httpx.HTTPError as error:
                said = safe_text(str(error) or type(error).__name__, 160)
                raise ProbeFault(ErrorClass.PROTOCOL, f"Prometheus gave no whole answer: {said}") from None
        if response.is_redirect:
            raise ProbeFault(ErrorClass.HTTP_STATUS, f"status {response.status_code}: it redirects; name the last URL")
        return response.status_code, bytes(body)


def _connect_fault(error: httpx.ConnectError, where: str, host: str) -> ProbeFault:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return tls_fault(cause, host)
        if isinstance(cause, OSError) and cause.errno:
            return local_fault(cause) or connect_fault(cause, where, at_once=False)
        cause = cause.__cause__ or cause.__context__
    return ProbeFault(ErrorClass.CONNECT_ERROR, f"no connection to {where}: {safe_text(str(error), 160)}")


def _nothing(series: QueryValues) -> str:
    if series.not_numbers:
        return f"the query gives no number: {series.not_numbers} series are NaN or infinite"
    return "the query gives no data: no series matches, or all are stale"


def _details(series: QueryValues) -> dict[str, float | int | str | None]:
    found: dict[str, float | int | str | None] = {"series": len(series.values)}
    if series.left_out:
        found["series left out"] = series.left_out
    if series.not_numbers:
        found["series without a number"] = series.not_numbers
    if series.warnings:
        found["warnings"] = "; ".join(series.warnings)
    return found
