"""JMESPath expressions that try to take all time or all memory, and an answer of a megabyte for them.

Run as a program it evaluates them in a process with little memory and prints how each ended.
"""

from __future__ import annotations

import json
import resource
import time
from typing import Any

from amt_console.expressions import Budget, Expression, ExpressionError, compile_expression

_DOUBLED = "|".join(["[@,@]"] * 40)
GROWS_BY_ITSELF = {
    "pipes": f"{_DOUBLED}|to_string(@)",
    "shared result": _DOUBLED,
    "nested objects": "|".join(["{a:@,b:@}"] * 40) + "|to_string(@)",
    "equality": f"[{'|'.join(['[@,@]'] * 40)},{'|'.join(['[@,@]'] * 40)}]|@[0]==@[1]",
    "contains": f"[{'|'.join(['[@,@]'] * 40)}]|contains(@,[`1`,@])",
    "flatten": "|".join(["[@,@]"] * 30) + "|" + "|".join(["[]"] * 25),
    "flatten each": "|".join(["[@,@][]"] * 40) + "|length(@)",
    "text of text": "|".join(["to_string([@,@])"] * 40),
}
"""These grow on an empty answer as well, so that ``config check`` refuses them."""
TOO_LARGE = {
    "nested brackets": "[" * 100 + "@" + "]" * 100,
    "chain": "|".join(["@"] * 400),
    "wide": "[" + ",".join(["a"] * 900) + "]",
    "long": "a" * 2001,
}
GROWS_WITH_THE_ANSWER = {
    "join": "|".join(["join(to_string(@),[to_string(@),to_string(@)])"] * 10),
    "type error over a shared value": f"{_DOUBLED}|abs(@)",
    "whole answer in each entry": "items[*].{" + ",".join(f"k{index}:@" for index in range(100)) + "}",
    "product of wildcards": "items[*].tags[].[@,@,@,@][]|[*].[@,@,@][]|length(@)",
    "text of each entry": "items[?contains(to_string(@),'zzz')].to_string(@)|join('',@)",
    "map in map": "map(&map(&[@,@,@],tags),items)",
    "sorted by text": "sort_by(items,&to_string(@))",
    "sorted again and again": "items|" + "|".join(["sort_by(@,&name)"] * 40),
    "long texts sorted": "[" + ",".join(["long"] * 60) + "][]|[" + ",".join(["@"] * 60) + "][]|sort(@)",
    "largest by joined text": "items|" + "|".join(["[@,@][]"] * 4) + "|max_by(@,&join('',tags))",
    "digits": "number|" + "|".join(["multiply(@,@)"] * 40),
    "backwards": "items|" + "|".join(["reverse(@)"] * 40),
    "slices": "items|" + "|".join(["[::-1]"] * 40),
    "each in a list": "items[*].[@][*].[@][*].[@][]|[][]|[*].to_string(@)|sort(@)",
}
ALL = GROWS_BY_ITSELF | TOO_LARGE | GROWS_WITH_THE_ANSWER
MEMORY_BYTES = 768 * 1024**2


def answer() -> Any:
    """An answer of a megabyte."""
    return {
        "number": 10**29,
        "long": ["x" * 50_000 + str(index) for index in range(4)],
        "items": [{"name": f"item {index}", "tags": ["a", "b", f"c{index}"]} for index in range(15_000)],
    }


def unchecked(text: str) -> Expression:
    """As if the expression had passed the check of its size."""
    import jmespath

    return Expression(text, jmespath.compile(text).parsed)


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    document = answer()
    started_with = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = {}
    for name, text in ALL.items():
        try:
            compile_expression(text)
            checked = None
        except ExpressionError as error:
            checked = type(error).__name__
        began, outcome = time.process_time(), "value"
        try:
            unchecked(text).evaluate(document, Budget())
        except ExpressionError as error:
            outcome = f"{type(error).__name__}: {error}"
        found[name] = {"checked": checked, "outcome": outcome, "seconds": time.process_time() - began}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"found": found, "grown_mib": (peak - started_with) / 1024}))


if __name__ == "__main__":
    main()
