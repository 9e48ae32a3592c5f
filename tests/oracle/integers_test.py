# SPDX-License-Identifier: Apache-2.0
"""Integer operators of every width give what exact integers, cut to the width, give."""
import random
import sys

import pytest

from tests.oracle import operations
from tests.oracle.checking import check
from tests.oracle.program import Program, Table
from tests.oracle.scalars import integer, operands

ROWS, CONSTANTS = 60, 5
FEWEST, FEWEST_KNOWN = 8_000, 5_000  # cases of a type
NARROW = ["u1", "i1", "i8", "u8", "i16", "u16", "i2", "i3", "u7", "i12"]
WIDE = ["i32", "u32", "u24", "i27"]
WIDER = ["u33", "i48", "i64", "u64", "u100", "i200"]


def rows(rng, *types):
    columns = [operands(t, rng, ROWS) for t in types]
    for column in columns:
        rng.shuffle(column)
    return list(zip(*columns))


def shift_rows(rng, t, count):
    counts = [0, 1, t.bits - 1, t.bits, t.bits + 1, 15, 16, 17, 31, 32, 33, 63, 64, count.high]
    counts = [n for n in counts if n <= count.high]
    return [(value, rng.choice(counts) if n % 2 else rng.randrange(min(t.bits, count.high + 1)))
            for n, (value,) in enumerate(rows(rng, t))]


def variables(name, seed):
    """Both operands in memory."""
    rng = random.Random(f"{name} {seed}")
    t = integer(name)
    count = integer(rng.choice(["u16", "u8", "u32", "u5"]))
    yield Table("pairs", rows(rng, t, t), operations.integer_operations(t))
    yield Table("single", rows(rng, t), operations.integer_unary(t))
    yield Table("divided", rows(rng, t, t), operations.divisions(t))
    yield Table("shifted", shift_rows(rng, t, count), operations.shifts(t, count))


def constants(name, seed):
    """One operand written in the program, where compilers have shorter ways."""
    rng = random.Random(f"{name} {seed}")
    t = integer(name)
    known = [n for n in t.edges() if n]
    found = []
    for operation in operations.integer_operations(t) + operations.divisions(t):
        if not operation.name.endswith("_assigned"):
            chosen = rng.sample(known, min(CONSTANTS, len(known)))
            found += [operation.bind(1, n) for n in chosen]
            found += [operation.bind(0, n) for n in chosen if not operation.refused(0, 0)]
    for operation in operations.shifts(t, integer("u16"))[::2]:
        found += [operation.bind(1, n) for n in {0, 1, t.bits // 2, t.bits - 1} if n < t.bits]
    few = ROWS // 3 * 48 // max(48, t.bits)  # results of all of them fit in a PE
    yield Table("constants", rows(rng, t)[:few], found, straight_rows=0)


@pytest.mark.parametrize("name", WIDER)
def test_operators_of_integers_wider_than_words(name):
    # Each needs memory for its results.
    programs = {f"{name}_{table.name}": Program([table])
                for table in [*variables(name, 1), *constants(name, 2)]}
    assert check(programs) >= FEWEST_KNOWN


@pytest.mark.parametrize("name", NARROW + WIDE)
def test_operators(name):
    checked = check({name: Program(variables(name, 1)),
                     name + "_constants": Program(constants(name, 2))})
    assert checked >= FEWEST


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-rP", "-p", "no:cacheprovider"]))
