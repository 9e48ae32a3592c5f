# SPDX-License-Identifier: Apache-2.0
"""An asynchronous send of 196 words, from its issue to the cycle of its last word."""
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


few, many = elapsed(98), elapsed(196)
runner.stop()
# Not of the send: the stamp before it, and the start of the task with the address of its stamp.
STAMP, TASK = 6, 1 + 2
print("from stamp to stamp:", few, many)
print("measured cycles_of_196_words", many - STAMP - TASK)
print("measured cycles_a_word", (many - few) / 98)
print("SUCCESS")
