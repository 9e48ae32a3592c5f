# SPDX-License-Identifier: Apache-2.0
"""Runs all PEs for some launches; prints the wall time of it and a digest of the states."""
import argparse
import hashlib
import json
import pathlib
import time

import numpy as np
from cerebras.sdk.runtime.sdkruntimepybind import MemcpyDataType, MemcpyOrder, SdkRuntime

parser = argparse.ArgumentParser()
parser.add_argument("--name")
parser.add_argument("--threads", type=int)
parser.add_argument("--steps", type=int)
parser.add_argument("--launches", type=int)
args = parser.parse_args()

params = json.loads((pathlib.Path(args.name) / "out.json").read_text())["params"]
width, height = int(params["width"]), int(params["height"])
runner = SdkRuntime(args.name, simfab_numthreads=args.threads)
COPY = {"streaming": False, "order": MemcpyOrder.ROW_MAJOR,
        "data_type": MemcpyDataType.MEMCPY_32BIT, "nonblock": False}
state_id = runner.get_id("state")
runner.load()
runner.run()
state = np.arange(width * height, dtype=np.uint32)
runner.memcpy_h2d(state_id, state, 0, 0, width, height, 1, **COPY)
start = time.perf_counter()
for _ in range(args.launches):
    runner.launch("spin", np.uint32(args.steps), nonblock=False)
seconds = time.perf_counter() - start
runner.memcpy_d2h(state, state_id, 0, 0, width, height, 1, **COPY)
runner.stop()
print(json.dumps({"seconds": seconds, "digest": hashlib.sha256(state.tobytes()).hexdigest()}))
