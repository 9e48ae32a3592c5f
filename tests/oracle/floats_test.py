# SPDX-License-Identifier: Apache-2.0
"""Float operators round the exact result once, in every format; f16 and f32 also as NumPy does."""
import itertools
import random
import sys
import warnings

import numpy as np
import pytest

from tests.oracle import operations
from tests.oracle.checking import check
from tests.oracle.program import Program, Table
from tests.oracle.scalars import BOOL, FLOATS, operands

PAIRS, CONSTANTS = 300, 4
FEWEST = 20_000  # cases of a format


def pairs(rng, t):
    """All pairs of some edges, others, and sums and products that lie between two values."""
    edges = t.edges()
    found = list(itertools.product(rng.sample(edges, 9), repeat=2))
    for _ in range(PAIRS - len(found)):
        left = t.random(rng)
        # A power of two with few ulps of the left operand: ties of sums.
        ulps = rng.choice([-t.format.m - 1, -t.format.m, -t.format.m - 2, rng.randrange(-30, 30)])
        near = (left & ~t.format.sign) + (ulps << t.format.m) + rng.choice([0, 0, 1])
        right = near & ~t.format.sign if 0 < near < t.format.inf else t.random(rng)
        if rng.random() < 0.5:
            right |= t.format.sign
        found.append((left, right))
    return found


def programs(t):
    rng = random.Random(t.name)
    all_pairs = pairs(rng, t)
    single = [(value,) for value in operands(t, rng, 60)]
    bound = []
    for operation in operations.float_operations(t):
        if not operation.name.endswith("_assigned"):
            for known in rng.sample(t.edges(), CONSTANTS):
                bound += [operation.bind(0, known), operation.bind(1, known)]
    unary = operations.float_unary(t)
    half = len(all_pairs) // 2
    binary = operations.float_operations(t)
    yield f"{t.name}_first", Program([Table("pairs", all_pairs[:half], binary),
                                      Table("single", single, unary)])
    yield f"{t.name}_second", Program([Table("pairs", all_pairs[half:], binary)])
    yield f"{t.name}_constants", Program([Table("constants", single[::2], bound,
                                                straight_rows=0)])


@pytest.mark.parametrize("fp16_format", ["f16", "bf16", "cb16"])
def test_16_bit_operators(fp16_format):
    found = dict(programs(FLOATS[fp16_format]))
    assert check(found, f"--fp16-format={fp16_format}") >= FEWEST


def test_f32_operators():
    assert check(dict(programs(FLOATS["f32"]))) >= FEWEST


@pytest.mark.parametrize("name, dtype", [("f16", np.float16), ("f32", np.float32)])
def test_numpy_agrees_with_the_oracle(name, dtype):
    t = FLOATS[name]
    rng = random.Random(name)
    table = np.array([p for _ in range(20) for p in pairs(rng, t)], f"u{t.bits // 8}")
    left, right = table[:, 0].view(dtype), table[:, 1].view(dtype)
    numpy = {"add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide,
             "lt": np.less, "le": np.less_equal, "eq": np.equal, "ne": np.not_equal}
    for operation in operations.float_operations(t):
        if operation.name not in numpy:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = numpy[operation.name](left, right)
        if operation.result != BOOL:
            bits = result.view(table.dtype)
            result = np.where(np.isnan(result), t.format.nan, bits)
        wanted = [operation.value(*map(int, row)) for row in table]
        np.testing.assert_array_equal(result, wanted, err_msg=operation.name)


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-rP", "-p", "no:cacheprovider"]))
