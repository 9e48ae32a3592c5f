# SPDX-License-Identifier: Apache-2.0
"""Broadcast, reduce, scatter and gather, with two roots."""
import numpy as np
import host
from host import COPY

W, H, CHUNK = 4, 3, 2
SIZE = CHUNK * H

runner = host.runtime()
ids = {name: runner.get_id(name) for name in ("words", "shared", "sums", "gathered")}
runner.load()
runner.run()


def read(name, dtype):
    got = np.zeros(W * H * SIZE, dtype)
    runner.memcpy_d2h(got, ids[name], 0, 0, W, H, SIZE, **COPY)
    return got.reshape(H, W, SIZE)


words = np.arange(W * H * SIZE, dtype=np.float32).reshape(H, W, SIZE)
runner.memcpy_h2d(ids["words"], words.ravel(), 0, 0, W, H, SIZE, **COPY)
for root in (0, 2):
    runner.launch("run", np.uint16(root), nonblock=False)
    others = [x for x in range(W) if x != root]
    shared = read("shared", np.float32)
    np.testing.assert_array_equal(shared[:, others],
                                  np.repeat(words[:, root:root + 1], W - 1, axis=1))
    np.testing.assert_array_equal(read("sums", np.float32)[:, root], W * words[:, root])
    np.testing.assert_array_equal(read("gathered", np.float32)[root], words[root])
runner.stop()
print("SUCCESS")
