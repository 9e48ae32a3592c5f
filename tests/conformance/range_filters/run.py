# SPDX-License-Identifier: Apache-2.0
"""Filters that let each PE see its own range of indices."""
import numpy as np
import host
from host import COPY

runner = host.runtime()
result_id = runner.get_id("result")
runner.load()
runner.run()
for scale in (10, -3):
    runner.launch("send", np.int16(scale), nonblock=False)
    got = np.zeros(4 * 5, np.int32)
    runner.memcpy_d2h(got, result_id, 1, 0, 4, 1, 5, **COPY)
    expected = np.zeros((4, 5), np.int32)
    first = 3
    for x in range(1, 5):
        expected[x - 1, :x + 1] = scale * np.arange(first, first + x + 1) - 50
        first += x + 1
    np.testing.assert_array_equal(got.reshape(4, 5), expected)
runner.stop()
print("SUCCESS")
