#!/usr/bin/env cs_python
# SPDX-License-Identifier: Apache-2.0
"""Copies a and b to the device, adds them there, and compares c with NumPy's sum."""
import argparse
import json
import pathlib

import numpy as np
from cerebras.sdk.runtime.sdkruntimepybind import MemcpyDataType, MemcpyOrder, SdkRuntime

parser = argparse.ArgumentParser()
parser.add_argument("--name", help="folder that cslc wrote")
parser.add_argument("--cmaddr", help="IP:PORT of a CS system; without it, the simulator")
args = parser.parse_args()

# The compiler leaves the parameters of the compilation beside the program.
params = json.loads((pathlib.Path(args.name) / "out.json").read_text())["params"]
width, height, size = (int(params[name]) for name in ("width", "height", "size"))

rng = np.random.default_rng(1)
a = rng.standard_normal(width * height * size).astype(np.float32)
b = rng.standard_normal(width * height * size).astype(np.float32)
c = np.zeros(width * height * size, np.float32)

runner = SdkRuntime(args.name, cmaddr=args.cmaddr)
COPY = {"streaming": False, "order": MemcpyOrder.ROW_MAJOR,
        "data_type": MemcpyDataType.MEMCPY_32BIT, "nonblock": False}
runner.load()
runner.run()
runner.memcpy_h2d(runner.get_id("a"), a, 0, 0, width, height, size, **COPY)
runner.memcpy_h2d(runner.get_id("b"), b, 0, 0, width, height, size, **COPY)
runner.launch("add", nonblock=False)
runner.memcpy_d2h(c, runner.get_id("c"), 0, 0, width, height, size, **COPY)
runner.stop()

np.testing.assert_array_equal(c, a + b)
print(f"{c.size} sums on {width} x {height} PEs, all equal to NumPy's")
print("SUCCESS")
