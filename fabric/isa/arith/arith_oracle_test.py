# SPDX-License-Identifier: Apache-2.0
"""Float arithmetic against exact rational numbers: results are the exact ones, rounded once."""
import pathlib
import random
import subprocess
import sys
from fractions import Fraction

import pytest

from fabric.isa.arith.exact_floats import (FORMATS, add, compare, div, encode_any, fma, is_negative,
                                            is_number, maximum, negated, number, product, to_int)

FILTER = pathlib.Path(__file__).absolute().parent / "arith_filter"  # in the runfiles


def expected(name, op, a_bits, b_bits, c_bits):
    fmt = FORMATS[name]
    f32 = FORMATS["f32"]
    a, b, c = fmt.decode(a_bits & (2 * fmt.sign - 1)), fmt.decode(b_bits), fmt.decode(c_bits)
    if op == "add":
        return add(fmt, a, b)
    if op == "sub":
        return add(fmt, a, negated(b))
    if op == "mul":
        return encode_any(fmt, product(a, b))
    if op == "div":
        return div(fmt, a, b)
    if op == "fma":
        return fma(fmt, a, b, c)
    if op == "max":
        return maximum(fmt, a_bits, b_bits)
    if op in ("eq", "lt", "le"):
        return compare(op, a, b)
    if op == "scale":
        n = b_bits - 65536 if b_bits >= 32768 else b_bits
        if not is_number(a):
            return encode_any(fmt, a)
        return fmt.encode(number(a) * Fraction(2) ** n, zero_is_negative=is_negative(a))
    if op == "to_i16":
        return to_int(a, -(2**15), 2**15 - 1, int) & 0xFFFF
    if op == "to_u16":
        return to_int(a, 0, 2**16 - 1, int)
    if op == "to_i32":
        return to_int(a, -(2**31), 2**31 - 1, int) & 0xFFFFFFFF
    if op == "to_u32":
        return to_int(a, 0, 2**32 - 1, int)
    if op == "nearest_i16":
        return to_int(a, -(2**15), 2**15 - 1, round) & 0xFFFF
    if op == "from_i32":
        return fmt.encode(Fraction(a_bits - 2**32 if a_bits >= 2**31 else a_bits))
    if op == "from_u32":
        return fmt.encode(Fraction(a_bits))
    if op == "to_f32":
        return encode_any(f32, a)
    if op == "from_f32":
        return encode_any(fmt, f32.decode(a_bits))
    if op == "add_to_f32":
        return add(f32, f32.decode(a_bits), b)
    if op == "fma_to_f32":
        return fma(f32, f32.decode(a_bits), b, c)
    raise AssertionError(op)


def interesting(fmt, rng):
    """Patterns at the edges of a format, and random ones."""
    m, top = fmt.m, fmt.inf
    edges = [0, 1, 2, (1 << m) - 1, 1 << m, (1 << m) + 1, top - 1, top - 2, top, fmt.nan, top | 1]
    one = fmt.bias << m
    edges += [one, one + 1, one - 1, one + (1 << m), one | 1 << (m - 1)]
    edges += [e | fmt.sign for e in edges]
    edges += [rng.randrange(2 * fmt.sign) for _ in range(30)]
    # Near one another in size, where sums cancel and round.
    edges += [one + rng.randrange(-(3 << m), 3 << m) for _ in range(20)]
    return edges


def run(cases):
    text = "".join(f"{f} {op} {a:x} {b:x} {c:x}\n" for f, op, a, b, c in cases)
    done = subprocess.run([FILTER], input=text, capture_output=True, text=True, check=True)
    return [int(line, 16) for line in done.stdout.split()]


def check(cases):
    results = run(cases)
    assert len(results) == len(cases)
    wrong = []
    for case, got in zip(cases, results):
        want = expected(*case)
        if got != want:
            f, op, a, b, c = case
            wrong.append(f"{f} {op} {a:#x} {b:#x} {c:#x}: got {got:#x}, want {want:#x}")
    assert not wrong, f"{len(wrong)} of {len(cases)} wrong\n" + "\n".join(wrong[:20])


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("op", ["add", "sub", "mul", "div", "max", "eq", "lt", "le"])
def test_two_operands(name, op):
    values = interesting(FORMATS[name], random.Random(1))
    check([(name, op, a, b, 0) for a in values for b in values])


@pytest.mark.parametrize("name", FORMATS)
def test_fma_rounds_once(name):
    rng = random.Random(2)
    fmt = FORMATS[name]
    values = interesting(fmt, rng)
    cases = [(name, "fma", *(rng.choice(values) for _ in range(3))) for _ in range(15000)]
    # The product lies half way between two values and a tiny addend decides.
    half = fmt.encode(Fraction(3, 2))
    odd = fmt.encode(1 + Fraction(2) ** -fmt.m)
    for tiny in (1, 1 | fmt.sign, 0, fmt.sign, fmt.encode(Fraction(2) ** (-fmt.m - 20))):
        cases += [(name, "fma", tiny, a, b) for a in (half, odd) for b in (half, odd, odd + 2)]
    check(cases)


@pytest.mark.parametrize("name", FORMATS)
def test_scale(name):
    rng = random.Random(3)
    values = interesting(FORMATS[name], rng)
    shifts = [0, 1, -1 & 0xFFFF, 10, -10 & 0xFFFF, 200, -200 & 0xFFFF, 0x7FFF, 0x8000]
    check([(name, "scale", a, n, 0) for a in values for n in shifts])


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("op", ["to_i16", "to_u16", "to_i32", "to_u32", "nearest_i16"])
def test_to_integers(name, op):
    fmt = FORMATS[name]
    limits = [2**15, 2**16, 2**31, 2**32]
    offsets = (-1, 0, Fraction(1, 2))
    near = [fmt.encode(Fraction(x) + d) for x in [0, 1, 2, 3, *limits] for d in offsets]
    near += [v | fmt.sign for v in near]
    check([(name, op, a, 0, 0) for a in interesting(fmt, random.Random(4)) + near])


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("op", ["from_i32", "from_u32"])
def test_from_integers(name, op):
    rng = random.Random(5)
    values = [0, 1, 2**24, 2**24 + 1, 2**24 + 3, 2**31 - 1, 2**31, 2**32 - 1]
    values += [2049, 2051, 65519, 65520]
    values += [rng.randrange(2**32) >> rng.randrange(32) for _ in range(2000)]
    check([(name, op, a, 0, 0) for a in values])


@pytest.mark.parametrize("name", ["f16", "bf16", "cb16"])
def test_every_16_bit_pattern_widens_and_comes_back(name):
    check([(name, "to_f32", a, 0, 0) for a in range(1 << 16)])
    fmt, f32 = FORMATS[name], FORMATS["f32"]
    rng = random.Random(6)
    patterns = [encode_any(f32, fmt.decode(a)) for a in range(0, 1 << 16, 7)]
    # Around each value, and half way to the next.
    ties = [p + d for p in patterns for d in (0, 1, 1 << (22 - fmt.m), (1 << (22 - fmt.m)) + 1)]
    ties += [rng.randrange(2**32) for _ in range(5000)]
    check([(name, "from_f32", a & 0xFFFFFFFF, 0, 0) for a in ties])


@pytest.mark.parametrize("name", ["f16", "bf16", "cb16"])
def test_mixed_operations_round_once(name):
    rng = random.Random(7)
    wide, narrow = interesting(FORMATS["f32"], rng), interesting(FORMATS[name], rng)
    check([(name, "add_to_f32", a, b, 0) for a in wide for b in narrow])
    cases = [
        (name, "fma_to_f32", rng.choice(wide), rng.choice(narrow), rng.choice(narrow))
        for _ in range(15000)
    ]
    check(cases)


@pytest.mark.parametrize("name", FORMATS)
def test_sqrt_is_the_nearest_value(name):
    fmt = FORMATS[name]
    values = [v for v in interesting(fmt, random.Random(8)) if 0 < v < fmt.inf]
    for bits, root in zip(values, run([(name, "sqrt", v, 0, 0) for v in values])):
        x, r = fmt.decode(bits), fmt.decode(root)
        below, above = number(fmt.decode(root - 1)), fmt.decode(root + 1)
        assert ((below + r) / 2) ** 2 <= x <= ((above + r) / 2) ** 2, hex(bits)
    special = [fmt.nan, fmt.inf, 0, fmt.sign, fmt.inf | fmt.sign, fmt.sign | 1]
    want = [fmt.nan, fmt.inf, 0, fmt.sign, fmt.nan, fmt.nan]
    assert run([(name, "sqrt", v, 0, 0) for v in special]) == want


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider"]))
