# SPDX-License-Identifier: Apache-2.0
"""What the compiler says of library functions that are used wrongly."""
import sys

import pytest

from tests.harness import toolchain

GEOMETRY = ["--fabric-dims=9,3", "--fabric-offsets=4,1"]
LAYOUT = """
{before}
layout {{
  @set_rectangle(1, 1);
  {inside}
  @set_tile_code(0, 0, "pe.csl");
}}
"""
PROGRAM = """
const lib = @import_module({module});
{before}
task main() void {{ {statement} }}
comptime {{ @bind_local_task(main, @get_local_task_id(9)); }}
"""
DEBUG = '"<debug>", .{ .key = "k", .buffer_size = 4 }'
COLORS = "const a = @get_color(0); const b = @get_color(1); var h = @zeros([2]f16);"
# Module, statement of a task, architecture, message.
REJECTED = [
    ('"<simprint>"', 'lib.fmt("{d}", .{});', "wse2", "fewer arguments than specifiers"),
    ('"<simprint>"', 'lib.fmt("", .{@as(u16, 1)});', "wse3", "more arguments than specifiers"),
    ('"<simprint>"', 'lib.fmt("{q}", .{@as(u16, 1)});', "wse3", "'{' is followed by d, X, b or f"),
    ('"<simprint>"', 'lib.fmt("{d", .{@as(u16, 1)});', "wse3", "'{' is followed by d, X, b or f"),
    ('"<simprint>"', 'lib.fmt("{d}", .{@as(i16, 1)});', "wse3", "take a u16 or a u32"),
    ('"<simprint>"', 'lib.fmt("{f}", .{@as(u16, 1)});', "wse3", "takes a 16-bit float or an f32"),
    (DEBUG, "lib.trace(@get_color(1));", "wse2", "no record for values of this type"),
    ('"<string>"', 'const s = comptime lib.fmt("{d}", .{ 1, 2 });', "wse3",
     "more arguments than {d}"),
    ('"<string>"', 'const s = comptime lib.fmt("{d} {d}", .{1});', "wse3",
     "fewer arguments than {d}"),
    ('"<types>"', "const n = comptime lib.bit_size_of(bool);", "wse2",
     "a number type of 8, 16, 32 or 64 bits is needed"),
    ('"<malloc>", .{ .buffer_num_words = 4 }', "const p = lib.malloc(u8, 1);", "wse2",
     "a number type of 16 or 32 bits is needed"),
    ('"<math>"', "const x = lib.NaN(u16);", "wse2", "a float type is needed"),
    ('"<dsd_ops>"', "lib.neg(i16, &h, &h, .{});", "wse2", "neg: f32 or the 16-bit float"),
    ('"<dsd_ops>"', "lib.convert(u32, f32, &h, &h, .{});", "wse2", "no operation does this"),
    ('"<tile_config/color_config>"',
     "lib.reset_routes(a, .{ .rx = [2]direction{ EAST, RAMP }, .tx = WEST });", "wse3",
     "on WSE-3 a color has one input"),
    ('"<tile_config/switch_config>"', "const n = lib.get_switch_config_addr(a, u16);", "wse2",
     "pop_mode, switch_status, ring_mode or switch_pos"),
    ('"<tile_config/switch_config>"', "lib.set_rxtx_switch_pos1(a, EAST, WEST);", "wse2",
     "on WSE-2 a switch position has one side"),
    ('"<tile_config/filters>"', "lib.set_pass_count(0, 1);", "wse2", "exists on WSE-3 only"),
    ('"<tile_config/queue_flush>"', "lib.exit(@get_output_queue(2));", "wse2",
     "exists on WSE-3 only"),
    ('"<tile_config/output_queue_config>"', "lib.encode_output_queue(2, 3);", "wse2",
     "on WSE-2 an output queue is bound to no color"),
    ('"<tile_config/task_priority>"', "lib.set_task_priority(@get_control_task_id(40));", "wse3",
     "task priority: a data or local task id"),
    ('"<message_passing>", .{ .input_queue_id = 2, .output_queue_id = 2 }', "lib.init();", "wse2",
     "<message_passing> exists on WSE-3 only"),
]
# Text before the layout block, a statement in it, message.
REJECTED_LAYOUTS = [
    ('const c = @import_module("<collectives_2d/params>");',
     "const p = c.get_params(0, 0, .{ .x_colors = .{ @get_color(1), @get_color(1) },"
     " .x_entrypoints = .{ @get_local_task_id(9), @get_local_task_id(10) } });",
     "two different colors for an axis"),
    ('const c = @import_module("<collectives_2d/params>");',
     "const p = c.get_params(0, 0, .{ .y_colors = .{ @get_color(1), @get_color(2) },"
     " .y_entrypoints = .{ @get_local_task_id(9), @get_local_task_id(9) } });",
     "two different entry points for an axis"),
    ('const m = @import_module("<memcpy/get_params>", .{ .width = 1, .height = 1 });\n'
     'const f = @import_module("<kernels/fft/fft3d_layout>", .{ .width = 1, .memcpy = m });',
     "f.FFT_kernel(2, 8, f32);", "the width that <kernels/fft/fft3d_layout> has"),
]


def compile_files(arch, **files):
    folder = toolchain.scratch_folder("message")
    for name, text in files.items():
        (folder / f"{name}.csl").write_text(text, encoding="utf-8")
    return toolchain.installed().cslc(folder, "layout.csl", f"--arch={arch}", *GEOMETRY, "-o",
                                      "out")


def check(done, message):
    assert done.returncode == 1 and message in done.stderr, toolchain.describe(done)


@pytest.mark.parametrize("module, statement, arch, message", REJECTED)
def test_message(module, statement, arch, message):
    pe = PROGRAM.format(module=module, statement=statement, before=COLORS)
    check(compile_files(arch, layout=LAYOUT.format(before="", inside=""), pe=pe), message)


@pytest.mark.parametrize("before, inside, message", REJECTED_LAYOUTS)
def test_layout_message(before, inside, message):
    check(compile_files("wse3", layout=LAYOUT.format(before=before, inside=inside), pe=""), message)


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "--tb=short", "-p", "no:cacheprovider"]))
