# SPDX-License-Identifier: Apache-2.0
"""16-bit floats with indices, three streams, and the core file."""
import numpy as np
from cerebras.sdk.debug.debug_util import debug_util
from cerebras.sdk.sdk_utils import input_array_to_u32, memcpy_view
from cerebras.sdk.runtime.sdkruntimepybind import MemcpyDataType, MemcpyOrder
import host
from host import args

params = host.params()
W, H, M, N = (params[name] for name in ("width", "height", "rows", "columns"))
X, B, Y = (params[name] for name in ("MEMCPYH2D_DATA_1_ID", "MEMCPYH2D_DATA_2_ID",
                                     "MEMCPYD2H_DATA_1_ID"))
HALVES = {"data_type": MemcpyDataType.MEMCPY_16BIT, "order": MemcpyOrder.ROW_MAJOR}

runner = host.runtime()
A_id = runner.get_id("A")
runner.load()
runner.run()
A = (np.arange(M * N) % 9 - 4).astype(np.float16).reshape(M, N)
x = (np.arange(N) % 5 - 2).astype(np.float16)
b = np.arange(M).astype(np.float16)
blocks = A.reshape(H, M // H, W, N // W).transpose(0, 2, 3, 1)
runner.memcpy_h2d(A_id, input_array_to_u32(blocks.ravel(), None, 1), 0, 0, W, H,
                  M // H * N // W, streaming=False, nonblock=False, **HALVES)
runner.memcpy_h2d(B, input_array_to_u32(b, None, 1), 0, 0, 1, H, M // H, streaming=True,
                  nonblock=True, **HALVES)
runner.memcpy_h2d(X, input_array_to_u32(x, 1, N // W), 0, 0, W, 1, N // W, streaming=True,
                  nonblock=True, **HALVES)
words = np.zeros(M, np.uint32)
runner.memcpy_d2h(words, Y, W - 1, 0, 1, H, M // H, streaming=True, nonblock=False, **HALVES)
np.testing.assert_array_equal(memcpy_view(words, np.float16), A @ x + b)  # small integers: exact
runner.stop()

debug = debug_util(args.name, cmaddr=args.cmaddr)
products = debug.get_symbol_rect(((4, 1), (W, H)), "products", np.float16)
blocks = A.reshape(H, M // H, W, N // W) * x.reshape(W, N // W)
np.testing.assert_array_equal(products, blocks.sum(axis=3).transpose(2, 0, 1))
assert debug.get_symbol(4, 1, "seen", np.uint16)[0] == N // W
print("SUCCESS")
