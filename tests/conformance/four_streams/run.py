# SPDX-License-Identifier: Apache-2.0
"""Sends four streams and takes four, all queued before anything is waited for."""
import numpy as np
from cerebras.sdk.runtime.sdkruntimepybind import MemcpyDataType, MemcpyOrder
import host

params = host.params()
WIDTH, HEIGHT, COUNT = params["width"], params["height"], 4
STREAM = {"streaming": True, "data_type": MemcpyDataType.MEMCPY_32BIT, "nonblock": True}

values = np.random.default_rng(8).integers(-99, 99, (4, HEIGHT, WIDTH, COUNT)).astype(np.float32)
number = np.add.outer(np.arange(HEIGHT), np.arange(WIDTH)).astype(np.float32)[:, :, None]
expected = [values[0], values[1] + number, values[2] * (number + 1), -values[3]]

runner = host.runtime()
runner.load()
runner.run()
runner.launch("start", np.uint16(COUNT), nonblock=True)
for k, block in enumerate(values):
    order = MemcpyOrder.ROW_MAJOR if k % 2 == 0 else MemcpyOrder.COL_MAJOR
    words = block.ravel(order="C" if k % 2 == 0 else "F")
    runner.memcpy_h2d(params["ins"] + k, words, 0, 0, WIDTH, HEIGHT, COUNT, order=order, **STREAM)
got = [np.zeros(WIDTH * HEIGHT * COUNT, np.float32) for _ in expected]
tasks = [runner.memcpy_d2h(words, params["outs"] + k, 0, 0, WIDTH, HEIGHT, COUNT,
                           order=MemcpyOrder.ROW_MAJOR, **STREAM) for k, words in enumerate(got)]
while not runner.is_task_done(tasks[-1]):
    pass
runner.stop()
for words, wanted in zip(got, expected):
    np.testing.assert_array_equal(words.reshape(HEIGHT, WIDTH, COUNT), wanted)
print("SUCCESS")
