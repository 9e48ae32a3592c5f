# SPDX-License-Identifier: Apache-2.0
"""Checks what the library modules computed on two PEs, and the spread of the random numbers."""
import numpy as np
from cerebras.sdk.runtime.sdkruntimepybind import MemcpyDataType, MemcpyOrder
import host

runner = host.runtime()
runner.load()
runner.run()
runner.launch("use_library", np.uint32(12345), nonblock=False)


def read(name, count, dtype):
    values = np.zeros(2 * count, dtype=dtype)
    runner.memcpy_d2h(values, runner.get_id(name), 0, 0, 2, 1, count, streaming=False,
                      order=MemcpyOrder.ROW_MAJOR, data_type=MemcpyDataType.MEMCPY_32BIT,
                      nonblock=False)
    return values.reshape(2, count)


words = read("words", 20, np.uint32)
samples = read("samples", 1200, np.float32).reshape(2, 2, 600)
runner.stop()

product = (1.5 + 2j) * ((1.5 + 2j) + (4 - 1j))
for x in range(2):
    parts = words[x, :2].view(np.float32)
    assert complex(*parts) == product, parts
    # The arena: 1 word, a gap, 36 words: 2 of 40 are left.
    assert list(words[x, 2:6]) == [7 + 17, 1, 1, 0], words[x]
    # |v| + |v| * 2 * 1.0 for v = 1, -2, 3, -4.
    assert words[x, 6] == 30, words[x]
    assert words[x, 7] < 32 and words[x, 8] == 1, words[x]
    assert tuple(words[x, 9:11]) == (x, 0), words[x]
    whole, part = words[x, 11:13]
    assert 0 < part < whole < 10_000_000, (part, whole)

uniform, normal = samples[0]
assert np.array_equal(samples[0], samples[1])
assert uniform.min() >= -1 and uniform.max() < 3 and len(set(uniform)) > 590
assert abs(uniform.mean() - 1) < 0.2 and abs(uniform.var() - 16 / 12) < 0.2, uniform
assert abs(normal.mean()) < 0.2 and abs(normal.var() - 1) < 0.25, normal
print("SUCCESS")
