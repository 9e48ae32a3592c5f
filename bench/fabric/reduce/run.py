# SPDX-License-Identifier: Apache-2.0
"""Sums the numbers of all PEs; prints wall time, cycles and how busy PEs and links were."""
import argparse
import json
import pathlib
import time

import numpy as np
from cerebras.sdk.runtime.sdkruntimepybind import MemcpyDataType, MemcpyOrder, SdkRuntime

parser = argparse.ArgumentParser()
parser.add_argument("--name")
parser.add_argument("--threads", type=int, default=2)
args = parser.parse_args()

params = json.loads((pathlib.Path(args.name) / "out.json").read_text())["params"]
width, height, size = (int(params[name]) for name in ("width", "height", "size"))
runner = SdkRuntime(args.name, simfab_numthreads=args.threads)
numbers_id = runner.get_id("numbers")
runner.load()
runner.run()
runner.launch("fill", nonblock=False)
start = time.perf_counter()
runner.launch("reduce", nonblock=False)
seconds = time.perf_counter() - start
sums = np.zeros(size, np.float32)
runner.memcpy_d2h(sums, numbers_id, 0, 0, 1, 1, size, streaming=False, nonblock=False,
                  order=MemcpyOrder.ROW_MAJOR, data_type=MemcpyDataType.MEMCPY_32BIT)
runner.stop()
np.testing.assert_array_equal(sums, width * height * (np.arange(size) % 7).astype(np.float32))
# Every PE but the first sends each of its sums over one link. Of all cycles, those of filling and
# copying included.
stats = json.loads(pathlib.Path("sim_stats.json").read_text())
sent = size * (width * height - 1)
links = 2 * width * (height - 1) + 2 * height * (width - 1)
print(json.dumps({
    "seconds": seconds, "cycles": stats["cycle_count"],
    "microthreads": 100 * stats["vector_elements"] / (stats["cycle_count"] * width * height),
    "links": 100 * sent / (stats["cycle_count"] * links)}))
