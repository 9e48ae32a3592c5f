# SPDX-License-Identifier: Apache-2.0
"""Adaptors between the host's streams and a pipeline."""
import numpy as np
from cerebras.sdk.runtime.sdkruntimepybind import MemcpyDataType, MemcpyOrder
import host

params = host.params()
SIZE = params["size"]
STREAM = {"streaming": True, "data_type": MemcpyDataType.MEMCPY_16BIT,
          "order": MemcpyOrder.ROW_MAJOR, "nonblock": False}

runner = host.runtime()
runner.load()
runner.run()
for start in (5, 65000):
    numbers = (np.arange(2 * SIZE) * 11 + start).astype(np.uint16)
    runner.memcpy_h2d(params["MEMCPYH2D_DATA_1_ID"], numbers.astype(np.uint32), 0, 0, 1, 2, SIZE,
                      **STREAM)
    back = np.zeros(2 * SIZE, np.uint32)
    runner.memcpy_d2h(back, params["MEMCPYD2H_DATA_1_ID"], 2, 0, 1, 2, SIZE, **STREAM)
    np.testing.assert_array_equal(back.astype(np.uint16), numbers + np.uint16(3))
runner.stop()
print("SUCCESS")
