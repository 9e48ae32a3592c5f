# SPDX-License-Identifier: Apache-2.0
"""Runs the program once and checks its sums."""
import argparse

import numpy as np
from cerebras.sdk.runtime.sdkruntimepybind import MemcpyDataType, MemcpyOrder, SdkRuntime

parser = argparse.ArgumentParser()
parser.add_argument("--cmaddr", default="")
parser.add_argument("--no-traces", action="store_true")
args = parser.parse_args()

runner = SdkRuntime("out", cmaddr=args.cmaddr, suppress_simfab_trace=args.no_traces)
runner.load()
runner.run()
runner.launch("start", nonblock=False)
totals = np.zeros(2, np.uint32)
runner.memcpy_d2h(totals, runner.get_id("total"), 0, 0, 2, 1, 1, streaming=False,
                  data_type=MemcpyDataType.MEMCPY_32BIT, order=MemcpyOrder.ROW_MAJOR,
                  nonblock=False)
runner.stop()
assert totals.tolist() == [84, 84], totals
print("SUCCESS")
