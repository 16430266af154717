"""Probes name servers: ``dns://name?server=1.2.3.4&type=A`` asks one server and looks at what it answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import dns.asyncquery
import dns.exception
import dns.message
import dns.rcode
import dns.rdatatype
import dns.resolver

from amt_console.clock import Clock
from amt_console.model import ErrorClass, Service
from amt_console.text import safe_text
from collectors.network.address import Address, literal
from collectors.network.collector import NetworkCollector
from collectors.network.fault import ProbeFault, connect_fault
from collectors.network.probe import ProbeProgress, Waiting, find
from collectors.network.resolver import Resolver
from collectors.network.stamps import monotonic_ns

PORT = 53
_SHOWN_CHARS = 100
_CODES = {
    dns.rcode.NXDOMAIN: (ErrorClass.DNS_NXDOMAIN, "{server} says that {name} does not exist (NXDOMAIN)"),
    dns.rcode.SERVFAIL: (ErrorClass.DNS_ERROR, "{server} could not resolve {name} (SERVFAIL)"),
    dns.rcode.REFUSED: (ErrorClass.DNS_ERROR, "{server} refuses to answer (REFUSED)"),
}


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of whom."""

    name: str
    server: str | None
    """Name or address; ``None`` for the first name server of this machine."""
    port: int
    kind: str

    @classmethod
    def of(cls, url: str) -> Question:
        """The question in a URL that the configuration has checked."""
        parts = urlsplit(url)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        server = urlsplit(f"//{query['server']}") if "server" in query else None
        return cls(
            name=parts.netloc,
            server=None if server is None else server.hostname,
            port=PORT if server is None or server.port is None else server.port,
            kind=query.get("type", "A").upper(),
        )


def system_server() -> str | None:
    """The first name server that this machine is configured to ask; ``None`` if it has none."""
    try:
        servers = dns.resolver.Resolver().nameservers
    except (dns.exception.DNSException, OSError):
        return None
    return str(servers[0]) if servers else None


class DnsCollector(NetworkCollector):
    """Asks any number of name servers at once, on one event loop; over UDP, and over TCP where the answer is cut.

    Up is an answer without an error code that holds a record of the wanted type and, if expected, the text.

    Args:
        clock: For the time stamps of the results.
        resolver: Looks up the names of servers; the system's by default.
        own_server: The name server of this machine.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        resolver: Resolver | None = None,
        own_server: Callable[[], str | None] = system_server,
    ) -> None:
        super().__init__(clock=clock, resolver=resolver)
        self._own_server = own_server

    async def _run(self, service: Service, progress: ProbeProgress) -> None:
        question = Question.of(service.url)
        server = await self._server(service, question, progress)
        progress.wait(Waiting.ANSWER, server)
        request = dns.message.make_query(question.name, question.kind, use_edns=True)
        began = monotonic_ns()
        try:
            answer, _ = await dns.asyncquery.udp_with_fallback(
                request, str(server.ip), port=server.port, ignore_unexpected=True, ignore_errors=True
            )
        except dns.exception.DNSException as error:
            said = safe_text(str(error) or type(error).__name__, _SHOWN_CHARS)
            raise ProbeFault(ErrorClass.PROTOCOL, f"{server} gave no readable answer: {said}") from None
        except OSError as error:
            raise connect_fault(error, str(server), at_once=False) from None
        progress.answer_ns = monotonic_ns() - began
        progress.answered = True
        _check(question, server, answer, service.expect.text, progress)

    async def _server(self, service: Service, question: Question, progress: ProbeProgress) -> Address:
        """Where to ask. The servers of this machine are not checked: whoever set it up chose them."""
        if question.server is not None:
            found = await find(service, question.server, question.port, self._resolver, progress)
            return progress.on(found[0])
        own = self._own_server()
        address = None if own is None else literal(own.partition("%")[0], PORT)
        if address is None:
            raise ProbeFault(
                ErrorClass.LOCAL_ERROR, "could not measure: this machine has no name server; name one as ?server="
            )
        progress.address = address
        return address


def _check(
    question: Question, server: Address, answer: dns.message.Message, text: str | None, progress: ProbeProgress
) -> None:
    """Look at an answer. Raises ProbeFault."""
    code = answer.rcode()
    if code != dns.rcode.NOERROR:
        error_class, words = _CODES.get(code, (ErrorClass.DNS_ERROR, "{server} answers " + dns.rcode.to_text(code)))
        raise ProbeFault(error_class, words.format(server=server, name=question.name))
    wanted = dns.rdatatype.from_text(question.kind)
    records = [data.to_text() for part in answer.answer if part.rdtype == wanted for data in part]
    progress.details["records"] = len(records)
    if not records:
        raise ProbeFault(
            ErrorClass.DNS_NXDOMAIN, f"{server} knows {question.name}, but no {question.kind} record of it"
        )
    shown = safe_text(", ".join(sorted(records)), _SHOWN_CHARS)
    progress.details["answer"] = shown
    if text is not None and not any(text in record for record in records):
        raise ProbeFault(ErrorClass.BODY_ASSERT, f"expected '{safe_text(text, _SHOWN_CHARS)}', got {shown}")
