#!/usr/bin/env cs_python
# SPDX-License-Identifier: Apache-2.0
"""Heats one edge of a plate, iterates on the device, and compares every cell with NumPy's."""
import argparse
import json
import pathlib

import numpy as np
from cerebras.sdk.runtime.sdkruntimepybind import MemcpyDataType, MemcpyOrder, SdkRuntime

parser = argparse.ArgumentParser()
parser.add_argument("--name", help="folder that cslc wrote")
parser.add_argument("--cmaddr", help="IP:PORT of a CS system; without it, the simulator")
parser.add_argument("--iterations", type=int, default=20)
args = parser.parse_args()

params = json.loads((pathlib.Path(args.name) / "out.json").read_text())["params"]
width, height, cols, rows = (int(params[name]) for name in ("width", "height", "cols", "rows"))

# The plate has a fixed edge of one cell around it; the northern one is hot.
plate = np.zeros((height * rows + 2, width * cols + 2), np.float32)
plate[0, 1:-1] = 100

# Each PE's block comes with a border; inside the plate the PEs fill it themselves.
blocks = np.array([[plate[y * rows:(y + 1) * rows + 2, x * cols:(x + 1) * cols + 2]
                    for x in range(width)] for y in range(height)])
per_pe = (rows + 2) * (cols + 2)

runner = SdkRuntime(args.name, cmaddr=args.cmaddr)
COPY = {"streaming": False, "order": MemcpyOrder.ROW_MAJOR,
        "data_type": MemcpyDataType.MEMCPY_32BIT, "nonblock": False}
runner.load()
runner.run()
cells_id, stamps_id = runner.get_id("cells"), runner.get_id("stamps")
runner.memcpy_h2d(cells_id, blocks.ravel(), 0, 0, width, height, per_pe, **COPY)
runner.launch("iterate", np.uint16(args.iterations), nonblock=False)
result = np.zeros(blocks.size, np.float32)
stamps = np.zeros(width * height * 2, np.uint32)
runner.memcpy_d2h(result, cells_id, 0, 0, width, height, per_pe, **COPY)
runner.memcpy_d2h(stamps, stamps_id, 0, 0, width, height, 2, **COPY)
runner.stop()

for _ in range(args.iterations):
    north, south, west, east = plate[:-2, 1:-1], plate[2:, 1:-1], plate[1:-1, :-2], plate[1:-1, 2:]
    plate[1:-1, 1:-1] = (north + south + west + east) * np.float32(0.25)
inside = result.reshape(height, width, rows + 2, cols + 2)[:, :, 1:-1, 1:-1]
device = inside.swapaxes(1, 2).reshape(height * rows, width * cols)
np.testing.assert_array_equal(device, plate[1:-1, 1:-1])

cycles = np.diff(stamps.reshape(-1, 2).astype(np.int64)).max()
print(f"{args.iterations} iterations of {width * cols} x {height * rows} cells on {width} x"
      f" {height} PEs: {cycles} cycles, {cycles / args.iterations:.1f} an iteration")
print(f"mean temperature {device.mean():.4f}; every cell equals NumPy's")
print("SUCCESS")
