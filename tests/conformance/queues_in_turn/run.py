# SPDX-License-Identifier: Apache-2.0
"""Queues that change their colors at run time."""
import numpy as np
import host
from host import COPY

SIZE, WANTED = 11, 4

runner = host.runtime()
ids = [runner.get_id(name) for name in ("first", "second")]
runner.load()
runner.run()
first = np.arange(SIZE, dtype=np.uint32) + 500
second = first * 3
for symbol, vector in zip(ids, (first, second)):
    runner.memcpy_h2d(symbol, vector, 0, 0, 1, 1, SIZE, **COPY)
runner.launch("start", nonblock=False)
second[WANTED:] = 0
for symbol, vector in zip(ids, (first, second)):
    got = np.zeros(SIZE, np.uint32)
    runner.memcpy_d2h(got, symbol, 1, 0, 1, 1, SIZE, **COPY)
    np.testing.assert_array_equal(got, vector)
runner.stop()
print("SUCCESS")
