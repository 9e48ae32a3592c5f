# SPDX-License-Identifier: Apache-2.0
"""Regions beside and below each other: initial data by blocks, parameters of PEs, rectangles and
regions; all read back with read_symbol and, on the simulator's core file, debug_util."""
import numpy as np
from cerebras.geometry.geometry import IntRectangle, IntVector
from cerebras.sdk.debug.debug_util import debug_util
from cerebras.sdk.runtime.sdkruntimepybind import (SdkCompileArtifacts, SdkLayout, SdkRuntime,
                                                   SdkTarget, SimfabConfig, get_platform)
from host import args

platform = get_platform(args.cmaddr, SimfabConfig(dump_core=True),
                        SdkTarget.WSE2 if args.arch == "wse2" else SdkTarget.WSE3)
layout = SdkLayout(platform)

# Name, width, height in PEs, rows and columns of a PE's block.
SHAPES = [("wide", 3, 2, 2, 5), ("tall", 1, 5, 4, 1), ("one", 1, 1, 3, 3)]
rng = np.random.default_rng(1)
regions, matrices = [], []
for name, width, height, rows, columns in SHAPES:
    code = layout.create_code_region("block.csl", name, width, height)
    code.set_param_all("rows", rows)
    code.set_param_all("columns", columns)
    code.set_param_all("scale", 7)
    code.set_param_all("flag", 0)
    code.set_param_range(IntRectangle(IntVector(0, height - 1), IntVector(width, height)),
                         "scale", 32767)
    code.set_param(IntVector(width - 1, 0), "flag", 9)
    a = rng.integers(-50, 50, (height * rows, width * columns)).astype(np.float32)
    h = rng.integers(-3000, 3000, (height * rows, width * columns)).astype(np.int16)
    code.set_symbol_all("A", a.ravel(), width * columns, height * rows)
    code.set_symbol_all("H", h, width * columns, height * rows)
    regions.append(code)
    matrices.append((a, h))
assert layout.hstack(regions[:2], IntVector(2, 1)) == 4
assert layout.vstack([regions[0], regions[2]]) == 3
ORIGINS = [(2, 1), (5, 1), (2, 3)]

layout.compile("out")
runtime = SdkRuntime(SdkCompileArtifacts("out"), platform, memcpy_required=False)
runtime.load()
runtime.run()
# A CS system is given back at stop().
blocks = {(x0 + x, y0 + y): runtime.read_symbol(x0 + x, y0 + y, "A", dtype="float32")
          for (_, width, height, _, _), (x0, y0) in zip(SHAPES, ORIGINS)
          for y in range(height) for x in range(width)}
runtime.stop()

core = debug_util("out", **({"cmaddr": args.cmaddr} if args.cmaddr else {}))
for (name, width, height, rows, columns), (a, h), (x0, y0) in zip(SHAPES, matrices, ORIGINS):
    for y in range(height):
        for x in range(width):
            block = np.s_[y * rows:(y + 1) * rows, x * columns:(x + 1) * columns]
            told = [32767 if y == height - 1 else 7, 9 if (x, y) == (width - 1, 0) else 0,
                    rows * columns]
            place = (x0 + x, y0 + y)
            np.testing.assert_array_equal(core.get_symbol(*place, "total", np.float32),
                                          [a[block].sum(dtype=np.float64)])
            np.testing.assert_array_equal(core.get_symbol(*place, "halves", np.int32),
                                          [h[block].sum(dtype=np.int64)])
            np.testing.assert_array_equal(core.get_symbol(*place, "told", np.int16), told)
            np.testing.assert_array_equal(blocks[place].reshape(rows, columns), a[block])
            if not args.cmaddr:
                np.testing.assert_array_equal(runtime.read_symbol(*place, "A", dtype="float32"),
                                              blocks[place])
print("SUCCESS")
