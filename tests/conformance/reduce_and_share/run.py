# SPDX-License-Identifier: Apache-2.0
"""A reduction over a rectangle whose result comes back to every PE."""
import numpy as np
import host
from host import COPY

SIZE = 6

runner = host.runtime()
x_id, total_id = runner.get_id("x"), runner.get_id("total")
runner.load()
runner.run()
x = (np.arange(2 * 3 * SIZE, dtype=np.float32).reshape(2, 3, SIZE) % 7 - 3) / 2
for factor in (2.0, 0.5):
    runner.memcpy_h2d(x_id, x.ravel(), 0, 0, 3, 2, SIZE, **COPY)
    runner.launch("scale", np.float32(factor), nonblock=False)
    totals = np.zeros(6, np.float32)
    runner.memcpy_d2h(totals, total_id, 0, 0, 3, 2, 1, **COPY)
    total = np.float32((x * x).sum())  # quarters: exact in any order
    np.testing.assert_array_equal(totals, np.full(6, total))
    x[:, :, 2:] *= np.float32(factor) / total
    got = np.zeros(x.size, np.float32)
    runner.memcpy_d2h(got, x_id, 0, 0, 3, 2, SIZE, **COPY)
    np.testing.assert_array_equal(got.reshape(x.shape), x)
    x = np.round(x * 4) / 4
runner.stop()
print("SUCCESS")
