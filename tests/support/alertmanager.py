"""Debian's Alertmanager on a loopback port."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path

from support.http_servers import unused_port

BINARY = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
TO_NOBODY = "route:\n  receiver: nobody\nreceivers:\n  - name: nobody\n"


@contextlib.asynccontextmanager
async def real_alertmanager(folder: Path, config: str = TO_NOBODY) -> AsyncIterator[str]:
    """The real one, with a configuration; gives its URL."""
    assert BINARY is not None
    file = folder / "alertmanager.yml"
    file.write_text(config, encoding="ascii")
    url = f"http://127.0.0.1:{unused_port()}"
    process = await asyncio.create_subprocess_exec(
        BINARY,
        f"--config.file={file}",
        f"--storage.path={folder}/data",
        f"--web.listen-address={url.removeprefix('http://')}",
        "--cluster.listen-address=",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(60):
            while True:
                with contextlib.suppress(OSError):
                    await asyncio.to_thread(fetch, f"{url}/-/ready")
                    break
                assert process.returncode is None, "it ended at once"
                await asyncio.sleep(0.1)
        yield url
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def fetch(url: str) -> bytes:
    """The body at a URL. Raises OSError."""
    with urllib.request.urlopen(url, timeout=10) as reply:
        content: bytes = reply.read()
        return content
