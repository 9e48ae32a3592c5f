# SPDX-License-Identifier: Apache-2.0
"""Messages of halves, to recv_message and to data tasks."""
import numpy as np
import host
from host import COPY

HEIGHT = host.params()["height"]

runner = host.runtime()
words_id = runner.get_id("words")
runner.load()
runner.run()
runner.launch("start", nonblock=False)
got = np.zeros(12 * HEIGHT, np.uint32)
runner.memcpy_d2h(got, words_id, 0, 0, 1, HEIGHT, 12, **COPY)
got = got.reshape(HEIGHT, 12)
for y in range(HEIGHT):
    halves = np.append(100 * y + np.arange(7), 0).astype(np.uint32)
    words = halves[::2] | halves[1::2] << 16
    expected = np.zeros(12, np.uint32)
    if y == 0:
        expected[:4] = words
    else:
        expected[:4] = [y << 10 | 4 << 20, *words[:3]]
    np.testing.assert_array_equal(got[y], expected, err_msg=str(y))
runner.stop()
print("SUCCESS")
