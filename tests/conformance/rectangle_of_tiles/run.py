# SPDX-License-Identifier: Apache-2.0
"""Blocks for 5 x 3 PEs, in both orders, whole and as smaller rectangles of interest."""
import numpy as np
from cerebras.sdk.runtime.sdkruntimepybind import MemcpyDataType, MemcpyOrder
import host

WIDTH, HEIGHT, SIZE = 5, 3, 6

runner = host.runtime()
block_id = runner.get_id("block")
COPY = {"streaming": False, "data_type": MemcpyDataType.MEMCPY_32BIT, "nonblock": False}
# A tensor A[h][w][l]: row-major has l fastest, column-major has h fastest.
ORDERS = {MemcpyOrder.ROW_MAJOR: "C", MemcpyOrder.COL_MAJOR: "F"}


def put(tensor, x, y, order):
    height, width, size = tensor.shape
    runner.memcpy_h2d(block_id, tensor.ravel(ORDERS[order]), x, y, width, height, size,
                      order=order, **COPY)


def get(x, y, width, height, size, order):
    flat = np.zeros(width * height * size, dtype=np.int32)
    runner.memcpy_d2h(flat, block_id, x, y, width, height, size, order=order, **COPY)
    return flat.reshape((height, width, size), order=ORDERS[order])


def worked(tensor):
    shift = 100 * np.arange(HEIGHT)[:, None, None] + np.arange(WIDTH)[None, :, None]
    done = tensor + shift.astype(np.int32)
    done[HEIGHT // 2] = -tensor[HEIGHT // 2]
    return done


runner.load()
runner.run()
tensor = np.arange(WIDTH * HEIGHT * SIZE, dtype=np.int32).reshape(HEIGHT, WIDTH, SIZE) * 7 - 90
for order in ORDERS:
    put(tensor, 0, 0, order)
    runner.launch("work", nonblock=False)
    tensor = worked(tensor)
    np.testing.assert_array_equal(get(0, 0, WIDTH, HEIGHT, SIZE, order), tensor)

# The 2 x 3 PEs right of column 2, first four elements only.
part = np.arange(24, dtype=np.int32).reshape(3, 2, 4) + 5000
put(part, 3, 0, MemcpyOrder.COL_MAJOR)
tensor[:, 3:, :4] = part
np.testing.assert_array_equal(get(0, 0, WIDTH, HEIGHT, SIZE, MemcpyOrder.ROW_MAJOR), tensor)
np.testing.assert_array_equal(get(2, 1, 3, 2, 5, MemcpyOrder.ROW_MAJOR), tensor[1:, 2:, :5])
assert runner.coord_logical_to_physical((2, 1)) == (6, 2)
runner.stop()
print("SUCCESS")
