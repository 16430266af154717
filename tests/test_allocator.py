"""The C library's allocator keeps one arena for all threads, and gives free pages back."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

import pytest

from amt_console import allocator

PROGRAM = """
import ctypes, sys, threading
from amt_console.allocator import return_free_memory, use_one_arena
assert use_one_arena()
held, there = [], threading.Barrier(5)
def work():
    held.append([bytes(2000) for _ in range(200)])
    there.wait(60)
threads = [threading.Thread(target=work) for _ in range(4)]
[each.start() for each in threads]
there.wait(60)
[each.join() for each in threads]
held.clear()
return_free_memory()
library = ctypes.CDLL(None)
library.fopen.restype = ctypes.c_void_p
file = ctypes.c_void_p(library.fopen(sys.argv[1].encode(), b"w"))
library.malloc_info(0, file)
library.fclose(file)
"""


@pytest.mark.slow
@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has arenas")
def test_all_threads_allocate_in_one_arena(tmp_path: Path) -> None:
    told = tmp_path / "malloc.xml"
    subprocess.run([sys.executable, "-c", PROGRAM, str(told)], check=True, timeout=60)
    assert told.read_text("utf-8").count("<heap nr=") == 1


def test_another_c_library_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctypes.CDLL", lambda _: object())
    assert not allocator.use_one_arena()
    assert not allocator.return_free_memory()
