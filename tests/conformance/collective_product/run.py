# SPDX-License-Identifier: Apache-2.0
"""A matrix-vector product with collective operations."""
import numpy as np
import host
from host import COPY

W, H, M, N = 3, 4, 12, 9

runner = host.runtime()
A_id, x_id, y_id = (runner.get_id(name) for name in ("A", "x", "y"))
runner.load()
runner.run()
for shift in range(2):
    A = np.arange(M * N, dtype=np.float32).reshape(M, N) % 7 - 3 + shift
    x = np.arange(N, dtype=np.float32) - 4
    blocks = A.reshape(H, M // H, W, N // W).transpose(0, 2, 3, 1)
    runner.memcpy_h2d(A_id, blocks.ravel(), 0, 0, W, H, M // H * N // W, **COPY)
    runner.memcpy_h2d(x_id, x, 0, 0, 1, 1, N, **COPY)
    runner.launch("multiply", nonblock=False)
    y = np.zeros(M, np.float32)
    runner.memcpy_d2h(y, y_id, 0, 0, 1, 1, M, **COPY)
    np.testing.assert_array_equal(y, A @ x)
runner.stop()
print("SUCCESS")
