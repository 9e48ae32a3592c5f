# SPDX-License-Identifier: Apache-2.0
"""Data tasks in the columns below a row of senders."""
import argparse

import numpy as np
from cerebras.sdk.runtime.sdkruntimepybind import MemcpyDataType, MemcpyOrder, SdkRuntime

parser = argparse.ArgumentParser()
parser.add_argument("--name")
parser.add_argument("--cmaddr")
args = parser.parse_args()

COPY = {"streaming": False, "data_type": MemcpyDataType.MEMCPY_32BIT,
        "order": MemcpyOrder.ROW_MAJOR, "nonblock": False}
WIDTH, HEIGHT, COUNT = 2, 4, 9

runner = SdkRuntime(args.name, cmaddr=args.cmaddr)
values_id, result_id = runner.get_id("values"), runner.get_id("result")
runner.load()
runner.run()
expected = np.zeros((HEIGHT, WIDTH, 2), np.int32)
weights = np.add.outer(np.arange(HEIGHT), np.arange(WIDTH))
for round_number in range(1, 3):
    values = np.arange(WIDTH * COUNT, dtype=np.int32).reshape(WIDTH, COUNT) * round_number - 5
    runner.memcpy_h2d(values_id, values.ravel(), 0, 0, WIDTH, 1, COUNT, **COPY)
    runner.launch("send", nonblock=False)
    expected[1:, :, 0] += (weights * values.sum(axis=1))[1:]
    expected[1:, :, 1] += COUNT
    got = np.zeros(expected.size, np.int32)
    runner.memcpy_d2h(got, result_id, 0, 0, WIDTH, HEIGHT, 2, **COPY)
    np.testing.assert_array_equal(got.reshape(expected.shape), expected)
runner.stop()
print("SUCCESS")
