#!/usr/bin/env cs_python
# SPDX-License-Identifier: Apache-2.0
"""Evaluates a polynomial on the device, compares with NumPy's, and writes the cycles to a file."""
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
width, points, degree = (int(params[name]) for name in ("width", "points", "degree"))

coefficients = np.random.default_rng(1).uniform(-1, 1, degree + 1).astype(np.float32)
x = np.linspace(-1, 1, width * points, dtype=np.float32)

runner = SdkRuntime(args.name, cmaddr=args.cmaddr)
COPY = {"streaming": False, "order": MemcpyOrder.ROW_MAJOR,
        "data_type": MemcpyDataType.MEMCPY_32BIT, "nonblock": False}
runner.load()
runner.run()
# Every PE of a row gets the same coefficients and its own points.
runner.memcpy_h2d_rowbcast(runner.get_id("coefficients"), coefficients, 0, 0, width, 1, degree + 1,
                           **COPY)
runner.memcpy_h2d(runner.get_id("x"), x, 0, 0, width, 1, points, **COPY)
runner.launch("evaluate", nonblock=False)
y = np.zeros(width * points, np.float32)
stamps = np.zeros(width * 2, np.uint32)
runner.memcpy_d2h(y, runner.get_id("y"), 0, 0, width, 1, points, **COPY)
runner.memcpy_d2h(stamps, runner.get_id("stamps"), 0, 0, width, 1, 2, **COPY)
runner.stop()

np.testing.assert_allclose(y, np.polyval(coefficients.astype(np.float64), x), rtol=1e-4, atol=1e-5)
cycles = int(np.diff(stamps.reshape(-1, 2).astype(np.int64)).max())
pathlib.Path("cycles.json").write_text(json.dumps({"points": points, "cycles": cycles}))
print("SUCCESS")
