"""The process entry: answers ``--version`` without importing anything, then hands over to the command line."""

from __future__ import annotations

import gc
import sys


def main() -> None:
    """Run the command line; the exit code is one of ``amt_console.cli.exit_codes``."""
    if sys.argv[1:] == ["--version"]:
        from amt_console import __version__

        print(f"amt-console {__version__}")  # noqa: T201
        return
    # httpx offers a command line of its own, and loads click, Pygments and a part of Rich for it: 4 MB of memory in
    # each monitor. Without that module httpx does without its command line.
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
    from amt_console.frozen_guards import share_frozen_guards

    share_frozen_guards()  # before the first of our dataclasses is made
    from amt_console.cli.startup.main import run

    try:
        run()
    finally:
        # The process ends: its last collections would search a hundred thousand objects for nothing.
        gc.freeze()


if __name__ == "__main__":
    main()
