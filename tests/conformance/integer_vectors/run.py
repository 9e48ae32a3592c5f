# SPDX-License-Identifier: Apache-2.0
"""Each row against exact integers taken modulo 2**16."""
import numpy as np
from cerebras.sdk.runtime.sdkruntimepybind import MemcpyDataType, MemcpyOrder
from cerebras.sdk.sdk_utils import input_array_to_u32, memcpy_view
import host

SIZE, OPERATIONS = 13, 11

runner = host.runtime()


def copy(bits):
    return {"streaming": False, "order": MemcpyOrder.ROW_MAJOR, "data_type": bits,
            "nonblock": False}


def put(name, values):
    words = input_array_to_u32(values, None, SIZE)
    runner.memcpy_h2d(runner.get_id(name), words, 0, 0, 1, 1, SIZE,
                      **copy(MemcpyDataType.MEMCPY_16BIT))


runner.load()
runner.run()
rng = np.random.default_rng(9)
a = rng.integers(-2**15, 2**15, SIZE, dtype=np.int16)
b = rng.integers(-2**15, 2**15, SIZE, dtype=np.int16)
a[:2], b[:2] = [2**15 - 1, -2**15], [1, 1]
put("a", a)
put("b", b)
runner.launch("apply", nonblock=False)
halves = np.zeros(OPERATIONS * SIZE, dtype=np.uint32)
runner.memcpy_d2h(halves, runner.get_id("out"), 0, 0, 1, 1, halves.size,
                  **copy(MemcpyDataType.MEMCPY_16BIT))
words = np.zeros(SIZE, dtype=np.uint32)
runner.memcpy_d2h(words, runner.get_id("words"), 0, 0, 1, 1, SIZE,
                  **copy(MemcpyDataType.MEMCPY_32BIT))
runner.stop()

out = memcpy_view(halves, np.dtype(np.uint16)).reshape(OPERATIONS, SIZE)
x, y = a.astype(int), b.astype(int)
seven = np.full(SIZE, 7)
expected = [x + y, x - y, x & y, x | y, x ^ y, y, x + 7, x << 3, x % 2**16 >> 3, x >> 3, seven]
for number, row in enumerate(expected):
    np.testing.assert_array_equal(out[number], row % 2**16, err_msg=f"operation {number}")
np.testing.assert_array_equal(words, np.full(SIZE, 0x89ABCDEF, dtype=np.uint32))
print("SUCCESS")
