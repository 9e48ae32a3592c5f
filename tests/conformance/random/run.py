# SPDX-License-Identifier: Apache-2.0
"""Copies the inputs in, evaluates on the device, and leaves all results in a NumPy archive."""
import argparse

import numpy as np
from cerebras.sdk.runtime.sdkruntimepybind import MemcpyDataType, MemcpyOrder, SdkRuntime

parser = argparse.ArgumentParser()
parser.add_argument("--name")
parser.add_argument("--count", type=int)
args = parser.parse_args()

TYPES = {"i16": np.int16, "u16": np.uint16, "i32": np.int32, "u32": np.uint32, "f32": np.float32}


def options(name):
    bits = MemcpyDataType.MEMCPY_16BIT if name[1:] == "16" else MemcpyDataType.MEMCPY_32BIT
    return {"streaming": False, "order": MemcpyOrder.ROW_MAJOR, "data_type": bits,
            "nonblock": False}


runner = SdkRuntime(args.name)
runner.load()
runner.run()
inputs = np.load("inputs.npz")
for name in TYPES:
    words = np.ascontiguousarray(inputs[name]).view(f"u{inputs[name].itemsize}").astype(np.uint32)
    runner.memcpy_h2d(runner.get_id(f"in_{name}"), words, 0, 0, 1, 1, words.size, **options(name))
runner.launch("evaluate", nonblock=False)
results = {}
for kind in ("out", "known"):
    for name, dtype in TYPES.items():
        words = np.zeros(args.count, dtype=np.uint32)
        runner.memcpy_d2h(words, runner.get_id(f"{kind}_{name}"), 0, 0, 1, 1, args.count,
                          **options(name))
        unsigned = np.dtype(f"u{np.dtype(dtype).itemsize}")
        results[f"{kind}_{name}"] = words.astype(unsigned).view(dtype)
runner.stop()
np.savez("results.npz", **results)
