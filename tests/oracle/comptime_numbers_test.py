# SPDX-License-Identifier: Apache-2.0
"""comptime_int has no width and comptime_float is a double: assertions that the compiler checks."""
import math
import random
import sys
from fractions import Fraction

import pytest

from tests.harness import toolchain
from tests.oracle.checking import OPTIONS, errors_only
from tests.oracle.operations import COMPARISONS, quotient, remainder
from tests.oracle.program import LAYOUT, Program
from tests.oracle.scalars import FLOATS as FLOATS_OF_PROGRAMS

COUNT = 1500
INTEGERS = {"+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b,
            "/": quotient, "%": remainder, "&": lambda a, b: a & b, "|": lambda a, b: a | b,
            "^": lambda a, b: a ^ b}
FLOATS = {"+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b,
          "/": lambda a, b: a / b}


def integer(rng):
    value = rng.getrandbits(rng.choice([1, 3, 8, 16, 31, 32, 33, 63, 64, 65, 90, 128, 200, 300]))
    value += rng.choice([0, 0, 1, -1])
    return -value if rng.random() < 0.5 else value


def double(rng):
    value = rng.choice([0.1, 1.0, 3.0, 1 / 3, 2.0 ** 53, rng.uniform(0, 1e3), rng.uniform(0, 1e-9),
                        1.7e308, 5e-324, 2.2250738585072014e-308])
    return -value if rng.random() < 0.5 else value


def spelled(value):
    """A literal, which the language writes with digits on both sides of the point."""
    text = repr(value)
    if isinstance(value, float) and "e" in text and "." not in text:
        text = text.replace("e", ".0e")
    return f"({text})" if value < 0 else text


def integer_assertions(rng):
    for _ in range(COUNT):
        a, b = integer(rng), integer(rng)
        operator = rng.choice(list(INTEGERS))
        if operator in "/%" and b == 0:
            continue
        yield f"{spelled(a)} {operator} {spelled(b)} == {spelled(INTEGERS[operator](a, b))}"
        count = rng.randrange(200)
        yield f"{spelled(a)} << {count} == {spelled(a << count)}"
        yield f"{spelled(a)} >> {count} == {spelled(a >> count)}"
        symbol, holds = rng.choice(list(COMPARISONS.values()))
        yield f"({spelled(a)} {symbol} {spelled(b)}) == {str(holds(a, b)).lower()}"


def float_assertions(rng):
    for _ in range(COUNT):
        a, b = double(rng), double(rng)
        operator = rng.choice(list(FLOATS))
        result = FLOATS[operator](a, b)
        if math.isfinite(result):
            yield f"{spelled(a)} {operator} {spelled(b)} == {spelled(result)}"
        symbol, holds = rng.choice(list(COMPARISONS.values()))
        yield f"({spelled(a)} {symbol} {spelled(b)}) == {str(holds(a, b)).lower()}"
        if abs(a) < 1e15:
            yield f"@as(comptime_int, {spelled(a)}) == {spelled(int(a))}"
        whole = integer(rng) >> rng.randrange(250)
        yield f"@as(comptime_float, {spelled(whole)}) == {spelled(float(whole))}"


def rounded(rng):
    """A double near a value of the format, or half way to the next, and what it becomes."""
    t = FLOATS_OF_PROGRAMS[rng.choice(list(FLOATS_OF_PROGRAMS))]
    while True:
        number = t.format.decode(t.random(rng) & ~t.format.sign)
        if isinstance(number, Fraction):
            break
    step = number * rng.choice([0, 1, 1, 3]) / 2 ** (t.format.m + 1)
    value = float(number + step) * rng.choice([1, 1, 1 + 2 ** -52, 1 - 2 ** -53])
    return t, value, t.format.encode(Fraction(value))


def rounding_assertions(rng):
    for _ in range(COUNT):
        t, value, bits = rounded(rng)
        if bits >= t.format.inf:
            continue  # of a literal that is an error
        text = f"@bitcast(u{t.bits}, @as({t.name}, {spelled(value)}))"
        yield f"{text} == {bits:#x}"
        whole = abs(integer(rng)) >> rng.randrange(200)
        yield (f"@bitcast(u32, @as(f32, {whole})) == "
               f"{FLOATS_OF_PROGRAMS['f32'].format.encode(Fraction(whole)):#x}")
        wide = FLOATS_OF_PROGRAMS["f32"].random(rng)
        exact = FLOATS_OF_PROGRAMS["f32"].format.decode(wide)
        if isinstance(exact, Fraction):
            text = f"@as(comptime_float, @bitcast(f32, @as(u32, {wide})))"
            yield f"{text} == {spelled(float(exact))}"


def compile_assertions(assertions):
    folder = toolchain.scratch_folder("oracle")
    lines = [f"  @comptime_assert({text});" for text in assertions]
    program = "\n".join([Program([]).text(), "comptime {", *lines, "}", ""])
    (folder / "pe.csl").write_text(program, encoding="utf-8")
    (folder / "layout.csl").write_text(LAYOUT, encoding="utf-8")
    return toolchain.installed().cslc(folder, *OPTIONS)


@pytest.mark.parametrize("kind", [integer_assertions, float_assertions, rounding_assertions])
def test_every_assertion_holds(kind):
    assertions = list(kind(random.Random(4)))
    done = compile_assertions(assertions)
    assert done.returncode == 0, errors_only(done.stderr)
    assert len(assertions) > 2 * COUNT
    print(f"{len(assertions)} cases of {kind.__name__} agree")


def test_a_false_assertion_fails():
    done = compile_assertions(["1 + 1 == 2", "1 << 70 == 1180591620717411303423"])
    assert done.returncode != 0


REFUSED = {
    "@as(i16, 5) / @as(i16, 0) == 0": "division by zero",
    "5 % 0 == 0": "division by zero",
    "@as(u16, 1) << 16 == 0": "must be less than 16",
    "@as(i8, 1) >> @as(u16, 8) == 0": "must be less than 8",
    "1.0 / 0.0 == 0.0": "division by zero",
    "1.0e308 * 10.0 - 1.0e308 * 10.0 == 0.0": "not a number",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_has_no_result_is_an_error(text):
    done = compile_assertions([text])
    assert done.returncode != 0
    assert REFUSED[text] in done.stderr


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-rP", "-p", "no:cacheprovider"]))
