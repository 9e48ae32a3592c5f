# SPDX-License-Identifier: Apache-2.0
"""16-bit numbers through streams of every PE, in both orders."""
import numpy as np
from cerebras.sdk.sdk_utils import input_array_to_u32, memcpy_view
from cerebras.sdk.runtime.sdkruntimepybind import MemcpyDataType, MemcpyOrder, SdkRuntime
import host
from host import args

params = host.params()
IN, OUT = params["MEMCPYH2D_DATA_1_ID"], params["MEMCPYD2H_DATA_1_ID"]
WIDTH, HEIGHT, COUNT = params["width"], params["height"], 3
ORDERS = {MemcpyOrder.ROW_MAJOR: "C", MemcpyOrder.COL_MAJOR: "F"}

runner = SdkRuntime(args.name, cmaddr=args.cmaddr, memcpy_required=True)
runner.load()
runner.run()
shape = (HEIGHT, WIDTH, COUNT)
sums = np.zeros((HEIGHT, WIDTH, 1), np.int16)
for order, numpy_order in ORDERS.items():
    stream = {"streaming": True, "order": order, "data_type": MemcpyDataType.MEMCPY_16BIT}
    numbers = (np.arange(np.prod(shape)) * 1237 - 9000).astype(np.int16).reshape(shape)
    words = input_array_to_u32(numbers.ravel(order=numpy_order), None, 1)
    task = runner.memcpy_h2d(IN, words, 0, 0, WIDTH, HEIGHT, COUNT, nonblock=True, **stream)
    back = np.zeros(numbers.size, np.uint32)
    last = runner.memcpy_d2h(back, OUT, 0, 0, WIDTH, HEIGHT, COUNT, nonblock=True, **stream)
    runner.task_wait(last)
    assert runner.is_task_done(task)
    expected = (sums + np.cumsum(numbers, axis=2, dtype=np.int16)).astype(np.int16)
    got = memcpy_view(back, np.dtype(np.int16)).reshape(shape, order=numpy_order)
    np.testing.assert_array_equal(got, expected)
    sums = expected[:, :, -1:]
runner.stop()
print("SUCCESS")
