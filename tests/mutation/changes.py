"""The small changes of a module that its tests must notice: its mutants."""

from __future__ import annotations

import ast
import copy
from collections import Counter
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

Node = TypeVar("Node", bound=ast.AST)
SWAPPED_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
SWAPPED_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
SWAPPED_NAMES = {"min": "max", "max": "min", "any": "all", "all": "any"}
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
ORDERINGS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
UNTOUCHED = {"annotation", "returns", "decorator_list", "bases"}
"""Fields of nodes that only say what something is."""
DROPPED = "nothing"
LARGE = 10
"""Numbers from here on are limits, and whether one is larger by one is of no matter."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change, told so that it is found again when the lines around it move.

    ``occurrence`` tells equal changes of equal lines of one function apart.
    """

    within: str
    """The function or class, ``module`` outside of any."""
    line: str
    """The source line without indentation."""
    what: str
    """What becomes what."""
    occurrence: int = 1


@dataclass(frozen=True, slots=True)
class _Edit:
    within: str
    node: ast.AST
    what: str
    make: Callable[[], None]
    """Does it to the tree."""


def changes_of(source: str) -> list[Change]:
    """Every change of a module, in the order of its lines."""
    return [change for change, _ in _numbered(ast.parse(source), source.splitlines())]


def changed(source: str, wanted: Change) -> ast.Module:
    """The module with one change. Raises KeyError if it has no such place."""
    tree, lines = ast.parse(source), source.splitlines()
    alike = {number for number, line in enumerate(lines, start=1) if line.strip() == wanted.line}
    for change, make in _numbered(tree, lines, alike):
        if change == wanted:
            make()
            return ast.fix_missing_locations(tree)
    raise KeyError(wanted)


def _numbered(
    tree: ast.Module, lines: Sequence[str], numbers: Container[int] | None = None
) -> list[tuple[Change, Callable[[], None]]]:
    """The changes of the lines with these numbers, by default of all, and what makes each."""
    seen, found = Counter[Change](), []
    for edit in sorted(_edits(tree, "module", numbers), key=lambda edit: getattr(edit.node, "lineno", 0)):
        first = Change(edit.within, lines[getattr(edit.node, "lineno", 1) - 1].strip(), edit.what)
        seen[first] += 1
        found.append((Change(first.within, first.line, first.what, seen[first]), edit.make))
    return found


def _edits(node: ast.AST, within: str, numbers: Container[int] | None) -> Iterator[_Edit]:
    for field, value in ast.iter_fields(node):
        if field in UNTOUCHED:
            continue
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or _is_inert(child):
                continue
            inner = within
            if isinstance(child, (*FUNCTIONS, ast.ClassDef)):
                inner = child.name if within == "module" else f"{within}.{child.name}"
            if isinstance(node, FUNCTIONS) and field == "body" and child is value[-1] and _returns_constant(child):
                yield from _edits(
                    child, within, numbers
                )  # without it the function returns None, which the type checker reports
                continue
            if numbers is None or getattr(child, "lineno", 1) in numbers:
                for what, other in _others(child, _is_condition(node, field)):
                    yield _Edit(inner, child, what, _replacement(node, field, child, other))
            yield from _edits(child, inner, numbers)


def _is_inert(node: ast.AST) -> bool:
    """What has no behaviour, or what tests name.

    Imports, docstrings, what only the type checker reads, assertions (``strict`` of ``zip`` is one), named constants.
    """
    if isinstance(node, ast.Import | ast.ImportFrom | ast.Assert):
        return True
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant()):
            return name.isupper()
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return True
        case ast.keyword(arg="strict"):
            return True
    return False


def _returns_constant(node: ast.AST) -> bool:
    return isinstance(node, ast.Return) and (node.value is None or isinstance(node.value, ast.Constant))


def _is_condition(parent: ast.AST, field: str) -> bool:
    return (field == "test" and isinstance(parent, ast.If | ast.While | ast.IfExp)) or field == "ifs"


def _replacement(parent: ast.AST, field: str, child: ast.AST, other: ast.AST) -> Callable[[], None]:
    def make() -> None:
        value = getattr(parent, field)
        ast.copy_location(other, child)
        if isinstance(value, list):
            value[next(index for index, each in enumerate(value) if each is child)] = other
        else:
            setattr(parent, field, other)

    return make


def _others(node: ast.AST, is_condition: bool) -> Iterator[tuple[str, ast.AST]]:
    """What a node may become, each with its description."""
    if isinstance(node, ast.stmt):
        yield from _other_statements(node)
    elif isinstance(node, ast.ExceptHandler):
        if not isinstance(node.body[-1], ast.Raise):
            yield "handler raises", _with(node, body=[ast.Raise()])
    elif isinstance(node, ast.expr):
        for other in _other_expressions(node):
            yield f"{ast.unparse(node)} → {ast.unparse(ast.fix_missing_locations(other))}", other
        flips = isinstance(node, ast.Compare) and not isinstance(node.ops[0], ORDERINGS)
        if is_condition and not flips and not isinstance(node, ast.UnaryOp | ast.Constant):
            negated = ast.UnaryOp(ast.Not(), node)
            yield f"{ast.unparse(node)} → {ast.unparse(negated)}", negated


def _other_statements(node: ast.stmt) -> Iterator[tuple[str, ast.AST]]:
    match node:
        case ast.Return(value=value) if value is not None and not isinstance(value, ast.Constant):
            yield "return None", ast.Return(ast.Constant(None))
        case ast.Return() | ast.Raise() | ast.Continue() | ast.Break() | ast.Expr() | ast.Delete():
            yield DROPPED, ast.Pass()
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript(), *_]):
            yield DROPPED, ast.Pass()
        case ast.AugAssign(op=op):
            yield DROPPED, ast.Pass()
            if type(op) in SWAPPED_OPERATORS:
                other = _with(node, op=SWAPPED_OPERATORS[type(op)]())
                yield f"{ast.unparse(node)} → {ast.unparse(other)}", other


def _other_expressions(node: ast.expr) -> Iterator[ast.expr]:
    match node:
        case ast.Compare():
            for index, each in enumerate(node.ops):
                yield _with(node, ops=[*node.ops[:index], SWAPPED_COMPARISONS[type(each)](), *node.ops[index + 1 :]])
        case ast.BoolOp(values=values):
            for index in range(len(values)):
                left = [*values[:index], *values[index + 1 :]]
                yield left[0] if len(left) == 1 else _with(node, values=left)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield operand
        case ast.BinOp(op=op) if type(op) in SWAPPED_OPERATORS:
            yield _with(node, op=SWAPPED_OPERATORS[type(op)]())
        case ast.Constant(value=bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(value=int() | float() as value) if value < LARGE:
            yield ast.Constant(value + 1)
        case ast.Call(func=ast.Name(id=name)) if name in SWAPPED_NAMES:
            yield _with(node, func=ast.Name(SWAPPED_NAMES[name], ast.Load()))


def _with(node: Node, **fields: object) -> Node:
    other = copy.copy(node)
    for name, value in fields.items():
        setattr(other, name, value)
    return other
