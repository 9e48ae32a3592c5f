# SPDX-License-Identifier: Apache-2.0
"""Every DSD operation, in every form, does to each element what exact arithmetic says."""
import random
import sys

import pytest

from tests.oracle.checking import check
from tests.oracle.vector_memory import MemoryProgram
from tests.oracle.vector_operations import all_operations
from tests.oracle.vector_program import VectorProgram

FEWEST = {"forms": 8_000, "sequences": 1_500}  # elements for a format
PROGRAMS, SEQUENCES, STEPS = 3, 30, 4


@pytest.mark.parametrize("fp16_format", ["f16", "bf16", "cb16"])
def test_every_form(fp16_format):
    found = {}
    for seed in range(PROGRAMS):
        rng = random.Random(f"{fp16_format} {seed}")
        found[f"{fp16_format}_{seed}"] = VectorProgram(all_operations(fp16_format), fp16_format,
                                                       rng, 2)
    assert check(found, f"--fp16-format={fp16_format}") >= FEWEST["forms"]


@pytest.mark.parametrize("fp16_format", ["f16", "bf16"])
def test_sequences_on_the_same_memory(fp16_format):
    found = {}
    for seed in range(PROGRAMS):
        rng = random.Random(f"{fp16_format} {seed}")
        found[f"{fp16_format}_{seed}"] = MemoryProgram(all_operations(fp16_format), fp16_format,
                                                       rng, SEQUENCES, STEPS)
    assert check(found, f"--fp16-format={fp16_format}") >= FEWEST["sequences"]


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-rP", "-p", "no:cacheprovider"]))
