# SPDX-License-Identifier: Apache-2.0
"""Each row against the same operation of NumPy in half precision."""
import numpy as np
from cerebras.sdk.runtime.sdkruntimepybind import MemcpyDataType, MemcpyOrder
from cerebras.sdk.sdk_utils import input_array_to_u32, memcpy_view
import host

SIZE, OPERATIONS = 19, 9

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
rng = np.random.default_rng(5)
a = rng.standard_normal(SIZE).astype(np.float16)
b = (rng.standard_normal(SIZE) * 30).astype(np.float16)
put("a", a)
put("b", b)
runner.launch("apply", nonblock=False)
words = np.zeros(OPERATIONS * SIZE, dtype=np.uint32)
runner.memcpy_d2h(words, runner.get_id("out"), 0, 0, 1, 1, words.size,
                  **copy(MemcpyDataType.MEMCPY_16BIT))
wide = np.zeros(3 * SIZE, dtype=np.float32)
runner.memcpy_d2h(wide, runner.get_id("wide"), 0, 0, 1, 1, wide.size,
                  **copy(MemcpyDataType.MEMCPY_32BIT))
runner.stop()

out = memcpy_view(words, np.dtype(np.float16)).reshape(OPERATIONS, SIZE)
ten = np.full(SIZE, 10, dtype=np.float16)
expected = [a + b, a - b, a * b, np.maximum(a, b), -a, np.abs(b), a, b * np.float16(0.5), ten]
for number, row in enumerate(expected):
    np.testing.assert_array_equal(out[number], row, err_msg=f"operation {number}")
wide = wide.reshape(3, SIZE)
np.testing.assert_array_equal(wide[0], a.astype(np.float32))
np.testing.assert_array_equal(wide[1], np.float32(10) + np.float32(3) * a.astype(np.float32))
np.testing.assert_array_equal(wide[2], np.full(SIZE, 0.25))
print("SUCCESS")
