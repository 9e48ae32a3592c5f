# SPDX-License-Identifier: Apache-2.0
"""layout_main FOLDER ARCH: runs a host script that lays its program out with SdkLayout and checks
it, on the simulator and on a CS system over TCP. Both compilations leave the same bytes.
"""
import sys

from tests.harness import toolchain


def run_host_script(tools, folder, *args):
    done = toolchain.succeed(tools.cs_python(folder, "run.py", *args))
    assert "SUCCESS" in done.stdout.split(), f"{toolchain.describe(done)}\nno SUCCESS was printed"
    assert not toolchain.ROUTE_WARNING.search(done.stderr), toolchain.describe(done)
    return {path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted((folder / "out").rglob("*")) if path.is_file()}


def main():
    program, arch = sys.argv[1:]
    tools = toolchain.installed()
    folder = toolchain.copy_program(program)
    first = run_host_script(tools, folder, "--arch", arch)
    with tools.system(folder) as address:
        second = run_host_script(tools, folder, "--arch", arch, "--cmaddr", address)
    different = [name for name in first.keys() | second.keys()
                 if first.get(name) != second.get(name)]
    assert not different, f"compiled twice, these files differ: {different}"


if __name__ == "__main__":
    main()
