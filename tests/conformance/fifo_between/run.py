# SPDX-License-Identifier: Apache-2.0
"""A FIFO holds a stream until the host takes it."""
import numpy as np
from cerebras.sdk.sdk_utils import memcpy_view
from cerebras.sdk.runtime.sdkruntimepybind import MemcpyDataType, MemcpyOrder
import host

params = host.params()
SIZE, HEIGHT = params["size"], params["height"]
STREAM = {"streaming": True, "data_type": MemcpyDataType.MEMCPY_16BIT,
          "order": MemcpyOrder.ROW_MAJOR, "nonblock": False}

runner = host.runtime()
runner.load()
runner.run()
for start in (0, 30000):
    numbers = (np.arange(HEIGHT * SIZE) + start).astype(np.uint16)
    runner.memcpy_h2d(params["MEMCPYH2D_DATA_1_ID"], numbers.astype(np.uint32), 0, 0, 1, HEIGHT,
                      SIZE, **STREAM)
    back = np.zeros(HEIGHT * SIZE, np.uint32)
    runner.memcpy_d2h(back, params["MEMCPYD2H_DATA_1_ID"], 0, 0, 1, HEIGHT, SIZE, **STREAM)
    np.testing.assert_array_equal(memcpy_view(back, np.uint16), numbers - np.uint16(2))
runner.stop()
print("SUCCESS")
