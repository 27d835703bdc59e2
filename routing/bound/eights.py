"""Eight numbers of four bytes that a processor works on at once.

A compiler makes such code of a loop by itself where it thinks the loop long enough; those of tables have so few steps
of time that most of them ran one number at a time. An *eight* is a number of kernels: `+`, `-` and `*` of two make a
third, and so do the functions below. `eight_at` and `put_eight` read and write eight neighbours of an array, whose
bounds nobody looks at.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, models, register_model

EIGHT = 8
VECTOR = ir.VectorType(ir.FloatType(), EIGHT)
NUMBER_BYTES = 4
"""Where each begins may be the address of any number."""


class Eight(types.Type):
    """The type of eight numbers."""

    def __init__(self) -> None:
        super().__init__(name="Eight")


eight = Eight()


@register_model(Eight)
class EightModel(models.PrimitiveModel):
    """A vector of LLVM."""

    def __init__(self, manager: Any, of: Any) -> None:
        super().__init__(manager, of, VECTOR)  # type: ignore[no-untyped-call]


class OfTwo(AbstractTemplate):
    """Two of them make a third."""

    def generic(self, args: Any, _: Any) -> Any:
        """The types of an operator, if it is of two of them."""
        return signature(eight, eight, eight) if args == (eight, eight) else None  # type: ignore[no-untyped-call]


def _lower(operation: Callable[[Any, Any], Any], instruction: str) -> None:
    infer_global(operation)(type(f"OfTwo_{instruction}", (OfTwo,), {}))  # type: ignore[no-untyped-call]

    def put(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        return getattr(builder, instruction)(*arguments)

    lower_builtin(operation, eight, eight)(put)  # type: ignore[no-untyped-call]


_lower(operator.add, "fadd")
_lower(operator.sub, "fsub")
_lower(operator.mul, "fmul")


def _address(context: Any, builder: Any, of: Any, array: Any, at: Any) -> Any:
    first = cgutils.create_struct_proxy(of)(context, builder, value=array).data  # type: ignore[no-untyped-call]
    return builder.bitcast(builder.gep(first, [at]), VECTOR.as_pointer())


def _eight_at(_: Any, array: Any, at: Any) -> Any:
    """Types and code of `eight_at`."""

    def put(context: Any, builder: Any, of: Any, arguments: Any) -> Any:
        return builder.load(_address(context, builder, of.args[0], *arguments), align=NUMBER_BYTES)

    return eight(array, at), put


def _put_eight(_: Any, array: Any, at: Any, value: Any) -> Any:
    """Types and code of `put_eight`."""

    def put(context: Any, builder: Any, of: Any, arguments: Any) -> Any:
        builder.store(arguments[2], _address(context, builder, of.args[0], *arguments[:2]), align=NUMBER_BYTES)

    return types.void(array, at, value), put


def _eight_of(_: Any, number: Any) -> Any:
    """Types and code of `eight_of`."""

    def put(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        nothing, at = ir.Constant(VECTOR, ir.Undefined), ir.IntType(32)
        one = builder.insert_element(nothing, arguments[0], ir.Constant(at, 0))
        return builder.shuffle_vector(one, nothing, ir.Constant(ir.VectorType(at, EIGHT), [0] * EIGHT))

    return eight(types.float32), put


def _of_each(name: str) -> Callable[..., Any]:
    """Types and code of what LLVM has a name for, of two numbers neither of which is NaN.

    A choice of what is there and something else, stored there again, would be a store of those lanes that change, for
    which some processors take several times as long.
    """

    def of_each(_: Any, a: Any, b: Any) -> Any:
        def put(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
            of_two = ir.FunctionType(VECTOR, [VECTOR, VECTOR])
            called = cgutils.get_or_insert_function(builder.module, of_two, f"llvm.{name}.v{EIGHT}f32")  # type: ignore[no-untyped-call]
            return builder.call(called, arguments, fastmath=("nnan", "nsz"))

        return eight(a, b), put

    return of_each


def _chosen(comparison: str) -> Callable[..., Any]:
    """Types and code of a choice by comparing two numbers."""

    def chosen(_: Any, a: Any, b: Any, then: Any, other: Any) -> Any:
        def put(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
            return builder.select(builder.fcmp_ordered(comparison, *arguments[:2]), *arguments[2:])

        return eight(a, b, then, other), put

    return chosen


eight_at: Any = intrinsic(_eight_at)
"""(array, at): the numbers at `at` and behind it."""
put_eight: Any = intrinsic(_put_eight)
"""(array, at, value): put them there."""
eight_of: Any = intrinsic(_eight_of)
"""(number): eight times the same."""
larger: Any = intrinsic(_of_each("maxnum"))
"""(a, b): the larger of each."""
smaller: Any = intrinsic(_of_each("minnum"))
"""(a, b): the smaller of each."""
if_more: Any = intrinsic(_chosen(">"))
"""(a, b, then, other): `then` where a is more than b."""
if_same: Any = intrinsic(_chosen("=="))
"""(a, b, then, other): `then` where a is b."""
