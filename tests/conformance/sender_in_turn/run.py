# SPDX-License-Identifier: Apache-2.0
"""A color whose sender moves east, one PE after the other."""
import numpy as np
import host
from host import COPY

W, SIZE = 6, 11

runner = host.runtime()
vector_id = runner.get_id("vector")
runner.load()
runner.run()
vectors = (np.arange(W * SIZE, dtype=np.float32).reshape(W, SIZE) * 5) % 17
runner.memcpy_h2d(vector_id, vectors.ravel(), 0, 0, W, 1, SIZE, **COPY)
runner.launch("start", nonblock=False)
for sender in range(W - 1):
    vectors[sender + 1:, sender:] -= vectors[sender, sender:]
got = np.zeros(W * SIZE, np.float32)
runner.memcpy_d2h(got, vector_id, 0, 0, W, 1, SIZE, **COPY)
np.testing.assert_array_equal(got.reshape(W, SIZE), vectors)
runner.stop()
print("SUCCESS")
