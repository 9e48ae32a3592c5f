# SPDX-License-Identifier: Apache-2.0
"""Long multiplication with 16-bit arithmetic, streamed in and out."""
import numpy as np
from cerebras.sdk.sdk_utils import input_array_to_u32
from cerebras.sdk.runtime.sdkruntimepybind import MemcpyDataType, MemcpyOrder
import host

params = host.params()
HEIGHT = params["height"]
IN, OUT = params["MEMCPYH2D_DATA_1_ID"], params["MEMCPYD2H_DATA_1_ID"]
STREAM = {"streaming": True, "data_type": MemcpyDataType.MEMCPY_16BIT,
          "order": MemcpyOrder.ROW_MAJOR, "nonblock": False}


def digits_of(number, count):
    return [number >> 16 * i & 0xffff for i in range(count)]

runner = host.runtime()
runner.load()
runner.run()
for digits in (3, 1, 6):
    factors = [(((1 << 16 * digits) - 1) * (y + 3) // 5 - y, (1 << 16 * digits) - 1 - 977 * y)
               for y in range(HEIGHT)]
    factors = [(a % (1 << 16 * digits), b) for a, b in factors]
    words = np.array([[digit for factor in pair for digit in digits_of(factor, digits)]
                      for pair in factors], np.uint16)
    packed = input_array_to_u32(words.ravel(), 1, 2 * digits)
    runner.launch("begin", np.int16(digits), nonblock=False)
    runner.memcpy_h2d(IN, packed, 0, 0, 1, HEIGHT, 2 * digits, **STREAM)
    got = np.zeros(HEIGHT * 2 * digits, np.uint32)
    runner.memcpy_d2h(got, OUT, 0, 0, 1, HEIGHT, 2 * digits, **STREAM)
    expected = [digits_of(a * b, 2 * digits) for a, b in factors]
    np.testing.assert_array_equal(got.reshape(HEIGHT, -1), expected)
runner.stop()
print("SUCCESS")
