"""Mutants: small changes of a source file, each of which some test should notice."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Any

COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
CALLS = {"min": "max", "max": "min", "any": "all", "all": "any"}
#: Where nothing is mutated: what is not run again, and what no test need notice.
SKIPPED_FIELDS = {"annotation", "returns", "decorator_list", "defaults", "kw_defaults", "format_spec", "type_params"}
SKIPPED_KEYWORDS = {"strict"}


@dataclass(frozen=True)
class Mutant:
    """One change: `parent`'s field (at an index, where it is a list) gets `new` instead of `old`.

    `function` is the outermost function around it as Python names it, "" at the head of a module, where `constant` is
    the name that is given a value.
    """

    path: Path
    tree: ast.Module
    parent: ast.AST
    field: str
    index: int | None
    old: ast.AST
    new: ast.AST
    function: str
    constant: str = ""

    def code(self) -> CodeType:
        """The whole file compiled with the change."""
        self._put(self.new)
        try:
            return compile(ast.fix_missing_locations(self.tree), str(self.path), "exec", dont_inherit=True)
        finally:
            self._put(self.old)

    def _put(self, node: ast.AST) -> None:
        if self.index is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.index] = node

    def __str__(self) -> str:
        line = getattr(self.old, "lineno", None) or getattr(self.parent, "lineno", 0)
        place = f"{self.path.name}:{line} {self.function or self.constant}"
        return f"{place}\n    - {_text(self.old)}\n    + {_text(self.new)}"


def mutants_of(path: Path) -> list[Mutant]:
    """All mutants of a file, in the order of its lines."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return list(_within(path, tree, tree, ""))


def _within(path: Path, tree: ast.Module, body: ast.Module | ast.ClassDef, name: str) -> Iterator[Mutant]:
    """Of the functions of a module or class, and of the numbers at a module's head."""
    for node in body.body:
        if isinstance(node, ast.FunctionDef):
            for place in _places(node):
                yield from (Mutant(path, tree, *place, new, name + node.name) for new in changes(place[3]))
        elif isinstance(node, ast.ClassDef):
            yield from _within(path, tree, node, f"{name}{node.name}.")
        elif isinstance(body, ast.Module) and (constant := _constant(node)) and constant not in _defaults(tree):
            for place in _places(node):
                yield from (Mutant(path, tree, *place, new, "", constant) for new in changes(place[3]))


def _constant(node: ast.stmt) -> str:
    """The name to which a statement gives a value that is written out, "" for others."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    plain = not any(isinstance(part, ast.Call | ast.Subscript) for part in ast.walk(node))
    return targets[0].id if len(targets) == 1 and isinstance(targets[0], ast.Name) and plain else ""


def _defaults(tree: ast.Module) -> set[str]:
    """Names that default arguments take their values from, when the module is loaded and never again."""
    arguments = [node for node in ast.walk(tree) if isinstance(node, ast.arguments)]
    return {name.id for given in arguments for name in given.defaults if isinstance(name, ast.Name)}


def _places(parent: ast.AST) -> Iterator[tuple[ast.AST, str, int | None, ast.AST]]:
    """Every node below one: its parent, the field, the index there, and itself."""
    for field, value in ast.iter_fields(parent):
        if field in SKIPPED_FIELDS:
            continue
        for index, node in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(node, ast.AST) and not (isinstance(node, ast.keyword) and node.arg in SKIPPED_KEYWORDS):
                yield parent, field, index, node
                yield from _places(node)


def changes(node: Any) -> Iterator[ast.AST]:
    """What may stand in place of a node."""
    match node:
        case ast.Compare(ops=ops):
            for index, operator in enumerate(ops):
                for other in COMPARISONS[type(operator)]:
                    yield _with(node, ops=[*ops[:index], other(), *ops[index + 1 :]])
        case ast.BinOp(op=op) if type(op) in OPERATORS:
            yield _with(node, op=OPERATORS[type(op)]())
        case ast.BoolOp(op=op):
            yield _with(node, op=ast.Or() if isinstance(op, ast.And) else ast.And())
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
            yield operand
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value) | float(value)):
            yield ast.Constant(value + 1)
        case ast.Call(func=ast.Name(id=name)) if name in CALLS:
            yield _with(node, func=ast.Name(CALLS[name], ast.Load()))
        case ast.IfExp() | ast.While() if not isinstance(node.test, ast.Compare):
            yield _with(node, test=ast.UnaryOp(ast.Not(), node.test))
        case ast.If():
            yield from (_with(node, test=ast.Constant(value)) for value in (True, False))
        case ast.comprehension(ifs=[_, *_]):
            yield _with(node, ifs=[])
        case ast.Return(value=value) if value is not None and not _is_none(value):
            yield ast.Return(ast.Constant(None))
        case ast.Expr(value=ast.Call()) | ast.Raise() | ast.Continue() | ast.Break() | ast.AugAssign():
            yield ast.Pass()
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            yield ast.Pass()


def _is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _with(node: ast.AST, **changed: object) -> ast.AST:
    """The same node but for some fields."""
    other = copy.copy(node)
    for field, value in changed.items():
        setattr(other, field, value)
    return other


def _text(node: ast.AST) -> str:
    """The first line of a node as source."""
    if isinstance(node, ast.comprehension):
        return "for ... in " + ast.unparse(node.iter) + "".join(f" if {ast.unparse(part)}" for part in node.ifs)
    return ast.unparse(ast.fix_missing_locations(copy.deepcopy(node))).split("\n")[0]
