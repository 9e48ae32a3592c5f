# SPDX-License-Identifier: Apache-2.0
"""Loads the program, exchanges numbers between all neighbours and holds every sum against the same
in NumPy; prints the seconds of each part and the memory of this process."""
import argparse
import json
import pathlib
import resource
import time

import numpy as np
from cerebras.sdk.runtime.sdkruntimepybind import MemcpyDataType, MemcpyOrder, SdkRuntime

SCALE = 3

parser = argparse.ArgumentParser()
parser.add_argument("--name")
parser.add_argument("--threads", type=int, default=2)
args = parser.parse_args()


def expected(width, height):
    """result[y][x] as pe.csl computes it."""
    number = np.arange(width * height, dtype=np.uint32).reshape(height, width) * np.uint32(SCALE)
    total = np.zeros_like(number)
    total[:, :-1] += number[:, 1:]
    total[:, 1:] += 3 * number[:, :-1]
    total[1:, :] += 5 * number[:-1, :]
    total[:-1, :] += 7 * number[1:, :]
    y, x = np.indices(number.shape)
    return np.where(x == y, 2 * total, total)


params = json.loads((pathlib.Path(args.name) / "out.json").read_text())["params"]
WIDTH, HEIGHT = int(params["width"]), int(params["height"])
times = {}
start = time.perf_counter()
runner = SdkRuntime(args.name, simfab_numthreads=args.threads)
times["open"] = time.perf_counter() - start
start = time.perf_counter()
runner.load()
runner.run()
times["load"] = time.perf_counter() - start
start = time.perf_counter()
runner.launch("exchange", np.uint32(SCALE), nonblock=False)
times["exchange"] = time.perf_counter() - start
start = time.perf_counter()
result = np.zeros(WIDTH * HEIGHT, dtype=np.uint32)
runner.memcpy_d2h(result, runner.get_id("result"), 0, 0, WIDTH, HEIGHT, 1, streaming=False,
                  order=MemcpyOrder.ROW_MAJOR, data_type=MemcpyDataType.MEMCPY_32BIT,
                  nonblock=False)
times["copy"] = time.perf_counter() - start
times["memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
runner.stop()
np.testing.assert_array_equal(result.reshape(HEIGHT, WIDTH), expected(WIDTH, HEIGHT))
print(json.dumps(times))
