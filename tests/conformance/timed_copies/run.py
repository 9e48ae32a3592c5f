# SPDX-License-Identifier: Apache-2.0
"""Copies timed on the device, with counters that start together."""
import numpy as np
from cerebras.sdk.sdk_utils import calculate_cycles
from cerebras.sdk.runtime.sdkruntimepybind import MemcpyDataType, MemcpyOrder
import host

params = host.params()
W, H, SIZE = params["width"], params["height"], params["size"]
COPY = {"streaming": False, "data_type": MemcpyDataType.MEMCPY_32BIT,
        "order": MemcpyOrder.COL_MAJOR}

runner = host.runtime()
data_id, times_id = runner.get_id("data"), runner.get_id("times")
runner.load()
runner.run()
runner.launch("synchronize", nonblock=False)


def cycles(times):
    """[H][W] cycles between tic and toc."""
    flat = np.zeros(W * H * 3, np.float32)
    runner.memcpy_d2h(flat, times_id, 0, 0, W, H, 3, nonblock=False, **COPY)
    tensor = flat.reshape((H, W, 3), order="F")
    return np.array([[calculate_cycles(tensor[y, x].copy()) for x in range(W)] for y in range(H)])


elapsed = []
for copies in (0, 1, 3):
    words = np.arange(W * H * SIZE, dtype=np.uint32) + copies
    back = [np.zeros(words.size, np.uint32) for _ in range(copies)]
    runner.launch("tic", nonblock=True)
    for target in back:
        runner.memcpy_h2d(data_id, words, 0, 0, W, H, SIZE, nonblock=True, **COPY)
        runner.memcpy_d2h(target, data_id, 0, 0, W, H, SIZE, nonblock=True, **COPY)
    last = runner.launch("toc", nonblock=True)
    runner.task_wait(last)
    for target in back:
        np.testing.assert_array_equal(target, words)
    stamps = cycles(times_id)
    assert stamps.min() > 0 and stamps.max() - stamps.min() < 100, stamps
    elapsed.append(int(stamps.mean()))
print("cycles for 0, 1, 3 round trips:", elapsed)
# A word needs at least a cycle in each direction; three round trips take three times as long.
assert elapsed[1] - elapsed[0] > 2 * W * H * SIZE
assert abs((elapsed[2] - elapsed[0]) - 3 * (elapsed[1] - elapsed[0])) < 200, elapsed
runner.stop()
print("SUCCESS")
