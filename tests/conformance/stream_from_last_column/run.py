# SPDX-License-Identifier: Apache-2.0
"""A pipeline of PEs whose last column streams to the host."""
import numpy as np
from cerebras.sdk.runtime.sdkruntimepybind import MemcpyDataType, MemcpyOrder
import host

params = host.params()
WIDTH, HEIGHT, COUNT = params["width"], params["height"], params["count"]
STREAM = {"streaming": True, "data_type": MemcpyDataType.MEMCPY_32BIT,
          "order": MemcpyOrder.ROW_MAJOR}

runner = host.runtime()
runner.load()
runner.run()
x = ((np.arange(COUNT, dtype=np.float32) + 1) * np.float32(0.0625)
     + np.arange(HEIGHT, dtype=np.float32)[:, None] * np.float32(0.03125))
for _ in range(WIDTH * params["steps"]):
    x = np.float32(3.75) * x * (np.float32(1) - x)
for _ in range(2):
    runner.launch("start", nonblock=False)
    got = np.zeros(HEIGHT * COUNT, np.float32)
    runner.memcpy_d2h(got, params["MEMCPYD2H_DATA_1_ID"], WIDTH - 1, 0, 1, HEIGHT, COUNT,
                      nonblock=False, **STREAM)
    np.testing.assert_array_equal(got.reshape(HEIGHT, COUNT), x)
runner.stop()
print("SUCCESS")
