"""Runs one command as if nothing stood between it and its caller: streams, terminal, signals, exit code.

The command stays in this process's group, so that a terminal's keys reach it as ever and job control works on both.
"""

from __future__ import annotations

import os
import selectors
import signal
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

NOT_FOUND, NOT_EXECUTABLE = 127, 126
"""The exit codes by which shells say that a command could not be started."""
_FORWARDED = (
    signal.SIGINT,
    signal.SIGTERM,
    signal.SIGHUP,
    signal.SIGQUIT,
    signal.SIGUSR1,
    signal.SIGUSR2,
)
_FROM_THE_TERMINAL = 0x80
"""``si_code`` of what the kernel sends: a key of the terminal has reached the whole group already."""
_CHUNK = 64 * 1024


class StartError(Exception):
    """The command cannot be started; ``code`` is the exit code that a shell gives."""

    def __init__(self, command: str, error: OSError) -> None:
        super().__init__(f"{command}: {error.strerror or error}")
        self.code = NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_EXECUTABLE


@dataclass(frozen=True, slots=True)
class _Copied:
    """A stream of the command that is copied on its way."""

    source: int
    target: int


class Job:
    """A running command. Create it on the main thread, before any other thread is started.

    Args:
        command: Program and arguments.
        keep: How many bytes of the end of its output are kept; 0 leaves its streams untouched. What goes to a terminal
            is never kept, so that it stays a terminal.

    Raises:
        StartError: There is no such program, or it may not be executed.
    """

    def __init__(self, command: Sequence[str], *, keep: int = 0) -> None:
        self._keep = keep
        self._tail = bytearray()
        self._ended = threading.Event()
        self._old_mask = signal.pthread_sigmask(signal.SIG_BLOCK, (*_FORWARDED, signal.SIGCHLD))
        # Where it is ignored, nobody could be waited for.
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        copied, actions, theirs = self._pipes() if keep else ([], [], [])
        try:
            # Python ignores these two; the command must find them as they are by default.
            self.pid = os.posix_spawnp(
                command[0],
                list(command),
                os.environ,
                file_actions=actions,
                setsigmask=self._old_mask,
                setsigdef=[signal.SIGPIPE, signal.SIGXFSZ],
            )
        except OSError as error:
            signal.pthread_sigmask(signal.SIG_SETMASK, self._old_mask)
            raise StartError(command[0], error) from None
        finally:
            for end in theirs:
                os.close(end)
        self._copier = threading.Thread(target=self._copy, args=(copied,), daemon=True)
        self._copier.start()

    @property
    def tail(self) -> bytes:
        """The end of its output, once it has ended."""
        return bytes(self._tail)

    def wait(self) -> int:
        """Wait for its end, and hand on the signals that come meanwhile.

        Returns:
            Its exit code; 128 and the number of the signal that ended it.
        """
        watched = (*_FORWARDED, signal.SIGCHLD)
        while True:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                break
            found = signal.sigwaitinfo(watched)
            if found.si_signo != signal.SIGCHLD and found.si_code != _FROM_THE_TERMINAL:
                with suppress(ProcessLookupError):
                    os.kill(self.pid, found.si_signo)
        self._ended.set()
        self._copier.join()
        code = os.waitstatus_to_exitcode(status)
        return code if code >= 0 else 128 - code

    def _pipes(self) -> tuple[list[_Copied], list[tuple[int, int, int]], list[int]]:
        copied, actions, theirs = [], [], []
        for target in (1, 2):
            if os.isatty(target):
                continue
            ours, their = os.pipe()
            copied.append(_Copied(ours, target))
            actions.append((os.POSIX_SPAWN_DUP2, their, target))
            theirs.append(their)
        return copied, actions, theirs

    def _copy(self, copied: Sequence[_Copied]) -> None:
        with selectors.DefaultSelector() as selector:
            for each in copied:
                selector.register(each.source, selectors.EVENT_READ, each)
            while selector.get_map():
                over = self._ended.is_set()
                ready = selector.select(0.0 if over else 0.1)
                if over and not ready:
                    break
                for key, _ in ready:
                    if not self._moved(key.data):
                        selector.unregister(key.fd)
                        os.close(key.fd)

    def _moved(self, each: _Copied) -> bool:
        """Copy what there is; ``False`` at the end, or when nobody reads it: then the command gets SIGPIPE, as ever."""
        chunk = os.read(each.source, _CHUNK)
        self._tail += chunk
        del self._tail[: -self._keep]
        left = memoryview(chunk)
        try:
            while left:
                left = left[os.write(each.target, left) :]
        except OSError:
            return False
        return bool(chunk)
