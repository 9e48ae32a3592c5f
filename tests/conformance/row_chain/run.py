# SPDX-License-Identifier: Apache-2.0
"""Sums that travel along a row of PEs, twice."""
import numpy as np
import host
from host import COPY

params = host.params()
WIDTH, SIZE = params["width"], params["size"]

runner = host.runtime()
values_id = runner.get_id("values")
runner.load()
runner.run()
values = np.arange(WIDTH * SIZE, dtype=np.float32).reshape(WIDTH, SIZE) / 4 - 3
runner.memcpy_h2d(values_id, values.ravel(), 0, 0, WIDTH, 1, SIZE, **COPY)
for _ in range(2):
    runner.launch("accumulate", nonblock=False)
    values[-1] += values[:-1].sum(axis=0)
    got = np.zeros(WIDTH * SIZE, np.float32)
    runner.memcpy_d2h(got, values_id, 0, 0, WIDTH, 1, SIZE, **COPY)
    np.testing.assert_array_equal(got.reshape(WIDTH, SIZE), values)
runner.stop()
print("SUCCESS")
