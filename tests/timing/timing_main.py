# SPDX-License-Identifier: Apache-2.0
"""timing_main PROGRAM FOLDER ARCH [CSLC OPTIONS]: checks a program's rows of figures.txt.

Compiles FOLDER, runs its host script on the simulator and on a CS system over TCP, and reads the
lines `measured NAME VALUE` of its output. Prints published figure, ours and their ratio for each
row of PROGRAM and ARCH. Fails if a row that is `met` is more than 3 percent off the published
figure, or if another one is not the number that the row gives.
"""
import math
import sys

from tests.harness import toolchain
from tests.timing import figures


def measured(tools, folder, *args):
    """{name: value} of one run of the host script."""
    done = toolchain.succeed(tools.cs_python(folder, "run.py", "--name", "out", *args))
    assert "SUCCESS" in done.stdout.split(), f"{toolchain.describe(done)}\nno SUCCESS was printed"
    lines = [line.split() for line in done.stdout.splitlines()]
    return {line[1]: float(line[2]) for line in lines if line[:1] == ["measured"]}


def main():
    program, source, arch, *options = sys.argv[1:]
    rows = figures.rows(toolchain.runfiles_root() / "tests/timing/figures.txt", program, arch)
    assert rows, f"figures.txt has no row for {program} {arch}"
    tools = toolchain.installed()
    folder = toolchain.copy_program(source)
    tools.compile(folder, "layout.csl", f"--arch={arch}", *options, "-o", "out")
    values = measured(tools, folder)
    with tools.system(folder) as address:
        assert measured(tools, folder, "--cmaddr", address) == values, "the CS system differs"
    wrong = [row.figure for row in rows if not check(row, values.get(row.figure, math.nan))]
    assert not wrong, f"not as figures.txt has them: {', '.join(wrong)}"


def check(row, value):
    """Prints the row; whether `value` is what it promises."""
    right = row.is_kept_by(value)
    print(f"{row.program} {row.arch} {row.figure}: published {row.published}, ours {value:.3f}, "
          f"ratio {value / row.nearest(value):.3f}{'' if right else '  WRONG'}")
    return right


if __name__ == "__main__":
    main()
