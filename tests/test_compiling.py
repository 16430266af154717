"""What is compiled before the workers of the tests start."""

from __future__ import annotations

import os
from importlib.util import cache_from_source
from pathlib import Path

from support.compiling import is_compiled, parts


def test_a_module_is_compiled_until_it_is_written_again(tmp_path: Path) -> None:
    module = tmp_path / "test_one.py"
    module.write_text("")
    assert not is_compiled(module)
    plain = Path(cache_from_source(str(module)))
    plain.parent.mkdir()
    compiled = plain.with_name(f"{plain.stem}-pytest-9.0.0.pyc")
    compiled.write_bytes(b"")
    assert is_compiled(module)
    os.utime(module, (0, compiled.stat().st_mtime + 1))
    assert not is_compiled(module)


def test_each_module_is_in_one_part_and_the_parts_are_of_about_one_size(tmp_path: Path) -> None:
    modules = [tmp_path / f"test_{number}.py" for number in range(10)]
    for number, module in enumerate(modules):
        module.write_text("x" * (100 if number else 500))
    found = parts(modules, 2)
    assert [module for part in found for module in part] == modules
    assert [sum(module.stat().st_size for module in part) for part in found] == [700, 700]
    assert parts(modules[:1], 2) == [modules[:1]]
