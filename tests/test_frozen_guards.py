"""The guards that all frozen dataclasses share."""

from __future__ import annotations

import copy
import dataclasses
import subprocess
import sys
from dataclasses import FrozenInstanceError, dataclass
from typing import Any, ClassVar

import pytest

from amt_console.frozen_guards import share_frozen_guards

pytestmark = pytest.mark.skipif(sys.version_info >= (3, 13), reason="this Python makes its dataclasses otherwise")


@pytest.fixture(autouse=True)
def guards(monkeypatch: pytest.MonkeyPatch) -> None:
    maker = "_frozen_get_del_attr"
    monkeypatch.setattr(dataclasses, maker, getattr(dataclasses, maker))
    assert share_frozen_guards()


def shape(*, slots: bool) -> Any:
    """A class with one field, made now."""

    class Point:
        x: int = 1

    return dataclass(frozen=True, slots=slots)(Point)


@pytest.mark.parametrize("slots", [True, False])
def test_nothing_of_a_frozen_dataclass_changes(slots: bool) -> None:
    point = shape(slots=slots)(2)
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'x'"):
        point.x = 3
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'y'"):
        point.y = 3
    with pytest.raises(FrozenInstanceError, match="cannot delete field 'x'"):
        del point.x
    assert point.x == 2
    assert dataclasses.replace(point, x=4).x == 4
    assert copy.deepcopy(point) == point


def test_all_frozen_dataclasses_have_the_same_guards() -> None:
    first, second = shape(slots=True), shape(slots=False)
    assert first is not second
    assert first.__setattr__ is second.__setattr__
    assert first.__delattr__ is second.__delattr__


def test_an_ordinary_class_below_has_attributes_of_its_own_besides_the_frozen_fields() -> None:
    frozen = shape(slots=False)

    @dataclass(frozen=True)
    class Between(frozen):  # type: ignore[misc]
        z: int = 5

    class Below(Between):
        pass

    below = Below()
    below.y = 3
    assert below.y == 3
    del below.y
    assert not hasattr(below, "y")
    for name in ("x", "z"):
        with pytest.raises(FrozenInstanceError, match=f"cannot assign to field '{name}'"):
            setattr(below, name, 3)
        with pytest.raises(FrozenInstanceError, match=f"cannot delete field '{name}'"):
            delattr(below, name)


def test_a_class_above_that_sets_attributes_in_its_own_way_is_asked() -> None:
    class Above:
        noted: ClassVar[list[str]] = []

        def __setattr__(self, name: str, value: object) -> None:
            self.noted.append(name)

    @dataclass(frozen=True)
    class Middle(Above):
        x: int = 1

    class Below(Middle):
        pass

    below: Any = Below()
    below.y = 3
    assert Above.noted == ["y"]


PROGRAM = """
import contextlib, sys
from amt_console.__main__ import main
sys.argv = ["amt-console", "--help"]
with contextlib.suppress(SystemExit):
    main()
from amt_console.model.results import HostSample, ProbeResult
from amt_console.model.snapshot import Snapshot
assert HostSample.__setattr__ is ProbeResult.__setattr__ is Snapshot.__setattr__
"""


@pytest.mark.slow
def test_the_program_shares_them_from_its_start() -> None:
    result = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, result.stderr
