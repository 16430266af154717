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
    from amt_console.cli.startup.main import run

    try:
        run()
    finally:
        # The process ends: its last collections would search a hundred thousand objects for nothing.
        gc.freeze()


if __name__ == "__main__":
    main()
