# SPDX-License-Identifier: Apache-2.0
"""Two time stamps around one vector operation: fixed cycles and elements a cycle of each."""
import numpy as np
from cerebras.sdk.runtime.sdkruntimepybind import MemcpyDataType, MemcpyOrder
import host

runner = host.runtime()
stamps_id = runner.get_id("stamps")
runner.load()
runner.run()


def elapsed(operation, count):
    runner.launch(operation, np.uint16(count), np.float32(2), nonblock=False)
    words = np.zeros(6, np.uint32)
    runner.memcpy_d2h(words, stamps_id, 0, 0, 1, 1, words.size, streaming=False, nonblock=False,
                      data_type=MemcpyDataType.MEMCPY_16BIT, order=MemcpyOrder.ROW_MAJOR)
    begin, end = words.reshape(2, 3).astype(np.int64) @ np.array([1, 1 << 16, 1 << 32])
    return end - begin


FEW, MANY = 128, 512
print("measured stamps", elapsed("nothing", MANY))
for name in ("copy_f16", "scale_f16", "add_f16", "fmach", "fmacs", "fmacs_conflict", "fmacs_dsd",
             "fmuls", "copy_f32"):
    few, many = elapsed(name, FEW), elapsed(name, MANY)
    cycles_an_element = (many - few) / (MANY - FEW)
    print(f"measured {name}_fixed", few - FEW * cycles_an_element)
    print(f"measured {name}_a_cycle", 1 / cycles_an_element)
runner.stop()
print("SUCCESS")
