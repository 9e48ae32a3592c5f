# SPDX-License-Identifier: Apache-2.0
"""Wavelets whose color changes at every router."""
import numpy as np
from cerebras.sdk.runtime.sdkruntimepybind import MemcpyDataType, MemcpyOrder
import host
from host import COPY

params = host.params()
STREAM = {"streaming": True, "data_type": MemcpyDataType.MEMCPY_32BIT,
          "order": MemcpyOrder.ROW_MAJOR}
HEIGHT, COUNT = params["height"], 9

runner = host.runtime()
sums_id = runner.get_id("sums")
runner.load()
runner.run()
numbers = np.arange(COUNT, dtype=np.uint32) * 70 + 3
runner.memcpy_h2d(params["MEMCPYH2D_DATA_1_ID"], numbers, 0, 0, 1, 1, COUNT, nonblock=True,
                  **STREAM)
got = np.zeros(2 * HEIGHT, np.uint32)
runner.memcpy_d2h(got, sums_id, 0, 0, 1, HEIGHT, 2, **COPY)
expected = np.zeros((HEIGHT, 2), np.uint32)
expected[::2, 0] = expected[1::2, 1] = numbers.sum()
np.testing.assert_array_equal(got.reshape(HEIGHT, 2), expected)
runner.stop()
print("SUCCESS")
