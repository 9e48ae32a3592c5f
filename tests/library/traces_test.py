# SPDX-License-Identifier: Apache-2.0
"""<debug> leaves its records in memory, <simprint> its lines in sim.log."""
import re
import sys

import pytest

from tests.harness import toolchain

GEOMETRY = ["--fabric-dims=9,3", "--fabric-offsets=4,1"]
LINES = ["42 002A 0000000000101010 42.0",
         "305419896, 12345678 00000000000000000000000000000101{d} -0.1",
         "PE(0,0): at 100%",
         "7 one", "two", "", "three",
         "000000000000000100AB000000000000000000000000000000114000000000000000AB1.51e+20",
         "12345" * 51 + "1"]


@pytest.mark.parametrize("arch", ["wse2", "wse3"])
def test_traces(arch):
    tools = toolchain.installed()
    folder = toolchain.copy_program("tests/library/traces")
    tools.compile(folder, "layout.csl", f"--arch={arch}", *GEOMETRY, "-o", "out")
    done = toolchain.succeed(tools.cs_python(folder, "run.py"))
    assert "SUCCESS" in done.stdout.split()
    log = (folder / "sim.log").read_text(encoding="utf-8").splitlines()
    lines = [re.match(r"@(\d+) (.*)$", line + " ").groups() for line in log]
    printed = [text.rstrip() for _, text in lines]
    start = printed.index(LINES[0])
    assert printed[start:start + len(LINES)] == LINES
    cycles = [int(cycle) for cycle, _ in lines]
    assert cycles == sorted(cycles) and len(set(cycles[start:start + len(LINES)])) > 5
    assert LINES[0] not in printed[start + 1:]  # the second PE prints nothing


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "--tb=short", "-p", "no:cacheprovider"]))
