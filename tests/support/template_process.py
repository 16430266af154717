"""Processes of the program, forked from one that has imported it already.

A process of the program spends most of its processor time with imports: more than a second, and a run of the tests has
hundreds of them. ``start`` forks the same process in a fraction of it: the program runs with the arguments, the
environment, the folder and the descriptors that ``subprocess`` would have given it. What looks at the imports
themselves, or at what Python reads from the environment when it starts, uses ``subprocess``.

The template is a process of its own (``python -m support.template_process``), one for all workers of the tests: a
worker has threads, and a fork of it would have their locks. Who needs it first starts it. It lives until the last
worker has ended.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import gc
import hashlib
import importlib
import json
import os
import pkgutil
import random
import runpy
import select
import signal
import socket
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).parents[2]
MODULES = (
    "amt_console",
    "support.console_script",
    "amt_console.demo.server",
    "amt_console.reports.render",
    "amt_console.reports.dashboards.child",
    "amt_console.reports.scheduled.child",
)
"""What can be started with ``python -m``; and any text with ``python -c``."""
READ_AT_START = ("PYTHON", "LC_", "LANG", "TEXTUAL", "ESCDELAY", "TERM_PROGRAM", "LD_")
"""Variables that the interpreter or a library reads when it is imported; ``TERM`` and ``NO_COLOR`` are read later."""
LOADED_LATE = ("alembic.command", "cryptography.hazmat.primitives.ciphers.aead", "uvicorn.lifespan.off")
"""Modules that the program imports when it first needs them, and most of these processes do."""
NAME = "PYTEST_TEMPLATE_PROCESS"
"""The variable that tells the forks the name of the template, for those that they start themselves."""
_WORKER = b"worker"
"""What a worker says, once, instead of a request."""
_HEADER = 1 << 20
_UNWRITTEN = 120
"""The interpreter's exit code when standard output cannot be written at the end."""


class ForkedProcess(subprocess.Popen[Any]):
    """``subprocess.Popen`` whose process is a fork of the template."""

    def __init__(self, command: Sequence[str], *, own_terminal: bool = False, **options: Any) -> None:
        self._own_terminal = own_terminal
        super().__init__(command, **options)

    def _execute_child(  # type: ignore[no-untyped-def,override]
        self,
        args,
        executable,
        preexec_fn,
        close_fds,
        pass_fds,
        cwd,
        env,
        startupinfo,
        creationflags,
        shell,
        p2cread,
        p2cwrite,
        c2pread,
        c2pwrite,
        errread,
        errwrite,
        restore_signals,
        gid,
        gids,
        uid,
        umask,
        start_new_session,
        *rest,
    ) -> None:
        """The one method of Popen that starts something."""
        standard = [own if given == -1 else given for own, given in enumerate((p2cread, c2pwrite, errwrite))]
        request = {
            "argv": _told([os.fspath(each) for each in args[1:]]),
            "env": dict(os.environ if env is None else env),
            "cwd": os.fspath(cwd or Path.cwd()),
            "new_session": start_new_session or self._own_terminal,
            "own_terminal": self._own_terminal,
        }
        self._ending = _template()
        socket.send_fds(self._ending, [json.dumps(request).encode()], standard)
        self.pid = int(self._ending.recv(32))
        self._child_created = True
        for own, other in ((p2cread, p2cwrite), (c2pwrite, c2pread), (errwrite, errread)):
            if own != -1 and other != -1:
                os.close(own)

    def _internal_poll(self, _deadstate: int | None = None, **_: Any) -> int | None:
        if self.returncode is None and select.select([self._ending], [], [], 0)[0]:
            self._ended()
        return self.returncode

    def _wait(self, timeout: float | None) -> int:
        if self.returncode is None:
            if not select.select([self._ending], [], [], timeout)[0]:
                assert timeout is not None
                raise subprocess.TimeoutExpired(self.args, timeout)
            self._ended()
        assert self.returncode is not None
        return self.returncode

    def _ended(self) -> None:
        word = self._ending.recv(32)
        self._ending.close()
        self.returncode = int(word) if word else -signal.SIGKILL


def start(
    command: Sequence[str], *, fork: bool = True, own_terminal: bool = False, **options: Any
) -> subprocess.Popen[Any]:
    """``subprocess.Popen``, by a fork where that makes no difference.

    Args:
        command: The program.
        fork: Whether it may be a fork.
        own_terminal: Whether standard input becomes its controlling terminal.
        options: Of ``subprocess.Popen``.
    """
    if fork and _can_fork(command, options):
        return ForkedProcess(command, own_terminal=own_terminal, **options)
    if own_terminal:
        options["preexec_fn"] = take_terminal
    return subprocess.Popen(command, **options)


def run(command: Sequence[str], *, timeout: float, **options: Any) -> subprocess.CompletedProcess[Any]:
    """``subprocess.run``, by a fork where that makes no difference; what is not redirected is captured."""
    process = start(command, **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options})
    try:
        out, err = process.communicate(timeout=timeout)
    except BaseException:
        process.kill()
        process.wait()
        raise
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def take_terminal() -> None:
    """In a new session: make standard input the controlling terminal."""
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _can_fork(command: Sequence[str], options: Mapping[str, Any]) -> bool:
    if not sys.platform.startswith("linux") or "preexec_fn" in options or "pass_fds" in options:
        return False
    way, program = _told(command[1:])[:2]
    if command[0] != sys.executable or not (way == "-c" or (way == "-m" and program in MODULES)):
        return False
    env = options.get("env")
    return env is None or all(
        env.get(name) == os.environ.get(name)
        for name in {*env, *os.environ}
        if name.startswith(READ_AT_START) and name != "PYTHONPATH"
    )


def _told(arguments: Sequence[str]) -> list[str]:
    """The arguments without ``-P``: in a fork, all that could be found in its folder is imported already."""
    return [*arguments[1:]] if arguments[0] == "-P" else [*arguments]


def forking_subprocess() -> ModuleType:
    """The module ``subprocess`` whose processes are forks where they can be."""
    forking = ModuleType("subprocess")
    forking.__dict__.update({**vars(subprocess), "Popen": start})
    return forking


_lines: dict[str, socket.socket] = {}
"""One to each template, open as long as this worker lives."""


def _template() -> socket.socket:
    """A connection to the template that was started with what Python reads at its start as this process has it now."""
    name = os.environ.get(NAME)
    if name is None:
        run = os.environ.get("PYTEST_XDIST_TESTRUNUID", f"{os.getpid()}")
        read = json.dumps(sorted(_read_at_start(os.environ).items()))
        name = hashlib.sha256(f"{run} {ROOT} {read}".encode()).hexdigest()
        while name not in _lines:
            line = _connected(name) or _started(name)
            # A template that ends at this moment answers nothing.
            if line is not None and line.send(_WORKER) and line.recv(1):
                _lines[name] = line
                atexit.register(line.close)
    connection = _connected(name)
    assert connection is not None, "the template process has ended"
    return connection


def _connected(name: str) -> socket.socket | None:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        connection.connect(f"\0{name}")
    except ConnectionRefusedError:
        connection.close()
        return None
    return connection


def _started(name: str) -> socket.socket | None:
    """Start the template, unless somebody else just does."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        try:
            listener.bind(f"\0{name}")
        except OSError:
            return None
        listener.listen(128)
        env = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "tests"))), NAME: name}
        command = [sys.executable, "-m", "support.template_process", str(listener.fileno())]
        subprocess.run(command, env=env, pass_fds=[listener.fileno()], cwd="/", check=True)
        return _connected(name)


def _read_at_start(env: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in env.items() if name.startswith(READ_AT_START)}


def _serve(listener: socket.socket) -> dict[str, Any]:
    """In the template: fork at each request. Returns in the children only, with the request."""
    workers: set[socket.socket] = set()
    living: dict[int, socket.socket] = {}
    wake_up, woken = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(woken)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    while True:
        ready, _, _ = select.select([listener, wake_up, *workers], [], [])
        if wake_up in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(wake_up, 4096)
            for pid in list(living):
                ended, status = os.waitpid(pid, os.WNOHANG)
                if ended:
                    with living.pop(pid) as connection, contextlib.suppress(OSError):
                        connection.send(str(os.waitstatus_to_exitcode(status)).encode())
        if listener in ready:
            connection, _ = listener.accept()
            request, standard, _, _ = socket.recv_fds(connection, _HEADER, 3)
            if request == _WORKER:
                workers.add(connection)
                connection.send(b"+")
            elif request:
                pid = os.fork()
                if pid == 0:
                    for each in (listener, connection, *workers, *living.values()):
                        each.close()
                    signal.set_wakeup_fd(-1)
                    os.close(wake_up)
                    os.close(woken)
                    return {**json.loads(request), "standard": standard}
                living[pid] = connection
                connection.send(str(pid).encode())
                for each in standard:
                    os.close(each)
        for worker in workers.intersection(ready):
            worker.close()
            workers.remove(worker)
            if not workers:
                sys.exit(0)  # the tests are over


def _become(request: dict[str, Any]) -> None:
    """In a child: be as ``python -m`` with the arguments of the request would be."""
    for own, given in enumerate(request["standard"]):
        os.dup2(given, own)
    for given in request["standard"]:
        if given > 2:
            os.close(given)
    if request["new_session"]:
        os.setsid()
    if request["own_terminal"]:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(request["cwd"])
    name = os.environ[NAME]
    os.environ.clear()
    os.environ.update({**request["env"], NAME: name})
    time.tzset()
    random.seed()
    for name, number, mode in (("stdin", 0, "r"), ("stdout", 1, "w"), ("stderr", 2, "w")):
        errors = "backslashreplace" if name == "stderr" else "surrogateescape"
        file = open(number, mode, encoding="utf-8", errors=errors, closefd=False)  # noqa: SIM115
        if mode == "w":
            file.reconfigure(line_buffering=name == "stderr" or file.isatty())
        setattr(sys, name, file)
        setattr(sys, f"__{name}__", file)
    sys.path[0] = request["cwd"]
    sys.argv = request["argv"][1:]


def _import_all() -> None:
    for package in ("amt_console", "collectors", "widgets"):
        for found in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
            if not found.name.endswith("__main__") and ".migrations" not in found.name:
                importlib.import_module(found.name)
    for name in ("support.console_script", "support.stores", *LOADED_LATE):
        importlib.import_module(name)


def _fork_what_forks_start() -> None:
    """The processes that make reports: a new one imports the renderer for longer than it draws."""
    forking = importlib.import_module("support.template_process").forking_subprocess()
    for module in ("amt_console.reports.export", "amt_console.reports.jobs.processes"):
        vars(importlib.import_module(module))["subprocess"] = forking


def main() -> None:
    """The template process; ends in the children, as the program."""
    if os.fork():
        os._exit(0)  # nobody has to wait for its end
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.disable()  # imports make very many objects and little garbage
    _import_all()
    _fork_what_forks_start()
    gc.enable()
    assert threading.active_count() == 1, "a fork would have the locks of the other threads"
    gc.collect()
    gc.freeze()
    request = _serve(socket.socket(fileno=int(sys.argv[1])))
    gc.unfreeze = lambda: None  # what is imported here is no garbage, and to look through it copies it
    _become(request)
    os._exit(_exit_code_of(*request["argv"]))


def _exit_code_of(way: str, program: str, *arguments: str) -> int:
    """Run it to the end of its exit functions.

    The interpreter would go on to free all that was imported, and copy each page of it for that: longer than most
    processes live.
    """
    code = 0
    try:
        if way == "-m":
            runpy.run_module(program, run_name="__main__", alter_sys=True)
        else:
            sys.argv = ["-c", *arguments]
            exec(compile(program, "<string>", "exec"), {"__name__": "__main__"})
    except SystemExit as ended:
        code = _code_of(ended)
    except BaseException as error:
        sys.excepthook(type(error), error, error.__traceback__)
        if isinstance(error, KeyboardInterrupt):
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGINT)
        code = 1
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.flush()
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        return _UNWRITTEN
    return code


def _code_of(ended: SystemExit) -> int:
    if ended.code is None or isinstance(ended.code, int):
        return (ended.code or 0) & 0xFF
    print(ended.code, file=sys.stderr)
    return 1


if __name__ == "__main__":
    main()
