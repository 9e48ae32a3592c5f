# SPDX-License-Identifier: Apache-2.0
"""Data tasks in the columns below a row of senders."""
import numpy as np
import host
from host import COPY

WIDTH, HEIGHT, COUNT = 2, 4, 9

runner = host.runtime()
values_id, result_id = runner.get_id("values"), runner.get_id("result")
runner.load()
runner.run()
expected = np.zeros((HEIGHT, WIDTH, 2), np.int32)
weights = np.add.outer(np.arange(HEIGHT), np.arange(WIDTH))
for round_number in range(1, 3):
    values = np.arange(WIDTH * COUNT, dtype=np.int32).reshape(WIDTH, COUNT) * round_number - 5
    runner.memcpy_h2d(values_id, values.ravel(), 0, 0, WIDTH, 1, COUNT, **COPY)
    runner.launch("send", nonblock=False)
    expected[1:, :, 0] += (weights * values.sum(axis=1))[1:]
    expected[1:, :, 1] += COUNT
    got = np.zeros(expected.size, np.int32)
    runner.memcpy_d2h(got, result_id, 0, 0, WIDTH, HEIGHT, 2, **COPY)
    np.testing.assert_array_equal(got.reshape(expected.shape), expected)
runner.stop()
print("SUCCESS")
