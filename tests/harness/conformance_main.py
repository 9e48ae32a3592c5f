# SPDX-License-Identifier: Apache-2.0
"""conformance_main FOLDER ARCH [CSLC OPTIONS]: compiles a program and runs its host script twice,
on the simulator and on a CS system over TCP. The script itself compares results and prints SUCCESS.
"""
import sys

from tests.harness import toolchain


def run_host_script(tools, folder, *args):
    done = toolchain.succeed(tools.cs_python(folder, "run.py", "--name", "out", *args))
    assert "SUCCESS" in done.stdout.split(), f"{toolchain.describe(done)}\nno SUCCESS was printed"


def main():
    program, arch, *options = sys.argv[1:]
    tools = toolchain.installed()
    folder = toolchain.copy_program(program)
    tools.compile(folder, "layout.csl", f"--arch={arch}", *options, "-o", "out")
    run_host_script(tools, folder)
    with tools.system(folder) as address:
        run_host_script(tools, folder, "--cmaddr", address)


if __name__ == "__main__":
    main()
