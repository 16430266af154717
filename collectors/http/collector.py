"""Probes HTTP services: a fresh connection each time, one total deadline, five phases, a class for each failure."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import httpx

from amt_console.clock import Clock
from amt_console.expressions import OverBudgetError
from amt_console.model import ErrorClass, ProbeResult, Service
from amt_console.text import safe_text
from collectors.http.answer import REDIRECTS
from collectors.http.evidence import kept_answer
from collectors.http.expect import Checks, ExpectationError
from collectors.http.request import DEFAULT_HEADERS, configured_headers
from collectors.http.route import Machinery, Route
from collectors.http.trace import BEGINNING_BYTES, Trace
from collectors.http.transport import TRACE, ProbeTransport
from collectors.http.url import shown_url
from collectors.network.certificates import CertificateDates
from collectors.network.fault import ProbeFault
from collectors.network.probe import probe_state
from collectors.network.resolver import Resolver
from collectors.network.stamps import Stamps, monotonic_ns
from collectors.network.tls import TlsContexts

MAX_REDIRECTS = 10
_ANSWERED = frozenset((ErrorClass.HTTP_STATUS, ErrorClass.HEADER_ASSERT, ErrorClass.BODY_ASSERT, ErrorClass.TOO_LARGE))
"""Failures that still have a response time: the answer came."""


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A service, prepared for repeated probes."""

    service: Service
    transport: ProbeTransport
    request: httpx.Request
    wire: bytes
    """The request as it is sent."""
    follows: bool
    checks: Checks
    shown: str
    """The address of the first request, safe to show."""

    async def send(self, trace: Trace) -> None:
        """Send the request. httpx doubles the cost, so it is used for redirects only."""
        first = self.request
        answer = await self.transport.exchange(first.method, first.url, self.wire, trace)
        if not (self.follows and answer.redirects_to):
            return
        trace.redirect = answer
        again = httpx.Request(
            first.method, first.url, headers=first.headers, content=first.content, extensions={TRACE: trace}
        )
        client = httpx.AsyncClient(
            transport=self.transport, follow_redirects=True, max_redirects=MAX_REDIRECTS, trust_env=False
        )
        await client.send(again)


class HttpCollector:
    """Probes any number of services at once, on one event loop.

    The response time is the sum of the phases: name look-up, TCP handshake, TLS handshake, request to first byte, first
    to last byte, over all redirects. The prober's own pauses between them are excluded;
    they are in ``details["own_ms"]``.

    Args:
        clock: For the time stamps of the results.
        resolver: Looks names up; the system's by default.
    """

    def __init__(self, *, clock: Clock, resolver: Resolver | None = None) -> None:
        self._clock = clock
        self._machinery = Machinery(
            stamps=Stamps(),
            resolver=resolver or Resolver(),
            contexts=TlsContexts(),
            certificates=CertificateDates(),
        )
        self._prepared: dict[str, _Prepared] = {}

    async def probe(self, service: Service, *, attempt: int = 1) -> ProbeResult:
        """Probe once. Raises only when cancelled: every failure is in the result.

        Args:
            service: What to probe, and what to expect.
            attempt: 1 for a scheduled probe, 2 and up for re-checks.
        """
        timestamp = self._clock.now()
        began = monotonic_ns()
        trace = Trace()
        fault = await self._run(service, trace)
        spent = trace.total_ms()
        total = spent if trace.complete and (fault is None or fault.error_class in _ANSWERED) else None
        return ProbeResult(
            service=service.name,
            timestamp=timestamp,
            state=probe_state(fault, total, service.degraded_above_ms),
            interval=service.interval,
            response_time_ms=total,
            error_class=None if fault is None else fault.error_class,
            error=None if fault is None else fault.message,
            phases=trace.phases(),
            status_code=trace.status,
            final_url=self._final_url(service, trace),
            redirects=max(0, trace.hops - 1),
            ip=trace.ip,
            ip_family=trace.ip_family,
            http_version=trace.http_version,
            tls_expires_at=trace.tls_expires_at,
            body_bytes=len(trace.body) or trace.raw_bytes if trace.status is not None else None,
            attempt=attempt,
            details=_details(trace, fault, (monotonic_ns() - began) / 1e6 - spent),
            answer=_answer(service, trace, fault),
            body=trace.body if service.figures is not None and fault is None else None,
        )

    async def aclose(self) -> None:
        """Release the shared resources."""
        self._prepared.clear()
        self._machinery.resolver.close()
        self._machinery.stamps.close()

    def _final_url(self, service: Service, trace: Trace) -> str | None:
        if trace.url is None:
            return None
        prepared = self._prepared.get(service.name)
        if prepared is not None and trace.url is prepared.request.url:
            return prepared.shown
        return shown_url(str(trace.url))

    async def _run(self, service: Service, trace: Trace) -> ProbeFault | None:
        try:
            prepared = self._prepare(service)
            async with asyncio.timeout(service.timeout):
                await prepared.send(trace)
            return await prepared.checks.fault(trace)
        except ProbeFault as fault:
            return fault
        except TimeoutError:
            return trace.timeout_fault(service.timeout)
        except httpx.TooManyRedirects:
            return ProbeFault(ErrorClass.REDIRECT_LOOP, f"more than {MAX_REDIRECTS} redirects")
        except OverBudgetError as error:
            return ProbeFault(ErrorClass.BODY_ASSERT, str(error))
        except ExpectationError as error:
            return ProbeFault(ErrorClass.LOCAL_ERROR, f"could not measure: {error}")
        except Exception as error:
            return _unforeseen(error, trace)

    def _prepare(self, service: Service) -> _Prepared:
        known = self._prepared.get(service.name)
        if known is not None and (known.service is service or known.service == service):
            return known
        checks = Checks(service.expect, self._clock)
        url = httpx.URL(service.url)
        proxy = None if service.proxy is None else httpx.URL(service.proxy)
        if proxy is not None and proxy.scheme != "http":
            raise ProbeFault(ErrorClass.LOCAL_ERROR, "could not measure: only http:// proxies can be used")
        route = Route(
            origin=url,
            family=service.family,
            verify_tls=service.verify_tls,
            ca_file=service.ca_file,
            proxy=proxy,
            max_body_bytes=service.max_body_bytes,
            follows=not any(checks.accepts(status) for status in REDIRECTS),
        )
        transport = ProbeTransport(route, self._machinery)
        request = _first_request(service, url)
        prepared = self._prepared[service.name] = _Prepared(
            service=service,
            transport=transport,
            request=request,
            wire=transport.encode(request),
            follows=route.follows,
            checks=checks,
            shown=shown_url(str(request.url)),
        )
        return prepared


def _first_request(service: Service, url: httpx.URL) -> httpx.Request:
    headers = httpx.Headers(DEFAULT_HEADERS)
    headers.update(configured_headers(service.headers))
    content = None if service.body is None else service.body.encode()
    request = httpx.Request(service.method, url, headers=headers, content=content)
    credentials = service.auth or ((url.username, url.password) if url.userinfo else None)
    if credentials is not None:
        next(httpx.BasicAuth(*credentials).auth_flow(request))
    return request


def _answer(service: Service, trace: Trace, fault: ProbeFault | None) -> Callable[[], str | None] | None:
    if fault is None or fault.error_class is ErrorClass.LOCAL_ERROR or trace.status is None:
        return None
    body = (trace.body or trace.beginning)[:BEGINNING_BYTES]
    return partial(kept_answer, service, body, trace.headers, trace.raw_bytes) if body else None


def _details(trace: Trace, fault: ProbeFault | None, own_ms: float) -> dict[str, float | int | str | None]:
    details: dict[str, float | int | str | None] = {"own_ms": round(max(0.0, own_ms), 3)}
    if trace.tls_version is not None:
        details["tls_version"] = trace.tls_version
    if fault is not None and trace.dns:
        details["dns"] = ", ".join(trace.dns)
    if trace.surplus:
        details["anomaly"] = "the server sent more bytes than it had announced"
    return details


def _unforeseen(error: Exception, trace: Trace) -> ProbeFault:
    """The fault of an unexpected error: an invalid redirect is the server's, anything else is ours."""
    said = safe_text(str(error) or type(error).__name__)
    if trace.status in REDIRECTS and trace.complete:
        return ProbeFault(ErrorClass.PROTOCOL, f"the redirect cannot be followed: {said}")
    if isinstance(error, httpx.InvalidURL):
        return ProbeFault(ErrorClass.LOCAL_ERROR, f"could not measure: the address is not valid: {said}")
    return ProbeFault(ErrorClass.LOCAL_ERROR, f"could not measure: {type(error).__name__}: {said}")
