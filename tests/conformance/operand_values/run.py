# SPDX-License-Identifier: Apache-2.0
"""Launches the cases and compares them with what the compiler computed and with known numbers."""
import numpy as np
from cerebras.sdk.runtime.sdkruntimepybind import MemcpyDataType, MemcpyOrder
import host

runner = host.runtime()
runner.load()
runner.run()
runner.launch("check", nonblock=False)


def read(name):
    values = np.zeros(10, dtype=np.int32)
    runner.memcpy_d2h(values, runner.get_id(name), 0, 0, 1, 1, values.size, streaming=False,
                      order=MemcpyOrder.ROW_MAJOR, data_type=MemcpyDataType.MEMCPY_32BIT,
                      nonblock=False)
    return values


got, expected = read("got"), read("expected")
runner.stop()

# mix of (5, 2), the changed 105, and (105, 3).
assert expected[2] == 5 + 3 * 2 + 5 * 105 + 7 * 105 + 11 * 3, expected
# Loops see 5, 4, and what their bodies stored in the last element before they got to it.
assert expected[7] == (5 * 3 + 4) * 3 + 50 + 500 + 50, expected
assert expected[8] == (5 * 3 + 4) * 3 + 5 + 2000, expected
np.testing.assert_array_equal(got, expected)
print("SUCCESS")
