# SPDX-License-Identifier: Apache-2.0
"""sdk_debug_shell smoke: compiles a small program and runs it on the simulator."""
import argparse
import pathlib
import subprocess
import sys
import tempfile

_LAYOUT = """\
const memcpy = @import_module("<memcpy/get_params>", .{ .width = 2, .height = 1 });
layout {
  @set_rectangle(2, 1);
  for (@range(u16, 2)) |x| {
    @set_tile_code(x, 0, "pe.csl", .{ .memcpy_params = memcpy.get_params(x), .x = x });
  }
  @export_name("data", [*]u32, true);
  @export_name("twice", fn()void);
}
"""
_PE = """\
param memcpy_params;
param x: u16;
const sys = @import_module("<memcpy/memcpy>", memcpy_params);
var data = @zeros([4]u32);
var data_ptr: [*]u32 = &data;
fn twice() void {
  for (@range(u16, 4)) |i| { data[i] = 2 * data[i] + x; }
  sys.unblock_cmd_stream();
}
comptime {
  @export_symbol(data_ptr, "data");
  @export_symbol(twice);
}
"""
_RUN = """\
import sys
import numpy as np
from cerebras.sdk.runtime.sdkruntimepybind import MemcpyDataType, MemcpyOrder, SdkRuntime
how = dict(streaming=False, data_type=MemcpyDataType.MEMCPY_32BIT,
           order=MemcpyOrder.ROW_MAJOR, nonblock=False)
sent = np.arange(8, dtype=np.uint32)
got = np.zeros(8, dtype=np.uint32)
runner = SdkRuntime(sys.argv[1])
runner.load()
runner.run()
symbol = runner.get_id("data")
runner.memcpy_h2d(symbol, sent, 0, 0, 2, 1, 4, **how)
runner.launch("twice", nonblock=False)
runner.memcpy_d2h(got, symbol, 0, 0, 2, 1, 4, **how)
runner.stop()
np.testing.assert_array_equal(got, 2 * sent + np.repeat([0, 1], 4))
"""


def main() -> int:
    """0 if the program compiles and computes what it should."""
    parser = argparse.ArgumentParser(prog="sdk_debug_shell smoke", description=__doc__)
    parser.add_argument("--arch", choices=["wse2", "wse3"], action="append")
    # Scripts name the folder of their program here, which this does not need.
    parser.add_argument("unused", nargs="*", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    binaries = pathlib.Path(__file__).resolve().parents[4] / "bin"
    for arch in arguments.arch or ["wse2", "wse3"]:
        with tempfile.TemporaryDirectory(prefix="csl-smoke-") as folder:
            for name, text in (("layout.csl", _LAYOUT), ("pe.csl", _PE), ("run.py", _RUN)):
                pathlib.Path(folder, name).write_text(text, encoding="utf-8")
            for command in ([str(binaries / "cslc"), "layout.csl", "--arch=" + arch,
                             "--fabric-dims=9,3", "--fabric-offsets=4,1", "--memcpy",
                             "--channels=1", "-o=out"],
                            [str(binaries / "cs_python"), "run.py", "out"]):
                if subprocess.call(command, cwd=folder) != 0:
                    print("smoke test FAILED for " + arch, file=sys.stderr)
                    return 1
        print("smoke test passed for " + arch)
    return 0


if __name__ == "__main__":
    sys.exit(main())
