# SPDX-License-Identifier: Apache-2.0
"""Words sent and received at once by one PE: cycles a word and fixed cycles."""
import numpy as np
from cerebras.sdk.runtime.sdkruntimepybind import MemcpyDataType, MemcpyOrder
import host

runner = host.runtime()
stamps_id = runner.get_id("stamps")
runner.load()
runner.run()


def elapsed(count):
    runner.launch("start", np.uint16(count), nonblock=False)
    words = np.zeros(6, np.uint32)
    runner.memcpy_d2h(words, stamps_id, 0, 0, 1, 1, 6, streaming=False, nonblock=False,
                      data_type=MemcpyDataType.MEMCPY_16BIT, order=MemcpyOrder.ROW_MAJOR)
    begin, end = words.reshape(2, 3).astype(np.int64) @ np.array([1, 1 << 16, 1 << 32])
    return end - begin


FEW, MANY = 100, 400
few, many = elapsed(FEW), elapsed(MANY)
runner.stop()
print("from stamp to stamp:", few, many)
cycles_a_word = (many - few) / (MANY - FEW)
print("measured cycles_a_word", cycles_a_word)
print("measured fixed_cycles", few - FEW * cycles_a_word)
print("SUCCESS")
