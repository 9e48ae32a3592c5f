# SPDX-License-Identifier: Apache-2.0
"""Runs the program into its mistake and prints the message."""
import argparse

import numpy as np
from cerebras.sdk.runtime.sdkruntimepybind import MemcpyDataType, MemcpyOrder, SdkRuntime

parser = argparse.ArgumentParser()
parser.add_argument("--take", type=int, help="a stream to the host of this color")
parser.add_argument("--cmaddr")
args = parser.parse_args()
STREAM = {"streaming": True, "data_type": MemcpyDataType.MEMCPY_32BIT,
          "order": MemcpyOrder.ROW_MAJOR, "nonblock": False}

runner = SdkRuntime("out", cmaddr=args.cmaddr)
runner.load()
runner.run()
try:
    runner.launch("start", nonblock=False)
    if args.take is not None:
        runner.memcpy_d2h(np.zeros(10, np.uint32), args.take, 1, 0, 1, 1, 10, **STREAM)
    runner.stop()
    print("no mistake")
except RuntimeError as error:
    print(error)
