# SPDX-License-Identifier: Apache-2.0
"""<debug> leaves its records in memory, <simprint> its lines in sim.log; and what both reject."""
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
ONE_PE = 'layout {{ @set_rectangle(1, 1); @set_tile_code(0, 0, "pe.csl"); }}'
PROGRAM = """
const lib = @import_module({import_});
task main() void {{ {statement} }}
comptime {{
  @bind_local_task(main, @get_local_task_id(9));
}}
"""
SIMPRINT, STRING = '"<simprint>"', '"<string>"'
DEBUG = '"<debug>", .{ .key = "k", .buffer_size = 4 }'
REJECTED = [
    (SIMPRINT, 'lib.fmt("{d}", .{});', "fewer arguments than specifiers"),
    (SIMPRINT, 'lib.fmt("", .{@as(u16, 1)});', "more arguments than specifiers"),
    (SIMPRINT, 'lib.fmt("{q}", .{@as(u16, 1)});', "'{' is followed by d, X, b or f"),
    (SIMPRINT, 'lib.fmt("{d", .{@as(u16, 1)});', "'{' is followed by d, X, b or f"),
    (SIMPRINT, 'lib.fmt("{d}", .{@as(i16, 1)});', "take a u16 or a u32"),
    (SIMPRINT, 'lib.fmt("{f}", .{@as(u16, 1)});', "takes a 16-bit float or an f32"),
    (DEBUG, "lib.trace(@get_color(1));", "no record for values of this type"),
    (STRING, 'const s = comptime lib.fmt("{d}", .{ 1, 2 });', "more arguments than {d}"),
    (STRING, 'const s = comptime lib.fmt("{d} {d}", .{1});', "fewer arguments than {d}"),
]


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


@pytest.mark.parametrize("import_, statement, message", REJECTED)
def test_message(import_, statement, message):
    folder = toolchain.scratch_folder("message")
    (folder / "layout.csl").write_text(ONE_PE.format(), encoding="utf-8")
    text = PROGRAM.format(import_=import_, statement=statement)
    (folder / "pe.csl").write_text(text, encoding="utf-8")
    done = toolchain.installed().cslc(folder, "layout.csl", "--arch=wse3", *GEOMETRY, "-o", "out")
    assert done.returncode == 1 and message in done.stderr, toolchain.describe(done)


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "--tb=short", "-p", "no:cacheprovider"]))
