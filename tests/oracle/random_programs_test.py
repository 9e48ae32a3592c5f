# SPDX-License-Identifier: Apache-2.0
"""Random programs of many statements give the same at compile time, on the PE and in Python.

The seeds are fixed: a failure comes back. `random_programs_test FIRST LAST` tries others.
"""
import random
import sys

import pytest

from tests.oracle.checking import check
from tests.oracle.programs import statements
from tests.oracle.programs.maps import MapProgram
from tests.oracle.programs.program import random_program

NUMBERS = [int(word) for word in sys.argv[1:] if word.isdigit()]
SEEDS = range(*NUMBERS) if len(NUMBERS) == 2 else range(16)
MOST_STEPS = 1_000_000  # of the evaluator, for a program


@pytest.mark.parametrize("with_globals", [False, True])
def test_random_programs(with_globals):
    found = {f"seed_{seed}": random_program(random.Random(seed), with_globals) for seed in SEEDS}
    assert check(found) >= 2 * 2 * 12 * len(found)


def test_random_maps():
    found = {}
    for seed in SEEDS:
        with statements.at_most(MOST_STEPS):
            found[f"seed_{seed}"] = MapProgram(random.Random(seed), 12)
    assert check(found) >= 20 * len(found)


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-rP", "-p", "no:cacheprovider"]))
