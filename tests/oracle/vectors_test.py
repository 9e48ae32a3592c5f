# SPDX-License-Identifier: Apache-2.0
"""Every DSD operation, in every form, does to each element what exact arithmetic says."""
import random
import sys

import pytest

from tests.oracle.checking import check
from tests.oracle.vector_operations import all_operations
from tests.oracle.vector_program import VectorProgram

FEWEST = 8_000  # elements for a format
PROGRAMS = 3


@pytest.mark.parametrize("fp16_format", ["f16", "bf16", "cb16"])
def test_elements(fp16_format):
    found = {}
    for seed in range(PROGRAMS):
        rng = random.Random(f"{fp16_format} {seed}")
        found[f"{fp16_format}_{seed}"] = VectorProgram(all_operations(fp16_format), fp16_format,
                                                       rng, 2)
    assert check(found, f"--fp16-format={fp16_format}") >= FEWEST


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-rP", "-p", "no:cacheprovider"]))
