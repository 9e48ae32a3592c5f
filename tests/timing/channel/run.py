# SPDX-License-Identifier: Apache-2.0
"""Copies over one channel: words a cycle in each direction, and the gap before the first word."""
import numpy as np
from cerebras.sdk.runtime.sdkruntimepybind import MemcpyDataType, MemcpyOrder
import host

SIZE = host.params()["size"]
PES = 16
runner = host.runtime()
data_id, stamps_id = runner.get_id("data"), runner.get_id("stamps")
runner.load()
runner.run()


def elapsed(to_device, words):
    """Cycles on the north-west PE from before to after a copy of `words` words to each PE."""
    data = np.zeros(PES * max(words, 1), np.float32)
    runner.launch("tic", nonblock=True)
    if words:
        where = dict(streaming=False, nonblock=True, data_type=MemcpyDataType.MEMCPY_32BIT,
                     order=MemcpyOrder.ROW_MAJOR)
        if to_device:
            runner.memcpy_h2d(data_id, data, 0, 0, 4, 4, words, **where)
        else:
            runner.memcpy_d2h(data, data_id, 0, 0, 4, 4, words, **where)
    runner.task_wait(runner.launch("toc", nonblock=True))
    stamps = np.zeros(6, np.uint32)
    runner.memcpy_d2h(stamps, stamps_id, 0, 0, 1, 1, 6, streaming=False, nonblock=False,
                      data_type=MemcpyDataType.MEMCPY_16BIT, order=MemcpyOrder.ROW_MAJOR)
    begin, end = stamps.reshape(2, 3).astype(np.int64) @ np.array([1, 1 << 16, 1 << 32])
    return end - begin


few, many = SIZE // 4, SIZE
nothing = elapsed(True, 0)
for name, to_device in (("to_device", True), ("to_host", False)):
    short, long = elapsed(to_device, few), elapsed(to_device, many)
    cycles_a_word = (long - short) / (PES * (many - few))
    print(f"measured {name}_words_a_cycle", 1 / cycles_a_word)
    print(f"measured {name}_gap", short - PES * few * cycles_a_word - nothing)
runner.stop()
print("SUCCESS")
