# SPDX-License-Identifier: Apache-2.0
"""Launches the evaluation and compares each value with NumPy's."""
import argparse

import numpy as np
from cerebras.sdk.runtime.sdkruntimepybind import MemcpyDataType, MemcpyOrder, SdkRuntime

parser = argparse.ArgumentParser()
parser.add_argument("--name")
parser.add_argument("--cmaddr")
args = parser.parse_args()

runner = SdkRuntime(args.name, cmaddr=args.cmaddr)
values_id = runner.get_id("values")
runner.load()
runner.run()
runner.launch("evaluate", nonblock=False)
values = np.zeros(9, dtype=np.float32)
runner.memcpy_d2h(values, values_id, 0, 0, 1, 1, 9, streaming=False,
                  order=MemcpyOrder.ROW_MAJOR, data_type=MemcpyDataType.MEMCPY_32BIT,
                  nonblock=False)
runner.stop()

# Every product and sum is exact in f32, so the comparison is too.
points = np.linspace(-1, 1, 9)
expected = np.polyval([2.5, 2.0, 1.5, 1.0, 0.5], points)
np.testing.assert_array_equal(values, expected.astype(np.float32))
print("SUCCESS")
