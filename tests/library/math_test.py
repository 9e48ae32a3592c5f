# SPDX-License-Identifier: Apache-2.0
"""Functions of <math> are as accurate as their page says: 16-bit ones for every argument in each
format, f32 ones for many."""
import sys

import pytest

from tests.harness import toolchain

ONE_PE = ["--arch=wse3", "--fabric-dims=8,3", "--fabric-offsets=4,1", "--memcpy", "--channels=1"]


def run(program, options, *args):
    tools = toolchain.installed()
    folder = toolchain.copy_program(f"tests/library/{program}")
    tools.compile(folder, "layout.csl", *ONE_PE, *options, "-o", "out")
    done = toolchain.succeed(tools.cs_python(folder, "run.py", *args))
    assert "SUCCESS" in done.stdout.split(), toolchain.describe(done)


@pytest.mark.parametrize("name", ["f16", "bf16", "cb16"])
def test_half(name):
    run("half_functions", [f"--fp16-format={name}"], name)


def test_single():
    run("single_functions", [])


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "--tb=short", "-p", "no:cacheprovider"]))
