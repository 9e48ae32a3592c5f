# SPDX-License-Identifier: Apache-2.0
"""Runs the program into its mistake and prints the message."""
import argparse

import numpy as np
from cerebras.sdk.runtime.sdkruntimepybind import MemcpyDataType, MemcpyOrder, SdkRuntime

parser = argparse.ArgumentParser()
parser.add_argument("--stream", action="store_true")
args = parser.parse_args()
STREAM = {"streaming": True, "data_type": MemcpyDataType.MEMCPY_32BIT,
          "order": MemcpyOrder.ROW_MAJOR, "nonblock": True}

runner = SdkRuntime("out")
runner.load()
runner.run()
try:
    if args.stream:
        words = np.zeros(40, np.uint32)
        runner.memcpy_h2d(6, words, 0, 0, 1, 1, 40, **STREAM)
        runner.memcpy_d2h(words, 7, 0, 0, 1, 1, 40, **STREAM)
    else:
        runner.launch("start", nonblock=False)
        runner.launch("start", nonblock=False)
    runner.stop()
    print("not stuck")
except RuntimeError as error:
    print(error)
