# SPDX-License-Identifier: Apache-2.0
"""Two transfers at once on microthreads chosen by number."""
import numpy as np
import host
from host import COPY

SIZE = 13

runner = host.runtime()
ids = [runner.get_id(name) for name in ("a", "b")]
runner.load()
runner.run()
for round_number in range(3):
    a = np.arange(SIZE, dtype=np.uint32) + 100 * round_number
    b = a * a + 7
    for symbol, vector in zip(ids, (a, b)):
        runner.memcpy_h2d(symbol, vector, 0, 0, 1, 1, SIZE, **COPY)
    runner.launch("exchange", nonblock=False)
    for symbol, vector in zip(ids, (a, b[::-1])):
        got = np.zeros(SIZE, np.uint32)
        runner.memcpy_d2h(got, symbol, 1, 0, 1, 1, SIZE, **COPY)
        np.testing.assert_array_equal(got, vector)
runner.stop()
print("SUCCESS")
