# SPDX-License-Identifier: Apache-2.0
"""Launches the comparison and reads how many results differed, by type and operation."""
import numpy as np
from cerebras.sdk.runtime.sdkruntimepybind import MemcpyDataType, MemcpyOrder
import host

runner = host.runtime()
runner.load()
runner.run()
runner.launch("check", nonblock=False)


def read(name):
    counts = np.zeros(6 * 16, dtype=np.uint32)
    runner.memcpy_d2h(counts, runner.get_id(name), 0, 0, 1, 1, counts.size, streaming=False,
                      order=MemcpyOrder.ROW_MAJOR, data_type=MemcpyDataType.MEMCPY_32BIT,
                      nonblock=False)
    return counts.reshape(6, 16)


checked, wrong = read("checked"), read("wrong")
runner.stop()

pairs = 9 * 9
assert np.all(checked[:4, :14] == pairs) and np.all(checked[4:, :12] == pairs), checked
assert not wrong.any(), f"results that differ, by type and operation:\n{wrong}"
print("SUCCESS")
