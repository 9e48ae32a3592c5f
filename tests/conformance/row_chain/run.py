# SPDX-License-Identifier: Apache-2.0
"""Sums that travel along a row of PEs, twice."""
import argparse
import json

import numpy as np
from cerebras.sdk.runtime.sdkruntimepybind import MemcpyDataType, MemcpyOrder, SdkRuntime

parser = argparse.ArgumentParser()
parser.add_argument("--name")
parser.add_argument("--cmaddr")
args = parser.parse_args()

with open(f"{args.name}/out.json", encoding="utf-8") as file:
    params = json.load(file)["params"]
WIDTH, SIZE = int(params["width"]), int(params["size"])
COPY = {"streaming": False, "data_type": MemcpyDataType.MEMCPY_32BIT,
        "order": MemcpyOrder.ROW_MAJOR, "nonblock": False}

runner = SdkRuntime(args.name, cmaddr=args.cmaddr)
values_id = runner.get_id("values")
runner.load()
runner.run()
values = np.arange(WIDTH * SIZE, dtype=np.float32).reshape(WIDTH, SIZE) / 4 - 3
runner.memcpy_h2d(values_id, values.ravel(), 0, 0, WIDTH, 1, SIZE, **COPY)
for _ in range(2):
    runner.launch("accumulate", nonblock=False)
    values[-1] += values[:-1].sum(axis=0)
    got = np.zeros(WIDTH * SIZE, np.float32)
    runner.memcpy_d2h(got, values_id, 0, 0, WIDTH, 1, SIZE, **COPY)
    np.testing.assert_array_equal(got.reshape(WIDTH, SIZE), values)
runner.stop()
print("SUCCESS")
