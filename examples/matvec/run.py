#!/usr/bin/env cs_python
# SPDX-License-Identifier: Apache-2.0
"""Sends A, x and b to the device, multiplies there, and compares y with NumPy's."""
import argparse
import json
import pathlib

import numpy as np
from cerebras.sdk.runtime.sdkruntimepybind import MemcpyDataType, MemcpyOrder, SdkRuntime

parser = argparse.ArgumentParser()
parser.add_argument("--name", help="folder that cslc wrote")
parser.add_argument("--cmaddr", help="IP:PORT of a CS system; without it, the simulator")
args = parser.parse_args()

params = json.loads((pathlib.Path(args.name) / "out.json").read_text())["params"]
width, rows, cols = (int(params[name]) for name in ("width", "rows", "cols"))

rng = np.random.default_rng(1)
A = rng.standard_normal((width * rows, cols)).astype(np.float32)
x = rng.standard_normal(cols).astype(np.float32)
b = rng.standard_normal(width * rows).astype(np.float32)

runner = SdkRuntime(args.name, cmaddr=args.cmaddr)
COPY = {"streaming": False, "order": MemcpyOrder.ROW_MAJOR,
        "data_type": MemcpyDataType.MEMCPY_32BIT, "nonblock": False}
runner.load()
runner.run()
# PE k holds rows k * rows ... of A and of y; every PE holds all of x.
runner.memcpy_h2d(runner.get_id("A"), A.ravel(), 0, 0, width, 1, rows * cols, **COPY)
runner.memcpy_h2d(runner.get_id("x"), np.tile(x, width), 0, 0, width, 1, cols, **COPY)
runner.memcpy_h2d(runner.get_id("y"), b, 0, 0, width, 1, rows, **COPY)
runner.launch("multiply", nonblock=False)
y = np.zeros(width * rows, dtype=np.float32)
runner.memcpy_d2h(y, runner.get_id("y"), 0, 0, width, 1, rows, **COPY)
runner.stop()

expected = A.astype(np.float64) @ x + b
np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-5)
print(f"y has {y.size} elements, y[0] = {y[0]:.6f};"
      f" largest difference from NumPy's result: {np.abs(y - expected).max():.1e}")
print("SUCCESS")
