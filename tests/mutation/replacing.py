"""Puts the code of a changed module into the functions of the loaded one, and notes which functions are called."""

from __future__ import annotations

import ast
import builtins
import copy
import gc
import inspect
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import _lru_cache_wrapper, cache
from types import CodeType, FunctionType

from mutation.changes import Change, changed
from support import heap

_COMPREHENSIONS = {"<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"}
_NOTE = "__note_call__"
"""A name of all modules while calls are noted."""


class RunsOnImport(Exception):
    """The change is not in the body of a function: it works only in a module that is loaded anew."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """What puts a change into a loaded module."""

    names: frozenset[str]
    """The outermost functions that become others."""
    codes: tuple[tuple[FunctionType, CodeType], ...]

    def make(self) -> None:
        """Give the functions their new code."""
        for function, code in self.codes:
            function.__code__ = code


class LoadedModule:
    """The functions of a loaded module, methods, nested and decorated ones as well.

    Args:
        source: Of the module.
        path: Its file.
        objects: What the functions are looked for in, by default all objects there are.
    """

    def __init__(self, source: str, path: str, objects: Iterable[object] | None = None) -> None:
        self._source, self._path = source, path
        self._code = compile(ast.parse(source), path, "exec", dont_inherit=True)
        self._functions: defaultdict[tuple[str, int], list[FunctionType]] = defaultdict(list)
        for each in _objects() if objects is None else objects:
            if isinstance(each, FunctionType) and each.__code__.co_filename == path:
                self._functions[_key(each.__code__)].append(each)

    def replacement(self, change: Change) -> Replacement:
        """What puts a change into the functions. Raises RunsOnImport if that is not enough."""
        after = compile(changed(self._source, change), self._path, "exec", dont_inherit=True)
        names, codes = set(), []
        for old, new in _changed(self._code, after):
            names.add(outermost(new))
            if not self._functions[_key(new)]:
                raise RunsOnImport(f"{old.co_qualname} is not found")
            for code in _with_nested(new):
                for function in self._functions[_key(code)]:
                    if len(function.__code__.co_freevars) != len(code.co_freevars):
                        raise RunsOnImport(old.co_qualname)
                    codes.append((function, code))
        return Replacement(frozenset(names), tuple(codes))


class Calls:
    """Notes the outermost functions of a module that are called, in all threads."""

    def __init__(self) -> None:
        self._names: set[str] = set()

    def noting(self, tree: ast.Module) -> ast.Module:
        """A module whose functions are noted by their names when they are called."""
        setattr(builtins, _NOTE, self._names.add)
        noting = copy.deepcopy(tree)
        _Noting().visit(noting)
        return ast.fix_missing_locations(noting)

    def take(self) -> frozenset[str]:
        """The functions called since the last look."""
        names = frozenset(self._names)
        self._names.clear()
        return names


class _Noting(ast.NodeTransformer):
    """Lets each function note the name of the outermost one around it first."""

    def __init__(self) -> None:
        self._classes: list[str] = []
        self._outermost: str | None = None

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        if self._outermost is not None:
            return self.generic_visit(node)
        self._classes.append(node.name)
        self.generic_visit(node)
        self._classes.pop()
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._function(node)

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        self.visit(node.args)
        with self._within("<lambda>") as name:
            # What notes returns nothing.
            node.body = ast.BoolOp(ast.Or(), [_note(name), self.visit(node.body)])
        return node

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        for outside in (node.args, *node.decorator_list):
            self.visit(outside)
        with self._within(node.name) as name:
            body = [self.visit(each) for each in node.body]
            first = 0 if ast.get_docstring(node, clean=False) is None else 1
            node.body = [*body[:first], ast.Expr(_note(name)), *body[first:]]
        return node

    @contextmanager
    def _within(self, name: str) -> Iterator[str]:
        outer = self._outermost
        self._outermost = ".".join([*self._classes, name]) if outer is None else outer
        yield self._outermost
        self._outermost = outer


def _note(name: str) -> ast.Call:
    return ast.Call(ast.Name(_NOTE, ast.Load()), [ast.Constant(name)], [])


def _objects() -> list[object]:
    """All objects, also those that the tests have frozen."""
    heap.unfreeze()
    return gc.get_objects()


def clear_caches() -> None:
    """Empty the caches of functions: what is called must not depend on earlier calls."""
    for each in _caches():
        each.cache_clear()


@cache
def _caches() -> list[_lru_cache_wrapper[object]]:
    """Those of the standard library may be needed, and not only for speed."""
    return [
        each
        for each in _objects()
        if isinstance(each, _lru_cache_wrapper) and each.__module__.startswith("amt_console.")
    ]


def outermost(code: CodeType) -> str:
    """The name of the function around a nested one, ``Class.method`` for a method."""
    return code.co_qualname.partition(".<locals>")[0]


def _changed(before: CodeType, after: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    """The outermost functions that differ, before and after."""
    if before.co_flags & inspect.CO_OPTIMIZED:
        if before != after:
            if before.co_name in _COMPREHENSIONS:
                raise RunsOnImport(before.co_qualname)
            yield before, after
        return
    if _without_nested(before) != _without_nested(after):
        raise RunsOnImport(before.co_qualname)
    for old, new in zip(_nested(before), _nested(after), strict=True):
        yield from _changed(old, new)


def _nested(code: CodeType) -> list[CodeType]:
    return [each for each in code.co_consts if isinstance(each, CodeType)]


def _with_nested(code: CodeType) -> Iterator[CodeType]:
    yield code
    for each in _nested(code):
        yield from _with_nested(each)


def _without_nested(code: CodeType) -> CodeType:
    return code.replace(co_consts=tuple(each for each in code.co_consts if not isinstance(each, CodeType)))


def _key(code: CodeType) -> tuple[str, int]:
    return code.co_qualname, code.co_firstlineno
