"""Which mutants there are: every small change in a function or method of a folder's files."""

from __future__ import annotations

import ast
import types
from pathlib import Path
from typing import Any, Iterator, List, NamedTuple, Optional, Tuple, Union

Function = Union[ast.FunctionDef, ast.AsyncFunctionDef]

_SWAPPED = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
_NOT_CODE = {"annotation", "returns", "decorator_list", "type_comment"}
_LONGEST = 90  # characters of source text that are shown


class Mutant(NamedTuple):
    """One change: the `number`-th possible one in the function `name` of the file `path`."""

    path: Path
    name: str
    number: int

    @property
    def id(self) -> str:
        """Return the name by which `--only` takes it."""
        return f"{self.path}::{self.name}#{self.number}"


class Change(NamedTuple):
    """The changed code of a mutant's function, where the function stands, and what was changed."""

    code: types.CodeType
    first_line: int
    last_line: int
    line: int
    kind: str
    before: str
    after: str


def mutants(folder: Path) -> List[Mutant]:
    """Return every possible mutant of the Python files in a folder, or of one file."""
    found = []
    for path in [folder] if folder.is_file() else sorted(folder.rglob("*.py")):
        for name, function in _functions(ast.parse(path.read_text(encoding="utf-8"))):
            found += [Mutant(path, name, number) for number in range(len(_sites(function)))]
    return found


def make(mutant: Mutant) -> Change:
    """Compile the mutant's file with the one change."""
    tree = ast.parse(mutant.path.read_text(encoding="utf-8"))
    # Of functions with one name the last one counts, as in Python.
    function = dict(_functions(tree))[mutant.name]
    node, kind = _sites(function)[mutant.number]
    before, line = _brief(node), _line(node, function)
    edit = _Edit(node, kind)
    edit.visit(function)
    ast.fix_missing_locations(tree)
    first = min([function.lineno, *(one.lineno for one in function.decorator_list)])
    module = compile(tree, str(mutant.path.resolve()), "exec")
    code = _code(module, mutant.name.split("."), first)
    last = function.end_lineno or function.lineno
    return Change(code, first, last, line, kind, before, _brief(edit.after or node))


def _functions(tree: ast.Module) -> Iterator[Tuple[str, Function]]:
    """Yield each function of a module and each method of its classes, with its name."""

    def within(body: List[ast.stmt], prefix: str) -> Iterator[Tuple[str, Function]]:
        for node in body:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                yield prefix + node.name, node
            elif isinstance(node, ast.ClassDef):
                yield from within(node.body, f"{prefix}{node.name}.")

    return within(tree.body, "")


def _sites(function: Function) -> List[Tuple[ast.AST, str]]:
    """Return what can be changed in a function's body, each node with the kind of change."""
    return [
        (node, kind)
        for statement in function.body
        for node in (statement, *_below(statement))
        for kind in _kinds(node)
    ]


def _below(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes below `node`, without annotations and decorators."""
    for field, value in ast.iter_fields(node):
        if field in _NOT_CODE:
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield child
                yield from _below(child)


def _kinds(node: ast.AST) -> Iterator[str]:
    """Yield the changes that suit one node."""
    if isinstance(node, ast.Compare) and type(node.ops[0]) in _SWAPPED:
        yield "compare"
    elif isinstance(node, ast.BoolOp):
        yield "and-or"
        yield from (f"drop-operand-{index}" for index in range(len(node.values)))
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield "drop-not"
    elif isinstance(node, (ast.If, ast.IfExp, ast.While)):
        yield "negate"
    elif isinstance(node, ast.comprehension) and node.ifs:
        yield "drop-filter"
    elif isinstance(node, ast.Constant) and type(node.value) in (int, bool):
        yield "number" if type(node.value) is int else "flip"
    elif isinstance(node, ast.Return) and node.value and not isinstance(node.value, ast.Constant):
        yield "return-none"
    elif isinstance(node, ast.Continue):
        yield "drop-continue"


class _Edit(ast.NodeTransformer):
    """Make one change at one node; `after` is what it left there."""

    def __init__(self, target: ast.AST, kind: str) -> None:
        self.target = target
        self.kind = kind
        self.after: Optional[ast.AST] = None

    def visit(self, node: ast.AST) -> Any:
        if node is not self.target:
            return self.generic_visit(node)
        self.after = _changed(node, self.kind)
        return self.after


def _changed(node: Any, kind: str) -> ast.AST:
    """Return what a change leaves of a node; `_kinds` says which nodes a kind is for."""
    result: ast.AST = node
    if kind == "compare":
        node.ops[0] = _SWAPPED[type(node.ops[0])]()
    elif kind == "and-or":
        node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    elif kind.startswith("drop-operand-"):
        dropped = int(kind.rpartition("-")[2])
        kept = [value for index, value in enumerate(node.values) if index != dropped]
        result = kept[0] if len(kept) == 1 else ast.BoolOp(node.op, kept)
    elif kind == "drop-not":
        result = node.operand
    elif kind == "negate":
        node.test = ast.copy_location(ast.UnaryOp(ast.Not(), node.test), node.test)
    elif kind == "drop-filter":
        node.ifs = node.ifs[1:]
    elif kind == "number":
        node.value += 1
    elif kind == "flip":
        node.value = not node.value
    elif kind == "return-none":
        node.value = ast.copy_location(ast.Constant(None), node.value)
    elif kind == "drop-continue":
        result = ast.Pass()
    return ast.copy_location(result, node)


def _code(code: types.CodeType, names: List[str], line: int) -> types.CodeType:
    """Return the code object of a function, found in its module's by names and first line."""
    for name in names:
        inner = [
            one for one in code.co_consts if isinstance(one, types.CodeType) and one.co_name == name
        ]
        code = next((one for one in inner if one.co_firstlineno == line), inner[-1])
    return code


def _line(node: Any, function: Function) -> int:
    """Return the line of a node; a filter of a comprehension has none of its own."""
    number: int = getattr(node, "lineno", 0) or getattr(getattr(node, "target", 0), "lineno", 0)
    return number or function.lineno


def _brief(node: ast.AST) -> str:
    """Return a node as one line of source text, shortened."""
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."
