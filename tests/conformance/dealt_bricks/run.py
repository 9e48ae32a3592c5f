# SPDX-License-Identifier: Apache-2.0
"""Bricks that counters deal to the PEs of a row, in both float formats."""
import numpy as np
from cerebras.sdk.sdk_utils import input_array_to_u32, memcpy_view
from cerebras.sdk.runtime.sdkruntimepybind import MemcpyDataType, MemcpyOrder
import host

compiled = host.compiled()
assert isinstance(compiled["colors"], dict)  # of the command line: none
W, BRICK, FP = (int(compiled["params"][name]) for name in ("width", "brick", "FP"))
dtype = np.float16 if FP == 1 else np.float32
COPY = {"streaming": False, "order": MemcpyOrder.ROW_MAJOR, "nonblock": False,
        "data_type": (MemcpyDataType.MEMCPY_16BIT if FP == 1 else MemcpyDataType.MEMCPY_32BIT)}

runner = host.runtime()
bricks_id, received_id = runner.get_id("bricks"), runner.get_id("received")
runner.load()
runner.run()
bricks = (np.arange(W * W * BRICK) / 2).astype(dtype).reshape(W, W, BRICK)
runner.memcpy_h2d(bricks_id, input_array_to_u32(bricks.ravel(), None, 1), 0, 0, W, 1, W * BRICK,
                  **COPY)
runner.launch("transpose", nonblock=False)
words = np.zeros(W * BRICK * W, np.uint32)
runner.memcpy_d2h(words, received_id, 0, 0, W, 1, BRICK * W, **COPY)
got = memcpy_view(words, dtype).reshape(W, BRICK, W)
expected = np.zeros((W, BRICK, W), dtype)
for receiver in range(W):
    for sender in range(receiver):
        expected[receiver, :, sender] = bricks[sender, receiver]
np.testing.assert_array_equal(got, expected)
runner.stop()
print("SUCCESS")
