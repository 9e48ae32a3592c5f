# SPDX-License-Identifier: Apache-2.0
"""Functions of <math> that are exact, or exact but for one rounding, on every type they take."""
import functools
import math
import random
import sys
from fractions import Fraction

import pytest

from fabric.isa.arith import exact_floats as exact
from tests.oracle import operations
from tests.oracle.checking import check
from tests.oracle.operations import Operation
from tests.oracle.program import Program, Table
from tests.oracle.scalars import BOOL, FLOATS, integer, operands
from tests.oracle.vector_operations import scaled, significand

ROWS = 90
FEWEST = {"integers": 9_000, "floats": 5_000}
I16 = integer("i16")


def function(name, arguments, result, value):
    names = ", ".join("{%d}" % n for n in range(len(arguments)))
    return Operation(name, arguments, result, f"math.{name}({names})", value)


def of_two(t, less):
    """Of equal numbers, and zeros of both signs, the second; of NaN and a number the number."""
    def is_nan(x):
        return t in FLOATS.values() and t.format.decode(x) == "nan"

    def most(a, b, first_wins):
        return b if is_nan(a) else a if is_nan(b) or first_wins(a, b) else b

    return [function("max", (t, t), t, lambda a, b: most(a, b, lambda x, y: less(y, x))),
            function("min", (t, t), t, lambda a, b: most(a, b, less))]


def integer_functions(t):
    yield Table("pairs", pairs(t), of_two(t, lambda a, b: a < b) + [
        function("subsat", (t, t), t, lambda a, b: t.wrap(a - b) if a > b else 0)])
    yield Table("single", singles(t), [
        function("abs", (t,), t, lambda a: t.wrap(abs(a))),
        function("sign", (t,), t, lambda a: t.wrap((a > 0) - (a < 0)))])


def singles(t):
    return [(value,) for value in operands(t, random.Random(t.name), ROWS)]


def pairs(t):
    rng = random.Random(t.name)
    return list(zip(operands(t, rng, ROWS), operands(t, rng, ROWS)))


def whole(t, rounding, a):
    """Numbers keep their sign; a NaN passes through f32, so that those of 16 bits lose what they
    carried."""
    fmt = t.format
    number = fmt.decode(a)
    if number == "nan":
        return a if t.name == "f32" else fmt.nan
    if not exact.is_number(number):
        return a
    return fmt.encode(Fraction(rounding(exact.number(number))), bool(a & fmt.sign))


def sign_of(t, a):
    number = t.format.decode(a)
    if number == "nan":
        return a
    if exact.is_number(number) and exact.number(number) == 0:
        return 0
    return t.format.encode(Fraction(-1 if a & t.format.sign else 1))


def square_root(fmt, a):
    number = fmt.decode(a)
    if number in ("nan", "-0") or a == 0:
        return fmt.nan if number == "nan" else a
    if a & fmt.sign:
        return fmt.nan
    if number == "+inf":
        return a
    # Far more digits than the format has; what is cut off shows as one more bit.
    shift = 200
    root = math.isqrt(int(number * 4 ** shift))
    inexact = Fraction(root, 2 ** shift) ** 2 != number
    return fmt.encode(Fraction(2 * root + inexact, 2 ** (shift + 1)))


def inverse(t, a):
    one = t.format.encode(Fraction(1))
    return operations.float_div(t)(one, a)


def float_functions(t):
    fmt = t.format
    compared = functools.partial(operations.float_order, t)
    difference = operations.float_sub(t)
    yield Table("pairs", pairs(t), of_two(t, compared("lt")) + [
        function("subsat", (t, t), t,
                 lambda a, b: difference(a, b) if compared("gt")(a, b) else 0)])
    magnitude = fmt.sign - 1
    quiet = 1 << fmt.m - 1
    yield Table("single", singles(t), [
        function("abs", (t,), t, lambda a: a & magnitude),
        function("sign", (t,), t, lambda a: sign_of(t, a)),
        function("floor", (t,), t, lambda a: whole(t, math.floor, a)),
        function("ceil", (t,), t, lambda a: whole(t, math.ceil, a)),
        function("sig", (t,), t, lambda a: (a if t.name == "f32" and a & magnitude > fmt.inf else
                                            significand(fmt, a))),
        function("isNaN", (t,), BOOL, lambda a: int(a & magnitude > fmt.inf)),
        function("isInf", (t,), BOOL, lambda a: int(a & magnitude == fmt.inf)),
        function("isFinite", (t,), BOOL, lambda a: int(a & magnitude < fmt.inf)),
        function("isSignaling", (t,), BOOL,
                 lambda a: int(a & magnitude > fmt.inf and not a & quiet)),
        function("signbit", (t,), BOOL, lambda a: int(bool(a & fmt.sign)))])
    yield Table("roots", singles(t), [
        function("sqrt", (t,), t, lambda a: square_root(fmt, a)),
        function("inv", (t,), t, lambda a: inverse(t, a))], ways=("run", "straight"))
    rng = random.Random(t.name)
    exponents = [(value, rng.choice([0, 1, -1, 5, -5, rng.randrange(-40, 40), 126, 127, 128, -126,
                                     -127, -150, 300, -300, I16.low, I16.high]))
                 for (value,) in singles(t)]
    yield Table("scaled", exponents, [
        function("fscale", (t, I16), t, lambda a, n: scaled(fmt, a, n & 0xFFFF))])


def test_integers():
    found = {name: Program(integer_functions(integer(name)))
             for name in ("i8", "u8", "i16", "u16", "i32", "u32")}
    assert check(found) >= FEWEST["integers"]


@pytest.mark.parametrize("fp16_format", ["f16", "bf16", "cb16"])
def test_16_bit_floats(fp16_format):
    found = {fp16_format: Program(float_functions(FLOATS[fp16_format]))}
    assert check(found, f"--fp16-format={fp16_format}") >= FEWEST["floats"]


def test_f32():
    assert check({"f32": Program(float_functions(FLOATS["f32"]))}) >= FEWEST["floats"]


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-rP", "-p", "no:cacheprovider"]))
