# SPDX-License-Identifier: Apache-2.0
"""Compares the device's weighted column sum with the matrix product."""
import numpy as np
from cerebras.sdk.runtime.sdkruntimepybind import MemcpyDataType, MemcpyOrder
import host

runner = host.runtime()
result_id = runner.get_id("result")
runner.load()
runner.run()
runner.launch("combine", nonblock=False)
result = np.zeros(7, dtype=np.float32)
runner.memcpy_d2h(result, result_id, 0, 0, 1, 1, 7, streaming=False,
                  order=MemcpyOrder.ROW_MAJOR, data_type=MemcpyDataType.MEMCPY_32BIT,
                  nonblock=False)
runner.stop()

matrix = (np.arange(35) % 6 - 2.0).reshape(7, 5)
expected = -1 + matrix @ (np.arange(5) + 0.25) - 3.5 + matrix[:, 4]
expected[1::2] *= 2
np.testing.assert_array_equal(result, expected.astype(np.float32))
print("SUCCESS")
