# SPDX-License-Identifier: Apache-2.0
"""Runs artifacts: launches `evaluate` and leaves the arrays of results in results.npz beside each.

Every artifact's folder has a sizes.json with the number of elements of each array.
"""
import json
import pathlib
import sys

import numpy as np
from cerebras.sdk.runtime.sdkruntimepybind import MemcpyDataType, MemcpyOrder, SdkRuntime

for folder in map(pathlib.Path, sys.argv[1:]):
    sizes = json.loads((folder / "sizes.json").read_text(encoding="utf-8"))
    runner = SdkRuntime(str(folder / "out"))
    runner.load()
    runner.run()
    runner.launch("evaluate", nonblock=False)
    results = {}
    for name, size in sizes.items():
        words = np.zeros(size, dtype=np.uint32)
        bits = (MemcpyDataType.MEMCPY_16BIT if name.endswith("halves") else
                MemcpyDataType.MEMCPY_32BIT)
        runner.memcpy_d2h(words, runner.get_id(name), 0, 0, 1, 1, size, streaming=False,
                          order=MemcpyOrder.ROW_MAJOR, data_type=bits, nonblock=False)
        results[name] = words
    runner.stop()
    np.savez(folder / "results.npz", **results)
