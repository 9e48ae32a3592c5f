# SPDX-License-Identifier: Apache-2.0
"""@as and @bitcast between all scalar types, and operands of two types that meet in a third."""
import dataclasses
import random
import sys
from fractions import Fraction

import pytest

from tests.oracle import operations
from tests.oracle.checking import check
from tests.oracle.program import Program, Table
from tests.oracle.scalars import BOOL, Float, Int, integer, operands, type_named

INTEGERS = ["i8", "u8", "i16", "u16", "u1", "i3", "u7", "i12", "i32", "u32", "u24", "i27"]
WIDER = ["u33", "i48", "i64", "u64", "u100", "i200"]
ROWS = 48
FEWEST = {"integers": 20_000, "floats": 10_000, "mixed": 4_000, "known": 5_000, "wider": 5_000}


def near_limits(t):
    """Floats around the ends of the integer types, and half way between whole numbers."""
    ends = {n for name in INTEGERS for n in (integer(name).low, integer(name).high)}
    found = [t.format.encode(n + d) for n in ends | {0, 1, 2} for d in (-1, Fraction(-1, 2), 0,
                                                                         Fraction(1, 2), 1)]
    return [bits | sign for bits in found for sign in (0, t.format.sign)]


def rows(t, rng):
    values = operands(t, rng, ROWS)
    if isinstance(t, Float):
        values += rng.sample(near_limits(t), ROWS)
    return [(value,) for value in values]


def conversions(source, targets, rng):
    found = [operations.cast(source, target) for target in targets]
    if source != BOOL:
        found += [operations.bitcast(source, target) for target in targets
                  if target != BOOL and target.bits == source.bits]
    return Table("single", rows(source, rng), found)


def float_to_float(t):
    """Ties, and numbers that become subnormal: f32 around each value of the 16-bit format."""
    wide = type_named("f32").format
    rng = random.Random(t.name)
    found = []
    for _ in range(200):
        bits = t.random(rng) & ~t.format.sign
        exact = t.format.decode(bits)
        if isinstance(exact, Fraction):
            pattern = wide.encode(exact)
            half = 1 << 22 - t.format.m
            found += [(pattern + n * half + d,) for n in (0, 1) for d in (-1, 0, 1)
                      if 0 <= pattern + n * half + d <= wide.inf]
    return Table("ties", found, [operations.cast(type_named("f32"), t)])


def test_formats_that_only_the_compiler_has():
    """A program has one 16-bit float at run time; the others exist at compile time."""
    names = ["f16", "bf16", "cb16"]
    found = {}
    for name in names:
        t = type_named(name)
        table = conversions(t, [type_named(n) for n in [*names, "f32", "i16", "u32", "bool"]],
                            random.Random(name))
        rng = random.Random(2)
        binary = Table("pairs", list(zip(operands(t, rng, ROWS), operands(t, rng, ROWS))),
                       operations.float_operations(t))
        found[name] = Program([dataclasses.replace(kind, ways=("known",))
                               for kind in (table, binary)])
    assert check(found) >= FEWEST["known"]


def ties_of(t, rng):
    """Integers half way between two f32, or nearly, so that rounding twice would show."""
    found = []
    for _ in range(ROWS):
        top = rng.getrandbits(24) | 1 << 23
        below = rng.randrange(26, t.bits - t.signed)
        value = (top * 2 + 1) << below >> 24 if below > 24 else top
        found += [(t.wrap(value + d),) for d in (-1, 0, 1)]
    return found


def test_integers_wider_than_words():
    targets = [type_named(n) for n in [*WIDER, "i16", "u32", "bool", "f32", "f16"]]
    found = {}
    for name in WIDER:
        t, rng = integer(name), random.Random(name)
        table = conversions(t, targets, rng)
        ties = Table("ties", ties_of(t, rng), [operations.cast(t, type_named("f32"))])
        found[f"{name}_single"], found[f"{name}_ties"] = Program([table]), Program([ties])
    for name in ("f32", "f16"):
        table = conversions(type_named(name), [integer(n) for n in WIDER], random.Random(name))
        found[name] = Program([table])
    assert check(found) >= FEWEST["wider"]


def programs(sources, targets):
    for name in sources:
        rng = random.Random(name)
        table = conversions(type_named(name), [type_named(t) for t in targets], rng)
        yield name, Program([table])


def test_integers_and_bool():
    targets = ["bool", *INTEGERS, "f32", "f16"]
    assert check(dict(programs(["bool", *INTEGERS], targets))) >= FEWEST["integers"]


@pytest.mark.parametrize("fp16_format", ["f16", "bf16", "cb16"])
def test_floats(fp16_format):
    floats = ["f32", fp16_format]
    found = dict(programs(floats, ["bool", *INTEGERS, *floats]))
    found["ties"] = Program([float_to_float(type_named(fp16_format))])
    for name in ("i16", "u16", "i32", "u32"):
        table = conversions(integer(name), [type_named(fp16_format)], random.Random(name))
        found[f"from_{name}"] = Program([table])
    assert check(found, f"--fp16-format={fp16_format}") >= FEWEST["floats"]


def meet(a, b):
    """The type of `a + b` on the PE, or None."""
    if a.signed == b.signed:
        return a if a.bits >= b.bits else b
    signed, unsigned = (a, b) if a.signed else (b, a)
    return signed if signed.bits > unsigned.bits else None


def mixed(a, b):
    """Both operands become the wider type before they are combined."""
    t = meet(a, b)
    found = []
    for operation in operations.integer_operations(t):
        if not operation.name.endswith("_assigned"):
            found.append(operations.Operation(operation.name, (a, b), operation.result,
                                              operation.text, operation.value))
    return found


def test_operands_of_two_integer_types():
    rng = random.Random(5)
    kinds = [integer(name) for name in INTEGERS]
    couples = [(a, b) for a in kinds for b in kinds if a != b and meet(a, b)]
    found = {}
    for a, b in rng.sample(couples, 12):
        values = zip(operands(a, rng, ROWS), operands(b, rng, ROWS))
        found[f"{a.name}_{b.name}"] = Program([Table("pairs", list(values), mixed(a, b), 2)])
    assert check(found) >= FEWEST["mixed"]


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-rP", "-p", "no:cacheprovider"]))
