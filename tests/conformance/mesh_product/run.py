# SPDX-License-Identifier: Apache-2.0
"""A matrix-vector product on a mesh of PEs."""
import numpy as np
import host
from host import COPY

W, H, M, N = 4, 3, 9, 8

runner = host.runtime()
A_id, x_id, y_id = (runner.get_id(name) for name in ("A", "x", "y"))
runner.load()
runner.run()
for shift in range(2):
    A = np.arange(M * N, dtype=np.float32).reshape(M, N) % 11 - 5 + shift
    x = np.arange(N, dtype=np.float32) - 3
    b = np.arange(M, dtype=np.float32) * 2
    # [row of PEs][column of PEs][elements of a PE, column by column]
    blocks = A.reshape(H, M // H, W, N // W).transpose(0, 2, 3, 1)
    runner.memcpy_h2d(A_id, blocks.ravel(), 0, 0, W, H, M // H * N // W, **COPY)
    runner.memcpy_h2d(x_id, x, 0, 0, W, 1, N // W, **COPY)
    y = np.zeros((H, W, M // H), np.float32)
    y[:, 0] = b.reshape(H, M // H)
    runner.memcpy_h2d(y_id, y.ravel(), 0, 0, W, H, M // H, **COPY)
    runner.launch("multiply", nonblock=False)
    got = np.zeros(M, np.float32)
    runner.memcpy_d2h(got, y_id, W - 1, 0, 1, H, M // H, **COPY)
    np.testing.assert_array_equal(got, A @ x + b)  # small integers: exact
runner.stop()
print("SUCCESS")
