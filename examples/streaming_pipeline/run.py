#!/usr/bin/env cs_python
# SPDX-License-Identifier: Apache-2.0
"""Streams a noisy signal through the filters and compares what comes back with NumPy's filters."""
import argparse
import json
import pathlib

import numpy as np
from cerebras.sdk.runtime.sdkruntimepybind import MemcpyDataType, MemcpyOrder, SdkRuntime

parser = argparse.ArgumentParser()
parser.add_argument("--name", help="folder that cslc wrote")
parser.add_argument("--cmaddr", help="IP:PORT of a CS system; without it, the simulator")
parser.add_argument("--batches", type=int, default=5)
args = parser.parse_args()

params = json.loads((pathlib.Path(args.name) / "out.json").read_text())["params"]
stages, batch = int(params["stages"]), int(params["batch"])
into, back = int(params["MEMCPYH2D_DATA_1_ID"]), int(params["MEMCPYD2H_DATA_1_ID"])

samples = args.batches * batch
rng = np.random.default_rng(1)
clean = np.sin(np.arange(samples) * 2 * np.pi / 250)
signal = (clean + 0.5 * rng.standard_normal(samples)).astype(np.float32)
weights = np.linspace(0.2, 0.4, stages, dtype=np.float32)

runner = SdkRuntime(args.name, cmaddr=args.cmaddr)
MODE = {"order": MemcpyOrder.ROW_MAJOR, "data_type": MemcpyDataType.MEMCPY_32BIT}
runner.load()
runner.run()
runner.memcpy_h2d(runner.get_id("weight"), weights, 0, 0, stages, 1, 1, streaming=False,
                  nonblock=False, **MODE)
filtered = np.zeros(samples, np.float32)
for first in range(0, samples, batch):
    part = slice(first, first + batch)
    runner.memcpy_h2d(into, signal[part], 0, 0, 1, 1, batch, streaming=True, nonblock=True, **MODE)
    runner.memcpy_d2h(filtered[part], back, stages - 1, 0, 1, 1, batch, streaming=True,
                      nonblock=False, **MODE)
runner.stop()

expected = signal
for weight in weights:
    state, output = np.float32(0), []
    for value in expected:
        state += weight * (value - state)
        output.append(state)
    expected = np.array(output, np.float32)
np.testing.assert_allclose(filtered, expected, rtol=1e-5, atol=1e-6)
print(f"{samples} samples through {stages} PEs; steps between samples went from"
      f" {np.abs(np.diff(signal)).mean():.3f} to {np.abs(np.diff(filtered)).mean():.3f}")
print("SUCCESS")
