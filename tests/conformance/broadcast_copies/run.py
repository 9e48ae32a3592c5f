# SPDX-License-Identifier: Apache-2.0
"""Copies that all PEs of a row or a column share."""
import numpy as np
from cerebras.sdk.runtime.sdkruntimepybind import MemcpyOrder
import host
from host import COPY

W, H, SIZE = 5, 4, 6

runner = host.runtime()
data_id, cycles_id = runner.get_id("data"), runner.get_id("cycles")
runner.load()
runner.run()
places = 1000 * np.arange(W) + 100000 * np.arange(H)[:, None]
COL_MAJOR = {**COPY, "order": MemcpyOrder.COL_MAJOR}


def round_trip(copy):
    """What the PEs hold after a copy and measure, and the most cycles between its launches."""
    runner.memcpy_h2d(data_id, np.zeros(W * H * SIZE, np.uint32), 0, 0, W, H, SIZE, **COPY)
    runner.call("mark", [], nonblock=True)
    copy()
    task = runner.call("measure", [], nonblock=True)
    runner.task_wait(task)
    data = np.zeros(W * H * SIZE, np.uint32)
    runner.memcpy_d2h(data, data_id, 0, 0, W, H, SIZE, **COPY)
    cycles = np.zeros(W * H, np.uint32)
    runner.memcpy_d2h(cycles, cycles_id, 0, 0, W, H, 1, **COPY)
    return data.reshape(H, W, SIZE) - places[:, :, None], int(cycles.max())


rows = np.arange(H * SIZE, dtype=np.uint32).reshape(H, 1, SIZE) + 1
columns = np.arange(W * SIZE, dtype=np.uint32).reshape(1, W, SIZE) + 7
whole = np.arange(H * W * SIZE, dtype=np.uint32).reshape(H, W, SIZE)
got, by_rows = round_trip(lambda: runner.memcpy_h2d_rowbcast(
    data_id, rows.ravel(), 0, 0, W, H, SIZE, **COPY))
np.testing.assert_array_equal(got, np.broadcast_to(rows, got.shape))
got, by_columns = round_trip(lambda: runner.memcpy_h2d_colbcast(
    data_id, columns.ravel(order="F"), 0, 0, W, H, SIZE, **COL_MAJOR))
np.testing.assert_array_equal(got, np.broadcast_to(columns, got.shape))
got, by_pes = round_trip(lambda: runner.memcpy_h2d(
    data_id, whole.ravel(), 0, 0, W, H, SIZE, **COPY))
np.testing.assert_array_equal(got, whole)
assert by_rows < by_pes and by_columns < by_pes, (by_rows, by_columns, by_pes)

# A part of the rectangle.
got, _ = round_trip(lambda: runner.memcpy_h2d_rowbcast(
    data_id, rows[1:3].ravel(), 2, 1, 3, 2, SIZE, **COPY))
expected = np.zeros_like(got)
expected[1:3, 2:] = rows[1:3]
np.testing.assert_array_equal(got, expected)
runner.stop()
print("SUCCESS")
