"""A program of the user's, which gets each message as JSON on standard input."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import tempfile
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import tzinfo

from amt_console.model.notifications import Message
from amt_console.model.states import ChannelType
from amt_console.notify.channels.alert_body import webhook_body
from amt_console.notify.channels.channel import DeliveryError, FailureReason
from amt_console.notify.templates.content import content_of
from amt_console.notify.templates.plain import plain_text
from amt_console.text import safe_text

MAX_OUTPUT_BYTES = 16 * 1024
"""What is kept of a program's output; the rest is read and dropped, so that it never blocks."""
_GRACE_SECONDS = 1.0
_SHOWN_CHARS = 160


class ExecChannel:
    """Runs a program for each message: exit code 0 is delivered, any other is tried again."""

    type = ChannelType.EXEC
    groups = True

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        environment: Iterable[str],
        timeout: float,
        instance: str,
        env: Mapping[str, str],
        zone: tzinfo | None = None,
    ) -> None:
        self.name = name
        self._command = tuple(command)
        self._names = tuple(environment)
        self._timeout = timeout
        self._instance = instance
        self._env = env
        self._zone = zone

    async def send(self, message: Message) -> None:
        """Run the program. Raises DeliveryError."""
        output = bytearray()
        async with _drained(output) as sink:
            process = await self._started(message, sink)
            try:
                async with asyncio.timeout(self._timeout):
                    code = await process.wait()
            except TimeoutError:
                raise DeliveryError(
                    FailureReason.TIMEOUT, f"{self._command[0]} did not end within {self._timeout:g} s", retry=True
                ) from None
            finally:
                # Whatever is left of the program and of what it started.
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, signal.SIGKILL)
                await process.wait()
        if code != 0:
            ended = f"ended with exit code {code}" if code > 0 else f"was ended by {signal.Signals(-code).name}"
            said = safe_text(output.decode("utf-8", "replace").strip(), _SHOWN_CHARS)
            words = f"{self._command[0]} {ended}{f': {said}' if said else ''}"
            raise DeliveryError(FailureReason.SERVER_ERROR, words, retry=True)

    async def _started(self, message: Message, sink: int) -> asyncio.subprocess.Process:
        environment = {name: self._env[name] for name in self._names if name in self._env}
        # A file and a pipe of our own: with asyncio's pipes, ``wait`` waits for everybody who holds their other end.
        with tempfile.TemporaryFile() as document:
            document.write(self._document(message))
            document.seek(0)
            try:
                return await asyncio.create_subprocess_exec(
                    *self._command,
                    stdin=document,
                    stdout=sink,
                    stderr=asyncio.subprocess.STDOUT,
                    env=environment,
                    cwd="/",
                    start_new_session=True,
                )
            except OSError as error:
                raise DeliveryError(
                    FailureReason.CONFIGURATION,
                    f"{self._command[0]} cannot be started: {os.strerror(error.errno or 0)}",
                ) from None
            finally:
                os.close(sink)

    async def aclose(self) -> None:
        """Nothing is kept open."""

    def _document(self, message: Message) -> bytes:
        content = content_of(message, self._zone)
        document = {
            **webhook_body(message, self._instance),
            "id": str(message.id),
            "kind": str(message.kind),
            "subject": content.subject,
            "text": plain_text(content),
        }
        return json.dumps(document, ensure_ascii=False).encode("utf-8", "replace")


@contextlib.asynccontextmanager
async def _drained(output: bytearray) -> AsyncIterator[int]:
    """The writing end of a pipe, which the caller closes; what comes out of it is read, and its beginning kept."""
    source, sink = os.pipe()
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(source, "rb"))

    async def read() -> None:
        while piece := await reader.read(65536):
            output.extend(piece[: MAX_OUTPUT_BYTES - len(output)])

    reading = asyncio.create_task(read())
    try:
        yield sink
        # Nobody writes any more, but for a child that left the process group.
        await asyncio.wait((reading,), timeout=_GRACE_SECONDS)
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        transport.close()
