# SPDX-License-Identifier: Apache-2.0
"""A matrix-vector product fed and drained by streams at its edges."""
import numpy as np
from cerebras.sdk.runtime.sdkruntimepybind import MemcpyDataType, MemcpyOrder
import host
from host import COPY

params = host.params()
STREAM = {"streaming": True, "data_type": MemcpyDataType.MEMCPY_32BIT,
          "order": MemcpyOrder.ROW_MAJOR}
W, H, M, N = (params[name] for name in ("width", "height", "rows", "columns"))
X, B, Y = (params[name] for name in ("MEMCPYH2D_DATA_1_ID", "MEMCPYH2D_DATA_2_ID",
                                     "MEMCPYD2H_DATA_1_ID"))

runner = host.runtime()
A_id = runner.get_id("A")
runner.load()
runner.run()
A = np.arange(M * N, dtype=np.float32).reshape(M, N) % 13 - 6
x = np.arange(N, dtype=np.float32) - 2
b = 3 * np.arange(M, dtype=np.float32) + 1
blocks = A.reshape(H, M // H, W, N // W).transpose(0, 2, 3, 1)
runner.memcpy_h2d(A_id, blocks.ravel(), 0, 0, W, H, M // H * N // W, **COPY)
runner.memcpy_h2d(B, b, 0, 0, 1, H, M // H, nonblock=True, **STREAM)
runner.memcpy_h2d(X, x, 0, 0, W, 1, N // W, nonblock=True, **STREAM)
y = np.zeros(M, np.float32)
runner.memcpy_d2h(y, Y, W - 1, 0, 1, H, M // H, nonblock=False, **STREAM)
np.testing.assert_array_equal(y, A @ x + b)
runner.stop()
print("SUCCESS")
