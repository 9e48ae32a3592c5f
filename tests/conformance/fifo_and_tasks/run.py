# SPDX-License-Identifier: Apache-2.0
"""A FIFO, a loop through the router and a task that blocks itself."""
import numpy as np
from cerebras.sdk.runtime.sdkruntimepybind import MemcpyDataType, MemcpyOrder
import host

params = host.params()
STREAM = {"streaming": True, "data_type": MemcpyDataType.MEMCPY_32BIT,
          "order": MemcpyOrder.ROW_MAJOR}
COUNT = params["count"]

runner = host.runtime()
runner.load()
runner.run()
numbers = np.arange(COUNT, dtype=np.float32) / 4
runner.memcpy_h2d(params["MEMCPYH2D_DATA_1_ID"], numbers, 0, 0, 1, 1, COUNT, nonblock=True,
                  **STREAM)
got = np.zeros(2 * COUNT, np.float32)
runner.memcpy_d2h(got, params["MEMCPYD2H_DATA_1_ID"], 0, 0, 1, 1, 2 * COUNT, nonblock=False,
                  **STREAM)
negated = np.float32(0.5) - numbers
np.testing.assert_array_equal(got.reshape(COUNT, 2), np.stack([negated ** 2, 2 * negated], axis=1))
runner.stop()
print("SUCCESS")
