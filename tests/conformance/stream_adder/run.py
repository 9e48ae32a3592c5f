# SPDX-License-Identifier: Apache-2.0
"""16-bit sums from stream to stream, several batches."""
import numpy as np
from cerebras.sdk.sdk_utils import memcpy_view
from cerebras.sdk.runtime.sdkruntimepybind import MemcpyDataType, MemcpyOrder
import host

params = host.params()
SIZE = params["size"]
STREAM = {"streaming": True, "data_type": MemcpyDataType.MEMCPY_16BIT,
          "order": MemcpyOrder.ROW_MAJOR, "nonblock": False}

runner = host.runtime()
runner.load()
runner.run()
for factor in (1, 3000, -777):
    numbers = (np.arange(2 * SIZE) * factor).astype(np.int16).reshape(2, SIZE)
    words = numbers.view(np.uint16).astype(np.uint32).ravel()
    runner.memcpy_h2d(params["MEMCPYH2D_DATA_1_ID"], words, 0, 0, 2, 1, SIZE, **STREAM)
    back = np.zeros(2 * SIZE, np.uint32)
    runner.memcpy_d2h(back, params["MEMCPYD2H_DATA_1_ID"], 0, 0, 2, 1, SIZE, **STREAM)
    expected = (numbers + np.array([[-7], [33]], np.int16)).astype(np.int16)
    np.testing.assert_array_equal(memcpy_view(back, np.int16).reshape(2, SIZE), expected)
runner.stop()
print("SUCCESS")
