# SPDX-License-Identifier: Apache-2.0
"""Batches of numbers that end with control wavelets."""
import numpy as np
from cerebras.sdk.runtime.sdkruntimepybind import MemcpyDataType, MemcpyOrder
import host

params = host.params()
STREAM = {"streaming": True, "data_type": MemcpyDataType.MEMCPY_32BIT,
          "order": MemcpyOrder.ROW_MAJOR}
HEIGHT = params["height"]
SIZES, NUMBERS, RESULTS = (params[name] for name in (
    "MEMCPYH2D_DATA_1_ID", "MEMCPYH2D_DATA_2_ID", "MEMCPYD2H_DATA_1_ID"))

runner = host.runtime()
runner.load()
runner.run()
for size in (6, 1, 17):
    batch = (np.arange(HEIGHT * size, dtype=np.float32).reshape(HEIGHT, size) * 7 % 23) / 2
    sizes = np.full(HEIGHT, size, np.uint32)
    runner.memcpy_h2d(SIZES, sizes, 0, 0, 1, HEIGHT, 1, nonblock=True, **STREAM)
    runner.memcpy_h2d(NUMBERS, batch.ravel(), 0, 0, 1, HEIGHT, size, nonblock=True, **STREAM)
    got = np.zeros(HEIGHT * 2, np.float32)
    runner.memcpy_d2h(got, RESULTS, 1, 0, 1, HEIGHT, 2, nonblock=False, **STREAM)
    expected = np.stack([batch.max(axis=1), batch.sum(axis=1)], axis=1)
    np.testing.assert_array_equal(got.reshape(HEIGHT, 2), expected)
runner.stop()
print("SUCCESS")
