#!/usr/bin/env cs_python
# SPDX-License-Identifier: Apache-2.0
"""Spreads a vector over the PEs, scales it to length 1 there, and compares with NumPy's result."""
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
width, height, size = (int(params[name]) for name in ("width", "height", "size"))
pes = width * height

vector = np.random.default_rng(1).uniform(-1, 1, pes * size).astype(np.float32)

runner = SdkRuntime(args.name, cmaddr=args.cmaddr)
COPY = {"streaming": False, "order": MemcpyOrder.ROW_MAJOR,
        "data_type": MemcpyDataType.MEMCPY_32BIT, "nonblock": False}
runner.load()
runner.run()
runner.memcpy_h2d(runner.get_id("vector"), vector, 0, 0, width, height, size, **COPY)
runner.launch("normalise", nonblock=False)
result = np.zeros(pes * size, np.float32)
lengths = np.zeros(pes, np.float32)
stamps = np.zeros(pes * 2, np.uint32)
runner.memcpy_d2h(result, runner.get_id("vector"), 0, 0, width, height, size, **COPY)
runner.memcpy_d2h(lengths, runner.get_id("length"), 0, 0, width, height, 1, **COPY)
runner.memcpy_d2h(stamps, runner.get_id("stamps"), 0, 0, width, height, 2, **COPY)
runner.stop()

length = np.linalg.norm(vector.astype(np.float64))
assert (lengths == lengths[0]).all(), "PEs hold different lengths"
np.testing.assert_allclose(lengths[0], length, rtol=1e-5)
np.testing.assert_allclose(result, vector / length, rtol=1e-4, atol=1e-7)
cycles = np.diff(stamps.reshape(-1, 2).astype(np.int64)).max()
print(f"length of {pes * size} elements on {width} x {height} PEs: {lengths[0]:.4f},"
      f" {cycles} cycles")
print("SUCCESS")
