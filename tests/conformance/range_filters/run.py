# SPDX-License-Identifier: Apache-2.0
"""Filters that let each PE see its own range of indices."""
import argparse

import numpy as np
from cerebras.sdk.runtime.sdkruntimepybind import MemcpyDataType, MemcpyOrder, SdkRuntime

parser = argparse.ArgumentParser()
parser.add_argument("--name")
parser.add_argument("--cmaddr")
args = parser.parse_args()

COPY = {"streaming": False, "data_type": MemcpyDataType.MEMCPY_32BIT,
        "order": MemcpyOrder.ROW_MAJOR, "nonblock": False}

runner = SdkRuntime(args.name, cmaddr=args.cmaddr)
result_id = runner.get_id("result")
runner.load()
runner.run()
for scale in (10, -3):
    runner.launch("send", np.int16(scale), nonblock=False)
    got = np.zeros(4 * 5, np.int32)
    runner.memcpy_d2h(got, result_id, 1, 0, 4, 1, 5, **COPY)
    expected = np.zeros((4, 5), np.int32)
    first = 3
    for x in range(1, 5):
        expected[x - 1, :x + 1] = scale * np.arange(first, first + x + 1) - 50
        first += x + 1
    np.testing.assert_array_equal(got.reshape(4, 5), expected)
runner.stop()
print("SUCCESS")
