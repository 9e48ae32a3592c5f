# SPDX-License-Identifier: Apache-2.0
"""Values with indices, two halves of a wavelet each."""
import numpy as np
from cerebras.sdk.sdk_utils import memcpy_view
from cerebras.sdk.runtime.sdkruntimepybind import MemcpyDataType, MemcpyOrder
import host

params = host.params()
SIZE, COUNT = params["size"], 7
HALVES = {"streaming": False, "data_type": MemcpyDataType.MEMCPY_16BIT,
          "order": MemcpyOrder.ROW_MAJOR, "nonblock": False}

runner = host.runtime()
dense_id, order_id = runner.get_id("dense"), runner.get_id("order")
runner.load()
runner.run()
values = (np.arange(4 * COUNT) / 4 - 3).astype(np.float16).reshape(4, COUNT)
indices = ((np.arange(4 * COUNT) * 5) % SIZE).astype(np.uint16).reshape(4, COUNT)
packed = indices.astype(np.uint32) << 16 | values.view(np.uint16)
runner.memcpy_h2d(params["MEMCPYH2D_DATA_1_ID"], packed.ravel(), 0, 0, 2, 2, COUNT,
                  streaming=True, data_type=MemcpyDataType.MEMCPY_16BIT,
                  order=MemcpyOrder.ROW_MAJOR, nonblock=True)
words = np.zeros(4 * SIZE, np.uint32)
runner.memcpy_d2h(words, dense_id, 0, 0, 2, 2, SIZE, **HALVES)
expected = np.zeros((4, SIZE), np.float16)
for pe in range(4):
    np.add.at(expected[pe], indices[pe], values[pe])
np.testing.assert_array_equal(memcpy_view(words, np.float16).reshape(4, SIZE), expected)
runner.memcpy_d2h(words, order_id, 0, 0, 2, 2, SIZE, **HALVES)
np.testing.assert_array_equal(words.reshape(4, SIZE)[:, :COUNT], indices)
runner.stop()
print("SUCCESS")
