# SPDX-License-Identifier: Apache-2.0
"""16-bit tensors travel as the low halves of 32-bit words; the high halves are ignored or zero."""
import numpy as np
from cerebras.sdk.runtime.sdkruntimepybind import MemcpyDataType, MemcpyOrder
from cerebras.sdk.sdk_utils import input_array_to_u32, memcpy_view
import host

runner = host.runtime()
COPY = {"streaming": False, "order": MemcpyOrder.COL_MAJOR,
        "data_type": MemcpyDataType.MEMCPY_16BIT, "nonblock": False}


def get(name, count):
    words = np.full(count, 0xFFFFFFFF, dtype=np.uint32)
    runner.memcpy_d2h(words, runner.get_id(name), 0, 0, 1, 1, count, **COPY)
    assert words.max() <= 0xFFFF, "the high halves are zero"
    return words


runner.load()
runner.run()
samples = np.array([4, -3, 77, 0, 12, -120, 5, 5, 31000, 2000], dtype=np.int16)
for sentinel in (None, 0):
    words = input_array_to_u32(samples, sentinel, 10)
    runner.memcpy_h2d(runner.get_id("samples"), words, 0, 0, 1, 1, 10, **COPY)
    np.testing.assert_array_equal(memcpy_view(get("samples", 10), np.dtype(np.int16)), samples)

runner.launch("summarise", nonblock=False)
total = int(samples.astype(int).sum() + 60 + 2**15) % 2**16 - 2**15
summary = memcpy_view(get("summary", 4), np.dtype(np.int16))
np.testing.assert_array_equal(summary, [-120, 31000, total, 21])

np.testing.assert_array_equal(get("window", 10), np.full(10, 65535))
runner.launch("slide", nonblock=False)
np.testing.assert_array_equal(get("window", 10), 50000 + 3 * np.arange(10))
runner.stop()
print("SUCCESS")
