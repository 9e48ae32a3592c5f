# SPDX-License-Identifier: Apache-2.0
"""Loads the program, runs it once on every PE and holds all results against the same in NumPy;
prints the seconds of each part."""
import argparse
import json
import pathlib
import time

import numpy as np
from cerebras.sdk.runtime.sdkruntimepybind import MemcpyDataType, MemcpyOrder, SdkRuntime

SIZE = 8
SCALE = 3

parser = argparse.ArgumentParser()
parser.add_argument("--name")
args = parser.parse_args()


def expected(width, height):
    """result[y][x][i] as pe.csl computes it."""
    y, x, i = np.meshgrid(np.arange(height), np.arange(width), np.arange(SIZE), indexing="ij")
    weight = np.where(x == y, i + 1, np.where(x < y, i * 2, i - x))
    value = weight * SCALE + np.where(x % 2 == 1, 100, 0) + np.where(x == 0, -y, x)
    value = np.where(y == 0, value * 3, value)
    value[:, :, 0], value[:, :, 1] = x[:, :, 0], y[:, :, 0]
    value[:, :, 2] = (y * width + x)[:, :, 2] & 0x7fff
    value[:, -1, 3] = value[-1, :, 3] = -1
    return value.astype(np.int16).view(np.uint16)


params = json.loads((pathlib.Path(args.name) / "out.json").read_text())["params"]
WIDTH, HEIGHT = int(params["width"]), int(params["height"])
times = {}
start = time.perf_counter()
runner = SdkRuntime(args.name)
times["open"] = time.perf_counter() - start
start = time.perf_counter()
runner.load()
runner.run()
times["load"] = time.perf_counter() - start
start = time.perf_counter()
runner.launch("compute", np.int16(SCALE), nonblock=False)
times["launch"] = time.perf_counter() - start
result = np.zeros(WIDTH * HEIGHT * SIZE, dtype=np.uint32)
runner.memcpy_d2h(result, runner.get_id("result"), 0, 0, WIDTH, HEIGHT, SIZE, streaming=False,
                  order=MemcpyOrder.ROW_MAJOR, data_type=MemcpyDataType.MEMCPY_16BIT,
                  nonblock=False)
runner.stop()
np.testing.assert_array_equal(result.reshape(HEIGHT, WIDTH, SIZE).astype(np.uint16),
                              expected(WIDTH, HEIGHT))
print(json.dumps(times))
