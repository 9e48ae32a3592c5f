# SPDX-License-Identifier: Apache-2.0
"""Sums over neighbourhoods, values of all eight neighbours included."""
import numpy as np
import host
from host import COPY

W, H, KEPT = 5, 4, 8

runner = host.runtime()
cells_id = runner.get_id("cells")
runner.load()
runner.run()
for iterations in (3, 7, 0):
    cells = np.arange(W * H, dtype=np.uint32).reshape(H, W) + iterations
    runner.memcpy_h2d(cells_id, cells.ravel(), 0, 0, W, H, 1, **COPY)
    runner.launch("iterate", np.uint16(iterations), nonblock=False)
    got = np.zeros(W * H * KEPT, np.uint32)
    runner.memcpy_d2h(got, cells_id, 0, 0, W, H, KEPT, **COPY)
    for number in range(iterations + 1):
        np.testing.assert_array_equal(got.reshape(H, W, KEPT)[:, :, number], cells)
        padded = np.pad(cells, 1)
        cells = sum(padded[i:i + H, j:j + W] for i in range(3) for j in range(3))
runner.stop()
print("SUCCESS")
