# SPDX-License-Identifier: Apache-2.0
"""Twice the mapped work on one PE, compared with NumPy."""
import numpy as np
import host
from host import COPY

ROWS, COLS = 4, 5

runner = host.runtime()


def put(name, values):
    runner.memcpy_h2d(runner.get_id(name), values.ravel(), 0, 0, 1, 1, values.size, **COPY)


def get(name, shape, dtype):
    values = np.zeros(shape, dtype).ravel()
    runner.memcpy_d2h(values, runner.get_id(name), 0, 0, 1, 1, values.size, **COPY)
    return values.reshape(shape)


runner.load()
runner.run()
rng = np.random.default_rng(seed=4)
matrix = rng.integers(-50, 50, (ROWS, COLS)).astype(np.float32)
weights = np.array([0.5, -1.0, 2.0, 0.25, 3.0], np.float32)
put("matrix", matrix)
put("weights", weights)
labels = [3, -1, 4, -1, 5, -9]
for turn in (1, 2):
    runner.launch("work", nonblock=False)
    matrix = matrix * weights + np.arange(ROWS, dtype=np.float32)[:, None]
    matrix[range(ROWS), range(ROWS)] *= -1
    np.testing.assert_array_equal(get("matrix", (ROWS, COLS), np.float32), matrix)
    assert get("counts", 3, np.int32).tolist() == [100 + sum(labels), 3 * turn, max(labels)]
runner.stop()
print("SUCCESS")
