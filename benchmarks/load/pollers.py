"""Attached consoles without a screen: each asks a monitor for its picture once a second. ``pollers SOCKET COUNT``."""

from __future__ import annotations

import sys
import threading

from amt_console.api.client.operations import RemoteOperations


def poll(operations: RemoteOperations, first: float, end: threading.Event) -> None:
    """Ask until the end, a second apart."""
    if end.wait(first):
        return
    while True:
        operations.snapshot()
        if end.wait(1.0):
            return


def main() -> None:
    """Print a line when all have their first answer; poll until the process is ended."""
    socket, count = sys.argv[1], int(sys.argv[2])
    end = threading.Event()
    consoles = [RemoteOperations(f"unix:{socket}", session=f"console-{number}") for number in range(count)]
    for console in consoles:
        console.snapshot()
    threads = [
        threading.Thread(target=poll, args=(console, number / count, end), daemon=True)
        for number, console in enumerate(consoles)
    ]
    for thread in threads:
        thread.start()
    print("polling", flush=True)
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
