# SPDX-License-Identifier: Apache-2.0
"""Launches one loop for a number of rounds; prints the wall time of the launch and the answer."""
import argparse
import json
import time

import numpy as np
from cerebras.sdk.runtime.sdkruntimepybind import MemcpyDataType, MemcpyOrder, SdkRuntime

parser = argparse.ArgumentParser()
parser.add_argument("--name")
parser.add_argument("--loop")
parser.add_argument("--rounds", type=int)
args = parser.parse_args()

runner = SdkRuntime(args.name)
runner.load()
runner.run()
runner.launch(args.loop, np.uint32(1), nonblock=False)
start = time.perf_counter()
runner.launch(args.loop, np.uint32(args.rounds), nonblock=False)
seconds = time.perf_counter() - start
answer = np.zeros(1, dtype=np.float32)
runner.memcpy_d2h(answer, runner.get_id("answer"), 0, 0, 1, 1, 1, streaming=False,
                  order=MemcpyOrder.ROW_MAJOR, data_type=MemcpyDataType.MEMCPY_32BIT,
                  nonblock=False)
runner.stop()
print(json.dumps({"seconds": seconds, "answer": float(answer[0])}))
